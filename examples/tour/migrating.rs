//! The folder of the application before becomes tenants, goes back to what it was, and becomes tenants again.

use std::fs;
use std::path::Path;

use tenantry::migrate::{Migration, Plan, PlanOptions, Planner, Refused};
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::TreeImage;
use tenantry::testkit::legacy_trees::{TREE, committed};
use tenantry::{ErrorKind, Tenantry};

use crate::Outcome;
use crate::bulk_upload_queue::QueuedUpload;
use crate::looped_videos::LoopedVideo;
use crate::people::PATIENCE;
use crate::report::{Report, Table, count};
use crate::stream_timers::StreamTimer;
use crate::uploads::all_videos;

/// The database of which a crash has left half.
const DAMAGED: &str = "data/user123/live_streams.json";
/// The file that may not be read, to anybody but root.
const UNREADABLE: &str = "videos/unreadable.mp4";

/// A planner that knows the application's own kinds.
fn planner(refused: Refused) -> Planner {
    let mut options = PlanOptions::default();
    options.refused = refused;
    Planner::new(options).kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>()
}

/// Migrates a copy of the repository's folder, in a folder of its own that is gone after.
pub(crate) async fn migrate(report: &mut Report) -> Outcome {
    report.section("A folder of the application before becomes tenants");
    let temporary = tempfile::tempdir()?;
    let root = temporary.path().join("jadwalstream");
    committed(&Path::new(env!("CARGO_MANIFEST_DIR")).join(TREE), &root)?;
    solve(&root, report)?;

    let before = TreeImage::of(&root)?;
    let migration = Migration::new(&root, planner(Refused::Leave));
    let plan = migration.plan()?;
    let what = (plan.files.len(), plan.records.len(), plan.tenants.len());
    let told =
        format!("{} and {} for {}", count(what.0, "file"), count(what.1, "record"), count(what.2, "tenant"));
    report.check(
        plan.can_be_applied() && migration.plan()? == plan,
        format!("The plan has {told}; made twice, it is the same."),
    );
    report.check(same(&before, &root)?, "Planning changed nothing.");

    let applied = migration.apply(&plan).await?;
    report.check(applied.records == plan.totals.records, "It was applied.");
    verify(&migration, &plan, report).await?;
    let rolled_back = migration.rollback().await?;
    let moved = count(rolled_back.moved_back, "file");
    report.check(
        same(&before, &root)?,
        format!("Rolled back, {moved} moved: each byte, name, time and mode is as before."),
    );

    migration.apply(&plan).await?;
    let again = migration.apply(&plan).await?;
    report.check(again.was_done, "Applied again, it is done, and once more changes nothing.");
    let verified = migration.verify().await?;
    report.check(verified.is_clean(), "Everything is as the plan says, read back through the library.");
    let originals = migration.finish().await?.originals;
    let kept = originals.map_or_else(|| "nowhere".to_owned(), |path| path.to_string());
    report.check(
        root.join(&kept).join("video_database.json").is_file(),
        format!("It is finished; the originals stay in {kept}."),
    );
    look(&root, report).await
}

fn same(before: &TreeImage, root: &Path) -> Outcome<bool> {
    Ok(before.difference(&TreeImage::of(root)?).is_none())
}

/// What is in the way, as the plan says, and what somebody does about it.
fn solve(root: &Path, report: &mut Report) -> Outcome {
    let plan = planner(Refused::Block).plan(root)?;
    let mut table = Table::new(&["in the way", "where", "why"]);
    for problem in plan.problems.iter().filter(|problem| problem.blocking) {
        let path = problem.path.as_ref().map_or_else(String::new, ToString::to_string);
        let reason = problem.reason.split(", and there").next().unwrap_or_default();
        table.row(vec![problem.kind.to_string(), path, reason.to_owned()]);
    }
    report.table(table);
    report.check(!plan.can_be_applied(), "With that, it would not begin.");
    let damaged = root.join(DAMAGED);
    fs::rename(&damaged, damaged.with_extension("json.backup"))?;
    readable(&root.join(UNREADABLE))?;
    report.line("The damaged database is put aside, what may not be read may be, and old records are left.");
    Ok(())
}

#[cfg(unix)]
fn readable(file: &Path) -> std::io::Result<()> {
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// What is read back of each tenant, beside what was planned.
async fn verify(migration: &Migration, plan: &Plan, report: &mut Report) -> Outcome {
    let verified = migration.verify().await?;
    let mut table = Table::new(&["tenant", "files", "bytes", "records"]);
    for (tenant, found) in &verified.tenants {
        let planned = plan.totals.tenants.get(tenant);
        let records: u64 = found.records.values().sum();
        let as_planned = planned
            .map_or((0, 0, 0), |totals| (totals.files, totals.file_bytes, totals.records.values().sum()));
        let is = (found.files, found.file_bytes, records);
        let cells = [tenant.to_string(), is.0.to_string(), is.1.to_string(), is.2.to_string()];
        table.check(is == as_planned, cells.to_vec());
    }
    report.table(table);
    report.check(verified.is_clean(), "Everything was read back as the plan says.");
    Ok(())
}

/// The application goes on there.
async fn look(root: &Path, report: &mut Report) -> Outcome {
    let store = LocalStore::open(root, LocalOptions::default()).await?;
    let tenantry = Tenantry::builder(store).open().await?;
    let user = TenantId::parse("user123")?;
    let session = tenantry.session(&user).await?;
    let videos = all_videos(&session.own()).await?;
    let own = videos.iter().all(|video| video.owner() == Some(user.as_str()));
    report.check(own && !videos.is_empty(), format!("user123 sees {} there.", count(videos.len(), "video")));
    let foreign = all_videos(&session.workspace(&TenantId::parse("admin")?)).await;
    let hidden = foreign.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    report.check(hidden, "What is the admin's looks missing to user123.");
    tenantry.close(PATIENCE).await?;
    Ok(())
}
