//! Rails with activerecord-session_store: sessions in a table (activerecord-session_store 2.3.0
//! lib/active_record/session_store, lib/action_dispatch/session/active_record_store.rb).

use std::borrow::Cow;

use crate::codec::{json, marshal};
use crate::frameworks::ruby::rack;
use crate::layout::session::Facts;
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table::{self, TABLE};
use crate::layout::{Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, Setup, Verdict};
use crate::store::Medium;
use crate::value::Value;
use crate::wrap::base64;

const DATA: &str = "data";

pub const LAYOUT: Layout = Layout {
    name: "rails-activerecord",
    about: "Ruby on Rails with :active_record_store (OpenProject, Zammad, Redmine plugins)",
    family: "Ruby",
    medium: Medium::Table,
    page: "\
row      of the table `sessions`: session_id, data, created_at, updated_at. session_id is
         2::<SHA-256 of the cookie's id>; of versions before 2.0 the cookie's id itself, until its
         next use
value    base64 of Marshal 4.8, with line breaks; or JSON {\"value\": …} (serializer :json, :hybrid)
end      none: a row counts for ever, until `rake db:sessions:trim` removes those that were not
         written for 30 days
user     Warden (scope user, then the others), else user_id and others, as in rack-session-redis
times    created_at and updated_at; last_request_at of Devise's timeoutable in the value
cookie   _<app>_session = <public id>, bare; no row leads back to it
end it   the row. A request in flight does not bring it back (observed, 2.3.0)
",
    keys: Keys {
        prefix: "sessions",
        locate: |_, key| {
            table::located(key, |id| {
                rack::is_private(id) || id.len() == 32 && id.iter().all(u8::is_ascii_hexdigit)
            })
        },
        ..table::KEYS
    },
    table: |setup, table| table::rows(setup, table, "session_id", &[DATA, "created_at", "updated_at"]),
    marks: &[Mark::Field(DATA)],
    options: &[
        TABLE,
        rack::USER_KEY,
        OptionSpec::new("serializer", OptionKind::Text, "told by the value: marshal, json or hybrid"),
        OptionSpec::secret(
            "secret_key_base",
            OptionKind::Texts,
            "SECRET_KEY_BASE and earlier ones, for cookies that are signed or encrypted",
        ),
    ],
    recognize,
    read: |_, blob| table::lent(data(blob)),
    describe: rack::describe,
    whose: rack::WHOSE,
    cookie: Cookie { open: Some(rack::cookie), older: Some(rack::older_cookie), ..Cookie::PLAIN },
    ends: Ends {
        expire: |_, _, _| Err("rows of activerecord-session_store have no end that could be set"),
        caveats: &[rack::REMEMBERED],
        ..Ends::PLAIN
    },
    extra: Extra {
        columns: Some(|_, blob| Facts {
            created: table::instant(blob, "created_at", None),
            seen: table::instant(blob, "updated_at", None),
            ..Facts::default()
        }),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

fn data<'b>(blob: &'b Blob<'_>) -> Option<&'b Decoded<'static>> {
    blob.made(DATA, |column| {
        let text = column.text().unwrap_or_default();
        if let Some(value) = column.json() {
            let inner = match value {
                Value::Map(members) if members.len() == 1 => value.get("value").unwrap_or(value),
                whole => whole,
            };
            return Decoded::owned(json::CODEC.name, inner.clone().into_owned());
        }
        let unbroken: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let via = vec![base64::NAME, marshal::CODEC.name];
        match base64::open(&unbroken, &column.limits) {
            Ok(bytes) => match (marshal::CODEC.decode)(&bytes, &column.limits) {
                Ok(value) => Decoded { via, value: Ok(Cow::Owned(value.into_owned())) },
                Err(error) => Decoded { via, value: Err(error) },
            },
            Err(error) => Decoded::failed(base64::NAME, error),
        }
    })
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if ["created_at", "updated_at"].iter().any(|column| blob.field(column).is_none()) {
        return Verdict::no("the row has no created_at and updated_at");
    }
    let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
    let Some(decoded) = data(blob) else { return Verdict::no("the row has no data") };
    match decoded.value() {
        Some(Value::Map(_) | Value::Pairs(_)) if usual => Verdict::Sure,
        Some(_) => Verdict::no("its session_id is not an id of Rack, or its data no hash"),
        None if usual => Verdict::Kin,
        None => Verdict::no("its data is not a dump of Marshal and no JSON"),
    }
}
