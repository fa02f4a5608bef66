//! A dump of Redis or Valkey: gone over, read value by value, and looked into for members. The first byte
//! says which header stands in front, if none does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::store::{Kind, Raw};
use sessctl::store::rdb::bytes::Bytes;
use sessctl::store::rdb::reader::Reader;
use sessctl::store::rdb::value::Read;

const NOW: i64 = 1_796_018_000_000;

fuzz_target!(|data: &[u8]| {
    let whole;
    let data = if data.starts_with(b"REDIS") || data.starts_with(b"VALKEY") {
        data
    } else {
        let Some((first, rest)) = data.split_first() else { return };
        let header: &[u8] = if first % 2 == 0 { b"REDIS0012" } else { b"VALKEY080" };
        whole = [header, rest].concat();
        &whole
    };
    for way in 0..3 {
        let mut bytes = Bytes::new(data, 0, 64);
        bytes.sum_up();
        let Ok(Some(mut reader)) = Reader::new(bytes) else { return };
        while let Ok(Some(found)) = reader.find() {
            let went = match way {
                0 => reader.pass(found.shape).is_ok(),
                1 => match reader.value(found.shape, 1 << 20, NOW) {
                    Ok(Read::Whole(Raw::Hash(fields))) => {
                        assert!(!fields.is_empty());
                        true
                    }
                    read => read.is_ok(),
                },
                _ if matches!(found.shape.kind(), Kind::Set | Kind::SortedSet) => {
                    reader.bytes.members(found.shape, 1 << 16, 1 << 20).is_ok()
                }
                _ => reader.pass(found.shape).is_ok(),
            };
            if !went {
                break;
            }
        }
    }
});
