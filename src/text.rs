//! Text for people: made safe for a terminal, ids shortened, times and sizes written out. And globs, which
//! people write.

pub mod clock;
pub mod glob;
pub mod glyph;
pub mod mask;
pub mod safe;
pub mod shape;
pub mod units;
pub mod words;

pub use clock::{ago, push_rfc3339, rfc3339, size, span, time};
