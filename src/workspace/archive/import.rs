//! An archive into an empty tenant: all of it, or nothing.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::Mutex;

use super::super::access::{Access, Core};
use super::super::profile::Profile;
use super::super::stored_files::written::{body_error, looked_at, put};
use super::super::stored_files::{FileRules, Progress, ProgressFunction};
use super::arriving::{Arrival, Arriving, Decided};
use super::restored::{Arrived, FreshNames, read};
use crate::archive::{ArchiveError, ArchiveManifest, ArchivedFile, ReadError, Reader, digits};
use crate::error::{Error, ErrorKind, Result};
use crate::ownership::Action;
use crate::paths::{FileName, TenantId};
use crate::store::{ByteStream, Put};

const ACTION: Action = Action::ImportTenant;

/// What a record takes in memory beside its text while it is taken in, in bytes, roughly.
const AROUND_RECORD: u64 = 1 << 10;

/// What an import brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Imported {
    /// How many records.
    pub records: u64,
    /// How many files.
    pub files: u64,
    /// The bytes of those files.
    pub bytes: u64,
}

/// An import to be awaited; see [`Tenants::import`](crate::Tenants::import).
///
/// # Cancellation
/// Dropping it gives everything back, unless its last commit was already taken: then all of it may be
/// there all the same.
#[must_use = "an import does nothing until it is awaited"]
pub struct Import {
    access: Access,
    body: ByteStream,
    of: Option<TenantId>,
    progress: Option<ProgressFunction>,
}

impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import").field("tenant", self.access.tenant()).finish_non_exhaustive()
    }
}

impl Import {
    pub(in crate::workspace) fn new(access: Access, body: ByteStream) -> Self {
        Self { access, body, of: None, progress: None }
    }

    /// Says that it is another tenant's archive, whose records become this one's.
    pub fn of(mut self, tenant: &TenantId) -> Self {
        self.of = Some(tenant.clone());
        self
    }

    /// Calls a function after each part of the archive.
    pub fn progress(mut self, function: impl FnMut(Progress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(function));
        self
    }

    async fn run(self) -> Result<Imported> {
        let Self { access, body, of, progress } = self;
        let core = Arc::clone(&access.core);
        let of = of.unwrap_or_else(|| access.tenant().clone());
        let to = access.tenant().clone();
        let decided = Decided::of(access).await?;
        let mut incoming = Incoming { reader: Reader::new(body), length: None, progress };
        let manifest = incoming.manifest().await?;
        check(&core, &manifest, &of)?;
        let (names, files) = fresh_names(&core, &manifest)?;
        let records = incoming.records(&core, &manifest, (&of, &to), &Arc::new(names)).await?;
        let imported = Imported {
            records: records.iter().map(|arrived| arrived.records.len() as u64).sum(),
            files: manifest.files.len() as u64,
            bytes: manifest.file_bytes().unwrap_or(u64::MAX),
        };
        let Profile { display_name, time_zone, .. } = manifest.profile;
        let arrival = Arrival { display_name, time_zone, records, files };
        let mut held = Arriving::begin(decided, arrival).await?;
        let mut done = write(&core, &held, incoming).await;
        if done.is_ok() {
            done = held.settle().await;
        }
        match done {
            Ok(()) => Ok(imported),
            Err(error) => {
                held.abandon().await;
                Err(error)
            }
        }
    }
}

