//! An upload in parts: a few of them on their way at once, and aborted unless it comes to its end.

use object_store::{Error, MultipartUpload, PutPayload, Result};
use tokio::task::JoinSet;

/// An upload in parts.
pub(super) struct PartsUpload {
    upload: Option<Box<dyn MultipartUpload>>,
    /// Tasks of their own, so that they get on while the body is waited for.
    under_way: JoinSet<Result<()>>,
    at_once: usize,
}

impl PartsUpload {
    pub(super) fn new(upload: Box<dyn MultipartUpload>, at_once: usize) -> Self {
        Self { upload: Some(upload), under_way: JoinSet::new(), at_once: at_once.max(1) }
    }

    /// Sends one more part, as soon as there is room for it.
    pub(super) async fn send(&mut self, part: PutPayload) -> Result<()> {
        while self.under_way.len() >= self.at_once {
            self.one().await?;
        }
        if let Some(upload) = &mut self.upload {
            self.under_way.spawn(upload.put_part(part));
        }
        Ok(())
    }

    async fn one(&mut self) -> Result<()> {
        match self.under_way.join_next().await {
            Some(Ok(sent)) => sent,
            Some(Err(ended)) => Err(Error::Generic { store: "part", source: ended.into() }),
            None => Ok(()),
        }
    }

    /// Waits for all parts.
    pub(super) async fn sent(&mut self) -> Result<()> {
        while !self.under_way.is_empty() {
            self.one().await?;
        }
        Ok(())
    }

    /// Makes an object of the parts.
    pub(super) async fn complete(mut self) -> Result<()> {
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
        runtime.spawn(async move {
            // A part that came after the end of an upload would be left over.
            while under_way.join_next().await.is_some() {}
            if let Err(error) = upload.abort().await {
                let error = crate::store::object_error::from_object("put", "the upload", error);
                tracing::debug!(
                    target: "tenantry::upload", %error,
                    "an upload in parts could not be aborted",
                );
            }
        });
    }
}
