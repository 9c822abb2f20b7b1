//! Stopped and killed in the middle, and called again.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::tree::{Said, Tree, assert_same};

/// Begins to apply, and sends a signal once a line of the progress begins like that. All that is said after.
fn cut_off(tree: &Tree, at: &str, signal: Signal) -> (std::process::ExitStatus, String) {
    let arguments = ["--yes", "--leave"];
    let call = tree
        .call("apply", &arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child: Child = call.unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with(at)), "nothing was told of {at}");
    kill_process(Pid::from_child(&child), signal).unwrap();
    let told: Vec<String> = lines.collect();
    (child.wait().unwrap(), told.join("\n"))
}

/// A tree in which a migration was killed in the middle. Whether it was still at work when the signal came is not
/// ours to say, so it may take another try.
fn killed(tree: &Tree) {
    for _ in 0..20 {
        let (status, _) = cut_off(tree, "files of ", Signal::KILL);
        if !status.success() && tree.phase() == "applying" {
            return;
        }
        tree.migrate("rollback", &["--yes"]).succeeds();
    }
    panic!("it was never killed in the middle");
}

#[test]
fn what_was_killed_goes_on_to_its_end() {
    let tree = Tree::with_videos(1500);
    killed(&tree);
    let status = tree.migrate("status", &["--json"]).succeeds().document();
    assert!(!status["to_come"].as_array().unwrap().is_empty());
    // Of what lies half here and half there no plan could be right.
    tree.migrate("plan", &["--leave"]).is_refused(6, "apply goes on with it");
    // Whatever is said now of how to plan: it was planned.
    let applied =
        tree.migrate("apply", &["--yes", "--json", "--default-owner", "other"]).succeeds().document();
    assert_eq!((&applied["went_on"], &applied["tenants"]), (&true.into(), &8.into()));
    let verified = tree.migrate("verify", &["--json"]).succeeds().document();
    let whole = Tree::with_videos(1500);
    whole.apply(&[]);
    assert_eq!(verified, whole.migrate("verify", &["--json"]).succeeds().document());
}

#[test]
fn what_was_killed_goes_back_to_what_it_was() {
    let tree = Tree::with_videos(1500);
    let before = tree.image();
    killed(&tree);
    tree.migrate("rollback", &["--yes"]).succeeds();
    assert_same(&before, &tree.image());
}

#[test]
fn what_was_stopped_says_how_to_go_on_and_does() {
    let tree = Tree::with_videos(1500);
    for signal in [Signal::INT, Signal::TERM] {
        let stopped = (0..20).map(|_| cut_off(&tree, "files of ", signal)).find(|(status, _)| {
            let stopped = status.code() == Some(5);
            if !stopped {
                tree.migrate("rollback", &["--yes"]).succeeds();
            }
            stopped
        });
        let (_, told) = stopped.unwrap();
        assert!(told.contains("stopped\ncall it again to go on\n"), "{told}");
        assert!(told.contains("rollback undoes it"), "{told}");
        assert_eq!(tree.phase(), "applying");
        tree.migrate("finish", &["--yes"]).is_refused(6, "apply goes on with it");
        if signal == Signal::INT {
            tree.migrate("rollback", &["--yes"]).succeeds();
        }
    }
    let applied = Said::document(&tree.apply(&["--json"]));
    assert_eq!(applied["went_on"], true);
    tree.migrate("verify", &[]).succeeds();
}
