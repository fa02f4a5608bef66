//! The audit log: a line before and a line after each change, and whatever is done to them is found.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::support::*;

/// Where the log is unless the profile says otherwise.
fn log(sess: &Sess) -> PathBuf {
    sess.server.dir.path().join("sessctl/audit.jsonl")
}

fn text(sess: &Sess) -> String {
    std::fs::read_to_string(log(sess)).unwrap_or_default()
}

fn lines(sess: &Sess) -> Vec<Json> {
    text(sess).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A server with sessions of alice and bob.
fn two_users() -> Sess {
    let sess = Sess::new().many(30);
    (0..3).fold(sess, |sess, n| sess.express(format!("sess:{}", sid(100 + n)), Some("alice"), &json!({})))
}

#[test]
fn a_change_is_written_down_before_and_after() {
    let sess = two_users();
    let ran =
        sess.args(["purge", "--user", "alice", "--yes", "--ticket", "CHG-12 \"x\"", "-o", "json"]).success();
    let run = ran.json()["run"].as_str().expect("a run").to_string();
    let [start, end] = &lines(&sess)[..] else { panic!("{}", text(&sess)) };
    assert_eq!(
        [&start["event"], &start["command"], &start["run"], &start["ticket"], &start["filter"]],
        ["start", "purge", &run, "CHG-12 \"x\"", "user is alice"]
    );
    assert_eq!(
        [&start["store"], &start["login"]],
        [&format!("unix://{}?db=0", sess.server.socket().display()), "default"]
    );
    assert_eq!(
        (&start["matched"], &start["ids_count"], &start["undo"]),
        (&json!(3), &json!(3), &json!(true))
    );
    assert_eq!(start["layouts"], json!({ "connect-redis": 3 }));
    assert!(start["profile"].is_null() && start["plan"].is_null() && start["uid"].is_u64());
    assert!(start["time"].as_str().is_some_and(|time| time.ends_with('Z')));
    assert_eq!(start["ids"].as_array().map(Vec::len), Some(3));
    assert_eq!([&end["event"], &end["command"], &end["run"], &end["result"]], ["end", "purge", &run, "done"]);
    assert_eq!((&end["done"], &end["failed"], &end["exit"]), (&json!(3), &json!(0), &json!(0)));

    sess.args(["undo", "--yes", "--ticket", "CHG-13"]).success();
    let lines = lines(&sess);
    assert_eq!(lines.len(), 4);
    assert_eq!([&lines[2]["command"], &lines[2]["ticket"], &lines[2]["run"]], ["undo", "CHG-13", &run]);
    assert_eq!((&lines[2]["ids_count"], &lines[3]["done"]), (&json!(3), &json!(3)));
    // The same sessions under the same names, so that runs can be compared.
    let named = |line: &Json| {
        let mut ids: Vec<String> =
            line["ids"].as_array().expect("ids").iter().map(ToString::to_string).collect();
        ids.sort();
        ids
    };
    assert_eq!(named(&lines[0]), named(&lines[2]));
    let ran = sess.args(["runs", "verify-audit"]).success().silent();
    assert!(ran.text().starts_with("4 lines of 2 runs, intact."), "{}", ran.text());
}

#[test]
fn what_a_run_finds_later_is_written_down_too() {
    let sess = Sess::new().load("overleaf");
    // The index names all of alice's sessions but one, which the scan meets afterwards.
    let alice = "5f0c1d2e3f4a5b6c7d8e9f01";
    let key = "sess:xPPNoSoUgIzLrwZbThQwUuakDGKcry6T";
    let index = format!("UserSessions:{{{alice}}}");
    sess.server.command(&["SREM", &index, key]);
    let many = sess.listed("id", &["--user", alice]).len() as u64;
    sess.args(["purge", "--user", alice, "--yes"]).success();
    let lines = lines(&sess);
    let events: Vec<&Json> = lines.iter().map(|line| &line["event"]).collect();
    assert_eq!(events, ["start", "more", "end"], "{}", text(&sess));
    assert_eq!((&lines[0]["matched"], &lines[1]["matched"]), (&json!(many - 1), &json!(1)));
    assert_eq!((&lines[1]["run"], &lines[2]["done"]), (&lines[0]["run"], &json!(many)));
    sess.args(["runs", "verify-audit"]).success().shows("3 lines of 1 run,");
}

#[test]
fn no_id_is_in_the_log() {
    let sess = two_users();
    sess.args(["purge", "--all", "--yes"]).success();
    let whole = sid(100);
    sess.args(["undo", "--yes"]).success();
    sess.args(["purge", &whole, &sid(101), "--yes"]).success();
    let ids = sess.write("ids", sid(102));
    sess.args(["purge", "--ids-from", ids.to_str().expect("a path"), "--yes"]).success();
    sess.args(["undo", "--yes", "--user", "alice"]).success();
    let text = text(&sess);
    assert_eq!(text.lines().count(), 10);
    for n in (0..30).chain(100..103) {
        let id = sid(n);
        assert!(!text.contains(&id) && !text.contains(&id[..12]), "{id} is in: {text}");
    }
    let lines = lines(&sess);
    assert_eq!((&lines[0]["ids_count"], lines[0]["ids"].as_array().map(Vec::len)), (&json!(33), Some(20)));
    assert_eq!(lines[4]["filter"], "2 named sessions");
}

#[test]
fn what_changes_nothing_writes_nothing() {
    let sess = two_users();
    sess.changes_nothing(["purge", "--all", "--dry-run"]).success();
    sess.changes_nothing(["purge", "--user", "nobody", "--yes"]).success();
    sess.changes_nothing(["purge", "--all", "--yes", "--max", "3"]).code(5);
    let plan = sess.server.dir.path().join("a.plan");
    let plan = plan.to_str().expect("a path");
    sess.changes_nothing(["purge", "--user", "alice", "--plan", plan]).success();
    sess.args(["list"]).success();
    assert_eq!(text(&sess), "");
    sess.args(["apply", plan, "--yes"]).success();
    let lines = lines(&sess);
    assert_eq!((lines.len(), &lines[0]["command"]), (2, &json!("apply")));
    assert!(lines[0]["plan"].as_str().is_some_and(|digest| digest.len() >= 16), "{}", lines[0]);
}

#[test]
fn a_change_that_cannot_be_written_down_is_not_made() {
    let sess = two_users();
    let file = sess.write("a-file", "");
    let directory = sess.server.dir.path().join("a-directory");
    std::fs::create_dir(&directory).expect("a directory");
    // A file that takes nothing, as on a disk that is full.
    std::os::unix::fs::symlink("/dev/full", sess.server.dir.path().join("full")).expect("a link");
    let keyless = sess.server.dir.path().join("keyless.key");
    std::fs::create_dir(keyless).expect("a directory");
    for audit in [file.join("audit.jsonl"), directory, "full".into(), "keyless.jsonl".into()] {
        let config = format!(
            "[profiles.p]\nstore = {:?}\naudit = {:?}\n",
            sess.server.url(),
            audit.to_str().expect("a path")
        );
        let config = sess.write("config.toml", config);
        let config = config.to_str().expect("a path");
        sess.changes_nothing(["purge", "--user", "alice", "--yes", "--profile", "p", "--config", config])
            .code(1)
            .says("the audit log")
            .says("nothing was changed")
            .stdout("");
    }
    assert!(sess.listed("user", &["--user", "alice"]).len() == 3);
    // There is no undo file of a run that never was.
    sess.args(["runs", "-o", "ids"]).success().stdout("");
}

#[test]
fn a_syslog_that_is_wanted_must_be_there() {
    let sess = two_users();
    let socket = sess.server.dir.path().join("log");
    let text = format!("[profiles.p]\nstore = {:?}\nsyslog = \"log\"\n", sess.server.url());
    let sess = sess.use_profile(&text);
    sess.changes_nothing(["purge", "--user", "alice", "--yes"])
        .code(1)
        .says("syslog")
        .says("nothing was changed");
    let daemon = std::os::unix::net::UnixDatagram::bind(socket).expect("a socket");
    sess.args(["purge", "--user", "alice", "--yes"]).success();
    let mut message = [0; 8192];
    for line in self::text(&sess).lines().skip(2) {
        let length = daemon.recv(&mut message).expect("a message");
        let message = String::from_utf8_lossy(&message[..length]);
        assert!(message.starts_with("<85>sessctl[") && message.ends_with(line), "{message}");
    }
    assert_eq!(lines(&sess)[2]["profile"], "p");
}

#[test]
fn whatever_is_done_to_the_log_is_found_and_named() {
    let sess = two_users();
    sess.args(["runs", "verify-audit"]).code(1).says("no audit log at");
    sess.args(["purge", "--user", "alice", "--yes"]).success();
    sess.args(["undo", "--yes"]).success();
    let whole = text(&sess);
    let noted = sess.args(["runs", "verify-audit", "-o", "json"]).success().json();
    assert_eq!(
        (&noted["intact"], &noted["lines"], &noted["findings"]),
        (&json!(true), &json!(4), &json!([]))
    );
    let found = |text: &str, line: u64| {
        std::fs::write(log(&sess), text).expect("written");
        let ran = sess.args(["runs", "verify-audit"]).code(7);
        assert!(
            ran.lines().iter().any(|shown| shown.starts_with(&format!("line {line}: "))),
            "{}",
            ran.text()
        );
    };
    let lines: Vec<&str> = whole.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let number = at as u64 + 1;
        for (from, to) in [
            ("\"run\":\"2", "\"run\":\"3"),
            ("\"prev\":\"", "\"prev\":\"0"),
            ("\"matched\":3", "\"matched\":4"),
            ("{", "{ "),
            ("}", "} "),
        ] {
            let altered = line.replacen(from, to, 1);
            assert_ne!(altered, *line);
            found(&whole.replace(line, &altered), number);
        }
        found(&whole.replace(&format!("{line}\n"), ""), number);
        found(&whole.replace(line, &format!("{{\"event\":\"x\"}}\n{line}")), number);
        found(&whole.replace(&format!("{line}\n"), line), number);
    }
    found(&format!("{whole}\n"), 5);
    std::fs::write(log(&sess), &whole).expect("written");

    // What was noted earlier holds while lines are added, and not in another chain.
    let noted = noted["sha256"].as_str().expect("a digest");
    sess.args(["purge", "--user", "alice", "--yes"]).success();
    sess.args(["runs", "verify-audit", "--holds", noted]).success();
    std::fs::remove_file(log(&sess)).expect("removed");
    std::fs::remove_file(log(&sess).with_extension("head")).expect("removed");
    sess.args(["undo", "--yes"]).success();
    sess.args(["runs", "verify-audit"]).success();
    sess.args(["runs", "verify-audit", "--holds", noted]).code(7).shows("no line has the digest");
    let path = log(&sess);
    sess.args(["runs", "verify-audit", path.to_str().expect("a path")]).success();
}

