//! What the system does with videos.

use std::io;

use bytes::Bytes;
use futures::stream;
use tenantry::paths::FileName;
use tenantry::record::{Record, RecordId};
use tenantry::{ByteRange, FileRef, ListOptions, Session, Verification, Video, Workspace};

use crate::reference_videos::file_placeholder;
use crate::step::{Meant, Name, Seen, Step};
use crate::system::{Result, System};
use crate::system_records::{expected, text};
use crate::videos::{ORIGINALS, OnVideo, Part, Uploading, VideoDeed};

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
        let mut upload = workspace.videos().upload(ORIGINALS[uploading.original].0, body);
        if let Some(title) = &uploading.title {
            upload = upload.title(title);
        }
        if let Some(bytes) = uploading.announced {
            upload = upload.length(bytes);
        }
        let record = upload.await?;
        let (id, file) = (record.id().as_str(), record.value().filename.as_str());
        self.note_made(id);
        let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
        self.fresh.push((stem.to_owned(), file_placeholder(self.step)));
        self.remembered.note_video(step.on, id, file);
        Ok(self.shown_video(step.on, &record))
    }

    fn shown_video(&mut self, on: Name, record: &Record<Video>) -> Seen {
        let text = text(record);
        self.remembered.note(on, "videos", record.id().as_str(), std::slice::from_ref(&text));
        Seen::Texts(vec![text])
    }

    pub(crate) async fn on_video(
        &mut self,
        step: &Step,
        workspace: &Workspace,
        on_video: &OnVideo,
    ) -> Result {
        let videos = workspace.videos();
        let (id, file) = self.remembered.video(step.on, on_video.back);
        let video = match on_video.by_file {
            true => FileRef::File(FileName::parse(&file).unwrap()),
            false => FileRef::Id(RecordId::parse(&id).unwrap()),
        };
        let meant = |meant: Meant| match meant {
            Meant::Any => expected(None),
            Meant::Shown(back) => expected(self.remembered.text(step.on, "videos", &id, back).as_ref()),
        };
        match &on_video.deed {
            VideoDeed::Get => Ok(Seen::Texts(vec![text(&videos.get(video).await?)])),
            VideoDeed::Open(part) => {
                let range = match *part {
                    Part::All => ByteRange::All,
                    Part::From(first) => ByteRange::From(first),
                    Part::Between(first, last) => ByteRange::Between(first, last),
                    Part::Last(count) => ByteRange::Last(count),
                };
                let stream = videos.open_range(video, range).await?;
                let (from, length) = (stream.range().start, stream.length());
                Ok(Seen::Bytes(stream.bytes().await?, from, length))
            }
            VideoDeed::Verify => {
                assert_eq!(videos.verify(video).await?, Verification::Intact);
                Ok(Seen::Intact)
            }
            VideoDeed::LocalPath => {
                let local = videos.local_path(video).await?;
                let bytes = std::fs::read(local.path()).unwrap();
                let length = bytes.len() as u64;
                Ok(Seen::Bytes(bytes, 0, length))
            }
            VideoDeed::Rename(revision, title) => {
                let record = videos.rename(video, meant(*revision), title).await?;
                Ok(self.shown_video(step.on, &record))
            }
            VideoDeed::Delete(revision) => {
                Ok(Seen::Texts(vec![text(&videos.delete(video, meant(*revision)).await?)]))
            }
        }
    }
}

/// A tenant's videos, the newest first, page by page.
pub(crate) async fn videos(workspace: &Workspace, limit: usize) -> Result {
    let (mut texts, mut options) = (Vec::new(), ListOptions::new().limit(limit));
    loop {
        let page = workspace.videos().list(&options).await?;
        texts.extend(page.items.iter().map(text));
        match page.next {
            Some(next) => options = options.after(next),
            None => return Ok(Seen::Texts(texts)),
        }
    }
}

/// The videos of all tenants, page by page.
pub(crate) async fn videos_of_all(session: &Session, limit: usize) -> Result {
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
