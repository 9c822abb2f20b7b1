//! Everything that the library tells `tracing`, at every level and on every thread.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use crate::caught::{Caught, Contents, Hearer};

/// An event, or a span's fields.
#[derive(Debug, Clone, Default)]
struct Told {
    target: String,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.fields.insert(field.name(), format!("{value} {value:?}"));
    }
}

static TOLD: Mutex<Vec<Told>> = Mutex::new(Vec::new());

struct Listener;

impl Listener {
    fn note(told: Told) {
        TOLD.lock().unwrap().push(told);
    }
}

impl Subscriber for Listener {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::always()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut told = Told { target: span.metadata().target().to_owned(), ..Told::default() };
        span.record(&mut told);
        Self::note(told);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut told = Told::default();
        values.record(&mut told);
        Self::note(told);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut told = Told { target: event.metadata().target().to_owned(), ..Told::default() };
        event.record(&mut told);
        Self::note(told);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Listens from now on, in the whole process.
pub(crate) fn listen() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| tracing::subscriber::set_global_default(Listener).unwrap());
}

/// Takes over all that was told so far. A log is read by the host, but an event names the tenants that
/// it is about in fields of their own and no others: so that it can be kept apart, and so that nothing
/// is named by the way.
pub(crate) fn told(caught: &mut Caught) -> BTreeSet<String> {
    let all = std::mem::take(&mut *TOLD.lock().unwrap());
    let unquoted = |text: &String| text.trim_matches('"').to_owned();
    for Told { target, fields } in &all {
        let named: Vec<String> =
            ["tenant", "principal"].iter().filter_map(|&name| fields.get(name).map(unquoted)).collect();
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let hearer = Hearer::of(format!("the log {target}"), &named);
        caught.text(&hearer, format!("{fields:?}"), Contents::Hidden);
    }
    all.into_iter().map(|told| told.target).collect()
}
