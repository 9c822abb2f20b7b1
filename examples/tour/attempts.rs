//! Everybody tries every call on somebody else's workspace, and the owner makes the same call.

use tenantry::paths::TenantId;
use tenantry::{ErrorKind, Workspace};

use crate::Outcome;
use crate::calls::{Call, Target};
use crate::people::People;
use crate::report::{Report, Table};

/// What has to come of a call.
#[derive(Clone, Copy, PartialEq)]
enum Expected {
    Success,
    Refusal(ErrorKind),
    /// The call is not made: it would be about something else.
    Nothing,
}

/// Somebody who tries.
struct Caller {
    workspace: Workspace,
    expected: fn(Call) -> Expected,
}

impl Caller {
    fn new(workspace: Workspace, expected: fn(Call) -> Expected) -> Self {
        Self { workspace, expected }
    }
}

fn all_refused(_: Call) -> Expected {
    Expected::Refusal(ErrorKind::NotFound)
}

fn all_succeed(_: Call) -> Expected {
    Expected::Success
}

fn not_in_another_place(call: Call) -> Expected {
    if call.names_the_target() { Expected::Refusal(ErrorKind::NotFound) } else { Expected::Nothing }
}

fn reading_only(call: Call) -> Expected {
    if call.changes() { Expected::Refusal(ErrorKind::Denied) } else { Expected::Success }
}

/// Ben tries to reach what is Ana's.
pub(crate) async fn from_user_to_user(people: &People, report: &mut Report) -> Outcome {
    report.section("Ben tries every way to what is Ana's");
    report.line("In her workspace, and in his own with the ids and file names that are hers.");
    let (owner, foreign) = (people.ana.own(), people.ben.workspace(people.ana.tenant()));
    let callers = [
        Caller::new(foreign.clone(), all_refused),
        Caller::new(people.ben.own(), not_in_another_place),
        Caller::new(owner.clone(), all_succeed),
    ];
    let headings = ["call", "Ben in Ana's", "Ben in his own", "Ana herself"];
    try_all(&owner, &callers, &headings, report).await?;

    let missing = people.ben.workspace(&TenantId::parse("nobody")?);
    let target = Target::make(&owner).await?;
    let mut alike = true;
    for call in Call::ALL {
        let answers = (call.make(&foreign, &target).await, call.make(&missing, &target).await);
        alike &=
            matches!(answers, (Err(a), Err(b)) if (a.kind(), a.to_string()) == (b.kind(), b.to_string()));
    }
    target.remove(&owner).await?;
    report.check(alike, "Ben is told the same, word for word, of a tenant that does not exist.");
    Ok(())
}

/// The demo reads and changes nothing; a user reads what is shared and changes nothing.
pub(crate) async fn demo_and_shared(people: &People, report: &mut Report) -> Outcome {
    report.section("The demo reads and does not write");
    report.line("Its workspace is shared, so that Ben may read it too; the admin fills it.");
    let owner = people.demo_by_admin();
    let callers = [
        Caller::new(people.demo.own(), reading_only),
        Caller::new(people.ben.workspace(people.demo.tenant()), reading_only),
        Caller::new(people.demo.workspace(people.ana.tenant()), all_refused),
        Caller::new(owner.clone(), all_succeed),
    ];
    let headings = ["call", "Demo at home", "Ben in Demo's", "Demo in Ana's", "Admin in Demo's"];
    try_all(&owner, &callers, &headings, report).await
}

/// Makes every call as every caller; a refused one must leave the owner's workspace as it was.
async fn try_all(owner: &Workspace, callers: &[Caller], headings: &[&str], report: &mut Report) -> Outcome {
    let mut table = Table::new(headings);
    let mut target = Target::make(owner).await?;
    let mut untouched = true;
    for call in Call::ALL {
        let (mut cells, mut ok) = (vec![call.name()], true);
        for caller in callers {
            let expected = (caller.expected)(call);
            if expected == Expected::Nothing {
                cells.push("–".to_owned());
                continue;
            }
            let before = owner.snapshot().await?.version();
            let answer = call.make(&caller.workspace, &target).await;
            let seen = match &answer {
                Ok(_) => Expected::Success,
                Err(error) => Expected::Refusal(error.kind()),
            };
            ok &= seen == expected;
            if seen != Expected::Success {
                untouched &= owner.snapshot().await?.version() == before;
            }
            cells.push(answer.unwrap_or_else(|error| error.kind().to_string()));
            target = target.renewed(owner).await?;
        }
        table.check(ok, cells);
    }
    target.remove(owner).await?;
    report.table(table);
    report.check(untouched, "No refused call changed anything.");
    Ok(())
}
