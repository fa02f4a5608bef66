//! plug_session_redis: Plug sessions under their bare ids.

use crate::cookie;
use crate::frameworks::elixir::plug;
use crate::layout::blob::Form;
use crate::layout::{Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, Setup, key};

pub const LAYOUT: Layout = Layout {
    name: "plug-session-redis",
    about: "Plug and Phoenix with plug_session_redis (Elixir)",
    family: "Elixir",
    page: "\
key      <id>, a string without a prefix (wrappers put one before it): 96 random bytes in base64,
         128 characters that may hold + and /
value    a map in Erlang's external term format
expiry   the key's TTL, set when the session is made: a later write leaves it without one
user     Guardian's token, else user_id, current_user_id, current_user and others; the user_token of
         phx.gen.auth and the id of Pow do not tell whose they are
cookie   _<application>_key = <id>, bare
index    none
end      the one key (plug_session_redis 0.1, lib/plug_session_redis/store.ex)
",
    keys: Keys {
        locate: |setup, key| key::locate_by(setup, key, plug::tail, plug::is_id).filter(|place| place.usual),
        ..Keys::PLAIN
    },
    marks: &[Mark::Magic(b"\x83t"), Mark::Magic(b"\x83P")],
    options: &[plug::SERIALIZER],
    recognize: |setup, blob| match (setup.layout.keys.locate)(setup, blob.key) {
        Some(_) => plug::judge(blob),
        None => crate::layout::Verdict::no("the key does not end in 128 characters of base64"),
    },
    read,
    describe: plug::describe,
    whose: plug::WHOSE,
    cookie: Cookie {
        name: Some("_app_key"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED, plug::LIVE], ..Ends::PLAIN },
    ..Layout::PLAIN
};

pub fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let name = Form::Etf.codec().name;
    match blob.form(Form::Etf) {
        Some(Ok(value)) => Decoded { via: vec![name], value: Ok(std::borrow::Cow::Borrowed(value)) },
        Some(Err(error)) => Decoded::failed(name, error.clone()),
        None => Decoded::failed(name, blob.unreadable(name)),
    }
}
