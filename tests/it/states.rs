//! What servers say when they cannot serve, and what proxies do not know, in words that help.

use serde_json::json;

use crate::support::{Ran, Server, Sess, sid};

fn with_session(sess: Sess) -> Sess {
    sess.express(format!("sess:{}", sid(1)), Some("alice"), &json!({}))
}

#[test]
fn a_replica_says_what_it_is() {
    let replica = |more: &[&str]| {
        let options = [&["--replicaof", "127.0.0.1 1"][..], more].concat();
        Sess::on(Server::with(&options))
    };
    let ran = replica(&["--replica-serve-stale-data", "no"]).args(["list"]).code(1);
    ran.says("is a replica that has lost its primary").says("name its primary");
    let stale = replica(&[]);
    stale.args(["list"]).success();
    let server = with_session(Sess::new());
    server.server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    server.args(["count"]).success().stdout("1\n");
    let ran = server.args(["purge", "--all", "--yes"]).code(1);
    ran.says("is a read-only replica").says("name its primary");
}

#[test]
fn a_cluster_that_does_not_serve_is_told() {
    // Nobody has any of its slots.
    let sess = Sess::on(Server::with(&["--cluster-enabled", "yes", "--cluster-port", "0"]));
    let ran: Ran = sess.args(["list"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    ran.says("does not serve all keys").says("redis-cli --cluster check");
}

/// A server that lacks these commands, as a managed one does.
fn without(commands: &[&str]) -> Sess {
    let options: Vec<&str> = commands.iter().flat_map(|name| ["--rename-command", name, ""]).collect();
    Sess::on(Server::with(&options))
}

#[test]
fn what_only_helps_may_be_absent() {
    let sess = with_session(without(&[
        "CONFIG",
        "COMMAND",
        "MEMORY",
        "CLIENT",
        "DBSIZE",
        "PEXPIRETIME",
        "MGET",
        "INFO",
    ]));
    sess.args(["list"]).success().shows("alice");
    sess.args(["count"]).success().stdout("1\n");
    sess.args(["discover"]).success().shows("connect-redis");
    sess.args(["stats"]).success();
    sess.args(["purge", "--all", "--yes"]).success();
    sess.args(["count"]).success().stdout("0\n");
    sess.args(["undo", "--yes"]).success();
    sess.args(["count"]).success().stdout("1\n");
}

#[test]
fn what_a_proxy_does_not_know_is_named() {
    let sess = with_session(without(&["SCAN"]));
    let ran = sess.args(["list"]).code(1);
    ran.says("refused SCAN").says("a proxy answers in its place");
    let sess = with_session(without(&["WATCH"]));
    let ran = sess.args(["purge", "--all", "--yes"]).code(1);
    ran.says("refused WATCH").says("a proxy answers in its place");
    sess.args(["count"]).success().stdout("1\n");
    let sess = Sess::on(Server::with(&["--databases", "1"]));
    let store = format!("{}?db=1", sess.server.url());
    sess.args(["list", "--store", &store]).code(1).says("refused SELECT").says("have only 0");
}
