//! Sessions that are fields of one hash, as a layout of the configuration file says: read, ended, given another
//! end and put back, each for itself. On redis-server, whose fields have no ends, and on one where they do.

use serde_json::{Value as Json, json};

use crate::dumps::difference;
use crate::support::cluster::Cluster;
use crate::support::proxy::{Proxy, Then};
use crate::support::sentinel::Watched;
use crate::support::*;

const CONFIG: &str = r#"
[profiles.p]
layout = "shop"
[layouts.shop]
fields = "shop sessions"
codec = "json"
user = "user"
must_have = ["csrf"]
"#;

fn value(user: &str) -> String {
    json!({ "user": user, "csrf": "x", "cart": [1, 2] }).to_string()
}

fn id(n: usize) -> String {
    format!("s{n:04}")
}

/// A server with so many sessions in its hash, and other things that are none of them.
fn stocked(server: Server, many: usize) -> Sess {
    let sess = Sess::on(server).set("s0001", value("a string of that name"));
    let mut pipe = redis::pipe();
    for n in 1..=many {
        pipe.cmd("HSET").arg("shop sessions").arg(id(n)).arg(value(&format!("user{}", n % 5))).ignore();
    }
    pipe.cmd("HSET").arg("other").arg("s0001").arg("x").ignore();
    pipe.exec(&mut sess.server.connect()).expect("stocked");
    let url = sess.server.url();
    sess.use_profile(CONFIG).global(&["--store", &url])
}

fn all(sess: &Sess) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        redis::cmd("HGETALL").arg("shop sessions").query(&mut sess.server.connect()).expect("a hash");
    all.sort();
    all
}

/// When fields end, in ms since 1970; -1 is never.
fn end_of(sess: &Sess, id: &str) -> i64 {
    let mut command = redis::cmd("HPEXPIRETIME");
    command.arg("shop sessions").arg("FIELDS").arg(1).arg(id);
    command.query::<Vec<i64>>(&mut sess.server.connect()).expect("its end")[0]
}

/// One whose fields can have ends.
fn with_ends() -> Option<Server> {
    let server = Server::other()?;
    server.knows("hpexpireat").then_some(server)
}

fn done(ran: Ran) -> Json {
    ran.success().json()["done"].clone()
}

#[test]
fn each_field_is_a_session_that_ends_and_comes_back_for_itself() {
    let servers = [Some(Server::start()), with_ends()];
    for server in servers.into_iter().flatten() {
        let sess = stocked(server, 1_200);
        let before = all(&sess);
        let others = || (sess.server.command(&["GET", "s0001"]), sess.server.command(&["HGETALL", "other"]));
        let untouched = others();
        sess.args(["count"]).success().stdout("1200\n");
        sess.args(["count", "--user", "user3"]).success().stdout("240\n");
        sess.args(["discover"]).success().shows(&format!("store = \"{}?db=0\"\n", sess.server.url()));
        let rows = sess.rows(&["--user", "user3", "--limit", "1"]);
        assert_eq!((&rows[0]["user"], &rows[0]["layout"]), (&json!("user3"), &json!("shop")));
        let inspected = sess.args(["inspect", &id(7), "-o", "json"]).json();
        assert_eq!((&inspected["id"], &inspected["data"]["cart"]), (&json!(id(7)), &json!([1, 2])));
        sess.args(["inspect", "s9999"]).code(1);

        let dry = sess.args(["purge", &id(7), "--dry-run", "-o", "json"]).success().json();
        assert_eq!(all(&sess), before);
        assert_eq!(dry["sessions"][0]["steps"], json!(["HDEL 'shop sessions' s0007"]));
        assert_eq!(done(sess.args(["purge", "--user", "user3", "--yes", "-o", "json"])), json!(240));
        let left: Vec<_> = before.iter().filter(|(_, value)| !value.contains("user3")).cloned().collect();
        assert_eq!(all(&sess), left);
        // What was written meanwhile under the same name is left alone.
        sess.server.command(&["HSET", "shop sessions", &id(3), &value("newer")]);
        let ran = sess.args(["undo", "--yes", "-o", "json"]).success();
        assert_eq!((&ran.json()["done"], &ran.json()["changed"]), (&json!(239), &json!(1)));
        let mut expected = before.clone();
        expected[2].1 = value("newer");
        assert_eq!(all(&sess), expected);
        // All of them, and the hash with them.
        assert_eq!(done(sess.args(["purge", "--all", "--yes", "-o", "json"])), json!(1_200));
        assert_eq!(sess.server.command(&["EXISTS", "shop sessions"]), redis::Value::Int(0));
        sess.args(["list"]).success().stdout("");
        sess.args(["undo", "--yes"]).success();
        assert_eq!(all(&sess), expected);
        assert_eq!(others(), untouched);
        let runs = sess.args(["runs", "-o", "json"]).success().json();
        assert!(
            runs[0]["store"].as_str().is_some_and(|store| store.ends_with(" hash shop sessions")),
            "{runs}"
        );
    }
}

