//! `sessctl expire`: set when sessions end.

use std::fmt::Write as _;
use std::time::Duration;

use super::change::{self, Change, Here, Made, Moment, Safety};
use super::runs;
use crate::change::plan;
use crate::cli::instant;
use crate::context::Context;
use crate::error::Usage;
use crate::exit::Exit;
use crate::layout::session::Session;
use crate::render;
use crate::scan;
use crate::select::SelectArgs;
use crate::store::{Ends, Need, Store};
use crate::text::units::duration;
use crate::text::words::plural;

/// In questions and reports.
pub const VERB: &str = "change when … end";
pub const PAST: &str = "Changed";

/// Beyond this no framework can write a time (the year 9999).
const LATEST: i64 = 253_402_300_799_999;

/// Ends that are closer together (ms) are the same.
const SAME: i64 = 1_000;

/// Set when sessions end
///
/// This is done as the framework would do it: through the key's expiry, the expiry kept inside the
/// value, and the indexes that hold it; no other byte of the value changes. Where sessions slide, the
/// next request moves the session's expiry again. `sessctl undo` puts the old expiry back.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  End every session within two hours, however long it has left:
    sessctl expire --all --cap 2h
  Give sessions that would never end an expiry:
    sessctl expire --no-ttl --in 7d
  Keep alice's sessions through a maintenance window that ends at ten:
    sessctl expire --user alice --at '2026-12-24 22:00'")]
pub struct Args {
    /// Ids or keys, or unambiguous beginnings of them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    #[command(flatten)]
    pub when: When,

    #[command(flatten)]
    pub safety: Safety,

    #[command(flatten)]
    pub select: SelectArgs,
}

#[derive(Debug, Default, clap::Args)]
#[group(multiple = false)]
#[command(next_help_heading = "When they end")]
pub struct When {
    /// This long from now: 30m, 2h, 7d
    #[arg(long = "in", value_name = "SPAN", value_parser = duration)]
    pub within: Option<Duration>,

    /// At this time: RFC 3339, `2026-12-24 18:00` in UTC, or @SECONDS since 1970
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub at: Option<i64>,

    /// Never
    #[arg(long)]
    pub persist: bool,

    /// No later than this from now; sessions that end earlier stay as they are
    #[arg(long, value_name = "SPAN", value_parser = duration)]
    pub cap: Option<Duration>,

    /// No earlier than this from now; sessions that end later, or have already expired, stay as they are
    #[arg(long, value_name = "SPAN", value_parser = duration)]
    pub floor: Option<Duration>,
}

/// What is asked for, with every span counted from the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Exactly(Option<i64>),
    NoLater(i64),
    NoEarlier(i64),
}

impl When {
    fn is_given(&self) -> bool {
        self.persist || [self.within, self.cap, self.floor].iter().any(Option::is_some) || self.at.is_some()
    }

    fn wanted(&self, now: i64) -> Result<Wanted, Usage> {
        let after = |span: Duration| {
            let at = i64::try_from(span.as_millis()).ok().and_then(|span| now.checked_add(span));
            at.ok_or_else(|| Usage::new("that is too far in the future"))
        };
        let wanted = match (self.within, self.at, self.cap, self.floor) {
            (Some(span), ..) => Wanted::Exactly(Some(after(span)?)),
            (_, Some(at), ..) => Wanted::Exactly(Some(at)),
            (_, _, Some(span), _) => Wanted::NoLater(after(span)?),
            (_, _, _, Some(span)) => Wanted::NoEarlier(after(span)?),
            _ => Wanted::Exactly(None),
        };
        match wanted.end() {
            Some(at) if at <= now => Err(Usage::new("that time has already passed")
                .hint("to end sessions now, with everything that belongs to them, use purge")),
            Some(at) if at > LATEST => Err(Usage::new("that is too far in the future")
                .hint("--persist makes sessions never expire, where the framework supports that")),
            _ => Ok(wanted),
        }
    }
}

impl Wanted {
    fn end(self) -> Option<i64> {
        match self {
            Wanted::Exactly(end) => end,
            Wanted::NoLater(at) | Wanted::NoEarlier(at) => Some(at),
        }
    }

    /// Whether a session that ends at that time has to be changed; `over` when its own end has passed.
    fn concerns(self, end: Option<i64>, over: bool) -> bool {
        match self {
            Wanted::Exactly(wanted) => match (end, wanted) {
                // A key's end is read by its span, so that it is known to some milliseconds only.
                (Some(end), Some(wanted)) => (end - wanted).abs() >= SAME,
                (end, wanted) => end != wanted,
            },
            Wanted::NoLater(at) => end.is_none_or(|end| end > at),
            // Anyone who is out already is not let in again by this.
            Wanted::NoEarlier(at) => !over && end.is_some_and(|end| end < at),
        }
    }

