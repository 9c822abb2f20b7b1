//! Who there will be: the users that `users.json` names, and every owner that anything else names.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::migrate::documented::{self, USERS};
use crate::migrate::survey::Survey;
use crate::migrate::{MigrateError, PlannedTenant, ProblemKind, TreePath, json};
use crate::ownership::Role;
use crate::paths::{NameError, TenantId};
use crate::quota::Limits;
use crate::record::Fields;

use super::Planning;
use super::findings::Place;

/// How many live streams the documented roles allowed to be scheduled or live at once.
const ROLES: [(&str, u64); 3] = [("silver", 3), ("gold", 10), ("platinum", 20)];
/// The bytes that an application means by a megabyte.
const MEGABYTE: u64 = 1 << 20;

impl Planning<'_> {
    /// The tenant of that name, made known if it is not yet.
    pub(super) fn add_tenant(&mut self, name: &str, why: &'static str) -> Result<TenantId, NameError> {
        let id = documented::tenant(name)?;
        let made = || {
            let mut display_name: String =
                id.decode().chars().filter(|character| !character.is_control()).collect();
            if display_name.is_empty() {
                display_name = id.to_string();
            }
            let limits = Limits::unlimited();
            PlannedTenant {
                id: id.clone(),
                display_name,
                role: Role::User,
                plan: None,
                limits,
                exists: false,
                why: why.into(),
            }
        };
        if !self.tenants.contains_key(&id) {
            let tenant = made();
            self.tenants.insert(id.clone(), tenant);
        }
        Ok(id)
    }

    /// Sees that somebody is the admin: where no user is one, the default owner.
    pub(super) fn ensure_admin(&mut self) {
        if self.tenants.values().all(|tenant| tenant.role != Role::Admin)
            && let Some(tenant) = self.tenants.get_mut(&self.default_owner)
        {
            tenant.role = Role::Admin;
        }
    }

    /// Reads who may sign in. Of a user only role and limits are looked at.
    pub(super) fn read_users(&mut self, survey: &Survey) -> Result<(), MigrateError> {
        let path = TreePath::root().join(USERS);
        let Some(entry) = survey.entry(&path) else { return Ok(()) };
        if entry.digest.is_none() {
            let reason = "can't be read";
            let proposal = "make it a file that can be read";
            self.findings.block(ProblemKind::Unreadable, (Some(&path), None), reason, proposal);
            return Ok(());
        }
        let bytes = survey.read(entry)?;
        let proposal = "restore the file from a copy, or move it away: then nobody has a role or limits";
        let text = match json::readable(&bytes) {
            Ok(readable) if readable.is_empty() => return Ok(()),
            Ok(readable) => readable.text,
            Err(broken) => {
                self.findings.block(ProblemKind::Damaged, (Some(&path), None), broken, proposal);
                return Ok(());
            }
        };
        let Ok((users, _)) = Fields::read_last(&text) else {
            let reason = "not an object with a member for each user";
            self.findings.block(ProblemKind::Damaged, (Some(&path), None), reason, proposal);
            return Ok(());
        };
        for (name, user) in users.iter() {
            self.add_user(&path, name, user);
        }
        Ok(())
    }

    fn add_user(&mut self, path: &TreePath, name: &str, user: &str) {
        let shown = crate::paths::visible(name).into_owned();
        let id = match self.add_tenant(name, "a user") {
            Ok(id) => id,
            Err(reason) => {
                let reason = format!("the user {shown:?} can't be a tenant: {reason}");
                let proposal = "give the user another name";
                return self.findings.block(ProblemKind::BadOwner, (Some(path), None), reason, proposal);
            }
        };
        let place = Place::of(&id, Some(path), None);
        let user: BTreeMap<String, Value> = serde_json::from_str(user).unwrap_or_default();
        let role = user.get("role").and_then(Value::as_str).map(str::trim).unwrap_or_default();
        let mut limits = Limits::unlimited();
        for (field, unit) in [("max_streams", 1), ("max_storage_mb", MEGABYTE)] {
            match number(user.get(field)) {
                Ok(None) => {}
                Ok(Some(most)) if unit == 1 => limits = limits.with_active_streams(most),
                Ok(Some(most)) => limits = limits.with_blob_bytes(most.saturating_mul(unit)),
                Err(()) => {
                    let reason = format!("the user {shown:?} has a {field} that is no number from 0 on");
                    let proposal = "it sets no limit; correct it if it should";
                    self.findings.know(ProblemKind::Limits, place, reason, proposal);
                }
            }
        }
        let known = ROLES.iter().find(|(known, _)| *known == role);
        let plan = match role {
            "admin" | "demo" | "user" | "" => None,
            other => Some(other.to_owned()),
        };
        if let Some(plan) = plan.as_ref().filter(|_| known.is_none()) {
            let plan = crate::paths::visible(plan);
            let reason = format!("the user {shown:?} has the role {plan:?}, whose limits are not known");
            let proposal = "give the application a plan of that name: without one the user may add nothing";
            self.findings.know(ProblemKind::Limits, place, reason, proposal);
        }
        if let Some(plan) = &plan {
            let of_role = known.map_or_else(Limits::unlimited, |(_, streams)| {
                Limits::unlimited().with_active_streams(*streams)
            });
            self.plans.insert(plan.clone(), of_role);
        }
        if let Some(tenant) = self.tenants.get_mut(&id) {
            tenant.role = match role {
                "admin" => Role::Admin,
                "demo" => Role::Demo,
                _ if tenant.role == Role::Demo => Role::Demo,
                _ => Role::User,
            };
            (tenant.plan, tenant.limits) = (plan, limits);
            tenant.why = "a user".into();
        }
    }
}

/// A limit, also one that is written as a text; none where nothing is said.
fn number(value: Option<&Value>) -> Result<Option<u64>, ()> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => number.as_u64().map(Some).ok_or(()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| ()),
        Some(_) => Err(()),
    }
}
