//! Commits: in order, by number, and byte for byte.

use std::future::Future;

use bytes::Bytes;

use super::bench::{Bench, committed, ensure_conflict, load, tenant};
use super::{Case, Check, case, ensure};
use crate::store::{Commit, Refreshed};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("a tenant that never was has neither header nor ledger", never_was),
        case("the first commit makes the tenant, with number 1", create),
        case("a tenant is made once", create_again),
        case("a first commit without a header is refused, and makes nothing", create_without_header),
        case("what was appended is loaded byte for byte, by any store over the medium", byte_for_byte),
        case("an append at a version that others went on from conflicts, and leaves no trace", stale),
        case("a commit that conflicts leaves the header as it is", conflict_with_header),
        case("an append that is given up has happened wholly or not at all", given_up),
        case("a refresh of the newest version says so", unchanged),
        case("no version is said at once to be the newest that a refresh would find others after", at_once),
        case("a refresh tells what others committed, in order", refresh_commits),
        case("a refresh from far behind tells all, or says to start over", refresh_far),
        case("a header changes with a commit, and everyone learns it", header_changes),
        case("a commit may be far larger than others", large_commits),
        case("a header may be 8 KiB long", large_header),
        case("hundreds of commits are kept in order", many_commits),
        case("a version from one store serves in another", shared_versions),
    ]
}

async fn never_was(bench: Bench) -> Check {
    bench.create(&tenant("ana2")?).await?;
    let ana = tenant("ana")?;
    ensure(bench.store.header(&ana).await?.is_none(), "it has a header")?;
    ensure(bench.store.load(&ana).await?.is_none(), "it has a ledger")
}

async fn create(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    ensure(ledger.version.number == 1, "the first commit has another number")?;
    ensure(ledger.version.incarnation == ledger.header.incarnation, "the version is of another life")?;
    let other = bench.second().await?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)?;
    ensure(other.header(&ledger.tenant).await? == Some(ledger.header), "the header alone differs")
}

