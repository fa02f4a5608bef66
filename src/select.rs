//! Which sessions: the filters that every command for many sessions shares.
//!
//! [`SelectArgs`] is what was typed, [`Filter`] what is meant. Filters are and-ed, repeated ones too;
//! only the values of a repeated `--user`, `--user-match`, `--ip` or `--agent` are or-ed. Each has a hidden twin `--not-…`, which is
//! its plain logical negation: a session of unknown age is not matched by `--age`, so it is matched
//! by `--not --age`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::exit::{Advice, Exit};
use crate::layout::session::{Login, Session};
use crate::store::{Ends, Need, Ttl};
use crate::text::safe::safe;

pub mod condition;
pub mod expr;
pub mod near;

use crate::text::glob::Glob;
use condition::{Condition, ConditionError};
use expr::{Expr, ExprError, Quantity};

/// The filters as they are typed.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Which sessions")]
pub struct SelectArgs {
    /// Sessions of exactly this user; repeat for several
    ///
    /// A comma is part of the name. An empty name matches nothing; for sessions without a user use --anonymous.
    #[arg(short, long, value_name = "USER")]
    pub user: Vec<String>,

    /// Sessions of users whose name matches a Redis glob; repeat for several
    ///
    /// `*`, `?`, `[a-z]`, `[^a]` and `\x` as in Redis; quote it.
    #[arg(long, value_name = "GLOB")]
    pub user_match: Vec<String>,

    /// Sessions with a logged-in user
    #[arg(long)]
    pub authenticated: bool,

    /// Sessions without a logged-in user
    ///
    /// A session that cannot be decoded is neither anonymous nor authenticated.
    #[arg(long)]
    pub anonymous: bool,

    /// By the key's remaining TTL: '<30m', '>=2d'
    ///
    /// Units are ms, s, m, h, d and w. '=2d', or '2d' alone, means at least two and less than three
    /// days. Only --no-ttl finds keys without a TTL.
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub ttl: Vec<String>,

    /// Sessions whose key has no TTL
    #[arg(long)]
    pub no_ttl: bool,

    /// By the time since the session was last seen: '>7d'
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub idle: Vec<String>,

    /// By the time since the session was created: '>30d'
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub age: Vec<String>,

    /// By the memory the session's key takes: '>64KiB'
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub size: Vec<String>,

    /// Sessions from this address or network; repeat for several
    #[arg(long, value_name = "CIDR")]
    pub ip: Vec<String>,

    /// Sessions from browsers whose name contains this, ignoring case; repeat for several
    ///
    /// It is searched for in what the session itself records about the browser, which not every
    /// framework does: Firefox, 'iPhone OS 1'.
    #[arg(long, value_name = "TEXT")]
    pub agent: Vec<String>,

    /// By the decoded data: 'passport.user = alice', 'cart.items.0.qty >= 2'
    ///
    /// The path is one within the data, as `inspect` shows it; for the user of a row use --user.
    /// Operators are = != < <= > >= and ~ (contains; a glob if it has * or ?). Numbers compare as numbers
    /// and RFC 3339 dates as times. `null` also matches a missing member; a list matches if any of its
    /// items does; quoted values are strings. Repeat for several conditions, all of which must hold.
    /// Sessions that cannot be decoded match no condition.
    #[arg(long = "where", value_name = "COND", allow_hyphen_values = true)]
    pub conditions: Vec<String>,

    /// Sessions whose value cannot be decoded
    #[arg(long)]
    pub undecodable: bool,

    /// Sessions past their own expiry whose key still exists
    ///
    /// This includes remains of sessions that no request can use, such as a hash that a late request
    /// wrote back in part; the column error gives the reason.
    #[arg(long)]
    pub expired: bool,

    /// Sessions named in a file, or on standard input with -
    ///
    /// Ids or keys, one per line, or separated by NUL bytes if there are any, as `-o ids` writes them.
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub ids_from: Vec<String>,

    /// Every session
    #[arg(long)]
    pub all: bool,

    /// Negate the filter that follows: --not --user alice, --not expired
    ///
    /// This is the plain opposite: a session whose age is unknown does not match --age, so it does match
    /// --not --age.
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub not: Vec<String>,

