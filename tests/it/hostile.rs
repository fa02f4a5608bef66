//! What nobody expects in a store: keys and values made to do harm, huge, deep, or in motion.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::*;

/// Ids that are hard to show, with the way in which they are shown and can be typed.
const ODD: &[(&[u8], &str)] = &[
    (b"new\nline-1", r"new\x0aline-1"),
    (b"nul\0byte-1", r"nul\x00byte-1"),
    (b"esc\x1b[2J-1", r"esc\x1b[2J-1"),
    (b"osc\x1b]0;pwned\x07", r"osc\x1b]0;pwned\x07"),
    (b"car\rriage-1", r"car\x0driage-1"),
    ("bidi\u{202e}txt-1".as_bytes(), "bidi\\xe2\\x80\\xaetxt-1"),
    ("c1\u{9b}31m-12".as_bytes(), "c1\\xc2\\x9b31m-12"),
    (b"bad\xff\xfeutf8", r"bad\xff\xfeutf8"),
    (b"quote\"comma,1", "quote\"comma,1"),
    (b"back\\slash-1", r"back\x5cslash-1"),
    (b"-leading-dash", "-leading-dash"),
    (b"  spaces  in  ", "  spaces  in  "),
    (b"glob*?[a-z]1", "glob*?[a-z]1"),
    ("\u{1f600}\u{540d}\u{524d}-1".as_bytes(), "\u{1f600}\u{540d}\u{524d}-1"),
];

/// Sessions of express-session under every odd id.
fn odd() -> Sess {
    let sess = ODD.iter().fold(Sess::new(), |sess, (id, _)| {
        let evil = json!({ "note": "\u{1b}[31mred\u{7}\u{202e}\n", "\u{1b}name": 1 });
        sess.express([b"sess:", *id].concat(), Some("al\u{1b}[1mice\u{202e}"), &evil)
    });
    sess.global(&["--layout", "connect-redis"])
}

#[test]
fn odd_ids_come_out_whole_in_every_form_for_programs() {
    let sess = odd();
    let mut ids: Vec<Vec<u8>> = ODD.iter().map(|(id, _)| id.to_vec()).collect();
    ids.sort();

    let listed = sess.args(["list", "-o", "ids", "-0"]).success();
    let mut found: Vec<Vec<u8>> = listed.stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    assert_eq!(found.pop(), Some(Vec::new()), "the last one is ended, too");
    // A NUL within an id cannot be told from the end of one; it makes two.
    let split = |ids: &[Vec<u8>]| {
        let mut all: Vec<Vec<u8>> =
            ids.iter().flat_map(|id| id.split(|byte| *byte == 0).map(<[u8]>::to_vec)).collect();
        all.sort();
        all
    };
    found.sort();
    assert_eq!(found, split(&ids));

    for form in ["json", "ndjson"] {
        let ran = sess.args(["list", "-o", form]).success().silent();
        let rows = if form == "json" { ran.json().as_array().expect("rows").clone() } else { ran.ndjson() };
        assert_eq!(rows.len(), ODD.len());
        for row in &rows {
            let key = row["key"].as_str().expect("a key");
            let bytes = match row.get("key_b64") {
                Some(text) => STANDARD.decode(text.as_str().expect("text")).expect("base64"),
                None => key.as_bytes().to_vec(),
            };
            let id = ids.iter().find(|id| [b"sess:", &id[..]].concat() == bytes);
            assert!(id.is_some(), "{row}");
            assert_eq!(row.get("key_b64").is_some(), String::from_utf8(bytes).is_err(), "{row}");
            assert_eq!(row["user"], "al\u{1b}[1mice\u{202e}");
        }
        let bad = rows.iter().find(|row| row.get("key_b64").is_some()).expect("one that is not UTF-8");
        assert_eq!((&bad["id"], &bad["key"]), (&json!(r"bad\xff\xfeutf8"), &json!(r"sess:bad\xff\xfeutf8")));
    }

    // Every line is one id, and can be fed back.
    let lines = sess.args(["list", "-o", "ids"]).success().says("line break");
    assert_eq!(lines.stdout.split(|byte| *byte == b'\n').count(), ODD.len() + 1);
    let back = sess.args_with_input(&["count", "--ids-from", "-"], &lines.stdout).success();
    // The one with a NUL turns the input into one separated by NUL.
    assert_eq!(back.text(), "0\n");
    let text: Vec<u8> = lines
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.contains(&0))
        .flat_map(|line| [line, b"\n"].concat())
        .collect();
    let back = sess.args_with_input(&["count", "--ids-from", "-"], &text).success();
    assert_eq!(back.text(), format!("{}\n", ODD.len() - 1));

    // CSV: a header, then as many records as sessions, by the rules of RFC 4180.
    let csv = sess.args(["list", "-o", "csv", "--columns", "id,layout"]).success().text();
    assert_eq!(records(&csv), ODD.len() + 1, "{csv}");
    assert!(csv.contains("\"quote\"\"comma,1\""), "{csv}");
}

