//! Where the files lie that are derived from a ledger, and those of them that were set aside.

use std::fmt;

use crate::paths::FileName;

/// A view's place and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewKey {
    /// The folder.
    pub place: ViewPlace,
    /// The file in it.
    pub name: ViewName,
}

impl fmt::Display for ViewKey {
    /// The file's name, behind `tokens/` where it lies in that folder.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.place.prefix(), self.name.file_name())
    }
}

/// The folder in which a view lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ViewPlace {
    /// `data/<tenant>/`
    Data,
    /// `tokens/<tenant>/`
    Tokens,
}

impl ViewPlace {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Data, Self::Tokens];

    /// What a view's name begins with, where it is told without its folder.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Data => "",
            Self::Tokens => "tokens/",
        }
    }
}

/// A view's file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ViewName {
    /// `.views`: the digests of the others.
    Digests,
    /// A documented file.
    File(FileName),
    /// `<name>.edited-<time>`: a file that somebody else wrote over a view, set aside.
    Edited(FileName, i64),
    /// `<name>.edited-<time>.base`: which records, and what of them, the view showed before that.
    Base(FileName, i64),
}

impl ViewName {
    /// The name of the file.
    #[must_use]
    pub fn file_name(&self) -> String {
        match self {
            Self::Digests => ".views".to_owned(),
            Self::File(file) => file.as_str().to_owned(),
            Self::Edited(file, time) => format!("{file}.edited-{time}"),
            Self::Base(file, time) => format!("{file}.edited-{time}.base"),
        }
    }
}

/// A view's file that was set aside, as a listing finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The folder.
    pub place: ViewPlace,
    /// The file name of the view.
    pub view: FileName,
    /// The time in its name: seconds since 1970.
    pub time: i64,
    /// Its length in bytes.
    pub length: u64,
}

impl SetAside {
    /// What was set aside in a folder under a file name, if that is such a name as
    /// [`ViewName::file_name`] gives.
    #[must_use]
    pub fn of_name(place: ViewPlace, name: &str, length: u64) -> Option<Self> {
        let (view, digits) = name.rsplit_once(".edited-")?;
        let (view, time) = (FileName::parse(view).ok()?, digits.parse::<i64>().ok()?);
        let set_aside = Self { place, view, time, length };
        // A number has other spellings too.
        (set_aside.key().name.file_name() == name).then_some(set_aside)
    }

    /// Where it lies.
    #[must_use]
    pub fn key(&self) -> ViewKey {
        ViewKey { place: self.place, name: ViewName::Edited(self.view.clone(), self.time) }
    }

    /// Where that lies which the view showed before; a token's file has none.
    #[must_use]
    pub fn base(&self) -> ViewKey {
        ViewKey { place: self.place, name: ViewName::Base(self.view.clone(), self.time) }
    }
}
