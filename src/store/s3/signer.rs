//! Signs URLs of S3, once it is known what the server makes of them.
//!
//! A URL to upload by is only as good as the server that checks it. So before the first one is signed, the
//! server is tried with one of the library's own, at the address to which URLs lead: whether it refuses headers that were not signed (where it does
//! not, `x-amz-copy-source` would turn an upload into a copy of anybody's object: then no such URL is
//! signed), and whether the condition that was signed is kept. A copy that is signed is tried first: were it refused too,
//! the trial would show nothing.

use std::time::Duration;

use bytes::Bytes;
use object_store::aws::AmazonS3;
use object_store::client::{HttpClient, HttpRequest};
use object_store::path::Path;
use object_store::signer::{HeaderName, HeaderValue, Method, SignedUrlOptions, Signer, Url};
use object_store::{Error as ObjectError, ObjectStoreExt};
use tokio::sync::OnceCell;

use crate::environment::{Entropy, SystemEntropy};
use crate::record::SecretText;
use crate::store::object::UrlSigner;
use crate::store::object_error::from_object;
use crate::store::{SignedUrl, StoreError, StoreErrorKind, UrlPurpose, UrlRequest};

const OPERATION: &str = "sign url";
/// That nothing is replaced.
const CONDITION: (&str, &str) = ("if-none-match", "*");
/// What makes a PUT a copy.
const COPY_SOURCE: &str = "x-amz-copy-source";
/// How long the URL is good for with which the server is tried.
const PROBE_LIFE: Duration = Duration::from_secs(60);

/// The signer of a bucket.
pub(super) struct S3Signer {
    /// Signs for the address at which clients reach the server.
    pub(super) outside: AmazonS3,
    /// Signs for the address at which the library does.
    pub(super) inside: AmazonS3,
    /// Sends what anybody could.
    pub(super) http: HttpClient,
    /// The bucket's name.
    pub(super) bucket: String,
    /// Where the probes lie.
    pub(super) folder: Path,
    /// Whether the server keeps to the condition; known once it was tried.
    pub(super) condition: OnceCell<bool>,
}

#[async_trait::async_trait]
impl UrlSigner for S3Signer {
    async fn sign(&self, location: &Path, request: &UrlRequest) -> Result<SignedUrl, StoreError> {
        let (url, creates_only) = match &request.purpose {
            UrlPurpose::Get { content_type, content_disposition } => {
                let answered = [
                    ("response-content-type", content_type.as_str()),
                    ("response-content-disposition", content_disposition.as_str()),
                ];
                let options = SignedUrlOptions::default().with_query(answered);
                let url = self.outside.signed_url_opts(Method::GET, location, request.expires_in, &options);
                (url.await.map(String::from).map_err(failed)?, false)
            }
            UrlPurpose::Put => {
                let condition = *self.condition.get_or_try_init(|| self.probe()).await?;
                (put_url(&self.outside, location, request.expires_in, [CONDITION]).await?, condition)
            }
        };
        let headers = match request.purpose {
            UrlPurpose::Get { .. } => Vec::new(),
            UrlPurpose::Put => vec![(CONDITION.0, CONDITION.1.to_owned())],
        };
        Ok(SignedUrl { url: SecretText::new(url), headers, creates_only })
    }
}

impl S3Signer {
    /// Tries the server with a URL for an object of the library's own; whether it keeps to the condition.
    async fn probe(&self) -> Result<bool, StoreError> {
        let mut random = [0_u8; 16];
        SystemEntropy.fill(&mut random);
        let name = |part: &str| format!("probe-url-{part}-{:032x}", u128::from_be_bytes(random));
        let key = |part: &str| self.folder.clone().join(name(part));
        let (other, copy, target) = (key("other"), key("copy"), key("new"));
        let put = self.inside.put(&other, "tenantry probe: another object\n".into()).await;
        let found = match put {
            Ok(_) => self.probe_at(&other, &copy, &target).await,
            Err(error) => Err(failed(error)),
        };
        for key in [&other, &copy, &target] {
            match self.inside.delete(key).await {
                Ok(()) | Err(ObjectError::NotFound { .. }) => {}
                Err(error) => return found.and(Err(failed(error))),
            }
        }
        found
    }

