//! What a small collection is packed into, each as one string: listpack (listpack.c of Redis 5 and
//! later), ziplist (ziplist.c up to 6.2), zipmap (zipmap.c up to 2.4) and intset (intset.c).
//!
//! Each gives its entries in their order, or says at which of its bytes it is damaged.

/// An entry: bytes, or a whole number that stands for its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'b> {
    Bytes(&'b [u8]),
    Number(i64),
}

impl Entry<'_> {
    pub fn to_vec(self) -> Vec<u8> {
        match self {
            Entry::Bytes(bytes) => bytes.to_vec(),
            Entry::Number(number) => number.to_string().into_bytes(),
        }
    }
}

/// Where and why a packed collection is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub at: usize,
    pub what: &'static str,
}

/// How a collection is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    List,
    Zip,
    Map,
    Numbers,
}

const SHORT: &str = "it ends too early";
const UNKNOWN: &str = "no entry begins like this";

/// The entries of a packed collection.
pub struct Entries<'b> {
    bytes: &'b [u8],
    packing: Packing,
    at: usize,
    /// How many the head announces, where it does.
    announced: Option<u64>,
    given: u64,
    /// Bytes of one number of an intset.
    width: usize,
    over: bool,
}

impl<'b> Entries<'b> {
    pub fn new(bytes: &'b [u8], packing: Packing) -> Result<Entries<'b>, Damage> {
        let short = Damage { at: bytes.len(), what: SHORT };
        let word = |at: usize| -> Result<u64, Damage> {
            let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).ok_or(short.clone())?;
            Ok(u64::from(u32::from_le_bytes(word)))
        };
        let half = |at: usize| -> Result<u64, Damage> {
            let half = bytes.get(at..at + 2).and_then(|half| half.try_into().ok()).ok_or(short.clone())?;
            Ok(u64::from(u16::from_le_bytes(half)))
        };
        let known = |count: u64| (count < u64::from(u16::MAX)).then_some(count);
        let (at, announced, width) = match packing {
            Packing::List => (6, known(half(4)?), 0),
            Packing::Zip => (10, known(half(8)?), 0),
            Packing::Map => {
                let count = *bytes.first().ok_or(short.clone())?;
                (1, (count < 254).then_some(u64::from(count) * 2), 0)
            }
            Packing::Numbers => {
                let (width, count) = (word(0)?, word(4)?);
                if !matches!(width, 2 | 4 | 8) {
                    return Err(Damage { at: 0, what: "its numbers have no such width" });
                }
                if count * width != bytes.len() as u64 - 8 {
                    return Err(Damage { at: 4, what: "its length does not fit its count" });
                }
                (8, Some(count), width as usize)
            }
        };
        if matches!(packing, Packing::List | Packing::Zip) && word(0)? != bytes.len() as u64 {
            return Err(Damage { at: 0, what: "its length differs from the stated one" });
        }
        Ok(Entries { bytes, packing, at, announced, given: 0, width, over: false })
    }

    /// How many entries it says that it has; `None` where it does not say.
    pub fn announced(&self) -> Option<u64> {
        self.announced
    }

    fn damage<T>(&self, what: &'static str) -> Result<T, Damage> {
        Err(Damage { at: self.at, what })
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], Damage> {
        let bytes = self.at.checked_add(count).and_then(|end| self.bytes.get(self.at..end));
        let Some(bytes) = bytes else { return self.damage(SHORT) };
        self.at += count;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, Damage> {
        Ok(self.take(1)?[0])
    }

    /// A signed number of this many bytes, the lowest first.
    fn number(&mut self, width: usize) -> Result<i64, Damage> {
        let bytes = self.take(width)?;
        let mut whole = [if bytes[width - 1] & 0x80 == 0 { 0 } else { 0xff }; 8];
        whole[..width].copy_from_slice(bytes);
        Ok(i64::from_le_bytes(whole))
    }

    /// Whether the mark of the end stands here. Nothing may stand after it.
    fn at_end(&self) -> Result<bool, Damage> {
        match self.bytes.get(self.at) {
            None => self.damage(SHORT),
            Some(0xff) if self.at + 1 < self.bytes.len() => self.damage("data follows its end"),
            Some(byte) => Ok(*byte == 0xff),
        }
    }

    fn step(&mut self) -> Result<Option<Entry<'b>>, Damage> {
        let over = match self.packing {
            Packing::Numbers => self.at >= self.bytes.len(),
            _ => self.at_end()?,
        };
        if over {
            if self.announced.is_some_and(|announced| announced != self.given) {
                return self.damage("its count differs from the stated one");
            }
            return Ok(None);
        }
        let entry = match self.packing {
            Packing::List => self.of_list()?,
            Packing::Zip => self.of_zip()?,
            Packing::Map => self.of_map()?,
            Packing::Numbers => Entry::Number(self.number(self.width)?),
        };
        self.given += 1;
        Ok(Some(entry))
    }

