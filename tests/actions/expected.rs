//! What the default policy is documented to say, as a table of its own.

use tenantry::ErrorKind;
use tenantry::ownership::{Action, Effect};

use crate::perform::is_about_all;
use crate::perform::secret_rows::is_secret;

/// A principal and the tenant in which it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) who: &'static str,
    pub(crate) tenant: &'static str,
    /// What it is told of a read, a change, and an act of administration.
    says: [Say; 3],
    /// The same for what is about all tenants.
    about_all: Say,
}

/// What comes of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    /// It is done, for this reason.
    Allow(&'static str),
    /// It is refused as forbidden, for this reason.
    Deny(&'static str),
    /// It is refused as missing, for this reason.
    Hide(&'static str),
    /// It is allowed for this reason, and can't be done.
    Fail(&'static str, ErrorKind),
    /// The principal itself can do nothing any more; nothing is decided.
    Never(ErrorKind),
}

use Say::{Allow, Deny, Fail, Hide, Never};

const fn cell(who: &'static str, tenant: &'static str, says: [Say; 3], about_all: Say) -> Cell {
    Cell { who, tenant, says, about_all }
}

const ADMIN_ONLY: Say = Deny("AdminOnly");
const FOREIGN: Say = Hide("Foreign");
const SUSPENDED: Say = Never(ErrorKind::Suspended);
const GONE: Say = Never(ErrorKind::Gone);

/// `ana` and `ben` are users, `dora` is a demo, `open` is shared, `leaving` is being deleted and
/// `erased` is gone.
pub(crate) const CELLS: &[Cell] = &[
    cell("ana", "ana", [Allow("Own"), Allow("Own"), ADMIN_ONLY], ADMIN_ONLY),
    cell("ben", "ana", [FOREIGN; 3], ADMIN_ONLY),
    cell("ben", "open", [Allow("Shared"), Deny("Shared"), ADMIN_ONLY], ADMIN_ONLY),
    cell("dora", "dora", [Allow("Own"), Deny("ReadOnly"), ADMIN_ONLY], ADMIN_ONLY),
    cell("dora", "ana", [FOREIGN; 3], ADMIN_ONLY),
    cell("dora", "open", [Allow("Shared"), Deny("ReadOnly"), ADMIN_ONLY], ADMIN_ONLY),
    cell("root", "ana", [Allow("Admin"); 3], Allow("Admin")),
    cell("root", "dora", [Allow("Admin"); 3], Allow("Admin")),
    cell("leaving", "leaving", [Allow("Own"), Fail("Own", ErrorKind::Suspended), ADMIN_ONLY], ADMIN_ONLY),
    cell("leaving", "ana", [SUSPENDED; 3], ADMIN_ONLY),
    cell("leaving", "open", [SUSPENDED; 3], ADMIN_ONLY),
    cell("erased", "erased", [GONE; 3], GONE),
    cell("erased", "ana", [GONE; 3], GONE),
    cell("erased", "open", [GONE; 3], GONE),
];

impl Cell {
    pub(crate) fn says(&self, action: Action) -> Say {
        match action.effect() {
            _ if is_about_all(action) => self.about_all,
            // Sharing a workspace does not share its secrets.
            _ if is_secret(action) && matches!(self.says[0], Allow("Shared")) => FOREIGN,
            Effect::Read => self.says[0],
            Effect::Write => self.says[1],
            Effect::Administer => self.says[2],
        }
    }

    /// What comes of an action for which another one is asked first: the first refusal.
    pub(crate) fn outcome(&self, before: &[Action], action: Action) -> Say {
        let refused = before.iter().map(|before| self.says(*before)).find(|said| !matches!(said, Allow(_)));
        refused.unwrap_or_else(|| self.says(action))
    }
}

impl Say {
    /// The error with which an action ends.
    pub(crate) const fn error(self) -> Option<ErrorKind> {
        match self {
            Allow(_) => None,
            Deny(_) => Some(ErrorKind::Denied),
            Hide(_) => Some(ErrorKind::NotFound),
            Fail(_, kind) | Never(kind) => Some(kind),
        }
    }

    /// The decision, as it is written for debugging.
    pub(crate) fn decision(self) -> Option<String> {
        match self {
            Allow(reason) | Fail(reason, _) => Some(format!("Allow({reason})")),
            Deny(reason) => Some(format!("Deny({reason})")),
            Hide(reason) => Some(format!("Hide({reason})")),
            Never(_) => None,
        }
    }
}
