//! The simulated disk does what its header says; a crash test is worth no more than that.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::*;
use crate::store::local::disk::File;

fn names(disk: &SimulatedDisk) -> BTreeSet<String> {
    disk.tree().into_keys().collect()
}

fn written(root: &Arc<dyn Directory>, name: &str, bytes: &[u8]) -> Arc<dyn File> {
    let file = root.create_file(name, 0o600).unwrap();
    file.write_at(bytes, 0).unwrap();
    file
}

#[test]
fn a_synced_file_without_a_synced_name_may_be_gone_but_is_never_torn() {
    let disk = SimulatedDisk::new();
    let root = disk.process().root().unwrap();
    written(&root, "a", b"bytes").sync_data().unwrap();
    let outcomes: BTreeSet<_> =
        disk.crash_outcomes(100, 0).iter().map(|after| after.tree().remove("a").flatten()).collect();
    assert_eq!(outcomes, [None, Some(b"bytes".to_vec())].into());
    root.sync().unwrap();
    assert_eq!(disk.crash_outcomes(100, 0).len(), 1);
}

#[test]
fn a_synced_name_without_a_synced_file_may_lead_to_any_part_of_it() {
    let disk = SimulatedDisk::new();
    let root = disk.process().root().unwrap();
    let _file = written(&root, "a", b"1234");
    root.sync().unwrap();
    let outcomes: BTreeSet<_> =
        disk.crash_outcomes(100, 0).iter().map(|after| after.tree()["a"].clone().unwrap()).collect();
    let expected: [&[u8]; 6] = [b"1234", b"", b"12", b"123", b"\0\x0034", b"\0\0\0\0"];
    assert_eq!(outcomes, expected.iter().map(|bytes| bytes.to_vec()).collect());
}

#[test]
fn a_rename_is_kept_or_lost_whole() {
    let disk = SimulatedDisk::new();
    let root = disk.process().root().unwrap();
    for (name, bytes) in [("new", b"n"), ("old", b"o")] {
        written(&root, name, bytes).sync_data().unwrap();
    }
    root.sync().unwrap();
    root.rename("new", "old").unwrap();
    let outcomes: BTreeSet<_> = disk.crash_outcomes(100, 0).iter().map(SimulatedDisk::tree).collect();
    let before = [("new", b"n"), ("old", b"o")].map(|(name, bytes)| (name.to_owned(), Some(bytes.to_vec())));
    let after = [("old".to_owned(), Some(b"n".to_vec()))];
    assert_eq!(outcomes, [before.into(), after.into()].into());
}

#[test]
fn a_new_folder_is_lost_with_all_that_is_in_it_unless_its_parent_was_synced() {
    let disk = SimulatedDisk::new();
    let root = disk.process().root().unwrap();
    root.create_directory("folder", 0o700).unwrap();
    let folder = root.open_directory("folder").unwrap();
    written(&folder, "a", b"a").sync_data().unwrap();
    folder.sync().unwrap();
    assert!(disk.crash(&mut LoseAll).tree().is_empty());
    root.sync().unwrap();
    assert_eq!(names(&disk.crash(&mut LoseAll)), ["folder".to_owned(), "folder/a".to_owned()].into());
}

