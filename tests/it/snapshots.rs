//! Snapshots: what a server sends a replica gives the same rows as the server itself, and leaves nothing there.

use serde_json::{Value as Json, json};

use crate::dumps::difference;
use crate::support::cluster::Cluster;
use crate::support::proxy::Proxy;
use crate::support::sentinel::Watched;
use crate::support::*;

/// Sends a dump from memory at once, or from its disk.
fn forking(diskless: &str) -> Server {
    Server::with(&["--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0"])
}

/// The same address, read by a snapshot.
fn via(url: &str) -> String {
    let and = if url.contains('?') { '&' } else { '?' };
    format!("{url}{and}via=snapshot")
}

fn info(server: &Server, section: &str) -> String {
    redis::cmd("INFO").arg(section).query(&mut server.connect()).expect("its state")
}

/// Keys were asked for one by one, or all of them were looked through.
fn asked_for_keys(server: &Server) -> Vec<String> {
    let calls = server.calls();
    let reading = ["scan", "get", "getrange", "hgetall", "pttl", "type", "keys", "dump", "memory|usage"];
    calls.into_keys().filter(|name| reading.contains(&name.as_str())).collect()
}

#[track_caller]
fn same_rows(sess: &Sess) {
    let snapshot = via(&sess.server.url());
    let by_key = |mut rows: Vec<Json>| {
        rows.sort_by_key(|row| row["key"].to_string());
        rows
    };
    let live = by_key(sess.args(["list", "-o", "ndjson"]).success().ndjson());
    sess.server.forget_calls();
    let ran = sess.args(["--store", &snapshot, "list", "-o", "ndjson"]).success();
    assert_eq!(asked_for_keys(&sess.server), [""; 0]);
    assert!(ran.stderr.contains("the server forks once"), "{}", ran.stderr);
    let taken = by_key(ran.ndjson());
    assert!(live.len() == taken.len() && !live.is_empty(), "{} rows are {}", live.len(), taken.len());
    for (one, two) in live.iter().zip(&taken) {
        assert_eq!(difference(one, two), None, "{}", one["key"]);
    }
    let key = live[0]["key"].as_str().expect("a key");
    let inspect = ["inspect", "--reveal", "-o", "json", "--", key];
    let one = sess.args(inspect).json();
    let two = sess.args([&["--store", &snapshot[..]][..], &inspect].concat()).json();
    assert_eq!(difference(&one, &two), None, "{key}");
    let store = ["--store", &snapshot];
    let count =
        |store: &[&str]| sess.args([store, &["count", "--by", "layout", "-o", "json"]].concat()).json();
    assert_eq!(count(&store), count(&[]));
    eventually("the server has no replica", || {
        info(&sess.server, "replication").contains("connected_slaves:0")
    });
}

#[test]
fn the_rows_are_those_of_the_server_from_memory_and_from_its_disk() {
    for diskless in ["yes", "no"] {
        let sess = Sess::on(forking(diskless));
        for slug in ["connect-redis", "spring-session-indexed", "django-redis", "overleaf"] {
            sess.server.flush();
            sess.restore(slug);
            same_rows(&sess);
        }
        sess.server.flush();
        let sess = sess.many(3_000);
        same_rows(&sess);
        assert!(info(&sess.server, "stats").contains("sync_full:"), "it was a replica");
    }
}

/// A server of another version or maker sends its own kind of dump.
pub(crate) fn is_sent_by(server: Server) {
    server.command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
    let sess = Sess::on(server);
    for diskless in ["yes", "no"] {
        sess.server.command(&["CONFIG", "SET", "repl-diskless-sync", diskless]);
        sess.server.flush();
        sess.server.copy(&Sess::new().load("spring-session").server);
        // Where fields can end there is one that does: such a server sends it to those alone that know of it.
        sess.server.command(&["HSET", "a hash", "x", "1"]);
        let mut ends = redis::cmd("HPEXPIRE");
        ends.arg("a hash").arg(1_000_000).arg("FIELDS").arg(1).arg("x");
        let known = ends.query::<Vec<i64>>(&mut sess.server.connect());
        assert!(known.is_err() || known == Ok(vec![1]), "{known:?}");
        same_rows(&sess);
    }
}

