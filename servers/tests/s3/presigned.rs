//! URLs that a server looks at: what they are good for, and what for they are not.

use std::sync::Arc;
use std::time::Duration;

use tenantry::ownership::Role;
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::record::SecretText;
use tenantry::store::s3::{S3Options, S3Store};
use tenantry::store::{StoreErrorKind, TenantStore, UrlPurpose, UrlRequest};
use tenantry::{ErrorKind, Expected, NewTenant, Session, Tenantry, UploadByUrl, UploadLength, UploadTicket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::client::{Answer, send};
use crate::support::{options, prefix, store};

const MINUTE: Duration = Duration::from_secs(60);
const MOVING: &[u8] = b"moving pictures";
const CONDITION: [(&str, &str); 1] = [("If-None-Match", "*")];

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// The users ana and ben at a place.
async fn people(place: &str) -> (Tenantry, Session, Session) {
    let tenantry = Tenantry::builder(store(place)).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    for name in ["ana", "ben"] {
        admin.tenants().create(&id(name), NewTenant::new(Role::User)).await.unwrap();
    }
    let (ana, ben) = (tenantry.session(&id("ana")).await, tenantry.session(&id("ben")).await);
    (tenantry, ana.unwrap(), ben.unwrap())
}

async fn ticket(session: &Session, length: UploadLength) -> UploadTicket {
    let upload = UploadByUrl::new("holiday.mp4", length, MINUTE);
    session.own().videos().upload_url(upload).await.unwrap()
}

async fn put(url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    send("PUT", url, headers, body).await
}

#[tokio::test]
async fn a_url_to_read_by_shows_bytes_type_and_name_to_anybody() {
    let (_tenantry, ana, _) = people(&prefix()).await;
    let own = ana.own();
    let video = own.videos().upload_from("hujan ñ.mp4", MOVING).await.unwrap();
    let url = own.videos().download_url(video.id(), MINUTE).await.unwrap();
    let answer = send("GET", url.expose(), &[], &[]).await;
    assert_eq!((answer.status, &answer.body[..]), (200, MOVING), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("video/mp4"));
    let name = "inline; filename*=UTF-8''hujan%20%C3%B1.mp4";
    assert_eq!(answer.header("content-disposition"), Some(name));
    let part = send("GET", url.expose(), &[("Range", "bytes=7-")], &[]).await;
    assert_eq!((part.status, &part.body[..]), (206, &MOVING[7..]));
    own.videos().delete(video.id(), Expected::Any).await.unwrap();
}

#[tokio::test]
async fn a_url_is_good_for_nothing_but_what_it_was_signed_for() {
    let (_tenantry, ana, _) = people(&prefix()).await;
    let own = ana.own();
    let [one, other] = [MOVING, b"other pictures"];
    let one = own.videos().upload_from("one.mp4", one).await.unwrap();
    let other = own.videos().upload_from("other.mp4", other).await.unwrap();
    let url = own.videos().download_url(one.id(), MINUTE).await.unwrap();
    let url = url.expose();
    let (name, elsewhere) = (one.value().filename.as_str(), other.value().filename.as_str());
    for changed in [
        url.replace(name, elsewhere),
        url.replace("/ana/", "/ben/"),
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        url.replace("video%2Fmp4", "text%2Fhtml"),
        format!("{url}&response-cache-control=no-store"),
        format!("{}{}", &url[..url.len() - 1], if url.ends_with('0') { '1' } else { '0' }),
    ] {
        assert_ne!(changed, url);
        let answer = send("GET", &changed, &[], &[]).await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    for method in ["PUT", "DELETE"] {
        assert_eq!(send(method, url, &[], b"changed").await.status, 403, "{method}");
    }
    assert_eq!(send("GET", url, &[], &[]).await.body, MOVING);
}

#[tokio::test]
async fn a_url_ends() {
    let (_tenantry, ana, _) = people(&prefix()).await;
    let video = ana.own().videos().upload_from("rain.mp4", MOVING).await.unwrap();
    let url = ana.own().videos().download_url(video.id(), Duration::from_secs(1)).await.unwrap();
    // The server's clock goes on by itself.
    loop {
        let answer = send("GET", url.expose(), &[], &[]).await;
        if answer.status == 403 {
            assert!(String::from_utf8_lossy(&answer.body).contains("expired"), "{answer:?}");
            break;
        }
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_url_to_upload_by_writes_once_and_only_under_its_condition() {
    let (_tenantry, ana, _) = people(&prefix()).await;
    let ticket = ticket(&ana, UploadLength::AtMost(100)).await;
    let url = ticket.url();
    assert_eq!(url.headers().collect::<Vec<_>>(), [("if-none-match", "*")]);
    assert_eq!(put(url.expose(), &[], MOVING).await.status, 403);
    assert_eq!(put(url.expose(), &[("If-None-Match", "\"other\"")], MOVING).await.status, 403);
    assert_eq!(put(url.expose(), &CONDITION, MOVING).await.status, 200);
    assert_eq!(put(url.expose(), &CONDITION, b"replaced").await.status, 412);
    let made = ana.own().videos().complete_upload(ticket.upload(), None).await.unwrap();
    assert_eq!(made.value().filename, *ticket.upload(), "nobody can replace it, so it stays where it is");
    assert_eq!(put(url.expose(), &CONDITION, b"replaced").await.status, 412);
    assert_eq!(ana.own().videos().open(made.id()).await.unwrap().bytes().await.unwrap(), MOVING);
}

#[tokio::test]
async fn a_url_to_upload_by_writes_nothing_else_and_copies_nothing() {
    let place = prefix();
    let (_tenantry, ana, ben) = people(&place).await;
    let secret = ben.own().videos().upload_from("secret.mp4", &b"of ben alone"[..]).await.unwrap();
    let ticket = ticket(&ana, UploadLength::AtMost(100)).await;
    let url = ticket.url().expose();
    let file = secret.value().filename.as_str();
    for changed in [
        url.replace("/ana/", "/ben/"),
        url.replace("/videos/", "/thumbnails/"),
        url.replace(ticket.upload().as_str(), file),
        url.replace(ticket.upload().as_str(), "../ben/x.mp4"),
        format!("{url}&tagging"),
        format!("{url}&partNumber=1&uploadId=1"),
    ] {
        let answer = put(&changed, &CONDITION, MOVING).await;
        assert!([400, 403].contains(&answer.status), "{changed}: {answer:?}");
    }
    for method in ["GET", "DELETE", "HEAD"] {
        assert_eq!(send(method, url, &CONDITION, &[]).await.status, 403, "{method}");
    }
    let source = format!("/tenantry/{place}/videos/ben/{file}");
    for header in [
        ("x-amz-copy-source", source.as_str()),
        ("x-amz-acl", "public-read"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-meta-a", "b"),
    ] {
        let answer = put(url, &[CONDITION[0], header], MOVING).await;
        assert_eq!(answer.status, 403, "{header:?}: {answer:?}");
    }
    let refused = ana.own().videos().complete_upload(ticket.upload(), None).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::WrongState, "nothing was written");
}

#[tokio::test]
async fn a_node_completes_what_another_gave_the_url_for() {
    let place = prefix();
    let (_tenantry, ana, _) = people(&place).await;
    let elsewhere = Tenantry::builder(store(&place)).open().await.unwrap();
    let there = elsewhere.session(&id("ana")).await.unwrap().own();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect();
    let ticket = ticket(&ana, UploadLength::Exactly(3_000_000)).await;
    let early = there.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::WrongState);
    assert_eq!(put(ticket.url().expose(), &CONDITION, &bytes).await.status, 200);
    let made = there.videos().complete_upload(ticket.upload(), None).await.unwrap();
    let again = ana.own().videos().complete_upload(ticket.upload(), None).await.unwrap();
    assert_eq!((made.id(), made.revision()), (again.id(), again.revision()));
    assert_eq!(made.value().bytes, Some(3_000_000));
    assert!(there.videos().open(made.id()).await.unwrap().bytes().await.unwrap() == bytes);
    assert_eq!(ana.own().usage().await.unwrap().0.reserved_bytes, 0);
}

#[tokio::test]
async fn what_is_not_as_announced_is_refused() {
    let (_tenantry, ana, _) = people(&prefix()).await;
    let large = ticket(&ana, UploadLength::AtMost(14)).await;
    // The server does not know how much was reserved: completing sees it.
    assert_eq!(put(large.url().expose(), &CONDITION, MOVING).await.status, 200);
    let refused = ana.own().videos().complete_upload(large.upload(), None).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    let other = ticket(&ana, UploadLength::AtMost(15)).await;
    assert_eq!(put(other.url().expose(), &CONDITION, MOVING).await.status, 200);
    let digest = "0".repeat(64);
    let refused = ana.own().videos().complete_upload(other.upload(), Some(&digest)).await.unwrap_err();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::InvalidInput, Some("digest")));
    // Both URLs can write until they expire.
    assert_eq!(ana.own().usage().await.unwrap().0.reserved_bytes, 14 + 15);
}

#[tokio::test]
async fn urls_can_lead_to_another_address_than_the_librarys_own() {
    let place = prefix();
    let (_tenantry, ana, _) = people(&place).await;
    let video = ana.own().videos().upload_from("rain.mp4", MOVING).await.unwrap();
    let url = std::env::var("TENANTRY_S3").unwrap();
    let (_, port) = url.rsplit_once(':').unwrap();
    let outside = format!("http://localhost:{port}");
    let store = S3Store::new(options().prefix(&place).url_endpoint(&outside)).unwrap();
    let tenantry = Tenantry::builder(store).open().await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    let url = own.videos().download_url(video.id(), MINUTE).await.unwrap();
    assert!(url.expose().starts_with(&outside), "{}", url.expose());
    assert_eq!(send("GET", url.expose(), &[], &[]).await.body, MOVING);
}

/// How a server that checks no signature answers an upload by URL.
#[derive(Clone, Copy)]
enum Careless {
    /// With headers: it does what any of them says.
    Headers,
    /// With conditions: it writes whatever is there already.
    Conditions,
    /// With names: it finds nothing to be copied.
    Names,
}

/// Such a server, by its address.
async fn careless_server(how: Careless) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            // Head and body come in one or two pieces, and are short.
            while !asked.windows(4).any(|four| four == b"\r\n\r\n") {
                let mut piece = vec![0; 4096];
                let length = client.read(&mut piece).await.unwrap();
                asked.extend_from_slice(&piece[..length]);
            }
            let asked = String::from_utf8_lossy(&asked).to_lowercase();
            let (line, headers) = asked.split_once("\r\n").unwrap();
            let copies = headers.contains("x-amz-copy-source");
            let signed = line.contains("x-amz-copy-source");
            let status = match (asked.split(' ').next().unwrap(), how) {
                ("put", Careless::Conditions) if copies && !signed => "403 Forbidden",
                ("put", Careless::Names) if copies => "404 Not Found",
                ("put", _) => "200 OK\r\netag: \"1\"",
                ("head", _) => "404 Not Found",
                _ => "200 OK",
            };
            // The answer to a deletion; nobody looks at that of a put.
            let body = "<DeleteResult><Deleted><Key>any</Key></Deleted></DeleteResult>";
            let body = if asked.starts_with("head") { "" } else { body };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            let answer = head + body;
            // A connection that breaks is the client's to see.
            drop(client.write_all(answer.as_bytes()).await);
        }
    });
    address
}

