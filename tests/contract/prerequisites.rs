//! The rows about what an organization's trail needs; the probes are in `prerequisites.py`.

/// What AWS answers, by its API reference.
pub const DOCUMENTED: &[(&str, &str)] = &[
    // Whether CloudTrail is trusted afterwards. Both calls may be repeated.
    ("DisableAWSServiceAccess", "False"),
    // SERVICE_ACCESS_NOT_ENABLED.
    (
        "RegisterDelegatedAdministrator: service not trusted",
        "ConstraintViolationException (400)",
    ),
    ("EnableAWSServiceAccess", "True"),
    ("EnableAWSServiceAccess: twice", "True"),
    // UNRECOGNIZED_SERVICE_PRINCIPAL.
    (
        "EnableAWSServiceAccess: unknown service",
        "InvalidInputException (400)",
    ),
    // Only the management account changes anything; delegated administrators read.
    (
        "EnableAWSServiceAccess from a member",
        "AccessDeniedException (400)",
    ),
    (
        "ListAWSServiceAccessForOrganization: fields",
        "['DateEnabled', 'ServicePrincipal']",
    ),
    (
        "ListAWSServiceAccessForOrganization from a member",
        "AccessDeniedException (400)",
    ),
    // CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR.
    (
        "RegisterDelegatedAdministrator: management account",
        "ConstraintViolationException (400)",
    ),
    (
        "RegisterDelegatedAdministrator: unknown account",
        "AccountNotFoundException (400)",
    ),
    ("RegisterDelegatedAdministrator", "succeeds"),
    (
        "RegisterDelegatedAdministrator: twice",
        "AccountAlreadyRegisteredException (400)",
    ),
    (
        "ListDelegatedAdministrators",
        "1, the one: True, missing: []",
    ),
    ("ListDelegatedAdministrators: of another service", "[]"),
    (
        "ListDelegatedServicesForAccount",
        "cloudtrail.amazonaws.com, ['DelegationEnabledDate', 'ServicePrincipal']",
    ),
    ("DeregisterDelegatedAdministrator", "succeeds"),
    (
        "DeregisterDelegatedAdministrator: twice",
        "AccountNotRegisteredException (400)",
    ),
    (
        "ListDelegatedServicesForAccount: none",
        "AccountNotRegisteredException (400)",
    ),
    // ORGANIZATION_ALREADY_HAS_ALL_FEATURES.
    (
        "EnableAllFeatures: has them",
        "HandshakeConstraintViolationException (400)",
    ),
    ("GetBucketPolicy", "a policy"),
    ("GetBucketPolicy: none", "NoSuchBucketPolicy (404)"),
    ("GetBucketPolicy: no such bucket", "NoSuchBucket (404)"),
    // us-east-1 has no name here.
    ("GetBucketLocation", "None"),
    ("HeadBucket", "us-east-1"),
    // An answer to HEAD has no body, and so no code but its status.
    ("HeadBucket: no such bucket", "404 (404)"),
    ("GetTopicAttributes", "missing: []; a policy"),
    ("GetTopicAttributes: no such topic", "NotFound (404)"),
    ("DescribeKey", "missing: []; Enabled; own ARN: True"),
    ("DescribeKey: no such alias", "NotFoundException (400)"),
    ("GetKeyPolicy", "a policy"),
    ("DescribeLogGroups", "[('contract', ['contract', '*'])]"),
    ("DescribeLogGroups: none", "[]"),
    ("GetRole", "role/contract, trusts by a policy"),
    ("GetRole: no such role", "NoSuchEntity (404)"),
    ("GetRolePolicy", "1: a policy"),
    ("GetRolePolicy: no such policy", "NoSuchEntity (404)"),
    (
        "GetPolicyVersion of an attached policy",
        "['PolicyArn', 'PolicyName'], v1: a policy",
    ),
];

/// Where ministack 1.5.33 is wrong.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: AWSAccountId is a field of KeyMetadata.
    (
        "DescribeKey",
        "missing: ['AWSAccountId']; Enabled; own ARN: True",
    ),
];

/// Where moto 5.2.5 is wrong: CloudTrail is not among the services that its organizations can delegate, and nobody's
/// account is looked at.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: CloudTrail can be delegated. moto says of its principal that it is none.
    (
        "RegisterDelegatedAdministrator: service not trusted",
        "InvalidInputException (400)",
    ),
    // AWS is right: a member is denied both.
    ("EnableAWSServiceAccess from a member", "succeeds"),
    (
        "ListAWSServiceAccessForOrganization from a member",
        "succeeds",
    ),
    // AWS is right: as above, CloudTrail can be delegated, and what is delegated is listed.
    (
        "RegisterDelegatedAdministrator",
        "InvalidInputException (400)",
    ),
    (
        "RegisterDelegatedAdministrator: twice",
        "InvalidInputException (400)",
    ),
    ("ListDelegatedAdministrators", "InvalidInputException (400)"),
    ("ListDelegatedServicesForAccount", "none"),
    (
        "DeregisterDelegatedAdministrator",
        "InvalidInputException (400)",
    ),
    (
        "DeregisterDelegatedAdministrator: twice",
        "InvalidInputException (400)",
    ),
    ("ListDelegatedServicesForAccount: none", "succeeds"),
    // AWS is right: KeyUsage is a field of KeyMetadata.
    (
        "DescribeKey",
        "missing: ['KeyUsage']; Enabled; own ARN: True",
    ),
];
