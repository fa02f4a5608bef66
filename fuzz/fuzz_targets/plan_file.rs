//! A plan. What is read and was not edited is what its last line says.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sessctl::change::plan::file;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(plan) = file::parse(Path::new("a.plan"), bytes) {
        assert!(plan.edited || plan.digest.len() == 64);
        let _ = file::check(&plan, &plan.header.stores, 0, u64::MAX, true);
    }
});
