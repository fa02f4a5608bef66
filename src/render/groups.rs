//! `count --by`: how many sessions have each value of a column.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io::{self, Write};

use super::column::{Cell, Datum, Tone};
use super::columns::{Column, by_name};
use super::sort::direction;
use super::table::Head;
use super::template::{self, Piece};
use super::{Look, Options, clock, csv, glyph, json, mask, safe, table, yaml};
use crate::fault::Usage;
use crate::layout::session::{Login, Session};
use crate::render::Format;
use crate::store::{Need, Ttl};

/// The bar of the largest group, in characters.
const LONGEST_BAR: u64 = 20;

/// More different values than this are counted together.
const MOST: usize = 1_000_000;

/// Steps of a quantity: each label and the first value that is not of it; what is above is `more`.
type Steps = &'static [(&'static str, u64)];

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const LEFT: Steps = &[
    ("<1m", MINUTE),
    ("<5m", 5 * MINUTE),
    ("<1h", HOUR),
    ("<1d", DAY),
    ("<7d", 7 * DAY),
    ("<30d", 30 * DAY),
];
const PAST: Steps =
    &[("<1m", MINUTE), ("<1h", HOUR), ("<1d", DAY), ("<7d", 7 * DAY), ("<30d", 30 * DAY), ("<90d", 90 * DAY)];
const SIZES: Steps = &[
    ("<256B", 1 << 8),
    ("<1KiB", 1 << 10),
    ("<4KiB", 1 << 12),
    ("<16KiB", 1 << 14),
    ("<64KiB", 1 << 16),
    ("<1MiB", 1 << 20),
];

/// Behind the last step.
const MORE: &str = "more";
/// A key without TTL.
const NONE: &str = "none";

/// The columns to count by.
#[derive(Debug, Clone)]
pub struct By {
    columns: Vec<&'static Column>,
    order: Order,
}

/// The order of the rows; of equals in the order of their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Order {
    /// The place of a column; by the count where it is none.
    by: Option<usize>,
    descending: bool,
}

impl By {
    /// Names with commas in between; several give a row for each combination.
    pub fn parse(text: &str) -> Result<By, Usage> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let columns = names.map(by_name).collect::<Result<Vec<_>, Usage>>()?;
        if columns.is_empty() {
            return Err(Usage::new("--by names no column").hint("such as --by user, or --by layout,ttl"));
        }
        Ok(By { columns, order: Order { by: None, descending: true } })
    }

    /// Sorts the rows by `count` or a column, with `-` before it descending.
    pub fn sort(&mut self, text: &str) -> Result<(), Usage> {
        let (name, descending) = direction(text);
        let by = self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
        if by.is_none() && !name.eq_ignore_ascii_case("count") {
            let known: Vec<&str> = self.columns.iter().map(|column| column.name).chain(["count"]).collect();
            return Err(Usage::new(format!("--sort {text}: not a column of --by"))
                .hint(format!("available: {}", known.join(" or "))));
        }
        self.order = Order { by, descending };
        Ok(())
    }

    /// The other way round.
    pub fn reverse(&mut self) {
        self.order.descending = !self.order.descending;
    }

    /// What must be asked of the server.
    pub fn need(&self) -> Need {
        self.columns.iter().fold(Need::NOTHING, |need, column| {
            // Only the column's JSON needs the value for the ttl, not the count.
            need.and(if column.name == "ttl" { Need::TTL } else { column.need })
        })
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    sessions: u64,
    bytes: u64,
}

