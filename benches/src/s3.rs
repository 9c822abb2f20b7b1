//! Tenants in a bucket, on a server on the loopback that `xtask` starts: ours beside `object_store` with the same bytes, and
//! beside the very requests that ours makes, sent by `object_store`.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::path::Path as ObjectPath;
use object_store::{Error, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutPayload, UpdateVersion};
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::record::RecordId;
use tenantry::store::s3::{S3Options, S3Store};
use tenantry::{ListOptions, NewTenant, Tenantry, Workspace};
use tokio::runtime::Runtime;

use crate::body;
use crate::record::{Held, LegacyVideo, id, record};
use crate::side::{Group, Make, Outcome, Side, same, wrong};

/// The variable that says where the server is: `s3://bucket/?region=…&endpoint=…`.
const SERVER: &str = "TENANTRY_S3";
/// How long a head is on the average: it has the last commits, up to 32 KiB (`HeadLedger`'s default). The 1,227 heads of a
/// run of five rounds of `s3-commit` had 19,528 bytes in the mean, the 617 of `s3-upload` 18,887.
const HEAD: usize = 19 * 1024;
/// How long a segment is, which is written before the commit after which a head would be longer, and after how many commits
/// of a record each that is.
const SEGMENT: usize = 32 * 1024;
const COMMITS: u64 = 70;
/// How long a file is.
const FILE: usize = 1 << 20;
/// How many records are there to be read.
const RECORDS: u64 = 100;

/// The groups.
pub(crate) fn groups() -> [Group; 4] {
    let group = |name, operations, sides: [Make; 3]| {
        let [ours, peer, floor] = sides;
        let sides = vec![("tenantry", ours, 1), ("object_store", peer, 1), ("floor", floor, 1)];
        Group { name, operations, turns: 5, sides }
    };
    [
        group(
            "s3-commit",
            [200, 50],
            [
                |at| ours(at, Deed::Commit),
                |at| bare(at, Deed::Commit, false),
                |at| bare(at, Deed::Commit, true),
            ],
        ),
        group(
            "s3-get",
            [400, 100],
            [|at| ours(at, Deed::Get), |at| bare(at, Deed::Get, false), |at| bare(at, Deed::Get, true)],
        ),
        group(
            "s3-upload",
            [50, 20],
            [
                |at| ours(at, Deed::Upload),
                |at| bare(at, Deed::Upload, false),
                |at| bare(at, Deed::Upload, true),
            ],
        ),
        group(
            "s3-read",
            [100, 30],
            [|at| ours(at, Deed::Read), |at| bare(at, Deed::Read, false), |at| bare(at, Deed::Read, true)],
        ),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Commit,
    Get,
    Upload,
    Read,
}

/// A part of the bucket that is a side's own.
fn own(folder: &Path) -> Outcome<String> {
    let name = folder.file_name().and_then(|name| name.to_str()).ok_or_else(|| wrong("no name"))?;
    Ok(format!("{}-{name}", std::process::id()))
}

fn server() -> Outcome<String> {
    std::env::var(SERVER).map_err(|_| wrong(format!("{SERVER} does not say where the server is")))
}

struct Ours {
    runtime: Runtime,
    workspace: Workspace,
    /// As long as it lives, so does what it does in the background.
    _tenantry: Tenantry,
    deed: Deed,
    done: u64,
    stored: Vec<RecordId>,
}

fn ours(folder: &Path, deed: Deed) -> Outcome<Box<dyn Side>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let url = server()?.replacen("/?", &format!("/{}?", own(folder)?), 1);
    let (tenantry, workspace) = runtime.block_on(async {
        let tenantry = Tenantry::builder(S3Store::new(S3Options::from_url(&url)?)?).open().await?;
        let (admin, user) = (TenantId::parse("admin")?, TenantId::parse("user0")?);
        tenantry.bootstrap_admin(&admin, "Admin").await?;
        tenantry.session(&admin).await?.tenants().create(&user, NewTenant::new(Role::User)).await?;
        let workspace = tenantry.session(&user).await?.own();
        Outcome::Ok((tenantry, workspace))
    })?;
    let mut ours = Ours { runtime, workspace, _tenantry: tenantry, deed, done: 0, stored: Vec::new() };
    match deed {
        Deed::Get => ours.insert(RECORDS)?,
        Deed::Read => ours.upload(1)?,
        Deed::Commit | Deed::Upload => {}
    }
    Ok(Box::new(ours))
}

