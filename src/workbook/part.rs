//! What a part of a workbook would make the reader hold, seen before the reader sees it.
//!
//! The reader believes a part's number of strings and sets memory aside for it; and a process that asks for more
//! memory than there is ends, with all that is done in it. So that number is looked at in every part and wherever
//! it stands. And the reader holds every element of the parts that are not sheets, in much more memory than the
//! few bytes that one may have; so there can't be too many.
//!
//! It also takes other encodings than UTF-8, in which all this could stand unseen: what may be the part with the
//! strings is refused with bytes that only those have.

use std::io::{self, Write};

use super::WorkbookError;

/// The attribute by which a part says it.
const NAME: &[u8] = b"uniqueCount";
/// The shortest text of one string: `<si/>`.
const SHORTEST: u64 = 5;
/// What costs so little that it is believed of any part.
const FEW: u64 = 1 << 20;

/// The most tags that the part with the strings may have, four for each, and that others may have which are
/// no sheets.
const TAGS_OF_STRINGS: u64 = 1 << 21;
const TAGS: u64 = 1 << 18;

/// A part's text, written to it piece by piece and not kept.
#[derive(Debug, Default)]
pub(super) struct Part {
    bytes: u64,
    /// How much of the name was just met.
    matched: usize,
    /// What was met of the number behind it.
    number: Option<u64>,
    most: u64,
    tags: u64,
    /// Whether a byte was met that no XML in UTF-8 has: of UTF-16, or before another set of characters.
    encoded: bool,
}

impl Part {
    /// Whether a part of this name is long enough for as many strings as it says, and has no more
    /// elements than are held.
    pub(super) fn check(&self, name: &str) -> Result<(), WorkbookError> {
        let name = name.to_ascii_lowercase();
        let holds_strings = name.contains("sharedstrings");
        if self.most > FEW.max(self.bytes / SHORTEST) || holds_strings && self.encoded {
            return Err(WorkbookError::NotAWorkbook);
        }
        // The rows of a sheet are read one by one. What is held has no name like a sheet's.
        let is_sheet = name.rsplit(['/', '\\']).next().is_some_and(|last| last.starts_with("sheet"));
        let most = if holds_strings { TAGS_OF_STRINGS } else { TAGS };
        if !is_sheet && self.tags > most { Err(WorkbookError::TooLarge) } else { Ok(()) }
    }

    fn take(&mut self, byte: u8) {
        self.bytes += 1;
        self.tags += u64::from(byte == b'<');
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

impl Write for Part {
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

    const STRINGS: &str = "xl/sharedStrings.xml";

    fn check(name: &str, text: &str) -> Result<(), WorkbookError> {
        let mut met = Part::default();
        met.write_all(text.as_bytes()).unwrap();
        met.check(name)
    }

    /// Whether a text is believed, however it is cut into pieces.
    fn is_believable(text: &str) -> bool {
        let in_pieces = |length: usize| {
            let mut met = Part::default();
            text.as_bytes().chunks(length).for_each(|piece| met.write_all(piece).unwrap());
            met.check(STRINGS).is_ok()
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
        assert_eq!(check(STRINGS, &many), Ok(()));
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
            assert_eq!(check("XL\\SHAREDSTRINGS.XML", text), Err(WorkbookError::NotAWorkbook));
            assert_eq!(check("xl/media/image1.png", text), Ok(()));
        }
    }

    #[test]
    fn a_part_of_too_many_elements_is_too_long_unless_it_is_a_sheet() {
        for (part, most) in
            [(STRINGS, 1 << 21), ("xl/styles.xml", 1 << 18), ("xl/worksheets/styles.xml", 1 << 18)]
        {
            let text = "<a/>".repeat(most);
            assert_eq!(check(part, &text), Ok(()), "{part}");
            assert_eq!(check(part, &(text.clone() + "<a/>")), Err(WorkbookError::TooLarge), "{part}");
            assert_eq!(check("xl/worksheets/sheet1.xml", &(text + "<a/>")), Ok(()));
        }
    }
}
