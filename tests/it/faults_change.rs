//! What goes wrong in the middle of a change: the program or the server dies, the connection is cut,
//! the undo file cannot be written, the application writes at the same time. Nothing is lost that
//! undo could not give back, nothing is done twice, and what happened is said.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value as Json, json};

use crate::support::proxy::{Proxy, Then};
use crate::support::run_file::{HEAD, record_ends};
use crate::support::*;

const PURGE: [&str; 6] = ["purge", "--all", "--yes", "--max", "none", "-o"];

/// Slow enough to be met in the middle.
fn slowly<'a>(rate: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&PURGE[..], &["json", "--rate", rate], more].concat()
}

/// The only run, or the last one.
#[track_caller]
fn last_run(sess: &Sess) -> Json {
    let runs = sess.args(["runs", "-o", "json"]).success().silent().json();
    runs.as_array().expect("an array").last().expect("a run").clone()
}

#[track_caller]
fn undo(sess: &Sess, run: &Json) -> Json {
    let name = run["run"].as_str().expect("a name");
    sess.args(["undo", name, "--yes", "-o", "json"]).success().json()
}

#[test]
fn a_killed_run_is_taken_back_whole() {
    const MANY: usize = 3000;
    for (vanished, resumes) in [(1, false), (1, true), (400, true), (1100, false), (2300, true)] {
        let sess = Sess::new().many(MANY);
        let before = sess.server.snapshot();
        let mut running = sess.start(slowly("4000/s", &[]));
        eventually("sessions vanish", || sess.server.size() <= MANY - vanished || running.has_ended());
        running.kill();
        assert_eq!(running.end().code, None);
        let left = sess.server.size();
        assert!(left > 0 && left < MANY, "{left} are left");
        let run = last_run(&sess);
        assert_eq!((&run["state"], &run["finished_at"]), (&json!("partial"), &Json::Null));
        let name = run["run"].as_str().expect("a name");
        if resumes {
            // It was written down what there was to do, and which batch it was at.
            let resumed = ["purge", "--resume", name, "--yes", "--max", "none", "-o", "json"];
            let report = sess.args(resumed).success().json();
            let [matched, done, gone] = ["matched", "done", "gone"].map(|one| report[one].as_u64());
            assert_eq!(done, Some(left as u64), "{report}");
            assert_eq!(matched, gone.map(|gone| gone + left as u64), "{report}");
        } else {
            // The same command does the rest as well.
            let report = sess.args([&PURGE[..], &["json"]].concat()).success().json();
            assert_eq!([&report["matched"], &report["done"]], [&json!(left), &json!(left)]);
        }
        assert_eq!(sess.server.size(), 0);
        let rest = last_run(&sess);
        assert_eq!(undo(&sess, &rest)["done"], left);
        assert_eq!(sess.server.size(), left);
        undo(&sess, &run);
        assert!(sess.server.snapshot() == before, "after {vanished}");
        // Noted behind whatever the run was writing when it died.
        assert_eq!(last_run(&sess)["state"], "undone");
        undo(&sess, &run);
        assert!(sess.server.snapshot() == before, "after {vanished}");
    }
}

/// How many whole records the newest run file has; 0 where there is none.
fn whole_records(sess: &Sess) -> usize {
    let Ok(runs) = std::fs::read_dir(sess.server.dir.path().join("sessctl/runs")) else { return 0 };
    let newest = runs.map(|run| run.expect("a run").path()).max();
    let file = newest.map(|path| std::fs::read(path).expect("a run file")).unwrap_or_default();
    let Some(mark) = file.iter().position(|byte| *byte == b'\n') else { return 0 };
    let (mut at, mut many) = (mark + 1, 0);
    while let Some(length) = file.get(at..at + 4).and_then(|four| four.try_into().ok()) {
        at += HEAD + u32::from_le_bytes(length) as usize;
        many += usize::from(at <= file.len());
    }
    many
}

