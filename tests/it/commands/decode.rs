use serde_json::json;

use crate::support::*;

#[test]
fn a_blob_is_decoded_by_its_form() {
    let sess = Sess::new();
    let ran = sess.args_with_input(&["decode", "-o", "json"], b"{\"a\":[1,2.5,null]}\n").success();
    assert_eq!(ran.json(), json!({ "codec": ["json"], "data": { "a": [1, 2.5, null] } }));
    let ran =
        sess.args_with_input(&["decode", "-", "-o", "json"], b"\x82\xa1a\x01\xa1b\xc4\x02\xff\xfe").success();
    assert_eq!(ran.json()["codec"], json!(["msgpack"]));
    assert_eq!(ran.json()["data"], json!({ "a": 1, "b": { "$bytes": "//4=" } }));
    let file = sess.write("blob", b"{\"x\":1}");
    sess.args(["decode", file.to_str().expect("text")]).success().shows("\"x\": 1").says("codec: json");
    sess.args(["decode", "--codec", "msgpack", file.to_str().expect("text")]).code(1);
}

#[test]
fn what_cannot_be_decoded_is_said_with_the_place() {
    let sess = Sess::new();
    sess.args_with_input(&["decode"], b"").code(1).says("empty");
    sess.args_with_input(&["decode"], b"plain words").code(1).says("no codec").says("--codec");
    sess.args_with_input(&["decode"], b"{\"a\":1,}").code(1).says("7");
    sess.args_with_input(&["decode"], b"{\"a\":1").code(1).says("6");
    sess.args_with_input(&["decode", "-o", "csv"], b"{}").code(2);
}

#[test]
fn a_layout_opens_what_it_sealed() {
    let expected = expected("connect-redis-crypto");
    let sess = Sess::new().load("connect-redis-crypto").profile("connect-redis-crypto", &expected["config"]);
    let key = expected["sessions"][0]["key"].as_str().expect("a key").to_string();
    let value: Vec<u8> = redis::cmd("GET").arg(&key).query(&mut sess.server.connect()).expect("its value");
    let ran = sess.args_with_input(&["decode", "--of-key", &key, "-o", "json"], &value).success();
    assert_eq!(ran.json()["data"], expected["sessions"][0]["data"]);
    ran.hides("squirrel");
}

