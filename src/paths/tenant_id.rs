//! The name of a tenant, and how any other name becomes one.

use std::fmt;
use std::sync::Arc;

use super::NameError;
use super::reserved::is_device_name;

/// A tenant's name: `[a-z0-9][a-z0-9._=-]*`, at most 64 bytes, no trailing dot, no Windows device
/// name, none that the layout reserves.
///
/// One tenant has one spelling. A name in any other form goes through [`TenantId::encode`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Parses an id.
    ///
    /// # Errors
    /// [`NameError`] with the reason of the refusal.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(NameError::TooLong { bytes: text.len(), limit: Self::MAX_BYTES });
        }
        if is_device_name(text) {
            return Err(NameError::DeviceName);
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", self.0)
    }
}
