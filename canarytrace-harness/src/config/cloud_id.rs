//! The cloud id of a deployment in Elastic Cloud: where its Elasticsearch is reached.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::Url;

/// A deployment in Elastic Cloud: `name:` and, in base64, `domain$elasticsearch$kibana`, each with a port if need be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudId {
    /// Name that the deployment has for people.
    pub name: String,
    /// Where its Elasticsearch is reached; always HTTPS.
    pub url: Url,
}

impl CloudId {
    /// Reads a cloud id as Elastic Cloud's console shows it. The error says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        const WANTED: &str = "the cloud id as Elastic Cloud's console shows it is wanted, name:base64";
        const PADDING: GeneralPurposeConfig =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let (name, data) = text.trim().rsplit_once(':').ok_or_else(|| format!("it has no colon; {WANTED}"))?;
        let decoded = GeneralPurpose::new(&STANDARD, PADDING).decode(data).ok();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let decoded = decoded.ok_or_else(|| format!("what follows the colon is no base64 of a text; {WANTED}"))?;
        let mut parts = decoded.split('$').map(str::trim);
        let (Some(domain), Some(elasticsearch)) = (parts.next(), parts.next()) else {
            return Err(format!("it names a domain and no Elasticsearch; {WANTED}"));
        };
        let (domain, port) = domain.split_once(':').unwrap_or((domain, "443"));
        let (id, port) = elasticsearch.split_once(':').unwrap_or((elasticsearch, port));
        let is_host = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        };
        if !is_host(domain) || !is_host(id) || port.parse::<u16>().is_err() {
            return Err(format!("it does not name a domain and an Elasticsearch; {WANTED}"));
        }
        let url = Url::parse(&format!("https://{id}.{domain}:{port}/"));
        Ok(Self { name: name.to_owned(), url: url.map_err(|error| format!("it names no host ({error}); {WANTED}"))? })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

    use super::CloudId;

    fn url(decoded: &str) -> String {
        let id = format!("shop:eu:{}", STANDARD.encode(decoded));
        let parsed = CloudId::parse(&id).unwrap();
        assert_eq!(parsed.name, "shop:eu");
        assert_eq!(CloudId::parse(&format!("shop:eu:{}", STANDARD_NO_PAD.encode(decoded))).unwrap(), parsed);
        parsed.url.to_string()
    }

    #[test]
    fn a_cloud_id_is_the_address_of_its_elasticsearch() {
        assert_eq!(url("us-east-1.aws.found.io$4fa8$9d02"), "https://4fa8.us-east-1.aws.found.io/");
        assert_eq!(url("found.io$4fa8$"), "https://4fa8.found.io/");
        assert_eq!(url("found.io:9243$4fa8$9d02"), "https://4fa8.found.io:9243/");
        assert_eq!(url("found.io$4fa8:9244$9d02:9245"), "https://4fa8.found.io:9244/");
    }

    #[test]
    fn what_is_no_cloud_id_is_refused_with_the_reason() {
        let wrong = |text: &str| CloudId::parse(text).unwrap_err();
        let of = |decoded: &str| wrong(&format!("shop:{}", STANDARD.encode(decoded)));
        assert!(wrong("Zm91bmQuaW8kNGZhOA==").starts_with("it has no colon"));
        assert!(wrong("shop:%%%").contains("no base64"));
        assert!(wrong("shop:/w==").contains("no base64 of a text"));
        assert!(of("found.io").contains("no Elasticsearch"));
        for decoded in ["$4fa8", "found.io$", "found.io$a/b", "found.io:x$4fa8", "user@found.io$4fa8"] {
            assert!(of(decoded).contains("does not name a domain"), "{decoded}");
        }
    }
}
