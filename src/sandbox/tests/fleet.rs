use std::collections::BTreeSet;

use aws_sdk_account::Client as AccountClient;
use aws_sdk_cloudtrail::Client as CloudTrail;
use aws_sdk_organizations::Client as Organizations;

use super::*;

const LEDGER_ACCOUNT: &str = "100000000012";

#[tokio::test]
async fn lists_of_accounts_have_an_empty_page_in_the_middle() {
    let sandbox = sandbox(Scenario::default()).await;
    let client = Organizations::new(&hub_sdk(&sandbox).await);
    let (mut sizes, mut ids, mut token) = (Vec::new(), BTreeSet::new(), None);
    loop {
        let page = client
            .list_accounts()
            .set_next_token(token)
            .send()
            .await
            .unwrap();
        sizes.push(page.accounts().len());
        ids.extend(page.accounts().iter().map(|a| a.id().unwrap().to_owned()));
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [20, 0, 20, 10]);
    assert_eq!(ids.len(), 50);
    for wrong in [
        client.list_accounts().max_results(21),
        client.list_accounts().max_results(0),
        client.list_accounts().next_token("x"),
    ] {
        assert_eq!(
            code(&wrong.send().await.unwrap_err()),
            "InvalidInputException"
        );
    }
}

#[tokio::test]
async fn the_state_field_can_be_missing() {
    for with in [true, false] {
        let mut scenario = Scenario::default();
        scenario.organization.state_field = with;
        let sandbox = sandbox(scenario).await;
        let client = Organizations::new(&hub_sdk(&sandbox).await);
        let account = client
            .describe_account()
            .account_id("100000000049")
            .send()
            .await
            .unwrap()
            .account
            .unwrap();
        assert_eq!(
            account.state().map(|s| s.as_str()),
            with.then_some("SUSPENDED")
        );
        let status = account.status().map(|s| s.as_str());
        assert_eq!(status, Some("SUSPENDED"));
    }
}

#[tokio::test]
async fn units_are_a_tree_and_accounts_its_leaves() {
    let sandbox = sandbox(Scenario::default()).await;
    let client = Organizations::new(&hub_sdk(&sandbox).await);
    let organization = client
        .describe_organization()
        .send()
        .await
        .unwrap()
        .organization
        .unwrap();
    assert_eq!(organization.master_account_id(), Some("100000000001"));
    let roots = client.list_roots().send().await.unwrap();
    let mut waiting = vec![roots.roots()[0].id().unwrap().to_owned()];
    let (mut units, mut accounts) = (BTreeSet::new(), BTreeSet::new());
    while let Some(parent) = waiting.pop() {
        let children = client
            .list_organizational_units_for_parent()
            .parent_id(&parent)
            .send()
            .await
            .unwrap();
        for unit in children.organizational_units() {
            units.insert(unit.name().unwrap().to_owned());
            waiting.push(unit.id().unwrap().to_owned());
        }
        let here = client
            .list_accounts_for_parent()
            .parent_id(&parent)
            .send()
            .await
            .unwrap();
        for account in here.accounts() {
            let id = account.id().unwrap().to_owned();
            let parents = client.list_parents().child_id(&id).send().await.unwrap();
            assert_eq!(parents.parents()[0].id(), Some(parent.as_str()));
            accounts.insert(id);
        }
    }
    assert_eq!(accounts.len(), 50);
    assert!(units.contains("Payments") && units.contains("Sandbox"));
    let tags = client
        .list_tags_for_resource()
        .resource_id(LEDGER_ACCOUNT)
        .send()
        .await
        .unwrap();
    let tags: Vec<_> = tags.tags().iter().map(|t| (t.key(), t.value())).collect();
    assert_eq!(tags, [("env", "prod"), ("team", "payments")]);
}

#[tokio::test]
async fn members_may_not_read_the_organization() {
    let sandbox = sandbox(Scenario::default()).await;
    let client = Organizations::new(&member_sdk(&sandbox, LEDGER_ACCOUNT, "us-east-1").await);
    assert!(client.describe_organization().send().await.is_ok());
    let error = client.list_accounts().send().await.unwrap_err();
    assert_eq!(code(&error), "AccessDeniedException");
}

