//! The harness: a real redis-server of the test's own, and the built program run against it.
//!
//! `Sess::new().load("overleaf").args(["list"])` reads as what it does. A server that cannot be
//! started fails the test; it is never skipped. Nothing sleeps: what takes time is asked for again
//! until it is there, with a deadline.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

pub(crate) mod cluster;
pub(crate) mod proxy;
pub(crate) mod run_file;
pub(crate) mod screen;
pub(crate) mod sentinel;

/// How long anything that is waited for may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again until it is so.
#[track_caller]
pub(crate) fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

/// A redis-server on a Unix socket in a directory of its own, ended with the test.
pub(crate) struct Server {
    /// The program that it is.
    program: OsString,
    child: Child,
    pub(crate) dir: tempfile::TempDir,
    /// How a test talks to it.
    password: Option<String>,
}

/// The redis-server of the machine, as Debian has it.
pub(crate) const DEBIANS: &str = "redis-7.0";

/// What a key holds and when it ends, to the byte and the millisecond.
pub(crate) type Snapshot = BTreeMap<Vec<u8>, (Vec<u8>, i64)>;

/// What a key holds, part by part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Text(Vec<u8>),
    /// A hash's fields with their values.
    Fields(BTreeMap<Vec<u8>, Vec<u8>>),
    /// The members of a set or list.
    Members(Vec<Vec<u8>>),
    /// The members of a sorted set with their scores.
    Scored(BTreeMap<Vec<u8>, f64>),
}

impl Content {
    /// The parts that can each name a session, with what stands in them.
    pub(crate) fn parts(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        match self {
            Content::Text(text) => BTreeMap::from([(Vec::new(), text.clone())]),
            Content::Fields(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), [name, &b"\0"[..], value].concat()))
                .collect(),
            Content::Members(members) => {
                members.iter().map(|member| (member.clone(), member.clone())).collect()
            }
            Content::Scored(members) => {
                members.keys().map(|member| (member.clone(), member.clone())).collect()
            }
        }
    }
}

impl Server {
    pub(crate) fn start() -> Server {
        Server::with(&[])
    }

    /// Starts one with more options, given as on its command line.
    pub(crate) fn with(options: &[&str]) -> Server {
        Server::try_with(options).expect("redis-server starts")
    }

    /// As [`Server::with`]; `None` when the server ended at once.
    pub(crate) fn try_with(options: &[&str]) -> Option<Server> {
        Server::try_of(OsStr::new("redis-server"), options)
    }

    /// One of the servers that tests/install unpacks, such as `valkey-9.1`; `redis-7.0` is the redis-server that
    /// all tests run on. Where it lacks, that is said, and in CI it is an error.
    pub(crate) fn of(name: &str) -> Option<Server> {
        Server::of_with(name, &[])
    }

    /// The same with more options.
    #[expect(clippy::print_stderr, reason = "the test's own word on what it did not try")]
    pub(crate) fn of_with(name: &str, options: &[&str]) -> Option<Server> {
        if name == DEBIANS {
            return Some(Server::with(options));
        }
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/servers").join(name).join("server");
        if !program.is_file() {
            let lacking = format!("{name} is not there ({}): tests/install unpacks it", program.display());
            assert!(std::env::var_os("CI").is_none(), "{lacking}");
            eprintln!("not tried: {lacking}");
            return None;
        }
        let started = Server::try_of(program.as_os_str(), options);
        Some(started.unwrap_or_else(|| panic!("{name} does not start")))
    }

    /// The newest server of another maker, or what SESSCTL_TEST_SERVER names instead.
    pub(crate) fn other() -> Option<Server> {
        match std::env::var_os("SESSCTL_TEST_SERVER") {
            Some(program) => Some(Server::try_of(&program, &[]).expect("the other server starts")),
            None => Server::of("valkey-9.1"),
        }
    }

    /// Whether it has such a command.
    pub(crate) fn knows(&self, command: &str) -> bool {
        matches!(self.command(&["COMMAND", "INFO", command]), redis::Value::Array(known)
            if matches!(known[..], [redis::Value::Array(_)]))
    }

