//! `expire` in the stores of the JVM and of .NET, where a session's end is kept in many places.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::expire::{HOUR, captured, end, keys, later, now};
use crate::support::*;

const GRACE: i64 = 300_000;
const MINUTE: i64 = 60_000;
const LONG_NAME: &str =
    "org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME";

/// Runs it on all sessions, hands what it left to `check`, and undoes it to the byte.
#[track_caller]
fn round(sess: &Sess, args: &[&str], check: impl Fn(&str)) {
    let sessions = keys(sess);
    // A hash may be dumped in another order of its fields, so that its content is compared.
    let held = || {
        let snapshot = sess.server.snapshot();
        let ends: BTreeMap<Vec<u8>, i64> = snapshot.into_iter().map(|(key, (_, end))| (key, end)).collect();
        (ends, sess.server.contents())
    };
    let before = held();
    let report = sess.args([&["expire", "--all", "--yes", "-o", "json"], args].concat()).success().json();
    assert_eq!((&report["done"], &report["matched"]), (&json!(sessions.len()), &json!(sessions.len())));
    assert_eq!(report["keys_removed"], 0, "{report}");
    for key in &sessions {
        check(key);
    }
    // What has been done needs no doing again.
    let again = sess.changes_nothing([&["expire", "--all", "--yes", "-o", "json"], args].concat()).success();
    assert_eq!(again.json()["matched"], 0, "{}", again.text());
    sess.args(["undo", "--yes"]).success();
    let after = held();
    assert_eq!(before.0, after.0);
    for (key, content) in &before.1 {
        assert!(after.1[key] == *content, "{} is not as it was", String::from_utf8_lossy(key));
    }
}

/// That all of them say that it cannot be done, and why, and that nothing changes.
#[track_caller]
fn refused(sess: &Sess, args: &[&str], why: &str) {
    let ran = sess.changes_nothing([&["expire", "--all", "--yes", "-o", "json"], args].concat()).success();
    assert_eq!(ran.json()["matched"], 0, "{}", ran.text());
    ran.says(why);
}

fn data(sess: &Sess, key: &str) -> Json {
    sess.args(["inspect", "--reveal", "-o", "json", "--", key]).success().json()["data"].clone()
}

/// A number, out of the pair that Jackson may have put it into.
fn number(value: &Json) -> i64 {
    value.as_i64().or_else(|| value[1].as_i64()).unwrap_or_else(|| panic!("{value} is not a number"))
}

/// When a session ends that counts from its last access, and that this is the time that was wanted.
#[track_caller]
fn counted(seen: &Json, seconds: &Json, wanted: i64) -> i64 {
    let ends = number(seen) + number(seconds) * 1000;
    assert!(ends <= wanted && ends > wanted - 1000, "{ends} instead of {wanted}");
    ends
}

fn id_of(key: &str) -> &str {
    key.rsplit_once(':').expect("a colon").1
}

/// The members of a set, or of a sorted set with their scores; none where there is no such key.
fn scored(sess: &Sess, key: &str) -> BTreeMap<Vec<u8>, i64> {
    match sess.server.contents().remove(key.as_bytes()) {
        Some(Content::Scored(members)) => {
            members.into_iter().map(|(member, score)| (member, score as i64)).collect()
        }
        Some(Content::Members(members)) => members.into_iter().map(|member| (member, 0)).collect(),
        None => BTreeMap::new(),
        Some(other) => panic!("{key}: {other:?}"),
    }
}

fn java_text(text: &str) -> Vec<u8> {
    [b"\xac\xed\0\x05t\0", &[text.len() as u8][..], text.as_bytes()].concat()
}

/// A number as `ObjectOutputStream` writes it in its object.
fn java_number(class: &str, bytes: &[u8]) -> Vec<u8> {
    let (uid, field) = match class {
        "java.lang.Long" => (b"\x3b\x8b\xe4\x90\xcc\x8f\x23\xdf", b'J'),
        _ => (b"\x12\xe2\xa0\xa4\xf7\x81\x87\x38", b'I'),
    };
    let number = b"\x86\xac\x95\x1d\x0b\x94\xe0\x8b\x02\0\0xp";
    let mut out = b"\xac\xed\0\x05sr\0".to_vec();
    out.push(class.len() as u8);
    out.extend(class.as_bytes());
    out.extend(uid);
    out.extend([2, 0, 1, field]);
    out.extend(b"\0\x05valuexr\0\x10java.lang.Number");
    out.extend(number);
    out.extend(bytes);
    out
}

