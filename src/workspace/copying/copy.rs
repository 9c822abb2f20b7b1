//! One call: round after round, until the target has all that the source has.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use super::File;
use super::refusal::{CopyError, refused};
use super::sending::{self, Failed, Passed};
use super::source::{self, Seen, Source};
use super::target::{self, Begun, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::access::Access;
use crate::workspace::stored_files::{Progress, ProgressFunction};

/// What a copy brought.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// How many records there are of each collection; collections without any are left out.
    pub records: BTreeMap<String, u64>,
    /// How many files there are.
    pub files: u64,
    /// The bytes of those files.
    pub bytes: u64,
    /// How many of the files were there when this call began.
    pub already_there: u64,
    /// How many of the files this call read back from the target and found to be those of the source: all of
    /// them, unless it was [told not to](TenantCopy::without_reading_back) or nothing was left to be done.
    pub read_back: u64,
    /// Which state of the source was copied: how many commits it had then.
    pub version: u64,
    /// Whether the source was suspended then. One that was not may have been changed since.
    pub suspended: bool,
}

/// A copy of a tenant, to be awaited; see [`Tenants::copy`](crate::Tenants::copy).
///
/// # Cancellation
/// Dropping it, as any other end before its last commit, leaves what has arrived for the next call.
#[must_use = "a copy does nothing until it is awaited"]
pub struct TenantCopy {
    source: Access,
    target: Access,
    suspend: bool,
    read_back: bool,
    progress: Option<ProgressFunction>,
}

impl std::fmt::Debug for TenantCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantCopy").field("tenant", self.source.tenant()).finish_non_exhaustive()
    }
}

impl TenantCopy {
    pub(in crate::workspace) fn new(source: Access, target: Access) -> Self {
        Self { source, target, suspend: false, read_back: true, progress: None }
    }

    /// Refuses changes of the source once most of it is copied, so that the copy has all that ever was in
    /// it: what moving a tenant takes. That is decided as [`tenants.delete`](crate::ownership::Action). A tenant that is
    /// being deleted already is refused.
    ///
    /// The source stays as a tenant that is being deleted does, but without an end: it can be read,
    /// [restored](crate::Tenants::restore) if it is not to be moved after all, and
    /// [erased](crate::Tenants::erase) with [`Grace::Skip`](crate::Grace::Skip) once it is no longer needed. Uploads
    /// under way end there without a record, those [by URL](crate::Videos::upload_url) too: they are to be begun
    /// again in the target.
    pub fn suspending_source(mut self) -> Self {
        self.suspend = true;
        self
    }

    /// Leaves out reading all files back from the target. That they are what was uploaded is seen on their
    /// way there all the same.
    pub fn without_reading_back(mut self) -> Self {
        self.read_back = false;
        self
    }

    /// Calls a function as the files' bytes are passed on; what is there already counts as passed on.
    pub fn progress(mut self, function: impl FnMut(Progress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(function));
        self
    }

    async fn run(self) -> Result<Copied> {
        let work = self.target.begin(target::ACTION)?;
        let source = Source::admit(self.source).await?;
        let mut seen = source.see(None).await?;
        let begun = Target::begin(self.target, &work, &seen, self.suspend).await?;
        let Begun::UnderWay(target) = begun else { return whole(&source, seen, self.suspend).await };
        let rounds = Rounds {
            source: &source,
            target: &target,
            suspend: self.suspend,
            read_back: self.read_back,
            passed: Arc::new(Passed::new(self.progress)),
            already_there: None,
            compared: BTreeSet::new(),
        };
        match rounds.run(&mut seen).await {
            // Another call for the same tenant may have brought it to its end.
            Err(error) if error.kind() == ErrorKind::Gone => {
                seen = source.see(Some(seen)).await?;
                if target.is_whole(&seen).await? {
                    whole(&source, seen, self.suspend).await
                } else {
                    Err(error)
                }
            }
            done => done,
        }
    }
}

