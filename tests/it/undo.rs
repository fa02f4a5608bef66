//! What undo gives back: everything that a run took, as it was, and never over what is newer.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value as Json, json};

use crate::support::*;

/// A key's content, its DUMP where that has one form only, and its end.
type State = BTreeMap<Vec<u8>, (Content, Option<Vec<u8>>, i64)>;

/// All keys. What lies in a hash table is dumped in whatever order the server keeps it in, so that
/// only the members are compared.
fn state(server: &Server) -> State {
    let mut snapshot = server.snapshot();
    let mut connection = server.connect();
    server
        .contents()
        .into_iter()
        .map(|(key, content)| {
            let (dump, end) = snapshot.remove(&key).expect("the same keys");
            let encoding: String =
                redis::cmd("OBJECT").arg("ENCODING").arg(&key).query(&mut connection).expect("a word");
            let dump = (encoding != "hashtable").then_some(dump);
            (key, (content, dump, end))
        })
        .collect()
}

#[track_caller]
fn same(now: &State, before: &State, about: &str) {
    for (key, was) in before {
        let name = key.escape_ascii();
        let is = now.get(key).unwrap_or_else(|| panic!("{about}: {name} is missing"));
        assert!(is == was, "{about}: {name} was {was:?} and is {is:?}");
    }
    let new = now.keys().find(|key| !before.contains_key(*key));
    assert!(new.is_none(), "{about}: a key was not there: {new:?}");
}

/// Which sessions are changed, and how.
#[derive(Debug, Clone)]
enum Way {
    All,
    User(Index),
    Ids(Vec<Index>),
    Expire(&'static [&'static str]),
}

fn ways() -> impl Strategy<Value = Way> {
    prop_oneof![
        3 => Just(Way::All),
        3 => any::<Index>().prop_map(Way::User),
        3 => vec(any::<Index>(), 1..4).prop_map(Way::Ids),
        3 => proptest::sample::select(vec![
            &["--in", "2h"][..],
            &["--cap", "5m"],
            &["--floor", "5d"],
            &["--persist"],
        ])
        .prop_map(Way::Expire),
    ]
}

/// The arguments of the change; `None` where there is nothing to choose from.
fn change(sess: &Sess, way: &Way, layout: &[&str]) -> Option<Vec<String>> {
    let rows = sess.rows(layout);
    let texts = |member: &str| -> Vec<String> {
        let mut texts: Vec<String> =
            rows.iter().filter_map(|row| row[member].as_str().map(str::to_string)).collect();
        texts.sort();
        texts.dedup();
        texts
    };
    let chosen: Vec<String> = match way {
        Way::All => vec!["purge".into(), "--all".into()],
        Way::User(index) => {
            let users = texts("user");
            (!users.is_empty()).then(|| vec!["purge".into(), "--user".into(), index.get(&users).clone()])?
        }
        Way::Ids(indexes) => {
            let keys = texts("key");
            if keys.is_empty() {
                return None;
            }
            let keys = indexes.iter().map(|index| index.get(&keys).clone());
            std::iter::once("purge".to_string()).chain(keys).collect()
        }
        Way::Expire(when) => ["expire", "--all"].iter().chain(*when).map(ToString::to_string).collect(),
    };
    let more = ["--yes", "--max", "none"].iter().chain(layout).map(ToString::to_string);
    Some(chosen.into_iter().chain(more).collect())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn undo_gives_back_everything_and_changes_nothing_else(
        slugs in vec(proptest::sample::select(fixtures()), 1..4),
        ways in vec(ways(), 1..4),
        others in vec(("[a-z]{1,4}:[a-z0-9:]{1,12}", "[ -~]{0,80}", proptest::option::of(600_000u32..90_000_000)), 0..5),
        ends in vec((any::<Index>(), proptest::option::of(600_000u32..90_000_000)), 0..4),
    ) {
        let mut sess = Sess::new();
        for slug in &slugs {
            sess = sess.load(slug);
        }
        sess.release_locks();
        let mut connection = sess.server.connect();
        for (key, value, ttl) in &others {
            let mut command = redis::cmd("SET");
            command.arg(key).arg(value).arg("NX");
            if let Some(ttl) = ttl {
                command.arg("PX").arg(*ttl);
            }
            command.exec(&mut connection).expect("SET");
        }
        let keys: Vec<Vec<u8>> = sess.server.snapshot().into_keys().collect();
        for (index, ttl) in &ends {
            let key = index.get(&keys);
            match ttl {
                Some(ttl) => redis::cmd("PEXPIRE").arg(key).arg(*ttl).exec(&mut connection),
                None => redis::cmd("PERSIST").arg(key).exec(&mut connection),
            }.expect("a new end");
        }
        // One layout by its name, or whatever is recognised among several.
        let names = layout_names(&slugs[0]);
        let layout = if slugs.len() == 1 { vec!["--layout", &names[0]] } else { Vec::new() };
        for way in &ways {
            let before = state(&sess.server);
            let Some(args) = change(&sess, way, &layout) else { continue };
            let about = format!("{slugs:?} {args:?}");
            let mut json = vec!["-o".to_string(), "json".to_string()];
            json.extend(args);
            let ran = sess.args(&json);
            // Some are only shown: by themselves a refusal, beside others a part.
            let shown_only = slugs.iter().any(|slug| expected(slug)["ends"] == false);
            if shown_only && ran.code == Some(5) {
                same(&state(&sess.server), &before, &about);
                continue;
            }
            let partly = shown_only && ran.code == Some(3);
            prop_assert!(partly || matches!(ran.code, Some(0 | 1)), "{about}: {}", ran.stderr);
            let report = ran.json();
            let after = state(&sess.server);
            for (key, ..) in &others {
                prop_assert_eq!(after.get(key.as_bytes()), before.get(key.as_bytes()), "{}", about);
            }
            let Some(run) = report["run"].as_str().map(str::to_string) else {
                same(&after, &before, &about);
                continue;
            };
            prop_assert!(report["done"].as_u64() > Some(0) && after != before, "{about}: {report}");
            let back = sess.args(["undo", &run, "--yes", "-o", "json"]).success().json();
            prop_assert_eq!((&back["done"], &back["matched"]), (&report["done"], &report["done"]), "{}", about);
            same(&state(&sess.server), &before, &about);
            // Once more there is nothing left to do.
            sess.args(["undo", &run, "--yes"]).success();
            same(&state(&sess.server), &before, &about);
        }
    }
}

