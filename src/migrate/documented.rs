//! The names of the legacy tree: databases, folders, and the fields in which records name others.

use super::tree_path::{TreeName, TreePath};
use crate::paths::{CollectionName, NameError, TenantId};

/// The folders in which the application keeps its files.
pub(super) const FOLDERS: [&str; 4] = ["videos", "thumbnails", "tokens", "data"];

/// The subfolder of videos in which looped ones lie; it is no tenant's.
pub(super) const DONE: &str = "done";
/// The databases that have another name than their collection.
pub(super) const VIDEOS: &str = "video_database.json";
pub(super) const THUMBNAILS: &str = "thumbnail_database.json";
/// The workbook with the schedules.
pub(super) const WORKBOOK: &str = "live_stream_data.xlsx";
/// Who may sign in: the application's own.
pub(super) const USERS: &str = "users.json";
/// What else is the application's own.
const SETTINGS: &str = "schedule_config.json";

/// Collections of the application that are none of the library's.
pub(super) const LOOPED_VIDEOS: &str = "looped_videos";
pub(super) const STREAM_TIMERS: &str = "stream_timers";
pub(super) const UPLOAD_QUEUE: &str = "bulk_upload_queue";

/// The collection that a database of that name holds.
pub(super) fn collection_of(name: &str) -> Option<CollectionName> {
    match name {
        VIDEOS => Some(CollectionName::VIDEOS),
        THUMBNAILS => Some(CollectionName::THUMBNAILS),
        USERS | SETTINGS => None,
        _ => CollectionName::parse(name.strip_suffix(".json")?).ok(),
    }
    .filter(|collection| *collection != CollectionName::TOKENS)
    .filter(|collection| [VIDEOS, THUMBNAILS].contains(&name) || !is_renamed(collection))
}

/// Whether a collection's database has another name than the collection.
fn is_renamed(collection: &CollectionName) -> bool {
    [CollectionName::VIDEOS, CollectionName::THUMBNAILS].contains(collection)
}

/// The databases that the documents name; of these one that no type is known for is a problem.
pub(super) fn is_documented(collection: &CollectionName) -> bool {
    let own = [
        CollectionName::VIDEOS,
        CollectionName::THUMBNAILS,
        CollectionName::LIVE_STREAMS,
        CollectionName::SCHEDULES,
        CollectionName::STREAM_MAPPING,
    ];
    own.contains(collection) || [LOOPED_VIDEOS, STREAM_TIMERS, UPLOAD_QUEUE].contains(&collection.as_str())
}

/// What systems and version control leave in every folder: no record names it.
pub(super) fn is_of_system(name: TreeName<'_>) -> bool {
    let names = [".gitkeep", ".gitignore", ".ds_store", "thumbs.db", "desktop.ini"];
    name.as_str().is_some_and(|name| names.contains(&name.to_ascii_lowercase().as_str()))
}

/// What is left over by systems, by hand, and by attempts that broke off: nobody's, unless a record names it.
pub(super) fn is_residue(name: TreeName<'_>) -> bool {
    let Some(text) = name.as_str() else { return false };
    let lower = text.to_ascii_lowercase();
    let ends = [".backup", ".tmp", ".bak", ".part", ".swp", "~"].iter().any(|end| lower.ends_with(end));
    ends || lower.starts_with('.') || is_of_system(name)
}

/// Whether the library gives that name to something of its own in a tenant's folder: what shows how far a ledger is
/// durable, the digests of views, and what is being written (see the layout in `docs/design.md`).
pub(super) fn is_of_library(name: &str) -> bool {
    let begins = [".fold-", ".upload-", ".view-"];
    ["ledger.word", ".views"].contains(&name) || begins.iter().any(|begin| name.starts_with(begin))
}

/// Why a file that no tenant gets stays.
pub(super) fn why_left(name: TreeName<'_>) -> &'static str {
    match name.as_str() {
        Some(USERS) => "who may sign in is the application's",
        Some(SETTINGS) => "the application's own settings",
        _ if is_residue(name) => "left over by the system or by an earlier attempt",
        Some(name) if name.ends_with(".json") => "a database that is not known",
        _ => "none of the application's data",
    }
}

/// Whether a folder of that name beneath one of [`FOLDERS`] is a tenant's.
pub(super) fn is_scope(name: &str) -> bool {
    name != DONE && !name.starts_with('.') && tenant(name).is_ok()
}

/// The tenant that a name means: that of its own spelling, or the encoding of any other.
pub(super) fn tenant(name: &str) -> Result<TenantId, NameError> {
    let name = name.trim();
    TenantId::parse(name).or_else(|_| TenantId::encode(name))
}

/// The tenant in whose folder a file lies.
pub(super) fn scope_of(path: &TreePath) -> Option<TenantId> {
    let mut parts = path.parts();
    let (_, scope, _) = (parts.next()?, parts.next()?.as_str()?, parts.next()?);
    is_scope(scope).then(|| tenant(scope).ok())?
}

/// The fields in which a collection's records name files, and in which collection these have their records.
pub(super) fn file_fields(collection: &CollectionName) -> &'static [(&'static str, CollectionName)] {
    const VIDEO: CollectionName = CollectionName::VIDEOS;
    const IMAGE: CollectionName = CollectionName::THUMBNAILS;
    const TOKEN: CollectionName = CollectionName::TOKENS;
    match collection.as_str() {
        "videos" => &[("filename", VIDEO), ("thumbnail", IMAGE)],
        "thumbnails" => &[("filename", IMAGE)],
        "live_streams" => &[("video_file", VIDEO), ("token_file", TOKEN), ("thumbnail", IMAGE)],
        "schedules" => &[("videoFile", VIDEO), ("tokenFile", TOKEN), ("thumbnailFile", IMAGE)],
        "stream_mapping" => &[("token_file", TOKEN)],
        LOOPED_VIDEOS => &[("output_filename", VIDEO)],
        UPLOAD_QUEUE => &[("token_file", TOKEN), ("video_path", VIDEO)],
        _ => &[],
    }
}

/// The fields in which a collection's records name others by their ids. Without an owner of its own a record is
/// its first one's owner's.
pub(super) fn id_fields(collection: &CollectionName) -> &'static [(&'static str, CollectionName)] {
    const VIDEO: CollectionName = CollectionName::VIDEOS;
    const STREAM: CollectionName = CollectionName::LIVE_STREAMS;
    match collection.as_str() {
        LOOPED_VIDEOS => &[("original_video_id", VIDEO)],
        STREAM_TIMERS => &[("stream_id", STREAM)],
        UPLOAD_QUEUE => &[("video_id", VIDEO), ("thumbnail_id", CollectionName::THUMBNAILS)],
        "live_streams" => &[("repeat_of", STREAM)],
        "schedules" => &[("repeat_of", CollectionName::SCHEDULES)],
        _ => &[],
    }
}

/// The file that a text names: without the folders before it, on whatever system they were written.
pub(super) fn file_named(text: &str) -> &str {
    text.rsplit(['/', '\\']).next().unwrap_or(text).trim()
}
