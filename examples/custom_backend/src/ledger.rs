//! Ledgers: a row of facts, a snapshot, and the commits since, each under its number.

use std::sync::Arc;

use bytes::Bytes;
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use tenantry::paths::TenantId;
use tenantry::store::{
    Commit, Fold, FoldKind, Header, Incarnation, Loaded, Outcome, Page, Refreshed, StoreErrorKind, Version,
};

use crate::database::{COMMITS, LEDGERS, SNAPSHOTS, Transaction, Tried, Trouble};

/// The facts about a tenant.
struct Row {
    header: Header,
    number: u64,
    snapshot_number: u64,
}

type Rows<'a> = (&'a str, bool, u64, u64, &'a [u8]);

impl Row {
    fn find(
        table: &impl ReadableTable<&'static str, Rows<'static>>,
        tenant: &TenantId,
    ) -> Tried<Option<Self>> {
        let Some(found) = table.get(tenant.as_str())? else { return Ok(None) };
        let (incarnation, tombstone, number, snapshot_number, text) = found.value();
        let incarnation = Incarnation::parse(incarnation)
            .ok_or(Trouble::Refused(StoreErrorKind::Corrupt, "the tenant's row is damaged"))?;
        let header = Header { incarnation, tombstone, text: Bytes::copy_from_slice(text) };
        Ok(Some(Self { header, number, snapshot_number }))
    }

    fn store(&self, writing: &WriteTransaction, tenant: &TenantId) -> Tried<()> {
        let Header { incarnation, tombstone, text } = &self.header;
        let incarnation = incarnation.to_string();
        let row = (incarnation.as_str(), *tombstone, self.number, self.snapshot_number, &text[..]);
        writing.open_table(LEDGERS)?.insert(tenant.as_str(), row)?;
        Ok(())
    }

    /// A version needs nothing but its number here, so its token is empty.
    fn version(&self) -> Version {
        Version::new(self.header.incarnation, self.number, Arc::new(()))
    }

    fn is_at(&self, version: &Version) -> bool {
        (self.header.incarnation, self.number) == (version.incarnation, version.number)
    }
}

fn misuse(detail: &'static str) -> Trouble {
    Trouble::Refused(StoreErrorKind::Unsupported, detail)
}

/// Sees that a life goes on.
pub(crate) fn check_life(writing: &WriteTransaction, tenant: &TenantId, life: Incarnation) -> Tried<()> {
    match Row::find(&writing.open_table(LEDGERS)?, tenant)? {
        Some(row) if row.header.incarnation == life && !row.header.tombstone => Ok(()),
        _ => Err(Trouble::Refused(StoreErrorKind::NotFound, "the tenant has no such life")),
    }
}

pub(crate) fn is_tombstone(writing: &WriteTransaction, tenant: &TenantId) -> Tried<bool> {
    Ok(Row::find(&writing.open_table(LEDGERS)?, tenant)?.is_some_and(|row| row.header.tombstone))
}

pub(crate) fn header(reading: &ReadTransaction, tenant: &TenantId) -> Tried<Option<Header>> {
    Ok(Row::find(&reading.open_table(LEDGERS)?, tenant)?.map(|row| row.header))
}

/// The commits after a number, and whether one of them changed the header.
fn commits_after(reading: &ReadTransaction, tenant: &TenantId, number: u64) -> Tried<(Vec<Bytes>, bool)> {
    let (mut texts, mut changed) = (Vec::new(), false);
    let id = tenant.as_str();
    for found in reading.open_table(COMMITS)?.range((id, number + 1)..=(id, u64::MAX))? {
        let (_, commit) = found?;
        let (changes_header, text) = commit.value();
        texts.push(Bytes::copy_from_slice(text));
        changed |= changes_header;
    }
    Ok((texts, changed))
}

pub(crate) fn load(reading: &ReadTransaction, tenant: &TenantId) -> Tried<Option<Loaded>> {
    let Some(row) = Row::find(&reading.open_table(LEDGERS)?, tenant)? else { return Ok(None) };
    let snapshot = reading.open_table(SNAPSHOTS)?.get(tenant.as_str())?;
    Ok(Some(Loaded {
        version: row.version(),
        snapshot_number: row.snapshot_number,
        snapshot: snapshot.map_or_else(Bytes::new, |text| Bytes::copy_from_slice(text.value())),
        commits: commits_after(reading, tenant, row.snapshot_number)?.0,
        header: row.header,
    }))
}

