//! Upkeep: clearing, views, and what a backend says of itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::bench::{Bench, body, committed, ensure_refused, held_body, load, read, tenant};
use super::{Case, Check, case, ensure, needs};
use crate::paths::{Area, BlobKey, FileName, TenantId};
use crate::store::{Removed, SetAside, StoreErrorKind, UrlPurpose, UrlRequest, ViewKey, ViewName, ViewPlace};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("the medium keeps the contract, and says so when probed, also by two at once", probe),
        case("tidying keeps all that the ledger names", tidy_keeps),
        case("tidying what never was is no error", tidy_nothing),
        case("tidying leaves blobs and views of the living alone", tidy_living),
        case("tidying a tombstone clears its views, what was set aside included", tidy_tombstone),
        case("tidying a tombstone leaves the blobs that are still there", tidy_leaves_blobs),
        case("a view is read as it was written, and replaced whole", views),
        case("a view that is missing reads as missing, and removing it is no error", missing_views),
        case("a view is renamed with its content", rename),
        case("what was set aside is listed by name, page by page, each tenant's alone", list_edited),
        case("removing all blobs takes one tenant's alone, or is left to the caller", remove_areas),
        case("a put that is under way when all blobs are removed publishes nothing", remove_under_way),
        case("a life that begins after all blobs were removed has areas of its own", areas_again),
        case("a path is given exactly if the backend says so, and leads to the blob", local_path),
        case("URLs are signed exactly if the backend says so", sign_url),
        case("free space is told exactly if the backend says so", free_space),
    ]
}

fn view(place: ViewPlace, name: &str) -> Result<ViewKey, super::Stop> {
    Ok(ViewKey { place, name: ViewName::File(FileName::parse(name)?) })
}

async fn probe(bench: Bench) -> Check {
    let other = bench.second().await?;
    let (one, two) = futures::join!(bench.store.probe(), other.probe());
    one?;
    two?;
    let page = bench.store.tenants(None, 10).await?;
    ensure(page.items.is_empty(), "the probe left a tenant behind")
}

async fn tidy_keeps(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let neighbour = bench.create(&tenant("ana2")?).await?;
    let other = bench.second().await?;
    for number in 0..90 {
        ledger.add(&*bench.store, &format!("{number}{}", "x".repeat(2000))).await?;
        if number % 40 == 0 {
            ledger.version =
                committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
        }
        if number % 20 == 0 {
            other.tidy(&ledger.tenant).await?;
        }
    }
    other.tidy(&ledger.tenant).await?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)?;
    load(&*other, &neighbour.tenant).await?.ensure_equal(&neighbour)
}

async fn tidy_nothing(bench: Bench) -> Check {
    let nobody = tenant("nobody")?;
    bench.store.tidy(&nobody).await?;
    ensure(bench.store.load(&nobody).await?.is_none(), "tidying made a tenant")
}

async fn tidy_living(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "film.mp4", b"film").await?;
    let videos = view(ViewPlace::Data, "video_database.json")?;
    bench.store.put_view(&ledger.tenant, &videos, Bytes::from_static(b"[]")).await?;
    bench.store.tidy(&ledger.tenant).await?;
    ensure(read(&*bench.store, &key, 0..4).await? == b"film", "the blob is gone")?;
    let kept = bench.store.read_view(&ledger.tenant, &videos).await?;
    ensure(kept.as_deref() == Some(b"[]"), "the view is gone")
}

