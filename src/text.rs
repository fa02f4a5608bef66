//! Text for people: made safe for a terminal, ids shortened, times and sizes written out.

pub mod clock;
pub mod glyph;
pub mod mask;
pub mod safe;
pub mod shape;
pub mod words;

pub use clock::{ago, push_rfc3339, rfc3339, size, span, time};
