//! Ids alone, as other programs take them.
//!
//! With `-0` each is written as it is and ended by NUL. In lines, an id's own line breaks are written
//! as `\x0a` and `\x0d`, which `--ids-from` understands, since a raw one would make two ids of one.
//! A terminal gets no raw bytes at all.

use super::{Look, mask, safe};

/// Appends an id with what ends it; says whether it had to be escaped to stay on its line.
pub(super) fn row(out: &mut Vec<u8>, id: &[u8], look: Look) -> bool {
    let mut escaped = false;
    if look.mask {
        out.extend_from_slice(safe::safe(&mask::id(id, mask::length(id))).as_bytes());
    } else if look.terminal {
        out.extend_from_slice(safe::bytes(id).as_bytes());
    } else if !look.nul && memchr::memchr2(b'\n', b'\r', id).is_some() {
        escaped = true;
        for byte in id {
            match byte {
                b'\n' => out.extend_from_slice(b"\\x0a"),
                b'\r' => out.extend_from_slice(b"\\x0d"),
                other => out.push(*other),
            }
        }
    } else {
        out.extend_from_slice(id);
    }
    out.push(if look.nul { 0 } else { b'\n' });
    escaped
}
