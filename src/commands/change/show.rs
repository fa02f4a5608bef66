//! Showing: what the question says of a change, and the steps of a dry run.

use std::io::Write as _;

use super::{Change, plural};
use crate::cli::Format;
use crate::commands::report;
use crate::context::Context;
use crate::plan::Spool;
use crate::render::safe::safe;
use crate::store::Source as _;
use crate::store::redis::RedisStore;

/// What is going to change, for the question.
pub(super) fn question(spool: &Spool, change: &Change<'_>, context: &Context, place: &str) -> String {
    let totals = &spool.totals;
    let (users, more) = totals.users();
    let layouts: Vec<String> =
        totals.by_layout.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let sessions = plural(totals.sessions, "session");
    let mut lines = format!("About to {} on {}:\n", change.with(&sessions), safe(place));
    let mut line = |name: &str, text: &str| {
        lines.push_str(&format!("  {name:9} {}\n", safe(text)));
    };
    line("chosen by", &change.describe());
    let mut who = Vec::new();
    if users > 0 {
        who.push(format!("{}{}", if more { "more than " } else { "" }, plural(users as u64, "user")));
    }
    if totals.anonymous > 0 {
        who.push(format!("{} anonymous", totals.anonymous));
    }
    if totals.unknown > 0 {
        who.push(format!("{} of which it is not known whose", totals.unknown));
    }
    line("users", &who.join(", "));
    line("layouts", &layouts.join(", "));
    if totals.bytes_known && spool.ends() {
        line("memory", &crate::render::size(totals.bytes));
    }
    if let Some(profile) = &context.profile {
        line("profile", profile);
    }
    lines
}

/// The very steps that would run, each with what it would find to do.
pub(super) fn show_steps(context: &Context, store: &mut RedisStore, spool: Spool) -> anyhow::Result<()> {
    if context.format != Format::Table {
        return Ok(());
    }
    let mut entries = spool.read()?;
    let mut out = context.ui.out();
    loop {
        let batch = entries.batch(200)?;
        if batch.is_empty() {
            break;
        }
        for entry in batch {
            let found = store.probe(&entry.step.then)?;
            writeln!(out, "{}", report::step_line(context, &entry, None))?;
            for (op, found) in entry.step.then.iter().zip(found) {
                if found {
                    writeln!(out, "{}", report::step_line(context, &entry, Some(op)))?;
                }
            }
        }
        out.flush()?;
    }
    Ok(())
}
