//! What repeats daily: when it is over, the next one is planned in the same transaction.
//!
//! The repetition is handed on: what is over repeats no more, and its successor does. Successors name
//! the record with which their series began, and in a series there is never more than one that is not
//! over and repeats, so that no day comes twice. Deleting or cancelling that one ends the repetition;
//! what is begun again by hand is begun for once.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, State};
use crate::ownership::Action;
use crate::paths::TenantId;
use crate::record::{Entity, LocalTime, Record, RecordId};

use super::access::Author;
use super::records::{self, Expected};

/// The index in which the record of a series is found that carries its repetition on.
const REPEAT_INDEX: &str = "repeat";

/// A record that may repeat daily.
pub(super) trait Daily: Entity + Clone {
    /// When it begins.
    fn begins(&self) -> Option<LocalTime>;

    /// Whether it repeats.
    fn repeats_daily(&self) -> bool;

    /// The same, repeating no more.
    fn unrepeated(self) -> Self;

    /// The record with which its series began, for any but that one itself.
    fn repeat_of(&self) -> Option<&RecordId>;

    /// Whether nothing more comes of it.
    fn is_over(&self) -> bool;

    /// The same as one of a series, planned for another time: without anything that came of it.
    fn planned_at(&self, at: LocalTime, repeat_of: RecordId) -> Self;

    /// Whether its series goes on with it.
    fn carries_on(&self) -> bool {
        self.repeats_daily() && !self.is_over()
    }

    /// Whether, in place of `before`, it says that it repeats when it is over.
    fn begins_to_repeat_too_late(&self, before: &Self) -> bool {
        let repeats_over = |one: &Self| one.repeats_daily() && one.is_over();
        repeats_over(self) && !repeats_over(before)
    }

    /// The key by which it is found as the one with which its series goes on.
    fn repeat_key(&self) -> Option<(&'static str, String)> {
        let series = self.repeat_of().filter(|_| self.carries_on());
        series.map(|series| (REPEAT_INDEX, series.as_str().to_owned()))
    }
}

/// What is over, and what was planned in its place.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ended<T> {
    /// The record as it is now.
    pub record: Record<T>,
    /// Its successor of the next day, if it repeated daily.
    pub next: Option<Record<T>>,
}

/// Changes a record to what `change` makes of it, with which it is over, and plans its successor.
pub(super) fn end<E: Daily>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    id: &RecordId,
    change: impl FnOnce(&E) -> Result<E>,
) -> Result<Ended<E>> {
    let old = records::get::<E>(draft.state(), author.tenant, action, id)?;
    let over = |old: &E| Ok(change(old)?.unrepeated());
    let record = records::update(draft, author, action, id, Expected::Any, over)?;
    let next = match old.value().repeats_daily() {
        true => plan_next(draft, author, action, &old)?,
        false => None,
    };
    Ok(Ended { record, next })
}

fn plan_next<E: Daily>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    old: &Record<E>,
) -> Result<Option<Record<E>>> {
    if is_carried_on(draft.state(), author.tenant, action, old.id(), old.value())? {
        return Ok(None);
    }
    let now = draft.now();
    let begins = old.value().begins().unwrap_or_else(|| author.profile.local_time(now));
    let Some(at) = next_day(&author.profile.zone(), begins, now) else { return Ok(None) };
    let id = author.core.fresh_id();
    let value = old.value().planned_at(at, series(old.id(), old.value()).clone());
    records::insert_like(draft, author, action, &id, old, &value).map(Some)
}

/// Changes a record by `change`, if `check` finds nothing against the result. That it begins to repeat
/// while another of its series does is refused: there would be two each day.
pub(super) fn edit<E: Daily>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    id: &RecordId,
    expected: Expected,
    change: impl FnOnce(&mut E),
    check: impl FnOnce(&E, Option<&E>, Action) -> Result<()>,
) -> Result<Record<E>> {
    let state = draft.state().clone();
    records::update(draft, author, action, id, expected, |old: &E| {
        let mut new = old.clone();
        change(&mut new);
        check(&new, Some(old), action)?;
        let begins = new.repeats_daily() && !old.repeats_daily();
        if begins && is_carried_on(&state, author.tenant, action, id, &new)? {
            return Err(Error::new(ErrorKind::WrongState, action.as_str()).about("repeat_daily"));
        }
        Ok(new)
    })
}

/// The record with which a record's series began.
fn series<'a, E: Daily>(id: &'a RecordId, value: &'a E) -> &'a RecordId {
    value.repeat_of().unwrap_or(id)
}