#[test]
fn a_run_killed_behind_any_of_its_records_is_taken_back_and_gone_on_with() {
    const MANY: usize = 256;
    // Batches of 64, each with what it is about to do, the backup and how it went.
    let slow = slowly("640/s", &[]);
    let sess = Sess::new().many(MANY);
    let before = sess.server.snapshot();
    let forget = || std::fs::remove_dir_all(sess.server.dir.path().join("sessctl")).expect("removed");
    let whole = sess.args(&slow).success().json();
    let records = whole_records(&sess);
    assert!(records >= 4 * 3, "{records}");
    undo(&sess, &whole);
    forget();
    let mut found = BTreeSet::new();
    for (records, resumes) in (1..=records).flat_map(|records| [(records, false), (records, true)]) {
        let mut running = sess.start(&slow);
        eventually("it gets there", || whole_records(&sess) >= records || running.has_ended());
        running.kill();
        running.end();
        let left = sess.server.size();
        found.insert(left);
        let run = last_run(&sess);
        let name = run["run"].as_str().expect("a name");
        if resumes && left > 0 {
            let resumed = ["purge", "--resume", name, "--yes", "-o", "json"];
            let ran = sess.args(resumed);
            // Nothing but its beginning may be there: then it says so, and the same command does it.
            let report = match ran.code {
                Some(1) => {
                    ran.says("cut short").says("the same command again");
                    sess.args([&PURGE[..], &["json"]].concat()).success().json()
                }
                _ => ran.success().json(),
            };
            assert_eq!(report["done"], left, "{records}: {report}");
            assert_eq!(sess.server.size(), 0, "{records}");
            undo(&sess, &report);
            assert_eq!(sess.server.size(), left, "{records}");
        }
        undo(&sess, &run);
        assert!(sess.server.snapshot() == before, "{records}");
        forget();
    }
    assert!(found.len() > 3, "{found:?}");
}

#[test]
fn a_server_that_dies_is_said_and_the_rest_is_done_when_it_is_back() {
    const KEPT: [&str; 2] = ["--appendonly", "yes"];
    let mut sess = Sess::on(Server::with(&KEPT)).many(3000);
    let before = sess.server.snapshot();
    let running = sess.start(slowly("3000/s", &[]));
    eventually("sessions vanish", || sess.server.size() < 3000);
    sess.server.kill();
    let ran = running.end();
    assert!(matches!(ran.code, Some(1 | 3)), "{:?}", ran.code);
    let ran = ran.says("stopped: ").says("the same command again").says("--resume");
    assert_eq!(ran.json()["complete"], false);
    sess.server.restart(&KEPT);
    let left = sess.server.size();
    assert!(left > 0 && left < 3000, "{left} are left");
    let first = last_run(&sess);
    let report = sess.args([&PURGE[..], &["json"]].concat()).success().json();
    assert_eq!(report["done"], left);
    assert_eq!(sess.server.size(), 0);
    for run in [last_run(&sess), first] {
        undo(&sess, &run);
    }
    assert!(sess.server.snapshot() == before);
}

#[test]
fn what_was_done_is_told_where_the_rest_cannot_be() {
    // What else there is can no more be counted, and what came back no more be looked for.
    let mut sess = Sess::new().many(3000);
    let clear = ["clear", "--layout", "connect-redis", "--yes", "-o", "json", "--rate", "3000/s"];
    let running = sess.start(clear);
    eventually("sessions vanish", || sess.server.size() < 3000);
    sess.server.kill();
    let ran = running.end().code(3).says("stopped: ").says("clear --resume");
    assert_eq!(ran.json()["complete"], false);

    let mut sess = Sess::new().many(60);
    let running = sess.start([&PURGE[..], &["json", "--verify", "10m"]].concat());
    // Not before all of them were said to be ended.
    let settled = || last_run(&sess)["done"] == 60;
    eventually("it watches", || sess.server.size() == 0 && settled());
    sess.server.kill();
    let report = running.end().code(3).says("stopped: ").says("whether any came back").json();
    assert_eq!([&report["matched"], &report["done"]], [&json!(60), &json!(60)], "{report}");
    assert_eq!((&report["returned"], &report["complete"]), (&json!(0), &json!(false)));
    let log = std::fs::read_to_string(sess.server.dir.path().join("sessctl/audit.jsonl")).expect("a log");
    let end: Json = serde_json::from_str(log.lines().last().expect("a line")).expect("JSON");
    assert_eq!([&end["event"], &end["result"], &end["done"]], [&json!("end"), &json!("partial"), &json!(60)]);

    // Nor is the number of other keys worth more than the change.
    let sess = Sess::new().many(5).user(&["~*", "&*", "+@all", "-dbsize"]);
    let clear = ["clear", "--layout", "connect-redis"];
    sess.changes_nothing([&clear[..], &["--dry-run"]].concat()).success();
    sess.args([&clear[..], &["--yes"]].concat()).success().shows("Ended 5 sessions");
}

