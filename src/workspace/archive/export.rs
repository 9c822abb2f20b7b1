//! Everything of a tenant, as its state was at one moment, as a stream.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::super::access::{Access, Admitted};
use super::super::dooms::Pinned;
use super::super::profile::Profile;
use super::super::stream_keys::StreamKey;
use super::super::tokens::Token;
use super::super::{files, records};
use crate::archive::{
    ArchiveManifest, ArchivedFile, ArchivedRecords, END, MANIFEST, MANIFEST_SUM, MAX_MANIFEST, digits,
    header, padding, sum,
};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Entry, Section, State};
use crate::ownership::{Action, Permit, Resource};
use crate::paths::{Area, BlobKey, CollectionName, FileName, TenantId};
use crate::record::{Entity, Record, RecordId, RecordText};
use crate::store::ByteStream;

const ACTION: Action = Action::ExportTenant;

/// How many bytes of records are passed on at a time, roughly.
const CHUNK: usize = 64 << 10;

/// A tenant's archive on its way.
///
/// It is of one moment: what is changed meanwhile is not in it. As long as it lasts, this process deletes
/// none of its files.
pub struct Export {
    manifest: ArchiveManifest,
    length: u64,
    body: ByteStream,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Export {
    /// What is in it.
    #[must_use]
    pub const fn manifest(&self) -> &ArchiveManifest {
        &self.manifest
    }

    /// The length of the archive in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The bytes: a tar. It ends with an error, and without the end of a tar, if a file's bytes are not
    /// there or not those that were uploaded.
    #[must_use]
    pub fn into_body(self) -> ByteStream {
        self.body
    }
}

/// What is to be written.
struct Contents {
    records: Vec<(CollectionName, Vec<Entry>)>,
    files: BTreeMap<(Area, FileName), files::Blob>,
}

/// Whoever takes out all takes out secrets too: that is asked first, for each of them as if it were read by
/// itself.
async fn admit(access: &Access) -> Result<Admitted> {
    let in_export = |error: Error| error.in_operation(ACTION.as_str());
    let all = Resource::Collection;
    let admitted = access.admit(Action::ListTokens, &all(CollectionName::TOKENS)).await.map_err(in_export)?;
    let Admitted { principal, state, .. } = admitted;
    let may = |action, resource: &Resource| access.permit_in(&principal, &state, action, resource);
    may(Action::ListStreamKeys, &all(CollectionName::STREAM_MAPPING)).map_err(in_export)?;
    // So are those in other records kept from whoever may not read tokens.
    may(Action::ReadToken, &all(CollectionName::TOKENS)).map_err(in_export)?;
    let tokens = own::<Token>(&state, access)?.into_iter();
    let tokens = tokens.map(|token| (Action::ReadToken, Resource::token(&token.filename)));
    let keys = own::<StreamKey>(&state, access)?.into_iter().map(|key| {
        (Action::ReadStreamKey, Resource::stream_key(&key.token_file, Some(key.stream_id.as_str())))
    });
    for (action, resource) in tokens.chain(keys) {
        // Of which secret, nobody is told who may not know of it.
        let of_all =
            |error: Error| Error::new(error.kind(), ACTION.as_str()).about(Resource::Tenant.to_string());
        may(action, &resource).map_err(of_all)?;
    }
    let permit = may(ACTION, &Resource::Tenant)?;
    Ok(Admitted { permit, principal, state })
}

/// The tenant's own records of a kind.
fn own<E: Entity + Clone>(state: &State, access: &Access) -> Result<Vec<E>> {
    let collection = E::collection();
    let own = records::own_texts(state, access.tenant(), &collection).into_iter().map(|entry| {
        let read = Record::<E>::read(&RecordText::from_stored(entry.text));
        read.map(Record::into_value).map_err(|error| {
            let about = Resource::Record(collection.clone(), RecordId::addressed(&entry.id)).to_string();
            Error::new(ErrorKind::Corrupt, ACTION.as_str()).about(about).with_source(error)
        })
    });
    own.collect()
}

/// Begins an export.
pub(in crate::workspace) async fn export(access: &Access) -> Result<Export> {
    let core = &access.core;
    let (admitted, contents, pinned) = loop {
        let admitted = admit(access).await?;
        let (state, inside) = (admitted.state.clone(), access.clone());
        let contents = core.aside(ACTION, move || contents(&state, &inside)).await??;
        let keys = contents.files.keys();
        let keys = keys.map(|(area, name)| BlobKey::new(access.tenant().clone(), *area, name.clone()));
        let pinned = Pinned::new(core, keys.collect());
        // A delete that began before they were kept may not know of that.
        let newest = core.guarded.ledger(&admitted.permit).read(ACTION.as_str(), access.tenant()).await?;
        let is_there = |(area, name): &(Area, FileName)| files::blob(&newest, *area, name).is_some();
        if contents.files.keys().all(is_there) {
            break (admitted, contents, pinned);
        }
    };
    let (tenant, at, profile) = (access.tenant().clone(), access.core.clock.now(), admitted.profile(ACTION)?);
    let source = Source { pinned, permit: admitted.permit };
    core.aside(ACTION, move || {
        let manifest = manifest(tenant, at, profile, &contents);
        let text = manifest.write();
        let length = manifest.archive_bytes(text.len() as u64);
        if text.len() as u64 > MAX_MANIFEST {
            return Err(Error::new(ErrorKind::TooLarge, ACTION.as_str()).about("manifest"));
        }
        let body = body(&manifest, text, contents, source);
        Ok(Export { manifest, length, body })
    })
    .await?
}

fn contents(state: &State, access: &Access) -> Result<Contents> {
    let tallies = state.tallies().iter();
    let held = tallies.filter(|(section, tally)| !section.is_internal() && tally.count > 0);
    let collections = held.filter_map(|(section, _)| CollectionName::parse(section.as_str()).ok());
    let mut contents = Contents { records: Vec::new(), files: BTreeMap::new() };
    for collection in collections {
        let entries = records::own_texts(state, access.tenant(), &collection);
        let section: Section = records::section(&collection);
        for key in entries.iter().flat_map(|entry| state.keys(&section, &entry.id)) {
            let Some((area, name)) = records::file_of_key(&key) else { continue };
            let blob = files::blob(state, area, &name).ok_or_else(|| {
                let about = Resource::File(area, name.clone()).to_string();
                Error::new(ErrorKind::Corrupt, ACTION.as_str()).about(about)
            })?;
            contents.files.insert((area, name), blob);
        }
        if !entries.is_empty() {
            contents.records.push((collection, entries));
        }
    }
    Ok(contents)
}

fn manifest(
    tenant: TenantId,
    exported_at: Timestamp,
    profile: Profile,
    contents: &Contents,
) -> ArchiveManifest {
    let records = contents.records.iter().map(|(collection, entries)| {
        let mut hasher = blake3::Hasher::new();
        let mut bytes = 0;
        for entry in entries {
            hasher.update(&entry.text).update(b"\n");
            bytes += entry.text.len() as u64 + 1;
        }
        let (collection, records) = (collection.clone(), entries.len() as u64);
        ArchivedRecords { collection, records, bytes, blake3: digits(&hasher) }
    });
    let files = contents.files.iter().map(|((area, name), blob)| {
        let (area, name, bytes, blake3) = (*area, name.clone(), blob.bytes, blob.hash.clone());
        ArchivedFile { area, name, bytes, blake3 }
    });
    ArchiveManifest { tenant, exported_at, profile, records: records.collect(), files: files.collect() }
}

/// Where the files' bytes come from.
struct Source {
    pinned: Pinned,
    permit: Permit,
}

/// A part of the archive.
enum Part {
    Bytes(Bytes),
    Records(Vec<Entry>),
    File(ArchivedFile),
}

fn body(manifest: &ArchiveManifest, text: Vec<u8>, contents: Contents, source: Source) -> ByteStream {
    let at = manifest.exported_at;
    let filling = |bytes: u64| Part::Bytes(vec![0; padding(bytes)].into());
    let sum = Bytes::from(sum(&text));
    let mut parts = Vec::new();
    for (entry, text) in [(MANIFEST, Bytes::from(text)), (MANIFEST_SUM, sum)] {
        let length = text.len() as u64;
        parts.extend([Part::Bytes(header(entry, length, at)), Part::Bytes(text), filling(length)]);
    }
    for (entry, (_, records)) in manifest.records.iter().zip(contents.records) {
        parts.push(Part::Bytes(header(&entry.entry(), entry.bytes, at)));
        parts.extend([Part::Records(records), filling(entry.bytes)]);
    }
    for file in &manifest.files {
        parts.push(Part::Bytes(header(&file.entry(), file.bytes, at)));
        parts.extend([Part::File(file.clone()), filling(file.bytes)]);
    }
    parts.push(Part::Bytes(Bytes::from_static(&END)));
    let source = Arc::new(source);
    let streams = futures::stream::iter(parts).then(move |part| opened(Arc::clone(&source), part));
    streams.try_flatten().try_filter(|chunk| std::future::ready(!chunk.is_empty())).boxed()
}

async fn opened(source: Arc<Source>, part: Part) -> io::Result<ByteStream> {
    match part {
        Part::Bytes(bytes) => Ok(futures::stream::iter([Ok(bytes)]).boxed()),
        Part::Records(entries) => Ok(lines(entries)),
        Part::File(file) => file_bytes(source, file).await,
    }
}

/// Records, one a line.
fn lines(entries: Vec<Entry>) -> ByteStream {
    let chunks = futures::stream::unfold(entries.into_iter(), |mut entries| async move {
        let mut chunk = BytesMut::new();
        while chunk.len() < CHUNK {
            let Some(entry) = entries.next() else { break };
            chunk.extend_from_slice(&entry.text);
            chunk.extend_from_slice(b"\n");
        }
        (!chunk.is_empty()).then(|| (Ok(chunk.freeze()), entries))
    });
    chunks.boxed()
}

/// A file's bytes, as far as they are those that were uploaded.
async fn file_bytes(source: Arc<Source>, file: ArchivedFile) -> io::Result<ByteStream> {
    if file.bytes == 0 {
        return Ok(futures::stream::empty().boxed());
    }
    let operation = ACTION.as_str();
    let key = BlobKey::new(source.permit.tenant().clone(), file.area, file.name.clone());
    let store = source.pinned.core().guarded.store(&source.permit);
    let body = store.get(&key, 0..file.bytes).await;
    let body = body.map_err(|error| io::Error::other(Error::store(operation, error)))?;
    let state = (body, blake3::Hasher::new(), Some(file), source);
    let checked =
        futures::stream::try_unfold(state, move |(mut body, mut hasher, file, source)| async move {
            let Some(file) = file else { return Ok(None) };
            match body.next().await {
                Some(chunk) => {
                    let chunk = chunk?;
                    hasher.update(&chunk);
                    Ok(Some((chunk, (body, hasher, Some(file), source))))
                }
                None if digits(&hasher) == file.blake3 => Ok(None),
                None => {
                    let damaged = Error::new(ErrorKind::Corrupt, operation).about(file.entry());
                    Err(io::Error::other(damaged))
                }
            }
        });
    Ok(checked.boxed())
}