impl Count {
    fn add(&mut self, bytes: u64) {
        self.sessions += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// The counts.
#[derive(Debug)]
pub struct Groups {
    by: By,
    /// Whether memory is added up too.
    memory: bool,
    most: usize,
    counts: HashMap<Box<[u8]>, Count>,
    others: Count,
    /// What rows look like where the user said it.
    template: Vec<Piece>,
    /// The value of the session in hand, kept for its room.
    scratch: Vec<u8>,
}

/// A group's values, its count, and of what it is.
type Row = (Vec<Option<String>>, Count, Of);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Known,
    /// Sessions of which it is certain that nobody is logged in.
    Nobody,
    /// Too many different values, counted together.
    Others,
}

/// Whether one of a group's values is that nobody is logged in.
fn is_nobody(mut encoded: &[u8]) -> bool {
    while let Some(((mark, _), rest)) = pull(encoded) {
        if mark == NOBODY {
            return true;
        }
        encoded = rest;
    }
    false
}

/// Marks in front of an encoded value. They make the order of equal counts.
const TEXT: u8 = 0;
const STEP: u8 = 1;
const NOBODY: u8 = 2;
const UNKNOWN: u8 = 3;

impl Groups {
    pub fn new(by: By, memory: bool) -> Groups {
        Groups {
            by,
            memory,
            most: MOST,
            counts: HashMap::new(),
            others: Count::default(),
            template: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Writes rows as the template says, which may name the columns that are counted by, and `count`.
    pub fn shown_by(mut self, template: &str) -> Result<Groups, Usage> {
        self.template = template::pieces(template)?;
        let columns = self.by.columns.iter().map(|column| column.name);
        let known: Vec<&str> = columns.chain(["count", "authenticated"]).collect();
        for piece in &self.template {
            match piece {
                Piece::Name(name) if !known.iter().any(|one| one.eq_ignore_ascii_case(name)) => {
                    return Err(template::unknown(name, known));
                }
                _ => {}
            }
        }
        Ok(self)
    }

    fn template(&self, out: &mut Vec<u8>, row: &Row, look: Look) {
        let members = self.members(row);
        for piece in &self.template {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Name(name) => {
                    if let Some((_, datum)) = members.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)) {
                        template::datum(out, datum.clone(), look);
                    }
                }
            }
        }
        template::end(out, look);
    }

    /// What must be asked of the server.
    pub fn need(&self) -> Need {
        if self.memory { self.by.need().and(Need::MEMORY) } else { self.by.need() }
    }

    pub fn add(&mut self, session: &Session<'_>) {
        self.scratch.clear();
        for column in &self.by.columns {
            push(&mut self.scratch, column, session);
        }
        let bytes = session.memory.unwrap_or(0);
        if let Some(count) = self.counts.get_mut(&self.scratch[..]) {
            count.add(bytes);
        } else if self.counts.len() < self.most {
            self.counts.entry(self.scratch.as_slice().into()).or_default().add(bytes);
        } else {
            self.others.add(bytes);
        }
    }

    /// How many different values there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many sessions were counted together because there were too many different values.
    pub fn others(&self) -> u64 {
        self.others.sessions
    }

    /// Takes what was counted for a share of all, of which this makes the whole.
    pub fn scale(&mut self, whole: impl Fn(u64) -> u64) {
        for count in self.counts.values_mut().chain([&mut self.others]) {
            *count = Count { sessions: whole(count.sessions), bytes: whole(count.bytes) };
        }
    }

