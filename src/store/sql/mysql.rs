//! MySQL and MariaDB. Values are read as text, whatever their types, but for bytes, and written as text. Times with
//! a zone (`TIMESTAMP`) are UTC on this connection; those without one (`DATETIME`) are what they are.

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

use mysql::consts::CapabilityFlags;
use mysql::prelude::Queryable as _;
use mysql::{ClientIdentity, Conn, DriverError, Opts, OptsBuilder, Params, SslOpts, Value};

use super::engine::{Cell, Engine, LARGEST, Put, Row};
use super::messages::{self, BUSY, BUSY_HINT, READ_ONLY, READ_ONLY_HINT, login};
use super::place::{Mode, Server, SqlPlace};
use crate::exit::Exit;
use crate::secret::Secret;
use crate::store::redis::{Checks, tls_config};
use crate::store::table::{Column, Table};
use crate::store::{Error, Reason};
use crate::text::words::unnumbered;

/// Seconds that a lock is waited for before the transaction is tried again.
const LOCK: u32 = 2;

pub(super) struct Mysql {
    place: String,
    user: String,
    connection: Conn,
    timeout: Duration,
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl Mysql {
    pub(super) fn open(place: &SqlPlace, server: &Server, write: bool) -> Result<Mysql, Error> {
        let shown = place.place();
        let user = server.user.clone().or_else(|| env("USER")).unwrap_or_else(|| "root".to_string());
        let Some(database) = &server.database else {
            return Err(Error::Target("the store names no database: mysql://USER@HOST/DATABASE".to_string()));
        };
        let password = match place.password(server)? {
            Some(password) => Some(password),
            None => env("MYSQL_PWD").map(Secret::new),
        };
        let local = matches!(&*server.host, "" | "localhost");
        let usual = ["/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/tmp/mysql.sock"];
        // As the client of the server's own does it: `localhost` is its socket, unless a port is named.
        let socket = server.socket.clone().or_else(|| {
            let found = usual.iter().map(std::path::PathBuf::from).find(|path| path.exists());
            found.filter(|_| local && server.port.is_none())
        });
        let host = if server.host.is_empty() { "127.0.0.1" } else { &server.host };
        let mut options = OptsBuilder::new()
            .ip_or_hostname(Some(host))
            .tcp_port(server.port.unwrap_or(3306))
            .socket(socket.as_ref().map(|path| path.to_string_lossy().into_owned()))
            .prefer_socket(false)
            .user(Some(user.clone()))
            .pass(password.as_ref().map(|password| password.reveal().to_string()))
            .db_name(Some(database.clone()))
            .tcp_connect_timeout(Some(place.connect_timeout))
            .read_timeout(Some(place.timeout))
            .write_timeout(Some(place.timeout))
            // How many rows an update finds, not how many it makes different.
            .additional_capabilities(CapabilityFlags::CLIENT_FOUND_ROWS);
        let (mode, tls) = place.tls(server, None)?;
        let wants_tls = matches!(mode, Mode::Require | Mode::VerifyCa | Mode::VerifyFull);
        // There is no TLS on a socket of this machine.
        if wants_tls && socket.is_none() {
            let unfit = |reason: &str| Error::Connect {
                place: shown.clone(),
                reason: Reason::Unfit(reason.to_string()),
            };
            if tls.sni.is_some() {
                return Err(unfit("--sni is not for MySQL: name the host by what its certificate is for"));
            }
            // Said here in plain words.
            tls_config(&tls, Checks::Name).map_err(|why| unfit(&why))?;
            let own = tls.cert.clone().zip(tls.key.clone());
            let checked = SslOpts::default()
                .with_root_cert_path(tls.cacert.clone())
                .with_client_identity(own.map(|(cert, key)| ClientIdentity::new(cert, key)))
                .with_danger_accept_invalid_certs(tls.insecure || mode == Mode::Require)
                .with_danger_skip_domain_validation(tls.insecure || mode != Mode::VerifyFull);
            options = options.ssl_opts(checked);
        }
        let connection = Conn::new(Opts::from(options)).map_err(|error| connecting(&shown, &user, &error))?;
        let mut mysql = Mysql { place: shown, user, connection, timeout: place.timeout };
        mysql
            .run("SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'")?;
        mysql.run(&format!("SET SESSION innodb_lock_wait_timeout = {LOCK}, lock_wait_timeout = {LOCK}"))?;
        if !write {
            mysql.run("SET SESSION TRANSACTION READ ONLY")?;
        }
        Ok(mysql)
    }

    fn run(&mut self, text: &str) -> Result<(), Error> {
        self.connection.query_drop(text).map_err(|error| self.said("run a command", &error))
    }

    fn said(&self, what: &str, error: &mysql::Error) -> Error {
        said(&self.place, &self.user, self.timeout, what, error)
    }

    fn database(&self, reason: String, hint: Option<&str>, exit: Exit) -> Error {
        Error::Database { place: self.place.clone(), reason, hint: hint.map(str::to_string), exit }
    }

    fn texts(&mut self, text: &str, params: Vec<Value>) -> Result<Vec<Vec<Option<String>>>, Error> {
        let rows: Vec<mysql::Row> = self
            .connection
            .exec(text, positional(params))
            .map_err(|error| self.said("read the catalogue", &error))?;
        let cell = |value: Value| match value {
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Value::Int(number) => Some(number.to_string()),
            Value::UInt(number) => Some(number.to_string()),
            _ => None,
        };
        Ok(rows.into_iter().map(|row| row.unwrap().into_iter().map(cell).collect()).collect())
    }

    fn rows(&mut self, table: &Table, rest: &str, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        let text = format!("SELECT {} FROM {} {rest}", selected(table), name(table));
        let what = format!("read {}", table.full_name());
        let found: Vec<mysql::Row> =
            self.connection.exec(text, positional(params)).map_err(|error| self.said(&what, &error))?;
        let row = |row: mysql::Row| {
            let cells = row.unwrap().into_iter().zip(&table.columns);
            let cells = cells.map(|(value, column)| match value {
                Value::NULL => Cell::Null,
                Value::Bytes(bytes) if bytes.len() > LARGEST => Cell::Large(bytes.len() as u64),
                Value::Bytes(bytes) if is_bytes(column) => Cell::Bytes(bytes),
                Value::Bytes(text) => Cell::Text(text),
                Value::Int(number) => Cell::Text(number.to_string().into_bytes()),
                Value::UInt(number) => Cell::Text(number.to_string().into_bytes()),
                other => Cell::Text(other.as_sql(true).into_bytes()),
            });
            Row { cells: cells.collect(), epochs: Vec::new() }
        };
        Ok(found.into_iter().map(row).collect())
    }

    fn execute(&mut self, what: &str, table: &Table, text: &str, params: Vec<Value>) -> Result<u64, Error> {
        let what = format!("{what} {}", table.full_name());
        self.connection.exec_drop(text, positional(params)).map_err(|error| self.said(&what, &error))?;
        Ok(self.connection.affected_rows())
    }
}

fn positional(params: Vec<Value>) -> Params {
    if params.is_empty() { Params::Empty } else { Params::Positional(params) }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn name(table: &Table) -> String {
    quoted(&table.name)
}

fn column(table: &Table, at: usize) -> String {
    quoted(&table.columns[at].name)
}

/// Whether a column holds bytes and no text.
fn is_bytes(column: &Column) -> bool {
    ["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"]
        .iter()
        .any(|of| column.of == *of || column.of.strip_prefix(of).is_some_and(|rest| rest.starts_with('(')))
}

fn selected(table: &Table) -> String {
    let each = table.columns.iter().map(|column| {
        let name = quoted(&column.name);
        if is_bytes(column) || is_text(column) { name } else { format!("CAST({name} AS CHAR)") }
    });
    each.collect::<Vec<String>>().join(", ")
}

fn is_text(column: &Column) -> bool {
    ["char", "varchar", "tinytext", "text", "mediumtext", "longtext"]
        .iter()
        .any(|of| column.of.starts_with(of))
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null | Cell::Large(_) => Value::NULL,
        Cell::Int(number) => Value::Int(*number),
        Cell::Real(number) => Value::Double(*number),
        Cell::Text(text) | Cell::Bytes(text) => Value::Bytes(text.clone()),
    }
}

fn same(table: &Table, by: &[usize], row: &Row, params: &mut Vec<Value>) -> String {
    let each = by.iter().map(|at| {
        params.push(value(&row.cells[*at]));
        format!("{} = ?", column(table, *at))
    });
    each.collect::<Vec<String>>().join(" AND ")
}

fn connecting(place: &str, user: &str, error: &mysql::Error) -> Error {
    match error {
        mysql::Error::MySqlError(told) if matches!(told.code, 1045 | 1044 | 1698 | 1251) => {
            login(place.to_string(), &told.message)
        }
        mysql::Error::MySqlError(told) => Error::Database {
            place: place.to_string(),
            reason: told.message.clone(),
            hint: match told.code {
                1049 => Some(format!("name a database that {user} can see")),
                // require_secure_transport, of MySQL and of MariaDB.
                3159 | 4150 => {
                    Some("write ?sslmode=require behind the database, or a stricter mode".to_string())
                }
                _ => None,
            },
            exit: Exit::Failed,
        },
        mysql::Error::DriverError(DriverError::CouldNotConnect(Some((_, why, _)))) => {
            Error::Connect { place: place.to_string(), reason: Reason::Absent(unnumbered(why)) }
        }
        other => {
            let text = other.to_string();
            // This client cannot be told another name.
            let named = |reason: Reason| match reason {
                Reason::Unfit(why) if why.contains("--sni") => Reason::Unfit(
                    "the server's TLS certificate is for another host name; name the host by that"
                        .to_string(),
                ),
                reason => reason,
            };
            let reason = messages::tls(&text).map_or(Reason::Absent(text), named);
            Error::Connect { place: place.to_string(), reason }
        }
    }
}

fn said(place: &str, user: &str, timeout: Duration, what: &str, error: &mysql::Error) -> Error {
    let database = |reason: String, hint: Option<String>, exit: Exit| Error::Database {
        place: place.to_string(),
        reason,
        hint,
        exit,
    };
    let system = match error {
        mysql::Error::IoError(cause) => Some(cause),
        mysql::Error::CodecError(cause) => cause.source().and_then(|cause| cause.downcast_ref()),
        _ => None,
    };
    if let Some(cause) = system {
        let place = place.to_string();
        return match cause.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                Error::Timeout { place, seconds: timeout.as_secs() }
            }
            _ => Error::Lost { place, reason: unnumbered(&cause.to_string()) },
        };
    }
    match error {
        mysql::Error::MySqlError(told) => match told.code {
            // Lock wait timeout, deadlock.
            1205 | 1213 | 3572 => database(BUSY.to_string(), Some(BUSY_HINT.to_string()), Exit::Failed),
            1142 | 1143 | 1044 | 1227 | 1370 => database(
                format!("{user} may not {what}: {}", told.message),
                Some(format!(
                    "an administrator permits it with: GRANT SELECT, DELETE, UPDATE, INSERT ON the table TO {user}"
                )),
                Exit::Denied,
            ),
            // Read-only transaction, --read-only, super-read-only.
            1792 | 1290 | 1836 => {
                database(READ_ONLY.to_string(), Some(READ_ONLY_HINT.to_string()), Exit::Refused)
            }
            // The server is shut down, or ended the connection.
            1053 | 1927 => Error::Lost { place: place.to_string(), reason: told.message.clone() },
            3024 | 1969 | 1317 => Error::Timeout { place: place.to_string(), seconds: timeout.as_secs() },
            _ => database(told.message.clone(), None, Exit::Failed),
        },
        other => database(other.to_string(), None, Exit::Failed),
    }
}

