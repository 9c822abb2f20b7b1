//! Isolation: what is done under one id changes nothing under another, however alike the ids are.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::bench::{Bench, Ledger, blob_key, body, committed, ensure_refused, held_body, load, read, tenant};
use super::medium::Link;
use super::{Case, Check, Stop, case, ensure};
use crate::paths::{Area, BlobKey, FileName};
use crate::store::{
    BlobInfo, Commit, Found, Outcome, Refreshed, StoreErrorKind, TenantStore, ViewKey, ViewName, ViewPlace,
};

/// How long something may be held up by what should not hold it up at all.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("two tenants' ledgers have nothing in common", ledgers),
        case("two tenants' blobs of one name are two blobs", two_blobs),
        case("a tenant whose id begins like another's lists its own alone", by_whole_names),
        case("two tenants' and two places' views of one name are different views", two_views),
        case("a blob, a view and a record of one name are three things", three_things),
        case("commits and folds under one id change nothing that is read under its neighbours'", commits),
        case("blobs written and deleted under one id change nothing under its neighbours'", blobs),
        case("views written, set aside and removed under one id change nothing under its neighbours'", views),
        case("erasing a tenant, and beginning it again, changes nothing under its neighbours' ids", erasing),
        case("a version of one tenant changes nothing under another's id", foreign_versions),
        case(
            "an upload that stalls holds up neither its tenant's commits nor anything of a neighbour's",
            stalled,
        ),
        case("a ledger that is damaged is said to be corrupt, and no neighbour notices", damaged),
        case("a link in a blob's place leads nowhere", blob_link),
        case("a link in the place of a tenant's area leads nowhere", area_link),
    ]
}

/// Ids that begin like one another, or differ in what some medium might not tell apart.
const NEIGHBOURS: [&str; 9] = ["a", "an", "ana.b", "ana-", "ana-2", "ana2", "ana_", "anb", "b"];

/// A neighbour, and what it has.
struct Neighbour {
    ledger: Ledger,
    blob: BlobKey,
    view: ViewKey,
    aside: ViewKey,
}

impl Neighbour {
    async fn new(bench: &Bench, id: &str) -> Result<Self, Stop> {
        let mut ledger = bench.create(&tenant(id)?).await?;
        ledger.add(&*bench.store, "1").await?;
        let blob = bench.blob(&ledger, "film.mp4", b"a neighbour's").await?;
        let name = FileName::parse("notes.json")?;
        let view = ViewKey { place: ViewPlace::Data, name: ViewName::File(name.clone()) };
        let aside = ViewKey { place: ViewPlace::Data, name: ViewName::Edited(name, 7) };
        for key in [&view, &aside] {
            bench.store.put_view(&ledger.tenant, key, Bytes::from_static(b"a neighbour's")).await?;
        }
        Ok(Self { ledger, blob, view, aside })
    }

    /// Sees that all is as it was, to whichever call.
    async fn ensure_unchanged(&self, store: &dyn TenantStore) -> Check {
        let (ledger, id) = (&self.ledger, &self.ledger.tenant);
        ensure(store.header(id).await?.as_ref() == Some(&ledger.header), "its header is another")?;
        let refreshed = store.refresh(id, &ledger.version).await?;
        ensure(matches!(refreshed, Refreshed::Unchanged), format!("its ledger answers {refreshed:?}"))?;
        load(store, id).await?.ensure_equal(ledger)?;
        let page = store.list(id, Area::Videos, None, 10).await?;
        let expected = Found {
            name: self.blob.name().as_str().to_owned(),
            file: Some(self.blob.name().clone()),
            length: 13,
        };
        ensure(page.items == [expected], format!("it lists {:?}", page.items))?;
        let page = store.list(id, Area::Thumbnails, None, 10).await?;
        ensure(page.items.is_empty(), format!("its other area lists {:?}", page.items))?;
        ensure(read(store, &self.blob, 0..13).await? == b"a neighbour's", "its blob is another")?;
        for key in [&self.view, &self.aside] {
            let found = store.read_view(id, key).await?;
            ensure(found.as_deref() == Some(b"a neighbour's"), format!("its view reads {found:?}"))?;
        }
        let aside = store.list_edited(id, ViewPlace::Data, None, 10).await?;
        ensure(aside.items.len() == 1, format!("of its views {:?} are set aside", aside.items))
    }
}

