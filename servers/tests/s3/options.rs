//! Options are checked and used, and nothing of a secret is said.

use std::time::Duration;

use futures::TryStreamExt;
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::record::SecretText;
use tenantry::store::s3::{S3Error, S3Options, S3Store};
use tenantry::store::{StoreErrorKind, TenantStore};
use tenantry::{ErrorKind, Tenantry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{options, prefix};

#[test]
fn a_url_says_bucket_prefix_and_options() {
    let options =
        S3Options::from_url("s3://bucket/some/prefix?region=eu-central-1&endpoint=https://s3.example.org");
    S3Store::new(options.unwrap()).unwrap();
}

#[test]
fn what_is_no_url_of_a_bucket_is_refused() {
    for text in
        ["", "bucket", "s3:///prefix", "https://example.org/bucket", "s3://", "s3://b:80/x", "s3://b/#x"]
    {
        assert!(matches!(S3Options::from_url(text), Err(S3Error::Url)), "{text}");
    }
    let unknown = S3Options::from_url("s3://bucket/?reigon=x").unwrap_err();
    assert_eq!(unknown.to_string(), "the URL has an option that is not known: reigon");
    // Time-outs are fields of the options.
    for text in ["s3://bucket/?bucket=other", "s3://bucket/?timeout=5s", "s3://bucket/?read_timeout=5s"] {
        assert!(matches!(S3Options::from_url(text), Err(S3Error::UnknownOption { .. })), "{text}");
    }
}

#[test]
fn a_url_with_secrets_is_refused_without_saying_them() {
    for text in [
        "s3://key:hidden@bucket/",
        "s3://bucket/?secret_access_key=hidden",
        "s3://bucket/?aws_access_key_id=hidden",
        "s3://bucket/?session_token=hidden",
        "s3://bucket/?sse_customer_key_base64=hidden",
        "s3://bucket/?proxy_url=http://me:hidden@127.0.0.1:1",
        "s3://bucket/?endpoint=http://me:hidden@127.0.0.1:1",
    ] {
        let error = S3Options::from_url(text).unwrap_err();
        assert!(matches!(error, S3Error::SecretInUrl { .. }), "{text}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("hidden"));
    }
}

#[test]
fn limits_of_nothing_are_refused() {
    let mut none = options();
    none.downloads = 0;
    assert!(matches!(S3Store::new(none), Err(S3Error::Value { name: "downloads" })));
    let mut none = options();
    none.read_timeout = std::time::Duration::ZERO;
    assert!(matches!(S3Store::new(none), Err(S3Error::Value { name: "read_timeout" })));
}

#[tokio::test]
async fn a_request_may_take_no_longer_than_late_requests_are_waited_for() {
    let mut slow = options();
    slow.upload_timeout = std::time::Duration::from_secs(3600);
    let error = Tenantry::builder(S3Store::new(slow).unwrap()).open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("request_life"), "{error}");
}

#[test]
fn an_address_without_encryption_is_taken_only_where_it_says_so() {
    let plain = S3Options::new("bucket").region("x").endpoint("http://127.0.0.1:1");
    S3Store::new(plain).unwrap();
}

#[tokio::test]
async fn options_of_the_client_are_used_too() {
    // Through a proxy that there is not, nothing is reached.
    let (server, bucket) = (repeating().await, "s3://bucket/?region=x&skip_signature=true");
    for (proxy, said) in [("", "HTTP status 400"), ("&proxy_url=http://127.0.0.1:1", "Connect")] {
        let options = S3Options::from_url(&format!("{bucket}&endpoint={server}{proxy}")).unwrap();
        let error = S3Store::new(options).unwrap().probe().await.unwrap_err();
        assert!(format!("{error:?}").contains(said), "{error:?}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused_and_never_said() {
    let wrong = options().credentials("synthetic", &SecretText::new("a-wrong-secret"));
    let said = format!("{wrong:?}");
    let store = S3Store::new(wrong).unwrap();
    let said = format!("{said} {store:?}");
    let error = Tenantry::builder(store).open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
    let said = format!("{said} {error} {error:?}");
    for secret in ["a-wrong-secret", "synthetic"] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_as_such() {
    let nowhere = options().endpoint("http://127.0.0.1:1");
    let error = S3Store::new(nowhere).unwrap().probe().await.unwrap_err();
    assert_eq!(error.kind(), tenantry::store::StoreErrorKind::Unavailable, "{error:?}");
}

/// A server that refuses everything, and repeats in its answer what it was sent, as S3 does.
async fn repeating() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let length = client.read(&mut asked).await.unwrap();
            let asked = String::from_utf8_lossy(&asked[..length]);
            let body = format!("<Error><Code>InvalidToken</Code><Token-0>{asked}</Token-0></Error>");
            let head = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n", body.len());
            // A connection that breaks is the client's to see.
            drop(client.write_all((head + &body).as_bytes()).await);
        }
    });
    address
}

