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
