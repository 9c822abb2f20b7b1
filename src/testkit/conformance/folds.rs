//! Folds: the same state written shorter, or another state in its place.

use bytes::Bytes;

use super::bench::{Bench, committed, ensure_conflict, load, tenant};
use super::{Case, Check, case, ensure};
use crate::store::{Fold, OpenedSnapshot, Refreshed};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("a fold that says the same leaves state and number as they are", same),
        case("commits that came after a fold's base are carried behind it", carried),
        case("a header changed after a fold's base stays changed", header_carried),
        case("one goes on after a fold, from the version it answered and from that before", goes_on),
        case("of two folds of the same base the second conflicts", second_fold),
        case("a fold that replaces gets the next number and is the state", replace),
        case("a fold that replaces conflicts with any newer commit", replace_conflicts),
        case("who was behind a fold catches up", catch_up),
        case("commits and folds take turns without losing a line", turns),
        case("a snapshot may be large", large),
        case("what is opened says what is loaded, and goes on to while others fold", opened),
    ]
}

async fn same(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    for text in ["1", "2", "3"] {
        ledger.add(&*bench.store, text).await?;
    }
    let folded = committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
    ensure(folded.number == ledger.version.number, "the number changed")?;
    for store in [&bench.store, &bench.second().await?] {
        load(&**store, &ledger.tenant).await?.ensure_equal(&ledger)?;
        let Some(loaded) = store.load(&ledger.tenant).await? else {
            return ensure(false, "the ledger is gone");
        };
        ensure(loaded.snapshot_number == ledger.version.number, "the snapshot is not at its number")?;
        ensure(loaded.commits.is_empty(), "commits stand beside the snapshot that holds them")?;
    }
    Ok(())
}

