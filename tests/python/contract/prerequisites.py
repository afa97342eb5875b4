"""What an organization's trail needs: the organization's own switches, and the policies of what the trail delivers to.
The order of the probes matters."""

import json

from server import KIND, Accounts, client, of, succeeded

SERVICE = "cloudtrail.amazonaws.com"
SCRIPTED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": "*",
            "Resource": "*",
        }
    ],
}


def statements(text):
    """Whether this is a policy, as the SDK hands it over."""
    policy = json.loads(text) if isinstance(text, str) else text
    return "a policy" if policy["Statement"] else "an empty policy"


def probes():
    """The emulators that have no organization, or not all features to enable, are not asked for those."""
    parts = {"sandbox": [switches, features, policies], "ministack": [policies]}
    asked = parts.get(KIND, [switches, policies])
    return {name: probe for part in asked for name, probe in part().items()}


def switches():
    """Features, trusted access, delegated administrators."""
    api = client("organizations")
    account = lambda: Accounts.member

    def trusted():
        page = api.list_aws_service_access_for_organization()
        return [service["ServicePrincipal"] for service in page["EnabledServicePrincipals"]]

    def switch(call, name=SERVICE):
        return lambda: str(call(ServicePrincipal=name) and SERVICE in trusted())

    def register(id=None, name=SERVICE):
        return succeeded(
            lambda: api.register_delegated_administrator(
                AccountId=id or account(), ServicePrincipal=name
            )
        )

    def deregister():
        return api.deregister_delegated_administrator(AccountId=account(), ServicePrincipal=SERVICE)

    def administrators():
        found = api.list_delegated_administrators(ServicePrincipal=SERVICE)["DelegatedAdministrators"]
        wanted = ["Arn", "DelegationEnabledDate", "Email", "Id", "JoinedMethod", "Name", "Status"]
        missing = [field for field in wanted if field not in found[0]]
        return f"{len(found)}, the one: {found[0]['Id'] == account()}, missing: {missing}"

    def services():
        found = api.list_delegated_services_for_account(AccountId=account())["DelegatedServices"]
        return f"{found[0]['ServicePrincipal']}, {sorted(found[0])}" if found else "none"

    def fields():
        return str(sorted(api.list_aws_service_access_for_organization()["EnabledServicePrincipals"][0]))

    management = lambda: api.describe_organization()["Organization"]["MasterAccountId"]
    from_member = lambda: of("organizations")
    return {
        "DisableAWSServiceAccess": switch(api.disable_aws_service_access),
        "RegisterDelegatedAdministrator: service not trusted": register(),
        "EnableAWSServiceAccess": switch(api.enable_aws_service_access),
        "EnableAWSServiceAccess: twice": switch(api.enable_aws_service_access),
        "EnableAWSServiceAccess: unknown service": succeeded(
            lambda: api.enable_aws_service_access(ServicePrincipal="nonsense")
        ),
        "EnableAWSServiceAccess from a member": succeeded(
            lambda: from_member().enable_aws_service_access(ServicePrincipal=SERVICE)
        ),
        "ListAWSServiceAccessForOrganization: fields": fields,
        "ListAWSServiceAccessForOrganization from a member": succeeded(
            lambda: from_member().list_aws_service_access_for_organization()
        ),
        "RegisterDelegatedAdministrator: management account": lambda: register(management())(),
        "RegisterDelegatedAdministrator: unknown account": register("999999999999"),
        "RegisterDelegatedAdministrator": register(),
        "RegisterDelegatedAdministrator: twice": register(),
        "ListDelegatedAdministrators": administrators,
        "ListDelegatedAdministrators: of another service": lambda: str(
            api.list_delegated_administrators(ServicePrincipal="ssm.amazonaws.com")["DelegatedAdministrators"]
        ),
        "ListDelegatedServicesForAccount": services,
        "DeregisterDelegatedAdministrator": succeeded(deregister),
        "DeregisterDelegatedAdministrator: twice": succeeded(deregister),
        "ListDelegatedServicesForAccount: none": succeeded(
            lambda: api.list_delegated_services_for_account(AccountId=account())
        ),
    }


def features():
    """Only where the organization has all features: the others are for the sandbox's own tests."""
    return {
        "EnableAllFeatures: has them": succeeded(client("organizations").enable_all_features),
    }