    #[command(flatten)]
    pub negated: Negated,
}

/// The twins that `--not FILTER` is rewritten to.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Negated {
    #[arg(long, hide = true)]
    pub not_user: Vec<String>,
    #[arg(long, hide = true)]
    pub not_user_match: Vec<String>,
    #[arg(long, hide = true)]
    pub not_authenticated: bool,
    #[arg(long, hide = true)]
    pub not_anonymous: bool,
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub not_ttl: Vec<String>,
    #[arg(long, hide = true)]
    pub not_no_ttl: bool,
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub not_idle: Vec<String>,
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub not_age: Vec<String>,
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub not_size: Vec<String>,
    #[arg(long, hide = true)]
    pub not_ip: Vec<String>,
    #[arg(long, hide = true)]
    pub not_agent: Vec<String>,
    #[arg(long = "not-where", hide = true, allow_hyphen_values = true)]
    pub not_conditions: Vec<String>,
    #[arg(long, hide = true)]
    pub not_undecodable: bool,
    #[arg(long, hide = true)]
    pub not_expired: bool,
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub not_ids_from: Vec<String>,
}

/// The filters that can be negated, and whether each takes a value.
pub const NEGATABLE: &[(&str, bool)] = &[
    ("user", true),
    ("user-match", true),
    ("authenticated", false),
    ("anonymous", false),
    ("ttl", true),
    ("no-ttl", false),
    ("idle", true),
    ("age", true),
    ("size", true),
    ("ip", true),
    ("agent", true),
    ("where", true),
    ("undecodable", false),
    ("expired", false),
    ("ids-from", true),
];

/// What is wrong with a filter; a usage error.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    #[error("--{option} '{text}': {error} (for example --{option} {})", .quantity.example())]
    Expr { option: &'static str, text: String, quantity: Quantity, error: ExprError },
    #[error("--where '{text}': {error} (for example --where 'passport.user = alice')")]
    Condition { text: String, error: ConditionError },
    #[error("--ip '{text}': not an address or a network (for example --ip 192.0.2.0/24)")]
    Ip { text: String },
    #[error("--ids-from {file}: {error}")]
    Ids { file: String, error: std::io::Error },
    #[error("--not {text}: no such filter (for example --not --user alice, or --not expired)")]
    Not { text: String },
    #[error("--not {name} needs a value (for example --not --user alice)")]
    NotValue { name: &'static str },
    #[error("--not {name} takes no value")]
    NotNoValue { name: &'static str },
}

impl Advice for SelectError {
    fn exit(&self) -> Exit {
        // A file that cannot be read is no mistake in the command line.
        if matches!(self, SelectError::Ids { .. }) { Exit::Failed } else { Exit::Usage }
    }

    fn hint(&self) -> Option<String> {
        None
    }
}

/// One filter.
#[derive(Debug, Clone)]
enum Test {
    Users(Vec<String>),
    UserMatch(Vec<(String, Glob)>),
    Authenticated,
    Anonymous,
    Ttl(Expr),
    NoTtl,
    Idle(Expr),
    Age(Expr),
    Size(Expr),
    Ip(Vec<IpNet>),
    /// Each as it was typed; compared in small letters.
    Agent(Vec<String>),
    Where(Condition),
    Undecodable,
    Expired,
    Ids(HashSet<Box<[u8]>>),
}

/// Which sessions are meant: all that pass every test.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Each with whether it is negated.
    tests: Vec<(Test, bool)>,
    all: bool,
}

impl SelectArgs {
    /// What the arguments mean. Reads the file of `--ids-from`.
    pub fn filter(&self) -> Result<Filter, SelectError> {
        let mut negated = self.negated.clone();
        for text in &self.not {
            negated.add(text)?;
        }
        let mut filter = Filter { tests: Vec::new(), all: self.all };
        filter.add(
            false,
            &Typed {
                user: &self.user,
                user_match: &self.user_match,
                authenticated: self.authenticated,
                anonymous: self.anonymous,
                ttl: &self.ttl,
                no_ttl: self.no_ttl,
                idle: &self.idle,
                age: &self.age,
                size: &self.size,
                ip: &self.ip,
                agent: &self.agent,
                conditions: &self.conditions,
                undecodable: self.undecodable,
                expired: self.expired,
                ids_from: &self.ids_from,
            },
        )?;
        filter.add(
            true,
            &Typed {
                user: &negated.not_user,
                user_match: &negated.not_user_match,
                authenticated: negated.not_authenticated,
                anonymous: negated.not_anonymous,
                ttl: &negated.not_ttl,
                no_ttl: negated.not_no_ttl,
                idle: &negated.not_idle,
                age: &negated.not_age,
                size: &negated.not_size,
                ip: &negated.not_ip,
                agent: &negated.not_agent,
                conditions: &negated.not_conditions,
                undecodable: negated.not_undecodable,
                expired: negated.not_expired,
                ids_from: &negated.not_ids_from,
            },
        )?;
        Ok(filter)
    }
}

impl Negated {
    /// Takes `user=alice`, `--user=alice`, `expired` or `--expired`.
    fn add(&mut self, text: &str) -> Result<(), SelectError> {
        let bare = text.trim_start_matches('-');
        let (name, value) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
        let name = name.trim();
        let &(name, takes) = NEGATABLE
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| SelectError::Not { text: text.to_string() })?;
        match (takes, value) {
            (true, None) => return Err(SelectError::NotValue { name }),
            (false, Some(_)) => return Err(SelectError::NotNoValue { name }),
            _ => {}
        }
        let value = value.unwrap_or_default().to_string();
        match name {
            "user" => self.not_user.push(value),
            "user-match" => self.not_user_match.push(value),
            "authenticated" => self.not_authenticated = true,
            "anonymous" => self.not_anonymous = true,
            "ttl" => self.not_ttl.push(value),
            "no-ttl" => self.not_no_ttl = true,
            "idle" => self.not_idle.push(value),
            "age" => self.not_age.push(value),
            "size" => self.not_size.push(value),
            "ip" => self.not_ip.push(value),
            "agent" => self.not_agent.push(value),
            "where" => self.not_conditions.push(value),
            "undecodable" => self.not_undecodable = true,
            "expired" => self.not_expired = true,
            _ => self.not_ids_from.push(value),
        }
        Ok(())
    }
}