impl IntoFuture for Import {
    type Output = Result<Imported>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The error with which an import is refused.
pub(super) fn refused(error: ArchiveError) -> Error {
    let kind = match error {
        ArchiveError::NotEmpty => ErrorKind::WrongState,
        ArchiveError::UnknownKind { .. } => ErrorKind::Configuration,
        _ => ErrorKind::InvalidInput,
    };
    Error::new(kind, ACTION.as_str()).about("archive").with_source(error)
}

fn failed(error: ReadError) -> Error {
    match error {
        ReadError::Body(error) => body_error(ACTION, error),
        ReadError::Refused(error) => refused(error),
    }
}

/// Refuses what can be refused by what the manifest says.
fn check(core: &Core, manifest: &ArchiveManifest, of: &TenantId) -> Result<()> {
    if manifest.tenant != *of {
        return Err(refused(ArchiveError::OtherTenant));
    }
    manifest.profile.validate(ACTION.as_str()).map_err(|_| {
        refused(ArchiveError::Manifest { reason: "the display name or the time zone can't be" })
    })?;
    // A tenant's records are held in memory, and short ones take more than their texts.
    let around = manifest.records.iter().map(|entry| entry.records.saturating_mul(AROUND_RECORD));
    let texts = manifest.records.iter().map(|entry| entry.bytes);
    if texts.chain(around).fold(0, u64::saturating_add) > core.settings.memory as u64 {
        return Err(Error::new(ErrorKind::TooLarge, ACTION.as_str()).about("records"));
    }
    let unknown = manifest.records.iter().find(|entry| core.kinds.get(&entry.collection).is_none());
    if let Some(entry) = unknown {
        return Err(refused(ArchiveError::UnknownKind { collection: entry.collection.clone() }));
    }
    for file in &manifest.files {
        let rules = FileRules::of(file.area);
        let wrong = |reason| Err(refused(ArchiveError::File { entry: file.entry(), reason }));
        if !extension(&file.name).is_some_and(|extension| (rules.is_extension)(&extension, &core.settings)) {
            return wrong("its extension");
        }
        if (rules.longest)(&core.settings).is_some_and(|longest| file.bytes > longest) {
            return wrong("its length");
        }
    }
    Ok(())
}

fn extension(name: &FileName) -> Option<String> {
    Some(name.as_str().rsplit_once('.')?.1.to_ascii_lowercase())
}

/// A fresh name for each file: a name is never used twice. Files of one name in two areas share it.
fn fresh_names(
    core: &Core,
    manifest: &ArchiveManifest,
) -> Result<(FreshNames, Vec<(FileName, ArchivedFile)>)> {
    let (mut names, mut stored) = (FreshNames::default(), Vec::new());
    for file in &manifest.files {
        let fresh = match names.get(&file.name) {
            Some(fresh) => fresh.clone(),
            None => {
                let extension = extension(&file.name).unwrap_or_default();
                let fresh = FileName::parse(&format!("{}.{extension}", core.fresh_uuid()))
                    .map_err(|error| Error::name(ACTION.as_str(), error))?;
                names.insert(&file.name, fresh.clone());
                fresh
            }
        };
        stored.push((fresh, file.clone()));
    }
    Ok((names, stored))
}

/// An archive on its way, with whoever is told how far it is.
struct Incoming {
    reader: Reader,
    length: Option<u64>,
    progress: Option<ProgressFunction>,
}

impl Incoming {
    fn report(&mut self) {
        let (bytes, length) = (self.reader.taken(), self.length);
        if let Some(progress) = &mut self.progress {
            progress(Progress { bytes, length });
        }
    }

    async fn manifest(&mut self) -> Result<ArchiveManifest> {
        let text = self.reader.manifest().await.map_err(failed)?;
        let manifest = ArchiveManifest::read(&text).map_err(refused)?;
        self.length = Some(manifest.archive_bytes(text.len() as u64));
        self.report();
        Ok(manifest)
    }

