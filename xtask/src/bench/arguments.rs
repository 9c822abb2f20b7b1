//! What is asked of `cargo xtask bench`.

use std::path::PathBuf;

use super::cases::Case;
use crate::report::Failure;

/// How many rounds there are unless said otherwise, and in a quick run.
const ROUNDS: [usize; 2] = [15, 5];

/// How many builds from nothing.
const BUILDS: [usize; 2] = [3, 1];

/// What was asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    /// The cases; all if none is named.
    cases: Vec<String>,
    rounds: Option<usize>,
    /// Shorter rounds, and fewer.
    pub(super) quick: bool,
    /// JSON lines instead of a table.
    pub(super) json: bool,
    /// Where a picture of the run is to go.
    pub(super) plot: Option<PathBuf>,
}

impl Arguments {
    /// Reads them.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut parsed = Self::default();
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| Failure::new(format!("{argument} needs a value")));
            match argument {
                "--case" => parsed.cases.push(value()?.to_owned()),
                "--rounds" => {
                    let rounds = value()?.parse().ok().filter(|rounds| *rounds > 0);
                    parsed.rounds =
                        Some(rounds.ok_or_else(|| Failure::new("--rounds takes a number above 0"))?);
                }
                "--plot" => parsed.plot = Some(value()?.into()),
                "--quick" => parsed.quick = true,
                "--json" => parsed.json = true,
                other => return Err(Failure::new(format!("bench knows no {other}"))),
            }
        }
        Ok(parsed)
    }

    /// How many rounds count.
    pub(super) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(ROUNDS[usize::from(self.quick)])
    }

    /// How often each of the packages is built from nothing, which takes minutes.
    pub(super) fn builds(&self) -> usize {
        self.rounds.unwrap_or(BUILDS[usize::from(self.quick)])
    }

    /// The cases that were named, and those that belong to them (`a` names `a` and `a/b`); all if none was.
    pub(super) fn chosen(&self, all: &[Case]) -> Result<Vec<Case>, Failure> {
        let is_named = |case: &Case, name: &str| {
            case.name == name || case.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
        };
        if let Some(name) = self.cases.iter().find(|name| !all.iter().any(|case| is_named(case, name))) {
            let names: Vec<&str> = all.iter().map(|case| case.name).collect();
            return Err(Failure::new(format!("there is no case {name}; there are {}", names.join(", "))));
        }
        let chosen =
            |case: &&Case| self.cases.is_empty() || self.cases.iter().any(|name| is_named(case, name));
        Ok(all.iter().filter(chosen).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::*;

    fn parse(arguments: &str) -> Result<Arguments, String> {
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        Arguments::parse(&arguments).map_err(|failure| failure.to_string())
    }

    fn chosen(arguments: &str) -> Result<Vec<&'static str>, String> {
        let cases = parse(arguments)?.chosen(&cases::all()).map_err(|failure| failure.to_string())?;
        Ok(cases.iter().map(|case| case.name).collect())
    }

    #[test]
    fn a_case_brings_those_that_belong_to_it_and_no_other() {
        assert_eq!(chosen("--case insert-64-one"), Ok(vec!["insert-64-one", "insert-64-one/smart"]));
        assert_eq!(chosen("--case insert-64-one/smart"), Ok(vec!["insert-64-one/smart"]));
        assert_eq!(chosen("").map(|all| all.len()), Ok(cases::all().len()));
        assert!(chosen("--case insert").is_err());
    }

    #[test]
    fn a_quick_run_has_fewer_rounds_unless_they_are_said() {
        assert_eq!(parse("").map(|a| a.rounds()), Ok(15));
        assert_eq!(parse("--quick").map(|a| a.rounds()), Ok(5));
        assert_eq!(parse("--quick --rounds 7").map(|a| a.rounds()), Ok(7));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for arguments in ["--rounds 0", "--rounds many", "--rounds", "--case", "--plot", "quick"] {
            assert!(parse(arguments).is_err(), "{arguments}");
        }
    }
}
