# The role that Trailplane assumes in a member account: the same as member-role.stackset.yaml, for those who use Terraform.
# Apply it once for each account, with a provider of that account. docs/iam.md tells which role is which.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "trailplane_role_arn" {
  type        = string
  description = "ARN of the role that assumes this one: the one Trailplane runs as, or its hub role (aws.hub_role_arn)."
}

variable "external_id" {
  type        = string
  description = "The value of aws.external_id. Not a secret; a value of your own keeps others who know the role's name out."

  validation {
    condition     = can(regex("^[\\w+=,.@:/-]{8,1224}$", var.external_id))
    error_message = "8 to 1224 characters of letters, digits and _+=,.@:/-"
  }
}

variable "role_name" {
  type        = string
  description = "The value of aws.role_name, the same in every account."
  default     = "Trailplane"
}

variable "change_trails" {
  type        = bool
  description = "Whether Trailplane may change trails in this account. Without it all changes are refused with ACCESS_DENIED."
  default     = false
}

variable "read_service_quotas" {
  type        = bool
  description = "Whether Trailplane may ask Service Quotas how often it may call CloudTrail here (quotas.read_service_quotas)."
  default     = false
}

variable "log_bucket" {
  type        = string
  description = "The bucket of this account that trails deliver log files to, for Trailplane to read (LogFileService); * in it stands for anything. Empty: it reads none."
  default     = ""

  validation {
    condition     = can(regex("^[a-z0-9.*-]{0,63}$", var.log_bucket))
    error_message = "the name of a bucket, or nothing"
  }
}

data "aws_caller_identity" "here" {}

data "aws_partition" "here" {}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "TrailplaneWithTheExternalId"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.trailplane_role_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }
  }

  # A session that changes trails carries its caller's name. These two let nobody in: that takes the statement above.
  statement {
    sid     = "TrailplaneNamesItsCallers"
    actions = ["sts:SetSourceIdentity", "sts:TagSession"]

    principals {
      type        = "AWS"
      identifiers = [var.trailplane_role_arn]
    }
  }
}

resource "aws_iam_role" "member" {
  name                 = var.role_name
  description          = "Assumed by Trailplane to run CloudTrail in this account"
  max_session_duration = 3600
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "LookEventsUp"
    actions   = ["cloudtrail:LookupEvents"]
    resources = ["*"]
  }

  statement {
    sid       = "EnabledRegions"
    actions   = ["account:ListRegions"]
    resources = ["*"]
  }

  statement {
    sid = "ReadTrails"
    actions = [
      "cloudtrail:DescribeTrails",
      "cloudtrail:GetEventConfiguration",
      "cloudtrail:GetEventSelectors",
      "cloudtrail:GetInsightSelectors",
      "cloudtrail:GetTrail",
      "cloudtrail:GetTrailStatus",
      "cloudtrail:ListTags",
      "cloudtrail:ListTrails",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "read" {
  name   = "trailplane-read"
  role   = aws_iam_role.member.id
  policy = data.aws_iam_policy_document.read.json
}

data "aws_iam_policy_document" "change_trails" {
  statement {
    sid = "ChangeTrails"
    actions = [
      "cloudtrail:AddTags",
      "cloudtrail:CreateTrail",
      "cloudtrail:DeleteTrail",
      "cloudtrail:PutEventConfiguration",
      "cloudtrail:PutEventSelectors",
      "cloudtrail:PutInsightSelectors",
      "cloudtrail:RemoveTags",
      "cloudtrail:StartLogging",
      "cloudtrail:StopLogging",
      "cloudtrail:UpdateTrail",
    ]
    resources = [
      "arn:${data.aws_partition.here.partition}:cloudtrail:*:${data.aws_caller_identity.here.account_id}:trail/*",
    ]
  }

  # To name the role that writes to CloudWatch Logs; to CloudTrail only.
  statement {
    sid     = "NameTheRoleOfALogGroup"
    actions = ["iam:PassRole"]
    resources = [
      "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.here.account_id}:role/*",
    ]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["cloudtrail.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "change_trails" {
  count  = var.change_trails ? 1 : 0
  name   = "trailplane-change-trails"
  role   = aws_iam_role.member.id
  policy = data.aws_iam_policy_document.change_trails.json
}

data "aws_iam_policy_document" "read_service_quotas" {
  statement {
    sid       = "ReadServiceQuotas"
    actions   = ["servicequotas:ListServiceQuotas"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "read_service_quotas" {
  count  = var.read_service_quotas ? 1 : 0
  name   = "trailplane-read-service-quotas"
  role   = aws_iam_role.member.id
  policy = data.aws_iam_policy_document.read_service_quotas.json
}

# Only for LogFileService. Where the bucket is encrypted with a key of yours, the key's policy must let the role kms:Decrypt
# as well. ListPublicKeys takes no resource.
data "aws_iam_policy_document" "read_log_files" {
  statement {
    sid       = "ListLogFiles"
    actions   = ["s3:ListBucket"]
    resources = ["arn:${data.aws_partition.here.partition}:s3:::${var.log_bucket}"]
  }

  statement {
    sid       = "ReadLogFiles"
    actions   = ["s3:GetObject"]
    resources = ["arn:${data.aws_partition.here.partition}:s3:::${var.log_bucket}/*"]
  }

  statement {
    sid       = "KeysThatDigestsAreSignedWith"
    actions   = ["cloudtrail:ListPublicKeys"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "read_log_files" {
  count  = var.log_bucket != "" ? 1 : 0
  name   = "trailplane-read-log-files"
  role   = aws_iam_role.member.id
  policy = data.aws_iam_policy_document.read_log_files.json
}

output "role_arn" {
  description = "The role's ARN"
  value       = aws_iam_role.member.arn
}
