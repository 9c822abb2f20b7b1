//! An organisation's workspace with editors and viewers, its policy written in Cedar.
//!
//! `cargo run --package tenantry-example-cedar` shows who may do what, and ends with an error if
//! it is not what the policy file says.

use std::process::ExitCode;
use std::time::Duration;

use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::store::MemoryStore;
use tenantry::{ErrorKind, ListOptions, NewTenant, Tenantry};
use tenantry_example_cedar::CedarPolicy;

const POLICIES: &str = include_str!("../organisation.cedar");
const PEOPLE: &str = include_str!("../people.json");

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Who is told what: looking at the studio's videos, uploading one to it, and making a tenant.
const EXPECTED: [(&str, [&str; 3]); 4] = [
    ("admin", ["allowed", "allowed", "allowed"]),
    ("eva", ["allowed", "allowed", "not found"]),
    ("vito", ["allowed", "denied", "not found"]),
    ("ana", ["not found", "not found", "not found"]),
];

fn told<T>(answer: tenantry::Result<T>) -> String {
    match answer {
        Ok(_) => "allowed".to_owned(),
        Err(error) if error.kind() == ErrorKind::Denied => "denied".to_owned(),
        Err(error) => error.kind().to_string(),
    }
}

async fn ask(tenantry: &Tenantry, person: &str) -> Outcome<[String; 3]> {
    let session = tenantry.session(&TenantId::parse(person)?).await?;
    let studio = session.workspace(&TenantId::parse("studio")?);
    let guest = TenantId::parse("guest")?;
    Ok([
        told(studio.videos().list(&ListOptions::new()).await),
        told(studio.videos().upload_from("trailer.mp4", &b"the bytes of a trailer"[..]).await),
        told(session.tenants().create(&guest, NewTenant::new(Role::User)).await),
    ])
}

async fn show() -> Outcome<bool> {
    let policy = CedarPolicy::load(POLICIES, PEOPLE)?;
    let tenantry = Tenantry::builder(MemoryStore::new()).policy(policy).open().await?;
    let admin = TenantId::parse("admin")?;
    tenantry.bootstrap_admin(&admin, "Admin").await?;
    let admin = tenantry.session(&admin).await?;
    for name in ["studio", "eva", "vito", "ana"] {
        admin.tenants().create(&TenantId::parse(name)?, NewTenant::new(Role::User)).await?;
    }
    println!("{:<8}{:<14}{:<14}make a tenant", "", "see videos", "upload");
    let mut right = true;
    for (person, expected) in EXPECTED {
        let [see, upload, make] = ask(&tenantry, person).await?;
        println!("{person:<8}{see:<14}{upload:<14}{make}");
        right &= [see, upload, make] == expected;
    }
    tenantry.close(Duration::from_secs(10)).await?;
    Ok(right)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match show().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("that is not what the policy says");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
