//! What a command that changes something says at its end.

use std::collections::BTreeSet;
use std::io::Write as _;

use serde_json::json;

use super::change::plural;
use crate::cli::Format;
use crate::context::Context;
use crate::frameworks;
use crate::plan::Entry;
use crate::plan::execute::Report;
use crate::render::{self, mask, safe};
use crate::store::{Expiry, JsonItem, Op, Own, Rewrite};

/// Prints the report: one line for people, the documented object for programs.
pub fn print(context: &Context, past: &str, report: &Report) -> anyhow::Result<()> {
    let mut out = context.ui.out();
    match context.format {
        Format::Json | Format::Ndjson => {
            let object = json!({
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
            });
            if context.format == Format::Json {
                out.write_all(render::json::pretty(&object).as_bytes())?;
            } else {
                out.write_all(render::json::line(&object).as_bytes())?;
            }
        }
        Format::Csv => {
            writeln!(out, "matched,done,gone,changed,failed,keys_removed,entries_removed,dry_run,complete")?;
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
        Format::Table | Format::Ids => {
            writeln!(out, "{}", safe::safe(&sentence(past, report)))?;
        }
    }
    out.flush()?;
    if matches!(context.format, Format::Table | Format::Ids) {
        for error in &report.errors {
            context.ui.warn(error);
        }
    }
    Ok(())
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

/// What the end of a session in the store does not end; once a layout, where there is anything.
pub fn caveats(context: &Context, layouts: &BTreeSet<&'static str>) {
    for name in layouts {
        let Some(layout) = frameworks::by_name(name) else { continue };
        if !layout.caveats.is_empty() {
            context.ui.note(format!("note: {name}: {}", layout.caveats.join(" ")));
        }
    }
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

/// One step of a dry run, in the words of the store's own commands.
pub fn step_line(context: &Context, entry: &Entry, op: Option<&Op>) -> String {
    let show = |bytes: &[u8]| {
        let text = if context.reveal {
            safe::bytes(bytes).into_owned()
        } else {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let id = String::from_utf8_lossy(&entry.id);
            safe::safe(&text.replace(&*id, &mask::short(&entry.id))).into_owned()
        };
        if text.contains(' ') || text.is_empty() { format!("'{text}'") } else { text }
    };
    let Some(op) = op else {
        let who = match &entry.user {
            Some(user) => safe::safe(user).into_owned(),
            None if entry.nobody => "nobody".to_string(),
            None => "not known whose".to_string(),
        };
        let key = show(&entry.step.key.0);
        let does = match &entry.step.own {
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
                                    .map(|(name, value)| format!(" {} {}", show(&name.0), show(&value.0)))
                                    .collect();
                                format!("HSET {key}{} ({when})", fields.concat())
                            }
                            _ => format!("SET {key}: its end inside the value ({when})"),
                        }
                    }
                }
            }
        };
        return format!("{does}   # {}, {who}", entry.layout);
    };
    match op {
        Op::Unlink(key) | Op::Unlock(key) => format!("  UNLINK {}", show(&key.0)),
        Op::OnlyWhile(key) => format!("  EXISTS {}   # nothing is done without it", show(&key.0)),
        Op::UnlinkIfEquals(key, value) => {
            format!("  UNLINK {}   # while it holds {}", show(&key.0), show(value))
        }
        Op::SetRemove { key, member } => format!("  SREM {} {}", show(&key.0), show(member)),
        Op::SetRemoveListed { key, member, .. } => {
            format!("  SREM '(each set that {} lists)' {}", show(&key.0), show(member))
        }
        Op::SortedRemove { key, member } => format!("  ZREM {} {}", show(&key.0), show(member)),
        Op::SortedRemoveWhenGone { key, member, gone } => {
            format!("  ZREM {} {}   # once {} is gone", show(&key.0), show(member), show(&gone.0))
        }
        Op::HashRemove { key, field } => format!("  HDEL {} {}", show(&key.0), show(field)),
        Op::JsonListRemove { key, item, .. } => {
            format!("  SET {}   # without the item {}", show(&key.0), show(text_of(item).as_bytes()))
        }
        Op::SortedScore { key, member, score } => {
            format!("  ZADD {} XX {score} {}", show(&key.0), show(member))
        }
        Op::Outlive { key, at: Some(at) } => {
            let when = crate::render::time(*at).unwrap_or_default();
            format!("  PEXPIREAT {} {at} ({when})   # as it would end earlier", show(&key.0))
        }
        Op::EndAt { key, at: Some(at) } => {
            let when = crate::render::time(*at).unwrap_or_default();
            format!("  PEXPIREAT {} {at} ({when})", show(&key.0))
        }
        Op::SetMove { key, to, member, .. } => {
            format!("  SMOVE {} {} {}", show(&key.0), show(&to.0), show(member))
        }
        Op::Outlive { key, at: None } | Op::EndAt { key, at: None } => format!("  PERSIST {}", show(&key.0)),
        Op::JsonListSet { key, item, member, value } => {
            let item = show(text_of(item).as_bytes());
            format!("  SET {}   # with {member} {value} in the item {item}", show(&key.0))
        }
        Op::Publish { channel, message } => format!("  PUBLISH {} {}", show(channel), show(message)),
    }
}

fn text_of(item: &JsonItem) -> &str {
    match item {
        JsonItem::Text(text) | JsonItem::Member(_, text) | JsonItem::Within { text, .. } => text,
    }
}
