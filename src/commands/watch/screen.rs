//! What is known of the store as lines of a screen, however small that is.

use std::time::{Duration, Instant};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::sampler::{Row, State, TOP};
use crate::measure::Top;
use crate::measure::live::{Cliff, Counts};
use crate::text::clock::{self, Times};
use crate::text::safe::safe;
use crate::text::words::plural;
use crate::text::{glyph, mask};
use crate::ui::full::{Line, Tone};

/// The least that is left of the rows before anything else makes room for them.
const ROWS: usize = 4;

/// What is listed below the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Pane {
    #[default]
    Sessions,
    Users,
    Addresses,
    Agents,
}

impl Pane {
    pub(super) const ALL: [Pane; 4] = [Pane::Sessions, Pane::Users, Pane::Addresses, Pane::Agents];

    fn name(self) -> &'static str {
        match self {
            Pane::Sessions => "sessions",
            Pane::Users => "users",
            Pane::Addresses => "addresses",
            Pane::Agents => "agents",
        }
    }

    pub(super) fn beside(self, steps: usize) -> Pane {
        let at = Pane::ALL.iter().position(|pane| *pane == self).unwrap_or(0);
        Pane::ALL[(at + steps) % Pane::ALL.len()]
    }
}

/// What someone looks at.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    pub(super) place: String,
    pub(super) pane: Pane,
    /// The row that the next key is about.
    pub(super) chosen: usize,
    /// Which sessions, where it is not all of them.
    pub(super) only: Option<String>,
    /// A filter that is being typed.
    pub(super) typed: Option<String>,
    /// What there is to say until the next key.
    pub(super) message: Option<String>,
    pub(super) help: bool,
    /// Ids are shown whole.
    pub(super) reveal: bool,
}

impl View {
    /// How many rows the pane has.
    pub(super) fn rows(&self, state: &State) -> usize {
        let Some(sample) = &state.sample else { return 0 };
        match self.pane {
            Pane::Sessions => sessions(state).len(),
            Pane::Users => sample.figures.users_by_sessions.len(),
            Pane::Addresses => sample.figures.ips.len(),
            Pane::Agents => sample.figures.agents.len(),
        }
    }

    /// The session that is chosen.
    pub(super) fn session(&self, state: &State) -> Option<Row> {
        (self.pane == Pane::Sessions).then(|| sessions(state).get(self.chosen).map(|row| (*row).clone()))?
    }

    /// The user, address or family of browsers that is chosen.
    pub(super) fn name(&self, state: &State) -> Option<String> {
        let figures = &state.sample.as_ref()?.figures;
        let tops = match self.pane {
            Pane::Sessions => return None,
            Pane::Users => &figures.users_by_sessions,
            Pane::Addresses => &figures.ips,
            Pane::Agents => &figures.agents,
        };
        tops.get(self.chosen).map(|top| top.name.clone())
    }
}

/// Who has logged in since the last scan, and what that found.
fn sessions(state: &State) -> Vec<&Row> {
    let Some(sample) = &state.sample else { return Vec::new() };
    let logins = state.logins.iter().filter(|row| row.last.is_none_or(|last| last >= sample.at));
    let mut rows: Vec<&Row> = Vec::new();
    for row in logins.chain(&sample.recent) {
        if !rows.iter().any(|other| other.key == row.key) {
            rows.push(row);
        }
    }
    rows
}

const HELP: &[(&str, &str)] = &[
    ("q, Ctrl-C", "leave"),
    ("/", "filter: part of a user's name, or options such as --anonymous --idle '>1h'"),
    ("Esc", "remove the filter"),
    ("Tab", "next list: sessions, users, addresses, agents"),
    ("up, down, k, j", "choose a row"),
    ("Enter", "of a session: inspect it; of a user or address: show only theirs"),
    ("p", "end the session, or all sessions of the user or address: asks first, and can be undone"),
    ("r", "scan now"),
    ("?", "this help"),
];

