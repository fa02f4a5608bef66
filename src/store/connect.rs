//! From an address to a live server: URL, password, TLS, and errors in plain words.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::{ErrorKind, RedisError, ServerErrorKind, Value};

use super::Error;
use super::dial::{self, Failed};
use super::redis::RedisStore;
use super::wire::Wire;
use crate::secret::Secret;

/// How long a connection may take unless the user says otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take unless the user says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Tcp { host: String, port: u16, tls: bool },
    Unix(PathBuf),
}

/// Files and switches for TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// Certificates to trust instead of the system's.
    pub cacert: Option<PathBuf>,
    /// The client's own certificate and its key.
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// No check of the server's certificate at all.
    pub insecure: bool,
}

/// A server, and what is needed to log in.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub address: Address,
    pub user: Option<String>,
    pub db: u32,
    /// From the URL; it goes before the file, and the file before the environment.
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    /// Whose first line of output is the password.
    pub password_command: Option<String>,
    /// From the environment; also sent where the server wants none, as redis-cli does.
    pub env_password: Option<Secret>,
    pub tls: Tls,
    pub connect_timeout: Duration,
    pub timeout: Duration,
}

/// Without any password: this is what messages say.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { host, port, tls } => {
                let scheme = if *tls { "rediss" } else { "redis" };
                let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
                write!(f, "{scheme}://{open}{host}{close}:{port}/{}", self.db)
            }
            Address::Unix(path) => write!(f, "unix://{}?db={}", path.display(), self.db),
        }
    }
}

/// Reasons that mean that there may be no server at this address at all.
pub const ABSENT: &[&str] = &[NO_SOCKET, DEAD_SOCKET, NOBODY, SILENT, SILENT_TLS, NO_HOST];
const NO_SOCKET: &str = "there is no such socket file";
const DEAD_SOCKET: &str = "the socket file is there, but nobody listens on it";
const NOBODY: &str = "nobody listens there";
const SILENT: &str = "no answer in time (--connect-timeout)";
const SILENT_TLS: &str = "no answer in time (--connect-timeout); perhaps it does not speak TLS on this port";
const NO_HOST: &str = "the host name is not known";

/// What answers is no Redis server.
const FOREIGN: &str = "what answers there does not speak Redis; is it another service's port, or one that expects TLS (rediss://)?";
/// What answers watches over Redis servers and holds no keys.
const SENTINEL: &str = "this is a Sentinel, which holds no sessions; ask it for the primary and name that one: \
                        redis-cli -p 26379 SENTINEL get-master-addr-by-name NAME";

/// The user gave a password, and the server has none.
pub const NO_PASSWORD: &str = "it has no password; leave it out";

const SCHEMES: &[&str] = &["redis", "rediss", "valkey", "valkeys", "unix"];

impl Target {
    fn at(address: Address) -> Target {
        Target {
            address,
            user: None,
            db: 0,
            password: None,
            password_file: None,
            password_command: None,
            env_password: None,
            tls: Tls::default(),
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
        }
    }

    /// Where this is, such as `redis://db1:6379/0`.
    pub fn place(&self) -> String {
        self.to_string()
    }

    /// The name that messages give the user.
    pub fn user_name(&self) -> &str {
        self.user.as_deref().unwrap_or("default")
    }

    pub fn is_tls(&self) -> bool {
        matches!(self.address, Address::Tcp { tls: true, .. })
    }

