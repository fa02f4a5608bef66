//! Layouts that the configuration file describes: what a framework's own file says in Rust is said
//! here by patterns and paths.
//!
//! A description is checked when it is read (`config::layouts`); from then on it is a layout as any
//! other, whose functions look into the description instead of knowing the framework.

use std::ops::Range;

use super::blob::Blob;
use super::expire::{self, Expiring, Moved};
use super::key::Place;
use super::session::Facts;
use super::session::Session;
use super::setup::OptionKind;
use super::setup::OptionSpec;
use super::setup::Setup;
use super::whose::Whose;
use super::{Ends, Keys, Layout, Mark, OpenCookie, Rank, UserIndex, Verdict, setup, user, whose};
use crate::codec::Limits;
use crate::cookie::{CookieError, Given, Opened};
use crate::store::{IndexOp, Key, Kind, Medium, Op, Raw, Rewrite};
use crate::value::Value;
use crate::wrap::{self, WrapError};
use crate::{codec, cookie};
use std::borrow::Cow;

mod clock;
mod companion;
mod pattern;
mod read;
mod shape;

pub use clock::{Clock, Unit, When};
pub use companion::{Companion, Companionship};
pub use pattern::Pattern;
pub use shape::Shape;

use clock::first;
use companion::{beside, end, sessions};
use pattern::{Filling, Part, literal};
use read::{read, wrapped};

/// A store as its owner describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    pub name: String,
    pub about: Option<String>,
    /// The session's key; `{id}` is in it once, `{user}` may be.
    pub key: Pattern,
    /// A string or a hash.
    pub record: Kind,
    /// The field of a hash that the session is in; without it the session is the fields.
    pub field: Option<String>,
    /// The hash whose fields are the sessions: a field's name is the id, and `key` is `{id}`.
    pub fields: Option<String>,
    /// Names of wrappers, outermost first.
    pub wrappers: Vec<&'static str>,
    /// The codec's name; without it the bytes are asked.
    pub codec: Option<&'static str>,
    /// Paths to the user, of which the first that leads to someone counts.
    pub user: Vec<String>,
    /// Times, of which the first that is there counts.
    pub created: Vec<When>,
    pub seen: Vec<When>,
    /// The end that the application enforces by itself.
    pub expires: Vec<When>,
    pub ip: Vec<String>,
    pub agent: Vec<String>,
    /// Names of members that are secrets, wherever they stand in the data.
    pub secrets: Vec<String>,
    /// Paths that every session has; where all of them lead somewhere it certainly is one.
    pub must_have: Vec<String>,
    /// What ids look like. Where one does, what lacks those paths, or cannot be read, is a session, too.
    pub id: Vec<Shape>,
    pub cookie: Option<Cookie>,
    pub caveats: Vec<String>,
    pub companions: Vec<Companion>,
}

/// The cookie that the browser holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    pub name: String,
    /// One of [`FORMS`].
    pub form: &'static str,
}

/// A way to open a cookie with secrets, of which any may have signed.
type Open = fn(&Given, &str, &[String]) -> Result<Opened, CookieError>;

/// The forms of cookies.
pub const FORMS: &[(&str, Open)] = &[
    ("bare", |given, name, _| cookie::bare::open(given, name)),
    ("express", cookie::express::open),
    ("fastify", cookie::express::open_fastify),
    ("iron", cookie::iron::open),
    ("keygrip", cookie::keygrip::open),
    ("remix", cookie::remix::open),
    ("better-auth", cookie::better_auth::open),
    ("spring", |given, name, _| cookie::spring::open(given, name, None)),
];

impl Described {
    /// What is wrong with a session's key.
    pub fn check_key(key: &Pattern) -> Result<(), String> {
        let apart = key.0.windows(2).all(|pair| pair.iter().any(|part| matches!(part, Part::Text(_))));
        match key.count(&Part::Id) {
            1 if key.count(&Part::User) > 1 => Err("must contain {user} once".into()),
            1 if !apart => Err("needs some text between {id} and {user}".into()),
            1 => Ok(()),
            0 => {
                Err("must contain {id}, the placeholder for the session's id, such as \"shop:session:{id}\""
                    .into())
            }
            _ => Err("must contain {id} once".into()),
        }
    }

