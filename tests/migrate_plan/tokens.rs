//! Tokens, and the stream keys that are theirs.

use tenantry::migrate::ProblemKind;

use crate::tree::{Tree, left, problems, records};

#[test]
fn a_token_is_the_folder_s_or_theirs_who_alone_use_it_or_the_default_owner_s() {
    let tree = Tree::new().owner("given.json", "eva");
    for token in ["ben/a.json", "used.json", "shared.json", "unused.json", "given.json"] {
        tree.write(format!("tokens/{token}"), r#"{"refresh_token": "1//SECRET"}"#);
    }
    tree.write(
        "live_streams.json",
        r#"[{"id": "1", "status": "live", "owner": "ana", "token_file": "used.json"},
            {"id": "2", "status": "live", "owner": "ana", "token_file": "shared.json"},
            {"id": "3", "status": "live", "owner": "ben", "token_file": "shared.json"}]"#,
    );
    let plan = tree.plan();
    let whose: Vec<_> = records(&plan, "tokens")
        .iter()
        .map(|record| (record.from.to_string(), record.tenant.as_str()))
        .collect();
    let expected = [
        ("tokens/ben/a.json", "ben"),
        ("tokens/given.json", "eva"),
        ("tokens/shared.json", "admin"),
        ("tokens/unused.json", "admin"),
        ("tokens/used.json", "ana"),
    ];
    assert_eq!(whose, expected.map(|(path, tenant)| (path.to_owned(), tenant)));
    // To those who share it, it is not there.
    assert_eq!(problems(&plan, ProblemKind::Dangling).len(), 2, "{plan}");
}

#[test]
fn a_token_is_its_file_to_the_byte() {
    let tree = Tree::new();
    let content = "{\n  \"scopes\": [\"a\"], \"refresh_token\": \"1//caf\u{e9}\"}\n";
    tree.write("tokens/c.json", content);
    let (_, token) = tree.only(&tree.plan(), "tokens");
    assert_eq!((&token["content"], &token["filename"]), (&content.into(), &"c.json".into()));
}

#[test]
fn the_application_s_credentials_and_what_is_no_token_stay() {
    let tree = Tree::new();
    tree.write("tokens/client_secret.json", "{}").write("tokens/Client_Secret_2.json", "{}");
    tree.write("tokens/list.json", "[]")
        .write("tokens/broken.json", "{\"a\": ")
        .write("tokens/a.pickle", "-");
    let plan = tree.plan();
    assert!(plan.records.is_empty());
    assert_eq!(left(&plan).len(), 5, "{plan}");
    assert_eq!(problems(&plan, ProblemKind::NoToken).len(), 2);
}

#[test]
fn both_forms_of_the_stream_mapping_are_split_by_who_owns_the_token() {
    let tree = Tree::new();
    tree.write("tokens/ana/one.json", "{}").write("tokens/two.json", "{}");
    tree.write(
        "live_streams.json",
        r#"[{"id": "1", "status": "live", "owner": "ben", "token_file": "two.json"}]"#,
    );
    tree.write(
        "stream_mapping.json",
        r#"{"one.json": {"s1": {"title": "Main", "cdn": {"ingestionInfo": {"streamName": "KEY", "n": 1.10}, "x": NaN}}},
            "two.json": {"Second": "s2", "Third": 3, "s4": {"title": "Fourth"}},
            "three.json": {"s5": {"title": "Fifth"}}, "four.json": 5}"#,
    );
    let plan = tree.plan();
    let keys = tree.stored(&plan, "stream_mapping");
    let whose: Vec<_> = keys.iter().map(|(tenant, _)| tenant.as_str()).collect();
    assert_eq!(whose, ["ana", "ben", "ben", "ben", "admin"], "{plan}");
    let end = r#""token_file":"one.json","stream_id":"s1","title":"Main","cdn":{"ingestionInfo":{"streamName":"KEY","n":1.10},"x":null}}"#;
    assert!(keys[0].1.ends_with(end), "{}", keys[0].1);
    let values = tree.values(&plan, "stream_mapping");
    assert_eq!((&values[1].1["stream_id"], &values[1].1["title"]), (&"s2".into(), &"Second".into()));
    assert_eq!(values[2].1["stream_id"], "3");
    // The token of the last is not there; the fourth says nothing of any stream.
    assert_eq!(problems(&plan, ProblemKind::Dangling).len(), 1, "{plan}");
    assert_eq!(problems(&plan, ProblemKind::RefusedRecord).len(), 1);
}

#[test]
fn a_token_whose_name_another_has_but_for_case_gets_a_new_one_and_its_keys_follow() {
    let tree = Tree::new();
    tree.write("tokens/A.json", "{}").write("tokens/a.json", "{}");
    tree.write("stream_mapping.json", r#"{"A.json": {"One": "1"}, "a.json": {"Two": "2"}}"#);
    let plan = tree.plan();
    assert!(plan.can_be_applied(), "{plan}");
    assert_eq!(problems(&plan, ProblemKind::NewName).len(), 1);
    let (tokens, keys) = (tree.values(&plan, "tokens"), tree.values(&plan, "stream_mapping"));
    assert_eq!(tokens[0].1["filename"], "A.json");
    assert_ne!(tokens[1].1["filename"], "a.json");
    assert_eq!(tokens[1].1["filename"], keys[1].1["token_file"]);
    assert_eq!(tokens[1].1["legacy_filename"], "a.json");
}
