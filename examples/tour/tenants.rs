//! The administration of tenants: for the admin, and for nobody else.

use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::{Erasure, ErrorKind, Grace, NewTenant, ProfileChange, Result, Session};

use crate::Outcome;
use crate::calls::Target;
use crate::people::People;
use crate::report::{Report, Table, count};

/// A call of the administration, in the order in which they make sense.
#[derive(Clone, Copy)]
enum Call {
    Create,
    List,
    Usage,
    Videos,
    Change,
    Delete,
    Restore,
    DeleteAgain,
    Erase,
}

impl Call {
    const ALL: [(Self, &'static str, ErrorKind); 9] = [
        (Self::Create, "create a tenant", ErrorKind::NotFound),
        (Self::List, "list tenants", ErrorKind::Denied),
        (Self::Usage, "read the usage of all", ErrorKind::Denied),
        (Self::Videos, "list the videos of all", ErrorKind::Denied),
        (Self::Change, "change a tenant's role", ErrorKind::NotFound),
        (Self::Delete, "delete a tenant", ErrorKind::NotFound),
        (Self::Restore, "restore it", ErrorKind::NotFound),
        (Self::DeleteAgain, "delete it again", ErrorKind::NotFound),
        (Self::Erase, "erase it", ErrorKind::NotFound),
    ];

    async fn make(self, session: &Session, guest: &TenantId) -> Result<String> {
        let tenants = session.tenants();
        match self {
            Self::Create => {
                let profile = tenants.create(guest, NewTenant::new(Role::User).display_name("Guest")).await?;
                Ok(format!("a {}", profile.role))
            }
            Self::List => Ok(count(tenants.list(None, 100).await?.0.len(), "tenant")),
            Self::Usage => {
                let entries = tenants.usage(None, 100).await?.0;
                Ok(format!("{} bytes", entries.iter().map(|entry| entry.usage.blob_bytes).sum::<u64>()))
            }
            Self::Videos => Ok(count(tenants.videos(None, 100).await?.0.len(), "video")),
            Self::Change => {
                let profile = tenants.change(guest, ProfileChange::new().role(Role::Demo)).await?;
                Ok(format!("a {}", profile.role))
            }
            Self::Delete | Self::DeleteAgain => {
                tenants.delete(guest).await.map(|until| format!("until {}", until.strftime("%Y-%m-%d")))
            }
            Self::Restore => tenants.restore(guest).await.map(|_| "restored".to_owned()),
            Self::Erase => match tenants.erase(guest, Grace::Skip).await? {
                Erasure::Done(receipt) => {
                    let tenantry::Receipt { records, files, bytes, .. } = receipt;
                    Ok(format!("gone: records {records}, files {files}, bytes {bytes}"))
                }
                other => Ok(format!("{other:?}")),
            },
        }
    }
}

/// Ben tries each call, then the admin makes it, on a guest who is there for that.
pub(crate) async fn administer(people: &People, report: &mut Report) -> Outcome {
    report.section("Only the admin administers tenants");
    let guest = TenantId::parse("guest")?;
    let admin = &people.admin;
    let mut table = Table::new(&["call", "Ben", "Admin"]);
    for (call, name, refusal) in Call::ALL {
        let refused = call.make(&people.ben, &guest).await;
        let mut ok = matches!(&refused, Err(error) if error.kind() == refusal);
        if matches!(call, Call::Create) {
            welcome(admin, &guest).await?;
        }
        let done = call.make(admin, &guest).await;
        ok &= done.is_ok();
        if matches!(call, Call::Create) && ok {
            Target::make(&admin.workspace(&guest)).await?;
        }
        let told = |answer: Result<String>| answer.unwrap_or_else(|error| error.kind().to_string());
        table.check(ok, vec![name.to_owned(), told(refused), told(done)]);
    }
    report.table(table);
    let gone = admin.workspace(&guest).profile().await;
    let gone = gone.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    report.check(gone, "Of the guest nothing is left but a tombstone.");
    Ok(())
}

/// A guest whom an interrupted tour left behind is restored while it is being deleted; one whose
/// erasure has begun can only go for good, and then come anew.
async fn welcome(admin: &Session, guest: &TenantId) -> Result<()> {
    let tenants = admin.tenants();
    let missing = |error: &tenantry::Error| error.kind() == ErrorKind::NotFound;
    match tenants.restore(guest).await {
        Err(error) if missing(&error) => match tenants.erase(guest, Grace::Skip).await {
            Err(error) if !missing(&error) => Err(error),
            _ => Ok(()),
        },
        other => other.map(drop),
    }
}
