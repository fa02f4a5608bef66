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
    assert!(ran.stderr.contains("the server forks once (in a cluster each primary)"), "{}", ran.stderr);
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
fn a_cluster_of_one_node_is_read_like_a_server() {
    let cluster = Cluster::start(1);
    cluster.sess.server.lua(MANY, &["300"]);
    let several = format!("redis-cluster://127.0.0.1:{}?via=snapshot", cluster.ports[0]);
    let one = format!("redis://127.0.0.1:{}/0?via=snapshot", cluster.ports[0]);
    for store in [&several, &one] {
        cluster.sess.args(["count", "--store", store]).success().stdout("300\n");
    }
}

/// How often a server was asked for a snapshot.
fn sent(server: &Server) -> u64 {
    let calls = server.calls();
    ["psync", "sync"].iter().filter_map(|name| calls.get(*name)).sum()
}

/// A cluster with sessions of express-session on all of its nodes.
fn express_cluster(cluster: &Cluster, many: usize) {
    let session = |n: usize| {
        let value = express(Some(&format!("user{}", n % 7)), &json!({}));
        let parts = ["SET", &format!("sess:{}", sid(n)), &value, "PX", "3600000"];
        parts.iter().map(|part| part.as_bytes().to_vec()).collect()
    };
    cluster.fill(&(0..many).map(session).collect::<Vec<_>>());
}

#[test]
fn each_primary_of_a_cluster_sends_its_own_once() {
    let cluster = Cluster::start(3);
    // What belongs to a session lies on other nodes than it does.
    for slug in ["connect-redis", "spring-session-indexed", "django-redis", "overleaf"] {
        cluster.flush();
        cluster.restore(slug);
        let by_key = |mut rows: Vec<Json>| {
            rows.sort_by_key(|row| row["key"].to_string());
            rows
        };
        let live = by_key(cluster.sess.args(["list", "-o", "ndjson"]).success().ndjson());
        cluster.nodes().for_each(Server::forget_calls);
        let ran = cluster.sess.args(["list", "-o", "ndjson", "--store", &via(&cluster.url())]).success();
        for node in cluster.nodes() {
            assert_eq!((asked_for_keys(node), sent(node)), (Vec::new(), 1), "{slug}");
        }
        let taken = by_key(ran.ndjson());
        assert!(live.len() == taken.len() && !live.is_empty(), "{slug}: {} {}", live.len(), taken.len());
        for (one, two) in live.iter().zip(&taken) {
            assert_eq!(difference(one, two), None, "{slug}: {}", one["key"]);
        }
        let of_one = format!("redis://127.0.0.1:{}?via=snapshot", cluster.ports[1]);
        for row in &live {
            let inspect = ["inspect", "--reveal", "-o", "json", row["key"].as_str().expect("a key")];
            let one = cluster.sess.args(inspect).json();
            let two = cluster.sess.args([&inspect[..], &["--store", &of_one]].concat()).json();
            assert_eq!(difference(&one, &two), None, "{slug}: {}", row["key"]);
        }
    }
    cluster.flush();
    express_cluster(&cluster, 3_000);
    let store = via(&cluster.url());
    cluster.sess.args(["count", "--store", &store]).success().stdout("3000\n");
    let late = cluster.sess.args(["count", "--now", "2099-01-01T00:00:00Z", "--store", &store]).success();
    late.stdout("0\n").says("3000 keys had expired by 2099-01-01");
    let purge = ["purge", "--all", "--yes", "--store", &store];
    cluster.sess.args(purge).code(5).says("can be read but not changed");
    // One node alone never looks like all of them.
    let node = format!("127.0.0.1:{}", cluster.ports[1]);
    let ran = cluster.sess.args(["list", "-o", "ids", "--node", &node, "--store", &store]).code(3);
    let ran = ran.says(&format!("only redis://{node}")).says("leave out --node");
    assert_eq!(ran.lines().len(), cluster.node(1).size());
    // The rights that are printed are enough.
    let acl =
        cluster.sess.args(["acl", "--for", "count", "--snapshot", "--cluster", "--user", "few"]).success();
    for node in cluster.nodes() {
        node.command(&acl.text().split_whitespace().collect::<Vec<_>>());
    }
    let few = store.replace("://", "://few:CHANGE-ME@");
    cluster.sess.args(["count", "--store", &few]).success().stdout("3000\n");
    cluster.node(2).command(&["ACL", "SETUSER", "few", "-psync"]);
    cluster.sess.args(["count", "--store", &few]).code(4).says("+psync");
}