#[test]
fn a_run_on_fields_is_undone_in_their_hash_alone() {
    let sess = stocked(Server::start(), 5);
    let run = sess.args(["purge", &id(1), "--yes", "-o", "json"]).success().json()["run"].clone();
    let run = run.as_str().expect("a run");
    let keys = sess.server.snapshot();
    // Read as keys, its sessions would be other things.
    let bare = Sess::args(&sess, ["undo", run, "--yes", "--layout", "connect-redis"]);
    assert!(bare.code != Some(0) && bare.stderr.contains("hash shop sessions"), "{}", bare.stderr);
    assert!(sess.server.snapshot() == keys);
    sess.args(["undo", run, "--yes"]).success();
    assert_eq!(all(&sess).len(), 5);
}

#[test]
fn ends_of_fields_are_shown_moved_and_put_back() {
    let Some(server) = with_ends() else { return };
    let sess = stocked(server, 4);
    let end_in = |id: &str, ms: &str| {
        sess.server.command(&["HPEXPIRE", "shop sessions", ms, "FIELDS", "1", id]);
    };
    end_in(&id(1), "600000");
    end_in(&id(2), "86400000");
    let left = |id: &str| sess.args(["inspect", id, "-o", "json"]).json()["ttl_ms"].as_u64();
    assert!(left(&id(1)).expect("an end") <= 600_000 && left(&id(2)).expect("an end") > 600_000);
    assert_eq!(left(&id(3)), None);
    sess.args(["count", "--no-ttl"]).success().stdout("2\n");
    let before: Vec<i64> = (1..=4).map(|n| end_of(&sess, &id(n))).collect();
    let ends = || (1..=4).map(|n| end_of(&sess, &id(n))).collect::<Vec<_>>();

    assert_eq!(done(sess.args(["purge", "--ttl", "<1h", "--yes", "-o", "json"])), json!(1));
    assert_eq!(end_of(&sess, &id(1)), -2);
    sess.args(["undo", "--yes"]).success();
    assert_eq!(ends(), before);

    assert_eq!(done(sess.args(["expire", "--all", "--in", "2h", "--yes", "-o", "json"])), json!(4));
    assert!(ends().iter().all(|end| *end > before[0] && *end < before[1]), "{:?}", ends());
    sess.args(["undo", "--yes"]).success();
    assert_eq!(ends(), before);
    assert_eq!(done(sess.args(["expire", &id(2), "--persist", "--yes", "-o", "json"])), json!(1));
    assert_eq!(end_of(&sess, &id(2)), -1);
    sess.args(["undo", "--yes"]).success();
    assert_eq!(ends(), before);
    // One that would have ended meanwhile does not come back.
    end_in(&id(3), "1500");
    sess.args(["purge", &id(3), "--yes"]).success();
    sess.server.command(&["HSET", "clock", "x", "1"]);
    sess.server.command(&["HPEXPIRE", "clock", "1500", "FIELDS", "1", "x"]);
    eventually("its time is over", || sess.server.command(&["EXISTS", "clock"]) == redis::Value::Int(0));
    let undone = sess.args(["undo", "--yes", "-o", "json"]).json();
    assert_eq!(undone["done"], json!(0), "{undone}");
    assert_eq!(end_of(&sess, &id(3)), -2);
}