#[test]
fn an_unnamed_file_gets_one_name_and_vanishes_without() {
    let disk = SimulatedDisk::new();
    let process = disk.process();
    let root = process.root().unwrap();
    let file = root.create_unnamed(0o600).unwrap().unwrap();
    file.write_at(b"x", 0).unwrap();
    file.sync_data().unwrap();
    root.sync().unwrap();
    assert!(disk.crash(&mut KeepAll).tree().is_empty());
    root.link(file.as_ref(), "a").unwrap();
    assert_eq!(root.link(file.as_ref(), "a").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(names(&disk), ["a".to_owned()].into());
    root.remove_file("a").unwrap();
    drop(file);
    assert_eq!(root.free_space().unwrap(), 1 << 40);
}

#[test]
fn a_lock_goes_with_its_handle_and_with_its_process() {
    let disk = SimulatedDisk::new();
    let (first, second) = (disk.process(), disk.process());
    let root = first.root().unwrap();
    let one = root.create_file("lock", 0o600).unwrap();
    let other = second.root().unwrap().open_file("lock", Access::ReadWrite).unwrap();
    assert!(one.try_lock().unwrap() && !other.try_lock().unwrap());
    drop(one);
    assert!(other.try_lock().unwrap());
    let one = root.open_file("lock", Access::ReadWrite).unwrap();
    assert!(!one.try_lock().unwrap());
    second.kill();
    assert!(one.try_lock().unwrap());
    assert!(other.unlock().is_err());
    assert_eq!((second.open_handles(), first.open_handles()), (0, 2));
}

#[test]
fn a_shared_lock_is_shared_only_with_those_who_share() {
    let disk = SimulatedDisk::new();
    let root = disk.process().root().unwrap();
    let open = || root.open_file("lock", Access::ReadWrite).unwrap();
    drop(root.create_file("lock", 0o600).unwrap());
    let (one, two, three) = (open(), open(), open());
    assert!(one.try_lock_shared().unwrap() && two.try_lock_shared().unwrap());
    assert!(!three.try_lock().unwrap() && !one.try_lock().unwrap());
    two.unlock().unwrap();
    assert!(one.try_lock().unwrap() && !three.try_lock_shared().unwrap());
}

#[test]
fn handles_and_space_have_limits() {
    let disk = SimulatedDisk::new();
    let process = disk.process();
    disk.set_open_limit(2);
    disk.set_capacity(6);
    let root = process.root().unwrap();
    let file = written(&root, "a", b"1234");
    assert_eq!(root.open_file("a", Access::Read).err().and_then(|error| error.raw_os_error()), Some(24));
    assert_eq!(file.write_at(b"5678", 4).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(disk.tree()["a"], Some(b"123456".to_vec()));
    file.set_length(1).unwrap();
    assert_eq!(root.free_space().unwrap(), 5);
    assert_eq!(process.most_open_handles(), 2);
}

#[test]
fn an_inode_number_is_used_again_only_when_nobody_holds_the_file() {
    let disk = SimulatedDisk::new();
    let root = disk.process().root().unwrap();
    let held = written(&root, "a", b"");
    root.remove_file("a").unwrap();
    let next = written(&root, "a", b"");
    assert_ne!(held.metadata().unwrap().identity, next.metadata().unwrap().identity);
    let number = held.metadata().unwrap().identity;
    drop(held);
    assert_eq!(written(&root, "b", b"").metadata().unwrap().identity, number);
}

#[test]
fn faults_happen_where_they_were_meant() {
    let disk = SimulatedDisk::new();
    let root = disk.process().root().unwrap();
    let file = written(&root, "a.word", b"1234");
    disk.inject(Matching::every(OperationKind::Write).ending(".word").nth(1), Fault::Short);
    disk.inject(Matching::every(OperationKind::SyncFile), Fault::Omitted);
    file.write_at(b"x", 0).unwrap();
    assert_eq!(file.write_at(b"abcd", 0).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(disk.tree()["a.word"], Some(b"ab34".to_vec()));
    file.sync_data().unwrap();
    root.sync().unwrap();
    assert_eq!(disk.crash(&mut LoseAll).tree()["a.word"], Some(Vec::new()));
    disk.heal();
    file.sync_data().unwrap();
    assert_eq!(disk.crash(&mut LoseAll).tree()["a.word"], Some(b"ab34".to_vec()));
}

#[test]
fn a_late_fault_hides_that_the_call_succeeded() {
    let disk = SimulatedDisk::new();
    let root = disk.process().root().unwrap();
    disk.inject(Matching::every(OperationKind::CreateDirectory), Fault::Late);
    disk.inject(Matching::every(OperationKind::SyncDirectory), Fault::InputOutput);
    assert!(root.create_directory("folder", 0o700).is_err() && root.sync().is_err());
    disk.heal();
    root.sync().unwrap();
    // The failed sync was the one that should have saved it.
    assert!(names(&disk.crash(&mut LoseAll)).is_empty());
    assert_eq!(names(&disk.crash(&mut KeepAll)), ["folder".to_owned()].into());
}

#[test]
fn a_stop_comes_before_its_change_or_midway_through_a_write() {
    for (cut, expected) in [(Cut::Before, b"ab".to_vec()), (Cut::Midway, b"1b".to_vec())] {
        let disk = SimulatedDisk::new();
        let process = disk.process();
        let root = process.root().unwrap();
        let file = written(&root, "a", b"ab");
        disk.stop_after(Scope::Process(process.id()), 1, cut);
        file.sync_data().unwrap();
        assert!(file.write_at(b"12", 0).is_err());
        assert!(file.metadata().is_err() && root.entries().is_err());
        assert_eq!(disk.tree()["a"], Some(expected));
        assert!(disk.process().root().unwrap().entries().is_ok());
    }
}

#[test]
fn a_paused_process_waits_for_another_and_goes_on_when_it_holds_what_the_other_needs() {
    let disk = SimulatedDisk::new();
    let (first, second) = (disk.process(), disk.process());
    let root = first.root().unwrap();
    let lock = root.create_file("lock", 0o600).unwrap();
    let gate = disk.pause(first.id(), 1);
    let (owner, marker) = (disk.clone(), first.id());
    let running = std::thread::spawn(move || {
        assert!(lock.try_lock().unwrap());
        root.create_file("late", 0o600).unwrap();
        lock.unlock().unwrap();
        owner.finished(marker);
    });
    assert!(gate.reached());
    assert_eq!(names(&disk), ["lock".to_owned()].into());
    let other = second.root().unwrap().open_file("lock", Access::ReadWrite).unwrap();
    assert!(other.try_lock().unwrap());
    assert_eq!(names(&disk), ["late".to_owned(), "lock".to_owned()].into());
    assert!(gate.contended() && !gate.reached());
    running.join().unwrap();
}
