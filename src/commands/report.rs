//! What a command that changes something says at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use base64::Engine as _;
use serde_json::{Value as Json, json};

use crate::change::plan::{Entries, Entry};
use crate::change::report::Report;
use crate::context::Context;
use crate::frameworks::Catalog;
use crate::render::Format;
use crate::render::{self, mask, safe};
use crate::store::{Expiry, JsonItem, Lookup, Op, Own, Rewrite};
use crate::text::words::and;
use crate::text::words::plural;

/// Prints the report: one line for people, the documented object for programs.
pub fn print(context: &Context, past: &str, report: &Report) -> anyhow::Result<()> {
    print_with(context, past, report, None)
}

/// The same with the sessions that it is about, where they are known and the form has room for them.
pub fn print_with(
    context: &Context,
    past: &str,
    report: &Report,
    sessions: Option<Sessions<'_>>,
) -> anyhow::Result<()> {
    let people = matches!(context.format, Format::Table | Format::Ids);
    let mut out = context.ui.out();
    match context.format {
        Format::Json => {
            let object = render::json::pretty(&object(report));
            match sessions {
                None => out.write_all(object.as_bytes())?,
                // They are streamed into the object, as its last member.
                Some(sessions) => {
                    out.write_all(object.trim_end().trim_end_matches('}').trim_end().as_bytes())?;
                    out.write_all(b",\n  \"sessions\": [")?;
                    let mut between = "\n";
                    sessions.each(context, |_, line| {
                        write!(out, "{between}    {}", line()?.trim_end())?;
                        between = ",\n";
                        Ok(())
                    })?;
                    out.write_all(if between == "\n" { b"]\n}\n" } else { b"\n  ]\n}\n" })?;
                }
            }
        }
        Format::Ndjson => {
            if let Some(sessions) = sessions {
                sessions.each(context, |_, line| Ok(out.write_all(line()?.as_bytes())?))?;
            }
            out.write_all(render::json::line(&object(report)).as_bytes())?;
        }
        Format::Csv => {
            if !context.bare {
                writeln!(
                    out,
                    "matched,done,gone,changed,failed,keys_removed,entries_removed,dry_run,complete"
                )?;
            }
            writeln!(
                out,
                "{},{},{},{},{},{},{},{},{}",
                report.matched,
                report.done,
                report.gone,
                report.changed,
                report.failed,
                report.keys_removed,
                report.entries_removed,
                report.dry_run,
                report.complete
            )?;
        }
        Format::Ids => {
            if let Some(sessions) = sessions {
                let options = context.look();
                let mut id = Vec::new();
                sessions.each(context, |entry, _| {
                    id.clear();
                    render::id_line(&mut id, &entry.id, &options);
                    Ok(out.write_all(&id)?)
                })?;
            }
        }
        Format::Table => {
            if let Some(sessions) = sessions
                && report.dry_run
            {
                sessions.each(context, |_, lines| Ok(out.write_all(lines()?.as_bytes())?))?;
            }
        }
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
        context.ui.note(sentence(past, report));
    }
    Ok(())
}

fn object(report: &Report) -> Json {
    json!({
        "run": report.run,
        "matched": report.matched,
        "done": report.done,
        "gone": report.gone,
        "changed": report.changed,
        "failed": report.failed,
        "keys_removed": report.keys_removed,
        "entries_removed": report.entries_removed,
        "bytes_freed": report.bytes_freed,
        "dry_run": report.dry_run,
        "complete": report.complete,
        "returned": report.returned,
        "errors": report.errors,
    })
}

/// The sessions of a report, as they were written down when they were matched or done.
pub struct Sessions<'s> {
    pub entries: Entries,
    /// Whom to ask which of a session's further steps find something to do; without anybody to ask
    /// they are all told.
    pub store: Option<&'s mut dyn Lookup>,
}

/// A session of a report in the words of its form, made where it is wanted.
type Told<'t> = &'t mut dyn FnMut() -> anyhow::Result<String>;

impl Sessions<'_> {
    fn each(
        mut self,
        context: &Context,
        mut tell: impl FnMut(&Entry, Told<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        loop {
            let batch = self.entries.batch(200)?;
            if batch.is_empty() {
                return Ok(());
            }
            for entry in batch {
                let store = &mut self.store;
                tell(&entry, &mut || {
                    let found = match store {
                        Some(store) => store.probe(&entry.step.then)?,
                        None => vec![true; entry.step.then.len()],
                    };
                    let then = entry.step.then.iter().zip(found).filter(|(_, found)| *found);
                    Ok(told(context, &entry, then.map(|(op, _)| op)))
                })?;
            }
        }
    }
}

/// A session and its steps: a line each for people, an object on one line for programs.
fn told<'o>(context: &Context, entry: &'o Entry, then: impl Iterator<Item = &'o Op>) -> String {
    if context.format == Format::Table {
        let words = Words { id: &entry.id, whole: context.reveal, raw: false };
        let who = match &entry.user {
            Some(user) => safe::safe(user).into_owned(),
            None if entry.nobody => "nobody".to_string(),
            None => "not known whose".to_string(),
        };
        let mut lines = format!("{}   # {}, {who}\n", words.own(entry), entry.layout);
        for op in then {
            lines.push_str(&format!("  {}\n", words.then(op)));
        }
        return lines;
    }
    let words = Words { id: &entry.id, whole: !context.mask, raw: true };
    let mut steps = vec![words.own(entry)];
    steps.extend(then.map(|op| words.then(op)));
    let (id, key) = if context.mask {
        let length = mask::length(&entry.id);
        (mask::id(&entry.id, length), mask::key(&entry.step.key.0, &entry.id, length))
    } else {
        (safe::text(&entry.id).into_owned(), safe::text(&entry.step.key.0).into_owned())
    };
    let mut object = json!({
        "id": id,
        "key": key,
        "layout": entry.layout,
        "user": entry.user,
        "authenticated": entry.user.as_ref().map(|_| true).or(entry.nobody.then_some(false)),
        "steps": steps,
    });
    if !context.mask && std::str::from_utf8(&entry.step.key.0).is_err() {
        object["key_b64"] = base64::engine::general_purpose::STANDARD.encode(&entry.step.key.0).into();
    }
    render::json::line(&object)
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
        (report.gone, if report.gone == 1 { "had ended by itself" } else { "had ended by themselves" }),
        (
            report.changed,
            if report.changed == 1 {
                "changed since it was matched and was left alone"
            } else {
                "changed since they were matched and were left alone"
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

/// Of which families it is not known whether somebody is logged in, and how that is settled.
pub fn unsettled(context: &Context, families: &[crate::scan::Unsettled]) {
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
            "if their user stands somewhere, say where with --user-path PATH".to_string()
        } else {
            format!("their user may be {}; --user-path settles it", likely.join(" or "))
        };
        context.ui.note(format!(
            "note: of {sessions} of {}{prefix} it is not known whether somebody is logged in: {how}",
            family.layout
        ));
    }
    if families.len() > MOST {
        context.ui.note(format!("note: so it is with {} more families of sessions", families.len() - MOST));
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

impl Words<'_> {
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
        match &entry.step.own {
            Own::End => format!("UNLINK {key}"),
            Own::Expire { at, rewrite } => {
                let rewritten = if rewrite.is_some() { " and its end inside the value" } else { "" };
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
                                format!("HSET {key}{} ({when})", fields.concat())
                            }
                            _ => format!("SET {key}: its end inside the value ({when})"),
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
            Op::OnlyWhile(key) => format!("EXISTS {}   # nothing is done without it", self.show(&key.0)),
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
