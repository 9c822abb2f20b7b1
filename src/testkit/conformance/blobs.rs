//! Blobs are written once and whole, and read in ranges.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::Either;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::bench::{Bench, blob_key, body, ensure_refused, failing_body, held_body, piece, read, tenant};
use super::{Case, Check, Stop, case, ensure, fails};
use crate::paths::Area;
use crate::store::{BlobInfo, Put, StoreErrorKind};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("a blob is read as it was written, by any store over the medium", round_trip),
        case("a blob's name is taken once and for all, and its content stays", create_only),
        case("of two puts of one name at once one succeeds, and its content is there", racing_puts),
        case("an empty blob is there and has no bytes", empty),
        case("a blob of 20 MiB streams through", large),
        case("a blob is invisible until it is whole", invisible),
        case("a failing body publishes nothing and its own error comes back", failing),
        case("a put that is given up publishes nothing", given_up),
        case("a hint of another length than the body's changes nothing", hints),
        case("after the deadline nothing is published", deadline),
        case("a deadline that passes during the body publishes nothing", deadline_during),
        case("a deadline that is moved on in time lets the blob be published", deadline_extended),
        case("a blob that comes in thousands of small pieces, some of them empty, is whole", small_pieces),
        case("any range within a blob can be read", ranges),
        case("a range not within the blob is out of range", out_of_range),
        case("a missing blob is not found, and has no head", missing),
        case("deleting a blob again is no error, and it is gone", delete),
        case("who reads a blob while it is deleted reads it to its end", read_while_deleted),
        case("a put into another life or a tenant that never was is refused as not found", lives),
    ]
}

async fn round_trip(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "film.mp4", b"moving pictures").await?;
    for store in [Arc::clone(&bench.store), bench.second().await?] {
        ensure(store.head(&key).await? == Some(BlobInfo { length: 15 }), "the head has another length")?;
        ensure(read(&*store, &key, 0..15).await? == b"moving pictures", "the content differs")?;
    }
    Ok(())
}

async fn create_only(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "film.mp4", b"first").await?;
    let again = bench.store.put(&key, bench.put(&ledger, body(b"other"))).await;
    ensure_refused(again, StoreErrorKind::AlreadyExists)?;
    let large = stream::iter(std::iter::repeat_n(Bytes::from(vec![1_u8; 1 << 20]), 17).map(Ok)).boxed();
    let again = bench.second().await?.put(&key, bench.put(&ledger, large)).await;
    ensure_refused(again, StoreErrorKind::AlreadyExists)?;
    ensure(read(&*bench.store, &key, 0..5).await? == b"first", "the first content is lost")
}

async fn racing_puts(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = blob_key(&ledger.tenant, "film.mp4")?;
    let other = bench.second().await?;
    let (one, two) = futures::join!(
        bench.store.put(&key, bench.put(&ledger, body(b"one"))),
        other.put(&key, bench.put(&ledger, body(b"two"))),
    );
    let content = read(&*bench.store, &key, 0..3).await?;
    match (one, two) {
        (Ok(_), refused) => {
            ensure_refused(refused, StoreErrorKind::AlreadyExists)?;
            ensure(content == b"one", "the winner's content is not there")
        }
        (refused, Ok(_)) => {
            ensure_refused(refused, StoreErrorKind::AlreadyExists)?;
            ensure(content == b"two", "the winner's content is not there")
        }
        (Err(error), Err(_)) => Err(error.into()),
    }
}

async fn empty(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = blob_key(&ledger.tenant, "empty.mp4")?;
    let info = bench.store.put(&key, bench.put(&ledger, stream::empty().boxed())).await?;
    ensure(info.length == 0, "the put answered another length")?;
    ensure(bench.store.head(&key).await? == Some(BlobInfo { length: 0 }), "the blob is not there")?;
    ensure(read(&*bench.store, &key, 0..0).await?.is_empty(), "it has bytes")
}

/// Pieces of 0 to 6 bytes, more of them than a system writes at once.
async fn small_pieces(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = blob_key(&ledger.tenant, "pieces.mp4")?;
    let wanted: Vec<u8> = (0..9_000_u32).map(|at| (at % 251) as u8).collect();
    let mut rest = Bytes::from(wanted.clone());
    let mut pieces: Vec<_> = (0..3_000).map(|number| Ok(rest.split_to(number % 7))).collect();
    pieces.push(Ok(rest));
    bench.store.put(&key, bench.put(&ledger, stream::iter(pieces).boxed())).await?;
    ensure(read(&*bench.store, &key, 0..9_000).await? == wanted, "the content differs")
}

