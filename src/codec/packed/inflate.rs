//! DEFLATE (RFC 1951), for values that are short.
//!
//! Of a session of some hundred bytes most of the work is to begin: zlib-rs 0.6.8, miniz_oxide 0.9.1 and
//! zune-inflate 0.2.54 make room and tables for megabytes, and take two to two and a half times as many
//! instructions for it as `serde_json` for the JSON inside. Here a table is as large as its longest code asks
//! for and 512 entries at the most; longer codes are rare, and are found bit by bit.

/// Why a stream cannot be read, and at which of its bytes.
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) reason: &'static str,
}

/// Bits of the longest code (RFC 1951, 3.2.7).
const LONGEST: usize = 15;
/// Bits of the longest code that is found in one step.
const QUICK: usize = 9;
/// Codes of literals and lengths, of which the last two mean nothing.
const LITERALS: usize = 288;
/// Codes of distances, of which the last two mean nothing.
const DISTANCES: usize = 32;
/// What ends a block.
const END: usize = 256;

/// Lengths of copies by their codes from 257 on: the least of each, and how many bits are added to it.
const COPIES: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// Distances back by their codes, in the same way.
const BACK: [(u16, u8); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];

/// In which order the lengths of the codes for lengths of codes stand.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Appends what a stream expands to, up to `room` bytes in all and a copy more, and gives the length of
/// the stream.
pub(super) fn inflate(bytes: &[u8], plain: &mut Vec<u8>, room: usize) -> Result<usize, Fault> {
    let mut bits = Bits { bytes, at: 0, held: 0, count: 0 };
    let (mut literals, mut distances) = (Codes::<LITERALS>::NONE, Codes::<DISTANCES>::NONE);
    let begin = plain.len();
    loop {
        bits.fill();
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(&mut bits, plain, room)?,
            1 => {
                let mut lengths = [8; LITERALS];
                lengths[144..256].fill(9);
                lengths[256..280].fill(7);
                literals.learn(&lengths);
                distances.learn(&[5; DISTANCES]);
                bits = block(bits, &literals, &distances, plain, begin, room)?;
            }
            2 => {
                codes(&mut bits, &mut literals, &mut distances)?;
                bits = block(bits, &literals, &distances, plain, begin, room)?;
            }
            _ => return bits.fault("a block of unknown type"),
        }
        if last || plain.len() > room {
            return Ok(bits.passed());
        }
    }
}

/// The bytes, the lowest bit of each first.
#[derive(Clone, Copy)]
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u64,
    /// How many bits of `held` were read; what is above them is either what follows or nothing.
    count: u32,
}

impl Bits<'_> {
    /// Reads until at least 56 bits are held, or all that are left.
    #[inline]
    fn fill(&mut self) {
        if let Some(word) = self.bytes[self.at..].first_chunk() {
            self.held |= u64::from_le_bytes(*word) << self.count;
            self.at += ((63 - self.count) >> 3) as usize;
            self.count |= 0x38;
        } else {
            while self.count < 56
                && let Some(byte) = self.bytes.get(self.at)
            {
                self.held |= u64::from(*byte) << self.count;
                self.at += 1;
                self.count += 8;
            }
        }
    }

    #[inline]
    fn pass(&mut self, bits: u32) -> Result<(), Fault> {
        let Some(count) = self.count.checked_sub(bits) else { return self.fault("unexpected end") };
        self.held >>= bits;
        self.count = count;
        Ok(())
    }

    #[inline]
    fn take(&mut self, bits: u32) -> Result<usize, Fault> {
        let taken = self.held & ((1 << bits) - 1);
        self.pass(bits)?;
        Ok(taken as usize)
    }

    /// How many bytes were read, the last one perhaps in part.
    fn passed(&self) -> usize {
        self.at - (self.count >> 3) as usize
    }

    #[cold]
    fn fault<T>(&self, reason: &'static str) -> Result<T, Fault> {
        Err(Fault { offset: self.passed(), reason })
    }
}

