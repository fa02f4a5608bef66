//! The encodings of PHP's session extension.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::{Limits, php_session};

fuzz_target!(|bytes: &[u8]| {
    match php_session::decode(bytes, &Limits::default()) {
        Ok((_, value)) => drop(value.to_json()),
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
    if let Some((_, value, error)) = php_session::decode_begin(bytes, &Limits::default()) {
        drop(value.to_json());
        assert!(error.offset <= bytes.len(), "{error}");
    }
});
