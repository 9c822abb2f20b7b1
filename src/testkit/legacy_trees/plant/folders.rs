//! Traps of what lies about, and of trees that are half migrated.

use super::super::database::DatabaseKind;
use super::super::entry::Entry;
use super::super::json::{Fields, Value};
use super::super::maker::Maker;
use super::super::plain::{ADMIN, USER};
use super::super::{LegacyTree, Trap, User};
use super::set;

pub(super) fn plant(tree: &mut LegacyTree, maker: &mut Maker, trap: Trap) {
    let mut file = |path: &str, bytes: &str| tree.entries.push(Entry::file(path, bytes));
    match trap {
        Trap::GitKeep => ["videos", "thumbnails", "tokens"]
            .into_iter()
            .for_each(|folder| file(&format!("{folder}/.gitkeep"), "")),
        Trap::DsStore => file("videos/.DS_Store", "\0\0\0\x01Bud1"),
        Trap::ThumbsDb => file("thumbnails/Thumbs.db", "what Windows keeps"),
        Trap::BackupLeft => {
            file("video_database.json.backup", "[]");
            file("live_stream_data.xlsx.backup", "no workbook");
        }
        Trap::TemporaryLeft => {
            file("live_streams.json.tmp", "[\n    {\n        \"id\": \"5dcc");
            file("videos/upload-1.mp4.tmp", "half of a film");
        }
        Trap::FfmpegLogs => {
            let id = maker.id();
            file(&format!("ffmpeg_logs/{id}.log"), "frame= 1 fps=0.0\n");
        }
        Trap::ClientSecret => {
            file("tokens/client_secret.json", "{\"installed\": {\"client_secret\": \"not-a-secret\"}}");
        }
        Trap::UserFolders => user_folders(tree, maker),
        Trap::UserDatabases => user_databases(tree, maker),
        Trap::ForeignOwnerInside => {
            let name = inside(tree, maker, ADMIN, |video| set(video, "owner", USER));
            let mut stream = maker.stream_record(&name, "");
            set(&mut stream, "owner", USER);
            tree.push(Some(ADMIN), DatabaseKind::LiveStreams, stream);
        }
        Trap::DemoData => {
            if !tree.users.iter().any(|user| user.name == "demo") {
                tree.users.push(User { name: "demo".to_owned(), role: "demo".to_owned(), limits: None });
            }
            inside(tree, maker, "demo", |_| {});
        }
        Trap::OldAndNew => {
            let mut old = Fields::new();
            let name = inside(tree, maker, ADMIN, |new| {
                old.clone_from(new);
                set(new, "title", "what it is called since");
                owned(new, ADMIN);
            });
            // It was copied: the file is in the old place, too.
            let moved = format!("videos/{ADMIN}/{name}").into_bytes();
            let copy = tree.entries.iter().find(|entry| entry.path == moved).cloned();
            tree.entries.extend(copy.map(|copy| Entry { path: format!("videos/{name}").into(), ..copy }));
            tree.push(None, DatabaseKind::Videos, old);
        }
        Trap::SameNameInTwoPlaces => {
            let thumbnail = tree.add_thumbnail(maker);
            let (name, _) = tree.add_video(maker, &thumbnail, |_| {});
            tree.entries.push(Entry::file(format!("videos/{ADMIN}/{name}"), maker.video()));
        }
        Trap::EmptyFolder => tree.entries.push(Entry::folder("videos/nobody-yet")),
        _ => {}
    }
}

fn owned(record: &mut Fields, owner: &str) {
    set(record, "owner", owner);
    set(record, "created_by", owner);
    set(record, "updated_at", "2025-11-05 10:00:00");
}

/// A video without a thumbnail in a user's folder and database, the user's other databases beside it; the name of
/// its file.
fn inside(tree: &mut LegacyTree, maker: &mut Maker, user: &str, change: impl FnOnce(&mut Fields)) -> String {
    let name = format!("{}.mp4", maker.id());
    tree.entries.push(Entry::file(format!("videos/{user}/{name}"), maker.video()));
    for kind in DatabaseKind::USUAL {
        tree.database(Some(user), kind);
    }
    let mut video = maker.video_record(&name, "");
    set(&mut video, "thumbnail", Value::null());
    change(&mut video);
    tree.push(Some(user), DatabaseKind::Videos, video);
    name
}

/// Files that were moved into folders of users before their records were.
fn user_folders(tree: &mut LegacyTree, maker: &mut Maker) {
    let thumbnail = format!("{}.jpg", maker.id());
    tree.entries.push(Entry::file(format!("thumbnails/{USER}/{thumbnail}"), maker.image()));
    let record = maker.thumbnail_record(&thumbnail);
    tree.push(None, DatabaseKind::Thumbnails, record);
    let video = format!("{}.mp4", maker.id());
    tree.entries.push(Entry::file(format!("videos/{USER}/{video}"), maker.video()));
    tree.add_video_record(maker, &video, &thumbnail, |_| {});
    tree.entries.push(Entry::file(format!("tokens/{USER}/channel-user.json"), maker.token()));
    let keys = vec![maker.stream_key()];
    tree.map(None, "channel-user.json", Value::Object(keys));
}

/// All of a user's databases, with and without owners in their records.
fn user_databases(tree: &mut LegacyTree, maker: &mut Maker) {
    inside(tree, maker, USER, |video| owned(video, USER));
    let name = inside(tree, maker, USER, |_| {});
    let stream = maker.stream_record(&name, "");
    tree.push(Some(USER), DatabaseKind::LiveStreams, stream);
    let thumbnail = format!("{}.jpg", maker.id());
    tree.entries.push(Entry::file(format!("thumbnails/{USER}/{thumbnail}"), maker.image()));
    let record = maker.thumbnail_record(&thumbnail);
    tree.push(Some(USER), DatabaseKind::Thumbnails, record);
    tree.entries.push(Entry::file(format!("tokens/{USER}/channel-own.json"), maker.token()));
    let keys = vec![maker.stream_key()];
    tree.map(Some(USER), "channel-own.json", Value::Object(keys));
}
