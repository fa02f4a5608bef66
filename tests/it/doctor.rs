//! `sessctl doctor`: each fault is planted in a store that had none, found with its count, and gone once
//! it was mended.

use serde_json::{Value as Json, json};

use crate::support::{Server, Sess, sid};

fn findings(sess: &Sess, args: &[&str]) -> Vec<(String, u64)> {
    let args: Vec<&str> =
        ["doctor", "-o", "json", "--skip", "durability"].iter().chain(args).copied().collect();
    let ran = sess.args(args);
    let told = ran.json();
    assert_eq!(told["complete"], json!(true));
    let findings = told["findings"].as_array().expect("a list").clone();
    let bad = findings.iter().any(|finding| finding["severity"] != "info");
    assert_eq!(ran.code, Some(if bad { 7 } else { 0 }));
    let one = |finding: &Json| {
        (finding["id"].as_str().expect("a name").to_string(), finding["count"].as_u64().expect("a number"))
    };
    findings.iter().map(one).collect()
}

fn found(name: &str, count: u64) -> Vec<(String, u64)> {
    vec![(name.to_string(), count)]
}

/// Thirty sessions with which nothing is wrong, and a server that can say so.
fn healthy() -> Sess {
    let mut sess = Sess::on(Server::with(&["--notify-keyspace-events", "Egx"]));
    for n in 0..30 {
        sess = sess.express(format!("sess:{}", sid(n)), (n % 3 > 0).then_some("ada"), &json!({}));
    }
    for n in 0..30 {
        sess.server.command(&["EXPIRE", &format!("sess:{}", sid(n)), "86400"]);
    }
    sess
}

#[test]
fn sessions_that_nothing_ends_are_found_and_mended_and_the_mending_undone() {
    let sess = healthy();
    assert_eq!(findings(&sess, &[]), []);
    for n in 0..4 {
        sess.server.command(&["PERSIST", &format!("sess:{}", sid(n))]);
    }
    assert_eq!(findings(&sess, &[]), found("no-ttl", 4));
    let before = sess.server.snapshot();
    sess.args(["doctor", "--fix", "no-ttl", "--dry-run"]).success();
    assert_eq!(sess.server.snapshot(), before);
    sess.args(["doctor", "--fix", "no-ttl", "--in", "2h", "--yes"]).success();
    assert_eq!(findings(&sess, &[]), []);
    sess.args(["undo", "--yes"]).success();
    assert_eq!(findings(&sess, &[]), found("no-ttl", 4));
}

#[test]
fn sessions_that_live_too_long_are_found_and_capped() {
    let sess = healthy();
    sess.server.command(&["EXPIRE", &format!("sess:{}", sid(3)), &(500 * 86_400).to_string()]);
    assert_eq!(findings(&sess, &[]), found("ttl-too-long", 1));
    assert_eq!(findings(&sess, &["--max-ttl", "12h"]), found("ttl-too-long", 30));
    sess.args(["doctor", "--fix", "ttl-too-long", "--yes"]).success();
    assert_eq!(findings(&sess, &[]), []);
}

#[test]
fn index_entries_without_sessions_and_sessions_without_entries_are_counted() {
    let sess = Sess::on(Server::with(&["--notify-keyspace-events", "Egx"])).load("spring-session-indexed");
    let only = ["--only", "index-orphans,index-missing,leftovers"];
    assert_eq!(findings(&sess, &only), []);
    let rows = sess.rows(&[]);
    let of_user: Vec<&Json> = rows.iter().filter(|row| row["user"] == rows[0]["user"]).collect();
    let key = of_user[0]["key"].as_str().expect("a key");
    sess.server.command(&["UNLINK", key]);
    let after = findings(&sess, &only);
    assert!(after.contains(&("index-orphans".to_string(), 1)) || of_user.len() == 1, "{after:?}");
    assert!(after.iter().any(|(name, _)| name == "leftovers"), "its expiry twin is left: {after:?}");
}

