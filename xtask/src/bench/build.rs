//! The case `build`: how many crates the library brings and how long it builds from nothing, beside what one would take
//! instead. Each is the one dependency of an empty package, made for this, with a target folder of its own.

use std::path::Path;
use std::time::Instant;

use super::measured::Measured;
use crate::budget;
use crate::cargo::Cargo;
use crate::project::Project;
use crate::report::Failure;

/// The name of the group.
pub(super) const GROUP: &str = "build";

/// The sides: what is depended on, and with which features. All have a store on the local disk and one in memory, the
/// second three S3 besides, over TLS (which is one of OpenDAL's default features).
const SIDES: [(&str, &str, &[&str]); 6] = [
    ("tenantry", "tenantry", &[]),
    ("opendal", "opendal", &["services-fs", "services-memory"]),
    ("object_store", "object_store", &["fs"]),
    ("tenantry-s3", "tenantry", &["s3"]),
    ("opendal-s3", "opendal", &["default", "services-fs", "services-s3"]),
    ("object_store-s3", "object_store", &["fs", "aws"]),
];

/// What `benches/` measures is of this version too.
const VERSIONS: [(&str, &str); 2] = [("opendal", "0.55"), ("object_store", "0.14")];

/// Counts crates and times builds; of each side there are both, as `<side>` and `<side>-time`.
pub(super) fn measure(project: &Project, folder: &Path, rounds: usize) -> Result<Measured, Failure> {
    let mut sides: Vec<(String, Vec<f64>)> = Vec::new();
    for (side, dependency, features) in SIDES {
        let package = folder.join(side);
        std::fs::create_dir_all(package.join("src"))?;
        std::fs::write(package.join("src/lib.rs"), "")?;
        std::fs::write(package.join("Cargo.toml"), manifest(project, dependency, features)?)?;
        // Where the versions are the same, so are those of what they depend on.
        std::fs::copy(project.root.join("Cargo.lock"), package.join("Cargo.lock"))?;
        let tree = ["tree", "--edges", "normal", "--prefix", "none", "--no-dedupe"];
        // The empty package is none of them.
        let crates = budget::count(&Cargo::at(&package).output(&tree)?) - 1;
        sides.push((side.to_owned(), vec![crates as f64]));
    }
    let mut times = vec![Vec::new(); SIDES.len()];
    for round in 0..rounds {
        for turn in 0..SIDES.len() {
            let at = (round + turn) % SIDES.len();
            times[at].push(build(&folder.join(SIDES[at].0))?);
        }
    }
    sides.extend(SIDES.iter().zip(times).map(|((side, ..), times)| (format!("{side}-time"), times)));
    Ok(Measured::of(sides))
}

/// How long a clean build takes.
#[allow(clippy::disallowed_methods, reason = "what is measured is how long it takes")]
fn build(package: &Path) -> Result<f64, Failure> {
    let target = package.join("target");
    if target.exists() {
        std::fs::remove_dir_all(&target)?;
    }
    // What is fetched and unpacked is no part of the build.
    let _ = Cargo::at(package).output(&["fetch", "--quiet"])?;
    let path = target.to_str().ok_or_else(|| Failure::new("the target folder's name is no text"))?;
    let begun = Instant::now();
    let _ = Cargo::at(package).output(&["build", "--quiet", "--release", "--target-dir", path])?;
    Ok(begun.elapsed().as_secs_f64())
}

/// A package that depends on one other.
fn manifest(project: &Project, dependency: &str, features: &[&str]) -> Result<String, Failure> {
    let version = VERSIONS.iter().find(|(name, _)| *name == dependency);
    let source = match version {
        Some((_, version)) => format!("version = {version:?}"),
        None => format!("path = {:?}", project.root),
    };
    Ok(format!(
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\nrust-version = \"1.89\"\n\n\
         [dependencies]\n{dependency} = {{ {source}, default-features = false, features = {} }}\n\n[workspace]\n",
        serde_json::to_string(features)?
    ))
}
