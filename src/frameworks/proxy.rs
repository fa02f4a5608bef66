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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::{Layout, Setup, Verdict};
    use crate::store::Raw;

    #[test]
    fn what_can_be_read_was_not_sealed() {
        // pickle.dumps({"name": "Zoë", "b": b"\xff" * 12}) of Python 3.11.
        let pickle =
            b"\x80\x04\x95\x26\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Zo\xc3\xab\x94\x8c\x01b\x94C\x0c\
            \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x94u.";
        let sealed: Vec<u8> = (0..64u8).map(|at| at.wrapping_mul(151) ^ 0xa7).collect();
        let verdict = |layout: &'static Layout, key: &[u8], value: &[u8]| {
            let raw = Raw::Text(value.to_vec());
            (layout.recognize)(&Setup::free(layout), &Blob::new(key, &raw, Limits::default()))
        };
        let authelia = &b"authelia-session:UbL8kQ2^x!M0aZr#3dTnE$5wYcVp%1Ho"[..];
        let oauth2 = &b"_oauth2_proxy-d41d8cd98f00b204e9800998ecf8427e"[..];
        for (layout, key) in [(&authelia::LAYOUT, authelia), (&oauth2_proxy::LAYOUT, oauth2)] {
            assert!(matches!(verdict(layout, key, pickle), Verdict::No(_)), "{}", layout.name);
            assert_eq!(verdict(layout, key, &sealed), Verdict::Sure, "{}", layout.name);
        }
        assert_eq!(verdict(&authelia::LAYOUT, authelia, b""), Verdict::Sure);
    }
}
