//! The tenants that are attacked, what they see, and everything that lies on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{TryStreamExt, stream};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use serde::{Deserialize, Serialize};
use tenantry::environment::ManualClock;
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, FileName, TenantId};
use tenantry::record::{Entity, Record, Reference};
use tenantry::store::TenantStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::object::ObjectTenantStore;
use tenantry::testkit::SeededEntropy;
use tenantry::{ListOptions, NewTenant, Settings, Tenantry, TokenContent, Video, ViewMode, Workspace};

use crate::urls::{Condition, Urls};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("text", self.text.clone())]
    }
}

/// It names a note by its text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Quote {
    pub(crate) of: String,
}

impl Entity for Quote {
    fn collection() -> CollectionName {
        CollectionName::parse("quotes").unwrap()
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::by_index("of", Note::collection(), "text", self.of.clone())]
    }
}

pub(crate) fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

pub(crate) fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// A folder for one test: in memory where the system has such a place, since no test here is about what
/// a crash leaves, and syncing is most of what the disk would be asked for.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Opens a store; the same seed gives the same names.
pub(crate) async fn open(store: impl TenantStore, seed: u64) -> Tenantry {
    let mut settings = Settings::default();
    settings.views = ViewMode::AtClose;
    open_with(store, seed, settings).await
}

/// Opens a root so that views are written and ledgers folded as often as can be.
pub(crate) async fn open_busy(root: &Path, seed: u64) -> Tenantry {
    let mut settings = Settings::default();
    settings.views = ViewMode::EveryCommit;
    settings.fold_minimum = 1;
    open_with(LocalStore::open(root, LocalOptions::default()).await.unwrap(), seed, settings).await
}

async fn open_with(store: impl TenantStore, seed: u64, mut settings: Settings) -> Tenantry {
    settings.free_space_reserve = 0;
    let clock = Arc::new(ManualClock::new("2025-11-04T10:00:00Z".parse().unwrap()));
    let builder = Tenantry::builder(store).settings(settings).clock(clock);
    builder.entropy(Arc::new(SeededEntropy::new(seed))).open().await.unwrap()
}

pub(crate) async fn open_local(root: &Path, seed: u64) -> tenantry::Result<Tenantry> {
    let store = LocalStore::open(root, LocalOptions::default()).await.map_err(|error| {
        tenantry::Error::new(tenantry::ErrorKind::Configuration, "open").with_source(error)
    })?;
    Ok(open(store, seed).await)
}

pub(crate) async fn close(tenantry: Tenantry) -> tenantry::Result<()> {
    tenantry.close(Duration::from_secs(60)).await
}

pub(crate) async fn upload(workspace: &Workspace, text: &str) -> tenantry::Result<Record<Video>> {
    let body = stream::iter([Ok(Bytes::copy_from_slice(text.as_bytes()))]);
    workspace.videos().upload("clip.mp4", body).await
}

/// Makes the admin `keeper`, and `ana` and `ben` with a video and a note that hold `mark` and their name.
pub(crate) async fn furnish(tenantry: &Tenantry, mark: &str) {
    tenantry.bootstrap_admin(&id("keeper"), "Keeper").await.unwrap();
    let admin = tenantry.session(&id("keeper")).await.unwrap();
    for name in ["ana", "ben"] {
        let new = NewTenant::new(Role::User).display_name(format!("{mark} of {name}"));
        admin.tenants().create(&id(name), new).await.unwrap();
        let own = tenantry.session(&id(name)).await.unwrap().own();
        own.collection::<Note>().insert(note(&format!("{mark} of {name}"))).await.unwrap();
        upload(&own, &format!("{mark} of {name}")).await.unwrap();
        own.tokens().create(&token(), content(&format!("{mark} of {name}"))).await.unwrap();
    }
}

/// The name of the token that everyone has.
pub(crate) fn token() -> FileName {
    FileName::parse("channel.json").unwrap()
}

