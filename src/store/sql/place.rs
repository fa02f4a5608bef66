//! Which database is meant, and what is needed to log in: the addresses that frameworks are configured with.

use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Secret;
use crate::store::contract::{Lookup, Medium, Open, Store};
use crate::store::error::{Error, Reason};
use crate::store::redis::target::{Tls, first_line, printed};
use crate::store::table::Wanted;
use crate::text::safe::safe;

/// Where the database is.
#[derive(Debug, Clone, PartialEq)]
pub enum At {
    Sqlite(PathBuf),
    Postgres(Server),
    Mysql(Server),
}

/// A database on a server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Server {
    /// Empty where none is named.
    pub host: String,
    pub port: Option<u16>,
    /// A socket instead of a host: of PostgreSQL its folder.
    pub socket: Option<PathBuf>,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub database: Option<String>,
    /// What TLS has to be, where the address says it.
    pub mode: Option<Mode>,
    /// The authority whose certificates are taken, and a certificate of one's own with its key.
    pub cacert: Option<PathBuf>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

/// What TLS has to be, as PostgreSQL has it (libpq, `sslmode`); MySQL's own words for it are taken, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Disable,
    /// Where the server has it, and whoever it is.
    Prefer,
    /// Encrypted, whoever it is.
    Require,
    /// By a certificate of a known authority.
    VerifyCa,
    /// And one that is for the host's name.
    VerifyFull,
}

impl Mode {
    /// From the words of PostgreSQL and MySQL.
    pub fn parse(text: &str) -> Result<Mode, Error> {
        Ok(match text.to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" | "allow" => Mode::Disable,
            "prefer" | "preferred" => Mode::Prefer,
            "require" | "required" => Mode::Require,
            "verify-ca" => Mode::VerifyCa,
            "verify-full" | "verify-identity" => Mode::VerifyFull,
            // What is misspelt must not come to mean less than was meant.
            _ => return Err(wrong("sslmode is one of disable, prefer, require, verify-ca and verify-full")),
        })
    }
}

/// A database that is named and not opened yet.
#[derive(Debug, Clone)]
pub struct SqlPlace {
    pub at: At,
    pub password_file: Option<PathBuf>,
    pub password_command: Option<String>,
    pub tls: Tls,
    pub connect_timeout: Duration,
    pub timeout: Duration,
    pub(super) wanted: Wanted,
}

/// What names of SQLite files end in, where nothing else says that they are databases.
const ENDS: &[&str] = &[".sqlite", ".sqlite3", ".db", ".db3"];