/// The whole screen.
pub(super) fn lines(view: &View, state: &State, width: usize, height: usize) -> Vec<Line> {
    if height == 0 || width == 0 {
        return Vec::new();
    }
    let last = last(view, width);
    if view.help {
        let mut lines = vec![vec![("Keys".to_string(), Tone::Strong)]];
        for (key, about) in HELP {
            for (at, line) in crate::ui::wrap(about, width.saturating_sub(16).max(20), 0).lines().enumerate()
            {
                let key = if at == 0 { *key } else { "" };
                lines.push(vec![(format!("{key:<15} "), Tone::Strong), (line.to_string(), Tone::Plain)]);
            }
        }
        lines.truncate(height - 1);
        lines.resize(height - 1, Line::new());
        lines.push(last);
        return lines;
    }
    let mut lines = above(view, state, width, height);
    // The last line and that with the names of the lists.
    lines.truncate(height.saturating_sub(2));
    let room = height.saturating_sub(lines.len() + 2);
    if height > 1 {
        lines.push(tabs(view, width));
    }
    lines.extend(rows(view, state, width, room));
    lines.resize(height.saturating_sub(1), Line::new());
    lines.push(last);
    lines
}

/// The figures alone, for a page of paper so to say.
pub(super) fn once(view: &View, state: &State, width: usize) -> Vec<Line> {
    let mut lines = above(view, state, width, usize::MAX);
    for pane in Pane::ALL {
        let view = View { pane, chosen: usize::MAX, ..view.clone() };
        let rows = rows(&view, state, width, 10);
        if rows.is_empty() {
            continue;
        }
        lines.push(Line::new());
        lines.push(vec![(pane.name().to_uppercase(), Tone::Strong)]);
        lines.extend(rows);
    }
    lines
}

/// What stands above the rows: as much as leaves some of them.
fn above(view: &View, state: &State, width: usize, height: usize) -> Vec<Line> {
    let mut must = [head(view, state, width), figures(state, width)].concat();
    // Of one scan there is nothing to tell yet, and will not be where it is the only one.
    if height != usize::MAX {
        must.extend(rates(state, width));
    }
    let free = height.saturating_sub(must.len() + 2 + ROWS);
    let mut lines = must;
    let cliff = cliff(state, width);
    if cliff.len() <= free {
        lines.extend(cliff);
    }
    let free = height.saturating_sub(lines.len() + 2 + ROWS);
    let history = history(state, width);
    if history.len() <= free && height != usize::MAX {
        lines.extend(history);
    }
    lines
}

fn head(view: &View, state: &State, width: usize) -> Vec<Line> {
    let now = clock::shown(clock::now_ms(), clock::now_ms(), Times::Utc).unwrap_or_default();
    let now = now.split([' ', 'T']).nth(1).unwrap_or_default();
    let doing = if let Some(failure) = &state.failure {
        (format!("failing: {failure}"), Tone::Bad)
    } else if let Some((scanned, total)) = state.scanning {
        let part = total.filter(|total| *total > 0).map_or_else(
            || plural(scanned, "key"),
            |total| format!("{} %", (scanned * 100 / total).min(100)),
        );
        (format!("scanning, {part}"), Tone::Dim)
    } else if let Some(next) = state.next {
        let left = next.saturating_duration_since(Instant::now()).as_secs() + 1;
        (format!("next scan in {left}s"), Tone::Dim)
    } else {
        (String::new(), Tone::Dim)
    };
    let left = fitted(&format!("sessctl watch  {}", view.place), width.saturating_sub(now.len() + 1));
    let mut lines = vec![vec![(left, Tone::Strong), (format!(" {}", fitted(now, now.len())), Tone::Dim)]];
    let mut second = vec![(fitted(&doing.0, doing.0.width().min(width)), doing.1)];
    if let Some(only) = &view.only {
        second.insert(0, (format!("only: {}   ", safe(only)), Tone::Good));
    }
    if second.iter().any(|(text, _)| !text.is_empty()) {
        lines.push(second);
    }
    lines
}

fn figures(state: &State, width: usize) -> Vec<Line> {
    let Some(sample) = &state.sample else {
        return vec![vec![("The first scan is running.".to_string(), Tone::Plain)]];
    };
    let figures = &sample.figures;
    let mut facts = vec![
        (plural(figures.sessions, "session"), Tone::Strong),
        (plural(figures.users, "user"), Tone::Plain),
    ];
    let more = [
        (figures.anonymous, "anonymous", Tone::Plain),
        (figures.unknown, "of unknown users", Tone::Plain),
        (figures.undecodable, "cannot be decoded", Tone::Bad),
        (figures.without_ttl, "without TTL", Tone::Bad),
        (figures.expired, "expired but still there", Tone::Bad),
    ];
    facts.extend(
        more.iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, text, tone)| (format!("{count} {text}"), *tone)),
    );
    let mut lines = flow(facts, width);
    let mut facts = vec![(format!("{} of sessions", clock::size(figures.bytes.total)), Tone::Plain)];
    if let Some(health) = &state.health {
        if let Some(used) = health.used_memory {
            let limit = health.maxmemory.filter(|most| *most > 0);
            let of = limit.map_or_else(String::new, |most| {
                format!(" of {} ({} %)", clock::size(most), used.saturating_mul(100) / most)
            });
            let full = limit.is_some_and(|most| used as f64 > most as f64 * 0.9);
            facts.push((
                format!("{} used{of}", clock::size(used)),
                if full { Tone::Bad } else { Tone::Plain },
            ));
        }
        if let Some(evicted) = health.evicted_keys.filter(|evicted| *evicted > 0) {
            facts.push((format!("{} evicted", plural(evicted, "key")), Tone::Bad));
        }
    }
    if let Some(latency) = state.latency {
        facts.push((format!("answers in {}", millis(latency)), Tone::Plain));
    }
    lines.extend(flow(facts, width));
    lines
}

