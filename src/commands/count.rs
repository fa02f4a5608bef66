//! `sessctl count`: how many sessions.

use std::io::Write as _;
use std::ops::ControlFlow;

use serde_json::json;

use crate::commands::others::Others;
use crate::commands::scans::{Readers, Wanted};
use crate::context::Context;
use crate::exit::Exit;
use crate::fault::Usage;
use crate::layout::session::Session;
use crate::render::{self, Format};
use crate::render::{By, Groups};
use crate::scan::{Said, Sink, Tally, share};
use crate::select::SelectArgs;
use crate::select::near::Near;
use crate::store::{Need, Record};
use crate::ui;

/// Count sessions, in total or by user, layout, address, …
///
/// Without filters, every session is counted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl count
  sessctl count --anonymous
  Who has the most sessions:
    sessctl count --by user --limit 10
  When they end; about how many there are, from a hundredth of the keys:
    sessctl count --by ttl -o json
    sessctl count --sample 1%
  Make sure in a script that a pattern hits no session (exit code 7 if it does):
    sessctl count --match 'cache:*' --fail-if-any")]
pub struct Args {
    /// Count by a column: user, layout, ip, agent, ttl, age, idle, bytes, …
    #[arg(long, value_name = "COLUMN", help_heading = "Rows")]
    pub by: Option<String>,

    /// With --by: sort by `count` or by a column of --by; descending with `-` before it or `:desc`
    /// after it [default: -count]
    #[arg(long, value_name = "NAME", help_heading = "Rows", allow_hyphen_values = true, requires = "by")]
    pub sort: Option<String>,

    /// With --by: reverse the order
    #[arg(long, help_heading = "Rows", requires = "by")]
    pub reverse: bool,

    /// With --by: show at most this many rows
    #[arg(short = 'n', long, value_name = "N", help_heading = "Rows", requires = "by")]
    pub limit: Option<usize>,

    /// Exit with code 7 if there is any such session; for scripts
    #[arg(long, help_heading = "Rows")]
    pub fail_if_any: bool,

    /// Read only a random part of the keys and estimate the whole: 1%
    #[arg(long, value_name = "PERCENT", value_parser = share::percent, help_heading = "Rows",
        conflicts_with = "fail_if_any")]
    pub sample: Option<f64>,

    #[command(flatten)]
    pub select: SelectArgs,
}

struct Counting<'u> {
    groups: Option<Groups>,
    progress: ui::Progress<'u>,
    interrupted: bool,
    others: Others,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let filter = args.select.filter()?;
    let mut by = args.by.as_deref().map(By::parse).transpose()?;
    if let (Some(by), Some(sort)) = (&mut by, &args.sort) {
        by.sort(sort)?;
    }
    if let Some(by) = by.as_mut().filter(|_| args.reverse) {
        by.reverse();
    }
    let groups = by.map(|by| Groups::new(by, false));
    let groups = match (groups, &context.template) {
        (Some(groups), Some(template)) => Some(groups.shown_by(template)?),
        (None, Some(_)) => {
            return Err(Usage::new("--format is for rows, and a count is one number")
                .hint("add --by COLUMN, or leave it out")
                .into());
        }
        (groups, None) => groups,
    };
    let readers = Readers::open(context, &filter)?;
    let total = readers.total();
    let need = groups.as_ref().map_or(Need::NOTHING, Groups::need);
    let near = Near::new(&filter);
    let mut counting = Counting {
        groups,
        progress: context.ui.progress("scanning", total),
        interrupted: false,
        others: Others::default(),
    };
    let sample = args.sample.filter(|share| *share < 1.0);
    let mut scans = readers.scan_share(
        &Wanted::of(&filter, need, &|session| near.keeps(session)),
        sample,
        &mut counting,
    )?;
    let Counting { mut groups, progress, interrupted, others, .. } = counting;
    drop(progress);
    let kept = scans.tally.kept;
    // A number that stands for nothing seen would be taken for an empty store.
    if kept == 0
        && let Some(error) = scans.first_broken()
    {
        return Err(error);
    }
    let complete = scans.is_whole() && !interrupted;
    let (mut count, mut error) = (kept, None);
    if let Some(share) = sample {
        (count, error) = (share::whole(kept, share), Some(share::error(kept, share)));
        if let Some(groups) = &mut groups {
            groups.scale(|seen| share::whole(seen, share));
        }
    }
    let mut out = context.pages();
    if let Some(groups) = groups {
        groups.write(context.format, &context.look(), args.limit, &mut out)?;
        drop(out);
        if let Some(limit) = args.limit.filter(|limit| *limit < groups.len()) {
            context.ui.status(format!("{limit} of {} values shown", groups.len()));
        }
        if groups.others() > 0 {
            context.ui.status(format!("{} more values are counted as one", groups.others()));
        }
    } else {
        match context.format {
            Format::Csv if context.bare => writeln!(out, "{count}")?,
            Format::Csv => writeln!(out, "count\n{count}")?,
            Format::Json | Format::Ndjson | Format::Yaml => {
                let mut told = json!({ "count": count, "complete": complete });
                if let (Some(share), Some(error)) = (sample, error) {
                    told["sampled"] = json!({ "share": share, "keys": scans.tally.scanned });
                    told["error"] = error.into();
                }
                match context.format {
                    Format::Yaml => out.write_all(&render::json::value(context.format, &told))?,
                    _ => writeln!(out, "{told}")?,
                }
            }
            _ => writeln!(out, "{count}")?,
        }
        out.flush()?;
    }
    if let Some(error) = error {
        context.ui.note(format!(
            "estimated from {} % of the keys; 95 times out of 100 the number is right within {error}",
            (sample.unwrap_or(1.0) * 1e8).round() / 1e6
        ));
    }
    // Who names keys wants to know of all of them what they are.
    others.report(context, (context.matching.is_some() && sample.is_none()).then_some(scans.tally.sessions));
    context.ui.detail(format!("{} scanned", crate::text::words::plural(scans.tally.scanned, "key")));
    // Of a share it is not known what there is not.
    let exit = scans.report(context, sample.is_none().then_some(&near), interrupted, total);
    Ok(match exit {
        Exit::Interrupted => exit,
        _ if args.fail_if_any && kept > 0 => Exit::Found,
        Exit::Done => exit,
        _ if kept > 0 || !complete => Exit::Partial,
        other => other,
    })
}

impl Sink for Counting<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        if let Some(groups) = &mut self.groups {
            groups.add(session);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn other(&mut self, record: &Record) {
        self.others.add(record);
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.progress.reach(tally.scanned);
        self.progress.say(format_args!("{} counted", tally.kept));
        self.interrupted = ui::interrupted();
        Ok(if self.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
