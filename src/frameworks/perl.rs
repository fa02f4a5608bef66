//! Perl.

pub mod lemonldap_ng;