pub(crate) fn content(text: &str) -> TokenContent {
    TokenContent::parse(serde_json::json!({ "refresh_token": text }).to_string()).unwrap()
}

/// All that a tenant sees of itself.
pub(crate) async fn observe(tenantry: &Tenantry, name: &str) -> Vec<String> {
    let own = tenantry.session(&id(name)).await.unwrap().own();
    let mut seen = vec![format!("{:?}", own.profile().await.unwrap())];
    seen.push(format!("{:?}", own.usage().await.unwrap()));
    for record in own.collection::<Note>().list(&ListOptions::new()).await.unwrap().items {
        seen.push(serde_json::to_string(&record).unwrap());
    }
    for record in own.videos().list(&ListOptions::new()).await.unwrap().items {
        let bytes = own.videos().open(record.id()).await.unwrap().bytes().await.unwrap();
        seen.push(format!("{} {bytes:?}", serde_json::to_string(&record).unwrap()));
    }
    for record in own.tokens().list(&ListOptions::new()).await.unwrap().items {
        seen.push(record.value().content.expose().to_owned());
    }
    seen
}

/// What lies at a path, links not followed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lies {
    Folder,
    File(Vec<u8>),
    Link(PathBuf),
}

pub(crate) type Tree = BTreeMap<String, Lies>;

/// Everything beneath a folder.
pub(crate) fn tree(folder: &Path) -> Tree {
    let mut found = Tree::new();
    walk(folder, "", &mut found);
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Tree) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let (entry, path) = entry.map(|entry| (entry.file_type().unwrap(), entry.path())).unwrap();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if entry.is_dir() {
            walk(&path, &format!("{name}/"), found);
            found.insert(name, Lies::Folder);
        } else if entry.is_symlink() {
            found.insert(name, Lies::Link(std::fs::read_link(&path).unwrap()));
        } else {
            found.insert(name, Lies::File(std::fs::read(&path).unwrap()));
        }
    }
}

/// The part of a tree that belongs to a tenant, but for its locks.
pub(crate) fn part_of(tree: &Tree, name: &str) -> Tree {
    let own = |path: &&String| path.split('/').nth(1) == Some(name) && !path.starts_with(".tenantry");
    tree.keys().filter(own).map(|path| (path.clone(), tree[path].clone())).collect()
}

/// Copies a tree as it lies.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for (name, lies) in tree(from) {
        match lies {
            Lies::Folder => std::fs::create_dir_all(to.join(name)).unwrap(),
            Lies::File(bytes) => {
                std::fs::create_dir_all(to.join(&name).parent().unwrap()).unwrap();
                std::fs::write(to.join(name), bytes).unwrap();
            }
            Lies::Link(target) => std::os::unix::fs::symlink(target, to.join(name)).unwrap(),
        }
    }
}

/// Sees that a store holds no name but those that the library makes, for these tenants.
pub(crate) fn assert_known<'a>(names: impl IntoIterator<Item = &'a String>, tenants: &BTreeSet<String>) {
    const FILES: &[&str] = &["ledger", "ledger.word", ".views", "notes.json", "quotes.json"];
    const VIEWS: &[&str] =
        &["video_database", "thumbnail_database", "live_streams", "schedules", "stream_mapping"];
    let hexadecimal = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let of_data = |name: &str| {
        let numbered = ["snapshot-", "segment-"].iter().filter_map(|kind| name.strip_prefix(kind));
        FILES.contains(&name)
            || VIEWS.iter().any(|view| name == format!("{view}.json"))
            || numbered.into_iter().any(hexadecimal)
    };
    let blob =
        |name: &str| name.strip_suffix(".mp4").is_some_and(|uuid| uuid.len() == 36 && hexadecimal(uuid));
    for name in names {
        let parts: Vec<&str> = name.split('/').collect();
        let known = match parts[..] {
            [".tenantry" | "data" | "heads" | "tokens" | "videos" | "thumbnails"] => true,
            [".tenantry", "format" | "lock" | "locks"] => true,
            [".tenantry", "locks", tenant] => tenants.contains(tenant),
            ["data" | "heads" | "tokens" | "videos" | "thumbnails", tenant] => tenants.contains(tenant),
            ["data", tenant, file] => tenants.contains(tenant) && of_data(file),
            ["videos", tenant, file] => tenants.contains(tenant) && blob(file),
            ["tokens", tenant, file] => tenants.contains(tenant) && file == token().as_str(),
            _ => false,
        };
        assert!(known, "{name:?} is no name that the library makes");
    }
}