#[test]
fn an_end_in_the_value_moves_where_fields_have_none() {
    let config = CONFIG.replace("must_have", "expires = { path = \"exp\", unit = \"s\" }\nmust_have");
    // Where they have, both move, and both come back.
    if let Some(server) = with_ends() {
        let sess = Sess::on(server).use_profile(&config);
        let url = sess.server.url();
        let sess = sess.global(&["--store", &url]);
        let text = r#"{"user":"alice","csrf":"x","exp":4102444800}"#;
        sess.server.command(&["HSET", "shop sessions", "a", text, "b", text]);
        sess.server.command(&["HPEXPIRE", "shop sessions", "86400000", "FIELDS", "1", "a"]);
        let state = || (all(&sess), end_of(&sess, "a"), end_of(&sess, "b"));
        let before = state();
        sess.args(["expire", "--all", "--in", "1h", "--yes"]).success();
        let (texts, a, b) = state();
        assert!(texts.iter().all(|(_, now)| now != text) && a < before.1 && b == -1, "{texts:?} {a} {b}");
        sess.args(["undo", "--yes"]).success();
        assert_eq!(state(), before);
    }
    let sess = Sess::new().use_profile(&config);
    let url = sess.server.url();
    let sess = sess.global(&["--store", &url]);
    let text = r#"{"user":"alice","csrf":"x","exp":4102444800}"#;
    sess.server.command(&["HSET", "shop sessions", "a", text, "b", &value("bob")]);
    sess.args(["expire", "a", "--in", "1h", "--yes"]).success();
    let now = sess.server.command(&["HGET", "shop sessions", "a"]);
    assert!(now != redis::Value::BulkString(text.into()), "{now:?}");
    sess.args(["undo", "--yes"]).success();
    assert_eq!(sess.server.command(&["HGET", "shop sessions", "a"]), redis::Value::BulkString(text.into()));
    // Without one there is nothing to move.
    sess.changes_nothing(["expire", "b", "--in", "1h", "--yes"])
        .code(5)
        .says("no fields that end by themselves");
}

#[test]
fn what_changes_in_between_is_left_alone_and_what_is_beside_it_hinders_nothing() {
    for (touched, kept) in [(id(2), true), ("elsewhere".to_string(), false)] {
        let sess = stocked(Server::start(), 6);
        let proxy = Proxy::to(&sess.server);
        let mut times = 0;
        let field = touched.clone();
        proxy.hook(move |request, server| {
            if request.verb == "MULTI" && times < 3 {
                times += 1;
                let value = format!("written {times}");
                redis::cmd("HSET").arg("shop sessions").arg(&field).arg(value).exec(server).expect("set");
            }
            Then::Forward
        });
        let ran =
            sess.args(["purge", &id(1), &id(2), &id(3), "--yes", "-o", "json", "--store", &proxy.url()]);
        let (gone, changed) = if kept { (2, 1) } else { (3, 0) };
        let report = ran.success().json();
        assert_eq!((&report["done"], &report["changed"]), (&json!(gone), &json!(changed)), "{report}");
        let there = |field: &str| sess.server.command(&["HEXISTS", "shop sessions", field]);
        assert_eq!(there(&touched), redis::Value::Int(1));
        assert_eq!(there(&id(2)), redis::Value::Int(i64::from(kept)));
        // What was not done is not in the file that undoes it either.
        let undone = sess.args(["undo", "--yes", "-o", "json", "--store", &proxy.url()]).success().json();
        assert_eq!(undone["done"], json!(gone));
    }
}

