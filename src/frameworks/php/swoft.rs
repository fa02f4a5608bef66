//! Swoft 1 with its session component.

use crate::cookie;
use crate::layout::key;
use crate::layout::key::Alphabet;
use crate::layout::session::Facts;
use crate::layout::{Cookie, Ends, Keys, Layout, Mark, Place, Verdict, php, whose};

const PREFIX: &str = "swoft_session:";

pub const LAYOUT: Layout = Layout {
    name: "swoft",
    about: "Swoft 1 with swoft/session and its Redis handler (PHP)",
    family: "PHP",
    page: "\
key      swoft_session:<id>, a string; id 40 letters and digits
value    s:<n>:\"…\"; around a serialized array: the application's members, _token, and _previous
         (url) after each GET
expiry   none: the handler sets no TTL, and nothing removes what is old
user     by convention, or login_<guard>_<hash>
cookie   SWOFT_SESSION_ID (name in the configuration) = the id, unsigned
index    none
end      the one key (swoft/session 1, Handler/RedisSessionHandler.php `destroy`)
alike    laravel: the prefix decides
",
    keys: Keys {
        prefix: PREFIX,
        locate: |setup, key| {
            let start = match setup.known_lead() {
                Some(lead) => key.starts_with(lead).then_some(lead.len())?,
                None => key::rfind(key, PREFIX.as_bytes()).map(|at| at + PREFIX.len())?,
            };
            // The component takes nothing else for an id.
            key::is_exactly(&key[start..], 40, Alphabet::Alnum).then(|| Place::after(key, start, true))
        },
        ..Keys::PLAIN
    },
    marks: &[Mark::Word(PREFIX)],
    recognize: |setup, blob| {
        let array = blob.php().is_some_and(|found| found.is_wrapped() && !found.is_variables());
        if (setup.layout.keys.locate)(setup, blob.key).is_none() {
            Verdict::no("the key does not end in 40 letters and digits after the prefix")
        } else if array && blob.variables().is_some() {
            Verdict::Sure
        } else {
            Verdict::no("the value is not a serialized array inside a string")
        }
    },
    read: |_, blob| blob.php_data(),
    describe: |_, _, data| {
        let user = php::guard(data).or_else(|| php::conventional(data));
        Facts { user, ip: php::ip(data), agent: php::agent(data), ..Facts::default() }
    },
    whose: whose::PLAIN,
    cookie: Cookie {
        name: Some("SWOFT_SESSION_ID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..Ends::PLAIN },
    ..Layout::PLAIN
};
