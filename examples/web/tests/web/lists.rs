//! Each action of each list: on own items, on another user's, as demo, as admin.

use reqwest::StatusCode;
use tenantry::paths::FileName;
use tenantry::{ListOptions, LiveStreamStatus, LiveStreamStep, ScheduleStatus, ScheduleStep, TokenContent};

use crate::deeds::{self, Deed, MISSING, PNG};
use crate::support::{Server, Visitor, told};

/// Forms that make something, with what it takes.
const MAKES: [(&str, &[(&str, &str)]); 3] = [
    ("live-streams", &[("title", "Rain"), ("start", "2026-12-01T06:45"), ("stream_key", "abcd")]),
    ("schedules", &[("title", "News"), ("start", "2026-12-01T06:45"), ("privacy", "unlisted")]),
    ("tokens", &[("name", "made.json"), ("content", "{}")]),
];

#[tokio::test]
async fn what_an_owner_does_by_a_form_is_done() {
    let server = Server::start().await;
    let ana = server.visitor("ana").await;
    for deed in deeds::all() {
        let target = deed.target(&server.own("ana").await).await;
        let before = server.everything("ana").await;
        let answer = ana.post(&deed.path("", &target.id), &target.form()).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{deed:?}");
        if !matches!(deed, Deed::Video("thumbnail")) {
            assert_ne!(server.everything("ana").await, before, "{deed:?}");
        }
    }
}

#[tokio::test]
async fn a_form_with_another_users_item_answers_as_for_a_missing_one_and_changes_nothing() {
    let server = Server::start().await;
    let ben = server.visitor("ben").await;
    for deed in deeds::all() {
        let target = deed.target(&server.own("ana").await).await;
        let before = server.everything("ana").await;
        for base in ["", "/of/ana", "/of/nobody"] {
            let foreign = told(ben.post(&deed.path(base, &target.id), &target.form()).await).await;
            assert_eq!(foreign.0, StatusCode::NOT_FOUND, "{deed:?} {base}");
            let missing = told(ben.post(&deed.path(base, deed.missing()), &target.form()).await).await;
            assert_eq!(foreign, missing, "{deed:?} {base}");
        }
        assert_eq!(server.everything("ana").await, before, "{deed:?}");
        if matches!(deed, Deed::DeleteToken) {
            // The next is to have the same name.
            let name = FileName::parse(&target.id).unwrap();
            server.own("ana").await.tokens().delete(&name, tenantry::Expected::Any).await.unwrap();
        }
    }
    assert!(server.everything("ben").await.is_empty());
}

#[tokio::test]
async fn nothing_is_made_in_another_users_workspace_nor_seen_of_it() {
    let server = Server::start().await;
    let ben = server.visitor("ben").await;
    for (page, form) in MAKES {
        let foreign = told(ben.post(&format!("/of/ana/{page}"), form).await).await;
        assert_eq!(foreign.0, StatusCode::NOT_FOUND, "{page}");
        assert_eq!(foreign, told(ben.post(&format!("/of/nobody/{page}"), form).await).await, "{page}");
        let seen = told(ben.get(&format!("/of/ana/{page}")).await).await;
        assert_eq!(seen.0, StatusCode::NOT_FOUND, "{page}");
        assert_eq!(seen, told(ben.get(&format!("/of/nobody/{page}")).await).await, "{page}");
    }
    let upload = ben.upload("/of/ana/thumbnails", "rain.png", PNG).await;
    assert_eq!(upload.status(), StatusCode::NOT_FOUND);
    assert!(server.everything("ana").await.is_empty());
}

/// A page without the random id that the new record would have had.
fn without_ids(page: &str) -> String {
    let (before, rest) = page.split_once("refused (").unwrap();
    let (id, after) = rest.split_once(')').unwrap();
    assert_eq!(id.rsplit_once('/').unwrap().1.len(), MISSING.len(), "{id}");
    format!("{before}{after}")
}

