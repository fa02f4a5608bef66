//! `clear`: all sessions of a layout, and nothing else.

use crate::support::*;

/// Two layouts' sessions and a cache in one database.
fn mixed() -> Sess {
    let sess = Sess::new().many(3).set("cache:1", "x").set("sess:count", "3");
    sess.restore("hono-sessions");
    sess
}

#[test]
fn only_the_named_layouts_sessions_go() {
    let sess = mixed();
    let before = sess.server.snapshot();
    let ran = sess.args(["clear", "--layout", "connect-redis", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 3);
    ran.says("about 6 other keys");
    let after = sess.server.snapshot();
    for (key, value) in &before {
        let gone = key.starts_with(b"sess:0");
        assert_eq!(after.contains_key(key), !gone, "{}", String::from_utf8_lossy(key));
        assert!(gone || after[key] == *value);
    }
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.snapshot() == before);
}

#[test]
fn several_layouts_go_together_with_their_indexes() {
    let sess = mixed();
    sess.restore("better-auth");
    let clear = ["clear", "--layout", "better-auth", "--layout", "hono-sessions", "-o", "json"];
    let before = sess.server.snapshot();
    // What is asked before it begins counts the indexes among what is there.
    let shown = sess.changes_nothing(["clear", "--layout", "better-auth", "--dry-run"]).success();
    let others = before.len() - 4;
    shown.says(&format!("about {others} other keys")).says("would stay, but for what belongs to these");
    let ran = sess.args([&clear[..], &["--yes"]].concat()).success().says("about 5 other keys");
    assert_eq!(ran.json()["done"], 8);
    let left = sess.server.contents();
    assert_eq!(left.len(), 5, "{left:?}");
    assert!(left.keys().all(|key| before.contains_key(key)), "{left:?}");
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.snapshot() == before);
}

#[test]
fn what_was_left_is_cleared_as_the_hint_says() {
    let sess = mixed();
    let running = sess.start(["clear", "--layout", "connect-redis", "--yes", "--rate", "1/h", "-o", "json"]);
    eventually("the first session ends", || sess.server.size() == 8);
    running.interrupt();
    let ran = running.end().code(130);
    let run = ran.json()["run"].as_str().expect("a run").to_string();
    ran.says(&format!("sessctl clear --resume {run}"));
    let ran = sess.args(["clear", "--resume", &run, "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 2);
    ran.says("about 6 other keys");
    assert_eq!(sess.server.size(), 6);
}

#[test]
fn other_databases_of_the_server_are_no_matter() {
    let sess = mixed();
    let url = format!("{}?db=3", sess.server.url());
    let ran = sess.changes_nothing(["--store", &url, "clear", "--layout", "connect-redis", "--yes"]);
    ran.success().says("about 0 other keys");
    sess.server.lua(&format!("redis.call('SELECT', 3)\n{MANY}"), &["2"]);
    let before = sess.server.snapshot();
    let ran = sess.args(["clear", "--layout", "connect-redis", "--yes", "--store", &url]).success();
    ran.shows("Ended 2 sessions").says("about 0 other keys");
    assert!(sess.server.snapshot() == before);
}

#[test]
fn a_layout_of_the_profile_is_a_named_one() {
    let sess = mixed().profile("hono-sessions", &serde_json::json!({}));
    sess.args(["clear", "--yes"]).success().shows("Ended 4 sessions");
}

#[test]
fn the_server_is_never_flushed() {
    let sess = mixed();
    sess.server.forget_calls();
    sess.args(["clear", "--layout", "connect-redis", "--yes"]).success();
    let calls = sess.server.calls();
    assert!(!calls.keys().any(|name| name.starts_with("flush")), "{calls:?}");
}

#[test]
fn wrong_command_lines_are_refused() {
    let sess = mixed();
    sess.changes_nothing(["clear", "--yes"]).code(2).says("--layout");
    sess.changes_nothing(["clear", "--layout", "connect-redis"]).code(5);
    sess.changes_nothing(["clear", "--layout", "connect-redis", "--yes", "--max", "2"]).code(5);
    sess.changes_nothing(["clear", "--layout", "connect-redis", "--user", "user1", "--yes"]).code(2);
    sess.changes_nothing(["clear", "--layout", "connect-redis", "--dry-run"])
        .success()
        .shows("3 sessions would be");
}

#[test]
fn the_question_says_what_stays() {
    let sess = mixed();
    let mut terminal = sess.terminal(&["clear", "--layout", "connect-redis"]);
    terminal.shows("About to end 3 sessions").shows("about 6 other keys").types("n\r");
    assert_eq!(terminal.end().0, Some(6));
}
