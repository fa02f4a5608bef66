//! An audit log, and after a byte 0xff the note beside it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::change::audit::verify;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0xff);
    let (log, head) = (parts.next().unwrap_or_default(), parts.next());
    let verdict = verify::verdict(log, head).expect("it is in memory");
    // Lines that nobody noted are told.
    assert!(head.is_some() || verdict.lines == 0 || !verdict.findings.is_empty());
});
