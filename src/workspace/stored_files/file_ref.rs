//! Which file is meant.

use crate::ownership::Resource;
use crate::paths::FileName;
use crate::record::RecordId;

use super::StoredFile;

/// Which file is meant, by its record or by its own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileRef {
    /// The one whose record has this id.
    Id(RecordId),
    /// The one that is stored under this name, ignoring case.
    File(FileName),
}

impl FileRef {
    pub(super) fn resource<E: StoredFile>(&self) -> Resource {
        match self {
            Self::Id(id) => Resource::Record(E::collection(), id.clone()),
            Self::File(name) => Resource::File(E::AREA, name.clone()),
        }
    }
}

impl From<&RecordId> for FileRef {
    fn from(id: &RecordId) -> Self {
        Self::Id(id.clone())
    }
}

impl From<&FileName> for FileRef {
    fn from(name: &FileName) -> Self {
        Self::File(name.clone())
    }
}
