//! `sessctl apply`: do exactly what a plan says.

use std::path::PathBuf;
use std::time::Duration;

use super::change::{self, Change, Chosen, Here, Made, Safety};
use super::expire;
use crate::change::plan;
use crate::change::plan::file::{self, End};
use crate::context::Context;
use crate::detect;
use crate::error::Usage;
use crate::exit::Exit;
use crate::layout::Setup;
use crate::layout::session::Session;
use crate::scan;
use crate::select::Filter;
use crate::store::Need;
use crate::text::units::duration;

/// Carry out a plan, where the sessions are still as they were
///
/// A plan is what `--plan FILE` wrote. Sessions that have changed since are left alone; those that have
/// ended are counted. A plan for other stores than those named, an edited plan and an old one are refused.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl purge --anonymous --idle '>7d' --plan cleanup.plan
  sessctl apply cleanup.plan --dry-run
  sessctl apply cleanup.plan --yes")]
pub struct Args {
    /// The plan
    pub file: PathBuf,

    /// Carry it out although it was edited after it was written
    #[arg(long)]
    pub allow_edited: bool,

    /// Refuse a plan older than this
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = duration)]
    pub max_age: Duration,

    #[command(flatten)]
    pub safety: Safety,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if args.safety.plan.is_some() || args.safety.resume.is_some() {
        return Err(Usage::new(
            "apply carries out a plan; --plan and --resume belong to purge, expire and clear",
        )
        .into());
    }
    let plan = file::read(&args.file)?;
    let places: Vec<String> = context.each().map(|context| context.store.place()).collect();
    file::check(&plan, &places, scan::now_ms(), args.max_age.as_millis() as u64, args.allow_edited)?;
    let made = |session: &Session<'_>, end: End| {
        let end = match end {
            End::Now => return change::ended(session),
            End::At(at) => Some(at),
            End::Never => None,
        };
        plan::expiry(session, end).map_or_else(Made::Cannot, Made::Step)
    };
    let parts: Vec<_> =
        context.each().zip(&places).map(|(context, place)| (context, plan.of(place))).collect();
    let entry = |here: &mut Here<'_>, session: &Session<'_>| {
        let part = parts.iter().find(|(context, _)| std::ptr::eq(*context, here.context));
        let steps = part.and_then(|(_, part)| *part).map(|part| &part.steps);
        let Some(planned) = steps.and_then(|steps| steps.get(&plan.header.name(session.key))) else {
            return Ok(Made::Fits);
        };
        // Which of two layouts it was told by what is beside it, and that may be something else by now.
        let was = |setup: &&Setup| {
            setup.layout.name == planned.layout && setup.layout.is_like(session.setup.layout)
        };
        Ok(match here.context.setups.iter().find(was) {
            Some(setup) => detect::under(setup, session, |session| made(session, planned.end)),
            None => made(session, planned.end),
        })
    };
    let mut steps = plan.parts.iter().flat_map(|part| part.steps.values());
    let moves = steps.any(|planned| planned.end != End::Now);
    let (verb, past) = if moves { (expire::VERB, expire::PAST) } else { ("end", "Ended") };
    let filter = Filter::default();
    change::run(
        context,
        &Change {
            command: "apply",
            verb,
            past,
            chosen: Chosen::Plan(&plan),
            filter: &filter,
            safety: &args.safety,
            entry: &entry,
            need: Need::TTL,
            in_one_pass: false,
            beside: None,
        },
    )
}
