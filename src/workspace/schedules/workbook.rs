//! Schedules out to a workbook and in from one.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, State};
use crate::ownership::{Action, Resource};
use crate::paths::{CollectionName, TenantId};
use crate::record::{Record, RecordError, RecordId};
use crate::workbook::{self, Bounds, CellRefusal, RefusedCells, Row, Sheet, WorkbookError};

use super::super::access::{Access, Author, Core};
use super::super::page::ListOptions;
use super::super::profile::is_alive;
use super::super::records;
use super::{Schedule, Schedules};

/// What importing a workbook would do.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct WorkbookPreview {
    /// The rows that would become schedules, by their numbers.
    pub added: Vec<(u32, Schedule)>,
    /// How many rows say what a schedule of the tenant says already: they add nothing.
    pub unchanged: usize,
    /// How many rows are others', or nobody's: nothing else is told of them.
    pub others: usize,
    /// The columns that nobody knows, by their headers; they are left out.
    pub ignored: Vec<String>,
    /// What can't be imported. If there is any of it, nothing would be.
    pub refused: RefusedCells,
}

/// What importing a workbook did.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct WorkbookImport {
    /// The schedules that were added, in the order of their rows.
    pub added: Vec<RecordId>,
    /// How many rows said what a schedule of the tenant said already.
    pub unchanged: usize,
    /// How many rows were others', or nobody's.
    pub others: usize,
    /// The columns that nobody knows, by their headers.
    pub ignored: Vec<String>,
}

const IMPORT: Action = Action::ImportSchedules;

fn resource() -> Resource {
    Resource::Collection(CollectionName::SCHEDULES)
}

/// All schedules of a state, in order.
fn all(state: &State, tenant: &TenantId, action: Action) -> Result<Vec<Record<Schedule>>> {
    let (mut found, mut options) = (Vec::new(), ListOptions::new().in_order().limit(ListOptions::MAX));
    loop {
        let page = records::list(state, tenant, action, &options)?;
        found.extend(page.items);
        match page.next {
            Some(next) => options = options.after(next),
            None => return Ok(found),
        }
    }
}

async fn written(core: &Core, action: Action, schedules: Vec<Record<Schedule>>) -> Result<Vec<u8>> {
    let failed =
        |error| Error::new(ErrorKind::TooLarge, action.as_str()).about("workbook").with_source(error);
    let run = core.runtime.spawn_blocking(move || workbook::write(&schedules));
    let done =
        run.await.map_err(|error| Error::new(ErrorKind::Closed, action.as_str()).with_source(error))?;
    done.map_err(failed)
}

/// The schedules of all tenants, one tenant after the other.
pub(in crate::workspace) async fn export_all(access: &Access) -> Result<Vec<u8>> {
    const PAGE: usize = 256;
    let action = Action::ExportAllSchedules;
    let admitted = access.admit(action, &Resource::AllTenants).await?;
    let (core, mut after, mut schedules) = (&access.core, None::<TenantId>, Vec::new());
    loop {
        let after_name = after.as_ref().map(TenantId::as_str);
        let page = core.guarded.store(&admitted.permit).tenants(after_name, PAGE).await;
        let page = page.map_err(|error| Error::store(action.as_str(), error))?;
        for tenant in &page.items {
            let state = core.guarded.ledger(&admitted.permit).read(action.as_str(), tenant).await?;
            if state.header().is_some_and(|header| is_alive(&header.lifecycle)) {
                schedules.extend(all(&state, tenant, action)?);
            }
        }
        after = page.items.last().filter(|_| page.next.is_some()).cloned();
        if after.is_none() {
            return written(core, action, schedules).await;
        }
    }
}

