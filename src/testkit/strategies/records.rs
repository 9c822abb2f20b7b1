//! Records: JSON as tools and hands write it, and values of the library's and of hosts' kinds.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value};

use crate::paths::TenantId;
use crate::record::{Envelope, LocalTime};
use crate::{PrivacyStatus, Schedule};

/// White space as people and programs put it between tokens; mostly none.
pub fn spaces() -> impl Strategy<Value = &'static str> + Clone {
    prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\n\t"), 1 => Just("\r\n  ")]
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        // Numbers that no machine type holds, and spellings that writing anew would lose.
        "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,2})?",
        prop_oneof![Just("true"), Just("false"), Just("null")].prop_map(str::to_owned),
        any::<String>().prop_map(|text| quoted(&text)),
        r#""([ a-z{}\[\]:,]|\\["\\/bfnrt]|\\u00[0-9a-f]{2}){0,8}""#,
    ]
}

/// The text of any JSON value, spaced at will. The names within each object are different and sorted.
pub fn json() -> impl Strategy<Value = String> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        let item =
            (spaces(), inner, spaces()).prop_map(|(before, item, after)| format!("{before}{item}{after}"));
        let list =
            prop::collection::vec(item.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(",")));
        let members = prop::collection::btree_map("[a-z \"]{0,4}", item, 0..4);
        let object = members.prop_map(|members| {
            let members = members.iter().map(|(name, item)| format!("{} :{item}", quoted(name)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        });
        prop_oneof![list, object]
    })
}

/// Fields that no type knows: names, each once, with the texts of their values.
pub fn unknown_fields() -> impl Strategy<Value = Vec<(String, String)>> {
    let named = ("[a-zé\\\\\"]{0,6}", json());
    prop::collection::vec(named, 0..6).prop_map(|fields| {
        let numbered = |(at, (name, value)): (usize, (String, String))| (format!("{name}{at}"), value);
        fields.into_iter().enumerate().map(numbered).collect()
    })
}

/// The text of an object with these fields, in this order, with `space` between any two tokens.
#[must_use]
pub fn object(fields: &[(String, String)], space: &str) -> String {
    let member =
        |(name, value): &(String, String)| format!("{space}{}{space}:{space}{value}{space}", quoted(name));
    format!("{space}{{{}}}{space}", fields.iter().map(member).collect::<Vec<_>>().join(","))
}

/// Records of a tenant as tools before this library wrote them: the envelope whole or in part, in any
/// order, its id a text or a number, among fields that no type knows, spaced at will.
pub fn records(owner: &TenantId) -> impl Strategy<Value = String> + use<> {
    let owner = quoted(owner.as_str());
    let id = prop_oneof![3 => "[a-zA-Z0-9-]{1,36}".prop_map(|id| quoted(&id)), 1 => "[1-9][0-9]{0,15}"];
    let time = (0..4_000_000_000_i64).prop_map(|seconds| quoted(&local_time(seconds).to_string()));
    let made = (id, any::<[bool; 4]>(), [time.clone(), time]);
    (made, unknown_fields(), any::<prop::sample::Index>(), spaces()).prop_map(
        move |((id, there, [created, updated]), unknown, turn, space)| {
            let [_, by, at, changed] = ["", "created_by", "created_at", "updated_at"].map(str::to_owned);
            let optional =
                [("owner".to_owned(), owner.clone()), (by, owner.clone()), (at, created), (changed, updated)];
            let optional =
                optional.into_iter().zip(there).filter_map(|(field, there)| there.then_some(field));
            let mut fields: Vec<_> =
                [("id".to_owned(), id)].into_iter().chain(optional).chain(unknown).collect();
            let turn = turn.index(fields.len());
            fields.rotate_left(turn);
            object(&fields, space)
        },
    )
}

/// The fields of a record of a host's kind, whatever they are; none is of the [`Envelope`].
pub fn fields() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f32>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(Value::Null),
    ];
    let nested = prop_oneof![leaf.clone(), prop::collection::vec(leaf, 0..3).prop_map(Value::from)];
    let own = "[a-zA-Zé]{1,8}".prop_filter("not of the envelope", |name| !Envelope::has(name));
    prop::collection::btree_map(own, nested, 0..5).prop_map(|fields| fields.into_iter().collect())
}

/// A yes or no and one of the spellings in which forms, spreadsheets and hands leave it, as JSON; what
/// [`lenient::flag`](crate::record::lenient::flag) reads.
pub fn flags() -> impl Strategy<Value = (bool, String)> + Clone {
    let yes = ["true", "1", "\"1\"", "\"TRUE\"", "\"yes\"", "\" On \""].map(|text| (true, text));
    let no = ["false", "0", "\"0\"", "\"False\"", "\"no\"", "\"OFF\"", "\"\"", "\"  \"", "null"];
    let all = yes.into_iter().chain(no.map(|text| (false, text)));
    select(all.map(|(flag, text)| (flag, text.to_owned())).collect::<Vec<_>>())
}

fn local_time(seconds: i64) -> LocalTime {
    LocalTime::new(TimeZone::UTC.to_datetime(Timestamp::from_second(seconds).unwrap_or_default()))
}

/// Schedules that can be added: titles that a spreadsheet could take for something else, descriptions of
/// several lines, times from far back to far ahead.
pub fn schedules() -> impl Strategy<Value = Schedule> {
    let privacy = prop_oneof![
        Just(None),
        Just(Some(PrivacyStatus::Public)),
        Just(Some(PrivacyStatus::Unlisted)),
        Just(Some(PrivacyStatus::Private)),
    ];
    let time = prop_oneof![-60_000_000_000_i64..60_000_000_000, 1_577_836_800..1_893_456_000_i64];
    let odd = ["=1+1", "_x0041_", "1e5", "TRUE", "2025-11-04", "'x", "#N/A", "nan", " x "];
    let title = prop_oneof![
        4 => "[^\\p{C}]{1,40}".prop_filter("something is seen", |text| !text.trim().is_empty()),
        1 => select(odd.to_vec()).prop_map(str::to_owned),
    ];
    let description = "[^\\p{Cc}]{0,60}(\n[^\\p{Cc}]{1,20})?";
    let stream = prop::option::of("[a-zA-Z0-9-]{1,20}");
    (title, description, time, privacy, any::<[bool; 4]>(), stream).prop_map(
        |(title, description, time, privacy, flags, stream)| {
            let mut schedule = Schedule::new(title, local_time(time));
            schedule.description =
                Some(description).filter(|text| !text.trim().is_empty()).unwrap_or_default();
            schedule.privacy_status = privacy;
            [schedule.auto_start, schedule.auto_stop, schedule.made_for_kids, schedule.repeat_daily] = flags;
            schedule.stream_name_existing = stream.filter(|stream| !stream.eq_ignore_ascii_case("nan"));
            schedule
        },
    )
}
