//! The model's videos and thumbnails: uploads that hold quota as they go, and what is done to what was
//! stored.

use tenantry::ErrorKind;

use super::contents::{Author, Contents};
use super::files::{BEGINNINGS, FileDeed, FileKind, OnFile, Part, Uploading};
use super::limits::over_limit;
use super::record::{Record, quoted};
use super::reference::{Effect, Late, Model, Shown, made};
use super::reference_records::local_time;
use super::rules::is_title;
use super::step::{Caps, Meant, Name, Refusal, Seen, Step, UsageSeen, Which, settings};

/// What stands for the name, without extension, of the file that was stored in a step.
pub(crate) fn file_placeholder(kind: FileKind, step: u32) -> String {
    match kind {
        FileKind::Video => format!("video-{step:030}"),
        FileKind::Thumbnail => format!("image-{step:030}"),
    }
}

fn check_title(title: &str) -> Result<(), ErrorKind> {
    if is_title(title) { Ok(()) } else { Err(ErrorKind::InvalidInput) }
}

/// The usage with so many bytes held for an upload.
fn holding(usage: &UsageSeen, bytes: u64) -> UsageSeen {
    UsageSeen { reserved: (bytes, 1), ..usage.clone() }
}

fn within(caps: &Caps, before: &UsageSeen, after: &UsageSeen) -> Result<(), Refusal> {
    let over = over_limit(caps, before, after);
    over.map_or(Ok(()), |over| Err(Refusal { kind: ErrorKind::QuotaExceeded, over: Some(over) }))
}

/// How long a file may be, and how many of its first bytes are looked at.
const fn bounds(kind: FileKind) -> (u64, usize) {
    match kind {
        FileKind::Video => (u64::MAX, 0),
        FileKind::Thumbnail => (settings::THUMBNAIL_BYTES, 64),
    }
}

/// Whether the first bytes are those of the kind of image that the extension says.
fn looks_right(kind: FileKind, extension: &str, bytes: &[u8]) -> bool {
    let begins =
        |(head, extensions): &(&[u8], &[&str])| extensions.contains(&extension) && bytes.starts_with(head);
    kind == FileKind::Video || BEGINNINGS.iter().any(begins)
}

/// What is held while the pieces come; what was held when one did not fit. Of so few bytes none is refused before their
/// end where they are written `beside` the reservation.
fn receive(
    caps: &Caps,
    usage: &UsageSeen,
    mut held: u64,
    uploading: &Uploading,
    pieces: &[Vec<u8>],
    beside: bool,
) -> Result<u64, Refusal> {
    let (longest, head) = bounds(uploading.kind);
    let whole = pieces.concat();
    if uploading.breaks && whole.len() < head {
        return Err(ErrorKind::BodyFailed.into());
    }
    let extension = uploading.original().1.map_or("", |(extension, _)| extension);
    if !looks_right(uploading.kind, extension, &whole) {
        return Err(ErrorKind::InvalidInput.into());
    }
    let mut cover = |bytes: u64| {
        if bytes > held {
            let wanted = (bytes + settings::RESERVATION_STEP).min(room(caps, usage)).min(longest).max(bytes);
            within(caps, &holding(usage, held), &holding(usage, wanted))?;
            held = wanted;
        }
        Ok::<_, Refusal>(held)
    };
    let mut bytes = 0;
    for piece in pieces {
        bytes += piece.len() as u64;
        if bytes > longest {
            return Err(ErrorKind::TooLarge.into());
        }
        if !beside {
            cover(bytes)?;
        }
    }
    if uploading.breaks { Err(ErrorKind::BodyFailed.into()) } else { cover(bytes) }
}

fn room(caps: &Caps, usage: &UsageSeen) -> u64 {
    caps.blob_bytes.map_or(u64::MAX, |limit| limit.saturating_sub(usage.blob_bytes))
}

