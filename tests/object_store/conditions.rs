//! Which object stores are taken and which are refused, by the conditions that they keep to.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, UpdateVersion,
};
use tenantry::paths::TenantId;
use tenantry::store::object::ObjectTenantStore;
use tenantry::store::{StoreErrorKind, TenantStore};
use tenantry::{ErrorKind, Tenantry};

/// Which condition an object store ignores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ignored {
    Creation,
    Swap,
    Change,
    /// The ETag of a swap; its version is looked at instead, and has to be there, as on GCS.
    Tag,
}

/// An object store that takes puts without looking at their condition, or always says changed.
#[derive(Debug)]
struct Careless(InMemory, Ignored);

impl fmt::Display for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Careless")
    }
}

#[async_trait]
impl ObjectStore for Careless {
    async fn put_opts(
        &self,
        key: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> object_store::Result<PutResult> {
        options.mode = match options.mode {
            PutMode::Create if self.1 == Ignored::Creation => PutMode::Overwrite,
            PutMode::Update(_) if self.1 == Ignored::Swap => PutMode::Overwrite,
            PutMode::Update(known) if self.1 == Ignored::Tag => {
                let version = known.version.ok_or_else(|| object_store::Error::Generic {
                    store: "by version",
                    source: "the version is missing".into(),
                })?;
                PutMode::Update(UpdateVersion { e_tag: Some(version), version: None })
            }
            mode => mode,
        };
        let put = self.0.put_opts(key, payload, options).await?;
        Ok(PutResult { version: put.e_tag.clone().filter(|_| self.1 == Ignored::Tag), ..put })
    }

    async fn put_multipart_opts(
        &self,
        key: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(key, options).await
    }

    async fn get_opts(&self, key: &Path, mut options: GetOptions) -> object_store::Result<GetResult> {
        if self.1 == Ignored::Change {
            options.if_none_match = None;
        }
        let mut found = self.0.get_opts(key, options).await?;
        found.meta.version = found.meta.e_tag.clone().filter(|_| self.1 == Ignored::Tag);
        Ok(found)
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.0.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn an_object_store_that_ignores_a_condition_is_refused_with_what_it_lacks() {
    for (ignored, lacks) in [
        (Ignored::Creation, "of several creations"),
        (Ignored::Swap, "an object that was not there"),
        (Ignored::Change, "that an object is unchanged"),
    ] {
        let store = || ObjectTenantStore::new(Arc::new(Careless(InMemory::new(), ignored)));
        let error = store().probe().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unsupported);
        assert!(error.detail().contains(lacks), "{error}");
        let error = Tenantry::builder(store()).open().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let said = error.to_string();
        assert!(said.contains(lacks) && said.contains("If-None-Match"), "{said}");
    }
}

#[tokio::test]
async fn an_object_store_that_compares_versions_is_taken() {
    let objects = Arc::new(Careless(InMemory::new(), Ignored::Tag));
    let tenantry = Tenantry::builder(ObjectTenantStore::new(objects)).open().await.unwrap();
    let ana = TenantId::parse("ana").unwrap();
    tenantry.ensure(&ana, "Ana").await.unwrap();
    let own = tenantry.session(&ana).await.unwrap().own();
    for name in ["one.mp4", "two.mp4"] {
        own.videos().upload_from(name, &b"moving pictures"[..]).await.unwrap();
    }
    assert_eq!(own.usage().await.unwrap().0.files, 2);
}
