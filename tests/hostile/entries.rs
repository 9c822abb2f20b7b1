//! Every public entry point that takes a name or a text from outside, with what it makes of one.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tenantry::ownership::{Action, Resource, Role};
use tenantry::paths::{Area, CollectionName, FileName, Incarnation, TenantId};
use tenantry::quota::{Limits, Plans};
use tenantry::record::{
    Entity, LocalTime, OffsetTime, OnReferenced, RecordId, RecordLimits, RecordText, Reference, Revision,
    SecretText,
};
use tenantry::store::memory::MemoryStore;
use tenantry::testkit::hostile_names::{HostileClass, Verdict};
use tenantry::{
    AllVideosCursor, ByteRange, Cdn, Cursor, EditName, ErrorKind, Expected, FetchedStreamKey, ListOptions,
    LiveStream, NewTenant, ProfileChange, Schedule, Settings, SourceError, StreamKeySource, Tenantry, Token,
    TokenContent, Video, Workspace,
};

use crate::world::{Note, Place, Quote, id, note};

pub(crate) type Answer = Result<(), Box<dyn std::error::Error>>;

/// One entry point.
pub(crate) struct Entry {
    /// `Type::method` of each public function that the text goes through.
    pub(crate) methods: &'static [&'static str],
    /// Whether it takes an example.
    pub(crate) takes: fn(&HostileClass, &str) -> bool,
    /// Hands the text over; what it was taken for is asserted there.
    pub(crate) run: for<'a> fn(&'a Place, &'a str) -> LocalBoxFuture<'a, Answer>,
}

macro_rules! entry {
    ($($method:literal)*, $takes:expr, |$place:ident, $text:ident| $run:block) => {
        $crate::entries::Entry { methods: &[$($method),*], takes: $takes, run: |$place, $text| async move { $run; Ok(()) }.boxed_local() }
    };
}

pub(crate) use entry;

type Verdicts = fn(&HostileClass, &str) -> bool;
pub(crate) const NEVER: Verdicts = |_, _| false;
const ALWAYS: Verdicts = |_, _| true;
const AS_TENANT: Verdicts = |class, _| class.tenant == Verdict::Harmless;
pub(crate) const AS_FILE: Verdicts = |class, _| class.file == Verdict::Harmless;
const AS_ENCODED: Verdicts = |_, text| TenantId::encode(text).is_ok();
const AS_ID: Verdicts = |_, text| is_line(text, 1, 128);
pub(crate) const AS_TITLE: Verdicts = |_, text| !text.trim().is_empty() && is_line(text, 1, 500);
const AS_TOKEN: Verdicts = |class, text| {
    let name = text.to_lowercase();
    class.file == Verdict::Harmless && name.ends_with(".json") && !name.starts_with("client_secret")
};
const AS_REASON: Verdicts = |_, text| text.trim().is_empty() || is_line(text, 0, 2000);
const AS_COLLECTION: Verdicts = |_, text| {
    let plain = |(at, c): (usize, char)| c.is_ascii_lowercase() || at > 0 && (c == '_' || c.is_ascii_digit());
    let device = ["con", "nul", "aux", "prn", "com1"].contains(&text);
    is_line(text, 1, 48) && text.chars().enumerate().all(plain) && !device && text != "video_database"
};

