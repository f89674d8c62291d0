//! Where attachments are kept beside the data folder: a folder, or a bucket that speaks S3.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use super::options::Config;

/// What region is said when none is given; stores other than Amazon's mostly take any.
const REGION: &str = "us-east-1";

/// `CANARYTRACE_ATTACHMENTS_URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttachmentsUrl {
    /// `file:///folder`.
    Folder(PathBuf),
    /// `s3://bucket/prefix`.
    S3 {
        /// The bucket.
        bucket: String,
        /// What keys begin with, without slashes at its ends; may be empty.
        prefix: String,
    },
}

impl AttachmentsUrl {
    /// Reads `file:///folder` and `s3://bucket/prefix`.
    ///
    /// # Errors
    /// In words that repeat nothing of the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        const ALLOWED: &str = "allowed are file:///folder and s3://bucket/prefix";
        let url = Url::parse(text).map_err(|_| ALLOWED.to_owned())?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(format!("{ALLOWED}, without user, query and fragment: keys are options of their own"));
        }
        match url.scheme() {
            "file" => url.to_file_path().map(Self::Folder).map_err(|()| ALLOWED.to_owned()),
            "s3" => {
                let bucket = url.host_str().filter(|bucket| is_bucket(bucket)).ok_or(ALLOWED)?.to_owned();
                let prefix = url.path().trim_matches('/').to_owned();
                if !prefix.is_empty() && prefix.split('/').any(str::is_empty) {
                    return Err(format!("{ALLOWED}: the prefix has an empty part"));
                }
                // What is not plain would be encoded once in the key and twice in its link.
                if !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte)) {
                    return Err("a prefix is of letters, digits and -_./ alone".to_owned());
                }
                Ok(Self::S3 { bucket, prefix })
            }
            _ => Err(ALLOWED.to_owned()),
        }
    }
}

/// Names of buckets, general and old ones.
pub(super) fn is_bucket(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (3..=255).contains(&name.len()) && name.bytes().all(fits)
}

/// Where attachments are copied to.
#[derive(Clone, Debug)]
pub enum AttachmentStore {
    /// A folder.
    Folder(PathBuf),
    /// A bucket.
    S3(Box<S3Store>),
}

/// A bucket of Amazon S3, or of what speaks as it does.
#[derive(Clone, Debug)]
pub struct S3Store {
    /// The bucket.
    pub bucket: String,
    /// What keys begin with; may be empty.
    pub prefix: String,
    /// The region.
    pub region: String,
    /// Where the store is, unless it is Amazon's.
    pub endpoint: Option<Url>,
    /// Access key and secret key; else the role of the machine is asked for.
    pub keys: Option<(String, SecretString)>,
}

impl AttachmentStore {
    /// Where the attachment `name` of a run is, from the root of the store.
    pub fn key(&self, run: Uuid, name: &str) -> String {
        match self {
            Self::S3(s3) if !s3.prefix.is_empty() => format!("{}/{run}/{name}", s3.prefix),
            _ => format!("{run}/{name}"),
        }
    }

    /// What the attachment `name` of a run will be found at: known before it is there. The names of attachments need no
    /// encoding.
    pub fn link(&self, run: Uuid, name: &str) -> String {
        let key = self.key(run, name);
        match self {
            Self::Folder(folder) => {
                let file = folder.join(&key);
                Url::from_file_path(&file).map_or_else(|()| file.display().to_string(), String::from)
            }
            Self::S3(s3) => match &s3.endpoint {
                Some(endpoint) => format!("{}/{}/{key}", endpoint.as_str().trim_end_matches('/'), s3.bucket),
                // A dot in a bucket's name is not in the certificate of *.s3.region.amazonaws.com.
                None if s3.bucket.contains('.') => {
                    format!("https://s3.{}.amazonaws.com/{}/{key}", s3.region, s3.bucket)
                }
                None => format!("https://{}.s3.{}.amazonaws.com/{key}", s3.bucket, s3.region),
            },
        }
    }

