//! Names that are empty, files that are none, and secrets that others could read.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::*;

#[test]
fn an_empty_name_means_nothing() {
    let sess = Sess::new().many(3);
    sess.args(["purge", "--user", "user1", "--yes"]).success();
    sess.changes_nothing(["undo", "", "--yes"]).code(2).says("the run's name is empty");
    for command in ["purge", "clear", "expire"] {
        sess.changes_nothing([command, "--resume", "", "--yes"]).code(2).says("the run's name is empty");
    }
    sess.args(["runs", "show", ""]).code(2).says("the run's name is empty");
    sess.args(["count", "--store", ""]).code(2).says("--store is empty");
    // Whatever else the environment names is not what was meant then.
    let mut counted = sess.command(["count", "--store", ""]);
    Ran::of(counted.env("SESSCTL_STORE", sess.server.url())).code(2).says("--store is empty");
    // An empty variable is none.
    let mut counted = sess.command(["count", "--store", &sess.server.url()]);
    assert_eq!(Ran::of(counted.env("SESSCTL_STORE", "")).success().text(), "2\n");
}

#[test]
fn a_run_that_is_undone_already_is_said_to_be() {
    let sess = Sess::new().many(3);
    let ran = sess.args(["purge", "--all", "--yes", "-o", "json"]).success();
    let run = ran.json()["run"].as_str().expect("a run").to_string();
    sess.args(["undo", &run, "--yes"]).success();
    for more in [&["--yes"][..], &["--dry-run"], &["--yes", "-o", "json"]] {
        let ran = sess.changes_nothing([&["undo", &run], more].concat()).success();
        let ran =
            ran.says(&format!("{run} was already undone at ")).says("3 sessions are there, nothing to do");
        assert!(!ran.text().contains("Put back"), "{}", ran.text());
    }
    // What ended since comes back on request, and only that.
    sess.args(["purge", "--user", "user1", "--no-undo", "--yes"]).success();
    sess.changes_nothing(["undo", &run]).code(5);
    let ran =
        sess.args(["undo", &run, "--yes", "-o", "json"]).success().says("1 session of it ended since then");
    assert_eq!((&ran.json()["matched"], &ran.json()["done"]), (&1.into(), &1.into()));
    assert_eq!(sess.server.size(), 3);
}

#[test]
fn a_run_is_told_by_what_when_and_which() {
    let sess = Sess::new().many(3);
    let ran = sess.args(["purge", "--user", "user1", "--yes", "-o", "json"]).success();
    let run = ran.json()["run"].as_str().expect("a run").to_string();
    let shown = sess.args(["runs", "show", &run]).success().text();
    assert!(
        shown.starts_with(&format!("{run}: purge of ")) && shown.contains("(user is user1), "),
        "{shown}"
    );
    assert!(shown.contains("1 of 1 done, done\n\nID         LAYOUT"), "{shown}");
    let mut terminal = sess.terminal(&["undo"]);
    terminal.shows("Put them back?");
    terminal.types("n\n");
    let shown = terminal.end().1;
    assert!(shown.contains("purge of ") && shown.contains("(user is"), "{shown}");
}

#[test]
fn what_only_changed_is_no_failure() {
    let sess = Sess::new().many(3);
    let plan = sess.server.dir.path().join("plan");
    let path = plan.to_str().expect("a path");
    sess.args(["purge", "--all", "--plan", path]).success();
    sess.server.command(&["APPEND", &format!("sess:{}", sid(1)), " "]);
    let report = sess.args(["apply", path, "--yes", "-o", "json"]).code(0).json();
    assert_eq!((&report["done"], &report["changed"]), (&2.into(), &1.into()));
}

#[test]
fn a_password_comes_from_a_command() {
    let server = Server::with(&["--requirepass", "tr0ub4dor-3"]);
    let url = server.url();
    let sess = Sess::on(server).global(&["--store", &url]).many(2);
    let counted = |args: &[&str]| sess.args([&["count"], args].concat());
    assert_eq!(counted(&["--password-command", "printf '%s\\n' 'tr0ub4dor-3' more"]).success().text(), "2\n");
    counted(&["--password-command", "echo wrong"]).code(4);
    counted(&["--password-command", "true"]).code(1).says("printed nothing");
    counted(&["--password-command", "echo tr0ub4dor; exit 3"]).code(1).says("the password command failed");
    counted(&["--password-command", "x", "--password-file", "y"]).code(2);
    counted(&["--password-file", "/dev/zero"]).code(1).says("longer than any password");
    counted(&["--password-command", "cat /dev/zero"]).code(1).says("longer than any password");
    let text = format!("[profiles.p]\nstore = {url:?}\npassword_command = \"printf 'tr0ub4dor-3'\"\n");
    let path = sess.write("with.toml", &text);
    let config = ["--config", path.to_str().expect("a path"), "--profile", "p"];
    assert_eq!(counted(&config).success().text(), "2\n");
    // The command line goes before the profile.
    counted(&[&config[..], &["--password-command", "echo wrong"]].concat()).code(4);
    assert!(sess.args(["help", "connection"]).text().contains("/proc/PID/cmdline"));
}

#[test]
fn files_without_an_end_are_not_read_to_it() {
    let sess = Sess::new();
    sess.args(["count", "--config", "/dev/zero"]).code(1).says("longer than 4 MiB");
}

#[test]
fn a_pipe_among_the_runs_is_no_run() {
    let sess = Sess::new().many(2);
    sess.args(["purge", "--all", "--yes"]).success();
    let runs = sess.server.dir.path().join("sessctl/runs");
    let made = Command::new("mkfifo").arg(runs.join("20260101-000000-0000.run")).status().expect("mkfifo");
    assert!(made.success());
    sess.args(["runs"]).code(3).says("is not a run file");
    sess.args(["runs", "prune", "--keep", "0s"]).code(0);
    assert_eq!(sess.server.size(), 0);
}

#[test]
fn a_link_in_place_of_the_log_is_not_followed() {
    let sess = Sess::new().many(2);
    let state = sess.server.dir.path().join("sessctl");
    std::fs::create_dir_all(&state).expect("a directory");
    let victim = sess.write("victim", "precious\n");
    symlink(&victim, state.join("audit.jsonl")).expect("a link");
    sess.changes_nothing(["purge", "--all", "--yes"]).code(1).says("not a regular file");
    assert_eq!(std::fs::read_to_string(victim).expect("text"), "precious\n");
}

#[test]
fn a_relative_home_is_none() {
    let sess = Sess::new().many(2);
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = sess.command(["purge", "--all", "--yes"]);
    command.env("HOME", "below").env_remove("XDG_STATE_HOME").env_remove("XDG_CONFIG_HOME");
    command.env_remove("XDG_DATA_HOME").current_dir(directory.path());
    Ran::of(&mut command).code(1).says("no home directory");
    assert_eq!(std::fs::read_dir(directory.path()).expect("it is there").count(), 0);
    assert_eq!(sess.server.size(), 2);
}
