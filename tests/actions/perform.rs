//! Every [`Action`], done by every public method that asks for it.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use tenantry::ownership::{Action, Resource};
use tenantry::paths::{Area, CollectionName, FileName, TenantId};
use tenantry::record::{Entity, OnReferenced, RecordId};
use tenantry::{
    ByteRange, Expected, Grace, ListOptions, NewTenant, ProfileChange, Result, Session, Transaction,
    Workspace,
};

#[path = "archive_rows.rs"]
pub(crate) mod archive_rows;
#[path = "copy_rows.rs"]
pub(crate) mod copy_rows;
#[path = "planned_rows.rs"]
pub(crate) mod planned_rows;
#[path = "secret_rows.rs"]
pub(crate) mod secret_rows;
#[path = "thumbnail_rows.rs"]
pub(crate) mod thumbnail_rows;
#[path = "url_rows.rs"]
pub(crate) mod url_rows;

use crate::world::{Note, edit, fresh, known, note};

/// Who does it, where, and to which files.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) session: Session,
    pub(crate) tenant: TenantId,
    pub(crate) video: (RecordId, FileName),
    pub(crate) thumbnail: (RecordId, FileName),
    /// What it has begun to upload by URL: a video and a thumbnail.
    pub(crate) uploads: (FileName, FileName),
    /// Whether the store signs URLs.
    pub(crate) signs: bool,
}

impl Call {
    pub(crate) fn workspace(&self) -> Workspace {
        self.session.workspace(&self.tenant)
    }
}

type Run = fn(Call) -> Pin<Box<dyn Future<Output = Result<String>> + Send>>;

/// One public method.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// `Type::method`.
    pub(crate) method: &'static str,
    /// What it asks for before the action itself.
    pub(crate) before: &'static [Action],
    run: Run,
}

impl Row {
    /// Performs it; what it answers is as it is written for debugging.
    pub(crate) async fn perform(&self, call: Call) -> Result<String> {
        (self.run)(call).await
    }
}

pub(crate) const fn row(method: &'static str, before: &'static [Action], run: Run) -> Row {
    Row { method, before, run }
}

/// A method that is called directly.
macro_rules! direct {
    // Without its braces, so that what it borrows lives until it is done.
    ($method:literal, |$call:ident| { $run:expr }) => {
        $crate::perform::direct!($method, |$call| $run)
    };
    ($method:literal, |$call:ident| $run:expr) => {
        $crate::perform::row($method, &[], |$call| {
            Box::pin(async move { $run.await.map(|done| format!("{done:?}")) })
        })
    };
}

pub(crate) use direct;

/// A method of a snapshot.
macro_rules! snapshot {
    // Without its braces, so that what it borrows lives until it is done.
    ($method:literal, |$snapshot:ident| { $run:expr }) => {
        snapshot!($method, |$snapshot| $run)
    };
    ($method:literal, |$snapshot:ident| $run:expr) => {
        row($method, &[Action::ReadProfile], |call| {
            Box::pin(async move {
                let $snapshot = call.workspace().snapshot().await?;
                let done = $run?;
                Ok(format!("{done:?}"))
            })
        })
    };
}

/// A method within a transaction.
macro_rules! inside {
    // Without its braces, so that what it borrows lives until it is done.
    ($method:literal, |$transaction:ident| { $run:expr }) => {
        inside!($method, |$transaction| $run)
    };
    ($method:literal, |$transaction:ident| $run:expr) => {
        row($method, &[Action::Transact], |call| {
            Box::pin(async move {
                let run = |$transaction: &mut Transaction<'_>| {
                    let done = $run?;
                    Ok(format!("{done:?}"))
                };
                call.workspace().transaction(run).await
            })
        })
    };
}

fn named(name: &str) -> ProfileChange {
    ProfileChange::new().display_name(name)
}

/// A change that takes an admin, and leaves the tenant as the tests need it.
fn administered() -> ProfileChange {
    ProfileChange::new().limits(tenantry::quota::Limits::unlimited())
}

fn body() -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    futures::stream::iter([Ok(Bytes::from_static(b"moving pictures"))])
}

