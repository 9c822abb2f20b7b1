//! Our side: a plan applied and verified, and the plan alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tenantry::migrate::{Migration, Plan, PlanOptions, Planner};
use tenantry::record::Entity;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{ListOptions, LiveStream, Schedule, Tenantry, Thumbnail, Video, Workspace};
use tokio::runtime::Runtime;

use crate::side::{Outcome, Side, same, wrong};
use crate::tree::{Records, files_moved, tree, write};

/// Applying and verifying.
struct Migrating {
    runtime: Runtime,
    root: PathBuf,
    files: u64,
    planned: Option<(Arc<Migration>, Plan)>,
}

fn migration(root: &Path) -> Migration {
    Migration::new(root, Planner::new(PlanOptions::default()))
}

/// What is timed is applying, each file and record durable, and verifying, which reads all of them.
pub(crate) fn migrating(folder: &Path) -> Outcome<Box<dyn Side>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(Box::new(Migrating { runtime, root: folder.join("root"), files: 0, planned: None }))
}

impl Side for Migrating {
    fn prepare(&mut self, files: u64) -> Outcome<()> {
        self.files = files;
        write(files, &self.root)?;
        let migration = migration(&self.root);
        let plan = migration.plan()?;
        self.planned = Some((Arc::new(migration), plan));
        Ok(())
    }

    fn run(&mut self, _: u64) -> Outcome<()> {
        let (migration, plan) = self.planned.take().ok_or_else(|| wrong("nothing is planned"))?;
        let verified = self.runtime.block_on(self.runtime.spawn(async move {
            migration.apply(&plan).await?;
            Outcome::Ok(migration.verify().await?)
        }))??;
        same(&verified.is_clean(), &true)
    }

    fn check(&mut self) -> Outcome<()> {
        files_moved(self.files, &self.root)?;
        let held = self.runtime.block_on(held(&self.root))?;
        same(&held, &Records::of(tree(self.files)))
    }
}

/// How many records all tenants have, read anew.
async fn held(root: &Path) -> Outcome<Records> {
    let tenantry = Tenantry::builder(LocalStore::open(root, LocalOptions::default()).await?).open().await?;
    let plan = migration(root).planned()?.ok_or_else(|| wrong("no migration is known"))?;
    let mut held = Records { databases: [0; 3], rows: 0 };
    for tenant in &plan.tenants {
        let own = tenantry.session(&tenant.id).await?.own();
        held.databases[0] += count::<Video>(&own).await?;
        held.databases[1] += count::<Thumbnail>(&own).await?;
        held.databases[2] += count::<LiveStream>(&own).await?;
        held.rows += count::<Schedule>(&own).await?;
    }
    Ok(held)
}

async fn count<E: Entity>(own: &Workspace) -> Outcome<usize> {
    let (mut count, mut options) = (0, ListOptions::new().limit(ListOptions::MAX));
    loop {
        let page = own.collection::<E>().list(&options).await?;
        count += page.items.len();
        match page.next {
            Some(next) => options = options.after(next),
            None => return Ok(count),
        }
    }
}

/// Planning alone, which changes nothing.
struct Planning {
    root: PathBuf,
    files: u64,
    plan: Option<Plan>,
}

/// What is timed is the plan.
pub(crate) fn planning(folder: &Path) -> Outcome<Box<dyn Side>> {
    Ok(Box::new(Planning { root: folder.join("root"), files: 0, plan: None }))
}

impl Side for Planning {
    fn prepare(&mut self, files: u64) -> Outcome<()> {
        if self.files != files {
            self.files = files;
            write(files, &self.root)?;
        }
        Ok(())
    }

    fn run(&mut self, _: u64) -> Outcome<()> {
        self.plan = Some(migration(&self.root).plan()?);
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        let plan = self.plan.as_ref().ok_or_else(|| wrong("nothing is planned"))?;
        let should = Records::of(tree(self.files));
        let records = should.databases.iter().sum::<usize>() + should.rows;
        // A token and its stream keys besides.
        let is_planned = plan.can_be_applied() && plan.records.len() >= records;
        same(&(is_planned, plan.files.len() as u64 >= self.files), &(true, true))
    }
}
