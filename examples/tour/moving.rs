//! Everything of a tenant as one archive, into another store.

use bytes::Bytes;
use futures::TryStreamExt;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::store::MemoryStore;
use tenantry::{ErrorKind, NewTenant, Session, Tenantry};

use crate::Outcome;
use crate::people::{PATIENCE, People};
use crate::report::{Report, count};

fn body(archive: Vec<u8>) -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    futures::stream::iter([Ok(Bytes::from(archive))])
}

/// Another store, in memory, with an empty tenant of Ana's name.
async fn elsewhere(ana: &TenantId) -> Outcome<(Tenantry, Session)> {
    let tenantry = Tenantry::builder(MemoryStore::new()).open().await?;
    let root = TenantId::parse("root")?;
    tenantry.bootstrap_admin(&root, "Root").await?;
    let admin = tenantry.session(&root).await?;
    admin.tenants().create(ana, NewTenant::new(Role::User)).await?;
    Ok((tenantry, admin))
}

/// Ana's archive is taken out, and taken in elsewhere.
pub(crate) async fn archive(people: &People, report: &mut Report) -> Outcome {
    report.section("Ana's archive");
    let (own, ana) = (people.ana.own(), people.ana.tenant());
    let foreign = people.ben.workspace(ana).export().await;
    let hidden = foreign.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    report.check(hidden, "Ben can't have it.");
    let export = own.export().await?;
    let (length, manifest) = (export.length(), export.manifest().clone());
    let archive = export.into_body().try_collect::<Vec<_>>().await?.concat();
    report.line(format!(
        "It is a tar of {}: {} of records, and {}.",
        count(length, "byte"),
        count(manifest.records.len() as u64, "collection"),
        count(manifest.files.len() as u64, "file")
    ));
    report.check(archive.len() as u64 == length, "It is as long as it said beforehand.");

    let (tenantry, admin) = elsewhere(ana).await?;
    let mut damaged = archive.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let refused = admin.tenants().import(ana, body(damaged)).await;
    let refused = refused.is_err_and(|error| error.kind() == ErrorKind::InvalidInput);
    let (usage, _) = admin.workspace(ana).usage().await?;
    let nothing = usage.files == 0 && usage.record_bytes == 0 && usage.reserved_files == 0;
    report.check(refused && nothing, "With one bit of it changed it is refused, and nothing of it is there.");
    let imported = admin.tenants().import(ana, body(archive.clone())).await?;
    let (moved, _) = admin.workspace(ana).usage().await?;
    let (before, _) = own.usage().await?;
    let same = moved == before && imported.files == before.files;
    report.check(same, "In another store she has the same records and files, to the byte.");
    let twice = admin.tenants().import(ana, body(archive)).await;
    let twice = twice.is_err_and(|error| error.kind() == ErrorKind::WrongState);
    report.check(twice, "Where there is something already, it is refused.");
    tenantry.close(PATIENCE).await?;
    Ok(())
}
