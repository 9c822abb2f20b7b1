//! What a host's type says of itself to be kept as records.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::paths::{Area, CollectionName, FileName};

use super::{ChangeRefusal, Reference};

/// A type whose values are kept as the records of one collection.
///
/// It serialises to a JSON object without the fields of the [`Envelope`](super::Envelope), and reads
/// what it wrote. Fields it does not know are kept in the record and not shown to it. A field that is
/// read under one name and written under another (`serde(alias)`) can't be changed through it: such
/// an update is refused.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tenantry::paths::CollectionName;
/// use tenantry::record::{Entity, SecretText};
///
/// #[derive(Serialize, Deserialize)]
/// struct Camera {
///     name: String,
///     address: String,
///     password: SecretText,
/// }
///
/// impl Entity for Camera {
///     fn collection() -> CollectionName {
///         CollectionName::parse("cameras").expect("the name is valid")
///     }
///
///     fn secret_fields() -> &'static [&'static str] {
///         &["password"]
///     }
///
///     fn index_keys(&self) -> Vec<(&'static str, String)> {
///         vec![("address", self.address.clone())]
///     }
/// }
/// ```
pub trait Entity: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The collection that holds them.
    fn collection() -> CollectionName;

    /// The names of the fields that a response leaves out, whatever their type. (A
    /// [`SecretText`](super::SecretText) that is not listed, or lies deeper, is shown as
    /// `[secret]`.)
    fn secret_fields() -> &'static [&'static str] {
        &[]
    }

    /// Under which keys the record can be found beside its id: pairs of an index's name and a key.
    fn index_keys(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The indexes in which no two records may have the same key: a record that would is refused with
    /// [`AlreadyExists`](crate::ErrorKind::AlreadyExists), whichever way it comes.
    fn unique_indexes() -> &'static [&'static str] {
        &[]
    }

    /// The stored files to which the record refers; they live as long as a record refers to them.
    fn blobs(&self) -> Vec<(Area, FileName)> {
        Vec::new()
    }

    /// The records of the same tenant that this one names. Each has to be there when it is named, and
    /// goes only as the [rule](Reference::rule) of the reference says. A reference that stood before, and
    /// that a change leaves as it is, is not looked at again.
    ///
    /// A kind whose references are to be cleared has to be [registered](crate::Builder::kind).
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// The fields that hold a [`LocalTime`](super::LocalTime), not nested in others. When the tenant's time zone
    /// changes, they are rewritten so that they mean the same moments.
    fn time_fields() -> &'static [&'static str] {
        &[]
    }

    /// What the type has against this value, in place of `before` or as a new record if there is none:
    /// the rules of every change, whichever way it comes.
    ///
    /// # Errors
    /// [`ChangeRefusal`]: what is against it. The change is then refused with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) or [`WrongState`](crate::ErrorKind::WrongState).
    fn check_change(&self, before: Option<&Self>) -> Result<(), ChangeRefusal>
    where
        Self: Sized,
    {
        let _ = before;
        Ok(())
    }

    /// The fields of this value that may not be as they are when it comes from a file that people
    /// edited, in place of `before`, or as a new record if there is none: what only the application
    /// sets, and what its rules forbid. Then [adopting](crate::EditedViews::adopt) the edit is refused.
    /// None, unless told; that the files to which a record refers stay the same is seen to anyway.
    fn refused_edits(&self, before: Option<&Self>) -> Vec<&'static str>
    where
        Self: Sized,
    {
        let _ = before;
        Vec::new()
    }
}
