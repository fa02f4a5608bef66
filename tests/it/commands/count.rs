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
