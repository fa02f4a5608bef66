//! Signals, a second run and the application in the middle of a change: reports add up, and undo gives
//! back everything.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value as Json, json};

use crate::support::proxy::{Proxy, Then};
use crate::support::*;

/// Sends these signals to the program before the transaction of that number is handed on. The first
/// of a change is the question whether it is permitted.
fn signalled(sess: &Sess, proxy: &Proxy, nth: usize, signals: &'static [&'static str], args: &[&str]) -> Ran {
    signalled_at(sess, proxy, "EXEC", nth, signals, args)
}

/// The same before any request.
fn signalled_at(
    sess: &Sess,
    proxy: &Proxy,
    verb: &'static str,
    nth: usize,
    signals: &'static [&'static str],
    args: &[&str],
) -> Ran {
    let pid = Arc::new(AtomicU32::new(0));
    let known = Arc::clone(&pid);
    proxy.hook(move |request, _| {
        if request.verb == verb && request.nth == nth {
            eventually("it is known", || known.load(Ordering::Relaxed) > 0);
            let pid = known.load(Ordering::Relaxed);
            for signal in signals {
                let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {pid}")).status();
                assert!(sent.expect("sh").success());
                // As it was taken before the next one comes.
                eventually("it is taken", || {
                    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
                    let pending = status
                        .lines()
                        .filter(|line| line.starts_with("SigPnd:") || line.starts_with("ShdPnd:"));
                    pending.into_iter().all(|line| line.ends_with("0000000000000000"))
                });
            }
        }
        Then::Forward
    });
    let running = sess.start(args);
    pid.store(running.pid(), Ordering::Relaxed);
    let ran = running.end();
    proxy.pass();
    ran
}

fn sum(report: &Json) -> u64 {
    ["done", "gone", "changed", "failed"].iter().filter_map(|name| report[*name].as_u64()).sum()
}

#[test]
fn a_signal_in_the_middle_ends_a_change_after_the_batch_in_hand() {
    const MANY: usize = 2500;
    let sess = Sess::new().many(MANY);
    let proxy = Proxy::to(&sess.server);
    let url = proxy.url();
    let sess = sess.global(&["--store", &url]);
    let before = sess.server.snapshot();
    let purge = ["purge", "--all", "--yes", "-o", "json"];
    let one_pass = ["purge", "--all", "--yes", "--max", "none", "-o", "json"];
    let expire = ["expire", "--all", "--in", "5h", "--yes", "--max", "none", "-o", "json"];
    for signals in [&["TERM"][..], &["HUP"], &["INT"], &["INT", "INT"], &["TERM", "HUP"]] {
        for args in [&purge[..], &one_pass, &expire] {
            let about = format!("{signals:?} {}", args[0]);
            let ran = signalled(&sess, &proxy, 2, signals, args).code(130);
            let after = sess.server.snapshot();
            let changed = before.iter().filter(|(key, was)| after.get(*key) != Some(*was)).count();
            assert!(changed < MANY, "{about}");
            let run = sess.args(["runs", "-o", "json"]).success().json();
            let run = run.as_array().expect("runs").last().expect("a run")["run"].clone();
            let run = run.as_str().expect("a name");
            if signals.len() == 1 {
                let goes_on = if args == one_pass { "the same command again" } else { "--resume" };
                let report = ran.says(goes_on).says(run).json();
                assert_eq!(
                    (&report["done"], &report["complete"]),
                    (&json!(changed), &json!(false)),
                    "{about}"
                );
                assert!(changed > 0 && sum(&report) == changed as u64, "{about}: {report}");
            }
            sess.args(["undo", run, "--yes"]).success();
            assert!(sess.server.snapshot() == before, "{about}");
        }
        // Taking it back is ended in the same way, and goes on where it was.
        let report = sess.args(purge).success().json();
        let run = report["run"].as_str().expect("a run");
        let mut running = sess.start(["undo", run, "--yes", "-o", "json", "--rate", "2000/s"]);
        eventually("some come back", || sess.server.size() > 0 || running.has_ended());
        for signal in signals {
            let kill = format!("kill -{signal} {}", running.pid());
            let _ = Command::new("sh").arg("-c").arg(kill).status();
        }
        running.end().code(130);
        assert!(sess.server.size() < MANY);
        sess.args(["undo", run, "--yes"]).success();
        assert!(sess.server.snapshot() == before, "{signals:?}");
    }
}

