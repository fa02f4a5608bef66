//! ASP.NET Core logins whose tickets are kept in a distributed cache by an `ITicketStore`.

use crate::codec;
use crate::codec::Limits;
use crate::cookie;
use crate::frameworks::dotnet::aspnetcore::{self, APPLICATION, INSTANCE, RING};
use crate::frameworks::jvm;
use crate::layout::Layout;
use crate::layout::Mark;
use crate::layout::OptionKind;
use crate::layout::OptionSpec;
use crate::layout::Place;
use crate::layout::Setup;
use crate::layout::Verdict;
use crate::layout::expire;
use crate::layout::key;
use crate::layout::open_any;
use crate::layout::session::Session;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::time;
use crate::layout::{Blob, Cookie, Ends, Keys, Whose, whose};
use crate::store::Key;
use crate::store::Kind;
use crate::store::Raw;
use crate::value::Value;
use std::borrow::Cow;

/// What nearly all ticket stores put before the GUID, because the sample does.
const STORE: &str = "AuthSessionStore-";

/// Claims that name the user where the one does not that the identity calls the name.
const USERS: &[&str] = &[
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    "sub",
    "preferred_username",
    "email",
];

pub const LAYOUT: Layout = Layout {
    name: "aspnetcore-ticket",
    about: "ASP.NET Core cookie authentication with a ticket store (ITicketStore) in a cache",
    family: ".NET",
    home: Some("https://learn.microsoft.com/aspnet/core/security/authentication/cookie"),
    page: "\
key      <InstanceName>AuthSessionStore-<guid>, a hash; the store is the application's own, and the
         name is that of the sample that it was made from. AuthSessionStore-<guid> is the id
value    fields absexp and sldexp (ticks, or -1) and data: the ticket as TicketSerializer writes it
         (version 5): scheme, identities with their claims, properties. What is as by default is
         left out of claims
expiry   the key's TTL, absexp, and the property .expires, which is enforced when the ticket is
         read. `expire` sets all of them; where logins slide a request renews them
user     the claim that the identity's nameClaimType names, else nameidentifier, sub,
         preferred_username, email
cookie   .AspNetCore.Cookies, .AspNetCore.Identity.Application or .AspNetCore.<scheme>, also in
         pieces, sealed by Data Protection; with key_ring and application_name the key in it is read
index    none
end      the one key, as RemoveAsync does
beware   properties named .Token.* are access and refresh tokens
",
    keys: Keys {
        prefix_option: "instance_name",
        kind: Kind::Hash,
        lead: |setup| aspnetcore::lead(setup, setup.text("instance_name")),
        locate,
        ..Keys::PLAIN
    },
    marks: &[Mark::Field("sldexp")],
    options: &[
        INSTANCE,
        APPLICATION,
        RING,
        OptionSpec::new("scheme", OptionKind::Text, "the authentication scheme (Cookies)"),
    ],
    recognize: |_, blob| match aspnetcore::cached(blob) {
        Err(why) => Verdict::no(why),
        Ok(data) => match codec::aspnetcore::decode_ticket(data, &blob.limits) {
            Ok(_) => Verdict::Sure,
            Err(error) => Verdict::No(error.to_string().into()),
        },
    },
    read: |_, blob| aspnetcore::read(blob, &codec::aspnetcore::TICKET),
    describe,
    whose: Whose::Own(|_, _, data| {
        // As ClaimsIdentity.IsAuthenticated has it.
        let authenticated = |identity: &Value<'_>| {
            identity.get("authenticationType").is_none_or(|kind| !whose::is_empty(kind))
        };
        match data.get("identities").and_then(Value::as_list) {
            Some(identities) if !identities.iter().any(authenticated) => Unnamed::Nobody,
            _ => Unnamed::Unknown,
        }
    }),
    cookie: Cookie {
        name: Some(".AspNetCore.Cookies"),
        open: Some(|setup, given| {
            let (ring, application) = (setup.texts("key_ring"), setup.text("application_name"));
            let scheme = setup.text("scheme");
            let others = [".AspNetCore.Identity.Application".to_string()]
                .into_iter()
                .chain(scheme.map(|scheme| format!(".AspNetCore.{scheme}")));
            let others: Vec<String> = others.collect();
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            open_any(setup, &others, |name| {
                cookie::aspnetcore::open_ticket(given, name, ring, application, scheme)
            })
        }),
        ..Cookie::PLAIN
    },
    ends: Ends {
        expire,
        caveats: &["Tokens in the ticket stay valid at the identity provider until they expire."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let store = setup.text("prefix");
    let known = setup.named || setup.text("instance_name").is_some() || setup.text("key_prefix").is_some();
    let start = if known {
        let lead = (setup.layout.keys.lead)(setup);
        key.starts_with(&lead).then_some(lead.len())?
    } else {
        let word = store.unwrap_or(STORE);
        let found = key::rfind(key, word.as_bytes()).filter(|_| !word.is_empty());
        found.or_else(|| aspnetcore::guid_tail(key)).unwrap_or_else(|| key::last_part(key))
    };
    let id = &key[start..];
    if id.is_empty() || store.is_some_and(|store| !id.starts_with(store.as_bytes())) {
        return None;
    }
    // An instance whose name begins with this one's.
    if store.is_none() && key::rfind(id, STORE.as_bytes()).is_some_and(|at| at > 0) {
        return None;
    }
    let usual = id.strip_prefix(store.unwrap_or(STORE).as_bytes()).is_some_and(key::is_uuid);
    Some(Place::after(key, start, usual))
}

/// The claims of all identities with the type that names the user in each.
fn user<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let identities = data.get("identities")?.as_list()?;
    let claim = |identity: &'v Value<'_>, kind: &str| {
        let claims = identity.get("claims")?.as_list()?;
        let of = |claim: &'v Value<'_>| {
            (claim.get("type")?.as_str()? == kind).then(|| claim.get("value")?.scalar_text())?
        };
        claims.iter().find_map(of)
    };
    let by_name = |identity: &'v Value<'_>| claim(identity, identity.get("nameClaimType")?.as_str()?);
    identities.iter().find_map(by_name).or_else(|| {
        USERS.iter().find_map(|kind| identities.iter().find_map(|identity| claim(identity, kind)))
    })
}

