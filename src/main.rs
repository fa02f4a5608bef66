//! The program: read the command line, run, and turn the result into an exit status.

use std::borrow::Cow;
use std::io::Write as _;
use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap_complete::CompleteEnv;
use sessctl::cli::rewrite_not;
use sessctl::commands::Cli;
use sessctl::commands::completions::complete;
use sessctl::commands::help::{advice, shown};
use sessctl::exit::Exit;
use sessctl::text::glyph;
use sessctl::ui::{self, Color, Ui};
use sessctl::{commands, error};

/// As much as a main thread usually has.
const STACK: usize = 8 << 20;

/// Signals go to the main thread, which does nothing but wait. In the one that works, Ctrl-C would end
/// the wait for a server's answer as an error: what has a timeout is not begun again by itself.
fn main() -> ExitCode {
    ui::survive_full_files();
    ui::leave_no_core();
    match thread::Builder::new().stack_size(STACK).spawn(run) {
        Ok(work) => work.join().unwrap_or_else(|panic| resume_unwind(panic)),
        Err(_) => run(),
    }
}

fn run() -> ExitCode {
    CompleteEnv::with_factory(complete::live).var(complete::VARIABLE).complete();
    let args = match rewrite_not(std::env::args_os()) {
        Ok(args) => args,
        Err(usage) => return error::report(&usage.into(), Ui::new(Color::Auto, false).color_err).into(),
    };
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        // Only what is shown has to be dressed for it.
        Err(plain) => {
            return told(shown::command().try_get_matches_from(&args).err().unwrap_or(plain)).into();
        }
    };
    let color = Ui::new(cli.global.output.color, false).color_err;
    commands::run(&cli).unwrap_or_else(|error| error::report(&error, color)).into()
}

/// Whether the command line, which is none that could be read, asks for no colours.
fn uncolored() -> bool {
    let args: Vec<_> = std::env::args_os().collect();
    args.iter().any(|arg| arg == "--color=never")
        || args.windows(2).any(|pair| pair[0] == "--color" && pair[1] == "never")
}

/// Prints what came instead of a command line: a mistake, the help or the version.
fn told(error: clap::Error) -> Exit {
    if error.kind() == ErrorKind::MissingSubcommand {
        let above = match error.get(ContextKind::InvalidSubcommand) {
            Some(ContextValue::String(name)) => name.as_str(),
            _ => "",
        };
        let topic = above.split_whitespace().skip(1).map(str::to_string).collect::<Vec<_>>();
        if let Ok(help) = commands::help::short(&topic) {
            // A closed pipe is no reason to complain, here and below.
            let _ = std::io::stderr().lock().write_all(help.as_bytes());
            return Exit::Usage;
        }
    }
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
    let error = advice::improve(error);
    let plain = error.render().to_string();
    let _ = match glyph::own(&plain) {
        Cow::Borrowed(_) if !uncolored() => error.print(),
        Cow::Borrowed(text) if error.use_stderr() => std::io::stderr().lock().write_all(text.as_bytes()),
        Cow::Borrowed(text) => std::io::stdout().lock().write_all(text.as_bytes()),
        // A terminal without these characters is given no colours either.
        Cow::Owned(text) if error.use_stderr() => std::io::stderr().lock().write_all(text.as_bytes()),
        Cow::Owned(text) => std::io::stdout().lock().write_all(text.as_bytes()),
    };
    exit
}
