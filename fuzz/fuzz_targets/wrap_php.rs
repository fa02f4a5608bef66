//! What lies around a session of PHP: compression and serializers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::Limits;
use sessctl::wrap::php;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((_, value)) = php::session(bytes, &Limits::default()) {
        drop(value.to_json());
    }
});
