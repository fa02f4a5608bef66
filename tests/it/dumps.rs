//! Dump files: the same rows as of the server that saved them, and what is said where there are none.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::support::*;

/// Lets the server save what it holds; where.
fn saved(sess: &Sess) -> PathBuf {
    sess.server.command(&["SAVE"]);
    sess.server.dir.path().join("dump.rdb")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

/// A sample that ships with these tests.
fn sample(server: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rdb").join(server).join("dump.rdb")
}

/// In milliseconds, if it is a time or a span.
fn moment(value: &Json) -> Option<i64> {
    match value {
        Json::Number(ms) => ms.as_i64(),
        Json::String(text) => text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond),
        _ => None,
    }
}

fn sorted(list: &Json) -> Vec<String> {
    let mut texts: Vec<String> = list.as_array().into_iter().flatten().map(Json::to_string).collect();
    texts.sort();
    texts
}

/// Where a row of the dump is another than that of the server. How much memory a key takes only a server
/// knows; what is counted from a key's end differs by the time between the two questions.
pub(crate) fn difference(live: &Json, dumped: &Json) -> Option<String> {
    let (Json::Object(live), Json::Object(dumped)) = (live, dumped) else {
        return Some("no rows".to_string());
    };
    if live.len() != dumped.len() {
        return Some("other members".to_string());
    }
    for (name, value) in live {
        let other = &dumped[name];
        let same = match name.as_str() {
            "bytes" => other.is_null(),
            // As the fields come, of which a server keeps no order once they are many or long.
            "codec" => sorted(value) == sorted(other),
            "ttl_ms" | "expires_at" | "last_seen_at" | "created_at" => match (moment(value), moment(other)) {
                (Some(one), Some(two)) => one.abs_diff(two) < 120_000,
                _ => value == other,
            },
            _ => value == other,
        };
        if !same {
            return Some(format!("{name}: live {value}, dumped {other}"));
        }
    }
    None
}

