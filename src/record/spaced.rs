//! The members of an object in a part of a text that serde has read, with white space between tokens: as other
//! programs write them. They are found by looking for where each ends; what is [plain](super::plain) has none.

use std::borrow::Cow;

use memchr::memchr2;

use super::fields::FEW;
use super::plain::string;

/// The names and values of an object's members, in order; `None` if a name has an escape, or if it is no object.
pub(super) fn members(object: &str) -> Option<Vec<(Cow<'_, str>, Cow<'_, str>)>> {
    let (mut members, mut rest) = (Vec::with_capacity(FEW), after_space(object.strip_prefix('{')?));
    if rest == "}" {
        return Some(members);
    }
    loop {
        let from_name = rest.strip_prefix('"')?;
        let (name, after) = from_name.split_at_checked(memchr2(b'"', b'\\', from_name.as_bytes())?)?;
        let from_value = after_space(after_space(after.strip_prefix('"')?).strip_prefix(':')?);
        let (value, after) = from_value.split_at_checked(length(from_value.as_bytes())?)?;
        members.push((name.into(), value.into()));
        let after = after_space(after);
        if after == "}" {
            return Some(members);
        }
        rest = after_space(after.strip_prefix(',')?);
    }
}

/// What follows the white space with which a text begins.
fn after_space(text: &str) -> &str {
    text.trim_ascii_start()
}

/// How long the value is with which a text begins.
fn length(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => string(text).map(|(length, _)| length),
        b'{' | b'[' => nested(text),
        _ => text.iter().position(|byte| byte.is_ascii_whitespace() || b",]}".contains(byte)),
    }
}

/// How long the array or object is with which a text begins.
fn nested(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match text.get(at)? {
            b'"' => at += string(text.get(at..)?)?.0 - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::{Fields, RecordError};
    use super::members;

    #[test]
    fn what_is_no_object_or_has_an_escaped_name_is_left_to_serde() {
        for text in ["[]", "1", "\"{}\"", "{\"a\": 1", "{\"\\u0061\": 1}", "{\"a\" 1}", ""] {
            assert_eq!(members(text), None, "{text}");
        }
    }

    #[test]
    fn brackets_and_quotes_within_strings_end_nothing() {
        let nested = r#"["]", {"k": "}{\"]"}]"#;
        let found = members(&format!("{{\"a\": {nested} , \"b\": 1}}")).map(|found| found.len());
        assert_eq!(found, Some(2));
    }

    /// A value, with white space between its tokens as it comes.
    fn written(value: &serde_json::Value, spaces: &[&str], at: &mut usize) -> String {
        let mut space = || {
            *at += 1;
            spaces[*at % spaces.len()].to_owned()
        };
        match value {
            serde_json::Value::Array(items) => {
                let (begin, end) = (space(), space());
                let items: Vec<_> = items.iter().map(|item| written(item, spaces, at)).collect();
                format!("[{begin}{}{end}]", items.join(", "))
            }
            serde_json::Value::Object(fields) => {
                let (begin, before, after, end) = (space(), space(), space(), space());
                let fields = fields.iter().map(|(name, value)| {
                    let name = serde_json::Value::from(name.as_str());
                    format!("{name}{before}:{after}{}", written(value, spaces, at))
                });
                let fields: Vec<_> = fields.collect();
                format!("{{{begin}{}{end}}}", fields.join(" ,\n"))
            }
            value => value.to_string(),
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn what_is_found_is_what_serde_reads(
            strings in proptest::collection::vec(".{0,6}", 1..6),
            number: f64,
            spaces in proptest::collection::vec(proptest::sample::select(vec!["", " ", "\n", "\t ", "\r\n"]), 1..9),
        ) {
            let mut value = serde_json::json!({"n": number, "deep": [[], {}, {"k": strings, "}": null}, "]", {"k": "}{\""}], "last": true});
            for name in &strings {
                value[name] = serde_json::json!(strings);
            }
            let text = written(&value, &spaces, &mut 0);
            let (slow, _): (Fields<'_>, Vec<String>) = Fields::read_last(&text).unwrap();
            let fast: Result<_, RecordError> = Fields::read_last_again(&text);
            proptest::prop_assert_eq!(fast.unwrap().0, slow);
        }
    }
}
