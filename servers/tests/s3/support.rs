//! The server that the tests talk to, as the variables of the environment say.
#![allow(dead_code, reason = "each test that shares it uses a part")]

use std::sync::atomic::{AtomicU64, Ordering};

use tenantry::store::s3::{S3Options, S3Store};

/// The options for the server's bucket.
///
/// # Panics
/// Without a server: the tests are run by `cargo xtask test`, which starts one.
pub(crate) fn options() -> S3Options {
    let url = std::env::var("TENANTRY_S3").expect("TENANTRY_S3 names no server: run `cargo xtask test`");
    S3Options::from_url(&url).unwrap()
}

/// A place in the bucket that nobody else has.
pub(crate) fn prefix() -> String {
    static PLACES: AtomicU64 = AtomicU64::new(0);
    format!("{}/{}", std::process::id(), PLACES.fetch_add(1, Ordering::SeqCst))
}

/// A store at a place.
pub(crate) fn store(prefix: &str) -> S3Store {
    S3Store::new(options().prefix(prefix)).unwrap()
}

/// The port of the server.
pub(crate) fn port() -> u16 {
    let url = std::env::var("TENANTRY_S3").expect("TENANTRY_S3 names no server: run `cargo xtask test`");
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}

/// A store at a place that is reached through a proxy at that port.
pub(crate) fn store_behind(prefix: &str, port: u16) -> S3Store {
    S3Store::new(options().prefix(prefix).endpoint(&format!("http://127.0.0.1:{port}"))).unwrap()
}