fn is_line(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// A record whose fields' names come from outside.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Form(BTreeMap<String, String>);

impl Entity for Form {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

/// A record that refers to a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Clip(FileName);

impl Entity for Clip {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }

    fn blobs(&self) -> Vec<(Area, FileName)> {
        vec![(Area::Videos, self.0.clone())]
    }
}

/// What serde makes of a text must be what parsing makes of it.
fn read<T: serde::de::DeserializeOwned>(text: &str, parsed: bool) -> Answer {
    let read = serde_json::from_value::<T>(json!(text));
    assert_eq!(read.is_ok(), parsed, "{text:?}: serde is not as strict as parsing");
    read?;
    Ok(())
}

/// Sees that something is answered as if it did not exist.
pub(crate) fn missing<T: std::fmt::Debug>(answer: tenantry::Result<T>) -> Answer {
    let error = answer.expect_err("there is no such thing");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    Ok(())
}

async fn admin(place: &Place) -> tenantry::Session {
    place.tenantry.session(&id("keeper")).await.unwrap()
}

async fn upload(own: &Workspace, name: &str, title: Option<&str>) -> tenantry::Result<Video> {
    let upload = own.videos().upload_from(name, &b"moving"[..]);
    let upload = if let Some(title) = title { upload.title(title) } else { upload };
    let video = upload.await?;
    own.videos().delete(video.id(), Expected::Any).await?;
    Ok(video.into_value())
}

/// What is said of a file that is uploaded.
pub(crate) fn uploads() -> Vec<Entry> {
    vec![
        entry!("Thumbnails::upload" "Thumbnails::upload_from", NEVER, |place, text| {
            // Whatever the name is: this is no image.
            place.own().await.thumbnails().upload_from(text, &b"moving"[..]).await?;
        }),
        entry!("Upload::from_drive", AS_TITLE, |place, text| {
            let own = place.own().await;
            let video = own.videos().upload_from("a.mp4", &b"moving"[..]).from_drive(text).await?;
            own.videos().delete(video.id(), Expected::Any).await?;
            assert_eq!(video.value().drive_file_id.as_deref(), Some(text));
        }),
    ]
}

/// What is said of a live stream and of a schedule.
pub(crate) fn planned() -> Vec<Entry> {
    vec![
        entry!("LiveStream::new", AS_TITLE, |place, text| {
            let own = place.own().await;
            let added = own.live_streams().add(LiveStream::new(text, tomorrow())).await?;
            assert_eq!(added.value().title, text);
            own.live_streams().delete(added.id(), Expected::Any).await?;
        }),
        entry!("Schedule::new", AS_TITLE, |place, text| {
            let own = place.own().await;
            let added = own.schedules().add(Schedule::new(text, tomorrow())).await?;
            assert_eq!(added.value().title, text);
            own.schedules().delete(added.id(), Expected::Any).await?;
        }),
        entry!("Schedules::mark_succeeded", AS_TITLE, |place, text| {
            let own = place.own().await;
            let added = own.schedules().add(Schedule::new("new", tomorrow())).await?;
            if !text.starts_with("http://") {
                let link = own.schedules().mark_succeeded(added.id(), "stream", text).await;
                assert!(link.is_err(), "{text:?} is no address");
            }
            let done = own.schedules().mark_succeeded(added.id(), text, "https://example.org").await;
            own.schedules().delete(added.id(), Expected::Any).await?;
            assert_eq!(done?.record.value().stream_id.as_deref(), Some(text));
        }),
        entry!("Schedules::mark_failed", AS_REASON, |place, text| {
            let own = place.own().await;
            let added = own.schedules().add(Schedule::new("new", tomorrow())).await?;
            let failed = own.schedules().mark_failed(added.id(), Some(text)).await;
            own.schedules().delete(added.id(), Expected::Any).await?;
            failed?;
        }),
    ]
}

/// A service whose stream has that id and title, and is sent there.
struct Service(String);

#[async_trait::async_trait]
impl StreamKeySource for Service {
    async fn stream_keys(&self, _: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        let cdn = Cdn::new(self.0.as_str(), SecretText::new(self.0.as_str()));
        Ok(vec![FetchedStreamKey::new(self.0.as_str(), self.0.as_str()).cdn(cdn)])
    }
}

/// A record that names a stream key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sender {
    stream_id: String,
}

impl Entity for Sender {
    fn collection() -> CollectionName {
        CollectionName::parse("quotes").unwrap()
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::to_stream_key("stream_id", &FileName::parse("sent.json").unwrap(), &self.stream_id)]
    }
}

