//! Perl.

use crate::layout::Layout;

pub mod catalyst_session_redis;
pub mod cgi_session_redis;
pub mod container;
pub mod dancer2_session_redis;
pub mod dancer_session_redis;
pub mod lemonldap_ng;
pub mod mojox_session_redis;
pub mod plack_session_redis;
pub mod unseen;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &lemonldap_ng::LAYOUT,
    &catalyst_session_redis::LAYOUT,
    &cgi_session_redis::LAYOUT,
    &dancer_session_redis::LAYOUT,
    &dancer2_session_redis::LAYOUT,
    &mojox_session_redis::LAYOUT,
    &plack_session_redis::LAYOUT,
    &unseen::PERL_ELSEWHERE,
];
