//! Nextcloud and ownCloud: native sessions whose content only the browser can open.

use super::*;
use crate::cookie;

/// The name of what wraps the content.
const SEALED: &str = "nextcloud-encrypted";

pub const LAYOUT: Layout = Layout {
    name: "nextcloud",
    about: "Nextcloud and ownCloud 9 and 10, native sessions with encrypted content (PHP)",
    family: "PHP",
    page: "\
key      PHPREDIS_SESSION:<id>, a string; `prefix=` in session.save_path replaces that; id 22 to
         256 of [A-Za-z0-9,-]
value    up to 30: PHP session with the one variable encrypted_session_data; since 31 the
         encrypted text itself: <hex>|<hex>|<hex>|3 (Security/Crypto.php). The passphrase is in a
         cookie of the browser alone: nothing of the content can be seen
expiry   the key's TTL alone, moved by every request
user     not visible; SQL oc_authtoken knows it, under SHA-512 of id and the configuration's secret
cookie   the instance id (oc…) = the id, since 31 <id>|<passphrase>
index    none
end      the key, and a stale lock <key>_LOCK
",
    marks: &[Mark::Variable("encrypted_session_data"), Mark::Word("PHPREDIS_SESSION:")],
    options: &[],
    cookie_name: None,
    recognize,
    read,
    describe: |_, _, _| Facts::default(),
    cookie: Some(open),
    same_as: &[],
    caveats: &[
        "The browser's cookies nc_username and nc_token log it in again; the row of oc_authtoken ends that.",
        "A request in flight writes its session back, with its login; look again after a few seconds.",
    ],
    ..phpredis::LAYOUT
};

/// Whether a long value begins as an encrypted text does: with nothing but hexadecimal digits.
pub fn is_begun(head: &[u8]) -> bool {
    head.len() >= 4096 && key::Alphabet::Hex.all(&head[..4096])
}

/// Whether a text is what the crypto class writes: hexadecimal parts and a version.
fn is_sealed(text: &[u8]) -> bool {
    let hex = |part: &[u8], least: usize| part.len() >= least && key::Alphabet::Hex.all(part);
    let Some((ciphertext, rest)) = split(text) else { return false };
    // The first version had neither number nor a hexadecimal vector.
    let (rest, numbered) = match rest {
        [rest @ .., b'|', b'2' | b'3'] => (rest, true),
        _ => (rest, false),
    };
    let Some(bar) = memchr::memrchr(b'|', rest) else { return false };
    let (vector, mac) = (&rest[..bar], &rest[bar + 1..]);
    let vector_fits =
        if numbered { vector.len() == 32 && hex(vector, 32) } else { matches!(vector.len(), 16 | 32) };
    hex(ciphertext, 32) && mac.len() == 128 && hex(mac, 128) && vector_fits
}

fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let bar = memchr::memchr(b'|', text)?;
    Some((&text[..bar], &text[bar + 1..]))
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    if blob.variable("encrypted_session_data").is_some() || blob.text().is_some_and(is_sealed) {
        Verdict::Sure
    } else {
        Verdict::no("the value is neither encrypted_session_data nor an encrypted text of Nextcloud")
    }
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'b>) -> Decoded<'b> {
    if blob.text().is_some_and(is_sealed) {
        let reason = "encrypted with a passphrase that only the browser's cookie holds";
        return Decoded::failed(SEALED, DecodeError::new(SEALED, 0, reason));
    }
    blob.php_data()
}

/// Behind the id there may be the passphrase. Every installation has a cookie's name of its own.
fn open(setup: &Setup, given: &cookie::Given) -> Result<Opened, CookieError> {
    let instance =
        |name: &&str| name.len() == 12 && name.starts_with("oc") && key::Alphabet::Lower.all(name.as_bytes());
    let name = setup.text("cookie_name").or_else(|| given.names().find(instance)).unwrap_or("");
    let opened = cookie::bare::open(given, name)?;
    let id = opened.id.split(|byte| *byte == b'|').next().unwrap_or_default().to_vec();
    if id.is_empty() {
        return Err(CookieError::Form { expected: "<id> or <id>|<passphrase>" });
    }
    Ok(Opened { id, ..opened })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypted_texts_are_hexadecimal_parts() {
        let (body, vector, mac) = ("a1".repeat(40), "0f".repeat(16), "7e".repeat(64));
        for (text, sealed) in [
            (format!("{body}|{vector}|{mac}|3"), true),
            (format!("{body}|{vector}|{mac}|2"), true),
            (format!("{body}|0123456|89abcdef|{mac}"), true),
            (format!("{body}|{vector}|{mac}|4"), false),
            (format!("{body}|{vector}|beef|3"), false),
            ("host|123".to_string(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_sealed(text.as_bytes()), sealed, "{text}");
        }
    }

    #[test]
    fn the_passphrase_behind_the_id_is_left_away() {
        let setup = Setup::free(&LAYOUT);
        let given = cookie::Given::parse("oc1a2b3c4d5e=b5tb18r2am5j1pbtvtcnuj0r4i%7Csecret");
        assert_eq!(open(&setup, &given).expect("an id").id, b"b5tb18r2am5j1pbtvtcnuj0r4i");
    }
}
