"""Asks every RPC of OrganizationService, and every read of TrailService, by messages built from reflection.

usage: organization_and_reads.py ADDRESS MEMBER
"""

import sys

from reflected import Client, check

ORGANIZATION = "trailplane.v1.OrganizationService"
TRAILS = "trailplane.v1.TrailService"


def organization(client, member):
    def ask(name, body=None):
        answer = client.call(ORGANIZATION, name, body or {})
        print(f"ok {name}")
        return answer

    found = ask("GetOrganization")["organization"]
    check(found["featureSet"] == "FEATURE_SET_ALL", found)
    check(ask("EnableAllFeatures")["result"]["outcome"] == "OUTCOME_UNCHANGED", "all features")
    check(ask("EnableTrustedAccess")["result"]["outcome"] == "OUTCOME_UNCHANGED", "trusted access")
    applied = ask("RegisterDelegatedAdministrator", {"account_id": member})["result"]
    check(applied["outcome"] == "OUTCOME_APPLIED", applied)
    listed = ask("ListDelegatedAdministrators")["administrators"]
    check([one["accountId"] for one in listed] == [member], listed)
    gone = ask("DeregisterDelegatedAdministrator", {"account_id": member})["result"]
    check(gone["outcome"] == "OUTCOME_APPLIED", gone)
    trail = {
        "name": "all-accounts",
        "home_region": "us-east-1",
        "s3_bucket_name": "trail-logs",
        "is_organization_trail": True,
    }
    readiness = ask("CheckOrganizationTrail", {"trail": trail})
    check(len(readiness["prerequisites"]) == 9, readiness)
    check("s3BucketPolicy" in readiness["policies"], readiness)


def reads(client):
    # The two owners: no cell of theirs fails, so that the answer holds no details of errors, whose types Python's JSON
    # would have to know.
    owners = {"account_ids": ["100000000001", "100000000012"]}
    asked = {"view": "TRAIL_VIEW_FULL", "targets": owners}
    trails = client.call(TRAILS, "ListTrails", asked)["trails"]
    print("ok ListTrails")
    check(len(trails) == 2, trails)
    arns = [trail["arn"] for trail in trails]
    for name, part in {
        "GetTrail": "trail",
        "GetTrailStatus": "status",
        "GetEventSelectors": "eventSelectors",
        "GetInsightSelectors": "insightSelectors",
        "GetEventConfiguration": "eventConfiguration",
    }.items():
        answer = client.call(TRAILS, name, {"trail": {"arn": arns[0]}})
        check(part in answer, f"{name}: {answer}")
        print(f"ok {name}")
    tags = client.call(TRAILS, "ListTags", {"trail_arns": arns})["trailTags"]
    check([one["trailArn"] for one in tags] == arns, tags)
    print("ok ListTags")


def main():
    address, member = sys.argv[1:]
    client = Client(address)
    organization(client, member)
    reads(client)


main()
