//! Issuers of tokens: each once, with an audience, and with one place where its keys are.

use super::twice;
use crate::config::{TokenIssuer, Tokens, reader::Reader};

/// Each costs a connection now and then, and a place in `/statusz`.
const MOST_ISSUERS: usize = 16;

/// Notes what is wrong with the issuers.
pub(super) fn contradictions(tokens: &Tokens, faults: &mut Reader) {
    let issuers = &tokens.issuers;
    if issuers.len() > MOST_ISSUERS {
        let expected = format!("at most {MOST_ISSUERS} issuers");
        faults.fault("grpc.tokens.issuers", expected, issuers.len().to_string());
    }
    for (i, issuer) in issuers.iter().enumerate() {
        let key = |name: &str| format!("grpc.tokens.issuers[{i}].{name}");
        if issuer.audiences.is_empty() {
            faults.fault(&key("audiences"), "at least one audience", "none");
        }
        keys(issuer, &key, faults);
    }
    twice(issuers.iter().map(|issuer| &issuer.name), |name, i| {
        let key = format!("grpc.tokens.issuers[{i}].name");
        faults.fault(&key, "each name once", format!("{} again", name.as_str()));
    });
    twice(issuers.iter().map(|issuer| &issuer.issuer), |issuer, i| {
        let key = format!("grpc.tokens.issuers[{i}].issuer");
        faults.fault(
            &key,
            "each issuer once",
            format!("{} again", issuer.as_str()),
        );
    });
}

/// Keys come from one place, and what is only for fetching them is only there if they are fetched.
fn keys(issuer: &TokenIssuer, key: &impl Fn(&str) -> String, faults: &mut Reader) {
    if issuer.jwks_file.is_none() {
        if issuer.jwks_url.is_none() && issuer.issuer.configuration().is_none() {
            let expected = "jwks_file or jwks_url, because the issuer is no https:// URL by which to discover its keys";
            faults.fault(&key("issuer"), expected, issuer.issuer.as_str());
        }
        return;
    }
    let for_fetching = [
        ("jwks_url", issuer.jwks_url.is_some()),
        ("ca_file", issuer.ca_file.is_some()),
        ("bearer_token_file", issuer.bearer_token_file.is_some()),
    ];
    for (name, _) in for_fetching.into_iter().filter(|(_, set)| *set) {
        let expected = format!("nothing, because {} is set", key("jwks_file"));
        faults.fault(&key(name), expected, "a value");
    }
}