    /// The layout. What it refers to stays for the whole run.
    pub fn into_layout(self) -> &'static Layout {
        let described: &'static Described = Box::leak(Box::new(self));
        let (before, _) = described.key.ends();
        let marks = described.marks();
        let caveats: Vec<&'static str> = described.caveats.iter().map(String::as_str).collect();
        Box::leak(Box::new(Layout {
            name: &described.name,
            about: described.about.as_deref().unwrap_or("described in the configuration file"),
            family: "Own",
            home: None,
            medium: if described.fields.is_some() { Medium::Field } else { Medium::Redis },
            page: described.page().leak(),
            rank: if marks.is_empty() { Rank::OnlyNamed } else { Rank::Signature },
            keys: Keys {
                prefix: before,
                kind: described.record,
                locate,
                key_of: |setup, id| {
                    let key = &of(setup).key;
                    if key.count(&Part::User) > 0 {
                        // Only a search finds the key.
                        return id.to_vec();
                    }
                    let (_, after) = key.ends();
                    [&(setup.layout.keys.lead)(setup), id, after.as_bytes()].concat()
                },
                ..Keys::PLAIN
            },
            marks: marks.leak(),
            options: described.options().leak(),
            recognize,
            read,
            describe,
            whose: Whose::Own(|setup, _, data| {
                let paths = of(setup).user.iter().chain(setup.texts(whose::USER_PATH));
                whose::by_paths(data, &paths.cloned().collect::<Vec<_>>())
            }),
            cookie: super::Cookie {
                name: described.cookie.as_ref().map(|cookie| cookie.name.as_str()),
                open: described.cookie.as_ref().map(|_| open_cookie as OpenCookie),
                ..super::Cookie::PLAIN
            },
            ends: Ends {
                end,
                user_index: described.companions.iter().any(|companion| companion.user_index).then_some(
                    UserIndex {
                        key: |setup, user| {
                            let user = Filling { id: b"", key: b"", user: Some(user), data: None };
                            let key = index_of(setup)?.key.fill(&user)?;
                            Some([setup.key_prefix().as_bytes(), &key].concat())
                        },
                        sessions,
                    },
                ),
                expire,
                caveats: caveats.leak(),
                ..Ends::PLAIN
            },
            described: Some(described),
            ..Layout::PLAIN
        }))
    }

    /// By what its sessions are found where it is not named: by their keys, otherwise by what they must
    /// have. Without either it has to be named.
    fn marks(&'static self) -> Vec<Mark> {
        let word = self.key.0.iter().map(|part| literal(Some(part))).max_by_key(|text| text.len());
        if let Some(word) = word.filter(|word| !word.is_empty()) {
            return vec![Mark::Word(word)];
        }
        let Some(path) = self.must_have.first() else { return Vec::new() };
        let first = path.split('.').next().unwrap_or(path);
        match (self.record, &self.field) {
            (Kind::Hash, Some(field)) => vec![Mark::Field(field)],
            (Kind::Hash, None) => vec![Mark::Field(first)],
            _ if self.wrappers.is_empty() && self.codec.is_none_or(|codec| codec == JSON) => {
                vec![Mark::Member(first)]
            }
            _ => Vec::new(),
        }
    }

    /// What a profile can say: secrets of the cookie and of what is sealed.
    fn options(&self) -> Vec<OptionSpec> {
        let of_cookie = if self.cookie.is_some() { COOKIE_OPTIONS } else { &[] };
        let of_wrappers = self.wrappers.iter().filter_map(|name| match wrap::by_name(name)?.open {
            wrap::Open::Sealed { option, about, .. } => {
                Some(OptionSpec::secret(option, OptionKind::Texts, about))
            }
            wrap::Open::Plain(_) => None,
        });
        let mut options: Vec<OptionSpec> = Vec::new();
        for option in of_cookie.iter().copied().chain(of_wrappers) {
            if options.iter().all(|known| known.name != option.name) {
                options.push(option);
            }
        }
        options
    }

    fn page(&self) -> String {
        let record = match &self.field {
            _ if self.record == Kind::String => "a string".to_string(),
            Some(field) => format!("a hash with the session in its field {field}"),
            None => "a hash".to_string(),
        };
        let key = match &self.fields {
            Some(hash) => format!("the field <id> of the hash {hash}, a string"),
            None => format!("{}, {record}", self.key.shown()),
        };
        let ttl = if self.fields.is_some() { "the field's TTL" } else { "the key's TTL" };
        let mut lines = vec![("key", key)];
        let codec = self.codec.unwrap_or("whatever its bytes turn out to be");
        let value: Vec<&str> = self.wrappers.iter().copied().chain([codec]).collect();
        if self.record == Kind::String || self.field.is_some() || self.codec.is_some() {
            lines.push(("value", value.join(", then ")));
        }
        lines.push((
            "expiry",
            match &self.expires[..] {
                [] => ttl.to_string(),
                ends => {
                    let paths: Vec<&str> = ends.iter().map(|when| when.path.as_str()).collect();
                    format!("{ttl}, and {} in the value", paths.join(", else "))
                }
            },
        ));
        let in_key = (self.key.count(&Part::User) > 0).then_some("what the key says");
        let user: Vec<&str> = self.user.iter().map(String::as_str).chain(in_key).collect();
        if !user.is_empty() {
            lines.push(("user", user.join(", else ")));
        }
        if !self.secrets.is_empty() {
            lines.push(("secrets", self.secrets.join(", ")));
        }
        if let Some(cookie) = &self.cookie {
            lines.push(("cookie", format!("{}, of the form {}", cookie.name, cookie.form)));
        }
        for companion in &self.companions {
            let kind = Companionship::NAMES.iter().find(|(_, kind)| *kind == companion.kind);
            let (kind, use_) = (
                kind.map_or("", |(name, _)| name),
                if companion.user_index { "; a user's sessions are looked up here" } else { "" },
            );
            lines.push(("beside", format!("{} ({kind}){use_}", companion.key.shown())));
        }
        if !self.id.is_empty() {
            let shapes: Vec<String> = self.id.iter().map(|shape| shape.shown()).collect();
            lines.push(("id", shapes.join(", or ")));
        }
        if !self.must_have.is_empty() {
            let also = if self.id.is_empty() { "" } else { "; what lacks that is listed, and ends by name" };
            lines.push(("certain", format!("with {}{also}", self.must_have.join(" and "))));
        }
        lines.into_iter().map(|(what, text)| format!("{what:<8} {text}\n")).collect()
    }

    /// Every path into the data that something is looked for at.
    fn paths(&self) -> impl Iterator<Item = &str> {
        let texts = [&self.user, &self.ip, &self.agent, &self.must_have].into_iter().flatten();
        let times = [&self.created, &self.seen, &self.expires].into_iter().flatten();
        let patterns = self.companions.iter().flat_map(|one| std::iter::once(&one.key).chain(&one.member));
        texts
            .map(String::as_str)
            .chain(times.map(|when| when.path.as_str()))
            .chain(patterns.flat_map(Pattern::paths))
    }

    /// Whether a key without the client's prefix is one of those next to the sessions.
    fn is_companion(&self, key: &[u8]) -> bool {
        let one =
            |companion: &Companion| companion.kind.may_be(self.record) && companion.key.fits(key, &self.key);
        self.companions.iter().any(one)
    }
}

