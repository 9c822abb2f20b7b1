//! How an [`S3Store`](super::S3Store) is opened: explicitly, by the environment, or by a URL.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::client::{HttpClient, HttpConnector, ReqwestConnector};
use object_store::limit::LimitStore;
use object_store::list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore};
use object_store::path::Path;
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, RetryConfig};
use tokio::sync::{OnceCell, Semaphore};

use super::signer::S3Signer;
use super::unfinished::S3Uploads;
use crate::environment::SystemEntropy;
use crate::record::SecretText;
use crate::store::object::{Clients, ObjectStoreSettings, ObjectTenantStore};

/// Those of a client's options that the environment or a URL may set. The others are time-outs and pools,
/// which are [`S3Options`]' own.
pub(super) const CLIENT_OPTIONS: [ClientConfigKey; 9] = [
    ClientConfigKey::AllowHttp,
    ClientConfigKey::AllowInvalidCertificates,
    ClientConfigKey::NoSystemCertificates,
    ClientConfigKey::Http1Only,
    ClientConfigKey::Http2Only,
    ClientConfigKey::ProxyUrl,
    ClientConfigKey::ProxyCaCertificate,
    ClientConfigKey::ProxyExcludes,
    ClientConfigKey::UserAgent,
];

/// Where a bucket is, how to get in, and with which patience.
///
/// What is not said is as S3 has it. Credentials that are given neither here nor by the
/// environment are sought where S3's own tools seek them last: at the machine's metadata service.
#[derive(Clone)]
#[non_exhaustive]
pub struct S3Options {
    pub(super) builder: AmazonS3Builder,
    pub(super) prefix: Path,
    /// At which address the URLs that are given out lead to the server, if at another.
    url_endpoint: Option<String>,
    /// How long connecting may take: 5 s.
    pub connect_timeout: Duration,
    /// How long a request may take that carries little, such as a commit: 15 s.
    pub request_timeout: Duration,
    /// How long a request may take that carries a file or a part of it to the server: 5 min. Longer than
    /// [`request_life`](crate::Settings::request_life) it must not be.
    pub upload_timeout: Duration,
    /// For how long nothing may come of a download before it is taken for broken: 30 s.
    pub read_timeout: Duration,
    /// How many small requests may be under way at once: 64. Listings have as many for themselves.
    pub requests: usize,
    /// How many requests that carry files to the server may be under way at once: 32.
    pub uploads: usize,
    /// How many downloads may be under way at once: 256. One more waits for the request's time-out, and is
    /// then refused as unavailable.
    pub downloads: usize,
    /// What goes with the bytes that are sent, so that the server can tell whether they are those.
    pub checksum: BodyChecksum,
    /// Sizes and limits of what is stored.
    pub store: ObjectStoreSettings,
}

/// What the server compares the bytes with that it got, before it stores them.
///
/// The signature of a request has a digest of its body too, and S3 compares that; not every server that speaks like
/// it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BodyChecksum {
    /// Their SHA-256, in the header that S3 has for it. It is the digest that the signature has, so that it costs
    /// nothing more.
    #[default]
    Sha256,
    /// Nothing, for servers that refuse the header; unless the environment or the URL says `checksum_algorithm`.
    None,
}

/// Why an [`S3Store`](super::S3Store) can't be made of its options. It carries no value of an option.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum S3Error {
    /// The URL is none that begins with `s3://` and a bucket.
    #[error("the URL is not of the form s3://bucket/prefix?option=value")]
    Url,
    /// The URL has an option that is not known.
    #[error("the URL has an option that is not known: {name}")]
    UnknownOption {
        /// Its name.
        name: String,
    },
    /// A URL ends in logs: secrets come from the environment or are given by
    /// [`credentials`](S3Options::credentials).
    #[error("credentials don't belong in a URL: {name}")]
    SecretInUrl {
        /// The name of the option, or `user`.
        name: String,
    },
    /// An option has a value that can't be.
    #[error("{name} can't be that")]
    Value {
        /// Its name.
        name: &'static str,
    },
    /// What was given does not make a client.
    #[error("the options don't make a client of S3")]
    Client,
}

