//! Answers that are lost: whatever a store then says has to be true, and `Unknown` is true always.

use std::sync::Arc;

use bytes::Bytes;

use super::bench::{Bench, Ledger, blob_key, body, load, read, tenant};
use super::medium::Loss;
use super::{Case, Check, Stop, case, ensure, fails};
use crate::paths::TenantId;
use crate::store::{BlobInfo, Commit, Outcome, StoreErrorKind, TenantStore};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "of a commit whose request or answer was lost the truth is told, and it is there once at most",
            commits,
        ),
        case("of a tenant's creation whose request or answer was lost the truth is told", creations),
        case("of a fold whose request or answer was lost the truth is told, and no line is lost", folds),
        case("of a fold that replaces whose request or answer was lost the truth is told", replacements),
        case(
            "of a blob whose request or answer was lost the truth is told, and it is whole or absent",
            blobs,
        ),
        case("a delete whose request was lost does not claim success", deletes),
    ]
}

/// Each way of losing something, with a store that does and a tenant of its own.
async fn each_loss(bench: &Bench) -> Result<Vec<(Loss, Arc<dyn TenantStore>, TenantId)>, Stop> {
    let mut all = Vec::new();
    for loss in Loss::ALL {
        let owner = tenant(&format!("ana-{}", all.len()))?;
        all.push((loss, bench.losing(loss).await?, owner));
    }
    Ok(all)
}

/// What became of a call that changes a ledger, as its caller was told.
fn told(answer: Result<Outcome, crate::store::StoreError>) -> Told {
    match answer {
        Ok(Outcome::Committed(version)) => Told::Happened(version.number),
        Ok(Outcome::Conflict) => Told::Never("a conflict"),
        Ok(Outcome::Unknown(_)) => Told::Unknown,
        Err(_) => Told::Never("an error"),
    }
}