#[test]
fn a_connection_that_is_lost_leaves_an_undo_that_holds() {
    for then in [Then::Cut, Then::CutBehind] {
        let sess = stocked(Server::start(), 200);
        let before = all(&sess);
        let proxy = Proxy::to(&sess.server);
        // The first two end the questions whether it is permitted.
        proxy.hook(
            move |request, _| if request.verb == "EXEC" && request.nth == 4 { then } else { Then::Forward },
        );
        let url = proxy.url();
        let ran = sess.args(["purge", "--all", "--yes", "--store", &url]);
        assert!(ran.code != Some(0), "{}", ran.stderr);
        assert!(all(&sess).len() < 200);
        proxy.pass();
        let ran = sess.args(["undo", "--yes", "--store", &url]);
        assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stderr);
        assert_eq!(all(&sess), before);
    }
}

#[test]
fn few_rights_are_enough_and_a_lacking_one_is_named() {
    for server in [Some(Server::start()), with_ends()].into_iter().flatten() {
        let sess = stocked(server, 3);
        let newer = sess.args(["acl", "--server", "7.4"]).success().text();
        let older = sess.args(["acl", "--server", "7.0"]).success().text();
        assert!(newer.contains("+hpttl") && !older.contains("+hpttl"));
        assert!(older.contains("%R~shop?sessions"), "{older}");
        let lines = if sess.server.knows("hpexpireat") { newer } else { older };
        for line in lines.lines() {
            sess.server.command(&line.split_whitespace().collect::<Vec<_>>());
        }
        let read = sess.server.url_of("sessctl-read", "CHANGE-ME");
        let purge = sess.server.url_of("sessctl-purge", "CHANGE-ME");
        sess.args(["count", "--store", &read]).success().stdout("3\n");
        sess.changes_nothing(["purge", "--all", "--yes", "--store", &read]).code(4).says("+watch");
        sess.args(["purge", "--all", "--yes", "--store", &purge]).success();
        sess.args(["undo", "--yes", "--store", &purge]).success();
        assert_eq!(all(&sess).len(), 3);
        sess.server.command(&["ACL", "SETUSER", "elsewhere", "on", ">p", "~x*", "+@all"]);
        let hidden = sess.server.url_of("elsewhere", "p");
        sess.args(["list", "--store", &hidden]).code(4).says("leave out shop sessions; `sessctl acl` prints");
    }
}

#[test]
fn a_hash_that_is_not_there_is_said_to_be_none() {
    let sess = stocked(Server::start(), 0);
    sess.args(["list"]).success().says("hash shop sessions is empty or not there");
    let open = CONFIG.replace("must_have = [\"csrf\"]\n", "");
    let sess = Sess::new().use_profile(&open);
    sess.args(["list"]).code(2).says("say in its `must_have` what every session has");
}

/// The arguments that name the layout, whose file is written for that.
fn named(sess: &Sess) -> Vec<String> {
    let path = sess.write("fields.toml", CONFIG);
    private(&path);
    ["--config", path.to_str().expect("text"), "--profile", "p"].map(str::to_string).to_vec()
}

/// The words of a command that makes so many sessions.
fn hset(many: usize) -> Vec<Vec<u8>> {
    let mut words = vec![b"HSET".to_vec(), b"shop sessions".to_vec()];
    for n in 1..=many {
        words.extend([id(n).into_bytes(), value(&format!("user{}", n % 5)).into_bytes()]);
    }
    words
}

fn length(server: &Server) -> i64 {
    redis::cmd("HLEN").arg("shop sessions").query(&mut server.connect()).unwrap_or(-1)
}

/// Primary, replicas and sentinels, with so many sessions that all of them have.
fn watched_with(many: usize) -> Watched {
    let watched = Watched::start();
    let words = hset(many);
    let mut command = redis::cmd("HSET");
    command.arg(&words[1..]);
    command.exec(&mut watched.sess.server.connect()).expect("stocked");
    eventually("the replicas have it", || (1..3).all(|at| length(watched.server(at)) == many as i64));
    watched
}