#[test]
fn what_a_session_should_not_hold_is_found_without_showing_it() {
    let sess = healthy()
        .express(format!("sess:{}", sid(100)), Some("eve"), &json!({"form": {"password": "hunter2!"}}))
        .set(format!("sess:{}", sid(101)), r#"{"cookie":{"originalMaxAge":1},"cut"#);
    sess.server.command(&["EXPIRE", &format!("sess:{}", sid(100)), "86400"]);
    sess.server.command(&["EXPIRE", &format!("sess:{}", sid(101)), "86400"]);
    let ran = sess.args(["doctor", "-o", "json", "--only", "plain-secrets"]).code(7);
    let told = ran.json();
    assert_eq!(told["findings"][0]["count"], json!(1));
    let example = told["findings"][0]["examples"][0].as_str().expect("an example").to_string();
    assert!(example.ends_with("form.password") && !example.contains(&sid(100)), "{example}");
    assert!(!ran.text().contains("hunter2!"));
    assert_eq!(findings(&sess, &["--only", "undecodable"]), found("undecodable", 1));
}

#[test]
fn a_user_with_too_many_sessions_and_ids_that_count_are_found() {
    let mut sess = healthy();
    for n in 200..302 {
        sess = sess.express(format!("sess:{}", sid(n)), Some("crawler"), &json!({}));
    }
    assert_eq!(findings(&sess, &["--only", "many-per-user"]), found("many-per-user", 1));
    let sess = sess.express("sess:1001", Some("bob"), &json!({}));
    let weak = findings(&sess, &["--only", "weak-ids", "--layout", "connect-redis"]);
    assert_eq!(weak, found("weak-ids", 1));
}

#[test]
fn a_server_that_ends_sessions_by_itself_is_said() {
    let sess = healthy();
    sess.server.command(&["CONFIG", "SET", "maxmemory", "1gb"]);
    sess.server.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    assert_eq!(findings(&sess, &[]), found("eviction", 1));
    let severe = sess.args(["doctor", "--fail-on", "error"]).code(7);
    assert!(severe.text().contains("error eviction: 1"), "{}", severe.text());
    sess.args(["doctor", "--only", "weak-ids"]).success();
    sess.args(["doctor", "--fix", "eviction"]).code(2).says("no-ttl");
}

#[test]
fn what_may_not_be_asked_of_the_server_is_said_and_not_taken_for_well() {
    let rules = [
        "~*",
        "-@all",
        "+scan",
        "+type",
        "+get",
        "+getrange",
        "+strlen",
        "+hgetall",
        "+hlen",
        "+pttl",
        "+exists",
        "+time",
    ];
    let sess = healthy().user(&rules);
    let ran = sess.args(["doctor", "--only", "weak-ids,eviction"]).success();
    ran.says("INFO, CONFIG GET").says("were not checked");
}

#[test]
fn rights_that_are_lacking_are_named_where_the_server_can_be_asked() {
    let sess = healthy().user(&["~*", "+@all", "-unlink", "-restore"]);
    assert_eq!(findings(&sess, &[]), found("rights", 1));
    let told = sess.args(["doctor", "-o", "json", "--only", "rights"]).success().json();
    assert_eq!(told["findings"][0]["examples"], json!(["changes: +unlink +restore"]));
    let calls = sess.server.calls();
    assert!(!calls.contains_key("restore") && !calls.contains_key("unlink"), "{calls:?}");
    // Whoever may run everything lacks nothing, however keys are kept from him.
    let sess = Sess::on(sess.server).user(&["~sess:*", "+@all"]);
    assert_eq!(findings(&sess, &[]), []);
}

#[test]
fn a_profile_says_how_long_sessions_may_live_and_what_of_it_others_can_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let sess = healthy();
    let text = format!("[profiles.p]\nstore = {:?}\nmax_ttl = \"1h\"\n", sess.server.url());
    let sess = Sess::on(sess.server).use_profile(&text);
    assert_eq!(findings(&sess, &[]), found("ttl-too-long", 30));
    assert_eq!(findings(&sess, &["--max-ttl", "2d"]), []);
    sess.args(["doctor", "--only", "weak-ids"]).success().says("config.toml, profile p; ");
    sess.args(["doctor", "--fix", "ttl-too-long", "--yes"]).success();
    assert_eq!(findings(&sess, &[]), []);
    let secret = format!("{text}[profiles.p.options]\ncookie_secret = \"hunter2\"\n");
    let path = sess.write("config.toml", secret);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("permissions");
    assert_eq!(findings(&sess, &["--layout", "connect-redis"]), found("config-readable", 1));
    sess.write("config.toml", text.replace("\"1h\"", "\"soon\""));
    sess.args(["doctor"]).code(2).says("max_ttl").says("14d");
}
