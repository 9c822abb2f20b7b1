//! How records name files, tokens and stream keys of their tenant.

use crate::paths::{CollectionName, FileName};
use crate::record::Reference;

/// The index in which a file's or a token's record is found by its name, ignoring case.
pub(super) const FILE_INDEX: &str = "file";

/// The index in which a stream key is found by its token and its id.
pub(super) const STREAM_INDEX: &str = "stream";

/// That a field names the record of a file.
pub(super) fn by_file(field: &'static str, collection: CollectionName, file: &FileName) -> Reference {
    Reference::by_index(field, collection, FILE_INDEX, file.folded())
}

/// That a field names a stream key of a token, where both are told.
pub(super) fn stream_key(
    field: &'static str,
    token_file: Option<&FileName>,
    stream_id: Option<&str>,
) -> Option<Reference> {
    let key = stream(token_file?, stream_id?);
    Some(Reference::by_index(field, CollectionName::STREAM_MAPPING, STREAM_INDEX, key))
}

/// The key under which a stream key is found. A file name has no slash.
pub(super) fn stream(token_file: &FileName, stream_id: &str) -> String {
    format!("{}/{stream_id}", token_file.folded())
}