/// A stored file's record.
fn stored(
    author: &Author,
    kind: FileKind,
    id: &str,
    file: &str,
    titles: (&str, &str),
    bytes: &[u8],
) -> Record {
    let (title, original) = titles;
    let fields = vec![
        ("title", quoted(title)),
        ("filename", quoted(file)),
        ("original_filename", quoted(original)),
        ("thumbnail", "null".to_owned()),
        ("date_added", quoted(&author.time)),
        ("source", quoted("local")),
        ("bytes", bytes.len().to_string()),
        ("hash", quoted(blake3::hash(bytes).to_hex().as_str())),
    ];
    let of_videos = |name: &str| ["thumbnail", "source"].contains(&name);
    let own = fields.into_iter().filter(|(name, _)| kind == FileKind::Video || !of_videos(name));
    Record::new(author, kind.collection(), id, own.collect())
}

impl Model {
    pub(crate) fn upload(&mut self, step: &Step, uploading: &Uploading) -> Shown {
        let (kind, (original, accepted)) = (uploading.kind, uploading.original());
        let (extension, own_title) = accepted.ok_or(ErrorKind::InvalidInput)?;
        let (longest, _) = bounds(kind);
        if uploading.announced.is_some_and(|announced| announced > longest) {
            return Err(ErrorKind::TooLarge.into());
        }
        let title = uploading.title.as_deref().unwrap_or(own_title);
        check_title(title)?;
        let (number, now, late) = (self.steps, self.now, self.late);
        let tenant = self.admit(step, Effect::Write, true)?;
        let (caps, usage) = (tenant.caps(), tenant.contents.usage());
        let needed = uploading.announced.unwrap_or(0);
        let wanted = uploading.announced.unwrap_or(settings::RESERVATION_STEP);
        let held = wanted.min(room(&caps, &usage)).min(longest).max(needed);
        within(&caps, &usage, &holding(&usage, held))?;
        tenant.changes += 1;
        let time = local_time(now, &tenant.profile.zone);
        let author = Author { by: step.by.to_owned(), on: step.on.to_owned(), time };
        let (id, file) = (made(number, 0), format!("{}.{extension}", file_placeholder(kind, number)));
        let pieces = uploading.body(number);
        // The store that fences all is the one whose calls block.
        let beside = late == Late::None;
        let stored = receive(&caps, &usage, held, uploading, &pieces, beside).and_then(|held| {
            let mut contents = tenant.contents.clone();
            let bytes = pieces.concat();
            let record = stored(&author, kind, &id, &file, (title, original), &bytes);
            contents.store_file(&file, bytes);
            let text = contents.push(record)?;
            within(&caps, &holding(&usage, held), &contents.usage())?;
            tenant.contents = contents;
            Ok(text)
        });
        if stored.is_err() || late == Late::Any {
            // The reservation is over, and a request under it may still be on its way.
            tenant.contents.late_until = now + settings::RESERVATION_LIFE;
        }
        let text = stored?;
        self.remembered.note_file(step.on, kind, &id, &file);
        self.remembered.note(step.on, kind.collection(), &id, std::slice::from_ref(&text));
        Ok(Seen::Texts(vec![text]))
    }

    pub(crate) fn on_file(&mut self, step: &Step, on_file: &OnFile) -> Shown {
        let (kind, which) = (on_file.kind, on_file.which);
        let id = self.remembered.made(step.on, kind.collection(), which);
        let file = self.remembered.file(step.on, kind, which);
        match &on_file.deed {
            FileDeed::Rename(meant, title) => {
                check_title(title)?;
                let meant = self.meant(step.on, kind.collection(), &id, *meant);
                let text = self.commit(step, |contents, author| {
                    rewrite(contents, author, &id, meant.as_ref(), ("title", quoted(title)))
                })?;
                self.wrote(step.on, kind.collection(), &id, &text);
                Ok(Seen::Texts(vec![text]))
            }
            FileDeed::SetThumbnail(meant, image) => self.set_thumbnail(step, &id, *meant, *image),
            FileDeed::Delete(meant, chosen) => {
                let meant = self.meant(step.on, kind.collection(), &id, *meant);
                let late_until = self.now + settings::RESERVATION_LIFE;
                let text = self.commit(step, |contents, author| {
                    contents.late_until = late_until;
                    let at = contents.meant(kind.collection(), &id, meant.as_ref())?;
                    contents.remove(author, at, *chosen)
                })?;
                self.changed(step.on);
                Ok(Seen::Texts(vec![text]))
            }
            deed => {
                let contents = &self.read(step)?.contents;
                let text = contents.get(kind.collection(), &id).ok_or(ErrorKind::NotFound)?;
                let bytes = contents.file(&file).ok_or(ErrorKind::NotFound)?;
                Ok(match deed {
                    FileDeed::Get => Seen::Texts(vec![text]),
                    FileDeed::Open(part) => read_part(bytes, *part)?,
                    FileDeed::Verify => Seen::Intact,
                    _ => read_part(bytes, Part::All)?,
                })
            }
        }
    }

