//! `sessctl man`: the manual pages.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_mangen::Man;

use super::help;
use crate::commands::Cli;
use crate::commands::help::shown;
use crate::exit::Exit;

/// Show the manual
///
/// On a terminal man(1) shows it, where installed; otherwise the page's source is printed, for `man -l
/// -`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Read it, or a command's page:
    sessctl man
    sessctl man purge
  Write the pages, one for sessctl and one for each command:
    sessctl man --dir /usr/local/share/man/man1")]
pub struct Args {
    /// The command whose page to show
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    pub topic: Vec<String>,

    /// Write one page for each command into this directory
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

pub fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.dir {
        None => {
            let page = if args.topic.is_empty() { page(whole())? } else { page(one(&args.topic)?)? };
            if std::io::stdout().is_terminal() && paged(&page) {
                return Ok(Exit::Done);
            }
            std::io::stdout().lock().write_all(&page)?;
        }
        Some(dir) => {
            std::fs::create_dir_all(dir)
                .with_context(|| format!("making the directory {}", dir.display()))?;
            write(dir, "sessctl", page(whole())?)?;
            let command = shown::command();
            for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
                let name = sub.get_name().to_string();
                write(dir, &format!("sessctl-{name}"), page(one(&[name])?)?)?;
            }
        }
    }
    Ok(Exit::Done)
}

/// The program with the options that all commands share.
fn whole() -> clap::Command {
    Cli::command().override_usage("sessctl [OPTIONS] <COMMAND>")
}

/// A command with its own options.
fn one(topic: &[String]) -> anyhow::Result<clap::Command> {
    let sub = help::command(topic)?;
    let name = format!("sessctl-{}", topic.join("-"));
    Ok(sub.name(name.clone()).display_name(name))
}

/// Shows the page by man(1); false where that cannot be had.
fn paged(page: &[u8]) -> bool {
    let Ok(mut man) = Command::new("man").args(["-l", "-"]).stdin(Stdio::piped()).spawn() else {
        return false;
    };
    // Anyone who leaves the pager early has read enough.
    let _ = man.stdin.take().map(|mut stdin| stdin.write_all(page));
    man.wait().is_ok_and(|status| status.success())
}

fn page(command: clap::Command) -> anyhow::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).manual("sessctl").render(&mut page)?;
    Ok(page)
}

fn write(dir: &Path, name: &str, page: Vec<u8>) -> anyhow::Result<()> {
    let path = dir.join(format!("{name}.1"));
    std::fs::write(&path, page).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let dir = tempfile::tempdir().expect("a directory");
        run(&Args { topic: Vec::new(), dir: Some(dir.path().to_path_buf()) }).expect("written");
        let main = std::fs::read_to_string(dir.path().join("sessctl.1")).expect("a page");
        assert!(main.contains("rediss://"));
        for sub in Cli::command().get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let page = dir.path().join(format!("sessctl-{}.1", sub.get_name()));
            assert!(std::fs::read_to_string(page).is_ok_and(|page| page.contains("Examples")));
        }
    }
}
