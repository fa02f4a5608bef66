//! What a string is to PHP: a session, under whatever lies around it, or nothing of PHP's.

use std::borrow::Cow;

use crate::codec::{Limits, igbinary, json, php, php_msgpack, php_session};
use crate::value::Value;
use crate::wrap::{self, WrapError, deflate, laravel, lz4, lzf, zstd};

/// What a string turned out to be.
#[derive(Debug)]
pub enum Look<'a> {
    /// Nothing that PHP's session stores write.
    Other,
    Found(Php<'a>),
    /// It begins like a session, and no value of PHP is whole.
    Broken,
}

/// A value of a PHP session store, with what lay around it taken off.
#[derive(Debug)]
pub struct Php<'a> {
    /// Wrappers and encoding, outermost first.
    pub via: Vec<&'static str>,
    pub what: What<'a>,
}

#[derive(Debug)]
pub enum What<'a> {
    /// What PHP's session extension or `serialize` made of an array; always a map.
    Session(Value<'a>),
    /// A JSON object inside a serialized string.
    Json(Value<'a>),
    /// An envelope of Laravel's encrypter inside a serialized string.
    Sealed(Cow<'a, [u8]>),
}

const COMPRESSIONS: &[&str] = &[zstd::NAME, lz4::NAME, lzf::NAME, deflate::GZIP, deflate::ZLIB];

impl Php<'_> {
    /// Whether it is a row of variables (`name|value`), which nothing but sessions is written as.
    pub fn is_variables(&self) -> bool {
        matches!(self.what, What::Session(_)) && matches!(self.via.last(), Some(&("php" | "php_binary")))
    }

    /// Layers of serialization around the session: strings within strings.
    pub fn is_wrapped(&self) -> bool {
        self.via.iter().filter(|name| !COMPRESSIONS.contains(name)).count() > 1
    }
}

/// Names that a row of variables may begin with are looked for in this many bytes.
const NAME: usize = 256;

/// Whether it is worth the decoding; judged by the first bytes, so that it serves for the beginning of
/// a long value as well.
pub fn is_likely(text: &[u8]) -> bool {
    match text {
        // The check byte of phpredis' LZ4 may be anything.
        _ if lz4::is_phpredis(text) => true,
        [] | [b'{' | b'[', ..] => false,
        // What a client with the JSON serializer makes of text; or a name of 34 bytes with its length before
        // it, as DokuWiki's is.
        [b'"', rest @ ..] => begins(rest) || (php_session::BINARY.sniff)(text),
        [control @ ..0x20, run @ ..] if !matches!(text, [0, 0, 0, 1 | 2, ..]) => {
            // A literal run, as LZF always begins; or a name with its length.
            (php_session::BINARY.sniff)(text) || run_begins(&run[..run.len().min(usize::from(*control) + 1)])
        }
        [0x90] => true,
        [0xa0..=0xbf, rest @ ..]
        | [0xd9, _, rest @ ..]
        | [0xda, _, _, rest @ ..]
        | [0xdb, _, _, _, _, rest @ ..]
            if begins(rest) =>
        {
            true
        }
        _ => {
            begins(text)
                || zstd::is_frame(text)
                || (php_msgpack::CODEC.sniff)(text)
                || (php_session::BINARY.sniff)(text)
        }
    }
}

/// Whether a session, or a string around one, begins here.
fn begins(text: &[u8]) -> bool {
    match text {
        [b'a' | b's', b':', ..] if (php::CODEC.sniff)(text) => true,
        [0, 0, 0, 1 | 2, ..] => (igbinary::CODEC.sniff)(text),
        [b'{', b'"' | b'\\', ..] => true,
        _ => laravel::sniff(text) || (php_session::PHP.sniff)(&text[..text.len().min(NAME)]),
    }
}

/// Whether the first run of something compressed could be the beginning of a session.
fn run_begins(run: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ' || *byte >= 0x80;
    match run {
        [0, 0, 0, 1 | 2, ..] | [0x81..=0x8f, 0xc0, ..] => true,
        // A name of the encoding php_binary has its length before it.
        [length @ 1..0x20, rest @ ..] => rest.iter().take(usize::from(*length).min(3)).all(plain),
        _ => !run.is_empty() && run.iter().take(3).all(plain),
    }
}

/// Decodes a string, if it is likely to be a session of PHP.
pub fn look<'a>(text: &'a [u8], limits: &Limits) -> Look<'a> {
    if !is_likely(text) {
        return Look::Other;
    }
    if text[0] == b'"' && !lz4::is_phpredis(text) && !(php_session::BINARY.sniff)(text) {
        let Ok(inner) = serde_json::from_slice::<String>(text) else { return Look::Other };
        return match look(inner.as_bytes(), limits) {
            Look::Found(php) => {
                let via = [&[json::CODEC.name][..], &php.via].concat();
                Look::Found(Php { via, what: php.what.into_owned() })
            }
            _ => Look::Other,
        };
    }
    if let Ok((via, value)) = wrap::php::session(text, limits) {
        return Look::Found(Php { via, what: What::Session(value) });
    }
    let fits = |inner: &[u8]| inner.starts_with(b"{") || laravel::sniff(inner);
    if let Some(peeled) = wrap::php::peel(text, limits, &fits).filter(|peeled| !peeled.via.is_empty()) {
        let mut via = peeled.via;
        if laravel::sniff(&peeled.bytes) {
            // Without a key, the only thing right about an envelope is its form.
            if !matches!(laravel::open(&peeled.bytes, &[]), Err(WrapError::WrongKey { .. })) {
                return Look::Other;
            }
            via.push(laravel::NAME);
            return Look::Found(Php { via, what: What::Sealed(peeled.bytes) });
        }
        let value = match peeled.bytes {
            Cow::Borrowed(bytes) => json::decode(bytes, limits),
            Cow::Owned(bytes) => json::decode(&bytes, limits).map(Value::into_owned),
        };
        if let Ok(value) = value {
            via.push(json::CODEC.name);
            return Look::Found(Php { via, what: What::Json(value) });
        }
    }
    // A whole value that is not a session is someone else's; a cut one may be a session's. What only
    // might have been compressed says nothing.
    let begun = match text {
        [b'a' | b's', b':', ..] => (php::CODEC.sniff)(text),
        [0, 0, 0, 1 | 2, ..] => true,
        _ => text[0] >= 0x20 && (php_session::PHP.sniff)(&text[..text.len().min(NAME)]),
    };
    if begun && php::decode(text, limits).is_err() && igbinary::decode(text, limits).is_err() {
        Look::Broken
    } else {
        Look::Other
    }
}

impl What<'_> {
    fn into_owned(self) -> What<'static> {
        match self {
            What::Session(value) => What::Session(value.into_owned()),
            What::Json(value) => What::Json(value.into_owned()),
            What::Sealed(text) => What::Sealed(Cow::Owned(text.into_owned())),
        }
    }
}
