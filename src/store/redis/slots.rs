//! Which slot of a cluster a key lies in (the Redis Cluster specification, "Key distribution model").

use crate::store::{IndexOp, Key, Op};

/// Slots that a cluster's keys are divided into.
pub(super) const SLOTS: u16 = 16_384;

/// CRC-16/XMODEM of the key, or of what stands in its first braces if that is anything at all.
pub(super) fn slot_of(key: &[u8]) -> u16 {
    let tagged = memchr::memchr(b'{', key).and_then(|open| {
        let behind = &key[open + 1..];
        memchr::memchr(b'}', behind).filter(|length| *length > 0).map(|length| &behind[..length])
    });
    crc16(tagged.unwrap_or(key)) % SLOTS
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| (crc << 8) ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

/// The remainder of each byte, by the polynomial x^16 + x^12 + x^5 + 1.
const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// Whether two keys can be in one transaction.
pub(super) fn together(one: &Key, other: &Key) -> bool {
    slot_of(&one.0) == slot_of(&other.0)
}

/// The second key of an operation, which may lie in another slot than the first.
pub(super) fn other_key(op: &Op) -> Option<&Key> {
    match op {
        Op::Index(IndexOp::SetMove { to, .. }) => Some(to),
        Op::Index(IndexOp::SortedRemoveWhenGone { gone, .. }) => Some(gone),
        _ => None,
    }
}

/// Whether all that an operation touches lies in this slot. What is published goes to every node.
pub(super) fn is_within(op: &Op, slot: u16) -> bool {
    let here = |key: Option<&Key>| key.is_none_or(|key| slot_of(&key.0) == slot);
    here(op.key()) && here(other_key(op))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        // As CLUSTER KEYSLOT of Redis 7.0.15 has them.
        for (key, slot) in [(&b"foo"[..], 12_182), (b"{foo}.bar", 12_182), (b"a{foo}{bar}", 12_182), (b"", 0)]
        {
            assert_eq!(slot_of(key), slot, "{}", key.escape_ascii());
        }
        // Braces with nothing in them are no tag, nor are those that are not closed.
        assert_ne!(slot_of(b"a{}{foo}"), 12_182);
        assert_ne!(slot_of(b"a{foo"), 12_182);
    }
}
