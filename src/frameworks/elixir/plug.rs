//! What all sessions of Plug have in common: ids, who is logged in.

use std::borrow::Cow;

use crate::layout::blob::Form;
use crate::layout::session::Facts;
use crate::layout::{Blob, OptionKind, OptionSpec, Setup, Verdict, Whose, user};
use crate::value::Value;

pub const SERIALIZER: OptionSpec =
    OptionSpec::new("serializer", OptionKind::Text, "what the store writes; whatever it is is read");

/// 96 random bytes in base64 of the standard alphabet (plug 1.14, lib/plug/session/cookie.ex and the
/// stores after its model).
pub const ID: usize = 128;

/// What a request in flight does: only one that changed its session writes it.
pub const LIVE: &str = "LiveView sockets stay up until their next mount, unless the application broadcasts \
                        `disconnect` on live_socket_id.";

pub fn is_id(id: &[u8]) -> bool {
    id.len() == ID && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// An id at the end of a key; a prefix may end in a character that an id could hold.
pub fn tail(key: &[u8]) -> Option<usize> {
    let start = key.len().checked_sub(ID)?;
    is_id(&key[start..]).then_some(start)
}

/// Whether the value is an Erlang term that is a map, or was to be one.
pub fn judge(blob: &Blob<'_>) -> Verdict {
    match blob.form(Form::Etf) {
        Some(Ok(Value::Map(_) | Value::Pairs(_))) => Verdict::Sure,
        // A map, or something compressed, that does not decode.
        Some(Err(_)) if matches!(blob.text(), Some([131, 116 | 80, ..])) => Verdict::Sure,
        _ => Verdict::no("the value is not an Erlang term that is a map"),
    }
}

/// Members by which applications name the user, besides those of the libraries.
const CONVENTIONS: &[&str] = &[
    "user_id",
    "current_user_id",
    "current_user",
    "user",
    "uid",
    "username",
    "login",
    "account_id",
    "current_account_id",
    "admin_id",
    "email",
];

/// Guardian's tokens, one for each of its keys, `default` first (guardian 2.3, lib/guardian/plug/keys.ex).
fn guardian<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let subject = |value: &Value<'_>| user::claim(value.as_str()?, &["sub"]).map(Cow::Owned);
    data.get("guardian_default_token").and_then(subject).or_else(|| {
        let members = data.as_map()?.iter();
        let tokens = members.filter(|(name, _)| name.starts_with("guardian_") && name.ends_with("_token"));
        tokens.map(|(_, value)| value).find_map(subject)
    })
}

pub fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts {
        user: guardian(data).or_else(|| data.find_named(CONVENTIONS, user::of_record)),
        ..Facts::default()
    }
}

/// Bytes of a token of `phx.gen.auth` (phoenix 1.7, priv/templates/phx.gen.auth/schema_token.ex).
const TOKEN: usize = 32;

/// The token of `phx.gen.auth`, under whatever name its schema has, one of Guardian that cannot be read, and
/// the id of Pow say that someone is logged in, and not who.
pub const WHOSE: Whose = Whose::Container(|data| {
    let members = data.as_map()?;
    let tells = |(name, value): &(Cow<'_, str>, Value<'_>)| {
        let token = |value: &Value<'_>| match value {
            Value::Bytes(bytes) => bytes.len() == TOKEN,
            Value::Text(text) => text.len() == TOKEN,
            _ => false,
        };
        let login = name.ends_with("user_token")
            || &**name == "auth"
            || name.ends_with("_auth")
            || (name.starts_with("guardian_") && name.ends_with("_token"))
            || (name.ends_with("_token") && !name.ends_with("csrf_token") && token(value));
        login && !crate::layout::whose::is_empty(value)
    };
    (!members.iter().any(tells)).then_some(Cow::Borrowed(data))
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::session::Unnamed;
    use crate::layout::whose;

    #[test]
    fn a_token_that_tells_nobody_is_a_login_all_the_same() {
        let text = |text: &'static str| Value::Text(Cow::Borrowed(text));
        let bytes = Value::Bytes(Cow::Borrowed(&[0xff; 32]));
        for (name, value, known) in [
            ("user_token", bytes.clone(), false),
            ("account_token", bytes.clone(), false),
            ("admin_token", text("0123456789abcdef0123456789abcdef"), false),
            ("guardian_default_token", text("cut.short"), false),
            ("app_auth", text("SFMyNTY.a.b"), false),
            ("_csrf_token", text("0123456789abcdef01234567"), true),
            ("invite_token", text("short"), true),
            ("user_token", Value::Null, true),
        ] {
            let data = Value::Map(vec![(name.into(), value)]);
            let Whose::Container(own) = WHOSE else { unreachable!("it is a container") };
            let unnamed = own(&data).map_or(Unnamed::Unknown, |own| whose::container(&own));
            assert_eq!(unnamed != Unnamed::Unknown, known, "{name}");
        }
    }
}