#[test]
fn a_connection_that_is_cut_loses_nothing() {
    let sess = Sess::new().many(3000);
    let before = sess.server.snapshot();
    let running = sess.start(slowly("3000/s", &[]));
    eventually("sessions vanish", || sess.server.size() < 3000);
    sess.server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    let ran = running.end();
    assert!(matches!(ran.code, Some(1 | 3)), "{:?}", ran.code);
    ran.says("stopped: ").says("lost");
    assert!(sess.server.size() > 0);
    undo(&sess, &last_run(&sess));
    assert!(sess.server.snapshot() == before);
}

#[test]
fn without_an_undo_file_nothing_is_changed() {
    for (blocked, said) in [("sessctl/runs", "undo file"), ("sessctl", "audit log"), ("", "audit log")] {
        let sess = Sess::new().many(20);
        let state = sess.server.dir.path().join("state");
        let path = state.join(blocked);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        std::fs::write(if blocked.is_empty() { &state } else { &path }, "").expect("a file");
        let sess = sess.env("XDG_STATE_HOME", state.to_str().expect("a path"));
        sess.changes_nothing(["purge", "--all", "--yes"]).code(1).says(said).says("state");
    }
}

#[test]
fn where_nothing_can_be_written_nothing_is_changed() {
    // No directory can be made there, whoever one is.
    const NOWHERE: &str = "/proc";
    let sess = Sess::new().many(20);
    sess.args(["purge", &sid(1), "--yes"]).success();
    let path = sess.server.dir.path().to_path_buf();
    let log_at = |sess: &Sess, audit: &str| {
        let text = format!("[profiles.p]\nstore = {:?}\naudit = {audit:?}\n", sess.server.url());
        let config = sess.write("config.toml", text);
        private(&config);
        config.to_str().expect("a path").to_string()
    };
    let config = log_at(&sess, path.join("apart.jsonl").to_str().expect("a path"));
    let profile = ["--config", &config, "--profile", "p"];
    let plan = format!("{NOWHERE}/sessctl.plan");
    sess.changes_nothing(["purge", "--all", "--plan", &plan]).code(1).says(&plan);
    let plan = path.join("all.plan");
    let plan = plan.to_str().expect("a path");
    sess.args(["purge", "--all", "--plan", plan]).success();
    let run = last_run(&sess)["run"].as_str().expect("a run").to_string();

    let sess = sess.env("XDG_STATE_HOME", NOWHERE);
    let changes = [
        &["purge", "--all", "--yes"][..],
        &["expire", "--all", "--in", "9h", "--yes"],
        &["clear", "--layout", "connect-redis", "--yes"],
        &["apply", plan, "--yes"],
    ];
    for args in changes {
        sess.changes_nothing(args).code(1).says("audit log").says("nothing was changed").stdout("");
        // The log has its place elsewhere, the undo file has none.
        let ran = sess.changes_nothing([&profile[..], args].concat()).code(1);
        ran.says("undo file").says(NOWHERE).stdout("");
    }
    // Each of those runs has its end in the log.
    sess.args([&profile[..], &["runs", "verify-audit"]].concat()).success().silent();
    // Nor is anything put back that is not written down.
    let state = path.to_str().expect("a path").to_string();
    log_at(&sess, &format!("{NOWHERE}/audit.jsonl"));
    let sess = sess.env("XDG_STATE_HOME", &state);
    let undo = [&profile[..], &["undo", &run, "--yes"]].concat();
    sess.changes_nothing(undo).code(1).says("audit log").says("nothing was changed").stdout("");
    assert_eq!(sess.server.size(), 19);
}

/// Runs it where no file may become larger than so many blocks.
fn limited(sess: &Sess, blocks: u32, args: &[&str]) -> Ran {
    let inner = sess.command(args);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -f {blocks}; exec \"$@\""), "sh"]);
    command.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Ran::of(&mut command)
}