    /// The store in a few words.
    pub fn name(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::S3(s3) => match &s3.endpoint {
                Some(endpoint) => format!("s3://{} at {endpoint}", s3.bucket),
                None => format!("s3://{}", s3.bucket),
            },
        }
    }
}

impl Config {
    /// Where attachments are copied to, if they are.
    pub fn attachment_store(&self) -> Option<AttachmentStore> {
        let (bucket, prefix) = match (&self.attachments_url, &self.aws_s3_bucket) {
            (Some(AttachmentsUrl::Folder(folder)), _) => return Some(AttachmentStore::Folder(folder.clone())),
            (Some(AttachmentsUrl::S3 { bucket, prefix }), _) => (bucket.clone(), prefix.clone()),
            (None, Some(bucket)) => (bucket.clone(), String::new()),
            (None, None) => return None,
        };
        Some(AttachmentStore::S3(Box::new(S3Store {
            bucket,
            prefix,
            region: self.aws_s3_region.clone().unwrap_or_else(|| REGION.to_owned()),
            endpoint: self.aws_s3_endpoint.clone(),
            keys: self.aws_s3_access_key.clone().zip(self.aws_s3_secret_key.clone()),
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(env: &[(&str, &str)]) -> Config {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_parts(env, None).unwrap()
    }

    fn link(env: &[(&str, &str)]) -> String {
        config(env).attachment_store().unwrap().link(Uuid::nil(), "a.png")
    }

    #[test]
    fn links_are_known_before_anything_is_uploaded() {
        const RUN: &str = "00000000-0000-0000-0000-000000000000";
        assert!(config(&[]).attachment_store().is_none());
        assert_eq!(link(&[("CANARYTRACE_ATTACHMENTS_URL", "file:///srv/c")]), format!("file:///srv/c/{RUN}/a.png"));
        assert_eq!(
            link(&[("AWS_S3_BUCKET", "pics"), ("AWS_S3_REGION", "eu-west-1")]),
            format!("https://pics.s3.eu-west-1.amazonaws.com/{RUN}/a.png")
        );
        assert_eq!(
            link(&[("CANARYTRACE_ATTACHMENTS_URL", "s3://my.pics/a/b/")]),
            format!("https://s3.us-east-1.amazonaws.com/my.pics/a/b/{RUN}/a.png")
        );
        assert_eq!(
            link(&[("AWS_S3_BUCKET", "pics"), ("AWS_S3_ENDPOINT", "http://127.0.0.1:9000/")]),
            format!("http://127.0.0.1:9000/pics/{RUN}/a.png")
        );
    }

    #[test]
    fn a_url_that_names_no_store_is_refused() {
        for wrong in
            ["pics", "gs://pics", "s3://", "s3://b", "s3://pics/a//b", "s3://k:s@pics", "s3://pics?a", "file://host/a"]
        {
            assert!(AttachmentsUrl::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_endpoint_with_a_secret_in_it_is_refused_because_links_are_made_of_it() {
        let endpoint = |url: &str| Config::from_parts([("AWS_S3_ENDPOINT".to_owned(), url.to_owned())], None).map(drop);
        assert!(endpoint("https://s3.example:9000").is_ok());
        for wrong in ["https://u:hunter2@s3.example", "https://s3.example/?token=hunter2", "s3.example"] {
            let error = endpoint(wrong).unwrap_err().to_string();
            assert!(error.contains("AWS_S3_ENDPOINT") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn half_of_the_keys_is_an_error() {
        let with = |name: &str| Config::from_parts([(name.to_owned(), "x".to_owned())], None).map(drop);
        assert!(with("AWS_S3_ACCESS_KEY").unwrap_err().to_string().contains("AWS_S3_SECRET_KEY"));
        assert!(with("AWS_S3_SECRET_KEY").unwrap_err().to_string().contains("AWS_S3_ACCESS_KEY"));
    }
}
