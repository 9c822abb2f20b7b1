//! The examples, run as a reader would run them: each has to succeed.

use crate::cargo::Cargo;
use crate::project::Project;
use crate::report::Failure;

/// The example that can also print one JSON document.
const WITH_JSON: &str = "tour";

/// Runs one example.
pub(crate) fn run(project: &Project, name: &str) -> Result<(), Failure> {
    let cargo = Cargo::at(&project.root);
    cargo.run(&["run", "--quiet", "--example", name])?;
    if name == WITH_JSON {
        println!("cargo run --quiet --example {name} -- --json");
        one_document(&cargo.output(&["run", "--quiet", "--example", name, "--", "--json"])?)?;
    }
    Ok(())
}

fn one_document(output: &str) -> Result<(), Failure> {
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(output) {
        Ok(document) if !document.is_empty() => Ok(()),
        Ok(_) => Err(Failure::new("--json printed an empty object")),
        Err(error) => Err(Failure::new(format!("--json has to print one JSON object: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_object_that_says_something_is_a_document() {
        assert!(one_document("{\"a\": 1}\n").is_ok());
        for output in ["", "{}", "[1]", "Uploading\n{\"a\": 1}", "{\"a\": 1}{\"b\": 1}"] {
            assert!(one_document(output).is_err(), "{output}");
        }
    }
}
