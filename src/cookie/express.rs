//! express-session and what signs like it: `s:<id>.<signature>`.
//!
//! The signature is the base64 of HMAC-SHA256(secret, id) without its padding (cookie-signature
//! 1.0 to 1.2, used by express-session 1.15 to 1.19). @fastify/session 10 and 11 write the same
//! without `s:`, unless their option `cookiePrefix` sets it (@fastify/cookie 11.1.5 signer.js).

use super::{CookieError, Given, Opened, any_fits, base64_unpadded, hmac_sha256, same, split_last_dot};

/// Opens a cookie of express-session (also Sails, NestJS, Etherpad, NodeBB, Overleaf).
///
/// `s:` is required: express-session ignores a value without it. The id may hold dots itself, so
/// the last one counts.
pub fn open(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    const EXPECTED: CookieError = CookieError::Form { expected: "s:<id>.<signature>" };
    let value = given.decoded(name)?;
    let signed = value.strip_prefix(b"s:").ok_or(EXPECTED)?;
    let (id, signature) = split(signed).ok_or(EXPECTED)?;
    Ok(Opened { id: id.to_vec(), verified: verified(id, signature, secrets) })
}

/// Opens a cookie of @fastify/session, with or without `s:`.
pub fn open_fastify(given: &Given, name: &str, secrets: &[String]) -> Result<Opened, CookieError> {
    const EXPECTED: CookieError = CookieError::Form { expected: "<id>.<signature>" };
    let value = given.decoded(name)?;
    let (whole, signature) = split(&value).ok_or(EXPECTED)?;
    let Some(id) = whole.strip_prefix(b"s:").filter(|id| !id.is_empty()) else {
        return Ok(Opened { id: whole.to_vec(), verified: verified(whole, signature, secrets) });
    };
    // An id generator of the application's own may begin its ids with `s:`; the signature tells.
    let own = verified(whole, signature, secrets) == Some(true);
    let id = if own { whole } else { id };
    Ok(Opened { id: id.to_vec(), verified: verified(id, signature, secrets) })
}

fn split(signed: &[u8]) -> Option<(&[u8], &[u8])> {
    split_last_dot(signed).filter(|(id, _)| !id.is_empty())
}