#[tokio::test]
async fn what_is_planned_names_nothing_of_another_user() {
    let server = Server::start().await;
    let (ana, ben) = (server.own("ana").await, server.visitor("ben").await);
    let video = server.video("ana", "rain.mp4", b"hers").await.file;
    let thumbnail = ana.thumbnails().upload_from("rain.png", PNG).await.unwrap().into_value().filename;
    let token = FileName::parse("hers.json").unwrap();
    ana.tokens().create(&token, TokenContent::parse("{}").unwrap()).await.unwrap();
    let fields = [
        ("video", video.as_str(), format!("{MISSING}.mp4")),
        ("thumbnail", thumbnail.as_str(), format!("{MISSING}.png")),
        ("token", token.as_str(), "missing.json".to_owned()),
    ];
    for page in ["/live-streams", "/schedules"] {
        for (field, foreign, missing) in &fields {
            let form = |named| [("title", "Rain"), ("start", "2026-12-01T06:45"), (*field, named)];
            let foreign = told(ben.post(page, &form(foreign)).await).await;
            assert_eq!(foreign.0, StatusCode::UNPROCESSABLE_ENTITY, "{page} {field}");
            assert!(foreign.2.contains("names nothing that there is"), "{}", foreign.2);
            let missing = told(ben.post(page, &form(missing)).await).await;
            assert_eq!((foreign.0, &foreign.1), (missing.0, &missing.1), "{page} {field}");
            assert_eq!(without_ids(&foreign.2), without_ids(&missing.2), "{page} {field}");
        }
    }
    assert!(server.everything("ben").await.is_empty());
}

#[tokio::test]
async fn an_admin_does_in_another_workspace_what_its_owner_could_and_is_told_as_who_did_it() {
    let server = Server::start().await;
    let (admin, own) = (server.visitor("admin").await, server.own("ana").await);
    for deed in deeds::all() {
        let target = deed.target(&own).await;
        let answer = admin.post(&deed.path("/of/ana", &target.id), &target.form()).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{deed:?}");
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/of/ana/"), "{deed:?}");
    }
    for (page, form) in MAKES {
        let made = admin.post(&format!("/of/ana/{page}"), form).await;
        assert_eq!(made.status(), StatusCode::SEE_OTHER, "{page}");
    }
    assert_eq!(admin.upload("/of/ana/thumbnails", "rain.png", PNG).await.status(), StatusCode::SEE_OTHER);
    let newest = ListOptions::new().limit(1);
    let made = [
        own.live_streams().list(&newest).await.unwrap().items[0].envelope().clone(),
        own.schedules().list(&newest).await.unwrap().items[0].envelope().clone(),
        own.tokens().list(&newest).await.unwrap().items[0].envelope().clone(),
        own.thumbnails().list(&newest).await.unwrap().items[0].envelope().clone(),
    ];
    for envelope in made {
        assert_eq!((envelope.owner(), envelope.created_by()), (Some("ana"), Some("admin")));
    }
    assert!(server.visitor("ana").await.page("/live-streams").await.contains("by admin"));
    assert!(server.everything("admin").await.is_empty());
}

/// Whether a page has a form but the one to log out.
fn has_forms(page: &str) -> bool {
    page.matches("<form").count() > 1
}