/// Records of a CSV text: line ends outside of quotes.
fn records(csv: &str) -> usize {
    let mut quoted = false;
    csv.bytes()
        .filter(|byte| {
            quoted ^= *byte == b'"';
            *byte == b'\n' && !quoted
        })
        .count()
}

#[test]
fn nothing_for_people_does_anything_to_a_terminal() {
    let sess = odd();
    sess.args(["list"]).success().clean();
    sess.args(["list", "--wide", "--reveal"]).success().clean();
    sess.args(["count", "--by", "user"]).success().clean();
    sess.args(["discover"]).success().clean();
    sess.args(["purge", "--all", "--dry-run"]).success().clean();
    sess.args(["purge", "--all", "--dry-run", "--reveal"]).success().clean();
    sess.args(["list", "--user", "\u{1b}[1m"]).success().clean();
    for args in [
        &["inspect", "\u{1b}[2J\u{202e}nobody"][..],
        &["purge", "--yes", "\u{1b}[2J\u{202e}nobody"],
        &["list", "--layout", "\u{1b}[2J"],
        &["list", "--columns", "\u{1b}[2J"],
        &["list", "--where", "\u{1b}[2J"],
        &["list", "--ttl", "\u{1b}[2J"],
        &["list", "--ids-from", "/\u{1b}[2J"],
        &["list", "--config", "/\u{1b}[2J"],
        &["list", "--profile", "\u{1b}[2J"],
        &["list", "--not", "\u{1b}[2J"],
        &["list", "-o", "\u{1b}[2J"],
        &["list", "--\u{1b}[2J"],
        &["\u{1b}[2J"],
        &["help", "\u{1b}[2J"],
        &["layouts", "\u{1b}[2J"],
        &["cookie", "\u{1b}[2J"],
        &["decode", "/\u{1b}[2J"],
        &["decode", "--codec", "\u{1b}[2J"],
        &["list", "--store", "redis://\u{1b}[2J"],
    ] {
        let ran = sess.args(args).clean();
        assert!(matches!(ran.code, Some(1 | 2)), "{args:?}: {ran:?}");
    }
    let decoded = sess.args_with_input(&["decode"], "{\"a\u{202e}\":\"\\u001b[2J\u{9b}\"}".as_bytes());
    decoded.success().clean();
}

