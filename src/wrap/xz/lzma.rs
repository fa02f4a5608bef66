//! LZMA2, and LZMA inside it, after the reference decoder of xz-embedded (xz_dec_lzma2.c).

/// Why it stops: a place and a reason; `None` where there is no more room.
type Stop = Option<(usize, &'static str)>;

const END: &str = "unexpected end";

/// Appends what the chunks that begin at `at` hold, and gives where they end.
pub(super) fn decompress(
    bytes: &[u8],
    mut at: usize,
    plain: &mut Vec<u8>,
    room: usize,
) -> Result<usize, Stop> {
    let mut machine: Option<Machine> = None;
    // Distances reach back to here.
    let mut dictionary = None;
    loop {
        let control = *bytes.get(at).ok_or(Some((at, END)))?;
        let take =
            |from: usize, length: usize| bytes.get(from..from + length).ok_or(Some((bytes.len(), END)));
        let pair =
            |from: usize| take(from, 2).map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])));
        match control {
            0 => return Ok(at + 1),
            1 | 2 => {
                let length = pair(at + 1)? + 1;
                let stored = take(at + 3, length)?;
                if control == 1 {
                    dictionary = Some(plain.len());
                }
                if dictionary.is_none() || plain.len() + length > room {
                    return Err(dictionary.is_none().then_some((at, "a chunk without a dictionary")));
                }
                plain.extend_from_slice(stored);
                at += 3 + length;
            }
            3..0x80 => return Err(Some((at, "an unknown chunk"))),
            _ => {
                let length = (usize::from(control & 0x1f) << 16) + pair(at + 1)? + 1;
                let packed = pair(at + 3)? + 1;
                let reset = control >> 5 & 3;
                let mut begin = at + 5;
                if reset == 3 {
                    dictionary = Some(plain.len());
                }
                if reset >= 2 {
                    let properties = *bytes.get(begin).ok_or(Some((begin, END)))?;
                    machine = Some(Machine::new(properties).ok_or(Some((begin, "unknown properties")))?);
                    begin += 1;
                }
                let (Some(machine), Some(dictionary)) = (machine.as_mut(), dictionary) else {
                    return Err(Some((at, "a chunk without properties or a dictionary")));
                };
                if reset == 1 {
                    machine.reset();
                }
                if plain.len() + length > room {
                    return Err(None);
                }
                let target = plain.len() + length;
                machine
                    .run(take(begin, packed)?, plain, dictionary, target)
                    .ok_or(Some((begin, "the chunk is damaged")))?;
                at = begin + packed;
            }
        }
    }
}

/// An adaptive probability of a zero bit, of 11 bits.
type Chance = u16;

const EVEN: Chance = 1 << 10;
const STATES: usize = 12;
const POSITIONS: usize = 16;
/// From here on the last thing was a match.
const MATCHED: usize = 7;
const LITERAL: usize = 0x300;
/// Distances below this slot have chances of their own for each bit.
const SLOTS: usize = 14;

/// The bits of a chunk.
struct Bits<'b> {
    rest: &'b [u8],
    range: u32,
    code: u32,
}

