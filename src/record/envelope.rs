//! The fields that every record has.

use std::borrow::Cow;
use std::sync::Arc;

use super::fields::{Fields, push_quoted, quoted};
use super::local_time::WrittenTime;
use super::plain::{self, Value};
use super::{LocalTime, RecordError, RecordId, RecordLimits};
use crate::paths::TenantId;

const ID: &str = "id";
const OWNER: &str = "owner";
const CREATED_BY: &str = "created_by";
const CREATED_AT: &str = "created_at";
const UPDATED_AT: &str = "updated_at";

/// How each of them begins in a text in which the id is the first.
const BEGINNINGS: [&str; 5] =
    ["\"id\":", ",\"owner\":", ",\"created_by\":", ",\"created_at\":", ",\"updated_at\":"];

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
        Self::of(|at| fields.get(Self::FIELDS[at]).map(Value::of), known)
    }

    /// The same of fields that somebody else has read: `field` gives the value of one, by its place in
    /// [`FIELDS`](Self::FIELDS). Where a name is that of the tenant that is known, its text is shared.
    pub(super) fn of<'a>(
        field: impl Fn(usize) -> Option<Value<'a>>,
        known: Option<&TenantId>,
    ) -> Result<Self, RecordError> {
        let [id, owner, created_by, created_at, updated_at] = std::array::from_fn(field);
        let shared = |name: Cow<'_, str>| match known.filter(|known| known.as_str() == name) {
            Some(known) => known.shared(),
            None => Arc::from(name),
        };
        let id = id.and_then(Value::said).ok_or(RecordError::MissingId)?;
        let owner = match owner {
            None | Some(Value { text: "null", .. }) => None,
            Some(owner) => Some(shared(owner.said().ok_or(RecordError::Owner)?)),
        };
        let time = |at: Value<'_>| LocalTime::parse(&at.said()?).ok();
        let (first, last) = (created_at, updated_at);
        let created_at = first.and_then(time);
        // Of a record that was never changed it is the same.
        let is_same = last.map(|last| last.text) == first.map(|first| first.text);
        Ok(Self {
            id: RecordId::parse(&id)?,
            owner,
            created_by: created_by.and_then(Value::said).map(shared),
            created_at,
            updated_at: if is_same { created_at } else { last.and_then(time) },
        })
    }

    /// The id and the owner alone, of a record that serde wrote or has read: of what stands behind both nothing is
    /// looked at. `None` if it is not spelled in the [plain] way, or if something is wrong.
    pub(super) fn of_who_owns(text: &str, known: &TenantId) -> Option<Self> {
        let (mut members, mut fields) = (plain::Members::of(text)?, [None; 2]);
        while fields.contains(&None) {
            let Some((name, value)) = members.next().ok()? else { break };
            if let Some(field) = Self::place(name).and_then(|at| fields.get_mut(at)) {
                *field = Some(value);
            }
        }
        Self::of(|at| fields.get(at).copied().flatten(), Some(known)).ok()
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
    pub(super) fn push_to(&self, text: &mut String, limits: &RecordLimits) -> Result<usize, RecordError> {
        let (first, last) =
            (self.created_at.map(LocalTime::written), self.updated_at.map(LocalTime::written));
        let values = [
            Some(self.id.as_str()),
            self.owner(),
            self.created_by(),
            first.as_ref().map(WrittenTime::as_str),
            last.as_ref().map(WrittenTime::as_str),
        ];
        let mut count = 0;
        for ((name, begin), value) in Self::FIELDS.into_iter().zip(BEGINNINGS).zip(values) {
            let Some(value) = value else { continue };
            text.push_str(begin);
            let start = text.len();
            push_quoted(text, value);
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
        match name {
            ID => Some(0),
            OWNER => Some(1),
            CREATED_BY => Some(2),
            CREATED_AT => Some(3),
            UPDATED_AT => Some(4),
            _ => None,
        }
    }

    /// Whether the name is one of the envelope's.
    pub(crate) fn has(name: &str) -> bool {
        Self::FIELDS.contains(&name)
    }
}
