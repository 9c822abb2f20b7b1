//! What is refused is refused before anything is written.

use tenantry::ownership::Role;
use tenantry::quota::{Limits, Plans};
use tenantry::{CopyError, ErrorKind, Grace, NewTenant, ProfileChange};

use crate::observed::observe;
use crate::world::{Kind, Place, clock, copy, copy_between, ensure_unseen, id, refusal, upload};

/// Sees that the name is as free in a place as if nobody had tried to copy anybody there.
async fn ensure_untouched(place: &Place) {
    assert_eq!(place.puts(), 0);
    ensure_unseen(place).await;
    place.user("ana").await;
}

#[tokio::test]
async fn a_tenant_that_lives_there_is_left_as_it_is() {
    for kind in Kind::ALL {
        let clock = clock();
        let (from, to) = (Place::new(Kind::Memory, &clock).await, Place::new(kind, &clock).await);
        from.furnished().await;
        let there = to.user("ana").await;
        let empty = copy(&from, &to).await.await.unwrap_err();
        assert_eq!(refusal(&empty), Some(&CopyError::Exists), "an empty one is somebody's too: {empty:?}");
        upload(&there, 1, 10).await;
        let (before, puts) = (observe(&there).await, to.puts());
        for deleted in [false, true] {
            let refused = copy(&from, &to).await.suspending_source().await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
            assert_eq!(refusal(&refused), Some(&CopyError::Exists), "{deleted}");
            assert_eq!((observe(&there).await, to.puts()), (before.clone(), puts));
            to.admin().await.tenants().delete(&id("ana")).await.unwrap();
        }
        let own = from.tenantry.session(&id("ana")).await.unwrap().own();
        upload(&own, 1, 1).await;
        // Into the very store that it is in, by whatever handle.
        let itself = copy_between(&from.tenantry, &from.elsewhere().await).await.await.unwrap_err();
        assert_eq!(refusal(&itself), Some(&CopyError::Exists), "{itself:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_or_was_erased_is_missing() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Memory, &clock).await, Place::new(Kind::Local, &clock).await);
    let missing = copy(&from, &to).await.await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    from.furnished().await;
    let admin = from.admin().await;
    admin.tenants().delete(&id("ana")).await.unwrap();
    admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
    let erasing = copy(&from, &to).await.await.unwrap_err();
    assert_eq!(erasing.kind(), ErrorKind::NotFound);
    ensure_untouched(&to).await;
}

#[tokio::test]
async fn a_plan_that_the_target_does_not_have_is_named() {
    for kind in Kind::ALL {
        let clock = clock();
        let from = Place::new(Kind::Memory, &clock).await;
        let to = Place::with(kind, &clock, |builder| builder.plans(Plans::new())).await;
        from.furnished().await;
        from.admin().await.tenants().change(&id("ana"), ProfileChange::new().plan("large")).await.unwrap();
        let refused = copy(&from, &to).await.await.unwrap_err();
        assert_eq!((refused.kind(), refused.subject()), (ErrorKind::InvalidInput, Some("plan large")));
        ensure_untouched(&to).await;
    }
}

#[tokio::test]
async fn more_than_the_limits_allow_there_is_refused_with_the_numbers() {
    let small = [
        ("files", Limits::unlimited().with_files(2)),
        ("blob_bytes", Limits::unlimited().with_blob_bytes(10)),
        ("record_bytes", Limits::unlimited().with_record_bytes(500)),
    ];
    for (dimension, limits) in small {
        let clock = clock();
        let from = Place::new(Kind::Memory, &clock).await;
        let plans = Plans::new().with_plan("small", limits).with_default(Role::User, "small");
        let to = Place::with(Kind::Local, &clock, |builder| builder.plans(plans)).await;
        from.furnished().await;
        let refused = copy(&from, &to).await.await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::QuotaExceeded);
        assert_eq!(refused.quota().unwrap().dimension(), dimension);
        ensure_untouched(&to).await;
        // An admin can raise the tenant's own, which go along.
        let admin = from.admin().await;
        let raised = Limits::unlimited().with_files(9).with_blob_bytes(9999).with_record_bytes(99_999);
        admin.tenants().change(&id("ana"), ProfileChange::new().limits(raised)).await.unwrap();
        let other = Place::with(Kind::Objects, &clock, |builder| builder).await;
        copy(&from, &other).await.await.unwrap();
    }
}

#[tokio::test]
async fn another_tenant_of_that_name_that_is_on_its_way_keeps_it() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Memory, &clock).await, Place::new(Kind::Objects, &clock).await);
    let other = Place::new(Kind::Local, &clock).await;
    from.furnished().await;
    other.furnished().await;
    std::fs::remove_file(&other.files()[0]).unwrap();
    copy(&other, &to).await.await.unwrap_err();
    let refused = copy(&from, &to).await.await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::WrongState);
    assert_eq!(refusal(&refused), Some(&CopyError::OtherSource));
    let admin = to.admin().await;
    while let tenantry::Erasure::Waiting { .. } =
        admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap()
    {
        let erasing = copy(&from, &to).await.await.unwrap_err();
        assert_eq!(erasing.kind(), ErrorKind::Suspended);
        clock.advance(std::time::Duration::from_secs(3600));
    }
    clock.advance(std::time::Duration::from_secs(3600));
    copy(&from, &to).await.await.unwrap();
}

#[tokio::test]
async fn who_is_no_admin_on_both_sides_copies_nobody() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Memory, &clock).await, Place::new(Kind::Memory, &clock).await);
    from.furnished().await;
    for place in [&from, &to] {
        place.user("ben").await;
        place.admin().await.tenants().create(&id("dora"), NewTenant::new(Role::Demo)).await.unwrap();
    }
    let own = from.tenantry.session(&id("ana")).await.unwrap();
    let owner = own.tenants().copy(&id("ana"), &to.admin().await.tenants()).await.unwrap_err();
    assert_eq!(owner.kind(), ErrorKind::Denied);
    for who in ["ben", "dora"] {
        let there = from.tenantry.session(&id(who)).await.unwrap();
        let refused = there.tenants().copy(&id("ana"), &to.admin().await.tenants()).await.unwrap_err();
        let missing = there.tenants().copy(&id("nobody"), &to.admin().await.tenants()).await.unwrap_err();
        assert_eq!((refused.kind(), refused.to_string()), (ErrorKind::NotFound, missing.to_string()));
        let receiver = to.tenantry.session(&id(who)).await.unwrap();
        let refused = from.admin().await.tenants().copy(&id("ana"), &receiver.tenants()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    }
    ensure_untouched(&to).await;
    // Who has a tenant of that name there is told that it takes an admin, also for that one.
    let own = to.tenantry.session(&id("ana")).await.unwrap();
    let refused = from.admin().await.tenants().copy(&id("ana"), &own.tenants()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
}
