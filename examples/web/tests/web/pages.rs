//! What stands in pages and what never does; who may send forms; what a person sees of an upload; the end.

use std::time::Duration;

use async_trait::async_trait;
use futures::SinkExt;
use futures::channel::mpsc;
use reqwest::{Body, StatusCode};
use tenantry::paths::FileName;
use tenantry::record::SecretText;
use tenantry::{
    Expected, FetchedStreamKey, ListOptions, LiveStream, NewTenant, ProfileChange, Schedule, SourceError,
    StreamKeySource, TokenContent,
};

use crate::deeds::{PNG, time};
use crate::support::{Server, id};

const PAGES: [&str; 5] = ["/", "/thumbnails", "/live-streams", "/schedules", "/tokens"];

/// In every secret of the tests, and nowhere else.
const SECRET: &str = "synthetic-secret-4711";

struct Service;

#[async_trait]
impl StreamKeySource for Service {
    async fn stream_keys(&self, _: &tenantry::Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        let cdn = tenantry::Cdn::new(format!("rtmp://{SECRET}.example/live"), SecretText::new(SECRET));
        Ok(vec![FetchedStreamKey::new("stream-1", "Main").cdn(cdn)])
    }
}

#[tokio::test]
async fn no_page_and_no_error_shows_a_token_or_a_stream_key() {
    let server = Server::start().await;
    let own = server.own("ana").await;
    let token = FileName::parse("channel.json").unwrap();
    let content = TokenContent::parse(format!(r#"{{"refresh_token": "{SECRET}"}}"#)).unwrap();
    own.tokens().create(&token, content).await.unwrap();
    own.stream_keys().fetch(&token, &Service).await.unwrap();
    let mut stream = LiveStream::new("Rain", time());
    stream.token_file = Some(token);
    stream.stream_id = Some("stream-1".to_owned());
    stream.stream_key = Some(SecretText::new(SECRET));
    let id = own.live_streams().add(stream).await.unwrap().id().clone();
    assert!(server.everything("ana").await.iter().any(|record| record.contains(SECRET)), "it is there");

    let bad = format!("{{\"refresh_token\": \"{SECRET}\"");
    let stale = "0".repeat(32);
    for (visitor, base) in [("ana", ""), ("admin", "/of/ana"), ("ben", "/of/ana")] {
        let visitor = server.visitor(visitor).await;
        let mut told = Vec::new();
        for page in PAGES.iter().chain(&["/admin", "/tokens/channel.json", "/live-streams/x"]) {
            told.push(visitor.get(&format!("{base}{page}")).await.text().await.unwrap());
        }
        let edit = format!("{base}/live-streams/{id}/edit");
        let forms: [(&str, &[(&str, &str)]); 5] = [
            (
                &edit,
                &[
                    ("revision", &stale),
                    ("title", "R"),
                    ("start", "2026-12-01T06:45"),
                    ("stream_key", SECRET),
                ],
            ),
            (&edit, &[("revision", SECRET), ("title", "R"), ("start", SECRET), ("stream_key", SECRET)]),
            ("/tokens", &[("name", "other.json"), ("content", &bad)]),
            ("/tokens", &[("name", "channel.txt"), ("content", &format!("{bad}}}"))]),
            ("/tokens", &[("content", SECRET)]),
        ];
        for (path, form) in forms {
            let answer = visitor.post(path, form).await;
            assert!(answer.status().is_client_error(), "{path}");
            told.push(answer.text().await.unwrap());
        }
        for text in told {
            assert!(!text.contains(SECRET), "{base}: {text}");
        }
    }
}

#[tokio::test]
async fn what_a_tenant_calls_things_is_text_and_runs_in_no_page() {
    const CALLED: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let server = Server::start().await;
    let own = server.own("ana").await;
    let thumbnail = own.thumbnails().upload_from("rain.png", PNG).title(CALLED).await.unwrap().into_value();
    own.videos().upload_from("rain.mp4", &b"moving"[..]).title(CALLED).await.unwrap();
    own.live_streams().add(LiveStream::new(CALLED, time())).await.unwrap();
    let mut schedule = Schedule::new(CALLED, time());
    schedule.description = format!("</textarea>{CALLED}");
    schedule.thumbnail_file = Some(thumbnail.filename);
    let schedule = own.schedules().add(schedule).await.unwrap();
    own.schedules().mark_failed(schedule.id(), Some(CALLED)).await.unwrap();
    let name =
        FileName::parse("<script>alert(1)<'\">.json").unwrap_or_else(|_| FileName::parse("a.json").unwrap());
    own.tokens().create(&name, TokenContent::parse("{}").unwrap()).await.unwrap();
    own.change_profile(ProfileChange::new().display_name(CALLED)).await.unwrap();
    let ana = server.visitor("ana").await;
    let admin = server.visitor("admin").await;
    let mut pages = vec![admin.get("/admin").await];
    for page in PAGES {
        pages.push(ana.get(page).await);
    }
    for page in pages {
        assert_eq!(page.status(), StatusCode::OK);
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'; script-src 'self';"), "{policy}");
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        let text = page.text().await.unwrap();
        assert!(text.contains("&lt;script&gt;alert(1)"), "{text}");
        for live in ["<script>alert", "<img src=x", "onerror=alert(2)>\"", "</textarea><script"] {
            assert!(!text.contains(live), "{live}: {text}");
        }
    }
}

#[tokio::test]
async fn an_address_that_would_run_is_no_link() {
    let server = Server::start().await;
    let own = server.own("ana").await;
    for link in ["javascript:alert(1)", "https://example.org/watch/1"] {
        let id = own.schedules().add(Schedule::new("News", time())).await.unwrap().id().clone();
        // As an earlier tool may have written it.
        let link = link.to_owned();
        let write = move |old: &Schedule| {
            let mut new = old.clone();
            new.broadcast_link = Some(link.clone());
            Ok(new)
        };
        own.collection::<Schedule>().modify(&id, Expected::Any, write).await.unwrap();
    }
    let page = server.visitor("ana").await.page("/schedules").await;
    assert!(page.contains("href=\"https://example.org/watch/1\""), "{page}");
    assert!(page.contains("javascript:alert(1)") && !page.contains("href=\"javascript"), "{page}");
}

#[tokio::test]
async fn a_form_on_the_page_of_another_origin_does_nothing() {
    let server = Server::start().await;
    let ana = server.visitor("ana").await;
    let form = [("title", "Rain"), ("start", "2026-12-01T06:45")];
    let neighbour = "http://127.0.0.1:1";
    for origin in ["https://evil.example", neighbour, "null", "", &server.address[7..]] {
        let refused = ana.post_from(origin, "/live-streams", &form).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{origin}");
        let refused = ana.post_from(origin, "/login", &[("name", "ben")]).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{origin}");
        assert!(!refused.headers().contains_key("set-cookie"), "{origin}");
    }
    assert!(server.everything("ana").await.is_empty());
    let done = ana.post_from(&server.address, "/live-streams", &form).await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert_eq!(server.everything("ana").await.len(), 1);
    let logged_in = ana.post_from(&server.address, "/login", &[("name", "ana")]).await;
    let cookie = logged_in.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("SameSite=Strict") && cookie.contains("HttpOnly"), "{cookie}");
}

#[tokio::test]
async fn an_upload_under_way_is_seen_until_it_has_ended() {
    let server = Server::start().await;
    let (ana, ben) = (server.visitor("ana").await, server.visitor("ben").await);
    let (mut sender, body) = mpsc::channel::<std::io::Result<Vec<u8>>>(1);
    let uploading = ana.upload_body("/videos", "rain.mp4", Body::wrap_stream(body));
    let watching = async {
        sender.send(Ok(vec![1; 100_000])).await.unwrap();
        while !ana.page("/").await.contains("1 being uploaded") {
            tokio::task::yield_now().await;
        }
        assert!(!ben.page("/").await.contains("being uploaded"));
        sender.send(Ok(vec![2; 100_000])).await.unwrap();
        drop(sender);
    };
    let (uploaded, ()) = futures::join!(uploading, watching);
    assert_eq!(uploaded.unwrap().status(), StatusCode::SEE_OTHER);
    let page = ana.page("/").await;
    assert!(!page.contains("being uploaded") && page.contains("195 KiB in files"), "{page}");
    // What shows the progress in the page itself.
    assert!(page.contains("<script src=\"/upload.js\"") && page.contains("<progress"), "{page}");
    let script = ana.get("/upload.js").await;
    assert_eq!(script.headers()["content-type"], "text/javascript");
    assert!(script.text().await.unwrap().contains("upload.onprogress"));
}

#[tokio::test]
async fn usage_is_shown_against_every_limit() {
    let server = Server::start().await;
    server.limit("ana", 1000).await;
    server.video("ana", "rain.mp4", b"moving").await;
    let usage = "<meter value=\"6\" max=\"1000\"></meter> 6 bytes of 1000 bytes in files";
    for (visitor, page) in [("ana", "/"), ("ana", "/schedules"), ("admin", "/admin"), ("admin", "/of/ana/")] {
        let page = server.visitor(visitor).await.page(page).await;
        assert!(page.contains(usage) && page.contains("1 videos"), "{page}");
    }
}

#[tokio::test]
async fn the_page_of_all_tenants_goes_on_until_all_are_shown() {
    let server = Server::start().await;
    let session = server.tenantry.session(&id("admin")).await.unwrap();
    for number in 0..110 {
        let user = NewTenant::new(tenantry::ownership::Role::User);
        session.tenants().create(&id(&format!("user-{number}")), user).await.unwrap();
    }
    let admin = server.visitor("admin").await;
    let mut shown = Vec::new();
    let mut path = "/admin".to_owned();
    loop {
        let page = admin.page(&path).await;
        shown
            .extend(page.split("href=\"/of/").skip(1).map(|rest| rest.split_once('/').unwrap().0.to_owned()));
        let Some((_, next)) = page.split_once("href=\"?after=") else { break };
        path = format!("/admin?after={}", next.split_once('"').unwrap().0);
    }
    assert_eq!(shown.len(), 114);
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), 114);
}