    /// Reads all records, and gives them the names that they are to have.
    async fn records(
        &mut self,
        core: &Core,
        manifest: &ArchiveManifest,
        tenants: (&TenantId, &TenantId),
        names: &Arc<FreshNames>,
    ) -> Result<Vec<Arrived>> {
        let mut arrived = Vec::new();
        for entry in &manifest.records {
            self.reader.entry(&entry.entry(), entry.bytes).await.map_err(failed)?;
            let (mut text, mut hasher) = (Vec::new(), blake3::Hasher::new());
            while let Some(chunk) = self.reader.chunk().await.map_err(failed)? {
                hasher.update(&chunk);
                text.extend_from_slice(&chunk);
            }
            self.report();
            if digits(&hasher) != entry.blake3 {
                return Err(refused(ArchiveError::Checksum { entry: entry.entry() }));
            }
            let collection = entry.collection.clone();
            let kind = core.kinds.get(&collection);
            let kind =
                kind.ok_or_else(|| refused(ArchiveError::UnknownKind { collection: collection.clone() }))?;
            let (limits, told) = (core.settings.record_limits, entry.records);
            let (inside, names) = (collection.clone(), Arc::clone(names));
            let tenants = (tenants.0.clone(), tenants.1.clone());
            let read = move || {
                let tenants = (&tenants.0, &tenants.1);
                read(&text, (&inside, kind), told, &limits, tenants, &names)
            };
            let records = core.aside(ACTION, read).await?.map_err(refused)?;
            arrived.push(Arrived { collection, kind, records });
        }
        Ok(arrived)
    }
}

/// Writes the files, one after the other, and sees that nothing more comes.
async fn write(core: &Core, arriving: &Arc<Arriving>, incoming: Incoming) -> Result<()> {
    let incoming = Arc::new(Mutex::new(incoming));
    for (name, file) in arriving.files() {
        incoming.lock().await.reader.entry(&file.entry(), file.bytes).await.map_err(failed)?;
        let extension = extension(name).unwrap_or_default();
        let whole = Arc::new(AtomicBool::new(false));
        let part = Contents {
            incoming: Arc::clone(&incoming),
            arriving: Arc::clone(arriving),
            whole: Arc::clone(&whole),
        };
        let body = part.of(file.clone());
        let body = looked_at(FileRules::of(file.area).is_content, &extension, body).await;
        let Some(body) = body.map_err(|error| body_error(ACTION, error))? else {
            return Err(refused(ArchiveError::File { entry: file.entry(), reason: "its content" }));
        };
        let (incarnation, deadline) = (arriving.life(), arriving.deadline.clone());
        let request = Put { incarnation, body, length_hint: Some(file.bytes), deadline };
        let store = core.guarded.store(arriving.permit());
        // Of what did not come whole there can't be so much.
        let written = || match whole.load(Ordering::SeqCst) {
            true => (file.bytes, file.blake3.clone()),
            false => (u64::MAX, String::new()),
        };
        put(&**store, ACTION, &arriving.key(name, file), request, written).await?;
        // What a store did not take to its end nobody compared with its checksum.
        if !whole.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, ACTION.as_str()).about(file.entry()));
        }
    }
    incoming.lock().await.reader.end().await.map_err(failed)
}

/// Where a file's bytes come from.
struct Contents {
    incoming: Arc<Mutex<Incoming>>,
    arriving: Arc<Arriving>,
    /// Whether they came to their end, and were what the manifest says.
    whole: Arc<AtomicBool>,
}

impl Contents {
    /// The bytes of the entry that was begun; they fail at their end unless they were what the manifest says.
    fn of(self, file: ArchivedFile) -> ByteStream {
        let state = (self, blake3::Hasher::new(), file);
        let chunks = futures::stream::try_unfold(state, |(this, mut hasher, file)| async move {
            let Some(chunk) = this.next().await.map_err(std::io::Error::other)? else {
                if digits(&hasher) != file.blake3 {
                    let wrong = refused(ArchiveError::Checksum { entry: file.entry() });
                    return Err(std::io::Error::other(wrong));
                }
                this.whole.store(true, Ordering::SeqCst);
                return Ok(None);
            };
            hasher.update(&chunk);
            Ok(Some((chunk, (this, hasher, file))))
        });
        chunks.boxed()
    }

    async fn next(&self) -> Result<Option<Bytes>> {
        let mut incoming = self.incoming.lock().await;
        let chunk = incoming.reader.chunk().await.map_err(failed)?;
        incoming.report();
        self.arriving.keep().await?;
        Ok(chunk)
    }
}
