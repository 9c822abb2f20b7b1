//! Everything that can be asked for, in one enumeration from which it is also dispatched.

use std::fmt;

/// What an action does to what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It shows something.
    Read,
    /// It changes something within one tenant.
    Write,
    /// It changes what a tenant is or may do, or looks at more than one.
    Administer,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $effect:ident;)*) => {
        /// One kind of operation. Every public operation asks for exactly one of these.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name by which audit and errors call it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it does.
            #[must_use]
            pub const fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)* }
            }
        }
    };
}

actions! {
    /// List the records of a collection.
    ListRecords = "records.list", Read;
    /// Read one record.
    GetRecord = "records.get", Read;
    /// Insert a record.
    InsertRecord = "records.insert", Write;
    /// Change a record.
    UpdateRecord = "records.update", Write;
    /// Remove a record.
    RemoveRecord = "records.remove", Write;
    /// Change several records of several collections at once.
    Transact = "transaction", Write;
    /// List videos.
    ListVideos = "videos.list", Read;
    /// Read a video's record, by id or by file name.
    GetVideo = "videos.get", Read;
    /// Upload a video.
    UploadVideo = "videos.upload", Write;
    /// Give out a URL to upload a video by.
    UploadVideoByUrl = "videos.upload_url", Write;
    /// Complete an upload of a video by URL, or give it up.
    CompleteVideoUpload = "videos.complete_upload", Write;
    /// Change a video's title.
    RenameVideo = "videos.rename", Write;
    /// Read a video's bytes, whole or a range of them.
    OpenVideo = "videos.open", Read;
    /// Give out a URL to read a video's bytes by.
    DownloadVideoByUrl = "videos.download_url", Read;
    /// Get a path at which other programs can read a video.
    LocalPath = "videos.local_path", Read;
    /// Compare a video's bytes with their checksum.
    VerifyVideo = "videos.verify", Read;
    /// Delete a video.
    DeleteVideo = "videos.delete", Write;
    /// Give a video a thumbnail, or take it away.
    SetThumbnail = "videos.set_thumbnail", Write;
    /// List thumbnails.
    ListThumbnails = "thumbnails.list", Read;
    /// Read a thumbnail's record, by id or by file name.
    GetThumbnail = "thumbnails.get", Read;
    /// Upload a thumbnail.
    UploadThumbnail = "thumbnails.upload", Write;
    /// Give out a URL to upload a thumbnail by.
    UploadThumbnailByUrl = "thumbnails.upload_url", Write;
    /// Complete an upload of a thumbnail by URL, or give it up.
    CompleteThumbnailUpload = "thumbnails.complete_upload", Write;
    /// Read a thumbnail's bytes, whole or a range of them.
    OpenThumbnail = "thumbnails.open", Read;
    /// Give out a URL to read a thumbnail's bytes by.
    DownloadThumbnailByUrl = "thumbnails.download_url", Read;
    /// Get a path at which other programs can read a thumbnail.
    ThumbnailLocalPath = "thumbnails.local_path", Read;
    /// Compare a thumbnail's bytes with their checksum.
    VerifyThumbnail = "thumbnails.verify", Read;
    /// Delete a thumbnail.
    DeleteThumbnail = "thumbnails.delete", Write;
    /// List live streams, all of them or by an index.
    ListLiveStreams = "live_streams.list", Read;
    /// Read a live stream.
    GetLiveStream = "live_streams.get", Read;
    /// Plan a live stream.
    AddLiveStream = "live_streams.add", Write;
    /// Change what is planned of a live stream.
    EditLiveStream = "live_streams.edit", Write;
    /// Begin a scheduled live stream before its time.
    StartLiveStream = "live_streams.start", Write;
    /// Say that a live stream is on the air.
    MarkLiveStreamLive = "live_streams.mark_live", Write;
    /// End a live stream as completed.
    StopLiveStream = "live_streams.stop", Write;
    /// End a live stream as failed.
    FailLiveStream = "live_streams.fail", Write;
    /// Call a live stream off, with its repetition.
    CancelLiveStream = "live_streams.cancel", Write;
    /// Begin or plan a finished live stream again.
    RestartLiveStream = "live_streams.restart", Write;
    /// Delete a live stream.
    DeleteLiveStream = "live_streams.delete", Write;
    /// List schedules, all of them or by an index.
    ListSchedules = "schedules.list", Read;
    /// Read a schedule.
    GetSchedule = "schedules.get", Read;
    /// Add a schedule.
    AddSchedule = "schedules.add", Write;
    /// Change what a schedule plans.
    UpdateSchedule = "schedules.update", Write;
    /// Ask for a schedule to be run before its time, or again.
    RunSchedule = "schedules.run", Write;
    /// Say that a schedule's broadcast was made.
    MarkScheduleSucceeded = "schedules.mark_succeeded", Write;
    /// Say that a schedule failed.
    MarkScheduleFailed = "schedules.mark_failed", Write;
    /// Delete a schedule.
    DeleteSchedule = "schedules.delete", Write;
    /// List OAuth tokens.
    ListTokens = "tokens.list", Read;
    /// Read an OAuth token with its content.
    ReadToken = "tokens.read", Read;
    /// Store a new OAuth token.
    CreateToken = "tokens.create", Write;
    /// Replace the content of an OAuth token.
    ReplaceToken = "tokens.replace", Write;
    /// Delete an OAuth token, and its stream keys with it.
    DeleteToken = "tokens.delete", Write;
    /// List stream keys, all of them or those of a token.
    ListStreamKeys = "stream_keys.list", Read;
    /// Read a stream key with its secret.
    ReadStreamKey = "stream_keys.read", Read;
    /// Ask a service for the stream keys of a token, and merge its answer.
    FetchStreamKeys = "stream_keys.fetch", Write;
    /// Delete a stream key, or all those of a token.
    DeleteStreamKey = "stream_keys.delete", Write;
    /// Read the tenant's profile.
    ReadProfile = "profile.read", Read;
    /// Change the profile's display name or time zone.
    ChangeProfile = "profile.change", Write;
    /// Read the tenant's usage and limits.
    ReadUsage = "usage.read", Read;
    /// Write the tenant's views now.
    WriteViews = "views.write", Write;
    /// List, adopt or discard views that somebody edited.
    AdoptView = "views.adopt", Write;
    /// Write the schedules to a workbook.
    ExportSchedules = "schedules.export", Read;
    /// Add the schedules of a workbook.
    ImportSchedules = "schedules.import", Write;
    /// Take everything of a tenant out as an archive.
    ExportTenant = "tenant.export", Read;
    /// Create a tenant.
    CreateTenant = "tenants.create", Administer;
    /// List tenants.
    ListTenants = "tenants.list", Administer;
    /// Change a tenant's role, visibility, plan or limits.
    ChangeTenant = "tenants.change", Administer;
    /// Begin to delete a tenant.
    DeleteTenant = "tenants.delete", Administer;
    /// Restore a tenant that is being deleted.
    RestoreTenant = "tenants.restore", Administer;
    /// Erase a tenant for good.
    EraseTenant = "tenants.erase", Administer;
    /// Read the usage of all tenants.
    ReadAllUsage = "tenants.usage", Administer;
    /// List the videos of all tenants.
    ListAllVideos = "tenants.videos", Administer;
    /// Write the schedules of all tenants to a workbook.
    ExportAllSchedules = "tenants.schedules", Administer;
    /// Take an archive in, into an empty tenant.
    ImportTenant = "tenants.import", Administer;
    /// Take everything of a tenant, its secrets too, to another store.
    CopyTenant = "tenants.copy", Administer;
    /// Let a tenant arrive from another store.
    ReceiveTenant = "tenants.receive", Administer;
    /// Compare a tenant's ledger with the store.
    CheckTenant = "tenants.check", Administer;
    /// Repair what a check found.
    RepairTenant = "tenants.repair", Administer;
    /// Expire what is due and clear what is doomed.
    SweepTenant = "tenants.sweep", Administer;
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
