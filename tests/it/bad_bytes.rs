//! Bytes that somebody wrote to make a reader stumble: for every codec and every wrapper, about a
//! megabyte of each kind of malice, or less. The benchmark of the codecs measures them too.

/// A stream of xz and the head of its first block.
const XZ: &[u8] = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\x02\0\x21\x01\x16\0\0\0\x74\x2f\xe5\xa3";

/// For one codec or wrapper, by its name.
pub(crate) struct Bad {
    pub(crate) reader: &'static str,
    pub(crate) what: &'static str,
    pub(crate) bytes: Vec<u8>,
}

type Around<'a> = dyn Fn(&[u8], &[u8], &[u8]) -> Vec<u8> + 'a;
type Add<'a> = dyn FnMut(&'static str, &'static str, Vec<u8>) + 'a;

/// For every codec, each of about so many bytes.
pub(crate) fn for_codecs(length: usize) -> Vec<Bad> {
    // A piece over and over, between a begin and an end.
    let around = |begin: &[u8], piece: &[u8], end: &[u8]| {
        let room = length.saturating_sub(begin.len() + end.len());
        [begin, &piece.repeat(room / piece.len()), end].concat()
    };
    let deep = |open: &[u8], inside: &[u8], close: &[u8]| {
        let depth = length / (open.len() + close.len());
        [&open.repeat(depth), inside, &close.repeat(depth)].concat()
    };
    let mut all = Vec::new();
    let mut add = |reader, what, bytes| all.push(Bad { reader, what, bytes });
    for reader in ["json", "fastjson"] {
        add(reader, "deep lists", deep(b"[", b"1", b"]"));
        add(reader, "deep maps", deep(b"{\"a\":", b"1", b"}"));
        add(reader, "many empty lists", around(b"[", b"[],", b"1]"));
        add(reader, "many numbers", around(b"[", b"1,", b"1]"));
        add(reader, "one name over and over", around(b"{", b"\"a\":1,", b"\"a\":1}"));
        add(reader, "escapes", around(b"\"", b"\\u0001", b"\""));
        add(reader, "surrogates without a partner", around(b"\"", b"\\ud83d", b"\""));
        add(reader, "one long integer", around(b"", b"9", b""));
        add(reader, "one long fraction", around(b"0.", b"9", b""));
        add(reader, "exponents", around(b"[", b"1e400,", b"1]"));
        add(reader, "spaces", around(b"[", b" ", b"]"));
        add(reader, "no end", around(b"", b"\"a\",", b""));
    }
    add("fastjson", "deep sets", deep(b"Set[", b"1", b"]"));
    add("fastjson", "deep keys", deep(b"{[", b"1", b"]:1}"));
    for reader in ["msgpack", "php-msgpack"] {
        add(reader, "deep lists", deep(b"\x91", b"\x01", b""));
        add(reader, "deep maps", deep(b"\x81\xa1a", b"\x01", b""));
        add(reader, "a list of 4294967295", around(b"\xdd\xff\xff\xff\xff", b"\x01", b""));
        add(reader, "a map of 4294967295", around(b"\xdf\xff\xff\xff\xff", b"\xa0", b""));
        add(reader, "lists of a claim each", around(b"", b"\xdc\xff\xff", b""));
        add(reader, "many empty lists", around(b"\xdd\0\x0f\xff\xf0", b"\x90", b""));
        add(reader, "one name over and over", around(b"\xdf\0\x07\xff\xf0", b"\xa0\x01", b""));
    }
    let mut shared = Vec::new();
    for _ in 0..40 {
        shared.extend_from_slice(b"\x92");
    }
    shared.extend_from_slice(b"\x01\x01");
    for number in (2..=40_u8).rev() {
        shared.extend_from_slice(&[0x82, 0xc0, 0x04, 0x00, number]);
    }
    add("php-msgpack", "each list twice in the next", shared);
    add("php-msgpack", "deep objects", deep(b"\x82\xc0\xa1P\xa1a", b"\x01", b""));
    add("php-msgpack", "references to the whole", around(b"\xdd\0\x02\0\0", b"\x82\xc0\x02\x00\x01", b""));

    add("php-serialize", "deep arrays", deep(b"a:1:{i:0;", b"N;", b"}"));
    add("php-serialize", "deep objects", deep(b"O:1:\"P\":1:{s:1:\"a\";", b"N;", b"}"));
    add("php-serialize", "deep payloads", deep(b"C:1:\"P\":9:{", b"N;", b"}"));
    add("php-serialize", "one key over and over", around(b"a:80000:{", b"s:1:\"a\";N;", b"}"));
    add("php-serialize", "keys that are no list", around(b"a:100000:{i:1;N;", b"i:0;N;", b"}"));
    add("php-serialize", "a count too large", around(b"a:99999999999:{", b"i:0;N;", b"}"));
    add("php-serialize", "a length too large", around(b"s:18446744073709551615:\"", b"a", b"\";"));
    add("php-serialize", "one long integer", around(b"i:", b"9", b";"));
    add("php-serialize", "one long fraction", around(b"d:0.", b"9", b";"));
    add("php-serialize", "escapes", around(b"S:500000:\"", b"\\00", b"\";"));
    add("php-serialize", "references to the whole", around(b"a:80000:{", b"i:0;R:1;", b"}"));
    add("php-serialize", "references to what comes later", around(b"a:80000:{", b"i:0;R:99999999;", b"}"));
    let mut laughs = Vec::new();
    for number in 0..20_000 {
        // Each array holds the one before it ten times: its own number is where it was first.
        laughs.extend_from_slice(format!("i:{number};a:9:{{").as_bytes());
        for index in 0..9 {
            let before = if number == 0 { "N;".into() } else { format!("R:{};", number + 1) };
            laughs.extend_from_slice(format!("i:{index};{before}").as_bytes());
        }
        laughs.push(b'}');
        if laughs.len() > length - 200 {
            break;
        }
    }
    let count = laughs.windows(5).filter(|part| part == b"a:9:{").count();
    let laughs = [format!("a:{count}:{{").as_bytes(), &laughs, b"}"].concat();
    add("php-serialize", "each array nine times in the next", laughs.clone());
    add("php", "each array nine times in the next", [b"a|", &laughs[..]].concat());
    add("php", "bars", around(b"", b"a|", b""));
    add("php", "variables without a value", around(b"", b"!a|", b""));
    add("php", "no bar", around(b"a", b"b", b""));
    add("php", "one name over and over", around(b"", b"a|N;", b""));
    add("php", "deep arrays", [&b"a|"[..], &deep(b"a:1:{i:0;", b"N;", b"}")].concat());
    add("php_binary", "one name over and over", around(b"", b"\x01aN;", b""));
    add("php_binary", "names without a value", around(b"", b"\x81a", b""));
    add("php_binary", "deep arrays", [&b"\x01a"[..], &deep(b"a:1:{i:0;", b"N;", b"}")].concat());

    let version = b"\0\0\0\x02";
    let igbinary = |bytes: Vec<u8>| [&version[..], &bytes].concat();
    add("igbinary", "deep arrays", igbinary(deep(b"\x14\x01\x06\x00", b"\x00", b"")));
    add("igbinary", "deep objects", igbinary(deep(b"\x17\x01P\x14\x01\x06\x00", b"\x00", b"")));
    add("igbinary", "a count of 4294967295", igbinary(around(b"\x16\xff\xff\xff\xff", b"\x06\0\0", b"")));
    add(
        "igbinary",
        "a length of the largest",
        igbinary(around(b"\x26\xff\xff\xff\xff\xff\xff\xff\xff", b"a", b"")),
    );
    add("igbinary", "properties without a value", igbinary(around(b"\x16\x00\x0f\x00\x00", b"\x00", b"")));
    add("igbinary", "references to the whole", igbinary(around(b"\x16\0\x03\0\0", b"\x06\0\x01\x00", b"")));
    add("igbinary", "references marked over and over", igbinary(around(b"", b"\x25", b"\x00")));
    let long = [b"\x16\0\x03\0\0\x06\0\x13\0\x04\0\0", &b"x".repeat(0x4_0000)[..]].concat();
    add("igbinary", "one long text over and over", igbinary(around(&long, b"\x06\0\x0e\x00", b"")));

    java(&around, length, &mut add);
    dotnet(&around, &mut add);
    python(&around, length, &mut add);
    ruby(&around, length, &mut add);
    perl(&around, length, &mut add);
    go(&around, length, &mut add);
    erlang(&around, length, &mut add);
    all
}

