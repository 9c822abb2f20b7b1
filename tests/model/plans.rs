//! The model's rules of live streams and schedules: the tables of steps, and what may be planned.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::planned::{Move, Tweak, start};
use super::record::{Record, Written, quoted};
use super::rules::is_title;
use super::secrets::{STREAMS, TOKENS};

pub(crate) use super::planned::PlanKind as Plan;

/// The fields that have a value, with their JSON texts.
pub(crate) type Value = BTreeMap<&'static str, String>;

/// Each field in the order in which it is written, and what is written where it has no value, if anything.
type Table = &'static [(&'static str, &'static str)];

const LIVE_STREAM: Table = &[
    ("title", ""),
    ("start_date", ""),
    ("video_file", ""),
    ("rtmp_server", ""),
    ("stream_key", ""),
    ("duration", ""),
    ("repeat_daily", "false"),
    ("status", ""),
    ("process_pid", "null"),
    ("token_file", ""),
    ("stream_id", ""),
    ("repeat_of", ""),
    ("thumbnail", ""),
];

const SCHEDULE: Table = &[
    ("title", ""),
    ("description", "\"\""),
    ("scheduledStartTime", ""),
    ("privacyStatus", ""),
    ("autoStart", "false"),
    ("autoStop", "false"),
    ("madeForKids", "false"),
    ("useExistingStream", "false"),
    ("repeat_daily", "false"),
    ("success", "false"),
    ("tokenFile", ""),
    ("streamNameExisting", ""),
    ("streamIdExisting", ""),
    ("streamId", ""),
    ("broadcastLink", ""),
    ("thumbnailFile", ""),
    ("videoFile", ""),
    ("repeat_of", ""),
    ("runNow", ""),
    ("failure", ""),
];

/// What comes of a schedule.
const CAME_OF_IT: [&str; 5] = ["success", "failure", "runNow", "streamId", "broadcastLink"];

/// What a record says; null is no value.
pub(crate) fn value(record: &Record) -> Value {
    record.fields.iter().filter(|(_, text)| text != "null").cloned().collect()
}

fn has(value: &Value, flag: &str) -> bool {
    value.get(flag).is_some_and(|text| text == "true")
}

fn put(value: &mut Value, name: &'static str, text: Option<String>) {
    match text {
        Some(text) => value.insert(name, text),
        None => value.remove(name),
    };
}

