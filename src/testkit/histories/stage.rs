//! Performing histories on a host's library, by the public API alone.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;

use super::{Act, Deed, Note, Step};
use crate::environment::ManualClock;
use crate::ownership::Resource;
use crate::paths::{FileName, TenantId};
use crate::record::{Record, RecordId};
use crate::{
    ByteRange, Collection, Error, ErrorKind, Expected, ListOptions, ProfileChange, Result, Schedule, Session,
    Tenantry, TokenContent, Transaction, Workspace,
};

/// Where histories are performed: a library that is open, and the tenants whom the numbers of users mean.
///
/// It remembers which videos were uploaded here, since those have ids of the library's.
#[derive(Debug)]
pub struct Stage {
    tenantry: Tenantry,
    users: Vec<TenantId>,
    clock: Option<Arc<ManualClock>>,
    sessions: BTreeMap<usize, Session>,
    /// By the number of the user in whose workspace they are, in order.
    videos: BTreeMap<usize, Vec<RecordId>>,
}

impl Stage {
    /// A stage for these tenants; that they are there is for the host to see to.
    #[must_use]
    pub fn new(tenantry: &Tenantry, users: Vec<TenantId>) -> Self {
        let (sessions, videos) = (BTreeMap::new(), BTreeMap::new());
        Self { tenantry: tenantry.clone(), users, clock: None, sessions, videos }
    }

    /// The same with the library's clock, by which time can pass; it stands still otherwise.
    #[must_use]
    pub fn clock(mut self, clock: Arc<ManualClock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The video that a step means, if it means one that was uploaded here.
    #[must_use]
    pub fn aim(&self, step: &Step) -> Option<RecordId> {
        let which = match &step.act {
            Act::OpenVideo { which, .. }
            | Act::VerifyVideo(which)
            | Act::RenameVideo(which, _)
            | Act::DeleteVideo(which) => *which,
            _ => return None,
        };
        self.videos.get(&step.on)?.iter().rev().nth(which).cloned()
    }

    /// Performs a step and returns what its user saw: every byte, revision and count of it, as text.
    ///
    /// # Errors
    /// What the library answered; [`InvalidInput`](ErrorKind::InvalidInput) for a user whom nobody is.
    pub async fn perform(&mut self, step: &Step) -> Result<String> {
        let aim = self.aim(step);
        self.perform_at(step, aim).await
    }

    /// The same for a step that means that video, or one that there is not.
    ///
    /// # Errors
    /// As for [`perform`](Self::perform).
    pub async fn perform_at(&mut self, step: &Step, aim: Option<RecordId>) -> Result<String> {
        if let Act::Advance(seconds) = step.act {
            if let Some(clock) = &self.clock {
                clock.advance(Duration::from_secs(seconds.into()));
            }
            return Ok(String::new());
        }
        let nobody = || Error::new(ErrorKind::InvalidInput, "history").about("a user whom nobody is");
        let on = self.users.get(step.on).ok_or_else(nobody)?.clone();
        if !self.sessions.contains_key(&step.by) {
            let by = self.users.get(step.by).ok_or_else(nobody)?;
            let session = self.tenantry.session(by).await?;
            self.sessions.insert(step.by, session);
        }
        let session = self.sessions.get(&step.by).ok_or_else(nobody)?;
        if step.act == Act::ListTenants {
            return Ok(format!("{:?}", session.tenants().list(None, 10).await?));
        }
        let workspace = if step.by == step.on { session.own() } else { session.workspace(&on) };
        let (seen, uploaded) = perform(&workspace, &step.act, aim.as_ref()).await?;
        self.videos.entry(step.on).or_default().extend(uploaded);
        Ok(seen)
    }
}

/// What was seen, and the video that was uploaded.
type Seen = (String, Option<RecordId>);

async fn perform(workspace: &Workspace, act: &Act, aim: Option<&RecordId>) -> Result<Seen> {
    let seen = match act {
        Act::Note(deed) => on_note(&workspace.collection(), deed).await?,
        Act::Together { deeds, gives_up } => together(workspace, deeds, *gives_up).await?,
        Act::ListNotes { newest_first, limit } => {
            let options = ListOptions::new().limit(*limit);
            let options = if *newest_first { options } else { options.in_order() };
            let page = workspace.collection::<Note>().list(&options).await?;
            format!("{} {}", records(&page.items), page.next.is_some())
        }
        Act::FindNotes(tag) => records(&workspace.collection::<Note>().find("tag", tag).await?),
        Act::Upload { original, pieces, breaks } => {
            let video = workspace.videos().upload(original, body(pieces, *breaks)).await?;
            return Ok((record(&video), Some(video.id().clone())));
        }
        Act::OpenVideo { .. } | Act::VerifyVideo(_) | Act::RenameVideo(..) | Act::DeleteVideo(_) => {
            on_video(workspace, act, aim).await?
        }
        Act::ListVideos(limit) => {
            let page = workspace.videos().list(&ListOptions::new().limit(*limit)).await?;
            format!("{} {}", records(&page.items), page.next.is_some())
        }
        Act::AddSchedule(schedule) => record(&workspace.schedules().add(Schedule::clone(schedule)).await?),
        Act::ListSchedules => records(&workspace.schedules().list(&ListOptions::new()).await?.items),
        Act::CreateToken(..) | Act::ReadToken(_) | Act::DeleteToken(_) | Act::ListTokens => {
            on_token(workspace, act).await?
        }
        Act::ReadProfile => format!("{:?}", workspace.profile().await?),
        Act::ChangeName(name) => {
            let change = ProfileChange::new().display_name(name.as_str());
            format!("{:?}", workspace.change_profile(change).await?)
        }
        Act::ReadUsage => format!("{:?}", workspace.usage().await?),
        Act::Snapshot => {
            let snapshot = workspace.snapshot().await?;
            let notes = snapshot.collection::<Note>().list(&ListOptions::new())?;
            format!("version {} {:?} {}", snapshot.version(), snapshot.usage()?, records(&notes.items))
        }
        Act::Can(action) => format!("{:?}", workspace.can(*action, &Resource::Tenant).await?),
        // These are not of one workspace.
        Act::ListTenants | Act::Advance(_) => String::new(),
    };
    Ok((seen, None))
}

async fn on_note(notes: &Collection<'_, Note>, deed: &Deed) -> Result<String> {
    let seen = match deed {
        Deed::Insert(number, note) => notes.insert_as(&note_id(*number)?, note.clone()).await?,
        Deed::Get(number) => notes.get(&note_id(*number)?).await?,
        Deed::Update(number, note) => notes.update(&note_id(*number)?, Expected::Any, note.clone()).await?,
        Deed::Remove(number) => notes.remove(&note_id(*number)?, Expected::Any).await?,
    };
    Ok(record(&seen))
}

async fn together(workspace: &Workspace, deeds: &[Deed], gives_up: bool) -> Result<String> {
    let deeds = deeds.to_vec();
    let run = move |transaction: &mut Transaction<'_>| {
        let mut seen = Vec::new();
        for deed in &deeds {
            let mut notes = transaction.collection::<Note>();
            seen.push(record(&match deed {
                Deed::Insert(number, note) => notes.insert_as(&note_id(*number)?, note)?,
                Deed::Get(number) => notes.get(&note_id(*number)?)?,
                Deed::Update(number, note) => {
                    let note = note.clone();
                    notes.modify(&note_id(*number)?, Expected::Any, move |_| Ok(note.clone()))?
                }
                Deed::Remove(number) => notes.remove(&note_id(*number)?, Expected::Any)?,
            }));
        }
        match gives_up {
            true => Err(Error::new(ErrorKind::InvalidInput, "history").about("given up")),
            false => Ok(seen.join("\n")),
        }
    };
    workspace.transaction(run).await
}