const JSON: &str = codec::json::CODEC.name;
const HASH: &str = "hash";
const COOKIE_OPTIONS: &[OptionSpec] =
    &[setup::COOKIE_SECRET, setup::COOKIE_KEYS, setup::COOKIE_ENCRYPTION_KEY];
/// Why the end of sessions cannot be moved.
const SEALED: &str = "the end that the application enforces is where it cannot be rewritten";

/// The description that these functions are for.
fn of(setup: &Setup) -> &'static Described {
    const NOTHING: &Described = &Described {
        name: String::new(),
        about: None,
        key: Pattern(Vec::new()),
        record: Kind::String,
        field: None,
        fields: None,
        wrappers: Vec::new(),
        codec: None,
        user: Vec::new(),
        created: Vec::new(),
        seen: Vec::new(),
        expires: Vec::new(),
        ip: Vec::new(),
        agent: Vec::new(),
        must_have: Vec::new(),
        id: Vec::new(),
        cookie: None,
        caveats: Vec::new(),
        secrets: Vec::new(),
        companions: Vec::new(),
    };
    setup.layout.described.unwrap_or(NOTHING)
}

fn index_of(setup: &Setup) -> Option<&'static Companion> {
    of(setup).companions.iter().find(|companion| companion.user_index)
}

/// A key as the application knows it.
fn without_client<'k>(setup: &Setup, key: &'k [u8]) -> &'k [u8] {
    key.strip_prefix(setup.key_prefix().as_bytes()).unwrap_or(key)
}

