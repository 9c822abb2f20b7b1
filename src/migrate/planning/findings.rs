//! What is left and what is wrong, as it is come upon.

use std::borrow::Cow;

use crate::migrate::documented::scope_of;
use crate::migrate::{Left, Position, Problem, ProblemKind, Refused, TreePath};
use crate::paths::TenantId;

/// What was come upon so far.
pub(super) struct Findings {
    refused: Refused,
    pub(super) left: Vec<Left>,
    pub(super) problems: Vec<Problem>,
}

/// A place in the tree: a file, and perhaps a record in it; and whom alone it concerns, if that is so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    path: Option<&'a TreePath>,
    at: Option<Position>,
    tenant: Option<&'a TenantId>,
}

impl<'a> From<(Option<&'a TreePath>, Option<Position>)> for Place<'a> {
    fn from((path, at): (Option<&'a TreePath>, Option<Position>)) -> Self {
        Self { path, at, tenant: None }
    }
}

impl<'a> Place<'a> {
    /// Something of one tenant's.
    pub(super) const fn of(tenant: &'a TenantId, path: Option<&'a TreePath>, at: Option<Position>) -> Self {
        Self { path, at, tenant: Some(tenant) }
    }
}

impl Findings {
    pub(super) const fn new(refused: Refused) -> Self {
        Self { refused, left: Vec::new(), problems: Vec::new() }
    }

    /// Something stays where it is.
    pub(super) fn leave(&mut self, path: &TreePath, at: Option<Position>, why: impl Into<Cow<'static, str>>) {
        self.left.push(Left { path: path.clone(), at, digest: None, why: why.into() });
    }

    /// Something to know.
    pub(super) fn know<'p>(
        &mut self,
        kind: ProblemKind,
        place: impl Into<Place<'p>>,
        reason: impl ToString,
        proposal: impl Into<Cow<'static, str>>,
    ) {
        self.push(kind, false, place.into(), &reason, proposal.into());
    }

    /// Something that keeps the plan from being applied.
    pub(super) fn block<'p>(
        &mut self,
        kind: ProblemKind,
        place: impl Into<Place<'p>>,
        reason: impl ToString,
        proposal: impl Into<Cow<'static, str>>,
    ) {
        self.push(kind, true, place.into(), &reason, proposal.into());
    }

    /// Where something is in the way.
    pub(super) fn blocked(&self) -> impl Iterator<Item = &TreePath> {
        self.problems.iter().filter(|problem| problem.blocking).filter_map(|problem| problem.path.as_ref())
    }

    /// A record stays where it is though it should not: in the way, unless the options say otherwise.
    pub(super) fn refuse<'p>(
        &mut self,
        kind: ProblemKind,
        place: impl Into<Place<'p>>,
        reason: impl ToString,
        proposal: impl Into<Cow<'static, str>>,
    ) {
        let place = place.into();
        if let Some(path) = place.path {
            self.leave(path, place.at, reason.to_string());
        }
        let blocking = self.refused == Refused::Block;
        self.push(kind, blocking, place, &reason, proposal.into());
    }

    fn push(
        &mut self,
        kind: ProblemKind,
        blocking: bool,
        Place { path, at, tenant }: Place<'_>,
        reason: &dyn ToString,
        proposal: Cow<'static, str>,
    ) {
        let tenant = tenant.cloned().or_else(|| path.and_then(scope_of));
        let (path, reason) = (path.cloned(), reason.to_string());
        self.problems.push(Problem { kind, blocking, tenant, path, at, reason, proposal });
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
