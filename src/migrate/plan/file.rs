//! What becomes of a file.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Position;
use crate::migrate::{Digest, Form, TreePath};
use crate::paths::{Area, CollectionName, FileName, TenantId};

/// A file that becomes a stored one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedFile {
    /// Where it is.
    pub from: TreePath,
    /// Its length.
    pub bytes: u64,
    /// The digest of its content.
    pub digest: Digest,
    /// Where it goes: the first by moving it, the others by copying. The first is who comes last, so that there is
    /// something to copy whatever those do with theirs who were there before.
    pub to: Vec<Placement>,
    /// Whether it stays where it is as well, since a tenant that is migrated later needs it: then the first is a
    /// copy, too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keeps_original: bool,
    /// Why.
    pub why: Cow<'static, str>,
}

impl PlannedFile {
    /// Whether it lies already where it goes first.
    #[must_use]
    pub fn stays(&self) -> bool {
        self.to.first().is_some_and(|to| to.path().as_bytes() == self.from.as_bytes())
    }

    /// Whether it is moved to where it goes first. If not, and if it does not [lie there](Self::stays) already,
    /// each of its places gets a copy.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        !self.keeps_original && !self.stays()
    }

    /// What is done for one of its places, by its number.
    pub(super) fn how(&self, at: usize) -> &'static str {
        match at {
            0 if self.stays() => "stays",
            0 if self.is_moved() => "moved",
            _ => "copied",
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference to the field")]
const fn is_false(said: &bool) -> bool {
    !*said
}

/// Where a file goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Placement {
    /// Whose it becomes.
    pub tenant: TenantId,
    /// In which area.
    #[serde(with = "area")]
    pub area: Area,
    /// Under which name.
    pub name: FileName,
}

impl Placement {
    /// Where that is beneath a root on the local disk.
    #[must_use]
    pub fn path(&self) -> TreePath {
        [self.area.as_str(), self.tenant.as_str(), self.name.as_str()]
            .iter()
            .fold(TreePath::root(), |path, part| path.join(part))
    }
}

/// An area, written by its folder's name.
mod area {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::paths::Area;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference to the field")]
    pub(super) fn serialize<S: Serializer>(area: &Area, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(area.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Area, D::Error> {
        let name = String::deserialize(deserializer)?;
        Area::from_name(&name).ok_or_else(|| D::Error::custom("not an area"))
    }
}

/// A file that holds records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceFile {
    /// Where it is.
    pub path: TreePath,
    /// What it is.
    pub form: Form,
    /// The collection whose records it holds.
    pub collection: CollectionName,
    /// Its length.
    pub bytes: u64,
    /// The digest of its content.
    pub digest: Digest,
    /// How many records were found in it, those that can't be placed included.
    pub records: usize,
    /// Whether it is set aside once its records are taken over. If not, it stays where it is, for tenants that
    /// are migrated later.
    pub set_aside: bool,
}

/// What stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Left {
    /// Where it is.
    pub path: TreePath,
    /// Which record in it; `None` for the whole, which may be a folder with all that is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// The digest of its content, where that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Why.
    pub why: Cow<'static, str>,
}
