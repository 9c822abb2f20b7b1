//! The model's videos: uploads that hold quota as they go, and what is done to what was stored.

use tenantry::ErrorKind;

use crate::contents::{Author, over_limit};
use crate::reference::{Effect, Model, Shown, placeholder};
use crate::reference_records::local_time;
use crate::step::{Caps, Meant, Name, Refusal, Seen, Step, UsageSeen, settings};
use crate::videos::{ORIGINALS, OnVideo, Part, Uploading, VideoDeed};

/// What stands for the name, without extension, of the file that was stored in a step.
pub(crate) fn file_placeholder(step: u32) -> String {
    format!("video-{step:030}")
}

fn check_title(title: &str) -> Result<(), ErrorKind> {
    let refused = title.trim().is_empty() || title.len() > 500 || title.contains('\n');
    if refused { Err(ErrorKind::InvalidInput) } else { Ok(()) }
}

/// The usage with so many bytes held for an upload.
fn holding(usage: &UsageSeen, bytes: u64) -> UsageSeen {
    UsageSeen { reserved: (bytes, 1), ..usage.clone() }
}

fn within(caps: &Caps, before: &UsageSeen, after: &UsageSeen) -> Result<(), Refusal> {
    let over = over_limit(caps, before, after);
    over.map_or(Ok(()), |over| Err(Refusal { kind: ErrorKind::QuotaExceeded, over: Some(over) }))
}

/// What is held while the pieces come; what was held when one did not fit.
fn receive(caps: &Caps, usage: &UsageSeen, mut held: u64, uploading: &Uploading) -> Result<u64, Refusal> {
    let mut bytes = 0;
    for piece in &uploading.pieces {
        bytes += u64::from(*piece);
        if bytes > held {
            let wanted = (bytes + settings::RESERVATION_STEP).min(room(caps, usage)).max(bytes);
            within(caps, &holding(usage, held), &holding(usage, wanted))?;
            held = wanted;
        }
    }
    if uploading.breaks { Err(ErrorKind::BodyFailed.into()) } else { Ok(held) }
}

fn room(caps: &Caps, usage: &UsageSeen) -> u64 {
    caps.blob_bytes.map_or(u64::MAX, |limit| limit.saturating_sub(usage.blob_bytes))
}

impl Model {
    pub(crate) fn upload(&mut self, step: &Step, uploading: &Uploading) -> Shown {
        let (original, accepted) = ORIGINALS[uploading.original];
        let (extension, own_title) = accepted.ok_or(ErrorKind::InvalidInput)?;
        let title = uploading.title.as_deref().unwrap_or(own_title);
        check_title(title)?;
        let (number, now) = (self.steps, self.now);
        let tenant = self.admit(step, Effect::Write, true)?;
        let (caps, usage) = (tenant.caps(), tenant.contents.usage());
        let needed = uploading.announced.unwrap_or(0);
        let wanted = uploading.announced.unwrap_or(settings::RESERVATION_STEP);
        let held = wanted.min(room(&caps, &usage)).max(needed);
        within(&caps, &usage, &holding(&usage, held))?;
        tenant.changes += 1;
        let time = local_time(now, &tenant.profile.zone);
        let author = Author { by: step.by.to_owned(), on: step.on.to_owned(), time };
        let (id, file) = (placeholder(number), format!("{}.{extension}", file_placeholder(number)));
        let stored = receive(&caps, &usage, held, uploading).and_then(|held| {
            let mut contents = tenant.contents.clone();
            let bytes = uploading.body(number).concat();
            let text = contents.store_video(&author, &id, &file, (title, original), bytes)?;
            within(&caps, &holding(&usage, held), &contents.usage())?;
            tenant.contents = contents;
            Ok(text)
        });
        if stored.is_err() {
            // The reservation is over, and a request under it may still be on its way.
            tenant.contents.late_until = now + settings::RESERVATION_LIFE;
        }
        let text = stored?;
        self.remembered.note_video(step.on, &id, &file);
        self.remembered.note(step.on, "videos", &id, std::slice::from_ref(&text));
        Ok(Seen::Texts(vec![text]))
    }

    pub(crate) fn on_video(&mut self, step: &Step, on_video: &OnVideo) -> Shown {
        let (id, file) = self.remembered.video(step.on, on_video.back);
        match &on_video.deed {
            VideoDeed::Rename(meant, title) => {
                check_title(title)?;
                let meant = self.meant_video(step.on, &id, *meant);
                let text = self.commit(step, |contents, author| {
                    contents.rename_video(author, &id, meant.as_ref(), title)
                })?;
                self.changed(step.on);
                self.remembered.note(step.on, "videos", &id, std::slice::from_ref(&text));
                Ok(Seen::Texts(vec![text]))
            }
            VideoDeed::Delete(meant) => {
                let meant = self.meant_video(step.on, &id, *meant);
                let late_until = self.now + settings::RESERVATION_LIFE;
                let text = self.commit(step, |contents, _| {
                    contents.late_until = late_until;
                    contents.delete_video(&id, &file, meant.as_ref())
                })?;
                self.changed(step.on);
                Ok(Seen::Texts(vec![text]))
            }
            deed => {
                let contents = &self.read(step)?.contents;
                let text = contents.get("videos", &id).ok_or(ErrorKind::NotFound)?;
                let bytes = contents.file(&file).ok_or(ErrorKind::NotFound)?;
                Ok(match deed {
                    VideoDeed::Get => Seen::Texts(vec![text]),
                    VideoDeed::Open(part) => read_part(bytes, *part)?,
                    VideoDeed::Verify => Seen::Intact,
                    _ => read_part(bytes, Part::All)?,
                })
            }
        }
    }

    fn meant_video(&self, on: Name, id: &str, meant: Meant) -> Option<String> {
        match meant {
            Meant::Any => None,
            Meant::Shown(back) => self.remembered.text(on, "videos", id, back),
        }
    }

    pub(crate) fn videos(&mut self, step: &Step, of_all: bool, limit: usize) -> Shown {
        if of_all {
            if limit == 0 {
                return Err(ErrorKind::InvalidInput.into());
            }
            self.permit(&Step { on: step.by, ..step.clone() }, Effect::Administer)?;
            let alive = self.tenants.iter().filter(|(_, tenant)| tenant.is_alive());
            let texts = alive.flat_map(|(name, tenant)| {
                tenant.contents.places("videos").into_iter().map(move |(_, text)| format!("{name} {text}"))
            });
            return Ok(Seen::Texts(texts.collect()));
        }
        let places = self.read(step)?.contents.beyond("videos", true, None);
        if limit == 0 {
            return Err(ErrorKind::InvalidInput.into());
        }
        Ok(Seen::Texts(places.into_iter().map(|(_, text)| text).collect()))
    }
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
