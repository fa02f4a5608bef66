//! Nextcloud and ownCloud: native sessions whose content only the browser can open.

use crate::codec;
use crate::codec::DecodeError;
use crate::cookie;
use crate::cookie::{CookieError, Opened};
use crate::frameworks::php::phpredis;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Layout, Mark, OptionKind, OptionSpec, Rank, Setup, Verdict, Whose, key,
    whose,
};
use crate::value::Value;
use crate::wrap::nextcloud;
use std::borrow::Cow;

const PASSPHRASE: OptionSpec = OptionSpec::secret(
    "passphrase",
    OptionKind::Text,
    "what the browser's cookie opens its session with; `inspect --cookie` takes it from the cookie",
);
/// The cookie that holds it up to version 30.
const PASSPHRASE_COOKIE: &str = "oc_sessionPassphrase";
/// The variable that everything is in up to version 30.
const SEALED_VARIABLE: &str = "encrypted_session_data";

pub const LAYOUT: Layout = Layout {
    name: "nextcloud",
    about: "Nextcloud and ownCloud 9 and 10, native sessions with encrypted content (PHP)",
    family: "PHP",
    home: Some("https://docs.nextcloud.com/"),
    page: "\
key      PHPREDIS_SESSION:<id>, a string; `prefix=` in session.save_path replaces that; id 22 to
         256 of [A-Za-z0-9,-]
value    up to 30: PHP session with the one variable encrypted_session_data; since 31 the
         encrypted text itself: <hex>|<hex>|<hex>|3 (Security/Crypto.php). The passphrase is in a
         cookie of the browser alone: `inspect --cookie` shows the content of its session
expiry   the key's TTL alone, moved by every request
user     user_id, under the passphrase; SQL oc_authtoken knows it, under SHA-512 of id and the
         configuration's secret
cookie   the instance id (oc…) = the id, since 31 <id>|<passphrase>; up to 30 the passphrase is in
         the cookie oc_sessionPassphrase
index    none
end      the key, and a stale lock <key>_LOCK
",
    rank: Rank::Signature,
    marks: &[Mark::Variable("encrypted_session_data"), Mark::Word("PHPREDIS_SESSION:")],
    options: &[PASSPHRASE],
    recognize,
    read,
    describe,
    whose: Whose::Own(|_, _, data| match data.get(SEALED_VARIABLE) {
        Some(Value::Map(content))
            if !content.iter().any(|(name, value)| name == "user_id" && !whose::is_empty(value)) =>
        {
            Unnamed::Nobody
        }
        None if data.members().is_some() => whose::without(data.get("user_id")),
        _ => Unnamed::Unknown,
    }),
    cookie: Cookie { name: None, open: Some(open), unlock: Some(unlock), ..phpredis::LAYOUT.cookie },
    ends: Ends {
        caveats: &[
            "The browser's cookies nc_username and nc_token log it in again; the row of oc_authtoken ends that.",
            Layout::WRITTEN_BACK,
        ],
        ..phpredis::LAYOUT.ends
    },
    same_as: &[],
    ..phpredis::LAYOUT
};

/// Whether a long value begins as an encrypted text does: with nothing but hexadecimal digits.
pub fn is_begun(head: &[u8]) -> bool {
    head.len() >= 4096 && key::Alphabet::Hex.all(&head[..4096])
}

