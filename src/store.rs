//! The store: keys and raw records in batches, and conditional operations on them.
//!
//! Nothing here knows a framework. A [`Source`] can be read from its beginning to its end, of a [`Lookup`] any
//! key can be asked too, and a [`Store`] can also be changed: a command that ends sessions asks for a
//! `Store` by type. What a store cannot do it says beforehand, by its [`Offers`].

mod contract;
mod error;
mod event;
mod gentle;
mod json_list;
mod key;
mod load;
mod op;
mod record;
mod seen;
mod step;
mod table;

pub mod files;
pub mod memcached;
pub mod memory;
pub mod rdb;
pub mod redis;
pub mod sql;

pub use contract::{Assurance, Keeper, Lookup, Medium, Offers, Open, Portions, Source, Store, Writing};
pub use error::{Error, Reason, is_replication};
pub use event::{Event, Events, Happened};
pub use gentle::Gentle;
pub use key::{Key, bytes};
pub use load::{Health, Lag};
pub use op::{IndexOp, JsonItem, Op, WhenEmpty};
pub use record::{Interest, Kind, Need, Page, Query, Raw, Record, Ttl};
pub use step::{
    Applied, Backup, Companion, Content, Ends, Expiry, Fingerprint, Fit, Outcome, Own, Parts, Rewrite,
    SeenText, Step, fingerprint,
};
pub use table::{Column, Many, PartsOf, Rest, Rows, Table, Wanted};
