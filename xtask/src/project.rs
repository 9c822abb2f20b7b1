//! What the manifests say, asked of cargo, so that no list of features or examples is kept by hand.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo::Cargo;
use crate::report::Failure;

/// The published package.
pub(crate) const PACKAGE: &str = "tenantry";

/// How the names of packages begin that are an example each.
const EXAMPLE_PREFIX: &str = "tenantry-example-";

/// The workspace as the manifests describe it.
#[derive(Debug)]
pub(crate) struct Project {
    /// Where the workspace's manifest is.
    pub(crate) root: PathBuf,
    /// Where builds go.
    pub(crate) target: PathBuf,
    /// The package's features, in order.
    pub(crate) features: Vec<String>,
    /// The package's examples, in order.
    pub(crate) examples: Vec<String>,
    /// The examples that are packages of their own, for the sake of what they depend on; in order.
    pub(crate) example_packages: Vec<String>,
}

impl Project {
    /// Reads it for the folder that this command was called in.
    pub(crate) fn read() -> Result<Self, Failure> {
        let metadata =
            Cargo::at(Path::new(".")).output(&["metadata", "--format-version", "1", "--no-deps"])?;
        Self::from_metadata(&serde_json::from_str(&metadata)?)
    }

    fn from_metadata(metadata: &Value) -> Result<Self, Failure> {
        let missing = |what: &str| Failure::new(format!("cargo metadata names no {what}"));
        let path = |field: &str| metadata[field].as_str().map(PathBuf::from).ok_or_else(|| missing(field));
        let packages = metadata["packages"].as_array().ok_or_else(|| missing("packages"))?;
        let package =
            packages.iter().find(|package| package["name"] == PACKAGE).ok_or_else(|| missing(PACKAGE))?;
        let features = package["features"].as_object().ok_or_else(|| missing("features"))?;
        let targets = package["targets"].as_array().ok_or_else(|| missing("targets"))?;
        let mut examples: Vec<String> = targets
            .iter()
            .filter(|target| {
                target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == "example"))
            })
            .filter_map(|target| target["name"].as_str().map(str::to_owned))
            .collect();
        examples.sort();
        let own = packages.iter().filter_map(|package| package["name"].as_str());
        let mut example_packages: Vec<String> =
            own.filter(|name| name.starts_with(EXAMPLE_PREFIX)).map(str::to_owned).collect();
        example_packages.sort();
        Ok(Self {
            example_packages,
            root: path("workspace_root")?,
            target: path("target_directory")?,
            features: features.keys().cloned().collect(),
            examples,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn features_and_examples_are_those_of_the_published_package() {
        let metadata = json!({
            "workspace_root": "/root",
            "target_directory": "/target",
            "packages": [
                {"name": "tenantry-example-policy", "features": {}, "targets": []},
                {"name": "other", "features": {"x": []}, "targets": [{"kind": ["example"], "name": "y"}]},
                {"name": PACKAGE, "features": {"default": [], "testkit": []}, "targets": [
                    {"kind": ["lib"], "name": PACKAGE},
                    {"kind": ["example"], "name": "tour"},
                ]},
            ],
        });
        let project = Project::from_metadata(&metadata).map_err(|failure| failure.to_string());
        let project = project
            .as_ref()
            .map(|p| [&p.features, &p.examples, &p.example_packages].map(|names| names.join(" ")));
        let expected = ["default testkit", "tour", "tenantry-example-policy"].map(str::to_owned);
        assert_eq!(project, Ok(expected));
    }
}
