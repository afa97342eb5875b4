use super::*;
use crate::domain::trail::RecordedRegions;

const MANAGEMENT: &str = "111111111111";
const MEMBER: &str = "222222222222";

fn cell(account: &str, region: &str) -> TargetCell {
    TargetCell {
        cell: Cell {
            account: account.parse().unwrap(),
            region: region.parse().unwrap(),
        },
        account_name: "a".into(),
        named: false,
    }
}

fn cells() -> Vec<TargetCell> {
    let regions = ["eu-west-1", "us-east-1"];
    let all = [MANAGEMENT, MEMBER].map(|account| regions.map(|region| cell(account, region)));
    all.concat()
}

fn trail(
    owner: &str,
    name: &str,
    accounts: RecordedAccounts,
    regions: RecordedRegions,
) -> FoundTrail {
    let arn: TrailArn = format!("arn:aws:cloudtrail:eu-west-1:{owner}:trail/{name}")
        .parse()
        .unwrap();
    FoundTrail {
        settings: Some(Trail {
            arn: arn.clone(),
            regions,
            accounts,
            bucket: "logs".to_owned(),
            prefix: Some("p".to_owned()),
            sns_topic_arn: None,
            global_service_events: true,
            log_file_validation: true,
            log_group_arn: None,
            log_role_arn: None,
            kms_key_id: None,
            recursive_logging: true,
            custom_event_selectors: false,
            insight_selectors: None,
        }),
        shown_by: match accounts {
            RecordedAccounts::Owner => vec![owner.parse().unwrap()],
            RecordedAccounts::Organization => {
                vec![MANAGEMENT.parse().unwrap(), MEMBER.parse().unwrap()]
            }
        },
        arn,
        parts: crate::trails::Parts::default(),
        unread: Vec::new(),
    }
}

fn ask(trails: &[FoundTrail], only: &[&FoundTrail], organization: Option<&str>) -> Deliveries {
    let organization = organization.map(|id| id.parse().unwrap());
    let question = Question {
        cells: &cells(),
        trails: &only.iter().map(|trail| trail.arn.clone()).collect(),
        folders: &BTreeSet::from([Folder::Events]),
        organization: organization.as_ref(),
        readers: &BTreeMap::from([("logs".to_owned(), "999999999999".parse().unwrap())]),
    };
    question.answer(trails)
}

fn prefixes(found: &Deliveries) -> Vec<String> {
    found.sources.keys().map(Source::prefix).collect()
}

#[test]
fn a_trail_delivers_what_it_records_and_no_other_cell() {
    use RecordedAccounts::Owner;
    let home = trail(MANAGEMENT, "home", Owner, RecordedRegions::Home);
    let found = ask(std::slice::from_ref(&home), &[], None);
    let prefix = "p/AWSLogs/111111111111/CloudTrail/eu-west-1/";
    assert_eq!(prefixes(&found), [prefix]);
    assert_eq!(found.without.len(), 3);
    assert!(found.without.values().all(|why| *why == Without::NoTrail));

    let all = trail(MANAGEMENT, "all", Owner, RecordedRegions::All);
    let found = ask(&[home, all], &[], None);
    assert_eq!(found.sources.len(), 2);
    assert_eq!(found.without.len(), 2);
}

#[test]
fn the_organizations_files_are_under_its_id_and_read_where_the_configuration_says() {
    let trails = [trail(
        MANAGEMENT,
        "everyone",
        RecordedAccounts::Organization,
        RecordedRegions::All,
    )];
    let found = ask(&trails, &[], Some("o-exampleorgid"));
    assert!(found.without.is_empty());
    let all = prefixes(&found);
    assert_eq!(all.len(), 4);
    assert!(
        all.contains(&"p/AWSLogs/o-exampleorgid/222222222222/CloudTrail/us-east-1/".to_owned())
    );
    let readers = found.sources.keys().map(|source| source.bucket.reader);
    assert_eq!(
        readers.collect::<BTreeSet<_>>(),
        BTreeSet::from(["999999999999".parse().unwrap()])
    );

    let found = ask(&trails, &[], None);
    assert!(found.sources.is_empty());
    let why = found.without.values();
    assert!(why.eq([&Without::NoOrganization; 4]), "{:?}", found.without);
}

#[test]
fn files_of_trails_that_share_a_folder_name_no_trail_but_digests_do() {
    let (own, also) = (RecordedAccounts::Owner, RecordedRegions::All);
    let (one, two) = (
        trail(MANAGEMENT, "one", own, also),
        trail(MANAGEMENT, "two", own, also),
    );
    let trails = [one.clone(), two.clone()];
    let digest: LogFileName =
        "111111111111_CloudTrail-Digest_eu-west-1_two_eu-west-1_20261122T083000Z.json.gz"
            .parse()
            .unwrap();
    let events: LogFileName =
        "111111111111_CloudTrail_eu-west-1_20261122T0830Z_Mu0KsOhtH1ar15ZZ.json.gz"
            .parse()
            .unwrap();
    let of = |found: &Deliveries, name: &LogFileName| {
        let trails = found.sources.values().next().unwrap();
        trails.of(name).map(|trail| trail.cloned())
    };
    let both = ask(&trails, &[], None);
    assert_eq!(of(&both, &events), Some(None));
    assert_eq!(of(&both, &digest), Some(Some(two.arn.clone())));
    let first = ask(&trails, &[&one], None);
    // It may be the other's, and then it holds the same events.
    assert_eq!(of(&first, &events), Some(None));
    assert_eq!(of(&first, &digest), None);
    let alone = ask(&trails[..1], &[], None);
    assert_eq!(of(&alone, &events), Some(Some(one.arn.clone())));
}

#[test]
fn what_is_not_asked_for_is_told_apart_from_what_nobody_delivers() {
    let own = RecordedAccounts::Owner;
    let (one, other) = (
        trail(MANAGEMENT, "one", own, RecordedRegions::All),
        trail(MEMBER, "other", own, RecordedRegions::All),
    );
    let found = ask(&[one.clone(), other], &[&one], None);
    assert_eq!(found.sources.len(), 2);
    assert!(found.without.values().all(|why| *why == Without::NotAsked));
}

#[test]
fn a_trail_that_could_not_be_read_leaves_doubt_wherever_it_shows() {
    let unread = FoundTrail {
        settings: None,
        ..trail(
            MANAGEMENT,
            "dark",
            RecordedAccounts::Organization,
            RecordedRegions::All,
        )
    };
    let found = ask(&[unread], &[], None);
    assert_eq!(found.unread.len(), 4);
    assert!(found.sources.is_empty());
}
