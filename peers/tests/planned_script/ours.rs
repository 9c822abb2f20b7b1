//! The library's own migration of the same tree, and what came of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tenantry::migrate::{Migration, Plan, PlanOptions, Planner, Refused};
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{ListOptions, Tenantry, Thumbnail, Video};

use crate::bulk_upload_queue::QueuedUpload;
use crate::looped_videos::LoopedVideo;
use crate::place::Place;
use crate::stream_timers::StreamTimer;

/// Who plans for it: the demonstration is named, and what can't be placed is left.
pub(crate) fn migration(place: &Place) -> Migration {
    let mut options = PlanOptions::default();
    (options.demo, options.refused) = (Some("demo".to_owned()), Refused::Leave);
    let planner = Planner::new(options).kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>();
    Migration::new(place.at(""), planner)
}

/// Does what the plan proposes about what is in the way: what may not be read may be, and what ends in the middle is
/// out of it.
pub(crate) fn mend(place: &Place) {
    use std::os::unix::fs::PermissionsExt;
    for unreadable in ["videos/unreadable.mp4", "videos/admin/unreadable.mp4"] {
        if place.has(unreadable) {
            let readable = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(place.at(unreadable), readable).unwrap();
        }
    }
    let damaged = place.at("data/user123/live_streams.json");
    std::fs::rename(&damaged, damaged.with_extension("json.damaged")).unwrap();
}

/// Migrates, and has it verified.
pub(crate) async fn migrate(place: &Place) -> Plan {
    let migration = migration(place);
    let plan = migration.plan().unwrap();
    assert!(plan.can_be_applied(), "{plan}");
    migration.apply(&plan).await.unwrap();
    let verified = migration.verify().await.unwrap();
    assert!(verified.is_clean(), "{verified:?}");
    plan
}

/// A tenant's videos by their titles, each with its record and its bytes.
pub(crate) type Videos = BTreeMap<String, Vec<(Value, Option<Vec<u8>>)>>;

/// What each tenant has.
pub(crate) struct Ours(BTreeMap<String, Videos>);

impl Ours {
    pub(crate) async fn of(place: &Place, plan: &Plan) -> Self {
        let store = LocalStore::open(place.at(""), LocalOptions::default()).await.unwrap();
        let tenantry = Tenantry::builder(store).open().await.unwrap();
        let mut all = BTreeMap::new();
        for tenant in &plan.tenants {
            all.insert(tenant.id.to_string(), videos(&tenantry, &tenant.id).await);
        }
        tenantry.close(std::time::Duration::from_secs(60)).await.unwrap();
        Self(all)
    }

    /// The only video of that title, and its bytes; `None` if the tenant has none such.
    pub(crate) fn video(&self, tenant: &str, title: &str) -> Option<(Value, Option<Vec<u8>>)> {
        let found = self.0.get(tenant)?.get(title)?;
        assert_eq!(found.len(), 1, "{tenant} {title}");
        found.first().cloned()
    }

    /// The contents of all files.
    pub(crate) fn contents(&self) -> BTreeSet<Vec<u8>> {
        let videos = self.0.values().flat_map(BTreeMap::values).flatten();
        videos.filter_map(|(_, bytes)| bytes.clone()).collect()
    }
}

async fn videos(tenantry: &Tenantry, tenant: &TenantId) -> Videos {
    let own = tenantry.session(tenant).await.unwrap().own();
    let mut all = Videos::new();
    for video in own.collection::<Video>().list(&ListOptions::default()).await.unwrap().items {
        let record: Value = serde_json::from_slice(video.text().as_bytes()).unwrap();
        let bytes = match own.videos().open(&video.value().filename).await {
            Ok(opened) => Some(Vec::from(opened.bytes().await.unwrap())),
            // One whose file was lost before has none.
            Err(_) => None,
        };
        all.entry(video.value().title.clone()).or_default().push((record, bytes));
    }
    // What can be listed can be read.
    own.collection::<Thumbnail>().list(&ListOptions::default()).await.unwrap();
    all
}
