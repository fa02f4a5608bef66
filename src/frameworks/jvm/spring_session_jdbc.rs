//! Spring Session JDBC: a row a session, and a row of another table for each attribute.
//!
//! spring-projects/spring-session 4.1 (206fb600) JdbcIndexedSessionRepository.java, schema-*.sql; the same since 2.0.

use std::borrow::Cow;

use crate::cookie;
use crate::frameworks::jvm;
use crate::layout::key;
use crate::layout::session::{Facts, Moved, Session};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table;
use crate::layout::{Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, Setup, Verdict, Whose, expire};
use crate::store::sql::PART;
use crate::store::{Medium, PartsOf, Rows, Table};
use crate::value::Value;

const CREATED: &str = "creation_time";
const SEEN: &str = "last_access_time";
const INTERVAL: &str = "max_inactive_interval";
const END: &str = "expiry_time";
const USER: &str = "principal_name";

pub const LAYOUT: Layout = Layout {
    name: "spring-session-jdbc",
    about: "Spring Session JDBC (JdbcIndexedSessionRepository)",
    family: "Java",
    medium: Medium::Table,
    page: "\
row      of the table SPRING_SESSION (spring.session.jdbc.table-name, option table_name), its names
         in small letters in PostgreSQL: PRIMARY_ID, which the key is and no browser knows,
         SESSION_ID, CREATION_TIME, LAST_ACCESS_TIME, MAX_INACTIVE_INTERVAL, EXPIRY_TIME,
         PRINCIPAL_NAME
value    the rows of SPRING_SESSION_ATTRIBUTES with its PRIMARY_ID: a name, and Java's serialization
         or JSON
end      LAST_ACCESS_TIME + MAX_INACTIVE_INTERVAL; a negative interval is never. Rows whose end has
         passed are removed every minute
user     PRINCIPAL_NAME, else that of the attribute SPRING_SECURITY_CONTEXT
times    CREATION_TIME, LAST_ACCESS_TIME
cookie   SESSION = base64 of SESSION_ID
end it   the row and its attributes, whether or not the schema has a foreign key that takes them
         along. A request in flight does not bring it back (read, 4.1)
",
    keys: Keys {
        prefix: "SPRING_SESSION",
        prefix_option: "table_name",
        locate: |_, key| table::located(key, key::is_uuid),
        id_column: Some("session_id"),
        ..table::KEYS
    },
    table: rows,
    marks: &[Mark::Field(INTERVAL)],
    options: &[
        OptionSpec::new("table_name", OptionKind::Text, "spring.session.jdbc.table-name"),
        OptionSpec::new(
            "jvm_route",
            OptionKind::Text,
            "the text after the id in the cookie, as it is configured",
        ),
    ],
    recognize: |_, blob| {
        let lacks =
            [CREATED, SEEN, INTERVAL, "session_id"].into_iter().find(|name| blob.field(name).is_none());
        match lacks {
            Some(name) => Verdict::No(format!("the row has no {name}").into()),
            None => Verdict::Sure,
        }
    },
    read,
    describe: |_, _, data| {
        let context = data.get("SPRING_SECURITY_CONTEXT");
        Facts {
            user: context.and_then(jvm::security_context).or_else(|| jvm::conventional(data)),
            ip: context.and_then(jvm::remote_address),
            ..Facts::default()
        }
    },
    whose: Whose::Own(|_, _, data| {
        let members = data.members().into_iter().flatten();
        jvm::unnamed(members.map(|(name, value)| (&**name, value)))
    }),
    cookie: Cookie {
        name: Some("SESSION"),
        open: Some(|setup, given| cookie::spring::open(given, setup.cookie_name(), setup.text("jvm_route"))),
        ..Cookie::PLAIN
    },
    ends: Ends {
        expire,
        caveats: &["Remember-me cookies and an OAuth 2 login at the provider log the visitor in again."],
        ..Ends::PLAIN
    },
    extra: Extra {
        columns: Some(columns),
        broken: |_, blob, _| jvm::broken_field(blob, |name| name.starts_with(PART.as_bytes())),
        ..Extra::PLAIN
    },
    ..Layout::PLAIN
};

fn rows(setup: &Setup, table: &Table) -> Option<Rows> {
    let columns = ["session_id", CREATED, SEEN, INTERVAL, END, USER];
    let mut rows = table::rows(setup, table, "primary_id", &columns)?;
    let capitals = table.column("primary_id")?.name == "PRIMARY_ID";
    let cased = |name: &str| if capitals { name.to_ascii_uppercase() } else { name.to_string() };
    let suffix =
        if table.name.bytes().any(|byte| byte.is_ascii_lowercase()) { "_attributes" } else { "_ATTRIBUTES" };
    rows.also.push(table.column("session_id")?.name.clone());
    rows.parts = Some(PartsOf {
        table: format!("{}{suffix}", table.name),
        owner: cased("session_primary_id"),
        name: cased("attribute_name"),
        value: cased("attribute_bytes"),
    });
    Some(rows)
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(fields) = blob.fields() else { return table::absent() };
    let mut via = vec!["row"];
    let mut members = Vec::new();
    for (name, bytes) in fields {
        let Some(name) = name.strip_prefix(PART.as_bytes()) else { continue };
        let (value, codec) = jvm::field_by(name, bytes, &blob.limits);
        if !codec.is_empty() && !via.contains(&codec) {
            via.push(codec);
        }
        members.push((String::from_utf8_lossy(name), value));
    }
    Decoded { via, value: Ok(Cow::Owned(Value::Map(members))) }
}

fn columns<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Facts<'b> {
    let seen = table::millis(blob, SEEN);
    let interval = table::seconds(blob, INTERVAL).filter(|interval| *interval >= 0);
    Facts {
        user: table::text(blob, USER),
        created: table::millis(blob, CREATED),
        seen,
        ends: seen.zip(interval).and_then(|(seen, interval)| seen.checked_add(interval)),
        ..Facts::default()
    }
}

/// Interval and end have to agree: the one is what requests go by, the other what the clean-up does.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let seen = session.facts.seen.ok_or(expire::UNREADABLE)?;
    let Some(end) = end else {
        // As `JdbcSession.getExpiryTime` has it.
        return table::put(vec![(INTERVAL, "-1".to_string()), (END, i64::MAX.to_string())]);
    };
    let seconds = jvm::idle(session, end)?;
    table::put(vec![(INTERVAL, seconds.to_string()), (END, seen.saturating_add(seconds * 1000).to_string())])
}
