//! sessctl: the administration tool for session stores.
//!
//! The way through the code, in one direction:
//!
//! ```text
//! argv -> cli -> commands/*  -> scan: store (pages of raw records)
//!                                     -> layout (the contract; frameworks keep to it), codec, wrap, cookie
//!                                        (pure: what does this key hold)
//!                                     -> detect (which layout is it, by itself and by its neighbours)
//!                                     -> session -> select (filters) -> render (rows -> stdout)
//!                                                                    -> change (steps -> shown | applied)
//! ```
//!
//! Floors, from the top: a file uses only its own room and those on lower floors.
//!
//! ```floors
//! commands
//! error
//! context
//! cli config
//! change
//! demo measure resolve
//! scan
//! render
//! select
//! detect frameworks
//! layout
//! cookie
//! store wrap
//! codec ui
//! value
//! fault home secret text
//! exit
//! ```
//!
//! Invariants: `codec`, `wrap`, `cookie`, `layout` and `frameworks` do no I/O and know no clap; `store` knows no
//! framework; only `ui`, `render` and `error` write to the terminal; only `change` changes a store;
//! decoding never runs anything that the bytes name.

pub mod change;
pub mod cli;
pub mod codec;
pub mod commands;
pub mod config;
pub mod context;
pub mod cookie;
pub mod demo;
pub mod detect;
pub mod error;
pub mod exit;
pub mod fault;
pub mod frameworks;
pub mod home;
pub mod layout;
pub mod measure;
pub mod render;
pub mod resolve;
pub mod scan;
pub mod secret;
pub mod select;
pub mod store;
pub mod text;
pub mod ui;
pub mod value;
pub mod wrap;
