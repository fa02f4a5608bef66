//! Rails with redis-session-store.

use crate::frameworks::ruby::{rack, rails_redis_actionpack};
use crate::layout::{Blob, Keys, Layout, Mark, Setup, Verdict};

pub const LAYOUT: Layout = Layout {
    name: "rails-redis-session-store",
    about: "Ruby on Rails with :redis_session_store (redis-session-store 0.9 to 0.11)",
    home: Some("https://github.com/roidrage/redis-session-store"),
    page: "\
key      <key_prefix>2::<SHA-256 of the public id>, a string; key_prefix is empty unless configured
         and gets no separator; <key_prefix><public id> before 0.11.6
value    Marshal 4.8 of a hash (serializer :marshal), JSON (:json), or either (:hybrid)
expiry   the key's TTL: option ttl, else expire_after, else none; moved by every request that reads
         the session
user     warden.user.<scope>.key of Devise (scope user, then the others), else user_id and others
cookie   the application's `key` = <public id>, bare; no key leads back to it
index    none
end      the key, and the one with the public id where that is still there
         (lib/redis-session-store.rb of 0.11.6)
beware   a value that does not load is removed by the library at its owner's next request
",
    keys: Keys { prefix: "", ..rails_redis_actionpack::LAYOUT.keys },
    marks: &[
        Mark::Word("2::"),
        Mark::Member("_csrf_token"),
        Mark::Member("flash"),
        Mark::Member("warden.user.user.key"),
        Mark::Member("warden.user.admin.key"),
        Mark::Member("warden.user.account.key"),
        Mark::Member("warden.user.default.key"),
    ],
    recognize,
    same_as: &["rails-redis-actionpack", "rack-session-redis"],
    ..rails_redis_actionpack::LAYOUT
};

/// Of dumps the keys do not tell by which library they are; JSON under a private id is its own.
fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    match rack::recognize(setup, blob) {
        Verdict::Sure if !setup.named && blob.object().is_none() => {
            Verdict::no("a dump of Marshal, as redis-actionpack writes it by default")
        }
        Verdict::Kin if !setup.named && blob.object().is_none() => {
            Verdict::no("a dump under a public id, as others write it, too")
        }
        verdict => verdict,
    }
}