#[tokio::test]
async fn regions_are_told_by_account() {
    let sandbox = sandbox(Scenario::default()).await;
    let client = AccountClient::new(&hub_sdk(&sandbox).await);
    let page = client
        .list_regions()
        .account_id("100000000022")
        .send()
        .await
        .unwrap();
    let status = |name: &str| {
        page.regions()
            .iter()
            .find(|r| r.region_name() == Some(name))
            .unwrap()
            .region_opt_status()
            .unwrap()
            .as_str()
    };
    assert_eq!(status("ap-southeast-2"), "DISABLED");
    assert_eq!(status("us-east-1"), "ENABLED_BY_DEFAULT");
    let first = client.list_regions().max_results(3).send().await.unwrap();
    assert_eq!(first.regions().len(), 3);
    let rest = client
        .list_regions()
        .max_results(3)
        .set_next_token(first.next_token)
        .send()
        .await
        .unwrap();
    assert_eq!((rest.regions().len(), rest.next_token()), (1, None));
    let member = AccountClient::new(&member_sdk(&sandbox, LEDGER_ACCOUNT, "us-east-1").await);
    assert!(member.list_regions().send().await.is_ok());
    let error = member
        .list_regions()
        .account_id("100000000022")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "AccessDeniedException");
    // In a Region that is not enabled no token counts.
    let off = CloudTrail::new(&member_sdk(&sandbox, "100000000022", "ap-southeast-2").await);
    assert_eq!(
        code(&off.lookup_events().send().await.unwrap_err()),
        "UnrecognizedClientException"
    );
}

#[tokio::test]
async fn trails_show_where_they_do_in_aws() {
    let sandbox = sandbox(Scenario::default()).await;
    let home = CloudTrail::new(&member_sdk(&sandbox, LEDGER_ACCOUNT, "eu-west-1").await);
    let away = CloudTrail::new(&member_sdk(&sandbox, LEDGER_ACCOUNT, "us-west-2").await);
    let names =
        |out: aws_sdk_cloudtrail::operation::describe_trails::DescribeTrailsOutput| -> Vec<String> {
            out.trail_list()
                .iter()
                .map(|t| t.name().unwrap().to_owned())
                .collect()
        };
    assert_eq!(
        names(home.describe_trails().send().await.unwrap()),
        ["organization-trail", "payments-audit"]
    );
    assert_eq!(
        names(away.describe_trails().send().await.unwrap()),
        ["organization-trail"]
    );
    assert_eq!(
        names(
            home.describe_trails()
                .include_shadow_trails(false)
                .send()
                .await
                .unwrap()
        ),
        ["payments-audit"]
    );
    assert_eq!(away.list_trails().send().await.unwrap().trails().len(), 2);

    let status = home
        .get_trail_status()
        .name("payments-audit")
        .send()
        .await
        .unwrap();
    assert_eq!(status.is_logging(), Some(false));
    assert!(status.stop_logging_time().is_some());
    let error = away
        .get_trail_status()
        .name("payments-audit")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "TrailNotFoundException");
    let arn = "arn:aws:cloudtrail:us-east-1:100000000001:trail/organization-trail";
    assert_eq!(
        away.get_trail_status()
            .name(arn)
            .send()
            .await
            .unwrap()
            .is_logging(),
        Some(true)
    );
    assert!(
        home.get_trail()
            .name(arn)
            .send()
            .await
            .unwrap()
            .trail()
            .unwrap()
            .is_organization_trail()
            .unwrap()
    );
    assert_eq!(
        home.get_event_selectors()
            .trail_name(arn)
            .send()
            .await
            .unwrap()
            .event_selectors()
            .len(),
        1
    );
    assert_eq!(
        home.get_insight_selectors()
            .trail_name(arn)
            .send()
            .await
            .unwrap()
            .insight_selectors()
            .len(),
        1
    );
    let error = home
        .get_insight_selectors()
        .trail_name("payments-audit")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "InsightNotEnabledException");
    let mine = "arn:aws:cloudtrail:eu-west-1:100000000012:trail/payments-audit";
    assert_eq!(
        home.list_tags()
            .resource_id_list(mine)
            .send()
            .await
            .unwrap()
            .resource_tag_list()
            .len(),
        1
    );
}
