//! py4web with a storage in Redis.
//!
//! py4web 1.20260805 py4web/core.py `Session`.

use crate::layout::session::Facts;
use crate::layout::{
    Blob, Cookie, Ends, Keys, Layout, Mark, Setup, Verdict, Whose, key, open_bare_under_any, python, time,
    user, whose,
};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "py4web",
    about: "py4web, Session(storage=...) on Redis",
    family: "Python",
    page: "\
key      <uuid>, a string; no prefix
value    JSON {uuid, timestamp, secure, ...} with what the application keeps
expiry   as the application's storage sets it
user     user.id (Auth); without it nobody
cookie   <app>_session = <uuid>
index    none
end      the one key. A request in flight writes it back only if it changed the session
",
    keys: Keys {
        prefix: "",
        locate: |setup, key| key::locate_by(setup, key, python::uuid_at_end, key::is_uuid),
        ..Keys::PLAIN
    },
    marks: &[Mark::Member("uuid")],
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| open_bare_under_any(setup, given, key::is_uuid)),
        ..Cookie::PLAIN
    },
    recognize,
    describe,
    whose: Whose::Own(|_, _, data| match data.get("user") {
        Some(login) => whose::without(login.get("id").or(Some(login))),
        None => whose::container(data),
    }),
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    let id = blob.member("uuid").and_then(Value::as_str);
    let fits = id.is_some_and(|id| key::is_uuid(id.as_bytes()) && blob.key.ends_with(id.as_bytes()));
    if !fits {
        Verdict::no("its member uuid is not the end of the key")
    } else if blob.member("secure").and_then(Value::as_bool).is_none()
        || blob.member("timestamp").and_then(Value::as_f64).is_none()
    {
        Verdict::no("there are no members timestamp and secure")
    } else {
        Verdict::Sure
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    Facts {
        user: data.get("user").and_then(user::named),
        seen: data.get("timestamp").and_then(time::seconds),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::store::Raw;

    #[test]
    fn the_session_repeats_its_id() {
        const ID: &str = "7d59e244-d432-4a76-8e8d-d9dd8b22751f";
        let json = format!(r#"{{"uuid":"{ID}","timestamp":1795465057.5,"secure":false,"user":{{"id":7}}}}"#);
        let raw = Raw::Text(json.into_bytes());
        let blob = Blob::new(ID.as_bytes(), &raw, Limits::default());
        let setup = Setup::free(&LAYOUT);
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let data = (LAYOUT.read)(&setup, &blob);
        assert_eq!(describe(&setup, &blob, data.value().expect("JSON")).user.as_deref(), Some("7"));
        let other = Blob::new(b"92cae6e6-f691-42a3-8b49-9f78a09c169b", &raw, Limits::default());
        assert!(matches!(recognize(&setup, &other), Verdict::No(_)));
    }
}
