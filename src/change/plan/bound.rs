//! What binds a run file to the state directory that it was written in: an HMAC over each record and all
//! before it, under a key that only the owner of that directory has.
//!
//! The sums of a record tell an accident. They are no secret, so anyone who edits a file can make them
//! again; the chain they cannot. Taking out, exchanging and bringing in records, also from another run's
//! file, breaks it at that place. A file that ends too early looks as after a crash, which is what can be
//! told of it.

use std::io;
use std::path::{Path, PathBuf};

use crate::change::key;

/// What the chain's key is derived for.
const PURPOSE: &str = "run files";
/// Bytes of a link.
pub const LENGTH: usize = 32;

/// A link for each record, which depends on all before it.
#[derive(Clone)]
pub struct Chain {
    key: [u8; 32],
    last: [u8; LENGTH],
}

impl Chain {
    /// The beginning of a file with this mark under a key of the state directory.
    pub fn new(key: &[u8], mark: &[u8]) -> Chain {
        let key = key::derived(key, PURPOSE);
        Chain { key, last: key::mac(&key, &[mark]) }
    }

    /// The link of the record that follows.
    pub fn link(&self, head: &[u8], payload: &[u8]) -> [u8; LENGTH] {
        key::mac(&self.key, &[&self.last, head, payload])
    }

    /// Goes on after the record that has this link.
    pub fn follow(&mut self, link: [u8; LENGTH]) {
        self.last = link;
    }

    /// Goes on after the record that follows, if this is its link.
    pub fn fits(&mut self, head: &[u8], payload: &[u8], link: &[u8]) -> bool {
        use subtle::ConstantTimeEq as _;
        let own = self.link(head, payload);
        let fits = bool::from(own[..].ct_eq(link));
        if fits {
            self.follow(own);
        }
        fits
    }
}

/// Where the key of a run file is: next to the folder of the runs.
pub fn place_of(run: &Path) -> PathBuf {
    let state = run.parent().and_then(Path::parent).unwrap_or(Path::new(""));
    crate::change::audit::key_of(&state.join("audit.jsonl"))
}

/// The key of a run file that is there; `None` where it is gone.
pub fn key_for(run: &Path) -> io::Result<Option<Vec<u8>>> {
    key::read(&place_of(run))
}

/// The key of a run file that is about to be made.
pub fn key_made_for(run: &Path) -> io::Result<Vec<u8>> {
    key::obtain(&place_of(run))
}
