//! How a plan is to be made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the planner can't know by itself. It is part of the plan, so that it says of itself what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Whose what has no owner becomes: `admin`.
    pub default_owner: String,
    /// Who is the read-only demonstration, if not only those whose role in `users.json` says so.
    pub demo: Option<String>,
    /// Owners of what has none, by file name, path beneath the root, record id, or the place of a record as the
    /// plan shows it: `live_stream_data.xlsx, row 7`.
    pub owners: BTreeMap<String, String>,
    /// What is done with records that can't be placed, and of which there are two that differ.
    pub refused: Refused,
    /// The time zone whose clock the records' times show: `Asia/Jakarta`.
    pub time_zone: String,
    /// The longest database or workbook that is read, in bytes: 256 MiB.
    pub database_bytes: u64,
    /// The extensions by which a file without a record is a video, in lower case.
    pub video_extensions: Vec<String>,
}

/// What is done with records that can't be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Refused {
    /// The plan can't be applied as long as there are any.
    #[default]
    Block,
    /// They are left where they are, and named.
    Leave,
}

impl Default for PlanOptions {
    fn default() -> Self {
        let settings = crate::Settings::default();
        Self {
            default_owner: "admin".to_owned(),
            demo: None,
            owners: BTreeMap::new(),
            refused: Refused::Block,
            time_zone: settings.time_zone,
            database_bytes: 256 << 20,
            video_extensions: settings.video_extensions,
        }
    }
}
