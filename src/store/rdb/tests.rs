//! Whole dumps: those of real servers, and small ones of every encoding, whole, cut off and damaged.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::bytes::Bytes;
use super::hash::HashReader;
use super::input::Origin;
use super::reader::{Header, Reader};
use super::value::Read;
use super::{Dump, DumpReader};
use crate::store::{
    Error, IndexOp, Interest, Key, Kind, Lookup as _, Need, Op, Query, Raw, Record, Source as _, Ttl,
};

const NOW: i64 = 1_796_018_000_000;

fn folder(server: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rdb").join(server)
}

fn opened(path: PathBuf, db: u32) -> DumpReader {
    Dump::open(&Origin::Path(path), db, Some(NOW)).expect("a dump").reader()
}

/// All of a dump's database, and how the scan ended.
fn all(reader: &mut DumpReader, pattern: Option<&[u8]>) -> (Vec<Record>, Result<(), Error>) {
    let mut records = Vec::new();
    let mut interest = |_: &[u8]| Interest::Read { hash: false };
    let mut query = Query { pattern: pattern.map(<[u8]>::to_vec), need: Need::ALL, interest: &mut interest };
    let ended = reader.scan(&mut query, &mut |page| {
        records.extend(page.records);
        ControlFlow::Continue(())
    });
    (records, ended)
}

fn bytes(json: &Json) -> Vec<u8> {
    STANDARD.decode(json.as_str().expect("text")).expect("base64")
}

fn list(json: &Json) -> Vec<Json> {
    json.as_array().cloned().unwrap_or_default()
}

const SERVERS: &[&str] = &["redis-6.2.14", "redis-7.0.15", "redis-7.4.1", "redis-8.2.3", "valkey-8.1.8"];

#[test]
fn every_key_of_real_dumps_is_as_its_server_said() {
    for server in SERVERS {
        let text = std::fs::read_to_string(folder(server).join("expected.jsonl")).expect("expected.jsonl");
        let mut expected: BTreeMap<u32, Vec<Json>> = BTreeMap::new();
        for line in text.lines() {
            let row: Json = serde_json::from_str(line).expect("JSON");
            expected.entry(row["db"].as_u64().expect("a number") as u32).or_default().push(row);
        }
        assert!(expected.len() > 2);
        for (db, rows) in expected {
            let mut reader = opened(folder(server).join("dump.rdb"), db);
            // As many as there were before some were taken out.
            assert!(reader.size().expect("a size") >= Some(rows.len() as u64), "{server} {db}");
            let (records, ended) = all(&mut reader, None);
            ended.expect("whole");
            let mut records: BTreeMap<Vec<u8>, Record> =
                records.into_iter().map(|record| (record.key.0.clone(), record)).collect();
            for row in rows {
                let name = bytes(&row["key_b64"]);
                let what = format!("{server} {db} {}", name.escape_ascii());
                let record = records.remove(&name).unwrap_or_else(|| panic!("{what} is absent"));
                is_as(&mut reader, &record, &row, &what);
            }
            assert!(records.is_empty(), "{server} {db}: {:?}", records.keys());
        }
    }
}

