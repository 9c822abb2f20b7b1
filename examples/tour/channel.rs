//! A token and its stream keys: refreshed, fetched, hidden, gone together.

use async_trait::async_trait;
use tenantry::paths::FileName;
use tenantry::record::SecretText;
use tenantry::{
    Cdn, ErrorKind, Expected, FetchedStreamKey, ListOptions, SourceError, StreamKeySource, Token,
    TokenContent,
};

use crate::Outcome;
use crate::people::People;
use crate::report::{Report, Table};

/// The service, as far as the tour needs one.
struct Service;

#[async_trait]
impl StreamKeySource for Service {
    async fn stream_keys(&self, _: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        let cdn = Cdn::new("rtmp://ingest.example/live", SecretText::new("tour-secret-key"));
        Ok(["main", "backup"].map(|id| FetchedStreamKey::new(id, id).cdn(cdn.clone())).to_vec())
    }
}

fn content(refresh: u32) -> tenantry::Result<TokenContent> {
    TokenContent::parse(format!(r#"{{"refresh_token": "tour-secret-{refresh}"}}"#))
}

/// Ana gives access to her channel, refreshes it, and takes it back.
pub(crate) async fn tokens(people: &People, report: &mut Report) -> Outcome {
    report.section("Ana's channel");
    let own = people.ana.own();
    let (tokens, keys) = (own.tokens(), own.stream_keys());
    let channel = FileName::parse("channel.json")?;
    // What an earlier tour left in this root.
    match tokens.delete(&channel, Expected::Any).await {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let token = tokens.create(&channel, content(1)?).await?;
    let reserved = tokens.create(&FileName::parse("client_secret.json")?, content(1)?).await;
    let reserved = reserved.is_err_and(|error| error.kind() == ErrorKind::InvalidInput);
    report.check(reserved, "The name of the application's own credentials is refused.");
    tokens.replace(&channel, token.revision(), content(2)?).await?;
    let late = tokens.replace(&channel, token.revision(), content(3)?).await;
    let late = late.is_err_and(|error| error.kind() == ErrorKind::RevisionMismatch);
    let kept = tokens.read(&channel).await?;
    report.check(late && kept.value().content == content(2)?, "Of two refreshes at once one stands, whole.");

    let fetched = keys.fetch(&channel, &Service).await?;
    report.check(fetched.added.len() == 2, "Its stream keys were fetched.");
    let again = keys.fetch(&channel, &Service).await?;
    report.check(again.unchanged.len() == 2, "Fetched again, they are as they were.");
    let listed = keys.find_by_token(&channel).await?;
    let mut table = Table::new(&["token", "stream", "as a response and a log show it"]);
    let mut shown = String::new();
    for key in &listed {
        let response = serde_json::to_string(key)?;
        shown.push_str(&format!("{response}{key:?}{kept:?}"));
        table.row(vec![key.value().token_file.to_string(), key.value().stream_id.clone(), response]);
    }
    report.table(table);
    report.check(!shown.contains("tour-secret"), "Neither token nor key is printed.");

    let foreign = people.ben.workspace(people.ana.tenant());
    let hidden = foreign.tokens().read(&channel).await;
    let hidden = hidden.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    report.check(hidden, "To Ben there is no such token.");
    tokens.delete(&channel, Expected::Any).await?;
    let left = keys.list(&ListOptions::new()).await?.items;
    report.check(left.is_empty(), "Deleted, the token took its stream keys along.");
    // Back again, so that the next steps find one.
    tokens.create(&channel, content(4)?).await?;
    keys.fetch(&channel, &Service).await?;
    Ok(())
}
