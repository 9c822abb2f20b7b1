//! A tree with much in it, and nothing unusual: to measure with.

use super::database::DatabaseKind;
use super::entry::Entry;
use super::maker::Maker;
use super::workbook::Cell;
use super::{Fields, LegacyTree, User, plain};

/// How many users share it.
const USERS: usize = 10;
/// Of how many records one is a row of the workbook.
const PER_ROW: usize = 100;

/// So many files with a record each, and records of live streams and rows besides, each with its owner.
pub(super) fn tree(files: usize, records: usize) -> LegacyTree {
    let mut maker = Maker::new(0);
    let mut tree = plain::tree(0, &mut maker);
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number:03}")).collect();
    let user = |name: &String| User { name: name.clone(), role: "platinum".to_owned(), limits: None };
    tree.users = tree.users.into_iter().take(1).chain(names.iter().map(user)).collect();
    tree.size = records;
    tree.workbook.columns.push("owner".to_owned());
    let mut owners = names.iter().cycle().map(String::as_str);
    let mut owner = move || owners.next().unwrap_or(plain::ADMIN);

    let mut videos = Vec::new();
    for _ in 0..files / 2 {
        let owner = owner();
        let thumbnail = format!("{}.jpg", maker.id());
        tree.entries.push(Entry::file(format!("thumbnails/{thumbnail}"), maker.image()));
        let mut record = maker.thumbnail_record(&thumbnail);
        record.push(("owner".to_owned(), owner.into()));
        tree.push(None, DatabaseKind::Thumbnails, record);
        let file = format!("{}.mp4", maker.id());
        tree.entries.push(Entry::file(format!("videos/{file}"), maker.video()));
        let own = |record: &mut Fields| record.push(("owner".to_owned(), owner.into()));
        let title = tree.add_video_record(&mut maker, &file, &thumbnail, own);
        videos.push((file, title, thumbnail, owner.to_owned()));
    }
    let others = records.saturating_sub(2 * videos.len());
    for (number, (file, title, thumbnail, owner)) in (0..others).zip(videos.iter().cycle()) {
        if number % PER_ROW == 0 {
            let mut row = plain::row(&mut maker, thumbnail);
            row.push(owner.as_str().into());
            tree.workbook.rows.push(row);
            // The one token that there is, is the admin's.
            tree.workbook.set(tree.workbook.rows.len() - 1, "tokenFile", Cell::Empty);
        } else {
            let mut record = maker.stream_record(file, title);
            // Of those that are still to come a user may have a few.
            for (_, value) in record.iter_mut().filter(|(name, _)| name == "status") {
                *value = "completed".into();
            }
            record.push(("owner".to_owned(), owner.as_str().into()));
            tree.push(None, DatabaseKind::LiveStreams, record);
        }
    }
    tree
}
