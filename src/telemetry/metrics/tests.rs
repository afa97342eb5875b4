use super::*;

const BUCKETS: OfBuckets = OfBuckets {
    slowed: 3,
    lowest_factor: 0.5,
    foreign: 1.25,
    waiting: [
        ("interactive", 4),
        ("standard", 0),
        ("batch", 7),
        ("background", 1),
    ],
};

/// Something of each kind has happened.
fn everything() -> Metrics {
    let metrics = Metrics::new(None).unwrap();
    metrics.request_begun("a.B/C");
    metrics.request_ended("a.B/C", "OK", Duration::from_millis(20));
    metrics.attempt(
        Api::LookupEvents,
        Some("throttled"),
        Duration::from_millis(150),
    );
    metrics.throttled(Api::LookupEvents);
    metrics.budget_waited(Api::AssumeRole, Duration::from_secs(2));
    metrics.fleet_accounts("active", 48);
    metrics.fleet_freshness(Some(Duration::from_secs(90)), true);
    metrics.access(47, false);
    let cells = [
        ("complete", None, 191),
        ("failed", Some("access_denied"), 9),
    ];
    metrics.lookup_answered("page", false, (10, 1585), cells.into_iter());
    metrics.warm_up(&[("done", 12), ("failing", 1)], (1_209_600, 600_000));
    metrics.budget_store(&["healthy", "unreachable"], "unreachable", [2, 3]);
    metrics.buckets(Api::LookupEvents, &BUCKETS);
    metrics.in_flight([5, 2]);
    metrics.underway("tail", 2);
    metrics.tails(330);
    metrics.cache(&OfCache {
        bytes: 10_000,
        capacity: 64_000,
        hits: 12,
        misses: 3,
        evicted: 1,
        dropped: 2,
        failed: true,
    });
    metrics.spans_lost(9);
    metrics.sessions_refused("role_not_assumable", 6);
    metrics.insecure(true);
    metrics.tls(1_800_000_000, true, 3);
    metrics.policies(7, true, 2);
    metrics.token_keys("corp", 2, Some(1_800_000_000), true);
    metrics.connection_opened();
    metrics.connection_refused("too_slow");
    metrics.ready(true);
    metrics
}

