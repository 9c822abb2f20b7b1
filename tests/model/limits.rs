//! The model's quotas: limits in the order in which they are checked.

use super::step::{Caps, Over, UsageSeen};

/// The first limit that a change would pass.
pub(crate) fn over_limit(caps: &Caps, before: &UsageSeen, after: &UsageSeen) -> Option<Over> {
    let count = |usage: &UsageSeen, name: &str| {
        usage.counts.iter().find(|(own, _)| own == name).map_or(0, |(_, count)| *count)
    };
    let checks = [
        (
            "blob_bytes",
            caps.blob_bytes,
            before.blob_bytes + before.reserved.0,
            after.blob_bytes + after.reserved.0,
        ),
        ("files", caps.files, before.files + before.reserved.1, after.files + after.reserved.1),
        ("active_streams", caps.active_streams, before.active_streams, after.active_streams),
        ("record_bytes", caps.record_bytes, before.record_bytes, after.record_bytes),
        ("notes", caps.notes, count(before, "notes"), count(after, "notes")),
        ("tasks", caps.tasks, count(before, "tasks"), count(after, "tasks")),
    ];
    let mut over = checks.into_iter().filter_map(|(dimension, limit, used, wanted)| {
        let limit = limit.filter(|limit| wanted > *limit && wanted > used)?;
        Some(Over { dimension: dimension.to_owned(), limit, used, requested: wanted - used })
    });
    over.next()
}
