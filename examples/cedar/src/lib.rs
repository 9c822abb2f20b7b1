//! An [`OwnershipPolicy`] over the Cedar engine: an organisation with editors and viewers.
//!
//! Who may do what stands in a policy file, and who belongs to which team in a file of entities;
//! this crate only translates. Tenants and users are entities by their names. Every
//! [`Action`] of the library is a Cedar action of the same name, in one of the groups `read`, `write`
//! and `administer`. The role, and whether the workspace is the principal's own, come with each request
//! from the library, so that a role that was changed a moment ago already counts.
//!
//! What Cedar does not know is the difference between what may not be done and what may not be seen:
//! a refusal is told to those who may look at the same resource, and to others it looks missing.

use cedar_policy::{
    Authorizer, Context, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, RestrictedExpression,
    Schema, ValidationMode, Validator,
};
use tenantry::ownership::{Action, Decision, Effect, OwnershipPolicy, Reason, Request, Resource, Visibility};

/// Why a policy can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The policies are not Cedar.
    #[error("the policies can't be read")]
    Policies(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The entities are not JSON of Cedar's form, or not what the schema allows.
    #[error("the entities can't be read")]
    Entities(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A policy names an action, a type or a field that there is not.
    #[error("the policies do not fit the schema: {0}")]
    Invalid(String),
}

/// A policy whose decisions are Cedar's.
#[derive(Debug)]
pub struct CedarPolicy {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    schema: Schema,
    names: Names,
}

/// The names of entity types.
#[derive(Debug)]
struct Names {
    user: EntityTypeName,
    tenant: EntityTypeName,
    action: EntityTypeName,
}

/// The group of actions in which an action is.
const fn group(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Administer => "administer",
    }
}

/// The schema: its actions are the library's own, so that it is never behind them.
fn schema_text() -> String {
    let mut text = String::from(
        "entity Team; entity User in [Team]; entity Tenant;\n\
         type Asked = { role: String, own: Bool, shared: Bool, collection?: String };\n\
         action read; action write; action administer;\n",
    );
    for action in Action::ALL {
        let group = group(action.effect());
        text.push_str(&format!(
            "action \"{action}\" in [{group}] appliesTo {{ principal: User, resource: Tenant, context: Asked }};\n"
        ));
    }
    text
}

impl CedarPolicy {
    /// Reads policies and entities, and sees that they fit each other and the library's actions.
    ///
    /// # Errors
    /// [`LoadError`]: a policy that could never hold is refused here, not met as a refusal later.
    pub fn load(policies: &str, entities: &str) -> Result<Self, LoadError> {
        let invalid = |error: &dyn std::fmt::Display| LoadError::Invalid(error.to_string());
        let (schema, _) = Schema::from_cedarschema_str(&schema_text()).map_err(|error| invalid(&error))?;
        let policies: PolicySet = policies.parse().map_err(|error| LoadError::Policies(Box::new(error)))?;
        let validated = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if let Some(error) = validated.validation_errors().next() {
            return Err(invalid(error));
        }
        let entities = Entities::from_json_str(entities, Some(&schema))
            .map_err(|error| LoadError::Entities(Box::new(error)))?;
        let name = |text: &str| text.parse().map_err(|error: cedar_policy::ParseErrors| invalid(&error));
        let names = Names { user: name("User")?, tenant: name("Tenant")?, action: name("Action")? };
        Ok(Self { authorizer: Authorizer::new(), policies, entities, schema, names })
    }

    /// What the engine says of an action on what a request is about, with the names of the policies
    /// that decided.
    fn ask(&self, request: &Request<'_>, action: Action) -> (bool, String) {
        let entity =
            |of: &EntityTypeName, id: &str| EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id));
        let context = match context(request) {
            Ok(context) => context,
            Err(error) => return (false, error),
        };
        let asked = cedar_policy::Request::new(
            entity(&self.names.user, request.principal().tenant().as_str()),
            entity(&self.names.action, action.as_str()),
            entity(&self.names.tenant, request.tenant().as_str()),
            context,
            Some(&self.schema),
        );
        let asked = match asked {
            Ok(asked) => asked,
            // Never for a name of the library's; and what can't be asked is not allowed.
            Err(error) => return (false, error.to_string()),
        };
        let answer = self.authorizer.is_authorized(&asked, &self.policies, &self.entities);
        let mut reasons: Vec<&str> = answer
            .diagnostics()
            .reason()
            .filter_map(|id| self.policies.policy(id)?.annotation("id"))
            .collect();
        reasons.sort_unstable();
        let reason = if reasons.is_empty() { "no policy allows it".to_owned() } else { reasons.join(", ") };
        (answer.decision() == cedar_policy::Decision::Allow, reason)
    }
}

/// What comes with a request.
fn context(request: &Request<'_>) -> Result<Context, String> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let flag = RestrictedExpression::new_bool;
    let mut pairs = vec![
        ("role".to_owned(), text(request.principal().role().as_str())),
        ("own".to_owned(), flag(request.is_own())),
        ("shared".to_owned(), flag(request.visibility() == Visibility::Shared)),
    ];
    let collection = match request.resource() {
        Resource::Collection(name) | Resource::Record(name, _) => Some(name.as_str()),
        Resource::File(area, _) => Some(area.as_str()),
        _ => None,
    };
    pairs.extend(collection.map(|name| ("collection".to_owned(), text(name))));
    Context::from_pairs(pairs).map_err(|error| error.to_string())
}

impl OwnershipPolicy for CedarPolicy {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let (allowed, reason) = self.ask(request, request.action());
        let reason = Reason::Other(reason);
        if allowed {
            return Decision::Allow(reason);
        }
        // Looking is what reading a record of it would be.
        let (seen, _) = self.ask(request, Action::GetRecord);
        if seen { Decision::Deny(reason) } else { Decision::Hide(reason) }
    }
}