/// Whether the series of a record goes on with another.
fn is_carried_on<E: Daily>(
    state: &State,
    tenant: &TenantId,
    action: Action,
    id: &RecordId,
    value: &E,
) -> Result<bool> {
    let first = series(id, value);
    let mut others = records::find::<E>(state, tenant, action, REPEAT_INDEX, first.as_str())?;
    if first != id {
        match records::get::<E>(state, tenant, action, first) {
            Ok(first) => others.push(first),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(others.iter().any(|other| other.id() != id && other.value().carries_on()))
}

/// The first moment after `begins`, at the same time of another day, that is not over yet.
///
/// The time of day stays what it is, also on a day that skips it: read as every other time is
/// ([`moment`]), it means as much later there, and the day after it is the old one again.
fn next_day(zone: &TimeZone, begins: LocalTime, now: Timestamp) -> Option<LocalTime> {
    let begins = begins.civil();
    let today = zone.to_datetime(now).date();
    let mut date = begins.date().tomorrow().ok()?.max(today);
    // Where a zone changes sides of the date line, tomorrow may be over with today.
    for _ in 0..3 {
        let next = date.to_datetime(begins.time());
        if moment(zone, next)? > now {
            return Some(LocalTime::new(next));
        }
        date = date.tomorrow().ok()?;
    }
    None
}

/// The moment that a local time means: the first of two where a clock is set back, and as much later as
/// the clock is set forward where there is none.
pub(super) fn moment(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(time).compatible().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn next(name: &str, begins: &str, now: &str) -> String {
        next_day(&zone(name), LocalTime::parse(begins).unwrap(), now.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_time_that_a_day_skips_means_an_hour_later_on_that_day_only() {
        // In Berlin the clock goes from 2 to 3 on March 30th, at 1:00 UTC.
        let skipped = next("Europe/Berlin", "2025-03-29T02:30", "2025-03-29T02:00:00Z");
        assert_eq!(skipped, "2025-03-30 02:30:00");
        let means = moment(&zone("Europe/Berlin"), LocalTime::parse(&skipped).unwrap().civil()).unwrap();
        assert_eq!(means, "2025-03-30T01:30:00Z".parse().unwrap());
        assert_eq!(next("Europe/Berlin", &skipped, "2025-03-30T02:00:00Z"), "2025-03-31 02:30:00");
    }

    #[test]
    fn a_time_that_a_day_has_twice_means_the_first() {
        let zone = zone("Europe/Berlin");
        let twice = LocalTime::parse("2025-10-26T02:30").unwrap();
        assert_eq!(moment(&zone, twice.civil()).unwrap(), "2025-10-26T00:30:00Z".parse().unwrap());
        // Between the first and the second, it is over.
        let next = next_day(
            &zone,
            LocalTime::parse("2025-10-25T02:30").unwrap(),
            "2025-10-26T01:00:00Z".parse().unwrap(),
        );
        assert_eq!(next.unwrap().to_string(), "2025-10-27 02:30:00");
    }

    #[test]
    fn a_day_that_a_zone_skips_is_left_out() {
        // Samoa had no December 30th in 2011; its midnight means that of the 31st.
        assert_eq!(next("Pacific/Apia", "2011-12-29T10:00", "2011-12-30T21:00:00Z"), "2012-01-01 10:00:00");
    }

    #[test]
    fn after_the_last_day_there_is_none() {
        let last = LocalTime::parse("9999-12-31T10:00").unwrap();
        assert_eq!(next_day(&TimeZone::UTC, last, Timestamp::UNIX_EPOCH), None);
    }

    const ZONES: [&str; 5] =
        ["Asia/Jakarta", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_next_day_is_the_first_to_come_at_the_same_local_time(
            name in prop::sample::select(&ZONES[..]),
            begins in 1_293_000_000_i64..1_800_000_000,
            after in -400_000_000_i64..400_000_000,
            near in any::<bool>(),
        ) {
            let zone = zone(name);
            let at = Timestamp::from_second(begins).unwrap();
            let begins = LocalTime::new(zone.to_datetime(at));
            let after = if near { after % 200_000 } else { after };
            let now = Timestamp::from_second(at.as_second() + after).unwrap();
            let found = next_day(&zone, begins, now).unwrap();
            prop_assert_eq!(found.civil().time(), begins.civil().time());
            prop_assert!(found.civil().date() > begins.civil().date());
            prop_assert!(moment(&zone, found.civil()).unwrap() > now);
            let day_before = found.civil().date().yesterday().unwrap();
            let too_early = moment(&zone, day_before.to_datetime(begins.civil().time())).unwrap() <= now;
            prop_assert!(day_before <= begins.civil().date() || too_early);
        }
    }
}
