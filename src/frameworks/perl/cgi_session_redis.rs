//! CGI::Session with CGI::Session::Driver::redis.

use std::borrow::Cow;

use crate::cookie;
use crate::frameworks::perl::container;
use crate::layout::blob::Form;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::{Facts, Session};
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict, time, user};
use crate::store::{IndexOp, Key, Op};
use crate::value::Value;

const ID: &str = "_SESSION_ID";

pub const LAYOUT: Layout = Layout {
    name: "cgi-session-redis",
    about: "CGI::Session with CGI::Session::Driver::redis (Perl)",
    family: "Perl",
    page: "\
key      <Prefix>:<sid>, a string; Prefix `session` unless configured, without its blanks. sid 32
         hexadecimal digits (MD5), or of another generator
value    text of Data::Dumper (`$D = {...};;$D`), Storable, JSON or YAML; in it `_SESSION_ID` is the
         sid
expiry   the earlier of the key's TTL (driver argument Expire) and _SESSION_ATIME + _SESSION_ETIME
user     user_id, uid, user, username, login, profile, ~profile, email; ~logged-in is a flag
cookie   CGISESSID = <sid>, bare
index    set <Prefix>:members of whole keys, never cleaned; its name keeps the blanks
end      the key in that set, then the key (CGI::Session 4.48, driver 0.7)
",
    keys: Keys { prefix: "session:", lead, locate, ..Keys::PLAIN },
    marks: &[
        Mark::Magic(b"$D = "),
        Mark::Magic(b"---"),
        Mark::Member(ID),
        Mark::Magic(b"\x05\x0b"),
        Mark::Magic(b"\x05\x0a"),
        Mark::Magic(b"\x04\x0b"),
        Mark::Magic(b"\x04\x0a"),
    ],
    options: &[container::SERIALIZER],
    recognize,
    read,
    describe,
    whose: container::WHOSE,
    cookie: Cookie {
        name: Some("CGISESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { end, caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};

/// The driver takes all blanks out of keys, those of the prefix too.
fn lead(setup: &Setup) -> Vec<u8> {
    setup.lead().into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect()
}

fn is_usual(id: &[u8]) -> bool {
    key::is_exactly(id, 32, Alphabet::Hex)
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None => key::tail(key, 32, Alphabet::Hex).unwrap_or_else(|| key::last_part(key)),
    };
    (start < key.len()).then(|| Place::after(key, start, is_usual(&key[start..])))
}

/// Its serializers, next to JSON.
const FORMS: [Form; 3] = [Form::Dumper, Form::Storable, Form::PerlYaml];

/// The session in whichever form its serializer wrote it.
fn data<'v>(blob: &'v Blob<'_>) -> Option<&'v Value<'v>> {
    let read = FORMS.into_iter().find_map(|form| blob.form(form));
    match read {
        Some(read) => read.as_ref().ok(),
        None => blob.json(),
    }
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key has no id") };
    let broken = [Form::Dumper, Form::PerlYaml].iter().any(|form| matches!(blob.form(*form), Some(Err(_))));
    let Some(data) = data(blob) else {
        return if broken && place.usual {
            Verdict::Sure
        } else {
            Verdict::no("the value is not text of Data::Dumper, no Storable, no JSON and no YAML")
        };
    };
    match data.get(ID).and_then(Value::scalar_text) {
        Some(id) if *id.as_bytes() == blob.key[place.id] => Verdict::Sure,
        Some(_) => Verdict::no("its _SESSION_ID is not the key's"),
        None => Verdict::no("it lacks the member _SESSION_ID"),
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    for form in FORMS {
        if let Some(read) = blob.form(form) {
            let value = read.as_ref().map(Cow::Borrowed).map_err(Clone::clone);
            return Decoded { via: vec![form.codec().name], value };
        }
    }
    blob.whole_json()
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let seen = data.get("_SESSION_ATIME").and_then(time::seconds);
    let idle = data.get("_SESSION_ETIME").and_then(time::seconds);
    Facts {
        user: container::user(data),
        created: data.get("_SESSION_CTIME").and_then(time::seconds),
        seen,
        ends: seen.zip(idle).map(|(seen, idle)| seen.saturating_add(idle)),
        ip: user::text(data.get("_SESSION_REMOTE_ADDR")),
        ..Facts::default()
    }
}

fn end(setup: &Setup, session: &Session<'_>) -> Vec<Op> {
    let before = session.before();
    // With the prefix known the set's name is made of it as it was given.
    let given = setup.known_lead().is_some().then(|| setup.lead());
    let prefixes = std::iter::once(before.to_vec()).chain(given.filter(|given| given != before));
    prefixes
        .map(|prefix| {
            Op::Index(IndexOp::SetRemove {
                key: Key([&prefix[..], b"members"].concat()),
                member: session.key.to_vec(),
            })
        })
        .collect()
}