#[test]
fn the_default_repository_counts_from_the_last_access() {
    for slug in ["spring-session", "spring-session-json"] {
        let sess = captured(slug, slug);
        let (at, when) = later(3);
        round(&sess, &["--at", &when], |key| {
            let data = data(&sess, key);
            let ends = counted(&data["lastAccessedTime"], &data["maxInactiveInterval"], at);
            assert_eq!(end(&sess, key), ends, "{slug}");
        });
        refused(&sess, &["--persist"], "sets their expiry at every request");
        refused(&sess, &["--at", "9998-01-01 00:00"], "68 years");
    }
}

#[test]
fn the_indexed_repository_keeps_the_end_four_times() {
    let sess = captured("spring-session-indexed", "spring-session-indexed");
    let (at, when) = later(3);
    let shadow = |key: &str| format!("spring:session:sessions:expires:{}", id_of(key));
    let minute_of = |key: &str| {
        let minutes = sess.server.contents();
        let member = java_text(&format!("expires:{}", id_of(key)));
        let holds =
            |content: &Content| matches!(content, Content::Members(members) if members.contains(&member));
        let held: Vec<i64> = minutes
            .iter()
            .filter(|(name, content)| name.starts_with(b"spring:session:expirations:") && holds(content))
            .map(|(name, _)| String::from_utf8_lossy(&name[27..]).parse().expect("a minute"))
            .collect();
        held
    };
    round(&sess, &["--at", &when], |key| {
        let data = data(&sess, key);
        let ends = counted(&data["lastAccessedTime"], &data["maxInactiveInterval"], at);
        assert_eq!(end(&sess, key), ends + GRACE);
        assert_eq!(end(&sess, &shadow(key)), ends);
        let minute = (ends / MINUTE + 1) * MINUTE;
        assert_eq!(minute_of(key), [minute], "{key}");
        let set = end(&sess, &format!("spring:session:expirations:{minute}"));
        assert!((ends..=at + GRACE).contains(&set), "{set}");
    });
    round(&sess, &["--persist"], |key| {
        assert_eq!(number(&data(&sess, key)["maxInactiveInterval"]), -1);
        assert_eq!((end(&sess, key), end(&sess, &shadow(key))), (-1, -1));
        assert_eq!(minute_of(key), [0; 0]);
    });
}

#[test]
fn a_minute_that_is_there_keeps_its_members_and_its_end() {
    let sess = captured("spring-session-indexed", "spring-session-indexed");
    let (at, when) = later(3);
    // Whichever second each session counts to, it ends in one of these.
    let sets = [at / MINUTE, at / MINUTE + 1].map(|n| format!("spring:session:expirations:{}", n * MINUTE));
    let other = java_text("expires:other");
    for set in &sets {
        sess.server.command(&[b"SADD", set.as_bytes(), &other]);
    }
    sess.args(["expire", "--all", "--at", &when, "--yes"]).success();
    for set in &sets {
        assert!(scored(&sess, set).contains_key(&other));
        assert_eq!(end(&sess, set), -1, "{set}");
    }
    assert_eq!(sets.iter().map(|set| scored(&sess, set).len()).sum::<usize>(), 2 + keys(&sess).len());
    let before = sess.server.contents();
    sess.args(["undo", "--yes"]).success();
    for set in &sets {
        assert_eq!(
            scored(&sess, set).into_keys().collect::<Vec<_>>(),
            std::slice::from_ref(&other),
            "{before:?}"
        );
    }
}

#[test]
fn the_sorted_set_of_expirations_follows() {
    for (slug, java) in [("spring-session-indexed-json", false), ("spring-session-reactive", true)] {
        let sess = captured(slug, slug);
        let (at, when) = later(3);
        let member = |key: &str| {
            let id = id_of(key);
            if java { java_text(id) } else { format!("\"{id}\"").into_bytes() }
        };
        round(&sess, &["--at", &when], |key| {
            let data = data(&sess, key);
            let ends = counted(&data["lastAccessedTime"], &data["maxInactiveInterval"], at);
            assert_eq!(end(&sess, key), ends + GRACE, "{slug}");
            assert_eq!(
                end(&sess, &format!("spring:session:sessions:expires:{}", id_of(key))),
                ends,
                "{slug}"
            );
            assert_eq!(scored(&sess, "spring:session:sessions:expirations")[&member(key)], ends, "{slug}");
        });
        round(&sess, &["--persist"], |key| {
            assert_eq!(end(&sess, key), -1, "{slug}");
            assert!(
                !scored(&sess, "spring:session:sessions:expirations").contains_key(&member(key)),
                "{slug}"
            );
        });
    }
}

