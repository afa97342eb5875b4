use std::{path::Path, time::Duration};

use super::*;

mod tokens;

const MINIMAL: &str = "aws:\n  regions: [eu-west-1, us-east-1]\n  role_name: Trailplane\n";

fn load(yaml: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    load_for(Purpose::Service, yaml, environment)
}

fn load_for(
    purpose: Purpose,
    yaml: &str,
    environment: &[(&str, &str)],
) -> Result<Config, ConfigErrors> {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let file = Some((Path::new("t.yaml"), yaml));
    Config::parse(purpose, file, environment, Flags::default())
}

/// The faults as lines.
fn faults(yaml: &str, environment: &[(&str, &str)]) -> Vec<String> {
    match load(yaml, environment) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.faults().iter().map(ToString::to_string).collect(),
    }
}

/// Fails unless there is exactly one fault and it holds all of `parts`.
fn assert_fault(yaml: &str, environment: &[(&str, &str)], parts: &[&str]) {
    let found = faults(yaml, environment);
    assert_eq!(found.len(), 1, "{yaml}\n{found:#?}");
    for part in parts {
        assert!(found[0].contains(part), "{part:?} is not in {:?}", found[0]);
    }
}

fn minimal_and(more: &str) -> String {
    format!("{MINIMAL}{more}")
}

#[test]
fn the_smallest_configuration_has_the_documented_defaults() {
    let config = load(MINIMAL, &[]).unwrap();
    assert_eq!(config.grpc.listen.to_string(), "127.0.0.1:50051");
    assert_eq!(config.admin.listen.to_string(), "127.0.0.1:9464");
    assert_eq!(config.aws.session_duration, Duration::from_secs(3600));
    assert_eq!(config.aws.max_in_flight, 352);
    assert_eq!(config.events.settle_lag, Duration::from_secs(900));
    assert_eq!(config.events.cache.kind, CacheKind::Memory);
    assert_eq!(config.events.cache.max_bytes, ByteCount(16 << 20));
    assert!(!config.events.warm_up.enabled);
    assert_eq!(config.log.format, LogFormat::Json);
    assert!(config.fleet.organizations);
}

#[test]
fn buckets_are_read_by_accounts() {
    let config = load(&minimal_and("logs: {buckets: {b: '012345678901'}}\n"), &[]).unwrap();
    let account = config.logs.buckets.get("b").map(ToString::to_string);
    assert_eq!(account.as_deref(), Some("012345678901"));
    let wrong = minimal_and("logs: {buckets: {b: somebody}}\n");
    assert_fault(&wrong, &[], &["logs.buckets", "12", "b: somebody"]);
}

#[test]
fn the_sandbox_needs_no_configuration() {
    let config = load_for(Purpose::Sandbox, "", &[]).unwrap();
    assert_eq!(config.log.format, LogFormat::Text);
    assert!(config.aws.regions.is_empty());
}

#[test]
fn all_faults_come_at_once_with_key_shape_and_line() {
    let yaml = "\
grpc:
  listen: nowhere
  lisen: 127.0.0.1:1
aws:
  regions: [eu-west-1, Mars]
  role_name: Trailplane
  session_duration: 2h
  max_in_flight: none
surprise: {}
";
    let found = faults(yaml, &[("TRAILPLANE_DRAIN__GRACE", "5")]);
    let expected = [
        "grpc.listen: expected an address and a port such as 127.0.0.1:50051 or [::1]:50051; found \"nowhere\" (t.yaml:2)",
        "grpc.lisen: expected one of the keys listen, insecure",
        "aws.regions[1]: expected an AWS Region name",
        "aws.session_duration: expected a duration such as 500ms, 15m or 1h30m, 15m to 1h (AWS caps a session at 1h",
        "aws.max_in_flight: expected a whole number, 1 to 65536; found \"none\" (t.yaml:8)",
        "drain.grace: expected a duration such as 500ms, 15m or 1h30m, 0s to 1h; found \"5\" (environment variable TRAILPLANE_DRAIN__GRACE)",
        "surprise: expected one of the keys grpc, policy, admin,",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found:?} is not {expected:?}");
    }
}

