//! The envelope of Laravel's encrypter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::wrap::laravel;

fuzz_target!(|bytes: &[u8]| {
    drop(laravel::open(bytes, &["0123456789abcdef0123456789abcdef".to_owned()]));
});
