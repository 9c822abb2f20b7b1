//! Reading back what a plan brought, by the way on which its owners reach it, and comparing it with the plan.
//!
//! Each tenant opens its own workspace. What is not as planned is told and keeps nothing else from being
//! compared; nothing is changed. Where the tenants are, and who opens the library for that, is others' to say.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt, future, stream};

use super::{Difference, Differs, MigrationProgress, MigrationStage, Verification, VerifiedTenant};
use crate::Freshness;
use crate::migrate::{Digest, MigrateError, Placement, Plan, PlannedFile, PlannedRecord, PlannedTenant};
use crate::ownership::Visibility;
use crate::paths::{Area, CollectionName, TenantId};
use crate::record::{RecordId, RecordText};
use crate::workspace::{Snapshot, Tenantry, Workspace};

/// How many files are read at a time.
const AT_ONCE: usize = 4;
/// How many of them are held ready.
const HELD: usize = 256;

/// Is told what is being done, and says whether to go on.
pub(super) type Tell<'a> = &'a (dyn Fn(&MigrationProgress) -> Result<(), MigrateError> + Send + Sync);

/// Compares all tenants of a plan, but for those that it leaves alone, with what they find of themselves.
///
/// # Errors
/// What `tell` answers, and nothing else: whatever can't be read is a difference.
pub(super) async fn verify(
    tenantry: &Tenantry,
    plan: &Plan,
    tell: Tell<'_>,
) -> Result<Verification, MigrateError> {
    let mut wanted: BTreeMap<&TenantId, Wanted<'_>> = BTreeMap::new();
    for record in &plan.records {
        let records = &mut wanted.entry(&record.tenant).or_default().records;
        records.entry(&record.collection).or_default().push(record);
    }
    for file in &plan.files {
        for to in &file.to {
            wanted.entry(&to.tenant).or_default().files.push((file, to));
        }
    }
    let mut verification = Verification::default();
    let reading = Reading { tell, bytes: AtomicU64::new(0), total_bytes: plan.totals.file_bytes };
    for tenant in plan.tenants.iter().filter(|tenant| !tenant.exists) {
        let wanted = wanted.remove(&tenant.id).unwrap_or_default();
        let mut comparing = Comparing::of(&tenant.id);
        comparing.tenant(tenantry, tenant, &plan.options.time_zone, &wanted, &reading).await?;
        verification.tenants.insert(tenant.id.clone(), comparing.found);
        verification.differences.extend(comparing.differences);
    }
    Ok(verification)
}

/// What a tenant is to have: its records in their order.
#[derive(Default)]
struct Wanted<'a> {
    records: BTreeMap<&'a CollectionName, Vec<&'a PlannedRecord>>,
    files: Vec<(&'a PlannedFile, &'a Placement)>,
}

/// A tenant's records in their order: their ids, and the digests of their texts.
type Found = BTreeMap<CollectionName, Vec<(Arc<str>, Digest)>>;

fn found(snapshot: &Snapshot) -> crate::Result<Found> {
    let digested = |texts: Vec<(Arc<str>, RecordText)>| {
        texts.into_iter().map(|(id, text)| (id, Digest::of(text.as_bytes()))).collect()
    };
    let texts = snapshot.texts()?.into_iter();
    Ok(texts.map(|(collection, texts)| (collection, digested(texts))).collect())
}

/// How far the reading is, over all tenants.
struct Reading<'a> {
    tell: Tell<'a>,
    bytes: AtomicU64,
    total_bytes: u64,
}

impl Reading<'_> {
    fn step(&self, tenant: &TenantId, done: u64, total: u64) -> Result<(), MigrateError> {
        (self.tell)(&MigrationProgress {
            stage: MigrationStage::Verifying,
            tenant: Some(tenant.clone()),
            done,
            total,
            bytes: self.bytes.load(Ordering::Relaxed),
            total_bytes: self.total_bytes,
        })
    }
}

/// What is found of one tenant.
struct Comparing<'a> {
    tenant: &'a TenantId,
    found: VerifiedTenant,
    differences: Vec<Difference>,
}

impl<'a> Comparing<'a> {
    fn of(tenant: &'a TenantId) -> Self {
        Self { tenant, found: VerifiedTenant::default(), differences: Vec::new() }
    }

    fn differs(&mut self, of: Differs, reason: impl Into<String>) {
        self.differences.push(Difference { tenant: Some(self.tenant.clone()), of, reason: reason.into() });
    }

    async fn tenant(
        &mut self,
        tenantry: &Tenantry,
        planned: &PlannedTenant,
        time_zone: &str,
        wanted: &Wanted<'_>,
        reading: &Reading<'_>,
    ) -> Result<(), MigrateError> {
        reading.step(self.tenant, 0, wanted.files.len() as u64)?;
        let own = match tenantry.session(self.tenant).await {
            Ok(session) => session.own().reading(Freshness::Strict),
            Err(error) => {
                self.differs(Differs::Tenant, format!("it can't be at work: {error}"));
                return Ok(());
            }
        };
        self.profile(&own, planned, time_zone).await;
        // The texts are read on a thread of their own, while the files are.
        let texts = async {
            let snapshot = own.snapshot().await.map_err(|error| error.to_string())?;
            let found = tokio::task::spawn_blocking(move || found(&snapshot)).await;
            found.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
        };
        let mut of_files = Comparing::of(self.tenant);
        let (texts, read) = future::join(texts, of_files.files(&own, &wanted.files, reading)).await;
        read?;
        match texts {
            Ok(found) => self.records(&wanted.records, &found),
            Err(error) => self.differs(Differs::Tenant, format!("its records can't be read: {error}")),
        }
        let VerifiedTenant { files, file_bytes, .. } = of_files.found;
        (self.found.files, self.found.file_bytes) = (files, file_bytes);
        self.differences.extend(of_files.differences);
        Ok(())
    }