impl SqlPlace {
    /// From an address; `None` is a name of something else.
    pub fn parse(text: &str) -> Option<Result<SqlPlace, Error>> {
        let text = text.trim();
        let text = text.strip_prefix("jdbc:").unwrap_or(text);
        let lower = text.to_ascii_lowercase();
        let (scheme, rest) = match lower.find(':') {
            // A drive of Windows, a host with its port.
            Some(at) if at > 1 => (&lower[..at], &text[at + 1..]),
            _ => ("", text),
        };
        // SQLAlchemy names the driver after a plus.
        let kind = scheme.split('+').next().unwrap_or_default();
        let at = match kind {
            "sqlite" | "sqlite3" => file(rest),
            "postgres" | "postgresql" | "postgis" | "pgsql" | "pg" => server(rest).map(At::Postgres),
            "mysql" | "mysql2" | "mariadb" | "trilogy" => server(rest).map(At::Mysql),
            "" if ENDS.iter().any(|end| lower.ends_with(end)) => file(text),
            _ => return None,
        };
        Some(at.map(|at| SqlPlace {
            at,
            password_file: None,
            password_command: None,
            tls: Tls::default(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            wanted: Wanted::default(),
        }))
    }

    /// Where it is, without any password.
    pub fn place(&self) -> String {
        let of = |scheme: &str, server: &Server| {
            let user = server.user.as_ref().map_or_else(String::new, |user| format!("{user}@"));
            let port = server.port.map_or_else(String::new, |port| format!(":{port}"));
            let host =
                if server.host.contains(':') { format!("[{}]", server.host) } else { server.host.clone() };
            let database = server.database.as_deref().unwrap_or_default();
            let socket = match &server.socket {
                Some(socket) => format!("?host={}", socket.display()),
                None => String::new(),
            };
            safe(&format!("{scheme}://{user}{host}{port}/{database}{socket}")).into_owned()
        };
        match &self.at {
            At::Sqlite(path) => format!("sqlite:{}", safe(&path.to_string_lossy())),
            At::Postgres(server) => of("postgres", server),
            At::Mysql(server) => of("mysql", server),
        }
    }

    #[cfg_attr(not(any(feature = "postgres", feature = "mysql")), expect(dead_code, reason = "for servers"))]
    /// What TLS has to be and by which files: those that were given go before those of the address, and `usual` is
    /// the mode that the environment names. Whoever names an authority wants it checked; as in libpq `require` leaves
    /// out the name then.
    pub(super) fn tls(&self, server: &Server, usual: Option<Mode>) -> Result<(Mode, Tls), Error> {
        let given = &self.tls;
        let tls = Tls {
            cacert: given.cacert.clone().or_else(|| server.cacert.clone()),
            cert: given.cert.clone().or_else(|| server.cert.clone()),
            key: given.key.clone().or_else(|| server.key.clone()),
            ..given.clone()
        };
        let mode = match (server.mode.or(usual), &tls.cacert) {
            (Some(Mode::Disable), Some(_)) if given.cacert.is_some() => {
                return Err(wrong("--cacert is for TLS, which sslmode=disable in the store rules out"));
            }
            (None | Some(Mode::Prefer), Some(_)) => Mode::VerifyFull,
            (Some(Mode::Require), Some(_)) => Mode::VerifyCa,
            (mode, _) => mode.unwrap_or(Mode::Prefer),
        };
        Ok((mode, tls))
    }

    #[cfg_attr(not(any(feature = "postgres", feature = "mysql")), expect(dead_code, reason = "for servers"))]
    /// The password to log in with: that of the address, of the file, or what the command prints.
    pub(super) fn password(&self, server: &Server) -> Result<Option<Secret>, Error> {
        let connecting =
            |reason: String| Error::Connect { place: self.place(), reason: Reason::Unfit(reason) };
        if let Some(password) = &server.password {
            return Ok(Some(password.clone()));
        }
        if let Some(path) = &self.password_file {
            return first_line(path).map(Some).map_err(connecting);
        }
        match &self.password_command {
            Some(command) => printed(command).map(Some).map_err(connecting),
            None => Ok(None),
        }
    }
}

fn wrong(what: impl Into<String>) -> Error {
    Error::Target(what.into())
}

/// A path, with whatever parameters other programs want after it.
fn file(rest: &str) -> Result<At, Error> {
    let path = match rest.split_once('?') {
        Some((path, _)) if !std::path::Path::new(rest).exists() => path,
        _ => rest,
    };
    match path.trim_start_matches('/') {
        "" => Err(wrong("the database has no path; it is given as sqlite:PATH")),
        ":memory:" => Err(wrong("a database in memory belongs to its own program; only files can be read")),
        _ => Ok(At::Sqlite(relative(path))),
    }
}

/// With three slashes the path is one from the root, or, as SQLAlchemy has it, one from here.
fn relative(text: &str) -> PathBuf {
    use std::path::Path;
    let rest = text.strip_prefix("//").unwrap_or(text);
    if let Some(absolute) = rest.strip_prefix("//") {
        return Path::new("/").join(absolute);
    }
    match text.strip_prefix("///") {
        Some(relative) if !Path::new(rest).exists() && Path::new(relative).exists() => {
            PathBuf::from(relative)
        }
        _ => PathBuf::from(rest),
    }
}

/// `//[user[:password]@][host][:port][/database][?parameters]`.
fn server(rest: &str) -> Result<Server, Error> {
    let Some(rest) = rest.strip_prefix("//") else {
        return Err(wrong("a server is given as postgres://USER@HOST:PORT/DATABASE or mysql://…"));
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, query),
        None => (rest, ""),
    };
    let (authority, database) = match rest.split_once('/') {
        Some((authority, database)) => (authority, Some(database.trim_end_matches('/'))),
        None => (rest, None),
    };
    if !authority.contains('@') && (query.contains('@') || database.is_some_and(|name| name.contains('@'))) {
        return Err(wrong("the user or password in the store holds `/` or `?`; write them as %2F and %3F"));
    }
    let (login, host) = match authority.rsplit_once('@') {
        Some((login, host)) => (Some(login), host),
        None => (None, authority),
    };
    let mut server = Server::default();
    if let Some(login) = login {
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        server.user = Some(decoded(user, "user")?).filter(|user| !user.is_empty());
        if let Some(password) = password.filter(|password| !password.is_empty()) {
            server.password = Some(Secret::new(decoded(password, "password")?));
        }
    }
    let database = database.filter(|name| !name.is_empty());
    server.database = database.map(|name| decoded(name, "database")).transpose()?;
    let (host, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, port)) => (host.to_string(), port.strip_prefix(':')),
        None => match host.rsplit_once(':') {
            Some((host, port)) => (decoded(host, "host")?, Some(port)),
            None => (decoded(host, "host")?, None),
        },
    };
    if let Some(port) = port.filter(|port| !port.is_empty()) {
        let number = port.parse().ok().filter(|port| *port > 0);
        server.port = Some(number.ok_or_else(|| {
            // The text is not repeated: where `@HOST` was forgotten it is a password.
            wrong("the store's port must be a number from 1 to 65535 (user and password end with `@`)")
        })?);
    }
    server.put_host(host);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value, "parameters")?;
        match name.to_ascii_lowercase().as_str() {
            "host" => server.put_host(value),
            "port" => server.port = value.parse().ok().or(server.port),
            "unix_socket" | "socket" | "socketpath" => server.socket = Some(PathBuf::from(value)),
            "user" | "username" => server.user = Some(value),
            "password" => server.password = Some(Secret::new(value)),
            "dbname" | "database" => server.database = Some(value),
            "sslmode" | "ssl-mode" | "ssl_mode" => server.mode = Some(Mode::parse(&value)?),
            "ssl" | "usessl" | "require_ssl" => {
                let off = matches!(&*value.to_ascii_lowercase(), "0" | "false" | "no" | "off");
                server.mode =
                    Some(if off { Mode::Disable } else { Mode::parse(&value).unwrap_or(Mode::Require) });
            }
            "sslrootcert" | "ssl-ca" | "ssl_ca" | "sslca" => server.cacert = Some(PathBuf::from(value)),
            "sslcert" | "ssl-cert" | "ssl_cert" => server.cert = Some(PathBuf::from(value)),
            "sslkey" | "ssl-key" | "ssl_key" => server.key = Some(PathBuf::from(value)),
            // What other programs' drivers want is their own affair: serverVersion, charset, pool sizes.
            _ => {}
        }
    }
    Ok(server)
}