/// Holds what is read from a file against what the server says, for every captured store.
#[track_caller]
fn same_rows_from(sess: &Sess, file: impl Fn() -> String) {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for slug in fixtures() {
        sess.server.flush();
        sess.restore(&slug);
        let live = sess.args(["list", "-o", "ndjson"]).success();
        let file = file();
        let dumped = sess.args(["--store", &file, "list", "-o", "ndjson"]).success();
        let (live, dumped) = (live.ndjson(), dumped.ndjson());
        if live.len() != dumped.len() {
            wrong.push(format!("{slug}: {} rows are {}", live.len(), dumped.len()));
            continue;
        }
        compared += live.len();
        for (one, two) in live.iter().zip(&dumped) {
            wrong.extend(difference(one, two).map(|what| format!("{slug}: {}: {what}", one["key"])));
        }
        let Some(key) = live.first().and_then(|row| row["key"].as_str()) else { continue };
        let inspect = ["inspect", "--reveal", "-o", "json", "--", key];
        let live = sess.args(inspect).json();
        let dumped = sess.args([&["--store", &file[..]][..], &inspect].concat()).json();
        wrong.extend(difference(&live, &dumped).map(|what| format!("{slug}: inspect {key}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 300, "{compared}");
}

#[test]
fn every_captured_store_gives_the_same_rows_from_its_dump() {
    let sess = Sess::new();
    same_rows_from(&sess, || text(&saved(&sess)).to_string());
}

/// A server that writes down what it does before it answers, and what its file is called.
fn writing_down() -> (Sess, String) {
    let sess = Sess::on(Server::with(&["--appendonly", "yes", "--appendfsync", "always"]));
    let store = format!("aof:{}", sess.server.dir.path().display());
    (sess, store)
}

#[test]
fn every_captured_store_gives_the_same_rows_from_its_append_only_file() {
    let (sess, store) = writing_down();
    same_rows_from(&sess, || store.clone());
}

#[test]
fn commands_change_what_the_dump_before_them_says() {
    let (sess, store) = writing_down();
    let sess = sess.load("overleaf").many(20);
    sess.server.command(&["SADD", "UserSessions:{x}", "a", "b"]);
    sess.server.command(&["BGREWRITEAOF"]);
    let info = || sess.server.command(&["INFO", "persistence"]);
    eventually("the file is rewritten", || {
        let redis::Value::BulkString(info) = info() else { panic!("no INFO") };
        let info = String::from_utf8_lossy(&info).into_owned();
        info.contains("aof_rewrite_in_progress:0")
            && info.contains("aof_rewrite_scheduled:0")
            && info.contains("aof_last_bgrewrite_status:ok")
    });
    let folder = sess.server.dir.path().join("appendonlydir");
    let is_base = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(".2.base.rdb"))
    };
    assert!(std::fs::read_dir(folder).expect("a folder").any(is_base));
    let key = |n: usize| format!("sess:{}", sid(n));
    for command in [
        &["DEL", &key(1)][..],
        &["PEXPIREAT", &key(2), "4102444800000"],
        &["PERSIST", &key(3)],
        &["SET", &key(4), &express(Some("mallory"), &Json::Null), "EX", "7200"],
        &["SET", &key(5), &express(Some("carol"), &Json::Null), "KEEPTTL"],
        &["APPEND", &key(6), " "],
        &["RENAME", &key(7), &format!("sess:{}", sid(77))],
        &["GETEX", &key(8), "PX", "9000000"],
        &["SET", &format!("sess:{}", sid(99)), &express(Some("new"), &Json::Null), "PX", "3600000"],
        &["PEXPIRE", &key(9), "1"],
        &["EVAL", "redis.call('DEL', KEYS[1])", "1", &key(10)],
        &["SREM", "UserSessions:{x}", "a"],
    ] {
        sess.server.command(command);
    }
    eventually("it has ended", || sess.server.command(&["EXISTS", &key(9)]) == redis::Value::Int(0));
    let live = sess.args(["list", "-o", "ndjson"]).success().ndjson();
    let ran = sess.args(["--store", &store, "list", "-o", "ndjson"]).success();
    let read = ran.ndjson();
    assert_eq!(live.len(), read.len());
    for (one, two) in live.iter().zip(&read) {
        assert_eq!(difference(one, two), None, "{}", one["key"]);
    }
    // A command that nobody can do without the server's clock or its scripts is told, and what is read
    // stands.
    sess.server.command(&["SETBIT", "bits", "7", "1"]);
    let ran = sess.args(["--store", &store, "count"]);
    assert!(ran.code == Some(3) && ran.stderr.contains("SETBIT (1)"), "{}", ran.stderr);
    assert_eq!(ran.text(), format!("{}\n", live.len()));
    let ran = sess.args(["--store", &store, "purge", "--all", "--yes"]).code(5);
    assert!(ran.stderr.contains("is a dump file"), "{}", ran.stderr);
}

#[test]
fn an_append_only_file_of_one_piece_and_what_is_wrong_with_others() {
    let sess = Sess::new().many(3);
    let dump = std::fs::read(saved(&sess)).expect("a dump");
    let gone = format!("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*2\r\n$3\r\nDEL\r\n$37\r\nsess:{}\r\n", sid(1));
    let path = sess.write("appendonly.aof", [&dump[..], gone.as_bytes()].concat());
    let store = format!("aof:{}", path.display());
    assert_eq!(sess.args(["--store", &store, "count"]).success().text(), "2\n");
    // As a dump it is read as far as the dump goes, and says what follows.
    let ran = sess.args(["--store", &format!("rdb:{}", path.display()), "count"]).code(3);
    assert!(ran.text() == "3\n" && ran.stderr.contains("aof:PATH"), "{}", ran.stderr);
    // Of a file that was cut off what stands before counts.
    let cut = sess.write("cut.aof", [&dump[..], &gone.as_bytes()[..gone.len() - 5]].concat());
    let ran = sess.args(["--store", &format!("aof:{}", cut.display()), "count"]).code(3);
    assert!(ran.text() == "3\n" && ran.stderr.contains("of its commands: it ends at byte"), "{}", ran.stderr);
    let folder = sess.server.dir.path().join("empty");
    std::fs::create_dir(&folder).expect("a folder");
    let ran = sess.args(["--store", &format!("aof:{}", folder.display()), "count"]).code(1);
    assert!(ran.stderr.contains("no append-only file in it"), "{}", ran.stderr);
    std::fs::write(folder.join("x.manifest"), "file ../up seq 1 type i\n").expect("a file");
    let ran = sess.args(["--store", &format!("aof:{}", folder.display()), "count"]).code(1);
    assert!(ran.stderr.contains("line 1 of its manifest"), "{}", ran.stderr);
    std::fs::write(folder.join("x.manifest"), "file missing.aof seq 1 type i\n").expect("a file");
    let ran = sess.args(["--store", &format!("aof:{}", folder.display()), "count"]).code(1);
    assert!(ran.stderr.contains("missing.aof is not there"), "{}", ran.stderr);
}

#[test]
fn a_dump_is_read_as_of_when_it_was_made_or_of_another_moment() {
    let sess = Sess::new()
        .express("sess:one", Some("alice"), &Json::Null)
        .set("sess:two", express(Some("bob"), &Json::Null));
    let dump = saved(&sess);
    let store = ["--store", text(&dump)];
    let count = |more: &[&str]| sess.args([&store[..], more, &["count"]].concat()).success();
    assert_eq!(count(&[]).text(), "2\n");
    let late = count(&["--now", "2099-01-01T00:00:00Z"]);
    assert_eq!(late.text(), "1\n");
    assert!(late.stderr.contains("1 key had expired by 2099-01-01"), "{}", late.stderr);
    // A server counts by its own clock.
    let ran = sess.args(["--now", "2099-01-01T00:00:00Z", "count"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--now is for dump files"), "{}", ran.stderr);
}

#[test]
fn standard_input_compressed_dumps_and_other_databases() {
    let sess = Sess::new();
    let dump = std::fs::read(sample("redis-7.4.1")).expect("a dump");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &dump).expect("written");
    let gzip = gzip.finish().expect("written");
    for input in [&dump, &gzip] {
        let ran = sess.args_with_input(&["--store", "rdb:-?db=5", "count"], input).success();
        assert_eq!(ran.text(), "40\n");
        // A look-up goes to and fro in it.
        let ran =
            sess.args_with_input(&["--store", "rdb:-?db=5", "list", "--user", "user7", "-o", "ids"], input);
        assert_eq!(ran.success().lines().len(), 1);
    }
    let path = sess.write("a.rdb.gz", &gzip);
    let listed = sess.args(["--store", &format!("{}?db=1", text(&path)), "list", "-o", "json"]).success();
    assert_eq!(listed.json().as_array().map(Vec::len), Some(2));
    let none = sess.args(["--store", &format!("{}?db=9", text(&path)), "count"]).success();
    assert!(none.stderr.contains("5 (41)"), "{}", none.stderr);
}

#[test]
fn what_is_damaged_gives_what_is_left_of_it() {
    let sess = Sess::new().many(50);
    let dump = std::fs::read(saved(&sess)).expect("a dump");
    let cut = sess.write("cut.rdb", &dump[..dump.len() / 2]);
    let ran = sess.args(["--store", text(&cut), "list", "-o", "ids"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let left = ran.lines().len();
    assert!((10..50).contains(&left), "{left}");
    assert!(ran.stderr.contains(&format!("it ends at byte {}", dump.len() / 2)), "{}", ran.stderr);
    let mut flipped = dump.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 0xff;
    let path = sess.write("flipped.rdb", &flipped);
    let ran = sess.args(["--store", text(&path), "count"]);
    assert!(ran.code == Some(3) && ran.text() == "50\n", "{}", ran.stderr);
    assert!(ran.stderr.contains("checksum"), "{}", ran.stderr);
}

#[test]
fn what_is_no_dump_is_told_with_what_to_do() {
    let sess = Sess::new();
    let path = |name: &str, text: &[u8]| format!("rdb:{}", sess.write(name, text).display());
    let folder = format!("rdb:{}", sess.server.dir.path().display());
    for (store, said, hint) in [
        (folder, "it is a directory", "such as dump.rdb"),
        (path("empty.rdb", b""), "it is empty (0 bytes)", "still being written"),
        (path("text.rdb", b"hello, this is not a dump"), "does not begin with REDIS", "managed services"),
        (path("aof.rdb", b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"), "an append-only file", "aof:"),
        (path("sealed.rdb", b"Salted__12345678"), "encrypted by OpenSSL", "rdb:-"),
        (path("json.rdb", b"{\"a\": 1}"), "it is JSON", "decode"),
        (path("short.rdb", b"REDIS00"), "within its header", "copy it again"),
        ("rdb:/nowhere/dump.rdb".to_string(), "there is no such file", "CONFIG GET dir"),
        ("rdb:-".to_string(), "it is empty (0 bytes)", "BGSAVE"),
    ] {
        let ran = sess.args(["--store", &store, "list"]);
        assert_eq!(ran.code, Some(1), "{store}: {}", ran.stderr);
        assert!(ran.stderr.contains(said) && ran.stderr.contains(hint), "{store}: {}", ran.stderr);
    }
}

#[test]
fn what_only_a_server_knows_is_not_asked_of_a_dump() {
    let sess = Sess::new();
    let dump = format!("{}?db=5", text(&sample("redis-7.4.1")));
    for command in [&["list"][..], &["count"], &["stats"]] {
        let ran = sess.args([&["--store", &dump][..], command, &["--size", ">1KiB"]].concat()).code(5);
        assert!(ran.stderr.contains("does not report how much memory"), "{command:?}: {}", ran.stderr);
    }
    let rows = sess.args(["--store", &dump, "list", "-o", "json"]).success().json();
    assert!(rows.as_array().expect("rows").iter().all(|row| row["bytes"].is_null()));
}

#[test]
fn a_dump_is_never_changed() {
    let sess = Sess::new().many(3);
    let dump = saved(&sess);
    let before = std::fs::read(&dump).expect("a dump");
    for command in [
        &["purge", "--all", "--yes"][..],
        &["purge", "--all", "--dry-run"],
        &["expire", "--all", "--in", "1h", "--yes"],
        &["--layout", "connect-redis", "clear", "--yes"],
    ] {
        let ran = sess.args([&["--store", text(&dump)][..], command].concat());
        assert_eq!(ran.code, Some(5), "{command:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("is a dump file"), "{command:?}: {}", ran.stderr);
    }
    assert!(std::fs::read(&dump).expect("a dump") == before);
    assert_eq!(sess.server.size(), 3);
}

#[test]
fn the_sample_is_what_its_script_makes_and_shows_forty_frameworks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let sample = root.join("fixtures/sample.rdb");
    let dir = tempfile::tempdir().expect("a directory");
    let made = dir.path().join("sample.rdb");
    let ran = Command::new("python3").arg(root.join("make-sample")).arg(&made).status().expect("python3");
    assert!(ran.success());
    assert_eq!(std::fs::read(&made).expect("what was made"), std::fs::read(&sample).expect("the sample"));
    let sess = Sess::new();
    let store = format!("rdb:{}", sample.display());
    let counted =
        sess.args(["--store", &store, "count", "--by", "layout", "-o", "ndjson"]).success().ndjson();
    assert!(counted.len() >= 38, "{} layouts", counted.len());
    let known = sess.args(["--store", &store, "count", "--authenticated", "-o", "json"]).success().json();
    assert!(known["count"].as_u64() > Some(60), "{known}");
}
