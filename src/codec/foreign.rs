//! Serializers that sessctl names by how their bytes begin and end, where no codec of its own read them.
//!
//! What holds such a value may well be a session: to call it none would be wrong.

/// A form that is known by sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Foreign {
    /// In a word, for a line that counts them.
    pub name: &'static str,
    /// Whose it is, for a sentence.
    pub about: &'static str,
    /// The codec for it, where there is one.
    pub codec: Option<&'static str>,
}

type Test = fn(&[u8]) -> bool;

/// The surer ones first.
const ALL: &[(Foreign, Test)] = &[
    (Foreign { name: "pickle", about: "a Python pickle", codec: Some("pickle") }, is_pickle),
    (Foreign { name: "Marshal", about: "a Ruby Marshal dump", codec: Some("marshal") }, is_marshal),
    (
        Foreign {
            name: "Rails cache entry",
            about: "an entry of the Rails cache",
            codec: Some("rails-cache"),
        },
        is_rails_entry,
    ),
    (Foreign { name: "ETF", about: "an Erlang or Elixir term", codec: Some("etf") }, is_etf),
    (Foreign { name: "Storable", about: "a Perl Storable value", codec: None }, is_storable),
    (Foreign { name: "Sereal", about: "a Perl Sereal value", codec: None }, is_sereal),
    (Foreign { name: "gob", about: "a Go gob", codec: None }, is_gob),
    (Foreign { name: "JWT", about: "a signed or sealed JSON web token", codec: None }, is_jwt),
    (Foreign { name: "Fernet", about: "a sealed Fernet token (Python)", codec: None }, is_fernet),
    (Foreign { name: "signed text", about: "a string signed by Django", codec: None }, is_signed),
];

/// What the value looks like; by its beginning alone where only that is at hand.
pub fn of(bytes: &[u8]) -> Option<Foreign> {
    ALL.iter().find(|(_, test)| test(bytes)).map(|(foreign, _)| *foreign)
}

/// Protocols 2 to 5 begin with their number; 0 and 1 with a mark or an empty container. All of them end
/// in a full stop, which the beginning of a long value does not show.
fn is_pickle(bytes: &[u8]) -> bool {
    // A frame, a container, a string, a class, a number: what the first object may be.
    const OPENS: &[u8] = b"\x95}](cX\x8c\x8fKJUqVB\x88\x89N\x93)\x80";
    match bytes {
        [0x80, 2..=5, opens, .., last] => OPENS.contains(opens) && (*last == b'.' || bytes.len() >= LOOK),
        [b'(', b'd' | b'l' | b'i' | b'c', .., b'.'] => bytes.contains(&b'\n'),
        [b'}' | b']', b'q', _, .., b'.'] => true,
        _ => false,
    }
}

/// As many bytes as are read to recognise a long value.
const LOOK: usize = 4096;

/// Version 4.8, then the sign of a type.
fn is_marshal(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [4, 8, b'{' | b'}' | b'[' | b'o' | b'I' | b'"' | b'U' | b'C' | b'e' | b'S' | b'u' | b':', ..]
    )
}

/// Formats 7.0 and 7.1 (activesupport 7.1, Cache/Coder).
fn is_rails_entry(bytes: &[u8]) -> bool {
    match bytes {
        [0, 4, 8, ..] | [1, 0x78, ..] => bytes.len() > 8,
        [0, 0x11, rest @ ..] => rest.len() > 8,
        _ => false,
    }
}

/// The version, then the tag of a map, tuple, list, or what is compressed.
fn is_etf(bytes: &[u8]) -> bool {
    match bytes {
        [0x83, b't' | b'l' | b'i', 0, 0 | 1, ..] | [0x83, b'P', 0, ..] => bytes.len() > 6,
        [0x83, b'h', 1..=8, tag, ..] => b"admtljkbnwshpM".contains(tag),
        _ => false,
    }
}

