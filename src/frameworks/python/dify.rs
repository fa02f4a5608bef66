//! Dify: the tokens that renew a log in.
//!
//! langgenius/dify api/services/account_service.py at 00566af, and later versions of it.

use std::borrow::Cow;

use crate::codec::DecodeError;
use crate::layout::key;
use crate::layout::session::{Facts, Session};
use crate::layout::{Blob, Cookie, Decoded, Ends, Evidence, Keys, Layout, Mark, Place, Setup, Verdict, blob};
use crate::store::{Key, Kind, Op};
use crate::value::Value;

const REFRESH: &[u8] = b"refresh_token:";
const ACCOUNT: &[u8] = b"account_";
const LOGIN: &[u8] = b"account_login:";

pub const LAYOUT: Layout = Layout {
    name: "dify",
    about: "Dify",
    family: "Python",
    home: Some("https://docs.dify.ai/"),
    page: "\
key      refresh_token:<token>, a string; before account_login:<account>:<token>
value    the account's id; before `1`
expiry   the key's TTL, 30 days
user     the account's id, in the value or the key
cookie   refresh_token = <token>
index    account_refresh_token:<account>, a string with the account's last token
end      the key, and account_refresh_token:<account> while it holds that token. The access token is
         not asked for in Redis: whoever has one is logged in until it ends
",
    keys: Keys {
        prefix: "refresh_token:",
        locate,
        other_leads: Some(|setup| vec![[setup.key_prefix().as_bytes(), LOGIN].concat()]),
        ..Keys::PLAIN
    },
    marks: &[Mark::Word("refresh_token:"), Mark::Word("account_login:")],
    cookie: Cookie {
        name: Some("refresh_token"),
        open: Some(|setup, given| crate::cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    recognize,
    read,
    describe: |setup, blob, _| Facts {
        user: account(setup, blob.key, blob.text()).map(Cow::Borrowed),
        ..Facts::default()
    },
    ends: Ends {
        end,
        caveats: &["The access token stays valid until it ends, an hour by default; only renewing it stops."],
        ..Ends::PLAIN
    },
    evidence: Evidence::Beside {
        key: |setup, blob| {
            let (before, _) = split(setup, blob.key)?;
            let account = account(setup, blob.key, blob.text())?;
            Some((index(before, account), Kind::String))
        },
        always: false,
    },
    ..Layout::PLAIN
};

/// What precedes the key's first word, and what after it.
fn split<'k>(setup: &Setup, key: &'k [u8]) -> Option<(&'k [u8], &'k [u8])> {
    let words = [LOGIN, REFRESH];
    if let Some(lead) = setup.known_lead()
        && let Some(rest) = key.strip_prefix(lead)
    {
        let before = lead.strip_suffix(REFRESH).unwrap_or(lead);
        return Some((&key[..before.len()], rest));
    }
    words.iter().find_map(|word| {
        let at = key::rfind(key, word)?;
        Some((&key[..at], &key[at + word.len()..]))
    })
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let (before, rest) = split(setup, key)?;
    // The account's own key ends in the same word.
    if before.ends_with(ACCOUNT) || rest.is_empty() {
        return None;
    }
    let start = key.len() - rest.len();
    let start = if key[..start].ends_with(LOGIN) { start + memchr::memchr(b':', rest)? + 1 } else { start };
    (key.len() - start >= 16).then(|| Place::after(key, start, true))
}

/// The account's id, a UUID.
fn account<'k>(setup: &Setup, key: &'k [u8], value: Option<&'k [u8]>) -> Option<&'k str> {
    let (_, rest) = split(setup, key)?;
    let start = key.len() - rest.len();
    let id = if key[..start].ends_with(LOGIN) { &rest[..memchr::memchr(b':', rest)?] } else { value? };
    key::is_uuid(id).then(|| std::str::from_utf8(id).ok()).flatten()
}

fn index(before: &[u8], account: &str) -> Vec<u8> {
    [before, b"account_refresh_token:", account.as_bytes()].concat()
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("the key is neither refresh_token:<token> nor account_login:<account>:<token>");
    }
    match account(setup, blob.key, blob.text()) {
        // The older keys have nothing next to them.
        Some(_) if blob.text() == Some(b"1") => Verdict::Sure,
        Some(_) => Verdict::Kin,
        None => Verdict::no("there is no account's id"),
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.text() {
        Some(text) if key::is_uuid(text) || text == b"1" => Decoded::owned("text", blob::plain(text)),
        Some(_) => Decoded::failed("text", DecodeError::new("text", 0, "neither an account's id nor 1")),
        None => Decoded::failed("text", blob.unreadable("text")),
    }
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let value = session.data.and_then(Decoded::value).and_then(Value::as_str);
    let account = account(setup, session.key, value.map(str::as_bytes));
    let before = split(setup, session.key).map(|(before, _)| before);
    match (before, account) {
        (Some(before), Some(account)) if value != Some("1") => {
            vec![Op::UnlinkIfEquals(Key(index(before, account)), session.id.to_vec())]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    const ACCOUNT_ID: &str = "7d59e244-d432-4a76-8e8d-d9dd8b22751f";
    const TOKEN: &str = "0c7bf3a0e9f84a5a9f7d0d4f2f1b7a66c2b3";

    #[test]
    fn both_generations_name_the_account() {
        let setup = Setup::free(&LAYOUT);
        for (key, value, verdict, steps) in [
            (format!("refresh_token:{TOKEN}"), ACCOUNT_ID, Verdict::Kin, 1),
            (format!("t1:refresh_token:{TOKEN}"), ACCOUNT_ID, Verdict::Kin, 1),
            (format!("account_login:{ACCOUNT_ID}:{TOKEN}"), "1", Verdict::Sure, 0),
        ] {
            let raw = Raw::Text(value.as_bytes().to_vec());
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            assert_eq!(recognize(&setup, &blob), verdict, "{key}");
            let place = locate(&setup, key.as_bytes()).expect("a place");
            assert_eq!(&key.as_bytes()[place.id.clone()], TOKEN.as_bytes());
            let data = read(&setup, &blob);
            let facts = (LAYOUT.describe)(&setup, &blob, data.value().expect("it decodes"));
            assert_eq!(facts.user.as_deref(), Some(ACCOUNT_ID));
            let session = crate::frameworks::tests::session(&setup, &blob, &blob.key[place.id], facts, &data);
            assert_eq!(end(&setup, &session).len(), steps, "{key}");
        }
        let index = format!("account_refresh_token:{ACCOUNT_ID}");
        assert!(locate(&setup, index.as_bytes()).is_none());
    }
}
