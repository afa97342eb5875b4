//! Where we listen, and with which certificates.

use std::net::SocketAddr;

use crate::config::{
    Config, Tls,
    reader::Reader,
    values::{ClientAuth, Reflection},
};

/// Notes what is wrong with where we listen, and how.
pub(super) fn contradictions(config: &Config, faults: &mut Reader) {
    tls(&config.grpc.tls, faults);
    let (grpc, admin) = (&config.grpc, &config.admin);
    if !grpc.listen.ip().is_loopback() && !grpc.insecure {
        let why = match (&grpc.tls.cert_file, grpc.tls.client_auth) {
            (None, _) => Some("grpc.tls.cert_file: without it this listener is plaintext"),
            (Some(_), ClientAuth::Off) if grpc.tokens.issuers.is_empty() => Some(
                "grpc.tls.client_ca_file or grpc.tokens.issuers: without these callers do not prove who they are",
            ),
            (Some(_), _) if config.policy.directory.is_none() => {
                Some("policy.directory: without it every caller may do everything")
            }
            (Some(_), _) => None,
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

fn clash(a: SocketAddr, b: SocketAddr) -> bool {
    let everywhere = a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() != 0 && a.port() == b.port() && (a.ip() == b.ip() || everywhere)
}
