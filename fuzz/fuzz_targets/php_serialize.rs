//! PHP serialize.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::{Limits, php};

fuzz_target!(|bytes: &[u8]| {
    match php::decode(bytes, &Limits::default()) {
        Ok(value) => drop(value.to_json()),
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
});
