//! What is stored was damaged: by somebody else, by the medium, or by a newer version.

use std::os::unix::fs::symlink;
use std::path::Path;

use tenantry::paths::{FileName, TenantId};
use tenantry::{Error, ErrorKind, Finding, ListOptions, Tenantry};

use crate::caught::{CONTENTS, Caught, Hearer, SECRET};
use crate::perform::{Call, walk};
use crate::world::{Medium, Misread, Note, World, body, id, name, video_name};

pub(crate) async fn all(world: &World, caught: &mut Caught) {
    records(world, caught).await;
    videos(world, caught).await;
    upkeep(world, caught).await;
    ledgers(world, caught).await;
    // Last, for nothing makes this good: headers that can't be read.
    headers(world, caught).await;
}

/// Records that name another owner, and some that can't be read.
async fn records(world: &World, caught: &mut Caught) {
    world.prepare("ana").await;
    let (ana, ben) = (Hearer::of("damaged records", &[&name("ana")]), name("ben"));
    let record = |id: &str, rest: &str| format!(r#"["notes","{id}",90{id},[["text","known"]],{rest}]"#);
    let entries = [
        record("1", &format!(r#"{{"id":"1","owner":"{ben}","token":"{SECRET}","contents":"{CONTENTS}"}}"#)),
        record("2", &format!(r#"["{SECRET}"]"#)),
        record("3", &format!(r#"{{"id":"3","text":"{SECRET}","key":["{SECRET}"]}}"#)),
        record("4", &format!(r#"{{"id":"4","owner":["{ben}"],"text":"{SECRET}"}}"#)),
    ];
    world.forge("ana", &format!("[{}]", entries.join(",")), None).await;
    let own = world.session("ana").await.own();
    for number in 1..=4 {
        let record = tenantry::record::RecordId::parse(&number.to_string()).unwrap();
        caught.failure(&ana, own.collection::<Note>().get(&record).await);
        caught.failure(&ana, own.collection::<Misread>().get(&record).await);
        caught.outcome(&ana, &own.collection::<Note>().remove(&record, tenantry::Expected::Any).await);
    }
    caught.outcome(&ana, &own.collection::<Note>().list(&ListOptions::new()).await);
    caught.outcome(&ana, &own.collection::<Note>().find("text", "known").await);
    caught.outcome(&ana, &own.write_views().await);
}

/// Bytes that are gone, or others.
async fn videos(world: &World, caught: &mut Caught) {
    let ana = Hearer::of("damaged videos", &[&name("ana")]);
    let own = world.session("ana").await.own();
    let videos = own.videos();
    for lost in [true, false] {
        let video = videos.upload(&video_name(), body(b"0123456789")).await.unwrap();
        let file = &video.value().filename;
        if lost {
            world.lose("ana", file).await;
        } else {
            world.put("ana", file, b"9876543210").await;
        }
        caught.outcome(&ana, &videos.verify(video.id()).await);
        caught.outcome(&ana, &videos.local_path(video.id()).await);
        match videos.open(video.id()).await {
            Ok(stream) => caught.outcome(&ana, &stream.bytes().await),
            Err(error) => caught.error(&ana, &error),
        }
    }
    if let Medium::Local(_) = world.medium {
        let video = videos.upload(&video_name(), body(b"0123456789")).await.unwrap();
        let area = world.medium.root().join("videos").join(name("ana"));
        let file = area.join(video.value().filename.as_str());
        std::fs::remove_file(&file).unwrap();
        symlink(world.medium.root().join("data").join(name("ben")), &file).unwrap();
        caught.outcome(&ana, &videos.verify(video.id()).await);
        caught.failure(&ana, videos.open(video.id()).await);
        caught.failure(&ana, videos.local_path(video.id()).await);
        caught.outcome(&ana, &world.tenantry.operator("test").check(&id("ana")).await);
        std::fs::remove_file(&file).unwrap();
    }
}

/// All that a check finds, and the repair of it.
async fn upkeep(world: &World, caught: &mut Caught) {
    let (ana, host) = (Hearer::of("findings", &[&name("ana")]), Hearer::of_all("the host"));
    let unknown = FileName::parse("unknown.mp4").unwrap();
    world.put("ana", &unknown, b"whose").await;
    world
        .forge(
            "ana",
            r#"[["@reservations","videos/r.mp4",900,[],{"bytes":9,"until":1}],["@dooms","videos/d.mp4",901,[],{"since":0,"until":0}]]"#,
            None,
        )
        .await;
    if let Medium::Local(_) = world.medium {
        let view = world.medium.root().join("data").join(name("ana")).join("schedules.json");
        std::fs::write(view, format!(r#"["{SECRET}","{}"]"#, name("ben"))).unwrap();
    }
    let operator = world.tenantry.operator("test");
    let report = operator.check(&id("ana")).await.unwrap();
    assert!(report.findings.len() > 3, "{report:?}");
    caught.value(&ana, &report);
    for finding in &report.findings {
        caught.text(&ana, finding.to_string(), crate::caught::Contents::Hidden);
    }
    caught.outcome(&ana, &operator.repair(&id("ana"), &report.findings).await);
    caught.outcome(&ana, &operator.write_views(&id("ana")).await);
    caught.outcome(&host, &operator.round().await);
    // An area of which nothing is left.
    let own = world.session("ana").await.own();
    for video in own.videos().list(&ListOptions::new()).await.unwrap().items {
        world.lose("ana", &video.value().filename).await;
    }
    world.lose("ana", &unknown).await;
    let lost = operator.check(&id("ana")).await.unwrap().findings;
    let lost: Vec<Finding> =
        lost.into_iter().filter(|finding| matches!(finding, Finding::MissingFile { .. })).collect();
    caught.outcome(&ana, &operator.repair(&id("ana"), &lost).await);
}

/// What everyone is told of a tenant whose ledger is damaged: the owner and those above learn it, and
/// to others it is as if it were not there.
async fn told(world: &World, caught: &mut Caught, damaged: &str, context: &str) {
    let tenantry = world.elsewhere(|builder| builder).await;
    let host = Hearer::of_all(format!("{context}: the host"));
    let owner = Hearer::of(format!("{context}: the owner"), &[&name(damaged)]);
    match tenantry.session(&id(damaged)).await {
        Err(error) => caught.error(&owner, &error),
        Ok(session) => rows(caught, &owner, session, damaged).await,
    }
    let admin = tenantry.session(&id("root")).await.unwrap();
    rows(caught, &host, admin, damaged).await;
    caught.outcome(&host, &tenantry.operator("test").check(&id(damaged)).await);
    caught.outcome(&host, &tenantry.operator("test").round().await);
    foreign(caught, &tenantry, damaged, context).await;
}

async fn rows(caught: &mut Caught, hearer: &Hearer, session: tenantry::Session, tenant: &str) {
    let call = call(session, &id(tenant));
    for (_, row) in walk() {
        caught.outcome(hearer, &row.perform(call.clone()).await);
    }
}

fn call(session: tenantry::Session, tenant: &TenantId) -> Call {
    let video = (crate::world::known(), FileName::parse("some.mp4").unwrap());
    let uploads = crate::perform::url_rows::nothing();
    Call { session, tenant: tenant.clone(), thumbnail: video.clone(), video, uploads, signs: true }
}

/// A stranger can't tell a damaged tenant from one that never was.
async fn foreign(caught: &mut Caught, tenantry: &Tenantry, damaged: &str, context: &str) {
    let ben = Hearer::of(format!("{context}: a stranger"), &[&name("ben")]);
    let session = tenantry.session(&id("ben")).await.unwrap();
    for (action, row) in walk() {
        let context = format!("{context}: {action} by {}", row.method);
        let answers = [damaged, "nobody"].map(|tenant| row.perform(call(session.clone(), &id(tenant))));
        let [damaged, missing] = futures::future::join_all(answers).await.try_into().unwrap();
        let damaged = caught.failure(&ben, damaged);
        assert_eq!(written(&damaged), written(&missing.unwrap_err()), "{context}");
        let place =
            if crate::perform::is_about_all(action) { session.own() } else { session.workspace(&id("ana")) };
        caught.outcome(&ben, &place.can(action, &tenantry::ownership::Resource::Tenant).await);
    }
}

/// An error's texts, but for the random id of an insertion.
fn written(error: &Error) -> (ErrorKind, String) {
    let text = format!("{error:?}");
    let text = match text.split_once("notes/") {
        Some((before, rest)) if rest.as_bytes().get(8) == Some(&b'-') => format!("{before}{}", &rest[36..]),
        _ => text,
    };
    (error.kind(), text)
}

/// Files on a disk that are no ledgers, or no longer.
async fn ledgers(world: &World, caught: &mut Caught) {
    let Medium::Local(_) = world.medium else { return };
    let data = world.medium.root().join("data").join(name("dora"));
    let [ledger, word] = ["ledger", "ledger.word"].map(|file| data.join(file));
    let whole = [std::fs::read(&ledger).unwrap(), std::fs::read(&word).unwrap()];
    let restore = || {
        for (file, bytes) in [&ledger, &word].into_iter().zip(&whole) {
            remove(file);
            std::fs::write(file, bytes).unwrap();
        }
    };
    let mut flipped = whole[0].clone();
    flipped[100] ^= 1;
    let secret = |path: &Path| std::fs::write(path, format!("{SECRET} {}\n", name("ben"))).unwrap();
    let damages: [(&str, &dyn Fn()); 7] = [
        ("a flipped bit", &|| std::fs::write(&ledger, &flipped).unwrap()),
        ("another file", &|| secret(&ledger)),
        ("another word", &|| secret(&word)),
        ("a cut ledger", &|| std::fs::write(&ledger, &whole[0][..50]).unwrap()),
        ("no ledger", &|| remove(&ledger)),
        ("a link", &|| {
            remove(&ledger);
            symlink(data.with_file_name(name("ben")).join("ledger"), &ledger).unwrap();
        }),
        ("a folder", &|| {
            remove(&ledger);
            std::fs::create_dir(&ledger).unwrap();
        }),
    ];
    for (context, damage) in damages {
        damage();
        told(world, caught, "dora", context).await;
        restore();
    }
    world.elsewhere(|builder| builder).await.session(&id("dora")).await.unwrap();
}

fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
    let _ = std::fs::remove_dir(path);
}

/// Headers that no version of the library writes.
async fn headers(world: &World, caught: &mut Caught) {
    let profile = format!(r#"{{"display_name":"{CONTENTS}","role":"{SECRET}","time_zone":"{SECRET}"}}"#);
    for (tenant, header) in [
        ("dora", format!(r#"{{"lifecycle":{{"state":"{SECRET}"}},"profile":{{}}}}"#)),
        ("open", format!(r#"{{"lifecycle":{{"state":"active"}},"profile":{profile}}}"#)),
    ] {
        world.forge(tenant, "[]", Some(&header)).await;
        told(world, caught, tenant, "a damaged header").await;
    }
}
