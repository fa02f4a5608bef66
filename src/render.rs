//! Rows on standard output: what a session, a run, a layout looks like in each form.
//!
//! Each command has a table of its columns ([`mod@column`]); [`Columns`] says which of them are wanted, and
//! [`Renderer`] writes them. `ndjson`, `json`, `yaml`, `csv` and `ids` go straight into a buffer; a table waits
//! for its first screenful. Nothing is printed here: the caller gives the writer and says what
//! goes to stderr.

use std::io::{self, Write};

use crate::layout::session::Session;

pub mod column;
pub mod columns;
mod csv;
mod format;
pub mod groups;
mod ids;
pub mod json;
#[cfg(feature = "parquet")]
mod parquet;
mod sort;
pub mod table;
mod template;
pub mod tree;
pub mod yaml;

pub use crate::text::{ago, clock, glyph, mask, push_rfc3339, rfc3339, safe, size, span, time, words};
pub use crate::value::secret;
pub use column::{Cell, Column, Datum, Kind, Member, Rows, Tone};
pub use columns::{COLUMNS, Columns, Sessions};
pub use format::Format;
pub use groups::{By, Groups};
pub use sort::Sort;

/// A full buffer is written at once.
const FULL: usize = 64 * 1024;

/// The width of a table that nobody looks at yet.
const PIPE_WIDTH: usize = 160;

/// How things are shown.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Ids are shortened in every form.
    pub mask: bool,
    /// Ids are whole, in tables too.
    pub reveal: bool,
    pub color: bool,
    /// Whether standard output is a terminal, which gets no raw bytes.
    pub terminal: bool,
    /// Ids end with NUL.
    pub nul: bool,
    /// Columns have no names above them.
    pub bare: bool,
    /// Nothing in a table is cut.
    pub wide: bool,
    /// What rows look like, for [`Format::Template`].
    pub template: Option<String>,
    /// Of the terminal, in columns and rows.
    pub width: Option<usize>,
    pub height: Option<usize>,
}

impl Options {
    fn look(&self) -> Look {
        Look {
            mask: self.mask,
            reveal: self.reveal && !self.mask,
            color: self.color,
            terminal: self.terminal,
            nul: self.nul,
            bare: self.bare,
        }
    }

    /// The columns that a table may take.
    pub fn width(&self) -> usize {
        self.width.unwrap_or(if self.terminal { 80 } else { PIPE_WIDTH })
    }
}

/// What every cell is written by.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    mask: bool,
    reveal: bool,
    color: bool,
    terminal: bool,
    nul: bool,
    bare: bool,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Rows that were given.
    pub given: u64,
    /// Rows that were written; fewer where there is a limit.
    pub shown: u64,
    /// Ids with a line break in them, written escaped; `-0` would have kept them as they are.
    pub escaped: u64,
}

/// A form with what it needs to know.
#[derive(Debug)]
enum Form<R: Rows> {
    Json(json::Names<R>),
    Ndjson(json::Names<R>),
    Yaml(json::Names<R>),
    Csv(Vec<&'static Member<R>>),
    Ids,
    Template(template::Template<R>),
    Table(table::Table<R>),
    #[cfg(feature = "parquet")]
    Parquet(parquet::File<R>),
}

/// A row that waits to be sorted.
#[derive(Debug)]
enum Ready {
    Written {
        text: Vec<u8>,
        escaped: bool,
    },
    Cells(table::Row),
    #[cfg(feature = "parquet")]
    Values(parquet::Row),
}

/// Writes rows that are all known; a table of them takes as much room as it needs where nobody looks.
pub fn rows<'a, R: Rows>(
    format: Format,
    columns: Columns<R>,
    options: &Options,
    items: impl IntoIterator<Item = R::Row<'a>>,
    out: impl Write,
) -> io::Result<Summary> {
    let width = if options.terminal { options.width } else { Some(usize::MAX) };
    let options = Options { width, ..options.clone() };
    let mut renderer = Renderer::new(format, columns, &options, out);
    if let Form::Table(table) = &mut renderer.form {
        table.wait();
    }
    for item in items {
        renderer.row(&item)?;
    }
    renderer.finish()
}

