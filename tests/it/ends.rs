//! What a session was chosen by includes its end: one that moved meanwhile is left alone.

use serde_json::Value as Json;

use crate::support::*;

/// Four sessions that end in ten minutes.
fn ending() -> Sess {
    let sess = Sess::new().many(4);
    move_ends(&sess, "600000");
    sess
}

fn move_ends(sess: &Sess, span: &str) {
    for n in 0..4 {
        sess.server.command(&["PEXPIRE", &format!("sess:{}", sid(n)), span]);
    }
}

fn applied(sess: &Sess, plan: &std::path::Path) -> Json {
    sess.args(["apply", plan.to_str().expect("a path"), "--yes", "-o", "json"]).success().json()
}

type Move<'m> = &'m dyn Fn(&Sess);

#[test]
fn a_plan_leaves_alone_whose_end_moved_out_of_the_filter() {
    let persist = |sess: &Sess| {
        for n in 0..4 {
            sess.server.command(&["PERSIST", &format!("sess:{}", sid(n))]);
        }
    };
    let week = |sess: &Sess| move_ends(sess, "604800000");
    let cases: &[(&[&str], Move<'_>, Move<'_>)] = &[
        (&["purge", "--ttl", "<30m"], &|_| (), &week),
        (&["purge", "--ttl", "<30m"], &|_| (), &persist),
        (&["purge", "--no-ttl"], &persist, &week),
        (&["purge", "--ttl", ">1d"], &week, &|sess| move_ends(sess, "600000")),
        (&["purge", "--not", "--ttl", "<30m"], &week, &|sess| move_ends(sess, "600000")),
        (&["purge", "--not", "--no-ttl"], &|_| (), &persist),
        (&["expire", "--all", "--floor", "2h"], &|_| (), &week),
        (&["expire", "--all", "--cap", "2h"], &week, &|sess| move_ends(sess, "60000")),
    ];
    for (args, before, moves) in cases {
        for reveal in [&[][..], &["--reveal"]] {
            let sess = ending();
            before(&sess);
            let plan = sess.server.dir.path().join("plan");
            let path = plan.to_str().expect("a path");
            sess.changes_nothing([*args, &["--plan", path], reveal].concat()).success();
            // As time passes ends come nearer, which is no change.
            moves(&sess);
            let moved = sess.server.snapshot();
            let report = applied(&sess, &plan);
            assert_eq!((&report["done"], &report["changed"]), (&0.into(), &4.into()), "{args:?}: {report}");
            assert!(sess.server.snapshot() == moved, "{args:?}");
        }
    }
}

#[test]
fn an_end_that_moved_within_the_filter_or_not_at_all_fits() {
    for moved in [false, true] {
        let sess = ending();
        let plan = sess.server.dir.path().join("plan");
        sess.args(["purge", "--ttl", "<30m", "--plan", plan.to_str().expect("a path")]).success();
        if moved {
            move_ends(&sess, "900000");
        }
        assert_eq!(applied(&sess, &plan)["done"], 4);
    }
    // Chosen by more than an end, it may move as it likes.
    let sess = ending();
    let plan = sess.server.dir.path().join("plan");
    sess.args(["purge", "--all", "--plan", plan.to_str().expect("a path")]).success();
    move_ends(&sess, "604800000");
    assert_eq!(applied(&sess, &plan)["done"], 4);
}

#[test]
fn an_end_that_moves_while_a_run_goes_on_is_seen() {
    let cases: &[(&[&str], &str, &str)] = &[
        (&["purge", "--ttl", "<30m"], "600000", "604800000"),
        (&["expire", "--all", "--floor", "2h"], "600000", "604800000"),
        (&["expire", "--all", "--cap", "2h"], "604800000", "600000"),
    ];
    for (args, first, then) in cases {
        let sess = ending();
        move_ends(&sess, first);
        let before = sess.server.snapshot();
        let running = sess.start([*args, &["--yes", "--rate", "1/h", "-o", "json"]].concat());
        // One at a time: the others are still to come once the first is done.
        eventually("the first session is changed", || sess.server.snapshot() != before);
        let done: Vec<Vec<u8>> = {
            let now = sess.server.snapshot();
            before
                .iter()
                .filter(|(key, was)| now.get(*key) != Some(*was))
                .map(|(key, _)| key.clone())
                .collect()
        };
        assert_eq!(done.len(), 1, "{args:?}");
        for key in before.keys().filter(|key| !done.contains(*key)) {
            sess.server.command(&[b"PEXPIRE", &key[..], then.as_bytes()]);
        }
        let moved = sess.server.snapshot();
        running.interrupt();
        let ran = running.end().code(130);
        let run = ran.json()["run"].as_str().expect("a run").to_string();
        let report = sess.args([args[0], "--resume", &run, "--yes", "-o", "json"]).success().json();
        assert_eq!((&report["done"], &report["changed"]), (&0.into(), &3.into()), "{args:?}: {report}");
        assert!(sess.server.snapshot() == moved, "{args:?}");
    }
}
