//! The command line: the options that every command shares, and `--not`.
//!
//! What belongs to one command stands in that command's file.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::fault::{Usage, nearest};
use crate::render::Format;
use crate::select::{FILTERS, filters};
use crate::text::units::timeout;
use crate::ui::Color;

/// The options of every command.
#[derive(Debug, Default, Args)]
pub struct GlobalArgs {
    #[command(flatten)]
    pub target: TargetArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

/// Where the sessions are.
#[derive(Debug, Default, Args)]
#[expect(rustdoc::broken_intra_doc_links, reason = "brackets of a synopsis, which the help prints")]
#[command(next_help_heading = "Where the sessions are")]
pub struct TargetArgs {
    /// Use this store; repeat for several [default: redis://127.0.0.1:6379/0]
    ///
    /// redis://[USER[:PASSWORD]@]HOST[:PORT][/DB], the same with rediss:// for TLS, or
    /// unix:///PATH?db=N for a socket; valkey:// and valkeys:// mean the same. A password in it is never
    /// printed, but like any command line it can be read by every user of this machine while the command
    /// runs (/proc/PID/cmdline): prefer --password-file or --password-command.
    ///
    /// A cluster is redis-cluster://HOST[:PORT],HOST2 (some of its nodes), and the primary that sentinels watch
    /// over redis-sentinel://[USER[:PASSWORD]@]HOST[:26379],HOST2/SERVICE[/DB]; rediss-cluster:// and
    /// rediss-sentinel:// with TLS.
    ///
    /// ?via=snapshot after any of them (&via=snapshot after ?db=N) reads a copy that the server sends as it would to
    /// a replica: the server forks once, and no key is requested. The copy cannot be changed. This needs the rights
    /// +psync and +replconf; of a cluster each primary sends its own.
    ///
    /// A dump file is PATH.rdb or rdb:PATH (.gz and .zst too), or rdb:- for standard input; an
    /// append-only file is aof:DIR or aof:FILE; append ?db=N for a database other than 0. They are read,
    /// never changed.
    ///
    /// A database is sqlite:PATH, postgres://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE, or as
    /// frameworks write it (postgresql+psycopg://, mysql2://, ?host=/SOCKET). PGPASSWORD, ~/.pgpass and
    /// MYSQL_PWD are honoured.
    ///
    /// Repeat it to ask several stores as one (in a profile: `stores`, a list of addresses or of other
    /// profiles): rows say where they are, and a change is one run that is undone as one.
    #[arg(long, global = true, value_name = "URL", env = "SESSCTL_STORE", hide_env_values = true)]
    pub store: Vec<String>,

    /// Read profiles from this file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "SESSCTL_CONFIG",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub config: Option<PathBuf>,

    /// Use this profile of the configuration file
    #[arg(long, global = true, value_name = "NAME", env = "SESSCTL_PROFILE", hide_env_values = true)]
    pub profile: Option<String>,

    /// Judge expiry and age as of this time, for a dump file [default: when it was made]
    ///
    /// RFC 3339, `2026-12-24 18:00` in UTC, or @SECONDS since 1970. What has expired by then is left out.
    #[arg(long, global = true, value_name = "TIME", value_parser = instant, hide_short_help = true)]
    pub now: Option<i64>,

    /// Consider sessions of this layout only; may be repeated
    #[arg(long, global = true, value_name = "NAME")]
    pub layout: Vec<String>,

    /// What session keys begin with, if not the layout's default
    ///
    /// Taken literally: `*` and `?` are ordinary characters.
    #[arg(long, global = true, value_name = "TEXT", allow_hyphen_values = true)]
    pub prefix: Option<String>,

    /// Find the user of a session at this path of its data; may be repeated
    ///
    /// For stores in which the application decides where to keep its user: auth.user.id, or
    /// jwt:id_token.sub for a claim of a token. Also the option `user_path` of a profile.
    #[arg(long, global = true, value_name = "PATH")]
    pub user_path: Vec<String>,

