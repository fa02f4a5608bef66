//! `sessctl stats`: held against a recount of what `list` prints of the same store.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::support::{Sess, sid};

fn stats(sess: &Sess, args: &[&str]) -> Json {
    let args: Vec<&str> = ["stats", "-o", "json"].iter().chain(args).copied().collect();
    sess.args(args).success().json()
}

/// A store of several layouts, users and faults.
fn store() -> Sess {
    let mut sess = Sess::new().load("connect-redis").load("laravel").load("django-cache");
    for n in 0..40 {
        let more = json!({"cart": {"items": vec!["socks"; n % 7]}, "ip": format!("192.0.2.{n}")});
        let user = format!("user-{}", n % 9);
        sess = sess.express(format!("sess:{}", sid(n)), (n % 4 > 0).then_some(&*user), &more);
    }
    sess
}

#[test]
fn figures_are_those_of_a_recount() {
    let sess = store();
    let rows = sess.rows(&[]);
    let told = stats(&sess, &["--top", "1000"]);
    let count = |keeps: &dyn Fn(&Json) -> bool| rows.iter().filter(|row| keeps(row)).count();
    assert_eq!(told["sessions"], json!(rows.len()));
    assert_eq!(told["authenticated"], json!(count(&|row| row["authenticated"] == json!(true))));
    assert_eq!(told["anonymous"], json!(count(&|row| row["authenticated"] == json!(false))));
    assert_eq!(told["unknown"], json!(count(&|row| row["authenticated"] == Json::Null)));
    assert_eq!(told["undecodable"], json!(count(&|row| row["error"] != Json::Null)));
    assert_eq!(told["without_ttl"], json!(count(&|row| row["ttl_ms"] == Json::Null)));
    assert_eq!(
        (&told["complete"], &told["sampled"], &told["since"]),
        (&json!(true), &Json::Null, &Json::Null)
    );

    let mut users: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in &rows {
        if let Some(user) = row["user"].as_str() {
            let held = users.entry(user).or_default();
            *held = (held.0 + 1, held.1 + row["bytes"].as_u64().expect("a size"));
        }
    }
    assert_eq!(told["users"], json!(users.len()));
    let tops = told["top_users"].as_array().expect("a list");
    assert_eq!(tops.len(), users.len());
    for top in tops {
        let (sessions, bytes) = users[top["user"].as_str().expect("a name")];
        assert_eq!(top, &json!({"user": top["user"], "sessions": sessions, "bytes": bytes}));
    }
    assert!(tops.is_sorted_by_key(|top| std::cmp::Reverse(top["sessions"].as_u64())));

    let mut bytes: Vec<u64> = rows.iter().map(|row| row["bytes"].as_u64().expect("a size")).collect();
    bytes.sort_unstable();
    let rank = |share: f64| bytes[(share * bytes.len() as f64).ceil() as usize - 1];
    let of = &told["bytes"];
    assert_eq!(of["known"], json!(bytes.len()));
    assert_eq!(of["total"], json!(bytes.iter().sum::<u64>()));
    assert_eq!((&of["min"], &of["max"]), (&json!(bytes[0]), &json!(bytes[bytes.len() - 1])));
    assert_eq!(
        (&of["p50"], &of["p90"], &of["p99"]),
        (&json!(rank(0.5)), &json!(rank(0.9)), &json!(rank(0.99)))
    );
    for step in of["histogram"].as_array().expect("steps").windows(2) {
        let (low, high) =
            (step[0]["le"].as_u64().expect("an edge"), step[1]["le"].as_u64().unwrap_or(u64::MAX));
        let within = bytes.iter().filter(|value| **value > low && **value <= high).count();
        assert_eq!(step[1]["count"], json!(within), "({low}, {high}]");
    }
    let each = &told["sessions_per_user"];
    assert_eq!(each["known"], json!(users.len()));
    assert_eq!(each["max"], json!(users.values().map(|held| held.0).max()));
    assert_eq!(each["total"], told["authenticated"]);

    let mut layouts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows {
        *layouts.entry(row["layout"].as_str().expect("a layout")).or_default() += 1;
    }
    for layout in told["layouts"].as_array().expect("a list") {
        assert_eq!(layout["sessions"], json!(layouts[layout["layout"].as_str().expect("a name")]));
    }
    assert_eq!(told["layouts"].as_array().map(Vec::len), Some(layouts.len()));
    assert!(told["server"]["used_memory"].as_u64() > Some(0));
    assert_eq!(told["server"]["keys"], json!(sess.server.size()));
    assert_eq!(told["estimated"], json!([]));
}

