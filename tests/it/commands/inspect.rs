use serde_json::json;

use crate::support::*;

fn one() -> Sess {
    let more = json!({
        "cart": { "items": [{ "sku": "A-1" }, { "sku": "B-2" }] }, "csrfToken": "hunter2", "views": 3,
        "ip": "192.0.2.10", "nested": { "accessToken": "hunter3", "empty": {}, "none": null }
    });
    Sess::new().express(format!("sess:{}", sid(1)), Some("alice"), &more).express(
        format!("sess:{}", sid(22)),
        Some("bob"),
        &json!({}),
    )
}

#[test]
fn a_session_is_named_by_id_key_or_beginning() {
    let sess = one();
    let id = sid(1);
    for name in
        [&id[..], &format!("sess:{id}"), &id[..8], &format!("sess:{}", &id[..8]), &format!("{}…", &id[..8])]
    {
        let shown = sess.args(["inspect", "-o", "json", name]).success().silent().json();
        assert_eq!(shown["id"], id.as_str(), "{name}");
    }
    // What both begin with names neither, and says which they are.
    let ran = sess.args(["inspect", "000000"]).code(1).says("several sessions");
    ran.says("sess:00000001…").says("sess:00000022…").hides(&id);
    // However much they have in common, no more than half of an id is told.
    let twins = ["abcdefghijklmnopqrstuvwxyz01234X", "abcdefghijklmnopqrstuvwxyz01234Y"];
    let sess = twins.iter().fold(one(), |sess, id| sess.express(format!("sess:{id}"), None, &json!({})));
    for name in ["abcd", "abcdefghijkl", "sess:abcdefgh"] {
        let ran = sess.args(["inspect", name]).code(1).says("several sessions");
        ran.says("sess:abcdefghijklmnop…#1 (?), sess:abcdefghijklmnop…#2 (?)")
            .says("--reveal")
            .hides("abcdefghijklmnopq");
    }
}

#[test]
fn the_card_tells_who_and_when_and_what() {
    let sess = one();
    let card = sess.args(["inspect", &sid(1)]).success().clean();
    for part in ["alice", "connect-redis", "192.0.2.10", "sku: A-1", "views: 3", "json"] {
        assert!(card.text().contains(part), "{part}: {}", card.text());
    }
}

#[test]
fn secrets_are_blanked_unless_they_are_asked_for() {
    let sess = one();
    for args in [
        &["inspect", &sid(1)][..],
        &["inspect", &sid(1), "-o", "json"],
        &["inspect", &sid(1), "--path", "nested"],
        &["inspect", &sid(1), "--path", "csrfToken"],
        &["inspect", &sid(1), "--path", "nested.accessToken"],
    ] {
        sess.args(args).success().hides("hunter");
    }
    sess.args(["inspect", &sid(1), "--reveal"]).success().shows("hunter2").shows("hunter3");
    let shown = sess.args(["inspect", &sid(1), "--reveal", "-o", "json"]).success().json();
    assert_eq!(shown["data"]["csrfToken"], "hunter2");
}

#[test]
fn a_path_leads_into_the_data() {
    let sess = one();
    for (path, shown) in [
        ("passport.user", "alice\n"),
        ("cart.items.1.sku", "B-2\n"),
        ("views", "3\n"),
        ("nested.none", "null\n"),
        ("nested.empty", "{}\n"),
    ] {
        sess.args(["inspect", &sid(1), "--path", path]).success().stdout(shown);
    }
    let json = sess.args(["inspect", &sid(1), "--path", "cart.items", "-o", "json"]).success().json();
    assert_eq!(json, json!([{ "sku": "A-1" }, { "sku": "B-2" }]));
    sess.args(["inspect", &sid(1), "--path", "cart.nothing"]).code(1).says("cart.nothing").stdout("");
}

#[test]
fn raw_is_what_is_stored_byte_for_byte() {
    let value = b"{\"cookie\":{\"originalMaxAge\":1,\"path\":\"/\"},  \"x\":\"\\u0041\"}\n";
    let sess = Sess::new().set(format!("sess:{}", sid(1)), value);
    assert_eq!(sess.args(["inspect", &sid(1), "--raw"]).success().silent().stdout, value);
}

#[test]
fn a_key_that_is_no_session_is_answered_with_the_reasons() {
    let sess = Sess::new().load("connect-redis").set("cache:17", r#"{"name":"lamp"}"#);
    let ran = sess.args(["inspect", "cache:17"]).code(1).says("layouts say (--explain shows all):");
    ran.says("no member `cookie`").stdout("");
    sess.args(["inspect", "cache:17", "--explain"]).code(1).says("connect-redis").stdout("");
    sess.server.command(&["SADD", "a-set-of-things", "x"]);
    sess.args(["inspect", "a-set-of-things"]).code(1).says("set");
    let sess = sess.global(&["--layout", "connect-redis"]);
    sess.args(["inspect", "cache:17"]).code(1).says("connect-redis").says("sess:");
}

#[test]
fn a_cookie_is_read_however_it_was_copied() {
    let sess = Sess::new()
        .load("connect-redis")
        .profile("connect-redis", &json!({ "cookie_secret": "keyboard cat" }));
    let session = &expected("connect-redis")["sessions"][0];
    let cookie = session["cookie"].as_str().expect("a cookie").to_string();
    let plain = cookie.replace("%3A", ":").replace("%2F", "/").replace("%2B", "+").replace("%3D", "=");
    for given in [
        cookie.clone(),
        plain,
        format!("connect.sid={cookie}"),
        format!("theme=dark; connect.sid={cookie}; lang=en"),
        format!("Cookie: connect.sid={cookie}"),
    ] {
        let shown = sess.args(["inspect", "-o", "json", "--cookie", &given]).success().silent().json();
        assert_eq!(shown["key"], session["key"], "{given}");
        assert_eq!(shown["cookie"], json!({ "verified": true, "id": session["id"] }));
    }
    let ran =
        sess.args_with_input(&["inspect", "-o", "json", "--cookie", "-"], format!("{cookie}\n").as_bytes());
    assert_eq!(ran.success().json()["cookie"]["verified"], true);
    // Without a secret nothing is claimed.
    let shown = Sess::new().load("connect-redis").args(["inspect", "-o", "json", "--cookie", &cookie]);
    assert_eq!(shown.success().json()["cookie"]["verified"], json!(null));
}

#[test]
fn what_only_the_browsers_cookies_open_is_shown_with_them() {
    let sess = Sess::new().load("nextcloud");
    let all = expected("nextcloud");
    let session = &all["sessions"][0];
    let id = session["id"].as_str().expect("an id");
    let notes = session["notes"].as_str().expect("a note");
    let (_, passphrase) = notes.split_once("oc_sessionPassphrase=").expect("a passphrase");
    let alone = format!("oc1a2b3c4d5e={id}");
    let shown = sess.args(["inspect", "--cookie", &alone, "-o", "json"]).success().json();
    assert!(shown["data"]["encrypted_session_data"].is_string() && shown["user"].is_null());
    let both = format!("{alone}; oc_sessionPassphrase={}", passphrase.replace('+', "%2B"));
    let shown = sess.args(["inspect", "--cookie", &both, "-o", "json"]).success().hides(passphrase).json();
    assert_eq!(shown["user"], shown["data"]["encrypted_session_data"]["user_id"]);
    assert!(shown["user"].is_string(), "{shown}");
    assert_eq!(shown["codec"], json!(["php", "nextcloud-encrypted", "json"]));
}
