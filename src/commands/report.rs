//! What a command that changes something says at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use crate::change::plan::Entries;
use crate::change::plan::restore::Changed;
use crate::change::report::Report;
use crate::context::Context;
use crate::frameworks::Catalog;
use crate::render::{self, Column, Columns, Datum, Format, Member, Renderer, Rows, safe};
use crate::store::{Lookup, Own};
use crate::text::words::{and, plural};

mod words;

use words::Words;

/// A report of a change of one store, or of all of them.
struct Row<'a> {
    store: Option<&'a str>,
    report: &'a Report,
    /// What became of each, where there are several.
    parts: Option<&'a [Part<'a>]>,
}

impl<'a> Row<'a> {
    fn of(part: &'a Part<'_>) -> Row<'a> {
        Row { store: Some(&part.store), report: part.report, parts: None }
    }

    fn stores(&self) -> serde_json::Value {
        let options = render::Options::default();
        let columns = columns(REPORTS, &["stores"]);
        let one = |part: &Part<'_>| -> serde_json::Value {
            let mut json = Vec::new();
            render::object(&columns, &options, &Row::of(part), &mut json);
            serde_json::from_slice(&json).unwrap_or_default()
        };
        self.parts.unwrap_or_default().iter().map(one).collect()
    }
}

/// The rows of reports.
#[derive(Debug, Clone, Copy)]
struct Reports;

impl Rows for Reports {
    type Row<'a> = Row<'a>;

    const WHAT: &'static str = "reports";
}

const REPORTS: &[Column<Reports>] = &[
    Column::data("store", &[Member::new("store", |row| Datum::text(row.store))]),
    Column::data("run", &[Member::new("run", |row| Datum::text(row.report.run.as_deref()))]),
    Column::data("matched", &[Member::new("matched", |row| Datum::Number(row.report.matched))]),
    Column::data("done", &[Member::new("done", |row| Datum::Number(row.report.done))]),
    Column::data("gone", &[Member::new("gone", |row| Datum::Number(row.report.gone))]),
    Column::data("changed", &[Member::new("changed", |row| Datum::Number(row.report.changed))]),
    Column::data("failed", &[Member::new("failed", |row| Datum::Number(row.report.failed))]),
    Column::data(
        "keys_removed",
        &[Member::new("keys_removed", |row| Datum::Number(row.report.keys_removed))],
    ),
    Column::data(
        "entries_removed",
        &[Member::new("entries_removed", |row| Datum::Number(row.report.entries_removed))],
    ),
    Column::data("bytes_freed", &[Member::new("bytes_freed", |row| Datum::number(row.report.bytes_freed))]),
    Column::data("dry_run", &[Member::new("dry_run", |row| Datum::Bool(row.report.dry_run))]),
    Column::data("complete", &[Member::new("complete", |row| Datum::Bool(row.report.complete))]),
    Column::data("returned", &[Member::new("returned", |row| Datum::number(row.report.returned))]),
    Column::data(
        "errors",
        &[Member::nested("errors", |row| Datum::Json(serde_json::json!(row.report.errors)))],
    ),
    Column::data("stores", &[Member::nested("stores", |row| Datum::Json(row.stores()))]),
];

/// All of these columns but those.
fn columns<R: Rows>(of: &'static [Column<R>], without: &[&str]) -> Columns<R> {
    let mut columns = Columns::every(of);
    columns.list.retain(|column| !without.contains(&column.name));
    columns
}

/// A session of a report.
#[derive(Debug)]
pub struct Told<'e> {
    /// Where it is; anyone who streams the sessions of one store need not say it.
    pub store: &'e str,
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
    Column::data("store", &[Member::new("store", |told| Datum::Text(told.store))]),
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

/// Refuses what a report cannot be printed as, before anything is changed.
pub fn permit(context: &Context) -> anyhow::Result<()> {
    Ok(Columns::permitted(SESSIONS, context.format, &context.look()).map(drop)?)
}

