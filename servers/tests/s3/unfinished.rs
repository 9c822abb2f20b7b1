//! Uploads in parts whose process was killed: upkeep aborts them, and no others.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt};
use tenantry::environment::{Clock, ManualClock, SystemClock};
use tenantry::ownership::Role;
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::record::SecretText;
use tenantry::store::s3::{S3Options, S3Store};
use tenantry::store::{StoreErrorKind, TenantStore};
use tenantry::{Erasure, Grace, NewTenant, Tenantry};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::bucket;
use crate::support::{options, prefix};

const HOUR: Duration = Duration::from_secs(3600);

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

async fn open(place: &str, clock: Arc<dyn Clock>) -> Tenantry {
    let mut options = options().prefix(place);
    options.store.part_bytes = 5 << 20;
    let tenantry = Tenantry::builder(S3Store::new(options).unwrap()).clock(clock).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    tenantry
}

/// An upload of ana's in a runtime of its own, which ends as a process does: nothing of it runs any more.
async fn upload_and_die(place: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let inside = place.to_owned();
    runtime.spawn(async move {
        let tenantry = open(&inside, Arc::new(SystemClock)).await;
        let begun = stream::iter([Ok(Bytes::from(vec![7; 12 << 20]))]);
        let own = tenantry.session(&id("ana")).await.unwrap().own();
        own.videos().upload("rain.mp4", begun.chain(stream::pending())).await.unwrap();
    });
    while bucket::unfinished_uploads(&format!("{place}/")).await.is_empty() {
        tokio::task::yield_now().await;
    }
    runtime.shutdown_background();
}

/// Begins an upload beside the library, and leaves it.
async fn begin(key: &str) -> Box<dyn MultipartUpload> {
    bucket::client().put_multipart(&Path::from(key)).await.unwrap()
}

#[tokio::test]
async fn parts_that_a_killed_process_left_go_with_what_the_ledger_knows_of_them_and_no_others() {
    let place = prefix();
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let tenantry = open(&place, clock.clone()).await;
    let admin = tenantry.session(&id("root")).await.unwrap();
    for tenant in ["ana", "ana2"] {
        admin.tenants().create(&id(tenant), NewTenant::new(Role::User)).await.unwrap();
    }
    upload_and_die(&place).await;
    let left = || async { BTreeSet::from_iter(bucket::unfinished_uploads(&place).await) };
    let killed = left().await;
    assert_eq!(killed.len(), 1);
    let (own, others) = (
        format!("{place}/videos/ana/unknown to the ledger.mp4"),
        [format!("{place}/videos/ana2/x.mp4"), format!("{place}-2/videos/ana/x.mp4")],
    );
    let mut begun = vec![begin(&own).await];
    for key in &others {
        begun.push(begin(key).await);
    }
    let others = BTreeSet::from(others);
    let rest: BTreeSet<String> = others.iter().cloned().chain([own]).collect();
    let upkeep = tenantry.operator("test");
    for _ in 0..2 {
        assert!(upkeep.round().await.unwrap().failed.is_empty());
        assert_eq!(left().await, rest.union(&killed).cloned().collect(), "it may be under way");
        // First the reservation ends, then what it doomed.
        clock.advance(2 * HOUR);
    }
    while upkeep.sweep(&id("ana")).await.unwrap().forgotten == 0 {
        clock.advance(HOUR);
    }
    assert_eq!(left().await, rest);
    // With the tenant all goes that is its own.
    admin.tenants().delete(&id("ana")).await.unwrap();
    while let Erasure::Waiting { until } = admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap() {
        let ahead = until.duration_since(clock.now()) + SignedDuration::from_secs(1);
        clock.advance(ahead.try_into().unwrap());
    }
    assert_eq!(left().await, others);
    for mut upload in begun.drain(1..) {
        upload.abort().await.unwrap();
    }
}

/// A server that answers as it is told, and writes down what was asked.
struct Told {
    store: S3Store,
    asked: Arc<Mutex<Vec<String>>>,
}

/// A status and a body for the target of a request to list; whatever else is asked is done.
type Answers = fn(&str) -> (u16, String);

impl Told {
    async fn new(answers: Answers) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let inside = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                answer(client, answers, &inside).await;
            }
        });
        let options = S3Options::new("bucket").region("us-east-1").endpoint(&endpoint).prefix("deep/er");
        let options = options.credentials("a key", &SecretText::new("its secret"));
        Self { store: S3Store::new(options).unwrap(), asked }
    }

    /// What was aborted, by the targets of the requests.
    fn aborted(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let targets = asked.iter().filter_map(|line| line.strip_prefix("DELETE "));
        targets.map(|target| target.split(' ').next().unwrap().to_owned()).collect()
    }

    /// The targets of the requests to list.
    fn listings(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|line| line.starts_with("GET ")).cloned().collect()
    }
}

