//! ASP.NET Core sessions in a distributed cache that is a table: Microsoft.Extensions.Caching.SqlServer and its
//! relatives for PostgreSQL (SqlQueries.cs; the README of Community.Microsoft.Extensions.Caching.PostgreSql).

use crate::codec::aspnetcore as codec;
use crate::frameworks::dotnet::aspnetcore;
use crate::layout::key;
use crate::layout::session::{Facts, Moved, Session};
use crate::layout::table::{self, SCHEMA, TABLE};
use crate::layout::{Blob, Decoded, Ends, Extra, Keys, Layout, Mark, Setup, Verdict, user};
use crate::store::Medium;

const VALUE: &str = "Value";
const END: &str = "ExpiresAtTime";
const ABSOLUTE: &str = "AbsoluteExpiration";

pub const LAYOUT: Layout = Layout {
    name: "aspnetcore-sql",
    about: "ASP.NET Core sessions in a distributed cache in PostgreSQL or another database",
    medium: Medium::Table,
    page: "\
row      of a table that the application names, `DistCache` or `cache`: Id, Value, ExpiresAtTime,
         SlidingExpirationInSeconds, AbsoluteExpiration. Id is the session's GUID
value    Value: version 2, a count, an id of its own, and name and bytes of each entry, as in
         aspnetcore
end      ExpiresAtTime, moved by every request; at most AbsoluteExpiration
user     as in aspnetcore
cookie   .AspNetCore.Session, sealed by Data Protection, as in aspnetcore
end it   the row
alike    everything else that the application caches: it is told by Value
",
    keys: Keys { prefix: "DistCache", locate: |_, key| table::located(key, key::is_uuid), ..table::KEYS },
    table: |setup, table| {
        table::rows(setup, table, "Id", &[VALUE, END, "SlidingExpirationInSeconds", ABSOLUTE])
    },
    marks: &[Mark::Field(END)],
    options: &[TABLE, SCHEMA, aspnetcore::APPLICATION, aspnetcore::RING],
    recognize: |setup, blob| {
        let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
        let Some(value) = blob.field(VALUE).filter(|_| usual) else {
            return Verdict::no("its Id is not a GUID, as those of sessions are");
        };
        if !codec::sniff_session(value) {
            return Verdict::no("its Value does not begin as a session's");
        }
        match codec::decode_session(value, &blob.limits) {
            Ok(_) => Verdict::Sure,
            Err(error) => Verdict::No(error.to_string().into()),
        }
    },
    read: |_, blob| {
        let name = codec::SESSION.name;
        match blob.field(VALUE) {
            Some(value) => Decoded {
                via: vec![name],
                value: codec::decode_session(value, &blob.limits).map(std::borrow::Cow::Owned),
            },
            None => table::absent(),
        }
    },
    describe: |_, _, data| Facts {
        user: aspnetcore::USERS.iter().find_map(|name| data.get(name)?.scalar_text()),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    },
    ends: Ends {
        expire,
        caveats: &[
            "A request that is changing the session writes it back whole.",
            "A login in a cookie of its own goes on; only a ticket store can end that.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra { columns: Some(columns), ..Extra::PLAIN },
    ..aspnetcore::LAYOUT
};

fn columns<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    Facts { ends: table::instant(blob, END, None), ..Facts::default() }
}

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    table::put_like(session.raw, END, end, None)
}
