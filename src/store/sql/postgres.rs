//! PostgreSQL. Values go to and fro as text, whatever their types, but for bytes: so each of them comes back as it
//! was. The connection's TimeZone is left as the server, the database or the role sets it, as that is what times
//! without a zone are understood by.

use std::collections::BTreeSet;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::types::{ToSql, Type};
use postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::engine::{Cell, Engine, LARGEST, Put, Row};
use super::messages::{self, BUSY, BUSY_HINT, READ_ONLY, READ_ONLY_HINT, login};
use super::place::{Mode, Server, SqlPlace};
use crate::exit::Exit;
use crate::secret::Secret;
use crate::store::redis::target::Tls;
use crate::store::redis::{Checks, tls_config};
use crate::store::table::{Column, Table};
use crate::store::{Error, Reason};
use crate::text::words::unnumbered;

/// How long a lock is waited for before the transaction is tried again.
const LOCK: &str = "2s";

pub(super) struct Postgres {
    place: String,
    user: String,
    client: Client,
    timeout: Duration,
    /// Tables whose rows may be deleted and not updated: those cannot be locked beforehand.
    unlocked: BTreeSet<String>,
}

/// Where a host is, for whom another name is said to TLS.
fn address_of(place: &str, host: &str, port: u16) -> Result<IpAddr, Error> {
    let found = (host, port).to_socket_addrs().ok().and_then(|mut all| all.next());
    found.map(|found| found.ip()).ok_or_else(|| Error::Connect {
        place: place.to_string(),
        reason: Reason::Absent("the host name is not known".to_string()),
    })
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl Postgres {
    pub(super) fn open(place: &SqlPlace, server: &Server, write: bool) -> Result<Postgres, Error> {
        let shown = place.place();
        let mut config = Config::new();
        let host = Some(server.host.clone()).filter(|host| !host.is_empty()).or_else(|| env("PGHOST"));
        let port = server.port.or_else(|| env("PGPORT")?.parse().ok()).unwrap_or(5432);
        config.port(port);
        let usual = env("PGSSLMODE").map(|mode| Mode::parse(&mode)).transpose()?;
        let (mode, mut tls) = place.tls(server, usual)?;
        if tls.cacert.is_none() && matches!(mode, Mode::VerifyCa | Mode::VerifyFull) {
            tls.cacert = env("PGSSLROOTCERT").map(PathBuf::from);
        }
        let socket = match (&server.socket, &host) {
            (Some(socket), _) => Some(socket.clone()),
            (None, Some(host)) if host.starts_with('/') => Some(PathBuf::from(host)),
            (None, Some(_)) => None,
            (None, None) => Some(PathBuf::from("/var/run/postgresql")).filter(|folder| folder.exists()),
        };
        let at = host.as_deref().unwrap_or("localhost");
        match (&socket, &tls.sni) {
            (Some(socket), _) => config.host_path(socket),
            // The certificate's name stands for the host, and where that is stands beside it.
            (None, Some(name)) => config.host(name).hostaddr(address_of(&shown, at, port)?),
            (None, None) => config.host(at),
        };
        let user = server
            .user
            .clone()
            .or_else(|| env("PGUSER"))
            .or_else(|| env("USER"))
            .unwrap_or_else(|| "postgres".to_string());
        let database = server.database.clone().or_else(|| env("PGDATABASE")).unwrap_or_else(|| user.clone());
        config.user(&user).dbname(&database).application_name("sessctl");
        config.connect_timeout(place.connect_timeout);
        let password = match place.password(server)? {
            Some(password) => Some(password),
            None => env("PGPASSWORD")
                .map(Secret::new)
                .or_else(|| pgpass(host.as_deref().unwrap_or("localhost"), port, &database, &user)),
        };
        if let Some(password) = &password {
            config.password(password.reveal());
        }
        config.ssl_mode(match mode {
            // As libpq: there is no TLS on a socket of this machine.
            _ if socket.is_some() => SslMode::Disable,
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        });
        let insecure = tls.insecure || !matches!(mode, Mode::VerifyCa | Mode::VerifyFull);
        let checks = if mode == Mode::VerifyCa { Checks::Authority } else { Checks::Name };
        let unfit = |reason: String| Error::Connect { place: shown.clone(), reason: Reason::Unfit(reason) };
        let tls = MakeRustlsConnect::new(tls_config(&Tls { insecure, ..tls }, checks).map_err(unfit)?);
        let client = config.connect(tls).map_err(|error| connecting(&shown, &user, &error))?;
        let mut postgres =
            Postgres { place: shown, user, client, timeout: place.timeout, unlocked: BTreeSet::new() };
        let read_only = if write { "" } else { "SET default_transaction_read_only = on; " };
        let wait = place.timeout.as_millis();
        // Numbers and times as text that reads back to the same.
        postgres.run(&format!(
            "{read_only}SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET extra_float_digits = 1; \
             SET statement_timeout = {wait}; SET lock_timeout = '{LOCK}'"
        ))?;
        Ok(postgres)
    }

    fn run(&mut self, text: &str) -> Result<(), Error> {
        self.client.batch_execute(text).map_err(|error| self.said("run a command", &error))
    }

    fn said(&self, what: &str, error: &postgres::Error) -> Error {
        let Some(told) = error.as_db_error() else {
            return if error.is_closed() {
                Error::Lost { place: self.place.clone(), reason: "the server closed it".to_string() }
            } else {
                self.database(reason(error), None, Exit::Failed)
            };
        };
        let code = told.code();
        if *code == SqlState::INSUFFICIENT_PRIVILEGE {
            let hint = format!(
                "an administrator permits it with: GRANT SELECT, DELETE, UPDATE, INSERT ON the table TO {}",
                self.user
            );
            return self.database(
                format!("{} may not {what}: {}", self.user, told.message()),
                Some(&hint),
                Exit::Denied,
            );
        }
        if *code == SqlState::QUERY_CANCELED {
            return Error::Timeout { place: self.place.clone(), seconds: self.timeout.as_secs() };
        }
        if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            return self.database(READ_ONLY.to_string(), Some(READ_ONLY_HINT), Exit::Refused);
        }
        if [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ]
        .contains(code)
        {
            return self.database(BUSY.to_string(), Some(BUSY_HINT), Exit::Failed);
        }
        if [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN].contains(code) {
            return Error::Lost { place: self.place.clone(), reason: told.message().to_string() };
        }
        self.database(told.message().to_string(), None, Exit::Failed)
    }

    fn database(&self, reason: String, hint: Option<&str>, exit: Exit) -> Error {
        Error::Database { place: self.place.clone(), reason, hint: hint.map(str::to_string), exit }
    }

    fn rows(&mut self, table: &Table, rest: &str, params: &[Param]) -> Result<Vec<Row>, Error> {
        let text = format!("SELECT {} FROM {} {rest}", selected(table), name_of(table));
        let given: Vec<(&(dyn ToSql + Sync), Type)> = params.iter().map(Param::typed).collect();
        let what = format!("read {}", table.full_name());
        let found = self.client.query_typed(&text, &given).map_err(|error| self.said(&what, &error))?;
        let mut rows = Vec::with_capacity(found.len());
        for row in &found {
            let mut cells = Vec::with_capacity(table.columns.len());
            let mut epochs = Vec::new();
            let mut place = 0;
            for (at, column) in table.columns.iter().enumerate() {
                let cell = if column.of == BYTES {
                    row.try_get::<_, Option<&[u8]>>(place)
                        .map(|bytes| bytes.map(<[u8]>::to_vec).map(Cell::Bytes))
                } else {
                    row.try_get::<_, Option<&str>>(place).map(|text| text.map(|text| Cell::Text(text.into())))
                };
                let cell = cell.map_err(|error| self.said(&what, &error))?.unwrap_or(Cell::Null);
                cells.push(match cell {
                    Cell::Text(text) | Cell::Bytes(text) if text.len() > LARGEST => {
                        Cell::Large(text.len() as u64)
                    }
                    cell => cell,
                });
                place += 1;
                if column.of == NAIVE {
                    let epoch =
                        row.try_get::<_, Option<i64>>(place).map_err(|error| self.said(&what, &error))?;
                    epochs.extend(epoch.map(|epoch| (at, epoch)));
                    place += 1;
                }
            }
            rows.push(Row { cells, epochs });
        }
        Ok(rows)
    }

    fn execute(&mut self, what: &str, table: &Table, text: &str, params: &[Param]) -> Result<u64, Error> {
        let given: Vec<(&(dyn ToSql + Sync), Type)> = params.iter().map(Param::typed).collect();
        let what = format!("{what} {}", table.full_name());
        self.client.execute_typed(text, &given).map_err(|error| self.said(&what, &error))
    }
}

