//! PHP's native sessions with the handler that comes with Predis.

use crate::frameworks::php::phpredis;
use crate::layout::{Blob, Ends, Keys, Layout, Mark, Rank, Setup, Verdict, Whose, php};

pub const LAYOUT: Layout = Layout {
    name: "predis-session",
    about: "PHP native sessions with Predis\\Session\\Handler (Predis 1 to 3)",
    home: Some("https://github.com/predis/predis"),
    page: "\
key      the bare id, a string; the client's option `prefix` goes before it; id usually 26 or 32
         characters, 22 to 256 of [A-Za-z0-9,-]
value    what session.serialize_handler makes: php (name|value), php_serialize, php_binary,
         igbinary, msgpack; an empty value is an empty session
expiry   the key's TTL alone, moved by every request
user     by convention, as phpredis
cookie   PHPSESSID (session.name) = the id, unsigned
index    none
end      the one key (Session/Handler.php of predis 1.1.10 and 3.6.0)
alike    phpredis with a prefix of its own
beware   bare keys of 32 hexadecimal digits are how many caches look: only sessions are taken
",
    rank: Rank::Extension,
    keys: Keys { prefix: "", locate: php::locate, ..phpredis::LAYOUT.keys },
    marks: &[Mark::AnyPhp],
    recognize,
    whose: Whose::Container(php::frameworks::members),
    ends: Ends {
        end: |_, _| Vec::new(),
        caveats: &[Layout::WRITTEN_BACK, "Applications with a remember-me cookie log the browser in again."],
        ..phpredis::LAYOUT.ends
    },
    same_as: &["phpredis"],
    ..phpredis::LAYOUT
};

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = php::locate(setup, blob.key) else {
        return Verdict::no("the key does not end in an id of PHP");
    };
    if setup.known_lead().is_some() {
        // A prefix that says nothing leaves it to the id and the value.
        let by_key = place.id.start > 0 || place.usual;
        let led =
            setup.known_lead().is_some_and(|lead| !lead.is_empty()) || setup.text("serializer").is_some();
        return match blob.php() {
            _ if !by_key => Verdict::no("the key is not an id of PHP"),
            Some(_) if phpredis::may_be_cached(setup, blob, &blob.key[place.id.clone()]) => {
                Verdict::no("an array under a bare key, which caches hold as well")
            }
            Some(found) if !found.is_wrapped() && found.is_variables() => Verdict::Sure,
            Some(found) if !found.is_wrapped() && place.usual => {
                // Under a bare key an array is a session by what it holds.
                let tells = led || blob.variables().is_some_and(php::is_session_like);
                if tells { Verdict::Sure } else { Verdict::Kin }
            }
            None if !led && (blob.is_empty() || blob.is_php_session()) => Verdict::Kin,
            None if blob.is_empty() || blob.is_php_session() => Verdict::Sure,
            _ => Verdict::no("the value is not a PHP session"),
        };
    }
    phpredis::by_value(blob, &blob.key[place.id.clone()], &blob.key[..place.id.start])
}