impl Engine for Mysql {
    fn user(&self) -> String {
        self.user.clone()
    }

    fn hides_tables(&self) -> bool {
        true
    }

    fn tables(&mut self) -> Result<Vec<Table>, Error> {
        const COLUMNS: &str = "SELECT c.table_name, t.table_type, c.column_name, c.column_type, c.extra \
                               FROM information_schema.columns c JOIN information_schema.tables t \
                               ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
                               WHERE c.table_schema = DATABASE() ORDER BY c.table_name, c.ordinal_position";
        const KEYS: &str = "SELECT table_name, index_name, column_name, sub_part FROM information_schema.statistics \
                            WHERE table_schema = DATABASE() AND non_unique = 0 \
                            ORDER BY table_name, index_name, seq_in_index";
        let mut tables: Vec<Table> = Vec::new();
        for row in self.texts(COLUMNS, Vec::new())? {
            let [Some(table), of_table, Some(name), of, extra] = &row[..] else { continue };
            if tables.last().is_none_or(|last| last.name != *table) {
                tables.push(Table {
                    schema: None,
                    name: table.clone(),
                    columns: Vec::new(),
                    primary: Vec::new(),
                    unique: Vec::new(),
                    view: of_table.as_deref().is_some_and(|of| of.contains("VIEW")),
                    hidden: false,
                });
            }
            let generated = extra.as_deref().is_some_and(|extra| {
                let extra = extra.to_ascii_uppercase();
                extra.contains("VIRTUAL") || extra.contains("STORED") || extra.contains("PERSISTENT")
            });
            if let Some(last) = tables.last_mut() {
                let of = of.clone().unwrap_or_default().to_ascii_lowercase();
                last.columns.push(Column { name: name.clone(), of, generated });
            }
        }
        let mut keys: Vec<(String, String, Vec<String>, bool)> = Vec::new();
        for row in self.texts(KEYS, Vec::new())? {
            let [Some(table), Some(index), Some(column), part] = &row[..] else { continue };
            if keys.last().is_none_or(|(last, name, ..)| last != table || name != index) {
                keys.push((table.clone(), index.clone(), Vec::new(), false));
            }
            if let Some((_, _, columns, parts)) = keys.last_mut() {
                columns.push(column.clone());
                *parts |= part.is_some();
            }
        }
        for (name, index, columns, parts) in keys {
            let Some(table) = tables.iter_mut().find(|table| table.name == name) else { continue };
            let at = |name: &String| table.columns.iter().position(|column| column.name == *name);
            let Some(columns) = columns.iter().map(at).collect::<Option<Vec<usize>>>() else { continue };
            if index == "PRIMARY" {
                table.primary.clone_from(&columns);
            }
            // An index over the beginnings of strings tells no two longer ones apart.
            if !parts {
                table.unique.push(columns);
            }
        }
        Ok(tables)
    }

