"""Account Management: which Regions a member has."""

from server import of


def probes():
    def regions(**arguments):
        return of("account").list_regions(**arguments)

    def fields():
        found = regions()["Regions"]
        first = next(r for r in found if r["RegionName"] == "us-east-1")
        return f"us-east-1: {first['RegionOptStatus']}"

    def pages():
        page = regions(MaxResults=1)
        return f"{len(page['Regions'])} Region, token: {'NextToken' in page}"

    return {"ListRegions: fields": fields, "ListRegions: pages": pages}
