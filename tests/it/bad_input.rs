//! Every codec and every wrapper against bytes that are broken, lie or were made to hurt: a value or
//! an error with an offset inside them, and never a panic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use sessctl::codec::{self, Codec, DecodeError, Limits};
use sessctl::value::Value;
use sessctl::wrap;

use crate::bad_bytes::{self, Bad};
use crate::support::*;

/// What is made to hurt is this long here, where nothing is measured.
const LENGTH: usize = 400_000;

/// What the frameworks wrote, as long as a codec or a wrapper says that it is of its form. Some are
/// left out: flipping every byte of all of them takes long and says no more.
fn genuine(sniff: impl Fn(&[u8]) -> bool) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for slug in fixtures() {
        let mut here = 0;
        for bytes in values(&slug) {
            if here < 2 && bytes.len() < 1000 && sniff(&bytes) && !found.contains(&bytes) {
                found.push(bytes);
                here += 1;
            }
        }
    }
    for sample in samples() {
        if sample.len() < 1000 && sniff(&sample) && !found.contains(&sample) {
            found.push(sample);
        }
    }
    found.sort_by_key(Vec::len);
    let step = found.len().div_ceil(4).max(1);
    found.into_iter().rev().step_by(step).collect()
}

/// Values that no captured store of a layout holds: those of tests/fixtures/codec.
fn samples() -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/codec");
    let mut samples = Vec::new();
    for file in std::fs::read_dir(folder).expect("tests/fixtures/codec") {
        let text = std::fs::read_to_string(file.expect("an entry").path()).expect("a text");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let bytes = line.split(' ').nth(1).expect("name, base64, JSON");
            samples.push(STANDARD.decode(bytes).expect("base64"));
        }
    }
    samples
}

/// Strings of a captured store, and what its hashes hold.
fn values(slug: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(fixture(slug).join("keys.jsonl")).expect("keys.jsonl");
    let mut values = Vec::new();
    for line in text.lines() {
        let key: Json = serde_json::from_str(line).expect("JSON");
        let bytes = |json: &Json| STANDARD.decode(json.as_str().expect("text")).expect("base64");
        let value = &key["value"];
        match key["type"].as_str() {
            Some("string") => values.push(bytes(&value["b64"])),
            Some("hash") => {
                let fields = value["fields"].as_array().or(value.as_array()).expect("fields");
                values.extend(fields.iter().map(|field| bytes(&field[1])));
            }
            _ => {}
        }
    }
    values
}

/// Decodes, and checks what has to be true of whatever comes of it.
fn decoded<'a>(codec: &Codec, bytes: &'a [u8], about: &str) -> Result<Value<'a>, DecodeError> {
    let result = (codec.decode)(bytes, &Limits::default());
    match &result {
        Ok(value) => {
            let text = value.to_json();
            let raw = text.chars().find(char::is_ascii_control);
            assert_eq!(raw, None, "{} {about}: {text}", codec.name);
        }
        Err(error) => {
            assert!(error.offset <= bytes.len(), "{} {about}: {error}", codec.name);
            assert!(error.reason.len() < 500, "{} {about}: {error}", codec.name);
            assert!(!error.reason.chars().any(char::is_control), "{} {about}: {error}", codec.name);
        }
    }
    result
}

/// Bytes that a reader may take for a length or a count, at the largest and at a negative one.
const CLAIMS: &[&[u8]] = &[
    b"\xff",
    b"\x7f\xff",
    b"\xff\x7f",
    b"\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\xff\xff\xff\xff",
    b"\x80\0\0\0",
    b"\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"99999999999999999999",
    b"-1",
];

/// Bytes cut off everywhere, each one changed, and each place claiming as much as it can.
fn broken(whole: &[u8], mut look: impl FnMut(&[u8], &str)) {
    for end in 0..whole.len() {
        look(&whole[..end], "cut off");
    }
    let mut bytes = whole.to_vec();
    for at in 0..whole.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            bytes[at] ^= flip;
            look(&bytes, "with a byte changed");
            bytes[at] = whole[at];
        }
        for claim in CLAIMS {
            let end = (at + claim.len()).min(whole.len());
            bytes[at..end].copy_from_slice(&claim[..end - at]);
            look(&bytes, "with a claim");
            bytes[at..end].copy_from_slice(&whole[at..end]);
        }
        // A longer one in place of a digit.
        if whole[at].is_ascii_digit() {
            look(&[&whole[..at], b"18446744073709551615", &whole[at + 1..]].concat(), "with a number");
        }
    }
}

#[test]
fn what_is_broken_anywhere_is_an_error_or_another_value() {
    for codec in codec::ALL {
        let mut samples =
            genuine(|bytes| (codec.sniff)(bytes) && (codec.decode)(bytes, &Limits::default()).is_ok());
        if codec.name == codec::php_session::BINARY.name {
            samples = vec![
                b"\x04usera:2:{s:2:\"id\";i:7;s:1:\"o\";O:1:\"P\":1:{s:1:\"p\";R:1;}}\x01xd:1.5;".to_vec(),
            ];
        }
        assert!(!samples.is_empty(), "no captured store holds a value of {}", codec.name);
        for whole in samples {
            broken(&whole, |bytes, about| drop(decoded(codec, bytes, about)));
        }
    }
}

