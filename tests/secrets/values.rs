//! What handles and values show when they are written for debugging, and what goes into responses.

use std::sync::Arc;

use tenantry::ownership::{Action, Resource};
use tenantry::quota::{Limits, Plans};
use tenantry::record::{RecordLimits, RecordText};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{Commit, Fold, FoldKind, Refreshed};
use tenantry::{ByteRange, ListOptions, Tenantry};

use crate::caught::{Caught, Contents, Hearer, SECRET};
use crate::world::{Medium, Note, World, body, id, known, name, note, video_name};

pub(crate) async fn all(world: &World, caught: &mut Caught) {
    handles(world, caught).await;
    responses(world, caught).await;
    stored(world, caught).await;
    shared(world, caught).await;
    host(world, caught).await;
}

/// The handles of a user.
async fn handles(world: &World, caught: &mut Caught) {
    let ana = Hearer::of("handles of ana", &[&name("ana")]);
    let session = world.session("ana").await;
    let own = session.own();
    let video = world.prepare("ana").await;
    caught.value(&ana, &session);
    caught.value(&ana, &own);
    caught.value(&ana, &own.collection::<Note>());
    caught.value(&ana, &own.videos());
    caught.value(&ana, &session.tenants());
    caught.value(&ana, &own.videos().upload(&video_name(), body(b"never sent")).title(SECRET));
    caught.value(&ana, &own.videos().open_range(video.id(), ByteRange::From(2)).await.unwrap());
    caught.outcome(&ana, &own.videos().local_path(video.id()).await);
    let snapshot = own.snapshot().await.unwrap();
    caught.value(&ana, &snapshot);
    caught.value(&ana, &snapshot.collection::<Note>());
    caught.value(&ana, &own.can(Action::GetRecord, &Resource::Tenant).await);
    let shown = own.transaction(|transaction| {
        let before = format!("{transaction:?} {transaction:#?}");
        let notes = transaction.collection::<Note>();
        Ok(format!("{before} {notes:?} {:?}", notes.get(&known())?))
    });
    caught.text(&ana, shown.await.unwrap(), Contents::Shown);
}

/// What a user is answered, as it goes to a browser.
async fn responses(world: &World, caught: &mut Caught) {
    // A record says who made it: here, an admin too.
    let ana = Hearer::of("responses to ana", &[&name("ana"), &name("root")]);
    let own = world.session("ana").await.own();
    let record = own.collection::<Note>().get(&known()).await.unwrap();
    assert_eq!(record.value().key.expose(), format!("{SECRET} key"), "the secret is there");
    caught.response(&ana, &record);
    caught.value(&ana, &record);
    caught.value(&ana, record.text());
    caught.value(&ana, record.envelope());
    caught.value(&ana, &(&record.value().key, record.revision(), record.created_at()));
    caught.response(&ana, &record.value().key);
    let notes = own.collection::<Note>().list(&ListOptions::new().limit(1)).await.unwrap();
    caught.value(&ana, &notes);
    caught.response(&ana, &notes.next);
    let videos = own.videos().list(&ListOptions::new()).await.unwrap();
    caught.value(&ana, &videos);
    caught.value(&ana, videos.items[0].value());
    caught.response(&ana, &videos.items);
    caught.response(&ana, &own.profile().await.unwrap());
    caught.outcome(&ana, &own.usage().await);
    caught.response(&ana, &own.write_views().await.unwrap());
    let text = RecordText::parse(
        format!(r#"{{"id":"x","owner":"{}","token":"{SECRET}"}}"#, name("ben")).as_bytes(),
        &RecordLimits::default(),
    );
    caught.value(&ana, &text);
}

/// What goes to and from a store, which a backend may log.
async fn stored(world: &World, caught: &mut Caught) {
    let store = world.medium.store().await;
    let backend = Hearer::of("a backend", &[&name("ana")]);
    let loaded = store.load(&id("ana")).await.unwrap().unwrap();
    let held = loaded
        .commits
        .iter()
        .chain([&loaded.snapshot])
        .any(|text| String::from_utf8_lossy(text).contains(SECRET));
    assert!(held, "the secret is there");
    caught.value(&backend, &loaded);
    let texts: Vec<bytes::Bytes> = vec![format!("{SECRET} in a commit").into()];
    let (version, header) = (loaded.version.clone(), loaded.header.clone());
    caught.value(&backend, &Commit { header: Some(header.clone()), text: texts[0].clone() });
    caught.value(
        &backend,
        &Fold {
            kind: FoldKind::Same,
            header: header.clone(),
            snapshot: texts[0].clone(),
            index: texts[0].clone(),
        },
    );
    caught.value(&backend, &Refreshed::Commits { version, header: Some(header), commits: texts });
}

/// A workspace that somebody else may read.
async fn shared(world: &World, caught: &mut Caught) {
    let ben = Hearer::of("ben in a shared workspace", &[&name("ben"), &name("open"), &name("root")]);
    let open = world.session("ben").await.workspace(&id("open"));
    let record = open.collection::<Note>().get(&known()).await.unwrap();
    caught.value(&ben, &record);
    caught.response(&ben, &record);
    caught.response(&ben, &open.videos().list(&ListOptions::new()).await.unwrap().items);
    caught.outcome(&ben, &open.collection::<Note>().insert(note("new")).await);
}

/// What the host and its admins hold.
async fn host(world: &World, caught: &mut Caught) {
    let host = Hearer::of_all("the host");
    caught.value(&host, &world.tenantry);
    caught.value(&host, &world.builder().await);
    caught.value(&host, &world.tenantry.operator("test"));
    let root = world.session("root").await;
    caught.outcome(&host, &root.tenants().list(None, 100).await);
    caught.outcome(&host, &root.tenants().usage(None, 100).await);
    let videos = root.tenants().videos(None, 100).await.unwrap();
    caught.value(&host, &videos);
    caught.response(&host, &videos.0);
    caught.value(&host, &tenantry::Settings::default());
    caught.value(&host, &LocalOptions::default());
    caught.value(&host, &Plans::new().with_plan("small", Limits::unlimited().with_files(3)));
    if let Medium::Local(_) = world.medium {
        let store = LocalStore::open(world.medium.root(), LocalOptions::default()).await.unwrap();
        caught.value(&host, &store);
        caught.value(&host, &Tenantry::builder(store));
    }
    if let Medium::Objects(memory, ..) = &world.medium {
        caught.value(&host, &tenantry::store::object::ObjectTenantStore::new(Arc::clone(memory) as _));
    }
}
