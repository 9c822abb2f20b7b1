//! Nothing is changed that nobody agreed to.

use std::io::{IsTerminal, Write};

use crate::failure::Failure;

/// Refuses at once where nobody could be asked.
pub(crate) fn is_possible(yes: bool) -> Result<(), Failure> {
    if yes || std::io::stdin().is_terminal() { Ok(()) } else { Err(Failure::NotConfirmed) }
}

/// Asks, unless it was said already, beside what a program reads.
pub(crate) fn ask(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    is_possible(yes)?;
    match answer(question).map_err(Failure::Asking)?.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::Declined),
    }
}

fn answer(question: &str) -> std::io::Result<String> {
    let mut shown = std::io::stderr();
    write!(shown, "{question} [y/N] ")?;
    shown.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer)
}
