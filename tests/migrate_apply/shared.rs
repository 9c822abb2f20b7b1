//! Files that several need: whoever comes first can't lose them for the others.

use std::collections::BTreeSet;

use tenantry::migrate::{MigrateError, Migration, Plan};
use tenantry::paths::TenantId;
use tenantry::{Expected, ListOptions};

use crate::in_the_way::{at_work, counted, migration, stopped_at};
use crate::tree::Tree;
use crate::whole::run;

const ALL: [&str; 3] = ["admin", "ana", "budi"];

fn id(name: &str) -> TenantId {
    name.parse().unwrap()
}

/// Three files that all three need: one lies in the shared place, one with the first and one with the last of them.
fn tree() -> Tree {
    let tree = Tree::new();
    let (mut shared, mut number) = (Vec::new(), 0);
    for tenant in ALL {
        for name in ["shared.mp4", "of-admin.mp4"] {
            number += 1;
            shared.push(format!(
                r#"{{"id": "{number}", "title": "t", "filename": "{name}", "owner": "{tenant}"}}"#
            ));
        }
    }
    tree.write(
        "data/budi/video_database.json",
        ALL.map(|tenant| {
            format!(r#"{{"id": "b-{tenant}", "title": "t", "filename": "of-budi.mp4", "owner": "{tenant}"}}"#)
        })
        .join(",")
        .replacen('{', "[{", 1)
            + "]",
    );
    tree.write("video_database.json", format!("[{}]", shared.join(",")));
    tree.write("videos/shared.mp4", "shared by all");
    tree.write("videos/admin/of-admin.mp4", "lay with the admin")
        .write("videos/budi/of-budi.mp4", "lay with budi");
    tree
}

/// Lets a tenant delete everything that it has.
fn delete_all(tree: &Tree, plan: &Plan, tenant: &TenantId) {
    at_work(tree.root(), plan, async |tenantry| {
        let own = tenantry.session(tenant).await.unwrap().own();
        for video in own.videos().list(&ListOptions::new()).await.unwrap().items {
            own.videos().delete(video.id(), Expected::Any).await.unwrap();
        }
        tenantry.operator("test").sweep(tenant).await.unwrap();
    });
    let folder = tree.root().join("videos").join(tenant.as_str());
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "{tenant} has deleted all");
}

fn videos_of(tree: &Tree, plan: &Plan, tenant: &TenantId) -> BTreeSet<String> {
    at_work(tree.root(), plan, async |tenantry| {
        let own = tenantry.session(tenant).await.unwrap().own();
        let mut found = BTreeSet::new();
        for video in own.videos().list(&ListOptions::new()).await.unwrap().items {
            let bytes = own.videos().open(&video.value().filename).await.unwrap().bytes().await.unwrap();
            found.insert(String::from_utf8(bytes.into()).unwrap());
        }
        found
    })
}

fn wanted() -> BTreeSet<String> {
    ["shared by all", "lay with the admin", "lay with budi"].map(str::to_owned).into()
}

#[test]
fn who_deletes_what_several_need_while_a_migration_is_cut_off_takes_it_from_nobody() {
    let reference = tree();
    let plan = migration(&reference).plan().unwrap();
    assert!(plan.files.iter().all(|file| file.to.len() == 3), "{plan}");
    let steps = run(counted(async |migration| _ = migration.apply(&plan).await.unwrap(), &reference));
    let mut had_deleted = BTreeSet::new();
    for step in 0..steps {
        let tree = tree();
        let plan = migration(&tree).plan().unwrap();
        let stopped = run(stopped_at(&tree, step).apply(&plan));
        assert!(matches!(stopped, Err(MigrateError::Stopped)), "{stopped:?}");
        let deleted = migration(&tree).status().unwrap().done;
        // Each of these states comes with several steps.
        if !had_deleted.insert(deleted.clone()) {
            continue;
        }
        for tenant in &deleted {
            delete_all(&tree, &plan, tenant);
        }
        run(migration(&tree).apply(&plan)).unwrap();
        for tenant in ALL.map(id).iter().filter(|tenant| !deleted.contains(tenant)) {
            assert_eq!(
                videos_of(&tree, &plan, tenant),
                wanted(),
                "{deleted:?} deleted theirs, {tenant} did not"
            );
        }
    }
    assert_eq!(had_deleted.len(), 4, "{had_deleted:?}");
}

#[test]
fn who_deletes_what_several_need_before_they_are_migrated_takes_it_from_nobody() {
    let tree = tree();
    let some = |tenants: &[&str]| -> Migration { migration(&tree).only(tenants.iter().map(|name| id(name))) };
    // What lies in a tenant's folder and others need goes with that one: these two come together.
    for (tenants, deletes) in [(&["ana"][..], "ana"), (&["admin", "budi"], "admin")] {
        let migration = some(tenants);
        let plan = migration.plan().unwrap();
        assert!(plan.can_be_applied(), "{plan}");
        run(migration.apply(&plan)).unwrap();
        run(migration.finish()).unwrap();
        for tenant in tenants {
            assert_eq!(videos_of(&tree, &plan, &id(tenant)), wanted(), "{tenant}");
        }
        delete_all(&tree, &plan, &id(deletes));
    }
    let plan = migration(&tree).plan().unwrap();
    assert_eq!(videos_of(&tree, &plan, &id("budi")), wanted());
}
