//! Options from a URL: `s3://bucket/prefix?region=eu-central-1&endpoint=https://s3.example.org`.

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use url::Url;

use super::options::{CLIENT_OPTIONS, S3Error, S3Options};

/// Those of a client's options that are secrets, or part of one.
fn is_secret(key: &AmazonS3ConfigKey) -> bool {
    use AmazonS3ConfigKey as Key;
    // Its type is not public.
    let encryption_key = key.as_ref() == "aws_sse_customer_key_base64";
    encryption_key || matches!(key, Key::AccessKeyId | Key::SecretAccessKey | Key::Token)
}

fn names_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

impl S3Options {
    /// What a URL says, and the environment where the URL says nothing: `s3://bucket/prefix?option=value`,
    /// with the options that S3's own tools have, in lower case and without `aws_`: `region`, `endpoint`,
    /// `allow_http`, `virtual_hosted_style_request`, `proxy_url` and so on. An `endpoint` that begins with
    /// `http:` is allowed to. Time-outs are fields of the options.
    ///
    /// # Errors
    /// [`Url`](S3Error::Url); [`UnknownOption`](S3Error::UnknownOption);
    /// [`SecretInUrl`](S3Error::SecretInUrl), since a URL ends in logs: also for an address in it, such as a
    /// proxy's, that has a user or a password.
    pub fn from_url(text: &str) -> Result<Self, S3Error> {
        let url = Url::parse(text).map_err(|_| S3Error::Url)?;
        let bucket = url.host_str().filter(|_| url.scheme() == "s3" && url.port().is_none());
        let bucket = bucket.ok_or(S3Error::Url)?;
        if names_user(&url) {
            return Err(S3Error::SecretInUrl { name: "user".to_owned() });
        }
        if url.fragment().is_some() {
            return Err(S3Error::Url);
        }
        let mut options = Self::of(AmazonS3Builder::from_env()).bucket(bucket);
        options.prefix = Path::from_url_path(url.path()).map_err(|_| S3Error::Url)?;
        for (name, value) in url.query_pairs() {
            let unknown = || S3Error::UnknownOption { name: name.to_string() };
            let key: AmazonS3ConfigKey = name.parse().map_err(|_| unknown())?;
            let secret = is_secret(&key) || Url::parse(&value).is_ok_and(|address| names_user(&address));
            match key {
                _ if secret => return Err(S3Error::SecretInUrl { name: name.to_string() }),
                AmazonS3ConfigKey::Bucket => return Err(unknown()),
                AmazonS3ConfigKey::Client(key) if !CLIENT_OPTIONS.contains(&key) => return Err(unknown()),
                AmazonS3ConfigKey::Endpoint => options = options.endpoint(&value),
                key => options.builder = options.builder.with_config(key, value),
            }
        }
        Ok(options)
    }
}