const BYTES: &str = "bytea";
const NAIVE: &str = "timestamp without time zone";

/// A value as it is sent.
enum Param {
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Texts(Vec<String>),
    ManyBytes(Vec<Vec<u8>>),
    Epoch(i64),
}

impl Param {
    fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Param::Text(text) => (text, Type::TEXT),
            Param::Bytes(bytes) => (bytes, Type::BYTEA),
            Param::Texts(texts) => (texts, Type::TEXT_ARRAY),
            Param::ManyBytes(many) => (many, Type::BYTEA_ARRAY),
            Param::Epoch(ms) => (ms, Type::INT8),
        }
    }

    fn of(cell: &Cell) -> Param {
        match cell {
            Cell::Null | Cell::Large(_) => Param::Text(None),
            Cell::Int(number) => Param::Text(Some(number.to_string())),
            Cell::Real(number) => Param::Text(Some(number.to_string())),
            Cell::Text(text) => Param::Text(Some(String::from_utf8_lossy(text).into_owned())),
            Cell::Bytes(bytes) => Param::Bytes(Some(bytes.clone())),
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn name_of(table: &Table) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(&table.name)),
        None => quoted(&table.name),
    }
}

fn column(table: &Table, at: usize) -> String {
    quoted(&table.columns[at].name)
}

