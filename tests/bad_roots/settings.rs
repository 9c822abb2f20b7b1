//! Settings and plans that make no sense are refused before anything is done, or do no harm.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tenantry::ownership::Role;
use tenantry::quota::{Limits, Plans};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{Builder, ErrorKind, NewTenant, Settings, Tenantry};

use crate::places::{Place, id, said, settings};

async fn builder(place: &Place) -> Builder {
    let store = LocalStore::open(place.root(), LocalOptions::default()).await.unwrap();
    Tenantry::builder(store).settings(settings())
}

/// What is refused, and the words by which its error names it.
type Refused = (&'static str, fn(&mut Settings));

const REFUSED: &[Refused] = &[
    ("time_zone", |settings| settings.time_zone = "Mars/Olympus".to_owned()),
    ("time_zone", |settings| settings.time_zone = String::new()),
    ("time_zone", |settings| settings.time_zone = "../../etc/passwd".to_owned()),
    ("queue", |settings| settings.queue = 0),
    ("attempts", |settings| settings.attempts = 0),
    ("reservation_life", |settings| settings.reservation_life = Duration::ZERO),
    ("reservation_step", |settings| settings.reservation_step = 0),
    ("video_extensions", |settings| settings.video_extensions = vec![String::new()]),
    ("video_extensions", |settings| settings.video_extensions = vec!["MP4".to_owned()]),
    ("video_extensions", |settings| settings.video_extensions = vec!["../mp4".to_owned()]),
];

#[tokio::test]
async fn a_setting_out_of_range_is_named_and_nothing_is_changed() {
    for (name, change) in REFUSED {
        let place = Place::in_use().await;
        let mut changed = settings();
        change(&mut changed);
        let builder = builder(&place).await.settings(changed);
        let before = place.tree();
        let error = builder.open().await.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.subject().is_some_and(|subject| subject.contains(name)), "{name}: {error:?}");
        said(&error);
        assert_eq!(place.tree(), before, "{name}");
    }
}

#[tokio::test]
async fn a_default_plan_that_is_missing_is_named_and_nothing_is_changed() {
    let place = Place::in_use().await;
    let plans = Plans::new().with_plan("small", Limits::unlimited()).with_default(Role::User, "smal");
    let builder = builder(&place).await.plans(plans);
    let before = place.tree();
    let error = builder.open().await.unwrap_err();
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Configuration, Some("plan smal")));
    assert_eq!(place.tree(), before);
}

#[tokio::test]
async fn an_unknown_plan_or_time_zone_of_a_tenant_is_named_and_no_tenant_is_made() {
    let place = Place::in_use().await;
    let tenantry = builder(&place).await.open().await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    let before = place.tree();
    for (new, subject) in [
        (NewTenant::new(Role::User).plan("none"), "plan none"),
        (NewTenant::new(Role::User).time_zone("Mars/Olympus"), "time_zone"),
        (NewTenant::new(Role::User).display_name("x".repeat(201)), "display_name"),
    ] {
        let error = admin.tenants().create(&id("ana"), new).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some(subject)));
        assert_eq!(place.tree(), before, "{subject}");
    }
}

#[tokio::test]
async fn a_builder_without_a_runtime_is_refused() {
    let place = Place::in_use().await;
    let builder = builder(&place).await;
    let before = place.tree();
    let refused = std::thread::spawn(move || {
        let mut opening = pin!(builder.open());
        match opening.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(opened) => opened.unwrap_err(),
            Poll::Pending => panic!("there is nothing to wait for"),
        }
    });
    let error = refused.join().unwrap();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    said(&error);
    assert_eq!(place.tree(), before);
}

/// Settings that are absurd and can be kept to.
const KEPT: &[Refused] = &[
    ("memory 0", |settings| settings.memory = 0),
    ("memory without end", |settings| settings.memory = usize::MAX),
    ("queue 1", |settings| (settings.queue, settings.attempts) = (1, 1)),
    ("queue without end", |settings| (settings.queue, settings.attempts) = (usize::MAX, u32::MAX)),
    ("fold_minimum 0", |settings| settings.fold_minimum = 0),
    ("fold_minimum without end", |settings| settings.fold_minimum = usize::MAX),
    ("reservation_life without end", |settings| settings.reservation_life = Duration::MAX),
    ("reservation_life of a moment", |settings| settings.reservation_life = Duration::from_nanos(1)),
    ("reservation_step 1", |settings| settings.reservation_step = 1),
    ("reservation_step without end", |settings| settings.reservation_step = u64::MAX),
    ("grace 0", |settings| settings.grace = Duration::ZERO),
    ("grace without end", |settings| settings.grace = Duration::MAX),
    ("waits without end", |settings| {
        settings.request_life = Duration::MAX;
        settings.clock_skew = Duration::MAX;
        settings.reading_grace = Duration::MAX;
    }),
    ("kept_requests 0", |settings| settings.kept_requests = 0),
    ("answer_bytes without end", |settings| settings.answer_bytes = usize::MAX),
    ("view_delay without end", |settings| settings.view_delay = Duration::MAX),
    ("no extensions", |settings| settings.video_extensions.clear()),
    ("free_space_reserve without end", |settings| settings.free_space_reserve = u64::MAX),
];

#[tokio::test]
async fn an_absurd_setting_is_kept_to_without_harm() {
    for (name, change) in KEPT {
        let place = Place::in_use().await;
        let mut changed = settings();
        change(&mut changed);
        let tenantry = builder(&place).await.settings(changed).open().await.expect(name);
        let admin = tenantry.session(&id("root")).await.unwrap();
        tenantry.ensure(&id("ana"), "Ana").await.expect(name);
        let own = tenantry.session(&id("ana")).await.unwrap().own();
        own.transaction_once("key", |_| Ok(1)).await.expect(name);
        let body = futures::stream::iter([Ok(bytes::Bytes::from_static(b"video"))]);
        // Whether it is taken is the setting's to say.
        if let Err(error) = own.videos().upload("a.mp4", body).await {
            assert_ne!(error.kind(), ErrorKind::OutcomeUnknown, "{name}: {error:?}");
            said(&error);
        }
        for video in own.videos().list(&tenantry::ListOptions::new()).await.unwrap().items {
            own.videos().delete(video.id(), tenantry::Expected::Any).await.expect(name);
        }
        admin.tenants().delete(&id("ana")).await.expect(name);
        tenantry.operator("test").round().await.expect(name);
        tenantry.close(Duration::from_secs(60)).await.expect(name);
    }
}
