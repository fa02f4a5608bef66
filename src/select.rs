//! Which sessions: the filters that every command for many sessions shares.
//!
//! [`FILTERS`] is the table of them, [`SelectArgs`] what was typed, [`Filter`] what is meant. Filters are
//! and-ed, repeated ones too; only the values of a repeated `--user`, `--user-match`, `--ip` or `--agent`
//! are or-ed. Each has a hidden twin `--not-…`, which is its plain logical negation: a session of unknown
//! age is not matched by `--age`, so it is matched by `--not --age`.

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};

use crate::exit::{Advice, Exit};
use crate::layout::session::Session;
use crate::store::{Ends, Need};

pub mod address;
pub mod condition;
pub mod expr;
pub mod filters;
mod ids;
pub mod near;

pub use address::parse_address;
pub use filters::FILTERS;

use crate::text::units::{Quantity, UnitError};
use condition::ConditionError;
use filters::{FilterSpec, Role, Test};

/// The filters as they are typed.
#[derive(Debug, Clone, Default)]
pub struct SelectArgs {
    given: Vec<Given>,
    /// What followed `--not=`, where the command line was not rewritten before.
    not: Vec<String>,
    all: bool,
}

/// A filter with all the values that were given to it.
#[derive(Debug, Clone)]
struct Given {
    spec: &'static FilterSpec,
    values: Vec<String>,
    negated: bool,
}

const HEADING: &str = "Which sessions";

impl clap::Args for SelectArgs {
    fn augment_args(command: Command) -> Command {
        let command = FILTERS.iter().fold(command, |command, spec| command.arg(option(spec)));
        let command = command.arg(
            Arg::new("all")
                .long("all")
                .help_heading(HEADING)
                .help("Every session")
                .action(ArgAction::SetTrue),
        );
        let command = command.arg(
            Arg::new("not")
                .long("not")
                .help_heading(HEADING)
                .value_name("FILTER")
                .allow_hyphen_values(true)
                .action(ArgAction::Append)
                .help("Negate the filter that follows: --not --user alice, --not expired")
                .long_help(
                    "Negate the filter that follows: --not --user alice, --not expired\n\nThis is the plain \
                     opposite: a session whose age is unknown does not match --age, so it does match --not \
                     --age.",
                ),
        );
        FILTERS.iter().fold(command, |command, spec| command.arg(twin(spec)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The option of a filter.
fn option(spec: &'static FilterSpec) -> Arg {
    let arg = plain(Arg::new(spec.name).long(spec.name), spec).help_heading(HEADING).help(spec.help);
    let arg = if let Some(short) = spec.short { arg.short(short) } else { arg };
    if spec.more.is_empty() { arg } else { arg.long_help(format!("{}\n\n{}", spec.help, spec.more)) }
}

/// The option that `--not FILTER` is rewritten to.
fn twin(spec: &'static FilterSpec) -> Arg {
    let name = twin_name(spec);
    plain(Arg::new(name.clone()).long(name), spec).hide(true)
}

fn twin_name(spec: &FilterSpec) -> String {
    format!("not-{}", spec.name)
}

fn plain(arg: Arg, spec: &'static FilterSpec) -> Arg {
    match spec.value {
        Some(value) => arg.value_name(value).allow_hyphen_values(spec.hyphens).action(ArgAction::Append),
        None => arg.action(ArgAction::SetTrue),
    }
}

impl FromArgMatches for SelectArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut args = SelectArgs::default();
        args.update_from_arg_matches(matches)?;
        Ok(args)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let values = |id: &str| -> Vec<String> {
            matches.get_many::<String>(id).into_iter().flatten().cloned().collect()
        };
        self.given.clear();
        self.all = matches.get_flag("all");
        self.not = values("not");
        for (spec, negated) in FILTERS.iter().flat_map(|spec| [(spec, false), (spec, true)]) {
            let id = if negated { twin_name(spec) } else { spec.name.to_string() };
            let (given, values) = match spec.value {
                Some(_) => (matches.contains_id(&id), values(&id)),
                None => (matches.get_flag(&id), Vec::new()),
            };
            if given {
                self.given.push(Given { spec, values, negated });
            }
        }
        Ok(())
    }
}

/// What is wrong with a filter; a usage error.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    #[error("--{option} '{text}': {error} (for example --{option} {})", expr::example(*.quantity))]
    Expr { option: &'static str, text: String, quantity: Quantity, error: UnitError },
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
        // A file that cannot be read is not a mistake in the command line.
        if matches!(self, SelectError::Ids { .. }) { Exit::Failed } else { Exit::Usage }
    }

    fn hint(&self) -> Option<String> {
        None
    }
}

/// Which sessions are meant: all that pass every test.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    tests: Vec<Asked>,
    all: bool,
}