impl Server {
    /// A host that begins with a slash is a socket.
    fn put_host(&mut self, host: String) {
        if host.starts_with('/') {
            self.socket = Some(PathBuf::from(host));
        } else if !host.is_empty() {
            self.host = host;
        }
    }
}

/// Undoes percent-encoding.
fn decoded(text: &str, what: &str) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(
            byte.ok_or_else(|| wrong(format!("the {what} in the store has a `%` that is written %25")))?,
        );
        rest = &rest[2..];
    }
    String::from_utf8(bytes).map_err(|_| wrong(format!("the {what} in the store is not UTF-8")))
}

impl Open for SqlPlace {
    fn place(&self) -> String {
        SqlPlace::place(self)
    }

    fn medium(&self) -> Medium {
        Medium::Table
    }

    fn login(&self) -> &str {
        match &self.at {
            At::Sqlite(_) => "",
            At::Postgres(server) | At::Mysql(server) => server.user.as_deref().unwrap_or_default(),
        }
    }

    fn look_for(&mut self, wanted: Wanted) {
        self.wanted = wanted;
    }

    fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        Ok(Box::new(self.open(false)?))
    }

    fn store(&self) -> Result<Box<dyn Store>, Error> {
        Ok(Box::new(self.open(true)?))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_frameworks_have_them() {
        let of = |text: &str| match SqlPlace::parse(text) {
            Some(Ok(place)) => place.place(),
            Some(Err(error)) => format!("error: {error}"),
            None => "none".to_string(),
        };
        for (text, place) in [
            ("sqlite:app.db", "sqlite:app.db"),
            ("sqlite3:db/x.sqlite3", "sqlite:db/x.sqlite3"),
            ("sqlite:///var/app.db", "sqlite:/var/app.db"),
            ("sqlite:////var/app.db", "sqlite:/var/app.db"),
            ("SQLITE:app.db?mode=ro", "sqlite:app.db"),
            ("/srv/web/db.sqlite3", "sqlite:/srv/web/db.sqlite3"),
            ("postgres://u:p@h:5433/shop", "postgres://u@h:5433/shop"),
            ("postgresql+psycopg://u:p%40q@h/shop?sslmode=require", "postgres://u@h/shop"),
            ("postgres:///shop?host=/run/postgresql", "postgres:///shop?host=/run/postgresql"),
            ("postgresql://u@%2Frun%2Fpg/shop", "postgres://u@/shop?host=/run/pg"),
            ("jdbc:postgresql://h/shop?user=u&password=p", "postgres://u@h/shop"),
            ("mysql2://u:p@h:3307/shop?encoding=utf8mb4", "mysql://u@h:3307/shop"),
            (
                "mysql+pymysql://u:p@/shop?unix_socket=/run/mysqld.sock",
                "mysql://u@/shop?host=/run/mysqld.sock",
            ),
            ("mariadb://u:p@[::1]:3306/shop", "mysql://u@[::1]:3306/shop"),
            ("redis://h", "none"),
            ("localhost:6379", "none"),
            ("h", "none"),
        ] {
            assert_eq!(of(text), place, "{text}");
        }
        for (text, word) in [
            ("sqlite:", "no path"),
            ("sqlite::memory:", "memory"),
            ("postgres:x", "given as"),
            ("mysql://u:p/x@h/d", "%2F"),
            ("mysql://u:p%4@h/d", "%25"),
            ("mysql://u:secret", "port"),
            ("postgres://h/d?sslmode=verify_ful", "sslmode is one of"),
        ] {
            let error = of(text);
            assert!(error.starts_with("error: ") && error.contains(word), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_tls_has_to_be() {
        let of = |text: &str, cacert: Option<&str>| {
            let mut place = SqlPlace::parse(text).unwrap().unwrap();
            place.tls.cacert = cacert.map(PathBuf::from);
            let (At::Postgres(server) | At::Mysql(server)) = &place.at else { panic!("{text}") };
            place.tls(server, None).map(|(mode, tls)| (mode, tls.cacert))
        };
        let ca = Some(PathBuf::from("ca.pem"));
        for (text, given, mode, cacert) in [
            ("postgres://h/d", None, Mode::Prefer, None),
            ("postgres://h/d", Some("ca.pem"), Mode::VerifyFull, ca.clone()),
            ("postgres://h/d?sslmode=require", Some("ca.pem"), Mode::VerifyCa, ca.clone()),
            ("postgres://h/d?sslmode=verify-full&sslrootcert=ca.pem", None, Mode::VerifyFull, ca.clone()),
            ("postgres://h/d?sslmode=disable", None, Mode::Disable, None),
            ("mysql://h/d?ssl-mode=VERIFY_IDENTITY", None, Mode::VerifyFull, None),
            ("mysql://h/d?ssl=true", None, Mode::Require, None),
            ("mysql://h/d?ssl=false", None, Mode::Disable, None),
            ("mysql://h/d?ssl=%7B%22rejectUnauthorized%22:true%7D", None, Mode::Require, None),
        ] {
            assert_eq!(of(text, given).unwrap(), (mode, cacert), "{text}");
        }
        assert!(of("postgres://h/d?sslmode=disable", Some("ca.pem")).is_err());
    }

    #[test]
    fn a_password_is_read_and_never_shown() {
        let place = SqlPlace::parse("mysql://u:p%40%3A@h/d").unwrap().unwrap();
        let At::Mysql(server) = &place.at else { panic!("{place:?}") };
        assert_eq!(place.password(server).unwrap().unwrap().reveal(), "p@:");
        assert!(!format!("{place:?}").contains("p@:"));
    }
}
