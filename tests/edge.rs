//! The gRPC edge over a real fleet, and an AWS that never answers: what is refused makes no call, and what AWS
//! does not answer is told by the deadline.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status, transport::Channel};
use tonic_types::StatusExt;
use trailplane::{
    api::{
        Health, Listener, Server, Settings,
        layers::observe::Deaf,
        proto::{
            CellReason, CheckAccessRequest, EventAttribute, EventFilter, GetAccountRequest,
            ListAccountsRequest, LookupEventsRequest, StreamEventsRequest, TargetSelector,
            account_service_client::AccountServiceClient, check_access_response,
            event_service_client::EventServiceClient, stream_events_response,
        },
        services::Services,
    },
    domain::{Partition, WallClock},
    events::{CursorKeys, Events},
    fleet::{
        self,
        settings::{MemberRole, SessionSettings, StaticAccount},
    },
    logs::{self, Logs},
    organization::{self, Organization},
    trails::{Changing, Pace, Trails},
};

use crate::support::rig::{Rig, now};

const ACCOUNTS: [&str; 3] = ["000000000042", "111111111111", "222222222222"];
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

struct Edge {
    events: EventServiceClient<Channel>,
    accounts: AccountServiceClient<Channel>,
    /// Connections that AWS got.
    connections: Arc<AtomicUsize>,
    _rig: Rig,
}

/// An AWS that takes connections and never says a word.
async fn silent_aws() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            open.push(socket);
        }
    });
    (address, connections)
}

async fn start() -> Edge {
    let (aws, connections) = silent_aws().await;
    let mut rig = Rig::new(&format!("http://{aws}"), "AKIAEXAMPLE", "secret").await;
    let accounts = ACCOUNTS.map(|id| {
        let account = StaticAccount {
            name: Some(format!("Account {id}")),
            unit_path: vec!["Prod".to_owned()],
            ..StaticAccount::default()
        };
        (id.parse().unwrap(), account)
    });
    let fleet = rig.fleet(fleet::Settings {
        partition: Partition::Commercial,
        regions: REGIONS.iter().map(|r| r.parse().unwrap()).collect(),
        organization: None,
        accounts: BTreeMap::from(accounts),
        member_role: Some(MemberRole::new(Partition::Commercial, "Trailplane", None).unwrap()),
        hub_role: None,
        management_account: None,
        management_access: None,
        sessions: SessionSettings::of("us-east-1".parse().unwrap()),
    });
    let clock: WallClock = Arc::new(now);
    let keys = CursorKeys::random();
    let events = Events::new(
        rig.door.clone(),
        fleet.clone(),
        keys.clone(),
        trailplane::events::Settings::default(),
        clock.clone(),
    );
    let settings = Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Settings::default()
    };
    let organization = Organization::new(
        rig.door.clone(),
        fleet.clone(),
        organization::Settings::default(),
    );
    let trails = Trails::new(
        rig.door.clone(),
        fleet.clone(),
        organization.clone(),
        Changing::new(Pace::default(), CancellationToken::new()),
    );
    let settings_of_logs = logs::Settings {
        delivery_lag: Duration::from_secs(3600),
        buckets: BTreeMap::new(),
        bounds: logs::Bounds {
            text: 1 << 30,
            ratio: 300,
        },
        order_memory: 1 << 26,
    };
    let services = Services {
        logs: Logs::new(
            rig.door.clone(),
            fleet.clone(),
            trails.clone(),
            keys,
            settings_of_logs,
            clock.clone(),
        ),
        organization,
        trails,
        fleet,
        events,
        budgets: rig.door.budgets().clone(),
        clock,
    };
    let health = Health::not_serving().await;
    let listener = Listener::bind(&settings, &services.clock).unwrap();
    let address = listener.address();
    let server = Server::new(settings, services, health, Arc::new(Deaf)).unwrap();
    tokio::spawn(server.serve(listener, CancellationToken::new()));
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    let channel = channel.connect().await.unwrap();
    Edge {
        events: EventServiceClient::new(channel.clone()),
        accounts: AccountServiceClient::new(channel),
        connections,
        _rig: rig,
    }
}

fn told(status: &Status) -> (Code, String, Vec<String>) {
    let details = status.get_error_details();
    let reason = details.error_info().map(|i| i.reason.clone());
    let listed = details.bad_request().map(|b| b.field_violations.clone());
    let fields = listed.unwrap_or_default().into_iter().map(|v| v.field);
    (status.code(), reason.unwrap_or_default(), fields.collect())
}

fn accounts(ids: &[&str]) -> LookupEventsRequest {
    LookupEventsRequest {
        targets: Some(TargetSelector {
            account_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            ..TargetSelector::default()
        }),
        ..LookupEventsRequest::default()
    }
}

