//! Videos: durable uploads, and reading them whole and in ranges.
//!
//! Beside the uploads stands what the disk itself takes to write and sync a file of that size.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that fails has to stop; what the macros make has no words"
)]

mod place;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tenantry::ByteRange;

use place::{Kind, Place};

const SIZE: usize = 4 << 20;
const RANGE: u64 = 64 << 10;

fn uploads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("upload 4 MiB");
    group.throughput(Throughput::Bytes(SIZE as u64));
    for kind in Kind::ALL {
        let place = Place::new(kind).unwrap();
        group.bench_function(kind.name(), |bencher| {
            bencher.iter_batched(
                || place.emptied().unwrap(),
                |workspace| {
                    let upload = workspace.videos().upload("a.mp4", place::body(SIZE));
                    place.runtime().block_on(upload.into_future()).unwrap();
                    workspace
                },
                BatchSize::PerIteration,
            );
        });
    }
    let folder = place::folder().unwrap();
    let (path, bytes) = (folder.path().join("file"), vec![7; SIZE]);
    group.bench_function("a bare file: write and sync", |bencher| {
        bencher.iter_batched(
            || drop(std::fs::remove_file(&path)),
            |()| {
                std::fs::write(&path, &bytes).unwrap();
                std::fs::File::open(&path).unwrap().sync_all().unwrap();
                std::fs::File::open(folder.path()).unwrap().sync_all().unwrap();
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn reads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read a video");
    for kind in Kind::ALL {
        let place = Place::new(kind).unwrap();
        let videos = place.workspace().videos();
        let upload = videos.upload("a.mp4", place::body(SIZE)).into_future();
        let video = place.runtime().block_on(upload).unwrap();
        let read = |range| {
            let open = async { videos.open_range(video.id(), range).await?.bytes().await };
            place.runtime().block_on(open).unwrap()
        };
        group.throughput(Throughput::Bytes(SIZE as u64));
        group.bench_function(format!("{}, 4 MiB whole", kind.name()), |bencher| {
            bencher.iter(|| read(black_box(ByteRange::All)));
        });
        group.throughput(Throughput::Bytes(RANGE));
        group.bench_function(format!("{}, a range of 64 KiB", kind.name()), |bencher| {
            let first = SIZE as u64 / 2;
            bencher.iter(|| read(black_box(ByteRange::Between(first, first + RANGE - 1))));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    targets = uploads, reads
}
criterion_main!(benches);