    /// Reads a URL. No message repeats a part of it that could be a password.
    pub fn parse(text: &str) -> Result<Target, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err(wrong("the store is empty"));
        }
        if text.chars().any(|char| char.is_control() || char == ' ') {
            return Err(wrong(
                "the store holds a space or a control character; a URL has them as %20 and the like",
            ));
        }
        let lower = text.to_ascii_lowercase();
        let bare_path = lower.split(['?', '#']).next().unwrap_or(&lower);
        if lower.starts_with("rdb:")
            || (!lower.contains("://")
                && std::path::Path::new(bare_path).extension().is_some_and(|extension| extension == "rdb"))
        {
            return Err(unsupported(
                "a dump file",
                "reading dump files is not supported yet; load it into a private server",
            ));
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            // As some clients write it.
            None if lower.starts_with("unix:/") => ("unix".to_string(), &text["unix:".len()..]),
            None if text.starts_with('/') => {
                return Err(wrong("the store is a path; a Unix socket is given as unix:///PATH"));
            }
            // A bare HOST, HOST:PORT or HOST:PORT/DB.
            None => ("redis".to_string(), text),
        };
        match scheme.as_str() {
            "redis" | "valkey" => Target::tcp(rest, false),
            "rediss" | "valkeys" => Target::tcp(rest, true),
            "unix" | "redis+unix" | "valkey+unix" | "redis+socket" | "redis-socket" => Target::unix(rest),
            other if other.contains("sentinel") => Err(unsupported(
                &format!("{other}://…"),
                "Sentinel is not supported yet; name the primary itself (redis-cli -p 26379 SENTINEL \
                 GET-MASTER-ADDR-BY-NAME SERVICE says where it is)",
            )),
            other if other.contains("cluster") => {
                Err(unsupported(&format!("{other}://…"), "a Redis Cluster is not supported yet"))
            }
            other => {
                let near = crate::fault::nearest(other, SCHEMES.iter().copied())
                    .map_or_else(String::new, |near| format!("did you mean `{near}://`? "));
                let known = SCHEMES.join("://, ");
                Err(wrong(format!(
                    "the store has the unknown scheme `{other}://`; {near}known are {known}://"
                )))
            }
        }
    }

    /// `[user[:pass]@]host[:port][/db]`.
    fn tcp(rest: &str, tls: bool) -> Result<Target, Error> {
        let (rest, fragment) = split_off(rest, '#');
        let (rest, query) = split_off(rest, '?');
        let (authority, path) = split_off(rest, '/');
        let late_at = [path, query, fragment].iter().flatten().any(|part| part.contains('@'));
        if late_at && !authority.contains('@') {
            return Err(wrong(
                "the user or password in the store holds `/`, `?` or `#`; write them as %2F, %3F and %23",
            ));
        }
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        let (host, port) = host_and_port(host)?;
        let mut target = Target::at(Address::Tcp { host, port, tls });
        target.log_in(login)?;
        if let Some(path) = path.map(|path| path.trim_end_matches('/')).filter(|path| !path.is_empty()) {
            target.db = database(path)?;
        }
        target.parameters(query)?;
        match fragment {
            None => {}
            Some("insecure") if tls => target.tls.insecure = true,
            Some(_) => return Err(wrong("the store ends in `#…`; only `#insecure` with rediss:// is known")),
        }
        Ok(target)
    }

    /// `[user[:pass]@]/path?db=N`.
    fn unix(rest: &str) -> Result<Target, Error> {
        let (rest, query) = split_off(rest, '?');
        let Some(slash) = rest.find('/') else {
            return Err(wrong("the store has no path to the socket; it is given as unix:///PATH"));
        };
        let (authority, path) = rest.split_at(slash);
        let login = match authority.rsplit_once('@') {
            Some((login, "" | "localhost")) => Some(login),
            None if authority.is_empty() || authority == "localhost" => None,
            _ => {
                return Err(wrong(
                    "the path of a Unix socket begins with a third slash: unix:///run/redis.sock",
                ));
            }
        };
        let mut target = Target::at(Address::Unix(PathBuf::from(decoded(path, "path")?)));
        target.log_in(login)?;
        target.parameters(query)?;
        Ok(target)
    }

    fn log_in(&mut self, login: Option<&str>) -> Result<(), Error> {
        let Some(login) = login else { return Ok(()) };
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        if !user.is_empty() {
            self.user = Some(decoded(user, "user")?);
        }
        if let Some(password) = password.filter(|password| !password.is_empty()) {
            self.password = Some(Secret::new(decoded(password, "password")?));
        }
        Ok(())
    }

    fn parameters(&mut self, query: Option<&str>) -> Result<(), Error> {
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "db" => self.db = database(value)?,
                "user" | "username" => self.user = Some(decoded(value, "user")?),
                "pass" | "password" => self.password = Some(Secret::new(decoded(value, "password")?)),
                // How this program talks to the server is its own affair.
                "protocol" => {}
                other => {
                    return Err(wrong(format!(
                        "the store has an unknown parameter `{other}`; known are db, user and pass, and TLS is \
                         set by --cacert, --cert, --key and --insecure"
                    )));
                }
            }
        }
        Ok(())
    }

    /// The password to log in with, and whether the server may do without it.
    fn login(&self, place: &str) -> Result<Option<(Secret, bool)>, Error> {
        if let Some(password) = &self.password {
            return Ok(Some((password.clone(), false)));
        }
        if let Some(path) = &self.password_file {
            return Ok(Some((first_line(path).map_err(|reason| connecting(place, reason))?, false)));
        }
        if let Some(command) = &self.password_command {
            return Ok(Some((printed(command).map_err(|reason| connecting(place, reason))?, false)));
        }
        Ok(self.env_password.clone().map(|password| (password, true)))
    }
}

