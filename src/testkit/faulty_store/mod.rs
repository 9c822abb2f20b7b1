//! A store that fails, holds, repeats, loses answers and lies: [`FaultyStore`].
//!
//! It stands in front of another store. What happens to which call is data, a list of [`Fault`]s held by a
//! controller, [`Faults`]; nothing is left to chance here, and nothing sleeps. A test that wants chance
//! draws its faults from a seed ([`strategies::faults`](super::strategies::faults)).
//!
//! Two kinds of effects are told apart by their types. A [`Truthful`] one answers as the contract of
//! [`TenantStore`] allows: whatever is built on a store has to survive it. A [`Lying`] one breaks the
//! contract; it shows what notices a store that does.
//!
//! [`faulty_objects`](super::faulty_objects) is the same one level lower, in the same words, for what is
//! built on an object store.
//!
//! ```
//! use std::sync::Arc;
//! use tenantry::store::{MemoryStore, StoreMethod};
//! use tenantry::testkit::faulty_store::{Fault, FaultyStore, Truthful};
//! use tenantry::{ErrorKind, ProfileChange, Tenantry, paths::TenantId};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ana = TenantId::parse("ana")?;
//! let (store, faults) = FaultyStore::new(Arc::new(MemoryStore::new()));
//! let tenantry = Tenantry::builder(store).open().await?;
//! tenantry.ensure(&ana, "Ana").await?;
//! let own = tenantry.session(&ana).await?.own();
//!
//! // The next commit lands, and its answer is lost.
//! faults.inject(Fault::new(Truthful::FailAfter).of(StoreMethod::Append).for_tenant(&ana));
//! let renamed = own.change_profile(ProfileChange::new().display_name("Anna")).await;
//! assert_eq!(renamed.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
//! assert_eq!(own.profile().await?.display_name, "Anna");
//! assert_eq!(faults.injected().len(), 1, "the fault was hit");
//! # Ok(())
//! # }
//! ```

mod answers;
mod bodies;
mod control;
mod fault;

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

use self::answers::{Answer, Answerable, act};
use self::bodies::Body;
pub use self::control::{Faults, Injected};
pub use self::fault::{Call, Effect, Fault, Lying, Truthful, Until};
use crate::paths::{Area, BlobKey, TenantId};
use crate::store::{
    BlobInfo, ByteStream, Capabilities, Commit, Fold, Found, Header, Loaded, MarkedTenant, Opened, Outcome,
    Page, Put, Refreshed, Removed, SetAside, SignedUrl, StoreMethod, TenantStore, UrlRequest, Version,
    ViewKey, ViewPlace,
};

/// A [`TenantStore`] in front of another, with [`Faults`].
///
/// It never says that it is [fenced](Capabilities::fenced), nor that no request [outlives its
/// call](Capabilities::longest_request), since its own puts can come late.
pub struct FaultyStore {
    inner: Arc<dyn TenantStore>,
    faults: Faults,
}

impl FaultyStore {
    /// A store in front of `inner`, at first without faults; they stay controllable after the store is
    /// given away.
    #[must_use]
    pub fn new(inner: Arc<dyn TenantStore>) -> (Self, Faults) {
        let faults = Faults::default();
        (Self { inner, faults: faults.clone() }, faults)
    }

    /// Another store in front of `inner`, with the same faults: another process, say, whose calls are
    /// counted with the first one's.
    #[must_use]
    pub fn with(inner: Arc<dyn TenantStore>, faults: &Faults) -> Self {
        Self { inner, faults: faults.clone() }
    }

    /// Makes a call, or not, or twice, as decided. `claimed` is what it would say if it were done.
    async fn carry<T: Answerable + Send + 'static>(
        &self,
        method: StoreMethod,
        tenant: Option<&TenantId>,
        claimed: Option<T>,
        make: impl Fn() -> BoxFuture<'static, Answer<T>> + Send + Sync + 'static,
    ) -> Answer<T> {
        let under_way = self.faults.begin(method, tenant).await;
        act(&under_way, claimed, make).await
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStore").field("faults", &self.faults).finish_non_exhaustive()
    }
}

