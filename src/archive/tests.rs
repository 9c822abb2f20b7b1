//! The form by itself, with names as long as they can be.
#![allow(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use futures::StreamExt;
use jiff::Timestamp;
use proptest::prelude::*;

use super::{END, MANIFEST, MANIFEST_SUM, Reader, header, padding, sum};

/// A tar of a manifest and these entries.
fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let manifest = (MANIFEST.to_owned(), b"{}".to_vec());
    let sum = (MANIFEST_SUM.to_owned(), sum(b"{}").into_bytes());
    let mut tar = Vec::new();
    for (name, content) in [manifest, sum].iter().chain(entries) {
        let length = content.len() as u64;
        tar.extend_from_slice(&header(name, length, Timestamp::UNIX_EPOCH));
        tar.extend_from_slice(content);
        tar.resize(tar.len() + padding(length), 0);
    }
    tar.extend_from_slice(&END);
    tar
}

fn entries() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let name = prop_oneof!["videos/[a-z ü🌧]{1,50}\\.mp4", "thumbnails/[a-z]{80,190}\\.png"];
    prop::collection::vec((name, prop::collection::vec(any::<u8>(), 0..1500)), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_in_pieces_of_any_size(entries in entries(), size in 1..2000_usize) {
        let tar = archive(&entries);
        let pieces: Vec<_> = tar.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut reader = Reader::new(futures::stream::iter(pieces).boxed());
            assert_eq!(reader.manifest().await.unwrap(), "{}");
            for (name, content) in &entries {
                reader.entry(name, content.len() as u64).await.unwrap();
                let mut read = Vec::new();
                while let Some(chunk) = reader.chunk().await.unwrap() {
                    read.extend_from_slice(&chunk);
                }
                assert_eq!(&read, content);
            }
            reader.end().await.unwrap();
            assert_eq!(reader.taken(), tar.len() as u64);
        });
    }

    #[test]
    fn another_program_reads_the_same(entries in entries()) {
        let tar = archive(&entries);
        let mut archive = tar::Archive::new(&tar[..]);
        let mut found = Vec::new();
        for entry in archive.entries().unwrap().skip(2) {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            found.push((String::from_utf8(entry.path_bytes().into_owned()).unwrap(), content));
        }
        prop_assert_eq!(found, entries);
    }
}
