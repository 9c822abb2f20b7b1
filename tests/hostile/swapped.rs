//! Links that come and go while operations run: a thread exchanges a folder or a file of the layout and a
//! link, again and again, as fast as it can.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tenantry::{Grace, ListOptions};

use crate::links::{Attacked, Original};
use crate::operations::{Answer, Answers, changes, reads, upkeep};
use crate::world::{Note, close, id, open_busy};

/// How often link and original have changed places before an attack may end, and how many rounds of
/// operations it takes at the least and at the most.
const EXCHANGES: usize = 100;
const ROUNDS: std::ops::Range<usize> = 3..60;

/// A thread at its work.
struct Swapper {
    at: PathBuf,
    spare: PathBuf,
    stop: Arc<AtomicBool>,
    exchanges: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_symlink())
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn remove(path: &Path) {
    // Whatever it is, and whether or not it is still there.
    if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        let _ = std::fs::remove_dir_all(path);
    } else {
        let _ = std::fs::remove_file(path);
    }
}

/// Sees that there is one link and one original, wherever the library left them, and exchanges them.
fn exchange(at: &Path, spare: &Path, target: &Path) -> bool {
    match (is_there(at), is_there(spare)) {
        // The library removed what was there.
        (false, true) => drop(renameat_with(CWD, spare, CWD, at, RenameFlags::NOREPLACE)),
        (_, false) => drop(symlink(target, spare)),
        // The library has put another in place of the link.
        (true, true) if !is_link(at) && !is_link(spare) => remove(spare),
        (true, true) => return renameat_with(CWD, at, CWD, spare, RenameFlags::EXCHANGE).is_ok(),
    }
    false
}

impl Swapper {
    fn start(attacked: &Attacked, place: &str, target: &str) -> Self {
        let (at, target) = (attacked.path(&format!("root/{place}")), attacked.path(target));
        let spare = attacked.path("moved/spare");
        let (stop, exchanges) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let thread = {
            let (at, spare, stop, exchanges) = (at.clone(), spare.clone(), stop.clone(), exchanges.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    exchanges.fetch_add(usize::from(exchange(&at, &spare, &target)), Ordering::SeqCst);
                    std::thread::yield_now();
                }
            })
        };
        Self { at, spare, stop, exchanges, thread }
    }

    fn exchanges(&self) -> usize {
        self.exchanges.load(Ordering::SeqCst)
    }

    /// Ends, and leaves the original where it belongs.
    fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap();
        if is_link(&self.at) || !is_there(&self.at) {
            remove(&self.at);
            if is_there(&self.spare) {
                std::fs::rename(&self.spare, &self.at).unwrap();
            }
        }
        remove(&self.spare);
        if is_link(&self.at) {
            remove(&self.at);
        }
    }
}

/// Where links lead: into the double, and for what is one tenant's, to the same of another.
fn targets(original: &Original, place: &str) -> Vec<String> {
    let foreign = place.replace("/ana", "/ben");
    let other = foreign.rsplit_once('/').map_or("", |pair| pair.0).to_owned() + "/";
    let likeness = |path: &&String| path.starts_with(&other) && path.ends_with(".mp4");
    let foreign = match original.paths.contains_key(&foreign) {
        true => Some(foreign).filter(|foreign| foreign != place),
        false => original.paths.keys().find(likeness).cloned(),
    };
    let foreign = foreign.map(|path| format!("root/{path}"));
    [Some(format!("outside/{place}")), foreign].into_iter().flatten().collect()
}

