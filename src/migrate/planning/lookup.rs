//! Which file a record means by a name.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

use super::files::Media;
use crate::paths::{Area, TenantId};

/// By which names that are only spelled in another way are told to be one.
pub(super) fn loose(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.nfc().flat_map(char::to_lowercase).collect::<String>().nfc().collect()
}

/// The files by folder and loose name.
pub(super) struct Index<'a> {
    by_name: HashMap<(Area, String), Vec<usize>>,
    /// In whose folder an earlier script put all that was shared.
    default_owner: &'a TenantId,
}

impl<'a> Index<'a> {
    pub(super) fn of(media: &[Media], default_owner: &'a TenantId) -> Self {
        let mut by_name = HashMap::<_, Vec<usize>>::new();
        for (at, file) in media.iter().enumerate() {
            by_name.entry((file.area, loose(&file.path.name().replaced()))).or_default().push(at);
        }
        Self { by_name, default_owner }
    }

    /// The file that a tenant's record means: the one beside its database, as the application has it, before the
    /// tenant's own, and this before the shared one; and of a shared database at last that in the default owner's
    /// folder, where an earlier script put what was shared. Of looped videos those that are done first. Of two that
    /// are the same it is the tenant's own. Where none has just that name, the only one that differs in spelling.
    pub(super) fn find(
        &self,
        media: &[Media],
        (area, name): (Area, &str),
        (tenant, source): (&TenantId, Option<&TenantId>),
        done_first: bool,
    ) -> Option<usize> {
        let candidates = self.by_name.get(&(area, loose(name)))?;
        let preference = |at: usize| {
            let file = media.get(at)?;
            let place = match &file.scope {
                scope if scope.as_ref() == source => 0,
                Some(scope) if scope == tenant => 1,
                None => 2,
                Some(scope) if source.is_none() && scope == self.default_owner => 3,
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
        let found = found.or_else(only).map(|(_, at)| *at)?;
        let is_twin = |at: &usize| {
            let (file, twin) = (media.get(found), media.get(*at));
            file.zip(twin).is_some_and(|(file, twin)| {
                twin.scope.as_ref() == Some(tenant)
                    && (twin.digest, twin.path.name().as_bytes())
                        == (file.digest, file.path.name().as_bytes())
            })
        };
        Some(may.iter().map(|(_, at)| *at).find(is_twin).unwrap_or(found))
    }
}
