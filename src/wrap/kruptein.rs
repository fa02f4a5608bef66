//! kruptein's envelope, in which connect-redis-crypto keeps a session.
//!
//! A JSON object with `hmac`, `ct`, `iv` and `salt`, and with `aad` and `at` where the cipher is
//! authenticated (kruptein 2.2.3 and 3.4.0 lib/kruptein.js; connect-redis-crypto 4.0.5). `iv`,
//! `salt` and `at` are Buffers in JSON; the others are text in the encoding of the option
//! `encodeas`: `binary` (the default: one character a byte), `hex` or `base64`. The key is
//! PBKDF2(secret, salt, 15000 rounds) with HMAC of the option `hashing`, SHA-512 by default, or scrypt. `hmac`
//! is over the UTF-8 of the text `ct`, not over the bytes that this text stands for.

use std::borrow::Cow;

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{AesGcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use super::WrapError;
use crate::codec::{DecodeError, Limits, json};
use crate::value::Value;

/// The wrapper's name.
pub const NAME: &str = "kruptein";

const ROUNDS: u32 = 15_000;
/// Longer than any member but the ciphertext is written (the salt has 128 bytes, an `aad` of
/// SHA-512 in hexadecimal 128 characters; an application may pass an `aad` of its own).
const MEMBER_LIMIT: usize = 64 << 10;
/// A salt this long keeps the derivation at its usual cost.
const SALT_LIMIT: usize = 1 << 10;
const CIPHERTEXT_LIMIT: usize = 256 << 20;

/// Whether a value has exactly the members of an envelope, and strings or buffers in them.
pub fn is_envelope(value: &Value) -> bool {
    let Some(members) = value.as_map() else { return false };
    let holds_bytes = |name: &&str| {
        value
            .get(name)
            .is_some_and(|member| matches!(member, Value::Text(_) | Value::Bytes(_) | Value::Map(_)))
    };
    ["hmac", "ct", "iv", "salt"].iter().all(holds_bytes)
        && members.iter().all(|(key, _)| ["hmac", "ct", "iv", "salt", "aad", "at"].contains(&key.as_ref()))
}

/// Decrypts an envelope in its JSON with the first of the secrets that fits.
pub fn open_text(text: &[u8], secrets: &[String]) -> Result<Vec<u8>, WrapError> {
    let envelope = json::decode(text, &Limits::default())?;
    if !is_envelope(&envelope) {
        return Err(form("its members are not hmac, ct, iv and salt"));
    }
    let mut found = Err(WrapError::WrongKey { wrapper: NAME });
    for secret in secrets {
        found = open(&envelope, secret);
        if !matches!(found, Err(WrapError::WrongKey { .. })) {
            break;
        }
    }
    found
}

/// Decrypts an envelope to the JSON of the session.
///
/// The derivation costs about ten milliseconds, so this is for the session that someone looks at.
/// Ciphers: AES of 128, 192 and 256 bits in GCM mode and, without `at`, in CBC mode.
pub fn open(envelope: &Value, secret: &str) -> Result<Vec<u8>, WrapError> {
    let ct = text(envelope, "ct")?;
    if ct.len() > CIPHERTEXT_LIMIT {
        return Err(form("member ct is too long"));
    }
    let hmac = text(envelope, "hmac")?;
    // Which hash and which encoding were configured is not written down; the length of the MAC
    // leaves one or two possibilities, and the MAC itself decides.
    let mut recognized = false;
    for encoding in [Encoding::Binary, Encoding::Hex, Encoding::Base64] {
        let Some(expected) = encoding.decode(hmac) else { continue };
        let Some(hash) = Hash::of_length(expected.len()) else { continue };
        recognized = true;
        let salt = bytes(envelope, "salt", encoding)?;
        if salt.len() > SALT_LIMIT {
            return Err(form("member salt is too long"));
        }
        // Which of the two was configured is not written down either.
        for derive in [Hash::derive, |_: Hash, secret: &str, salt: &[u8]| by_scrypt(secret, salt)] {
            let derived = derive(hash, secret, &salt);
            // A shorter key is a beginning of the longer one.
            let fits = |size: &usize| bool::from(hash.mac(&derived[..*size], ct).ct_eq(&expected));
            if let Some(size) = [32, 24, 16].into_iter().find(fits) {
                return decrypt(envelope, &derived[..size], ct, encoding);
            }
        }
    }
    Err(if recognized {
        WrapError::WrongKey { wrapper: NAME }
    } else {
        form("member hmac is not a known MAC")
    })
}

/// Decrypts what the MAC has shown to be genuine.
fn decrypt(envelope: &Value, key: &[u8], ct: &str, encoding: Encoding) -> Result<Vec<u8>, WrapError> {
    let iv = bytes(envelope, "iv", encoding)?;
    let mut sealed = encoding.decode(ct).ok_or_else(|| form("member ct is not in the encoding of hmac"))?;
    let plain = if envelope.get("at").is_some() {
        let aad = match envelope.get("aad") {
            Some(_) => bytes(envelope, "aad", encoding)?,
            None => Cow::Borrowed(&[][..]),
        };
        let tag = bytes(envelope, "at", encoding)?;
        if tag.len() != 16 {
            return Err(form("member at is not a tag of 16 bytes"));
        }
        sealed.extend_from_slice(&tag);
        gcm(key, &iv, &sealed, &aad)
    } else {
        cbc(key, &iv, &sealed)
    };
    plain.ok_or_else(|| form("the MAC is right, but the cipher is neither AES-GCM nor AES-CBC"))
}

fn gcm(key: &[u8], iv: &[u8], sealed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    fn with<C: KeyInit + Aead>(
        key: &[u8],
        nonce: &aes_gcm::aead::Nonce<C>,
        payload: Payload,
    ) -> Option<Vec<u8>> {
        C::new_from_slice(key).ok()?.decrypt(nonce, payload).ok()
    }
    let nonce = Nonce::<U12>::try_from(iv).ok()?;
    let payload = Payload { msg: sealed, aad };
    match key.len() {
        16 => with::<AesGcm<Aes128, U12>>(key, &nonce, payload),
        24 => with::<AesGcm<Aes192, U12>>(key, &nonce, payload),
        _ => with::<AesGcm<Aes256, U12>>(key, &nonce, payload),
    }
}

fn cbc(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    fn with<C: KeyIvInit + BlockModeDecrypt>(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        C::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(sealed).ok()
    }
    match key.len() {
        16 => with::<cbc::Decryptor<Aes128>>(key, iv, sealed),
        24 => with::<cbc::Decryptor<Aes192>>(key, iv, sealed),
        _ => with::<cbc::Decryptor<Aes256>>(key, iv, sealed),
    }
}

/// The option `encodeas`.
#[derive(Clone, Copy)]
enum Encoding {
    Binary,
    Hex,
    Base64,
}

impl Encoding {
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Encoding::Binary => text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect(),
            Encoding::Hex => base16ct::mixed::decode_vec(text).ok(),
            Encoding::Base64 => STANDARD.decode(text).ok(),
        }
    }
}

