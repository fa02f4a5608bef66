//! Which server is meant, and what is needed to log in: URLs, passwords, files for TLS.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use super::failure::plain;
use crate::secret::Secret;
use crate::store::{Error, Reason};

/// How long a connection may take unless the user says otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take unless the user says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// What is said where nobody checks a certificate.
pub const INSECURE: &str = "the server's certificate is not checked (--insecure): anyone on the network path can \
                            read and alter everything, including the password";

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
    /// The name that the server is to show a certificate for, where it is not that of the host.
    pub sni: Option<String>,
    /// No check of the server's certificate at all.
    pub insecure: bool,
}

/// A primary that sentinels watch over, and what is needed to ask them.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// What the sentinels call it.
    pub name: String,
    /// How to log in to the sentinels themselves; one that wants a login and is given none of its own gets
    /// that of the servers.
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    /// Whether they speak TLS, where the servers do otherwise.
    pub tls: Option<bool>,
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
    /// More nodes of the cluster that it is a part of, or more sentinels, as the user named them.
    pub others: Vec<(String, u16)>,
    /// The addresses are those of sentinels, and this is whose primary is meant.
    pub service: Option<Service>,
    /// The whole cluster is meant.
    pub cluster: bool,
    /// A node of a cluster is meant, for itself.
    pub node: bool,
    /// Of all servers that there are this one alone is to be read.
    pub only: Option<(String, u16)>,
    pub reads: ReadFrom,
    /// A copy of all that it holds is read, as a replica gets one, and no key is asked for.
    pub snapshot: bool,
    pub connect_timeout: Duration,
    pub timeout: Duration,
}

/// Without any password: this is what messages say.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { host, port, tls } => {
                let scheme = if *tls { "rediss" } else { "redis" };
                let kind = match &self.service {
                    Some(_) => "-sentinel",
                    None if self.cluster => "-cluster",
                    None => "",
                };
                write!(f, "{scheme}{kind}://{}", joined(host, *port))?;
                for (host, port) in &self.others {
                    write!(f, ",{}", joined(host, *port))?;
                }
                match &self.service {
                    Some(service) => write!(f, "/{}/{}", service.name, self.db)?,
                    None if self.cluster && self.db == 0 => {}
                    None => write!(f, "/{}", self.db)?,
                }
                if self.snapshot { write!(f, "?via=snapshot") } else { Ok(()) }
            }
            Address::Unix(path) => {
                write!(f, "unix://{}?db={}", path.display(), self.db)?;
                if self.snapshot { write!(f, "&via=snapshot") } else { Ok(()) }
            }
        }
    }
}

