//! Names that are safe by construction: [`TenantId`], [`FileName`], [`Area`], [`BlobKey`]
//! and [`Incarnation`].
//!
//! Everything below the public edge takes these types and never a string, so that a path can
//! only be built from parts that were parsed once. Which folder or object key a [`BlobKey`]
//! becomes is the store's business.

mod area;
mod blob_key;
mod characters;
mod collection_name;
mod error;
mod file_name;
mod incarnation;
mod reserved;
mod tenant_id;
mod text;

pub use area::Area;
pub use blob_key::BlobKey;
pub(crate) use characters::visible;
pub use collection_name::CollectionName;
pub(crate) use collection_name::CollectionText;
pub use error::NameError;
pub use file_name::FileName;
pub use incarnation::Incarnation;
pub use tenant_id::TenantId;
pub(crate) use text::{Text, of_text};
