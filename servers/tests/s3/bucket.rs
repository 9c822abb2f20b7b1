//! The bucket itself, asked without the library.
#![allow(dead_code, reason = "each test that shares it uses a part")]

use std::collections::BTreeSet;

use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsAuthorizer};
use object_store::client::{ClientOptions, HttpConnector, HttpRequest, HttpRequestBody, ReqwestConnector};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, RetryConfig};

/// Its name, and the server's address.
fn place() -> (String, String) {
    let url = std::env::var("TENANTRY_S3").expect("TENANTRY_S3 names no server: run `cargo xtask test`");
    let (bucket, endpoint) = url.strip_prefix("s3://").unwrap().split_once("/?").unwrap();
    (bucket.to_owned(), endpoint.rsplit_once("endpoint=").unwrap().1.to_owned())
}

/// A client that repeats no request by itself, as the library's own.
pub(crate) fn client() -> AmazonS3 {
    let (bucket, endpoint) = place();
    let builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_region("us-east-1");
    let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    builder.with_endpoint(endpoint).with_allow_http(true).with_retry(retry).build().unwrap()
}

/// The keys of all objects below a prefix.
pub(crate) async fn keys(prefix: &str) -> BTreeSet<String> {
    let client = client();
    let objects = client.list(Some(&Path::from(prefix))).map_ok(|object| object.location.to_string());
    objects.try_collect().await.unwrap()
}

/// The bytes of an object.
pub(crate) async fn read(key: &str) -> Vec<u8> {
    let found = client().get(&Path::from(key)).await.unwrap();
    found.bytes().await.unwrap().to_vec()
}

/// Puts other bytes in an object's place.
pub(crate) async fn replace(key: &str, bytes: Vec<u8>) {
    client().put(&Path::from(key), bytes.into()).await.unwrap();
}

/// The keys of the uploads in parts that were begun below a prefix and are neither completed nor aborted.
pub(crate) async fn unfinished_uploads(prefix: &str) -> Vec<String> {
    let (bucket, endpoint) = place();
    let mut request = HttpRequest::new(HttpRequestBody::empty());
    *request.uri_mut() = format!("{endpoint}/{bucket}?uploads=").parse().unwrap();
    let credential = client().credentials().get_credential().await.unwrap();
    AwsAuthorizer::new(&credential, "s3", "us-east-1").try_authorize(&mut request, None).unwrap();
    let options = ClientOptions::new().with_allow_http(true);
    let answer = ReqwestConnector::default().connect(&options).unwrap().execute(request).await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    let text = String::from_utf8(answer.into_body().bytes().await.unwrap().to_vec()).unwrap();
    assert!(text.contains("<IsTruncated>false</IsTruncated>"), "{text}");
    let keys = text.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned());
    keys.filter(|key| key.starts_with(prefix)).collect()
}
