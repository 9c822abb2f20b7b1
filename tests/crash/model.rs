//! What a store should hold, as plain maps, and what an act makes of it. Nothing here knows how
//! the store keeps anything.

use std::collections::BTreeMap;

/// Something that is asked of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// The first commit of the tenant.
    Create,
    /// A commit of one line.
    Commit(&'static str),
    /// A commit of a line of so many bytes, with a new header.
    Long(usize),
    /// A fold that says the same.
    Fold,
    /// A fold with another state.
    Replace(&'static [&'static str]),
    /// A fold to a tombstone.
    Bury,
    /// The first commit of another life, on a tombstone.
    Rebirth,
    /// A blob of so many bytes.
    Put(&'static str, usize),
    Delete(&'static str),
    RemoveAreas,
    Tidy,
    View(&'static str, &'static str),
    RemoveView(&'static str),
}

/// How a store answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It happened.
    Done,
    /// It did not happen, and never will.
    Refused,
    /// It may have happened, wholly or not at all.
    Unclear,
}

/// A tenant's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Tenant {
    pub(crate) life: u8,
    pub(crate) tombstone: bool,
    pub(crate) header: String,
    /// What was committed: the lines of the snapshot and the commits since.
    pub(crate) lines: Vec<String>,
    pub(crate) number: u64,
}

/// Everything that can be observed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Model {
    pub(crate) tenant: Option<Tenant>,
    /// Each as [`described`].
    pub(crate) blobs: BTreeMap<String, String>,
    pub(crate) views: BTreeMap<String, String>,
}

/// A blob's bytes: no two parts of it are alike.
pub(crate) fn blob(length: usize) -> Vec<u8> {
    (0u32..).flat_map(u32::to_be_bytes).take(length).collect()
}

/// What a blob's bytes are.
pub(crate) fn described(bytes: &[u8]) -> String {
    let whole = if bytes == blob(bytes.len()) { "good" } else { "damaged" };
    format!("{} {whole} bytes", bytes.len())
}

/// The line of [`Act::Long`].
pub(crate) fn long_line(length: usize) -> String {
    "long ".repeat(length / 5)
}

impl Model {
    fn living(&self) -> Option<Tenant> {
        self.tenant.clone().filter(|tenant| !tenant.tombstone)
    }

    /// The state after `act`; `None` if it can't happen in this one.
    pub(crate) fn after(&self, act: Act) -> Option<Self> {
        let mut model = self.clone();
        match act {
            Act::Create if self.tenant.is_none() => model.tenant = Some(first(1, 1)),
            Act::Create => return None,
            Act::Rebirth => {
                let buried = self.tenant.as_ref().filter(|tenant| tenant.tombstone)?;
                model.tenant = Some(first(buried.life + 1, buried.number + 1));
            }
            Act::Commit(_) | Act::Long(_) | Act::Fold | Act::Replace(_) | Act::Bury => {
                model.tenant = Some(changed(self.living()?, act));
            }
            Act::Put(name, length) => {
                self.living()?;
                if model.blobs.insert(name.to_owned(), described(&blob(length))).is_some() {
                    return None;
                }
            }
            Act::Delete(name) => drop(model.blobs.remove(name)),
            Act::RemoveAreas => model.blobs.clear(),
            Act::Tidy => {
                if self.living().is_none() {
                    model.views.clear();
                }
            }
            Act::View(name, text) => {
                self.living()?;
                model.views.insert(name.to_owned(), text.to_owned());
            }
            Act::RemoveView(name) => drop(model.views.remove(name)),
        }
        Some(model)
    }

    /// The states that are left after an act was answered so.
    pub(crate) fn after_answer(&self, act: Act, answer: Answer) -> Vec<Self> {
        let after = self.after(act);
        match answer {
            Answer::Done => after.into_iter().collect(),
            Answer::Refused => vec![self.clone()],
            // These two act on several files, and say that a part may be done.
            Answer::Unclear if matches!(act, Act::RemoveAreas | Act::Tidy) => self.parts(act),
            Answer::Unclear => after.into_iter().chain([self.clone()]).collect(),
        }
    }

    /// The states in which some of the files are gone.
    fn parts(&self, act: Act) -> Vec<Self> {
        let mut all = vec![self.clone()];
        let names: Vec<String> = match act {
            Act::RemoveAreas => self.blobs.keys().cloned().collect(),
            _ if self.living().is_none() => self.views.keys().cloned().collect(),
            _ => Vec::new(),
        };
        for name in names {
            let mut without = all.clone();
            for model in &mut without {
                match act {
                    Act::RemoveAreas => drop(model.blobs.remove(&name)),
                    _ => drop(model.views.remove(&name)),
                }
            }
            all.extend(without);
        }
        all
    }
}

fn first(life: u8, number: u64) -> Tenant {
    Tenant { life, tombstone: false, header: "{}".into(), lines: vec!["first".into()], number }
}

fn changed(mut tenant: Tenant, act: Act) -> Tenant {
    match act {
        Act::Commit(line) => tenant.lines.push(line.to_owned()),
        Act::Long(length) => {
            tenant.lines.push(long_line(length));
            tenant.header = "{\"long\":true}".into();
        }
        Act::Replace(lines) => tenant.lines = lines.iter().map(|line| (*line).to_owned()).collect(),
        Act::Bury => {
            tenant.lines.clear();
            tenant.tombstone = true;
        }
        _ => return tenant,
    }
    tenant.number += 1;
    tenant
}

/// What may be there after one more act.
pub(crate) fn follow(possible: &[Model], act: Act, answer: Answer) -> Vec<Model> {
    let mut after: Vec<Model> = Vec::new();
    for model in possible.iter().flat_map(|model| model.after_answer(act, answer)) {
        if !after.contains(&model) {
            after.push(model);
        }
    }
    after
}
