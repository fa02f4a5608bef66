//! The filters, each as one entry: how it is typed, what it needs of the server, and what it asks a
//! session.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use super::SelectError;
use super::address::{parse_address, parse_net};
use super::condition::Condition;
use super::expr::Expr;
use super::ids::read_ids;
use crate::layout::session::{Login, Session};
use crate::store::{Need, Ttl};
use crate::text::glob::Glob;
use crate::text::safe::safe;
use crate::text::units::Quantity;

/// A filter as users know it. The option `--NAME`, its hidden twin `--not-NAME` and what `--not NAME` takes
/// are made of it.
#[derive(Debug)]
pub struct FilterSpec {
    pub name: &'static str,
    pub short: Option<char>,
    /// What its value is called in the help; `None` where it takes none.
    pub value: Option<&'static str>,
    /// Whether a value may begin with a hyphen.
    pub hyphens: bool,
    /// Whether one of the values of a repeated option is enough; otherwise all must hold.
    pub any: bool,
    pub help: &'static str,
    /// The rest of what `--help` says.
    pub more: &'static str,
    /// What must be asked of the server to decide.
    pub need: Need,
    /// The test that its values ask for: all of them where `any` is set, otherwise one at a time; none for a
    /// filter without a value.
    pub parse: fn(&[String]) -> Result<Test, SelectError>,
}

