//! As much of HTTP/1.1 as it takes to tell where a request and its answer end, for proxies that change
//! nothing of either: the signature in a request covers its `Host`.

use std::io::{Error, Result};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// The lines before a body, and what they say of its length.
pub(crate) struct Head {
    pub(crate) text: String,
    length: Option<u64>,
    is_chunked: bool,
}

impl Head {
    /// The next one; `None` at the end of what comes.
    pub(crate) async fn read(from: &mut BufReader<impl AsyncReadExt + Unpin>) -> Result<Option<Self>> {
        let mut head = Self { text: String::new(), length: None, is_chunked: false };
        loop {
            let mut line = String::new();
            if from.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            head.text.push_str(&line);
            let lower = line.to_ascii_lowercase();
            if let Some(length) = lower.strip_prefix("content-length:") {
                head.length = length.trim().parse().ok();
            }
            head.is_chunked |= lower.starts_with("transfer-encoding:") && lower.contains("chunked");
            if line.trim_end().is_empty() {
                return Ok(Some(head));
            }
        }
    }

    /// A word of the first line.
    pub(crate) fn word(&self, at: usize) -> &str {
        self.text.split(' ').nth(at).unwrap_or_default()
    }

    /// Whether a body follows this answer to a request of that method.
    pub(crate) fn answers_with_body(&self, method: &str) -> bool {
        method != "HEAD" && !["204", "304"].contains(&self.word(1))
    }

    /// Passes the body on that follows.
    pub(crate) async fn pass_body(
        &self,
        from: &mut BufReader<impl AsyncReadExt + Unpin>,
        to: &mut (impl AsyncWriteExt + Unpin),
    ) -> Result<()> {
        if !self.is_chunked {
            let length = self.length.unwrap_or(0);
            return whole(tokio::io::copy(&mut from.take(length), to).await?, length);
        }
        loop {
            let mut line = String::new();
            from.read_line(&mut line).await?;
            to.write_all(line.as_bytes()).await?;
            let digits = line.trim().split(';').next().unwrap_or("");
            let length = u64::from_str_radix(digits, 16).map_err(Error::other)?;
            // With the line's end behind each part; behind the last one the trailers end so, too.
            whole(tokio::io::copy(&mut from.take(length + 2), to).await?, length + 2)?;
            if length == 0 {
                return Ok(());
            }
        }
    }
}

fn whole(passed: u64, length: u64) -> Result<()> {
    if passed == length { Ok(()) } else { Err(Error::other("the body broke off")) }
}
