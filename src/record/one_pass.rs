//! Reading a record in one pass over its text: the fields that every record has on one side, the type's on
//! the other, and nothing copied that the type does not copy.
//!
//! It goes only where all is well and spelled in the [plain](mod@plain) way, as what is stored nearly always is: then
//! a field ends where a look for its end finds it, and a string without escapes is what it says. Each other value is
//! `serde_json`'s to read. Whatever else there is, also what a type may ask for that is no object
//! (`RawValue` and the like), is read in [the slow way](super::Record::read), which says what is wrong.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::Error;

use super::plain::{self, Names};
use super::{Entity, Envelope};
use crate::paths::TenantId;

/// The name by which `serde_json` asks for a text of its own.
const OF_SERDE_JSON: &str = "$serde_json::";

/// What a record's text says, if it says it well; `known` as for [`Envelope::of`].
pub(super) fn read<T: Entity>(text: &[u8], known: Option<&TenantId>) -> Option<(Envelope, T)> {
    let check = &mut |_: &str, _: &str| true;
    let mut members = Members::of(std::str::from_utf8(text).ok()?, check)?;
    let value = members.read()?;
    members.names.are_different().then_some(())?;
    let envelope = Envelope::of(|at| members.envelope[at], known).ok()?;
    Some((envelope, value))
}

/// The value alone, of a text whose names and envelope are known.
pub(super) fn read_value<T: Entity>(text: &str) -> Option<T> {
    Members::of(text, &mut |_, _| true)?.read()
}

/// The value of a text that has none of the envelope's fields, and how many it has, if `check` says so of the name and
/// the text of each.
pub(super) fn read_new<T: Entity>(
    text: &str,
    check: &mut dyn FnMut(&str, &str) -> bool,
) -> Option<(T, usize)> {
    let mut members = Members::of(text, check)?;
    let value = members.read()?;
    let is_well = members.envelope.iter().all(Option::is_none) && members.names.are_different();
    is_well.then(|| (value, members.names.count()))
}

/// The members of a record, and what was met of them.
struct Members<'de, 'c> {
    left: plain::Members<'de>,
    /// The value of the member whose name was given last.
    value: Option<Value<'de>>,
    /// The values of the envelope's fields, in the order of [`Envelope::FIELDS`].
    envelope: [Option<plain::Value<'de>>; Envelope::FIELDS.len()],
    /// The names of all others.
    names: Names<'de>,
    /// Whether the name and the text of one of these are as they have to be.
    check: &'c mut dyn FnMut(&str, &str) -> bool,
}

impl<'de, 'c> Members<'de, 'c> {
    fn of(text: &'de str, check: &'c mut dyn FnMut(&str, &str) -> bool) -> Option<Self> {
        // No token has one; in a string there would have to be an escape. All are looked at, many at a time.
        let has_control = text.bytes().fold(false, |found, byte| found | (byte < b' '));
        let left = plain::Members::of(text).filter(|_| !has_control)?;
        let (envelope, names) = ([None; Envelope::FIELDS.len()], Names::default());
        Some(Self { left, value: None, envelope, names, check })
    }

    fn read<T: Entity>(&mut self) -> Option<T> {
        let value = T::deserialize(Whole(self)).ok()?;
        (self.left.is_done() && self.value.is_none()).then_some(value)
    }
}

impl<'de> MapAccess<'de> for &mut Members<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.value.is_some() {
            return Err(Error::custom("a value was left out"));
        }
        while let Some((name, value)) = self.left.next().map_err(|_| Error::custom("not plain"))? {
            let Some(at) = Envelope::place(name) else {
                if !(self.check)(name, value.text) {
                    return Err(Error::custom("not as it has to be"));
                }
                self.names.add(name);
                self.value = Some(Value(value));
                return seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some);
            };
            if value.string.is_none() {
                serde_json::from_str::<IgnoredAny>(value.text)?;
            }
            if self.envelope[at].replace(value).is_some() {
                return Err(Error::custom("twice"));
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.value.take().ok_or_else(|| Error::custom("no name was asked for"))?)
    }
}

/// The record as its type sees it: an object without the envelope's fields.
struct Whole<'a, 'de, 'c>(&'a mut Members<'de, 'c>);

impl<'de> Deserializer<'de> for Whole<'_, 'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name.starts_with(OF_SERDE_JSON) {
            return Err(Error::custom("not in one pass"));
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A value as what is in it is asked for.
struct Value<'de>(plain::Value<'de>);

impl<'de> Value<'de> {
    /// Has `serde_json` read it.
    fn parsed<T>(
        self,
        read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'de>>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut parser = serde_json::Deserializer::from_str(self.0.text);
        let value = read(&mut parser)?;
        parser.end()?;
        Ok(value)
    }
}

/// Methods of a deserializer that a string is for, and what a visitor is told of one without escapes; whatever else is
/// parsed.
macro_rules! strings {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.string {
                Some(text) => visitor.visit_borrowed_str(text),
                None => self.parsed(|parser| parser.$method(visitor)),
            }
        }
    )*};
}

/// Those that are not for strings.
macro_rules! parsed {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.parsed(|parser| parser.$method($($argument,)* visitor))
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    strings! { deserialize_any deserialize_str deserialize_string deserialize_identifier deserialize_char }

    parsed! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_bytes() deserialize_byte_buf() deserialize_unit()
        deserialize_unit_struct(name: &'static str) deserialize_seq() deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize) deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.text == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name.starts_with(OF_SERDE_JSON) {
            return self.parsed(|parser| parser.deserialize_newtype_struct(name, visitor));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.string {
            Some(_) => visitor.visit_unit(),
            None => self.parsed(|parser| parser.deserialize_ignored_any(visitor)),
        }
    }
}
