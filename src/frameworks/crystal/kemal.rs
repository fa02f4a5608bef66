//! Kemal's sessions in Redis.
//!
//! neovintage/kemal-session-redis at 0777495.

use crate::frameworks::go;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{Blob, Ends, Keys, Layout, Mark, Place, Setup, Verdict, Whose, key, user, whose};

const PREFIX: &str = "kemal:session:";

/// The members by their types, each an object of names; those that were there from the beginning.
const TYPES: &[&str] = &["strings", "ints", "bools", "floats"];

pub const LAYOUT: Layout = Layout {
    name: "kemal-session-redis",
    about: "Kemal with kemal-session-redis (Crystal)",
    family: "Crystal",
    page: "\
key      kemal:session:<id>, a string
value    a JSON object {ints, strings, floats, bools}, each an object of names and values
expiry   the key's TTL
user     user_id, user, username and the like among strings, then among ints
index    none
end      the one key. A request in flight may write it back
",
    keys: Keys { prefix: PREFIX, locate, ..Keys::PLAIN },
    marks: &[Mark::Member("strings")],
    recognize: |setup: &Setup, blob: &Blob<'_>| {
        if locate(setup, blob.key).is_none() {
            return Verdict::no("the key does not begin with kemal:session:");
        }
        let is_object = |name: &&str| blob.member(name).is_some_and(|value| value.as_map().is_some());
        if TYPES.iter().all(is_object) {
            Verdict::Sure
        } else {
            Verdict::no("the value is not a JSON object of ints, strings, floats and bools")
        }
    },
    describe: |_, _, data| {
        let of = |name| data.get(name).and_then(go::user);
        let strings = data.get("strings");
        Facts {
            user: of("strings").or_else(|| of("ints")),
            ip: strings.and_then(user::ip),
            agent: strings.and_then(user::agent),
            ..Facts::default()
        }
    },
    whose: Whose::Own(|_, _, data| {
        let groups = data.members().unwrap_or_default().iter();
        groups.fold(Unnamed::Nobody, |before, (_, group)| match (before, whose::container(group)) {
            (Unnamed::Unknown, _) | (_, Unnamed::Unknown) => Unnamed::Unknown,
            (Unnamed::Open, _) | (_, Unnamed::Open) => Unnamed::Open,
            _ => Unnamed::Nobody,
        })
    }),
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::rfind(key, PREFIX.as_bytes())? + PREFIX.len(),
    };
    (start < key.len()).then(|| Place::after(key, start, true))
}
