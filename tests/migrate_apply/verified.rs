//! What is told when what was migrated is read back and is not as planned.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use tenantry::migrate::{Differs, MigrateError, MigrationStage, Next, Plan, Verification};
use tenantry::paths::{FileName, TenantId};
use tenantry::record::{LocalTime, RecordId};
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};
use tenantry::{Grace, ListOptions, ProfileChange, Schedule, TokenContent, Video, Workspace};

use crate::place::Place;
use crate::whole::run;

/// A tree that was migrated, with two users.
struct Migrated {
    place: Place,
    plan: Plan,
}

async fn migrated() -> Migrated {
    let place = Place::of(&LegacyTree::build(3, &BTreeSet::from([Trap::RecordWithOwner]), 2));
    let plan = place.plan();
    place.migration().apply(&plan).await.unwrap();
    Migrated { place, plan }
}

impl Migrated {
    async fn verify(&self) -> Verification {
        self.place.migration().verify().await.unwrap()
    }

    /// Lets a tenant do something.
    async fn as_tenant(&self, tenant: &str, work: impl AsyncFnOnce(Workspace) + Send) {
        let id = TenantId::parse(tenant).unwrap();
        self.place
            .at_work(&self.plan, async |tenantry| work(tenantry.session(&id).await.unwrap().own()).await);
    }

    /// The path of a tenant's first file.
    fn file(&self, tenant: &str) -> PathBuf {
        let mut places = self.plan.files.iter().flat_map(|file| &file.to);
        let place = places.find(|to| to.tenant.as_str() == tenant).unwrap();
        self.place.root().join(place.path().to_string())
    }
}

/// What differs, as it is told.
fn told(verification: &Verification) -> Vec<String> {
    verification.differences.iter().map(ToString::to_string).collect()
}

#[test]
fn of_each_tenant_all_is_counted_that_was_planned() {
    run(async {
        let migrated = migrated().await;
        let verification = migrated.verify().await;
        assert!(verification.is_clean(), "{verification}");
        let tenants: Vec<_> = migrated.plan.tenants.iter().map(|tenant| &tenant.id).collect();
        assert_eq!(verification.tenants.keys().collect::<Vec<_>>(), tenants);
        for (tenant, found) in &verification.tenants {
            let planned = migrated.plan.totals.tenants.get(tenant).cloned().unwrap_or_default();
            assert_eq!((found.files, found.file_bytes), (planned.files, planned.file_bytes), "{tenant}");
            assert_eq!(found.records, planned.records, "{tenant}");
        }
        let text = verification.to_string();
        assert!(text.lines().last().unwrap().starts_with("CLEAN"), "{text}");
        assert!(text.lines().any(|line| line.starts_with("user123: 2 files of ")), "{text}");
    });
}

#[test]
fn a_file_that_is_another_shorter_or_gone_is_told_and_the_rest_is_compared() {
    run(async {
        let migrated = migrated().await;
        let admin = TenantId::parse("admin").unwrap();
        let planned = migrated.verify().await.tenants[&admin].clone();
        let path = migrated.file("admin");
        let bytes = fs::read(&path).unwrap();
        let mut another = bytes.clone();
        *another.last_mut().unwrap() ^= 1;
        for (content, reason) in [
            (Some(another.as_slice()), "its content is another than planned"),
            (Some(&bytes[1..]), "it can't be"),
            (None, "it can't be opened"),
        ] {
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            fs::remove_file(&path).unwrap();
            if let Some(content) = content {
                fs::write(&path, content).unwrap();
            }
            let verification = migrated.verify().await;
            let [difference] = &verification.differences[..] else { panic!("{verification}") };
            assert!(matches!(difference.of, Differs::File(_)) && difference.tenant.as_ref() == Some(&admin));
            assert!(difference.reason.contains(reason), "{verification}");
            let found = &verification.tenants[&admin];
            assert_eq!((found.files + 1, &found.records), (planned.files, &planned.records));
            assert!(verification.to_string().ends_with("NOT CLEAN: 1 difference\n"), "{verification}");
            fs::write(&path, &bytes).unwrap();
        }
        assert!(migrated.verify().await.is_clean());
    });
}

#[test]
fn what_came_changed_or_went_since_is_told_of_each_record() {
    run(async {
        let migrated = migrated().await;
        migrated
            .as_tenant("user123", async |own| {
                let stream = own.live_streams().list(&ListOptions::new()).await.unwrap().items.remove(0);
                own.live_streams().delete(stream.id(), stream.revision()).await.unwrap();
                let video = own.videos().list(&ListOptions::new()).await.unwrap().items.remove(0);
                own.videos().rename(video.id(), video.revision(), "another").await.unwrap();
                let schedule = Schedule::new("since", LocalTime::parse("2025-12-01T10:00").unwrap());
                own.schedules().add(schedule).await.unwrap();
            })
            .await;
        let verification = migrated.verify().await;
        let told = told(&verification);
        assert_eq!(told.len(), 3, "{told:?}");
        let has = |collection: &str, reason: &str| {
            let begin = format!("user123, {collection}/");
            told.iter().any(|line| line.starts_with(&begin) && line.ends_with(reason))
        };
        assert!(has("live_streams", "it is not there"), "{told:?}");
        assert!(has("videos", "it says something else than planned"), "{told:?}");
        assert!(has("schedules", "it came since"), "{told:?}");
    });
}