impl Ours {
    fn task<T: Send + 'static>(&self, task: impl Future<Output = Outcome<T>> + Send + 'static) -> Outcome<T> {
        self.runtime.block_on(self.runtime.spawn(task))?
    }

    fn insert(&mut self, operations: u64) -> Outcome<()> {
        let (workspace, first) = (self.workspace.clone(), self.done);
        self.task(async move {
            for number in first..first + operations {
                workspace.collection().insert_as(&RecordId::parse(&id(number))?, record(number)).await?;
            }
            Ok(())
        })?;
        self.done += operations;
        Ok(())
    }

    fn get(&self, operations: u64) -> Outcome<()> {
        let workspace = self.workspace.clone();
        self.task(async move {
            for read in 0..operations {
                let id = RecordId::parse(&id(read % RECORDS))?;
                black_box(workspace.collection::<LegacyVideo>().get(&id).await?);
            }
            Ok(())
        })
    }

    fn upload(&mut self, operations: u64) -> Outcome<()> {
        let workspace = self.workspace.clone();
        let stored = self.task(async move {
            let mut stored = Vec::new();
            for _ in 0..operations {
                let upload = workspace.videos().upload("rain.mp4", body::stream(FILE));
                stored.push(upload.length(FILE as u64).await?.id().clone());
            }
            Ok(stored)
        })?;
        self.stored.extend(stored);
        Ok(())
    }

    fn read(&self, operations: u64) -> Outcome<Vec<u8>> {
        let (workspace, stored) = (self.workspace.clone(), self.stored.last().cloned());
        let stored = stored.ok_or_else(|| wrong("the file is not there"))?;
        self.task(async move {
            let mut bytes = Bytes::new();
            for _ in 0..operations {
                bytes = black_box(workspace.videos().open(&stored).await?.bytes().await?);
            }
            Ok(bytes.into())
        })
    }
}

impl Side for Ours {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        match self.deed {
            Deed::Commit => self.insert(operations),
            Deed::Get => self.get(operations),
            Deed::Upload => self.upload(operations),
            Deed::Read => self.read(operations).map(drop),
        }
    }

    fn check(&mut self) -> Outcome<()> {
        if matches!(self.deed, Deed::Upload | Deed::Read) {
            return body::check(&self.read(1)?, 0, FILE);
        }
        let (workspace, records) = (self.workspace.clone(), self.done);
        let held = self.task(async move {
            let (mut held, mut options) = (Held::default(), ListOptions::new().limit(ListOptions::MAX));
            loop {
                let page = workspace.collection::<LegacyVideo>().list(&options).await?;
                page.items.iter().for_each(|video| held.add(video.value()));
                match page.next {
                    Some(next) => options = options.after(next),
                    None => return Ok(held),
                }
            }
        })?;
        same(&held, &Held::first(records))
    }
}

/// Requests without a library above them: those of the same bytes, or the very ones that ours makes.
struct Bare {
    runtime: Runtime,
    store: Arc<AmazonS3>,
    prefix: ObjectPath,
    deed: Deed,
    /// Whether they are ours.
    as_ours: bool,
    /// What a head holds, but for what makes each another, and a segment.
    text: Vec<u8>,
    segment: Bytes,
    commits: u64,
    head: UpdateVersion,
    done: u64,
}

/// The texts of records, as many bytes: a server may take longer for these than for one letter again and again.
fn text(bytes: usize) -> Outcome<Vec<u8>> {
    let mut text = Vec::new();
    for number in 0.. {
        serde_json::to_writer(&mut text, &record(number))?;
        if text.len() >= bytes {
            break;
        }
    }
    text.truncate(bytes);
    Ok(text)
}

fn bare(folder: &Path, deed: Deed, as_ours: bool) -> Outcome<Box<dyn Side>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let prefix = ObjectPath::from(own(folder)?);
    let store = client(&server()?, as_ours)?;
    let (text, segment) = (text(HEAD)?, Bytes::from(text(SEGMENT)?));
    let head = runtime.block_on(async {
        for number in 0..RECORDS {
            store.put(&prefix.clone().join(id(number)), serde_json::to_vec(&record(number))?.into()).await?;
        }
        store.put(&prefix.clone().join("file"), file()).await?;
        let head = store.put(&prefix.clone().join("head"), text.clone().into()).await?;
        Outcome::Ok(UpdateVersion::from(head))
    })?;
    let store = Arc::new(store);
    Ok(Box::new(Bare { runtime, store, prefix, deed, as_ours, text, segment, commits: 0, head, done: 0 }))
}

