//! Names that somebody might guess or craft to get from one tenant to another.

use tenantry::paths::{FileName, TenantId};
use tenantry::{ErrorKind, ListOptions};

use crate::Outcome;
use crate::people::People;
use crate::report::{Report, Table};
use crate::uploads::all_videos;

/// Ben guesses spellings of Ana's name and paths to her file.
pub(crate) async fn guess_names(people: &People, report: &mut Report) -> Outcome {
    report.section("Ben guesses names and paths");
    report.line("A name is refused when it is read, or leads to nothing; none leads to Ana.");
    let file = all_videos(&people.ana.own()).await?.into_iter().next().ok_or("Ana has no video")?;
    let file = file.value().filename.clone();
    let mut table = Table::new(&["as a tenant's name", "Ben is told"]);
    let guesses = [
        "Ana",
        "ANA",
        "ana/",
        "ana.",
        " ana",
        "ana ",
        "../ana",
        "ben/../ana",
        "videos/ana",
        "ana%2f",
        "=61na",
        "\u{430}na",
        "\u{ff41}na",
        "ana\0",
        ".tenantry",
        "..",
        "",
        "ana",
    ];
    for guess in guesses {
        let (ok, told) = match TenantId::parse(guess) {
            Err(reason) => (true, reason.to_string()),
            Ok(tenant) => not_found(people.ben.workspace(&tenant).videos().list(&ListOptions::new()).await),
        };
        table.check(ok, vec![format!("{guess:?}"), told]);
    }
    report.table(table);

    let mut table = Table::new(&["as a file's name", "Ben is told"]);
    let guesses = [
        format!("../ana/{file}"),
        format!("ana/{file}"),
        format!("/videos/ana/{file}"),
        format!("..\\ana\\{file}"),
        format!("..%2fana%2f{file}"),
        "../../data/ana/ledger".to_owned(),
        format!("{file}\0"),
        format!("{file}."),
        file.to_string().to_uppercase(),
        file.to_string(),
    ];
    for guess in guesses {
        let (ok, told) = match FileName::parse(&guess) {
            Err(reason) => (true, reason.to_string()),
            Ok(name) => not_found(people.ben.own().videos().open(&name).await),
        };
        let shown = guess.replace(file.as_str(), "<file>").replace(&file.as_str().to_uppercase(), "<FILE>");
        table.check(ok, vec![format!("{shown:?}"), told]);
    }
    report.table(table);

    let upper = FileName::parse(&file.as_str().to_uppercase())?;
    for (spelling, name) in [("as it is", &file), ("in capitals", &upper)] {
        let opened = people.ana.own().videos().open(name).await;
        report.check(opened.is_ok(), format!("Ana opens her file by its name, {spelling}."));
    }
    Ok(())
}

fn not_found<T>(answer: tenantry::Result<T>) -> (bool, String) {
    match answer {
        Ok(_) => (false, "let in".to_owned()),
        Err(error) => (error.kind() == ErrorKind::NotFound, error.kind().to_string()),
    }
}
