//! What the tour tells: to people as it goes, or to programs as one document in the end.

use std::error::Error;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use serde::{Serialize, Serializer};

/// So many of something, in words.
pub(crate) fn count(number: impl Display + PartialEq + From<u8>, what: &str) -> String {
    if number == 1.into() { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Everything told so far. Text is written at once; a document, in [`finish`](Report::finish).
pub(crate) struct Report {
    json: bool,
    colours: bool,
    written: std::io::Result<()>,
    told: Told,
}

#[derive(Serialize, Default)]
struct Told {
    ok: bool,
    passed: usize,
    failed: usize,
    error: Option<String>,
    sections: Vec<Section>,
}

#[derive(Serialize)]
struct Section {
    title: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tables: Vec<Table>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    ok: bool,
    what: String,
}

/// Rows under headings, some of which show whether something holds.
#[derive(Serialize)]
pub(crate) struct Table {
    #[serde(skip)]
    headings: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    ok: Option<bool>,
    cells: Vec<(String, String)>,
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ok = self.ok.map(|ok| ("ok", serde_json::Value::from(ok)));
        let cells = self.cells.iter().map(|(heading, cell)| (heading.as_str(), cell.as_str().into()));
        serializer.collect_map(ok.into_iter().chain(cells))
    }
}

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { headings: headings.iter().map(|&heading| heading.to_owned()).collect(), rows: Vec::new() }
    }

    /// A row that only says something.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.add(None, cells);
    }

    /// A row that shows whether something holds.
    pub(crate) fn check(&mut self, ok: bool, cells: Vec<String>) {
        self.add(Some(ok), cells);
    }

    fn add(&mut self, ok: Option<bool>, cells: Vec<String>) {
        let cells = self.headings.iter().cloned().zip(cells).collect();
        self.rows.push(Row { ok, cells });
    }
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        let colours = !json && std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { json, colours, written: Ok(()), told: Told::default() }
    }

    pub(crate) fn section(&mut self, title: &str) {
        let (lines, tables, checks) = (Vec::new(), Vec::new(), Vec::new());
        self.told.sections.push(Section { title: title.to_owned(), lines, tables, checks });
        self.write(&format!("\n{}\n", self.paint("1", title)));
    }

    pub(crate) fn line(&mut self, line: impl Into<String>) {
        let line = line.into();
        self.write(&format!("  {line}\n"));
        self.current().lines.push(line);
    }

    /// Something that has to hold, and whether it does.
    pub(crate) fn check(&mut self, ok: bool, what: impl Into<String>) {
        let what = what.into();
        self.write(&format!("{} {what}\n", self.mark(Some(ok))));
        self.tally(ok);
        self.current().checks.push(Check { ok, what });
    }

    pub(crate) fn table(&mut self, table: Table) {
        let width = |column: usize| {
            let cells = table.rows.iter().filter_map(|row| row.cells.get(column)).map(|(_, cell)| cell);
            let widths = cells.chain(table.headings.get(column)).map(|cell| cell.chars().count());
            widths.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..table.headings.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &String>| {
            let cells: Vec<String> =
                cells.zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        };
        let headings = self.paint("2", &line(&mut table.headings.iter()));
        self.write(&format!("  {headings}\n"));
        for row in &table.rows {
            let cells = line(&mut row.cells.iter().map(|(_, cell)| cell));
            self.write(&format!("{} {cells}\n", self.mark(row.ok)));
            if let Some(ok) = row.ok {
                self.tally(ok);
            }
        }
        self.current().tables.push(table);
    }

    /// The tour could not go on.
    pub(crate) fn abort(&mut self, error: &dyn Error) {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        self.told.failed += 1;
        if !self.json {
            eprintln!("\nThe tour could not go on. {text}");
        }
        self.told.error = Some(text);
    }

    /// Says how it went; fails if anything was not as it should be, or could not be told.
    pub(crate) fn finish(mut self) -> ExitCode {
        self.told.ok = self.told.failed == 0;
        let Told { ok, passed, failed, .. } = self.told;
        if self.json {
            let document = serde_json::to_string_pretty(&self.told).map_err(std::io::Error::from);
            self.written = document.and_then(|document| writeln!(std::io::stdout(), "{document}"));
        } else {
            let end = format!("{passed} checks passed, {failed} failed.");
            self.write(&format!("\n{}\n", self.paint(if ok { "1;32" } else { "1;31" }, &end)));
        }
        if let Err(error) = &self.written {
            eprintln!("The output could not be written: {error}");
        }
        if ok && self.written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn tally(&mut self, ok: bool) {
        let Told { passed, failed, .. } = &mut self.told;
        *(if ok { passed } else { failed }) += 1;
    }

    fn current(&mut self) -> &mut Section {
        if self.told.sections.is_empty() {
            self.section("Tour");
        }
        let last = self.told.sections.len() - 1;
        &mut self.told.sections[last]
    }

    fn mark(&self, ok: Option<bool>) -> String {
        match ok {
            Some(true) => self.paint("32", "✓"),
            Some(false) => self.paint("1;31", "✗"),
            None => " ".to_owned(),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn write(&mut self, text: &str) {
        if !self.json && self.written.is_ok() {
            self.written = std::io::stdout().write_all(text.as_bytes());
        }
    }
}
