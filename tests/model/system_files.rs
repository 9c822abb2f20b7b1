//! What the system does with videos and thumbnails.

use std::io;

use bytes::Bytes;
use futures::stream;
use tenantry::paths::FileName;
use tenantry::record::RecordId;
use tenantry::{ByteRange, Expected, FileRef, LocalPath, Session, Verification, Workspace};

use super::files::{FileDeed, FileKind, OnFile, Part, Uploading};
use super::reference_files::file_placeholder;
use super::step::{Meant, Name, Seen, Step, Which};
use super::system::{Result, System};
use super::system_records::{expected, text};

/// Does the same with the handle of either kind of file.
macro_rules! with_files {
    ($workspace:expr, $kind:expr, $files:ident => $what:expr) => {
        match $kind {
            FileKind::Video => {
                let $files = $workspace.videos();
                $what
            }
            FileKind::Thumbnail => {
                let $files = $workspace.thumbnails();
                $what
            }
        }
    };
}

impl System {
    pub(crate) async fn upload(
        &mut self,
        step: &Step,
        workspace: &Workspace,
        uploading: &Uploading,
    ) -> Result {
        let pieces = uploading.body(self.step).into_iter().map(|piece| Ok(Bytes::from(piece)));
        let broken = uploading.breaks.then(|| Err(io::Error::other("the body broke")));
        let body = stream::iter(pieces.chain(broken).collect::<Vec<_>>());
        let (original, _) = uploading.original();
        let (text, id, file) = with_files!(workspace, uploading.kind, files => {
            let mut upload = files.upload(original, body);
            if let Some(title) = &uploading.title {
                upload = upload.title(title);
            }
            if let Some(bytes) = uploading.announced {
                upload = upload.length(bytes);
            }
            let record = upload.await?;
            (text(&record), record.id().to_string(), record.value().filename.to_string())
        });
        self.note_made(&id, 0);
        let stem = file.split_once('.').map_or(&*file, |(stem, _)| stem);
        self.fresh.insert(stem.to_owned(), file_placeholder(uploading.kind, self.step));
        self.remembered.note_file(step.on, uploading.kind, &id, &file);
        Ok(self.note_text(step.on, uploading.kind.collection(), &id, text))
    }

    pub(crate) async fn on_file(&mut self, step: &Step, workspace: &Workspace, on_file: &OnFile) -> Result {
        let (kind, which) = (on_file.kind, on_file.which);
        let id = self.remembered.made(step.on, kind.collection(), which);
        let meant = |meant| self.meant(step.on, kind.collection(), &id, meant);
        let file = self.file_ref(step.on, kind, which, on_file.by_name);
        match &on_file.deed {
            FileDeed::Rename(revision, title) => {
                let record = workspace.videos().rename(file, meant(*revision), title).await?;
                Ok(self.note_text(step.on, kind.collection(), &id, text(&record)))
            }
            FileDeed::SetThumbnail(revision, image) => {
                let image =
                    image.map(|(which, by_name)| self.file_ref(step.on, FileKind::Thumbnail, which, by_name));
                let record = workspace.videos().set_thumbnail(file, meant(*revision), image).await?;
                Ok(self.note_text(step.on, kind.collection(), &id, text(&record)))
            }
            FileDeed::Delete(revision, chosen) => {
                let revision = meant(*revision);
                Ok(Seen::Texts(vec![with_files!(workspace, kind, files => {
                    text(&files.delete_with(file, revision, *chosen).await?)
                })]))
            }
            FileDeed::Get => {
                Ok(Seen::Texts(vec![with_files!(workspace, kind, files => text(&files.get(file).await?))]))
            }
            FileDeed::Open(part) => with_files!(workspace, kind, files => {
                let stream = files.open_range(file, range(*part)).await?;
                let (from, length) = (stream.range().start, stream.length());
                Ok(Seen::Bytes(stream.bytes().await?.into(), from, length))
            }),
            FileDeed::Verify => {
                let verified = with_files!(workspace, kind, files => files.verify(file).await?);
                assert_eq!(verified, Verification::Intact);
                Ok(Seen::Intact)
            }
            FileDeed::LocalPath => {
                Ok(at_path(&with_files!(workspace, kind, files => files.local_path(file).await?)))
            }
        }
    }

    fn file_ref(&self, on: Name, kind: FileKind, which: Which, by_name: bool) -> FileRef {
        match by_name {
            true => FileRef::File(FileName::parse(&self.remembered.file(on, kind, which)).unwrap()),
            false => {
                FileRef::Id(RecordId::parse(&self.remembered.made(on, kind.collection(), which)).unwrap())
            }
        }
    }

    /// The revision that a change is meant for.
    pub(crate) fn meant(&self, on: Name, collection: &'static str, id: &str, meant: Meant) -> Expected {
        match meant {
            Meant::Any => expected(None),
            Meant::Shown(back) => expected(self.remembered.text(on, collection, id, back).as_ref()),
        }
    }

    /// Shows a record's text, and notes it.
    pub(crate) fn note_text(&mut self, on: Name, collection: &'static str, id: &str, text: String) -> Seen {
        self.remembered.note(on, collection, id, std::slice::from_ref(&text));
        Seen::Texts(vec![text])
    }
}

const fn range(part: Part) -> ByteRange {
    match part {
        Part::All => ByteRange::All,
        Part::From(first) => ByteRange::From(first),
        Part::Between(first, last) => ByteRange::Between(first, last),
        Part::Last(count) => ByteRange::Last(count),
    }
}

fn at_path(local: &LocalPath) -> Seen {
    let bytes = std::fs::read(local.path()).unwrap();
    let length = bytes.len() as u64;
    Seen::Bytes(bytes, 0, length)
}

/// The videos of all tenants, page by page.
pub(crate) async fn all_videos(session: &Session, limit: usize) -> Result {
    let (mut texts, mut after) = (Vec::new(), None);
    loop {
        let (items, next) = session.tenants().videos(after, limit).await?;
        assert!(items.len() <= limit);
        texts.extend(items.iter().map(|(tenant, record)| format!("{tenant} {}", text(record))));
        match next {
            // As a host would send it.
            Some(next) => after = Some(next.to_string().parse()?),
            None => return Ok(Seen::Texts(texts)),
        }
    }
}
