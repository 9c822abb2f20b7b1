//! How each trap comes into a tree. A trap has records and files of its own, so that none undoes another.

mod databases;
mod folders;
mod names;
mod records;
mod streams;
mod workbook;

use std::collections::BTreeSet;

use super::json::{Fields, Value};
use super::maker::Maker;
use super::{LegacyTree, Trap};

/// Those of the traps that this system knows and that can be in one tree.
pub(super) fn possible(traps: &BTreeSet<Trap>) -> BTreeSet<Trap> {
    let needs_columns = [Trap::WorkbookWide, Trap::WorkbookOlderNames, Trap::WorkbookOwners];
    let is_wide = needs_columns.iter().any(|trap| traps.contains(trap));
    let is_possible =
        |trap: &Trap| (cfg!(unix) || !trap.is_of_unix_only()) && !(is_wide && *trap == Trap::WorkbookNarrow);
    traps.iter().copied().filter(is_possible).collect()
}

/// Plants the tree's traps; those last that take a whole database away.
pub(super) fn plant(tree: &mut LegacyTree, maker: &mut Maker) {
    let traps = tree.traps.clone();
    for trap in &traps {
        records::plant(tree, maker, *trap);
        streams::plant(tree, maker, *trap);
        workbook::plant(tree, *trap);
        folders::plant(tree, maker, *trap);
        names::plant(tree, maker, *trap);
    }
    databases::plant(tree, maker);
    // In half of the trees it is one of the folders that every tree has, with all that is in it by now.
    if traps.contains(&Trap::LinkForFolder) && tree.seed % 2 == 1 {
        names::move_away(tree, "thumbnails");
    }
}

/// Puts another value in a field, which is added if it is not there.
fn set(record: &mut Fields, name: &str, value: impl Into<Value>) {
    match record.iter_mut().find(|(field, _)| field == name) {
        Some((_, old)) => *old = value.into(),
        None => record.push((name.to_owned(), value.into())),
    }
}

/// Takes a field away.
fn remove(record: &mut Fields, name: &str) {
    record.retain(|(field, _)| field != name);
}

fn raw(text: &str) -> Value {
    Value::Raw(text.to_owned())
}
