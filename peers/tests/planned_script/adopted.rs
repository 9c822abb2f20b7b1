//! A tree on which the script was run, wholly or in part, is adopted.

use std::collections::BTreeSet;

use tenantry::testkit::TreeImage;

use crate::ours::{Ours, mend, migrate, migration};
use crate::place::Place;

#[tokio::test(flavor = "multi_thread")]
async fn wherever_it_was_stopped_everything_that_is_left_is_carried() {
    for steps in 0..=5 {
        let place = Place::new();
        place.run_steps(steps);
        mend(&place);
        let (contents, before) = (place.videos(), TreeImage::of(&place.at("")).unwrap());
        let plan = migrate(&place).await;
        for source in &plan.sources {
            let placed =
                plan.records.iter().filter(|record| record.from == source.path).map(|record| record.at);
            let left = plan.left.iter().filter(|left| left.path == source.path).filter_map(|left| left.at);
            let places: BTreeSet<_> = placed.chain(left).collect();
            assert_eq!(places.len(), source.records, "{} after {steps} steps", source.path);
        }
        // Of what is no more beneath the videos nothing is lost: nothing was deleted.
        assert_eq!(place.videos(), contents, "after {steps} steps");
        let ours = Ours::of(&place, &plan).await;
        for (tenant, title) in
            [("admin", "rain sounds 11"), ("user123", "of user123"), ("ghost", "of a ghost")]
        {
            let (_, bytes) = ours.video(tenant, title).unwrap();
            assert!(bytes.is_some(), "{title} of {tenant} after {steps} steps");
        }
        migration(&place).discarding_changes().rollback().await.unwrap();
        let after = TreeImage::of(&place.at("")).unwrap();
        assert_eq!(before.difference(&after), None, "after {steps} steps");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_ended_among_the_files_everything_is_carried() {
    let place = Place::with_all();
    assert!(place.run().contains("Migration failed: "));
    mend(&place);
    let contents = place.videos();
    migrate(&place).await;
    assert_eq!(place.videos(), contents);
}
