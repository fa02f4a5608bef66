//! Every captured store, from the listing to the purge, against what its `expected.json` says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::support::*;

/// A captured store and what is expected of it.
struct Captured {
    slug: String,
    /// The layout names that count as right; the first is the one to name.
    names: Vec<String>,
    options: Map<String, Json>,
    /// Other options under which some of the sessions lie.
    elsewhere: Vec<Map<String, Json>>,
    sessions: Vec<Json>,
    may_change: Vec<String>,
    /// False where its sessions are shown only.
    ends: bool,
}

impl Captured {
    fn of(slug: &str) -> Captured {
        let expected = expected(slug);
        let mut options = expected["config"].as_object().cloned().unwrap_or_default();
        let elsewhere = options.remove("other_prefixes").unwrap_or_default();
        let elsewhere =
            elsewhere.as_array().cloned().unwrap_or_default().into_iter().map(|other| match other {
                Json::Object(options) => options,
                prefix => Map::from_iter([("prefix".to_string(), prefix)]),
            });
        Captured {
            slug: slug.to_string(),
            names: layout_names(slug),
            options,
            elsewhere: elsewhere.collect(),
            sessions: expected["sessions"].as_array().expect("sessions").clone(),
            may_change: texts(&expected["may_change"]),
            ends: expected["ends"] != false,
        }
    }

    /// The profile's options with others put over them.
    fn with(&self, more: &Map<String, Json>) -> Json {
        let mut options = self.options.clone();
        options.extend(more.clone());
        Json::Object(options)
    }

    /// The options that lead to this key where it lies under another prefix.
    fn elsewhere(&self, key: &str) -> Option<&Map<String, Json>> {
        let leads =
            |prefix: &Json| prefix.as_str().is_some_and(|text| !text.is_empty() && key.starts_with(text));
        self.elsewhere.iter().find(|options| options.values().any(leads))
    }

    /// A server that holds it, with the layout named and its options given.
    fn named(&self, more: &Map<String, Json>) -> Sess {
        Sess::new().load(&self.slug).profile(&self.names[0], &self.with(more))
    }
}

/// The key that a companion's description names: it may go on after a space.
fn key_of<'k>(described: &str, keys: &'k BTreeSet<Vec<u8>>) -> Option<&'k Vec<u8>> {
    let ends = described.match_indices(' ').map(|(at, _)| at).chain([described.len()]);
    ends.rev().find_map(|end| keys.get(&described.as_bytes()[..end]))
}

fn texts(value: &Json) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_string)).collect()
}

fn key(session: &Json) -> &str {
    session["key"].as_str().expect("a key")
}

