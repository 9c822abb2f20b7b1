//! Records: durable inserts by one caller and by many at once, single reads and lists.
//!
//! Beside the inserts stands what the disk itself takes to append a few bytes and sync them, so that
//! one run tells what of the time is the library's.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that fails has to stop; what the macros make has no words"
)]

mod place;

use std::hint::black_box;
use std::io::Write;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use tenantry::ListOptions;
use tenantry::paths::CollectionName;
use tenantry::record::Entity;

use place::{Kind, Place};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    title: String,
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn note() -> Note {
    Note { title: "A note".to_owned(), text: "as long as a line of text usually is ".repeat(3) }
}

/// How many callers insert at once.
const CALLERS: u64 = 32;
/// How many records there are to read.
const RECORDS: usize = 1000;

fn inserts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("insert");
    for kind in Kind::ALL {
        let place = Place::new(kind).unwrap();
        let notes = place.workspace().collection::<Note>();
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{}, 1 caller", kind.name()), |bencher| {
            bencher.iter(|| place.runtime().block_on(notes.insert(note())).unwrap());
        });
        group.throughput(Throughput::Elements(CALLERS));
        group.bench_function(format!("{}, {CALLERS} callers", kind.name()), |bencher| {
            bencher.iter(|| {
                let inserts = (0..CALLERS).map(|_| notes.insert(note()));
                place.runtime().block_on(try_join_all(inserts)).unwrap()
            });
        });
    }
    let folder = place::folder().unwrap();
    let mut file = std::fs::File::create(folder.path().join("file")).unwrap();
    let line = [b'x'; 400];
    group.throughput(Throughput::Elements(1));
    group.bench_function("a bare file: append and sync", |bencher| {
        bencher.iter(|| {
            file.write_all(&line).unwrap();
            file.sync_data().unwrap();
        });
    });
    group.finish();
}

fn reads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read records");
    for kind in Kind::ALL {
        let place = Place::new(kind).unwrap();
        let notes = place.workspace().collection::<Note>();
        let inserts = (0..RECORDS).map(|_| notes.insert(note()));
        let inserted = place.runtime().block_on(try_join_all(inserts)).unwrap();
        let id = inserted[RECORDS / 2].id();
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{}, get", kind.name()), |bencher| {
            bencher.iter(|| place.runtime().block_on(notes.get(black_box(id))).unwrap());
        });
        let snapshot = place.runtime().block_on(place.workspace().snapshot()).unwrap();
        group.bench_function(format!("{}, get from a snapshot", kind.name()), |bencher| {
            bencher.iter(|| snapshot.collection::<Note>().get(black_box(id)).unwrap());
        });
        group.throughput(Throughput::Elements(100));
        group.bench_function(format!("{}, list a page of 100", kind.name()), |bencher| {
            let options = ListOptions::new().limit(100);
            bencher.iter(|| place.runtime().block_on(notes.list(black_box(&options))).unwrap());
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    targets = inserts, reads
}
criterion_main!(benches);