#[test]
fn behind_sentinels_fields_are_changed_on_whoever_is_the_primary() {
    let mut watched = watched_with(1_500);
    let named = named(&watched.sess);
    let with = |args: &[&str]| -> Vec<String> {
        named.iter().cloned().chain(args.iter().map(ToString::to_string)).collect()
    };
    watched.sess.args(with(&["count"])).success().stdout("1500\n");
    watched.sess.args(with(&["count", "--read-from", "replica"])).success().stdout("1500\n");
    let done = watched.sess.args(with(&["purge", "--user", "user3", "--yes", "-o", "json"])).success();
    assert_eq!(done.json()["done"], json!(300));
    assert_eq!(length(&watched.sess.server), 1_200);
    watched.sess.args(with(&["undo", "--yes"])).success();
    assert_eq!(length(&watched.sess.server), 1_500);
    let purge = ["purge", "--all", "--yes", "-o", "json", "--max=none", "--rate", "400/s"];
    let purge = watched.sess.start(with(&purge));
    eventually("it has begun", || length(&watched.sess.server) < 1_450);
    watched.kill(0);
    let ran = purge.end().success();
    let report = ran.json();
    assert_eq!((&report["matched"], &report["done"]), (&json!(1_500), &json!(1_500)), "{report}");
    ran.says("the primary found again");
    let new = watched.successor(0);
    assert_eq!(length(watched.server(new)), 0);
    let undo = watched.sess.start(with(&["undo", "--yes", "-o", "json"]));
    assert_eq!(undo.end().success().json()["done"], json!(1_500));
    assert_eq!(length(watched.server(new)), 1_500);
}

#[test]
fn fields_that_the_next_primary_had_not_heard_of_are_ended_again() {
    let mut watched = watched_with(1_500);
    let named = named(&watched.sess);
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    // From here on no replica hears anything.
    for at in 1..3 {
        watched.server(at).signal("STOP");
    }
    watched.sess.server.command(&["CLIENT", "KILL", "TYPE", "replica"]);
    let purge = ["purge", "--all", "--yes", "-o", "json", "--max=none", "--rate", "400/s"];
    let purge = watched.sess.start([&named[..], &purge].concat());
    eventually("it has begun", || length(&watched.sess.server) < 1_300);
    watched.kill(0);
    for at in 1..3 {
        watched.server(at).signal("CONT");
    }
    let ran = purge.end().success();
    assert_eq!(ran.json()["done"], json!(1_500), "{}", ran.text());
    ran.says("had not reached the new primary and were done again there");
    let new = watched.successor(0);
    assert_eq!(length(watched.server(new)), 0);
}

