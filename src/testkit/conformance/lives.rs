//! Lives: a tombstone is all that is left of one, and the next begins on it and goes on counting.

use bytes::Bytes;

use super::bench::{Bench, Ledger, committed, ensure_conflict, load, tenant};
use super::{Case, Check, Stop, case, ensure};
use crate::store::{Commit, Outcome, Refreshed};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("a tombstone is read as one and holds nothing", tombstone),
        case("nothing can be added to a tombstone within its life", no_more),
        case("a tombstone is listed among the tenants", listed),
        case("a life begins on a tombstone, empty, and numbers go on", again),
        case("no life begins while another goes on", not_on_the_living),
        case("who knew an earlier life is told to start over", start_over),
        case("a late commit of an earlier life never lands in a later one", late),
        case("of two that begin a life on one tombstone one wins", racing),
        case("many lives follow each other", many),
    ]
}

async fn begin(bench: &Bench, erased: &Ledger) -> Result<Ledger, Stop> {
    erased.begin_again(&*bench.store, bench.header("{\"again\":true}")).await
}

async fn tombstone(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.add(&*bench.store, "1").await?;
    let number = ledger.version.number;
    let other = bench.second().await?;
    ensure(other.header(&ledger.tenant).await?.as_ref() == Some(&ledger.header), "the header differs")?;
    ledger.erase(&*bench.store).await?;
    ensure(ledger.version.number == number + 1, "erasing is not a commit")?;
    ensure(other.header(&ledger.tenant).await?.as_ref() == Some(&ledger.header), "the header differs")?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn no_more(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.erase(&*bench.store).await?;
    let answer = ledger.try_add(&*bench.store, "late").await;
    ensure(!matches!(answer, Ok(Outcome::Committed(_))), "a commit was added")?;
    let first = Commit { header: Some(bench.header("{}")), text: Bytes::from_static(b"first") };
    ensure_conflict(&bench.store.append(&ledger.tenant, None, first).await?)?;
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn listed(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.erase(&*bench.store).await?;
    bench.store.tidy(&ledger.tenant).await?;
    let page = bench.store.tenants(None, 10).await?;
    ensure(page.items == [ledger.tenant], "it is not listed")
}

async fn again(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.add(&*bench.store, "1").await?;
    ledger.erase(&*bench.store).await?;
    bench.store.tidy(&ledger.tenant).await?;
    let mut next = begin(&bench, &ledger).await?;
    let other = bench.second().await?;
    load(&*other, &next.tenant).await?.ensure_equal(&next)?;
    next.add(&*other, "2").await?;
    bench.store.tidy(&ledger.tenant).await?;
    load(&*bench.store, &next.tenant).await?.ensure_equal(&next)
}

async fn not_on_the_living(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let usurper = Commit { header: Some(bench.header("{}")), text: Bytes::from_static(b"mine") };
    let answer = bench.store.append(&ledger.tenant, Some(&ledger.version), usurper).await;
    ensure(!matches!(answer, Ok(Outcome::Committed(_))), "a life was begun")?;
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn start_over(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let old = ledger.clone();
    ledger.erase(&*bench.store).await?;
    let next = begin(&bench, &ledger).await?;
    let other = bench.second().await?;
    for version in [&old.version, &ledger.version] {
        let refreshed = other.refresh(&old.tenant, version).await?;
        ensure(matches!(refreshed, Refreshed::StartOver), format!("told {refreshed:?}"))?;
    }
    let mut follower = old;
    follower.follow(&*other).await?;
    follower.ensure_equal(&next)
}

async fn late(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let old = ledger.clone();
    ledger.erase(&*bench.store).await?;
    let next = begin(&bench, &ledger).await?;
    ensure_conflict(&old.try_add(&*bench.store, "late").await?)?;
    ensure_conflict(&bench.store.fold(&old.tenant, &old.version, old.same()).await?)?;
    let fold = old.replacement(&[Bytes::from_static(b"late")]);
    ensure_conflict(&bench.store.fold(&old.tenant, &old.version, fold).await?)?;
    load(&*bench.store, &next.tenant).await?.ensure_equal(&next)
}

async fn racing(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.erase(&*bench.store).await?;
    let other = bench.second().await?;
    let commits = [b"one", b"two"]
        .map(|text| Commit { header: Some(bench.header("{}")), text: Bytes::from_static(text) });
    let (one, two) = futures::join!(
        bench.store.append(&ledger.tenant, Some(&ledger.version), commits[0].clone()),
        other.append(&ledger.tenant, Some(&ledger.version), commits[1].clone()),
    );
    let winner = match (one?, two?) {
        (Outcome::Committed(_), Outcome::Conflict) => &commits[0],
        (Outcome::Conflict, Outcome::Committed(_)) => &commits[1],
        (one, two) => return ensure(false, format!("told {one:?} and {two:?}")),
    };
    let found = load(&*bench.store, &ledger.tenant).await?;
    ensure(Some(&found.header) == winner.header.as_ref(), "it is not the winner's life")?;
    ensure(found.lines == [winner.text.clone()], "it holds something else than the winner's commit")
}

async fn many(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    for number in 0..5 {
        ledger.add(&*bench.store, &format!("{number}")).await?;
        ledger.version = committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
        ledger.erase(&*bench.store).await?;
        ledger = begin(&bench, &ledger).await?;
        load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)?;
    }
    ensure(ledger.version.number == 16, "numbers did not go on over all lives")
}
