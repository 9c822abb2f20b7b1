//! Listings are complete, in order of name, and by whole names.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bench::{Bench, tenant};
use super::{Case, Check, case, ensure, fails};
use crate::paths::{Area, TenantId};
use crate::store::TenantStore;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("blobs are listed with name and length, in order of name", in_order),
        case("pages follow each other without gap or repetition", pages),
        case("a page goes on from a name that is not there", after_a_gap),
        case("what is stored or deleted between two pages moves nothing else", between_pages),
        case("an area that holds nothing lists nothing", nothing),
        case("a file's name comes back from a listing as it went in", spelling),
        case("tenants are listed in order of name, page by page", tenants),
        case("a page of tenants goes on from a name that is not there", tenants_after_a_gap),
        case(
            "a mark that tenants are listed with is another after each change of that tenant's ledger",
            marks,
        ),
        case("a medium that holds nothing has no tenants", no_tenants),
    ]
}

async fn names(store: &dyn TenantStore, tenant: &TenantId, limit: usize) -> Result<Vec<String>, super::Stop> {
    let mut names = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.list(tenant, Area::Videos, after.as_deref(), limit).await?;
        ensure(page.items.len() <= limit, "a page is longer than asked for")?;
        names.extend(page.items.into_iter().map(|found| found.name));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(names),
        }
    }
}

async fn in_order(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for (name, content) in [("b.mp4", &b"four"[..]), ("a.mp4", b"one"), ("b.mp4.mov", b"seven77")] {
        bench.blob(&ledger, name, content).await?;
    }
    for store in [Arc::clone(&bench.store), bench.second().await?] {
        let page = store.list(&ledger.tenant, Area::Videos, None, 10).await?;
        let found: Vec<(&str, u64)> =
            page.items.iter().map(|found| (found.name.as_str(), found.length)).collect();
        ensure(found == [("a.mp4", 3), ("b.mp4", 4), ("b.mp4.mov", 7)], format!("listed {found:?}"))?;
        let plain = page
            .items
            .iter()
            .all(|found| found.file.as_ref().is_some_and(|file| file.as_str() == found.name));
        ensure(plain, "a blob is listed as something else")?;
        ensure(page.next.is_none(), "there is said to be more")?;
    }
    let page = bench.store.list(&ledger.tenant, Area::Thumbnails, None, 10).await?;
    ensure(page.items.is_empty(), "the other area lists them too")
}

async fn pages(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let mut wanted = Vec::new();
    for number in 0..12 {
        let name = format!("{number:02}.mp4");
        bench.blob(&ledger, &name, b"x").await?;
        wanted.push(name);
    }
    for limit in [1, 2, 3, 4, 5, 6, 11, 12, 13] {
        let found = names(&*bench.store, &ledger.tenant, limit).await?;
        ensure(found == wanted, format!("pages of {limit} give {found:?}"))?;
    }
    Ok(())
}

async fn after_a_gap(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for name in ["a.mp4", "c.mp4", "e.mp4"] {
        bench.blob(&ledger, name, b"x").await?;
    }
    let page = bench.store.list(&ledger.tenant, Area::Videos, Some("b.mp4"), 1).await?;
    let found: Vec<&str> = page.items.iter().map(|found| found.name.as_str()).collect();
    ensure(found == ["c.mp4"], format!("listed {found:?}"))?;
    ensure(page.next.as_deref() == Some("c.mp4"), "the page does not say where to go on")?;
    let page = bench.store.list(&ledger.tenant, Area::Videos, Some("e.mp4"), 1).await?;
    ensure(page.items.is_empty() && page.next.is_none(), "there is something after the last")
}

