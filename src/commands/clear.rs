//! `sessctl clear`: end all sessions of a layout.

use super::change::{self, Change, Chosen, Here, Made, Moment, Safety};
use super::runs;
use crate::context::Context;
use crate::error::Usage;
use crate::exit::Exit;
use crate::layout::session::Session;
use crate::select::Filter;
use crate::store::{self, Need, Store};
use crate::text::words::plural;

/// End all sessions of a layout, and touch nothing else
///
/// This is what people flush a whole database for. Here every session is recognised and ended as by
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
    // What a run left says itself whose sessions they are.
    if !context.named && args.safety.resume.is_none() {
        return Err(Usage::new("clear needs a layout")
            .hint("name the layout with --layout or in the profile; `sessctl discover` shows which ones are in use")
            .into());
    }
    let filter = Filter::default();
    let left = args.safety.resume.as_deref().map(runs::parts).transpose()?.unwrap_or_default();
    let entry = |here: &mut Here<'_>, session: &Session<'_>| {
        let made = change::ended(session);
        // Something else goes with it, such as its entry in an index.
        if matches!(&made, Made::Step(entry) if entry.step.then.iter().any(|op| op.key().is_some())) {
            here.noted += 1;
        }
        Ok(made)
    };
    let beside = |store: &mut dyn Store, more: u64, moment: Moment| {
        let size = match store.size() {
            Ok(Some(size)) => size,
            // It can be done without the number.
            Ok(None) | Err(store::Error::Denied { .. }) => return Ok(String::new()),
            Err(error) => return Err(error.into()),
        };
        // Before the change the sessions are still among the keys.
        let others = match moment {
            Moment::Question(found) | Moment::DryRun(found) => size.saturating_sub(found),
            Moment::Report => size,
        };
        let many = plural(others, "other key");
        let (are, they) = if others == 1 { ("is", "it") } else { ("are", "they") };
        let but = if more > 0 { ", but for what belongs to these sessions" } else { "" };
        Ok(match moment {
            Moment::Question(_) => format!("  {:9} about {many} of this database{but}\n", "stay"),
            Moment::DryRun(_) => {
                format!("note: about {many} {are} in this database; {they} would stay{but}")
            }
            Moment::Report if others == 1 => format!("note: about {many} is in this database; it stays"),
            Moment::Report => format!("note: about {many} are in this database; they stay"),
        })
    };
    change::run(
        context,
        &Change {
            command: "clear",
            verb: "end",
            past: "Ended",
            chosen: if left.is_empty() { Chosen::Filter } else { Chosen::Left(&left) },
            filter: &filter,
            safety: &args.safety,
            entry: &entry,
            need: Need::NOTHING,
            in_one_pass: false,
            beside: Some(&beside),
        },
    )
}