#[test]
fn replicas_of_a_cluster_send_it_where_that_is_wished() {
    let cluster = Cluster::with_replicas(2);
    express_cluster(&cluster, 400);
    let all = |cluster: &Cluster| (0..2).all(|at| cluster.node(at).size() == cluster.replicas[at].size());
    eventually("the replicas have all", || all(&cluster));
    eventually("the replicas are offered", || {
        cluster.nodes().all(|node| {
            let ranges: Vec<Vec<redis::Value>> =
                redis::cmd("CLUSTER").arg("SLOTS").query(&mut node.connect()).expect("the slots");
            ranges.iter().all(|range| range.len() > 3)
        })
    });
    cluster.nodes().chain(&cluster.replicas).for_each(Server::forget_calls);
    let store = via(&cluster.url());
    cluster.sess.args(["count", "--read-from", "replica", "--store", &store]).success().stdout("400\n");
    assert_eq!(cluster.nodes().map(sent).sum::<u64>(), 0);
    assert!(cluster.replicas.iter().all(|replica| sent(replica) == 1));
}

#[test]
fn what_a_dead_node_would_have_sent_is_named() {
    let mut cluster = Cluster::start(3);
    express_cluster(&cluster, 600);
    let there = cluster.node(0).size() + cluster.node(2).size();
    let store = via(&cluster.url());
    let keys: Vec<Vec<u8>> = (0..600).map(|n| format!("sess:{}", sid(n)).into_bytes()).collect();
    let on_it = |slot: &usize| (5_462..=10_923).contains(slot);
    let missing = cluster.slots(&keys).iter().position(on_it).map(sid).expect("one on that node");
    cluster.kill(1);
    let ran =
        cluster.sess.args(["list", "--layout", "connect-redis", "-o", "ids", "--store", &store]).code(3);
    let ran = ran.says("scan incomplete").says("the slots 5462-10923").says("cannot connect to");
    assert_eq!(ran.lines().len(), there);
    // What may be there all the same is not told to be gone.
    let ran =
        cluster.sess.args(["inspect", &missing, "--layout", "connect-redis", "--store", &store]).code(3);
    ran.says("could not be read");
}

#[test]
fn slots_that_move_meanwhile_make_the_answer_doubtful() {
    let cluster = Cluster::start(3);
    express_cluster(&cluster, 3_000);
    let keys: Vec<Vec<u8>> = (0..3_000).map(|n| format!("sess:{}", sid(n)).into_bytes()).collect();
    let slot = cluster.slots(&keys).into_iter().find(|slot| *slot < 5_000).expect("one on the first node");
    // The first node sends late, and one of its slots goes meanwhile.
    cluster.node(0).command(&["CONFIG", "SET", "repl-diskless-sync-delay", "3"]);
    cluster.nodes().for_each(Server::forget_calls);
    let counting = cluster.sess.start(["list", "-o", "ids", "--store", &via(&cluster.url())]);
    eventually("all of them are asked", || cluster.nodes().all(|node| sent(node) == 1));
    cluster.move_slot(slot, 0, 1);
    let ran = counting.end().code(3);
    // A node that got a slot meanwhile is sure of none of its own.
    let ran = ran.says(&format!("the slots {slot}")).says("slots moved while the snapshots were taken");
    // None comes twice, and what did not move is there.
    let ids: Vec<String> = ran.lines();
    let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
    let moved = cluster.slots(&keys).into_iter().filter(|one| *one == slot).count();
    assert!((3_000 - moved..=3_000).contains(&ids.len()), "{} of 3000, {moved} moved", ids.len());
    cluster.node(0).command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
    cluster.sess.args(["count", "--store", &via(&cluster.url())]).success().stdout("3000\n");
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
