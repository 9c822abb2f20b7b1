//! Stored files over real HTTP: ranges, conditions, types, names.

use crate::support::Server;
use reqwest::StatusCode;

/// Bytes that differ wherever they are.
fn contents(length: usize) -> Vec<u8> {
    (0u32..).flat_map(|word| word.wrapping_mul(2_654_435_761).to_be_bytes()).take(length).collect()
}

/// Numbers drawn from a seed, the same in each run.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[tokio::test]
async fn twelve_hundred_ranges_are_the_bytes_of_the_file() {
    let server = Server::start().await;
    let bytes = contents(300_001);
    let length = bytes.len() as u64;
    let video = server.video("ana", "rain.mp4", &bytes).await;
    let (ana, path) = (server.visitor("ana").await, format!("/videos/{}", video.file));
    let mut drawn = Drawn(0x5eed);
    for case in 0..1200 {
        let (first, other) = (drawn.below(length), drawn.below(length + length / 10));
        let (asked, expected) = match case % 4 {
            0 => (format!("bytes={first}-"), first..length),
            1 => (format!("bytes=-{}", other + 1), length.saturating_sub(other + 1)..length),
            _ => {
                let last = first + drawn.below(length / 3);
                (format!("bytes={first}-{last}"), first..(last + 1).min(length))
            }
        };
        let answer = ana.get_with(&path, &[("range", &asked)]).await;
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{asked}");
        let told = format!("bytes {}-{}/{length}", expected.start, expected.end - 1);
        assert_eq!(answer.headers()["content-range"], told.as_str(), "{asked}");
        let expected =
            &bytes[usize::try_from(expected.start).unwrap()..usize::try_from(expected.end).unwrap()];
        assert_eq!(answer.headers()["content-length"], expected.len().to_string().as_str(), "{asked}");
        assert!(answer.bytes().await.unwrap() == expected, "{asked}");
    }
}

#[tokio::test]
async fn a_range_beyond_the_end_is_told_the_length() {
    let server = Server::start().await;
    let video = server.video("ana", "rain.mp4", &contents(1000)).await;
    let (ana, path) = (server.visitor("ana").await, format!("/videos/{}", video.file));
    for asked in ["bytes=1000-", "bytes=5000-6000", "bytes=-0"] {
        let answer = ana.get_with(&path, &[("range", asked)]).await;
        assert_eq!(answer.status(), StatusCode::RANGE_NOT_SATISFIABLE, "{asked}");
        assert_eq!(answer.headers()["content-range"], "bytes */1000", "{asked}");
    }
}

#[tokio::test]
async fn a_range_that_is_none_or_several_is_answered_with_the_whole() {
    let server = Server::start().await;
    let bytes = contents(1000);
    let video = server.video("ana", "rain.mp4", &bytes).await;
    let (ana, path) = (server.visitor("ana").await, format!("/videos/{}", video.file));
    for asked in [
        "bytes=0-1,5-9",
        "bytes=",
        "bytes=a-b",
        "seconds=1-2",
        "bytes=-",
        "bytes=9-5",
        "0-5",
        "bytes=99999999999999999999-",
    ] {
        let answer = ana.get_with(&path, &[("range", asked)]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{asked}");
        assert!(answer.bytes().await.unwrap() == bytes, "{asked}");
    }
}

#[tokio::test]
async fn what_the_visitor_has_already_is_not_sent_again() {
    let server = Server::start().await;
    let video = server.video("ana", "rain.mp4", &contents(1000)).await;
    let (ana, path) = (server.visitor("ana").await, format!("/videos/{}", video.file));
    let tag = format!("\"{}\"", video.hash);
    assert_eq!(ana.get(&path).await.headers()["etag"], tag.as_str());
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = ana.get_with(&path, &[("if-none-match", &known), ("range", "bytes=0-1")]).await;
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(answer.headers()["etag"], tag.as_str(), "{known}");
        assert!(answer.bytes().await.unwrap().is_empty(), "{known}");
    }
    let answer = ana.get_with(&path, &[("if-none-match", "\"other\"")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_part_is_added_only_to_the_same_file() {
    let server = Server::start().await;
    let video = server.video("ana", "rain.mp4", &contents(1000)).await;
    let (ana, path) = (server.visitor("ana").await, format!("/videos/{}", video.file));
    let tag = format!("\"{}\"", video.hash);
    let weak = format!("W/{tag}");
    let cases = [
        (tag.as_str(), StatusCode::PARTIAL_CONTENT),
        ("\"other\"", StatusCode::OK),
        (weak.as_str(), StatusCode::OK),
        ("Tue, 04 Nov 2025 10:00:00 GMT", StatusCode::OK),
    ];
    for (known, status) in cases {
        let answer = ana.get_with(&path, &[("if-range", known), ("range", "bytes=10-19")]).await;
        assert_eq!(answer.status(), status, "{known}");
    }
}

#[tokio::test]
async fn a_file_is_never_taken_for_anything_but_what_it_is() {
    let server = Server::start().await;
    let video = server.video("ana", "\"x\"; é <b>\\ ☂.mkv", &contents(10)).await;
    let ana = server.visitor("ana").await;
    let answer = ana.head(&format!("/videos/{}", video.file)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "video/x-matroska");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(headers["cache-control"], "private, no-cache");
    assert_eq!(headers["content-length"], "10");
    assert_eq!(
        headers["content-disposition"],
        "inline; filename=\"_x__ _ _b__ _.mkv\"; \
         filename*=UTF-8''%22x%22%3B%20%C3%A9%20%3Cb%3E%5C%20%E2%98%82.mkv"
    );
}

#[tokio::test]
async fn a_download_under_way_ends_whole_when_the_server_stops() {
    let server = Server::start().await;
    let bytes = contents(8 << 20);
    let video = server.video("ana", "rain.mp4", &bytes).await;
    let ana = server.visitor("ana").await;
    let mut answer = ana.get(&format!("/videos/{}", video.file)).await;
    let mut read = answer.chunk().await.unwrap().unwrap().to_vec();
    let stopped = server.stop();
    while let Some(chunk) = answer.chunk().await.unwrap() {
        read.extend_from_slice(&chunk);
    }
    assert!(read == bytes);
    stopped.await.unwrap();
}
