"""What Service Quotas tells of CloudTrail. Neither emulator lists a service's quotas."""

from server import of, succeeded

FIELDS = [
    "Adjustable",
    "GlobalQuota",
    "Period",
    "QuotaArn",
    "QuotaCode",
    "QuotaName",
    "ServiceCode",
    "ServiceName",
    "Unit",
    "UsageMetric",
    "Value",
]


def probes():
    def quotas():
        token, found = {}, []
        while True:
            page = of("service-quotas").list_service_quotas(ServiceCode="cloudtrail", **token)
            found += page["Quotas"]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def lookups():
        named = [quota for quota in quotas() if "LookupEvents" in quota["QuotaName"]]
        (quota,) = named
        missing = [field for field in FIELDS if field not in quota]
        return f"{quota['QuotaCode']} {quota['QuotaName']}, {quota['Period']}, missing: {missing}"

    def refused(**arguments):
        wanted = {"ServiceCode": "cloudtrail", **arguments}
        return succeeded(lambda: of("service-quotas").list_service_quotas(**wanted))

    return {
        "ListServiceQuotas: LookupEvents": lookups,
        "ListServiceQuotas: unknown service": refused(ServiceCode="no-such-service"),
        "ListServiceQuotas: 101 on a page": refused(MaxResults=101),
        "ListServiceQuotas: forged token": refused(NextToken="forged"),
    }