#[derive(Debug, Clone)]
struct Asked {
    test: Test,
    need: Need,
    negated: bool,
}

impl SelectArgs {
    /// What these options mean where they are typed: `--no-ttl`, `--idle=>1d`.
    pub fn typed<T: AsRef<str>>(options: impl IntoIterator<Item = T>) -> Result<SelectArgs, clap::Error> {
        let command = <SelectArgs as clap::Args>::augment_args(Command::new("select").no_binary_name(true));
        let options = options.into_iter().map(|option| option.as_ref().to_string());
        SelectArgs::from_arg_matches(&command.try_get_matches_from(options)?)
    }

    /// The sessions of exactly these users.
    pub fn of_users(users: &[String]) -> Result<SelectArgs, clap::Error> {
        SelectArgs::typed(users.iter().map(|user| format!("--user={user}")))
    }

    /// The same with this value, and no other, for a filter that takes one.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> SelectArgs {
        let mut args = self.clone();
        if let Some(spec) = filters::by_name(name) {
            args.given.retain(|given| given.spec.name != spec.name || given.negated);
            args.given.push(Given { spec, values: vec![value.to_string()], negated: false });
        }
        args
    }

    /// Whether this value was given to a filter.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.given.iter().any(|given| given.spec.name == name && given.values.iter().any(|one| one == value))
    }

    /// What the arguments mean. Reads the file of `--ids-from`.
    pub fn filter(&self) -> Result<Filter, SelectError> {
        let mut given = self.given.clone();
        for text in &self.not {
            given.push(negated(text)?);
        }
        // In the order of the table, what is negated last.
        let mut filter = Filter { tests: Vec::new(), all: self.all };
        for negated in [false, true] {
            for spec in FILTERS {
                let of_spec = |given: &&Given| given.spec.name == spec.name && given.negated == negated;
                let found: Vec<&Given> = given.iter().filter(of_spec).collect();
                let values: Vec<String> = found.iter().flat_map(|given| given.values.clone()).collect();
                let parts: Vec<&[String]> = match spec.value {
                    _ if found.is_empty() => Vec::new(),
                    Some(_) if !spec.any => values.chunks(1).collect(),
                    _ => vec![&values],
                };
                for values in parts {
                    let test = (spec.parse)(values)?;
                    filter.tests.push(Asked { test, need: spec.need, negated });
                }
            }
        }
        Ok(filter)
    }
}

/// Takes `user=alice`, `--user=alice`, `expired` or `--expired`.
fn negated(text: &str) -> Result<Given, SelectError> {
    let bare = text.trim_start_matches('-');
    let (name, value) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
    let spec = filters::by_name(name.trim()).ok_or_else(|| SelectError::Not { text: text.to_string() })?;
    match (spec.value, value) {
        (Some(_), None) => return Err(SelectError::NotValue { name: spec.name }),
        (None, Some(_)) => return Err(SelectError::NotNoValue { name: spec.name }),
        _ => {}
    }
    Ok(Given { spec, values: value.map(str::to_string).into_iter().collect(), negated: true })
}

impl Filter {
    /// What must be asked of the server to decide.
    pub fn need(&self) -> Need {
        self.tests.iter().fold(Need::NOTHING, |need, asked| need.and(asked.need))
    }

    /// Whether the session is one of those that are meant.
    pub fn keeps(&self, session: &Session<'_>) -> bool {
        (session.remains().is_none() || self.asks_for_remains())
            && self.tests.iter().all(|asked| asked.test.holds(session) != asked.negated)
    }