fn python(around: &Around<'_>, length: usize, add: &mut Add<'_>) {
    let lists = length / 2 - 2;
    add("pickle", "deep lists", [b"]".repeat(lists), b"a".repeat(lists - 1), b".".to_vec()].concat());
    add("pickle", "deep tuples", around(b"N", b"\x85", b"."));
    add("pickle", "calls of calls", around(b"ca\nB\n", b")R", b"."));
    add("pickle", "marks", around(b"", b"(", b"."));
    add("pickle", "many empty lists", around(b"(", b"]", b"l."));
    add("pickle", "many nothings", around(b"(", b"N", b"l."));
    add("pickle", "one value over and over", around(b"N", b"2", b"."));
    add("pickle", "memos", around(b"N", b"\x94", b"."));
    add("pickle", "memos far out", around(b"N", b"r\xff\xff\xff\xff", b"."));
    let mut puts = vec![b'N'];
    for number in 0..(length / 5) as u32 {
        puts.push(b'r');
        puts.extend_from_slice(&(number.wrapping_mul(2_654_435_761) | 1 << 31).to_le_bytes());
    }
    add("pickle", "memos everywhere", [&puts[..], b"."].concat());
    add(
        "pickle",
        "a text of the largest length",
        around(b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f", b"a", b"."),
    );
    add("pickle", "frames that lie", around(b"", b"\x95\xff\xff\xff\xff\0\0\0\0", b"N."));
    add("pickle", "one huge integer", {
        let count = (length as u32 - 6).to_le_bytes();
        [&b"\x8b"[..], &count, &b"\x7f".repeat(length - 6), b"."].concat()
    });
    add("pickle", "large integers", {
        around(b"(", &[&b"\x8b\0\x04\0\0"[..], &b"\x7f".repeat(1024)].concat(), b"l.")
    });
    add("pickle", "one long decimal", around(b"L", b"9", b"\n."));
    add("pickle", "lists that refer to the whole", around(b"]\x94(", b"h\x00", b"e."));
    add("pickle", "one name over and over", around(b"}(", b"\x8c\x01aN", b"u."));
    let mut laughs = b"(]\x94".to_vec();
    for number in 0..200_u8 {
        // Ten of the one before it.
        laughs.extend_from_slice(b"](");
        laughs.extend_from_slice(&[b'h', number].repeat(10));
        laughs.extend_from_slice(b"e\x94");
    }
    laughs.extend_from_slice(b"l.");
    add("pickle", "each list ten times in the next", laughs);
    let class = [&b"c"[..], &b"a".repeat(length / 3), b"\nB\n\x94"].concat();
    add("pickle", "one long class over and over", around(&[&b"("[..], &class].concat(), b"h\x00)R", b"l."));
    let pairs = [&b"(("[..], &b"NN\x86".repeat(length / 9), b"l\x94ccollections\nOrderedDict\n\x94"].concat();
    add("pickle", "one list of pairs over and over", around(&pairs, b"h\x01h\x00\x85R", b"l."));
}

fn erlang(around: &Around<'_>, length: usize, add: &mut Add<'_>) {
    use std::io::Write as _;
    let half = ((length / 2 - 8) as u32).to_be_bytes();
    let whole = ((length - 16) as u32).to_be_bytes();
    let list = |count: [u8; 4]| [b"\x83l", &count[..]].concat();
    add("etf", "deep tuples", around(b"\x83", b"h\x01", b"j"));
    add("etf", "deep lists", around(b"\x83", b"l\0\0\0\x01", b"j"));
    add("etf", "deep maps", around(b"\x83", b"t\0\0\0\x01a\x01", b"j"));
    add("etf", "a list of the largest count", around(b"\x83l\xff\xff\xff\xff", b"j", b""));
    add("etf", "many empty lists", around(&list(whole), b"j", b"j"));
    add("etf", "many empty tuples", around(&list(half), b"h\0", b"j"));
    add("etf", "many atoms", around(&list(half), b"w\0", b"j"));
    add(
        "etf",
        "strings of bytes",
        around(&list(half), &[&b"k\xff\xff"[..], &vec![1; 0xffff]].concat(), b"j"),
    );
    add("etf", "one huge integer", {
        around(&[&b"\x83o"[..], &((length - 7) as u32).to_be_bytes(), b"\0"].concat(), b"\xff", b"")
    });
    add("etf", "one name over and over", around(&[&b"\x83t"[..], &half].concat(), b"w\0j", b""));
    let packed = |plain: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(plain).expect("memory");
        [b"\x83P", &(plain.len() as u32).to_be_bytes()[..], &encoder.finish().expect("memory")].concat()
    };
    add("etf", "zeros", packed(&vec![0; 33 << 20]));
    let lists = [&b"l"[..], &(4_u32 << 20).to_be_bytes(), &b"j".repeat(4 << 20), b"j"].concat();
    add("etf", "many empty lists, packed", packed(&lists));
    add("etf", "packed and packed again", packed(&packed(&lists)[1..]));
    let entry = |dump: &[u8]| [&b"\0\x11\x01"[..], &[0; 12], dump].concat();
    let many = [&b"\x04\x08[\x04"[..], &whole.iter().rev().copied().collect::<Vec<_>>()].concat();
    add("rails-cache", "many nothings", entry(&around(&many, b"0", b"0")));
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 33 << 20]).expect("memory");
    add("rails-cache", "zeros", [b"\x01".to_vec(), encoder.finish().expect("memory")].concat());
}

