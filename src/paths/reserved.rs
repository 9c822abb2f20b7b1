//! Names that mean something to an operating system or to the layout.

/// Whether the part before the first dot is a Windows device name
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>), superscript digits included.
pub(super) fn is_device_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    // The shortest has 3 bytes, and the longest 7.
    if !(3..=7).contains(&stem.len()) {
        return false;
    }
    let stem = stem.to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let digit = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    digit.is_some_and(|digit| {
        let mut characters = digit.chars();
        matches!(characters.next(), Some('0'..='9' | '¹' | '²' | '³')) && characters.next().is_none()
    })
}

/// Whether the layout keeps this name for itself where tenants' folders and journals lie.
pub(super) fn is_reserved_tenant(name: &str) -> bool {
    name == "done"
}

/// Whether the layout gives this name, in any case, to something of its own in a tenant's folders.
///
/// What begins with a dot (`.views`, `.fold-…`) is no file name to begin with. The documented views
/// (`video_database.json`) are not reserved: they are file names themselves, and blobs lie in
/// other folders.
pub(super) fn is_reserved_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "ledger" || name == "ledger.word" || name.contains(".edited-")
}

/// Whether a collection of this name would have another one's view for its own.
pub(super) fn is_reserved_collection(name: &str) -> bool {
    matches!(name, "video_database" | "thumbnail_database")
}
