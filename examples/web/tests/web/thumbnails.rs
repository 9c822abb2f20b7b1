//! Thumbnails over real HTTP: given to videos, shown, served, kept from others.

use reqwest::StatusCode;
use tenantry::record::Record;
use tenantry::{ListOptions, Thumbnail, Video};

use crate::deeds::{MISSING, PNG};
use crate::support::{Server, told};

/// A small picture that any browser shows.
const PICTURE: &[u8] = include_bytes!("../../../assets/counting.jpg");

async fn thumbnail(server: &Server, name: &str) -> Record<Thumbnail> {
    server.own(name).await.thumbnails().upload_from("rain.png", PNG).await.unwrap()
}

async fn first_video(server: &Server, name: &str) -> Record<Video> {
    server.own(name).await.videos().list(&ListOptions::new()).await.unwrap().items.remove(0)
}

#[tokio::test]
async fn a_thumbnail_is_uploaded_given_to_a_video_taken_away_and_deleted() {
    let server = Server::start().await;
    let ana = server.visitor("ana").await;
    let video = server.video("ana", "rain.mp4", b"moving").await;
    let uploaded = ana.upload("/thumbnails", "My rain.jpg", PICTURE).await;
    assert_eq!(uploaded.status(), StatusCode::SEE_OTHER);
    let own = server.own("ana").await;
    let image = own.thumbnails().list(&ListOptions::new()).await.unwrap().items.remove(0);
    let file = image.value().filename.to_string();
    let shown = format!("<img src=\"/thumbnails/{file}\"");
    assert!(ana.page("/thumbnails").await.contains(&shown));
    assert!(!ana.page("/").await.contains(&shown), "no video has it yet");

    let path = format!("/videos/{}/thumbnail", video.id);
    let given = ana.post(&path, &[("revision", &video.revision), ("thumbnail", &file)]).await;
    assert_eq!(given.status(), StatusCode::SEE_OTHER);
    assert!(ana.page("/").await.contains(&shown));
    let revision = first_video(&server, "ana").await.revision().to_string();
    let taken = ana.post(&path, &[("revision", &revision), ("thumbnail", "")]).await;
    assert_eq!(taken.status(), StatusCode::SEE_OTHER);
    assert!(!ana.page("/").await.contains(&shown));

    let revision = first_video(&server, "ana").await.revision().to_string();
    ana.post(&path, &[("revision", &revision), ("thumbnail", &file)]).await;
    let delete = format!("/thumbnails/{}/delete", image.id());
    let deleted = ana.post(&delete, &[("revision", &image.revision().to_string())]).await;
    assert_eq!(deleted.status(), StatusCode::SEE_OTHER);
    assert_eq!(first_video(&server, "ana").await.value().thumbnail, None);
    assert_eq!(ana.get(&format!("/thumbnails/{file}")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_thumbnail_is_served_as_a_video_is() {
    let server = Server::start().await;
    let own = server.own("ana").await;
    let image = own.thumbnails().upload_from("Rain & \"hail\".jpg", PICTURE).await.unwrap();
    let (ana, path) = (server.visitor("ana").await, format!("/thumbnails/{}", image.value().filename));
    let (length, tag) = (PICTURE.len(), format!("\"{}\"", image.value().hash.as_deref().unwrap()));
    let whole = ana.get(&path).await;
    let headers = whole.headers().clone();
    assert_eq!(headers["content-type"], "image/jpeg");
    assert_eq!(headers["etag"], tag.as_str());
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(headers["cache-control"], "private, no-cache");
    assert!(
        headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("inline; filename=\"Rain _ _hail_.jpg\"")
    );
    assert_eq!(whole.bytes().await.unwrap(), PICTURE);

    for (asked, expected) in [
        ("bytes=0-0", &PICTURE[..1]),
        ("bytes=7-99", &PICTURE[7..100]),
        ("bytes=100-", &PICTURE[100..]),
        ("bytes=-10", &PICTURE[length - 10..]),
        ("bytes=-9999999", PICTURE),
    ] {
        let part = ana.get_with(&path, &[("range", asked), ("if-range", &tag)]).await;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT, "{asked}");
        let told = part.headers()["content-range"].to_str().unwrap().to_owned();
        assert!(told.ends_with(&format!("/{length}")), "{told}");
        assert_eq!(part.bytes().await.unwrap(), expected, "{asked}");
    }
    let other = ana.get_with(&path, &[("range", "bytes=0-0"), ("if-range", "\"other\"")]).await;
    assert_eq!((other.status(), other.bytes().await.unwrap().len()), (StatusCode::OK, length));
    let beyond = ana.get_with(&path, &[("range", &format!("bytes={length}-"))]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{length}").as_str());
    let known = ana.get_with(&path, &[("if-none-match", &tag)]).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    assert!(known.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn another_users_thumbnail_looks_missing_and_is_given_to_no_video() {
    let server = Server::start().await;
    let hers = thumbnail(&server, "ana").await.into_value().filename;
    let ben = server.visitor("ben").await;
    let missing = format!("{MISSING}.png");
    for base in ["", "/of/ana", "/of/nobody"] {
        let foreign = told(ben.get(&format!("{base}/thumbnails/{hers}")).await).await;
        assert_eq!(foreign.0, StatusCode::NOT_FOUND, "{base}");
        assert_eq!(foreign, told(ben.get(&format!("{base}/thumbnails/{missing}")).await).await, "{base}");
    }
    let video = server.video("ben", "rain.mp4", b"his").await;
    let path = format!("/videos/{}/thumbnail", video.id);
    let give = |file| [("revision", video.revision.as_str()), ("thumbnail", file)];
    let foreign = told(ben.post(&path, &give(hers.as_str())).await).await;
    assert_eq!(foreign.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(foreign, told(ben.post(&path, &give(&missing)).await).await);
    assert_eq!(first_video(&server, "ben").await.value().thumbnail, None);
}

#[tokio::test]
async fn what_is_no_image_is_kept_by_nobody() {
    let server = Server::start().await;
    let ana = server.visitor("ana").await;
    for (name, content) in
        [("page.png", &b"<script>alert(1)</script>"[..]), ("page.svg", b"<svg/>"), ("a.gif", PNG)]
    {
        let refused = ana.upload("/thumbnails", name, content).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    assert!(server.everything("ana").await.is_empty());
}
