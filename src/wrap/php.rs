//! What lies around a session that PHP wrote: the client's compression, its serializer, and that of
//! a cache in between, in any order and more than once.
//!
//! None of it is named by the value. Each layer is told by its own mark and taken off, until there is
//! something that the caller can use. LZF has no mark at all: it is tried last, and believed only
//! when what comes out is usable (phpredis 6.1.0 library.c `redis_pack` and `redis_unpack`).

use std::borrow::Cow;

use super::{deflate, lz4, lzf, zstd};
use crate::codec::{DecodeError, Limits, igbinary, php, php_msgpack, php_session};
use crate::value::Value;

/// More layers than that are nobody's.
const LAYERS: usize = 4;

/// What was under the layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeled<'a> {
    /// The names of what was taken off, outermost first.
    pub via: Vec<&'static str>,
    pub bytes: Cow<'a, [u8]>,
}

/// Takes off layers until there is something that fits; `None` if nothing under them does.
///
/// The layers are tried first: text that a client has put a few bytes before may still look like
/// itself.
pub fn peel<'a>(bytes: &'a [u8], limits: &Limits, fits: &dyn Fn(&[u8]) -> bool) -> Option<Peeled<'a>> {
    peel_some(bytes, limits, fits, LAYERS)
}

fn peel_some<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    fits: &dyn Fn(&[u8]) -> bool,
    layers: usize,
) -> Option<Peeled<'a>> {
    let under = |name, plain: Cow<'a, [u8]>| {
        let peeled = match plain {
            Cow::Borrowed(plain) => peel_some(plain, limits, fits, layers - 1)?,
            Cow::Owned(plain) => {
                let Peeled { via, bytes } = peel_some(&plain, &inside(limits), fits, layers - 1)?;
                Peeled { via, bytes: Cow::Owned(bytes.into_owned()) }
            }
        };
        Some(Peeled { via: [&[name][..], &peeled.via].concat(), bytes: peeled.bytes })
    };
    if layers > 0
        && let Some((name, plain)) = layer(bytes, limits)
        && let Some(peeled) = under(name, plain)
    {
        return Some(peeled);
    }
    if fits(bytes) {
        return Some(Peeled { via: Vec::new(), bytes: Cow::Borrowed(bytes) });
    }
    // The only way to know whether this is LZF is to look at what it would give.
    let plain = if layers > 0 && !bytes.is_empty() { lzf::open(bytes, limits).ok()? } else { return None };
    under(lzf::NAME, Cow::Owned(plain))
}

/// What a layer within a layer may cost: a bomb within a bomb is nobody's either.
fn inside(limits: &Limits) -> Limits {
    Limits { expanded: limits.expanded.min(crate::codec::packed::ROOM), ..*limits }
}

/// The outermost layer, if there is one that shows itself.
fn layer<'a>(bytes: &'a [u8], limits: &Limits) -> Option<(&'static str, Cow<'a, [u8]>)> {
    let string = php::string(bytes).map(|text| (php::CODEC.name, text));
    let string = string.or_else(|| igbinary::string(bytes).map(|text| (igbinary::CODEC.name, text)));
    let string = string.or_else(|| php_msgpack::string(bytes).map(|text| (php_msgpack::CODEC.name, text)));
    if let Some((name, text)) = string {
        return Some((name, Cow::Borrowed(text)));
    }
    let (name, plain) = if zstd::is_frame(bytes) {
        (zstd::NAME, zstd::open(bytes, limits))
    } else if deflate::is_gzip(bytes) {
        (deflate::GZIP, deflate::gunzip(bytes, limits))
    } else if lz4::is_phpredis(bytes) {
        (lz4::NAME, lz4::phpredis(bytes, limits))
    } else if deflate::is_zlib(bytes) {
        (deflate::ZLIB, deflate::inflate(bytes, limits))
    } else {
        return None;
    };
    Some((name, Cow::Owned(plain.ok()?)))
}

/// A session with the names of the layers and of the encoding, outermost first; or what is wrong with
/// it, as far as its layers could be taken off.
pub type Session<'a> = Result<(Vec<&'static str>, Value<'a>), (Vec<&'static str>, DecodeError)>;