    fn of_list(&mut self) -> Result<Entry<'b>, Damage> {
        let begin = self.at;
        let first = self.byte()?;
        let entry = match first {
            0x00..=0x7f => Entry::Number(i64::from(first)),
            0x80..=0xbf => Entry::Bytes(self.take(usize::from(first & 0x3f))?),
            0xc0..=0xdf => {
                let bits = i64::from(first & 0x1f) << 8 | i64::from(self.byte()?);
                Entry::Number(if bits >= 4096 { bits - 8192 } else { bits })
            }
            0xe0..=0xef => {
                let length = usize::from(first & 0x0f) << 8 | usize::from(self.byte()?);
                Entry::Bytes(self.take(length)?)
            }
            0xf0 => {
                let length = self.number(4)? as u32;
                Entry::Bytes(self.take(length as usize)?)
            }
            0xf1 => Entry::Number(self.number(2)?),
            0xf2 => Entry::Number(self.number(3)?),
            0xf3 => Entry::Number(self.number(4)?),
            0xf4 => Entry::Number(self.number(8)?),
            _ => {
                self.at = begin;
                return self.damage(UNKNOWN);
            }
        };
        // Its length once more, for those who read backwards.
        let back = match self.at - begin {
            0..=127 => 1,
            128..16_383 => 2,
            16_383..2_097_151 => 3,
            2_097_151..268_435_455 => 4,
            _ => 5,
        };
        self.take(back)?;
        Ok(entry)
    }

    fn of_zip(&mut self) -> Result<Entry<'b>, Damage> {
        // The length of the entry before.
        if self.byte()? == 0xfe {
            self.take(4)?;
        }
        let begin = self.at;
        let first = self.byte()?;
        Ok(match first {
            0x00..=0x3f => Entry::Bytes(self.take(usize::from(first))?),
            0x40..=0x7f => {
                let length = usize::from(first & 0x3f) << 8 | usize::from(self.byte()?);
                Entry::Bytes(self.take(length)?)
            }
            0x80 => {
                let length = self.take(4)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
                Entry::Bytes(self.take(length)?)
            }
            0xc0 => Entry::Number(self.number(2)?),
            0xd0 => Entry::Number(self.number(4)?),
            0xe0 => Entry::Number(self.number(8)?),
            0xf0 => Entry::Number(self.number(3)?),
            0xfe => Entry::Number(self.number(1)?),
            0xf1..=0xfd => Entry::Number(i64::from(first & 0x0f) - 1),
            _ => {
                self.at = begin;
                return self.damage(UNKNOWN);
            }
        })
    }

    fn of_map(&mut self) -> Result<Entry<'b>, Damage> {
        let length = match self.byte()? {
            254 => self.number(4)? as u32 as usize,
            255 => return self.damage(UNKNOWN),
            length => usize::from(length),
        };
        // Behind a value there may be room that it once took.
        let free = if self.given % 2 == 1 { usize::from(self.byte()?) } else { 0 };
        let bytes = self.take(length)?;
        self.take(free)?;
        Ok(Entry::Bytes(bytes))
    }
}