    fn try_of(program: &OsStr, options: &[&str]) -> Option<Server> {
        let dir = tempfile::Builder::new().prefix("sessctl-").tempdir().expect("a directory");
        let child = launch(program, dir.path(), options);
        let password =
            options.iter().position(|option| *option == "--requirepass").map(|at| options[at + 1].into());
        let mut server = Server { program: program.to_os_string(), child, dir, password };
        let start = Instant::now();
        // LOADING or NOAUTH are answers, too: the server is there.
        while server.try_ping().is_err() {
            if server.child.try_wait().expect("its state").is_some() {
                return None;
            }
            assert!(start.elapsed() < PATIENCE, "redis-server did not start");
            std::thread::yield_now();
        }
        Some(server)
    }

    fn try_ping(&self) -> Result<(), redis::RedisError> {
        let mut connection = redis::Client::open(self.inner_url())?.get_connection()?;
        match redis::cmd("PING").exec(&mut connection) {
            Err(error) if error.is_io_error() => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    /// What is given to `--store`.
    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// The same for somebody who logs in.
    pub(crate) fn url_of(&self, user: &str, password: &str) -> String {
        format!("unix://{user}:{password}@{}", self.socket().display())
    }

    /// In the words of the library that the tests themselves use.
    fn inner_url(&self) -> String {
        match &self.password {
            Some(password) => format!("{}?pass={password}", self.url()),
            None => self.url(),
        }
    }

    pub(crate) fn connect(&self) -> redis::Connection {
        redis::Client::open(self.inner_url()).expect("a client").get_connection().expect("a connection")
    }

    /// What it is to the others; `None` while it cannot be asked.
    pub(crate) fn role(&self) -> Option<String> {
        let mut connection = redis::Client::open(self.inner_url()).ok()?.get_connection().ok()?;
        match redis::cmd("ROLE").query::<Vec<redis::Value>>(&mut connection).ok()?.first()? {
            redis::Value::BulkString(name) => String::from_utf8(name.clone()).ok(),
            _ => None,
        }
    }

    /// Runs one command as given.
    pub(crate) fn command<S: AsRef<[u8]>>(&self, args: &[S]) -> redis::Value {
        let mut command = redis::Cmd::new();
        for arg in args {
            command.arg(arg.as_ref());
        }
        command.query(&mut self.connect()).unwrap_or_else(|error| {
            panic!("{:?}: {error}", String::from_utf8_lossy(args[0].as_ref()));
        })
    }

    /// Runs a script on the server: the quickest way to fill it.
    pub(crate) fn lua(&self, script: &str, args: &[&str]) {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(0);
        for arg in args {
            command.arg(*arg);
        }
        command.exec(&mut self.connect()).expect("the script runs");
    }

    /// Every key with its DUMP and the time of its end.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut connection = self.connect();
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("keys");
        keys.into_iter()
            .map(|key| {
                let dump: Option<Vec<u8>> =
                    redis::cmd("DUMP").arg(&key).query(&mut connection).expect("a dump");
                let end: i64 = redis::cmd("PEXPIRETIME").arg(&key).query(&mut connection).expect("a time");
                (key, (dump.unwrap_or_default(), end))
            })
            .collect()
    }

    /// When a key ends, in ms since 1970; -1 is never and -2 that there is none. Servers that do not know
    /// PEXPIRETIME say it by the span, so that it may be off by what an answer takes.
    pub(crate) fn ends_at(&self, key: impl AsRef<[u8]>) -> i64 {
        let (key, mut connection) = (key.as_ref(), self.connect());
        if let Ok(end) = redis::cmd("PEXPIRETIME").arg(key).query(&mut connection) {
            return end;
        }
        let (seconds, us): (i64, i64) = redis::cmd("TIME").query(&mut connection).expect("TIME");
        match redis::cmd("PTTL").arg(key).query::<i64>(&mut connection).expect("PTTL") {
            left if left < 0 => left,
            left => seconds * 1000 + us / 1000 + left,
        }
    }

    /// Writes what another server holds by commands: an older one takes no newer DUMP.
    pub(crate) fn copy(&self, from: &Server) {
        let mut pipe = redis::pipe();
        for (key, content) in from.contents() {
            match content {
                Content::Text(text) => drop(pipe.cmd("SET").arg(&key).arg(text).ignore()),
                Content::Fields(fields) => {
                    pipe.cmd("HSET").arg(&key);
                    for (name, value) in fields {
                        pipe.arg(name).arg(value);
                    }
                    pipe.ignore();
                }
                Content::Members(members) => {
                    let kind: String =
                        redis::cmd("TYPE").arg(&key).query(&mut from.connect()).expect("a type");
                    pipe.cmd(if kind == "list" { "RPUSH" } else { "SADD" }).arg(&key).arg(members).ignore();
                }
                Content::Scored(members) => {
                    pipe.cmd("ZADD").arg(&key);
                    for (member, score) in members {
                        pipe.arg(score).arg(member);
                    }
                    pipe.ignore();
                }
            }
            let end = from.ends_at(&key);
            if end > 0 {
                pipe.cmd("PEXPIREAT").arg(&key).arg(end).ignore();
            }
        }
        pipe.exec(&mut self.connect()).expect("it is written");
    }

    /// What every key holds.
    pub(crate) fn contents(&self) -> BTreeMap<Vec<u8>, Content> {
        let mut connection = self.connect();
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("keys");
        keys.into_iter()
            .map(|key| {
                let kind: String = redis::cmd("TYPE").arg(&key).query(&mut connection).expect("a type");
                let ask = |args: &[&str]| {
                    let mut command = redis::cmd(args[0]);
                    command.arg(&key).arg(&args[1..]);
                    command
                };
                let content = match kind.as_str() {
                    "string" => Content::Text(ask(&["GET"]).query(&mut connection).expect("text")),
                    "hash" => Content::Fields(ask(&["HGETALL"]).query(&mut connection).expect("fields")),
                    "set" => {
                        let mut members: Vec<Vec<u8>> =
                            ask(&["SMEMBERS"]).query(&mut connection).expect("members");
                        members.sort();
                        Content::Members(members)
                    }
                    "list" => {
                        Content::Members(ask(&["LRANGE", "0", "-1"]).query(&mut connection).expect("items"))
                    }
                    "zset" => {
                        let members: Vec<(Vec<u8>, f64)> = ask(&["ZRANGE", "0", "-1", "WITHSCORES"])
                            .query(&mut connection)
                            .expect("members");
                        Content::Scored(members.into_iter().collect())
                    }
                    other => panic!("a key of type {other}"),
                };
                (key, content)
            })
            .collect()
    }

    /// How often each command was called since the server was told to forget.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        let info: String = redis::cmd("INFO").arg("commandstats").query(&mut self.connect()).expect("INFO");
        info.lines()
            .filter_map(|line| {
                let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
                Some((name.to_string(), rest.split(',').next()?.parse().ok()?))
            })
            .collect()
    }