    /// Writes the counts, the largest first, and of equals in the order of their values.
    pub fn write(
        &self,
        format: Format,
        options: &Options,
        limit: Option<usize>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let mut rows: Vec<(&[u8], Count)> =
            self.counts.iter().map(|(value, count)| (&value[..], *count)).collect();
        let Order { by, descending } = self.by.order;
        rows.sort_unstable_by(|a, b| {
            let first = match by {
                None => a.1.sessions.cmp(&b.1.sessions),
                Some(at) => place(at, a.0).cmp(&place(at, b.0)),
            };
            let first = if descending { first.reverse() } else { first };
            first.then_with(|| order(a.0, b.0))
        });
        rows.truncate(limit.unwrap_or(usize::MAX));
        let mut rows: Vec<Row> = rows
            .into_iter()
            .map(|(value, count)| {
                (
                    self.values(value, format, options),
                    count,
                    if is_nobody(value) { Of::Nobody } else { Of::Known },
                )
            })
            .collect();
        if self.others.sessions > 0 {
            rows.push((vec![None; self.by.columns.len()], self.others, Of::Others));
        }
        let look = options.look();
        let mut text = Vec::new();
        match format {
            Format::Table => self.table(&mut text, &rows, options),
            Format::Json => {
                text.push(b'[');
                for (at, row) in rows.iter().enumerate() {
                    text.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
                    self.json(&mut text, row, look);
                }
                text.extend_from_slice(if rows.is_empty() { b"]\n" } else { b"\n]\n" });
            }
            Format::Ndjson => {
                for row in &rows {
                    self.json(&mut text, row, look);
                    text.push(b'\n');
                }
            }
            Format::Yaml => {
                let mut object = Vec::new();
                for row in &rows {
                    object.clear();
                    self.json(&mut object, row, look);
                    yaml::item(&mut text, &object);
                }
                if rows.is_empty() {
                    text.extend_from_slice(yaml::NONE);
                }
            }
            // Only a list is Parquet.
            Format::Csv | Format::Parquet => self.csv(&mut text, &rows, options),
            Format::Template => {
                for row in &rows {
                    self.template(&mut text, row, look);
                }
            }
            // The values alone, for a loop in a shell.
            Format::Ids => {
                for (values, _, _) in
                    rows.iter().filter(|(values, _, of)| *of != Of::Others && values[0].is_some())
                {
                    let value = values.iter().map(|value| value.as_deref().unwrap_or("")).collect::<Vec<_>>();
                    let value = value.join("\t");
                    let shown = if options.terminal || !options.nul {
                        safe::safe(&value)
                    } else {
                        value.as_str().into()
                    };
                    text.extend_from_slice(shown.as_bytes());
                    text.push(if options.nul { 0 } else { b'\n' });
                }
            }
        }
        out.write_all(&text)?;
        out.flush()
    }

    /// The values of a group, `None` where it is not known.
    fn values(&self, mut encoded: &[u8], format: Format, options: &Options) -> Vec<Option<String>> {
        let hidden = options.mask || format == Format::Table && !options.reveal;
        let mut values = Vec::with_capacity(self.by.columns.len());
        for column in &self.by.columns {
            let Some((value, rest)) = pull(encoded) else { break };
            encoded = rest;
            values.push(match value {
                (TEXT, id) if column.name == "id" && hidden => Some(mask::id(id, mask::length(id))),
                (TEXT, text) => Some(safe::text(text).into_owned()),
                (STEP, step) => step.first().map(|step| label(column, usize::from(*step)).to_string()),
                _ => None,
            });
        }
        values
    }

