//! Proxies and gateways that keep a session in front of the applications.

pub mod webseal;
