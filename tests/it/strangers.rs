//! Naming a layout is no licence to end what is none of its sessions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::support::*;

/// What caches, counters, locks and queues hold.
fn values() -> Vec<Vec<u8>> {
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0];
    let texts: &[&[u8]] = &[
        b"17",
        b"0.25",
        b"1",
        b"true",
        b"locked",
        b"<html><body>hello</body></html>",
        b"hello, world",
        b"a|b|c",
        b"name|value",
        b"alice@example.com",
        b"2026-11-30T08:25:03Z",
        b"{broken",
        b"[1,2,3]",
        b"[\"a\",\"b\"]",
        b"\"a text\"",
        b"null",
        b"{\"id\":42,\"name\":\"lamp\"}",
        b"{}",
        b"[]",
        b"eyJpdiI6IngiLCJ2YWx1ZSI6InkifQ==",
        b"s:5:\"hello\";",
        b"i:42;",
        b"b:1;",
        b"N;",
        b"a:2:{i:0;s:1:\"a\";i:1;s:1:\"b\";}",
        b"a:2:{s:2:\"id\";i:42;s:4:\"name\";s:4:\"lamp\";}",
        b"s:44:\"a:2:{s:2:\"id\";i:42;s:4:\"name\";s:4:\"lamp\";}\";",
        b"O:8:\"stdClass\":1:{s:2:\"id\";i:42;}",
        b"\x00\x00\x00\x02\x06\x2a",
        b"\x82\xa2id\x2a\xa4name\xa4lamp",
        b"\xac\xed\x00\x05t\x00\x05hello",
        b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00\x8c\x01a\x94.",
        b"\x80\x04K\x01.",
        b"!\x80\x05K\x03.",
        b"!\x80\x05\x95\x09\0\0\0\0\0\0\0\x8c\x05users\x94.",
        b"\x04\x08i\x2f",
        b"\x00\x00\x00\x20hello",
        b"\x00\x01\x02\x03\xff\xfe",
        b"",
        &gzip,
    ];
    texts.iter().map(|text| text.to_vec()).collect()
}

/// Digits that are the same in each run and different for each name.
fn digits(seed: usize, length: usize, alphabet: &[u8]) -> String {
    let mut state = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        alphabet[(state >> 11) as usize % alphabet.len()] as char
    };
    (0..length).map(|_| next()).collect()
}

const HEX: &[u8] = b"0123456789abcdef";
const LOWER: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const ALNUM: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const NATIVE: &[u8] = b"0123456789abcdefghijklmnopqrstuv";

fn uuid(seed: usize) -> String {
    let hex = digits(seed, 32, HEX);
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// Names as caches and queues have them, and as bare ids are.
fn names(n: usize) -> Vec<String> {
    let hex = |length| digits(n, length, HEX);
    let mut names = vec![
        hex(32),
        hex(40),
        hex(64),
        hex(24),
        hex(16),
        uuid(n),
        digits(n, 26, NATIVE),
        digits(n, 32, LOWER),
        digits(n, 32, ALNUM),
        digits(n, 40, ALNUM),
        digits(n, 43, ALNUM),
        digits(n, 64, ALNUM),
    ];
    names.extend(
        [
            "cache:page:/",
            "rate:192.0.2.",
            "lock:order:",
            "counter:hits:",
            "queue:",
            "config:",
            "user:",
            "users:17:",
        ]
        .map(|word| format!("{word}{n}")),
    );
    names.extend(
        ["cache:", "app:cache:", "laravel_cache:", "celery-task-meta-", "job:", "throttle:"]
            .map(|word| format!("{word}{}", hex(40))),
    );
    names.push(format!("job:{}", uuid(n)));
    names
}

/// What hashes are for besides.
fn hashes() -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let fields = [("id", "42"), ("name", "lamp"), ("data", "x"), ("user", "alice")];
    let mut all = Vec::new();
    for n in 0..8 {
        for name in
            [format!("cart:{n}"), uuid(n), digits(n, 32, HEX), digits(n, 64, ALNUM), format!("user:{n}")]
        {
            all.push((name, fields[..=(n % 4)].to_vec()));
        }
    }
    all
}

/// Fills a store with some hundreds of keys that are not sessions.
fn fill(sess: &Sess, words: &BTreeSet<String>) {
    let mut pipe = redis::pipe();
    for (n, value) in values().into_iter().enumerate() {
        for name in names(n) {
            pipe.cmd("SET").arg(name).arg(&value).ignore();
        }
    }
    for (name, fields) in hashes() {
        pipe.cmd("DEL").arg(&name).ignore().cmd("HSET").arg(name).arg(&fields[..]).ignore();
    }
    // Beside the sessions of a framework lies what the application counts and locks.
    for prefix in words {
        for (word, value) in [
            ("stats", "17"),
            ("config", "on"),
            ("lock", "owner"),
            ("users", "[1,2]"),
            ("counter", "0"),
            ("123", "x"),
        ] {
            pipe.cmd("SET").arg(format!("{prefix}{word}")).arg(value).ignore();
        }
    }
    pipe.cmd("SADD").arg("tags").arg("a").ignore();
    pipe.cmd("RPUSH").arg("queue:jobs").arg("a").ignore();
    pipe.cmd("ZADD").arg("board").arg(1).arg("a").ignore();
    pipe.exec(&mut sess.server.connect()).expect("keys");
}

