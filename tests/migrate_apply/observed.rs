//! What users find, each through a session of its own.

use std::collections::BTreeMap;

use serde_json::Value;
use tenantry::migrate::Plan;
use tenantry::paths::TenantId;
use tenantry::record::Record;
use tenantry::{ErrorKind, ListOptions, Profile, Tenantry, Workspace};

use crate::bulk_upload_queue::QueuedUpload;
use crate::looped_videos::LoopedVideo;
use crate::stream_timers::StreamTimer;

/// What all users find, by their tenant.
pub(crate) type Observed = BTreeMap<TenantId, Own>;

/// What one user finds in its own workspace.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Own {
    pub(crate) profile: Profile,
    /// The records of each collection, in their order, with all their fields.
    pub(crate) records: BTreeMap<&'static str, Vec<Value>>,
    /// The bytes of each file, by area and name.
    pub(crate) files: BTreeMap<(&'static str, String), Vec<u8>>,
    /// The content of each token.
    pub(crate) tokens: BTreeMap<String, String>,
}

impl Own {
    pub(crate) fn of(&self, collection: &str) -> &[Value] {
        self.records.get(collection).map(Vec::as_slice).unwrap_or_default()
    }
}

fn fields<T>(records: Vec<Record<T>>) -> Vec<Value> {
    records.iter().map(|record| serde_json::from_slice(record.text().as_bytes()).unwrap()).collect()
}

/// All pages of a list.
macro_rules! all {
    ($list:expr) => {{
        let (mut found, mut options) = (Vec::new(), ListOptions::new().in_order().limit(2));
        loop {
            let page = $list.list(&options).await.unwrap();
            found.extend(page.items);
            match page.next {
                Some(next) => options = options.after(next),
                None => break found,
            }
        }
    }};
}

async fn own(workspace: &Workspace) -> Own {
    let mut own = Own {
        profile: workspace.profile().await.unwrap(),
        records: BTreeMap::new(),
        files: BTreeMap::new(),
        tokens: BTreeMap::new(),
    };
    let videos = all!(workspace.videos());
    let thumbnails = all!(workspace.thumbnails());
    for video in &videos {
        // Of one whose file was not there before, there is none now.
        if let Some(bytes) = bytes(workspace.videos().open(video.id()).await).await {
            own.files.insert(("videos", video.value().filename.to_string()), bytes);
        }
    }
    for thumbnail in &thumbnails {
        if let Some(bytes) = bytes(workspace.thumbnails().open(thumbnail.id()).await).await {
            own.files.insert(("thumbnails", thumbnail.value().filename.to_string()), bytes);
        }
    }
    let tokens = all!(workspace.tokens());
    for token in &tokens {
        let read = workspace.tokens().read(&token.value().filename).await.unwrap();
        own.tokens.insert(token.value().filename.to_string(), read.value().content.expose().to_owned());
    }
    own.records.insert("videos", fields(videos));
    own.records.insert("thumbnails", fields(thumbnails));
    own.records.insert("tokens", fields(tokens));
    own.records.insert("live_streams", fields(all!(workspace.live_streams())));
    own.records.insert("schedules", fields(all!(workspace.schedules())));
    own.records.insert("stream_mapping", fields(all!(workspace.stream_keys())));
    own.records.insert("looped_videos", fields(all!(workspace.collection::<LoopedVideo>())));
    own.records.insert("bulk_upload_queue", fields(all!(workspace.collection::<QueuedUpload>())));
    own.records.insert("stream_timers", fields(all!(workspace.collection::<StreamTimer>())));
    own
}

async fn bytes<E>(opened: tenantry::Result<tenantry::FileStream<E>>) -> Option<Vec<u8>> {
    match opened {
        Ok(open) => Some(open.bytes().await.unwrap().into()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
            None
        }
    }
}

/// What all users of a plan find; that none but admins finds anything of another's is asserted on the way.
pub(crate) async fn observed(tenantry: &Tenantry, plan: &Plan) -> Observed {
    let mut observed = Observed::new();
    let ids: Vec<&TenantId> =
        plan.tenants.iter().filter(|tenant| !tenant.exists).map(|tenant| &tenant.id).collect();
    for id in &ids {
        let session = tenantry.session(id).await.unwrap();
        let found = own(&session.own()).await;
        let role = found.profile.role;
        for other in ids.iter().filter(|other| *other != id && role != tenantry::ownership::Role::Admin) {
            let foreign = session.workspace(other);
            assert_eq!(foreign.profile().await.unwrap_err().kind(), ErrorKind::NotFound);
            let refused = foreign.videos().list(&ListOptions::new()).await.unwrap_err().kind();
            assert_eq!(refused, ErrorKind::NotFound);
            let refused = foreign.tokens().list(&ListOptions::new()).await.unwrap_err().kind();
            assert_eq!(refused, ErrorKind::NotFound);
        }
        observed.insert((*id).clone(), found);
    }
    observed
}
