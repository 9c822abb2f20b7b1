//! Migrating one shared folder to tenants, beside the script that was planned for it and beside what cannot be less: each
//! file renamed once, and each database written once.

mod floor;
#[path = "../../src/measuring.rs"]
mod measuring;
mod ours;
mod script;
#[path = "../../src/side.rs"]
mod side;
mod tree;

use std::process::ExitCode;

use side::Group;

/// An operation is a file that is migrated, with its share of the records.
fn main() -> ExitCode {
    measuring::program(&[Group {
        name: "migrate",
        operations: [20_000, 1_000],
        turns: 1,
        sides: vec![
            ("tenantry", ours::migrating, 1),
            ("tenantry-plan", ours::planning, 1),
            ("script", script::script, 1),
            ("floor", floor::floor, 1),
        ],
    }])
}
