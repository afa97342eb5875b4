use super::*;
use crate::api::proto::DESCRIPTORS;

#[test]
fn every_rpc_of_the_contract_has_a_row_and_every_row_an_rpc() {
    assert_eq!(check(DESCRIPTORS), Ok(()));
}

#[test]
fn an_rpc_without_a_row_is_found() {
    let mut set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let file = set
        .file
        .iter_mut()
        .find(|file| file.name() == "trailplane/v1/event_service.proto")
        .unwrap();
    let mut extra = file.service[0].method[0].clone();
    extra.name = Some("ForgetEvents".to_owned());
    file.service[0].method.push(extra);
    assert_eq!(
        check(&set.encode_to_vec()),
        Err(TableError::NoRow(
            "/trailplane.v1.EventService/ForgetEvents".to_owned()
        ))
    );
}

#[test]
fn every_rpc_is_an_action_of_the_policies_asked_of_what_its_row_says() {
    let (schema, _) =
        cedar_policy::Schema::from_cedarschema_str(crate::access::policy::SCHEMA).unwrap();
    let mut actions: BTreeMap<String, &cedar_policy::EntityUid> = schema
        .actions()
        .map(|uid| (uid.id().unescaped().to_owned(), uid))
        .collect();
    for rpc in RPCS {
        let action = actions
            .remove(rpc.method)
            .unwrap_or_else(|| panic!("{rpc:?}"));
        let of: Vec<String> = schema
            .resources_for_action(action)
            .unwrap()
            .map(ToString::to_string)
            .collect();
        let on = match rpc.on {
            On::Accounts => "Account",
            On::Organization => "Organization",
        };
        assert_eq!(of, [on], "{rpc:?}");
        let group = schema.action_entities().unwrap();
        let parents = group.ancestors(action).unwrap().count();
        assert!(parents > 0, "{rpc:?} is in no group");
    }
    for group in schema.action_groups() {
        actions.remove(group.id().unescaped());
    }
    let rest: Vec<&str> = actions.keys().map(String::as_str).collect();
    assert_eq!(
        rest,
        [
            "ReduceLogging",
            "SeeSecrets",
            "UseBatchLane",
            "UseInteractiveLane",
            "UseStandardLane"
        ],
        "what is no RPC's"
    );
}

#[test]
fn a_caller_gets_what_it_asks_for_up_to_the_cap() {
    let rpc = Rpc::find("/trailplane.v1.EventService/LookupEvents").unwrap();
    let allowance = rpc.allowance(&Allowances::default());
    assert_eq!(allowance.grant(None), Duration::from_secs(60));
    let wish = |s| Some(Duration::from_secs(s));
    assert_eq!(allowance.grant(wish(7)), Duration::from_secs(7));
    assert_eq!(allowance.grant(wish(7000)), Duration::from_secs(300));
}

fn word(class: Class) -> &'static str {
    match class {
        Class::Read => "read",
        Class::ReadStream => "read stream",
        Class::Follow => "follow",
        Class::Write => "write",
        Class::WriteStream => "write stream",
    }
}

/// The table for the README, in Markdown.
fn markdown() -> String {
    let mut text = String::from("| service | RPC | kind | state |\n|---|---|---|---|\n");
    for rpc in RPCS {
        let state = match rpc.built {
            Built::Yes => "works",
            Built::NotYet => "UNIMPLEMENTED",
        };
        text.push_str(&format!(
            "| `{}` | `{}` | {} | {state} |\n",
            rpc.service,
            rpc.method,
            word(rpc.class)
        ));
    }
    text
}

/// With `UPDATE_README=1` in the environment it writes the table instead.
#[test]
fn the_readme_has_this_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once("<!-- rpcs:begin -->").unwrap();
    let (table, after) = rest.split_once("<!-- rpcs:end -->").unwrap();
    if std::env::var_os("UPDATE_README").is_some() {
        let table = markdown();
        let text = format!("{before}<!-- rpcs:begin -->\n{table}<!-- rpcs:end -->{after}");
        std::fs::write(path, text).unwrap();
        return;
    }
    assert_eq!(
        table.trim(),
        markdown().trim(),
        "README.md is out of date: UPDATE_README=1 cargo test --lib readme"
    );
}
