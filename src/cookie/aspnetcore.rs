//! ASP.NET Core: a payload that Data Protection sealed, with a key of the application's key ring.
//!
//! The cookie of a session holds the session's key as text; that of a login with a ticket store holds
//! a ticket whose only claim is the store's key, in pieces where it is long. Which keys were used to
//! seal depends on the purposes, a list of strings that begins with the application's name.
//!
//! The forms are those of dotnet/aspnetcore 2 to 10: KeyRingBasedDataProtector.cs (payload),
//! ManagedAuthenticatedEncryptor.cs (CBC), AesGcmAuthenticatedEncryptor.cs (GCM),
//! ManagedSP800_108_CTR_HMACSHA512.cs (key derivation), CookieProtection.cs and SessionMiddleware.cs
//! (session), CookieAuthenticationHandler.cs and ChunkingCookieManager.cs (ticket), and the tests'
//! vectors are those of Microsoft's page "Context headers".

use std::borrow::Cow;

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{AesGcm, Nonce};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit, block_padding::Pkcs7};
use hmac::Hmac;
use sha2::{Sha256, Sha512};

use super::{CookieError, Given, Opened, base64_any, mac, same};
use crate::codec::{Limits, aspnetcore, dotnet};
use crate::value::Value;

/// The layouts' options that this needs.
const RING: &str = "key_ring";
const APPLICATION: &str = "application_name";

const EXPECTED: CookieError =
    CookieError::Form { expected: "CfDJ8… (sealed by ASP.NET Core Data Protection)" };
const MAGIC: [u8; 4] = [0x09, 0xf0, 0xc9, 0xf0];
const COOKIES: &str = "Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationMiddleware";
const STORE_KEY: &str = "Microsoft.AspNetCore.Authentication.Cookies-SessionId";
/// Pieces that a cookie is put together from at most.
const MAX_PIECES: usize = 64;

/// Opens the cookie of an ASP.NET Core session.
pub fn open_session(
    given: &Given,
    name: &str,
    ring: &[String],
    application: Option<&str>,
) -> Result<Opened, CookieError> {
    let sealed = payload(given, name)?;
    let text = unseal(&sealed, ring, application, &[&["SessionMiddleware"]])?;
    // A GUID in text form; anything else was not put there by the middleware.
    if text.len() != 36 {
        return Err(EXPECTED);
    }
    Ok(Opened { id: text, verified: Some(true) })
}

/// Opens the cookie of a login whose ticket is in a store. Without a scheme configured the one in
/// the cookie's name is tried, and those that ASP.NET Core and its Identity use by default.
pub fn open_ticket(
    given: &Given,
    name: &str,
    ring: &[String],
    application: Option<&str>,
    scheme: Option<&str>,
) -> Result<Opened, CookieError> {
    let sealed = payload(given, name)?;
    let named = given.named(name).map_or(name, |(name, _)| name);
    let of_name = named.rsplit_once(".AspNetCore.").map(|(_, scheme)| scheme);
    let schemes: Vec<&str> = match scheme {
        Some(scheme) => vec![scheme],
        None => of_name.into_iter().chain(["Cookies", "Identity.Application"]).collect(),
    };
    let purposes: Vec<[&str; 3]> = schemes.iter().map(|scheme| [COOKIES, scheme, "v2"]).collect();
    let purposes: Vec<&[&str]> = purposes.iter().map(|purposes| &purposes[..]).collect();
    let ticket = unseal(&sealed, ring, application, &purposes)?;
    let ticket = aspnetcore::decode_ticket(&ticket, &Limits::default()).map_err(|_| EXPECTED)?;
    let id = store_key(&ticket).ok_or(CookieError::Form {
        expected: "of a login with a ticket store; this one holds the whole login, nothing is in a store",
    })?;
    Ok(Opened { id: id.as_bytes().to_vec(), verified: Some(true) })
}

/// The claim that leads to the store.
fn store_key<'v>(ticket: &'v Value<'_>) -> Option<&'v str> {
    let identities = ticket.get("identities")?.as_list()?;
    let claims = identities.iter().filter_map(|identity| identity.get("claims")?.as_list()).flatten();
    let of = |claim: &'v Value<'_>| {
        (claim.get("type")?.as_str()? == STORE_KEY).then(|| claim.get("value")?.as_str())?
    };
    claims.into_iter().find_map(of).filter(|key| !key.is_empty())
}

