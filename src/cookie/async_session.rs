//! Cookies of async-session and its fork saysion: the key's id is a hash of what the browser holds.
//!
//! The cookie is the base64 of 64 random bytes, signed or not; the id is the base64 of their BLAKE3
//! (async-session 3.0.0, src/session.rs, `id_from_cookie_value`; saysion 0.2.0 and 0.4.0). 64 bytes are one
//! block, so one compression is the whole hash.

use super::jar::{self, Jar};
use super::{CookieError, Given, Opened, base64_any, base64_padded};

const SECRET: usize = 64;

/// Opens a cookie to the id that its session's key ends in.
pub fn open(given: &Given, name: &str, mode: Option<&str>, key: Option<&str>) -> Result<Opened, CookieError> {
    // A value of 88 characters cannot be a MAC and something after it that is as long.
    let mode = mode.filter(|mode| *mode == "private");
    let jar = Jar { mode, key, is_value: |value| value.len() == 88 };
    let opened = jar::open(given, name, &jar)?;
    match base64_any(&opened.id).and_then(|secret| <[u8; SECRET]>::try_from(secret).ok()) {
        Some(secret) => Ok(Opened { id: base64_padded(&hash(&secret)).into_bytes(), ..opened }),
        None => Err(CookieError::Form { expected: "<base64 of 64 bytes>" }),
    }
}

const IV: [u32; 8] =
    [0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19];

/// The order of the words of a message in the round after.
const PERMUTATION: [usize; 16] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

/// The block is the first of its chunk, the last, and the root of the tree.
const ONLY: u32 = 1 | 2 | 8;

/// BLAKE3 of one block.
fn hash(block: &[u8; SECRET]) -> [u8; 32] {
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    let mut state = [0_u32; 16];
    state[..8].copy_from_slice(&IV);
    state[8..12].copy_from_slice(&IV[..4]);
    state[14] = SECRET as u32;
    state[15] = ONLY;
    for round in 0..7 {
        for (index, [a, b, c, d]) in [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]]
            .into_iter()
            .chain([[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]])
            .enumerate()
        {
            mix(&mut state, [a, b, c, d], [words[2 * index], words[2 * index + 1]]);
        }
        if round < 6 {
            words = PERMUTATION.map(|from| words[from]);
        }
    }
    let mut digest = [0; 32];
    for (index, bytes) in digest.chunks_exact_mut(4).enumerate() {
        bytes.copy_from_slice(&(state[index] ^ state[index + 8]).to_le_bytes());
    }
    digest
}

fn mix(state: &mut [u32; 16], [a, b, c, d]: [usize; 4], [first, second]: [u32; 2]) {
    for (word, [left, right]) in [(first, [16, 12]), (second, [8, 7])] {
        state[a] = state[a].wrapping_add(state[b]).wrapping_add(word);
        state[d] = (state[d] ^ state[a]).rotate_right(left);
        state[c] = state[c].wrapping_add(state[d]);
        state[b] = (state[b] ^ state[c]).rotate_right(right);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::ways;
    use super::*;

    #[test]
    fn the_id_is_a_hash() {
        // async-session 3.0.0 wrote both.
        let cookie =
            "FIxuRrmpDQw/AXd0z5FcBTvYFMBAhnAxVx8e+2ZPjR804FJp6M+uePcbhrT06nbxyldTyjjdUs647V2JWWxCzg==";
        let id = "+0usIvPTtMj3I7mLuGIGTnDlRQ+SYE/jNT7mnfMWNuY=";
        for text in ways("tide.sid", cookie) {
            let opened = open(&Given::parse(&text), "tide.sid", None, None).unwrap();
            assert_eq!(opened, Opened { id: id.into(), verified: None }, "{text}");
        }
        let signed = format!("{}{cookie}", base64_padded(&[7; 32]));
        let opened = open(&Given::parse(&signed), "tide.sid", None, None).unwrap();
        assert_eq!(opened, Opened { id: id.into(), verified: None });
        for text in ["", "abc", id] {
            assert!(open(&Given::parse(text), "tide.sid", None, None).is_err(), "{text}");
        }
    }
}
