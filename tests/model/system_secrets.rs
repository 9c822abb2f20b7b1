//! What the system does with tokens and stream keys.

use std::sync::Mutex;

use tenantry::record::{OnReferenced, Record, SecretText};
use tenantry::{
    Cdn, Expected, FetchedStreamKey, SourceError, StreamKeySource, Token, TokenContent, Workspace,
};

use super::named::{folded, key_name};
use super::reference_secrets::ANOTHER;
use super::secrets::{ADDRESS, CONTENTS, DELIVERIES, KeyDeed, Meanwhile, STREAMS, Script, TOKENS, TokenDeed};
use super::step::{Meant, Name, Seen, Step};
use super::system::{Result, System};
use super::system_records::{file_name, text, texts, token_name};

fn content(which: usize) -> TokenContent {
    TokenContent::parse(CONTENTS[which]).unwrap()
}

impl System {
    pub(crate) async fn token(&mut self, step: &Step, workspace: &Workspace, deed: &TokenDeed) -> Result {
        let tokens = workspace.tokens();
        match *deed {
            TokenDeed::Create(token, holds) => {
                let record = tokens.create(&token_name(token), content(holds)).await?;
                self.note_made(record.id().as_str(), 0);
                Ok(self.note_text(step.on, "tokens", &folded(TOKENS[token]), text(&record)))
            }
            TokenDeed::Read(token) => Ok(Seen::Texts(vec![text(&tokens.read(&token_name(token)).await?)])),
            TokenDeed::Replace(token, meant, holds) => {
                let meant = self.meant_token(step.on, token, meant);
                let record = tokens.replace(&token_name(token), meant, content(holds)).await?;
                Ok(self.note_text(step.on, "tokens", &folded(TOKENS[token]), text(&record)))
            }
            TokenDeed::Delete(token, meant, chosen) => {
                let meant = self.meant_token(step.on, token, meant);
                Ok(Seen::Texts(vec![text(&tokens.delete_with(&token_name(token), meant, chosen).await?)]))
            }
        }
    }

    fn meant_token(&self, on: Name, token: usize, meant: Meant) -> Expected {
        self.meant(on, "tokens", &folded(TOKENS[token]), meant)
    }

    pub(crate) async fn stream_key(&mut self, step: &Step, workspace: &Workspace, deed: &KeyDeed) -> Result {
        let keys = workspace.stream_keys();
        match deed {
            KeyDeed::Fetch(token, script) => self.fetch(step, workspace, *token, script).await,
            KeyDeed::Read(token, stream) => {
                let read = keys.read(&token_name(*token), STREAMS[*stream]).await?;
                let name = key_name(TOKENS[*token], STREAMS[*stream]);
                Ok(self.note_text(step.on, "stream_mapping", &name, text(&read)))
            }
            KeyDeed::Find(token) => Ok(Seen::Texts(texts(&keys.find_by_token(&token_name(*token)).await?))),
            KeyDeed::Delete(token, stream, meant, chosen) => {
                let (token, stream) = (TOKENS[*token], STREAMS[*stream]);
                let meant = self.meant(step.on, "stream_mapping", &key_name(token, stream), *meant);
                let deleted = keys.delete_with(&file_name(token), stream, meant, *chosen).await?;
                Ok(Seen::Texts(vec![text(&deleted)]))
            }
            KeyDeed::DeleteAll(token, chosen) => {
                Ok(Seen::Texts(texts(&keys.delete_by_token(&token_name(*token), *chosen).await?)))
            }
        }
    }

    async fn fetch(&mut self, step: &Step, workspace: &Workspace, token: usize, script: &Script) -> Result {
        let service = Service { script, token, workspace: workspace.clone(), wrote: Mutex::default() };
        let report = workspace.stream_keys().fetch(&token_name(token), &service).await;
        if let Some(written) = service.wrote.into_inner().unwrap() {
            if script.meanwhile == Meanwhile::Another {
                self.note_made(written.id().as_str(), ANOTHER);
            }
            self.note_text(step.on, "tokens", &folded(TOKENS[token]), text(&written));
        }
        let report = report?;
        for (number, stream) in report.added.iter().enumerate() {
            let added = workspace.stream_keys().read(&token_name(token), stream).await?;
            self.note_made(added.id().as_str(), number);
            self.note_text(step.on, "stream_mapping", &key_name(TOKENS[token], stream), text(&added));
        }
        Ok(Seen::Fetched([report.added, report.changed, report.unchanged, report.absent]))
    }
}

/// A service that does as it is told.
struct Service<'a> {
    script: &'a Script,
    token: usize,
    workspace: Workspace,
    /// The token that it wrote.
    wrote: Mutex<Option<Record<Token>>>,
}

#[async_trait::async_trait]
impl StreamKeySource for Service<'_> {
    async fn stream_keys(&self, token: &Token) -> std::result::Result<Vec<FetchedStreamKey>, SourceError> {
        assert_eq!(folded(token.filename.as_str()), folded(TOKENS[self.token]));
        let (tokens, name) = (self.workspace.tokens(), token_name(self.token));
        // That these are refused is nobody's concern: what they did is seen later.
        let written = match self.script.meanwhile {
            Meanwhile::Nothing => None,
            Meanwhile::Refreshed => tokens.replace(&name, Expected::Any, content(2)).await.ok(),
            Meanwhile::Deleted | Meanwhile::Another => {
                let _ = tokens.delete_with(&name, Expected::Any, OnReferenced::Cascade).await;
                match self.script.meanwhile {
                    Meanwhile::Another => tokens.create(&name, content(2)).await.ok(),
                    _ => None,
                }
            }
        };
        *self.wrote.lock().unwrap() = written;
        if self.script.fails {
            return Err("the service is away".into());
        }
        Ok(self
            .script
            .told
            .iter()
            .map(|told| {
                let key = FetchedStreamKey::new(&told.id, &told.title);
                let name = told.delivery.map(|delivery| SecretText::new(DELIVERIES[delivery]));
                match name {
                    Some(name) => key.cdn(Cdn::new(ADDRESS, name)),
                    None => key,
                }
            })
            .collect())
    }
}
