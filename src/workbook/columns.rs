//! The columns of the workbook.

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text; `nan` is one, too.
    Text,
    /// A word, a name or an address; `nan`, which is what an empty cell is called elsewhere, is none.
    Word,
    /// A time by the tenant's clock.
    Time,
    /// Yes or no.
    Flag,
    /// The name of a file; before it may stand its folder.
    File(&'static str),
}

/// One column.
#[derive(Debug)]
pub(super) struct Column {
    /// Its header: the name of the field.
    pub(super) name: &'static str,
    /// What older workbooks call it.
    pub(super) older: Option<&'static str>,
    pub(super) kind: Kind,
    /// Whether it says something of the record rather than of the schedule.
    pub(super) of_record: bool,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, older: None, kind, of_record: false }
}

const fn of_record(name: &'static str, kind: Kind) -> Column {
    Column { of_record: true, ..column(name, kind) }
}

/// The column that says whose a row is.
pub(super) const OWNER: &str = "owner";
/// The one column without which nothing is a schedule.
pub(super) const TITLE: &str = "title";

/// All columns, in the order in which they are written.
pub(super) const COLUMNS: [Column; 22] = [
    column(TITLE, Kind::Text),
    column("description", Kind::Text),
    column("scheduledStartTime", Kind::Time),
    column("privacyStatus", Kind::Word),
    column("autoStart", Kind::Flag),
    column("autoStop", Kind::Flag),
    column("madeForKids", Kind::Flag),
    Column { older: Some("token_file"), ..column("tokenFile", Kind::File("tokens/")) },
    column("useExistingStream", Kind::Flag),
    column("streamNameExisting", Kind::Word),
    column("streamIdExisting", Kind::Word),
    Column { older: Some("thumbnail"), ..column("thumbnailFile", Kind::File("thumbnails/")) },
    column("videoFile", Kind::File("videos/")),
    column("repeat_daily", Kind::Flag),
    column("success", Kind::Flag),
    column("streamId", Kind::Word),
    column("broadcastLink", Kind::Word),
    column("runNow", Kind::Flag),
    column("failure", Kind::Word),
    of_record(OWNER, Kind::Word),
    of_record("created_by", Kind::Word),
    of_record("updated_at", Kind::Time),
];

/// The column with that header, in any case; and whether that is its older name.
pub(super) fn named(header: &str) -> Option<(&'static Column, bool)> {
    let header = header.trim();
    let is = |name: &str| name.eq_ignore_ascii_case(header);
    COLUMNS.iter().find_map(|column| match column.older {
        _ if is(column.name) => Some((column, false)),
        Some(older) if is(older) => Some((column, true)),
        _ => None,
    })
}
