//! The commands, and the one place that chooses among them.
//!
//! To add one: write `commands/NAME.rs` with an `Args` and `pub fn run`, declare it here, and add a
//! variant and an arm. The order of the variants is the order of the help.

use std::io::Write as _;

use crate::cli::{Form, GlobalArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::fault::Usage;
use crate::render::Format;
use crate::ui;

pub mod acl;
pub mod apply;
pub mod change;
pub mod clear;
pub mod completions;
pub mod config;
pub mod cookie;
pub mod count;
pub mod decode;
pub mod demo;
pub mod discover;
pub mod doctor;
pub mod expire;
pub mod help;
pub mod inspect;
mod kept;
pub mod layouts;
pub mod list;
pub mod man;
pub mod measured;
mod others;
pub mod page;
pub mod purge;
pub mod report;
mod rights;
pub mod runs;
pub mod scans;
pub mod stats;
pub mod undo;
pub mod watch;

const EXAMPLES: &str = "\
Examples:
  See who is logged in on the Redis server of this machine:
    sessctl list
  Count the sessions of each user on another server:
    sessctl --store rediss://admin@cache.example:6380/2 count --by user
  Look at one session, by the beginning of its id:
    sessctl inspect 3xyuXKIB
  See what logging alice out everywhere would remove, then do it:
    sessctl purge --user alice --dry-run
    sessctl purge --user alice";

/// List, inspect, count and end web sessions in Redis and Valkey
///
/// sessctl knows how web frameworks keep their sessions: which keys are sessions, whose they are, when
/// they end, and what else a framework removes when it ends one.
#[derive(Debug, clap::Parser)]
#[command(
    name = "sessctl",
    version,
    after_help = EXAMPLES,
    disable_help_subcommand = true,
    subcommand_required = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    #[command(alias = "ls")]
    List(list::Args),
    #[command(aliases = ["show", "get", "describe"])]
    Inspect(inspect::Args),
    Count(count::Args),
    #[command(aliases = ["rm", "delete", "kill", "revoke"])]
    Purge(purge::Args),
    #[command(hide = true)]
    Logout(purge::LogoutArgs),
    Expire(expire::Args),
    Clear(clear::Args),
    Apply(apply::Args),
    Undo(undo::Args),
    Runs(runs::Args),
    Discover(discover::Args),
    Stats(stats::Args),
    Doctor(doctor::Args),
    #[command(name = "report")]
    Page(page::Args),
    Watch(watch::Args),
    Layouts(layouts::Args),
    Decode(decode::Args),
    Cookie(cookie::Args),
    Acl(acl::Args),
    Config(config::Args),
    Demo(demo::Args),
    Completions(completions::Args),
    Man(man::Args),
    Help(help::Args),
    /// Print the version
    #[command(hide = true, after_help = "Examples:\n  sessctl version")]
    Version,
}

/// Runs the command. Those that need neither server nor profile run without a context, so that a
/// broken configuration file does not keep anyone from reading the manual.
pub fn run(cli: &Cli) -> anyhow::Result<Exit> {
    let global = &cli.global;
    let context = || Context::new(global);
    let toml = global.output.format == Some(Form::Toml);
    if toml && !layouts::describes(&cli.command) {
        let what = "only `sessctl layouts NAME` can print TOML";
        return Err(Usage::new(what).hint("for rows, use json, ndjson, yaml or csv").into());
    }
    if global.output.format == Some(Form::Rows(Format::Parquet)) {
        list::permit_parquet(&cli.command)?;
    }
    let ran = match &cli.command {
        Command::List(args) => list::run(&context()?, args),
        Command::Count(args) => count::run(&context()?, args),
        Command::Inspect(args) => inspect::run(&context()?, args),
        Command::Purge(args) => purge::run(&context()?, args),
        Command::Logout(args) => purge::log_out(&context()?, args),
        Command::Expire(args) => expire::run(&context()?, args),
        Command::Clear(args) => clear::run(&context()?, args),
        Command::Apply(args) => apply::run(&context()?, args),
        Command::Undo(args) => undo::run(&context()?, args),
        Command::Runs(args) => runs::run(&context()?, args),
        Command::Discover(args) => discover::run(&context()?, args),
        Command::Stats(args) => stats::run(&context()?, args),
        Command::Doctor(args) => doctor::run(&context()?, args),
        Command::Page(args) => page::run(&context()?, args),
        Command::Watch(args) => watch::run(&context()?, args),
        Command::Layouts(args) => layouts::run(&context()?, args, toml),
        Command::Decode(args) => decode::run(&context()?, args),
        Command::Cookie(args) => cookie::run(&context()?, args),
        Command::Acl(args) => acl::run(&context()?, args),
        Command::Demo(args) => {
            ui::watch_signals();
            demo::run(&context()?, args)
        }
        Command::Config(args) => config::run(global, args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        Command::Help(args) => help::run(args),
        Command::Version => {
            writeln!(std::io::stdout().lock(), "sessctl {}", env!("CARGO_PKG_VERSION"))?;
            Ok(Exit::Done)
        }
    };
    ran.map_err(|error| rights::named(error, cli.command.changes()))
}

impl Command {
    /// Whether it changes a store.
    fn changes(&self) -> bool {
        use Command::{Apply, Clear, Expire, Logout, Purge, Undo};
        matches!(self, Purge(_) | Logout(_) | Expire(_) | Clear(_) | Apply(_) | Undo(_))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_first_help_lines_are_imperative_and_have_no_full_stop() {
        for command in Cli::command().get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.ends_with('.'), "{}: {about}", command.get_name());
            assert!(command.get_after_help().is_some(), "{} shows no examples", command.get_name());
        }
    }
}
