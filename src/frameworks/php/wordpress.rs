//! WordPress: the sessions with a user are one array in a row of the table of users' metadata.
//!
//! WordPress 6.1.9 wp-includes/class-wp-session-tokens.php, class-wp-user-meta-session-tokens.php, pluggable.php.

use sha2::{Digest as _, Sha256};

use crate::codec::php;
use crate::cookie::{CookieError, Given, Opened, bare};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Moved, Session};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table;
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, Place, Setup, Verdict, Whose, expire, time,
};
use crate::store::{Many, Medium, Raw, Rest, Rows, Table};
use crate::value::Value;
use std::borrow::Cow;
use std::ops::Range;

const VALUE: &str = "meta_value";
/// The field that the store gives the name of one of many sessions in.
const NAME: &str = "@name";

pub const LAYOUT: Layout = Layout {
    name: "wordpress",
    about: "WordPress and WooCommerce: the sessions of those who are logged in (PHP)",
    family: "PHP",
    medium: Medium::Table,
    page: "\
row      of the table <prefix>usermeta (option table_prefix, wp_ unless set) whose meta_key is
         session_tokens: one for each user, with all of his sessions. Key and id end in a session's
         verifier, the SHA-256 of the token in the cookie
value    meta_value, serialize of an array: from verifiers to {expiration, ip, ua, login}
end      expiration; without `remember me` two days, else 14. One that has passed stays until the
         array is written again
user     user_id; names are in the table <prefix>users
times    login
cookie   wordpress_logged_in_<md5 of the site's address> = <login>|<expiration>|<token>|<signature>
end it   the array without it; with the last one the row, as `destroy` does. Nothing brings it back
beware   an object cache (Redis, Memcached) has a copy of the row: flush the user's entry of its
         group user_meta, or requests go on by that
",
    keys: Keys { prefix: "wp_usermeta", locate, key_of: |_, id| [b":", id].concat(), ..table::KEYS },
    table: rows,
    marks: &[Mark::Field(NAME)],
    options: &[
        table::TABLE,
        OptionSpec::new("table_prefix", OptionKind::Text, "$table_prefix of wp-config.php, wp_ unless set"),
        OptionSpec::new(
            "siteurl",
            OptionKind::Text,
            "the site's address, of which the cookie's name is made",
        ),
        OptionSpec::secret("logged_in_key", OptionKind::Text, "LOGGED_IN_KEY of wp-config.php"),
        OptionSpec::secret("logged_in_salt", OptionKind::Text, "LOGGED_IN_SALT of wp-config.php"),
    ],
    recognize: |_, blob| match blob.field(NAME) {
        Some(name) if key::is_exactly(name, 64, Alphabet::Hex) => Verdict::Sure,
        Some(_) => Verdict::Weak,
        None => Verdict::no("the row holds no sessions of WordPress"),
    },
    read,
    describe: |_, _, data| Facts {
        created: data.get("login").and_then(time::seconds),
        ends: data.get("expiration").and_then(time::seconds),
        ip: data.get("ip").and_then(Value::scalar_text),
        agent: data.get("ua").and_then(Value::scalar_text),
        ..Facts::default()
    },
    whose: Whose::Unknown,
    cookie: Cookie { name: Some("wordpress_logged_in_"), open: Some(open), ..Cookie::PLAIN },
    ends: Ends {
        expire,
        caveats: &[
            "An object cache has a copy of the row, by which requests go on until it is flushed.",
            "Application passwords and logins of other plug-ins are not sessions.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra {
        columns: Some(|_, blob| Facts { user: table::text(blob, "user_id"), ..Facts::default() }),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

fn rows(setup: &Setup, table: &Table) -> Option<Rows> {
    let named = setup.text("table_prefix").map(|prefix| format!("{prefix}usermeta"));
    if named.is_some_and(|name| table.name != name) {
        return None;
    }
    let mut rows = table::rows(setup, table, "user_id", &["umeta_id", "meta_key", VALUE])?;
    rows.only = Some(("meta_key".to_string(), "session_tokens"));
    rows.many = Some(Many { column: VALUE.to_string(), list, put });
    Some(rows)
}

/// Behind the user's number.
fn locate(_: &Setup, key: &[u8]) -> Option<Place> {
    let start = memchr::memrchr(b':', key)? + 1;
    let usual = key::is_exactly(&key[start..], 64, Alphabet::Hex);
    (start < key.len()).then(|| Place::after(key, start, usual))
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let text = blob.field(VALUE).unwrap_or_default();
    let value = php::decode(text, &blob.limits).map(|value| match value {
        // Up to 4.0 nothing but the end was kept.
        Value::Int(end) => Value::Map(vec![("expiration".into(), Value::Int(end))]),
        value => value,
    });
    Decoded { via: vec![php::CODEC.name], value: value.map(Cow::Owned) }
}

fn open(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    const EXPECTED: CookieError = CookieError::Form { expected: "<login>|<expiration>|<token>|<signature>" };
    let named = given.names().find(|name| name.starts_with("wordpress_logged_in_"));
    let name = setup.text("cookie_name").or(named).unwrap_or("");
    let value = bare::open(given, name)?.id;
    let parts: Vec<&[u8]> = value.split(|byte| *byte == b'|').collect();
    let [_, end, token, signature] = parts[..] else { return Err(EXPECTED) };
    if !Alphabet::Digit.all(end) || token.is_empty() || !Alphabet::Hex.all(signature) {
        return Err(EXPECTED);
    }
    // The signature's key is made of the user's password, which is in another table.
    let id = base16ct::lower::encode_string(&Sha256::digest(token)).into_bytes();
    Ok(Opened { id, verified: None })
}

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let Some(end) = end else { return Err(expire::ALWAYS_ENDS) };
    let Raw::Hash(fields) = session.raw else { return Err(expire::UNREADABLE) };
    let held = fields.iter().find(|(name, _)| name == VALUE.as_bytes()).map(|(_, text)| &text[..]);
    let seconds = end.div_euclid(1000);
    let made = held.and_then(|text| ended(text, seconds)).ok_or(expire::UNREADABLE)?;
    let made = String::from_utf8(made).map_err(|_| "their value is not text")?;
    table::put(vec![(VALUE, made)])
}

/// A session's text with another end in it.
fn ended(text: &[u8], seconds: i64) -> Option<Vec<u8>> {
    if text.starts_with(b"i:") {
        return Some(format!("i:{seconds};").into_bytes());
    }
    let (_, value) =
        entries(text)?.into_iter().find(|(name, _)| text[name.clone()] == *b"s:10:\"expiration\";")?;
    Some([&text[..value.start], format!("i:{seconds};").as_bytes(), &text[value.end..]].concat())
}

/// Where name and value of each member of a serialized array are.
fn entries(text: &[u8]) -> Option<Vec<(Range<usize>, Range<usize>)>> {
    let digits = text.strip_prefix(b"a:")?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let count: usize = std::str::from_utf8(&text[2..2 + digits]).ok()?.parse().ok()?;
    let mut at = 2 + digits;
    if text.get(at..at + 2) != Some(b":{") {
        return None;
    }
    at += 2;
    let mut found = Vec::new();
    for _ in 0..count {
        let name = at..whole(text, at, 0)?;
        let value = name.end..whole(text, name.end, 0)?;
        at = value.end;
        found.push((name, value));
    }
    (text.get(at..) == Some(b"}")).then_some(found)
}

/// More levels are nobody's.
const DEEPEST: usize = 64;

/// Where the serialized value that begins there ends.
fn whole(text: &[u8], at: usize, depth: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let until = |byte: u8| memchr::memchr(byte, rest).map(|end| at + end + 1);
    let number = |from: usize| -> Option<(usize, usize)> {
        let end = from + memchr::memchr(b':', text.get(from..)?)?;
        Some((std::str::from_utf8(&text[from..end]).ok()?.parse().ok()?, end))
    };
    match rest.first()? {
        b'N' | b'i' | b'b' | b'd' | b'r' | b'R' => until(b';'),
        b's' => {
            let (length, colon) = number(at + 2)?;
            let end = colon.checked_add(length)?.checked_add(4)?;
            (text.get(end - 2..end) == Some(b"\";")).then_some(end)
        }
        b'a' | b'O' if depth < DEEPEST => {
            let (mut count, mut colon) = number(at + 2)?;
            if rest[0] == b'O' {
                (count, colon) = number(colon.checked_add(count)?.checked_add(4)?)?;
            }
            let mut at = colon + 2;
            for _ in 0..count.checked_mul(2)? {
                at = whole(text, at, depth + 1)?;
            }
            (text.get(at) == Some(&b'}')).then_some(at + 1)
        }
        _ => None,
    }
}

/// The text in a serialized string.
fn named(text: &[u8]) -> &[u8] {
    php::string(text).unwrap_or(text)
}

fn list(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let found = entries(text).unwrap_or_default().into_iter();
    found.map(|(name, value)| (named(&text[name]).to_vec(), text[value].to_vec())).collect()
}

/// The array with another text for one session, without it, or with it again in the place that it had in
/// `like`.
fn put(text: &[u8], name: &[u8], session: Option<&[u8]>, like: &[u8]) -> Rest {
    let Some(entries) = entries(text) else { return Rest::Unknown };
    let mut found: Vec<(Vec<u8>, Vec<u8>)> =
        entries.into_iter().map(|(name, value)| (text[name].to_vec(), text[value].to_vec())).collect();
    let place = found.iter().position(|(other, _)| named(other) == name);
    match (place, session) {
        (Some(place), Some(session)) => found[place].1 = session.to_vec(),
        (Some(place), None) => {
            found.remove(place);
        }
        (None, Some(session)) => {
            let before = list(like);
            let after = before.iter().skip_while(|(other, _)| other != name).skip(1);
            let next = after.filter_map(|(other, _)| found.iter().position(|(held, _)| named(held) == other));
            let place = next.min().unwrap_or(found.len());
            let written = format!("s:{}:\"", name.len());
            found.insert(place, ([written.as_bytes(), name, b"\";"].concat(), session.to_vec()));
        }
        (None, None) => return Rest::Unknown,
    }
    if found.is_empty() {
        return Rest::Nothing;
    }
    let mut made = format!("a:{}:{{", found.len()).into_bytes();
    for (name, value) in found {
        made.extend(name);
        made.extend(value);
    }
    made.push(b'}');
    Rest::Value(made)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TWO: &[u8] =
        b"a:2:{s:1:\"a\";a:2:{s:10:\"expiration\";i:17;s:2:\"ua\";s:3:\"};\"\";}s:1:\"b\";i:5;}";

    #[test]
    fn sessions_are_taken_out_of_the_array_and_put_back_where_they_were() {
        let names: Vec<Vec<u8>> = list(TWO).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [b"a".to_vec(), b"b".to_vec()]);
        let a = list(TWO).remove(0).1;
        let Rest::Value(without) = put(TWO, b"a", None, TWO) else { panic!("b is left") };
        assert_eq!(without, b"a:1:{s:1:\"b\";i:5;}");
        assert_eq!(put(&without, b"a", Some(&a), TWO), Rest::Value(TWO.to_vec()));
        assert_eq!(put(&without, b"b", None, TWO), Rest::Nothing);
        assert_eq!(put(&without, b"x", None, TWO), Rest::Unknown);
        assert_eq!(ended(&a, 99).unwrap(), b"a:2:{s:10:\"expiration\";i:99;s:2:\"ua\";s:3:\"};\"\";}");
        assert_eq!(ended(b"i:5;", 99).unwrap(), b"i:99;");
    }

    #[test]
    fn what_is_no_such_array_is_left_alone() {
        for end in 0..TWO.len() {
            assert!(list(&TWO[..end]).is_empty(), "{end}");
            assert_eq!(put(&TWO[..end], b"a", None, TWO), Rest::Unknown);
        }
        for text in [
            &b"a:99999999999999999999:{}"[..],
            b"a:1:{s:99999999999999999999:\"a\";i:1;}",
            b"a:1:{s:5:\"a\";i:1;}",
            b"a:2:{s:1:\"a\";i:1;}",
            b"i:1;",
        ] {
            assert!(list(text).is_empty());
        }
        assert!(list(&b"a:1:{".repeat(100_000)).is_empty());
    }
}
