//! What the system does with records: the same deeds through collections, transactions, snapshots.

use tenantry::paths::FileName;
use tenantry::record::{Entity, Record, RecordId, RecordText};
use tenantry::{
    Collection, Ended, Error, ErrorKind, Expected, ListOptions, LiveStream, Page, Schedule, Snapshot,
    StreamKey, Thumbnail, Token, Transaction, TransactionCollection, Video, Workspace,
};

use super::contents::COLLECTIONS;
use super::entities::{Brief, Note, Sample, Task as TaskRecord};
use super::generate::{GIVEN, TAGS};
use super::lenses::Task;
use super::planned::PlanKind;
use super::secrets::TOKENS;
use super::step::{Act, Answer, Deed, Lens, Name, RecordDeed, Seen, SnapshotSeen, Step, Together, Value};
use super::system::{Result, System, usage};
use super::system_lists::list;

/// Calls a generic function for the type of a lens.
macro_rules! through {
    ($lens:expr, $function:ident($($argument:expr),*)) => {
        match $lens {
            Lens::Notes => $function::<Note>($($argument),*),
            Lens::Briefs => $function::<Brief>($($argument),*),
            Lens::Tasks => $function::<TaskRecord>($($argument),*),
        }
    };
}

/// The same for one that has to be waited for.
macro_rules! through_async {
    ($lens:expr, $function:ident($($argument:expr),*)) => {
        match $lens {
            Lens::Notes => $function::<Note>($($argument),*).await,
            Lens::Briefs => $function::<Brief>($($argument),*).await,
            Lens::Tasks => $function::<TaskRecord>($($argument),*).await,
        }
    };
}

impl System {
    pub(crate) async fn act_on_records(&mut self, step: &Step, workspace: &Workspace) -> Result {
        match &step.act {
            Act::InsertFresh(lens, value) => self.insert_fresh(step.on, workspace, *lens, value).await,
            Act::Record(deed) => {
                let task = self.task(step.on, deed);
                let texts = through_async!(task.lens, perform(workspace, &task))?;
                if deed.deed.writes() {
                    self.remembered.note(step.on, task.lens.collection(), &task.id, &texts);
                }
                Ok(Seen::Texts(texts))
            }
            Act::Page { lens, newest_first, limit, from, keep } => {
                let mut options = options(*newest_first, *limit);
                match from.map(|slot| self.cursors[slot].clone()) {
                    Some(None) => return Ok(Seen::Nothing),
                    Some(Some(cursor)) => options = options.after(cursor.parse().unwrap()),
                    None => {}
                }
                let (texts, next) = through_async!(*lens, page(workspace, &options))?;
                let ends = next.is_none();
                self.cursors[*keep] = next;
                Ok(Seen::Page(texts, ends))
            }
            Act::Together(together) => self.together(step, workspace, together).await,
            Act::Upload(uploading) => self.upload(step, workspace, uploading).await,
            Act::OnFile(on_file) => self.on_file(step, workspace, on_file).await,
            Act::List(listing, limit) => list(workspace, *listing, *limit).await,
            Act::Plan(PlanKind::LiveStream, deed) => self.live_stream(step, workspace, deed).await,
            Act::Plan(PlanKind::Schedule, deed) => self.schedule(step, workspace, deed).await,
            Act::Token(deed) => self.token(step, workspace, deed).await,
            Act::StreamKey(deed) => self.stream_key(step, workspace, deed).await,
            other => panic!("{other:?} is not about records"),
        }
    }

    async fn insert_fresh(&mut self, on: Name, workspace: &Workspace, lens: Lens, value: &Value) -> Result {
        let (id, text) = through_async!(lens, insert(workspace, value))?;
        self.note_made(&id, 0);
        self.remembered.note_made(on, lens.collection(), &id);
        self.remembered.note(on, lens.collection(), &id, std::slice::from_ref(&text));
        Ok(Seen::Texts(vec![text]))
    }

