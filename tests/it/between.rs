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
use crate::support::run_file::run_file;
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
            let key = victim.clone();
            proxy.before("PEXPIRETIME", 1, move |server| {
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

/// What happens to a key, or to the keys beside the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Ends,
    /// Somebody logs in under the old id.
    IsThereAgain,
    IsOfAnotherType,
    IsWritten,
    IndexesAreOfAnotherType,
}

fn happens(event: Event, key: &[u8], indexes: &[Vec<u8>], server: &mut redis::Connection) {
    let kind: String = redis::cmd("TYPE").arg(key).query(server).expect("a type");
    let replace = |key: &[u8], server: &mut redis::Connection| {
        let kind: String = redis::cmd("TYPE").arg(key).query(server).expect("a type");
        if kind != "none" {
            redis::cmd("DEL").arg(key).exec(server).expect("DEL");
            if kind == "string" {
                redis::cmd("SADD").arg(key).arg("x").exec(server).expect("SADD");
            } else {
                redis::cmd("SET").arg(key).arg("x").exec(server).expect("SET");
            }
        }
    };
    match event {
        Event::Ends => redis::cmd("UNLINK").arg(key).exec(server).expect("UNLINK"),
        Event::IsThereAgain => {
            redis::cmd("SET").arg(key).arg("newer").arg("NX").exec(server).expect("SET");
        }
        Event::IsOfAnotherType => replace(key, server),
        Event::IsWritten if kind == "string" => {
            redis::cmd("APPEND").arg(key).arg(" ").exec(server).expect("APPEND");
        }
        Event::IsWritten if kind == "hash" => {
            redis::cmd("HSET").arg(key).arg("x").arg("y").exec(server).expect("HSET");
        }
        Event::IsWritten => {}
        Event::IndexesAreOfAnotherType => indexes.iter().for_each(|key| replace(key, server)),
    }
}

/// Points of a run that a test comes to: all of a short one, some of a long one, others each time.
fn points(requests: usize, turn: usize) -> impl Iterator<Item = usize> {
    let step = (requests / 7).max(1);
    (1 + turn % step..=requests).step_by(step)
}

#[test]
fn whatever_happens_to_a_session_between_two_requests_concerns_it_alone() {
    for slug in ["connect-redis", "spring-session-indexed", "redis-sessions", "better-auth", "sa-token"] {
        between_requests(Server::start(), slug, 1);
    }
}

#[test]
fn so_it_does_on_other_servers() {
    for name in ["redis-8.2", "valkey-9.1"] {
        for slug in ["connect-redis", "spring-session-indexed"] {
            let Some(server) = Server::of(name) else { return };
            between_requests(server, slug, 2);
        }
    }
}

/// Does this to a captured store at every so many of the points that are looked at.
fn between_requests(server: Server, slug: &str, every: usize) {
    let events = [Event::Ends, Event::IsOfAnotherType, Event::IsWritten, Event::IndexesAreOfAnotherType];
    let (sess, proxy) = through(Sess::on(server).load(slug));
    let sess = sess.global(&["--layout", &layout_names(slug)[0]]);
    let before = sess.server.snapshot();
    let contents = sess.server.contents();
    let sessions: Vec<Vec<u8>> = sess.listed("key", &[]).into_iter().map(String::into_bytes).collect();
    let others: Vec<Vec<u8>> = before.keys().filter(|key| !sessions.contains(*key)).cloned().collect();
    let reset = || {
        proxy.pass();
        sess.server.put_back(&before);
    };
    let commands: [&[&str]; 3] = [
        &["list", "-o", "json"],
        &["purge", "--all", "--yes", "-o", "json"],
        &["expire", "--all", "--in", "9d", "--yes", "-o", "json"],
    ];
    for (turn, (command, event)) in
        commands.iter().flat_map(|command| events.map(|event| (*command, event))).enumerate()
    {
        reset();
        let ran = sess.args(command);
        if ran.code == Some(5) {
            continue;
        }
        let requests = proxy.seen().len();
        for n in points(requests, turn).step_by(every) {
            reset();
            let victim = sessions[turn % sessions.len()].clone();
            let (key, indexes) = (victim.clone(), others.clone());
            proxy.at(n, move |server| happens(event, &key, &indexes, server));
            let ran = sess.args(command);
            let about = format!("{slug} {command:?} {event:?} at {n} of {requests}: {}", ran.stderr);
            assert!(matches!(ran.code, Some(0 | 3)), "{about}: {:?}", ran.code);
            assert!(!ran.stderr.contains("unexpected reply"), "{about}");
            if command[0] == "list" {
                let rows = ran.json().as_array().expect("rows").len();
                assert!(rows + 1 >= sessions.len(), "{about}: {rows}");
                continue;
            }
            let report = ran.json();
            adds_up(&report, &about);
            let counts = counts(&report);
            assert_eq!((counts["failed"], &report["complete"]), (0, &json!(true)), "{about}");
            assert!(counts["done"] as usize + 1 >= sessions.len(), "{about}: {report}");
            proxy.pass();
            let after = sess.server.contents();
            if command[0] == "purge" {
                for key in sessions.iter().filter(|key| **key != victim) {
                    assert!(!after.contains_key(key), "{about}: {}", key.escape_ascii());
                }
                // What was written after it was matched stays, and is said to.
                if matches!(event, Event::IsWritten) {
                    assert_eq!(after.contains_key(&victim), counts["changed"] == 1, "{about}");
                }
            }
            let Some(run) = report["run"].as_str() else { continue };
            sess.args(["undo", run, "--yes"]).success();
            let back = sess.server.contents();
            for key in sessions.iter().filter(|key| **key != victim) {
                assert_eq!(back.get(key), contents.get(key), "{about}: {}", key.escape_ascii());
            }
        }
    }
}

#[test]
fn a_full_server_is_purged_all_the_same() {
    for slug in [
        "connect-redis",
        "spring-session-indexed",
        "redis-sessions",
        "overleaf",
        "better-auth",
        "sa-token",
        "mgcrea-fastify-session",
    ] {
        let sess = Sess::new().load(slug).global(&["--layout", &layout_names(slug)[0]]);
        let before = sess.server.contents();
        let sessions = sess.rows(&[]).len();
        let purge = ["purge", "--all", "--yes", "-o", "json"];
        // As it would be with room.
        let report = sess.args(purge).success().json();
        let after = sess.server.contents();
        sess.args(["undo", "--yes"]).success();
        assert!(sess.server.contents() == before, "{slug}");
        sess.server.command(&["CONFIG", "SET", "maxmemory", "500000"]);
        let full = sess.args(purge).success().json();
        assert_eq!((&full["done"], &full["failed"]), (&report["done"], &json!(0)), "{slug}: {full}");
        assert!(full["done"] == sessions && sess.server.contents() == after, "{slug}");
        // To put something back takes room.
        let ran = sess.args(["undo", "--yes"]);
        assert!(matches!(ran.code, Some(1 | 3)), "{slug}: {:?}", ran.code);
        ran.says("OOM").says("maxmemory");
        sess.server.command(&["CONFIG", "SET", "maxmemory", "0"]);
        sess.args(["undo", "--yes"]).success();
        assert!(sess.server.contents() == before, "{slug}");
    }
}

#[test]
fn the_right_that_a_full_server_takes_is_named() {
    let sess = Sess::new().many(30).user(&["~*", "&*", "+@all", "-eval"]);
    sess.server.command(&["CONFIG", "SET", "maxmemory", "500000"]);
    sess.changes_nothing(["purge", "--all", "--yes"])
        .code(4)
        .says("is full (maxmemory)")
        .says("ACL SETUSER ops +eval");
    sess.server.command(&["ACL", "SETUSER", "ops", "+eval"]);
    sess.args(["purge", "--all", "--yes"]).success();
    assert_eq!(sess.server.size(), 0);
}

#[test]
fn an_end_whose_answer_was_lost_is_looked_at_again() {
    let (sess, proxy) = through(Sess::new().many(20));
    let before = sess.server.snapshot();
    proxy.hook(|request, _| if request.verb == "EXEC" { Then::CutBehind } else { Then::Forward });
    // The first is the question whether it is permitted.
    let report = sess.args(["purge", "--all", "--yes"]);
    assert!(report.code == Some(1), "{}", report.stderr);
    proxy.hook(|request, _| match request.verb {
        "EXEC" if request.nth == 2 => Then::CutBehind,
        _ => Then::Forward,
    });
    let ran = sess.args(["purge", "--all", "--yes", "-o", "json"]).code(3);
    let report = ran.json();
    adds_up(&report, &ran.stderr);
    assert_eq!((&report["done"], &report["failed"]), (&json!(20), &json!(0)), "{report}");
    assert_eq!((sess.server.size(), &report["complete"]), (0, &json!(false)));
    proxy.pass();
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.snapshot() == before);
}