fn go(around: &Around<'_>, length: usize, add: &mut Add<'_>) {
    // A map of anything by anything, and the head of a value of it that fills the rest.
    let described = b"\x0e\xff\x81\x04\x01\x02\xff\x82\0\x01\x10\x01\x10\0\0";
    let number = |number: usize| [&b"\xfc"[..], &(number as u32).to_be_bytes()].concat();
    let map = |entries: &[u8]| {
        let head = [b"\xff\x82\0", entries].concat();
        [&described[..], &number(length - described.len() - 5), &head].concat()
    };
    add(
        "gob",
        "a map of the largest count",
        around(&map(b"\xf8\x7f\xff\xff\xff\xff\xff\xff\xff"), b"\0", b""),
    );
    add("gob", "many nothings", around(&map(&number(length / 2 - 32)), b"\0", b""));
    let text = b"\x06string\x0c\x03\0\x01a";
    add("gob", "one name over and over", around(&map(&number(length / 26 - 8)), &text.repeat(2), b""));
    add("gob", "deep maps", around(&map(b"\x01\0"), b"\x01a\xff\x82\xfc\x7f\xff\xff\xff\0\x01\0", b""));
    add("gob", "one type over and over", around(b"", described, b""));
    let numbered = |id: usize| {
        [&b"\x0b\xfe"[..], &(2 * (64 + id) as u16 - 1).to_be_bytes(), b"\x02\x01\x02\0\x01\x04\0\0"].concat()
    };
    add("gob", "many types", (1..length / 16).flat_map(numbered).take(length).collect());
    add(
        "gob",
        "one long text",
        around(&[&number(length - 5)[..], b"\x0c\0", &number(length - 12)].concat(), b"a", b""),
    );
    add("gob", "lengths of lengths", around(b"", b"\xf8", b""));
}

