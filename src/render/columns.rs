//! The columns of sessions: one table that every form of output, `--columns`, `--sort` and `--by` are
//! made from.

use crate::fault::{Usage, did_you_mean};
use crate::layout::session::{Certainty, Login, Session};
use crate::render::{Format, Options};
use crate::store::{Need, Ttl};

use super::clock::{self, Times};
use super::column::{Cell, Datum, Fault, Rows, Tone};
use super::safe::safe;
use super::template::Template;

/// The rows of sessions.
#[derive(Debug, Clone, Copy)]
pub struct Sessions;

impl Rows for Sessions {
    type Row<'a> = Session<'a>;

    const WHAT: &'static str = "sessions";
    const ID: Option<for<'a, 's> fn(&'s Session<'a>) -> &'s [u8]> = Some(|session| session.id);
    const KEY: Option<for<'a, 's> fn(&'s Session<'a>) -> &'s [u8]> = Some(|session| session.key);

    fn fault(session: &Session<'_>) -> Fault {
        Fault {
            bad: session.expired() || session.undecodable(),
            error: session.error().map(|error| safe(&one_line(&error)).into_owned()),
        }
    }
}

/// A column of a session's row.
pub type Column = super::column::Column<Sessions>;
type Member = super::column::Member<Sessions>;

const ID: Member = Member::new("id", |session| Datum::Id(session.id));
const EXPIRES_AT: Member = Member::time("expires_at", |session| Datum::time(session.expires_at()));

/// Only an expiry that the key and the value agree on needs both.
const ENDS: Need = Need::VALUE.and(Need::TTL);