/// Names and default prefixes of all layouts.
fn layouts(sess: &Sess) -> Vec<(String, String)> {
    let all = sess.args(["layouts", "-o", "json"]).success().json();
    let text = |json: &Json, name: &str| json[name].as_str().unwrap_or_default().to_string();
    all.as_array()
        .expect("an array")
        .iter()
        .map(|layout| (text(layout, "layout"), text(layout, "prefix")))
        .collect()
}

/// A key of the same form as this one.
fn sibling(key: &str) -> String {
    let (before, last) = key.split_at(key.len() - 4);
    let digits = if last.bytes().all(|byte| byte.is_ascii_digit()) { "0000" } else { "abba" };
    format!(
        "{before}{}",
        if last.bytes().any(|byte| byte.is_ascii_uppercase()) {
            digits.to_uppercase()
        } else {
            digits.into()
        }
    )
}

/// Text, numbers and lists under keys that look exactly as those of sessions.
fn beside_sessions(sess: &Sess) {
    let mut pipe = redis::pipe();
    for slug in fixtures() {
        let sessions = expected(&slug)["sessions"].as_array().expect("sessions").clone();
        for (session, value) in
            sessions.iter().zip(["17", "locked", "<html>", "[1,2,3]", "\"text\""].iter().cycle())
        {
            pipe.cmd("SET").arg(sibling(session["key"].as_str().expect("a key"))).arg(*value).ignore();
        }
    }
    pipe.exec(&mut sess.server.connect()).expect("keys");
}

/// Whether any object under such a key could be a session of this layout, and nothing tells it from one.
fn is_any_object(name: &str, key: &[u8]) -> bool {
    match name {
        "remix-redis-session" => key.len() == 16,
        "goframe" => key.len() == 32,
        "poem-session" => key.len() == 43,
        _ => false,
    }
}

