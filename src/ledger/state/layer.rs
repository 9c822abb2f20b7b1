//! What changed in one section since the base was read: small persistent maps, of which a clone is a clone of
//! pointers.

use std::sync::Arc;

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use super::found::Stored;

/// The changes of one section.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// What is there now, or `None` for what the base has and is no more.
    by_id: HashTrieMapSync<Arc<str>, Option<Arc<Stored>>>,
    by_order: RedBlackTreeMapSync<u64, Arc<Stored>>,
}

impl Default for Layer {
    fn default() -> Self {
        Self { by_id: HashTrieMapSync::new_sync(), by_order: RedBlackTreeMapSync::new_sync() }
    }
}

impl Layer {
    /// How many entries changed.
    pub(super) fn len(&self) -> usize {
        self.by_id.size()
    }

    /// The entry of that id, `Some(None)` if it was removed, or `None` if nothing changed it.
    pub(super) fn get(&self, id: &str) -> Option<Option<&Arc<Stored>>> {
        self.by_id.get(id).map(Option::as_ref)
    }

    /// Those that are here, by order.
    pub(super) fn by_order(&self) -> &RedBlackTreeMapSync<u64, Arc<Stored>> {
        &self.by_order
    }

    /// Puts an entry where none of its order is.
    pub(super) fn put(&mut self, stored: Arc<Stored>) {
        self.by_order.insert_mut(stored.entry.order, Arc::clone(&stored));
        self.by_id.insert_mut(Arc::clone(&stored.entry.id), Some(stored));
    }

    /// Takes an entry out of the order.
    pub(super) fn forget(&mut self, order: u64) {
        self.by_order.remove_mut(&order);
    }

    /// Removes an entry that is not in the order any more; `below`, if the base has it.
    pub(super) fn remove(&mut self, id: &Arc<str>, below: bool) {
        if below {
            self.by_id.insert_mut(Arc::clone(id), None);
        } else {
            self.by_id.remove_mut(&**id);
        }
    }
}
