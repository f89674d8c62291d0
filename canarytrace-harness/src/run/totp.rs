//! One-time passwords that follow from a secret and the time (TOTP, RFC 6238), as authenticator apps show them.

use std::fmt;
use std::time::Duration;

use data_encoding::{BASE32_NOPAD, Encoding};
use ring::hmac;
use secrecy::SecretString;
use url::Url;

const ALLOWED: &str =
    "allowed is a secret in Base32 (letters A to Z and digits 2 to 7), or a URI otpauth://totp/…?secret=…";

/// A code with less time left than this would expire while it is typed and sent.
const ENOUGH: Duration = Duration::from_secs(2);

/// Where codes come from.
#[derive(Clone)]
pub(crate) struct Totp {
    key: hmac::Key,
    digits: u32,
    period: Duration,
    /// Everything that the codes can be made of again.
    secrets: Vec<SecretString>,
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Totp").field("digits", &self.digits).field("period", &self.period).finish_non_exhaustive()
    }
}

impl Totp {
    /// Reads a secret in Base32 (RFC 4648; blanks, hyphens, padding and case don't matter), or the URI that the QR codes of
    /// authenticator apps hold.
    ///
    /// # Errors
    /// What is allowed, without the secret.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let is_uri = text.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("otpauth:"));
        let mut totp = if is_uri { of_uri(text)? } else { of_secret(text, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)? };
        totp.secrets.push(text.into());
        Ok(totp)
    }

    /// The code at a moment after the Unix epoch.
    pub(crate) fn code_at(&self, since_epoch: Duration) -> String {
        let counter = since_epoch.as_secs() / self.period.as_secs();
        // RFC 4226, section 5.3: four bytes, from where the last half byte says, without the sign.
        let tag = hmac::sign(&self.key, &counter.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[tag.len() - 1] & 0xf);
        let word = u32::from_be_bytes([tag[offset], tag[offset + 1], tag[offset + 2], tag[offset + 3]]) & 0x7fff_ffff;
        format!("{:0width$}", word % 10u32.pow(self.digits), width = self.digits as usize)
    }

    /// How long to wait for a code that is not about to expire.
    pub(crate) fn wait_at(&self, since_epoch: Duration) -> Duration {
        let period = self.period.as_nanos();
        let left = period - since_epoch.as_nanos() % period;
        let left = Duration::from_nanos(u64::try_from(left).unwrap_or(u64::MAX));
        if left < ENOUGH { left } else { Duration::ZERO }
    }

    /// What is to be masked.
    pub(crate) fn secrets(&self) -> &[SecretString] {
        &self.secrets
    }
}

/// Secrets in the wild end with bits that decode to nothing, which authenticator apps don't mind.
fn base32() -> Option<Encoding> {
    let mut specification = BASE32_NOPAD.specification();
    specification.check_trailing_bits = false;
    specification.encoding().ok()
}

fn of_secret(text: &str, algorithm: hmac::Algorithm) -> Result<Totp, String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let bare = bare.trim_end_matches('=').to_ascii_uppercase();
    let key = base32().and_then(|base32| base32.decode(bare.as_bytes()).ok()).filter(|key| !key.is_empty());
    let key = hmac::Key::new(algorithm, &key.ok_or(ALLOWED)?);
    let secrets = vec![bare.to_ascii_lowercase().into(), bare.into()];
    Ok(Totp { key, digits: 6, period: Duration::from_secs(30), secrets })
}

