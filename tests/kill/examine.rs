//! Opens the root after a kill and reads everything that can be seen in it.

use std::collections::BTreeSet;
use std::path::Path;

use tenantry::paths::TenantId;
use tenantry::record::Record;
use tenantry::{ListOptions, Operator, Tenantry, Verification, Workspace};

use super::expected::{Expected, Life, Notes, Titles};
use super::story::{self, Note, content};

/// Sees that the root holds what is expected, and nothing half.
pub(crate) async fn examine(root: &Path, expected: &mut Expected) {
    let tenantry = story::open(story::local(root).await, story::late()).await;
    if expected.is_erased() {
        nothing_is_left(root);
    }
    for tenant in [story::writer(), story::uploader(), story::passing()] {
        every_view_is_whole(root, &tenant);
    }
    expected.compare_files(&token_files(root, &story::writer()));
    let writer = tenantry.session(&story::writer()).await.unwrap().own();
    let uploader = tenantry.session(&story::uploader()).await.unwrap().own();
    let mut written = notes(&writer).await;
    written.extend(tokens(&writer).await);
    expected.settle(written, titles(&uploader).await, life(&tenantry).await);
    let operator = tenantry.operator("after a kill");
    for own in [writer, uploader] {
        operator.sweep(own.tenant()).await.unwrap();
        let report = operator.check(own.tenant()).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        nothing_but_videos_is_left(root, &own).await;
        the_views_are_the_librarys_own(root, &operator, &own).await;
    }
}

/// Every view is a whole JSON text, old or new.
fn every_view_is_whole(root: &Path, tenant: &TenantId) {
    let Ok(folder) = std::fs::read_dir(root.join("data").join(tenant.as_str())) else { return };
    for file in folder.map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read(&file).unwrap();
            assert!(serde_json::from_slice::<serde_json::Value>(&text).is_ok(), "{}", file.display());
        }
    }
}

/// After a sweep, the files are those of the videos, and nothing is held for uploads that died.
async fn nothing_but_videos_is_left(root: &Path, own: &Workspace) {
    let page = own.videos().list(&ListOptions::new().limit(1000)).await.unwrap();
    let named: BTreeSet<_> = page.items.iter().map(|video| video.value().filename.to_string()).collect();
    let folder = std::fs::read_dir(root.join("videos").join(own.tenant().as_str())).unwrap();
    let found: BTreeSet<_> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, named);
    let (usage, _) = own.usage().await.unwrap();
    let bytes: u64 = page.items.iter().filter_map(|video| video.value().bytes).sum();
    assert_eq!((usage.files, usage.blob_bytes), (named.len() as u64, bytes));
    assert_eq!((usage.reserved_files, usage.reserved_bytes), (0, 0));
}

/// A kill while views were written does not make them look like somebody else's, and they are brought
/// up to the ledger.
async fn the_views_are_the_librarys_own(root: &Path, operator: &Operator, own: &Workspace) {
    let report = operator.write_views(own.tenant()).await.unwrap();
    assert_eq!(report.edited, []);
    assert_eq!(token_files(root, own.tenant()), tokens(own).await);
    let view = root.join("data").join(own.tenant().as_str()).join("video_database.json");
    let shown: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(view).unwrap()).unwrap();
    let shown: Titles = shown.iter().map(|video| video["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(shown, titles(own).await);
}

async fn notes(own: &Workspace) -> Notes {
    let page = own.collection::<Note>().list(&ListOptions::new().limit(1000)).await.unwrap();
    page.items.into_iter().map(|note| (note.id().as_str().to_owned(), note.into_value().text)).collect()
}

async fn tokens(own: &Workspace) -> Notes {
    let page = own.tokens().list(&ListOptions::new()).await.unwrap();
    let tokens = page.items.into_iter().map(Record::into_value);
    tokens.map(|token| (token.filename.to_string(), token.content.expose().to_owned())).collect()
}

/// The files of a tenant's tokens; what a kill left of one that was being written is none.
fn token_files(root: &Path, tenant: &TenantId) -> Notes {
    let folder = std::fs::read_dir(root.join("tokens").join(tenant.as_str())).unwrap();
    let files = folder.map(|file| file.unwrap().path());
    let named = files.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    });
    named.filter(|(name, _)| !name.starts_with(".view-")).collect()
}

/// The titles of a tenant's videos, each of which has the bytes that belong to its title.
async fn titles(own: &Workspace) -> Titles {
    let videos = own.videos();
    let mut titles = Titles::new();
    for record in videos.list(&ListOptions::new().limit(1000)).await.unwrap().items {
        let title = record.value().title.clone();
        let bytes = videos.open(record.id()).await.unwrap().bytes().await.unwrap();
        assert!(bytes == content(&title), "the bytes of {title:?} are others");
        assert_eq!(videos.verify(record.id()).await.unwrap(), Verification::Intact);
        assert!(titles.insert(title), "a video is there twice");
    }
    titles
}

async fn life(tenantry: &Tenantry) -> Life {
    let admin = tenantry.session(&story::root()).await.unwrap();
    let (entries, _) = admin.tenants().list(None, 100).await.unwrap();
    let Some(entry) = entries.into_iter().find(|entry| entry.tenant == story::passing()) else {
        let workspace = admin.workspace(&story::passing());
        assert!(workspace.videos().list(&ListOptions::new()).await.is_err());
        return Life::None;
    };
    let workspace = admin.workspace(&story::passing());
    let (videos, notes) = (titles(&workspace).await, notes(&workspace).await);
    assert!(videos.len() <= 1 && notes.len() <= 1);
    let (video, note) = (videos.into_iter().next(), notes.into_values().next());
    Life::There { video, note, leaving: entry.deleting_until.is_some() }
}

/// No file of the tenant whose erasure was acknowledged is left anywhere but its tombstone.
fn nothing_is_left(root: &Path) {
    for area in ["videos", "thumbnails", "tokens"] {
        let folder = root.join(area).join(story::passing().as_str());
        let left = std::fs::read_dir(&folder).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{area}");
    }
}
