//! What was answered with success is there later: after everything was closed, and after a crash.

use std::sync::Arc;

use bytes::Bytes;

use super::bench::{Bench, blob_key, committed, load, read, tenant};
use super::{Case, Check, case, ensure};
use crate::paths::FileName;
use crate::store::{TenantStore, ViewKey, ViewName, ViewPlace};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("what was answered is there when all stores were closed and one is opened again", reopened),
        case("each commit that was answered survives a crash", commits),
        case("a fold that was answered survives a crash, with the commits after it", folds),
        case("a blob that was answered survives a crash, whole", blobs),
        case("a blob that was deleted is not back after a crash", deletes),
        case("a tombstone, and the life begun on it, survive a crash", lives),
        case("a view that was answered survives a crash", views),
    ]
}

/// Another store after a crash.
async fn crashed(bench: &mut Bench) -> Result<Arc<dyn TenantStore>, super::Stop> {
    bench.crash().await?;
    Ok(Arc::clone(&bench.store))
}

async fn reopened(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "film.mp4", b"film").await?;
    ledger.add(&*bench.store, "1").await?;
    committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
    ledger.follow(&*bench.store).await?;
    ledger.add(&*bench.store, "2").await?;
    let bench = bench.reopened().await?;
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)?;
    ensure(read(&*bench.store, &key, 0..4).await? == b"film", "the blob is another")?;
    let mut again = load(&*bench.store, &ledger.tenant).await?;
    again.add(&*bench.store, "3").await
}

async fn commits(mut bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    for number in 0..5 {
        let store = crashed(&mut bench).await?;
        let found = load(&*store, &ledger.tenant).await?;
        found.ensure_equal(&ledger).map_err(|stop| stop.about(format_args!("after {number} commits")))?;
        ledger = found;
        ledger.add(&*store, &format!("{number}{}", "x".repeat(number * 3000))).await?;
    }
    Ok(())
}

async fn folds(mut bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    for text in ["1", "2", "3"] {
        ledger.add(&*bench.store, text).await?;
    }
    ledger.version = committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
    let store = crashed(&mut bench).await?;
    let mut found = load(&*store, &ledger.tenant).await?;
    found.ensure_equal(&ledger)?;
    found.add(&*store, "4").await?;
    found.version = committed(store.fold(&found.tenant, &found.version, found.same()).await?)?;
    found.add(&*store, "5").await?;
    let store = crashed(&mut bench).await?;
    load(&*store, &ledger.tenant).await?.ensure_equal(&found)
}

async fn blobs(mut bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "film.mp4", b"moving pictures").await?;
    let store = crashed(&mut bench).await?;
    ensure(store.head(&key).await?.is_some(), "it is gone")?;
    ensure(read(&*store, &key, 0..15).await? == b"moving pictures", "its content is another")
}

async fn deletes(mut bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "film.mp4", b"film").await?;
    bench.store.delete(&key).await?;
    let store = crashed(&mut bench).await?;
    ensure(store.head(&key).await?.is_none(), "it is back")
}

async fn lives(mut bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.erase(&*bench.store).await?;
    let store = crashed(&mut bench).await?;
    let erased = load(&*store, &ledger.tenant).await?;
    erased.ensure_equal(&ledger)?;
    let next = erased.begin_again(&*store, bench.header("{}")).await?;
    let store = crashed(&mut bench).await?;
    load(&*store, &ledger.tenant).await?.ensure_equal(&next)?;
    // The areas are there too.
    bench.blob(&next, "film.mp4", b"film").await?;
    ensure(store.head(&blob_key(&ledger.tenant, "film.mp4")?).await?.is_some(), "a blob is not there")
}

async fn views(mut bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let name = ViewName::File(FileName::parse("channel.json")?);
    for place in ViewPlace::ALL {
        let view = ViewKey { place, name: name.clone() };
        bench.store.put_view(&ledger.tenant, &view, Bytes::from_static(b"[1]")).await?;
    }
    let store = crashed(&mut bench).await?;
    for place in ViewPlace::ALL {
        let found = store.read_view(&ledger.tenant, &ViewKey { place, name: name.clone() }).await?;
        ensure(found.as_deref() == Some(b"[1]"), format!("read {found:?}"))?;
    }
    Ok(())
}
