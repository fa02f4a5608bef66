//! `sessctl stats`: what the sessions are together.

use std::io::Write as _;

use super::measured::{self, MeasureArgs};
use crate::context::Context;
use crate::error::Usage;
use crate::exit::Exit;
use crate::render::{self, Format};

mod shown;

/// Measure the sessions: how many, whose, how large, how long they last
///
/// Without filters, all sessions are measured. Every value is read and decoded once; memory use stays
/// small however many there are, and estimates are marked as such.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl stats
  What anonymous sessions cost:
    sessctl stats --anonymous
  The effect of a shorter lifetime, before applying it:
    sessctl stats --if 'expire --cap 2h' --if 'purge --anonymous --idle >2h'
  What has changed since yesterday:
    sessctl stats --save monday.json
    sessctl stats --baseline monday.json
  A hundred million keys, from a hundredth of them:
    sessctl stats --sample 1%")]
pub struct Args {
    #[command(flatten)]
    pub measure: MeasureArgs,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if matches!(context.format, Format::Ids | Format::Template) {
        return Err(Usage::new("figures cannot be printed as ids or with --format")
            .hint("use table, json, ndjson or yaml; `sessctl list -o ids` prints the ids of sessions")
            .into());
    }
    if context.format == Format::Csv {
        return Err(Usage::new("figures of many kinds cannot be printed as csv")
            .hint("use json, ndjson or yaml; `sessctl count --by COLUMN -o csv` prints one kind of them")
            .into());
    }
    let filter = args.measure.select.filter()?;
    let (measured, exit) = measured::measure(context, &args.measure, &filter)?;
    let mut out = context.ui.out();
    match context.format {
        Format::Table => out.write_all(shown::screen(context, &measured, args.measure.top).as_bytes())?,
        format => out.write_all(&render::json::value(format, &measured::json(&measured)))?,
    }
    out.flush()?;
    Ok(exit)
}
