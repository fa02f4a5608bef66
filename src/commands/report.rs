//! What a command that changes something says at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use crate::change::plan::restore::Changed;
use crate::change::plan::{Entries, Entry};
use crate::change::report::Report;
use crate::context::Context;
use crate::frameworks::Catalog;
use crate::render::{self, Column, Columns, Datum, Format, Member, Rows, mask, safe};
use crate::store::{Backup, Companion, Content, Expiry, JsonItem, Lookup, Medium, Op, Own, Rewrite};
use crate::text::words::and;
use crate::text::words::plural;

/// A report of a change.
#[derive(Debug, Clone, Copy)]
struct Reports;

impl Rows for Reports {
    type Row<'a> = &'a Report;

    const WHAT: &'static str = "reports";
}

const COLUMNS: &[Column<Reports>] = &[
    Column::data("run", &[Member::new("run", |report| Datum::text(report.run.as_deref()))]),
    Column::data("matched", &[Member::new("matched", |report| Datum::Number(report.matched))]),
    Column::data("done", &[Member::new("done", |report| Datum::Number(report.done))]),
    Column::data("gone", &[Member::new("gone", |report| Datum::Number(report.gone))]),
    Column::data("changed", &[Member::new("changed", |report| Datum::Number(report.changed))]),
    Column::data("failed", &[Member::new("failed", |report| Datum::Number(report.failed))]),
    Column::data("keys_removed", &[Member::new("keys_removed", |report| Datum::Number(report.keys_removed))]),
    Column::data(
        "entries_removed",
        &[Member::new("entries_removed", |report| Datum::Number(report.entries_removed))],
    ),
    Column::data("bytes_freed", &[Member::new("bytes_freed", |report| Datum::number(report.bytes_freed))]),
    Column::data("dry_run", &[Member::new("dry_run", |report| Datum::Bool(report.dry_run))]),
    Column::data("complete", &[Member::new("complete", |report| Datum::Bool(report.complete))]),
    Column::data("returned", &[Member::new("returned", |report| Datum::number(report.returned))]),
    Column::data(
        "errors",
        &[Member::nested("errors", |report| Datum::Json(serde_json::json!(report.errors)))],
    ),
];

/// A session of a report.
#[derive(Debug)]
pub struct Told<'e> {
    pub id: &'e [u8],
    pub key: &'e [u8],
    pub layout: &'e str,
    pub user: Option<&'e str>,
    /// It is certain that nobody was logged in.
    pub nobody: bool,
    /// What is done to it, in the words of the store's own commands.
    pub steps: Vec<String>,
}

/// The sessions of a report.
#[derive(Debug, Clone, Copy)]
struct OfReport;

impl Rows for OfReport {
    type Row<'a> = Told<'a>;

    const WHAT: &'static str = "sessions";
    const ID: Option<for<'a, 's> fn(&'s Told<'a>) -> &'s [u8]> = Some(|told| told.id);
    const KEY: Option<for<'a, 's> fn(&'s Told<'a>) -> &'s [u8]> = Some(|told| told.key);
}

const SESSIONS: &[Column<OfReport>] = &[
    Column::data("id", &[Member::new("id", |told| Datum::Id(told.id))]),
    Column::data("key", &[Member::new("key", |told| Datum::Key { key: told.key, id: told.id })]),
    Column::data("layout", &[Member::new("layout", |told| Datum::Text(told.layout))]),
    Column::data("user", &[Member::new("user", |told| Datum::text(told.user))]),
    Column::data(
        "authenticated",
        &[Member::new("authenticated", |told| {
            Datum::truth(told.user.map(|_| true).or(told.nobody.then_some(false)))
        })],
    ),
    Column::data("steps", &[Member::nested("steps", |told| Datum::Json(serde_json::json!(told.steps)))]),
];

