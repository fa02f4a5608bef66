//! The same on every server that can be had: what is read, ended, put back, watched and permitted there is what it
//! is on the redis-server that all other tests run on.
//!
//! What a server can do is found out by asking it, here as in the program.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::dumps::difference;
use crate::rights::{printed, run_as};
use crate::support::*;
use crate::ways::{Passes, at_points, ways_of};
use crate::{snapshots, watch};

/// Strings and hashes, with no index, with sets, sorted sets, twins and lists in JSON.
const STORES: [&str; 4] = ["connect-redis", "spring-session-indexed", "overleaf", "better-auth"];

macro_rules! on_each_server {
    ($($test:ident)*) => {
        on_each_server!(redis_6_2 "redis-6.2" $($test)*);
        on_each_server!(redis_7_0 "redis-7.0" $($test)*);
        on_each_server!(redis_8_2 "redis-8.2" $($test)*);
        on_each_server!(valkey_8_1 "valkey-8.1" $($test)*);
        on_each_server!(valkey_9_1 "valkey-9.1" $($test)*);
    };
    ($module:ident $name:literal $($test:ident)*) => {
        mod $module {
            $(
                #[test]
                fn $test() {
                    if let Some(server) = crate::support::Server::of($name) {
                        super::$test(server);
                    }
                }
            )*
        }
    };
}

on_each_server! {
    what_is_read_is_the_same
    what_is_ended_and_put_back_is_the_same
    what_gone_sessions_left_is_removed_and_put_back
    a_writer_between_two_requests_loses_nothing
    the_rights_that_are_printed_are_enough
    what_happens_is_told
    its_dump_gives_the_same_rows
    it_sends_what_a_replica_gets
}

/// A captured store on this server, and on the one to compare with.
fn both(sess: &Sess, slug: &str) -> Sess {
    let reference = Sess::new().load(slug);
    reference.release_locks();
    sess.server.flush();
    sess.server.copy(&reference.server);
    assert!(sess.server.contents() == reference.server.contents(), "{slug}");
    reference
}

/// When every key ends, in whole minutes: servers that tell it by a span are off by a moment.
fn ends(sess: &Sess) -> BTreeMap<Vec<u8>, i64> {
    let keys = sess.server.contents().into_keys();
    keys.map(|key| (sess.server.ends_at(&key) + 30_000, key)).map(|(end, key)| (key, end / 60_000)).collect()
}

fn what_is_read_is_the_same(server: Server) {
    let sess = Sess::on(server);
    for slug in STORES {
        let reference = both(&sess, slug);
        let (here, there) = (sess.steady_rows(&[]), reference.steady_rows(&[]));
        assert_eq!(here, there, "{slug}");
        for args in [&["count"][..], &["count", "--by", "user", "-o", "json"], &["count", "--ttl", ">1m"]] {
            assert_eq!(
                sess.args(args).success().text(),
                reference.args(args).success().text(),
                "{slug}: {args:?}"
            );
        }
        let first = here.values().next().expect("a session");
        let key = first["key"].as_str().expect("a key");
        let (one, other) =
            (sess.args(["inspect", key, "-o", "json"]), reference.args(["inspect", key, "-o", "json"]));
        let (one, other) = (one.success().json(), other.success().json());
        assert_eq!((&one["data"], &one["companions"]), (&other["data"], &other["companions"]), "{slug}");
        assert!(one["ttl_ms"].as_i64().is_some_and(|ttl| ttl > 0) && one["bytes"].is_u64(), "{slug}: {one}");
        sess.args(["discover"]).success().shows(first["layout"].as_str().expect("a layout"));
        sess.args(["stats", "-o", "json"]).success();
    }
    sess.server.flush();
    let sess = sess.many(3_000);
    sess.args(["count"]).success().stdout("3000\n");
    assert_eq!(sess.listed("id", &[]).len(), 3_000);
}

