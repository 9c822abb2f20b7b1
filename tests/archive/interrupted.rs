//! What comes between: others at work in the tenant, an end in the middle, time that passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use tenantry::ownership::Role;
use tenantry::{ArchiveError, ErrorKind, NewTenant};

use crate::world::{Looped, Place, ensure_empty, exported, furnish, id, in_chunks, name};

async fn archive() -> Vec<u8> {
    let place = Place::memory().await;
    let own = place.user("ana").await;
    furnish(&own).await;
    exported(&own).await
}

fn is_not_empty(error: &tenantry::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<ArchiveError>());
    error.kind() == ErrorKind::WrongState && source == Some(&ArchiveError::NotEmpty)
}

#[tokio::test]
async fn a_tenant_that_holds_anything_takes_none() {
    let archive = archive().await;
    for place in Place::both().await {
        let own = place.user("ana").await;
        own.videos().upload_from("rain.mp4", &b"rain"[..]).await.unwrap();
        assert!(is_not_empty(&place.import("ana", archive.clone()).await.unwrap_err()));
        assert_eq!(own.videos().list(&Default::default()).await.unwrap().items.len(), 1);
        place.user("ben").await;
        place.import("ben", archive.clone()).await.unwrap_err();
        let admin = place.admin().await;
        admin.tenants().delete(&id("ben")).await.unwrap();
        let suspended = place.import("ben", archive.clone()).await.unwrap_err();
        assert_eq!(suspended.kind(), ErrorKind::Suspended);
        let missing = place.import("nobody", archive.clone()).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn who_begins_to_use_the_tenant_meanwhile_keeps_it() {
    let archive = archive().await;
    for place in Place::both().await {
        let own = place.user("ana").await;
        let chunks = in_chunks(archive.clone(), 512).enumerate();
        let total = archive.len().div_ceil(512);
        let user = own.clone();
        let body = chunks.then(move |(at, chunk)| {
            let user = user.clone();
            async move {
                // Near the end, when the files are being written.
                if at + 4 == total {
                    let file = name("gone.mp4");
                    let looped =
                        user.collection::<Looped>().insert(Looped { original: file, times: 1 }).await;
                    assert_eq!(looped.unwrap_err().kind(), ErrorKind::InvalidInput, "it names nothing");
                    let token = tenantry::TokenContent::parse("{}").unwrap();
                    user.tokens().create(&name("mine.json"), token).await.unwrap();
                }
                chunk
            }
        });
        let import = place.admin().await;
        let error = import.tenants().import(&id("ana"), body).await.unwrap_err();
        assert!(is_not_empty(&error), "{error:?}");
        let (usage, _) = own.usage().await.unwrap();
        assert_eq!((usage.files, usage.reserved_files, usage.counts.len()), (0, 0, 1));
        own.tokens().read(&name("mine.json")).await.unwrap();
        assert!(place.files().is_empty());
    }
}

#[tokio::test]
async fn an_import_into_a_life_that_ended_meanwhile_leaves_the_next_one_alone() {
    let archive = archive().await;
    for place in Place::both().await {
        place.user("ana").await;
        let (clock, admin, total) = (place.clock.clone(), place.admin().await, archive.len().div_ceil(512));
        let tenants = admin.clone();
        let body = in_chunks(archive.clone(), 512).enumerate().then(move |(at, chunk)| {
            let (clock, admin) = (clock.clone(), admin.clone());
            async move {
                // All files are written by then.
                if at + 1 == total {
                    admin.tenants().delete(&id("ana")).await.unwrap();
                    while admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.is_err() {
                        admin.tenants().erase(&id("ana"), tenantry::Grace::Skip).await.unwrap();
                        clock.advance(Duration::from_secs(3600));
                    }
                }
                chunk
            }
        });
        let error = tenants.tenants().import(&id("ana"), body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gone);
        ensure_empty(&place, "ana").await;
        place.import("ana", archive.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn an_import_that_takes_longer_than_a_reservation_holds_goes_on() {
    let archive = archive().await;
    for place in Place::both().await {
        place.user("ana").await;
        let (clock, admin, hours) = (place.clock.clone(), place.admin().await, Arc::new(AtomicU64::new(0)));
        let (sweeper, counted) = (admin.clone(), hours.clone());
        let body = in_chunks(archive.clone(), 512).then(move |chunk| {
            let (clock, sweeper, counted) = (clock.clone(), sweeper.clone(), counted.clone());
            async move {
                clock.advance(Duration::from_secs(9 * 60));
                sweeper.tenants().sweep(&id("ana")).await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                chunk
            }
        });
        admin.tenants().import(&id("ana"), body).await.unwrap();
        assert!(hours.load(Ordering::SeqCst) > 20);
        assert_eq!(admin.workspace(&id("ana")).usage().await.unwrap().0.files, 3);
    }
}

/// An import that has come to a stop after so many bytes of the archive, in the middle of whatever it does
/// then.
async fn stopped(
    place: &Place,
    archive: &[u8],
    length: usize,
) -> std::pin::Pin<Box<dyn Future<Output = tenantry::Result<tenantry::Imported>> + Send>> {
    let (sender, at_the_end) = futures::channel::oneshot::channel::<()>();
    let silence = futures::stream::once(async move {
        sender.send(()).unwrap();
        futures::future::pending().await
    });
    let body = in_chunks(archive[..length].to_vec(), 512).chain(silence);
    let admin = place.admin().await;
    let import = admin.tenants().import(&id("ana"), body);
    let import = std::future::IntoFuture::into_future(import);
    match futures::future::select(import, at_the_end).await {
        futures::future::Either::Right((_, import)) => import,
        futures::future::Either::Left((done, _)) => panic!("{done:?}"),
    }
}

#[tokio::test]
async fn an_import_that_is_dropped_gives_everything_back() {
    let archive = archive().await;
    for place in Place::both().await {
        place.user("ana").await;
        let admin = place.admin().await;
        for length in (0..archive.len()).step_by(1024) {
            drop(stopped(&place, &archive, length).await);
            while admin.workspace(&id("ana")).usage().await.unwrap().0.reserved_files > 0 {
                tokio::task::yield_now().await;
            }
            admin.tenants().sweep(&id("ana")).await.unwrap();
        }
        ensure_empty(&place, "ana").await;
        place.import("ana", archive.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_process_that_died_had_reserved_expires() {
    let archive = archive().await;
    for place in Place::both().await {
        place.user("ana").await;
        let import = stopped(&place, &archive, archive.len() - 2048).await;
        let admin = place.admin().await;
        assert_eq!(admin.workspace(&id("ana")).usage().await.unwrap().0.reserved_files, 3);
        // Nothing of it runs any more, not even its end.
        std::mem::forget(import);
        let busy = place.import("ana", archive.clone()).await.unwrap_err();
        assert!(is_not_empty(&busy), "{busy:?}");
        for _ in 0..2 {
            place.clock.advance(Duration::from_secs(2 * 3600));
            admin.tenants().sweep(&id("ana")).await.unwrap();
        }
        ensure_empty(&place, "ana").await;
        place.import("ana", archive.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn a_body_that_fails_is_told_with_its_own_error_and_leaves_nothing() {
    let archive = archive().await;
    for place in Place::both().await {
        place.user("ana").await;
        for length in [0, 100, 5000, archive.len() - 2000] {
            let failure = futures::stream::iter([Err(std::io::Error::other("the line is cut"))]);
            let body = in_chunks(archive[..length].to_vec(), 512).chain(failure);
            let error = place.admin().await.tenants().import(&id("ana"), body).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BodyFailed);
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains("the line is cut"), "{source}");
            ensure_empty(&place, "ana").await;
        }
    }
}