/// The type that a string is cast to. A length would cut it.
fn cast(column: &Column) -> &str {
    if column.of == "character" { "bpchar" } else { &column.of }
}

/// `$3::text::uuid`, or the time that was counted, in the zone of the connection.
fn given(column: &Column, param: &Param, number: usize) -> String {
    match param {
        Param::Bytes(_) => format!("${number}"),
        Param::Epoch(_) if column.of.starts_with("timestamp") => {
            format!("to_timestamp(${number}::bigint / 1000.0)::{}", column.of)
        }
        Param::Epoch(_) => format!("${number}::text::{}", cast(column)),
        _ => format!("${number}::text::{}", cast(column)),
    }
}

fn selected(table: &Table) -> String {
    let each = table.columns.iter().map(|column| {
        let name = quoted(&column.name);
        match &*column.of {
            BYTES => name,
            NAIVE => format!(
                "{name}::text, CASE WHEN isfinite({name}) THEN floor(extract(epoch FROM {name} AT TIME ZONE \
                 current_setting('TimeZone')) * 1000)::bigint END"
            ),
            _ => format!("{name}::text"),
        }
    });
    each.collect::<Vec<String>>().join(", ")
}

/// `"a" = $1::text::uuid AND …`, numbered from there on.
fn same(table: &Table, by: &[usize], row: &Row, params: &mut Vec<Param>) -> String {
    let each = by.iter().map(|at| {
        params.push(Param::of(&row.cells[*at]));
        let param = &params[params.len() - 1];
        format!("{} = {}", column(table, *at), given(&table.columns[*at], param, params.len()))
    });
    each.collect::<Vec<String>>().join(" AND ")
}

