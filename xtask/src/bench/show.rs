//! How lines are printed: as a table, or as JSON with the table beside it on the standard error.

use std::path::Path;

use serde_json::{Value, json};

use super::arguments::Arguments;
use super::cases::Unit;
use super::judge::{Line, Ratio};

/// Of each side the syncs of one operation, where they were counted.
pub(super) type Syncs = [(String, Option<f64>)];

/// What was asked for and where it runs, and the table's head.
pub(super) fn head(arguments: &Arguments, folder: &Path, traced: bool) {
    say(arguments, &summary(arguments, folder));
    if !traced {
        say(arguments, "syncs are not counted, since strace is not there");
    }
    say(arguments, "");
    say(
        arguments,
        "| case | ours | peer | floor | times as fast as the peer | times the floor's time | syncs an operation: ours, peer, floor | target | |",
    );
    say(arguments, "|---|---|---|---|---|---|---|---|---|");
}

/// How a run was made, in a line.
pub(super) fn summary(arguments: &Arguments, folder: &Path) -> String {
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let round = if arguments.quick { "quick rounds, to try it out" } else { "rounds" };
    format!("{} {round}; {processors} processors; {}", arguments.rounds(), disk(folder))
}

/// One case.
pub(super) fn line(arguments: &Arguments, line: &Line, syncs: &Syncs) {
    if arguments.json {
        println!("{}", as_json(line));
    }
    say(arguments, &row(line, syncs));
}

fn say(arguments: &Arguments, text: &str) {
    if arguments.json { eprintln!("{text}") } else { println!("{text}") }
}

/// The kind of file system on which a folder lies: where that is memory, being durable costs nothing.
fn disk(folder: &Path) -> String {
    let kind = std::fs::read_to_string("/proc/self/mountinfo")
        .ok()
        .and_then(|mounts| file_system(&mounts, folder).map(str::to_owned));
    kind.map_or_else(|| "an unknown file system".to_owned(), |kind| format!("on {kind}"))
}

/// The kind of the mount that is nearest to a folder.
fn file_system<'a>(mounts: &'a str, folder: &Path) -> Option<&'a str> {
    let mount = |line: &'a str| {
        let (place, kind) = line.split_once(" - ")?;
        let point = place.split(' ').nth(4)?;
        folder.starts_with(point).then_some((point.len(), kind.split(' ').next()?))
    };
    mounts.lines().filter_map(mount).max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

/// The line's documented form. Times are seconds an operation, `vs_peer` how many times as fast as the peer, `vs_floor`
/// how many times the floor's time.
fn as_json(line: &Line) -> Value {
    let ratio = |ratio: Option<Ratio>| {
        ratio.map(|r| json!({ "median": r.median, "min": r.least, "max": r.greatest }))
    };
    json!({
        "case": line.case,
        "ours": line.ours.1,
        "peer": line.peer.map(|peer| peer.1),
        "floor": line.floor.map(|floor| floor.1),
        "vs_peer": ratio(line.vs_peer),
        "vs_floor": ratio(line.vs_floor),
        "target": line.target,
        "met": line.met,
    })
}

fn row(line: &Line, syncs: &Syncs) -> String {
    let none = || "–".to_owned();
    let ratio = |ratio: Option<Ratio>| {
        ratio.map_or_else(none, |r| {
            format!("{} ({} – {})", short(r.median), short(r.least), short(r.greatest))
        })
    };
    let amount = |number: f64| match line.unit {
        Unit::Seconds => time(number),
        Unit::Crates => format!("{number} crates"),
        Unit::Bytes => format!("{number:.0} bytes"),
        Unit::Allocations => format!("{} allocations", short(number)),
    };
    let named = |side: Option<(&str, f64)>| {
        side.map_or_else(none, |(name, number)| format!("{name} {}", amount(number)))
    };
    let counted = |side: Option<(&'static str, f64)>| {
        let found = side.and_then(|(name, _)| syncs.iter().find(|(side, _)| side == name));
        found.and_then(|(_, count)| *count).map_or_else(none, short)
    };
    let sides = [Some(line.ours), line.peer, line.floor].map(counted);
    let met = match line.met {
        Some(true) => "met",
        Some(false) => "**missed**",
        None => "",
    };
    let floor = line.floor.map_or_else(none, |floor| amount(floor.1));
    let cells = [
        line.case.to_owned(),
        amount(line.ours.1),
        named(line.peer),
        floor,
        ratio(line.vs_peer),
        ratio(line.vs_floor),
        if sides.iter().all(|side| *side == "–") { none() } else { sides.join(", ") },
        line.target.clone(),
        met.to_owned(),
    ];
    format!("| {} |", cells.join(" | "))
}