fn wrong(what: impl Into<String>) -> Error {
    Error::Target(what.into())
}

/// An address that is well written and cannot be used yet.
fn unsupported(place: &str, reason: &str) -> Error {
    Error::Connect { place: place.to_string(), reason: reason.to_string() }
}

fn split_off(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn host_and_port(text: &str) -> Result<(String, u16), Error> {
    let (host, port) = if let Some(inner) = text.strip_prefix('[') {
        let Some((host, after)) = inner.split_once(']') else {
            return Err(wrong("the store's IPv6 address lacks its closing bracket `]`"));
        };
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(wrong("what stands in brackets in the store is no IPv6 address"));
        }
        match after.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if after.is_empty() => (host, None),
            None => return Err(wrong("after the IPv6 address in the store `:PORT` or `/DB` is expected")),
        }
    } else if text.matches(':').count() > 1 {
        return Err(wrong(
            "the store has too many colons; an IPv6 address stands in brackets: redis://[::1]:6379",
        ));
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let port = match port {
        None | Some("") => 6379,
        // The text is not repeated: where `@HOST` was forgotten it is a password.
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
            wrong("the store's port must be a number from 1 to 65535 (user and password end with `@`)")
        })?,
    };
    let host = if host.is_empty() { "127.0.0.1".to_string() } else { decoded(host, "host")? };
    if host.contains(['/', '@', '\\', ',']) {
        return Err(wrong("the store must name one host"));
    }
    Ok((host, port))
}

fn database(text: &str) -> Result<u32, Error> {
    text.parse()
        .map_err(|_| wrong("the store's database must be a number, such as the 0 in redis://HOST:6379/0"))
}

/// Percent-decoding. `what` names the part, since its text may be secret.
fn decoded(text: &str, what: &str) -> Result<String, Error> {
    let bad = || {
        wrong(format!(
            "the {what} in the store holds a `%` that is not followed by two hex digits (a `%` itself is %25)"
        ))
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok()).ok_or_else(bad)?;
            if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(bad());
            }
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| bad())?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong(format!("the {what} in the store is not UTF-8")))
}

/// A file that connecting needs and that cannot be used.
fn connecting(place: &str, reason: String) -> Error {
    Error::Connect { place: place.to_string(), reason }
}

/// The first line of a password file.
fn first_line(path: &Path) -> Result<Secret, String> {
    let shown = path.display();
    let cannot = |error: &std::io::Error| format!("cannot read the password file {shown}: {}", plain(error));
    let file = std::fs::File::open(path).map_err(|error| cannot(&error))?;
    match password_of(file).map_err(|error| cannot(&error))? {
        Some(line) => Ok(Secret::new(line)),
        None => Err(format!("the first line of the password file {shown} is empty")),
    }
}

