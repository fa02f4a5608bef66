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
    "sessions",
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
fn programs_are_told_which_sessions_and_by_which_steps() {
    let sess = Sess::new().load("overleaf");
    let user = "5f0c1d2e3f4a5b6c7d8e9f01";
    let keys = sess.listed("key", &["--user", user]);
    let ids = sess.listed("id", &["--user", user]);
    let told = |sessions: &[Json]| {
        let mut told: Vec<String> = Vec::new();
        for session in sessions {
            let key = session["key"].as_str().expect("a key");
            told.push(key.to_string());
            assert_eq!((&session["user"], &session["layout"]), (&json!(user), &json!("overleaf")));
            let steps = session["steps"].as_array().expect("steps");
            assert_eq!(steps[0], format!("UNLINK {key}"));
            assert!(steps.contains(&json!(format!("SREM UserSessions:{{{user}}} {key}"))), "{steps:?}");
        }
        told.sort();
        told
    };
    let dry = ["purge", "--user", user, "--dry-run", "-o"];
    let ran = sess.changes_nothing([&dry[..], &["json"]].concat()).success();
    assert_eq!(told(ran.json()["sessions"].as_array().expect("sessions")), keys);
    // A line a session, and the report as the last.
    let lines = sess.changes_nothing([&dry[..], &["ndjson"]].concat()).success().ndjson();
    let (report, sessions) = lines.split_last().expect("a report");
    assert_eq!((told(sessions), &report["matched"]), (keys.clone(), &json!(keys.len())));
    let ran = sess.changes_nothing([&dry[..], &["json", "--mask"]].concat()).success();
    assert!(ids.iter().all(|id| !ran.text().contains(id.as_str())), "{}", ran.text());
    // Ids are what goes, and nothing else.
    let ran = sess.changes_nothing([&dry[..], &["ids"]].concat()).success();
    let mut lines = ran.lines();
    lines.sort();
    assert_eq!(lines, ids);
    ran.says("sessions would be changed");
    let plan = sess.write("none", "").with_file_name("plan");
    let plan = plan.to_str().expect("a path");
    let ran = sess.changes_nothing(["purge", "--user", user, "--plan", plan, "-o", "json"]).success();
    assert_eq!(told(ran.json()["sessions"].as_array().expect("sessions")), keys);
    let ran = sess.args(["purge", "--user", user, "--yes", "-o", "json"]).success();
    assert_eq!(told(ran.json()["sessions"].as_array().expect("sessions")), keys);
    // What is put back is told in the same way.
    let mut lines = sess.changes_nothing(["undo", "--dry-run", "-o", "ids"]).success().lines();
    lines.sort();
    assert_eq!(lines, ids);
    for undo in [&["undo", "--dry-run"][..], &["undo", "--yes"]] {
        let ran = sess.args([undo, &["-o", "json"]].concat()).success();
        let report = ran.json();
        let mut back: Vec<String> = Vec::new();
        for session in report["sessions"].as_array().expect("sessions") {
            let key = session["key"].as_str().expect("a key");
            let steps = session["steps"].as_array().expect("steps");
            assert!(
                steps[0].as_str().is_some_and(|step| step.starts_with(&format!("SET {key} NX"))),
                "{steps:?}"
            );
            assert!(steps.contains(&json!(format!("SADD UserSessions:{{{user}}} {key}"))), "{steps:?}");
            back.push(key.to_string());
        }
        back.sort();
        assert_eq!(back, keys);
    }
}