#[test]
fn a_full_disk_stops_before_what_could_not_be_taken_back() {
    let sess = Sess::new().many(4000);
    let before = sess.server.snapshot();
    let purge = [&PURGE[..], &["json"]].concat();
    let mut stopped = BTreeSet::new();
    // How large the file of the whole run is, in blocks.
    let report = sess.args(&purge[..]).success().json();
    let name = report["run"].as_str().expect("a run");
    let path = sess.server.dir.path().join("sessctl/runs").join(format!("{name}.run"));
    let whole = u32::try_from(path.metadata().expect("a file").len() / 512).expect("small");
    undo(&sess, &report);
    let _ = std::fs::remove_dir_all(sess.server.dir.path().join("sessctl"));
    for part in 0..=12 {
        let blocks = whole * part / 12;
        let ran = limited(&sess, blocks, &purge);
        let left = sess.server.size();
        stopped.insert((4000 - left) / 512);
        match ran.code {
            Some(0) => assert_eq!(left, 0, "{blocks}"),
            // Not ended by the signal that comes with the limit, but told.
            Some(1) => assert_eq!(left, 4000, "{blocks}: {}", ran.stderr),
            Some(3) => assert_eq!(ran.json()["complete"], false, "{blocks}"),
            code => panic!("{blocks}: {code:?}: {}", ran.stderr),
        }
        if ran.code != Some(0) {
            ran.says("large");
        }
        if left < 4000 {
            undo(&sess, &last_run(&sess));
        }
        assert!(sess.server.snapshot() == before, "{blocks}");
        let _ = std::fs::remove_dir_all(sess.server.dir.path().join("sessctl"));
    }
    assert!(stopped.len() > 2, "{stopped:?}");
}

#[test]
fn an_undo_that_cannot_be_noted_is_told_all_the_same() {
    let sess = Sess::new().many(4000);
    let before = sess.server.snapshot();
    let report = sess.args([&PURGE[..], &["json"]].concat()).success().json();
    let run = report["run"].as_str().expect("a run");
    let path = sess.server.dir.path().join("sessctl/runs").join(format!("{run}.run"));
    // The log is much smaller than that.
    let full = u32::try_from(path.metadata().expect("a file").len() / 512).expect("small");
    assert!(full > 40, "{full}");
    let ran = limited(&sess, full, &["undo", run, "--yes", "-o", "json"]).code(3).says("run's file");
    assert_eq!((&ran.json()["done"], &ran.json()["complete"]), (&json!(4000), &json!(true)));
    assert!(sess.server.snapshot() == before);
    // It stays one that can be undone, and that changes nothing.
    sess.changes_nothing(["undo", run, "--yes"]).success();
    assert_eq!(last_run(&sess)["state"], "undone");
}

#[test]
fn what_is_written_meanwhile_is_kept_and_counted() {
    const MANY: usize = 3000;
    let sess = Sess::new().many(MANY);
    let running = sess.start(slowly("3000/s", &[]));
    eventually("sessions vanish", || sess.server.size() < MANY);
    // All of them were matched before the first vanished.
    let mut connection = sess.server.connect();
    let mut written = BTreeMap::new();
    for n in (0..MANY).step_by(10) {
        let key = format!("sess:{}", sid(n));
        let value = express(Some("new"), &json!({ "cart": n }));
        let set: Option<String> = redis::cmd("SET")
            .arg(&key)
            .arg(&value)
            .arg("XX")
            .arg("KEEPTTL")
            .query(&mut connection)
            .expect("SET");
        if set.is_some() {
            written.insert(key.into_bytes(), Content::Text(value.into_bytes()));
        }
    }
    let report = running.end().success().json();
    assert!(!written.is_empty());
    assert_eq!((&report["changed"], &report["failed"]), (&json!(written.len()), &json!(0)));
    assert_eq!(report["done"], MANY - written.len());
    assert!(sess.server.contents() == written);
    // What was ended comes back beside it.
    undo(&sess, &last_run(&sess));
    assert_eq!(sess.server.size(), MANY);
    let contents = sess.server.contents();
    for (key, value) in &written {
        assert_eq!(&contents[key], value);
    }
}