    /// Consider only keys that match this Redis glob
    #[arg(long = "match", global = true, value_name = "GLOB", allow_hyphen_values = true)]
    pub matching: Option<String>,

    /// Read the password from the first line of this file; REDISCLI_AUTH works too
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// Read the password from the first line this command prints
    ///
    /// The shell runs it, once, before the first connection.
    #[arg(long, global = true, value_name = "CMD", conflicts_with = "password_file")]
    pub password_command: Option<String>,

    /// Read the sentinels' own password from the first line of this file
    ///
    /// For redis-sentinel://, if it differs from that of the servers. Also ?sentinel_user= and
    /// sentinel_pass= in the store.
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub sentinel_password_file: Option<PathBuf>,

    /// Trust these CA certificates (PEM) instead of the system's
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub cacert: Option<PathBuf>,

    /// Present this client certificate (PEM) to the server
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub cert: Option<PathBuf>,

    /// Use this private key (PEM) for the client certificate
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub key: Option<PathBuf>,

    /// Ask for the certificate of this name, and check it against that, not the HOST of the store
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub sni: Option<String>,

    /// Do not check the server's certificate: anyone on the network path can read and alter everything
    #[arg(long, global = true, hide_short_help = true)]
    pub insecure: bool,

    /// Read only this node of a cluster or behind sentinels; changes are refused then
    ///
    /// HOST:PORT. One node of a cluster never has all sessions; sessctl says so and exits with code 3.
    #[arg(long, global = true, value_name = "ADDR", hide_short_help = true)]
    pub node: Option<String>,

    /// Which servers of a cluster or behind sentinels to read from; changes are refused then
    ///
    /// A replica lags a little behind its primary. If none is up, its primary is read.
    #[arg(long, global = true, value_name = "WHICH", value_enum, hide_short_help = true)]
    pub read_from: Option<ReadFrom>,

    /// Give up connecting after this time [default: 5s]
    #[arg(long, global = true, value_name = "TIME", value_parser = timeout, hide_short_help = true)]
    pub connect_timeout: Option<Duration>,

    /// Give up waiting for a reply after this time [default: 30s]
    #[arg(long, global = true, value_name = "TIME", value_parser = timeout, hide_short_help = true)]
    pub timeout: Option<Duration>,
}

/// Which servers answer where nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReadFrom {
    /// The primaries, which have all that was written
    Primary,
    /// Replicas, which spares the primaries
    Replica,
    /// Whichever of them answers most quickly
    Nearest,
}

/// How things are shown.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Output format [default: table]
    #[arg(short = 'o', long = "output", global = true, value_name = "FORM", value_enum)]
    pub format: Option<Form>,

    /// Print each row by a template, such as '{id} {user} {ttl}'
    ///
    /// A name in braces is replaced by that member of the row, written as in CSV ({user}, {bytes}, {expires_at}), or by
    /// that column, written as in the table ({ttl}, {seen}). \t is a tab, \n a line break, {{ a literal brace.
    /// Control characters in values are escaped.
    #[arg(
        long = "format",
        global = true,
        value_name = "TEMPLATE",
        conflicts_with = "format",
        hide_short_help = true
    )]
    pub template: Option<String>,

    /// End each id or row of --format with NUL instead of a line break, for `xargs -0`
    #[arg(short = '0', long = "null", global = true, hide_short_help = true)]
    pub nul: bool,

    /// Leave out the header line of tables and CSV
    #[arg(long, global = true, hide_short_help = true)]
    pub no_headers: bool,

    /// How to show times in tables and cards, instead of what is usual in each place
    #[arg(long, global = true, value_name = "HOW", value_enum, hide_short_help = true)]
    pub times: Option<Times>,

    /// Use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, hide_short_help = true)]
    pub color: Color,

    /// Do not show long tables through a pager
    ///
    /// On a terminal, a table that is longer than the screen goes through $SESSCTL_PAGER, $PAGER or less. An empty
    /// SESSCTL_PAGER, or cat, turns that off, too.
    #[arg(long, global = true, hide_short_help = true)]
    pub no_pager: bool,

    /// Shorten ids in every output format
    #[arg(long, global = true, conflicts_with = "reveal")]
    pub mask: bool,

    /// Show ids and secrets in full, even in tables
    #[arg(long, global = true)]
    pub reveal: bool,

    /// Print no notes and no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say more: which profile, server and layouts are used, and what was read
    #[arg(short, long, global = true, conflicts_with = "quiet", hide_short_help = true)]
    pub verbose: bool,
}

