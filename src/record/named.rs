//! By which indexes the library's own kinds are found, for those that name them.

use crate::paths::FileName;

/// The index in which a file's or a token's record is found by its name, ignoring case.
pub(crate) const FILE_INDEX: &str = "file";

/// The index in which a stream key is found by its token and its id.
pub(crate) const STREAM_INDEX: &str = "stream";

/// The key under which a stream key is found. A file name has no slash.
pub(crate) fn stream(token_file: &FileName, stream_id: &str) -> String {
    format!("{}/{stream_id}", token_file.folded())
}
