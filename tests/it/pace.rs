//! The pace of changes, and what profiles guard. That limits are kept to is tested where time can be
//! simulated; here, that the runs get to their end and change what they should.

use serde_json::json;

use crate::support::*;

#[test]
fn a_run_with_limits_does_the_same() {
    for limits in [
        &["--rate", "100000/s"][..],
        &["--latency-budget", "10s"],
        &["--max-lag", "1MiB"],
        &["--rate", "90000", "--latency-budget", "10s", "--max-lag", "5s"],
    ] {
        let sess = Sess::new().many(700).set("other", "1");
        let args = [&["purge", "--all", "--yes", "-o", "json"], limits].concat();
        let report = sess.args(args).success().json();
        assert_eq!((&report["done"], &report["complete"]), (&json!(700), &json!(true)), "{limits:?}");
        assert_eq!(sess.server.snapshot().keys().collect::<Vec<_>>(), [b"other"]);
        let args = [&["undo", "--yes", "-o", "json"], limits].concat();
        assert_eq!(sess.args(args).success().json()["done"], 700);
        assert_eq!(sess.server.snapshot().len(), 701);
    }
}

#[test]
fn nothing_is_asked_of_the_server_without_limits() {
    let sess = Sess::new().many(50);
    sess.server.forget_calls();
    sess.args(["purge", "--all", "--yes"]).success();
    assert_eq!(sess.server.calls().get("ping"), None);
}

#[test]
fn the_server_is_watched_with_a_budget() {
    let sess = Sess::new().many(50);
    sess.server.forget_calls();
    sess.args(["purge", "--all", "--yes", "--latency-budget", "10s"]).success();
    assert!(sess.server.calls().get("ping").is_some_and(|pings| *pings >= 5));
}

#[test]
fn a_budget_that_cannot_be_kept_is_refused_before_the_first_change() {
    let sess = Sess::new().many(20);
    sess.changes_nothing(["purge", "--all", "--yes", "--latency-budget", "1us"])
        .code(5)
        .says("--latency-budget is 1 µs")
        .says("before anything is changed");
    // Reading a whole store is a load, too.
    let plan = sess.server.dir.path().join("a.plan");
    for way in [&["--dry-run"][..], &["--plan", plan.to_str().expect("a path")]] {
        let args = [&["purge", "--all", "--latency-budget", "1us"], way].concat();
        sess.changes_nothing(args).code(5).says("--latency-budget is 1 µs");
        let args = [&["purge", "--all", "--latency-budget", "10s", "--max-lag", "1s"], way].concat();
        sess.changes_nothing(args).success();
    }
}

#[test]
fn a_slow_run_stops_where_it_is_asked_to_and_can_go_on() {
    let sess = Sess::new().many(40);
    // A session every hour: the first is ended at once, and then there is nothing to do but wait.
    let running = sess.start(["purge", "--all", "--yes", "--rate", "1/h", "-o", "json"]);
    eventually("the first session ends", || sess.server.snapshot().len() == 39);
    running.interrupt();
    let ran = running.end().code(130).says("--resume");
    let report = ran.json();
    assert_eq!((&report["done"], &report["complete"]), (&json!(1), &json!(false)));
    let run = report["run"].as_str().expect("a run");
    let resumed = sess.args(["purge", "--resume", run, "--yes", "-o", "json"]).success().json();
    assert_eq!(resumed["done"], 39);
    assert!(sess.server.snapshot().is_empty());
}

#[test]
fn nothing_is_changed_while_a_replica_is_behind() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.expect("a port").port().to_string();
    let sess = Sess::on(Server::with(&["--port", &port])).many(300);
    let replica = Server::with(&["--replicaof", "127.0.0.1", &port]);
    let info = |server: &Server| -> String { redis::cmd("INFO").query(&mut server.connect()).expect("INFO") };
    eventually("the replica is filled", || info(&sess.server).contains("state=online"));
    let pid = info(&replica);
    let pid = pid.lines().find_map(|line| line.strip_prefix("process_id:")).expect("a number").to_string();
    let signal = |name: &str| {
        let done = std::process::Command::new("kill").arg(name).arg(&pid).status();
        assert!(done.expect("kill").success());
    };
    signal("-STOP");
    sess.server.lua("redis.call('SET', 'other', string.rep('x', 100000))", &[]);
    sess.server.forget_calls();
    let limits = ["--max-lag", "10KiB", "--latency-budget", "60s"];
    let running = sess.start([&["purge", "--all", "--yes", "-o", "json"][..], &limits].concat());
    // It asks again and again, and does nothing else.
    eventually("it waits", || sess.server.calls().get("ping").is_some_and(|asked| *asked > 20));
    assert_eq!(sess.server.snapshot().len(), 301);
    signal("-CONT");
    assert_eq!(running.end().success().json()["done"], 300);
    assert_eq!(sess.server.snapshot().len(), 1);
}

