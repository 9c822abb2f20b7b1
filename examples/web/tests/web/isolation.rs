//! Two users against each other, over real HTTP.

use crate::support::{Server, told};
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn another_users_video_by_its_address_looks_missing() {
    let server = Server::start().await;
    let video = server.video("ana", "rain.mp4", b"hers").await;
    let (ana, ben) = (server.visitor("ana").await, server.visitor("ben").await);
    let missing = "00000000-0000-4000-8000-000000000000.mp4";
    for base in ["", "/of/ana", "/of/nobody"] {
        let foreign = told(ben.get(&format!("{base}/videos/{}", video.file)).await).await;
        assert_eq!(foreign.0, StatusCode::NOT_FOUND, "{base}");
        assert_eq!(foreign, told(ben.get(&format!("{base}/videos/{missing}")).await).await, "{base}");
    }
    for guess in ["..%2F..%2Fana%2F", "%2e%2e/ana/", "../ana/"] {
        let answer = ben.get(&format!("/videos/{guess}{}", video.file)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{guess}");
    }
    let own = ana.get(&format!("/videos/{}", video.file)).await;
    assert_eq!(own.bytes().await.unwrap(), &b"hers"[..]);
}

#[tokio::test]
async fn a_form_with_another_users_item_changes_nothing() {
    let server = Server::start().await;
    let video = server.video("ana", "rain.mp4", b"hers").await;
    let (ana, ben) = (server.visitor("ana").await, server.visitor("ben").await);
    let rename = [("revision", video.revision.as_str()), ("title", "mine now")];
    for base in ["", "/of/ana"] {
        let path = format!("{base}/videos/{}", video.id);
        let renamed = ben.post(&format!("{path}/rename"), &rename).await;
        assert_eq!(renamed.status(), StatusCode::NOT_FOUND, "{base}");
        let deleted = ben.post(&format!("{path}/delete"), &rename[..1]).await;
        assert_eq!(deleted.status(), StatusCode::NOT_FOUND, "{base}");
    }
    assert_eq!(ben.upload("/of/ana/videos", "mine.mp4", b"his").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(server.titles("ana").await, ["rain"]);
    let renamed = ana.post(&format!("/videos/{}/rename", video.id), &rename).await;
    assert_eq!(renamed.status(), StatusCode::SEE_OTHER);
    assert_eq!(server.titles("ana").await, ["mine now"]);
}

#[tokio::test]
async fn a_form_that_shows_an_older_state_changes_nothing() {
    let server = Server::start().await;
    let video = server.video("ana", "rain.mp4", b"hers").await;
    let ana = server.visitor("ana").await;
    let path = format!("/videos/{}", video.id);
    let form = |title| [("revision", video.revision.as_str()), ("title", title)];
    assert_eq!(ana.post(&format!("{path}/rename"), &form("one")).await.status(), StatusCode::SEE_OTHER);
    let late = ana.post(&format!("{path}/rename"), &form("two")).await;
    assert_eq!(late.status(), StatusCode::PRECONDITION_FAILED);
    let late = ana.post(&format!("{path}/delete"), &form("")[..1]).await;
    assert_eq!(late.status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(server.titles("ana").await, ["one"]);
}

#[tokio::test]
async fn nothing_is_deleted_by_following_a_link() {
    let server = Server::start().await;
    let video = server.video("ana", "rain.mp4", b"hers").await;
    let ana = server.visitor("ana").await;
    let followed = ana.get(&format!("/videos/{}/delete?revision={}", video.id, video.revision)).await;
    assert_eq!(followed.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(server.titles("ana").await, ["rain"]);
}

#[tokio::test]
async fn an_upload_is_taken_to_the_byte_and_refused_beyond_the_quota() {
    let server = Server::start().await;
    server.limit("ana", 1000).await;
    let ana = server.visitor("ana").await;
    assert_eq!(ana.upload("/videos", "one.mp4", &[1; 600]).await.status(), StatusCode::SEE_OTHER);
    let refused = ana.upload("/videos", "two.mp4", &[2; 401]).await;
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.text().await.unwrap().contains("more than 1000 blob_bytes"));
    assert_eq!(ana.upload("/videos", "two.mp4", &[2; 400]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(server.titles("ana").await, ["two", "one"]);
    let page = ana.get("/").await.text().await.unwrap();
    assert!(page.contains("1000 bytes of 1000 bytes in files"), "{page}");
}

/// A browser sends all of a form before it reads the answer.
#[tokio::test]
async fn who_sends_far_too_much_is_told_so_all_the_same() {
    let server = Server::start().await;
    server.limit("ana", 1000).await;
    let cookie = server.visitor("ana").await.cookie().await;
    let file = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n\r\n";
    let length = file.len() + (64 << 20) + "\r\n--x--\r\n".len();
    let head = format!(
        "POST /videos HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {cookie}\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n{file}"
    );
    let mut connection = TcpStream::connect(&server.address["http://".len()..]).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..64 {
        connection.write_all(&vec![1; 1 << 20]).await.unwrap();
    }
    connection.write_all(b"\r\n--x--\r\n").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("more than 1000 blob_bytes"), "{answer}");
}

#[tokio::test]
async fn an_upload_that_breaks_off_gives_its_quota_back() {
    let server = Server::start().await;
    let ana = server.visitor("ana").await;
    let parts = futures::stream::iter([Ok(vec![1; 1 << 20]), Err(std::io::Error::other("unplugged"))]);
    ana.upload_body("/videos", "one.mp4", reqwest::Body::wrap_stream(parts)).await.unwrap_err();
    let own = server.own("ana").await;
    loop {
        let usage = own.usage().await.unwrap().0;
        if usage.reserved_files == 0 {
            assert_eq!((usage.blob_bytes, usage.reserved_bytes, usage.files), (0, 0, 0));
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(server.titles("ana").await.is_empty());
}

#[tokio::test]
async fn a_name_that_is_no_video_is_refused_with_the_reason() {
    let server = Server::start().await;
    let ana = server.visitor("ana").await;
    let refused = ana.upload("/videos", "page.html", b"<script>").await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("file extension"));
}

#[tokio::test]
async fn the_demo_is_looked_at_and_not_changed() {
    let server = Server::start().await;
    let (admin, demo, ben) =
        (server.visitor("admin").await, server.visitor("demo").await, server.visitor("ben").await);
    assert_eq!(admin.upload("/of/demo/videos", "shown.mp4", b"shown").await.status(), StatusCode::SEE_OTHER);
    let video = server.own("demo").await;
    let video = video.videos().list(&tenantry::ListOptions::new()).await.unwrap().items.remove(0);
    assert_eq!(video.created_by(), Some("admin"));
    for (visitor, base) in [(&demo, ""), (&ben, "/of/demo")] {
        let page = visitor.get(&format!("{base}/")).await.text().await.unwrap();
        assert!(page.contains("shown") && !page.contains("id=\"upload\""), "{page}");
        let played = visitor.get(&format!("{base}/videos/{}", video.value().filename)).await;
        assert_eq!(played.bytes().await.unwrap(), &b"shown"[..]);
        let upload = visitor.upload(&format!("{base}/videos"), "mine.mp4", b"mine").await;
        assert_eq!(upload.status(), StatusCode::FORBIDDEN);
        let revision = video.revision().to_string();
        let delete =
            visitor.post(&format!("{base}/videos/{}/delete", video.id()), &[("revision", &revision)]).await;
        assert_eq!(delete.status(), StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn only_who_is_logged_in_sees_anything() {
    let server = Server::start().await;
    let video = server.video("ana", "rain.mp4", b"hers").await;
    let ana = server.visitor("ana").await;
    assert_eq!(ana.post("/logout", &[]).await.status(), StatusCode::SEE_OTHER);
    for path in ["/", "/of/ana/", "/admin", &format!("/videos/{}", video.file)] {
        let answer = ana.get(path).await;
        assert_eq!(
            (answer.status(), &answer.headers()["location"]),
            (StatusCode::SEE_OTHER, &"/login".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn the_page_of_all_tenants_is_for_admins() {
    let server = Server::start().await;
    server.video("ana", "rain.mp4", b"hers").await;
    let page = server.visitor("admin").await.get("/admin").await.text().await.unwrap();
    assert!(page.contains("/of/ana/") && page.contains("/of/ben/"), "{page}");
    for name in ["ben", "demo"] {
        let visitor = server.visitor(name).await;
        assert_eq!(visitor.get("/admin").await.status(), StatusCode::FORBIDDEN, "{name}");
        let made = visitor.post("/admin/tenants", &[("name", "carl")]).await;
        assert_eq!(made.status(), StatusCode::NOT_FOUND, "{name}");
        assert!(!visitor.get("/").await.text().await.unwrap().contains("/admin"), "{name}");
    }
}
