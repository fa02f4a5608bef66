//! `sessctl count`: how many sessions.

use std::io::Write as _;
use std::ops::ControlFlow;

use serde_json::json;

use crate::commands::list::{incomplete, report_interrupted, report_nothing, report_scan};
use crate::commands::others::Others;
use crate::context::Context;
use crate::exit::Exit;
use crate::layout::session::Session;
use crate::render::Format;
use crate::render::{By, Groups};
use crate::scan::{self, End, Request, Said, Sink, Tally};
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
  When they end:
    sessctl count --by ttl -o json
  Make sure in a script that a pattern hits no session (exit code 7 if it does):
    sessctl count --match 'cache:*' --fail-if-any")]
pub struct Args {
    /// Count by a column: user, layout, ip, agent, ttl, age, idle, bytes, …
    #[arg(long, value_name = "COLUMN", help_heading = "Rows")]
    pub by: Option<String>,

    /// With --by: sort by `count` or a column that is counted by; descending with `-` before it or `:desc`
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
    context.permit_scan()?;
    let mut scanner = context.reader()?;
    context.permit_filter(&filter, &*scanner)?;
    let mut aside = context.reader()?;
    let total = aside.size().ok().flatten();
    let groups = by.map(|by| Groups::new(by, false));
    let need = groups.as_ref().map_or(Need::NOTHING, Groups::need);
    let first = if filter.is_empty() || filter.wants_all() { filter.need().and(need) } else { filter.need() };
    let near = Near::new(&filter);
    let keeps = |session: &Session<'_>| near.keeps(session);
    let request = Request {
        setups: &context.setups,
        pattern: context.matching.as_ref().map(|glob| glob.as_bytes().to_vec()),
        first,
        then: need,
        keeps: &keeps,
        copies: false,
    };
    let mut counting = Counting {
        groups,
        progress: context.ui.progress("scanning", total),
        interrupted: false,
        others: Others::default(),
    };
    let (tally, end) = scan::sessions(&mut *scanner, &mut *aside, &request, &mut counting)?;
    let Counting { groups, progress, interrupted, others, .. } = counting;
    drop(progress);
    let found = args.fail_if_any && tally.kept > 0;
    let broken = match end {
        // A number that stands for nothing seen would be taken for an empty store.
        End::Broken(error) if tally.kept == 0 => return Err(incomplete(error, &tally)),
        End::Broken(error) => Some(error),
        End::Complete | End::Stopped => None,
    };
    let complete = broken.is_none() && !interrupted;
    let mut out = context.ui.out();
    match groups {
        Some(groups) => {
            groups.write(context.format, &context.look(), args.limit, &mut out)?;
            if let Some(limit) = args.limit.filter(|limit| *limit < groups.len()) {
                context.ui.status(format!("{limit} of {} values shown", groups.len()));
            }
            if groups.others() > 0 {
                context.ui.status(format!("{} more values are counted as one", groups.others()));
            }
        }
        None => match context.format {
            Format::Table | Format::Ids => writeln!(out, "{}", tally.kept)?,
            Format::Csv if context.bare => writeln!(out, "{}", tally.kept)?,
            Format::Csv => writeln!(out, "count\n{}", tally.kept)?,
            Format::Json | Format::Ndjson => {
                writeln!(out, "{}", json!({ "count": tally.kept, "complete": complete }))?;
            }
            Format::Yaml => writeln!(out, "count: {}\ncomplete: {complete}", tally.kept)?,
        },
    }
    out.flush()?;
    // Who names keys wants to know of all of them what they are.
    others.report(context, context.matching.is_some().then_some(tally.sessions));
    context.ui.detail(format!("{} scanned", crate::text::words::plural(tally.scanned, "key")));
    report_scan(context, &tally, &*scanner);
    if interrupted {
        report_interrupted(context, tally.scanned, total);
    } else if complete {
        report_nothing(context, &tally, &near, &mut *aside);
    }
    if let Some(error) = broken {
        crate::error::report(&incomplete(error, &tally), context.ui.color_err);
        return Ok(if found { Exit::Found } else { Exit::Partial });
    }
    Ok(if interrupted {
        Exit::Interrupted
    } else if found {
        Exit::Found
    } else {
        Exit::Done
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
