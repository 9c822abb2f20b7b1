//! Who asks.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::paths::TenantId;

/// What a principal may do by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Everything, in every workspace.
    Admin,
    /// Everything in the own workspace, and reading in shared ones.
    User,
    /// Reading in the own workspace and in shared ones.
    Demo,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[Self::Admin, Self::User, Self::Demo];

    /// The role as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
            Self::Demo => "demo",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who else may read a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Visibility {
    /// Its owner and admins only.
    #[default]
    Private,
    /// Every principal, but for its secrets.
    Shared,
}

/// Who asks: an authenticated tenant, with the role that is stored for it.
///
/// Only a session makes one, from what the store says; a host can't make one by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    tenant: TenantId,
    role: Role,
}

impl Principal {
    pub(crate) const fn new(tenant: TenantId, role: Role) -> Self {
        Self { tenant, role }
    }

    /// The principal's own tenant.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The role, as stored.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }
}
