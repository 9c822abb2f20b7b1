//! A workbook that was written, compared with what it was to say: as who reads it finds it, so that what the writer
//! or its version did to a cell is seen.

use std::collections::HashMap;

use serde_json::Value;

use super::{OwnedWorkbook, Row};
use crate::migrate::source;
use crate::paths::TenantId;
use crate::record::LocalTime;
use crate::workbook::{Cell, Table, TableRow};

/// What a cell or a field says, however it is written.
#[derive(Debug, PartialEq)]
enum Said {
    Flag(bool),
    Number(f64),
    Text(String),
}

impl OwnedWorkbook {
    /// What a workbook does not say as it should, and whose that is; no value is quoted.
    pub(in crate::migrate) fn differences(&self, bytes: &[u8]) -> Vec<(Option<TenantId>, String)> {
        let Ok(Table { columns, rows: found }) = source::table(bytes) else {
            return vec![(None, "it can't be read as a workbook".to_owned())];
        };
        let mut differences = Vec::new();
        let headers = self.columns.iter().map(|column| &column.header);
        if !headers.eq(columns.iter().map(|column| &column.header)) {
            differences.push((None, "its columns are others than they should be".to_owned()));
        }
        let (rows, wanted) = (found.len(), self.rows.len());
        if rows != wanted {
            differences.push((None, format!("rows in it: {rows}; there should be {wanted}")));
        }
        for (wanted, found) in self.rows.iter().zip(&found) {
            let (said, is_said) = wanted.and_found(found);
            // Under its header a column may be another field than it was.
            let columns = self.columns.iter().zip(&columns);
            let others =
                columns.filter(|(column, found)| said.get(&column.field) != is_said.get(&found.field));
            let others: Vec<_> = others.map(|(column, _)| format!("{:?}", column.header)).collect();
            if !others.is_empty() {
                let tenant = wanted.record.as_ref().map(|(tenant, _)| tenant.clone());
                let what = others.join(", ");
                differences.push((tenant, format!("row {} says something else in {what}", found.number)));
            }
        }
        differences
    }
}

type Fields = HashMap<String, Said>;

impl Row {
    /// What it says, and what a row that was found does: of what says anything.
    fn and_found(&self, found: &TableRow) -> (Fields, Fields) {
        let cells =
            |cells: &[(String, Cell)]| gathered(cells.iter().map(|(name, cell)| (name.clone(), shown(cell))));
        let Some((_, text)) = &self.record else { return (cells(&self.was), cells(&found.cells)) };
        let wanted: HashMap<String, Value> = serde_json::from_slice(text.as_bytes()).unwrap_or_default();
        let wanted = gathered(wanted.iter().map(|(name, value)| (name.clone(), said(value))));
        let found = found.fields.as_deref().unwrap_or_default();
        (wanted, gathered(found.iter().map(|(name, value)| (name.clone(), said(value)))))
    }
}

fn gathered(fields: impl Iterator<Item = (String, Option<Said>)>) -> Fields {
    fields.filter_map(|(name, said)| Some((name, said?))).collect()
}

fn shown(cell: &Cell) -> Option<Said> {
    match cell {
        Cell::Error => None,
        Cell::Flag(flag) => Some(Said::Flag(*flag)),
        Cell::Number(number) => Some(Said::Number(*number)),
        Cell::Text(said) => text(said),
        Cell::Time(time) => Some(Said::Text(LocalTime::new(*time).to_string())),
    }
}

fn said(value: &Value) -> Option<Said> {
    match value {
        Value::Null => None,
        Value::Bool(flag) => Some(Said::Flag(*flag)),
        Value::Number(number) => number.as_f64().map(Said::Number),
        Value::String(said) => text(said),
        value => Some(Said::Text(value.to_string())),
    }
}

/// A text, or a time in whatever spelling.
fn text(said: &str) -> Option<Said> {
    match LocalTime::parse(said) {
        _ if said.is_empty() => None,
        Ok(time) => Some(Said::Text(time.to_string())),
        Err(_) => Some(Said::Text(said.to_owned())),
    }
}
