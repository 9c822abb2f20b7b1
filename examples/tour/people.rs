//! Who takes part: an admin, two users who must not meet, and a demo that everybody may look at.

use std::path::Path;
use std::time::Duration;

use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{NewTenant, Session, Tenantry, Workspace};

use crate::Outcome;
use crate::report::{Report, Table};

/// How long closing may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// By this name the tour knows its own admin again.
const ADMIN_NAME: &str = "Admin of the tour";

/// Everybody's session.
pub(crate) struct People {
    pub(crate) admin: Session,
    pub(crate) ana: Session,
    pub(crate) ben: Session,
    pub(crate) demo: Session,
}

impl People {
    pub(crate) fn all(&self) -> [(&'static str, &Session); 4] {
        [("Admin", &self.admin), ("Ana", &self.ana), ("Ben", &self.ben), ("Demo", &self.demo)]
    }

    /// The demo's workspace, as the admin fills it.
    pub(crate) fn demo_by_admin(&self) -> Workspace {
        self.admin.workspace(self.demo.tenant())
    }
}

/// Opens a root as an application would.
pub(crate) async fn open(root: &Path) -> Outcome<Tenantry> {
    let store = LocalStore::open(root, LocalOptions::default()).await?;
    Ok(Tenantry::builder(store).open().await?)
}

/// Begins everybody's session.
pub(crate) async fn sessions(tenantry: &Tenantry) -> Outcome<People> {
    Ok(People {
        admin: session(tenantry, "admin").await?,
        ana: session(tenantry, "ana").await?,
        ben: session(tenantry, "ben").await?,
        demo: session(tenantry, "demo").await?,
    })
}

async fn session(tenantry: &Tenantry, name: &str) -> Outcome<Session> {
    Ok(tenantry.session(&TenantId::parse(name)?).await?)
}

/// Sees that everybody is there.
pub(crate) async fn create(tenantry: &Tenantry, root: &Path, report: &mut Report) -> Outcome<People> {
    report.section("An admin, two users and a demo");
    report.line(format!("The root is {}.", root.display()));
    let admin = TenantId::parse("admin")?;
    let first = tenantry.bootstrap_admin(&admin, ADMIN_NAME).await?;
    if first.display_name != ADMIN_NAME {
        return Err("The root belongs to another application; nothing was changed.".into());
    }
    let admin = tenantry.session(&admin).await?;
    let new = [
        ("ana", NewTenant::new(Role::User).display_name("Ana")),
        ("ben", NewTenant::new(Role::User).display_name("Ben")),
        ("demo", NewTenant::new(Role::Demo).display_name("Demo").shared()),
    ];
    for (name, new) in new {
        admin.tenants().create(&TenantId::parse(name)?, new).await?;
    }
    let people = sessions(tenantry).await?;
    let mut table = Table::new(&["tenant", "name", "role", "visibility"]);
    for (_, session) in people.all() {
        let profile = session.own().profile().await?;
        let visibility = format!("{:?}", profile.visibility).to_lowercase();
        table.row(vec![
            session.tenant().to_string(),
            profile.display_name,
            profile.role.to_string(),
            visibility,
        ]);
    }
    report.table(table);
    Ok(people)
}
