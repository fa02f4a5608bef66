//! How fast each codec makes a tree of values, beside `serde_json` on JSON of the same content.
//!
//! `bench/compare --only decode` runs this, and `cargo bench --bench decode` alone. The values are
//! those that the frameworks themselves wrote, in tests/fixtures; bench/README.md says how they are
//! measured and what each column is.

#![allow(clippy::print_stdout, clippy::expect_used)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use sessctl::codec::{self, Codec, Limits};
use sessctl::detect;
use sessctl::frameworks;
use sessctl::layout::session::Certainty;
use sessctl::layout::{Blob, Setting, Setup};
use sessctl::store::{Key, Need, Raw, Record, Ttl};
use sessctl::value::Value;
use sessctl::wrap;

#[path = "../tests/it/bad_bytes.rs"]
mod bad_bytes;

/// Bytes that each form is measured on.
const SIZE: usize = 64 << 20;

/// Decodes one value and gives it to a function, since it may borrow from what was unwrapped.
type Read = Box<dyn Fn(&[u8], &mut dyn FnMut(Value<'_>))>;

/// One row: values of one form and how they are read.
struct Form {
    name: String,
    values: Vec<Vec<u8>>,
    read: Read,
    /// The stores whose sessions these are, for the way that `list` takes.
    stores: &'static [(&'static str, &'static str)],
    /// The least ratio of sessions a second to serde_json's.
    aim: Option<f64>,
}

/// A captured store: keys and values, and the options of its layout.
struct Store {
    keys: Vec<(String, Raw)>,
    options: serde_json::Map<String, Json>,
    sessions: Vec<String>,
}

impl Store {
    fn open(slug: &str) -> Store {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/layout").join(slug);
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a fixture");
        let bytes = |json: &Json| STANDARD.decode(json.as_str().expect("a text")).expect("base64");
        let mut keys = Vec::new();
        for line in text("keys.jsonl").lines() {
            let key: Json = serde_json::from_str(line).expect("JSON");
            let value = &key["value"];
            let raw = match key["type"].as_str() {
                Some("string") => Raw::Text(bytes(&value["b64"])),
                Some("hash") => {
                    let fields = value["fields"].as_array().or(value.as_array()).expect("fields");
                    Raw::Hash(fields.iter().map(|pair| (bytes(&pair[0]), bytes(&pair[1]))).collect())
                }
                _ => continue,
            };
            keys.push((key["key"].as_str().unwrap_or_default().to_string(), raw));
        }
        let expected: Json = serde_json::from_str(&text("expected.json")).expect("JSON");
        let sessions = expected["sessions"].as_array().expect("sessions").iter();
        Store {
            keys,
            options: expected["config"].as_object().cloned().unwrap_or_default(),
            sessions: sessions.filter_map(|session| session["key"].as_str().map(String::from)).collect(),
        }
    }

    /// Strings, or the values of the hashes' fields.
    fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().filter(|(key, _)| self.sessions.contains(key)).flat_map(|(_, raw)| match raw {
            Raw::Text(text) => vec![&text[..]],
            Raw::Hash(fields) => fields.iter().map(|(_, value)| &value[..]).collect(),
            _ => Vec::new(),
        })
    }

    /// The layout as a user names it.
    fn setup(&self, layout: &str) -> Setup {
        let texts = |json: &Json| -> Vec<String> {
            json.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(String::from)).collect()
        };
        let options = self.options.iter().filter(|(name, _)| *name != "other_prefixes");
        let options = options.filter_map(|(name, json)| {
            let setting = match json {
                Json::String(text) => Setting::Text(text.clone()),
                Json::Bool(flag) => Setting::Flag(*flag),
                Json::Number(number) => Setting::Number(number.as_i64()?),
                Json::Array(_) => Setting::Texts(texts(json)),
                _ => return None,
            };
            Some((name.clone(), setting))
        });
        let layout = frameworks::BUILT_IN.by_name(layout).expect("a layout");
        Setup::named(layout, options).expect("its options")
    }
}