fn perl(around: &Around<'_>, length: usize, add: &mut Add<'_>) {
    let count = |number: usize| (number as u32).to_be_bytes();
    let dump = |body: &[u8]| [b"\x05\x0b", body].concat();
    let list = |items: usize| dump(&[&b"\x02"[..], &count(items)].concat());
    add("storable", "deep lists", around(&dump(b""), b"\x02\0\0\0\x01", b"\x05"));
    add("storable", "references of references", around(&dump(b""), b"\x04", b"\x05"));
    add("storable", "deep maps", around(&dump(b""), b"\x03\0\0\0\x01", b"\x05\0\0\0\0"));
    add("storable", "classes of classes", around(&dump(b""), b"\x11\x01a", b"\x05"));
    add("storable", "a list of the largest count", around(&list(usize::MAX), b"\x05", b""));
    add("storable", "many nothings", around(&list(length - 8), b"\x05", b""));
    add("storable", "many empty lists", around(&list(length / 5 - 2), b"\x02\0\0\0\0", b""));
    add("storable", "links to the whole", around(&list(length / 5 - 2), b"\0\0\0\0\0", b""));
    add("storable", "one class over and over", around(&list(length / 4 - 2), b"\x11\x01a\x05", b""));

    let text = |begin: &str| [b"$D = ", begin.as_bytes()].concat();
    add("data-dumper", "deep lists", around(&text(""), b"[", b""));
    add("data-dumper", "deep hashes", around(&text(""), b"{'a' => ", b""));
    add("data-dumper", "classes of classes", around(&text(""), b"bless( ", b""));
    add("data-dumper", "many numbers", around(&text("["), b"1,", b"1];"));
    add("data-dumper", "one name over and over", around(&text("{"), b"'a' => 1,", b"};"));
    add("data-dumper", "references to the whole", around(&text("["), b"$D,", b"1];"));
    add("data-dumper", "repairs", around(&text("[[]];"), b"$D->[0] = $D;", b""));
    add("data-dumper", "escapes", around(&text("'"), b"\\'", b"';"));
    add("data-dumper", "no end", around(&text("'"), b"a", b""));

    let text = |begin: &str| [b"---\n", begin.as_bytes()].concat();
    add("perl-yaml", "deep lists", around(&text(""), b"- ", b"1"));
    add("perl-yaml", "many numbers", around(&text(""), b"- 1\n", b""));
    add("perl-yaml", "many empty maps", around(&text(""), b"- {}\n", b""));
    add("perl-yaml", "one name over and over", around(&text(""), b"a: 1\n", b""));
    add("perl-yaml", "references to the whole", around(b"--- &1\n", b"- *1\n", b""));
    add("perl-yaml", "one mark over and over", around(&text(""), b"- &1 a\n", b""));
    add("perl-yaml", "classes", around(&text(""), b"- !!perl/hash:A {}\n", b""));
    add("perl-yaml", "escapes", around(&text("\""), b"\\x41", b"\""));
    add("perl-yaml", "keys in quotation marks", around(&text(""), b"- \"", b""));
    add("perl-yaml", "blanks", around(&text("a: |"), b"\n", b""));
    add("perl-yaml", "no end", around(&text("\""), b"a", b""));

    // Lengths of Sereal are little-endian, seven bits a byte.
    let varint = |mut number: usize| {
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    let body = |begin: &[u8]| [b"=\xf3rl\x05\0", begin].concat();
    let list = |items: usize| body(&[&b"\x2b"[..], &varint(items)].concat());
    add("sereal", "deep lists", around(&body(b""), b"\x41", b"\x01"));
    add("sereal", "deep maps", around(&body(b""), b"\x51\x61a", b"\x01"));
    add("sereal", "references of references", around(&body(b""), b"\x28", b"\x01"));
    add("sereal", "classes of classes", around(&body(b""), b"\x2c\x61a", b"\x01"));
    add("sereal", "a list of the largest count", around(&list(usize::MAX), b"\x01", b""));
    add("sereal", "many numbers", around(&list(length - 16), b"\x01", b""));
    add("sereal", "many empty lists", around(&list(length - 16), b"\x40", b""));
    add("sereal", "copies of a list", around(&body(b"\x2b\xff\xff\x1f\x42\x01\x01"), b"\x2f\x05", b""));
    add("sereal", "one long number", around(&body(b"\x20"), b"\xff", b""));
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![0x01; 33 << 20]).expect("memory");
    let mut packed = encoder.finish().expect("memory");
    let announced = [varint(33 << 20), varint(packed.len())].concat();
    packed.splice(0..0, [&b"=\xf3rl\x35\0"[..], &announced].concat());
    add("sereal", "zeros", packed);
}