/// Runs a check on every store and reports what all of them found.
#[track_caller]
fn each(check: impl Fn(&Captured, &mut Vec<String>)) {
    let mut wrong = Vec::new();
    for slug in fixtures() {
        let mut found = Vec::new();
        check(&Captured::of(&slug), &mut found);
        wrong.extend(found.into_iter().map(|what| format!("{slug}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rows(ran: &Ran) -> BTreeMap<String, Json> {
    let rows = ran.json().as_array().cloned().unwrap_or_default();
    rows.into_iter().map(|row| (row["key"].as_str().unwrap_or_default().to_string(), row)).collect()
}

#[test]
fn sessions_are_found_without_a_name_and_their_companions_are_none() {
    each(|store, wrong| {
        let sess = Sess::new().load(&store.slug);
        let rows = rows(&sess.args(["list", "-o", "json"]).success());
        for session in &store.sessions {
            match rows.get(key(session)).map(|row| row["layout"].as_str().unwrap_or_default()) {
                None => wrong.push(format!("{} is not listed", key(session))),
                Some(layout) if !store.names.iter().any(|name| name == layout) => {
                    wrong.push(format!("{} is listed as {layout}", key(session)));
                }
                Some(_) => {}
            }
        }
        let companions: BTreeSet<String> =
            store.sessions.iter().flat_map(|session| texts(&session["companions"])).collect();
        let taken = rows.keys().filter(|key| companions.contains(*key));
        wrong.extend(taken.map(|key| format!("the companion {key} is listed")));
    });
}

#[test]
fn a_named_layout_lists_exactly_its_sessions_with_id_and_user() {
    each(|store, wrong| {
        let mut listed = BTreeMap::new();
        for more in std::iter::once(&Map::new()).chain(&store.elsewhere) {
            let ran = store.named(more).args(["list", "-o", "json"]).success();
            listed.extend(rows(&ran));
        }
        for session in &store.sessions {
            let Some(row) = listed.remove(key(session)) else {
                wrong.push(format!("{} is not listed", key(session)));
                continue;
            };
            for member in ["id", "user"] {
                if row[member] != session[member] {
                    wrong.push(format!(
                        "{}: {member} {} is not {}",
                        key(session),
                        row[member],
                        session[member]
                    ));
                }
            }
            if (row["error"] != Json::Null) != (session["undecodable"] == true) {
                wrong.push(format!("{}: {}", key(session), row["error"]));
            }
        }
        wrong.extend(listed.keys().map(|key| format!("{key} is listed, too")));
    });
}

#[test]
fn inspect_shows_the_data_and_what_ends_with_a_session() {
    each(|store, wrong| {
        let home = store.named(&Map::new());
        let held = home.server.contents();
        let keys: BTreeSet<Vec<u8>> = held.keys().cloned().collect();
        for session in &store.sessions {
            let elsewhere = store.elsewhere(key(session)).map(|more| store.named(more));
            let sess = elsewhere.as_ref().unwrap_or(&home);
            let ran = sess.args(["inspect", "--reveal", "-o", "json", "--", key(session)]);
            if ran.code != Some(0) {
                wrong.push(format!("{}: {}", key(session), ran.stderr));
                continue;
            }
            let shown = ran.json();
            if let Some(difference) = difference(&shown["data"], &session["data"], "") {
                wrong.push(format!("{}: data{difference}", key(session)));
            }
            // A key that is shared by turns is named by one of those who share it.
            let ids = [id(session)];
            let named = |name: &[u8]| {
                names(name, &ids, &[]) || held[name].parts().values().any(|part| names(part, &ids, &[]))
            };
            let may: Vec<&Vec<u8>> = texts(&session["companions"])
                .iter()
                .filter_map(|described| key_of(described, &keys))
                .collect();
            let told: BTreeSet<String> = texts(&shown["companions"]).into_iter().collect();
            for name in &may {
                let text = String::from_utf8_lossy(name).into_owned();
                if !told.contains(&text) && (!matches!(held[*name], Content::Text(_)) || named(name)) {
                    wrong.push(format!("{}: the companion {text} is not told", key(session)));
                }
            }
            let others = told.iter().filter(|told| !may.iter().any(|name| name[..] == *told.as_bytes()));
            wrong.extend(others.map(|told| format!("{}: {told} is told as a companion", key(session))));
        }
    });
}

#[test]
fn a_cookie_leads_to_its_session_and_is_verified() {
    each(|store, wrong| {
        let home = store.named(&Map::new());
        for session in &store.sessions {
            let cookies = match &session["cookie"] {
                Json::String(cookie) => vec![cookie.clone()],
                other => texts(other),
            };
            let elsewhere = store.elsewhere(key(session)).map(|more| store.named(more));
            let sess = elsewhere.as_ref().unwrap_or(&home);
            for cookie in cookies {
                let ran = sess.args(["inspect", "-o", "json", &format!("--cookie={cookie}")]);
                if ran.code != Some(0) {
                    wrong.push(format!("{}: {}", key(session), ran.stderr));
                    continue;
                }
                let shown = ran.json();
                if shown["key"] != session["key"] || shown["cookie"]["id"] != session["id"] {
                    wrong.push(format!("{}: the cookie leads to {}", key(session), shown["key"]));
                }
                // Where the framework signs and the secret is there, it was checked.
                let secret = store.options.keys().any(|name| {
                    ["cookie_secret", "cookie_keys", "cookie_key", "app_key", "cookie_encryption_key"]
                        .contains(&name.as_str())
                });
                if secret && cookie.contains('.') && shown["cookie"]["verified"] != Json::Bool(true) {
                    wrong.push(format!("{}: verified is {}", key(session), shown["cookie"]["verified"]));
                }
            }
        }
    });
}

#[test]
fn purging_a_user_ends_his_sessions_and_touches_nothing_else() {
    each(|store, wrong| {
        let mut users: BTreeMap<&str, usize> = BTreeMap::new();
        for session in &store.sessions {
            if let Some(user) = session["user"].as_str()
                && store.elsewhere(key(session)).is_none()
            {
                *users.entry(user).or_default() += 1;
            }
        }
        let most = users.values().max().copied();
        let Some((user, _)) = users.into_iter().find(|(_, count)| Some(*count) == most) else { return };
        let (targets, others): (Vec<&Json>, Vec<&Json>) = store
            .sessions
            .iter()
            .filter(|session| session["user"] == user)
            .partition(|session| store.elsewhere(key(session)).is_none());
        let purge = Purge { targets, may: others, alone: Some(user) };
        purge.check(store, &[&format!("--user={user}")], wrong);
    });
}

#[test]
fn purging_one_session_leaves_all_others() {
    each(|store, wrong| {
        let main = || store.sessions.iter().filter(|session| store.elsewhere(key(session)).is_none());
        let of_user = |session: &Json| {
            if session["user"].is_null() {
                0
            } else {
                main().filter(|other| other["user"] == session["user"]).count()
            }
        };
        let rank = |session: &&Json| (of_user(session), texts(&session["companions"]).len());
        let Some(target) = main().rev().max_by_key(rank) else { return };
        let alone = target["user"].as_str().filter(|_| of_user(target) == 1);
        let purge = Purge { targets: vec![target], may: Vec::new(), alone };
        purge.check(store, &["--", key(target)], wrong);
    });
}

#[test]
fn what_only_its_framework_ends_is_shown_and_refused() {
    let sess = Sess::new().load("apereo-cas");
    assert_eq!(sess.listed("user", &[]), ["alice", "alice", "null", "urn:bob"]);
    let plan = sess.write("plan", "").with_extension("new");
    let plan = plan.to_str().expect("UTF-8");
    for args in [
        &["purge", "--all", "--yes"][..],
        &["purge", "--all", "--dry-run"],
        &["purge", "--all", "--plan", plan],
        &["purge", "--yes", "--", "TGT-2-Zp4x-cas1"],
        &["expire", "--all", "--in", "9h", "--yes"],
        &["clear", "--layout", "apereo-cas", "--yes"],
    ] {
        sess.changes_nothing(args).code(5).says("cannot be changed by sessctl").says("/actuator/ssoSessions");
    }
    assert!(!std::path::Path::new(plan).exists());
    sess.args(["layouts", "apereo-cas"]).success().shows("does not end them");

    let sess = sess.express("sess:alice-0000000000000000000000000001", Some("alice"), &serde_json::json!({}));
    let held = sess.server.contents();
    let ran = sess.args(["purge", "--user", "alice", "--yes", "-o", "json"]).code(3);
    let ran = ran.says("apereo-cas cannot be changed this way");
    assert_eq!(ran.json()["done"], 1);
    let gone: Vec<_> =
        held.keys().filter(|key| !sess.server.contents().contains_key(*key)).cloned().collect();
    assert_eq!(gone, [b"sess:alice-0000000000000000000000000001"]);
}

/// A purge and who may be ended by it.
struct Purge<'s> {
    targets: Vec<&'s Json>,
    /// Sessions that may end with them: the same user's under another prefix.
    may: Vec<&'s Json>,
    /// The user who has no session afterwards.
    alone: Option<&'s str>,
}

impl Purge<'_> {
    fn check(&self, store: &Captured, args: &[&str], wrong: &mut Vec<String>) {
        let sess = store.named(&Map::new());
        let (before, held) = (sess.server.snapshot(), sess.server.contents());
        let ran = sess.args([&["purge", "--yes", "-o", "json"], args].concat());
        let (after, holds) = (sess.server.snapshot(), sess.server.contents());
        if !store.ends {
            if ran.code != Some(5) || holds != held || !ran.stderr.contains("cannot be changed by sessctl") {
                wrong.push(format!("exit {:?} instead of a refusal: {}", ran.code, ran.stderr));
            }
            return;
        }
        if ran.code != Some(0) {
            wrong.push(format!("exit {:?}: {}", ran.code, ran.stderr));
            return;
        }
        let report = ran.json();
        let gone = |session: &&Json| !after.contains_key(key(session).as_bytes());
        let ended: Vec<&Json> = self.targets.iter().chain(&self.may).copied().filter(gone).collect();
        for session in self.targets.iter().filter(|session| !gone(session)) {
            wrong.push(format!("{} is still there", key(session)));
        }
        if report["done"] != ended.len() || report["matched"] != ended.len() || report["complete"] != true {
            wrong.push(format!("{} ended, and the report says {report}", ended.len()));
        }
        // An index that lost its last entry is not a key that was removed.
        let removed = before.keys().filter(|key| !after.contains_key(*key)).count() as u64;
        let told = report["keys_removed"].as_u64().unwrap_or_default();
        if told < ended.len() as u64 || told > removed {
            wrong.push(format!("{removed} keys are gone, and the report says {told}"));
        }

        let keys: BTreeSet<Vec<u8>> = before.keys().cloned().collect();
        let sessions: BTreeSet<Vec<u8>> =
            store.sessions.iter().map(|session| key(session).as_bytes().to_vec()).collect();
        let companions: BTreeSet<Vec<u8>> = ended
            .iter()
            .flat_map(|session| texts(&session["companions"]))
            .filter_map(|described| key_of(&described, &keys).cloned())
            .filter(|key| !sessions.contains(key))
            .collect();
        let ids: Vec<Vec<u8>> = ended.iter().map(|session| id(session)).collect();
        let staying: Vec<Vec<u8>> = store
            .sessions
            .iter()
            .filter(|session| !ended.contains(session))
            .flat_map(|session| [id(session), key(session).as_bytes().to_vec()])
            .collect();
        for companion in &companions {
            let what = |what: &str| format!("{}: {what}", String::from_utf8_lossy(companion));
            let Some(now) = holds.get(companion) else {
                if !self.may_go(companion, &held[companion], &ids, &staying) {
                    wrong.push(what("is gone with what belongs to others"));
                }
                continue;
            };
            if names(companion, &ids, &staying) {
                wrong.push(what("is still there"));
            }
            if before[companion].1 != after[companion].1 {
                wrong.push(what("has another expiry"));
            }
            self.compare(&held[companion], now, &ids, &staying, &mut |text| wrong.push(what(text)));
        }

        let may: BTreeSet<&[u8]> = store.may_change.iter().map(String::as_bytes).collect();
        for (name, value) in &before {
            let session = ended.iter().any(|session| key(session).as_bytes() == name);
            if session || companions.contains(name) || may.contains(&name[..]) {
                continue;
            }
            if after.get(name) != Some(value) {
                wrong.push(format!("{} was touched", String::from_utf8_lossy(name)));
            }
        }
        for name in after.keys().filter(|name| !before.contains_key(*name) && !may.contains(&name[..])) {
            wrong.push(format!("{} was created", String::from_utf8_lossy(name)));
        }
    }

    /// Whether a companion may go as a whole: it is named after an ended session or a user without
    /// any, is a plain text, or held nothing but entries of the ended ones.
    fn may_go(&self, name: &[u8], held: &Content, ids: &[Vec<u8>], staying: &[Vec<u8>]) -> bool {
        let whole = names(name, ids, staying)
            || matches!(held, Content::Text(_))
            || self.alone.is_some_and(|user| contains(name, user.as_bytes()));
        held.parts().values().all(|part| {
            let others = names(part, staying, &[]) && !names(part, ids, staying);
            !others && (whole || names(part, ids, staying) || self.stands_for_user(part))
        })
    }

    fn stands_for_user(&self, part: &[u8]) -> bool {
        self.alone.is_some_and(|user| part.split(|byte| *byte == 0).next() == Some(user.as_bytes()))
    }

    /// What is wrong with a companion that is still there.
    fn compare(
        &self,
        held: &Content,
        holds: &Content,
        ids: &[Vec<u8>],
        staying: &[Vec<u8>],
        wrong: &mut dyn FnMut(&str),
    ) {
        let (old, new) = (held.parts(), holds.parts());
        if new.values().any(|part| names(part, ids, staying)) {
            wrong("still names an ended session");
        }
        if new.keys().any(|part| !old.contains_key(part)) {
            wrong("got something new");
        }
        for (name, part) in &old {
            let now = new.get(name);
            if let Content::Text(_) = held {
                let text = now.map_or(&[][..], |now| now);
                if staying.iter().any(|other| contains(part, other) && !contains(text, other)) {
                    wrong("no longer names another session");
                }
                if serde_json::from_slice::<Json>(part).is_ok()
                    && serde_json::from_slice::<Json>(text).is_err()
                {
                    wrong("is no longer JSON");
                }
            } else if now != Some(part) && !names(part, ids, staying) && !self.stands_for_user(part) {
                wrong("lost an entry of somebody else");
            }
        }
        if let (Content::Scored(old), Content::Scored(new)) = (held, holds)
            && new.iter().any(|(member, score)| old.get(member).is_some_and(|old| (old - score).abs() > 0.0))
        {
            wrong("has other scores");
        }
    }
}

fn id(session: &Json) -> Vec<u8> {
    session["id"].as_str().expect("an id").as_bytes().to_vec()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// Whether a text names one of these ids. One that stands within a longer one that stays does not
/// count.
fn names(text: &[u8], ids: &[Vec<u8>], staying: &[Vec<u8>]) -> bool {
    ids.iter().any(|id| {
        let mut rest = text.to_vec();
        for other in staying.iter().filter(|other| *other != id && contains(other, id)) {
            while let Some(at) = memchr::memmem::find(&rest, other) {
                rest.drain(at..at + other.len());
            }
        }
        contains(&rest, id)
    })
}

/// The first difference between two decoded values. Sets have no order, dates have several
/// spellings, and a double may be printed in any way that reads back near it.
fn difference(a: &Json, b: &Json, path: &str) -> Option<String> {
    let differs = || Some(format!("{path}: {a} is not {b}"));
    match (a, b) {
        (Json::Object(x), Json::Object(y)) => {
            if let (Some(x), Some(y), 1, 1) = (x.get("$date"), y.get("$date"), x.len(), y.len()) {
                return if date(x) == date(y) { None } else { differs() };
            }
            if let (Some(Json::Array(x)), Some(Json::Array(y)), 1, 1) =
                (x.get("$set"), y.get("$set"), x.len(), y.len())
            {
                let sorted = |items: &[Json]| {
                    let mut items = items.to_vec();
                    items.sort_by_key(Json::to_string);
                    Json::Array(items)
                };
                return difference(&sorted(x), &sorted(y), &format!("{path}/$set"));
            }
            if x.keys().collect::<BTreeSet<_>>() != y.keys().collect::<BTreeSet<_>>() {
                return differs();
            }
            x.iter().find_map(|(name, x)| difference(x, &y[name], &format!("{path}/{name}")))
        }
        (Json::Array(x), Json::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).enumerate().find_map(|(at, (x, y))| difference(x, y, &format!("{path}/{at}")))
        }
        (Json::Number(x), Json::Number(y)) if x != y => {
            let (near, real) = (x.as_f64()?, y.as_f64()?);
            let whole = y.is_i64() || y.is_u64();
            let close = (near - real).abs() <= 1e-12 * near.abs().max(real.abs());
            if near.to_bits() == real.to_bits() || (!whole && close) { None } else { differs() }
        }
        _ if a == b => None,
        _ => differs(),
    }
}

/// A date without what may be left out of it.
fn date(value: &Json) -> String {
    let text = value.as_str().unwrap_or_default().replacen(' ', "T", 1);
    let text = text.strip_suffix("+00:00").map_or(text.clone(), |text| format!("{text}Z"));
    let Some(dot) = text.find('.') else { return text };
    let end = text[dot + 1..].find(|char: char| !char.is_ascii_digit()).map_or(text.len(), |at| dot + 1 + at);
    let fraction = text[dot + 1..end].trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{}", &text[..dot], &text[end..])
}

/// The key ring as PersistKeysToStackExchangeRedis keeps it, one text an item, and a cookie of a session
/// that a key of it sealed.
const KEY_OF_RING: &str = r#"<?xml version="1.0"?><key id="80732141-ec8f-4b80-af9c-c4d2d1ff8901" version="1"><creationDate>2024-05-17T08:30:00Z</creationDate><descriptor deserializerType="A > B"><descriptor><encryption algorithm="AES_256_CBC" /><validation algorithm="HMACSHA256" /><masterKey p4:requiresEncryption="true" xmlns:p4="http://schemas.asp.net/2015/03/dataProtection"><!-- Warning: the <value>key</value> below is in an unencrypted form. -->
        <value>AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09rh6O/2/QQLEhkgJy41PENKUVhfZm10e4KJkJeepayzug==</value></masterKey></descriptor></descriptor></key>"#;
const SEALED_SESSION: &str = "CfDJ8EEhc4CP7IBLr5zE0tH%2FiQEHgtBYxWD8EIO4A69HyfGB1e8Zs9E%2FdMjPLw%2BlnGJfBXzh6GiTc184zxyq5OFhm5wlvuiqNYUcfoGRKQSMVZDLUjX7i%2BTtgbBHBayz4dd99nQ0cqYfABiwwAX1rYu16wd1rj0aS1OtT0XPJ%2FE%2BLEWC";

#[test]
fn the_key_ring_in_the_store_is_no_session_and_its_items_open_cookies() {
    const GUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const LIST: &str = "DataProtection-Keys";
    let sess = Sess::new().load("aspnetcore");
    let old = KEY_OF_RING.replace("80732141", "90732141");
    sess.server.command(&["RPUSH", LIST, &old, KEY_OF_RING]);
    let some = sess.rows(&[]).remove(0);
    let some = some["key"].as_str().expect("a key");
    sess.server.command(&["COPY", some, GUID]);
    let items: Vec<Vec<u8>> =
        redis::cmd("LRANGE").arg(LIST).arg(0).arg(-1).query(&mut sess.server.connect()).expect("the ring");
    let ring: Vec<&str> = items.iter().map(|item| std::str::from_utf8(item).expect("XML")).collect();
    let options = serde_json::json!({"key_ring": ring, "application_name": "/srv/shop", "instance_name": ""});
    let sess = sess.profile("aspnetcore", &options);
    let card = sess.args(["inspect", "--cookie", SEALED_SESSION, "-o", "json"]).success().json();
    assert_eq!(card["key"], GUID);
    let listed = sess.listed("key", &[]);
    assert!(listed.iter().any(|key| key == GUID) && !listed.iter().any(|key| key == LIST), "{listed:?}");
    let before = sess.server.contents().remove(LIST.as_bytes()).expect("the ring");
    sess.args(["clear", "--yes"]).success();
    let left = sess.server.contents();
    assert!(!left.contains_key(GUID.as_bytes()));
    assert_eq!(left.get(LIST.as_bytes()), Some(&before));
}