#[test]
fn limits_come_from_the_profile_and_can_be_lifted() {
    let sess = Sess::new().many(5);
    let text = format!("[profiles.p]\nstore = {:?}\nlatency_budget = \"1us\"\n", sess.server.url());
    let sess = sess.use_profile(&text);
    sess.changes_nothing(["purge", "--all", "--yes"]).code(5).says("--latency-budget");
    sess.args(["purge", "--all", "--yes", "--latency-budget", "none"]).success();
}

#[test]
fn limits_that_are_none_are_usage_errors() {
    let sess = Sess::new();
    for (option, value, why) in [
        ("--rate", "0", "more than zero"),
        ("--rate", "fast", "500/s"),
        ("--latency-budget", "5", "with a unit"),
        ("--max-lag", "5", "5s, or bytes"),
        ("--max-lag", "10ms", "once a second"),
    ] {
        sess.args(["purge", "--all", option, value]).code(2).says(why);
    }
}

/// A profile `p` with these lines besides the store.
fn guarded(sess: Sess, lines: &str) -> Sess {
    let text = format!("[profiles.p]\nstore = {:?}\n{lines}\n", sess.server.url());
    sess.use_profile(&text)
}

#[test]
fn what_is_protected_refuses_the_whole_change() {
    for (line, guard) in [
        ("protected_users = [\"root\", \"user7\"]", "protected_users"),
        ("protected_users = [\"user1?\"]", "protected_users"),
        ("protected_layouts = [\"connect-redis\"]", "protected_layouts"),
        ("protected_prefixes = [\"sess:0000000\"]", "protected_prefixes"),
    ] {
        let sess = guarded(Sess::new().many(20), line);
        let plan = sess.server.dir.path().join("a.plan");
        let plan = plan.to_str().expect("a path");
        for more in [&["--yes"][..], &["--dry-run"], &["--plan", plan], &["--yes", "--no-undo"]] {
            let args = [&["purge", "--all"], more].concat();
            let ran = sess.changes_nothing(args).code(5);
            ran.says(&format!("`{guard}` of the profile `p`")).says("nothing was changed").hides(&sid(7));
        }
        assert!(!sess.server.dir.path().join("a.plan").exists());
    }
    // Who is not protected can be ended.
    let sess = guarded(Sess::new().many(20), "protected_users = [\"user7\"]");
    sess.args(["purge", "--not", "--user", "user7", "--yes"]).success();
    assert_eq!(sess.listed("user", &[]), ["user7"]);
    sess.changes_nothing(["purge", "--user", "user7", "--yes"]).code(5);
    sess.changes_nothing(["purge", &sid(7), "--yes"]).code(5);
}

#[test]
fn every_change_heeds_every_guard() {
    let plan_of = |sess: &Sess, args: &[&str]| {
        let path = sess.server.dir.path().join(format!("{}.plan", args[0]));
        let path = path.to_str().expect("a path").to_string();
        sess.args([args, &["--plan", &path]].concat()).success();
        path
    };
    for (line, guard) in [
        ("protected_users = [\"user7\"]", "protected_users"),
        ("protected_layouts = [\"connect-redis\"]", "protected_layouts"),
        ("protected_prefixes = [\"sess:0000000\"]", "protected_prefixes"),
        ("read_only = true", "read-only"),
        ("production = true", "`production`"),
    ] {
        let sess = Sess::new().many(20);
        let ends = plan_of(&sess, &["purge", "--all"]);
        let moves = plan_of(&sess, &["expire", "--all", "--in", "9h"]);
        // A run that stopped behind its first session, with the protected one left.
        // Named ones end in the order of their keys; a scan could come to the protected one first.
        let slow = sess.start(["purge", &sid(0), &sid(7), "--yes", "--rate", "1/h", "-o", "json"]);
        eventually("the first session ends", || sess.server.size() == 19);
        slow.interrupt();
        let run = slow.end().code(130).json()["run"].as_str().expect("a run").to_string();
        let sess = guarded(sess, line);
        for args in [
            &["purge", "--all"][..],
            &["purge", "--user", "user7"],
            &["purge", &sid(7)],
            &["purge", "--resume", &run],
            &["expire", "--all", "--in", "9h"],
            &["expire", &sid(7), "--persist"],
            &["clear", "--layout", "connect-redis"],
            &["apply", &ends],
            &["apply", &moves],
        ] {
            let ran = sess.changes_nothing([args, &["--yes"]].concat());
            assert_eq!(ran.code, Some(5), "{line} {args:?}: {}", ran.stderr);
            ran.says(guard).hides(&sid(7)).stdout("");
        }
        // What undo puts back is protected from nothing but from being put back unseen.
        match guard {
            "read-only" | "`production`" => {
                sess.changes_nothing(["undo", &run, "--yes"]).code(5).says(guard);
            }
            _ => {
                sess.args(["undo", &run, "--yes"]).success();
                assert_eq!(sess.server.size(), 20);
            }
        }
    }
}