/// The public methods that ask for an action. An action without one fails whatever test walks here.
pub(crate) fn rows(action: Action) -> Vec<Row> {
    match action {
        Action::ListRecords => vec![
            direct!("Collection::list", |call| call
                .workspace()
                .collection::<Note>()
                .list(&ListOptions::new())),
            direct!("Collection::find", |call| call.workspace().collection::<Note>().find("text", "known")),
            snapshot!("SnapshotCollection::list", |at| at.collection::<Note>().list(&ListOptions::new())),
            snapshot!("SnapshotCollection::find", |at| at.collection::<Note>().find("text", "known")),
            inside!("TransactionCollection::list", |to| to.collection::<Note>().list(&ListOptions::new())),
            inside!("TransactionCollection::find", |to| to.collection::<Note>().find("text", "known")),
        ],
        Action::GetRecord => vec![
            direct!("Collection::get", |call| call.workspace().collection::<Note>().get(&known())),
            snapshot!("SnapshotCollection::get", |at| at.collection::<Note>().get(&known())),
            inside!("TransactionCollection::get", |to| to.collection::<Note>().get(&known())),
        ],
        Action::InsertRecord => vec![
            direct!("Collection::insert", |call| call.workspace().collection::<Note>().insert(note("new"))),
            direct!("Collection::insert_as", |call| {
                call.workspace().collection::<Note>().insert_as(&fresh(), note("new"))
            }),
            inside!("TransactionCollection::insert_as", |to| {
                to.collection::<Note>().insert_as(&fresh(), &note("new"))
            }),
        ],
        Action::UpdateRecord => vec![
            direct!("Collection::update", |call| {
                call.workspace().collection::<Note>().update(&known(), Expected::Any, note("changed"))
            }),
            direct!("Collection::modify", |call| {
                call.workspace().collection::<Note>().modify(&known(), Expected::Any, |_| Ok(note("changed")))
            }),
            inside!("TransactionCollection::modify", |to| {
                to.collection::<Note>().modify(&known(), Expected::Any, |_| Ok(note("changed")))
            }),
        ],
        Action::RemoveRecord => vec![
            direct!("Collection::remove", |call| {
                call.workspace().collection::<Note>().remove(&known(), Expected::Any)
            }),
            direct!("Collection::remove_with", |call| {
                call.workspace().collection::<Note>().remove_with(
                    &known(),
                    Expected::Any,
                    OnReferenced::Cascade,
                )
            }),
            inside!("TransactionCollection::remove", |to| {
                to.collection::<Note>().remove(&known(), Expected::Any)
            }),
            inside!("TransactionCollection::remove_with", |to| {
                to.collection::<Note>().remove_with(&known(), Expected::Any, OnReferenced::Cascade)
            }),
        ],
        Action::Transact => vec![
            direct!("Workspace::transaction", |call| call.workspace().transaction(|_| Ok(()))),
            direct!("Workspace::transaction_once", |call| {
                call.workspace().transaction_once("key", |_| Ok(()))
            }),
        ],
        Action::ReadProfile => vec![
            direct!("Workspace::profile", |call| call.workspace().profile()),
            direct!("Workspace::snapshot", |call| call.workspace().snapshot()),
        ],
        Action::ChangeProfile => vec![
            direct!("Workspace::change_profile", |call| call.workspace().change_profile(named("New"))),
            direct!("Tenants::change", |call| call.session.tenants().change(&call.tenant, named("Newer"))),
        ],
        Action::ReadUsage => vec![
            direct!("Workspace::usage", |call| call.workspace().usage()),
            snapshot!("Snapshot::usage", |at| at.usage()),
        ],
        Action::WriteViews => {
            vec![direct!("Workspace::write_views", |call| call.workspace().write_views())]
        }
        Action::AdoptView => vec![
            direct!("EditedViews::list", |call| call.workspace().edited_views().list()),
            direct!("EditedViews::preview", |call| {
                call.workspace().edited_views().preview::<Note>(&edit())
            }),
            // Decided before the file is read, and again in the state that changes.
            Row {
                before: &[Action::AdoptView],
                ..direct!("EditedViews::adopt", |call| {
                    call.workspace().edited_views().adopt::<Note>(&edit())
                })
            },
            direct!("EditedViews::discard", |call| call.workspace().edited_views().discard(&edit())),
        ],
        action if archive_rows::is_archive(action) => archive_rows::rows(action),
        action if copy_rows::is_copy(action) => copy_rows::rows(action),
        action if planned_rows::is_planned(action) => planned_rows::rows(action),
        action if secret_rows::is_secret(action) => secret_rows::rows(action),
        action if url_rows::is_by_url(action) => url_rows::rows(action),
        action if thumbnail_rows::is_thumbnail(action) => thumbnail_rows::rows(action),
        action if action.as_str().starts_with("videos.") => videos(action),
        action => tenants(action),
    }
}

