//! MediaWiki with its sessions in SQL: `$wgSessionCacheType = CACHE_DB` (MediaWiki 1.39.17
//! includes/objectcache/SqlBagOStuff.php).

use crate::frameworks::php::mediawiki;
use crate::layout::session::{Facts, Moved, Session};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::table;
use crate::layout::{Blob, Ends, Extra, Keys, Layout, Mark, Place, Setup, Verdict, expire};
use crate::store::{Medium, Raw};
use crate::wrap::deflate;

const VALUE: &str = "value";
const END: &str = "exptime";
const WORD: &[u8] = b":MWSession:";

pub const LAYOUT: Layout = Layout {
    name: "mediawiki-db",
    about: "MediaWiki with $wgSessionCacheType = CACHE_DB, or CACHE_ANYTHING without another cache (PHP)",
    medium: Medium::Table,
    page: "\
row      of the table objectcache, after the wiki's table prefix: keyname, value, exptime; keyname
         is <wiki>:MWSession:<id>. In SQLite it is in a file of its own, wikicache.sqlite
value    serialize of {data, metadata}, as in mediawiki, as a raw deflate stream where PHP has zlib
end      exptime, 14 digits of UTC, the same moment as metadata.expires
user     metadata.userName; null for visitors
cookie   <wiki>_session = the id, unsigned
end it   the row. A request in flight that changed its session writes it back
beware   other rows of the table are a cache, and no sessions
",
    keys: Keys { prefix: "objectcache", locate, key_of, ..table::KEYS },
    table: |setup, table| table::rows(setup, table, "keyname", &[VALUE, END]),
    marks: &[Mark::Field(END)],
    options: &[
        table::TABLE,
        OptionSpec::new("wiki_id", OptionKind::Text, "the wiki's id, before `:MWSession:`"),
    ],
    recognize: |setup, blob| {
        if locate(setup, blob.key).is_none() {
            return Verdict::no("keyname has no `:MWSession:`: an entry of the cache");
        }
        let judge = |column: &Blob<'_>| (mediawiki::LAYOUT.recognize)(setup, column);
        let Some(bytes) = blob.field(VALUE) else { return Verdict::no("the row has no value") };
        let verdict = match deflate::raw(bytes, &blob.limits) {
            Ok(plain) => table::unpacked(blob, plain, judge),
            Err(_) => table::judged(setup, blob, VALUE, mediawiki::LAYOUT.recognize),
        };
        match verdict {
            Verdict::No(_) => Verdict::Kin,
            verdict => verdict,
        }
    },
    read: |setup, blob| {
        table::lent(blob.made(VALUE, |column| {
            let bytes = column.text().unwrap_or_default();
            let read = |via: &[&'static str], blob: &Blob<'_>| {
                table::owned(via, (mediawiki::LAYOUT.read)(setup, blob))
            };
            match deflate::raw(bytes, &column.limits) {
                Ok(plain) => table::unpacked(column, plain, |inner| read(&["deflate"], inner)),
                Err(_) => read(&[], column),
            }
        }))
    },
    ends: Ends { expire, ..mediawiki::LAYOUT.ends },
    extra: Extra {
        columns: Some(|_, blob| Facts { ends: blob.field(END).and_then(stamp), ..Facts::default() }),
        ..Extra::PLAIN
    },
    ..mediawiki::LAYOUT
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let row = memchr::memchr(b':', key)? + 1;
    let wiki = setup.text("wiki_id").map(|wiki| [wiki.as_bytes(), WORD].concat());
    let prefix = setup.text("prefix").map(|prefix| prefix.as_bytes().to_vec()).or(wiki);
    let start = match prefix {
        Some(prefix) => key[row..].starts_with(&prefix).then_some(row + prefix.len())?,
        None => memchr::memmem::find(&key[row..], WORD)? + row + WORD.len(),
    };
    let id = &key[start..];
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (!id.is_empty() && id.iter().all(fits)).then(|| Place::after(key, start, id.len() >= 32))
}

fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    let wiki = setup.text("wiki_id").unwrap_or("wiki");
    let prefix = match setup.text("prefix") {
        Some(prefix) => prefix.as_bytes().to_vec(),
        None => [wiki.as_bytes(), WORD].concat(),
    };
    table::key_of(setup, &[&prefix, id].concat())
}

/// 14 digits, UTC.
fn stamp(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim_end_matches('\0');
    let time = jiff::fmt::strtime::parse("%Y%m%d%H%M%S", text).ok()?.to_datetime().ok()?;
    Some(jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond())
}

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let Some(at) = end else { return Err(expire::ALWAYS_ENDS) };
    let Raw::Hash(fields) = session.raw else { return Err(expire::UNREADABLE) };
    let held = fields.iter().find(|(name, _)| name == END.as_bytes()).map(|(_, text)| &text[..]);
    match held.and_then(stamp) {
        Some(_) => {
            let time = jiff::Timestamp::from_millisecond(at).map_err(|_| "that time cannot be written")?;
            table::put(vec![(END, time.strftime("%Y%m%d%H%M%S").to_string())])
        }
        None => table::put_like(session.raw, END, end, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_times_of_utc() {
        assert_eq!(stamp(b"20261130071452"), Some(1_796_022_892_000));
        for text in [&b""[..], b"2026", b"20261330071452", b"infinity"] {
            assert_eq!(stamp(text), None);
        }
    }
}
