//! Showing: what the question says of a change, and what the change does not end.

use std::collections::BTreeMap;

use super::{Change, plural};
use crate::change::plan::Spool;
use crate::commands::report;
use crate::context::Context;
use crate::render::safe::safe;
use crate::text::glyph;
use crate::text::words::and;
use crate::ui::{self, JOINED};

/// Blanks before what goes on of the question's lines.
pub(super) const HANG: usize = 12;

/// Users that the question names.
const NAMED: usize = 5;

/// A user's name as far as a line with several has room for it.
fn shortened(user: &str) -> String {
    const MOST: usize = 24;
    match user.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}{}", &user[..at], glyph::cut()),
        None => user.to_string(),
    }
}

/// What is going to change, for the question.
pub(super) fn question(spool: &Spool, change: &Change<'_>, context: &Context, place: &str) -> String {
    let totals = &spool.totals;
    let (users, more) = totals.users();
    let layouts: Vec<String> =
        totals.by_layout.iter().map(|(name, count)| format!("{}{JOINED}{count}", safe(name))).collect();
    let sessions = change.subject().plural(totals.sessions);
    let mut lines = format!("About to {} on {}:\n", change.with(&sessions), safe(place));
    let mut line = |name: &str, text: &str| {
        lines.push_str(&format!("  {name:9} {text}\n"));
    };
    line("chosen by", &safe(&change.describe()));
    let mut who = Vec::new();
    let named = totals.most_concerned(NAMED);
    if !named.is_empty() {
        let mut names: Vec<String> = named
            .iter()
            .map(|(user, sessions)| format!("{}{JOINED}{sessions}", safe(&shortened(user))))
            .collect();
        match users - named.len() {
            0 => {}
            _ if more => names.push("more than can be counted here".to_string()),
            rest => names.push(format!("{rest} more")),
        }
        let names = and(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let count = if users > 1 && !more { format!("{users}: ") } else { String::new() };
        who.push(format!("{count}{names}"));
    }
    if totals.anonymous > 0 {
        who.push(format!("{} anonymous", totals.anonymous));
    }
    if totals.unknown > 0 {
        who.push(format!("{} whose user is unknown", totals.unknown));
    }
    line("users", &who.join("; "));
    line("layouts", &layouts.join(", "));
    if totals.bytes_known && spool.ends() {
        line("memory", &crate::render::size(totals.bytes));
    }
    if let Some(profile) = &context.profile {
        line("profile", &safe(profile));
    }
    lines
}

/// Lines of the screen below the caveats: the question, the result and how to take it back, of which
/// one may take two, and the shell's own.
const BELOW: usize = 5;

/// Says what the end of such sessions does not end: to anyone who is asked as much as the screen has room
/// for below the lines `above`, otherwise as notes.
pub(super) fn tell_caveats(context: &Context, layouts: &BTreeMap<&'static str, u64>, above: Option<&str>) {
    let caveats = report::caveats(&context.catalog, layouts);
    if caveats.is_empty() {
        return;
    }
    let Some(above) = above else {
        for caveat in caveats {
            context.ui.note(caveat);
        }
        return;
    };
    let rows = context.ui.screen().map_or(usize::MAX, |(_, rows)| rows);
    let mut room = rows.saturating_sub(ui::height(above, HANG) + BELOW + 1);
    context.ui.tell("What this does not end:", 0);
    for (at, caveat) in caveats.iter().enumerate() {
        let line = format!("  {caveat}");
        let taken = ui::height(&line, 4);
        let last = at + 1 == caveats.len();
        if at > 0 && taken + usize::from(!last) > room {
            let left = (caveats.len() - at) as u64;
            context
                .ui
                .tell(&format!("  and {}; `sessctl layouts NAME` has them", plural(left, "more note")), 4);
            return;
        }
        room = room.saturating_sub(taken);
        context.ui.tell(&line, 4);
    }
}
