//! The model's tokens and stream keys: made, refreshed, fetched, gone together.

use tenantry::ErrorKind;
use tenantry::record::OnReferenced;

use super::contents::{Author, Contents};
use super::named::{folded, key_name};
use super::record::{Record, Written, quoted};
use super::reference::{Effect, Model, Shown, made};
use super::rules::is_title;
use super::secrets::{
    ADDRESS, CONTENTS, DELIVERIES, KeyDeed, Meanwhile, STREAMS, Script, TOKENS, TokenDeed, Told,
};
use super::step::{Seen, Step};

/// The id of the token that has a name.
fn token_id(contents: &Contents, name: &str) -> Result<String, ErrorKind> {
    contents.named("tokens", &folded(name)).map(|token| token.id.clone()).ok_or(ErrorKind::NotFound)
}

fn key_id(contents: &Contents, token: &str, stream: &str) -> Result<String, ErrorKind> {
    let key = contents.named("stream_mapping", &key_name(token, stream));
    key.map(|key| key.id.clone()).ok_or(ErrorKind::NotFound)
}

/// The stream keys of a token.
fn keys<'a>(contents: &'a Contents, token: &str) -> Vec<&'a Record> {
    let of_token = |key: &&Record| key.said("token_file").is_some_and(|own| folded(&own) == folded(token));
    contents.of("stream_mapping").filter(of_token).collect()
}

impl Model {
    pub(crate) fn token(&mut self, step: &Step, deed: &TokenDeed) -> Shown {
        match *deed {
            TokenDeed::Create(name, content) => self.create_token(step, name, content, 0),
            TokenDeed::Read(name) => {
                let contents = &self.read(step)?.contents;
                let id = token_id(contents, TOKENS[name])?;
                Ok(Seen::Texts(contents.get("tokens", &id).into_iter().collect()))
            }
            TokenDeed::Replace(name, meant, content) => {
                // What was shown is kept by the name.
                let meant = self.meant(step.on, "tokens", &folded(TOKENS[name]), meant);
                self.replace_token(step, name, meant.as_ref(), content)
            }
            TokenDeed::Delete(name, meant, chosen) => {
                let meant = self.meant(step.on, "tokens", &folded(TOKENS[name]), meant);
                self.delete_token(step, name, meant.as_ref(), chosen)
            }
        }
    }

    fn create_token(&mut self, step: &Step, name: usize, content: usize, number: usize) -> Shown {
        let (id, name) = (made(self.steps, number), TOKENS[name]);
        let text = self.commit(step, |contents, author| {
            let own = vec![("filename", quoted(name)), ("content", quoted(CONTENTS[content]))];
            contents.push(Record::new(author, "tokens", &id, own))
        })?;
        self.wrote(step.on, "tokens", &folded(name), &text);
        Ok(Seen::Texts(vec![text]))
    }

    fn replace_token(&mut self, step: &Step, name: usize, meant: Option<&String>, content: usize) -> Shown {
        let text = self.commit(step, |contents, author| {
            let id = token_id(contents, TOKENS[name])?;
            let at = contents.meant("tokens", &id, meant)?;
            let mut record = contents.at(at).clone();
            record.set("content", quoted(CONTENTS[content]));
            record.set("updated_at", quoted(&author.time));
            contents.replace(at, record)
        })?;
        self.wrote(step.on, "tokens", &folded(TOKENS[name]), &text);
        Ok(Seen::Texts(vec![text]))
    }

    fn delete_token(
        &mut self,
        step: &Step,
        name: usize,
        meant: Option<&String>,
        chosen: OnReferenced,
    ) -> Shown {
        let text = self.commit(step, |contents, author| {
            let id = token_id(contents, TOKENS[name])?;
            let at = contents.meant("tokens", &id, meant)?;
            contents.remove(author, at, chosen)
        })?;
        self.changed(step.on);
        Ok(Seen::Texts(vec![text]))
    }