fn millis(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

fn rates(state: &State, width: usize) -> Vec<Line> {
    let how = if state.told { "as the server reports it" } else { "from differences between scans" };
    let Some((counts, seconds)) = state.lately() else {
        let wait =
            if state.told { "logins and ends: in a moment" } else { "logins and ends: after a second scan" };
        return flow(vec![(wait.to_string(), Tone::Dim), (how.to_string(), Tone::Dim)], width);
    };
    let a_second = |count: u64| {
        let rate = count as f64 / seconds;
        if rate >= 100.0 || count == 0 { format!("{rate:.0}") } else { format!("{rate:.1}") }
    };
    let mut facts = vec![
        (format!("logins {}/s", a_second(counts.logins)), Tone::Good),
        (format!("guests {}/s", a_second(counts.guests)), Tone::Plain),
        (format!("renewals {}/s", a_second(counts.renewals)), Tone::Plain),
        (format!("ends {}/s", a_second(counts.ends())), Tone::Plain),
    ];
    if counts.evicted > 0 {
        facts.push((format!("evicted {}/s", a_second(counts.evicted)), Tone::Bad));
    }
    if state.missed > 0 {
        facts.push(("too many to look at all".to_string(), Tone::Bad));
    }
    if state.estimated {
        facts.push(("estimated".to_string(), Tone::Dim));
    }
    facts.push((how.to_string(), Tone::Dim));
    flow(facts, width)
}

/// How many end in each minute of the next hour, as columns.
fn cliff(state: &State, width: usize) -> Vec<Line> {
    let Some(sample) = &state.sample else { return Vec::new() };
    let cliff = &sample.cliff;
    let facts = vec![
        (format!("{} end within the hour", cliff.within(Cliff::MINUTES)), Tone::Strong),
        (format!("{} in 15 minutes", cliff.within(15)), Tone::Plain),
        (format!("{} in 5", cliff.within(5)), Tone::Plain),
    ];
    let mut lines = vec![Line::new()];
    lines.extend(flow(facts, width));
    // A minute a column, or two.
    let each = Cliff::MINUTES.div_ceil(width.max(1));
    let columns: Vec<u64> = cliff.minutes.chunks(each).map(|minutes| minutes.iter().sum()).collect();
    lines.push(vec![(columns_of(&columns), Tone::Good)]);
    lines
}

/// The last minute or so, a column a beat.
fn history(state: &State, width: usize) -> Vec<Line> {
    if state.beats.len() < 2 {
        return Vec::new();
    }
    let room = width.saturating_sub(10).min(60);
    let of = |name: &str, count: fn(&Counts) -> u64| {
        let mut beats: Vec<u64> =
            state.beats.iter().rev().take(room).map(|beat| count(&beat.counts)).collect();
        beats.reverse();
        vec![(format!("{name:<9} "), Tone::Plain), (columns_of(&beats), Tone::Good)]
    };
    vec![
        Line::new(),
        of("logins", |counts| counts.logins + counts.guests),
        of("renewals", |counts| counts.renewals),
        of("ends", Counts::ends),
    ]
}

/// Each number as the height of a column; none but nought is without any.
fn columns_of(numbers: &[u64]) -> String {
    let heights = glyph::heights();
    let full = heights.len() - 1;
    let most = numbers.iter().copied().max().unwrap_or(0).max(1);
    let height = |number: &u64| (*number as f64 / most as f64 * full as f64).ceil() as usize;
    numbers.iter().map(|number| heights[height(number).min(full)]).collect()
}

fn tabs(view: &View, width: usize) -> Line {
    let mut line = Line::new();
    let mut used = 0;
    for pane in Pane::ALL {
        let tone = if pane == view.pane { Tone::Strong } else { Tone::Dim };
        let name = if pane == view.pane { pane.name().to_uppercase() } else { pane.name().to_string() };
        used += name.len() + 2;
        if used > width + 2 {
            break;
        }
        line.push((name, tone));
        line.push(("  ".to_string(), Tone::Plain));
    }
    line
}

fn rows(view: &View, state: &State, width: usize, room: usize) -> Vec<Line> {
    let Some(sample) = &state.sample else { return Vec::new() };
    let figures = &sample.figures;
    let texts: Vec<String> = match view.pane {
        Pane::Sessions => {
            let now = clock::now_ms();
            sessions(state).into_iter().map(|row| session(row, now, width, view.reveal)).collect()
        }
        Pane::Users => tops(&figures.users_by_sessions, width),
        Pane::Addresses => tops(&figures.ips, width),
        Pane::Agents => tops(&figures.agents, width),
    };
    // The chosen one is always among those that are seen.
    let first = if view.chosen == usize::MAX { 0 } else { (view.chosen + 1).saturating_sub(room) };
    let tone = |at: usize| if at == view.chosen { Tone::Chosen } else { Tone::Plain };
    texts.into_iter().enumerate().skip(first).take(room).map(|(at, text)| vec![(text, tone(at))]).collect()
}

fn session(row: &Row, now: i64, width: usize, reveal: bool) -> String {
    let id = if reveal { mask::Shown::whole().id(&row.id) } else { mask::short(&row.id) };
    let user = match (&row.user, row.nobody) {
        (Some(user), _) => safe(user).into_owned(),
        (None, true) => "(nobody)".to_string(),
        (None, false) => "?".to_string(),
    };
    let ends = row.ends.map_or_else(|| "never".to_string(), |end| clock::ago(now, end));
    let id_room = if reveal { 34 } else { 12 };
    let user_room = if width >= 50 { 16 } else { 12 };
    let mut columns = vec![(safe(&id).into_owned(), id_room), (user, user_room), (ends, 12)];
    if width >= 70 {
        let ip = row.ip.as_deref().map(|ip| safe(ip).into_owned()).unwrap_or_default();
        columns.push((ip, 16));
        columns.push((row.agent.unwrap_or_default().to_string(), 10));
    }
    if width >= 90 {
        columns.push((row.layout.to_string(), 22));
    }
    let mut text = String::new();
    for (cell, room) in columns {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&fitted(&cell, room));
    }
    fitted(&text, width)
}

