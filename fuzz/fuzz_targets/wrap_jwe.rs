//! What mod_auth_openidc seals.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::Limits;
use sessctl::wrap::jwe;

fuzz_target!(|bytes: &[u8]| {
    if jwe::is_sealed(bytes) {
        drop(jwe::open(bytes, &[[7; 32]], &Limits::default()));
    }
});