/// Every column. The first thirteen, in this order, are the members of a row of JSON.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "id",
        head: "ID",
        help: "the session's id; a short beginning in tables",
        need: Need::NOTHING,
        members: &[ID],
        rank: 0,
        floor: usize::MAX,
        right: false,
        whole: false,
        cell: |_| Cell::default(),
    },
    Column {
        name: "key",
        head: "KEY",
        help: "the key it is stored under",
        need: Need::NOTHING,
        members: &[Member::new("key", |session| Datum::Key { key: session.key, id: session.id })],
        rank: 8,
        floor: 16,
        right: false,
        whole: false,
        cell: |_| Cell::default(),
    },
    Column {
        name: "layout",
        head: "LAYOUT",
        help: "the layout: the framework that stored it; `?` where that is not certain",
        need: Need::NOTHING,
        members: &[Member::new("layout", |session| Datum::Text(session.layout()))],
        rank: 3,
        floor: 10,
        right: false,
        whole: false,
        cell: |session| match session.certainty {
            Certainty::Sure => Cell::new(session.layout(), Tone::Plain),
            Certainty::Shape | Certainty::Weak | Certainty::Kin => {
                Cell::new(format!("{}?", session.layout()), Tone::Plain)
            }
        },
    },
    Column {
        name: "user",
        head: "USER",
        help: "who is logged in",
        need: Need::VALUE,
        members: &[Member::new("user", |session| Datum::text(session.facts.user.as_deref()))],
        rank: 1,
        floor: 10,
        right: false,
        whole: false,
        cell: |session| match &session.facts.user {
            Some(user) => Cell::new(safe(user), Tone::Strong),
            None if session.undecodable() => Cell::new("?", Tone::Bad),
            None if session.login() == Login::Nobody => Cell::new("(nobody)", Tone::Dim),
            None if session.data.is_none() => Cell::unknown(),
            None => Cell::new("?", Tone::Dim),
        },
    },
    Column {
        name: "ttl",
        head: "TTL",
        help: "the key's remaining TTL (ttl_ms and expires_at)",
        need: ENDS,
        members: &[Member::number("ttl_ms", |session| Datum::number(session.ttl.millis())), EXPIRES_AT],
        rank: 2,
        floor: 7,
        right: true,
        whole: true,
        cell: |session| match session.ttl {
            _ if session.expired() => Cell::new("expired", Tone::Bad),
            Ttl::Never => Cell::new("never", Tone::Warning),
            Ttl::In(ms) => Cell::plain(Some(clock::span(ms))),
            Ttl::Gone => Cell::new("gone", Tone::Dim),
            Ttl::Unasked => Cell::unknown(),
        },
    },
    Column {
        name: "created",
        head: "CREATED",
        help: "when it was created (created_at)",
        need: Need::VALUE,
        members: &[Member::time("created_at", |session| Datum::time(session.facts.created))],
        rank: 9,
        floor: 10,
        right: true,
        whole: true,
        cell: |session| moment(session, session.facts.created, Times::Relative),
    },
    Column {
        name: "seen",
        head: "SEEN",
        help: "when it was last seen (last_seen_at)",
        need: Need::VALUE,
        members: &[Member::time("last_seen_at", |session| Datum::time(session.facts.seen))],
        rank: 5,
        floor: 10,
        right: true,
        whole: true,
        cell: |session| moment(session, session.facts.seen, Times::Relative),
    },
    Column {
        name: "ip",
        head: "IP",
        help: "the address it comes from",
        need: Need::VALUE,
        members: &[Member::new("ip", |session| Datum::text(session.facts.ip.as_deref()))],
        rank: 4,
        floor: 15,
        right: false,
        whole: true,
        cell: |session| Cell::safe(session.facts.ip.as_deref(), Tone::Plain),
    },
    Column {
        name: "agent",
        head: "AGENT",
        help: "the browser it comes from",
        need: Need::VALUE,
        members: &[Member::new("agent", |session| Datum::text(session.facts.agent.as_deref()))],
        rank: 7,
        floor: 16,
        right: false,
        whole: false,
        cell: |session| Cell::safe(session.facts.agent.as_deref(), Tone::Dim),
    },
    Column {
        name: "bytes",
        head: "BYTES",
        help: "the memory its key takes",
        need: Need::MEMORY,
        members: &[Member::number("bytes", |session| Datum::number(session.memory))],
        rank: 6,
        floor: 8,
        right: true,
        whole: true,
        cell: |session| Cell::plain(session.memory.map(clock::size)),
    },
    Column {
        name: "codec",
        head: "CODEC",
        help: "how its value is encoded, outermost first",
        need: Need::VALUE,
        members: &[Member::new("codec", |session| {
            session.data.map_or(Datum::Null, |data| Datum::Names(&data.via))
        })],
        rank: 11,
        floor: 8,
        right: false,
        whole: false,
        cell: |session| Cell::plain(session.data.map(|data| data.via.join("+"))),
    },
    Column {
        name: "error",
        head: "ERROR",
        help: "why it cannot be decoded",
        need: Need::VALUE,
        members: &[Member::new("error", |session| {
            session.error().map_or(Datum::Null, |error| Datum::Owned(one_line(&error)))
        })],
        rank: 10,
        floor: 16,
        right: false,
        whole: false,
        cell: |session| match session.error() {
            Some(error) => Cell::new(safe(&one_line(&error)), Tone::Bad),
            None => Cell::default(),
        },
    },
    Column {
        name: "authenticated",
        head: "LOGIN",
        help: "whether anyone is logged in: true, false, or empty where unknown",
        need: Need::VALUE,
        members: &[Member::truth("authenticated", |session| match session.login() {
            Login::User(_) => Datum::Bool(true),
            Login::Nobody => Datum::Bool(false),
            Login::Unknown => Datum::Null,
        })],
        rank: 10,
        floor: 5,
        right: false,
        whole: false,
        cell: |session| match session.login() {
            Login::User(_) => Cell::new("yes", Tone::Plain),
            Login::Nobody => Cell::new("no", Tone::Dim),
            Login::Unknown => Cell::new("?", Tone::Dim),
        },
    },
    Column {
        name: "idle",
        head: "IDLE",
        help: "how long it has been idle (idle_ms)",
        need: Need::VALUE,
        members: &[Member::number("idle_ms", |session| Datum::number(since(session, session.facts.seen)))],
        rank: 5,
        floor: 7,
        right: true,
        whole: true,
        cell: |session| Cell::plain(since(session, session.facts.seen).map(clock::span)),
    },
    Column {
        name: "age",
        head: "AGE",
        help: "how long ago it was created (age_ms)",
        need: Need::VALUE,
        members: &[Member::number("age_ms", |session| Datum::number(since(session, session.facts.created)))],
        rank: 9,
        floor: 7,
        right: true,
        whole: true,
        cell: |session| Cell::plain(since(session, session.facts.created).map(clock::span)),
    },
    Column {
        name: "expires",
        head: "EXPIRES",
        help: "when it ends, by its key or its value (expires_at)",
        need: ENDS,
        members: &[EXPIRES_AT],
        rank: 9,
        floor: 20,
        right: false,
        whole: true,
        cell: |session| match session.expires_at() {
            at if session.expired() => Cell { tone: Tone::Bad, ..moment(session, at, Times::Utc) },
            at => moment(session, at, Times::Utc),
        },
    },
    Column {
        name: "prefix",
        head: "PREFIX",
        help: "what precedes the id in the key",
        need: Need::NOTHING,
        members: &[Member::new("prefix", |session| Datum::Bytes(session.before()))],
        rank: 8,
        floor: 8,
        right: false,
        whole: false,
        cell: |session| Cell::new(super::safe::bytes(session.before()), Tone::Plain),
    },
    Column {
        name: "type",
        head: "TYPE",
        help: "the type of its key: string or hash",
        need: Need::NOTHING,
        members: &[Member::new("type", |session| Datum::Text(kind(session)))],
        rank: 12,
        floor: 6,
        right: false,
        whole: false,
        cell: |session| Cell::new(kind(session), Tone::Plain),
    },
    Column {
        name: "certainty",
        head: "CERTAINTY",
        help: "how certain its layout is: sure, kin or weak",
        need: Need::NOTHING,
        members: &[Member::new("certainty", |session| Datum::Text(certainty(session)))],
        rank: 12,
        floor: 9,
        right: false,
        whole: false,
        cell: |session| Cell::new(certainty(session), Tone::Plain),
    },
    Column {
        name: STORE,
        head: "STORE",
        help: "the store it is in, where several are named",
        need: Need::NOTHING,
        members: &[Member::new("store", |session| Datum::text(session.setup.store.as_deref()))],
        rank: 3,
        floor: 12,
        right: false,
        whole: false,
        cell: |session| Cell::safe(session.setup.store.as_deref(), Tone::Dim),
    },
];

