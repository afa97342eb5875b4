//! Roles, their sessions, and who is who; the probes are in `identity.py`.

/// What AWS answers, by its API reference (or, where that is silent, its SDK models).
pub const DOCUMENTED: &[(&str, &str)] = &[
    (
        "AssumeRole: credentials",
        "ASIA, expires as asked, ['Arn', 'AssumedRoleId']",
    ),
    (
        "AssumeRole: assumed role user",
        "arn:aws:sts::MEMBER:assumed-role/ROLE/contract",
    ),
    (
        "GetCallerIdentity in the session",
        "MEMBER arn:aws:sts::MEMBER:assumed-role/ROLE/contract",
    ),
    (
        "GetCallerIdentity with a forged token",
        "InvalidClientTokenId (403)",
    ),
    // STS does not tell a missing role from a trust policy that does not match.
    ("AssumeRole: no such role", "AccessDenied (403)"),
    ("AssumeRole: wrong external id", "AccessDenied (403)"),
    ("AssumeRole: no external id", "AccessDenied (403)"),
    ("AssumeRole: malformed ARN", "ValidationError (400)"),
    // DurationSeconds: from 900 up to the role's MaxSessionDuration.
    ("AssumeRole: 899 seconds", "ValidationError (400)"),
    (
        "AssumeRole: 3601 seconds for a role with an hour",
        "ValidationError (400)",
    ),
];

/// Where ministack 1.5.33 (with AUTH) is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: DurationSeconds is from 900 up to the role's MaxSessionDuration. ministack takes any.
    ("AssumeRole: 899 seconds", "succeeds"),
    (
        "AssumeRole: 3601 seconds for a role with an hour",
        "succeeds",
    ),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: moto takes every token, role, trust and external id, and any duration, for good.
    ("GetCallerIdentity with a forged token", "succeeds"),
    ("AssumeRole: no such role", "succeeds"),
    ("AssumeRole: wrong external id", "succeeds"),
    ("AssumeRole: no external id", "succeeds"),
    ("AssumeRole: malformed ARN", "succeeds"),
    ("AssumeRole: 899 seconds", "succeeds"),
    (
        "AssumeRole: 3601 seconds for a role with an hour",
        "succeeds",
    ),
];
