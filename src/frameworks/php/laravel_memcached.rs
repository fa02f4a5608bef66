//! Laravel with SESSION_DRIVER=memcached: the session goes through the cache store, and PHP's client keeps it
//! as the text that it is.
//!
//! laravel/framework 8.83.26 Cache/MemcachedStore.php.

use super::laravel;
use crate::layout::{
    Blob, Decoded, Ends, Keys, Layout, Mark, Setup, Verdict, blob, expire, item, php, table,
};
use crate::store::{Kind, Medium};
use crate::wrap;

pub const LAYOUT: Layout = Layout {
    name: "laravel-memcached",
    about: "Laravel with SESSION_DRIVER=memcached (PHP)",
    medium: Medium::Item,
    page: "\
key      <cache prefix><id>; id 40 letters and digits; the prefix laravel_cache: up to 10, without
         the colon later, with the application's name for `laravel`; option `prefix` is all of it
value    a:<n>:{…} (serialize), JSON (session.serialization), or an envelope of the encrypter
         (session.encrypt). Above 2000 bytes PHP's client compresses it: FastLZ, zlib or Zstandard
         after four bytes with the length, as the flags say
expiry   the item's own end (session.lifetime), moved by every request
user     login_<guard>_<sha1> (SessionGuard.php), the guard web before others
cookie   laravel_session or laravel-session, an envelope of the encrypter: the id cannot be had
         without app_key
end      the one item. Every request writes its session anew at its end: one that runs brings it
         back
beside   entries of the cache and counters of the rate limiter are under the same prefix; the
         counters have 40 hexadecimal digits and flags of a number
",
    keys: Keys { prefix: "laravel_cache:", kind: Kind::Hash, ..laravel::LAYOUT.keys },
    marks: &[Mark::Field("flags")],
    options: &[laravel::APP_KEY, laravel::PREVIOUS_KEYS],
    recognize,
    read: |setup, blob| table::lent(data(setup, blob)),
    ends: Ends { expire: expire::by_key, ..laravel::LAYOUT.ends },
    ..laravel::LAYOUT
};

fn data<'b>(setup: &Setup, blob: &'b Blob<'_>) -> Option<&'b Decoded<'static>> {
    let flags = item::flags(blob);
    blob.made("value", |value| {
        if item::php_type(flags) != item::TEXT {
            // An entry of the cache: a counter, or what PHP serialized.
            let text = value.text().unwrap_or_default();
            let other = php::plain(text, &value.limits).unwrap_or_else(|| blob::plain(text));
            return Decoded::owned("php-serialize", other.into_owned());
        }
        match item::php_plain(value.text().unwrap_or_default(), flags, &value.limits) {
            Ok((via, plain)) => table::owned(&via, laravel::payload(setup, &plain, value.limits)),
            Err(error) => Decoded::failed(error.codec, error),
        }
    })
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if !(LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual) {
        return Verdict::no("its key does not end in 40 letters and digits");
    }
    if item::php_type(item::flags(blob)) != item::TEXT {
        return Verdict::no("its flags say that it is not text");
    }
    let Some(decoded) = data(setup, blob) else { return Verdict::no("it has no value") };
    match decoded.value() {
        Some(data) if laravel::is_session(data) => Verdict::Sure,
        Some(data) if setup.named && data.members().is_some() => Verdict::Weak,
        Some(_) => Verdict::no("the value is not a session with `_token`"),
        None if decoded.via.contains(&wrap::laravel::NAME) => Verdict::Sure,
        None => Verdict::no("the value is not a serialized session and no envelope of the encrypter"),
    }
}
