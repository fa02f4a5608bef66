//! Catalyst with Catalyst::Plugin::Session::Store::Redis.

use std::borrow::Cow;

use crate::codec::storable;
use crate::cookie;
use crate::frameworks::perl::container;
use crate::layout::expire::{self, Expiring};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, Place, Setup, Verdict, time, user,
};
use crate::store::{Key, Op};
use crate::value::Value;
use crate::wrap::base64;

const PREFIX: &str = "session:";

pub const LAYOUT: Layout = Layout {
    name: "catalyst-session-redis",
    about: "Catalyst with Catalyst::Plugin::Session::Store::Redis (Perl)",
    family: "Perl",
    page: "\
key      session:<sid>, a string; sid 40 hexadecimal digits (SHA-1; other digests 32 to 128). No
         option sets another prefix
value    Storable in network order, in base64 with a line feed every 76 characters
expiry   the earlier of the key's TTL and the seconds since 1970 in expires:<sid>, which every
         request moves; the session is written only when it changes
user     __user: of Authentication::User::Hash its id, of DBIx::Class the row's id, else username,
         login, email, or the text that it is
cookie   <application>_session = <sid>, bare
index    none
end      session:<sid>, expires:<sid> and flash:<sid>, as delete_session does (Session 0.43,
         Store::Redis 0.900)
beware   __user may hold the password of a user whom the configuration lists
",
    keys: Keys { prefix: PREFIX, locate, ..Keys::PLAIN },
    marks: &[Mark::Magic(b"BQ")],
    options: &[container::SERIALIZER],
    recognize,
    read,
    describe,
    whose: container::WHOSE,
    cookie: Cookie {
        name: Some("catalyst_session"),
        open: Some(|setup, given| {
            let names: Vec<&str> = given.names().filter(|name| name.ends_with("_session")).collect();
            crate::layout::open_any(setup, &names, |name| cookie::bare::open(given, name))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        expire: |_, session, end| {
            let then = beside(session, &["expires:"]).map(|key| Op::EndAt { key, at: end }).collect();
            Ok(Expiring { at: expire::at(end), rewrite: None, then })
        },
        caveats: &[
            Layout::WRITTEN_BACK_IF_CHANGED,
            "A request in flight brings expires:<sid> back; without a session that is harmless.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra {
        parts: Some(|setup, blob| expires_key(setup, blob.key).into_iter().collect()),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

fn is_id(id: &[u8]) -> bool {
    matches!(id.len(), 32 | 40 | 56 | 64 | 96 | 128) && Alphabet::Hex.all(id)
}

/// No option moves the sessions; only a client's own prefix stands before them.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    is_id(&key[start..]).then(|| Place::after(key, start, true))
}

/// Whether the beginning of a value is that of a hash of Storable in base64.
pub fn is_begun(head: &[u8]) -> bool {
    matches!(head, [b'B', b'Q', b'o' | b's' | b'w' | b'k' | b'g' | b'c' | b'Q' | b'U', b'D' | b'Z', ..])
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("the key is not `session:` and hexadecimal digits");
    }
    match blob.text() {
        Some(text) if is_begun(text) => Verdict::Sure,
        _ => Verdict::no("the value is not a hash of Storable in base64"),
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let text = blob.text().unwrap_or_default();
    if !is_begun(text) {
        return Decoded::failed(base64::NAME, blob.unreadable(base64::NAME));
    }
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let value = base64::open(&text, &blob.limits)
        .and_then(|dump| Ok(Cow::Owned(storable::decode(&dump, &blob.limits)?.into_owned())));
    Decoded { via: vec![base64::NAME, storable::CODEC.name], value }
}

fn expires_key(setup: &Setup, key: &[u8]) -> Option<Key> {
    let place = locate(setup, key)?;
    let before = key[..place.id.start].strip_suffix(PREFIX.as_bytes())?;
    Some(Key([before, b"expires:", &key[place.id]].concat()))
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let expires = expires_key(setup, blob.key).and_then(|key| blob.part(&key.0));
    let expires = expires.and_then(|text| std::str::from_utf8(text).ok()?.trim().parse::<i64>().ok());
    Facts {
        user: container::user(data),
        created: data.get("__created").and_then(time::seconds),
        seen: data.get("__updated").and_then(time::seconds),
        ends: expires.and_then(|seconds| seconds.checked_mul(1000)),
        ip: user::text(data.get("__address")),
        agent: user::text(data.get("__user_agent")),
        ..Facts::default()
    }
}

/// The keys of the same id under other words.
fn beside<'s>(session: &'s Session<'_>, words: &'static [&'static str]) -> impl Iterator<Item = Key> + 's {
    let before = session.before().strip_suffix(PREFIX.as_bytes());
    words.iter().filter_map(move |word| Some(Key([before?, word.as_bytes(), session.id].concat())))
}

fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    beside(session, &["expires:", "flash:"]).map(Op::Unlink).collect()
}