#[test]
fn one_database_is_shown_and_the_others_are_named() {
    let sess = Sess::on(forking("yes")).many(20);
    let url = sess.server.url();
    let ran = sess.args(["--store", &format!("{url}?db=3&via=snapshot"), "count"]).success();
    assert!(ran.text() == "0\n" && ran.stderr.contains("0 (20)"), "{}", ran.stderr);
    // As of the present, unless another moment is named.
    let count =
        |more: &[&str]| sess.args([&["--store", &via(&url)[..]][..], more, &["count"]].concat()).success();
    assert_eq!(count(&[]).text(), "20\n");
    let late = count(&["--now", "2099-01-01T00:00:00Z"]);
    assert!(
        late.text() == "0\n" && late.stderr.contains("20 keys had expired by 2099-01-01"),
        "{}",
        late.stderr
    );
}

#[test]
fn a_password_and_the_rights_of_a_replica_are_needed() {
    let locked = Server::with(&["--requirepass", "secret", "--repl-diskless-sync-delay", "0"]);
    let sess = Sess::on(locked).many(5);
    let store = via(&sess.server.url());
    sess.args(["--store", &store, "count"]).code(4).says("it wants a password");
    let sess = sess.env("REDISCLI_AUTH", "secret");
    sess.args(["--store", &store, "count"]).success().stdout("5\n");

    let sess =
        Sess::on(forking("yes")).many(5).user(&["~*", "+@read", "+info", "+client", "+select", "+time"]);
    let count = |more: &str| {
        if !more.is_empty() {
            sess.server.command(&["ACL", "SETUSER", "ops", more]);
        }
        sess.args(["count", "--store", &via(&sess.server.url_of("ops", "pw"))])
    };
    for more in ["", "+replconf"] {
        let ran = count(more).code(4);
        ran.says("ACL SETUSER ops +psync +replconf").hides("all that reading takes").stdout("");
    }
    count("+psync").success().stdout("5\n");
    let acl = sess.args(["acl", "--for", "count", "--snapshot", "--user", "few"]).success();
    let acl = acl.says("sees every key");
    let line = acl.text();
    sess.server.command(&line.split_whitespace().collect::<Vec<_>>());
    let few = via(&sess.server.url_of("few", "CHANGE-ME"));
    sess.args(["count", "--store", &few]).success().stdout("5\n");
}

#[test]
fn it_is_never_changed() {
    let sess = Sess::on(forking("yes")).many(3);
    let store = via(&sess.server.url());
    for command in [
        &["purge", "--all", "--yes"][..],
        &["purge", "--all", "--dry-run"],
        &["expire", "--all", "--in", "1h", "--yes"],
        &["--layout", "connect-redis", "clear", "--yes"],
    ] {
        let ran = sess.changes_nothing([&["--store", &store[..]][..], command].concat()).code(5);
        ran.says("is a snapshot: its sessions can be read but not changed").says("leave ?via=snapshot out");
    }
    sess.args(["--store", &format!("{}?via=scan", sess.server.url()), "list"]).code(2).says("`via`");
}

#[test]
fn what_came_of_a_stream_that_breaks_off_is_shown() {
    for diskless in ["yes", "no"] {
        let sess = Sess::on(forking(diskless)).many(3_000);
        let proxy = Proxy::to(&sess.server).cut_after(100_000);
        let ran = sess.args(["--store", &via(&proxy.url()), "list", "-o", "ids"]).code(3);
        let left = ran.lines().len();
        assert!((100..3_000).contains(&left), "{left}");
        ran.says("the snapshot of unix://")
            .says("the server closed the connection")
            .says("everything that came");
        // Before there is anything to be read.
        let proxy = Proxy::to(&sess.server).cut_after(200);
        let ran = sess.args(["--store", &via(&proxy.url()), "list"]);
        assert!(matches!(ran.code, Some(1 | 3)) && ran.stdout.is_empty(), "{:?} {}", ran.code, ran.stderr);
        let proxy = Proxy::to(&sess.server).bytewise();
        sess.args(["--store", &via(&proxy.url()), "count"]).success().stdout("3000\n");
    }
}

