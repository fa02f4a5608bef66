//! Koa's two cookies: the id bare, and `<name>.sig` next to it.
//!
//! The signature is the base64url of HMAC(key, `<name>=<value>`) without padding: the name is part
//! of the signed text (the npm packages `cookies` and `keygrip`; observed with koa-generic-session
//! 2.3.1, koa-session 6.4 and 7.0, koa-session2 2.2.10). Koa's default digest is SHA-1; egg signs
//! with SHA-256 (egg-cookies 2.10.1), and a Koa application may pass a Keygrip of its own. Their
//! lengths differ, so the signature itself says which it is.

use hmac::Hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{CookieError, Given, Opened, any_fits, base64url, mac, percent_decode, same};

/// Opens a cookie that Keygrip signs. Without the `.sig` there is nothing to check, and the id
/// comes unverified.
pub fn open(given: &Given, name: &str, keys: &[String]) -> Result<Opened, CookieError> {
    let (real_name, value) =
        given.named(name).ok_or_else(|| CookieError::Absent { name: name.to_owned() })?;
    if value.is_empty() {
        return Err(CookieError::Form { expected: "<id>, with <name>.sig next to it" });
    }
    let decoded = percent_decode(&value);
    let Some(signature) = signature(given, name, real_name) else {
        return Ok(Opened { id: decoded.into_owned(), verified: None });
    };
    // Koa itself neither encodes nor decodes; what stands between it and the reader may.
    for id in [value.as_bytes(), &decoded] {
        let fits = |key: &[u8]| [real_name, name].iter().any(|name| signs(key, name, id, &signature));
        if any_fits(keys, fits) == Some(true) {
            return Ok(Opened { id: id.to_vec(), verified: Some(true) });
        }
    }
    Ok(Opened { id: decoded.into_owned(), verified: any_fits(keys, |_| false) })
}

/// The signature next to the cookie, if it was given.
pub(super) fn signature(given: &Given, name: &str, real_name: &str) -> Option<Vec<u8>> {
    let beside = |name: &str| {
        let text = given.companion(&format!("{name}.sig"))?;
        Some(percent_decode(&text).into_owned())
    };
    beside(real_name).or_else(|| beside(name))
}