/// Carries a call: what it needs is owned, so that it can be made again, and when its caller is gone.
macro_rules! carry {
    ($store:ident, $method:ident for $tenant:expr, claiming $claimed:expr,
     ($inner:ident $(, $name:ident = $owned:expr)*) => $call:expr) => {{
        let make = {
            let ($inner, $($name,)*) = (Arc::clone(&$store.inner), $($owned,)*);
            move || {
                let ($inner, $($name,)*) = (Arc::clone(&$inner), $($name.clone(),)*);
                async move { $call.await }.boxed()
            }
        };
        $store.carry(StoreMethod::$method, $tenant, $claimed, make).await
    }};
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl TenantStore for FaultyStore {
    async fn put(&self, key: &BlobKey, put: Put) -> Answer<BlobInfo> {
        let under_way = self.faults.begin(StoreMethod::Put, Some(key.tenant())).await;
        let put = match under_way.effect() {
            None | Some(Effect::Truthful(Truthful::Hold(_))) => return self.inner.put(key, put).await,
            Some(Effect::Truthful(Truthful::CutShort(bytes))) => {
                return bodies::put_cut_short(&*self.inner, key, put, bytes, under_way.noting()).await;
            }
            Some(Effect::Lying(Lying::CutSilently(bytes))) => {
                let body = bodies::cut_silently(put.body, bytes, under_way.noting());
                return self.inner.put(key, Put { body, ..put }).await;
            }
            Some(_) => put,
        };
        let Put { incarnation, body, length_hint, deadline } = put;
        let body = match Body::of(body).await {
            Ok(body) => body,
            // A body that fails by itself is the store's to answer.
            Err(body) => {
                return self.inner.put(key, Put { incarnation, body, length_hint, deadline }).await;
            }
        };
        let claimed = Some(BlobInfo { length: body.length() });
        let (inner, key) = (Arc::clone(&self.inner), key.clone());
        let make = move || {
            let put = Put { incarnation, body: body.stream(), length_hint, deadline: deadline.clone() };
            let (inner, key) = (Arc::clone(&inner), key.clone());
            async move { inner.put(&key, put).await }.boxed()
        };
        act(&under_way, claimed, make).await
    }

    async fn get(&self, key: &BlobKey, range: Range<u64>) -> Answer<ByteStream> {
        let under_way = self.faults.begin(StoreMethod::Get, Some(key.tenant())).await;
        let (inner, owned) = (Arc::clone(&self.inner), key.clone());
        let make = move || {
            let (inner, key, range) = (Arc::clone(&inner), owned.clone(), range.clone());
            async move { inner.get(&key, range).await }.boxed()
        };
        let body = act(&under_way, None, make).await?;
        Ok(match under_way.effect() {
            Some(Effect::Truthful(Truthful::CutShort(bytes))) => {
                bodies::cut_short(body, bytes, under_way.noting())
            }
            Some(Effect::Lying(Lying::CutSilently(bytes))) => {
                bodies::cut_silently(body, bytes, under_way.noting())
            }
            _ => body,
        })
    }

    async fn head(&self, key: &BlobKey) -> Answer<Option<BlobInfo>> {
        carry!(self, Head for Some(key.tenant()), claiming None,
            (inner, key = key.clone()) => inner.head(&key))
    }

    async fn delete(&self, key: &BlobKey) -> Answer<()> {
        carry!(self, Delete for Some(key.tenant()), claiming Some(()),
            (inner, key = key.clone()) => inner.delete(&key))
    }

    async fn list(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Answer<Page<Found>> {
        carry!(self, List for Some(tenant), claiming None,
            (inner, tenant = tenant.clone(), after = after.map(str::to_owned)) =>
            inner.list(&tenant, area, after.as_deref(), limit))
    }

    async fn header(&self, tenant: &TenantId) -> Answer<Option<Header>> {
        carry!(self, Header for Some(tenant), claiming None,
            (inner, tenant = tenant.clone()) => inner.header(&tenant))
    }

    async fn load(&self, tenant: &TenantId) -> Answer<Option<Loaded>> {
        carry!(self, Load for Some(tenant), claiming None,
            (inner, tenant = tenant.clone()) => inner.load(&tenant))
    }

    async fn open(&self, tenant: &TenantId) -> Answer<Option<Opened>> {
        carry!(self, Load for Some(tenant), claiming None,
            (inner, tenant = tenant.clone()) => inner.open(&tenant))
    }

    async fn refresh(&self, tenant: &TenantId, version: &Version) -> Answer<Refreshed> {
        carry!(self, Refresh for Some(tenant), claiming None,
            (inner, tenant = tenant.clone(), version = version.clone()) =>
            inner.refresh(&tenant, &version))
    }

    async fn append(&self, tenant: &TenantId, base: Option<&Version>, commit: Commit) -> Answer<Outcome> {
        carry!(self, Append for Some(tenant), claiming None,
            (inner, tenant = tenant.clone(), base = base.cloned(), commit = commit) =>
            inner.append(&tenant, base.as_ref(), commit))
    }

    async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Answer<Outcome> {
        carry!(self, Fold for Some(tenant), claiming None,
            (inner, tenant = tenant.clone(), base = base.clone(), fold = fold) =>
            inner.fold(&tenant, &base, fold))
    }

    async fn tenants(&self, after: Option<&str>, limit: usize) -> Answer<Page<TenantId>> {
        carry!(self, Tenants for None, claiming None,
            (inner, after = after.map(str::to_owned)) => inner.tenants(after.as_deref(), limit))
    }

    async fn marked_tenants(&self, after: Option<&str>, limit: usize) -> Answer<Page<MarkedTenant>> {
        carry!(self, Tenants for None, claiming None,
            (inner, after = after.map(str::to_owned)) => inner.marked_tenants(after.as_deref(), limit))
    }

    async fn probe(&self) -> Answer<()> {
        carry!(self, Probe for None, claiming None,
            (inner) => inner.probe())
    }

    async fn tidy(&self, tenant: &TenantId) -> Answer<()> {
        carry!(self, Tidy for Some(tenant), claiming Some(()),
            (inner, tenant = tenant.clone()) => inner.tidy(&tenant))
    }

    async fn remove_areas(&self, tenant: &TenantId) -> Answer<Option<Removed>> {
        carry!(self, RemoveAreas for Some(tenant), claiming None,
            (inner, tenant = tenant.clone()) => inner.remove_areas(&tenant))
    }

    async fn clear_unfinished(&self, tenant: &TenantId, only: Option<&[BlobKey]>) -> Answer<()> {
        carry!(self, ClearUnfinished for Some(tenant), claiming None,
            (inner, tenant = tenant.clone(), only = only.map(<[BlobKey]>::to_vec)) =>
            inner.clear_unfinished(&tenant, only.as_deref()))
    }

    /// So that a refresh is asked, which meets the faults.
    fn is_newest(&self, _: &TenantId, _: &Version) -> bool {
        false
    }

    fn capabilities(&self) -> Capabilities {
        let inner = self.inner.capabilities();
        let longest_request = inner.longest_request.filter(|longest| !longest.is_zero());
        Capabilities { fenced: false, longest_request, ..inner }
    }

    async fn read_view(&self, tenant: &TenantId, view: &ViewKey) -> Answer<Option<Bytes>> {
        carry!(self, ReadView for Some(tenant), claiming None,
            (inner, tenant = tenant.clone(), view = view.clone()) => inner.read_view(&tenant, &view))
    }

    async fn put_view(&self, tenant: &TenantId, view: &ViewKey, content: Bytes) -> Answer<()> {
        carry!(self, PutView for Some(tenant), claiming Some(()),
            (inner, tenant = tenant.clone(), view = view.clone(), content = content) =>
            inner.put_view(&tenant, &view, content))
    }

    async fn rename_view(&self, tenant: &TenantId, from: &ViewKey, to: &ViewKey) -> Answer<()> {
        carry!(self, RenameView for Some(tenant), claiming None,
            (inner, tenant = tenant.clone(), from = from.clone(), to = to.clone()) =>
            inner.rename_view(&tenant, &from, &to))
    }

    async fn remove_view(&self, tenant: &TenantId, view: &ViewKey) -> Answer<()> {
        carry!(self, RemoveView for Some(tenant), claiming Some(()),
            (inner, tenant = tenant.clone(), view = view.clone()) => inner.remove_view(&tenant, &view))
    }

    async fn list_edited(
        &self,
        tenant: &TenantId,
        place: ViewPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Answer<Page<SetAside>> {
        carry!(self, ListEdited for Some(tenant), claiming None,
            (inner, tenant = tenant.clone(), after = after.map(str::to_owned)) =>
            inner.list_edited(&tenant, place, after.as_deref(), limit))
    }

    async fn local_path(&self, key: &BlobKey) -> Answer<PathBuf> {
        carry!(self, LocalPath for Some(key.tenant()), claiming None,
            (inner, key = key.clone()) => inner.local_path(&key))
    }

    async fn sign_url(&self, key: &BlobKey, request: UrlRequest) -> Answer<SignedUrl> {
        carry!(self, SignUrl for Some(key.tenant()), claiming None,
            (inner, key = key.clone(), request = request) => inner.sign_url(&key, request))
    }

    async fn free_space(&self) -> Answer<Option<u64>> {
        carry!(self, FreeSpace for None, claiming None,
            (inner) => inner.free_space())
    }
}
