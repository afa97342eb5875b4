//! Certificates made by openssl.

use std::{path::Path, process::Command};

use super::*;

/// A certificate signed by itself, as DER, with this subject and these alternative names.
fn made(subject: &str, names: Option<&str>) -> Vec<u8> {
    const REQUEST: &str =
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -utf8 -outform DER -days 2";
    let dir = tempfile::tempdir().unwrap();
    let (out, key) = (dir.path().join("cert.der"), dir.path().join("key.pem"));
    let mut command = Command::new("openssl");
    command.args(REQUEST.split(' '));
    command.args(["-subj", subject, "-keyout", text(&key), "-out", text(&out)]);
    if let Some(names) = names {
        command.args(["-addext", &format!("subjectAltName={names}")]);
    }
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    std::fs::read(out).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn name(subject: &str, names: Option<&str>) -> Result<String, CertificateError> {
    holder(&made(subject, names)).map(|holder| holder.name)
}

#[test]
fn a_holder_is_known_by_spiffe_id_or_subject() {
    let id = "spiffe://example.org/ns/audit/sa/reader";
    let also = format!("URI:{id},DNS:reader.example.org");
    assert_eq!(name("/CN=other", Some(&also)).unwrap(), id);
    assert_eq!(name("/", Some(&also)).unwrap(), id);
    assert_eq!(
        name("/O=Example, Inc./OU=Audit/CN=reader", None).unwrap(),
        "CN=reader,OU=Audit,O=Example\\, Inc."
    );
    // Not to be taken for the one above.
    assert_eq!(
        name("/O=Example/CN=reader,OU=Audit", None).unwrap(),
        "CN=reader\\,OU\\=Audit,O=Example"
    );
    assert_eq!(
        name("/CN=spiffe:\\/\\/example.org\\/admin", None).unwrap(),
        "CN=spiffe://example.org/admin"
    );
    let web = Some("URI:https://example.org/reader");
    assert_eq!(name("/CN=reader", web).unwrap(), "CN=reader");
    assert_eq!(
        name("/CN=reader/serialNumber=7", None).unwrap(),
        "2.5.4.5=#13:37,CN=reader"
    );
}

#[test]
fn a_holder_without_one_clear_name_is_refused() {
    let id = "spiffe://example.org/reader";
    for other in ["https://example.org", "spiffe://example.org/writer"] {
        let both = format!("URI:{id},URI:{other}");
        let refused = name("/CN=x", Some(&both));
        assert_eq!(refused, Err(CertificateError::SeveralUris));
    }
    let nameless = name("/", Some("DNS:example.org"));
    assert_eq!(nameless, Err(CertificateError::Nameless));
    let wrong = name("/CN=x", Some("URI:spiffe://example.org/a/../b"));
    assert_eq!(wrong, Err(CertificateError::SpiffeId(SpiffeIdError::Path)));
    let none = holder(b"not a certificate");
    assert_eq!(none, Err(CertificateError::NotX509));
    let mut longer = made("/CN=x", None);
    longer.push(0);
    assert_eq!(validity(&longer), Err(CertificateError::NotX509));
}

#[test]
fn the_validity_is_what_was_asked_for() {
    let validity = validity(&made("/CN=x", None)).unwrap();
    let days = validity.not_after.since(validity.not_before);
    assert_eq!(days.as_secs(), 2 * 86_400);
}
