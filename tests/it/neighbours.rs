//! What a key is may depend on what lies beside it, and what looks like a session may be none.

use serde_json::json;

use crate::support::*;

/// Everything that a purge of all may remove without a layout being named.
fn purged(sess: &Sess) -> Vec<String> {
    let before = sess.server.snapshot();
    let ran = sess.args(["purge", "--all", "--yes", "-o", "json", "--max", "none"]);
    assert!(matches!(ran.code, Some(0 | 3)), "{ran:?}");
    let after = sess.server.snapshot();
    before
        .into_keys()
        .filter(|key| !after.contains_key(key))
        .map(|key| String::from_utf8(key).expect("text"))
        .collect()
}

#[test]
fn look_alikes_are_neither_listed_nor_touched() {
    let foreign: &[(&str, &str)] = &[
        // No path, no session of express.
        (&format!("sess:{}", sid(900)), r#"{"cookie":{"originalMaxAge":60000}}"#),
        ("sess:stats", r#"{"hits":1200}"#),
        ("sess:config", "on"),
        ("sess:counter", "17"),
        ("cache:products:17", r#"{"name":"lamp","cookie":{"flavour":"oat"}}"#),
        ("user:17", r#"{"id":"17","email":"alice@example.com"}"#),
        ("user:session:by-user-id:17", "6e7e4a08-eb1c-49ea-b38f-d4a7bdbbf8d1"),
        ("jwt:blacklist:17", r#"["a","b"]"#),
        ("queue:jobs", r#"[{"token":"a","expiresAt":1},{"token":"b","expiresAt":2}]"#),
        ("feature_flags", r#"{"data":{},"longterm2":true}"#),
        ("lock:sess:17", "owner"),
    ];
    let sess = foreign.iter().fold(Sess::new().many(20), |sess, (key, value)| sess.set(key, value));
    sess.server.command(&["SADD", "sess:index", &sid(0)]);
    sess.server.command(&["ZADD", "sess:by-time", "1", &sid(0)]);
    sess.server.command(&["RPUSH", "sess:recent", &sid(0)]);
    sess.server.command(&["HSET", "sess:totals", "count", "20"]);
    sess.server.command(&["XADD", "sess:events", "*", "type", "login"]);
    let listed = sess.listed("key", &[]);
    assert_eq!(listed.len(), 20, "{listed:?}");
    let gone = purged(&sess);
    assert_eq!(gone.len(), 20, "{gone:?}");
    assert!(
        gone.iter()
            .all(|key| key.ends_with("-AbCdEfGhIjKlMnOpQrStUvW") && *key < format!("sess:{}", sid(20)))
    );
    // By its name, too, a key that is not a session is told so, with the reasons.
    for (key, _) in foreign {
        sess.changes_nothing(["inspect", key]).code(1).says("not a session");
        sess.changes_nothing(["purge", "--yes", key]).code(1);
    }
}

#[test]
fn empty_sessions_beside_recognised_ones_are_their_kin() {
    let sess = Sess::new()
        .many(20)
        .set(format!("sess:{}", sid(500)), "")
        .set(format!("sess:{}", sid(501)), "{broken")
        .set("sess:short", "")
        .set(format!("other:{}", sid(502)), "");
    assert_eq!(sess.rows(&[]).len(), 22);
    let kin = sess.listed("id", &["--columns", "id,certainty", "--not", "--authenticated"]);
    assert_eq!(kin, [sid(500), sid(501)]);
    // What is not certain is changed only by the layout's name.
    let ran = sess
        .args(["purge", "--all", "--yes", "-o", "json"])
        .success()
        .says("2 matching keys")
        .says("--layout");
    assert_eq!(ran.json()["done"], 20);
    assert_eq!(sess.server.snapshot().len(), 4);
    // Alone they are nothing.
    assert_eq!(sess.rows(&[]).len(), 0);
    let sess = sess.global(&["--layout", "connect-redis"]);
    let ran = sess.args(["purge", "--undecodable", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 2, "{}", ran.text());
}

#[test]
fn a_general_value_is_of_the_layout_of_its_neighbours() {
    let flask = |n: usize| format!("session:{}", &format!("{n:02}{}", "aB-3_".repeat(9))[..43]);
    let rails = |n: usize| format!("app:session:{n:032x}");
    let quart = |n: usize| format!("q_3c82c8e4-fdd6-403c-bd16-8b87910316{n:02}");
    let sess = Sess::new()
        // By themselves they could be of Poem, Sanic or nobody.
        .set(flask(0), r#"{"user_id":3}"#)
        .set(rails(0), r#"{"user_id":4}"#)
        .set(quart(0), r#"{"user_id":5}"#)
        .set(flask(1), r#"{"_user_id":"7","_fresh":true}"#)
        .set(rails(1), r#"{"warden.user.user.key":[[8],"$2a$12$x"],"_csrf_token":"t"}"#)
        .set(quart(1), r#"{"_permanent":true,"user_id":9}"#)
        // Of the same form, and of another kind.
        .set(flask(2), "17")
        .set(rails(2), r#"["a"]"#)
        .set(quart(2), r#"{"session_id":"x","user_id":6}"#)
        // Elsewhere an array of PHP would do for a session of PHP's own.
        .set(quart(3), r#"a:2:{s:2:"id";i:42;s:4:"name";s:4:"lamp";}"#)
        .set(quart(4), r#"a:2:{s:2:"id";i:43;s:4:"name";s:5:"chair";}"#)
        .set("q_stats", r#"{"user_id":6}"#);
    let rows = sess.rows(&["--sort", "user"]);
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().expect("text").to_owned();
    let found: Vec<(String, String)> =
        rows.iter().map(|row| (text(row, "user"), text(row, "layout"))).collect();
    let expected = [
        ("3", "flask-session"),
        ("4", "rails-redis-session-store"),
        ("5", "quart-session"),
        ("7", "flask-session"),
        ("8", "rails-redis-session-store"),
        ("9", "quart-session"),
    ];
    assert_eq!(found, expected.map(|(user, layout)| (user.to_owned(), layout.to_owned())));
    // Alone they are what they look like.
    let sess = Sess::new().set(rails(0), r#"{"user_id":4}"#).set(quart(0), r#"{"user_id":5}"#);
    assert_eq!(sess.listed("layout", &[]), ["sanic-session"]);
}

#[test]
fn sixteen_hex_digits_are_a_session_only_in_company() {
    let value = r#"{"userId":"alice"}"#;
    let sess = Sess::new().set("0123456789abcdef", value).set("cache:1", "x");
    assert_eq!(sess.rows(&[]).len(), 0);
    sess.changes_nothing(["purge", "--all", "--yes"]).success();
    let sess = sess.set("fedcba9876543210", value);
    let rows = sess.rows(&[]);
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["layout"] == "remix-redis-session" && row["user"] == "alice"));
    // Weak as it is, it is never changed unless it is named.
    let ran = sess.changes_nothing(["purge", "--all", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["matched"], 0);
    ran.says("not certain").says("--layout remix-redis-session");
    sess.changes_nothing(["purge", "--user", "alice", "--yes"]).success();
    let ran =
        sess.args(["purge", "--all", "--yes", "-o", "json", "--layout", "remix-redis-session"]).success();
    assert_eq!(ran.json()["done"], 2);
}

#[test]
fn an_index_tells_whose_sessions_they_are() {
    let layouts = |sess: &Sess| {
        let mut all = sess.listed("layout", &[]);
        all.dedup();
        all
    };
    let plain = || {
        Sess::new().express(format!("sess:{}", sid(0)), Some("7"), &json!({})).express(
            format!("sess:{}", sid(1)),
            None,
            &json!({}),
        )
    };
    assert_eq!(layouts(&plain()), ["connect-redis"]);

    let forum = plain();
    forum.server.command(&["ZADD", "uid:7:sessions", "1", &sid(0)]);
    assert_eq!(layouts(&forum), ["nodebb"]);
    let ran = forum.args(["purge", "--user", "7", "--yes", "-o", "json"]).success();
    assert_eq!((&ran.json()["done"], &ran.json()["entries_removed"]), (&json!(1), &json!(1)));
    assert!(!forum.server.snapshot().contains_key(&b"uid:7:sessions"[..]));

    let papers = plain();
    papers.server.command(&["SADD", "UserSessions:{7}", &format!("sess:{}", sid(0))]);
    assert_eq!(layouts(&papers), ["overleaf"]);
    papers.args(["purge", "--user", "7", "--yes"]).success();
    assert!(!papers.server.snapshot().contains_key(&b"UserSessions:{7}"[..]));

    // Something of that name that is of another type is not an index, and stays as it is.
    let other = plain();
    other.server.command(&["SET", "uid:7:sessions", "text"]);
    other.server.command(&["HSET", "UserSessions:{7}", "a", "b"]);
    assert_eq!(layouts(&other), ["connect-redis"]);
    other.args(["purge", "--user", "7", "--yes"]).success();
    let left = other.server.snapshot();
    assert!(left.contains_key(&b"uid:7:sessions"[..]) && left.contains_key(&b"UserSessions:{7}"[..]));
}

#[test]
fn many_sessions_with_one_index_among_them_are_one_kind() {
    // More keys than are looked at together before the first row is shown.
    const COUNT: usize = 5_000;
    let sess = Sess::new().many(COUNT);
    sess.server.command(&["SADD", "UserSessions:{user3}", &format!("sess:{}", sid(3))]);
    let counted = sess.args(["count", "--by", "layout", "-o", "csv"]).success().text();
    // Rows that went out before the index was met keep their name; none is lost or doubled.
    let sum: usize = counted
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).and_then(|count| count.parse::<usize>().ok()).expect("a count"))
        .sum();
    assert_eq!(sum, COUNT, "{counted}");
    // Whatever the name, the entry goes with the session.
    let ran = sess.args(["purge", "--user", "user3", "--yes", "-o", "json"]).success();
    assert_eq!((&ran.json()["done"], &ran.json()["entries_removed"]), (&json!(1), &json!(1)));
    assert_eq!(sess.rows(&["--columns", "id"]).len(), COUNT - 1);
}

#[test]
fn prefixes_are_taken_literally() {
    for prefix in ["sh*p[1]:?", "{tenant}:sess:", "a\\b:", "tenant1:sess:", "app-", "", "s p a c e:", "näh:"]
    {
        let sess = Sess::new()
            .express(format!("{prefix}{}", sid(1)), Some("alice"), &json!({}))
            .express(format!("other:{}", sid(2)), Some("alice"), &json!({}))
            .set(format!("{prefix}foreign"), "x");
        // Without a name any prefix is found.
        assert_eq!(sess.rows(&[]).len(), 2, "{prefix}");
        if prefix.is_empty() {
            continue;
        }
        let named = ["--layout", "connect-redis", "--prefix", prefix];
        let rows = sess.rows(&named);
        assert_eq!(rows.len(), 1, "{prefix}: {rows:?}");
        assert_eq!((&rows[0]["id"], &rows[0]["user"]), (&json!(sid(1)), &json!("alice")));
        sess.args([&["inspect", &sid(1)][..], &named].concat()).success();
        let ran =
            sess.args([&["purge", "--user", "alice", "--yes", "-o", "json"][..], &named].concat()).success();
        assert_eq!(ran.json()["done"], 1, "{prefix}");
        assert_eq!(sess.server.snapshot().len(), 2, "{prefix}");
    }
}

#[test]
fn match_restricts_keys_by_a_glob() {
    let sess = Sess::new().express(format!("eu:sess:{}", sid(1)), Some("alice"), &json!({})).express(
        format!("us:sess:{}", sid(2)),
        Some("alice"),
        &json!({}),
    );
    assert_eq!(sess.listed("id", &["--match", "eu:*"]), [sid(1)]);
    assert_eq!(sess.listed("id", &["--match", "[eu][us]:sess:*"]), [sid(1), sid(2)]);
    assert_eq!(sess.listed("id", &["--match", "nothing*"]).len(), 0);
    let ran = sess.args(["purge", "--user", "alice", "--yes", "--match", "us:*", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 1);
    assert_eq!(sess.listed("id", &[]), [sid(1)]);
}

#[test]
fn one_server_with_many_frameworks_is_sorted_out() {
    // Layouts that do not share a prefix and a form.
    let slugs = ["connect-redis", "better-auth", "redis-sessions", "mgcrea-fastify-session", "hono-sessions"];
    let sess = Sess::new();
    for slug in slugs {
        sess.restore(slug);
    }
    let mut wanted: Vec<String> = Vec::new();
    for slug in slugs {
        let expected = expected(slug);
        let sessions = expected["sessions"].as_array().expect("sessions");
        wanted.extend(sessions.iter().map(|session| session["key"].as_str().expect("a key").to_string()));
    }
    wanted.sort();
    assert_eq!(sess.listed("key", &[]), wanted);
    let mut layouts = sess.listed("layout", &[]);
    layouts.dedup();
    assert_eq!(
        layouts,
        ["better-auth", "connect-redis", "hono-sessions", "mgcrea-fastify-session", "redis-sessions"]
    );
    // Two of them, named.
    let two = sess.listed("layout", &["--layout", "connect-redis", "--layout", "redis-sessions"]);
    assert!(
        two.iter().all(|layout| layout == "connect-redis" || layout == "redis-sessions") && two.len() > 2
    );
}

#[test]
fn what_only_its_neighbours_make_a_session_is_inspected_by_its_layouts_name() {
    let sess = Sess::new().many(20).set(format!("sess:{}", sid(501)), "{broken");
    sess.args(["inspect", &sid(501)]).code(1).says("--layout");
    sess.args(["inspect", &sid(501), "--layout", "connect-redis"]).success();
}
