//! What no framework decides: stores described by hand, and those that cannot be seen.

use crate::layout::Layout;

pub mod generic;
pub mod unseen;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] =
    &[&generic::LAYOUT, &generic::HASH, &unseen::EXPRESS_MEMORYSTORE, &unseen::COOKIE_ONLY];
