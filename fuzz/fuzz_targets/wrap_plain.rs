//! Compression and base64: the first byte says which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::Limits;
use sessctl::wrap;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let wrapper = &wrap::ALL[usize::from(*which) % wrap::ALL.len()];
    let wrap::Open::Plain(open) = wrapper.open else { return };
    match open(bytes, &Limits::default()) {
        Ok(plain) => assert!(plain.len() <= Limits::default().expanded),
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
});