/// A client of the server. Ours sends a digest with every body.
fn client(server: &str, digests: bool) -> Outcome<AmazonS3> {
    let unreadable = || wrong(format!("{SERVER} is not understood"));
    let (bucket, options) =
        server.strip_prefix("s3://").and_then(|rest| rest.split_once("/?")).ok_or_else(unreadable)?;
    let option = |name: &str| {
        let mut options = options.split('&').filter_map(|option| option.split_once('='));
        options.find(|(key, _)| *key == name).map(|(_, value)| value).ok_or_else(unreadable)
    };
    let builder = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_region(option("region")?)
        .with_endpoint(option("endpoint")?)
        .with_allow_http(true);
    let builder = if digests { builder.with_checksum_algorithm(Checksum::SHA256) } else { builder };
    Ok(builder.build()?)
}

/// The file in the parts in which it came.
fn file() -> PutPayload {
    body::parts(FILE).collect::<Vec<Bytes>>().into_iter().collect()
}

impl Bare {
    /// A commit: the head is replaced, by another one, if it is the one that is known.
    async fn commit(&mut self) -> Outcome<()> {
        self.commits += 1;
        if self.commits.is_multiple_of(COMMITS) {
            let path = self.prefix.clone().join(format!("segment-{}", self.commits));
            self.store.put_opts(&path, self.segment.clone().into(), PutMode::Create.into()).await?;
        }
        let mut text = self.text.clone();
        let number = format!("{:020}", self.commits);
        text[..number.len()].copy_from_slice(number.as_bytes());
        let (path, mode) = (self.prefix.clone().join("head"), PutMode::Update(self.head.clone()));
        let put = self.store.put_opts(&path, text.into(), mode.into()).await?;
        self.head = put.into();
        Ok(())
    }

    /// The question whether the head is the one that is known.
    async fn ask(&self) -> Outcome<()> {
        let options = GetOptions { if_none_match: self.head.e_tag.clone(), ..GetOptions::default() };
        match self.store.get_opts(&self.prefix.clone().join("head"), options).await {
            Err(Error::NotModified { .. }) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Err(wrong("the server sent what is known")),
        }
    }

    async fn deed(&mut self) -> Outcome<()> {
        self.done += 1;
        let at = |name: String| self.prefix.clone().join(name);
        match (self.deed, self.as_ours) {
            (Deed::Commit, true) => self.commit().await?,
            (Deed::Commit, false) => {
                let text = serde_json::to_vec(&record(self.done))?;
                self.store.put(&at(format!("inserted-{}", self.done)), text.into()).await?;
            }
            (Deed::Get, true) => self.ask().await?,
            (Deed::Get, false) => {
                let bytes = self.store.get(&at(id(self.done % RECORDS))).await?.bytes().await?;
                black_box(serde_json::from_slice::<LegacyVideo>(&bytes)?);
            }
            (Deed::Upload, as_ours) => {
                let path = at(format!("file-{}", self.done));
                if as_ours {
                    // As the library does in a bucket: what is reserved is written before the file, what is settled after it.
                    self.commit().await?;
                    self.store.put_opts(&path, file(), PutMode::Create.into()).await?;
                    self.commit().await?;
                } else {
                    self.store.put(&path, file()).await?;
                }
            }
            (Deed::Read, as_ours) => {
                // Ours knows from its ledger how long a file is, and asks for no more of it.
                let options = if as_ours {
                    self.ask().await?;
                    GetOptions { range: Some((0..FILE as u64).into()), ..GetOptions::default() }
                } else {
                    GetOptions::default()
                };
                black_box(self.store.get_opts(&at("file".to_owned()), options).await?.bytes().await?);
            }
        }
        Ok(())
    }
}

impl Side for Bare {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        let runtime = self.runtime.handle().clone();
        runtime.block_on(async {
            for _ in 0..operations {
                self.deed().await?;
            }
            Ok(())
        })
    }

    fn check(&mut self) -> Outcome<()> {
        let path = self.prefix.clone().join(match (self.deed, self.as_ours) {
            (Deed::Upload, _) => format!("file-{}", self.done),
            (Deed::Commit, false) => format!("inserted-{}", self.done),
            (Deed::Read, _) => "file".to_owned(),
            (Deed::Get, _) | (Deed::Commit, true) => "head".to_owned(),
        });
        let bytes = self.runtime.block_on(async { self.store.get(&path).await?.bytes().await })?;
        match (self.deed, self.as_ours) {
            (Deed::Upload | Deed::Read, _) => body::check(&bytes, 0, FILE),
            (Deed::Commit, false) => same(&serde_json::from_slice(&bytes)?, &record(self.done)),
            (Deed::Get, _) | (Deed::Commit, true) => same(&bytes.len(), &HEAD),
        }
    }
}