    /// The names of a row's members, those of the columns first, and what each is.
    fn members<'r>(&self, (values, count, of): &'r Row) -> Vec<(&'static str, Datum<'r>)> {
        let columns = self.by.columns.iter();
        let mut members: Vec<_> =
            columns.zip(values).map(|(column, value)| (column.name, Datum::text(value.as_deref()))).collect();
        members.push(("count", Datum::Number(count.sessions)));
        if self.memory {
            members.push((self.sum_name(), Datum::Number(count.bytes)));
        }
        if *of == Of::Others {
            members.push(("others", Datum::Bool(true)));
        } else if let Some(at) = self.by.columns.iter().position(|column| column.name == "user")
            && !self.by.columns.iter().any(|column| column.name == "authenticated")
        {
            let known = values[at].as_ref().map(|_| true).or((*of == Of::Nobody).then_some(false));
            members.push(("authenticated", Datum::truth(known)));
        }
        members
    }

    fn json(&self, out: &mut Vec<u8>, row: &Row, look: Look) {
        out.push(b'{');
        for (at, (name, datum)) in self.members(row).into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            json::text(out, name);
            out.push(b':');
            json::datum(out, datum, look);
        }
        out.push(b'}');
    }

    /// What the sum of memory is called, next to a column of that name.
    fn sum_name(&self) -> &'static str {
        if self.by.columns.iter().any(|column| column.name == "bytes") { "bytes_total" } else { "bytes" }
    }

    fn csv(&self, out: &mut Vec<u8>, rows: &[Row], options: &Options) {
        let columns = self.by.columns.iter().map(|column| column.name).chain(["count"]);
        let names: Vec<&str> = columns.chain(self.memory.then(|| self.sum_name())).collect();
        if !options.bare {
            csv::head(out, names.iter().copied());
        }
        for row in rows {
            let members = self.members(row).into_iter().take(names.len());
            csv::cells(out, members.map(|(_, datum)| datum), options.look());
        }
    }

    fn table(&self, out: &mut Vec<u8>, rows: &[Row], options: &Options) {
        if rows.is_empty() {
            return;
        }
        let mut heads: Vec<Head> = self.by.columns.iter().map(|column| Head::text(column.head, 1)).collect();
        heads.push(Head::number("COUNT", 0));
        if self.memory {
            heads.push(Head::number("MEMORY", 0));
        }
        // On a terminal a bar for those who would rather see than read, where there is room for it.
        let most = rows.iter().map(|(_, count, _)| count.sessions).max().unwrap_or(0).max(1);
        let bars = options.terminal && options.width() >= 60;
        if bars {
            heads.push(Head { floor: usize::MAX, ..Head::text("", table::MAY_GO) });
        }
        let full = glyph::bar().chars().next().unwrap_or('#').to_string();
        let cells = rows.iter().map(|(values, count, of)| {
            let mut row: Vec<Cell> = self
                .by
                .columns
                .iter()
                .zip(values)
                .map(|(column, value)| match value {
                    Some(value) => Cell::new(
                        safe::safe(value),
                        if column.name == "user" { Tone::Strong } else { Tone::Plain },
                    ),
                    None if *of == Of::Others => Cell::new("(others)", Tone::Dim),
                    None if column.name == "user" && *of == Of::Nobody => Cell::new("(nobody)", Tone::Dim),
                    None if column.name == "user" => Cell::new("?", Tone::Dim),
                    None => Cell::new("(unknown)", Tone::Dim),
                })
                .collect();
            row.push(Cell::new(count.sessions.to_string(), Tone::Plain));
            if self.memory {
                row.push(Cell::new(clock::size(count.bytes), Tone::Plain));
            }
            if bars {
                let length = (count.sessions * LONGEST_BAR).div_ceil(most) as usize;
                row.push(Cell::new(full.repeat(length), Tone::Dim));
            }
            row
        });
        table::draw(out, &heads, &cells.collect::<Vec<_>>(), options.width(), options);
    }
}

/// The steps that a column is counted in, if it is.
fn steps(column: &Column) -> Option<Steps> {
    match column.name {
        "ttl" => Some(LEFT),
        "age" | "idle" => Some(PAST),
        "bytes" => Some(SIZES),
        _ => None,
    }
}

fn label(column: &Column, step: usize) -> &'static str {
    let steps = steps(column).unwrap_or_default();
    match steps.get(step) {
        Some((label, _)) => label,
        None if step == steps.len() => MORE,
        None => NONE,
    }
}