    fn task<'a>(&self, on: Name, deed: &'a RecordDeed) -> Task<'a> {
        let id = |deed: &RecordDeed| self.remembered.id(on, deed);
        Task::of(deed, id, |id, back| self.remembered.text(on, deed.lens.collection(), id, back))
    }

    async fn together(&mut self, step: &Step, workspace: &Workspace, together: &Together) -> Result {
        let tasks = together.deeds.iter().map(|deed| self.task(step.on, deed));
        let tasks: Vec<_> = tasks.map(|task| (task.lens, task.id, task.meant, task.deed.clone())).collect();
        let deeds: Vec<_> =
            tasks.iter().map(|(lens, id, _, deed)| (*lens, id.clone(), deed.writes())).collect();
        let (lenient, gives_up) = (together.lenient, together.gives_up);
        let run = move |transaction: &mut Transaction<'_>| {
            let mut answers = Vec::new();
            for (lens, id, meant, deed) in &tasks {
                let task = Task { lens: *lens, id: id.clone(), meant: meant.clone(), deed };
                match through!(*lens, perform_within(transaction, &task)) {
                    Ok(texts) => answers.push(Answer::Texts(texts)),
                    Err(error) if lenient => answers.push(Answer::Refused(format!("{:?}", error.kind()))),
                    Err(error) => return Err(error),
                }
            }
            if gives_up {
                return Err(Error::new(ErrorKind::Referenced, "the host gives up"));
            }
            Ok(answers)
        };
        let answers = match together.key {
            Some(key) => workspace.transaction_once(&format!("key {key}"), run).await?,
            None => workspace.transaction(run).await?,
        };
        self.remembered.note_answers(step.on, &deeds, &answers);
        Ok(Seen::Answers(answers))
    }

    /// Shows what a step made of a plan, and notes it and its successor.
    pub(crate) fn taken<E: Entity>(
        &mut self,
        on: Name,
        collection: &'static str,
        id: &str,
        records: &[Record<E>],
    ) -> Seen {
        let texts = texts(records);
        self.remembered.note(on, collection, id, &texts[..1]);
        if let Some(next) = records.get(1) {
            let id = next.id().as_str();
            self.note_made(id, 0);
            self.remembered.note_made(on, collection, id);
            self.remembered.note(on, collection, id, &texts[1..]);
        }
        Seen::Texts(texts)
    }

    pub(crate) fn read_snapshot(&self, slot: usize) -> Result {
        let Some(snapshot) = &self.snapshots[slot] else { return Ok(Seen::Nothing) };
        let notes = snapshot.collection::<Note>();
        let by_id = (0..GIVEN).map(|id| match notes.get(&record_id(&format!("r{id}"))) {
            Ok(record) => Ok(Some(text(&record))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        });
        Ok(Seen::Snapshot(Box::new(SnapshotSeen {
            collections: COLLECTIONS
                .map(|name| Ok((name, collection(snapshot, name)?)))
                .into_iter()
                .collect::<Result<_>>()?,
            by_id: by_id.collect::<Result<_>>()?,
            by_tag: TAGS.iter().map(|tag| Ok(texts(&notes.find("tag", tag)?))).collect::<Result<_>>()?,
            usage: usage(&snapshot.usage()?),
        })))
    }
}

pub(crate) fn record_id(id: &str) -> RecordId {
    RecordId::parse(id).unwrap()
}

