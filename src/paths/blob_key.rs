//! The address of a blob.

use super::{Area, FileName, TenantId};

/// The only thing that a store takes for a blob: a tenant, an area and a file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobKey {
    tenant: TenantId,
    area: Area,
    name: FileName,
}

impl BlobKey {
    /// Names the blob `name` in an area of a tenant.
    #[must_use]
    pub const fn new(tenant: TenantId, area: Area, name: FileName) -> Self {
        Self { tenant, area, name }
    }

    /// The tenant whose blob it is.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The area in which it lies.
    #[must_use]
    pub const fn area(&self) -> Area {
        self.area
    }

    /// Its file name.
    #[must_use]
    pub const fn name(&self) -> &FileName {
        &self.name
    }
}
