//! The tree that the repository has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::{TempDir, tempdir};
use tenantry::testkit::TreeImage;
use tenantry::testkit::legacy_trees::{TREE, Trap, committed};

use crate::found;
use crate::reader::Tree;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn copy() -> TempDir {
    let folder = tempdir().unwrap();
    committed(&repository(TREE), folder.path()).unwrap();
    folder
}

#[test]
fn a_copy_of_it_has_every_trap_and_the_narrow_workbook_the_one_that_is_left() {
    let folder = copy();
    let mut all: BTreeSet<Trap> = Trap::ALL.iter().copied().collect();
    all.remove(&Trap::WorkbookNarrow);
    assert_eq!(found::traps(&Tree::read(folder.path())), all);
    let narrow = repository("examples/legacy/narrow.xlsx");
    std::fs::copy(narrow, folder.path().join("live_stream_data.xlsx")).unwrap();
    assert!(found::traps(&Tree::read(folder.path())).contains(&Trap::WorkbookNarrow));
}

#[test]
fn what_a_copy_adds_is_what_a_trap_says_that_it_adds() {
    let there = found::traps(&Tree::read(&repository(TREE)));
    for trap in Trap::ALL.iter().filter(|trap| **trap != Trap::WorkbookNarrow) {
        // A checkout may give modes and times of its own.
        if !matches!(trap, Trap::OddModes | Trap::OddTimes) {
            assert_eq!(there.contains(trap), !trap.is_added_to_the_committed_tree(), "{trap:?}");
        }
    }
}

#[test]
fn two_copies_are_the_same_to_the_nanosecond_but_for_links() {
    let image = |folder: &TempDir| {
        let image = TreeImage::of(folder.path()).unwrap();
        image.without("videos/linked.mp4").without("videos/mounted")
    };
    assert_eq!(image(&copy()).difference(&image(&copy())), None);
}

/// Each trap has one line, in the order of the enum, and a path that is there: in a copy, where the line says so by
/// a star.
#[test]
fn its_list_of_traps_is_that_of_the_enum() {
    let text = std::fs::read_to_string(repository("examples/legacy/README.md")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let names: Vec<&str> = lines.iter().map(|line| line.split('`').nth(1).unwrap()).collect();
    assert_eq!(names, Trap::ALL.iter().map(|trap| trap.name()).collect::<Vec<_>>());
    let folder = copy();
    for (line, trap) in lines.iter().zip(Trap::ALL) {
        let (path, is_added) = (line.split('`').nth(3).unwrap(), line.contains("| * "));
        assert_eq!(is_added, trap.is_added_to_the_committed_tree(), "{line}");
        let at = if *trap == Trap::WorkbookNarrow {
            repository("examples/legacy").join(path)
        } else {
            folder.path().join(path)
        };
        assert!(at.symlink_metadata().is_ok(), "{line}");
    }
}

/// The boxes of a video lie one behind the other up to the end of the file, and those that a player needs are there.
fn is_video(bytes: &[u8]) -> bool {
    let (mut rest, mut kinds) = (bytes, BTreeSet::new());
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        kinds.insert(behind[..4].to_vec());
        rest = rest.get(length..).expect("the box ends within the file");
    }
    rest.is_empty() && [b"ftyp", b"moov", b"mdat"].iter().all(|kind| kinds.contains(&kind[..]))
}

#[test]
fn its_media_are_real_and_no_two_are_the_same_but_the_one_that_was_copied() {
    let folder = copy();
    let tree = Tree::read(folder.path());
    let mut seen = BTreeSet::new();
    let mut again = Vec::new();
    for (path, metadata) in tree.paths().filter(|(_, metadata)| metadata.is_file()) {
        // It may be read by who runs as root only.
        let Ok(bytes) = std::fs::read(folder.path().join(path)) else { continue };
        match path.rsplit('.').next() {
            Some("mp4") => assert!(is_video(&bytes), "{path}"),
            Some("jpg") => {
                assert!(bytes.starts_with(b"\xff\xd8\xff") && bytes.ends_with(b"\xff\xd9"), "{path}")
            }
            Some("png") => {
                assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.ends_with(b"IEND\xaeB`\x82"))
            }
            _ => continue,
        }
        assert!(metadata.len() < 10_000, "{path}");
        // What a copy adds has the bytes of another.
        if !path.to_lowercase().ends_with("forest.mp4") && !seen.insert(bytes) {
            again.push(path.rsplit('/').next().unwrap().to_owned());
        }
    }
    assert_eq!(again.len(), 1, "{again:?}");
}