fn is_as(reader: &mut DumpReader, record: &Record, row: &Json, what: &str) {
    // The older servers do not say to the millisecond.
    match (&row["expire_ms"], record.ttl) {
        (Json::Null, ttl) => assert_eq!(ttl, Ttl::Never, "{what}"),
        (Json::Number(end), Ttl::In(ms)) => assert_eq!(end.as_i64(), Some(NOW + ms as i64), "{what}"),
        (Json::String(end), Ttl::In(ms)) => {
            let end: i64 = end.trim_start_matches("about ").parse().expect("a number");
            assert!(end.abs_diff(NOW + ms as i64) < 3_000, "{what}");
        }
        (end, ttl) => panic!("{what}: {end} {ttl:?}"),
    }
    let key = &record.key;
    let kind = match row["type"].as_str().expect("a type") {
        "vectorset" => Kind::Other,
        name => Kind::from_type(name.as_bytes()).expect("a kind"),
    };
    assert_eq!(reader.kinds(std::slice::from_ref(key)).expect("kinds"), [Some(kind)], "{what}");
    let again = reader.read(std::slice::from_ref(key), Need::ALL).expect("a record");
    assert_eq!(again, std::slice::from_ref(record), "{what}");
    match kind {
        Kind::String => {
            let text = bytes(&row["value"]);
            assert_eq!(record.raw, Raw::Text(text.clone()), "{what}");
            let entries = reader.entries(key, 1_000).expect("entries");
            assert_eq!(entries, [text], "{what}");
        }
        Kind::Hash => {
            let Raw::Hash(mut fields) = record.raw.clone() else { panic!("{what}: {:?}", record.raw) };
            fields.sort();
            let mut expected: Vec<(Vec<u8>, Vec<u8>)> =
                list(&row["value"]).iter().map(|pair| (bytes(&pair[0]), bytes(&pair[1]))).collect();
            expected.sort();
            assert_eq!(fields, expected, "{what}");
        }
        Kind::Set => {
            let mut members = reader.members(std::slice::from_ref(key), false).expect("members").remove(0);
            assert_eq!(reader.entries(key, members.len()).expect("entries"), members, "{what}");
            assert!(reader.entries(key, members.len() - 1).expect("entries").is_empty(), "{what}");
            members.sort();
            let mut expected: Vec<Vec<u8>> = list(&row["value"]).iter().map(bytes).collect();
            expected.sort();
            assert_eq!(members, expected, "{what}");
        }
        Kind::SortedSet => {
            let members = reader.members(std::slice::from_ref(key), true).expect("members").remove(0);
            let mut expected: Vec<(f64, Vec<u8>)> = list(&row["value"])
                .iter()
                .map(|pair| (pair[1].as_str().expect("text").parse().expect("a score"), bytes(&pair[0])))
                .collect();
            expected.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
            let expected: Vec<Vec<u8>> = expected.into_iter().map(|(_, member)| member).collect();
            assert_eq!(members, expected, "{what}");
            let sorted = |member: &[u8]| {
                Op::Index(IndexOp::SortedRemove { key: key.clone(), member: member.to_vec() })
            };
            let ops = [sorted(&expected[0]), sorted(b"nobody")];
            assert_eq!(reader.probe(&ops).expect("probed"), [true, false], "{what}");
        }
        Kind::List | Kind::Stream | Kind::Other => assert_eq!(record.raw, Raw::Other(kind), "{what}"),
    }
}

#[test]
fn what_else_servers_write() {
    for server in SERVERS {
        for (name, keys) in [("dump-cluster.rdb", 1..), ("dump-nochecksum.rdb", 1..)] {
            let (records, ended) = all(&mut opened(folder(server).join(name), 0), None);
            ended.unwrap_or_else(|error| panic!("{server} {name}: {error}"));
            assert!(keys.contains(&records.len()), "{server} {name}");
        }
    }
    let of = |name: &str| all(&mut opened(folder("redis-7.0.15").join(name), 0), None).0;
    let names = |records: &[Record]| records.iter().map(|record| record.key.clone()).collect::<Vec<_>>();
    let mut plain = names(&of("dump.rdb"));
    plain.sort();
    for name in ["dump-lfu.rdb", "dump-lru.rdb"] {
        let mut other = names(&of(name));
        other.sort();
        assert_eq!(other, plain, "{name}");
        // What precedes a key belongs to it: it is found there again.
        let mut reader = opened(folder("redis-7.0.15").join(name), 0);
        let kinds = reader.kinds(&other).expect("kinds");
        assert!(kinds.iter().all(Option::is_some), "{name}");
    }
}

