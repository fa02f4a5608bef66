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
/// It knows commands, options, layouts, columns and codecs. With --dynamic it asks the program each
/// time, and so completes profiles, runs and layouts of your own, too; print that one anew with each
/// version of the program.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  For this session of bash:
    source <(sessctl completions bash)
  For good, with profiles and runs:
    echo 'source <(sessctl completions bash --dynamic)' >> ~/.bashrc
  For good, in fish:
    sessctl completions fish > ~/.config/fish/completions/sessctl.fish
  For good, in zsh, in a directory that is in $fpath:
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
        let shell = shells
            .completer(&name)
            .ok_or_else(|| Usage::new(format!("{name} cannot ask the program; leave out --dynamic")))?;
        shell
            .write_registration(complete::VARIABLE, "sessctl", "sessctl", "sessctl", &mut script)
            .context("making the script")?;
    } else {
        clap_complete::generate(args.shell, &mut complete::fixed(), "sessctl", &mut script);
    }
    std::io::stdout().lock().write_all(&script)?;
    Ok(Exit::Done)
}
