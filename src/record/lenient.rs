//! Fields as forms, spreadsheets and hands leave them, read in every usual spelling.
//!
//! A type reads such a field by `#[serde(deserialize_with = …)]` and writes it in one form. Since an
//! update compares values and not spellings, a field that does not change keeps the form it had.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use tenantry::record::{LocalTime, lenient};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Recording {
//!     #[serde(default, deserialize_with = "lenient::optional")]
//!     ended: Option<LocalTime>,
//!     #[serde(default, deserialize_with = "lenient::whole")]
//!     minutes: Option<u32>,
//!     #[serde(default, deserialize_with = "lenient::list")]
//!     tags: Vec<String>,
//! }
//!
//! let read = |text| serde_json::from_str::<Recording>(text).unwrap();
//! let filled_in = read(r#"{"ended": "", "minutes": "120", "tags": "rain, night"}"#);
//! assert_eq!(filled_in, read(r#"{"minutes": 120, "tags": ["rain", "night"]}"#));
//! ```

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::{Serialize, Serializer};

use super::LocalTime;

/// What may stand where a text, a number or a yes and no is meant.
enum Cell {
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    Empty,
}

impl<'de> Deserialize<'de> for Cell {
    /// In one look, since records have many: serde's own way with such a type tries one after the other.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl<'de> Visitor<'de> for Written {
            type Value = Cell;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, yes or no, or nothing")
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Cell, E> {
                Ok(Cell::Flag(flag))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Cell, E> {
                Ok(Cell::Whole(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Cell, E> {
                #[allow(clippy::cast_precision_loss, reason = "what is so large is no number that is meant")]
                Ok(i64::try_from(number).map_or(Cell::Number(number as f64), Cell::Whole))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Cell, E> {
                Ok(Cell::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
                Ok(Cell::Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Cell, E> {
                Ok(Cell::Text(text))
            }

            fn visit_unit<E>(self) -> Result<Cell, E> {
                Ok(Cell::Empty)
            }

            fn visit_none<E>(self) -> Result<Cell, E> {
                Ok(Cell::Empty)
            }

            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Cell, D::Error> {
                inner.deserialize_any(self)
            }
        }
        deserializer.deserialize_any(Written)
    }
}

impl Cell {
    /// The text, unless there is none but white space.
    fn text(self) -> Option<String> {
        let text = match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
            Self::Empty => String::new(),
        };
        Some(text).filter(|text| !text.trim().is_empty())
    }
}

/// A value that is written as a text: nothing for null and for a text without any.
///
/// # Errors
/// The deserializer's, and the type's for a text that it refuses.
pub fn optional<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let Some(text) = Cell::deserialize(deserializer)?.text() else { return Ok(None) };
    let text: StringDeserializer<D::Error> = text.into_deserializer();
    T::deserialize(text).map(Some)
}

/// A text: the empty one for null.
///
/// # Errors
/// The deserializer's, and for an array or an object.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Cell::deserialize(deserializer)? {
        Cell::Text(text) => Ok(text),
        other => Ok(other.text().unwrap_or_default()),
    }
}

/// Texts: an array of them, or one text with a comma between each two; white space around them and texts
/// without any are left out.
///
/// # Errors
/// The deserializer's, and for an object, or an array in an array.
pub fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Written {
        Array(Vec<Cell>),
        Text(Cell),
    }
    let texts: Vec<String> = match Written::deserialize(deserializer)? {
        Written::Array(cells) => cells.into_iter().filter_map(Cell::text).collect(),
        Written::Text(cell) => {
            cell.text().iter().flat_map(|text| text.split(',')).map(str::to_owned).collect()
        }
    };
    Ok(texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned).collect())
}

/// Yes or no: a boolean, 0 or 1, the usual words in any case; no for what is empty.
///
/// # Errors
/// The deserializer's, and for what is neither yes nor no.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let Some(text) = Cell::deserialize(deserializer)?.text() else { return Ok(false) };
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(D::Error::custom("neither yes nor no")),
    }
}

/// A whole number, also one that is written as a text or with a fraction of zero.
///
/// # Errors
/// The deserializer's, and for what is no whole number or out of range.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let Some(text) = Cell::deserialize(deserializer)?.text() else { return Ok(None) };
    let digits = text.trim();
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    digits.parse().map(Some).map_err(|_| D::Error::custom("not a whole number"))
}

/// Writes a number as a text: `"120"`.
///
/// # Errors
/// The serializer's.
#[allow(clippy::ref_option, reason = "serde hands over a reference to the field")]
pub fn as_text<S: Serializer>(number: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
    number.map(|number| number.to_string()).serialize(serializer)
}

/// Writes a time in the form that browsers send: `2025-11-04T10:00`.
///
/// # Errors
/// The serializer's.
#[allow(clippy::ref_option, reason = "serde hands over a reference to the field")]
pub fn to_the_minute<S: Serializer>(time: &Option<LocalTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => super::local_time::minutes::serialize(time, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::{Value, json};

    use super::*;
    use crate::paths::FileName;

    #[test]
    fn a_number_of_minutes_is_read_in_each_documented_form() {
        for (written, read) in [
            (json!("120"), Some(120)),
            (json!(120), Some(120)),
            (json!(120.0), Some(120)),
            (json!("120.0"), Some(120)),
            (json!(" 5 "), Some(5)),
            (json!(""), None),
            (Value::Null, None),
        ] {
            assert_eq!(whole(&written).unwrap(), read, "{written}");
        }
        for refused in [json!("two hours"), json!(-1), json!(1.5), json!([]), json!(true)] {
            assert!(whole(&refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn yes_and_no_are_read_as_booleans_numbers_and_words() {
        for yes in [json!(true), json!(1), json!(1.0), json!("TRUE"), json!("1"), json!("on")] {
            assert!(flag(&yes).unwrap(), "{yes}");
        }
        for no in [json!(false), json!(0), json!("False"), json!("0"), json!(""), Value::Null] {
            assert!(!flag(&no).unwrap(), "{no}");
        }
        for refused in [json!("perhaps"), json!(2), json!({})] {
            assert!(flag(&refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn texts_are_read_as_an_array_and_between_commas() {
        for written in [
            json!(["rain", "white noise", "8"]),
            json!("rain, white noise ,8"),
            json!(["", " rain", " white noise", 8]),
        ] {
            assert_eq!(list(&written).unwrap(), ["rain", "white noise", "8"], "{written}");
        }
        for none in [json!([]), json!(""), json!(" , "), Value::Null, json!([null])] {
            assert!(list(&none).unwrap().is_empty(), "{none}");
        }
        for refused in [json!({}), json!([["rain"]])] {
            assert!(list(&refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn what_is_empty_is_no_value_and_what_is_wrong_is_no_value_either_but_an_error() {
        for empty in [json!(""), json!("  "), Value::Null] {
            assert_eq!(optional::<FileName, _>(&empty).unwrap(), None);
        }
        assert_eq!(optional::<FileName, _>(&json!("a.mp4")).unwrap().unwrap().as_str(), "a.mp4");
        assert_eq!(optional::<String, _>(&json!(4711)).unwrap().unwrap(), "4711");
        assert!(optional::<FileName, _>(&json!("../a.mp4")).is_err());
        assert!(optional::<LocalTime, _>(&json!("tomorrow")).is_err());
    }
}