    fn now(&mut self) -> Result<i64, Error> {
        const TEXT: &str = "SELECT CAST(FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000) AS SIGNED)";
        let now: Result<Option<i64>, mysql::Error> = self.connection.query_first(TEXT);
        let now = now.map_err(|error| self.said("ask the time", &error))?;
        now.ok_or_else(|| Error::Answer { place: self.place.clone(), command: "NOW".to_string() })
    }

    fn count(&mut self, table: &Table) -> Result<Option<u64>, Error> {
        const TEXT: &str = "SELECT table_rows FROM information_schema.tables \
                            WHERE table_schema = DATABASE() AND table_name = ?";
        let rows = self.texts(TEXT, vec![Value::Bytes(table.name.clone().into_bytes())])?;
        let count = rows.first().and_then(|row| row.first()?.as_ref()?.parse().ok());
        // An estimate: none is not believed.
        Ok(count.filter(|count| *count > 0))
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
            params.push(Value::Bytes(text.as_bytes().to_vec()));
            tests.push(format!("{} = ?", column(table, at)));
        }
        let order: Vec<String> = by.iter().map(|at| column(table, *at)).collect();
        if let Some(after) = after {
            params.extend(by.iter().map(|at| value(&after.cells[*at])));
            if by.len() == 1 {
                tests.push(format!("{} > ?", order[0]));
            } else {
                tests.push(format!("({}) > ({})", order.join(", "), vec!["?"; by.len()].join(", ")));
            }
        }
        let rest = format!("WHERE {} ORDER BY {} LIMIT {most}", tests.join(" AND "), order.join(", "));
        self.rows(table, &rest, params)
    }

    fn find(
        &mut self,
        table: &Table,
        at: usize,
        texts: &[&[u8]],
        only: Option<(usize, &str)>,
        to_change: bool,
    ) -> Result<Vec<Row>, Error> {
        // A number is equal to every text that begins with it.
        let number = table.columns[at].of.contains("int");
        let fits = |text: &&&[u8]| {
            !number || std::str::from_utf8(text).is_ok_and(|text| text.parse::<i64>().is_ok())
        };
        let params: Vec<Value> = texts.iter().filter(fits).map(|text| Value::Bytes(text.to_vec())).collect();
        // A string column is compared with strings only.
        let mut params: Vec<Value> = params
            .into_iter()
            .filter(|value| {
                is_bytes(&table.columns[at])
                    || matches!(value, Value::Bytes(bytes) if std::str::from_utf8(bytes).is_ok())
            })
            .collect();
        if params.is_empty() {
            return Ok(Vec::new());
        }
        let lock = if to_change { " FOR UPDATE" } else { "" };
        let marks = vec!["?"; params.len()].join(", ");
        let mut test = format!("{} IN ({marks})", column(table, at));
        if let Some((at, text)) = only {
            test.push_str(&format!(" AND {} = ?", column(table, at)));
            params.push(Value::Bytes(text.as_bytes().to_vec()));
        }
        self.rows(table, &format!("WHERE {test}{lock}"), params)
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.run("START TRANSACTION")
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.run("COMMIT")
    }

    fn rollback(&mut self) {
        let _ = self.connection.query_drop("ROLLBACK");
    }

    fn delete(&mut self, table: &Table, by: &[usize], row: &Row) -> Result<bool, Error> {
        let mut params = Vec::new();
        let same = same(table, by, row, &mut params);
        let text = format!("DELETE FROM {} WHERE {same}", name(table));
        Ok(self.execute("delete from", table, &text, params)? > 0)
    }

    fn delete_all(&mut self, table: &Table, by: &[usize], rows: &[&Row]) -> Result<u64, Error> {
        let names: Vec<String> = by.iter().map(|at| column(table, *at)).collect();
        let one = format!("({})", vec!["?"; by.len()].join(", "));
        let text = format!(
            "DELETE FROM {} WHERE ({}) IN ({})",
            name(table),
            names.join(", "),
            vec![&one[..]; rows.len()].join(", ")
        );
        let cells = rows.iter().flat_map(|row| by.iter().map(|at| value(&row.cells[*at])));
        self.execute("delete from", table, &text, cells.collect())
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
            let column = column(table, *at);
            match put {
                Put::Text(text) => {
                    params.push(Value::Bytes(text.clone()));
                    sets.push(format!("{column} = ?"));
                }
                Put::Cell(cell) => {
                    params.push(value(cell));
                    sets.push(format!("{column} = ?"));
                }
                Put::Epoch(ms) => {
                    params.push(Value::Int(*ms));
                    sets.push(format!("{column} = FROM_UNIXTIME(? / 1000)"));
                }
            }
        }
        // What the server would move by itself stays.
        for (at, other) in table.columns.iter().enumerate() {
            if other.of.starts_with("timestamp") && puts.iter().all(|(put, _)| *put != at) {
                let name = quoted(&other.name);
                sets.push(format!("{name} = {name}"));
            }
        }
        let same = same(table, by, row, &mut params);
        let text = format!("UPDATE {} SET {} WHERE {same}", name(table), sets.join(", "));
        Ok(self.execute("change", table, &text, params)? > 0)
    }

    fn insert(&mut self, table: &Table, cells: &[(usize, Cell)]) -> Result<(), Error> {
        let names: Vec<String> = cells.iter().map(|(at, _)| column(table, *at)).collect();
        let text = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            name(table),
            names.join(", "),
            vec!["?"; cells.len()].join(", ")
        );
        self.execute("insert into", table, &text, cells.iter().map(|(_, cell)| value(cell)).collect())?;
        Ok(())
    }

    fn may(&mut self, table: &Table, delete: bool) -> Result<(), Error> {
        let read_only = self.texts("SELECT @@global.read_only, @@session.tx_read_only", Vec::new());
        if let Ok(rows) = read_only
            && rows.iter().flatten().flatten().any(|text| text == "1" || text == "ON")
        {
            return Err(self.database(READ_ONLY.to_string(), Some(READ_ONLY_HINT), Exit::Refused));
        }
        // A statement that finds nothing is refused all the same where it is not permitted.
        let text = if delete {
            format!("DELETE FROM {} WHERE 1 = 0", name(table))
        } else {
            let first = column(table, 0);
            format!("UPDATE {} SET {first} = {first} WHERE 1 = 0", name(table))
        };
        let what = if delete { "delete from" } else { "change" };
        self.execute(what, table, &text, Vec::new()).map(|_| ())
    }

    fn is_busy(&self, error: &Error) -> bool {
        matches!(error, Error::Database { reason, .. } if reason == BUSY)
    }
}