/// Appends a column's value: a mark, a length and bytes.
fn push(out: &mut Vec<u8>, column: &'static Column, session: &Session<'_>) {
    let mut put = |mark: u8, bytes: &[u8]| {
        out.push(mark);
        out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        out.extend_from_slice(bytes);
    };
    if let Some(steps) = steps(column) {
        match (column.members[0].get)(session) {
            Datum::Number(quantity) => put(STEP, &[steps.partition_point(|(_, end)| *end <= quantity) as u8]),
            _ if column.name == "ttl" && session.ttl == Ttl::Never => put(STEP, &[steps.len() as u8 + 1]),
            _ => put(UNKNOWN, &[]),
        }
        return;
    }
    match (column.members[0].get)(session) {
        // Of nobody is another thing than not known of whom.
        Datum::Null if column.name == "user" && session.login() == Login::Nobody => put(NOBODY, &[]),
        Datum::Null => put(UNKNOWN, &[]),
        Datum::Id(id) => put(TEXT, id),
        // A key is counted by what it is besides the id; whole it would be a group of its own.
        Datum::Key { .. } => put(TEXT, session.before()),
        Datum::Text(text) => put(TEXT, text.as_bytes()),
        Datum::Owned(text) => put(TEXT, text.as_bytes()),
        Datum::Bytes(bytes) => put(TEXT, bytes),
        Datum::Bool(truth) => put(TEXT, if truth { b"true" } else { b"false" }),
        Datum::Number(number) => put(TEXT, number.to_string().as_bytes()),
        // Times are counted by the day.
        Datum::Time(ms) => match clock::date(ms) {
            Some(day) => put(TEXT, day.as_bytes()),
            None => put(UNKNOWN, &[]),
        },
        Datum::Names(names) => put(TEXT, names.join("+").as_bytes()),
        Datum::Json(value) => put(TEXT, value.to_string().as_bytes()),
    }
}

/// A value's mark and bytes.
type Marked<'e> = (u8, &'e [u8]);

