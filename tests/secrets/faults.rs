//! Every operation while the medium fails: each kind of call, in each way, for all tenants and for one.

use std::future::IntoFuture;

use tenantry::testkit::faulty_objects::{Effect, Fault as ObjectFault, RequestKind, Status};
use tenantry::testkit::simulated_disk::{Fault, Matching, OperationKind};

use crate::caught::{Caught, Hearer};
use crate::perform::{Call, walk};
use crate::world::{Medium, World, id, name, video_name};

const DISK_CALLS: &[OperationKind] = &[
    OperationKind::OpenDirectory,
    OperationKind::CreateDirectory,
    OperationKind::OpenFile,
    OperationKind::CreateFile,
    OperationKind::CreateUnnamed,
    OperationKind::Link,
    OperationKind::Rename,
    OperationKind::RemoveFile,
    OperationKind::Entries,
    OperationKind::Metadata,
    OperationKind::SyncDirectory,
    OperationKind::FreeSpace,
    OperationKind::Read,
    OperationKind::Write,
    OperationKind::FileMetadata,
    OperationKind::SyncFile,
    OperationKind::Lock,
];

const REQUESTS: &[RequestKind] = &[
    RequestKind::Put,
    RequestKind::Get,
    RequestKind::Delete,
    RequestKind::List,
    RequestKind::BeginParts,
    RequestKind::Part,
    RequestKind::CompleteParts,
];

/// A way in which the medium fails.
#[derive(Debug, Clone, Copy)]
enum Failing {
    Disk(OperationKind, Fault),
    Objects(RequestKind, Effect),
}

impl Failing {
    /// The ways in which a medium fails, and for whom: for all tenants, or for what bears a name.
    fn ways(medium: &Medium) -> Vec<(Self, String)> {
        let (everyone, ana) = (String::new(), name("ana"));
        let mut ways = Vec::new();
        match medium {
            Medium::Local(_) => {}
            Medium::Simulated(_) => {
                for &call in DISK_CALLS {
                    ways.push((Self::Disk(call, Fault::InputOutput), everyone.clone()));
                    ways.push((Self::Disk(call, Fault::Denied), ana.clone()));
                    if matches!(call, OperationKind::Link | OperationKind::OpenFile) {
                        ways.push((Self::Disk(call, Fault::Omitted), ana.clone()));
                    }
                    if call.changes() {
                        ways.push((Self::Disk(call, Fault::Full), everyone.clone()));
                    }
                }
            }
            Medium::Objects(..) => {
                for &kind in REQUESTS {
                    let (before, after) = (Effect::FailBefore, Effect::FailAfter);
                    ways.push((Self::Objects(kind, before(Status::Unavailable)), everyone.clone()));
                    ways.push((Self::Objects(kind, before(Status::Forbidden)), ana.clone()));
                    ways.push((Self::Objects(kind, after(Status::Precondition)), everyone.clone()));
                }
            }
        }
        ways
    }

    /// Begins, for what bears that in its name.
    fn begin(self, medium: &Medium, about: &str) {
        match (self, medium) {
            (Self::Disk(call, fault), Medium::Simulated(disk)) => {
                disk.inject(Matching::every(call).containing(about), fault);
            }
            (Self::Objects(kind, effect), Medium::Objects(_, _, faults)) => faults.inject(ObjectFault {
                kind: Some(kind),
                key_contains: about.to_owned(),
                spare: 0,
                affect: u64::MAX,
                effect,
            }),
            _ => {}
        }
    }
}

fn heal(medium: &Medium) {
    match medium {
        Medium::Simulated(disk) => disk.heal(),
        Medium::Objects(_, _, faults) => faults.clear(),
        Medium::Local(_) => {}
    }
}

/// In a process that holds the tenants' states, and in one that has yet to read them.
async fn calls(world: &World) -> Vec<(Hearer, Call)> {
    let mut calls = Vec::new();
    let cold = world.elsewhere(|builder| builder).await;
    let warm = &world.tenantry;
    for (who, tenantry) in [("ana", warm), ("root", warm), ("ana", &cold), ("ben", &cold)] {
        let session = tenantry.session(&id(who)).await.unwrap();
        let call = world.call(session, "ana").await;
        let hearer = match who {
            "root" => Hearer::of_all(who),
            _ => Hearer::of(who, &[&name(who)]),
        };
        calls.push((hearer, call));
    }
    calls
}

pub(crate) async fn all(world: &World, caught: &mut Caught) {
    for (failing, about) in Failing::ways(&world.medium) {
        let calls = calls(world).await;
        failing.begin(&world.medium, &about);
        for (hearer, call) in &calls {
            for (action, row) in walk() {
                let context = format!("{action} by {} while {failing:?} of {about:?}", row.method);
                caught.outcome(&hearer.during(context), &row.perform(call.clone()).await);
            }
        }
        upkeep(world, caught, &format!("{failing:?}")).await;
        heal(&world.medium);
        world.prepare("ana").await;
    }
    interrupted(world, caught).await;
}

/// An upload that ends while its reservation can't be given back.
async fn interrupted(world: &World, caught: &mut Caught) {
    let ana = Hearer::of("an interrupted upload", &[&name("ana")]);
    let own = world.session("ana").await.own();
    let (send, body) = futures::channel::mpsc::unbounded();
    let upload = tokio::spawn(own.videos().upload(&video_name(), body).into_future());
    while own.usage().await.unwrap().0.reserved_files == 0 {
        tokio::task::yield_now().await;
    }
    for (failing, about) in Failing::ways(&world.medium) {
        failing.begin(&world.medium, &about);
    }
    send.unbounded_send(Err(std::io::ErrorKind::ConnectionReset.into())).unwrap();
    caught.outcome(&ana, &upload.await.unwrap());
    heal(&world.medium);
}

/// What the host asks for, which is about everyone.
async fn upkeep(world: &World, caught: &mut Caught, context: &str) {
    let host = Hearer::of_all(format!("the host while {context}"));
    let operator = world.tenantry.operator("test");
    caught.outcome(&host, &operator.sweep(&id("ana")).await);
    caught.outcome(&host, &operator.check(&id("ana")).await);
    caught.outcome(&host, &operator.write_views(&id("ana")).await);
    caught.outcome(&host, &operator.round().await);
    caught.outcome(&host, &world.tenantry.session(&id("ana")).await);
    caught.outcome(&host, &world.tenantry.ensure(&id("new"), "New").await);
    caught.outcome(&host, &world.tenantry.bootstrap_admin(&id("root"), "Root").await);
}