/// Who knows the sessions that a report is about. They are streamed: there may be a million.
pub trait Sessions {
    /// Tells each; its steps only where they are wanted, as finding out what they are may take a request.
    fn each(
        &mut self,
        context: &Context,
        steps: bool,
        tell: &mut dyn FnMut(&Told<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()>;
}

/// Prints the report: one line for people, the documented object for programs, with the sessions that
/// it is about where they are known and the form has room for them.
pub fn print(
    context: &Context,
    past: &str,
    report: &Report,
    sessions: Option<&mut dyn Sessions>,
) -> anyhow::Result<()> {
    let people = matches!(context.format, Format::Table | Format::Ids);
    let mut out = context.ui.out();
    let options = context.look();
    let object = |told: &Told<'_>| {
        let mut json = Vec::new();
        render::object(&Columns::every(SESSIONS), &options, told, &mut json);
        json
    };
    let mut head = Vec::new();
    match context.format {
        Format::Table => {}
        Format::Ids => {}
        format => render::one(format, Columns::every(COLUMNS), &options, report, &mut head)?,
    }
    match (context.format, sessions) {
        // They are streamed into the object, as its last member.
        (Format::Json, Some(sessions)) => {
            out.write_all(head.strip_suffix(b"\n}\n").unwrap_or(&head))?;
            out.write_all(b",\n  \"sessions\": [")?;
            let mut between = "\n    ";
            sessions.each(context, true, &mut |told| {
                out.write_all(between.as_bytes())?;
                out.write_all(&object(told))?;
                between = ",\n    ";
                Ok(())
            })?;
            out.write_all(if between.starts_with('\n') { b"]\n}\n" } else { b"\n  ]\n}\n" })?;
        }
        (Format::Yaml, Some(sessions)) => {
            out.write_all(&head)?;
            out.write_all(b"sessions:")?;
            let mut none = true;
            sessions.each(context, true, &mut |told| {
                let mut item = Vec::new();
                render::yaml::item(&mut item, &object(told));
                out.write_all(if none { b"\n" } else { b"" })?;
                none = false;
                Ok(out.write_all(&item)?)
            })?;
            out.write_all(if none { b" []\n" } else { b"" })?;
        }
        (Format::Ndjson, Some(sessions)) => {
            sessions.each(context, true, &mut |told| {
                out.write_all(&object(told))?;
                Ok(out.write_all(b"\n")?)
            })?;
            out.write_all(&head)?;
        }
        (Format::Ids, Some(sessions)) => {
            let mut id = Vec::new();
            sessions.each(context, false, &mut |told| {
                id.clear();
                render::id_line(&mut id, told.id, &options);
                Ok(out.write_all(&id)?)
            })?;
        }
        (Format::Table, Some(sessions)) if report.dry_run && !report.planned => {
            sessions.each(context, true, &mut |told| {
                let who = match told.user {
                    Some(user) => safe::safe(user).into_owned(),
                    None if told.nobody => "nobody".to_string(),
                    None => "user unknown".to_string(),
                };
                for (at, step) in told.steps.iter().enumerate() {
                    match at {
                        0 => writeln!(out, "{step}   # {}, {who}", told.layout)?,
                        _ => writeln!(out, "  {step}")?,
                    }
                }
                Ok(())
            })?;
        }
        _ => out.write_all(&head)?,
    }
    out.flush()?;
    // The last line is the one that stays on the screen.
    if people {
        for error in &report.errors {
            context.ui.warn(error);
        }
    }
    if context.format == Format::Table {
        writeln!(out, "{}", safe::safe(&sentence(past, report)))?;
        out.flush()?;
    } else if people {
        context.ui.status(sentence(past, report));
    }
    Ok(())
}

/// The sessions of a change, as they were written down when they were matched or done.
pub struct Matched<'s> {
    pub entries: Entries,
    /// Whom to ask which of a session's further steps find something to do; without anybody to ask
    /// they are all told.
    pub store: Option<&'s mut dyn Lookup>,
}

impl Sessions for Matched<'_> {
    fn each(
        &mut self,
        context: &Context,
        steps: bool,
        tell: &mut dyn FnMut(&Told<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        loop {
            let batch = self.entries.batch(200)?;
            if batch.is_empty() {
                return Ok(());
            }
            for entry in batch {
                let words = Words::of(context, &entry.id);
                let mut told = Vec::new();
                if steps {
                    let found = match &mut self.store {
                        Some(store) => store.probe(&entry.step.then)?,
                        None => vec![true; entry.step.then.len()],
                    };
                    told.push(words.own(&entry));
                    let then = entry.step.then.iter().zip(found).filter(|(_, found)| *found);
                    told.extend(then.map(|(op, _)| words.then(op)));
                }
                tell(&Told {
                    id: &entry.id,
                    key: &entry.step.key.0,
                    layout: &entry.layout,
                    user: entry.user.as_deref(),
                    nobody: entry.nobody,
                    steps: told,
                })?;
            }
        }
    }
}

