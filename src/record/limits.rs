//! How large a record may be.

use super::error::{RecordError, shown};
use super::fields::{Fields, depth};

/// The limits within which records are accepted; what is stored already can always be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordLimits {
    /// The longest record in bytes, white space not counted; 64 KiB unless told.
    pub bytes: usize,
    /// How deep arrays and objects may be nested, the record itself being one; 32 unless told. More
    /// than 128 makes records that can be stored and not read through a type.
    pub depth: usize,
    /// How many fields a record may have; 512 unless told.
    pub fields: usize,
    /// The longest name of a field, in bytes; 128 unless told.
    pub field_name_bytes: usize,
    /// The longest value of a field, in bytes of its JSON text; 32 KiB unless told.
    pub field_bytes: usize,
    /// What the names of a record's indexes and its keys in them may take together, in bytes; 4 KiB unless
    /// told.
    pub index_bytes: usize,
}

impl Default for RecordLimits {
    fn default() -> Self {
        Self {
            bytes: 64 << 10,
            depth: 32,
            fields: 512,
            field_name_bytes: 128,
            field_bytes: 32 << 10,
            index_bytes: 4 << 10,
        }
    }
}

impl RecordLimits {
    /// Checks everything but the length of the whole.
    pub(super) fn check_fields(&self, fields: &Fields<'_>) -> Result<(), RecordError> {
        self.check_count(fields.len())?;
        self.check_each(fields)
    }

    /// Checks how many fields there are.
    pub(super) const fn check_count(&self, fields: usize) -> Result<(), RecordError> {
        if fields > self.fields {
            return Err(RecordError::TooManyFields { fields, limit: self.fields });
        }
        Ok(())
    }

    /// Checks a field by its name and the length of its value.
    pub(super) fn check_field(&self, name: &str, bytes: usize) -> Result<(), RecordError> {
        if name.len() > self.field_name_bytes {
            let (bytes, limit) = (name.len(), self.field_name_bytes);
            return Err(RecordError::FieldNameTooLong { bytes, limit });
        }
        if bytes > self.field_bytes {
            return Err(RecordError::FieldTooLarge { field: shown(name), bytes, limit: self.field_bytes });
        }
        Ok(())
    }

    /// Checks the fields one by one.
    pub(super) fn check_each(&self, fields: &Fields<'_>) -> Result<(), RecordError> {
        fields.iter().try_for_each(|(name, value)| self.check_field(name, value.len()))?;
        let depth = 1 + fields.iter().map(|(_, value)| depth(value)).max().unwrap_or(0);
        if depth > self.depth {
            return Err(RecordError::TooDeep { depth, limit: self.depth });
        }
        Ok(())
    }

    /// Checks the keys under which a record is to be found.
    pub(crate) fn check_index(&self, keys: &[(&'static str, String)]) -> Result<(), RecordError> {
        let bytes = keys.iter().map(|(index, key)| index.len() + key.len()).sum();
        if bytes > self.index_bytes {
            return Err(RecordError::IndexTooLarge { bytes, limit: self.index_bytes });
        }
        Ok(())
    }

    /// Checks the length of the whole.
    pub(super) const fn check_length(&self, bytes: usize) -> Result<(), RecordError> {
        if bytes > self.bytes {
            return Err(RecordError::TooLarge { bytes, limit: self.bytes });
        }
        Ok(())
    }
}