/// Where in the key the id is, and the user where the key says who.
fn places(setup: &Setup, key: &[u8]) -> Option<(Range<usize>, Option<Range<usize>>)> {
    let pattern = &of(setup).key;
    let lead = (setup.layout.keys.lead)(setup);
    let middle = key.strip_prefix(&lead[..])?.strip_suffix(pattern.ends().1.as_bytes())?;
    let (id, user) = pattern.split(middle)?;
    let within = |range: Range<usize>| range.start + lead.len()..range.end + lead.len();
    Some((within(id), user.map(within)))
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let (id, _) = places(setup, key)?;
    if !fits_shape(setup, &key[id.clone()]) {
        return None;
    }
    (!of(setup).is_companion(without_client(setup, key))).then_some(Place { id, usual: true })
}

/// Whether it looks like an id, as far as it was said what those look like.
fn fits_shape(setup: &Setup, id: &[u8]) -> bool {
    let shapes = &of(setup).id;
    shapes.is_empty() || shapes.iter().any(|shape| shape.fits(id))
}

/// What is not certain by its value: where the ids are described, a key that has one is enough to be
/// shown, and to be changed where the layout is named.
fn uncertain(setup: &Setup, blob: &Blob<'_>, why: String) -> Verdict {
    if of(setup).id.is_empty() || locate(setup, blob.key).is_none() {
        Verdict::No(why.into())
    } else {
        Verdict::Weak
    }
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let decoded = read(setup, blob);
    let value = match &decoded.value {
        Ok(value) => value,
        // What someone sealed in this form is a session, whoever has the secret.
        Err(error) if is_sealed(setup, blob) => {
            return if setup.named { Verdict::Weak } else { Verdict::No(error.to_string().into()) };
        }
        Err(error) => return uncertain(setup, blob, error.to_string()),
    };
    if !matches!(&**value, Value::Map(_) | Value::Pairs(_) | Value::Object(_)) {
        return Verdict::No(format!("the value is not a map but of kind {}", value.kind()).into());
    }
    let must_have = &of(setup).must_have;
    match must_have.iter().find(|path| value.at(path).is_none()) {
        Some(path) => uncertain(setup, blob, format!("it lacks `{path}`")),
        None if must_have.is_empty() => Verdict::Weak,
        None => Verdict::Sure,
    }
}

/// Whether what is under the outer wrappers has the form of something sealed.
fn is_sealed(setup: &Setup, blob: &Blob<'_>) -> bool {
    let Ok(mut plain) = wrapped(setup, blob).map(Cow::Borrowed) else { return false };
    for wrapper in of(setup).wrappers.iter().filter_map(|name| wrap::by_name(name)) {
        match wrapper.open {
            wrap::Open::Sealed { open, .. } => {
                return matches!(open(&plain, &[]), Err(WrapError::WrongKey { .. }));
            }
            wrap::Open::Plain(open) => match open(&plain, &blob.limits) {
                Ok(inner) => plain = Cow::Owned(inner),
                Err(_) => return false,
            },
        }
    }
    false
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let described = of(setup);
    let text = |paths: &[String]| paths.iter().find_map(|path| user::text(data.at(path)));
    let time = |times: &[When]| Some(first(times, data)?.1);
    Facts {
        user: whose::first_of(data, &described.user).or_else(|| {
            let (_, user) = places(setup, blob.key)?;
            Some(String::from_utf8_lossy(&blob.key[user?]))
        }),
        created: time(&described.created),
        seen: time(&described.seen),
        ends: time(&described.expires),
        ip: text(&described.ip),
        agent: text(&described.agent),
        ..Facts::default()
    }
}