/// The first value and what follows.
fn pull(encoded: &[u8]) -> Option<(Marked<'_>, &[u8])> {
    let (mark, rest) = encoded.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (bytes, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    Some(((*mark, bytes), rest))
}

/// A group's value at a place, in the order of users where it is a number.
fn place(at: usize, mut encoded: &[u8]) -> Option<(u8, Option<u64>, &[u8])> {
    for _ in 0..at {
        encoded = pull(encoded)?.1;
    }
    let ((mark, value), _) = pull(encoded)?;
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    // Numbers come before names.
    Some((mark, Some(number.unwrap_or(u64::MAX)).filter(|_| mark == TEXT), value))
}

/// The order of two groups by their values; what is not known comes last.
fn order(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while let (Some((first, a_rest)), Some((second, b_rest))) = (pull(a), pull(b)) {
        match first.cmp(&second) {
            Ordering::Equal => (a, b) = (a_rest, b_rest),
            unequal => return unequal,
        }
    }
    Ordering::Equal
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{NOW, session};
    use super::*;
    use crate::frameworks::node::connect_redis;
    use crate::layout::Setup;
    use crate::layout::session::Unnamed;

    fn groups(by: &str, memory: bool, most: usize) -> Groups {
        let setup = Setup::free(&connect_redis::LAYOUT);
        let mut groups = Groups { most, ..Groups::new(By::parse(by).unwrap(), memory) };
        let rows: [(Option<&str>, Ttl, u64); 5] = [
            (Some("bob"), Ttl::In(1_000), 100),
            (Some("alice"), Ttl::In(86_400_000), 2_000),
            (None, Ttl::Never, 300),
            (Some("alice"), Ttl::In(299_999), 500),
            (Some("a,\u{1b}b"), Ttl::In(u64::MAX), 255),
        ];
        for (at, (user, ttl, bytes)) in rows.into_iter().enumerate() {
            let id = at.to_string();
            let mut session = session(&setup, b"sess:", id.as_bytes());
            session.facts.user = user.map(Into::into);
            session.facts.unnamed = Unnamed::Nobody;
            session.facts.created = Some(NOW);
            session.ttl = ttl;
            session.memory = Some(bytes);
            groups.add(&session);
        }
        groups
    }

    fn written(groups: &Groups, format: Format) -> String {
        let mut out = Vec::new();
        groups.write(format, &Options::default(), None, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_form() {
        let groups = groups("user", true, MOST);
        assert_eq!(
            written(&groups, Format::Table),
            "USER      COUNT   MEMORY\nalice         2  2.4 KiB\na,\\x1bb       1    255 B\nbob           1    100 B\n(nobody)      1    300 B\n"
        );
        assert_eq!(
            written(&groups, Format::Json),
            "[\n{\"user\":\"alice\",\"count\":2,\"bytes\":2500,\"authenticated\":true},\n\
             {\"user\":\"a,\\u001bb\",\"count\":1,\"bytes\":255,\"authenticated\":true},\n\
             {\"user\":\"bob\",\"count\":1,\"bytes\":100,\"authenticated\":true},\n\
             {\"user\":null,\"count\":1,\"bytes\":300,\"authenticated\":false}\n]\n"
        );
        assert_eq!(written(&groups, Format::Ndjson).lines().count(), 4);
        assert_eq!(
            written(&groups, Format::Csv),
            "user,count,bytes\nalice,2,2500\n\"a,\u{1b}b\",1,255\nbob,1,100\n,1,300\n"
        );
        assert_eq!(written(&groups, Format::Ids), "alice\na,\\x1bb\nbob\n");
    }

    #[test]
    fn steps_and_days() {
        let rows = |by| written(&groups(by, false, MOST), Format::Csv);
        assert_eq!(rows("ttl"), "ttl,count\n<1m,1\n<5m,1\n<7d,1\nmore,1\nnone,1\n");
        assert_eq!(rows("bytes"), "bytes,count\n<256B,2\n<1KiB,2\n<4KiB,1\n");
        assert_eq!(rows("created"), "created,count\n2026-11-24,5\n");
        assert_eq!(rows("layout,type"), "layout,type,count\nconnect-redis,string,5\n");
        assert_eq!(rows("idle"), "idle,count\n,5\n");
        assert_eq!(rows("key"), "key,count\nsess:,5\n");
    }

    #[test]
    fn too_many_values_are_counted_together() {
        let groups = groups("user", false, 2);
        assert_eq!(groups.others(), 2);
        assert_eq!(
            written(&groups, Format::Ndjson),
            "{\"user\":\"alice\",\"count\":2,\"authenticated\":true}\n\
             {\"user\":\"bob\",\"count\":1,\"authenticated\":true}\n{\"user\":null,\"count\":2,\"others\":true}\n"
        );
    }

    #[test]
    fn rows_come_in_the_order_that_was_asked_for() {
        let sorted = |sort: &str| {
            let mut groups = groups("user", false, MOST);
            groups.by.sort(sort).unwrap();
            written(&groups, Format::Ids)
        };
        assert_eq!(sorted("-count"), "alice\na,\\x1bb\nbob\n");
        assert_eq!(sorted("count"), "a,\\x1bb\nbob\nalice\n");
        assert_eq!(sorted("user"), "a,\\x1bb\nalice\nbob\n");
        assert_eq!(sorted("-USER"), "bob\nalice\na,\\x1bb\n");
        assert_eq!(sorted("user:desc"), sorted("-user"));
        assert_eq!(
            By::parse("user").unwrap().sort("ttl").unwrap_err().hint.unwrap(),
            "available: user or count"
        );
    }

    #[test]
    fn needs() {
        assert_eq!(By::parse("layout").unwrap().need(), Need::NOTHING);
        assert_eq!(By::parse("ttl").unwrap().need(), Need::TTL);
        assert_eq!(Groups::new(By::parse("user").unwrap(), true).need(), Need::VALUE.and(Need::MEMORY));
        assert!(By::parse("colour").is_err());
    }

    #[test]
    fn nothing_counted() {
        let groups = Groups::new(By::parse("user").unwrap(), false);
        assert_eq!(written(&groups, Format::Table), "");
        assert_eq!(written(&groups, Format::Json), "[]\n");
        assert_eq!(written(&groups, Format::Csv), "user,count\n");
        assert!(groups.is_empty());
    }
}
