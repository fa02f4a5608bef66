use serde_json::json;

use crate::support::*;

#[test]
fn a_cookie_tells_its_id_and_key_without_a_server() {
    let mut sess = Sess::new();
    sess.server.kill();
    let session = &expected("connect-redis")["sessions"][0];
    let (cookie, id) =
        (session["cookie"].as_str().expect("a cookie"), session["id"].as_str().expect("an id"));
    let sess = sess.profile("connect-redis", &json!({ "cookie_secret": ["new", "keyboard cat"] }));
    let shown = sess.args(["cookie", cookie, "-o", "json"]).success().silent().json();
    assert_eq!(shown[0]["id"], id);
    assert_eq!(shown[0]["key"], session["key"]);
    assert_eq!(shown[0]["verified"], true);
    sess.args(["cookie", cookie, "-o", "ids"]).success().stdout(&format!("{id}\n"));
    // For people the id is cut short.
    sess.args(["cookie", cookie]).success().hides(id).shows("verified  yes");
    sess.args(["cookie", cookie, "--reveal"]).success().shows(id);
    let ran = sess.args_with_input(&["cookie", "-", "-o", "ids"], cookie.as_bytes());
    ran.success().stdout(&format!("{id}\n"));
}

#[test]
fn a_cookie_of_no_known_form_is_an_error() {
    let sess = Sess::new().global(&["--layout", "connect-redis"]);
    for cookie in ["s%3A", "other=1; more=2", "%", "s%3Aabc.%zz", &"x".repeat(100_000)] {
        let ran = sess.args(["cookie", cookie]).clean();
        assert!(matches!(ran.code, Some(0 | 1)), "{cookie}: {ran:?}");
    }
    sess.args(["cookie", ""]).code(2).says("empty");
    sess.args_with_input(&["cookie", "-"], b" \n").code(2).says("empty");
}
