//! `sessctl completions`: what a shell needs to complete the command line.

use std::io::Write as _;

use anyhow::Context as _;
use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::error::Usage;
use crate::exit::Exit;

pub mod complete;

/// Print a completion script for a shell
///
/// It completes commands, options, layouts, columns and codecs. With --dynamic the shell asks the
/// program each time, so profiles, runs and your own layouts are completed, too; print that script again
/// after each upgrade.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  For this bash session:
    source <(sessctl completions bash)
  Permanently, with profiles and runs:
    echo 'source <(sessctl completions bash --dynamic)' >> ~/.bashrc
  Permanently, in fish:
    sessctl completions fish > ~/.config/fish/completions/sessctl.fish
  Permanently, in zsh, in a directory in $fpath:
    sessctl completions zsh > ~/.zfunc/_sessctl")]
pub struct Args {
    /// The shell
    pub shell: Shell,

    /// Let the shell ask the program for the values
    #[arg(long)]
    pub dynamic: bool,
}

pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    if args.dynamic {
        let name = args.shell.to_string();
        let shells = Shells::builtins();
        let shell = shells.completer(&name).ok_or_else(|| {
            Usage::new(format!("{name} completions cannot be dynamic; leave out --dynamic"))
        })?;
        shell
            .write_registration(complete::VARIABLE, "sessctl", "sessctl", "sessctl", &mut script)
            .context("making the script")?;
    } else {
        clap_complete::generate(args.shell, &mut complete::fixed(), "sessctl", &mut script);
    }
    std::io::stdout().lock().write_all(&script)?;
    Ok(Exit::Done)
}