/// The fixtures' values that a codec reads.
fn of_codec(
    name: &str,
    codec: &'static Codec,
    stores: &'static [(&'static str, &'static str)],
    aim: Option<f64>,
) -> Form {
    let mut values: Vec<Vec<u8>> = Vec::new();
    for (slug, _) in stores {
        let store = Store::open(slug);
        let read = |bytes: &&[u8]| {
            (codec.sniff)(bytes)
                && (codec.decode)(bytes, &Limits::default())
                    .is_ok_and(|value| !matches!(value, Value::Int(_) | Value::Text(_)))
        };
        values.extend(store.values().filter(read).map(<[u8]>::to_vec));
    }
    Form { name: name.to_string(), values, read: with(codec), stores, aim }
}

/// Values of a codec that tests/fixtures/codec has, from the captured stores of these names.
fn of_samples(codec: &'static Codec, stores: &[&str], aim: Option<f64>) -> Form {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/codec");
    let text = std::fs::read_to_string(folder.join(format!("{}.txt", codec.name))).expect("samples");
    let values = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut parts = line.split(' ');
        let (name, bytes) = (parts.next()?, parts.next()?);
        stores.contains(&name).then(|| STANDARD.decode(bytes).expect("base64"))
    });
    Form { name: codec.name.to_string(), values: values.collect(), read: with(codec), stores: &[], aim }
}

fn with(codec: &'static Codec) -> Read {
    Box::new(|bytes, then| then((codec.decode)(bytes, &Limits::default()).expect("a value of this form")))
}

/// Values that are made of those of another form, because no framework's store has them.
fn made(name: &str, from: &Form, make: impl Fn(&[u8]) -> Vec<u8>, read: Read) -> Form {
    let values = from.values.iter().map(|value| make(value)).collect();
    Form { name: name.to_string(), values, read, stores: &[], aim: None }
}

/// PHP's `php_binary` of what `php_serialize` wrote: each name behind its length, then the value.
fn php_binary(serialized: &[u8]) -> Vec<u8> {
    let mut binary = Vec::new();
    let mut at = serialized.iter().position(|byte| *byte == b'{').expect("an array") + 1;
    while serialized[at] != b'}' {
        let (name, length) = codec::php::decode_first(&serialized[at..], &Limits::default()).expect("a key");
        at += length;
        let (_, length) = codec::php::decode_first(&serialized[at..], &Limits::default()).expect("a value");
        let name = name.scalar_text().unwrap_or_default();
        binary.push(name.len() as u8);
        binary.extend_from_slice(name.as_bytes());
        binary.extend_from_slice(&serialized[at..at + length]);
        at += length;
    }
    binary
}

/// LZF of a text in which it found nothing to repeat.
fn lzf(plain: &[u8]) -> Vec<u8> {
    plain.chunks(32).flat_map(|run| [&[run.len() as u8 - 1][..], run].concat()).collect()
}

fn written<W>(mut encoder: W, plain: &[u8], finish: impl FnOnce(W) -> Vec<u8>) -> Vec<u8>
where
    W: std::io::Write,
{
    encoder.write_all(plain).expect("memory");
    finish(encoder)
}