/// Names and contents of tokens and stream keys.
pub(crate) fn secrets() -> Vec<Entry> {
    vec![
        entry!("Reference::to_stream_key", AS_TITLE, |place, text| {
            let (own, token) = (place.own().await, FileName::parse("sent.json")?);
            let (senders, sender) = (own.collection::<Sender>(), || Sender { stream_id: text.to_owned() });
            let refused = senders.insert(sender()).await.unwrap_err().kind();
            assert!(matches!(refused, ErrorKind::InvalidInput | ErrorKind::TooLarge), "{refused:?}");
            own.tokens().create(&token, TokenContent::parse("{}")?).await?;
            let fetched = own.stream_keys().fetch(&token, &Service(text.to_owned())).await;
            if fetched.is_ok() {
                let sender = senders.insert(sender()).await?;
                let kept = own.stream_keys().delete(&token, text, Expected::Any).await.unwrap_err();
                assert_eq!(kept.kind(), ErrorKind::Referenced);
                senders.remove(sender.id(), Expected::Any).await?;
            }
            own.tokens().delete(&token, Expected::Any).await?;
            fetched?;
        }),
        entry!("Tokens::create", AS_TOKEN, |place, text| {
            let (own, name) = (place.own().await, FileName::parse(text)?);
            let tokens = own.tokens();
            missing(tokens.read(&name).await)?;
            missing(tokens.replace(&name, Expected::Any, TokenContent::parse("{}")?).await)?;
            missing(tokens.delete(&name, Expected::Any).await)?;
            let created = tokens.create(&name, TokenContent::parse("{}")?).await?;
            assert_eq!(created.value().filename, name);
            tokens.delete(&name, Expected::Any).await?;
        }),
        entry!("TokenContent::parse", NEVER, |_place, text| {
            let quoted = serde_json::to_string(&json!({ "token": text }))?;
            assert_eq!(TokenContent::parse(quoted.as_str())?.expose(), quoted);
            TokenContent::parse(text)?;
        }),
        entry!(
            "FetchedStreamKey::new" "Cdn::new" "StreamKeys::read" "StreamKeys::delete" "StreamKeys::delete_with",
            AS_TITLE,
            |place, text| {
                let (own, token) = (place.own().await, FileName::parse("channel.json")?);
                let created = own.tokens().create(&token, TokenContent::parse("{}")?).await;
                created.map(drop).or_else(|error| match error.kind() {
                    ErrorKind::AlreadyExists => Ok(()),
                    _ => Err(error),
                })?;
                let keys = own.stream_keys();
                missing(keys.read(&token, text).await)?;
                missing(keys.delete(&token, text, Expected::Any).await)?;
                missing(keys.delete_with(&token, text, Expected::Any, OnReferenced::Cascade).await)?;
                let fetched = keys.fetch(&token, &Service(text.to_owned())).await;
                let read = keys.read(&token, text).await;
                own.tokens().delete(&token, Expected::Any).await?;
                assert_eq!(fetched?.added, [text]);
                assert_eq!(read?.value().stream_id, text);
            }
        ),
    ]
}

fn tomorrow() -> LocalTime {
    LocalTime::parse("2025-11-05T10:00").unwrap()
}

