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
    sess.args(["inspect", &corpse]).says("lacks creationTime");
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
