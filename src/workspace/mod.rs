//! What a host works with: [`Tenantry`], [`Session`], [`Workspace`], [`Snapshot`], and the
//! operations on a tenant's records and files.
//!
//! Every operation takes the one way down: a session gives a workspace, the workspace asks the
//! gate, and the permit opens the ledger and the store. [`access`] is where the first three meet;
//! the rest of this module is rules over a tenant's state.

mod access;
#[cfg(feature = "archive")]
mod archive;
mod builder;
mod collection;
mod copying;
mod daily;
mod dooms;
mod erasure;
#[cfg(feature = "migrate")]
mod facts;
mod files;
mod handle;
mod kinds;
mod live_streams;
#[cfg(feature = "migrate")]
pub(crate) mod onlooker;
mod operations;
mod page;
mod profile;
mod records;
mod references;
mod schedules;
mod session;
mod snapshot;
mod stored_files;
mod stream_keys;
mod tenantry;
mod tenants;
mod thumbnails;
mod time_zone;
mod tokens;
mod transaction;
mod upkeep;
mod videos;
mod views;
mod wording;

#[cfg(feature = "archive")]
pub use archive::{Export, Import, Imported};
pub use builder::{Builder, Settings};
pub use collection::Collection;
pub use copying::{Copied, CopyError, TenantCopy};
#[cfg(feature = "migrate")]
pub(crate) use copying::{Incoming, Prepared, Receiving};
pub use daily::Ended;
pub use erasure::{Erasure, Receipt};
#[cfg(feature = "migrate")]
pub(crate) use facts::{Facts, Tellers};
pub use handle::Workspace;
pub use live_streams::{LiveStream, LiveStreamStatus, LiveStreamStep, LiveStreams, RtmpServer};
pub use page::{Cursor, Direction, ListOptions, Page};
pub use profile::{Profile, ProfileChange};
pub use records::Expected;
pub use schedules::{PrivacyStatus, Schedule, ScheduleStatus, ScheduleStep, Schedules};
#[cfg(feature = "xlsx")]
pub use schedules::{WorkbookImport, WorkbookPreview};
pub use session::Session;
pub use snapshot::{Snapshot, SnapshotCollection};
#[cfg(feature = "migrate")]
pub(crate) use stored_files::title_of;
pub use stored_files::{
    ByteRange, FileHead, FileRef, FileStream, LocalPath, PresignedUrl, Progress, Upload, UploadByUrl,
    UploadLength, UploadTicket, Verification,
};
pub use stream_keys::{
    Cdn, FetchReport, FetchedStreamKey, IngestionInfo, SourceError, StreamKey, StreamKeySource, StreamKeys,
};
pub use tenantry::Tenantry;
pub use tenants::{Grace, NewTenant, TenantEntry, Tenants};
pub use thumbnails::{Thumbnail, Thumbnails};
pub use tokens::{Token, TokenContent, Tokens};
pub use transaction::{Transaction, TransactionCollection};
pub use upkeep::{
    CheckReport, Erased, Finding, MaintenanceOptions, Operator, RepairReport, RoundReport, Swept, SweptAll,
};
pub use videos::{AllVideosCursor, Video, VideoSource, Videos};
pub use views::{
    Adoption, AdoptionPlan, EditName, EditRefusal, EditedView, EditedViews, RefusedEdit, RefusedEdits,
    SetAsideView, ViewMode, ViewReport,
};
