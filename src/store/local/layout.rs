//! The names of folders and files beneath the root, as `docs/design.md` promises them.

use crate::paths::Area;
use crate::store::ViewPlace;

/// The library's own folder.
pub(super) const OWN: &str = ".tenantry";
/// In it: the format of everything beneath the root.
pub(super) const FORMAT: &str = "format";
/// In it: the root's own lock.
pub(super) const ROOT_LOCK: &str = "lock";
/// In it: the folder of a migration under way.
pub(super) const MIGRATION: &str = "migration";
/// In that: what says that everything is being put back as it was before there was a library. As long as it is there
/// nobody may open the root.
pub(super) const ROLLING_BACK: &str = "rolling-back";
/// In it: the folder of the tenants' locks.
pub(super) const LOCKS: &str = "locks";

/// The folder of the tenants' ledgers and views.
pub(super) const DATA: &str = "data";
/// The folder of the views of token records.
pub(super) const TOKENS: &str = "tokens";
/// A tenant's ledger.
pub(super) const LEDGER: &str = "ledger";
/// How far it is durable.
pub(super) const WORD: &str = "ledger.word";

/// How a hidden file begins that is being written.
pub(super) const FOLD_PREFIX: &str = ".fold-";
/// A blob on its way, where the file system has no unnamed files.
pub(super) const UPLOAD_PREFIX: &str = ".upload-";
/// A view on its way.
pub(super) const VIEW_PREFIX: &str = ".view-";

/// Folders that others may read.
pub(super) const OPEN_FOLDER: u32 = 0o755;
/// Folders for the owner alone.
pub(super) const PRIVATE_FOLDER: u32 = 0o700;
/// Files that others may read.
pub(super) const OPEN_FILE: u32 = 0o644;
/// Files for the owner alone.
pub(super) const PRIVATE_FILE: u32 = 0o600;

/// The folders beneath the root that hold one folder per tenant, each with its tenants' mode.
pub(super) const TENANT_FOLDERS: [(&str, u32); 4] = [
    (Area::Videos.as_str(), OPEN_FOLDER),
    (Area::Thumbnails.as_str(), OPEN_FOLDER),
    (TOKENS, PRIVATE_FOLDER),
    (DATA, PRIVATE_FOLDER),
];

/// The folder of a view.
pub(super) const fn view_folder(place: ViewPlace) -> &'static str {
    match place {
        ViewPlace::Data => DATA,
        ViewPlace::Tokens => TOKENS,
    }
}

/// Whether a name is one of those under which something is being written.
pub(crate) fn is_temporary(name: &str) -> bool {
    [FOLD_PREFIX, UPLOAD_PREFIX, VIEW_PREFIX].iter().any(|prefix| name.starts_with(prefix))
}