/// The key's expiry moves, the end in the value with it, and a user's index lives as long.
fn expire(setup: &Setup, session: &Session<'_>, end: Option<i64>) -> Moved {
    let described = of(setup);
    let indexes = described.companions.iter().filter(|companion| companion.user_index);
    let keys = indexes.filter_map(|companion| Some(beside(session, companion)?.0));
    let mut then: Vec<Op> = keys.map(|key| Op::Outlive { key, at: end }).collect();
    for (companion, unit) in described.companions.iter().filter_map(|one| Some((one, one.score?))) {
        let (Some((key, Some(member))), Some(end)) = (beside(session, companion), end) else { continue };
        let score = i128::from(end) * 1_000_000 / unit.nanos();
        then.push(Op::Index(IndexOp::SortedScore {
            key,
            member,
            score: i64::try_from(score).unwrap_or(i64::MAX),
        }));
    }
    let data = session.data.and_then(|data| data.value());
    let Some((when, old)) = data.and_then(|data| first(&described.expires, data)) else {
        return Ok(Expiring { at: expire::at(end), rewrite: None, then });
    };
    let end = end.ok_or(expire::ALWAYS_ENDS)?;
    // A name with a dot in it may lead to another member than the one that counts.
    let new = |value: &Value<'_>| {
        (when.clock.read(value) == Some(old)).then(|| when.clock.written(value, end)).flatten()
    };
    let rewrite = match (session.raw, &described.field) {
        (Raw::Text(_), None) if session.data.is_some_and(|data| data.via == [JSON]) => {
            expire::member(session, &when.path.split('.').collect::<Vec<_>>(), &new)?
        }
        (Raw::Hash(fields), None) => {
            let field = fields.iter().find(|(name, _)| name == when.path.as_bytes());
            let text = field.and_then(|(_, bytes)| std::str::from_utf8(bytes).ok());
            let field_name = || Key(when.path.clone().into_bytes());
            match described.codec {
                _ if field.is_none() => within(fields, &when.path, &new),
                None => text.and_then(|text| new(&Value::Text(Cow::Borrowed(text)))).map(|new| {
                    Rewrite::Fields(vec![(field_name(), Key(new.trim_matches('"').as_bytes().to_vec()))])
                }),
                Some(JSON) => text
                    .and_then(|text| codec::json::decode(text.as_bytes(), &Limits::default()).ok())
                    .and_then(|value| new(&value))
                    .map(|new| Rewrite::Fields(vec![(field_name(), Key(new.into_bytes()))])),
                Some(_) => None,
            }
        }
        // The session is in one field, and nothing around it.
        (Raw::Hash(fields), Some(field)) if described.wrappers.is_empty() => {
            within(fields, &format!("{field}.{}", when.path), &new)
        }
        _ => None,
    };
    let rewrite = Some(rewrite.ok_or(SEALED)?);
    Ok(Expiring { at: expire::at_if_any(session, Some(end)), rewrite, then })
}

