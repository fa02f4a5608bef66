//! Yii 2's DbSession, and Craft CMS on it (yiisoft/yii2 framework/web/DbSession.php).

use crate::cookie;
use crate::frameworks::php::yii2;
use crate::layout::php;
use crate::layout::session::Facts;
use crate::layout::table;
use crate::layout::{Cookie, Ends, Extra, Keys, Layout, Mark, Verdict, expire, open_any};
use crate::store::Medium;

const VALUE: &str = "data";
const END: &str = "expire";

pub const LAYOUT: Layout = Layout {
    name: "yii2-db",
    about: "Yii 2 with DbSession, Craft CMS (PHP)",
    home: Some("https://www.yiiframework.com/doc/guide/2.0/en/runtime-sessions-cookies"),
    medium: Medium::Table,
    page: "\
row      of the table session (sessionTable, after the connection's prefix): id, expire, data, and
         fields that writeCallback adds
value    a PHP session, as in yii2
end      expire, in seconds since 1970
user     as in yii2
cookie   PHPSESSID (name of the session component; CraftSessionId) = the id, unsigned
end it   the row. A request in flight writes it back, as rows are merged
",
    keys: Keys {
        prefix: "session",
        lead: |_| Vec::new(),
        locate: |_, key| table::located(key, php::is_usual),
        ..table::KEYS
    },
    table: |setup, table| {
        let is_number = table.column(END)?.of.contains("int");
        table::rows(setup, table, "id", &[END, VALUE]).filter(|_| is_number)
    },
    marks: &[Mark::Field(END)],
    options: &[table::TABLE],
    recognize: |setup, blob| {
        let usual = (LAYOUT.keys.locate)(setup, blob.key).is_some_and(|place| place.usual);
        let Some(column) = blob.column(VALUE).filter(|_| usual && table::number(blob, END).is_some()) else {
            return Verdict::no("its columns do not hold a session of Yii");
        };
        match column.variables() {
            Some(data)
                if data.members().into_iter().flatten().any(|(name, _)| {
                    name.ends_with("__flash") || name.ends_with("__id") || name.ends_with("__returnUrl")
                }) =>
            {
                Verdict::Sure
            }
            Some(_) => Verdict::Weak,
            None if column.is_empty() => Verdict::Kin,
            None => Verdict::no("its data is not a PHP session"),
        }
    },
    read: |setup, blob| table::read(setup, blob, VALUE, yii2::LAYOUT.read),
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| {
            open_any(setup, &["CraftSessionId", "advanced-frontend", "advanced-backend"], |name| {
                cookie::bare::open(given, name)
            })
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        end: |_, _| Vec::new(),
        expire: |_, _, end| match end {
            Some(end) => table::put(vec![(END, end.div_euclid(1000).to_string())]),
            None => Err(expire::ALWAYS_ENDS),
        },
        ..yii2::LAYOUT.ends
    },
    extra: Extra {
        columns: Some(|_, blob| Facts { ends: table::seconds(blob, END), ..Facts::default() }),
        ..yii2::LAYOUT.extra
    },
    ..yii2::LAYOUT
};
