//! Real videos from disk, with a progress bar, and each user's own list.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tenantry::record::Record;
use tenantry::{ListOptions, Verification, Video, Workspace};

use crate::Outcome;
use crate::people::People;
use crate::report::{Report, Table};

/// A sample video on disk.
pub(crate) fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/assets").join(name)
}

/// Uploads a file from disk.
pub(crate) async fn upload(workspace: &Workspace, name: &str) -> Outcome<Record<Video>> {
    upload_showing(workspace, name, &ProgressBar::hidden()).await
}

/// Uploads a file from disk and shows how far it is.
async fn upload_showing(workspace: &Workspace, name: &str, bar: &ProgressBar) -> Outcome<Record<Video>> {
    let file = tokio::fs::File::open(sample(name)).await?;
    let length = file.metadata().await?.len();
    bar.set_length(length);
    let shown = bar.clone();
    let upload = workspace.videos().upload_from(name, file).length(length);
    let video = upload.progress(move |progress| shown.set_position(progress.bytes)).await;
    // A failed upload leaves a bar that does not look whole.
    if video.is_ok() {
        bar.finish();
    } else {
        bar.abandon();
    }
    Ok(video?)
}

/// A bar on a terminal, and nothing elsewhere.
fn bar(label: &str) -> Outcome<ProgressBar> {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template("  {msg:24} [{bar:30}] {bytes:>10} of {total_bytes}")?;
    let bar = ProgressBar::with_draw_target(None, target);
    Ok(bar.with_style(style.progress_chars("=> ")).with_message(label.to_owned()))
}

/// All of a workspace's videos, page by page, in order.
pub(crate) async fn all_videos(workspace: &Workspace) -> tenantry::Result<Vec<Record<Video>>> {
    let mut videos = Vec::new();
    let mut options = ListOptions::new().in_order().limit(2);
    loop {
        let page = workspace.videos().list(&options).await?;
        videos.extend(page.items);
        match page.next {
            Some(next) => options = options.after(next),
            None => return Ok(videos),
        }
    }
}

/// Sees that everybody has their videos; what an earlier tour uploaded is taken as it is.
pub(crate) async fn upload_all(people: &People, report: &mut Report) -> Outcome {
    report.section("Real videos, uploaded from disk");
    let uploads = [
        (people.ana.own(), "colour-bars.mp4"),
        (people.ana.own(), "counting.mkv"),
        (people.ben.own(), "noise.mov"),
        (people.demo_by_admin(), "colour-bars.mp4"),
    ];
    let mut table = Table::new(&["tenant", "from", "bytes", "stored as", "checksum (BLAKE3)", ""]);
    for (workspace, name) in uploads {
        let known = all_videos(&workspace).await?;
        let known = known.into_iter().find(|video| video.value().original_filename == name);
        let (video, note) = match known {
            Some(video) => (video, "from an earlier tour"),
            None => {
                let bar = bar(&format!("{}: {name}", workspace.tenant()))?;
                (upload_showing(&workspace, name, &bar).await?, "uploaded")
            }
        };
        let original = std::fs::read(sample(name))?;
        let hash = blake3::hash(&original).to_hex();
        let stored = workspace.videos().open(video.id()).await?.bytes().await?;
        let same = stored == original
            && video.value().hash.as_deref() == Some(hash.as_str())
            && workspace.videos().verify(video.id()).await? == Verification::Intact;
        let short = |text: &str| format!("{}…", text.get(..12).unwrap_or(text));
        table.check(
            same,
            vec![
                workspace.tenant().to_string(),
                name.to_owned(),
                original.len().to_string(),
                video.value().filename.to_string(),
                short(&hash),
                note.to_owned(),
            ],
        );
    }
    report.table(table);
    Ok(())
}

/// What each sees in the own list, and what the admin sees of all.
pub(crate) async fn list_all(people: &People, report: &mut Report) -> Outcome {
    report.section("Each user's own list");
    let mut expected = Vec::new();
    for (name, session) in people.all() {
        let videos = all_videos(&session.own()).await?;
        let own = videos.iter().all(|video| video.owner() == Some(session.tenant().as_str()));
        let titles: Vec<&str> = videos.iter().map(|video| video.value().title.as_str()).collect();
        let titles = if titles.is_empty() { "nothing".to_owned() } else { titles.join(", ") };
        report.check(own, format!("{name} sees {titles}."));
        expected.extend(videos.into_iter().map(|video| (session.tenant().clone(), video.id().clone())));
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let (page, next) = people.admin.tenants().videos(after, 2).await?;
        seen.extend(page.into_iter().map(|(tenant, video)| (tenant, video.id().clone())));
        after = next;
        if after.is_none() {
            break;
        }
    }
    let count = seen.len();
    seen.retain(|(tenant, _)| people.all().iter().any(|(_, session)| session.tenant() == tenant));
    report.check(seen == expected, format!("The admin pages through the videos of all: {count}."));
    Ok(())
}