#[test]
fn what_is_written_to_a_companion_behind_its_backup_is_not_lost() {
    for slug in ["spring-session-indexed", "sa-token"] {
        let (sess, proxy) = through(Sess::new().load(slug));
        let sess = sess.global(&["--layout", &layout_names(slug)[0]]);
        let before = sess.server.contents();
        let done = sess.args(["purge", "--all", "--yes", "-o", "json"]).success().json()["done"].clone();
        let left = sess.server.contents();
        sess.args(["undo", "--yes"]).success();
        let sessions = sess.listed("key", &[]);
        // A string that goes with one of the sessions.
        let companion = before.iter().find(|(key, content)| {
            let own = sessions.iter().any(|session| session.as_bytes() == &key[..]);
            !own && !left.contains_key(*key)
                && matches!(content, Content::Text(text) if !text.starts_with(b"{"))
        });
        let key = companion.expect("a companion").0.clone();
        let written = key.clone();
        // The first is the question whether it is permitted.
        proxy.before("MULTI", 2, move |server| {
            redis::cmd("SET").arg(&written).arg("newer").arg("KEEPTTL").exec(server).expect("SET");
        });
        let report = sess.args(["purge", "--all", "--yes", "-o", "json"]).success().json();
        assert_eq!(report["done"], done, "{slug}: {report}");
        adds_up(&report, slug);
        proxy.pass();
        sess.args(["undo", "--yes"]).success();
        assert_eq!(sess.server.contents().get(&key), Some(&Content::Text(b"newer".to_vec())), "{slug}");
    }
}

