//! What is known of a change before any store is opened, and what is refused then.

use std::collections::BTreeSet;

use super::{Change, Chosen, left};
use crate::change::plan::file;
use crate::context::Context;
use crate::error::{Refusal, Usage};

/// How a change is to be carried out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intent {
    /// Nothing is changed: what would be is shown, or written down as a plan.
    pub(super) shows: bool,
    /// Someone is asked first.
    pub(super) asks: bool,
    /// All that matches has to be known before the first change.
    pub(super) whole: bool,
    /// At how many sessions it is refused.
    pub(super) max: Option<u64>,
}

impl Intent {
    pub(super) fn of(context: &Context, change: &Change<'_>) -> anyhow::Result<Intent> {
        let safety = change.safety;
        let shows = safety.dry_run || safety.plan.is_some();
        let asks = !shows && !safety.yes;
        if safety.index_only {
            index_alone(context, change)?;
        }
        for context in context.each().filter(|_| !shows) {
            context.permit_change()?;
            context.guards.permit(safety.yes, safety.expect)?;
        }
        if let Chosen::Left(parts) = &change.chosen
            && context.is_one_of_several()
        {
            let places: Vec<String> = context.each().map(|context| context.store.place()).collect();
            if let Some(part) = parts.iter().find(|part| !places.contains(&part.start.store)) {
                return Err(left::elsewhere(part, &places.join(", ")).into());
            }
        }
        if asks && !(context.ui.stdin_terminal && context.ui.stderr_terminal) {
            let what = format!(
                "{} asks before it changes anything, but there is no terminal to ask on",
                change.command
            );
            return Err(Refusal::new(what).hint("preview with --dry-run first, then pass --yes").into());
        }
        if matches!(change.chosen, Chosen::Filter) {
            context.each().try_for_each(Context::permit_scan)?;
        }
        if let Some(path) = &safety.plan {
            file::refuse_taken(path)?;
        }
        Ok(Intent {
            shows,
            asks,
            // What is going to end in one store has to be known before something ends in another.
            whole: asks
                || shows
                || safety.expect.is_some()
                || context.is_one_of_several()
                || context.guards.protects(),
            max: match safety.max {
                Some(max) => max.limit(),
                None => context.max,
            },
        })
    }
}

/// Refuses to ask indexes alone where there are none to ask: that nothing was found there would be
/// taken for there being nothing.
fn index_alone(context: &Context, change: &Change<'_>) -> Result<(), Usage> {
    if !matches!(change.chosen, Chosen::Filter) || change.filter.users().is_empty() {
        return Err(Usage::new("--index-only reads users' indexes, but no --user was given"));
    }
    let setups = || context.each().flat_map(|context| &context.setups);
    if setups().all(|setup| setup.layout.ends.user_index.is_none()) {
        let names: BTreeSet<&str> = setups().map(|setup| setup.layout.name).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Usage::new(format!("{names} keeps no user index for --index-only to read"))
            .hint("leave it out; the scan finds the user's sessions"));
    }
    Ok(())
}
