//! Which videos and thumbnails histories upload, and what they do with them.

use proptest::prelude::*;

use super::files::{BEGINNINGS, FileDeed, FileKind, IMAGES, OnFile, Part, Uploading, VIDEOS};
use super::generate::{chosen, meant, titles, weighted, which};
use super::step::{Act, Meant, Which};

/// The first uploads: a video, and its thumbnail.
pub(crate) fn first() -> Vec<Act> {
    let upload = |kind, begins| {
        let (title, announced, pieces, breaks) = (None, None, vec![16], false);
        Act::Upload(Uploading { kind, original: 0, title, announced, begins, pieces, breaks })
    };
    let latest = Which::Own(0);
    let deed = FileDeed::SetThumbnail(Meant::Any, Some((latest, false)));
    let set = OnFile { kind: FileKind::Video, which: latest, by_name: true, deed };
    vec![upload(FileKind::Video, None), upload(FileKind::Thumbnail, Some(0)), Act::OnFile(set)]
}

/// What principals do with files.
pub(crate) fn act() -> impl Strategy<Value = Act> {
    prop_oneof![6 => upload(), 7 => on_file()]
}

fn kind() -> impl Strategy<Value = FileKind> {
    weighted([(1, FileKind::Video), (1, FileKind::Thumbnail)])
}

fn upload() -> impl Strategy<Value = Act> {
    let title = titles().into_iter().map(|(times, title)| (times, Some(title)));
    let title = weighted(title.chain([(60, None)]));
    let announced = prop::option::weighted(0.4, 0..90_u64);
    let pieces = prop::collection::vec(prop_oneof![1 => Just(16_u8), 1 => 0..40_u8], 0..4);
    let breaks = prop::bool::weighted(0.1);
    // Of images, mostly those whose content is what the name says.
    let original = (kind(), 0..VIDEOS.len(), prop::option::weighted(0.2, 0..BEGINNINGS.len()));
    (original, title, announced, pieces, breaks).prop_map(
        |((kind, original, other), title, announced, pieces, breaks)| {
            let right = IMAGES[original].1.and_then(|(extension, _)| {
                BEGINNINGS.iter().position(|(_, extensions)| extensions.contains(&extension))
            });
            let begins = other.or(right).filter(|_| kind == FileKind::Thumbnail);
            Act::Upload(Uploading { kind, original, title, announced, begins, pieces, breaks })
        },
    )
}

fn on_file() -> impl Strategy<Value = Act> {
    let part = prop_oneof![
        2 => Just(Part::All),
        1 => (0..60_u64).prop_map(Part::From),
        2 => (0..60_u64, 0..90_u64).prop_map(|(first, last)| Part::Between(first, last)),
        1 => (0..60_u64).prop_map(Part::Last),
    ];
    let of_any = prop_oneof![
        3 => (meant(), chosen()).prop_map(|(meant, chosen)| FileDeed::Delete(meant, chosen)),
        3 => part.prop_map(FileDeed::Open),
        4 => weighted([(2, FileDeed::Get), (1, FileDeed::Verify), (1, FileDeed::LocalPath)]),
    ];
    let of_any = (kind(), of_any);
    let image = which().into_iter().map(|(times, which)| (times, Some(which))).chain([(20, None)]);
    let image =
        (weighted(image), any::<bool>()).prop_map(|(image, by_name)| image.map(|which| (which, by_name)));
    let of_videos = prop_oneof![
        2 => (meant(), image).prop_map(|(meant, image)| FileDeed::SetThumbnail(meant, image)),
        1 => (meant(), weighted(titles())).prop_map(|(meant, title)| FileDeed::Rename(meant, title)),
    ];
    let of_videos = of_videos.prop_map(|deed| (FileKind::Video, deed));
    (weighted(which()), any::<bool>(), prop_oneof![2 => of_any, 1 => of_videos])
        .prop_map(|(which, by_name, (kind, deed))| Act::OnFile(OnFile { kind, which, by_name, deed }))
}