pub(crate) fn file_name(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

pub(crate) fn token_name(token: usize) -> FileName {
    file_name(TOKENS[token])
}

/// What ended, and its successor if there is one.
pub(crate) fn both<E>(ended: Ended<E>) -> Vec<Record<E>> {
    std::iter::once(ended.record).chain(ended.next).collect()
}

/// A record's text, whose digest its revision has to be.
pub(crate) fn text<E: Entity>(record: &Record<E>) -> String {
    assert_eq!(record.revision(), record.text().revision());
    String::from_utf8(record.text().as_bytes().to_vec()).unwrap()
}

pub(crate) fn texts<E: Entity>(records: &[Record<E>]) -> Vec<String> {
    records.iter().map(text).collect()
}

fn options(newest_first: bool, limit: usize) -> ListOptions {
    let options = ListOptions::new().limit(limit);
    if newest_first { options } else { options.in_order() }
}

pub(crate) fn expected(meant: Option<&String>) -> Expected {
    let revision = |text: &String| RecordText::from_stored(text.clone().into_bytes().into()).revision();
    meant.map_or(Expected::Any, |text| revision(text).into())
}

async fn insert<E: Sample>(workspace: &Workspace, value: &Value) -> Result<(String, String)> {
    let record = workspace.collection::<E>().insert(E::of(value)).await?;
    Ok((record.id().to_string(), text(&record)))
}

async fn perform<E: Sample>(workspace: &Workspace, task: &Task<'_>) -> Result<Vec<String>> {
    let records: Collection<'_, E> = workspace.collection();
    let (id, expected) = (record_id(&task.id), expected(task.meant.as_ref()));
    Ok(vec![text(&match task.deed {
        Deed::List { newest_first, limit } => {
            return Ok(texts(&records.list(&options(*newest_first, *limit)).await?.items));
        }
        Deed::Find(tag) => return Ok(texts(&records.find("tag", tag).await?)),
        Deed::Insert(value) => records.insert_as(&id, E::of(value)).await?,
        Deed::Get => records.get(&id).await?,
        Deed::Update(_, value) => records.update(&id, expected, E::of(value)).await?,
        Deed::Remove(_) => records.remove(&id, expected).await?,
    })])
}

fn perform_within<E: Sample>(transaction: &mut Transaction<'_>, task: &Task<'_>) -> Result<Vec<String>> {
    let mut records: TransactionCollection<'_, E> = transaction.collection();
    let (id, expected) = (record_id(&task.id), expected(task.meant.as_ref()));
    Ok(vec![text(&match task.deed {
        Deed::List { newest_first, limit } => {
            return Ok(texts(&records.list(&options(*newest_first, *limit))?.items));
        }
        Deed::Find(tag) => return Ok(texts(&records.find("tag", tag)?)),
        Deed::Insert(value) => records.insert_as(&id, &E::of(value))?,
        Deed::Get => records.get(&id)?,
        Deed::Update(_, value) => records.modify(&id, expected, |_| Ok(E::of(value)))?,
        Deed::Remove(_) => records.remove(&id, expected)?,
    })])
}

/// A page's texts, and the cursor after it if anything comes there.
async fn page<E: Sample>(
    workspace: &Workspace,
    options: &ListOptions,
) -> Result<(Vec<String>, Option<String>)> {
    let records: Collection<'_, E> = workspace.collection();
    let page: Page<Record<E>> = records.list(options).await?;
    let next = match &page.next {
        Some(next) => {
            let rest = records.list(&ListOptions::new().limit(1).after(next.clone())).await?;
            Some(next.to_string()).filter(|_| !rest.items.is_empty())
        }
        None => None,
    };
    Ok((texts(&page.items), next))
}

/// A collection of a snapshot, in order and then with the newest first; nothing if it may not be seen.
fn collection(snapshot: &Snapshot, name: &str) -> Result<Option<[Vec<String>; 2]>> {
    let both = match name {
        "live_streams" => walks::<LiveStream, LiveStream>(snapshot),
        "notes" => walks::<Note, Brief>(snapshot),
        "schedules" => walks::<Schedule, Schedule>(snapshot),
        "stream_mapping" => walks::<StreamKey, StreamKey>(snapshot),
        "tasks" => walks::<TaskRecord, TaskRecord>(snapshot),
        "thumbnails" => walks::<Thumbnail, Thumbnail>(snapshot),
        "tokens" => walks::<Token, Token>(snapshot),
        _ => walks::<Video, Video>(snapshot),
    };
    match both {
        Ok(both) => Ok(Some(both)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn walks<E: Entity, F: Entity>(snapshot: &Snapshot) -> Result<[Vec<String>; 2]> {
    Ok([walk::<E>(snapshot, false)?, walk::<F>(snapshot, true)?])
}

/// All of a snapshot's records, in pages of two.
fn walk<E: Entity>(snapshot: &Snapshot, newest_first: bool) -> Result<Vec<String>> {
    let mut walked = Vec::new();
    let mut options = options(newest_first, 2);
    loop {
        let page = snapshot.collection::<E>().list(&options)?;
        walked.extend(texts(&page.items));
        match page.next {
            Some(next) => options = options.after(next),
            None => return Ok(walked),
        }
    }
}