pub(crate) fn names() -> Vec<Entry> {
    vec![
        entry!("TenantId::parse", AS_TENANT, |_place, text| {
            read::<TenantId>(text, TenantId::parse(text).is_ok()).and(Ok(()))?;
            let keyed = serde_json::from_value::<BTreeMap<TenantId, u8>>(json!({ text: 1 }));
            assert!(keyed.is_ok());
            TenantId::parse(text)?;
        }),
        entry!("TenantId::encode", AS_ENCODED, |_place, text| {
            assert_eq!(TenantId::encode(text)?.decode(), text);
        }),
        entry!("FileName::parse", AS_FILE, |_place, text| {
            read::<FileName>(text, FileName::parse(text).is_ok())?;
            FileName::parse(text)?;
        }),
        entry!("CollectionName::parse", AS_COLLECTION, |_place, text| {
            read::<CollectionName>(text, CollectionName::parse(text).is_ok())?;
            CollectionName::parse(text)?;
        }),
        entry!("RecordId::parse", AS_ID, |_place, text| {
            read::<RecordId>(text, RecordId::parse(text).is_ok())?;
            RecordId::parse(text)?;
        }),
        entry!("Revision::parse" "Revision::from_etag", NEVER, |_place, text| {
            assert!(Revision::from_etag(text).is_err() && Revision::from_etag(&format!("\"{text}\"")).is_err());
            read::<Revision>(text, false)?;
        }),
        entry!("LocalTime::parse", NEVER, |_place, text| {
            assert!(LocalTime::parse(text).is_err());
            read::<LocalTime>(text, false)?;
        }),
        entry!("OffsetTime::parse", NEVER, |_place, text| {
            assert!(OffsetTime::parse(text).is_err());
            read::<OffsetTime>(text, false)?;
        }),
        entry!("Incarnation::parse", NEVER, |_place, text| {
            Incarnation::parse(text).ok_or("refused")?;
        }),
        entry!("Area::from_name", |_, text| matches!(text, "videos" | "thumbnails"), |_place, text| {
            Area::from_name(text).ok_or("refused")?;
        }),
        entry!("Cursor::from_str", NEVER, |_place, text| {
            read::<Cursor>(text, false)?;
        }),
        // The fields of a record that an earlier tool wrote.
        entry!("RecordText::parse", AS_FILE, |_place, text| {
            let own = json!({"title": "a", "filename": text, "original_filename": text, "thumbnail": text});
            let record =
                RecordText::parse(json!({"id": text}).to_string().as_bytes(), &RecordLimits::default());
            assert_eq!(record.is_ok_and(|record| record.envelope().is_ok()), is_line(text, 1, 128));
            serde_json::from_value::<Video>(own)?;
        }),
        entry!("Plans::with_plan" "Plans::with_default" "Plans::contains", NEVER, |_place, text| {
            assert!(Plans::new().with_plan(text, Limits::unlimited()).contains(text));
            let plans = Plans::new().with_default(Role::User, text);
            assert!(!plans.contains(text));
            Tenantry::builder(MemoryStore::new()).plans(plans).open().await?;
        }),
        entry!("Settings::time_zone", NEVER, |_place, text| {
            let mut settings = Settings::default();
            settings.time_zone = text.to_owned();
            Tenantry::builder(MemoryStore::new()).settings(settings).open().await?;
        }),
        entry!(
            "Settings::video_extensions",
            |_, text| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
            |_place, text| {
                let mut settings = Settings::default();
                settings.video_extensions = vec![text.to_owned()];
                Tenantry::builder(MemoryStore::new()).settings(settings).open().await?;
            }
        ),
        entry!("Error::about", NEVER, |_place, text| {
            Err::<(), _>(tenantry::Error::new(ErrorKind::InvalidInput, "host").about(text))?;
        }),
    ]
}