pub(crate) fn refresh(reading: &ReadTransaction, tenant: &TenantId, known: &Version) -> Tried<Refreshed> {
    let row = Row::find(&reading.open_table(LEDGERS)?, tenant)?
        .ok_or(Trouble::Refused(StoreErrorKind::Corrupt, "the ledger is missing where one was"))?;
    if row.is_at(known) {
        return Ok(Refreshed::Unchanged);
    }
    // The commits that would have to be told are in the snapshot, or of another life.
    if row.header.incarnation != known.incarnation || known.number < row.snapshot_number {
        return Ok(Refreshed::StartOver);
    }
    let (commits, changed) = commits_after(reading, tenant, known.number)?;
    Ok(Refreshed::Commits { version: row.version(), header: changed.then_some(row.header), commits })
}

pub(crate) fn append(
    writing: &WriteTransaction,
    tenant: &TenantId,
    base: Option<&Version>,
    commit: &Commit,
) -> Tried<Transaction<Outcome>> {
    let found = Row::find(&writing.open_table(LEDGERS)?, tenant)?;
    let mut row = match (found, base, &commit.header) {
        (Some(row), Some(base), _) if row.is_at(base) => row,
        (Some(_), _, _) | (None, Some(_), _) => return Ok(Transaction::Abort(Outcome::Conflict)),
        (None, None, None) => return Err(misuse("the first commit has no header")),
        (None, None, Some(header)) => Row { header: header.clone(), number: 0, snapshot_number: 0 },
    };
    let begins = commit.header.as_ref().is_some_and(|next| next.incarnation != row.header.incarnation);
    match (begins, row.header.tombstone) {
        (true, false) => return Err(misuse("a life begins on a tombstone only")),
        (false, true) => return Err(Trouble::Refused(StoreErrorKind::NotFound, "the tenant was erased")),
        (true, true) | (false, false) => {}
    }
    if let Some(header) = &commit.header {
        row.header = header.clone();
    }
    row.number += 1;
    let entry = (commit.header.is_some(), &commit.text[..]);
    writing.open_table(COMMITS)?.insert((tenant.as_str(), row.number), entry)?;
    row.store(writing, tenant)?;
    Ok(Transaction::Commit(Outcome::Committed(row.version())))
}

pub(crate) fn fold(
    writing: &WriteTransaction,
    tenant: &TenantId,
    base: &Version,
    fold: &Fold,
) -> Tried<Transaction<Outcome>> {
    let conflict = Ok(Transaction::Abort(Outcome::Conflict));
    let Some(mut row) = Row::find(&writing.open_table(LEDGERS)?, tenant)? else { return conflict };
    if fold.header.incarnation != base.incarnation {
        return Err(misuse("a fold stays within its life"));
    }
    if row.header.incarnation != base.incarnation || row.header.tombstone {
        return conflict;
    }
    match fold.kind {
        // What came after the base is kept behind the snapshot, and so is its header.
        FoldKind::Same if base.number > row.snapshot_number && base.number <= row.number => {}
        FoldKind::Replace if base.number == row.number => {
            row.number += 1;
            row.header = fold.header.clone();
        }
        FoldKind::Same | FoldKind::Replace => return conflict,
    }
    row.snapshot_number = if fold.kind == FoldKind::Same { base.number } else { row.number };
    let id = tenant.as_str();
    writing.open_table(COMMITS)?.retain_in((id, 0)..=(id, row.snapshot_number), |_, _| false)?;
    writing.open_table(SNAPSHOTS)?.insert(id, &fold.snapshot[..])?;
    row.store(writing, tenant)?;
    let folded = Row { number: row.snapshot_number, ..row };
    Ok(Transaction::Commit(Outcome::Committed(folded.version())))
}

pub(crate) fn tenants(reading: &ReadTransaction, after: Option<&str>, limit: usize) -> Tried<Page<TenantId>> {
    use std::ops::Bound::{Excluded, Unbounded};
    let table = reading.open_table(LEDGERS)?;
    let mut items = Vec::new();
    for found in table.range::<&str>((after.map_or(Unbounded, Excluded), Unbounded))?.take(limit + 1) {
        let id = TenantId::parse(found?.0.value())
            .map_err(|_| Trouble::Refused(StoreErrorKind::Corrupt, "a tenant's name is none"))?;
        items.push(id);
    }
    Ok(page(items, limit, |id| id.as_str()))
}

/// Cuts a page out of what may be one item more.
pub(crate) fn page<T>(mut items: Vec<T>, limit: usize, name: impl Fn(&T) -> &str) -> Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| name(last).to_owned());
    Page { items, next }
}
