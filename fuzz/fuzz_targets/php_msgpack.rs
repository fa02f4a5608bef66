//! MessagePack of PHP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::{Limits, php_msgpack};

fuzz_target!(|bytes: &[u8]| {
    match php_msgpack::decode(bytes, &Limits::default()) {
        Ok(value) => drop(value.to_json()),
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
});