/// The filters and their twins, alike.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
struct Typed<'a> {
    user: &'a [String],
    user_match: &'a [String],
    authenticated: bool,
    anonymous: bool,
    ttl: &'a [String],
    no_ttl: bool,
    idle: &'a [String],
    age: &'a [String],
    size: &'a [String],
    ip: &'a [String],
    agent: &'a [String],
    conditions: &'a [String],
    undecodable: bool,
    expired: bool,
    ids_from: &'a [String],
}

impl Filter {
    /// In the order in which they are asked: the cheap ones first.
    fn add(&mut self, negated: bool, typed: &Typed<'_>) -> Result<(), SelectError> {
        let mut add = |test| self.tests.push((test, negated));
        let expr = |option, text: &str, quantity| {
            Expr::parse(text, quantity).map_err(|error| SelectError::Expr {
                option,
                text: text.to_string(),
                quantity,
                error,
            })
        };
        for file in typed.ids_from {
            let ids = read_ids(file).map_err(|error| SelectError::Ids { file: file.clone(), error })?;
            add(Test::Ids(ids));
        }
        let flags = [
            (typed.no_ttl, Test::NoTtl),
            (typed.undecodable, Test::Undecodable),
            (typed.expired, Test::Expired),
            (typed.authenticated, Test::Authenticated),
            (typed.anonymous, Test::Anonymous),
        ];
        flags.into_iter().filter(|(given, _)| *given).for_each(|(_, test)| add(test));
        for text in typed.ttl {
            add(Test::Ttl(expr("ttl", text, Quantity::Duration)?));
        }
        for text in typed.idle {
            add(Test::Idle(expr("idle", text, Quantity::Duration)?));
        }
        for text in typed.age {
            add(Test::Age(expr("age", text, Quantity::Duration)?));
        }
        for text in typed.size {
            add(Test::Size(expr("size", text, Quantity::Size)?));
        }
        if !typed.user.is_empty() {
            add(Test::Users(typed.user.to_vec()));
        }
        if !typed.user_match.is_empty() {
            let globs = typed.user_match.iter().map(|text| (text.clone(), Glob::new(text.as_bytes())));
            add(Test::UserMatch(globs.collect()));
        }
        if !typed.ip.is_empty() {
            let nets = typed
                .ip
                .iter()
                .map(|text| parse_net(text).ok_or_else(|| SelectError::Ip { text: text.clone() }));
            add(Test::Ip(nets.collect::<Result<_, _>>()?));
        }
        if !typed.agent.is_empty() {
            add(Test::Agent(typed.agent.to_vec()));
        }
        for text in typed.conditions {
            let condition = Condition::parse(text)
                .map_err(|error| SelectError::Condition { text: text.clone(), error })?;
            add(Test::Where(condition));
        }
        Ok(())
    }