#[test]
fn what_is_wrapped_and_broken_anywhere_is_an_error_or_other_bytes() {
    let plain =
        b"{\"cookie\":{\"path\":\"/\"},\"user\":\"alice\",\"again\":\"alice alice alice alice alice\"}";
    for wrapper in wrap::ALL {
        let wrap::Open::Plain(open) = wrapper.open else { continue };
        let whole = wrapped(wrapper.name, plain);
        assert_eq!(open(&whole, &Limits::default()).as_deref(), Ok(&plain[..]), "{}", wrapper.name);
        broken(&whole, |bytes, about| match open(bytes, &Limits::default()) {
            Ok(plain) => assert!(plain.len() <= 32 << 20, "{} {about}", wrapper.name),
            Err(error) => assert!(error.offset <= bytes.len(), "{} {about}: {error}", wrapper.name),
        });
    }
}

#[test]
fn what_is_sealed_and_broken_anywhere_is_an_error() {
    let keys = [expected("laravel-encrypted")["config"]["app_key"].as_str().expect("a key").to_string()];
    let texts = values("laravel-encrypted");
    let sealed =
        texts.iter().filter_map(|text| codec::php::string(text)).find(|text| wrap::laravel::sniff(text));
    let whole = sealed.expect("a sealed session");
    let plain = wrap::laravel::open(whole, &keys).expect("the key fits");
    broken(whole, |bytes, about| {
        // Base64 may be written in another way and say the same.
        if let Ok(other) = wrap::laravel::open(bytes, &keys) {
            assert_eq!(other, plain, "{about}");
        }
    });
}

const XZ: &str = "fd377a585a000004e6d6b4460200210116000000742fe5a3e0004d00365d003d8888673c94d9744a117c665e95e5ba5bfb\
    290a59228f573ddc9e636e275075d51df42af00d665e0131f59da2772801a566aee015000000000e1722169a6301050001524e6ae6\
    6f391fb6f37d010000000004595a";

fn hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn wrapped(name: &str, plain: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    match name {
        wrap::deflate::GZIP => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(plain).expect("memory");
            encoder.finish().expect("memory")
        }
        wrap::deflate::ZLIB => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(plain).expect("memory");
            encoder.finish().expect("memory")
        }
        wrap::lz4::NAME => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(plain).expect("memory");
            encoder.finish().expect("memory")
        }
        // By Python's lzma of the plain text that is wrapped here.
        wrap::xz::NAME => hex(XZ),
        wrap::zstd::NAME => {
            ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest)
        }
        wrap::snappy::NAME => snap::raw::Encoder::new().compress_vec(plain).expect("memory"),
        wrap::lzf::NAME => {
            plain.chunks(32).flat_map(|run| [&[run.len() as u8 - 1][..], run].concat()).collect()
        }
        wrap::fastlz::NAME => {
            let runs = plain.chunks(32).flat_map(|run| [&[run.len() as u8 - 1][..], run].concat());
            (plain.len() as u32).to_le_bytes().into_iter().chain(runs).collect()
        }
        _ => STANDARD.encode(plain).into_bytes(),
    }
}

#[test]
fn what_was_made_to_hurt_is_read_within_bounds() {
    let reading = || {
        let bad = bad_bytes::for_codecs(LENGTH);
        for codec in codec::ALL {
            assert!(bad.iter().any(|bad| bad.reader == codec.name), "nothing is bad for {}", codec.name);
        }
        for Bad { reader, what, bytes } in bad {
            let codec = codec::by_name(reader).unwrap_or_else(|| panic!("unknown codec {reader}"));
            match (codec.decode)(&bytes, &Limits::default()) {
                Ok(_) => assert!(!what.starts_with("deep"), "{reader} reads {what}"),
                Err(error) => assert!(error.offset <= bytes.len(), "{reader} {what}: {error}"),
            }
        }
    };
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(reading)
        .expect("a thread")
        .join()
        .expect("no panic");
}

#[test]
fn what_would_expand_without_end_is_not_expanded() {
    let limits = Limits::default();
    for Bad { reader, what, bytes } in bad_bytes::for_wrappers(LENGTH) {
        let wrapper = wrap::by_name(reader).unwrap_or_else(|| panic!("unknown wrapper {reader}"));
        let wrap::Open::Plain(open) = wrapper.open else { panic!("{reader} needs a secret") };
        match open(&bytes, &limits) {
            Ok(plain) => assert!(plain.len() <= (32 << 20).max(32 * bytes.len()), "{reader} {what}"),
            Err(error) => assert!(error.offset <= bytes.len(), "{reader} {what}: {error}"),
        }
    }
}