/// The column that tells several stores apart.
const STORE: &str = "store";

/// How many of [`COLUMNS`] make a whole row.
const WHOLE: usize = 13;

/// What a table shows when nothing was said.
const TABLE: &[&str] = &["id", "user", "layout", "ttl", "seen", "ip", "bytes", "agent"];

fn since(session: &Session<'_>, time: Option<i64>) -> Option<u64> {
    time.map(|time| session.now.saturating_sub(time).max(0) as u64)
}

fn moment(session: &Session<'_>, at: Option<i64>, usual: Times) -> Cell {
    Cell::plain(at.and_then(|at| clock::shown(session.now, at, usual)))
}

fn kind(session: &Session<'_>) -> &'static str {
    if session.hash { "hash" } else { "string" }
}

fn certainty(session: &Session<'_>) -> &'static str {
    match session.certainty {
        Certainty::Shape => "shape",
        Certainty::Weak => "weak",
        Certainty::Kin => "kin",
        Certainty::Sure => "sure",
    }
}

/// Whatever an error says, it stays on its line.
pub(super) fn one_line(error: &str) -> String {
    error.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// The column of that name or head, in capitals or not.
pub fn by_name(name: &str) -> Result<&'static Column, Usage> {
    COLUMNS.iter().find(|column| column.answers_to(name)).ok_or_else(|| {
        let name = &*name.to_ascii_lowercase();
        Usage::new(format!("unknown column `{name}`"))
            .hint(did_you_mean(name, COLUMNS.iter().map(|column| column.name)))
    })
}

/// The columns of one listing.
#[derive(Debug, Clone)]
pub struct Columns<R: Rows = Sessions> {
    pub list: Vec<&'static super::column::Column<R>>,
    /// The user chose them, so none is dropped for want of room.
    pub chosen: bool,
    /// Nothing is cut, however wide it gets.
    pub wide: bool,
    /// What rows look like where the user said it; `list` has just the columns for that.
    pub(super) template: Option<Template<R>>,
}

impl Columns {
    /// What `--columns`, `--wide` and `--format` ask for, or what is usual for the form.
    pub fn choose(
        format: Format,
        names: Option<&str>,
        wide: bool,
        template: Option<&str>,
    ) -> Result<Columns, Usage> {
        if let Some(template) = template {
            if names.is_some() {
                return Err(
                    Usage::new("--format and --columns contradict each other").hint("use one of them")
                );
            }
            return Columns::of_template(COLUMNS, template);
        }
        if format == Format::Ids {
            // Names are checked all the same, and nothing is asked of the server for them.
            names.map(Columns::parse).transpose()?;
            return Columns::parse("id");
        }
        if let Some(names) = names {
            return Ok(Columns { wide, ..Columns::parse(names)? });
        }
        if format == Format::Table && !wide {
            let list = TABLE.iter().filter_map(|name| COLUMNS.iter().find(|column| column.name == *name));
            return Ok(Columns { wide, ..Columns::of(list.collect(), false) });
        }
        if format == Format::Table {
            let list = COLUMNS.iter().filter(|column| column.name != STORE);
            return Ok(Columns { wide, ..Columns::of(list.collect(), true) });
        }
        Ok(Columns { wide, ..Columns::whole() })
    }

    /// With the store in front, where there are several and nobody chose otherwise.
    #[must_use]
    pub fn of_several(mut self, names: Option<&str>) -> Columns {
        if names.is_none() && self.template.is_none() && self.list.len() > 1 {
            self.list.retain(|column| column.name != STORE);
            self.list.splice(0..0, COLUMNS.iter().filter(|column| column.name == STORE));
        }
        self
    }

    /// Every member of a row.
    pub fn whole() -> Columns {
        Columns::of(COLUMNS[..WHOLE].iter().collect(), true)
    }

    /// Names with commas in between.
    pub fn parse(names: &str) -> Result<Columns, Usage> {
        let mut list: Vec<&'static Column> = Vec::new();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let column = by_name(name)?;
            if !list.iter().any(|other| other.name == column.name) {
                list.push(column);
            }
        }
        if list.is_empty() {
            return Err(Usage::new("--columns names no column").hint("such as --columns id,user,ttl"));
        }
        Ok(Columns::of(list, true))
    }
}

impl<R: Rows> Columns<R> {
    fn of(list: Vec<&'static super::column::Column<R>>, chosen: bool) -> Columns<R> {
        Columns { list, chosen, wide: false, template: None }
    }

    /// All columns of a table that is not chosen from.
    pub fn every(columns: &'static [super::column::Column<R>]) -> Columns<R> {
        Columns::of(columns.iter().collect(), false)
    }

    /// All columns of a table that is not chosen from, for a form that its rows have; others are refused.
    pub fn permitted(
        columns: &'static [super::column::Column<R>],
        format: Format,
        options: &Options,
    ) -> Result<Columns<R>, Usage> {
        if format == Format::Ids && R::ID.is_none() {
            return Err(Usage::new(format!("{} cannot be printed as ids", R::WHAT)).hint(
                "use table, json, ndjson, yaml or csv; `sessctl list -o ids` prints the ids of sessions",
            ));
        }
        match &options.template {
            Some(template) => Columns::of_template(columns, template),
            None => Ok(Columns::every(columns)),
        }
    }

    fn of_template(
        columns: &'static [super::column::Column<R>],
        template: &str,
    ) -> Result<Columns<R>, Usage> {
        let (template, used) = Template::of(template, columns)?;
        Ok(Columns { template: Some(template), ..Columns::of(used, true) })
    }

    /// What must be asked of the server.
    pub fn need(&self) -> Need {
        self.list.iter().fold(Need::NOTHING, |need, column| need.and(column.need))
    }

    /// The JSON members, each once.
    pub fn members(&self) -> Vec<&'static super::column::Member<R>> {
        let mut members: Vec<&'static super::column::Member<R>> = Vec::new();
        for member in self.list.iter().flat_map(|column| column.members) {
            if !members.iter().any(|other| other.name == member.name) {
                members.push(member);
            }
        }
        members
    }
}

