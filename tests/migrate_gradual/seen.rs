//! What each user sees of each, itself and all others, through `Legacy` before the migration is what it sees through
//! the library after it: lists and their order, each record's text, tokens, the bytes of files, what is refused.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tenantry::migrate::{Legacy, LegacyWorkspace, Plan};
use tenantry::paths::{Area, FileName, TenantId};
use tenantry::record::{Entity, Record, RecordId};
use tenantry::store::MemoryStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{
    ByteRange, ErrorKind, ListOptions, LiveStream, Result, Schedule, StreamKey, Tenantry, Thumbnail, Token,
    Video, Workspace,
};

use crate::bulk_upload_queue::QueuedUpload;
use crate::every_tree::{mended, trees};
use crate::looped_videos::LoopedVideo;
use crate::migrated::migrate;
use crate::stream_timers::StreamTimer;

/// A workspace, of before or of after.
trait Sight {
    async fn list<E: Entity>(&self) -> Result<Vec<Record<E>>>;
    async fn get<E: Entity>(&self, id: &RecordId) -> Result<Record<E>>;
    async fn token(&self, name: &FileName) -> Result<Record<Token>>;
    async fn video(&self, name: &FileName) -> Result<Record<Video>>;
    async fn thumbnail(&self, name: &FileName) -> Result<Record<Thumbnail>>;
    async fn bytes(&self, area: Area, name: &FileName) -> Result<Vec<u8>>;
}

impl Sight for LegacyWorkspace {
    async fn list<E: Entity>(&self) -> Result<Vec<Record<E>>> {
        self.list().await
    }

    async fn get<E: Entity>(&self, id: &RecordId) -> Result<Record<E>> {
        self.get(id).await
    }

    async fn token(&self, name: &FileName) -> Result<Record<Token>> {
        self.token(name).await
    }

    async fn video(&self, name: &FileName) -> Result<Record<Video>> {
        self.video(name).await
    }

    async fn thumbnail(&self, name: &FileName) -> Result<Record<Thumbnail>> {
        self.thumbnail(name).await
    }

    async fn bytes(&self, area: Area, name: &FileName) -> Result<Vec<u8>> {
        match area {
            Area::Videos => self.open_video(name, ByteRange::All).await?.bytes().await,
            _ => self.open_thumbnail(name, ByteRange::All).await?.bytes().await,
        }
    }
}

impl Sight for Workspace {
    async fn list<E: Entity>(&self) -> Result<Vec<Record<E>>> {
        let (collection, mut all, mut options) =
            (self.collection(), Vec::new(), ListOptions::new().in_order());
        loop {
            let page = collection.list(&options).await?;
            all.extend(page.items);
            let Some(next) = page.next else { return Ok(all) };
            options = options.after(next);
        }
    }

    async fn get<E: Entity>(&self, id: &RecordId) -> Result<Record<E>> {
        self.collection().get(id).await
    }

    async fn token(&self, name: &FileName) -> Result<Record<Token>> {
        self.tokens().read(name).await
    }

    async fn video(&self, name: &FileName) -> Result<Record<Video>> {
        self.videos().get(name).await
    }

    async fn thumbnail(&self, name: &FileName) -> Result<Record<Thumbnail>> {
        self.thumbnails().get(name).await
    }

    async fn bytes(&self, area: Area, name: &FileName) -> Result<Vec<u8>> {
        let bytes = match area {
            Area::Videos => self.videos().open(name).await?.bytes().await,
            _ => self.thumbnails().open(name).await?.bytes().await,
        };
        Ok(bytes?.into())
    }
}

/// What is answered, by what is asked: texts and bytes, or why not.
type Seen = BTreeMap<String, std::result::Result<Vec<Vec<u8>>, ErrorKind>>;

fn texts<E>(records: &[Record<E>]) -> Vec<Vec<u8>> {
    records.iter().map(|record| record.text().as_bytes().to_vec()).collect()
}

fn text<E>(record: Result<Record<E>>) -> std::result::Result<Vec<Vec<u8>>, ErrorKind> {
    record.map(|record| texts(&[record])).map_err(|error| error.kind())
}

/// The names by which a tenant's files and tokens are asked for: as they are, and spelled otherwise.
struct Names {
    videos: Vec<FileName>,
    thumbnails: Vec<FileName>,
    tokens: Vec<FileName>,
}