async fn carried(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    for number in 0..50 {
        ledger.add(&*bench.store, &format!("{number}{}", "x".repeat(2000))).await?;
    }
    let base = ledger.clone();
    let other = bench.second().await?;
    for number in 50..100 {
        ledger.add(&*other, &format!("{number}{}", "x".repeat(2000))).await?;
    }
    let folded = committed(bench.store.fold(&base.tenant, &base.version, base.same()).await?)?;
    ensure(folded.number == base.version.number, "the fold's version is not its base's")?;
    let mut follower = base.clone();
    follower.version = folded;
    follower.follow(&*bench.store).await?;
    follower.ensure_equal(&ledger)?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)?;
    ledger.add(&*other, "one more").await?;
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn header_carried(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let base = ledger.clone();
    ledger.header.text = Bytes::from_static(b"{\"changed\":true}");
    let text = Bytes::from_static(b"1");
    let commit = crate::store::Commit { header: Some(ledger.header.clone()), text: text.clone() };
    ledger.version = committed(bench.store.append(&ledger.tenant, Some(&ledger.version), commit).await?)?;
    ledger.lines.push(text);
    committed(bench.store.fold(&base.tenant, &base.version, base.same()).await?)?;
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn goes_on(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.add(&*bench.store, "1").await?;
    let before = ledger.clone();
    ledger.version = committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
    ledger.add(&*bench.store, "2").await?;
    ensure_conflict(&before.try_add(&*bench.store, "stale").await?)?;
    let mut unaware = ledger.clone();
    committed(bench.second().await?.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
    unaware.add(&*bench.store, "3").await?;
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&unaware)
}

async fn second_fold(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.add(&*bench.store, "1").await?;
    let other = bench.second().await?;
    let base = load(&*other, &ledger.tenant).await?;
    committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
    ensure_conflict(&other.fold(&base.tenant, &base.version, base.same()).await?)?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn replace(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.add(&*bench.store, "1").await?;
    let mut follower = ledger.clone();
    ledger.header.text = Bytes::from_static(b"{\"replaced\":true}");
    ledger.lines = vec![Bytes::from_static(b"a"), Bytes::from_static(b"b")];
    let fold = ledger.replacement(&ledger.lines);
    let version = committed(bench.store.fold(&ledger.tenant, &ledger.version, fold).await?)?;
    ensure(version.number == ledger.version.number + 1, "it has not the next number")?;
    ledger.version = version;
    let other = bench.second().await?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)?;
    let refreshed = other.refresh(&follower.tenant, &follower.version).await?;
    ensure(matches!(refreshed, Refreshed::StartOver), "who knew the old state is not told to start over")?;
    follower.follow(&*other).await?;
    follower.ensure_equal(&ledger)?;
    ledger.add(&*bench.store, "c").await?;
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn replace_conflicts(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let base = ledger.clone();
    ledger.add(&*bench.second().await?, "1").await?;
    let fold = base.replacement(&[Bytes::from_static(b"lost")]);
    ensure_conflict(&bench.store.fold(&base.tenant, &base.version, fold).await?)?;
    load(&*bench.store, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn catch_up(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let mut followers = vec![ledger.clone()];
    for number in 0..6 {
        ledger.add(&*bench.store, &number.to_string()).await?;
        followers.push(ledger.clone());
        if number % 2 == 1 {
            ledger.version =
                committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
            followers.push(ledger.clone());
        }
    }
    ledger.add(&*bench.store, "last").await?;
    let other = bench.second().await?;
    for mut follower in followers {
        follower.follow(&*other).await?;
        follower.ensure_equal(&ledger)?;
    }
    Ok(())
}

async fn turns(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    let other = bench.second().await?;
    for number in 0..60 {
        ledger.add(&*bench.store, &format!("{number}{}", "x".repeat(1500))).await?;
        if number % 7 == 0 {
            committed(other.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
            ledger.follow(&*bench.store).await?;
        }
        if number % 11 == 0 {
            other.tidy(&ledger.tenant).await?;
        }
    }
    load(&*other, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn large(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.lines =
        (0..50_000).map(|number| format!("{{\"line\":{number},\"é\":\"{number:080}\"}}").into()).collect();
    let fold = ledger.replacement(&ledger.lines);
    ledger.version = committed(bench.store.fold(&ledger.tenant, &ledger.version, fold).await?)?;
    load(&*bench.second().await?, &ledger.tenant).await?.ensure_equal(&ledger)
}

async fn opened(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    ledger.lines =
        (0..3000).map(|number| format!("{{\"line\":{number},\"of\":\"{number:080}\"}}").into()).collect();
    let index = Bytes::from((0..100_000_u32).flat_map(u32::to_be_bytes).collect::<Vec<_>>());
    let fold = Fold { index: index.clone(), ..ledger.replacement(&ledger.lines) };
    ledger.version = committed(bench.store.fold(&ledger.tenant, &ledger.version, fold).await?)?;
    let snapshot = ledger.replacement(&ledger.lines).snapshot;
    ledger.add(&*bench.store, "since").await?;
    let Some(opened) = bench.second().await?.open(&ledger.tenant).await? else {
        return ensure(false, "the ledger is gone");
    };
    ensure(opened.version.number == ledger.version.number, "the numbers differ")?;
    ensure(opened.header == ledger.header, "the headers differ")?;
    ensure(opened.commits == ["since"], "the commits differ")?;
    committed(bench.store.fold(&ledger.tenant, &ledger.version, ledger.same()).await?)?;
    bench.store.tidy(&ledger.tenant).await?;
    let parts = match opened.snapshot {
        OpenedSnapshot::Whole(lines) => return ensure(lines == snapshot, "the snapshots differ"),
        OpenedSnapshot::Parts(parts) => parts,
    };
    ensure(parts.read_all()? == (snapshot.clone(), index.clone()), "the snapshots or their indexes differ")?;
    let count = (parts.text_length() + parts.index_length()).div_ceil(parts.part_length());
    let whole = [snapshot, index].concat();
    for at_once in 1..=3 {
        let mut read = Vec::new();
        for part in (0..count).step_by(at_once) {
            read.extend(parts.read(part..count.min(part + at_once))?);
        }
        ensure(read == whole, "the parts differ from what they are parts of")?;
    }
    Ok(())
}