/// The second test of a look-up, where there is one, after the first.
fn narrowed(table: &Table, first: Param, only: Option<(usize, &str)>) -> (String, Vec<Param>) {
    match only {
        None => (String::new(), vec![first]),
        Some((at, text)) => {
            let also = format!(" AND {} = $2::text", column(table, at));
            (also, vec![first, Param::Text(Some(text.to_string()))])
        }
    }
}

/// The password of `~/.pgpass`, or of PGPASSFILE: lines of host, port, database, user and password, of which each
/// but the last may be a star. Like libpq it is not believed where others may read it.
fn pgpass(host: &str, port: u16, database: &str, user: &str) -> Option<Secret> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = env("PGPASSFILE").or_else(|| Some(format!("{}/.pgpass", env("HOME")?)))?;
    let meta = std::fs::metadata(&path).ok()?;
    if !meta.is_file() || meta.permissions().mode() & 0o077 != 0 || meta.len() > 1 << 20 {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    let port = port.to_string();
    text.lines().find_map(|line| pass_of(line, [host, &port, database, user])).map(Secret::new)
}

fn pass_of(line: &str, wanted: [&str; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![(String::new(), false)];
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        let last = fields.len() - 1;
        match char {
            '\\' => fields[last] = (format!("{}{}", fields[last].0, chars.next()?), true),
            ':' if last < 4 => fields.push((String::new(), false)),
            char => fields[last].0.push(char),
        }
    }
    let [rest @ .., (password, _)] = &fields[..] else { return None };
    let fits = rest.len() == 4
        && rest
            .iter()
            .zip(wanted)
            .all(|((field, escaped), wanted)| field == wanted || (field == "*" && !escaped));
    fits.then(|| password.clone())
}

/// The last cause in the crate's chain of errors, which says what happened.
fn reason(error: &postgres::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    unnumbered(&last.to_string())
}

fn connecting(place: &str, user: &str, error: &postgres::Error) -> Error {
    let place = place.to_string();
    let Some(told) = error.as_db_error() else {
        let text = reason(error);
        if text.contains("password missing") {
            return login(place, "it asks for a password");
        }
        let reason = messages::tls(&text).unwrap_or(Reason::Absent(text));
        return Error::Connect { place, reason };
    };
    let code = told.code();
    if *code == SqlState::INVALID_PASSWORD || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        return login(place, told.message());
    }
    let hint = (*code == SqlState::INVALID_CATALOG_NAME)
        .then(|| format!("name the database after the host; without one it is that of the user, {user}"));
    let exit = if *code == SqlState::INSUFFICIENT_PRIVILEGE { Exit::Denied } else { Exit::Failed };
    Error::Database { place, reason: told.message().to_string(), hint, exit }
}

const TABLES: &str = "\
SELECT n.nspname, c.relname, c.relkind IN ('v', 'm'), pg_table_is_visible(c.oid), a.attname, \
format_type(a.atttypid, NULL), a.attgenerated <> '', a.attnum::int4, has_table_privilege(c.oid, 'SELECT') \
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname <> 'information_schema' \
AND n.nspname NOT LIKE 'pg\\_%' AND a.attnum > 0 AND NOT a.attisdropped \
AND has_schema_privilege(n.oid, 'USAGE') \
ORDER BY n.nspname, c.relname, a.attnum";

const KEYS: &str = "\
SELECT n.nspname, c.relname, i.indisprimary, i.indkey::int2[] \
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL \
AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";

impl Engine for Postgres {
    fn user(&self) -> String {
        self.user.clone()
    }

