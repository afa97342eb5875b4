"""The organization, as its management account and a member see it."""

from server import client, of, succeeded


def probes():
    api = client("organizations")

    def pages():
        sizes, ids, token = [], [], None
        while True:
            arguments = {"NextToken": token} if token else {}
            page = api.list_accounts(MaxResults=3, **arguments)
            sizes.append(len(page["Accounts"]))
            ids += [account["Id"] for account in page["Accounts"]]
            token = page.get("NextToken")
            if not token:
                break
        return f"at most 3: {max(sizes) <= 3}, several: {len(sizes) > 1}, each once: {len(ids) == len(set(ids))}"

    def fields():
        page = api.list_accounts(MaxResults=1)["Accounts"]
        wanted = ["Arn", "Email", "Id", "JoinedMethod", "JoinedTimestamp", "Name", "State", "Status"]
        return f"missing: {[field for field in wanted if field not in page[0]]}"

    def root():
        found = api.list_roots()["Roots"]
        return f"{len(found)} root, {found[0]['Id'][:2]}, {found[0]['Name']}"

    def whole():
        answer = api.describe_organization()["Organization"]
        return f"{answer['Id'][:2]}, {answer['FeatureSet']}, master: {len(answer['MasterAccountId'])} digits"

    def units():
        found = api.list_organizational_units_for_parent(ParentId=api.list_roots()["Roots"][0]["Id"])
        unit = found["OrganizationalUnits"][0]
        return f"{unit['Id'][:3]}, {sorted(k for k in unit if k in ('Arn', 'Id', 'Name'))}"

    return {
        "ListAccounts: pages": pages,
        "ListAccounts: fields": fields,
        "ListAccounts: forged token": succeeded(lambda: api.list_accounts(NextToken="forged")),
        "ListAccounts: 21 a page": succeeded(lambda: api.list_accounts(MaxResults=21)),
        "ListAccounts from a member": succeeded(lambda: of("organizations").list_accounts()),
        "ListRoots": root,
        "ListOrganizationalUnitsForParent": units,
        "DescribeOrganization": whole,
        "DescribeOrganization from a member": lambda: of("organizations").describe_organization()[
            "Organization"
        ]["FeatureSet"],
        "DescribeAccount: unknown": succeeded(lambda: api.describe_account(AccountId="999999999999")),
        "ListTagsForResource: none": lambda: str(
            api.list_tags_for_resource(ResourceId=api.list_accounts()["Accounts"][0]["Id"])["Tags"] is not None
        ),
    }
