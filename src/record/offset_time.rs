//! Times that say of themselves which moment they mean.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

use super::{RecordError, serde_as_text};

/// A moment, with the offset from UTC of the clock that showed it: `2025-11-04T10:00:00+07:00`, as ISO 8601
/// and RFC 3339 write it.
///
/// Unlike a [`LocalTime`](super::LocalTime) it means the same moment in every time zone, so that a change of the
/// tenant's leaves it alone.
///
/// ```
/// use tenantry::record::OffsetTime;
/// let time = OffsetTime::parse("2025-11-04T10:00:00.5+07:00").unwrap();
/// assert_eq!(time.to_string(), "2025-11-04T10:00:00.5+07:00");
/// assert_eq!(time.moment(), "2025-11-04T03:00:00.5Z".parse().unwrap());
/// assert!(OffsetTime::parse("2025-11-04T10:00:00").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OffsetTime {
    moment: Timestamp,
    offset: Offset,
}

impl OffsetTime {
    /// A moment as a clock with that offset shows it. What an offset has beyond whole minutes is dropped,
    /// since it has no place in the written form.
    #[must_use]
    pub fn new(moment: Timestamp, offset: Offset) -> Self {
        let whole = Offset::from_seconds(offset.seconds() / 60 * 60).unwrap_or(offset);
        Self { moment, offset: whole }
    }

    /// Reads a time; `Z` is the offset of UTC.
    ///
    /// # Errors
    /// [`RecordError::OffsetTime`] for a text that is none, or that tells no offset.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        read(text).ok_or(RecordError::OffsetTime)
    }

    /// The moment.
    #[must_use]
    pub const fn moment(self) -> Timestamp {
        self.moment
    }

    /// What the clock with that offset shows.
    #[must_use]
    pub fn civil(self) -> DateTime {
        self.offset.to_datetime(self.moment)
    }

    /// The offset from UTC.
    #[must_use]
    pub const fn offset(self) -> Offset {
        self.offset
    }
}

fn read(text: &str) -> Option<OffsetTime> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?;
    let moment = offset.to_timestamp(pieces.date().to_datetime(pieces.time()?)).ok()?;
    Some(OffsetTime::new(moment, offset))
}

impl fmt::Display for OffsetTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.moment.display_with_offset(self.offset).fmt(f)
    }
}

impl fmt::Debug for OffsetTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for OffsetTime {
    type Err = RecordError;
    fn from_str(text: &str) -> Result<Self, RecordError> {
        Self::parse(text)
    }
}

serde_as_text!(OffsetTime);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_written_as_other_programs_read_it() {
        for (written, read) in [
            ("2025-11-04T10:00:00+07:00", "2025-11-04T10:00:00+07:00"),
            ("2025-11-04 10:00+07:00", "2025-11-04T10:00:00+07:00"),
            ("2025-11-04T03:00:00.123456Z", "2025-11-04T03:00:00.123456+00:00"),
            ("2025-11-03T19:30:00-07:30", "2025-11-03T19:30:00-07:30"),
        ] {
            assert_eq!(OffsetTime::parse(written).unwrap().to_string(), read);
        }
        for refused in
            ["", "2025-11-04", "2025-11-04T10:00:00", "10:00+07:00", "2025-13-04T10:00:00Z", "tomorrow"]
        {
            assert_eq!(OffsetTime::parse(refused), Err(RecordError::OffsetTime), "{refused}");
        }
    }

    #[test]
    fn an_offset_of_seconds_is_written_to_the_minute_and_means_the_same_moment() {
        let moment: Timestamp = "1900-01-01T00:00:00Z".parse().unwrap();
        let time = OffsetTime::new(moment, Offset::from_seconds(7 * 3600 + 12).unwrap());
        assert_eq!(time.to_string(), "1900-01-01T07:00:00+07:00");
        assert_eq!(OffsetTime::parse(&time.to_string()).unwrap(), time);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_back(
            second in -60_000_000_000_i64..250_000_000_000,
            nano in 0..1_000_000_000_i32,
            offset in -93_599..=93_599_i32,
        ) {
            let time = OffsetTime::new(Timestamp::new(second, nano).unwrap(), Offset::from_seconds(offset).unwrap());
            prop_assert_eq!(OffsetTime::parse(&time.to_string()).unwrap(), time);
        }
    }
}