/// The option `hashing`.
#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of_length(length: usize) -> Option<Hash> {
        match length {
            20 => Some(Hash::Sha1),
            32 => Some(Hash::Sha256),
            48 => Some(Hash::Sha384),
            64 => Some(Hash::Sha512),
            _ => None,
        }
    }

    fn derive(self, secret: &str, salt: &[u8]) -> [u8; 32] {
        let secret = secret.as_bytes();
        match self {
            Hash::Sha1 => pbkdf2::pbkdf2_hmac_array::<Sha1, 32>(secret, salt, ROUNDS),
            Hash::Sha256 => pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(secret, salt, ROUNDS),
            Hash::Sha384 => pbkdf2::pbkdf2_hmac_array::<Sha384, 32>(secret, salt, ROUNDS),
            Hash::Sha512 => pbkdf2::pbkdf2_hmac_array::<Sha512, 32>(secret, salt, ROUNDS),
        }
    }

    fn mac(self, key: &[u8], text: &str) -> Vec<u8> {
        fn with<M: Mac + KeyInit>(key: &[u8], text: &str) -> Vec<u8> {
            let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Hash::Sha1 => with::<Hmac<Sha1>>(key, text),
            Hash::Sha256 => with::<Hmac<Sha256>>(key, text),
            Hash::Sha384 => with::<Hmac<Sha384>>(key, text),
            Hash::Sha512 => with::<Hmac<Sha512>>(key, text),
        }
    }
}

