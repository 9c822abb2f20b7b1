//! Everything that was said, by whom to whom, and the search for what must not be in it.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::fmt::{Debug, Display};

use tenantry::Error;

/// What a token, a password, a key is in these tests.
pub(crate) const SECRET: &str = "zq9secretq9z";
/// What titles and texts are: contents, which belong in answers and nowhere else.
pub(crate) const CONTENTS: &str = "zq9contentsq9z";
/// A part of every absolute path to the root.
pub(crate) const PLACE: &str = "zq9placeq9z";
/// How the name of each tenant begins.
pub(crate) const TENANT: &str = "zq9t-";

/// Whether what was said may show the contents of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    Shown,
    Hidden,
}

/// To whom something is said, and of which tenants it may know.
#[derive(Debug, Clone)]
pub(crate) struct Hearer {
    context: String,
    may_know: BTreeSet<String>,
    knows_all: bool,
}

impl Hearer {
    /// One who may know of these tenants.
    pub(crate) fn of(context: impl Display, tenants: &[&str]) -> Self {
        let may_know = tenants.iter().map(|&name| name.to_owned()).collect();
        Self { context: context.to_string(), may_know, knows_all: false }
    }

    /// An admin, or the host.
    pub(crate) fn of_all(context: impl Display) -> Self {
        Self { knows_all: true, ..Self::of(context, &[]) }
    }

    /// The same, in a situation.
    pub(crate) fn during(&self, context: impl Display) -> Self {
        Self { context: format!("{}: {context}", self.context), ..self.clone() }
    }
}

struct Piece {
    hearer: Hearer,
    text: String,
    contents: Contents,
}

/// What was said.
#[derive(Default)]
pub(crate) struct Caught {
    pieces: Vec<Piece>,
    kinds: BTreeSet<String>,
}

impl Caught {
    pub(crate) fn text(&mut self, hearer: &Hearer, text: impl Into<String>, contents: Contents) {
        self.pieces.push(Piece { hearer: hearer.clone(), text: text.into(), contents });
    }

    /// A value, as it is written for debugging.
    pub(crate) fn value(&mut self, hearer: &Hearer, value: &impl Debug) {
        self.text(hearer, format!("{value:?}"), Contents::Shown);
    }

    /// A value as it goes into a response.
    pub(crate) fn response(&mut self, hearer: &Hearer, value: &impl serde::Serialize) {
        self.text(hearer, serde_json::to_string(value).unwrap(), Contents::Shown);
    }

    /// An error, and all that it rests on.
    pub(crate) fn cause(&mut self, hearer: &Hearer, error: &(dyn StdError + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.text(hearer, format!("{error} {error:?}"), Contents::Hidden);
            next = error.source();
        }
    }

    /// An error of the library's.
    pub(crate) fn error(&mut self, hearer: &Hearer, error: &Error) {
        self.kinds.insert(format!("{:?}", error.kind()));
        let parts = format!("{:?} {} {:?}", error.subject(), error.operation(), error.quota());
        self.text(hearer, parts, Contents::Hidden);
        self.cause(hearer, error);
    }

    /// What came of a call.
    pub(crate) fn outcome<T: Debug>(&mut self, hearer: &Hearer, outcome: &Result<T, Error>) {
        match outcome {
            Ok(value) => self.value(hearer, value),
            Err(error) => self.error(hearer, error),
        }
    }

    /// The same of a call that is to fail.
    pub(crate) fn failure<T: Debug>(&mut self, hearer: &Hearer, outcome: Result<T, Error>) -> Error {
        let error = outcome.expect_err(&hearer.context);
        self.error(hearer, &error);
        error
    }

    /// The kinds of errors that were met.
    pub(crate) fn kinds(&self) -> &BTreeSet<String> {
        &self.kinds
    }

    /// Adds what was caught elsewhere.
    pub(crate) fn add(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
        self.kinds.extend(other.kinds);
    }

    pub(crate) fn ensure_silent(&self) {
        let leaks: Vec<String> = self.pieces.iter().filter_map(Piece::leak).collect();
        assert!(leaks.is_empty(), "{} leaks, such as {:#?}", leaks.len(), &leaks[..leaks.len().min(5)]);
    }
}

impl Piece {
    fn leak(&self) -> Option<String> {
        let Hearer { context, may_know, knows_all } = &self.hearer;
        let leak = |what: &str| Some(format!("{context}: {what}: {}", self.text));
        if holds(&self.text, SECRET) {
            return leak("a secret");
        }
        if holds(&self.text, PLACE) || self.text.contains("/proc/") {
            return leak("an absolute path");
        }
        if self.contents == Contents::Hidden && holds(&self.text, CONTENTS) {
            return leak("contents");
        }
        let foreign = tenants_in(&self.text).into_iter().find(|name| !knows_all && !may_know.contains(name));
        foreign.and_then(|name| leak(&format!("the tenant {name}")))
    }
}

/// Whether a text holds another, be it as bytes written for debugging.
fn holds(text: &str, wanted: &str) -> bool {
    let numbers = format!("{:?}", wanted.as_bytes());
    let numbers = numbers.trim_matches(['[', ']']);
    text.contains(wanted) || text.contains(numbers)
}

/// The names of tenants that a text holds.
pub(crate) fn tenants_in(text: &str) -> BTreeSet<String> {
    let names = text.match_indices(TENANT).map(|(at, _)| {
        let rest = &text[at + TENANT.len()..];
        let end = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
        format!("{TENANT}{}", &rest[..end])
    });
    names.collect()
}

#[test]
fn what_is_looked_for_is_found() {
    let ana = Hearer::of("ana", &["zq9t-ana"]);
    let said = |hearer: &Hearer, text: String, contents| {
        Piece { hearer: hearer.clone(), text, contents }.leak().is_some()
    };
    for text in [
        format!("\"{SECRET}\""),
        format!("{:?}", SECRET.as_bytes()),
        format!("/tmp/{PLACE}/root/data"),
        "/proc/self/fd/7".to_owned(),
        "data/zq9t-ben/ledger: not there".to_owned(),
        "zq9t-ana and zq9t-anabel".to_owned(),
    ] {
        assert!(said(&ana, text.clone(), Contents::Shown), "{text}");
    }
    assert!(said(&ana, CONTENTS.to_owned(), Contents::Hidden));
    assert!(!said(&ana, format!("zq9t-ana: {CONTENTS}"), Contents::Shown));
    assert!(!said(&Hearer::of_all("root"), "zq9t-ana, zq9t-ben".to_owned(), Contents::Hidden));
}
