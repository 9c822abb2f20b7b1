//! What of a state goes along when its tenant is copied to another store.

use bytes::Bytes;

use super::{Entry, Section, State};
use crate::ledger::commit_text::Change;

/// The sections that belong to one life in one store.
const STAYING: [Section; 3] = [Section::RESERVATIONS, Section::DOOMS, Section::ORIGIN];

/// The id of the one entry that says where a tenant came from.
const ORIGIN: &str = "copy";

impl State {
    /// The state without what belongs to this life in this store alone: quota held for uploads, files to be
    /// deleted, where it came from itself, and what `file` leaves out of what is said of a file, if it is not all
    /// to go along.
    pub(crate) fn portable(&self, file: impl Fn(&[u8]) -> Option<Bytes>) -> Self {
        let mut portable = self.clone();
        for section in STAYING {
            for entry in self.all(&section) {
                portable.apply(&Change::Remove { section: section.clone(), id: entry.id });
            }
        }
        for Entry { id, order, text, .. } in self.all(&Section::BLOBS) {
            if let Some(text) = file(&text) {
                let (section, keys) = (Section::BLOBS, [].into());
                portable.apply(&Change::Put { section, id, order, keys, text, is_new: false });
            }
        }
        portable
    }

    /// A digest of all that a [portable](Self::portable) state says, its order and the profile included.
    pub(crate) fn digest(&self) -> String {
        let text = self.write_snapshot();
        // The last line says where counting goes on.
        let entries = text[..text.len() - 1].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&text[..entries]);
        hasher.update(self.header.as_ref().map_or("", |header| &*header.profile).as_bytes());
        hasher.finalize().to_hex().to_string()
    }

    /// A snapshot's text: all that a [portable](Self::portable) state says, with what this state still has to
    /// delete, and where it came from.
    pub(crate) fn replaced_by(&self, portable: &Self, origin: Bytes) -> Bytes {
        let mut state = portable.clone();
        let mut put = |section: Section, id: &str, text: Bytes| {
            let order = state.next_order();
            let (id, keys) = (id.into(), [].into());
            state.apply(&Change::Put { section, id, order, keys, text, is_new: false });
        };
        for doom in self.all(&Section::DOOMS) {
            put(Section::DOOMS, &doom.id, doom.text);
        }
        put(Section::ORIGIN, ORIGIN, origin);
        state.write_snapshot()
    }

    /// What the state says of where it came from.
    pub(crate) fn origin(&self) -> Option<Bytes> {
        self.get(&Section::ORIGIN, ORIGIN).map(|entry| entry.text)
    }
}

impl crate::ledger::Draft {
    /// Says where the tenant comes from.
    pub(crate) fn set_origin(&mut self, origin: Bytes) {
        self.put(&Section::ORIGIN, ORIGIN, Vec::new(), origin);
    }
}