#[test]
fn an_interrupted_run_goes_on_where_it_stopped() {
    let sess = Sess::new().many(3000).set("other", "1");
    let before = sess.server.snapshot();
    let proxy = Proxy::to(&sess.server);
    let url = proxy.url();
    let sess = sess.global(&["--store", &url]);
    // The first transaction is the question whether it is permitted; what the second changes is not
    // answered until the signal was sent.
    let held = Arc::new(AtomicBool::new(false));
    let holds = Arc::clone(&held);
    proxy.hook(move |request, server| {
        if request.verb == "EXEC" && request.nth == 2 {
            redis::cmd("CLIENT").arg("PAUSE").arg(600_000).arg("WRITE").exec(server).expect("PAUSE");
            holds.store(true, Ordering::Relaxed);
        }
        Then::Forward
    });
    let running = sess.start(slowly("3000/s", &[]));
    eventually("it is held", || held.load(Ordering::Relaxed));
    let name = last_run(&sess)["run"].as_str().expect("a name").to_string();
    // Nobody else takes it up or takes it back meanwhile.
    sess.args(["undo", &name, "--yes"]).code(5).says("still going on");
    sess.args(["purge", "--resume", &name, "--yes"]).code(5).says("still going on");
    running.interrupt();
    sess.server.command(&["CLIENT", "UNPAUSE"]);
    let ran = running.end().code(130).says("--resume").says(&name);
    proxy.pass();
    let done = ran.json()["done"].as_u64().expect("a number");
    assert!(done > 0 && done < 3000, "{done}");
    assert_eq!(sess.server.size() as u64, 3001 - done);
    sess.changes_nothing(["purge", "--resume", &name, "--user", "user1", "--yes"]).code(2);
    sess.changes_nothing(["purge", "--resume", &name]).code(5).says("no terminal");
    let state = sess.server.dir.path().to_str().expect("a path");
    let elsewhere = Sess::new().env("XDG_STATE_HOME", state);
    elsewhere.changes_nothing(["purge", "--resume", &name, "--yes"]).code(5).says("was made on");
    let resumed = sess.args(["purge", "--resume", &name, "--yes", "-o", "json"]).success().json();
    assert_eq!(resumed["done"], 3000 - done);
    assert_eq!(sess.server.snapshot().keys().collect::<Vec<_>>(), [b"other"]);
    undo(&sess, &last_run(&sess));
    undo(&sess, &json!({ "run": name }));
    assert!(sess.server.snapshot() == before);
}

#[test]
fn an_interrupt_while_an_answer_is_awaited_loses_no_connection() {
    let sess = Sess::new().many(3000);
    // What changes something is not answered, and then nothing can be in hand but the wait for it.
    sess.server.command(&["CLIENT", "PAUSE", "600000", "WRITE"]);
    let running = sess.start([&PURGE[..], &["json"]].concat());
    eventually("an answer is awaited", || {
        let list: String = redis::cmd("CLIENT").arg("LIST").query(&mut sess.server.connect()).expect("LIST");
        list.contains(" flags=b")
    });
    running.interrupt();
    sess.server.command(&["CLIENT", "UNPAUSE"]);
    let report = running.end().code(130).says("the same command again").hides("lost").json();
    assert_eq!((&report["failed"], &report["errors"]), (&json!(0), &json!([])));
    assert_eq!(report["done"], 3000 - sess.server.size());
    assert!(sess.server.size() > 0 && sess.server.size() < 3000);
}

#[test]
fn a_permission_that_is_taken_away_meanwhile_is_told_once() {
    let sess = Sess::new().many(3000).user(&["~*", "&*", "+@all"]);
    let before = sess.server.snapshot();
    let mut running = sess.start(slowly("3000/s", &[]));
    eventually("sessions vanish", || sess.server.size() < 3000 || running.has_ended());
    sess.server.command(&["ACL", "SETUSER", "ops", "-unlink"]);
    let ran = running.end().code(3).says("has no permission to run").says("stopped");
    assert_eq!(ran.stderr.matches("has no permission to run").count(), 1, "{}", ran.stderr);
    // What one connection ended counts, though the next was refused in the same moment.
    assert_eq!(ran.json()["done"], 3000 - sess.server.size());
    assert_eq!(ran.json()["gone"], 0);
    assert!(sess.server.size() > 0);
    sess.server.command(&["ACL", "SETUSER", "ops", "+unlink"]);
    undo(&sess, &last_run(&sess));
    assert!(sess.server.snapshot() == before);
    sess.server.command(&["ACL", "SETUSER", "ops", "-unlink"]);
    // Found before the first change where it is missing from the beginning.
    sess.changes_nothing(["purge", "--all", "--yes", "--max", "none"])
        .code(4)
        .says("has no permission to run UNLINK");
}

