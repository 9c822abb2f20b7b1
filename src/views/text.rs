//! A view's text: records as they are stored, indented for people.
//!
//! Nothing is interpreted: fields keep their order, and numbers and strings their spelling, since the
//! text is only given white space between its tokens.

use super::Shape;

/// One step of indentation.
const STEP: &[u8] = b"    ";

/// The text of a view that shows these records, each with its id and its text in one line.
pub(crate) fn text<'a>(shape: Shape, records: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let (open, close) = match shape {
        Shape::Array => (b'[', b']'),
        Shape::Object => (b'{', b'}'),
    };
    let mut text = vec![open];
    for (id, record) in records {
        if text.len() > 1 {
            text.push(b',');
        }
        new_line(&mut text, 1);
        if shape == Shape::Object {
            // Strings always serialise.
            text.extend(serde_json::to_vec(id).unwrap_or_default());
            text.extend(b": ");
        }
        indent(&mut text, record, 1);
    }
    if text.len() > 1 {
        new_line(&mut text, 0);
    }
    text.extend([close, b'\n']);
    text
}

fn new_line(text: &mut Vec<u8>, depth: usize) {
    text.push(b'\n');
    for _ in 0..depth {
        text.extend_from_slice(STEP);
    }
}

/// Appends JSON without white space between its tokens, indented from that depth on.
fn indent(text: &mut Vec<u8>, json: &[u8], mut depth: usize) {
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        let is_empty = || matches!(json.get(at + 1), Some(b'}' | b']'));
        let ends_empty = || at > 0 && matches!(json.get(at - 1), Some(b'{' | b'['));
        let mut length = 1;
        match byte {
            b'{' | b'[' => {
                text.push(byte);
                depth += 1;
                if !is_empty() {
                    new_line(text, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !ends_empty() {
                    new_line(text, depth);
                }
                text.push(byte);
            }
            b',' => {
                text.push(byte);
                new_line(text, depth);
            }
            b':' => text.extend(b": "),
            b'"' => {
                length = string_length(&json[at..]);
                text.extend_from_slice(&json[at..at + length]);
            }
            _ => text.push(byte),
        }
        at += length;
    }
}

/// How long the string is with which a text begins; all of it if the string has no end.
fn string_length(json: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = json.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if json[at - 1] == b'"' {
            return at;
        }
        // Whatever is escaped ends no string.
        at += 1;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn array(records: &[&str]) -> String {
        let records = records.iter().map(|record| ("", record.as_bytes()));
        String::from_utf8(text(Shape::Array, records)).unwrap()
    }

    #[test]
    fn no_records_are_an_empty_array_or_object_in_one_line() {
        assert_eq!(array(&[]), "[]\n");
        assert_eq!(text(Shape::Object, []), b"{}\n");
    }

    #[test]
    fn records_are_indented_by_four_and_keep_order_and_spelling() {
        let record = r#"{"b":1.10,"a":[1e2,{"x":null}],"empty":[{},[]],"text":"a,b:{\"[\\"}"#;
        let expected = r#"[
    {
        "b": 1.10,
        "a": [
            1e2,
            {
                "x": null
            }
        ],
        "empty": [
            {},
            []
        ],
        "text": "a,b:{\"[\\"
    },
    {
        "id": 2
    }
]
"#;
        assert_eq!(array(&[record, r#"{"id":2}"#]), expected);
    }

    #[test]
    fn a_record_of_an_object_stands_under_its_id() {
        let text = text(Shape::Object, [("a\"b", br#"{"id":1}"#.as_slice())]);
        assert_eq!(text, b"{\n    \"a\\\"b\": {\n        \"id\": 1\n    }\n}\n");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]
        #[test]
        fn what_is_shown_is_what_is_stored(strings in proptest::collection::vec(".*", 0..4)) {
            let record = serde_json::json!({"s": strings, "n": [[], {}, {"k": strings}]});
            let shown: serde_json::Value = serde_json::from_str(&array(&[&record.to_string()])).unwrap();
            proptest::prop_assert_eq!(shown, serde_json::json!([record]));
        }
    }
}
