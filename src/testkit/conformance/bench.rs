//! What the cases work with: a store over a fresh medium, a clock that stands still, and short
//! ways to do what nearly every case does.
//!
//! In all cases a tenant's state is a list of lines: a commit adds its text as one line, and a
//! snapshot is those lines. So any way of reading a ledger can be compared with any other.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::medium::{Link, Loss, Medium};
use super::{Check, Stop, ensure, fails, needs};
use crate::environment::{Deadline, ManualClock};
use crate::paths::{Area, BlobKey, FileName, TenantId};
use crate::store::{
    BlobInfo, ByteStream, Commit, Fold, FoldKind, Header, Incarnation, Outcome, Put, Refreshed, StoreError,
    StoreErrorKind, TenantStore, Version,
};

/// What a case gets.
pub(super) struct Bench {
    medium: Box<dyn Medium>,
    pub(super) store: Arc<dyn TenantStore>,
    pub(super) clock: Arc<ManualClock>,
    incarnations: AtomicU64,
}

impl Bench {
    pub(super) async fn new(medium: Box<dyn Medium>) -> Result<Self, StoreError> {
        let store = medium.open().await?;
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        Ok(Self { medium, store, clock, incarnations: AtomicU64::new(1) })
    }

    /// Another store over the same medium.
    pub(super) async fn second(&self) -> Result<Arc<dyn TenantStore>, Stop> {
        Ok(self.medium.open().await?)
    }

    /// Drops the store and opens another.
    pub(super) async fn reopened(self) -> Result<Self, Stop> {
        let Self { medium, store, clock, incarnations } = self;
        // First the one, then the other, as with a process that is started again.
        drop(store);
        let store = medium.open().await?;
        Ok(Self { medium, store, clock, incarnations })
    }

    /// Lets the machine crash, and opens what is left.
    pub(super) async fn crash(&mut self) -> Check {
        let crashed = self.medium.crash().await?;
        needs(crashed, "the medium gives no way to make it crash")?;
        self.store = self.medium.open().await?;
        Ok(())
    }

    /// A store that loses something.
    pub(super) async fn losing(&self, loss: Loss) -> Result<Arc<dyn TenantStore>, Stop> {
        let store = self.medium.open_losing(loss).await?;
        store.ok_or_else(|| Stop::NotRun("the medium gives no way to lose an answer".to_owned()))
    }

    /// Puts a link where none should be.
    pub(super) async fn plant(&self, link: &Link) -> Check {
        needs(self.medium.plant_link(link).await?, "the medium knows no links")
    }

    /// Damages a tenant's ledger.
    pub(super) async fn damage(&self, tenant: &TenantId) -> Check {
        needs(self.medium.damage(tenant).await?, "the medium gives no way to damage a ledger")
    }

    /// Goes on only with a store that says that it is fenced.
    pub(super) fn needs_fence(&self) -> Check {
        needs(self.store.capabilities().fenced, "the store does not say that it is fenced")
    }

    /// A header of a new life.
    pub(super) fn header(&self, text: &str) -> Header {
        let count = self.incarnations.fetch_add(1, Ordering::SeqCst);
        let incarnation = Incarnation::from_bytes((u128::from(count) << 64 | 0x5eed).to_be_bytes());
        Header { incarnation, tombstone: false, text: Bytes::copy_from_slice(text.as_bytes()) }
    }

    /// Creates a tenant with one commit, `{"created":true}`.
    pub(super) async fn create(&self, tenant: &TenantId) -> Result<Ledger, Stop> {
        let header = self.header("{}");
        let commit = Commit { header: Some(header.clone()), text: Bytes::from_static(CREATED) };
        let version = committed(self.store.append(tenant, None, commit).await?)?;
        Ok(Ledger { tenant: tenant.clone(), version, header, lines: vec![Bytes::from_static(CREATED)] })
    }

    /// A put into that tenant's life that may publish for an hour.
    pub(super) fn put(&self, ledger: &Ledger, body: ByteStream) -> Put {
        Put {
            incarnation: ledger.header.incarnation,
            body,
            length_hint: None,
            deadline: self.deadline(Duration::from_secs(3600)),
        }
    }

