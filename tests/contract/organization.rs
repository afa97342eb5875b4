//! The organization and its accounts' Regions; the probes are in `organization.py` and `regions.py`. ministack has no
//! such organization, moto no Account Management, and they are not asked.

/// What AWS answers, by its API reference (or, where that is silent, its SDK models).
pub const DOCUMENTED: &[(&str, &str)] = &[
    (
        "ListAccounts: pages",
        "at most 3: True, several: True, each once: True",
    ),
    ("ListAccounts: fields", "missing: []"),
    ("ListAccounts: forged token", "InvalidInputException (400)"),
    // MaxResults: 1 to 20.
    ("ListAccounts: 21 a page", "InvalidInputException (400)"),
    // Only the management account and delegated administrators may.
    ("ListAccounts from a member", "AccessDeniedException (400)"),
    ("ListRoots", "1 root, r-, Root"),
    (
        "ListOrganizationalUnitsForParent",
        "ou-, ['Arn', 'Id', 'Name']",
    ),
    ("DescribeOrganization", "o-, ALL, master: 12 digits"),
    // Every account of the organization may.
    ("DescribeOrganization from a member", "ALL"),
    ("DescribeAccount: unknown", "AccountNotFoundException (400)"),
    ("ListTagsForResource: none", "True"),
    ("ListRegions: fields", "us-east-1: ENABLED_BY_DEFAULT"),
    ("ListRegions: pages", "1 Region, token: True"),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: MaxResults is obeyed, and there is a NextToken. ministack has one page.
    ("ListRegions: pages", "31 Region, token: False"),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: InvalidInputException, INVALID_NEXT_TOKEN.
    ("ListAccounts: forged token", "InvalidToken (400)"),
    // AWS is right: 20 at most, and by the management account and delegated administrators only. moto does not look.
    ("ListAccounts: 21 a page", "succeeds"),
    ("ListAccounts from a member", "succeeds"),
];
