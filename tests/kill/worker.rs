//! What a process does until it is killed: three workers beside each other, each with a tenant.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use tenantry::environment::SystemClock;
use tenantry::ownership::Role;
use tenantry::paths::{FileName, TenantId};
use tenantry::record::RecordId;
use tenantry::store::StoreMethod;
use tenantry::testkit::{Moment, ObservedStore};
use tenantry::{
    Erasure, ErrorKind, Expected, Grace, ListOptions, NewTenant, Tenantry, TokenContent, Workspace,
};

use super::child;
use super::story::{self, Dice, Note, Phase, Said, Step, content};

fn say(said: &Said) {
    child::say(&serde_json::to_string(said).unwrap());
}

/// The phase that a call of the store belongs to.
fn phase(method: StoreMethod, tenant: Option<&TenantId>) -> Option<Phase> {
    let passing = tenant == Some(&story::passing());
    match method {
        StoreMethod::Put => Some(Phase::Upload),
        StoreMethod::Append => Some(Phase::Commit),
        // The passing tenant's ledger is too short to be folded but by its erasure.
        StoreMethod::Fold | StoreMethod::Tidy if !passing => Some(Phase::Fold),
        StoreMethod::Fold | StoreMethod::Tidy | StoreMethod::RemoveAreas => Some(Phase::Erase),
        StoreMethod::PutView | StoreMethod::RenameView | StoreMethod::RemoveView => Some(Phase::View),
        _ => None,
    }
}

/// Works without end.
pub(crate) async fn work(root: &Path, seed: u64) {
    let tell = |method: StoreMethod, tenant: Option<&TenantId>, moment: Moment| {
        if let Some(phase) = phase(method, tenant) {
            match moment {
                Moment::Begin => say(&Said::Begins(phase)),
                Moment::End => say(&Said::Ended(phase)),
            }
        }
    };
    let store = ObservedStore::new(Arc::new(story::local(root).await), tell);
    let tenantry = story::open(store, Arc::new(SystemClock)).await;
    tokio::join!(
        write(own(&tenantry, &story::writer()).await, Dice::new(seed)),
        upload(own(&tenantry, &story::uploader()).await, seed),
        come_and_go(&tenantry, seed),
    );
}

async fn own(tenantry: &Tenantry, tenant: &TenantId) -> Workspace {
    tenantry.session(tenant).await.unwrap().own()
}

/// Takes a step: announced before, acknowledged after.
async fn take<T>(step: Step, doing: impl IntoFuture<Output = tenantry::Result<T>>) -> T {
    say(&Said::Will(step.clone()));
    let done = doing.await.unwrap_or_else(|error| panic!("{step:?}: {error:?}"));
    say(&Said::Did(step));
    done
}

/// Writes and removes a few notes, and now and then a token.
async fn write(own: Workspace, mut dice: Dice) {
    let notes = own.collection::<Note>();
    loop {
        if dice.below(4) == 0 {
            write_token(&own, &mut dice).await;
        }
        let key = format!("note-{}", dice.below(8));
        let id = RecordId::parse(&key).unwrap();
        let known = match notes.get(&id).await {
            Ok(record) => Some(record),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => panic!("{error:?}"),
        };
        if let Some(record) = known.as_ref().filter(|_| dice.below(4) == 0) {
            take(Step::Remove { key }, notes.remove(&id, record.revision())).await;
            continue;
        }
        let text = format!("{:016x}", dice.next()).repeat(6);
        let step = Step::Write { key, text: text.clone() };
        match known {
            Some(record) => take(step, notes.update(&id, record.revision(), Note { text })).await,
            None => take(step, notes.insert_as(&id, Note { text })).await,
        };
    }
}

async fn write_token(own: &Workspace, dice: &mut Dice) {
    let (tokens, key) = (own.tokens(), format!("channel-{}.json", dice.below(2)));
    let file = FileName::parse(&key).unwrap();
    let is_there = tokens.read(&file).await.is_ok();
    if is_there && dice.below(4) == 0 {
        take(Step::Remove { key }, tokens.delete(&file, Expected::Any)).await;
        return;
    }
    let text = format!(r#"{{"refresh_token": "{:016x}"}}"#, dice.next());
    let content = TokenContent::parse(text.as_str()).unwrap();
    let step = Step::Write { key, text };
    match is_there {
        true => take(step, tokens.replace(&file, Expected::Any, content)).await,
        false => take(step, tokens.create(&file, content)).await,
    };
}

fn put(own: &Workspace, title: &str) -> tenantry::Upload<tenantry::Video> {
    let whole = Bytes::from(content(title));
    // In parts, so that the reservation has to grow on the way.
    let parts: Vec<_> = whole.chunks(1500).map(|part| Ok(whole.slice_ref(part))).collect();
    own.videos().upload("clip.mp4", futures::stream::iter(parts)).title(title)
}

/// Uploads videos, and deletes the oldest once there are a few.
async fn upload(own: Workspace, seed: u64) {
    let videos = own.videos();
    for number in 0_u64.. {
        let page = videos.list(&ListOptions::new().in_order()).await.unwrap();
        if let Some(oldest) = page.items.first().filter(|_| page.items.len() >= 4) {
            let title = oldest.value().title.clone();
            take(Step::Delete { title }, videos.delete(oldest.id(), Expected::Any)).await;
        }
        let title = format!("video {seed}-{number}");
        take(Step::Upload { title: title.clone() }, put(&own, &title)).await;
    }
}

/// Makes a tenant, fills it, deletes and erases it, over and over.
async fn come_and_go(tenantry: &Tenantry, seed: u64) {
    let passing = story::passing();
    let admin = tenantry.session(&story::root()).await.unwrap();
    let tenants = admin.tenants();
    for life in 0_u64.. {
        end(&tenants, &passing).await;
        take(Step::Create, tenants.create(&passing, NewTenant::new(Role::User))).await;
        let own = own(tenantry, &passing).await;
        let title = format!("life {seed}-{life}");
        let fill = async {
            put(&own, &title).await?;
            own.collection::<Note>().insert(Note { text: title.clone() }).await
        };
        take(Step::Fill { title: title.clone() }, fill).await;
    }
}

/// Brings the passing tenant's life to its end, wherever it is in it.
async fn end(tenants: &tenantry::Tenants<'_>, passing: &TenantId) {
    let (entries, _) = tenants.list(None, 100).await.unwrap();
    if entries.iter().any(|entry| entry.tenant == *passing && entry.deleting_until.is_none()) {
        take(Step::Leave, tenants.delete(passing)).await;
    }
    say(&Said::Will(Step::Erase));
    match tenants.erase(passing, Grace::Skip).await {
        Ok(Erasure::Done(_)) => {}
        Ok(waiting) => panic!("the disk needs no waiting: {waiting:?}"),
        // There never was one, or it was erased before.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => panic!("{error:?}"),
    }
    say(&Said::Did(Step::Erase));
}
