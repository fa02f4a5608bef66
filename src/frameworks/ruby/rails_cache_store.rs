//! Rails with its own cache as the session store.

use crate::codec::rails_cache;
use crate::frameworks::ruby::{rack, rails_redis_actionpack};
use crate::layout::blob::{Form, is_opaque};
use crate::layout::session::Facts;
use crate::layout::{Blob, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict};
use crate::value::Value;

const PREFIX: &str = "_session_id:";

/// Rails 8.0.5.2 looks whether the session is still there (CVE-2026-126076; Debian's 6.1.7.10 has the fix).
const WRITTEN_BACK: &str = "A request in flight writes its session back, unless Rails has the fix of CVE-2026-126076 \
    (8.0.5.2); look again after a few seconds.";

pub const LAYOUT: Layout = Layout {
    name: "rails-cache-store",
    about: "Ruby on Rails with :cache_store on :redis_cache_store (or redis-activesupport)",
    home: Some("https://api.rubyonrails.org/classes/ActionDispatch/Session/CacheStore.html"),
    page: "\
key      [<cache namespace>:]_session_id:2::<SHA-256 of the public id>, a string; with the public id
         itself before 2019
value    an entry of the Rails cache around the session's hash: an object of 6.1, a row of 7.0, a
         header of 7.1, compressed from 1 kB on; Marshal or MessagePack. A keyspace may mix them
expiry   the earlier of the key's TTL and the end inside the entry: race_condition_ttl lets the key
         live five minutes longer
user     warden.user.<scope>.key of Devise (scope user, then the others), else user_id and others
cookie   the application's `key` = <public id>, bare. No key leads back to it, but the private id is
         taken for one as well, because old keys are looked for by the cookie's own text
index    none
end      the key, and the one with the public id where that is still there (actionpack 6.1 to 8.0
         session/cache_store.rb, activesupport cache/entry.rb and cache/coder.rb)
beware   everything else in the namespace is the application's cache, also what holds a user
",
    keys: Keys { prefix: PREFIX, locate, ..rails_redis_actionpack::LAYOUT.keys },
    marks: &[
        Mark::Word(PREFIX),
        Mark::Magic(b"\x04\x08o:\x20ActiveSupport::Cache::Entry"),
        Mark::Magic(b"\x00\x11"),
        Mark::Magic(b"\x00\x04\x08"),
        Mark::Magic(b"\x01\x78"),
    ],
    recognize,
    read,
    describe,
    ends: Ends { caveats: &[WRITTEN_BACK, rack::REMEMBERED], ..rails_redis_actionpack::LAYOUT.ends },
    same_as: &[],
    ..rails_redis_actionpack::LAYOUT
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    if setup.known_lead().is_none()
        && rack::private_tail(key).is_none()
        && memchr::memmem::find(key, PREFIX.as_bytes()).is_none()
    {
        return None;
    }
    rack::locate(setup, key)
}

/// The key tells a session, or a private id that nothing else has; the value has to be an entry.
fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key has no id of Rack") };
    if rack::is_of_gitlab(blob.key) {
        return Verdict::no("the key is one of GitLab's beside its sessions");
    }
    let named = blob.key[..place.id.start].ends_with(PREFIX.as_bytes());
    let is_entry = blob.text().is_some_and(rails_cache::sniff) || named && blob.form(Form::Marshal).is_some();
    // What a coder of the application's own wrote is shown with the reason why it cannot be read.
    if !is_entry && named && rack::is_private(&blob.key[place.id]) && blob.text().is_some_and(is_opaque) {
        return Verdict::Sure;
    }
    if !is_entry {
        return Verdict::no("the value is not an entry of the Rails cache, or one of another coder");
    }
    match held(blob) {
        Some(Ok(Value::Map(_))) => Verdict::Sure,
        Some(Err(_)) if named => Verdict::Sure,
        _ => Verdict::no("what is in the entry is not a hash"),
    }
}

/// What is in the entry.
fn held<'v>(blob: &'v Blob<'_>) -> Option<Result<&'v Value<'v>, &'v crate::codec::DecodeError>> {
    Some(match blob.form(Form::RailsEntry) {
        Some(Ok(Value::List(entry))) => Ok(entry.first()?),
        Some(Ok(other)) => Ok(other),
        Some(Err(error)) => Err(error),
        None => match blob.form(Form::Marshal)? {
            Ok(value) => Ok(value),
            Err(error) => Err(error),
        },
    })
}

pub(super) fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if blob.form(Form::RailsEntry).is_some() { rack::read_entry(blob) } else { rack::read(setup, blob) }
}

pub(super) fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts { ends: rack::entry_ends(blob), ..rack::describe(setup, blob, data) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn what_an_own_coder_wrote_is_a_session_that_cannot_be_read() {
        let id = format!("2::{}", "0123456789abcdef".repeat(4));
        // Zstandard around a dump.
        let raw = Raw::Text([&b"\x28\xb5\x2f\xfd"[..], &[0xfe; 40]].concat());
        let setup = Setup::free(&LAYOUT);
        let verdict = |key: &str| recognize(&setup, &Blob::new(key.as_bytes(), &raw, Limits::default()));
        let key = format!("app:_session_id:{id}");
        assert_eq!(verdict(&key), Verdict::Sure);
        assert!(read(&setup, &Blob::new(key.as_bytes(), &raw, Limits::default())).value.is_err());
        assert!(matches!(verdict(&format!("app:{id}")), Verdict::No(_)));
        let text = Raw::Text(b"a text that is long enough to be anything".to_vec());
        let blob = Blob::new(key.as_bytes(), &text, Limits::default());
        assert!(matches!(recognize(&setup, &blob), Verdict::No(_)));
    }
}
