//! The compression that Magento marks.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::Limits;
use sessctl::wrap::magento;

fuzz_target!(|bytes: &[u8]| {
    drop(magento::open(bytes, &Limits::default()));
});
