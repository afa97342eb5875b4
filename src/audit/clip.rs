//! Bounds of what a record may hold: names are as long as AWS's longest, lists as long as anybody reads, so that a record
//! stays below [`MOST`] whatever it is told.

/// No record is longer, its line end included.
pub const MOST: usize = 16 * 1024;

/// A name, an ARN, an id.
pub const NAME: usize = 256;

/// Entries of a list.
const ENTRIES: usize = 16;

/// An entry of a list.
const ENTRY: usize = 96;

/// The beginning of the text, on one line. What is cut off is told by an ellipsis.
pub fn text(text: &str, most: usize) -> String {
    let flat = |c: char| if c.is_control() { '?' } else { c };
    let end = text.floor_char_boundary(most);
    let kept = text.get(..end).unwrap_or_default();
    let mut kept: String = kept.chars().map(flat).collect();
    if end < text.len() {
        kept.push('…');
    }
    kept
}

/// The first entries, and how many more there are.
pub fn list<T: AsRef<str>>(all: &[T]) -> Vec<String> {
    let mut kept: Vec<String> = all
        .iter()
        .take(ENTRIES)
        .map(|entry| text(entry.as_ref(), ENTRY))
        .collect();
    if let Some(more @ 1..) = all.len().checked_sub(ENTRIES) {
        kept.push(format!("and {more} more"));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        assert_eq!(text("short", 10), "short");
        assert_eq!(text("ääääää", 5), "ää…");
        assert_eq!(text("a\nb", 10), "a?b");
        let many: Vec<String> = (0..30).map(|i| format!("p{i}")).collect();
        let kept = list(&many);
        assert_eq!(kept.len(), 17);
        assert_eq!(kept[16], "and 14 more");
        assert_eq!(list(&many[..16]).len(), 16);
    }
}
