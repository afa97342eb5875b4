//! `docs/quotas.md`, from the table.

use super::{Api, Effect, Row, Service};

const INTRODUCTION: &str = "\
# Quotas

<!-- Generated from the table in src/domain/quota.rs; `UPDATE_DOCS=1 cargo test --lib quota::` writes it anew. -->

AWS lets one account make each of its calls so often a second in one Region, and Trailplane never more often than that. This
page has the numbers that it starts from, one row for each operation that it calls. What counts for one account, Region and
operation is the first of these that there is:

1. what `quotas.overrides` says ([configuration.md](configuration.md)), the most specific one first: account and Region,
   account, Region, neither; of two that are alike the later one;
2. what Service Quotas says in that account and Region, if `quotas.read_service_quotas` is on: read after the accounts are
   known, again once a day, and only for CloudTrail, the one service here that publishes its rates by operation there;
3. the default below.

Of that, Trailplane spends the share that is left to it: `quotas.share`, or the `share` of the most specific override that has
one.

| source | meaning |
|---|---|
| documented | AWS's documentation, API model or Service Quotas names this operation and this number |
| class | derived from AWS's older table of classes |
| assumed | AWS publishes no number, or one that is shared with all that the account does; ours is a careful choice |

A write changes something: it is not repeated while it may have taken effect. A read may be.
";

/// The page of all quotas, as Markdown.
pub fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    for service in Service::ALL {
        let mut rows = String::new();
        for api in Api::ALL.iter().filter(|api| api.service() == *service) {
            let name = format!("`{}`", api.as_str());
            rows.push_str(&line(&name, api.row(), api.effect()));
        }
        for effect in [Effect::Read, Effect::Write] {
            rows.push_str(&line("any other", service.default_of(effect), effect));
        }
        text.push_str(&format!(
            "\n## {}\n\n| operation | calls a second | effect | source | taken from |\n|---|---|---|---|---|\n{rows}",
            service.as_str()
        ));
    }
    text
}

fn line(name: &str, row: Row, effect: Effect) -> String {
    let effect = match effect {
        Effect::Read => "read",
        Effect::Write => "write",
    };
    let (quota, basis) = (row.quota, row.basis);
    format!(
        "| {name} | {} | {effect} | {} | {basis} |\n",
        quota.per_second,
        quota.source.as_str()
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// `UPDATE_DOCS=1` writes the page anew.
    #[test]
    fn the_page_is_what_the_table_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/quotas.md");
        let reference = reference();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &reference).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == reference,
            "run UPDATE_DOCS=1 cargo test --lib quota::"
        );
    }

    #[test]
    fn every_operation_and_service_has_its_row_and_reason() {
        let text = reference();
        for api in Api::ALL {
            let row = format!(
                "| `{}` | {} | ",
                api.as_str(),
                api.default_quota().per_second
            );
            assert_eq!(text.matches(&row).count(), 1, "{row}");
            assert!(api.row().basis.len() > 5, "{api}");
        }
        for service in Service::ALL {
            let heading = format!("\n## {}\n", service.as_str());
            assert_eq!(text.matches(&heading).count(), 1, "{heading}");
        }
    }
}