/// Writes what is one row only: JSON is an object then, and no array.
pub fn one<R: Rows>(
    format: Format,
    columns: Columns<R>,
    options: &Options,
    row: R::Row<'_>,
    mut out: impl Write,
) -> io::Result<()> {
    let mut text = Vec::new();
    let written = match format {
        Format::Json => {
            object(&columns, options, &row, &mut text);
            json::pretty_of(&text)
        }
        Format::Yaml => {
            let mut json = Vec::new();
            object(&columns, options, &row, &mut json);
            yaml::document(&mut text, &json);
            text
        }
        _ => return rows(format, columns, options, [row], out).map(drop),
    };
    out.write_all(&written)?;
    out.flush()
}

/// Appends a row as a JSON object on one line, without a line end.
pub fn object<R: Rows>(columns: &Columns<R>, options: &Options, row: &R::Row<'_>, out: &mut Vec<u8>) {
    out.push(b'{');
    json::Names::new(&columns.members()).write(out, row, options.look());
    out.push(b'}');
}

/// Appends every member of a session's row as JSON without the braces, for a caller that adds its own.
pub fn members(session: &Session<'_>, options: &Options, out: &mut Vec<u8>) {
    let columns = Columns::whole();
    let columns = if session.setup.store.is_some() { columns.of_several(None) } else { columns };
    json::Names::new(&columns.members()).write(out, session, options.look());
}

/// Writes rows in one form.
///
/// Rows come by [`row`](Renderer::row), [`flush`](Renderer::flush) shows what there is so far, and
/// [`finish`](Renderer::finish) ends it all; without it a JSON array is not closed.
#[derive(Debug)]
pub struct Renderer<W, R: Rows = Sessions> {
    out: W,
    buffer: Vec<u8>,
    form: Form<R>,
    look: Look,
    sorter: Option<sort::Sorter<Ready>>,
    limit: Option<usize>,
    begun: bool,
    summary: Summary,
}

impl<W: Write> Renderer<W> {
    /// Sorts the rows and writes them at the end, or stops after this many; both before the first row.
    #[must_use]
    pub fn ordered(mut self, sort: Option<Sort>, limit: Option<usize>) -> Self {
        self.limit = limit;
        self.sorter = sort.map(|sort| sort::Sorter::new(sort, limit));
        self
    }

    /// Takes a session, to be sorted where an order was asked for.
    pub fn session(&mut self, session: &Session<'_>) -> io::Result<()> {
        let Some(sorter) = &mut self.sorter else { return self.row(session) };
        self.summary.given += 1;
        let (form, look) = (&self.form, self.look);
        sorter.add(session, || match form {
            Form::Table(table) => Ready::Cells(table.row(session)),
            #[cfg(feature = "parquet")]
            Form::Parquet(file) => Ready::Values(file.row(session, look)),
            form => {
                let mut text = Vec::new();
                let escaped = form.write(&mut text, session, look);
                text.shrink_to_fit();
                Ready::Written { text, escaped }
            }
        });
        Ok(())
    }
}

