//! The tree that has no trap at all, to which they are added.

use std::collections::BTreeSet;

use super::database::DatabaseKind;
use super::entry::Entry;
use super::json::{Style, Value, fields};
use super::maker::Maker;
use super::workbook::{Cell, Workbook};
use super::{LegacyTree, User};

/// The columns of a usual workbook.
pub(super) const COLUMNS: [&str; 16] = [
    "title",
    "description",
    "scheduledStartTime",
    "privacyStatus",
    "autoStart",
    "autoStop",
    "madeForKids",
    "tokenFile",
    "useExistingStream",
    "streamNameExisting",
    "streamIdExisting",
    "thumbnailFile",
    "repeat_daily",
    "success",
    "streamId",
    "broadcastLink",
];

/// The token that every tree has.
pub(super) const TOKEN: &str = "channel1.json";

/// Who is there in every tree: an admin, to whom all belongs that does not say otherwise, and a user.
pub(super) const ADMIN: &str = "admin";
pub(super) const USER: &str = "user123";

pub(super) fn tree(size: usize, maker: &mut Maker) -> LegacyTree {
    let user = |name: &str, role: &str| User { name: name.to_owned(), role: role.to_owned(), limits: None };
    let mut tree = LegacyTree {
        size,
        traps: BTreeSet::new(),
        seed: 0,
        databases: Vec::new(),
        users: vec![user(ADMIN, "admin"), user(USER, "silver")],
        workbook: Workbook {
            columns: COLUMNS.map(str::to_owned).to_vec(),
            rows: Vec::new(),
            second_sheet: false,
        },
        entries: ["videos", "thumbnails", "tokens"].map(Entry::folder).to_vec(),
    };
    for kind in DatabaseKind::USUAL {
        tree.database(None, kind);
    }
    tree.entries.push(Entry::file(format!("tokens/{TOKEN}"), maker.token()));
    let keys = vec![maker.stream_key(), maker.stream_key()];
    tree.map(None, TOKEN, Value::Object(keys));
    for _ in 0..size {
        let thumbnail = tree.add_thumbnail(maker);
        let (file, title) = tree.add_video(maker, &thumbnail, |_| {});
        let stream = maker.stream_record(&file, &title);
        tree.push(None, DatabaseKind::LiveStreams, stream);
        let row = row(maker, &thumbnail);
        tree.workbook.rows.push(row);
    }
    tree
}

/// A row of the usual columns.
pub(super) fn row(maker: &mut Maker, thumbnail: &str) -> Vec<Cell> {
    let flag = |maker: &mut Maker| Cell::Flag(maker.below(2) == 0);
    vec![
        Cell::Text(maker.title()),
        Cell::Empty,
        Cell::Text(format!("{}T00:14", maker.day())),
        ["public", "unlisted", "private"][maker.below(3)].into(),
        flag(maker),
        flag(maker),
        flag(maker),
        TOKEN.into(),
        flag(maker),
        Cell::Empty,
        Cell::Empty,
        thumbnail.into(),
        flag(maker),
        flag(maker),
        Cell::Empty,
        Cell::Empty,
    ]
}

impl LegacyTree {
    /// A thumbnail with its record, both in the root; the name of its file.
    pub(super) fn add_thumbnail(&mut self, maker: &mut Maker) -> String {
        let file = format!("{}.jpg", maker.id());
        self.entries.push(Entry::file(format!("thumbnails/{file}"), maker.image()));
        let record = maker.thumbnail_record(&file);
        self.push(None, DatabaseKind::Thumbnails, record);
        file
    }

    /// A video with its record, both in the root, the record changed by a function; file name and title.
    pub(super) fn add_video(
        &mut self,
        maker: &mut Maker,
        thumbnail: &str,
        change: impl FnOnce(&mut super::Fields),
    ) -> (String, String) {
        let file = format!("{}.mp4", maker.id());
        self.entries.push(Entry::file(format!("videos/{file}"), maker.video()));
        let title = self.add_video_record(maker, &file, thumbnail, change);
        (file, title)
    }

    /// The record alone; its title.
    pub(super) fn add_video_record(
        &mut self,
        maker: &mut Maker,
        file: &str,
        thumbnail: &str,
        change: impl FnOnce(&mut super::Fields),
    ) -> String {
        let mut record = maker.video_record(file, thumbnail);
        let title = record.iter().find(|(name, _)| name == "title").and_then(|(_, title)| title.as_text());
        let title = title.unwrap_or_default().to_owned();
        change(&mut record);
        self.push(None, DatabaseKind::Videos, record);
        title
    }
}

/// The text of `users.json`; the hashes are of no password.
pub(super) fn users_text(users: &[User]) -> String {
    let entry = |user: &User| {
        let mut entry = fields([
            ("username", user.name.as_str().into()),
            ("password_hash", "not-a-hash".into()),
            ("role", user.role.as_str().into()),
        ]);
        if let Some((streams, megabytes)) = user.limits {
            entry.push(("max_streams".to_owned(), Value::Raw(streams.to_string())));
            entry.push(("max_storage_mb".to_owned(), Value::Raw(megabytes.to_string())));
        }
        (user.name.clone(), Value::Object(entry))
    };
    Value::Object(users.iter().map(entry).collect()).written(Style { indent: 4, escaped: true })
}