/// A store on such a server.
async fn careless(how: Careless) -> S3Store {
    let options = S3Options::new("bucket").region("x").endpoint(&careless_server(how).await);
    S3Store::new(options.credentials("synthetic", &SecretText::new("a-secret"))).unwrap()
}

async fn sign(store: &S3Store) -> Result<tenantry::store::SignedUrl, tenantry::store::StoreError> {
    let key = BlobKey::new(id("ana"), Area::Videos, FileName::parse("rain.mp4").unwrap());
    store.sign_url(&key, UrlRequest { purpose: UrlPurpose::Put, expires_in: MINUTE }).await
}

#[tokio::test]
async fn no_url_to_upload_by_is_signed_for_a_server_that_takes_unsigned_headers() {
    let store = careless(Careless::Headers).await;
    let refused = sign(&store).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Unsupported, "{refused:?}");
    assert!(refused.detail().contains("headers that a URL does not sign"), "{refused:?}");
}

#[tokio::test]
async fn no_url_to_upload_by_is_signed_where_it_would_lead_to_a_gateway_that_takes_unsigned_headers() {
    let gateway = careless_server(Careless::Headers).await;
    let store = S3Store::new(options().prefix(&prefix()).url_endpoint(&gateway)).unwrap();
    let refused = sign(&store).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Unsupported, "{refused:?}");
    assert!(refused.detail().contains("headers that a URL does not sign"), "{refused:?}");
}

#[tokio::test]
async fn a_condition_that_the_server_does_not_keep_to_is_not_relied_upon() {
    let store = Arc::new(careless(Careless::Conditions).await);
    assert!(!sign(&store).await.unwrap().creates_only);
}

#[tokio::test]
async fn no_url_to_upload_by_is_signed_where_the_trial_shows_nothing() {
    let refused = sign(&careless(Careless::Names).await).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Unsupported, "{refused:?}");
    assert!(refused.detail().contains("does not copy"), "{refused:?}");
}

#[tokio::test]
async fn no_url_is_signed_where_requests_are_not() {
    for yes in ["true", "1", "Yes"] {
        let unsigned = S3Options::from_url(&format!("s3://bucket/?region=x&skip_signature={yes}")).unwrap();
        assert!(!S3Store::new(unsigned).unwrap().capabilities().signs_urls, "{yes}");
    }
}