    async fn profile(&mut self, own: &Workspace, planned: &PlannedTenant, time_zone: &str) {
        let profile = match own.profile().await {
            Ok(profile) => profile,
            Err(error) => {
                return self.differs(Differs::Tenant, format!("its profile can't be read: {error}"));
            }
        };
        let same = [
            ("display name", profile.display_name == planned.display_name),
            ("role", profile.role == planned.role),
            ("plan", profile.plan == planned.plan),
            ("limits", profile.limits == planned.limits),
            ("time zone", profile.time_zone == time_zone),
            ("visibility", profile.visibility == Visibility::Private),
        ];
        for (what, _) in same.into_iter().filter(|(_, same)| !same) {
            self.differs(Differs::Tenant, format!("its {what} is another than planned"));
        }
    }

    /// Compares the records of all collections, those that nothing was planned for included.
    fn records(&mut self, wanted: &BTreeMap<&CollectionName, Vec<&PlannedRecord>>, found: &Found) {
        let collections: BTreeSet<_> = wanted.keys().copied().chain(found.keys()).collect();
        for collection in collections {
            let wanted = wanted.get(collection).map(Vec::as_slice).unwrap_or_default();
            let found = found.get(collection).map(Vec::as_slice).unwrap_or_default();
            self.collection(collection, wanted, found);
        }
    }

    fn collection(
        &mut self,
        collection: &CollectionName,
        wanted: &[&PlannedRecord],
        found: &[(Arc<str>, Digest)],
    ) {
        let of = |id: &RecordId| Differs::Record { collection: collection.clone(), id: id.clone() };
        let planned: HashMap<&str, &PlannedRecord> =
            wanted.iter().map(|record| (record.id.as_str(), *record)).collect();
        let mut as_planned = 0;
        for (id, text) in found {
            match (planned.get(&**id), RecordId::parse(id)) {
                (Some(record), _) if *text == record.text => as_planned += 1,
                (Some(record), _) => self.differs(of(&record.id), "it says something else than planned"),
                (None, Ok(id)) => self.differs(of(&id), "it was not planned: it came since"),
                (None, Err(error)) => {
                    let reason = format!("a record has an id that can't be one: {error}");
                    self.differs(Differs::Order(collection.clone()), reason);
                }
            }
        }
        let there: HashMap<&str, usize> = found.iter().enumerate().map(|(at, (id, _))| (&**id, at)).collect();
        for record in wanted.iter().filter(|record| !there.contains_key(record.id.as_str())) {
            self.differs(of(&record.id), "it is not there");
        }
        let order: Vec<usize> =
            wanted.iter().filter_map(|record| there.get(record.id.as_str()).copied()).collect();
        if !order.is_sorted() {
            self.differs(Differs::Order(collection.clone()), "its records are in another order than planned");
        }
        if as_planned > 0 {
            self.found.records.insert(collection.as_str().to_owned(), as_planned);
        }
    }

    /// Reads the files to their ends, a few at a time.
    async fn files(
        &mut self,
        own: &Workspace,
        files: &[(&PlannedFile, &Placement)],
        reading: &Reading<'_>,
    ) -> Result<(), MigrateError> {
        let (done, tenant) = (&AtomicU64::new(0), self.tenant);
        let step = move || reading.step(tenant, done.load(Ordering::Relaxed), files.len() as u64);
        for some in files.chunks(HELD) {
            // Made before they are waited for: a stream that held the closure could be sent to no other thread.
            let jobs = some.iter().map(|(file, to)| async move {
                let passed = |bytes: u64| {
                    reading.bytes.fetch_add(bytes, Ordering::Relaxed);
                    step()
                };
                let difference = difference(own, file, to, passed).await?;
                done.fetch_add(1, Ordering::Relaxed);
                step()?;
                Ok::<_, MigrateError>((*file, *to, difference))
            });
            let jobs: Vec<_> = jobs.collect();
            let mut compared = stream::iter(jobs).buffer_unordered(AT_ONCE);
            while let Some(result) = compared.next().await {
                let (file, to, difference) = result?;
                match difference {
                    None => {
                        self.found.files += 1;
                        self.found.file_bytes += file.bytes;
                    }
                    Some(reason) => self.differs(Differs::File(to.clone()), reason),
                }
            }
        }
        Ok(())
    }
}

/// Reads one file through its owner's workspace; what of it is not as planned.
async fn difference(
    own: &Workspace,
    file: &PlannedFile,
    to: &Placement,
    passed: impl Fn(u64) -> Result<(), MigrateError>,
) -> Result<Option<String>, MigrateError> {
    let opened = match to.area {
        Area::Videos => own.videos().open(&to.name).await.map(|open| (open.length(), open.into_body())),
        Area::Thumbnails => {
            own.thumbnails().open(&to.name).await.map(|open| (open.length(), open.into_body()))
        }
    };
    let (length, mut body) = match opened {
        Ok(opened) => opened,
        Err(error) => return Ok(Some(format!("it can't be opened: {error}"))),
    };
    if length != file.bytes {
        return Ok(Some(format!("its length is {length}; {} was planned", file.bytes)));
    }
    let mut hasher = blake3::Hasher::new();
    while let Some(chunk) = body.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => return Ok(Some(format!("it can't be read to its end: {}", error.kind()))),
        };
        hasher.update(&chunk);
        passed(chunk.len() as u64)?;
    }
    let is_it = Digest::from(hasher.finalize()) == file.digest;
    Ok((!is_it).then(|| "its content is another than planned".to_owned()))
}
