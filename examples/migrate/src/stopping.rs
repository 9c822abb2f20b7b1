//! Being stopped from outside: between two steps at the first signal, at once at the second.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::beside;
use crate::failure::Failure;

/// Listens from now on, and says whether to stop. What comes before ends the program as it does any other, since
/// nothing was changed yet.
pub(crate) fn listen() -> Result<Arc<AtomicBool>, Failure> {
    let mut signals = Signals::new().map_err(Failure::Starting)?;
    let wished = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&wished);
    tokio::spawn(async move {
        signals.next().await;
        told.store(true, Ordering::SeqCst);
        beside::say("stopping when this step is done; once more stops at once, and loses nothing either");
        signals.next().await;
        std::process::exit(130);
    });
    Ok(wished)
}

/// Ctrl-C, and what ends a program politely.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps, reason = "it fails elsewhere")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
