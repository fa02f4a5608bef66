//! MojoX::Session with MojoX::Session::Store::Redis.

use std::borrow::Cow;

use crate::codec::json;
use crate::cookie;
use crate::frameworks::perl::container;
use crate::layout::expire::{self, Expiring};
use crate::layout::key::{self, Alphabet};
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Place, Setup, Verdict};
use crate::store::{Key, Kind, Rewrite};

pub const LAYOUT: Layout = Layout {
    name: "mojox-session-redis",
    about: "MojoX::Session with MojoX::Session::Store::Redis (Perl)",
    family: "Perl",
    page: "\
key      <redis_prefix>:<sid>, a hash; redis_prefix `mojo-session` unless configured, sid 40
         hexadecimal digits
value    sid, data (JSON, which is shown) and expires (seconds since 1970)
expiry   the earlier of `expires` and the key's TTL, which is there with auto_purge only
user     user_id, current_user_id, uid, user, username, login, account_id, email
cookie   sid = <sid>, bare
index    none
end      the one key (MojoX::Session::Store::Redis 0.10, MojoX::Session 0.33)
move     `expires` and the TTL, where there is one
alike    Mojolicious' own sessions are signed cookies: nothing of them is in Redis
",
    keys: Keys { prefix: "mojo-session:", kind: Kind::Hash, locate, ..Keys::PLAIN },
    marks: &[Mark::Field("sid")],
    options: &[container::SERIALIZER],
    recognize,
    read,
    describe: |_, blob, data| Facts {
        user: container::user(data),
        ends: expires(blob).and_then(|seconds| seconds.checked_mul(1000)),
        ..Facts::default()
    },
    whose: container::WHOSE,
    cookie: Cookie {
        name: Some("sid"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        expire: |_, session, end| {
            let end = end.ok_or(expire::ALWAYS_ENDS)?;
            let seconds = end.div_euclid(1000).to_string().into_bytes();
            let rewrite = Some(Rewrite::Fields(vec![(Key(b"expires".to_vec()), Key(seconds))]));
            Ok(Expiring { at: expire::at_if_any(session, Some(end)), rewrite, then: Vec::new() })
        },
        caveats: &[Layout::WRITTEN_BACK_IF_CHANGED],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let usual = |id: &[u8]| key::is_exactly(id, 40, Alphabet::Hex);
    key::locate_by(setup, key, |key| key::tail(key, 40, Alphabet::Hex), usual)
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else { return Verdict::no("the key has no id") };
    let fields = [blob.field("sid"), blob.field("data"), blob.field("expires")];
    match fields {
        [Some(sid), Some(_), Some(_)] if *sid == blob.key[place.id] => Verdict::Sure,
        [Some(_), Some(_), Some(_)] => Verdict::no("its sid is not the key's"),
        _ => Verdict::no("the hash lacks sid, data or expires"),
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    match blob.field("data") {
        Some(data) => {
            Decoded { via: vec![json::CODEC.name], value: json::decode(data, &blob.limits).map(Cow::Owned) }
        }
        None => Decoded::failed(json::CODEC.name, blob.unreadable(json::CODEC.name)),
    }
}

fn expires(blob: &Blob<'_>) -> Option<i64> {
    std::str::from_utf8(blob.field("expires")?).ok()?.trim().parse::<f64>().ok().map(|seconds| seconds as i64)
}