    fn tables(&mut self) -> Result<Vec<Table>, Error> {
        const WHAT: &str = "read the catalogue";
        let mut tables: Vec<(String, Vec<i32>, Table)> = Vec::new();
        let columns = self.client.query_typed(TABLES, &[]).map_err(|error| self.said(WHAT, &error))?;
        for row in &columns {
            let (schema, name): (String, String) = (row.get(0), row.get(1));
            if tables.last().is_none_or(|(other, _, table)| *other != schema || table.name != name) {
                let visible: bool = row.get(3);
                let table = Table {
                    schema: (!visible).then(|| schema.clone()),
                    name,
                    columns: Vec::new(),
                    primary: Vec::new(),
                    unique: Vec::new(),
                    view: row.get(2),
                    hidden: !row.get::<_, bool>(8),
                };
                tables.push((schema, Vec::new(), table));
            }
            let Some((_, numbers, table)) = tables.last_mut() else { continue };
            numbers.push(row.get(7));
            let of: String = row.get(5);
            table.columns.push(Column { name: row.get(4), of, generated: row.get(6) });
        }
        let keys = self.client.query_typed(KEYS, &[]).map_err(|error| self.said(WHAT, &error))?;
        for row in &keys {
            let (schema, name): (&str, &str) = (row.get(0), row.get(1));
            let of: Vec<i16> = row.get(3);
            let mut all = tables.iter_mut();
            let Some((_, numbers, table)) =
                all.find(|(other, _, table)| other == schema && table.name == name)
            else {
                continue;
            };
            let at = |number: &i16| numbers.iter().position(|other| *other == i32::from(*number));
            let Some(of) = of.iter().map(at).collect::<Option<Vec<usize>>>() else { continue };
            if row.get(2) {
                table.primary.clone_from(&of);
            }
            table.unique.push(of);
        }
        Ok(tables.into_iter().map(|(.., table)| table).collect())
    }

    fn now(&mut self) -> Result<i64, Error> {
        const TEXT: &str = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let rows = self.client.query_typed(TEXT, &[]).map_err(|error| self.said("ask the time", &error))?;
        let now = rows.first().and_then(|row| row.try_get(0).ok());
        now.ok_or_else(|| Error::Answer {
            place: self.place.clone(),
            command: "clock_timestamp()".to_string(),
        })
    }

    fn count(&mut self, table: &Table) -> Result<Option<u64>, Error> {
        const TEXT: &str = "SELECT reltuples::bigint FROM pg_class WHERE oid = $1::text::regclass";
        let given = Param::Text(Some(name_of(table)));
        let rows = self
            .client
            .query_typed(TEXT, &[given.typed()])
            .map_err(|error| self.said("count rows", &error))?;
        let count: Option<i64> = rows.first().and_then(|row| row.try_get(0).ok());
        // A table that was never analysed is counted as less than nothing, or as nothing.
        Ok(count.filter(|count| *count > 0).map(|count| count as u64))
    }

    fn page(
        &mut self,
        table: &Table,
        by: &[usize],
        only: Option<(usize, &str)>,
        after: Option<&Row>,
        most: usize,
    ) -> Result<Vec<Row>, Error> {
        let mut params = Vec::new();
        let mut tests: Vec<String> =
            by.iter().map(|at| format!("{} IS NOT NULL", column(table, *at))).collect();
        if let Some((at, text)) = only {
            params.push(Param::Text(Some(text.to_string())));
            tests.push(format!("{} = ${}::text", column(table, at), params.len()));
        }
        let order: Vec<String> = by.iter().map(|at| column(table, *at)).collect();
        if let Some(after) = after {
            let values = by.iter().map(|at| {
                params.push(Param::of(&after.cells[*at]));
                given(&table.columns[*at], &params[params.len() - 1], params.len())
            });
            let values = values.collect::<Vec<String>>().join(", ");
            tests.push(format!("({}) > ({values})", order.join(", ")));
        }
        let rest = format!("WHERE {} ORDER BY {} LIMIT {most}", tests.join(" AND "), order.join(", "));
        self.rows(table, &rest, &params)
    }

