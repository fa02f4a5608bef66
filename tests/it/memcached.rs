//! Sessions in Memcached, on real servers of the tests' own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

use crate::support::*;

/// A memcached on a Unix socket in a directory of its own, ended with the test.
pub(crate) struct Cache {
    child: Child,
    pub(crate) dir: tempfile::TempDir,
}

impl Cache {
    pub(crate) fn start(options: &[&str]) -> Cache {
        let dir = tempfile::Builder::new().prefix("sessctl-").tempdir().expect("a directory");
        let mut command = Command::new("memcached");
        command.arg("-s").arg(dir.path().join("m.sock")).args(["-U", "0", "-m", "16"]).args(options);
        // As root it wants to know whose it is to be.
        let me = Command::new("id").arg("-un").output().expect("id");
        command.arg("-u").arg(String::from_utf8_lossy(&me.stdout).trim());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("memcached starts");
        let cache = Cache { child, dir };
        eventually("memcached listens", || UnixStream::connect(cache.socket()).is_ok());
        cache
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("m.sock")
    }

    pub(crate) fn url(&self) -> String {
        format!("memcached://{}", self.socket().display())
    }

    /// The first line of an answer, and of a value that value.
    pub(crate) fn ask(&self, question: &[u8]) -> (String, Vec<u8>) {
        let mut stream = UnixStream::connect(self.socket()).expect("a connection");
        stream.write_all(question).expect("a question");
        let mut answers = BufReader::new(stream);
        let mut line = String::new();
        answers.read_line(&mut line).expect("an answer");
        let mut value = Vec::new();
        if let Some(length) = line.strip_prefix("VA ").and_then(|rest| rest.split([' ', '\r']).next()) {
            value.resize(length.parse().expect("a length"), 0);
            answers.read_exact(&mut value).expect("a value");
        }
        (line.trim_end().to_string(), value)
    }

    /// It ends so many seconds from now; 0 is never.
    pub(crate) fn put(&self, key: &str, flags: u32, seconds: i64, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        let head = format!("set {key} {flags} {seconds} {}\r\n", value.len());
        assert_eq!(self.ask(&[head.as_bytes(), value, b"\r\n"].concat()).0, "STORED", "{key}");
    }

