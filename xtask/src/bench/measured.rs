//! What the measuring program said of a group: of each side a number of each round, the seconds of an
//! operation or what else is counted.

use serde_json::Value;

use crate::report::Failure;

/// A group's numbers.
#[derive(Debug)]
pub(super) struct Measured {
    sides: Vec<(String, Vec<f64>)>,
}

impl Measured {
    /// Reads a line of the measuring program.
    pub(super) fn read(line: &str) -> Result<Self, Failure> {
        let value: Value = serde_json::from_str(line)?;
        let unreadable = || Failure::new(format!("no measurement: {line}"));
        let side = |side: &Value| {
            let numbers = side["rounds"].as_array()?.iter().map(Value::as_f64);
            let numbers = numbers.collect::<Option<Vec<_>>>().filter(|numbers| !numbers.is_empty())?;
            Some((side["side"].as_str()?.to_owned(), numbers))
        };
        let sides = value["sides"].as_array().ok_or_else(unreadable)?;
        let sides = sides.iter().map(side).collect::<Option<Vec<_>>>().ok_or_else(unreadable)?;
        Ok(Self { sides })
    }

    /// Numbers that were not measured by the program.
    pub(super) fn of(sides: Vec<(String, Vec<f64>)>) -> Self {
        Self { sides }
    }

    /// The sides' names.
    pub(super) fn sides(&self) -> impl Iterator<Item = &str> {
        self.sides.iter().map(|(name, _)| name.as_str())
    }

    /// A side's numbers, a round each.
    pub(super) fn side(&self, name: &str) -> Result<&[f64], Failure> {
        let found = self.sides.iter().find(|(side, _)| side == name);
        found.map(|(_, numbers)| numbers.as_slice()).ok_or_else(|| Failure::new(format!("no side {name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_has_each_sides_rounds() {
        let line = r#"{"group":"g","sides":[{"side":"a","rounds":[1.0,2.5]}]}"#;
        let measured = Measured::read(line).map_err(|failure| failure.to_string());
        let side = measured.as_ref().map(|measured| measured.side("a").map(<[f64]>::to_vec).ok());
        assert_eq!(side, Ok(Some(vec![1.0, 2.5])));
        assert!(measured.is_ok_and(|measured| measured.side("b").is_err()));
    }

    #[test]
    fn a_side_without_a_round_is_no_measurement() {
        for line in ["", "{}", r#"{"sides":[{"side":"a","rounds":[]}]}"#, r#"{"sides":[{"side":"a"}]}"#] {
            assert!(Measured::read(line).is_err(), "{line}");
        }
    }
}