fn tops(tops: &[Top], width: usize) -> Vec<String> {
    let room = width.saturating_sub(24).clamp(8, 50);
    let one = |top: &Top| {
        let text = format!(
            "{} {:>9} {:>10}",
            fitted(&safe(&top.name), room),
            top.held.sessions,
            clock::size(top.held.bytes)
        );
        fitted(&text, width)
    };
    tops.iter().take(TOP).map(one).collect()
}

/// The last line: what keys there are, or what is being typed.
fn last(view: &View, width: usize) -> Line {
    if let Some(typed) = &view.typed {
        let text = format!("filter: {}_", safe(typed));
        // The end is what is being typed.
        let skip = text.chars().count().saturating_sub(width);
        return vec![(text.chars().skip(skip).collect(), Tone::Strong)];
    }
    if let Some(message) = &view.message {
        return vec![(fitted(message, width), Tone::Chosen)];
    }
    let keys = if width >= 72 {
        "q leave  / filter  Tab list  Enter look  p end sessions  r scan  ? help"
    } else {
        "q leave / filter Tab Enter p end ? help"
    };
    vec![(fitted(keys, width), Tone::Dim)]
}

/// Facts one after the other, in as many lines as they take.
fn flow(facts: Vec<(String, Tone)>, width: usize) -> Vec<Line> {
    let mut lines = vec![Line::new()];
    let mut used = 0;
    for (text, tone) in facts {
        let wide = text.width();
        if used > 0 && used + 2 + wide > width {
            lines.push(Line::new());
            used = 0;
        }
        let Some(line) = lines.last_mut() else { break };
        if used > 0 {
            line.push((", ".to_string(), Tone::Dim));
            used += 2;
        }
        line.push((text, tone));
        used += wide;
    }
    lines
}

