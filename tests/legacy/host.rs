//! A host over a tree of two users and a demonstration.

use std::sync::{Arc, Mutex};

use tenantry::Tenantry;
use tenantry::migrate::{Legacy, LegacyWorkspace};
use tenantry::ownership::{AuditEvent, AuditSink, Decision, DefaultPolicy, OwnershipPolicy};
use tenantry::paths::{FileName, TenantId};
use tenantry::record::RecordId;
use tenantry::store::local::{LocalOptions, LocalStore};

use crate::tree::Tree;

pub(crate) fn id(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

pub(crate) fn file(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

pub(crate) fn record(name: &str) -> RecordId {
    RecordId::parse(name).unwrap()
}

/// What was decided: who asked, what for, in which tenant, whether it was allowed.
#[derive(Clone, Default)]
pub(crate) struct Decided(Arc<Mutex<Vec<String>>>);

impl AuditSink for Decided {
    fn record(&self, event: &AuditEvent<'_>) {
        let said = match event.decision {
            Decision::Allow(_) => "allow",
            Decision::Deny(_) => "deny",
            Decision::Hide(_) => "hide",
        };
        let tenant = event.tenant.map(TenantId::as_str).unwrap_or_default();
        self.0.lock().unwrap().push(format!("{} in {tenant}: {said}", event.action));
    }
}

impl Decided {
    /// What was decided since the last call.
    pub(crate) fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The library over the tree itself, and the fallback beside it.
pub(crate) struct Host {
    pub(crate) tree: Tree,
    pub(crate) tenantry: Tenantry,
    pub(crate) legacy: Legacy,
    pub(crate) decided: Decided,
}

impl Host {
    pub(crate) async fn over(tree: Tree) -> Self {
        Self::with(tree, DefaultPolicy).await
    }

    pub(crate) async fn with(tree: Tree, policy: impl OwnershipPolicy) -> Self {
        let decided = Decided::default();
        let store = LocalStore::open(tree.root(), LocalOptions::default()).await.unwrap();
        let tenantry = Tenantry::builder(store).policy(policy).audit(decided.clone()).open().await.unwrap();
        let legacy = Legacy::open(&tenantry, tree.root(), tree.planner()).await.unwrap();
        Self { tree, tenantry, legacy, decided }
    }

    pub(crate) async fn own(&self, tenant: &str) -> LegacyWorkspace {
        self.legacy.session(&id(tenant)).await.unwrap().own()
    }

    /// What one tenant sees of another's.
    pub(crate) async fn seen(&self, by: &str, of: &str) -> LegacyWorkspace {
        self.legacy.session(&id(by)).await.unwrap().workspace(&id(of))
    }
}

/// A tree of an admin, of ana, of budi and of a demonstration.
pub(crate) fn tree() -> Tree {
    let tree = Tree::new();
    tree.write(
        "users.json",
        r#"{"root": {"role": "admin"}, "ana": {"role": "silver"}, "budi": {"role": "gold"}, "show": {"role": "demo"}}"#,
    );
    tree.videos(
        r#"[{"id": "1", "title": "ana's", "filename": "a.mp4", "owner": "ana", "odd": 1.10},
            {"id": "2", "title": "budi's", "filename": "b.mp4", "owner": "budi"},
            {"id": "3", "title": "shown", "filename": "c.mp4", "owner": "show"},
            {"id": "4", "title": "nobody's", "filename": "d.mp4"}]"#,
    );
    for (name, bytes) in [("a", "bytes of ana"), ("b", "bytes of budi"), ("c", "shown"), ("d", "left")] {
        tree.write(format!("videos/{name}.mp4"), bytes);
    }
    tree.write("thumbnails/ana/a.png", "an image")
        .write("tokens/ana/channel.json", r#"{"refresh": "of ana"}"#);
    tree.write(
        "live_streams.json",
        r#"[{"id": "s1", "title": "t", "stream_key": "key of ana", "status": "scheduled", "owner": "ana"}]"#,
    );
    tree
}
