//! Links in every place of the layout: nothing beyond one is read, written or removed.
//!
//! Beside the root lies another that looks the same to the byte but for what it holds, so that whoever
//! followed a link into it would find everything in order.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use futures::{StreamExt, stream};
use tenantry::{ErrorKind, ListOptions};

use crate::operations::{Answer, Known, everything};
use crate::world::{
    Tree, assert_quiet, close, copy, folder, furnish, id, observe, open_local, part_of, tree,
};

/// What the records and files of the root hold, and what those beside it hold.
const OWN: &str = "datum";
const ALIEN: &str = "alien";

/// A root and its double, as they are before each attack.
pub(crate) struct Original {
    folder: tempfile::TempDir,
    pub(crate) known: Known,
    pub(crate) bystander: Vec<String>,
    pub(crate) paths: Tree,
}

impl Original {
    pub(crate) async fn new() -> Self {
        let folder = folder();
        for (name, mark) in [("outside", ALIEN), ("root", OWN)] {
            let tenantry = open_local(&folder.path().join(name), 7).await.unwrap();
            furnish(&tenantry, mark).await;
            close(tenantry).await.unwrap();
        }
        std::fs::write(folder.path().join("outside/passwd"), ALIEN).unwrap();
        let root = folder.path().join("root");
        let tenantry = open_local(&root, 8).await.unwrap();
        let own = tenantry.session(&id("ana")).await.unwrap().own();
        let video = own.videos().list(&ListOptions::new()).await.unwrap().items.remove(0);
        let known = Known { video: video.id().clone(), file: video.value().filename.clone() };
        let bystander = observe(&tenantry, "ben").await;
        close(tenantry).await.unwrap();
        let (paths, outside) = (tree(&root), tree(&folder.path().join("outside")));
        assert!(paths.keys().all(|path| outside.contains_key(path)), "the double looks the same");
        assert_ne!(paths["data/ana/ledger"], outside["data/ana/ledger"]);
        Self { folder, known, bystander, paths }
    }

    /// A copy of both to be attacked.
    pub(crate) fn copy(&self) -> Attacked {
        let folder = folder();
        for name in ["root", "outside"] {
            copy(&self.folder.path().join(name), &folder.path().join(name));
        }
        std::fs::create_dir(folder.path().join("moved")).unwrap();
        let outside = tree(&folder.path().join("outside"));
        Attacked { folder, outside }
    }

    /// Every place of the layout that is not `ben`'s or the admin's alone.
    pub(crate) fn places(&self) -> Vec<&str> {
        let others = |path: &&String| !path.split('/').any(|part| part == "ben" || part == "keeper");
        self.paths.keys().filter(others).map(String::as_str).collect()
    }
}

/// A root and its double under attack.
pub(crate) struct Attacked {
    folder: tempfile::TempDir,
    outside: Tree,
}

impl Attacked {
    pub(crate) fn path(&self, beneath: &str) -> PathBuf {
        self.folder.path().join(beneath)
    }

    /// Whether the folder is there in which a place would be.
    pub(crate) fn has_folder_of(&self, place: &str) -> bool {
        self.path(&format!("root/{place}")).parent().unwrap().is_dir()
    }

    /// Sees that all errors can be shown, that nothing of others was said, and nothing of theirs touched.
    pub(crate) async fn assert_sound(&self, original: &Original, answers: &[Answer], what: &str) {
        for Answer { operation, own, said } in answers {
            let text = match said {
                Ok(said) => said.clone(),
                Err(error) => {
                    assert_quiet(error, self.folder.path());
                    assert!(fits(error.kind()), "{what}: {operation}: {error:?}");
                    format!("{error:?}")
                }
            };
            assert!(!text.contains(ALIEN), "{what}: {operation} read outside: {text}");
            let foreign = *own && (text.contains("of ben") || text.contains("/ben"));
            assert!(!foreign, "{what}: {operation} read another tenant's: {text}");
        }
        assert_eq!(tree(&self.path("outside")), self.outside, "{what}: something outside was touched");
        let tenantry = open_local(&self.path("root"), 9).await.unwrap();
        assert_eq!(observe(&tenantry, "ben").await, original.bystander, "{what}");
        close(tenantry).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let (now, before) = (part_of(&tree(&self.path("root")), "ben"), part_of(&original.paths, "ben"));
        assert_eq!(now, before, "{what}: something of ben's was touched");
    }
}

