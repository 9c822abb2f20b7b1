//! The guide, played from its beginning to its end: what it shows is what the tool prints, line by line.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const GUIDE: &str = include_str!("../../../docs/migrating.md");
/// Stands in the guide for lines, or for the rest of a line, that are left out.
const LEFT_OUT: &str = "…";
/// What of it solves the one thing that is in the way of the tree and that no option leaves.
const SOLVED: &str =
    "mv jadwalstream/data/user123/live_streams.json jadwalstream/data/user123/live_streams.json.damaged";
const APPLIED: &str = "migrate apply --root jadwalstream --leave --yes";

/// A new folder in which the guide's tree lies, after what it has been through by then.
fn folder(been_through: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../legacy/jadwalstream");
    let copied = Command::new("cp").arg("-a").arg(tree).arg(folder.path()).status();
    assert!(copied.unwrap().success());
    for command in been_through {
        play(folder.path(), command);
    }
    folder
}

/// What a command says, but for how far it is: first what goes to the standard error, as at a terminal.
fn play(folder: &Path, command: &str) -> Vec<String> {
    let tool = Path::new(env!("CARGO_BIN_EXE_migrate")).parent().unwrap();
    let path = format!("{}:{}", tool.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder).env("PATH", path).stdin(Stdio::null());
    let output = shell.output().unwrap();
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8(said).unwrap();
    said.lines().filter(|line| !line.is_empty() && !is_progress(line)).map(str::to_owned).collect()
}

/// Whether a line says that so many of so many are done.
fn is_progress(line: &str) -> bool {
    line.split(": ").skip(1).any(|told| {
        let words: Vec<&str> = told.split([' ', ',', ';']).collect();
        let is_number = |word: &str| word.parse::<u64>().is_ok();
        matches!(words[..], [done, "of", all, ..] if is_number(done) && is_number(all))
    })
}

/// Whether that was said which is shown.
fn is_said(shown: &[&str], said: &[String]) -> bool {
    match (shown, said) {
        ([], []) => true,
        ([first, rest @ ..], _) if first.trim() == LEFT_OUT => {
            (0..=said.len()).any(|left_out| is_said(rest, &said[left_out..]))
        }
        ([first, shown @ ..], [line, said @ ..]) => {
            let is_it = match first.strip_suffix(LEFT_OUT) {
                Some(beginning) => line.starts_with(beginning),
                None => line == first,
            };
            is_it && is_said(shown, said)
        }
        _ => false,
    }
}

/// The commands of a block, each with what is shown of it.
fn commands(block: &str) -> Vec<(&str, Vec<&str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in block.lines().filter(|line| !line.is_empty()) {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => panic!("{line:?} is shown of no command"),
        }
    }
    commands
}

#[test]
fn what_the_guide_shows_is_what_the_tool_prints() {
    let (mut place, mut played, mut cut_off) = (folder(&[]), 0, 0);
    for section in GUIDE.split("\n## ") {
        match section.lines().next().unwrap() {
            "Undo" => place = folder(&[SOLVED, APPLIED]),
            "One tenant at a time" => place = folder(&[SOLVED]),
            _ => {}
        }
        for block in section.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            // What is shown of somebody's stopping it depends on when.
            if !block.starts_with("$ ") {
                cut_off += 1;
                continue;
            }
            for (command, shown) in commands(block) {
                let said = play(place.path(), command);
                assert!(is_said(&shown, &said), "{command}\nshown: {shown:#?}\nsaid: {said:#?}");
                played += 1;
            }
        }
    }
    assert_eq!((played, cut_off), (11, 1));
}
