//! For every tree, and every order.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use tenantry::migrate::{Digest, Placement, Plan, PlannedRecord, ProblemKind, TreePath};
use tenantry::paths::TenantId;
use tenantry::testkit::TreeImage;
use tenantry::testkit::legacy_trees::{self, LegacyTree};

use crate::migrated::{everything, migrate, migration};
use crate::tree::{Tree, copy, os};

/// Trees with any traps.
pub(crate) fn trees() -> impl Strategy<Value = LegacyTree> {
    legacy_trees::trees(1..=2)
}

/// The same set in an order that a number tells.
fn ordered(mut tenants: Vec<TenantId>, mut order: u64) -> Vec<TenantId> {
    let mut all = Vec::new();
    while !tenants.is_empty() {
        let next = usize::try_from(order % tenants.len() as u64).unwrap();
        order /= tenants.len() as u64;
        all.push(tenants.remove(next));
    }
    all
}

/// What of a plan is a tenant's: records, and files with where they go.
type Share = (Vec<PlannedRecord>, BTreeSet<(TreePath, Digest, Placement)>);

fn share(plan: &Plan, tenants: &BTreeSet<TenantId>) -> Share {
    let records = plan.records.iter().filter(|record| tenants.contains(&record.tenant)).cloned();
    let files = plan.files.iter().flat_map(|file| file.to.iter().map(move |to| (file, to)));
    let files = files.filter(|(_, to)| tenants.contains(&to.tenant));
    (records.collect(), files.map(|(file, to)| (file.from.clone(), file.digest, to.clone())).collect())
}

/// A tree on disk, in which what keeps it from being migrated was mended in the way that the plan proposes.
pub(crate) fn mended(legacy: &LegacyTree) -> Tree {
    let tree = Tree::new().leaving();
    legacy.write_to(tree.root()).unwrap();
    for problem in tree.plan().problems.iter().filter(|problem| problem.blocking) {
        let at = tree.root().join(os(problem.path.as_ref().unwrap().as_bytes()));
        match problem.kind {
            ProblemKind::Damaged => fs::rename(&at, at.with_extension("json.damaged")).unwrap(),
            ProblemKind::Unreadable if at.is_symlink() => {
                let leads_to = tree.root().join(fs::read_link(&at).unwrap());
                fs::remove_file(&at).unwrap();
                fs::rename(leads_to, at).unwrap();
            }
            ProblemKind::Unreadable => fs::set_permissions(&at, fs::Permissions::from_mode(0o600)).unwrap(),
            // It was the link's.
            ProblemKind::MissingFolder => {}
            _ => panic!("{problem:?}"),
        }
    }
    tree
}

/// The same tree with the same times elsewhere.
fn copied(tree: &Tree) -> Tree {
    let other = Tree { folder: tempfile::tempdir().unwrap(), options: tree.options.clone() };
    copy(tree.root(), other.root());
    other
}

/// The next of those to come with all who have to come along.
fn together(tree: &Tree, next: &TenantId) -> BTreeSet<TenantId> {
    let mut together = BTreeSet::from([next.clone()]);
    loop {
        let whole = migration(tree, None).plan().unwrap();
        let plan = migration(tree, Some(&together)).plan().unwrap();
        let in_the_way: Vec<_> = plan.problems.iter().filter(|problem| problem.blocking).collect();
        if in_the_way.is_empty() {
            return together;
        }
        assert!(in_the_way.iter().all(|problem| problem.kind == ProblemKind::InTheWay), "{plan}");
        let paths: BTreeSet<_> = in_the_way.iter().filter_map(|problem| problem.path.clone()).collect();
        let records = whole.records.iter().filter(|record| paths.contains(&record.from));
        together.extend(records.map(|record| record.tenant.clone()));
        let files = whole.files.iter().filter(|file| paths.contains(&file.from));
        together.extend(files.flat_map(|file| file.to.iter().map(|to| to.tenant.clone())));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5) })]

    #[test]
    fn one_after_the_other_in_any_order_ends_as_all_at_once(legacy in trees(), order in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let at_once = mended(&legacy);
            let gradual = copied(&at_once);
            let whole = at_once.plan();
            assert!(whole.can_be_applied(), "{legacy:?} {whole}");
            let tenants: Vec<_> = whole.tenants.iter().map(|tenant| tenant.id.clone()).collect();
            migrate(&at_once, None).await;
            let expected = everything(at_once.root(), &tenants).await;
            let (mut done, all) = (BTreeSet::new(), ordered(tenants.clone(), order));
            for tenant in &all {
                if done.contains(tenant) {
                    continue;
                }
                let some = together(&gradual, tenant);
                let plan = migrate(&gradual, Some(&some)).await;
                assert_eq!(share(&plan, &some), share(&whole, &some), "{legacy:?} {all:?}");
                done.extend(some);
            }
            let ended = everything(gradual.root(), &tenants).await;
            for (what, had) in &expected {
                assert_eq!(ended.get(what), Some(had), "{what:?} {legacy:?} {all:?}");
            }
            assert_eq!(ended.len(), expected.len());
            let rest = gradual.plan();
            assert!(rest.records.is_empty() && rest.files.is_empty(), "{rest}");
        });
    }

    #[test]
    fn a_rollback_of_one_leaves_the_tree_as_before_that_one(legacy in trees(), order in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let tree = mended(&legacy);
            let tenants = tree.plan().tenants.into_iter().map(|tenant| tenant.id).collect();
            for tenant in ordered(tenants, order) {
                let some = together(&tree, &tenant);
                let migration = migration(&tree, Some(&some));
                let plan = migration.plan().unwrap();
                let before = TreeImage::of(tree.root()).unwrap();
                migration.apply(&plan).await.unwrap();
                migration.rollback().await.unwrap();
                let after = TreeImage::of(tree.root()).unwrap();
                assert_eq!(before.difference(&after), None, "{some:?} {legacy:?}");
                assert_eq!(migration.plan().unwrap(), plan);
                migration.apply(&plan).await.unwrap();
                migration.finish().await.unwrap();
            }
        });
    }
}
