//! `doctor --fix index-orphans` and `--fix leftovers`: what is found is removed and nothing else, undo brings
//! exactly that back, and what belongs to a session that is there stays, whenever that came.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::support::cluster::Cluster;
use crate::support::proxy::{Proxy, Then};
use crate::support::{Content, Sess, captured, fixtures};

const BOTH: [&str; 2] = ["index-orphans", "leftovers"];

/// How many of each there are.
#[track_caller]
fn found(sess: &Sess) -> BTreeMap<String, u64> {
    let told = sess.args(["doctor", "-o", "json", "--only", "index-orphans,leftovers"]).json();
    assert_eq!(told["complete"], json!(true), "{told}");
    let findings = told["findings"].as_array().expect("a list").iter();
    findings
        .map(|one| {
            let name = one["id"].as_str().expect("a name").to_string();
            assert_eq!(one["fix"], json!(format!("sessctl doctor --fix {name}")));
            (name, one["count"].as_u64().expect("a number"))
        })
        .collect()
}

fn number(report: &Json, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("{name}: {report}"))
}

/// Mends both, with a look at what would be done before.
#[track_caller]
fn mended(sess: &Sess, finding: &str, count: u64) -> Json {
    let dry = sess.changes_nothing(["doctor", "--fix", finding, "--dry-run", "-o", "json"]).success().json();
    assert_eq!((number(&dry, "matched"), number(&dry, "done")), (count, 0), "{finding}: {dry}");
    let report = sess.args(["doctor", "--fix", finding, "--yes", "-o", "json"]).success().json();
    assert_eq!((number(&report, "matched"), number(&report, "done")), (count, count), "{finding}: {report}");
    assert_eq!(number(&report, "keys_removed") + number(&report, "entries_removed"), count, "{report}");
    report
}

/// Ends one session of a captured store without what belongs to it: one of the user with the most.
fn lose_one(sess: &Sess, slug: &str) -> Option<String> {
    sess.server.flush();
    sess.restore(slug);
    sess.release_locks();
    let rows = sess.rows(&[]);
    let of_user = |user: &Json| rows.iter().filter(|row| row["user"] == *user && !user.is_null()).count();
    let victim = rows.iter().max_by_key(|row| of_user(&row["user"]))?;
    if victim["key_b64"].is_string() || rows.len() < 2 {
        return None;
    }
    let key = victim["key"].as_str()?;
    sess.server.command(&["UNLINK", key]);
    Some(key.to_string())
}

/// What every key holds and when it ends.
fn state(sess: &Sess) -> State {
    let ends = sess.server.snapshot();
    let contents = sess.server.contents().into_iter();
    contents
        .map(|(key, content)| {
            let end = ends[&key].1;
            (key, (content, end))
        })
        .collect()
}

type State = BTreeMap<Vec<u8>, (Content, i64)>;

#[track_caller]
fn same(after: &State, before: &State, about: &str) {
    let text = |key: &Vec<u8>| String::from_utf8_lossy(key).into_owned();
    let keys = before.keys().chain(after.keys());
    let differ: Vec<String> = keys.filter(|key| before.get(*key) != after.get(*key)).map(text).collect();
    assert!(differ.is_empty(), "{about}: {differ:?}");
}

#[test]
fn what_a_session_of_any_layout_leaves_is_found_removed_and_put_back() {
    // What belongs to a session of Pow is known by its value alone.
    const UNSTATED: &str = "pow";
    let sess = Sess::new();
    let mut kinds = BTreeMap::new();
    for slug in fixtures() {
        if lose_one(&sess, &slug).is_none() {
            continue;
        }
        let before = state(&sess);
        let there = found(&sess);
        if slug == UNSTATED {
            let ran = sess.changes_nothing(["doctor", "--fix", "leftovers", "--yes"]).success();
            ran.says("1 leftover left alone").shows("Nothing is left");
            continue;
        }
        for (finding, count) in &there {
            mended(&sess, finding, *count);
            *kinds.entry(finding.clone()).or_insert(0) += 1;
        }
        assert_eq!(found(&sess), BTreeMap::new(), "{slug}");
        let after = state(&sess);
        assert!(after.keys().all(|key| before.contains_key(key)), "{slug}");
        for _ in &there {
            sess.args(["undo", "--yes"]).success();
        }
        same(&state(&sess), &before, &slug);
        assert_eq!(found(&sess), there, "{slug}");
    }
    assert!(BOTH.iter().all(|finding| kinds[*finding] > 3), "{kinds:?}");
}

