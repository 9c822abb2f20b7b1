//! How a wrapper forwards a [`TenantStore`](super::TenantStore): every method, once for all wrappers.

/// A method of [`TenantStore`](super::TenantStore) that asks something of the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is named like its method")]
#[non_exhaustive]
pub enum StoreMethod {
    Put,
    Get,
    Head,
    Delete,
    List,
    Header,
    Load,
    Refresh,
    Append,
    Fold,
    Tenants,
    Probe,
    Tidy,
    RemoveAreas,
    ClearUnfinished,
    ReadView,
    PutView,
    RenameView,
    RemoveView,
    ListEdited,
    LocalPath,
    SignUrl,
    FreeSpace,
}

/// Hands the list of all methods but `capabilities` to a macro, behind what stands in the parentheses: each
/// with its variant of [`StoreMethod`], its arguments, its answer, and the tenant that it is about.
macro_rules! tenant_store_methods {
    ($callback:path: $($before:tt)*) => {
        $callback! { $($before)*
            Put put(key: &BlobKey, put: Put) -> BlobInfo, Some(key.tenant());
            Get get(key: &BlobKey, range: std::ops::Range<u64>) -> ByteStream, Some(key.tenant());
            Head head(key: &BlobKey) -> Option<BlobInfo>, Some(key.tenant());
            Delete delete(key: &BlobKey) -> (), Some(key.tenant());
            List list(tenant: &TenantId, area: Area, after: Option<&str>, limit: usize) -> Page<Found>,
                Some(tenant);
            Header header(tenant: &TenantId) -> Option<Header>, Some(tenant);
            Load load(tenant: &TenantId) -> Option<Loaded>, Some(tenant);
            Load open(tenant: &TenantId) -> Option<$crate::store::Opened>, Some(tenant);
            Refresh refresh(tenant: &TenantId, version: &Version) -> Refreshed, Some(tenant);
            Append append(tenant: &TenantId, base: Option<&Version>, commit: Commit) -> Outcome,
                Some(tenant);
            Fold fold(tenant: &TenantId, base: &Version, fold: Fold) -> Outcome, Some(tenant);
            Tenants tenants(after: Option<&str>, limit: usize) -> Page<TenantId>, None;
            Tenants marked_tenants(after: Option<&str>, limit: usize) -> Page<$crate::store::MarkedTenant>,
                None;
            Probe probe() -> (), None;
            Tidy tidy(tenant: &TenantId) -> (), Some(tenant);
            RemoveAreas remove_areas(tenant: &TenantId) -> Option<Removed>, Some(tenant);
            ClearUnfinished clear_unfinished(tenant: &TenantId, only: Option<&[BlobKey]>) -> (), Some(tenant);
            ReadView read_view(tenant: &TenantId, view: &ViewKey) -> Option<Bytes>, Some(tenant);
            PutView put_view(tenant: &TenantId, view: &ViewKey, content: Bytes) -> (), Some(tenant);
            RenameView rename_view(tenant: &TenantId, from: &ViewKey, to: &ViewKey) -> (), Some(tenant);
            RemoveView remove_view(tenant: &TenantId, view: &ViewKey) -> (), Some(tenant);
            ListEdited list_edited(tenant: &TenantId, place: ViewPlace, after: Option<&str>, limit: usize)
                -> Page<SetAside>, Some(tenant);
            LocalPath local_path(key: &BlobKey) -> std::path::PathBuf, Some(key.tenant());
            SignUrl sign_url(key: &BlobKey, request: $crate::store::UrlRequest) -> $crate::store::SignedUrl,
                Some(key.tenant());
            FreeSpace free_space() -> Option<u64>, None;
        }
    };
}
pub(crate) use tenant_store_methods;

/// Implements [`TenantStore`](super::TenantStore) for a wrapper that has
/// `fn inner(&self) -> &impl TenantStore` and
/// `async fn before(&self, method: StoreMethod, tenant: Option<&TenantId>)`, which is awaited before
/// each call; what it returns is dropped after the call. Nothing may be left to a default of the trait, and clippy sees to it.
macro_rules! forward_tenant_store {
    ($wrapper:ty) => {
        $crate::store::forward::tenant_store_methods!(
            $crate::store::forward::forward_tenant_store: @impl $wrapper;
        );
    };
    (@impl $wrapper:ty; $(
        $variant:ident $method:ident($($argument:ident: $type:ty),*) -> $answer:ty, $tenant:expr;
    )*) => {
        // Here and not in the outer rule: the attribute has to see the methods, not a macro.
        #[async_trait::async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl $crate::store::TenantStore for $wrapper {
            $(
                async fn $method(&self, $($argument: $type),*) -> Result<$answer, $crate::store::StoreError> {
                    let _during = self.before($crate::store::StoreMethod::$variant, $tenant).await;
                    self.inner().$method($($argument),*).await
                }
            )*

            /// Nothing can be awaited before it, so that a refresh has to be asked.
            fn is_newest(&self, _: &$crate::paths::TenantId, _: &$crate::store::Version) -> bool {
                false
            }

            fn capabilities(&self) -> $crate::store::Capabilities {
                self.inner().capabilities()
            }
        }
    };
}
pub(crate) use forward_tenant_store;
