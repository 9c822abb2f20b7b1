//! Opens the root after a kill and reads everything that can be seen in it.

use std::path::Path;

use tenantry::{ListOptions, Tenantry, Verification, Workspace};

use super::expected::{Expected, Life, Notes, Titles};
use super::story::{self, Note, content};

/// Sees that the root holds what is expected, and nothing half.
pub(crate) async fn examine(root: &Path, expected: &mut Expected) {
    let tenantry = story::open(story::local(root).await, story::late()).await;
    if expected.is_erased() {
        nothing_is_left(root);
    }
    let writer = tenantry.session(&story::writer()).await.unwrap().own();
    let uploader = tenantry.session(&story::uploader()).await.unwrap().own();
    expected.settle(notes(&writer).await, titles(&uploader).await, life(&tenantry).await);
}

async fn notes(own: &Workspace) -> Notes {
    let page = own.collection::<Note>().list(&ListOptions::new().limit(1000)).await.unwrap();
    page.items.into_iter().map(|note| (note.id().as_str().to_owned(), note.into_value().text)).collect()
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
