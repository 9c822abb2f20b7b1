//! The model's live streams and schedules: planned, changed, taken from step to step, found again.

use jiff::civil::DateTime;
use tenantry::ErrorKind;
use tenantry::record::OnReferenced;

use super::contents::{Author, Contents};
use super::files::FileKind;
use super::named::folded;
use super::planned::{By, Move, PlanDeed, Tweak, start};
use super::plans::{self, Plan, Value};
use super::record::Record;
use super::reference::{Model, Shown, made};
use super::rules::is_title;
use super::secrets::TOKENS;
use super::step::{Meant, Name, Seen, Step, Which};

/// Where a plan stands.
pub(crate) struct Standing {
    pub(crate) status: &'static str,
    pub(crate) is_over: bool,
    /// Whether another of its series repeats.
    pub(crate) is_carried_on: bool,
}

impl Model {
    /// The plans that there are, and where they stand; for generators that aim at steps.
    pub(crate) fn plans(&self) -> Vec<(Name, Plan, Which, Standing)> {
        let mut found = Vec::new();
        for (on, tenant) in &self.tenants {
            for plan in [Plan::LiveStream, Plan::Schedule] {
                for record in tenant.contents.of(plan.collection()) {
                    let value = plans::value(record);
                    let standing = Standing {
                        status: plan.status(&value),
                        is_over: plan.is_over(&value),
                        is_carried_on: is_carried_on(&tenant.contents, plan, record),
                    };
                    let which = self.remembered.which(on, plan.collection(), &record.id);
                    found.extend(which.map(|which| (*on, plan, which, standing)));
                }
            }
        }
        found
    }

    pub(crate) fn plan(&mut self, step: &Step, plan: Plan, deed: &PlanDeed) -> Shown {
        let collection = plan.collection();
        let id = |which| self.remembered.made(step.on, collection, which);
        match deed {
            PlanDeed::Add(tweaks) => {
                let tweaks = self.remembered.tweaks(step.on, tweaks);
                self.add(step, plan, &tweaks)
            }
            PlanDeed::Get(which) => {
                let id = id(*which);
                let text = self.read(step)?.contents.get(collection, &id).ok_or(ErrorKind::NotFound)?;
                Ok(Seen::Texts(vec![text]))
            }
            PlanDeed::Edit(which, meant, tweaks) => {
                let (id, tweaks) = (id(*which), self.remembered.tweaks(step.on, tweaks));
                self.edit(step, plan, &id, *meant, &tweaks)
            }
            PlanDeed::Take(which, taken) => {
                let id = id(*which);
                self.take(step, plan, &id, taken)
            }
            PlanDeed::Delete(which, meant, chosen) => {
                let id = id(*which);
                self.delete_record(step, collection, &id, *meant, *chosen)
            }
            PlanDeed::Find(by) => self.find(step, plan, *by),
        }
    }

    fn add(&mut self, step: &Step, plan: Plan, tweaks: &[Tweak<String>]) -> Shown {
        let mut value = plan.blank();
        tweaks.iter().for_each(|tweak| plan.tweak(&mut value, tweak));
        if !plan.is_plannable(None, &value) {
            return Err(ErrorKind::InvalidInput.into());
        }
        let id = made(self.steps, 0);
        let text = self.commit(step, |contents, author| {
            contents.push(Record::new(author, plan.collection(), &id, plan.written(&value)))
        })?;
        self.remembered.note_made(step.on, plan.collection(), &id);
        self.wrote(step.on, plan.collection(), &id, &text);
        Ok(Seen::Texts(vec![text]))
    }

    fn edit(&mut self, step: &Step, plan: Plan, id: &str, meant: Meant, tweaks: &[Tweak<String>]) -> Shown {
        let meant = self.meant(step.on, plan.collection(), id, meant);
        let text = self.commit(step, |contents, author| {
            let at = contents.meant(plan.collection(), id, meant.as_ref())?;
            let old = plans::value(contents.at(at));
            let mut new = old.clone();
            tweaks.iter().for_each(|tweak| plan.tweak(&mut new, tweak));
            if !plan.is_plannable(Some(&old), &new) {
                return Err(ErrorKind::InvalidInput);
            }
            if plan.repeats(&new) && !plan.repeats(&old) && is_carried_on(contents, plan, contents.at(at)) {
                return Err(ErrorKind::WrongState);
            }
            change(contents, author, plan, at, &new)
        })?;
        self.wrote(step.on, plan.collection(), id, &text);
        Ok(Seen::Texts(vec![text]))
    }