    /// What must be asked of the server to decide.
    pub fn need(&self) -> Need {
        self.tests.iter().fold(Need::NOTHING, |need, (test, _)| need.and(test.need()))
    }

    /// Whether the session is one of those that are meant.
    pub fn keeps(&self, session: &Session<'_>) -> bool {
        (session.remains().is_none() || self.asks_for_remains())
            && self.tests.iter().all(|(test, negated)| test.holds(session) != *negated)
    }

    /// Whether what is left of sessions is meant, too: those that have expired, those that never end, or
    /// those of a list.
    fn asks_for_remains(&self) -> bool {
        let asks = |test: &Test| matches!(test, Test::Expired | Test::NoTtl | Test::Ids(_));
        self.tests.iter().any(|(test, negated)| asks(test) && !negated)
    }

    /// When a session's key may end for this filter to keep it still, by the clock that says `now`; `None`
    /// where it does not look at that.
    pub fn ends(&self, seen: Option<i64>, now: i64) -> Option<Ends> {
        let asks = |(test, _): &&(Test, bool)| matches!(test, Test::Ttl(_) | Test::NoTtl);
        let tests = self.tests.iter().filter(asks);
        tests.map(|(test, negated)| test.ends(*negated, seen, now)).reduce(Ends::and)
    }

    /// Whether nothing was said at all, not even `--all`.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty() && !self.all
    }

    /// Whether everything was asked for in so many words: `--all` and nothing that narrows it.
    pub fn wants_all(&self) -> bool {
        self.all && self.tests.is_empty()
    }

    /// The users that were named exactly; an index by user may serve them.
    pub fn users(&self) -> &[String] {
        let users = self.tests.iter().find_map(|(test, negated)| match test {
            Test::Users(users) if !negated => Some(&users[..]),
            _ => None,
        });
        users.unwrap_or_default()
    }

    /// The ids and keys that were named in a file, in no order.
    pub fn ids(&self) -> Option<impl ExactSizeIterator<Item = &[u8]>> {
        self.tests.iter().find_map(|(test, negated)| match test {
            Test::Ids(ids) if !negated => Some(ids.iter().map(|id| &id[..])),
            _ => None,
        })
    }

    /// One line for questions and reports, without ids and secrets.
    pub fn describe(&self) -> String {
        if self.tests.is_empty() {
            return "all sessions".to_string();
        }
        let tests = self.tests.iter().map(|(test, negated)| {
            let text = test.describe();
            if *negated { format!("not ({text})") } else { text }
        });
        tests.collect::<Vec<_>>().join(" and ")
    }
}

impl Test {
    fn need(&self) -> Need {
        match self {
            Test::Ids(_) => Need::NOTHING,
            Test::Ttl(_) | Test::NoTtl => Need::TTL,
            Test::Size(_) => Need::MEMORY,
            _ => Need::VALUE,
        }
    }

    /// The ends of keys for which this holds, or does not.
    fn ends(&self, negated: bool, seen: Option<i64>, now: i64) -> Ends {
        let any = Ends::any(seen);
        let Test::Ttl(expr) = self else {
            // Only those without an end, or only those with one.
            return if negated {
                Ends { never: false, ..any }
            } else {
                Ends { from: i64::MAX, until: i64::MIN, ..any }
            };
        };
        let at = |span: u64| now.saturating_add_unsigned(span);
        let (from, until) = expr.span(negated);
        Ends { seen, from: from.map_or(i64::MIN, at), until: until.map_or(i64::MAX, at), never: negated }
    }

