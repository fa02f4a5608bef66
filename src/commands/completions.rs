//! `sessctl completions`: what a shell needs to complete the command line.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Exit;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  For this session of bash:
    source <(sessctl completions bash)
  For good, in fish:
    sessctl completions fish > ~/.config/fish/completions/sessctl.fish
  For good, in zsh, in a directory that is in $fpath:
    sessctl completions zsh > ~/.zfunc/_sessctl")]
pub struct Args {
    /// The shell
    pub shell: Shell,
}

pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sessctl", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(Exit::Done)
}