async fn create_again(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let again = Commit { header: Some(bench.header("{}")), text: Bytes::from_static(b"{}") };
    ensure_conflict(&bench.store.append(&ledger.tenant, None, again.clone()).await?)?;
    for number in 0..200 {
        ledger.add(&*bench.store, &format!("{number}")).await?;
    }
    ensure_conflict(&bench.second().await?.append(&ledger.tenant, None, again).await?)?;
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn create_without_header(bench: Bench) -> Check {
    let ana = tenant("ana")?;
    let commit = Commit { header: None, text: Bytes::from_static(b"{}") };
    ensure(bench.store.append(&ana, None, commit).await.is_err(), "it was not refused")?;
    ensure(bench.store.load(&ana).await?.is_none(), "it made a tenant")
}

async fn byte_for_byte(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let texts = [
        r#"{"title":"Übung 視頻 🎬 — naïve"}"#,
        r#"{"n":1.50,"big":123456789012345678901234567890,"e":1e3}"#,
        r#"{"escaped":"\"\\\/\b\f\n\r\t\u0000\u00e9"}"#,
        r#"{ "spaces" :  "kept  " }"#,
        "[]",
        "{\"rtl\":\"\u{202e}abc\u{2028}\u{85}\"}",
    ];
    for text in texts {
        ledger.add(&*bench.store, text).await?;
    }
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)?;
    load(&*bench.second().await?, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn stale(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let old = ledger.clone();
    let other = bench.second().await?;
    ledger.add(&*other, "1").await?;
    ensure_conflict(&old.try_add(&*bench.store, "late").await?)?;
    ledger.add(&*other, "2").await?;
    ensure_conflict(&old.try_add(&*other, "later").await?)?;
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn conflict_with_header(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let old = ledger.clone();
    ledger.add(&*bench.store, "1").await?;
    let header = crate::store::Header { text: Bytes::from_static(b"late"), ..old.header.clone() };
    let large = Bytes::from("x".repeat(100_000));
    for text in [Bytes::from_static(b"late"), large] {
        let commit = Commit { header: Some(header.clone()), text };
        ensure_conflict(&bench.store.append(&old.tenant, Some(&old.version), commit).await?)?;
    }
    let other = bench.second().await?;
    ensure(
        other.header(&ledger.tenant).await?.as_ref() == Some(&ledger.header),
        "the header is the loser's",
    )?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)
}

/// Gives up a call after it was asked so often how it goes.
async fn give_up<T>(call: impl Future<Output = T>, asked: usize) {
    let mut call = std::pin::pin!(call);
    for _ in 0..asked {
        if futures::poll!(&mut call).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn given_up(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    for asked in 0..12 {
        let text = format!("given up {asked}");
        give_up(ledger.try_add_any(&*bench.store, &text), asked).await;
        // Committing or conflicting with it, whichever it was; then nothing of it can come later.
        let mut next = load(&*bench.store, &ledger.tenant).await?;
        while !matches!(next.try_add(&*bench.store, "after").await?, crate::store::Outcome::Committed(_)) {
            next = load(&*bench.store, &ledger.tenant).await?;
        }
        let found = load(&*bench.second().await?, &ledger.tenant).await?;
        let added: Vec<_> = found.lines.iter().skip(ledger.lines.len()).collect();
        let expected = added == ["after"] || added == [text.as_str(), "after"];
        ensure(expected, format!("after an append given up there are {added:?}"))?;
        ledger = found;
    }
    Ok(())
}

async fn unchanged(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    for store in [&bench.store, &bench.second().await?] {
        let refreshed = store.refresh(&ledger.tenant, &ledger.version).await?;
        ensure(matches!(refreshed, Refreshed::Unchanged), format!("it says {refreshed:?}"))?;
    }
    Ok(())
}

async fn at_once(bench: Bench) -> Check {
    let stores = [bench.store.clone(), bench.second().await?];
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let neighbour = bench.create(&tenant("ana2")?).await?;
    let mut versions = Vec::new();
    for (step, turn) in (0..8).zip(stores.iter().cycle()) {
        let old = ledger.version.clone();
        match step {
            0..4 => ledger.add(&**turn, "1").await?,
            4 => {
                let fold = ledger.replacement(&ledger.lines);
                ledger.version = committed(turn.fold(&ledger.tenant, &ledger.version, fold).await?)?;
            }
            5 => ledger.erase(&**turn).await?,
            6 => ledger = ledger.begin_again(&**turn, bench.header("{}")).await?,
            _ => ledger.add(&**turn, "2").await?,
        }
        versions.push(old);
        for store in &stores {
            let stale = versions.iter().any(|version| store.is_newest(&ledger.tenant, version));
            ensure(!stale, "a version that others came after is said to be the newest")?;
            let foreign = [&ledger.tenant, &tenant("nobody")?]
                .into_iter()
                .any(|tenant| store.is_newest(tenant, &neighbour.version));
            ensure(!foreign, "a version is said to be another tenant's newest")?;
            // What each store itself read, and what the other one gave.
            for version in [&ledger.version, &load(&**store, &ledger.tenant).await?.version] {
                if store.is_newest(&ledger.tenant, version) {
                    let refreshed = store.refresh(&ledger.tenant, version).await?;
                    ensure(matches!(refreshed, Refreshed::Unchanged), format!("told {refreshed:?}"))?;
                }
            }
        }
    }
    Ok(())
}

async fn refresh_commits(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let other = bench.second().await?;
    let mut follower = load(&*other, &ledger.tenant).await?;
    for text in ["1", "2", "3"] {
        ledger.add(&*bench.store, text).await?;
    }
    let Refreshed::Commits { version, header, commits } =
        other.refresh(&ledger.tenant, &follower.version).await?
    else {
        return ensure(false, "three commits are not told one by one");
    };
    ensure(version.number == ledger.version.number, "the version is not the newest")?;
    ensure(header.is_none(), "the header is said to have changed")?;
    ensure(commits == ["1", "2", "3"], format!("told {commits:?}"))?;
    follower.follow(&*other).await?;
    follower.add(&*other, "4").await?;
    ledger.follow(&*bench.store).await?;
    ledger.ensure_equal(&follower)
}

async fn refresh_far(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let mut followers = vec![ledger.clone()];
    for number in 0..120 {
        ledger.add(&*bench.store, &format!("{number}{}", " ".repeat(1000))).await?;
        if number % 37 == 0 {
            followers.push(ledger.clone());
        }
    }
    let other = bench.second().await?;
    for mut follower in followers {
        follower.follow(&*other).await?;
        follower.ensure_equal(&ledger)?;
    }
    Ok(())
}

async fn header_changes(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let mut follower = ledger.clone();
    let other = bench.second().await?;
    for store in [&bench.store, &other] {
        let found = store.header(&ledger.tenant).await?;
        ensure(found.as_ref() == Some(&ledger.header), "the header is not the first one")?;
    }
    ledger.header.text = Bytes::from_static("{\"name\":\"Ána\"}".as_bytes());
    let commit = Commit { header: Some(ledger.header.clone()), text: Bytes::from_static(b"1") };
    ledger.version = committed(bench.store.append(&ledger.tenant, Some(&ledger.version), commit).await?)?;
    ledger.lines.push(Bytes::from_static(b"1"));
    ledger.add(&*bench.store, "2").await?;
    for store in [&bench.store, &other] {
        let found = store.header(&ledger.tenant).await?;
        ensure(found.as_ref() == Some(&ledger.header), "the header is the old one")?;
    }
    follower.follow(&*other).await?;
    follower.ensure_equal(&ledger)?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn large_commits(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let mut follower = ledger.clone();
    for length in [10, 40_000, 20, 30, 2_000_000, 33_000, 32_768, 5] {
        ledger.add(&*bench.store, &"é".repeat(length / 2)).await?;
    }
    let other = bench.second().await?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)?;
    follower.follow(&*other).await?;
    follower.ensure_equal(&ledger)
}

async fn large_header(bench: Bench) -> Check {
    let ana = tenant("ana")?;
    let header = bench.header(&format!("\"{}\"", "ü".repeat(4095)));
    let commit = Commit { header: Some(header.clone()), text: Bytes::from_static(b"1") };
    committed(bench.store.append(&ana, None, commit).await?)?;
    ensure(bench.second().await?.header(&ana).await? == Some(header), "the header differs")
}

async fn many_commits(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    for number in 0..600 {
        ledger
            .add(&*bench.store, &format!("{{\"number\":{number},\"text\":\"{}\"}}", "x".repeat(200)))
            .await?;
    }
    load(&*bench.second().await?, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn shared_versions(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let other = bench.second().await?;
    for number in 0..6 {
        let store = if number % 2 == 0 { &other } else { &bench.store };
        ledger.add(&**store, &number.to_string()).await?;
    }
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)
}
