//! Names: whatever parses is a name like any other, and means nothing but itself.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::bench::{Bench, Ledger, blob_key, body, load, read, tenant};
use super::{Case, Check, Stop, case, ensure};
use crate::paths::{Area, FileName, TenantId};
use crate::store::{StoreErrorKind, TenantStore, ViewKey, ViewName, ViewPlace};
use crate::testkit::hostile_names::CLASSES;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("each name that parses as a file's is the name of a blob of its own", file_names),
        case("each name that parses as a tenant's is the name of a tenant of its own", tenant_ids),
        case("names that differ in case alone are different names", cases_apart),
        case("the longest names fit, of tenants, of files and of what is set aside", longest),
        case("blobs named like parts of the layout leave the ledger and the views alone", layout_blobs),
        case("a view named like a part of the layout is refused, or leaves the ledger alone", layout_views),
    ]
}

/// All examples that are tried by someone who wants to get out, and that are harmless.
fn hostile<T: Ord>(parse: impl Fn(&str) -> Option<T>) -> BTreeSet<T> {
    CLASSES.iter().flat_map(|class| class.examples).filter_map(|example| parse(example)).collect()
}

/// Names with whatever some encoding, some shell or some database gives a meaning to.
const FURTHER: [&str; 12] = [
    "100%.mp4",
    "a%2Fb.mp4",
    "a=b.mp4",
    "a b  c.mp4",
    "a+b.mp4",
    "Übung 視頻 🎬.mp4",
    "ana",
    "ana.mp4",
    "ana.mp4.mp4",
    "ÿ.mp4",
    "\u{10fffd}.mp4",
    "zz.mp4",
];

/// Names that only the case keeps apart; these have a check of their own.
fn without_twins(names: BTreeSet<FileName>) -> Vec<FileName> {
    let unique: BTreeMap<String, FileName> =
        names.into_iter().map(|name| (name.as_str().to_lowercase(), name)).collect();
    let mut names: Vec<FileName> = unique.into_values().collect();
    names.sort();
    names
}

async fn listed(store: &dyn TenantStore, owner: &TenantId, limit: usize) -> Result<Vec<String>, Stop> {
    let (mut names, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = store.list(owner, Area::Videos, after.as_deref(), limit).await?;
        for found in page.items {
            let same = found.file.as_ref().is_some_and(|file| file.as_str() == found.name);
            ensure(same, format!("{:?} is listed as no file", found.name))?;
            names.push(found.name);
        }
        let Some(next) = page.next else { return Ok(names) };
        after = Some(next);
    }
}

async fn file_names(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let mut names = hostile(|example| FileName::parse(example).ok());
    names.extend(FURTHER.iter().filter_map(|name| FileName::parse(name).ok()));
    own_blobs(&bench, &ledger, &without_twins(names)).await
}

async fn cases_apart(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let names = ["ANA.mp4", "Ana.mp4", "ana.mp4", "Straße.mp4", "STRASSE.mp4", "straße.mp4", "ß", "ẞ"];
    let mut names = names.map(FileName::parse).into_iter().collect::<Result<Vec<_>, _>>()?;
    names.sort();
    own_blobs(&bench, &ledger, &names).await
}

/// Stores a blob under each name, and sees that each is the one it is, and goes alone.
async fn own_blobs(bench: &Bench, ledger: &Ledger, names: &[FileName]) -> Check {
    let content = |name: &FileName| name.as_str().as_bytes().to_vec();
    for name in names {
        let key = blob_key(&ledger.tenant, name.as_str())?;
        let bytes = futures::stream::iter([Ok(Bytes::from(content(name)))]);
        let answer = bench.store.put(&key, bench.put(ledger, Box::pin(bytes))).await;
        answer.map_err(|error| Stop::from(error).about(format_args!("{name:?}")))?;
    }
    let other = bench.second().await?;
    let expected: Vec<&str> = names.iter().map(FileName::as_str).collect();
    for limit in [7, 1000] {
        let found = listed(&*other, &ledger.tenant, limit).await?;
        let (missing, strange) = differences(&expected, &found);
        ensure(
            missing.is_empty() && strange.is_empty(),
            format!("not listed: {missing:?}; instead: {strange:?}"),
        )?;
        ensure(found == expected, "the listing is not in order of name")?;
    }
    for name in names {
        let key = blob_key(&ledger.tenant, name.as_str())?;
        let length = name.as_str().len() as u64;
        let found = read(&*other, &key, 0..length).await;
        let found = found.map_err(|stop| stop.about(format_args!("{name:?}")))?;
        ensure(found == content(name), format!("{name:?} reads as another's content"))?;
        other.delete(&key).await?;
        ensure(bench.store.head(&key).await?.is_none(), format!("{name:?} is still there"))?;
    }
    ensure(listed(&*other, &ledger.tenant, 1000).await?.is_empty(), "something is left")
}

