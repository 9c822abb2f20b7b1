//! The dependency budget: how many crates the package brings, itself included, with default features and with
//! S3, and that the README says so.

use std::collections::BTreeSet;
use std::fs;

use crate::cargo::Cargo;
use crate::project::{PACKAGE, Project};
use crate::report::Failure;

/// A host pays for every crate in builds and in trust: the features, and how many there may be. With S3 it is 30
/// more than `object_store` 0.14 brings with its features `aws` and `fs`, as the benchmark counts them.
const BUDGETS: [(&str, usize); 2] = [("", 100), ("s3", 164)];

/// Counts and compares.
pub(crate) fn check(project: &Project) -> Result<(), Failure> {
    let readme = fs::read_to_string(project.root.join("README.md"))?;
    for (features, most) in BUDGETS {
        let tree = Cargo::at(&project.root).output(&[
            "tree",
            "--package",
            PACKAGE,
            "--features",
            features,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--no-dedupe",
        ])?;
        let crates = count(&tree);
        println!("{crates} crates of at most {most} with the features [{features}]");
        compare(crates, most, &readme)?;
    }
    Ok(())
}

/// Different lines of the tree, so that two versions of one crate count twice.
pub(crate) fn count(tree: &str) -> usize {
    tree.lines().filter(|line| !line.is_empty()).collect::<BTreeSet<_>>().len()
}

fn compare(crates: usize, most: usize, readme: &str) -> Result<(), Failure> {
    if crates > most {
        return Err(Failure::new(format!("{crates} crates are more than {most}")));
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
        assert!(compare(100, 100, "It brings **100 crates**.").is_ok());
        assert!(compare(101, 100, "It brings **101 crates**.").is_err());
        assert!(compare(90, 100, "It brings **91 crates**.").is_err());
    }
}
