//! The command line as its help shows it: a command's own options, and a line on those that all share.
//!
//! Options that every command takes are explained on a page each, `sessctl help connection` and
//! `sessctl help output`, and the filters on `sessctl help filters`.

use clap::{Arg, Command, CommandFactory as _};

use crate::commands::Cli;
use crate::exit;

/// The heading of the filters, in every command that takes them.
const FILTERS: &str = "Which sessions";

/// A page of the help that belongs to no command.
#[derive(Debug)]
pub struct Topic {
    pub name: &'static str,
    pub about: &'static str,
    text: fn(&Topic) -> String,
    /// What the options of the page stand under in the commands.
    heading: &'static str,
    examples: &'static str,
}

pub const TOPICS: &[Topic] = &[
    Topic {
        name: "connection",
        about: "Where the sessions are: server, profiles, TLS",
        text: page,
        heading: "Where the sessions are",
        examples: "\
Every command takes these options, before or after its name. An option overrides its environment \
variable, which overrides the profile, which overrides the default.

Examples:
  A server on another machine, with TLS, an ACL user, and database 2:
    sessctl --store rediss://admin@cache.example:6380/2 list
  The password from a file or the environment. One in the URL works too, but anyone who can list this \
machine's processes can read it there:
    sessctl --store redis://admin@db1 --password-file ~/.redis-password list
    REDISCLI_AUTH=… sessctl --store redis://admin@db1 list
  A cluster by some of its nodes, and the primary that sentinels call shop:
    sessctl --store redis-cluster://db1:7000,db2:7000 list
    sessctl --store redis-sentinel://s1,s2,s3/shop list
  A profile from the configuration file; `sessctl config init` writes one from what it finds on a server:
    sessctl --profile shop list
  One framework only, under a prefix of your own:
    sessctl --layout connect-redis --prefix shop:sess: list",
    },
    Topic {
        name: "output",
        about: "How things are shown: tables, JSON, CSV, ids, colour",
        text: page,
        heading: "Output",
        examples: "\
Data goes to standard output; notes, questions, progress and errors go to standard error. Colour and \
progress are for terminals only; NO_COLOR in the environment turns colour off there, too.

An id is a credential. Tables show only the beginning of each id, and every command accepts that \
beginning; json, ndjson, csv, ids and --format carry it whole unless --mask is given or the profile says \
`mask = true`.

Examples:
  For a script, one line per session:
    sessctl list --columns id,user,ttl -o ndjson
    sessctl list --format '{user}\\t{ttl}\\t{id}'
  The ids of one user's sessions, and how to end them:
    sessctl list --user alice -o ids | sessctl purge --ids-from - --yes
  Ids that may contain line breaks:
    sessctl list -o ids -0 | xargs -0 -n1 sessctl inspect",
    },
    Topic {
        name: "filters",
        about: "Which sessions: by user, time, size, address, data",
        text: page,
        heading: FILTERS,
        examples: "\
Commands such as list, count, purge and expire take them. A session must pass all of them; a repeated \
--user, --user-match, --ip or --agent is met by any of its values. Commands that change something need a \
filter, ids or --all.

Examples:
  Idle for a week, service accounts excepted:
    sessctl list --idle '>7d' --not --user-match 'svc-*'
  Two users', from one network:
    sessctl list --user alice --user bob --ip 192.0.2.0/24 --agent iphone
  By what the session holds (see `sessctl inspect`):
    sessctl list --where 'cart.items.0.qty >= 2' --where 'locale = de'
  Large ones that nobody is logged in to:
    sessctl count --anonymous --size '>64KiB'",
    },
    Topic {
        name: "exit-codes",
        about: "What the program's exit codes mean",
        text: |_| format!("Exit codes:\n{}", exit::table()),
        heading: "",
        examples: "",
    },
];

impl Topic {
    pub fn by_name(name: &str) -> Option<&'static Topic> {
        TOPICS.iter().find(|topic| topic.name == name)
    }

    pub fn text(&self) -> String {
        (self.text)(self)
    }
}

/// The options under one heading, with examples.
fn page(topic: &Topic) -> String {
    let command = Cli::command();
    let here = |arg: &&Arg| arg.get_help_heading() == Some(topic.heading) && !arg.is_hide_set();
    let mut args: Vec<Arg> = command.get_arguments().filter(here).cloned().collect();
    if args.is_empty() {
        let list = command.get_subcommands().find(|sub| sub.get_name() == "list");
        args = list.into_iter().flat_map(Command::get_arguments).filter(here).cloned().collect();
    }
    let mut page = Command::new("sessctl")
        .disable_help_flag(true)
        .max_term_width(100)
        .help_template("{all-args}{after-help}\n")
        .args(args.into_iter().map(|arg| arg.global(false)))
        .after_help(topic.examples);
    page.render_long_help().to_string()
}

/// Where to read on about what all commands share.
fn shared(filters: bool) -> String {
    let filters =
        if filters { "\n  sessctl help filters      --user, --ttl, --idle, --where, --all, …" } else { "" };
    format!(
        "Options of every command:{filters}
  sessctl help connection   --store, --profile, --layout, --prefix, --match, …
  sessctl help output       -o FORM, --mask, --reveal, --quiet, --color, …"
    )
}

/// The command line, dressed for the help, the manual pages and what is said of a mistake.
pub fn command() -> Command {
    let command = Cli::command().mut_args(|arg| {
        let hidden = arg.is_hide_set() || arg.is_global_set();
        arg.hide(hidden)
    });
    let topics: String =
        TOPICS.iter().map(|topic| format!("\n  sessctl help {:<11}  {}", topic.name, topic.about)).collect();
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    command
        .override_usage("sessctl [OPTIONS] <COMMAND>")
        .after_help(format!(
            "{examples}\n\nMore:\n  sessctl help COMMAND      The options of a command, with examples{topics}"
        ))
        .mut_subcommands(|sub| dress(sub, "sessctl"))
}

/// One command and those below it.
fn dress(sub: Command, above: &str) -> Command {
    let name = format!("{above} {}", sub.get_name());
    let usage = sub.clone().bin_name(&name).render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_string();
    // The shared options are hidden, and taken all the same.
    let usage = if usage.contains("[OPTIONS]") {
        usage
    } else {
        usage.replacen(&name, &format!("{name} [OPTIONS]"), 1)
    };
    let is_filter = |arg: &Arg| arg.get_help_heading() == Some(FILTERS) && !arg.is_hide_set();
    let more = shared(sub.get_arguments().any(is_filter));
    let examples = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
    // In the short help filters are a line each; in the long one they would drown the rest.
    let mut sub = sub
        .override_usage(usage)
        .mut_args(|arg| if is_filter(&arg) { arg.hide_long_help(true) } else { arg });
    if above == "sessctl" {
        let gap = if examples.is_empty() { "" } else { "\n\n" };
        sub = sub.after_help(format!("{examples}{gap}{more}"));
    }
    sub.mut_subcommands(|below| dress(below, &name))
}
