//! A primary that sentinels name is found, and followed when another takes its place.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::sentinel::Watched;
use crate::support::{MANY, Sess, eventually, express, sid};

/// The report of a change that wants no undo file but what it keeps by itself.
const PURGE: [&str; 6] = ["purge", "--all", "--yes", "-o", "json", "--max=none"];

fn fill(watched: &Watched, many: usize) {
    watched.sess.server.lua(MANY, &[&many.to_string()]);
    let wait = redis::cmd("WAIT").arg(2).arg(0).query::<u64>(&mut watched.sess.server.connect());
    assert!(wait.is_ok());
    eventually("the replicas have it", || (1..3).all(|at| watched.server(at).size() == many));
}

#[test]
fn the_primary_is_asked_of_the_sentinels() {
    let watched = Watched::start();
    fill(&watched, 20);
    let sess = &watched.sess;
    sess.args(["count"]).success().stdout("20\n");
    let before = sess.server.snapshot();
    let ran = sess.args(["purge", "--user", "user3", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], json!(1));
    assert_eq!(sess.server.size(), 19);
    let runs = sess.args(["runs", "-o", "json"]).success().json();
    assert_eq!(runs[0]["store"], json!(format!("{}/0", watched.url())));
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.snapshot() == before);
    // One of them is enough to find the others by.
    let one = format!("redis-sentinel://127.0.0.1:{}/shop", watched.sentinels[1].port);
    sess.args(["purge", "--user", "user4", "--yes", "--store", &one]).success();
    // A replica that is not connected cannot confirm anything, and that is told.
    watched.server(1).signal("STOP");
    let ran = sess.args(["purge", "--user", "user5", "--yes"]).success();
    ran.says("1 change not confirmed by all 2 replicas yet");
    watched.server(1).signal("CONT");

    let wrong = |store: &str| sess.args(["list", "--store", store]);
    let first = watched.sentinels[0].port;
    let ran = wrong(&format!("redis-sentinel://127.0.0.1:{first}/shap")).code(1);
    ran.says("do not monitor `shap`").says("they monitor shop");
    let ran = wrong(&watched.sentinels[0].url()).code(1);
    ran.says("this is a Sentinel").says("redis-sentinel://HOST:26379/SERVICE");
    let ran = wrong("redis-sentinel://127.0.0.1:1,127.0.0.1:2/shop").code(1);
    ran.says("no sentinel answers").says("the sentinel 127.0.0.1:1: nobody listens there");

    // Most of them cannot be asked: that is enough to read, and not to change anything.
    for sentinel in &watched.sentinels[1..] {
        sentinel.signal("STOP");
    }
    let ran = sess.args(["count", "--connect-timeout", "2s"]).success();
    ran.stdout("18\n");
    let ran = sess.args(["purge", "--all", "--yes", "--connect-timeout", "2s"]).code(1);
    ran.says("only 1 of 3 sentinels could be asked").says("name all sentinels");
    assert_eq!(sess.server.size(), 18);
    for sentinel in &watched.sentinels[1..] {
        sentinel.signal("CONT");
    }
}

#[test]
fn sentinels_and_servers_have_passwords_of_their_own() {
    let watched = Watched::with("requirepass guard\nsentinel sentinel-pass guard\n");
    for at in 0..3 {
        watched.server(at).command(&["ACL", "SETUSER", "ops", "on", ">hunter2", "~*", "+@all"]);
    }
    fill(&watched, 3);
    let rest = watched.url()["redis-sentinel://".len()..].to_string();
    let list = |store: &str| watched.sess.args(["count", "--store", store]);
    list(&format!("redis-sentinel://ops:hunter2@{rest}?sentinel_pass=guard")).success().stdout("3\n");
    let file = watched.sess.write("sentinel.password", "guard\n");
    let file = file.to_str().expect("a path");
    let args = ["count", "--sentinel-password-file", file, "--store", &watched.url()];
    watched.sess.args(args).success().stdout("3\n");
    let ran = list(&watched.url()).code(4);
    ran.says("the sentinel 127.0.0.1:").says("wants a password, and none was given").says("sentinel_pass");
    let ran = list(&format!("redis-sentinel://ops:hunter2@{rest}?sentinel_pass=hunter2")).code(4);
    ran.says("refused the login").hides("hunter2");
    // Where both have the same, it is said once.
    for at in 0..3 {
        watched.server(at).command(&["ACL", "SETUSER", "default", ">guard"]);
    }
    list(&format!("redis-sentinel://:guard@{rest}")).success().stdout("3\n");
    list(&format!("redis-sentinel://ops:wrong@{rest}?sentinel_pass=guard")).code(4).says("refused the login");
}

