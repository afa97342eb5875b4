"""The dashboards, as data."""

from __future__ import annotations

from .panels import Dashboard, Panel, Row

ME = 'instance=~"$instance"'
OURS = f'{ME},rpc_method=~"trailplane[.].+"'
AWS = f'{ME},rpc_system_name="aws-api"'
CONTAINER = 'container="trailplane"'
WELL = {0: ("well", "green"), 1: ("not well", "red")}


def rate(metric: str, labels: str, by: str) -> str:
    """How often a second, added up."""
    return f"sum by ({by}) (rate({metric}{{{labels}}}[$__rate_interval]))"


def quantile(share: float, metric: str, labels: str, by: str) -> str:
    """What this share of the durations is below."""
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{{{labels}}}[$__rate_interval])))"


def worst(metric: str) -> str:
    """Of all replicas, the one that is worst off."""
    return f"max({metric}{{{ME}}})"


def condition(title: str, description: str, metric: str, width: int = 4) -> Panel:
    """Something that is well while the metric is 0 on all replicas."""
    return Panel(title, description, "none", [("", worst(metric))], "stat", width, [(1, "red")], words=WELL)


SERVICE = Dashboard(
    "service",
    "service",
    "Whether Trailplane answers, how fast, and to whom it is open.",
    [
        Row(
            "State",
            [
                Panel(
                    "Replicas ready",
                    "Replicas that take requests. One that starts or drains is not among them.",
                    "none",
                    [("", f"sum(trailplane_ready{{{ME}}})")],
                    "stat",
                    4,
                ),
                condition("Listener", "Not well while gRPC is open to whoever is on the network.", "trailplane_insecure"),
                condition("Audit", "Not well while it cannot be written, so that changes are refused.", "trailplane_audit_failing"),
                condition("TLS files", "Not well while new files cannot be used.", "trailplane_tls_files_refused"),
                condition("Policy files", "Not well while new files cannot be used.", "trailplane_policy_files_refused"),
                condition("Token keys", "Not well while an issuer's keys cannot be read.", "trailplane_token_keys_refused"),
            ],
            4,
        ),
        Row(
            "Calls",
            [
                Panel("Calls by RPC", "Calls that ended, a second.", "reqps", [("{{rpc_method}}", rate("rpc_server_call_duration_seconds_count", OURS, "rpc_method"))]),
                Panel(
                    "Calls by code",
                    "Calls that ended, by gRPC status code. A caller who leaves counts as CANCELLED.",
                    "reqps",
                    [("{{rpc_response_status_code}}", rate("rpc_server_call_duration_seconds_count", OURS, "rpc_response_status_code"))],
                    stacked=True,
                ),
                Panel("Active requests", "Calls that are being answered, open streams included.", "none", [("{{rpc_method}}", f"sum by (rpc_method) (trailplane_rpc_server_active_requests{{{ME}}})")]),
                Panel(
                    "Latency, median",
                    "Half of the calls take less. A stream counts with all its time, to its end.",
                    "s",
                    [("{{rpc_method}}", quantile(0.5, "rpc_server_call_duration_seconds", OURS, "rpc_method"))],
                ),
                Panel(
                    "Latency, 95 %",
                    "19 of 20 calls take less. A stream counts with all its time, to its end.",
                    "s",
                    [("{{rpc_method}}", quantile(0.95, "rpc_server_call_duration_seconds", OURS, "rpc_method"))],
                    thresholds=[(30, "orange")],
                ),
                Panel(
                    "Connections",
                    "Open gRPC connections of each replica, and those refused a second, by why.",
                    "none",
                    [
                        ("open, {{instance}}", f"trailplane_rpc_server_connections{{{ME}}}"),
                        ("refused: {{trailplane_connection_refusal}}", rate("trailplane_rpc_server_connections_refused_total", ME, "trailplane_connection_refusal")),
                    ],
                ),
            ],
        ),
        Row(
            "Replicas",
            [
                Panel(
                    "Ready",
                    "1 while a replica takes requests; 0 while it starts or drains.",
                    "none",
                    [("{{instance}}", f"trailplane_ready{{{ME}}}")],
                ),
                Panel("Memory", "What each container uses of its memory, by the kubelet's cAdvisor. At the limit it is killed.", "bytes", [("{{pod}}", f"max by (pod) (container_memory_working_set_bytes{{{CONTAINER}}})")]),
                Panel("CPU", "Cores that each container uses, by the kubelet's cAdvisor.", "none", [("{{pod}}", f"max by (pod) (rate(container_cpu_usage_seconds_total{{{CONTAINER}}}[$__rate_interval]))")]),
                Panel(
                    "Certificate ends in",
                    "How long the TLS certificate in use is still good. Nothing without TLS.",
                    "s",
                    [("{{instance}}", f"trailplane_tls_certificate_not_after_seconds{{{ME}}} - time()")],
                ),
                Panel(
                    "Audit",
                    "Records written a second; outcomes of changes that wait; records dropped in 15 minutes. Nothing without an audit.",
                    "none",
                    [
                        ("written a second", f"sum(rate(trailplane_audit_records_written{{{ME}}}[$__rate_interval]))"),
                        ("waiting", f"sum(trailplane_audit_outcomes_waiting{{{ME}}})"),
                        ("dropped", f"sum(increase(trailplane_audit_records_lost{{{ME}}}[15m]))"),
                    ],
                ),
                Panel("Versions", "Replicas of each version.", "none", [("{{service_version}}", f"sum by (service_version) (trailplane_build_info{{{ME}}})")]),
            ],
        ),
    ],
)

