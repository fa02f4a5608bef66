//! A key and its value as every layout sees them: the key and the value, or the fields of a hash and
//! theirs, with 0xff between. Of WebSEAL's hashes nothing else is known.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::codec::Limits;
use sessctl::detect;
use sessctl::frameworks;
use sessctl::layout::session::Certainty;
use sessctl::layout::{Blob, Setup};
use sessctl::store::{Key, Need, Raw, Record, Ttl};

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|byte| *byte == 0xff).map(<[u8]>::to_vec);
    let (Some(key), Some(first)) = (parts.next(), parts.next()) else { return };
    let raw = match parts.next() {
        None => Raw::Text(first),
        Some(second) => {
            let rest: Vec<Vec<u8>> = parts.collect();
            let more = rest.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
            Raw::Hash([(first, second)].into_iter().chain(more).collect())
        }
    };
    let record = Record { key: Key(key), raw, ttl: Ttl::Never, ends: Vec::new(), memory: None, exact_end: None, asked: Need::VALUE };
    let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
    for layout in frameworks::BUILT_IN.all() {
        let setup = Setup::free(layout);
        drop((layout.recognize)(&setup, &blob));
        let data = detect::data(&setup, &blob);
        let session = detect::session(&setup, &blob, data.as_ref(), &record, Certainty::Sure, 0);
        drop((layout.ends.end)(&setup, &session));
    }
});