#[test]
fn whatever_happens_in_a_command_that_looks_or_chooses_otherwise_concerns_one_session() {
    let events = [Event::Ends, Event::IsOfAnotherType, Event::IsWritten, Event::IndexesAreOfAnotherType];
    for slug in ["connect-redis", "spring-session-indexed", "better-auth"] {
        let (sess, proxy) = through(Sess::new().load(slug));
        let layout = layout_names(slug)[0].clone();
        let before = sess.server.snapshot();
        let named = ["--layout", &layout];
        let sessions: Vec<Vec<u8>> = sess.listed("key", &named).into_iter().map(String::into_bytes).collect();
        let ids = sess.listed("id", &named);
        let others: Vec<Vec<u8>> = before.keys().filter(|key| !sessions.contains(*key)).cloned().collect();
        let reset = || {
            proxy.pass();
            sess.server.put_back(&before);
        };
        let plan = sess.server.dir.path().join("all.plan");
        let plan = plan.to_str().expect("a path");
        sess.args([&["purge", "--all", "--plan", plan][..], &named].concat()).success();
        let commands: [(&[&str], bool); 6] = [
            (&["count", "-o", "json"], false),
            (&["discover", "-o", "json"], false),
            (&["inspect", &ids[0], "-o", "json"], false),
            (&["apply", plan, "--yes", "-o", "json"], true),
            (&["clear", "--yes", "-o", "json"], true),
            (&["purge", "--all", "--yes", "--verify", "50ms", "-o", "json"], true),
        ];
        for (turn, ((command, changes), event)) in
            commands.iter().flat_map(|command| events.map(|event| (*command, event))).enumerate()
        {
            let args = match command[0] {
                "discover" | "apply" => command.to_vec(),
                _ => [command, &named[..]].concat(),
            };
            reset();
            sess.args(&args);
            let requests = proxy.seen().len();
            for n in points(requests, turn).step_by(2) {
                reset();
                let victim = sessions[turn % sessions.len()].clone();
                let (key, indexes) = (victim.clone(), others.clone());
                proxy.at(n, move |server| happens(event, &key, &indexes, server));
                let ran = sess.args(&args);
                let about = format!("{slug} {args:?} {event:?} at {n} of {requests}: {}", ran.stderr);
                assert!(matches!(ran.code, Some(0 | 1 | 3)), "{about}: {:?}", ran.code);
                assert!(!ran.stderr.contains("unexpected reply"), "{about}");
                if !changes {
                    // One that is named may be gone; the others are never.
                    assert!(command[0] == "inspect" || ran.code == Some(0), "{about}");
                    continue;
                }
                let report = ran.json();
                adds_up(&report, &about);
                assert_eq!(report["failed"], 0, "{about}: {report}");
                proxy.pass();
                let after = sess.server.contents();
                for key in sessions.iter().filter(|key| **key != victim) {
                    assert!(!after.contains_key(key), "{about}: {}", key.escape_ascii());
                }
            }
        }
    }
}

