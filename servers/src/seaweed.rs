//! SeaweedFS, a server that speaks like S3: started on the loopback with a folder, ports and credentials
//! of its own, and stopped when it is dropped. Where its program comes from is for others to say.

use std::io::{Error, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The bucket that the server makes at the first write.
const BUCKET: &str = "tenantry";

/// The credentials, which open nothing but a server that this made.
const ACCESS_KEY: &str = "synthetic";
const SECRET_KEY: &str = "synthetic-secret";

/// How often it is looked whether the server answers, on a machine that may have other work to do, and
/// the pause between two looks.
const LOOKS: u32 = 2400;
const PAUSE: Duration = Duration::from_millis(50);

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: PathBuf,
    port: u16,
}

/// Ports that nothing listens on, all at once.
fn free_ports<const COUNT: usize>() -> Result<[u16; COUNT]> {
    let mut listeners = Vec::new();
    let mut ports = [0; COUNT];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

/// The inodes of the sockets that listen at a port, in the kernel's table of them.
fn listening(sockets: &str, port: u16) -> impl Iterator<Item = &str> {
    const LISTENS: &str = "0A";
    let end = format!(":{port:04X}");
    sockets.lines().skip(1).filter_map(move |line| {
        let mut columns = line.split_whitespace().skip(1);
        let (local, _, state) = (columns.next()?, columns.next()?, columns.next()?);
        (local.ends_with(&end) && state == LISTENS).then(|| columns.nth(5)).flatten()
    })
}

impl Server {
    /// Starts the program with its data in a folder, which is made; at the given port or any that is free.
    ///
    /// # Errors
    /// If it can't be started, ends (as it does if another has the port), or does not answer in time; with the end of what it wrote to its log.
    pub fn start(program: &Path, folder: &Path, port: Option<u16>) -> Result<Self> {
        std::fs::create_dir_all(folder.join("data"))?;
        let identity = format!(
            r#"{{"identities":[{{"name":"tests","credentials":[{{"accessKey":"{ACCESS_KEY}","secretKey":"{SECRET_KEY}"}}],"actions":["Admin","Read","Write","List","Tagging"]}}]}}"#
        );
        std::fs::write(folder.join("s3.json"), identity)?;
        let [free, master, master_grpc, volume, volume_grpc, filer, filer_grpc, grpc] = free_ports()?;
        let port = port.unwrap_or(free);
        let log = std::fs::File::create(folder.join("log"))?;
        let child = Command::new(program)
            .current_dir(folder)
            .args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=data", "-master.telemetry=false"])
            .args(["-master.volumeSizeLimitMB=64", "-volume.max=200", "-volume.minFreeSpace=1"])
            .arg(format!("-master.port={master}"))
            .arg(format!("-master.port.grpc={master_grpc}"))
            .arg(format!("-volume.port={volume}"))
            .arg(format!("-volume.port.grpc={volume_grpc}"))
            .arg(format!("-filer.port={filer}"))
            .arg(format!("-filer.port.grpc={filer_grpc}"))
            .args(["-s3", "-s3.config=s3.json", "-s3.port.iceberg=0", "-s3.port.lance=0"])
            .arg(format!("-s3.port={port}"))
            .arg(format!("-s3.port.grpc={grpc}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut server = Self { child, folder: folder.to_owned(), port };
        server.wait()?;
        Ok(server)
    }

    /// Waits until it answers, it and no other that had the port before.
    fn wait(&mut self) -> Result<()> {
        for _ in 0..LOOKS {
            if self.listens() && self.answers() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(self.failed(&format!("the server ended with {status}")));
            }
            std::thread::sleep(PAUSE);
        }
        Err(self.failed("the server does not answer"))
    }

    /// Whether its own process listens at its port, as the kernel says (Linux; elsewhere nobody says).
    fn listens(&self) -> bool {
        let (Ok(sockets), Ok(own)) = (
            std::fs::read_to_string("/proc/net/tcp"),
            std::fs::read_dir(format!("/proc/{}/fd", self.child.id())),
        ) else {
            return !cfg!(target_os = "linux");
        };
        let inodes: Vec<&str> = listening(&sockets, self.port).collect();
        own.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok()).any(|target| {
            let target = target.to_string_lossy();
            let inode = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
            inode.is_some_and(|inode| inodes.contains(&inode))
        })
    }

    /// Whether it answers a request without credentials, with whatever.
    fn answers(&self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else {
            return false;
        };
        let mut answer = [0; 12];
        let patience = stream.set_read_timeout(Some(Duration::from_secs(5)));
        let asked = stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        // A server that has begun to listen and not to work answers with a fault.
        patience.and(asked).and_then(|()| stream.read_exact(&mut answer)).is_ok()
            && !answer.ends_with(b" 503")
    }

    fn failed(&self, what: &str) -> Error {
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(20)..].join("\n");
        Error::other(format!("{what}; the end of its log:\n{end}"))
    }

    /// Where it listens, as the address of S3.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The number of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What the library is to be told: a URL, and the credentials as S3's own tools read them.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 3] {
        let Self { port, .. } = self;
        let url = format!("s3://{BUCKET}/?region=us-east-1&endpoint=http://127.0.0.1:{port}");
        [
            ("TENANTRY_S3", url),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ]
    }

    /// Ends it at once, as a power cut would. Its data stay.
    ///
    /// # Errors
    /// If the system can't.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Lets it go on after this is gone.
    pub fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.kill();
    }
}