pub(crate) fn tenants() -> Vec<Entry> {
    vec![
        // Tenants that do not exist, by any way that takes one.
        entry!("Tenantry::session", AS_ENCODED, |place, text| {
            let (tenant, admin) = (TenantId::encode(text)?, admin(place).await);
            missing(place.tenantry.session(&tenant).await)?;
            let tenants = admin.tenants();
            missing(tenants.change(&tenant, ProfileChange::new().display_name("New")).await)?;
            missing(tenants.delete(&tenant).await)?;
            missing(tenants.check(&tenant).await)?;
            missing(place.own().await.collection::<Note>().get(&RecordId::parse(tenant.as_str())?).await)?;
            for workspace in
                [admin.workspace(&tenant), place.tenantry.session(&id("ana")).await?.workspace(&tenant)]
            {
                missing(workspace.profile().await)?;
                missing(workspace.collection::<Note>().list(&ListOptions::new()).await)?;
                missing(workspace.collection::<Note>().insert(note("x")).await)?;
                missing(workspace.videos().upload_from("a.mp4", &b"x"[..]).await)?;
                missing(workspace.write_views().await)?;
            }
            tenants.list(Some(&tenant), 10).await?;
        }),
        entry!("AllVideosCursor::from_str", AS_TENANT, |place, text| {
            let life = "0".repeat(32);
            assert!(format!("ana/o0.{life}.{text}/").parse::<AllVideosCursor>().is_err());
            let cursor: AllVideosCursor = format!("{text}/").parse()?;
            let (page, _) = admin(place).await.tenants().videos(Some(cursor), 10).await?;
            assert!(page.iter().all(|(tenant, _)| tenant.as_str() > text));
        }),
        entry!("Profile::display_name" "ProfileChange::display_name", |_, text| is_line(text, 0, 200), |place, text| {
            let own = place.own().await;
            own.change_profile(ProfileChange::new().display_name(text)).await?;
            assert_eq!(own.profile().await?.display_name, text);
        }),
        entry!("NewTenant::display_name" "Tenantry::ensure" "Tenantry::bootstrap_admin", NEVER, |place, text| {
            // It is there already, and so stays as it is.
            place.tenantry.ensure(&id("ana"), text).await?;
            place.tenantry.bootstrap_admin(&id("keeper"), text).await?;
            let long = format!("{text}{}", "\u{1b}");
            let new = NewTenant::new(Role::User).display_name(long);
            admin(place).await.tenants().create(&id("carl"), new).await?;
        }),
        entry!("NewTenant::time_zone" "ProfileChange::time_zone", NEVER, |place, text| {
            let refused = place.own().await.change_profile(ProfileChange::new().time_zone(text)).await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
            let new = NewTenant::new(Role::User).time_zone(text);
            admin(place).await.tenants().create(&id("carl"), new).await?;
        }),
        entry!("NewTenant::plan" "ProfileChange::plan", NEVER, |place, text| {
            let change = ProfileChange::new().plan(text);
            let refused = admin(place).await.tenants().change(&id("ana"), change).await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
            admin(place).await.tenants().create(&id("carl"), NewTenant::new(Role::User).plan(text)).await?;
        }),
        entry!("Tenantry::operator", ALWAYS, |place, text| {
            place.tenantry.operator(text).sweep(&id("ana")).await?;
        }),
    ]
}

