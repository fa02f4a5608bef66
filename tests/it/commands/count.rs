use serde_json::json;

use crate::support::*;

#[test]
fn a_number_alone_or_as_an_object() {
    let sess = Sess::new().many(25).set("cache:1", "x");
    sess.args(["count"]).success().stdout("25\n").silent();
    assert_eq!(sess.args(["count", "-o", "json"]).success().json(), json!({ "count": 25, "complete": true }));
    sess.args(["count", "-o", "csv"]).success().stdout("count\n25\n");
    sess.args(["count", "--user", "user3", "--user", "user4"]).success().stdout("2\n");
}

#[test]
fn groups_add_up_to_all() {
    let mut sess = Sess::new();
    for n in 0..30 {
        let user = ["alice", "bob", "carol"][n % 3];
        let more = json!({ "ip": format!("192.0.2.{}", n % 5), "userAgent": "a,\"b\"" });
        sess = sess.express(format!("sess:{}", sid(n)), (n % 6 != 0).then_some(user), &more);
    }
    for by in ["user", "layout", "ip", "agent", "ttl", "prefix", "type", "codec", "bytes", "certainty"] {
        let groups = sess.args(["count", "--by", by, "-o", "json"]).success().json();
        let groups = groups.as_array().expect("groups");
        let sum: u64 = groups.iter().map(|group| group["count"].as_u64().expect("a count")).sum();
        assert_eq!(sum, 30, "{by}: {groups:?}");
        // The largest first.
        let counts: Vec<u64> = groups.iter().filter_map(|group| group["count"].as_u64()).collect();
        assert!(counts.is_sorted_by(|a, b| a >= b) || matches!(by, "ttl" | "bytes"), "{by}: {counts:?}");
        let lines = sess.args(["count", "--by", by, "-o", "csv"]).success().lines();
        assert_eq!(lines.len(), groups.len() + 1, "{by}");
        sess.args(["count", "--by", by]).success().clean();
    }
    let by_user = sess.args(["count", "--by", "user", "-o", "json"]).success().json();
    let of = |user| {
        let mut groups = by_user.as_array().expect("groups").iter();
        groups.find(|group| group["user"] == user).map(|group| group["count"].clone())
    };
    assert_eq!(of(json!("bob")), Some(json!(10)));
    assert_eq!(of(json!("alice")), Some(json!(5)));
    assert_eq!(of(json!(null)), Some(json!(5)));
}

#[test]
fn a_script_is_told_whether_a_pattern_hits_sessions() {
    let sess = Sess::new().many(3).set("cache:1", "x");
    sess.args(["count", "--match", "cache:*", "--fail-if-any"]).success().stdout("0\n");
    sess.args(["count", "--match", "sess:*", "--fail-if-any"]).code(7).stdout("3\n");
    sess.args(["count", "--fail-if-any", "--by", "layout", "-o", "csv"]).code(7).shows("connect-redis");
    sess.args(["count", "--user", "nobody-of-that-name", "--fail-if-any"]).success();
}

#[test]
fn keys_that_are_not_recognised_are_told_of() {
    let pickle = &b"\x80\x04\x95\x0b\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s."[..];
    let mut sess = Sess::new().set("default:1:views.x", "1").set("default:1:y", "{}");
    for n in 0..4 {
        sess = sess.set(format!("default:1:django.contrib.sessions.x{n}"), pickle);
    }
    let ran = sess.args(["count", "--match", "default:1:*", "--by", "layout"]).success();
    ran.says("6 keys match").says("4 hold pickle");
    sess.args(["count", "--match", "default:1:y"]).success().says("1 key matches; none of them is a session");
    sess.args(["count"]).success().says("4 hold pickle");
    sess.args(["discover"]).success().shows("unknown: pickle").says("4 hold pickle");
}

#[test]
fn groups_come_in_any_order_and_not_all_of_them() {
    let mut sess = Sess::new();
    for (n, user) in ["bob", "alice", "alice", "10", "9", "9", "9"].iter().enumerate() {
        sess = sess.express(format!("sess:{}", sid(n)), Some(user), &json!({}));
    }
    let users = |args: &[&str]| {
        sess.args([&["count", "--by", "user", "-o", "ids"], args].concat()).success().lines().join(" ")
    };
    assert_eq!(users(&[]), "9 alice 10 bob");
    assert_eq!(users(&["--sort", "count"]), "10 bob alice 9");
    assert_eq!(users(&["--sort", "user"]), "9 10 alice bob");
    assert_eq!(users(&["--sort", "-user", "--limit", "3"]), "bob alice 10");
    sess.args(["count", "--by", "user", "-n", "2"]).success().says("2 of 4 values shown");
    let ran = sess.args(["count", "--by", "user", "-n", "4"]).success().silent();
    assert!(!ran.text().contains('█'), "bars are for terminals: {}", ran.text());
    sess.args(["count", "--by", "user", "--sort", "ttl"]).code(2).says("user or count");
    sess.args(["count", "--limit", "2"]).code(2).says("--by");
}
