//! No form of a plan carries a secret.

use crate::tree::Tree;

#[test]
fn no_form_of_a_plan_carries_a_secret() {
    let tree = Tree::new();
    tree.write("tokens/c.json", r#"{"refresh_token": "SECRET-A"}"#);
    tree.write("tokens/client_secret.json", r#"{"client_secret": "SECRET-B"}"#);
    tree.write("tokens/broken.json", r#"{"refresh_token": "SECRET-C"#);
    tree.write(
        "live_streams.json",
        r#"[{"id": "1", "status": "live", "stream_key": "SECRET-D", "owner": {"SECRET-E": 1}},
            {"id": "2", "status": "SECRET-F", "stream_key": "SECRET-G"}, "SECRET-H",
            {"id": "3", "status": "live", "stream_key": "SECRET-I", "custom_rtmp": "rtmp://SECRET-J"}]"#,
    );
    tree.write(
        "stream_mapping.json",
        r#"{"c.json": {"1": {"title": "SECRET-K", "cdn": {"ingestionInfo": {"streamName": "SECRET-L"}}}, "SECRET-M": "2"}}"#,
    );
    let plan = tree.plan();
    let forms = [
        plan.to_string(),
        format!("{plan:?}"),
        format!("{:#?}", tenantry::migrate::Texts::new(tree.root(), &plan)),
        serde_json::to_string(&plan).unwrap(),
    ];
    assert!(forms.iter().all(|form| !form.contains("SECRET")), "{plan}");
    // And yet the texts are had from it.
    let keys = tree.stored(&plan, "stream_mapping");
    assert!(keys[0].1.contains("SECRET-L") && keys[1].1.contains("SECRET-M"));
    assert!(tree.stored(&plan, "tokens")[0].1.contains("SECRET-A"));
    assert!(tree.stored(&plan, "live_streams")[0].1.contains("SECRET-I"));
}
