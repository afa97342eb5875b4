use proptest::prelude::*;

use super::*;

const TITLES: &[&str] = &["TIME", "EVENT", "USER AGENT"];

fn rows() -> Vec<Row> {
    vec![
        Row::new(["08:00:00", "DeleteBucket", "aws-cli/2.15"]),
        Row::new(["08:00:01", "PutObject", "evil\u{1b}[2Jagent\nsecond line"]).toned(Tone::Bad),
        Row::new(["08:00:02", "列出存储桶", ""]),
    ]
}

/// Without what colours it.
fn bare(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn in_a_pipe_nothing_is_cut() {
    let text = Table::new(TITLES, None).text(&rows());
    assert_eq!(
        bare(&text),
        "\
TIME      EVENT         USER AGENT
08:00:00  DeleteBucket  aws-cli/2.15
08:00:01  PutObject     evil\\u{1b}[2Jagent\\nsecond line
08:00:02  列出存储桶
"
    );
}

#[test]
fn on_a_narrow_terminal_the_widest_columns_give_way() {
    let text = Table::new(TITLES, Some(32)).text(&rows());
    assert_eq!(
        bare(&text),
        "\
TIME      EVENT       USER AGENT
08:00:00  DeleteBuc…  aws-cli/2…
08:00:01  PutObject   evil\\u{1b…
08:00:02  列出存储桶
"
    );
}

#[test]
fn rows_that_come_later_keep_the_columns_and_have_no_titles() {
    let mut table = Table::new(TITLES, Some(40));
    table.text(&rows());
    let text = table.text(&[Row::new(["08:00:03", "AVeryLongNameOfAnEvent", "x"])]);
    assert_eq!(bare(&text), "08:00:03  AVeryLongNa…  x\n");
    assert_eq!(table.text(&[]), "");
}

#[test]
fn a_row_that_failed_is_red_and_titles_are_bold() {
    let text = Table::new(TITLES, None).text(&rows());
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("\u{1b}[1m"), "{lines:?}");
    assert!(lines[2].starts_with("\u{1b}[31m"), "{lines:?}");
    assert!(!lines[1].contains('\u{1b}'), "{lines:?}");
}

proptest! {
    /// Whatever is in the cells, no line is wider than the terminal, if that has room for the narrowest columns.
    #[test]
    fn no_line_is_wider_than_the_terminal(
        cells in prop::collection::vec(prop::collection::vec(any::<String>(), 3), 1..8),
        limit in 22_usize..120,
    ) {
        let rows: Vec<Row> = cells.iter().map(Row::new).collect();
        let text = bare(&Table::new(TITLES, Some(limit)).text(&rows));
        prop_assert_eq!(text.lines().count(), rows.len() + 1);
        for line in text.lines() {
            prop_assert!(width(line) <= limit, "{}", line);
        }
    }
}
