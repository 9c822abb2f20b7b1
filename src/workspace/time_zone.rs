//! What a change of the tenant's time zone does to its records.
//!
//! Times are stored as the tenant's clock shows them, without a zone. When the zone changes, each is
//! written as the new zone's clock shows the same moment. What is no time stays as it is.

use jiff::tz::TimeZone;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Entry, Section};
use crate::ownership::Action;
use crate::paths::CollectionName;
use crate::record::{Envelope, LocalTime, RecordText};

use super::access::Core;
use super::daily;
use super::kinds::Kind;

/// Rewrites the times of all records of a tenant.
///
/// # Errors
/// [`ErrorKind::Configuration`] about a collection that holds records and whose kind is not known:
/// which of their fields are times nobody has said.
pub(super) fn rewrite(
    draft: &mut Draft,
    core: &Core,
    action: Action,
    (from, to): (&TimeZone, &TimeZone),
) -> Result<()> {
    let sections: Vec<Section> = draft
        .state()
        .tallies()
        .iter()
        .filter(|(section, tally)| !section.is_internal() && tally.count > 0)
        .map(|(section, _)| section.clone())
        .collect();
    let kinds = sections.into_iter().map(|section| match kind_of(core, &section) {
        Some(kind) => Ok((section, kind)),
        None => {
            let about = format!("kind of {}", section.as_str());
            Err(Error::new(ErrorKind::Configuration, action.as_str()).about(about))
        }
    });
    for (section, kind) in kinds.collect::<Result<Vec<_>>>()? {
        for entry in draft.state().all(&section) {
            rewrite_record(draft, &section, kind, &entry, (from, to));
        }
    }
    Ok(())
}

fn kind_of(core: &Core, section: &Section) -> Option<Kind> {
    core.kinds.get(&CollectionName::parse(section.as_str()).ok()?)
}

fn rewrite_record(
    draft: &mut Draft,
    section: &Section,
    kind: Kind,
    entry: &Entry,
    (from, to): (&TimeZone, &TimeZone),
) {
    let old = RecordText::from_stored(entry.text.clone());
    let times = Envelope::TIMES.iter().chain(kind.times);
    let rewritten = old.with_times(times, |time| {
        let at = daily::moment(from, time.civil())?;
        Some(LocalTime::new(to.to_datetime(at)))
    });
    // What can't be read has no times to be seen, and a time that stays the same is not written.
    let Ok(Some(text)) = rewritten else { return };
    // One that does not fit its type is found as before.
    let keys = (kind.keys)(&text).unwrap_or_else(|_| draft.state().keys(section, &entry.id));
    draft.put(section, &entry.id, keys, text.into_bytes());
}
