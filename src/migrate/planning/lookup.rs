//! Which file a record means by a name.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

use super::files::Media;
use crate::paths::{Area, TenantId};

/// By which names that are only spelled in another way are told to be one.
pub(super) fn loose(name: &str) -> String {
    name.nfc().flat_map(char::to_lowercase).collect::<String>().nfc().collect()
}

/// The files by folder and loose name.
pub(super) struct Index(HashMap<(Area, String), Vec<usize>>);

impl Index {
    pub(super) fn of(media: &[Media]) -> Self {
        let mut index = HashMap::<_, Vec<usize>>::new();
        for (at, file) in media.iter().enumerate() {
            index.entry((file.area, loose(&file.path.name().replaced()))).or_default().push(at);
        }
        Self(index)
    }

    /// The file that a tenant's record means: its own before the shared, these before those that lie in the
    /// folder of the database; of looped videos those that are done first. Where none has just that name, the
    /// only one that differs in spelling.
    pub(super) fn find(
        &self,
        media: &[Media],
        (area, name): (Area, &str),
        (tenant, source): (&TenantId, Option<&TenantId>),
        done_first: bool,
    ) -> Option<usize> {
        let candidates = self.0.get(&(area, loose(name)))?;
        let preference = |at: usize| {
            let file = media.get(at)?;
            let place = match &file.scope {
                Some(scope) if scope == tenant => 0,
                None => 1,
                Some(scope) if Some(scope) == source => 2,
                Some(_) => return None,
            };
            Some((place, file.done != done_first, file.path.clone()))
        };
        let mut may: Vec<_> = candidates.iter().filter_map(|at| Some((preference(*at)?, *at))).collect();
        may.sort();
        let exact =
            |at: usize| media.get(at).is_some_and(|file| file.path.name().as_bytes() == name.as_bytes());
        let found = may.iter().find(|(_, at)| exact(*at));
        let names: HashSet<_> =
            may.iter().filter_map(|(_, at)| media.get(*at)).map(|file| file.path.name().as_bytes()).collect();
        let only = || may.first().filter(|_| names.len() == 1);
        found.or_else(only).map(|(_, at)| *at)
    }
}