#[test]
fn a_layouts_name_ends_nothing_that_is_no_session() {
    let sess = Sess::new();
    let layouts = layouts(&sess);
    assert!(layouts.len() > 60, "{layouts:?}");
    let prefixes =
        layouts.iter().map(|(_, prefix)| prefix.clone()).filter(|prefix| !prefix.is_empty()).collect();
    let fill = || {
        fill(&sess, &prefixes);
        beside_sessions(&sess);
    };
    fill();
    let before = sess.server.snapshot();
    let mut wrong = Vec::new();
    for (name, _) in &layouts {
        let ran = sess.args(["clear", "--layout", name, "--yes", "--max", "none", "--no-undo", "-o", "json"]);
        // Whoever keeps its sessions in no Redis server has none here.
        let elsewhere = ran.code == Some(5) && ran.stderr.contains("keeps its sessions in");
        // Such a name alone ends nothing: its prefix has to be given.
        assert!(elsewhere || ran.code == Some(if has_to_be_told(name) { 2 } else { 0 }), "{name}: {ran:?}");
        let after = sess.server.snapshot();
        let gone: Vec<String> = before
            .iter()
            .filter(|(key, _)| !after.contains_key(*key))
            // All that such a session is: an object under 16 hexadecimal digits, a text under a token.
            .filter(|(key, _)| !is_any_object(name, key))
            .filter(|(key, _)| name != "sa-token" || !key.ends_with(b"abba"))
            .map(|(key, (dump, _))| {
                format!("{}={}", key.escape_ascii(), dump[1..dump.len() - 10].escape_ascii())
            })
            .collect();
        if !gone.is_empty() {
            wrong.push(format!("{name} {}:\n  {}", gone.len(), gone.join("\n  ")));
        }
        fill();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a layout takes anything it can decode for a session, and so has to know under which keys.
fn has_to_be_told(name: &str) -> bool {
    name.starts_with("generic") || ["go-session-redis", "rocket-session-store"].contains(&name)
}

#[test]
fn among_all_frameworks_sessions_a_layouts_name_ends_its_own() {
    let sess = Sess::new();
    let slugs = fixtures();
    let fill = || {
        fill(&sess, &BTreeSet::new());
        for slug in &slugs {
            sess.restore(slug);
        }
    };
    fill();
    let mut owners: BTreeMap<Vec<u8>, BTreeSet<String>> = BTreeMap::new();
    for slug in &slugs {
        for session in expected(slug)["sessions"].as_array().expect("sessions") {
            let companions = session["companions"].as_array().expect("companions").iter();
            for key in std::iter::once(&session["key"]).chain(companions) {
                let key = key.as_str().expect("a key");
                // A companion's member may stand behind its key.
                for key in [key, key.split(' ').next().unwrap_or(key)] {
                    owners.entry(key.into()).or_default().extend(layout_names(slug));
                }
            }
        }
    }
    // The same session in the same place: which of these it is, only what lies beside it tells.
    let alike = [
        &["connect-redis", "overleaf", "nodebb"][..],
        &[
            "spring-session",
            "spring-session-json",
            "spring-session-indexed",
            "spring-session-indexed-json",
            "spring-session-reactive",
        ],
        &["phpredis", "nextcloud"],
        &["beego-session", "beego-session-casdoor", "harbor"],
        &["async-redis-session", "salvo-session"],
    ];
    let before = sess.server.snapshot();
    for (name, _) in layouts(&sess).iter().filter(|(name, _)| !has_to_be_told(name)) {
        let ran = sess.args(["clear", "--layout", name, "--yes", "--max", "none", "--no-undo", "-o", "json"]);
        assert!(matches!(ran.code, Some(0 | 3 | 5)), "{name}: {ran:?}");
        let own = |owner: &String| {
            // What runs on PHP's own handler is that handler's session.
            owner == name
                || name == "predis-session"
                || alike.iter().any(|all| all.contains(&&**owner) && all.contains(&&**name))
        };
        let after = sess.server.snapshot();
        for key in before.keys().filter(|key| !after.contains_key(*key)) {
            let owned = owners.get(key).is_some_and(|owners| owners.iter().any(own));
            let is_object = is_any_object(name, key);
            assert!(owned || is_object, "{name}: {} is gone", key.escape_ascii());
        }
        fill();
    }
}

#[test]
fn what_takes_anything_has_to_know_under_which_keys() {
    let sess = Sess::new().set("app:s:1", r#"{"user":"alice"}"#).set("cache:1", r#"{"a":1}"#);
    sess.server.command(&["HSET", "app:h:1", "user", "alice"]);
    sess.server.command(&["HSET", "cart:1", "a", "1"]);
    for layout in ["generic", "generic-hash"] {
        let sess = |args: &[&str]| sess.changes_nothing([&["--layout", layout], args].concat());
        for args in [
            &["clear", "--yes"][..],
            &["purge", "--all", "--yes"],
            &["purge", "--user", "alice", "--dry-run"],
            &["expire", "--all", "--in", "1h", "--yes"],
            &["list"],
            &["count"],
            &["clear", "--yes", "--match", "*"],
            &["clear", "--yes", "--prefix", ""],
        ] {
            sess(args).code(2).says("--prefix");
        }
    }
    let ran =
        sess.changes_nothing(["list", "-o", "ids", "--layout", "generic", "--match", "app:s:*"]).success();
    assert_eq!(ran.text(), "app:s:1\n");
    sess.args(["clear", "--layout", "generic-hash", "--prefix", "app:h:", "--yes"]).success();
    // A key that is named is pointed at.
    sess.args(["purge", "--layout", "generic", "app:s:1", "--yes"]).success();
    assert_eq!(sess.server.size(), 2);
}

#[test]
fn a_form_alone_is_shown_and_ended_only_where_it_was_pointed_at() {
    let id = "0123456789abcdef0123456789abcdef";
    let sess = || Sess::new().set(id, "<html>").global(&["--layout", "vertx-web"]);
    let here = sess();
    let rows = here.rows(&["--columns", "id,certainty,error"]);
    assert_eq!((&rows[0]["id"], &rows[0]["certainty"]), (&id.into(), &"shape".into()));
    assert!(rows[0]["error"].is_string());
    for args in
        [&["clear"][..], &["purge", "--all"], &["purge", "--undecodable"], &["expire", "--all", "--in", "1h"]]
    {
        let ran = here.changes_nothing([args, &["--yes", "-o", "json"]].concat()).success();
        assert_eq!(ran.json()["matched"], 0);
        ran.says("1 matching key has the form of vertx-web's keys").says("--prefix or --match");
        here.changes_nothing([args, &["--dry-run"]].concat()).success().says("the form of");
    }
    here.args(["purge", id, "--yes"]).success();
    assert_eq!(here.server.size(), 0);
    let here = sess();
    here.changes_nothing(["clear", "--match", "0123*", "--dry-run"])
        .success()
        .says("recognised by the key alone");
    here.args(["clear", "--match", "0123*", "--yes"]).success();
    assert_eq!(here.server.size(), 0);
}

#[test]
fn where_nothing_is_kept_nothing_is_found() {
    let sess = Sess::new().many(3).set("cache:page:/", "<html>").set("rate:192.0.2.4", "7");
    for layout in ["cookie-only", "express-memorystore"] {
        assert_eq!(sess.rows(&["--layout", layout]).len(), 0);
        for args in [
            &["clear"][..],
            &["purge", "--all"],
            &["clear", "--match", "*:*"],
            &["clear", "--prefix", "rate:"],
        ] {
            sess.changes_nothing([args, &["--layout", layout, "--yes"]].concat())
                .success()
                .says("keeps no session");
        }
        sess.changes_nothing(["purge", "rate:192.0.2.4", "--layout", layout, "--yes"]).code(1);
    }
}

/// What the caches, queues and tokens of Python's frameworks keep beside their sessions, under keys and in
/// forms that come close to them.
fn beside_python() -> Vec<(String, Vec<u8>)> {
    let dict = |name: &str| {
        [b"\x80\x04}\x94\x8c", &[name.len() as u8][..], name.as_bytes(), b"\x94K\x07s."].concat()
    };
    let cached = |pickled: &[u8]| [b"!", pickled].concat();
    let mut all = Vec::new();
    for n in 0..4 {
        let (hex, uuid) = (|length| digits(n, length, HEX), uuid(n));
        let json = br#"{"user_id": 7, "status": "SUCCESS"}"#.to_vec();
        all.extend([
            (format!(":1:views.decorators.cache.cache_page..GET.{}", hex(32)), dict("user")),
            (format!(":1:user:{n}"), dict("_auth_user_id")),
            (format!(":1:django.contrib.sessions.cache_stats{n}"), b"17".to_vec()),
            (format!(":1:django.contrib.sessions.cache_info_{n}"), dict("_auth_user_id")),
            (format!("celery-task-meta-{uuid}"), json.clone()),
            (format!("celery-task-meta-{n}-{uuid}"), dict("task_id")),
            (format!("huey.r.app.{uuid}"), dict("user_id")),
            (format!("flask_cache_{}", hex(22)), cached(&dict("user_id"))),
            (format!("flask_cache_view//page{n}"), cached(b"\x80\x05\x8c\x01x.")),
            (format!("indico_v3.2_memoize/{uuid}"), cached(&dict("_user_id"))),
            (format!("LITESTAR_response_cache:{}", hex(64)), json.clone()),
            (format!("LITESTAR_rate_limit:RateLimitMiddleware::192.0.2.{n}"), json.clone()),
            (format!("cache:{}", hex(32)), json.clone()),
            (format!("cache:{n}:{}", hex(32)), dict("user_id")),
            (format!("oauth_state:{}", hex(32)), json.clone()),
            (format!("email-verify:{uuid}"), dict("user_id")),
            (format!("doc:{}", hex(64)), br#"{"title": "x"}"#.to_vec()),
            (format!("features:{}", hex(32)), dict("vector")),
            (format!("session:stats{n}"), br#"{"visits": 5}"#.to_vec()),
            (format!("session:lock:{n}"), b"1".to_vec()),
            (format!("beaker_cache:app.views:{n}"), b"\x80\x04\x8c\x01x.".to_vec()),
            ("beaker_cache:app.views:session".to_string(), b"\x80\x04\x8c\x01x.".to_vec()),
            (format!("other_token:{}", hex(64)), uuid.clone().into_bytes()),
            (format!("LIMITER/192.0.2.{n}/login/5/1/minute"), b"3".to_vec()),
        ]);
    }
    all
}

#[test]
fn what_python_frameworks_keep_beside_their_sessions_stays() {
    let stores = [
        "django-cache",
        "django-redis-compressed",
        "flask-session",
        "flask-session-legacy",
        "flask-kvsession",
        "starlette-session",
        "fastapi-redis-session",
        "sanic-session",
        "litestar",
        "beaker-redis",
        "ctfd",
        "indico",
    ];
    let sess = Sess::new();
    let mut sessions = BTreeSet::new();
    for slug in stores {
        sess.restore(slug);
        let all = expected(slug)["sessions"].as_array().expect("sessions").clone();
        sessions.extend(all.iter().map(|session| session["key"].as_str().expect("a key").to_string()));
    }
    let mut pipe = redis::pipe();
    let beside = beside_python();
    for (key, value) in &beside {
        pipe.cmd("SET").arg(key).arg(value).ignore();
    }
    pipe.exec(&mut sess.server.connect()).expect("keys");
    let listed: BTreeSet<String> = sess.listed("key", &["--all"]).into_iter().collect();
    assert_eq!(listed, sessions);
    sess.args(["purge", "--all", "--yes", "--max", "none", "--no-undo"]).success();
    let left = sess.server.snapshot();
    for (key, _) in &beside {
        assert!(left.contains_key(key.as_bytes()), "{key}");
    }
}
