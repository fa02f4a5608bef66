//! Lua: OpenResty, Kong, APISIX.

use crate::layout::Layout;

pub mod lua_resty_session;
pub mod lua_resty_session_v3;
pub mod unseen;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] =
    &[&lua_resty_session::LAYOUT, &lua_resty_session_v3::LAYOUT, &unseen::LUA_ELSEWHERE];