#[test]
fn ends_that_values_and_indexes_hold_come_back_to_the_byte() {
    // As the command line takes a time, all of them beyond what the sessions have left.
    const TIMES: [&str; 4] =
        ["2033-01-02 03:04", "2033-01-02T03:04:05Z", "2033-01-02T03:04:05+01:00", "@1988247845"];
    let sess = Sess::new();
    for slug in [
        "redis-sessions",
        "mgcrea-fastify-session",
        "better-auth",
        "connect-redis",
        "koa-session",
        "spring-session",
        "spring-session-indexed",
        "micronaut-session",
    ] {
        sess.server.flush();
        sess.restore(slug);
        let named = ["--layout", &layout_names(slug)[0]];
        let mut done = 0;
        let mut ways =
            vec![vec!["--in", "7d"], vec!["--cap", "5m"], vec!["--floor", "90d"], vec!["--persist"]];
        ways.extend(TIMES.map(|time| vec!["--at", time]));
        for (at, when) in ways.into_iter().enumerate() {
            // One of them never ends, as far as its key goes.
            if at == 1 {
                let key = sess.listed("key", &named).remove(0);
                sess.server.command(&["PERSIST", &key]);
            }
            let before = state(&sess.server);
            let args = [&["expire", "--all", "--yes", "-o", "json"][..], &named, &when].concat();
            let ran = sess.args(args);
            let about = format!("{slug} {when:?}");
            if ran.code == Some(5) {
                // No layout that cannot do it changes half of it.
                ran.says("cannot be changed by sessctl");
                same(&state(&sess.server), &before, &about);
                continue;
            }
            let report = ran.json();
            if report["done"] == 0 {
                same(&state(&sess.server), &before, &about);
                continue;
            }
            assert!(state(&sess.server) != before, "{about}");
            let back = sess.args(["undo", "--yes", "-o", "json"]).success().json();
            assert_eq!(back["done"], report["done"], "{about}");
            same(&state(&sess.server), &before, &about);
            done += 1;
        }
        assert!(done >= 5, "{slug}: {done}");
        let without = sess.rows(&[&named[..], &["--no-ttl"]].concat()).len();
        let before = state(&sess.server);
        let args = [&["expire", "--no-ttl", "--in", "7d", "--yes", "-o", "json"][..], &named].concat();
        let ran = sess.args(args);
        if without > 0 && ran.code == Some(0) {
            assert_eq!(ran.json()["matched"], without, "{slug}");
            assert!(state(&sess.server) != before, "{slug}");
            sess.args(["undo", "--yes"]).success();
        }
        same(&state(&sess.server), &before, slug);
    }
    for when in ["2001-01-01 00:00", "@1000000000", "2001-01-01T00:00:00Z"] {
        sess.changes_nothing(["expire", "--all", "--at", when, "--yes"]).code(2).says("has already passed");
    }
}

