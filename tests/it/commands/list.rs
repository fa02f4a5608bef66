use serde_json::json;

use crate::support::*;

#[test]
fn a_table_has_a_head_and_a_line_a_session() {
    let sess = Sess::new().load("connect-redis");
    let sessions = expected("connect-redis")["sessions"].as_array().expect("sessions").len();
    let ran = sess.args(["list"]).success().clean();
    let lines = ran.lines();
    assert_eq!(lines.len(), sessions + 1, "{}", ran.text());
    for head in ["ID", "USER", "LAYOUT", "TTL"] {
        assert!(lines[0].split_whitespace().any(|word| word == head), "{}", lines[0]);
    }
    assert!(lines[1..].iter().all(|line| line.contains("connect-redis")));
    ran.says(&format!("{sessions} sessions shown"));
    // Everything, when asked for.
    let wide = sess.args(["list", "--wide"]).success().text();
    let head = wide.lines().next().expect("a head").to_string();
    for name in ["KEY", "CREATED", "SEEN", "AGENT", "CODEC", "ERROR"] {
        assert!(head.contains(name), "{head}");
    }
}

#[test]
fn a_table_fits_its_terminal() {
    let sess = Sess::new().express(
        format!("sess:{}", sid(1)),
        Some(&"a-user-with-a-name-that-is-rather-long".repeat(4)),
        &json!({ "userAgent": "Mozilla/5.0 ".repeat(30), "ip": "192.0.2.10" }),
    );
    let (code, shown) = sess.terminal(&["--color", "never", "list"]).end();
    assert_eq!(code, Some(0));
    for line in shown.lines() {
        assert!(line.trim_end().chars().count() <= 120, "{line}");
    }
    // In a pipe there is no width that it would have to fit.
    sess.args(["list", "--wide"]).success().shows("Mozilla/5.0 ".repeat(30).trim_end());
}

#[test]
fn sessions_of_a_user_are_found_by_what_runbooks_type() {
    let sess = Sess::new().load("overleaf");
    let user = "5f0c1d2e3f4a5b6c7d8e9f01";
    let wanted = expected("overleaf")["sessions"]
        .as_array()
        .expect("sessions")
        .iter()
        .filter(|session| session["user"] == user)
        .count();
    assert_eq!(sess.rows(&["--user", user]).len(), wanted);
    let ids = sess.args(["list", "--user", user, "-o", "ids"]).success().silent().lines();
    assert_eq!(ids.len(), wanted);
}

#[test]
fn an_expired_session_whose_key_is_there_is_a_row() {
    // redis-sessions keeps its own end in the value.
    let sess = Sess::new().load("redis-sessions");
    let keys = sess.listed("key", &[]);
    for (at, key) in keys.iter().enumerate() {
        sess.server.command(&["HSET", key, "la", if at == 0 { "1000000000" } else { "9000000000" }]);
    }
    let expired = sess.rows(&["--expired"]);
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0]["key"], keys[0].as_str());
    assert!(
        expired[0]["expires_at"].as_str().is_some_and(|at| at.starts_with("2001-09-09")),
        "{}",
        expired[0]
    );
    assert_eq!(sess.rows(&[]).len(), keys.len());
    sess.args(["list"]).success().shows("expired");
}

#[test]
fn other_databases_are_other_stores() {
    let sess = Sess::new().many(3);
    sess.server.command(&["SWAPDB", "0", "5"]);
    sess.args(["count"]).success().stdout("0\n");
    sess.args(["count", "--store", &format!("{}?db=5", sess.server.url())]).success().stdout("3\n");
}

#[test]
fn a_table_of_a_small_store_is_sorted() {
    let mut sess = Sess::new();
    for (n, user) in [Some("carol"), None, Some("10"), Some("alice"), Some("9")].iter().enumerate() {
        sess = sess.express(format!("sess:{}", sid(n)), *user, &json!({}));
    }
    let users = |args: &[&str]| -> Vec<String> {
        let ran = sess.args([&["list", "--columns", "user", "--no-headers"], args].concat()).success();
        ran.lines()
    };
    assert_eq!(users(&[]), ["9", "10", "alice", "carol", "(nobody)"]);
    assert_eq!(users(&["--limit", "2"]), ["9", "10"]);
    assert_eq!(users(&["--sort", "-user"]), ["carol", "alice", "10", "9", "(nobody)"]);
    sess.args(["list", "--limit", "2"]).success().says("2 of 5 sessions shown; 5 keys scanned");
}

