//! The steps with which every history ends: a look at all that is there, so that nothing that a step did
//! is left unseen.

use super::files::FileKind;
use super::planned::{By, PlanDeed, PlanKind};
use super::secrets::KeyDeed;
use super::step::{Act, Deed, Id, Lens, Listing, Name, ROOT, RecordDeed, Step, Which};

/// How many records a page has.
const LIMIT: usize = 3;

/// Everything of a tenant, as someone sees it who is let in.
pub(crate) fn look(by: Name, on: Name) -> Vec<Step> {
    let listings = [
        Listing::Files(FileKind::Video),
        Listing::Files(FileKind::Thumbnail),
        Listing::Plans(PlanKind::LiveStream),
        Listing::Plans(PlanKind::Schedule),
        Listing::Tokens,
        Listing::StreamKeys,
    ];
    let records = [Lens::Notes, Lens::Tasks].map(|lens| {
        let deed = Deed::List { newest_first: false, limit: 100 };
        Act::Record(RecordDeed { lens, id: Id::Given(0), deed })
    });
    let acts = [Act::Usage, Act::Profile].into_iter().chain(records);
    let acts = acts.chain(listings.map(|listing| Act::List(listing, LIMIT)));
    acts.map(|act| Step { node: 1, by, on, act }).collect()
}

/// What the indexes find of a tenant's plans and stream keys.
pub(crate) fn find(by: Name, on: Name) -> Vec<Step> {
    let plans = |(kind, statuses): (PlanKind, usize)| {
        let by_status = (0..statuses).map(By::Status);
        by_status.chain((-2..4).map(By::Day)).map(move |by| Act::Plan(kind, PlanDeed::Find(by)))
    };
    let acts = [(PlanKind::LiveStream, 5), (PlanKind::Schedule, 3)].into_iter().flat_map(plans);
    let by_video = (0..3).map(|back| (PlanKind::LiveStream, By::Video(Which::Own(back))));
    let by_token = [0, 2].map(|token| (PlanKind::Schedule, By::Token(token)));
    let by_name = by_video.chain(by_token).map(|(kind, by)| Act::Plan(kind, PlanDeed::Find(by)));
    let acts = acts.chain(by_name).chain([0, 2].map(|token| Act::StreamKey(KeyDeed::Find(token))));
    acts.map(|act| Step { node: 0, by, on, act }).collect()
}

/// What the admin sees at the end, and one user of what another shares.
pub(crate) fn by_others() -> Vec<Step> {
    let tenants = Step { node: 0, by: ROOT, on: ROOT, act: Act::ListTenants { limit: LIMIT } };
    let of_each = ["ana", "ben"].into_iter().flat_map(|on| look(ROOT, on));
    let shared = look("ana", "ben");
    std::iter::once(tenants).chain(of_each).chain(find(ROOT, "ana")).chain(shared).collect()
}
