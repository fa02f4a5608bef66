//! The demo store: a private server with sessions that real frameworks wrote.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

/// A store as it was captured.
struct Captured {
    name: &'static str,
    /// When; the demo moves every time of the store by what has passed since.
    at: &'static str,
    keys: &'static str,
}

macro_rules! captured {
    ($name:literal, $at:literal) => {
        Captured {
            name: $name,
            at: $at,
            keys: include_str!(concat!("../tests/fixtures/layout/", $name, "/keys.jsonl")),
        }
    };
}

/// Captured stores by database number. Applications that look alike to a newcomer are kept apart,
/// as they would be in life.
const STORES: &[(u32, &[Captured])] = &[
    (
        0,
        &[
            captured!("connect-redis", "2026-11-23T20:04:13Z"),
            captured!("koa-session", "2026-11-23T20:08:21Z"),
            captured!("better-auth", "2026-11-23T20:16:27Z"),
            captured!("redis-sessions", "2026-11-23T20:19:03Z"),
            captured!("mgcrea-fastify-session", "2026-11-23T20:10:13Z"),
            captured!("adonis-session-redis", "2026-11-23T20:15:00Z"),
            captured!("hono-sessions", "2026-11-23T20:19:16Z"),
            captured!("authjs-upstash", "2026-11-23T20:17:38Z"),
            captured!("symfony", "2026-11-24T11:29:50Z"),
            captured!("spring-session-indexed-json", "2026-11-24T04:16:48Z"),
            captured!("aspnetcore", "2026-11-24T04:16:48Z"),
        ],
    ),
    (1, &[captured!("overleaf", "2026-11-23T20:32:55Z")]),
    (2, &[captured!("nodebb", "2026-11-23T20:32:55Z")]),
    (3, &[captured!("etherpad", "2026-11-24T11:38:02Z")]),
    (4, &[captured!("lemonldap-ng", "2026-11-23T20:24:33Z")]),
    // Sessions and cache of one application in one database, as people have them.
    (5, &[captured!("laravel", "2026-11-23T10:33:20Z")]),
    (
        6,
        &[
            captured!("phpredis", "2026-11-24T11:19:18Z"),
            captured!("codeigniter4", "2026-11-24T12:09:18Z"),
            captured!("magento2", "2026-11-24T11:16:40Z"),
        ],
    ),
    (
        7,
        &[
            captured!("spring-session-indexed", "2026-11-24T04:16:48Z"),
            captured!("shiro-redis", "2026-11-24T04:16:48Z"),
            captured!("ruoyi", "2026-11-24T04:16:48Z"),
            captured!("sa-token", "2026-11-24T04:16:48Z"),
        ],
    ),
    (
        8,
        &[
            captured!("aspnet-redis-provider", "2026-11-24T04:16:48Z"),
            captured!("webseal", "2026-11-24T04:16:48Z"),
        ],
    ),
];