impl<'b> Iterator for Entries<'b> {
    type Item = Result<Entry<'b>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let step = self.step();
        self.over = !matches!(step, Ok(Some(_)));
        step.transpose()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], packing: Packing) -> Result<Vec<Vec<u8>>, Damage> {
        Entries::new(bytes, packing)?.map(|entry| entry.map(Entry::to_vec)).collect()
    }

    /// A listpack of entries that are encoded already.
    fn listpack(entries: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![0; 6];
        for entry in entries {
            bytes.extend_from_slice(entry);
            // All the test's entries are short enough for one of these two.
            if entry.len() <= 127 {
                bytes.push(entry.len() as u8);
            } else {
                bytes.extend_from_slice(&[(entry.len() >> 7) as u8, (entry.len() & 127) as u8 | 128]);
            }
        }
        bytes.push(0xff);
        let length = bytes.len() as u32;
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes[4..6].copy_from_slice(&(entries.len() as u16).to_le_bytes());
        bytes
    }

    fn ziplist(entries: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![0; 10];
        let mut before = 0;
        for entry in entries {
            bytes.push(before);
            bytes.extend_from_slice(entry);
            before = entry.len() as u8 + 1;
        }
        bytes.push(0xff);
        let length = bytes.len() as u32;
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes[8..10].copy_from_slice(&(entries.len() as u16).to_le_bytes());
        bytes
    }

    fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    #[test]
    fn every_entry_of_a_listpack() {
        let long = [&[0xe0, 200][..], &[b'x'; 200]].concat();
        let longer = [&[0xf0, 3, 0, 0, 0][..], b"abc"].concat();
        let bytes = listpack(&[
            &[5],
            &[0x83, b'a', b'b', b'c'],
            &[0xdf, 0xff],
            &[0xcf, 0xff],
            &long,
            &longer,
            &[0xf1, 0x00, 0x80],
            &[0xf2, 0xff, 0xff, 0xff],
            &[0xf3, 0xff, 0xff, 0xff, 0x7f],
            &[0xf4, 0, 0, 0, 0, 0, 0, 0, 0x80],
        ]);
        let x = "x".repeat(200);
        let expected = texts(&[
            "5",
            "abc",
            "-1",
            "4095",
            &x,
            "abc",
            "-32768",
            "-1",
            "2147483647",
            "-9223372036854775808",
        ]);
        assert_eq!(read(&bytes, Packing::List).unwrap(), expected);
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end], Packing::List).is_err());
        }
    }

    #[test]
    fn every_entry_of_a_ziplist() {
        let long = [&[0x40, 70][..], &[b'x'; 70]].concat();
        let bytes = ziplist(&[
            &[0x03, b'a', b'b', b'c'],
            &long,
            &[0x80, 0, 0, 0, 2, b'h', b'i'],
            &[0xc0, 0xff, 0xff],
            &[0xd0, 0, 0, 0, 0x80],
            &[0xe0, 1, 0, 0, 0, 0, 0, 0, 0],
            &[0xf0, 0, 0, 0x80],
            &[0xfe, 0x80],
            &[0xf1],
            &[0xfd],
        ]);
        let x = "x".repeat(70);
        let expected = texts(&["abc", &x, "hi", "-1", "-2147483648", "1", "-8388608", "-128", "0", "12"]);
        assert_eq!(read(&bytes, Packing::Zip).unwrap(), expected);
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end], Packing::Zip).is_err());
        }
    }

    #[test]
    fn maps_and_numbers() {
        let map = b"\x02\x01a\x02\x01xy-\xfe\x01\0\0\0b\x00\x00\xff";
        assert_eq!(read(map, Packing::Map).unwrap(), texts(&["a", "xy", "b", ""]));
        for end in 0..map.len() {
            assert!(read(&map[..end], Packing::Map).is_err());
        }
        let numbers = b"\x02\0\0\0\x02\0\0\0\xff\xff\x07\0";
        assert_eq!(read(numbers, Packing::Numbers).unwrap(), texts(&["-1", "7"]));
        for end in 0..numbers.len() {
            assert!(read(&numbers[..end], Packing::Numbers).is_err());
        }
    }

    #[test]
    fn hostile_lengths() {
        for bytes in [
            listpack(&[&[0xf0, 0xff, 0xff, 0xff, 0xff]]),
            listpack(&[&[0xef, 0xff]]),
            listpack(&[&[0xf5]]),
            [&listpack(&[&[5]])[..], b"\xff"].concat(),
        ] {
            assert!(read(&bytes, Packing::List).is_err());
        }
        assert!(read(&ziplist(&[&[0x80, 0xff, 0xff, 0xff, 0xff]]), Packing::Zip).is_err());
        assert!(read(&ziplist(&[&[0xff]]), Packing::Zip).is_err());
        assert!(read(b"\x01\xfe\xff\xff\xff\xff\xff", Packing::Map).is_err());
        assert!(read(b"\x08\0\0\0\xff\xff\xff\xff", Packing::Numbers).is_err());
        assert!(read(b"\x03\0\0\0\x01\0\0\0abc", Packing::Numbers).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..80), fits in any::<bool>()) {
            if fits && bytes.len() >= 4 {
                let length = bytes.len() as u32;
                bytes[..4].copy_from_slice(&length.to_le_bytes());
            }
            for packing in [Packing::List, Packing::Zip, Packing::Map, Packing::Numbers] {
                let _ = read(&bytes, packing);
            }
        }
    }
}