impl Schedules<'_> {
    /// The tenant's schedules as a workbook: the documented columns, with real dates, and a header by
    /// which people can filter.
    ///
    /// # Errors
    /// See [`Schedules`]; [`TooLarge`](ErrorKind::TooLarge) for more than a sheet can hold.
    pub async fn export_workbook(&self) -> Result<Vec<u8>> {
        let action = Action::ExportSchedules;
        let admitted = self.access.admit(action, &resource()).await?;
        let schedules = all(&admitted.state, self.access.tenant(), action)?;
        written(&self.access.core, action, schedules).await
    }

    /// What [importing](Self::import_workbook) a workbook would do now. Of a workbook that several share,
    /// only the tenant's own rows are shown.
    ///
    /// # Errors
    /// As for importing, but for what is wrong with single cells, which is told in the preview.
    pub async fn preview_workbook(&self, workbook: impl Into<Vec<u8>>) -> Result<WorkbookPreview> {
        let admitted = self.access.admit(IMPORT, &resource()).await?;
        let sheet = read(self.access, workbook.into()).await?;
        let known = all(&admitted.state, self.access.tenant(), IMPORT)?;
        let Compared { added, unchanged, refused } = compare(&known, &sheet);
        let added = added.into_iter().map(|row| (row.number, row.schedule.clone())).collect();
        Ok(WorkbookPreview { added, unchanged, others: sheet.others, ignored: sheet.ignored, refused })
    }

    /// Adds a schedule for each row of a workbook that is the tenant's and that no schedule says already:
    /// all of them, or none. One that says what a row above it says is refused, unless as many schedules say
    /// that already. If the workbook has a column `owner`, the rows that name the tenant are its; if it has
    /// none, all are.
    ///
    /// Times may be cells with dates or texts, booleans also 0, 1 and texts; empty cells and `nan` are
    /// no value, except `nan` as a title or description; columns may be missing but for the title, be in any
    /// order, and have their older names; files may have their folder before them. `created_by` and
    /// `updated_at` are not taken over: who imports makes the records.
    ///
    /// # Errors
    /// See [`Schedules`]; [`InvalidInput`](ErrorKind::InvalidInput) with
    /// [`RefusedCells`](crate::RefusedCells) as its source if a row is wrong, or with
    /// [`WorkbookError`](crate::WorkbookError) if the workbook is; [`TooLarge`](ErrorKind::TooLarge) beyond
    /// [`workbook_bytes`](crate::Settings::workbook_bytes) or
    /// [`workbook_rows`](crate::Settings::workbook_rows);
    /// [`QuotaExceeded`](ErrorKind::QuotaExceeded).
    pub async fn import_workbook(&self, workbook: impl Into<Vec<u8>>) -> Result<WorkbookImport> {
        // Decided before anything is read, and again in the state that changes.
        let admitted = self.access.admit(IMPORT, &resource()).await?;
        let sheet = Arc::new(read(self.access, workbook.into()).await?);
        if !sheet.refused.is_empty() {
            let known = all(&admitted.state, self.access.tenant(), IMPORT)?;
            return Err(refused(compare(&known, &sheet).refused));
        }
        let ids: Vec<RecordId> = sheet.rows.iter().map(|_| self.access.core.fresh_id()).collect();
        let rows = Arc::clone(&sheet);
        let run = move |draft: &mut Draft, author: &Author<'_>| add(draft, author, &rows, &ids);
        let added = self.access.transact(IMPORT, &resource(), run).await?.0;
        let unchanged = sheet.rows.len() - added.len();
        Ok(WorkbookImport { added, unchanged, others: sheet.others, ignored: sheet.ignored.clone() })
    }
}

fn refused(cells: RefusedCells) -> Error {
    Error::new(ErrorKind::InvalidInput, IMPORT.as_str()).about("workbook").with_source(cells)
}

/// What the rows of a sheet are beside the schedules that there are.
struct Compared<'a> {
    added: Vec<&'a Row>,
    unchanged: usize,
    refused: RefusedCells,
}

/// For each schedule one row that says the same adds nothing. Of the others, one that says what a row above it
/// says is refused.
fn compare<'a>(known: &[Record<Schedule>], sheet: &'a Sheet) -> Compared<'a> {
    let mut left: HashMap<String, usize> = HashMap::new();
    for schedule in known {
        *left.entry(workbook::said(&schedule.value().shown_in_workbook())).or_default() += 1;
    }
    let mut compared = Compared { added: Vec::new(), unchanged: 0, refused: sheet.refused.clone() };
    for row in &sheet.rows {
        match (left.get_mut(&row.said).filter(|left| **left > 0), row.same_as) {
            (Some(left), _) => {
                *left -= 1;
                compared.unchanged += 1;
            }
            (None, Some(row_above)) => {
                compared.refused.push(row.number, None, CellRefusal::Duplicate { row: row_above });
            }
            (None, None) => compared.added.push(row),
        }
    }
    compared.refused.cells.sort_by_key(|cell| cell.row);
    compared
}

async fn read(access: &Access, workbook: Vec<u8>) -> Result<Sheet> {
    let (settings, owner) = (&access.core.settings, access.tenant().clone());
    let bounds = Bounds { bytes: settings.workbook_bytes, rows: settings.workbook_rows };
    let run = access.core.runtime.spawn_blocking(move || workbook::read(&workbook, bounds, owner.as_str()));
    let read = match run.await {
        Ok(read) => read,
        // The reader panics at numbers that are out of all range, such as a cell's in row 2^32.
        Err(error) if error.is_panic() => Err(WorkbookError::NotAWorkbook),
        Err(error) => return Err(Error::new(ErrorKind::Closed, IMPORT.as_str()).with_source(error)),
    };
    read.map_err(|error| {
        let kind = match error {
            WorkbookError::TooLarge => ErrorKind::TooLarge,
            _ => ErrorKind::InvalidInput,
        };
        Error::new(kind, IMPORT.as_str()).about("workbook").with_source(error)
    })
}

fn add(draft: &mut Draft, author: &Author<'_>, sheet: &Sheet, ids: &[RecordId]) -> Result<Vec<RecordId>> {
    let known = all(draft.state(), author.tenant, IMPORT)?;
    let Compared { added: rows, refused: mut wrong, .. } = compare(&known, sheet);
    let mut added = Vec::new();
    for (row, id) in rows.into_iter().zip(ids) {
        match records::insert(draft, author, IMPORT, id, &row.schedule) {
            Ok(_) => added.push(id.clone()),
            Err(error) => {
                let (column, reason) = of_row(error)?;
                wrong.push(row.number, column, reason);
            }
        }
    }
    if wrong.is_empty() { Ok(added) } else { Err(refused(wrong)) }
}

/// What of a refused insert is the row's.
fn of_row(error: Error) -> Result<(Option<&'static str>, CellRefusal)> {
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<RecordError>());
    match (error.kind(), source) {
        (_, Some(RecordError::Dangling { field })) => Ok((Some(field), CellRefusal::NamesNothing)),
        (ErrorKind::TooLarge, _) => Ok((None, CellRefusal::TooLarge)),
        (ErrorKind::InvalidInput, _) => Ok((None, CellRefusal::Value)),
        _ => Err(error),
    }
}