/// Who knows the sessions that a report is about. They are streamed: there may be a million.
pub trait Sessions {
    /// Tells each; its steps only where they are wanted, as finding out what they are may take a request.
    fn each(
        &mut self,
        context: &Context,
        steps: bool,
        tell: &mut dyn FnMut(Told<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()>;
}

/// What became of one store.
pub struct Part<'r> {
    /// Where it is, without any password.
    pub store: String,
    pub report: &'r Report,
    /// The sessions that the report is about, where they are known.
    pub sessions: Option<Box<dyn Sessions + 'r>>,
    /// It was left out, and why was said.
    pub left_out: bool,
}

impl<'r> Part<'r> {
    pub fn new(store: &str, report: &'r Report, sessions: Option<impl Sessions + 'r>) -> Part<'r> {
        let sessions = sessions.map(|sessions| Box::new(sessions) as Box<dyn Sessions>);
        Part { store: store.to_string(), report, sessions, left_out: false }
    }

    /// Of a store that was left out, of which it was said why.
    pub fn left_out(store: &str, report: &'r Report) -> Part<'r> {
        Part { store: store.to_string(), report, sessions: None, left_out: true }
    }
}

/// Prints the report: a line for people, the documented object for programs, with the sessions that it is
/// about where they are known and the form has room for them. Of several stores the object has the sums,
/// and what became of each store as `stores`; `run` is the name that all of it goes by.
pub fn print(context: &Context, past: &str, run: Option<&str>, parts: &mut [Part<'_>]) -> anyhow::Result<()> {
    let people = matches!(context.format, Format::Table | Format::Ids | Format::Template);
    let mut out = context.ui.out();
    let several = parts.len() > 1;
    let sums = match &*parts {
        [part] => part.report.clone(),
        parts => Report::of_several(run, parts.iter().map(|part| (&part.store[..], part.report))),
    };
    print_sessions(context, &sums, parts, &mut out)?;
    out.flush()?;
    // The last line is the one that stays on the screen.
    if people {
        for part in parts.iter().filter(|part| !part.left_out) {
            for error in &part.report.errors {
                let place = if several { format!("{}: ", part.store) } else { String::new() };
                context.ui.warn(format!("{place}{error}"));
            }
        }
    }
    let mut lines = Vec::new();
    if several {
        let nothing = || "left out; nothing was changed.".to_string();
        lines.extend(parts.iter().map(|part| {
            let how = if part.left_out { nothing() } else { sentence(past, part.report) };
            format!("{}: {how}", part.store)
        }));
    }
    lines.push(if several { format!("In all: {}", sentence(past, &sums)) } else { sentence(past, &sums) });
    for line in lines {
        match context.format {
            Format::Table => writeln!(out, "{}", safe::safe(&line))?,
            Format::Ids | Format::Template => context.ui.status(line),
            _ => {}
        }
    }
    out.flush()?;
    Ok(())
}

/// Prints what of the report is for programs, and the sessions; they are streamed.
fn print_sessions(
    context: &Context,
    sums: &Report,
    parts: &mut [Part<'_>],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let options = context.look();
    let several = parts.len() > 1;
    let of_sessions = columns(SESSIONS, if several { &[] } else { &["store"] });
    let object = |told: &Told<'_>| {
        let mut json = Vec::new();
        render::object(&of_sessions, &options, told, &mut json);
        json
    };
    let all = Row { store: None, report: sums, parts: several.then_some(&*parts) };
    let mut head = Vec::new();
    match context.format {
        Format::Table | Format::Ids | Format::Template => {}
        Format::Csv | Format::Ndjson if several => {
            let each = parts.iter().map(Row::of);
            render::rows(context.format, columns(REPORTS, &["stores"]), &options, each, &mut head)?;
            if context.format == Format::Ndjson {
                render::one(
                    context.format,
                    columns(REPORTS, &["store", "stores"]),
                    &options,
                    all,
                    &mut head,
                )?;
            }
        }
        format => {
            let without: &[&str] = if several { &["store"] } else { &["store", "stores"] };
            render::one(format, columns(REPORTS, without), &options, all, &mut head)?;
        }
    }
    let known = parts.iter().any(|part| part.sessions.is_some());
    let mut each = |steps: bool, tell: &mut dyn FnMut(&Told<'_>) -> anyhow::Result<()>| {
        parts.iter_mut().try_for_each(|part| {
            let Some(sessions) = &mut part.sessions else { return Ok(()) };
            sessions.each(context, steps, &mut |told| tell(&Told { store: &part.store, ..told }))
        })
    };
    match context.format {
        Format::Json if known => {
            out.write_all(head.strip_suffix(b"\n}\n").unwrap_or(&head))?;
            out.write_all(b",\n  \"sessions\": [")?;
            let mut between = "\n    ";
            each(true, &mut |told| {
                out.write_all(between.as_bytes())?;
                out.write_all(&object(told))?;
                between = ",\n    ";
                Ok(())
            })?;
            out.write_all(if between.starts_with('\n') { b"]\n}\n" } else { b"\n  ]\n}\n" })?;
        }
        Format::Yaml if known => {
            out.write_all(&head)?;
            out.write_all(b"sessions:")?;
            let mut none = true;
            each(true, &mut |told| {
                let mut item = Vec::new();
                render::yaml::item(&mut item, &object(told));
                out.write_all(if none { b"\n" } else { b"" })?;
                none = false;
                Ok(out.write_all(&item)?)
            })?;
            out.write_all(if none { b" []\n" } else { b"" })?;
        }
        Format::Ndjson => {
            each(true, &mut |told| {
                out.write_all(&object(told))?;
                Ok(out.write_all(b"\n")?)
            })?;
            out.write_all(&head)?;
        }
        Format::Ids => {
            let mut id = Vec::new();
            each(false, &mut |told| {
                id.clear();
                render::id_line(&mut id, told.id, &options);
                Ok(out.write_all(&id)?)
            })?;
        }
        Format::Template => {
            let columns = Columns::permitted(SESSIONS, context.format, &options)?;
            let mut renderer = Renderer::new(context.format, columns, &options, out);
            each(false, &mut |told| Ok(renderer.row(told)?))?;
            renderer.finish()?;
        }
        Format::Table if sums.dry_run && !sums.planned => {
            let mut last = String::new();
            each(true, &mut |told| {
                if several && last != told.store {
                    last = told.store.to_string();
                    writeln!(out, "# {}", safe::safe(&last))?;
                }
                Ok(print_steps(out, told)?)
            })?;
        }
        _ => out.write_all(&head)?,
    }
    Ok(())
}

/// What would be done to a session, a line a step.
fn print_steps(out: &mut impl Write, told: &Told<'_>) -> std::io::Result<()> {
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
}

/// The sessions of a change, as they were written down when they were matched or done.
pub struct Matched<'s> {
    pub entries: Entries,
    /// Whom to ask which of a session's further steps find something to do; without anyone to ask
    /// they are all told.
    pub store: Option<&'s mut dyn Lookup>,
}

impl Sessions for Matched<'_> {
    fn each(
        &mut self,
        context: &Context,
        steps: bool,
        tell: &mut dyn FnMut(Told<'_>) -> anyhow::Result<()>,
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
                    let then = entry.step.then.iter().zip(found).filter(|(_, found)| *found);
                    let then = then.map(|(op, _)| words.then(op));
                    if entry.step.own == Own::Gone {
                        let own = words.own(&entry);
                        told.extend(then.map(|step| format!("{step}   # {own}")));
                    } else {
                        told.push(words.own(&entry));
                        told.extend(then);
                    }
                }
                tell(Told {
                    store: "",
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
        tell: &mut dyn FnMut(Told<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for kept in self.0.by_ref() {
            let words = Words::of(context, &kept.id);
            tell(Told {
                store: "",
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
    let sessions = report.subject.plural(report.matched);
    let none = report.subject.none();
    let unseen = if report.complete { "" } else { " Not everything was searched." };
    if report.planned {
        return format!("Planned for {sessions}; nothing was changed.");
    }
    if report.dry_run {
        return match report.matched {
            0 => format!("{none}; nothing would be changed.{unseen}"),
            _ => format!("{sessions} would be changed; this was a dry run.{unseen}"),
        };
    }
    if report.matched == 0 {
        return format!("{none}; nothing was changed.{unseen}");
    }
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
        (report.gone, report.subject.gone()),
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
