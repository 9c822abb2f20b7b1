//! What an operation may take: what it took when somebody accepted it, and a little more.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::report::Failure;

/// How many times what was accepted an operation may take. Two runs of one program differ by up to a hundredth, the seeds of
/// its maps being random; another folder, or a change elsewhere, lets the compiler inline otherwise, by about as
/// much again. What makes an operation dearer in earnest, one more copy or look-up, is above it.
const TOLERANCE: f64 = 1.05;

/// The same for an operation that many threads do together: how many records come into one batch depends on how they
/// happen to meet. One build took 69,000 instructions for one on an idle machine and 76,800 on a busy one.
const TOLERANCE_TOGETHER: (&str, f64) = ("commit-shared", 1.2);

/// What one operation takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Count {
    pub(super) instructions: f64,
    pub(super) allocations: f64,
}

/// What was accepted.
#[derive(Debug, PartialEq)]
pub(super) struct Accepted {
    /// The compiler's version, since another one makes other instructions.
    pub(super) compiler: String,
    /// By the operations' names.
    pub(super) operations: BTreeMap<String, Count>,
}

impl Accepted {
    /// Reads what [`to_text`](Self::to_text) wrote.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let unreadable = || Failure::new("what was accepted can't be read");
        let value: Value = serde_json::from_str(text)?;
        let count = |(name, count): (&String, &Value)| {
            let (instructions, allocations) =
                (count["instructions"].as_f64()?, count["allocations"].as_f64()?);
            Some((name.clone(), Count { instructions, allocations }))
        };
        let operations = value["operations"].as_object().ok_or_else(unreadable)?;
        Ok(Self {
            compiler: value["compiler"].as_str().ok_or_else(unreadable)?.to_owned(),
            operations: operations.iter().map(count).collect::<Option<_>>().ok_or_else(unreadable)?,
        })
    }

    /// As text for the repository: without digits that say nothing.
    pub(super) fn to_text(&self) -> Result<String, Failure> {
        let count = |(name, count): (&String, &Count)| {
            let allocations = (count.allocations * 100.0).round() / 100.0;
            (name.clone(), json!({ "instructions": count.instructions.round(), "allocations": allocations }))
        };
        let operations: serde_json::Map<String, Value> = self.operations.iter().map(count).collect();
        let all = json!({ "compiler": self.compiler, "operations": operations });
        Ok(serde_json::to_string_pretty(&all)? + "\n")
    }

    /// What takes more than it may, a sentence each; an operation that only one of both knows is one too.
    pub(super) fn exceeded_by(&self, counted: &BTreeMap<String, Count>) -> Vec<String> {
        let mut sentences: Vec<String> =
            counted.iter().flat_map(|(name, count)| self.exceeded(name, count)).collect();
        let gone = self.operations.keys().filter(|name| !counted.contains_key(*name));
        sentences.extend(gone.map(|name| format!("{name} was accepted and is not counted")));
        sentences
    }

    /// The same of one operation.
    pub(super) fn exceeded(&self, name: &str, count: &Count) -> Vec<String> {
        let Some(accepted) = self.operations.get(name) else {
            return vec![format!("of {name} nothing was accepted yet")];
        };
        let (together, tolerance) = TOLERANCE_TOGETHER;
        let tolerance = if name == together { tolerance } else { TOLERANCE };
        let kinds = [
            ("instructions", count.instructions, accepted.instructions, 0),
            ("allocations", count.allocations, accepted.allocations, 2),
        ];
        // A hundredth is what is written of it.
        let more = kinds.into_iter().filter(|(_, is, was, _)| *is > was * tolerance + 0.01);
        more.map(|(what, is, was, digits)| {
            format!("{name} takes {is:.digits$} {what} and took {was:.digits$}")
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(instructions: f64, allocations: f64) -> BTreeMap<String, Count> {
        BTreeMap::from([("get".to_owned(), Count { instructions, allocations })])
    }

    fn accepted(instructions: f64, allocations: f64) -> Accepted {
        Accepted { compiler: "rustc 1.95.0".to_owned(), operations: counted(instructions, allocations) }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = accepted(43_836.4, 49.0).to_text().unwrap_or_default();
        assert_eq!(Accepted::read(&text).ok(), Some(accepted(43_836.0, 49.0)));
        assert!(Accepted::read("{}").is_err());
    }

    #[test]
    fn a_little_more_is_nothing_and_more_than_that_is_said() {
        let accepted = accepted(1000.0, 10.0);
        assert!(accepted.exceeded_by(&counted(1050.0, 10.5)).is_empty());
        assert!(accepted.exceeded_by(&counted(10.0, 0.0)).is_empty());
        let said = accepted.exceeded_by(&counted(1051.0, 10.0));
        assert_eq!(said, ["get takes 1051 instructions and took 1000"]);
        let said = accepted.exceeded_by(&counted(1000.0, 11.0));
        assert_eq!(said, ["get takes 11.00 allocations and took 10.00"]);
    }

    #[test]
    fn what_many_do_together_may_take_more_than_what_one_does() {
        let named = |instructions| {
            let count = Count { instructions, allocations: 0.0 };
            BTreeMap::from([(TOLERANCE_TOGETHER.0.to_owned(), count)])
        };
        let accepted = Accepted { compiler: String::new(), operations: named(1000.0) };
        assert!(accepted.exceeded_by(&named(1200.0)).is_empty());
        assert_eq!(accepted.exceeded_by(&named(1201.0)).len(), 1);
    }

    #[test]
    fn where_nothing_was_allocated_nothing_may_be() {
        assert!(accepted(1.0, 0.0).exceeded_by(&counted(1.0, 0.0)).is_empty());
        assert_eq!(accepted(1.0, 0.0).exceeded_by(&counted(1.0, 1.0)).len(), 1);
    }

    #[test]
    fn an_operation_that_only_one_side_knows_is_said() {
        let none = BTreeMap::new();
        assert_eq!(accepted(1.0, 1.0).exceeded_by(&none), ["get was accepted and is not counted"]);
        let accepted = Accepted { compiler: String::new(), operations: none };
        assert_eq!(accepted.exceeded_by(&counted(1.0, 1.0)), ["of get nothing was accepted yet"]);
    }
}
