//! Principal by action by store: what is done, what is refused, and that asking says the same.

use tenantry::Session;

use crate::expected::{CELLS, Cell, Say};
use crate::perform::{Call, is_about_all, resource, walk};
use crate::world::{Medium, World, id};

/// The principal's session, and the call that it makes.
pub(crate) async fn call(world: &World, cell: &Cell) -> Call {
    let session: Session = match cell.who {
        "leaving" => world.leaving.clone(),
        "erased" => world.erased.clone(),
        who => world.session(who).await,
    };
    world.call(session, &id(cell.tenant), &id(cell.tenant))
}

/// Makes ready what a cell acts on, unless that is the tenant that is on its way out or gone.
pub(crate) async fn prepare(world: &mut World, cell: &Cell, action: tenantry::ownership::Action) {
    if !["leaving", "erased"].contains(&cell.tenant) {
        world.prepare(action, cell.tenant).await;
        // Who may let a tenant arrive needs a name that is free.
        if action == tenantry::ownership::Action::ReceiveTenant && cell.who == "root" {
            world.erase(cell.tenant).await;
        }
    }
}

/// Does everything as everybody, and sees that what comes of it is what the documentation says.
pub(crate) async fn ensure_as_documented(medium: Medium) {
    let mut world = World::new(medium).await;
    for cell in CELLS {
        for (action, row) in walk() {
            prepare(&mut world, cell, action).await;
            let call = call(&world, cell).await;
            let context = format!("{} in {}: {action} by {}", cell.who, cell.tenant, row.method);
            let place =
                if is_about_all(action) { call.session.own() } else { call.session.workspace(&call.tenant) };
            let asked = place.can(action, &resource(action, &call)).await;
            let done = row.perform(call).await;
            let outcome = cell.outcome(row.before, action);
            assert_eq!(
                done.as_ref().err().map(tenantry::Error::kind),
                outcome.error(),
                "{context}: {done:?}"
            );
            match (cell.says(action), asked) {
                (Say::Never(kind), asked) => assert_eq!(asked.unwrap_err().kind(), kind, "{context}"),
                (said, asked) => {
                    assert_eq!(Some(format!("{:?}", asked.unwrap())), said.decision(), "{context}");
                }
            }
        }
    }
}
