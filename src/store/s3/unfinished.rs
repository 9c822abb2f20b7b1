//! Lists the uploads in parts of a bucket that were begun and neither completed nor aborted, and aborts them.
//!
//! S3 keeps their parts, and has them paid for, until that is done. The request is one that is signed as a URL
//! of the bucket: `object_store` has none of its own for it. A server that refuses it has its own rule for them, if any:
//! the log says so once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::AmazonS3;
use object_store::client::{HttpClient, HttpRequest, HttpRequestBody};
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::signer::{Method, SignedUrlOptions, Signer};
use object_store::{Error as ObjectError, MultipartId};
use serde::Deserialize;

use crate::store::object::UnfinishedUploads;
use crate::store::object_error::from_object;
use crate::store::{StoreError, StoreErrorKind};

const OPERATION: &str = "clear unfinished";
/// How long the URL is good for by which a page is asked for.
const LIFE: Duration = Duration::from_secs(60);

/// The unfinished uploads of a bucket.
pub(super) struct S3Uploads {
    pub(super) client: AmazonS3,
    pub(super) http: HttpClient,
    /// Whether the log says already that the server does not list them.
    pub(super) is_told: AtomicBool,
}

/// A page of S3's answer, as far as it matters.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    /// How keys are spelled: `url`, or as XML has them.
    encoding_type: Option<String>,
    #[serde(default)]
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_upload_id_marker: Option<String>,
    #[serde(default, rename = "Upload")]
    uploads: Vec<Upload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Upload {
    key: String,
    upload_id: String,
}

/// Where a listing goes on: a key, and an upload of it.
type Marker = (String, String);

impl Answer {
    /// A key as it is; `None` if that can't be told.
    fn key(&self, spelled: &str) -> Option<String> {
        if self.encoding_type.as_deref() != Some("url") {
            return Some(spelled.to_owned());
        }
        // As a form spells it: a space is a plus.
        let pair = format!("key={}", spelled.replace('&', "%26").replace(';', "%3B"));
        let (_, key) = url::form_urlencoded::parse(pair.as_bytes()).next()?;
        // What is no UTF-8 is none of the library's keys.
        (!key.contains('\u{fffd}')).then(|| key.into_owned())
    }

    fn next(&self) -> Option<Marker> {
        let key = self.next_key_marker.as_deref().filter(|_| self.is_truncated)?;
        Some((self.key(key)?, self.next_upload_id_marker.clone().unwrap_or_default()))
    }
}

#[async_trait]
impl UnfinishedUploads for S3Uploads {
    async fn abort(&self, folder: &Path, only: Option<&BTreeSet<Path>>) -> Result<(), StoreError> {
        for (key, id) in self.list(folder).await? {
            if only.is_some_and(|only| !only.contains(&key)) {
                continue;
            }
            match self.client.abort_multipart(&key, &id).await {
                // It was completed or aborted meanwhile.
                Ok(()) | Err(ObjectError::NotFound { .. }) => {}
                Err(error) => return Err(from_object(OPERATION, "an unfinished upload", error)),
            }
        }
        Ok(())
    }
}

impl S3Uploads {
    /// The unfinished uploads within a folder; none where the server does not tell.
    async fn list(&self, folder: &Path) -> Result<Vec<(Path, MultipartId)>, StoreError> {
        let prefix = format!("{folder}/");
        let (mut found, mut marker) = (Vec::new(), None);
        loop {
            let Some(page) = self.page(&prefix, marker.as_ref()).await? else { return Ok(Vec::new()) };
            for upload in &page.uploads {
                // Whatever the server lists, what lies elsewhere is another's.
                let key = page.key(&upload.key).filter(|key| key.starts_with(&prefix));
                let key = key.and_then(|key| Path::parse(key).ok());
                found.extend(key.map(|key| (key, upload.upload_id.clone())));
            }
            let next = page.next();
            if next.is_some() && next == marker {
                return Err(unreadable());
            }
            marker = next;
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    /// A page of the listing; `None` where the server refuses it.
    async fn page(&self, prefix: &str, after: Option<&Marker>) -> Result<Option<Answer>, StoreError> {
        let failed = |error| from_object(OPERATION, "the unfinished uploads", error);
        let mut query = vec![("uploads", ""), ("prefix", prefix), ("encoding-type", "url")];
        if let Some((key, id)) = after {
            query.extend([("key-marker", key.as_str()), ("upload-id-marker", id.as_str())]);
        }
        let options = SignedUrlOptions::default().with_query(query);
        let url = self.client.signed_url_opts(Method::GET, &Path::ROOT, LIFE, &options).await;
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = url.map_err(failed)?.as_str().parse().map_err(|_| unreadable())?;
        let broken = |source| failed(ObjectError::Generic { store: "S3", source });
        let answer = self.http.execute(request).await.map_err(|error| broken(error.into()))?;
        let status = answer.status().as_u16();
        match status {
            200 => {}
            // In need of a pause, or out of order.
            408 | 429 | 500 | 502..=504 => {
                let detail = format!("the unfinished uploads were not listed: HTTP status {status}");
                return Err(StoreError::new(StoreErrorKind::Unavailable, OPERATION, detail));
            }
            _ => {
                if !self.is_told.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        target: "tenantry::upload", status,
                        "the server does not list unfinished uploads, so the bucket needs a rule that aborts them",
                    );
                }
                return Ok(None);
            }
        }
        let body = answer.into_body().bytes().await.map_err(|error| broken(error.into()))?;
        let text = std::str::from_utf8(&body).map_err(|_| unreadable())?;
        quick_xml::de::from_str(text).map(Some).map_err(|_| unreadable())
    }
}

fn unreadable() -> StoreError {
    let detail = "the list of unfinished uploads can't be read";
    StoreError::new(StoreErrorKind::Unavailable, OPERATION, detail)
}
