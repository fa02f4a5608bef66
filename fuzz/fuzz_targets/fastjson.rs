//! fastjson.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::{Limits, fastjson};

fuzz_target!(|bytes: &[u8]| {
    match fastjson::decode(bytes, &Limits::default()) {
        Ok(value) => drop(value.to_json()),
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
});
