//! WebSEAL, IBM Security Verify Access and IBM Application Gateway with Redis.

use crate::layout::session::{Facts, Session};
use crate::layout::{
    Decoded, Ends, Evidence, Extra, Keys, Layout, Mark, OptionKind, OptionSpec, Owners, Place, Setup,
    Verdict, blob, expire, key,
};
use crate::store::Key;
use crate::store::{IndexOp, Kind, Op};
use crate::value::Value;

const WORD: &[u8] = b"session-";
/// The credential attribute `tagvalue_session_index`, the only field whose name is published.
const INDEX: &str = "sms.session-index";

pub const LAYOUT: Layout = Layout {
    name: "webseal",
    about: "WebSEAL / IBM Verify Identity Access reverse proxy, IBM Application Gateway",
    family: "Proxies",
    page: "\
key      <key-prefix>session-<id>, a hash; key-prefix of the stanza [redis] as it stands, such as
         isva- or iag-
value    fields that IBM does not publish; sms.session-index is the session index of the credential.
         Shown as they are
expiry   the key's TTL, the lifetime timeout at most; inactivity is watched by the proxies, which
         may end a session earlier whatever `expire` sets
user     by the sets of users, which are there only while the number of a user's sessions is limited
         (dsess-max-user-sessions, IAG concurrent_sessions); the name is in lower case there.
         Without them option user_field may name a field of the hash
cookie   PD-S-SESSION-ID, PD-H-SESSION-ID: the id is somewhere in it, in a form that is not
         published; look for the ids that `sessctl list` shows
beside   set <key-prefix>client-<whole key>: the proxies that hold a copy; set
         <key-prefix>user-<name>: whole keys (in IBM's figure ids) of the user's sessions
end      the key, its set of proxies, and its member in the user's set (IBM's pages on Redis keys;
         sbweeden/blog_assets, RedisHelper.lua). The proxies are told by Redis (CLIENT TRACKING)
beware   collections put the sessions per user on several servers, by the Host header
",
    keys: Keys {
        prefix_option: "key_prefix",
        kind: Kind::Hash,
        lead,
        locate,
        key_of: |setup, id| {
            let lead = lead(setup);
            [if lead.is_empty() { WORD } else { &lead }, id].concat()
        },
        ..Keys::PLAIN
    },
    marks: &[Mark::Field(INDEX), Mark::Word("session-")],
    options: &[OptionSpec::new("user_field", OptionKind::Text, "a field of the hash that names the user")],
    recognize: |_, blob| match (blob.fields(), blob.field(INDEX)) {
        (None, _) => Verdict::no("the key is not a hash"),
        (_, Some(_)) => Verdict::Sure,
        // Of other versions the fields are not known.
        _ => Verdict::Kin,
    },
    read: |_, blob| {
        const VIA: &str = "hash";
        let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
        let members = fields.iter().map(|(name, bytes)| (String::from_utf8_lossy(name), blob::plain(bytes)));
        Decoded::owned(VIA, Value::Map(members.collect()))
    },
    describe: |setup, _, data| Facts {
        user: setup.text("user_field").and_then(|field| data.get(field)?.scalar_text()),
        ..Facts::default()
    },
    ends: Ends {
        end,
        // The sets are to be there as long as the session.
        expire: |setup, session, end| {
            let outlive = |op| match op {
                Op::Unlink(key) | Op::Index(IndexOp::SetRemove { key, .. }) => {
                    Some(Op::Outlive { key, at: end })
                }
                _ => None,
            };
            let mut then: Vec<Op> = self::end(setup, session).into_iter().filter_map(outlive).collect();
            then.dedup();
            Ok(expire::Expiring { at: expire::at(end), rewrite: None, then })
        },
        caveats: &["Sessions of the same user in other collections (by Host header) are on other servers."],
        ..Ends::PLAIN
    },
    evidence: Evidence::Beside {
        key: |setup, blob| Some((client_set(prefix_of(setup, blob.key)?, blob.key), Kind::Set)),
        always: false,
    },
    extra: Extra {
        owners: Some(Owners {
            begin: |setup, key| Some([prefix_of(setup, key)?, b"user-"].concat()),
            rest: "*",
            sorted: false,
            user: |_, rest| Some(String::from_utf8_lossy(rest).into_owned()),
        }),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

fn lead(setup: &Setup) -> Vec<u8> {
    match (setup.text("key_prefix"), setup.text("prefix")) {
        (client, Some(prefix)) => [client.unwrap_or("").as_bytes(), prefix.as_bytes()].concat(),
        (Some(prefix), None) => [prefix.as_bytes(), WORD].concat(),
        (None, None) => Vec::new(),
    }
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let lead = lead(setup);
    let start = if lead.is_empty() {
        key::rfind(key, WORD)? + WORD.len()
    } else {
        key.starts_with(&lead).then_some(lead.len())?
    };
    (start < key.len()).then(|| Place::after(key, start, true))
}

/// What all keys of the installation begin with.
fn prefix_of<'k>(setup: &Setup, key: &'k [u8]) -> Option<&'k [u8]> {
    key[..locate(setup, key)?.id.start].strip_suffix(WORD)
}

fn client_set(prefix: &[u8], key: &[u8]) -> Vec<u8> {
    [prefix, b"client-", key].concat()
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let Some(prefix) = prefix_of(setup, session.key) else { return Vec::new() };
    let mut ops = vec![Op::Unlink(Key(client_set(prefix, session.key)))];
    if let Some(user) = session.facts.user.as_deref() {
        // The proxies write names in lower case; a field that the administrator named may not be.
        let mut names = vec![user.to_string()];
        for lower in [user.to_ascii_lowercase(), user.to_lowercase()] {
            if !names.contains(&lower) {
                names.push(lower);
            }
        }
        for name in names {
            for member in [session.key, session.id] {
                let key = Key([prefix, b"user-", name.as_bytes()].concat());
                ops.push(Op::Index(IndexOp::SetRemove { key, member: member.to_vec() }));
            }
        }
    }
    ops
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Blob;
    use crate::layout::Setting;
    use crate::store::Raw;

    #[test]
    fn the_prefix_is_whatever_stands_before_the_word() {
        let free = Setup::free(&LAYOUT);
        let key = b"my-session-session-a/b+c";
        let place = locate(&free, key).expect("a session's key");
        assert_eq!(&key[place.id], b"a/b+c");
        assert_eq!(prefix_of(&free, key), Some(&b"my-session-"[..]));
        assert!(locate(&free, b"isva-session-").is_none());
        assert!(locate(&free, b"isva-user-alice").is_none());
        let option = ("key_prefix".to_string(), Setting::Text("isva-".to_string()));
        let named = Setup::named(&LAYOUT, [option]).expect("an option");
        assert!(locate(&named, key).is_none());
        assert_eq!((LAYOUT.keys.key_of)(&named, b"x"), b"isva-session-x");
    }

    #[test]
    fn a_hash_without_the_field_needs_a_set_of_proxies_beside_it() {
        let raw = Raw::Hash(vec![(b"cred".to_vec(), b"x".to_vec())]);
        let blob = Blob::new(b"isva-session-1", &raw, Limits::default());
        let free = Setup::free(&LAYOUT);
        assert_eq!((LAYOUT.recognize)(&free, &blob), Verdict::Kin);
        let beside = LAYOUT.beside().and_then(|beside| beside(&free, &blob));
        assert_eq!(beside, Some((b"isva-client-isva-session-1".to_vec(), Kind::Set)));
    }
}
