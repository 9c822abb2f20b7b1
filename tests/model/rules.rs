//! The model's rules of each kind, which hold whichever way a change comes.

use tenantry::ErrorKind;

use super::plans::{self, Plan};
use super::record::Record;

/// Whether a text is one line that is neither empty nor longer than titles are.
pub(crate) fn is_title(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 500 && !text.contains('\n')
}

/// Whether a token may be called so.
fn is_token_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with(".json") && !name.starts_with("client_secret")
}

/// What is against a record in place of `before`, or as a new one.
pub(crate) fn check(record: &Record, before: Option<&Record>) -> Result<(), ErrorKind> {
    let fits = match record.collection {
        "tokens" => record.said("filename").is_some_and(|name| is_token_name(&name)),
        "stream_mapping" => {
            let (id, title) = (record.said("stream_id").unwrap(), record.said("title").unwrap());
            is_title(&id) && (title.is_empty() || is_title(&title))
        }
        "live_streams" | "schedules" => {
            let Some(before) = before else { return Ok(()) };
            let plan = if record.collection == "schedules" { Plan::Schedule } else { Plan::LiveStream };
            let (was, is) = (plans::value(before), plans::value(record));
            if !plan.may_become(&was, &is) {
                return Err(ErrorKind::WrongState);
            }
            !plan.repeats_too_late(&was, &is)
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(ErrorKind::InvalidInput) }
}
