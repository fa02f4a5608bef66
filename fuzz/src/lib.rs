//! What the fuzz targets share: what has to be true of every codec, whatever the bytes.

use sessctl::codec::{Codec, Limits};

/// Decodes; what comes out can be written as JSON that others read, and an error says where it is.
///
/// # Panics
///
/// When that is not so: the fuzzer's finding.
pub fn decoded(codec: &Codec, bytes: &[u8]) {
    match (codec.decode)(bytes, &Limits::default()) {
        Ok(value) => {
            let text = value.to_json();
            // serde_json is the one that stops at 128 levels.
            if let Err(error) = serde_json::from_str::<serde_json::Value>(&text) {
                assert!(error.to_string().contains("recursion limit"), "{error}: {text}");
            }
        }
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
}