#[derive(Clone, Copy)]
enum Told {
    Happened(u64),
    Never(&'static str),
    Unknown,
}

impl Told {
    /// Compares with what another store sees, and with what was lost.
    fn ensure_true(self, happened: bool, loss: Loss) -> Check {
        match self {
            Self::Happened(_) => ensure(happened, "it is said to have happened, and has not")?,
            Self::Never(how) => ensure(!happened, format!("{how} was answered, and it has happened"))?,
            Self::Unknown => {}
        }
        ensure(!(happened && loss == Loss::Requests), "it has happened, though no request was to arrive")
    }
}

async fn commits(bench: Bench) -> Check {
    for (loss, lossy, owner) in each_loss(&bench).await? {
        let ledger = bench.create(&owner).await?;
        let said = told(ledger.try_add_any(&*lossy, "lost?").await);
        let checked = after_commit(&bench, &ledger, said, loss).await;
        checked.map_err(|stop| stop.about(format_args!("{loss:?}")))?;
    }
    Ok(())
}

async fn after_commit(bench: &Bench, before: &Ledger, said: Told, loss: Loss) -> Check {
    let mut found = load(&*bench.store, &before.tenant).await?;
    let happened = match found.lines.len() - before.lines.len() {
        0 => false,
        1 => found.lines.last().is_some_and(|line| line == "lost?"),
        _ => return Err(fails("it is there twice")),
    };
    said.ensure_true(happened, loss)?;
    if let Told::Happened(number) = said {
        ensure(number == found.version.number, "it has not the number that was answered")?;
    }
    // Whoever follows from before sees the same, and goes on.
    let mut follower = before.clone();
    follower.follow(&*bench.store).await?;
    follower.ensure_equal(&found)?;
    found.add(&*bench.store, "after").await?;
    load(&*bench.second().await?, &before.tenant).await?.ensure_equal(&found)
}

async fn creations(bench: Bench) -> Check {
    for (loss, lossy, owner) in each_loss(&bench).await? {
        let commit = Commit { header: Some(bench.header("{}")), text: Bytes::from_static(b"1") };
        let said = told(lossy.append(&owner, None, commit.clone()).await);
        let found = bench.store.load(&owner).await?;
        let checked = said.ensure_true(found.is_some(), loss);
        checked.map_err(|stop| stop.about(format_args!("{loss:?}")))?;
        if found.is_some() {
            let found = load(&*bench.store, &owner).await?;
            ensure(found.lines == ["1"], format!("{loss:?}: it holds something else than its first commit"))?;
            ensure(Some(&found.header) == commit.header.as_ref(), format!("{loss:?}: the header differs"))?;
        } else {
            bench.create(&owner).await?;
        }
    }
    Ok(())
}

async fn folds(bench: Bench) -> Check {
    for (loss, lossy, owner) in each_loss(&bench).await? {
        let mut ledger = bench.create(&owner).await?;
        for text in ["1", "2", "3"] {
            ledger.add(&*bench.store, text).await?;
        }
        let said = told(lossy.fold(&owner, &ledger.version, ledger.same()).await);
        let about = |stop: Stop| stop.about(format_args!("{loss:?}"));
        let snapshot = bench.store.load(&owner).await?.map(|loaded| loaded.snapshot_number);
        said.ensure_true(snapshot == Some(ledger.version.number), loss).map_err(about)?;
        load(&*bench.store, &owner).await?.ensure_equal(&ledger).map_err(about)?;
        let mut follower = ledger.clone();
        follower.follow(&*bench.store).await?;
        follower.add(&*bench.store, "after").await.map_err(about)?;
    }
    Ok(())
}

async fn replacements(bench: Bench) -> Check {
    for (loss, lossy, owner) in each_loss(&bench).await? {
        let before = bench.create(&owner).await?;
        let lines = [Bytes::from_static(b"a"), Bytes::from_static(b"b")];
        let said = told(lossy.fold(&owner, &before.version, before.replacement(&lines)).await);
        let about = |stop: Stop| stop.about(format_args!("{loss:?}"));
        let found = load(&*bench.store, &owner).await?;
        let happened = found.version.number != before.version.number;
        said.ensure_true(happened, loss).map_err(about)?;
        let expected = if happened { &lines[..] } else { &before.lines };
        ensure(found.lines == expected, format!("{loss:?}: it is neither the old state nor the new one"))?;
    }
    Ok(())
}

async fn blobs(bench: Bench) -> Check {
    const CONTENT: &[u8] = b"moving pictures";
    for (loss, lossy, owner) in each_loss(&bench).await? {
        let ledger = bench.create(&owner).await?;
        let key = blob_key(&owner, "film.mp4")?;
        let answer = lossy.put(&key, bench.put(&ledger, body(CONTENT))).await;
        let about = |stop: Stop| stop.about(format_args!("{loss:?}"));
        let head = bench.store.head(&key).await?;
        let there = head.is_some();
        match answer {
            Ok(info) => ensure(head == Some(info), "it is said to be stored, and is not").map_err(about)?,
            Err(error) if error.kind() == StoreErrorKind::OutcomeUnknown => {}
            Err(error) if error.kind() == StoreErrorKind::AlreadyExists => {
                ensure(there, "it is said to be there, and is not").map_err(about)?;
            }
            Err(_) => ensure(!there, "an error was answered, and it is there").map_err(about)?,
        }
        if there {
            let whole = head == Some(BlobInfo { length: CONTENT.len() as u64 });
            ensure(whole && read(&*bench.store, &key, 0..15).await? == CONTENT, "it is not whole")
                .map_err(about)?;
        }
    }
    Ok(())
}

async fn deletes(bench: Bench) -> Check {
    for (loss, lossy, owner) in each_loss(&bench).await? {
        let ledger = bench.create(&owner).await?;
        let key = bench.blob(&ledger, "film.mp4", b"film").await?;
        let said_gone = lossy.delete(&key).await.is_ok();
        let there = bench.store.head(&key).await?.is_some();
        ensure(!(said_gone && there), format!("{loss:?}: it is said to be gone, and is there"))?;
    }
    Ok(())
}