OPERATION = "{{rpc_service}} {{rpc_method}}"
BUDGETS = Dashboard(
    "budgets",
    "budgets",
    "How AWS's quotas are spent: calls, throttles, and waiting for a place. By account: the console, BudgetService.",
    [
        Row(
            "Spending",
            [
                Panel("AWS calls", "Attempts a second, over all accounts and Regions.", "reqps", [(OPERATION, rate("rpc_client_call_duration_seconds_count", AWS, "rpc_service, rpc_method"))]),
                Panel(
                    "Throttled",
                    "The part of the attempts that AWS throttled. Now and then is well; all the time is a neighbour, or a wrong quota.",
                    "percentunit",
                    [
                        (
                            OPERATION,
                            rate("trailplane_budget_throttles_total", ME, "rpc_service, rpc_method") + " / " + rate("rpc_client_call_duration_seconds_count", AWS, "rpc_service, rpc_method"),
                        )
                    ],
                    thresholds=[(0.02, "red")],
                ),
                Panel(
                    "Failed attempts",
                    "Attempts that failed, a second, by what failed. Some are repeated.",
                    "reqps",
                    [("{{rpc_service}}: {{error_type}}", rate("rpc_client_call_duration_seconds_count", AWS + ',error_type!=""', "rpc_service, error_type"))],
                ),
            ],
        ),
        Row(
            "Waiting",
            [
                Panel("Wait, median", "Half of the calls wait less for their place in the budget.", "s", [(OPERATION, quantile(0.5, "trailplane_budget_wait_duration_seconds", ME, "rpc_service, rpc_method"))]),
                Panel(
                    "Wait, 95 %",
                    "19 of 20 calls wait less for their place in the budget. Long streams wait on purpose.",
                    "s",
                    [(OPERATION, quantile(0.95, "trailplane_budget_wait_duration_seconds", ME, "rpc_service, rpc_method"))],
                    thresholds=[(30, "orange")],
                ),
                Panel(
                    "Calls that waited",
                    "Calls that wait at one time, on the average: seconds waited in a second.",
                    "none",
                    [(OPERATION, rate("trailplane_budget_wait_duration_seconds_sum", ME, "rpc_service, rpc_method"))],
                    stacked=True,
                ),
            ],
        ),
        Row(
            "What throttles have taught",
            [
                Panel(
                    "Slowed down",
                    "Accounts and Regions in which throttles have slowed an operation down, over all replicas.",
                    "none",
                    [(OPERATION, f"max by (rpc_service, rpc_method) (trailplane_budget_buckets_slowed{{{ME}}})")],
                ),
                Panel(
                    "Lowest pace",
                    "The least part of its quota that throttles have left to an account and Region.",
                    "percentunit",
                    [(OPERATION, f"min by (rpc_service, rpc_method) (trailplane_budget_factor_lowest_ratio{{{ME}}})")],
                ),
                Panel(
                    "Spent by others",
                    "What others seem to spend of the quotas, in calls a second over all accounts and Regions, as throttles show it.",
                    "reqps",
                    [(OPERATION, f"max by (rpc_service, rpc_method) (trailplane_budget_foreign_per_second{{{ME}}})")],
                ),
            ],
        ),
        Row(
            "Queues and store",
            [
                Panel(
                    "Waiting, by lane",
                    "AWS calls that wait for their turn, over all replicas.",
                    "none",
                    [("{{trailplane_lane}}", f"sum by (trailplane_lane) (trailplane_budget_waiting{{{ME}}})")],
                    stacked=True,
                ),
                Panel(
                    "Calls in flight",
                    "AWS calls that are under way: those that people and programs wait for, and batch and background work.",
                    "none",
                    [("{{trailplane_place}}", f"sum by (trailplane_place) (trailplane_aws_calls_in_flight{{{ME}}})")],
                    stacked=True,
                ),
                Panel(
                    "Store of the budgets",
                    "Replicas by the state in which they see the store. embedded and static_share: there is none.",
                    "none",
                    [("{{trailplane_store_state}}", f"sum by (trailplane_store_state) (trailplane_budget_store_state{{{ME}}})")],
                    stacked=True,
                ),
            ],
        ),
        Row(
            "AWS",
            [
                Panel("AWS latency, median", "Half of the attempts take less. Waiting is not included.", "s", [(OPERATION, quantile(0.5, "rpc_client_call_duration_seconds", AWS, "rpc_service, rpc_method"))], width=12),
                Panel(
                    "AWS latency, 95 %",
                    "19 of 20 attempts take less. Waiting is not included.",
                    "s",
                    [(OPERATION, quantile(0.95, "rpc_client_call_duration_seconds", AWS, "rpc_service, rpc_method"))],
                    width=12,
                    thresholds=[(5, "orange")],
                ),
            ],
        ),
    ],
)

