//! A cluster is one store: what is read, ended and put back on one server is so on several.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::{Content, Sess, express, fixtures, layout_names, sid};

/// Sessions of express-session in all slots, in pairs of one user.
fn express_sessions(many: usize) -> Vec<Vec<Vec<u8>>> {
    (0..many)
        .map(|n| {
            let value = express(Some(&format!("user{}", n / 2)), &json!({}));
            let parts = ["SET", &format!("sess:{}", sid(n)), &value, "PX", "3600000"];
            parts.iter().map(|part| part.as_bytes().to_vec()).collect()
        })
        .collect()
}

/// What is done on one server and on the cluster must leave the same behind, key by key.
fn compare(slugs: &[String]) {
    let cluster = Cluster::start(3);
    let one = Sess::new();
    for slug in slugs {
        one.server.flush();
        cluster.flush();
        one.restore(slug);
        cluster.restore(slug);
        one.release_locks();
        for key in cluster.contents().into_keys().filter(|key| !one.server.contents().contains_key(key)) {
            cluster.fill(&[vec![b"DEL".to_vec(), key]]);
        }
        let before = cluster.contents();
        assert_eq!(before, one.server.contents(), "{slug}");
        let layout = layout_names(slug)[0].clone();
        let named = ["--layout", &layout];
        assert_eq!(cluster.sess.steady_rows(&named), one.steady_rows(&named), "{slug}");
        for args in [&["purge", "--all", "--yes"][..], &["expire", "--all", "--in", "2h", "--yes"]] {
            let args = [args, &["--layout", &layout]].concat();
            let (here, there) = (cluster.sess.args(&args), one.args(&args));
            assert_eq!(here.code, there.code, "{slug}: {args:?}: {} / {}", here.stderr, there.stderr);
            assert!(!here.stderr.contains("CROSSSLOT"), "{slug}: {}", here.stderr);
            assert_eq!(
                without_times(cluster.contents()),
                without_times(one.server.contents()),
                "{slug}: {args:?}"
            );
            let (here, there) = (cluster.sess.args(["undo", "--yes"]), one.args(["undo", "--yes"]));
            assert_eq!(here.code, there.code, "{slug}: undo of {args:?}: {} / {}", here.stderr, there.stderr);
            assert_eq!(
                without_times(cluster.contents()),
                without_times(one.server.contents()),
                "{slug}: undo of {args:?}"
            );
        }
    }
}

/// Times that are told to the millisecond differ from one run to the next.
fn without_times(contents: BTreeMap<Vec<u8>, Content>) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
    contents.into_iter().map(|(key, content)| (key, content.parts().into_keys().collect())).collect()
}

#[test]
fn every_layout_is_read_ended_and_put_back_as_on_one_server() {
    compare(&fixtures());
}

#[test]
fn a_listing_has_every_session_once_while_slots_move() {
    let cluster = Cluster::start(3);
    let sessions = express_sessions(30_000);
    cluster.fill(&sessions);
    let ids: BTreeSet<String> = (0..sessions.len()).map(sid).collect();
    let keys: Vec<Vec<u8>> = sessions.iter().map(|command| command[1].clone()).collect();
    let slots: BTreeSet<usize> = cluster.slots(&keys).into_iter().collect();
    assert!(slots.len() > 10_000);
    let mut listing = cluster.sess.start(["list", "-o", "ids"]);
    listing.line();
    // The rest does not fit into the pipe, so all nodes are being scanned.
    for slot in 0..60 {
        cluster.move_slot(slot, 0, 1);
        // All to the same node: two that take slots at the same time may come to disagree.
        cluster.move_slot(16_383 - slot, 2, 1);
    }
    // One is on its way when the scan comes to its end.
    cluster.begin_move(6_000, 1, 2);
    let there = cluster.move_keys(6_000, 1, 2, 1);
    let ran = listing.end().success();
    let listed = ran.lines();
    assert_eq!(listed.len(), ids.len());
    assert!(listed.into_iter().collect::<BTreeSet<_>>() == ids, "others than there are");
    // Half moved, it is still there for whoever asks, and is ended when it has come to rest.
    cluster.sess.args(["count"]).success().stdout("30000\n");
    while cluster.move_keys(6_000, 1, 2, 100) > 0 {}
    cluster.end_move(6_000, 1, 2);
    assert!(there <= 1);
    cluster.sess.args(["purge", "--user", "user7", "--yes"]).success();
    cluster.sess.args(["count"]).success().stdout("29998\n");
}

#[test]
fn what_a_dead_node_holds_is_named_and_the_rest_is_listed() {
    let mut cluster = Cluster::start(3);
    let sessions = express_sessions(600);
    cluster.fill(&sessions);
    let there = cluster.node(0).size() + cluster.node(2).size();
    cluster.kill(1);
    let ran = cluster.sess.args(["list", "--layout", "connect-redis", "-o", "ids"]).code(3);
    let ran =
        ran.says("scan incomplete").says("could not be read: cannot connect to").says("the slots 5462-10923");
    assert_eq!(ran.lines().len(), there);
    // What cannot be seen is not ended either, and the rest is not taken for all.
    cluster.sess.args(["count"]).code(3);
}

