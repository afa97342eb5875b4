//! Files that cannot be used, and what is said of them.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use super::*;
use crate::domain::Timestamp;

/// A folder with two self-signed certificates, `a` and `b`, valid for two days, and their keys.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        let line = format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem"
        );
        let done = Command::new("openssl")
            .args(line.split(' '))
            .current_dir(&dir)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}");
    }
    std::fs::write(dir.path().join("empty"), "").unwrap();
    std::fs::write(dir.path().join("large"), vec![b' '; (1 << 20) + 1]).unwrap();
    let pem = std::fs::read_to_string(dir.path().join("a.pem")).unwrap();
    let damaged = pem.replacen("-----END", "-----", 1);
    std::fs::write(dir.path().join("damaged"), damaged).unwrap();
    dir
}

fn settings(dir: &Path, cert: &str, key: &str, ca: &str) -> TlsSettings {
    TlsSettings {
        cert_file: dir.join(cert),
        key_file: dir.join(key),
        clients: match ca {
            "" => ClientCertificates::Off,
            ca => ClientCertificates::Required(dir.join(ca)),
        },
        reload_interval: Duration::from_secs(10),
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_seconds(0).plus(since)
}

fn load(settings: &TlsSettings, at: Timestamp) -> Result<Tls, String> {
    let loaded = Tls::load(settings.clone(), Arc::new(move || at));
    loaded.map_err(|error| with_source(&error))
}

#[test]
fn each_fault_is_told_by_the_key_that_names_the_file() {
    let dir = folder();
    let of = |cert, key, ca| settings(dir.path(), cert, key, ca);
    assert!(load(&of("a.pem", "a.key", ""), now()).is_ok());
    assert!(load(&of("a.pem", "a.key", "b.pem"), now()).is_ok());
    for (settings, parts) in [
        (
            of("none", "a.key", ""),
            ["grpc.tls.cert_file", "none cannot be read"],
        ),
        (
            of("a.pem", "none", ""),
            ["grpc.tls.key_file", "No such file"],
        ),
        (
            of("empty", "a.key", ""),
            ["grpc.tls.cert_file", "no certificate"],
        ),
        (
            of("damaged", "a.key", ""),
            ["grpc.tls.cert_file", "damaged"],
        ),
        (of("large", "a.key", ""), ["grpc.tls.cert_file", "larger"]),
        (
            of("a.pem", "a.pem", ""),
            ["grpc.tls.key_file", "no private key"],
        ),
        (
            of("a.pem", "b.key", ""),
            ["cannot be used together", "KeyMismatch"],
        ),
        (
            of("a.pem", "a.key", "empty"),
            ["grpc.tls.client_ca_file", "no certificate"],
        ),
    ] {
        let error = load(&settings, now()).unwrap_err();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        assert!(!error.contains("BEGIN"), "{error}");
    }
}

#[test]
fn a_certificate_is_taken_only_while_it_may_be_used() {
    let dir = folder();
    let settings = settings(dir.path(), "a.pem", "a.key", "");
    let day = Duration::from_secs(86_400);
    for at in [now().minus(day), now().plus(3 * day)] {
        let error = load(&settings, at).unwrap_err();
        assert!(error.contains("may be used from"), "{error}");
    }
}

#[test]
fn new_files_are_taken_bad_ones_are_not_and_the_same_again_are_well() {
    let dir = folder();
    let copy = |from: &str, to: &str| {
        std::fs::copy(dir.path().join(from), dir.path().join(to)).unwrap();
    };
    copy("a.pem", "cert");
    copy("a.key", "key");
    let tls = load(&settings(dir.path(), "cert", "key", ""), now()).unwrap();
    let in_use = || Arc::as_ptr(&tls.shared.state.borrow().in_use.config);
    let first = in_use();
    tls.look();
    assert_eq!((in_use(), tls.status().reloads), (first, 0));
    // Half of a change: the key is still the old one's.
    copy("b.pem", "cert");
    tls.look();
    assert_eq!((in_use(), tls.status().reloads), (first, 0));
    assert!(tls.status().refused.unwrap().contains("KeyMismatch"));
    copy("a.pem", "cert");
    tls.look();
    assert_eq!((in_use(), tls.status().refused), (first, None));
    std::fs::remove_file(dir.path().join("key")).unwrap();
    tls.look();
    assert!(tls.status().refused.unwrap().contains("grpc.tls.key_file"));
    copy("b.pem", "cert");
    copy("b.key", "key");
    tls.look();
    assert_ne!(in_use(), first);
    assert_eq!((tls.status().reloads, tls.status().refused), (1, None));
}
