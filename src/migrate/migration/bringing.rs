//! Bringing the tenants of a plan, one after the other: what each is to be is made while the one before it waits for the
//! disk, its files are moved or copied, and its records put there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{self, OptionFuture};
use futures::{StreamExt, TryStreamExt, stream};

use super::MigrationStage;
use super::applying::{Work, origin};
use super::disk::Root;
use crate::migrate::{MigrateError, Placement, PlannedFile, PlannedTenant, TreePath};
use crate::paths::{Area, CollectionName, FileName, TenantId};
use crate::record::RecordText;
use crate::store::ByteStream;
use crate::workspace::{Incoming, NewTenant, Operator, Prepared, Receiving};

/// How many files are moved before their folders are synced and the ledger told.
const AT_ONCE: usize = 1024;
/// How many files are copied at a time.
const COPIES: usize = 4;
/// How many bytes of a file are read at a time.
const CHUNK: usize = 1 << 20;

/// A file, and one of its places.
type Placed<'a> = (&'a PlannedFile, &'a Placement);
/// A file that is in its place, and how long it was found to be.
type Moved = ((Area, FileName), u64);
type Records = HashMap<TenantId, Vec<(CollectionName, RecordText)>>;

impl Work<'_> {
    /// The records of all tenants that are still to come, each database read once.
    fn records(&self) -> Result<Records, MigrateError> {
        let (mut texts, mut records) = (self.texts()?, Records::new());
        let to_come = self.journal.plan.records.iter().filter(|record| !self.journal.is_done(&record.tenant));
        let to_come: Vec<_> = to_come.collect();
        for (record, text) in to_come.iter().zip(texts.of_all(&to_come)?) {
            records.entry(record.tenant.clone()).or_default().push((record.collection.clone(), text));
        }
        Ok(records)
    }

    /// Brings the tenants that are not there, one after the other.
    pub(super) async fn bring_all(&mut self, operator: &Operator) -> Result<(), MigrateError> {
        // What the application wrote may be in memory alone, and is relied on from now on.
        self.root.sync_all(self.journal.before.folders())?;
        if self.in_place() {
            self.set_aside()?;
            self.make_way()?;
        }
        let mut records = self.records()?;
        let plan = Arc::clone(&self.journal.plan);
        let mut files: BTreeMap<&TenantId, Vec<Placed<'_>>> = BTreeMap::new();
        for file in &plan.files {
            for to in &file.to {
                files.entry(&to.tenant).or_default().push((file, to));
            }
        }
        let tenants: Vec<&PlannedTenant> = plan.tenants.iter().filter(|tenant| !tenant.exists).collect();
        let mut prepared = None;
        for (number, tenant) in tenants.iter().enumerate() {
            let own = files.get(&tenant.id).map(Vec::as_slice).unwrap_or_default();
            let after = self.bytes + own.iter().map(|(file, _)| file.bytes).sum::<u64>();
            if !self.journal.is_done(&tenant.id) {
                self.step(MigrationStage::Beginning, Some(&tenant.id), number, tenants.len())?;
                let ready = match prepared.take() {
                    Some(ready) => ready,
                    None => operator.prepare(self.incoming(tenant, own, records.remove(&tenant.id))).await,
                };
                let ready = ready.map_err(MigrateError::of(&tenant.id))?;
                // One is made while the one before it waits for the disk; one alone, since each takes memory.
                let mut others = tenants.iter().skip(number + 1);
                let next = others.find(|next| !self.journal.is_done(&next.id)).map(|next| {
                    let own = files.get(&next.id).map(Vec::as_slice).unwrap_or_default();
                    self.incoming(next, own, records.remove(&next.id))
                });
                let prepare = OptionFuture::from(next.map(|next| operator.prepare(next)));
                let (following, brought) = future::join(prepare, self.bring(tenant, own, ready)).await;
                brought?;
                prepared = following;
                self.journal.note_done(&self.root, &tenant.id)?;
            }
            self.bytes = after;
        }
        Ok(())
    }

    /// All that a tenant is to be.
    fn incoming(
        &self,
        tenant: &PlannedTenant,
        files: &[Placed<'_>],
        records: Option<Vec<(CollectionName, RecordText)>>,
    ) -> Incoming {
        let plan = &self.journal.plan;
        let mut new = NewTenant::new(tenant.role)
            .display_name(&tenant.display_name)
            .time_zone(&plan.options.time_zone)
            .limits(tenant.limits.clone());
        new.plan.clone_from(&tenant.plan);
        let said = |(file, to): &Placed<'_>| (to.area, to.name.clone(), file.bytes, file.digest.to_string());
        Incoming {
            tenant: tenant.id.clone(),
            origin: origin(plan, &tenant.id),
            new,
            created_at: self.journal.begun_at(),
            files: files.iter().map(said).collect(),
            records: records.unwrap_or_default(),
        }
    }

    async fn bring(
        &mut self,
        tenant: &PlannedTenant,
        files: &[Placed<'_>],
        ready: Prepared,
    ) -> Result<(), MigrateError> {
        let failed = MigrateError::of(&tenant.id);
        let Some(receiving) = ready.receive().await.map_err(&failed)? else {
            return Ok(());
        };
        let missing = receiving.missing().await.map_err(&failed)?;
        self.files(&tenant.id, &receiving, files, missing).await?;
        self.step(MigrationStage::Records, Some(&tenant.id), 0, 1)?;
        receiving.complete().await.map_err(&failed)
    }

    /// Moves or copies those of a tenant's files that are not there yet.
    async fn files(
        &mut self,
        tenant: &TenantId,
        receiving: &Receiving,
        files: &[Placed<'_>],
        missing: Vec<(Area, FileName)>,
    ) -> Result<(), MigrateError> {
        let missing: BTreeSet<_> = missing.into_iter().collect();
        let wanted = files.iter().filter(|(_, to)| missing.contains(&(to.area, to.name.clone())));
        let is_moved = |file: &PlannedFile, to: &Placement| {
            self.in_place() && (file.is_moved() || file.stays()) && file.to.first() == Some(to)
        };
        let (moved, mut copied): (Vec<_>, Vec<_>) =
            wanted.copied().partition(|(file, to)| is_moved(file, to));
        let (total, mut done) = (moved.len() + copied.len(), 0);
        for some in moved.chunks(AT_ONCE) {
            self.step(MigrationStage::Files, Some(tenant), done, total)?;
            let (here, elsewhere) = self.move_files(some)?;
            receiving.are_there(here).await.map_err(MigrateError::of(tenant))?;
            copied.extend(elsewhere);
            done += some.len();
            self.bytes += some.iter().map(|(file, _)| file.bytes).sum::<u64>();
        }
        for some in copied.chunks(COPIES) {
            self.step(MigrationStage::Files, Some(tenant), done, total)?;
            // Made before they are waited for: a stream that held the closure could be sent to no other thread.
            let copies: Vec<_> = some.iter().map(|(file, to)| self.copy(receiving, file, to)).collect();
            stream::iter(copies).buffer_unordered(COPIES).try_collect::<()>().await?;
            done += some.len();
            self.bytes += some.iter().map(|(file, _)| file.bytes).sum::<u64>();
        }
        Ok(())
    }

    /// Moves files to where they go, durably: those that are there now, with their lengths; and those that can't be
    /// moved, since they lie on another file system.
    fn move_files<'b>(&self, files: &[Placed<'b>]) -> Result<(Vec<Moved>, Vec<Placed<'b>>), MigrateError> {
        let (mut folders, mut here, mut elsewhere) = (BTreeSet::new(), Vec::new(), Vec::new());
        for placed @ (file, to) in files {
            let (from, path) = (self.place_of(file), to.path());
            match if from == path { Ok(()) } else { self.migration.moved(&self.root, &from, &path) } {
                Ok(()) if from == path => {}
                Ok(()) => folders.extend([from.folder(), path.folder()]),
                // By whoever was at it before.
                Err(_) if !self.root.has(&from)? && self.root.has(&path)? => {}
                Err(MigrateError::Write { kind: std::io::ErrorKind::CrossesDevices, .. }) => {
                    elsewhere.push(*placed);
                    continue;
                }
                Err(error) => return Err(error),
            }
            // What is no file has not the length of any.
            here.push(((to.area, to.name.clone()), self.root.length(&path)?.unwrap_or(u64::MAX)));
        }
        folders.iter().try_for_each(|folder| self.root.sync_folder(folder))?;
        Ok((here, elsewhere))
    }

    async fn copy(
        &self,
        receiving: &Receiving,
        file: &PlannedFile,
        to: &Placement,
    ) -> Result<(), MigrateError> {
        let body = body(Arc::clone(&self.root), self.place_of(file))?;
        receiving.put(&(to.area, to.name.clone()), body).await.map_err(MigrateError::of(&to.tenant))
    }
}

/// The bytes of a file.
fn body(root: Arc<Root>, path: TreePath) -> Result<ByteStream, MigrateError> {
    let file = Arc::new(root.open(&path)?);
    let chunks = stream::try_unfold(file, |file: Arc<File>| async move {
        let inside = Arc::clone(&file);
        let read = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; CHUNK];
            let length = (&*inside).read(&mut buffer)?;
            buffer.truncate(length);
            Ok::<_, std::io::Error>(Bytes::from(buffer))
        });
        let bytes = read.await.map_err(std::io::Error::other)??;
        Ok((!bytes.is_empty()).then_some((bytes, file)))
    });
    Ok(chunks.boxed())
}