fn recognize(_: &Setup, blob: &Blob<'_>) -> Verdict {
    if blob.variable(SEALED_VARIABLE).is_some() || blob.text().and_then(nextcloud::parse).is_some() {
        Verdict::Sure
    } else {
        Verdict::no("the value is neither encrypted_session_data nor an encrypted text of Nextcloud")
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let passphrase = setup.text(PASSPHRASE.name);
    if let Some(sealed) = blob.text().and_then(nextcloud::parse) {
        let Some(passphrase) = passphrase else {
            let reason = "encrypted with a passphrase that only the browser's cookie holds; inspect --cookie \
                          opens it";
            return Decoded::failed(nextcloud::NAME, DecodeError::new(nextcloud::NAME, 0, reason));
        };
        let opened = nextcloud::open(sealed, passphrase.as_bytes()).map_err(DecodeError::from);
        let value = opened.and_then(|text| {
            let value = (codec::php_session::PHP.decode)(&text, &blob.limits)?;
            Ok(Cow::Owned(value.into_owned()))
        });
        return Decoded { via: vec![nextcloud::NAME, codec::php_session::PHP.name], value };
    }
    let decoded = blob.php_data();
    let content = passphrase.and_then(|passphrase| {
        let sealed = decoded.value().and_then(|data| data.get(SEALED_VARIABLE)?.as_str())?;
        let text = nextcloud::open(nextcloud::parse(sealed.as_bytes())?, passphrase.as_bytes()).ok()?;
        Some(codec::json::decode(&text, &blob.limits).ok()?.into_owned())
    });
    // What does not open is shown as it stands.
    match (content, decoded) {
        (Some(content), Decoded { mut via, value: Ok(data) }) => {
            via.extend([nextcloud::NAME, codec::json::CODEC.name]);
            let mut data = data.into_owned();
            if let Value::Map(members) = &mut data {
                let sealed = members.iter_mut().find(|(name, _)| name == SEALED_VARIABLE);
                if let Some((_, value)) = sealed {
                    *value = content;
                }
            }
            Decoded { via, value: Ok(Cow::Owned(data)) }
        }
        (_, decoded) => decoded,
    }
}

/// The user stands under the passphrase alone.
fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let members = data.get(SEALED_VARIABLE).unwrap_or(data);
    Facts { user: members.get("user_id").and_then(Value::scalar_text), ..Facts::default() }
}

/// The passphrase of the cookies: after the id, or in a cookie of its own.
fn unlock(setup: &Setup, given: &cookie::Given) -> Option<(&'static str, String)> {
    let behind = || {
        let value = cookie::bare::open(given, &instance(setup, given)).ok()?.id;
        let bar = memchr::memchr(b'|', &value)?;
        String::from_utf8(value[bar + 1..].to_vec()).ok()
    };
    let beside = || {
        given.names().find(|name| *name == PASSPHRASE_COOKIE)?;
        String::from_utf8(cookie::bare::open(given, PASSPHRASE_COOKIE).ok()?.id).ok()
    };
    behind().or_else(beside).map(|passphrase| (PASSPHRASE.name, passphrase))
}

/// The name of the session's cookie: every installation has one of its own.
fn instance(setup: &Setup, given: &cookie::Given) -> String {
    let usual =
        |name: &&str| name.len() == 12 && name.starts_with("oc") && key::Alphabet::Lower.all(name.as_bytes());
    setup.text("cookie_name").or_else(|| given.names().find(usual)).unwrap_or("").to_string()
}

/// Behind the id there may be the passphrase.
fn open(setup: &Setup, given: &cookie::Given) -> Result<Opened, CookieError> {
    let opened = cookie::bare::open(given, &instance(setup, given))?;
    let id = opened.id.split(|byte| *byte == b'|').next().unwrap_or_default().to_vec();
    if id.is_empty() {
        return Err(CookieError::Form { expected: "<id> or <id>|<passphrase>" });
    }
    Ok(Opened { id, ..opened })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    #[test]
    fn the_passphrase_behind_the_id_is_left_away() {
        let setup = Setup::free(&LAYOUT);
        let given = cookie::Given::parse("oc1a2b3c4d5e=b5tb18r2am5j1pbtvtcnuj0r4i%7Csecret");
        assert_eq!(open(&setup, &given).expect("an id").id, b"b5tb18r2am5j1pbtvtcnuj0r4i");
    }

    #[test]
    fn a_passphrase_opens_the_whole_session_since_31() {
        // Sealed by the code of version 3 in lib/private/Security/Crypto.php, done again.
        let plain = b"user_id|s:3:\"zoe\";loginname|s:3:\"zoe\";";
        let text = nextcloud::tests::seal(plain, b"phrase", b"000102030405060708090a0b0c0d0e0f", 3);
        let raw = Raw::Text(text);
        let blob = Blob::new(b"PHPREDIS_SESSION:b5tb18r2am5j1pbtvtcnuj0r4i", &raw, Limits::default());
        let given = cookie::Given::parse("oc1a2b3c4d5e=b5tb18r2am5j1pbtvtcnuj0r4i%7Cphrase");
        let mut setup = Setup::free(&LAYOUT);
        assert!(read(&setup, &blob).value.is_err());
        let (option, value) = unlock(&setup, &given).expect("a passphrase");
        setup.set(option, Setting::Text(value)).expect("an option");
        let data = read(&setup, &blob);
        let facts = describe(&setup, &blob, data.value().expect("it opens"));
        assert_eq!(facts.user.as_deref(), Some("zoe"));
        assert_eq!(data.via, [nextcloud::NAME, "php"]);
    }
}