    pub(crate) fn forget_calls(&self) {
        self.command(&["CONFIG", "RESETSTAT"]);
    }

    pub(crate) fn flush(&self) {
        self.command(&["FLUSHALL"]);
    }

    /// Puts back all that was there, and nothing else.
    pub(crate) fn put_back(&self, all: &Snapshot) {
        self.flush();
        let mut pipe = redis::pipe();
        for (key, (dump, end)) in all {
            pipe.cmd("RESTORE").arg(key).arg(end.max(&0)).arg(dump).arg("ABSTTL").ignore();
        }
        pipe.exec(&mut self.connect()).expect("RESTORE");
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends its process a signal, such as STOP.
    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Starts it again on the same socket, in the same directory.
    pub(crate) fn restart(&mut self, options: &[&str]) {
        self.kill();
        self.child = launch(&self.program, self.dir.path(), options);
        eventually("it answers again", || self.try_size().is_ok());
    }

    fn try_size(&self) -> Result<usize, redis::RedisError> {
        redis::cmd("DBSIZE").query(&mut redis::Client::open(self.inner_url())?.get_connection()?)
    }

    /// How many keys there are.
    pub(crate) fn size(&self) -> usize {
        self.try_size().expect("DBSIZE")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a process that a test started a signal.
pub(crate) fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").arg("-c").arg(kill).status().expect("sh").success());
}

fn launch(program: &OsStr, dir: &Path, options: &[&str]) -> Child {
    Command::new(program)
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(dir.join("redis.sock"))
        .arg("--dir")
        .arg(dir)
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server must be installed for these tests")
}

/// The folder of a captured store.
pub(crate) fn fixture(slug: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/layout").join(slug)
}

/// All captured stores.
pub(crate) fn fixtures() -> Vec<String> {
    let mut slugs: Vec<String> = std::fs::read_dir(fixture(""))
        .expect("tests/fixtures/layout")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    slugs.sort();
    assert!(!slugs.is_empty());
    slugs
}

/// The keys of a captured store, each with its span (ms; 0 is none) and its DUMP; none ends while it is
/// tested.
pub(crate) fn captured(slug: &str) -> Vec<(Vec<u8>, i64, Vec<u8>)> {
    let text = std::fs::read_to_string(fixture(slug).join("keys.jsonl")).expect("keys.jsonl");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let key: Json = serde_json::from_str(line).expect("JSON");
            let bytes = |name: &str| STANDARD.decode(key[name].as_str().expect("text")).expect("base64");
            let ttl = match key["pttl_ms"].as_i64().expect("a number") {
                -1 => 0,
                ttl => ttl.max(600_000),
            };
            (bytes("key_b64"), ttl, bytes("dump_b64"))
        })
        .collect()
}

