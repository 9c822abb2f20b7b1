//! Traps of names, links, modes and times.

use super::super::entry::{Entry, EntryKind};
use super::super::maker::Maker;
use super::super::{LegacyTree, Trap};

pub(super) fn plant(tree: &mut LegacyTree, maker: &mut Maker, trap: Trap) {
    match trap {
        Trap::NameWithSpace => named(tree, maker, "rain on the roof.mp4", |_| {}),
        Trap::NameWithEmoji => named(tree, maker, "rain🌧night.mp4", |_| {}),
        Trap::NameNotNormalized => named(tree, maker, "cafe\u{301}.mp4", |_| {}),
        Trap::NamesDifferInCase => {
            ["Forest.mp4", "forest.MP4"].into_iter().for_each(|name| named(tree, maker, name, |_| {}));
        }
        // A record could not name it: JSON is text.
        Trap::NameNotUtf8 => tree.entries.push(Entry::file(&b"videos/rain\xff\xfe.mp4"[..], maker.video())),
        Trap::LinkForFile => {
            outside(tree, maker);
            let linked = EntryKind::Link(b"../media/film.mp4".to_vec());
            named(tree, maker, "linked.mp4", |entry| entry.kind = linked);
        }
        Trap::LinkForFolder => {
            outside(tree, maker);
            tree.entries.push(Entry::link("videos/mounted", "../media"));
        }
        Trap::Unreadable => named(tree, maker, "unreadable.mp4", |entry| entry.mode = Some(0)),
        Trap::OddModes => {
            named(tree, maker, "read-only.mp4", |entry| entry.mode = Some(0o444));
            named(tree, maker, "for-everybody.mp4", |entry| entry.mode = Some(0o777));
            tree.entries.push(Entry::folder("tokens").with_mode(0o700));
        }
        Trap::OddTimes => {
            let times =
                [("before-1970", -86_400, 1), ("in-2100", 4_102_444_800, 0), ("between", 1, 999_999_999)];
            for (name, seconds, nanos) in times {
                named(tree, maker, &format!("{name}.mp4"), |entry| {
                    *entry = entry.clone().with_modified(seconds, nanos);
                });
            }
            tree.entries.push(Entry::folder("thumbnails").with_modified(1_000_000_000, 5));
        }
        _ => {}
    }
}

/// A video of that file name, with record and thumbnail, its entry changed by a function.
fn named(tree: &mut LegacyTree, maker: &mut Maker, name: &str, change: impl FnOnce(&mut Entry)) {
    let mut entry = Entry::file(format!("videos/{name}"), maker.video());
    change(&mut entry);
    tree.entries.push(entry);
    let thumbnail = tree.add_thumbnail(maker);
    tree.add_video_record(maker, name, &thumbnail, |_| {});
}

/// Puts a whole folder elsewhere, as is done when a disk is full, and a link in its place.
pub(super) fn move_away(tree: &mut LegacyTree, folder: &str) {
    let beneath = format!("{folder}/");
    for entry in &mut tree.entries {
        if entry.path == folder.as_bytes() || entry.path.starts_with(beneath.as_bytes()) {
            entry.path.splice(..0, *b"media/");
        }
    }
    tree.entries.push(Entry::link(folder, format!("media/{folder}")));
}

/// A folder that no version knew, to which links lead.
fn outside(tree: &mut LegacyTree, maker: &mut Maker) {
    if !tree.entries.iter().any(|entry| entry.path == b"media/film.mp4") {
        tree.entries.push(Entry::file("media/film.mp4", maker.video()));
    }
}
