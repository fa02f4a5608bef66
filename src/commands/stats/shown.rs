//! The figures on a screen.

use std::fmt::Write as _;

use crate::commands::measured::Measured;
use crate::context::Context;
use crate::measure::spread::Spreading;
use crate::measure::{Held, Top};
use crate::text::clock::{self, Times};
use crate::text::glyph;
use crate::text::safe::safe;
use crate::text::words::{either, plural};

/// The longest bar, in characters.
const BAR: usize = 24;
/// The widest name of a user or path.
const NAME: usize = 40;

/// Everything, for a screen of this many columns.
pub(super) fn screen(context: &Context, measured: &Measured, top: usize) -> String {
    let look = context.look();
    let width = look.width().clamp(40, 100);
    let figures = &measured.figures;
    let scale = |count| measured.scaled(count);
    let about = if measured.sampled.is_some() { "about " } else { "" };
    let mut out = String::new();
    let mut line = |head: &str, text: String| {
        let _ = writeln!(out, "{head:<10} {text}");
    };
    line("store", safe(&measured.store).into_owned());
    if let Some(at) = clock::shown(crate::scan::now_ms(), measured.at, Times::Utc) {
        line("at", at);
    }
    if let Some((share, keys)) = measured.sampled {
        let error = measured.error().unwrap_or_default();
        line(
            "sample",
            format!(
                "{:.4} % of {keys} keys; the number of sessions is right within {error} in 19 of 20 cases",
                share * 100.0
            ),
        );
    }
    let whose = [
        (figures.authenticated, format!("of {}", plural(figures.users, "user"))),
        (figures.anonymous, "anonymous".to_string()),
        (figures.unknown, "of unknown users".to_string()),
    ];
    let whose: Vec<String> = whose
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, text)| format!("{} {text}", scale(*count)))
        .collect();
    let colon = if whose.is_empty() { String::new() } else { format!(": {}", whose.join(", ")) };
    line("sessions", format!("{about}{}{colon}", scale(figures.sessions)));
    let faults = [
        (figures.undecodable, "cannot be decoded"),
        (figures.without_ttl, either(figures.without_ttl, "has no TTL", "have no TTL")),
        (
            figures.expired,
            either(figures.expired, "has expired but is still there", "have expired but are still there"),
        ),
    ];
    let faults: Vec<String> = faults
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, text)| format!("{} {text}", scale(*count)))
        .collect();
    if !faults.is_empty() {
        line("of these", faults.join(", "));
    }
    let memory = format!("{about}{}", clock::size(scale(figures.bytes.total)));
    let of = measured.health.as_ref().map_or_else(String::new, |health| {
        let mut text = String::new();
        if let Some(used) = health.used_memory {
            let _ = write!(text, " of the {} in use by the server", clock::size(used));
        }
        match health.maxmemory {
            Some(0) => text.push_str("; no maxmemory"),
            Some(most) => {
                let _ = write!(text, "; maxmemory {}", clock::size(most));
            }
            None => {}
        }
        if let Some(policy) = &health.policy {
            let _ = write!(text, ", {}", safe(policy));
        }
        if let Some(evicted) = health.evicted_keys.filter(|evicted| *evicted > 0) {
            let _ = write!(text, ", {} evicted", plural(evicted, "key"));
        }
        text
    });
    if measured.weighed {
        line("memory", format!("{memory}{of}"));
    } else {
        line("size", format!("{memory} of keys and values"));
    }
    if figures.sessions == 0 {
        return out;
    }

    let _ = writeln!(out, "\n{:<17} {:>8} {:>8} {:>8} {:>8} {:>8}", "", "MIN", "HALF", "90 %", "99 %", "MAX");
    row(&mut out, "size", &figures.bytes, clock::size);
    row(&mut out, "ends in", &figures.ttl_ms, clock::span);
    row(&mut out, "not seen for", &figures.idle_ms, clock::span);
    row(&mut out, "age", &figures.age_ms, clock::span);
    row(&mut out, "sessions per user", &figures.sessions_per_user, |count| count.to_string());

    for (head, spread, label) in [
        ("ends in", &figures.ttl_ms, clock::span as fn(u64) -> String),
        ("size", &figures.bytes, clock::size as fn(u64) -> String),
    ] {
        bars(&mut out, head, spread, label, measured);
    }
    let whole = figures.bytes.total.max(1);
    let named = |top: &Top| (top.name.clone(), top.held);
    tops(&mut out, "layouts", figures.layouts.iter().map(named), whole, measured, width);
    if top > 0 {
        tops(&mut out, "users", figures.users_by_sessions.iter().map(named), whole, measured, width);
        tops(&mut out, "networks", figures.networks.iter().map(named), whole, measured, width);
        tops(&mut out, "agents", figures.agents.iter().map(named), whole, measured, width);
        let path = |top: &crate::measure::TopPath| (format!("{} {}", top.layout, top.path), top.held);
        tops(&mut out, "data, as JSON", figures.paths.iter().map(path), whole, measured, width);
    }
    if !measured.changes.is_empty() {
        let _ = writeln!(out, "\nIF");
        for change in &measured.changes {
            let _ = writeln!(
                out,
                "  {}: {} of {}, {}",
                safe(&change.text),
                plural(scale(change.sessions()), "session"),
                plural(change.users(), "user"),
                clock::size(scale(change.bytes()))
            );
        }
    }
    if let Some(since) = &measured.since {
        let sign = |number: i64| format!("{}{}", if number < 0 { '-' } else { '+' }, number.unsigned_abs());
        let bytes =
            format!("{}{}", if since.bytes < 0 { '-' } else { '+' }, clock::size(since.bytes.unsigned_abs()));
        let _ = writeln!(
            out,
            "\nSINCE {}\n  sessions {} ({}{} new, {} ended), users {}, memory {bytes}",
            clock::time(since.at).unwrap_or_default(),
            sign(since.sessions),
            if since.estimated { "about " } else { "" },
            since.new,
            since.ended,
            sign(since.users),
        );
        for top in since.grown.iter().take(top) {
            let _ =
                writeln!(out, "  {} {} +{}", safe(&top.layout), safe(&top.path), clock::size(top.held.bytes));
        }
    }
    if let Some(text) = measured.reach() {
        let _ = writeln!(out, "\n{text}");
    }
    if !figures.estimated.is_empty() && measured.sampled.is_none() {
        let _ = writeln!(out, "\nestimated: {}", figures.estimated.join(", "));
    }
    out
}

