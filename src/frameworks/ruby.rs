//! Ruby.

use crate::layout::Layout;

pub mod gitlab;
pub mod jwt_sessions;
pub mod rack;
pub mod rack_session_redis;
pub mod rails_activerecord;
pub mod rails_cache_store;
pub mod rails_redis_actionpack;
pub mod rails_redis_session_store;
pub mod unseen;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &gitlab::LAYOUT,
    &rails_cache_store::LAYOUT,
    &jwt_sessions::LAYOUT,
    &rack_session_redis::LAYOUT,
    &rails_redis_session_store::LAYOUT,
    &rails_redis_actionpack::LAYOUT,
    &unseen::RAILS_SQL,
    &unseen::SIDEKIQ,
    &rails_activerecord::LAYOUT,
];