    /// When a session's key may end for this to concern it still, with the end that its value holds.
    fn ends(self, seen: Option<i64>, inside: Option<i64>) -> Option<Ends> {
        match self {
            Wanted::Exactly(_) => None,
            // Nothing is lengthened.
            Wanted::NoLater(at) => Some(Ends { from: at.saturating_add(1), ..Ends::any(seen) }),
            // The one in the value is too early, whatever becomes of the key's.
            Wanted::NoEarlier(at) if inside.is_some_and(|inside| inside < at) => None,
            // Nothing is shortened.
            Wanted::NoEarlier(at) => {
                Some(Ends { until: at.saturating_sub(1), never: false, ..Ends::any(seen) })
            }
        }
    }

    fn told(self) -> String {
        let when = self.end().and_then(render::time);
        match (self, when) {
            (Wanted::NoLater(_), Some(when)) => format!("{when} at the latest"),
            (Wanted::NoEarlier(_), Some(when)) => format!("{when} at the earliest"),
            (_, Some(when)) => when,
            (_, None) => "never".to_string(),
        }
    }
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let filter = args.select.filter()?;
    let left = args.safety.resume.as_deref().map(runs::parts).transpose()?.unwrap_or_default();
    let chosen = change::chosen("no sessions selected", &args.ids, &filter, &left)?;
    if args.safety.verify.is_some() {
        return Err(Usage::new("--verify watches what was ended, but expire ends nothing").into());
    }
    // What a run left says itself when its sessions are to end.
    if !args.when.is_given() && left.is_empty() {
        return Err(Usage::new("no new expiry given")
            .hint("give one of --in 2h, --at TIME, --persist, --cap 2h or --floor 10m")
            .into());
    }
    let started = scan::now_ms();
    let wanted = args.when.wanted(started)?;
    let entry = |store: &mut Here<'_>, session: &Session<'_>| -> anyhow::Result<Made> {
        // The server counts by its own clock.
        let ahead = store.ahead()?;
        let here = match args.when.at {
            Some(_) => wanted,
            None => args.when.wanted(started + ahead).unwrap_or(wanted),
        };
        // Asked of two keepers of an end, the one by the server's clock and the one inside the value.
        let by_key = session.ttl.millis().map(|ms| session.now.saturating_add_unsigned(ms) + ahead);
        let end = [by_key, session.facts.ends].into_iter().flatten().min();
        if !here.concerns(end, session.expired()) {
            return Ok(Made::Fits);
        }
        let mut made = plan::expiry(session, here.end());
        if let Ok(entry) = &mut made {
            entry.step.ends = here.ends(by_key, session.facts.ends);
        }
        if made.is_ok() && session.expired() {
            store.noted += 1;
        }
        Ok(made.map_or_else(Made::Cannot, Made::Step))
    };
    let beside = |_: &mut dyn Store, over: u64, moment: Moment| {
        if let Moment::Question(_) = moment {
            let mut text = format!("  {:9} {}\n", "new end", wanted.told());
            if over > 0 {
                let _ =
                    writeln!(text, "  {:9} {over} of these have expired and will become valid again", "over");
            }
            return Ok(text);
        }
        Ok(match (over, moment) {
            (0, _) => String::new(),
            (over, Moment::DryRun(_)) => {
                let many = plural(over, "session");
                format!(
                    "warning: {many} expired by the value and would become valid again; `--not --expired` leaves them out"
                )
            }
            (over, _) => format!(
                "warning: {} had expired by the value and will become valid again; `--not --expired` leaves them out",
                plural(over, "session")
            ),
        })
    };
    change::run(
        context,
        &Change {
            command: "expire",
            verb: VERB,
            past: PAST,
            chosen,
            filter: &filter,
            safety: &args.safety,
            entry: &entry,
            need: Need::TTL,
            in_one_pass: false,
            beside: Some(&beside),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_concerned() {
        let (past, now, later, never) = (Some(5_000), Some(10_000), Some(20_000), None);
        let exactly = Wanted::Exactly(now);
        assert!(
            exactly.concerns(past, true) && exactly.concerns(never, false) && !exactly.concerns(now, false)
        );
        let cap = Wanted::NoLater(10_000);
        assert!(cap.concerns(later, false) && cap.concerns(never, false));
        assert!(!cap.concerns(now, false) && !cap.concerns(past, true));
        let floor = Wanted::NoEarlier(10_000);
        assert!(floor.concerns(past, false) && !floor.concerns(past, true));
        assert!(!floor.concerns(later, false) && !floor.concerns(never, false));
        assert!(!Wanted::Exactly(None).concerns(never, false) && Wanted::Exactly(None).concerns(now, false));
    }
}