/// A namespace of the indexed repository with one session in each state, its values by Java and by
/// Jackson as after a migration.
fn mixed(sess: &Sess) -> BTreeMap<&'static str, String> {
    let seen = now() - 10 * MINUTE;
    let mut keys = BTreeMap::new();
    for (n, (name, seen, interval)) in [
        ("live", seen, 1800),
        ("tombstone", seen, 0),
        ("grace", seen - HOUR, 1800),
        ("elsewhere", seen - HOUR, 1800),
        ("never", seen, -1),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("{n}0000000-0000-4000-8000-00000000000{n}");
        let key = format!("app:sessions:{id}");
        let integer = java_number("java.lang.Integer", &i32::to_be_bytes(interval));
        let fields: [(&str, Vec<u8>); 5] = [
            ("creationTime", java_number("java.lang.Long", &i64::to_be_bytes(seen - HOUR))),
            ("lastAccessedTime", format!("[\"java.lang.Long\",{seen}]").into_bytes()),
            ("maxInactiveInterval", integer),
            (&format!("sessionAttr:{LONG_NAME}"), b"\"alice\"".to_vec()),
            ("sessionAttr:gone", Vec::new()),
        ];
        let mut command: Vec<Vec<u8>> = vec![b"HSET".to_vec(), key.clone().into_bytes()];
        command.extend(fields.into_iter().flat_map(|(name, value)| [name.as_bytes().to_vec(), value]));
        sess.server.command(&command);
        let shadow = format!("app:sessions:expires:{id}");
        if name == "live" || name == "elsewhere" {
            sess.server.command(&["SET", &shadow, "", "PX", "1200000"]);
            sess.server.command(&[
                &b"SADD"[..],
                format!("app:index:{LONG_NAME}:alice").as_bytes(),
                &java_text(&id),
                format!("\"{id}\"").as_bytes(),
            ]);
        }
        keys.insert(name, key);
    }
    keys
}

#[test]
fn tombstones_stay_ended_and_what_has_lost_its_shadow_stays_so() {
    let sess = Sess::new();
    let keys = mixed(&sess);
    let (before, held) = (sess.server.snapshot(), sess.server.contents());
    let report = sess.args(["expire", "--all", "--in", "4h", "--yes", "-o", "json"]).success();
    let counts = report.json();
    // Matched are all but the tombstone; the one whose shadow key is gone had ended.
    assert_eq!((&counts["matched"], &counts["done"], &counts["gone"]), (&json!(4), &json!(3), &json!(1)));
    report.says("1 matching session of spring-session-indexed").says("the framework has removed");
    let after = sess.server.snapshot();
    for name in ["tombstone", "grace"] {
        assert!(after[keys[name].as_bytes()] == before[keys[name].as_bytes()], "{name}");
    }
    for name in ["live", "elsewhere", "never"] {
        let data = data(&sess, &keys[name]);
        let ends = number(&data["lastAccessedTime"]) + number(&data["maxInactiveInterval"]) * 1000;
        assert_eq!(after[keys[name].as_bytes()].1, ends + GRACE, "{name}");
    }
    // Its members stay in either form.
    let index = scored(&sess, &format!("app:index:{LONG_NAME}:alice"));
    assert_eq!(index.len(), 4);
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.contents() == held);
    for (key, (_, end)) in sess.server.snapshot() {
        assert_eq!(end, before[&key].1);
    }
}

#[test]
fn a_cap_that_comes_soon_ends_the_session_with_its_shadow() {
    let sess = Sess::new();
    let keys = mixed(&sess);
    sess.args(["expire", &keys["live"], "--cap", "1s", "--yes"]).success();
    let shadow = keys["live"].replace(":sessions:", ":sessions:expires:");
    eventually("the shadow key ends", || sess.server.command(&["EXISTS", &shadow]) == redis::Value::Int(0));
    // The hash is there for the application to read, and over.
    let shown = sess.args(["inspect", "-o", "json", "--", &keys["live"]]).success().json();
    let ends: jiff::Timestamp = shown["expires_at"].as_str().expect("a time").parse().expect("a time");
    assert!(ends.as_millisecond() <= now() && shown["ttl_ms"].as_i64().expect("a span") > 200_000, "{shown}");
}

