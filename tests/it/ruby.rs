//! Sessions of Rack and Rails: private ids, and the copies that older versions left under the public ones.

use serde_json::json;

use crate::support::*;

const PREFIX: &str = "blog:session:";
const PUBLIC: &str = "0123456789abcdef0123456789abcdef";
/// `2::` and the SHA-256 of the other one.
const PRIVATE: &str = "2::3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9";

fn session(user: u32) -> String {
    json!({ "_csrf_token": "x", "warden.user.user.key": [[user], "salt"] }).to_string()
}

/// A session of user 12 with its old copy, and one of user 13 that was never moved.
fn blog() -> Sess {
    Sess::new()
        .set(format!("{PREFIX}{PRIVATE}"), session(12))
        .set(format!("{PREFIX}{PUBLIC}"), session(12))
        .set(format!("{PREFIX}fedcba9876543210fedcba9876543210"), session(13))
        .set(format!("{PREFIX}views"), "<html>")
        .profile("rails-redis-session-store", &json!({ "prefix": PREFIX }))
}

#[test]
fn an_old_copy_is_no_session_of_its_own() {
    let sess = blog();
    assert_eq!(sess.listed("user", &["--sort", "user"]), ["12", "13"]);
    let shown = sess.args(["inspect", "-o", "json", &format!("{PREFIX}{PRIVATE}")]).success().json();
    assert_eq!(shown["companions"], json!([format!("{PREFIX}{PUBLIC}")]));
}

#[test]
fn a_copy_ends_with_its_session_and_with_no_other() {
    let key = format!("{PREFIX}{PRIVATE}");
    for what in [&["--user", "12"][..], &["--", &key]] {
        let sess = blog();
        sess.args([&["purge", "--yes"], what].concat()).success();
        let left = sess.server.contents();
        let left: Vec<_> = left.keys().map(|key| String::from_utf8_lossy(key).into_owned()).collect();
        assert_eq!(left, [format!("{PREFIX}fedcba9876543210fedcba9876543210"), format!("{PREFIX}views")]);
    }
    let sess = blog();
    sess.args(["purge", "--yes", "--user", "13"]).success();
    assert_eq!(sess.server.contents().len(), 3);
}

#[test]
fn a_cookie_leads_to_the_private_id_and_else_to_the_public_one() {
    let sess = blog();
    let behind = |cookie: &str| {
        let shown = sess.args(["inspect", "-o", "json", "--cookie", cookie]).success().json();
        shown["key"].as_str().map(str::to_string)
    };
    assert_eq!(behind(PUBLIC), Some(format!("{PREFIX}{PRIVATE}")));
    let old = "fedcba9876543210fedcba9876543210";
    assert_eq!(behind(old), Some(format!("{PREFIX}{old}")));
    // Nobody may present what a key shows.
    sess.args(["inspect", "--cookie", PRIVATE]).code(1);
}
