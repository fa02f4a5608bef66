//! What each command is for, a file a command.

mod clear;
mod completions;
mod cookie;
mod count;
mod decode;
mod demo;
mod discover;
mod expire;
mod expire_jvm;
mod help;
mod inspect;
mod layouts;
mod list;
mod purge;
