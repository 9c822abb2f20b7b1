//! Views: small texts, replaced whole.

use std::ops::Bound::{Excluded, Included, Unbounded};

use bytes::Bytes;
use redb::{ReadTransaction, WriteTransaction};
use tenantry::paths::TenantId;
use tenantry::store::{Page, SetAside, StoreErrorKind, ViewKey, ViewPlace};

use crate::database::{Transaction, Tried, Trouble, VIEWS};
use crate::ledger::page;

const fn number(place: ViewPlace) -> u8 {
    match place {
        ViewPlace::Data => 0,
        ViewPlace::Tokens => 1,
    }
}

pub(crate) fn read(reading: &ReadTransaction, tenant: &TenantId, view: &ViewKey) -> Tried<Option<Bytes>> {
    let name = view.name.file_name();
    let found = reading.open_table(VIEWS)?.get((tenant.as_str(), number(view.place), name.as_str()))?;
    Ok(found.map(|text| Bytes::copy_from_slice(text.value())))
}

pub(crate) fn put(
    writing: &WriteTransaction,
    tenant: &TenantId,
    view: &ViewKey,
    content: &[u8],
) -> Tried<Transaction<()>> {
    let name = view.name.file_name();
    writing.open_table(VIEWS)?.insert((tenant.as_str(), number(view.place), name.as_str()), content)?;
    Ok(Transaction::Commit(()))
}

pub(crate) fn rename(
    writing: &WriteTransaction,
    tenant: &TenantId,
    from: &ViewKey,
    to: &ViewKey,
) -> Tried<Transaction<()>> {
    let (old, new) = (from.name.file_name(), to.name.file_name());
    let mut table = writing.open_table(VIEWS)?;
    let removed = table.remove((tenant.as_str(), number(from.place), old.as_str()))?;
    let content = removed.map(|text| text.value().to_vec());
    let content = content.ok_or(Trouble::Refused(StoreErrorKind::NotFound, "the view is not there"))?;
    table.insert((tenant.as_str(), number(to.place), new.as_str()), &content[..])?;
    Ok(Transaction::Commit(()))
}

pub(crate) fn remove(
    writing: &WriteTransaction,
    tenant: &TenantId,
    view: &ViewKey,
) -> Tried<Transaction<()>> {
    let name = view.name.file_name();
    writing.open_table(VIEWS)?.remove((tenant.as_str(), number(view.place), name.as_str()))?;
    Ok(Transaction::Commit(()))
}

/// Removes all views of a tenant, what was set aside included.
pub(crate) fn remove_all(writing: &WriteTransaction, tenant: &TenantId) -> Tried<Transaction<()>> {
    let id = tenant.as_str();
    writing.open_table(VIEWS)?.retain_in((id, 0, "")..(id, u8::MAX, ""), |_, _| false)?;
    Ok(Transaction::Commit(()))
}

pub(crate) fn list_edited(
    reading: &ReadTransaction,
    tenant: &TenantId,
    place: ViewPlace,
    after: Option<&str>,
    limit: usize,
) -> Tried<Page<SetAside>> {
    let (id, kind) = (tenant.as_str(), number(place));
    let start = after.map_or(Included((id, kind, "")), |after| Excluded((id, kind, after)));
    let mut items = Vec::new();
    for found in reading.open_table(VIEWS)?.range((start, Unbounded))? {
        let (key, text) = found?;
        let (of, within, name) = key.value();
        if (of, within) != (id, kind) || items.len() > limit {
            break;
        }
        let length = text.value().len() as u64;
        items.extend(SetAside::of_name(place, name, length).map(|aside| (name.to_owned(), aside)));
    }
    let Page { items, next } = page(items, limit, |(name, _)| name);
    Ok(Page { items: items.into_iter().map(|(_, aside)| aside).collect(), next })
}
