//! Which traps are met in a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;

use calamine::{Data, DataType};
use serde_json::Value;
use tenantry::paths::TenantId;
use tenantry::testkit::legacy_trees::Trap;
use unicode_normalization::is_nfc;

use crate::reader::{Database, Tree};

const USUAL: [&str; 4] = ["video_database", "thumbnail_database", "live_streams", "stream_mapping"];
const WITH_IDS: [&str; 5] =
    ["video_database", "thumbnail_database", "live_streams", "looped_videos", "bulk_upload_queue"];

/// All traps that are there.
pub(crate) fn traps(tree: &Tree) -> BTreeSet<Trap> {
    Trap::ALL.iter().copied().filter(|trap| is_there(tree, *trap)).collect()
}

fn is_there(tree: &Tree, trap: Trap) -> bool {
    database(tree, trap)
        .or_else(|| record(tree, trap))
        .or_else(|| stream(tree, trap))
        .or_else(|| workbook(tree, trap))
        .or_else(|| folder(tree, trap))
        .or_else(|| name(tree, trap))
        .unwrap_or_else(|| panic!("{trap:?} is looked for nowhere"))
}

fn database(tree: &Tree, trap: Trap) -> Option<bool> {
    let any = |is: &dyn Fn(&Database) -> bool| tree.databases.iter().any(is);
    let has = |text: &str| any(&|database| database.text().contains(text));
    Some(match trap {
        Trap::DatabaseMissing => {
            let mut folders: BTreeMap<_, BTreeSet<&str>> = BTreeMap::from([(&None, BTreeSet::new())]);
            for database in &tree.databases {
                folders.entry(&database.user).or_default().insert(&database.name);
            }
            folders.values().any(|names| USUAL.iter().any(|name| !names.contains(name)))
        }
        Trap::DatabaseEmpty => any(&|database| database.bytes.is_empty()),
        Trap::DatabaseIsObject => {
            any(&|database| database.bytes == b"{}" && database.name != "stream_mapping")
        }
        Trap::DatabaseTruncated => any(&|database| !database.bytes.is_empty() && database.json.is_none()),
        Trap::IndentOfTwo => {
            let is = |database: &Database, begin: &str| database.text().starts_with(begin);
            any(&|database| is(database, "[\n  {")) && any(&|database| is(database, "[\n    {"))
        }
        Trap::EscapedText => has("\\u00e9"),
        Trap::UnescapedText => any(&|database| database.json.is_some() && !database.text().is_ascii()),
        Trap::OddTitle => has("\\\"Rain\\\" \\\\ night\\nlong long"),
        Trap::SurrogatePair => has("\\ud83c\\udfac"),
        Trap::LoneSurrogate => has("\\ud83c\""),
        Trap::NotANumber => has(": NaN"),
        Trap::UnknownFields => has("\"x_measured\": {") && has(": 1.10") && has("1E3"),
        _ => return None,
    })
}

fn text<'a>(record: &'a Value, field: &str) -> Option<&'a str> {
    record[field].as_str()
}

/// Whose a record is by what it says and where it stands.
fn owner<'a>((database, record): (&'a Database, &'a Value)) -> &'a str {
    text(record, "owner").or(database.user.as_deref()).unwrap_or("admin")
}

/// Whether a file of that name is in a folder, or in that of a user beneath it.
fn has_file(tree: &Tree, folder: &str, name: &str) -> bool {
    let is = |path: &str| {
        let mut parts = path.split('/');
        parts.next() == Some(folder) && parts.next_back() == Some(name) && parts.count() <= 1
    };
    tree.paths().any(|(path, metadata)| !metadata.is_dir() && is(path))
}

fn named_files<'a>(tree: &'a Tree, name: &'a str) -> impl Iterator<Item = &'a str> {
    tree.records(name).filter_map(|(_, record)| text(record, "filename"))
}