fn videos(action: Action) -> Vec<Row> {
    match action {
        Action::ListVideos => {
            vec![direct!("Videos::list", |call| call.workspace().videos().list(&ListOptions::new()))]
        }
        Action::GetVideo => vec![
            direct!("Videos::get", |call| call.workspace().videos().get(&call.video.0)),
            direct!("Videos::get", |call| call.workspace().videos().get(&call.video.1)),
            direct!("Videos::head", |call| call.workspace().videos().head(&call.video.0)),
        ],
        Action::UploadVideo => vec![
            direct!("Videos::upload", |call| call.workspace().videos().upload("holiday.mp4", body())),
            direct!("Videos::upload_from", |call| {
                call.workspace().videos().upload_from("holiday.mp4", &b"moving pictures"[..])
            }),
        ],
        Action::RenameVideo => vec![direct!("Videos::rename", |call| {
            call.workspace().videos().rename(&call.video.0, Expected::Any, "Another title")
        })],
        Action::SetThumbnail => vec![thumbnail_rows::set()],
        Action::OpenVideo => vec![
            direct!("Videos::open", |call| call.workspace().videos().open(&call.video.0)),
            direct!("Videos::open_range", |call| {
                call.workspace().videos().open_range(&call.video.1, ByteRange::Last(3))
            }),
        ],
        Action::LocalPath => {
            vec![direct!("Videos::local_path", |call| call.workspace().videos().local_path(&call.video.0))]
        }
        Action::VerifyVideo => {
            vec![direct!("Videos::verify", |call| call.workspace().videos().verify(&call.video.0))]
        }
        Action::DeleteVideo => vec![
            direct!("Videos::delete", |call| call.workspace().videos().delete(&call.video.0, Expected::Any)),
            direct!("Videos::delete", |call| call.workspace().videos().delete(&call.video.1, Expected::Any)),
            direct!("Videos::delete_with", |call| {
                call.workspace().videos().delete_with(&call.video.0, Expected::Any, OnReferenced::Clear)
            }),
        ],
        action => panic!("{action} has no row"),
    }
}

fn tenants(action: Action) -> Vec<Row> {
    match action {
        Action::CreateTenant => vec![direct!("Tenants::create", |call| {
            call.session.tenants().create(&call.tenant, NewTenant::new(tenantry::ownership::Role::User))
        })],
        Action::ListTenants => vec![
            direct!("Tenants::list", |call| call.session.tenants().list(None, 10)),
            direct!("Tenants::ids", |call| call.session.tenants().ids(None, 10)),
        ],
        Action::ReadAllUsage => {
            vec![direct!("Tenants::usage", |call| call.session.tenants().usage(None, 10))]
        }
        Action::ExportAllSchedules => {
            vec![direct!("Tenants::export_schedules", |call| call.session.tenants().export_schedules())]
        }
        Action::ListAllVideos => {
            vec![direct!("Tenants::videos", |call| call.session.tenants().videos(None, 10))]
        }
        Action::ChangeTenant => vec![
            direct!("Workspace::change_profile", |call| call.workspace().change_profile(administered())),
            direct!("Tenants::change", |call| call.session.tenants().change(&call.tenant, administered())),
        ],
        Action::DeleteTenant => {
            vec![direct!("Tenants::delete", |call| call.session.tenants().delete(&call.tenant))]
        }
        Action::RestoreTenant => {
            vec![direct!("Tenants::restore", |call| call.session.tenants().restore(&call.tenant))]
        }
        Action::EraseTenant => {
            vec![direct!("Tenants::erase", |call| call.session.tenants().erase(&call.tenant, Grace::Skip))]
        }
        Action::SweepTenant => {
            vec![direct!("Tenants::sweep", |call| call.session.tenants().sweep(&call.tenant))]
        }
        Action::CheckTenant => {
            vec![direct!("Tenants::check", |call| call.session.tenants().check(&call.tenant))]
        }
        Action::RepairTenant => {
            vec![direct!("Tenants::repair", |call| call.session.tenants().repair(&call.tenant, &[]))]
        }
        action => panic!("{action} has no row"),
    }
}

/// Every action with its rows.
pub(crate) fn walk() -> impl Iterator<Item = (Action, Row)> {
    Action::ALL.iter().flat_map(|&action| rows(action).into_iter().map(move |row| (action, row)))
}

/// What an action is about, for a call to which `can` is asked.
pub(crate) fn resource(action: Action, call: &Call) -> Resource {
    let record = |id: &RecordId| Resource::Record(Note::collection(), id.clone());
    match action {
        Action::ListRecords => Resource::Collection(Note::collection()),
        Action::GetRecord | Action::UpdateRecord | Action::RemoveRecord => record(&known()),
        Action::InsertRecord => record(&fresh()),
        action if planned_rows::is_planned(action) => planned_rows::resource(action),
        action if secret_rows::is_secret(action) => secret_rows::resource(action),
        action if url_rows::is_by_url(action) => url_rows::resource(action, call),
        action if thumbnail_rows::is_thumbnail(action) => thumbnail_rows::resource(action, call),
        Action::ListVideos | Action::UploadVideo => Resource::Collection(CollectionName::VIDEOS),
        action if action.as_str().starts_with("videos.") => {
            Resource::File(Area::Videos, call.video.1.clone())
        }
        action if is_about_all(action) => Resource::AllTenants,
        _ => Resource::Tenant,
    }
}

/// Whether an action looks at all tenants, and so is asked for in the principal's own.
pub(crate) fn is_about_all(action: Action) -> bool {
    matches!(
        action,
        Action::ListTenants | Action::ReadAllUsage | Action::ListAllVideos | Action::ExportAllSchedules
    )
}
