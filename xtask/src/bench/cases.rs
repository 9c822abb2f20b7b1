//! What is compared with what, and what is to be reached.

/// One line: our side against a peer, a floor, or both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    /// Its name; `a/b` is a further comparison of what `a` measures.
    pub(super) name: &'static str,
    /// The group of sides that take turns, in `benches/`.
    pub(super) group: &'static str,
    /// The sides that stand for ours, the peer and the floor.
    pub(super) ours: &'static str,
    pub(super) peer: Option<&'static str>,
    pub(super) floor: Option<&'static str>,
    /// What is to be reached; all of it.
    pub(super) bounds: &'static [Bound],
    pub(super) unit: Unit,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// The time of an operation.
    Seconds,
    /// What a library brings along.
    Crates,
    /// What is held in memory.
    Bytes,
    /// How often something is allocated, for each record.
    Allocations,
}

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bound {
    /// At least so many times as fast as the peer.
    AsFast(f64),
    /// At most so many times the peer's time.
    PeerTime(f64),
    /// At most so many times the floor's time.
    FloorTime(f64),
    /// At most so many seconds.
    Seconds(f64),
    /// Less than the peer.
    Fewer,
    /// At most so many more than the peer.
    More(f64),
    /// No more than the peer.
    Within,
    /// Less than that.
    LessThan(f64),
}

/// The group of what a process of many tenants has in memory.
const TENANTS_MEMORY: &str = "tenants-memory";

/// The group that migrates.
const MIGRATE: &str = "migrate";

/// The groups in which each operation is durable when it ends, so that syncs are worth counting.
pub(super) fn is_durable(group: &str) -> bool {
    ["insert-", "update-", "upload-", MIGRATE].iter().any(|kind| group.starts_with(kind))
}

use Bound::{AsFast, Fewer, FloorTime, LessThan, More, PeerTime, Seconds, Within};

/// A line whose sides have their usual names.
const fn case(name: &'static str, peer: &'static str, bounds: &'static [Bound]) -> Case {
    Case {
        name,
        group: name,
        ours: "tenantry",
        peer: Some(peer),
        floor: Some("floor"),
        bounds,
        unit: Unit::Seconds,
    }
}

/// A line of single reads, whose floor is a map in memory.
const fn get(name: &'static str, group: &'static str, ours: &'static str, bounds: &'static [Bound]) -> Case {
    Case { name, group, ours, peer: Some("rusqlite"), floor: Some("hashbrown"), bounds, unit: Unit::Seconds }
}

/// A line of opening until the first record is read.
const fn first_get(name: &'static str, group: &'static str, bounds: &'static [Bound]) -> Case {
    Case {
        name,
        group,
        ours: "tenantry-get",
        peer: Some("rusqlite-get"),
        floor: None,
        bounds,
        unit: Unit::Seconds,
    }
}

/// A line that has a group of its own and no floor.
const fn without_floor(
    name: &'static str,
    group: &'static str,
    peer: &'static str,
    bounds: &'static [Bound],
) -> Case {
    Case { name, group, ours: "tenantry", peer: Some(peer), floor: None, bounds, unit: Unit::Seconds }
}

/// A further comparison of what `of` measures.
const fn further(name: &'static str, of: &Case, peer: &'static str, bounds: &'static [Bound]) -> Case {
    Case { name, group: of.group, ours: of.ours, peer: Some(peer), floor: None, bounds, unit: Unit::Seconds }
}

/// A line of what cargo says.
const fn built(
    name: &'static str,
    ours: &'static str,
    peer: &'static str,
    bounds: &'static [Bound],
    unit: Unit,
) -> Case {
    Case { name, group: "build", ours, peer: Some(peer), floor: None, bounds, unit }
}

/// A line of what a record takes in memory: what is held of it, what the budget counts for it, and its text.
const fn memory(name: &'static str, held: &'static str, budget: &'static str, text: &'static str) -> Case {
    let (peer, floor) = (Some(budget), Some(text));
    Case { name, group: "memory", ours: held, peer, floor, bounds: &[Within], unit: Unit::Bytes }
}

/// A line of what reading a record allocates. A list may be one itself, and its vector grows.
const fn allocated(name: &'static str, ours: &'static str) -> Case {
    let bounds = &[LessThan(0.1)];
    Case { name, group: "allocations", ours, peer: None, floor: None, bounds, unit: Unit::Allocations }
}

/// The groups that the program beside the measuring one counts.
pub(super) fn is_counted(group: &str) -> bool {
    ["memory", "allocations", TENANTS_MEMORY].contains(&group)
}

/// The program that measures a group, which has its package's name.
pub(super) fn program(group: &str) -> &'static str {
    if group == MIGRATE { "tenantry-bench-migrate" } else { "tenantry-bench" }
}

/// The groups whose peer is a Python program with the packages that the tests of other programs need.
pub(super) fn needs_python(group: &str) -> bool {
    group == MIGRATE
}

/// The groups for which a server has to be there.
pub(super) fn needs_server(group: &str) -> bool {
    group.starts_with("s3-")
}

