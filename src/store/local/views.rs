//! Views: files for people and other programs, replaced whole.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::blobs::page_of;
use super::disk::{Access, Directory, EntryKind};
use super::failure::{failed_to_find as failed, if_there, unknown};
use super::handles::Slot;
use super::layout;
use super::options::Step;
use super::root::Root;
use super::temporary::{NotPublished, Temporary};
use crate::paths::TenantId;
use crate::store::{Page, SetAside, StoreError, StoreErrorKind, ViewKey, ViewPlace};

/// A view's name, relative to the root.
fn place(tenant: &TenantId, view: &ViewKey) -> String {
    format!("{}/{tenant}/{}", layout::view_folder(view.place), view.name.file_name())
}

fn not_found(operation: &'static str, tenant: &TenantId, view: &ViewKey) -> StoreError {
    failed(operation, place(tenant, view), io::ErrorKind::NotFound.into())
}

impl Root {
    fn view_folder(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        view: &ViewKey,
    ) -> Result<Option<Arc<dyn Directory>>, StoreError> {
        self.tenant_folder(operation, layout::view_folder(view.place), tenant)
    }

    /// Reads a view.
    pub(super) fn read_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<Option<Bytes>, StoreError> {
        let fail = |error| failed("read view", place(tenant, view), error);
        let Some(directory) = self.view_folder("read view", tenant, view)? else { return Ok(None) };
        let name = view.name.file_name();
        let Some(file) = if_there(directory.open_file(&name, Access::Read)).map_err(fail)? else {
            return Ok(None);
        };
        let length = file.metadata().map_err(fail)?.length;
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        let count = file.read_at(&mut bytes, 0).map_err(fail)?;
        bytes.truncate(count);
        Ok(Some(bytes.into()))
    }

    /// Writes a view aside, then replaces the old one under the lock: on a tombstone nothing of a
    /// tenant may appear again.
    pub(super) async fn put_view(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        view: &ViewKey,
        content: Bytes,
    ) -> Result<(), StoreError> {
        let owned = view.clone();
        let written =
            self.run(slot, move |root, slot| root.write_view(&slot.tenant, &owned, &content)).await?;
        let owned = view.clone();
        self.locked(slot, move |root, slot| root.publish_view(slot, &owned, written)).await
    }

    fn write_view(&self, tenant: &TenantId, view: &ViewKey, content: &[u8]) -> Result<Temporary, StoreError> {
        let directory =
            self.view_folder("put view", tenant, view)?.ok_or_else(|| not_found("put view", tenant, view))?;
        Temporary::hidden(directory, layout::VIEW_PREFIX, layout::PRIVATE_FILE, &*self.entropy)
            .and_then(|temporary| {
                temporary.file().write_at(content, 0)?;
                if !self.steps.skips(Step::ViewSync) {
                    temporary.file().sync_data()?;
                }
                Ok(temporary)
            })
            .map_err(|error| failed("put view", place(tenant, view), error))
    }

    fn publish_view(&self, slot: &Slot, view: &ViewKey, written: Temporary) -> Result<(), StoreError> {
        let fail = |error| failed("put view", place(&slot.tenant, view), error);
        if self.hold_living(slot)?.is_none() {
            return Err(not_found("put view", &slot.tenant, view));
        }
        let directory = written.directory().clone();
        match written.replace(&view.name.file_name()) {
            Ok(()) => {}
            Err(NotPublished::Failed(error)) => return Err(fail(error)),
            Err(NotPublished::Unclear(error)) => return Err(unknown(fail(error))),
            Err(NotPublished::Taken) => return Err(fail(io::ErrorKind::AlreadyExists.into())),
        }
        if self.steps.skips(Step::ViewFolderSync) {
            return Ok(());
        }
        directory.sync().map_err(|error| unknown(fail(error)))
    }

    /// Sets a view's file aside, by the holder of the lock.
    pub(super) fn rename_view(
        &self,
        tenant: &TenantId,
        from: &ViewKey,
        to: &ViewKey,
    ) -> Result<(), StoreError> {
        let fail = |error| failed("rename view", place(tenant, from), error);
        if from.place != to.place {
            let text = "a view stays in its folder";
            return Err(StoreError::new(StoreErrorKind::Unsupported, "rename view", text));
        }
        let directory = self
            .view_folder("rename view", tenant, from)?
            .ok_or_else(|| not_found("rename view", tenant, from))?;
        directory.rename_new(&from.name.file_name(), &to.name.file_name()).map_err(fail)?;
        directory.sync().map_err(|error| unknown(fail(error)))
    }

    /// Removes a view, by the holder of the lock.
    pub(super) fn remove_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<(), StoreError> {
        let fail = |error| failed("remove view", place(tenant, view), error);
        let Some(directory) = self.view_folder("remove view", tenant, view)? else { return Ok(()) };
        if_there(directory.remove_file(&view.name.file_name())).map_err(fail)?;
        directory.sync().map_err(fail)
    }

    /// The files that were set aside, one page of them.
    pub(super) fn list_edited(
        &self,
        tenant: &TenantId,
        place: ViewPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<SetAside>, StoreError> {
        let folder = layout::view_folder(place);
        let fail = |error| failed("list edited views", format!("{folder}/{tenant}"), error);
        let Some(directory) = self.tenant_folder("list edited views", folder, tenant)? else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let entries = directory.entries().map_err(fail)?.into_iter();
        let names = entries
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| SetAside::of_name(place, name, 0).is_some())
            .map(|name| (name, ()));
        let (names, next) = page_of(names.collect(), after, limit);
        let mut items = Vec::new();
        for (name, ()) in names {
            let found = if_there(directory.metadata(&name)).map_err(fail)?;
            let found = found.filter(|found| found.kind == EntryKind::File);
            items.extend(found.and_then(|found| SetAside::of_name(place, &name, found.length)));
        }
        Ok(Page { items, next })
    }
}