/// Text in a room of this many columns, cut or filled up.
fn fitted(text: &str, room: usize) -> String {
    let text = safe(text);
    let mark = glyph::cut();
    let whole = text.width() <= room;
    let most = if whole { room } else { room.saturating_sub(mark.width()) };
    let mut out = String::new();
    let mut used = 0;
    for char in text.chars() {
        let wide = char.width().unwrap_or(0);
        if used + wide > most {
            break;
        }
        used += wide;
        out.push(char);
    }
    if !whole && room >= mark.width() {
        out.push_str(mark);
        used += mark.width();
    }
    out.extend(std::iter::repeat_n(' ', room.saturating_sub(used)));
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sampler::{Beat, Sample};
    use super::*;
    use crate::measure::{Held, Measure};

    fn state() -> State {
        let (mut figures, _) = Measure::default().finish(5);
        figures.sessions = 12_345;
        figures.users = 2_000;
        figures.anonymous = 400;
        let top = |name: &str| Top { name: name.to_string(), held: Held { sessions: 7, bytes: 900 } };
        figures.users_by_sessions = vec![top("ada"), top("b\u{1b}[31mob"), top("日本日本日本日本日本日本")];
        let row = |n: u8| Row {
            key: vec![b'k', n],
            id: format!("{n:016}").into_bytes(),
            layout: "connect-redis",
            user: Some(format!("user{n}")),
            nobody: false,
            ip: None,
            agent: None,
            ends: Some(clock::now_ms() + 60_000),
            last: None,
        };
        let mut cliff = Cliff::default();
        cliff.minutes[3] = 8;
        let sample = Sample {
            at: 0,
            figures,
            cliff,
            recent: (0..30).map(row).collect(),
            complete: true,
            weighed: true,
            took: Duration::ZERO,
        };
        let counts = Counts { logins: 3, renewals: 20, expired: 1, ..Counts::default() };
        State {
            sample: Some(Arc::new(sample)),
            beats: [Beat { counts, span: Duration::from_secs(1) }; 5].into(),
            told: true,
            ..State::default()
        }
    }

    fn text(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|(text, _)| text.as_str()).collect()).collect()
    }

    #[test]
    fn any_screen_is_filled_and_no_line_is_wider() {
        let state = state();
        for pane in Pane::ALL {
            for (width, height) in [(80, 24), (40, 15), (20, 5), (200, 60), (80, 2), (1, 1), (0, 0), (5, 40)]
            {
                let mut view = View { pane, place: "redis://db1".to_string(), ..View::default() };
                for help in [false, true] {
                    view.help = help;
                    let lines = lines(&view, &state, width, height);
                    assert_eq!(lines.len(), if width == 0 { 0 } else { height });
                    for line in text(&lines).iter().filter(|_| width >= 40) {
                        assert!(line.width() <= width, "{width}x{height}: {line:?}");
                    }
                }
            }
        }
        let view = View::default();
        assert_eq!(lines(&view, &State::default(), 80, 24).len(), 24, "before the first scan");
    }

    #[test]
    fn small_screens_keep_rows_and_what_is_chosen() {
        let state = state();
        for (width, height) in [(80, 24), (40, 15)] {
            let view = View { chosen: 29, ..View::default() };
            let lines = lines(&view, &state, width, height);
            let rows = text(&lines).iter().filter(|line| line.contains("user2")).count();
            assert!(rows >= ROWS, "{:#?}", text(&lines));
            let chosen: Vec<&Line> =
                lines.iter().filter(|line| line.iter().any(|(_, tone)| *tone == Tone::Chosen)).collect();
            assert!(matches!(&chosen[..], [line] if line[0].0.contains("user29")));
            assert!(text(&lines).iter().any(|line| line.contains("logins 3.0/s")));
        }
    }

    #[test]
    fn what_is_hostile_is_shown_escaped() {
        let view = View { pane: Pane::Users, ..View::default() };
        let shown = text(&lines(&view, &state(), 80, 24)).concat();
        assert!(shown.contains("b\\x1b[31mob") && !shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn columns_are_as_high_as_their_numbers() {
        assert_eq!(columns_of(&[0, 1, 800]).chars().next(), Some(' '));
        let heights = columns_of(&[0, 1, 400, 800]);
        let full = glyph::heights().last().copied();
        assert_eq!(heights.chars().last(), full);
        assert_ne!(heights.chars().nth(1), Some(' '), "one is not none");
        assert_eq!(columns_of(&[]), "");
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(fitted("日本", 3).width(), 3);
        assert_eq!(fitted("abc", 5), "abc  ");
        assert_eq!(fitted("abc", 0), "");
    }
}
