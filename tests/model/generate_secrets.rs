//! Which tokens and stream keys histories have, and what services say.

use proptest::prelude::*;

use super::generate::{chosen, meant, weighted};
use super::secrets::{CONTENTS, DELIVERIES, KeyDeed, Meanwhile, STREAMS, Script, TokenDeed, Told};
use super::step::Act;

/// The first token, and the first of its stream keys.
pub(crate) fn first() -> Vec<Act> {
    let told = vec![Told { id: STREAMS[0].to_owned(), title: "Main".to_owned(), delivery: Some(0) }];
    let script = Script { told, fails: false, meanwhile: Meanwhile::Nothing };
    vec![Act::Token(TokenDeed::Create(0, 0)), Act::StreamKey(KeyDeed::Fetch(0, script))]
}

/// What principals do with tokens and stream keys.
pub(crate) fn act() -> impl Strategy<Value = Act> {
    prop_oneof![key_deed().prop_map(Act::StreamKey).boxed(), token_deed().prop_map(Act::Token).boxed()]
}

/// A token's name: mostly one of two that are the same but for their case.
fn token() -> impl Strategy<Value = usize> + Clone {
    weighted([(6, 0), (6, 1), (4, 2), (1, 3), (1, 4)])
}

fn stream() -> impl Strategy<Value = usize> + Clone {
    weighted([(6, 0), (1, 1), (1, 2), (1, 3)])
}

fn token_deed() -> impl Strategy<Value = TokenDeed> {
    let content = 0..CONTENTS.len();
    prop_oneof![
        4 => (token(), content.clone()).prop_map(|(token, content)| TokenDeed::Create(token, content)),
        4 => (token(), meant(), content)
            .prop_map(|(token, meant, content)| TokenDeed::Replace(token, meant, content)),
        3 => (token(), meant(), chosen())
            .prop_map(|(token, meant, chosen)| TokenDeed::Delete(token, meant, chosen)),
        2 => token().prop_map(TokenDeed::Read),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let titles = [(6, "Main"), (1, ""), (1, "A"), (1, "B")].map(|(times, title)| (times, title.to_owned()));
    let title = weighted(titles.into_iter().chain([(1, "t".repeat(501)), (1, "a\n".to_owned())]));
    let ids = STREAMS.map(|id| (if id == STREAMS[0] { 8 } else { 2 }, id)).into_iter().chain([(1, " ")]);
    let delivery = weighted([(4, Some(0)), (1, Some(DELIVERIES.len() - 1)), (1, None)]);
    let told = (weighted(ids), title, delivery);
    let told = told.prop_map(|(id, title, delivery)| Told { id: id.to_owned(), title, delivery });
    let meanwhile = weighted([
        (7, Meanwhile::Nothing),
        (1, Meanwhile::Refreshed),
        (1, Meanwhile::Deleted),
        (4, Meanwhile::Another),
    ]);
    (prop::collection::vec(told, 0..4), prop::bool::weighted(0.1), meanwhile)
        .prop_map(|(told, fails, meanwhile)| Script { told, fails, meanwhile })
}

fn key_deed() -> impl Strategy<Value = KeyDeed> {
    prop_oneof![
        6 => (token(), script()).prop_map(|(token, script)| KeyDeed::Fetch(token, script)),
        3 => (token(), stream()).prop_map(|(token, stream)| KeyDeed::Read(token, stream)),
        3 => (token(), stream(), meant(), chosen())
            .prop_map(|(token, stream, meant, chosen)| KeyDeed::Delete(token, stream, meant, chosen)),
        2 => token().prop_map(KeyDeed::Find),
        1 => (token(), chosen()).prop_map(|(token, chosen)| KeyDeed::DeleteAll(token, chosen)),
    ]
}
