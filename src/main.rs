//! The program: read the command line, run, and turn the result into an exit status.

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread;

use clap::Parser as _;
use sessctl::cli::{Cli, rewrite_not};
use sessctl::exit::Exit;
use sessctl::ui::{self, Color, Ui};
use sessctl::{commands, error};

/// As much as a main thread usually has.
const STACK: usize = 8 << 20;

/// Signals go to the main thread, which does nothing but wait. In the one that works, Ctrl-C would end
/// the wait for a server's answer as an error: what has a timeout is not begun again by itself.
fn main() -> ExitCode {
    ui::survive_full_files();
    match thread::Builder::new().stack_size(STACK).spawn(run) {
        Ok(work) => work.join().unwrap_or_else(|panic| resume_unwind(panic)),
        Err(_) => run(),
    }
}

fn run() -> ExitCode {
    let args = match rewrite_not(std::env::args_os()) {
        Ok(args) => args,
        Err(usage) => return error::report(&usage.into(), Ui::new(Color::Auto, false).color_err).into(),
    };
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version come this way too; a closed pipe is no reason to complain.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    let color = Ui::new(cli.output.color, false).color_err;
    commands::run(&cli).unwrap_or_else(|error| error::report(&error, color)).into()
}
