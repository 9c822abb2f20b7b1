//! The videos of all tenants, page by page, for admins.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::ownership::{Action, Resource};
use crate::paths::TenantId;
use crate::record::Record;

use super::super::access::Access;
use super::super::page::{Cursor, ListOptions};
use super::super::profile::is_alive;
use super::super::records;
use super::Video;

/// A point in the list of all tenants' videos: opaque, and serialisable as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllVideosCursor {
    tenant: TenantId,
    /// Where in that tenant's list; at its end if there is none.
    after: Option<Cursor>,
}

impl fmt::Display for AllVideosCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.after {
            Some(after) => write!(f, "{}/{after}", self.tenant),
            None => write!(f, "{}/", self.tenant),
        }
    }
}

impl FromStr for AllVideosCursor {
    type Err = Error;

    /// Reads what [`Display`](fmt::Display) wrote.
    fn from_str(text: &str) -> Result<Self> {
        let refused = || Error::new(ErrorKind::InvalidInput, "cursor");
        let (tenant, after) = text.split_once('/').ok_or_else(refused)?;
        let tenant = TenantId::parse(tenant).map_err(|_| refused())?;
        let after = Some(after).filter(|after| !after.is_empty()).map(str::parse).transpose()?;
        Ok(Self { tenant, after })
    }
}

/// A page of videos, each with its tenant, and where to go on.
pub(in crate::workspace) type AllVideosPage = (Vec<(TenantId, Record<Video>)>, Option<AllVideosCursor>);

pub(in crate::workspace) async fn list(
    access: &Access,
    after: Option<AllVideosCursor>,
    limit: usize,
) -> Result<AllVideosPage> {
    let action = Action::ListAllVideos;
    let operation = action.as_str();
    if limit == 0 || limit > ListOptions::MAX {
        return Err(Error::new(ErrorKind::InvalidInput, operation).about("limit"));
    }
    let admitted = access.admit(action, &Resource::AllTenants).await?;
    let core = &access.core;
    let (ledger, store) = (core.guarded.ledger(&admitted.permit), core.guarded.store(&admitted.permit));
    let mut items = Vec::new();
    // The tenant that a page ended in comes first, then those after it.
    let (mut tenant, mut within) = match after {
        Some(AllVideosCursor { tenant, after: Some(after) }) => (Some(tenant), Some(after)),
        Some(AllVideosCursor { tenant, after: None }) => (next_tenant(store, Some(&tenant)).await?, None),
        None => (next_tenant(store, None).await?, None),
    };
    while let Some(current) = tenant {
        let state = ledger.read(operation, &current).await?;
        if let Some(header) = state.header().filter(|header| is_alive(&header.lifecycle)) {
            // A tenant that was erased and made again meanwhile is listed from its beginning.
            let after = within.take().filter(|cursor| cursor.life == header.incarnation);
            let options = ListOptions { after, ..ListOptions::new().in_order() };
            let page = records::list::<Video>(&state, &current, action, &options.limit(limit - items.len()))?;
            items.extend(page.items.into_iter().map(|record| (current.clone(), record)));
            if items.len() == limit || page.next.is_some() {
                return Ok((items, Some(AllVideosCursor { tenant: current, after: page.next })));
            }
        }
        within = None;
        tenant = next_tenant(store, Some(&current)).await?;
    }
    Ok((items, None))
}

async fn next_tenant(
    store: &std::sync::Arc<dyn crate::store::TenantStore>,
    after: Option<&TenantId>,
) -> Result<Option<TenantId>> {
    let page = store.tenants(after.map(TenantId::as_str), 1).await;
    let page = page.map_err(|error| Error::store(Action::ListAllVideos.as_str(), error))?;
    Ok(page.items.into_iter().next())
}
