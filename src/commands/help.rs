//! `sessctl help`: the help of a command, and topics that belong to none.

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::error::{Usage, did_you_mean};
use crate::exit::{self, Exit};

/// Explain a command, or list the exit codes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl help purge
  sessctl help exit-codes")]
pub struct Args {
    /// A command, or `exit-codes`
    pub topic: Option<String>,
}

pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut command = Cli::command();
    command.build();
    let text = match args.topic.as_deref() {
        None => command.render_long_help().to_string(),
        Some("exit-codes") => format!("Exit codes:\n{}", exit::table()),
        Some(name) => {
            let known: Vec<String> =
                command.get_subcommands().map(|sub| sub.get_name().to_string()).collect();
            let Some(sub) = command.find_subcommand_mut(name) else {
                let known = known.iter().map(String::as_str).chain(["exit-codes"]);
                return Err(Usage::new(format!("there is no help on `{name}`"))
                    .hint(did_you_mean(name, known))
                    .into());
            };
            sub.render_long_help().to_string()
        }
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}
