use std::path::PathBuf;

use crate::support::*;

/// A session without a server of its own would be enough, but the environment has to be clean.
fn sess() -> Sess {
    Sess::new()
}

#[test]
fn a_command_runs_against_the_demo_and_gives_its_exit_code() {
    let sess = sess();
    let ran = sess.args(["demo", "--", "list", "-o", "json"]).success();
    assert!(ran.json().as_array().is_some_and(|rows| rows.len() > 10));
    sess.args(["demo", "--", "list", "--user", "alice"]).success().shows("alice");
    sess.args(["demo", "--", "inspect", "no-such-session"]).code(1);
    sess.args(["demo", "--", "purge", "--user", "alice", "--yes"]).success().shows("Ended");
    sess.args(["demo", "--", "purge", "--user", "alice"]).code(5);
    sess.args(["demo", "--", "lisst"]).code(2);
    // What was changed is written down beside the demo's server, and ends with it.
    let home = sess.server.dir.path().join("home");
    let mut purge = sess.command(["demo", "--", "purge", "--user", "alice", "--yes"]);
    Ran::of(purge.env("HOME", &home).env_remove("XDG_STATE_HOME")).success().says("to take it back");
    assert!(!home.exists());
    // It is not the server that was named.
    assert!(sess.server.snapshot().is_empty());
}

#[test]
fn it_stands_until_it_is_interrupted_and_leaves_nothing_behind() {
    let sess = sess();
    let mut demo = sess.start(["demo"]);
    let store = loop {
        let line = demo.line();
        if let Some(store) = line.trim().strip_prefix("export SESSCTL_STORE='") {
            break store.trim_end_matches('\'').to_string();
        }
    };
    let socket = PathBuf::from(store.strip_prefix("unix://").expect("a socket"));
    let ran = sess.args(["count", "--store", &store]).success();
    assert_ne!(ran.text(), "0\n");
    demo.interrupt();
    demo.end().success();
    assert!(!socket.exists() && !socket.parent().expect("its directory").exists());
}