    async fn probe_at(&self, other: &Path, copy: &Path, target: &Path) -> Result<bool, StoreError> {
        let source = self.copy_source(other).await?;
        // That the server copies where it is signed shows that what it refuses below is not the wrong name.
        let signed = [(COPY_SOURCE, source.as_str())];
        let signed_url = put_url(&self.outside, copy, PROBE_LIFE, signed).await?;
        if !self.send(&signed_url, &signed).await? {
            return Err(lacks("its server does not copy, so that nobody knows what its URLs allow"));
        }
        let url = put_url(&self.outside, target, PROBE_LIFE, [CONDITION]).await?;
        let copied = self.send(&url, &[CONDITION, (COPY_SOURCE, &source)]).await?;
        let landed = match self.inside.head(target).await {
            Ok(_) => true,
            Err(ObjectError::NotFound { .. }) => false,
            Err(error) => return Err(failed(error)),
        };
        if copied || landed {
            return Err(lacks(
                "its server takes headers that a URL does not sign: who may upload could copy",
            ));
        }
        let without = self.send(&url, &[]).await?;
        let first = self.send(&url, &[CONDITION]).await?;
        if !first && !without {
            return Err(lacks("its server refuses a URL to upload by"));
        }
        let second = self.send(&url, &[CONDITION]).await?;
        Ok(first && !without && !second)
    }

    /// An object as the source of a copy: its bucket, and its key as a URL spells it, wherever the bucket stands
    /// in that.
    async fn copy_source(&self, location: &Path) -> Result<String, StoreError> {
        let url = self.inside.signed_url(Method::GET, location, PROBE_LIFE).await.map_err(failed)?;
        let path: Vec<&str> = url.path().split('/').collect();
        let key = path[path.len().saturating_sub(location.parts().count())..].join("/");
        Ok(format!("/{}/{key}", self.bucket))
    }

    /// Sends a PUT as anybody could who has the URL; whether it was done.
    async fn send(&self, url: &str, headers: &[(&'static str, &str)]) -> Result<bool, StoreError> {
        let unsendable =
            |_| StoreError::new(StoreErrorKind::Unavailable, OPERATION, "the probe can't be sent");
        let mut request = HttpRequest::new(Bytes::from_static(b"tenantry probe: uploaded\n").into());
        *request.method_mut() = Method::PUT;
        *request.uri_mut() = url.parse().map_err(|_| unsendable(()))?;
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|_| unsendable(()))?;
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        let answer = self.http.execute(request).await;
        let answer =
            answer.map_err(|error| failed(ObjectError::Generic { store: "S3", source: error.into() }))?;
        if answer.status().is_server_error() {
            let detail = format!("the server failed at the probe: HTTP status {}", answer.status().as_u16());
            return Err(StoreError::new(StoreErrorKind::Unavailable, OPERATION, detail));
        }
        Ok(answer.status().is_success())
    }
}

/// A URL to write an object by, with a header that is part of what is signed.
async fn put_url(
    client: &AmazonS3,
    location: &Path,
    expires_in: Duration,
    [(name, value)]: [(&'static str, &str); 1],
) -> Result<String, StoreError> {
    let unsignable = |_| lacks("the header can't be signed");
    let value = HeaderValue::from_str(value).map_err(unsignable)?;
    let options = SignedUrlOptions::default().with_signed_header(HeaderName::from_static(name), value);
    let url = client.signed_url_opts(Method::PUT, location, expires_in, &options).await;
    url.map(Url::into).map_err(failed)
}

fn failed(error: ObjectError) -> StoreError {
    from_object(OPERATION, "the URL", error)
}

fn lacks(detail: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unsupported, OPERATION, format!("the object store won't do: {detail}"))
}