/// Bytes of a line with a password, at most.
const LONGEST: u64 = 64 << 10;

/// The first line, without its end; `None` where nothing is in it.
fn password_of(from: impl std::io::Read) -> std::io::Result<Option<String>> {
    use std::io::BufRead as _;
    let mut line = Vec::new();
    std::io::BufReader::new(from.take(LONGEST + 1)).read_until(b'\n', &mut line)?;
    if line.len() as u64 > LONGEST {
        return Err(std::io::Error::other("its first line is longer than any password"));
    }
    let text = String::from_utf8(line).map_err(|_| std::io::Error::other("it is no text (UTF-8)"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Some(text.to_string()).filter(|text| !text.is_empty()))
}

/// What the command printed as its first line. It is asked once: a command may want a finger on a key.
fn printed(command: &str) -> Result<Secret, String> {
    use std::process::{Command, Stdio};
    static PRINTED: Mutex<Option<(String, Secret)>> = Mutex::new(None);
    let mut known = PRINTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((asked, secret)) = &*known
        && asked == command
    {
        return Ok(secret.clone());
    }
    let failed = |error: &std::io::Error| format!("the password command cannot be run: {}", plain(error));
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let line = child.stdout.take().map_or(Ok(None), password_of).map_err(|error| failed(&error));
    let status = child.wait().map_err(|error| failed(&error))?;
    let line = line?;
    // Whoever prints more than a line may find that nobody listens any more.
    if !status.success() && (line.is_none() || status.code().is_some_and(|code| code != 141)) {
        return Err(format!("the password command failed ({status})"));
    }
    let secret = Secret::new(line.ok_or("the password command printed nothing on its first line")?);
    *known = Some((command.to_string(), secret.clone()));
    Ok(secret)
}

/// Connects, logs in and says who we are.
pub fn connect(target: &Target) -> Result<RedisStore, Error> {
    ANSWER_WITHIN.store(target.timeout.as_secs().max(1), Ordering::Relaxed);
    let place = target.place();
    let mut wire = dial::dial(target).map_err(|failed| match failed {
        Failed::Io(error) => unreachable(&error.into(), &place),
        Failed::Tls(reason) => connecting(&place, tls_reason(&reason)),
    })?;
    let cluster = introduce(&mut wire, target, &place)?;
    wire.limit(target.timeout).map_err(|error| unreachable(&error.into(), &place))?;
    let mut store = RedisStore::new(wire, place, target.user_name().to_string()).with_target(target.clone());
    store.cluster = cluster;
    Ok(store)
}

/// Logs in, names the connection, keeps what is read from looking used, and says whether it is a
/// cluster's. All of it is sent in one go.
fn introduce(wire: &mut Wire, target: &Target, place: &str) -> Result<bool, Error> {
    let user = target.user_name();
    let login = target.login(place)?;
    if login.is_none() && target.user.is_some() {
        let reason = "a user was named, but no password was given".to_string();
        return Err(Error::Authentication { place: place.to_string(), reason });
    }
    let mut commands = Vec::new();
    if let Some((password, _)) = &login {
        let mut auth = ::redis::cmd("AUTH");
        if let Some(user) = &target.user {
            auth.arg(user);
        }
        commands.extend(auth.arg(password.reveal()).get_packed_command());
    }
    if target.db != 0 {
        commands.extend(::redis::cmd("SELECT").arg(target.db).get_packed_command());
    }
    commands.extend(::redis::cmd("CLIENT").arg("SETNAME").arg("sessctl").get_packed_command());
    // Reading must not keep sessions from being evicted; older servers do not know it.
    commands.extend(::redis::cmd("CLIENT").arg("NO-TOUCH").arg("ON").get_packed_command());
    commands.extend(::redis::cmd("INFO").arg("cluster").get_packed_command());
    // A server that hangs up at once may have said why.
    let sent = wire.send(&commands);
    let mut answer = || wire.answer().and_then(Value::extract_error);

    if let Some((_, optional)) = login
        && let Err(error) = answer()
    {
        let reason = detail(&error);
        if reason.contains("without any password configured") || reason.contains("no password is set") {
            // redis-cli goes on as well when only the environment holds a password.
            if !optional {
                let reason = NO_PASSWORD.to_string();
                return Err(Error::Authentication { place: place.to_string(), reason });
            }
        } else if matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse) || error.code() == Some("DENIED") {
            return Err(unreachable(sent.as_ref().err().unwrap_or(&error), place));
        } else {
            return Err(classify(&error, place, user, "AUTH"));
        }
    }
    if target.db != 0 {
        answer().map_err(|error| {
            if matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse) || error.code() == Some("DENIED") {
                unreachable(&error, place)
            } else {
                classify(&error, place, user, "SELECT")
            }
        })?;
    }
    // The first answer of all where there was no login: a server that cannot be used says so here.
    // That the user may not name the connection does no harm.
    if let Err(error) = answer() {
        if matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse)
            || error.code() == Some("DENIED")
            || detail(&error).contains("max number of clients")
        {
            return Err(unreachable(&error, place));
        }
        if let found @ Error::Authentication { .. } = classify(&error, place, user, "CLIENT SETNAME") {
            return Err(found);
        }
    }
    let lost = |error: RedisError| matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse).then_some(error);
    if let Some(error) = answer().err().and_then(lost) {
        return Err(unreachable(&error, place));
    }
    let info = match answer() {
        Ok(info) => ::redis::from_redis_value::<String>(info).unwrap_or_default(),
        Err(error) => match lost(error) {
            Some(error) => return Err(unreachable(&error, place)),
            None => String::new(),
        },
    };
    // A cluster of one primary holds everything: it can be read as a single server is.
    let enabled = member(&info, "cluster_enabled");
    // A Sentinel has nothing to say about clusters, and no keys to look at.
    if enabled.is_none() {
        let info = ::redis::cmd("INFO").arg("server").query::<String>(wire).unwrap_or_default();
        if info.contains("redis_mode:sentinel") {
            return Err(connecting(place, SENTINEL.to_string()));
        }
    }
    let cluster = enabled == Some(1);
    if cluster {
        let info = ::redis::cmd("CLUSTER").arg("INFO").query::<String>(wire).unwrap_or_default();
        if member(&info, "cluster_size").is_some_and(|size| size > 1) {
            return Err(Error::Cluster { place: place.to_string() });
        }
    }
    Ok(cluster)
}