#[test]
fn whatever_happens_while_a_run_is_taken_back_concerns_that_session_alone() {
    let events = [
        Event::Ends,
        Event::IsThereAgain,
        Event::IsOfAnotherType,
        Event::IsWritten,
        Event::IndexesAreOfAnotherType,
    ];
    for slug in ["connect-redis", "spring-session-indexed", "better-auth", "sa-token"] {
        let (sess, proxy) = through(Sess::new().load(slug));
        let sess = sess.global(&["--layout", &layout_names(slug)[0]]);
        let contents = sess.server.contents();
        let original = sess.server.snapshot();
        let sessions: Vec<Vec<u8>> = sess.listed("key", &[]).into_iter().map(String::into_bytes).collect();
        let others: Vec<Vec<u8>> = contents.keys().filter(|key| !sessions.contains(*key)).cloned().collect();
        let reset = |to: &Snapshot| {
            proxy.pass();
            sess.server.flush();
            let mut server = sess.server.connect();
            for (key, (dump, end)) in to {
                let mut restore = redis::cmd("RESTORE");
                restore.arg(key).arg(end.max(&0)).arg(dump).arg("ABSTTL");
                restore.exec(&mut server).expect("RESTORE");
            }
        };
        for change in [&["purge", "--all"][..], &["expire", "--all", "--in", "9d"]] {
            reset(&original);
            let ran = sess.args([change, &["--yes", "-o", "json"]].concat());
            if ran.code == Some(5) {
                continue;
            }
            let done = ran.json()["done"].as_u64().expect("a number");
            let run = ran.json()["run"].as_str().expect("a run").to_string();
            let file = run_file(&sess, &run);
            let (changed, whole) = (sess.server.snapshot(), std::fs::read(&file).expect("a run file"));
            let undo = ["undo", &run, "--yes", "-o", "json"];
            proxy.pass();
            sess.args(undo).success();
            let requests = proxy.seen().len();
            for (turn, event) in events.into_iter().enumerate() {
                for n in points(requests, turn).step_by(2) {
                    reset(&changed);
                    std::fs::write(&file, &whole).expect("written");
                    let victim = sessions[turn % sessions.len()].clone();
                    let (key, indexes) = (victim.clone(), others.clone());
                    proxy.at(n, move |server| happens(event, &key, &indexes, server));
                    let ran = sess.args(undo);
                    let about = format!("{slug} {change:?} {event:?} at {n} of {requests}: {}", ran.stderr);
                    assert_eq!(ran.code, Some(0), "{about}");
                    let report = ran.json();
                    adds_up(&report, &about);
                    let counts = counts(&report);
                    assert_eq!((counts["matched"], counts["failed"]), (done, 0), "{about}");
                    assert!(counts["done"] + 1 >= done, "{about}: {report}");
                    proxy.pass();
                    let back = sess.server.contents();
                    for key in sessions.iter().filter(|key| **key != victim) {
                        assert_eq!(back.get(key), contents.get(key), "{about}: {}", key.escape_ascii());
                    }
                    // What is newer is not written over.
                    let newer = back.get(&victim) == Some(&Content::Text(b"newer".to_vec()));
                    if event == Event::IsThereAgain && change[0] == "purge" {
                        assert_eq!(newer, counts["changed"] == 1, "{about}: {report}");
                    }
                }
            }
        }
    }
}