#[test]
fn two_runs_at_once_share_what_there_is_and_are_taken_back_whole() {
    let sess = Sess::new().many(1500).load("spring-session-indexed").load("better-auth");
    let before = sess.server.contents();
    let purge = ["purge", "--all", "--yes", "--max", "none", "-o", "json"];
    let running = [sess.start(purge), sess.start(purge)];
    let reports: Vec<Json> = running
        .into_iter()
        .map(|running| {
            let ran = running.end();
            assert!(matches!(ran.code, Some(0 | 3)), "{:?}: {}", ran.code, ran.stderr);
            ran.json()
        })
        .collect();
    for report in &reports {
        assert_eq!(report["matched"], sum(report), "{report}");
        assert_eq!(report["failed"], 0, "{report}");
    }
    let done: u64 = reports.iter().filter_map(|report| report["done"].as_u64()).sum();
    // The one that looked later may have found less.
    let matched = reports.iter().filter_map(|report| report["matched"].as_u64()).max();
    assert_eq!(Some(done), matched, "{reports:?}");
    for run in reports.iter().rev().filter_map(|report| report["run"].as_str()) {
        sess.args(["undo", run, "--yes"]).success();
    }
    let after = sess.server.contents();
    assert!(after.keys().eq(before.keys()));
    // A list that both took from may have its items in another order.
    let listed = |content: &Content| matches!(content, Content::Text(text) if text.starts_with(b"["));
    for (key, was) in before.iter().filter(|(_, was)| !listed(was)) {
        assert_eq!(after[key].parts(), was.parts(), "{}", key.escape_ascii());
    }
}

#[test]
fn a_signal_in_a_scan_ends_it_and_nothing_looks_whole_or_was_changed() {
    const MANY: usize = 6000;
    let sess = Sess::new().many(MANY);
    let proxy = Proxy::to(&sess.server);
    let url = proxy.url();
    let sess = sess.global(&["--store", &url]);
    let before = sess.server.snapshot();
    let commands: [&[&str]; 5] = [
        &["list", "-o", "ids"],
        &["count"],
        &["discover"],
        &["purge", "--all", "--yes"],
        &["expire", "--all", "--in", "2h", "--yes"],
    ];
    for signals in [&["TERM"][..], &["HUP"], &["INT"], &["INT", "INT"], &["STOP", "CONT", "TERM"]] {
        for command in commands {
            let ran = signalled_at(&sess, &proxy, "SCAN", 3, signals, command);
            let about = format!("{signals:?} {command:?}: {}", ran.stderr);
            assert_eq!(ran.code, Some(130), "{about}");
            assert!(sess.server.snapshot() == before, "{about}");
            assert!(ran.lines().len() < MANY, "{about}");
            // Whoever insists is obeyed at once.
            if signals.len() != 2 {
                assert!(ran.stderr.contains("interrupted"), "{about}");
            }
        }
    }
    sess.args(["runs", "-o", "ids"]).success().stdout("");
}

#[test]
fn an_end_and_another_time_at_once_lose_no_session() {
    const MANY: usize = 1200;
    let sess = Sess::new().many(MANY);
    let before = sess.server.contents();
    let running = [
        sess.start(["expire", "--all", "--in", "9h", "--yes", "--max", "none", "-o", "json"]),
        sess.start(["purge", "--all", "--yes", "--max", "none", "-o", "json"]),
    ];
    let reports = running.map(|running| running.end().success().json());
    for report in &reports {
        assert_eq!((&report["matched"], &report["failed"]), (&json!(sum(report)), &json!(0)), "{report}");
    }
    // What the purge came to is gone, whichever came first.
    assert_eq!(sess.server.size() as u64, MANY as u64 - reports[1]["done"].as_u64().expect("a number"));
    for report in reports.iter().rev() {
        if let Some(run) = report["run"].as_str() {
            sess.args(["undo", run, "--yes"]).success();
        }
    }
    assert!(sess.server.contents() == before);
}

#[test]
fn a_crash_would_leave_no_image_of_the_memory() {
    let server = Server::start();
    let proxy = Proxy::to(&server);
    let url = proxy.url();
    let sess = Sess::new();
    let pid = Arc::new(AtomicU32::new(0));
    let known = Arc::clone(&pid);
    let asked = Arc::new(AtomicU32::new(0));
    let looked = Arc::clone(&asked);
    proxy.hook(move |_, _| {
        eventually("it is known", || known.load(Ordering::Relaxed) > 0);
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", known.load(Ordering::Relaxed)));
        let limits = limits.expect("its limits");
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("of core files");
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
        looked.fetch_add(1, Ordering::Relaxed);
        Then::Forward
    });
    let running = sess.start(["count", "--store", &url]);
    pid.store(running.pid(), Ordering::Relaxed);
    running.end().success();
    assert!(asked.load(Ordering::Relaxed) > 0);
}