/// What a correct tool says of a captured store.
pub(crate) fn expected(slug: &str) -> Json {
    let text = std::fs::read_to_string(fixture(slug).join("expected.json")).expect("expected.json");
    serde_json::from_str(&text).expect("JSON")
}

/// The layout names that count as right for a captured store; the first is the one to name.
pub(crate) fn layout_names(slug: &str) -> Vec<String> {
    match expected(slug)["layouts"].as_array() {
        Some(names) => names.iter().filter_map(|name| name.as_str().map(str::to_string)).collect(),
        None => vec![slug.to_string()],
    }
}

/// An id as express-session makes them: 32 characters of base64url.
pub(crate) fn sid(n: usize) -> String {
    format!("{n:08}-AbCdEfGhIjKlMnOpQrStUvW")
}

/// A session as express-session writes it.
pub(crate) fn express(user: Option<&str>, more: &Json) -> String {
    let mut session = json!({ "cookie": { "originalMaxAge": 3_600_000, "httpOnly": true, "path": "/" } });
    if let Some(user) = user {
        session["passport"] = json!({ "user": user });
    }
    for (name, value) in more.as_object().into_iter().flatten() {
        session[name] = value.clone();
    }
    session.to_string()
}

/// Writes ARGV[1] sessions of express-session under `sess:`, each of a user of its own, with an hour
/// to go. `sid` names the same.
pub(crate) const MANY: &str = r#"
for n = 0, ARGV[1] - 1 do
  redis.call('SET', string.format('sess:%08d-AbCdEfGhIjKlMnOpQrStUvW', n),
    '{"cookie":{"originalMaxAge":3600000,"httpOnly":true,"path":"/"},"passport":{"user":"user' .. n .. '"},"state":"old"}',
    'PX', 3600000)
end
"#;

/// The program and its server.
pub(crate) struct Sess {
    pub(crate) server: Server,
    /// Options that stand before every command's own.
    globals: Vec<String>,
    env: Vec<(String, String)>,
}

impl Sess {
    pub(crate) fn new() -> Sess {
        Sess::on(Server::start())
    }

    pub(crate) fn on(server: Server) -> Sess {
        Sess { server, globals: Vec::new(), env: Vec::new() }
    }

    /// Restores a captured store; none of its keys expires while it is tested.
    pub(crate) fn load(self, slug: &str) -> Sess {
        self.restore(slug);
        self
    }

    /// Removes the locks of requests, which undo does not bring back: those requests are over.
    pub(crate) fn release_locks(&self) {
        for key in self.server.snapshot().into_keys() {
            let ends: [&[u8]; 3] = [b"_LOCK", b"_Write_Lock", b".lock"];
            if key.starts_with(b"lock_") || ends.iter().any(|end| key.ends_with(end)) {
                self.server.command(&[b"DEL", &key[..]]);
            }
        }
    }

    pub(crate) fn restore(&self, slug: &str) {
        let mut pipe = redis::pipe();
        for (key, ttl, dump) in captured(slug) {
            pipe.cmd("RESTORE").arg(key).arg(ttl).arg(dump).arg("REPLACE").ignore();
        }
        pipe.exec(&mut self.server.connect()).expect("RESTORE");
    }