    pub(crate) fn stream_key(&mut self, step: &Step, deed: &KeyDeed) -> Shown {
        match deed {
            KeyDeed::Fetch(token, script) => self.fetch(step, *token, script),
            KeyDeed::Read(token, stream) => {
                let contents = &self.read(step)?.contents;
                let id = key_id(contents, TOKENS[*token], STREAMS[*stream])?;
                let text = contents.get("stream_mapping", &id).unwrap();
                let name = key_name(TOKENS[*token], STREAMS[*stream]);
                self.remembered.note(step.on, "stream_mapping", &name, std::slice::from_ref(&text));
                Ok(Seen::Texts(vec![text]))
            }
            KeyDeed::Find(token) => {
                let contents = &self.read(step)?.contents;
                Ok(Seen::Texts(keys(contents, TOKENS[*token]).into_iter().map(Record::text).collect()))
            }
            KeyDeed::Delete(token, stream, meant, chosen) => {
                let (token, stream) = (TOKENS[*token], STREAMS[*stream]);
                let meant = self.meant(step.on, "stream_mapping", &key_name(token, stream), *meant);
                let text = self.commit(step, |contents, author| {
                    let id = key_id(contents, token, stream)?;
                    let at = contents.meant("stream_mapping", &id, meant.as_ref())?;
                    contents.remove(author, at, *chosen)
                })?;
                self.changed(step.on);
                Ok(Seen::Texts(vec![text]))
            }
            KeyDeed::DeleteAll(token, chosen) => {
                let texts = self.commit(step, |contents, author| {
                    let own = keys(contents, TOKENS[*token]).into_iter();
                    let own: Vec<_> = own.map(|key| (key.id.clone(), key.text())).collect();
                    for (id, _) in &own {
                        let at = contents.meant("stream_mapping", id, None)?;
                        contents.remove(author, at, *chosen)?;
                    }
                    Ok(own.into_iter().map(|(_, text)| text).collect::<Vec<_>>())
                })?;
                if !texts.is_empty() {
                    self.changed(step.on);
                }
                Ok(Seen::Texts(texts))
            }
        }
    }

    /// The service is asked between a look at the token and the change; what happens meanwhile happens.
    fn fetch(&mut self, step: &Step, name: usize, script: &Script) -> Shown {
        let asked = token_id(&self.admit(step, Effect::Write, true)?.contents, TOKENS[name])?;
        match script.meanwhile {
            Meanwhile::Nothing => {}
            Meanwhile::Refreshed => drop(self.replace_token(step, name, None, 2)),
            Meanwhile::Deleted => drop(self.delete_token(step, name, None, OnReferenced::Cascade)),
            Meanwhile::Another => {
                let _ = self.delete_token(step, name, None, OnReferenced::Cascade);
                let _ = self.create_token(step, name, 2, ANOTHER);
            }
        }
        if script.fails {
            return Err(ErrorKind::Unavailable.into());
        }
        if script.told.iter().any(|told| told.id.trim().is_empty() || !is_title(&told.id)) {
            return Err(ErrorKind::InvalidInput.into());
        }
        let number = self.steps;
        let report = self.commit(step, |contents, author| {
            if token_id(contents, TOKENS[name])? != asked {
                return Err(ErrorKind::RevisionMismatch);
            }
            merge(contents, author, TOKENS[name], &script.told, number)
        })?;
        if !report[0].is_empty() || !report[1].is_empty() {
            self.changed(step.on);
        }
        for stream in &report[0] {
            let name = key_name(TOKENS[name], stream);
            let added = self.tenants[step.on].contents.named("stream_mapping", &name).map(Record::text);
            self.remembered.note(step.on, "stream_mapping", &name, added.as_slice());
        }
        Ok(Seen::Fetched(report))
    }
}

/// Which of a step's ids the token has that was made while a service was asked.
pub(crate) const ANOTHER: usize = 99;

fn merge(
    contents: &mut Contents,
    author: &Author,
    name: &str,
    told: &[Told],
    step: u32,
) -> Result<[Vec<String>; 4], ErrorKind> {
    let token = contents.named("tokens", &folded(name)).and_then(|token| token.said("filename")).unwrap();
    let [mut added, mut changed, mut unchanged] = [Vec::new(), Vec::new(), Vec::new()];
    for told in told {
        let Ok(id) = key_id(contents, &token, &told.id) else {
            let id = made(step, added.len());
            let names = [("token_file", quoted(&token)), ("stream_id", quoted(&told.id))];
            let own = names.into_iter().chain(delivered(told)).collect();
            contents.push(Record::new(author, "stream_mapping", &id, own))?;
            added.push(told.id.clone());
            continue;
        };
        let at = contents.meant("stream_mapping", &id, None)?;
        let mut record = contents.at(at).clone();
        let known =
            |(name, value): &(&'static str, String)| ["title", "cdn"].contains(name) && value != "null";
        let (before, after) =
            (record.fields.iter().filter(|field| known(field)).cloned().collect(), delivered(told));
        if before == after {
            unchanged.push(told.id.clone());
            continue;
        }
        record.rewrite(author, &before, &after);
        contents.replace(at, record)?;
        changed.push(told.id.clone());
    }
    let absent = keys(contents, &token).into_iter().filter_map(|key| key.said("stream_id"));
    let absent = absent.filter(|id| !told.iter().any(|told| told.id == *id)).collect();
    Ok([added, changed, unchanged, absent])
}

/// What a service tells of a stream, as it is written.
fn delivered(told: &Told) -> Written {
    let delivery = told.delivery.map(|delivery| {
        let name = quoted(DELIVERIES[delivery]);
        format!("{{\"ingestionInfo\":{{\"streamName\":{name},\"ingestionAddress\":\"{ADDRESS}\"}}}}")
    });
    let title = ("title", quoted(&told.title));
    std::iter::once(title).chain(delivery.map(|delivery| ("cdn", delivery))).collect()
}