/// How times are shown to people. Data have them in UTC whatever is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Times {
    /// Relative to now: 5m ago, in 2h
    Relative,
    /// As date and time in UTC
    Utc,
    /// As date and time in this machine's time zone
    Local,
}

/// What `-o` takes: a form of rows, a table that is as wide as it gets, or a layout's description, which
/// has no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Rows(Format),
    Wide,
    Toml,
}

impl ValueEnum for Form {
    fn value_variants<'a>() -> &'a [Form] {
        &[
            Form::Rows(Format::Table),
            Form::Wide,
            Form::Rows(Format::Json),
            Form::Rows(Format::Ndjson),
            Form::Rows(Format::Yaml),
            Form::Rows(Format::Csv),
            Form::Rows(Format::Ids),
            Form::Rows(Format::Parquet),
            Form::Toml,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Form::Rows(format) => format.to_possible_value(),
            Form::Wide => {
                let about = "A table with more columns in which nothing is cut";
                Some(PossibleValue::new("wide").help(about))
            }
            Form::Toml => {
                let about = "A description for the configuration file; with `layouts NAME` only";
                Some(PossibleValue::new("toml").help(about))
            }
        }
    }
}

/// Rewrites `--not FILTER` into the filter's negated twin, `--not-FILTER`: a parser would not know
/// that the one flag changes the next. `--not --user alice`, `--not user=alice` and `--not anonymous`
/// all work.
pub fn rewrite_not(args: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>, Usage> {
    let mut args = args.into_iter();
    let mut out = Vec::new();
    while let Some(arg) = args.next() {
        let inline = arg.to_str().and_then(|text| text.strip_prefix("--not=")).map(OsString::from);
        if arg == "--" {
            out.push(arg);
            out.extend(args);
            break;
        }
        if arg != "--not" && inline.is_none() {
            out.push(arg);
            continue;
        }
        let filter = inline.or_else(|| args.next()).ok_or_else(missing)?;
        let (name, value) = split_filter(&filter).ok_or_else(missing)?;
        match filters::by_name(&name) {
            Some(spec) if spec.value.is_some() => {
                let value = value.or_else(|| args.next());
                let value = value
                    .ok_or_else(|| Usage::new(format!("the filter `{name}` after --not needs a value")))?;
                let mut twin = OsString::from(format!("--not-{name}="));
                twin.push(value);
                out.push(twin);
            }
            Some(_) if value.is_none() => out.push(format!("--not-{name}").into()),
            _ => {
                let usage = Usage::new(format!("`{name}` cannot be negated with --not"));
                return Err(match nearest(&name, FILTERS.iter().map(|spec| spec.name)) {
                    Some(near) => usage.hint(format!("did you mean `--not --{near}`?")),
                    None => usage.hint("such as --not --user alice, or --not anonymous"),
                });
            }
        }
    }
    Ok(out)
}

fn missing() -> Usage {
    Usage::new("--not needs a filter after it").hint("such as --not --user alice, or --not anonymous")
}

/// A filter's name and, where it is joined to it, its value: `--user=alice`, `user=alice`, `ttl<30m`.
fn split_filter(filter: &OsStr) -> Option<(String, Option<OsString>)> {
    // A value that is not UTF-8 cannot be that of any filter.
    let text = filter.to_str()?;
    let text = text.strip_prefix("--").unwrap_or(text);
    let end = text.find(|char: char| !char.is_ascii_alphabetic() && char != '-').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let value = match rest.strip_prefix('=') {
        Some(value) => Some(value.into()),
        None if rest.is_empty() => None,
        None => Some(rest.into()),
    };
    Some((name.to_string(), value))
}

/// The last moment that has a form to be written in.
const LATEST: i64 = 253_402_300_799_999;

/// A time on the command line, in milliseconds since 1970.
pub fn instant(text: &str) -> Result<i64, String> {
    const FORMS: &str =
        "give it as 2026-12-24T18:00:00+01:00, as '2026-12-24 18:00' in UTC, or as @1798135200";
    if let Some(seconds) = text.strip_prefix('@') {
        let seconds: f64 = seconds.parse().map_err(|_| FORMS.to_string())?;
        let at = seconds * 1000.0;
        return if at.is_finite() && at.abs() < LATEST as f64 {
            Ok(at as i64)
        } else {
            Err(FORMS.to_string())
        };
    }
    crate::layout::time::iso(text).ok_or_else(|| FORMS.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_each_form() {
        let at = 1_798_135_200_000;
        for text in [
            "2026-12-24T18:00:00Z",
            "2026-12-24T19:00:00+01:00",
            "2026-12-24 18:00",
            "2026-12-24 18:00:00",
            "2026-12-24T18:00Z",
            "@1798135200",
            "@1798135200.0",
        ] {
            assert_eq!(instant(text), Ok(at), "{text}");
        }
        for text in ["", "soon", "2026-12-24", "18:00", "@", "@soon", "@1e300", "1798135200"] {
            assert!(instant(text).is_err(), "{text}");
        }
    }

    fn rewritten(args: &[&str]) -> Result<Vec<String>, String> {
        rewrite_not(args.iter().map(OsString::from))
            .map(|args| args.into_iter().map(|arg| arg.into_string().expect("UTF-8")).collect())
            .map_err(|usage| format!("{} {}", usage.what, usage.hint.unwrap_or_default()))
    }

    #[test]
    fn not_negates_the_filter_behind_it() {
        let cases: &[(&[&str], &[&str])] = &[
            (&["list", "--user", "a"], &["list", "--user", "a"]),
            (&["--not", "--user", "alice"], &["--not-user=alice"]),
            (&["--not", "--user=alice", "--all"], &["--not-user=alice", "--all"]),
            (&["--not", "user=alice"], &["--not-user=alice"]),
            (&["--not=user=alice"], &["--not-user=alice"]),
            (&["--not", "user", "alice"], &["--not-user=alice"]),
            (&["--not", "anonymous", "x"], &["--not-anonymous", "x"]),
            (&["--not", "--no-ttl"], &["--not-no-ttl"]),
            (&["--not", "--ttl", "<30m"], &["--not-ttl=<30m"]),
            (&["--not", "ttl<30m"], &["--not-ttl=<30m"]),
            (&["--not", "--where", "a.b = -1"], &["--not-where=a.b = -1"]),
            (&["--not", "--user", "-x"], &["--not-user=-x"]),
            (&["--", "--not", "x"], &["--", "--not", "x"]),
            (&["--not", "anonymous", "--not", "ip=::1"], &["--not-anonymous", "--not-ip=::1"]),
        ];
        for (args, expected) in cases {
            let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
            assert_eq!(rewritten(args), Ok(expected), "{args:?}");
        }
    }

    #[test]
    fn not_without_a_filter_is_a_mistake() {
        for (args, expected) in [
            (&["--not"][..], "needs a filter"),
            (&["--not", "--user"], "needs a value"),
            (&["--not", "--usr", "a"], "did you mean `--not --user`?"),
            (&["--not", "--all"], "cannot be negated"),
            (&["--not", "anonymous=yes"], "cannot be negated"),
        ] {
            let error = rewritten(args).expect_err("a mistake");
            assert!(error.contains(expected), "{args:?}: {error}");
        }
    }
}
