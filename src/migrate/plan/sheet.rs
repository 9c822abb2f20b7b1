//! The plan as a workbook for people. Every cell is a number or a text, never a formula.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::Plan;

/// One cell.
enum Cell {
    Text(String),
    Number(u64),
}

impl<T: ToString> From<&T> for Cell {
    fn from(value: &T) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// The most rows that are written to one sheet; spreadsheets take a few more.
const ROWS: usize = 1_000_000;
/// The most characters that a cell takes.
const CHARACTERS: usize = 32_767;

pub(super) fn workbook(plan: &Plan) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    add(&mut workbook, "summary", &["what", "how much"], summary(plan))?;
    add(
        &mut workbook,
        "tenants",
        &["tenant", "name", "role", "plan", "records", "files", "bytes", "why"],
        tenants(plan),
    )?;
    add(&mut workbook, "files", &["from", "bytes", "digest", "to", "how", "why"], files(plan))?;
    let header = ["from", "where", "tenant", "collection", "id", "bytes", "changed fields", "why"];
    add(&mut workbook, "records", &header, records(plan))?;
    let left = plan
        .left
        .iter()
        .map(|left| vec![(&left.path).into(), text(left.at.map(|at| at.to_string())), (&left.why).into()]);
    add(&mut workbook, "left", &["path", "where", "why"], left)?;
    let header = ["in the way", "kind", "path", "where", "reason", "proposal"];
    add(&mut workbook, "problems", &header, problems(plan))?;
    workbook.save_to_buffer()
}

fn text(text: Option<String>) -> Cell {
    Cell::Text(text.unwrap_or_default())
}

fn summary(plan: &Plan) -> impl Iterator<Item = Vec<Cell>> {
    let totals = &plan.totals;
    let numbers = [
        ("tenants", plan.tenants.len() as u64),
        ("files", totals.files),
        ("bytes of files", totals.file_bytes),
        ("records", totals.records),
        ("bytes of records", totals.record_bytes),
        ("bytes to move", totals.moved_bytes),
        ("bytes to copy", totals.copied_bytes),
        ("bytes needed in place", totals.space_needed),
        ("bytes needed elsewhere", totals.space_needed_elsewhere),
        ("left where it is", plan.left.len() as u64),
        ("problems", plan.problems.len() as u64),
        ("problems in the way", plan.problems.iter().filter(|problem| problem.blocking).count() as u64),
    ];
    let first = vec![(&"fingerprint").into(), (&plan.fingerprint).into()];
    let numbers = numbers.into_iter().map(|(what, number)| vec![(&what).into(), number.into()]);
    std::iter::once(first).chain(numbers)
}

fn tenants(plan: &Plan) -> impl Iterator<Item = Vec<Cell>> {
    plan.tenants.iter().map(|tenant| {
        let totals = plan.totals.tenants.get(&tenant.id).cloned().unwrap_or_default();
        vec![
            (&tenant.id).into(),
            (&tenant.display_name).into(),
            (&tenant.role).into(),
            text(tenant.plan.clone()),
            totals.records.values().sum::<u64>().into(),
            totals.files.into(),
            totals.file_bytes.into(),
            (&tenant.why).into(),
        ]
    })
}

fn files(plan: &Plan) -> impl Iterator<Item = Vec<Cell>> {
    let placed = plan.files.iter().flat_map(|file| file.to.iter().enumerate().map(move |to| (file, to)));
    placed.map(|(file, (at, to))| {
        let how = file.how(at);
        vec![
            (&file.from).into(),
            file.bytes.into(),
            (&file.digest).into(),
            (&to.path()).into(),
            (&how).into(),
            (&file.why).into(),
        ]
    })
}

fn records(plan: &Plan) -> impl Iterator<Item = Vec<Cell>> {
    plan.records.iter().map(|record| {
        let changed: Vec<&str> = record
            .edits
            .iter()
            .filter_map(|edit| match edit {
                super::Edit::Set { field, .. } => Some(&**field),
                super::Edit::Keep { .. } => None,
            })
            .collect();
        vec![
            (&record.from).into(),
            (&record.at).into(),
            (&record.tenant).into(),
            (&record.collection).into(),
            (&record.id).into(),
            record.bytes.into(),
            Cell::Text(changed.join(", ")),
            (&record.why).into(),
        ]
    })
}

fn problems(plan: &Plan) -> impl Iterator<Item = Vec<Cell>> {
    plan.problems.iter().map(|problem| {
        vec![
            (&if problem.blocking { "yes" } else { "" }).into(),
            (&problem.kind).into(),
            text(problem.path.as_ref().map(ToString::to_string)),
            text(problem.at.map(|at| at.to_string())),
            (&problem.reason).into(),
            (&problem.proposal).into(),
        ]
    })
}

/// Adds a sheet, and where it has more rows than one takes, more of them.
fn add(
    workbook: &mut Workbook,
    name: &str,
    header: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<(), XlsxError> {
    let mut rows = rows.peekable();
    for number in 1.. {
        let sheet = workbook.add_worksheet();
        sheet.set_name(if number == 1 { name.to_owned() } else { format!("{name} {number}") })?;
        write(sheet, header, rows.by_ref().take(ROWS))?;
        if rows.peek().is_none() {
            break;
        }
    }
    Ok(())
}

fn write(
    sheet: &mut Worksheet,
    header: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (at, name) in (0..).zip(header) {
        sheet.write_string_with_format(0, at, *name, &bold)?;
        sheet.set_column_width(at, 24)?;
    }
    for (row, cells) in (1..).zip(rows) {
        for (at, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) => {
                    let shown: String = text.chars().take(CHARACTERS).collect();
                    sheet.write_string(row, at, shown)?;
                }
                #[allow(clippy::cast_precision_loss, reason = "a sheet has no other numbers")]
                Cell::Number(number) => drop(sheet.write_number(row, at, number as f64)?),
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}