/// What is to be said of a copy of what was seen that is whole already.
async fn whole(source: &Source, mut seen: Arc<Seen>, suspend: bool) -> Result<Copied> {
    if suspend && !seen.suspended {
        source.suspend().await?;
        let before = seen.digest.clone();
        seen = source.see(Some(seen)).await?;
        target::check_moves(&seen)?;
        if seen.digest != before {
            return Err(refused(target::ACTION, CopyError::SourceWentOn));
        }
    }
    Ok(report(&seen, seen.files.len() as u64, 0))
}

impl IntoFuture for TenantCopy {
    type Output = Result<Copied>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

fn report(seen: &Seen, already_there: u64, read_back: u64) -> Copied {
    let sections = seen.state.tallies().iter();
    let records = sections.filter(|(section, tally)| !section.is_internal() && tally.count > 0);
    Copied {
        records: records.map(|(section, tally)| (section.as_str().to_owned(), tally.count)).collect(),
        files: seen.files.len() as u64,
        bytes: seen.bytes(),
        already_there,
        read_back,
        version: seen.number,
        suspended: seen.suspended,
    }
}

/// A copy that has begun.
struct Rounds<'a> {
    source: &'a Source,
    target: &'a Arc<Target>,
    suspend: bool,
    read_back: bool,
    passed: Arc<Passed>,
    /// How many files were there when it began.
    already_there: Option<u64>,
    /// The files that were read back.
    compared: BTreeSet<File>,
}

impl Rounds<'_> {
    async fn run(mut self, seen: &mut Arc<Seen>) -> Result<Copied> {
        for _ in 0..self.source.attempts() {
            if self.round(seen).await? {
                let read_back = seen.files.keys().filter(|file| self.compared.contains(file)).count();
                return Ok(report(seen, self.already_there.unwrap_or(0), read_back as u64));
            }
            *seen = self.source.see(Some(Arc::clone(seen))).await?;
        }
        Err(Error::new(ErrorKind::Contended, source::ACTION.as_str()))
    }

    /// Brings what is missing of what was seen; whether the target has all of it now, and shows it.
    async fn round(&mut self, seen: &mut Arc<Seen>) -> Result<bool> {
        if !self.bring(seen).await? {
            return Ok(false);
        }
        if self.suspend && !seen.suspended {
            self.source.suspend().await?;
            return Ok(false);
        }
        // What came while the files were on their way is brought in another round, if it has files.
        *seen = self.source.see(Some(Arc::clone(seen))).await?;
        if self.read_back && !seen.files.keys().all(|file| self.compared.contains(file)) {
            return Ok(false);
        }
        if !self.target.replace(seen).await? || !self.target.verify(seen).await? {
            return Ok(false);
        }
        if self.suspend {
            let now = self.source.see(Some(Arc::clone(seen))).await?;
            target::check_moves(&now)?;
            if !now.suspended || now.digest != seen.digest {
                return Ok(false);
            }
        }
        self.target.finish(seen).await
    }

    /// Sends the files that are missing, and reads back those that were not.
    async fn bring(&mut self, seen: &Arc<Seen>) -> Result<bool> {
        let Some(missing) = self.target.agree(seen).await? else { return Ok(false) };
        let there = (seen.files.len() - missing.len()) as u64;
        self.already_there.get_or_insert(there);
        let length = seen.bytes();
        let to_come = missing.iter().filter_map(|file| seen.files.get(file)).map(|blob| blob.bytes).sum();
        self.target.check_room(to_come).await?;
        self.passed.begin(length.saturating_sub(to_come), length);
        if let Err(Failed { file, error }) =
            sending::send(self.source, self.target, seen, missing, &self.passed).await
        {
            // One that was deleted meanwhile is not missed.
            let now = self.source.see(Some(Arc::clone(seen))).await?;
            return if now.files.contains_key(&file) { Err(error) } else { Ok(false) };
        }
        if self.read_back {
            let unread = seen.files.iter().filter(|(file, _)| !self.compared.contains(file));
            let unread: Vec<_> = unread.map(|(file, blob)| (file.clone(), blob.clone())).collect();
            let files: Vec<File> = unread.iter().map(|(file, _)| file.clone()).collect();
            sending::read_all_back(self.target, unread).await?;
            self.compared.extend(files);
        }
        Ok(true)
    }
}
