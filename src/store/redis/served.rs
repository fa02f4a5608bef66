//! A server as it is used: for its keys, or for the fields of one of its hashes. What follows a server whose
//! place another one can take follows it for either.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{RedisStore, scan};
use crate::store::{Error, Need, Page, Query, Store};

pub(super) trait Served: Store {
    fn server(&mut self) -> &mut RedisStore;

    fn into_server(self: Box<Self>) -> RedisStore;

    /// Asks whether it may be read at all, where a scan would find out in its middle.
    fn may_be_read(&mut self, _need: Need) -> Result<(), Error> {
        Ok(())
    }

    /// Goes over all there is, and hands on what is met for the first time.
    fn over(
        &mut self,
        query: &mut Query<'_>,
        first: &mut dyn FnMut(&[u8]) -> bool,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error>;
}

/// What a connection is used for.
pub(super) type Use = Arc<dyn Fn(RedisStore) -> Result<Box<dyn Served>, Error> + Send + Sync>;

/// For keys.
pub(super) fn keys() -> Use {
    Arc::new(|server| Ok(Box::new(server)))
}

impl Served for RedisStore {
    fn server(&mut self) -> &mut RedisStore {
        self
    }

    fn into_server(self: Box<Self>) -> RedisStore {
        *self
    }

    fn may_be_read(&mut self, need: Need) -> Result<(), Error> {
        self.may_read(need)
    }

    fn over(
        &mut self,
        query: &mut Query<'_>,
        first: &mut dyn FnMut(&[u8]) -> bool,
        visit: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        scan::over(self, query, first, visit)
    }
}