    fn find(
        &mut self,
        table: &Table,
        at: usize,
        texts: &[&[u8]],
        only: Option<(usize, &str)>,
        to_change: bool,
    ) -> Result<Vec<Row>, Error> {
        let of = &*table.columns[at].of;
        let name = column(table, at);
        let lock = if to_change && !self.unlocked.contains(&name_of(table)) { " FOR UPDATE" } else { "" };
        if of == BYTES {
            let many = Param::ManyBytes(texts.iter().map(|text| text.to_vec()).collect());
            let (also, params) = narrowed(table, many, only);
            return self.rows(table, &format!("WHERE {name} = ANY($1){also}{lock}"), &params);
        }
        // What cannot be of the column's type is in no row.
        let fits = |text: &str| match of {
            "uuid" => crate::text::shape::is_uuid(text.as_bytes()),
            "smallint" | "integer" | "bigint" => text.parse::<i64>().is_ok(),
            _ => !text.contains('\0'),
        };
        let texts: Vec<String> = texts
            .iter()
            .filter_map(|text| std::str::from_utf8(text).ok())
            .filter(|text| fits(text))
            .map(str::to_string)
            .collect();
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let test = match of {
            "uuid" | "text" | "character varying" => format!("{name} = ANY($1::text[]::{of}[])"),
            "character" => format!("{name} = ANY($1::text[]::bpchar[])"),
            // A number that is too large for the column is compared as what it is.
            "smallint" | "integer" | "bigint" => format!("{name} = ANY($1::text[]::bigint[])"),
            _ => format!("{name}::text = ANY($1::text[])"),
        };
        let (also, params) = narrowed(table, Param::Texts(texts), only);
        self.rows(table, &format!("WHERE {test}{also}{lock}"), &params)
    }

    fn begin(&mut self) -> Result<(), Error> {
        // Without a lock what changes in between is an error then, and tried again.
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.run("COMMIT")
    }

    fn rollback(&mut self) {
        let _ = self.client.batch_execute("ROLLBACK");
    }

    fn delete(&mut self, table: &Table, by: &[usize], row: &Row) -> Result<bool, Error> {
        let mut params = Vec::new();
        let same = same(table, by, row, &mut params);
        let text = format!("DELETE FROM {} WHERE {same}", name_of(table));
        Ok(self.execute("delete from", table, &text, &params)? > 0)
    }

    fn delete_all(&mut self, table: &Table, by: &[usize], rows: &[&Row]) -> Result<u64, Error> {
        let (mut params, mut lists, mut same) = (Vec::new(), Vec::new(), Vec::new());
        for (nth, at) in by.iter().enumerate() {
            let cells = rows.iter().map(|row| Param::of(&row.cells[*at]));
            if table.columns[*at].of == BYTES {
                let all =
                    cells.map(|one| if let Param::Bytes(Some(bytes)) = one { bytes } else { Vec::new() });
                params.push(Param::ManyBytes(all.collect()));
                lists.push(format!("${}", nth + 1));
            } else {
                let all =
                    cells.map(|one| if let Param::Text(Some(text)) = one { text } else { String::new() });
                params.push(Param::Texts(all.collect()));
                lists.push(format!("${}::text[]::{}[]", nth + 1, cast(&table.columns[*at])));
            }
            same.push(format!("own.{} = gone.of{nth}", column(table, *at)));
        }
        // NULL is not equal to anything, and what could not be read whole is not known.
        let known = |row: &&Row| by.iter().all(|at| !matches!(row.cells[*at], Cell::Null | Cell::Large(_)));
        if by.is_empty() || !rows.iter().all(known) {
            return rows.iter().try_fold(0, |many, row| Ok(many + u64::from(self.delete(table, by, row)?)));
        }
        let names: Vec<String> = (0..by.len()).map(|nth| format!("of{nth}")).collect();
        let text = format!(
            "DELETE FROM {} AS own USING unnest({}) AS gone({}) WHERE {}",
            name_of(table),
            lists.join(", "),
            names.join(", "),
            same.join(" AND ")
        );
        self.execute("delete from", table, &text, &params)
    }