fn record(tree: &Tree, trap: Trap) -> Option<bool> {
    let all = || WITH_IDS.into_iter().flat_map(|name| tree.records(name));
    let videos = || tree.records("video_database");
    let folders = [("video_database", "videos"), ("thumbnail_database", "thumbnails")];
    Some(match trap {
        Trap::RecordWithOwner => all().any(|(database, record)| {
            database.user.is_none()
                && text(record, "owner").is_some_and(|owner| tree.users.contains_key(owner))
        }),
        Trap::OwnerUnknown => {
            all().filter_map(|(_, record)| text(record, "owner")).any(|owner| !tree.users.contains_key(owner))
        }
        Trap::IdByHand => {
            all().filter_map(|(_, record)| text(record, "id")).any(|id| uuid::Uuid::parse_str(id).is_err())
        }
        Trap::IdTwice => tree.databases.iter().any(|database| {
            let mut seen = BTreeSet::new();
            database.records().filter_map(|record| text(record, "id")).any(|id| !seen.insert(id))
        }),
        Trap::IdMissing => all().any(|(_, record)| record["id"].is_null()),
        Trap::FileMissing => folders.iter().any(|(database, folder)| {
            named_files(tree, database).any(|file| !file.contains('/') && !has_file(tree, folder, file))
        }),
        Trap::FileWithoutRecord => folders.iter().any(|(database, folder)| {
            let named: BTreeSet<&str> = named_files(tree, database).collect();
            let is_one = |path: &str| {
                let is_here = path.starts_with(&format!("{folder}/")) && !path.starts_with("videos/done/");
                let name = path.rsplit('/').next().unwrap();
                is_here && (name.ends_with(".mp4") || name.ends_with(".jpg")) && !named.contains(name)
            };
            tree.paths().any(|(path, metadata)| !metadata.is_dir() && is_one(path))
        }),
        Trap::FileNamedTwice | Trap::FileOfTwoOwners => tree.databases.iter().any(|database| {
            let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for record in database.records() {
                let owners = seen.entry(text(record, "filename").unwrap_or_default()).or_default();
                owners.push(owner((database, record)));
            }
            seen.remove("");
            seen.values().any(|owners| match trap {
                Trap::FileNamedTwice => owners.iter().collect::<BTreeSet<_>>().len() < owners.len(),
                _ => owners.iter().any(|owner| *owner != owners[0]),
            })
        }),
        Trap::FileNameLeadsOut => named_files(tree, "video_database").any(|file| file.starts_with("../")),
        Trap::ThumbnailNull => videos().any(|(_, video)| video["thumbnail"].is_null()),
        Trap::ThumbnailMissing => videos()
            .filter_map(|(_, video)| text(video, "thumbnail"))
            .any(|file| !has_file(tree, "thumbnails", file)),
        Trap::FromDrive => {
            videos().any(|(_, video)| video["source"] == "drive" && video["drive_file_id"].is_string())
        }
        _ => return None,
    })
}

fn stream(tree: &Tree, trap: Trap) -> Option<bool> {
    let streams = || tree.records("live_streams").map(|(_, record)| record);
    let has_all = |field: &str, values: &[Value]| {
        values.iter().all(|value| streams().any(|stream| stream[field] == *value))
    };
    let mappings = || {
        let mappings = tree.databases.iter().filter(|database| database.name == "stream_mapping");
        mappings.filter_map(|database| database.json.as_ref()?.as_object()).flatten()
    };
    Some(match trap {
        Trap::DurationForms => has_all("duration", &["120".into(), 120.into(), "".into(), Value::Null]),
        Trap::AllStatuses => {
            has_all("status", &["scheduled", "live", "completed", "failed"].map(Value::from))
        }
        Trap::ProcessOfAnotherLife => streams().any(|stream| stream["process_pid"].is_number()),
        Trap::VideoTitleAbsent => streams().any(|stream| stream.get("video_title").is_none()),
        Trap::CustomServer => {
            streams().any(|stream| stream["rtmp_server"] == "custom" && stream["custom_rtmp"].is_string())
        }
        Trap::StreamVideoMissing => streams()
            .filter_map(|stream| text(stream, "video_file"))
            .any(|file| !has_file(tree, "videos", file)),
        Trap::VideoOfAnother => tree.records("live_streams").any(|stream| {
            let is_same = |video: &Value| video["filename"] == stream.1["video_file"];
            let mut videos = tree.records("video_database").filter(|(_, video)| is_same(video)).peekable();
            videos.peek().is_some() && videos.all(|video| owner(video) != owner(stream))
        }),
        Trap::MappingOlderForm => {
            mappings().any(|(_, keys)| keys.as_object().unwrap().values().any(Value::is_string))
        }
        Trap::MappingWithoutToken => mappings().any(|(token, _)| !has_file(tree, "tokens", token)),
        Trap::TokenDamaged => tree.paths().any(|(path, metadata)| {
            let is_token = path.starts_with("tokens/") && path.ends_with(".json") && metadata.is_file();
            is_token
                && serde_json::from_slice::<Value>(&std::fs::read(tree.root.join(path)).unwrap()).is_err()
        }),
        Trap::StreamTimers => {
            tree.records("stream_timers").any(|(_, timer)| timer["stop_time"].as_str().unwrap().contains('+'))
        }
        Trap::TimerWithoutStream => tree
            .records("stream_timers")
            .any(|(_, timer)| !streams().any(|stream| stream["id"] == timer["stream_id"])),
        Trap::LoopedVideos => {
            let is_there = |file: &str| tree.entries.contains_key(format!("videos/done/{file}").as_bytes());
            let outputs = tree.records("looped_videos");
            outputs.filter_map(|(_, looped)| text(looped, "output_filename")).any(is_there)
        }
        Trap::UploadQueue => tree
            .records("bulk_upload_queue")
            .filter_map(|(_, upload)| text(upload, "video_path"))
            .any(|path| path.starts_with('/') || path.contains(":\\")),
        Trap::QueueTagsAsText => {
            let tags = |(_, upload): (_, &Value)| upload["tags"].as_str().map(|tags| tags.contains(", "));
            tree.records("bulk_upload_queue").filter_map(tags).any(|is_list| is_list)
        }
        _ => return None,
    })
}