fn forms() -> Vec<Form> {
    const JAVA: &[(&str, &str)] = &[
        ("shiro-redis", "shiro-redis"),
        ("spring-session", "spring-session"),
        ("spring-session-indexed", "spring-session-indexed"),
        ("redisson-tomcat", "redisson-tomcat"),
        ("tomcat-redis-session-manager", "tomcat-redis-session-manager"),
    ];
    let json = of_codec(
        "json",
        &codec::json::CODEC,
        &[("connect-redis", "connect-redis"), ("koa-session", "koa-session"), ("overleaf", "overleaf")],
        Some(0.8),
    );
    let jackson = of_codec(
        "json (Jackson with types)",
        &codec::json::CODEC,
        &[("spring-session-json", "spring-session-json"), ("sa-token", "sa-token")],
        None,
    );
    let serialize = of_codec(
        "php-serialize",
        &codec::php::CODEC,
        &[
            ("phpredis-php-serialize", "phpredis"),
            ("hyperf", "hyperf"),
            ("webman", "webman"),
            ("mediawiki", "mediawiki"),
        ],
        Some(1.0),
    );
    let session = of_codec(
        "php",
        &codec::php_session::PHP,
        &[("phpredis", "phpredis"), ("codeigniter4", "codeigniter4"), ("moodle-legacy", "moodle")],
        None,
    );
    let native = of_codec("", &codec::php::CODEC, &[("phpredis-php-serialize", "phpredis")], None);
    let encrypted: Vec<Vec<u8>> = Store::open("laravel-encrypted")
        .values()
        .filter_map(|value| Some(codec::php::string(value)?.to_vec()))
        .filter(|text| wrap::laravel::sniff(text))
        .collect();
    let key = Store::open("laravel-encrypted").options["app_key"].as_str().unwrap_or_default().to_string();
    let mut all = vec![
        made("php_binary", &native, php_binary, with(&codec::php_session::BINARY)),
        of_codec("igbinary", &codec::igbinary::CODEC, &[("phpredis-igbinary", "phpredis")], Some(1.0)),
        of_codec("php-msgpack", &codec::php_msgpack::CODEC, &[("phpredis-msgpack", "phpredis")], None),
        made(
            "msgpack",
            &json,
            |text| {
                let json: Json = serde_json::from_slice(text).expect("JSON");
                rmp_serde::to_vec(&json).expect("MessagePack")
            },
            with(&codec::msgpack::CODEC),
        ),
        of_codec("java", &codec::java::CODEC, JAVA, Some(0.8)),
        of_codec("fastjson", &codec::fastjson::CODEC, &[("ruoyi", "ruoyi")], None),
        of_codec("vertx", &codec::vertx::CODEC, &[("vertx-web", "vertx-web")], None),
        of_codec(
            "dotnet-binary",
            &codec::dotnet_binary::CODEC,
            &[("aspnet-redis-provider-v4", "aspnet-redis-provider")],
            None,
        ),
        of_codec(
            "system-web",
            &codec::system_web::CODEC,
            &[("aspnet-redis-provider", "aspnet-redis-provider")],
            Some(1.0),
        ),
        of_codec("aspnetcore session", &codec::aspnetcore::SESSION, &[("aspnetcore", "aspnetcore")], None),
        of_codec(
            "aspnetcore ticket",
            &codec::aspnetcore::TICKET,
            &[("aspnetcore-ticket", "aspnetcore-ticket")],
            None,
        ),
        of_samples(
            &codec::pickle::CODEC,
            &[
                "django-cache",
                "django-redis",
                "flask-session-legacy",
                "starlette-session",
                "pyramid-session-redis",
            ],
            Some(0.8),
        ),
        of_samples(
            &codec::marshal::CODEC,
            &["rack-session-redis", "rails-redis-actionpack", "rails-redis-session-store"],
            Some(0.8),
        ),
        of_samples(&codec::rails_cache::CODEC, &["rails-cache-store", "gitlab"], None),
        of_samples(
            &codec::etf::CODEC,
            &["redbird", "plug-session-redis", "plug-session-redis-store"],
            Some(1.0),
        ),
        of_codec(
            "storable",
            &codec::storable::CODEC,
            &[("dancer-session-redis", "dancer-session-redis")],
            None,
        ),
        of_codec(
            "sereal",
            &codec::sereal::CODEC,
            &[("dancer2-session-redis", "dancer2-session-redis")],
            None,
        ),
        of_codec("data-dumper", &codec::dumper::CODEC, &[("cgi-session-redis", "cgi-session-redis")], None),
        of_samples(
            &codec::gob::CODEC,
            &["gorilla-redistore", "beego-session", "gitea", "gofiber-session", "scs"],
            Some(0.5),
        ),
        Form {
            name: "laravel-encrypted + php-serialize".to_string(),
            values: encrypted,
            read: Box::new(move |bytes, then| {
                let plain = wrap::laravel::open(bytes, std::slice::from_ref(&key)).expect("the key fits");
                let inner = codec::php::string(&plain).unwrap_or(&plain);
                then(codec::php::decode(inner, &Limits::default()).expect("a session"));
            }),
            stores: &[("laravel-encrypted", "laravel")],
            aim: Some(0.6),
        },
    ];
    for wrapper in wrap::ALL {
        let pack = |plain: &[u8]| match wrapper.name {
            wrap::deflate::GZIP => {
                let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                written(encoder, plain, |encoder| encoder.finish().expect("memory"))
            }
            wrap::deflate::ZLIB => {
                let encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
                written(encoder, plain, |encoder| encoder.finish().expect("memory"))
            }
            wrap::lz4::NAME => {
                let encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                written(encoder, plain, |encoder| encoder.finish().expect("memory"))
            }
            wrap::zstd::NAME => {
                ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest)
            }
            wrap::snappy::NAME => snap::raw::Encoder::new().compress_vec(plain).expect("memory"),
            wrap::lzf::NAME => lzf(plain),
            wrap::base64::NAME => STANDARD.encode(plain).into_bytes(),
            _ => Vec::new(),
        };
        // Opening what is sealed costs its key derivation, whatever the codec.
        let wrap::Open::Plain(open) = wrapper.open else { continue };
        // Nothing here writes xz.
        if pack(b"{}").is_empty() {
            continue;
        }
        let aim = matches!(wrapper.name, wrap::deflate::GZIP | wrap::deflate::ZLIB).then_some(0.8);
        let read: Read = Box::new(move |bytes, then| {
            let plain = open(bytes, &Limits::default()).expect("a value of this form");
            then(codec::json::decode(&plain, &Limits::default()).expect("JSON"));
        });
        all.push(Form { aim, ..made(&format!("{} + json", wrapper.name), &json, pack, read) });
    }
    let mut forms = vec![json, jackson, serialize, session];
    forms.append(&mut all);
    forms
}