/// A host and its port as a URL has them.
pub(super) fn joined(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

const SCHEMES: &[&str] = &[
    "redis",
    "rediss",
    "valkey",
    "valkeys",
    "redis-cluster",
    "rediss-cluster",
    "redis-sentinel",
    "rediss-sentinel",
    "unix",
];
/// Where a server listens, and a sentinel, unless something else is said.
const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Who is asked where nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFrom {
    Primary,
    /// A replica where there is one that is connected to its primary, else the primary.
    Replica,
    /// Whichever answers most quickly.
    Nearest,
}

/// What an address stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Server,
    Cluster,
    Sentinels,
}

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
            others: Vec::new(),
            service: None,
            cluster: false,
            node: false,
            only: None,
            reads: ReadFrom::Primary,
            snapshot: false,
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

    /// Whether it is on this machine, so that an answer takes no time on its way. Where sentinels are asked
    /// that is not known.
    pub fn is_near(&self) -> bool {
        match &self.address {
            _ if self.service.is_some() => false,
            Address::Unix(_) => true,
            Address::Tcp { host, .. } => {
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
        }
    }

    /// Whether TLS is spoken at all.
    pub fn is_tls(&self) -> bool {
        let sentinels = self.service.as_ref().and_then(|service| service.tls);
        matches!(self.address, Address::Tcp { tls: true, .. }) || sentinels == Some(true)
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
            "redis" | "valkey" => Target::tcp(rest, false, Names::Server),
            "rediss" | "valkeys" => Target::tcp(rest, true, Names::Server),
            "redis-cluster" | "valkey-cluster" => Target::tcp(rest, false, Names::Cluster),
            "rediss-cluster" | "valkeys-cluster" => Target::tcp(rest, true, Names::Cluster),
            "redis-sentinel" | "valkey-sentinel" | "redis+sentinel" | "sentinel" => {
                Target::tcp(rest, false, Names::Sentinels)
            }
            "rediss-sentinel" | "valkeys-sentinel" | "rediss+sentinel" => {
                Target::tcp(rest, true, Names::Sentinels)
            }
            "unix" | "redis+unix" | "valkey+unix" | "redis+socket" | "redis-socket" => Target::unix(rest),
            other => {
                let near = crate::fault::nearest(other, SCHEMES.iter().copied())
                    .map_or_else(String::new, |near| format!("did you mean `{near}://`? "));
                let known = SCHEMES.join("://, ");
                Err(wrong(format!(
                    "the store has the unknown scheme `{other}://`; {near}available are {known}://"
                )))
            }
        }
    }

    /// A server at this address, to be logged in to as to the one that the user named.
    pub(super) fn at_host(&self, host: &str, port: u16) -> Target {
        let tls = matches!(self.address, Address::Tcp { tls: true, .. });
        let address = Address::Tcp { host: host.to_string(), port, tls };
        Target { address, others: Vec::new(), service: None, cluster: false, node: false, ..self.clone() }
    }

    /// Each of the addresses that the user named, for itself.
    pub(super) fn hosts(&self) -> Vec<Target> {
        let one = |address: Address| Target {
            address,
            others: Vec::new(),
            service: None,
            cluster: false,
            node: true,
            ..self.clone()
        };
        let tls = matches!(self.address, Address::Tcp { tls: true, .. });
        let others = self.others.iter().cloned();
        let others = others.map(|(host, port)| Address::Tcp { host, port, tls });
        [self.address.clone()].into_iter().chain(others).map(one).collect()
    }

    /// `[user[:pass]@]host[:port][,host[:port]…][/db]`, with several hosts of a cluster alone, and of
    /// sentinels with `/service[/db]` behind them, or `[/db]#service` as Lettuce writes it.
    fn tcp(rest: &str, tls: bool, names: Names) -> Result<Target, Error> {
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
        let several = names != Names::Server;
        let default = if names == Names::Sentinels { SENTINEL_PORT } else { PORT };
        let mut hosts = if several { host.split(',').collect() } else { vec![host] }.into_iter();
        let (host, port) = host_and_port(hosts.next().unwrap_or_default(), default)?;
        let mut target = Target::at(Address::Tcp { host, port, tls });
        target.others = hosts.map(|host| host_and_port(host, default)).collect::<Result<_, _>>()?;
        target.cluster = names == Names::Cluster;
        target.log_in(login)?;
        let mut path = path.map(|path| path.trim_end_matches('/')).filter(|path| !path.is_empty());
        let mut fragment = fragment;
        if names == Names::Sentinels {
            let named = fragment.take_if(|text| *text != "insecure").filter(|text| !text.is_empty());
            let name = match (named, path) {
                (Some(name), _) => name,
                (None, Some(whole)) => {
                    let (name, db) = split_off(whole, '/');
                    path = db.filter(|db| !db.is_empty());
                    name
                }
                (None, None) => "",
            };
            let name = decoded(name, "service")?;
            if name.is_empty() {
                return Err(wrong(
                    "the store names no service behind its sentinels: redis-sentinel://HOST:26379,HOST2/SERVICE \
                     (redis-cli -p 26379 SENTINEL MASTERS lists them)",
                ));
            }
            let (user, password, password_file, tls) = (None, None, None, None);
            target.service = Some(Service { name, user, password, password_file, tls });
        }
        if let Some(path) = path {
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
                "sentinel_user" | "sentinel_pass" | "sentinel_tls" if self.service.is_some() => {
                    let Some(service) = &mut self.service else { continue };
                    match (name, value) {
                        ("sentinel_user", value) => service.user = Some(decoded(value, "sentinel_user")?),
                        ("sentinel_pass", value) => {
                            service.password = Some(Secret::new(decoded(value, "sentinel_pass")?));
                        }
                        (_, "yes" | "true" | "1") => service.tls = Some(true),
                        (_, "no" | "false" | "0") => service.tls = Some(false),
                        _ => return Err(wrong("`sentinel_tls` in the store is yes or no")),
                    }
                }
                "via" if value == "snapshot" => self.snapshot = true,
                "via" => {
                    return Err(wrong(
                        "`via` in the store can only be `snapshot`, which reads a copy as a replica gets it; without it \
                         keys are read one by one",
                    ));
                }
                // How this program talks to the server is its own affair.
                "protocol" => {}
                other => {
                    return Err(wrong(format!(
                        "the store has an unknown parameter `{other}`; available are db, user, pass and via (of sentinels \
                         also sentinel_user, sentinel_pass and sentinel_tls), and TLS is set by --cacert, --cert, \
                         --key, --sni and --insecure"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Each of the sentinels that the user named, to be logged in to as such.
    pub(super) fn sentinels(&self) -> Vec<Target> {
        self.hosts().into_iter().map(|target| self.as_sentinel(target)).collect()
    }

    /// This address as that of a sentinel, of which there is no database.
    pub(super) fn as_sentinel(&self, mut target: Target) -> Target {
        let Some(service) = &self.service else { return target };
        (target.user, target.password) = (service.user.clone(), service.password.clone());
        target.password_file.clone_from(&service.password_file);
        (target.password_command, target.env_password, target.db) = (None, None, 0);
        if let (Address::Tcp { tls, .. }, Some(own)) = (&mut target.address, service.tls) {
            *tls = own;
        }
        target
    }

    /// The password to log in with, and whether the server may do without it.
    pub(super) fn login(&self, place: &str) -> Result<Option<(Secret, bool)>, Error> {
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

fn split_off(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn host_and_port(text: &str, default: u16) -> Result<(String, u16), Error> {
    let (host, port) = if let Some(inner) = text.strip_prefix('[') {
        let Some((host, after)) = inner.split_once(']') else {
            return Err(wrong("the store's IPv6 address lacks its closing bracket `]`"));
        };
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(wrong("what stands in brackets in the store is not an IPv6 address"));
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
        None | Some("") => default,
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

/// HOST or HOST:PORT, as `--node` has it.
pub fn address(text: &str) -> Result<(String, u16), Error> {
    host_and_port(text, PORT)
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
pub(super) fn connecting(place: &str, reason: String) -> Error {
    Error::Connect { place: place.to_string(), reason: Reason::Unfit(reason) }
}

/// The first line of a password file.
pub(in crate::store) fn first_line(path: &Path) -> Result<Secret, String> {
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
    let text = String::from_utf8(line).map_err(|_| std::io::Error::other("it is not text (UTF-8)"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Some(text.to_string()).filter(|text| !text.is_empty()))
}

/// What the command printed as its first line. It is asked once: a command may want a finger on a key.
pub(in crate::store) fn printed(command: &str) -> Result<Secret, String> {
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
    // Anyone who prints more than a line may find that nobody listens any more.
    if !status.success() && (line.is_none() || status.code().is_some_and(|code| code != 141)) {
        return Err(format!("the password command failed ({status})"));
    }
    let secret = Secret::new(line.ok_or("the password command printed nothing on its first line")?);
    *known = Some((command.to_string(), secret.clone()));
    Ok(secret)
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
            ("redis://[hunter]", "not an IPv6 address"),
            ("redis://u:hunter%2@db1", "password in the store holds a `%`"),
            ("redis://u:hunter%zz@db1", "two hex digits"),
            ("redis://a,b", "one host"),
            ("redis://db1 ", ""),
            ("redis://d b1", "a space"),
            ("redis://db1?ssl=1", "unknown parameter `ssl`"),
            ("redis://db1?via=scan", "`via` in the store can only be `snapshot`"),
            ("unix:///s?db=1&via", "`via` in the store can only be `snapshot`"),
            ("redis://db1#insecure", "only `#insecure`"),
            ("unix://run/redis.sock", "third slash"),
            ("unix://", "no path"),
            ("/run/redis.sock", "unix:///PATH"),
            ("redis-sentinel://h1,h2", "names no service"),
            ("redis-sentinel://h1,h2/main/x", "database must be a number"),
            ("redis-sentinel://h1/main?sentinel_tls=hunter", "is yes or no"),
            ("redis://h1?sentinel_tls=yes", "unknown parameter `sentinel_tls`"),
            ("redis-cluster://h1,h2:0", "port must be"),
            ("redis-cluter://h1", "did you mean `redis-cluster://`"),
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
            ("redis-cluster://u:hunter2@h1,[::1]:7001,h3", "redis-cluster://h1:6379,[::1]:7001,h3:6379"),
            ("valkeys-cluster://h1:7000/2", "rediss-cluster://h1:7000/2"),
            ("redis-sentinel://u:hunter2@h1,h2:7/main", "redis-sentinel://h1:26379,h2:7/main/0"),
            (
                "valkeys-sentinel://h1/a%20b/3?sentinel_user=s&sentinel_pass=hunter2",
                "rediss-sentinel://h1:26379/a b/3",
            ),
            ("valkeys://ops:hunter2@db1/2?via=snapshot", "rediss://db1:6379/2?via=snapshot"),
            ("unix:///s?via=snapshot&pass=hunter2&db=1", "unix:///s?db=1&via=snapshot"),
            ("redis-cluster://h1?via=snapshot", "redis-cluster://h1:6379?via=snapshot"),
            ("redis-sentinel://:hunter2@h1/3#main", "redis-sentinel://h1:26379/main/3"),
        ] {
            let target = Target::parse(text).expect("well written");
            assert_eq!(target.place(), place);
            assert!(!format!("{target:?}").contains("hunter2"));
        }
    }
}