fn ruby(around: &Around<'_>, length: usize, add: &mut Add<'_>) {
    let count = |number: usize| [&[4][..], &(number as u32).to_le_bytes()].concat();
    let dump = |begin: &[u8]| [b"\x04\x08", begin].concat();
    add("marshal", "deep lists", around(&dump(b""), b"[\x06", b"0"));
    add("marshal", "deep hashes", around(&dump(b""), b"{\x060", b"0"));
    add("marshal", "defaults of defaults", around(&dump(b""), b"}\x00", b"0"));
    add("marshal", "deep dumps", around(&dump(b"U:\x06A"), b"U;\x00", b"0"));
    add("marshal", "classes of classes", around(&dump(b"C:\x06A"), b"C;\x00", b"0"));
    add("marshal", "variables of variables", around(&dump(b""), b"I", b"0"));
    add("marshal", "a count too large", around(&dump(b"[\x04\xff\xff\xff\x7f"), b"0", b""));
    add("marshal", "many nothings", around(&dump(&[b"[".to_vec(), count(length - 8)].concat()), b"0", b"0"));
    let half = length / 2 - 8;
    add("marshal", "many empty lists", around(&dump(&[b"[".to_vec(), count(half)].concat()), b"[\0", b"0"));
    add("marshal", "links to the whole", around(&dump(&[b"[".to_vec(), count(half)].concat()), b"@\0", b"0"));
    add("marshal", "one huge integer", {
        around(&dump(&[b"l+".to_vec(), count(length / 2 - 8)].concat()), b"\xff", b"")
    });
    let key = [&b"[\x04"[..], &((length / 8) as u32).to_le_bytes(), b"\"", &count(length / 4)].concat();
    let key = [key, b"\xff".repeat(length / 4)].concat();
    add("marshal", "one long key over and over", around(&dump(&key), b"{\x06@\x060", b""));
    let mut laughs = dump(b"[\x02\x00\x10[\x00");
    for number in 0..100_u8 {
        laughs.extend_from_slice(b"[\x0e");
        for _ in 0..9 {
            laughs.extend_from_slice(&[b'@', 6 + number]);
        }
    }
    add("marshal", "each list nine times in the next", around(&laughs, b"0", b""));
}

