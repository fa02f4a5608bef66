//! A connection that is lost while something is read, made again.
//!
//! Proxies and firewalls cut what was silent for a while, and networks lose what they carried. Reading is
//! repeated on another connection without harm; what changes something is not, as nobody knows whether it
//! happened.

use std::time::Duration;

use super::connect;
use super::flow::Flow;
use super::patience::{Patience, passes};
use super::{RedisStore, bulk};
use crate::store::Error;

/// How long a server may stay away.
const WITHIN: Duration = Duration::from_secs(30);

impl RedisStore {
    /// Whether this is all there is of the store: nodes of clusters and servers behind sentinels are replaced
    /// by others.
    fn is_alone(&self) -> bool {
        !self.cluster && self.lead.is_none() && !self.target.node
    }

    /// Whether a scan may go on over another connection.
    pub(super) fn is_renewable(&self) -> bool {
        self.is_alone() && self.process.is_some()
    }

    /// Connects again, in place of the connection that was lost.
    pub(super) fn renew(&mut self) -> Result<(), Error> {
        let mut patience = Patience::new(WITHIN);
        loop {
            match connect::connect(&self.target) {
                Ok((connection, _)) => {
                    self.connection = connection;
                    self.out.clear();
                    self.unsent = 0;
                    self.flow = self.flow.as_ref().map(Flow::beside);
                    self.renewed += 1;
                    return Ok(());
                }
                Err(error) if passes(&error) && patience.wait(false) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the process that answers is the one that answered before: cursors mean nothing to another.
    pub(super) fn is_same_process(&mut self) -> bool {
        let asked = self.ask(&[b"INFO", b"server"]);
        let process = asked.ok().and_then(bulk).and_then(|info| process_of(&info));
        process.is_some() && process == self.process
    }

    /// Reads, and once more over another connection where this one is lost on the way.
    pub(super) fn read_steadily<T>(
        &mut self,
        mut read: impl FnMut(&mut RedisStore) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match read(self) {
            Err(error @ Error::Lost { .. }) if self.is_alone() => {
                self.renew().map_err(|_| error)?;
                read(self)
            }
            read => read,
        }
    }
}

/// The random id that a server has from its start to its end.
pub(super) fn process_of(info: &[u8]) -> Option<Vec<u8>> {
    let lines = info.split(|byte| matches!(byte, b'\r' | b'\n'));
    lines.into_iter().find_map(|line| line.strip_prefix(b"run_id:")).map(<[u8]>::to_vec)
}