#[tokio::test]
async fn what_a_server_says_is_told_without_address_bucket_and_credentials() {
    let options = S3Options::new("a-bucket")
        .region("x")
        .endpoint(&repeating().await)
        .credentials("AKIASYNTHETIC", &SecretText::new("a-secret"))
        .session_token(&SecretText::new("a-session-token"));
    let store = S3Store::new(options).unwrap();
    let key =
        BlobKey::new(TenantId::parse("ana").unwrap(), Area::Videos, FileName::parse("rain.mp4").unwrap());
    for error in [store.probe().await.unwrap_err(), store.head(&key).await.unwrap_err()] {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let said = format!("{error} {error:?} {cause:?}");
        for hidden in ["a-bucket", "127.0.0.1", "AKIASYNTHETIC", "a-secret", "a-session-token"] {
            assert!(!said.contains(hidden), "{hidden}: {said}");
        }
        assert!(said.contains("HTTP status 400"), "{said}");
    }
    // A HEAD's answer has no body; a GET's says which error it is.
    let error = store.header(key.tenant()).await.unwrap_err();
    assert!(format!("{error:?}").contains("InvalidToken"), "{error:?}");
}

#[tokio::test]
async fn the_environment_says_who_is_asking() {
    let url = std::env::var("TENANTRY_S3").unwrap();
    let (_, endpoint) = url.split_once("endpoint=").unwrap();
    let bucket = url.strip_prefix("s3://").unwrap().split('/').next().unwrap();
    let options = S3Options::from_env().bucket(bucket).region("us-east-1").endpoint(endpoint);
    S3Store::new(options.prefix(&prefix())).unwrap().probe().await.unwrap();
}

fn film() -> BlobKey {
    BlobKey::new(TenantId::parse("ana").unwrap(), Area::Videos, FileName::parse("rain.mp4").unwrap())
}

/// Options for a server of a test's own, whose patience is short.
async fn impatient(listener: &TcpListener) -> S3Options {
    let address = format!("http://{}", listener.local_addr().unwrap());
    let secret = SecretText::new("synthetic");
    let mut options =
        S3Options::new("bucket").region("x").endpoint(&address).credentials("synthetic", &secret);
    options.request_timeout = Duration::from_millis(200);
    options.read_timeout = Duration::from_millis(200);
    options
}

#[tokio::test]
async fn a_request_that_is_never_answered_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = S3Store::new(impatient(&listener).await).unwrap();
    let silent = async {
        let mut clients = Vec::new();
        loop {
            clients.push(listener.accept().await.unwrap());
        }
    };
    let film = film();
    tokio::select! {
        answer = store.head(&film) => {
            assert_eq!(answer.unwrap_err().kind(), StoreErrorKind::Unavailable);
        }
        () = silent => {}
    }
}

#[tokio::test]
async fn a_download_on_which_nothing_comes_any_more_is_begun_again_where_it_was() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = S3Store::new(impatient(&listener).await).unwrap();
    let server = tokio::spawn(async move {
        let mut clients = Vec::new();
        for (range, body) in [("0-9/10", "01234"), ("5-9/10", "56789")] {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let length = client.read(&mut asked).await.unwrap();
            let asked = String::from_utf8_lossy(&asked[..length]).to_lowercase();
            let (wanted, _) = range.split_once('/').unwrap();
            assert!(asked.contains(&format!("range: bytes={wanted}\r\n")), "{asked}");
            let of = if wanted.starts_with('0') { 10 } else { 5 };
            let head = format!(
                "HTTP/1.1 206 Partial Content\r\ncontent-length: {of}\r\ncontent-range: bytes {range}\r\n\
                 etag: \"same\"\r\nlast-modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n{body}"
            );
            client.write_all(head.as_bytes()).await.unwrap();
            // Kept open: it is silence that ends the first one.
            clients.push(client);
        }
    });
    let pieces: Vec<bytes::Bytes> = store.get(&film(), 0..10).await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"0123456789");
    server.await.unwrap();
}