/// A class of Java without fields.
const NONE: &[u8] = b"\0\0";

fn java(around: &Around<'_>, length: usize, add: &mut Add<'_>) {
    let class = |name: &[u8], flags: u8, fields: &[u8]| {
        let length = (name.len() as u16).to_be_bytes();
        [b"\x72", &length[..], name, &[0; 8], &[flags], fields, b"\x78\x70"].concat()
    };
    let stream = |bytes: &[u8]| [b"\xac\xed\0\x05", bytes].concat();
    let lists = class(b"[L", 2, NONE);
    let array = |count: u32| [b"\x75", &lists[..], &count.to_be_bytes()].concat();
    add("java", "deep arrays", stream(&around(&array(1), b"\x75\x71\0\x7e\0\0\0\0\0\x01", b"\x70")));
    add("java", "deep exceptions", stream(&around(b"", b"\x7b", b"\x70")));
    add("java", "deep classes", stream(&around(b"\x73", b"\x72\0\0\0\0\0\0\0\0\0\0\x02\0\0\x78", b"\x70")));
    add("java", "an array of the largest count", stream(&around(&array(0x7fff_ffff), b"\x70", b"")));
    add("java", "many nulls", stream(&around(&array(1_040_000), b"\x70", b"")));
    add("java", "many values in a row", stream(&around(b"", b"\x70", b"")));
    add("java", "many resets", stream(&around(b"", b"\x79", b"\x70")));
    add("java", "references to the whole", stream(&around(&array(200_000), b"\x71\0\x7e\0\x01", b"")));
    add("java", "one long text over and over", {
        let long = [&array(100_000)[..], b"\x74\xff\xff", &b"x".repeat(0xffff)].concat();
        stream(&around(&long, b"\x71\0\x7e\0\x02", b""))
    });
    let mut shared = [&array(2)[..]].concat();
    for _ in 1..60_000 {
        shared.extend_from_slice(b"\x75\x71\0\x7e\0\0\0\0\0\x02");
        if shared.len() > length / 3 * 2 {
            break;
        }
    }
    add("java", "each array twice in the next", stream(&around(&shared, b"\x71\0\x7e\0\x02", b"")));
    let number = class(b"java.math.BigInteger", 2, b"\0\x02I\0\x06signum[\0\x09magnitude\x74\0\x02[B");
    let bytes = class(b"[B", 2, NONE);
    let digits = [b"\x73", &number[..], b"\0\0\0\x01\x75", &bytes, &0x000f_0000_u32.to_be_bytes()].concat();
    add("java", "an integer of a million bytes", stream(&around(&digits, b"\x7f", b"")));
    let map = class(b"java.util.HashMap", 3, NONE);
    add("java", "a map of one key over and over", {
        let begin = [b"\x73", &map[..], b"\x74\0\x01k\x70"].concat();
        stream(&around(&begin, b"\x71\0\x7e\0\x02\x70", b"\x78"))
    });
    add("java", "a class of control characters", {
        let name = b"\x1b]0;x\x07\n".repeat(9000);
        stream(&around(&[b"\x73", &class(&name, 2, NONE)[..]].concat(), b"\x73\x71\0\x7e\0\0", b""))
    });
    add("vertx", "a count too large", {
        let begin = [b"\0\0\0\x04", &b"abcd"[..], &[0; 24], b"\x7f\xff\xff\xff"].concat();
        around(&begin, b"\0", b"")
    });
}