/// All neighbours, to see what reaches them.
async fn neighbours(bench: &Bench) -> Result<Vec<Neighbour>, Stop> {
    let mut all = Vec::new();
    for id in NEIGHBOURS {
        all.push(Neighbour::new(bench, id).await?);
    }
    Ok(all)
}

async fn ensure_all_unchanged(bench: &Bench, all: &[Neighbour]) -> Check {
    let other = bench.second().await?;
    for neighbour in all {
        for store in [&bench.store, &other] {
            let checked = neighbour.ensure_unchanged(&**store).await;
            checked.map_err(|stop| stop.about(&neighbour.ledger.tenant))?;
        }
    }
    Ok(())
}

async fn commits(bench: Bench) -> Check {
    let all = neighbours(&bench).await?;
    let mut ana = bench.create(&tenant("ana")?).await?;
    for number in 0..40 {
        ana.add(&*bench.store, &format!("{number}{}", "x".repeat(2000))).await?;
    }
    ana.version = committed(bench.store.fold(&ana.tenant, &ana.version, ana.same()).await?)?;
    // One that holds a great deal is no other's concern either.
    let lines: Vec<Bytes> = (0..20_000).map(|number| format!("{number:0100}").into()).collect();
    let replacement = ana.replacement(&lines);
    committed(bench.store.fold(&ana.tenant, &ana.version, replacement).await?)?;
    bench.store.tidy(&ana.tenant).await?;
    ensure_all_unchanged(&bench, &all).await
}

async fn blobs(bench: Bench) -> Check {
    let all = neighbours(&bench).await?;
    let ana = bench.create(&tenant("ana")?).await?;
    let film = bench.blob(&ana, "film.mp4", b"of ana").await?;
    // Spelled like the beginnings of neighbours' keys, should names be joined without care.
    let others = [bench.blob(&ana, "b film.mp4", b"x").await?, bench.blob(&ana, "2film.mp4", b"x").await?];
    ensure_all_unchanged(&bench, &all).await?;
    for key in others.iter().chain([&film]) {
        bench.store.delete(key).await?;
    }
    ensure_all_unchanged(&bench, &all).await
}

async fn views(bench: Bench) -> Check {
    let all = neighbours(&bench).await?;
    let ana = bench.create(&tenant("ana")?).await?;
    let (view, aside) = all.first().map(|one| (one.view.clone(), one.aside.clone())).unzip();
    for (view, aside) in view.iter().zip(&aside) {
        bench.store.put_view(&ana.tenant, view, Bytes::from_static(b"of ana")).await?;
        ensure_all_unchanged(&bench, &all).await?;
        bench.store.rename_view(&ana.tenant, view, aside).await?;
        ensure_all_unchanged(&bench, &all).await?;
        bench.store.remove_view(&ana.tenant, aside).await?;
    }
    ensure_all_unchanged(&bench, &all).await
}

async fn erasing(bench: Bench) -> Check {
    let all = neighbours(&bench).await?;
    let mut ana = bench.create(&tenant("ana")?).await?;
    bench.blob(&ana, "film.mp4", b"of ana").await?;
    bench.store.remove_areas(&ana.tenant).await?;
    ana.erase(&*bench.store).await?;
    bench.store.tidy(&ana.tenant).await?;
    ensure_all_unchanged(&bench, &all).await?;
    ana.begin_again(&*bench.store, bench.header("{}")).await?;
    ensure_all_unchanged(&bench, &all).await
}

async fn ledgers(bench: Bench) -> Check {
    let mut ana = bench.create(&tenant("ana")?).await?;
    let other = bench.create(&tenant("ana2")?).await?;
    ana.add(&*bench.store, "1").await?;
    load(&*bench.store, &other.tenant).await?.ensure_equal(&other)?;
    let refreshed = bench.store.refresh(&other.tenant, &other.version).await?;
    ensure(matches!(refreshed, Refreshed::Unchanged), "one tenant's commit shows in another")?;
    let nobody = tenant("nobody")?;
    let answer = bench.store.refresh(&nobody, &other.version).await;
    ensure_refused(answer, StoreErrorKind::Corrupt)
}

async fn two_blobs(bench: Bench) -> Check {
    let ana = bench.create(&tenant("ana")?).await?;
    let other = bench.create(&tenant("ana2")?).await?;
    let anas = bench.blob(&ana, "film.mp4", b"of ana").await?;
    let others = bench.blob(&other, "film.mp4", b"of the other").await?;
    ensure(read(&*bench.store, &anas, 0..6).await? == b"of ana", "ana reads another's")?;
    bench.store.delete(&anas).await?;
    ensure(read(&*bench.store, &others, 0..12).await? == b"of the other", "one delete took two")
}

