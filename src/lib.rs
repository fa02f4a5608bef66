//! Web session stores in Redis and Valkey: the parts that `sessctl` is built from.

pub mod codec;
pub mod cookie;
pub mod value;
pub mod wrap;