#[test]
fn odd_sessions_are_named_by_their_escapes() {
    let sess = odd();
    for (id, typed) in ODD {
        let key = format!("sess:{typed}");
        let ran = sess.args(["inspect", "-o", "json", "--", &key]).success();
        assert_eq!(ran.json()["data"]["passport"]["user"], "al\u{1b}[1mice\u{202e}");
        sess.args(["inspect", "--", &key]).success().clean();
        sess.args(["inspect", "--reveal", "--", &key]).success().clean();
        let path = sess.args(["inspect", "--path", "note", "--", &key]).success().clean();
        assert!(path.text().contains(r"\x1b"), "{}", path.text());
        // The id itself will do, and so does the key as it is where a shell can pass it on.
        sess.args(["inspect", "--", typed]).success();
        if !id.contains(&0) {
            let raw = [b"sess:", *id].concat();
            let ran = sess.args([OsStr::new("inspect"), OsStr::from_bytes(&raw)]);
            // What is not UTF-8 has to be typed as escapes.
            ran.code(if String::from_utf8(raw).is_ok() { 0 } else { 2 }).clean();
        }
    }
    // One is ended, and only that.
    let before = sess.server.snapshot();
    for (at, (id, typed)) in ODD.iter().enumerate() {
        let ran = sess.args(["purge", "--yes", "-o", "json", "--", typed]).success();
        assert_eq!(ran.json()["done"], 1, "{typed}");
        let left = sess.server.snapshot();
        assert_eq!(left.len(), before.len() - at - 1);
        assert!(!left.contains_key(&[b"sess:", *id].concat()));
    }
}

#[test]
fn odd_keys_beside_sessions_are_left_alone() {
    let sess = ODD.iter().fold(Sess::new().load("overleaf"), |sess, (id, _)| {
        sess.set([b"other:", *id].concat(), b"\x00\xff\x1b[2J")
    });
    let before = sess.server.snapshot();
    sess.args(["discover"]).success().clean();
    sess.args(["discover", "-o", "json"]).success();
    sess.args(["purge", "--all", "--yes"]).success();
    let after = sess.server.snapshot();
    for (id, _) in ODD {
        let key = [b"other:", *id].concat();
        assert_eq!(after.get(&key), before.get(&key));
    }
}

#[test]
fn a_session_of_20_mb_is_listed_inspected_and_ended() {
    let sess = Sess::new()
        .express(format!("sess:{}", sid(1)), Some("alice"), &json!({ "blob": "x".repeat(20 << 20) }))
        .express(format!("sess:{}", sid(2)), Some("bob"), &json!({}));
    assert_eq!(sess.listed("user", &[]), ["alice", "bob"]);
    let big = sess.rows(&["--size", ">20MiB"]);
    assert_eq!(big.len(), 1);
    let shown = sess.args(["inspect", "-o", "json", &sid(1)]).success();
    assert_eq!(shown.json()["data"]["blob"].as_str().map(str::len), Some(20 << 20));
    let card = sess.args(["inspect", &sid(1)]).success();
    assert!(card.stdout.len() < 30 << 20);
    assert_eq!(sess.args(["inspect", &sid(1), "--raw"]).success().stdout.len(), shown_length(&sess));
    let ran = sess.args(["purge", "--user", "alice", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 1);
    assert_eq!(sess.listed("user", &[]), ["bob"]);
}

fn shown_length(sess: &Sess) -> usize {
    redis::cmd("STRLEN").arg(format!("sess:{}", sid(1))).query(&mut sess.server.connect()).expect("a length")
}

#[test]
fn a_value_too_large_to_be_read_is_a_row_and_stays() {
    let sess = Sess::new().express(format!("sess:{}", sid(1)), Some("alice"), &json!({}));
    let big = format!("sess:{}", sid(2));
    sess.server.command(&["SETRANGE", &big, &(65 << 20).to_string(), "}"]);
    let sess = sess.global(&["--layout", "connect-redis"]);
    let rows = sess.rows(&[]);
    let row = rows.iter().find(|row| row["key"] == big.as_str()).expect("its row");
    assert!(row["error"].is_string() && row["user"].is_null(), "{row}");
    sess.args(["inspect", &sid(2)]).success().shows("cannot be decoded");
    let ran = sess.args(["purge", "--all", "--yes", "-o", "json"]);
    assert_eq!(ran.json()["done"], 1, "{ran:?}");
    assert!(sess.server.snapshot().contains_key(big.as_bytes()));
    ran.says("too large to read");
}

/// The most memory that a process ever held, in KiB, followed until its end.
fn peak(running: Running) -> (u64, Ran) {
    let path = format!("/proc/{}/status", running.pid());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut most = 0;
            while !over.load(Ordering::Relaxed) {
                let status = std::fs::read_to_string(&path).unwrap_or_default();
                let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
                most = most.max(now.unwrap_or(0));
                std::thread::yield_now();
            }
            most
        });
        let ran = running.end();
        over.store(true, Ordering::Relaxed);
        (watching.join().expect("it watched"), ran)
    })
}