/// All of them, in the order in which they are run.
pub(super) fn all() -> Vec<Case> {
    let large = case("insert-1-100k", "rusqlite", &[AsFast(1.4), FloorTime(1.1)]);
    let one = case("insert-64-one", "connections", &[AsFast(30.0), FloorTime(4.0)]);
    // 0.8 times the floor's rate.
    let many = case("insert-64-64", "shared", &[AsFast(15.0), FloorTime(1.25)]);
    let update = case("update-100k", "rusqlite", &[AsFast(1.1)]);
    vec![
        case("insert-1-1k", "rusqlite", &[AsFast(1.25), FloorTime(1.1)]),
        large,
        further("insert-1-100k/flat", &large, "tenantry-1k", &[PeerTime(1.2)]),
        Case { name: "insert-1-100k/views", group: "insert-1-100k-views", peer: None, bounds: &[], ..large },
        one,
        further("insert-64-one/smart", &one, "smart", &[AsFast(3.0)]),
        many,
        further("insert-64-64/separate", &many, "separate", &[AsFast(1.1)]),
        update,
        Case {
            name: "update-100k/rewrite",
            group: "update-100k-rewrite",
            peer: Some("rewrite"),
            floor: None,
            bounds: &[AsFast(5000.0)],
            ..update
        },
        get("get-1k", "get-1k", "tenantry", &[AsFast(25.0)]),
        get("get-1k/strict", "get-1k", "tenantry-strict", &[]),
        without_floor("get-1k/transaction", "get-1k-transaction", "rusqlite", &[]),
        get("get-100k", "get-100k", "tenantry", &[AsFast(15.0)]),
        get("get-100k/strict", "get-100k", "tenantry-strict", &[AsFast(5.0)]),
        without_floor("get-100k/transaction", "get-100k-transaction", "rusqlite", &[]),
        without_floor("get-100k/first", "get-100k-first", "rusqlite", &[]),
        without_floor("page", "page", "rusqlite", &[AsFast(50.0)]),
        without_floor("page/first", "page-first", "rusqlite", &[AsFast(1.0)]),
        without_floor("list", "list", "rusqlite", &[AsFast(50.0)]),
        without_floor("list/first", "list-first", "rusqlite", &[AsFast(1.0)]),
        without_floor("decide", "decide", "direct", &[Seconds(25e-9)]),
        Case { ours: "can", ..without_floor("decide/can", "decide", "direct", &[]) },
        // A fifth of its time.
        case("open-1k", "rusqlite", &[AsFast(5.0), FloorTime(2.0)]),
        first_get("open-1k/first-get", "open-1k", &[]),
        case("open-100k", "rusqlite", &[AsFast(5.0), FloorTime(2.0)]),
        first_get("open-100k/first-get", "open-100k", &[PeerTime(2.0)]),
        case("upload-1k", "object_store", &[FloorTime(1.6)]),
        case("upload-1m", "object_store", &[]),
        // 1.1 times the floor's rate.
        case("upload-1g", "object_store", &[FloorTime(1.0 / 1.1)]),
        // 0.9 times the floor's rate.
        case("read-1g", "object_store", &[AsFast(10.0), FloorTime(1.0 / 0.9)]),
        further("read-1g/opendal", &case("read-1g", "", &[]), "opendal", &[]),
        // 0.65 times the floor's rate.
        case("read-ranges", "object_store", &[FloorTime(1.0 / 0.65)]),
        further("read-ranges/opendal", &case("read-ranges", "", &[]), "opendal", &[]),
        case("s3-commit", "object_store", &[FloorTime(1.1)]),
        case("s3-get", "object_store", &[FloorTime(1.1)]),
        case("s3-upload", "object_store", &[FloorTime(1.1)]),
        case("s3-read", "object_store", &[FloorTime(1.1)]),
        without_floor("tenants", "tenants", "tenantry-1k", &[PeerTime(1.2)]),
        Case {
            ours: "uncached",
            ..without_floor("tenants/uncached", "tenants", "uncached-1k", &[PeerTime(1.5)])
        },
        Case { group: TENANTS_MEMORY, ..memory("tenants/memory", "held", "budget", "held-1k") },
        case(MIGRATE, "script", &[AsFast(3.0)]),
        Case {
            name: "migrate/plan",
            group: MIGRATE,
            ours: "tenantry-plan",
            ..without_floor("migrate/plan", MIGRATE, "script", &[])
        },
        memory("memory-1k", "held-1k", "budget-1k", "text-1k"),
        memory("memory-1k/typed", "held-1k-typed", "budget-1k-typed", "text-1k"),
        memory("memory-100k", "held-100k", "budget-100k", "text-100k"),
        memory("memory-100k/typed", "held-100k-typed", "budget-100k-typed", "text-100k"),
        allocated("allocations", "get"),
        allocated("allocations/strict", "strict"),
        allocated("allocations/page", "page-record"),
        allocated("allocations/list", "list-record"),
        built("build", "tenantry", "opendal", &[Fewer], Unit::Crates),
        built("build/object_store", "tenantry", "object_store", &[More(30.0)], Unit::Crates),
        built("build/s3", "tenantry-s3", "opendal-s3", &[Fewer], Unit::Crates),
        built("build/s3-object_store", "tenantry-s3", "object_store-s3", &[More(30.0)], Unit::Crates),
        built("build/time", "tenantry-time", "opendal-time", &[], Unit::Seconds),
        built("build/time-object_store", "tenantry-time", "object_store-time", &[], Unit::Seconds),
        built("build/time-s3", "tenantry-s3-time", "opendal-s3-time", &[], Unit::Seconds),
        built("build/time-s3-object_store", "tenantry-s3-time", "object_store-s3-time", &[], Unit::Seconds),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_cases_have_one_name() {
        let mut names: Vec<&str> = all().iter().map(|case| case.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_bound_is_set_against_a_side_that_is_there() {
        for case in all() {
            for bound in case.bounds {
                let side = match bound {
                    AsFast(_) | PeerTime(_) | Fewer | More(_) | Within => case.peer,
                    FloorTime(_) => case.floor,
                    Seconds(_) | LessThan(_) => Some(case.ours),
                };
                assert!(side.is_some(), "{}", case.name);
            }
        }
    }
}
