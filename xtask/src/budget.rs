//! The dependency budget: how many crates the package with default features brings, itself
//! included, and that the README says so.

use std::collections::BTreeSet;
use std::fs;

use crate::cargo::Cargo;
use crate::project::{PACKAGE, Project};
use crate::report::Failure;

/// A host pays for every crate in builds and in trust.
const MOST: usize = 100;

/// Counts and compares.
pub(crate) fn check(project: &Project) -> Result<(), Failure> {
    let tree = Cargo::at(&project.root).output(&[
        "tree",
        "--package",
        PACKAGE,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--no-dedupe",
    ])?;
    let readme = fs::read_to_string(project.root.join("README.md"))?;
    let crates = count(&tree);
    println!("{crates} crates of at most {MOST}");
    compare(crates, &readme)
}

/// Different lines of the tree, so that two versions of one crate count twice.
fn count(tree: &str) -> usize {
    tree.lines().filter(|line| !line.is_empty()).collect::<BTreeSet<_>>().len()
}

fn compare(crates: usize, readme: &str) -> Result<(), Failure> {
    if crates > MOST {
        return Err(Failure::new(format!("{crates} crates are more than {MOST}")));
    }
    let statement = format!("**{crates} crates**");
    if !readme.contains(&statement) {
        return Err(Failure::new(format!("README.md has to state the number as {statement}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_for_each_version() {
        assert_eq!(count("a v1.0.0\nb v1.0.0\nb v1.0.0\nb v2.0.0\n"), 3);
    }

    #[test]
    fn the_budget_is_held_to_the_crate_and_the_readme_has_to_state_it() {
        assert!(compare(MOST, "It brings **100 crates**.").is_ok());
        assert!(compare(MOST + 1, "It brings **101 crates**.").is_err());
        assert!(compare(90, "It brings **91 crates**.").is_err());
    }
}