#[test]
fn many_large_sessions_do_not_fill_the_memory() {
    const COUNT: usize = 100;
    // All of them are 200 MB.
    let sess = Sess::new();
    let fill = |count: usize| {
        sess.server.lua(
            r#"for n = 0, ARGV[1] - 1 do
              redis.call('SET', string.format('sess:%08d-AbCdEfGhIjKlMnOpQrStUvW', n),
                '{"cookie":{"originalMaxAge":1,"path":"/"},"passport":{"user":"u' .. n .. '"},"blob":"' ..
                string.rep('x', 2000000) .. '"}')
            end"#,
            &[&count.to_string()],
        );
    };
    fill(COUNT);
    for args in [
        &["list", "-o", "ndjson"][..],
        &["--layout", "connect-redis", "list", "--sort", "user", "-o", "ndjson"],
    ] {
        let (most, ran) = peak(sess.start(args));
        assert_eq!(ran.success().lines().len(), COUNT);
        assert!(most > 1_000 && most < 100_000, "{most} KiB");
    }
    sess.server.flush();
    fill(COUNT / 4);
    let (most, ran) = peak(sess.start(["purge", "--all", "--yes", "-o", "json"]));
    assert_eq!(ran.success().json()["done"], COUNT / 4);
    assert!(most < 100_000, "{most} KiB");
}

#[test]
fn json_that_is_too_deep_is_a_row_with_its_reason() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
    let sess = Sess::new().express(format!("sess:{}", sid(0)), Some("alice"), &json!({}));
    for (n, value) in [deep("[", "]"), deep("{\"a\":", "}"), "[".repeat(200_000), "{\"a\":".repeat(200_000)]
        .into_iter()
        .enumerate()
    {
        let session = format!(
            r#"{{"cookie":{{"originalMaxAge":1,"path":"/"}},"passport":{{"user":"deep"}},"deep":{value}}}"#
        );
        sess.server.command(&["SET", &format!("sess:{}", sid(n + 1)), &session]);
        sess.args_with_input(&["decode"], value.as_bytes()).code(1).clean();
    }
    let sess = sess.global(&["--layout", "connect-redis"]);
    let rows = sess.rows(&[]);
    assert_eq!(rows.len(), 5);
    assert_eq!(rows.iter().filter(|row| row["error"].is_string()).count(), 4, "{rows:?}");
    assert_eq!(sess.listed("user", &["--undecodable"]), ["null"; 4]);
    sess.args(["inspect", &sid(1)]).success().shows("cannot be decoded").clean();
    let ran = sess.args(["purge", "--undecodable", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 4);
    assert_eq!(sess.listed("user", &[]), ["alice"]);
}

#[test]
fn broken_and_odd_json_is_no_trouble() {
    let values: &[&[u8]] = &[
        b"",
        b"{",
        b"{\"cookie\":",
        b"null",
        b"[]",
        b"\"text\"",
        b"\xef\xbb\xbf{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"}}",
        b"{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"},\"n\":1e999}",
        b"{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"},\"n\":123456789012345678901234567890}",
        b"{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"},\"u\":\"\\ud800\"}",
        b"{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"},\"u\":\"\xff\"}",
        b"{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"},\"passport\":{\"user\":null}}",
        b"{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"},\"passport\":{\"user\":{\"id\":[1]}}}",
        b"{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"},\"passport\":{\"user\":1},\"passport\":{\"user\":2}}",
        b"{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"}}trailing",
    ];
    let mut sess = Sess::new();
    for (n, value) in values.iter().enumerate() {
        sess = sess.set(format!("sess:{}", sid(n)), value);
    }
    sess.args(["list"]).success().clean();
    let sess = sess.global(&["--layout", "connect-redis"]);
    for row in sess.rows(&[]) {
        let id = row["id"].as_str().expect("an id");
        let shown = sess.args(["inspect", "-o", "json", id]).success().json();
        assert_eq!(shown["data"].is_null(), row["error"].is_string(), "{shown}");
        sess.args(["inspect", id]).success().clean();
    }
    // The last of two members of one name counts, as for the framework itself.
    let twice = sess.args(["inspect", "-o", "json", &sid(13)]).success().json();
    assert_eq!((&twice["user"], &twice["data"]["passport"]["user"]), (&json!("2"), &json!(2)));
}

