//! The fields that every record has.

use std::borrow::Cow;
use std::sync::Arc;

use super::fields::{Fields, push_quoted_bytes, quoted, text_of};
use super::local_time::WrittenTime;
use super::{LocalTime, RecordError, RecordId, RecordLimits};
use crate::paths::TenantId;

const ID: &str = "id";
const OWNER: &str = "owner";
const CREATED_BY: &str = "created_by";
const CREATED_AT: &str = "created_at";
const UPDATED_AT: &str = "updated_at";

/// The fields that every record has, beside those of its type.
///
/// New records begin with all five, in this order. Records that earlier tools wrote may lack all but
/// the `id`, and have them in any order; such a record belongs to the tenant it is stored with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(C)]
pub struct Envelope {
    id: RecordId,
    owner: Option<Arc<str>>,
    created_by: Option<Arc<str>>,
    created_at: Option<LocalTime>,
    updated_at: Option<LocalTime>,
}

impl Envelope {
    /// The names of these fields, in order.
    pub const FIELDS: [&'static str; 5] = [ID, OWNER, CREATED_BY, CREATED_AT, UPDATED_AT];

    /// Those of them that hold times.
    pub(crate) const TIMES: [&'static str; 2] = [CREATED_AT, UPDATED_AT];

    /// The envelope of a new record, made `at` this time on the tenant's clock.
    #[must_use]
    pub fn new(id: RecordId, owner: &TenantId, created_by: &TenantId, at: LocalTime) -> Self {
        let owner = Some(owner.shared());
        let created_by = Some(created_by.shared());
        Self { id, owner, created_by, created_at: Some(at), updated_at: Some(at) }
    }

    /// The record's id.
    #[must_use]
    pub const fn id(&self) -> &RecordId {
        &self.id
    }

    /// The tenant that the record names as its owner, in the spelling that stands there.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// Who made it.
    #[must_use]
    pub fn created_by(&self) -> Option<&str> {
        self.created_by.as_deref()
    }

    /// When it was made, if that is written in a form that is known.
    #[must_use]
    pub const fn created_at(&self) -> Option<LocalTime> {
        self.created_at
    }

    /// When it was last changed, if that is written in a form that is known.
    #[must_use]
    pub const fn updated_at(&self) -> Option<LocalTime> {
        self.updated_at
    }

    /// Reads the envelope of a record. Only what isolation rests on has to be right: an owner that
    /// can't be read is not taken for none.
    pub(super) fn read(fields: &Fields<'_>, known: Option<&TenantId>) -> Result<Self, RecordError> {
        Self::of(|name| fields.get(name), known)
    }

    /// The same of fields that somebody else has read: `field` gives the JSON text of one. Where a name is that of
    /// the tenant that is known, its text is shared.
    pub(super) fn of<'a>(
        field: impl Fn(&str) -> Option<&'a str>,
        known: Option<&TenantId>,
    ) -> Result<Self, RecordError> {
        let shared = |name: Cow<'_, str>| match known.filter(|known| known.as_str() == name) {
            Some(known) => known.shared(),
            None => Arc::from(name),
        };
        let text = |name| field(name).and_then(text_of);
        let id = text(ID).ok_or(RecordError::MissingId)?;
        let owner = match field(OWNER) {
            None | Some("null") => None,
            Some(owner) => Some(shared(text_of(owner).ok_or(RecordError::Owner)?)),
        };
        let time = |name| text(name).and_then(|text| LocalTime::parse(&text).ok());
        Ok(Self {
            id: RecordId::parse(&id)?,
            owner,
            created_by: text(CREATED_BY).map(shared),
            created_at: time(CREATED_AT),
            updated_at: time(UPDATED_AT),
        })
    }

    /// The fields that are there, in order.
    pub(super) fn to_fields(&self) -> Fields<'static> {
        let time = |time: Option<LocalTime>| time.map(|time| quoted(&time.to_string()));
        let texts = [
            Some(quoted(self.id.as_str())),
            self.owner.as_deref().map(quoted),
            self.created_by.as_deref().map(quoted),
            time(self.created_at),
            time(self.updated_at),
        ];
        let mut fields = Fields::default();
        for (name, text) in Self::FIELDS.into_iter().zip(texts) {
            if let Some(text) = text {
                fields.push(name, text);
            }
        }
        fields
    }

    /// Adds the fields that are there to the text of an object that has none yet, and says how many they are.
    pub(super) fn push_to(&self, text: &mut Vec<u8>, limits: &RecordLimits) -> Result<usize, RecordError> {
        let texts = [Some(self.id.as_str()), self.owner(), self.created_by()];
        let times = [self.created_at, self.updated_at].map(|at| at.map(LocalTime::written));
        let (texts, times) =
            (texts.into_iter().map(|text| text.map(Ok)), times.iter().map(|at| at.as_ref().map(Err)));
        let mut count = 0;
        for (name, value) in Self::FIELDS.into_iter().zip(texts.chain(times)) {
            let Some(value) = value else { continue };
            text.extend_from_slice(if count == 0 { b"\"" } else { b",\"" });
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b"\":");
            let start = text.len();
            match value {
                Ok(value) => push_quoted_bytes(text, value),
                Err(time) => time.push_quoted(text),
            }
            limits.check_field(name, text.len() - start)?;
            count += 1;
        }
        Ok(count)
    }

    /// How many bytes [`push_to`](Self::push_to) adds, unless something is missing or has to be escaped.
    pub(super) fn length(&self) -> usize {
        let names: usize = Self::FIELDS.iter().map(|name| name.len() + "\"\":\"\",".len()).sum();
        let text = |text: Option<&str>| text.map_or(0, str::len);
        names
            + self.id.as_str().len()
            + text(self.owner())
            + text(self.created_by())
            + 2 * WrittenTime::LENGTH
    }

    /// The envelope of a record that has this one, once it was [touched](Self::touch).
    pub(super) fn touched(&self, at: LocalTime) -> Self {
        Self { updated_at: Some(at), ..self.clone() }
    }

    /// Sets a record's `updated_at`; where it has none, behind the last field that stands before it
    /// in a new record.
    pub(super) fn touch(fields: &mut Fields<'_>, at: LocalTime) {
        let before = Self::FIELDS.iter().filter_map(|name| fields.position(name)).max();
        fields.set(before.map_or(0, |place| place + 1), UPDATED_AT, quoted(&at.to_string()));
    }

    /// Where the name stands in [`FIELDS`](Self::FIELDS), if it is one of the envelope's.
    pub(super) fn place(name: &str) -> Option<usize> {
        Self::FIELDS.iter().position(|field| *field == name)
    }

    /// Whether the name is one of the envelope's.
    pub(crate) fn has(name: &str) -> bool {
        Self::FIELDS.contains(&name)
    }
}