#[test]
fn a_server_that_is_silent_is_waited_for_as_long_as_it_gives_signs_of_life() {
    // It sends empty lines, one a second, until it has waited for other replicas.
    let sess = Sess::on(Server::with(&["--repl-diskless-sync-delay", "4"])).many(10);
    let store = via(&sess.server.url());
    sess.args(["--store", &store, "--timeout", "3", "count"]).success().stdout("10\n");
    sess.server.command(&["CONFIG", "SET", "repl-diskless-sync-delay", "600"]);
    let proxy = Proxy::to(&sess.server);
    proxy.hook(|request, _| {
        use crate::support::proxy::Then;
        if request.verb == "PSYNC" { Then::Stall } else { Then::Forward }
    });
    let store = via(&proxy.url());
    sess.args(["--store", &store, "--timeout", "1", "count"]).code(1).says("did not answer within 1 s");
}

#[test]
fn servers_that_have_nothing_to_send_say_so() {
    // A replica whose primary is not there.
    let sess = Sess::on(Server::with(&["--replicaof", "127.0.0.1 1"]));
    let ran = sess.args(["--store", &via(&sess.server.url()), "count"]).code(1);
    ran.says("no connection to its primary").says("leave ?via=snapshot out");
    // As managed services have it; where an older command is there, that serves.
    let without = |names: &[&str]| {
        let mut options = vec!["--repl-diskless-sync-delay", "0"];
        for name in names {
            options.extend(["--rename-command", name, ""]);
        }
        let sess = Sess::on(Server::with(&options)).many(7);
        sess.args(["--store", &via(&sess.server.url()), "count"])
    };
    without(&["PSYNC"]).success().stdout("7\n");
    without(&["PSYNC", "SYNC"])
        .code(1)
        .says("it sends no snapshot: unknown command")
        .says("leave ?via=snapshot");
}

#[test]
fn a_cluster_of_one_node_is_read_and_one_of_several_is_not() {
    for (nodes, expected) in [(1, Ok("300\n")), (2, Err("is a cluster of several nodes"))] {
        let cluster = Cluster::start(nodes);
        if nodes == 1 {
            cluster.sess.server.lua(MANY, &["300"]);
        }
        let several = format!("redis-cluster://127.0.0.1:{}?via=snapshot", cluster.ports[0]);
        let one = format!("redis://127.0.0.1:{}/0?via=snapshot", cluster.ports[0]);
        for store in [&several, &one] {
            let ran = cluster.sess.args(["count", "--store", store]);
            match expected {
                Ok(text) => drop(ran.success().stdout(text)),
                Err(said) => drop(ran.code(5).says(said).says("leave ?via=snapshot out")),
            }
        }
    }
}

#[test]
fn behind_sentinels_the_primary_sends_it() {
    let watched = Watched::start();
    let sess = &watched.sess;
    sess.server.lua(
        "for n = 1, 40 do redis.call('SET', 'sess:' .. n, ARGV[1], 'EX', 3600) end",
        &[&express(Some("bob"), &json!(null))],
    );
    let url = format!("redis-sentinel://127.0.0.1:{}/shop?via=snapshot", watched.sentinels[0].port);
    let ran = sess.args(["count", "--store", &url]).success();
    assert_eq!(ran.text(), "40\n");
    let full = |server: &Server| {
        let stats = info(server, "stats");
        let line = stats.lines().find_map(|line| line.strip_prefix("sync_full:").map(str::to_string));
        line.and_then(|many| many.trim().parse::<u64>().ok()).expect("a number")
    };
    let before = full(&sess.server);
    sess.args(["count", "--store", &url]).success().stdout("40\n");
    assert_eq!(full(&sess.server), before + 1);
    sess.args(["count", "--store", &url, "--read-from", "replica"]).success().stdout("40\n");
    assert_eq!(full(&sess.server), before + 1);
}