/// Whether an error is one that a link in the way may make: what is stored can't be right, or is not
/// there; the rest follows from an operation before that failed.
fn fits(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Corrupt
            | ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::Configuration
            | ErrorKind::Unavailable
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Suspended
            | ErrorKind::InvalidInput
            | ErrorKind::Gone
    )
}

/// What is planted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// A link to the same place of the double.
    Double,
    /// A link to a folder outside.
    Folder,
    /// A link to a file outside.
    File,
    /// A link to what does not exist outside.
    Dangling,
    /// A link to the same place of another tenant's.
    Foreign,
    /// A second name of the double's file.
    HardDouble,
    /// A second name of another tenant's file.
    HardForeign,
}

const KINDS: [Kind; 7] = [
    Kind::Double,
    Kind::Folder,
    Kind::File,
    Kind::Dangling,
    Kind::Foreign,
    Kind::HardDouble,
    Kind::HardForeign,
];

/// When it is planted.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Time {
    BeforeOpening,
    AfterUse,
}

/// Plants a link at a place; whether there is such a link for it.
pub(crate) fn plant(attacked: &Attacked, paths: &Tree, place: &str, kind: Kind) -> bool {
    let existing = |path: &str| paths.contains_key(path).then(|| path.to_owned());
    // For a place that is free, what is like it.
    let like = existing(place).or_else(|| existing(&place.replace("newcomer", "ana"))).or_else(|| {
        let folder = Path::new(place).parent().unwrap().to_str().unwrap();
        let prefix = format!("{folder}/");
        paths.keys().find(|path| path.starts_with(&prefix)).cloned()
    });
    let foreign =
        like.as_ref().filter(|path| path.contains("ana") || place.contains("newcomer")).and_then(|path| {
            let path = path.replace("/ana", "/ben");
            let folder = Path::new(&path).parent().unwrap().to_str().unwrap();
            let beside = |other: &&String| {
                path.starts_with("videos/ben/") && other.starts_with(folder) && other.ends_with(".mp4")
            };
            existing(&path).or_else(|| paths.keys().find(beside).cloned())
        });
    let target = match kind {
        Kind::Double | Kind::HardDouble => like.as_ref().map(|path| format!("outside/{path}")),
        Kind::Folder => Some("outside/data".to_owned()),
        Kind::File => Some("outside/passwd".to_owned()),
        Kind::Dangling => Some("outside/nothing".to_owned()),
        Kind::Foreign | Kind::HardForeign => foreign.map(|path| format!("root/{path}")),
    };
    let Some(target) = target.map(|target| attacked.path(&target)) else { return false };
    let at = attacked.path(&format!("root/{place}"));
    let hard = matches!(kind, Kind::HardDouble | Kind::HardForeign);
    if hard && !target.is_file() {
        return false;
    }
    if !attacked.has_folder_of(place) {
        return false;
    }
    if at.symlink_metadata().is_ok() {
        std::fs::rename(&at, attacked.path("moved/it")).unwrap();
    }
    if hard {
        std::fs::hard_link(target, at).unwrap()
    } else {
        symlink(target, at).unwrap()
    }
    true
}

/// Puts back what the link replaced, so that others are reached again.
pub(crate) fn put_back(attacked: &Attacked, place: &str) {
    let (at, moved) = (attacked.path(&format!("root/{place}")), attacked.path("moved/it"));
    let planted = at.symlink_metadata().is_ok_and(|found| {
        // A file that is written in place is refused as long as it has a second name, to everyone.
        found.is_symlink() || found.is_file() && found.nlink() > 1
    });
    if planted {
        std::fs::remove_file(&at).unwrap();
        if moved.symlink_metadata().is_ok() {
            std::fs::rename(&moved, &at).unwrap();
        }
    }
}