/// The field of a hash that holds JSON, with another value for the member of it that the path leads to.
fn within(
    fields: &[(Vec<u8>, Vec<u8>)],
    path: &str,
    new: &dyn Fn(&Value<'_>) -> Option<String>,
) -> Option<Rewrite> {
    let (name, rest) = path.split_once('.')?;
    let (_, text) = fields.iter().find(|(field, _)| field == name.as_bytes())?;
    let span = codec::json::member_span(text, &rest.split('.').collect::<Vec<_>>(), &Limits::default())?;
    let old = codec::json::decode(&text[span.clone()], &Limits::default()).ok()?;
    let text = codec::json::splice(text, span, new(&old)?.as_bytes());
    Some(Rewrite::Fields(vec![(Key(name.as_bytes().to_vec()), Key(text))]))
}

fn open_cookie(setup: &Setup, given: &Given) -> Result<Opened, CookieError> {
    let form = of(setup).cookie.as_ref().map_or("", |cookie| cookie.form);
    let secrets: Vec<String> =
        COOKIE_OPTIONS.iter().flat_map(|option| setup.texts(option.name)).cloned().collect();
    let open = FORMS.iter().find(|(name, _)| *name == form).map_or(FORMS[0].1, |(_, open)| *open);
    open(given, setup.cookie_name(), &secrets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layouts_of;
    use crate::layout::Setting;
    use crate::store::{JsonItem, WhenEmpty};

    fn layout(text: &str) -> &'static Layout {
        let mut all = layouts_of(text).expect("well described");
        all.remove(0).into_layout()
    }

    const SHOP: &str = r#"
        [layouts.shop]
        key = "shop:{id}:s"
        user = ["user.id", "uid"]
        created = { path = "at", unit = "s" }
        expires = { path = "exp", unit = "s" }
        must_have = ["at"]
        cookie = { name = "SHOPSESS", form = "express" }
        [[layouts.shop.companions]]
        kind = "set"
        key = "shop:user:{user}"
        member = "k:{key}"
        user_index = true
        [[layouts.shop.companions]]
        kind = "lock"
        key = "shop:lock:{id}:s"
        [[layouts.shop.companions]]
        kind = "list-json"
        key = "{{all}}"
        member = "{id}"
    "#;

    #[test]
    fn the_id_is_in_its_place_and_a_companion_is_no_session() {
        let layout = layout(SHOP);
        for setup in [Setup::free(layout), Setup::named(layout, []).expect("no options")] {
            let found = |key: &str| locate(&setup, key.as_bytes()).map(|place| key[place.id].to_string());
            assert_eq!(found("shop:a1:s").as_deref(), Some("a1"));
            for key in ["shop::s", "shop:a1", "t:shop:a1:s", "shop:lock:a1:s", ""] {
                assert_eq!(found(key), None, "{key}");
            }
            assert_eq!((layout.keys.key_of)(&setup, b"a1"), b"shop:a1:s");
        }
    }

    #[test]
    fn a_session_is_read_and_ended_as_described() {
        let layout = layout(SHOP);
        let prefix = ("key_prefix".to_string(), Setting::Text("p:".to_string()));
        let setup = Setup::named(layout, [prefix]).expect("a common option");
        let raw = Raw::Text(br#"{"uid":7,"at":1795465057,"exp":"1795465058"}"#.to_vec());
        let blob = Blob::new(b"p:shop:a1:s", &raw, Limits::default());
        assert_eq!(recognize(&setup, &blob), Verdict::Sure);
        let data = read(&setup, &blob);
        let facts = describe(&setup, &blob, data.value().expect("it decodes"));
        assert_eq!(facts.user.as_deref(), Some("7"));
        assert_eq!((facts.created, facts.ends), (Some(1_795_465_057_000), Some(1_795_465_058_000)));
        let session = crate::frameworks::tests::session(&setup, &blob, b"a1", facts, &data);
        let key = |name: &str| Key(name.as_bytes().to_vec());
        assert_eq!(
            end(&setup, &session),
            [
                Op::Index(IndexOp::SetRemove { key: key("p:shop:user:7"), member: b"k:shop:a1:s".to_vec() }),
                Op::Unlock(key("p:shop:lock:a1:s")),
                Op::Index(IndexOp::JsonListRemove {
                    key: key("p:{all}"),
                    item: JsonItem::Text("a1".to_string()),
                    when_empty: WhenEmpty::Keep,
                }),
            ]
        );
        let moved = expire(&setup, &session, Some(1_795_500_000_000)).expect("it can be moved");
        let new = br#"{"uid":7,"at":1795465057,"exp":"1795500000"}"#.to_vec();
        assert_eq!(moved.rewrite, Some(Rewrite::Text(new)));
        assert_eq!(moved.then, [Op::Outlive { key: key("p:shop:user:7"), at: Some(1_795_500_000_000) }]);
        assert_eq!(expire(&setup, &session, None), Err(expire::ALWAYS_ENDS));
        let index = layout.ends.user_index.expect("an index");
        assert_eq!((index.key)(&setup, "7").as_deref(), Some(&b"p:shop:user:7"[..]));
        assert_eq!((index.sessions)(&setup, b"k:shop:a1:s"), [b"p:shop:a1:s".to_vec()]);
        assert!((index.sessions)(&setup, b"shop:a1:s").is_empty());
    }

    #[test]
    fn nobodys_session_changes_no_index_of_users() {
        let layout = layout(SHOP);
        let setup = Setup::free(layout);
        let raw = Raw::Text(br#"{"at":1}"#.to_vec());
        let blob = Blob::new(b"shop:a1:s", &raw, Limits::default());
        let data = read(&setup, &blob);
        let session = crate::frameworks::tests::session(&setup, &blob, b"a1", Facts::default(), &data);
        assert!(!end(&setup, &session).iter().any(|op| matches!(op, Op::Index(IndexOp::SetRemove { .. }))));
    }

    #[test]
    fn wrappers_and_fields_are_taken_off() {
        let layout = layout(
            "[layouts.a]\nkey = \"a:{id}\"\nfield = \"data\"\nwrappers = [\"base64\", \"gzip\"]\nuser = \"u\"",
        );
        let setup = Setup::free(layout);
        // gzip of {"u":"zoe"}
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut gzip, br#"{"u":"zoe"}"#).expect("memory");
        let text = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            gzip.finish().expect("memory"),
        );
        let raw = Raw::Hash(vec![(b"data".to_vec(), text.into_bytes())]);
        let blob = Blob::new(b"a:1", &raw, Limits::default());
        let data = read(&setup, &blob);
        assert_eq!(data.via, ["base64", "gzip", "json"]);
        assert_eq!(data.value().expect("it decodes").to_json(), r#"{"u":"zoe"}"#);
        assert_eq!(recognize(&setup, &blob), Verdict::Weak);
        let raw = Raw::Hash(vec![(b"other".to_vec(), Vec::new())]);
        let blob = Blob::new(b"a:1", &raw, Limits::default());
        assert!(matches!(recognize(&setup, &blob), Verdict::No(why) if why.contains("no field `data`")));
    }

    #[test]
    fn the_end_in_a_field_of_a_hash_moves_as_it_is_written() {
        for (codec, old, new) in [
            ("", "1795465058", "1795500000"),
            ("codec = \"json\"", "\"2026-11-23T20:17:38.000Z\"", "\"2026-11-24T06:00:00.000Z\""),
        ] {
            let layout = layout(&format!(
                "[layouts.a]\nkey = \"a:{{id}}\"\nrecord = \"hash\"\nexpires = \"exp\"\n{codec}"
            ));
            let setup = Setup::free(layout);
            let raw = Raw::Hash(vec![(b"exp".to_vec(), old.as_bytes().to_vec())]);
            let blob = Blob::new(b"a:1", &raw, Limits::default());
            let data = read(&setup, &blob);
            let facts = describe(&setup, &blob, data.value().expect("it decodes"));
            assert_eq!(facts.ends, Some(1_795_465_058_000), "{old}");
            let session = crate::frameworks::tests::session(&setup, &blob, b"1", facts, &data);
            let moved = expire(&setup, &session, Some(1_795_500_000_000)).expect("it can be moved");
            let fields = vec![(Key(b"exp".to_vec()), Key(new.as_bytes().to_vec()))];
            assert_eq!(moved.rewrite, Some(Rewrite::Fields(fields)));
        }
    }

    #[test]
    fn what_is_sealed_is_a_session_whoever_has_the_secret() {
        let layout =
            layout("[layouts.a]\nkey = \"a:{id}\"\nwrappers = [\"laravel-encrypted\"]\nuser = \"u\"");
        let key = ("app_key".to_string(), Setting::Text("0123456789abcdef".to_string()));
        let text = |json: &str| {
            Raw::Text(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, json).into_bytes())
        };
        let iv = "AAAAAAAAAAAAAAAAAAAAAA==";
        let sealed = text(&format!(r#"{{"iv":"{iv}","value":"{iv}","mac":"00","tag":""}}"#));
        for (raw, options, expected, verdict) in [
            (&sealed, vec![], "option `app_key` opens it", true),
            (&sealed, vec![key.clone()], "the secret does not fit", true),
            (&text("{}"), vec![key], "no base64 of a JSON object", false),
        ] {
            let blob = Blob::new(b"a:1", raw, Limits::default());
            let setup = Setup::named(layout, options).expect("known options");
            let error = read(&setup, &blob).value.expect_err("it does not open");
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(recognize(&setup, &blob) == Verdict::Weak, verdict, "{expected}");
        }
    }

    #[test]
    fn times_have_units_epochs_and_alternatives() {
        let layout = layout(
            r#"[layouts.a]
            key = "a:{id}"
            expires = ["none", { path = "end", unit = "s", epoch = "2001-01-01T00:00:00Z" }]
            created = { path = "at", unit = "ticks" }
            [[layouts.a.companions]]
            kind = "zset"
            key = "a-ends"
            member = "{id}"
            score = "s""#,
        );
        let setup = Setup::free(layout);
        let raw = Raw::Text(br#"{"end":817157858,"at":"639310618579190000"}"#.to_vec());
        let blob = Blob::new(b"a:1", &raw, Limits::default());
        let data = read(&setup, &blob);
        let facts = describe(&setup, &blob, data.value().expect("it decodes"));
        assert_eq!((facts.created, facts.ends), (Some(1_795_465_057_919), Some(1_795_465_058_000)));
        let session = crate::frameworks::tests::session(&setup, &blob, b"1", facts, &data);
        let moved = expire(&setup, &session, Some(1_795_500_000_000)).expect("it can be moved");
        let new = br#"{"end":817192800,"at":"639310618579190000"}"#.to_vec();
        assert_eq!(moved.rewrite, Some(Rewrite::Text(new)));
        let key = Key(b"a-ends".to_vec());
        let score = Op::Index(IndexOp::SortedScore { key, member: b"1".to_vec(), score: 1_795_500_000 });
        assert_eq!(moved.then, [score]);
    }

    #[test]
    fn the_user_may_be_in_the_key() {
        let raw = Raw::Text(b"{}".to_vec());
        for (pattern, key, id, user) in [
            ("s:{user}:{id}", "s:a:b:1", "1", "a:b"),
            ("s:{id}:{user}:x", "s:1:a:b:x", "1", "a:b"),
            ("{user}/{id}", "zoe/1", "1", "zoe"),
        ] {
            let layout = layout(&format!("[layouts.a]\nkey = {pattern:?}"));
            let setup = Setup::free(layout);
            let place = locate(&setup, key.as_bytes()).expect("a place");
            assert_eq!(&key[place.id], id, "{pattern}");
            let blob = Blob::new(key.as_bytes(), &raw, Limits::default());
            let facts = describe(&setup, &blob, blob.json().expect("JSON"));
            assert_eq!(facts.user.as_deref(), Some(user), "{pattern}");
            for other in ["s:1", "s::1", "s:a:", "/1", "zoe/", "s:"] {
                assert_eq!(locate(&setup, other.as_bytes()), None, "{pattern}: {other}");
            }
        }
    }

    #[test]
    fn a_pattern_fits_what_it_makes() {
        let session = Pattern::parse("s:{id}:x", &["id"], false).expect("a pattern");
        let pattern = |text| Pattern::parse(text, &["id", "user", "key"], true).expect("a pattern");
        for (text, fits, not) in [
            ("u:{user}", "u:7", "u:"),
            ("{key}:lock", "s:1:x:lock", "s:1:lock"),
            ("{{{user}}}:a:{id}", "{u}:a:1", "{u}:b:1"),
            ("all", "all", "alls"),
            ("a{id}b{user}b", "a1b2b", "a1bb"),
            ("csrf:{meta.csrf}", "csrf:t", "csrf:"),
        ] {
            assert!(pattern(text).fits(fits.as_bytes(), &session), "{text}: {fits}");
            assert!(!pattern(text).fits(not.as_bytes(), &session), "{text}: {not}");
        }
    }
}