/// The sessions of a run, as they are put back.
pub struct Returned<'c>(pub Changed<'c>);

impl Sessions for Returned<'_> {
    fn each(
        &mut self,
        context: &Context,
        _: bool,
        tell: &mut dyn FnMut(&Told<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for kept in self.0.by_ref() {
            let words = Words::of(context, &kept.id);
            tell(&Told {
                id: &kept.id,
                key: &kept.backup.key.0,
                layout: &kept.layout,
                user: kept.user.as_deref(),
                nobody: kept.nobody,
                steps: words.back(&kept.backup),
            })?;
        }
        // Of damage in the file was told when it was read for the first time.
        Ok(())
    }
}

fn sentence(past: &str, report: &Report) -> String {
    if report.planned {
        let sessions = plural(report.matched, "session");
        return format!("Planned for {sessions}; nothing was changed.");
    }
    if report.dry_run {
        return match report.matched {
            0 => "No session matches; nothing would be changed.".to_string(),
            1 => "1 session would be changed; this was a dry run.".to_string(),
            n => format!("{n} sessions would be changed; this was a dry run."),
        };
    }
    if report.matched == 0 {
        return "No session matches; nothing was changed.".to_string();
    }
    let sessions = plural(report.matched, "session");
    let mut text = if report.done == report.matched {
        format!("{past} {sessions}")
    } else {
        format!("{past} {} of {sessions}", report.done)
    };
    let mut parts = Vec::new();
    if report.keys_removed > 0 {
        parts.push(plural(report.keys_removed, "key"));
    }
    if report.entries_removed > 0 {
        parts.push(plural(report.entries_removed, "index entry"));
    }
    if let Some(bytes) = report.bytes_freed.filter(|bytes| *bytes > 0) {
        parts.push(crate::render::size(bytes));
    }
    if !parts.is_empty() {
        text.push_str(&format!(" ({})", parts.join(", ")));
    }
    text.push('.');
    for (count, what) in [
        (report.gone, "had already ended"),
        (
            report.changed,
            if report.changed == 1 {
                "changed after it was matched and was left alone"
            } else {
                "changed after they were matched and were left alone"
            },
        ),
        (report.failed, "failed"),
    ] {
        if count > 0 {
            text.push_str(&format!(" {count} {what}."));
        }
    }
    if !report.complete {
        text.push_str(" The run is incomplete.");
    }
    text
}

/// What the end of sessions in the store does not end: each caveat once, with the layouts that it
/// holds for, and first what concerns most sessions.
pub fn caveats(catalog: &Catalog, layouts: &BTreeMap<&'static str, u64>) -> Vec<String> {
    let mut of: Vec<(&'static str, BTreeSet<&'static str>)> = Vec::new();
    for layout in layouts.keys().filter_map(|name| catalog.by_name(name)) {
        for caveat in layout.ends.caveats {
            match of.iter_mut().find(|(text, _)| text == caveat) {
                Some((_, names)) => drop(names.insert(layout.name)),
                None => of.push((caveat, BTreeSet::from([layout.name]))),
            }
        }
    }
    // What the same layouts have in common is one paragraph.
    let mut told: Vec<(BTreeSet<&'static str>, Vec<&'static str>)> = Vec::new();
    for (text, names) in of {
        match told.iter_mut().find(|(others, _)| *others == names) {
            Some((_, texts)) => texts.push(text),
            None => told.push((names, vec![text])),
        }
    }
    let concerned = |names: &BTreeSet<&'static str>| names.iter().map(|name| layouts[name]).sum::<u64>();
    told.sort_by_key(|(names, _)| std::cmp::Reverse(concerned(names)));
    told.iter().map(|(names, texts)| format!("{}: {}", some(names), texts.join(" "))).collect()
}

/// Names, and how many more there are where they are many.
fn some(names: &BTreeSet<&'static str>) -> String {
    const MOST: usize = 3;
    let mut shown: Vec<&str> = names.iter().copied().collect();
    let more = format!("{} more", shown.len().saturating_sub(MOST));
    if shown.len() > MOST + 1 {
        shown.truncate(MOST);
        shown.push(&more);
    }
    and(&shown)
}

