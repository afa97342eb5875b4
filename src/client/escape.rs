//! Text from events and accounts, made harmless for a terminal. Whoever calls AWS chooses a user agent and a session name,
//! and could hide text or change the terminal's state by them.

use std::{borrow::Cow, fmt::Write as _};

/// True for what a terminal obeys instead of showing it: control characters, and those that turn the direction of text
/// or have no width, by which one name can be made to look like another.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Text with what is harmful written out, as `\n` or `\u{1b}`.
pub fn plain(text: &str) -> Cow<'_, str> {
    replaced(text, |c, out| out.extend(c.escape_default()))
}

/// JSON with what is harmful within its texts written out; it says the same as before. Its own line breaks stay.
pub fn plain_json(json: &str) -> Cow<'_, str> {
    replaced(json, |c, out| match c {
        '\n' => out.push(c),
        _ => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    })
}

fn replaced(text: &str, write_out: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_harmful(c) {
            true => write_out(c, &mut out),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(plain("\u{1b}]0;owned\u{7}"), r"\u{1b}]0;owned\u{7}");
        assert_eq!(plain("two\nlines"), r"two\nlines");
        assert_eq!(plain("\u{9b}31mred"), r"\u{9b}31mred");
        assert_eq!(plain("exe\u{202e}gpj"), r"exe\u{202e}gpj");
        assert_eq!(plain("Zürich 東京"), "Zürich 東京");
    }

    #[test]
    fn json_says_the_same() {
        let text = "a\u{9b}b\u{202e}c\u{e0041}d";
        let json = serde_json::to_string(text).unwrap();
        let shown = plain_json(&json);
        assert!(!shown.contains(is_harmful), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left(text in any::<String>()) {
            prop_assert!(!plain(&text).contains(is_harmful));
        }

        #[test]
        fn json_of_any_text_says_the_same(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let shown = plain_json(&json);
            prop_assert!(!shown.contains(|c| is_harmful(c) && c != '\n'));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }

        #[test]
        fn harmless_text_stays_as_it_is(text in "[ -~à-ÿ]*") {
            prop_assert_eq!(&*plain(&text), &text);
        }
    }
}
