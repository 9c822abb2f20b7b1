//! Reading a record in one pass over its text: the fields that every record has on one side, the type's on
//! the other, and nothing copied that the type does not copy.
//!
//! It goes only where all is well. Whatever else there is, also what a type may ask for that is no object
//! (`RawValue` and the like), is read in [the slow way](super::Record::read), which says what is wrong.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, CowStrDeserializer};
use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::Error;
use serde_json::value::RawValue;

use super::{Entity, Envelope};
use crate::paths::TenantId;

/// The name by which `serde_json` asks for a text of its own.
const OF_SERDE_JSON: &str = "$serde_json::";

/// What a record's text says, if it says it well; `known` as for [`Envelope::of`].
pub(super) fn read<T: Entity>(text: &[u8], known: Option<&TenantId>) -> Option<(Envelope, T)> {
    let mut seen = Seen { envelope: [None; Envelope::FIELDS.len()], names: Vec::with_capacity(16) };
    let value = read_seeing(std::str::from_utf8(text).ok()?, &mut seen)?;
    seen.names.sort_unstable();
    if seen.names.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let envelope = Envelope::of(|name| seen.envelope[Envelope::place(name)?], known).ok()?;
    Some((envelope, value))
}

/// The value alone, of a text whose names and envelope are known.
pub(super) fn read_value<T: Entity>(text: &str) -> Option<T> {
    read_seeing(text, &mut Seen { envelope: [None; Envelope::FIELDS.len()], names: Vec::with_capacity(16) })
}

fn read_seeing<'de, T: Entity>(text: &'de str, seen: &mut Seen<'de>) -> Option<T> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Whole { parser: &mut parser, seen }).ok()?;
    parser.end().ok()?;
    Some(value)
}

/// What was met of an object.
struct Seen<'de> {
    /// The values of the envelope's fields, in the order of [`Envelope::FIELDS`].
    envelope: [Option<&'de str>; Envelope::FIELDS.len()],
    /// The names of all others.
    names: Vec<Cow<'de, str>>,
}

/// The record as its type sees it: an object without the envelope's fields.
struct Whole<'a, 'de, P> {
    parser: P,
    seen: &'a mut Seen<'de>,
}

impl<'de, P: Deserializer<'de, Error = Error>> Deserializer<'de> for Whole<'_, 'de, P> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.parser.deserialize_map(Own { inner: visitor, seen: self.seen })
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

/// A visitor, or the members that it is given, without the envelope's fields.
struct Own<'a, 'de, I> {
    inner: I,
    seen: &'a mut Seen<'de>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Own<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Own { inner: members, seen: self.seen })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Own<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        #[derive(Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

        while let Some(Name(name)) = self.inner.next_key::<Name<'de>>()? {
            match Envelope::place(&name) {
                Some(at) if self.seen.envelope[at].is_some() => {
                    return Err(A::Error::custom("twice"));
                }
                Some(at) => {
                    self.seen.envelope[at] = Some(self.inner.next_value::<&'de RawValue>()?.get());
                }
                None => {
                    self.seen.names.push(name.clone());
                    return match name {
                        Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
                        Cow::Owned(name) => seed.deserialize(CowStrDeserializer::new(name.into())),
                    }
                    .map(Some);
                }
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}
