//! A run file: the bytes as they are, and as records whose sums and links are right, each with its length
//! in two bytes before it. Whatever they say is checked against the layouts that they name.
#![no_main]

use std::io::{self, Cursor};
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sessctl::frameworks::Catalog;
use sessctl::change::plan::belongs::Belongs;
use sessctl::change::plan::run::{Reader, Record, Start, file_with};
use sessctl::store::{Raw, Ttl};

const KEY: [u8; 32] = [7; 32];

fuzz_target!(|bytes: &[u8]| {
    read(bytes.to_vec());
    let mut payloads = Vec::new();
    let mut rest = bytes;
    while let Some((length, more)) = rest.split_first_chunk::<2>() {
        let (payload, more) = more.split_at(usize::from(u16::from_le_bytes(*length)).min(more.len()));
        payloads.push(payload);
        rest = more;
    }
    read(file_with(&payloads, Some(&KEY)).expect("it is in memory"));
    read(file_with(&payloads, None).expect("it is in memory"));
});

fn read(file: Vec<u8>) {
    let length = file.len() as u64;
    let key = || io::Result::Ok(Some(KEY.to_vec()));
    let Ok(mut reader) = Reader::over(Path::new("a.run"), Box::new(Cursor::new(file)), length, &key) else {
        return;
    };
    let catalog = Catalog::default();
    let mut start: Option<Start> = None;
    while let Ok(Some(record)) = reader.record() {
        match (record, &start) {
            (Record::Start(first), _) => start = Some(first),
            (Record::Prepared(kept), Some(start)) => {
                let mut belongs = Belongs::new(start, reader.is_bound(), &catalog, &[]);
                kept.iter().for_each(|kept| drop(belongs.check_kept(kept)));
            }
            (Record::Planned(mut entries), Some(start)) => {
                let mut belongs = Belongs::new(start, reader.is_bound(), &catalog, &[]);
                for entry in &mut entries {
                    let _ = belongs.check_step(entry, &Raw::Gone, Ttl::Gone);
                }
            }
            _ => {}
        }
    }
}