#[test]
fn a_permission_that_is_taken_away_before_the_first_change_is_an_exit_of_its_own() {
    let sess = Sess::new().many(30).user(&["~*", "&*", "+@all"]);
    let before = sess.server.snapshot();
    let mut terminal = sess.terminal(&["purge", "--all"]);
    terminal.shows("End them?");
    sess.server.command(&["ACL", "SETUSER", "ops", "-unlink"]);
    terminal.types("y\n");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("has no permission to run UNLINK"), "{text}");
    assert!(sess.server.snapshot() == before);
}

/// Takes the last records off a run's file, as if the run had died before it wrote them.
#[track_caller]
fn cut(sess: &Sess, run: &str, records: usize) {
    let path = sess.server.dir.path().join("sessctl/runs").join(format!("{run}.run"));
    let whole = std::fs::read(&path).expect("a run file");
    let ends = record_ends(&whole);
    std::fs::write(&path, &whole[..ends[ends.len() - 1 - records]]).expect("written");
}

#[test]
fn what_follows_from_an_end_is_made_up_for_after_a_crash() {
    for slug in ["overleaf", "better-auth", "spring-session-indexed", "redis-sessions"] {
        let sess = Sess::new().load(slug);
        let before = sess.server.snapshot();
        let names = layout_names(slug);
        let kept = sess.listed("key", &["--layout", &names[0]]);
        let purge = ["purge", "--all", "--yes", "--layout", &names[0], "-o", "json"];
        let report = sess.args(purge).success().json();
        let run = report["run"].as_str().expect("a run");
        let after = sess.server.contents();
        let back = sess.args(["undo", run, "--yes", "--dry-run", "-o", "json"]).success().json();
        let ended = back["matched"].as_u64().expect("a number");
        assert!(ended > 0, "{slug}");
        // It died when the sessions were gone and their companions were not.
        let others = before.iter().filter(|(key, _)| !kept.iter().any(|kept| kept.as_bytes() == *key));
        for (key, (dump, end)) in others {
            let end = end.max(&0).to_string();
            sess.server.command(&[&b"RESTORE"[..], key, end.as_bytes(), dump, b"REPLACE", b"ABSTTL"]);
        }
        cut(&sess, run, 2);
        let resumed = sess.args(["purge", "--resume", run, "--yes", "-o", "json"]).success().json();
        assert_eq!((&resumed["done"], &resumed["gone"]), (&json!(0), &json!(ended)), "{slug}");
        assert!(sess.server.contents() == after, "{slug}");
        undo(&sess, &json!({ "run": run }));
        let there: Vec<Vec<u8>> = sess.server.contents().into_keys().collect();
        assert!(there.iter().eq(before.keys()), "{slug}");
    }
}

#[test]
fn a_run_that_moved_ends_goes_on_too() {
    let sess = Sess::new().many(3000);
    let slow = ["expire", "--all", "--in", "5h", "--yes", "--max", "none", "-o", "json", "--rate", "4000/s"];
    let before = sess.server.snapshot();
    let moved = |sess: &Sess| {
        let ends = sess.server.snapshot();
        ends.iter().filter(|(key, (_, end))| before[*key].1 != *end).count()
    };
    let mut running = sess.start(slow);
    eventually("ends are moved", || moved(&sess) > 0);
    running.kill();
    running.end();
    let run = last_run(&sess);
    let name = run["run"].as_str().expect("a name");
    assert!(moved(&sess) < 3000);
    sess.changes_nothing(["purge", "--resume", name, "--yes"]).code(2).says("sessctl expire --resume");
    sess.args(["expire", "--resume", name, "--yes", "--max", "none"]).success();
    assert_eq!(moved(&sess), 3000);
    let ends: BTreeSet<i64> = sess.server.snapshot().values().map(|(_, end)| *end).collect();
    assert_eq!(ends.len(), 1, "all of them end at the time that the run was for");
    let rest = last_run(&sess);
    undo(&sess, &rest);
    undo(&sess, &run);
    assert!(sess.server.snapshot() == before);
}

