//! What a request shows of its caller by itself.

use http::{HeaderMap, header::AUTHORIZATION};

/// See the module. Has no `Debug`, because it may hold a token.
pub(super) enum Shown {
    /// Nothing.
    Nothing,
    /// A token.
    Token(String),
    /// Something that is no token, or more than one; a word for what is wrong.
    Unclear(&'static str),
}

/// What the headers show. Where no tokens are believed none is looked at, as if it were not there.
pub(super) fn shown(headers: &HeaderMap, tokens: bool) -> Shown {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = all.next().filter(|_| tokens) else {
        return Shown::Nothing;
    };
    if all.next().is_some() {
        return Shown::Unclear("several");
    }
    let Some((scheme, token)) = first.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return Shown::Unclear("scheme");
    };
    if scheme.eq_ignore_ascii_case("bearer") {
        Shown::Token(token.trim_matches(' ').to_owned())
    } else {
        Shown::Unclear("scheme")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&'static str], tokens: bool) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        match shown(&headers, tokens) {
            Shown::Nothing => "nothing".to_owned(),
            Shown::Token(token) => token,
            Shown::Unclear(why) => format!("unclear: {why}"),
        }
    }

    #[test]
    fn one_bearer_token_is_read_and_nothing_else_is() {
        assert_eq!(of(&[], true), "nothing");
        assert_eq!(of(&["Bearer a.b.c"], true), "a.b.c");
        assert_eq!(of(&["bearer  a.b.c "], true), "a.b.c");
        assert_eq!(of(&["Bearer a", "Bearer b"], true), "unclear: several");
        assert_eq!(of(&["Bearer a", "Bearer a"], true), "unclear: several");
        for other in ["Basic a", "a.b.c", "", "Bearer", "BearerX a"] {
            assert_eq!(of(&[other], true), "unclear: scheme", "{other:?}");
        }
    }

    #[test]
    fn where_no_tokens_are_believed_none_is_looked_at() {
        assert_eq!(of(&["Bearer a.b.c"], false), "nothing");
        assert_eq!(of(&["Basic a", "x"], false), "nothing");
    }
}
