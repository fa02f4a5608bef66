//! Rails with redis-actionpack (redis-rails): sessions through redis-rack and redis-store.

use crate::frameworks::ruby::{rack, rack_session_redis};
use crate::layout::{Cookie, Ends, Keys, Layout, Mark};

pub const LAYOUT: Layout = Layout {
    name: "rails-redis-actionpack",
    about: "Ruby on Rails with :redis_store (redis-actionpack, redis-rails); Redmine and others on it",
    home: Some("https://github.com/redis-store/redis-actionpack"),
    page: "\
key      <namespace>:2::<SHA-256 of the public id>, a string; the namespace is the third part of the
         URL's path (`/0/session`) and may hold colons; the bare id without one. Before 2019, and
         with redis-actionpack 5.1 to this day, <namespace>:<public id> of 32 hexadecimal digits
value    Marshal 4.8 of a hash; JSON with `serializer: JSON`
expiry   the key's TTL, moved by every request that reads the session; without expire_after there is
         none, and one given from outside is lost at the next such request
user     warden.user.<scope>.key of Devise (scope user, then the others), else user_id and others
cookie   _<application>_session = <public id>, bare; `signed: true` makes a message of it that takes
         secret_key_base to open. No key leads back to a cookie, but the private id is taken for
         one as well, because old keys are looked for by the cookie's own text
index    none
end      the key, and the one with the public id where that is still there: the next request falls
         back to it (redis-actionpack 5.3.0, redis-rack 2.1.2, rack 2.2)
alike    redis-session-store and Rack write the same; of an entry of the Rails cache see
         rails-cache-store. Several servers share the keys by hashing: look at each of them
",
    keys: Keys { prefix: "session:", locate: rack::locate, ..Keys::PLAIN },
    marks: &[
        Mark::Word("2::"),
        Mark::Magic(b"\x04\x08{"),
        Mark::Magic(b"\x04\x08}"),
        Mark::Magic(b"\x04\x08C"),
    ],
    recognize: rack::recognize,
    cookie: Cookie { name: Some("_session_id"), ..rack_session_redis::LAYOUT.cookie },
    ends: Ends { caveats: &[rack::WRITTEN_BACK, rack::REMEMBERED], ..rack_session_redis::LAYOUT.ends },
    same_as: &["rails-redis-session-store", "rack-session-redis"],
    ..rack_session_redis::LAYOUT
};