#[test]
fn what_comes_back_is_ended_again() {
    let sess = Sess::new().many(60);
    let before = sess.server.contents();
    let values: Vec<(String, Content)> = sess
        .server
        .contents()
        .into_iter()
        .step_by(3)
        .map(|(key, value)| (String::from_utf8(key).expect("text"), value))
        .collect();
    let running = sess.start([&PURGE[..], &["json", "--verify", "4s"]].concat());
    eventually("all are gone", || sess.server.size() == 0);
    for (key, value) in &values {
        let Content::Text(value) = value else { panic!("{value:?}") };
        let value = [value, &b" "[..]].concat();
        sess.server.command(&[b"SET", key.as_bytes(), &value, b"PX", b"3600000"]);
    }
    let report = running.end().success().says("ended again").json();
    assert_eq!([&report["matched"], &report["returned"]], [&json!(60), &json!(values.len())]);
    assert_eq!(sess.server.size(), 0);
    assert!(report["complete"] == true && report["done"] == 60);
    // Each is in the run once, however often it was ended.
    let back = sess.args(["undo", "--yes", "--expect", "60", "-o", "json"]).success().json();
    assert_eq!([&back["done"], &back["changed"]], [&json!(60), &json!(0)]);
    assert!(sess.server.contents() == before);
}

#[test]
fn what_is_back_at_the_very_end_is_an_exit_of_its_own() {
    let sess = Sess::new().many(3);
    let key = format!("sess:{}", sid(1));
    let Content::Text(value) = sess.server.contents()[key.as_bytes()].clone() else { panic!("no text") };
    let running = sess.start([&PURGE[..], &["json", "--verify", "1s"]].concat());
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut connection = sess.server.connect();
            while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                redis::cmd("SET").arg(&key).arg(&value).exec(&mut connection).expect("SET");
            }
        });
        let ran = running.end();
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(ran.json()["returned"].as_u64() > Some(0));
        ran.code(3).says("came back");
    });
}

#[test]
fn an_undo_that_breaks_off_is_finished_by_the_next() {
    let mut sess = Sess::on(Server::with(&["--appendonly", "yes"])).many(3000).load("spring-session-indexed");
    let before = sess.server.contents();
    let report = sess.args([&PURGE[..], &["json"]].concat()).success().json();
    let done = report["done"].as_u64().expect("a number");
    let name = report["run"].as_str().expect("a name").to_string();
    let slow = ["undo", &name, "--yes", "-o", "json", "--rate", "2000/s"];
    let started = sess.server.size();

    let mut running = sess.start(slow);
    eventually("sessions come back", || sess.server.size() > started);
    running.kill();
    assert_eq!(running.end().code, None);

    let halfway = sess.server.size();
    let running = sess.start(slow);
    eventually("more come back", || sess.server.size() > halfway);
    running.interrupt();
    running.end().code(130);

    for kill in [true, false] {
        let halfway = sess.server.size();
        assert!((halfway as u64) < started as u64 + done, "{halfway}");
        let running = sess.start(slow);
        eventually("more come back", || sess.server.size() > halfway);
        if kill {
            sess.server.kill();
        } else {
            sess.server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        }
        let ran = running.end();
        if !kill && ran.code == Some(0) {
            // It was reading when the connection was lost, which is done again on another one.
            assert_eq!(ran.json()["complete"], true);
            continue;
        }
        let ran = ran.code(3).says("lost").says("sessctl undo");
        assert_eq!(ran.json()["complete"], false);
        if kill {
            sess.server.restart(&["--appendonly", "yes"]);
        }
    }

    undo(&sess, &json!({ "run": name }));
    assert!(sess.server.contents() == before);
    assert_eq!(last_run(&sess)["state"], "undone");
}
