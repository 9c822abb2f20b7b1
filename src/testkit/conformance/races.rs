//! Races: for each number exactly one wins, and nothing of a loser is ever seen.

use std::sync::Arc;

use bytes::Bytes;

use super::bench::{Bench, Ledger, committed, load, tenant};
use super::{Case, Check, Stop, case, ensure, fails};
use crate::paths::{FileName, TenantId};
use crate::store::{Commit, Outcome, TenantStore, ViewKey, ViewName, ViewPlace};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("of racing creations one wins", creations),
        case("of racing appends one wins for each number, and each winner is loaded once", appends),
        case("of appends at one version at once one is committed, the others conflict", one_version),
        case("tenants that are made at once are all made", many_creations),
        case("a view is read whole while it is replaced", views),
        case("racing appends and folds and clearings lose and invent nothing", folds),
    ]
}

async fn creations(bench: Bench) -> Check {
    let ana = tenant("ana")?;
    let mut racers = Vec::new();
    for number in 0..6 {
        let store = bench.second().await?;
        let (ana, header) = (ana.clone(), bench.header(&number.to_string()));
        racers.push(async move {
            let commit = Commit { header: Some(header.clone()), text: Bytes::from_static(b"1") };
            let outcome = store.append(&ana, None, commit).await?;
            Ok::<_, Stop>(matches!(outcome, Outcome::Committed(_)).then_some(header))
        });
    }
    let mut winners = Vec::new();
    for racer in run_all(racers).await? {
        winners.extend(racer?);
    }
    let found = load(&*bench.store, &ana).await?;
    ensure(winners == [found.header], format!("{} were told that they won", winners.len()))?;
    ensure(found.version.number == 1 && found.lines == ["1"], "it holds more than the winner's commit")
}

async fn one_version(bench: Bench) -> Check {
    let mut ledger = bench.create(&tenant("ana")?).await?;
    for round in 0..5 {
        let mut racers = Vec::new();
        for number in 0..6 {
            let store = if number % 2 == 0 { Arc::clone(&bench.store) } else { bench.second().await? };
            let base = ledger.clone();
            racers.push(async move { base.try_add(&*store, &format!("{round} {number}")).await });
        }
        let mut winners = 0;
        for outcome in run_all(racers).await? {
            match outcome? {
                Outcome::Committed(_) => winners += 1,
                Outcome::Conflict => {}
                Outcome::Unknown(error) => return Err(error.into()),
            }
        }
        ensure(winners == 1, format!("{winners} were told that they won"))?;
        let found = load(&*bench.second().await?, &ledger.tenant).await?;
        ensure(found.lines.len() == ledger.lines.len() + 1, "more or less than one commit is there")?;
        ledger = found;
    }
    Ok(())
}

async fn many_creations(bench: Bench) -> Check {
    let mut racers = Vec::new();
    let ids = (0..12).map(|number| tenant(&format!("ana-{number:02}"))).collect::<Result<Vec<_>, _>>()?;
    for id in &ids {
        let (store, header, id) = (bench.second().await?, bench.header("{}"), id.clone());
        let commit = Commit { header: Some(header), text: Bytes::from_static(b"1") };
        racers.push(async move { Ok::<_, Stop>(committed(store.append(&id, None, commit).await?)?.number) });
    }
    for number in run_all(racers).await? {
        ensure(number? == 1, "a first commit has another number")?;
    }
    ensure(bench.store.tenants(None, 100).await?.items == ids, "not all of them are listed")
}

async fn views(bench: Bench) -> Check {
    const TIMES: usize = 40;
    let ledger = bench.create(&tenant("ana")?).await?;
    let name = ViewName::File(FileName::parse("notes.json")?);
    let view = ViewKey { place: ViewPlace::Data, name };
    let contents = [Bytes::from(vec![b'a'; 300_000]), Bytes::from(vec![b'b'; 100])];
    bench.store.put_view(&ledger.tenant, &view, contents[0].clone()).await?;
    let (store, owner, key, written) =
        (bench.second().await?, ledger.tenant.clone(), view.clone(), contents.clone());
    let writing = tokio::spawn(async move {
        for number in 0..TIMES {
            store.put_view(&owner, &key, written[number % 2].clone()).await?;
        }
        Ok::<_, Stop>(())
    });
    while !writing.is_finished() {
        let found = bench.store.read_view(&ledger.tenant, &view).await?;
        let whole = found.as_ref().is_some_and(|found| contents.contains(found));
        let length = found.map(|found| found.len());
        ensure(whole, format!("between two whole ones {length:?} bytes were read"))?;
        tokio::task::yield_now().await;
    }
    writing.await.map_err(|_| fails("the writing task panicked"))?
}

