//! `sessctl clear`: end all sessions of a layout.

use super::change::{self, Change, Chosen, Moment, Safety};
use super::runs;
use crate::context::Context;
use crate::error::Usage;
use crate::exit::Exit;
use crate::select::Filter;
use crate::store::Source as _;
use crate::store::redis::RedisStore;

/// End all sessions of a layout, and touch nothing else
///
/// It is what people flush a whole database for. Here every session is recognised and ended as by
/// `purge --all`; caches, queues and sessions of other frameworks in the same database stay.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl clear --layout connect-redis --dry-run
  sessctl clear --layout connect-redis --prefix 'myapp:' --max none")]
pub struct Args {
    #[command(flatten)]
    pub safety: Safety,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if !context.named {
        return Err(Usage::new("clear was not told of which layout to end the sessions")
            .hint("name the layout with --layout or in the profile; `sessctl discover` shows which there are")
            .into());
    }
    let filter = Filter::default();
    let left = args.safety.resume.as_deref().map(runs::find).transpose()?;
    let beside = |store: &mut RedisStore, moment: Moment| {
        let size = store.size()?;
        Ok(match moment {
            // Before the change the sessions are still among the keys.
            Moment::Question(found) => {
                format!("  {:9} about {} other keys of this database\n", "stay", size.saturating_sub(found))
            }
            Moment::DryRun(found) => {
                let others = size.saturating_sub(found);
                format!("note: about {others} other keys are in this database; they would stay")
            }
            Moment::Report => format!("note: about {size} other keys are in this database; they stay"),
        })
    };
    change::run(
        context,
        &Change {
            command: "clear",
            verb: "end",
            past: "Ended",
            chosen: left.as_ref().map_or(Chosen::Filter, |left| Chosen::Left(&left.path)),
            filter: &filter,
            safety: &args.safety,
            entry: &|session| Ok(change::ended(session)),
            beside: Some(&beside),
        },
    )
}