#[test]
fn in_a_cluster_the_hash_is_followed_to_its_node() {
    let mut cluster = Cluster::start(3);
    let slot = cluster.slots(&[b"shop sessions".to_vec()])[0];
    let at = slot / 16_384_usize.div_ceil(3);
    let other = (at + 1) % 3;
    cluster.fill(&[hset(1_200)]);
    let named = named(&cluster.sess);
    let with = |args: &[&str]| -> Vec<String> {
        named.iter().cloned().chain(args.iter().map(ToString::to_string)).collect()
    };
    let of = |at: usize| format!("redis://127.0.0.1:{}", cluster.ports[at]);
    for store in [cluster.url(), of(0), of(1), of(2)] {
        cluster.sess.args(with(&["count", "--store", &store])).success().stdout("1200\n");
    }
    let purge = |user: &str| with(&["purge", "--user", user, "--yes", "-o", "json"]).join("\n");
    let run = |args: String| cluster.sess.args(args.lines());
    assert_eq!(run(purge("user3")).success().json()["done"], json!(240));
    assert_eq!(length(cluster.node(at)), 960);
    cluster.sess.args(with(&["undo", "--yes"])).success();
    assert_eq!(length(cluster.node(at)), 1_200);
    // Half way it is read where it is, and changed once it has come to rest.
    cluster.begin_move(slot, at, other);
    cluster.sess.args(with(&["count"])).success().stdout("1200\n");
    assert_eq!(cluster.move_keys(slot, at, other, 10), 1);
    cluster.sess.args(with(&["count"])).success().stdout("1200\n");
    let running = cluster.sess.start(purge("user1").lines());
    cluster.end_move(slot, at, other);
    assert_eq!(running.end().success().json()["done"], json!(240));
    assert_eq!(length(cluster.node(other)), 960);
    cluster.sess.args(with(&["undo", "--yes"])).success();
    // It goes while it is changed.
    let all = ["purge", "--all", "--yes", "-o", "json", "--max=none", "--rate", "400/s"];
    let running = cluster.sess.start(with(&all));
    eventually("it has begun", || length(cluster.node(other)) < 1_150);
    cluster.move_slot(slot, other, at);
    let report = running.end().success().json();
    assert_eq!((&report["done"], &report["failed"]), (&json!(1_200), &json!(0)), "{report}");
    cluster.sess.args(with(&["list"])).success().stdout("");
    cluster.sess.args(with(&["undo", "--yes"])).success();
    assert_eq!(length(cluster.node(at)), 1_200);
    // One node has it, and the others say that they do not.
    let node = |at: usize| format!("127.0.0.1:{}", cluster.ports[at]);
    cluster.sess.args(with(&["count", "--node", &node(at)])).success().stdout("1200\n");
    cluster.sess.args(with(&["count", "--node", &node(other)])).code(3).says("does not hold the slots");
    // The rights that are printed are enough.
    let lines = cluster.sess.args(with(&["acl", "--server", "7.0", "--cluster"])).success().text();
    for line in lines.lines() {
        for node in cluster.nodes() {
            node.command(&line.split_whitespace().collect::<Vec<_>>());
        }
    }
    let user = cluster.url().replace("://", "://sessctl-purge:CHANGE-ME@");
    cluster.sess.args(with(&["purge", "--user", "user3", "--yes", "--store", &user])).success();
    cluster.sess.args(with(&["undo", "--yes", "--store", &user])).success();
    let url = cluster.url();
    cluster.kill(at);
    let ran = cluster.sess.args(with(&["count", "--store", &url])).code(3);
    ran.says(&format!("the slots {slot} of")).says("cannot connect");
}

#[test]
fn a_replica_that_takes_over_in_a_cluster_has_the_hash() {
    let mut cluster = Cluster::with_replicas(3);
    let slot = cluster.slots(&[b"shop sessions".to_vec()])[0];
    let at = slot / 16_384_usize.div_ceil(3);
    cluster.fill(&[hset(1_500)]);
    let named = named(&cluster.sess);
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    eventually("the replica has it", || {
        let mut connection = cluster.replicas[at].connect();
        redis::cmd("READONLY").exec(&mut connection).expect("a replica");
        redis::cmd("HLEN").arg("shop sessions").query::<i64>(&mut connection).ok() == Some(1_500)
    });
    let purge = ["purge", "--all", "--yes", "-o", "json", "--max=none", "--rate", "400/s"];
    let running = cluster.sess.start([&named[..], &purge].concat());
    eventually("it has begun", || length(cluster.node(at)) < 1_450);
    cluster.kill(at);
    let ran = running.end();
    let report = ran.json();
    assert_eq!((ran.code, &report["done"]), (Some(0), &json!(1_500)), "{report}: {}", ran.stderr);
    // What the replica had not heard of is there again, and ended by the same command.
    cluster.sess.args([&named[..], &["purge", "--all", "--yes", "--max=none"]].concat()).success();
    cluster.sess.args([&named[..], &["count"]].concat()).success().stdout("0\n");
}

/// The rows that a store gives, without what only a server knows.
fn rows_of(sess: &Sess, store: &str) -> Vec<Json> {
    let rows = sess.args(["list", "-o", "json", "--store", store]).success().json();
    let mut rows = rows.as_array().expect("rows").clone();
    rows.sort_by_key(|row| row["id"].to_string());
    rows
}