/// As redis-cli shows a text on a terminal (sds.c `sdscatrepr`).
fn shown(bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in bytes {
        match byte {
            b'\\' | b'"' => text.extend([b'\\', *byte]),
            b'\n' => text.extend(b"\\n"),
            b'\r' => text.extend(b"\\r"),
            b'\t' => text.extend(b"\\t"),
            7 => text.extend(b"\\a"),
            8 => text.extend(b"\\b"),
            0x20..=0x7e => text.push(*byte),
            _ => text.extend(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    text.extend(b"\"\n");
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, bytes).expect("memory");
    gzip.finish().expect("memory")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut zlib, bytes).expect("memory");
    zlib.finish().expect("memory")
}

/// The same in base64, broken into lines as `base64` of coreutils does.
fn base64(bytes: &[u8]) -> Vec<u8> {
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    text.as_bytes().chunks(76).flat_map(|line| [line, b"\n"].concat()).collect()
}

#[test]
fn a_value_is_read_as_redis_cli_and_others_hand_it_over() {
    for slug in fixtures() {
        let expected = expected(&slug);
        let mut options = expected["config"].as_object().cloned().unwrap_or_default();
        options.remove("other_prefixes");
        let sess = Sess::new().load(&slug).profile(&layout_names(&slug)[0], &options.into());
        let key = expected["sessions"][0]["key"].as_str().expect("a key").to_string();
        let value = redis::cmd("GET").arg(&key).query::<Vec<u8>>(&mut sess.server.connect());
        let Ok(value) = value else { continue };
        let decode = |input: &[u8]| sess.args_with_input(&["decode", "--of-key", &key, "-o", "json"], input);
        let plain = decode(&value);
        if expected["sessions"][0]["undecodable"] == true {
            plain.code(1).says("sealed");
            continue;
        }
        assert!(plain.code == Some(0), "{slug}: {}", plain.stderr);
        let plain = plain.json()["data"].clone();
        // Their values are bare texts, which nothing tells from what another program makes of them.
        if ["sa-token", "dify"].contains(&layout_names(&slug)[0].as_str()) {
            assert_eq!(decode(&[&value[..], b"\n"].concat()).success().json()["data"], plain);
            continue;
        }
        let numbered = [b"1) ", &shown(&value)[..]].concat();
        for (what, input) in [
            ("a line feed", [&value[..], b"\n"].concat()),
            ("quotes", shown(&value)),
            ("a number and quotes", numbered),
            ("gzip", gzip(&value)),
            ("zlib", zlib(&value)),
            ("base64", base64(&value)),
            ("base64 of gzip", base64(&gzip(&value))),
        ] {
            let ran = decode(&input);
            assert!(ran.code == Some(0), "{slug} with {what}: {}", ran.stderr);
            assert_eq!(ran.json()["data"], plain, "{slug} with {what}");
        }
    }
}

#[test]
fn a_field_of_a_hash_is_enough_and_so_are_all_of_them() {
    for (slug, field) in [
        ("magento2", "data"),
        ("magento1-cm", "data"),
        ("mgcrea-fastify-session", "data"),
        ("moodle", "sessdata"),
    ] {
        let expected = expected(slug);
        let layout = layout_names(slug)[0].clone();
        let sess = Sess::new().load(slug);
        for session in expected["sessions"].as_array().expect("sessions") {
            let key = session["key"].as_str().expect("a key");
            let mut connection = sess.server.connect();
            let get = |field: &str| redis::cmd("HGET").arg(key).arg(field).query::<Vec<u8>>(&mut connection);
            let value = { get }(field).expect("a field");
            let all: Vec<Vec<u8>> =
                redis::cmd("HGETALL").arg(key).query(&mut sess.server.connect()).expect("fields");
            let lines = all.iter().enumerate();
            let lines: Vec<u8> = lines
                .flat_map(|(at, text)| [format!("{:>2}) ", at + 1).as_bytes(), &shown(text)].concat())
                .collect();
            let pairs: Vec<u8> = all
                .chunks(2)
                .enumerate()
                .flat_map(|(at, pair)| {
                    let field = shown(&pair[0]);
                    let field = field.strip_suffix(b"\n").expect("a line");
                    [format!("{}# ", at + 1).as_bytes(), field, b" => ", &shown(&pair[1])].concat()
                })
                .collect();
            for input in [value.clone(), [&value[..], b"\n"].concat(), shown(&value), lines, pairs] {
                let ran =
                    sess.args_with_input(&["--layout", &layout, "decode", "-o", "json"], &input).success();
                let data = ran.json()["data"].clone();
                // Of a hash whose fields are the data the one is shown for itself.
                let wanted = &session["data"];
                let inner = wanted.get(field).unwrap_or(wanted);
                assert!(data == *wanted || data == *inner, "{slug} {field}: {data}");
            }
        }
    }
}

#[test]
fn what_cannot_be_read_is_named_with_the_way_to_get_it_right() {
    let sess = Sess::new();
    let pickle = b"\x80\x04\x95\x0b\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s.";
    for (input, says) in [
        (&b"(nil)\n"[..], "no such key"),
        (b"(error) WRONGTYPE Operation against a key holding the wrong kind of value\n", "hget KEY FIELD"),
        (b"WRONGTYPE Operation against a key holding the wrong kind of value\n", "hget KEY FIELD"),
        (b"\"\\x00\\x00 cut", "redis-cli --raw get KEY"),
        ("\u{fffd}\u{fffd}\u{fffd}\u{4}".as_bytes(), "redis-cli --raw get KEY"),
        (b"=\xf3rl\x05\0\x51", "Sereal"),
    ] {
        for layout in [&[][..], &["--layout", "phpredis"]] {
            sess.args_with_input(&[layout, &["decode"]].concat(), input).code(1).says(says);
        }
    }
    // What begins like another codec's is read, or said what it is.
    for input in [pickle.to_vec(), base64(&zlib(pickle))] {
        let ran = sess.args_with_input(&["decode"], &input);
        assert!(ran.code == Some(0) || ran.stderr.contains("a Python pickle"), "{}", ran.stderr);
    }
    let hash = sess.args_with_input(&["--layout", "magento2", "decode"], b"\x01\x02\x03\x04");
    hash.code(1).says("hgetall");
}

#[test]
fn input_without_an_end_is_refused() {
    let sess = Sess::new();
    sess.args(["decode", "/dev/zero"]).code(1).says("holds more than");
    let zeros = || std::fs::File::open("/dev/zero").expect("a device");
    let ran = sess.command(["decode"]).stdin(zeros()).output().expect("it ends");
    assert_eq!(ran.status.code(), Some(1));
    let ran = sess.command(["cookie", "-"]).stdin(zeros()).output().expect("it ends");
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("too much for a cookie"), "{ran:?}");
}

#[test]
fn a_form_that_is_known_says_what_its_codec_found() {
    let sess = Sess::new();
    for (bytes, form, codec) in [
        (&b"\x80\x04\x95\x0b\0\0\0\0\0\0\0}\x94\x8c\x01a\x94\xffK\x01s."[..], "a Python pickle", "pickle"),
        (b"\x04\x08{\x06I\"\x06a", "a Ruby Marshal dump", "marshal"),
        (b"\0\x11\x01\0\0\0\0\0\0\xf0\xbf\xff\xff\xff\xff\x04\x08{\x06", "the Rails cache", "marshal: "),
        (b"\x83t\0\0\0\x02m\0\0\0\x01aa\x01", "an Erlang or Elixir term", "etf"),
    ] {
        let ran = sess.args_with_input(&["decode"], bytes).code(1).says(form).says(codec).says("at byte");
        assert!(!ran.stderr.contains("sessctl cannot read here"), "{}", ran.stderr);
    }
}
