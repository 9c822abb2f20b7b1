//! What every name can do that is parsed from text: be shown, compared with text, and cross serde
//! as a string that is parsed again on the way in. And a text of which a clone is a clone of a pointer.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrayvec::ArrayString;
use serde::de::{self, Deserializer, Visitor};

/// A text that is part of the program; a short one, which stands here, so that nobody has to look for it elsewhere nor
/// to count who has it; or one that all clones share.
#[derive(Debug, Clone)]
pub(crate) enum Text<const SHORT: usize> {
    Known(&'static str),
    Short(ArrayString<SHORT>),
    Shared(Arc<str>),
}

impl<const SHORT: usize> Text<SHORT> {
    pub(crate) fn new(text: &str) -> Self {
        ArrayString::from(text).map_or_else(|_| Self::Shared(text.into()), Self::Short)
    }

    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Known(text) => text,
            Self::Short(text) => text,
            Self::Shared(text) => text,
        }
    }
}

// Sound for maps: equality, order and hash are those of the text.
impl<const SHORT: usize> Borrow<str> for Text<SHORT> {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl<const SHORT: usize> PartialEq for Text<SHORT> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<const SHORT: usize> Eq for Text<SHORT> {}

impl<const SHORT: usize> Hash for Text<SHORT> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<const SHORT: usize> PartialOrd for Text<SHORT> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const SHORT: usize> Ord for Text<SHORT> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

/// Gives a name with `parse` and `as_str` the traits of a validated text.
///
/// `Debug` shows the type and the name, and nothing else. A refused string is not repeated in the
/// error of a deserialisation.
macro_rules! text_traits {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::paths::NameError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        // Sound for maps: equality, order and hash are those of the text, the only field.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::paths::of_text(deserializer, |text| Self::parse(text))
            }
        }
    };
}

pub(super) use text_traits;

/// Reads what is written as a text and has another form in memory: no copy is made of the text before.
pub(crate) fn of_text<'de, D: Deserializer<'de>, T, E: fmt::Display>(
    deserializer: D,
    parse: fn(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    struct Parsed<T, E>(fn(&str) -> Result<T, E>);

    impl<T, E: fmt::Display> Visitor<'_> for Parsed<T, E> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<F: de::Error>(self, text: &str) -> Result<T, F> {
            (self.0)(text).map_err(F::custom)
        }
    }
    deserializer.deserialize_str(Parsed(parse))
}