    /// A deadline that far from now.
    pub(super) fn deadline(&self, from_now: Duration) -> Deadline {
        let milliseconds = i64::try_from(from_now.as_millis()).unwrap_or(i64::MAX);
        let at = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX);
        Deadline::new(at, Arc::clone(&self.clock) as _)
    }

    /// Stores a small blob.
    pub(super) async fn blob(
        &self,
        ledger: &Ledger,
        name: &str,
        content: &'static [u8],
    ) -> Result<BlobKey, Stop> {
        let key = blob_key(&ledger.tenant, name)?;
        let info = self.store.put(&key, self.put(ledger, body(content))).await?;
        ensure(info == BlobInfo { length: content.len() as u64 }, "the put answered another length")?;
        Ok(key)
    }
}

/// The first line of every tenant.
pub(super) const CREATED: &[u8] = br#"{"created":true}"#;

/// A ledger as a case knows it.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    pub(super) tenant: TenantId,
    pub(super) version: Version,
    pub(super) header: Header,
    pub(super) lines: Vec<Bytes>,
}

impl Ledger {
    /// Adds a line; it must be committed.
    pub(super) async fn add(&mut self, store: &dyn TenantStore, text: &str) -> Check {
        let text = Bytes::copy_from_slice(text.as_bytes());
        let commit = Commit { header: None, text: text.clone() };
        let version = committed(store.append(&self.tenant, Some(&self.version), commit).await?)?;
        ensure(version.number == self.version.number + 1, "a commit did not get the next number")?;
        ensure(version.incarnation == self.version.incarnation, "a commit changed the life")?;
        self.version = version;
        self.lines.push(text);
        Ok(())
    }

    /// Tries to add a line.
    pub(super) async fn try_add(&self, store: &dyn TenantStore, text: &str) -> Result<Outcome, Stop> {
        Ok(self.try_add_any(store, text).await?)
    }

    /// Tries to add a line, whatever comes of it.
    pub(super) async fn try_add_any(
        &self,
        store: &dyn TenantStore,
        text: &str,
    ) -> Result<Outcome, StoreError> {
        let commit = Commit { header: None, text: Bytes::copy_from_slice(text.as_bytes()) };
        store.append(&self.tenant, Some(&self.version), commit).await
    }

    /// Begins a life with `header` on this tombstone.
    pub(super) async fn begin_again(&self, store: &dyn TenantStore, header: Header) -> Result<Self, Stop> {
        let text = Bytes::from_static(b"again");
        let commit = Commit { header: Some(header.clone()), text: text.clone() };
        let version = committed(store.append(&self.tenant, Some(&self.version), commit).await?)?;
        ensure(version.number == self.version.number + 1, "numbers did not go on")?;
        ensure(version.incarnation == header.incarnation, "the version is of another life")?;
        Ok(Self { tenant: self.tenant.clone(), version, header, lines: vec![text] })
    }

    /// The fold that says the same in fewer commits.
    pub(super) fn same(&self) -> Fold {
        Fold {
            kind: FoldKind::Same,
            header: self.header.clone(),
            snapshot: snapshot(&self.lines),
            index: Bytes::new(),
        }
    }

    /// The fold that replaces the state by `lines`.
    pub(super) fn replacement(&self, lines: &[Bytes]) -> Fold {
        Fold {
            kind: FoldKind::Replace,
            header: self.header.clone(),
            snapshot: snapshot(lines),
            index: Bytes::new(),
        }
    }

    /// Makes the tenant a tombstone.
    pub(super) async fn erase(&mut self, store: &dyn TenantStore) -> Check {
        self.header.tombstone = true;
        let fold = self.replacement(&[]);
        self.version = committed(store.fold(&self.tenant, &self.version, fold).await?)?;
        self.lines.clear();
        Ok(())
    }

    /// Learns what came since, in whichever way the store tells it.
    pub(super) async fn follow(&mut self, store: &dyn TenantStore) -> Check {
        match store.refresh(&self.tenant, &self.version).await? {
            Refreshed::Unchanged => {}
            Refreshed::Commits { version, header, commits } => {
                let expected = self.version.number + commits.len() as u64;
                ensure(version.number == expected, "a refresh skipped or repeated a commit")?;
                self.version = version;
                self.header = header.unwrap_or_else(|| self.header.clone());
                self.lines.extend(commits);
            }
            Refreshed::StartOver => *self = load(store, &self.tenant).await?,
        }
        Ok(())
    }

    /// Says whether both are the same state.
    pub(super) fn ensure_equal(&self, other: &Self) -> Check {
        ensure(self.version.number == other.version.number, "the numbers differ")?;
        ensure(self.version.incarnation == other.version.incarnation, "the lives differ")?;
        ensure(self.header == other.header, "the headers differ")?;
        ensure(self.lines == other.lines, "the commits differ")
    }
}