/// A time as plans have it, `2025-11-04T10:00`, with seconds if there are any.
pub(crate) fn written_time(at: DateTime) -> String {
    quoted(&at.strftime(if at.second() == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" }).to_string())
}

impl Plan {
    const fn table(self) -> Table {
        match self {
            Self::LiveStream => LIVE_STREAM,
            Self::Schedule => SCHEDULE,
        }
    }

    const fn start_field(self) -> &'static str {
        match self {
            Self::LiveStream => "start_date",
            Self::Schedule => "scheduledStartTime",
        }
    }

    /// The names of the statuses.
    pub(crate) const fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::LiveStream => &["scheduled", "live", "completed", "failed", "cancelled"],
            Self::Schedule => &["pending", "succeeded", "failed"],
        }
    }

    /// A value's fields as its type writes them.
    pub(crate) fn written(self, value: &Value) -> Written {
        let text = |(name, without): &(&'static str, &str)| {
            let text = value.get(name).cloned().unwrap_or_else(|| (*without).to_owned());
            Some((*name, text)).filter(|(_, text)| !text.is_empty())
        };
        self.table().iter().filter_map(text).collect()
    }

    /// What is planned before anything is said of it.
    pub(crate) fn blank(self) -> Value {
        let mut value =
            Value::from([("title", quoted("Rain")), (self.start_field(), written_time(start(0)))]);
        if self == Self::LiveStream {
            value.insert("status", quoted("scheduled"));
        }
        value
    }

    pub(crate) fn begins(self, value: &Value) -> Option<DateTime> {
        let text = value.get(self.start_field())?;
        Some(text.trim_matches('"').parse().unwrap())
    }

    /// On which day it is to begin.
    pub(crate) fn day(self, value: &Value) -> Option<jiff::civil::Date> {
        self.begins(value).map(DateTime::date)
    }

    pub(crate) fn status(self, value: &Value) -> &'static str {
        match self {
            Self::LiveStream => {
                let known = self.statuses().iter().find(|status| quoted(status) == value["status"]);
                known.expect("a status")
            }
            Self::Schedule if has(value, "success") => "succeeded",
            Self::Schedule if value.contains_key("failure") => "failed",
            Self::Schedule => "pending",
        }
    }

    pub(crate) fn is_over(self, value: &Value) -> bool {
        !["scheduled", "live", "pending"].contains(&self.status(value))
    }

    pub(crate) fn repeats(self, value: &Value) -> bool {
        has(value, "repeat_daily")
    }

    /// Whether what is over says that it repeats, and did not before.
    pub(crate) fn repeats_too_late(self, was: &Value, is: &Value) -> bool {
        let both = |value: &Value| self.repeats(value) && self.is_over(value);
        both(is) && !both(was)
    }

    /// What a step makes of a status, by the documented tables.
    fn after(self, step: &Move, status: &str) -> Option<&'static str> {
        let (from, to): (&[&str], &'static str) = match step {
            Move::StartNow => (&["scheduled"], "live"),
            Move::MarkLive(_) => (&["scheduled", "live"], "live"),
            Move::Stop => (&["live"], "completed"),
            Move::Fail => (&["scheduled", "live"], "failed"),
            Move::Cancel => (&["scheduled", "live"], "cancelled"),
            Move::Restart => (&["completed", "failed", "cancelled"], "live"),
            Move::Reschedule(_) => (&["completed", "failed", "cancelled"], "scheduled"),
            Move::RunNow => (&["pending", "failed"], "pending"),
            Move::Succeed(..) => (&["pending"], "succeeded"),
            Move::FailFor(_) => (&["pending"], "failed"),
            Move::Overwrite { .. } => (&[], ""),
        };
        from.contains(&status).then_some(to)
    }

    /// Whether some step leads from one to the other, or there is nothing between them.
    pub(crate) fn may_become(self, was: &Value, is: &Value) -> bool {
        let (was, is) = (self.status(was), self.status(is));
        let to: &[&str] = match (self, was) {
            (Self::LiveStream, "scheduled") => &["live", "failed", "cancelled"],
            (Self::LiveStream, "live") => &["completed", "failed", "cancelled"],
            (Self::LiveStream, _) => &["live", "scheduled"],
            (Self::Schedule, "pending") => &["succeeded", "failed"],
            (Self::Schedule, "failed") => &["pending"],
            (Self::Schedule, _) => &[],
        };
        was == is || to.contains(&is)
    }

    /// The value after a step; `None` where it is impossible. The general operations ask nobody.
    pub(crate) fn moved(self, old: &Value, step: &Move) -> Option<Value> {
        if let Move::Overwrite { status, repeat } = step {
            return Some(self.overwritten(old, *status, *repeat));
        }
        let mut new = self.afresh(old);
        let status = self.after(step, self.status(old))?;
        if self == Self::LiveStream {
            new.insert("status", quoted(status));
        }
        match step {
            Move::MarkLive(process) => {
                put(&mut new, "process_pid", process.map(|process| process.to_string()))
            }
            Move::Cancel | Move::Restart => put(&mut new, "repeat_daily", Some("false".to_owned())),
            Move::Reschedule(hours) => {
                put(&mut new, "repeat_daily", Some("false".to_owned()));
                new.insert("start_date", written_time(start(*hours)));
            }
            Move::RunNow if has(old, "runNow") => return None,
            Move::RunNow => {
                new.insert("runNow", "true".to_owned());
                new.insert("repeat_daily", (self.repeats(old) && !self.is_over(old)).to_string());
            }
            Move::Succeed(stream, link) => {
                new.insert("success", "true".to_owned());
                new.insert("streamId", quoted(stream));
                new.insert("broadcastLink", quoted(link));
            }
            Move::FailFor(reason) => {
                let reason = reason.filter(|reason| !reason.is_empty());
                new.insert("failure", quoted(reason.unwrap_or("no reason was given")));
            }
            _ => {}
        }
        Some(new)
    }

    fn overwritten(self, old: &Value, status: Option<usize>, repeat: Option<bool>) -> Value {
        let mut new = old.clone();
        if let Some(repeat) = repeat {
            new.insert("repeat_daily", repeat.to_string());
        }
        let Some(status) = status.map(|status| self.statuses()[status % self.statuses().len()]) else {
            return new;
        };
        if self == Self::LiveStream {
            new.insert("status", quoted(status));
        } else {
            new.insert("success", (status == "succeeded").to_string());
            put(&mut new, "failure", Some(quoted("it rained")).filter(|_| status == "failed"));
        }
        new
    }

    /// The value with nothing of what came of it.
    fn afresh(self, old: &Value) -> Value {
        let mut new = old.clone();
        new.remove("process_pid");
        if self == Self::Schedule {
            new.retain(|name, _| !CAME_OF_IT.contains(name));
        }
        new
    }

    /// The next of a series, at that time.
    pub(crate) fn next(self, old: &Value, at: DateTime, series: &str) -> Value {
        let mut new = self.afresh(old);
        new.insert(self.start_field(), written_time(at));
        new.insert("repeat_of", quoted(series));
        if self == Self::LiveStream {
            new.insert("status", quoted("scheduled"));
        }
        new
    }

    pub(crate) fn tweak(self, value: &mut Value, tweak: &Tweak<String>) {
        let stream = self == Self::LiveStream;
        let name = |ours, theirs| if stream { ours } else { theirs };
        let file = |file: &Option<String>| file.as_ref().map(|file| quoted(file));
        match tweak {
            Tweak::Title(title) => put(value, "title", Some(quoted(title))),
            Tweak::Start(hours) => {
                put(value, self.start_field(), hours.map(|hours| written_time(start(hours))))
            }
            Tweak::Video(video) => put(value, name("video_file", "videoFile"), file(video)),
            Tweak::Thumbnail(image) => put(value, name("thumbnail", "thumbnailFile"), file(image)),
            Tweak::Token(token) => {
                put(value, name("token_file", "tokenFile"), token.map(|token| quoted(TOKENS[token])));
            }
            Tweak::StreamId(id) => {
                put(value, name("stream_id", "streamIdExisting"), id.map(|id| quoted(STREAMS[id])));
            }
            Tweak::Repeat(repeat) => put(value, "repeat_daily", Some(repeat.to_string())),
            Tweak::Details(there) => self.detail(value, *there),
            Tweak::Status if stream => put(value, "status", Some(quoted("completed"))),
            Tweak::Status => put(value, "success", Some("true".to_owned())),
            Tweak::Process if stream => put(value, "process_pid", Some("7".to_owned())),
            Tweak::Process => put(value, "runNow", Some("true".to_owned())),
            Tweak::Series => put(value, "repeat_of", Some(quoted("r0"))),
        }
    }

    fn detail(self, value: &mut Value, there: bool) {
        let mut detail = |name, text: &str| put(value, name, Some(text.to_owned()).filter(|_| there));
        if self == Self::LiveStream {
            detail("rtmp_server", "\"youtube\"");
            detail("stream_key", "\"synthetic\"");
            detail("duration", "\"90\"");
        } else {
            detail("description", "\"two\\nlines\"");
            detail("privacyStatus", "\"unlisted\"");
            detail("streamNameExisting", "\"Main\"");
        }
    }

    /// Whether a person may plan so, in place of what was planned or anew.
    pub(crate) fn is_plannable(self, before: Option<&Value>, new: &Value) -> bool {
        let blank = self.blank();
        let was = before.unwrap_or(&blank);
        let fixed = match self {
            Self::LiveStream => &["status", "process_pid", "repeat_of"][..],
            Self::Schedule => &["success", "failure", "repeat_of", "runNow", "streamId", "broadcastLink"],
        };
        let said = |value: &Value, name| value.get(name).filter(|text| *text != "false").cloned();
        let title = |value: &Value| serde_json::from_str::<String>(&value["title"]).unwrap();
        let same_title = before.is_some_and(|before| title(before) == title(new));
        let timed = new.contains_key(self.start_field()) || !self.repeats(new);
        fixed.iter().all(|name| said(was, name) == said(new, name))
            && (same_title || is_title(&title(new)))
            && !before.is_some_and(|before| self.repeats_too_late(before, new))
            && (timed || before.is_some_and(|before| self.repeats(before)))
    }
}
