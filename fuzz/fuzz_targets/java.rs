//! Java Object Serialization.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::{Limits, java};

fuzz_target!(|bytes: &[u8]| {
    match java::decode(bytes, &Limits::default()) {
        Ok(value) => drop(value.to_json()),
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
});
