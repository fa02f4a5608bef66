//! Perl.

use crate::layout::Layout;

pub mod lemonldap_ng;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[&lemonldap_ng::LAYOUT];