impl<W: Write, R: Rows> Renderer<W, R> {
    pub fn new(format: Format, mut columns: Columns<R>, options: &Options, out: W) -> Renderer<W, R> {
        columns.wide |= options.wide;
        let look = options.look();
        let names = |columns: &Columns<R>| json::Names::new(&columns.members());
        let form = match format {
            Format::Template => match columns.template.take() {
                Some(template) => Form::Template(template),
                None => Form::Ndjson(names(&columns)),
            },
            Format::Json => Form::Json(names(&columns)),
            Format::Ndjson => Form::Ndjson(names(&columns)),
            Format::Yaml => Form::Yaml(names(&columns)),
            Format::Csv => {
                let mut members = columns.members();
                members.retain(|member| !member.nested);
                Form::Csv(members)
            }
            Format::Ids => Form::Ids,
            #[cfg(feature = "parquet")]
            Format::Parquet => Form::Parquet(parquet::File::new(columns.members())),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => Form::Ndjson(names(&columns)),
            Format::Table => Form::Table(table::Table::new(columns, look, options.width(), options.height)),
        };
        Renderer {
            out,
            buffer: Vec::with_capacity(FULL + 4096),
            form,
            look,
            sorter: None,
            limit: None,
            begun: false,
            summary: Summary::default(),
        }
    }

    /// Whether more rows would change nothing, so that the scan can end.
    pub fn is_full(&self) -> bool {
        self.limit == Some(0)
            || self.sorter.is_none() && self.limit.is_some_and(|limit| self.summary.shown >= limit as u64)
    }

    /// Whether rows appear while they come; a sorted listing has none before the end.
    pub fn streams(&self) -> bool {
        self.sorter.is_none()
    }

    /// Where it is written to.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Takes a row and writes it.
    pub fn row(&mut self, row: &R::Row<'_>) -> io::Result<()> {
        self.summary.given += 1;
        if self.is_full() {
            return Ok(());
        }
        self.before_row();
        match &mut self.form {
            Form::Table(table) => {
                let row = table.row(row);
                table.add(&mut self.buffer, row);
            }
            #[cfg(feature = "parquet")]
            Form::Parquet(file) => {
                let row = file.row(row, self.look);
                file.add(&mut self.buffer, row)?;
            }
            form => {
                let escaped = form.write(&mut self.buffer, row, self.look);
                self.summary.escaped += u64::from(escaped);
            }
        }
        self.drain(FULL)
    }

    /// Shows what there is so far.
    pub fn flush(&mut self) -> io::Result<()> {
        if let Form::Table(table) = &mut self.form {
            table.flush(&mut self.buffer);
        }
        self.drain(1)?;
        self.out.flush()
    }

    /// Writes what has waited and what ends the form.
    pub fn finish(mut self) -> io::Result<Summary> {
        if let Some(sorter) = self.sorter.take() {
            for ready in sorter.into_rows() {
                self.before_row();
                match (&mut self.form, ready) {
                    (Form::Table(table), Ready::Cells(row)) => table.add(&mut self.buffer, row),
                    #[cfg(feature = "parquet")]
                    (Form::Parquet(file), Ready::Values(row)) => file.add(&mut self.buffer, row)?,
                    (_, Ready::Written { text, escaped }) => {
                        self.buffer.extend_from_slice(&text);
                        self.summary.escaped += u64::from(escaped);
                    }
                    (_, _) => {}
                }
                self.drain(FULL)?;
            }
        }
        self.begin();
        match &mut self.form {
            Form::Json(_) => {
                let end: &[u8] = if self.summary.shown == 0 { b"]\n" } else { b"\n]\n" };
                self.buffer.extend_from_slice(end);
            }
            Form::Yaml(_) if self.summary.shown == 0 => self.buffer.extend_from_slice(yaml::NONE),
            Form::Table(table) => table.finish(&mut self.buffer),
            #[cfg(feature = "parquet")]
            Form::Parquet(file) => file.finish(&mut self.buffer)?,
            _ => {}
        }
        self.drain(1)?;
        self.out.flush()?;
        Ok(self.summary)
    }

