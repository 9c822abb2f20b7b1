//! Long files go to a server and back in little memory: counted where memory is allocated.
//!
//! Everything is in one test: the counter is the whole process's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "s3/support.rs"]
mod support;

use bytes::Bytes;
use futures::{StreamExt, stream};
use peak_alloc::PeakAlloc;
use tenantry::Tenantry;
use tenantry::paths::TenantId;
use tenantry::store::s3::S3Store;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// The chunks in which a body comes, and how many there are: 80 MiB.
const CHUNK: usize = 1 << 20;
const CHUNKS: usize = 80;

/// The size of the parts, how many are on their way at once, and how many the process may hold: these, the
/// one that is being filled, and what a connection copies of one.
const PART: usize = 5 << 20;
const AT_ONCE: usize = 2;
const HELD: usize = AT_ONCE + 2;

/// What a download may hold, of a connection whose reader is slower than the server.
const DOWNLOAD: usize = 4 << 20;

#[tokio::test]
async fn a_long_file_goes_up_and_comes_down_in_the_memory_of_a_few_parts() {
    let mut options = support::options().prefix(&support::prefix());
    (options.store.part_bytes, options.store.parts_at_once) = (PART, AT_ONCE);
    let tenantry = Tenantry::builder(S3Store::new(options).unwrap()).open().await.unwrap();
    let root = TenantId::parse("root").unwrap();
    tenantry.bootstrap_admin(&root, "Root").await.unwrap();
    let own = tenantry.session(&root).await.unwrap().own();
    let peak = |before: usize| ALLOCATED.peak_usage().saturating_sub(before);

    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let body = stream::iter(0..CHUNKS).map(|at| Ok(Bytes::from(vec![u8::try_from(at).unwrap(); CHUNK])));
    let video = own.videos().upload("long.mp4", body).await.unwrap();
    let held = peak(before);
    assert!(held <= HELD * PART, "an upload of {} MiB held {held} bytes", CHUNKS);

    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let mut download = own.videos().open(video.id()).await.unwrap().into_body();
    let mut length = 0;
    while let Some(chunk) = download.next().await {
        length += chunk.unwrap().len();
    }
    assert_eq!(length, CHUNKS * CHUNK);
    let held = peak(before);
    assert!(held <= DOWNLOAD, "a download of {} MiB held {held} bytes", CHUNKS);
}
