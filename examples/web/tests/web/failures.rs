//! Each kind of error as HTTP says it.

use axum::body::to_bytes;
use axum::response::IntoResponse;
use tenantry::{Error, ErrorKind};
use tenantry_example_web::failure::Failure;

#[tokio::test]
async fn every_kind_of_error_is_a_page_with_its_status() {
    for kind in ErrorKind::ALL {
        let error = Error::new(*kind, "videos.get").about("<rain>").with_source("the cause");
        let answer = Failure::from(error).into_response();
        assert_eq!(answer.status().as_u16(), kind.http_status(), "{kind:?}");
        let page = String::from_utf8(to_bytes(answer.into_body(), 1 << 16).await.unwrap().to_vec()).unwrap();
        let told = match kind {
            ErrorKind::NotFound => "<p>not found</p>".to_owned(),
            ErrorKind::InvalidName | ErrorKind::InvalidInput => {
                format!("<p>videos.get: {kind} (&lt;rain&gt;): the cause</p>")
            }
            _ => format!("<p>videos.get: {kind} (&lt;rain&gt;)</p>"),
        };
        assert!(page.contains(&told), "{kind:?}: {page}");
    }
}