    fn take(&mut self, step: &Step, plan: Plan, id: &str, taken: &Move) -> Shown {
        if !is_said_right(taken) {
            return Err(ErrorKind::InvalidInput.into());
        }
        let next_id = made(self.steps, 0);
        let texts = self.commit(step, |contents, author| {
            let at = contents.position(plan.collection(), id).ok_or(ErrorKind::NotFound)?;
            let old = contents.at(at).clone();
            let mut new = plan.moved(&plans::value(&old), taken).ok_or(ErrorKind::WrongState)?;
            let ends = matches!(taken, Move::Stop | Move::Fail | Move::Succeed(..) | Move::FailFor(_));
            if ends {
                new.insert("repeat_daily", "false".to_owned());
            }
            let mut texts = vec![change(contents, author, plan, at, &new)?];
            if ends && plan.repeats(&plans::value(&old)) && !is_carried_on(contents, plan, &old) {
                texts.push(contents.push(next(author, plan, &old, &next_id))?);
            }
            Ok(texts)
        })?;
        self.wrote(step.on, plan.collection(), id, &texts[0]);
        if let Some(next) = texts.get(1) {
            self.remembered.note_made(step.on, plan.collection(), &next_id);
            self.remembered.note(step.on, plan.collection(), &next_id, std::slice::from_ref(next));
        }
        Ok(Seen::Texts(texts))
    }

    pub(crate) fn delete_record(
        &mut self,
        step: &Step,
        collection: &'static str,
        id: &str,
        meant: Meant,
        chosen: OnReferenced,
    ) -> Shown {
        let meant = self.meant(step.on, collection, id, meant);
        let text = self.commit(step, |contents, author| {
            let at = contents.meant(collection, id, meant.as_ref())?;
            contents.remove(author, at, chosen)
        })?;
        self.changed(step.on);
        Ok(Seen::Texts(vec![text]))
    }

    fn find(&mut self, step: &Step, plan: Plan, by: By) -> Shown {
        let name = match by {
            By::Video(which) => folded(&self.remembered.file(step.on, FileKind::Video, which)),
            By::Token(token) => folded(TOKENS[token]),
            _ => String::new(),
        };
        let field = if let By::Video(_) = by { "video_file" } else { "tokenFile" };
        let found = self.read(step)?.contents.with(plan.collection(), |record| {
            let value = plans::value(record);
            match by {
                By::Status(status) => plan.status(&value) == plan.statuses()[status % plan.statuses().len()],
                By::Day(days) => plan.day(&value) == Some(day(days)),
                By::Video(_) | By::Token(_) => record.said(field).is_some_and(|said| folded(&said) == name),
            }
        });
        Ok(Seen::Texts(found))
    }
}

/// The day so many days after the one from which starts are told.
pub(crate) fn day(days: i64) -> jiff::civil::Date {
    start(days * 24).date()
}

/// Whether what is said of a schedule's broadcast can be.
fn is_said_right(taken: &Move) -> bool {
    match taken {
        Move::Succeed(stream, link) => {
            is_title(stream) && !stream.trim().is_empty() && link.starts_with("https://") && is_title(link)
        }
        Move::FailFor(Some(reason)) => !reason.contains('\n'),
        _ => true,
    }
}

fn change(
    contents: &mut Contents,
    author: &Author,
    plan: Plan,
    at: usize,
    new: &Value,
) -> Result<String, ErrorKind> {
    let mut record = contents.at(at).clone();
    record.rewrite(author, &plan.written(&plans::value(&record)), &plan.written(new));
    contents.replace(at, record)
}

/// The id with which a record's series began.
fn series(record: &Record) -> String {
    record.said("repeat_of").unwrap_or_else(|| record.id.clone())
}

/// Whether another record of the same series repeats and is not over.
fn is_carried_on(contents: &Contents, plan: Plan, record: &Record) -> bool {
    let series_of_it = series(record);
    let of_series = |other: &&Record| other.id != record.id && series(other) == series_of_it;
    contents.of(plan.collection()).filter(of_series).any(|other| {
        let value = plans::value(other);
        plan.repeats(&value) && !plan.is_over(&value)
    })
}

/// What comes after a record in its series: the same on the first other day on which that time is not over.
fn next(author: &Author, plan: Plan, old: &Record, id: &str) -> Record {
    let now: DateTime = author.time.parse().unwrap();
    let value = plans::value(old);
    let mut at = plan.begins(&value).unwrap_or(now).tomorrow().unwrap();
    while at <= now {
        at = at.tomorrow().unwrap();
    }
    let mut record = Record::new(author, plan.collection(), id, old.own());
    let new = plan.next(&value, at, &series(old));
    record.rewrite(author, &plan.written(&value), &plan.written(&new));
    record
}