    fn holds(&self, session: &Session<'_>) -> bool {
        let facts = &session.facts;
        let since = |time: Option<i64>| {
            // A clock that is ahead of ours has not made the session older than new.
            time.map(|time| session.now.saturating_sub(time).max(0) as u64)
        };
        match self {
            Test::Users(users) => {
                facts.user.as_deref().is_some_and(|own| users.iter().any(|user| user == own))
            }
            Test::UserMatch(globs) => facts
                .user
                .as_deref()
                .is_some_and(|own| globs.iter().any(|(_, glob)| glob.matches(own.as_bytes()))),
            Test::Authenticated => matches!(session.login(), Login::User(_)),
            Test::Anonymous => session.login() == Login::Nobody,
            Test::Ttl(expr) => session.ttl.millis().is_some_and(|ms| expr.holds(ms)),
            Test::NoTtl => session.ttl == Ttl::Never,
            Test::Idle(expr) => since(facts.seen).is_some_and(|ms| expr.holds(ms)),
            Test::Age(expr) => since(facts.created).is_some_and(|ms| expr.holds(ms)),
            Test::Size(expr) => session.memory.is_some_and(|bytes| expr.holds(bytes)),
            Test::Ip(nets) => facts
                .ip
                .as_deref()
                .and_then(parse_address)
                .is_some_and(|address| nets.iter().any(|net| net.contains(&address))),
            Test::Agent(parts) => facts.agent.as_deref().is_some_and(|agent| {
                let agent = agent.to_lowercase();
                parts.iter().any(|part| agent.contains(&part.to_lowercase()))
            }),
            Test::Where(condition) => {
                session.data.and_then(|data| data.value()).is_some_and(|value| condition.holds(value))
            }
            Test::Undecodable => session.undecodable(),
            Test::Expired => session.expired(),
            Test::Ids(ids) => ids.contains(session.id) || ids.contains(session.key),
        }
    }

    fn describe(&self) -> String {
        let any = |texts: &mut dyn Iterator<Item = Cow<'_, str>>| texts.collect::<Vec<_>>().join(" or ");
        match self {
            Test::Users(users) => format!("user is {}", any(&mut users.iter().map(|user| safe(user)))),
            Test::UserMatch(globs) => {
                format!("user is like {}", any(&mut globs.iter().map(|(text, _)| safe(text))))
            }
            Test::Authenticated => "authenticated".to_string(),
            Test::Anonymous => "anonymous".to_string(),
            Test::Ttl(expr) => format!("ttl {expr}"),
            Test::NoTtl => "without ttl".to_string(),
            Test::Idle(expr) => format!("idle {expr}"),
            Test::Age(expr) => format!("age {expr}"),
            Test::Size(expr) => format!("size {expr}"),
            Test::Ip(nets) => format!("ip in {}", any(&mut nets.iter().map(|net| net.to_string().into()))),
            Test::Agent(parts) => {
                format!("agent has {}", any(&mut parts.iter().map(|part| part.as_str().into())))
            }
            Test::Where(condition) => format!("where {condition}"),
            Test::Undecodable => "undecodable".to_string(),
            Test::Expired => "expired".to_string(),
            Test::Ids(ids) => format!("one of {} named ids", ids.len()),
        }
    }
}

/// An address as applications note it: alone, with a port, with a zone, or first of several that
/// proxies have added. IPv4 in IPv6 is IPv4.
pub fn parse_address(text: &str) -> Option<IpAddr> {
    let first = text.split(',').next().unwrap_or(text).trim();
    let parse = |text: &str| {
        let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
        address.ok().map(|address: IpAddr| address.to_canonical())
    };
    parse(first).or_else(|| parse(first.split_once('%')?.0))
}

