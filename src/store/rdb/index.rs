//! Where in a dump each key stands: a hash of its name with an offset, sorted.
//!
//! Of a dump with few keys they are held in memory, of one with more in an unnamed temporary file, of
//! which every so-manieth hash is held to know where to look.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;

/// A hash and an offset.
type Pair = (u64, u64);
const PAIR: usize = 16;

/// Pairs that are held in memory: 32 MiB of them.
const HELD: usize = 2 << 20;
/// Pairs of the file that are read to look one up.
const BLOCK: u64 = 256;

/// The index, once all of the dump was gone over.
#[derive(Debug)]
pub struct Index {
    hasher: RandomState,
    place: Place,
    keys: u64,
}

#[derive(Debug)]
enum Place {
    Held(Vec<Pair>),
    File {
        file: File,
        pairs: u64,
        /// The first hash of each block.
        fences: Vec<u64>,
    },
}

/// The index while it is made.
pub struct Making {
    hasher: RandomState,
    held: Vec<Pair>,
    most: usize,
    /// What was sorted and written down so far: this many pairs one after the other.
    runs: Vec<u64>,
    file: Option<BufWriter<File>>,
}

impl Default for Making {
    fn default() -> Making {
        Making::new(HELD)
    }
}

impl Making {
    fn new(most: usize) -> Making {
        Making { hasher: RandomState::new(), held: Vec::new(), most, runs: Vec::new(), file: None }
    }

    pub fn add(&mut self, key: &[u8], offset: u64) -> io::Result<()> {
        if self.held.len() >= self.most {
            self.write_down()?;
        }
        self.held.push((self.hasher.hash_one(key), offset));
        Ok(())
    }

    fn write_down(&mut self) -> io::Result<()> {
        self.held.sort_unstable();
        let file = match &mut self.file {
            Some(file) => file,
            empty => empty.insert(BufWriter::with_capacity(1 << 16, tempfile::tempfile()?)),
        };
        for pair in &self.held {
            file.write_all(&written(*pair))?;
        }
        self.runs.push(self.held.len() as u64);
        self.held.clear();
        Ok(())
    }

    pub fn done(mut self) -> io::Result<Index> {
        let keys = self.runs.iter().sum::<u64>() + self.held.len() as u64;
        if self.file.is_some() {
            self.write_down()?;
        }
        let Some(file) = self.file else {
            self.held.sort_unstable();
            self.held.shrink_to_fit();
            return Ok(Index { hasher: self.hasher, place: Place::Held(self.held), keys });
        };
        self.held = Vec::new();
        let unsorted = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let mut begin = 0;
        let mut runs = Vec::new();
        for pairs in self.runs {
            runs.push(Run::new(begin, begin + pairs, &unsorted)?);
            begin += pairs;
        }
        let mut sorted = BufWriter::with_capacity(1 << 16, tempfile::tempfile()?);
        let mut fences = Vec::new();
        // The next of each run, the least on top.
        let mut heads: std::collections::BinaryHeap<std::cmp::Reverse<(Pair, usize)>> = runs
            .iter()
            .enumerate()
            .filter_map(|(at, run)| Some(std::cmp::Reverse((run.head?, at))))
            .collect();
        let mut count = 0;
        while let Some(std::cmp::Reverse((pair, at))) = heads.pop() {
            if count % BLOCK == 0 {
                fences.push(pair.0);
            }
            count += 1;
            sorted.write_all(&written(pair))?;
            if let Some(next) = runs[at].next(&unsorted)? {
                heads.push(std::cmp::Reverse((next, at)));
            }
        }
        let file = sorted.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Index { hasher: self.hasher, place: Place::File { file, pairs: count, fences }, keys })
    }
}

/// Sorted pairs of the file, read by and by.
struct Run {
    next: u64,
    end: u64,
    buffer: Vec<Pair>,
    head: Option<Pair>,
}

impl Run {
    fn new(begin: u64, end: u64, file: &File) -> io::Result<Run> {
        let mut run = Run { next: begin, end, buffer: Vec::new(), head: None };
        run.next(file)?;
        Ok(run)
    }

    fn next(&mut self, file: &File) -> io::Result<Option<Pair>> {
        if self.buffer.is_empty() && self.next < self.end {
            let end = self.end.min(self.next + BLOCK);
            self.buffer = pairs(file, self.next, end)?;
            self.buffer.reverse();
            self.next = end;
        }
        self.head = self.buffer.pop();
        Ok(self.head)
    }
}

fn written(pair: Pair) -> [u8; PAIR] {
    let mut bytes = [0; PAIR];
    bytes[..8].copy_from_slice(&pair.0.to_le_bytes());
    bytes[8..].copy_from_slice(&pair.1.to_le_bytes());
    bytes
}

/// The pairs from one position to another.
fn pairs(file: &File, begin: u64, end: u64) -> io::Result<Vec<Pair>> {
    let mut bytes = vec![0; (end - begin) as usize * PAIR];
    file.read_exact_at(&mut bytes, begin * PAIR as u64)?;
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    Ok(bytes.chunks_exact(PAIR).map(|pair| (word(&pair[..8]), word(&pair[8..]))).collect())
}

impl Index {
    /// How many keys there are.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// Where the key could stand: names whose hashes are equal are told apart there.
    pub fn places(&self, key: &[u8]) -> io::Result<Vec<u64>> {
        let hash = self.hasher.hash_one(key);
        let of = |pairs: &[Pair]| {
            let begin = pairs.partition_point(|pair| pair.0 < hash);
            pairs[begin..].iter().take_while(|pair| pair.0 == hash).map(|pair| pair.1).collect::<Vec<u64>>()
        };
        match &self.place {
            Place::Held(held) => Ok(of(held)),
            Place::File { file, pairs: count, fences } => {
                let mut found = Vec::new();
                let end = fences.partition_point(|first| *first <= hash) as u64;
                // Equal ones may begin in the block before the first that begins with them.
                let begin = (fences.partition_point(|first| *first < hash) as u64).saturating_sub(1);
                for block in begin..end {
                    found.extend(of(&pairs(
                        file,
                        block * BLOCK,
                        count.min(&((block + 1) * BLOCK)).to_owned(),
                    )?));
                }
                Ok(found)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_memory_and_in_the_file() {
        for most in [10_000, 700, 64] {
            let mut making = Making::new(most);
            for n in 0..5_000_u64 {
                making.add(n.to_string().as_bytes(), n).unwrap();
            }
            // Many a place for one name.
            for n in 0..600 {
                making.add(b"same", 10_000 + n).unwrap();
            }
            let index = making.done().unwrap();
            assert_eq!(index.keys(), 5_600);
            assert_eq!(matches!(index.place, Place::Held(_)), most == 10_000);
            for n in 0..5_000_u64 {
                assert_eq!(index.places(n.to_string().as_bytes()).unwrap(), [n]);
            }
            assert_eq!(index.places(b"same").unwrap(), (10_000..10_600).collect::<Vec<u64>>());
            assert_eq!(index.places(b"absent").unwrap(), [0; 0]);
        }
        assert_eq!(Making::default().done().unwrap().places(b"x").unwrap(), [0; 0]);
    }
}
