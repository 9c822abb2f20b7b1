//! A session looking at one tenant.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::ledger::{Draft, Freshness};
use crate::ownership::{Action, Decision, Resource};
use crate::paths::TenantId;
use crate::quota::{Limits, Usage, effective_limits, usage_of};
use crate::record::Entity;

use super::access::{Access, Author};
use super::collection::Collection;
use super::live_streams::LiveStreams;
use super::profile::{Profile, ProfileChange};
use super::schedules::Schedules;
use super::snapshot::Snapshot;
use super::stream_keys::StreamKeys;
use super::tenants;
use super::thumbnails::Thumbnails;
use super::tokens::Tokens;
use super::transaction::{self, Transaction};
use super::videos::Videos;
use super::views::{self, EditedViews, Scope, ViewReport};

/// A session looking at one tenant: the handle from which everything is done.
///
/// It is bound to one life of the tenant. After the tenant was erased, and perhaps made again, it
/// answers [`Gone`](crate::ErrorKind::Gone).
///
/// # Cancellation
/// A change whose future is dropped may still happen: what the committer had not yet taken is
/// withdrawn, what it had taken goes on. To find out, read; to repeat safely, give the transaction an
/// idempotency key.
#[derive(Clone)]
pub struct Workspace {
    pub(super) access: Access,
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workspace")
            .field("principal", self.access.principal())
            .field("tenant", self.access.tenant())
            .finish()
    }
}

impl Workspace {
    pub(super) fn new(access: Access) -> Self {
        Self { access }
    }

