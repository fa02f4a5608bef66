//! Vert.x web sessions.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::{Limits, vertx};

fuzz_target!(|bytes: &[u8]| {
    match vertx::decode(bytes, &Limits::default()) {
        Ok(value) => drop(value.to_json()),
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
});
