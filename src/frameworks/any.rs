//! What no framework decides: stores described by hand, and those that cannot be seen.

pub mod generic;
pub mod unseen;
