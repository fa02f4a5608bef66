//! What ASP.NET Core keeps in a distributed cache: session data and authentication tickets.
//!
//! Session data are big-endian (dotnet/aspnetcore, DistributedSession.cs), tickets are written by a
//! .NET `BinaryWriter` (TicketSerializer.cs version 5, PropertiesSerializer.cs version 1; both are
//! the same in ASP.NET Core 2 to 10).

use std::borrow::Cow;

use super::bytes::Cursor;
use super::{Codec, DecodeError, Limits, Parsed, last_wins};
use crate::value::Value;

/// The entries of a session.
pub const SESSION: Codec = Codec {
    name: "aspnetcore-session",
    about: "ASP.NET Core session data",
    sniff: sniff_session,
    decode: decode_session,
};

/// An authentication ticket: who logged in, by which claims.
pub const TICKET: Codec = Codec {
    name: "aspnetcore-ticket",
    about: "ASP.NET Core authentication ticket",
    sniff: sniff_ticket,
    decode: decode_ticket,
};

/// The form's version, and the bytes that every session has: version, count, id.
const VERSION: u8 = 2;
const HEAD: usize = 20;

const TICKET_VERSION: [u8; 4] = [5, 0, 0, 0];

/// What stands for a default in a ticket.
const DEFAULT: &str = "\0";
const NAME_CLAIM: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";
const ROLE_CLAIM: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";
const STRING: &str = "http://www.w3.org/2001/XMLSchema#string";
const ISSUER: &str = "LOCAL AUTHORITY";

/// Version 2, and entries enough for the bytes: each has a length of its name and one of its value.
pub fn sniff_session(bytes: &[u8]) -> bool {
    bytes.first() == Some(&VERSION)
        && bytes.len() >= HEAD
        && bytes.get(1..4).is_some_and(|count| {
            let count = count.iter().fold(0, |count, byte| count << 8 | usize::from(*byte));
            (count == 0) == (bytes.len() == HEAD) && count <= (bytes.len() - HEAD) / 6
        })
}

pub fn sniff_ticket(bytes: &[u8]) -> bool {
    bytes.starts_with(&TICKET_VERSION)
}

/// Decodes the whole of a session's data.
pub fn decode_session<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    session(bytes, limits).map_err(|error| *error)
}

fn session<'a>(bytes: &'a [u8], limits: &Limits) -> Parsed<Value<'a>> {
    let mut reader = Cursor::new(SESSION.name, bytes);
    if reader.byte()? != VERSION {
        return reader.fault_at(0, "the first byte is not the version 2");
    }
    let [high, middle, low] = reader.array()?;
    let count = u32::from_be_bytes([0, high, middle, low]) as usize;
    // An id that only the middleware compares; it is not the key.
    reader.take(16)?;
    if count > reader.left() / 6 || count > limits.values {
        return reader.fault_at(1, format!("{count} entries announced, but fewer bytes are left"));
    }
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let length = u16::from_be_bytes(reader.array()?);
        let name = String::from_utf8_lossy(reader.take(length.into())?);
        let length = u32::from_be_bytes(reader.array()?);
        entries.push((name, entry(reader.take(length as usize)?)));
    }
    if reader.left() > 0 {
        return reader.fault("something follows the entries");
    }
    Ok(Value::Map(last_wins(entries)))
}

/// A value has no type: `SetString` writes UTF-8, `SetInt32` four bytes, big-endian. Four bytes of
/// printable text are taken for text.
fn entry(bytes: &[u8]) -> Value<'_> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.bytes().any(|byte| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f)
    {
        return Value::Text(Cow::Borrowed(text));
    }
    match <[u8; 4]>::try_from(bytes) {
        Ok(number) => Value::Int(i32::from_be_bytes(number).into()),
        Err(_) => Value::Bytes(Cow::Borrowed(bytes)),
    }
}