/// The sealed bytes, put together from `NAMEC1`, `NAMEC2`, … where the cookie was cut into pieces.
fn payload(given: &Given, name: &str) -> Result<Vec<u8>, CookieError> {
    let value = given.decoded(name)?;
    let pieces =
        value.strip_prefix(b"chunks-").and_then(|count| std::str::from_utf8(count).ok()?.parse().ok());
    let text: Cow<'_, [u8]> = match pieces {
        None => Cow::Owned(value),
        Some(count) => {
            if count > MAX_PIECES {
                return Err(EXPECTED);
            }
            let real = given.named(name).map_or(name, |(name, _)| name);
            let mut text = String::new();
            for number in 1..=count {
                let piece = format!("{real}C{number}");
                text.push_str(&given.companion(&piece).ok_or(CookieError::Absent { name: piece.clone() })?);
            }
            Cow::Owned(super::percent_decode(&text).into_owned())
        }
    };
    let sealed = base64_any(&text).ok_or(EXPECTED)?;
    if sealed.len() < 20 || !sealed.starts_with(&MAGIC) { Err(EXPECTED) } else { Ok(sealed) }
}

/// Opens a payload that was sealed for one of these purposes.
fn unseal(
    sealed: &[u8],
    ring: &[String],
    application: Option<&str>,
    purposes: &[&[&str]],
) -> Result<Vec<u8>, CookieError> {
    let id = sealed[4..20].first_chunk::<16>().map(|id| dotnet::guid(*id)).ok_or(EXPECTED)?;
    if ring.is_empty() {
        return Err(CookieError::NeedsKeyOf { option: RING, key: id });
    }
    let keys: Vec<Key> =
        ring.iter().flat_map(|xml| keys(xml)).filter(|key| key.id.eq_ignore_ascii_case(&id)).collect();
    let usable: Vec<(&Algorithm, &[u8])> =
        keys.iter().filter_map(|key| Some((key.algorithm.as_ref()?, key.master.as_deref()?))).collect();
    if usable.is_empty() {
        return Err(if keys.is_empty() {
            CookieError::NeedsKeyOf { option: RING, key: id }
        } else {
            CookieError::LockedKey { option: RING, key: id }
        });
    }
    // The content root's path, which is the name by default, may or may not end in a slash.
    let names: Vec<Option<Cow<'_, str>>> = match application {
        None => vec![None],
        Some(name) => {
            let bare = name.trim_end_matches(['/', '\\']);
            let mut names = vec![Some(Cow::Borrowed(name))];
            for other in [bare.to_string(), format!("{bare}/"), format!("{bare}\\")] {
                if other != name && !other.is_empty() {
                    names.push(Some(Cow::Owned(other)));
                }
            }
            names
        }
    };
    for name in &names {
        for purposes in purposes {
            let all: Vec<&str> = name.as_deref().into_iter().chain(purposes.iter().copied()).collect();
            let additional = additional_data(&sealed[..20], &all);
            for (algorithm, master) in &usable {
                if let Some(text) = algorithm.open(master, &additional, &sealed[20..]) {
                    return Ok(text);
                }
            }
        }
    }
    Err(match application {
        None => CookieError::NeedsKey { option: APPLICATION },
        Some(_) => CookieError::WrongName { option: APPLICATION, key: id },
    })
}

/// Magic, key id and purposes: what a key is derived for.
fn additional_data(head: &[u8], purposes: &[&str]) -> Vec<u8> {
    let mut data = head.to_vec();
    data.extend((purposes.len() as u32).to_be_bytes());
    for purpose in purposes {
        let mut length = purpose.len();
        while length > 0x7f {
            data.push(length as u8 | 0x80);
            length >>= 7;
        }
        data.push(length as u8);
        data.extend(purpose.as_bytes());
    }
    data
}

