//! A tenant from one store to another: the same ids, names, revisions, order and profile there, and
//! nothing to be seen of it before all of it is there.
//!
//! What an [archive](super::archive) is for is another matter: that goes through hands in which it may be
//! changed, so its files get fresh names. Here both ends are stores of the library's own, and the target's
//! tenant is a life that the copy makes; so a name means there what it means in the source, and nothing
//! else. [`source`] reads, [`target`] keeps what has arrived, [`sending`] moves the files, and [`copy`] goes
//! round until there is nothing more to bring.

mod copy;
#[cfg(feature = "migrate")]
mod receiving;
mod refusal;
mod sending;
mod source;
mod target;

pub use copy::{Copied, TenantCopy};
#[cfg(feature = "migrate")]
pub(crate) use receiving::{Incoming, Prepared, Receiving};
pub use refusal::CopyError;

use crate::paths::{Area, FileName};

/// A file of the tenant's.
type File = (Area, FileName);