/// Values one after the other until there are so many bytes, and how many those are.
struct Repeated {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Repeated {
    fn new(values: &[Vec<u8>], count: Option<usize>) -> Repeated {
        let mut repeated = Repeated { bytes: Vec::with_capacity(SIZE + (1 << 20)), ends: Vec::new() };
        for value in values.iter().cycle() {
            if count.map_or(repeated.bytes.len() >= SIZE, |count| repeated.ends.len() >= count) {
                break;
            }
            repeated.bytes.extend_from_slice(value);
            repeated.ends.push(repeated.bytes.len());
        }
        repeated
    }

    fn each(&self, mut look: impl FnMut(&[u8])) -> f64 {
        let start = Instant::now();
        let mut begin = 0;
        for end in &self.ends {
            look(&self.bytes[begin..*end]);
            begin = *end;
        }
        start.elapsed().as_secs_f64()
    }
}

/// What `list` does with each session once its key was read: everything of it decoded, its user and
/// times found.
fn listed(stores: &[(Setup, Record)], count: usize) -> f64 {
    let start = Instant::now();
    for (setup, record) in stores.iter().cycle().take(count) {
        let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
        let data = detect::data(setup, &blob);
        let session = detect::session(setup, &blob, data.as_ref(), record, Certainty::Sure, 0);
        black_box(&session.facts);
    }
    start.elapsed().as_secs_f64()
}

fn records(form: &Form) -> Vec<(Setup, Record)> {
    let mut records = Vec::new();
    for (slug, layout) in form.stores {
        let store = Store::open(slug);
        let setup = store.setup(layout);
        for (key, raw) in store.keys.iter().filter(|(key, _)| store.sessions.contains(key)) {
            let key = Key(key.clone().into_bytes());
            let record = Record {
                key,
                raw: raw.clone(),
                ttl: Ttl::Never,
                ends: Vec::new(),
                memory: None,
                exact_end: None,
                asked: Need::VALUE,
            };
            records.push((setup.clone(), record));
        }
    }
    records
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// The most memory that this process has had since the last time, in KiB; none where the system does
/// not tell.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// How long bytes that were made to hurt keep us, and how much memory they take.
fn bad(rounds: usize, only: Option<&str>) {
    println!("| reader | made to hurt | KiB | ms | MiB | ends as |");
    println!("|---|---|---:|---:|---:|---|");
    let limits = Limits::default();
    let row = |bad: &bad_bytes::Bad, read: &dyn Fn() -> Result<(), codec::DecodeError>| {
        let mut seconds = Vec::new();
        let mut end = Ok(());
        peak();
        let before = peak().unwrap_or(0);
        for _ in 0..rounds {
            let start = Instant::now();
            end = read();
            seconds.push(start.elapsed().as_secs_f64());
        }
        println!(
            "| {} | {} | {} | {:.1} | {} | {} |",
            bad.reader,
            bad.what,
            bad.bytes.len() >> 10,
            median(seconds) * 1e3,
            peak().unwrap_or(0).saturating_sub(before) >> 10,
            end.err()
                .map_or("a value".to_string(), |error| format!("{} at byte {}", error.reason, error.offset)),
        );
    };
    let asked = |bad: &bad_bytes::Bad| only.is_none_or(|only| bad.reader.starts_with(only));
    for bad in bad_bytes::for_codecs(1 << 20).into_iter().filter(asked) {
        let codec = codec::by_name(bad.reader).expect("a codec");
        row(&bad, &|| (codec.decode)(&bad.bytes, &limits).map(drop));
    }
    for bad in bad_bytes::for_wrappers(1 << 20).into_iter().filter(asked) {
        let wrapper = wrap::by_name(bad.reader).expect("a wrapper");
        let wrap::Open::Plain(open) = wrapper.open else { continue };
        row(&bad, &|| open(&bad.bytes, &limits).map(drop));
    }
}

fn main() {
    let mut rounds = 5;
    let mut only: Option<String> = None;
    let mut hurt = false;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--rounds" => rounds = words.next().and_then(|word| word.parse().ok()).expect("a number"),
            "--form" => only = words.next(),
            "--bad" => hurt = true,
            // What cargo says to every benchmark.
            _ => {}
        }
    }
    if hurt {
        return bad(rounds, only.as_deref());
    }
    println!(
        "| form | values | MB/s | sessions/s | serde_json MB/s | sessions/s | MB/s ratio | sessions ratio | `list` sessions/s |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut verdicts = BTreeMap::new();
    for form in forms().iter().filter(|form| only.as_ref().is_none_or(|only| form.name.starts_with(only))) {
        assert!(!form.values.is_empty(), "the fixtures have no value of {}", form.name);
        let ours = Repeated::new(&form.values, None);
        let mut same: Vec<Vec<u8>> = Vec::new();
        for value in &form.values {
            (form.read)(value, &mut |value| same.push(value.to_json().into_bytes()));
        }
        // As many sessions of the same content.
        let theirs = Repeated::new(&same, Some(ours.ends.len()));
        let records = records(form);
        let (mut here, mut there, mut listing) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            here.push(ours.each(|bytes| {
                (form.read)(bytes, &mut |value| drop(black_box(value)));
            }));
            there.push(theirs.each(|bytes| {
                drop(black_box(serde_json::from_slice::<Json>(bytes).expect("JSON")));
            }));
            if !records.is_empty() {
                listing.push(listed(&records, ours.ends.len() / 8));
            }
        }
        let (here, there) = (median(here), median(there));
        let count = ours.ends.len() as f64;
        let megabytes = |bytes: usize, seconds: f64| bytes as f64 / 1e6 / seconds;
        let (our_mb, their_mb) = (megabytes(ours.bytes.len(), here), megabytes(theirs.bytes.len(), there));
        let listing = if listing.is_empty() {
            "–".to_string()
        } else {
            format!("{:.0}", (ours.ends.len() / 8) as f64 / median(listing))
        };
        println!(
            "| {} | {} | {our_mb:.0} | {:.0} | {their_mb:.0} | {:.0} | {:.2} | {:.2} | {listing} |",
            form.name,
            form.values.len(),
            count / here,
            count / there,
            our_mb / their_mb,
            there / here,
        );
        std::io::stdout().flush().expect("stdout");
        if let Some(aim) = form.aim {
            verdicts.insert(form.name.clone(), (there / here, aim));
        }
    }
    println!();
    println!("| figure | measured | aim | kept |");
    println!("|---|---:|---:|---|");
    for (name, (measured, aim)) in verdicts {
        let kept = if measured >= aim { "yes" } else { "no" };
        println!(
            "| sessions a second of {name} / serde_json on the same content | {measured:.2} | ≥ {aim:.1} | {kept} |"
        );
    }
}
