//! Any other store that keeps a map a session: what is configured is all that is known of it.

use crate::codec::{self, DecodeError};
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Decoded, Ends, Form, Keys, Layout, OptionKind, OptionSpec, Rank, Setup, Verdict, Whose, blob, time,
    user, whose,
};
use crate::store::Kind;
use crate::value::Value;
use std::borrow::Cow;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new("created_path", OptionKind::Text, "where the time of creation is: a date or an epoch"),
    OptionSpec::new("seen_path", OptionKind::Text, "where the time of the last request is"),
    OptionSpec::new("codec", OptionKind::Text, "the serializer, by the name that `sessctl decode` takes"),
];

pub const LAYOUT: Layout = Layout {
    name: "generic",
    about: "any store that keeps one string a session, as JSON or MessagePack; always to be named",
    family: "Any",
    page: "\
key      <prefix><id>, a string; give option prefix
value    whatever decodes to a map: JSON or MessagePack, or the serializer that option codec names
expiry   the key's TTL
user     what option user_path or --user-path leads to (dots between members; jwt:id_token.sub is a
         claim); without it the usual members. Nobody is logged in only where a path was given and
         leads nowhere
end      the one key; entries in an application's own indexes are not known here
see      generic-hash for stores that keep a hash a session
",
    rank: Rank::OnlyNamed,
    options: OPTIONS,
    recognize,
    read,
    describe,
    whose: Whose::Own(|setup, _, data| whose::by_paths(data, setup.texts(whose::USER_PATH))),
    ends: Ends {
        caveats: &["Nothing is known of what else the application keeps for a session."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

pub const HASH: Layout = Layout {
    name: "generic-hash",
    about: "any store that keeps one hash a session; always to be named",
    page: "\
key      <prefix><id>, a hash; give option prefix
value    the fields as they are, each decoded if option codec names a serializer
expiry   the key's TTL
user     what option user_path or --user-path leads to (dots between members; jwt:id_token.sub is a
         claim); without it the usual members. Nobody is logged in only where a path was given and
         leads nowhere
end      the one key; entries in an application's own indexes are not known here
",
    keys: Keys { kind: Kind::Hash, ..LAYOUT.keys },
    recognize: |_, blob| match blob.fields() {
        Some(_) => Verdict::Sure,
        None => Verdict::no("the key is not a hash"),
    },
    read: read_hash,
    ..LAYOUT
};

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    match read(setup, blob).value {
        Ok(value) => match &*value {
            Value::Map(_) | Value::Pairs(_) | Value::Object(_) => Verdict::Sure,
            other => Verdict::No(format!("the value is not a map but of kind {}", other.kind()).into()),
        },
        Err(error) => Verdict::No(error.to_string().into()),
    }
}

/// The serializer that the options name; an error if there is none of that name.
fn configured(setup: &Setup) -> Result<Option<&'static codec::Codec>, DecodeError> {
    let Some(name) = setup.text("codec") else { return Ok(None) };
    let unknown = || DecodeError::new("generic", 0, format!("there is no codec named {name}"));
    codec::by_name(name).map(Some).ok_or_else(unknown)
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let codec = match configured(setup) {
        Err(error) => return Decoded::failed("generic", error),
        Ok(None) if blob.form(Form::Json).is_some() => return blob.whole_json(),
        Ok(codec) => codec.unwrap_or(&codec::msgpack::CODEC),
    };
    match blob.text() {
        Some(text) => {
            let value = (codec.decode)(text, &blob.limits).map(Cow::Owned);
            Decoded { via: vec![codec.name], value }
        }
        None => Decoded::failed(codec.name, blob.unreadable(codec.name)),
    }
}

fn read_hash<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    const VIA: &str = "hash";
    let Some(fields) = blob.fields() else { return Decoded::failed(VIA, blob.unreadable(VIA)) };
    let codec = match configured(setup) {
        Err(error) => return Decoded::failed(VIA, error),
        Ok(codec) => codec,
    };
    let value = |bytes: &'b [u8]| {
        codec.and_then(|codec| (codec.decode)(bytes, &blob.limits).ok()).unwrap_or_else(|| blob::plain(bytes))
    };
    let members = fields.iter().map(|(name, bytes)| (String::from_utf8_lossy(name), value(bytes)));
    Decoded::owned(VIA, Value::Map(members.collect()))
}

fn describe<'b>(setup: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let at = |option: &str| data.at(setup.text(option)?);
    Facts {
        user: match setup.texts(whose::USER_PATH) {
            [] => user::any(data),
            paths => whose::first_of(data, paths),
        },
        created: at("created_path").and_then(time::instant),
        seen: at("seen_path").and_then(time::instant),
        ip: user::ip(data),
        agent: user::agent(data),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    fn setup(layout: &'static Layout, options: &[(&str, &str)]) -> Setup {
        let options =
            options.iter().map(|(name, text)| ((*name).to_string(), Setting::Text((*text).to_string())));
        Setup::named(layout, options).expect("known options")
    }

    #[test]
    fn paths_lead_to_who_and_when() {
        let raw = Raw::Text(br#"{"auth":{"who":{"id":7}},"at":1795465057}"#.to_vec());
        let blob = Blob::new(b"s:1", &raw, Limits::default());
        let setup = setup(&LAYOUT, &[("prefix", "s:"), ("user_path", "auth.who"), ("created_path", "at")]);
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let facts = describe(&setup, &blob, blob.json().expect("valid JSON"));
        assert_eq!((facts.user.as_deref(), facts.created), (Some("7"), Some(1_795_465_057_000)));
    }

    #[test]
    fn what_is_no_map_is_none_and_says_so() {
        for text in ["", "[1]", "7", "\u{1}"] {
            let raw = Raw::Text(text.as_bytes().to_vec());
            let blob = Blob::new(b"s:1", &raw, Limits::default());
            assert!(matches!(recognize(&setup(&LAYOUT, &[]), &blob), Verdict::No(_)), "{text}");
        }
    }

    #[test]
    fn the_fields_of_a_hash_are_decoded_on_request() {
        let raw = Raw::Hash(vec![(b"user".to_vec(), br#""zoe""#.to_vec()), (b"x".to_vec(), b"{".to_vec())]);
        let blob = Blob::new(b"s:1", &raw, Limits::default());
        let setup = setup(&HASH, &[("codec", "json")]);
        let decoded = (HASH.read)(&setup, &blob);
        assert_eq!(decoded.value().expect("it decodes").to_json(), r#"{"user":"zoe","x":"{"}"#);
    }
}