/// A number with three figures, of a small one two.
fn short(number: f64) -> String {
    let digits = match number.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.1 => 2,
        size if size >= 0.01 => 3,
        _ => 4,
    };
    format!("{number:.digits$}")
}

/// Seconds in the unit in which they are a number to read.
pub(super) fn time(seconds: f64) -> String {
    let (factor, unit) = match seconds {
        s if s >= 1.0 => (1.0, "s"),
        s if s >= 1e-3 => (1e3, "ms"),
        s if s >= 1e-6 => (1e6, "µs"),
        _ => (1e9, "ns"),
    };
    format!("{} {unit}", short(seconds * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Line {
        Line {
            case: "insert-1-1k",
            unit: Unit::Seconds,
            ours: ("tenantry", 0.000_21),
            peer: Some(("rusqlite", 0.000_42)),
            floor: Some(("floor", 0.000_2)),
            vs_peer: Some(Ratio { median: 2.0, least: 1.5, greatest: 12.25 }),
            vs_floor: Some(Ratio { median: 1.05, least: 1.0, greatest: 1.1 }),
            target: "≥ 1.25 × as fast as rusqlite".to_owned(),
            met: Some(true),
        }
    }

    #[test]
    fn a_json_line_has_the_documented_members_and_no_other() {
        let expected = json!({
            "case": "insert-1-1k",
            "ours": 0.000_21,
            "peer": 0.000_42,
            "floor": 0.000_2,
            "vs_peer": { "median": 2.0, "min": 1.5, "max": 12.25 },
            "vs_floor": { "median": 1.05, "min": 1.0, "max": 1.1 },
            "target": "≥ 1.25 × as fast as rusqlite",
            "met": true,
        });
        assert_eq!(as_json(&example()), expected);
    }

    #[test]
    fn what_a_case_does_not_have_is_null() {
        let line = Line { peer: None, vs_peer: None, target: String::new(), met: None, ..example() };
        let value = as_json(&line);
        assert_eq!(
            (&value["peer"], &value["vs_peer"], &value["met"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
    }

    #[test]
    fn a_row_has_all_in_units_that_can_be_read() {
        let syncs = [("tenantry".to_owned(), Some(1.0)), ("rusqlite".to_owned(), Some(1.004))];
        let expected = "| insert-1-1k | 210 µs | rusqlite 420 µs | 200 µs | 2.00 (1.50 – 12.2) | 1.05 (1.00 – 1.10) \
                        | 1.00, 1.00, – | ≥ 1.25 × as fast as rusqlite | met |";
        assert_eq!(row(&example(), &syncs), expected);
        assert!(
            row(&Line { met: Some(false), ..example() }, &[])
                .contains("| – | ≥ 1.25 × as fast as rusqlite | **missed** |")
        );
    }

    #[test]
    fn what_is_counted_has_no_time() {
        let line =
            Line { unit: Unit::Crates, ours: ("tenantry", 92.0), peer: None, floor: None, ..example() };
        assert!(row(&line, &[]).starts_with("| insert-1-1k | 92 crates | – | – |"));
        let line = Line { unit: Unit::Bytes, ours: ("held", 509.96), ..line };
        assert!(row(&line, &[]).starts_with("| insert-1-1k | 510 bytes | – | – |"));
        let line = Line { unit: Unit::Allocations, ours: ("get", 49.0), ..line };
        assert!(row(&line, &[]).starts_with("| insert-1-1k | 49.0 allocations | – | – |"));
    }

    #[test]
    fn times_are_shown_with_three_figures() {
        assert_eq!([0.5, 0.0456, 0.001_23].map(short), ["0.50", "0.046", "0.0012"]);
        let shown = [2.5e-8, 9.99e-6, 1.234e-4, 0.0456, 12.34].map(time);
        assert_eq!(shown, ["25.0 ns", "9.99 µs", "123 µs", "45.6 ms", "12.3 s"]);
    }

    #[test]
    fn a_folder_lies_on_the_nearest_mount() {
        let mounts = "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:5 / /tmp rw - tmpfs none rw\n";
        assert_eq!(file_system(mounts, Path::new("/home/ana")), Some("ext4"));
        assert_eq!(file_system(mounts, Path::new("/tmp/ana")), Some("tmpfs"));
    }
}
