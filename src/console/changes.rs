//! What has changed from one picture to the next: thousands of rows stand still most of the time.

use std::sync::Arc;

use serde::Serialize;

use super::{
    picture::{Picture, Row},
    text,
};

/// What one viewer has been sent so far.
#[derive(Debug, Default)]
pub struct Changes {
    before: Option<Arc<Picture>>,
}

/// A picture without the rows that the viewer has.
#[derive(Serialize)]
struct Sent<'a> {
    /// True if these rows are all rows there are.
    whole: bool,
    rows: Vec<&'a Row>,
    #[serde(flatten)]
    rest: Rest<'a>,
}

#[derive(Serialize)]
struct Rest<'a> {
    time: &'a str,
    #[serde(serialize_with = "text::each")]
    regions: &'a [crate::domain::Region],
    queues: &'a [super::Queue],
    throttles: &'a [super::Throttle],
    lookups: &'a [super::Running],
    warnings: &'a [String],
}

impl Changes {
    /// What the viewer must be sent to see `now`, as JSON on one line.
    ///
    /// # Errors
    /// If it cannot be written as JSON: a defect.
    pub fn to(&mut self, now: &Arc<Picture>) -> Result<String, serde_json::Error> {
        let before = self.before.as_deref();
        // Another set of accounts or Regions is another matrix.
        let same = before.filter(|before| {
            before.regions == now.regions
                && before.rows.len() == now.rows.len()
                && before
                    .rows
                    .iter()
                    .zip(&now.rows)
                    .all(|(a, b)| a.account == b.account)
        });
        let changed = |row: &&Row| {
            same.is_none_or(|before| {
                let at = before
                    .rows
                    .binary_search_by_key(&row.account, |row| row.account);
                at.ok().and_then(|at| before.rows.get(at)) != Some(*row)
            })
        };
        let sent = serde_json::to_string(&Sent {
            whole: same.is_none(),
            rows: now.rows.iter().filter(changed).collect(),
            rest: Rest {
                time: &now.time,
                regions: &now.regions,
                queues: &now.queues,
                throttles: &now.throttles,
                lookups: &now.lookups,
                warnings: &now.warnings,
            },
        });
        self.before = Some(Arc::clone(now));
        sent
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::AccountId;

    fn picture(cells: &[(u64, &str)]) -> Arc<Picture> {
        let row = |(account, cells): &(u64, &str)| Row {
            account: AccountId::from_u64(*account).unwrap(),
            name: "a".into(),
            cells: (*cells).to_owned(),
            budgets: ".".to_owned(),
        };
        Arc::new(Picture {
            rows: cells.iter().map(row).collect(),
            ..Picture::default()
        })
    }

    fn sent(changes: &mut Changes, cells: &[(u64, &str)]) -> (bool, Vec<String>) {
        let sent: Value = serde_json::from_str(&changes.to(&picture(cells)).unwrap()).unwrap();
        let rows = sent["rows"].as_array().unwrap().iter();
        let letters = rows.map(|row| row["cells"].as_str().unwrap().to_owned());
        (sent["whole"].as_bool().unwrap(), letters.collect())
    }

    #[test]
    fn only_rows_that_changed_are_sent_again() {
        let mut changes = Changes::default();
        assert_eq!(
            sent(&mut changes, &[(1, "o"), (2, ".")]),
            (true, vec!["o".into(), ".".into()])
        );
        assert_eq!(
            sent(&mut changes, &[(1, "o"), (2, "d")]),
            (false, vec!["d".into()])
        );
        assert_eq!(sent(&mut changes, &[(1, "o"), (2, "d")]), (false, vec![]));
    }

    #[test]
    fn another_account_is_another_matrix() {
        let mut changes = Changes::default();
        sent(&mut changes, &[(1, "o"), (2, ".")]);
        assert_eq!(
            sent(&mut changes, &[(1, "o"), (3, ".")]),
            (true, vec!["o".into(), ".".into()])
        );
    }
}
