//! Issuers of tokens.

use super::*;

const ISSUER: &str = "{name: corp, issuer: 'https://issuer.example.org', audiences: [a]}";

fn with_issuers(issuers: &[&str]) -> String {
    let issuers = issuers.join(", ");
    minimal_and(&format!("grpc:\n  tokens:\n    issuers: [{issuers}]\n"))
}

#[test]
fn issuers_of_tokens_have_safe_defaults() {
    let config = load(&with_issuers(&[ISSUER]), &[]).unwrap();
    let issuer = &config.grpc.tokens.issuers[0];
    assert_eq!(
        issuer.algorithms,
        [TokenAlgorithm::Rs256, TokenAlgorithm::Es256]
    );
    assert_eq!(issuer.name_claim, "sub");
    assert_eq!(issuer.leeway, Duration::from_secs(10));
    let configuration = issuer.issuer.configuration().unwrap();
    assert_eq!(
        configuration.as_str(),
        "https://issuer.example.org/.well-known/openid-configuration"
    );
}

#[test]
fn issuers_of_tokens_must_be_clear_and_their_keys_protected() {
    let changed = |more: &str| with_issuers(&[&ISSUER.replace('}', &format!(", {more}}}"))]);
    let cases: &[(&str, &[&str])] = &[
        (
            "algorithms: [RS256, HS256]",
            &["algorithms[1]", "one of RS256", "HS256"],
        ),
        (
            "algorithms: [none]",
            &["algorithms[0]", "one of RS256", "none"],
        ),
        (
            "jwks_url: 'http://issuer.example.org/keys'",
            &["jwks_url", "https://"],
        ),
        (
            "jwks_url: 'http://127.0.0.1.example.org/keys'",
            &["jwks_url", "https://"],
        ),
        (
            "jwks_url: 'http://localhost@example.org/keys'",
            &["jwks_url", "https://"],
        ),
        (
            "jwks_url: 'https://a:b@example.org/keys'",
            &["jwks_url", "without a user"],
        ),
        ("jwks_url: 'file:///keys'", &["jwks_url", "https://"]),
        ("leeway: 61s", &["leeway", "0s to 1m"]),
        (
            "jwks_file: a, jwks_url: 'https://example.org'",
            &["jwks_url", "jwks_file is set"],
        ),
        ("jwks_file: a, ca_file: b", &["ca_file", "jwks_file is set"]),
        ("surprise: a", &["surprise", "one of the keys"]),
    ];
    for (more, parts) in cases {
        assert_fault(&changed(more), &[], parts);
    }
    for more in [
        "jwks_url: 'http://127.0.0.1:1/keys'",
        "jwks_url: 'http://[::1]/keys'",
        "jwks_file: a",
    ] {
        assert_eq!(faults(&changed(more), &[]), [""; 0], "{more}");
    }
    for name in ["Corp", "spiffe", "a:b", "CN=a", "anonymous"] {
        let issuer = ISSUER.replace("corp", &format!("'{name}'"));
        assert_fault(
            &with_issuers(&[&issuer]),
            &[],
            &["issuers[0].name", "lower-case"],
        );
    }
    let plain = ISSUER.replace("https", "http");
    assert_fault(
        &with_issuers(&[&plain]),
        &[],
        &["issuers[0].issuer", "discover"],
    );
    let nobody = ISSUER.replace("[a]", "[]");
    assert_fault(
        &with_issuers(&[&nobody]),
        &[],
        &["issuers[0].audiences", "at least one"],
    );
    let other = ISSUER.replace("corp", "other");
    assert_fault(
        &with_issuers(&[ISSUER, &other]),
        &[],
        &["issuers[1].issuer", "again"],
    );
    let other = ISSUER.replace("issuer.", "other.");
    assert_fault(
        &with_issuers(&[ISSUER, &other]),
        &[],
        &["issuers[1].name", "again"],
    );
    let many: Vec<String> = (0..17)
        .map(|i| {
            ISSUER
                .replace("corp", &format!("c{i}"))
                .replace("issuer.", &format!("i{i}."))
        })
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_fault(
        &with_issuers(&many),
        &[],
        &["grpc.tokens.issuers", "at most 16", "17"],
    );
}

#[test]
fn with_tls_and_tokens_the_listener_may_be_anywhere_and_without_tls_it_may_not() {
    let yaml = |tls: &str| {
        minimal_and(&format!(
            "grpc:\n  listen: 0.0.0.0:50051\n  tokens: {{issuers: [{ISSUER}]}}\n{tls}"
        ))
    };
    assert_eq!(
        faults(
            &yaml("  tls: {cert_file: a, key_file: b}\npolicy: {directory: d}\n"),
            &[]
        ),
        [""; 0]
    );
    assert_fault(&yaml(""), &[], &["grpc.listen", "grpc.tls.cert_file"]);
}
