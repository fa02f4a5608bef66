//! Whose a session is: somebody's, certainly nobody's, or not known, everywhere where it is said.

use serde_json::{Value as Json, json};

use crate::support::*;

fn key(number: u32) -> String {
    format!("sess:visitor-{number:024}")
}

/// The `authenticated` of each session, by its key.
fn answers(sess: &Sess, args: &[&str]) -> Vec<Json> {
    let mut rows = sess.rows(&[&["--sort", "key", "--reveal"], args].concat());
    rows.iter_mut().map(|row| row["authenticated"].take()).collect()
}

/// Six sessions of an application that keeps its user where no convention looks; the last is empty.
fn shop_of_its_own() -> Sess {
    let mut sess = Sess::new();
    for number in 0..3 {
        let who = json!({ "shopper": { "mail": format!("u{number}@x"), "tier": 2 }, "cart": [number] });
        sess = sess.express(key(number), None, &who);
    }
    sess.express(key(3), None, &json!({ "cart": [1] }))
        .express(key(4), None, &json!({ "acct": { "email": "d@x" } }))
        .express(key(5), None, &json!({ "csrfSecret": "x", "flash": {} }))
}

#[test]
fn what_no_convention_knows_is_not_nobody() {
    let sess = shop_of_its_own();
    let unknown = Json::Null;
    assert_eq!(
        answers(&sess, &[]),
        [&[unknown.clone(), unknown.clone(), unknown.clone(), unknown.clone(), unknown][..], &[json!(false)]]
            .concat()
    );
    assert_eq!(sess.rows(&["--anonymous"]).len(), 1);
    assert!(sess.rows(&["--authenticated"]).is_empty());
    sess.args(["list", "--anonymous"]).success().says("acct.email").says("--user-path");
    sess.args(["purge", "--anonymous", "--yes"]).success();
    assert_eq!(sess.rows(&[]).len(), 5);
    sess.args(["inspect", &key(0)]).success().shows("not known");
}

#[test]
fn a_path_to_the_user_settles_it() {
    let sess = shop_of_its_own().global(&["--user-path", "shopper.mail", "--user-path", "acct.email"]);
    let mut expected = vec![json!(true); 3];
    expected.extend([json!(false), json!(true), json!(false)]);
    assert_eq!(answers(&sess, &[]), expected);
    assert_eq!(sess.rows(&["--user", "u1@x"]).len(), 1);
    sess.args(["inspect", &key(3)]).success().shows("nobody is logged in");
    sess.args(["purge", "--anonymous", "--yes"]).success();
    assert_eq!(sess.rows(&[]).len(), 4);
}

#[test]
fn one_session_that_names_its_user_tells_of_its_whole_family() {
    let sess = Sess::new()
        .express(key(0), None, &json!({ "cart": [1] }))
        .express(key(1), None, &json!({ "cart": [1], "loggedIn": true }))
        .express(key(2), None, &json!({ "adminUser": { "email": "a@x" } }))
        // Of another application, which shows nothing.
        .express("other:visitor-000000000000000000000000", None, &json!({ "cart": [1] }));
    assert_eq!(answers(&sess, &["--match", "sess:*"]), [json!(false), Json::Null, json!(true)]);
    assert_eq!(answers(&sess, &["--match", "other:*"]), [Json::Null]);
    assert_eq!(sess.rows(&["--anonymous"]).len(), 1);
    let counted = sess.args(["count", "--by", "user", "-o", "ndjson"]).success().ndjson();
    let mut counts: Vec<(String, u64)> = counted
        .iter()
        .map(|row| (row["authenticated"].to_string(), row["count"].as_u64().expect("a count")))
        .collect();
    counts.sort();
    assert_eq!(counts, [("false".to_string(), 1), ("null".to_string(), 2), ("true".to_string(), 1)]);
}

#[test]
fn generic_says_nobody_only_where_a_path_leads_nowhere() {
    let sess = Sess::new()
        .set("app:1", r#"{"who":{"id":7}}"#)
        .set("app:2", r#"{"lang":"de"}"#)
        .set("app:3", r#"{"who":true}"#)
        .set("app:4", r#"{"_user_id":"9"}"#)
        .global(&["--layout", "generic", "--prefix", "app:"]);
    assert_eq!(answers(&sess, &[]), [Json::Null, Json::Null, Json::Null, json!(true)]);
    assert_eq!(answers(&sess, &["--user-path", "who"]), [json!(true), json!(false), Json::Null, Json::Null]);
}

#[test]
fn a_token_is_never_a_users_name() {
    // {"sub":"alice"}
    let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.sig";
    let sess = Sess::new().express(key(0), None, &json!({ "id_token": token }));
    sess.args(["list", "--user-path", "id_token", "-o", "json"]).success().hides(token);
    assert_eq!(answers(&sess, &["--user-path", "id_token"]), [Json::Null]);
    assert_eq!(sess.rows(&["--user-path", "jwt:id_token.sub"])[0]["user"], "alice");
}