/// Of which families it is not known whether someone is logged in, and how that is settled.
pub fn unsettled(context: &Context, families: &[crate::detect::Unsettled]) {
    const MOST: usize = 5;
    for family in families.iter().take(MOST) {
        let sessions = match family.sessions {
            1 => "1 session".to_string(),
            many => format!("{many} sessions"),
        };
        let prefix = match &family.prefix[..] {
            [] => String::new(),
            prefix => format!(" under `{}`", safe::bytes(prefix)),
        };
        let likely: Vec<String> =
            family.likely.iter().map(|path| format!("`{}`", safe::safe(path))).collect();
        let how = if likely.is_empty() {
            "if the data names their user, say where with --user-path PATH".to_string()
        } else {
            format!("their user may be {}; --user-path settles it", likely.join(" or "))
        };
        context.ui.note(format!(
            "{sessions} of {}{prefix}: unknown whether anyone is logged in; {how}",
            family.layout
        ));
    }
    if families.len() > MOST {
        context.ui.note(format!("the same goes for {} more kinds of sessions", families.len() - MOST));
    }
}

/// How the steps of one session are told: in the words of the store's own commands.
struct Words<'e> {
    id: &'e [u8],
    /// Ids stand in them whole.
    whole: bool,
    /// They are data, and not for a terminal.
    raw: bool,
}

