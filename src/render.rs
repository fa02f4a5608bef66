//! Rows on standard output: what a session looks like in each form.

pub mod safe;
