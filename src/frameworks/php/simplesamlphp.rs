//! SimpleSAMLphp with store.type redis.

use crate::layout::php;
use sha1::{Digest, Sha1};

use crate::codec::Limits;
use crate::codec::php as serialize;
use crate::cookie;
use crate::layout::session::{Facts, Session, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, key, time,
};
use crate::store::Key;
use crate::store::{Op, Raw};
use crate::value::Value;
use std::borrow::Cow;

const WORD: &str = "session.";

pub const LAYOUT: Layout = Layout {
    name: "simplesamlphp",
    about: "SimpleSAMLphp 1.15 to 2 with store.type=redis (PHP)",
    family: "PHP",
    home: Some("https://simplesamlphp.org/docs/stable/"),
    page: "\
key      <prefix>session.<id>, a string, nothing between prefix and `session.`; prefix SimpleSAMLphp
         (store.redis.prefix); id 32 hexadecimal digits
value    serialize of one object SimpleSAML\\Session
expiry   the key's TTL alone (session.duration); each source's login ends at its own Expire
user     the first source in authData with Attributes uid, eduPersonPrincipalName, mail or user (the
         first item), else the value of its NameID
created  AuthnInstant
cookie   SimpleSAMLSessionID = the id, unsigned; SimpleSAMLAuthToken names no key
index    <prefix>saml.LogoutStore.<sha1 of the serialized NameID>:<SessionIndex>, a string that
         holds the session's id; nobody removes it before its own TTL is over
end      the key and its pointers in the logout store (1.19.7, modules/saml/lib/SP/LogoutStore.php)
beware   saml.AssertionReceived.* guard against replay and must stay
",
    keys: Keys {
        prefix: "SimpleSAMLphp",
        lead: |setup| {
            let prefix = setup.text("prefix").unwrap_or(LAYOUT.keys.prefix);
            [setup.key_prefix(), prefix, WORD].concat().into_bytes()
        },
        locate,
        ..Keys::PLAIN
    },
    marks: &[
        Mark::Magic(b"O:18:\"SimpleSAML\\Session\":"),
        Mark::Magic(b"C:18:\"SimpleSAML\\Session\":"),
        Mark::Magic(b"O:18:\"SimpleSAML_Session\":"),
        Mark::Magic(b"C:18:\"SimpleSAML_Session\":"),
    ],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| {
        let readable = data.members().is_some();
        if readable && sources(data).next().is_none() { Unnamed::Nobody } else { Unnamed::Unknown }
    }),
    cookie: Cookie {
        name: Some("SimpleSAMLSessionID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end,
        caveats: &[
            "Single sign-on logs in again without a question while the identity provider's session lives.",
            Layout::WRITTEN_BACK_IF_CHANGED,
        ],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, WORD.as_bytes())
            .map(|at| at + WORD.len())
            .or_else(|| key::tail(key, 32, key::Alphabet::Hex))?,
    };
    let id = &key[start..];
    php::is_native(id).then(|| Place::after(key, start, key::is_exactly(id, 32, key::Alphabet::Hex)))
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let begins = blob.text().is_some_and(|text| {
        LAYOUT.marks.iter().any(|mark| matches!(mark, Mark::Magic(magic) if text.starts_with(magic)))
    });
    if begins { Verdict::Sure } else { Verdict::no("the value is not a serialized SimpleSAML\\Session") }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.text() {
        Some(text) if !text.is_empty() => match serialize::decode(text, &blob.limits) {
            Ok(value) => Decoded::owned(serialize::CODEC.name, value),
            Err(error) => Decoded::failed(serialize::CODEC.name, error),
        },
        _ => Decoded::failed(serialize::CODEC.name, blob.unreadable(serialize::CODEC.name)),
    }
}

/// The sources that someone is logged in by. Before PHP 7.4 the members were a payload.
fn sources<'v>(data: &'v Value<'v>) -> impl Iterator<Item = &'v Value<'v>> {
    let authenticated = data.get("authData").or_else(|| data.get("$value")?.get("authData"));
    authenticated.and_then(Value::members).into_iter().flatten().map(|(_, source)| source)
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let ends = sources(data).filter_map(|source| time::seconds(source.get("Expire")?)).max();
    let created = sources(data).filter_map(|source| time::seconds(source.get("AuthnInstant")?)).min();
    Facts { user: sources(data).find_map(user_of), created, ends, ..Facts::default() }
}

fn user_of<'b>(source: &'b Value<'b>) -> Option<Cow<'b, str>> {
    let attributes = source.get("Attributes");
    let first = |name: &str| match attributes?.get(name)? {
        Value::List(items) => items.first()?.scalar_text(),
        other => other.scalar_text(),
    };
    let by_attribute = ["uid", "eduPersonPrincipalName", "mail", "user"].into_iter().find_map(first);
    by_attribute.or_else(|| {
        let name_id =
            source.get("saml:sp:NameID").or_else(|| source.get("LogoutState")?.get("saml:logout:NameID"));
        name_id?.get("value")?.scalar_text()
    })
}

/// The pointers to the session in the logout store. Their names hold a hash of the serialized NameID,
/// which stands in the session's own bytes; the value must be this session's id.
fn end(_: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some(data) = session.data.and_then(Decoded::value) else { return Vec::new() };
    let Raw::Text(text) = session.raw else { return Vec::new() };
    let Some(prefix) = session.before().strip_suffix(WORD.as_bytes()) else { return Vec::new() };
    let mut indexes: Vec<String> = sources(data)
        .filter_map(|source| {
            let state = source.get("LogoutState")?;
            let index =
                state.get("saml:logout:SessionIndex").or_else(|| source.get("saml:sp:SessionIndex"))?;
            index.scalar_text().map(Cow::into_owned)
        })
        .collect();
    indexes.sort_unstable();
    indexes.dedup();
    // Long ones are kept by their hash.
    let indexes =
        indexes.into_iter().map(|index| if index.len() > 50 { sha1(index.as_bytes()) } else { index });
    let names = name_ids(text);
    let value = [format!("s:{}:\"", session.id.len()).as_bytes(), session.id, b"\";"].concat();
    let mut ops = Vec::new();
    for index in indexes {
        for name in &names {
            let key = Key([prefix, format!("saml.LogoutStore.{name}:{index}").as_bytes()].concat());
            ops.push(Op::UnlinkIfEquals(key, value.clone()));
        }
    }
    ops
}

/// Subjects that one session could name.
const MAX_NAMES: usize = 16;

/// The hashes of the NameID objects as they are serialized in the session.
fn name_ids(text: &[u8]) -> Vec<String> {
    const BEGIN: &[u8] = b"O:21:\"SAML2\\XML\\saml\\NameID\":";
    const LATER: &[u8] = b"O:32:\"SimpleSAML\\SAML2\\XML\\saml\\NameID\":";
    let mut hashes: Vec<String> = Vec::new();
    for begin in [BEGIN, LATER] {
        for at in memchr::memmem::find_iter(text, begin).take(MAX_NAMES) {
            if let Ok((_, length)) = serialize::decode_first(&text[at..], &Limits::default()) {
                let hash = sha1(&text[at..at + length]);
                if !hashes.contains(&hash) {
                    hashes.push(hash);
                }
            }
        }
    }
    hashes
}

fn sha1(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(&Sha1::digest(bytes))
}
