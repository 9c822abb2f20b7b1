//! How much there is of something, for people: in one form, whoever tells it.

use std::fmt;

/// A number of bytes for people: in the unit that fits, with one place behind the point, the rest cut off.
///
/// ```
/// use tenantry::migrate::ByteCount;
///
/// assert_eq!(ByteCount(1536).to_string(), "1.5 KiB");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteCount(pub u64);

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        let (mut whole, mut tenths, mut unit) = (self.0, 0, None);
        for name in UNITS {
            if whole < 1024 {
                break;
            }
            (tenths, whole) = (whole % 1024 * 10 / 1024, whole / 1024);
            unit = Some(name);
        }
        match unit {
            None => write!(f, "{}", counted(self.0, "byte")),
            Some(unit) => write!(f, "{whole}.{tenths} {unit}"),
        }
    }
}

/// So many of what one is called like that, and several with an `s` behind it.
pub(super) fn counted(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_the_unit_that_fits() {
        let told = [0, 1, 1023, 1024, 1536, 10 << 20, (3 << 30) + (512 << 20), u64::MAX];
        let told = told.map(|bytes| ByteCount(bytes).to_string());
        let units =
            ["0 bytes", "1 byte", "1023 bytes", "1.0 KiB", "1.5 KiB", "10.0 MiB", "3.5 GiB", "15.9 EiB"];
        assert_eq!(told, units);
    }

    #[test]
    fn one_is_told_as_one() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "file")), ["0 files", "1 file", "2 files"]);
    }
}
