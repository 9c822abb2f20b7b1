//! Whatever is done with tokens and, by other hands, with their files: the files are the tokens', and
//! what others wrote is there still.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tenantry::{Expected, Tenantry, Token, ViewMode, Workspace};

use crate::support::{CLOSE, Place, id};
use crate::token_folder::{content, file, names, text};

/// The first two are one to whoever ignores case; the last one no token can have.
const NAMES: [&str; 4] = ["a.json", "A.json", "b.json", "client_secret.json"];

#[derive(Debug, Clone, Copy)]
enum Step {
    /// A token of that name is created, or the one of that name replaced.
    Put(usize),
    /// The token of that name, in whichever case, is spelled so from now on.
    Respell(usize),
    Delete(usize),
    /// Somebody writes over the file.
    Write(usize),
    /// Somebody removes the file.
    Remove(usize),
    /// The views are written on request.
    Views,
    /// The library is closed and opened again.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_usize).prop_map(Step::Put),
        2 => (0..3_usize).prop_map(Step::Respell),
        3 => (0..3_usize).prop_map(Step::Delete),
        4 => (0..4_usize).prop_map(Step::Write),
        2 => (0..4_usize).prop_map(Step::Remove),
        1 => Just(Step::Views),
        1 => Just(Step::Reopen),
    ]
}

/// A tenant with tokens, and what is to be expected of its folder.
struct World {
    place: Place,
    mode: ViewMode,
    tenantry: Tenantry,
    ana: Workspace,
    /// Names and numbers of the tokens, by their names in small letters.
    tokens: BTreeMap<String, (String, usize)>,
    /// What others wrote and nobody but the library had its hands on since.
    theirs: BTreeSet<String>,
    /// So that every text is another.
    next: usize,
}

impl World {
    async fn new(mode: ViewMode) -> Self {
        let place = Place::new();
        let (tenantry, ana) = place.begin(mode).await;
        Self { place, mode, tenantry, ana, tokens: BTreeMap::new(), theirs: BTreeSet::new(), next: 0 }
    }

    async fn take(&mut self, step: Step) {
        self.next += 1;
        match step {
            Step::Put(name) => self.put(NAMES[name]).await,
            Step::Respell(name) => self.respell(NAMES[name]).await,
            Step::Delete(name) => self.delete(NAMES[name]).await,
            Step::Write(name) => {
                self.forget(NAMES[name]);
                self.place.write_token(NAMES[name], format!("theirs {}", self.next));
                self.theirs.insert(format!("theirs {}", self.next));
            }
            Step::Remove(name) => {
                self.forget(NAMES[name]);
                let _ = std::fs::remove_file(self.place.token_path(NAMES[name]));
            }
            Step::Views => drop(self.ana.write_views().await.unwrap()),
            Step::Reopen => {
                self.tenantry.close(CLOSE).await.unwrap();
                self.tenantry = self.place.open(self.mode).await;
                self.ana = self.tenantry.session(&id("ana")).await.unwrap().own();
            }
        }
        self.nothing_of_others_is_lost();
    }

    /// What lies there is about to be overwritten by other hands.
    fn forget(&mut self, name: &str) {
        if let Ok(text) = std::fs::read_to_string(self.place.token_path(name)) {
            self.theirs.remove(&text);
        }
    }

    async fn put(&mut self, name: &str) {
        let (tokens, number) = (self.ana.tokens(), self.next);
        let spelled = match self.tokens.get(&name.to_lowercase()) {
            Some((spelled, _)) => {
                tokens.replace(&file(name), Expected::Any, content(number)).await.unwrap();
                spelled.clone()
            }
            None => {
                tokens.create(&file(name), content(number)).await.unwrap();
                name.to_owned()
            }
        };
        assert_eq!(self.place.token(&spelled), text(number));
        self.tokens.insert(name.to_lowercase(), (spelled, number));
    }

    async fn respell(&mut self, name: &str) {
        let Some((spelled, number)) = self.tokens.get_mut(&name.to_lowercase()) else { return };
        let read = self.ana.tokens().read(&file(name)).await.unwrap();
        let token = Token::new(file(name), content(*number));
        self.ana.collection::<Token>().update(read.id(), Expected::Any, token).await.unwrap();
        // What changes nothing is no commit, and looks at no file.
        if spelled != name {
            assert_eq!(self.place.token(name), text(*number));
        }
        name.clone_into(spelled);
    }

    async fn delete(&mut self, name: &str) {
        let Some((spelled, _)) = self.tokens.remove(&name.to_lowercase()) else { return };
        self.ana.tokens().delete(&file(name), Expected::Any).await.unwrap();
        assert!(!self.place.token_path(&spelled).exists());
    }

    fn nothing_of_others_is_lost(&self) {
        let texts: BTreeSet<_> = names(&self.place).iter().map(|name| self.place.token(name)).collect();
        assert!(self.theirs.is_subset(&texts), "{:?} in {texts:?}", self.theirs);
    }

    /// The tokens have their files, and all else is of others.
    async fn end(&self) {
        self.ana.write_views().await.unwrap();
        self.nothing_of_others_is_lost();
        let mut others = names(&self.place);
        for (name, number) in self.tokens.values() {
            assert_eq!(self.place.token(name), text(*number));
            others.retain(|other| other != name);
        }
        let others: BTreeSet<_> = others.iter().map(|name| self.place.token(name)).collect();
        assert_eq!(others, self.theirs);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_files_are_those_of_the_tokens_and_nothing_that_others_wrote_is_lost(
        steps in proptest::collection::vec(step(), 1..16),
        soon in any::<bool>(),
    ) {
        let mode = if soon { ViewMode::Soon } else { ViewMode::EveryCommit };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(mode).await;
            for step in steps {
                world.take(step).await;
            }
            world.end().await;
        });
    }
}