fn what_is_ended_and_put_back_is_the_same(server: Server) {
    let sess = Sess::on(server);
    for slug in STORES {
        let reference = both(&sess, slug);
        let (before, ended) = (sess.server.contents(), ends(&sess));
        for args in [
            &["purge", "--all", "--yes"][..],
            &["purge", "--all", "--yes", "--max", "none"],
            &["expire", "--all", "--in", "2h", "--yes"],
            &["expire", "--all", "--cap", "1h", "--yes"],
        ] {
            let (here, there) = (sess.args(args), reference.args(args));
            assert_eq!(here.code, there.code, "{slug}: {args:?}: {} / {}", here.stderr, there.stderr);
            let parts = |sess: &Sess| {
                let parts = sess.server.contents().into_iter();
                parts
                    .map(|(key, content)| (key, content.parts().into_keys().collect::<Vec<_>>()))
                    .collect::<BTreeMap<_, _>>()
            };
            assert_eq!(parts(&sess), parts(&reference), "{slug}: {args:?}");
            if args[0] == "expire" {
                let (here, there) = (ends(&sess), ends(&reference));
                let close = |key: &Vec<u8>| (here[key] - there[key]).abs() <= 1;
                assert!(here.keys().all(close), "{slug}: {args:?}: {here:?} {there:?}");
            }
            let (here, there) = (sess.args(["undo", "--yes"]), reference.args(["undo", "--yes"]));
            assert_eq!(here.code, there.code, "{slug}: {args:?}: {} / {}", here.stderr, there.stderr);
            assert!(sess.server.contents() == before, "{slug}: {args:?}");
            let after = ends(&sess);
            assert!(
                after.iter().all(|(key, end)| (end - ended[key]).abs() <= 1),
                "{slug}: {args:?}: {after:?} {ended:?}"
            );
        }
    }
}

fn what_gone_sessions_left_is_removed_and_put_back(server: Server) {
    let sess = Sess::on(server);
    both(&sess, "spring-session-indexed");
    let rows = sess.rows(&["--user", "alice"]);
    sess.server.command(&["UNLINK", rows[0]["key"].as_str().expect("a key")]);
    let before = sess.server.contents();
    for finding in ["index-orphans", "leftovers"] {
        let report = sess.args(["doctor", "--fix", finding, "--yes", "-o", "json"]).success().json();
        assert_eq!((&report["done"], &report["matched"]), (&json!(1), &json!(1)), "{report}");
        assert!(sess.server.contents() != before);
        sess.args(["undo", "--yes"]).success();
        assert!(sess.server.contents() == before, "{finding}");
    }
}

fn a_writer_between_two_requests_loses_nothing(server: Server) {
    let ways = ways_of(&server);
    at_points(server, ways, &[], Passes::Two, 4, 5);
}

fn the_rights_that_are_printed_are_enough(server: Server) {
    let sess = Sess::on(server);
    for (user, command) in [("reads", "list"), ("ends", "purge"), ("moves", "expire"), ("undoes", "undo")] {
        // The line is for a server that need not be there; which one it is has to be said.
        let version: &[&str] = if sess.server.knows("PEXPIRETIME") { &[] } else { &["--server", "6.2"] };
        let line = printed(&sess, &[&["--for", command, "--user", user], version].concat());
        sess.server.command(&line);
    }
    for slug in STORES {
        both(&sess, slug);
        let before = sess.server.contents();
        run_as(&sess, "reads", &["list", "-o", "json"]).success();
        run_as(&sess, "reads", &["purge", "--all", "--yes"]).code(4);
        for (user, args) in [
            ("ends", &["purge", "--all", "--yes"][..]),
            ("moves", &["expire", "--all", "--in", "2h", "--yes"]),
        ] {
            run_as(&sess, user, args).success();
            run_as(&sess, "undoes", &["undo", "--yes"]).success();
            assert!(sess.server.contents() == before, "{slug}: {args:?}");
        }
    }
}

fn what_happens_is_told(server: Server) {
    watch::each_second_is_told(server, "AKE");
}

fn its_dump_gives_the_same_rows(server: Server) {
    let sess = Sess::on(server);
    for slug in STORES {
        both(&sess, slug);
        sess.server.command(&["SAVE"]);
        let dump = sess.server.dir.path().join("dump.rdb");
        let by_key = |mut rows: Vec<Json>| {
            rows.sort_by_key(|row| row["key"].to_string());
            rows
        };
        let live = by_key(sess.args(["list", "-o", "ndjson"]).success().ndjson());
        let store = ["--store", dump.to_str().expect("a path"), "list", "-o", "ndjson"];
        let dumped = by_key(sess.args(store).success().ndjson());
        assert!(
            live.len() == dumped.len() && !live.is_empty(),
            "{slug}: {} are {}",
            live.len(),
            dumped.len()
        );
        for (one, two) in live.iter().zip(&dumped) {
            assert_eq!(difference(one, two), None, "{slug}: {}", one["key"]);
        }
    }
}

fn it_sends_what_a_replica_gets(server: Server) {
    snapshots::is_sent_by(server);
}
