//! How many strings a part of a workbook says that it has.
//!
//! The reader believes that number and sets memory aside for it; and a process that asks for more memory than
//! there is ends, with all that is done in it. So the number is looked at before, in every part and wherever
//! it stands. The reader also takes other encodings than UTF-8, in which the number could stand unseen: what
//! may be the part with the strings is refused with bytes that only those have.

use std::io::{self, Write};

/// The attribute by which a part says it.
const NAME: &[u8] = b"uniqueCount";
/// The shortest text of one string: `<si/>`.
const SHORTEST: u64 = 5;
/// What costs so little that it is believed of any part.
const FEW: u64 = 1 << 20;

/// A part's text, written to it piece by piece and not kept.
#[derive(Debug, Default)]
pub(super) struct Declared {
    bytes: u64,
    /// How much of the name was just met.
    matched: usize,
    /// What was met of the number behind it.
    number: Option<u64>,
    most: u64,
    /// Whether a byte was met that no XML in UTF-8 has: of UTF-16, or before another set of characters.
    encoded: bool,
}

impl Declared {
    /// Whether a part of this name is long enough for as many strings as it says.
    pub(super) fn is_believable(&self, name: &str) -> bool {
        let holds_strings = name.to_ascii_lowercase().contains("sharedstrings");
        self.most <= FEW.max(self.bytes / SHORTEST) && !(holds_strings && self.encoded)
    }

    fn take(&mut self, byte: u8) {
        self.bytes += 1;
        self.encoded |= matches!(byte, 0 | 0x1b);
        let begins = usize::from(byte == NAME[0]);
        match NAME.get(self.matched) {
            Some(next) => self.matched = if byte == *next { self.matched + 1 } else { begins },
            None if byte.is_ascii_digit() => {
                let number = self.number.unwrap_or(0).saturating_mul(10);
                let number = number.saturating_add(u64::from(byte - b'0'));
                (self.number, self.most) = (Some(number), self.most.max(number));
            }
            None if self.number.is_none() && b" \t\r\n=\"'+".contains(&byte) => {}
            None => (self.matched, self.number) = (begins, None),
        }
    }
}

impl Write for Declared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        bytes.iter().for_each(|byte| self.take(*byte));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Whether a text is believed, however it is cut into pieces.
    fn is_believable(text: &str) -> bool {
        let in_pieces = |length: usize| {
            let mut declared = Declared::default();
            text.as_bytes().chunks(length).for_each(|piece| declared.write_all(piece).unwrap());
            declared.is_believable("xl/sharedStrings.xml")
        };
        let whole = in_pieces(text.len());
        assert!((1..20).all(|length| in_pieces(length) == whole), "{text}");
        whole
    }

    #[test]
    fn a_number_that_the_part_can_be_true_to_is_believed() {
        for text in [
            "<sst/>",
            r#"<sst count="3" uniqueCount="2"><si/><si/></sst>"#,
            r#"<sst uniqueCount="1048576"/>"#,
            r#"<sst uniqueCount=""/>"#,
            "uniqueCount",
            r#"<sst uniqueCount="x9999999999"/>"#,
            r#"<sst count="9999999999"/>"#,
        ] {
            assert!(is_believable(text), "{text}");
        }
        let many = format!(r#"<sst uniqueCount="1048577">{}"#, "<si/>".repeat(1_048_577));
        let mut declared = Declared::default();
        declared.write_all(many.as_bytes()).unwrap();
        assert!(declared.is_believable("xl/sharedStrings.xml"));
    }

    #[test]
    fn a_number_that_the_part_belies_is_not() {
        for text in [
            r#"<sst uniqueCount="1048577"/>"#,
            r#"<x:sst uniqueCount = '200000000000' uniqueCount="1"/>"#,
            "<sst\n uniqueCount\r\n=\t\"+0200000000000\"/>",
            r#"<!-- uniqueCount="1" --><sst a="uniqueCoun" uniqueCount="99999999999999999999999999"/>"#,
            r#"<sst uniqueuniqueCountuniqueCount="200000000000"/>"#,
        ] {
            assert!(!is_believable(text), "{text}");
        }
    }

    #[test]
    fn strings_in_another_encoding_are_not_believed_and_other_parts_may_have_any_bytes() {
        let wide: String = r#"<sst uniqueCount="200000000000"/>"#.chars().flat_map(|c| [c, '\0']).collect();
        let escaped = "<sst unique\x1b(BCount=\"200000000000\"/>";
        for text in [&wide, escaped] {
            assert!(!is_believable(text));
            let mut declared = Declared::default();
            declared.write_all(text.as_bytes()).unwrap();
            assert!(!declared.is_believable("XL\\SHAREDSTRINGS.XML"));
            assert!(declared.is_believable("xl/media/image1.png"));
        }
    }
}
