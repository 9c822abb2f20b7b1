//! Where the values of a legacy tree come from: a seed, so that a tree can be had again.

use crate::testkit::simulated_disk::{Chooser, Seeded};

use super::json::{Fields, Value, fields};

/// Ids, texts and bytes from a seed.
#[derive(Debug)]
pub(super) struct Maker {
    chooser: Seeded,
    /// Made so far, so that no two texts or contents are the same.
    made: usize,
}

impl Maker {
    pub(super) const fn new(seed: u64) -> Self {
        Self { chooser: Seeded::new(seed), made: 0 }
    }

    /// A number below `options`.
    pub(super) fn below(&mut self, options: usize) -> usize {
        self.chooser.choose(options)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or_default()
    }

    /// A random UUID as text.
    pub(super) fn id(&mut self) -> String {
        let bytes = std::array::from_fn(|_| self.byte());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// A title that no other has.
    pub(super) fn title(&mut self) -> String {
        const WORDS: [&str; 6] = ["rain", "forest", "waves", "night", "fire", "wind"];
        self.made += 1;
        format!("{} sounds {}", WORDS[self.below(WORDS.len())], self.made)
    }

    /// The bytes of a video: a length of its own, and none like another's.
    pub(super) fn video(&mut self) -> Vec<u8> {
        self.content(b"\0\0\0\x18ftypmp42")
    }

    /// The bytes of an image.
    pub(super) fn image(&mut self) -> Vec<u8> {
        self.content(b"\xff\xd8\xff\xe0")
    }

    fn content(&mut self, begin: &[u8]) -> Vec<u8> {
        self.made += 1;
        let random = 8 + self.below(200);
        let mut bytes = [begin, &self.made.to_be_bytes()].concat();
        bytes.extend((0..random).map(|_| self.byte()));
        bytes
    }

    /// A token's content, of no use to anybody.
    pub(super) fn token(&mut self) -> String {
        let token = format!("not-a-token-{:08}", self.below(100_000_000));
        format!("{{\"token\": \"{token}\", \"refresh_token\": \"{token}\", \"scopes\": []}}")
    }

    /// The time of a record, `YYYY-MM-DD hh:mm:ss`.
    pub(super) fn time(&mut self) -> String {
        format!("{} {:02}:{:02}:00", self.day(), self.below(24), self.below(60))
    }

    /// A day of 2025.
    pub(super) fn day(&mut self) -> String {
        format!("2025-{:02}-{:02}", 1 + self.below(12), 1 + self.below(28))
    }

    /// A video's record, with nothing unusual but what is changed in it later.
    pub(super) fn video_record(&mut self, file: &str, thumbnail: &str) -> Fields {
        let title = self.title();
        fields([
            ("id", self.id().into()),
            ("title", title.as_str().into()),
            ("filename", file.into()),
            ("original_filename", format!("{}.mp4", title.replace(' ', "_")).into()),
            ("thumbnail", thumbnail.into()),
            ("date_added", self.time().into()),
            ("source", "local".into()),
        ])
    }

    /// A thumbnail's record.
    pub(super) fn thumbnail_record(&mut self, file: &str) -> Fields {
        let title = self.title();
        fields([
            ("id", self.id().into()),
            ("title", title.as_str().into()),
            ("filename", file.into()),
            ("original_filename", format!("{}.jpg", title.replace(' ', "_")).into()),
            ("date_added", self.time().into()),
        ])
    }

    /// A live stream's record.
    pub(super) fn stream_record(&mut self, video_file: &str, video_title: &str) -> Fields {
        fields([
            ("id", self.id().into()),
            ("title", self.title().into()),
            ("start_date", format!("{}T10:00", self.day()).into()),
            ("video_file", video_file.into()),
            ("video_title", video_title.into()),
            ("rtmp_server", "youtube".into()),
            ("stream_key", format!("not-a-key-{:04}", self.below(10_000)).into()),
            ("duration", "120".into()),
            ("repeat_daily", (self.below(2) == 0).into()),
            ("status", "scheduled".into()),
            ("process_pid", Value::null()),
            ("created_at", self.time().into()),
        ])
    }

    /// A stream key in the newer form of the mapping.
    pub(super) fn stream_key(&mut self) -> (String, Value) {
        let ingestion = fields([
            ("streamName", format!("not-a-key-{:04}", self.below(10_000)).into()),
            ("ingestionAddress", "rtmp://stream.example.com/live".into()),
        ]);
        let cdn = fields([("ingestionInfo", Value::Object(ingestion)), ("resolution", "variable".into())]);
        (self.id(), Value::Object(fields([("title", self.title().into()), ("cdn", Value::Object(cdn))])))
    }
}
