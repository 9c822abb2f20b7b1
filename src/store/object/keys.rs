//! Where things lie in an object store: keys of the same shape as the layout on disk.

use object_store::path::{Path, PathPart};

use crate::paths::{Area, BlobKey, TenantId};
use crate::store::{StoreError, StoreErrorKind, ViewKey, ViewPlace};

const DATA: &str = "data";
const HEADS: &str = "heads";
const TOKENS: &str = "tokens";
const RESERVED: &str = ".tenantry";

/// The keys under one prefix.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: Path,
}

impl Keys {
    pub(super) const fn new(prefix: Path) -> Self {
        Self { prefix }
    }

    /// The folder of all ledgers' heads, one object a tenant.
    pub(super) fn heads(&self) -> Path {
        self.prefix.clone().join(HEADS)
    }

    /// The folder of what heads name, and of views, a folder a tenant.
    pub(super) fn data_of_all(&self) -> Path {
        self.prefix.clone().join(DATA)
    }

    /// The folder of what a tenant's head names, and of its views.
    pub(super) fn data(&self, tenant: &TenantId) -> Path {
        self.data_of_all().join(tenant.as_str())
    }

    /// The folder of a tenant's token views.
    pub(super) fn tokens(&self, tenant: &TenantId) -> Path {
        self.prefix.clone().join(TOKENS).join(tenant.as_str())
    }

    /// The folder of a tenant's blobs of one kind.
    pub(super) fn area(&self, tenant: &TenantId, area: Area) -> Path {
        self.prefix.clone().join(area.as_str()).join(tenant.as_str())
    }

    pub(super) fn blob(&self, key: &BlobKey) -> Path {
        self.area(key.tenant(), key.area()).join(segment(key.name().as_str()))
    }

    /// A view's key.
    ///
    /// # Errors
    /// [`Unsupported`](StoreErrorKind::Unsupported) if the ledger itself has that key.
    pub(super) fn view(&self, tenant: &TenantId, view: &ViewKey) -> Result<Path, StoreError> {
        let name = view.name.file_name();
        if view.place == ViewPlace::Data && is_of_ledger(&name) {
            let detail = "the name of the view is one of the ledger's";
            return Err(StoreError::new(StoreErrorKind::Unsupported, "view", detail));
        }
        Ok(self.views(tenant, view.place).join(segment(&name)))
    }

    /// The folder of a tenant's views of one kind.
    pub(super) fn views(&self, tenant: &TenantId, place: ViewPlace) -> Path {
        match place {
            ViewPlace::Data => self.data(tenant),
            ViewPlace::Tokens => self.tokens(tenant),
        }
    }

    /// A place of the library's own.
    pub(super) fn reserved(&self, name: &str) -> Path {
        self.prefix.clone().join(RESERVED).join(name)
    }
}

/// A name as one segment of a key, spelled as it is. What a file name excludes anyway would be
/// escaped, so that a segment never becomes two.
fn segment(name: &str) -> PathPart<'_> {
    PathPart::parse(name).unwrap_or_else(|_| PathPart::from(name))
}

/// Whether an object of that name in a tenant's data folder belongs to its ledger.
pub(super) fn is_of_ledger(name: &str) -> bool {
    name.starts_with("snapshot-") || name.starts_with("segment-")
}