#[tokio::test]
async fn a_download_that_nobody_reads_does_not_keep_the_application_from_ending() {
    let server = Server::with_patience(Duration::ZERO).await;
    // More than the system keeps on its way.
    let video = server.video("ana", "rain.mp4", &vec![1; 32 << 20]).await;
    let ana = server.visitor("ana").await;
    let paused = ana.get(&format!("/videos/{}", video.file)).await;
    assert_eq!(paused.status(), StatusCode::OK);
    let tenantry = server.tenantry.clone();
    server.stop().await.unwrap();
    let closed = tenantry.session(&id("ana")).await.unwrap_err();
    assert_eq!(closed.kind(), tenantry::ErrorKind::Closed);
    drop(paused);
}

#[tokio::test]
async fn lists_go_on_where_a_page_ends() {
    let server = Server::start().await;
    let own = server.own("ana").await;
    for number in 0..30 {
        own.live_streams().add(LiveStream::new(format!("Rain {number:02}"), time())).await.unwrap();
    }
    let ana = server.visitor("ana").await;
    let first = ana.page("/live-streams").await;
    let next = first.split_once("href=\"?after=").unwrap().1.split_once('"').unwrap().0;
    let second = ana.page(&format!("/live-streams?after={next}")).await;
    let titles = |page: &str| page.matches("<h2>Rain ").count();
    assert_eq!((titles(&first), titles(&second)), (24, 6));
    assert!(second.contains("<h2>Rain 05") && !second.contains("?after="), "{second}");
    assert_eq!(own.live_streams().list(&ListOptions::new()).await.unwrap().items.len(), 30);
}