/// Holds the rows of a dump against those of its server.
#[track_caller]
fn same_rows(sess: &Sess, dump: &str, many: usize) {
    let (live, dumped) = (rows_of(sess, &sess.server.url()), rows_of(sess, dump));
    assert_eq!((live.len(), dumped.len()), (many, many), "{dump}");
    let differ = live.iter().zip(&dumped).filter_map(|(one, two)| difference(one, two));
    assert_eq!(differ.collect::<Vec<_>>(), [""; 0], "{dump}");
}

#[test]
fn dumps_and_snapshots_give_the_same_rows_as_their_server() {
    // Packed as they are few and short, and one after the other; with ends and without.
    for server in [Some(Server::start()), with_ends(), Server::of("redis-8.2")].into_iter().flatten() {
        let ends = server.knows("hpexpireat");
        let sess = stocked(server, 12);
        for (packed, many) in [("512", 12), ("0", 13), ("0", 12_000)] {
            sess.server.command(&["CONFIG", "SET", "hash-max-listpack-entries", packed]);
            sess.server.command(&["CONFIG", "SET", "hash-max-listpack-value", "1000"]);
            sess.server.command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
            let mut pipe = redis::pipe();
            for n in 1..=many {
                let value = value(&format!("user{}", n % 5));
                pipe.cmd("HSET").arg("shop sessions").arg(id(n)).arg(value).ignore();
            }
            if ends {
                let end = |n: usize, ms: &str| {
                    let mut command = redis::cmd("HPEXPIRE");
                    command.arg("shop sessions").arg(ms).arg("FIELDS").arg(1).arg(id(n)).clone()
                };
                pipe.add_command(end(1, "600000")).ignore().add_command(end(2, "86400000")).ignore();
            }
            pipe.exec(&mut sess.server.connect()).expect("stocked");
            // The child that sent the last snapshot may not be over.
            eventually("it is saved", || redis::cmd("SAVE").exec(&mut sess.server.connect()).is_ok());
            let dump = sess.server.dir.path().join("dump.rdb").display().to_string();
            for store in [dump.clone(), format!("{}?via=snapshot", sess.server.url())] {
                same_rows(&sess, &store, many);
                let at = |args: &[&str]| sess.args([args, &["--store", &store]].concat());
                at(&["count", "--user", "user3"]).success();
                let shown = at(&["inspect", &id(7), "-o", "json"]).success().json();
                assert_eq!(shown["data"]["cart"], json!([1, 2]));
                at(&["inspect", "s999999"]).code(1);
                if ends {
                    let left = at(&["inspect", &id(1), "-o", "json"]).json()["ttl_ms"].as_u64();
                    // A dump says to the second of when it is.
                    assert!((1..=601_000).contains(&left.expect("an end")), "{left:?}");
                    at(&["count", "--ttl", "<1h"]).success().stdout("1\n");
                }
                at(&["purge", "--all", "--yes"]).code(5).says("can be read but not changed");
            }
            if ends {
                // As of a time when one has ended, and both.
                for (now, left) in [("1h", 1), ("40d", 2)] {
                    let now = jiff::Timestamp::now()
                        + jiff::SignedDuration::from_hours(if now == "1h" { 1 } else { 960 });
                    let ran = sess.args(["--now", &now.to_string(), "count", "--store", &dump]).success();
                    ran.stdout(&format!("{}\n", many - left)).says("had expired by");
                }
            }
        }
    }
}