/// Decodes a session of PHP's session extension under whatever lies around it.
pub fn session<'a>(bytes: &'a [u8], limits: &Limits) -> Session<'a> {
    session_under("", bytes, limits)
}

/// The same for a session that is a part of something greater: `base` is the JSON pointer to its
/// place, which what contains itself is given by.
pub fn session_under<'a>(base: &'a str, bytes: &'a [u8], limits: &Limits) -> Session<'a> {
    session_some(base, bytes, limits, LAYERS)
}

fn session_some<'a>(base: &'a str, bytes: &'a [u8], limits: &Limits, layers: usize) -> Session<'a> {
    let named = |name, session: Session<'a>| match session {
        Ok((via, value)) => Ok(([&[name][..], &via].concat(), value)),
        Err((via, error)) => Err(([&[name][..], &via].concat(), error)),
    };
    let under = |name, plain: Cow<'a, [u8]>| match plain {
        Cow::Borrowed(plain) => named(name, session_some(base, plain, limits, layers - 1)),
        Cow::Owned(plain) => {
            let session = session_some(base, &plain, &inside(limits), layers - 1);
            named(name, session.map(|(via, value)| (via, value.into_owned())))
        }
    };
    let peeled = if layers > 0 { layer(bytes, limits).map(|(name, plain)| under(name, plain)) } else { None };
    if let Some(Ok(session)) = peeled {
        return Ok(session);
    }
    let whole = php_session::decode_under(base, bytes, limits);
    if layers > 0 && !bytes.is_empty() && whole.as_ref().map_or(true, |(encoding, _)| is_odd(encoding, bytes))
    {
        // Only what it gives shows whether this is LZF; one without repetitions may look like a
        // session whose first name begins oddly.
        if let Ok(plain) = lzf::open(bytes, limits)
            && let Ok(session) = under(lzf::NAME, Cow::Owned(plain))
        {
            return Ok(session);
        }
    }
    match (whole, peeled) {
        (Ok((encoding, value)), _) => Ok((vec![encoding], value)),
        (Err(_), Some(Err(inner))) => Err(inner),
        (Err(error), _) => Err((vec![error.codec], error)),
    }
}