#[test]
fn the_names_of_columns_can_be_left_out() {
    let sess = Sess::new().many(1);
    let csv = sess.args(["list", "--columns", "user,ttl", "--no-headers", "-o", "csv"]).success();
    assert!(csv.text().starts_with("user0,"), "{}", csv.text());
    sess.args(["count", "--by", "user", "--no-headers"]).success().stdout("user0      1\n");
    sess.args(["count", "--by", "user", "--no-headers", "-o", "csv"]).success().stdout("user0,1\n");
    for args in [&["runs"][..], &["layouts"], &["discover"], &["list"]] {
        for form in ["table", "csv"] {
            sess.args(["purge", "--all", "--yes", "-q"]).success();
            sess.args(["undo", "--yes"]).success();
            let args = [args, &["-o", form]].concat();
            let (with, without) =
                (sess.args(&args).success(), sess.args([&args[..], &["--no-headers"]].concat()).success());
            let (with, without) = (with.lines().len(), without.lines().len());
            // One run more is there the second time only with `runs`.
            assert_eq!(with, without + 1, "{args:?}");
        }
    }
}

#[test]
fn browsers_are_found_by_a_part_of_their_name() {
    let agent = |name: &str| json!({ "userAgent": format!("Mozilla/5.0 {name}/1.2") });
    let sess = Sess::new()
        .express(format!("sess:{}", sid(1)), Some("alice"), &agent("Firefox"))
        .express(format!("sess:{}", sid(2)), Some("bob"), &agent("iPhone"))
        .express(format!("sess:{}", sid(3)), Some("carol"), &json!({}));
    assert_eq!(sess.listed("user", &["--agent", "firefox"]), ["alice"]);
    assert_eq!(sess.listed("user", &["--agent", "FIREFOX/1", "--agent", "iphone"]), ["alice", "bob"]);
    assert_eq!(sess.listed("user", &["--not", "--agent", "firefox"]), ["bob", "carol"]);
    assert_eq!(sess.listed("user", &["--agent", "opera"]), Vec::<String>::new());
    sess.args(["purge", "--agent", "iphone", "--yes"]).success().shows("Ended 1 session");
    let runs = sess.args(["runs", "-o", "json"]).success().json();
    assert_eq!(runs[0]["filter"], "agent has iphone");
}

#[test]
fn times_are_shown_as_it_was_asked_for() {
    let sess = Sess::new().many(1).env("TZ", "JST-9");
    let shown = |args: &[&str]| {
        sess.args([args, &["list", "--columns", "expires", "--no-headers"]].concat()).success().text()
    };
    assert!(shown(&[]).ends_with("Z\n"), "{}", shown(&[]));
    assert!(shown(&["--times", "utc"]).ends_with("Z\n"));
    assert!(shown(&["--times", "local"]).ends_with("+09:00\n"), "{}", shown(&["--times", "local"]));
    assert!(shown(&["--times", "relative"]).starts_with("in "), "{}", shown(&["--times", "relative"]));
    let card = sess.args(["inspect", &sid(0), "--times", "local"]).success();
    assert!(
        card.text().contains("+09:00 (in 59m)") || card.text().contains("+09:00 (in 1h)"),
        "{}",
        card.text()
    );
    // Data have them as they are.
    let row = sess.args(["list", "--times", "local", "-o", "json"]).success().json();
    assert!(row[0]["expires_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{row}");
}

#[test]
fn the_size_of_a_hash_is_no_guess() {
    let sess = Sess::new().load("spring-session");
    let mut hashes = 0;
    for row in sess.rows(&[]) {
        let key = row["key"].as_str().expect("a key");
        let exact = sess.server.command(&["MEMORY", "USAGE", key, "SAMPLES", "0"]);
        assert_eq!(exact, redis::Value::Int(row["bytes"].as_i64().expect("a size")), "{key}");
        hashes += 1;
    }
    assert!(hashes > 2, "{hashes}");
}
