//! Reading a tenant's header, its state, or some of it.

use std::sync::Arc;

use super::cache::Ledger;
use super::freshness::Freshness;
use super::header::TenantHeader;
use super::state::{LazyState, State};
use crate::error::{Error, ErrorKind, Result};
use crate::paths::TenantId;

impl Ledger {
    /// A tenant's header alone: one request of the store, whoever the tenant is.
    pub(crate) async fn header(
        &self,
        operation: &'static str,
        tenant: &TenantId,
    ) -> Result<Option<TenantHeader>> {
        let _work = self.begin(operation)?;
        let header = self.store().header(tenant).await.map_err(|error| Error::store(operation, error))?;
        let Some(header) = header else { return Ok(None) };
        TenantHeader::read(&header)
            .map(Some)
            .map_err(|error| Error::new(ErrorKind::Corrupt, operation).with_source(error))
    }

    /// A tenant's state as the store has it now.
    pub(crate) async fn read(&self, operation: &'static str, tenant: &TenantId) -> Result<State> {
        let _work = self.begin(operation)?;
        self.whole(operation, tenant, None).await
    }

    /// A state of a tenant with all of it read; without one, that which the store has now.
    async fn whole(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        state: Option<Arc<LazyState>>,
    ) -> Result<State> {
        let cell = self.cell(tenant);
        let whole = async {
            let state = match state {
                Some(state) => state,
                None => cell.current().await?,
            };
            cell.whole(state).await
        };
        whole.await.map_err(|error| Error::store(operation, error))
    }

    /// The rest of a state that was [looked at](Self::look).
    pub(crate) async fn read_rest(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        state: Arc<LazyState>,
    ) -> Result<State> {
        if state.is_whole() {
            return state.whole().map_err(|error| Error::store(operation, error));
        }
        let _work = self.begin(operation)?;
        self.whole(operation, tenant, Some(state)).await
    }

    /// A tenant's state, as new as it has to be, for who looks at some of it: the rest need not be read.
    pub(crate) async fn look(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        freshness: Freshness,
    ) -> Result<Arc<LazyState>> {
        if let Freshness::Within(within) = freshness {
            let _work = self.begin(operation)?;
            if let Some(state) = self.cell(tenant).recent(within) {
                return Ok(state);
            }
        }
        let _work = self.begin(operation)?;
        self.cell(tenant).current().await.map_err(|error| Error::store(operation, error))
    }

    /// The same for what closing itself leaves to be done.
    pub(crate) async fn read_at_close(&self, operation: &'static str, tenant: &TenantId) -> Result<State> {
        self.whole(operation, tenant, None).await
    }
}