/// With the option `use_scrypt`, which session-file-store sets: by the cost that crypto.scryptSync of Node.js
/// has by default.
fn by_scrypt(secret: &str, salt: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let params = scrypt::Params::new(14, 8, 1).expect("a cost that scrypt takes");
    scrypt::scrypt(secret.as_bytes(), salt, &params, &mut key).expect("a length that scrypt takes");
    key
}

fn form(reason: impl Into<String>) -> WrapError {
    WrapError::Form(DecodeError::new(NAME, 0, reason))
}

fn text<'v>(envelope: &'v Value, name: &str) -> Result<&'v str, WrapError> {
    let text = envelope.get(name).and_then(Value::as_str);
    text.ok_or_else(|| form(format!("member {name} is missing or no text")))
}

/// The bytes of a member: a Buffer as Node writes it in JSON, or text in the envelope's encoding.
fn bytes<'v>(envelope: &'v Value, name: &str, encoding: Encoding) -> Result<Cow<'v, [u8]>, WrapError> {
    let found = match envelope.get(name) {
        Some(Value::Bytes(bytes)) => Some(Cow::Borrowed(bytes.as_ref())),
        Some(Value::Text(text)) if text.len() <= MEMBER_LIMIT => encoding.decode(text).map(Cow::Owned),
        Some(buffer) => match buffer.get("data").and_then(Value::as_list) {
            Some(items) if items.len() <= MEMBER_LIMIT => items
                .iter()
                .map(|item| match item {
                    Value::Int(byte) => u8::try_from(*byte).ok(),
                    _ => None,
                })
                .collect::<Option<Vec<u8>>>()
                .map(Cow::Owned),
            _ => None,
        },
        None => None,
    };
    found
        .filter(|bytes| bytes.len() <= MEMBER_LIMIT)
        .ok_or_else(|| form(format!("member {name} is missing or does not hold bytes")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "squirrel";
    /// What is in [`MADE`].
    const PLAIN: &str = r#"{"cookie":{"path":"/"},"user":"zoë"}"#;

    /// The members of an envelope, the Buffers in hexadecimal.
    #[derive(Clone, Copy)]
    struct Parts {
        hmac: &'static str,
        ct: &'static str,
        iv: &'static str,
        salt: &'static str,
        aad: Option<&'static str>,
        at: Option<&'static str>,
    }

    /// Written by connect-redis-crypto 4.0.5, with the session that its application had.
    const REAL: Parts = Parts {
        hmac: "\u{e3}ga>\x04\u{a9}\u{93}Z\u{ca}L\u{d6}\u{9f}A\u{c4}]\u{c9}\u{a1}\u{bf}\u{e7}\u{eb}\
            \u{ae}\u{f6}/\u{d4}\u{e6}\u{c1}\x16I\x20'\u{bb}\u{cc}DJ\u{fc}\u{c5}\u{be}8\u{fb}\
            \u{99}\u{b8}\u{e5}\u{84}*\u{87}\u{e0}\u{b1}\u{a6}\x0a\u{e4}t\u{e2}6\u{a8}\u{a9}HQ\
            \u{88}XA\x12\u{d0}\u{ec}\x02",
        ct: "\x1d\u{87}S\u{aa}\u{e6}}\u{95}\u{b4}\u{b5},\u{f0}na\x1d0u\u{9c}H\x11\u{da}*\u{83}F\
            \u{92}\x1f\u{f5}\u{a4}\u{9c}\u{84}\u{f5}u7\u{fb}\x09\x0d\u{89}s\x1f\x0bd\u{ff}m\
            \u{ab}\u{8d}\x02>\x0b/\u{81}\x08\u{e0}\u{df}\x14\u{a8}\\\u{ac}g\u{e2}\u{fa}\u{92}\
            \u{da}\u{b5}\u{81}\u{b5}*\u{ef}\u{e7}\u{84}\u{e4}\u{8a}\u{98}\u{a7}y\x15\u{8d}\u{9c}\
            \x05\u{a8}@paR\x1c\u{cf}\u{ff}9\u{a7}\x10\u{fe}\u{eb}\u{a9}\u{8e}\u{f5}&sq\u{98}\
            \u{a0}\x14\u{ad}!j\u{d4}\u{b8}A9\x1c\u{b5}\u{f0}\u{e4}\u{ed}x#\x04lj\u{88}.'~\x001]\
            \x13\u{95}_\x02\x7f\u{ba}\u{fd}\x15\u{e4}\u{9c}\u{e0}l\\\u{f1}\u{a4}\u{a3}{\x20\x14\
            \x12#a\u{90}:\u{8b}\u{e2}\u{9a};9\u{c4}\u{b8}\u{a0}c\u{c1}\u{a5}\u{98}~\u{e6}1\x1f\"\
            \u{86}*g-ww\x02\u{8d}%\u{b9}\u{ba}G\u{ec}\u{c0}\u{fe}1\u{84}4",
        iv: "fd456d8f4271a57d0091dd7d",
        salt: "2f2e0aa6a08108d42b3649a9f511521c545bf04ae0e7c8e82623ce685000a3a8a8a947e2d1bc79db086f\
            1aaf06ae04e0dd675ce414d5277642436b3450f264ef26f86381c083aa61a8bbc40a29986bdfc13eb214\
            4b805faeb2dd5538362285cdea2cf3ea66f3d2b0ca4a500f3cc4e009e0cb9a6081e02cecd54e7bd30a72\
            60e4",
        aad: Some(
            "\u{af}$\u{be}\u{ac}anx\u{90}f\u{fb}\x05\u{8c}\x20x\x0eK,\u{85}\u{91}\x20\u{bc},\
            \u{c1}M\u{8e}\x15\u{ff}\u{85}\u{c4}\x09\u{c8}\x10g\x01\u{eb}\u{d5}U\u{9f}$\u{9f}%\
            \u{df}\u{cf}Kx\u{b8}\x7f\u{90}F\u{a1}\u{cc}3),\u{aa}\u{9a}\u{c3}Ah\u{df}\x0a\u{ca}\
            \u{96}\u{aa}",
        ),
        at: Some("2faaac2d53ad342626db629f59f17cbb"),
    };
    const REAL_PLAIN: &str = r#"{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},"views":1,"cart":[{"sku":"B-7","qty":1,"price":120}],"locale":"en-GB","flash":{"error":["Please log in"]}}"#;

    /// Made by kruptein 2.2.3 with other settings of `algorithm`, `hashing` and `encodeas`.
    const MADE: &[(&str, Parts)] = &[
        (
            "aes-256-gcm sha512 binary",
            Parts {
                hmac: "]<\x00\u{bf}[\u{e9}\x1b\u{a9}\u{da}Z\u{ce}\u{b5}}\u{d0}:\u{ab}\u{c8}j\u{d4}\x1f\
            \u{a3}\u{b0}\u{82}\u{b8}\u{a8}\x05\x7f\u{e8}\u{e3}\u{80}\u{ef}\u{87}\u{df}\u{a3}R\
            \x05\u{96}\u{ce}\u{b5}\u{bd}R\u{fe}\x0fD9\u{da}\u{8f}\u{d0}\x14\x13\u{ea}Qe\u{be}\
            \x202\u{f6}\u{f3}\u{8d}\u{e7}\x01\x018\u{81}",
                ct: "(\u{9a}\u{c1}\u{99}\u{ed}\u{b3}:\u{b4},\x19\x0b;\u{b3}C\u{c0}\x0bO\u{b9}\x09\u{cf}\
            \u{d7}&\x06\u{df}\u{c4}\u{db}\u{c3}\x1e\u{e9}\u{d6}i\u{b1}/\x1a`e)",
                iv: "92ab48fb779f4be37479cd46",
                salt: "f95b2b542be545bbfb8dc30857b1842e0dcdef197a917e2ae940bb649ce59c7531b455953dcd5936a7f9\
            ec007cb7df5b98a1de4d0c5bf78ac8e098fce31c0706321048a79f1108d0045be4bdc15e87e24f0c3f72\
            0548504bf9e52bdefa42d383dc58683acc3cd7632ff9bfa6760755a94891366219b2844684368f011407\
            462a",
                aad: Some(
                    "c\u{8d}\u{ca}\u{b5}V\u{8a}\u{e4};\u{f1}\u{b8}\u{98}\u{81}\u{81}\x1f\x0b\u{86}!;TM\
            \u{eb}a\x1b\u{fd}Z\u{a4}\u{de}FI:\u{d0}\x1az\u{e3}\u{c2}9\u{84}\u{ad}\u{e1}\u{de}\
            \u{ce}k$\u{cf}vO\u{91}\u{b5}\x0e[\\\x18\u{bc}lC\u{d7}\x18G\u{c7}+\u{d0}\u{e5},\u{f1}",
                ),
                at: Some("70ad67c37b26a760a2eebc4273a18134"),
            },
        ),
        (
            "aes-256-gcm sha512 hex",
            Parts {
                hmac: "c81ce58deca786ce15306bc813669ef6727d65eb03cd564caefb3ddd5c74b3d2fe39719c01ae9148a5e1\
            2b78cccb8610fd66147bcd08f6fa7e95d2053689c280",
                ct: "096ec70ac59edcc37dda04484868fbd8b8fc86fcc88678f6d5fb760cbbbe0a83c3b7a28315",
                iv: "e945139d5b06fb105f84e6e0",
                salt: "079261997db107362c831ccb50345f77b2a7a685098b49ddb6f499f689cfb46bfc38b21c0080e17d2cd8\
            fc2b42a15d08e3a1342041d51bd4c445ea2921afbf72d60ac2463968698f7f1155cd49a8f63f7638ebe5\
            44a3cf3b7fb67299135b4ab7f168b20067cb14dbc01e023ec2e7ed36e7cd943d26b0cc54834ad5af6153\
            9c82",
                aad: Some(
                    "479b27206b4c71c6e0a6f72a8c491f14500e080255d94a207c554f444b8723c2d2d50625e859ef22fb6a\
            ddd6c1275a6f92ad0eda31b78eb4d4514a6ea69727ae",
                ),
                at: Some("9d19f9d4c473561797e4c9055762991a"),
            },
        ),
        (
            "aes-256-gcm sha512 base64",
            Parts {
                hmac: "gVXTrum2GUr8lmkKtWlkng9A3MppO+Q5ScUcvVQl53wd49rym5ligpwDsllOpjtrF5vnJtin+7r6WA0gx9hK\
            9A==",
                ct: "q4Hc9wS36ZxV9g1PK9zwnU0ayvYs+wRr+koJ0sD7B6dLZrdUVg==",
                iv: "aa518138799590054900f2fe",
                salt: "384e2c131bdcf3a075d20c045c789b932a20f52df25925494543e506c172822450d377d0b74391a1673a\
            39c9c8b0c77763cfffa95b73a8c99d77d4466f51be5ed996a79d82ed73843488396dacba26006643789d\
            cd7284d1433205b875b072271f9a7e0444a1f9c5a3dff9af1d1faede4f5d1b9c43635226f5642f6b4304\
            0c45",
                aad: Some(
                    "qjnyW8iQYkG6K3tX/CFQpIxy/9HfpIBYfZi3a+1ZCFxNcof+TKyRyiR44zutJHQWUnl1KD2PqRhUhbvjS0pv\
            8g==",
                ),
                at: Some("c58cdd48c5ee4ec1785424d02b1014dd"),
            },
        ),
        (
            "aes-256-cbc sha512 binary",
            Parts {
                hmac: "s\x0d\u{b2}\u{a9}\x05t\u{d8}K\u{c3}\x06Q\x01M\u{80}clg|%\x1e\u{ea}\u{d0}\"\u{a2}D\
            \x1cZ\u{82}\x01y@q\u{ee}\x0b\u{d4}\u{ae}D\x038-\u{af}\x09\u{8b}\u{8f}]\x07.\u{92}\
            \u{84}E\u{eb}\x11jO\x19\u{e4}\u{b0}\u{bc}\x0b\u{c7}l\u{87}\x1aI",
                ct: "\x0d\x13r\u{a2}\u{8f}\u{92}Q\x1fb\x10i\u{8d}\x17\u{e9}\u{c3}\u{c5}\u{97}-\u{b4}[1\
            \u{82}\u{a7}1\u{80}!2}#\u{99}\u{80}\u{d9}\u{d8}\u{d2}\u{ce}d\u{fb}\u{8d}K\u{d1}\
            \u{e1}:nw\x0d\x1f4n",
                iv: "5d957a0a7983186beb82dcec259155d1",
                salt: "679332d226e397c4bf9a4857d339ff968a7fc204483810261b4c8f9d5ddb8b0c7c40ec122c88caf54425\
            08237d6e4cf45db57756ce03c6adb496be18428d136b1e553b02aded90b81b0ad2529a8fd44f27cd95c1\
            8f1810e02c8092772684e32218c4b9ff1170baa5f889ad27964ba3de5ab62d8e921bdeec8c58d38ca069\
            7018",
                aad: None,
                at: None,
            },
        ),
        (
            "aes-256-cbc sha512 base64",
            Parts {
                hmac: "xOKec4fFZx/g4XApwNrSAfuPzI/40GxxhmAgp5815MDMd3TOFyAwlZ39bRLUM72hui1/D0hLdUBxnVb5mMw6\
            nQ==",
                ct: "s4KrJPIuRKM/XtRzTJ/suibcZ2dB6Q/iPwHu2hzVNRDJj9RSrof7pDjU33puYvJ1",
                iv: "af7ce71e69422e2bf56e6dff86f60ebf",
                salt: "4b6ede409b6512b3a9b9d46adf5b609e648c89e04e699c59de00e2551eca9e779b57a7aa9c2f52db4ac0\
            8701ca2811a67ff47e1b669c0fd53929fca159428a8308a91dc913f18180e5a8a98606a4710391968187\
            f455648d360865a6931c15d2f1d1ecae8771f0d1256e7be766543ee2f5464d08dcf58eae95e4441759c4\
            ed36",
                aad: None,
                at: None,
            },
        ),
        (
            "aes-128-gcm sha256 hex",
            Parts {
                hmac: "b061c1c77de652ce8e20e948571a35b2aaf87f8b85cfdb0abb6297bd4b49be77",
                ct: "1f9845c733ee6669754f497645270f8f22b83100c83e2b6bef2d8836ca416219962d89343d",
                iv: "47fad8ec677304059192d3df",
                salt: "6f00c5f13068d5cf8c6b2d7f4c453eefee806da5897587a0e6dee2bcde2ef0f72ffcb3554aaeaf0a1503\
            4fd003cf4b8a88a14cd9d00e4af3e7183b8b0aa01a3f9e98184661d5d1cf55d34fb465ef0c56f0b98e87\
            41afe7f7591ee9cfa35379b6f9851908a2d25460043cf1dbb6f8664a49b1674eb7363133ba992ac5fe29\
            e3ce",
                aad: Some("fd67f0b6215920287c4793b596c98468bdbc5673a1bf4887dcbb9e4eefd39680"),
                at: Some("80cb309da378deb6dbbc9c47e1a14beb"),
            },
        ),
        (
            "aes-192-gcm sha384 base64",
            Parts {
                hmac: "oByZViG8aQCWEDKu9JEcIBmbuc0qfgqAmGP3vqWvQDRI7vScMFMcp1MPV4NXLbSf",
                ct: "QsnH2+HJdR/RSOEnBqc3yOo6EZAvy839bsc6eIBQeIlEZ3+ang==",
                iv: "1393e23a13eabf2f2874fe1c",
                salt: "b0d0e650dc4dbf62a6bccb4c92b12102fd83be8f339db9b07ea0d973aee634b76c408dafd2430c29b1c3\
            385e9218a0c959650fe06dc13b9bf48cd60eac86c77cab4269d08488cc5c7a3d18b9dba1b5453cee0ee5\
            6d0a035b9f8a381fe50876bd4d2a3ebe476f178a58658b1725de1b5e55f79e022b246c45e7b67bdeab45\
            548a",
                aad: Some("m53+T0ANKpQBsXgVmJjQjzKtvFJFSWFWkuOGpIbIIDbjb84TTMJ0hz1dhb8FRnzX"),
                at: Some("5fd2854cc8ce70c5df8776647abc5717"),
            },
        ),
        (
            "aes-256-cbc sha1 hex",
            Parts {
                hmac: "c8e359e01dd3f690a5e31ceff958918650137183",
                ct: "bb86967540f54762fa0178294c553d53bbbf5fe5b4e649199e437972c507467a7974ee6ec0943be4f346\
            b30e0ff70506",
                iv: "f64d3b904b7efad043959b492ff4b2f1",
                salt: "7b7f178b300fb9c645b65bbe90222bffec358a3fbd192d92dc06c047ffe360e64d93e7759b5edbc7963e\
            60517bb38951baab39fff05dc465b4fb29ea9612ad7a867ca6cbd53ad0115229f52469446100193e868a\
            dd72c30ddb6f092ed55737115b1cf8ddf57e778286dc338b535f909bacdcb1f9521d73ad77db4122b335\
            264c",
                aad: None,
                at: None,
            },
        ),
    ];

    fn buffer(hex: &str) -> Value<'static> {
        let bytes = Encoding::Hex.decode(hex).unwrap();
        let data = bytes.into_iter().map(|byte| Value::Int(byte.into())).collect();
        Value::Map(vec![("type".into(), Value::Text("Buffer".into())), ("data".into(), Value::List(data))])
    }

    fn envelope(parts: &Parts) -> Value<'static> {
        let text = |text: &'static str| Value::Text(text.into());
        let mut members = vec![
            ("hmac".into(), text(parts.hmac)),
            ("ct".into(), text(parts.ct)),
            ("iv".into(), buffer(parts.iv)),
            ("salt".into(), buffer(parts.salt)),
        ];
        members.extend(parts.aad.map(|aad| ("aad".into(), text(aad))));
        members.extend(parts.at.map(|at| ("at".into(), buffer(at))));
        Value::Map(members)
    }

    fn with(mut envelope: Value<'static>, name: &str, value: Value<'static>) -> Value<'static> {
        let Value::Map(members) = &mut envelope else { unreachable!() };
        members.iter_mut().find(|(key, _)| key == name).unwrap().1 = value;
        envelope
    }

    #[test]
    fn opens_what_the_store_wrote() {
        let envelope = envelope(&REAL);
        assert!(is_envelope(&envelope));
        assert_eq!(String::from_utf8(open(&envelope, SECRET).unwrap()).unwrap(), REAL_PLAIN);
    }

    #[test]
    fn opens_every_setting() {
        for (label, parts) in MADE {
            let envelope = envelope(parts);
            assert!(is_envelope(&envelope), "{label}");
            assert_eq!(open(&envelope, SECRET).as_deref(), Ok(PLAIN.as_bytes()), "{label}");
        }
    }

    #[test]
    fn buffers_may_be_bytes_or_text() {
        let (_, parts) = MADE.iter().find(|(label, _)| label.ends_with("hex")).unwrap();
        let iv = Encoding::Hex.decode(parts.iv).unwrap();
        let envelope = with(envelope(parts), "iv", Value::Bytes(iv.into()));
        let envelope = with(envelope, "salt", Value::Text(parts.salt.into()));
        assert_eq!(open(&envelope, SECRET).as_deref(), Ok(PLAIN.as_bytes()));
    }

    #[test]
    fn another_secret_or_an_altered_ciphertext_does_not_fit() {
        let wrong = WrapError::WrongKey { wrapper: NAME };
        assert_eq!(open(&envelope(&REAL), "squirrels"), Err(wrong.clone()));
        let altered = Parts { ct: MADE[0].1.ct, ..REAL };
        assert_eq!(open(&envelope(&altered), SECRET), Err(wrong.clone()));
        let error = DecodeError::from(wrong);
        assert_eq!(error.codec, NAME);
    }

    #[test]
    fn the_tag_is_checked() {
        let altered = Parts { at: MADE[0].1.at, ..REAL };
        assert!(matches!(open(&envelope(&altered), SECRET), Err(WrapError::Form(_))));
        let short = Parts { at: Some("00"), ..REAL };
        assert!(matches!(open(&envelope(&short), SECRET), Err(WrapError::Form(_))));
    }

    #[test]
    fn refuses_other_forms() {
        let real = envelope(&REAL);
        let long = Value::List(vec![Value::Int(7); SALT_LIMIT + 1]);
        let long = Value::Map(vec![("data".into(), long)]);
        for (name, value) in [
            ("hmac", Value::Null),
            ("hmac", Value::Text("short".into())),
            ("ct", Value::Int(1)),
            ("salt", Value::Null),
            ("salt", Value::List(vec![])),
            ("salt", long),
            ("salt", Value::Map(vec![("data".into(), Value::List(vec![Value::Int(256)]))])),
            ("iv", Value::Null),
            ("iv", buffer("00")),
        ] {
            let changed = with(real.clone(), name, value);
            assert!(matches!(open(&changed, SECRET), Err(WrapError::Form(_))), "{name}");
        }
        for value in [Value::Null, Value::List(vec![]), Value::Map(vec![])] {
            assert!(!is_envelope(&value));
            assert!(matches!(open(&value, SECRET), Err(WrapError::Form(_))));
        }
        let Value::Map(mut members) = real else { unreachable!() };
        members.push(("cookie".into(), Value::Null));
        assert!(!is_envelope(&Value::Map(members)));
    }

    proptest! {
        // Few, as each may cost a derivation.
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn no_envelope_makes_it_panic(
            hmac in prop_oneof![any::<String>(), "[0-9a-f]{128}", "[ -~]{64}", "[A-Za-z0-9+/]{86}=="],
            ct in any::<String>(),
            iv in any::<Vec<u8>>(),
            at in proptest::option::of(any::<String>()),
        ) {
            let mut members = vec![
                ("hmac".into(), Value::Text(hmac.into())),
                ("ct".into(), Value::Text(ct.into())),
                ("iv".into(), Value::Bytes(iv.clone().into())),
                ("salt".into(), Value::Bytes(iv.into())),
            ];
            members.extend(at.map(|at| ("at".into(), Value::Text(at.into()))));
            prop_assert!(open(&Value::Map(members), SECRET).is_err());
        }

        #[test]
        fn no_text_makes_decoding_panic(text: String) {
            for encoding in [Encoding::Binary, Encoding::Hex, Encoding::Base64] {
                let _ = encoding.decode(&text);
            }
        }
    }
}
