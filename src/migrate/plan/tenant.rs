//! What becomes of a user.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::ownership::Role;
use crate::paths::TenantId;
use crate::quota::Limits;

/// A tenant that there will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedTenant {
    /// Its id.
    pub id: TenantId,
    /// The name that people read.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// The plan that limits it, if its role had limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Limits of its own.
    #[serde(default)]
    pub limits: Limits,
    /// Whether it has a ledger already, and is left alone.
    pub exists: bool,
    /// How it is known.
    pub why: Cow<'static, str>,
}
