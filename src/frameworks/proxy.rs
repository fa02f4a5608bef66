//! Proxies and gateways that keep a session in front of the applications.

use crate::layout::Layout;

pub mod webseal;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[&webseal::LAYOUT];