/// Decodes the whole of a ticket: `scheme`, `identities` with their claims, `properties`.
pub fn decode_ticket<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let reader = Cursor::new(TICKET.name, bytes);
    let mut ticket = Ticket { reader, limits: *limits, values: 0, depth: 0, written_again: 0 };
    ticket.whole().map_err(|error| *error)
}

type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

struct Ticket<'a> {
    reader: Cursor<'a>,
    limits: Limits,
    values: usize,
    depth: usize,
    /// Bytes of defaults, which take two bytes each in the ticket.
    written_again: usize,
}

impl<'a> Ticket<'a> {
    fn whole(&mut self) -> Parsed<Value<'a>> {
        if self.reader.array()? != TICKET_VERSION {
            return self.reader.fault_at(0, "the version is not 5");
        }
        let scheme = self.reader.text()?;
        let count = self.count(17)?;
        let mut identities = Vec::with_capacity(count);
        for _ in 0..count {
            identities.push(self.identity()?);
        }
        if self.reader.i32()? != 1 {
            return self.reader.fault_at(self.reader.at - 4, "the version of the properties is not 1");
        }
        let properties = self.texts()?;
        if self.reader.left() > 0 {
            return self.reader.fault("something follows the ticket");
        }
        Ok(Value::Map(vec![
            ("scheme".into(), Value::Text(scheme)),
            ("identities".into(), Value::List(identities)),
            ("properties".into(), Value::Map(properties)),
        ]))
    }

    fn count(&mut self, least: usize) -> Parsed<usize> {
        let count = self.reader.count(least)?;
        self.values = self.values.saturating_add(count);
        if self.values > self.limits.values {
            return self.reader.fault(format!("more than {} values", self.limits.values));
        }
        Ok(count)
    }

    /// Pairs of strings.
    fn texts(&mut self) -> Parsed<Members<'a>> {
        let count = self.count(2)?;
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            members.push((self.reader.text()?, Value::Text(self.reader.text()?)));
        }
        Ok(last_wins(members))
    }

    fn or_default(&mut self, default: &Cow<'a, str>) -> Parsed<Cow<'a, str>> {
        let text = self.reader.text()?;
        if text != DEFAULT {
            return Ok(text);
        }
        // A long name that many claims share would be written out for each.
        self.written_again += default.len();
        if self.written_again > self.reader.bytes.len().saturating_mul(16).saturating_add(1 << 20) {
            return self.reader.fault("the claims write out much more than the ticket holds");
        }
        Ok(default.clone())
    }

    fn flag(&mut self) -> Parsed<bool> {
        Ok(self.reader.byte()? != 0)
    }

    fn identity(&mut self) -> Parsed<Value<'a>> {
        if self.depth == self.limits.depth {
            return self.reader.fault(format!("nested deeper than {}", self.limits.depth));
        }
        self.depth += 1;
        let mut members: Members<'a> = Vec::with_capacity(4);
        members.push(("authenticationType".into(), Value::Text(self.reader.text()?)));
        let name_type = self.or_default(&NAME_CLAIM.into())?;
        let role_type = self.or_default(&ROLE_CLAIM.into())?;
        let claims = self.claims(&name_type)?;
        members.push(("nameClaimType".into(), Value::Text(name_type)));
        members.push(("roleClaimType".into(), Value::Text(role_type)));
        members.push(("claims".into(), Value::List(claims)));
        if self.flag()? {
            members.push(("bootstrapContext".into(), Value::Text(self.reader.text()?)));
        }
        if self.flag()? {
            members.push(("actor".into(), self.identity()?));
        }
        self.depth -= 1;
        Ok(Value::Map(members))
    }

    fn claims(&mut self, name_type: &Cow<'a, str>) -> Parsed<Vec<Value<'a>>> {
        let count = self.count(9)?;
        let mut claims = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            claims.push(self.claim(name_type)?);
        }
        Ok(claims)
    }

    /// A claim; what is as by default is left out.
    fn claim(&mut self, name_type: &Cow<'a, str>) -> Parsed<Value<'a>> {
        let kind = self.or_default(name_type)?;
        let value = self.reader.text()?;
        let value_type = self.or_default(&STRING.into())?;
        let issuer = self.or_default(&ISSUER.into())?;
        let original = self.or_default(&issuer)?;
        let properties = self.texts()?;
        let mut members: Members<'a> =
            vec![("type".into(), Value::Text(kind)), ("value".into(), Value::Text(value))];
        if value_type != STRING {
            members.push(("valueType".into(), Value::Text(value_type)));
        }
        let differs = original != issuer;
        if issuer != ISSUER {
            members.push(("issuer".into(), Value::Text(issuer)));
        }
        if differs {
            members.push(("originalIssuer".into(), Value::Text(original)));
        }
        if !properties.is_empty() {
            members.push(("properties".into(), Value::Map(properties)));
        }
        Ok(Value::Map(members))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn session_of(entries: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut bytes = vec![2, 0, 0, entries.len() as u8];
        bytes.extend([0x11; 16]);
        for (name, value) in entries {
            bytes.extend((name.len() as u16).to_be_bytes());
            bytes.extend(*name);
            bytes.extend((value.len() as u32).to_be_bytes());
            bytes.extend(*value);
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode_session(bytes, &Limits::default())
    }

    fn read_ticket(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode_ticket(bytes, &Limits::default())
    }

    #[test]
    fn a_value_is_text_or_an_integer_or_bytes() {
        let table: &[(&[u8], &str)] = &[
            (b"", "\"\""),
            (b"dark", "\"dark\""),
            ("é\t\r\n".as_bytes(), "\"é\\t\\r\\n\""),
            (b"\0\0\0\x03", "3"),
            (b"\0\x01\0\0", "65536"),
            (b"\xff\xff\xff\xff", "-1"),
            (b"\x7fabc", "2137088611"),
            (b"\0\0\0", r#"{"$bytes":"AAAA"}"#),
            (b"\xff\xfe", r#"{"$bytes":"//4="}"#),
            (b"a\x1bb", r#"{"$bytes":"YRti"}"#),
        ];
        for (value, expected) in table {
            let bytes = session_of(&[(b"k", value)]);
            assert_eq!(read(&bytes).unwrap().to_json(), format!(r#"{{"k":{expected}}}"#), "{value:?}");
        }
        assert_eq!(read(&session_of(&[])).unwrap().to_json(), "{}");
        assert_eq!(
            read(&session_of(&[(b"a\x1b\xff", b"")])).unwrap().to_json(),
            "{\"a\\u001b\u{fffd}\":\"\"}"
        );
    }

    #[test]
    fn refused() {
        let good = session_of(&[(b"k", b"v")]);
        let table: Vec<(Vec<u8>, usize)> = vec![
            (vec![], 0),
            ([&[1], &good[1..]].concat(), 0),
            ([&good[..], b"x"].concat(), good.len()),
            ([&[2, 0xff, 0xff, 0xff], &good[4..]].concat(), 1),
            ([&good[..23], &[0xff; 4], b"v"].concat(), 27),
            ([&good[..20], &[0xff; 8]].concat(), 22),
        ];
        for (bytes, offset) in table {
            let error = read(&bytes).unwrap_err();
            assert_eq!(error.offset, offset, "{error}");
        }
    }

    /// A ticket, text by text.
    pub(crate) struct Writer(pub(crate) Vec<u8>);

    impl Writer {
        pub(crate) fn texts(mut self, texts: &[&str]) -> Writer {
            for text in texts {
                assert!(text.len() < 0x80);
                self.0.push(text.len() as u8);
                self.0.extend(text.as_bytes());
            }
            self
        }

        pub(crate) fn int(mut self, number: i32) -> Writer {
            self.0.extend(number.to_le_bytes());
            self
        }

        pub(crate) fn bytes(mut self, bytes: &[u8]) -> Writer {
            self.0.extend(bytes);
            self
        }
    }

    fn ticket() -> Vec<u8> {
        Writer(Vec::new())
            .int(5)
            .texts(&["Cookies"])
            .int(1)
            .texts(&["oidc", "name", "\0"])
            .int(2)
            .texts(&["\0", "alice", "\0", "\0", "\0"])
            .int(0)
            .texts(&["sub", "7", "http://www.w3.org/2001/XMLSchema#integer", "idp", "origin"])
            .int(1)
            .texts(&["p", "q"])
            .bytes(&[1])
            .texts(&["token"])
            .bytes(&[1])
            .texts(&["", "\0", "\0"])
            .int(0)
            .bytes(&[0, 0])
            .int(1)
            .int(1)
            .texts(&[".persistent", ""])
            .0
    }

    #[test]
    fn a_ticket_shows_what_is_not_as_by_default() {
        let expected = concat!(
            r#"{"scheme":"Cookies","identities":[{"authenticationType":"oidc","nameClaimType":"name","#,
            r#""roleClaimType":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role","claims":["#,
            r#"{"type":"name","value":"alice"},{"type":"sub","value":"7","#,
            r#""valueType":"http://www.w3.org/2001/XMLSchema#integer","issuer":"idp","originalIssuer":"origin","#,
            r#""properties":{"p":"q"}}],"bootstrapContext":"token","actor":{"authenticationType":"","#,
            r#""nameClaimType":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name","#,
            r#""roleClaimType":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role","claims":[]}}],"#,
            r#""properties":{".persistent":""}}"#
        );
        assert_eq!(read_ticket(&ticket()).unwrap().to_json(), expected);
    }

    #[test]
    fn every_truncation_and_every_changed_byte_is_an_error_or_a_value() {
        type Reading = fn(&[u8]) -> Result<Value<'_>, DecodeError>;
        let cases: [(Vec<u8>, Reading); 2] =
            [(ticket(), read_ticket), (session_of(&[(b"a", b"x"), (b"bc", b"\0\0\0\x01")]), read)];
        for (bytes, read) in cases {
            for end in 0..bytes.len() {
                assert!(read(&bytes[..end]).is_err(), "{end}");
            }
            for at in 0..bytes.len() {
                for changed in 0..=255 {
                    let mut bytes = bytes.clone();
                    bytes[at] = changed;
                    let _ = read(&bytes);
                }
            }
        }
    }

    #[test]
    fn bounds() {
        let actors = |depth: usize| {
            let mut writer = Writer(Vec::new()).int(5).texts(&[""]).int(1);
            for at in 1..=depth {
                writer = writer.texts(&["", "\0", "\0"]).int(0).bytes(&[0, u8::from(at < depth)]);
            }
            writer.int(1).int(0).0
        };
        let decoding = move || {
            assert!(read_ticket(&actors(900)).is_ok());
            assert_eq!(read_ticket(&actors(901)).unwrap_err().reason, "nested deeper than 900");
            assert!(read_ticket(&actors(200_000)).is_err());
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(decoding).unwrap().join().unwrap();
        // A long name of the claims that every claim takes over.
        let mut long = Writer(Vec::new()).int(5).texts(&[""]).int(1).texts(&[""]).bytes(b"\xa0\xc2\x1e");
        long = long.bytes(&b"n".repeat(500_000)).texts(&["\0"]).int(100_000);
        for _ in 0..100_000 {
            long = long.texts(&["\0", "", "\0", "\0", "\0"]).int(0);
        }
        assert!(read_ticket(&long.0).unwrap_err().reason.contains("much more"));
    }

    #[test]
    fn sniffing() {
        assert!(sniff_session(&session_of(&[(b"k", b"v")])) && sniff_session(&session_of(&[])));
        for bytes in [&b""[..], b"[1,2,3]", b"\x02", &[2; 40]] {
            assert!(!sniff_session(bytes), "{bytes:?}");
        }
        assert!(sniff_ticket(&ticket()) && !sniff_ticket(b"\x05"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&[&[2][..], &bytes].concat());
            let _ = read_ticket(&[&TICKET_VERSION[..], &bytes].concat());
        }
    }
}
