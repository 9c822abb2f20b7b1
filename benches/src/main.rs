//! The measuring half of `cargo xtask bench`: the library, what a user would pick instead, and the bare system, doing
//! the same in turn on the same disk. What to make of it is for `xtask` to say.

mod body;
mod decide;
mod files;
mod insert;
mod lists;
mod made;
mod measuring;
mod open;
mod place;
mod prewritten;
mod reads;
mod record;
mod repeated;
mod s3;
mod side;
mod sqlite;
mod tenants;
mod update;
mod uploads;
mod writers;

use std::process::ExitCode;

use side::Group;

fn groups() -> Vec<Group> {
    let mut groups = Vec::from(insert::groups());
    groups.extend(writers::groups());
    groups.extend(update::groups());
    groups.extend(reads::groups());
    groups.extend(lists::groups());
    groups.push(decide::group());
    groups.extend(open::groups());
    groups.extend(uploads::groups());
    groups.extend(files::groups());
    groups.extend(s3::groups());
    groups.push(tenants::group());
    groups
}

fn main() -> ExitCode {
    measuring::program(&groups())
}