impl Names {
    async fn of(own: &LegacyWorkspace) -> Self {
        let both = |name: &FileName| {
            let other = FileName::parse(&name.as_str().to_uppercase()).ok();
            [Some(name.clone()), other].into_iter().flatten()
        };
        let videos = own.list::<Video>().await.unwrap();
        let thumbnails = own.list::<Thumbnail>().await.unwrap();
        let tokens = own.list::<Token>().await.unwrap();
        Self {
            videos: videos.iter().flat_map(|record| both(&record.value().filename)).collect(),
            thumbnails: thumbnails.iter().flat_map(|record| both(&record.value().filename)).collect(),
            tokens: tokens.iter().flat_map(|record| both(&record.value().filename)).collect(),
        }
    }
}

/// Everything that one can ask of a workspace.
async fn look(at: &impl Sight, names: &Names, plan: &Plan) -> Seen {
    let mut seen = Seen::new();
    macro_rules! kinds {
        ($($kind:ty),*) => {$({
            let collection = <$kind as Entity>::collection();
            let list = at.list::<$kind>().await;
            seen.insert(format!("list {collection}"), list.map(|all| texts(&all)).map_err(|error| error.kind()));
            for record in plan.records.iter().filter(|record| record.collection == collection) {
                seen.insert(format!("get {collection} {}", record.id), text(at.get::<$kind>(&record.id).await));
            }
        })*};
    }
    kinds!(Video, Thumbnail, LiveStream, Schedule, Token, StreamKey, LoopedVideo, QueuedUpload, StreamTimer);
    for name in &names.tokens {
        let token = at.token(name).await;
        let content = token.as_ref().map(|token| token.value().content.expose().as_bytes().to_vec()).ok();
        let with_content = text(token).map(|text| text.into_iter().chain(content).collect());
        seen.insert(format!("token {name}"), with_content);
    }
    for name in &names.videos {
        seen.insert(format!("video {name}"), text(at.video(name).await));
        let bytes = at.bytes(Area::Videos, name).await;
        seen.insert(format!("bytes of video {name}"), bytes.map(|bytes| vec![bytes]).map_err(|e| e.kind()));
    }
    for name in &names.thumbnails {
        seen.insert(format!("thumbnail {name}"), text(at.thumbnail(name).await));
        let bytes = at.bytes(Area::Thumbnails, name).await;
        seen.insert(
            format!("bytes of thumbnail {name}"),
            bytes.map(|bytes| vec![bytes]).map_err(|e| e.kind()),
        );
    }
    seen
}

type SeenByAll = BTreeMap<(TenantId, TenantId), (String, Seen)>;

fn assert_same(before: &SeenByAll, after: &SeenByAll, tree: &str) {
    for ((by, of), (role, seen)) in before {
        let (role_after, after) = &after[&(by.clone(), of.clone())];
        assert_eq!(role, role_after, "{by} {tree}");
        for (asked, answer) in seen {
            assert_eq!(answer, &after[asked], "{by} asked {of}: {asked} {tree}");
        }
        assert_eq!(seen.len(), after.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6) })]

    #[test]
    fn each_sees_after_its_migration_what_it_saw_before(legacy_tree in trees()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let tree = mended(&legacy_tree);
            let plan = tree.plan();
            let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
            let legacy = Legacy::open(&tenantry, tree.root(), tree.planner()).await.unwrap();
            let tenants: Vec<&TenantId> = plan.tenants.iter().map(|tenant| &tenant.id).collect();
            let (mut names, mut before) = (BTreeMap::new(), SeenByAll::new());
            for tenant in &tenants {
                let session = legacy.session(tenant).await.unwrap();
                names.insert((*tenant).clone(), Names::of(&session.own()).await);
            }
            for by in &tenants {
                let session = legacy.session(by).await.unwrap();
                for of in &tenants {
                    let at = if by == of { session.own() } else { session.workspace(of) };
                    let seen = look(&at, &names[*of], &plan).await;
                    before.insert(((*by).clone(), (*of).clone()), (format!("{:?}", session.role()), seen));
                }
            }
            migrate(&tree, None).await;
            let store = LocalStore::open(tree.root(), LocalOptions::default()).await.unwrap();
            let tenantry = Tenantry::builder(store).kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>();
            let tenantry = tenantry.open().await.unwrap();
            let mut after = SeenByAll::new();
            for by in &tenants {
                let session = tenantry.session(by).await.unwrap();
                let role = format!("{:?}", session.own().profile().await.unwrap().role);
                for of in &tenants {
                    let at = if by == of { session.own() } else { session.workspace(of) };
                    after.insert(((*by).clone(), (*of).clone()), (role.clone(), look(&at, &names[*of], &plan).await));
                }
            }
            tenantry.close(std::time::Duration::from_secs(60)).await.unwrap();
            assert_same(&before, &after, &format!("{legacy_tree:?}"));
        });
    }
}
