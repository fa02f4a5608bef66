//! The harness: a real redis-server of the test's own, and the built program run against it.
//!
//! `Sess::new().load("overleaf").args(["list"])` reads as what it does. A server that cannot be
//! started fails the test; it is never skipped.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

/// How long anything that is waited for may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A redis-server on a Unix socket in a directory of its own, ended with the test.
pub struct Server {
    child: Child,
    pub dir: tempfile::TempDir,
}

impl Server {
    pub fn start() -> Server {
        Server::with(&[])
    }

    /// Starts one with more options, given as on its command line.
    pub fn with(options: &[&str]) -> Server {
        let dir = tempfile::Builder::new().prefix("sessctl-").tempdir().expect("a directory");
        let socket = dir.path().join("redis.sock");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(dir.path())
            .args(options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server must be installed for these tests");
        let server = Server { child, dir };
        let start = Instant::now();
        // LOADING or NOAUTH are answers, too: the server is there.
        while server.try_ping().is_err() {
            assert!(start.elapsed() < PATIENCE, "redis-server did not start");
            std::thread::yield_now();
        }
        server
    }

    fn try_ping(&self) -> Result<(), redis::RedisError> {
        let mut connection = redis::Client::open(self.url())?.get_connection()?;
        match redis::cmd("PING").exec(&mut connection) {
            Err(error) if error.is_io_error() => Err(error),
            _ => Ok(()),
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    pub fn connect(&self) -> redis::Connection {
        redis::Client::open(self.url()).expect("a client").get_connection().expect("a connection")
    }

    /// Runs one command as given.
    pub fn command(&self, args: &[&str]) -> redis::Value {
        let mut command = redis::cmd(args[0]);
        for arg in &args[1..] {
            command.arg(*arg);
        }
        command.query(&mut self.connect()).unwrap_or_else(|error| panic!("{args:?}: {error}"))
    }

    /// Every key with its DUMP and whether it has an expiry.
    pub fn snapshot(&self) -> BTreeMap<Vec<u8>, (Vec<u8>, bool)> {
        let mut connection = self.connect();
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("keys");
        keys.into_iter()
            .map(|key| {
                let dump: Vec<u8> = redis::cmd("DUMP").arg(&key).query(&mut connection).unwrap_or_default();
                let pttl: i64 = redis::cmd("PTTL").arg(&key).query(&mut connection).expect("a TTL");
                (key, (dump, pttl >= 0))
            })
            .collect()
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The folder of a captured store.
pub fn fixture(slug: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/layout").join(slug)
}

/// All captured stores.
pub fn fixtures() -> Vec<String> {
    let mut slugs: Vec<String> = std::fs::read_dir(fixture(""))
        .expect("tests/fixtures/layout")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    slugs.sort();
    assert!(!slugs.is_empty());
    slugs
}

/// What a correct tool says of a captured store.
pub fn expected(slug: &str) -> Json {
    let text = std::fs::read_to_string(fixture(slug).join("expected.json")).expect("expected.json");
    serde_json::from_str(&text).expect("JSON")
}

/// The program and its server.
pub struct Sess {
    pub server: Server,
    /// Options that stand before every command's own.
    globals: Vec<String>,
    env: Vec<(String, String)>,
}

impl Sess {
    pub fn new() -> Sess {
        Sess::on(Server::start())
    }

    pub fn on(server: Server) -> Sess {
        Sess { server, globals: Vec::new(), env: Vec::new() }
    }

    /// Restores a captured store; none of its keys expires while it is tested.
    pub fn load(self, slug: &str) -> Sess {
        let mut connection = self.server.connect();
        let text = std::fs::read_to_string(fixture(slug).join("keys.jsonl")).expect("keys.jsonl");
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let key: Json = serde_json::from_str(line).expect("JSON");
            let bytes = |name: &str| STANDARD.decode(key[name].as_str().expect("text")).expect("base64");
            let ttl = match key["pttl_ms"].as_i64().expect("a number") {
                -1 => 0,
                ttl => ttl.max(600_000),
            };
            redis::cmd("RESTORE")
                .arg(bytes("key_b64"))
                .arg(ttl)
                .arg(bytes("dump_b64"))
                .exec(&mut connection)
                .expect("RESTORE");
        }
        self
    }

    pub fn set(self, key: &str, value: &str) -> Sess {
        self.server.command(&["SET", key, value]);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Sess {
        self.env.push((name.into(), value.into()));
        self
    }

    pub fn global(mut self, args: &[&str]) -> Sess {
        self.globals.extend(args.iter().map(|arg| (*arg).to_string()));
        self
    }

    /// Writes a configuration with one profile `p` for this server and uses it.
    pub fn profile(self, layout: &str, options: &Json) -> Sess {
        let path = self.server.dir.path().join("config.toml");
        let mut text = format!("[profiles.p]\nstore = {:?}\nlayout = {layout:?}\n", self.server.url());
        text.push_str("[profiles.p.options]\n");
        for (name, value) in options.as_object().into_iter().flatten() {
            text.push_str(&format!("{name:?} = {}\n", toml_of(value)));
        }
        std::fs::write(&path, text).expect("a file");
        self.private(&path).global(&["--config", path.to_str().expect("a path"), "--profile", "p"])
    }

    fn private(self, path: &Path) -> Sess {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("permissions");
        self
    }

    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessctl"));
        for name in ["SESSCTL_STORE", "SESSCTL_CONFIG", "SESSCTL_PROFILE", "REDISCLI_AUTH", "NO_COLOR", "COLUMNS"] {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", self.server.dir.path()).env("HOME", self.server.dir.path());
        command.envs(self.env.iter().cloned()).stdin(Stdio::null());
        command.args(&self.globals);
        if !self.globals.iter().any(|arg| arg == "--store" || arg == "--profile") {
            command.arg("--store").arg(self.server.url());
        }
        command.args(args);
        command
    }

    pub fn args<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        Ran::of(&mut self.command(args))
    }

    /// Runs with something on standard input.
    pub fn args_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        use std::io::Write as _;
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        child.stdin.take().expect("stdin").write_all(input).expect("it reads");
        Ran::from(child.wait_with_output().expect("it ends"))
    }

    /// The rows of a listing.
    pub fn rows(&self, args: &[&str]) -> Vec<Json> {
        let mut all = vec!["list", "-o", "json"];
        all.extend(args);
        self.args(all).success().json().as_array().expect("an array").clone()
    }
}

fn toml_of(value: &Json) -> String {
    match value {
        Json::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name:?} = {}", toml_of(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(toml_of).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// How the program ended and what it said.
pub struct Ran {
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub code: Option<i32>,
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
    pub fn of(command: &mut Command) -> Ran {
        Ran::from(command.output().expect("the program starts"))
    }

    #[track_caller]
    pub fn code(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "stderr: {}\nstdout: {}", self.stderr, self.text());
        self
    }

    #[track_caller]
    pub fn success(self) -> Ran {
        self.code(0)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    #[track_caller]
    pub fn stdout(self, expected: &str) -> Ran {
        assert_eq!(self.text(), expected);
        self
    }

    /// Everything that was said beside the data.
    #[track_caller]
    pub fn says(self, part: &str) -> Ran {
        assert!(self.stderr.contains(part), "{part:?} is not in: {}", self.stderr);
        self
    }

    #[track_caller]
    pub fn silent(self) -> Ran {
        assert_eq!(self.stderr, "");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}