async fn tidy_tombstone(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let neighbour = bench.create(&tenant("ana2")?).await?;
    let database = FileName::parse("video_database.json")?;
    let mut views = vec![
        ViewKey { place: ViewPlace::Data, name: ViewName::Digests },
        ViewKey { place: ViewPlace::Data, name: ViewName::Edited(database.clone(), 1_700_000_000) },
    ];
    views.push(view(ViewPlace::Data, database.as_str())?);
    views.push(view(ViewPlace::Tokens, "channel.json")?);
    for owner in [&ledger.tenant, &neighbour.tenant] {
        for view in &views {
            bench.store.put_view(owner, view, Bytes::from_static(b"{}")).await?;
        }
    }
    ledger.erase(&*bench.store).await?;
    bench.store.tidy(&ledger.tenant).await?;
    for view in &views {
        ensure(bench.store.read_view(&ledger.tenant, view).await?.is_none(), "a view is left")?;
        let kept = bench.store.read_view(&neighbour.tenant, view).await?;
        ensure(kept.is_some(), "a neighbour's view went with it")?;
    }
    load(&*bench.second().await?, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn tidy_leaves_blobs(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "film.mp4", b"film").await?;
    ledger.erase(&*bench.store).await?;
    bench.store.tidy(&ledger.tenant).await?;
    ensure(read(&*bench.store, &key, 0..4).await? == b"film", "it is gone")?;
    bench.store.delete(&key).await?;
    bench.store.tidy(&ledger.tenant).await?;
    ensure(bench.store.head(&key).await?.is_none(), "it can't be deleted")
}

async fn views(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let other = bench.second().await?;
    for place in [ViewPlace::Data, ViewPlace::Tokens] {
        let key = view(place, "channel.json")?;
        for content in ["first, and longer", "", "é"] {
            bench.store.put_view(&ledger.tenant, &key, Bytes::from_static(content.as_bytes())).await?;
            let found = other.read_view(&ledger.tenant, &key).await?;
            ensure(found.as_deref() == Some(content.as_bytes()), format!("read {found:?}"))?;
        }
        other.remove_view(&ledger.tenant, &key).await?;
        ensure(bench.store.read_view(&ledger.tenant, &key).await?.is_none(), "it was not removed")?;
    }
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn missing_views(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for owner in [ledger.tenant, tenant("nobody")?] {
        for place in [ViewPlace::Data, ViewPlace::Tokens] {
            let key = view(place, "schedules.json")?;
            ensure(bench.store.read_view(&owner, &key).await?.is_none(), "a missing view was read")?;
            bench.store.remove_view(&owner, &key).await?;
        }
    }
    Ok(())
}

async fn rename(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let from = view(ViewPlace::Data, "schedules.json")?;
    let to = ViewKey {
        place: ViewPlace::Data,
        name: ViewName::Edited(FileName::parse("schedules.json")?, 1_762_254_000),
    };
    let answer = bench.store.rename_view(&ledger.tenant, &from, &to).await;
    ensure_refused(answer, StoreErrorKind::NotFound)?;
    bench.store.put_view(&ledger.tenant, &from, Bytes::from_static(b"edited")).await?;
    bench.store.rename_view(&ledger.tenant, &from, &to).await?;
    let other = bench.second().await?;
    ensure(other.read_view(&ledger.tenant, &from).await?.is_none(), "the old name is still there")?;
    let kept = other.read_view(&ledger.tenant, &to).await?;
    ensure(kept.as_deref() == Some(b"edited"), "the content is lost")
}

async fn list_edited(bench: Bench) -> Check {
    let ana = bench.create(&tenant("ana")?).await?;
    let other = bench.create(&tenant("ana2")?).await?;
    let (notes, plans) = (FileName::parse("notes.json")?, FileName::parse("plans.json")?);
    let edits = [(&notes, 5, "five"), (&notes, 60, "sixty"), (&plans, -1, "")];
    for place in ViewPlace::ALL {
        let edited = |view: &FileName, time, length| SetAside { place, view: view.clone(), time, length };
        for (view, time, content) in edits {
            let content = Bytes::from(format!("{content}{}", place.prefix()));
            bench.store.put_view(&ana.tenant, &edited(view, time, 0).key(), content).await?;
        }
        // Neither is one, nor what lies beside one.
        let view = view(place, "notes.json")?;
        bench.store.put_view(&ana.tenant, &view, Bytes::from_static(b"[]")).await?;
        let base = edited(&notes, 60, 0).base();
        bench.store.put_view(&ana.tenant, &base, Bytes::from_static(b"{}")).await?;
        bench.store.put_view(&other.tenant, &edited(&plans, 7, 0).key(), Bytes::from_static(b"1")).await?;
    }
    for place in ViewPlace::ALL {
        let expected: Vec<_> = edits
            .map(|(view, time, content)| {
                let length = (content.len() + place.prefix().len()) as u64;
                SetAside { place, view: view.clone(), time, length }
            })
            .into();
        let found = all_edited(&bench, &ana.tenant, place).await?;
        ensure(found == expected, format!("found {found:?}"))?;
        // From a name that is not there.
        let page = bench.store.list_edited(&ana.tenant, place, Some("notes.json.edited-6"), 9).await?;
        let rest = page.items.as_slice();
        ensure(expected.get(1..) == Some(rest), format!("after a gap come {rest:?}"))?;
    }
    let nobody = bench.store.list_edited(&tenant("nobody")?, ViewPlace::Data, None, 2).await?;
    ensure(nobody.items.is_empty() && nobody.next.is_none(), "who never was has something")
}

/// What another process finds that was set aside, two at a time.
async fn all_edited(
    bench: &Bench,
    tenant: &TenantId,
    place: ViewPlace,
) -> Result<Vec<SetAside>, super::Stop> {
    let other_process = bench.second().await?;
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = other_process.list_edited(tenant, place, after.as_deref(), 2).await?;
        ensure(page.items.len() <= 2, "a page is longer than it may be")?;
        found.extend(page.items);
        let Some(next) = page.next else { return Ok(found) };
        ensure(after.as_ref() < Some(&next), "a page does not go on")?;
        after = Some(next);
    }
}

async fn remove_areas(bench: Bench) -> Check {
    let ana = bench.create(&tenant("ana")?).await?;
    let other = bench.create(&tenant("ana2")?).await?;
    let preview = BlobKey::new(ana.tenant.clone(), Area::Thumbnails, FileName::parse("1.png")?);
    bench.store.put(&preview, bench.put(&ana, body(b"12345"))).await?;
    let keys = [bench.blob(&ana, "1.mp4", b"one").await?, bench.blob(&ana, "2.mp4", b"four").await?, preview];
    let kept = bench.blob(&other, "1.mp4", b"kept").await?;
    let removed = bench.store.remove_areas(&ana.tenant).await?;
    for key in &keys {
        let found = bench.store.head(key).await?;
        ensure(found.is_none() == removed.is_some(), "a blob is not as the answer says")?;
    }
    if let Some(removed) = removed {
        ensure((removed.files, removed.bytes) == (3, 12), format!("it counted {removed:?}"))?;
        let again = bench.store.remove_areas(&ana.tenant).await?;
        ensure(again == Some(Removed::default()), format!("a second time it counted {again:?}"))?;
    }
    ensure(read(&*bench.store, &kept, 0..4).await? == b"kept", "another tenant's went with them")
}

/// Removes all blobs of a tenant, where the store does that.
async fn removed(bench: &Bench, tenant: &TenantId) -> Check {
    let removed = bench.store.remove_areas(tenant).await?.is_some();
    needs(removed, "the store leaves it to the caller to remove all blobs")
}

async fn remove_under_way(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = super::bench::blob_key(&ledger.tenant, "film.mp4")?;
    let (mut held, body) = held_body(20);
    let put = bench.store.put(&key, bench.put(&ledger, body));
    let remove = async {
        held.reached().await?;
        let removed = removed(&bench, &ledger.tenant).await;
        held.release();
        removed
    };
    let (answer, checked) = futures::join!(put, remove);
    checked?;
    ensure(answer.is_err(), "the put succeeded")?;
    ensure(bench.store.head(&key).await?.is_none(), "the blob is there")?;
    let page = bench.store.list(&ledger.tenant, Area::Videos, None, 10).await?;
    ensure(page.items.is_empty(), "the blob is listed")
}

async fn areas_again(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    bench.blob(&ledger, "film.mp4", b"film").await?;
    removed(&bench, &ledger.tenant).await?;
    ledger.erase(&*bench.store).await?;
    bench.store.tidy(&ledger.tenant).await?;
    let next = ledger.begin_again(&*bench.store, bench.header("{}")).await?;
    let page = bench.store.list(&next.tenant, Area::Videos, None, 10).await?;
    ensure(page.items.is_empty(), "something is left of the life before")?;
    let key = bench.blob(&next, "other.mp4", b"other").await?;
    ensure(read(&*bench.second().await?, &key, 0..5).await? == b"other", "its blob is another")
}

async fn local_path(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = bench.blob(&ledger, "film.mp4", b"film").await?;
    let missing = super::bench::blob_key(&ledger.tenant, "missing.mp4")?;
    let answer = bench.store.local_path(&key).await;
    if bench.store.capabilities().local_path {
        ensure(std::fs::read(answer?)? == b"film", "the path leads to something else")?;
        ensure_refused(bench.store.local_path(&missing).await, StoreErrorKind::NotFound)
    } else {
        ensure_refused(answer, StoreErrorKind::Unsupported)
    }
}

async fn sign_url(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let key = super::bench::blob_key(&ledger.tenant, "film.mp4")?;
    let signs = bench.store.capabilities().signs_urls;
    ensure(!signs || !bench.store.capabilities().fenced, "what is written by URL passes no fence")?;
    let (content_type, content_disposition) = ("video/mp4".to_owned(), "inline".to_owned());
    for purpose in [UrlPurpose::Get { content_type, content_disposition }, UrlPurpose::Put] {
        let answer =
            bench.store.sign_url(&key, UrlRequest { purpose, expires_in: Duration::from_secs(60) }).await;
        if signs {
            ensure(answer?.url.expose().contains("film.mp4"), "the URL leads to something else")?;
        } else {
            ensure_refused(answer, StoreErrorKind::Unsupported)?;
        }
    }
    Ok(())
}

async fn free_space(bench: Bench) -> Check {
    let store = Arc::clone(&bench.store);
    ensure(store.free_space().await?.is_some() == store.capabilities().free_space, "it says something else")
}
