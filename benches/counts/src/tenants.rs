//! What a process has in memory while it reads one tenant after the other, of few and of many, beside the memory that it
//! gives to the states of all of them (`Settings::memory`).

use std::path::Path;
use std::sync::Arc;

use tenantry::paths::TenantId;
use tenantry::record::RecordId;
use tokio::task::JoinSet;

use crate::live;
use crate::made;
use crate::place::Place;
use crate::record::{LegacyVideo, id, scattered};
use crate::side::Outcome;

/// How many tenants the smaller root has, and how many times as many the larger one; in a quick run.
const FEW: u64 = 1_000;
const MORE: u64 = 100;
const MORE_QUICKLY: u64 = 10;
/// How many records each has.
const RECORDS: u64 = 10;
/// The memory for the states of all tenants: less than the fewer's need together.
const MEMORY: usize = 1 << 20;
/// How many are made at once.
const AT_ONCE: u64 = 64;

/// For few and for many: the most that was in use after any read, in bytes; and the budget.
pub(crate) fn by_number(folder: &Path, quick: bool) -> Outcome<Vec<(String, f64)>> {
    let mut sides = vec![("budget".to_owned(), MEMORY as f64)];
    for (side, tenants) in [("held-1k", FEW), ("held", FEW * if quick { MORE_QUICKLY } else { MORE })] {
        let folder = folder.join(side);
        std::fs::create_dir_all(&folder)?;
        make(&Place::at(&folder)?, tenants)?;
        // On a runtime of its own, on which nothing of making them goes on.
        sides.push((side.to_owned(), most_in_use(&Place::at(&folder)?, tenants)? as f64));
    }
    Ok(sides)
}

fn name(number: u64) -> Outcome<TenantId> {
    Ok(TenantId::parse(&format!("many{number}"))?)
}

/// Makes the tenants, each with its records.
fn make(place: &Place, tenants: u64) -> Outcome<()> {
    let tenantry = Arc::new(place.opened(MEMORY)?);
    place.runtime.block_on(async {
        tenantry.bootstrap_admin(&TenantId::parse("admin")?, "Admin").await?;
        let mut making = JoinSet::new();
        for number in 0..tenants {
            if number >= AT_ONCE
                && let Some(made) = making.join_next().await
            {
                made??;
            }
            let tenantry = Arc::clone(&tenantry);
            making.spawn(async move { made::tenant(&tenantry, &name(number)?, RECORDS).await });
        }
        while let Some(made) = making.join_next().await {
            made??;
        }
        Ok(())
    })
}

/// Reads a record of as many tenants as there are, by chance, and answers the most that was in use after any of them, above
/// what an opened tenantry has.
fn most_in_use(place: &Place, tenants: u64) -> Outcome<usize> {
    let tenantry = place.opened(MEMORY)?;
    let id = RecordId::parse(&id(0))?;
    let (before, mut most) = (live()?, 0);
    for read in 0..tenants {
        let tenant = name(scattered(read) % tenants)?;
        place.runtime.block_on(async {
            let workspace = tenantry.session(&tenant).await?.own();
            Outcome::Ok(workspace.collection::<LegacyVideo>().get(&id).await?)
        })?;
        most = most.max(live()?.saturating_sub(before));
    }
    Ok(most)
}
