//! Every call with which one could reach into a workspace, so that each can be tried by anybody.

use bytes::Bytes;
use futures::stream;
use serde::{Deserialize, Serialize};
use tenantry::paths::CollectionName;
use tenantry::record::{Entity, Record, RecordId};
use tenantry::{
    ByteRange, Error, ErrorKind, Expected, ListOptions, ProfileChange, Result, Verification, Video, Workspace,
};

use crate::Outcome;
use crate::report::count;
use crate::uploads::upload;

/// A record of the application's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        #[allow(clippy::expect_used, reason = "the name is a constant, and valid")]
        CollectionName::parse("notes").expect("notes is a name")
    }
}

/// What the calls are after: a video and a note of one tenant.
pub(crate) struct Target {
    pub(crate) video: Record<Video>,
    pub(crate) note: Record<Note>,
}

impl Target {
    pub(crate) async fn make(owner: &Workspace) -> Outcome<Self> {
        let note = Note { text: "for my eyes only".to_owned() };
        Ok(Self { video: upload(owner, "counting.mkv").await?, note: owner.collection().insert(note).await? })
    }

    /// The same, or what stands in for it after a call has deleted a part.
    pub(crate) async fn renewed(mut self, owner: &Workspace) -> Outcome<Self> {
        if gone(owner.videos().get(self.video.id()).await)? {
            self.video = upload(owner, "counting.mkv").await?;
        }
        if gone(owner.collection::<Note>().get(self.note.id()).await)? {
            self.note = owner.collection().insert(self.note.value().clone()).await?;
        }
        Ok(self)
    }

    pub(crate) async fn remove(self, owner: &Workspace) -> Result<()> {
        owner.videos().delete(self.video.id(), Expected::Any).await?;
        owner.collection::<Note>().remove(self.note.id(), Expected::Any).await?;
        Ok(())
    }
}

fn gone<T>(found: Result<T>) -> Result<bool> {
    match found {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// An id that is the same whoever makes the call, and so in the answers too.
fn id_of(text: &str) -> Result<RecordId> {
    RecordId::parse(text).map_err(|error| Error::new(ErrorKind::InvalidInput, "tour").with_source(error))
}

/// A call on a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    ListVideos,
    GetVideo(By),
    OpenVideo(By),
    ReadRange(By),
    LocalPath(By),
    VerifyVideo(By),
    ListNotes,
    GetNote,
    ReadProfile,
    ReadUsage,
    TakeSnapshot,
    UploadVideo,
    RenameVideo(By),
    DeleteVideo(By),
    InsertNote,
    UpdateNote,
    RemoveNote,
    Transact,
    ChangeProfile,
}

/// How a video is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Id,
    FileName,
}

impl Call {
    /// All of them, those that only read first.
    pub(crate) const ALL: [Self; 26] = [
        Self::ListVideos,
        Self::GetVideo(By::Id),
        Self::GetVideo(By::FileName),
        Self::OpenVideo(By::Id),
        Self::OpenVideo(By::FileName),
        Self::ReadRange(By::Id),
        Self::ReadRange(By::FileName),
        Self::LocalPath(By::Id),
        Self::LocalPath(By::FileName),
        Self::VerifyVideo(By::Id),
        Self::VerifyVideo(By::FileName),
        Self::ListNotes,
        Self::GetNote,
        Self::ReadProfile,
        Self::ReadUsage,
        Self::TakeSnapshot,
        Self::UploadVideo,
        Self::RenameVideo(By::Id),
        Self::RenameVideo(By::FileName),
        Self::DeleteVideo(By::Id),
        Self::DeleteVideo(By::FileName),
        Self::InsertNote,
        Self::UpdateNote,
        Self::RemoveNote,
        Self::Transact,
        Self::ChangeProfile,
    ];

    pub(crate) fn name(self) -> String {
        let (what, by) = match self {
            Self::ListVideos => ("list videos", None),
            Self::GetVideo(by) => ("get a video", Some(by)),
            Self::OpenVideo(by) => ("open a video", Some(by)),
            Self::ReadRange(by) => ("read a range", Some(by)),
            Self::LocalPath(by) => ("get its path", Some(by)),
            Self::VerifyVideo(by) => ("verify a video", Some(by)),
            Self::ListNotes => ("list records", None),
            Self::GetNote => ("get a record", Some(By::Id)),
            Self::ReadProfile => ("read the profile", None),
            Self::ReadUsage => ("read the usage", None),
            Self::TakeSnapshot => ("take a snapshot", None),
            Self::UploadVideo => ("upload a video", None),
            Self::RenameVideo(by) => ("rename a video", Some(by)),
            Self::DeleteVideo(by) => ("delete a video", Some(by)),
            Self::InsertNote => ("insert a record", None),
            Self::UpdateNote => ("update a record", Some(By::Id)),
            Self::RemoveNote => ("remove a record", Some(By::Id)),
            Self::Transact => ("run a transaction", None),
            Self::ChangeProfile => ("change the profile", None),
        };
        match by {
            None => what.to_owned(),
            Some(By::Id) => format!("{what} by id"),
            Some(By::FileName) => format!("{what} by file name"),
        }
    }