/// The lines `db0:keys=12,expires=3,…` of an answer to INFO.
pub(super) fn keyspace(text: &str) -> Vec<(u32, u64)> {
    let database = |line: &str| {
        let (number, rest) = line.strip_prefix("db")?.split_once(":keys=")?;
        Some((number.parse().ok()?, rest.split(',').next()?.trim().parse().ok()?))
    };
    text.lines().filter_map(database).collect()
}

/// A number in an answer of `name:value` lines.
fn member(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
}

/// The seconds that a timeout error speaks of. There is one target a run, and [`classify`] is called
/// from places that do not know it.
static ANSWER_WITHIN: AtomicU64 = AtomicU64::new(TIMEOUT.as_secs());

/// What an error in the middle of the work means.
pub fn classify(error: &RedisError, place: &str, user: &str, command: &str) -> Error {
    let place = place.to_string();
    let reason = detail(error);
    // The server names what it does not permit; which question the answer was taken for says less.
    let command = not_permitted(&reason).unwrap_or_else(|| command.to_string());
    if error.is_timeout() {
        return Error::Timeout { place, seconds: ANSWER_WITHIN.load(Ordering::Relaxed) };
    }
    match error.kind() {
        ErrorKind::Io => return Error::Lost { place, reason },
        ErrorKind::AuthenticationFailed => return Error::Authentication { place, reason },
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => return Error::Answer { place, command },
        ErrorKind::Server(kind) => match kind {
            ServerErrorKind::NoPerm => return Error::Denied { place, user: user.to_string(), command },
            ServerErrorKind::BusyLoading => return Error::Loading { place },
            ServerErrorKind::ReadOnly => return Error::Replica { place },
            ServerErrorKind::Moved
            | ServerErrorKind::Ask
            | ServerErrorKind::CrossSlot
            | ServerErrorKind::ClusterDown => return Error::Cluster { place },
            _ => {}
        },
        _ => {}
    }
    match error.code() {
        Some("NOAUTH") => {
            Error::Authentication { place, reason: "it wants a password, and none was given".to_string() }
        }
        Some("WRONGPASS") => Error::Authentication {
            place,
            reason: "the user or the password is wrong, or the user is off".to_string(),
        },
        // A transaction's last word may be about what was forbidden in it, or about EXEC itself.
        Some("EXECABORT") if reason.contains("NOPERM") => {
            Error::Denied { place, user: user.to_string(), command }
        }
        // Servers before 6.0.
        _ if reason.contains("invalid password") => {
            Error::Authentication { place, reason: "the password is wrong".to_string() }
        }
        _ => Error::Refused { place, command, reason },
    }
}

