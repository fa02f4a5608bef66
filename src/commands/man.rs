//! `sessctl man`: the manual pages.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::cli::Cli;
use crate::exit::Exit;

/// Print the manual page
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Read it:
    sessctl man | man -l -
  Write a page for sessctl and one for each command:
    sessctl man --dir /usr/local/share/man/man1")]
pub struct Args {
    /// Write one page for each command into this directory
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut command = Cli::command();
    match &args.dir {
        None => std::io::stdout().lock().write_all(&page(command)?)?,
        Some(dir) => {
            std::fs::create_dir_all(dir)
                .with_context(|| format!("making the directory {}", dir.display()))?;
            // Lets the pages of commands show the options that all share.
            command.build();
            write(dir, "sessctl", page(command.clone())?)?;
            for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
                let name = format!("sessctl-{}", sub.get_name());
                let sub = sub.clone().name(name.clone()).display_name(name.clone());
                write(dir, &name, page(sub)?)?;
            }
        }
    }
    Ok(Exit::Done)
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
        run(&Args { dir: Some(dir.path().to_path_buf()) }).expect("written");
        let main = std::fs::read_to_string(dir.path().join("sessctl.1")).expect("a page");
        assert!(main.contains("rediss://"));
        for sub in Cli::command().get_subcommands() {
            let page = dir.path().join(format!("sessctl-{}.1", sub.get_name()));
            assert!(std::fs::read_to_string(page).is_ok_and(|page| page.contains("Examples")));
        }
    }
}
