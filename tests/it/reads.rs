//! Strings that are read many at a time, where all of them are small: the same is found, and no answer
//! is ever large.

use serde_json::json;

use crate::support::proxy::Proxy;
use crate::support::*;

const MANY: usize = 6_000;

/// Sessions, and what else may stand among them.
fn mixed() -> Sess {
    let sess = Sess::new().many(MANY).global(&["--layout", "connect-redis"]);
    let long = express(Some("long"), &json!({ "cart": "x".repeat(20_000) }));
    let sess = sess.set(format!("sess:{}", sid(MANY + 1)), long).set("sess:empty", "").set("other", "1");
    sess.server.command(&["HSET", "sess:hash", "a", "b"]);
    sess.server.command(&["RPUSH", "sess:list", "a"]);
    sess
}

#[test]
fn what_is_read_together_is_what_is_read_one_by_one() {
    let sess = mixed();
    let asked = |args: &[&str]| {
        sess.server.forget_calls();
        let mut rows =
            sess.args([&["list", "-o", "ndjson", "--columns", "key,user"], args].concat()).success().lines();
        rows.sort();
        let calls = sess.server.calls();
        (rows, calls.get("mget").copied().unwrap_or(0), calls.get("getrange").copied().unwrap_or(0))
    };
    let (together, mget, getrange) = asked(&[]);
    assert_eq!(together.len(), MANY + 1);
    assert!(mget > 0 && getrange < 10, "{mget} {getrange}");
    for rule in ["-mget", "-randomkey", "-memory|stats"] {
        sess.server.command(&["ACL", "SETUSER", "ops", "reset", "on", ">pw", "~*", "+@all", rule]);
        let (alone, mget, getrange) = asked(&["--store", &sess.server.url_of("ops", "pw")]);
        assert!(mget <= 1 && getrange as usize >= MANY, "{rule}: {mget} {getrange}");
        let differs = alone.iter().zip(&together).find(|(one, other)| one != other);
        assert!(alone == together, "{rule}: {} {differs:?}", alone.len());
    }
    // One key that is hidden hides no other.
    sess.server.command(&["ACL", "SETUSER", "ops", "reset", "on", ">pw", "~sess:0*", "~other", "+@all"]);
    let (some, ..) = asked(&["--store", &sess.server.url_of("ops", "pw")]);
    assert!(some == together, "{}", some.len());
}

#[test]
fn where_one_value_may_be_large_none_is_read_together() {
    let sess = mixed();
    sess.server.lua("redis.call('SET', 'sess:large', string.rep('{', 16 * 1024 * 1024))", &[]);
    sess.server.forget_calls();
    let count = sess.args(["count", "-o", "json"]).success().json();
    assert_eq!(count["count"].as_u64().or(count["sessions"].as_u64()), Some(MANY as u64 + 1), "{count}");
    assert_eq!(sess.server.calls().get("mget"), None);
}

#[test]
fn what_goes_or_comes_between_two_requests_is_read_as_it_is_then() {
    let sess = mixed();
    let proxy = Proxy::to(&sess.server);
    for (verb, script) in [
        ("MGET", "redis.call('DEL', KEYS[1])"),
        ("MGET", "redis.call('DEL', KEYS[1]) redis.call('HSET', KEYS[1], 'a', 'b')"),
        (
            "TYPE",
            "local v = redis.call('GET', KEYS[2]) redis.call('DEL', 'sess:list') redis.call('SET', 'sess:list', v)",
        ),
    ] {
        let (victim, other) = (format!("sess:{}", sid(17)), format!("sess:{}", sid(18)));
        let (first, second) = (victim.clone(), other.clone());
        proxy.before(verb, usize::from(verb != "TYPE"), move |server| {
            let _ = redis::cmd("EVAL").arg(script).arg(2).arg(&first).arg(&second).exec(server);
        });
        let url = proxy.url();
        let rows = sess.args(["list", "-o", "ids", "--store", &url]).success().lines().len();
        assert!((MANY..=MANY + 2).contains(&rows), "{script}: {rows}");
        proxy.pass();
        let value = express(Some("user17"), &json!({}));
        sess.server.command(&["DEL", &victim]);
        sess.server.command(&["SET", &victim, &value]);
    }
}