impl<'b> Bits<'b> {
    fn new(packed: &'b [u8]) -> Option<Bits<'b>> {
        let (head, rest) = packed.split_first_chunk::<5>()?;
        let [0, code @ ..] = head else { return None };
        Some(Bits { rest, range: u32::MAX, code: u32::from_be_bytes(*code) })
    }

    fn fill(&mut self) -> Option<()> {
        if self.range < 1 << 24 {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(*byte);
        }
        Some(())
    }

    fn bit(&mut self, chance: &mut Chance) -> Option<usize> {
        self.fill()?;
        let bound = (self.range >> 11) * u32::from(*chance);
        if self.code < bound {
            self.range = bound;
            *chance += (2048 - *chance) >> 5;
            Some(0)
        } else {
            self.range -= bound;
            self.code -= bound;
            *chance -= *chance >> 5;
            Some(1)
        }
    }

    /// A number of this many bits, the highest first, each with a chance that the ones before it choose.
    fn tree(&mut self, chances: &mut [Chance], bits: u32) -> Option<usize> {
        let mut symbol = 1;
        for _ in 0..bits {
            symbol = symbol << 1 | self.bit(&mut chances[symbol])?;
        }
        Some(symbol - (1 << bits))
    }

    /// The same with the lowest bit first.
    fn reverse(&mut self, chances: &mut [Chance], bits: u32) -> Option<u32> {
        let (mut symbol, mut number) = (1, 0);
        for at in 0..bits {
            let bit = self.bit(&mut chances[symbol])?;
            symbol = symbol << 1 | bit;
            number |= (bit as u32) << at;
        }
        Some(number)
    }

    /// Bits that are as often zero as one.
    fn direct(&mut self, bits: u32) -> Option<u32> {
        let mut number = 0;
        for _ in 0..bits {
            self.fill()?;
            self.range >>= 1;
            let one = self.code >= self.range;
            if one {
                self.code -= self.range;
            }
            number = number << 1 | u32::from(one);
        }
        Some(number)
    }

    /// Whether all was used, as the writer leaves it.
    fn is_over(&mut self) -> bool {
        self.fill().is_some() && self.rest.is_empty() && self.code == 0
    }
}

/// Lengths of matches.
struct Lengths {
    choice: [Chance; 2],
    low: [[Chance; 8]; POSITIONS],
    middle: [[Chance; 8]; POSITIONS],
    high: [Chance; 256],
}

impl Lengths {
    const NEW: Lengths = Lengths {
        choice: [EVEN; 2],
        low: [[EVEN; 8]; POSITIONS],
        middle: [[EVEN; 8]; POSITIONS],
        high: [EVEN; 256],
    };

    fn read(&mut self, bits: &mut Bits<'_>, position: usize) -> Option<usize> {
        if bits.bit(&mut self.choice[0])? == 0 {
            Some(2 + bits.tree(&mut self.low[position], 3)?)
        } else if bits.bit(&mut self.choice[1])? == 0 {
            Some(10 + bits.tree(&mut self.middle[position], 3)?)
        } else {
            Some(18 + bits.tree(&mut self.high, 8)?)
        }
    }
}

struct Machine {
    literal_bits: u32,
    literal_mask: usize,
    position_mask: usize,
    state: usize,
    /// The last distances, less one.
    last: [u32; 4],
    literals: Vec<Chance>,
    is_match: [[Chance; POSITIONS]; STATES],
    is_last: [Chance; STATES],
    /// Whether it is not the last distance, not the one before, not the one before that.
    is_older: [[Chance; STATES]; 3],
    is_long: [[Chance; POSITIONS]; STATES],
    slots: [[Chance; 64]; 4],
    near: [Chance; 128 - SLOTS],
    align: [Chance; 16],
    lengths: Lengths,
    last_lengths: Lengths,
}

impl Machine {
    fn new(properties: u8) -> Option<Machine> {
        let (literal, rest) = (u32::from(properties % 9), properties / 9);
        let (place, position) = (u32::from(rest % 5), u32::from(rest / 5));
        (literal + place <= 4 && position <= 4).then(|| Machine {
            literal_bits: literal,
            literal_mask: (1 << place) - 1,
            position_mask: (1 << position) - 1,
            state: 0,
            last: [0; 4],
            literals: vec![EVEN; LITERAL << (literal + place)],
            is_match: [[EVEN; POSITIONS]; STATES],
            is_last: [EVEN; STATES],
            is_older: [[EVEN; STATES]; 3],
            is_long: [[EVEN; POSITIONS]; STATES],
            slots: [[EVEN; 64]; 4],
            near: [EVEN; 128 - SLOTS],
            align: [EVEN; 16],
            lengths: Lengths::NEW,
            last_lengths: Lengths::NEW,
        })
    }

    /// As new, with the same properties.
    fn reset(&mut self) {
        self.state = 0;
        self.last = [0; 4];
        self.literals.fill(EVEN);
        self.is_match = [[EVEN; POSITIONS]; STATES];
        self.is_last = [EVEN; STATES];
        self.is_older = [[EVEN; STATES]; 3];
        self.is_long = [[EVEN; POSITIONS]; STATES];
        self.slots = [[EVEN; 64]; 4];
        self.near = [EVEN; 128 - SLOTS];
        self.align = [EVEN; 16];
        self.lengths = Lengths::NEW;
        self.last_lengths = Lengths::NEW;
    }