fn workbook(tree: &Tree, trap: Trap) -> Option<bool> {
    let header = &tree.cells[0];
    let has = |name: &str| tree.column(name).is_some();
    let is_text = |cell: &Data, part: &str| cell.get_string().is_some_and(|text| text.contains(part));
    let any_text = |cells: &[&Data], part: &str| cells.iter().any(|cell| is_text(cell, part));
    Some(match trap {
        Trap::WorkbookNarrow => header.len() == 8,
        Trap::WorkbookWide => header.len() >= 19,
        Trap::WorkbookMixedTimes => {
            let cells = tree.column("scheduledStartTime").unwrap();
            any_text(&cells, "T")
                && any_text(&cells, " ")
                && cells.iter().any(|cell| matches!(cell, Data::DateTime(_)))
        }
        Trap::WorkbookMixedFlags => {
            let cells = tree.column("madeForKids").unwrap();
            let any = |is: fn(&Data) -> bool| cells.iter().any(|cell| is(cell));
            any(|cell| matches!(cell, Data::Bool(_)))
                && any(|cell| matches!(cell, Data::Float(_)))
                && any(|cell| matches!(cell, Data::Empty))
                && any_text(&cells, "TRUE")
                && any_text(&cells, "FALSE")
        }
        Trap::WorkbookOlderNames => has("token_file") && has("thumbnail") && has("videoFile"),
        Trap::WorkbookThumbnailPrefix => {
            let cells = tree.column("thumbnailFile").or_else(|| tree.column("thumbnail")).unwrap();
            let is_bare = |cell: &Data| is_text(cell, "") && !is_text(cell, "thumbnails/");
            any_text(&cells, "thumbnails/") && cells.iter().any(|cell| is_bare(cell))
        }
        Trap::WorkbookOwners => {
            has("created_by") && has("updated_at") && {
                let owners = tree.column("owner").unwrap_or_default();
                any_text(&owners, "user123") && owners.contains(&&Data::Empty)
            }
        }
        Trap::WorkbookNanText => any_text(&tree.column("privacyStatus").unwrap(), "nan"),
        Trap::WorkbookEqualRows | Trap::WorkbookEmptyRow => {
            let is_empty = |row: &[Data]| row.iter().all(|cell| *cell == Data::Empty);
            let rows: Vec<_> = tree.cells.iter().map(Vec::as_slice).collect();
            let mut seen = Vec::new();
            let is_equal = rows.iter().filter(|row| !is_empty(row)).any(|row| {
                let is_there = seen.contains(row);
                seen.push(*row);
                is_there
            });
            if trap == Trap::WorkbookEqualRows { is_equal } else { rows.iter().any(|row| is_empty(row)) }
        }
        Trap::WorkbookSecondSheet => tree.sheets > 1,
        _ => return None,
    })
}