#[test]
fn a_deleted_video_is_missed_as_a_record_and_as_a_file() {
    run(async {
        let migrated = migrated().await;
        migrated
            .as_tenant("user123", async |own| {
                let video = own.videos().list(&ListOptions::new()).await.unwrap().items.remove(0);
                let clear = tenantry::record::OnReferenced::Clear;
                own.videos().delete_with(video.id(), video.revision(), clear).await.unwrap();
            })
            .await;
        let verification = migrated.verify().await;
        let is_file = |difference: &tenantry::migrate::Difference| matches!(difference.of, Differs::File(_));
        assert_eq!(verification.differences.iter().filter(|difference| is_file(difference)).count(), 1);
        assert!(told(&verification).iter().any(|line| line.ends_with("it is not there")), "{verification}");
    });
}

#[test]
fn another_order_of_records_is_told() {
    run(async {
        let migrated = migrated().await;
        migrated
            .as_tenant("admin", async |own| {
                let first = own.videos().list(&ListOptions::new().in_order().limit(1)).await.unwrap();
                let id = first.items[0].id().clone();
                own.transaction(move |transaction| {
                    let mut videos = transaction.collection::<Video>();
                    let old = videos.get(&id)?;
                    // Its file stays as long as another record names it.
                    videos.insert_as(&RecordId::parse("meanwhile").unwrap(), old.value())?;
                    videos.remove(&id, old.revision())?;
                    videos.insert_as(&id, old.value())?;
                    Ok(())
                })
                .await
                .unwrap();
            })
            .await;
        let verification = migrated.verify().await;
        let is_order = |difference: &&tenantry::migrate::Difference| matches!(&difference.of, Differs::Order(collection) if collection.as_str() == "videos");
        assert_eq!(verification.differences.iter().filter(is_order).count(), 1, "{verification}");
    });
}

#[test]
fn a_token_that_was_replaced_is_told_without_what_is_in_either() {
    run(async {
        let migrated = migrated().await;
        migrated
            .as_tenant("admin", async |own| {
                let name = FileName::parse("channel1.json").unwrap();
                let token = own.tokens().read(&name).await.unwrap();
                let content = TokenContent::parse(r#"{"token": "a-secret-of-since"}"#).unwrap();
                own.tokens().replace(&name, token.revision(), content).await.unwrap();
            })
            .await;
        let verification = migrated.verify().await;
        assert_eq!(verification.differences.len(), 1, "{verification}");
        let shown = [
            verification.to_string(),
            format!("{verification:?}"),
            serde_json::to_string(&verification).unwrap(),
        ];
        assert!(shown[0].contains("admin, tokens/"), "{verification}");
        assert!(shown.iter().all(|text| !text.contains("secret") && !text.contains("not-a-token")));
    });
}

#[test]
fn another_profile_and_a_tenant_that_is_not_there_are_told() {
    run(async {
        let migrated = migrated().await;
        migrated
            .as_tenant("admin", async |own| {
                own.change_profile(ProfileChange::new().display_name("Somebody")).await.unwrap();
            })
            .await;
        let verification = migrated.verify().await;
        assert_eq!(told(&verification), ["admin: its display name is another than planned"]);
        let user = TenantId::parse("user123").unwrap();
        migrated.place.at_work(&migrated.plan, async |tenantry| {
            let session = tenantry.session(&TenantId::parse("admin").unwrap()).await.unwrap();
            session.tenants().delete(&user).await.unwrap();
            session.tenants().erase(&user, Grace::Skip).await.unwrap();
        });
        let verification = migrated.verify().await;
        let gone = told(&verification).into_iter().filter(|line| line.starts_with("user123: ")).count();
        assert_eq!(gone, 1, "{verification}");
        assert_eq!(verification.tenants[&user], tenantry::migrate::VerifiedTenant::default());
    });
}

#[test]
fn it_can_be_stopped_and_tells_how_far_it_is() {
    run(async {
        let migrated = migrated().await;
        let stopping = migrated.place.migration().progress(|progress| {
            assert_eq!(progress.stage, MigrationStage::Verifying);
            if progress.bytes > 0 { Next::Stop } else { Next::Go }
        });
        assert!(matches!(stopping.verify().await, Err(MigrateError::Stopped)));
        let most = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let noted = std::sync::Arc::clone(&most);
        let counting = migrated.place.migration().progress(move |progress| {
            assert!(progress.bytes <= progress.total_bytes && progress.done <= progress.total);
            noted.fetch_max(progress.bytes, std::sync::atomic::Ordering::SeqCst);
            Next::Go
        });
        assert!(counting.verify().await.unwrap().is_clean());
        assert_eq!(most.load(std::sync::atomic::Ordering::SeqCst), migrated.plan.totals.file_bytes);
    });
}
