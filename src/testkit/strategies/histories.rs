//! Histories of several users.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::select;

use super::schedules;
use crate::ownership::Action;
use crate::testkit::histories::{Act, Deed, Note, Step};

/// How many notes there are to speak of, and how many tokens.
const NOTES: u8 = 5;
const TOKENS: u8 = 2;
const TAGS: [&str; 2] = ["red", "ü ✓"];

/// Histories of so many users and steps. Each user works mostly in its own workspace, and tries the others'
/// now and then.
///
/// # Panics
/// If `users` is 0 or `steps` is empty.
pub fn histories(users: usize, steps: Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let place = (0..users, prop_oneof![5 => Just(None), 1 => (0..users).prop_map(Some)]);
    let step = (place, acts()).prop_map(|((by, on), act)| Step { by, on: on.unwrap_or(by), act });
    prop::collection::vec(step, steps)
}

/// Single operations, of every kind.
pub fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        10 => deed().prop_map(Act::Note),
        3 => (prop::collection::vec(deed(), 0..4), prop::bool::weighted(0.2))
            .prop_map(|(deeds, gives_up)| Act::Together { deeds, gives_up }),
        2 => (any::<bool>(), 1..4_usize)
            .prop_map(|(newest_first, limit)| Act::ListNotes { newest_first, limit }),
        1 => select(&TAGS[..]).prop_map(|tag| Act::FindNotes(tag.to_owned())),
        14 => videos(),
        2 => schedules().prop_map(|schedule| Act::AddSchedule(Box::new(schedule))),
        1 => Just(Act::ListSchedules),
        3 => tokens(),
        4 => around(),
        1 => select(vec![1_u32, 3600, 2 * 24 * 3600]).prop_map(Act::Advance),
    ]
}

fn note() -> impl Strategy<Value = Note> {
    let text =
        prop_oneof![3 => "[a-z\"\\\\é✓ ]{0,12}", 1 => (50..200_usize).prop_map(|length| "x".repeat(length))];
    let tag = prop::option::of(select(&TAGS[..]).prop_map(str::to_owned));
    (text, tag).prop_map(|(text, tag)| Note { text, tag })
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..NOTES, note()).prop_map(|(id, note)| Deed::Insert(id, note)),
        2 => (0..NOTES).prop_map(Deed::Get),
        2 => (0..NOTES, note()).prop_map(|(id, note)| Deed::Update(id, note)),
        2 => (0..NOTES).prop_map(Deed::Remove),
    ]
}

fn videos() -> impl Strategy<Value = Act> {
    let original = select(vec!["a.mp4", "b.mp4", "Hujan Malam.MOV", "講義.mkv", "c.avi", "page.html"]);
    let pieces = prop::collection::vec(prop_oneof![1 => Just(16_u16), 2 => 0..60_u16], 1..4);
    let upload = (original, pieces, prop::bool::weighted(0.1))
        .prop_map(|(original, pieces, breaks)| Act::Upload { original: original.to_owned(), pieces, breaks });
    let title = prop_oneof![4 => "[A-Za-zü ✓]{1,12}", 1 => select(vec![String::new(), "a\n".to_owned()])];
    let which = || prop_oneof![3 => Just(0_usize), 1 => 0..3_usize];
    prop_oneof![
        6 => upload,
        2 => (which(), 0..40_u64).prop_map(|(which, first)| Act::OpenVideo { which, first }),
        1 => which().prop_map(Act::VerifyVideo),
        1 => (which(), title).prop_map(|(which, title)| Act::RenameVideo(which, title)),
        2 => which().prop_map(Act::DeleteVideo),
        1 => (0..4_usize).prop_map(Act::ListVideos),
    ]
}

fn tokens() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0..TOKENS, "[a-z]{1,9}")
            .prop_map(|(number, secret)| Act::CreateToken(number, format!(r#"{{"secret":"{secret}"}}"#))),
        2 => (0..TOKENS).prop_map(Act::ReadToken),
        1 => (0..TOKENS).prop_map(Act::DeleteToken),
        1 => Just(Act::ListTokens),
    ]
}

/// What is asked beside.
fn around() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => Just(Act::ReadProfile),
        1 => "[A-Za-zü ]{0,9}|x{201}".prop_map(Act::ChangeName),
        2 => Just(Act::ReadUsage),
        1 => Just(Act::Snapshot),
        1 => select(Action::ALL).prop_map(Act::Can),
        1 => Just(Act::ListTenants),
    ]
}