async fn answer(client: TcpStream, answers: Answers, asked: &Mutex<Vec<String>>) {
    let mut client = BufReader::new(client);
    let (mut first, mut line) = (String::new(), String::new());
    client.read_line(&mut first).await.unwrap();
    while client.read_line(&mut line).await.unwrap() > 2 {
        line.clear();
    }
    let (status, body) = if first.starts_with("GET ") { answers(&first) } else { (204, String::new()) };
    asked.lock().unwrap().push(first);
    let length = body.len();
    let text = format!("HTTP/1.1 {status} So\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    client.write_all(text.as_bytes()).await.unwrap();
}

fn page(more: &str, uploads: &[(&str, &str)]) -> (u16, String) {
    let mut body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListMultipartUploadsResult><Bucket>bucket</Bucket>{more}"
    );
    for (key, id) in uploads {
        body += &format!(
            "<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiator><ID>x</ID></Initiator></Upload>"
        );
    }
    (200, body + "</ListMultipartUploadsResult>")
}

fn video(name: &str) -> BlobKey {
    BlobKey::new(id("ana"), Area::Videos, FileName::parse(name).unwrap())
}

const HOSTILE: &str = "a b+c&d;e=f%2F.mp4";
const ENCODED: &str = "deep/er/videos/ana/a+b%2Bc%26d%3Be%3Df%252F.mp4";

#[tokio::test]
async fn uploads_are_found_on_every_page_whatever_their_names() {
    let told = Told::new(|target| {
        if !target.contains("key-marker") {
            let next = format!(
                "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>{ENCODED}</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker>"
            );
            page(&next, &[("deep/er/videos/ana/one.mp4", "1"), (ENCODED, "2")])
        } else {
            // Nobody has to keep to how keys were asked to be spelled.
            let raw = "deep/er/videos/ana/a b+c&amp;d;e=f%2F.mp4";
            page("<IsTruncated>false</IsTruncated><NextKeyMarker/>", &[(raw, "3"), ("deep/er/videos/ana/two.mp4", "4")])
        }
    })
    .await;
    told.store.clear_unfinished(&id("ana"), Some(&[video(HOSTILE)])).await.unwrap();
    let key = "/bucket/deep/er/videos/ana/a%20b%2Bc%26d%3Be%3Df%252F.mp4";
    assert_eq!(told.aborted(), [format!("{key}?uploadId=2"), format!("{key}?uploadId=3")]);
    let listings = told.listings();
    assert_eq!(listings.len(), 2, "{listings:?}");
    assert!(listings.iter().all(|target| target.contains("prefix=deep%2Fer%2Fvideos%2Fana%2F&")));
    let after = "key-marker=deep%2Fer%2Fvideos%2Fana%2Fa%20b%2Bc%26d%3Be%3Df%252F.mp4&";
    assert!(listings[1].contains(after) && listings[1].contains("upload-id-marker=2"), "{listings:?}");
}

#[tokio::test]
async fn what_lies_elsewhere_is_left_alone_whatever_the_server_lists() {
    let told = Told::new(|_| {
        let keys = [
            "deep/er/videos/ana2/x.mp4",
            "deep/er/videos/anb/x.mp4",
            "deep/er/videos/ana",
            "deep/erx/videos/ana/x.mp4",
            "videos/ana/x.mp4",
            "deep/er/data/ana/x",
            "deep/er/videos/ana/../ben/x.mp4",
            "deep/er/videos/ana//x.mp4",
        ];
        let uploads: Vec<_> = keys.iter().map(|key| (*key, "1")).collect();
        page("<IsTruncated>false</IsTruncated>", &uploads)
    })
    .await;
    told.store.clear_unfinished(&id("ana"), None).await.unwrap();
    assert_eq!(told.aborted(), [""; 0]);
    assert_eq!(told.listings().len(), 2, "each area is asked for");
}

#[tokio::test]
async fn a_server_that_does_not_list_uploads_fails_no_upkeep() {
    let refusals: [Answers; 4] = [
        |_| (501, "<Error><Code>NotImplemented</Code></Error>".to_owned()),
        |_| (405, String::new()),
        |_| (403, "<Error><Code>AccessDenied</Code></Error>".to_owned()),
        |_| (400, "no".to_owned()),
    ];
    for answers in refusals {
        let told = Told::new(answers).await;
        told.store.clear_unfinished(&id("ana"), None).await.unwrap();
        assert_eq!(told.aborted(), [""; 0]);
    }
}

#[tokio::test]
async fn what_could_not_be_listed_now_is_an_error() {
    let faults: [Answers; 4] = [
        |_| (503, String::new()),
        |_| (200, "<html>an answer of somebody else's".to_owned()),
        |_| (200, "\u{0}".to_owned()),
        // A page that leads to itself.
        |_| {
            let next = "<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker>";
            page(next, &[])
        },
    ];
    for answers in faults {
        let told = Told::new(answers).await;
        let failed = told.store.clear_unfinished(&id("ana"), None).await.unwrap_err();
        assert_eq!(failed.kind(), StoreErrorKind::Unavailable, "{failed:?}");
        assert!(!format!("{failed:?} {failed}").contains("deep"), "an error names no place");
    }
}

#[tokio::test]
async fn nothing_is_asked_for_no_file() {
    let told = Told::new(|_| (500, String::new())).await;
    told.store.clear_unfinished(&id("ana"), Some(&[])).await.unwrap();
    told.store
        .clear_unfinished(
            &id("ana"),
            Some(&[BlobKey::new(id("ben"), Area::Videos, FileName::parse("x.mp4").unwrap())]),
        )
        .await
        .unwrap();
    assert!(told.listings().is_empty());
}
