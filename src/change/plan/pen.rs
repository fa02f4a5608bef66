//! Adding records to a run file: deflated, summed, bound to those before, and on the disk when that is wanted.
//!
//! A long run hands that to a thread of its own, which is busy with one batch while the next is made ready.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest as _, Sha256};

use super::bound::{self, Chain};
use crate::store::Writing;

/// Bytes of a record before its payload, without and with its link.
pub(super) const HEAD: usize = 16;
pub(super) const BOUND_HEAD: usize = HEAD + bound::LENGTH;

/// What writes at the end of a file.
pub(super) enum Pen {
    Here(Tail),
    Aside(Writer),
    /// The thread could not be started.
    Lost,
}

/// When a record has to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    Now,
    /// With the next that has to be.
    Later,
}

impl Pen {
    /// At the end of this file; without a chain in one that is not bound.
    pub(super) fn at(file: File, chain: Option<Chain>) -> Pen {
        Pen::Here(Tail { file, chain })
    }

    /// From now on by a thread of its own.
    pub(super) fn aside(&mut self) -> io::Result<()> {
        if let Pen::Here(_) = self
            && let Pen::Here(tail) = std::mem::replace(self, Pen::Lost)
        {
            *self = Pen::Aside(Writer::start(tail)?);
        }
        Ok(())
    }

    /// Adds a record. It is there, in the file or on the disk, once that is told.
    pub(super) fn write(&mut self, plain: Vec<u8>, sync: Sync) -> io::Result<Writing> {
        match self {
            Pen::Here(tail) => {
                tail.add(&plain)?;
                if sync == Sync::Now {
                    tail.file.sync_data()?;
                }
                Ok(Writing::done())
            }
            Pen::Aside(writer) => Ok(writer.ask(plain, sync)),
            Pen::Lost => Err(io::Error::other("there is no thread that writes")),
        }
    }

    /// Brings the file to the disk as a whole, its length and all.
    pub(super) fn sync_all(&self) -> io::Result<()> {
        match self {
            Pen::Here(tail) => tail.file.sync_all(),
            Pen::Aside(_) | Pen::Lost => Err(io::Error::other("the file is being written")),
        }
    }
}

/// The end of a file.
pub(super) struct Tail {
    file: File,
    chain: Option<Chain>,
}

impl Tail {
    fn add(&mut self, plain: &[u8]) -> io::Result<()> {
        let (bytes, link) = framed(plain, self.chain.as_ref())?;
        let whole = self.file.metadata()?.len();
        self.file.write_all(&bytes).inspect_err(|_| {
            // Half a record would make all that follows it unreadable.
            let _ = self.file.set_len(whole);
        })?;
        if let (Some(chain), Some(link)) = (&mut self.chain, link) {
            chain.follow(link);
        }
        Ok(())
    }
}

/// A thread that writes records in the order in which it is asked to.
pub(super) struct Writer {
    asks: Option<Sender<Asked>>,
    thread: Option<JoinHandle<()>>,
}

struct Asked {
    plain: Vec<u8>,
    sync: Sync,
    told: Sender<io::Result<()>>,
}

impl Writer {
    fn start(tail: Tail) -> io::Result<Writer> {
        let (asks, asked) = channel();
        let writes = move || write_all_that_is_asked(tail, &asked);
        let thread = std::thread::Builder::new().name("undo file".to_string()).spawn(writes)?;
        Ok(Writer { asks: Some(asks), thread: Some(thread) })
    }

    fn ask(&self, plain: Vec<u8>, sync: Sync) -> Writing {
        let (told, tells) = channel();
        // Where the thread is gone the one who waits hears of it.
        let _ = self.asks.as_ref().map(|asks| asks.send(Asked { plain, sync, told }));
        Writing::told_by(tells)
    }
}

impl Drop for Writer {
    /// The thread has the file open, and its lock lasts as long as that.
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Writes until nobody can ask any more. What has to be on the disk is brought there together with all that was
/// asked for until then.
fn write_all_that_is_asked(mut tail: Tail, asked: &Receiver<Asked>) {
    while let Ok(first) = asked.recv() {
        let mut waiting = Vec::new();
        for ask in std::iter::once(first).chain(asked.try_iter()) {
            let written = tail.add(&ask.plain);
            match ask.sync {
                Sync::Now => waiting.push((ask.told, written)),
                // Anyone who gave up waiting is told nothing.
                Sync::Later => drop(ask.told.send(written)),
            }
        }
        if waiting.is_empty() {
            continue;
        }
        let synced = tail.file.sync_data();
        for (told, written) in waiting {
            let again = |error: &io::Error| io::Error::new(error.kind(), error.to_string());
            let _ = told.send(written.and_then(|()| synced.as_ref().map(|&()| ()).map_err(again)));
        }
    }
}

/// A record as it stands in a file, and its link where the file is bound.
pub(super) fn framed(
    plain: &[u8],
    chain: Option<&Chain>,
) -> io::Result<(Vec<u8>, Option<[u8; bound::LENGTH]>)> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::fast());
    encoder.write_all(plain)?;
    let payload = encoder.finish()?;
    let length = payload.len() as u32;
    let mut bytes = Vec::with_capacity(payload.len() + BOUND_HEAD);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&(!length).to_le_bytes());
    bytes.extend_from_slice(&Sha256::digest(&payload)[..8]);
    let link = chain.map(|chain| chain.link(&bytes, &payload));
    bytes.extend(link.iter().flatten());
    bytes.extend_from_slice(&payload);
    Ok((bytes, link))
}
