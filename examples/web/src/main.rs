//! Serves the application on a local disk.
//!
//! `cargo run --package tenantry-example-web -- [ROOT] [ADDRESS]`: the root is `web-data` unless told, the
//! address `127.0.0.1:8080`. The first who logs in as `admin` is the admin. Ctrl-C lets what is under way
//! end.

use std::time::Duration;

use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{MaintenanceOptions, Tenantry};
use tokio::net::TcpListener;

/// How long requests under way may take once the end was asked for.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().unwrap_or_else(|| "web-data".to_owned());
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let tenantry = Tenantry::builder(LocalStore::open(&root, LocalOptions::default()).await?).open().await?;
    tenantry.bootstrap_admin(&TenantId::parse("admin")?, "Administrator").await?;
    tenantry.maintenance(MaintenanceOptions::default())?;
    let listener = TcpListener::bind(&address).await?;
    println!("http://{}", listener.local_addr()?);
    tenantry_example_web::serve(tenantry, listener, asked_to_stop(), PATIENCE).await
}

/// Until the terminal or the system asks for the end.
async fn asked_to_stop() {
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! { () = interrupted => {}, () = terminated => {} }
}
