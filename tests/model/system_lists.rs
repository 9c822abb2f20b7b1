//! How the system lists: each collection through its own handle, page by page.

use tenantry::record::{Entity, Record};
use tenantry::{ListOptions, Page, Workspace};

use super::files::FileKind;
use super::planned::PlanKind;
use super::step::{Listing, Seen};
use super::system::Result;
use super::system_records::text;

/// A collection, the newest first.
pub(crate) async fn list(workspace: &Workspace, listing: Listing, limit: usize) -> Result {
    /// Asks one handle for page after page.
    macro_rules! pages {
        ($handle:expr) => {{
            let (mut texts, mut options) = (Vec::new(), ListOptions::new().limit(limit));
            while let Some(next) = add(&mut texts, limit, $handle.list(&options).await?) {
                options = ListOptions::new().limit(limit).after(next.parse()?);
            }
            texts
        }};
    }
    Ok(Seen::Texts(match listing {
        Listing::Files(FileKind::Video) => pages!(workspace.videos()),
        Listing::Files(FileKind::Thumbnail) => pages!(workspace.thumbnails()),
        Listing::Plans(PlanKind::LiveStream) => pages!(workspace.live_streams()),
        Listing::Plans(PlanKind::Schedule) => pages!(workspace.schedules()),
        Listing::Tokens => pages!(workspace.tokens()),
        Listing::StreamKeys => pages!(workspace.stream_keys()),
    }))
}

/// Adds a page's texts; the cursor after it, as a host would send it.
fn add<E: Entity>(texts: &mut Vec<String>, limit: usize, page: Page<Record<E>>) -> Option<String> {
    assert!(page.items.len() <= limit, "a page of {} where {limit} were asked for", page.items.len());
    texts.extend(page.items.iter().map(text));
    page.next.map(|next| next.to_string())
}