fn verified(id: &[u8], signature: &[u8], secrets: &[String]) -> Option<bool> {
    any_fits(secrets, |secret| same(base64_unpadded(&hmac_sha256(secret, &[id])).as_bytes(), signature))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{keys, refused, ways};
    use super::*;

    type Scheme = fn(&Given, &str, &[String]) -> Result<Opened, CookieError>;
    type Group = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

    /// Cookie name, secret and cookies with their ids: connect-redis, connect-redis-crypto,
    /// Overleaf, NodeBB, Etherpad.
    const EXPRESS: &[Group] = &[
        (
            "connect.sid",
            "keyboard cat",
            &[
                (
                    "s%3AljgYOslixMzPhYqrqLdGkhjT6d05hpaJ.%2FBTv9gQV4PbUi4a706xMQ7Wi7H3G%2Fp6%2BYcwMwplL60o",
                    "ljgYOslixMzPhYqrqLdGkhjT6d05hpaJ",
                ),
                (
                    "s%3AEMGNygbcUiupp4fMK-scS1_baG8L1h0Q.Q7HO2VYtBKQUttDQ5vlgQEcp4lY4oL199JFoCk2oV10",
                    "EMGNygbcUiupp4fMK-scS1_baG8L1h0Q",
                ),
                (
                    "s%3A8ZI9hoxpm_dDwwfYWRzHWKAxi_rr9M56.ywFWDkSqo%2BvMeBFDEVTwj8GFb%2BUM8sYNDciDqqiXOkI",
                    "8ZI9hoxpm_dDwwfYWRzHWKAxi_rr9M56",
                ),
                (
                    "s%3A3xyuXKIBRbJl-ToSsqA9YemvozpRm7Kr.eNJo9e2MjJ6WgX7yUsR8V5LseLgilgwsBaKp6m0NygU",
                    "3xyuXKIBRbJl-ToSsqA9YemvozpRm7Kr",
                ),
            ],
        ),
        (
            "connect.sid",
            "keyboard cat",
            &[
                (
                    "s%3AYn5Ubu9gTAZQC1-HzMP4vE_9OJKNMTyu.IKlwN2ADLfy%2BUg0kx%2FRIEbirz0k%2FXMnyNqq8Hz7gluI",
                    "Yn5Ubu9gTAZQC1-HzMP4vE_9OJKNMTyu",
                ),
                (
                    "s%3AmK1fusBfMz5A-gMS5FLeiP72Uksk6nUM.6i%2B1oXMJDVPkJ2lqkKzt2KTQ2xoAtfqAm0InfJdtzIM",
                    "mK1fusBfMz5A-gMS5FLeiP72Uksk6nUM",
                ),
                (
                    "s%3AFq28_A2oCxo0fpePIHTdRBkGp8da1hH1.RivOnx%2FJPxwtGBe9eq093eB05X6c%2FgFtsYu5R9WlNEc",
                    "Fq28_A2oCxo0fpePIHTdRBkGp8da1hH1",
                ),
                (
                    "s%3AdkuE-l8eGP4fShCeLnl4eJvyUUXnnj2_.qgbPpR9RqMi8xuUKgkvr0Wf6jtKPfzN4YeLcxhH2Y8w",
                    "dkuE-l8eGP4fShCeLnl4eJvyUUXnnj2_",
                ),
            ],
        ),
        (
            "overleaf.sid",
            "forum secret",
            &[
                (
                    "s%3AxPPNoSoUgIzLrwZbThQwUuakDGKcry6T.FTGKWX3s9X1VZ1MZKYwV31Ibtmc6PFodXGD0A%2FLd1s0",
                    "xPPNoSoUgIzLrwZbThQwUuakDGKcry6T",
                ),
                (
                    "s%3AlM1KoynNkEqgGfxmK1pkB2knVnZ42TTC.6hKkFqujQ01mEeDfwGBdEJKPto7qNZeFrbRlvnrRDxQ",
                    "lM1KoynNkEqgGfxmK1pkB2knVnZ42TTC",
                ),
                (
                    "s%3ACMOYZXcXw1lKuEGPAF-voco0d-fHvrBC.ebzF0kGj4sSOLklO2mQ%2FrWZ7Eh%2BKOn%2FhGxiFYVr2ds4",
                    "CMOYZXcXw1lKuEGPAF-voco0d-fHvrBC",
                ),
                (
                    "s%3AC2O6YnON3Dqk32uwY3mLg-qmA8lP3dYT.cBwT%2BrCTg98jk1Ms%2BoG2x530Ftv2tj0uHgr4%2FW7NWoo",
                    "C2O6YnON3Dqk32uwY3mLg-qmA8lP3dYT",
                ),
            ],
        ),
        (
            "express.sid",
            "forum secret",
            &[
                (
                    "s%3AhUTHDjpPYHqgP1SkLoX7L2wl18UHa6HG.XCfCxMCVlgLDz5oMont5RWaWdwQi7TZoTqHGE4keHLU",
                    "hUTHDjpPYHqgP1SkLoX7L2wl18UHa6HG",
                ),
                (
                    "s%3AvLvraJgGrGgdN-AM9tQ1nfaMIeru70ZX.4KU2QXp%2BJNH%2BWZiw%2FlbgpPOVE6PvU0qcy%2FBGQafMgs0",
                    "vLvraJgGrGgdN-AM9tQ1nfaMIeru70ZX",
                ),
                (
                    "s%3AupDrEpwC5TX8zVQxRN8aXW36rvJF1WE9.GOZqpO5u4qTSK95k9zqQ62hHdfUf4tgNmeKPniioLUM",
                    "upDrEpwC5TX8zVQxRN8aXW36rvJF1WE9",
                ),
                (
                    "s%3A5ru8Ij3kFhA5vDHW7GVhAA8N1pCgVrnQ.n8th5xDMoLdra4RdqKcjlgzM9Vg7d%2FSMAWZM%2FFRPg4M",
                    "5ru8Ij3kFhA5vDHW7GVhAA8N1pCgVrnQ",
                ),
            ],
        ),
        (
            "express_sid",
            "e1448e283084d8ffb79023aa771abd9a64a88283e04bf1b6215d55ec77e5cf51",
            &[
                (
                    "s%3AYyAAl3tbtuPwbjXpA_Fyy3ILk0vovhzL.EOG1Jq2kJUU3NH9U%2FB%2Bpe5WZ6JKnEkx8A6Wja%2FSPawI",
                    "YyAAl3tbtuPwbjXpA_Fyy3ILk0vovhzL",
                ),
                (
                    "s%3ADZ_hM3n4IYkJHYtpAzzZbijNn3QMjArm.I9hK8qeyGkkaTgooZYLrSAem1RUNSs%2BabzrR4i5%2FMks",
                    "DZ_hM3n4IYkJHYtpAzzZbijNn3QMjArm",
                ),
                (
                    "s%3AS-Kou-D1_IoQEGf6yrRQUPoAOYKbFJ73.DfAM5N7dcNVfSVnAFNhnrs8y9aJDtMAy8lDzTfd40pI",
                    "S-Kou-D1_IoQEGf6yrRQUPoAOYKbFJ73",
                ),
                (
                    "s%3AgdxnN0KNaIzPIA7rjcuqsuhQgZtvddMT.6c4Ogkkx6wQiu8%2BLcf8huqKKQGqF8%2FwIgXDl45h2nU0",
                    "gdxnN0KNaIzPIA7rjcuqsuhQgZtvddMT",
                ),
            ],
        ),
    ];

    /// The same of @fastify/session with its own store and with connect-redis.
    const FASTIFY: &[Group] = &[
        (
            "sessionId",
            "a secret with minimum length of 32 characters",
            &[
                (
                    "mLXHH1BEEt_Or4x45to2YM2P4XNGxiYc.LdWd5xAvHNNElPRcj2uN7PbegbRPOlcekaq2C/ti7O8",
                    "mLXHH1BEEt_Or4x45to2YM2P4XNGxiYc",
                ),
                (
                    "_Pmeir6CmzKCVGND-cPmfFHdFhLjtL9c.+MQkKrNqy0G+v3hlWzP2VBjScn8XOkZ7hBNzE6GGXiM",
                    "_Pmeir6CmzKCVGND-cPmfFHdFhLjtL9c",
                ),
                (
                    "wlp-h_SURSvR9lB72SC5R4mM_ZYnxzM6.kfYbrvkcJChAIU5qJdzqEN5LHYSxOqx0LzxoSOAcx7A",
                    "wlp-h_SURSvR9lB72SC5R4mM_ZYnxzM6",
                ),
                (
                    "nkBSI0AIbZp45yNM51eln4hgs58CC4Fx.zg7CaYSyb0uAfdx2oUq7zTc3nMvA9tKdqbyZR5JoaA0",
                    "nkBSI0AIbZp45yNM51eln4hgs58CC4Fx",
                ),
            ],
        ),
        (
            "sessionId",
            "a secret with minimum length of 32 characters",
            &[
                (
                    "A088vwyzajUBUITHkhN2hns8SoCCDv6v.+I8c7RiOYfhorbihUi44xWUDDHI3j97DGzQ2pIh5hiE",
                    "A088vwyzajUBUITHkhN2hns8SoCCDv6v",
                ),
                (
                    "hKiXIB1LAv1a0erT8T3WjbmRrxoEf1zr.iAUNso5qwxWz6XIX5hxcQK1Z6WcHhBC6RBLyVPBoZ78",
                    "hKiXIB1LAv1a0erT8T3WjbmRrxoEf1zr",
                ),
                (
                    "32isukoSr_Na0edN5MlWLb19gTRTcxb7.84UdURCDF/fx2Dfke99XoI+VItxPMypN77Bjnq7Q3g0",
                    "32isukoSr_Na0edN5MlWLb19gTRTcxb7",
                ),
                (
                    "MdULnb9E6g4KryIG6tczfmfbHWAlpN-1.8G+6QYIiOJwPcTglWG+JDsmps0O0sKrMIxPZ0TwmhFA",
                    "MdULnb9E6g4KryIG6tczfmfbHWAlpN-1",
                ),
            ],
        ),
    ];

    #[test]
    fn opens_and_verifies_real_cookies() {
        let schemes: [(&[Group], Scheme); 2] = [(EXPRESS, open), (FASTIFY, open_fastify)];
        for (groups, open) in schemes {
            for (name, secret, cookies) in groups {
                for (cookie, id) in *cookies {
                    for text in ways(name, cookie) {
                        let given = Given::parse(&text);
                        let opened = |secrets: &[&str]| open(&given, name, &keys(secrets)).unwrap();
                        let with = |verified| Opened { id: id.as_bytes().to_vec(), verified };
                        assert_eq!(opened(&[secret]), with(Some(true)), "{text}");
                        assert_eq!(opened(&["newer", secret, "older"]), with(Some(true)));
                        assert_eq!(opened(&["another"]), with(Some(false)));
                        assert_eq!(opened(&[]), with(None));
                    }
                }
            }
        }
    }

    #[test]
    fn an_id_may_hold_dots_and_other_characters() {
        let given = Given::parse("s%3Aa.b%2F%C3%BC.afEzgGc%2BB7XYZyBsKQZYCpfGr6rMwVq649oPe%2FkGQVw");
        let opened = open(&given, "connect.sid", &keys(&["first", "second"])).unwrap();
        assert_eq!(opened, Opened { id: "a.b/ü".into(), verified: Some(true) });
    }

    #[test]
    fn fastify_takes_the_mark_of_express_and_ids_that_only_look_like_it() {
        let (name, secret, cookies) = EXPRESS[0];
        let given = Given::parse(cookies[0].0);
        let opened = open_fastify(&given, name, &keys(&[secret])).unwrap();
        assert_eq!(opened, Opened { id: cookies[0].1.into(), verified: Some(true) });

        let given = Given::parse("s:own.I8icyB/XVCXdDLz21TsOXmH8kG7tHH84nutCuRm4n98");
        let opened = open_fastify(&given, "sessionId", &keys(&["second"])).unwrap();
        assert_eq!(opened, Opened { id: "s:own".into(), verified: Some(true) });
    }

    #[test]
    fn a_changed_cookie_is_not_genuine() {
        let (name, secret, cookies) = EXPRESS[0];
        let other_id = cookies[0].0.replace("ljgY", "ljgZ");
        let opened = open(&Given::parse(&other_id), name, &keys(&[secret])).unwrap();
        assert_eq!(opened.verified, Some(false));
        // A blank where there was a plus is not a plus.
        let cookie = percent_decoded_with_blanks(cookies[2].0);
        assert_eq!(open(&Given::parse(&cookie), name, &keys(&[secret])).unwrap().verified, Some(false));
    }

    fn percent_decoded_with_blanks(cookie: &str) -> String {
        cookie.replace("%2B", " ").replace("%3A", ":")
    }

    #[test]
    fn refuses_other_forms() {
        for text in
            ["ljgYOslixMzPhYqrqLdGkhjT6d05hpaJ", "a.b", "s:", "s:id", "s:.sig", "j:{\"a\":1}", "s%253Aid.sig"]
        {
            refused(text, |given| open(given, "connect.sid", &keys(&["secret"])));
        }
        for text in ["id", "", ".sig", "connect.sid=id"] {
            refused(text, |given| open_fastify(given, "sessionId", &keys(&["secret"])));
        }
    }
}