/// A store with the tenants in it, in a folder with things of others beside it.
pub(crate) struct Place {
    pub(crate) tenantry: Tenantry,
    folder: tempfile::TempDir,
    objects: Option<Arc<InMemory>>,
    /// Who signs the URLs of the objects.
    urls: Option<Urls>,
    beside: Tree,
    bystander: Vec<String>,
}

impl Place {
    /// One on the local disk, one of objects.
    pub(crate) async fn both() -> [Self; 2] {
        [Self::new(None).await, Self::new(Some(Arc::new(InMemory::new()))).await]
    }

    async fn new(objects: Option<Arc<InMemory>>) -> Self {
        let folder = folder();
        for name in ["etc", "videos", "data"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("passwd"), "of others").unwrap();
        }
        let beside = tree(folder.path());
        let root = folder.path().join("root");
        let clock = Arc::new(tenantry::environment::SystemClock);
        let urls = objects.clone().map(|objects| Urls::new(objects, clock, Condition::Signed));
        let tenantry = match (&objects, &urls) {
            (Some(objects), Some(urls)) => {
                let store = ObjectTenantStore::new(Arc::clone(objects) as _);
                open(store.signing(Arc::new(urls.clone())), 1).await
            }
            _ => open_local(&root, 1).await.unwrap(),
        };
        furnish(&tenantry, "data").await;
        let bystander = observe(&tenantry, "ben").await;
        Self { tenantry, folder, objects, urls, beside, bystander }
    }

    pub(crate) async fn own(&self) -> Workspace {
        self.tenantry.session(&id("ana")).await.unwrap().own()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The objects, and who signs their URLs, if anybody does.
    pub(crate) fn signed(&self) -> Option<(&InMemory, &Urls)> {
        self.objects.as_deref().zip(self.urls.as_ref())
    }

    /// Sees that nothing lies anywhere but what the library made, for these tenants, that nothing
    /// beside the root was touched, and that `ben` sees what it saw.
    pub(crate) async fn assert_sound(self, tenants: &BTreeSet<String>) {
        assert_eq!(observe(&self.tenantry, "ben").await, self.bystander);
        close(self.tenantry).await.unwrap();
        let is_inside = |name: &String| name == "root" || name.starts_with("root/");
        let (inside, beside): (Tree, Tree) =
            tree(self.folder.path()).into_iter().partition(|(name, _)| is_inside(name));
        assert_eq!(beside, self.beside);
        let names: Vec<String> = match &self.objects {
            None => inside.keys().filter_map(|name| name.strip_prefix("root/")).map(str::to_owned).collect(),
            Some(objects) => {
                let objects: Vec<_> = objects.list(None).try_collect().await.unwrap();
                objects.iter().map(|object| object.location.to_string()).collect()
            }
        };
        assert!(names.len() >= 5);
        assert_known(&names, tenants);
    }
}

/// Sees that a refusal can be shown and logged: it has nothing that can't be seen, no path of the
/// machine, and does not repeat at length what was sent.
pub(crate) fn assert_quiet(error: &dyn std::error::Error, place: &Path) {
    let mut texts = vec![format!("{error:?}"), format!("{error:#?}").replace('\n', "")];
    let mut next = Some(error);
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    for text in texts {
        let hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
                || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
        };
        assert!(!text.contains(hidden), "{text:?}");
        assert!(!text.contains(place.to_str().unwrap()), "{text:?}");
        assert!(text.len() < 4000, "{} bytes", text.len());
    }
}
