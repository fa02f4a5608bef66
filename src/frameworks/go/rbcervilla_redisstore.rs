//! gorilla/sessions in rbcervilla/redisstore, and the outposts of authentik, which have a copy of it.
//!
//! rbcervilla/redisstore c17ae1b (v8, v9); goauthentik/authentik 012cfb45 and 254a71db
//! internal/outpost/proxyv2.

use crate::codec::gob::Keys as GobKeys;
use crate::frameworks::go;
use crate::frameworks::go::Bag;
use crate::frameworks::go::gorilla_redistore;
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Place, Setup, Verdict, open_bare_under_any, setup};
use crate::layout::{Mark, blob::Form};
use crate::value::Value;

const ID: usize = 103;
/// The shortest id that an application would make itself.
const LEAST: usize = 20;

pub const LAYOUT: Layout = Layout {
    name: "rbcervilla-redisstore",
    about: "gorilla/sessions with rbcervilla/redisstore; authentik's proxy outpost up to 2025 (Go)",
    home: Some("https://github.com/rbcervilla/redisstore"),
    page: "\
key      session:<id>, a string; 103 characters of base32; authentik_proxy_session_<id>
value    gob of a map of anything
expiry   the key's TTL, MaxAge of 30 days; set anew when the session is saved
user     user_id, user, username, also within an object; authentik: claims.PreferredUsername, else
         claims.Sub
cookie   of a name that the application gives = <id>, bare
index    none
end      the one key. A request in flight that saves writes it back; an id that is gone is taken up
         again when that browser stores something
",
    keys: Keys { prefix: "session:", locate, ..Keys::PLAIN },
    marks: &[Mark::Begins(Form::Gob)],
    options: &[setup::SERIALIZER],
    recognize,
    describe,
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            open_bare_under_any(setup, given, |id| key::is_exactly(id, ID, Alphabet::Base32))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[gorilla_redistore::SAVED], ..Ends::PLAIN },
    ..gorilla_redistore::LAYOUT
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let usual = |id: &[u8]| key::is_exactly(id, ID, Alphabet::Base32);
    let tail = |key: &[u8]| go::end_of(key, ID, Alphabet::Base32);
    match setup.known_lead() {
        Some(_) => key::locate_by(setup, key, tail, usual),
        None => tail(key).map(|start| Place::after(key, start, true)),
    }
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the key does not end in 103 characters of base32");
    };
    match blob.bag(&[GobKeys::Any]) {
        bag if place.usual => go::judge(&bag),
        // Of a generator of the application's own; shorter ones under the same prefix are flamego's.
        Bag::Read(_) | Bag::Broken(_) if setup.named && place.id.len() >= LEAST => Verdict::Weak,
        _ => Verdict::no("the key does not end in 103 characters of base32"),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let claims = data.get("claims");
    let user = claims.and_then(|claims| claims.find_named(&["PreferredUsername", "Sub"], Value::scalar_text));
    let facts = go::facts(data);
    Facts { user: user.or(facts.user), ..facts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cookie::Given;
    use crate::layout::Setting;

    #[test]
    fn the_cookie_is_found_whatever_it_is_called() {
        let id = "A2".repeat(51) + "Q";
        let open = LAYOUT.cookie.open.expect("a cookie");
        let mut setup = Setup::free(&LAYOUT);
        for text in [
            id.clone(),
            format!("session={id}"),
            format!("authentik_proxy_8c2f1a0b={id}"),
            format!("theme=dark; shop={id}; lang=pl"),
        ] {
            let opened = open(&setup, &Given::parse(&text)).expect("a cookie");
            assert_eq!(opened.id, id.as_bytes(), "{text}");
        }
        assert!(open(&setup, &Given::parse("theme=dark; lang=pl")).is_err());
        setup.set("cookie_name", Setting::Text("other".to_string())).expect("an option");
        assert!(open(&setup, &Given::parse(&format!("shop={id}"))).is_err());
    }
}
