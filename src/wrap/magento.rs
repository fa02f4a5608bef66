//! The marks that Magento's session handler puts before what it compresses.
//!
//! Four bytes: a colon, two letters of the library, a colon (colinmollenhour/php-redis-session-abstract
//! 2.1.2 src/Cm/RedisSession/Handler.php `_encodeData` and `_decodeData`). Short data have none, and
//! which library was configured can change, so the mark of each value decides.

use std::borrow::Cow;

use super::{deflate, lz4, lzf, snappy};
use crate::codec::{DecodeError, Limits};

/// Takes the mark and the compression off, with the name of that; data without a mark as they are.
pub fn open<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<(Option<&'static str>, Cow<'a, [u8]>), DecodeError> {
    let Some((mark, packed)) = bytes.split_first_chunk::<4>() else {
        return Ok((None, Cow::Borrowed(bytes)));
    };
    let (name, plain) = match mark {
        b":gz:" => (deflate::ZLIB, deflate::inflate(packed, limits)),
        b":l4:" => (lz4::NAME, lz4::php(packed, limits)),
        b":lz:" => (lzf::NAME, lzf::open(packed, limits)),
        b":sn:" => (snappy::NAME, snappy::open(packed, limits)),
        _ => return Ok((None, Cow::Borrowed(bytes))),
    };
    let plain = plain.map_err(|error| DecodeError { offset: error.offset + mark.len(), ..error })?;
    Ok((Some(name), Cow::Owned(plain)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        let plain = b"default|a:1:{s:1:\"k\";s:40:\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\";}";
        let zlib = {
            use std::io::Write as _;
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(1));
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        };
        let lz4 = [&(plain.len() as u32).to_le_bytes()[..], &lz4_flex::block::compress(plain)].concat();
        let lzf: Vec<u8> =
            plain.chunks(32).flat_map(|run| [&[run.len() as u8 - 1][..], run].concat()).collect();
        let snappy = snap::raw::Encoder::new().compress_vec(plain).unwrap();
        for (mark, name, packed) in [
            (b":gz:", "zlib", zlib),
            (b":l4:", "lz4", lz4),
            (b":lz:", "lzf", lzf),
            (b":sn:", "snappy", snappy),
        ] {
            let marked = [&mark[..], &packed].concat();
            let (found, opened) = open(&marked, &Limits::default()).unwrap();
            assert_eq!((found, opened.as_ref()), (Some(name), &plain[..]));
            let error = open(&marked[..marked.len() - 1], &Limits::default()).unwrap_err();
            assert!(error.offset >= 4 && error.offset <= marked.len());
        }
        for bytes in [&b""[..], b":gz", b"a|i:1;", b":zs:x"] {
            assert_eq!(open(bytes, &Limits::default()).unwrap(), (None, Cow::Borrowed(bytes)));
        }
        assert!(open(b":gz:", &Limits::default()).is_err());
    }
}