CELLS = "trailplane_lookup_cells_total"
FLEET = Dashboard(
    "fleet",
    "fleet",
    "Which accounts are known, which can be read, and what lookups did not cover, and why. By account: the console, CheckAccess.",
    [
        Row(
            "State",
            [
                condition("Clock", "Not well while AWS refuses signatures because the machine's clock is off.", "trailplane_clock_skewed", 6),
                condition("List of accounts", "Not well while it is an old copy, because Organizations refuses or does not answer.", "trailplane_fleet_stale", 6),
                Panel("Age of the list", "How long ago the accounts were last listed, on the replica where it is longest.", "s", [("", worst("trailplane_fleet_age_seconds"))], "stat", 6, [(3600, "orange"), (21600, "red")]),
                Panel("Active accounts", "Accounts that the fleet knows and that are active.", "none", [("", f'max(trailplane_fleet_accounts{{{ME},trailplane_account_state="active"}})')], "stat", 6),
            ],
            4,
        ),
        Row(
            "Coverage",
            [
                Panel("Covered", "Accounts and Regions that lookups were asked for, a second, by how they ended.", "none", [("{{trailplane_cell_state}}", rate(CELLS, ME, "trailplane_cell_state"))], stacked=True),
                Panel(
                    "Not covered, by reason",
                    "Accounts and Regions that lookups did not cover, a second, by why.",
                    "none",
                    [("{{trailplane_cell_reason}}", rate(CELLS, ME + ',trailplane_cell_reason!="none"', "trailplane_cell_reason"))],
                    stacked=True,
                ),
                Panel(
                    "Part that failed",
                    "Of the accounts and Regions that lookups were asked for, the part that failed or was not read to its end.",
                    "percentunit",
                    [("", f'sum(rate({CELLS}{{{ME},trailplane_cell_state=~"failed|partial"}}[$__rate_interval])) / sum(rate({CELLS}{{{ME}}}[$__rate_interval]))')],
                    thresholds=[(0.05, "red")],
                ),
            ],
        ),
        Row(
            "Accounts",
            [
                Panel("Accounts by state", "As AWS Organizations has them.", "none", [("{{trailplane_account_state}}", f"max by (trailplane_account_state) (trailplane_fleet_accounts{{{ME}}})")]),
                Panel("Sessions", "Accounts with a session that can be used now, on each replica. They are made when they are needed.", "none", [("{{instance}}", f"trailplane_sessions_usable{{{ME}}}")]),
                Panel("Age of the list, by replica", "How long ago each replica last listed the accounts.", "s", [("{{instance}}", f"trailplane_fleet_age_seconds{{{ME}}}")]),
                Panel(
                    "Accounts that refuse, by reason",
                    "Accounts whose role could not be assumed lately, as the replica sees it that knows most.",
                    "none",
                    [("{{error_type}}", f"max by (error_type) (trailplane_sessions_refused{{{ME}}})")],
                    width=12,
                    stacked=True,
                ),
                Panel(
                    "AssumeRole",
                    "Sessions asked of STS, a second, by how that ended: without a reason, well.",
                    "reqps",
                    [("{{error_type}}", rate("rpc_client_call_duration_seconds_count", AWS + ',rpc_method="AssumeRole"', "error_type"))],
                    width=12,
                    stacked=True,
                ),
            ],
        ),
    ],
)

