//! Sessions of the JVM as they are after years in production: mixed serializers, namespaces that begin
//! alike, indexes of the application's own, principals of its own classes.

use serde_json::{Value as Json, json};

use crate::support::*;

const IDS: [&str; 4] = [
    "11111111-1111-4111-8111-111111111111",
    "22222222-2222-4222-8222-222222222222",
    "33333333-3333-4333-8333-333333333333",
    "44444444-4444-4444-8444-444444444444",
];

/// A hash of Spring Session in JSON, which ends in half an hour.
fn spring(sess: &Sess, namespace: &str, id: &str, attributes: &[(&str, &str)]) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let now = since.as_millis().to_string();
    let key = format!("{namespace}:sessions:{id}");
    let mut command =
        vec!["HSET", &key, "creationTime", &now, "lastAccessedTime", &now, "maxInactiveInterval", "1800"];
    let named: Vec<(String, &str)> =
        attributes.iter().map(|(name, value)| (format!("sessionAttr:{name}"), *value)).collect();
    command.extend(named.iter().flat_map(|(name, value)| [name.as_str(), value]));
    sess.server.command(&command);
    key
}

fn java(text: &str) -> Vec<u8> {
    [b"\xac\xed\0\x05t", &(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

fn json_text(text: &str) -> Vec<u8> {
    json!(text).to_string().into_bytes()
}

fn members(sess: &Sess, key: &str) -> Vec<Vec<u8>> {
    match sess.server.contents().remove(key.as_bytes()) {
        Some(Content::Members(members)) => members,
        Some(Content::Scored(members)) => members.into_keys().collect(),
        None => Vec::new(),
        Some(other) => panic!("{key}: {other:?}"),
    }
}

#[test]
fn a_session_leaves_the_indexes_that_the_application_made_itself() {
    let sess = Sess::new();
    let [id, other, ..] = IDS;
    let context = r#"{"authentication":{"principal":"alice"}}"#;
    for id in [id, other] {
        spring(&sess, "spring:session", id, &[("SPRING_SECURITY_CONTEXT", context)]);
    }
    let index = "spring:session:sessions:index:PRINCIPAL_NAME_INDEX_NAME:alice";
    let own = "spring:session:sessions:index:TENANT:acme:eu";
    // What the listing names outside the namespace is none of the session's business.
    let foreign = "shop:sessions:index:TENANT:acme";
    for set in [index, own, foreign] {
        sess.server.command(&[b"SADD", set.as_bytes(), &json_text(id), &json_text(other)]);
    }
    let listing = format!("spring:session:sessions:{id}:idx");
    let listed = [json_text(index), json_text(own), java(foreign), b"\"broken".to_vec()];
    let mut command: Vec<&[u8]> = vec![b"SADD", listing.as_bytes()];
    command.extend(listed.iter().map(|name| &name[..]));
    sess.server.command(&command);
    sess.server.command(&[b"ZADD", &b"spring:session:sessions:expirations"[..], b"1", &json_text(id)]);
    assert_eq!(sess.listed("layout", &[]), ["spring-session-reactive"; 2]);
    let (before, held) = (sess.server.snapshot(), sess.server.contents());

    sess.changes_nothing(["purge", id, "--dry-run"]).success().shows("lists)");
    let report = sess.args(["purge", id, "--yes", "-o", "json"]).success().json();
    assert_eq!((&report["done"], &report["entries_removed"]), (&json!(1), &json!(3)), "{report}");
    assert_eq!(members(&sess, index), [json_text(other)]);
    assert_eq!(members(&sess, own), [json_text(other)]);
    assert_eq!(members(&sess, foreign).len(), 2);
    assert!(!sess.server.contents().contains_key(listing.as_bytes()));
    sess.args(["undo", "--yes"]).success();
    assert_eq!(sess.server.contents(), held);
    assert_eq!(sess.server.snapshot().len(), before.len());
}

#[test]
fn namespaces_that_begin_alike_are_each_its_own() {
    let sess = Sess::new();
    for (namespace, id) in
        ["spring:session", "spring:session:shop", "spring:session2", "shop:prod"].iter().zip(IDS)
    {
        spring(&sess, namespace, id, &[("PRINCIPAL_NAME_INDEX_NAME", "\"alice\"")]);
    }
    let id = IDS[1];
    sess.server.command(&["SET", &format!("spring:session:shop:sessions:expires:{id}"), ""]);
    let layouts: Vec<(Json, Json)> = sess
        .rows(&[])
        .into_iter()
        .map(|row| (row["key"].clone(), row["layout"].clone()))
        .filter(|(_, layout)| layout != "spring-session-json")
        .collect();
    let shop = format!("spring:session:shop:sessions:{id}");
    assert_eq!(layouts, [(json!(shop), json!("spring-session-indexed-json"))]);
    let named = sess.global(&["--layout", "spring-session-json", "--prefix", "spring:session"]);
    let report = named.args(["purge", "--user", "alice", "--yes", "-o", "json"]).success().json();
    assert_eq!(report["done"], 1);
    let left = named.server.contents();
    assert!(!left.contains_key(format!("spring:session:sessions:{}", IDS[0]).as_bytes()));
    assert_eq!(left.len(), 4);
}

#[test]
fn a_member_in_the_minute_of_the_usual_interval_goes_too() {
    let sess = Sess::new();
    let id = IDS[0];
    let key = spring(&sess, "app", id, &[]);
    sess.server.command(&["HSET", &key, "lastAccessedTime", "1795493803057", "maxInactiveInterval", "7200"]);
    let minute = |end: i64| format!("app:expirations:{}", (end / 60_000 + 1) * 60_000);
    let sets = [1_795_493_803_057 + 7_200_000, 1_795_493_803_057 + 1_800_000].map(minute);
    for set in &sets {
        sess.server.command(&[b"SADD", set.as_bytes(), &json_text(&format!("expires:{id}"))]);
    }
    let report = sess.args(["purge", id, "--yes", "-o", "json"]).success().json();
    assert_eq!(report["entries_removed"], 2, "{report}");
    assert_eq!(sess.server.snapshot().len(), 0);
}

#[test]
fn what_a_late_request_left_is_no_session() {
    let sess = Sess::new();
    let [id, corpse, ..] = IDS;
    spring(&sess, "spring:session", id, &[("cart", "")]);
    let corpse = format!("spring:session:sessions:{corpse}");
    sess.server.command(&["HSET", &corpse, "lastAccessedTime", "1795493803057", "sessionAttr:cart", "[]"]);
    assert_eq!(sess.listed("id", &[]), [id]);
    let shown = sess.args(["inspect", "--reveal", "-o", "json", id]).success().json();
    assert_eq!(shown["data"]["sessionAttr:cart"], Json::Null);
    sess.args(["inspect", &corpse]).success().shows("lacks creationTime");
    sess.args(["purge", "--all", "--yes", "--dry-run"]).success();
    let left = sess.args(["list", "--expired", "-o", "json"]).success().json();
    assert_eq!((&left[0]["key"], &left[1]), (&json!(corpse), &Json::Null));
    assert!(left[0]["error"].as_str().is_some_and(|why| why.contains("lacks creationTime")), "{left}");
    let held = sess.server.contents();
    sess.args(["purge", "--expired", "--yes"]).success();
    assert_eq!(sess.listed("id", &[]), [id]);
    assert!(!sess.server.contents().contains_key(corpse.as_bytes()));
    sess.args(["undo", "--yes"]).success();
    assert_eq!(sess.server.contents(), held);
    sess.changes_nothing(["expire", "--expired", "--in", "1h", "--yes"]);
}

#[test]
fn principals_of_every_kind_name_their_user() {
    let table = [
        (
            r#"{"principal":{"@class":"com.shop.Account","name":"Alice A.","userName":"alice","id":["java.lang.Long",7]}}"#,
            "alice",
        ),
        (r#"{"principal":{"@class":"com.shop.Login","id":["java.lang.Long",7],"email":"a@b.c"}}"#, "a@b.c"),
        (r#"{"principal":{"@class":"com.shop.Login","id":["java.lang.Long",7]}}"#, "7"),
        (
            r#"{"principal":{"@class":"com.shop.Wrapper","user":{"@class":"com.shop.User","username":"zoë"}}}"#,
            "zoë",
        ),
        (
            r#"{"@class":"o.OAuth2AuthenticationToken","principal":{"@class":"org.springframework.security.oauth2.core.user.DefaultOAuth2User","attributes":["java.util.Collections$UnmodifiableMap",{"id":583231,"login":"octocat"}],"nameAttributeKey":"id"}}"#,
            "583231",
        ),
        (
            r#"{"principal":{"@class":"org.springframework.security.oauth2.core.oidc.user.DefaultOidcUser","idToken":{"@class":"t","claims":{"sub":"f:1:2","email":"a@b"}},"userInfo":null,"nameAttributeKey":"email"}}"#,
            "a@b",
        ),
        (
            r#"{"principal":{"@class":"org.springframework.security.saml2.provider.service.authentication.DefaultSaml2AuthenticatedPrincipal","name":"alice@idp","attributes":{},"registrationId":"r"}}"#,
            "alice@idp",
        ),
        (
            r#"{"principal":{"@class":"org.springframework.security.ldap.userdetails.LdapUserDetailsImpl","dn":"uid=a,dc=b","username":"a"}}"#,
            "a",
        ),
    ];
    for (authentication, user) in table {
        let sess = Sess::new();
        let context = format!(r#"{{"@class":"c.SecurityContextImpl","authentication":{authentication}}}"#);
        spring(&sess, "spring:session", IDS[0], &[("SPRING_SECURITY_CONTEXT", &context)]);
        assert_eq!(sess.listed("user", &[]), [user], "{authentication}");
    }
}

#[test]
fn a_cookie_leads_there_with_a_route_and_without() {
    use base64::Engine as _;
    let sess = Sess::new();
    let id = IDS[0];
    spring(&sess, "spring:session", id, &[]);
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    for cookie in
        [base64(id), id.to_string(), base64(&format!("{id}.node1")), format!("SESSION={}", base64(id))]
    {
        let shown = sess.args(["inspect", "-o", "json", &format!("--cookie={cookie}")]).success().json();
        assert_eq!(shown["id"], id, "{cookie}");
    }
}

/// An account of Sa-Token with these tokens, its session as a serializer writes it.
fn account(sess: &Sess, login: &str, tokens: &[&str], session: &dyn Fn(&str) -> String) {
    for token in tokens {
        sess.server.command(&["SET", &format!("satoken:login:token:{token}"), login]);
        sess.server.command(&["SET", &format!("satoken:login:last-active:{token}"), "1795493805322,-1"]);
    }
    let items: Vec<String> =
        tokens.iter().map(|token| format!(r#"{{"index":1,"tokenValue":"{token}"}}"#)).collect();
    sess.server.command(&["SET", &format!("satoken:login:session:{login}"), &session(&items.join(","))]);
}

#[test]
fn sa_tokens_account_goes_with_its_last_token_whatever_wrote_it() {
    let jackson = |items: &str| {
        format!(
            r#"{{"@class":"cn.dev33.satoken.session.SaSession","dataMap":{{}},"terminalList":["java.util.Vector",[{items}]]}}"#
        )
    };
    let fastjson = |items: &str| format!(r#"{{"dataMap":{{}},"terminalList":[{items}]}}"#);
    for session in [&jackson as &dyn Fn(&str) -> String, &fastjson] {
        let sess = Sess::new();
        account(&sess, "tenant:7", &["a", "b"], session);
        assert_eq!(sess.listed("user", &[]), ["tenant:7", "tenant:7"]);
        sess.args(["purge", "satoken:login:token:a", "--yes"]).success();
        let key = &b"satoken:login:session:tenant:7"[..];
        let left = sess.server.contents();
        let Content::Text(text) = &left[key] else { panic!("no text") };
        assert_eq!(String::from_utf8_lossy(text), session(r#"{"index":1,"tokenValue":"b"}"#));
        assert!(!left.contains_key(&b"satoken:login:last-active:a"[..]));
        sess.args(["purge", "--user", "tenant:7", "--yes"]).success();
        assert_eq!(sess.server.snapshot().len(), 0);
        sess.args(["undo", "--yes"]).success();
        assert!(sess.server.contents()[key] == left[key]);
    }
}

#[test]
fn a_cookie_of_another_login_type_leads_to_its_token() {
    let sess = Sess::new();
    let key = format!("satoken:admin:token:{}", IDS[0]);
    sess.server.command(&["SET", &key, "root"]);
    sess.server.command(&["SET", "satoken:admin:session:root", "{}"]);
    let cookie = format!("--cookie=satoken={}", IDS[0]);
    for named in [&[][..], &["--layout", "sa-token"]] {
        let shown = sess.args([&["inspect", "-o", "json", &cookie], named].concat()).success().json();
        assert_eq!((&shown["key"], &shown["user"]), (&json!(key), &json!("root")));
    }
}

#[test]
fn members_of_the_indexes_go_move_and_come_back_in_every_form() {
    let forms = |text: &str| [java(text), json_text(text), text.as_bytes().to_vec()];
    for namespace in ["spring:session", "{shop}:spring:session", "app:{a}"] {
        let sess = Sess::new();
        let [id, other, ..] = IDS;
        for id in [id, other] {
            let user = [("PRINCIPAL_NAME_INDEX_NAME", "\"alice\"")];
            let key = spring(&sess, namespace, id, &user);
            sess.server.command(&["HSET", &key, "lastAccessedTime", "1895493803057"]);
            sess.server.command(&["SET", &format!("{namespace}:sessions:expires:{id}"), "", "EX", "1800"]);
        }
        let minute = |seconds: i64| {
            let end: i64 = 1_895_493_803_057 + seconds * 1000;
            format!("{namespace}:expirations:{}", (end / 60_000 + 1) * 60_000)
        };
        let index = format!(
            "{namespace}:index:org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME:alice"
        );
        let scores = format!("{namespace}:sessions:expirations");
        for id in [id, other] {
            for form in forms(id) {
                sess.server.command(&[b"SADD", index.as_bytes(), &form]);
                sess.server.command(&[b"ZADD", scores.as_bytes(), b"1895495603057", &form]);
            }
            for form in forms(&format!("expires:{id}")) {
                sess.server.command(&[b"SADD", minute(1800).as_bytes(), &form]);
            }
        }
        let held = sess.server.contents();
        assert_eq!(sess.listed("layout", &[]), ["spring-session-indexed-json"; 2], "{namespace}");

        sess.args(["purge", id, "--yes"]).success();
        for key in [&index, &minute(1800), &scores] {
            let left = members(&sess, key);
            assert!(left.len() == 3 && left.iter().all(|member| !contains(member, id)), "{key}: {left:?}");
        }
        sess.args(["undo", "--yes"]).success();
        assert_eq!(sess.server.contents(), held, "{namespace}");

        sess.args(["expire", id, "--at", "2030-01-25T12:00:00Z", "--yes"]).success();
        let moved: Vec<Vec<u8>> = forms(&format!("expires:{id}")).into();
        let there = sess.server.contents().into_iter().filter(|(key, _)| contains(key, ":expirations:"));
        let there: Vec<Vec<u8>> = there
            .filter(|(key, _)| *key != minute(1800).as_bytes())
            .flat_map(|(key, _)| members(&sess, &String::from_utf8(key).expect("UTF-8")))
            .collect();
        assert_eq!(there.len(), 3, "{namespace}");
        assert!(moved.iter().all(|member| there.contains(member)), "{namespace}");
        let Some(Content::Scored(scored)) = sess.server.contents().remove(scores.as_bytes()) else {
            panic!("no scores")
        };
        let changed = scored.values().filter(|score| score.to_string() != "1895495603057").count();
        assert_eq!(changed, 3, "{namespace}");
        sess.args(["undo", "--yes"]).success();
        assert_eq!(sess.server.contents(), held, "{namespace}");
    }
}

fn contains(whole: &[u8], part: &str) -> bool {
    whole.windows(part.len()).any(|window| window == part.as_bytes())
}

#[test]
fn a_redisson_of_old_is_ended_and_given_another_end_under_its_own_names() {
    let sess = Sess::new().load("redisson-tomcat-old");
    let key = "redisson:tomcat_session:05341D84D5470264E9C8129CBB6A3701";
    let held = sess.server.contents();
    sess.args(["expire", key, "--at", "2030-01-25T12:00:00Z", "--yes"]).success();
    let fields = |sess: &Sess| match sess.server.contents().remove(key.as_bytes()) {
        Some(Content::Fields(fields)) => fields,
        other => panic!("{other:?}"),
    };
    let now = fields(&sess);
    let Some(Content::Fields(before)) = held.get(key.as_bytes()) else { panic!("no hash") };
    assert_eq!(now.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let changed: Vec<_> = now.iter().filter(|(name, value)| before.get(*name) != Some(value)).collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(*changed[0].0, java("session:maxInactiveInterval"));
    sess.args(["undo", "--yes"]).success();
    assert_eq!(sess.server.contents(), held);
}

#[test]
fn a_key_that_only_looks_like_a_token_is_none_of_sa_token() {
    let sess = Sess::new();
    let real = format!("satoken:login:token:{}", IDS[0]);
    sess.server.command(&["SET", &real, "\"7\""]);
    sess.server.command(&["SET", "satoken:login:session:7", "{\"terminalList\":[]}"]);
    for (key, value) in [
        ("satoken:login:token:queue", "lock"),
        ("satoken:login:token:count", "-1"),
        ("satoken:login:token:users", "\"-4\""),
        ("satoken:login:token:config", "{}"),
        ("shop:job:token:pause", "1"),
    ] {
        sess.server.command(&["SET", key, value]);
    }
    let held = sess.server.contents();
    for named in [&[][..], &["--layout", "sa-token"]] {
        let listed = sess.args([&["list", "-o", "json"], named].concat()).success().json();
        let keys: Vec<&Json> = listed.as_array().expect("rows").iter().map(|row| &row["key"]).collect();
        assert_eq!(keys, [&json!(real)], "{named:?}");
        sess.args([&["purge", "--all", "--yes"], named].concat()).success();
        let left = sess.server.contents();
        assert_eq!(held.keys().filter(|key| !left.contains_key(*key)).count(), 1, "{named:?}");
        sess.args(["undo", "--yes"]).success();
    }
}

#[test]
fn a_replaced_token_in_quotes_is_over_and_its_account_is_left_alone() {
    let sess = Sess::new();
    let key = format!("t1:Authorization:login:token:{}", IDS[0]);
    sess.server.command(&["SET", &key, "\"-4\""]);
    let rows = sess.rows(&[]);
    assert_eq!((&rows[0]["key"], &rows[0]["user"]), (&json!(key), &Json::Null));
    sess.args(["list", "--expired", "-o", "ids"]).success().shows(IDS[0]);
}

#[test]
fn what_is_left_of_redissons_sessions_is_found_and_ended_with_the_expired_ones() {
    let sess = Sess::new();
    let prefix = "redisson:tomcat_session:A3C07A1CCB2DEBD6248A2AB6171DB20";
    let long = |number: i64| format!(r#"["java.lang.Long",{number}]"#);
    let live = format!("{prefix}1");
    sess.server.command(&[
        "HSET",
        &live,
        "session:creationTime",
        &long(1),
        "session:maxInactiveInterval",
        "-1",
    ]);
    let names =
        [b"session:thisAccessedTime".to_vec(), java("session:lastAccessedTime"), json_text("session:isNew")];
    for (at, name) in names.iter().enumerate() {
        let key = format!("{prefix}{}", at + 2);
        sess.server.command(&[b"HSET", key.as_bytes(), name, long(1_795_117_888_291).as_bytes()]);
    }
    // None of Redisson's.
    for (key, field) in
        [("app:redisson:tomcat_sso:1", "session:isNew"), ("redisson:tomcat_session:x", "cart")]
    {
        sess.server.command(&["HSET", key, field, "1"]);
    }
    assert_eq!(sess.listed("key", &[]), [live.as_str()]);
    sess.args(["count"]).success().shows("1");
    let held = sess.server.contents();
    for named in [&[][..], &["--layout", "redisson-tomcat"]] {
        let rows = sess.args([&["list", "--expired", "-o", "json"], named].concat()).success().json();
        let rows = rows.as_array().expect("rows");
        assert_eq!(rows.len(), 3, "{named:?}");
        assert!(rows.iter().all(|row| row["error"].is_string() && row["key"] != live.as_str()));
        let ended = sess.args([&["purge", "--expired", "--yes", "-o", "json"], named].concat());
        assert_eq!(ended.success().json()["done"], 3);
        let left = sess.server.contents();
        assert!(left.len() == held.len() - 3 && left.contains_key(live.as_bytes()));
        sess.args(["undo", "--yes"]).success();
        assert_eq!(sess.server.contents(), held);
    }
    sess.args(["purge", "--anonymous", "--yes"]);
    let left = sess.server.contents();
    assert!((2..5).all(|at| left.contains_key(format!("{prefix}{at}").as_bytes())));
}

#[test]
fn a_key_that_went_through_javas_serializer_is_a_session_of_shiro() {
    let sess = Sess::new().load("shiro-redis");
    let some = sess.listed("key", &[]).remove(0);
    let wrapped = java(&some);
    sess.server.command(&[b"RENAME", some.as_bytes(), &wrapped]);
    let held = sess.server.contents();
    let id = some.strip_prefix("shiro:session:").expect("the usual prefix");
    for named in [&[][..], &["--layout", "shiro-redis"]] {
        let listed = sess.args([&["list", "-o", "json"], named].concat()).success().json();
        assert!(listed.as_array().expect("rows").iter().any(|row| row["id"] == id), "{named:?}");
        sess.args([&["purge", id, "--yes"], named].concat()).success();
        let left = sess.server.contents();
        assert!(!left.contains_key(&wrapped) && left.len() == held.len() - 1);
        sess.args(["undo", "--yes"]).success();
        assert_eq!(sess.server.contents(), held);
    }
}
