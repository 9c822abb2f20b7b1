//! Times as records hold them: local civil time to the second, without a zone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;

use super::{RecordError, serde_as_text};

/// A moment on the clock of the tenant's time zone, to the second; which zone that is stands in the
/// tenant's profile, not here.
///
/// It is written `2025-11-04 10:00:00`. Read are also `T` between date and time, and times without
/// seconds, as browsers send them (`2025-11-04T10:00`). A field of a host's type that is to be
/// written in that second form says `#[serde(with = "tenantry::record::local_time::minutes")]`.
///
/// ```
/// use tenantry::record::LocalTime;
/// let time = LocalTime::parse("2025-11-04T10:00").unwrap();
/// assert_eq!(time.to_string(), "2025-11-04 10:00:00");
/// assert!(LocalTime::parse("2025-11-04T10:00Z").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalTime(DateTime);

impl LocalTime {
    /// The time at `at`; parts of a second are dropped, and years before 0 become 0, since neither
    /// has a place in the written form.
    #[must_use]
    pub fn new(at: DateTime) -> Self {
        let whole = at.date().at(at.hour(), at.minute(), at.second(), 0);
        Self(whole.max(jiff::civil::date(0, 1, 1).at(0, 0, 0, 0)))
    }

    /// Reads a time in any of the forms above.
    ///
    /// # Errors
    /// [`RecordError::Time`] for any other text.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        read(text.as_bytes()).map(Self).ok_or(RecordError::Time)
    }

    /// The time in its usual form.
    pub(super) fn written(self) -> WrittenTime {
        // Written with every record, twice, and formatting piece by piece takes as long as all the rest of it.
        let (date, time) = (self.0.date(), self.0.time());
        let [century, year] =
            [date.year() / 100, date.year() % 100].map(|part| i8::try_from(part).unwrap_or(0));
        let parts = [
            (0, century),
            (2, year),
            (5, date.month()),
            (8, date.day()),
            (11, time.hour()),
            (14, time.minute()),
            (17, time.second()),
        ];
        let mut text = *b"0000-00-00 00:00:00";
        for (at, part) in parts {
            text[at] += (part / 10).unsigned_abs();
            text[at + 1] += (part % 10).unsigned_abs();
        }
        WrittenTime(text)
    }

    /// The time in the form of another one's text: with the same separator, and without seconds if that has
    /// none and they are zero.
    pub(super) fn written_as(self, form: &str) -> String {
        let whole = self.to_string();
        let whole = if form.contains('T') { whole.replace(' ', "T") } else { whole };
        match whole.strip_suffix(":00").filter(|_| form.len() < whole.len()) {
            Some(short) => short.to_owned(),
            None => whole,
        }
    }

    /// The time as jiff knows it.
    #[must_use]
    pub const fn civil(self) -> DateTime {
        self.0
    }
}

/// `YYYY-MM-DD`, a space or `T`, `HH:MM`, and perhaps `:SS`.
fn read(text: &[u8]) -> Option<DateTime> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b' ' | b'T', h1, h2, b':', n1, n2, rest @ ..] = text
    else {
        return None;
    };
    let (s1, s2) = match rest {
        [] => (&b'0', &b'0'),
        [b':', s1, s2] => (s1, s2),
        _ => return None,
    };
    let number = |tens: &u8, ones: &u8| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        // Less than 100.
        digits.then(|| (tens - b'0') as i8 * 10 + (ones - b'0') as i8)
    };
    let year = i16::from(number(y1, y2)?) * 100 + i16::from(number(y3, y4)?);
    let (month, day) = (number(m1, m2)?, number(d1, d2)?);
    let (hour, minute, second) = (number(h1, h2)?, number(n1, n2)?, number(s1, s2)?);
    DateTime::new(year, month, day, hour, minute, second, 0).ok()
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().as_str())
    }
}

/// A time as it is written.
pub(super) struct WrittenTime([u8; Self::LENGTH]);

impl WrittenTime {
    /// How long it is, in bytes.
    pub(super) const LENGTH: usize = 19;

    pub(super) fn as_str(&self) -> &str {
        // Digits and what stands between them.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LocalTime {
    type Err = RecordError;
    fn from_str(text: &str) -> Result<Self, RecordError> {
        Self::parse(text)
    }
}

impl From<DateTime> for LocalTime {
    fn from(at: DateTime) -> Self {
        Self::new(at)
    }
}

serde_as_text!(LocalTime);

/// For `#[serde(with = …)]`: writes `2025-11-04T10:00`, with seconds only where there are any.
pub mod minutes {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::LocalTime;

    /// Writes a time in the short form.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(time: &LocalTime, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = time.to_string().replace(' ', "T");
        serializer.serialize_str(whole.strip_suffix(":00").unwrap_or(&whole))
    }

    /// Reads a time in any form.
    ///
    /// # Errors
    /// The deserializer's, and for a text that is no local time.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LocalTime, D::Error> {
        LocalTime::deserialize(deserializer)
    }
}