async fn on_video(workspace: &Workspace, act: &Act, aim: Option<&RecordId>) -> Result<String> {
    let videos = workspace.videos();
    let none;
    let id = match aim {
        Some(id) => id,
        None => {
            none = record_id("no-such-video")?;
            &none
        }
    };
    Ok(match act {
        Act::OpenVideo { first, .. } => {
            let file = videos.open_range(id, ByteRange::From(*first)).await?;
            let (length, range) = (file.length(), file.range());
            format!("{range:?} of {length}: {}", blake3::hash(&file.bytes().await?))
        }
        Act::VerifyVideo(_) => format!("{:?}", videos.verify(id).await?),
        Act::RenameVideo(_, title) => record(&videos.rename(id, Expected::Any, title).await?),
        _ => record(&videos.delete(id, Expected::Any).await?),
    })
}

async fn on_token(workspace: &Workspace, act: &Act) -> Result<String> {
    let tokens = workspace.tokens();
    let file = |number: u8| {
        FileName::parse(&format!("channel-{number}.json")).map_err(|error| Error::name("history", error))
    };
    Ok(match act {
        Act::CreateToken(number, content) => {
            record(&tokens.create(&file(*number)?, TokenContent::parse(content)?).await?)
        }
        Act::ReadToken(number) => {
            let token = tokens.read(&file(*number)?).await?;
            format!("{} {}", record(&token), token.value().content.expose())
        }
        Act::DeleteToken(number) => record(&tokens.delete(&file(*number)?, Expected::Any).await?),
        _ => records(&tokens.list(&ListOptions::new()).await?.items),
    })
}

fn record_id(text: &str) -> Result<RecordId> {
    RecordId::parse(text).map_err(|error| Error::new(ErrorKind::InvalidName, "history").with_source(error))
}

fn note_id(number: u8) -> Result<RecordId> {
    record_id(&format!("note-{number}"))
}

/// A body of pieces of those lengths, no two of which are alike.
fn body(pieces: &[u16], breaks: bool) -> impl stream::Stream<Item = io::Result<Bytes>> + Send + 'static {
    let piece = |(at, length): (usize, &u16)| {
        let bytes = (0..*length).map(|byte| byte.wrapping_mul(31).wrapping_add(at as u16).to_be_bytes()[1]);
        Ok(bytes.collect::<Bytes>())
    };
    let broken = breaks.then(|| Err(io::Error::other("the upload broke off")));
    stream::iter(pieces.iter().enumerate().map(piece).chain(broken).collect::<Vec<_>>())
}

/// Everything that can be seen of a record.
fn record<T>(record: &Record<T>) -> String {
    format!("{} {}", record.revision(), String::from_utf8_lossy(record.text().as_bytes()))
}

fn records<T>(all: &[Record<T>]) -> String {
    format!("[{}]", all.iter().map(record).collect::<Vec<_>>().join("\n"))
}
