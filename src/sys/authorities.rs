//! Certificates of authorities that are believed besides those of the operating system.

use std::{
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Certificates that are believed besides those of the operating system.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Authorities(Vec<Authority>);

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authority {
    /// Whose it is, as it says itself.
    pub subject: String,
    /// After this moment nobody believes it any more.
    pub expires: Timestamp,
    der: Vec<u8>,
}

/// Why they could not be had.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// The file cannot be read.
    #[error("read the certificates in {}: check the path and that the account of the agent may read it", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// There is none in it.
    #[error("use the certificates in {}: there is none; it must be PEM, with lines -----BEGIN CERTIFICATE-----", .0.display())]
    None(PathBuf),
    /// One of them is damaged.
    #[error("use the certificates in {}: number {nth} is damaged; export it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which.
        nth: usize,
    },
}

impl Authorities {
    /// Reads a file of certificates in PEM.
    pub fn open(path: &Path) -> Result<Self, AuthoritiesError> {
        let text = std::fs::read(path).map_err(|error| AuthoritiesError::Read(path.to_owned(), error))?;
        let mut all = Vec::new();
        for (nth, certificate) in (1..).zip(CertificateDer::pem_slice_iter(&text)) {
            let read = certificate.ok().and_then(|der| Authority::read(der.to_vec()));
            all.push(read.ok_or_else(|| AuthoritiesError::Damaged { path: path.to_owned(), nth })?);
        }
        if all.is_empty() { Err(AuthoritiesError::None(path.to_owned())) } else { Ok(Self(all)) }
    }

    /// Each of them.
    pub fn all(&self) -> &[Authority] {
        &self.0
    }
}

impl Authority {
    fn read(der: Vec<u8>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(&der).ok()?;
        let expires = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?;
        let subject = certificate.subject().to_string();
        Some(Self { subject, expires, der })
    }

    /// The certificate itself.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};

    use super::*;
    use crate::sys::fs::write_whole;

    fn authority(name: &str, until: i32) -> String {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_after = date_time_ymd(until, 3, 31);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn each_certificate_of_a_file_says_whose_it_is_and_until_when() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("council-ca.pem");
        let text = format!("exported by IT\n{}\n{}", authority("Council Root", 2031), authority("Council Proxy", 2027));
        write_whole(&path, text.as_bytes()).unwrap();
        let told: Vec<_> = Authorities::open(&path)
            .unwrap()
            .all()
            .iter()
            .map(|one| format!("{}, {}", one.subject, one.expires.strftime("%F")))
            .collect();
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("CN=Council Root") && told[0].ends_with("2031-03-31"), "{told:?}");
        assert!(told[1].contains("CN=Council Proxy") && told[1].ends_with("2027-03-31"), "{told:?}");
    }

    #[test]
    fn a_file_without_a_sound_certificate_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("council-ca.pem");
        assert!(matches!(Authorities::open(&path), Err(AuthoritiesError::Read(..))));
        let damaged = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        for (text, told) in [
            ("", "there is none"),
            ("MIIBkTCB+wIJ", "there is none"),
            (damaged, "number 1 is damaged"),
            (&format!("{}{damaged}", authority("Council", 2031)), "number 2 is damaged"),
        ] {
            write_whole(&path, text.as_bytes()).unwrap();
            let error = Authorities::open(&path).unwrap_err().to_string();
            assert!(error.contains(told) && error.contains("council-ca.pem"), "{error}");
        }
    }
}
