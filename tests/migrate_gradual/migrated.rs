//! What tenants have once they are migrated, and how they are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tenantry::migrate::{Migration, Plan};
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{ListOptions, LiveStream, Schedule, StreamKey, Tenantry, Thumbnail, Token, Video, Workspace};

use crate::bulk_upload_queue::QueuedUpload;
use crate::looped_videos::LoopedVideo;
use crate::stream_timers::StreamTimer;
use crate::tree::Tree;

pub(crate) fn set(names: &[&str]) -> BTreeSet<TenantId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

pub(crate) fn migration(tree: &Tree, only: Option<&BTreeSet<TenantId>>) -> Migration {
    let migration = Migration::new(tree.root(), tree.planner());
    match only {
        Some(tenants) => migration.only(tenants.iter().cloned()),
        None => migration,
    }
}

/// Migrates, has it verified, and finishes; what was planned.
pub(crate) async fn migrate(tree: &Tree, only: Option<&BTreeSet<TenantId>>) -> Plan {
    let migration = migration(tree, only);
    let plan = migration.plan().unwrap();
    assert!(plan.can_be_applied(), "{plan}");
    migration.apply(&plan).await.unwrap();
    let verified = migration.verify().await.unwrap();
    assert!(verified.is_clean(), "{verified:?}\n{plan}");
    migration.finish().await.unwrap();
    plan
}

/// Everything of every tenant: texts by collection, and contents by name.
pub(crate) type Everything = BTreeMap<(String, String), Vec<Vec<u8>>>;

pub(crate) async fn everything(root: &Path, tenants: impl IntoIterator<Item = &TenantId>) -> Everything {
    let store = LocalStore::open(root, LocalOptions::default()).await.unwrap();
    let tenantry = Tenantry::builder(store)
        .kind::<LoopedVideo>()
        .kind::<QueuedUpload>()
        .kind::<StreamTimer>()
        .open()
        .await
        .unwrap();
    let mut all = Everything::new();
    for tenant in tenants {
        let own = tenantry.session(tenant).await.unwrap().own();
        let profile = own.profile().await.unwrap();
        let said = format!("{} {:?} {:?}", profile.display_name, profile.role, profile.plan);
        all.insert((tenant.to_string(), "profile".to_owned()), vec![said.into_bytes()]);
        records(&own, &mut all).await;
    }
    tenantry.close(std::time::Duration::from_secs(60)).await.unwrap();
    all
}

async fn records(own: &Workspace, all: &mut Everything) {
    macro_rules! kinds {
        ($($kind:ty),*) => {$({
            let (collection, mut texts) = (own.collection::<$kind>(), Vec::new());
            let mut options = ListOptions::default();
            loop {
                let page = collection.list(&options).await.unwrap();
                texts.extend(page.items.iter().map(|record| record.text().as_bytes().to_vec()));
                let Some(next) = page.next else { break };
                options = ListOptions::default().after(next);
            }
            let name = <$kind as tenantry::record::Entity>::collection().to_string();
            all.insert((own.tenant().to_string(), name), texts);
        })*};
    }
    kinds!(Video, Thumbnail, LiveStream, Schedule, Token, StreamKey, LoopedVideo, QueuedUpload, StreamTimer);
    for video in own.collection::<Video>().list(&ListOptions::default()).await.unwrap().items {
        let name = &video.value().filename;
        // One whose file was lost before has none.
        let Ok(opened) = own.videos().open(name).await else { continue };
        all.insert(
            (own.tenant().to_string(), format!("videos/{name}")),
            vec![opened.bytes().await.unwrap().into()],
        );
    }
    for image in own.collection::<Thumbnail>().list(&ListOptions::default()).await.unwrap().items {
        let name = &image.value().filename;
        let Ok(opened) = own.thumbnails().open(name).await else { continue };
        all.insert(
            (own.tenant().to_string(), format!("thumbnails/{name}")),
            vec![opened.bytes().await.unwrap().into()],
        );
    }
}