fn parse_net(text: &str) -> Option<IpNet> {
    let text = text.trim();
    let net = text.parse::<IpNet>().ok().or_else(|| parse_address(text).map(IpNet::from))?;
    // `::ffff:192.0.2.0/120` means the IPv4 network, as addresses are compared in that form.
    match (net.addr().to_canonical(), net.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(length)) if net.addr().is_ipv6() => {
            IpNet::new(IpAddr::V4(address), length).ok()
        }
        _ => Some(net.trunc()),
    }
}

/// Ids and keys, a line each, or with NUL in between where there is one. Blank ones and repeats do
/// not count. `\xNN`, which `-o ids` writes for a line break within an id, also stands for the byte.
fn read_ids(file: &str) -> std::io::Result<HashSet<Box<[u8]>>> {
    let text = if file == "-" {
        read_at_most(std::io::stdin().lock(), IDS_LIMIT)?
    } else {
        read_at_most(std::fs::File::open(file)?, IDS_LIMIT)?
    };
    Ok(split_ids(&text))
}

/// Twenty million ids of 50 bytes; a device or a pipe may never end.
const IDS_LIMIT: u64 = 1 << 30;

fn read_at_most(source: impl std::io::Read, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    source.take(limit + 1).read_to_end(&mut text)?;
    if text.len() as u64 > limit {
        return Err(std::io::Error::other(format!("more than {limit} bytes; split the ids")));
    }
    Ok(text)
}

fn split_ids(text: &[u8]) -> HashSet<Box<[u8]>> {
    let mut ids = HashSet::new();
    if memchr::memchr(0, text).is_some() {
        ids.extend(text.split(|byte| *byte == 0).filter(|id| !id.is_empty()).map(Box::from));
        return ids;
    }
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            continue;
        }
        if let Some(plain) = unescape(line) {
            ids.insert(plain.into());
        }
        ids.insert(line.into());
    }
    ids
}

