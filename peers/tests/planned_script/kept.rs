//! Where the script loses or misplaces data, ours does not: of each of its losses one side is here.

use serde_json::Value;
use tenantry::migrate::Plan;
use tenantry::paths::TenantId;

use crate::losses::{DEEDS, OMISSIONS};
use crate::ours::{Ours, mend, migrate};
use crate::place::{Place, text};

/// A tree before and after ours.
struct Kept {
    before: Place,
    after: Place,
    plan: Plan,
    ours: Ours,
}

impl Kept {
    async fn new() -> Self {
        let (before, after) = (Place::new(), Place::new());
        mend(&before);
        mend(&after);
        let plan = migrate(&after).await;
        let ours = Ours::of(&after, &plan).await;
        Self { before, after, plan, ours }
    }

    /// Whether a tenant has the video of that title, with the bytes that lay there before.
    fn has(&self, tenant: &str, title: &str, lay: &str) -> bool {
        let Some((record, Some(bytes))) = self.ours.video(tenant, title) else { return false };
        bytes == self.before.read(&format!("{lay}/{}", text(&record, "filename")))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_the_script_does_is_so_of_ours() {
    let kept = Kept::new().await;
    // That `videos/done` is no user's is in the names themselves: see below.
    let losses = DEEDS.iter().chain(OMISSIONS.iter().skip(1));
    let so: Vec<_> =
        losses.filter(|(_, is_so)| is_so(&kept.before, &kept.after)).map(|(said, _)| *said).collect();
    assert_eq!(so, [""; 0]);
    assert!(TenantId::parse("done").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_record_is_its_owner_s_with_its_file() {
    let kept = Kept::new().await;
    assert!(kept.has("user123", "of user123", "videos"));
    assert!(kept.has("ghost", "of a ghost", "videos"));
    assert!(kept.has("user123", "moved already", "videos/user123"));
    let (record, _) = kept.ours.video("user123", "of user123").unwrap();
    assert!(record["created_by"].is_string() && record["updated_at"].is_string());
    assert!(kept.ours.video("admin", "of user123").is_none());
    let database = "data/admin/video_database.json";
    let foreign = kept.before.record(database, "foreign inside").unwrap();
    let (_, bytes) = kept.ours.video(text(&foreign, "owner"), "foreign inside").unwrap();
    assert!(bytes.is_some());
    // What the admin changed since an earlier attempt.
    assert!(kept.ours.video("admin", "what it is called since").is_some());
    let demo = kept.before.records("data/demo/video_database.json");
    assert!(kept.ours.video("demo", text(&demo[0], "title")).is_some());
    assert!(kept.after.text(database).contains("1.10"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_files_of_one_name_both_are_kept_and_no_content_is_lost() {
    let kept = Kept::new().await;
    let same = kept.before.record("video_database.json", "same name").unwrap();
    for folder in ["videos", "videos/admin"] {
        let content = kept.before.read(&format!("{folder}/{}", text(&same, "filename")));
        assert!(kept.ours.contents().contains(&content), "{folder}");
    }
    let (before, after) = (kept.before.videos(), kept.after.videos());
    assert!(before.is_subset(&after));
    let moved = kept.plan.files.iter().filter(|file| file.from.to_string().starts_with("videos/"));
    for file in moved.filter(|file| !file.from.to_string().contains('\\')) {
        assert!(kept.ours.contents().contains(&kept.before.read(&file.from.to_string())), "{}", file.from);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_keys_of_a_user_s_token_are_the_user_s() {
    let kept = Kept::new().await;
    let keys = |tenant: &str| -> Value {
        serde_json::from_str(&kept.after.text(&format!("data/{tenant}/stream_mapping.json"))).unwrap()
    };
    assert!(keys("user123").get("channel-user.json").is_some());
    assert!(keys("admin").get("channel-user.json").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_of_each_record_whose_it_became() {
    let kept = Kept::new().await;
    let said = kept.plan.to_string();
    for record in kept.before.records("video_database.json") {
        // One without an id has a new one.
        if let Some(id) = record["id"].as_str().filter(|id| !id.contains(char::is_control)) {
            assert!(said.contains(id), "{id}");
        }
    }
}
