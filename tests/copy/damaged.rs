//! Bytes that are not what they should be stop a copy, with the file's name, before anything is shown.

use std::sync::{Arc, Mutex};

use tenantry::{CopyError, Erasure, ErrorKind, Expected, Grace};

use crate::observed::observe;
use crate::world::{Kind, Place, clock, copy, ensure_unseen, id, refusal, upload};

/// What somebody does to a file behind the store's back, and what it is then.
type Damage = (&'static str, fn(&std::path::Path));

const DAMAGES: [Damage; 3] = [
    ("gone", |path| std::fs::remove_file(path).unwrap()),
    ("cut", |path| std::fs::write(path, &std::fs::read(path).unwrap()[1..]).unwrap()),
    ("changed", |path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[3] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }),
];

/// One of the files of ten bytes.
fn file_of(place: &Place) -> std::path::PathBuf {
    let is_it = |path: &std::path::PathBuf| std::fs::metadata(path).unwrap().len() == 10;
    place.files().into_iter().find(is_it).unwrap()
}

#[tokio::test]
async fn a_damaged_file_of_the_source_is_named_and_goes_nowhere() {
    for (damage, harm) in DAMAGES {
        for kind in Kind::ALL {
            let clock = clock();
            let (from, to) = (Place::new(Kind::Local, &clock).await, Place::new(kind, &clock).await);
            let own = from.furnished().await;
            upload(&own, 8, 10).await;
            let path = file_of(&from);
            let file = path.file_name().unwrap().to_str().unwrap();
            harm(&path);
            for _ in 0..2 {
                let error = copy(&from, &to).await.suspending_source().await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{damage}: {error:?}");
                assert_eq!(refusal(&error), Some(&CopyError::SourceFile), "{damage}");
                assert_eq!(error.subject(), Some(&*format!("videos/{file}")));
                ensure_unseen(&to).await;
            }
            // It was not suspended for nothing: whoever has it can put it right.
            let file = crate::world::name(file);
            own.videos().delete(&file, Expected::Any).await.unwrap();
            let copied = copy(&from, &to).await.await.unwrap();
            assert_eq!(copied.files, 10);
            assert_eq!(observe(&to.ana().await).await, observe(&own).await);
            let report = to.admin().await.tenants().check(&id("ana")).await.unwrap();
            assert!(report.findings.is_empty(), "{damage}: {:?}", report.findings);
        }
    }
}

/// A copy that was cut off, because one of the source's files is away for a while; what of it has arrived.
async fn begun(from: &Place, to: &Place) -> std::path::PathBuf {
    let own = from.furnished().await;
    upload(&own, 8, 10).await;
    let (last, away) = (from.files().pop().unwrap(), from.root().join("away"));
    std::fs::rename(&last, &away).unwrap();
    // One after the other the others arrive.
    while to.files().len() < 5 {
        copy(from, to).await.await.unwrap_err();
    }
    std::fs::rename(&away, &last).unwrap();
    file_of(to)
}

#[tokio::test]
async fn a_file_that_was_damaged_in_the_target_is_named_and_shown_to_nobody() {
    for (damage, harm) in DAMAGES {
        let clock = clock();
        let (from, to) = (Place::new(Kind::Local, &clock).await, Place::new(Kind::Local, &clock).await);
        let path = begun(&from, &to).await;
        let file = path.file_name().unwrap().to_str().unwrap();
        harm(&path);
        for _ in 0..2 {
            let error = copy(&from, &to).await.await.unwrap_err();
            assert_eq!(refusal(&error), Some(&CopyError::TargetFile), "{damage}: {error:?}");
            assert_eq!(error.subject(), Some(&*format!("videos/{file}")));
            ensure_unseen(&to).await;
        }
        // Such a copy is begun anew.
        let erased = to.admin().await.tenants().erase(&id("ana"), Grace::Respect).await.unwrap();
        assert!(matches!(erased, Erasure::Done(_)));
        clock.advance(std::time::Duration::from_secs(3600));
        copy(&from, &to).await.await.unwrap();
        assert_eq!(observe(&to.ana().await).await, observe(&from.ana().await).await);
    }
}

#[tokio::test]
async fn what_somebody_else_put_under_a_files_name_is_not_taken_for_it() {
    for (content, is_it) in [(&b"rubbish!!!"[..], false), (&b"\0\0\0\0\0\0\0\0\0\0"[..], true)] {
        let clock = clock();
        let (from, to) = (Place::new(Kind::Local, &clock).await, Place::new(Kind::Local, &clock).await);
        let own = from.furnished().await;
        let video = upload(&own, 1, 10).await.remove(0);
        let file = own.videos().get(&video).await.unwrap().value().filename.clone();
        std::fs::create_dir_all(to.root().join("videos/ana")).unwrap();
        std::fs::write(to.root().join("videos/ana").join(file.as_str()), content).unwrap();
        // Also where reading back was to be left out.
        let told: Arc<Mutex<Vec<_>>> = Arc::default();
        let inside = told.clone();
        let going = copy(&from, &to).await.progress(move |progress| inside.lock().unwrap().push(progress));
        let copied = going.without_reading_back().await;
        match is_it {
            true => {
                assert_eq!(copied.unwrap().read_back, 0);
                let last = *told.lock().unwrap().last().unwrap();
                assert_eq!(Some(last.bytes), last.length, "what was found there is passed on");
            }
            false => {
                let error = copied.unwrap_err();
                assert_eq!(refusal(&error), Some(&CopyError::TargetFile), "{error:?}");
                assert_eq!(error.subject(), Some(&*format!("videos/{file}")));
                ensure_unseen(&to).await;
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_is_not_read_back_was_compared_on_its_way() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Local, &clock).await, Place::new(Kind::Objects, &clock).await);
    let own = from.furnished().await;
    upload(&own, 8, 10).await;
    let path = file_of(&from);
    (DAMAGES[2].1)(&path);
    let error = copy(&from, &to).await.without_reading_back().await.unwrap_err();
    assert_eq!(refusal(&error), Some(&CopyError::SourceFile), "{error:?}");
    (DAMAGES[2].1)(&path);
    let copied = copy(&from, &to).await.without_reading_back().await.unwrap();
    assert_eq!((copied.files, copied.read_back), (11, 0));
    assert_eq!(observe(&to.ana().await).await, observe(&own).await);
}
