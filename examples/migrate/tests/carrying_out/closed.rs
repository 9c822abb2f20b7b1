//! What the tool does where nobody reads what it says: as much as ever.

use std::fs::OpenOptions;
use std::io::pipe;
use std::process::{Command, Stdio};

use crate::tree::{Said, Tree, assert_same};

/// A pipe whose other end is closed.
fn closed() -> Stdio {
    let (_, end) = pipe().unwrap();
    end.into()
}

fn called(mut call: Command) -> Said {
    let said = Said::of(call.stdin(Stdio::null()).output().unwrap());
    assert!(!said.error.contains("panic"), "{said:?}");
    said
}

fn without_output(tree: &Tree, command: &str, arguments: &[&str]) -> Said {
    let mut call = tree.call(command, arguments);
    call.stdout(closed());
    called(call)
}

fn without_error(tree: &Tree, command: &str, arguments: &[&str]) -> Said {
    let mut call = tree.call(command, arguments);
    call.stderr(closed());
    called(call)
}

#[test]
fn with_a_closed_output_all_is_done_and_it_ends_with_7() {
    let tree = Tree::new();
    let before = tree.image();
    let all: [(&str, &[&str], &str); 5] = [
        ("plan", &["--leave"], "not_begun"),
        ("apply", &["--yes", "--leave"], "applied"),
        ("verify", &[], "applied"),
        ("status", &[], "applied"),
        ("rollback", &["--yes"], "not_begun"),
    ];
    for json in [false, true] {
        for (command, arguments, phase) in all {
            let more: &[&str] = if json { &["--json"] } else { &[] };
            let said = without_output(&tree, command, &[arguments, more].concat());
            assert_eq!(said.code, 7, "{command}: {said:?}");
            assert!(!said.error.contains("rror"), "{command}: {said:?}");
            assert_eq!(tree.phase(), phase, "{command}");
        }
        assert_same(&before, &tree.image());
    }
    tree.apply(&[]);
    assert_eq!(without_output(&tree, "finish", &["--yes"]).code, 7);
    assert_eq!(tree.phase(), "finished");
}

#[test]
fn with_a_closed_error_output_all_is_done_and_answered() {
    let tree = Tree::new();
    let before = tree.image();
    assert!(without_error(&tree, "plan", &["--leave"]).succeeds().out.starts_with("PLAN "));
    assert!(without_error(&tree, "apply", &["--yes", "--leave"]).succeeds().out.starts_with("APPLIED\n"));
    assert!(without_error(&tree, "verify", &[]).succeeds().out.ends_with("CLEAN: all is as planned\n"));
    assert!(without_error(&tree, "status", &[]).succeeds().out.starts_with("APPLIED\n"));
    assert!(without_error(&tree, "rollback", &["--yes"]).succeeds().out.starts_with("ROLLED BACK"));
    assert_same(&before, &tree.image());
    tree.apply(&[]);
    assert!(without_error(&tree, "finish", &["--yes"]).succeeds().out.starts_with("FINISHED\n"));
}

#[test]
fn a_failure_that_nobody_reads_ends_as_one_that_is_read() {
    let tree = Tree::new();
    for (command, arguments, code) in [
        ("verify", &[][..], 6),
        ("rollback", &["--yes"], 6),
        ("finish", &[], 2),
        ("apply", &["--leave"], 2),
        ("apply", &["--yes"], 3),
        ("status", &["--unknown"], 2),
    ] {
        assert_eq!(without_error(&tree, command, arguments).code, code, "{command}");
        let json = [arguments, &["--json"]].concat();
        assert_eq!(without_output(&tree, command, &json).code, code, "{command}");
        let mut call = tree.call(command, arguments);
        call.stdout(closed()).stderr(closed());
        assert_eq!(called(call).code, code, "{command}");
    }
    assert_eq!(tree.phase(), "not_begun");
}

#[test]
fn an_answer_that_can_t_be_written_is_told_with_what_was_done() {
    let tree = Tree::new();
    let mut call = tree.call("apply", &["--yes", "--leave"]);
    call.stdout(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let said = called(call);
    said.is_refused(1, "it is done, and the answer could not be printed");
    assert!(said.error.contains("make room"), "{said:?}");
    assert_eq!(tree.phase(), "applied");
}

#[test]
fn help_that_is_not_read_to_its_end_is_none_the_worse() {
    let tree = Tree::new();
    assert_eq!(without_output(&tree, "plan", &["--help"]).code, 0);
}
