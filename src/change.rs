//! Safe change: what is going to be done, as steps; how fast; what forbids it; and what is written down of it.
//!
//! Everything that changes a server goes this way: [`plan`] writes the steps down and carries them out,
//! [`pace`] says how fast, [`guard`] refuses, [`audit`] and the run files of [`plan::run`] keep what is needed
//! to prove it and to take it back.

pub mod audit;
pub mod guard;
pub mod ids;
pub mod key;
pub mod pace;
pub mod plan;
pub mod report;