    /// Value, flags and seconds that are left.
    pub(crate) fn get(&self, key: &str) -> Option<(Vec<u8>, u32, i64)> {
        let (line, value) = self.ask(format!("mg {key} v f t\r\n").as_bytes());
        let part = |name: char| line.split(' ').find_map(|part| part.strip_prefix(name)?.parse::<i64>().ok());
        line.starts_with("VA ").then(|| (value, part('f').expect("flags") as u32, part('t').expect("a span")))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessctl"));
        for name in ["SESSCTL_CONFIG", "SESSCTL_PROFILE", "NO_COLOR", "COLUMNS"] {
            command.env_remove(name);
        }
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(name, self.dir.path());
        }
        command.env("SESSCTL_STORE", self.url()).stdin(Stdio::null()).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(args))
    }

    fn keys(&self, args: &[&str]) -> Vec<String> {
        let ran = self.run(&[&["list", "-o", "json"], args].concat()).success();
        let rows = ran.json();
        let keys = rows.as_array().expect("rows").iter();
        let mut keys: Vec<String> = keys.map(|row| row["key"].as_str().expect("a key").to_string()).collect();
        keys.sort();
        keys
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ALICE: &str = "memc.sess.key.vad2u6us19p4avn9ijeb7uh78e";
const BOB: &str = "memc.sess.key.kej1tnrr9to52hh01tei4tvljm";
const LOCK: &str = "memc.sess.key.lock.vad2u6us19p4avn9ijeb7uh78e";

fn sessions() -> Cache {
    let cache = Cache::start(&[]);
    cache.put(ALICE, 0, 3600, "user|s:5:\"alice\";");
    cache.put(BOB, 0, 3600, "a:1:{s:4:\"user\";s:3:\"bob\";}");
    cache.put(LOCK, 0, 30, "1");
    cache.put("counter", 1, 0, "41");
    cache.put("config", 4, 0, "a:1:{s:4:\"user\";s:5:\"alice\";}");
    cache
}

#[test]
fn a_purge_deletes_the_item_and_its_lock_and_an_undo_brings_it_back() {
    let cache = sessions();
    assert_eq!(cache.keys(&[]), [BOB, ALICE]);
    assert_eq!(cache.keys(&["--user", "alice"]), [ALICE]);
    let report = cache.run(&["purge", "--user", "alice", "--yes", "-o", "json"]).success().json();
    assert_eq!((&report["done"], &report["keys_removed"]), (&Json::from(1), &Json::from(2)));
    assert!(cache.get(ALICE).is_none() && cache.get(LOCK).is_none());
    assert!(cache.get(BOB).is_some() && cache.get("counter").is_some() && cache.get("config").is_some());
    cache.run(&["undo", "--yes"]).success();
    let (value, flags, left) = cache.get(ALICE).expect("it is back");
    assert_eq!((&value[..], flags), (&b"user|s:5:\"alice\";"[..], 0));
    assert!((3500..=3601).contains(&left), "{left}");
    assert!(cache.get(LOCK).is_none(), "whoever held it is gone");
    // Over something newer nothing is put.
    cache.run(&["purge", "--user", "alice", "--yes"]).success();
    cache.put(ALICE, 0, 60, "user|s:3:\"eve\";");
    assert_eq!(cache.run(&["undo", "--yes", "-o", "json"]).json()["changed"], Json::from(1));
    assert_eq!(cache.get(ALICE).expect("it is there").0, b"user|s:3:\"eve\";");
}

#[test]
fn an_end_is_set_by_a_touch_and_set_back() {
    let cache = sessions();
    cache.run(&["expire", "--in", "5h", "--user", "bob", "--yes"]).success();
    let (_, flags, left) = cache.get(BOB).expect("it is there");
    assert_eq!(flags, 0);
    // Its own clock ticks once a second, and late on a busy machine.
    assert!((17_900..=18_010).contains(&left), "{left}");
    cache.run(&["undo", "--yes"]).success();
    let (_, _, left) = cache.get(BOB).expect("it is there");
    assert!((3500..=3602).contains(&left), "{left}");
    cache.run(&["expire", "--persist", "--user", "bob", "--yes"]).success();
    assert_eq!(cache.get(BOB).expect("it is there").2, -1);
}

#[test]
fn what_was_written_since_the_plan_was_made_stays() {
    let cache = sessions();
    let plan = cache.dir.path().join("plan");
    let path = plan.to_str().expect("text");
    cache.run(&["purge", "--all", "--plan", path]).success();
    cache.put(ALICE, 0, 3600, "user|s:5:\"alice\";cart|i:1;");
    let report = cache.run(&["apply", path, "--yes", "-o", "json"]).json();
    assert_eq!((&report["done"], &report["changed"]), (&Json::from(1), &Json::from(1)), "{report}");
    assert!(cache.get(ALICE).is_some() && cache.get(LOCK).is_some() && cache.get(BOB).is_none());
}

#[test]
fn every_server_of_a_list_is_asked() {
    let (one, two) = (sessions(), Cache::start(&[]));
    two.put("memc.sess.key.jnorhv0it99nvtvtvcbtq8nceu", 0, 3600, "user|s:5:\"alice\";");
    // Sockets cannot stand in a list: a forwarder on a port of the system's choice leads to each.
    let ports: Vec<u16> = [&one, &two].map(|cache| forwarded(cache.socket())).to_vec();
    let url = format!("memcached://127.0.0.1:{},127.0.0.1:{}", ports[0], ports[1]);
    let ran = one.run(&["list", "--store", &url, "--user", "alice", "-o", "json"]).success();
    assert_eq!(ran.json().as_array().expect("rows").len(), 2);
    one.run(&["purge", "--store", &url, "--user", "alice", "--yes"]).success();
    assert!(one.get(ALICE).is_none());
    assert!(two.get("memc.sess.key.jnorhv0it99nvtvtvcbtq8nceu").is_none());
    one.run(&["undo", "--store", &url, "--yes"]).success();
    assert!(one.get(ALICE).is_some() && two.get(ALICE).is_none(), "each goes back to its own server");
    assert!(two.get("memc.sess.key.jnorhv0it99nvtvtvcbtq8nceu").is_some());
}

/// Hands on whatever comes to a port of the system's choice.
fn forwarded(socket: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for here in listener.incoming().flatten() {
            let Ok(there) = UnixStream::connect(&socket) else { return };
            let (mut from, mut to) = (here.try_clone().expect("a copy"), there.try_clone().expect("a copy"));
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            let (mut from, mut to) = (there, here);
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    port
}

/// A server that says this to whoever asks anything, and hangs up.
fn says(answers: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut question = [0; 64];
            let _ = stream.read(&mut question);
            let _ = stream.write_all(answers);
        }
    });
    format!("memcached://127.0.0.1:{port}")
}

