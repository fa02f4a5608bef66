use serde_json::{Value as Json, json};

use crate::support::*;

/// The members of a report, in their order.
const MEMBERS: &[&str] = &[
    "run",
    "matched",
    "done",
    "gone",
    "changed",
    "failed",
    "keys_removed",
    "entries_removed",
    "bytes_freed",
    "dry_run",
    "complete",
    "returned",
    "errors",
];

#[test]
fn the_report_has_its_members_in_their_order() {
    let sess = Sess::new().load("overleaf");
    let members =
        |report: &Json| -> Vec<String> { report.as_object().expect("an object").keys().cloned().collect() };
    for args in [&["--dry-run"][..], &["--yes"], &["--yes"]] {
        let ran = sess.args([&["purge", "--all", "-o", "json"], args].concat()).success();
        assert_eq!(members(&ran.json()), MEMBERS, "{}", ran.text());
        assert_eq!(ran.json()["dry_run"], args[0] == "--dry-run");
        assert_eq!((&ran.json()["failed"], &ran.json()["errors"]), (&json!(0), &json!([])));
    }
    assert!(sess.server.snapshot().is_empty());
}

#[test]
fn a_dry_run_shows_every_step_and_changes_nothing() {
    let sess = Sess::new().load("overleaf");
    let user = "5f0c1d2e3f4a5b6c7d8e9f01";
    let ran = sess.changes_nothing(["purge", "--user", user, "--dry-run", "--reveal"]).success();
    let sessions = expected("overleaf")["sessions"].clone();
    for session in sessions.as_array().expect("sessions").iter().filter(|session| session["user"] == user) {
        let key = session["key"].as_str().expect("a key");
        assert!(ran.text().contains(&format!("UNLINK {key}")), "{}", ran.text());
        assert!(ran.text().contains(&format!("SREM UserSessions:{{{user}}} {key}")), "{}", ran.text());
    }
    ran.shows("dry run");
    // Also by id, and without a question.
    sess.changes_nothing(["purge", "-n", "xPPNoSoUgIzLrwZbThQwUuakDGKcry6T"]).success().shows("UNLINK");
}

#[test]
fn ids_and_filters_together_end_what_is_both() {
    let sess = Sess::new().express(format!("sess:{}", sid(1)), Some("alice"), &json!({})).express(
        format!("sess:{}", sid(2)),
        Some("bob"),
        &json!({}),
    );
    let ran = sess.args(["purge", &sid(1), &sid(2), "--user", "bob", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 1);
    assert_eq!(sess.listed("user", &[]), ["alice"]);
    // One that is named twice is ended once.
    let ran = sess.args(["purge", &sid(1), &format!("sess:{}", sid(1)), "--yes", "-o", "json"]).success();
    assert_eq!((&ran.json()["matched"], &ran.json()["done"]), (&json!(1), &json!(1)));
}

#[test]
fn many_sessions_are_ended_and_nothing_else() {
    const COUNT: usize = 3_000;
    let sess = Sess::new().many(COUNT);
    sess.server.lua("for n = 1, 3000 do redis.call('SET', 'cache:' .. n, 'x', 'PX', 5000000) end", &[]);
    let before = sess.server.snapshot();
    let ran = sess.args(["purge", "--all", "--yes", "-o", "json"]).success();
    let report = ran.json();
    assert_eq!((&report["done"], &report["keys_removed"]), (&json!(COUNT), &json!(COUNT)));
    let after = sess.server.snapshot();
    assert_eq!(after.len(), 3_000);
    assert!(after.iter().all(|(key, value)| before.get(key) == Some(value)));
}

#[test]
fn people_are_told_what_a_purge_cannot_end() {
    let sess = Sess::new().load("connect-redis");
    let ran = sess.args(["purge", "--user", "alice", "--yes"]).success();
    ran.shows("Ended 2").says("note: connect-redis").clean();
}

#[test]
fn what_was_ended_can_be_put_back() {
    for slug in ["overleaf", "redis-sessions", "connect-redis", "lemonldap-ng"] {
        let sess = Sess::new().load(slug);
        let (before, held) = (sess.server.snapshot(), sess.server.contents());
        let ran = sess.args(["purge", "--all", "--yes", "-o", "json"]).success();
        assert!(ran.json()["done"].as_u64().is_some_and(|done| done > 0), "{slug}");
        let run = ran.json()["run"].as_str().expect("a run").to_string();
        sess.args(["undo", &run, "--yes"]).success();
        assert!(sess.server.contents() == held, "{slug}");
        let ends = |keys: &Snapshot| -> Vec<i64> { keys.values().map(|(_, end)| *end).collect() };
        assert_eq!(ends(&sess.server.snapshot()), ends(&before), "{slug}");
    }
}
