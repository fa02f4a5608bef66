//! Crystal.

use crate::layout::Layout;

pub mod kemal;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[&kemal::LAYOUT];