/// A block that is not compressed: its length, the same inverted, and the bytes.
fn stored(bits: &mut Bits<'_>, plain: &mut Vec<u8>, room: usize) -> Result<(), Fault> {
    bits.pass(bits.count & 7)?;
    let at = bits.passed();
    (bits.held, bits.count) = (0, 0);
    bits.at = at;
    let Some(([a, b, c, d], rest)) = bits.bytes[at..].split_first_chunk() else {
        return bits.fault("unexpected end");
    };
    if [!a, !b] != [*c, *d] {
        return bits.fault("a block whose length is not the same twice");
    }
    let length = usize::from(u16::from_le_bytes([*a, *b]));
    let Some(taken) = rest.get(..length) else { return bits.fault("unexpected end") };
    plain.extend_from_slice(&taken[..length.min((room + 1).saturating_sub(plain.len()))]);
    bits.at += 4 + length;
    Ok(())
}

/// The codes of a block that brings its own.
fn codes(
    bits: &mut Bits<'_>,
    literals: &mut Codes<LITERALS>,
    distances: &mut Codes<DISTANCES>,
) -> Result<(), Fault> {
    bits.fill();
    let (first, second) = (bits.take(5)? + 257, bits.take(5)? + 1);
    let count = bits.take(4)? + 4;
    if first > LITERALS - 2 || second > DISTANCES - 2 {
        return bits.fault("more codes than there are");
    }
    let mut lengths = [0_u8; 24];
    for place in &ORDER[..count] {
        if bits.count < 3 {
            bits.fill();
        }
        lengths[*place] = bits.take(3)? as u8;
    }
    let mut of_lengths = Codes::<24>::NONE;
    if of_lengths.learn(&lengths) != Some(Complete(true)) {
        return bits.fault("code lengths that make no valid code");
    }
    let mut lengths = [0_u8; LITERALS + DISTANCES];
    let all = first + second;
    let mut at = 0;
    while at < all {
        if bits.count < 14 {
            bits.fill();
        }
        let (length, times) = match of_lengths.next(bits)? {
            length @ 0..=15 => {
                lengths[at] = length as u8;
                at += 1;
                continue;
            }
            16 => match at.checked_sub(1) {
                Some(before) => (lengths[before], 3 + bits.take(2)?),
                None => return bits.fault("nothing to repeat"),
            },
            17 => (0, 3 + bits.take(3)?),
            _ => (0, 11 + bits.take(7)?),
        };
        if times > all - at {
            return bits.fault("more lengths than codes");
        }
        lengths[at..at + times].fill(length);
        at += times;
    }
    if lengths[END] == 0 {
        return bits.fault("an unterminated block");
    }
    let mut of_distances = [0; DISTANCES];
    of_distances[..second].copy_from_slice(&lengths[first..all]);
    lengths[first..all].fill(0);
    let of_literals = lengths.first_chunk().unwrap_or(&[0; LITERALS]);
    if literals.learn(of_literals).is_none() || distances.learn(&of_distances).is_none() {
        return bits.fault("lengths that make no valid code");
    }
    Ok(())
}

/// A prefix code, given by the length of each symbol's code (RFC 1951, 3.2.2).
struct Codes<const SYMBOLS: usize> {
    /// By the next bits: the symbol in the upper twelve bits and the length of its code in the lower four;
    /// 0 where the code is longer or there is none.
    quick: [u16; 1 << QUICK],
    /// How many bits `quick` is asked for.
    asked: usize,
    /// How many codes have each length.
    counts: [u16; LONGEST + 1],
    /// The symbols in the order of their codes.
    symbols: [u16; SYMBOLS],
}

/// Whether every run of bits begins with a code.
#[derive(PartialEq)]
struct Complete(bool);

impl<const SYMBOLS: usize> Codes<SYMBOLS> {
    const NONE: Self =
        Codes { quick: [0; 1 << QUICK], asked: 1, counts: [0; LONGEST + 1], symbols: [0; SYMBOLS] };