/// Whether the first name of a session holds what no name does: a control character, or what is no
/// UTF-8.
fn is_odd(encoding: &str, bytes: &[u8]) -> bool {
    if encoding != php_session::PHP.name {
        return false;
    }
    let name = bytes.split(|byte| *byte == b'|').next().unwrap_or_default();
    name.iter().any(|byte| *byte < 0x20) || std::str::from_utf8(name).is_err()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SESSION: &[u8] = b"user_id|i:7;name|s:30:\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\";";
    const JSON: &str = r#"{"user_id":7,"name":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

    fn read(bytes: &[u8]) -> (Vec<&'static str>, String) {
        let (via, value) =
            session(bytes, &Limits::default()).unwrap_or_else(|(via, error)| panic!("{via:?}: {error}"));
        (via, value.to_json())
    }

    fn serialized(bytes: &[u8]) -> Vec<u8> {
        [format!("s:{}:\"", bytes.len()).as_bytes(), bytes, b"\";"].concat()
    }

    fn lz4(bytes: &[u8]) -> Vec<u8> {
        let length = (bytes.len() as u32).to_le_bytes();
        // The check of the length, found by asking.
        let check =
            (0..=255).find(|check| lz4::is_phpredis(&[&[*check][..], &length, b"x"].concat())).unwrap();
        [&[check][..], &length, &lz4_flex::block::compress(bytes)].concat()
    }

    fn lzf(bytes: &[u8]) -> Vec<u8> {
        bytes.chunks(32).flat_map(|run| [&[run.len() as u8 - 1][..], run].concat()).collect()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn igbinary(bytes: &[u8]) -> Vec<u8> {
        [&b"\0\0\0\x02\x11"[..], &[bytes.len() as u8], bytes].concat()
    }

    fn msgpack(bytes: &[u8]) -> Vec<u8> {
        [&[0xd9, bytes.len() as u8][..], bytes].concat()
    }

    #[test]
    fn layers() {
        let table: Vec<(Vec<u8>, &[&str])> = vec![
            (SESSION.to_vec(), &["php"]),
            (serialized(SESSION), &["php-serialize", "php"]),
            (serialized(&serialized(SESSION)), &["php-serialize", "php-serialize", "php"]),
            (igbinary(SESSION), &["igbinary", "php"]),
            (igbinary(&serialized(SESSION)), &["igbinary", "php-serialize", "php"]),
            (msgpack(SESSION), &["php-msgpack", "php"]),
            (zstd(SESSION), &["zstd", "php"]),
            (lz4(SESSION), &["lz4", "php"]),
            (lzf(SESSION), &["lzf", "php"]),
            (lz4(&serialized(SESSION)), &["lz4", "php-serialize", "php"]),
            (lzf(&serialized(SESSION)), &["lzf", "php-serialize", "php"]),
            (serialized(&zstd(SESSION)), &["php-serialize", "zstd", "php"]),
            (zstd(&igbinary(&serialized(SESSION))), &["zstd", "igbinary", "php-serialize", "php"]),
        ];
        for (bytes, expected) in table {
            let (via, json) = read(&bytes);
            assert_eq!((&via[..], json.as_str()), (expected, JSON), "{}", bytes.escape_ascii());
        }
        // Short ones, which the compressors only prefix and which then look like a session with a name
        // that begins oddly.
        let short = b"u|i:5;";
        for (bytes, name) in [
            (lzf(short), "lzf"),
            (lz4(short), "lz4"),
            (zstd(short), "zstd"),
            (igbinary(short), "igbinary"),
            (msgpack(short), "php-msgpack"),
            ([&b"\xa6"[..], short].concat(), "php-msgpack"),
        ] {
            assert_eq!(
                read(&bytes),
                (vec![name, "php"], r#"{"u":5}"#.to_owned()),
                "{}",
                bytes.escape_ascii()
            );
        }
        assert_eq!(read(b"\x03u|i:5;"), (vec!["php"], r#"{"\u0003u":5}"#.to_owned()));
        assert_eq!(read("é|i:5;".as_bytes()), (vec!["php"], r#"{"é":5}"#.to_owned()));
        assert_eq!(read(b""), (vec!["php"], "{}".to_owned()));
        assert_eq!(read(b"s:0:\"\";"), (vec!["php-serialize", "php"], "{}".to_owned()));
        assert_eq!(read(b"\x05a:0:{}"), (vec!["lzf", "php-serialize"], "{}".to_owned()));
    }

    #[test]
    fn no_sessions() {
        for bytes in
            [&b"hello"[..], b"s:5:\"hello\";", b"\x04hello", b"i:5;", b"{\"a\":1}", b"\x28\xb5\x2f\xfd"]
        {
            let (_, error) = session(bytes, &Limits::default()).unwrap_err();
            assert!(error.offset <= bytes.len());
        }
        let mut deep = SESSION.to_vec();
        for _ in 0..5 {
            deep = serialized(&deep);
        }
        assert!(session(&deep, &Limits::default()).is_err());
    }

    #[test]
    fn peeling() {
        let text = serialized(b"{\"a\":1}");
        let is_json = |bytes: &[u8]| bytes.starts_with(b"{");
        let peeled = peel(&text, &Limits::default(), &is_json).unwrap();
        assert_eq!(peeled, Peeled { via: vec!["php-serialize"], bytes: Cow::Borrowed(b"{\"a\":1}") });
        assert!(matches!(peeled.bytes, Cow::Borrowed(_)));
        let packed = zstd(&lzf(&text));
        let peeled = peel(&packed, &Limits::default(), &is_json).unwrap();
        assert_eq!(peeled.via, ["zstd", "lzf", "php-serialize"]);
        assert_eq!(peel(b"{\"a\":1}", &Limits::default(), &is_json).unwrap().via, [""; 0]);
        assert!(peel(&text, &Limits::default(), &|_| false).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = session(&bytes, &Limits::default());
            for wrap in [serialized, lz4, lzf, igbinary, msgpack] {
                let _ = session(&wrap(&bytes), &Limits::default());
            }
        }
    }
}