/// Reads a ledger that must be there.
pub(super) async fn load(store: &dyn TenantStore, tenant: &TenantId) -> Result<Ledger, Stop> {
    let Some(loaded) = store.load(tenant).await? else {
        return Err(fails("the tenant has no ledger"));
    };
    let counted = loaded.snapshot_number + loaded.commits.len() as u64;
    ensure(loaded.version.number == counted, "snapshot and commits don't make up the version")?;
    let text = loaded.snapshot;
    let mut lines: Vec<Bytes> = Vec::new();
    let mut start = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte == b'\n' {
            lines.push(text.slice(start..at));
            start = at + 1;
        }
    }
    ensure(start == text.len(), "the snapshot's last line has no end")?;
    lines.extend(loaded.commits);
    Ok(Ledger { tenant: tenant.clone(), version: loaded.version, header: loaded.header, lines })
}

/// The version, if it was committed.
pub(super) fn committed(outcome: Outcome) -> Result<Version, Stop> {
    match outcome {
        Outcome::Committed(version) => Ok(version),
        other => Err(fails(format!("expected a commit, got {other:?}"))),
    }
}

pub(super) fn ensure_conflict(outcome: &Outcome) -> Check {
    ensure(matches!(outcome, Outcome::Conflict), format!("expected a conflict, got {outcome:?}"))
}

/// Says whether a call was refused with that kind.
pub(super) fn ensure_refused<T>(answer: Result<T, StoreError>, kind: StoreErrorKind) -> Check {
    match answer {
        Ok(_) => Err(fails(format!("expected {kind:?}, got success"))),
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(fails(format!("expected {kind:?}, got {:?}: {error}", error.kind()))),
    }
}

pub(super) fn tenant(text: &str) -> Result<TenantId, Stop> {
    Ok(TenantId::parse(text)?)
}

pub(super) fn blob_key(tenant: &TenantId, name: &str) -> Result<BlobKey, Stop> {
    Ok(BlobKey::new(tenant.clone(), Area::Videos, FileName::parse(name)?))
}

/// A body in one piece.
pub(super) fn body(content: &'static [u8]) -> ByteStream {
    stream::iter([Ok(Bytes::from_static(content))]).boxed()
}

/// The other end of a body that is held up before its end.
pub(super) struct Held {
    reached: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

impl Held {
    /// Waits until all that the body has was taken, and more is asked for.
    pub(super) async fn reached(&mut self) -> Check {
        (&mut self.reached).await.map_err(|_| fails("a put gave its body up before the end"))
    }

    /// Lets the body end.
    pub(super) fn release(self) {
        // Whoever gave the body up needs no end of it.
        let _ = self.release.send(());
    }
}

/// A body of so many [pieces](piece) that is held up after them.
pub(super) fn held_body(pieces: u64) -> (Held, ByteStream) {
    let (tell, reached) = oneshot::channel();
    let (release, released) = oneshot::channel();
    let end = stream::once(async move {
        let _ = tell.send(());
        let _ = released.await;
    });
    let end = end.filter_map(|()| std::future::ready(None));
    let body = stream::iter((0..pieces).map(|number| Ok(piece(number)))).chain(end).boxed();
    (Held { reached, release }, body)
}

/// 64 KiB that differ from piece to piece.
pub(super) fn piece(number: u64) -> Bytes {
    let seed = blake3::hash(&number.to_be_bytes());
    seed.as_bytes().repeat(2048).into()
}

/// A body that fails after `pieces` pieces of 64 KiB.
pub(super) fn failing_body(pieces: usize) -> ByteStream {
    let piece = Bytes::from(vec![7_u8; 64 * 1024]);
    let failure = io::Error::new(io::ErrorKind::ConnectionReset, "the sender went away");
    stream::iter(std::iter::repeat_n(piece, pieces).map(Ok)).chain(stream::iter([Err(failure)])).boxed()
}

/// Reads a range of a blob whole.
pub(super) async fn read(
    store: &dyn TenantStore,
    key: &BlobKey,
    range: std::ops::Range<u64>,
) -> Result<Vec<u8>, Stop> {
    let mut stream = store.get(key, range).await?;
    let mut content = Vec::new();
    while let Some(piece) = stream.try_next().await? {
        content.extend_from_slice(&piece);
    }
    Ok(content)
}

fn snapshot(lines: &[Bytes]) -> Bytes {
    let mut text = Vec::new();
    for line in lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.into()
}
