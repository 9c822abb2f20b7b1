//! The forms in which a plan is shown.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use tenantry::migrate::{MigrateError, Plan};

use crate::tree::Tree;

fn tree() -> Tree {
    let tree = Tree::new();
    tree.videos(
        r#"[{"id": "=1+1", "filename": "=a.mp4", "owner": "ana"}, {"id": "2", "filename": "gone.mp4"}, 3]"#,
    );
    tree.write("videos/=a.mp4", "aaa").write("app.py", "-");
    tree
}

#[test]
fn as_a_text_the_totals_come_first_and_what_is_in_the_way_last() {
    let text = tree().plan().to_string();
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    let parts = [
        "PLAN ",
        "IT CAN'T BE APPLIED: 1",
        "TENANTS",
        "FILES",
        "RECORDS",
        "LEFT WHERE IT IS",
        "TO KNOW",
        "IN THE WAY",
    ];
    assert!(parts.windows(2).all(|pair| place(pair[0]) < place(pair[1])), "{text}");
    place("videos/=a.mp4 (3 bytes) moved to videos/ana/=a.mp4: records of the tenant name it");
    place("video_database.json, record 1 to ana/videos/=1+1: it names its owner");
    place("app.py: none of the application's data");
    place("video_database.json, record 3: a record is a JSON object; mend it by hand, or have it left");
}

#[test]
fn its_summary_is_a_part_of_it_with_the_totals_the_tenants_and_what_is_in_the_way() {
    let plan = tree().plan();
    let (text, summary) = (plan.to_string(), plan.summary().to_string());
    assert!(summary.lines().all(|line| text.lines().any(|other| other == line)), "{summary}");
    let headings: Vec<&str> =
        summary.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).collect();
    assert!(headings[0].starts_with("PLAN "), "{summary}");
    assert_eq!(headings[1..], ["TENANTS", "IN THE WAY"]);
    assert!(summary.contains("video_database.json, record 3: a record is a JSON object"), "{summary}");
}

#[test]
fn as_json_it_is_one_document_that_is_read_back_the_same() {
    let plan = tree().plan();
    let json = serde_json::to_string(&plan).unwrap();
    let read: Plan = serde_json::from_str(&json).unwrap();
    assert_eq!(read, plan);
    assert_eq!(serde_json::to_string(&read).unwrap(), json);
}

#[test]
fn as_a_workbook_it_has_a_sheet_for_each_part_and_no_formula() {
    let bytes = tree().plan().to_workbook().unwrap();
    let mut workbook = Xlsx::new(Cursor::new(bytes)).unwrap();
    let names = workbook.sheet_names();
    assert_eq!(names, ["summary", "tenants", "files", "records", "left", "problems"]);
    for name in &names {
        assert!(workbook.worksheet_formula(name).unwrap().is_empty(), "{name}");
    }
    let cell = |workbook: &mut Xlsx<_>, sheet: &str, at| {
        workbook.worksheet_range(sheet).unwrap().get_value(at).cloned()
    };
    assert_eq!(cell(&mut workbook, "records", (1, 4)), Some(Data::String("=1+1".to_owned())));
    assert_eq!(cell(&mut workbook, "files", (1, 3)), Some(Data::String("videos/ana/=a.mp4".to_owned())));
    assert_eq!(cell(&mut workbook, "files", (1, 1)), Some(Data::Float(3.0)));
    assert_eq!(cell(&mut workbook, "left", (1, 0)), Some(Data::String("app.py".to_owned())));
}

#[test]
fn a_plan_of_another_form_is_refused_and_says_what_to_do() {
    let tree = Tree::new();
    tree.write("videos/a.mp4", "a");
    let plan = tree.plan();
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(Plan::from_json(json.as_bytes()).unwrap(), plan);
    // What else would be in it is not known here.
    for other in [json.replacen(r#""format":1"#, r#""format":2"#, 1), r#"{"format": 2}"#.to_owned()] {
        let refused = Plan::from_json(other.as_bytes()).unwrap_err();
        assert!(matches!(refused, MigrateError::PlanFormat { format: 2 }), "{refused:?}");
        let said = refused.to_string();
        // Nor is it read by another way.
        let refused = serde_json::from_str::<Plan>(&other).unwrap_err().to_string();
        assert!(refused.contains(&said), "{refused}");
        assert!(
            said.contains("form 2") && said.contains("form 1") && said.contains("make it anew"),
            "{said}"
        );
    }
    for none in ["", "{", "{}", "[]", r#"{"format": "1"}"#, r#"{"format": 1}"#] {
        assert!(matches!(Plan::from_json(none.as_bytes()), Err(MigrateError::NoPlan)), "{none}");
    }
}
