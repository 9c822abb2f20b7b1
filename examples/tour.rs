//! The main job in one run: an admin, two users and a demo, each in a world of their own.
//!
//! `cargo run --example tour` first migrates a copy of `examples/legacy`, takes that back, and does it again.
//! Then it makes the four in a temporary folder (or in `--root DIR`, which it keeps), uploads real videos, tries
//! every way from one user to another's data, fills a quota to the byte, plans live streams, takes a user's
//! archive to another store, opens everything again, and shows what lies on the disk. It ends with an error if
//! anything is not as it should be. `--json` prints the same as one JSON document; `--store s3` keeps the four
//! in a bucket, on a server that it starts unless `TENANTRY_S3` names one.

#![allow(clippy::expect_used, reason = "the names of the collections are valid")]

#[path = "tour/arguments.rs"]
mod arguments;
#[path = "tour/attempts.rs"]
mod attempts;
#[path = "collections/bulk_upload_queue.rs"]
mod bulk_upload_queue;
#[path = "tour/by_url.rs"]
mod by_url;
#[path = "tour/calls.rs"]
mod calls;
#[path = "tour/channel.rs"]
mod channel;
#[path = "tour/disk.rs"]
mod disk;
#[path = "tour/guesses.rs"]
mod guesses;
#[path = "collections/looped_videos.rs"]
mod looped_videos;
#[path = "tour/migrating.rs"]
mod migrating;
#[path = "tour/moving.rs"]
mod moving;
#[path = "tour/people.rs"]
mod people;
#[path = "tour/pictures.rs"]
mod pictures;
#[path = "tour/planned.rs"]
mod planned;
#[path = "tour/quota.rs"]
mod quota;
#[path = "tour/reopening.rs"]
mod reopening;
#[path = "tour/report.rs"]
mod report;
#[path = "tour/server.rs"]
mod server;
#[path = "collections/stream_timers.rs"]
mod stream_timers;
#[path = "tour/tenants.rs"]
mod tenants;
#[path = "tour/uploads.rs"]
mod uploads;

use std::error::Error;
use std::process::ExitCode;

use arguments::{Arguments, Wish};
use people::Place;
use report::Report;

/// What a part of the tour returns: an error is something that nobody expected.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Wish::Tour(arguments)) => arguments,
        Ok(Wish::Help) => {
            print!("{}", arguments::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(what) => {
            eprint!("{what}\n\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    if arguments.bucket && server::wanted() {
        return server::tour().unwrap_or_else(|error| {
            eprintln!("The tour could not begin. {error}");
            ExitCode::FAILURE
        });
    }
    let mut report = Report::new(arguments.json);
    if let Err(error) = tour(&arguments, &mut report).await {
        report.abort(&*error);
    }
    report.finish()
}

async fn tour(arguments: &Arguments, report: &mut Report) -> Outcome {
    let temporary = tempfile::tempdir()?;
    let folder = arguments.root.clone().unwrap_or_else(|| temporary.path().join("root"));
    if arguments.bucket {
        std::fs::create_dir_all(&folder)?;
        return walk(&Place::Bucket(folder), report).await;
    }
    walk(&Place::Disk(folder), report).await
}

async fn walk(place: &Place, report: &mut Report) -> Outcome {
    migrating::migrate(report).await?;
    let tenantry = people::open(place).await?;
    let people = people::create(&tenantry, place, report).await?;
    uploads::upload_all(&people, report).await?;
    uploads::list_all(&people, report).await?;
    attempts::from_user_to_user(&people, report).await?;
    guesses::guess_names(&people, report).await?;
    attempts::demo_and_shared(&people, report).await?;
    tenants::administer(&people, report).await?;
    quota::fill(&people, report).await?;
    pictures::thumbnails(&people, report).await?;
    by_url::browse(&people, place, report).await?;
    planned::live_streams(&people, report).await?;
    planned::schedules(&people, place.folder(), report).await?;
    channel::tokens(&people, report).await?;
    moving::archive(&people, report).await?;
    let (tenantry, people) = reopening::reopen(tenantry, people, place, report).await?;
    let usage = people.admin.tenants().usage(None, 1000).await?.0;
    disk::check(&tenantry, &usage, report).await?;
    // Closed first, so that nothing is written any more while the folders are read.
    tenantry.close(people::PATIENCE).await?;
    match place {
        Place::Disk(root) => disk::show(&usage, root, report),
        Place::Bucket(_) => Ok(()),
    }
}