#[test]
fn a_glob_and_an_interest_choose_the_keys() {
    let mut reader = opened(folder("redis-7.0.15").join("dump.rdb"), 5);
    let (whole, _) = all(&mut reader, None);
    let (some, _) = all(&mut reader, Some(b"sess:[a-e]*"));
    assert!(!some.is_empty() && some.len() < whole.len());
    assert!(some.iter().all(|record| record.key.0.starts_with(b"sess:")));
    let mut query = Query {
        pattern: None,
        need: Need::ALL,
        interest: &mut |key: &[u8]| {
            if key.ends_with(b"A") { Interest::Name } else { Interest::Skip }
        },
    };
    let (mut scanned, mut records) = (0, Vec::new());
    reader
        .scan(&mut query, &mut |page| {
            scanned += page.scanned;
            records.extend(page.records);
            ControlFlow::Continue(())
        })
        .expect("whole");
    assert_eq!(scanned, whole.len() as u64);
    assert!(records.iter().all(|record| record.raw == Raw::Unread && record.key.0.ends_with(b"A")));
    // Anyone who has enough stops it.
    let mut interest = |_: &[u8]| Interest::Name;
    let mut query = Query { pattern: None, need: Need::NOTHING, interest: &mut interest };
    reader.scan(&mut query, &mut |_| ControlFlow::Break(())).expect("stopped");
    let elsewhere: Vec<String> = reader.elsewhere().into_iter().map(|(db, _)| db).collect();
    assert_eq!(elsewhere, ["0", "1", "15"]);
}

/// A dump while it is written.
struct Made(Vec<u8>);

impl Made {
    fn new(header: &str) -> Made {
        Made(header.as_bytes().to_vec())
    }

    fn raw(mut self, bytes: &[u8]) -> Made {
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, text: &[u8]) -> Made {
        let length = [0x80].into_iter().chain((text.len() as u32).to_be_bytes()).collect::<Vec<u8>>();
        self.raw(&length).raw(text)
    }

    fn texts(self, texts: &[&str]) -> Made {
        texts.iter().fold(self, |made, text| made.text(text.as_bytes()))
    }

    /// A key of that type; its value follows.
    fn key(self, kind: u8, name: &str) -> Made {
        self.raw(&[kind]).text(name.as_bytes())
    }

    /// The end, with a checksum.
    fn done(self) -> Vec<u8> {
        let made = self.raw(&[0xff]);
        let mut bytes = Bytes::new(&made.0[..], 0, 64);
        bytes.sum_up();
        bytes.skip(made.0.len() as u64).expect("all of it");
        let sum = bytes.sum().expect("a sum");
        made.raw(&sum.to_le_bytes()).0
    }

    fn file(self) -> (tempfile::NamedTempFile, DumpReader) {
        file(&self.done())
    }
}

fn file(bytes: &[u8]) -> (tempfile::NamedTempFile, DumpReader) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("written");
    let reader = opened(file.path().to_path_buf(), 0);
    (file, reader)
}

/// The same of one that may not even begin like a dump.
fn try_file(bytes: &[u8]) -> Result<DumpReader, Error> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("written");
    Ok(Dump::open(&Origin::Path(file.path().to_path_buf()), 0, Some(NOW))?.reader())
}

/// A listpack of short strings and numbers.
fn listpack(entries: &[&str]) -> Vec<u8> {
    let mut bytes = vec![0; 6];
    for entry in entries {
        let mut one = match entry.parse::<i64>() {
            Ok(number) => [&[0xf4][..], &number.to_le_bytes()].concat(),
            Err(_) => [&[0x80 | entry.len() as u8][..], entry.as_bytes()].concat(),
        };
        one.push(one.len() as u8);
        bytes.extend(one);
    }
    bytes.push(0xff);
    let length = bytes.len() as u32;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes[4..6].copy_from_slice(&(entries.len() as u16).to_le_bytes());
    bytes
}

fn ziplist(entries: &[&str]) -> Vec<u8> {
    let mut bytes = vec![0; 10];
    let mut before = 0;
    for entry in entries {
        bytes.push(before);
        bytes.push(entry.len() as u8);
        bytes.extend_from_slice(entry.as_bytes());
        before = entry.len() as u8 + 2;
    }
    bytes.push(0xff);
    let length = bytes.len() as u32;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes[8..10].copy_from_slice(&(entries.len() as u16).to_le_bytes());
    bytes
}

fn hash(fields: &[(&str, &str)]) -> Raw {
    Raw::Hash(
        fields.iter().map(|(field, value)| (field.as_bytes().to_vec(), value.as_bytes().to_vec())).collect(),
    )
}

