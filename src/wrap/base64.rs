//! Base64, in either alphabet, with or without padding.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::codec::{DecodeError, Limits};

pub const NAME: &str = "base64";

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// What the text stands for; white space around it counts for nothing.
pub fn open(text: &[u8], _: &Limits) -> Result<Vec<u8>, DecodeError> {
    let text = text.trim_ascii();
    let of_urls = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let alphabet = if of_urls { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, LENIENT)
        .decode(text)
        .map_err(|error| DecodeError::new(NAME, 0, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_are_read() {
        for text in ["-_8=", "-_8", "+/8=", " +/8\n"] {
            assert_eq!(open(text.as_bytes(), &Limits::default()), Ok(vec![0xfb, 0xff]), "{text}");
        }
        assert!(open(b"{}", &Limits::default()).is_err());
    }
}
