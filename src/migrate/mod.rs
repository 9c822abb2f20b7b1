//! From one shared folder to tenants: what a migration of the application's data from before would do.
//!
//! A [`Planner`] looks at a tree without changing anything and makes a [`Plan`]: where every file and
//! every record goes and why, what stays, and what is wrong, each with a proposed answer.
//!
//! ```
//! use tenantry::migrate::{PlanOptions, Planner};
//!
//! # let root = tempfile::tempdir().unwrap();
//! std::fs::write(root.path().join("video_database.json"), r#"[{"id": "1", "filename": "rain.mp4"}]"#).unwrap();
//! std::fs::create_dir(root.path().join("videos")).unwrap();
//! std::fs::write(root.path().join("videos/rain.mp4"), "bytes").unwrap();
//!
//! let plan = Planner::new(PlanOptions::default()).plan(root.path()).unwrap();
//! assert!(plan.can_be_applied());
//! assert_eq!(plan.files[0].to[0].path().to_string(), "videos/admin/rain.mp4");
//! assert_eq!(plan.records[0].tenant.as_str(), "admin");
//! println!("{plan}");
//! ```
//!
//! The layers: a survey of the tree, the reading of its databases, and planning, which is pure. All of it is
//! synchronous and takes no runtime. What a plan says is done by others.

mod counts;
mod digest;
mod documented;
mod earlier;
mod edit;
mod error;
mod json;
mod legacy;
mod migration;
mod options;
mod owned_workbook;
mod parallel;
mod plan;
mod planner;
mod planning;
mod source;
mod survey;
mod texts;
mod tree_path;

pub use counts::ByteCount;
pub use digest::{Digest, DigestError};
pub use error::MigrateError;
pub use legacy::{Legacy, LegacyFile, LegacySession, LegacyWorkspace};
pub use migration::{
    Applied, Difference, Differs, Finished, Migration, MigrationPhase, MigrationProgress, MigrationStage,
    MigrationStatus, Next, RolledBack, Verification, VerifiedTenant,
};
pub use options::{PlanOptions, Refused};
pub use plan::{
    Edit, Left, Placement, Plan, PlannedFile, PlannedRecord, PlannedTenant, Position, Problem, ProblemKind,
    SourceFile, TenantTotals, Totals,
};
pub use planner::{Planner, SurveyProgress};
pub use source::Form;
pub use texts::Texts;
pub use tree_path::{TreeName, TreePath, TreePathError};