fn folder(tree: &Tree, trap: Trap) -> Option<bool> {
    let has_name = |name: &str| tree.paths().any(|(path, _)| path.rsplit('/').next() == Some(name));
    let ends = |end: &str| tree.paths().any(|(path, _)| path.ends_with(end));
    let has = |path: &str| tree.entries.contains_key(path.as_bytes());
    Some(match trap {
        Trap::ScheduleConfig => has("schedule_config.json"),
        Trap::AllRoles => ["admin", "demo", "silver", "gold", "platinum"]
            .iter()
            .all(|role| tree.users.values().any(|user| user["role"] == **role)),
        Trap::UserLimits => tree
            .users
            .values()
            .any(|user| user["max_streams"].is_number() && user["max_storage_mb"].is_number()),
        Trap::UserNameNotPlain => tree.users.keys().any(|name| TenantId::parse(name).is_err()),
        Trap::GitKeep => has_name(".gitkeep"),
        Trap::DsStore => has_name(".DS_Store"),
        Trap::ThumbsDb => has_name("Thumbs.db"),
        Trap::BackupLeft => ends(".backup"),
        Trap::TemporaryLeft => ends(".tmp"),
        Trap::FfmpegLogs => has("ffmpeg_logs"),
        Trap::ClientSecret => has("tokens/client_secret.json"),
        Trap::UserFolders => tree.paths().any(|(path, _)| {
            let parts: Vec<&str> = path.split('/').collect();
            matches!(parts[..], ["videos" | "thumbnails" | "tokens", user, _] if user != "done")
        }),
        Trap::UserDatabases => tree.databases.iter().any(|database| database.user.is_some()),
        Trap::ForeignOwnerInside => WITH_IDS.iter().flat_map(|name| tree.records(name)).any(|found| {
            let user = found.0.user.as_deref();
            user.is_some_and(|user| user != owner(found))
        }),
        Trap::DemoData => tree
            .databases
            .iter()
            .any(|database| database.user.as_deref() == Some("demo") && database.records().next().is_some()),
        Trap::OldAndNew => WITH_IDS.iter().any(|name| {
            let of = |is_old: bool| {
                let here = tree.records(name).filter(move |(database, _)| database.user.is_none() == is_old);
                here.filter_map(|(_, record)| text(record, "id")).collect::<BTreeSet<_>>()
            };
            !of(true).is_disjoint(&of(false))
        }),
        Trap::SameNameInTwoPlaces => tree.paths().any(|(path, metadata)| {
            let parts: Vec<&str> = path.split('/').collect();
            let [folder, _, name] = parts[..] else { return false };
            let old = format!("{folder}/{name}");
            let read = |path: &str| std::fs::read(tree.root.join(path)).unwrap();
            metadata.is_file() && has(&old) && read(&old) != read(path)
        }),
        Trap::EmptyFolder => tree.entries.iter().any(|(path, metadata)| {
            let beneath = [path.as_slice(), b"/"].concat();
            metadata.is_dir() && !tree.entries.keys().any(|inner| inner.starts_with(&beneath))
        }),
        _ => return None,
    })
}

fn name(tree: &Tree, trap: Trap) -> Option<bool> {
    let any_file = |is: &dyn Fn(&str) -> bool| {
        let mut files = tree.paths().filter(|(_, metadata)| !metadata.is_dir());
        files.any(|(path, _)| is(path.rsplit('/').next().unwrap()))
    };
    let link = |is_right: fn(&std::path::Path) -> bool| {
        tree.paths().any(|(path, metadata)| metadata.is_symlink() && is_right(&tree.root.join(path)))
    };
    let has_mode =
        |mode: u32| tree.entries.values().any(|found| found.is_file() && found.mode() & 0o777 == mode);
    let has_time = |is: fn(&std::fs::Metadata) -> bool| tree.entries.values().any(is);
    Some(match trap {
        Trap::NameWithSpace => any_file(&|name| name.contains(' ')),
        Trap::NameWithEmoji => any_file(&|name| name.chars().any(|character| character >= '\u{1f300}')),
        Trap::NameNotNormalized => any_file(&|name| !is_nfc(name)),
        Trap::NameNotUtf8 => tree.entries.keys().any(|path| std::str::from_utf8(path).is_err()),
        Trap::NamesDifferInCase => {
            let mut seen = BTreeSet::new();
            tree.paths().any(|(path, _)| !seen.insert(path.to_lowercase()))
        }
        Trap::LinkForFile => link(std::path::Path::is_file),
        Trap::LinkForFolder => link(std::path::Path::is_dir),
        Trap::Unreadable => has_mode(0),
        Trap::OddModes => has_mode(0o444) && has_mode(0o777),
        Trap::OddTimes => {
            has_time(|found| found.mtime() < 0)
                && has_time(|found| found.mtime() > 4_000_000_000)
                && has_time(|found| found.mtime_nsec() == 999_999_999)
        }
        _ => return None,
    })
}