    /// The tenant it looks at.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        self.access.tenant()
    }

    /// The same workspace where what is only read has to be so new, whatever the
    /// [settings](super::Settings::freshness) say.
    #[must_use]
    pub fn reading(&self, freshness: Freshness) -> Self {
        Self { access: self.access.reading(freshness) }
    }

    /// Whether an action would be allowed, without doing it. What is allowed may still fail: that a
    /// resource is [hidden](Decision::Hide) or exists is not said.
    ///
    /// # Errors
    /// [`Gone`](crate::ErrorKind::Gone) if the principal's own tenant has ended; the store's errors.
    pub async fn can(&self, action: Action, resource: &Resource) -> Result<Decision> {
        self.access.ask(action, resource).await
    }

    /// The records of one kind.
    #[must_use]
    pub fn collection<E: Entity>(&self) -> Collection<'_, E> {
        Collection::new(&self.access)
    }

    /// The videos.
    #[must_use]
    pub fn videos(&self) -> Videos<'_> {
        Videos::new(&self.access)
    }

    /// The thumbnails.
    #[must_use]
    pub fn thumbnails(&self) -> Thumbnails<'_> {
        Thumbnails::new(&self.access)
    }

    /// The live streams.
    #[must_use]
    pub fn live_streams(&self) -> LiveStreams<'_> {
        LiveStreams::new(&self.access)
    }

    /// The schedules.
    #[must_use]
    pub fn schedules(&self) -> Schedules<'_> {
        Schedules::new(&self.access)
    }

    /// The OAuth tokens.
    #[must_use]
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens::new(&self.access)
    }

    /// The stream keys.
    #[must_use]
    pub fn stream_keys(&self) -> StreamKeys<'_> {
        StreamKeys::new(&self.access)
    }

    /// The workspace's state as it is now: immutable, cheap to hold, read without waiting.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) and [`Denied`](crate::ErrorKind::Denied) as for reading
    /// the profile; the store's errors.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let admitted = self.access.admit_to_look(Action::ReadProfile, &Resource::Tenant).await?;
        Snapshot::new(self.access.clone(), admitted)
    }

    /// Changes several records of several collections at once: all of it, or nothing.
    ///
    /// The function sees the newest state and may run again when others were faster, so it does
    /// nothing but read and change through what it is given. Each change in it is decided by the
    /// policy as an action of its own.
    ///
    /// # Errors
    /// What the function returned, and then nothing changed;
    /// [`QuotaExceeded`](crate::ErrorKind::QuotaExceeded); [`Contended`](crate::ErrorKind::Contended);
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), after which it may have happened; the
    /// store's errors.
    pub async fn transaction<T: Send + 'static>(
        &self,
        mut function: impl FnMut(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let run =
            move |draft: &mut Draft, author: &Author<'_>| function(&mut Transaction::new(draft, author));
        Ok(self.access.transact(Action::Transact, &Resource::Tenant, run).await?.0)
    }

    /// The same for callers that retry: a call with a key that was used before gives the first
    /// call's answer and changes nothing. Keys are 1 to 128 bytes; the newest
    /// [`kept_requests`](super::Settings::kept_requests) of the tenant are remembered, each for the
    /// principal that made it.
    ///
    /// # Errors
    /// As for [`transaction`](Self::transaction); [`InvalidInput`](crate::ErrorKind::InvalidInput) if
    /// the key is out of range or was used for an answer of another shape;
    /// [`TooLarge`](crate::ErrorKind::TooLarge), and nothing changed, if the answer's JSON is longer than
    /// [`answer_bytes`](super::Settings::answer_bytes).
    pub async fn transaction_once<T: Serialize + DeserializeOwned + Send + 'static>(
        &self,
        key: &str,
        mut function: impl FnMut(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let key = transaction::request_key(self.access.principal(), key)?;
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            transaction::once(draft, author, &key, |draft| function(&mut Transaction::new(draft, author)))
        };
        Ok(self.access.transact(Action::Transact, &Resource::Tenant, run).await?.0)
    }

    /// The tenant's profile.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Denied`](crate::ErrorKind::Denied), the store's.
    pub async fn profile(&self) -> Result<Profile> {
        let admitted = self.access.admit(Action::ReadProfile, &Resource::Tenant).await?;
        admitted.profile(Action::ReadProfile)
    }

    /// Changes the profile and returns it. Display name and time zone are the tenant's own to
    /// change; role, visibility, plan and limits take an admin.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Denied`](crate::ErrorKind::Denied);
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the field that was refused; the store's.
    pub async fn change_profile(&self, change: ProfileChange) -> Result<Profile> {
        let action = if change.administers() { Action::ChangeTenant } else { Action::ChangeProfile };
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            tenants::change(draft, author.core, &change, action)
        };
        Ok(self.access.transact(action, &Resource::Tenant, run).await?.0)
    }

    /// Brings the tenant's views up to its ledger now, looking at each file: on object stores, where
    /// views are written on request only, this writes them.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Denied`](crate::ErrorKind::Denied); the store's, after
    /// which what could be written is written.
    pub async fn write_views(&self) -> Result<ViewReport> {
        let admitted = self.access.admit(Action::WriteViews, &Resource::Tenant).await?;
        views::write(&self.access.core, &admitted.permit, Scope::All).await
    }

    /// Everything of the tenant as one archive, as it is at this moment: profile, records, files. It holds
    /// the secrets too, in clear. What is not in it: uploads under way, and the answers that are kept for
    /// requests with an idempotency key.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) and [`Denied`](crate::ErrorKind::Denied), also for those who
    /// may not list tokens and stream keys, or not read one of them;
    /// [`TooLarge`](crate::ErrorKind::TooLarge) for more files than a manifest may name, some 200,000;
    /// [`Corrupt`](crate::ErrorKind::Corrupt) if the ledger is damaged; the store's.
    #[cfg(feature = "archive")]
    pub async fn export(&self) -> Result<super::Export> {
        super::archive::export(&self.access).await
    }

    /// The views that somebody edited and that were set aside, to be adopted or discarded.
    #[must_use]
    pub fn edited_views(&self) -> EditedViews<'_> {
        EditedViews::new(&self.access)
    }

    /// What the tenant holds, and what it may hold at the most.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Denied`](crate::ErrorKind::Denied), the store's.
    pub async fn usage(&self) -> Result<(Usage, Limits)> {
        let admitted = self.access.admit(Action::ReadUsage, &Resource::Tenant).await?;
        let limits = effective_limits(&self.access.core.plans, admitted.state.header());
        Ok((usage_of(&admitted.state), limits))
    }
}
