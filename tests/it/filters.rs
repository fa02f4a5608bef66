//! Which sessions, and in what form: every filter, every form of output, and what is asked of the
//! server for them.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::support::*;

fn ago(millis: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    now.as_millis() as u64 - millis
}

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// Five sessions of an in-house store: `one` and `two` are alice's, `three` is bob's, `four` is
/// nobody's, `five` cannot be decoded.
fn shop() -> Sess {
    let sess = Sess::new();
    let put = |id: &str, session: &str, ttl: Option<u64>| {
        let key = format!("app:{id}");
        let mut command = vec!["SET", &key, session];
        let ttl = ttl.map(|ttl| ttl.to_string());
        if let Some(ttl) = &ttl {
            command.extend(["PX", ttl]);
        }
        sess.server.command(&command);
    };
    let one = json!({
        "user": "alice", "created": ago(DAY), "seen": ago(MINUTE), "ip": "192.0.2.10",
        "userAgent": "Mozilla/5.0 (X11; Linux)", "admin": true, "since": "2024-05-17T08:30:00Z",
        "cart": [{ "sku": "A-1", "qty": 2 }, { "sku": "B-2", "qty": 10 }], "note": "a=b", "a b": 1
    });
    let two = json!({
        "user": "alice", "created": ago(40 * DAY), "seen": ago(8 * DAY), "ip": "198.51.100.7, 10.0.0.1",
        "admin": false, "since": "2025-01-01T00:00:00+02:00", "cart": [], "note": null
    });
    let three = json!({
        "user": "bob.b", "created": ago(2 * DAY), "seen": ago(3 * DAY), "ip": "::ffff:192.0.2.77",
        "cart": [{ "sku": "A-1", "qty": 1 }], "token": "hunter2", "big": 9_007_199_254_740_993_u64
    });
    let four = json!({ "pad": "x".repeat(100_000), "cart": [{ "sku": "C", "qty": "3" }] });
    put("one", &one.to_string(), Some(60 * MINUTE));
    put("two", &two.to_string(), None);
    put("three", &three.to_string(), Some(10 * MINUTE));
    put("four", &four.to_string(), Some(3 * DAY));
    put("five", "{\"user\":\"alice\",", Some(60 * MINUTE));
    // A neighbour that is none of them.
    let sess = sess.set("other:six", r#"{"user":"alice"}"#);
    sess.profile(
        "generic",
        &json!({ "prefix": "app:", "user_path": "user", "created_path": "created", "seen_path": "seen" }),
    )
}

#[test]
fn every_filter_chooses_what_it_says() {
    let sess = shop();
    let table: &[(&[&str], &str)] = &[
        (&[], "five four one three two"),
        (&["--all"], "five four one three two"),
        (&["--user", "alice"], "one two"),
        (&["--user", "alice", "--user", "bob.b"], "one three two"),
        (&["--user", "Alice"], ""),
        (&["--user", "ali"], ""),
        (&["--user-match", "ali*"], "one two"),
        (&["--user-match", "b?b.[a-c]"], "three"),
        (&["--user-match", "a*", "--user-match", "b*"], "one three two"),
        (&["--authenticated"], "one three two"),
        (&["--anonymous"], "four"),
        (&["--ttl", "<30m"], "three"),
        (&["--ttl", ">=2d"], "four"),
        (&["--ttl", ">5m", "--ttl", "<2h"], "five one three"),
        (&["--no-ttl"], "two"),
        (&["--idle", ">7d"], "two"),
        (&["--idle", "<1h"], "one"),
        (&["--age", ">30d"], "two"),
        (&["--age", "<3d"], "one three"),
        (&["--size", ">64KiB"], "four"),
        (&["--size", "<=64KiB"], "five one three two"),
        (&["--ip", "192.0.2.0/24"], "one three"),
        (&["--ip", "192.0.2.10"], "one"),
        (&["--ip", "198.51.100.0/24", "--ip", "::ffff:192.0.2.77"], "three two"),
        (&["--undecodable"], "five"),
        (&["--expired"], ""),
        // And-ed.
        (&["--user", "alice", "--no-ttl"], "two"),
        (&["--user", "alice", "--ip", "203.0.113.0/24"], ""),
        // Negated: the plain opposite, also where nothing is known.
        (&["--not", "--user", "alice"], "five four three"),
        (&["--not", "user=alice"], "five four three"),
        (&["--not", "--anonymous"], "five one three two"),
        (&["--not", "--authenticated"], "five four"),
        (&["--not", "--no-ttl"], "five four one three"),
        (&["--not", "--ttl", "<30m"], "five four one two"),
        (&["--not", "--idle", ">7d"], "five four one three"),
        (&["--not", "--age", ">30d"], "five four one three"),
        (&["--not", "--size", ">64KiB"], "five one three two"),
        (&["--not", "--ip", "192.0.2.0/24"], "five four two"),
        (&["--not", "--undecodable"], "four one three two"),
        (&["--not", "--expired"], "five four one three two"),
        (&["--not", "--user-match", "a*", "--not", "--undecodable"], "four three"),
        (&["--not", "--where", "admin = true"], "five four three two"),
    ];
    for (args, expected) in table {
        assert_eq!(sess.listed("id", args).join(" "), *expected, "{args:?}");
        let count = sess.args([&["count"], *args].concat()).success().text();
        assert_eq!(count.trim(), expected.split_whitespace().count().to_string(), "{args:?}");
    }
}

#[test]
fn conditions_on_the_data() {
    let sess = shop();
    for (condition, expected) in [
        ("admin = true", "one"),
        ("admin=true", "one"),
        ("admin = false", "two"),
        ("admin = \"true\"", ""),
        ("admin != true", "four three two"),
        ("user = alice", "one two"),
        ("user = 'alice'", "one two"),
        ("user ~ li", "one two"),
        ("user ~ b*b", "three"),
        ("user !~ li", "four three"),
        ("cart.0.sku = A-1", "one three"),
        ("cart.0.qty >= 2", "four one"),
        ("cart.0.qty > 2", "four"),
        ("cart.1.qty > 9", "one"),
        ("cart.0.qty < 2", "three"),
        ("since < 2024-12-31", "one"),
        ("since >= 2024-12-31T22:00:00Z", "two"),
        ("since > 2024-12-31T22:00:00Z", ""),
        ("since <= 2024-12-31T22:00:00Z", "one two"),
        ("note = a=b", "one"),
        ("note = null", "four three two"),
        ("note != null", "one"),
        ("\"a b\" = 1", "one"),
        ("big = 9007199254740993", "three"),
        ("big = 9007199254740992", ""),
        ("nothing.at.all = 1", ""),
    ] {
        assert_eq!(sess.listed("id", &["--where", condition]).join(" "), expected, "{condition}");
    }
    assert_eq!(sess.listed("id", &["--where", "user = alice", "--where", "admin = true"]), ["one"]);
}

#[test]
fn ids_come_from_files_with_rubbish_in_them() {
    let sess = shop();
    let file = sess.write("ids", "one\n\n  \none\r\napp:three\nno-such-id\n\u{1b}[2J\nother:six\none\n");
    let file = file.to_str().expect("text");
    assert_eq!(sess.listed("id", &["--ids-from", file]), ["one", "three"]);
    assert_eq!(sess.listed("id", &["--ids-from", file, "--user", "alice"]), ["one"]);
    assert_eq!(sess.listed("id", &["--not", "--ids-from", file]), ["five", "four", "two"]);
    let ran = sess.args_with_input(&["list", "--ids-from", "-", "-o", "ids"], b"two\0one\0\0two\0");
    let mut ids = ran.success().lines();
    ids.sort();
    assert_eq!(ids, ["one", "two"]);
    let ran = sess.args_with_input(&["count", "--ids-from", "-"], b"\xff\xfe\n\n");
    assert_eq!(ran.success().text(), "0\n");
    // Nothing named is nothing chosen, also for a change.
    let before = sess.server.snapshot();
    let ran = sess.args_with_input(&["purge", "--ids-from", "-", "--yes", "-o", "json"], b"\n");
    assert_eq!(ran.success().json()["matched"], 0);
    assert!(sess.server.snapshot() == before);
    // What list prints, purge takes.
    let ids = sess.args(["list", "--anonymous", "-o", "ids"]).success().stdout;
    let ran = sess.args_with_input(&["purge", "--ids-from", "-", "--yes", "-o", "json"], &ids);
    assert_eq!(ran.success().json()["done"], 1);
    assert_eq!(sess.listed("id", &[]), ["five", "one", "three", "two"]);
}

#[test]
fn a_million_lines_name_a_session_once_each() {
    let sess = shop();
    let mut lines = String::new();
    for number in 0..250_000 {
        lines.push_str("one\n\n\u{1b}[31mno session\n");
        lines.push_str(&format!("{number:032x}\n"));
    }
    let file = sess.write("ids", &lines);
    let file = file.to_str().expect("text");
    let ran = sess.args(["purge", "--ids-from", file, "--dry-run", "-o", "json"]).success();
    assert_eq!(ran.hides("\u{1b}[31m").json()["matched"], 1);
    assert_eq!(sess.args(["purge", "--ids-from", file, "--yes", "-o", "json"]).success().json()["done"], 1);
    assert_eq!(sess.listed("id", &[]), ["five", "four", "three", "two"]);
}

/// The members of a row, in their order.
const MEMBERS: &[&str] = &[
    "id",
    "key",
    "layout",
    "user",
    "ttl_ms",
    "expires_at",
    "created_at",
    "last_seen_at",
    "ip",
    "agent",
    "bytes",
    "codec",
    "error",
    "authenticated",
];

fn members(row: &Json) -> Vec<&str> {
    row.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn a_row_of_json_has_every_member_in_its_order() {
    let sess = shop();
    for row in sess.rows(&[]) {
        assert_eq!(members(&row), MEMBERS);
        assert_eq!(row["layout"], "generic");
        assert_eq!(row["ttl_ms"].is_null(), row["id"] == "two");
        assert_eq!(row["expires_at"].is_null(), row["id"] == "two");
        assert_eq!(row["error"].is_string(), row["id"] == "five");
        assert_eq!(row["codec"], json!(["json"]));
        assert!(row["bytes"].as_u64().is_some_and(|bytes| bytes > 0));
    }
    let lines = sess.args(["list", "-o", "ndjson"]).success().silent().ndjson();
    assert_eq!(lines.len(), 5);
    assert!(lines.iter().all(|row| members(row) == MEMBERS));
    let shown = sess.args(["inspect", "one", "-o", "json"]).success().json();
    assert_eq!(members(&shown), [MEMBERS, &["data", "field_ends", "companions"]].concat());
    let one = &shown;
    assert_eq!(one["ip"], "192.0.2.10");
    assert_eq!(one["agent"], "Mozilla/5.0 (X11; Linux)");
    assert!(one["ttl_ms"].as_u64().is_some_and(|ttl| ttl <= 60 * MINUTE && ttl > 50 * MINUTE));
    for member in ["expires_at", "created_at", "last_seen_at"] {
        let time = one[member].as_str().expect("a time");
        assert!(time.len() == 24 && time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
    }
}

#[test]
fn columns_are_exactly_those_asked_for_in_every_form() {
    let sess = shop();
    let ran = sess.args(["list", "--columns", "id,ttl", "--user", "bob.b", "-o", "json"]).success();
    assert_eq!(members(&ran.json()[0]), ["id", "ttl_ms", "expires_at"]);
    let ran = sess.args(["list", "--columns", "ttl,id", "-o", "ndjson"]).success();
    assert!(ran.ndjson().iter().all(|row| members(row) == ["ttl_ms", "expires_at", "id"]));
    let ran = sess.args(["list", "--columns", "user,created,seen,age,idle", "-o", "csv"]).success();
    assert_eq!(ran.lines()[0], "user,created_at,last_seen_at,age_ms,idle_ms");
    let ran = sess.args(["list", "--columns", "id,user", "--user", "bob.b"]).success();
    let words: Vec<Vec<String>> =
        ran.lines().iter().map(|line| line.split_whitespace().map(str::to_string).collect()).collect();
    assert_eq!(words, [["ID", "USER"], ["thr…", "bob.b"]]);
    // The head of CSV is the names of the members.
    let ran = sess.args(["list", "-o", "csv"]).success();
    assert_eq!(ran.lines()[0], MEMBERS.join(","));
    // Ids are ids, whatever the columns.
    let mut ids = sess.args(["list", "-o", "ids", "--columns", "user"]).success().lines();
    ids.sort();
    assert_eq!(ids, ["five", "four", "one", "three", "two"]);
}

#[test]
fn only_what_is_needed_is_asked_of_the_server() {
    let sess = shop();
    let asked = |args: &[&str]| {
        sess.server.forget_calls();
        sess.args(args).success();
        sess.server.calls()
    };
    let calls = asked(&["list", "--columns", "id,user", "-o", "json"]);
    assert!(!calls.contains_key("memory|usage") && !calls.contains_key("pttl"), "{calls:?}");
    let calls = asked(&["list", "--columns", "id,ttl", "-o", "json"]);
    assert!(!calls.contains_key("memory|usage"), "{calls:?}");
    assert!(calls.contains_key("pttl"), "{calls:?}");
    for args in
        [&["list", "-o", "ids"][..], &["count"], &["count", "--by", "user"], &["count", "--user", "alice"]]
    {
        let calls = asked(args);
        assert!(
            !calls.contains_key("memory|usage") && calls.get("pttl").is_none_or(|n| *n <= 1),
            "{args:?}: {calls:?}"
        );
    }
    // Sizes of those that are shown, not of all that are looked at.
    let calls = asked(&["list", "--user", "bob.b", "-o", "json"]);
    assert_eq!(calls.get("memory|usage"), Some(&1), "{calls:?}");
    let calls = asked(&["list", "-o", "json"]);
    assert_eq!(calls.get("memory|usage"), Some(&5), "{calls:?}");
    let calls = asked(&["list", "--size", ">64KiB", "--columns", "id"]);
    assert_eq!(calls.get("memory|usage"), Some(&5), "{calls:?}");
    // Nothing that blocks the server, and nothing that ends more than it names.
    let calls = asked(&["purge", "--user", "alice", "--yes"]);
    for command in ["del", "flushdb", "flushall", "keys", "eval", "smembers", "expire", "rename"] {
        assert!(!calls.contains_key(command), "{command}: {calls:?}");
    }
    assert!(calls.contains_key("unlink"), "{calls:?}");
    let calls = asked(&["list"]);
    assert!(!calls.contains_key("keys") && !calls.contains_key("type") || calls["type"] < 20, "{calls:?}");
}

#[test]
fn sorting_and_limits() {
    let sess = shop();
    let order = |args: &[&str]| {
        let rows = sess.rows(args);
        rows.iter().map(|row| row["id"].as_str().expect("an id").to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order(&["--sort", "id"]), "five four one three two");
    assert_eq!(order(&["--sort", "-id"]), "two three one four five");
    assert_eq!(order(&["--sort", "-bytes", "--limit", "1"]), "four");
    assert!(order(&["--sort", "user", "--authenticated"]).ends_with(" three"));
    assert!(order(&["--sort", "-user", "--authenticated"]).starts_with("three "));
    assert_eq!(order(&["--sort", "created", "--authenticated"]), "two three one");
    assert_eq!(order(&["--sort", "-seen", "--authenticated"]), "one three two");
    assert_eq!(
        order(&["--sort", "ttl", "--columns", "id", "--authenticated"]).split(' ').next(),
        Some("three")
    );
    assert_eq!(sess.rows(&["--limit", "2"]).len(), 2);
    assert_eq!(sess.rows(&["--limit", "0"]).len(), 0);
    assert_eq!(sess.rows(&["--limit", "99"]).len(), 5);
    assert_eq!(sess.args(["list", "-o", "ids", "--limit", "3"]).success().lines().len(), 3);
}

#[test]
fn ids_are_short_in_tables_and_whole_for_programs() {
    let id = sid(1);
    let sess = Sess::new().express(format!("sess:{id}"), Some("alice"), &json!({})).express(
        format!("sess:{}", sid(22)),
        Some("bob"),
        &json!({}),
    );
    for args in [
        &["list"][..],
        &["list", "--wide"],
        &["inspect", &id],
        &["purge", "--all", "--dry-run"],
        &["list", "--mask", "-o", "json"],
        &["list", "--mask", "-o", "csv"],
        &["list", "--mask", "-o", "ids"],
        &["inspect", &id, "--mask", "-o", "json"],
        &["inspect", "no-such-session-with-this-long-id"],
    ] {
        sess.args(args).hides(&id).hides("no-such-session-with-this");
    }
    for args in [
        &["list", "--reveal"][..],
        &["inspect", &id, "--reveal"],
        &["purge", "--all", "--dry-run", "--reveal"],
        &["list", "-o", "json"],
        &["list", "-o", "ndjson"],
        &["list", "-o", "csv"],
        &["list", "-o", "ids"],
    ] {
        sess.args(args).success().shows(&id);
    }
    // What a table shows is enough to name the session.
    for line in sess.args(["list", "--columns", "id"]).success().lines().iter().skip(1) {
        let short = line.trim();
        assert!(short.len() < id.len());
        sess.args(["inspect", short]).success();
        sess.args(["inspect", short.trim_end_matches('…')]).success();
    }
    // The profile may have it masked always, and the command line has the last word.
    let text = sess.profile_text("connect-redis", &json!({})).replace("layout =", "mask = true\nlayout =");
    let sess = sess.use_profile(&text);
    sess.args(["list", "-o", "json"]).success().hides(&id);
    sess.args(["list", "-o", "json", "--reveal"]).success().shows(&id);
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let sess = shop();
    sess.args(["list"]).success().clean();
    sess.args(["list", "--color", "always"]).success().shows("\u{1b}[");
    sess.args(["list", "--color", "never"]).success().clean();
    sess.args(["list", "--color", "always", "-o", "json"]).success().clean();
    sess.args(["list", "--color", "always", "-o", "csv"]).success().clean();
    sess.args(["list", "--color", "always", "--usr"]).code(2);
    sess.args(["inspect", "nobody-at-all", "--color", "always"]).code(1).says("\u{1b}[1;31merror:");
    let coloured = |sess: &Sess| sess.terminal(&["list"]).end().1.contains("\u{1b}[");
    assert!(coloured(&sess));
    assert!(!coloured(&shop().env("NO_COLOR", "1")));
    assert!(coloured(&shop().env("NO_COLOR", "")));
    assert!(!coloured(&shop().env("TERM", "dumb")));
}

#[test]
fn quiet_says_nothing_but_what_is_wrong() {
    let sess = shop();
    sess.args(["list", "--quiet"]).success().silent();
    sess.args(["list"]).success().says("5 sessions shown");
    sess.args(["inspect", "nobody-at-all", "--quiet"]).code(1).says("error");
}

#[test]
fn settings_come_from_flag_then_environment_then_profile() {
    let (here, there) = (shop(), Sess::new().many(3));
    let url = there.server.url();
    let config = here.server.dir.path().join("config.toml");
    let base = || {
        let mut command = there.command(["count", "--store", ""]);
        // An empty variable is none.
        command.env("SESSCTL_CONFIG", &config).env("SESSCTL_STORE", "");
        command
    };
    // The profile's own store.
    Ran::of(base().env("SESSCTL_PROFILE", "p")).success().stdout("5\n");
    // The environment goes before the profile, the flag before both.
    let mut command = there.command(["count", "--store", &here.server.url()]);
    Ran::of(command.env("SESSCTL_STORE", &url).env("SESSCTL_CONFIG", &config).env("SESSCTL_PROFILE", "p"))
        .success()
        .stdout("5\n");
    let mut command = there.command(["count", "--store", &url]);
    // Options of a layout that is not the profile's do not fit.
    Ran::of(command.args(["--layout", "connect-redis", "--profile", "p"]).env("SESSCTL_CONFIG", &config))
        .code(2)
        .says("layout connect-redis has no option");
}