/// What a key of the ring seals with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    /// AES in CBC mode with an HMAC; bytes of the key and of the MAC.
    Cbc { key: usize, mac: usize },
    /// AES in Galois/counter mode.
    Gcm { key: usize },
}

impl Algorithm {
    fn of(encryption: &str, validation: &str) -> Option<Algorithm> {
        let mac = match validation {
            "HMACSHA512" => 64,
            _ => 32,
        };
        Some(match encryption {
            "AES_128_CBC" => Algorithm::Cbc { key: 16, mac },
            "AES_192_CBC" => Algorithm::Cbc { key: 24, mac },
            "AES_256_CBC" => Algorithm::Cbc { key: 32, mac },
            "AES_128_GCM" => Algorithm::Gcm { key: 16 },
            "AES_192_GCM" => Algorithm::Gcm { key: 24 },
            "AES_256_GCM" => Algorithm::Gcm { key: 32 },
            _ => return None,
        })
    }

    /// Bytes that are derived from the master key.
    fn derived(self) -> usize {
        match self {
            Algorithm::Cbc { key, mac } => key + mac,
            Algorithm::Gcm { key } => key,
        }
    }

    /// What ties a key to its algorithms: their sizes, and nothing encrypted and authenticated with
    /// keys that are derived from nothing.
    fn context_header(self) -> Option<Vec<u8>> {
        let derived = derive(b"", b"", b"", self.derived());
        let mut header = Vec::new();
        let mut sizes = |sizes: &[usize]| {
            for size in sizes {
                header.extend((*size as u32).to_be_bytes());
            }
        };
        match self {
            Algorithm::Cbc { key, mac } => {
                sizes(&[key, 16, mac, mac]);
                let (encryption, validation) = derived.split_at(key);
                header.extend(encrypt_nothing(encryption)?);
                header.extend(validate(validation, &[]));
                header.splice(0..0, [0, 0]);
            }
            Algorithm::Gcm { key } => {
                sizes(&[key, 12, 16, 16]);
                header.extend(gcm(&derived, &[0; 12], &Sealed::Nothing)?);
                header.splice(0..0, [0, 1]);
            }
        }
        Some(header)
    }

    fn open(self, master: &[u8], additional: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (modifier, sealed) = sealed.split_at_checked(16)?;
        let context = [&self.context_header()?, modifier].concat();
        let derived = derive(master, additional, &context, self.derived());
        match self {
            Algorithm::Cbc { key, mac } => {
                let (encryption, validation) = derived.split_at(key);
                let (sealed, tag) = sealed.split_at_checked(sealed.len().checked_sub(mac)?)?;
                if !same(&validate(validation, sealed), tag) {
                    return None;
                }
                let (iv, ciphertext) = sealed.split_at_checked(16)?;
                match key {
                    16 => decrypt::<cbc::Decryptor<Aes128>>(encryption, iv, ciphertext),
                    24 => decrypt::<cbc::Decryptor<Aes192>>(encryption, iv, ciphertext),
                    _ => decrypt::<cbc::Decryptor<Aes256>>(encryption, iv, ciphertext),
                }
            }
            Algorithm::Gcm { .. } => {
                let (nonce, ciphertext) = sealed.split_at_checked(12)?;
                gcm(&derived, nonce, &Sealed::Text(ciphertext))
            }
        }
    }
}

/// SP 800-108 in counter mode with HMAC-SHA512.
fn derive(key: &[u8], label: &[u8], context: &[u8], bytes: usize) -> Vec<u8> {
    let bits = (bytes as u32 * 8).to_be_bytes();
    let mut derived = Vec::new();
    for counter in 1.. {
        if derived.len() >= bytes {
            break;
        }
        let counter: u32 = counter;
        derived.extend(mac::<Hmac<Sha512>>(key, &[&counter.to_be_bytes(), label, &[0], context, &bits]));
    }
    derived.truncate(bytes);
    derived
}

/// HMAC-SHA256 or HMAC-SHA512, by the size of the key, which is that of the digest.
fn validate(key: &[u8], text: &[u8]) -> Vec<u8> {
    if key.len() == 64 { mac::<Hmac<Sha512>>(key, &[text]) } else { mac::<Hmac<Sha256>>(key, &[text]) }
}