    pub(crate) fn set(self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Sess {
        self.server.command(&[b"SET", key.as_ref(), value.as_ref()]);
        self
    }

    /// A session of express-session that ends in an hour.
    pub(crate) fn express(self, key: impl AsRef<[u8]>, user: Option<&str>, more: &Json) -> Sess {
        let value = express(user, more);
        self.server.command(&[b"SET", key.as_ref(), value.as_bytes(), b"PX", b"3600000"]);
        self
    }

    /// So many sessions of express-session.
    pub(crate) fn many(self, count: usize) -> Sess {
        self.server.lua(MANY, &[&count.to_string()]);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Sess {
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn global(mut self, args: &[&str]) -> Sess {
        self.globals.extend(args.iter().map(|arg| (*arg).to_string()));
        self
    }

    /// Runs as a user whom only these rules permit something.
    pub(crate) fn user(self, rules: &[&str]) -> Sess {
        let mut command = vec!["ACL", "SETUSER", "ops", "reset", "on", ">pw"];
        command.extend(rules);
        self.server.command(&command);
        let url = self.server.url_of("ops", "pw");
        self.global(&["--store", &url])
    }

    /// Writes a configuration with one profile `p` for this server and uses it.
    pub(crate) fn profile(self, layout: &str, options: &Json) -> Sess {
        let text = self.profile_text(layout, options);
        self.use_profile(&text)
    }

    /// The text of a profile `p` for this server.
    pub(crate) fn profile_text(&self, layout: &str, options: &Json) -> String {
        let mut text = format!("[profiles.p]\nstore = {:?}\nlayout = {layout:?}\n", self.server.url());
        text.push_str("[profiles.p.options]\n");
        for (name, value) in options.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            text.extend([&toml_text(name), " = ", &toml_of(value), "\n"]);
        }
        text
    }

    /// Uses this configuration and its profile `p`.
    pub(crate) fn use_profile(self, text: &str) -> Sess {
        let path = self.write("config.toml", text);
        private(&path);
        self.global(&["--config", path.to_str().expect("a path"), "--profile", "p"])
    }

    /// A file beside the server's socket.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.server.dir.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessctl"));
        for name in [
            "SESSCTL_STORE",
            "SESSCTL_CONFIG",
            "SESSCTL_PROFILE",
            "REDISCLI_AUTH",
            "NO_COLOR",
            "COLUMNS",
            "LINES",
        ] {
            command.env_remove(name);
        }
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(name, self.server.dir.path());
        }
        // A test that wants a pager names one.
        command
            .env("SESSCTL_PAGER", "")
            .env("TERM", "xterm")
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null());
        let args: Vec<OsString> = args.into_iter().map(|arg| arg.as_ref().to_os_string()).collect();
        let globals = self.globals.iter().map(OsString::from);
        let names_one = |arg: &OsString| arg == "--store" || arg == "--profile";
        if !globals.clone().any(|arg| names_one(&arg)) && !args.iter().any(names_one) {
            command.arg("--store").arg(self.server.url());
        }
        command.args(globals).args(args);
        command
    }

    pub(crate) fn args<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        Ran::of(&mut self.command(args))
    }

    /// Runs what must leave every key as it is, and its expiry too.
    #[track_caller]
    pub(crate) fn changes_nothing<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        let before = self.server.snapshot();
        let ran = self.args(args);
        assert!(self.server.snapshot() == before, "keys were changed; {}", ran.stderr);
        ran
    }

    /// Runs with something on standard input.
    pub(crate) fn args_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // Whoever refuses before it reads closes the pipe.
        let _ = child.stdin.take().expect("stdin").write_all(input);
        Ran::from(child.wait_with_output().expect("it ends"))
    }

    /// Starts the program; what it prints is read while it runs.
    pub(crate) fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Running {
        Running::of(&mut self.command(args))
    }

    /// Starts the program on a terminal of its own, by `script` of util-linux. What the program
    /// writes on either stream comes out together, with the terminal's line ends.
    pub(crate) fn terminal(&self, args: &[&str]) -> Terminal {
        self.terminal_of(120, 40, args)
    }

    /// The same on a terminal of so many columns and rows.
    pub(crate) fn terminal_of(&self, columns: usize, rows: usize, args: &[&str]) -> Terminal {
        let inner = self.command(args);
        let quoted: Vec<String> = std::iter::once(inner.get_program())
            .chain(inner.get_args())
            .map(|arg| format!("'{}'", arg.to_str().expect("text").replace('\'', r"'\''")))
            .collect();
        let mut command = Command::new("script");
        let size = format!("stty cols {columns} rows {rows}");
        command.arg("-qec").arg(format!("{size}; exec {}", quoted.join(" "))).arg("/dev/null");
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script (util-linux) must be installed for these tests");
        let out = child.stdout.take().expect("stdout");
        Terminal { child, out, shown: Vec::new() }
    }

    /// The rows of a listing.
    #[track_caller]
    pub(crate) fn rows(&self, args: &[&str]) -> Vec<Json> {
        let mut all = vec!["list", "-o", "json"];
        all.extend(args);
        self.args(all).success().json().as_array().expect("an array").clone()
    }

    /// The rows of a listing by their keys, without what differs from one moment and server to another.
    pub(crate) fn steady_rows(&self, args: &[&str]) -> BTreeMap<String, Json> {
        let rows = self.rows(args).into_iter();
        rows.map(|mut row| {
            for name in ["ttl_ms", "expires_at", "last_seen_at", "bytes"] {
                row[name] = Json::Null;
            }
            // The fields of a hash come in an order that differs from server to server.
            if let Some(codecs) = row["codec"].as_array_mut() {
                codecs.sort_by_key(ToString::to_string);
            }
            (row["key"].to_string(), row)
        })
        .collect()
    }

    /// One member of each row of a listing, sorted.
    #[track_caller]
    pub(crate) fn listed(&self, member: &str, args: &[&str]) -> Vec<String> {
        let mut all: Vec<String> = self
            .rows(args)
            .iter()
            .map(|row| match &row[member] {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            })
            .collect();
        all.sort();
        all
    }
}