/// Plants every kind of link at every place, and does everything.
async fn attack(original: &Original, places: &[&str], time: Time) {
    let cases = places.iter().flat_map(|place| KINDS.map(|kind| (*place, kind)));
    // Side by side, since most of the time is the disk's.
    let attacks = stream::iter(cases).map(|(place, kind)| attack_with(original, place, kind, time));
    let planted = attacks.buffer_unordered(16).filter(|planted| std::future::ready(*planted)).count().await;
    assert!(planted > places.len() * 4, "{planted} links at {} places", places.len());
}

/// Plants one link and does everything; whether there is such a link.
async fn attack_with(original: &Original, place: &str, kind: Kind, time: Time) -> bool {
    let attacked = original.copy();
    let what = format!("{kind:?} at {place}, {time:?}");
    if time == Time::BeforeOpening && !plant(&attacked, &original.paths, place, kind) {
        return false;
    }
    let mut answers = Vec::new();
    match open_local(&attacked.path("root"), 10).await {
        Err(error) => answers.push(Answer { operation: "open", own: true, said: Err(error) }),
        Ok(tenantry) => {
            if time == Time::AfterUse {
                observe(&tenantry, "ana").await;
                if !plant(&attacked, &original.paths, place, kind) {
                    return false;
                }
            }
            answers = everything(&tenantry, &original.known).await.0;
            let said = close(tenantry).await.map(|()| String::new());
            answers.push(Answer { operation: "close", own: false, said });
        }
    }
    // A second name of a file is no link that could be followed or not: what bears a video's name is the
    // video, and its checksum tells whether it is the one that was uploaded.
    let hard = matches!(kind, Kind::HardDouble | Kind::HardForeign);
    if hard && place == format!("videos/ana/{}", original.known.file) {
        let verified = answers.iter().find(|answer| answer.operation == "verify").unwrap();
        assert_eq!(verified.said.as_ref().unwrap(), "Damaged", "{what}");
        answers.retain(|answer| !["open", "open range", "local path"].contains(&answer.operation));
    }
    // What lies beside the library's own is in nobody's way.
    if FREE.contains(&place) && place.contains("/ana/") && !hard {
        let failed = answers.iter().find(|answer| answer.said.is_err());
        assert!(failed.is_none(), "{what}: {failed:?}");
    }
    put_back(&attacked, place);
    attacked.assert_sound(original, &answers, &what).await;
    true
}

#[tokio::test]
async fn a_link_in_any_place_is_not_followed_when_a_root_is_opened() {
    let original = Original::new().await;
    let places = original.places();
    assert!(places.len() > 20, "{places:?}");
    attack(&original, &places, Time::BeforeOpening).await;
}

#[tokio::test]
async fn a_link_in_any_place_is_not_followed_when_it_appears_later() {
    let original = Original::new().await;
    attack(&original, &original.places(), Time::AfterUse).await;
}

/// Names that are free, and would be used or cleared.
const FREE: &[&str] = &[
    "data/newcomer",
    "videos/newcomer",
    "thumbnails/newcomer",
    "tokens/newcomer",
    ".tenantry/locks/newcomer",
    "data/ana/.fold-00000000000000000000000000000000",
    "data/ana/.view-00000000000000000000000000000000",
    "data/ana/unknown",
    "data/ana/notes.json.edited-1762250400",
    "videos/ana/.upload-00000000000000000000000000000000",
    "videos/ana/unknown.mp4",
    "thumbnails/ana/unknown.jpg",
    "tokens/ana/unknown.json",
];

#[tokio::test]
async fn a_link_under_a_free_name_is_not_followed() {
    let original = Original::new().await;
    attack(&original, FREE, Time::BeforeOpening).await;
}