/// What is in the first alone, and what in the second alone.
fn differences<'a>(expected: &[&'a str], found: &'a [String]) -> (Vec<&'a str>, Vec<&'a str>) {
    let (wanted, got): (BTreeSet<&str>, BTreeSet<&str>) =
        (expected.iter().copied().collect(), found.iter().map(String::as_str).collect());
    (wanted.difference(&got).copied().collect(), got.difference(&wanted).copied().collect())
}

async fn tenant_ids(bench: Bench) -> Check {
    let mut ids = hostile(|example| TenantId::parse(example).ok());
    for id in ["a", "0", "a.b", "a-b", "a_b", "a..b", "a=40example.com", "videos", "snapshot-1", "head"] {
        ids.extend(TenantId::parse(id));
    }
    let mut made = Vec::new();
    for id in &ids {
        let mut ledger = bench.create(id).await.map_err(|stop| stop.about(id))?;
        ledger.add(&*bench.store, id.as_str()).await?;
        made.push(ledger);
    }
    let other = bench.second().await?;
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = other.tenants(after.as_deref(), 7).await?;
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let ids: Vec<TenantId> = ids.into_iter().collect();
    ensure(found == ids, format!("of {} tenants {found:?} are listed", ids.len()))?;
    for ledger in &made {
        load(&*other, &ledger.tenant)
            .await?
            .ensure_equal(ledger)
            .map_err(|stop| stop.about(&ledger.tenant))?;
    }
    Ok(())
}

async fn longest(bench: Bench) -> Check {
    let ids = ["x".repeat(64), format!("{}y", "x".repeat(63)), "a.".repeat(31) + "ab"];
    let files = ["n".repeat(200), "映".repeat(66), format!("{}.mp4", "🎬".repeat(49))];
    let mut made = Vec::new();
    for id in &ids {
        made.push(bench.create(&tenant(id)?).await?);
    }
    for ledger in &made {
        for file in &files {
            let key = blob_key(&ledger.tenant, file)?;
            bench.store.put(&key, bench.put(ledger, body(b"film"))).await?;
            ensure(read(&*bench.store, &key, 0..4).await? == b"film", "a blob is another")?;
            let view = FileName::parse(file)?;
            for name in [ViewName::File(view.clone()), ViewName::Base(view, i64::MIN)] {
                let key = ViewKey { place: ViewPlace::Tokens, name };
                bench.store.put_view(&ledger.tenant, &key, Bytes::from_static(b"view")).await?;
                let found = bench.store.read_view(&ledger.tenant, &key).await?;
                ensure(found.as_deref() == Some(b"view"), "a view is another")?;
            }
        }
        let found = listed(&*bench.store, &ledger.tenant, 2).await?;
        ensure(found.len() == files.len(), format!("{} of {} files are listed", found.len(), files.len()))?;
    }
    let mut listed = bench.store.tenants(None, 10).await?.items;
    let mut expected: Vec<TenantId> = made.into_iter().map(|ledger| ledger.tenant).collect();
    expected.sort();
    listed.sort();
    ensure(listed == expected, format!("as tenants {listed:?} are listed"))
}

/// Names that a backend is likely to use itself, and that parse.
const LAYOUT: [&str; 14] = [
    "head",
    "header",
    "snapshot",
    "snapshot-1",
    "segment-1",
    "commit-1",
    "data",
    "videos",
    "tokens",
    "done",
    "views",
    "video_database.json",
    "lock",
    "1",
];

async fn layout_blobs(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("data")?).await?;
    let view =
        ViewKey { place: ViewPlace::Data, name: ViewName::File(FileName::parse("video_database.json")?) };
    bench.store.put_view(&ledger.tenant, &view, Bytes::from_static(b"[]")).await?;
    let mut names = LAYOUT.map(FileName::parse).into_iter().collect::<Result<Vec<_>, _>>()?;
    names.sort();
    own_blobs(&bench, &ledger, &names).await?;
    load(&*bench.second().await?, &ledger.tenant).await?.ensure_equal(&ledger)?;
    ledger.add(&*bench.store, "1").await?;
    let found = bench.store.read_view(&ledger.tenant, &view).await?;
    ensure(found.as_deref() == Some(b"[]"), "a view is another")
}

async fn layout_views(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    for name in LAYOUT {
        for place in ViewPlace::ALL {
            let view = ViewKey { place, name: ViewName::File(FileName::parse(name)?) };
            match bench.store.put_view(&ledger.tenant, &view, Bytes::from_static(b"mine")).await {
                Err(error) if error.kind() == StoreErrorKind::Unsupported => continue,
                answer => answer?,
            }
            let found = bench.store.read_view(&ledger.tenant, &view).await?;
            ensure(found.as_deref() == Some(b"mine"), format!("{name} reads as something else"))?;
            ledger.add(&*bench.store, name).await?;
            bench.store.remove_view(&ledger.tenant, &view).await?;
        }
    }
    load(&*bench.second().await?, &ledger.tenant).await?.ensure_equal(&ledger)
}
