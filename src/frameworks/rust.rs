//! Rust: tower, axum, actix, poem, Tide, salvo.

use crate::layout::Layout;

pub mod actix_session;
pub mod async_redis_session;
pub mod axum_session;
pub mod axum_session_sqlx;
pub mod poem_session;
pub mod rocket_session_store;
pub mod salvo_session;
pub mod tower_sessions;
pub mod tower_sessions_sqlx;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &tower_sessions::LAYOUT,
    &salvo_session::LAYOUT,
    &async_redis_session::LAYOUT,
    &axum_session::LAYOUT,
    &actix_session::LAYOUT,
    &poem_session::LAYOUT,
    &rocket_session_store::LAYOUT,
    &tower_sessions_sqlx::LAYOUT,
    &axum_session_sqlx::LAYOUT,
];