KIND = "{{trailplane_answer_kind}}"
EVENTS = Dashboard(
    "events",
    "events",
    "What lookups read and return, and how far the cache has been filled.",
    [
        Row(
            "Answers",
            [
                Panel("Answers", "Answers a second, pages and whole streams, with gaps or without.", "reqps", [(KIND + ", complete: {{trailplane_answer_complete}}", rate("trailplane_lookup_answers_total", ME, "trailplane_answer_kind, trailplane_answer_complete"))]),
                Panel("Events returned", "Events in answers, a second.", "none", [(KIND, rate("trailplane_lookup_events_returned_total", ME, "trailplane_answer_kind"))]),
                Panel("Records read", "Records that were read for these answers, a second.", "none", [(KIND, rate("trailplane_lookup_events_scanned_total", ME, "trailplane_answer_kind"))]),
                Panel(
                    "Read for each event returned",
                    "A large number is a filter that AWS cannot apply, so that much is read and little returned.",
                    "none",
                    [(KIND, rate("trailplane_lookup_events_scanned_total", ME, "trailplane_answer_kind") + " / " + rate("trailplane_lookup_events_returned_total", ME, "trailplane_answer_kind"))],
                    width=12,
                ),
                Panel(
                    "Calls for each answer",
                    "LookupEvents calls by answers. It falls as the cache and shared reads spare calls.",
                    "none",
                    [("", f'sum(rate(rpc_client_call_duration_seconds_count{{{AWS},rpc_method="LookupEvents"}}[$__rate_interval])) / sum(rate(trailplane_lookup_answers_total{{{ME}}}[$__rate_interval]))')],
                    width=12,
                ),
            ],
        ),
        Row(
            "Under way",
            [
                Panel("Being answered", "Lookups, streams and tails that are being answered, over all replicas.", "none", [(KIND, f"sum by (trailplane_answer_kind) (trailplane_lookup_underway{{{ME}}})")], stacked=True),
                Panel(
                    "Windows being read",
                    "LookupEvents calls at one time, on the average: seconds of calls in a second. Each is a window of time in an account and Region.",
                    "none",
                    [("", f'sum(rate(rpc_client_call_duration_seconds_sum{{{AWS},rpc_method="LookupEvents"}}[$__rate_interval]))')],
                ),
                Panel(
                    "Tails behind",
                    "How far the hindmost account and Region of any tail is behind. A quarter of an hour is well.",
                    "s",
                    [("{{instance}}", f"trailplane_tail_behind_seconds{{{ME}}}")],
                    thresholds=[(3600, "red")],
                ),
            ],
        ),
        Row(
            "Cache",
            [
                Panel("Answered by the cache", "The part of the questions to the cache that it could answer.", "percentunit", [("{{instance}}", f'rate(trailplane_cache_reads{{{ME},trailplane_cache_result="hit"}}[$__rate_interval]) / ignoring(trailplane_cache_result) sum without (trailplane_cache_result) (rate(trailplane_cache_reads{{{ME}}}[$__rate_interval]))')]),
                Panel("Full", "The part of its room that the cache has filled.", "percentunit", [("{{instance}}", f"trailplane_cache_size_bytes{{{ME}}} / trailplane_cache_capacity_bytes{{{ME}}}")]),
                Panel(
                    "Let go",
                    "Blocks that had to go for others, and pages that were not kept because too much was waiting, a second.",
                    "none",
                    [("gone, {{instance}}", f"rate(trailplane_cache_evicted{{{ME}}}[$__rate_interval])"), ("not kept, {{instance}}", f"rate(trailplane_cache_dropped{{{ME}}}[$__rate_interval])")],
                ),
            ],
        ),
        Row(
            "Warm-up of the cache",
            [
                Panel("Filled", "The part of the history to be kept that is there. Nothing without events.warm_up.", "percentunit", [("{{instance}}", f"trailplane_warm_up_known_seconds{{{ME}}} / trailplane_warm_up_wanted_seconds{{{ME}}}")], width=12),
                Panel("Accounts and Regions", "Done, with history left, failing, and without room for more. Nothing without events.warm_up.", "none", [("{{trailplane_warm_up_state}}", f"sum by (trailplane_warm_up_state) (trailplane_warm_up_cells{{{ME}}})")], width=12, stacked=True),
            ],
        ),
    ],
)

ALL = [SERVICE, BUDGETS, FLEET, EVENTS]
