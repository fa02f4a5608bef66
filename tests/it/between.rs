//! What happens between two requests of the program, at every one of them: a session ends, becomes
//! something else or is written, an index too. It is told of that session alone; no other is missed,
//! no stranger touched, and reports add up.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::proxy::{Proxy, Then};
use crate::support::*;

/// A store whose program goes through a proxy.
fn through(sess: Sess) -> (Sess, Proxy) {
    let proxy = Proxy::to(&sess.server);
    let url = proxy.url();
    (sess.global(&["--store", &url]), proxy)
}

/// The counts of a report.
fn counts(report: &Json) -> BTreeMap<&'static str, u64> {
    let names = ["matched", "done", "gone", "changed", "failed"];
    names.into_iter().map(|name| (name, report[name].as_u64().expect("a number"))).collect()
}

#[track_caller]
fn adds_up(report: &Json, about: &str) {
    let counts = counts(report);
    let sum: u64 = ["done", "gone", "changed", "failed"].iter().map(|name| counts[name]).sum();
    assert_eq!(counts["matched"], sum, "{about}: {report}");
}

#[test]
fn a_hash_that_ends_before_its_backup_is_gone_and_stops_nothing() {
    for slug in ["spring-session-indexed", "redis-sessions", "mgcrea-fastify-session"] {
        let layout = layout_names(slug)[0].clone();
        for change in [&["purge", "--all"][..], &["expire", "--all", "--in", "2h"]] {
            let (sess, proxy) = through(Sess::new().load(slug));
            let sessions = sess.listed("key", &["--layout", &layout]);
            let victim = sessions[0].clone();
            let verb = if slug == "mgcrea-fastify-session" { "PEXPIRETIME" } else { "DUMP" };
            let key = victim.clone();
            proxy.before(verb, 1, move |server| {
                redis::cmd("UNLINK").arg(&key).exec(server).expect("UNLINK");
            });
            let ran = sess.args([change, &["--layout", &layout, "--yes", "-o", "json"]].concat());
            let about = format!("{slug} {change:?}");
            if ran.code == Some(5) {
                continue;
            }
            let report = ran.says("").success().json();
            adds_up(&report, &about);
            assert_eq!((&report["gone"], &report["failed"]), (&json!(1), &json!(0)), "{about}: {report}");
            assert_eq!(report["done"], sessions.len() - 1, "{about}");
        }
    }
}

#[test]
fn ends_come_back_over_a_slow_link() {
    const MANY: usize = 60;
    let sess = Sess::new().many(MANY);
    let proxy = Proxy::to(&sess.server).latency(Duration::from_millis(25));
    let url = proxy.url();
    let sess = sess.global(&["--store", &url, "--layout", "connect-redis"]);
    for when in [&["--in", "2h"][..], &["--cap", "5m"], &["--persist"]] {
        let before = sess.server.snapshot();
        sess.args([&["expire", "--all", "--yes"], when].concat()).success();
        assert!(sess.server.snapshot() != before);
        let report = sess.args(["undo", "--yes", "-o", "json"]).success().json();
        assert_eq!((&report["done"], &report["changed"]), (&json!(MANY), &json!(0)), "{when:?}");
        assert!(sess.server.snapshot() == before, "{when:?}");
    }
}

/// Stops the program before a request is handed on, for as long as asked, and lets it go on.
fn stop(pid: u32, long: Duration) {
    let signal = |name: &str| {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status();
        assert!(sent.expect("sh").success());
    };
    let state = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').and_then(|(_, rest)| rest.trim().chars().next())
    };
    signal("STOP");
    eventually("it has stopped", || state() == Some('T'));
    let end = Instant::now() + long;
    eventually("its time has passed", || Instant::now() > end);
    signal("CONT");
}

#[test]
fn a_program_that_is_stopped_and_continued_goes_on_where_it_was() {
    let (sess, proxy) = through(Sess::new().many(5).load("spring-session-indexed"));
    let commands: [&[&str]; 6] = [
        &["list", "-o", "ids"],
        &["count"],
        &["inspect", &sid(2)],
        &["expire", "--all", "--in", "2h", "--yes"],
        &["purge", "--all", "--yes"],
        &["undo", "--yes"],
    ];
    for command in commands {
        let pid = Arc::new(AtomicU32::new(0));
        let known = Arc::clone(&pid);
        proxy.hook(move |request, _| {
            eventually("it is known", || known.load(Ordering::Relaxed) > 0);
            // Longer than an answer may take, now and then.
            let long = if request.n % 16 == 9 { 350 } else { 0 };
            stop(known.load(Ordering::Relaxed), Duration::from_millis(long));
            Then::Forward
        });
        let running = sess.start([command, &["--timeout", "300ms"]].concat());
        pid.store(running.pid(), Ordering::Relaxed);
        running.end().success().hides("lost");
    }
    assert!(sess.server.size() > 5);
}

#[test]
fn answers_that_arrive_byte_by_byte_are_the_same() {
    let sess = Sess::new().many(3).load("redis-sessions").load("better-auth");
    let proxy = Proxy::to(&sess.server).bytewise();
    let whole = sess.listed("key", &[]);
    let before = sess.server.contents();
    let url = proxy.url();
    let sess = sess.global(&["--store", &url]);
    assert_eq!(sess.listed("key", &[]), whole);
    sess.args(["purge", "--all", "--yes"]).success();
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.contents() == before);
}
