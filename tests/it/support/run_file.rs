//! Run files taken apart and put together again: as they are, as somebody would who has the key beside
//! the audit log or has it not, and as older versions wrote them.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::Sess;

const MARK: &[u8] = b"sessctl runfile2\n";
/// Of files that are not signed.
const OLDER: &[u8] = b"sessctl run file\n";

/// Where the file of a run is.
pub(crate) fn run_file(sess: &Sess, run: &str) -> PathBuf {
    sess.server.dir.path().join("sessctl/runs").join(format!("{run}.run"))
}

/// The key that run files are bound by.
pub(crate) fn key_file(sess: &Sess) -> PathBuf {
    sess.server.dir.path().join("sessctl/audit.key")
}

/// Bytes of a record before its payload, with its link.
pub(crate) const HEAD: usize = 48;

fn head(file: &[u8]) -> usize {
    if file.starts_with(MARK) { HEAD } else { 16 }
}

/// Where the records of a run file begin, and where each of them ends.
pub(crate) fn record_ends(file: &[u8]) -> Vec<usize> {
    let mut at = file.iter().position(|byte| *byte == b'\n').expect("a mark") + 1;
    let mut ends = vec![at];
    while at < file.len() {
        let length = file[at..at + 4].try_into().map(u32::from_le_bytes).expect("a length");
        at += head(file) + length as usize;
        ends.push(at);
    }
    ends
}

/// The content of each record of a file.
pub(crate) fn records(file: &[u8]) -> Vec<Vec<u8>> {
    let content = |record: &[usize]| {
        let mut plain = Vec::new();
        DeflateDecoder::new(&file[record[0] + head(file)..record[1]])
            .read_to_end(&mut plain)
            .expect("deflated");
        plain
    };
    record_ends(file).windows(2).map(content).collect()
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// A file of these records: bound by that key, or with links that are none.
pub(crate) fn file_of(records: &[Vec<u8>], key: Option<&[u8]>) -> Vec<u8> {
    let key = mac(key.unwrap_or_default(), &[b"sessctl\0run files"]);
    let mut last = mac(&key, &[MARK]);
    let mut file = MARK.to_vec();
    for plain in records {
        let (head, payload) = record(plain);
        last = mac(&key, &[&last, &head, &payload]);
        file.extend([&head[..], &last, &payload].concat());
    }
    file
}

/// A file of these records as older versions wrote it.
pub(crate) fn older_file_of(records: &[Vec<u8>]) -> Vec<u8> {
    let mut file = OLDER.to_vec();
    for plain in records {
        let (head, payload) = record(plain);
        file.extend([head, payload].concat());
    }
    file
}

/// A record's header without its link, and its payload.
fn record(plain: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).expect("deflated");
    let payload = encoder.finish().expect("deflated");
    let length = payload.len() as u32;
    let sum = Sha256::digest(&payload);
    ([&length.to_le_bytes()[..], &(!length).to_le_bytes(), &sum[..8]].concat(), payload)
}

/// The file with the content of each of its records made into another, by somebody who has the key.
pub(crate) fn with_records(
    sess: &Sess,
    file: &[u8],
    mut make: impl FnMut(usize, Vec<u8>) -> Vec<u8>,
) -> Vec<u8> {
    let key = std::fs::read(key_file(sess)).expect("a key");
    let made: Vec<Vec<u8>> =
        records(file).into_iter().enumerate().map(|(at, plain)| make(at, plain)).collect();
    file_of(&made, Some(&key))
}

/// Puts one text in the place of another of the same length wherever it stands; how often.
pub(crate) fn exchange(plain: &mut [u8], old: &[u8], new: &[u8]) -> usize {
    assert_eq!(old.len(), new.len());
    let places: Vec<usize> = (0..plain.len()).filter(|at| plain[*at..].starts_with(old)).collect();
    for at in &places {
        plain[*at..at + old.len()].copy_from_slice(new);
    }
    places.len()
}
