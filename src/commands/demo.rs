//! `sessctl demo`: a private server with sample sessions, to try everything on.

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use crate::context::Context;
use crate::demo::DemoServer;
use crate::error::Usage;
use crate::exit::Exit;
use crate::ui;

/// Start a private server with sample sessions of several frameworks
///
/// The server listens on a Unix socket in a temporary directory and stops when this command does. A
/// command after `--` is run against the demo store; when it is done, the server is gone, and so are the
/// undo files of what it changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl demo
  sessctl demo -- list
  sessctl demo -- purge --user alice --dry-run
  sessctl demo --db 5 -- clear --layout laravel --dry-run")]
pub struct Args {
    /// The demo's database to run the command against; `sessctl demo` says what is in each
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..16))]
    pub db: u32,

    /// A sessctl command to run against the demo store
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if args.command.first().is_some_and(|command| command == "demo") {
        let what = "a demo inside the demo would only wait for Ctrl-C";
        return Err(Usage::new(what).hint("put another command after `--`, or none").into());
    }
    let server = DemoServer::start()?;
    if !args.command.is_empty() {
        return run_once(&server, args);
    }
    let mut out = context.ui.out();
    let store = server.store(args.db);
    writeln!(out, "A demo server is running. In another terminal:\n")?;
    writeln!(out, "  export SESSCTL_STORE='{store}'")?;
    writeln!(out, "  export XDG_STATE_HOME='{}'", server.state().display())?;
    for (command, what) in [
        ("sessctl list", "who is logged in"),
        ("sessctl discover", "what is on this server"),
        ("sessctl count --by user", "sessions of each user"),
        ("sessctl inspect ljgYOsli", "one session, by the beginning of its id"),
        ("sessctl purge --user alice --dry-run", "what logging alice out would do"),
        ("sessctl purge --user alice", "log alice out everywhere"),
        ("sessctl layouts connect-redis", "what is known about a framework"),
    ] {
        writeln!(out, "  {command:<38} # {what}")?;
    }
    writeln!(out, "\nOther databases hold applications of their own:\n")?;
    for (database, names) in DemoServer::databases().skip(1) {
        writeln!(out, "  # {}\n  sessctl --store '{}' list", names.join(", "), server.store(database))?;
    }
    writeln!(out, "\nCtrl-C ends it.")?;
    out.flush()?;
    while !ui::interrupted() {
        std::thread::sleep(Duration::from_millis(100));
    }
    if context.ui.stdout_terminal {
        // The terminal has shown the keys that ended it, and left the line open.
        writeln!(out)?;
        out.flush()?;
    }
    Ok(Exit::Done)
}

/// Runs one command against the demo store; its exit code is ours. What it writes down of changes goes
/// with the store, and the user's own profiles have no say.
fn run_once(server: &DemoServer, args: &Args) -> anyhow::Result<Exit> {
    let program = std::env::current_exe().context("finding this program")?;
    let status = Command::new(program)
        .args(&args.command)
        .env("SESSCTL_STORE", server.store(args.db))
        .env("XDG_STATE_HOME", server.state())
        .env("XDG_CONFIG_HOME", server.state())
        .env_remove("SESSCTL_CONFIG")
        .env_remove("SESSCTL_PROFILE")
        .env_remove("REDISCLI_AUTH")
        .status()
        .context("running the command")?;
    Ok(Exit::from_code(status.code().unwrap_or(1)))
}