/// The end is kept three times: by the key, by the cache in its fields, and in the ticket.
fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let mut fields: Vec<(Key, Key)> = aspnetcore::absolute(session, end).into_iter().collect();
    let Raw::Hash(stored) = session.raw else { return Err(expire::UNREADABLE) };
    let Some((_, data)) = stored.iter().find(|(name, _)| name == b"data") else {
        return Err(expire::UNREADABLE);
    };
    let ticket =
        codec::aspnetcore::decode_ticket(data, &Limits::default()).map_err(|_| expire::UNREADABLE)?;
    if let Some(property) = ticket.get("properties").and_then(|properties| properties.get(".expires")) {
        let Some(end) = end else {
            return Err("their tickets hold an end; a far one can be set with --at");
        };
        let old = property.as_str().filter(|_| date(&ticket, ".expires").is_some());
        let new = jiff::Timestamp::from_millisecond(end).ok();
        let new = new.map(|new| new.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
        let data = old.zip(new).and_then(|(old, new)| {
            // A string of another length would have another length in front of it.
            (old.len() == new.len()).then(|| jvm::patched(data, old.as_bytes(), new.as_bytes()))?
        });
        fields.push((Key(b"data".to_vec()), Key(data.ok_or("their tickets hold an end of another form")?)));
    }
    let rewrite = aspnetcore::rewritten(fields);
    Ok(expire::Expiring { at: expire::at(end), rewrite, then: Vec::new() })
}

/// A property that is a date as in HTTP headers, `Fri, 17 May 2024 08:30:00 GMT`.
fn date(data: &Value<'_>, name: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = data.get("properties")?.get(name)?.as_str()?;
    let (_, text) = text.split_once(", ")?;
    let mut parts = text.strip_suffix(" GMT")?.split(' ');
    let (day, month, year, clock) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    time::iso(&format!("{year}-{month:02}-{day}T{clock}Z"))
}

fn describe<'b>(_: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let ends = [date(data, ".expires"), aspnetcore::absolute_end(blob)];
    Facts {
        user: user(data),
        created: date(data, ".issued"),
        ends: ends.into_iter().flatten().min(),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;
    use crate::layout::Setting;

    const ID: &str = "AuthSessionStore-0f8fad5b-d9cb-469f-a165-70867728950e";

    #[test]
    fn the_stores_word_is_part_of_the_id() {
        let free = Setup::free(&LAYOUT);
        for key in [ID.to_string(), format!("Shop{ID}"), format!("a:b:{ID}")] {
            let place = locate(&free, key.as_bytes()).expect("a ticket's key");
            assert_eq!((&key[place.id], place.usual), (ID, true), "{key}");
        }
        let options = [("prefix", "Tickets/"), ("instance_name", "Shop_")];
        let options = options.map(|(name, text)| (name.to_string(), Setting::Text(text.to_string())));
        let named = Setup::named(&LAYOUT, options).expect("known options");
        assert!(locate(&named, format!("Shop_{ID}").as_bytes()).is_none());
        assert!(locate(&named, b"Shop_Tickets/7").is_some_and(|place| place.id == (5..14) && !place.usual));
    }

    #[test]
    fn the_user_is_the_claim_that_the_identity_calls_the_name() {
        let of = |claims: &str| {
            let text = format!(r#"{{"identities":[{{"nameClaimType":"n","claims":[]}},{claims}]}}"#);
            let data = json::decode(text.as_bytes(), &Limits::default()).expect("valid JSON");
            user(&data).map(Cow::into_owned)
        };
        let identity = |claims: &str| of(&format!(r#"{{"nameClaimType":"name","claims":[{claims}]}}"#));
        let claim = |kind: &str, value: &str| format!(r#"{{"type":"{kind}","value":"{value}"}}"#);
        let both = [claim("email", "e"), claim("sub", "7"), claim("name", "alice")].join(",");
        assert_eq!(identity(&both).as_deref(), Some("alice"));
        assert_eq!(identity(&[claim("email", "e"), claim("sub", "7")].join(",")).as_deref(), Some("7"));
        assert_eq!(identity(&claim("name", "")), None);
        assert_eq!(identity(""), None);
    }

    #[test]
    fn properties_hold_dates_of_http() {
        let data = json::decode(
            br#"{"properties":{".issued":"Fri, 17 May 2024 08:30:00 GMT",".expires":"soon","x":"Fri, 99 May 2024 08:30:00 GMT"}}"#,
            &Limits::default(),
        );
        let data = data.expect("valid JSON");
        assert_eq!(date(&data, ".issued"), time::iso("2024-05-17T08:30:00Z"));
        assert_eq!(date(&data, ".expires"), None);
        assert_eq!(date(&data, "x"), None);
    }
}