#[test]
fn runs_at_the_same_time_write_one_chain() {
    const RUNS: usize = 8;
    let sess = Sess::new().many(30);
    let running: Vec<Running> =
        (0..RUNS).map(|n| sess.start(["purge", "--user", &format!("user{n}"), "--yes"])).collect();
    for run in running {
        run.end().success();
    }
    assert_eq!(sess.server.size(), 30 - RUNS);
    let mut open = std::collections::BTreeSet::new();
    for line in lines(&sess) {
        let run = line["run"].as_str().expect("a run").to_string();
        match line["event"].as_str() {
            Some("start") => assert!(open.insert(run), "{line}"),
            Some("end") => assert!(open.remove(&run), "{line}"),
            _ => panic!("{line}"),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let ran = sess.args(["runs", "verify-audit"]).success().silent();
    assert!(ran.text().starts_with(&format!("{} lines of {RUNS} runs,", 2 * RUNS)), "{}", ran.text());
}

#[test]
fn lines_that_fit_the_chain_before_them_are_found_by_what_comes_after() {
    use sha2::{Digest as _, Sha256};
    let sess = two_users();
    sess.args(["purge", "--user", "alice", "--yes"]).success();
    sess.args(["undo", "--yes"]).success();
    let whole = text(&sess);
    let lines: Vec<&str> = whole.lines().collect();
    let digest =
        |line: &str| Sha256::digest(line).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // A line made by somebody who knows how the chain is made, put in behind each of the others.
    for at in 0..=lines.len() {
        let model: Json = serde_json::from_str(lines[at.min(lines.len() - 1)]).expect("JSON");
        let mut forged = model.clone();
        forged["seq"] = json!(at + 1);
        forged["run"] = json!("20260101-000000-0000");
        forged["prev"] = json!(at.checked_sub(1).map_or("0".repeat(64), |before| digest(lines[before])));
        let forged = forged.to_string();
        let text: String = [&lines[..at], &[&forged], &lines[at..]]
            .concat()
            .iter()
            .map(|line| format!("{line}\n"))
            .collect();
        std::fs::write(log(&sess), text).expect("written");
        let ran = sess.args(["runs", "verify-audit"]).code(7);
        ran.shows(&format!("line {}: it was inserted", at + 1)).shows("tampered with or damaged");
    }
    // Nor can anything be added to a log that is not as it was, without the log saying so.
    sess.args(["purge", "--user", "bob", "--yes"]).success();
    sess.args(["purge", "--user", "alice", "--yes"]).success();
    sess.args(["runs", "verify-audit"]).code(7);
}
