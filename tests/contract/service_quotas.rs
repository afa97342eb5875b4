//! What Service Quotas tells of CloudTrail; the probes are in `service_quotas.py`. Neither emulator has the operation.

/// What AWS answers, by its API reference and what it was seen to answer.
pub const DOCUMENTED: &[(&str, &str)] = &[
    (
        "ListServiceQuotas: LookupEvents",
        "L-6826A2E9 Transactions per second (TPS) for the LookupEvents API, \
         {'PeriodValue': 1, 'PeriodUnit': 'SECOND'}, missing: []",
    ),
    (
        "ListServiceQuotas: unknown service",
        "NoSuchResourceException (400)",
    ),
    (
        "ListServiceQuotas: 101 on a page",
        "IllegalArgumentException (400)",
    ),
    (
        "ListServiceQuotas: forged token",
        "InvalidPaginationTokenException (400)",
    ),
];

/// ministack has no Service Quotas.
pub const MINISTACK: &[(&str, &str)] = &[];

/// moto has only the defaults of VPC, by another operation.
pub const MOTO: &[(&str, &str)] = &[];