fn dotnet(around: &Around<'_>, add: &mut Add<'_>) {
    let stream = |bytes: &[u8]| [b"\0\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0", bytes].concat();
    let array = |count: u32| [&[16, 1, 0, 0, 0][..], &count.to_le_bytes()].concat();
    let mut deep = Vec::new();
    for id in 1..=70_000_u32 {
        deep.extend_from_slice(&[16]);
        deep.extend_from_slice(&id.to_le_bytes());
        deep.extend_from_slice(&[1, 0, 0, 0, 9]);
        deep.extend_from_slice(&(id + 1).to_le_bytes());
    }
    add("dotnet-binary", "deep arrays", stream(&[&deep[..], b"\x0b"].concat()));
    add(
        "dotnet-binary",
        "an array of the largest count",
        stream(&around(&array(0x7fff_ffff), b"\x0a", b"\x0b")),
    );
    add("dotnet-binary", "nulls by the largest count", {
        stream(&around(&array(0x7fff_ffff), b"\x0e\xff\xff\xff\x7f", b"\x0b"))
    });
    add("dotnet-binary", "references to the whole", {
        stream(&around(&array(209_000), b"\x09\x01\0\0\0", b"\x0b"))
    });
    add("dotnet-binary", "references to what is not there", {
        stream(&around(&array(209_000), b"\x09\xff\xff\xff\x7f", b"\x0b"))
    });
    add("dotnet-binary", "a text of the largest length", {
        stream(&around(b"\x06\x01\0\0\0\xff\xff\xff\xff\x07", b"a", b"\x0b"))
    });
    add("dotnet-binary", "many ids of the same text", stream(&around(b"", b"\x06\x01\0\0\0\x00", b"\x0b")));
    let class = [b"\x04\x01\0\0\0\x01P\xff\xff\xff\x7f", &b"\0".repeat(1000)[..]].concat();
    add("dotnet-binary", "members by the largest count", stream(&around(&class, b"\x00", b"")));
    add("system-web", "a count too large", around(b"\xff\xff\xff\x7f\xff\xff\xff\xff", b"\0", b""));
    add("system-web", "one name over and over", {
        let begin = [&100_000_u32.to_le_bytes()[..], b"\xff\xff\xff\xff"].concat();
        around(&begin, b"\x01a", b"")
    });
    add("aspnetcore-session", "many values", {
        around(&[&b"\x02\x7f\xff\xff"[..], &[0; 16]].concat(), b"\0\0\0\0\0\0", b"")
    });
    add("aspnetcore-ticket", "a count too large", {
        around(b"\x05\0\0\0\x01C\x01\0\0\0\x01C\x01\0\x01\0\xff\xff\xff\x7f", b"\0", b"")
    });
    add("aspnetcore-ticket", "actors within actors", {
        let identity = b"\x01C\x01\0\x01\0\0\0\0\0\0\x01";
        around(b"\x05\0\0\0\x01C\x01\0\0\0", identity, b"")
    });
}

