//! Characters that can't be seen or that change the direction of what is.

use std::borrow::Cow;

/// Characters of the general categories Cf, Zl and Zp, and those that Unicode says to ignore where
/// they can't be shown (`Default_Ignorable_Code_Point`: fillers, variation selectors, tags), in
/// order. Kept as a table, since the standard library knows none of these properties.
const INVISIBLE: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a character is invisible, or changes the direction of its neighbours.
pub(super) fn is_invisible(character: char) -> bool {
    let after = INVISIBLE.partition_point(|&(first, _)| first <= character);
    after.checked_sub(1).and_then(|at| INVISIBLE.get(at)).is_some_and(|&(_, last)| character <= last)
}

/// The most characters of a text that an error or a log repeats.
const SHOWN: usize = 256;

/// A text as it may stand in an error or a log, whoever sent it: what can't be seen, moves the cursor or
/// turns the direction is escaped, and what is too long is cut.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |character: char| character.is_control() || is_invisible(character);
    if text.len() <= SHOWN && !text.contains(is_hidden) {
        return text.into();
    }
    let mut shown = String::new();
    for (at, character) in text.chars().enumerate() {
        match character {
            _ if at == SHOWN => {
                shown.push('…');
                break;
            }
            hidden if is_hidden(hidden) => shown.extend(hidden.escape_unicode()),
            plain => shown.push(plain),
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(INVISIBLE.iter().all(|(first, last)| first <= last));
        assert!(INVISIBLE.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn what_is_shown_of_a_text_is_what_can_be_seen() {
        assert_eq!(visible("Jadwal – 講義 🎬"), "Jadwal – 講義 🎬");
        assert_eq!(visible("a\u{202e}b\u{1b}[2J\n"), r"a\u{202e}b\u{1b}[2J\u{a}");
        assert_eq!(visible(&"é".repeat(256)), "é".repeat(256));
        assert_eq!(visible(&"é".repeat(257)), format!("{}…", "é".repeat(256)));
    }

    // The generators have Unicode tables of their own, so these compare two sources.
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn every_format_or_separator_character_is_invisible(text in r"[\p{Cf}\p{Zl}\p{Zp}]") {
            prop_assert!(text.chars().all(is_invisible), "{text:?}");
        }

        #[test]
        fn every_ignorable_character_is_invisible(text in r"\p{Default_Ignorable_Code_Point}") {
            prop_assert!(text.chars().all(is_invisible), "{text:?}");
        }

        #[test]
        fn no_other_character_is(text in r"[^\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]") {
            prop_assert!(!text.chars().any(is_invisible), "{text:?}");
        }
    }
}
