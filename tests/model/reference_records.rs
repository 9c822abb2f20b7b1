//! The model's records: what is done to them, alone and together, and what snapshots keep of them.

use tenantry::ErrorKind;

use super::contents::{Author, COLLECTIONS, Contents};
use super::generate::{GIVEN, TAGS};
use super::lenses::Task;
use super::limits::over_limit;
use super::reference::{Cursor, Effect, Model, Shown, made};
use super::step::{
    Answer, Caps, Lens, Name, RecordDeed, Refusal, Seen, SnapshotSeen, Step, Together, Value, ZONES,
};

impl Model {
    /// Changes a tenant's contents, wholly or not at all.
    pub(crate) fn commit<T>(
        &mut self,
        step: &Step,
        change: impl FnOnce(&mut Contents, &Author) -> Result<T, ErrorKind>,
    ) -> Result<T, Refusal> {
        let now = self.now;
        let tenant = self.admit(step, Effect::Write, true)?;
        let time = local_time(now, &tenant.profile.zone);
        let author = Author { by: step.by.to_owned(), on: step.on.to_owned(), time };
        let mut contents = tenant.contents.clone();
        let value = change(&mut contents, &author)?;
        let caps = tenant.caps();
        // To count is only worth its time where there is a limit.
        let over = (caps != Caps::default())
            .then(|| over_limit(&caps, &tenant.contents.usage(), &contents.usage()))
            .flatten();
        if over.is_some() {
            return Err(Refusal { kind: ErrorKind::QuotaExceeded, over });
        }
        tenant.contents = contents;
        Ok(value)
    }

    pub(crate) fn insert_fresh(&mut self, step: &Step, lens: Lens, value: &Value) -> Shown {
        let id = made(self.steps, 0);
        let text = self.commit(step, |contents, author| contents.insert(author, lens, &id, value))?;
        self.changed(step.on);
        self.remembered.note_made(step.on, lens.collection(), &id);
        self.remembered.note(step.on, lens.collection(), &id, std::slice::from_ref(&text));
        Ok(Seen::Texts(vec![text]))
    }

    fn task<'a>(&self, on: Name, deed: &'a RecordDeed) -> Task<'a> {
        let id = |deed: &RecordDeed| self.remembered.id(on, deed);
        Task::of(deed, id, |id, back| self.remembered.text(on, deed.lens.collection(), id, back))
    }

    pub(crate) fn changed(&mut self, on: Name) {
        if let Some(tenant) = self.tenants.get_mut(on) {
            tenant.changes += 1;
        }
    }

    pub(crate) fn record(&mut self, step: &Step, deed: &RecordDeed) -> Shown {
        let task = self.task(step.on, deed);
        if deed.deed.reads() {
            let author = Author { by: String::new(), on: String::new(), time: String::new() };
            return Ok(Seen::Texts(self.read(step)?.contents.clone().perform(&author, &task)?));
        }
        let texts = self.commit(step, |contents, author| contents.perform(author, &task))?;
        self.changed(step.on);
        if deed.deed.writes() {
            self.remembered.note(step.on, task.lens.collection(), &task.id, &texts);
        }
        Ok(Seen::Texts(texts))
    }

    pub(crate) fn page(
        &mut self,
        step: &Step,
        lens: Lens,
        newest_first: bool,
        limit: usize,
        from: Option<usize>,
        keep: usize,
    ) -> Shown {
        let from = match from.map(|slot| self.cursors[slot].clone()) {
            Some(None) => return Ok(Seen::Nothing),
            Some(Some(cursor)) => Some(cursor),
            None => None,
        };
        let tenant = self.read(step)?;
        let (collection, life) = (lens.collection(), tenant.life);
        if limit == 0 || from.as_ref().is_some_and(|from| from.collection != collection || from.life != life)
        {
            return Err(ErrorKind::InvalidInput.into());
        }
        let newest_first = from.as_ref().map_or(newest_first, |from| from.newest_first);
        let rest = tenant.contents.beyond(collection, newest_first, from.map(|from| from.place));
        let ends = rest.len() <= limit;
        let page = &rest[..limit.min(rest.len())];
        let cursor = |last: &(u64, String)| Cursor { collection, life, newest_first, place: last.0 };
        self.cursors[keep] = page.last().filter(|_| !ends).map(cursor);
        Ok(Seen::Page(page.iter().map(|(_, text)| text.clone()).collect(), ends))
    }

    pub(crate) fn together(&mut self, step: &Step, together: &Together) -> Shown {
        let tasks: Vec<_> = together.deeds.iter().map(|deed| self.task(step.on, deed)).collect();
        let key = together.key.map(|key| format!("{} {key}", step.by));
        let (answers, changed) = self.commit(step, |contents, author| {
            if let Some(known) = key.as_ref().and_then(|key| contents.answer(key)) {
                return Ok((known, false));
            }
            let mut answers = Vec::new();
            for task in &tasks {
                match contents.perform(author, task) {
                    Ok(texts) => answers.push(Answer::Texts(texts)),
                    Err(kind) if together.lenient => answers.push(Answer::Refused(format!("{kind:?}"))),
                    Err(kind) => return Err(kind),
                }
            }
            if together.gives_up {
                return Err(ErrorKind::Referenced);
            }
            let wrote = |(task, answer): (&Task<'_>, &Answer)| {
                !task.deed.reads() && matches!(answer, Answer::Texts(_))
            };
            let changed = key.is_some() || tasks.iter().zip(&answers).any(wrote);
            if let Some(key) = key {
                contents.remember(key, answers.clone());
            }
            Ok((answers, changed))
        })?;
        if changed {
            self.changed(step.on);
        }
        let deeds: Vec<_> =
            tasks.iter().map(|task| (task.lens, task.id.clone(), task.deed.writes())).collect();
        self.remembered.note_answers(step.on, &deeds, &answers);
        Ok(Seen::Answers(answers))
    }

    pub(crate) fn read_snapshot(&self, slot: usize) -> Seen {
        let Some((contents, sees_secrets)) = &self.snapshots[slot] else { return Seen::Nothing };
        let texts = |collection, newest_first| {
            contents.beyond(collection, newest_first, None).into_iter().map(|(_, text)| text).collect()
        };
        let collections = COLLECTIONS.into_iter().map(|collection| {
            let shown = *sees_secrets || !["tokens", "stream_mapping"].contains(&collection);
            (collection, shown.then(|| [texts(collection, false), texts(collection, true)]))
        });
        let seen = Seen::Snapshot(Box::new(SnapshotSeen {
            collections: collections.collect(),
            by_id: (0..GIVEN).map(|id| contents.get("notes", &format!("r{id}"))).collect(),
            by_tag: TAGS.iter().map(|tag| contents.with_tag("notes", tag)).collect(),
            usage: contents.usage(),
        }));
        if *sees_secrets { seen } else { seen.without_secrets() }
    }
}

pub(crate) fn hours_ahead(zone: &str) -> i64 {
    ZONES.iter().find(|(name, _)| *name == zone).map_or(0, |(_, hours)| *hours)
}

pub(crate) fn local_time(now: i64, zone: &str) -> String {
    let at = jiff::Timestamp::from_millisecond(now + hours_ahead(zone) * 3_600_000).unwrap();
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
