//! Stores that the configuration file describes: as good as those of frameworks.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::*;

/// The description that docs/own-layouts.md gives.
fn readme() -> String {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/own-layouts.md"));
    let readme = readme.expect("docs/own-layouts.md");
    let (_, example) = readme.split_once("```toml\n").expect("an example");
    example.split_once("```").expect("its end").0.to_string()
}

/// A shop with two users, a guest, and keys that are no business of its sessions.
fn shop() -> Sess {
    let sess = Sess::new();
    for (id, user) in [("a1", "alice"), ("a2", "alice"), ("b1", "bob")] {
        let value = format!(r#"{{"user":{{"id":"{user}"}},"created":1795465057}}"#);
        let key = format!("shop:session:{id}");
        sess.server.command(&["SET", &key, &value, "EX", "3600"]);
        sess.server.command(&["SADD", &format!("shop:user:{user}:sessions"), id]);
    }
    sess.server.command(&["SADD", "shop:user:alice:sessions", "long-gone"]);
    let sess = sess
        .set("shop:session:g1", r#"{"user":null,"created":1795465057}"#)
        .set("shop:session:count", "4")
        .set("shop:sessions", r#"{"user":{"id":"alice"},"created":1}"#)
        .set("shop:basket:a1", r#"{"user":{"id":"alice"},"created":1}"#)
        .set("other:shop:session:a1", r#"{"user":{"id":"alice"},"created":1}"#);
    let text = readme();
    configured(sess, &text)
}

fn configured(sess: Sess, text: &str) -> Sess {
    let path = sess.write("config.toml", text);
    private(&path);
    sess.global(&["--config", path.to_str().expect("a path")])
}

#[test]
fn a_described_store_is_found_without_being_named() {
    let sess = shop();
    assert_eq!(sess.listed("id", &[]), ["a1", "a2", "b1", "g1"]);
    for row in sess.rows(&["--user", "alice"]) {
        assert_eq!(row["layout"], "shop");
        assert_eq!(row["created_at"], "2026-11-23T20:17:37.000Z");
    }
    assert_eq!(sess.listed("user", &["--authenticated"]), ["alice", "alice", "bob"]);
    let ran = sess.args(["inspect", "a1", "-o", "json"]).success();
    let companions = ran.json()["companions"].clone();
    assert_eq!(companions, serde_json::json!(["shop:user:alice:sessions"]));
    sess.args(["inspect", "shop:session:count"]).code(1).says("shop");
    sess.args(["discover"]).success().shows("shop");
}

#[test]
fn a_users_sessions_end_with_their_entries_and_come_back() {
    for named in [&[][..], &["--layout", "shop"]] {
        let sess = shop().global(named);
        let before = sess.server.snapshot();
        sess.changes_nothing(["purge", "--user", "alice", "--dry-run"]).success();
        let ran = sess.args(["purge", "--user", "alice", "--yes", "-o", "json"]).success();
        assert_eq!((&ran.json()["done"], &ran.json()["entries_removed"]), (&2.into(), &2.into()));
        let after = sess.server.snapshot();
        let changed: BTreeSet<_> = before
            .iter()
            .filter(|(key, value)| after.get(*key) != Some(value))
            .map(|(key, _)| String::from_utf8_lossy(key).into_owned())
            .collect();
        let expected = ["shop:session:a1", "shop:session:a2", "shop:user:alice:sessions"];
        assert_eq!(changed, expected.map(String::from).into());
        let left = sess.server.contents()[&b"shop:user:alice:sessions"[..]].clone();
        assert_eq!(left, Content::Members(vec![b"long-gone".to_vec()]));
        sess.args(["undo", "--yes"]).success();
        assert!(sess.server.contents().keys().eq(before.keys()));
        assert_eq!(sess.listed("id", &["--user", "alice"]), ["a1", "a2"]);
    }
}

#[test]
fn a_profile_names_it_gives_it_options_and_protects_it() {
    let sess = shop();
    let text = readme()
        + &format!(
            "[profiles.p]\nstore = {:?}\nlayout = \"shop\"\noptions = {{ cookie_secret = \"s3cret\" }}\n\
             [profiles.q]\nstore = {0:?}\nprotected_layouts = \"shop\"\n",
            sess.server.url()
        );
    sess.write("config.toml", text);
    let p = ["--profile", "p"];
    sess.args(p.iter().chain(&["count", "--prefix", "shop:session:"])).success().stdout("4\n");
    sess.args(p.iter().chain(&["cookie", "SHOPSESS=s%3Aa1.wrong"])).shows("a…").code(7);
    sess.args(p.iter().chain(&["count", "--prefix", "shop:basket:"])).success().stdout("1\n");
    let q = ["--profile", "q", "purge", "--user", "bob", "--yes"];
    sess.changes_nothing(q).code(5).says("shop");
}

#[test]
fn sessions_that_nothing_makes_certain_change_only_when_they_are_named() {
    let sess = shop();
    sess.write("config.toml", readme().replace("must_have", "# must_have"));
    assert_eq!(sess.listed("id", &["--user", "bob"]), ["b1"]);
    sess.changes_nothing(["purge", "--user", "bob", "--yes"]);
    sess.args(["purge", "--user", "bob", "--layout", "shop", "--yes"]).success();
    assert_eq!(sess.listed("id", &["--user", "bob"]), Vec::<String>::new());
}

#[test]
fn the_end_in_the_value_moves_with_the_keys() {
    let sess = Sess::new();
    sess.server.command(&["HSET", "h:1", "who", "zoe", "exp", "4102444800"]);
    sess.server.command(&["EXPIREAT", "h:1", "4102444800"]);
    let text = "[layouts.h]\nkey = \"h:{id}\"\nrecord = \"hash\"\nuser = \"who\"\nmust_have = \"who\"\n\
                expires = { path = \"exp\", unit = \"s\" }\n";
    let sess = configured(sess, text);
    assert_eq!(sess.listed("expires_at", &[]), ["2100-01-01T00:00:00.000Z"]);
    let before = sess.server.snapshot();
    sess.args(["expire", "--all", "--at", "2099-01-01T00:00:00Z", "--yes"]).success();
    assert_eq!(sess.listed("expires_at", &[]), ["2099-01-01T00:00:00.000Z"]);
    let Content::Fields(fields) = &sess.server.contents()[&b"h:1"[..]] else { panic!("a hash") };
    assert_eq!(fields[&b"exp"[..]], b"4070908800");
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.snapshot() == before);
}

/// A session that somebody wrote is left alone, also where that happens to have moved its end as we would.
#[test]
fn an_end_that_is_there_already_excuses_no_other_change() {
    let sess = Sess::new();
    sess.server.command(&["HSET", "h:1", "who", "zoe", "exp", "4102444800"]);
    let text = "[layouts.h]\nkey = \"h:{id}\"\nrecord = \"hash\"\nuser = \"who\"\nmust_have = \"who\"\n\
                expires = { path = \"exp\", unit = \"s\" }\n";
    let sess = configured(sess, text);
    let mut terminal = sess.terminal(&["expire", "--all", "--at", "2099-01-01T00:00:00Z", "--no-ttl"]);
    terminal.shows("?");
    sess.server.command(&["HSET", "h:1", "who", "yve", "exp", "4070908800"]);
    let before = sess.server.snapshot();
    terminal.types("y\n");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("was left alone"), "{text}");
    assert!(sess.server.snapshot() == before);
}

#[test]
fn compressed_sessions_are_found_however_long_they_are() {
    let sess = Sess::new();
    let noise: String = (0..40_000_u32).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
    let json = format!(r#"{{"uid":"zoe","noise":"{noise}"}}"#);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, json.as_bytes()).expect("memory");
    let sess = sess.set("z:1", gzip.finish().expect("memory"));
    let sess = configured(
        sess,
        "[layouts.z]\nkey = \"z:{id}\"\nwrappers = \"gzip\"\nuser = \"uid\"\nmust_have = \"noise\"\n",
    );
    let rows = sess.rows(&[]);
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["user"], &rows[0]["codec"]), (&"zoe".into(), &serde_json::json!(["gzip", "json"])));
}

#[test]
fn it_is_among_the_layouts_and_mistakes_are_told() {
    let sess = shop();
    sess.args(["layouts"]).success().shows("described in the configuration file");
    sess.args(["layouts", "shop"]).success().shows("shop:user:<user>:sessions (set)");
    sess.args(["layouts", "shp"]).code(2).says("shop");
    let ran = sess.args(["layouts", "connect-redis", "-o", "toml"]).success();
    ran.shows("[layouts.my-connect-redis]").silent();
    sess.args(["layouts", "laravel", "-o", "toml"]).code(1).says("those it can describe");
    let sess = configured(Sess::new(), "[layouts.shop]\nkey = \"shop:\"\n");
    sess.args(["list"]).code(2).says("line 2: `key` must contain {id}");
}

#[test]
fn a_built_in_layout_can_be_copied_and_finds_the_same() {
    let sess = Sess::new().load("overleaf");
    let before = sess.listed("key", &["--layout", "overleaf"]);
    let text = sess.args(["layouts", "overleaf", "-o", "toml"]).success().text();
    let sess = configured(sess, &text);
    assert_eq!(sess.listed("key", &["--layout", "my-overleaf"]), before);
}

/// Every kind of companion, behind the prefix of a Redis client, with braces that mean themselves.
#[test]
fn companions_of_every_kind_are_cleaned_and_come_back() {
    let text = r#"
[layouts.app]
key = "{{app}}:{id}:session"
codec = "msgpack"
user = "u"
[[layouts.app.companions]]
kind = "zset"
key = "{{app}}:of:{user}"
member = "{key}"
user_index = true
[[layouts.app.companions]]
kind = "hash"
key = "{{app}}:devices"
member = "{user}/{id}"
[[layouts.app.companions]]
kind = "list-json"
key = "{{app}}:all"
member = "{id}"
[[layouts.app.companions]]
kind = "key"
key = "{key}:lock"
[[layouts.app.companions]]
kind = "key"
key = "{{app}}:last:{user}"
member = "{id}"
"#;
    let sess = configured(Sess::new(), text);
    for id in ["1a", "2b"] {
        sess.server.command(&[
            &b"SET"[..],
            format!("c:{{app}}:{id}:session").as_bytes(),
            b"\x81\xa1u\xa3zoe",
        ]);
        sess.server.command(&["ZADD", "c:{app}:of:zoe", "5", &format!("{{app}}:{id}:session")]);
        sess.server.command(&["HSET", "c:{app}:devices", &format!("zoe/{id}"), "phone"]);
        sess.server.command(&["SET", &format!("c:{{app}}:{id}:session:lock"), "1", "EX", "900"]);
    }
    sess.server.command(&["EXPIRE", "c:{app}:of:zoe", "600"]);
    let sess = sess.set("c:{app}:all", r#"["1a","x","2b"]"#).set("c:{app}:last:zoe", "2b");
    // What is another application's.
    let sess = sess.set("{app}:all", r#"["1a"]"#).set("{app}:last:zoe", "1a").set("c:{app}:3:sessions", "x");
    let text = text.to_string() + "[profiles.p]\nlayout = \"app\"\noptions = { key_prefix = \"c:\" }\n";
    sess.write("config.toml", text);
    let before = sess.server.contents();
    let store = sess.server.url();
    let run = |args: &[&str]| sess.args([&["--store", &store, "--profile", "p"][..], args].concat());
    run(&["list", "--user", "zoe", "--sort", "id", "-o", "ids"]).success().stdout("1a\n2b\n");
    run(&["expire", "1a", "--in", "2h", "--yes"]).success();
    let left: redis::Value = sess.server.command(&["TTL", "c:{app}:of:zoe"]);
    assert!(matches!(left, redis::Value::Int(7000..)), "{left:?}");
    run(&["undo", "--yes"]).success();

    let report = run(&["purge", "1a", "--yes", "-o", "json"]).success().json();
    assert_eq!((&report["keys_removed"], &report["entries_removed"]), (&2.into(), &3.into()));
    let mut expected = before.clone();
    expected.remove(&b"c:{app}:1a:session"[..]);
    expected.remove(&b"c:{app}:1a:session:lock"[..]);
    let after = sess.server.contents();
    assert!(after.keys().eq(expected.keys()), "{after:?}");
    let text = |key: &str| match &after[key.as_bytes()] {
        Content::Text(text) => String::from_utf8_lossy(text).into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!((text("c:{app}:all").as_str(), text("c:{app}:last:zoe").as_str()), (r#"["x","2b"]"#, "2b"));
    assert_eq!(after[&b"c:{app}:of:zoe"[..]].parts().len(), 1);
    assert_eq!(after[&b"c:{app}:devices"[..]].parts().len(), 1);
    run(&["undo", "--yes"]).success();
    assert_eq!(sess.server.contents(), before);

    run(&["purge", "--user", "zoe", "--yes"]).success();
    let left: Vec<String> =
        sess.server.contents().keys().map(|key| String::from_utf8_lossy(key).into_owned()).collect();
    assert_eq!(left, ["c:{app}:3:sessions", "c:{app}:all", "{app}:all", "{app}:last:zoe"]);
}

#[test]
fn a_key_that_holds_the_user_is_found_by_either() {
    let text = "[layouts.k]\nkey = \"k:{user}:{id}\"\nmust_have = \"at\"\n\
                cookie = { name = \"K\", form = \"bare\" }\n\
                [[layouts.k.companions]]\nkind = \"set\"\nkey = \"k-of:{user}\"\nmember = \"{key}\"\n\
                user_index = true\n";
    let sess = Sess::new().set("k:zoe:aaaa1", r#"{"at":1}"#).set("k:zoe:bbbb2", r#"{"at":1}"#);
    let sess = configured(sess.set("k:yan:cccc3", r#"{"at":1}"#), text);
    sess.server.command(&["SADD", "k-of:zoe", "k:zoe:aaaa1", "k:zoe:bbbb2"]);
    assert_eq!(sess.listed("id", &["--user", "zoe"]), ["aaaa1", "bbbb2"]);
    let ran = sess.args(["inspect", "--cookie", "K=cccc3", "-o", "json"]).success();
    assert_eq!((&ran.json()["key"], &ran.json()["user"]), (&"k:yan:cccc3".into(), &"yan".into()));
    sess.args(["purge", "aaaa1", "--yes"]).success();
    sess.args(["purge", "--user", "zoe", "--yes"]).success();
    let left: Vec<Vec<u8>> = sess.server.contents().into_keys().collect();
    assert_eq!(left, [b"k:yan:cccc3"]);
    sess.args(["undo", "--yes"]).success();
    assert_eq!(sess.listed("id", &["--user", "zoe"]), ["bbbb2"]);
}

/// The session layer of a FastAPI application (crudauth): a set of a user's sessions, and a token against
/// forged requests that the session names.
#[test]
fn a_member_of_the_data_names_a_companion() {
    let text = r#"
[layouts.boilerplate]
key = "session:{id}"
id = "uuid"
user = "user_id"
created = "created_at"
seen = "last_activity"
ip = "ip_address"
agent = "user_agent"
must_have = ["user_id", "session_id"]
cookie = { name = "session_id", form = "bare" }
[[layouts.boilerplate.companions]]
kind = "set"
key = "session_users:{user}"
member = "{id}"
user_index = true
[[layouts.boilerplate.companions]]
kind = "key"
key = "csrf:{metadata.csrf_token_id}"
"#;
    let mut sess = Sess::new();
    let ids = [
        ("4c39476e-5e89-4fb2-9bdf-6bf7f2c53183", 7, "192.0.2.10", "dca0"),
        ("de5dd7a8-d25e-489b-a720-be1076b638c3", 7, "198.51.100.7", "5668"),
        ("02d2cd8c-9e50-4f0a-8f61-0bdf24896697", 8, "192.0.2.11", "751c"),
    ];
    for (id, user, ip, csrf) in ids {
        let session = serde_json::json!({ "user_id": user, "session_id": id, "ip_address": ip,
            "user_agent": "Mozilla/5.0", "created_at": "2026-11-30T05:32:39.000001Z",
            "last_activity": "2026-11-30T05:47:09.000001Z", "metadata": { "csrf_token_id": csrf } });
        let token = serde_json::json!({ "token": csrf, "user_id": user, "session_id": id });
        sess = sess.set(format!("session:{id}"), session.to_string());
        sess = sess.set(format!("csrf:{csrf}"), token.to_string());
        sess.server.command(&["SADD", &format!("session_users:{user}"), id]);
    }
    sess.server.command(&["SADD", "session_users:7", "long-gone"]);
    // What is none, though it holds a user or names another session.
    let hostile = r#"{"user_id":9,"session_id":"x","metadata":{"csrf_token_id":"*"}}"#;
    let sess = sess.set("used_token:f649", r#"{"user_id":7}"#).set("session:settings", r#"{"user_id":7}"#);
    let sess = sess.set("session:00000000-0000-4000-8000-000000000000", hostile);
    let sess = configured(sess, text);
    assert_eq!(sess.listed("user", &["--not", "--user", "9"]), ["7", "7", "8"]);
    let rows = sess.rows(&["--ip", "192.0.2.10"]);
    assert_eq!(rows[0]["id"], ids[0].0);
    assert_eq!(rows[0]["created_at"], "2026-11-30T05:32:39.000Z");
    let ran = sess.args(["inspect", ids[1].0, "-o", "json"]).success();
    assert_eq!(ran.json()["companions"], serde_json::json!(["session_users:7", "csrf:5668"]));

    let before = sess.server.contents();
    sess.args(["purge", "--user", "7", "--yes"]).success();
    let after = sess.server.contents();
    let gone = |key: &str| before.contains_key(key.as_bytes()) && !after.contains_key(key.as_bytes());
    for (id, user, _, csrf) in ids {
        assert_eq!(gone(&format!("session:{id}")), user == 7, "{id}");
        assert_eq!(gone(&format!("csrf:{csrf}")), user == 7, "{id}");
    }
    assert_eq!(after[&b"session_users:7"[..]], Content::Members(vec![b"long-gone".to_vec()]));
    assert!(after.contains_key(&b"used_token:f649"[..]) && after.contains_key(&b"session:settings"[..]));
    sess.args(["undo", "--yes"]).success();
    assert_eq!(sess.server.contents(), before);
    // A name from the data is a name and no pattern.
    sess.args(["purge", "--user", "9", "--yes"]).success();
    assert!(sess.server.contents().len() == before.len() - 1);
}

/// mod_auth_openidc: an index by what the session says of the identity provider, which holds the id of
/// the last one only, and sessions that are sealed.
#[test]
fn an_index_that_names_the_last_session_and_sessions_that_are_sealed() {
    let text = r#"
[layouts.openidc]
key = "s:{id}"
id = ["40 hex", "uuid", "43 base64url"]
codec = "json"
user = "r"
must_have = ["r", "i"]
expires = { path = "e", unit = "s" }
cookie = { name = "mod_auth_openidc_session", form = "bare" }
[[layouts.openidc.companions]]
kind = "key"
key = "d:{sid}"
member = "{id}"
[[layouts.openidc.companions]]
kind = "key"
key = "d:{sub}"
member = "{id}"
"#;
    let first = "85eaa44df54a879a683fe54ca4f61c011f1b2bd6";
    let last = "fd59beb3e94f91df7ee61877f9a6c0d1358afdb6";
    let older = "792c8008-5004-453e-834b-87b3a91fd6b3";
    let sealed = "HGPKUPAa4izawKJly7PqgboSa9J8JHzq1eHkYRy8Sus";
    let value = |id: &str, sid: &str| {
        format!(r#"{{"r":"alice@id","e":4102444800,"i":"{id}","sid":"{sid}","sub":"11aa"}}"#)
    };
    let sess = Sess::new()
        .set(format!("s:{first}"), value(first, "a199"))
        .set(format!("s:{last}"), value(last, "1141"))
        .set(format!("s:{older}"), format!(r#"{{"r":"carol@id","e":4102444800,"i":"{older}"}}"#))
        .set(format!("s:{sealed}"), "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.BBBB.CCCC")
        .set("d:a199", first)
        .set("d:1141", last)
        .set("d:11aa", last)
        .set("n:nonce", "nonce")
        .set("s:settings", "{}");
    let sess = configured(sess, text);
    let named = ["--layout", "openidc"];
    let mut all = vec![first, last, older, sealed];
    all.sort_unstable();
    assert_eq!(sess.listed("id", &named), all);
    assert_eq!(sess.listed("id", &["--user", "alice@id"]), [first, last]);
    assert_eq!(sess.listed("id", &["--undecodable", "--layout", "openidc"]), [sealed]);
    let before = sess.server.contents();
    // The one that the index of the subject does not name leaves it to the other.
    sess.args(["purge", first, "--yes"]).success();
    let left = |key: &str| sess.server.contents().contains_key(key.as_bytes());
    assert!(!left("d:a199") && left("d:1141") && left("d:11aa"));
    sess.args(["purge", "--user", "alice@id", "--yes"]).success();
    assert!(!left("d:1141") && !left("d:11aa") && left(&format!("s:{sealed}")));
    sess.args(["undo", "--yes"]).success();
    sess.args(["undo", "--yes"]).success();
    assert_eq!(sess.server.contents(), before);
    // What nothing makes certain ends by name only.
    sess.changes_nothing(["purge", "--undecodable", "--yes"]);
}

#[test]
fn a_guests_session_is_listed_where_ids_are_described() {
    let text = "[layouts.g]\nkey = \"g:{id}\"\nuser = \"user.id\"\nmust_have = \"user\"\n";
    let sess = Sess::new().set("g:00aa", r#"{"user":{"id":7}}"#).set("g:00bb", r#"{"cart":[]}"#);
    let sess = configured(sess.set("g:stats", r#"{"cart":[]}"#), text);
    assert_eq!(sess.listed("id", &[]), ["00aa"]);
    sess.write("config.toml", format!("{text}id = \"4 hex\"\n"));
    assert_eq!(sess.listed("id", &[]), ["00aa", "00bb"]);
    let certainty = sess.rows(&["--columns", "id,certainty", "--sort", "id"]);
    assert_eq!((&certainty[0]["certainty"], &certainty[1]["certainty"]), (&"sure".into(), &"weak".into()));
    sess.changes_nothing(["purge", "00bb", "--yes"]);
    sess.args(["purge", "00bb", "--layout", "g", "--yes"]).success();
    sess.args(["layouts", "g"]).success().shows("4 hex");
}

#[test]
fn a_path_leads_into_json_that_stands_as_a_text() {
    let text = "[layouts.j]\nkey = \"j:{id}\"\nrecord = \"hash\"\nuser = \"data.user.id\"\nmust_have = \"data.user\"\n\
                expires = { path = \"data.exp\", unit = \"s\" }\n\
                [layouts.k]\nkey = \"k:{id}\"\nuser = \"session.user\"\nmust_have = \"session.user\"\n";
    let sess = Sess::new().set("k:1", r#"{"session":"{\"user\":\"zoe\"}"}"#);
    sess.server.command(&["HSET", "j:1", "data", r#"{"user":{"id":"007"},"exp":4102444800}"#, "n", "5"]);
    sess.server.command(&["EXPIREAT", "j:1", "4102444800"]);
    let sess = configured(sess, text);
    assert_eq!(sess.listed("user", &[]), ["007", "zoe"]);
    let data = sess.args(["inspect", "j:1", "-o", "json"]).success().json()["data"].clone();
    assert_eq!(data["data"]["user"]["id"], "007");
    let before = sess.server.snapshot();
    sess.args(["expire", "j:1", "--at", "2099-01-01T00:00:00Z", "--yes"]).success();
    let Content::Fields(fields) = &sess.server.contents()[&b"j:1"[..]] else { panic!("a hash") };
    assert_eq!(fields[&b"data"[..]], br#"{"user":{"id":"007"},"exp":4070908800}"#);
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.snapshot() == before);
}

#[test]
fn a_lock_goes_with_its_session_and_does_not_come_back() {
    let text = "[layouts.l]\nkey = \"l:{id}\"\nuser = \"u\"\nmust_have = \"u\"\nlocks = [\"{key}:lock\"]\n";
    let sess = Sess::new().set("l:1", r#"{"u":"zoe"}"#).set("l:1:lock", "host|1");
    let sess = configured(sess, text);
    sess.args(["purge", "--user", "zoe", "--yes"]).success();
    assert!(sess.server.contents().is_empty());
    sess.args(["undo", "--yes"]).success();
    let keys: Vec<Vec<u8>> = sess.server.contents().into_keys().collect();
    assert_eq!(keys, [b"l:1"]);
}

#[test]
fn what_a_description_calls_a_secret_is_blanked() {
    let text = r#"
[layouts.app]
key = "app:{id}"
codec = "json"
user = "user"
secrets = ["recovery", "iban"]
"#;
    let value = r#"{"user":"zoe","recovery":["open sesame"],"bank":{"iban":"DE02","bic":"GENO"},"pin":4711}"#;
    let sess = configured(Sess::new().set("app:abcdefgh", value), text).global(&["--layout", "app"]);
    for form in ["table", "json"] {
        let shown = sess.args(["inspect", "abcdefgh", "-o", form]).success();
        shown.shows("GENO").shows("recovery").hides("open sesame").hides("DE02").hides("4711");
    }
    sess.args(["inspect", "abcdefgh", "--reveal"]).success().shows("open sesame").shows("DE02").shows("4711");
    sess.args(["layouts", "app"]).success().shows("recovery, iban");
}
