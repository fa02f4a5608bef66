//! The commands, and the one place that chooses among them.
//!
//! To add one: write `commands/NAME.rs` with an `Args` and `pub fn run`, declare it here, and add a
//! variant and an arm. The order of the variants is the order of the help.

use std::io::Write as _;

use crate::cli::{Cli, Form};
use crate::context::Context;
use crate::exit::Exit;
use crate::ui;

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
pub mod expire;
pub mod help;
pub mod inspect;
pub mod layouts;
pub mod list;
pub mod man;
mod others;
pub mod purge;
pub mod report;
pub mod runs;
pub mod undo;

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
    Layouts(layouts::Args),
    Decode(decode::Args),
    Cookie(cookie::Args),
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
/// broken configuration file does not keep anybody from reading the manual.
pub fn run(cli: &Cli) -> anyhow::Result<Exit> {
    let context = || Context::new(cli);
    match &cli.command {
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
        Command::Layouts(args) => layouts::run(&context()?, args, cli.output.format == Some(Form::Toml)),
        Command::Decode(args) => decode::run(&context()?, args),
        Command::Cookie(args) => cookie::run(&context()?, args),
        Command::Demo(args) => {
            ui::watch_signals();
            demo::run(&context()?, args)
        }
        Command::Config(args) => config::run(cli, args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        Command::Help(args) => help::run(args),
        Command::Version => {
            writeln!(std::io::stdout().lock(), "sessctl {}", env!("CARGO_PKG_VERSION"))?;
            Ok(Exit::Done)
        }
    }
}
