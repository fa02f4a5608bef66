//! `sessctl config`: the configuration file.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::Context as _;

use super::discover;
use crate::cli::GlobalArgs;
use crate::config::{self, show};
use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::render::safe::safe;

/// Write, find, show or check the configuration file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Write profiles for what is on a server:
    sessctl --store redis://db1 config init
  Preview what would be written:
    sessctl --store redis://db1 config init --print
  Check that everything in it is right:
    sessctl config check")]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Look at the server and write a profile for each kind of session found
    ///
    /// The profiles are read-only until you remove `read_only`. An existing file is never overwritten.
    /// Passwords are not written; the file says where they can come from.
    Init {
        /// Print the file instead of writing it
        #[arg(long)]
        print: bool,

        /// Let the profiles change the server
        #[arg(long)]
        writable: bool,
    },
    /// Print where the file is or would be
    Path,
    /// Print the file with its secrets blanked
    Show,
    /// Check every profile; exit code 7 if one is wrong
    Check,
}

pub fn run(global: &GlobalArgs, args: &Args) -> anyhow::Result<Exit> {
    let file = global.target.config.as_deref().filter(|path| !path.as_os_str().is_empty());
    let mut out = io::stdout().lock();
    match &args.command {
        Command::Path => {
            let place = show::place(file)?;
            writeln!(out, "{}", place.display())?;
            if !place.exists() {
                let note = "no such file yet; `sessctl config init` writes one";
                crate::ui::Ui::new(global.output.color, global.output.quiet).status(note);
            }
            Ok(Exit::Done)
        }
        Command::Show => {
            present(file)?;
            out.write_all(safe_lines(&show::redacted(file)?).as_bytes())?;
            Ok(Exit::Done)
        }
        Command::Check => check(global, file),
        Command::Init { print, writable } => init(global, file, *print, *writable),
    }
}

fn safe_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", safe(line))).collect()
}

/// Says kindly that there is no file.
fn present(file: Option<&Path>) -> anyhow::Result<()> {
    let place = show::place(file)?;
    if place.exists() {
        return Ok(());
    }
    Err(Failure::new(format!("no configuration file {}", place.display()))
        .hint("`sessctl config init` writes one from what it finds on a server")
        .into())
}

/// Reads every profile as the commands do, and says what is wrong with each.
fn check(global: &GlobalArgs, file: Option<&Path>) -> anyhow::Result<Exit> {
    present(file)?;
    let names = show::names(file)?;
    // What is wrong outside of profiles is wrong for all of them.
    let first = config::load(file, None).err();
    let mut exit = Exit::Done;
    let mut out = io::stdout().lock();
    if names.is_empty() {
        if let Some(error) = first {
            return Err(error);
        }
        writeln!(out, "no profiles")?;
    }
    let mut said = Vec::new();
    for name in names {
        match Context::of_profile(global, &name) {
            Ok(context) => {
                let layouts: Vec<&str> = if context.named {
                    context.setups.iter().map(|setup| setup.layout.name).collect()
                } else {
                    vec!["any layout"]
                };
                let mode = if context.read_only { ", read-only" } else { "" };
                let place = context.store.place();
                writeln!(out, "{}: {place}, {}{mode}", safe(&name), layouts.join(" or "))?;
            }
            Err(error) => {
                exit = Exit::Found;
                out.flush()?;
                let error = error.context(format!("profile `{name}`"));
                said.push(format!("{:#}", error.root_cause()));
                crate::error::report(&error, false);
            }
        }
    }
    if let Some(error) = first
        && !said.contains(&format!("{:#}", error.root_cause()))
    {
        exit = Exit::Found;
        crate::error::report(&error, false);
    }
    Ok(exit)
}

fn init(global: &GlobalArgs, file: Option<&Path>, print: bool, writable: bool) -> anyhow::Result<Exit> {
    let place = show::place(file)?;
    if !print && place.symlink_metadata().is_ok() {
        return Err(Failure::new(format!("the configuration file {} already exists", place.display()))
            .hint("it is never overwritten; --print shows what would be written, and --config names another file")
            .into());
    }
    // A file that is yet to be written holds nothing to be read.
    let context = if place.exists() { Context::new(global)? } else { Context::without_file(global)? };
    let (profiles, interrupted) = discover::for_file(&context, writable)?;
    if interrupted {
        return Err(crate::error::Interrupted.into());
    }
    let Some((first, body)) = profiles else {
        return Err(Failure::new("no sessions found, so there is no profile to write")
            .hint("`sessctl discover` shows what is on the server; --store names another")
            .into());
    };
    let text = format!(
        "# Used when no --profile is given.\ndefault_profile = \"{first}\"\n\n\
         # A password belongs elsewhere: password_file = \"PATH\" in a profile, or REDISCLI_AUTH.\n\
         # Settings of a layout, such as cookie secrets: `sessctl layouts NAME`.\n\n{body}"
    );
    if print {
        io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(Exit::Done);
    }
    if let Some(dir) = place.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.with_context(|| format!("making the directory {}", dir.display()))?;
    }
    let about = || format!("writing the configuration file {}", place.display());
    let mut out =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place).with_context(about)?;
    out.write_all(text.as_bytes()).with_context(about)?;
    context.ui.status(format!("written: {}; `sessctl list` uses the profile {first} now", place.display()));
    Ok(Exit::Done)
}