#[test]
fn what_cannot_be_decoded_could_be_a_protected_users() {
    let line = "protected_users = [\"user7\"]\nlayout = \"connect-redis\"";
    let broken = format!("sess:{}", sid(99));
    let sess = guarded(Sess::new().many(5).set(&broken, "{\"cookie\":{\"originalMaxAge\":1},"), line);
    sess.changes_nothing(["purge", "--all", "--yes"])
        .code(5)
        .says("`protected_users` of the profile `p`")
        .says("--not --undecodable")
        .hides(&sid(99));
    sess.args(["purge", "--not", "--undecodable", "--yes"]).success();
    assert_eq!(sess.server.snapshot().keys().collect::<Vec<_>>(), [broken.as_bytes()]);
    // Where nobody is protected there is nothing to know.
    let sess = guarded(Sess::new().set(&broken, "{"), "layout = \"connect-redis\"");
    sess.args(["purge", "--all", "--yes"]).success();
    assert_eq!(sess.server.size(), 0);
}

#[test]
fn a_connection_that_only_measures_is_made_anew() {
    let sess = Sess::new().many(3000);
    let limits = ["--rate", "3000/s", "--latency-budget", "60s"];
    let running = sess.start([&["purge", "--all", "--yes", "-o", "json"][..], &limits].concat());
    let mut killed = false;
    eventually("sessions vanish, and then the connection", || {
        let list: String = redis::cmd("CLIENT").arg("LIST").query(&mut sess.server.connect()).expect("LIST");
        let measures = list.lines().find(|line| line.contains(" cmd=ping"));
        let id = measures.and_then(|line| line.split([' ', '=']).nth(1)).map(str::to_string);
        if let Some(id) = id.filter(|_| sess.server.size() < 3000) {
            let reply: i64 = redis::cmd("CLIENT")
                .arg(&["KILL", "ID", &id])
                .query(&mut sess.server.connect())
                .expect("a number");
            killed = reply == 1;
        }
        killed
    });
    let ran = running.end().success().says("the latency probe reconnected (1 time)");
    assert_eq!(ran.json()["done"], 3000);
    assert_eq!(sess.server.size(), 0);
}

#[test]
fn production_wants_the_number() {
    let sess = guarded(Sess::new().many(12), "production = true");
    sess.changes_nothing(["purge", "--all", "--yes"]).code(5).says("`production`").says("--expect N");
    sess.changes_nothing(["purge", "--all", "--yes", "--expect", "11"]).code(5).says("--expect says 11");
    sess.changes_nothing(["purge", "--all", "--dry-run"]).success();
    for answer in ["y", "11", ""] {
        let mut terminal = sess.terminal(&["purge", "--all"]);
        terminal.shows("Type their number").types(&format!("{answer}\n"));
        let (code, text) = terminal.end();
        assert_eq!(code, Some(6), "{text}");
    }
    let mut terminal = sess.terminal(&["purge", "--all"]);
    terminal.shows("Type their number").types("12\n");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(0), "{text}");
    assert!(sess.server.snapshot().is_empty());
    sess.changes_nothing(["undo", "--yes"]).code(5).says("`production`");
    sess.changes_nothing(["undo", "--yes", "--expect", "3"]).code(5).says("--expect says 3");
    sess.args(["undo", "--yes", "--expect", "12"]).success();
    assert_eq!(sess.server.snapshot().len(), 12);
}
