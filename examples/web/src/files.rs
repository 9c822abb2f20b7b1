//! Stored files over HTTP: RFC 9110's conditions and ranges, and headers that keep a browser from
//! taking a file for anything but what it is.

use axum::body::Body;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use http_range_header::{EndPosition, RangeUnsatisfiableError, StartPosition, parse_range_header};
use tenantry::store::ByteStream;
use tenantry::{ByteRange, FileHead};

use crate::failure::Failure;
use crate::request::segment;

/// What is to be answered, apart from the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    NotModified,
    Whole,
    Part(ByteRange),
    Unsatisfiable,
}

/// Whether a list of entity tags (or `*`) has this one. Tags are compared as strong ones where a range
/// is at stake, and weakly otherwise.
fn lists(value: &HeaderValue, tag: &str, strong: bool) -> bool {
    let Ok(text) = value.to_str() else { return false };
    text.split(',').map(str::trim).any(|listed| match listed.strip_prefix("W/") {
        Some(weak) => !strong && weak == tag,
        None => listed == tag || (!strong && listed == "*"),
    })
}

/// The range that is asked for; all of it if that can't be understood or is several, which RFC 9110
/// (14.2) leaves to the server.
fn asked_range(value: &HeaderValue) -> Option<ByteRange> {
    let parsed = match parse_range_header(value.to_str().ok()?) {
        Ok(parsed) => parsed,
        // The one of the parser's refusals that is well formed, and has no byte in it.
        Err(RangeUnsatisfiableError::ZeroSuffix) => return Some(ByteRange::Last(0)),
        Err(_) => return None,
    };
    let [range] = parsed.ranges.as_slice() else { return None };
    Some(match (range.start, range.end) {
        (StartPosition::Index(first), EndPosition::Index(last)) if last < first => return None,
        (StartPosition::Index(first), EndPosition::Index(last)) => ByteRange::Between(first, last),
        (StartPosition::Index(first), EndPosition::LastByte) => ByteRange::From(first),
        (StartPosition::FromLast(count), _) => ByteRange::Last(count),
    })
}

fn answer(headers: &HeaderMap, tag: &str, length: u64) -> Answer {
    let tagged = |name: HeaderName, strong| headers.get(name).map(|value| lists(value, tag, strong));
    if tagged(header::IF_NONE_MATCH, false) == Some(true) {
        return Answer::NotModified;
    }
    // A date is never known to be exact enough for `If-Range`; then all of it is right.
    let same = tagged(header::IF_RANGE, true).unwrap_or(true);
    match headers.get(header::RANGE).filter(|_| same).and_then(asked_range) {
        None => Answer::Whole,
        Some(range) if range.within(length).is_some() => Answer::Part(range),
        Some(_) => Answer::Unsatisfiable,
    }
}

/// To be shown in the page, and saved under the name that it was uploaded with: in full for those who
/// know RFC 6266, and in harmless ASCII for others.
fn disposition(original_name: &str) -> String {
    let harmless = |c: char| if c.is_ascii_alphanumeric() || "-._ ".contains(c) { c } else { '_' };
    let ascii: String = original_name.chars().map(harmless).collect();
    format!("inline; filename=\"{ascii}\"; filename*=UTF-8''{}", segment(original_name))
}

/// Answers a request for a file. `open` is called with what is wanted of it, if anything is. Its digest is
/// an entity tag that is never wrong, since a stored file never changes.
///
/// # Errors
/// What `open` says.
pub async fn serve<E>(
    headers: &HeaderMap,
    file: &FileHead<E>,
    open: impl AsyncFnOnce(ByteRange) -> tenantry::Result<ByteStream>,
) -> Result<Response<Body>, Failure> {
    let (length, tag) = (file.length(), format!("\"{}\"", file.hash()));
    // Whoever keeps a copy asks again before showing it: what may be seen can change.
    let response = Response::builder()
        .header(header::ETAG, &tag)
        .header(header::CACHE_CONTROL, "private, no-cache")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let answer = answer(headers, &tag, length);
    let range = match answer {
        Answer::Whole => ByteRange::All,
        Answer::Part(range) => range,
        Answer::NotModified => return finish(response.status(StatusCode::NOT_MODIFIED), Body::empty()),
        Answer::Unsatisfiable => {
            let response = response.header(header::CONTENT_RANGE, format!("bytes */{length}"));
            return finish(response.status(StatusCode::RANGE_NOT_SATISFIABLE), Body::empty());
        }
    };
    let body = Body::from_stream(open(range).await?);
    let bytes = range.within(length).unwrap_or(0..0);
    let mut response = response
        .header(header::CONTENT_TYPE, file.media_type())
        .header(header::CONTENT_DISPOSITION, disposition(file.original_name()))
        .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
        .header(header::CONTENT_LENGTH, bytes.end - bytes.start);
    if answer != Answer::Whole {
        let told = format!("bytes {}-{}/{length}", bytes.start, bytes.end.saturating_sub(1));
        response = response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, told);
    }
    finish(response, body)
}

fn finish(response: axum::http::response::Builder, body: Body) -> Result<Response<Body>, Failure> {
    // Every value above is ASCII.
    response.body(body).map_err(|error| Failure::bad_request(error.to_string()))
}