/// One block of padding, encrypted with an IV of zeroes.
fn encrypt_nothing(key: &[u8]) -> Option<Vec<u8>> {
    fn with<C: KeyIvInit + BlockModeEncrypt>(key: &[u8]) -> Option<Vec<u8>> {
        Some(C::new_from_slices(key, &[0; 16]).ok()?.encrypt_padded_vec::<Pkcs7>(&[]))
    }
    match key.len() {
        16 => with::<cbc::Encryptor<Aes128>>(key),
        24 => with::<cbc::Encryptor<Aes192>>(key),
        _ => with::<cbc::Encryptor<Aes256>>(key),
    }
}

fn decrypt<C: KeyIvInit + BlockModeDecrypt>(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    C::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(ciphertext).ok()
}

enum Sealed<'t> {
    Nothing,
    Text(&'t [u8]),
}

/// Opens a string with its tag, or seals nothing, which leaves the tag.
fn gcm(key: &[u8], nonce: &[u8], sealed: &Sealed<'_>) -> Option<Vec<u8>> {
    fn with<C: Aead + KeyInit>(
        key: &[u8],
        nonce: &aes_gcm::aead::Nonce<C>,
        sealed: &Sealed<'_>,
    ) -> Option<Vec<u8>> {
        let cipher = C::new_from_slice(key).ok()?;
        match sealed {
            Sealed::Nothing => cipher.encrypt(nonce, Payload { msg: &[], aad: &[] }).ok(),
            Sealed::Text(text) => cipher.decrypt(nonce, Payload { msg: text, aad: &[] }).ok(),
        }
    }
    let nonce = Nonce::<U12>::try_from(nonce).ok()?;
    match key.len() {
        16 => with::<AesGcm<Aes128, U12>>(key, &nonce, sealed),
        24 => with::<AesGcm<Aes192, U12>>(key, &nonce, sealed),
        _ => with::<AesGcm<Aes256, U12>>(key, &nonce, sealed),
    }
}

/// A key of the ring.
#[derive(Default)]
struct Key {
    id: String,
    algorithm: Option<Algorithm>,
    /// `None` where the key is itself encrypted.
    master: Option<Vec<u8>>,
}

/// The keys in a string of XML: one `<key>`, as a file or a list item holds it, or several.
///
/// Only the few elements that matter are looked at; what they are in does not matter.
fn keys(xml: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut key: Option<Key> = None;
    let (mut encryption, mut validation) = (String::new(), String::new());
    let mut in_master = false;
    let mut tokens = Tokens { rest: xml };
    while let Some(token) = tokens.next() {
        match token {
            Token::Open("key", attributes) => {
                let id = attribute(attributes, "id").unwrap_or_default().trim_matches(['{', '}']).to_string();
                key = Some(Key { id, ..Key::default() });
                encryption.clear();
                validation.clear();
            }
            Token::Open("encryption", attributes) => {
                encryption = attribute(attributes, "algorithm").unwrap_or_default().to_string();
            }
            Token::Open("validation", attributes) => {
                validation = attribute(attributes, "algorithm").unwrap_or_default().to_string();
            }
            Token::Open("masterKey", _) => in_master = true,
            Token::Close("masterKey") => in_master = false,
            Token::Text(text) if in_master && key.as_ref().is_some_and(|key| key.master.is_none()) => {
                let text: String = text.chars().filter(|char| !char.is_whitespace()).collect();
                if let Some(key) = &mut key
                    && !text.is_empty()
                {
                    key.master = base64_any(text.as_bytes());
                }
            }
            Token::Close("key") => {
                in_master = false;
                if let Some(mut key) = key.take() {
                    key.algorithm = Algorithm::of(&encryption, &validation);
                    keys.push(key);
                }
            }
            _ => {}
        }
    }
    keys
}

/// A piece of XML; names are without namespaces.
enum Token<'x> {
    Open(&'x str, &'x str),
    Close(&'x str),
    Text(&'x str),
}

struct Tokens<'x> {
    rest: &'x str,
}

