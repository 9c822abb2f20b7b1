//! A proxy between the library and a server, which writes down what is asked.
//!
//! It understands as much of HTTP/1.1 as it takes to tell where a request and its answer end, and changes
//! nothing of either.

use std::io::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

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

/// The lines before a body, and what they say of its length.
struct Head {
    text: String,
    length: Option<u64>,
    is_chunked: bool,
}

async fn head(from: &mut BufReader<impl AsyncReadExt + Unpin>) -> Result<Option<Head>> {
    let mut head = Head { text: String::new(), length: None, is_chunked: false };
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        head.text.push_str(&line);
        let lower = line.to_ascii_lowercase();
        if let Some(length) = lower.strip_prefix("content-length:") {
            head.length = length.trim().parse().ok();
        }
        head.is_chunked |= lower.starts_with("transfer-encoding:") && lower.contains("chunked");
        if line.trim_end().is_empty() {
            return Ok(Some(head));
        }
    }
}

/// Passes a body on.
async fn body(
    head: &Head,
    from: &mut BufReader<impl AsyncReadExt + Unpin>,
    to: &mut (impl AsyncWriteExt + Unpin),
) -> Result<()> {
    if !head.is_chunked {
        tokio::io::copy(&mut from.take(head.length.unwrap_or(0)), to).await?;
        return Ok(());
    }
    loop {
        let mut line = String::new();
        from.read_line(&mut line).await?;
        to.write_all(line.as_bytes()).await?;
        let digits = line.trim().split(';').next().unwrap_or("");
        let length = u64::from_str_radix(digits, 16).map_err(Error::other)?;
        // With the line's end behind each part; behind the last one the trailers end so, too.
        tokio::io::copy(&mut from.take(length + 2), to).await?;
        if length == 0 {
            return Ok(());
        }
    }
}

async fn serve(client: TcpStream, server: u16, log: &Mutex<Vec<Asked>>) -> Result<()> {
    let server = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, server))).await?;
    let (from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let (mut from_client, mut from_server) = (BufReader::new(from_client), BufReader::new(from_server));
    while let Some(request) = head(&mut from_client).await? {
        let mut words = request.text.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        log.lock().unwrap_or_else(PoisonError::into_inner).push(Asked { method: method.clone(), target });
        to_server.write_all(request.text.as_bytes()).await?;
        body(&request, &mut from_client, &mut to_server).await?;
        to_server.flush().await?;
        let answer = head(&mut from_server).await?.ok_or_else(|| Error::other("no answer"))?;
        to_client.write_all(answer.text.as_bytes()).await?;
        let status = answer.text.split(' ').nth(1).unwrap_or("");
        if method != "HEAD" && !["204", "304"].contains(&status) {
            body(&answer, &mut from_server, &mut to_client).await?;
        }
        to_client.flush().await?;
    }
    Ok(())
}