fn shop() -> Sess {
    Sess::new()
        .express("sess:alice-0000000000000000000000000001", Some("alice"), &json!({}))
        .express("sess:alice-0000000000000000000000000002", Some("alice"), &json!({}))
        .express("sess:bob-000000000000000000000000000003", Some("bob"), &json!({}))
        .global(&["--layout", "connect-redis"])
}

/// Ends everything; the run's name.
#[track_caller]
fn purged(sess: &Sess) -> String {
    let report = sess.args(["purge", "--all", "--yes", "-o", "json"]).success().json();
    report["run"].as_str().expect("a run").to_string()
}

#[track_caller]
fn undone(sess: &Sess, args: &[&str]) -> Json {
    sess.args([&["undo", "--yes", "-o", "json"], args].concat()).success().json()
}

#[test]
fn a_run_comes_back_in_parts_and_as_a_whole() {
    let sess = shop();
    let before = sess.server.snapshot();
    let run = purged(&sess);
    assert!(sess.server.snapshot().is_empty());
    let shown = sess.changes_nothing(["undo", "--dry-run", "-o", "json"]).success().json();
    assert_eq!((&shown["matched"], &shown["dry_run"]), (&json!(3), &json!(true)));
    sess.changes_nothing(["undo", "--user", "nobody", "--yes"]).success();
    sess.changes_nothing(["undo", &run, "--yes", "--expect", "2"]).code(5).says("--expect says 2");
    sess.changes_nothing(["undo", &run]).code(5).says("no terminal").says("--yes");
    assert_eq!(undone(&sess, &[&run, "--user", "bob"])["done"], 1);
    assert_eq!(sess.listed("user", &[]), ["bob"]);
    assert_eq!(undone(&sess, &[&run, "alice-0000000000000000000000000001"])["done"], 1);
    assert_eq!(sess.listed("user", &[]), ["alice", "bob"]);
    // A part is not all of it: the run can still be taken back.
    assert_eq!(sess.args(["runs", "-o", "json"]).success().json()[0]["state"], "done");
    undone(&sess, &[]);
    assert!(sess.server.snapshot() == before);
    assert_eq!(sess.args(["runs", "-o", "json"]).success().json()[0]["state"], "undone");
    sess.changes_nothing(["undo", "--yes"]).code(1).says("no run on").says("sessctl runs");
    sess.changes_nothing(["undo", &run, "--yes"]).success();
}

#[test]
fn what_is_newer_stays_and_what_would_have_ended_stays_ended() {
    let sess = shop();
    let newer = express(Some("carol"), &json!({}));
    sess.server.command(&["PEXPIRE", "sess:alice-0000000000000000000000000002", "800"]);
    let run = purged(&sess);
    sess.server.command(&["SET", "sess:alice-0000000000000000000000000001", &newer]);
    let end = std::time::SystemTime::now() + std::time::Duration::from_millis(800);
    eventually("its time has come", || std::time::SystemTime::now() > end);
    let report = undone(&sess, &[&run]);
    let counts = ["matched", "done", "changed", "gone"].map(|name| report[name].as_u64());
    assert_eq!(counts, [3, 1, 1, 1].map(Some), "{report}");
    assert_eq!(sess.listed("user", &[]), ["bob", "carol"]);
}

#[test]
fn an_end_that_was_moved_meanwhile_stays() {
    let sess = shop();
    sess.args(["expire", "--all", "--in", "2h", "--yes"]).success();
    sess.server.command(&["PEXPIRE", "sess:bob-000000000000000000000000000003", "900000"]);
    let end = |key: &str| sess.server.snapshot()[key.as_bytes()].1;
    let bob = end("sess:bob-000000000000000000000000000003");
    let moved = end("sess:alice-0000000000000000000000000001");
    let report = undone(&sess, &[]);
    assert_eq!((&report["done"], &report["changed"]), (&json!(2), &json!(1)), "{report}");
    assert_eq!(end("sess:bob-000000000000000000000000000003"), bob);
    assert!(end("sess:alice-0000000000000000000000000001") < moved);
}

#[test]
fn a_lock_does_not_come_back() {
    let key = "PHPREDIS_SESSION:gpcqfp31ifeu7n9bmp49bs11sj";
    let sess = Sess::new().set(key, "user_id|i:7;").set(format!("{key}_LOCK"), "worker-3|4711");
    let report = sess.args(["purge", "--user", "7", "--yes", "-o", "json"]).success().json();
    assert_eq!((&report["done"], &report["keys_removed"]), (&json!(1), &json!(2)), "{report}");
    assert!(sess.server.contents().is_empty());
    assert_eq!(undone(&sess, &[])["done"], 1);
    // The request that held it is over, and nobody would ever give it up.
    assert!(sess.server.contents().keys().eq([key.as_bytes()]));
}