/// A store with leftovers of both kinds, behind a proxy, the key of the session that they are of, and what it
/// held.
fn faulty() -> (Sess, Proxy, String, Vec<u8>) {
    let sess = Sess::new();
    let key = lose_one(&sess, SLUG).expect("a session");
    let (_, _, dump) =
        captured(SLUG).into_iter().find(|(name, ..)| *name == key.as_bytes()).expect("its dump");
    let proxy = Proxy::to(&sess.server);
    let url = proxy.url();
    (sess.global(&["--store", &url]), proxy, key, dump)
}

const SLUG: &str = "spring-session-indexed";

#[test]
fn a_session_that_is_made_meanwhile_keeps_what_belongs_to_it() {
    let (sess, proxy, key, dump) = faulty();
    let before = sess.server.snapshot();
    let contents = state(&sess);
    for finding in BOTH {
        let fix = ["doctor", "--fix", finding, "--yes", "-o", "json"];
        sess.server.put_back(&before);
        proxy.pass();
        assert!(number(&sess.args(fix).success().json(), "done") > 0);
        let points = proxy.seen().len();
        let mut kept = 0;
        for n in 1..=points {
            sess.server.put_back(&before);
            let whole = before.clone();
            let (session, value) = (key.clone(), dump.clone());
            proxy.at(n, move |server| {
                redis::cmd("RESTORE").arg(&session).arg(0).arg(&value).exec(server).expect("RESTORE");
                // As the framework does, after the session itself.
                for (key, (dump, end)) in &whole {
                    let mut restore = redis::cmd("RESTORE");
                    restore.arg(key).arg(end.max(&0)).arg(dump).arg("ABSTTL").arg("REPLACE");
                    restore.exec(server).expect("RESTORE");
                }
            });
            let ran = sess.args(fix);
            let about = format!("{finding} at {n} of {points}: {}", ran.stderr);
            let report = ran.success().json();
            assert_eq!(number(&report, "failed"), 0, "{about}");
            kept += number(&report, "changed");
            proxy.pass();
            let mut after = state(&sess);
            assert!(after.remove(key.as_bytes()).is_some(), "{about}");
            same(&after, &contents, &about);
        }
        assert!(kept > 0, "{finding}: it was never made in between");
    }
}

#[test]
fn what_is_written_meanwhile_is_not_what_was_left() {
    let (sess, proxy, key, _) = faulty();
    let twin = key.replace("sessions:", "sessions:expires:");
    let before = sess.server.snapshot();
    assert!(before.contains_key(twin.as_bytes()));
    let fix = ["doctor", "--fix", "leftovers", "--yes", "-o", "json"];
    proxy.pass();
    assert_eq!(number(&sess.args(fix).success().json(), "done"), 1);
    let points = proxy.seen().len();
    let writes: [&[&str]; 3] =
        [&["SET", "KEY", "newer"], &["PEXPIREAT", "KEY", "4000000000000"], &["DEL", "KEY"]];
    for (n, write) in (1..=points).flat_map(|n| writes.map(|write| (n, write))) {
        sess.server.put_back(&before);
        let command: Vec<String> = write.iter().map(|part| part.replace("KEY", &twin)).collect();
        proxy.at(n, move |server| {
            let mut one = redis::cmd(&command[0]);
            one.arg(&command[1..]).exec(server).expect("it is written");
        });
        let ran = sess.args(fix);
        let about = format!("{write:?} at {n} of {points}: {}", ran.stderr);
        let report = ran.success().json();
        proxy.pass();
        let done = number(&report, "done");
        let left = sess.server.snapshot().remove(twin.as_bytes());
        match write[0] {
            "SET" => assert!(left.is_some() || done == 1, "{about}"),
            _ => assert!(left.is_none() || done == 0, "{about}"),
        }
        if done == 1 {
            sess.args(["undo", "--yes"]).success();
            let back = sess.server.snapshot().remove(twin.as_bytes());
            match (write[0], back) {
                // Written behind its removal it is the newer one.
                ("SET", Some(back)) => {
                    assert!(back.1 == -1 || Some(&back) == before.get(twin.as_bytes()), "{about}");
                }
                ("PEXPIREAT", Some(back)) => {
                    assert!(
                        back.1 == 4_000_000_000_000 || Some(&back) == before.get(twin.as_bytes()),
                        "{about}"
                    );
                }
                (_, back) => assert_eq!(back.as_ref(), before.get(twin.as_bytes()), "{about}"),
            }
        }
    }
}

