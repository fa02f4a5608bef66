//! Hashes of which fields end by themselves (Redis 7.4, Valkey 9.0): what is shown of them, and that a change
//! and its undo leave those ends as they were.

use serde_json::Value as Json;

use crate::support::*;

const SPRING: &str = "spring:session:sessions:";

/// A server that knows such ends, with sessions of Spring in it.
fn stocked() -> Option<Sess> {
    let server = Server::other()?;
    if !server.knows("hpexpireat") {
        return None;
    }
    Some(Sess::on(server).load("spring-session"))
}

/// Keys of sessions, in order.
fn keys(sess: &Sess) -> Vec<String> {
    let mut keys = sess.listed("key", &[]);
    keys.retain(|key| key.starts_with(SPRING));
    assert!(keys.len() > 2, "{keys:?}");
    keys
}

fn fields(sess: &Sess, key: &str) -> Vec<String> {
    redis::cmd("HKEYS").arg(key).query(&mut sess.server.connect()).expect("its fields")
}

/// When each field ends, in ms since 1970; -1 is never.
fn ends(sess: &Sess, key: &str) -> Vec<(String, i64)> {
    let mut names = fields(sess, key);
    names.sort();
    let mut command = redis::cmd("HPEXPIRETIME");
    command.arg(key).arg("FIELDS").arg(names.len()).arg(&names);
    let ends: Vec<i64> = command.query(&mut sess.server.connect()).expect("their ends");
    names.into_iter().zip(ends).collect()
}

/// Lets fields end in so many milliseconds.
fn end_in(sess: &Sess, key: &str, names: &[String], ms: i64) {
    let mut command = redis::cmd("HPEXPIRE");
    command.arg(key).arg(ms).arg("FIELDS").arg(names.len()).arg(names);
    command.exec(&mut sess.server.connect()).expect("they end");
}

fn row(sess: &Sess, store: &str, key: &str) -> Json {
    let rows = sess.args(["--store", store, "list", "-o", "json"]).success().json();
    let rows = rows.as_array().expect("rows").iter();
    rows.clone().find(|row| row["key"] == key).cloned().unwrap_or_else(|| panic!("no {key} in {rows:?}"))
}

#[test]
fn a_hash_goes_with_its_last_field() {
    let Some(sess) = stocked() else { return };
    let keys = keys(&sess);
    // One that is kept for ever but for its fields, one whose own end comes first, and one of which a part ends.
    for key in &keys {
        sess.server.command(&["PERSIST", key]);
    }
    sess.server.command(&["PEXPIRE", &keys[1], "60000"]);
    let all = fields(&sess, &keys[0]);
    end_in(&sess, &keys[0], &all[1..], 600_000);
    end_in(&sess, &keys[0], &all[..1], 3_000_000);
    end_in(&sess, &keys[1], &fields(&sess, &keys[1]), 600_000);
    end_in(&sess, &keys[2], &fields(&sess, &keys[2])[..1], 600_000);
    let url = sess.server.url();
    sess.server.command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
    for store in [url.clone(), format!("{url}?via=snapshot")] {
        let left = |key: &str| row(&sess, &store, key)["ttl_ms"].as_u64();
        assert!((2_000_000..=3_000_000).contains(&left(&keys[0]).expect("an end")), "{:?}", left(&keys[0]));
        assert!(left(&keys[1]).expect("an end") <= 60_000);
        assert_eq!(left(&keys[2]), None);
        let inspected = |key: &str, form: &[&str]| {
            sess.args([&["--store", &store[..], "inspect", key], form].concat()).success()
        };
        let shown = inspected(&keys[0], &["-o", "json"]).json();
        assert_eq!(shown["field_ends"].as_object().expect("ends").len(), all.len(), "{shown}");
        let shown = inspected(&keys[2], &["-o", "json"]).json();
        assert_eq!(shown["field_ends"].as_object().expect("ends").len(), 1, "{shown}");
        let card = inspected(&keys[2], &[]).text();
        assert!(card.contains("fields") && card.contains(" ends "), "{card}");
    }
    // What a purge by the time that is left goes by is checked again by the same end.
    for limit in ["<2m", "<51m"] {
        let done = sess.args(["purge", "--ttl", limit, "--yes", "-o", "json"]).success().json();
        assert_eq!(done["done"], 1, "{limit}: {done}");
    }
    assert_eq!(sess.server.command(&["EXISTS", &keys[0]]), redis::Value::Int(0));
    // Longer than its fields last no key can be kept.
    sess.args(["undo", "--yes"]).success();
    let ran = sess.args(["expire", &keys[0], "--in", "5h", "--yes"]);
    assert!(ran.code != Some(0) && ran.stderr.contains("end by themselves before that"), "{}", ran.stderr);
    let before = ends(&sess, &keys[0]);
    sess.args(["expire", &keys[0], "--in", "5m", "--yes"]).success();
    assert_eq!(ends(&sess, &keys[0]), before);
    assert!(row(&sess, &url, &keys[0])["ttl_ms"].as_u64().expect("an end") <= 300_000);
}

#[test]
fn a_change_and_its_undo_leave_the_ends_of_fields() {
    let Some(sess) = stocked() else { return };
    for key in keys(&sess) {
        end_in(&sess, &key, &fields(&sess, &key), 20_000_000);
    }
    let of_all = || keys(&sess).iter().map(|key| ends(&sess, key)).collect::<Vec<_>>();
    let span = |key: &str| sess.server.command(&["HGET", key, "maxInactiveInterval"]);
    let spans = span(&keys(&sess)[0]);
    let (before, contents) = (of_all(), sess.server.contents());
    assert!(before.iter().flatten().all(|(_, end)| *end > 0));
    for change in [
        // Spring keeps the span of a session in a field, which is written anew.
        &["expire", "--all", "--in", "2h", "--yes"][..],
        &["purge", "--all", "--yes"],
    ] {
        sess.args(change).success();
        if change[0] == "expire" {
            assert_eq!(of_all(), before);
            assert!(span(&keys(&sess)[0]) != spans, "nothing was written anew");
            assert!(sess.server.contents().keys().eq(contents.keys()));
        }
        sess.args(["undo", "--yes"]).success();
        assert_eq!(of_all(), before, "{change:?}");
    }
}