/// The bytes that `\xNN` stand for; `None` where there is none.
fn unescape(line: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(line, b"\\x")?;
    let hex = |digit: &u8| char::from(*digit).to_digit(16).map(|digit| digit as u8);
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'\\', b'x', high, low, ..] => hex(high).zip(hex(low)),
            _ => None,
        };
        if let Some((high, low)) = escaped {
            plain.push(high << 4 | low);
            rest = &rest[4..];
        } else {
            plain.push(*first);
            rest = tail;
        }
    }
    (plain != line).then_some(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::codec::{DecodeError, Limits};
    use crate::frameworks::node::connect_redis;
    use crate::layout::session::{Certainty, Facts, Unnamed};
    use crate::layout::{Decoded, Setup};
    use crate::store::Raw;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        select: SelectArgs,
    }

    const NOW: i64 = 1_795_550_653_671;

    fn filter(args: &[&str]) -> Result<Filter, SelectError> {
        let args = std::iter::once("test").chain(args.iter().copied());
        Cli::try_parse_from(args).unwrap().select.filter()
    }

    /// One of three sessions: a logged-in one, an anonymous one without TTL, an undecodable one.
    fn keeps(args: &[&str]) -> String {
        let setup = Setup::free(&connect_redis::LAYOUT);
        let filter = filter(args).unwrap();
        let json = |text: &'static str| Decoded {
            via: vec!["json"],
            value: Ok(Cow::Owned(
                (crate::codec::json::CODEC.decode)(text.as_bytes(), &Limits::default()).unwrap(),
            )),
        };
        let full = json(r#"{"passport":{"user":"alice"},"n":3}"#);
        let empty = json("{}");
        let failed = Decoded::failed("json", DecodeError::new("json", 3, "no"));
        let alice = Session {
            found: Vec::new(),
            setup: &setup,
            key: b"sess:one",
            id: b"one",
            certainty: Certainty::Sure,
            hash: false,
            raw: &Raw::Unread,
            facts: Facts {
                user: Some("alice".into()),
                created: Some(NOW - 86_400_000),
                seen: Some(NOW - 60_000),
                ends: Some(NOW - 1),
                ip: Some("::ffff:192.0.2.10".into()),
                ..Facts::default()
            },
            ttl: Ttl::In(1_800_000),
            memory: Some(412),
            data: Some(&full),
            now: NOW,
        };
        let nobody = Session {
            key: b"sess:two",
            id: b"two",
            facts: Facts { unnamed: Unnamed::Nobody, ..Facts::default() },
            ttl: Ttl::Never,
            memory: Some(70_000),
            data: Some(&empty),
            ..alice.clone()
        };
        let broken = Session {
            key: b"sess:three",
            id: b"three",
            facts: Facts::default(),
            ttl: Ttl::In(5),
            memory: None,
            data: Some(&failed),
            ..alice.clone()
        };
        let unknown = Session { id: b"four", facts: Facts::default(), ..nobody.clone() };
        // A part of it does not decode, and so it may be anybody's.
        let partly = Facts { broken: Some("a: no".into()), ..nobody.facts.clone() };
        let partly = Session { id: b"five", facts: partly, ..nobody.clone() };
        for (session, broken) in [(&unknown, false), (&partly, true)] {
            assert_eq!((session.login(), session.undecodable()), (Login::Unknown, broken));
            for (args, kept) in
                [("--anonymous", false), ("--authenticated", false), ("--undecodable", broken)]
            {
                assert_eq!(self::filter(&[args]).unwrap().keeps(session), kept, "{args}");
            }
        }
        let kept = [("a", &alice), ("n", &nobody), ("b", &broken)];
        kept.iter().filter(|(_, session)| filter.keeps(session)).map(|(name, _)| *name).collect()
    }

    #[test]
    fn filters() {
        let table: &[(&[&str], &str)] = &[
            (&[], "anb"),
            (&["--all"], "anb"),
            (&["--user", "alice"], "a"),
            (&["--user", "bob", "--user", "alice"], "a"),
            (&["--user", "Alice"], ""),
            (&["--user-match", "al*"], "a"),
            (&["--authenticated"], "a"),
            (&["--anonymous"], "n"),
            (&["--undecodable"], "b"),
            (&["--expired"], "a"),
            (&["--ttl", "<1h"], "ab"),
            (&["--ttl", "<1h", "--ttl", ">1s"], "a"),
            (&["--no-ttl"], "n"),
            (&["--idle", "<5m"], "a"),
            (&["--age", ">=1d"], "a"),
            (&["--size", ">64KiB"], "n"),
            (&["--ip", "192.0.2.0/24"], "a"),
            (&["--ip", "::ffff:192.0.2.0/120"], "a"),
            (&["--ip", "10.0.0.1", "--ip", "192.0.2.10"], "a"),
            (&["--ip", "10.0.0.0/8"], ""),
            (&["--where", "n > 2"], "a"),
            (&["--where", "n = null"], "n"),
            (&["--where", "n > 2", "--where", "n > 3"], ""),
            (&["--user", "alice", "--no-ttl"], ""),
            (&["--not-user", "alice"], "nb"),
            (&["--not-user", "alice", "--not-undecodable"], "n"),
            (&["--not", "user=alice"], "nb"),
            (&["--not", "--user=alice", "--not=undecodable"], "n"),
            (&["--not", "--no-ttl"], "ab"),
            (&["--not-age", ">1h"], "nb"),
            (&["--all", "--not-expired"], "nb"),
        ];
        for (args, kept) in table {
            assert_eq!(keeps(args), *kept, "{args:?}");
        }
    }

    #[test]
    fn every_negatable_filter_has_its_twin() {
        let command = <Cli as clap::CommandFactory>::command();
        let find = |name: &str| command.get_arguments().find(|arg| arg.get_long() == Some(name));
        for (name, takes) in NEGATABLE {
            let twin = find(&format!("not-{name}")).unwrap();
            assert!(twin.is_hide_set(), "{name}");
            assert_eq!(twin.get_action().takes_values(), *takes, "{name}");
            assert_eq!(find(name).unwrap().get_action().takes_values(), *takes, "{name}");
            let text = if *takes { format!("{name}=x") } else { (*name).to_string() };
            Negated::default().add(&text).unwrap();
        }
        let filters =
            command.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(clap::Arg::get_long);
        for name in filters.filter(|name| !["all", "not", "help"].contains(name)) {
            assert!(NEGATABLE.iter().any(|(known, _)| *known == name), "{name}");
        }
    }

    #[test]
    fn needs() {
        assert_eq!(filter(&[]).unwrap().need(), Need::NOTHING);
        assert_eq!(filter(&["--no-ttl"]).unwrap().need(), Need::TTL);
        assert_eq!(filter(&["--user", "a", "--size", ">1B"]).unwrap().need(), Need::VALUE.and(Need::MEMORY));
        assert_eq!(filter(&["--not-ttl", "<1m"]).unwrap().need(), Need::TTL);
    }

    #[test]
    fn empty_and_all() {
        assert!(filter(&[]).unwrap().is_empty());
        let all = filter(&["--all"]).unwrap();
        assert!(!all.is_empty() && all.wants_all());
        assert!(!filter(&["--all", "--user", "a"]).unwrap().wants_all());
        assert_eq!(filter(&["--user", "a", "--user", "b"]).unwrap().users(), ["a", "b"]);
        assert!(filter(&["--not-user", "a"]).unwrap().users().is_empty());
    }

    #[test]
    fn described() {
        let of = |args: &[&str]| filter(args).unwrap().describe();
        assert_eq!(of(&["--all"]), "all sessions");
        assert_eq!(
            of(&["--user", "a", "--user", "b\u{1b}", "--idle", ">7d", "--not-no-ttl", "--where", "csrf=x"]),
            "idle > 7d and user is a or b\\x1b and where csrf = … and not (without ttl)"
        );
    }

    #[test]
    fn errors() {
        let of = |args: &[&str]| filter(args).unwrap_err().to_string();
        assert_eq!(
            of(&["--ttl", "30"]),
            "--ttl '30': 30 has no unit; use ms, s, m, h, d or w (for example --ttl '<30m', '>=2d' or '> 1h 30m')"
        );
        assert_eq!(
            of(&["--where", "x"]),
            "--where 'x': no operator in it; use = != < <= > >= ~ or !~ (for example --where 'passport.user = alice')"
        );
        assert!(of(&["--ip", "300.1.1.1"]).starts_with("--ip '300.1.1.1': not an address"));
        assert!(of(&["--not", "colour=red"]).contains("no such filter"));
        assert!(of(&["--not", "user"]).contains("needs a value"));
        assert!(of(&["--not", "expired=1"]).contains("takes no value"));
        assert!(of(&["--ids-from", "/nowhere/ids"]).starts_with("--ids-from /nowhere/ids: "));
    }

    #[test]
    fn a_list_of_ids_without_an_end_is_refused() {
        assert_eq!(read_at_most(&b"abcd"[..], 4).expect("it fits"), b"abcd");
        let error = read_at_most(std::io::repeat(0), 4).expect_err("it never ends");
        assert!(error.to_string().contains("more than 4 bytes"), "{error}");
    }

    #[test]
    fn ids() {
        let sorted = |text: &[u8]| {
            let mut ids: Vec<Vec<u8>> = split_ids(text).into_iter().map(|id| id.to_vec()).collect();
            ids.sort();
            ids
        };
        assert_eq!(sorted(b"b\r\na\n\n  \na\nsess:c"), [&b"a"[..], b"b", b"sess:c"]);
        assert_eq!(sorted(b"a\nb\0c\0\0"), [&b"a\nb"[..], b"c"]);
        assert_eq!(sorted(b"a\\x0ab"), [&b"a\nb"[..], b"a\\x0ab"]);
        assert_eq!(sorted(b"a\\xzz"), [&b"a\\xzz"[..]]);
        assert!(sorted(b"").is_empty());
    }

    #[test]
    fn addresses() {
        for text in ["192.0.2.1", "192.0.2.1:80", "::ffff:192.0.2.1", "192.0.2.1, 10.0.0.1", " 192.0.2.1 "] {
            assert_eq!(parse_address(text).unwrap().to_string(), "192.0.2.1", "{text}");
        }
        assert_eq!(parse_address("[2001:db8::1]:443").unwrap().to_string(), "2001:db8::1");
        assert_eq!(parse_address("fe80::1%eth0").unwrap().to_string(), "fe80::1");
        assert_eq!(parse_address("unknown"), None);
        assert_eq!(parse_net("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
    }
}