/// For the wrappers that need no secret: what would become a thousand times as much, and more.
pub(crate) fn for_wrappers(length: usize) -> Vec<Bad> {
    use std::io::Write as _;
    let zeros = vec![0; 33 << 20];
    let zlib = {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&zeros).expect("memory");
        encoder.finish().expect("memory")
    };
    let gzip = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&zeros).expect("memory");
        encoder.finish().expect("memory")
    };
    let members = gzip.repeat(length / gzip.len() + 1);
    let lz4 = {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(&zeros).expect("memory");
        encoder.finish().expect("memory")
    };
    // Frames of one block that repeats one byte: RFC 8878, 3.1.1.2.2.
    let blocks = b"\x03\x00\x10\x00".repeat(255);
    let zstd = [b"\x28\xb5\x2f\xfd\x00\x58", &blocks[..]].concat();
    let block = [&b"\x1f\0\x01\0"[..], &b"\xff".repeat(length)].concat();
    let snappy = [&b"\xff\xff\xff\xff\x0f\x00a"[..], &b"\xfe\x01\x00".repeat(length / 3)].concat();
    let lzf = [&b"\x00a"[..], &b"\xe0\xff\x00".repeat(length / 3)].concat();
    let fastlz = [&b"\xff\xff\xff\x01\x20a"[..], &b"\xff\xff\xff\x00\x00".repeat(length / 5)].concat();
    [
        ("fastlz", "one byte over and over", fastlz),
        (
            "fastlz",
            "a length without an end",
            [&b"\xff\xff\xff\x01\x20a\xff"[..], &b"\xff".repeat(length)].concat(),
        ),
        ("gzip", "one member of zeros", gzip),
        ("gzip", "members one after the other", members),
        ("zlib", "zeros", zlib),
        ("lz4", "zeros", lz4),
        ("lz4", "no frame", block),
        ("zstd", "blocks of one byte", zstd),
        ("zstd", "frames one after the other", b"\x28\xb5\x2f\xfd\x20\x00\x01\0\0".repeat(length / 9)),
        ("zstd", "frames to skip", b"\x50\x2a\x4d\x18\0\0\0\0".repeat(length / 8)),
        ("snappy", "a length of four gigabytes", snappy),
        ("lzf", "one byte over and over", lzf),
        ("xz", "chunks that lie", [XZ, &b"\xff\xff\xff\xff\xff\x5d\0".repeat(length / 7)].concat()),
        ("xz", "chunks as they are", [XZ, &b"\x01\0\0a".repeat(length / 4)].concat()),
        ("base64", "no end", b"A".repeat(length + 1)),
        ("base64", "white space", b" ".repeat(length)),
    ]
    .map(|(reader, what, bytes)| Bad { reader, what, bytes })
    .into()
}
