//! What an X.509 certificate says: until when it is valid, and whose it is. Whether it is to be believed was decided
//! before, by whoever verified its chain.

mod spiffe;
mod subject;

use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer};

use crate::domain::Timestamp;

pub use spiffe::SpiffeIdError;

/// What is wrong with a certificate.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CertificateError {
    /// Not a certificate.
    #[error("it is not an X.509 certificate")]
    NotX509,
    /// Extensions that cannot be read.
    #[error("its subject alternative names cannot be read")]
    AlternativeNames,
    /// It has a SPIFFE ID beside other URIs; the standard wants one URI alone.
    #[error("it has a SPIFFE ID and other URIs beside it")]
    SeveralUris,
    /// Its SPIFFE ID is none.
    #[error("its SPIFFE ID is wrong")]
    SpiffeId(#[from] SpiffeIdError),
    /// Neither a SPIFFE ID nor a subject.
    #[error("it has neither a SPIFFE ID nor a subject")]
    Nameless,
    /// A subject that is longer than any that a person would write.
    #[error("its subject is longer than {} bytes", subject::LONGEST)]
    SubjectTooLong,
}

/// When a certificate may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From here on.
    pub not_before: Timestamp,
    /// Until here.
    pub not_after: Timestamp,
}

/// Whose a certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The SPIFFE ID (`spiffe://example.org/ns/audit/sa/reader`) if it has one, else the subject as RFC 4514 writes it
    /// (`CN=reader,O=Example`). The two cannot be confused: a subject begins with an attribute's name and `=`.
    pub name: String,
    /// When the certificate may be used.
    pub validity: Validity,
}

/// When the certificate in `der` may be used.
///
/// # Errors
/// It is none.
pub fn validity(der: &[u8]) -> Result<Validity, CertificateError> {
    Ok(validity_of(&parse(der)?))
}

/// Whose the certificate in `der` is.
///
/// # Errors
/// It is none, or has no name to know its holder by.
pub fn holder(der: &[u8]) -> Result<Holder, CertificateError> {
    let certificate = parse(der)?;
    let uris = uris(&certificate)?;
    let name = match &uris[..] {
        [uri] if spiffe::is_one(uri) => spiffe::checked(uri)?.to_owned(),
        several if several.iter().any(|uri| spiffe::is_one(uri)) => {
            return Err(CertificateError::SeveralUris);
        }
        _ => subject::written(certificate.subject())?,
    };
    Ok(Holder {
        name,
        validity: validity_of(&certificate),
    })
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(CertificateError::NotX509),
    }
}

fn validity_of(certificate: &X509Certificate<'_>) -> Validity {
    let validity = certificate.validity();
    Validity {
        not_before: Timestamp::from_seconds(validity.not_before.timestamp()),
        not_after: Timestamp::from_seconds(validity.not_after.timestamp()),
    }
}

fn uris<'a>(certificate: &'a X509Certificate<'_>) -> Result<Vec<&'a str>, CertificateError> {
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| CertificateError::AlternativeNames)?;
    let Some(names) = names else {
        return Ok(Vec::new());
    };
    let mut uris = Vec::new();
    for name in &names.value.general_names {
        match name {
            GeneralName::URI(uri) => uris.push(*uri),
            // Perhaps a URI: who cannot be read is not let in by another name.
            GeneralName::Invalid(..) => return Err(CertificateError::AlternativeNames),
            _ => {}
        }
    }
    Ok(uris)
}

#[cfg(test)]
mod tests;