#[test]
fn what_is_recorded_is_rendered_with_its_unit_and_attributes() {
    let metrics = everything();
    let (text, content_type) = metrics.render().unwrap();
    let text = String::from_utf8(text).unwrap();
    for line in [
        "trailplane_rpc_server_active_requests{rpc_method=\"a.B/C\"} 0",
        "rpc_method=\"LookupEvents\",rpc_service=\"CloudTrail\"",
        "error_type=\"throttled\"",
        "rpc_server_call_duration_seconds_count{",
        "trailplane_fleet_accounts{trailplane_account_state=\"active\"} 48",
        "trailplane_budget_throttles_total{rpc_method=\"LookupEvents\",rpc_service=\"CloudTrail\"} 1",
        "trailplane_lookup_cells_total{trailplane_cell_reason=\"access_denied\",trailplane_cell_state=\"failed\"} 9",
        "trailplane_lookup_events_scanned_total{trailplane_answer_kind=\"page\"} 1585",
        "trailplane_lookup_answers_total{trailplane_answer_complete=\"false\",trailplane_answer_kind=\"page\"} 1",
        "trailplane_fleet_age_seconds 90",
        "trailplane_fleet_stale 1",
        "trailplane_sessions_usable 47",
        "trailplane_clock_skewed 0",
        "trailplane_warm_up_cells{trailplane_warm_up_state=\"failing\"} 1",
        "trailplane_warm_up_wanted_seconds 1209600",
        "trailplane_warm_up_known_seconds 600000",
        "trailplane_budget_store_state{trailplane_store_state=\"healthy\"} 0",
        "trailplane_budget_store_state{trailplane_store_state=\"unreachable\"} 1",
        "trailplane_budget_store_replicas{trailplane_replica_kind=\"alive\"} 2",
        "trailplane_budget_waiting{rpc_method=\"LookupEvents\",rpc_service=\"CloudTrail\",trailplane_lane=\"batch\"} 7",
        "trailplane_budget_buckets_slowed{rpc_method=\"LookupEvents\",rpc_service=\"CloudTrail\"} 3",
        "trailplane_budget_factor_lowest_ratio{rpc_method=\"LookupEvents\",rpc_service=\"CloudTrail\"} 0.5",
        "trailplane_budget_foreign_per_second{rpc_method=\"LookupEvents\",rpc_service=\"CloudTrail\"} 1.25",
        "trailplane_aws_calls_in_flight{trailplane_place=\"people\"} 5",
        "trailplane_lookup_underway{trailplane_answer_kind=\"tail\"} 2",
        "trailplane_tail_behind_seconds 330",
        "trailplane_cache_size_bytes 10000",
        "trailplane_cache_reads{trailplane_cache_result=\"miss\"} 3",
        "trailplane_cache_failed 1",
        "trailplane_telemetry_spans_lost 9",
        "trailplane_sessions_refused{error_type=\"role_not_assumable\"} 6",
        "trailplane_insecure 1",
        "trailplane_tls_certificate_not_after_seconds 1800000000",
        "trailplane_tls_files_refused 1",
        "trailplane_tls_reloads 3",
        "trailplane_policy_policies 7",
        "trailplane_policy_files_refused 1",
        "trailplane_policy_reloads 2",
        "trailplane_token_keys{trailplane_issuer=\"corp\"} 2",
        "trailplane_token_keys_read_seconds{trailplane_issuer=\"corp\"} 1800000000",
        "trailplane_token_keys_refused{trailplane_issuer=\"corp\"} 1",
        "trailplane_rpc_server_connections 1",
        "trailplane_rpc_server_connections_refused_total{trailplane_connection_refusal=\"too_slow\"} 1",
        "trailplane_ready 1",
        "trailplane_build_info",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(content_type.starts_with("text/plain"));
}

#[test]
fn no_metric_has_an_account_as_an_attribute() {
    for definition in DEFINITIONS {
        for attribute in definition.attributes {
            assert!(!attribute.contains("account.id"), "{}", definition.name);
        }
        assert!(definition.description.ends_with('.'), "{}", definition.name);
    }
}

/// The page: `UPDATE_DOCS=1` writes it anew.
fn page() -> String {
    let mut page = String::from(
        "# Metrics\n\n\
         <!-- Generated from src/telemetry/metrics/table.rs; `UPDATE_DOCS=1 cargo test --lib telemetry::` writes it anew. -->\n\n\
         Served for Prometheus at `/metrics` of the admin port, and sent to a collector with `telemetry.push_metrics`\n\
         ([telemetry.md](telemetry.md)). No metric has an account as an attribute: accounts are on spans and log lines. An\n\
         operation's own names are bounded by what is built: RPCs, AWS operations, codes, reasons, configured issuers.\n\n\
         | metric | for Prometheus | kind | unit | attributes | meaning |\n|---|---|---|---|---|---|\n",
    );
    for metric in DEFINITIONS {
        let attributes: Vec<String> = metric
            .attributes
            .iter()
            .map(|attribute| format!("`{attribute}`"))
            .collect();
        page.push_str(&format!(
            "| `{}` | `{}` | {} | `{}` | {} | {} |\n",
            metric.name,
            metric.prometheus_name(),
            metric.kind.as_str(),
            metric.unit,
            attributes.join(" "),
            metric.description
        ));
    }
    page
}

#[test]
fn the_page_of_metrics_is_what_is_recorded() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/METRICS.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "run UPDATE_DOCS=1 cargo test --lib telemetry::"
    );
}

/// The name that the page gives is the one that Prometheus finds.
#[test]
fn each_recorded_metric_has_the_name_that_the_page_gives() {
    let (text, _) = everything().render().unwrap();
    let text = String::from_utf8(text).unwrap();
    let named = |line: &str| {
        line.strip_prefix("# TYPE ")?
            .split(' ')
            .next()
            .map(str::to_owned)
    };
    let rendered: Vec<String> = text.lines().filter_map(named).collect();
    let known: Vec<String> = DEFINITIONS
        .iter()
        .map(Definition::prometheus_name)
        .collect();
    for name in &rendered {
        assert!(known.contains(name), "{name} is not in the table");
    }
    assert!(rendered.len() >= 25, "{rendered:?}");
}

/// Whatever the number of accounts: every RPC of the contract that ends in four ways, and every AWS operation in three. A
/// histogram is a series for each of its buckets.
#[test]
fn there_are_five_thousand_series_at_most() {
    const RPCS: usize = 42;
    let metrics = everything();
    for at in 0..RPCS {
        let method: &'static str = format!("trailplane.v1.Service/{at}").leak();
        metrics.request_begun(method);
        for code in ["OK", "CANCELLED", "INVALID_ARGUMENT", "UNAVAILABLE"] {
            metrics.request_ended(method, code, Duration::from_millis(1));
        }
    }
    for api in Api::ALL {
        metrics.budget_waited(*api, Duration::ZERO);
        metrics.throttled(*api);
        metrics.buckets(*api, &BUCKETS);
        for error in [None, Some("throttled"), Some("access_denied")] {
            metrics.attempt(*api, error, Duration::ZERO);
        }
    }
    let (text, _) = metrics.render().unwrap();
    let text = String::from_utf8(text).unwrap();
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    assert!((3_000..=5_000).contains(&series), "{series}");
}