/// Does everything, again and again, while a place and a link change places.
async fn attack(original: &Original, place: &str, target: &str) {
    let attacked = original.copy();
    let what = format!("{place} and a link to {target}");
    let tenantry = open_busy(&attacked.path("root"), 11).await;
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    let admin = tenantry.session(&id("keeper")).await.unwrap();
    let mut answers = Answers::default();
    let swapper = Swapper::start(&attacked, place, target);
    for round in 0..ROUNDS.end {
        reads(&own, &original.known, &mut answers).await;
        changes(&own, &original.known, &mut answers).await;
        upkeep(&tenantry, &admin, &mut answers).await;
        if round >= ROUNDS.start && swapper.exchanges() >= EXCHANGES {
            break;
        }
    }
    assert!(swapper.exchanges() > 0, "{what}");
    let said = close(tenantry).await.map(|()| String::new());
    answers.0.push(Answer { operation: "close", own: false, said });
    swapper.end();
    attacked.assert_sound(original, &answers.0, &what).await;
    // A folder that was away for a moment has all that was acknowledged.
    if attacked.path(&format!("root/{place}")).is_dir() {
        assert_kept(&attacked, &answers.0, &what).await;
    }
}

/// Sees that every note and video that was acknowledged is there.
async fn assert_kept(attacked: &Attacked, answers: &[Answer], what: &str) {
    let tenantry = open_busy(&attacked.path("root"), 12).await;
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    let said = |operation: &str| {
        let acknowledged = |answer: &&Answer| answer.operation == operation && answer.said.is_ok();
        1 + answers.iter().filter(acknowledged).count()
    };
    let all = ListOptions::new().limit(ListOptions::MAX);
    let notes = own.collection::<Note>().list(&all).await.unwrap().items;
    // An insert whose outcome could not be known may be there as well.
    assert!(notes.len() >= said("insert"), "{what}: {} of {}", notes.len(), said("insert"));
    let videos = own.videos().list(&all).await.unwrap().items;
    assert!(videos.len() >= said("upload"), "{what}: {} of {}", videos.len(), said("upload"));
    for video in videos {
        let verified = own.videos().verify(video.id()).await.unwrap();
        assert_eq!(verified, tenantry::Verification::Intact, "{what}");
    }
    close(tenantry).await.unwrap();
}

/// The places that operations go through, folders and files.
fn places(original: &Original) -> Vec<String> {
    let files =
        [".views", "video_database.json", "ledger", "ledger.word"].map(|file| format!("data/ana/{file}"));
    let folders =
        ["data", "videos", "thumbnails", "tokens"].map(|folder| [folder.to_owned(), format!("{folder}/ana")]);
    let locks = [".tenantry", ".tenantry/locks", ".tenantry/locks/ana"].map(str::to_owned);
    let video = format!("videos/ana/{}", original.known.file);
    folders.into_iter().flatten().chain(locks).chain(files).chain([video]).collect()
}

#[tokio::test]
async fn a_link_that_comes_and_goes_is_not_followed() {
    let original = Original::new().await;
    for place in places(&original) {
        for target in targets(&original, &place) {
            attack(&original, &place, &target).await;
        }
    }
}

/// Erases the tenant while one of its folders and a link change places.
async fn erase(original: &Original, place: &str, target: &str) {
    let attacked = original.copy();
    let tenantry = open_busy(&attacked.path("root"), 13).await;
    let admin = tenantry.session(&id("keeper")).await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    let mut answers = Vec::new();
    let swapper = Swapper::start(&attacked, place, target);
    for _ in 0..ROUNDS.end {
        let said = admin.tenants().erase(&id("ana"), Grace::Skip).await;
        answers.push(Answer {
            operation: "erase",
            own: true,
            said: said.map(|erased| format!("{erased:?}")),
        });
        if swapper.exchanges() >= EXCHANGES {
            break;
        }
    }
    swapper.end();
    let said = close(tenantry).await.map(|()| String::new());
    answers.push(Answer { operation: "close", own: false, said });
    attacked.assert_sound(original, &answers, &format!("erasing, {place} and a link to {target}")).await;
}

#[tokio::test]
async fn an_erasure_removes_nothing_beyond_a_link_that_comes_and_goes() {
    let original = Original::new().await;
    for folder in ["data", "videos", "thumbnails", "tokens"] {
        for place in [folder.to_owned(), format!("{folder}/ana")] {
            for target in targets(&original, &place) {
                for _ in 0..12 {
                    erase(&original, &place, &target).await;
                }
            }
        }
    }
}