#[test]
fn a_key_of_the_audit_needs_an_audit() {
    let yaml = |audit: &str| format!("{MINIMAL}audit: {{{audit}}}\n");
    let found = faults(&yaml("key_file: /k, max_file_bytes: 1KiB"), &[]);
    let expected = [
        "audit.max_file_bytes: expected",
        "audit.file: expected a file, or audit.stdout: true",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
    let config = load(&yaml("key_file: /k, stdout: true"), &[]).unwrap();
    assert_eq!(config.audit.key_file, Some("/k".into()));
    assert!(load(&yaml("file: /a"), &[]).unwrap().audit.file.is_some());
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = load(
        MINIMAL,
        &[
            ("TRAILPLANE_AWS__REGIONS", "us-west-2, eu-north-1"),
            ("TRAILPLANE_AWS__MANAGEMENT__ACCOUNT_ID", "000000000042"),
            (
                "TRAILPLANE_FLEET__ACCOUNTS",
                "[{id: 000000000043, tags: {team: a}}]",
            ),
            ("TRAILPLANE_GRPC__INSECURE", "true"),
            ("TRAILPLANE_GRPC__LISTEN", "0.0.0.0:50051"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    let regions: Vec<&str> = config.aws.regions.iter().map(|r| r.as_str()).collect();
    assert_eq!(regions, ["us-west-2", "eu-north-1"]);
    assert_eq!(config.aws.management.account_id.unwrap().as_u64(), 42);
    assert_eq!(config.fleet.accounts[0].id.as_u64(), 43);
    assert_eq!(config.fleet.accounts[0].tags["team"], "a");
}

#[test]
fn a_list_in_a_variable_may_be_yaml() {
    let config = load(MINIMAL, &[("TRAILPLANE_AWS__REGIONS", "[us-west-2]")]).unwrap();
    assert_eq!(config.aws.regions.len(), 1);
}

#[test]
fn unknown_variables_are_faults_and_those_of_others_are_not() {
    for name in [
        "TRAILPLANE_LISTEN",
        "TRAILPLANE_GRPC__LISTEN__PORT",
        "TRAILPLANE_",
        "TRAILPLANE_GRPC",
    ] {
        let parts = ["a variable that is no key", name];
        assert_fault(
            &minimal_and("grpc:\n  listen: 127.0.0.1:1\n"),
            &[(name, "1")],
            &parts,
        );
    }
    assert_fault(
        MINIMAL,
        &[("TRAILPLANE_GRPC__LISEN", "1")],
        &["grpc.lisen", "TRAILPLANE_GRPC__LISEN"],
    );
    let links = [
        ("TRAILPLANE_SERVICE_HOST", "10.0.0.1"),
        ("TRAILPLANE_SERVICE_PORT", "50051"),
        ("TRAILPLANE_SERVICE_PORT_GRPC", "50051"),
        ("TRAILPLANE_PORT", "tcp://10.0.0.1:50051"),
        ("TRAILPLANE_PORT_50051_TCP", "tcp://10.0.0.1:50051"),
        ("TRAILPLANE_PORT_50051_TCP_ADDR", "10.0.0.1"),
        ("TRAILPLANE_ADMIN_SERVICE_HOST", "10.0.0.1"),
    ];
    assert_eq!(faults(MINIMAL, &links), [""; 0]);
    // Of the commands that ask a service, and often set where one runs.
    let of_clients = [
        ("TRAILPLANE_ADDRESS", "10.0.0.1:50051"),
        ("TRAILPLANE_TOKEN", "secret"),
        ("TRAILPLANE_TOKEN_FILE", "/var/run/token"),
    ];
    assert_eq!(faults(MINIMAL, &of_clients), [""; 0]);
}

#[test]
fn contradictions_name_both_sides() {
    let cases: &[(&str, &[&str])] = &[
        (
            "grpc:\n  listen: 0.0.0.0:50051\n",
            &[
                "grpc.listen",
                "grpc.insecure",
                "grpc.tls.cert_file",
                "(t.yaml:5)",
            ],
        ),
        (
            "grpc:\n  listen: 0.0.0.0:50051\n  tls: {cert_file: a, key_file: b}\n",
            &["grpc.listen", "grpc.tls.client_ca_file"],
        ),
        (
            "grpc:\n  tls: {cert_file: a}\n",
            &["grpc.tls.key_file", "grpc.tls.cert_file is set"],
        ),
        (
            "grpc:\n  tls: {client_ca_file: a}\n",
            &["grpc.tls.cert_file", "grpc.tls.client_ca_file is set"],
        ),
        (
            "grpc:\n  tls: {cert_file: a, key_file: b, client_auth: optional}\n",
            &["grpc.tls.client_ca_file", "grpc.tls.client_auth is set"],
        ),
        (
            "grpc:\n  tls: {cert_file: a, key_file: b, client_ca_file: c, client_auth: off}\n",
            &["grpc.tls.client_auth", "optional or required"],
        ),
        (
            "grpc:\n  reflection: authenticated\n",
            &["grpc.reflection", "public or off", "grpc.tokens.issuers"],
        ),
        (
            "admin:\n  listen: 0.0.0.0:9464\n",
            &["admin.listen", "loopback"],
        ),
        (
            "admin:\n  listen: 127.0.0.1:50051\n",
            &["admin.listen", "grpc.listen"],
        ),
        (
            "deadlines:\n  unary_default: 10m\n",
            &["deadlines.unary_default", "unary_max, which is 5m", "10m"],
        ),
        (
            "drain:\n  grace: 30s\n",
            &["drain.grace", "drain.hard_stop, which is 25s"],
        ),
        (
            "budget:\n  replicas: 3\n",
            &["budget.replicas", "budget.store: redis", "3"],
        ),
        (
            "budget:\n  store: static\n",
            &["budget.replicas", "the number of replicas"],
        ),
        (
            "budget:\n  store: redis\n  replicas: 2\n",
            &["budget.redis.urls", "at least one URL"],
        ),
        (
            "budget:\n  redis:\n    urls: ['redis://r:6379']\n",
            &["budget.store", "budget.redis.urls is set"],
        ),
        (
            "budget:\n  store: redis\n  replicas: 2\n  redis:\n    urls: ['redis://r:1', 'redis://s:1']\n",
            &["budget.redis.urls", "one URL", "2 URLs"],
        ),
        (
            "budget:\n  store: redis\n  replicas: 2\n  redis:\n    mode: sentinel\n    urls: ['redis://r:1']\n",
            &["budget.redis.sentinel_service", "the Sentinels' name"],
        ),
        (
            "budget:\n  store: redis\n  replicas: 2\n  redis:\n    sentinel_service: x\n    urls: ['redis://r:1']\n",
            &["budget.redis.mode", "sentinel_service is set"],
        ),
        (
            "budget:\n  store: redis\n  replicas: 2\n  redis:\n    mode: cluster\n    urls: ['redis://r:1', 'rediss://s:1']\n",
            &["budget.redis.urls", "all with TLS", "1 of 2"],
        ),
        (
            "budget:\n  store: redis\n  replicas: 2\n  redis:\n    ca_file: ca.pem\n    urls: ['redis://r:1']\n",
            &["budget.redis.ca_file", "rediss://"],
        ),
        (
            "budget:\n  store: redis\n  replicas: 2\n  redis:\n    username: u\n    urls: ['redis://r:1']\n",
            &["budget.redis.password", "budget.redis.username"],
        ),
        (
            "events:\n  cache:\n    kind: disk\n",
            &["events.cache.directory", "events.cache.kind is disk"],
        ),
        (
            "events:\n  cache:\n    directory: /tmp/x\n",
            &["events.cache.kind", "events.cache.directory is set"],
        ),
        (
            "events:\n  cache:\n    kind: redis\n",
            &["events.cache.kind", "one of off, memory, disk"],
        ),
        (
            "events:\n  cache:\n    kind: off\n  warm_up:\n    enabled: true\n",
            &["events.warm_up.enabled", "events.cache.kind is off"],
        ),
        (
            "events:\n  warm_up:\n    days: 91\n",
            &["events.warm_up.days", "1 to 90", "CloudTrail keeps 90 days"],
        ),
        (
            "events:\n  warm_up:\n    regions: [us-east-1, eu-north-1]\n",
            &[
                "events.warm_up.regions[1]",
                "one of aws.regions",
                "eu-north-1",
            ],
        ),
        (
            "events:\n  warm_up:\n    organizational_units: [ou-nope]\n",
            &["events.warm_up.organizational_units[0]", "/Prod/Payments"],
        ),
        (
            "limits:\n  streams: {burst: 1}\n",
            &[
                "limits.streams.burst",
                "limits.streams.per_second, which is 10",
            ],
        ),
        (
            "quotas:\n  overrides:\n    - {api: LookupEvents, per_second: 1, region: cn-north-1}\n",
            &[
                "quotas.overrides[0].region",
                "cn-north-1, a Region of aws-cn",
            ],
        ),
        (
            "fleet:\n  accounts:\n    - id: 123456789012\n    - id: 123456789012\n",
            &["fleet.accounts[1].id", "each account once", "(t.yaml:7)"],
        ),
        (
            "fleet:\n  accounts:\n    - {id: 123456789012, role_arn: 'arn:aws:iam::999999999999:role/x'}\n",
            &[
                "fleet.accounts[0].role_arn",
                "a role of account 123456789012",
            ],
        ),
        (
            "fleet:\n  organizations: false\n",
            &["fleet.accounts", "fleet.organizations: true"],
        ),
    ];
    for (more, parts) in cases {
        assert_fault(&minimal_and(more), &[], parts);
    }
    let aws: &[(&str, &[&str])] = &[
        (
            "straggler_after: 2m",
            &["aws.straggler_after", "aws.attempt_timeout, which is 1m"],
        ),
        (
            "sts_region: us-gov-west-1",
            &["aws.sts_region", "aws.partition, which is aws"],
        ),
        (
            "hub_role_arn: arn:aws-cn:iam::123456789012:role/hub",
            &["aws.hub_role_arn", "aws.partition"],
        ),
        (
            "regions: [eu-west-1, eu-west-1]",
            &["aws.regions", "eu-west-1 again"],
        ),
        ("regions: [mars]", &["aws.regions[0]", "\"mars\""]),
        ("regions: []", &["aws.regions", "at least one Region"]),
        ("role_name:", &["aws.role_name", "role_arn"]),
    ];
    for (line, parts) in aws {
        let name = line.split(':').next().unwrap();
        let kept: Vec<&str> = MINIMAL
            .lines()
            .filter(|l| !l.contains(&format!("{name}:")))
            .collect();
        assert_fault(&format!("{}\n  {line}\n", kept.join("\n")), &[], parts);
    }
}

#[test]
fn the_console_is_served_on_loopback_and_elsewhere_only_if_it_is_wanted() {
    let served = |more: &str| load(&minimal_and(more), &[]).unwrap().admin.console();
    assert!(served(""));
    let open = "admin:\n  listen: 0.0.0.0:9464\n  insecure: true\n";
    assert!(!served(open));
    assert!(served(&format!("{open}  console: true\n")));
    assert!(!served("admin:\n  console: false\n"));
}

#[test]
fn the_insecure_flag_allows_listeners_beyond_loopback() {
    let file = Some((
        Path::new("t.yaml"),
        "grpc:\n  listen: 0.0.0.0:1\nadmin:\n  listen: 0.0.0.0:2\n",
    ));
    let flags = Flags { insecure: true };
    Config::parse(Purpose::Sandbox, file, std::iter::empty(), flags).unwrap();
}

#[test]
fn with_a_ca_clients_must_show_certificates_and_the_listener_may_be_anywhere() {
    let open =
        "grpc:\n  listen: 0.0.0.0:1\n  tls: {cert_file: a, key_file: b, client_ca_file: c}\n";
    let found = faults(&minimal_and(open), &[]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("policy.directory: without it every caller may do everything"));
    let yaml = minimal_and(&format!("{open}policy: {{directory: d}}\n"));
    let tls = load(&yaml, &[]).unwrap().grpc.tls;
    assert_eq!(tls.client_auth, ClientAuth::Required);
    assert_eq!(tls.reload_interval, Duration::from_secs(10));
    let yaml = minimal_and("grpc:\n  tls: {cert_file: a, key_file: b}\n");
    let tls = load(&yaml, &[]).unwrap().grpc.tls;
    assert_eq!(tls.client_auth, ClientAuth::Off);
}

#[test]
fn secrets_are_never_shown() {
    let key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==";
    let yaml = minimal_and(&format!(
        "  external_id: very-hidden\ncursor:\n  keys: [{key}]\nbudget:\n  redis:\n    password: secret-word\n"
    ));
    let config = load(&yaml, &[]).unwrap();
    assert_eq!(
        config.aws.external_id.as_ref().unwrap().expose(),
        "very-hidden"
    );
    assert_eq!(
        config.cursor.keys[0].expose(),
        b"secret-secret-secret-secret-secret"
    );
    let shown = format!("{config:?}");
    assert!(
        !shown.contains("very-hidden") && !shown.contains("secret-") && !shown.contains(key),
        "{shown}"
    );

    // Wrong, misspelt, or in the wrong place: not shown either.
    let wrong = [
        minimal_and("budget:\n  redis:\n    urls: ['redis://u:hunter2@r:6379']\n"),
        minimal_and("cursor:\n  keys: [hunter2]\n"),
        minimal_and("cursor: hunter2\n"),
        minimal_and("cursor:\n  key: hunter2\n"),
        minimal_and("cursor:\n  keys: hunter2\n"),
        minimal_and("  external_id: 'hunter2 '\n"),
    ];
    for yaml in wrong {
        let found = faults(&yaml, &[]);
        assert_eq!(found.len(), 1, "{yaml}\n{found:#?}");
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
    let found = faults(MINIMAL, &[("TRAILPLANE_CURSOR__KEYS", "hunter2,hunter3")]);
    assert_eq!(found.len(), 2);
    assert!(!found.concat().contains("hunter"), "{found:?}");
}

#[test]
fn the_file_itself_can_be_wrong() {
    assert_fault("a: [\n", &[], &["expected YAML", "(t.yaml:"]);
    assert_fault(
        &minimal_and("aws: {}\n"),
        &[],
        &["each key once", "t.yaml:1", "t.yaml:4"],
    );
    assert_fault(&minimal_and("log: *x\n"), &[], &["t.yaml"]);
    assert_fault(&minimal_and("---\na: 1\n"), &[], &["one document"]);
    let deep = format!("a: {}{}", "[".repeat(40), "]".repeat(40));
    assert!(faults(&deep, &[])[0].contains("nested"));
    let missing = Config::load(
        Purpose::Service,
        Some(Path::new("/nowhere/t.yaml")),
        std::iter::empty(),
        Flags::default(),
    );
    assert!(missing.unwrap_err().to_string().contains("/nowhere/t.yaml"));
}

#[test]
fn what_list_items_lack_is_told_with_their_line() {
    let yaml = minimal_and("quotas:\n  overrides:\n    - per_second: 0\n      apy: x\n");
    let found = faults(&yaml, &[]);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found[0].contains("quotas.overrides[0].api")
            && found[0].contains("found nothing (t.yaml:6)")
    );
    assert!(found[1].contains("per_second: expected a number, 0.01 to 10000.0"));
    assert!(found[2].contains("quotas.overrides[0].apy"));
}

#[test]
fn an_override_of_a_quota_says_the_number_the_share_or_both() {
    let overrides = |items: &str| minimal_and(&format!("quotas: {{overrides: [{items}]}}\n"));
    let yaml = overrides(
        "{api: LookupEvents, share: 0.5, account: 111111111111}, {api: GetTrail, per_second: 20}, \
         {api: ListTrails, per_second: 4, share: 0.25}",
    );
    let config = load(&yaml, &[]).unwrap();
    let said: Vec<_> = config
        .quotas
        .overrides
        .iter()
        .map(|o| (o.per_second, o.share))
        .collect();
    let expected = [
        (None, Some(0.5)),
        (Some(20.0), None),
        (Some(4.0), Some(0.25)),
    ];
    assert_eq!(said, expected);
    assert!(!config.quotas.read_service_quotas, "off unless asked for");

    for (item, key, words) in [
        (
            "{api: LookupEvents}",
            "per_second",
            "(per_second, share, or both); found nothing",
        ),
        (
            "{api: LookupEvents, share: }",
            "per_second",
            "(per_second, share, or both); found nothing",
        ),
        (
            "{api: LookupEvents, share: 0}",
            "share",
            "a number, 0.01 to 1.0",
        ),
        (
            "{api: LookupEvents, per_second: 0, share: 0.5}",
            "per_second",
            "a number, 0.01 to 10000.0",
        ),
    ] {
        let found = faults(&overrides(item), &[]);
        assert_eq!(found.len(), 1, "{item}: {found:#?}");
        assert!(
            found[0].contains(&format!("quotas.overrides[0].{key}: ")) && found[0].contains(words),
            "{found:#?}"
        );
    }
}

#[test]
fn what_is_warmed_up_is_selected_in_the_words_of_a_request() {
    let yaml = minimal_and(
        "events:\n  warm_up:\n    enabled: true\n    days: 30\n    interval: 1h\n    account_ids: [123456789012]\n    \
         organizational_units: [/Prod/Payments, ou-ab12-34cd56ef]\n    account_tags: {env: prod}\n    \
         exclude_account_ids: ['000000000042']\n    regions: [eu-west-1]\n",
    );
    let wanted = load(&yaml, &[]).unwrap().events.warm_up;
    assert!(wanted.enabled);
    assert_eq!((wanted.days, wanted.interval.as_secs()), (30, 3600));
    let targets = &wanted.targets;
    assert_eq!(targets.account_ids[0].as_u64(), 123_456_789_012);
    let units: Vec<String> = targets
        .organizational_units
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(units, ["/Prod/Payments", "ou-ab12-34cd56ef"]);
    assert_eq!(targets.account_tags["env"], "prod");
    assert_eq!(targets.exclude_account_ids[0].as_u64(), 42);
    assert_eq!(targets.regions[0].as_str(), "eu-west-1");
    let all = minimal_and(
        "events:\n  cache: {kind: off}\n  warm_up: {enabled: true, days: 0, interval: 1s, day: 3}\n",
    );
    assert_eq!(faults(&all, &[]).len(), 4, "all at once");
}

#[test]
fn account_ids_keep_their_leading_zeros_without_quotes() {
    let config = load(
        &minimal_and("fleet:\n  accounts: [{id: 000000000042}]\n"),
        &[],
    )
    .unwrap();
    assert_eq!(config.fleet.accounts[0].id.to_string(), "000000000042");
}

#[test]
fn sizes_read_back() {
    use super::shape::Shape as _;
    for text in ["0", "1000", "64KiB", "4MiB", "1GiB"] {
        assert_eq!(ByteCount::read(text).unwrap().show(), text);
    }
    for text in [
        "",
        "KiB",
        "4MB",
        "-1",
        "99999999999999999999",
        "17179869184GiB",
    ] {
        assert_eq!(ByteCount::read(text), None, "{text}");
    }
}

/// `UPDATE_DOCS=1` writes the page anew.
#[test]
fn the_documentation_is_what_is_declared() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let reference = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &reference).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == reference,
        "run UPDATE_DOCS=1 cargo test --lib config::"
    );
}

#[test]
fn session_tags_are_those_that_sts_takes() {
    let yaml = |tags: &str| format!("aws:\n  regions: [eu-west-1]\n  role_name: Reader\n{tags}");
    let right = yaml("  session_tags: {team: cloud security}\n  transitive_session_tags: [team]\n");
    let config = load(&right, &[]).unwrap();
    assert_eq!(
        config.aws.session_tags.iter().next(),
        Some(("team", "cloud security"))
    );
    assert_eq!(config.aws.session_tags.transitive().next(), Some("team"));
    for wrong in [
        "  session_tags: {'aws:x': y}\n",
        "  session_tags: {team: 'a,b'}\n",
        "  transitive_session_tags: [team]\n",
    ] {
        let errors = load(&yaml(wrong), &[]).unwrap_err().to_string();
        assert!(errors.contains("aws.session_tags"), "{errors}");
    }
}
