//! `sessctl purge`: end sessions as their framework would.

use crate::commands::change::{self, Change, Chosen, Safety};
use crate::commands::runs;
use crate::context::Context;
use crate::error::Usage;
use crate::exit::Exit;
use crate::plan;
use crate::select::SelectArgs;

/// End sessions: the key, its index entries, its companions
///
/// Sessions are chosen by filters or named one by one. Each is recognised by its value before it is
/// ended, and left alone if it changes in between; every other key on the server stays as it is.
/// `sessctl undo` puts back what a run removed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Log alice out everywhere, after a look at what would happen:
    sessctl purge --user alice --dry-run
    sessctl purge --user alice
  End one session by its id, key or the beginning that `list` shows:
    sessctl purge 3xyuXKIB
  In a script: anonymous sessions that were idle for a day, at most 50000 of them:
    sessctl purge --anonymous --idle '>1d' --max 50000 --yes -o json")]
pub struct Args {
    /// Ids or keys, or unambiguous beginnings of them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    #[command(flatten)]
    pub select: SelectArgs,

    #[command(flatten)]
    pub safety: Safety,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let filter = args.select.filter()?;
    let left = args.safety.resume.as_deref().map(runs::find).transpose()?;
    let chosen = match &left {
        Some(_) if !args.ids.is_empty() || !filter.is_empty() => {
            return Err(Usage::new(
                "--resume goes on with what the run matched, and takes no ids or filters",
            )
            .into());
        }
        Some(left) => Chosen::Left(&left.path),
        None if !args.ids.is_empty() => Chosen::Ids(&args.ids),
        None if filter.is_empty() => {
            return Err(Usage::new("purge was told neither which sessions to end nor --all")
                .hint("name ids, or choose by a filter such as --user alice; --all means every session")
                .into());
        }
        None => Chosen::Filter,
    };
    change::run(
        context,
        &Change {
            command: "purge",
            verb: "end",
            past: "Ended",
            chosen,
            filter: &filter,
            safety: &args.safety,
            entry: &|session| Ok(plan::entry(session)),
            beside: None,
        },
    )
}
