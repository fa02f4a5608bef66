//! Apereo CAS: the ticket-granting tickets of its Redis ticket registry.
//!
//! They are listed and never ended: every node answers from a cache of its own first, so that what is
//! missing in Redis is still a login there.

use crate::codec::{java, json};
use crate::layout::key::Alphabet;
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, blob};
use crate::store::{Kind, Raw};
use crate::value::Value;
use std::borrow::Cow;

const PREFIX: &str = "CAS_TICKET:";

pub const LAYOUT: Layout = Layout {
    name: "apereo-cas",
    about: "Apereo CAS ticket registry in Redis: single sign-on sessions (TGT), only listed",
    family: "JVM",
    home: Some("https://apereo.github.io/cas/"),
    page: "\
key      CAS_TICKET:TGT:<id> since 7.1, CAS_TICKET:<id>:<principal>:TGT in 7.0, and before that
         CAS_TICKET:TGT-<…>:<principal>, or without the principal. Where the registry's crypto is
         on, ids and principals are SHA-512 digests; a digested one from before 7.0 does not tell
         that it is a TGT, and is not listed. Keys of other tickets (ST, PT, PGT, OC, …) are none
value    since 7.1 a hash with the fields json, ticketId, type, principal, prefix, attributes,
         service; before, a Java stream: of RedisTicketDocument in 7.0, of the ticket itself or of
         an EncodedTicket up to 6.6. Under crypto, json is encrypted
expiry   the key's TTL, set from the ticket's policy whenever CAS writes it
user     the field principal, or the part of the key; not where it is a digest
cookie   TGC, encrypted and signed by CAS, and bound to the browser: it is not opened here
index    CAS_PRINCIPAL:<principal> since 7.0, a sorted set of ids, score the end in seconds
end      not from here. Each CAS node keeps tickets in memory, and learns of what ended from a
         message of CAS (topic redisTicketRegistryMessageTopic); services that were logged in to are
         told by CAS itself. Use its actuator endpoint /actuator/ssoSessions (apereo/cas 7,
         RedisTicketRegistry, RedisKeyGenerator, RedisTicketDocument)
",
    keys: Keys {
        prefix: PREFIX,
        kind: Kind::Hash,
        other_kind: Some(Kind::String),
        locate: |setup, key| {
            let id = parts(setup, key)?.0;
            let usual = is_ticket(&key[id.clone()]) || is_digest(&key[id.clone()]);
            Some(Place { id, usual })
        },
        key_of: |setup, id| [&(setup.layout.keys.lead)(setup), &b"TGT:"[..], id].concat(),
        ..Keys::PLAIN
    },
    marks: &[Mark::Word(PREFIX)],
    recognize,
    read,
    describe: |setup, blob, data| {
        let inside = data.get("principal").and_then(Value::scalar_text);
        let in_key = || {
            let name = &blob.key[parts(setup, blob.key)?.1?];
            Some(Cow::Owned(std::str::from_utf8(name).ok()?.to_string()))
        };
        let shown = |name: &Cow<'_, str>| !name.is_empty() && *name != "*" && !is_digest(name.as_bytes());
        Facts { user: inside.or_else(in_key).filter(shown), ..Facts::default() }
    },
    cookie: Cookie { name: Some("TGC"), ..Cookie::PLAIN },
    ends: Ends {
        refused: Some(
            "CAS nodes keep tickets in memory, so that removing the key is not a logout; end them with CAS itself, \
             at its endpoint /actuator/ssoSessions",
        ),
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

type Range = std::ops::Range<usize>;

/// Where in the key the id is, and the principal where it has one.
fn parts(setup: &Setup, key: &[u8]) -> Option<(Range, Option<Range>)> {
    const KIND: &[u8] = b"TGT";
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => memchr::memmem::find(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    let rest = &key[start..];
    if let Some(id) = rest.strip_prefix(b"TGT:") {
        // What Spring keeps next to a hash has a longer name.
        let whole = !id.is_empty() && !id.contains(&b':');
        return whole.then(|| (key.len() - id.len()..key.len(), None));
    }
    let (before, last) =
        memchr::memrchr(b':', rest).map_or((rest, None), |at| (&rest[..at], Some(&rest[at + 1..])));
    let of_seven = last == Some(KIND);
    let text = if of_seven { before } else { rest };
    let colon = memchr::memchr(b':', text);
    let id = &text[..colon.unwrap_or(text.len())];
    if id.is_empty() || !(of_seven || is_ticket(id)) {
        return None;
    }
    let principal = colon.map(|colon| start + colon + 1..start + text.len());
    Some((start..start + id.len(), principal))
}

fn is_ticket(id: &[u8]) -> bool {
    id.starts_with(b"TGT-")
}

/// What the registry's digest makes of an id or a name.
fn is_digest(text: &[u8]) -> bool {
    matches!(text.len(), 64 | 96 | 128) && Alphabet::Hex.all(text)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if parts(setup, blob.key).is_none() {
        return Verdict::no("the key is not that of a ticket-granting ticket");
    }
    let document = blob.field("json").is_some() && blob.field("ticketId").is_some();
    if document || blob.text().is_some_and(|text| text.starts_with(java::HEADER)) {
        Verdict::Sure
    } else {
        Verdict::no("the value is neither a ticket's document nor a Java stream")
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(fields) = blob.fields() else {
        let text = blob.text().filter(|_| !matches!(blob.raw, Raw::Head(..)));
        return match text {
            Some(text) => {
                let value = java::decode(text, &blob.limits).map(Cow::Owned);
                Decoded { via: vec![java::CODEC.name], value }
            }
            None => Decoded::failed(java::CODEC.name, blob.unreadable(java::CODEC.name)),
        };
    };
    let value = |name: &[u8], bytes: &'b [u8]| {
        let ticket = (name == b"json").then(|| json::decode(bytes, &blob.limits).ok()).flatten();
        ticket.unwrap_or_else(|| blob::plain(bytes))
    };
    let members =
        fields.iter().map(|(name, bytes)| (String::from_utf8_lossy(name), value(name, bytes))).collect();
    Decoded::owned("hash", Value::Map(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_of_all_versions_and_no_others() {
        let digest = "ab".repeat(64);
        let setup = Setup::free(&LAYOUT);
        let split = |key: &str| {
            let (id, principal) = parts(&setup, key.as_bytes())?;
            Some((key[id].to_string(), principal.map(|at| key[at].to_string())))
        };
        let of = |id: &str, principal: Option<&str>| Some((id.to_string(), principal.map(str::to_string)));
        assert_eq!(split("CAS_TICKET:TGT:TGT-1-abc-host"), of("TGT-1-abc-host", None));
        assert_eq!(split(&format!("CAS_TICKET:TGT:{digest}")), of(&digest, None));
        assert_eq!(split("CAS_TICKET:TGT-1-abc:alice:TGT"), of("TGT-1-abc", Some("alice")));
        assert_eq!(split(&format!("CAS_TICKET:{digest}:{digest}:TGT")), of(&digest, Some(&digest)));
        assert_eq!(split("CAS_TICKET:TGT-1-abc:urn:bob"), of("TGT-1-abc", Some("urn:bob")));
        assert_eq!(split("tenant:CAS_TICKET:TGT-1-abc"), of("TGT-1-abc", None));
        for key in [
            "CAS_TICKET:TGT",
            "CAS_TICKET:TGT:",
            "CAS_TICKET:TGT:TGT-1-abc:phantom",
            "CAS_TICKET:ST:ST-1-abc",
            "CAS_TICKET:ST-1-abc:alice:ST",
            "CAS_TICKET:ST-1-abc:alice",
            "CAS_PRINCIPAL:alice",
            "CAS_TICKET:",
        ] {
            assert_eq!(split(key), None, "{key}");
        }
    }
}