#[test]
fn a_server_that_does_not_list_or_makes_no_sense_says_so() {
    let cache = Cache::start(&["-o", "no_lru_crawler"]);
    cache.put(ALICE, 0, 3600, "user|s:5:\"alice\";");
    cache.run(&["list"]).says("its LRU crawler is off").says("lru_crawler enable");
    // A session that is named needs no list.
    cache.run(&["purge", ALICE, "--yes"]).success();
    assert!(cache.get(ALICE).is_none());
    for (answers, code) in [
        (&b""[..], 1),
        (b"MN", 1),
        (b"MN\r\nSTAT curr_items 3\r\n", 3),
        (b"MN\r\nSTAT curr_items 3\r\nEND\r\nkey=a exp=-1 la", 3),
        (b"MN\r\n\xff\xff\xff\r\n", 3),
        (b"-ERR unknown command 'mn'\r\n-ERR\r\n", 3),
        (b"CLIENT_ERROR unauthenticated\r\n", 4),
    ] {
        let ran = cache.run(&["list", "--store", &says(answers)]);
        assert!(
            [Some(code), Some(1)].contains(&ran.code),
            "{}: {:?} {}",
            answers.escape_ascii(),
            ran.code,
            ran.stderr
        );
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
    cache.run(&["list", "--store", "memcached://"]).code(2);
    cache.run(&["list", "--store", "memcached://host:port"]).code(2);
    cache.run(&["list", "--store", "memcached:///nowhere/at/all"]).code(1);
}

#[test]
fn very_many_items_are_all_found() {
    let cache = Cache::start(&["-m", "64"]);
    let mut stream = UnixStream::connect(cache.socket()).expect("a connection");
    for n in 0..20_000 {
        let value = format!("user_id|i:{n};");
        let set = format!("set memc.sess.key.{n:026} 0 3600 {} noreply\r\n{value}\r\n", value.len());
        stream.write_all(set.as_bytes()).expect("a question");
    }
    stream.write_all(b"mn\r\n").expect("a question");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).expect("an answer");
    cache.run(&["count", "-o", "json"]).success().shows("20000");
}

#[test]
fn what_phps_client_compressed_is_read() {
    let cache = Cache::start(&[]);
    let token = "VkfaSNNxpKt24aYp9381CowXR5ARRx1WB0P3o5xk";
    let id = "hSlfpoqJaVYJDzCzYYpuhvBVL6UnBsToeuVZKiWa";
    let begin = format!("a:2:{{s:6:\"_token\";s:40:\"{token}\";s:4:\"note\";s:2000:\"");
    let end = "\";}";
    // Literals in runs of at most 32, then one byte over and over, then the end.
    let mut packed = Vec::new();
    let runs = |text: &[u8]| -> Vec<u8> {
        text.chunks(32).flat_map(|run| [&[run.len() as u8 - 1], run].concat()).collect()
    };
    packed.extend(runs(begin.as_bytes()));
    packed.extend(runs(b"x"));
    let mut left = 1999;
    while left > 0 {
        let part = if left >= 264 { 264 } else { left };
        if part < 9 {
            packed.extend(runs(&vec![b'x'; part]));
        } else {
            packed.extend([7 << 5, (part - 9) as u8, 0]);
        }
        left -= part;
    }
    packed.extend(runs(end.as_bytes()));
    let length = (begin.len() + 2000 + end.len()) as u32;
    let value = [&length.to_le_bytes()[..], &packed].concat();
    cache.put(&format!("laravel_cache:{id}"), 0x50, 3600, &value);
    // A counter under the same prefix.
    cache.put("laravel_cache:da0dc0cc9eed2e76f0ee0cbfbcbcab2570b2e37e", 1, 60, "1");
    assert_eq!(cache.keys(&[]), [format!("laravel_cache:{id}")]);
    let data = cache.run(&["inspect", id, "-o", "json", "--reveal"]).success().json();
    assert_eq!(data["data"]["_token"], token);
    assert_eq!(data["data"]["note"].as_str().expect("a text").len(), 2000);
    assert!(data["codec"].to_string().contains("fastlz"));
}