impl<'e> Words<'e> {
    /// As the form of the output has them: for people on their terminal, or as data.
    fn of(context: &Context, id: &'e [u8]) -> Words<'e> {
        let people = context.format == Format::Table;
        Words { id, whole: if people { context.reveal } else { !context.mask }, raw: !people }
    }

    /// How a session is put back: its own key, then what belongs to it.
    fn back(&self, backup: &Backup) -> Vec<String> {
        let key = self.show(&backup.key.0);
        let when = |at: i64| format!("{at} ({})", crate::render::time(at).unwrap_or_default());
        let rewritten = matches!(&backup.own, Own::Expire { rewrite: Some(_), .. });
        let own = match (&backup.own, &backup.content, backup.expires) {
            (Own::End, Content::Text(_), Some(at)) => format!("SET {key} NX PXAT {}", when(at)),
            (Own::End, Content::Text(_), None) => format!("SET {key} NX"),
            (Own::End, Content::Hash { .. }, Some(at)) => format!("RESTORE {key} {} ABSTTL", when(at)),
            (Own::End, Content::Hash { .. }, None) => format!("RESTORE {key} 0"),
            (Own::Expire { .. }, _, Some(at)) => format!("PEXPIREAT {key} {}", when(at)),
            (Own::Expire { .. }, _, None) => format!("PERSIST {key}"),
        };
        let mut steps = vec![if rewritten { format!("{own} and its expiry inside the value") } else { own }];
        for companion in &backup.companions {
            let key = self.show(&companion.key().0);
            let ends = |expires: &Option<i64>| match expires {
                Some(at) => format!("PEXPIREAT {key} {}", when(*at)),
                None => format!("PERSIST {key}"),
            };
            steps.push(match companion {
                Companion::Member { member, .. } => format!("SADD {key} {}", self.show(&member.0)),
                Companion::Scored { member, score, .. } | Companion::Rescored { member, score, .. } => {
                    format!("ZADD {key} {score} {}", self.show(&member.0))
                }
                Companion::Field { field, .. } => format!("HSET {key} {}", self.show(&field.0)),
                Companion::Text { expires: Some(at), .. } => format!("SET {key} PXAT {}", when(*at)),
                Companion::Text { expires: None, .. } | Companion::Item { .. } => format!("SET {key}"),
                Companion::Outlived { expires, .. } => ends(&Some(*expires)),
                Companion::Ended { expires, .. } => ends(expires),
                Companion::Moved { to, member, .. } => {
                    format!("SMOVE {} {key} {}", self.show(&to.0), self.show(&member.0))
                }
                // Several sessions may share it: it is made as it was once they are all back.
                Companion::Whole { .. } => continue,
                Companion::Dumped { .. } => format!("RESTORE {key}"),
            });
        }
        steps
    }

    fn show(&self, bytes: &[u8]) -> String {
        let mut text = if self.whole { safe::text(bytes) } else { String::from_utf8_lossy(bytes) };
        if !self.whole && !self.id.is_empty() {
            text = text.replace(&*String::from_utf8_lossy(self.id), &mask::short(self.id)).into();
        }
        let text = if self.raw { text } else { safe::safe(&text).into_owned().into() };
        if text.contains(' ') || text.is_empty() { format!("'{text}'") } else { text.into_owned() }
    }

    /// What is done to the session's own key.
    fn own(&self, entry: &Entry) -> String {
        let key = self.show(&entry.step.key.0);
        let layout = crate::frameworks::BUILT_IN.by_name(&entry.layout);
        let is_row = layout.is_some_and(|layout| layout.medium == Medium::Table);
        match &entry.step.own {
            Own::End if is_row => format!("DELETE {key}"),
            Own::End => format!("UNLINK {key}"),
            Own::Expire { at, rewrite } => {
                let rewritten = if rewrite.is_some() { " and its expiry inside the value" } else { "" };
                match at {
                    Expiry::At(at) => {
                        let when = crate::render::time(*at).unwrap_or_default();
                        format!("PEXPIREAT {key} {at} ({when}){rewritten}")
                    }
                    Expiry::Persist => format!("PERSIST {key}{rewritten}"),
                    Expiry::Keep => {
                        let when = entry.ends.and_then(crate::render::time).unwrap_or_default();
                        match rewrite {
                            Some(Rewrite::Fields(fields)) => {
                                let fields: Vec<String> = fields
                                    .iter()
                                    .map(|(name, value)| {
                                        format!(" {} {}", self.show(&name.0), self.show(&value.0))
                                    })
                                    .collect();
                                let verb = if is_row { "UPDATE" } else { "HSET" };
                                format!("{verb} {key}{} ({when})", fields.concat())
                            }
                            _ => format!("SET {key}: its expiry inside the value ({when})"),
                        }
                    }
                }
            }
        }
    }

    /// What follows from it.
    fn then(&self, op: &Op) -> String {
        match op {
            Op::Unlink(key) | Op::Unlock(key) => format!("UNLINK {}", self.show(&key.0)),
            Op::OnlyWhile(key) => format!("EXISTS {}   # required for what follows", self.show(&key.0)),
            Op::UnlinkIfEquals(key, value) => {
                format!("UNLINK {}   # while it holds {}", self.show(&key.0), self.show(value))
            }
            Op::SetRemove { key, member } => format!("SREM {} {}", self.show(&key.0), self.show(member)),
            Op::SetRemoveListed { key, member, .. } => {
                format!("SREM '(each set that {} lists)' {}", self.show(&key.0), self.show(member))
            }
            Op::SortedRemove { key, member } => format!("ZREM {} {}", self.show(&key.0), self.show(member)),
            Op::SortedRemoveWhenGone { key, member, gone } => {
                format!(
                    "ZREM {} {}   # once {} is gone",
                    self.show(&key.0),
                    self.show(member),
                    self.show(&gone.0)
                )
            }
            Op::HashRemove { key, field } => format!("HDEL {} {}", self.show(&key.0), self.show(field)),
            Op::JsonListRemove { key, item, .. } => {
                format!(
                    "SET {}   # without the item {}",
                    self.show(&key.0),
                    self.show(text_of(item).as_bytes())
                )
            }
            Op::SortedScore { key, member, score } => {
                format!("ZADD {} XX {score} {}", self.show(&key.0), self.show(member))
            }
            Op::Outlive { key, at: Some(at) } => {
                let when = crate::render::time(*at).unwrap_or_default();
                format!("PEXPIREAT {} {at} ({when})   # as it would end earlier", self.show(&key.0))
            }
            Op::EndAt { key, at: Some(at) } => {
                let when = crate::render::time(*at).unwrap_or_default();
                format!("PEXPIREAT {} {at} ({when})", self.show(&key.0))
            }
            Op::SetMove { key, to, member, .. } => {
                format!("SMOVE {} {} {}", self.show(&key.0), self.show(&to.0), self.show(member))
            }
            Op::Outlive { key, at: None } | Op::EndAt { key, at: None } => {
                format!("PERSIST {}", self.show(&key.0))
            }
            Op::JsonListSet { key, item, member, value } => {
                let item = self.show(text_of(item).as_bytes());
                format!("SET {}   # with {member} {value} in the item {item}", self.show(&key.0))
            }
            Op::Publish { channel, message } => {
                format!("PUBLISH {} {}", self.show(channel), self.show(message))
            }
        }
    }
}

fn text_of(item: &JsonItem) -> &str {
    match item {
        JsonItem::Text(text) | JsonItem::Member(_, text) | JsonItem::Within { text, .. } => text,
    }
}
