//! `sessctl purge`: end sessions as their framework would.

use crate::commands::change::{self, Change, Safety};
use crate::commands::runs;
use crate::context::Context;
use crate::exit::Exit;
use crate::select::SelectArgs;
use crate::store::Need;

/// End sessions: the key, its index entries, its companions
///
/// Sessions are selected by filters or named one by one. Each is recognised by its value before it is
/// ended, and left alone if it changes in between; every other key on the server stays as it is. `sessctl
/// undo` puts back what a run removed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Log alice out everywhere, after previewing it:
    sessctl purge --user alice --dry-run
    sessctl purge --user alice
  End one session by its id, its key or the beginning that `list` shows:
    sessctl purge 3xyuXKIB
  In a script: anonymous sessions idle for a day, at most 50000 of them:
    sessctl purge --anonymous --idle '>1d' --max 50000 --yes -o json")]
pub struct Args {
    /// Ids or keys, or unambiguous beginnings of them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    #[command(flatten)]
    pub safety: Safety,

    #[command(flatten)]
    pub select: SelectArgs,
}

/// Log users out: end all of their sessions
///
/// The same as `sessctl purge --user USER`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl logout alice")]
pub struct LogoutArgs {
    /// The exact names of the users
    #[arg(value_name = "USER", required = true)]
    pub users: Vec<String>,

    #[command(flatten)]
    pub safety: Safety,
}

pub fn log_out(context: &Context, args: &LogoutArgs) -> anyhow::Result<Exit> {
    let select = SelectArgs::of_users(&args.users)?;
    end(context, &[], &select, &args.safety)
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    end(context, &args.ids, &args.select, &args.safety)
}

fn end(context: &Context, ids: &[String], select: &SelectArgs, safety: &Safety) -> anyhow::Result<Exit> {
    let filter = select.filter()?;
    let left = safety.resume.as_deref().map(runs::parts).transpose()?.unwrap_or_default();
    let chosen = change::chosen("no sessions selected", ids, &filter, &left)?;
    change::run(
        context,
        &Change {
            command: "purge",
            verb: "end",
            past: "Ended",
            chosen,
            filter: &filter,
            safety,
            entry: &|_, session| Ok(change::ended(session)),
            need: Need::NOTHING,
            in_one_pass: true,
            beside: None,
        },
    )
}
