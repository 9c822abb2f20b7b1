//! What a backend brings to the suite: a [`Medium`], and as much of what goes wrong with it as can be
//! brought about.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;

use crate::paths::{Area, BlobKey, TenantId};
use crate::store::{StoreError, TenantStore};

/// A medium: a folder, a bucket, a piece of memory. Empty when it is made, gone when it is dropped.
///
/// Only [`open`](Self::open) has to be written. The others bring about what a store can't do by itself;
/// what a medium can't bring about is not run, and the report says so.
#[async_trait]
pub trait Medium: Send + Sync {
    /// Opens a store over the medium; each call gives another store over the same, as another process
    /// would have it.
    ///
    /// # Errors
    /// Whatever kept it from opening, which fails the sentence.
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError>;

    /// Opens a store between which and the medium something is lost, from its first call on; `None` where
    /// that can't be done.
    ///
    /// # Errors
    /// Whatever kept it from opening, which fails the sentence.
    async fn open_losing(&self, loss: Loss) -> Result<Option<Arc<dyn TenantStore>>, StoreError> {
        let _ = loss;
        Ok(None)
    }

    /// Lets the machine on which the medium is crash: what is not durable is lost, stores that are open are
    /// of no more use, and [`open`](Self::open) opens what is left. False where that can't be done.
    ///
    /// # Errors
    /// Whatever kept it from that, which fails the sentence.
    async fn crash(&self) -> io::Result<bool> {
        Ok(false)
    }

    /// Puts a link where a link should not be, past the store, as somebody with access to the medium could;
    /// false where there are no links.
    ///
    /// # Errors
    /// Whatever kept it from that, which fails the sentence.
    async fn plant_link(&self, link: &Link) -> io::Result<bool> {
        let _ = link;
        Ok(false)
    }

    /// Makes a tenant's ledger unreadable, past the store; false where that can't be done.
    ///
    /// # Errors
    /// Whatever kept it from that, which fails the sentence.
    async fn damage(&self, tenant: &TenantId) -> io::Result<bool> {
        let _ = tenant;
        Ok(false)
    }
}

/// What is lost between a store and its medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// The first request that would change something: it never arrives. Later ones do.
    FirstRequest,
    /// The answer to the first request that changes something. It arrived.
    FirstAnswer,
    /// Every request that would change something. Reads are answered.
    Requests,
    /// The answer to every request that changes something; they all arrive. Reads are answered.
    Answers,
    /// Every answer, those to reads included. What changes something arrives.
    AllAnswers,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::FirstRequest, Self::FirstAnswer, Self::Requests, Self::Answers, Self::AllAnswers];
}

/// A link, and where it leads: on a file system a symbolic link.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Link {
    /// In the place of one blob, to another.
    Blob {
        /// The place, where nothing is yet.
        at: BlobKey,
        /// A blob that is there.
        to: BlobKey,
    },
    /// In the place of a tenant's whole area, to another tenant's. What was in that place is away.
    Area {
        /// The tenant whose area is to be a link. It has stored nothing there.
        at: TenantId,
        /// The tenant whose area it leads to. It has stored something there.
        to: TenantId,
        /// Which area, of both.
        area: Area,
    },
}
