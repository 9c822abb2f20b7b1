//! What is asked at a terminal.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::tree::{Said, Tree, assert_same};

/// A terminal: the end at which somebody sits, and the other one.
fn terminal() -> (File, File) {
    let end = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&end).unwrap();
    unlockpt(&end).unwrap();
    let name = ptsname(&end, Vec::new()).unwrap();
    let terminal = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    (File::from(end), terminal)
}

/// A command that is asked at a terminal, and the end at which somebody sits.
fn asked(tree: &Tree, command: &str, arguments: &[&str]) -> (Child, File) {
    let (end, terminal) = terminal();
    let call =
        tree.call(command, arguments).stdin(terminal).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    (call.unwrap(), end)
}

/// Reads until the question was put.
fn question(child: &mut Child) -> String {
    let (error, mut read) = (child.stderr.as_mut().unwrap(), Vec::new());
    while !read.ends_with(b"[y/N] ") {
        let mut byte = [0];
        assert_eq!(error.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&read));
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}

fn answered(mut child: Child, mut end: File, answer: &str) -> Said {
    let read = question(&mut child);
    end.write_all(answer.as_bytes()).unwrap();
    let said = Said::of(child.wait_with_output().unwrap());
    Said { error: read + &said.error, ..said }
}

#[test]
fn only_yes_is_taken_for_an_agreement() {
    let tree = Tree::new();
    let before = tree.image();
    for answer in ["n\n", "\n", "yes, but\n"] {
        let (child, end) = asked(&tree, "apply", &["--leave"]);
        let said = answered(child, end, answer);
        said.is_refused(2, "not confirmed");
        assert!(said.error.contains("8 tenants"), "{said:?}");
        assert!(said.error.contains("Apply this plan? [y/N]"), "{said:?}");
    }
    assert_same(&before, &tree.image());
    let (child, end) = asked(&tree, "apply", &["--leave"]);
    assert!(answered(child, end, "y\n").succeeds().out.starts_with("APPLIED"));
    let (child, end) = asked(&tree, "finish", &[]);
    answered(child, end, "no\n").is_refused(2, "Finish this migration?");
    let (child, end) = asked(&tree, "rollback", &[]);
    assert!(answered(child, end, "Yes\n").succeeds().error.contains("Roll it back?"));
    assert_same(&before, &tree.image());
}

#[test]
fn where_the_question_can_t_be_put_nothing_is_changed() {
    let tree = Tree::new();
    let before = tree.image();
    let (_end, terminal) = terminal();
    let (_, closed) = std::io::pipe().unwrap();
    let mut call = tree.call("apply", &["--leave"]);
    let said = Said::of(call.stdin(terminal).stderr(closed).output().unwrap());
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert_same(&before, &tree.image());
}

#[test]
fn a_tree_that_changed_while_the_plan_was_looked_at_is_not_migrated() {
    let tree = Tree::new();
    let (mut child, mut end) = asked(&tree, "apply", &["--leave"]);
    question(&mut child);
    fs::write(tree.root().join("videos/new.mp4"), "uploaded meanwhile").unwrap();
    let changed = tree.image();
    end.write_all(b"y\n").unwrap();
    let said = Said::of(child.wait_with_output().unwrap());
    said.is_refused(3, "the tree has changed");
    assert_same(&changed, &tree.image());
}
