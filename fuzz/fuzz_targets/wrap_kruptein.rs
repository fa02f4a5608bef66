//! kruptein's envelope.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::{Limits, json};
use sessctl::wrap::kruptein;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(envelope) = json::decode(bytes, &Limits::default())
        && kruptein::is_envelope(&envelope)
    {
        drop(kruptein::open(&envelope, "squirrel"));
    }
});
