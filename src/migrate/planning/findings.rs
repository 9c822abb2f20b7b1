//! What is left and what is wrong, as it is come upon.

use std::borrow::Cow;

use crate::migrate::{Left, Position, Problem, ProblemKind, Refused, TreePath};

/// What was come upon so far.
pub(super) struct Findings {
    refused: Refused,
    pub(super) left: Vec<Left>,
    pub(super) problems: Vec<Problem>,
}

/// A place in the tree: a file, and perhaps a record in it.
pub(super) type Place<'a> = (Option<&'a TreePath>, Option<Position>);

impl Findings {
    pub(super) const fn new(refused: Refused) -> Self {
        Self { refused, left: Vec::new(), problems: Vec::new() }
    }

    /// Something stays where it is.
    pub(super) fn leave(&mut self, path: &TreePath, at: Option<Position>, why: impl Into<Cow<'static, str>>) {
        self.left.push(Left { path: path.clone(), at, why: why.into() });
    }

    /// Something to know.
    pub(super) fn know(
        &mut self,
        kind: ProblemKind,
        place: Place<'_>,
        reason: impl ToString,
        proposal: impl Into<Cow<'static, str>>,
    ) {
        self.push(kind, false, place, &reason, proposal.into());
    }

    /// Something that keeps the plan from being applied.
    pub(super) fn block(
        &mut self,
        kind: ProblemKind,
        place: Place<'_>,
        reason: impl ToString,
        proposal: impl Into<Cow<'static, str>>,
    ) {
        self.push(kind, true, place, &reason, proposal.into());
    }

    /// A record stays where it is though it should not: in the way, unless the options say otherwise.
    pub(super) fn refuse(
        &mut self,
        kind: ProblemKind,
        path: &TreePath,
        at: Position,
        reason: impl ToString,
        proposal: impl Into<Cow<'static, str>>,
    ) {
        self.leave(path, Some(at), reason.to_string());
        let blocking = self.refused == Refused::Block;
        self.push(kind, blocking, (Some(path), Some(at)), &reason, proposal.into());
    }

    fn push(
        &mut self,
        kind: ProblemKind,
        blocking: bool,
        (path, at): Place<'_>,
        reason: &dyn ToString,
        proposal: Cow<'static, str>,
    ) {
        let (path, reason) = (path.cloned(), reason.to_string());
        self.problems.push(Problem { kind, blocking, path, at, reason, proposal });
    }

    /// What was come upon, in order.
    pub(super) fn sorted(mut self) -> (Vec<Left>, Vec<Problem>) {
        self.left.sort_by(|one, other| (&one.path, one.at).cmp(&(&other.path, other.at)));
        let key =
            |problem: &Problem| (problem.kind, problem.path.clone(), problem.at, problem.reason.clone());
        self.problems.sort_by_cached_key(key);
        (self.left, self.problems)
    }
}