/// Runs something beside a writer that never rests.
fn beside<T>(
    sess: &Sess,
    write: impl Fn(&mut redis::Connection, usize) + Sync,
    run: impl FnOnce() -> T,
) -> T {
    let over = AtomicBool::new(false);
    let turns = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut connection = sess.server.connect();
            while !over.load(Ordering::Relaxed) {
                write(&mut connection, turns.load(Ordering::Relaxed));
                turns.fetch_add(1, Ordering::Relaxed);
            }
        });
        eventually("the writer writes", || turns.load(Ordering::Relaxed) > 0);
        // Whatever happens, the writer comes to its end.
        let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
        over.store(true, Ordering::Relaxed);
        ran.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[test]
fn keys_that_vanish_or_change_their_type_while_they_are_read_are_no_trouble() {
    let sess = Sess::new().many(500);
    let flicker = |connection: &mut redis::Connection, turn: usize| {
        let key = format!("sess:flicker{:02}-AbCdEfGhIjKlMnOpQrStUv", turn % 50);
        let mut pipe = redis::pipe();
        for command in [
            &["SET", &key, &express(Some("ghost"), &json!({ "blob": "x".repeat(turn % 20_000) }))][..],
            &["DEL", &key],
            &["HSET", &key, "id", "r"],
            &["DEL", &key],
            &["SADD", &key, "member"],
            &["DEL", &key],
            &["RPUSH", &key, "item"],
            &["DEL", &key],
        ] {
            pipe.cmd(command[0]).arg(&command[1..]).ignore();
        }
        pipe.exec(connection).expect("it writes");
    };
    beside(&sess, flicker, || {
        for _ in 0..12 {
            for global in [&[][..], &["--layout", "connect-redis"], &["--layout", "redis-sessions"]] {
                let ran = sess.args([global, &["list", "-o", "ndjson"]].concat()).success();
                if global.last() != Some(&"redis-sessions") {
                    let stable = ran
                        .ndjson()
                        .iter()
                        .filter(|row| row["user"] != "ghost" && !row["user"].is_null())
                        .count();
                    assert_eq!(stable, 500);
                }
            }
            sess.args(["discover", "-o", "json"]).success();
            sess.args(["purge", "--user", "ghost", "--dry-run"]).success();
        }
    });
    sess.args(["purge", "--user", "ghost", "--yes"]).success();
    assert_eq!(sess.rows(&[]).len(), 500);
}

#[test]
fn a_session_written_between_the_match_and_the_end_is_never_lost() {
    const COUNT: usize = 3_000;
    let sess = Sess::new().many(COUNT);
    let value = express(Some("alice"), &json!({ "state": "new" }));
    let written = std::sync::Mutex::new(std::collections::BTreeSet::new());
    // In steps that meet every session once, in an order that no scan has.
    let rewrite = |connection: &mut redis::Connection, turn: usize| {
        let id = sid(turn * 1_009 % COUNT);
        let key = format!("sess:{id}");
        let answer: Option<String> =
            redis::cmd("SET").arg(&[&key, &value, "XX", "KEEPTTL"]).query(connection).expect("it writes");
        if answer.is_some() {
            written.lock().expect("the list").insert(id);
        }
    };
    let report = beside(&sess, rewrite, || {
        let args = ["purge", "--where", "state = old", "--yes", "-o", "json", "--max", "none"];
        let ran = sess.args(args);
        assert!(matches!(ran.code, Some(0 | 3)), "{ran:?}");
        ran.json()
    });
    let left: std::collections::BTreeSet<String> =
        sess.listed("id", &["--where", "state = new"]).into_iter().collect();
    let written = written.into_inner().expect("the list");
    let lost: Vec<&String> = written.difference(&left).collect();
    assert!(lost.is_empty(), "{} sessions that had become new were ended; {report}", lost.len());
    let number = |member: &str| report[member].as_u64().expect("a number");
    assert_eq!(number("matched"), number("done") + number("changed") + number("gone") + number("failed"));
    // Whatever was not written in time was ended.
    assert_eq!(number("done") as usize + left.len(), COUNT);
    assert_eq!(sess.rows(&["--where", "state = old"]).len(), 0);
}

