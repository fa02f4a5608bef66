//! Go: gorilla, scs, Fiber, beego, macaron, iris, and the applications built on them.

use crate::layout::Layout;

pub mod beego_session;
pub mod fasthttp_session;
pub mod flamego_session;
pub mod gitea;
pub mod go_session_redis;
pub mod go_sessions;
pub mod gofiber_session;
pub mod goframe;
pub mod gorilla_redistore;
pub mod harbor;
pub mod iris_redis;
pub mod kubesphere;
pub mod rbcervilla_redisstore;
pub mod scs;
pub mod scs_sql;
pub mod sessionup;
pub mod simplesessions;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &scs::LAYOUT,
    &iris_redis::LAYOUT,
    &go_sessions::LAYOUT,
    &simplesessions::LAYOUT,
    &sessionup::LAYOUT,
    &fasthttp_session::LAYOUT,
    &kubesphere::LAYOUT,
    &rbcervilla_redisstore::LAYOUT,
    &gorilla_redistore::LAYOUT,
    &flamego_session::LAYOUT,
    &gofiber_session::LAYOUT,
    &harbor::LAYOUT,
    &beego_session::LAYOUT,
    &gitea::LAYOUT,
    &goframe::LAYOUT,
    &go_session_redis::LAYOUT,
    &scs_sql::LAYOUT,
];
