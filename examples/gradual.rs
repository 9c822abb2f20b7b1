//! A host over a tree that is migrated by half: whoever is migrated works in the library, everybody else reads what the
//! application before left, and nobody sees another's.

use std::path::Path;

use tenantry::migrate::{Legacy, Migration, PlanOptions, Planner};
use tenantry::paths::{FileName, TenantId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{ByteRange, ErrorKind, ListOptions, Tenantry, Video};

type Failure = Box<dyn std::error::Error>;

/// What the application before left: everybody's in one folder.
fn before(root: &Path) -> std::io::Result<()> {
    let videos = r#"[{"id": "1", "title": "Rain", "filename": "rain.mp4", "owner": "ana"},
                     {"id": "2", "title": "Waves", "filename": "waves.mp4", "owner": "budi"}]"#;
    std::fs::write(root.join("video_database.json"), videos)?;
    for folder in ["videos", "tokens"] {
        std::fs::create_dir(root.join(folder))?;
    }
    std::fs::write(root.join("videos/rain.mp4"), "the bytes of the rain")?;
    std::fs::write(root.join("videos/waves.mp4"), "the bytes of the waves")?;
    std::fs::write(root.join("tokens/channel.json"), r#"{"refresh_token": "synthetic"}"#)
}

fn planner() -> Planner {
    let mut options = PlanOptions::default();
    options.owners.insert("channel.json".to_owned(), "budi".to_owned());
    Planner::new(options)
}

/// What the host answers to who wants to see the own videos.
async fn titles(tenantry: &Tenantry, legacy: &Legacy, user: &TenantId) -> tenantry::Result<Vec<String>> {
    match tenantry.session(user).await {
        Ok(session) => {
            let page = session.own().videos().list(&ListOptions::default()).await?;
            Ok(page.items.iter().map(|video| video.value().title.clone()).collect())
        }
        // Not in the library, so perhaps not yet.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let videos = legacy.session(user).await?.own().list::<Video>().await?;
            Ok(videos.iter().map(|video| video.value().title.clone()).collect())
        }
        Err(error) => Err(error),
    }
}

/// The host at work.
async fn host(root: &Path, ana: &TenantId, budi: &TenantId) -> Result<(), Failure> {
    let store = LocalStore::open(root, LocalOptions::default()).await?;
    let tenantry = Tenantry::builder(store).open().await?;
    let legacy = Legacy::open(&tenantry, root, planner()).await?;
    for user in [ana, budi] {
        println!("{user} sees {:?}", titles(&tenantry, &legacy, user).await?);
    }
    let own = legacy.session(budi).await?.own();
    let token = own.token(&FileName::parse("channel.json")?).await?;
    println!("budi's token is {:?}", token.value().content);
    let part = own.open_video(&FileName::parse("waves.mp4")?, ByteRange::Between(0, 8)).await?;
    println!(
        "{} of {} bytes: {:?}",
        part.range().count(),
        part.length(),
        String::from_utf8(part.bytes().await?)?
    );

    // What is another's looks missing, from either side.
    let foreign = legacy.session(budi).await?.workspace(ana).list::<Video>().await.err();
    let session = tenantry.session(ana).await?;
    let beside = legacy.beside(&session.workspace(budi)).await?.list::<Video>().await.err();
    for refused in [foreign, beside] {
        println!("another's: {}", refused.ok_or("another's was seen")?);
    }
    tenantry.close(std::time::Duration::from_secs(10)).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    before(root)?;
    let (ana, budi) = (TenantId::parse("ana")?, TenantId::parse("budi")?);

    // While the application is stopped, ana alone is migrated.
    let migration = Migration::new(root, planner()).only([ana.clone()]);
    let plan = migration.plan()?;
    println!("{plan}");
    migration.apply(&plan).await?;
    if !migration.verify().await?.is_clean() {
        return Err("something was not migrated as it was planned".into());
    }

    // Then the host runs over both.
    host(root, &ana, &budi).await?;

    // Once all is well it is finished, and everybody else follows.
    migration.finish().await?;
    let rest = Migration::new(root, planner());
    rest.apply(&rest.plan()?).await?;
    rest.finish().await?;
    Ok(())
}