/// The command that an ACL forbids by what the server says of it (Redis 6.0 to 8, `acl.c`:
/// `getAclErrorMessage`): `no permissions to run the 'memory|usage' command`.
fn not_permitted(reason: &str) -> Option<String> {
    let (_, rest) = reason.split_once("no permissions to run the '")?;
    let (name, _) = rest.split_once('\'')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '|' | '-' | '_' | '.');
    (!name.is_empty() && name.len() < 64 && name.chars().all(is_name))
        .then(|| name.to_ascii_uppercase().replace('|', " "))
}

/// What the server or the system said, on one line.
fn detail(error: &RedisError) -> String {
    if let Some(io) = io_error(error) {
        return plain(io);
    }
    let text = match (error.code(), error.detail()) {
        (Some("ERR") | None, Some(detail)) => detail.to_string(),
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    };
    text.lines().next().unwrap_or_default().to_string()
}

/// The system's error inside.
fn io_error(error: &RedisError) -> Option<&io::Error> {
    let source = error.source()?;
    if let Some(shared) = source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>() {
        return shared.downcast_ref::<io::Error>();
    }
    source.downcast_ref::<io::Error>()
}

/// A system error without its number.
pub(super) fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            "the server closed the connection".to_string()
        }
        _ => {
            let text = error.to_string();
            match text.find(" (os error") {
                Some(at) => text[..at].to_lowercase(),
                None => text,
            }
        }
    }
}

