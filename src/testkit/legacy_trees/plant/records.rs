//! Traps of single records, most of them of videos; and users.

use super::super::database::DatabaseKind;
use super::super::entry::Entry;
use super::super::json::{Fields, Value, fields};
use super::super::maker::Maker;
use super::super::plain::{ADMIN, USER};
use super::super::{LegacyTree, Trap, User};
use super::{raw, remove, set};

pub(super) fn plant(tree: &mut LegacyTree, maker: &mut Maker, trap: Trap) {
    match trap {
        Trap::EscapedText => video(tree, maker, |video| set(video, "title", "Hujan di café")),
        Trap::UnescapedText => {
            let file = format!("{}.jpg", maker.id());
            tree.entries.push(Entry::file(format!("thumbnails/{file}"), maker.image()));
            let mut thumbnail = maker.thumbnail_record(&file);
            set(&mut thumbnail, "title", "ombak di Ngliyep, ngeunah – 夜の雨");
            tree.push(None, DatabaseKind::Thumbnails, thumbnail);
            tree.database(None, DatabaseKind::Thumbnails).style.escaped = false;
        }
        Trap::OddTitle => {
            let title = format!("\"Rain\" \\ night\n{}", "long ".repeat(60));
            video(tree, maker, |video| set(video, "title", title));
        }
        Trap::SurrogatePair => video(tree, maker, |video| set(video, "title", "🎬 rain 🌧")),
        Trap::LoneSurrogate => video(tree, maker, |video| set(video, "title", raw(r#""rain \ud83c""#))),
        Trap::NotANumber => video(tree, maker, |video| set(video, "bitrate", raw("NaN"))),
        Trap::UnknownFields => video(tree, maker, |video| {
            let inner = fields([("z", raw("1.10")), ("a", Value::Array(vec![raw("1E3"), raw("-0.0")]))]);
            set(video, "x_measured", Value::Object(inner));
            set(video, "x_plays", raw("123456789012345678901234567890"));
        }),
        Trap::IdByHand => {
            let id = format!("video-{}", maker.below(1000));
            video(tree, maker, |video| set(video, "id", id));
        }
        Trap::IdTwice => {
            let id = maker.id();
            video(tree, maker, |video| set(video, "id", id.clone()));
            video(tree, maker, |video| set(video, "id", id));
        }
        Trap::IdMissing => video(tree, maker, |video| remove(video, "id")),
        Trap::ThumbnailNull => video(tree, maker, |video| set(video, "thumbnail", Value::null())),
        Trap::ThumbnailMissing => {
            let gone = format!("{}.jpg", maker.id());
            video(tree, maker, |video| set(video, "thumbnail", gone));
        }
        Trap::FromDrive => video(tree, maker, |video| {
            set(video, "source", "drive");
            set(video, "drive_file_id", "not-a-file-of-any-drive");
        }),
        Trap::FileMissing | Trap::FileWithoutRecord | Trap::FileNamedTwice | Trap::FileOfTwoOwners => {
            files(tree, maker, trap);
        }
        Trap::FileNameLeadsOut => {
            let thumbnail = tree.add_thumbnail(maker);
            tree.add_video_record(maker, "../users.json", &thumbnail, |_| {});
        }
        Trap::AllRoles => {
            for role in ["demo", "silver", "gold", "platinum"] {
                add_user(tree, role, role, None);
            }
        }
        Trap::UserLimits => add_user(tree, "limited", "silver", Some((5, 2048))),
        Trap::UserNameNotPlain => {
            add_user(tree, "Budi Santoso@Example.com", "gold", None);
            video(tree, maker, |video| set(video, "owner", "Budi Santoso@Example.com"));
        }
        _ => {}
    }
}

/// A video with a file and a thumbnail, and whatever is changed in its record.
fn video(tree: &mut LegacyTree, maker: &mut Maker, change: impl FnOnce(&mut Fields)) {
    let thumbnail = tree.add_thumbnail(maker);
    tree.add_video(maker, &thumbnail, change);
}

/// Files and records that do not go together one by one.
fn files(tree: &mut LegacyTree, maker: &mut Maker, trap: Trap) {
    let thumbnail = tree.add_thumbnail(maker);
    let file = format!("{}.mp4", maker.id());
    if trap != Trap::FileMissing {
        tree.entries.push(Entry::file(format!("videos/{file}"), maker.video()));
    }
    let owners: &[Option<&str>] = match trap {
        Trap::FileMissing => &[None],
        Trap::FileNamedTwice => &[None, None],
        Trap::FileOfTwoOwners => &[Some(ADMIN), Some(USER)],
        _ => &[],
    };
    for owner in owners {
        tree.add_video_record(maker, &file, &thumbnail, |video| {
            if let Some(owner) = owner {
                set(video, "owner", *owner);
            }
        });
    }
}

fn add_user(tree: &mut LegacyTree, name: &str, role: &str, limits: Option<(u32, u32)>) {
    tree.users.push(User { name: name.to_owned(), role: role.to_owned(), limits });
}