    fn begin(&mut self) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        match &self.form {
            Form::Json(_) => self.buffer.push(b'['),
            Form::Csv(members) if !self.look.bare => {
                csv::head(&mut self.buffer, members.iter().map(|member| member.name));
            }
            _ => {}
        }
    }

    fn before_row(&mut self) {
        self.begin();
        if matches!(self.form, Form::Json(_)) {
            let between: &[u8] = if self.summary.shown == 0 { b"\n" } else { b",\n" };
            self.buffer.extend_from_slice(between);
        }
        self.summary.shown += 1;
    }

    /// Writes the buffer if it holds at least so much.
    fn drain(&mut self, least: usize) -> io::Result<()> {
        if self.buffer.len() >= least {
            let written = self.out.write_all(&self.buffer);
            self.buffer.clear();
            written?;
        }
        Ok(())
    }
}

impl<R: Rows> Form<R> {
    /// Appends a row; says whether an id had to be escaped to stay on its line.
    fn write(&self, out: &mut Vec<u8>, row: &R::Row<'_>, look: Look) -> bool {
        match self {
            Form::Json(names) | Form::Ndjson(names) => {
                let start = out.len();
                out.push(b'{');
                names.write(out, row, look);
                out.push(b'}');
                if matches!(self, Form::Ndjson(_)) {
                    out.push(b'\n');
                } else if R::PRETTY {
                    json::spread(out, start);
                }
                false
            }
            Form::Yaml(names) => {
                let mut object = vec![b'{'];
                names.write(&mut object, row, look);
                object.push(b'}');
                yaml::item(out, &object);
                false
            }
            Form::Csv(members) => {
                csv::row(out, members, row, look);
                false
            }
            Form::Ids => R::ID.is_some_and(|id| ids::row(out, id(row), look)),
            Form::Template(template) => {
                template.row(out, row, look);
                false
            }
            // A table draws its rows itself, once its widths are settled.
            Form::Table(_) => false,
            // What is in columns is written by columns.
            #[cfg(feature = "parquet")]
            Form::Parquet(_) => false,
        }
    }
}

/// Appends an id of `-o ids` with what ends it.
pub fn id_line(out: &mut Vec<u8>, id: &[u8], options: &Options) {
    ids::row(out, id, options.look());
}

/// An id and a key as a card for people shows them.
pub fn shown_id(session: &Session<'_>, options: &Options) -> String {
    let length = if options.look().reveal { usize::MAX } else { mask::length(session.id) };
    safe::safe(&mask::id(session.id, length)).into_owned()
}

