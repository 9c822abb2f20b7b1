//! Who takes part: an admin, two users who must not meet, and a demo that everybody may look at.

use std::path::{Path, PathBuf};
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

/// Where the tenants are kept.
pub(crate) enum Place {
    /// Under a folder.
    Disk(PathBuf),
    /// In a bucket; what is for people goes into a folder.
    Bucket(PathBuf),
}

impl Place {
    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        match self {
            Self::Disk(folder) | Self::Bucket(folder) => folder,
        }
    }
}

/// Opens a place as an application would.
pub(crate) async fn open(place: &Place) -> Outcome<Tenantry> {
    match place {
        Place::Disk(root) => {
            let store = LocalStore::open(root, LocalOptions::default()).await?;
            Ok(Tenantry::builder(store).open().await?)
        }
        Place::Bucket(_) => bucket().await,
    }
}

#[cfg(feature = "s3")]
async fn bucket() -> Outcome<Tenantry> {
    use tenantry::store::s3::{S3Options, S3Store};

    let url = std::env::var(crate::server::BUCKET).map_err(|_| "TENANTRY_S3 names no bucket.")?;
    Ok(Tenantry::builder(S3Store::new(S3Options::from_url(&url)?)?).open().await?)
}

#[cfg(not(feature = "s3"))]
async fn bucket() -> Outcome<Tenantry> {
    Err("This was built without the feature s3.".into())
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
pub(crate) async fn create(tenantry: &Tenantry, place: &Place, report: &mut Report) -> Outcome<People> {
    report.section("An admin, two users and a demo");
    report.line(match place {
        Place::Disk(root) => format!("The root is {}.", root.display()),
        Place::Bucket(_) => "They are kept in a bucket.".to_owned(),
    });
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
