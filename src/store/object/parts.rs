//! An upload in parts: a few of them on their way at once, and aborted unless it comes to its end.

use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path;
use object_store::{Error as ObjectError, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::task::JoinSet;

use super::turns::Turns;
use crate::environment::Deadline;
use crate::store::object_error::from_object;
use crate::store::{StoreError, StoreErrorKind};

/// The pauses after which an upload is aborted once more, if it is not known to have had an effect: a client that
/// sends nothing twice by itself loses a request now and then, and a server may still be at a part of which it said nothing
/// (S3: "it might be necessary to abort a given multipart upload multiple times").
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_secs(2), Duration::from_secs(10)];

/// An upload in parts.
pub(super) struct PartsUpload {
    upload: Option<Box<dyn MultipartUpload>>,
    /// Tasks of their own, so that they get on while the body is waited for.
    under_way: JoinSet<Result<(), StoreError>>,
    /// Whether it is not known of a part what became of it.
    unclear: bool,
    at_once: usize,
    turns: Turns,
    deadline: Deadline,
}

impl PartsUpload {
    /// Begins an upload, in a task of its own: only the answer says what there is to be aborted, and it comes also if
    /// whoever asked for it is gone.
    pub(super) async fn begin(
        uploads: &Arc<dyn ObjectStore>,
        location: &Path,
        at_once: usize,
        turns: &Turns,
        deadline: &Deadline,
    ) -> Result<Self, StoreError> {
        let turn = turns.next_before(deadline).await?;
        let (uploads, location, at_once) = (Arc::clone(uploads), location.clone(), at_once.max(1));
        let (turns, deadline) = (turns.clone(), deadline.clone());
        let begun = tokio::spawn(async move {
            let upload = uploads.put_multipart(&location).await;
            drop(turn);
            let upload = Some(upload.map_err(|error| from_object("put", "the upload", error))?);
            Ok(Self { upload, under_way: JoinSet::new(), unclear: false, at_once, turns, deadline })
        });
        begun.await.unwrap_or_else(|_| {
            let detail = "the upload was not begun";
            Err(StoreError::new(StoreErrorKind::Unavailable, "put", detail))
        })
    }

    /// Sends one more part, as soon as there is room for it.
    pub(super) async fn send(&mut self, part: PutPayload) -> Result<(), StoreError> {
        while self.under_way.len() >= self.at_once {
            self.one().await?;
        }
        if let Some(upload) = &mut self.upload {
            let (part, turns, deadline) = (upload.put_part(part), self.turns.clone(), self.deadline.clone());
            self.under_way.spawn(async move {
                let _turn = turns.next_before(&deadline).await?;
                part.await.map_err(|error| from_object("put", "a part of the blob", error))
            });
        }
        Ok(())
    }

    async fn one(&mut self) -> Result<(), StoreError> {
        let sent = match self.under_way.join_next().await {
            Some(Ok(sent)) => sent,
            Some(Err(_)) => {
                let detail = "a part of the blob was not sent";
                Err(StoreError::new(StoreErrorKind::Unavailable, "put", detail))
            }
            None => Ok(()),
        };
        self.unclear |= sent.is_err();
        sent
    }

    /// Waits for all parts.
    pub(super) async fn sent(&mut self) -> Result<(), StoreError> {
        while !self.under_way.is_empty() {
            self.one().await?;
        }
        Ok(())
    }

    /// Makes an object of the parts.
    pub(super) async fn complete(mut self) -> object_store::Result<()> {
        match self.upload.take() {
            Some(mut upload) => upload.complete().await.map(drop),
            None => Ok(()),
        }
    }
}

impl Drop for PartsUpload {
    /// What was given up leaves no parts, if that can be helped.
    fn drop(&mut self) {
        let (Some(mut upload), Ok(runtime)) = (self.upload.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let mut under_way = std::mem::take(&mut self.under_way);
        let (mut unclear, turns) = (self.unclear, self.turns.clone());
        runtime.spawn(async move {
            // A part that came after the end of an upload would be left over.
            while let Some(sent) = under_way.join_next().await {
                unclear |= !matches!(sent, Ok(Ok(())));
            }
            abort(&mut *upload, unclear, &turns).await;
        });
    }
}

/// Aborts an upload, again where that failed or where it is `unclear` what became of a part.
async fn abort(upload: &mut dyn MultipartUpload, unclear: bool, turns: &Turns) {
    for pause in PAUSES.into_iter().map(Some).chain([None]) {
        let turn = turns.next().await;
        let aborted = upload.abort().await;
        drop(turn);
        match aborted {
            Ok(()) | Err(ObjectError::NotFound { .. }) if unclear => {}
            Ok(()) | Err(ObjectError::NotFound { .. }) => return,
            Err(error) => {
                let error = from_object("put", "the upload", error);
                tracing::debug!(
                    target: "tenantry::upload", %error,
                    "an upload in parts could not be aborted",
                );
            }
        }
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
}