async fn by_whole_names(bench: Bench) -> Check {
    const IDS: [&str; 5] = ["ana", "ana2", "ana-2", "ana.b", "an"];
    for id in IDS {
        let ledger = bench.create(&tenant(id)?).await?;
        bench.blob(&ledger, &format!("{id}.mp4"), b"x").await?;
    }
    for id in IDS {
        let page = bench.store.list(&tenant(id)?, Area::Videos, None, 10).await?;
        let found: Vec<_> = page.items.iter().map(|found| found.name.as_str()).collect();
        ensure(found == [format!("{id}.mp4")], format!("{id} lists {found:?}"))?;
    }
    Ok(())
}

async fn two_views(bench: Bench) -> Check {
    let ana = bench.create(&tenant("ana")?).await?;
    let other = bench.create(&tenant("ana2")?).await?;
    let name = ViewName::File(FileName::parse("same.json")?);
    let data = ViewKey { place: ViewPlace::Data, name: name.clone() };
    let tokens = ViewKey { place: ViewPlace::Tokens, name };
    bench.store.put_view(&ana.tenant, &data, Bytes::from_static(b"1")).await?;
    bench.store.put_view(&ana.tenant, &tokens, Bytes::from_static(b"2")).await?;
    ensure(bench.store.read_view(&other.tenant, &data).await?.is_none(), "another tenant has it too")?;
    bench.store.put_view(&other.tenant, &data, Bytes::from_static(b"3")).await?;
    bench.store.remove_view(&other.tenant, &data).await?;
    let found = bench.store.read_view(&ana.tenant, &data).await?;
    ensure(found.as_deref() == Some(b"1"), "another tenant's or place's view shows")?;
    let found = bench.store.read_view(&ana.tenant, &tokens).await?;
    ensure(found.as_deref() == Some(b"2"), "another tenant's or place's view shows")
}

async fn three_things(bench: Bench) -> Check {
    let ana = bench.create(&tenant("ana")?).await?;
    let name = FileName::parse("schedules.json")?;
    for place in ViewPlace::ALL {
        let view = ViewKey { place, name: ViewName::File(name.clone()) };
        bench.store.put_view(&ana.tenant, &view, Bytes::from_static(b"a view")).await?;
    }
    let keys = Area::ALL.iter().map(|area| BlobKey::new(ana.tenant.clone(), *area, name.clone()));
    for key in keys.clone() {
        ensure(bench.store.head(&key).await?.is_none(), "a view is taken for a blob")?;
        let content = if key.area() == Area::Videos { body(b"a video") } else { body(b"a preview") };
        bench.store.put(&key, bench.put(&ana, content)).await?;
    }
    for (key, content) in keys.zip([&b"a video"[..], b"a preview"]) {
        let found = read(&*bench.store, &key, 0..content.len() as u64).await?;
        ensure(found == content, "one area's blob is another's")?;
        bench.store.delete(&key).await?;
    }
    for place in ViewPlace::ALL {
        let view = ViewKey { place, name: ViewName::File(name.clone()) };
        let found = bench.store.read_view(&ana.tenant, &view).await?;
        ensure(found.as_deref() == Some(b"a view"), "deleting a blob took a view")?;
        bench.store.remove_view(&ana.tenant, &view).await?;
    }
    load(&*bench.store, &ana.tenant).await?.ensure_equal(&ana)
}

async fn foreign_versions(bench: Bench) -> Check {
    let ana = bench.create(&tenant("ana")?).await?;
    let other = bench.create(&tenant("ana2")?).await?;
    let commit = Commit { header: None, text: Bytes::from_static(b"stray") };
    let answer = bench.store.append(&other.tenant, Some(&ana.version), commit).await;
    ensure(!matches!(answer, Ok(Outcome::Committed(_))), "a commit was taken")?;
    for fold in [ana.same(), ana.replacement(&[Bytes::from_static(b"stray")])] {
        let answer = bench.store.fold(&other.tenant, &ana.version, fold).await;
        ensure(!matches!(answer, Ok(Outcome::Committed(_))), "a fold was taken")?;
    }
    for one in [&ana, &other] {
        load(&*bench.second().await?, &one.tenant).await?.ensure_equal(one)?;
    }
    Ok(())
}