/// `otpauth://totp/Shop:ada?secret=…&algorithm=SHA256&digits=8&period=60`, as Google Authenticator defined it.
fn of_uri(text: &str) -> Result<Totp, String> {
    let uri = Url::parse(text).map_err(|_| format!("it begins like a URI and is none; {ALLOWED}"))?;
    match uri.host_str() {
        Some("totp") => {}
        Some("hotp") => {
            return Err(format!("codes that are counted (hotp) can't be made without the count; {ALLOWED}"));
        }
        _ => return Err(ALLOWED.to_owned()),
    }
    let field = |name: &str| uri.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let algorithm = match field("algorithm").map(|name| name.to_ascii_uppercase()).as_deref() {
        None | Some("SHA1") => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Some("SHA256") => hmac::HMAC_SHA256,
        Some("SHA512") => hmac::HMAC_SHA512,
        Some(_) => return Err("the URI's algorithm is unknown; allowed are SHA1, SHA256, SHA512".to_owned()),
    };
    let number = |name: &str, default: u64, least: u64, most: u64| match field(name) {
        None => Ok(default),
        Some(text) => match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(format!("the URI's {name} is wrong; allowed is a whole number from {least} to {most}")),
        },
    };
    let digits = number("digits", 6, 6, 8)?;
    let period = number("period", 30, 5, 3600)?;
    let secret = field("secret").ok_or_else(|| format!("the URI has no secret; {ALLOWED}"))?;
    let mut totp = of_secret(&secret, algorithm)?;
    totp.digits = u32::try_from(digits).unwrap_or(6);
    totp.period = Duration::from_secs(period);
    totp.secrets.push(secret.into());
    Ok(totp)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn base32(key: &str) -> String {
        BASE32_NOPAD.encode(key.as_bytes())
    }

    fn uri(key: &str, algorithm: &str) -> String {
        format!("otpauth://totp/Shop:ada?secret={}&issuer=Shop&algorithm={algorithm}&digits=8", base32(key))
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        const KEY: &str = "1234567890123456789012345678901234567890123456789012345678901234";
        let sources = [(&KEY[..20], "SHA1"), (&KEY[..32], "SHA256"), (KEY, "SHA512")]
            .map(|(key, name)| Totp::parse(&uri(key, name)).unwrap());
        // Appendix B.
        for (time, codes) in [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ] {
            assert_eq!(sources.each_ref().map(|totp| totp.code_at(Duration::from_secs(time))), codes, "{time}");
        }
    }

    #[test]
    fn a_bare_secret_means_six_digits_of_thirty_seconds() {
        let totp = Totp::parse(&base32("12345678901234567890")).unwrap();
        assert_eq!(totp.code_at(Duration::from_secs(59)), "287082");
        assert_eq!(totp.code_at(Duration::from_secs(30)), totp.code_at(Duration::from_millis(59_999)));
        assert_ne!(totp.code_at(Duration::from_millis(59_999)), totp.code_at(Duration::from_mins(1)));
        assert_eq!(totp.code_at(Duration::from_secs(1_111_111_109)), "081804", "leading zeros stay");
    }

    #[test]
    fn a_secret_may_be_written_as_people_write_it() {
        let code = |text: &str| Totp::parse(text).unwrap().code_at(Duration::from_secs(59));
        let expected = code("JBSWY3DPEHPK3PXP");
        for text in ["jbsw y3dp ehpk 3pxp", " JBSW-Y3DP-EHPK-3PXP\n", "JBSWY3DPEHPK3PXP===="] {
            assert_eq!(code(text), expected, "{text:?}");
        }
        assert_eq!(code("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=sha1&image=a"), expected);
        assert_eq!(code("OTPAUTH://totp/x?period=30&secret=jbswy3dpehpk3pxp"), expected);
        // The last character has bits to spare.
        assert_eq!(code("JBSWY3DPEHPK3PX7QF"), code("JBSWY3DPEHPK3PX7QE"));
    }

    #[test]
    fn what_is_no_source_of_codes_is_refused_without_being_repeated() {
        for (text, part) in [
            ("", "allowed is a secret in Base32"),
            ("=", "allowed is a secret in Base32"),
            ("JBSWY3DPEHPK3PX1", "allowed is a secret in Base32"),
            ("JBSWY3DPE", "allowed is a secret in Base32"),
            ("https://totp/?secret=JBSWY3DPEHPK3PXP", "allowed is a secret in Base32"),
            ("otpauth:", "allowed is a secret in Base32"),
            ("otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1", "hotp"),
            ("otpauth://totp/x", "the URI has no secret"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PX1", "allowed is a secret in Base32"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5", "allowed are SHA1, SHA256, SHA512"),
            (
                "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=20",
                "the URI's digits is wrong; allowed is a whole number from 6 to 8",
            ),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=0", "the URI's period is wrong"),
        ] {
            let reason = Totp::parse(text).unwrap_err();
            assert!(reason.contains(part) && !reason.contains("JBSWY"), "{text}: {reason}");
        }
    }

    #[test]
    fn a_code_that_is_about_to_expire_is_waited_out() {
        let totp = Totp::parse("JBSWY3DPEHPK3PXP").unwrap();
        let wait = |ms| totp.wait_at(Duration::from_millis(ms)).as_millis();
        assert_eq!([wait(0), wait(27_999), wait(28_000)], [0, 0, 0]);
        assert_eq!([wait(28_001), wait(29_999), wait(30_000), wait(59_000)], [1_999, 1, 0, 1_000]);
    }

    #[test]
    fn everything_that_tells_the_secret_is_known_to_be_one() {
        let totp = Totp::parse("otpauth://totp/x?secret=JBSW-Y3DP").unwrap();
        let secrets: Vec<&str> = totp.secrets().iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(secrets, ["jbswy3dp", "JBSWY3DP", "JBSW-Y3DP", "otpauth://totp/x?secret=JBSW-Y3DP"]);
        assert!(!format!("{totp:?}").contains("JBSW"));
    }
}
