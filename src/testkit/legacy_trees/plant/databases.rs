//! Traps that take a whole database away, or give it another form.

use std::collections::BTreeSet;

use super::super::database::{Content, Database, DatabaseKind};
use super::super::maker::Maker;
use super::super::plain::USER;
use super::super::{LegacyTree, Trap};

/// Each of those among the tree's traps befalls another database: one in the root that no other trap is in, and
/// where there is none, one of a user's.
pub(super) fn plant(tree: &mut LegacyTree, maker: &mut Maker) {
    if tree.traps.contains(&Trap::IndentOfTwo) {
        tree.database(None, DatabaseKind::LiveStreams).style.indent = 2;
    }
    let mut taken: BTreeSet<_> = tree.traps.iter().flat_map(|trap| needed(*trap)).copied().collect();
    let mut of_user = DatabaseKind::USUAL.to_vec();
    for trap in [Trap::DatabaseIsObject, Trap::DatabaseMissing, Trap::DatabaseEmpty, Trap::DatabaseTruncated]
    {
        if !tree.traps.contains(&trap) {
            continue;
        }
        let fits =
            |kind: &DatabaseKind| trap != Trap::DatabaseIsObject || *kind != DatabaseKind::StreamMapping;
        let free = |kind: &DatabaseKind| !taken.contains(kind) && fits(kind);
        let free: Vec<_> = DatabaseKind::USUAL.into_iter().filter(free).collect();
        if free.is_empty() {
            // That of a user who has all the others. The first fits: a mapping is the last of the four.
            for kind in of_user.clone() {
                tree.database(Some(USER), kind);
            }
            befall(tree, Some(USER), of_user.remove(0), trap);
        } else {
            let kind = free[maker.below(free.len())];
            taken.insert(kind);
            befall(tree, None, kind, trap);
        }
    }
}

fn befall(tree: &mut LegacyTree, user: Option<&str>, kind: DatabaseKind, trap: Trap) {
    let database = tree.database(user, kind);
    let content = match trap {
        Trap::DatabaseEmpty => Vec::new(),
        Trap::DatabaseIsObject => b"{}".to_vec(),
        Trap::DatabaseTruncated => truncated(database),
        _ => {
            let others = |database: &Database| database.user.as_deref() != user || database.kind != kind;
            tree.databases.retain(others);
            return;
        }
    };
    database.content = Content::Damaged(content);
}

/// Its first two thirds: no beginning of an array or an object is one, too.
fn truncated(database: &Database) -> Vec<u8> {
    let whole = database.written();
    whole[..whole.len() * 2 / 3].to_vec()
}

/// The databases in the root without which a trap is none.
const fn needed(trap: Trap) -> &'static [DatabaseKind] {
    use DatabaseKind::{LiveStreams, StreamMapping, Thumbnails, Videos};
    match trap {
        Trap::IndentOfTwo
        | Trap::DurationForms
        | Trap::AllStatuses
        | Trap::ProcessOfAnotherLife
        | Trap::VideoTitleAbsent
        | Trap::CustomServer
        | Trap::StreamVideoMissing
        | Trap::StreamTimers => &[LiveStreams],
        Trap::RecordWithOwner | Trap::OwnerUnknown | Trap::VideoOfAnother => &[Videos, LiveStreams],
        Trap::MappingOlderForm | Trap::MappingWithoutToken => &[StreamMapping],
        Trap::UserFolders => &[Videos, Thumbnails, StreamMapping],
        Trap::UnescapedText => &[Thumbnails],
        Trap::EscapedText
        | Trap::OddTitle
        | Trap::SurrogatePair
        | Trap::LoneSurrogate
        | Trap::NotANumber
        | Trap::UnknownFields
        | Trap::IdByHand
        | Trap::IdTwice
        | Trap::IdMissing
        | Trap::FileMissing
        | Trap::FileWithoutRecord
        | Trap::FileNamedTwice
        | Trap::FileOfTwoOwners
        | Trap::FileNameLeadsOut
        | Trap::ThumbnailNull
        | Trap::ThumbnailMissing
        | Trap::FromDrive
        | Trap::UserNameNotPlain
        | Trap::LoopedVideos
        | Trap::UploadQueue
        | Trap::QueueTagsAsText
        | Trap::OldAndNew => &[Videos],
        _ => &[],
    }
}
