//! Who sees the secrets of records that they may read.

use super::{Access, missing};
use crate::error::Result;
use crate::ledger::LazyState;
use crate::ownership::{Action, Principal, Resource};
use crate::paths::CollectionName;
use crate::record::{Entity, Record};

/// How records are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::workspace) enum Sight {
    /// As they are.
    Whole,
    /// With `[secret]` in place of each secret.
    WithoutSecrets,
}

impl Sight {
    /// A record as it is seen.
    ///
    /// # Errors
    /// As for what is missing, if the record's type can't do without its secrets.
    #[inline(always)]
    pub(in crate::workspace) fn of<E: Entity>(self, action: Action, record: Record<E>) -> Result<Record<E>> {
        match self {
            Self::Whole => Ok(record),
            Self::WithoutSecrets => without_secrets(action, record),
        }
    }

    /// Records as they are seen.
    ///
    /// # Errors
    /// As for [`of`](Self::of).
    pub(in crate::workspace) fn of_all<E: Entity>(
        self,
        action: Action,
        records: Vec<Record<E>>,
    ) -> Result<Vec<Record<E>>> {
        match self {
            Self::Whole => Ok(records),
            Self::WithoutSecrets => {
                records.into_iter().map(|record| without_secrets(action, record)).collect()
            }
        }
    }
}

fn without_secrets<E: Entity>(action: Action, record: Record<E>) -> Result<Record<E>> {
    let about = Resource::Record(E::collection(), record.id().clone());
    record.without_secrets().map_err(|_| missing(action.as_str(), &about))
}

impl Access {
    /// How the principal may see the tenant's records. The secrets of another tenant are for those who may
    /// read its tokens, whatever the record is: sharing a workspace does not share them. Nothing is
    /// recorded: what was asked for has been decided.
    pub(in crate::workspace) fn sight(&self, principal: &Principal, state: &LazyState) -> Result<Sight> {
        if self.is_own() {
            return Ok(Sight::Whole);
        }
        let secrets = Resource::Collection(CollectionName::TOKENS);
        let header = state.header().map(|header| &**header);
        let request = self.request(principal, Action::ReadToken, &secrets, header)?;
        let may = self.core.gate.ask(&request).is_allowed();
        Ok(if may { Sight::Whole } else { Sight::WithoutSecrets })
    }
}