    /// Whether it changes anything.
    pub(crate) const fn changes(self) -> bool {
        matches!(
            self,
            Self::UploadVideo
                | Self::RenameVideo(_)
                | Self::DeleteVideo(_)
                | Self::InsertNote
                | Self::UpdateNote
                | Self::RemoveNote
                | Self::Transact
                | Self::ChangeProfile
        )
    }

    /// Whether it names the target, rather than the workspace as a whole.
    pub(crate) const fn names_the_target(self) -> bool {
        !matches!(
            self,
            Self::ListVideos
                | Self::ListNotes
                | Self::ReadProfile
                | Self::ReadUsage
                | Self::TakeSnapshot
                | Self::UploadVideo
                | Self::InsertNote
                | Self::Transact
                | Self::ChangeProfile
        )
    }

    /// Makes the call; what a success looks like is said in a few words.
    pub(crate) async fn make(self, workspace: &Workspace, target: &Target) -> Result<String> {
        match self {
            Self::ListNotes | Self::GetNote | Self::InsertNote | Self::UpdateNote | Self::RemoveNote => {
                self.make_on_notes(workspace, target.note.id()).await
            }
            Self::ReadProfile => Ok(workspace.profile().await?.display_name),
            Self::ReadUsage => Ok(format!("{} bytes", workspace.usage().await?.0.blob_bytes)),
            Self::TakeSnapshot => workspace.snapshot().await.map(|_| "taken".to_owned()),
            Self::Transact => {
                let work = |transaction: &mut tenantry::Transaction<'_>| {
                    let id = id_of("from-a-transaction")?;
                    let mut notes = transaction.collection::<Note>();
                    notes.insert_as(&id, &Note { text: "here for a moment".to_owned() })?;
                    notes.remove(&id, Expected::Any)
                };
                workspace.transaction(work).await.map(|_| "committed".to_owned())
            }
            Self::ChangeProfile => {
                let change = ProfileChange::new().time_zone("Asia/Jakarta");
                workspace.change_profile(change).await.map(|_| "changed".to_owned())
            }
            _ => self.make_on_videos(workspace, &target.video).await,
        }
    }

    async fn make_on_videos(self, workspace: &Workspace, video: &Record<Video>) -> Result<String> {
        let videos = workspace.videos();
        let named = |by| match by {
            By::Id => tenantry::FileRef::from(video.id()),
            By::FileName => tenantry::FileRef::from(&video.value().filename),
        };
        match self {
            Self::GetVideo(by) => Ok(videos.get(named(by)).await?.into_value().title),
            Self::OpenVideo(by) => {
                let bytes = videos.open(named(by)).await?.bytes().await?;
                Ok(format!("{} bytes", bytes.len()))
            }
            Self::ReadRange(by) => {
                let range = videos.open_range(named(by), ByteRange::Between(100, 199)).await?;
                Ok(format!("{} bytes", range.bytes().await?.len()))
            }
            Self::LocalPath(by) => {
                let held = videos.local_path(named(by)).await?;
                let readable =
                    held.path().metadata().is_ok_and(|file| Some(file.len()) == video.value().bytes);
                Ok(if readable { "readable" } else { "not readable" }.to_owned())
            }
            Self::VerifyVideo(by) => match videos.verify(named(by)).await? {
                Verification::Intact => Ok("intact".to_owned()),
                damaged => Err(Error::new(ErrorKind::Corrupt, "tour").about(format!("{damaged:?}"))),
            },
            Self::RenameVideo(by) => {
                videos.rename(named(by), Expected::Any, "another title").await.map(|_| "renamed".to_owned())
            }
            Self::DeleteVideo(by) => {
                videos.delete(named(by), Expected::Any).await.map(|_| "deleted".to_owned())
            }
            Self::UploadVideo => {
                let body = stream::iter([Ok(Bytes::from_static(b"not much of a film"))]);
                let video = videos.upload("planted.mp4", body).await?;
                videos.delete(video.id(), video.revision()).await.map(|_| "uploaded".to_owned())
            }
            _ => Ok(count(videos.list(&ListOptions::new()).await?.items.len(), "video")),
        }
    }

    async fn make_on_notes(self, workspace: &Workspace, id: &RecordId) -> Result<String> {
        let notes = workspace.collection::<Note>();
        let note = Note { text: "written by somebody".to_owned() };
        match self {
            Self::GetNote => notes.get(id).await.map(|_| "read".to_owned()),
            Self::InsertNote => {
                let id = id_of("inserted-by-somebody")?;
                let note = notes.insert_as(&id, note).await?;
                notes.remove(note.id(), note.revision()).await.map(|_| "inserted".to_owned())
            }
            Self::UpdateNote => notes.update(id, Expected::Any, note).await.map(|_| "updated".to_owned()),
            Self::RemoveNote => notes.remove(id, Expected::Any).await.map(|_| "removed".to_owned()),
            _ => Ok(count(notes.list(&ListOptions::new()).await?.items.len(), "record")),
        }
    }
}
