//! What Django signed and what Beaker encrypted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::Limits;
use sessctl::wrap::{beaker, django};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let opened = django::open(bytes, &limits);
    // Whatever opens has the form, though not all of that form opens.
    assert!(opened.is_err() || django::is_signed(bytes));
    if let Ok(signed) = opened {
        assert!(signed.bytes.len() <= limits.expanded);
        let _ = signed.is_of_a_session(&["secret".to_owned()]);
    }
    let _ = django::signed_at(bytes);
    drop(beaker::open(bytes, &["secret".to_owned()], "valid", &|plain| plain.starts_with(b"\x80")));
});
