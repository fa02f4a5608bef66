//! Proxies and gateways that keep a session in front of the applications.

use crate::layout::Layout;

pub mod authelia;
pub mod external_auth_server;
pub mod istio_authservice;
pub mod mod_auth_openidc;
pub mod oauth2_proxy;
pub mod unseen;
pub mod webseal;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &webseal::LAYOUT,
    &authelia::LAYOUT,
    &mod_auth_openidc::LAYOUT,
    &external_auth_server::LAYOUT,
    &istio_authservice::LAYOUT,
    &oauth2_proxy::LAYOUT,
    &unseen::IDENTITY_ELSEWHERE,
];
