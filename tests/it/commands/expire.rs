//! `expire`: when sessions end, by the key, by the value and in the indexes.

use serde_json::{Value as Json, json};

use crate::support::*;

pub(super) const HOUR: i64 = 3_600_000;

/// A captured store with its layout and options named.
pub(super) fn captured(slug: &str, layout: &str) -> Sess {
    let expected = expected(slug);
    let mut options = expected["config"].clone();
    options.as_object_mut().expect("options").remove("other_prefixes");
    Sess::new().load(slug).profile(layout, &options)
}

pub(super) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("a time")
}

/// A moment that no fixture knows, in whole seconds so that every notation can hold it.
pub(super) fn later(hours: i64) -> (i64, String) {
    let at = (now() / 1000) * 1000 + hours * HOUR;
    (at, format!("@{}", at / 1000))
}

fn iso(ms: i64) -> String {
    let text = jiff::Timestamp::from_millisecond(ms).expect("a time");
    text.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn text(sess: &Sess, key: &str) -> String {
    match &sess.server.contents()[key.as_bytes()] {
        Content::Text(text) => String::from_utf8_lossy(text).into_owned(),
        other => panic!("{key}: {other:?}"),
    }
}

pub(super) fn end(sess: &Sess, key: &str) -> i64 {
    sess.server.snapshot()[key.as_bytes()].1
}

/// The keys of a captured store's sessions, as the program lists them.
pub(super) fn keys(sess: &Sess) -> Vec<String> {
    let keys = sess.listed("key", &[]);
    assert!(!keys.is_empty());
    keys
}

/// Runs it, checks the report, hands over what changed to `check`, and undoes it to the byte.
#[track_caller]
fn round(sess: &Sess, args: &[&str], may_change: &[&str], check: impl Fn(&str)) {
    let sessions = keys(sess);
    let before = sess.server.snapshot();
    let report = sess.args([&["expire", "--yes", "-o", "json"], args].concat()).success().json();
    assert_eq!(report["done"], sessions.len(), "{report}");
    assert_eq!(report["matched"], report["done"], "{report}");
    for (member, wanted) in [("keys_removed", 0), ("entries_removed", 0), ("bytes_freed", 0)] {
        assert_eq!(report[member], wanted, "{report}");
    }
    let after = sess.server.snapshot();
    assert_eq!(before.len(), after.len());
    for (key, value) in &before {
        let name = String::from_utf8_lossy(key).into_owned();
        if sessions.contains(&name) {
            assert!(after[key] != *value, "{name} was not changed");
            check(&name);
        } else if !may_change.iter().any(|may| name.starts_with(may)) {
            assert!(after[key] == *value, "{name} was changed");
        }
    }
    // What has been done needs no doing again.
    let report = sess.changes_nothing([&["expire", "--yes", "-o", "json"], args].concat()).success().json();
    assert_eq!(report["matched"], 0, "{report}");
    sess.args(["undo", "--yes"]).success();
    let again = sess.server.snapshot();
    for (key, value) in &before {
        let name = String::from_utf8_lossy(key);
        assert_eq!(again[key].1, value.1, "{name} ends at another time");
        assert!(again[key] == *value, "{name} is not as it was");
    }
}

#[test]
fn where_the_key_is_all_its_expiry_alone_changes() {
    for (slug, layout) in [
        ("connect-redis", "connect-redis"),
        ("connect-redis-crypto", "connect-redis-crypto"),
        ("nodebb", "nodebb"),
        ("koa-generic-session", "koa-generic-session"),
        ("koa-session2", "koa-session2"),
        ("adonis-session-redis", "adonis-session-redis"),
        ("remix-session-storage-redis", "remix-session-storage-redis"),
        ("remix-redis-session", "remix-redis-session"),
        ("telegraf-session-redis", "telegraf-session-redis"),
    ] {
        let sess = captured(slug, layout);
        let before = sess.server.contents();
        let (at, when) = later(3);
        round(&sess, &["--all", "--at", &when], &[], |key| {
            assert_eq!(end(&sess, key), at, "{slug} {key}");
            assert!(sess.server.contents() == before, "{slug}");
        });
        // Sessions that never end are as they should be.
        for key in keys(&sess) {
            sess.server.command(&[b"PEXPIREAT", key.as_bytes(), at.to_string().as_bytes()]);
        }
        round(&sess, &["--all", "--persist"], &[], |key| assert_eq!(end(&sess, key), -1, "{slug} {key}"));
    }
}

#[test]
fn overleafs_index_lives_as_long_as_its_sessions() {
    for named in [true, false] {
        let sess = if named { captured("overleaf", "overleaf") } else { Sess::new().load("overleaf") };
        let (at, when) = later(24 * 30);
        round(&sess, &["--all", "--at", &when], &["UserSessions:"], |key| assert_eq!(end(&sess, key), at));
        sess.args(["expire", "--all", "--yes", "--at", &when]).success();
        let index = "UserSessions:{5f0c1d2e3f4a5b6c7d8e9f01}";
        assert_eq!(end(&sess, index), at);
        // A shorter life of its sessions is none of the index's business.
        sess.args(["expire", "--all", "--yes", "--cap", "1h"]).success();
        assert_eq!(end(&sess, index), at);
        sess.args(["expire", "--all", "--yes", "--persist"]).success();
        assert_eq!(end(&sess, index), -1);
    }
}

#[test]
fn a_part_of_a_run_that_is_undone_leaves_the_index_its_longer_life() {
    let sess = Sess::new().load("overleaf");
    let (at, when) = later(24 * 30);
    sess.args(["expire", "--all", "--yes", "--at", &when]).success();
    let run = sess.args(["runs", "-o", "ids"]).success().text().trim().to_string();
    let before = end(&sess, "UserSessions:{5f0c1d2e3f4a5b6c7d8e9f01}");
    sess.args(["undo", &run, "sess:xPPNoSoUgIzLrwZbThQwUuakDGKcry6T", "--yes"]).success();
    assert_ne!(end(&sess, "sess:xPPNoSoUgIzLrwZbThQwUuakDGKcry6T"), at);
    assert_eq!(end(&sess, "UserSessions:{5f0c1d2e3f4a5b6c7d8e9f01}"), before);
}

#[test]
fn the_end_inside_the_value_changes_and_not_a_byte_else() {
    let (at, when) = later(3);
    // The member, what is written for the new end, and by how much the key outlives it.
    let table = [
        ("koa-session", "koa-session", "_expire", at.to_string(), 10_000),
        ("koa-session-v7", "koa-session", "_expire", at.to_string(), 10_000),
        ("egg-session-redis", "egg-session-redis", "_expire", at.to_string(), 10_000),
        ("hono-sessions", "hono-sessions", "_expire", json!(iso(at)).to_string(), 0),
        ("fastify-session", "fastify-session", "expires", json!(iso(at)).to_string(), 0),
        ("fastify-session-connect-redis", "fastify-session", "expires", json!(iso(at)).to_string(), 0),
    ];
    for (slug, layout, member, new, grace) in table {
        let sess = captured(slug, layout);
        let before: Vec<(String, String)> =
            keys(&sess).into_iter().map(|key| (key.clone(), text(&sess, &key))).collect();
        round(&sess, &["--all", "--at", &when], &[], |key| {
            let held = before.iter().find(|(name, _)| name == key).map(|(_, text)| text).expect("a session");
            let ends = !held.contains("\"_session\":true");
            assert_eq!(end(&sess, key), at + if ends { grace } else { 0 }, "{slug} {key}");
            let wanted = match with_member(held, member, &new) {
                Some(wanted) => wanted,
                None => held.clone(),
            };
            assert_eq!(text(&sess, key), wanted, "{slug}");
        });
    }
}

/// The text with another value for the first member of that name, unless that is null.
fn with_member(text: &str, member: &str, new: &str) -> Option<String> {
    let name = format!("\"{member}\":");
    let start = text.find(&name)? + name.len();
    let length = text[start..].find([',', '}'])?;
    let old = &text[start..start + length];
    (old != "null").then(|| format!("{}{new}{}", &text[..start], &text[start + length..]))
}

#[test]
fn what_may_never_end_says_so_in_the_frameworks_own_words() {
    let sess = captured("hono-sessions", "hono-sessions");
    round(&sess, &["--all", "--persist"], &[], |key| {
        assert_eq!(end(&sess, key), -1);
        assert!(text(&sess, key).contains("\"_expire\":null"), "{}", text(&sess, key));
    });
    let sess = captured("fastify-session", "fastify-session");
    round(&sess, &["--all", "--persist"], &[], |key| {
        assert_eq!(end(&sess, key), -1);
        assert!(text(&sess, key).contains("\"expires\":null"), "{}", text(&sess, key));
    });
    let sess = captured("mgcrea-fastify-session", "mgcrea-fastify-session");
    round(&sess, &["--all", "--persist"], &[], |key| {
        assert_eq!(end(&sess, key), -1);
        assert_eq!(field(&sess, key, "expiry"), "");
    });
    for (slug, layout) in [
        ("better-auth", "better-auth"),
        ("authjs-upstash", "authjs-upstash"),
        ("redis-sessions", "redis-sessions"),
        ("lemonldap-ng", "lemonldap-ng"),
        ("koa-session", "koa-session"),
    ] {
        let sess = captured(slug, layout);
        let ran = sess.changes_nothing(["expire", "--all", "--persist", "--yes", "-o", "json"]).success();
        assert_eq!(ran.json()["matched"], 0, "{slug}");
        ran.says("cannot be changed this way: the framework gives each of them an expiry");
    }
}

fn field(sess: &Sess, key: &str, field: &str) -> String {
    match &sess.server.contents()[key.as_bytes()] {
        Content::Fields(fields) => String::from_utf8_lossy(&fields[field.as_bytes()]).into_owned(),
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn mgcreas_field_moves_with_the_key() {
    let sess = captured("mgcrea-fastify-session", "mgcrea-fastify-session");
    let (at, when) = later(3);
    let free: Vec<String> =
        keys(&sess).into_iter().filter(|key| field(&sess, key, "expiry").is_empty()).collect();
    round(&sess, &["--all", "--at", &when], &[], |key| {
        assert_eq!(end(&sess, key), at);
        // A session whose cookie has no age goes by the key alone.
        let wanted = if free.iter().any(|free| free == key) { String::new() } else { at.to_string() };
        assert_eq!(field(&sess, key, "expiry"), wanted);
    });
}

#[test]
fn redis_sessions_count_from_the_last_access_and_have_no_ttl() {
    let sess = captured("redis-sessions", "redis-sessions");
    let (at, when) = later(3);
    round(&sess, &["--all", "--at", &when], &["rs:SESSIONS"], |key| {
        let number = |name: &str| field(&sess, key, name).parse::<i64>().expect("a number");
        assert_eq!(number("la") + number("ttl"), at / 1000);
        assert_eq!(end(&sess, key), -1);
        let Content::Scored(scores) = &sess.server.contents()[&b"rs:SESSIONS"[..]] else { panic!("a zset") };
        let member = format!("{}:{}", key.strip_prefix("rs:").expect("a key"), field(&sess, key, "id"));
        assert!((scores[member.as_bytes()] - (at / 1000) as f64).abs() < 0.5, "{member}");
    });
}

#[test]
fn better_auth_keeps_the_end_thrice() {
    let list = "better-auth:active-sessions-FrPkt5eB1096gCiEZZ82djWkRfjVltFS";
    for hours in [3, 24 * 30] {
        let sess = captured("better-auth", "better-auth");
        let (at, when) = later(hours);
        let before = end(&sess, list);
        round(&sess, &["--all", "--at", &when], &["better-auth:active-sessions-"], |key| {
            assert_eq!(end(&sess, key), at);
            let session: Json = serde_json::from_str(&text(&sess, key)).expect("JSON");
            assert_eq!(session["session"]["expiresAt"], iso(at));
            let items: Json = serde_json::from_str(&text(&sess, list)).expect("JSON");
            assert!(items.as_array().expect("a list").iter().all(|item| item["expiresAt"] == at), "{items}");
            assert_eq!(end(&sess, list), before.max(at));
        });
    }
}

#[test]
fn rows_without_a_ttl_get_none() {
    let (at, when) = later(3);
    let sess = captured("authjs-upstash", "authjs-upstash");
    round(&sess, &["--all", "--at", &when], &[], |key| {
        assert_eq!(end(&sess, key), -1);
        let session: Json = serde_json::from_str(&text(&sess, key)).expect("JSON");
        assert_eq!(session["expires"], iso(at));
    });
    let sess = captured("lemonldap-ng", "lemonldap-ng");
    round(&sess, &["--all", "--at", &when], &[], |key| {
        assert_eq!(end(&sess, key), -1);
        let session: Json = serde_json::from_str(&text(&sess, key)).expect("JSON");
        assert_eq!(session["_utime"], at / 1000 - 72_000);
    });
    // A row that somebody gave a TTL all the same ends with it, so that it has to follow.
    sess.server.command(&["EXPIRE", &keys(&sess)[0], "60"]);
    sess.args(["expire", "--all", "--yes", "--in", "5h"]).success();
    assert!(end(&sess, &keys(&sess)[0]) > now() + 4 * HOUR);
}

#[test]
fn a_latin_1_value_keeps_its_bytes() {
    let id = "0123456789abcdef0123456789abcdef";
    let value = |utime: &str| {
        let text = [
            b"{\"_session_id\":\"",
            id.as_bytes(),
            b"\",\"_utime\":",
            utime.as_bytes(),
            b",\"n\":\"z\xeb\\ud83d\"}",
        ];
        text.concat()
    };
    let sess = Sess::new().set(id, value(&format!("\"{}\"", now() / 1000)));
    let (at, when) = later(3);
    sess.args(["expire", id, "--yes", "--at", &when]).success().shows("Changed 1 session.");
    let wanted = value(&format!("\"{}\"", at / 1000 - 72_000));
    assert_eq!(sess.server.contents()[id.as_bytes()], Content::Text(wanted));
}

#[test]
fn an_offline_session_of_shopify_and_a_row_of_etherpad_say_why_not() {
    let sess = captured("shopify-app-session-storage-redis", "shopify-app-session-storage-redis");
    let (at, when) = later(3);
    let before = sess.server.snapshot();
    let ran = sess.args(["expire", "--all", "--yes", "--at", &when, "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 2);
    ran.says("2 matching sessions of shopify-app-session-storage-redis").says("hold no end");
    let online = text(&sess, "shopify_sessions_alpha.myshopify.com_1001");
    assert!(online.contains(&format!("[\"expires\",{at}]")), "{online}");
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.snapshot() == before);

    let sess = captured("etherpad", "etherpad");
    let ran = sess.changes_nothing(["expire", "--all", "--yes", "--in", "2h"]).success();
    ran.says("Etherpad heeds no end in their rows");
    // Whoever names one has to learn that nothing was done.
    let key = &keys(&sess)[0];
    sess.changes_nothing(["expire", key.as_str(), "--yes", "--in", "2h"]).code(1);
}

/// Sessions of express that end in one, two and three hours, and one that never ends.
fn staggered() -> Sess {
    let sess = Sess::new().many(4);
    for n in 0..3 {
        let key = format!("sess:{}", sid(n));
        sess.server.command(&["PEXPIRE", &key, &((n as i64 + 1) * HOUR).to_string()]);
    }
    sess.server.command(&["PERSIST", &format!("sess:{}", sid(3))]);
    sess
}

fn ends(sess: &Sess) -> Vec<i64> {
    (0..4).map(|n| end(sess, &format!("sess:{}", sid(n)))).collect()
}

#[test]
fn a_cap_only_shortens_and_a_floor_only_lengthens() {
    let sess = staggered();
    let before = ends(&sess);
    let ran = sess.args(["expire", "--all", "--cap", "90m", "--yes", "-o", "json"]).success();
    assert_eq!((ran.json()["matched"].as_u64(), ran.json()["done"].as_u64()), (Some(3), Some(3)));
    ran.says("1 session fits already");
    let after = ends(&sess);
    assert_eq!(after[0], before[0]);
    assert!(after[1..].iter().all(|end| *end == after[1] && *end < now() + 2 * HOUR), "{after:?}");
    sess.args(["undo", "--yes"]).success();
    assert_eq!(ends(&sess), before);

    let ran = sess.args(["expire", "--all", "--floor", "90m", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 1);
    let after = ends(&sess);
    assert_eq!(after[1..], before[1..]);
    assert!(after[0] > before[0]);
    sess.args(["undo", "--yes"]).success();
    assert_eq!(ends(&sess), before);
}

#[test]
fn a_session_without_an_end_gets_one() {
    let sess = staggered();
    let before = ends(&sess);
    let ran = sess.args(["expire", "--no-ttl", "--in", "7d", "--yes"]).success().shows("Changed 1 session.");
    assert!(ran.stderr.contains("sessctl undo"), "{}", ran.stderr);
    let after = ends(&sess);
    assert_eq!(after[..3], before[..3]);
    assert!(after[3] > now() + 6 * 24 * HOUR);
}

#[test]
fn the_frameworks_end_counts_where_it_is_the_earlier_one() {
    let value = |expire: i64| format!(r#"{{"userId":"alice","_expire":{expire},"_maxAge":3600000}}"#);
    let (soon, late, over) = (now() + HOUR, now() + 9 * HOUR, now() - HOUR);
    let (a, b, c) = (
        "11111111-1111-4111-8111-111111111111",
        "22222222-2222-4222-8222-222222222222",
        "33333333-3333-4333-8333-333333333333",
    );
    let sess = Sess::new().set(a, value(soon)).set(b, value(late)).set(c, value(over));
    let report = sess.args(["expire", "--all", "--cap", "2h", "--yes", "-o", "json"]).success().json();
    assert_eq!(report["done"], 1);
    assert_eq!(text(&sess, a), value(soon));
    assert_ne!(text(&sess, b), value(late));
    // What is over is not brought back by a floor, and not silently by anything.
    sess.args(["expire", "--all", "--floor", "90m", "--yes"]).success();
    assert_eq!(text(&sess, c), value(over));
    sess.args(["expire", "--all", "--not", "--expired", "--in", "3h", "--yes"]).success();
    assert_eq!(text(&sess, c), value(over));
    let ran = sess.args(["expire", "--all", "--in", "4h", "--yes"]).success();
    ran.says("1 session had expired by the value and will become valid again");
}

#[test]
fn a_dry_run_shows_the_steps_and_a_plan_does_the_same() {
    let sess = captured("better-auth", "better-auth");
    let (at, when) = later(3);
    let ran = sess.changes_nothing(["expire", "--all", "--at", &when, "--dry-run"]).success();
    ran.shows("PEXPIREAT better-auth:")
        .shows(&at.to_string())
        .shows("and its expiry inside the value")
        .shows("4 sessions");
    let plan = sess.server.dir.path().join("end.plan");
    let plan = plan.to_str().expect("a path");
    sess.changes_nothing(["expire", "--all", "--at", &when, "--plan", plan]).success();
    sess.args(["apply", plan, "--yes"]).success().shows("Changed 4 sessions.");
    for key in keys(&sess) {
        assert_eq!(end(&sess, &key), at);
    }
}

#[test]
fn wrong_command_lines_are_refused() {
    let sess = Sess::new().many(1);
    for (args, says) in [
        (&["expire", "--all"][..], "no new expiry given"),
        (&["expire", "--in", "2h"], "no sessions selected"),
        (&["expire", "--all", "--in", "2h", "--cap", "1h"], "cannot be used with"),
        (&["expire", "--all", "--in", "2"], "has no unit"),
        (&["expire", "--all", "--in", "0s"], "use purge"),
        (&["expire", "--all", "--at", "2020-01-01 00:00"], "use purge"),
        (&["expire", "--all", "--at", "@1"], "use purge"),
        (&["expire", "--all", "--at", "tomorrow"], "2026-12-24 18:00"),
        (&["expire", "--all", "--in", "9999999w"], "too far in the future"),
        (&["expire", "--all", "--in", "2h", "--verify", "1s"], "--verify"),
    ] {
        sess.changes_nothing([args, &["--yes"]].concat()).code(2).says(says);
    }
    sess.changes_nothing(["expire", "--all", "--in", "2h"]).code(5).says("--dry-run");
    sess.changes_nothing(["expire", "--all", "--in", "2h", "--yes", "--max", "0"]).code(5);
    sess.changes_nothing(["expire", "nobody", "--in", "2h", "--yes"]).code(1);
}

#[test]
fn the_question_says_the_new_end() {
    let sess = Sess::new().many(3);
    let (_, when) = later(3);
    let mut terminal = sess.terminal(&["expire", "--all", "--at", &when]);
    terminal
        .shows("About to change when 3 sessions end")
        .shows("new end")
        .shows("Change when they end?")
        .types("n\r");
    assert_eq!(terminal.end().0, Some(6));
}

#[test]
fn a_session_that_ended_by_the_new_end_comes_back() {
    let sess = Sess::new().many(2);
    let before = sess.server.snapshot();
    sess.args(["expire", "--all", "--in", "1s", "--yes"]).success();
    eventually("they end", || sess.server.command(&["RANDOMKEY"]) == redis::Value::Nil);
    sess.args(["undo", "--yes"]).success().shows("Put back 2 sessions");
    assert!(sess.server.snapshot() == before);
}

#[test]
fn who_may_not_set_an_expiry_is_told_before_anything_changes() {
    let sess = captured("mgcrea-fastify-session", "mgcrea-fastify-session");
    let url = sess.server.url_of("ops", "pw");
    sess.server.command(&["ACL", "SETUSER", "ops", "reset", "on", ">pw", "~*", "+@all", "-hset"]);
    sess.changes_nothing(["--store", &url, "expire", "--all", "--in", "2h", "--yes"]).code(4).says("hset");
    // To look at it takes no more than reading.
    sess.server.command(&[
        "ACL",
        "SETUSER",
        "ops",
        "resetkeys",
        "~*",
        "-@all",
        "+@read",
        "+scan",
        "+info",
        "+client",
    ]);
    sess.changes_nothing(["--store", &url, "expire", "--all", "--in", "2h", "--dry-run"]).success();
}