impl fmt::Debug for S3Options {
    /// Bucket, address and credentials are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Options")
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("upload_timeout", &self.upload_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("requests", &self.requests)
            .field("uploads", &self.uploads)
            .field("downloads", &self.downloads)
            .field("checksum", &self.checksum)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl S3Options {
    /// A bucket of that name, with no other option.
    #[must_use]
    pub fn new(bucket: &str) -> Self {
        Self::of(AmazonS3Builder::new().with_bucket_name(bucket))
    }

    /// What the variables of the environment say that S3's own tools read: `AWS_BUCKET`, `AWS_REGION`,
    /// `AWS_ENDPOINT`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_ALLOW_HTTP` and so on.
    /// Time-outs are not taken from there.
    #[must_use]
    pub fn from_env() -> Self {
        Self::of(AmazonS3Builder::from_env())
    }

    pub(super) fn of(builder: AmazonS3Builder) -> Self {
        Self {
            builder,
            prefix: Path::ROOT,
            url_endpoint: None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(15),
            upload_timeout: Duration::from_secs(300),
            read_timeout: Duration::from_secs(30),
            requests: 64,
            uploads: 32,
            downloads: 256,
            checksum: BodyChecksum::default(),
            store: ObjectStoreSettings::default(),
        }
    }

    /// The same in another bucket.
    #[must_use]
    pub fn bucket(mut self, name: &str) -> Self {
        self.builder = self.builder.with_bucket_name(name);
        self
    }

    /// The same in that region.
    #[must_use]
    pub fn region(mut self, name: &str) -> Self {
        self.builder = self.builder.with_region(name);
        self
    }

    /// The same at another server's address, such as `https://s3.example.org`. An address that begins with
    /// `http:` is taken at its word: what goes there is not encrypted.
    #[must_use]
    pub fn endpoint(mut self, address: &str) -> Self {
        self.builder = self.builder.with_endpoint(address).with_allow_http(address.starts_with("http:"));
        self
    }

    /// The same with these credentials.
    #[must_use]
    pub fn credentials(mut self, access_key: &str, secret: &SecretText) -> Self {
        self.builder = self.builder.with_access_key_id(access_key).with_secret_access_key(secret.expose());
        self
    }

    /// The same with a session's token beside the credentials.
    #[must_use]
    pub fn session_token(mut self, token: &SecretText) -> Self {
        self.builder = self.builder.with_token(token.expose());
        self
    }

    /// The same with everything below a prefix, such as `apps/mine`.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = Path::from(prefix);
        self
    }

    /// The same where the URLs that are given out lead to another address than the library's own: where clients
    /// reach the server. Before the first URL to upload by, the library has to reach it there, too, to see what that
    /// address makes of one.
    #[must_use]
    pub fn url_endpoint(mut self, address: &str) -> Self {
        self.url_endpoint = Some(address.to_owned());
        self
    }

    fn client_options(&self) -> ClientOptions {
        let given = |key| Some((key, self.builder.get_config_value(&AmazonS3ConfigKey::Client(key))?));
        CLIENT_OPTIONS
            .into_iter()
            .filter_map(given)
            .fold(ClientOptions::new(), |options, (key, value)| options.with_config(key, value))
            .with_connect_timeout(self.connect_timeout)
            .with_pool_max_idle_per_host(self.requests)
    }

    fn client(&self, timeouts: impl FnOnce(ClientOptions) -> ClientOptions) -> Result<AmazonS3, S3Error> {
        let options = self.client_options();
        // So that time-outs bound a request's life: what was not answered is settled by the ledger.
        let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let mut builder = self.builder.clone().with_retry(retry).with_client_options(timeouts(options));
        let is_said = builder.get_config_value(&AmazonS3ConfigKey::Checksum).is_some();
        if self.checksum == BodyChecksum::Sha256 && !is_said {
            builder = builder.with_checksum_algorithm(Checksum::SHA256);
        }
        // Its text may hold an address.
        builder.build().map_err(|_| S3Error::Client)
    }

    /// Whether an option is on, however the environment or a URL spells that.
    fn is_set(&self, key: &AmazonS3ConfigKey) -> bool {
        let value = self.builder.get_config_value(key).unwrap_or_default();
        ["1", "true", "on", "yes", "y"].contains(&&*value.to_ascii_lowercase())
    }

    /// Who signs URLs; nobody where requests go unsigned.
    fn signer(&self, inside: &AmazonS3, http: &HttpClient) -> Result<Option<S3Signer>, S3Error> {
        if self.is_set(&AmazonS3ConfigKey::SkipSignature) {
            return Ok(None);
        }
        let outside = match &self.url_endpoint {
            None => inside.clone(),
            Some(address) => {
                let elsewhere = self.clone().endpoint(address);
                elsewhere.client(|options| options.with_timeout(self.request_timeout))?
            }
        };
        let http = http.clone();
        let bucket = self.builder.get_config_value(&AmazonS3ConfigKey::Bucket).unwrap_or_default();
        let folder = self.prefix.clone().join(".tenantry");
        let (inside, condition) = (inside.clone(), OnceCell::new());
        Ok(Some(S3Signer { outside, inside, http, bucket, folder, condition }))
    }

    /// Sends requests that are signed as URLs.
    fn http(&self) -> Result<HttpClient, S3Error> {
        let options = self.client_options().with_timeout(self.request_timeout);
        ReqwestConnector::default().connect(&options).map_err(|_| S3Error::Client)
    }

    /// Who finds unfinished uploads; nobody where requests go unsigned, or in a directory bucket, whose requests are
    /// signed in another way.
    fn unfinished(&self, client: &AmazonS3, http: &HttpClient, is_general: bool) -> Option<S3Uploads> {
        if self.is_set(&AmazonS3ConfigKey::SkipSignature) || !is_general {
            return None;
        }
        let (client, http, is_told) = (client.clone(), http.clone(), AtomicBool::new(false));
        Some(S3Uploads { client, http, is_told })
    }

    pub(super) fn build(self) -> Result<ObjectTenantStore, S3Error> {
        let nothing = [
            ("requests", self.requests == 0),
            ("uploads", self.uploads == 0),
            ("downloads", self.downloads == 0),
            ("connect_timeout", self.connect_timeout.is_zero()),
            ("request_timeout", self.request_timeout.is_zero()),
            ("upload_timeout", self.upload_timeout.is_zero()),
            ("read_timeout", self.read_timeout.is_zero()),
        ];
        if let Some((name, _)) = nothing.into_iter().find(|(_, nothing)| *nothing) {
            return Err(S3Error::Value { name });
        }
        let small = self.client(|options| options.with_timeout(self.request_timeout))?;
        let uploads = self.client(|options| options.with_timeout(self.upload_timeout))?;
        let downloads =
            self.client(|options| options.with_timeout_disabled().with_read_timeout(self.read_timeout))?;
        // A directory bucket lists in no order.
        let ordered = !self.is_set(&AmazonS3ConfigKey::S3Express);
        let pages = LimitedPages { client: small.clone(), requests: Semaphore::new(self.requests) };
        // One for both: each client reads the system's certificates anew, a few milliseconds.
        let http = self.http()?;
        let signer = self.signer(&small, &http)?;
        let unfinished = self.unfinished(&small, &http, ordered);
        let limited =
            |client: AmazonS3, most: usize| Arc::new(LimitStore::new(client, most)) as Arc<dyn ObjectStore>;
        let clients = Clients {
            small: limited(small, self.requests),
            // Their turns are the store's own matter, since they have deadlines.
            uploads: Arc::new(uploads),
            downloads: limited(downloads, self.downloads),
            pages: ordered.then(|| Arc::new(pages) as _),
            patience: Some(self.request_timeout),
            longest_request: Some(self.upload_timeout.max(self.request_timeout)),
        };
        let store = ObjectTenantStore::over(clients, self.prefix, Arc::new(SystemEntropy), self.store)
            .uploads_at_once(self.uploads);
        let store = match signer {
            Some(signer) => store.signing(Arc::new(signer)),
            None => store,
        };
        Ok(match unfinished {
            Some(unfinished) => store.aborting(Arc::new(unfinished)),
            None => store,
        })
    }
}

/// Listings page by page, so many at once.
struct LimitedPages {
    client: AmazonS3,
    requests: Semaphore,
}

#[async_trait]
impl PaginatedListStore for LimitedPages {
    async fn list_paginated(
        &self,
        prefix: Option<&str>,
        options: PaginatedListOptions,
    ) -> object_store::Result<PaginatedListResult> {
        // It is never closed; if it were, nothing would be limited.
        let _permit = self.requests.acquire().await.ok();
        self.client.list_paginated(prefix, options).await
    }
}
