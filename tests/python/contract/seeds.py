"""What the emulators need before they can be asked. The sandbox has it from its scenario."""

import json

import prerequisites
from server import ABROAD, EXTERNAL_ID, HOME, ROLE, Accounts, client, of


def sandbox():
    pass


def ministack():
    for account in (Accounts.member, Accounts.other):
        iam = client("iam", account)
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{Accounts.key}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=policy(trust))
        iam.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=policy(everything))
    deliveries()


def moto():
    api = client("organizations")
    api.create_organization(FeatureSet="ALL")
    api.create_organizational_unit(ParentId=api.list_roots()["Roots"][0]["Id"], Name="Prod")
    made = [
        api.create_account(AccountName=f"account-{number}", Email=f"a{number}@example.com")
        for number in range(7)
    ]
    # moto chooses the ids.
    Accounts.member, Accounts.other = (one["CreateAccountStatus"]["AccountId"] for one in made[:2])
    deliveries()


def policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def deliveries():
    """What trails deliver to, with the policies that CloudTrail needs, as AWS checks them."""
    prerequisites.seed()
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    for account in (Accounts.management, Accounts.member, Accounts.other):
        bucket, s3 = f"contract-{account}", of("s3", account)
        s3.create_bucket(Bucket=bucket)
        s3.create_bucket(Bucket=f"contract-bare-{account}")
        allowed = {**service, "Action": "s3:*", "Resource": [f"arn:aws:s3:::{bucket}*"]}
        s3.put_bucket_policy(Bucket=bucket, Policy=policy(allowed))
        for region in (HOME, ABROAD):
            sns = of("sns", account, region)
            topic = sns.create_topic(Name="contract")["TopicArn"]
            allowed = {**service, "Action": "sns:Publish", "Resource": topic}
            sns.set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=policy(allowed)
            )