#[test]
fn a_run_that_is_cut_short_can_be_undone_and_gone_on_with() {
    let (sess, proxy, ..) = faulty();
    let before = sess.server.snapshot();
    let contents = state(&sess);
    for then in [Then::Cut, Then::CutBehind] {
        sess.server.put_back(&before);
        // The first one only asks whether it may be.
        proxy.hook(move |request, _| match (request.verb, request.nth) {
            ("EXEC", 2) => then,
            _ => Then::Forward,
        });
        let ran = sess.args(["doctor", "--fix", "index-orphans", "--yes", "-o", "json"]);
        assert!(matches!(ran.code, Some(1 | 3)), "{then:?}: {:?} {}", ran.code, ran.stderr);
        proxy.pass();
        let run = sess.args(["runs", "-o", "json"]).json();
        let run = run.as_array().expect("runs").last().expect("one")["run"].clone();
        let run = run.as_str().expect("a name");
        // Whatever was done of it comes back.
        sess.args(["undo", run, "--yes"]).success();
        same(&state(&sess), &contents, &format!("{then:?}"));
        sess.server.put_back(&before);
        // The first one only asks whether it may be.
        proxy.hook(move |request, _| match (request.verb, request.nth) {
            ("EXEC", 2) => then,
            _ => Then::Forward,
        });
        sess.args(["doctor", "--fix", "index-orphans", "--yes"]);
        proxy.pass();
        let run = sess.args(["runs", "-o", "json"]).json();
        let run = run.as_array().expect("runs").last().expect("one")["run"].clone();
        let run = run.as_str().expect("a name");
        sess.args(["purge", "--resume", run, "--yes"]).code(2).says("sessctl doctor --resume");
        sess.args(["doctor", "--resume", run, "--yes"]).success();
        assert!(!found(&sess).contains_key("index-orphans"), "{then:?}");
    }
}