/// The key with its id shortened, unless it is to be revealed.
pub fn shown_key(session: &Session<'_>, options: &Options) -> String {
    let length = if options.look().reveal { usize::MAX } else { mask::SHORTEST };
    safe::safe(&mask::key(session.key, session.id, length)).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use crate::codec::DecodeError;
    use crate::frameworks::node::connect_redis;
    use crate::layout::session::{Certainty, Facts, Unnamed};
    use crate::layout::{Decoded, Setup};
    use crate::store::{Raw, Ttl};

    /// 2026-11-24T20:04:13.671Z
    pub(crate) const NOW: i64 = 1_795_550_653_671;

    /// A session of which nothing is known but its key.
    pub(crate) fn session<'b>(setup: &'b Setup, prefix: &[u8], id: &[u8]) -> Session<'b> {
        // Tests are few and short: what they borrow may stay.
        let key: &'static [u8] = [prefix, id].concat().leak();
        Session {
            found: Vec::new(),
            setup,
            key,
            id: &key[prefix.len()..],
            certainty: Certainty::Sure,
            hash: false,
            raw: &Raw::Unread,
            facts: Facts::default(),
            ttl: Ttl::Unasked,
            ends: &[],
            memory: None,
            exact_end: None,
            data: None,
            now: NOW,
        }
    }

    #[test]
    fn a_member_is_of_the_kind_that_it_says() {
        let setup = Setup::free(&connect_redis::LAYOUT);
        let data =
            Decoded { via: vec!["json"], value: Ok(std::borrow::Cow::Owned(crate::value::Value::Null)) };
        let mut all = session(&setup, b"sess:", b"3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0");
        all.facts = Facts {
            user: Some("alice".into()),
            created: Some(NOW - 1000),
            seen: Some(NOW),
            ends: Some(NOW + 1000),
            ip: Some("::1".into()),
            agent: Some("curl".into()),
            ..Facts::default()
        };
        (all.ttl, all.memory, all.data) = (Ttl::In(1000), Some(300), Some(&data));
        let mut typed = 0;
        for member in COLUMNS.iter().flat_map(|column| column.members) {
            let kind = match (member.get)(&all) {
                Datum::Null => continue,
                Datum::Number(_) => Kind::Number,
                Datum::Time(_) => Kind::Time,
                Datum::Bool(_) => Kind::Truth,
                _ => Kind::Text,
            };
            assert_eq!(member.kind, kind, "{}", member.name);
            typed += 1;
        }
        assert!(typed > 15, "{typed}");
    }

    /// The same four sessions in every form.
    fn written(
        format: Format,
        columns: Option<&str>,
        options: &Options,
        sort: Option<&str>,
        limit: Option<usize>,
    ) -> String {
        let setup = Setup::free(&connect_redis::LAYOUT);
        let json =
            Decoded { via: vec!["json"], value: Ok(std::borrow::Cow::Owned(crate::value::Value::Null)) };
        let broken = Decoded::failed("json", DecodeError::new("json", 12, "unexpected end"));
        let sess = b"sess:";
        let mut alice = session(&setup, sess, b"3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0");
        alice.facts = Facts {
            user: Some("alice".into()),
            created: Some(NOW - 90_000_000),
            seen: Some(NOW - 300_000),
            ends: None,
            ip: Some("192.0.2.10".into()),
            agent: Some("Mozilla/5.0 (X11; Linux x86_64) \"quoted\", and more".into()),
            ..Facts::default()
        };
        alice.ttl = Ttl::In(86_399_995);
        alice.memory = Some(412);
        alice.data = Some(&json);
        let mut nobody = session(&setup, sess, b"3xyuHABCDzzz");
        nobody.facts.unnamed = Unnamed::Nobody;
        nobody.ttl = Ttl::Never;
        nobody.memory = Some(1_229);
        nobody.data = Some(&json);
        nobody.certainty = Certainty::Weak;
        let mut odd = session(&setup, sess, b"odd\xff\x1b[31m\nid");
        odd.ttl = Ttl::In(5_000);
        odd.data = Some(&broken);
        odd.memory = Some(80);
        let mut ended = session(&setup, sess, "énd".as_bytes());
        ended.facts.user = Some("\u{202e}bob".into());
        ended.facts.ends = Some(NOW - 1);
        ended.ttl = Ttl::In(1_000);
        ended.data = Some(&json);
        let columns = Columns::choose(format, columns, false, None).unwrap();
        let mut out = Vec::new();
        let mut renderer = Renderer::new(format, columns, options, &mut out)
            .ordered(sort.map(|sort| Sort::parse(sort).unwrap()), limit);
        for session in [&alice, &nobody, &odd, &ended] {
            renderer.session(session).unwrap();
            renderer.flush().unwrap();
        }
        let summary = renderer.finish().unwrap();
        assert_eq!(summary.given, 4);
        assert_eq!(summary.shown, limit.unwrap_or(4) as u64);
        assert_eq!(
            summary.escaped > 0,
            format == Format::Ids && !options.nul && !options.terminal && !options.mask
        );
        safe::text(&out).into_owned()
    }

    #[test]
    fn ndjson() {
        let text = written(Format::Ndjson, None, &Options::default(), None, None);
        let mut lines = text.lines();
        assert_eq!(
            lines.next().unwrap(),
            "{\"id\":\"3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0\",\"key\":\"sess:3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0\",\
             \"layout\":\"connect-redis\",\"user\":\"alice\",\"ttl_ms\":86399995,\"expires_at\":\"2026-11-25T20:04:13.666Z\",\
             \"created_at\":\"2026-11-23T19:04:13.671Z\",\"last_seen_at\":\"2026-11-24T19:59:13.671Z\",\"ip\":\"192.0.2.10\",\
             \"agent\":\"Mozilla/5.0 (X11; Linux x86_64) \\\"quoted\\\", and more\",\"bytes\":412,\"codec\":[\"json\"],\"error\":null,\"authenticated\":true}"
        );
        let nobody: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        for member in ["user", "ttl_ms", "expires_at", "created_at", "last_seen_at", "ip", "agent", "error"] {
            assert_eq!(nobody.get(member), Some(&serde_json::Value::Null), "{member}");
        }
        let odd: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        assert_eq!(odd["id"], "odd\\xff\u{1b}[31m\nid");
        assert_eq!(odd["key_b64"], "c2VzczpvZGT/G1szMW0KaWQ=");
        assert_eq!(odd["error"], "json: unexpected end at byte 12");
        let ended: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        assert_eq!(ended["expires_at"], "2026-11-24T20:04:13.670Z");
        assert_eq!(ended["id"], "énd");
        assert_eq!(lines.next(), None);
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn json_is_an_array_of_the_same() {
        let ndjson = written(Format::Ndjson, None, &Options::default(), None, None);
        let json = written(Format::Json, None, &Options::default(), None, None);
        assert_eq!(json, format!("[\n{}\n]\n", ndjson.trim_end().replace('\n', ",\n")));
        let sorted = written(Format::Json, Some("user"), &Options::default(), Some("-user"), Some(2));
        assert_eq!(sorted, "[\n{\"user\":\"\\u202ebob\"},\n{\"user\":\"alice\"}\n]\n");
        let none = written(Format::Json, None, &Options::default(), None, Some(0));
        assert_eq!(none, "[]\n");
    }

    #[test]
    fn chosen_members_only() {
        let text = written(Format::Ndjson, Some("ttl,id"), &Options::default(), None, Some(2));
        assert_eq!(
            text,
            "{\"ttl_ms\":86399995,\"expires_at\":\"2026-11-25T20:04:13.666Z\",\"id\":\"3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0\"}\n\
             {\"ttl_ms\":null,\"expires_at\":null,\"id\":\"3xyuHABCDzzz\"}\n"
        );
        let odd = written(Format::Ndjson, Some("ttl"), &Options::default(), Some("ttl"), None);
        assert!(!odd.contains("key_b64"));
    }

    #[test]
    fn masked() {
        let options = Options { mask: true, reveal: true, ..Options::default() };
        let text = written(Format::Ndjson, Some("id,key"), &options, None, None);
        assert_eq!(
            text,
            "{\"id\":\"3xyuHABC…\",\"key\":\"sess:3xyuHABC…\"}\n{\"id\":\"3xyuHA…\",\"key\":\"sess:3xyuHA…\"}\n\
             {\"id\":\"odd\\\\xff\\u001b[…\",\"key\":\"sess:odd\\\\xff\\u001b[…\"}\n{\"id\":\"é…\",\"key\":\"sess:é…\"}\n"
        );
        for format in [Format::Table, Format::Json, Format::Csv, Format::Ids] {
            assert!(!written(format, None, &options, None, None).contains("UVWXYZ0"), "{format:?}");
        }
    }

    #[test]
    fn on_a_terminal_json_and_csv_show_what_steers() {
        let options = Options { terminal: true, ..Options::default() };
        for (format, shown) in [(Format::Ndjson, "\\u202ebob"), (Format::Csv, "\\u{202e}bob")] {
            let text = written(format, None, &options, None, None);
            assert!(text.contains(shown) && !text.contains(['\u{202e}', '\u{1b}']), "{text}");
        }
    }

    #[test]
    fn csv() {
        let text = written(Format::Csv, None, &Options::default(), None, Some(2));
        assert_eq!(
            text,
            "id,key,layout,user,ttl_ms,expires_at,created_at,last_seen_at,ip,agent,bytes,codec,error,authenticated\n\
             3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0,sess:3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0,connect-redis,alice,86399995,\
             2026-11-25T20:04:13.666Z,2026-11-23T19:04:13.671Z,2026-11-24T19:59:13.671Z,192.0.2.10,\
             \"Mozilla/5.0 (X11; Linux x86_64) \"\"quoted\"\", and more\",412,json,,true\n\
             3xyuHABCDzzz,sess:3xyuHABCDzzz,connect-redis,,,,,,,,1229,json,,false\n"
        );
        let users = written(Format::Csv, Some("user"), &Options::default(), None, Some(2));
        assert_eq!(users, "user\nalice\n\"\"\n");
    }

    #[test]
    fn ids() {
        let lines = written(Format::Ids, None, &Options::default(), None, None);
        assert_eq!(lines, "3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0\n3xyuHABCDzzz\nodd\\xff\u{1b}[31m\\x0aid\nénd\n");
        let nul = written(Format::Ids, None, &Options { nul: true, ..Options::default() }, None, None);
        assert_eq!(nul, "3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0\x003xyuHABCDzzz\0odd\\xff\u{1b}[31m\nid\0énd\0");
        let shown = written(Format::Ids, None, &Options { terminal: true, ..Options::default() }, None, None);
        assert_eq!(shown.lines().nth(2), Some("odd\\xff\\x1b[31m\\nid"));
    }

    #[test]
    fn table() {
        let text = written(Format::Table, None, &Options::default(), None, None);
        assert_eq!(
            text,
            "\
ID             USER         LAYOUT              TTL    SEEN  IP            BYTES  AGENT
3xyuHABCDE…    alice        connect-redis   23h 59m  5m ago  192.0.2.10    412 B  Mozilla/5.0 (X11; Linux x86_64) \"quoted\", and more
3xyuHA…        (nobody)     connect-redis?    never       -  -           1.2 KiB  -
odd\\xff\\x1b[…  ?            connect-redis        5s       -  -              80 B  json: unexpected end at byte 12
é…             \\u{202e}bob  connect-redis   expired       -  -                 -  -
"
        );
    }

    #[test]
    fn table_fits() {
        let narrow = Options { width: Some(60), ..Options::default() };
        let text = written(Format::Table, None, &narrow, None, None);
        assert!(text.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 60), "{text}");
        assert!(text.starts_with("ID"), "{text}");
        assert!(text.contains("? json: un"), "the error moves to the user's place: {text}");
        let chosen =
            written(Format::Table, Some("id,agent,key"), &Options { width: Some(40), ..narrow }, None, None);
        assert!(chosen.lines().next().unwrap().contains("AGENT"), "{chosen}");
        let whole = Options { reveal: true, ..Options::default() };
        assert!(
            written(Format::Table, None, &whole, None, None).contains("3xyuHABCDEFGHIJKLMNOPQRSTUVWXYZ0 ")
        );
    }

    #[test]
    fn table_colours() {
        let options = Options { color: true, ..Options::default() };
        let text = written(Format::Table, Some("id,user,ttl"), &options, Some("ttl"), None);
        assert_eq!(
            text,
            "\u{1b}[1mID\u{1b}[0m             \u{1b}[1mUSER\u{1b}[0m                                   \u{1b}[1mTTL\u{1b}[0m\n\
             \u{1b}[31mé…\u{1b}[0m             \u{1b}[1m\\u{202e}bob\u{1b}[0m                        \u{1b}[31mexpired\u{1b}[0m\n\
             \u{1b}[31modd\\xff\\x1b[…\u{1b}[0m  \u{1b}[31m? json: unexpected end at byte 12\u{1b}[0m       5s\n"
                .to_string()
                + text.splitn(4, '\n').nth(3).unwrap()
        );
        assert!(text.contains("\u{1b}[33mnever\u{1b}[0m"));
    }
}
