//! The kinds of places in which a tenant's blobs lie.

/// A place for blobs of one kind; the folder or key prefix that bears its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Area {
    /// Uploaded videos.
    Videos,
    /// Uploaded preview images.
    Thumbnails,
}

impl Area {
    /// Every area, in the order in which upkeep walks them.
    pub const ALL: &'static [Self] = &[Self::Videos, Self::Thumbnails];

    /// The folder name, as the layout documents it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Videos => "videos",
            Self::Thumbnails => "thumbnails",
        }
    }

    /// The area with that folder name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|area| area.as_str() == name)
    }
}

impl std::fmt::Display for Area {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
