//! A bucket that speaks S3, by way of `object_store`, over the HTTP client that the library has anyway: `object_store`'s
//! own would bring a second one, and a second TLS library in C.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::TokioExecutor;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use object_store::{Error, ObjectStoreExt as _, PutPayload, RetryConfig, WriteMultipart};
use secrecy::ExposeSecret as _;
use tokio::io::AsyncReadExt as _;

use super::destination::Trouble;
use crate::config::S3Store;
use crate::http::system_certificates;

/// A larger file goes in parts of this size, bytes: so much of it is in memory.
const PART: usize = 8 * 1024 * 1024;

/// How long one request may take.
const REQUEST_LIMIT: Duration = Duration::from_mins(1);

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A bucket.
#[derive(Debug)]
pub(super) struct Bucket(AmazonS3);

impl Bucket {
    pub(super) async fn open(store: &S3Store) -> Result<Self, String> {
        let tls = system_certificates().await;
        let insecure = store.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http");
        let tls = match tls {
            Ok(tls) => tls,
            // Nobody needs certificates on the way to such a store.
            Err(_) if insecure => crate::http::client_config(rustls::RootCertStore::empty())?,
            Err(trouble) => return Err(trouble.message),
        };
        let mut tcp = TcpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT_LIMIT));
        tcp.enforce_http(false);
        let https = HttpsConnectorBuilder::new().with_tls_config((*tls).clone()).https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new()).build(https.wrap_connector(tcp));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&store.bucket)
            .with_region(&store.region)
            .with_allow_http(insecure)
            .with_http_connector(Http(client))
            // How often a store in trouble is asked is ours.
            .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() });
        if let Some(endpoint) = &store.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        } else if !store.bucket.contains('.') {
            builder = builder.with_virtual_hosted_style_request(true);
        }
        if let Some((id, secret)) = &store.keys {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose_secret());
        }
        builder.build().map(Self).map_err(|error| error.to_string())
    }

    pub(super) async fn put(&self, key: &str, path: &Path) -> Result<u64, Trouble> {
        let of_disk = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Trouble::Gone,
            _ => Trouble::Passing(format!("{}: {error}", path.display())),
        };
        let mut file = tokio::fs::File::open(path).await.map_err(of_disk)?;
        let mut part = next_part(&mut file).await.map_err(of_disk)?;
        let key = object_store::path::Path::from(key);
        if part.len() < PART {
            let bytes = part.len() as u64;
            self.0.put(&key, PutPayload::from_bytes(part)).await.map_err(|error| trouble(&error))?;
            return Ok(bytes);
        }
        let upload = self.0.put_multipart(&key).await.map_err(|error| trouble(&error))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut bytes = 0;
        while !part.is_empty() {
            bytes += part.len() as u64;
            // One at a time: so much is in memory, and no more.
            if let Err(error) = upload.wait_for_capacity(1).await {
                _ = upload.abort().await;
                return Err(trouble(&error));
            }
            upload.put(part);
            part = match next_part(&mut file).await {
                Ok(part) => part,
                Err(error) => {
                    _ = upload.abort().await;
                    return Err(of_disk(error));
                }
            };
        }
        upload.finish().await.map_err(|error| trouble(&error))?;
        Ok(bytes)
    }
}

/// The next part of a file; a shorter one is the last.
async fn next_part(file: &mut tokio::fs::File) -> std::io::Result<Bytes> {
    let mut part = Vec::new();
    file.take(PART as u64).read_to_end(&mut part).await?;
    Ok(part.into())
}

fn trouble(error: &Error) -> Trouble {
    let said = in_words(error);
    match error {
        // Not found is the bucket, since a key is made by a put.
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } | Error::NotFound { .. } => {
            Trouble::Refused(said)
        }
        _ => Trouble::Passing(said),
    }
}

/// The error with what caused it, on one line.
fn in_words(error: &Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = error.source();
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Our HTTP client, as `object_store` wants one.
#[derive(Clone, Debug)]
struct Http(Client<HttpsConnector<TcpConnector>, HttpRequestBody>);

impl HttpConnector for Http {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Http {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answered = tokio::time::timeout(REQUEST_LIMIT, self.0.request(request)).await;
        let response = match answered {
            Err(elapsed) => return Err(HttpError::new(HttpErrorKind::Timeout, elapsed)),
            Ok(Err(error)) if error.is_connect() => return Err(HttpError::new(HttpErrorKind::Connect, error)),
            Ok(Err(error)) => return Err(HttpError::new(HttpErrorKind::Request, error)),
            Ok(Ok(response)) => response,
        };
        let (parts, body) = response.into_parts();
        let body = body.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, Arc::new(error)));
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)))
    }
}