/// A line for each column, for `--help`.
pub fn help() -> String {
    let lines = COLUMNS.iter().map(|column| format!("  {:<10} {}", column.name, column.help));
    format!("Columns, separated by commas, in this order\n\n{}", lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_row_is_what_the_contract_says() {
        let names: Vec<_> = Columns::whole().members().iter().map(|member| member.name).collect();
        let contract = [
            "id",
            "key",
            "layout",
            "user",
            "ttl_ms",
            "expires_at",
            "created_at",
            "last_seen_at",
            "ip",
            "agent",
            "bytes",
            "codec",
            "error",
            "authenticated",
        ];
        assert_eq!(names, contract);
        assert_eq!(Columns::whole().need(), Need::ALL);
    }

    #[test]
    fn the_table_is_sound() {
        for (at, column) in COLUMNS.iter().enumerate() {
            assert!(!column.members.is_empty(), "{}", column.name);
            assert!(column.name.bytes().all(|byte| byte.is_ascii_lowercase()), "{}", column.name);
            assert!(!COLUMNS[..at].iter().any(|other| other.name == column.name), "{}", column.name);
        }
        assert_eq!(Columns::choose(Format::Table, None, false, None).unwrap().list.len(), TABLE.len());
        assert_eq!(help().lines().count(), 2 + COLUMNS.len());
    }

    #[test]
    fn chosen_columns() {
        let columns = Columns::choose(Format::Json, Some("id, ttl,id,expires"), false, None).unwrap();
        let names: Vec<_> = columns.members().iter().map(|member| member.name).collect();
        assert_eq!(names, ["id", "ttl_ms", "expires_at"]);
        assert_eq!(Columns::parse("id,layout").unwrap().need(), Need::NOTHING);
        assert_eq!(Columns::choose(Format::Ids, Some("user"), true, None).unwrap().need(), Need::NOTHING);
        let error = Columns::parse("id,usr").unwrap_err();
        assert_eq!(error.what, "unknown column `usr`");
        assert_eq!(error.hint.unwrap(), "did you mean `user`?");
        assert!(Columns::parse(" , ").is_err());
    }
}
