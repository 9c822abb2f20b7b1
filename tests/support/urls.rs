//! An object store in memory whose URLs can be used, as a client does that knows nothing but the URL.

#![allow(dead_code, reason = "each test uses its part")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use tenantry::environment::Clock;
use tenantry::record::SecretText;
use tenantry::store::object::UrlSigner;
use tenantry::store::{SignedUrl, StoreError, UrlPurpose, UrlRequest};

/// What stands in every URL, so that it is found wherever one is shown.
pub(crate) const SIGNATURE: &str = "X-Synthetic-Signature";

/// What the store makes of the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It is signed with the URL, and kept.
    Signed,
    /// There is none.
    Absent,
}

/// What was answered: HTTP's status, and of a read the bytes and the headers that were signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) bytes: Bytes,
    pub(crate) content_type: String,
    pub(crate) disposition: String,
}

struct Issued {
    location: Path,
    purpose: UrlPurpose,
    ends: Timestamp,
}

/// Signs URLs of objects in memory, and answers who uses them.
#[derive(Clone)]
pub(crate) struct Urls {
    objects: Arc<InMemory>,
    clock: Arc<dyn Clock>,
    condition: Condition,
    signature: &'static str,
    issued: Arc<Mutex<Vec<Issued>>>,
}

/// A request that was begun in time, and ends whenever the client likes.
pub(crate) struct Begun {
    urls: Urls,
    location: Path,
}

impl Urls {
    pub(crate) fn new(objects: Arc<InMemory>, clock: Arc<dyn Clock>, condition: Condition) -> Self {
        Self { objects, clock, condition, signature: SIGNATURE, issued: Arc::default() }
    }

    /// The same with that text in every URL.
    pub(crate) fn signature(self, signature: &'static str) -> Self {
        Self { signature, ..self }
    }

    /// Which URL it is, and whether it is good for that now.
    fn find(&self, url: &str, put: bool) -> Result<(Path, UrlPurpose), u16> {
        let number = url.strip_prefix("https://objects.test/?number=");
        let number = number.and_then(|rest| rest.strip_suffix(&format!("&{}", self.signature)));
        let number: usize = number.and_then(|number| number.parse().ok()).ok_or(403_u16)?;
        let issued = self.issued.lock().unwrap();
        let found = issued.get(number).ok_or(403_u16)?;
        let fits = matches!(found.purpose, UrlPurpose::Put) == put;
        if !fits || self.clock.now() >= found.ends {
            return Err(403);
        }
        Ok((found.location.clone(), found.purpose.clone()))
    }

    /// Begins to upload: the URL is looked at, and no more.
    pub(crate) fn begin(&self, url: &str, headers: &[(&str, &str)]) -> Result<Begun, u16> {
        let (location, _) = self.find(url, true)?;
        if self.condition == Condition::Signed && headers != [("if-none-match", "*")] {
            return Err(403);
        }
        Ok(Begun { urls: self.clone(), location })
    }

    /// Uploads; the status.
    pub(crate) async fn put(&self, url: &str, headers: &[(&str, &str)], bytes: &'static [u8]) -> u16 {
        match self.begin(url, headers) {
            Ok(begun) => begun.end(bytes).await,
            Err(status) => status,
        }
    }

    /// Reads.
    pub(crate) async fn get(&self, url: &str) -> Answer {
        let none = |status| Answer {
            status,
            bytes: Bytes::new(),
            content_type: String::new(),
            disposition: String::new(),
        };
        match self.find(url, false) {
            Ok((location, UrlPurpose::Get { content_type, content_disposition: disposition })) => {
                match self.objects.get(&location).await {
                    Ok(found) => {
                        Answer { status: 200, bytes: found.bytes().await.unwrap(), content_type, disposition }
                    }
                    Err(_) => none(404),
                }
            }
            Ok(_) => none(403),
            Err(status) => none(status),
        }
    }
}

impl Begun {
    /// Ends the upload; the status.
    pub(crate) async fn end(self, bytes: &'static [u8]) -> u16 {
        let mode = match self.urls.condition {
            Condition::Signed => PutMode::Create,
            Condition::Absent => PutMode::Overwrite,
        };
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.urls.objects.put_opts(&self.location, Bytes::from_static(bytes).into(), options).await {
            Ok(_) => 200,
            Err(_) => 412,
        }
    }
}

#[async_trait]
impl UrlSigner for Urls {
    async fn sign(&self, location: &Path, request: &UrlRequest) -> Result<SignedUrl, StoreError> {
        let span = jiff::SignedDuration::try_from(request.expires_in).unwrap();
        let ends = self.clock.now().checked_add(span).unwrap();
        let (location, purpose) = (location.clone(), request.purpose.clone());
        let creates_only = matches!(purpose, UrlPurpose::Put) && self.condition == Condition::Signed;
        let mut issued = self.issued.lock().unwrap();
        issued.push(Issued { location, purpose, ends });
        let url = format!("https://objects.test/?number={}&{}", issued.len() - 1, self.signature);
        let headers = if creates_only { vec![("if-none-match", "*".to_owned())] } else { Vec::new() };
        Ok(SignedUrl { url: SecretText::new(url), headers, creates_only })
    }
}
