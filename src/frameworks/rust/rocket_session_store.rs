//! rocket-session-store with its Redis store.
//!
//! rocket-session-store 0.2.1.

use crate::frameworks::go;
use crate::layout::key::{self, Alphabet};
use crate::layout::setup::{OptionKind, OptionSpec};
use crate::layout::{Blob, Cookie, Ends, Keys, Layout, Place, Rank, Setup, Verdict, open_bare_under_any};

const ID: usize = 24;

const POSTFIX: OptionSpec = OptionSpec::new("postfix", OptionKind::Text, "what follows the id");

pub const LAYOUT: Layout = Layout {
    name: "rocket-session-store",
    about: "Rocket with rocket-session-store in Redis; always to be named",
    family: "Rust",
    page: "\
key      <prefix><id><postfix>, a string; 24 letters and digits
value    JSON of whatever type the application keeps
expiry   the key's TTL, the store's duration, renewed by every request
user     user_id, user, username
cookie   of a name that the application gives = <id>, bare
index    none
end      the one key; an id without a session is taken again
alike    any JSON under such a key: it has to be named, with its prefix
",
    rank: Rank::OnlyNamed,
    keys: Keys { locate, key_of: |setup, id| [&setup.lead(), id, postfix(setup)].concat(), ..Keys::PLAIN },
    options: &[POSTFIX],
    recognize,
    describe: |_, _, data| go::facts(data),
    whose: go::CONTAINER,
    cookie: Cookie {
        name: Some("session"),
        open: Some(|setup, given| {
            open_bare_under_any(setup, given, |id| key::is_exactly(id, ID, Alphabet::Alnum))
        }),
        ..Cookie::PLAIN
    },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK_IF_CHANGED], ..Ends::PLAIN },
    ..Layout::PLAIN
};

fn postfix(setup: &Setup) -> &[u8] {
    setup.text(POSTFIX.name).unwrap_or_default().as_bytes()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let rest = key.strip_suffix(postfix(setup))?;
    let start = match setup.known_lead() {
        Some(lead) => rest.starts_with(lead).then_some(lead.len())?,
        None => key::tail(rest, ID, Alphabet::Alnum)?,
    };
    key::is_exactly(&rest[start..], ID, Alphabet::Alnum)
        .then_some(Place { id: start..rest.len(), usual: true })
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        Verdict::no("the key does not end in 24 letters and digits")
    } else if blob.json().is_some() {
        Verdict::Weak
    } else {
        Verdict::no("the value is not a JSON object or list")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::layout::Setting;
    use crate::store::Raw;

    #[test]
    fn the_id_stands_between_prefix_and_postfix() {
        const ID: &str = "hV2kQ9sLx7Tn3BzYc8WmR4pd";
        let options = [("prefix", "app:"), ("postfix", ":s")];
        let options = options.map(|(name, text)| (name.to_string(), Setting::Text(text.to_string())));
        let setup = Setup::named(&LAYOUT, options).expect("options that it knows");
        assert_eq!((LAYOUT.keys.key_of)(&setup, ID.as_bytes()), format!("app:{ID}:s").as_bytes());
        for (key, value, fits) in [
            (format!("app:{ID}:s"), r#"{"user_id":12}"#, true),
            (format!("app:{ID}:s"), "locked", false),
            (format!("app:{ID}"), r#"{"user_id":12}"#, false),
            ("app:config:s".to_string(), r#"{"user_id":12}"#, false),
        ] {
            let raw = Raw::Text(value.as_bytes().to_vec());
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            assert_eq!(!matches!(recognize(&setup, &blob), Verdict::No(_)), fits, "{key} {value}");
            let place = locate(&setup, key.as_bytes());
            assert_eq!(
                place.is_some_and(|place| key.as_bytes()[place.id] == *ID.as_bytes()),
                key.ends_with("pd:s")
            );
        }
    }
}
