//! Records that have a file each: uploading, reading, deleting, whatever their kind.
//!
//! A file is uploaded under a fresh name that is never used again, and never changes: a new content is a
//! new file. Where the store signs URLs, files are also read and uploaded past the application. What is
//! done to records in general is [`records`]; what holds quota for files is [`files`](super::files).

mod complete;
mod download_url;
mod file_ref;
mod head;
mod local_path;
mod reading;
mod reserved;
mod reserving;
mod upload;
mod upload_url;
pub(super) mod written;

pub(super) use complete::complete;
pub use download_url::PresignedUrl;
pub(super) use download_url::{LONGEST_URL, download_url};
pub use file_ref::FileRef;
pub use head::FileHead;
pub(super) use head::head;
pub use local_path::LocalPath;
pub(super) use local_path::local_path;
pub use reading::{ByteRange, FileStream, Verification};
pub(super) use reading::{open, verify};
pub(super) use upload::ProgressFunction;
pub(super) use upload::chunks;
pub use upload::{Progress, Upload};
pub use upload_url::{UploadByUrl, UploadLength, UploadTicket};
pub(super) use upload_url::{abandon, upload_url};

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, State};
use crate::ownership::Action;
use crate::paths::{Area, FileName};
use crate::record::{Entity, LocalTime, OnReferenced, Record, named};

use super::access::{Access, Author, missing};
use super::records::{self, Expected};
use super::{Settings, dooms, wording};

/// The longest original name that is kept, in bytes.
pub(super) const MAX_ORIGINAL_NAME: usize = 1024;

/// A kind of records with a file each: [`Video`](super::Video) or [`Thumbnail`](super::Thumbnail).
///
/// No other type can be one.
pub trait StoredFile: Entity {
    /// Where its files lie.
    const AREA: Area;
    /// What an upload asks for.
    const UPLOAD: Action;
    /// What a reader of its bytes asks for.
    const OPEN: Action;
    /// What is asked for a URL to upload by.
    const UPLOAD_URL: Action;
    /// What is asked for to complete an upload by URL.
    const COMPLETE_UPLOAD: Action;
    /// What is asked for a URL to read by.
    const DOWNLOAD_URL: Action;

    /// The name under which its file is stored.
    fn filename(&self) -> &FileName;

    /// The name that it was uploaded with.
    fn original_name(&self) -> &str;

    /// Its media type.
    fn content_type(&self) -> &'static str;

    /// The record of a file that was uploaded.
    fn uploaded(file: UploadedFile) -> Self;

    /// Whether a file may have that extension, in lower case.
    fn is_extension(extension: &str, settings: &Settings) -> bool;

    /// How long a file may be, in bytes.
    fn longest(_settings: &Settings) -> Option<u64> {
        None
    }

    /// Whether a file of an extension may begin with those bytes: its first 64, or all of them. Without it
    /// nobody looks.
    const IS_CONTENT: Option<fn(&str, &[u8]) -> bool> = None;
}

/// What the files of an area may be, for those who do not know the type of their records.
#[cfg(feature = "archive")]
pub(super) struct FileRules {
    pub(super) is_extension: fn(&str, &Settings) -> bool,
    pub(super) longest: fn(&Settings) -> Option<u64>,
    pub(super) is_content: Option<fn(&str, &[u8]) -> bool>,
}

#[cfg(feature = "archive")]
impl FileRules {
    pub(super) fn of(area: Area) -> Self {
        fn of<E: StoredFile>() -> FileRules {
            FileRules { is_extension: E::is_extension, longest: E::longest, is_content: E::IS_CONTENT }
        }
        match area {
            Area::Videos => of::<super::Video>(),
            Area::Thumbnails => of::<super::Thumbnail>(),
        }
    }
}

/// How many of a file's first bytes tell what it is.
const HEAD: usize = 64;

/// What is known of a file when its upload has ended.
#[derive(Debug, Clone)]
pub struct UploadedFile {
    pub(super) title: String,
    pub(super) filename: FileName,
    pub(super) original_filename: String,
    pub(super) date_added: LocalTime,
    pub(super) drive_file_id: Option<String>,
    pub(super) bytes: u64,
    pub(super) hash: String,
}

/// The record that is meant.
fn find<E: StoredFile>(state: &State, access: &Access, action: Action, file: &FileRef) -> Result<Record<E>> {
    match file {
        FileRef::Id(id) => records::get(state, access.tenant(), action, id),
        FileRef::File(name) => {
            let found = records::find(state, access.tenant(), action, named::FILE_INDEX, &name.folded())?;
            found.into_iter().next().ok_or_else(|| missing(action.as_str(), &file.resource::<E>()))
        }
    }
}

/// One file's record.
pub(super) async fn get<E: StoredFile>(access: &Access, action: Action, file: &FileRef) -> Result<Record<E>> {
    let admitted = access.admit(action, &file.resource::<E>()).await?;
    find(&admitted.state, access, action, file)
}

/// Changes a file's record by a function that may run again.
pub(super) async fn update<E: StoredFile>(
    access: &Access,
    action: Action,
    file: FileRef,
    expected: Expected,
    mut change: impl FnMut(&Draft, &E) -> Result<E> + Send + 'static,
) -> Result<Record<E>> {
    let (resource, inside) = (file.resource::<E>(), access.clone());
    let run = move |draft: &mut Draft, author: &Author<'_>| {
        let found: Record<E> = find(draft.state(), &inside, action, &file)?;
        let changed = change(draft, found.value())?;
        records::update(draft, author, action, found.id(), expected, |_: &E| Ok(changed))
    };
    Ok(access.transact(action, &resource, run).await?.0)
}

/// Deletes a file with its record.
pub(super) async fn delete<E: StoredFile>(
    access: &Access,
    action: Action,
    file: FileRef,
    expected: Expected,
    named: OnReferenced,
) -> Result<Record<E>> {
    let (resource, inside) = (file.resource::<E>(), access.clone());
    let run = move |draft: &mut Draft, author: &Author<'_>| {
        let id = find::<E>(draft.state(), &inside, action, &file)?.id().clone();
        records::remove::<E>(draft, author, action, &id, expected, named)
    };
    let (record, permit, _) = access.transact(action, &resource, run).await?;
    let core = &access.core;
    dooms::clear(core, core.guarded.ledger(&permit), &permit, &record.value().blobs()).await;
    Ok(record)
}

/// A title, if it can be one.
pub(super) fn checked_title(operation: &'static str, title: &str) -> Result<String> {
    if !wording::is_title(title) {
        return Err(Error::new(ErrorKind::InvalidInput, operation).about("title"));
    }
    Ok(title.to_owned())
}

/// The title that an original name suggests: its last part without the extension.
pub(crate) fn title_of(original_name: &str) -> String {
    let last = original_name.rsplit(['/', '\\']).next().unwrap_or(original_name);
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let clean = stem.chars().filter(|character| !character.is_control());
    let mut title = String::new();
    for character in clean {
        if title.len() + character.len_utf8() > wording::MAX_TITLE {
            break;
        }
        title.push(character);
    }
    if title.trim().is_empty() { "untitled".to_owned() } else { title }
}