#[test]
fn a_growing_and_shrinking_table_gives_every_session_once() {
    const COUNT: usize = 20_000;
    let sess = Sess::new().many(COUNT);
    let mut listing = sess.start(["list", "-o", "ids"]);
    listing.line();
    // The scan waits for its reader; meanwhile the server's table is doubled, twice.
    sess.server.lua("for n = 1, 60000 do redis.call('SET', 'filler:' .. n, 'x') end", &[]);
    let some = (0..200).map(|_| listing.line()).count();
    assert_eq!(some, 200);
    sess.server.lua("for n = 1, 60000 do redis.call('DEL', 'filler:' .. n) end", &[]);
    let mut ids = listing.end().success().lines();
    assert_eq!(ids.len(), COUNT);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), COUNT);
    assert_eq!(ids[7], sid(7));
}

#[test]
fn a_hash_with_too_many_fields_is_no_trouble() {
    let sess = Sess::new().load("redis-sessions");
    let token = format!("{}Zmwtpl7ey", "a".repeat(55));
    sess.server.lua(
        "for n = 1, 20000 do redis.call('HSET', KEYS[1] or ARGV[1], 'field' .. n, 'x') end",
        &[&format!("rs:forum:{token}")],
    );
    // It looks like the others, and cannot be read: a row with the reason, which is never changed.
    let rows = sess.rows(&[]);
    let known = expected("redis-sessions")["sessions"].as_array().expect("sessions").len();
    assert_eq!(rows.len(), known + 1);
    let row = rows.iter().find(|row| row["id"] == token.as_str()).expect("its row");
    assert!(row["error"].as_str().is_some_and(|error| error.contains("too large")), "{row}");
    sess.args(["inspect", &token])
        .code(1)
        .says("fields), so only the keys around it show that it is a session; name its layout");
    let named = sess.args(["--layout", "redis-sessions", "inspect", &token]).success();
    named.shows("cannot be decoded").shows("fields)");
    sess.args(["discover"]).success().clean();
    let ran = sess.args(["purge", "--all", "--yes", "-o", "json"]);
    assert_eq!(ran.json()["done"], known, "{ran:?}");
    assert_eq!(sess.listed("id", &["--all"]).len(), 0);
    assert!(sess.server.snapshot().contains_key(format!("rs:forum:{token}").as_bytes()));
}

#[test]
fn what_is_too_large_is_measured_before_it_is_read() {
    // The layouts are named, so that their keys are read at once.
    let sess = Sess::new().express("sess:small", Some("alice"), &json!({}));
    sess.server.lua("redis.call('SETRANGE', 'sess:huge', 100 * 1024 * 1024, 'x')", &[]);
    sess.server.forget_calls();
    assert_eq!(sess.listed("user", &["--layout", "connect-redis", "--user", "alice"]), ["alice"]);
    // One asks whether it may be asked.
    assert_eq!(sess.server.calls().get("get"), Some(&1));

    let sess = Sess::new();
    sess.server
        .lua("for n = 1, 50000 do redis.call('HSET', 'spring:session:sessions:huge', 'f' .. n, n) end", &[]);
    sess.server.forget_calls();
    sess.args(["list", "--layout", "spring-session-indexed"]).success();
    let calls = sess.server.calls();
    assert_eq!((calls.get("hlen"), calls.get("hgetall")), (Some(&1), None), "{calls:?}");
}
