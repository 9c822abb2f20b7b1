//! What hosts remember of what they were shown: ids that the library made, and texts of records.

use std::collections::BTreeMap;

use super::files::FileKind;
use super::planned::Tweak;
use super::step::{Answer, Id, Lens, Name, RecordDeed, Which};

/// An id as the library makes them, and of nothing.
const NONE: &str = "00000000-0000-4000-8000-000000000000";

#[derive(Debug, Clone, Default)]
pub(crate) struct Remembered {
    /// Ids by collection, the oldest first.
    made: BTreeMap<(Name, &'static str), Vec<String>>,
    shown: BTreeMap<(Name, &'static str, String), Vec<String>>,
    /// The names of files, in step with their ids.
    files: BTreeMap<(Name, &'static str), Vec<String>>,
}

fn latest(list: Option<&Vec<String>>, back: usize) -> Option<String> {
    list.and_then(|list| list.iter().rev().nth(back)).cloned()
}

fn place(on: Name, collection: &'static str, which: Which) -> ((Name, &'static str), usize) {
    match which {
        Which::Own(back) => ((on, collection), back),
        Which::Foreign(other, back) => ((other, collection), back),
    }
}

impl Remembered {
    /// The id that is meant.
    pub(crate) fn id(&self, on: Name, deed: &RecordDeed) -> String {
        match deed.id {
            Id::Given(number) => format!("r{number}"),
            Id::Fresh(back) => {
                let made = self.made.get(&(on, deed.lens.collection()));
                latest(made, back).unwrap_or_else(|| "r0".to_owned())
            }
        }
    }

    /// The id that the library made, of what is meant; of none if there was none.
    pub(crate) fn made(&self, on: Name, collection: &'static str, which: Which) -> String {
        let (place, back) = place(on, collection, which);
        latest(self.made.get(&place), back).unwrap_or_else(|| NONE.to_owned())
    }

    /// How one tells the id that the library made.
    pub(crate) fn which(&self, on: Name, collection: &'static str, id: &str) -> Option<Which> {
        let made = self.made.get(&(on, collection))?;
        made.iter().rev().position(|made| made == id).map(Which::Own)
    }

    /// The name of a file that is meant.
    pub(crate) fn file(&self, on: Name, kind: FileKind, which: Which) -> String {
        let (place, back) = place(on, kind.collection(), which);
        let extension = if kind == FileKind::Video { "mp4" } else { "png" };
        latest(self.files.get(&place), back).unwrap_or_else(|| format!("{NONE}.{extension}"))
    }

    /// Tweaks that tell files by their names.
    pub(crate) fn tweaks(&self, on: Name, tweaks: &[Tweak]) -> Vec<Tweak<String>> {
        let file = |kind, which: &Option<Which>| which.map(|which| self.file(on, kind, which));
        let tweak = |tweak: &Tweak| match tweak {
            Tweak::Video(which) => Tweak::Video(file(FileKind::Video, which)),
            Tweak::Thumbnail(which) => Tweak::Thumbnail(file(FileKind::Thumbnail, which)),
            Tweak::Title(title) => Tweak::Title(title.clone()),
            Tweak::Start(hours) => Tweak::Start(*hours),
            Tweak::Token(token) => Tweak::Token(*token),
            Tweak::StreamId(id) => Tweak::StreamId(*id),
            Tweak::Repeat(repeat) => Tweak::Repeat(*repeat),
            Tweak::Details(there) => Tweak::Details(*there),
            Tweak::Status => Tweak::Status,
            Tweak::Process => Tweak::Process,
            Tweak::Series => Tweak::Series,
        };
        tweaks.iter().map(tweak).collect()
    }

    /// A text that was shown of a record.
    pub(crate) fn text(&self, on: Name, collection: &'static str, id: &str, back: usize) -> Option<String> {
        latest(self.shown.get(&(on, collection, id.to_owned())), back)
    }

    pub(crate) fn note_made(&mut self, on: Name, collection: &'static str, id: &str) {
        self.made.entry((on, collection)).or_default().push(id.to_owned());
    }

    pub(crate) fn note(&mut self, on: Name, collection: &'static str, id: &str, texts: &[String]) {
        let shown = self.shown.entry((on, collection, id.to_owned())).or_default();
        shown.extend(texts.iter().cloned());
    }

    pub(crate) fn note_file(&mut self, on: Name, kind: FileKind, id: &str, file: &str) {
        self.note_made(on, kind.collection(), id);
        self.files.entry((on, kind.collection())).or_default().push(file.to_owned());
    }

    /// Notes what a transaction showed.
    pub(crate) fn note_answers(&mut self, on: Name, deeds: &[(Lens, String, bool)], answers: &[Answer]) {
        for ((lens, id, changes), answer) in deeds.iter().zip(answers) {
            if let (true, Answer::Texts(texts)) = (changes, answer) {
                self.note(on, lens.collection(), id, texts);
            }
        }
    }
}