#[tokio::test]
async fn bad_input_is_refused_without_a_call() {
    let mut edge = start().await;
    let mut refused = Vec::new();
    let wrong_region = LookupEventsRequest {
        targets: Some(TargetSelector {
            account_ids: vec!["999999999999".into()],
            organizational_units: vec!["/Nowhere".into()],
            regions: vec!["ap-south-1".into()],
            ..TargetSelector::default()
        }),
        ..LookupEventsRequest::default()
    };
    let name = EventFilter {
        attribute: EventAttribute::EventName.into(),
        values: vec!["x".into()],
    };
    for request in [
        accounts(&["333333333333"]),
        accounts(&["42", "000000000042"]),
        wrong_region,
        LookupEventsRequest {
            filters: vec![name.clone(), name],
            page_size: -1,
            ..LookupEventsRequest::default()
        },
        LookupEventsRequest {
            page_token: "bm90IG91cnM".into(),
            ..LookupEventsRequest::default()
        },
    ] {
        let status = edge.events.lookup_events(request).await.unwrap_err();
        let (code, reason, fields) = told(&status);
        refused.push(format!("{code:?} {reason} {}", fields.join(" ")));
    }
    assert_eq!(
        refused,
        [
            "NotFound UNKNOWN_ACCOUNT targets.account_ids[0]",
            "InvalidArgument INVALID_REQUEST targets.account_ids[0]",
            "NotFound UNKNOWN_ACCOUNT targets.account_ids[0] targets.regions[0] targets.organizational_units[0]",
            "InvalidArgument INVALID_REQUEST page_size filters[1].attribute",
            "InvalidArgument INVALID_PAGE_TOKEN page_token",
        ]
    );
    let stream = StreamEventsRequest {
        order: 9,
        ..StreamEventsRequest::default()
    };
    let status = edge.events.stream_events(stream).await.unwrap_err();
    assert_eq!(told(&status).2, ["order"]);
    assert_eq!(edge.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_aws_does_not_answer_is_told_by_the_deadline() {
    let mut edge = start().await;
    let began = Instant::now();
    let mut request = Request::new(accounts(&[]));
    request.set_timeout(Duration::from_secs(3));
    let answer = edge
        .events
        .lookup_events(request)
        .await
        .unwrap()
        .into_inner();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    let coverage = answer.coverage.unwrap();
    assert!(!coverage.complete && answer.events.is_empty());
    assert_eq!(coverage.counts.unwrap().total, 6);
    assert_eq!(coverage.cells.len(), 6);
    for cell in coverage.cells {
        assert_eq!(cell.reason(), CellReason::DeadlineExceeded, "{cell:?}");
        assert!(cell.gap);
    }
    assert!(edge.connections.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn a_stream_over_a_silent_aws_begins_at_once_and_ends_by_its_deadline() {
    let mut edge = start().await;
    let began = Instant::now();
    let mut request = Request::new(StreamEventsRequest::default());
    request.set_timeout(Duration::from_secs(3));
    let mut stream = edge
        .events
        .stream_events(request)
        .await
        .unwrap()
        .into_inner();
    let mut seen = Vec::new();
    let summary = loop {
        let message = stream
            .message()
            .await
            .unwrap()
            .expect("a summary comes last");
        match message.message.unwrap() {
            stream_events_response::Message::Batch(_) => panic!("there are no events"),
            stream_events_response::Message::Progress(progress) => {
                assert_eq!(progress.cells_total, 6);
                seen.push(began.elapsed());
            }
            stream_events_response::Message::Summary(summary) => break summary,
        }
    };
    assert!(seen[0] < Duration::from_secs(1), "{seen:?}");
    assert!(seen.len() >= 2, "{seen:?}");
    assert!(!summary.coverage.unwrap().complete);
    assert!(stream.message().await.unwrap().is_none());
}

#[tokio::test]
async fn accounts_are_listed_page_by_page() {
    let mut edge = start().await;
    let mut ids = Vec::new();
    let mut request = ListAccountsRequest {
        page_size: 2,
        organizational_units: vec!["/Prod".into()],
        name_contains: "ACCOUNT".into(),
        ..ListAccountsRequest::default()
    };
    loop {
        let page = edge.accounts.list_accounts(request.clone()).await.unwrap();
        let page = page.into_inner();
        assert_eq!(page.total_size, 3);
        ids.extend(page.accounts.into_iter().map(|a| a.account_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(ids, ACCOUNTS);
    request.name_contains.clear();
    let status = edge.accounts.list_accounts(request).await.unwrap_err();
    assert_eq!(told(&status).1, "INVALID_PAGE_TOKEN");

    let ask = |id: &str| GetAccountRequest {
        account_id: id.to_owned(),
    };
    let one = edge.accounts.get_account(ask(ACCOUNTS[0])).await.unwrap();
    let account = one.into_inner().account.unwrap();
    assert_eq!(
        account.role_arn,
        "arn:aws:iam::000000000042:role/Trailplane"
    );
    assert_eq!(account.path, "/Prod");
    let status = edge
        .accounts
        .get_account(ask("333333333333"))
        .await
        .unwrap_err();
    assert_eq!(told(&status).0, Code::NotFound);
    assert_eq!(told(&status).2, ["account_id"]);
    let status = edge.accounts.get_account(ask("42")).await.unwrap_err();
    assert_eq!(told(&status).0, Code::InvalidArgument);
    assert_eq!(edge.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn access_is_checked_cell_by_cell() {
    let mut edge = start().await;
    let mut request = Request::new(CheckAccessRequest {
        targets: Some(TargetSelector {
            account_ids: vec![ACCOUNTS[0].into()],
            ..TargetSelector::default()
        }),
        ..CheckAccessRequest::default()
    });
    request.set_timeout(Duration::from_secs(2));
    let mut stream = edge
        .accounts
        .check_access(request)
        .await
        .unwrap()
        .into_inner();
    let mut regions = Vec::new();
    let summary = loop {
        match stream.message().await.unwrap().unwrap().message.unwrap() {
            check_access_response::Message::Cell(cell) => {
                assert!(!cell.reachable);
                regions.push(cell.cell.unwrap().region);
            }
            check_access_response::Message::Summary(summary) => break summary,
        }
    };
    regions.sort();
    assert_eq!(regions, REGIONS);
    assert_eq!((summary.reachable, summary.counts.unwrap().total), (0, 2));
}
