//! How a change comes into a state, on top of its base.

use std::sync::Arc;

use super::found::{Place, Stored};
use super::kept::KeptValue;
use super::layer::Layer;
use super::met::Met;
use super::{Entry, LazyState};
use crate::ledger::commit_text::Change;
use crate::store::StoreError;

impl LazyState {
    /// Applies one change; after an error none of it.
    pub(in crate::ledger) fn take(&mut self, change: &Change) -> Result<(), StoreError> {
        // What was met is not what is there from now on.
        self.met = Met::default();
        let (section, id) = change.address();
        let (below, old) = match change {
            Change::Put { is_new: true, .. } => {
                debug_assert!(self.found(section.as_str(), id).is_ok_and(|found| found.is_none()));
                (None, None)
            }
            _ => {
                let below = self.position(section.as_str(), id)?;
                (below, self.found_at(section.as_str(), id, below)?)
            }
        };
        // Whether the section's layer has it: what stands in the place of one of the base is not there.
        let is_in_layer = old.is_some_and(|found| matches!(found.place, Place::Above(_)))
            && !below.is_some_and(|at| matches!(self.changed(at), Some(Some(_))));
        let is_first = old.is_none();
        let old = old.map(|found| (found.order(), found.text(), found.changed_keys()));
        // What is put at the order of the base's entry stands in its place.
        let is_in_place = match (change, below) {
            (Change::Put { order, .. }, Some(at)) => self.base.order(at)? == *order,
            _ => false,
        };
        // A position is less than the text's length, which fits.
        let below = below.and_then(|at| u32::try_from(at).ok());
        if !self.layers.contains_key(section) {
            self.layers.insert_mut(section.clone(), Layer::default());
        }
        if let Some((order, text, keys)) = old {
            let stays = matches!(change, Change::Put { order: new, .. } if !is_in_place && *new == order);
            if is_in_layer
                && !stays
                && let Some(layer) = self.layers.get_mut(section)
            {
                self.above -= layer.len();
                layer.remove(id);
                self.above += layer.len();
            }
            self.tallies.subtract(section, &text);
            for key in keys.iter().flat_map(|keys| keys.iter()) {
                self.by_key.remove_mut(&(key.clone(), section.clone(), order));
            }
        }
        let mut standing = None;
        if let Change::Put { order, keys, text, .. } = change {
            self.tallies.add(section, text);
            let is_newest = is_first && *order >= self.next_order;
            self.next_order = self.next_order.max(order.saturating_add(1));
            for key in keys.iter() {
                self.by_key.insert_mut((key.clone(), section.clone(), *order), id.clone());
            }
            let entry = Entry { order: *order, id: id.clone(), keys: Some(keys.clone()), text: text.clone() };
            let stored = Arc::new(Stored { entry, kept: KeptValue::default() });
            if is_in_place {
                standing = Some(stored);
            } else if let Some(layer) = self.layers.get_mut(section) {
                // Changed where it stands: a clone of it would make each change a copy of its paths.
                self.above -= layer.len();
                layer.put(stored, is_newest);
                self.above += layer.len();
            }
        }
        if let Some(below) = below {
            Arc::make_mut(&mut self.changed).put(below, standing);
        }
        Ok(())
    }
}