#[test]
fn a_purge_goes_on_while_slots_move() {
    let cluster = Cluster::start(3);
    let sessions = express_sessions(6_000);
    cluster.fill(&sessions);
    let before = cluster.snapshot();
    let purge = cluster.sess.start(["purge", "--all", "--yes", "-o", "json"]);
    for slot in 0..40 {
        cluster.move_slot(slot, 0, 1);
    }
    let report = purge.end().success().json();
    assert_eq!((&report["matched"], &report["failed"]), (&json!(6_000), &json!(0)), "{report}");
    assert!(cluster.snapshot().is_empty());
    cluster.sess.args(["undo", "--yes"]).success();
    // MIGRATE hands a key's end on as a span, so that it is off by what the way took.
    let after = cluster.snapshot();
    assert!(after.keys().eq(before.keys()));
    for (key, (dump, end)) in before {
        let (now, ends) = &after[&key];
        assert!(*now == dump && (ends - end).abs() < 60_000, "{}", key.escape_ascii());
    }
}

#[test]
fn what_was_seen_is_shown_though_nobody_named_a_layout() {
    let mut cluster = Cluster::start(3);
    cluster.fill(&express_sessions(600));
    let there = cluster.node(0).size() + cluster.node(2).size();
    cluster.kill(1);
    // Whether the application keeps indexes beside them is asked of a node that is not there, too.
    let ran = cluster.sess.args(["list", "-o", "ids"]).code(3);
    let ran = ran.says("could not be read: cannot connect to");
    assert_eq!(ran.lines().len(), there);
    let ran = cluster.sess.args(["purge", "--all", "--yes"]);
    assert_ne!(ran.code, Some(0));
    assert_eq!(cluster.node(0).size() + cluster.node(2).size(), there);
}

#[test]
fn one_node_never_looks_like_all_of_them() {
    let cluster = Cluster::start(3);
    cluster.fill(&express_sessions(300));
    let node = format!("127.0.0.1:{}", cluster.ports[1]);
    let ran = cluster.sess.args(["list", "-o", "ids", "--node", &node]).code(3);
    let ran = ran.says(&format!("only redis://{node}/0 was read")).says("leave out --node");
    assert_eq!(ran.lines().len(), cluster.node(1).size());
    let ran = cluster.sess.args(["count", "-o", "json", "--node", &node]).code(3);
    assert_eq!(ran.json(), json!({ "count": cluster.node(1).size(), "complete": false }));
    let ran = cluster.sess.args(["purge", "--all", "--yes", "--node", &node]).code(5);
    ran.says("can only be read with --node");
    let one = Sess::new();
    one.args(["list", "--read-from", "replica"]).code(5).says("is a single server");
    one.args(["list", "--store", "files:/tmp", "--node", &node]).code(2).says("--node is for clusters");
}

#[test]
fn replicas_are_read_where_that_is_wished() {
    let cluster = Cluster::with_replicas(3);
    cluster.fill(&express_sessions(600));
    // A replica is offered once the others have heard how far it is.
    crate::support::eventually("the replicas are offered", || {
        cluster.nodes().all(|node| {
            let ranges: Vec<Vec<redis::Value>> =
                redis::cmd("CLUSTER").arg("SLOTS").query(&mut node.connect()).expect("the slots");
            ranges.iter().all(|range| range.len() > 3)
        })
    });
    for server in cluster.nodes().chain(&cluster.replicas) {
        server.forget_calls();
    }
    let ran =
        cluster.sess.args(["count", "--by", "layout", "-o", "json", "--read-from", "replica"]).success();
    assert!(ran.text().contains("600"), "{}", ran.text());
    let asked = |server: &crate::support::Server| {
        let calls = server.calls();
        ["scan", "get", "getrange", "mget"].iter().any(|name| calls.contains_key(*name))
    };
    assert!(cluster.replicas.iter().all(asked));
    assert!(!cluster.nodes().any(|node| node.calls().contains_key("scan")));
    cluster.sess.args(["count", "--read-from", "nearest"]).success().stdout("600\n");
    cluster.sess.args(["purge", "--all", "--yes", "--read-from", "replica"]).code(5).says("can only be read");
}

#[test]
fn a_replica_that_takes_over_is_read_and_changed_in_the_place_of_its_primary() {
    let mut cluster = Cluster::with_replicas(3);
    let sessions = express_sessions(24_000);
    cluster.fill(&sessions);
    let ids: BTreeSet<String> = (0..sessions.len()).map(sid).collect();
    let all = |cluster: &Cluster| (0..3).all(|at| cluster.node(at).size() == cluster.replicas[at].size());
    crate::support::eventually("the replicas have all", || all(&cluster));
    let mut listing = cluster.sess.start(["list", "-o", "ids"]);
    let counting = cluster.sess.start(["count", "--by", "user", "-o", "json"]);
    listing.line();
    let purge = cluster.sess.start([
        "purge",
        "--yes",
        "--max=none",
        "--rate",
        "1500/s",
        "-o",
        "json",
        "--user-match",
        "user1*",
    ]);
    let before = cluster.node(1).size();
    crate::support::eventually("it has begun", || cluster.node(1).size() < before);
    cluster.kill(1);
    let listed: BTreeSet<String> = listing.end().success().lines().into_iter().collect();
    // Of what is ended meanwhile some may be missed, and of the rest nothing.
    let stays = |id: &String| {
        let n: usize = id[..8].parse().expect("a number");
        !(n / 2).to_string().starts_with('1')
    };
    assert!(ids.iter().filter(|id| stays(id)).all(|id| listed.contains(id)));
    counting.end().success();
    let ran = purge.end();
    let report = ran.json();
    assert_eq!((ran.code, &report["failed"]), (Some(0), &json!(0)), "{report}: {}", ran.stderr);
    // What the replica had not heard of is there again, and ended by the same command.
    cluster.sess.args(["purge", "--yes", "--max=none", "--user-match", "user1*"]).success();
    let left = ids.iter().filter(|id| stays(id)).count();
    cluster.sess.args(["count"]).success().stdout(&format!("{left}\n"));
}