async fn stalled(bench: Bench) -> Check {
    let ana = bench.create(&tenant("ana")?).await?;
    let other = bench.create(&tenant("ana2")?).await?;
    let key = blob_key(&ana.tenant, "film.mp4")?;
    let (mut held, body) = held_body(16);
    let (store, put) = (Arc::clone(&bench.store), bench.put(&ana, body));
    let uploading = tokio::spawn(async move { store.put(&key, put).await });
    held.reached().await?;
    let others = async {
        for mut ledger in [ana.clone(), other] {
            bench.blob(&ledger, "other.mp4", b"x").await?;
            ledger.add(&*bench.store, "1").await?;
            ledger.version =
                committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
            load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)?;
        }
        Ok::<(), Stop>(())
    };
    let checked = tokio::time::timeout(PATIENCE, others).await;
    held.release();
    match checked {
        Ok(checked) => checked?,
        Err(_) => return ensure(false, "it holds up what others do"),
    }
    let info = uploading.await.map_err(|_| super::fails("the upload panicked"))??;
    ensure(info == BlobInfo { length: 1 << 20 }, "the upload is another")
}

async fn damaged(bench: Bench) -> Check {
    let all = neighbours(&bench).await?;
    let mut ana = bench.create(&tenant("ana")?).await?;
    ana.add(&*bench.store, "1").await?;
    bench.damage(&ana.tenant).await?;
    let fresh = bench.second().await?;
    ensure_refused(fresh.load(&ana.tenant).await, StoreErrorKind::Corrupt)?;
    let again = Commit { header: Some(bench.header("{}")), text: Bytes::from_static(b"again") };
    let answer = fresh.append(&ana.tenant, None, again).await;
    ensure(!matches!(answer, Ok(Outcome::Committed(_))), "it was created over what is damaged")?;
    ensure_all_unchanged(&bench, &all).await?;
    let listed = fresh.tenants(None, 100).await?.items;
    ensure(all.iter().all(|one| listed.contains(&one.ledger.tenant)), "a neighbour is not listed any more")
}

/// Sees that nothing of a foreign blob comes through a key under which there is but a link.
async fn ensure_leads_nowhere(bench: &Bench, ledger: &Ledger, at: &BlobKey, to: &BlobKey) -> Check {
    let there = |found: Option<BlobInfo>| found.is_some();
    for store in [&bench.store, &bench.second().await?] {
        ensure(!store.head(at).await.is_ok_and(there), "its target is measured")?;
        ensure(read(&**store, at, 0..6).await.is_err(), "its target is read")?;
        let page = store.list(at.tenant(), at.area(), None, 10).await;
        let plain = page.is_ok_and(|page| page.items.iter().any(|found| found.file.is_some()));
        ensure(!plain, "it, or what it leads to, is listed as a file")?;
        ensure(store.local_path(at).await.is_err(), "a path is given that follows it")?;
    }
    // Whatever these answer, what it leads to must stay.
    drop(bench.store.put(at, bench.put(ledger, body(b"written through"))).await);
    drop(bench.store.delete(at).await);
    drop(bench.store.remove_areas(at.tenant()).await);
    ensure(bench.store.head(to).await? == Some(BlobInfo { length: 6 }), "its target is gone, or changed")?;
    ensure(read(&*bench.store, to, 0..6).await? == b"secret", "its target is another")?;
    let page = bench.store.list(to.tenant(), to.area(), None, 10).await?;
    ensure(page.items.len() == 1, "something was put beside its target")
}

async fn blob_link(bench: Bench) -> Check {
    let ana = bench.create(&tenant("ana")?).await?;
    let other = bench.create(&tenant("ana2")?).await?;
    let to = bench.blob(&other, "film.mp4", b"secret").await?;
    let at = blob_key(&ana.tenant, "film.mp4")?;
    bench.plant(&Link::Blob { at: at.clone(), to: to.clone() }).await?;
    ensure_leads_nowhere(&bench, &ana, &at, &to).await
}

async fn area_link(bench: Bench) -> Check {
    let ana = bench.create(&tenant("ana")?).await?;
    let other = bench.create(&tenant("ana2")?).await?;
    let to = bench.blob(&other, "film.mp4", b"secret").await?;
    let link = Link::Area { at: ana.tenant.clone(), to: other.tenant.clone(), area: to.area() };
    bench.plant(&link).await?;
    ensure_leads_nowhere(&bench, &ana, &blob_key(&ana.tenant, "film.mp4")?, &to).await
}