/// Why a connection did not come about, in plain words.
fn unreachable(error: &RedisError, place: &str) -> Error {
    let socket = place.starts_with("unix:");
    let secure = place.starts_with("rediss:");
    let reason = if let Some(io) = io_error(error) {
        let text = io.to_string();
        match io.kind() {
            io::ErrorKind::NotFound if socket => NO_SOCKET.to_string(),
            io::ErrorKind::ConnectionRefused if socket => DEAD_SOCKET.to_string(),
            io::ErrorKind::PermissionDenied if socket => "you may not use the socket file".to_string(),
            io::ErrorKind::ConnectionRefused => NOBODY.to_string(),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock if secure => SILENT_TLS.to_string(),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => SILENT.to_string(),
            _ if secure && text.contains("InvalidContentType") => {
                "the server does not speak TLS on this port; try redis://".to_string()
            }
            _ if text.contains("invalid peer certificate") => certificate(&text),
            _ if text.contains("CertificateRequired") => {
                "the server wants a client certificate; give it with --cert and --key".to_string()
            }
            _ if text.contains("failed to lookup address") => NO_HOST.to_string(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
                if !secure && !socket =>
            {
                "the server closed the connection; if it expects TLS, use rediss://".to_string()
            }
            _ => plain(io),
        }
    } else if error.kind() == ErrorKind::Parse {
        FOREIGN.to_string()
    } else if error.code() == Some("DENIED") {
        "the server is in protected mode: it has no password and answers its own machine only".to_string()
    } else {
        tls_reason(&detail(error))
    };
    Error::Connect { place: place.to_string(), reason }
}

/// What is wrong with TLS, in plain words where it is known.
fn tls_reason(text: &str) -> String {
    if text.contains("invalid peer certificate") {
        certificate(text)
    } else if text.contains("KeyMismatch") {
        "the key is not the one of the client certificate (--cert, --key)".to_string()
    } else {
        text.to_string()
    }
}

/// rustls's words for a certificate that it does not take.
fn certificate(text: &str) -> String {
    if text.contains("UnknownIssuer") || text.contains("CaUsedAsEndEntity") {
        "the server's TLS certificate is not signed by a known authority; name its own with --cacert"
            .to_string()
    } else if text.contains("NotValidForName") || text.contains("not valid for name") {
        "the server's TLS certificate is for another host name; use the name that it was made for".to_string()
    } else if text.contains("xpired") {
        "the server's TLS certificate has expired".to_string()
    } else {
        text.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16, tls: bool) -> Address {
        Address::Tcp { host: host.to_string(), port, tls }
    }

    /// Text, address, user, password, database.
    type Case<'t> = (&'t str, Address, Option<&'t str>, Option<&'t str>, u32);

    #[test]
    fn urls_are_read() {
        let unix = |path: &str| Address::Unix(PathBuf::from(path));
        let cases: Vec<Case<'_>> = vec![
            ("redis://db1", tcp("db1", 6379, false), None, None, 0),
            ("redis://db1:7000/3", tcp("db1", 7000, false), None, None, 3),
            ("REDIS://db1/3/", tcp("db1", 6379, false), None, None, 3),
            ("valkeys://ops:s%40c%2Fret@db1", tcp("db1", 6379, true), Some("ops"), Some("s@c/ret"), 0),
            ("rediss://:pass@[::1]:7000/1", tcp("::1", 7000, true), None, Some("pass"), 1),
            ("redis://ops@db1", tcp("db1", 6379, false), Some("ops"), None, 0),
            ("redis://u:p@ss@db1", tcp("db1", 6379, false), Some("u"), Some("p@ss"), 0),
            ("redis:///2", tcp("127.0.0.1", 6379, false), None, None, 2),
            ("redis://db1?db=4", tcp("db1", 6379, false), None, None, 4),
            ("localhost", tcp("localhost", 6379, false), None, None, 0),
            ("db1:6380/1", tcp("db1", 6380, false), None, None, 1),
            ("unix:///run/redis.sock", unix("/run/redis.sock"), None, None, 0),
            ("unix:/run/redis.sock?db=2", unix("/run/redis.sock"), None, None, 2),
            ("redis+unix:///a%20b.sock?db=1&user=u&pass=p", unix("/a b.sock"), Some("u"), Some("p"), 1),
            ("unix://u:p@/run/r.sock", unix("/run/r.sock"), Some("u"), Some("p"), 0),
        ];
        for (text, address, user, password, db) in cases {
            let target = Target::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(target.address, address, "{text}");
            assert_eq!(target.user.as_deref(), user, "{text}");
            assert_eq!(target.password.as_ref().map(Secret::reveal), password, "{text}");
            assert_eq!(target.db, db, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_its_password() {
        let cases = [
            ("", "is empty"),
            ("http://db1", "unknown scheme `http://`"),
            ("rediis://db1", "did you mean `redis://`"),
            ("redis://db1:port", "port must be"),
            ("redis://db1:0", "port must be"),
            ("redis://user:hunter2", "port must be"),
            ("redis://:hunter/2@db1", "%2F"),
            ("redis://u:hunter#2@db1", "%23"),
            ("redis://db1/one", "database must be a number"),
            ("redis://db1/-1", "database must be a number"),
            ("redis://::1", "in brackets"),
            ("redis://[::1", "closing bracket"),
            ("redis://[hunter]", "no IPv6 address"),
            ("redis://u:hunter%2@db1", "password in the store holds a `%`"),
            ("redis://u:hunter%zz@db1", "two hex digits"),
            ("redis://a,b", "one host"),
            ("redis://db1 ", ""),
            ("redis://d b1", "a space"),
            ("redis://db1?ssl=1", "unknown parameter `ssl`"),
            ("redis://db1#insecure", "only `#insecure`"),
            ("unix://run/redis.sock", "third slash"),
            ("unix://", "no path"),
            ("/run/redis.sock", "unix:///PATH"),
            ("redis-sentinel://h1,h2/main", "Sentinel is not supported yet"),
            ("rediss-cluster://h1", "Cluster is not supported yet"),
            ("dump.rdb", "dump files is not supported yet"),
            ("rdb:/var/lib/redis/dump.rdb", "dump files is not supported yet"),
        ];
        for (text, expected) in cases {
            match Target::parse(text) {
                Ok(_) => assert_eq!(expected, "", "{text} was taken"),
                Err(error) => {
                    let error = error.to_string();
                    assert!(error.contains(expected), "{text}: {error}");
                    assert!(!error.contains("hunter"), "{text}: {error}");
                }
            }
        }
    }

    #[test]
    fn a_place_is_shown_without_a_password() {
        for (text, place) in [
            ("valkey://ops:hunter2@db1/2", "redis://db1:6379/2"),
            ("rediss://:hunter2@[::1]", "rediss://[::1]:6379/0"),
            ("unix:///run/redis.sock?pass=hunter2", "unix:///run/redis.sock?db=0"),
        ] {
            let target = Target::parse(text).expect("well written");
            assert_eq!(target.place(), place);
            assert!(!format!("{target:?}").contains("hunter2"));
        }
    }

    #[test]
    fn server_errors_are_told_apart() {
        let server = |line: &str| {
            let value = ::redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("an answer");
            value.extract_error().expect_err("an error")
        };
        let cases = [
            ("NOAUTH Authentication required.", "wants a password"),
            ("WRONGPASS invalid username-password pair or user is disabled.", "is wrong"),
            ("ERR invalid password", "the password is wrong"),
            ("NOPERM this user has no permissions to run the 'get' command", "ops may not run GET"),
            ("LOADING Redis is loading the dataset in memory", "still loading"),
            ("READONLY You can't write against a read only replica.", "read-only replica"),
            ("MOVED 866 127.0.0.1:7001", "node of a Redis Cluster"),
            ("CROSSSLOT Keys in request don't hash to the same slot", "node of a Redis Cluster"),
            ("CLUSTERDOWN The cluster is down", "node of a Redis Cluster"),
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                "refused GET: OOM command not allowed",
            ),
            ("ERR unknown command", "refused GET: unknown command"),
        ];
        for (line, expected) in cases {
            let error = classify(&server(line), "redis://db1:6379/0", "ops", "GET").to_string();
            assert!(error.contains(expected), "{line}: {error}");
        }
        let io = |kind: io::ErrorKind| classify(&RedisError::from(io::Error::from(kind)), "p", "u", "GET");
        assert!(matches!(io(io::ErrorKind::WouldBlock), Error::Timeout { .. }));
        assert!(matches!(io(io::ErrorKind::UnexpectedEof), Error::Lost { .. }));
    }

    #[test]
    fn a_socket_that_is_not_there_is_said_to_be_so() {
        let target = Target::parse("unix:///nonexistent/sessctl.sock").expect("well written");
        let error = connect(&target).err().expect("no server").to_string();
        assert_eq!(
            error,
            "cannot connect to unix:///nonexistent/sessctl.sock?db=0: there is no such socket file"
        );
    }
}