def policies():
    """What shows the policies that CloudTrail is judged by. The names are those of `seed`."""
    s3, sns, kms, logs, iam = (client(name) for name in ("s3", "sns", "kms", "logs", "iam"))
    whose = client("sts").get_caller_identity()["Account"]
    topic = f"arn:aws:sns:us-east-1:{whose}:"

    def key():
        return kms.describe_key(KeyId="alias/contract")["KeyMetadata"]

    def key_fields():
        wanted = ["AWSAccountId", "Arn", "CreationDate", "Enabled", "KeyId", "KeyManager", "KeyState", "KeyUsage"]
        found = key()
        return f"missing: {[f for f in wanted if f not in found]}; {found['KeyState']}; own ARN: {found['Arn'].endswith(':key/' + found['KeyId'])}"

    def topic_fields():
        found = sns.get_topic_attributes(TopicArn=topic + "contract")["Attributes"]
        missing = [f for f in ("Owner", "Policy", "TopicArn") if f not in found]
        return f"missing: {missing}; {statements(found['Policy'])}"

    def groups(prefix):
        found = logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        return str([(g["logGroupName"], g["arn"].rsplit(":", 2)[-2:]) for g in found])

    def role():
        found = iam.get_role(RoleName="contract")["Role"]
        return f"{found['Arn'].rsplit(':', 1)[-1]}, trusts by {statements(found['AssumeRolePolicyDocument'])}"

    def inline():
        names = iam.list_role_policies(RoleName="contract")["PolicyNames"]
        found = iam.get_role_policy(RoleName="contract", PolicyName=names[0])
        return f"{len(names)}: {statements(found['PolicyDocument'])}"

    def attached():
        found = iam.list_attached_role_policies(RoleName="managed")["AttachedPolicies"][0]
        default = iam.get_policy(PolicyArn=found["PolicyArn"])["Policy"]["DefaultVersionId"]
        version = iam.get_policy_version(PolicyArn=found["PolicyArn"], VersionId=default)
        return f"{sorted(found)}, {default}: {statements(version['PolicyVersion']['Document'])}"

    return {
        "GetBucketPolicy": lambda: statements(s3.get_bucket_policy(Bucket="contract-policy")["Policy"]),
        "GetBucketPolicy: none": succeeded(lambda: s3.get_bucket_policy(Bucket="contract-bare")),
        "GetBucketPolicy: no such bucket": succeeded(lambda: s3.get_bucket_policy(Bucket="no-such-contract")),
        "GetBucketLocation": lambda: str(s3.get_bucket_location(Bucket="contract-policy")["LocationConstraint"]),
        "HeadBucket": lambda: str(s3.head_bucket(Bucket="contract-policy").get("BucketRegion")),
        "HeadBucket: no such bucket": succeeded(lambda: s3.head_bucket(Bucket="no-such-contract")),
        "GetTopicAttributes": topic_fields,
        "GetTopicAttributes: no such topic": succeeded(
            lambda: sns.get_topic_attributes(TopicArn=topic + "no-such-contract")
        ),
        "DescribeKey": key_fields,
        "DescribeKey: no such alias": succeeded(lambda: kms.describe_key(KeyId="alias/no-such-contract")),
        "GetKeyPolicy": lambda: statements(
            kms.get_key_policy(KeyId=key()["Arn"], PolicyName="default")["Policy"]
        ),
        "DescribeLogGroups": lambda: groups("contract"),
        "DescribeLogGroups: none": lambda: groups("no-such-contract"),
        "GetRole": role,
        "GetRole: no such role": succeeded(lambda: iam.get_role(RoleName="no-such-contract")),
        "GetRolePolicy": inline,
        "GetRolePolicy: no such policy": succeeded(
            lambda: iam.get_role_policy(RoleName="contract", PolicyName="no-such-contract")
        ),
        "GetPolicyVersion of an attached policy": attached,
    }


def seed():
    """Makes in an emulator what the sandbox's scenario has."""
    text = json.dumps(SCRIPTED)
    identity = json.dumps({**SCRIPTED, "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})
    s3, iam = client("s3"), client("iam")
    for bucket in ("contract-policy", "contract-bare"):
        s3.create_bucket(Bucket=bucket)
    on_bucket = SCRIPTED["Statement"][0] | {"Action": "s3:*", "Resource": "arn:aws:s3:::contract-policy/*"}
    s3.put_bucket_policy(Bucket="contract-policy", Policy=json.dumps({**SCRIPTED, "Statement": [on_bucket]}))
    client("sns").create_topic(Name="contract")
    kms = client("kms")
    kms.create_alias(AliasName="alias/contract", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    client("logs").create_log_group(logGroupName="contract")
    for role in ("contract", "managed"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=text)
    iam.put_role_policy(RoleName="contract", PolicyName="logs", PolicyDocument=identity)
    policy = iam.create_policy(PolicyName="managed", PolicyDocument=identity)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="managed", PolicyArn=policy)
