//! Where we listen, with which certificates, and whose tokens are believed.

use std::net::SocketAddr;

use super::twice;
use crate::config::{
    Config, Tls, Tokens,
    reader::Reader,
    values::{ClientAuth, Reflection},
};

/// Notes what is wrong with where we listen, and how.
pub(super) fn contradictions(config: &Config, faults: &mut Reader) {
    tls(&config.grpc.tls, faults);
    tokens(&config.grpc.tokens, faults);
    let (grpc, admin) = (&config.grpc, &config.admin);
    if !grpc.listen.ip().is_loopback() && !grpc.insecure {
        let why = match (&grpc.tls.cert_file, grpc.tls.client_auth) {
            (None, _) => Some("grpc.tls.cert_file: without it this listener is plaintext"),
            (Some(_), ClientAuth::Off) if grpc.tokens.issuers.is_empty() => Some(
                "grpc.tls.client_ca_file or grpc.tokens.issuers: without these callers do not prove who they are",
            ),
            (Some(_), ClientAuth::Off) => None,
            (Some(_), ClientAuth::Optional | ClientAuth::Required) => None,
        };
        if let Some(why) = why {
            let expected =
                format!("a loopback address, or `grpc.insecure: true` (or --insecure), or {why}");
            faults.fault("grpc.listen", expected, grpc.listen.to_string());
        }
    }
    let proves = grpc.tls.client_auth != ClientAuth::Off || !grpc.tokens.issuers.is_empty();
    if grpc.reflection == Some(Reflection::Authenticated) && !proves {
        let expected = "public or off, or a way for callers to prove who they are: grpc.tls.client_ca_file or grpc.tokens.issuers";
        faults.fault("grpc.reflection", expected, "authenticated");
    }
    if !admin.listen.ip().is_loopback() && !admin.insecure {
        let expected = "a loopback address, or `admin.insecure: true` (or --insecure): this listener is plaintext";
        faults.fault("admin.listen", expected, admin.listen.to_string());
    }
    if clash(config.grpc.listen, config.admin.listen) {
        faults.fault(
            "admin.listen",
            "another address than grpc.listen",
            config.admin.listen.to_string(),
        );
    }
}

fn tls(tls: &Tls, faults: &mut Reader) {
    let needs = |faults: &mut Reader, key: &str, because: &str| {
        let expected = format!("a file, because {because} is set");
        faults.fault(&format!("grpc.tls.{key}"), expected, "nothing");
    };
    match (&tls.cert_file, &tls.key_file) {
        (Some(_), None) => needs(faults, "key_file", "grpc.tls.cert_file"),
        (None, Some(_)) => needs(faults, "cert_file", "grpc.tls.key_file"),
        (None, None) if tls.client_ca_file.is_some() => {
            needs(faults, "cert_file", "grpc.tls.client_ca_file");
        }
        _ => {}
    }
    match (tls.client_auth, &tls.client_ca_file) {
        (ClientAuth::Off, Some(_)) => faults.fault(
            "grpc.tls.client_auth",
            "optional or required, because grpc.tls.client_ca_file is set",
            "off",
        ),
        (ClientAuth::Optional | ClientAuth::Required, None) => {
            needs(faults, "client_ca_file", "grpc.tls.client_auth");
        }
        _ => {}
    }
}

/// Issuers of tokens. Each costs a connection now and then, and a place in `/statusz`.
const MOST_ISSUERS: usize = 16;

fn tokens(tokens: &Tokens, faults: &mut Reader) {
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
        let remote = match (&issuer.jwks_file, &issuer.jwks_url) {
            (Some(_), Some(_)) => {
                let expected = format!("nothing, because {} is set", key("jwks_file"));
                faults.fault(&key("jwks_url"), expected, "a URL");
                continue;
            }
            (Some(_), None) => false,
            (None, _) => true,
        };
        if issuer.jwks_url.is_none() && remote && issuer.issuer.configuration().is_none() {
            let expected = "jwks_file or jwks_url, because the issuer is no https:// URL by which to discover its keys";
            faults.fault(&key("issuer"), expected, issuer.issuer.as_str());
        }
        for (name, file) in [
            ("ca_file", &issuer.ca_file),
            ("bearer_token_file", &issuer.bearer_token_file),
        ] {
            if file.is_some() && !remote {
                let expected = format!("nothing, because {} is set", key("jwks_file"));
                faults.fault(&key(name), expected, "a file");
            }
        }
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

fn clash(a: SocketAddr, b: SocketAddr) -> bool {
    let everywhere = a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() != 0 && a.port() == b.port() && (a.ip() == b.ip() || everywhere)
}
