//! Which file shows which collection.

use crate::paths::{CollectionName, FileName};
use crate::store::{ViewKey, ViewName, ViewPlace};

/// The collections that have a view from a tenant's creation on, empty ones too.
pub(crate) const STANDING: [CollectionName; 5] = [
    CollectionName::VIDEOS,
    CollectionName::THUMBNAILS,
    CollectionName::LIVE_STREAMS,
    CollectionName::SCHEDULES,
    CollectionName::STREAM_MAPPING,
];

/// The file names that are not those of their collections, without `.json`. No collection can have
/// such a name itself.
const DOCUMENTED: [(CollectionName, &str); 2] =
    [(CollectionName::VIDEOS, "video_database"), (CollectionName::THUMBNAILS, "thumbnail_database")];

/// What the text of a collection's view is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An array of the records.
    Array,
    /// An object: the stream mapping, with a member for each token.
    Object,
}

/// What the text of a collection's view is; tokens have no view of them all, but each a file of its own.
pub(crate) fn shape(collection: &CollectionName) -> Option<Shape> {
    if *collection == CollectionName::TOKENS {
        None
    } else if *collection == CollectionName::STREAM_MAPPING {
        Some(Shape::Object)
    } else {
        Some(Shape::Array)
    }
}

/// The view of the token of that name.
pub(crate) const fn token_view(name: FileName) -> ViewKey {
    ViewKey { place: ViewPlace::Tokens, name: ViewName::File(name) }
}

/// The view of a collection that has one for all its records.
pub(crate) fn view_of(collection: &CollectionName) -> Option<ViewKey> {
    shape(collection)?;
    let documented = DOCUMENTED.iter().find(|(named, _)| named == collection).map(|(_, stem)| *stem);
    let stem = documented.unwrap_or(collection.as_str());
    // A collection's name has no character that a file name may not have.
    let file = FileName::parse(&format!("{stem}.json")).ok()?;
    Some(ViewKey { place: ViewPlace::Data, name: ViewName::File(file) })
}

/// The collection that a file shows, by its place and name.
pub(crate) fn collection_of(place: ViewPlace, file: &str) -> Option<CollectionName> {
    if place == ViewPlace::Tokens {
        return Some(CollectionName::TOKENS);
    }
    let stem = file.strip_suffix(".json")?;
    let documented = DOCUMENTED.iter().find(|(_, named)| *named == stem).map(|(named, _)| named.clone());
    let collection = documented.or_else(|| CollectionName::parse(stem).ok())?;
    Some(collection).filter(|collection| {
        view_of(collection)
            .is_some_and(|view| matches!(&view.name, ViewName::File(name) if name.as_str() == file))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn file(collection: &CollectionName) -> String {
        match view_of(collection).unwrap().name {
            ViewName::File(name) => name.as_str().to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_collection_has_the_documented_file() {
        let files = STANDING.map(|collection| file(&collection));
        assert_eq!(
            files,
            [
                "video_database.json",
                "thumbnail_database.json",
                "live_streams.json",
                "schedules.json",
                "stream_mapping.json"
            ]
        );
        assert_eq!(file(&CollectionName::parse("looped_videos").unwrap()), "looped_videos.json");
        assert_eq!(view_of(&CollectionName::TOKENS), None);
    }

    #[test]
    fn a_file_leads_back_to_its_collection_and_no_other() {
        for collection in STANDING {
            assert_eq!(collection_of(ViewPlace::Data, &file(&collection)), Some(collection));
        }
        for stranger in ["videos.json", "tokens.json", "ledger", "video_database.json.edited-1", "Notes.json"]
        {
            assert_eq!(collection_of(ViewPlace::Data, stranger), None, "{stranger}");
        }
    }

    #[test]
    fn no_two_collections_share_a_file() {
        assert!(CollectionName::parse("video_database").is_err());
        assert!(CollectionName::parse("thumbnail_database").is_err());
    }
}