fn row(out: &mut String, head: &str, spread: &Spreading, shown: impl Fn(u64) -> String) {
    if spread.known == 0 {
        return;
    }
    let cell = |value: Option<u64>| value.map_or_else(String::new, &shown);
    let _ = writeln!(
        out,
        "{head:<16} {:>8} {:>8} {:>8} {:>8} {:>8}",
        cell(spread.min),
        cell(spread.p50),
        cell(spread.p90),
        cell(spread.p99),
        cell(spread.max)
    );
}

fn bars(out: &mut String, head: &str, spread: &Spreading, label: fn(u64) -> String, measured: &Measured) {
    if spread.known == 0 {
        return;
    }
    let most = spread.histogram.iter().map(|step| step.count).max().unwrap_or(0).max(1);
    let full = glyph::bar().chars().next().unwrap_or('#');
    let _ = writeln!(out, "\n{}", head.to_uppercase());
    let first = spread.histogram.iter().position(|step| step.count > 0).unwrap_or(0);
    let last = spread.histogram.iter().rposition(|step| step.count > 0).unwrap_or(0);
    for (at, step) in spread.histogram.iter().enumerate().take(last + 1).skip(first) {
        let name = match step.le {
            Some(edge) => format!("≤ {}", label(edge)),
            None => format!(
                "> {}",
                at.checked_sub(1).and_then(|at| spread.histogram[at].le).map_or_else(String::new, label)
            ),
        };
        let name = if glyph::cut() == "…" { name } else { name.replace('≤', "<=") };
        let length = (step.count as f64 / most as f64 * BAR as f64).ceil() as usize;
        let bar: String = std::iter::repeat_n(full, length).collect();
        let _ = writeln!(out, "  {name:<10} {:>10} {bar}", measured.scaled(step.count));
    }
}

fn tops(
    out: &mut String,
    head: &str,
    tops: impl Iterator<Item = (String, Held)>,
    whole: u64,
    measured: &Measured,
    width: usize,
) {
    let tops: Vec<(String, Held)> = tops.collect();
    if tops.is_empty() {
        return;
    }
    let room = NAME.min(width.saturating_sub(34)).max(8);
    let _ =
        writeln!(out, "\n{:<room$} {:>10} {:>10} {:>6}", head.to_uppercase(), "SESSIONS", "SIZE", "SHARE");
    for (name, held) in tops {
        let _ = writeln!(
            out,
            "{} {:>10} {:>10} {:>4.0} %",
            fitted(&safe(&name), room),
            measured.scaled(held.sessions),
            clock::size(measured.scaled(held.bytes)),
            held.bytes as f64 / whole as f64 * 100.0
        );
    }
}

/// A name in a room of this many columns, cut where it is longer.
fn fitted(name: &str, room: usize) -> String {
    use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};
    let mark = glyph::cut();
    let mut text = String::new();
    let mut used = 0;
    let whole = name.width() <= room;
    let room_left = if whole { room } else { room - mark.width() };
    for char in name.chars() {
        let wide = char.width().unwrap_or(0);
        if used + wide > room_left {
            break;
        }
        used += wide;
        text.push(char);
    }
    if !whole {
        text.push_str(mark);
        used += mark.width();
    }
    text.extend(std::iter::repeat_n(' ', room.saturating_sub(used)));
    text
}