    /// One that is told by its id has to be there before anything is compared; one that is told by its name,
    /// when the video is stored.
    fn set_thumbnail(
        &mut self,
        step: &Step,
        video: &str,
        meant: Meant,
        image: Option<(Which, bool)>,
    ) -> Shown {
        let meant = self.meant(step.on, "videos", video, meant);
        let image = image.map(|(which, by_name)| {
            let id = self.remembered.made(step.on, "thumbnails", which);
            (id, self.remembered.file(step.on, FileKind::Thumbnail, which), by_name)
        });
        let text = self.commit(step, |contents, author| {
            if contents.position("videos", video).is_none() {
                return Err(ErrorKind::NotFound);
            }
            let by_id = image.as_ref().filter(|(_, _, by_name)| !by_name);
            if by_id.is_some_and(|(id, _, _)| contents.position("thumbnails", id).is_none()) {
                return Err(ErrorKind::InvalidInput);
            }
            let name = image.as_ref().map_or("null".to_owned(), |(_, file, _)| quoted(file));
            rewrite(contents, author, video, meant.as_ref(), ("thumbnail", name))
        })?;
        self.wrote(step.on, "videos", video, &text);
        Ok(Seen::Texts(vec![text]))
    }

    /// The text that a change is meant for.
    pub(crate) fn meant(&self, on: Name, collection: &'static str, id: &str, meant: Meant) -> Option<String> {
        match meant {
            Meant::Any => None,
            Meant::Shown(back) => self.remembered.text(on, collection, id, back),
        }
    }

    /// Notes that a record was written.
    pub(crate) fn wrote(&mut self, on: Name, collection: &'static str, id: &str, text: &String) {
        self.changed(on);
        self.remembered.note(on, collection, id, std::slice::from_ref(text));
    }

    pub(crate) fn all_videos(&mut self, step: &Step, limit: usize) -> Shown {
        if limit == 0 {
            return Err(ErrorKind::InvalidInput.into());
        }
        self.permit(&Step { on: step.by, ..step.clone() }, Effect::Administer)?;
        let alive = self.tenants.iter().filter(|(_, tenant)| tenant.is_alive());
        let texts = alive.flat_map(|(name, tenant)| {
            tenant.contents.places("videos").into_iter().map(move |(_, text)| format!("{name} {text}"))
        });
        Ok(Seen::Texts(texts.collect()))
    }

    pub(crate) fn list(&mut self, step: &Step, collection: &'static str, limit: usize) -> Shown {
        let places = self.read(step)?.contents.beyond(collection, true, None);
        if limit == 0 {
            return Err(ErrorKind::InvalidInput.into());
        }
        Ok(Seen::Texts(places.into_iter().map(|(_, text)| text).collect()))
    }
}

/// Sets a field of a video.
fn rewrite(
    contents: &mut Contents,
    author: &Author,
    id: &str,
    meant: Option<&String>,
    (field, value): (&'static str, String),
) -> Result<String, ErrorKind> {
    let at = contents.meant("videos", id, meant)?;
    let mut record = contents.at(at).clone();
    record.set(field, value);
    record.set("updated_at", quoted(&author.time));
    contents.replace(at, record)
}

fn read_part(bytes: &[u8], part: Part) -> Result<Seen, Refusal> {
    let length = bytes.len() as u64;
    let (from, to) = match part {
        Part::All => (0, length),
        Part::From(first) if first < length => (first, length),
        Part::Between(first, last) if first < length && first <= last => (first, length.min(last + 1)),
        Part::Last(count) if count > 0 && length > 0 => (length.saturating_sub(count), length),
        _ => return Err(ErrorKind::RangeNotSatisfiable.into()),
    };
    let place = |at: u64| usize::try_from(at).unwrap();
    Ok(Seen::Bytes(bytes[place(from)..place(to)].to_vec(), from, length))
}
