//! Changes of ana's tokens, and their folder as another program sees it.

use std::path::PathBuf;

use tenantry::paths::FileName;
use tenantry::{Expected, TokenContent, Workspace};

use crate::support::Place;

pub(crate) fn file(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

/// The text of a token, different for each number, with white space that is to stay.
pub(crate) fn text(number: usize) -> String {
    format!("{{ \"refresh_token\":\n \"synthetic-{number}-{}\" }}\n ", "x".repeat(number * 37 % 4000))
}

pub(crate) fn content(number: usize) -> TokenContent {
    TokenContent::parse(text(number)).unwrap()
}

pub(crate) async fn create(ana: &Workspace, name: &str, number: usize) {
    ana.tokens().create(&file(name), content(number)).await.unwrap();
}

pub(crate) async fn replace(ana: &Workspace, name: &str, number: usize) {
    ana.tokens().replace(&file(name), Expected::Any, content(number)).await.unwrap();
}

pub(crate) async fn delete(ana: &Workspace, name: &str) {
    ana.tokens().delete(&file(name), Expected::Any).await.unwrap();
}

/// What lies in the folder.
pub(crate) fn names(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.token_path("")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

impl Place {
    pub(crate) fn token_path(&self, name: &str) -> PathBuf {
        self.folder.path().join("root/tokens/ana").join(name)
    }

    pub(crate) fn token(&self, name: &str) -> String {
        std::fs::read_to_string(self.token_path(name)).unwrap()
    }

    pub(crate) fn write_token(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.token_path(name), text).unwrap();
    }
}
