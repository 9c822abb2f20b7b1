//! The documented form of all stream keys: `{token file: {stream id: {"title": …, "cdn": …}}}`.

use super::StreamKey;
use crate::ledger::Entry;
use crate::record::{Envelope, Record, RecordText};

/// The members of the mapping: each token's file name with the JSON object of its keys, in the order in
/// which they came. A record that can't be read is left out.
pub(in crate::workspace) fn mapping(entries: &[Entry]) -> Vec<(String, Vec<u8>)> {
    let mut tokens: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in entries {
        let text = RecordText::from_stored(entry.text.clone());
        let Ok(record) = Record::<StreamKey>::read(&text) else { continue };
        let StreamKey { token_file, stream_id, .. } = record.value();
        let Some(member) = member(&text, stream_id) else { continue };
        match tokens.iter_mut().find(|(token, _)| token == token_file.as_str()) {
            Some((_, keys)) => {
                keys.pop();
                keys.push(b',');
                keys.extend(member);
                keys.push(b'}');
            }
            None => {
                let keys = [b"{", member.as_slice(), b"}"].concat();
                tokens.push((token_file.as_str().to_owned(), keys));
            }
        }
    }
    tokens
}

/// `"<stream id>":{…}`, with the fields that are neither the envelope's nor said by the place.
fn member(text: &RecordText, stream_id: &str) -> Option<Vec<u8>> {
    let fields = text.fields().ok()?;
    let said = |name: &str| Envelope::has(name) || ["token_file", "stream_id"].contains(&name);
    let mut member = serde_json::to_vec(stream_id).ok()?;
    member.extend(b":{");
    for (at, (name, value)) in fields.iter().filter(|(name, _)| !said(name)).enumerate() {
        if at > 0 {
            member.push(b',');
        }
        member.extend(serde_json::to_vec(name).ok()?);
        member.push(b':');
        member.extend(value.as_bytes());
    }
    member.push(b'}');
    Some(member)
}
