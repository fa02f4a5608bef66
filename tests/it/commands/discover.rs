use serde_json::json;

use crate::support::*;

#[test]
fn what_is_in_a_server_is_told_by_layout_and_prefix() {
    let sess = Sess::new().load("overleaf").set("cache:17", "x").set("cache:18", "y");
    let families = sess.args(["discover", "-o", "json"]).success().json();
    let families = families.as_array().expect("families").clone();
    let total: u64 = families.iter().map(|family| family["count"].as_u64().expect("a count")).sum();
    assert_eq!(total as usize, sess.server.snapshot().len());
    let found = families.iter().find(|family| family["layout"] == "overleaf").expect("its sessions");
    let sessions = expected("overleaf")["sessions"].as_array().expect("sessions").len();
    assert_eq!((&found["keys"], &found["count"]), (&json!("sess:<id>"), &json!(sessions)));
    let cache = families.iter().find(|family| family["keys"] == "cache:*").expect("the cache");
    assert_eq!((&cache["layout"], &cache["count"]), (&json!(null), &json!(2)));
    // No id is shown.
    for session in expected("overleaf")["sessions"].as_array().expect("sessions") {
        sess.args(["discover"]).success().clean().hides(session["id"].as_str().expect("an id"));
    }
}

#[test]
fn the_profiles_that_it_prints_work() {
    let sess = Sess::new().load("redis-sessions");
    for n in 0..3 {
        let key = format!("shop:sess:{}", sid(n));
        sess.server.command(&["SET", &key, &express(Some("alice"), &json!({}))]);
    }
    let text = sess.args(["discover"]).success().text();
    let profiles = text.split_once("(`sessctl config init` writes them):").expect("profiles").1;
    let path = sess.write("config.toml", profiles);
    private(&path);
    let names: Vec<&str> = profiles
        .lines()
        .filter_map(|line| line.strip_prefix("[profiles.").and_then(|line| line.strip_suffix(']')))
        .collect();
    assert!(names.contains(&"connect-redis"), "{profiles}");
    let count = |name: &str| {
        sess.args(["count", "--config", path.to_str().expect("text"), "--profile", name]).success().text()
    };
    assert_eq!(count("connect-redis"), "3\n");
    for name in names {
        assert_ne!(count(name), "0\n", "{name}");
    }
}

#[test]
fn whose_sessions_are_is_counted_in_three_answers() {
    // One of a user, and two that are sealed: as `list` has it.
    let sess = Sess::new().load("connect-redis-crypto");
    let rows = sess.rows(&[]);
    let many = |what: &dyn Fn(&serde_json::Value) -> bool| {
        rows.iter().filter(|row| what(&row["authenticated"])).count()
    };
    let unknown = many(&serde_json::Value::is_null);
    assert!(unknown > 0);
    let families = sess.args(["discover", "-o", "json"]).success().json();
    let sum = |member: &str| -> u64 {
        families.as_array().expect("families").iter().filter_map(|family| family[member].as_u64()).sum()
    };
    assert_eq!(sum("unknown"), unknown as u64);
    sess.args(["discover"]).success().shows(&format!("{unknown} unknown"));
    sess.args(["discover", "-o", "csv"]).success().shows(",logged_in,unknown,undecodable,");
}