async fn large(bench: Bench) -> Check {
    const PIECES: u64 = 320;
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = blob_key(&ledger.tenant, "large.mp4")?;
    let content = stream::iter((0..PIECES).map(|number| Ok(piece(number)))).boxed();
    let info = bench.store.put(&key, bench.put(&ledger, content)).await?;
    ensure(info.length == 20 << 20, "the put answered another length")?;
    let mut wanted = blake3::Hasher::new();
    (0..PIECES).for_each(|number| {
        wanted.update(&piece(number));
    });
    let mut found = blake3::Hasher::new();
    let mut stream = bench.store.get(&key, 0..info.length).await?;
    while let Some(piece) = stream.try_next().await? {
        found.update(&piece);
    }
    ensure(found.finalize() == wanted.finalize(), "the content differs")?;
    let seam = read(&*bench.store, &key, (8 << 20) - 3..(8 << 20) + 3).await?;
    let (before, after) = (piece(127), piece(128));
    ensure(seam == [&before[before.len() - 3..], &after[..3]].concat(), "a range over 8 MiB differs")
}

async fn invisible(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for (name, pieces) in [("short.mp4", 1), ("long.mp4", 160)] {
        let key = blob_key(&ledger.tenant, name)?;
        let (mut held, body) = held_body(pieces);
        let put = bench.store.put(&key, bench.put(&ledger, body));
        let look = async {
            held.reached().await?;
            for store in [&bench.store, &bench.second().await?] {
                ensure(store.head(&key).await?.is_none(), "a blob without its end has a head")?;
                let page = store.list(&ledger.tenant, Area::Videos, None, 10).await?;
                let listed = page.items.iter().any(|found| found.name == name);
                ensure(!listed, "a blob without its end is listed")?;
            }
            held.release();
            Ok::<(), Stop>(())
        };
        let (info, looked) = futures::join!(put, look);
        looked?;
        ensure(bench.store.head(&key).await? == Some(info?), "the whole blob is not there")?;
    }
    Ok(())
}

async fn failing(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for (name, pieces) in [("none.mp4", 0), ("short.mp4", 2), ("long.mp4", 300)] {
        let key = blob_key(&ledger.tenant, name)?;
        let Err(error) = bench.store.put(&key, bench.put(&ledger, failing_body(pieces))).await else {
            return Err(fails("a failed body was stored"));
        };
        ensure(error.kind() == StoreErrorKind::Body, "the error is of another kind")?;
        let source = error.into_source().and_then(|source| source.downcast::<std::io::Error>().ok());
        let kind = source.map(|source| source.kind());
        ensure(kind == Some(std::io::ErrorKind::ConnectionReset), "the body's own error is lost")?;
        ensure(bench.store.head(&key).await?.is_none(), "a part of a failed body is there")?;
    }
    let page = bench.store.list(&ledger.tenant, Area::Videos, None, 10).await?;
    ensure(page.items.is_empty(), "a part of a failed body is listed")
}

async fn given_up(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for (name, pieces) in [("none.mp4", 0), ("short.mp4", 2), ("long.mp4", 300)] {
        let key = blob_key(&ledger.tenant, name)?;
        let (mut held, body) = held_body(pieces);
        let put = bench.store.put(&key, bench.put(&ledger, body));
        let ended = futures::future::select(put, Box::pin(held.reached())).await;
        ensure(matches!(ended, Either::Right((Ok(()), _))), "the put ended before its body")?;
        drop(ended);
        for store in [&bench.store, &bench.second().await?] {
            ensure(store.head(&key).await?.is_none(), "a part of a body is there")?;
        }
    }
    let page = bench.store.list(&ledger.tenant, Area::Videos, None, 10).await?;
    ensure(page.items.is_empty(), "a part of a body is listed")
}

async fn hints(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for (at, hint) in [0, 1, 1 << 20, 1 << 40].into_iter().enumerate() {
        let key = blob_key(&ledger.tenant, &format!("{at}.mp4"))?;
        let content = stream::iter((0..3).map(|number| Ok(piece(number))));
        let put = Put { length_hint: Some(hint), ..bench.put(&ledger, content.boxed()) };
        let info = bench.store.put(&key, put).await?;
        ensure(info.length == 3 << 16, "the put answered another length")?;
        ensure(bench.store.head(&key).await? == Some(info), "the blob has another length")?;
    }
    Ok(())
}

async fn deadline(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = blob_key(&ledger.tenant, "late.mp4")?;
    let put = Put { deadline: bench.deadline(Duration::ZERO), ..bench.put(&ledger, body(b"late")) };
    ensure_refused(bench.store.put(&key, put).await, StoreErrorKind::DeadlinePassed)?;
    ensure(bench.store.head(&key).await?.is_none(), "it was published all the same")
}

async fn deadline_during(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for (name, pieces) in [("short.mp4", 1), ("long.mp4", 200)] {
        let key = blob_key(&ledger.tenant, name)?;
        let clock = Arc::clone(&bench.clock);
        let content = stream::iter((0..pieces).map(|number| Ok(piece(number))));
        let late = stream::once(async move {
            clock.advance(Duration::from_secs(7200));
            Ok(Bytes::from_static(b"late"))
        });
        let hour = Duration::from_secs(3600);
        let now = crate::environment::Clock::now(&*bench.clock);
        let deadline = bench.deadline(hour);
        deadline.extend(now.saturating_add(hour).unwrap_or(Timestamp::MAX));
        let put = Put { deadline, ..bench.put(&ledger, content.chain(late).boxed()) };
        ensure_refused(bench.store.put(&key, put).await, StoreErrorKind::DeadlinePassed)?;
        ensure(bench.store.head(&key).await?.is_none(), "it was published all the same")?;
    }
    Ok(())
}