async fn between_pages(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let mut keys = Vec::new();
    for name in ["b.mp4", "d.mp4", "f.mp4", "h.mp4"] {
        keys.push(bench.blob(&ledger, name, b"x").await?);
    }
    let first = bench.store.list(&ledger.tenant, Area::Videos, None, 2).await?;
    ensure(first.next.as_deref() == Some("d.mp4"), "the page does not say where to go on")?;
    // The name to go on from goes, and so does the next; one comes before them, and one after.
    for key in keys.iter().skip(1).take(2) {
        bench.store.delete(key).await?;
    }
    for name in ["a.mp4", "g.mp4"] {
        bench.blob(&ledger, name, b"x").await?;
    }
    let rest = bench.second().await?.list(&ledger.tenant, Area::Videos, first.next.as_deref(), 9).await?;
    let found: Vec<_> = rest.items.iter().map(|found| found.name.as_str()).collect();
    ensure(found == ["g.mp4", "h.mp4"], format!("after d.mp4 come {found:?}"))
}

async fn nothing(bench: Bench) -> Check {
    bench.create(&tenant("ana")?).await?;
    for owner in [tenant("ana")?, tenant("nobody")?] {
        for area in Area::ALL {
            let page = bench.store.list(&owner, *area, None, 10).await?;
            ensure(page.items.is_empty() && page.next.is_none(), "something is listed")?;
        }
    }
    Ok(())
}

async fn spelling(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let mut wanted = vec!["100%.mp4", "Übung 視頻 🎬.mp4", "a b+c&d=e.mp4", "tilde~#1.mp4", "%2e%2e.mp4"];
    for name in &wanted {
        bench.blob(&ledger, name, b"x").await?;
    }
    wanted.sort_unstable();
    let found = names(&*bench.store, &ledger.tenant, 2).await?;
    ensure(found == wanted, format!("listed {found:?}"))
}

async fn tenants(bench: Bench) -> Check {
    for name in ["budi", "ana2", "ana", "ana-2", "ana.b", "42"] {
        bench.create(&tenant(name)?).await?;
    }
    let store = bench.second().await?;
    for limit in [1, 2, 5, 6, 7] {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = store.tenants(after.as_deref(), limit).await?;
            ensure(page.items.len() <= limit, "a page is longer than asked for")?;
            found.extend(page.items.iter().map(|tenant| tenant.as_str().to_owned()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let wanted = ["42", "ana", "ana-2", "ana.b", "ana2", "budi"];
        ensure(found == wanted, format!("pages of {limit} give {found:?}"))?;
    }
    Ok(())
}

async fn tenants_after_a_gap(bench: Bench) -> Check {
    for name in ["ana", "ana-2", "budi"] {
        bench.create(&tenant(name)?).await?;
    }
    let last = "z".repeat(64);
    for (after, expected) in [("ana-", "ana-2"), ("ana.", "budi"), ("0", "ana"), (last.as_str(), "")] {
        let page = bench.store.tenants(Some(after), 1).await?;
        let found = page.items.first().map_or("", TenantId::as_str);
        ensure(found == expected, format!("after {after} comes {found:?}"))?;
    }
    Ok(())
}

async fn marks(bench: Bench) -> Check {
    let (mut ana, budi) = (bench.create(&tenant("ana")?).await?, bench.create(&tenant("budi")?).await?);
    let store = bench.second().await?;
    let mut seen = BTreeSet::new();
    for step in 0..4 {
        match step {
            1 => ana.add(&*bench.store, "1").await?,
            2 => ana.erase(&*bench.store).await?,
            3 => ana = ana.begin_again(&*bench.store, bench.header("{}")).await?,
            _ => {}
        }
        let page = store.marked_tenants(None, 1).await?;
        let rest = store.marked_tenants(page.next.as_deref(), 10).await?;
        let found: Vec<_> = page.items.iter().chain(&rest.items).collect();
        let [first, second] = found[..] else { return Err(fails(format!("listed {found:?}"))) };
        ensure((&first.tenant, &second.tenant) == (&ana.tenant, &budi.tenant), format!("listed {found:?}"))?;
        let is_new = first.mark.as_ref().is_none_or(|mark| seen.insert(mark.clone()));
        ensure(is_new, format!("after step {step} a mark of an earlier state was listed"))?;
    }
    Ok(())
}

async fn no_tenants(bench: Bench) -> Check {
    let page = bench.store.tenants(None, 10).await?;
    ensure(page.items.is_empty() && page.next.is_none(), "there are tenants")
}