#[test]
fn the_room_that_attributes_take_is_told_by_path() {
    let sess = Sess::new()
        .express(format!("sess:{}", sid(1)), None, &json!({"cart": {"items": ["a", "b"]}}))
        .express(format!("sess:{}", sid(2)), Some("ada"), &json!({"cart": {"items": []}}));
    let told = stats(&sess, &["--top", "50"]);
    let path = |path: &str| {
        let paths = told["top_paths"].as_array().expect("a list");
        paths.iter().find(|one| one["path"] == path).cloned().unwrap_or_default()
    };
    let expected = |path: &str, bytes: usize| json!({"layout": "connect-redis", "path": path, "sessions": 2, "bytes": bytes});
    assert_eq!(path("cart"), expected("cart", r#"{"items":["a","b"]}"#.len() + r#"{"items":[]}"#.len()));
    assert_eq!(path("cart.items"), expected("cart.items", r#"["a","b"]"#.len() + "[]".len()));
}

#[test]
fn what_a_change_would_do_is_told_and_nothing_done() {
    let sess = store();
    let before = sess.server.snapshot();
    let told = stats(
        &sess,
        &["--if", "purge --anonymous", "--if", "expire --all --cap 1s", "--if", "purge --user user-1"],
    );
    let anonymous = sess.rows(&["--anonymous"]);
    let bytes: u64 = anonymous.iter().filter_map(|row| row["bytes"].as_u64()).sum();
    assert_eq!(
        told["if"][0],
        json!({"change": "purge --anonymous", "sessions": anonymous.len(), "users_logged_out": 0, "bytes": bytes})
    );
    assert_eq!(told["if"][1]["sessions"], told["sessions"]);
    assert_eq!(told["if"][1]["users_logged_out"], told["users"]);
    assert_eq!(told["if"][2]["users_logged_out"], json!(1));
    assert_eq!(sess.server.snapshot(), before);

    sess.args(["stats", "--if", "purge --idle soon"]).code(2).says("--if 'purge --idle soon'");
    sess.args(["stats", "--if", "purge"]).code(2).says("selects no sessions");
}

#[test]
fn what_has_changed_since_is_told_and_no_id_is_saved() {
    let sess = store();
    let file = sess.write("then.json", "");
    let path = file.to_str().expect("a path");
    let then = stats(&sess, &["--save", path]);
    let saved = std::fs::read_to_string(&file).expect("the figures");
    for row in sess.rows(&[]) {
        assert!(!saved.contains(row["id"].as_str().expect("an id")), "an id was saved");
    }
    let gone = sess.args(["purge", "--user", "user-1", "--yes", "-o", "json"]).success().json();
    let sess = sess.express(format!("sess:{}", sid(900)), Some("zoe"), &json!({"note": "x".repeat(5000)}));
    let now = stats(&sess, &["--baseline", path]);
    let since = &now["since"];
    assert_eq!((&since["new"], &since["ended"]), (&json!(1), &gone["done"]));
    let more =
        |member: &str| now[member].as_i64().expect("a number") - then[member].as_i64().expect("a number");
    assert_eq!((&since["sessions"], &since["users"]), (&json!(more("sessions")), &json!(more("users"))));
    assert_eq!(since["grown"][0]["path"], json!("note"));

    // Of another store, or of none.
    let other = Sess::new();
    other.args(["stats", "--baseline", path]).code(2).says("has the figures of");
    // Said before the scan, and not behind it.
    other
        .args(["stats", "--save", "/nowhere/at/all"])
        .code(1)
        .says("cannot save the figures in /nowhere/at/all");
    other.args(["stats", "--baseline", "/nowhere/at/all"]).code(1).says("cannot read the figures");
    let garbage = other.write("garbage.json", "{}");
    let garbage = garbage.to_str().expect("a path");
    other.args(["stats", "--baseline", garbage]).code(1).says("not written by `sessctl stats --save`");
}

#[test]
fn a_share_of_the_keys_tells_about_the_whole() {
    let sess = Sess::new().many(4_000);
    let told = stats(&sess, &["--sample", "25%"]);
    let sessions = told["sessions"].as_f64().expect("a number");
    // Six standard errors of a thousand that are expected: sqrt(1000 * 0.75) / 0.25 = 110 each.
    assert!((sessions - 4_000.0).abs() < 660.0, "{sessions}");
    assert_eq!(told["sampled"], json!({"share": 0.25, "keys": 4_000}));
    assert!(told["estimated"].as_array().expect("names").contains(&json!("sessions")));
    let read: u64 = sess.server.calls().iter().filter(|(name, _)| name.contains("get")).map(|(_, n)| n).sum();
    assert!(read < 3_000, "{read} values were read for a quarter of 4000 keys");
}

#[test]
fn a_sampled_count_is_right_within_the_error_it_states() {
    const SESSIONS: i64 = 3_000;
    let sess = Sess::new().many(SESSIONS as usize);
    let count = |args: &[&str]| {
        let told = sess.args([&["count", "-o", "json"], args].concat()).success().json();
        (told["count"].as_i64().expect("a number"), told["error"].as_i64())
    };
    assert_eq!(count(&[]), (SESSIONS, None));
    assert_eq!(count(&["--sample", "100%"]), (SESSIONS, None));
    // 19 of 20 are expected. Of 20 fair tries less than 14 are right once in 100 000 times.
    let right = (0..20).filter(|_| {
        let (count, error) = count(&["--sample", "10%"]);
        let error = error.expect("how far off it may be");
        assert!(error < SESSIONS / 4, "{error}");
        (count - SESSIONS).abs() <= error
    });
    let right = right.count();
    assert!(right >= 14, "{right} of 20 were right");
    let groups = sess.args(["count", "--by", "layout", "--sample", "50%", "-o", "json"]).success().json();
    let grouped = groups[0]["count"].as_i64().expect("a number");
    assert!((grouped - SESSIONS).abs() < 600, "{grouped}");
    sess.args(["count", "--sample", "1%", "--fail-if-any"]).code(2);
    sess.args(["count", "--sample", "0"]).code(2).says("give a percentage");
}

#[test]
fn a_screen_of_figures_fits_a_terminal() {
    let sess = store();
    let text = sess.args(["stats"]).success().text();
    for head in ["sessions", "memory", "ends in", "LAYOUTS", "USERS", "DATA, AS JSON"] {
        assert!(text.contains(head), "{head} is missing:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    sess.args(["stats", "-o", "ids"]).code(2).says("cannot be printed as ids");
}
