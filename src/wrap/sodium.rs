//! Sealed boxes of libsodium, which Symfony's SodiumMarshaller puts around what it stores.
//!
//! `<public key of one box><MAC><ciphertext>`, without any mark: X25519 agrees with the key of the box,
//! HSalsa20 makes a key of that, and XSalsa20-Poly1305 seals under a nonce of BLAKE2b over both public
//! keys (libsodium 1.0.18, crypto_box_seal; symfony/cache 7.1, Marshaller/SodiumMarshaller.php).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::digest::consts::U24;
use blake2::{Blake2b, Digest};
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit as _;
use salsa20::cipher::consts::U10;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _};
use salsa20::{XSalsa20, hsalsa};
use subtle::ConstantTimeEq as _;
use x25519_dalek::{PublicKey, StaticSecret};

use super::WrapError;
use crate::codec::DecodeError;

/// The wrapper's name.
pub const NAME: &str = "sodium-sealed";
/// What a key has to be, for messages.
pub const KEY_FORM: &str = "64 bytes of sodium_crypto_box_keypair() in base64 or hexadecimal";

const PUBLIC: usize = 32;
const MAC: usize = 16;

/// Whether it is long enough for a box; nothing else tells.
pub fn may_be(bytes: &[u8]) -> bool {
    bytes.len() >= PUBLIC + MAC
}

/// The usable ones of the keys, as they are in a configuration: pairs of keys, the secret one first.
pub fn keys(texts: &[String]) -> impl Iterator<Item = [u8; 32]> + '_ {
    texts.iter().filter_map(|text| {
        let text = text.trim();
        let text = text.strip_prefix("base64:").unwrap_or(text).as_bytes();
        let pair = match base16ct::mixed::decode_vec(text) {
            Ok(pair) => pair,
            Err(_) => STANDARD.decode(text).ok()?,
        };
        (pair.len() == 64).then(|| pair.first_chunk().copied()).flatten()
    })
}

/// Opens a box with whichever key it was sealed for.
pub fn open(sealed: &[u8], texts: &[String]) -> Result<Vec<u8>, WrapError> {
    let form = || WrapError::Form(DecodeError::whole(NAME, "too short for a sealed box"));
    let (public, rest) = sealed.split_first_chunk::<PUBLIC>().ok_or_else(form)?;
    let (mac, ciphertext) = rest.split_first_chunk::<MAC>().ok_or_else(form)?;
    keys(texts)
        .find_map(|secret| open_with(secret, *public, mac, ciphertext))
        .ok_or(WrapError::WrongKey { wrapper: NAME })
}

fn open_with(secret: [u8; 32], public: [u8; 32], mac: &[u8; MAC], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let secret = StaticSecret::from(secret);
    let own = PublicKey::from(&secret);
    let shared = secret.diffie_hellman(&PublicKey::from(public));
    // A key of low order agrees with every secret.
    if !shared.was_contributory() {
        return None;
    }
    let key = hsalsa::<U10>(&(*shared.as_bytes()).into(), &[0; 16].into());
    let nonce = Blake2b::<U24>::new().chain_update(public).chain_update(own.as_bytes()).finalize();
    let mut cipher = XSalsa20::new(&key, &nonce);
    let mut one_time = [0; 32];
    cipher.apply_keystream(&mut one_time);
    let tag = Poly1305::new(&one_time.into()).compute_unpadded(ciphertext);
    if !bool::from(tag[..].ct_eq(mac)) {
        return None;
    }
    let mut plain = ciphertext.to_vec();
    cipher.apply_keystream(&mut plain);
    Some(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;

    /// A pair of keys, and what PHP 8.2 sealed for it: a serialized session of Symfony, the session
    /// itself, the serialized one deflated, and one that was deflated when it was sealed.
    pub(crate) const PAIR: &str =
        "Y3zZ8WPEKviYX0cYb7efMNcd8KpaihpOwYUCJwcvmis3Shw4/ZfRReMCQwEAYF8qg9FqEsRk1uwOLyfjJLGMDg==";
    pub(crate) const SERIALIZED: &str = "RROptgGkoKAwjYq8dGmtLiPxoQ7aQD/27nDbZaWOlw7KG5x+SPeeAu5gn3j/zLr/2I4aGW7TrEgi7SiKWE6C5qLGi6PP5D50f1z4Sgb2E0zzWqvH9/Rdpnst5oTVUr4DrUgMElHV8x9YYYd8rbU04vy9dWQziansUTCZ2PUA4soOUndgmW5DMuSwSgSZlBJfe2qSCAfhasA5EwpGQRLD1oTJXmE=";
    pub(crate) const BARE: &str = "s51i0hoOMSjrIZ53dgPApYxzT7s1Er1CPrDQeXFd2W9xpNTtu/++PlMDmxFksjIJ//T1HP3xOiCmGJbBghNxIHbhrONB32ETo7hJmC5ve+7XbJ/Ovbm+ghTfICjv2HMo4niuzMUsa+108vOJAn2Te+kuSdx+P322ckxUpJGWV+mghHOv0+FxsDMQrWcrKArhejRFyB9gDe5NczM=";
    pub(crate) const DEFLATED: &str = "vDvKWH08H82v/FaCPpVpCsaP8T9Z8oUR5H9ZTY7oUzFYnpADExR7/C7gHzXVLJzFLYZ81jeG03l+m0lNUVxSt29HoYnmvpuXe4qqQM5R3Sri+GtOa+umixORWI2905QwTHw+ypgiI7APwKA1DCMhN3or9Xz1WMmbivPmiDrUgYOwMN4=";
    pub(crate) const DEFLATED_AFTER: &str = "AaQAW/+y4DgJE2ZWBmcdndr1VjtqpuAxOIrHXkY6dc4G5bHTMh8C7LYI3Kfr5zkeF63iQ+40QIakFPnlP4n0hyDwWMcbaVipITNLHh8/P5P2NK6N5PwMZsCQWSRDI+9U9CgeAPN/rYzsU4Puo+dRjbrwKSEoaZpG5uHVllG1m9kG5Yljq1n0au8XxBEIp2CZIDptktmu7ow8kn0sr2nsAlQuJkThkDiD3g==";
    const OTHER: &str =
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

    #[test]
    fn boxes_of_libsodium_open_with_their_key_only() {
        let sealed = STANDARD.decode(BARE).unwrap();
        let hex = base16ct::lower::encode_string(&STANDARD.decode(PAIR).unwrap());
        for keys in [vec![PAIR], vec![OTHER, PAIR], vec![&hex], vec![" base64:x ", PAIR]] {
            let keys: Vec<String> = keys.into_iter().map(str::to_string).collect();
            assert!(open(&sealed, &keys).unwrap().starts_with(b"_sf2_attributes|a:1:{"));
        }
        let wrong = Err(WrapError::WrongKey { wrapper: NAME });
        assert_eq!(open(&sealed, &[]), wrong);
        assert_eq!(open(&sealed, &[OTHER.to_string()]), wrong);
        let pair = [PAIR.to_string()];
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&changed, &pair), wrong, "{at}");
            assert!(open(&sealed[..at], &pair).is_err(), "{at}");
        }
        // A key that agrees with every secret.
        assert_eq!(open(&[0; 64], &pair), wrong);
    }
}