    /// Appends until the plain text has the length that is wanted; `None` where the bits are wrong.
    fn run(&mut self, packed: &[u8], plain: &mut Vec<u8>, dictionary: usize, target: usize) -> Option<()> {
        let mut bits = Bits::new(packed)?;
        while plain.len() < target {
            let place = plain.len() - dictionary;
            let position = place & self.position_mask;
            if bits.bit(&mut self.is_match[self.state][position])? == 0 {
                let byte = self.literal(&mut bits, plain, place)?;
                plain.push(byte);
                continue;
            }
            let length = self.distance(&mut bits, position)?;
            let distance = self.last[0] as usize;
            if distance >= place || length > target - plain.len() {
                return None;
            }
            let from = plain.len() - distance - 1;
            // What is copied may reach into what the copy adds.
            let end = plain.len() + length;
            while plain.len() < end {
                let there = (plain.len() - from).min(end - plain.len());
                plain.extend_from_within(from..from + there);
            }
        }
        bits.is_over().then_some(())
    }

    fn literal(&mut self, bits: &mut Bits<'_>, plain: &[u8], place: usize) -> Option<u8> {
        let before = if place == 0 { 0 } else { usize::from(plain[plain.len() - 1]) };
        let context =
            ((place & self.literal_mask) << self.literal_bits) + (before >> (8 - self.literal_bits));
        let chances = &mut self.literals[context * LITERAL..][..LITERAL];
        let symbol = if self.state < MATCHED {
            bits.tree(&mut chances[..0x100], 8)?
        } else {
            // The byte that the last distance leads to is known to be another one.
            let distance = self.last[0] as usize;
            if distance >= place {
                return None;
            }
            let mut matched = usize::from(plain[plain.len() - distance - 1]);
            let (mut symbol, mut offset) = (1, 0x100);
            while symbol < 0x100 {
                matched <<= 1;
                let expected = matched & offset;
                let bit = bits.bit(&mut chances[offset + expected + symbol])?;
                symbol = symbol << 1 | bit;
                offset &= if bit == 1 { expected } else { !expected };
            }
            symbol - 0x100
        };
        self.state = match self.state {
            0..4 => 0,
            4..10 => self.state - 3,
            _ => self.state - 6,
        };
        u8::try_from(symbol).ok()
    }

    /// Reads a match: its distance comes to stand first among the last ones, its length is given.
    fn distance(&mut self, bits: &mut Bits<'_>, position: usize) -> Option<usize> {
        let state = self.state;
        let after = |literal: usize, matched: usize| if state < MATCHED { literal } else { matched };
        if bits.bit(&mut self.is_last[state])? == 0 {
            let length = self.lengths.read(bits, position)?;
            let slot = bits.tree(&mut self.slots[(length - 2).min(3)], 6)?;
            let distance = self.far(bits, slot)?;
            self.last = [distance, self.last[0], self.last[1], self.last[2]];
            self.state = after(7, 10);
            return Some(length);
        }
        if bits.bit(&mut self.is_older[0][state])? == 0 {
            if bits.bit(&mut self.is_long[state][position])? == 0 {
                self.state = after(9, 11);
                return Some(1);
            }
        } else {
            let older = match bits.bit(&mut self.is_older[1][state])? {
                0 => 1,
                _ => 2 + bits.bit(&mut self.is_older[2][state])?,
            };
            self.last[..=older].rotate_right(1);
        }
        self.state = after(8, 11);
        self.last_lengths.read(bits, position)
    }

    /// The distance of a slot, with the bits that follow it.
    fn far(&mut self, bits: &mut Bits<'_>, slot: usize) -> Option<u32> {
        if slot < 4 {
            return Some(slot as u32);
        }
        let more = (slot as u32 >> 1) - 1;
        let high = 2 | slot as u32 & 1;
        if slot < SLOTS {
            let base = high << more;
            // The first chance of a tree is never asked for: the trees overlap by it.
            let before = base as usize - slot;
            let (mut symbol, mut number) = (1, base);
            for at in 0..more {
                let bit = bits.bit(&mut self.near[before + symbol - 1])?;
                symbol = symbol << 1 | bit;
                number |= (bit as u32) << at;
            }
            Some(number)
        } else {
            let upper = high << (more - 4) | bits.direct(more - 4)?;
            Some(upper << 4 | bits.reverse(&mut self.align, 4)?)
        }
    }
}