#[test]
fn entries_of_a_large_index_come_back_with_their_scores_and_locks_that_end_by_themselves_stay() {
    let layout = r#"
[profiles.p]
store = "STORE"

[layouts.shop]
key = "shop:session:{id}"
user = "user.id"
created = { path = "created", unit = "s" }
must_have = ["user", "created"]
locks = ["{key}:lock"]

[[layouts.shop.companions]]
kind = "zset"
key = "shop:user:{user}:sessions"
member = "{id}"
user_index = true
"#;
    let sess = Sess::new();
    sess.server.lua(
        r#"
        for n = 0, 299 do
          local id = string.format('%08d-AbCdEfGhIjKlMnOpQrStUvW', n)
          local key = 'shop:session:' .. id
          redis.call('ZADD', 'shop:user:ada:sessions', n + 0.25, id)
          if n < 20 then
            redis.call('SET', key, '{"user":{"id":"ada"},"created":1700000000}', 'PX', 3600000)
          elseif n < 24 then
            redis.call('SET', key .. ':lock', 'x', 'PX', 60000)
          elseif n < 29 then
            redis.call('SET', key .. ':lock', 'x')
          end
        end
        redis.call('PEXPIREAT', 'shop:user:ada:sessions', 4000000000000)
        "#,
        &[],
    );
    let text = layout.replace("STORE", &sess.server.url());
    let sess = sess.use_profile(&text);
    let there = BTreeMap::from([("index-orphans".to_string(), 280), ("leftovers".to_string(), 5)]);
    assert_eq!(found(&sess), there);
    let before = state(&sess);
    assert_eq!(number(&mended(&sess, "index-orphans", 280), "entries_removed"), 280);
    sess.args(["undo", "--yes"]).success();
    same(&state(&sess), &before, "entries");
    assert_eq!(number(&mended(&sess, "leftovers", 5), "keys_removed"), 5);
    sess.args(["undo", "--yes"]).success();
    same(&state(&sess), &before, "locks");
    assert_eq!(found(&sess), there);
    // Whoever protects a user's sessions keeps what they left, too.
    let protected = text.replace("[layouts.shop]", "protected_users = [\"ada\"]\n[layouts.shop]");
    sess.write("config.toml", protected);
    sess.changes_nothing(["doctor", "--fix", "index-orphans", "--yes"]).code(5).says("protected_users");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_read() {
    let (sess, _proxy, ..) = faulty();
    for (args, says) in [
        (&["--verify", "1s"][..], "--verify is about sessions"),
        (&["--plan", "left.plan"], "--plan is about sessions"),
        (&["--index-only"], "--index-only"),
    ] {
        let args = [&["doctor", "--fix", "leftovers"], args].concat();
        sess.changes_nothing(args).code(2).says(says);
    }
    sess.changes_nothing(["doctor", "--fix", "leftovers"]).code(5).says("no terminal");
    sess.changes_nothing(["doctor", "--fix", "index-orphans", "--yes", "--max", "0"]).code(5).says("limit");
    sess.changes_nothing(["doctor", "--fix", "index-missing", "--yes"]).code(2).says("index-orphans");
}

/// The rules of a user to whom these keys are all there are, and what begins like them.
fn rules(keys: impl Iterator<Item = Vec<u8>>) -> Vec<String> {
    let seen = keys.map(|key| format!("~{}*", String::from_utf8(key).expect("text")));
    seen.chain(["&*", "+@all"].map(str::to_string)).collect()
}

#[test]
fn a_session_that_an_acl_hides_is_not_taken_for_gone() {
    const ENTRY: &str =
        "1 index entry left alone: an ACL hides the session that it belongs to from this user";
    const KEY: &str = "1 key left alone: an ACL hides the session that it belongs to from this user";
    let sess = Sess::new().load(SLUG);
    let alice = sess.rows(&["--user", "alice"]);
    let hidden = alice[0]["key"].as_str().expect("a key").as_bytes().to_vec();
    let lost = sess.rows(&["--user", "carol"])[0]["key"].as_str().expect("a key").to_string();
    let seen = rules(sess.server.snapshot().into_keys().filter(|key| *key != hidden));
    let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    let sess = sess.user(&seen);
    assert_eq!(found(&sess), BTreeMap::new());
    let ran = sess.changes_nothing(["doctor", "--fail-on", "error"]);
    ran.says("1 index entry and 1 key left alone: an ACL hides the sessions that they belong to");
    for (finding, says) in [("index-orphans", ENTRY), ("leftovers", KEY)] {
        let ran = sess.changes_nothing(["doctor", "--fix", finding, "--yes"]).success();
        ran.says(says).shows("Nothing is left");
    }
    // What another session left is seen and goes.
    sess.server.command(&["UNLINK", &lost]);
    let there = found(&sess);
    assert_eq!(there.keys().map(String::as_str).collect::<Vec<_>>(), BOTH);
    let before = state(&sess);
    for (finding, says) in [("index-orphans", ENTRY), ("leftovers", KEY)] {
        let ran = sess.args(["doctor", "--fix", finding, "--yes", "-o", "json"]).success();
        assert_eq!(number(&ran.says(says).json(), "done"), there[finding]);
    }
    let gone: Vec<String> = before
        .keys()
        .filter(|key| state(&sess).get(*key) != before.get(*key))
        .map(|key| String::from_utf8_lossy(key).into_owned())
        .collect();
    let id = lost.rsplit(':').next().expect("an id");
    assert!(gone.iter().all(|key| key.contains(id) || key.contains("carol")), "{gone:?}");
    assert!(sess.server.snapshot().contains_key(&hidden));
}

#[test]
fn a_session_that_an_acl_hides_by_the_time_of_the_removal_keeps_what_belongs_to_it() {
    let (sess, proxy, key, _) = faulty();
    // The first one only asks whether it may be.
    proxy.hook(|request, _| match (request.verb, request.nth) {
        ("EXEC", 2) => Then::Cut,
        _ => Then::Forward,
    });
    sess.args(["doctor", "--fix", "index-orphans", "--yes"]);
    proxy.pass();
    let run = sess.args(["runs", "-o", "json"]).json();
    let run = run.as_array().expect("runs").last().expect("one")["run"].as_str().expect("a name").to_string();
    let seen = rules(sess.server.snapshot().into_keys().filter(|one| *one != key.as_bytes()));
    sess.server.command(&[&["ACL", "SETUSER", "default"][..], &["resetkeys"]].concat());
    for rule in seen.iter().filter(|rule| rule.starts_with('~')) {
        sess.server.command(&["ACL", "SETUSER", "default", rule]);
    }
    let before = state(&sess);
    let ran = sess.args(["doctor", "--resume", &run, "--yes"]);
    sess.server.command(&["ACL", "SETUSER", "default", "allkeys"]);
    ran.code(4).says("no permission to run");
    same(&state(&sess), &before, "resumed");
}

#[test]
fn in_a_cluster_too() {
    let cluster = Cluster::start(3);
    let one = Sess::new();
    let key = lose_one(&one, SLUG).expect("a session");
    cluster.restore(SLUG);
    cluster.fill(&[vec![b"DEL".to_vec(), key.into_bytes()]]);
    let before = (cluster.contents(), ends(&cluster));
    let there = found(&one);
    assert_eq!(there.len(), 2, "{there:?}");
    assert_eq!(found(&cluster.sess), there);
    for (finding, count) in &there {
        let report = cluster.sess.args(["doctor", "--fix", finding, "--yes", "-o", "json"]).success().json();
        assert_eq!(number(&report, "done"), *count, "{report}");
        mended(&one, finding, *count);
    }
    assert_eq!(found(&cluster.sess), BTreeMap::new());
    assert!(cluster.contents() == one.server.contents());
    for _ in &there {
        cluster.sess.args(["undo", "--yes"]).success();
    }
    assert!((cluster.contents(), ends(&cluster)) == before);
}

fn ends(cluster: &Cluster) -> BTreeMap<Vec<u8>, i64> {
    cluster.snapshot().into_iter().map(|(key, (_, end))| (key, end)).collect()
}
