//! Proxies and gateways that keep a session in front of the applications.

use crate::layout::{Blob, Form, Layout};

pub mod authelia;
pub mod external_auth_server;
pub mod istio_authservice;
pub mod mod_auth_openidc;
pub mod oauth2_proxy;
pub mod unseen;
pub mod webseal;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &webseal::LAYOUT,
    &authelia::LAYOUT,
    &mod_auth_openidc::LAYOUT,
    &external_auth_server::LAYOUT,
    &istio_authservice::LAYOUT,
    &oauth2_proxy::LAYOUT,
    &unseen::IDENTITY_ELSEWHERE,
];

/// Whether a form of serialization reads the value to its end: what a cipher made none does.
fn is_readable(blob: &Blob<'_>) -> bool {
    let forms =
        [Form::Msgpack, Form::Gob, Form::Pickle, Form::Marshal, Form::Etf, Form::Storable, Form::Sereal];
    let packed = [
        &b"\x1f\x8b"[..],
        b"\x78\x01",
        b"\x78\x5e",
        b"\x78\x9c",
        b"\x78\xda",
        b"\x28\xb5\x2f\xfd",
        b"\x04\x22\x4d\x18",
        b"\xac\xed\0\x05",
    ];
    forms.iter().any(|form| matches!(blob.form(*form), Some(Ok(_))))
        || blob.text().is_some_and(|text| packed.iter().any(|magic| text.starts_with(magic)))
}