fn is_storable(bytes: &[u8]) -> bool {
    matches!(bytes, [b'p', b's', b't', b'0', ..] | [4 | 5, 0x0b, ..]) && bytes.len() > 4
        || (bytes.starts_with(b"BQs") || bytes.starts_with(b"BAs")) && bytes.len() > 12
}

fn is_sereal(bytes: &[u8]) -> bool {
    bytes.starts_with(b"=srl") || bytes.starts_with(b"=\xf3rl")
}

/// The length of the first message, then the number of a type of its own: a negative one, in one or two
/// bytes, and a description of it that begins with a wire type.
fn is_gob(bytes: &[u8]) -> bool {
    match bytes {
        [length @ 4..=0x7f, 0xff, 0x81..=0xff, wire @ 1..=7, ..] => {
            bytes.len() > usize::from(*length) && *wire > 0
        }
        [0xff, 0x80..=0xff, 0xff, 0x81..=0xff, 1..=7, ..] => true,
        _ => false,
    }
}

/// Three parts, or the five of a sealed one, of which the first is JSON.
fn is_jwt(bytes: &[u8]) -> bool {
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let parts = memchr::memchr_iter(b'.', bytes).count();
    bytes.starts_with(b"eyJ") && matches!(parts, 2 | 4) && bytes.trim_ascii_end().iter().all(fine)
}

fn is_fernet(bytes: &[u8]) -> bool {
    bytes.starts_with(b"gAAAAA") && bytes.len() >= 100
}

/// `<base64>:<time in base 62>:<signature of 43 characters>` (django/core/signing.py).
fn is_signed(bytes: &[u8]) -> bool {
    let mut parts = bytes.trim_ascii_end().rsplitn(3, |byte| *byte == b':');
    let fine = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=".contains(byte));
    let (Some(signature), Some(time), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    signature.len() == 43
        && (1..=7).contains(&time.len())
        && value.len() > 1
        && [signature, time, value].into_iter().all(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codecs_that_are_named_are_there() {
        for (foreign, _) in ALL {
            assert!(
                foreign.codec.is_none_or(|name| crate::codec::by_name(name).is_some()),
                "{}",
                foreign.name
            );
        }
    }

    #[test]
    fn other_worlds_forms_are_known_by_sight() {
        for (bytes, name) in [
            (&b"\x80\x04\x95\x0b\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s."[..], Some("pickle")),
            (b"\x80\x02}q\0X\x01\0\0\0aq\x01K\x01s.", Some("pickle")),
            (b"(dp0\nS'a'\np1\nI1\ns.", Some("pickle")),
            (b"}q\0U\x01aK\x01s.", Some("pickle")),
            (b"\x04\x08{\x06I\"\x06a\x06:\x06ETi\x06", Some("Marshal")),
            (b"\0\x11\x01\0\0\0\0\0\0\xf0\xbf\xff\xff\xff\xff\x04\x08", Some("Rails cache entry")),
            (b"\x83t\0\0\0\x01m\0\0\0\x01aa\x01", Some("ETF")),
            (b"\x83P\0\0\0\x40x\x9c", Some("ETF")),
            (b"\x05\x0b\x03\0\0\0\x01", Some("Storable")),
            (b"BQsDAAAAAQoBMQAAAAFh", Some("Storable")),
            (b"=\xf3rl\x05\0\x51", Some("Sereal")),
            (b"\x0e\xff\x81\x04\x01\x02\xff\x82\0\x01\x10\x01\x10\0\0\x12\xff\x82", Some("gob")),
            (b"eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc", Some("JWT")),
            (b"eyJhIjoxfQ:1xXuDn:_pZ9BVUlASYkSRXAx3tx0fZjwRvx_3N2WnnxIQyziYc", Some("signed text")),
            (b"{\"a\":1}", None),
            (b"\x80", None),
            (b"\x81\xa1a\x01", None),
            (b"hello", None),
            (b"(x).", None),
            (b"", None),
        ] {
            assert_eq!(of(bytes).map(|foreign| foreign.name), name, "{}", bytes.escape_ascii());
        }
    }
}