#[tokio::test]
async fn the_demo_sees_its_lists_and_is_refused_whatever_it_tries() {
    let server = Server::start().await;
    let admin = server.tenantry.session(&crate::support::id("admin")).await.unwrap();
    let shown = admin.workspace(&crate::support::id("demo"));
    let (demo, ben) = (server.visitor("demo").await, server.visitor("ben").await);
    for deed in deeds::all() {
        let target = deed.target(&shown).await;
        let before = server.everything("demo").await;
        let refused = demo.post(&deed.path("", &target.id), &target.form()).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{deed:?}");
        // Sharing does not share tokens.
        let status =
            if matches!(deed, Deed::DeleteToken) { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
        let refused = ben.post(&deed.path("/of/demo", &target.id), &target.form()).await;
        assert_eq!(refused.status(), status, "{deed:?}");
        assert_eq!(server.everything("demo").await, before, "{deed:?}");
    }
    for (page, form) in MAKES {
        assert_eq!(demo.post(&format!("/{page}"), form).await.status(), StatusCode::FORBIDDEN, "{page}");
        assert!(!has_forms(&demo.page(&format!("/{page}")).await), "{page}");
    }
    let upload = demo.upload("/thumbnails", "rain.png", PNG).await;
    assert_eq!(upload.status(), StatusCode::FORBIDDEN);
    for page in ["", "thumbnails", "live-streams", "schedules"] {
        let seen = ben.page(&format!("/of/demo/{page}")).await;
        assert!(!has_forms(&seen) && !seen.contains("/tokens"), "{page}: {seen}");
    }
    assert_eq!(ben.get("/of/demo/tokens").await.status(), StatusCode::NOT_FOUND);
}

/// The steps that a page offers for an item.
fn offered(page: &str, kind: &str, id: &str, steps: &[&'static str]) -> Vec<&'static str> {
    let action = |step: &str| format!("action=\"/{kind}/{id}/{step}\"");
    steps.iter().copied().filter(|step| page.contains(&action(step))).collect()
}

#[tokio::test]
async fn a_live_stream_offers_the_steps_that_its_status_allows_and_no_others() {
    let server = Server::start().await;
    let (ana, own) = (server.visitor("ana").await, server.own("ana").await);
    for status in LiveStreamStatus::ALL {
        let (id, _) = deeds::live_stream(&own, status).await;
        let found = offered(
            &ana.page("/live-streams").await,
            "live-streams",
            &id,
            &LiveStreamStep::ALL.map(LiveStreamStep::as_str),
        );
        let possible = LiveStreamStep::ALL.into_iter().filter(|step| status.after(*step).is_some());
        assert_eq!(found, possible.map(LiveStreamStep::as_str).collect::<Vec<_>>(), "{status}");
    }
}

#[tokio::test]
async fn a_schedule_offers_the_steps_that_are_possible_and_no_others() {
    let server = Server::start().await;
    let (ana, own) = (server.visitor("ana").await, server.own("ana").await);
    let steps = ScheduleStep::ALL.map(ScheduleStep::as_str);
    for status in ScheduleStatus::ALL {
        let (id, _) = deeds::schedule(&own, status).await;
        let found = offered(&ana.page("/schedules").await, "schedules", &id, &steps);
        let possible = ScheduleStep::ALL.into_iter().filter(|step| status.after(*step).is_some());
        assert_eq!(found, possible.map(ScheduleStep::as_str).collect::<Vec<_>>(), "{status}");
    }
    let (id, _) = deeds::schedule(&own, ScheduleStatus::Pending).await;
    assert_eq!(ana.post(&format!("/schedules/{id}/run_now"), &[]).await.status(), StatusCode::SEE_OTHER);
    let found = offered(&ana.page("/schedules").await, "schedules", &id, &steps);
    assert_eq!(found, ["mark_succeeded", "mark_failed"], "it is asked to run already");
    let again = ana.post(&format!("/schedules/{id}/run_now"), &[]).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_plan_is_kept_as_the_form_says_it() {
    let server = Server::start().await;
    let (ana, own) = (server.visitor("ana").await, server.own("ana").await);
    let video = server.video("ana", "rain.mp4", b"moving").await.file;
    let token = FileName::parse("a.json").unwrap();
    own.tokens().create(&token, TokenContent::parse("{}").unwrap()).await.unwrap();
    let form = [
        ("title", "Rain"),
        ("start", "2026-12-01T06:45"),
        ("video", video.as_str()),
        ("thumbnail", ""),
        ("token", "a.json"),
        ("repeat_daily", "on"),
        ("stream_key", "abcd"),
        ("description", "Two\nlines"),
        ("privacy", "unlisted"),
    ];
    for page in ["/live-streams", "/schedules"] {
        assert_eq!(ana.post(page, &form).await.status(), StatusCode::SEE_OTHER, "{page}");
    }
    let stream = own.live_streams().list(&ListOptions::new()).await.unwrap().items.remove(0);
    let schedule = own.schedules().list(&ListOptions::new()).await.unwrap().items.remove(0).into_value();
    let planned = stream.value();
    assert_eq!((planned.title.as_str(), planned.start_date), ("Rain", Some(deeds::time())));
    assert_eq!(planned.video_file.as_ref().map(FileName::as_str), Some(video.as_str()));
    assert_eq!((planned.thumbnail.as_ref(), planned.repeat_daily), (None, true));
    assert_eq!(planned.stream_key.as_ref().unwrap().expose(), "abcd");
    assert_eq!(schedule.token_file.as_ref().map(FileName::as_str), Some("a.json"));
    assert_eq!((schedule.description.as_str(), schedule.repeat_daily), ("Two\nlines", true));
    assert_eq!(schedule.privacy_status, Some(tenantry::PrivacyStatus::Unlisted));

    // A key that is not typed again stays, a box that is not ticked is none.
    let revision = stream.revision().to_string();
    let edit = [
        ("revision", revision.as_str()),
        ("title", "Hail"),
        ("start", "2026-12-01T06:45"),
        ("stream_key", ""),
    ];
    let edited = ana.post(&format!("/live-streams/{}/edit", stream.id()), &edit).await;
    assert_eq!(edited.status(), StatusCode::SEE_OTHER);
    let edited = own.live_streams().get(stream.id()).await.unwrap().into_value();
    assert_eq!((edited.title.as_str(), edited.repeat_daily, edited.video_file), ("Hail", false, None));
    assert_eq!(edited.stream_key.unwrap().expose(), "abcd");
    let late = ana.post(&format!("/live-streams/{}/edit", stream.id()), &edit).await;
    assert_eq!(late.status(), StatusCode::PRECONDITION_FAILED);
}

/// The addresses of the forms of a page that end so.
fn actions(page: &str, end: &str) -> Vec<String> {
    let found = page.split("action=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    found.map(|(action, _)| action.to_owned()).filter(|action| action.ends_with(end)).collect()
}

async fn delete_token(ana: &Visitor, server: &Server, name: &FileName) -> StatusCode {
    let revision = server.own("ana").await.tokens().read(name).await.unwrap().revision().to_string();
    let page = ana.page("/tokens").await;
    let [action] = actions(&page, "/delete").try_into().unwrap();
    ana.post(&action, &[("revision", &revision)]).await.status()
}

#[tokio::test]
async fn a_token_of_any_name_is_made_and_deleted_by_form_unless_it_is_named() {
    let server = Server::start().await;
    let (ana, own) = (server.visitor("ana").await, server.own("ana").await);
    let name = "100 % \"ada\" #1?.json";
    let made = ana.post("/tokens", &[("name", name), ("content", "{\"a\": 1}")]).await;
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    let file = FileName::parse(name).unwrap();
    assert_eq!(own.tokens().read(&file).await.unwrap().value().content.expose(), "{\"a\": 1}");
    let planned = [("title", "News"), ("start", "2026-12-01T06:45"), ("token", name)];
    assert_eq!(ana.post("/schedules", &planned).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(delete_token(&ana, &server, &file).await, StatusCode::CONFLICT);
    let schedule = own.schedules().list(&ListOptions::new()).await.unwrap().items.remove(0);
    own.schedules().delete(schedule.id(), schedule.revision()).await.unwrap();
    assert_eq!(delete_token(&ana, &server, &file).await, StatusCode::SEE_OTHER);
    for (name, content, status) in [
        ("a.json", "[]", StatusCode::UNPROCESSABLE_ENTITY),
        ("client_secret.json", "{}", StatusCode::UNPROCESSABLE_ENTITY),
        ("../a.json", "{}", StatusCode::BAD_REQUEST),
    ] {
        let refused = ana.post("/tokens", &[("name", name), ("content", content)]).await;
        assert_eq!(refused.status(), status, "{name}");
    }
    assert!(server.everything("ana").await.is_empty());
}