impl<'x> Tokens<'x> {
    fn next(&mut self) -> Option<Token<'x>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let Some(tag) = self.rest.strip_prefix('<') else {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Some(Token::Text(text));
            };
            if let Some(comment) = tag.strip_prefix("!--") {
                self.rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let end = end_of_tag(tag)?;
            let (inside, rest) = (&tag[..end], &tag[end + 1..]);
            self.rest = rest;
            if inside.starts_with(['?', '!']) {
                continue;
            }
            let (closing, inside) = inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
            let name_end =
                inside.find(|char: char| char.is_whitespace() || char == '/').unwrap_or(inside.len());
            let (name, attributes) = inside.split_at(name_end);
            let name = name.rsplit(':').next().unwrap_or(name);
            return Some(if closing { Token::Close(name) } else { Token::Open(name, attributes) });
        }
    }
}

/// Where the `>` is that no quotation marks are around.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (byte, quote) {
            (b'>', None) => return Some(at),
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(mark)) if byte == mark => quote = None,
            _ => {}
        }
    }
    None
}

fn attribute<'x>(attributes: &'x str, name: &str) -> Option<&'x str> {
    let mut rest = attributes;
    loop {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let mark = after.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
        let (value, others) = after[1..].split_once(mark)?;
        if key.trim() == name {
            return Some(value);
        }
        rest = others;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::super::tests::{keys as texts, refused, ways};
    use super::*;

    /// An application's key, with the comment that ASP.NET Core writes into it.
    pub(in super::super) const RING: &str = r#"<?xml version="1.0"?><key id="80732141-ec8f-4b80-af9c-c4d2d1ff8901" version="1"><creationDate>2024-05-17T08:30:00Z</creationDate><descriptor deserializerType="A > B"><descriptor><encryption algorithm="AES_256_CBC" /><validation algorithm="HMACSHA256" /><masterKey p4:requiresEncryption="true" xmlns:p4="http://schemas.asp.net/2015/03/dataProtection"><!-- Warning: the <value>key</value> below is in an unencrypted form. -->
        <value>AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09rh6O/2/QQLEhkgJy41PENKUVhfZm10e4KJkJeepayzug==</value></masterKey></descriptor></descriptor></key>"#;
    pub(in super::super) const SESSION: &str = "CfDJ8EEhc4CP7IBLr5zE0tH%2FiQEHgtBYxWD8EIO4A69HyfGB1e8Zs9E%2FdMjPLw%2BlnGJfBXzh6GiTc184zxyq5OFhm5wlvuiqNYUcfoGRKQSMVZDLUjX7i%2BTtgbBHBayz4dd99nQ0cqYfABiwwAX1rYu16wd1rj0aS1OtT0XPJ%2FE%2BLEWC";
    const TICKET: &str = "CfDJ8EEhc4CP7IBLr5zE0tH_iQHwmyyge9WoXkz_4MuNEm1kP4frBq8RndYNCpwuFeC2mfMDnPn1nKaBvftPgQhbUIJPU10oRqWx94-qnMs4pjnlunj4mSYDNK2W5RbM1nJvqNktTyA8vRa1qU55iaxxQDo-1Xoc-kaQV8FouH3adkiqQljU9dlpb3TtHCpdnPk3Mu_wy3rlvERIslQidaqS_6EuNDzb2w3D5IbAUV4AxzYMNuQ_S53P8TY2RupfcnA-7ZQqJTor2PUEgYYAIVSLm38rNE_bmfCbJTEjC3XN7r2cuczgUqUpq5L__wQx1bW31AvXAL8nDGNZEPpzuTdNsv4";
    const GUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const ID: &str = "80732141-ec8f-4b80-af9c-c4d2d1ff8901";

    fn session(text: &str, ring: &[&str], application: Option<&str>) -> Result<Opened, CookieError> {
        open_session(&Given::parse(text), ".AspNetCore.Session", &texts(ring), application)
    }

    #[test]
    fn opens_a_sessions_cookie() {
        for text in ways(".AspNetCore.Session", SESSION) {
            let opened = session(&text, &["<other/>", RING], Some("/srv/shop")).unwrap();
            assert_eq!(opened, Opened { id: GUID.into(), verified: Some(true) }, "{text}");
        }
        // The path is the name by default, and versions differ in how it ends.
        assert!(session(SESSION, &[RING], Some("/srv/shop/")).is_ok());
        let needs = CookieError::NeedsKeyOf { option: super::RING, key: ID.into() };
        assert_eq!(session(SESSION, &[], Some("/srv/shop")), Err(needs.clone()));
        assert_eq!(session(SESSION, &["<key id='x'/>"], Some("/srv/shop")), Err(needs));
        let name = CookieError::NeedsKey { option: APPLICATION };
        assert_eq!(session(SESSION, &[RING], None), Err(name));
        let wrong = CookieError::WrongName { option: APPLICATION, key: ID.into() };
        assert_eq!(session(SESSION, &[RING], Some("shop")), Err(wrong));
        // A ring has keys that are not to be used any more, and such that others wrapped.
        let revoked = "<revocation version='1'><key id='other' /></revocation>";
        let old =
            RING.replace(ID, "0a1b2c3d-0000-4000-8000-000000000001").replace("masterKey", "encryptedSecret");
        let whole = format!("<keys>{revoked}{old}{RING}</keys>");
        assert!(session(SESSION, &[&old, revoked, RING], Some("/srv/shop")).is_ok());
        assert!(session(SESSION, &[&whole], Some("/srv/shop")).is_ok());
        let locked = RING.replace("masterKey", "encryptedSecret");
        let locked = session(SESSION, &[&locked], Some("/srv/shop"));
        assert_eq!(locked, Err(CookieError::LockedKey { option: super::RING, key: ID.into() }));
    }

    #[test]
    fn opens_a_tickets_cookie_whole_or_in_pieces() {
        const NAME: &str = ".AspNetCore.Cookies";
        let open = |text: &str, scheme| {
            open_ticket(&Given::parse(text), NAME, &texts(&[RING]), Some("shop"), scheme)
        };
        let id = format!("AuthSessionStore-{GUID}");
        for scheme in [None, Some("Cookies")] {
            assert_eq!(open(TICKET, scheme).unwrap().id, id.as_bytes());
        }
        assert!(open(TICKET, Some("Other")).is_err());
        let (one, two) = TICKET.split_at(100);
        let pieces = format!("{NAME}=chunks-2; {NAME}C1={one}; {NAME}C2={two}");
        assert_eq!(open(&pieces, None).unwrap().id, id.as_bytes());
        let lost = format!("{NAME}=chunks-2; {NAME}C1={one}");
        assert_eq!(open(&lost, None), Err(CookieError::Absent { name: format!("{NAME}C2") }));
        assert!(open(&format!("{NAME}=chunks-1000000000"), None).is_err());
    }

    /// Seals as the ring's key does.
    fn sealed(text: &[u8], application: &str, purposes: &[&str]) -> String {
        let key = keys(RING).remove(0);
        let head = &base64_any(&super::super::percent_decode(SESSION)).unwrap()[..20];
        let additional = additional_data(head, &[&[application], purposes].concat());
        let (modifier, iv) = ([7; 16], [9; 16]);
        let algorithm = key.algorithm.unwrap();
        let context = [&algorithm.context_header().unwrap()[..], &modifier].concat();
        let derived = derive(&key.master.unwrap(), &additional, &context, algorithm.derived());
        let (encryption, validation) = derived.split_at(32);
        let cipher = <cbc::Encryptor<Aes256> as KeyIvInit>::new_from_slices(encryption, &iv).unwrap();
        let body = [&iv[..], &cipher.encrypt_padded_vec::<Pkcs7>(text)].concat();
        super::super::base64_unpadded(&[head, &modifier, &body, &validate(validation, &body)].concat())
    }

    #[test]
    fn opens_the_cookie_of_identity_by_its_name_and_by_its_scheme() {
        const NAME: &str = ".AspNetCore.Identity.Application";
        const SCHEME: &str = "Identity.Application";
        let ticket = base64_any(TICKET.as_bytes()).unwrap();
        let ticket = unseal(&ticket, &texts(&[RING]), Some("shop"), &[&[COOKIES, "Cookies", "v2"]]).unwrap();
        let cookie = sealed(&ticket, "shop", &[COOKIES, SCHEME, "v2"]);
        let open = |name: &str, text: &str, scheme| {
            open_ticket(&Given::parse(text), name, &texts(&[RING]), Some("shop"), scheme)
        };
        let opened = Opened { id: format!("AuthSessionStore-{GUID}").into(), verified: Some(true) };
        for text in ways(NAME, &cookie) {
            assert_eq!(open(NAME, &text, None).unwrap(), opened, "{text}");
        }
        // Under a name of the application's own only the scheme tells.
        assert_eq!(open("login", &cookie, None).unwrap(), opened);
        assert_eq!(open("login", &cookie, Some(SCHEME)).unwrap(), opened);
        assert!(open(NAME, &cookie, Some("Cookies")).is_err());
        let other = sealed(&ticket, "shop", &[COOKIES, "Identity.External", "v2"]);
        assert!(open(NAME, &other, None).is_err());
        assert_eq!(
            open(".AspNetCore.Identity.External", &format!(".AspNetCore.Identity.External={other}"), None)
                .unwrap(),
            opened
        );
    }

    #[test]
    fn a_changed_cookie_is_refused() {
        let sealed = base64_any(&super::super::percent_decode(SESSION)).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            let changed = super::super::base64_unpadded(&changed);
            assert!(session(&changed, &[RING], Some("/srv/shop")).is_err(), "{at}");
        }
        for length in 0..sealed.len() {
            let cut = super::super::base64_unpadded(&sealed[..length]);
            assert!(session(&cut, &[RING], Some("/srv/shop")).is_err(), "{length}");
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["", "CfDJ8", "not base64!", "chunks-0", "chunks-", "s%3Aabc.def"] {
            refused(text, |given| open_session(given, ".AspNetCore.Session", &texts(&[RING]), Some("a")));
        }
    }

    #[test]
    fn context_headers_are_those_of_the_documentation() {
        let header =
            |algorithm: Algorithm| base16ct::lower::encode_string(&algorithm.context_header().unwrap());
        assert_eq!(
            header(Algorithm::Cbc { key: 24, mac: 32 }),
            "000000000018000000100000002000000020f474b1872b3b53e4721de19c0841db6fd4791184b996092ee1202f36e8608fa8fbd98abdff5402f264b1d7211536220c"
        );
        assert_eq!(
            header(Algorithm::Gcm { key: 32 }),
            "0001000000200000000c0000001000000010e7dcce66df855a323a6bb7bd7a59be45"
        );
    }

    #[test]
    fn what_was_sealed_in_counter_mode_opens() {
        let algorithm = Algorithm::Gcm { key: 32 };
        let (master, additional) = (b"master", b"additional");
        let context = [&algorithm.context_header().unwrap()[..], &[7; 16]].concat();
        let key = derive(master, additional, &context, 32);
        let cipher = <AesGcm<Aes256, U12> as KeyInit>::new_from_slice(&key).unwrap();
        let nonce = Nonce::<U12>::try_from(&[9; 12][..]).unwrap();
        let sealed = cipher.encrypt(&nonce, Payload { msg: b"text", aad: &[] }).unwrap();
        let sealed = [&[7; 16][..], &[9; 12], &sealed].concat();
        assert_eq!(algorithm.open(master, additional, &sealed).unwrap(), b"text");
        assert_eq!(algorithm.open(master, b"other", &sealed), None);
    }

    #[test]
    fn rings_are_read_whatever_is_around_the_keys() {
        let both = format!("<r:repository>{RING}<key id='{{A}}' ><x/></key></r:repository>");
        let found = keys(&both);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].algorithm, Some(Algorithm::Cbc { key: 32, mac: 32 }));
        assert_eq!(found[0].master.as_deref().map(<[u8]>::len), Some(64));
        assert_eq!((found[1].id.as_str(), found[1].algorithm), ("A", None));
        for text in [
            "",
            "<",
            "<key",
            "<key id=>",
            "<!--",
            "<key id='a",
            "</key>",
            "<a b='>'",
            "<é/><€ü>",
            "<key id = é>",
        ] {
            let _ = keys(text);
            let _ = keys(&format!("<key id='a'>{text}</key>"));
        }
    }
}