/// Keys that are nobody's session, to see that they stay.
const FOREIGN: &[(&str, &str)] = &[
    ("cache:products:17", r#"{"name":"lamp","price":"19.90"}"#),
    ("cache:products:18", r#"{"name":"desk","price":"240.00"}"#),
    ("ratelimit:192.0.2.10", "3"),
    ("sess:stats", r#"{"hits":1200}"#),
];

/// Ticks of 100 ns from the year 1 to 1970.
const NET_EPOCH: i64 = 621_355_968_000_000_000;

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
        Self::fill(&mut connection)?;
        Ok(server)
    }

    /// What to give to `--store`.
    pub fn store(&self, database: u32) -> String {
        let db = if database == 0 { String::new() } else { format!("?db={database}") };
        format!("unix://{}{db}", self.dir.path().join("redis.sock").display())
    }

    /// Where what is written down of changes belongs: it ends with the server.
    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// The databases with what they hold.
    pub fn databases() -> impl Iterator<Item = (u32, Vec<&'static str>)> {
        STORES.iter().map(|(database, stores)| (*database, stores.iter().map(|store| store.name).collect()))
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

    fn fill(connection: &mut redis::Connection) -> anyhow::Result<()> {
        for (database, stores) in STORES {
            redis::cmd("SELECT").arg(*database).exec(connection)?;
            for (at, store) in stores.iter().enumerate() {
                // The applications were not all used at the same moment, and none so long ago that
                // sessions of half an hour are over.
                let age = Duration::from_secs(60 * (3 + 5 * (at as u64 % 5)));
                let clock = Clock::new(store.at, age).context(store.name)?;
                for line in store.keys.lines().filter(|line| !line.trim().is_empty()) {
                    let key: Json = serde_json::from_str(line)?;
                    write(connection, &key, &clock)
                        .with_context(|| format!("filling the demo store with {}", store.name))?;
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

/// Moves the times in captured values, so that what was a session of the last hour still is one.
struct Clock {
    captured: Timestamp,
    by: SignedDuration,
}

impl Clock {
    /// Times that far from the capture are the session's own; others, such as a birthday, stay.
    const REACH: SignedDuration = SignedDuration::from_hours(40 * 24);

    fn new(captured: &str, age: Duration) -> anyhow::Result<Clock> {
        let captured: Timestamp = captured.parse()?;
        let by = Timestamp::now().duration_since(captured) - SignedDuration::try_from(age)?;
        Ok(Clock { captured, by })
    }

    /// A time that is near the capture, moved.
    fn moved(&self, time: Timestamp) -> Option<Timestamp> {
        let far = time.duration_since(self.captured).abs() > Self::REACH;
        if far { None } else { time.checked_add(self.by).ok() }
    }

    /// Moves what stands in a value as text: `2026-11-23T20:04:13.671Z`, seconds or milliseconds
    /// since 1970, .NET's ticks; and Java's binary milliseconds. No length changes, so that binary
    /// forms stay whole.
    fn shift(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            if let Some(new) = self.java(rest) {
                bytes[at..at + new.len()].copy_from_slice(&new);
                at += new.len();
                continue;
            }
            let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let iso = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-:.".contains(byte));
            let iso = iso.count();
            let (len, new) = match (self.iso(&rest[..iso]), self.number(&rest[..word])) {
                (Some(new), _) => (iso, Some(new)),
                (None, new) => (word.max(1), new),
            };
            if let Some(new) = new.filter(|new| new.len() == len) {
                bytes[at..at + len].copy_from_slice(new.as_bytes());
            }
            at += len;
        }
        bytes
    }

    fn iso(&self, bytes: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.ends_with('Z'))?;
        let digits = match text.len() {
            20 => 0,
            24 => 3,
            _ => return None,
        };
        let time = self.moved(text.parse().ok()?)?;
        Some(format!("{time:.digits$}"))
    }

    fn number(&self, bytes: &[u8]) -> Option<String> {
        let number: i64 = std::str::from_utf8(bytes).ok()?.parse().ok()?;
        match bytes.len() {
            10 => Some(self.moved(Timestamp::from_second(number).ok()?)?.as_second().to_string()),
            13 => Some(self.moved(Timestamp::from_millisecond(number).ok()?)?.as_millisecond().to_string()),
            18 => {
                let time = Timestamp::from_millisecond(number.checked_sub(NET_EPOCH)? / 10_000).ok()?;
                Some((self.moved(time)?.as_millisecond() * 10_000 + NET_EPOCH).to_string())
            }
            _ => None,
        }
    }

    /// A big-endian count of milliseconds. Eight bytes that happen to be a time within the reach
    /// of the capture are as good as never anything else.
    fn java(&self, bytes: &[u8]) -> Option<[u8; 8]> {
        let long = i64::from_be_bytes(*bytes.first_chunk()?);
        Some(self.moved(Timestamp::from_millisecond(long).ok()?)?.as_millisecond().to_be_bytes())
    }
}

/// Writes one captured key by its value, which every server version takes (a DUMP would not do).
fn write(connection: &mut redis::Connection, captured: &Json, clock: &Clock) -> anyhow::Result<()> {
    let bytes = |json: &Json| -> anyhow::Result<Vec<u8>> {
        Ok(clock.shift(STANDARD.decode(json.as_str().context("text")?)?))
    };
    let key = STANDARD.decode(captured["key_b64"].as_str().context("text")?)?;
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
                let score = clock.shift(pair[1].to_string().into_bytes());
                command.arg(score).arg(bytes(&pair[0])?);
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
        crate::fault::Failure::new("the demo needs redis-server or valkey-server, but neither is on PATH")
            .hint("install one: apt-get install redis-server, dnf install valkey, brew install redis")
            .into()
    })
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_near_the_capture_are_moved_and_nothing_else_is() {
        let captured: Timestamp = "2026-11-23T20:04:13Z".parse().expect("a time");
        let clock = Clock { captured, by: SignedDuration::from_hours(1) };
        let cases = [
            (r#"{"expires":"2026-11-30T20:04:13.636Z"}"#, r#"{"expires":"2026-11-30T21:04:13.636Z"}"#),
            (r#"{"a":1795507813592,"b":"1795465473"}"#, r#"{"a":1795511413592,"b":"1795469073"}"#),
            ("lastSeen 2024-05-17T08:30:00.000Z", "lastSeen 2024-05-17T08:30:00.000Z"),
            ("id1795465473 20240517083000 604800000", "id1795465473 20240517083000 604800000"),
            ("2026-11-23T20:04:13Z", "2026-11-23T21:04:13Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(clock.shift(text.into()), expected.as_bytes());
        }
        assert_eq!(clock.shift(vec![0xff, b'1', 0xc3]), [0xff, b'1', 0xc3]);
        // Ticks, and a java.lang.Long, each of the moment of the capture.
        assert_eq!(clock.shift(b"639310610530000000".to_vec()), b"639310646530000000");
        let long = |time: i64| [b"\0\0w\x08".as_slice(), &time.to_be_bytes(), b"x"].concat();
        assert_eq!(clock.shift(long(1_795_464_253_000)), long(1_795_467_853_000));
    }

    #[test]
    fn every_store_has_a_time_and_keys() {
        for store in STORES.iter().flat_map(|(_, stores)| *stores) {
            assert!(Clock::new(store.at, Duration::ZERO).is_ok(), "{}", store.name);
            assert!(store.keys.lines().count() > 0, "{}", store.name);
        }
    }
}
