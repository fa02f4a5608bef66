//! oauth2-proxy with session_store_type = redis.
//!
//! oauth2-proxy 14af2951 (7.15) pkg/sessions/persistence/ticket.go, manager.go, pkg/sessions/redis,
//! pkg/apis/sessions/session_state.go, pkg/encryption.

use std::borrow::Cow;

use aes::Aes128;
use aes_gcm::aead::Aead;
use aes_gcm::aead::consts::U12;
use aes_gcm::{AesGcm, KeyInit, Nonce};

use crate::codec::{DecodeError, msgpack};
use crate::cookie::{jar, oauth2_proxy};
use crate::frameworks::{go, proxy};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Rank, Setup, Unlock,
    Verdict, blob, setup, time, user,
};
use crate::store::{Key, Op};
use crate::value::Value;

const ID: usize = 32;
const NAME: &str = "oauth2-proxy";

const TICKET_SECRET: OptionSpec = OptionSpec::secret(
    "ticket_secret_hex",
    OptionKind::Text,
    "the secret of one ticket, which only the browser's cookie holds; inspect --cookie finds it",
);

pub const LAYOUT: Layout = Layout {
    name: "oauth2-proxy",
    about: "oauth2-proxy 7 with session_store_type = redis",
    family: "Proxies",
    home: Some("https://oauth2-proxy.github.io/oauth2-proxy/"),
    page: "\
key      <cookie name>-<32 hex digits>, a string; the whole key is the id
value    AES-128-GCM of MessagePack. The key is in the browser's cookie and nowhere else: neither
         user nor data of a session can be listed. `inspect --cookie` opens the one of that cookie
expiry   the key's TTL, cookie_expire of 168 hours, set anew by a refresh
user     not known without the cookie; with it e (mail address), else u (subject)
cookie   _oauth2_proxy: a signed ticket with the key's name and the secret; option cookie_secret
index    none
beside   <key>.lock while a token is refreshed
end      the key and its lock. A refresh in flight writes it back. The identity provider's session
         goes on, and may log the visitor in again without asking
alike    any value that is not text under <name>-<32 hex digits>: changed only when the layout is
         named, unless the name says oauth
",
    rank: Rank::Keyed,
    keys: Keys { prefix: "_oauth2_proxy-", locate, key_of: |_, id| id.to_vec(), ..Keys::PLAIN },
    marks: &[Mark::Opaque],
    options: &[setup::COOKIE_SECRET, TICKET_SECRET, setup::SERIALIZER],
    recognize,
    read,
    describe,
    cookie: Cookie {
        name: Some("_oauth2_proxy"),
        open: Some(|setup, given| {
            oauth2_proxy::open(given, setup.cookie_name(), setup.texts("cookie_secret"))
        }),
        unlock: Some(UNLOCK),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end: |_, session: &Session<'_>| vec![Op::Unlock(Key([session.key, b".lock"].concat()))],
        caveats: &[
            "A refresh in flight writes its session back; look again after a few seconds.",
            "The session at the identity provider goes on and may log the visitor in again without asking.",
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

const UNLOCK: Unlock = |setup, given| {
    let ticket = oauth2_proxy::ticket_of(given, setup.cookie_name())?;
    Some((TICKET_SECRET.name, base16ct::lower::encode_string(&ticket.secret)))
};

/// Where the random part of a key begins.
fn random(setup: &Setup, key: &[u8]) -> Option<usize> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::tail(key, ID, Alphabet::Hex).filter(|start| key[..*start].ends_with(b"-"))?,
    };
    key::is_exactly(&key[start..], ID, Alphabet::Hex).then_some(start)
}

/// The whole key is the id: it is what a ticket names.
fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    random(setup, key).map(|_| Place { id: 0..key.len(), usual: true })
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(start) = random(setup, blob.key) else {
        return Verdict::no("the key does not end in a dash and 32 hex digits");
    };
    if !blob.text().is_some_and(blob::is_opaque) || (!setup.named && proxy::is_readable(blob)) {
        return Verdict::no("the value is not what came out of a cipher");
    }
    let before = &blob.key[..start];
    if setup.named {
        Verdict::Weak
    } else if memchr::memmem::find(before, b"oauth").is_some() {
        Verdict::Sure
    } else if go::says_other(before) {
        Verdict::no("something else by its prefix")
    } else {
        Verdict::Weak
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let via = vec![NAME, msgpack::CODEC.name];
    let failed = |reason: &str| Decoded {
        via: vec![NAME, msgpack::CODEC.name],
        value: Err(DecodeError::whole(NAME, reason)),
    };
    let Some(text) = blob.text() else { return Decoded { via, value: Err(blob.unreadable(NAME)) } };
    let Some(secret) = setup.text(TICKET_SECRET.name) else {
        let why = "sealed with a secret that only the browser's cookie holds: inspect --cookie opens it";
        return Decoded { via, value: Err(DecodeError::sealed(NAME, why)) };
    };
    match jar::unhex(secret).and_then(|secret| unseal(&secret, text)) {
        Some(plain) => {
            let value = msgpack::decode(&plain, &blob.limits);
            Decoded { via, value: value.map(|value| Cow::Owned(value.into_owned())) }
        }
        None => failed("the cookie's secret does not fit, or the value was altered"),
    }
}

fn unseal(secret: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = text.split_at_checked(12)?;
    let nonce = Nonce::<U12>::try_from(nonce).ok()?;
    AesGcm::<Aes128, U12>::new_from_slice(secret).ok()?.decrypt(&nonce, sealed).ok()
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts {
        user: user::text(data.get("e")).or_else(|| user::text(data.get("u"))),
        created: data.get("ca").and_then(time::instant),
        ..Facts::default()
    }
}
