//! A proxy between the library and a server, which writes down what is asked.
//!
//! It changes nothing of a request or its answer.

use std::io::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::http::Head;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path with the query.
    pub target: String,
}

/// A proxy; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    log: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Stands before the server at that port.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn before(server: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let log = Arc::<Mutex<Vec<Asked>>>::default();
        let inside = Arc::clone(&log);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let log = Arc::clone(&inside);
                // A connection that breaks is the client's to see.
                tokio::spawn(async move { drop(serve(client, server, &log).await) });
            }
        });
        Ok(Self { port, log, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What was asked since this was called last.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn serve(client: TcpStream, server: u16, log: &Mutex<Vec<Asked>>) -> Result<()> {
    let server = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, server))).await?;
    let (from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let (mut from_client, mut from_server) = (BufReader::new(from_client), BufReader::new(from_server));
    while let Some(request) = Head::read(&mut from_client).await? {
        let (method, target) = (request.word(0).to_owned(), request.word(1).to_owned());
        log.lock().unwrap_or_else(PoisonError::into_inner).push(Asked { method: method.clone(), target });
        to_server.write_all(request.text.as_bytes()).await?;
        request.pass_body(&mut from_client, &mut to_server).await?;
        to_server.flush().await?;
        let answer = Head::read(&mut from_server).await?.ok_or_else(|| Error::other("no answer"))?;
        to_client.write_all(answer.text.as_bytes()).await?;
        if answer.answers_with_body(&method) {
            answer.pass_body(&mut from_server, &mut to_client).await?;
        }
        to_client.flush().await?;
    }
    Ok(())
}