#[test]
fn what_was_left_alone_is_not_among_what_was_changed() {
    let sess = Sess::new().express("sess:one-1111", Some("alice"), &json!({})).set("sess:two-2222", "{}");
    let ran = sess.args(["purge", "--all", "--yes", "-o", "ndjson"]).success();
    let lines = ran.ndjson();
    assert_eq!(lines.len(), 2, "{}", ran.text());
    assert_eq!((&lines[0]["key"], &lines[1]["done"]), (&json!("sess:one-1111"), &json!(1)));
    assert!(sess.server.snapshot().contains_key(&b"sess:two-2222"[..]));
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
fn an_index_is_read_first_alone_or_not_at_all() {
    let alice = "5f0c1d2e3f4a5b6c7d8e9f01";
    let index = format!("UserSessions:{{{alice}}}");
    let missed = "sess:xPPNoSoUgIzLrwZbThQwUuakDGKcry6T";
    let fresh = || {
        let sess = Sess::new().load("overleaf").many(50);
        sess.server.command(&["SREM", &index, missed]);
        let all = sess.listed("key", &["--user", alice]);
        assert!(all.len() > 1 && all.iter().any(|key| key == missed));
        sess.server.forget_calls();
        (sess, all.len())
    };
    let keys = |sess: &Sess| sess.server.snapshot();
    let purge = |sess: &Sess, way: &[&str]| -> Ran {
        sess.args([&["purge", "--user", alice, "--yes", "-o", "json"], way].concat()).success()
    };
    let (sess, all) = fresh();
    let ran = purge(&sess, &["--index-only"]).says("were not looked for");
    assert_eq!(ran.json()["done"], all - 1);
    assert_eq!(sess.server.calls().get("scan"), None);
    assert!(keys(&sess).contains_key(missed.as_bytes()));
    // What it left is what a scan finds, with no need of the index.
    assert_eq!(purge(&sess, &["--scan-only"]).json()["done"], 1);
    assert!(sess.server.calls()["scan"] > 0);
    assert!(!keys(&sess).contains_key(missed.as_bytes()));

    let (sess, all) = fresh();
    assert_eq!(purge(&sess, &[]).json()["done"], all);
    let (sess, all) = fresh();
    assert_eq!(purge(&sess, &["--scan-only"]).json()["done"], all);
    // Of what an index says nothing is ended that is not the user's.
    let (sess, all) = fresh();
    let bob = sess.listed("key", &["--not", "--user", alice]).remove(0);
    sess.server.command(&["SADD", &index, &bob, "sess:none", "cache:1"]);
    assert_eq!(purge(&sess, &["--index-only"]).json()["done"], all - 1);
    assert!(keys(&sess).contains_key(bob.as_bytes()));
    sess.args(["undo", "--yes"]).success();
}

#[test]
fn indexes_alone_are_not_asked_where_there_are_none() {
    let sess = Sess::new().many(3);
    for args in [&["purge", "--all"][..], &["purge", &sid(1)], &["clear", "--layout", "connect-redis"]] {
        let ran = sess.changes_nothing([args, &["--index-only", "--yes"]].concat());
        ran.code(2).says("--index-only reads users' indexes");
    }
    let args = ["--layout", "connect-redis", "purge", "--user", "user1", "--index-only", "--yes"];
    sess.changes_nothing(args).code(2).says("connect-redis keeps no user index");
    sess.changes_nothing(["purge", "--user", "user1", "--index-only", "--yes"])
        .success()
        .says("not looked for");
    sess.changes_nothing(["purge", "--user", "user1", "--index-only", "--scan-only", "--yes"]).code(2);
}

#[test]
fn what_is_kept_nowhere_is_said_to_be_gone_for_good() {
    let sess = Sess::new().many(3);
    sess.args(["purge", &sid(1), "--yes"]).success().says("sessctl undo");
    let ran = sess.args(["purge", &sid(2), "--yes", "--no-undo", "-o", "json"]).success();
    assert_eq!((&ran.json()["run"], &ran.json()["done"]), (&Json::Null, &json!(1)));
    ran.says("cannot be taken back");
    assert_eq!(sess.args(["runs", "-o", "json"]).success().json().as_array().map(Vec::len), Some(1));
    sess.args(["undo", "--yes"]).success();
    assert_eq!(sess.server.size(), 2);
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