    /// The roles of the filters that are not negated.
    fn roles(&self) -> impl Iterator<Item = &Role> {
        self.tests.iter().filter(|asked| !asked.negated).map(|asked| &asked.test.role)
    }

    /// Whether what is left of sessions is meant, too: those that have expired, those that never end, or
    /// those of a list.
    fn asks_for_remains(&self) -> bool {
        self.roles().any(|role| matches!(role, Role::Remains | Role::NoTtl | Role::Ids(_)))
    }

    /// When a session's key may end for this filter to keep it still, by the clock that says `now`; `None`
    /// where it does not look at that.
    pub fn ends(&self, seen: Option<i64>, now: i64) -> Option<Ends> {
        let any = Ends::any(seen);
        let at = |span: u64| now.saturating_add_unsigned(span);
        let ends = self.tests.iter().filter_map(|asked| match &asked.test.role {
            Role::Ttl(expr) => {
                let (from, until) = expr.span(asked.negated);
                let (from, until) = (from.map_or(i64::MIN, at), until.map_or(i64::MAX, at));
                Some(Ends { seen, from, until, never: asked.negated })
            }
            // Only those with an end, or only those without one.
            Role::NoTtl if asked.negated => Some(Ends { never: false, ..any }),
            Role::NoTtl => Some(Ends { from: i64::MAX, until: i64::MIN, ..any }),
            _ => None,
        });
        ends.reduce(Ends::and)
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
        let users = self.roles().find_map(|role| match role {
            Role::Users(users) => Some(&users[..]),
            _ => None,
        });
        users.unwrap_or_default()
    }

    /// The ids and keys that were named in a file, in no order.
    pub fn ids(&self) -> Option<impl ExactSizeIterator<Item = &[u8]>> {
        self.roles().find_map(|role| match role {
            Role::Ids(ids) => Some(ids.iter().map(|id| &id[..])),
            _ => None,
        })
    }

    /// One line for questions and reports, without ids and secrets.
    pub fn describe(&self) -> String {
        if self.tests.is_empty() {
            return "all sessions".to_string();
        }
        let tests = self.tests.iter().map(|asked| {
            let says = &asked.test.says;
            if asked.negated { format!("not ({says})") } else { says.clone() }
        });
        tests.collect::<Vec<_>>().join(" and ")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::borrow::Cow;

    use clap::Parser as _;

    use super::*;
    use crate::codec::{DecodeError, Limits};
    use crate::frameworks::node::connect_redis;
    use crate::layout::session::{Certainty, Facts, Login, Unnamed};
    use crate::layout::{Decoded, Setup};
    use crate::store::{Raw, Ttl};

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
            ends: &[],
            memory: Some(412),
            exact_end: None,
            data: Some(&full),
            now: NOW,
        };
        let nobody = Session {
            key: b"sess:two",
            id: b"two",
            facts: Facts { unnamed: Unnamed::Nobody, ..Facts::default() },
            ttl: Ttl::Never,
            memory: Some(70_000),
            exact_end: None,
            data: Some(&empty),
            ..alice.clone()
        };
        let broken = Session {
            key: b"sess:three",
            id: b"three",
            facts: Facts::default(),
            ttl: Ttl::In(5),
            memory: None,
            exact_end: None,
            data: Some(&failed),
            ..alice.clone()
        };
        let unknown = Session { id: b"four", facts: Facts::default(), ..nobody.clone() };
        // A part of it does not decode, and so it may be anyone's.
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
        for spec in FILTERS {
            let twin = find(&twin_name(spec)).unwrap();
            assert!(twin.is_hide_set(), "{}", spec.name);
            for arg in [twin, find(spec.name).unwrap()] {
                assert_eq!(arg.get_action().takes_values(), spec.value.is_some(), "{}", spec.name);
            }
            let text = if spec.value.is_some() { format!("{}=x", spec.name) } else { spec.name.to_string() };
            assert!(negated(&text).unwrap().negated);
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
            "user is a or b\\x1b and idle > 7d and where csrf = … and not (without ttl)"
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
}
