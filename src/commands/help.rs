//! `sessctl help`: the help of a command, and topics that belong to none.

use std::io::Write as _;

use crate::error::{Usage, did_you_mean};
use crate::exit::Exit;
use crate::text::glyph;
use crate::ui;

pub mod advice;
pub mod shown;

use shown::{TOPICS, Topic};

/// Explain a command or a topic
///
/// Topics are `connection` and `output`, about the options all commands share, `filters`, and
/// `exit-codes`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl help purge
  sessctl help runs show
  sessctl help connection
  sessctl help exit-codes")]
pub struct Args {
    /// A command, or `connection`, `output`, `filters`, `exit-codes`
    #[arg(value_name = "TOPIC")]
    pub topic: Vec<String>,
}

/// Where the last column of a table begins.
const HANG: usize = 19;

pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let text = match &args.topic[..] {
        [name] if Topic::by_name(name).is_some() => Topic::by_name(name).map(Topic::text).unwrap_or_default(),
        topic => command(topic)?.render_long_help().to_string(),
    };
    let text = match ui::columns() {
        // What clap has made fits already; a table of our own goes on under its last column.
        Some(width) => text.lines().map(|line| format!("{}\n", ui::wrap(line, width, HANG))).collect(),
        None => text,
    };
    std::io::stdout().lock().write_all(glyph::own(&text).as_bytes())?;
    Ok(Exit::Done)
}

/// The short help of a command, by its name and those of the commands above it.
pub fn short(topic: &[String]) -> Result<String, Usage> {
    Ok(glyph::own(&command(topic)?.render_help().to_string()).into_owned())
}

/// The command of this name, as it is shown.
pub(super) fn command(topic: &[String]) -> Result<clap::Command, Usage> {
    let mut command = shown::command();
    command.build();
    for (depth, name) in topic.iter().enumerate() {
        let Some(sub) = command.find_subcommand(name) else {
            let mut known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            if depth == 0 {
                known.extend(TOPICS.iter().map(|topic| topic.name));
            }
            let usage = Usage::new(format!("no help on `{}`", topic[..=depth].join(" ")));
            return Err(if known.is_empty() { usage } else { usage.hint(did_you_mean(name, known)) });
        };
        command = sub.clone();
    }
    Ok(command)
}
