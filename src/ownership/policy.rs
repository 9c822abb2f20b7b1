//! What a policy is asked and what it answers.

use std::fmt;

use super::{Action, Principal, Visibility};
use crate::paths::{Area, CollectionName, FileName, Incarnation, TenantId};
use crate::record::RecordId;

/// What a request is about, within a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// The tenant itself.
    Tenant,
    /// All tenants of the store.
    AllTenants,
    /// A collection.
    Collection(CollectionName),
    /// A record by its id. Those by which a [`token`](Self::token) and a [`stream_key`](Self::stream_key) are asked
    /// for have functions.
    Record(CollectionName, RecordId),
    /// A stored file by its name.
    File(Area, FileName),
}

impl Resource {
    /// A token, which is asked for by the name of its file.
    #[must_use]
    pub fn token(file: &FileName) -> Self {
        Self::Record(CollectionName::TOKENS, RecordId::addressed(file.as_str()))
    }

    /// The stream key that a token has for a stream, or all that it has.
    #[must_use]
    pub fn stream_key(token_file: &FileName, stream_id: Option<&str>) -> Self {
        let id = match stream_id {
            Some(stream_id) => RecordId::addressed(&format!("{token_file}/{stream_id}")),
            None => RecordId::addressed(token_file.as_str()),
        };
        Self::Record(CollectionName::STREAM_MAPPING, id)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => f.write_str("tenant"),
            Self::AllTenants => f.write_str("all tenants"),
            Self::Collection(name) => fmt::Display::fmt(name, f),
            Self::Record(collection, id) => write!(f, "{collection}/{id}"),
            Self::File(area, name) => write!(f, "{area}/{name}"),
        }
    }
}

/// A question to a policy: may this principal do this to that, in this tenant?
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) action: Action,
    pub(crate) tenant: &'a TenantId,
    pub(crate) incarnation: Option<Incarnation>,
    pub(crate) visibility: Visibility,
    pub(crate) resource: &'a Resource,
}

impl<'a> Request<'a> {
    /// Who asks.
    #[must_use]
    pub const fn principal(&self) -> &'a Principal {
        self.principal
    }

    /// For what.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// In which tenant. It need not exist: what does not exist is asked about as a private one.
    #[must_use]
    pub const fn tenant(&self) -> &'a TenantId {
        self.tenant
    }

    /// Who else may read that tenant's workspace.
    #[must_use]
    pub const fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// About what in it.
    #[must_use]
    pub const fn resource(&self) -> &'a Resource {
        self.resource
    }

    /// Whether it is about the principal's own tenant.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.principal.tenant() == self.tenant
    }
}

/// Why a policy decided as it did; for audit and for [`can`](crate::Workspace::can), never for those
/// to whom the resource must look missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Admins may do everything.
    Admin,
    /// It is the principal's own.
    Own,
    /// The workspace is shared.
    Shared,
    /// It belongs to somebody else.
    Foreign,
    /// It may be read and nothing else.
    ReadOnly,
    /// It takes an admin.
    AdminOnly,
    /// The library's own upkeep, not a user's request.
    Upkeep,
    /// A reason of the host's policy.
    Other(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Admin => "admins may do everything",
            Self::Own => "it is the principal's own",
            Self::Shared => "the workspace is shared",
            Self::Foreign => "it belongs to somebody else",
            Self::ReadOnly => "it may only be read",
            Self::AdminOnly => "it takes an admin",
            Self::Upkeep => "upkeep",
            Self::Other(text) => text,
        })
    }
}

/// A policy's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allow(Reason),
    /// It may see the resource, and may not do this: the caller is told so.
    Deny(Reason),
    /// It may not know that the resource exists: the caller is told what it would be told of
    /// something missing.
    Hide(Reason),
}

impl Decision {
    /// Whether it is allowed.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> &Reason {
        match self {
            Self::Allow(reason) | Self::Deny(reason) | Self::Hide(reason) => reason,
        }
    }
}

/// Decides who may do what.
///
/// A policy is pure: the same request always gets the same answer, and it neither waits nor reads
/// anything, for it is asked inside transactions that may run again.
pub trait OwnershipPolicy: Send + Sync + 'static {
    /// Decides one request.
    fn decide(&self, request: &Request<'_>) -> Decision;
}