    fn update(
        &mut self,
        table: &Table,
        by: &[usize],
        row: &Row,
        puts: &[(usize, Put)],
    ) -> Result<bool, Error> {
        let mut params = Vec::new();
        let mut sets = Vec::new();
        for (at, put) in puts {
            params.push(match put {
                Put::Text(text) if table.columns[*at].of == BYTES => Param::Bytes(Some(text.clone())),
                Put::Text(text) => Param::Text(Some(String::from_utf8_lossy(text).into_owned())),
                Put::Cell(cell) => Param::of(cell),
                Put::Epoch(ms) => Param::Epoch(*ms),
            });
            let given = given(&table.columns[*at], &params[params.len() - 1], params.len());
            sets.push(format!("{} = {given}", column(table, *at)));
        }
        let same = same(table, by, row, &mut params);
        let text = format!("UPDATE {} SET {} WHERE {same}", name_of(table), sets.join(", "));
        Ok(self.execute("change", table, &text, &params)? > 0)
    }

    fn insert(&mut self, table: &Table, cells: &[(usize, Cell)]) -> Result<(), Error> {
        let mut params = Vec::new();
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (at, cell) in cells {
            params.push(Param::of(cell));
            names.push(column(table, *at));
            values.push(given(&table.columns[*at], &params[params.len() - 1], params.len()));
        }
        // A number that the database gives out itself was given out before.
        let text = format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})",
            name_of(table),
            names.join(", "),
            values.join(", ")
        );
        self.execute("insert into", table, &text, &params)?;
        Ok(())
    }

    fn may(&mut self, table: &Table, delete: bool) -> Result<(), Error> {
        const TEXT: &str = "SELECT has_table_privilege($1::text::regclass, $2::text), \
                            current_setting('transaction_read_only') = 'on', \
                            has_table_privilege($1::text::regclass, 'UPDATE')";
        let right = if delete { "DELETE" } else { "UPDATE" };
        let (table_name, right_name) =
            (Param::Text(Some(name_of(table))), Param::Text(Some(right.to_string())));
        let rows = self
            .client
            .query_typed(TEXT, &[table_name.typed(), right_name.typed()])
            .map_err(|error| self.said("ask what is permitted", &error))?;
        let answer = |at: usize| rows.first().and_then(|row| row.try_get::<_, bool>(at).ok());
        if answer(2) == Some(false) {
            self.unlocked.insert(name_of(table));
        }
        if answer(1) == Some(true) {
            return Err(self.database(READ_ONLY.to_string(), Some(READ_ONLY_HINT), Exit::Refused));
        }
        if answer(0) == Some(false) {
            let what = if delete { "delete from" } else { "change" };
            let full = table.full_name();
            let hint = format!(
                "an administrator permits it with: GRANT {right} ON {} TO {}",
                name_of(table),
                self.user
            );
            return Err(self.database(
                format!("{} may not {what} {full}", self.user),
                Some(&hint),
                Exit::Denied,
            ));
        }
        Ok(())
    }

    fn is_busy(&self, error: &Error) -> bool {
        matches!(error, Error::Database { reason, .. } if reason == BUSY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_found_as_libpq_finds_them() {
        let wanted = ["h", "5432", "shop", "web"];
        for (line, password) in [
            ("h:5432:shop:web:secret", Some("secret")),
            ("*:*:*:web:a:b", Some("a:b")),
            ("h:5432:*:web:a\\:b\\\\", Some("a:b\\")),
            ("# h:5432:shop:web:secret", None),
            ("h:5433:shop:web:secret", None),
            ("\\*:5432:shop:web:secret", None),
            ("h:5432:shop:web", None),
            ("", None),
        ] {
            assert_eq!(pass_of(line, wanted).as_deref(), password, "{line}");
        }
    }
}
