//! Elixir.

use crate::layout::Layout;

pub mod plug;
pub mod plug_session_redis;
pub mod plug_session_redis_store;
pub mod pow;
pub mod redbird;
pub mod unseen;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &redbird::LAYOUT,
    &plug_session_redis::LAYOUT,
    &plug_session_redis_store::LAYOUT,
    &pow::LAYOUT,
    &unseen::PLUG_COOKIE,
];
