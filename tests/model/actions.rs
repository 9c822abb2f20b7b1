//! As which of the library's actions each step is decided.

use tenantry::ownership::Action;

use super::files::{FileDeed, FileKind};
use super::planned::{Move, PlanDeed, PlanKind};
use super::secrets::{KeyDeed, TokenDeed};
use super::step::{Act, Deed, Listing};

/// As what a step is decided, if it is.
pub(crate) fn action(act: &Act) -> Option<Action> {
    Some(match act {
        Act::Create { .. } => Action::CreateTenant,
        Act::Change { change, .. } if change.administers() => Action::ChangeTenant,
        Act::Change { .. } => Action::ChangeProfile,
        Act::Delete => Action::DeleteTenant,
        Act::Restore => Action::RestoreTenant,
        Act::Erase { .. } => Action::EraseTenant,
        Act::ListTenants { .. } => Action::ListTenants,
        Act::Profile | Act::Snapshot(_) => Action::ReadProfile,
        Act::Usage => Action::ReadUsage,
        Act::InsertFresh(..) => Action::InsertRecord,
        Act::Record(deed) => match deed.deed {
            Deed::Insert(_) => Action::InsertRecord,
            Deed::Update(..) => Action::UpdateRecord,
            Deed::Remove(_) => Action::RemoveRecord,
            Deed::Get => Action::GetRecord,
            Deed::List { .. } | Deed::Find(_) => Action::ListRecords,
        },
        Act::Page { .. } => Action::ListRecords,
        Act::Together(_) => Action::Transact,
        Act::Upload(uploading) => file_action(uploading.kind, None),
        Act::OnFile(on_file) => file_action(on_file.kind, Some(&on_file.deed)),
        Act::List(listing, _) => match listing {
            Listing::Files(FileKind::Video) => Action::ListVideos,
            Listing::Files(FileKind::Thumbnail) => Action::ListThumbnails,
            Listing::Plans(PlanKind::LiveStream) => Action::ListLiveStreams,
            Listing::Plans(PlanKind::Schedule) => Action::ListSchedules,
            Listing::Tokens => Action::ListTokens,
            Listing::StreamKeys => Action::ListStreamKeys,
        },
        Act::AllVideos(_) => Action::ListAllVideos,
        Act::Plan(PlanKind::LiveStream, deed) => stream_action(deed),
        Act::Plan(PlanKind::Schedule, deed) => schedule_action(deed),
        Act::Token(deed) => match deed {
            TokenDeed::Create(..) => Action::CreateToken,
            TokenDeed::Read(_) => Action::ReadToken,
            TokenDeed::Replace(..) => Action::ReplaceToken,
            TokenDeed::Delete(..) => Action::DeleteToken,
        },
        Act::StreamKey(deed) => match deed {
            KeyDeed::Fetch(..) => Action::FetchStreamKeys,
            KeyDeed::Read(..) => Action::ReadStreamKey,
            KeyDeed::Find(_) => Action::ListStreamKeys,
            KeyDeed::Delete(..) | KeyDeed::DeleteAll(..) => Action::DeleteStreamKey,
        },
        _ => return None,
    })
}

const fn file_action(kind: FileKind, deed: Option<&FileDeed>) -> Action {
    match (kind, deed) {
        (FileKind::Video, None) => Action::UploadVideo,
        (FileKind::Thumbnail, None) => Action::UploadThumbnail,
        (_, Some(FileDeed::Rename(..))) => Action::RenameVideo,
        (_, Some(FileDeed::SetThumbnail(..))) => Action::SetThumbnail,
        (FileKind::Video, Some(FileDeed::Get)) => Action::GetVideo,
        (FileKind::Video, Some(FileDeed::Open(_))) => Action::OpenVideo,
        (FileKind::Video, Some(FileDeed::Verify)) => Action::VerifyVideo,
        (FileKind::Video, Some(FileDeed::LocalPath)) => Action::LocalPath,
        (FileKind::Video, Some(FileDeed::Delete(..))) => Action::DeleteVideo,
        (FileKind::Thumbnail, Some(FileDeed::Get)) => Action::GetThumbnail,
        (FileKind::Thumbnail, Some(FileDeed::Open(_))) => Action::OpenThumbnail,
        (FileKind::Thumbnail, Some(FileDeed::Verify)) => Action::VerifyThumbnail,
        (FileKind::Thumbnail, Some(FileDeed::LocalPath)) => Action::ThumbnailLocalPath,
        (FileKind::Thumbnail, Some(FileDeed::Delete(..))) => Action::DeleteThumbnail,
    }
}

const fn stream_action(deed: &PlanDeed) -> Action {
    match deed {
        PlanDeed::Add(_) => Action::AddLiveStream,
        PlanDeed::Get(_) => Action::GetLiveStream,
        PlanDeed::Edit(..) => Action::EditLiveStream,
        PlanDeed::Delete(..) => Action::DeleteLiveStream,
        PlanDeed::Find(_) => Action::ListLiveStreams,
        PlanDeed::Take(_, taken) => match taken {
            Move::StartNow => Action::StartLiveStream,
            Move::MarkLive(_) => Action::MarkLiveStreamLive,
            Move::Stop => Action::StopLiveStream,
            Move::Fail => Action::FailLiveStream,
            Move::Cancel => Action::CancelLiveStream,
            Move::Restart | Move::Reschedule(_) => Action::RestartLiveStream,
            _ => Action::UpdateRecord,
        },
    }
}

const fn schedule_action(deed: &PlanDeed) -> Action {
    match deed {
        PlanDeed::Add(_) => Action::AddSchedule,
        PlanDeed::Get(_) => Action::GetSchedule,
        PlanDeed::Edit(..) => Action::UpdateSchedule,
        PlanDeed::Delete(..) => Action::DeleteSchedule,
        PlanDeed::Find(_) => Action::ListSchedules,
        PlanDeed::Take(_, taken) => match taken {
            Move::RunNow => Action::RunSchedule,
            Move::Succeed(..) => Action::MarkScheduleSucceeded,
            Move::FailFor(_) => Action::MarkScheduleFailed,
            _ => Action::UpdateRecord,
        },
    }
}