/// Every type that Redis writes or wrote, and every opcode.
fn redis() -> Made {
    let later = NOW + 5_000;
    let le = |number: i64| number.to_le_bytes();
    Made::new("REDIS0012")
        .raw(&[0xfa])
        .texts(&["redis-ver", "7.4.1"])
        .raw(&[0xfa])
        .texts(&["ctime", "1796018000"])
        .raw(&[0xf5])
        .text(b"#!lua name=x")
        .raw(&[0xf6])
        .texts(&["n", "LUA"])
        .raw(&[1])
        .texts(&["about", "code"])
        .raw(&[0xf7, 5, 2, 1, 5])
        .text(b"aux")
        .raw(&[1, 9, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        .raw(&[0xfe, 0, 0xfb, 40, 2])
        .raw(&[0xf4, 3, 1, 0])
        // Two templates of hashes.
        .raw(&[0xf2, 1])
        .text(b"only")
        .raw(&[0xf2, 2])
        .texts(&["id", "user"])
        .raw(&[0xfc])
        .raw(&le(NOW - 1))
        .key(0, "over")
        .text(b"x")
        .raw(&[0xfc])
        .raw(&le(later))
        .raw(&[0xf9, 7])
        .key(0, "text")
        .text(b"value")
        .raw(&[0xfd])
        .raw(&4_000_000_000_u32.to_le_bytes()[..0])
        .raw(&2_000_000_000_i32.to_le_bytes())
        .raw(&[0xf8, 60])
        .key(0, "seconds")
        .raw(&[0xc0, 0xff])
        .raw(&[0xf3, 1, 1, 2, 3, 4, 2, 7, 0])
        .key(0, "meta")
        .text(b"m")
        .key(1, "list")
        .raw(&[2])
        .texts(&["a", "b"])
        .key(2, "set")
        .raw(&[2])
        .texts(&["a", "b"])
        .key(3, "zset-old")
        .raw(&[3])
        .text(b"a")
        .raw(&[3])
        .raw(b"2.5")
        .text(b"b")
        .raw(&[255])
        .text(b"c")
        .raw(&[254])
        .key(4, "hash")
        .raw(&[2])
        .texts(&["f", "v", "g", "w"])
        .key(5, "zset")
        .raw(&[2])
        .text(b"b")
        .raw(&2.0_f64.to_le_bytes())
        .text(b"a")
        .raw(&1.0_f64.to_le_bytes())
        .key(7, "module")
        .raw(&[0x81, 0, 0, 0, 0, 0, 0, 0, 1, 5])
        .text(b"inside")
        .raw(&[0])
        .key(9, "zipmap")
        .text(b"\x01\x01f\x01\x00v\xff")
        .key(10, "list-zip")
        .text(&ziplist(&["a", "b"]))
        .key(11, "numbers")
        .text(b"\x02\0\0\0\x02\0\0\0\xff\xff\x07\0")
        .key(12, "zset-zip")
        .text(&ziplist(&["a", "1.5", "b", "2"]))
        .key(13, "hash-zip")
        .text(&ziplist(&["f", "v"]))
        .key(14, "quick")
        .raw(&[1])
        .text(&ziplist(&["a"]))
        .key(15, "stream")
        .raw(&[0, 0, 0, 0, 1])
        .text(b"g")
        .raw(&[0, 0, 1])
        .raw(&[0; 24])
        .raw(&[1, 1])
        .text(b"c")
        .raw(&[0; 8])
        .raw(&[1])
        .raw(&[0; 16])
        .key(16, "hash-pack")
        .text(&listpack(&["f", "v", "n", "-70000"]))
        .key(17, "zset-pack")
        .text(&listpack(&["b", "2", "a", "0.5"]))
        .key(18, "quick2")
        .raw(&[2, 1])
        .text(b"plain")
        .raw(&[2])
        .text(&listpack(&["a"]))
        .key(19, "stream2")
        .raw(&[1])
        .texts(&["0123456789abcdef", "lp"])
        .raw(&[1, 0, 0, 0, 0, 0, 0, 1, 0])
        .key(20, "set-pack")
        .text(&listpack(&["a", "b"]))
        .key(21, "stream3")
        .raw(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        .text(b"g")
        .raw(&[0, 0, 0, 0, 1])
        .text(b"c")
        .raw(&[0; 16])
        .raw(&[0])
        .key(22, "ttl-pre")
        .raw(&[2, 0])
        .texts(&["stays", "1"])
        .raw(&[1])
        .texts(&["went", "2"])
        .key(23, "ttl-pack-pre")
        .text(&listpack(&["stays", "x", "0", "went", "y", "1"]))
        .key(24, "ttl")
        .raw(&le(NOW))
        .raw(&[3, 0])
        .texts(&["none", "a"])
        .raw(&[1])
        .texts(&["now", "b"])
        .raw(&[2])
        .texts(&["next", "c"])
        .key(25, "ttl-pack")
        .raw(&le(0))
        .text(&listpack(&["stays", "x", "0", "went", "y", "5"]))
        .key(26, "stream4")
        .raw(&[0; 10])
        .raw(&[7, 8, 1])
        .text(b"p")
        .raw(&[9; 16])
        .raw(&[3, 4])
        .key(27, "stream5")
        .raw(&[0; 9])
        .raw(&[1])
        .text(b"g")
        .raw(&[0, 0, 0, 0, 0, 1])
        .raw(&[9; 16])
        .raw(&[7, 8, 0, 3, 4])
        .key(30, "template-pack")
        .text(&listpack(&["1", "i", "alice"]))
        .key(32, "template")
        .raw(&[1])
        .texts(&["j", "bob"])
        .key(0, "last")
        .text(b"x")
}

/// The same of Valkey 9.
fn valkey() -> Made {
    Made::new("VALKEY080")
        .raw(&[0xf3])
        .text(&[b'j'; 40])
        .raw(&[1, 0, 9])
        .raw(&[0xfe, 0])
        .key(22, "ends")
        .raw(&[3])
        .texts(&["none", "a"])
        .raw(&(-1_i64).to_le_bytes())
        .texts(&["went", "b"])
        .raw(&1_i64.to_le_bytes())
        .texts(&["stays", "c"])
        .raw(&(NOW + 1).to_le_bytes())
        .key(22, "all-went")
        .raw(&[1])
        .texts(&["went", "b"])
        .raw(&1_i64.to_le_bytes())
        .key(0, "last")
        .text(b"x")
}

#[test]
fn every_type_and_opcode() {
    let (_file, mut reader) = redis().file();
    let (records, ended) = all(&mut reader, None);
    ended.expect("whole");
    assert_eq!(reader.besides().ended, 1);
    let of = |name: &str| {
        let record = records.iter().find(|record| record.key.0 == name.as_bytes());
        record.unwrap_or_else(|| panic!("{name} is absent"))
    };
    assert_eq!(of("text").ttl, Ttl::In(5_000));
    assert_eq!(of("seconds").ttl, Ttl::In((2_000_000_000_000 - NOW) as u64));
    assert_eq!(of("seconds").raw, Raw::Text(b"-1".to_vec()));
    assert_eq!(of("meta").ttl, Ttl::Never);
    for (name, expected) in [
        ("hash", hash(&[("f", "v"), ("g", "w")])),
        ("zipmap", hash(&[("f", "v")])),
        ("hash-zip", hash(&[("f", "v")])),
        ("hash-pack", hash(&[("f", "v"), ("n", "-70000")])),
        ("ttl-pre", hash(&[("stays", "1")])),
        ("ttl-pack-pre", hash(&[("stays", "x")])),
        ("ttl", hash(&[("none", "a"), ("next", "c")])),
        ("ttl-pack", hash(&[("stays", "x")])),
        ("template-pack", hash(&[("id", "i"), ("user", "alice")])),
        ("template", hash(&[("id", "j"), ("user", "bob")])),
        ("list", Raw::Other(Kind::List)),
        ("quick", Raw::Other(Kind::List)),
        ("quick2", Raw::Other(Kind::List)),
        ("list-zip", Raw::Other(Kind::List)),
        ("module", Raw::Other(Kind::Other)),
        ("stream", Raw::Other(Kind::Stream)),
        ("stream2", Raw::Other(Kind::Stream)),
        ("stream3", Raw::Other(Kind::Stream)),
        ("stream4", Raw::Other(Kind::Stream)),
        ("stream5", Raw::Other(Kind::Stream)),
        ("numbers", Raw::Other(Kind::Set)),
        ("last", Raw::Text(b"x".to_vec())),
    ] {
        assert_eq!(of(name).raw, expected, "{name}");
    }
    let key = |name: &str| Key(name.as_bytes().to_vec());
    for (name, sorted, expected) in [
        ("set", false, &["a", "b"][..]),
        ("set-pack", false, &["a", "b"]),
        ("numbers", false, &["-1", "7"]),
        ("zset-old", true, &["b", "a", "c"]),
        ("zset", true, &["a", "b"]),
        ("zset-zip", true, &["a", "b"]),
        ("zset-pack", true, &["a", "b"]),
        ("list", false, &[]),
        ("absent", true, &[]),
        ("over", true, &[]),
    ] {
        let members = reader.members(&[key(name)], sorted).expect("members").remove(0);
        let expected: Vec<Vec<u8>> = expected.iter().map(|member| member.as_bytes().to_vec()).collect();
        assert_eq!(members, expected, "{name}");
    }
    let field =
        |field: &str| Op::Index(IndexOp::HashRemove { key: key("hash"), field: field.as_bytes().to_vec() });
    let ops = [
        field("f"),
        field("x"),
        Op::Unlink(key("text")),
        Op::Unlink(key("over")),
        Op::UnlinkIfEquals(key("text"), b"value".to_vec()),
        Op::UnlinkIfEquals(key("text"), b"another".to_vec()),
        Op::Index(IndexOp::SetRemove { key: key("set-pack"), member: b"b".to_vec() }),
        Op::Index(IndexOp::SetRemove { key: key("zset"), member: b"b".to_vec() }),
        Op::Outlive { key: key("text"), at: Some(NOW + 6_000) },
        Op::Outlive { key: key("text"), at: Some(NOW + 4_000) },
        Op::Outlive { key: key("set"), at: None },
        Op::EndAt { key: key("set"), at: None },
    ];
    let found = [true, false, true, false, true, false, true, false, true, false, false, true];
    assert_eq!(reader.probe(&ops).expect("probed"), found);

    let (_file, mut reader) = valkey().file();
    let (records, ended) = all(&mut reader, None);
    ended.expect("whole");
    let names: Vec<&[u8]> = records.iter().map(|record| &record.key.0[..]).collect();
    assert_eq!(names, [&b"ends"[..], b"last"]);
    assert_eq!(records[0].raw, hash(&[("none", "a"), ("stays", "c")]));
}

#[test]
fn damage_is_told_with_its_place_and_what_was_readable_stands() {
    let why = |made: Vec<u8>| {
        let (_file, mut reader) = file(&made);
        let (records, ended) = all(&mut reader, None);
        (records.len(), ended.expect_err("damaged").to_string())
    };
    let begin = || Made::new("REDIS0012").raw(&[0xfe, 0]).key(0, "one").text(b"1");
    let (records, said) = why(begin().key(99, "x").done());
    assert!(records == 1 && said.contains("type 99") && said.contains("past byte 26"), "{said}");
    let (records, said) = why(begin().key(28, "x").done());
    assert!(records == 1 && said.contains("an array of Redis 8.8"), "{said}");
    let newer = Made::new("REDIS0099").raw(&[0xfe, 0]).key(0, "one").text(b"1");
    let (records, said) = why(newer.key(99, "x").done());
    assert!(records == 1 && said.contains("RDB version 99 of Redis"), "{said}");
    let (records, said) = why(begin().key(6, "x").done());
    assert!(records == 1 && said.contains("module"), "{said}");
    // Keys after one whose inside alone is damaged are read.
    let odd = listpack(&["f", "v", "f", "w"]);
    let (records, said) = why(begin().key(16, "x").text(&odd).key(0, "two").text(b"2").done());
    assert!(
        records == 2 && said.contains("1 key cannot be read") && said.contains("a field twice"),
        "{said}"
    );
    let (records, said) =
        why(begin().key(0, "x").raw(b"\xc3\x05\x09\x00a\xe0\x00\x00").key(0, "two").text(b"2").done());
    assert!(records == 2 && said.contains("a compressed string"), "{said}");
    // A change that Valkey writes after the data.
    let update = Made::new("VALKEY081").raw(&[0xfe, 0]).key(0, "one").text(b"1");
    let (records, said) = why(update.raw(b"\xf2*2\r\n$3\r\nDEL\r\n$3\r\none\r\n").done());
    assert!(records == 1 && said.contains("1 change made while it was written"), "{said}");
    let mut other = begin().done();
    let last = other.len() - 1;
    other[last] ^= 1;
    let (records, said) = why(other);
    assert!(records == 1 && said.contains("checksum"), "{said}");
}

/// Reads all that can be read, in every way that there is; how many keys.
fn look_through(bytes: &[u8]) -> usize {
    let mut keys = 0;
    for way in 0..3 {
        let mut bytes = Bytes::new(bytes, 0, 64);
        bytes.sum_up();
        let Ok(Some(mut reader)) = Reader::new(bytes) else { return 0 };
        keys = 0;
        while let Ok(Some(found)) = reader.find() {
            let went = match way {
                0 => reader.pass(found.shape).is_ok(),
                1 => match reader.value(found.shape, 1 << 20, NOW) {
                    Ok(Read::Whole(raw)) => raw.bytes() < 64 << 20,
                    Ok(_) => true,
                    Err(_) => false,
                },
                _ if matches!(found.shape.kind(), Kind::Set | Kind::SortedSet) => {
                    reader.bytes.members(found.shape, 1 << 20, 1 << 20).is_ok()
                }
                _ => reader.pass(found.shape).is_ok(),
            };
            if !went {
                break;
            }
            keys += 1;
        }
    }
    keys
}

#[test]
fn cut_at_every_byte_and_flipped_at_many() {
    let mut seed: u64 = 42;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for dump in [redis().done(), valkey().done()] {
        let whole = look_through(&dump);
        assert!(whole > 2);
        let mut before = 0;
        for end in 0..dump.len() {
            let keys = look_through(&dump[..end]);
            assert!((before..=whole).contains(&keys), "{end}");
            before = keys;
        }
        for _ in 0..10_000 {
            let mut dump = dump.clone();
            let at = random() as usize % dump.len();
            dump[at] = random() as u8;
            look_through(&dump);
        }
    }
}

/// The fields of a hash one by one, how the scan ended, and the reader.
fn fields_of(dump: DumpReader, hash: &[u8]) -> (Vec<Record>, Result<(), Error>, HashReader) {
    let mut reader = HashReader::of(dump, hash, "a hash".to_string());
    let mut records = Vec::new();
    let mut interest = |_: &[u8]| Interest::Read { hash: false };
    let mut query = Query { pattern: None, need: Need::ALL, interest: &mut interest };
    let ended = reader.scan(&mut query, &mut |page| {
        records.extend(page.records);
        ControlFlow::Continue(())
    });
    (records, ended, reader)
}

#[test]
fn the_fields_of_a_hash_one_by_one_are_those_of_the_hash() {
    let mut hashes = 0;
    let mut is_same = |reader: &dyn Fn() -> DumpReader, what: &str| {
        for record in all(&mut reader(), None).0 {
            let Raw::Hash(fields) = &record.raw else { continue };
            let (records, ended, mut again) = fields_of(reader(), &record.key.0);
            ended.unwrap_or_else(|error| panic!("{what}: {error}"));
            let ends: BTreeMap<_, _> = record.ends.iter().cloned().collect();
            let expected = fields.iter().map(|(name, value)| {
                let end = ends.get(name).map_or(Ttl::Never, |ms| Ttl::In(*ms));
                (name.clone(), Raw::Text(value.clone()), end)
            });
            let found = records.iter().map(|one| (one.key.0.clone(), one.raw.clone(), one.ttl));
            assert!(expected.eq(found), "{what} {}", record.key.0.escape_ascii());
            let names: Vec<Key> = records.iter().map(|one| one.key.clone()).collect();
            assert_eq!(again.read(&names, Need::ALL).expect("records"), records, "{what}");
            let other = [&names[..1], &[Key(b"no such field".to_vec())]].concat();
            assert_eq!(again.kinds(&other).expect("kinds"), [Some(Kind::String), None], "{what}");
            hashes += 1;
        }
    };
    for server in SERVERS {
        for db in 0..4 {
            is_same(&|| opened(folder(server).join("dump.rdb"), db), server);
        }
    }
    for dump in [redis().done(), valkey().done()] {
        is_same(&|| file(&dump).1, "small");
    }
    assert!(hashes > 20, "{hashes}");
}

#[test]
fn fields_of_cut_and_flipped_dumps() {
    for dump in [redis().done(), valkey().done()] {
        let records = all(&mut file(&dump).1, None).0;
        let hashes = records.iter().filter(|record| matches!(record.raw, Raw::Hash(_)));
        for hash in hashes.map(|record| &record.key.0) {
            let whole = fields_of(file(&dump).1, hash).0;
            for end in (Header::BYTES..dump.len()).step_by(3) {
                let Ok(dump) = try_file(&dump[..end]) else { continue };
                let (records, ended, _) = fields_of(dump, hash);
                assert!(whole.starts_with(&records) && ended.is_err(), "{end}");
            }
            for at in (Header::BYTES..dump.len()).step_by(5) {
                let mut dump = dump.clone();
                dump[at] ^= 0x41;
                let Ok(dump) = try_file(&dump) else { continue };
                let (_, _, mut reader) = fields_of(dump, hash);
                let _ = reader.read(&[Key(b"no such field".to_vec())], Need::ALL);
            }
        }
    }
}

#[test]
fn what_is_cut_is_told_by_a_scan() {
    let dump = std::fs::read(folder("redis-7.4.1").join("dump.rdb")).expect("a dump");
    let whole = all(&mut file(&dump).1, None).0.len();
    for end in [dump.len() - 1, dump.len() - 9, 5_000, 1_000] {
        let (_file, mut reader) = file(&dump[..end]);
        let (records, ended) = all(&mut reader, None);
        let said = ended.expect_err("cut off");
        assert!(
            matches!(&said, Error::Damaged { why, .. } if why.contains(&format!("at byte {end}"))),
            "{said}"
        );
        assert!(records.len() <= whole);
        // What is there is found by name as well.
        let keys: Vec<Key> = records.iter().map(|record| record.key.clone()).collect();
        assert!(reader.kinds(&keys).expect("kinds").iter().all(Option::is_some));
    }
}

#[test]
fn compressed_dumps() {
    let dump = std::fs::read(folder("valkey-8.1.8").join("dump.rdb")).expect("a dump");
    let expected = all(&mut file(&dump).1, None).0;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&dump).expect("written");
    let gzip = gzip.finish().expect("written");
    let zstd = ruzstd::encoding::compress_to_vec(&dump[..], ruzstd::encoding::CompressionLevel::Fastest);
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(&dump).expect("written");
    let lz4 = lz4.finish().expect("written");
    for packed in [
        gzip.clone(),
        zstd.clone(),
        [&b"VCS\x01\x01\x00\x01"[..], &lz4].concat(),
        [&b"VCS\x01\x02\x00\x01"[..], &zstd].concat(),
    ] {
        let (records, ended) = all(&mut file(&packed).1, None);
        ended.expect("whole");
        assert_eq!(records, expected);
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&packed[..packed.len() / 2]).expect("written");
        // A single block of Zstandard gives nothing before it is whole.
        let said = match Dump::open(&Origin::Path(file.path().to_path_buf()), 0, Some(NOW)) {
            Ok(dump) => {
                let (records, ended) = all(&mut dump.reader(), None);
                assert!(records.len() <= expected.len());
                ended.expect_err("cut off").to_string()
            }
            Err(error) => error.to_string(),
        };
        assert!(said.contains("the compressed file is damaged"), "{said}");
    }
}

#[test]
fn a_moment_is_chosen() {
    let (file, _) = redis().file();
    let origin = Origin::Path(file.path().to_path_buf());
    assert_eq!(Dump::open(&origin, 0, None).expect("a dump").now(), 1_796_018_000_000);
    let dump = Dump::open(&origin, 0, Some(NOW + 60_000)).expect("a dump");
    let mut reader = dump.reader();
    all(&mut reader, None).1.expect("whole");
    assert_eq!(reader.besides().ended, 2);
    let kinds = reader.kinds(&[Key(b"text".to_vec()), Key(b"last".to_vec())]).expect("kinds");
    assert_eq!(kinds, [None, Some(Kind::String)]);
}
