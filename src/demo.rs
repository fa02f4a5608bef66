//! The demo store: a private server with sessions that real frameworks wrote.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

/// Captured stores by database number. Applications that look alike to a newcomer are kept apart,
/// as they would be in life.
const STORES: &[(u32, &[(&str, &str)])] = &[
    (
        0,
        &[
            ("connect-redis", include_str!("../tests/fixtures/layout/connect-redis/keys.jsonl")),
            ("koa-session", include_str!("../tests/fixtures/layout/koa-session/keys.jsonl")),
            ("better-auth", include_str!("../tests/fixtures/layout/better-auth/keys.jsonl")),
            ("redis-sessions", include_str!("../tests/fixtures/layout/redis-sessions/keys.jsonl")),
            (
                "mgcrea-fastify-session",
                include_str!("../tests/fixtures/layout/mgcrea-fastify-session/keys.jsonl"),
            ),
            (
                "adonis-session-redis",
                include_str!("../tests/fixtures/layout/adonis-session-redis/keys.jsonl"),
            ),
            ("hono-sessions", include_str!("../tests/fixtures/layout/hono-sessions/keys.jsonl")),
            ("authjs-upstash", include_str!("../tests/fixtures/layout/authjs-upstash/keys.jsonl")),
        ],
    ),
    (1, &[("overleaf", include_str!("../tests/fixtures/layout/overleaf/keys.jsonl"))]),
    (2, &[("nodebb", include_str!("../tests/fixtures/layout/nodebb/keys.jsonl"))]),
    (3, &[("etherpad", include_str!("../tests/fixtures/layout/etherpad/keys.jsonl"))]),
    (4, &[("lemonldap-ng", include_str!("../tests/fixtures/layout/lemonldap-ng/keys.jsonl"))]),
];

/// Keys that are nobody's session, to see that they stay.
const FOREIGN: &[(&str, &str)] = &[
    ("cache:products:17", r#"{"name":"lamp","price":"19.90"}"#),
    ("cache:products:18", r#"{"name":"desk","price":"240.00"}"#),
    ("ratelimit:192.0.2.10", "3"),
    ("sess:stats", r#"{"hits":1200}"#),
];

/// How long a server may take to answer after its start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A redis-server of our own, ended with this value.
pub struct DemoServer {
    child: Child,
    dir: tempfile::TempDir,
}

impl DemoServer {
    /// Starts a server on a Unix socket that only this user can open, and fills it.
    pub fn start() -> anyhow::Result<DemoServer> {
        let dir = tempfile::Builder::new()
            .prefix("sessctl-demo-")
            .tempdir()
            .context("making a directory for the demo")?;
        let program = program()?;
        let child = Command::new(&program)
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--unixsocketperm",
                "700",
                "--unixsocket",
            ])
            .arg(dir.path().join("redis.sock"))
            .arg("--dir")
            .arg(dir.path())
            // Ctrl-C is for us; the server is ended when we are done with it.
            .args(["--daemonize", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let mut server = DemoServer { child, dir };
        let mut connection = server.wait()?;
        server.fill(&mut connection)?;
        Ok(server)
    }

    /// What to give to `--store`.
    pub fn store(&self, database: u32) -> String {
        let db = if database == 0 { String::new() } else { format!("?db={database}") };
        format!("unix://{}{db}", self.dir.path().join("redis.sock").display())
    }

    /// The databases with what they hold.
    pub fn databases() -> impl Iterator<Item = (u32, Vec<&'static str>)> {
        STORES.iter().map(|(database, stores)| (*database, stores.iter().map(|(name, _)| *name).collect()))
    }

    fn wait(&mut self) -> anyhow::Result<redis::Connection> {
        let client = redis::Client::open(self.store(0))?;
        let start = Instant::now();
        loop {
            if let Ok(connection) = client.get_connection() {
                return Ok(connection);
            }
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("redis-server ended at once ({status})");
            }
            anyhow::ensure!(start.elapsed() < PATIENCE, "redis-server did not answer within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn fill(&mut self, connection: &mut redis::Connection) -> anyhow::Result<()> {
        for (database, stores) in STORES {
            redis::cmd("SELECT").arg(*database).exec(connection)?;
            for (name, text) in *stores {
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    let key: Json = serde_json::from_str(line)?;
                    write(connection, &key).with_context(|| format!("filling the demo store with {name}"))?;
                }
            }
        }
        redis::cmd("SELECT").arg(0).exec(connection)?;
        for (key, value) in FOREIGN {
            redis::cmd("SET").arg(key).arg(value).exec(connection)?;
        }
        Ok(())
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes one captured key by its value, which every server version takes (a DUMP would not do).
fn write(connection: &mut redis::Connection, captured: &Json) -> anyhow::Result<()> {
    let bytes =
        |json: &Json| -> anyhow::Result<Vec<u8>> { Ok(STANDARD.decode(json.as_str().context("text")?)?) };
    let key = bytes(&captured["key_b64"])?;
    let value = &captured["value"];
    // A collection is a list, or an object that says what its items are.
    let list = value.as_array().or_else(|| value.as_object()?.values().find_map(Json::as_array));
    let items = || list.into_iter().flatten();
    let mut command = redis::cmd(match captured["type"].as_str().unwrap_or_default() {
        "string" => "SET",
        "hash" => "HSET",
        "set" => "SADD",
        "zset" => "ZADD",
        "list" => "RPUSH",
        other => anyhow::bail!("a captured key of type {other}"),
    });
    command.arg(&key);
    match captured["type"].as_str().unwrap_or_default() {
        "string" => {
            command.arg(bytes(&value["b64"])?);
        }
        "hash" => {
            for pair in items() {
                command.arg(bytes(&pair[0])?).arg(bytes(&pair[1])?);
            }
        }
        "zset" => {
            for pair in items() {
                command.arg(pair[1].to_string()).arg(bytes(&pair[0])?);
            }
        }
        _ => {
            for item in items() {
                command.arg(bytes(item)?);
            }
        }
    }
    command.exec(connection)?;
    if let Some(ttl) = captured["pttl_ms"].as_i64().filter(|ttl| *ttl > 0) {
        redis::cmd("PEXPIRE").arg(&key).arg(ttl.max(3_600_000)).exec(connection)?;
    }
    Ok(())
}

/// redis-server or valkey-server on PATH.
fn program() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = ["redis-server", "valkey-server"].iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|dir: PathBuf| dir.join(name))
            .find(|file: &PathBuf| is_program(file))
    });
    found.ok_or_else(|| {
        crate::error::Failure::new("the demo needs redis-server or valkey-server, and neither is on PATH")
            .hint("install one: apt-get install redis-server, dnf install valkey, brew install redis")
            .into()
    })
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
