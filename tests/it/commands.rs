//! Tests of one command each.

mod clear;
mod expire;