pub(crate) fn contents() -> Vec<Entry> {
    vec![
        entry!("Videos::upload" "Videos::upload_from", |_, text| text.len() + 4 <= 1024, |place, text| {
            let own = place.own().await;
            let bare = upload(&own, text, None).await.map(|video| video.original_filename);
            let allowed = text.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("mp4"));
            assert_eq!(bare.ok().as_deref(), Some(text).filter(|_| allowed), "only videos");
            let name = format!("{text}.mp4");
            let video = upload(&own, &name, None).await?;
            assert_eq!(video.original_filename, name);
            assert!(is_line(&video.title, 1, 500));
        }),
        entry!("Upload::title" "Videos::rename", AS_TITLE, |place, text| {
            let own = place.own().await;
            let known = own.videos().list(&ListOptions::new()).await?.items.remove(0);
            let renamed = own.videos().rename(known.id(), Expected::Any, text).await;
            let uploaded = upload(&own, "a.mp4", Some(text)).await;
            assert_eq!(renamed.is_ok(), uploaded.is_ok());
            assert_eq!((renamed?.value().title.as_str(), uploaded?.title.as_str()), (text, text));
        }),
        // Videos that do not exist, by the name of their file.
        entry!("Videos::get", AS_FILE, |place, text| {
            let (own, name) = (place.own().await, FileName::parse(text)?);
            let videos = own.videos();
            missing(videos.get(&name).await)?;
            missing(videos.open(&name).await)?;
            missing(videos.open_range(&name, ByteRange::All).await)?;
            missing(videos.local_path(&name).await)?;
            missing(videos.verify(&name).await)?;
            missing(videos.rename(&name, Expected::Any, "New").await)?;
            missing(videos.delete(&name, Expected::Any).await)?;
            let refused = own.collection::<Clip>().insert(Clip(name)).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        }),
        entry!("Collection::insert_as" "Record::extra", AS_ID, |place, text| {
            let (own, id) = (place.own().await, RecordId::parse(text)?);
            let notes = own.collection::<Note>();
            missing(notes.get(&id).await)?;
            let record = notes.insert_as(&id, note("x")).await?;
            assert_eq!(record.id().as_str(), text);
            assert!(record.extra(text).is_none() && record.owner() == Some("ana"));
            let taken = notes.insert_as(&id, note("x")).await.unwrap_err();
            assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
            notes.remove(&id, Expected::Any).await?;
            // What stands in an error that is seen.
            Err::<(), _>(taken).or_else(|error| if error.to_string().contains("notes/") { Ok(()) } else { Err(error) })?;
        }),
        entry!(
            "Collection::find" "SnapshotCollection::find" "TransactionCollection::find",
            |_, text| text.len() < 32 << 10,
            |place, text| {
                let own = place.own().await;
                let notes = own.collection::<Note>();
                assert!(notes.find(text, text).await?.is_empty() && notes.find("@blob", text).await?.is_empty());
                let record = notes.insert(note(text)).await?;
                let found = notes.find("text", text).await?;
                assert_eq!((found.len(), found[0].value().text.as_str()), (1, text));
                assert_eq!(own.snapshot().await?.collection::<Note>().find("text", text)?.len(), 1);
                let key = text.to_owned();
                let inside = own.transaction(move |to| to.collection::<Note>().find("text", &key).map(|f| f.len()));
                assert_eq!(inside.await?, 1);
                notes.remove(record.id(), Expected::Any).await?;
            }
        ),
        entry!("Reference::by_index", |_, text| text.len() < 32 << 10, |place, text| {
            let own = place.own().await;
            let (notes, quotes, quote) =
                (own.collection::<Note>(), own.collection::<Quote>(), || Quote { of: text.to_owned() });
            let refused = quotes.insert(quote()).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
            let record = notes.insert(note(text)).await?;
            let quoted = quotes.insert(quote()).await?;
            let kept = notes.remove(record.id(), Expected::Any).await.unwrap_err();
            assert_eq!(kept.kind(), ErrorKind::Referenced);
            let cleared = notes.remove_with(record.id(), Expected::Any, OnReferenced::Cascade).await;
            assert_eq!(cleared?.value().text, text);
            missing(quotes.get(quoted.id()).await)?;
        }),
        entry!("Record::field names", |_, text| text.len() <= 128, |place, text| {
            let own = place.own().await;
            let form = Form([(text.to_owned(), "x".to_owned())].into());
            let record = own.collection::<Form>().insert(form.clone()).await?;
            assert_eq!(own.collection::<Form>().get(record.id()).await?.value().0, form.0);
            own.collection::<Form>().remove(record.id(), Expected::Any).await?;
        }),
        entry!("Workspace::transaction_once", |_, text| (1..=128).contains(&text.len()), |place, text| {
            let own = place.own().await;
            for answer in [text, "another"] {
                let answer = answer.to_owned();
                assert_eq!(own.transaction_once(text, move |_| Ok(answer.clone())).await?, text);
            }
        }),
        // A view that was set aside: the name of the view comes from outside, the rest is the library's.
        entry!("EditName::parse", AS_FILE, |place, text| {
            let bare = EditName::parse(text).is_ok();
            assert_eq!(bare, text == "a.json.edited-1", "{text:?}");
            let own = place.own().await;
            let (edits, name) = (own.edited_views(), EditName::parse(&format!("{text}.edited-1"))?);
            missing(edits.preview::<Note>(&name).await)?;
            missing(edits.adopt::<Note>(&name).await)?;
            missing(edits.discard(&name).await)?;
        }),
        entry!("Workspace::can" "Resource::stream_key", ALWAYS, |place, text| {
            let own = place.own().await;
            let resource = Resource::stream_key(&FileName::parse("token.json")?, Some(text));
            assert!(own.can(Action::ReadStreamKey, &resource).await?.is_allowed());
            let foreign = place.tenantry.session(&id("ana")).await?.workspace(&id("ben"));
            assert!(!foreign.can(Action::ReadStreamKey, &resource).await?.is_allowed());
        }),
    ]
}
