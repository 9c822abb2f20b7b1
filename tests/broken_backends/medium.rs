//! A right backend, with something broken in front of it.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use tenantry::paths::TenantId;
use tenantry::store::object::ObjectStoreSettings;
use tenantry::store::{StoreError, TenantStore};
use tenantry::testkit::conformance::{Link, Loss, Medium};

use crate::folder::Folder;
use crate::objects::Objects;

/// Puts what is broken in front of a right store; of the folder only some make use.
pub(crate) type Break = fn(Arc<dyn TenantStore>, &Folder) -> Arc<dyn TenantStore>;

pub(crate) struct Broken {
    right: Objects,
    folder: Folder,
    broken: Break,
}

impl Broken {
    pub(crate) fn new(broken: Break) -> Self {
        Self { right: Objects::with(ObjectStoreSettings::default()), folder: Folder::new(), broken }
    }
}

#[async_trait]
impl Medium for Broken {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok((self.broken)(self.right.open().await?, &self.folder))
    }

    async fn open_losing(&self, loss: Loss) -> Result<Option<Arc<dyn TenantStore>>, StoreError> {
        let opened = self.right.open_losing(loss).await?;
        Ok(opened.map(|store| (self.broken)(store, &self.folder)))
    }

    async fn plant_link(&self, link: &Link) -> io::Result<bool> {
        self.folder.plant(link)
    }

    async fn damage(&self, tenant: &TenantId) -> io::Result<bool> {
        self.right.damage(tenant).await
    }
}

/// Declares a store that does some things in its own, wrong way, and forwards the rest.
macro_rules! broken {
    ($(#[$about:meta])* $name:ident { $($methods:tt)* }) => {
        $(#[$about])*
        pub(crate) struct $name(pub(crate) std::sync::Arc<dyn tenantry::store::TenantStore>);

        impl $name {
            pub(crate) fn over(
                right: std::sync::Arc<dyn tenantry::store::TenantStore>,
                _: &crate::folder::Folder,
            ) -> std::sync::Arc<dyn tenantry::store::TenantStore> {
                std::sync::Arc::new(tenantry::testkit::Layered::new(Self(right)))
            }
        }

        #[async_trait::async_trait]
        impl tenantry::testkit::StoreLayer for $name {
            fn inner(&self) -> &dyn tenantry::store::TenantStore {
                &*self.0
            }

            $($methods)*
        }
    };
}
pub(crate) use broken;
