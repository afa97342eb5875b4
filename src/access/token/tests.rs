//! Tokens that openssl's keys have signed, and what is made of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use testing::{ED, ES256, ES384, OTHER, RS256, Signer};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://issuer.example.org";

fn issuer() -> Issuer {
    Issuer {
        name: IssuerName::new("corp").unwrap(),
        issuer: ISSUER.to_owned(),
        audiences: vec!["trailplane".to_owned(), "audit".to_owned()],
        algorithms: vec![Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa],
        name_claim: "sub".to_owned(),
        groups_claim: Some("groups".to_owned()),
        leeway: Duration::from_secs(10),
        max_age: None,
    }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "reader", "aud": "trailplane", "exp": NOW + 60, "iat": NOW - 60})
}

/// The claims, with these instead.
fn with(change: Value) -> Value {
    let mut claims = claims();
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn all_keys() -> Keys {
    keys(&[&RS256, &ES256, &ES384, &ED])
}

fn keys(signers: &[&Signer]) -> Keys {
    Keys::read(Signer::set(signers).to_string().as_bytes()).unwrap()
}

fn verify(issuer: &Issuer, token: &str, keys: &Keys) -> Result<Identity, Refusal> {
    issuer.verify(&Presented::read(token)?, keys, Timestamp::from_seconds(NOW))
}

fn verified(claims: &Value) -> Result<Identity, Refusal> {
    verify(&issuer(), &RS256.token(claims), &all_keys())
}

#[test]
fn a_token_that_holds_names_its_bearer_by_each_allowed_algorithm() {
    for signer in [&RS256, &ES256, &ED] {
        let token = signer.token(&claims());
        let bearer = verify(&issuer(), &token, &all_keys()).unwrap();
        assert_eq!(&**bearer.name(), "corp:reader");
    }
}

#[test]
fn each_claim_that_is_wrong_is_told() {
    let gone = Value::Null;
    for (change, refusal) in [
        (json!({"exp": NOW - 10}), Refusal::Expired),
        (json!({"exp": gone}), Refusal::Expired),
        (json!({"nbf": NOW + 11}), Refusal::NotYet),
        (json!({"iat": NOW + 11}), Refusal::NotYet),
        (json!({"aud": "other"}), Refusal::Audience),
        (json!({"aud": ["other", "Trailplane"]}), Refusal::Audience),
        (json!({"aud": []}), Refusal::Audience),
        (json!({"aud": gone}), Refusal::Audience),
        (
            json!({"iss": "https://issuer.example.org/"}),
            Refusal::Issuer,
        ),
        (json!({"iss": [ISSUER]}), Refusal::Malformed),
        (json!({"exp": "1900000000"}), Refusal::Malformed),
        (json!({"sub": ""}), Refusal::Subject),
        (json!({"sub": gone}), Refusal::Subject),
        (json!({"sub": 7}), Refusal::Subject),
        (json!({"sub": "a b"}), Refusal::Subject),
        (json!({"sub": "a\nb"}), Refusal::Subject),
        (json!({"sub": "r\u{e9}ader"}), Refusal::Subject),
        (json!({"sub": "x".repeat(256)}), Refusal::Subject),
        (json!({"groups": 7}), Refusal::Groups),
        (json!({"groups": ["a", 7]}), Refusal::Groups),
        (json!({"groups": vec!["a"; 257]}), Refusal::Groups),
    ] {
        assert_eq!(verified(&with(change.clone())), Err(refusal), "{change}");
    }
    for change in [
        json!({"exp": NOW - 9}),
        json!({"nbf": NOW + 10}),
        json!({"exp": 1_900_000_000.5}),
        json!({"aud": ["other", "audit"]}),
        json!({"iat": gone}),
        json!({"groups": gone}),
    ] {
        assert!(verified(&with(change.clone())).is_ok(), "{change}");
    }
}

#[test]
fn a_token_may_be_bound_by_its_age() {
    let mut issuer = issuer();
    issuer.max_age = Some(Duration::from_secs(100));
    let of = |iat: Value| {
        let token = RS256.token(&with(json!({"iat": iat, "exp": NOW + 9_000})));
        verify(&issuer, &token, &all_keys()).map(drop)
    };
    assert_eq!(of(json!(NOW - 109)), Ok(()));
    assert_eq!(of(json!(NOW - 110)), Err(Refusal::Age));
    assert_eq!(of(Value::Null), Err(Refusal::Age));
}

#[test]
fn algorithms_are_not_confused() {
    let verify = |token: &str| verify(&issuer(), token, &all_keys());
    // A public key is no secret.
    for alg in ["HS256", "HS384", "HS512"] {
        let token = RS256.token_by_its_public_key(alg, &claims());
        assert_eq!(verify(&token), Err(Refusal::Algorithm), "{alg}");
    }
    // No signature at all.
    for alg in ["none", "None", "NONE", ""] {
        let token = RS256.unsigned(&json!({"alg": alg, "kid": "rsa"}), &claims());
        assert_eq!(verify(&token), Err(Refusal::Algorithm), "{alg}");
    }
    // Right, and not allowed.
    assert_eq!(verify(&ES384.token(&claims())), Err(Refusal::Algorithm));
    // One key's id with another's algorithm.
    let token = ES256.token_with(&json!({"alg": "RS256", "kid": "p256"}), &claims());
    assert_eq!(verify(&token), Err(Refusal::Key));
    // Another's key under a known id.
    let token = OTHER.token_with(&json!({"alg": "RS256", "kid": "rsa"}), &claims());
    assert_eq!(verify(&token), Err(Refusal::Signature));
}

#[test]
fn the_key_is_the_one_that_the_token_names_or_the_only_one() {
    let anonymous = |signer: &Signer, alg: &str| {
        let header = json!({"alg": alg});
        signer.token_with(&header, &claims())
    };
    let unknown = RS256.token_with(&json!({"alg": "RS256", "kid": "else"}), &claims());
    assert_eq!(verify(&issuer(), &unknown, &all_keys()), Err(Refusal::Key));
    let token = anonymous(&RS256, "RS256");
    assert!(verify(&issuer(), &token, &all_keys()).is_ok());
    // Two could be meant: while keys rotate, tokens must name theirs.
    let two = keys(&[&RS256, &OTHER]);
    assert_eq!(verify(&issuer(), &token, &two), Err(Refusal::AmbiguousKey));
    for signer in [&RS256, &OTHER] {
        assert!(verify(&issuer(), &signer.token(&claims()), &two).is_ok());
    }
    // One that is gone.
    let token = RS256.token(&claims());
    assert_eq!(
        verify(&issuer(), &token, &keys(&[&OTHER])),
        Err(Refusal::Key)
    );
}

#[test]
fn keys_that_a_token_brings_along_count_for_nothing() {
    let header = json!({
        "alg": "RS256", "kid": "rsa", "jwk": OTHER.public(), "jku": "https://example.org/keys",
    });
    let token = OTHER.token_with(&header, &claims());
    assert_eq!(
        verify(&issuer(), &token, &all_keys()),
        Err(Refusal::Signature)
    );
}

#[test]
fn what_is_no_token_of_ours_is_refused_before_its_signature() {
    let header = |change: Value| {
        let mut header = json!({"alg": "RS256", "kid": "rsa"});
        for (name, value) in change.as_object().unwrap() {
            header[name] = value.clone();
        }
        RS256.token_with(&header, &claims())
    };
    let refused = |token: &str| verify(&issuer(), token, &all_keys()).unwrap_err();
    assert_eq!(
        refused(&header(json!({"crit": ["exp"]}))),
        Refusal::Malformed
    );
    assert_eq!(refused(&header(json!({"crit": []}))), Refusal::Malformed);
    for typ in ["dpop+jwt", "logout+jwt", "JWE", ""] {
        assert_eq!(refused(&header(json!({"typ": typ}))), Refusal::Kind);
    }
    for typ in ["JWT", "at+jwt", "application/at+JWT"] {
        assert!(verify(&issuer(), &header(json!({"typ": typ})), &all_keys()).is_ok());
    }
    let token = RS256.token(&claims());
    assert_eq!(refused(&format!("{token}.x")), Refusal::Malformed);
    assert_eq!(refused(&token.replace('.', "")), Refusal::Malformed);
    assert_eq!(refused(&"x".repeat(16 * 1024 + 1)), Refusal::TooLong);
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(refused(&format!("{signed}.")), Refusal::Signature);
    for shown in [
        format!("{:?}", Presented::read(&token)),
        format!("{:?}", all_keys()),
    ] {
        assert!(
            !shown.contains(&token) && !shown.contains("reader"),
            "{shown}"
        );
    }
}

#[test]
fn a_service_account_of_kubernetes_is_its_subject() {
    let cluster = Issuer {
        name: IssuerName::new("kubernetes").unwrap(),
        issuer: "https://kubernetes.default.svc.cluster.local".to_owned(),
        groups_claim: None,
        ..issuer()
    };
    let claims = json!({
        "aud": ["trailplane"], "exp": NOW + 3607, "iat": NOW, "nbf": NOW, "iss": cluster.issuer,
        "jti": "4b8f0f9e-7bd1-4b65-a0d5-9d9d8f1f3b75",
        "kubernetes.io": {
            "namespace": "audit", "node": {"name": "a", "uid": "1"}, "pod": {"name": "reader-0", "uid": "2"},
            "serviceaccount": {"name": "reader", "uid": "3"}, "warnafter": NOW + 3607,
        },
        "sub": "system:serviceaccount:audit:reader",
    });
    let bearer = verify(&cluster, &RS256.token(&claims), &all_keys()).unwrap();
    let name = &**bearer.name();
    assert_eq!(name, "kubernetes:system:serviceaccount:audit:reader");
    assert!(bearer.groups().is_empty());
}

#[test]
fn groups_and_another_claim_as_the_name_are_read_where_they_are_wanted() {
    let claims = with(json!({"groups": ["ops", "audit"], "email": "a@example.org"}));
    let bearer = verified(&claims).unwrap();
    let groups: Vec<&str> = bearer.groups().iter().map(|g| &**g).collect();
    assert_eq!(groups, ["corp:audit", "corp:ops"]);
    let by_email = Issuer {
        name_claim: "email".to_owned(),
        ..issuer()
    };
    let bearer = verify(&by_email, &RS256.token(&claims), &all_keys()).unwrap();
    assert_eq!(&**bearer.name(), "corp:a@example.org");
}

#[test]
fn keys_that_cannot_verify_are_passed_over_and_documents_without_any_are_none() {
    let changed = |change: Value| {
        let mut key = RS256.public();
        for (name, value) in change.as_object().unwrap() {
            key[name] = value.clone();
        }
        json!({"keys": [key]}).to_string()
    };
    for change in [
        json!({"use": "enc"}),
        json!({"key_ops": ["encrypt"]}),
        json!({"alg": "ES256"}),
        json!({"alg": "HS256"}),
        json!({"alg": "RSA-OAEP"}),
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        json!({"kty": "EC", "crv": "P-521"}),
        json!({"kty": "surprise"}),
        json!({"n": "AQAB"}),
        json!({"n": null}),
        json!({"kid": 7}),
    ] {
        let read = Keys::read(changed(change.clone()).as_bytes());
        assert_eq!(read.unwrap_err(), KeysError::NoneUsable(1), "{change}");
    }
    // A key for one algorithm alone is for no other.
    let keys = Keys::read(changed(json!({"alg": "PS256"})).as_bytes()).unwrap();
    let verified = verify(&issuer(), &RS256.token(&claims()), &keys);
    assert_eq!(verified, Err(Refusal::Key));
    for (document, error) in [
        ("", KeysError::NotASet),
        ("[]", KeysError::NotASet),
        ("{\"keys\": {}}", KeysError::NotASet),
        ("{\"keys\": []}", KeysError::NoneUsable(0)),
    ] {
        assert_eq!(Keys::read(document.as_bytes()).unwrap_err(), error);
    }
    let many = json!({"keys": vec![RS256.public(); 65]}).to_string();
    assert_eq!(
        Keys::read(many.as_bytes()).unwrap_err(),
        KeysError::TooMany(65)
    );
}

#[test]
fn names_of_issuers_leave_room_for_no_other_callers_name() {
    for name in ["corp", "a", "k8s-eu-1"] {
        assert!(IssuerName::new(name).is_some(), "{name}");
    }
    let long = "x".repeat(33);
    for name in [
        "",
        "CN",
        "Corp",
        "1st",
        "a:b",
        "a=b",
        "a@b",
        "a/b",
        "spiffe",
        "anonymous",
        &long,
    ] {
        assert!(IssuerName::new(name).is_none(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever one changes of a token, it is that token no more.
    #[test]
    fn no_changed_token_holds(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let token = ES256.token(&claims());
        let at = at.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != token);
        // The last letter of base64 has bits that say nothing; then it must not be read.
        prop_assert!(verify(&issuer(), &changed, &all_keys()).is_err());
    }

    #[test]
    fn no_text_panics(text in ".{0,200}", header in "\\PC{0,40}", claims in "\\PC{0,40}") {
        let _ = Presented::read(&text);
        let token = testing::joined(header.as_bytes(), claims.as_bytes(), b"x");
        prop_assert!(Presented::read(&token).is_err());
    }

    /// No subject makes a name that a certificate, an address or another issuer's subject could have.
    #[test]
    fn no_name_is_anothers(subject in "\\PC{1,80}", other in "[a-z][a-z0-9-]{0,8}") {
        let corp = IssuerName::new("corp").unwrap();
        if let Some(name) = corp.of_subject(&subject) {
            let (before, after) = name.split_once(':').unwrap();
            prop_assert_eq!((before, after), ("corp", &*subject));
            prop_assert!(!name.starts_with("spiffe:") && !name.starts_with("anonymous"));
            // The first `=` of a subject comes before any colon.
            prop_assert!(!before.contains('='));
            let other = IssuerName::new(&other).filter(|other| *other != corp);
            prop_assert_ne!(other.and_then(|other| other.of_subject(&subject)), Some(name));
        }
    }
}