fn signs(key: &[u8], name: &str, value: &[u8], signature: &[u8]) -> bool {
    let signed: [&[u8]; 3] = [name.as_bytes(), b"=", value];
    let digest = match signature.len() {
        27 => mac::<Hmac<Sha1>>(key, &signed),
        43 => mac::<Hmac<Sha256>>(key, &signed),
        64 => mac::<Hmac<Sha384>>(key, &signed),
        86 => mac::<Hmac<Sha512>>(key, &signed),
        _ => return false,
    };
    same(base64url(&digest).as_bytes(), signature)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused};
    use super::*;

    const KEY: &str = "some secret hurr";

    /// Cookie name, id and header of koa-generic-session, koa-session 6 and 7 and koa-session2.
    const COOKIES: &[(&str, &str, &str)] = &[
        (
            "koa.sid",
            "ZMLxQI4tdNp6ka99EVsJqnUFQHrRds9q",
            "koa.sid=ZMLxQI4tdNp6ka99EVsJqnUFQHrRds9q; koa.sid.sig=VkBdlwKsBzF78_htkaTlNPF0DGw",
        ),
        (
            "koa.sid",
            "jU71FLzNhHfuMa9sEHR0agbUTeX2Ag-N",
            "koa.sid=jU71FLzNhHfuMa9sEHR0agbUTeX2Ag-N; koa.sid.sig=LEpKJv2rzwj7mQzDFsVInk3Oju8",
        ),
        (
            "koa.sid",
            "CMScq1YOf_UuT1EiDX72eeVZsPiQ8d0E",
            "koa.sid=CMScq1YOf_UuT1EiDX72eeVZsPiQ8d0E; koa.sid.sig=0y7eSjyuGOahyi7pEyOC2x3KG-s",
        ),
        (
            "koa.sid",
            "vwpju_VoIRtPwn2BVnxNygQdK8Uze3vy",
            "koa.sid=vwpju_VoIRtPwn2BVnxNygQdK8Uze3vy; koa.sid.sig=BwdzLD4ImHXnfUAyJJPPsZDiGoU",
        ),
        (
            "koa.sess",
            "924af950-a9f6-4918-b4c2-2f82afc77820",
            "koa.sess=924af950-a9f6-4918-b4c2-2f82afc77820; koa.sess.sig=FsoI0NNvdX0VuDMT2ZVcLN6Ue68",
        ),
        (
            "koa.sess",
            "cb53e59a-4a34-4d82-83bb-525130973d65",
            "koa.sess=cb53e59a-4a34-4d82-83bb-525130973d65; koa.sess.sig=Q10iC5wpatG79-vSO8hbu5adr6o",
        ),
        (
            "koa.sess",
            "0f6ce9a4-f651-4bdc-bfe1-2611102c4e39",
            "koa.sess=0f6ce9a4-f651-4bdc-bfe1-2611102c4e39; koa.sess.sig=sblbqiPNXpghuBIxvv-_BPIR2yY",
        ),
        (
            "koa.sess",
            "13132869-1d25-4b2a-a0a9-0956d0a35beb",
            "koa.sess=13132869-1d25-4b2a-a0a9-0956d0a35beb; koa.sess.sig=DlW2hnt2BEyI8n1168ARR6dNyUY",
        ),
        (
            "koa.sess",
            "4f7fb63a-7caf-49d7-a00b-5d1e35d3eb59",
            "koa.sess=4f7fb63a-7caf-49d7-a00b-5d1e35d3eb59; koa.sess.sig=UOPjq_fBfTaXATftt7K2OpoSzsg",
        ),
        (
            "koa.sess",
            "9eff8bd4-9b1e-4cd5-afb8-a94517d956dc",
            "koa.sess=9eff8bd4-9b1e-4cd5-afb8-a94517d956dc; koa.sess.sig=wXsFFqkKY1c2k3v4IN38mesXWrg",
        ),
        (
            "koa.sess",
            "2f87e6f0-a544-419e-97a6-7f0e3fc140c7",
            "koa.sess=2f87e6f0-a544-419e-97a6-7f0e3fc140c7; koa.sess.sig=nmpNg5BawakGKutbFGFql6bj9xk",
        ),
        (
            "koa.sess",
            "033eabb2-9577-40db-8def-6db7e11c6fe1",
            "koa.sess=033eabb2-9577-40db-8def-6db7e11c6fe1; koa.sess.sig=zWyVkD348BFnmo3e1i4vmIC0ZPc",
        ),
        (
            "koa:sess",
            "f4d821e9cb4cbcdfe4751bb7a6d577084d151e69a8a28833",
            "koa:sess=f4d821e9cb4cbcdfe4751bb7a6d577084d151e69a8a28833; koa:sess.sig=QWGbuLYKClmypf1h1fZwlhVx5tY",
        ),
        (
            "koa:sess",
            "7e5592a4ac13f235a1c07981d67f696c1885fad18d7e6119",
            "koa:sess=7e5592a4ac13f235a1c07981d67f696c1885fad18d7e6119; koa:sess.sig=Azq7CRVbzgNbH5IYEri7D_X82Vc",
        ),
        (
            "koa:sess",
            "6fb9b120381fdd6f37c52aba8fae94461fd2f12d3872141b",
            "koa:sess=6fb9b120381fdd6f37c52aba8fae94461fd2f12d3872141b; koa:sess.sig=jLlHO5-Ad_iQJ3nYQv4443SzkrU",
        ),
        (
            "koa:sess",
            "134f7cfdc8dc17ca81972ed884589808287eb4388ec7b244",
            "koa:sess=134f7cfdc8dc17ca81972ed884589808287eb4388ec7b244; koa:sess.sig=gHCWwUB10m_tP5J2u7c075GwAgY",
        ),
    ];

    fn opened(text: &str, name: &str, secrets: &[&str]) -> Opened {
        open(&Given::parse(text), name, &keys(secrets)).unwrap()
    }

    #[test]
    fn opens_and_verifies_real_cookies() {
        for (name, id, header) in COOKIES {
            let with = |verified| Opened { id: id.as_bytes().to_vec(), verified };
            let (cookie, signature) = header.split_once("; ").unwrap();
            for text in [
                (*header).to_owned(),
                format!("{signature}; {cookie}"),
                format!("Cookie: theme=dark; {cookie}; lang=de; {signature}; x=\"y\""),
                format!("{id}; {signature}"),
                format!("Set-Cookie: {cookie}; path=/; httponly\nSet-Cookie: {signature}; path=/; httponly"),
                header.replace('=', "=\"").replace(';', "\";") + "\"",
            ] {
                assert_eq!(opened(&text, name, &[KEY]), with(Some(true)), "{text}");
                assert_eq!(opened(&text, name, &["newer", KEY, "older"]), with(Some(true)));
                assert_eq!(opened(&text, name, &["another"]), with(Some(false)));
                assert_eq!(opened(&text, name, &[]), with(None));
            }
            // Nothing to check.
            assert_eq!(opened(id, name, &[KEY]), with(None));
            assert_eq!(opened(cookie, name, &[KEY]), with(None));
        }
    }

    #[test]
    fn the_name_is_part_of_the_signed_text() {
        let text = "koa.sess=ZMLxQI4tdNp6ka99EVsJqnUFQHrRds9q; koa.sess.sig=VkBdlwKsBzF78_htkaTlNPF0DGw";
        assert_eq!(opened(text, "koa.sess", &[KEY]).verified, Some(false));
        let text = "__Secure-koa.sid=ZMLxQI4tdNp6ka99EVsJqnUFQHrRds9q; \
            __Secure-koa.sid.sig=uZmr_FOcuSCMZv2Cxu0eaI9Oeec";
        assert_eq!(opened(text, "koa.sid", &[KEY]).verified, Some(true));
    }

    #[test]
    fn a_keygrip_of_its_own_may_use_other_digests() {
        for signature in [
            "WAzJD2Hb9ZOHRdcpw1-ZwJA57kE",
            "mXtUHdmv4q03sdngHf39_zoLruRvXBJF5vq1e9r_Fpo",
            "vxqeno9hkGCZOzJEtmbxGWa8ngGmgFfYr338UKc-ixj0Og8cjiTgUX69cofXwet5",
            "wDZezKklp9dFdxZL1nUAkaItxPEDO1zvM6f2ptY8b5G5LsU7nwIYJtPzBTW0ELOwZEAPS9xCkd7y6wRyryrPAw",
        ] {
            for id in
                ["app:7d8b3d8e-1111-4222-8333-444455556666", "app%3A7d8b3d8e-1111-4222-8333-444455556666"]
            {
                let opened = opened(
                    &format!("koa.sess={id}; koa.sess.sig={signature}"),
                    "koa.sess",
                    &["new", "old key"],
                );
                assert_eq!(opened.id, b"app:7d8b3d8e-1111-4222-8333-444455556666");
                assert_eq!(opened.verified, Some(true));
            }
        }
    }

    #[test]
    fn a_changed_cookie_is_not_genuine() {
        let header = COOKIES[0].2;
        for text in [header.replace("ZMLx", "ZMLy"), header.replace("VkBd", "VkBe"), format!("{header}x")] {
            assert_eq!(opened(&text, "koa.sid", &[KEY]).verified, Some(false));
        }
        let empty = "koa.sid=abc; koa.sid.sig=";
        assert_eq!(opened(empty, "koa.sid", &[KEY]).verified, Some(false));
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["", "koa.sid=", "koa.sid.sig=VkBdlwKsBzF78_htkaTlNPF0DGw", "theme=dark; lang=de"] {
            refused(text, |given| open(given, "koa.sid", &keys(&[KEY])));
        }
    }
}