async fn deadline_extended(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = blob_key(&ledger.tenant, "film.mp4")?;
    let deadline = bench.deadline(Duration::from_secs(60));
    let (clock, moved) = (Arc::clone(&bench.clock), deadline.clone());
    let content = stream::once(async move {
        moved.extend(Timestamp::from_second(600).unwrap_or(Timestamp::MAX));
        clock.advance(Duration::from_secs(300));
        Ok(Bytes::from_static(b"in time"))
    });
    let put = Put { deadline, ..bench.put(&ledger, content.boxed()) };
    let info = bench.store.put(&key, put).await?;
    ensure(bench.store.head(&key).await? == Some(info), "the blob is not there")
}

async fn ranges(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "ten.mp4", b"0123456789").await?;
    for range in [0..10, 0..1, 9..10, 3..7, 0..0, 5..5, 10..10] {
        let wanted: Vec<u8> = (range.start..range.end).map(|digit| b'0' + digit as u8).collect();
        let found = read(&*bench.store, &key, range.clone()).await?;
        ensure(found == wanted, format!("the range {range:?} reads as something else"))?;
    }
    Ok(())
}

async fn out_of_range(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "ten.mp4", b"0123456789").await?;
    #[allow(clippy::reversed_empty_ranges, reason = "that is what is to be refused")]
    for range in [0..11, 9..12, 10..11, 11..11, 50..60, 7..3] {
        let answer = bench.store.get(&key, range.clone()).await;
        ensure_refused(answer, StoreErrorKind::OutOfRange)
            .map_err(|stop| stop.about(format_args!("{range:?}")))?;
    }
    Ok(())
}

async fn missing(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for owner in [ledger.tenant, tenant("nobody")?] {
        let key = blob_key(&owner, "film.mp4")?;
        ensure(bench.store.head(&key).await?.is_none(), "a missing blob has a head")?;
        for range in [0..1, 0..0] {
            ensure_refused(bench.store.get(&key, range).await, StoreErrorKind::NotFound)?;
        }
        bench.store.delete(&key).await?;
    }
    Ok(())
}

async fn delete(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "film.mp4", b"short").await?;
    let kept = bench.blob(&ledger, "film.mp4.mov", b"kept").await?;
    bench.store.delete(&key).await?;
    bench.store.delete(&key).await?;
    let other = bench.second().await?;
    ensure(other.head(&key).await?.is_none(), "it is still there")?;
    ensure_refused(other.get(&key, 0..1).await, StoreErrorKind::NotFound)?;
    ensure(read(&*other, &kept, 0..4).await? == b"kept", "another went with it")
}

async fn read_while_deleted(bench: Bench) -> Check {
    const PIECES: u64 = 64;
    bench.needs_fence()?;
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = blob_key(&ledger.tenant, "film.mp4")?;
    let content = stream::iter((0..PIECES).map(|number| Ok(piece(number)))).boxed();
    let info = bench.store.put(&key, bench.put(&ledger, content)).await?;
    let mut stream = bench.store.get(&key, 0..info.length).await?;
    let mut read = stream.try_next().await?.map_or(0, |first| first.len() as u64);
    bench.second().await?.delete(&key).await?;
    ensure(bench.store.head(&key).await?.is_none(), "it is still there")?;
    while let Some(piece) = stream.try_next().await? {
        read += piece.len() as u64;
    }
    ensure(read == info.length, "the reader did not get to the end")
}

async fn lives(bench: Bench) -> Check {
    bench.needs_fence()?;
    let ana = bench.create(&tenant("ana")?).await?;
    let mut budi = bench.create(&tenant("budi")?).await?;
    let key = blob_key(&ana.tenant, "film.mp4")?;
    let answer = bench.store.put(&key, bench.put(&budi, body(b"stray"))).await;
    ensure_refused(answer, StoreErrorKind::NotFound)?;
    ensure(bench.store.head(&key).await?.is_none(), "it was published all the same")?;
    let nobodys = blob_key(&tenant("nobody")?, "film.mp4")?;
    let answer = bench.store.put(&nobodys, bench.put(&ana, body(b"stray"))).await;
    ensure_refused(answer, StoreErrorKind::NotFound)?;
    budi.erase(&*bench.store).await?;
    let erased = blob_key(&budi.tenant, "film.mp4")?;
    let answer = bench.store.put(&erased, bench.put(&budi, body(b"late"))).await;
    ensure_refused(answer, StoreErrorKind::NotFound)
}