/// Makes a file one that only its owner can read.
pub(crate) fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("permissions");
}

/// JSON's escapes are TOML's, but for DEL.
fn toml_text(text: &str) -> String {
    Json::from(text).to_string().replace('\u{7f}', "\\u007f")
}

fn toml_of(value: &Json) -> String {
    match value {
        Json::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| format!("{} = {}", toml_text(name), toml_of(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(toml_of).collect::<Vec<_>>().join(", "))
        }
        Json::String(text) => toml_text(text),
        other => other.to_string(),
    }
}

/// The program while it runs.
pub(crate) struct Running {
    child: Child,
    pub(crate) out: BufReader<ChildStdout>,
    /// What was read of its output so far.
    read: Vec<u8>,
}

impl Running {
    pub(crate) fn of(command: &mut Command) -> Running {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("stdout"));
        Running { child, out, read: Vec::new() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it prints.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let start = self.read.len();
        self.out.read_until(b'\n', &mut self.read).expect("a line");
        assert!(self.read.len() > start, "it ended instead of printing a line");
        String::from_utf8_lossy(&self.read[start..]).trim_end().to_string()
    }

    /// As Ctrl-C would.
    pub(crate) fn interrupt(&self) {
        let done = Command::new("sh").arg("-c").arg(format!("kill -INT {}", self.pid())).status();
        assert!(done.expect("sh").success());
    }

    /// Ends it without giving it a chance to do anything about it.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_some()
    }

    /// Reads no more of its output and waits for its end.
    pub(crate) fn hang_up(self) -> Ran {
        let Running { mut child, out, read } = self;
        drop(out);
        let mut stderr = String::new();
        child.stderr.take().expect("stderr").read_to_string(&mut stderr).expect("messages are UTF-8");
        Ran { stdout: read, stderr, code: child.wait().expect("it ends").code() }
    }

    /// Waits for its end; the output is all of it.
    pub(crate) fn end(mut self) -> Ran {
        let mut errors = self.child.stderr.take().expect("stderr");
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).expect("messages are UTF-8");
            text
        });
        self.out.read_to_end(&mut self.read).expect("output");
        let status = self.child.wait().expect("it ends");
        Ran { stdout: self.read, stderr: errors.join().expect("messages"), code: status.code() }
    }
}