#[test]
fn micronaut_keeps_the_end_three_times() {
    let sess = captured("micronaut-session", "micronaut-session");
    let (at, when) = later(3);
    round(&sess, &["--at", &when], |key| {
        let data = data(&sess, key);
        let read = |name: &str| json!(data[name].as_str().expect("text").parse::<i64>().expect("a number"));
        let ends = counted(&read("Last-Accessed"), &read("Max-Inactive-Interval"), at);
        assert_eq!(end(&sess, key), ends + GRACE);
        assert_eq!(end(&sess, &format!("micronaut:session:expiry:{}", id_of(key))), ends);
        assert_eq!(scored(&sess, "micronaut:session:active-sessions")[id_of(key).as_bytes()], ends);
    });
    refused(&sess, &["--persist"], "sets their expiry at every request");
    let key = keys(&sess).remove(0);
    sess.server.command(&["HSET", &key, "Max-Inactive-Interval", "0"]);
    let ran = sess.changes_nothing(["expire", &key, "--in", "2h", "--yes"]).code(1);
    ran.says("the framework has removed");
}

#[test]
fn the_timeout_of_vertx_and_shiro_is_inside_the_value() {
    let (at, when) = later(3);
    let sess = captured("vertx-web", "vertx-web");
    round(&sess, &["--at", &when], |key| {
        let data = data(&sess, key);
        assert_eq!(number(&data["lastAccessed"]) + number(&data["timeout"]), at);
        assert_eq!(end(&sess, key), at);
    });
    refused(&sess, &["--persist"], "sets their expiry at every request");

    let sess = captured("shiro-redis", "shiro-redis");
    let seen = |key: &str| {
        let shown = sess.args(["inspect", "-o", "json", "--", key]).success().json();
        let seen: jiff::Timestamp = shown["last_seen_at"].as_str().expect("a time").parse().expect("a time");
        seen.as_millisecond()
    };
    round(&sess, &["--at", &when], |key| {
        assert_eq!(number(&data(&sess, key)["timeout"]), at - seen(key));
        assert_eq!(end(&sess, key), at);
    });
    round(&sess, &["--persist"], |key| {
        assert_eq!(number(&data(&sess, key)["timeout"]), -1000);
        assert_eq!(end(&sess, key), -1);
    });
}

#[test]
fn tomcats_interval_is_written_in_its_place() {
    let (at, when) = later(3);
    let sess = captured("tomcat-redis-session-manager", "tomcat-redis-session-manager");
    let before: BTreeMap<String, Json> =
        keys(&sess).into_iter().map(|key| (key.clone(), data(&sess, &key))).collect();
    round(&sess, &["--at", &when], |key| {
        let mut left = data(&sess, key);
        let ends = counted(&left["thisAccessedTime"], &left["maxInactiveInterval"], at);
        assert_eq!(end(&sess, key), ends);
        left["maxInactiveInterval"] = before[key]["maxInactiveInterval"].clone();
        assert_eq!(left, before[key]);
    });

    let sess = captured("redisson-tomcat", "redisson-tomcat");
    round(&sess, &["--at", &when], |key| {
        let data = data(&sess, key);
        let ends = counted(&data["session:thisAccessedTime"], &data["session:maxInactiveInterval"], at);
        assert_eq!(end(&sess, key), ends + 60_000);
    });
    round(&sess, &["--persist"], |key| {
        assert_eq!(number(&data(&sess, key)["session:maxInactiveInterval"]), -1);
        assert_eq!(end(&sess, key), -1);
    });
}

#[test]
fn ruoyi_and_sa_token_keep_what_belongs_to_the_login_alive() {
    let (at, when) = later(3);
    let sess = captured("ruoyi", "ruoyi");
    let before = sess.server.contents();
    round(&sess, &["--at", &when], |key| {
        assert_eq!(number(&data(&sess, key)["expireTime"]), at);
        assert_eq!(end(&sess, key), at);
        let (Content::Text(was), Content::Text(is)) =
            (&before[key.as_bytes()], &sess.server.contents()[key.as_bytes()])
        else {
            panic!("{key} is not text")
        };
        assert_eq!(was.len(), is.len());
    });

    let sess = captured("sa-token", "sa-token");
    let account = "satoken:login:session:alice";
    let before = end(&sess, account);
    let all = keys(&sess).len();
    let report = sess.args(["expire", "--all", "--at", &when, "--yes", "-o", "json"]).success().json();
    assert_eq!(report["done"], all);
    for key in keys(&sess) {
        assert_eq!(end(&sess, &key), at);
    }
    let token_session = "satoken:login:token-session:505a99b7-aed8-4bf3-bfde-7fa44ee8ce00";
    assert_eq!(end(&sess, token_session), at);
    assert_eq!(end(&sess, "satoken:login:last-active:52eef309-3981-4bd1-ab6a-0c8fe6454c51"), at);
    // Another token of the account may be older.
    assert_eq!(end(&sess, account), before);
    sess.args(["undo", "--yes"]).success();
    let (far, when) = later(24 * 90);
    round(&sess, &["--at", &when], |key| {
        assert_eq!(end(&sess, key), far);
        assert_eq!(end(&sess, account), far);
    });
    round(&sess, &["--persist"], |key| {
        assert_eq!((end(&sess, key), end(&sess, account), end(&sess, token_session)), (-1, -1, -1));
    });
    let key = keys(&sess).remove(0);
    sess.server.command(&["SET", &key, "-4", "KEEPTTL"]);
    sess.changes_nothing(["expire", &key, "--in", "2h", "--yes"]).code(1).says("the marker only tells");
}

