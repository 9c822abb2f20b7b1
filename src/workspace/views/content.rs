//! Which views a tenant's state has, and what stands in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::{Entry, State};
use crate::paths::{CollectionName, TenantId};
use crate::store::{ViewKey, ViewName, ViewPlace};
use crate::views::{self, Shape, Shown};

use super::super::tokens::{self, Token};
use super::super::{records, stream_keys};

/// A view as it should be.
pub(super) struct View {
    pub(super) key: ViewKey,
    /// Its text; `None` if there is to be no such file.
    pub(super) text: Option<Vec<u8>>,
    /// The records by which an edit of it is judged.
    entries: Option<Vec<Entry>>,
}

impl View {
    /// Which records it shows, if an edit of it could be adopted.
    pub(super) fn shown(&self) -> Option<Shown> {
        let entries = self.entries.as_ref()?;
        Some(Shown::of(entries.iter().map(|entry| (&*entry.id, &entry.text))))
    }
}

/// The views of a collection; also those of its records that are gone, as far as they are among the
/// `known`.
pub(super) fn views_of(
    state: &State,
    tenant: &TenantId,
    collection: &CollectionName,
    known: &BTreeSet<ViewKey>,
) -> Vec<View> {
    let entries = records::own_texts(state, tenant, collection);
    let (Some(key), Some(shape)) = (views::view_of(collection), views::shape(collection)) else {
        return files(&entries, known);
    };
    let text = match shape {
        Shape::Array => views::text(shape, entries.iter().map(|entry| (&*entry.id, &*entry.text))),
        Shape::Object => {
            let mapping = stream_keys::mapping(&entries);
            views::text(shape, mapping.iter().map(|(token, keys)| (token.as_str(), keys.as_slice())))
        }
    };
    vec![View { key, text: Some(text), entries: Some(entries) }]
}

/// The files of tokens. Those that are gone come first: to a disk that ignores case, one of them may have
/// the name of one that is there.
fn files(entries: &[Entry], known: &BTreeSet<ViewKey>) -> Vec<View> {
    let is_token = |key: &&ViewKey| match &key.name {
        ViewName::File(name) => key.place == ViewPlace::Tokens && Token::is_name(name),
        _ => false,
    };
    let mut files: BTreeMap<_, _> = known.iter().filter(is_token).map(|key| (key.clone(), None)).collect();
    for (name, content) in tokens::files(entries) {
        files.insert(views::token_view(name), Some(content.into_bytes()));
    }
    let views = files.into_iter().map(|(key, text)| View { key, text, entries: None });
    let mut views: Vec<View> = views.collect();
    views.sort_by_key(|view| view.text.is_some());
    views
}
