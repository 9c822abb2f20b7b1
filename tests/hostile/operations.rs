//! Everything that can be done with a tenant, and what it answered.

use std::fmt::Debug;

use futures::TryStreamExt;
use tenantry::ownership::Role;
use tenantry::paths::FileName;
use tenantry::record::RecordId;
use tenantry::{
    ByteRange, ErrorKind, Expected, Grace, ListOptions, NewTenant, Result, Session, Tenantry, Workspace,
};

use crate::world::{Note, content, id, note, token, upload};

/// What the video of `ana` is called.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) video: RecordId,
    pub(crate) file: FileName,
}

/// What an operation said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) operation: &'static str,
    /// Whether it was asked as `ana`, who may see nothing of another tenant's.
    pub(crate) own: bool,
    pub(crate) said: Result<String>,
}

/// All that was said, in order.
#[derive(Default)]
pub(crate) struct Answers(pub(crate) Vec<Answer>);

impl Answers {
    fn note<T: Debug>(&mut self, operation: &'static str, own: bool, said: Result<T>) -> Option<T> {
        let text = said.as_ref().map(|said| format!("{said:?}")).map_err(Clone::clone);
        self.0.push(Answer { operation, own, said: text });
        said.ok()
    }

    fn own<T: Debug>(&mut self, operation: &'static str, said: Result<T>) -> Option<T> {
        self.note(operation, true, said)
    }

    fn admin<T: Debug>(&mut self, operation: &'static str, said: Result<T>) -> Option<T> {
        self.note(operation, false, said)
    }
}

fn json<T: serde::Serialize>(record: T) -> String {
    serde_json::to_string(&record).unwrap()
}

/// The bytes as text, so that what they hold is found in what was said.
fn shown(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

async fn read(own: &Workspace, known: &Known, range: ByteRange) -> Result<String> {
    let body = own.videos().open_range(&known.file, range).await?.into_body();
    let failed = |error| tenantry::Error::new(ErrorKind::Unavailable, "read").with_source(error);
    let pieces: Vec<bytes::Bytes> = body.try_collect().await.map_err(failed)?;
    Ok(shown(pieces.concat()))
}

/// What another program reads at the path that it is given.
async fn read_path(own: &Workspace, known: &Known) -> Result<String> {
    let path = own.videos().local_path(&known.video).await?;
    let failed = |error| tenantry::Error::new(ErrorKind::Unavailable, "read path").with_source(error);
    std::fs::read(path.path()).map(shown).map_err(failed)
}

/// Reads whatever a tenant can read.
pub(crate) async fn reads(own: &Workspace, known: &Known, answers: &mut Answers) {
    let (notes, videos, all) = (own.collection::<Note>(), own.videos(), ListOptions::new());
    answers.own("profile", own.profile().await);
    answers.own("usage", own.usage().await);
    answers.own(
        "snapshot",
        own.snapshot().await.and_then(|at| at.collection::<Note>().list(&all)).map(|p| json(p.items)),
    );
    answers.own("list notes", notes.list(&all).await.map(|page| json(page.items)));
    answers.own("list videos", videos.list(&all).await.map(|page| json(page.items)));
    answers.own("get video", videos.get(&known.file).await.map(json));
    answers.own("open", read(own, known, ByteRange::All).await);
    answers.own("open range", read(own, known, ByteRange::Last(8)).await);
    answers.own("verify", videos.verify(&known.video).await);
    let read = own.tokens().read(&token()).await;
    answers.own("read token", read.map(|token| token.value().content.expose().to_owned()));
}

/// Changes whatever a tenant can change, without taking away what is known.
pub(crate) async fn changes(own: &Workspace, known: &Known, answers: &mut Answers) {
    answers.own("insert", own.collection::<Note>().insert(note("of ana")).await.map(json));
    answers.own(
        "transaction",
        own.transaction(|to| to.collection::<Note>().list(&ListOptions::new())).await.map(|p| json(p.items)),
    );
    answers.own("upload", upload(own, "uploaded").await.map(json));
    answers.own("rename", own.videos().rename(&known.video, Expected::Any, "renamed").await.map(json));
    let replaced = own.tokens().replace(&token(), Expected::Any, content("new")).await;
    answers.own("replace token", replaced.map(json));
    answers.own("write views", own.write_views().await);
    let removed = own.tokens().delete(&token(), Expected::Any).await;
    answers.own("delete token", removed.map(json));
    answers.own("create token", own.tokens().create(&token(), content("again")).await.map(json));
}

/// What admins and the host do to the tenant, short of its end.
pub(crate) async fn upkeep(tenantry: &Tenantry, admin: &Session, answers: &mut Answers) {
    let (ana, tenants) = (id("ana"), admin.tenants());
    answers.admin("list tenants", tenants.list(None, 100).await);
    answers.admin("list all videos", tenants.videos(None, 100).await.map(|(page, _)| json(page)));
    answers.admin("sweep", tenants.sweep(&ana).await);
    if let Some(report) = answers.own("check", tenants.check(&ana).await) {
        answers.own("repair", tenants.repair(&ana, &report.findings).await);
    }
    answers.admin("round", tenantry.operator("test").round().await);
}

/// The end of the tenant, and the beginning of another life and another tenant.
async fn lives(tenantry: &Tenantry, admin: &Session, answers: &mut Answers) {
    let (ana, tenants) = (id("ana"), admin.tenants());
    answers.admin("delete tenant", tenants.delete(&ana).await);
    answers.admin("restore tenant", tenants.restore(&ana).await);
    answers.admin("delete tenant", tenants.delete(&ana).await);
    answers.admin("erase", tenants.erase(&ana, Grace::Skip).await);
    answers.admin("create again", tenants.create(&ana, NewTenant::new(Role::User)).await);
    for name in ["ana", "newcomer"] {
        answers.own("ensure", tenantry.ensure(&id(name), "New").await);
        let Some(session) = answers.own("session", tenantry.session(&id(name)).await) else { continue };
        answers.own("insert", session.own().collection::<Note>().insert(note("new")).await.map(json));
        answers.own("upload", upload(&session.own(), "new").await.map(json));
        answers.own("write views", session.own().write_views().await);
    }
}

/// Everything, in an order in which each still finds what it needs.
pub(crate) async fn everything(tenantry: &Tenantry, known: &Known) -> Answers {
    let mut answers = Answers::default();
    if let Some(session) = answers.own("session", tenantry.session(&id("ana")).await) {
        let own = session.own();
        reads(&own, known, &mut answers).await;
        answers.own("local path", read_path(&own, known).await);
        changes(&own, known, &mut answers).await;
    }
    if let Some(admin) = answers.admin("session", tenantry.session(&id("keeper")).await) {
        upkeep(tenantry, &admin, &mut answers).await;
        if let Some(session) = answers.own("session", tenantry.session(&id("ana")).await) {
            let video = session.own().videos().delete(&known.video, Expected::Any).await;
            answers.own("delete video", video.map(json));
        }
        lives(tenantry, &admin, &mut answers).await;
    }
    answers
}