#[test]
fn net_sessions_end_with_their_second_key_and_their_ticket() {
    let (at, when) = later(3);
    for (slug, data_key, other) in [
        ("aspnet-redis-provider", "_SessionStateItemCollection", "_SessionTimeout"),
        ("aspnet-redis-provider-v4", "_Data", "_Internal"),
    ] {
        let sess = captured(slug, slug);
        for (args, wanted) in [(&["--at", &when][..], at), (&["--persist"], -1)] {
            round(&sess, args, |key| {
                assert_eq!(end(&sess, key), wanted, "{slug}");
                assert_eq!(end(&sess, &key.replace(data_key, other)), wanted, "{slug}");
            });
        }
    }
    let ticks = |ms: i64| ms * 10_000 + 621_355_968_000_000_000;
    let absolute = |sess: &Sess, key: &str| match &sess.server.contents()[key.as_bytes()] {
        Content::Fields(fields) => {
            String::from_utf8_lossy(&fields[&b"absexp"[..]]).parse::<i64>().expect("a number")
        }
        other => panic!("{key}: {other:?}"),
    };
    let sess = captured("aspnetcore", "aspnetcore");
    let bounded = keys(&sess).remove(0);
    sess.server.command(&["HSET", &bounded, "absexp", &ticks(now() + HOUR).to_string()]);
    for (args, wanted, held) in [(&["--at", &when][..], at, ticks(at)), (&["--persist"], -1, -1)] {
        round(&sess, args, |key| {
            assert_eq!(end(&sess, key), wanted);
            assert_eq!(absolute(&sess, key), if key == bounded { held } else { -1 });
        });
    }
    let sess = captured("aspnetcore-ticket", "aspnetcore-ticket");
    let wanted = jiff::Timestamp::from_millisecond(at).expect("a time");
    let wanted = wanted.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let dated: Vec<String> = keys(&sess)
        .into_iter()
        .filter(|key| data(&sess, key)["properties"][".expires"].is_string())
        .collect();
    assert!(!dated.is_empty());
    round(&sess, &["--at", &when], |key| {
        assert_eq!(end(&sess, key), at);
        let has = dated.iter().any(|dated| dated == key);
        let ticket = data(&sess, key);
        assert_eq!(ticket["properties"][".expires"], if has { json!(wanted) } else { Json::Null });
    });
    let ran = sess.args(["expire", "--all", "--persist", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["matched"], keys(&sess).len() - dated.len());
    ran.says("their tickets hold an end");
    // One that only slides has no end in the cache's field, and gets none.
    let sess = captured("aspnetcore-ticket", "aspnetcore-ticket");
    let sliding = keys(&sess).remove(0);
    sess.server.command(&["HSET", &sliding, "absexp", "-1"]);
    assert_eq!(sess.rows(&[]).iter().filter(|row| row["key"] == sliding.as_str()).count(), 1);
    round(&sess, &["--at", &when], |key| {
        assert_eq!(end(&sess, key), at);
        assert_eq!(absolute(&sess, key), if key == sliding { -1 } else { ticks(at) });
    });
}

#[test]
fn the_sets_of_webseal_are_there_as_long_as_its_sessions() {
    let sess = captured("webseal", "webseal");
    let (at, when) = later(3);
    let clients = |key: &str| format!("isva-client-{key}");
    round(&sess, &["--at", &when], |key| {
        assert_eq!((end(&sess, key), end(&sess, &clients(key))), (at, at));
        assert_eq!(end(&sess, "isva-user-alice"), -1);
    });
    let before: BTreeMap<String, i64> =
        keys(&sess).into_iter().map(|key| (key.clone(), end(&sess, &clients(&key)))).collect();
    sess.args(["expire", "--all", "--in", "1m", "--yes"]).success();
    for (key, before) in before {
        assert_eq!(end(&sess, &clients(&key)), before);
    }
}
