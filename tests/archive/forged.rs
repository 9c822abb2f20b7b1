//! Archives as somebody might make them who wants to harm.

use std::io::Read;

use serde_json::{Value, json};
use tar::EntryType;

/// An archive in parts, to be changed and put together again.
#[derive(Clone)]
pub(crate) struct Forged {
    pub(crate) manifest: Value,
    /// The entries after the manifest's, in order.
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: EntryType,
    pub(crate) content: Vec<u8>,
}

impl Entry {
    pub(crate) fn file(name: &str, content: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), kind: EntryType::Regular, content: content.into() }
    }
}

impl Forged {
    /// Takes one apart.
    pub(crate) fn of(archive: &[u8]) -> Self {
        let mut found = Vec::new();
        let mut archive = tar::Archive::new(archive);
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            found.push(Entry { name, kind: entry.header().entry_type(), content });
        }
        let manifest = serde_json::from_slice(&found.remove(0).content).unwrap();
        assert_eq!(found.remove(0).name, "manifest.json.b3");
        Self { manifest, entries: found }
    }

    /// Puts it together, with a manifest whose own digest is right.
    pub(crate) fn build(&self) -> Vec<u8> {
        let manifest = serde_json::to_vec_pretty(&self.manifest).unwrap();
        let sum = format!("{}  manifest.json\n", blake3::hash(&manifest).to_hex());
        let first = [Entry::file("manifest.json", manifest), Entry::file("manifest.json.b3", sum)];
        let mut builder = tar::Builder::new(Vec::new());
        for entry in first.iter().chain(&self.entries) {
            let mut header = tar::Header::new_gnu();
            // Whatever the name: a path would be refused.
            let name = entry.name.as_bytes();
            header.as_old_mut().name[..name.len()].copy_from_slice(name);
            header.set_entry_type(entry.kind);
            header.set_size(entry.content.len() as u64);
            if entry.kind.is_symlink() || entry.kind.is_hard_link() {
                header.set_link_name_literal("../../../etc/passwd").unwrap();
            }
            header.set_cksum();
            builder.append(&header, &entry.content[..]).unwrap();
        }
        builder.into_inner().unwrap()
    }

    pub(crate) fn entry(&mut self, name: &str) -> &mut Entry {
        self.entries.iter_mut().find(|entry| entry.name.starts_with(name)).unwrap()
    }

    /// What the manifest says of an entry: of a collection, or of the first file of an area.
    pub(crate) fn told(&mut self, list: &str, key: &str, value: &str) -> &mut Value {
        let told = self.manifest[list].as_array_mut().unwrap();
        told.iter_mut().find(|told| told[key] == value).unwrap()
    }

    /// Replaces the records of a collection, and says so.
    pub(crate) fn records(&mut self, collection: &str, lines: &[String]) {
        let content: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let told = self.told("records", "collection", collection);
        told["records"] = json!(lines.len());
        told["bytes"] = json!(content.len());
        told["blake3"] = json!(blake3::hash(content.as_bytes()).to_hex().as_str());
        self.entry(&format!("records/{collection}.jsonl")).content = content.into_bytes();
    }

    /// The records of a collection.
    pub(crate) fn lines(&mut self, collection: &str) -> Vec<String> {
        let content = self.entry(&format!("records/{collection}.jsonl")).content.clone();
        String::from_utf8(content).unwrap().lines().map(str::to_owned).collect()
    }

    /// Replaces the content of the first file of an area, and says so.
    pub(crate) fn content(&mut self, area: &str, content: &[u8]) {
        let told = self.told("files", "area", area);
        told["bytes"] = json!(content.len());
        told["blake3"] = json!(blake3::hash(content).to_hex().as_str());
        let name = format!("{area}/{}", told["name"].as_str().unwrap());
        self.entry(&name).content = content.to_vec();
    }
}