#[test]
fn a_listing_goes_on_at_the_new_primary() {
    let watched = Watched::start();
    fill(&watched, 20_000);
    let mut listing = watched.sess.start(["list", "-o", "ids"]);
    listing.line();
    // The rest does not fit into the pipe.
    let new = watched.fail_over();
    let old = &watched.sess.server;
    // What only the new one has is a session, too.
    let late = express(Some("late"), &json!({}));
    watched.server(new).command(&["SET", &format!("sess:{}", sid(20_000)), &late]);
    eventually("the old primary is a replica", || old.role().as_deref() == Some("slave"));
    let ran = listing.end().success();
    let listed = ran.lines();
    assert_eq!(listed.len(), 20_001);
    assert!(listed.into_iter().collect::<BTreeSet<_>>() == (0..20_001).map(sid).collect());
    watched.sess.args(["count"]).success().stdout("20001\n");
}

#[test]
fn a_purge_goes_on_at_the_new_primary_and_can_be_undone_there() {
    let mut watched = Watched::start();
    fill(&watched, 3_000);
    let before = watched.sess.server.snapshot();
    let purge = watched.sess.start([&PURGE[..], &["--rate", "400/s"]].concat());
    eventually("it has begun", || watched.sess.server.size() < 2_900);
    watched.kill(0);
    let ran = purge.end().success();
    let report = ran.json();
    assert_eq!((&report["matched"], &report["done"]), (&json!(3_000), &json!(3_000)), "{report}");
    let ran = ran.says("the primary found again");
    assert!(!ran.stderr.contains("is not known"), "{}", ran.stderr);
    let new = watched.successor(0);
    assert_eq!(watched.server(new).size(), 0);
    let undo = watched.sess.start(["undo", "--yes", "-o", "json"]);
    assert_eq!(undo.end().success().json()["done"], json!(3_000));
    assert!(watched.server(new).snapshot() == before);
}

#[test]
fn a_primary_that_was_replaced_is_not_written_to() {
    let watched = Watched::start();
    fill(&watched, 4_000);
    let purge = watched.sess.start([&PURGE[..], &["--rate", "800/s"]].concat());
    eventually("it has begun", || watched.sess.server.size() < 3_900);
    let new = watched.fail_over();
    let left = watched.sess.server.size();
    let report = purge.end().success().json();
    assert_eq!(report["done"], json!(4_000), "{report}");
    assert_eq!(watched.server(new).size(), 0);
    // It takes itself for the primary for some ten seconds more, and has what was not ended by then.
    let there = watched.sess.server.size();
    if watched.sess.server.role().as_deref() == Some("master") {
        assert!(there > 0, "{left}");
    }
}

#[test]
fn what_replicas_had_not_heard_of_is_ended_again() {
    let mut watched = Watched::start();
    fill(&watched, 2_000);
    // From here on no replica hears anything.
    for at in 1..3 {
        watched.server(at).signal("STOP");
    }
    watched.sess.server.command(&["CLIENT", "KILL", "TYPE", "replica"]);
    let purge = watched.sess.start([&PURGE[..], &["--rate", "400/s"]].concat());
    eventually("it has begun", || watched.sess.server.size() < 1_800);
    watched.kill(0);
    for at in 1..3 {
        watched.server(at).signal("CONT");
    }
    let ran = purge.end().success();
    assert_eq!(ran.json()["done"], json!(2_000), "{}", ran.text());
    ran.says("had not reached the new primary and were done again there");
    let new = watched.successor(0);
    assert_eq!(watched.server(new).size(), 0);
}

#[test]
fn an_address_that_cannot_be_reached_is_named() {
    let sess = Sess::new();
    // A sentinel that names a server which nobody can reach.
    let sentinel = crate::support::sentinel::alone(1);
    let store = format!("redis-sentinel://127.0.0.1:{}/shop", sentinel.port);
    let ran = sess.args(["list", "--store", &store]).code(1);
    ran.says("redis://127.0.0.1:1/0").says("the sentinels name it as the primary, and from here it cannot");
}

#[test]
fn a_replica_or_one_server_is_read_where_that_is_wished() {
    let watched = Watched::start();
    fill(&watched, 50);
    watched.sess.server.forget_calls();
    watched.sess.args(["count", "--read-from", "replica"]).success().stdout("50\n");
    assert!(!watched.sess.server.calls().contains_key("scan"));
    watched.sess.args(["count", "--read-from", "nearest"]).success().stdout("50\n");
    let node = watched.address(2);
    watched.sess.args(["count", "--node", &node]).success().stdout("50\n");
    assert!(watched.server(2).calls().contains_key("scan"));
    watched
        .sess
        .args(["purge", "--all", "--yes", "--node", &node])
        .code(5)
        .says("can only be read with --node");
}
