//! A tenant with records, where many are made.

use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::record::RecordId;
use tenantry::{NewTenant, Tenantry, Transaction};

use crate::record::{LegacyVideo, id, record};
use crate::side::Outcome;

/// Has an admin make it, with the records of the numbers below that.
pub(crate) async fn tenant(tenantry: &Tenantry, name: &TenantId, records: u64) -> Outcome<()> {
    let admin = tenantry.session(&TenantId::parse("admin")?).await?;
    admin.tenants().create(name, NewTenant::new(Role::User)).await?;
    let fill = move |transaction: &mut Transaction<'_>| {
        let mut videos = transaction.collection::<LegacyVideo>();
        for number in 0..records {
            let id = RecordId::parse(&id(number)).unwrap_or_else(|_| unreachable!("a UUID"));
            videos.insert_as(&id, &record(number))?;
        }
        Ok(())
    };
    Ok(tenantry.session(name).await?.own().transaction(fill).await?)
}