/// Adds `count` lines, following whatever others add. Returns each line with its number.
async fn add_lines(
    store: Arc<dyn TenantStore>,
    tenant: TenantId,
    writer: usize,
    count: usize,
) -> Result<Vec<(u64, String)>, Stop> {
    let mut ledger = load(&*store, &tenant).await?;
    let mut added = Vec::new();
    while added.len() < count {
        let text = format!("{{\"writer\":{writer},\"line\":{}}}", added.len());
        match ledger.try_add(&*store, &text).await? {
            Outcome::Committed(version) => {
                added.push((version.number, text.clone()));
                ledger.version = version;
                ledger.lines.push(text.into());
            }
            Outcome::Conflict => ledger.follow(&*store).await?,
            Outcome::Unknown(error) => return Err(error.into()),
        }
    }
    Ok(added)
}

/// Sees that the ledger holds exactly what was answered with success, at the numbers answered.
fn ensure_exact(found: &Ledger, added: &[(u64, String)]) -> Check {
    ensure(found.lines.len() == added.len() + 1, "there are more or fewer commits than were answered")?;
    for (number, text) in added {
        let at = usize::try_from(*number).unwrap_or(usize::MAX).checked_sub(1);
        let line = at.and_then(|at| found.lines.get(at));
        ensure(line.is_some_and(|line| line == text), format!("commit {number} is not what was answered"))?;
    }
    Ok(())
}

/// Runs everything at once, each on a task of its own.
async fn run_all<T: Send + 'static>(
    all: Vec<impl Future<Output = T> + Send + 'static>,
) -> Result<Vec<T>, Stop> {
    let tasks: Vec<_> = all.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.map_err(|_| fails("a task panicked"))?);
    }
    Ok(answers)
}

async fn appends(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let mut writers = Vec::new();
    for writer in 0..6 {
        let store = if writer % 2 == 0 { Arc::clone(&bench.store) } else { bench.second().await? };
        writers.push(add_lines(store, ledger.tenant.clone(), writer, 8));
    }
    let mut added = Vec::new();
    for lines in run_all(writers).await? {
        added.extend(lines?);
    }
    ensure(added.len() == 48, "a writer gave up")?;
    ensure_exact(&load(&*bench.second().await?, &ledger.tenant).await?, &added)
}

async fn folds(bench: Bench) -> Check {
    let ledger = bench.create(&tenant("ana")?).await?;
    let mut writers = Vec::new();
    for writer in 0..3 {
        writers.push(add_lines(bench.second().await?, ledger.tenant.clone(), writer, 12));
    }
    let folder = bench.second().await?;
    let owner = ledger.tenant.clone();
    let stop = Arc::new(tokio::sync::Notify::new());
    let stopped = Arc::clone(&stop);
    let folding = tokio::spawn(async move {
        let mut ledger = load(&*folder, &owner).await?;
        let mut landed = 0_u32;
        let mut stopped = std::pin::pin!(stopped.notified());
        loop {
            ledger.follow(&*folder).await?;
            let outcome = folder.fold(&owner, &ledger.version, ledger.same()).await?;
            landed += u32::from(matches!(outcome, Outcome::Committed(_)));
            folder.tidy(&owner).await?;
            tokio::select! {
                biased;
                () = &mut stopped => break,
                () = tokio::task::yield_now() => {}
            }
        }
        if landed == 0 {
            // Writers were quicker each time; now nobody is in the way.
            ledger.follow(&*folder).await?;
            committed(folder.fold(&owner, &ledger.version, ledger.same()).await?)?;
        }
        Ok::<_, Stop>(())
    });
    let mut added = Vec::new();
    for lines in run_all(writers).await? {
        added.extend(lines?);
    }
    stop.notify_one();
    folding.await.map_err(|_| fails("the folding task panicked"))??;
    ensure_exact(&load(&*bench.second().await?, &ledger.tenant).await?, &added)
}