    /// `None` where codes would be the beginning of others, or some of them are missing: zlib allows that
    /// to a code of one symbol, or of none, which nothing may then use.
    fn learn(&mut self, lengths: &[u8; SYMBOLS]) -> Option<Complete> {
        let mut counts = [0_u16; LONGEST + 1];
        // Most symbols of a string have none, and stand side by side.
        let eights: &[[u8; 8]] = lengths.as_chunks().0;
        for eight in eights {
            if *eight != [0; 8] {
                for length in eight {
                    counts[usize::from(*length & 15)] += 1;
                }
            }
        }
        counts[0] = 0;
        let mut left = 1_i32;
        let mut places = [0_u16; LONGEST + 2];
        for length in 1..=LONGEST {
            left = (left << 1) - i32::from(counts[length]);
            if left < 0 {
                return None;
            }
            places[length + 1] = places[length] + counts[length];
        }
        let longest = (1..=LONGEST).rev().find(|length| counts[*length] > 0).unwrap_or(1);
        if left > 0 && longest > 1 {
            return None;
        }
        // Those without a code go after all others.
        places[0] = places[LONGEST + 1];
        for (at, eight) in eights.iter().enumerate() {
            if *eight != [0; 8] {
                for (symbol, length) in eight.iter().enumerate() {
                    let place = &mut places[usize::from(*length & 15)];
                    self.symbols[usize::from(*place)] = (8 * at + symbol) as u16;
                    *place += 1;
                }
            }
        }
        let asked = longest.min(QUICK);
        self.quick[0] = 0;
        // Codes stand with their first bit lowest, as they are read; so the codes of a length follow each
        // other as numbers do that are counted from the highest bit on.
        let mut code = 0_usize;
        let mut next = 0;
        for (length, count) in counts.iter().enumerate().take(asked + 1).skip(1) {
            self.quick.copy_within(..1 << (length - 1), 1 << (length - 1));
            let entry = length as u16;
            for symbol in &self.symbols[next..next + usize::from(*count)] {
                self.quick[code] = symbol << 4 | entry;
                let zeros = code ^ ((1 << length) - 1);
                let Some(highest) = zeros.checked_ilog2() else { break };
                code = code & ((1 << highest) - 1) | 1 << highest;
            }
            next += usize::from(*count);
        }
        (self.asked, self.counts) = (asked, counts);
        Some(Complete(left == 0))
    }

    /// The symbol whose code follows; at least 15 bits are held, or all that are left.
    #[inline]
    fn next(&self, bits: &mut Bits<'_>) -> Result<usize, Fault> {
        let entry = self.quick[bits.held as usize & ((1 << self.asked) - 1) & ((1 << QUICK) - 1)];
        if entry == 0 {
            return self.long(bits);
        }
        bits.pass(u32::from(entry & 15))?;
        Ok(usize::from(entry >> 4))
    }

    /// The same, bit by bit: among the codes of each length, the first of which follows from how many
    /// shorter ones there are.
    #[cold]
    fn long(&self, bits: &mut Bits<'_>) -> Result<usize, Fault> {
        let (mut code, mut first, mut before) = (0_usize, 0, 0);
        for length in 1..=LONGEST {
            code = code << 1 | (bits.held >> (length - 1)) as usize & 1;
            let count = usize::from(self.counts[length]);
            if let Some(symbol) = code.checked_sub(first).filter(|at| *at < count) {
                bits.pass(length as u32)?;
                return Ok(usize::from(self.symbols[before + symbol]));
            }
            before += count;
            first = (first + count) << 1;
        }
        bits.fault(if bits.count < LONGEST as u32 { "unexpected end" } else { "an unassigned code" })
    }
}

/// Literals and copies up to the end of a block, or until there is no room; gives what follows.
fn block<'a>(
    mut bits: Bits<'a>,
    literals: &Codes<LITERALS>,
    distances: &Codes<DISTANCES>,
    plain: &mut Vec<u8>,
    begin: usize,
    room: usize,
) -> Result<Bits<'a>, Fault> {
    const LONG: u32 = LONGEST as u32;
    while plain.len() <= room {
        if bits.count < LONG {
            bits.fill();
        }
        let symbol = literals.next(&mut bits)?;
        if symbol < END {
            plain.push(symbol as u8);
            continue;
        }
        if symbol == END {
            return Ok(bits);
        }
        // The rest of a length takes 5 bits at the most, and that of a distance 13.
        if bits.count < 5 + LONG + 13 {
            bits.fill();
        }
        let Some((least, more)) = COPIES.get(symbol - END - 1) else {
            return bits.fault("an invalid length");
        };
        let length = usize::from(*least) + bits.take(u32::from(*more))?;
        let Some((least, more)) = BACK.get(distances.next(&mut bits)?) else {
            return bits.fault("an invalid distance");
        };
        let distance = usize::from(*least) + bits.take(u32::from(*more))?;
        if distance > plain.len() - begin {
            return bits.fault("a copy from before the beginning");
        }
        let start = plain.len() - distance;
        let mut left = length;
        // What is copied may itself be copied on: from `start` it repeats, and grows each time.
        while left > 0 {
            let run = left.min(plain.len() - start);
            plain.extend_from_within(start..start + run);
            left -= run;
        }
    }
    Ok(bits)
}