#[test]
fn commands_behind_a_dump_change_its_fields() {
    for server in [
        Some(Server::with(&["--appendonly", "yes", "--appendfsync", "always"])),
        Server::of_with("valkey-9.1", &["--appendonly", "yes", "--appendfsync", "always"]),
    ]
    .into_iter()
    .flatten()
    {
        let ends = server.knows("hpexpireat");
        // More than a hash may have that is one session.
        let sess = stocked(server, 10_500);
        let store = format!("aof:{}", sess.server.dir.path().display());
        same_rows(&sess, &store, 10_500);
        sess.server.command(&["BGREWRITEAOF"]);
        eventually("it is rewritten", || {
            let info: String =
                redis::cmd("INFO").arg("persistence").query(&mut sess.server.connect()).expect("its state");
            info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
        });
        same_rows(&sess, &store, 10_500);
        sess.server.command(&["HDEL", "shop sessions", &id(3)]);
        sess.server.command(&[
            "HSET",
            "shop sessions",
            &id(4),
            &value("renewed"),
            "new one",
            &value("newcomer"),
        ]);
        if ends {
            sess.server.command(&["HPEXPIRE", "shop sessions", "86400000", "FIELDS", "1", &id(5)]);
        }
        same_rows(&sess, &store, 10_500);
        sess.args(["count", "--user", "renewed", "--store", &store]).success().stdout("1\n");
        sess.args(["inspect", &id(3), "--store", &store]).code(1);
        sess.args(["inspect", "new one", "--store", &store]).success().shows("newcomer");
        sess.server.command(&["UNLINK", "shop sessions"]);
        same_rows(&sess, &store, 0);
        sess.server.command(&["HSET", "shop sessions", "a", &value("alice")]);
        same_rows(&sess, &store, 1);
        sess.server.command(&["SET", "shop sessions", "x"]);
        sess.args(["list", "--store", &store]).code(5).says("of kind string and not hash");
    }
}

#[test]
fn of_a_damaged_dump_the_fields_before_the_damage_are_shown() {
    let sess = stocked(Server::start(), 3_000);
    sess.server.command(&["SAVE"]);
    let whole = std::fs::read(sess.server.dir.path().join("dump.rdb")).expect("a dump");
    let path = sess.server.dir.path().join("cut.rdb");
    let store = path.to_str().expect("text");
    let mut most = 0;
    for part in [2, 5, 9] {
        std::fs::write(&path, &whole[..whole.len() * part / 10]).expect("written");
        let ran = sess.args(["list", "-o", "json", "--store", store]).code(3).says("in the middle");
        let rows = ran.json().as_array().expect("rows").len();
        assert!(rows > most && rows < 3_000, "{rows}");
        most = rows;
    }
    let mut wrong = whole.clone();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 0x20;
    std::fs::write(&path, &wrong).expect("written");
    sess.args(["list", "--store", store]).code(3);
}

#[test]
fn what_cannot_be_is_told() {
    let sess = stocked(Server::start(), 2);
    sess.server.command(&["SET", "a string", "x"]);
    let with = |text: &str| {
        let path = sess.write("other.toml", text);
        private(&path);
        let url = sess.server.url();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sessctl"));
        command.env("HOME", sess.server.dir.path()).env_remove("SESSCTL_STORE");
        command.args(["--config", path.to_str().expect("text"), "--store", &url]);
        move |args: &[&str]| Ran::of(command.args(args))
    };
    let named = CONFIG.replace("shop sessions", "a string");
    with(&named)(&["--profile", "p", "list"]).code(5).says("of kind string and not hash");
    let both = CONFIG.replace("fields", "key = \"s:{id}\"\nfields");
    with(&both)(&["--profile", "p", "list"]).code(2).says("`fields` and `key` exclude each other");
    with(CONFIG)(&["--profile", "p", "--layout", "shop", "--layout", "connect-redis", "list"])
        .code(2)
        .says("are the fields of a hash");
    let folder = format!("files:{}", sess.server.dir.path().display());
    let ran = sess.args(["list", "--store", &folder]).code(5);
    ran.says("keeps its sessions in fields of a hash");
    // Nobody takes the fields of a hash for sessions by himself.
    let plain = CONFIG.replace("layout = \"shop\"\n", "");
    with(&plain)(&["--profile", "p", "count"]).success().stdout("0\n");
}
