//! Whom the client trusts: what the system trusts, and the authorities of a file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use elasticsearch::cert::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// A bundle of every authority of the web has a quarter of a megabyte.
const LONGEST_FILE: u64 = 8 * 1024 * 1024;

/// The certificates of a PEM file; at least one, and each can be trusted.
///
/// # Errors
/// In words that name the file and the option.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |what: String| format!("CANARYTRACE_ELASTIC_CA: {} {what}", path.display());
    let mut pem = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut pem))
        .map_err(|error| wrong(format!("can't be read: {error}")))?;
    if pem.is_empty() {
        return Err(wrong("is empty: certificates in PEM are wanted".to_owned()));
    }
    if pem.len() as u64 > LONGEST_FILE {
        return Err(wrong("is too large to be a file of certificates".to_owned()));
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| wrong(format!("is no valid PEM: {error}")))?;
    if found.is_empty() {
        return Err(wrong(
            "holds no certificate: lines between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE----- are wanted"
                .to_owned(),
        ));
    }
    let mut roots = RootCertStore::empty();
    for (number, certificate) in (1..).zip(&found) {
        let added = roots.add(certificate.clone());
        added.map_err(|error| wrong(format!("has a certificate, its number {number}, that can't be read: {error}")))?;
    }
    Ok(found)
}

/// What is trusted beside the roots that the HTTP client brings along: the system's (or those in `SSL_CERT_FILE`) and
/// those of a file. None when there are neither.
///
/// # Errors
/// In words that name the file and the option.
pub(super) fn roots(ca: Option<&Path>) -> Result<Option<Certificate>, String> {
    let mut trusted = ca.map(certificates).transpose()?.unwrap_or_default();
    // Of what the system trusts a few can be too old for rustls; a client can't be built with those.
    let mut readable = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs().certs;
    trusted.extend(system.into_iter().filter(|certificate| readable.add(certificate.clone()).is_ok()));
    let mut all: Option<Certificate> = None;
    for certificate in trusted {
        let one =
            Certificate::from_der(&certificate).map_err(|error| format!("a certificate can't be read: {error}"))?;
        match &mut all {
            Some(all) => all.append(one),
            none => *none = Some(one),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_no_certificates_is_refused_with_its_name_and_the_option() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let wrong = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            let error = certificates(&path).unwrap_err();
            assert!(error.starts_with("CANARYTRACE_ELASTIC_CA: ") && error.contains("ca.pem"), "{error}");
            error
        };
        assert!(wrong(b"").contains("is empty"));
        assert!(wrong(b"\x30\x82\x01\x02").contains("holds no certificate"));
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        assert!(wrong(key.as_bytes()).contains("holds no certificate"));
        let broken = b"-----BEGIN CERTIFICATE-----\n@@@@\n-----END CERTIFICATE-----\n";
        assert!(wrong(broken).contains("is no valid PEM"));
        let nonsense = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(wrong(nonsense).contains("its number 1, that can't be read"));
        let gone = certificates(&folder.path().join("gone.pem")).unwrap_err();
        assert!(gone.contains("gone.pem can't be read: No such file"), "{gone}");
    }

    #[test]
    fn every_certificate_of_a_file_is_read_whatever_stands_between() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let one = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap().cert.pem();
        std::fs::write(&path, format!("# ours\r\n{}\nnext:\n{}", one("a.example"), one("b.example"))).unwrap();
        assert_eq!(certificates(&path).unwrap().len(), 2);
        assert!(roots(Some(&path)).unwrap().unwrap().len() >= 2);
    }
}
