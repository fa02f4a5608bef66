//! YAML of Perl's modules.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec;
use sessctl_fuzz::decoded;

fuzz_target!(|bytes: &[u8]| decoded(&codec::perl_yaml::CODEC, bytes));