/// The program on a terminal.
pub(crate) struct Terminal {
    child: Child,
    out: ChildStdout,
    shown: Vec<u8>,
}

impl Terminal {
    /// Waits until this is on the screen.
    #[track_caller]
    pub(crate) fn shows(&mut self, part: &str) -> &mut Terminal {
        let mut more = [0; 4096];
        while !self.text().contains(part) {
            let count = self.out.read(&mut more).expect("output");
            assert!(count > 0, "{part:?} is not in: {}", self.text());
            self.shown.extend_from_slice(&more[..count]);
        }
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    pub(crate) fn types(&mut self, keys: &str) -> &mut Terminal {
        let stdin = self.child.stdin.as_mut().expect("stdin");
        stdin.write_all(keys.as_bytes()).and_then(|()| stdin.flush()).expect("it reads");
        self
    }

    /// Types this again and again until the program ends: a key that comes before it listens for keys
    /// is taken by the terminal instead.
    pub(crate) fn insists(mut self, keys: &str) -> (Option<i32>, String) {
        let mut turns = 0;
        eventually("it ends", || {
            if turns % 10_000 == 0 {
                let stdin = self.child.stdin.as_mut().expect("stdin");
                let _ = stdin.write_all(keys.as_bytes()).and_then(|()| stdin.flush());
            }
            turns += 1;
            self.child.try_wait().expect("its state").is_some()
        });
        self.end()
    }

    /// Waits for its end: the exit code, and all that was shown.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        self.out.read_to_end(&mut self.shown).expect("output");
        let status = self.child.wait().expect("it ends");
        (status.code(), self.text())
    }
}

/// How the program ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
            code: output.status.code(),
        }
    }
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Ran {
        Ran::from(command.output().expect("the program starts"))
    }

    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Ran {
        let shown: String = self.text().chars().take(600).collect();
        assert_eq!(self.code, Some(code), "stderr: {}\nstdout: {shown}", self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn success(self) -> Ran {
        self.code(0)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_string).collect()
    }

    #[track_caller]
    pub(crate) fn stdout(self, expected: &str) -> Ran {
        assert_eq!(self.text(), expected);
        self
    }

    /// The data say this somewhere.
    #[track_caller]
    pub(crate) fn shows(self, part: &str) -> Ran {
        assert!(self.text().contains(part), "{part:?} is not in: {}", self.text());
        self
    }

    /// Everything that was said beside the data.
    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Ran {
        assert!(self.stderr.contains(part), "{part:?} is not in: {}", self.stderr);
        self
    }

    /// Nothing of it is said, neither as data nor beside them.
    #[track_caller]
    pub(crate) fn hides(self, part: &str) -> Ran {
        assert!(!self.stderr.contains(part), "{part:?} is in: {}", self.stderr);
        assert!(!self.text().contains(part), "{part:?} is in: {}", self.text());
        self
    }

    #[track_caller]
    pub(crate) fn silent(self) -> Ran {
        assert_eq!(self.stderr, "");
        self
    }

    /// No byte of it does anything to a terminal.
    #[track_caller]
    pub(crate) fn clean(self) -> Ran {
        for text in [&self.text(), &self.stderr] {
            let odd = text.chars().find(|char| {
                (char.is_control() && *char != '\n')
                    || matches!(*char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
            });
            assert!(odd.is_none(), "{odd:?} is in: {text:?}");
        }
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The rows of `-o ndjson`.
    #[track_caller]
    pub(crate) fn ndjson(&self) -> Vec<Json> {
        self.text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

/// Two sessions of Alice, one of Bob and a key that is none.
pub(crate) fn express_shop() -> Sess {
    express_shop_on(Server::start())
}

/// The same on this server.
pub(crate) fn express_shop_on(server: Server) -> Sess {
    Sess::on(server)
        .express("sess:alice-0000000000000000000000000001", Some("alice"), &json!({}))
        .express("sess:alice-0000000000000000000000000002", Some("alice"), &json!({}))
        .express("sess:bob-000000000000000000000000000003", Some("bob"), &json!({}))
        .set("other", "1")
        .global(&["--layout", "connect-redis"])
}