/// A filter with its values, ready to be asked.
#[derive(Clone)]
pub struct Test {
    /// Without ids and secrets, for questions and reports.
    pub says: String,
    pub role: Role,
    holds: Arc<dyn Fn(&Session<'_>) -> bool + Send + Sync>,
}

/// What else may be made of a filter than to ask each session.
#[derive(Debug, Clone)]
pub enum Role {
    Plain,
    /// An index by user may find them.
    Users(Vec<String>),
    /// They can be looked up by name.
    Ids(Arc<HashSet<Box<[u8]>>>),
    /// A comparison with the time that a key has left, by which an index by end may find them.
    Ttl(Expr),
    NoTtl,
    /// What is left of sessions is meant, too.
    Remains,
}

impl Test {
    fn new(
        says: impl Into<String>,
        holds: impl Fn(&Session<'_>) -> bool + Send + Sync + 'static,
    ) -> Result<Test, SelectError> {
        Test::with(Role::Plain, says, holds)
    }

    #[expect(clippy::unnecessary_wraps, reason = "it ends the function that parses")]
    fn with(
        role: Role,
        says: impl Into<String>,
        holds: impl Fn(&Session<'_>) -> bool + Send + Sync + 'static,
    ) -> Result<Test, SelectError> {
        Ok(Test { says: says.into(), role, holds: Arc::new(holds) })
    }

    pub fn holds(&self, session: &Session<'_>) -> bool {
        (self.holds)(session)
    }
}

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}

/// A filter that stands by itself.
const FLAG: FilterSpec = FilterSpec {
    name: "",
    short: None,
    value: None,
    hyphens: false,
    any: false,
    help: "",
    more: "",
    need: Need::VALUE,
    parse: |_| Test::new("", |_| true),
};

/// One that takes names or the like, of which any may fit.
const NAMES: FilterSpec = FilterSpec { value: Some("TEXT"), any: true, ..FLAG };

/// One that compares a quantity.
const EXPR: FilterSpec = FilterSpec { value: Some("EXPR"), hyphens: true, ..FLAG };

/// All filters, in the order of the help.
pub const FILTERS: &[FilterSpec] = &[
    FilterSpec {
        name: "user",
        short: Some('u'),
        value: Some("USER"),
        help: "Sessions of exactly this user; repeat for several",
        more: "A comma is part of the name. An empty name matches nothing; for sessions without a user use \
               --anonymous.",
        parse: |users| {
            let named = users.to_vec();
            Test::with(
                Role::Users(named.clone()),
                format!("user is {}", any(users.iter().map(|user| safe(user)))),
                move |session| {
                    session.facts.user.as_deref().is_some_and(|own| named.iter().any(|user| user == own))
                },
            )
        },
        ..NAMES
    },
    FilterSpec {
        name: "user-match",
        value: Some("GLOB"),
        help: "Sessions of users whose name matches a Redis glob; repeat for several",
        more: "`*`, `?`, `[a-z]`, `[^a]` and `\\x` as in Redis; quote it.",
        parse: |texts| {
            let globs: Vec<Glob> = texts.iter().map(|text| Glob::new(text.as_bytes())).collect();
            Test::new(format!("user is like {}", any(texts.iter().map(|text| safe(text)))), move |session| {
                let own = session.facts.user.as_deref();
                own.is_some_and(|own| globs.iter().any(|glob| glob.matches(own.as_bytes())))
            })
        },
        ..NAMES
    },
    FilterSpec {
        name: "authenticated",
        help: "Sessions with a logged-in user",
        parse: |_| Test::new("authenticated", |session| matches!(session.login(), Login::User(_))),
        ..FLAG
    },
    FilterSpec {
        name: "anonymous",
        help: "Sessions without a logged-in user",
        more: "A session that cannot be decoded is neither anonymous nor authenticated.",
        parse: |_| Test::new("anonymous", |session| session.login() == Login::Nobody),
        ..FLAG
    },
    FilterSpec {
        name: "ttl",
        help: "By the key's remaining TTL: '<30m', '>=2d'",
        more: "Units are ms, s, m, h, d and w. '=2d', or '2d' alone, means at least two and less than three \
               days. Only --no-ttl finds keys without a TTL.",
        need: Need::TTL,
        parse: |texts| {
            let expr = compared("ttl", texts, Quantity::Duration)?;
            Test::with(Role::Ttl(expr.clone()), format!("ttl {expr}"), move |session| {
                session.ttl.millis().is_some_and(|ms| expr.holds(ms))
            })
        },
        ..EXPR
    },
    FilterSpec {
        name: "no-ttl",
        help: "Sessions whose key has no TTL",
        need: Need::TTL,
        parse: |_| Test::with(Role::NoTtl, "without ttl", |session| session.ttl == Ttl::Never),
        ..FLAG
    },
    FilterSpec {
        name: "idle",
        help: "By the time since the session was last seen: '>7d'",
        parse: |texts| {
            let expr = compared("idle", texts, Quantity::Duration)?;
            Test::new(format!("idle {expr}"), move |session| {
                since(session, session.facts.seen).is_some_and(|ms| expr.holds(ms))
            })
        },
        ..EXPR
    },
    FilterSpec {
        name: "age",
        help: "By the time since the session was created: '>30d'",
        parse: |texts| {
            let expr = compared("age", texts, Quantity::Duration)?;
            Test::new(format!("age {expr}"), move |session| {
                since(session, session.facts.created).is_some_and(|ms| expr.holds(ms))
            })
        },
        ..EXPR
    },
    FilterSpec {
        name: "size",
        help: "By the memory the session's key takes: '>64KiB'",
        need: Need::MEMORY,
        parse: |texts| {
            let expr = compared("size", texts, Quantity::Size)?;
            Test::new(format!("size {expr}"), move |session| {
                session.memory.is_some_and(|bytes| expr.holds(bytes))
            })
        },
        ..EXPR
    },
    FilterSpec {
        name: "ip",
        value: Some("CIDR"),
        help: "Sessions from this address or network; repeat for several",
        parse: |texts| {
            let nets = texts
                .iter()
                .map(|text| parse_net(text).ok_or_else(|| SelectError::Ip { text: text.clone() }))
                .collect::<Result<Vec<IpNet>, _>>()?;
            Test::new(
                format!("ip in {}", any(nets.iter().map(|net| net.to_string().into()))),
                move |session| {
                    let address = session.facts.ip.as_deref().and_then(parse_address);
                    address.is_some_and(|address| nets.iter().any(|net| net.contains(&address)))
                },
            )
        },
        ..NAMES
    },
    FilterSpec {
        name: "agent",
        help: "Sessions from browsers whose name contains this, ignoring case; repeat for several",
        more: "It is searched for in what the session itself records about the browser, which not every \
               framework does: Firefox, 'iPhone OS 1'.",
        parse: |texts| {
            let parts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
            Test::new(
                format!("agent has {}", any(texts.iter().map(|text| text.as_str().into()))),
                move |session| {
                    session.facts.agent.as_deref().is_some_and(|agent| {
                        let agent = agent.to_lowercase();
                        parts.iter().any(|part| agent.contains(part))
                    })
                },
            )
        },
        ..NAMES
    },
    FilterSpec {
        name: "where",
        value: Some("COND"),
        hyphens: true,
        help: "By the decoded data: 'passport.user = alice', 'cart.items.0.qty >= 2'",
        more: "The path is one within the data, as `inspect` shows it; for the user of a row use --user. \
               Operators are = != < <= > >= and ~ (contains; a glob if it has * or ?). Numbers compare as \
               numbers and RFC 3339 dates as times. `null` also matches a missing member; a list matches if \
               any of its items does; quoted values are strings. Repeat for several conditions, all of which \
               must hold. Sessions that cannot be decoded match no condition.",
        parse: |texts| {
            let text = first(texts);
            let condition = Condition::parse(text)
                .map_err(|error| SelectError::Condition { text: text.to_string(), error })?;
            Test::new(format!("where {condition}"), move |session| {
                let value = session.data.and_then(|data| data.value());
                value.is_some_and(|value| condition.holds(value))
            })
        },
        ..FLAG
    },
    FilterSpec {
        name: "undecodable",
        help: "Sessions whose value cannot be decoded",
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method itself is of one lifetime only"
        )]
        parse: |_| Test::new("undecodable", |session| session.undecodable()),
        ..FLAG
    },
    FilterSpec {
        name: "expired",
        help: "Sessions past their own expiry whose key still exists",
        more: "This includes remains of sessions that no request can use, such as a hash that a late request \
               wrote back in part; the column error gives the reason.",
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method itself is of one lifetime only"
        )]
        parse: |_| Test::with(Role::Remains, "expired", |session| session.expired()),
        ..FLAG
    },
    FilterSpec {
        name: "ids-from",
        value: Some("FILE"),
        hyphens: true,
        help: "Sessions named in a file, or on standard input with -",
        more: "Ids or keys, one per line, or separated by NUL bytes if there are any, as `-o ids` writes them.",
        need: Need::NOTHING,
        parse: |files| {
            let file = first(files);
            let ids = read_ids(file).map_err(|error| SelectError::Ids { file: file.to_string(), error })?;
            let ids = Arc::new(ids);
            Test::with(Role::Ids(Arc::clone(&ids)), format!("one of {} named ids", ids.len()), {
                move |session| ids.contains(session.id) || ids.contains(session.key)
            })
        },
        ..FLAG
    },
];

/// The filter of that name.
pub fn by_name(name: &str) -> Option<&'static FilterSpec> {
    FILTERS.iter().find(|spec| spec.name == name)
}

fn any<'t>(texts: impl Iterator<Item = Cow<'t, str>>) -> String {
    texts.collect::<Vec<_>>().join(" or ")
}

fn first(texts: &[String]) -> &str {
    texts.first().map_or("", String::as_str)
}

fn compared(option: &'static str, texts: &[String], quantity: Quantity) -> Result<Expr, SelectError> {
    let text = first(texts);
    Expr::parse(text, quantity).map_err(|error| SelectError::Expr {
        option,
        text: text.to_string(),
        quantity,
        error,
    })
}

/// How long ago that was. A clock that is ahead of ours has not made the session older than new.
fn since(session: &Session<'_>, time: Option<i64>) -> Option<u64> {
    time.map(|time| session.now.saturating_sub(time).max(0) as u64)
}
