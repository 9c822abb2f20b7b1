//! A legacy tree on disk, and what is done with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use tempfile::TempDir;
use tenantry::environment::ManualClock;
use tenantry::migrate::{Migration, Next, Plan, PlanOptions, Planner, Refused};
use tenantry::quota::Plans;
use tenantry::store::TenantStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::TreeImage;
use tenantry::testkit::legacy_trees::{LegacyTree, Trap, trees};
use tenantry::{Builder, Tenantry};

use crate::bulk_upload_queue::QueuedUpload;
use crate::looped_videos::LoopedVideo;
use crate::observed::{Observed, observed};
use crate::stream_timers::StreamTimer;
use crate::whole::run;

/// What keeps a tree from being migrated before somebody mends it.
pub(crate) fn is_damage(tree: &LegacyTree, trap: Trap) -> bool {
    match trap {
        Trap::DatabaseTruncated => true,
        // The superuser may read it all the same.
        Trap::Unreadable => !is_superuser(),
        // In every second tree it is the folder of all thumbnails.
        Trap::LinkForFolder => tree.seed % 2 == 1,
        _ => false,
    }
}

pub(crate) fn is_superuser() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The same tree without damage.
pub(crate) fn mended(tree: &LegacyTree) -> LegacyTree {
    let traps: BTreeSet<Trap> = tree.traps.iter().copied().filter(|trap| !is_damage(tree, *trap)).collect();
    LegacyTree::build(tree.size, &traps, tree.seed)
}

/// Trees that can be migrated.
pub(crate) fn sound_trees() -> impl Strategy<Value = LegacyTree> {
    trees(0..=3).prop_map(|tree| mended(&tree))
}

pub(crate) struct Place {
    folder: TempDir,
    /// What the root was like before.
    pub(crate) before: TreeImage,
}

impl Place {
    pub(crate) fn of(tree: &LegacyTree) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let begun = std::fs::metadata(folder.path()).unwrap().modified().unwrap();
        tree.write_to(&folder.path().join("root")).unwrap();
        set_times(&folder.path().join("root"), begun);
        let before = TreeImage::of(&folder.path().join("root")).unwrap();
        Self { folder, before }
    }

    /// The same after the library was at work in the root.
    pub(crate) fn with_a_store(mut self) -> Self {
        run(async { drop(LocalStore::open(self.root(), LocalOptions::default()).await.unwrap()) });
        self.before = self.image();
        self
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub(crate) fn image(&self) -> TreeImage {
        TreeImage::of(&self.root()).unwrap()
    }

    /// Asserts that everything is as it was before.
    pub(crate) fn assert_as_before(&self) {
        assert_eq!(self.before.difference(&self.image()), None);
    }

    pub(crate) fn migration(&self) -> Migration {
        Migration::new(self.root(), planner()).clock(clock())
    }

    /// One that is stopped at a step, from 0 on.
    pub(crate) fn stopped_at(&self, step: u64) -> Migration {
        let steps = AtomicU64::new(0);
        let at_step = move |_: &_| match steps.fetch_add(1, Ordering::SeqCst) == step {
            true => Next::Stop,
            false => Next::Go,
        };
        self.migration().progress(at_step)
    }

    pub(crate) fn plan(&self) -> Plan {
        self.migration().plan().unwrap()
    }

    /// What every user finds once the application is at work again.
    pub(crate) async fn observed(&self, plan: &Plan) -> Observed {
        self.at_work(plan, async |tenantry| observed(tenantry, plan).await)
    }

    /// Lets the application be at work in the root, and end: nothing of it is left when this returns.
    pub(crate) fn at_work<T: Send>(&self, plan: &Plan, work: impl AsyncFnOnce(&Tenantry) -> T + Send) -> T {
        let application = || {
            run(async {
                let store = LocalStore::open(self.root(), LocalOptions::default()).await.unwrap();
                let tenantry = open(Tenantry::builder(store), plan).await;
                let done = work(&tenantry).await;
                close(tenantry).await;
                done
            })
        };
        std::thread::scope(|scope| scope.spawn(application).join().unwrap())
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What every user finds in a store.
pub(crate) async fn observed_in(builder: Builder, plan: &Plan) -> Observed {
    let tenantry = open(builder, plan).await;
    let found = observed(&tenantry, plan).await;
    close(tenantry).await;
    found
}

pub(crate) async fn open(builder: Builder, plan: &Plan) -> Tenantry {
    let plans = plan.plans.iter();
    let plans = plans.fold(Plans::new(), |plans, (name, limits)| plans.with_plan(name, limits.clone()));
    let builder = builder.kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>();
    builder.plans(plans).clock(clock()).open().await.unwrap()
}

/// Gives what was written since then, and has no time of its own, the same time in every copy of a tree.
fn set_times(at: &Path, begun: SystemTime) {
    let metadata = std::fs::symlink_metadata(at).unwrap();
    if metadata.is_dir() {
        for entry in std::fs::read_dir(at).unwrap() {
            set_times(&entry.unwrap().path(), begun);
        }
    }
    let age = metadata.modified().unwrap().duration_since(begun).unwrap_or(Duration::MAX);
    if !metadata.is_symlink() && age < Duration::from_secs(3600) {
        let copied = UNIX_EPOCH + Duration::from_secs(1_762_225_200);
        if let Ok(file) = std::fs::File::open(at) {
            file.set_times(std::fs::FileTimes::new().set_modified(copied)).unwrap();
        }
    }
}

pub(crate) async fn close(tenantry: Tenantry) {
    tenantry.close(Duration::from_secs(60)).await.unwrap();
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2025-11-10T03:00:00Z".parse().unwrap()))
}

/// A planner that knows the application's own kinds, and leaves what is there twice and differs.
pub(crate) fn planner() -> Planner {
    let mut options = PlanOptions::default();
    options.refused = Refused::Leave;
    Planner::new(options).kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>()
}

/// The paths beneath a folder that are neither the library's own nor data.
pub(crate) fn files_of(root: &Path) -> BTreeSet<Vec<u8>> {
    let image = TreeImage::of(root).unwrap();
    let is_other = |path: &&[u8]| !path.starts_with(b".tenantry") && !path.starts_with(b"data/");
    image.paths().filter(is_other).map(<[u8]>::to_vec).collect()
}

pub(crate) fn shared(store: impl TenantStore) -> Arc<dyn TenantStore> {
    Arc::new(store)
}
