//! `inspect A B --diff`: in what two sessions differ.

use std::collections::HashMap;
use std::io::Write;

use crate::context::Context;
use crate::fault::Usage;
use crate::layout::session::{Login, Session};
use crate::render::{self, Cell, Column, Columns, Datum, Format, Member, Rows, Tone, safe};
use crate::text::words::plural;
use crate::value::Value;

/// Members of one session that are compared; who keeps more in one compares them by other means.
const MOST: usize = 100_000;

/// What a session holds at one place.
struct Held {
    path: String,
    /// As it is, to be compared.
    whole: String,
    /// As it may be shown: secrets are blanked.
    shown: serde_json::Value,
}

/// A session taken apart.
pub(super) struct Side {
    name: String,
    members: Vec<Held>,
}

impl Side {
    /// `shown` is the data with its secrets blanked.
    pub(super) fn of(context: &Context, session: &Session<'_>, shown: Option<&Value<'_>>) -> Side {
        let mut members = Vec::new();
        let mut fact = |path: &str, value: Option<String>| {
            let shown = value.map_or(serde_json::Value::Null, Into::into);
            members.push(Held { path: path.to_string(), whole: shown.to_string(), shown });
        };
        fact("layout", Some(session.layout().to_string()));
        fact("user", session.facts.user.as_deref().map(str::to_string));
        fact("expires_at", session.expires_at().and_then(render::rfc3339));
        fact("created_at", session.facts.created.and_then(render::rfc3339));
        fact("last_seen_at", session.facts.seen.and_then(render::rfc3339));
        fact("ip", session.facts.ip.as_deref().map(str::to_string));
        fact("agent", session.facts.agent.as_deref().map(str::to_string));
        fact("codec", session.data.map(|data| data.via.join("+")));
        fact("error", session.error());
        if let Some(data) = session.data.and_then(|data| data.value()) {
            let mut leaves = Vec::new();
            flatten(data, &mut "data".to_string(), &mut leaves);
            let mut blanked = Vec::new();
            if let Some(shown) = shown {
                flatten(shown, &mut "data".to_string(), &mut blanked);
            }
            let blanked: HashMap<String, String> = blanked.into_iter().collect();
            members.extend(leaves.into_iter().map(|(path, whole)| {
                let text = blanked.get(&path).map_or("null", String::as_str);
                let shown = serde_json::from_str(text).unwrap_or_else(|_| text.into());
                Held { path, whole, shown }
            }));
        }
        let who = match session.login() {
            Login::User(user) => safe::safe(user).into_owned(),
            Login::Nobody => "nobody".to_string(),
            Login::Unknown => "user unknown".to_string(),
        };
        Side { name: format!("{} ({who})", render::shown_id(session, &context.look())), members }
    }
}

/// Appends what has nothing in it, each with its path.
fn flatten(value: &Value<'_>, path: &mut String, out: &mut Vec<(String, String)>) {
    if out.len() >= MOST {
        return;
    }
    let length = path.len();
    let mut within = |name: &str, value: &Value<'_>| {
        path.push('.');
        path.push_str(name);
        flatten(value, path, out);
        path.truncate(length);
    };
    match value {
        Value::Map(members) if !members.is_empty() => {
            for (name, value) in members {
                within(name, value);
            }
        }
        Value::Pairs(pairs) if !pairs.is_empty() => {
            for (key, value) in pairs {
                within(&key.scalar_text().map_or_else(|| key.to_json(), Into::into), value);
            }
        }
        Value::Object(object) if !object.fields.is_empty() || object.payload.is_some() => {
            within("$class", &Value::Text(object.class.as_ref().into()));
            for (name, value) in &object.fields {
                within(name, value);
            }
            if let Some(payload) = &object.payload {
                within("$value", payload);
            }
        }
        Value::List(items) | Value::Set(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                within(&at.to_string(), item);
            }
        }
        leaf => out.push((path.clone(), leaf.to_json())),
    }
}

/// A place at which they differ; nothing where one has nothing there.
#[derive(Debug)]
struct Difference {
    path: String,
    first: Option<serde_json::Value>,
    second: Option<serde_json::Value>,
}

fn cell(value: Option<&serde_json::Value>) -> Cell {
    match value {
        None => Cell::new("(not there)", Tone::Dim),
        Some(serde_json::Value::String(text)) => Cell::safe(Some(text), Tone::Plain),
        Some(other) => Cell::safe(Some(&other.to_string()), Tone::Plain),
    }
}

fn datum(value: Option<&serde_json::Value>) -> Datum<'static> {
    value.map_or(Datum::Null, |value| Datum::Json(value.clone()))
}

#[derive(Debug, Clone, Copy)]
struct Differences;

impl Rows for Differences {
    type Row<'a> = Difference;

    const WHAT: &'static str = "differences";
}

const COLUMNS: &[Column<Differences>] = &[
    Column {
        head: "WHERE",
        floor: 16,
        rank: 0,
        cell: |row| Cell::safe(Some(&row.path), Tone::Dim),
        ..Column::data("path", &[Member::new("path", |row| Datum::Text(&row.path))])
    },
    Column {
        head: "FIRST",
        floor: 20,
        rank: 1,
        cell: |row| cell(row.first.as_ref()),
        ..Column::data("first", &[Member::new("first", |row| datum(row.first.as_ref()))])
    },
    Column {
        head: "SECOND",
        floor: 20,
        rank: 2,
        cell: |row| cell(row.second.as_ref()),
        ..Column::data("second", &[Member::new("second", |row| datum(row.second.as_ref()))])
    },
    Column::data(
        "only_in",
        &[Member::new("only_in", |row| match (&row.first, &row.second) {
            (Some(_), None) => Datum::Text("first"),
            (None, Some(_)) => Datum::Text("second"),
            _ => Datum::Null,
        })],
    ),
];

/// Refuses a form that differences do not have.
pub(super) fn permit(context: &Context) -> Result<(), Usage> {
    Columns::permitted(COLUMNS, context.format, &context.look()).map(drop)
}

/// Prints in what they differ, in the order of the first, and then what only the second has.
pub(super) fn print(
    context: &Context,
    first: Side,
    second: Side,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let (first_name, second_name) = (first.name, second.name);
    let order: Vec<String> = second.members.iter().map(|held| held.path.clone()).collect();
    let mut there: HashMap<String, Held> =
        second.members.into_iter().map(|held| (held.path.clone(), held)).collect();
    let mut rows = Vec::new();
    let mut same = 0;
    for held in first.members {
        let other = there.remove(&held.path);
        if other.as_ref().is_some_and(|other| other.whole == held.whole) {
            same += 1;
            continue;
        }
        let second = other.map(|other| other.shown);
        rows.push(Difference { path: held.path, first: Some(held.shown), second });
    }
    for path in order {
        if let Some(held) = there.remove(&path) {
            rows.push(Difference { path, first: None, second: Some(held.shown) });
        }
    }
    let differ = rows.len() as u64;
    if context.format == Format::Table {
        writeln!(out, "first   {first_name}\nsecond  {second_name}\n")?;
        if rows.is_empty() {
            writeln!(out, "They hold the same data.")?;
        }
    }
    if context.format != Format::Table || !rows.is_empty() {
        let look = context.look();
        let columns = Columns::permitted(COLUMNS, context.format, &look)?;
        render::rows(context.format, columns, &look, rows, &mut *out)?;
    }
    out.flush()?;
    context.ui.status(format!("{} differ, {same} are equal", plural(differ, "member")));
    Ok(())
}
