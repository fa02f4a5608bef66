//! `sessctl doctor`: what is wrong with a store and its sessions.

use std::io::Write as _;
use std::time::Duration;

use serde_json::json;

use crate::commands::change::Safety;
use crate::commands::scans::{self, Reader, Wanted};
use crate::commands::{expire, purge, rights};
use crate::context::Context;
use crate::error::Usage;
use crate::exit::Exit;
use crate::layout::session::Session;
use crate::render::{self, Format};
use crate::scan::{self, End};
use crate::select::near::Near;
use crate::select::{Filter, SelectArgs};
use crate::store::{Error, Lookup, Medium, Need};
use crate::text::clock;
use crate::text::safe::safe;
use crate::text::units::duration;
use crate::text::words::{and, plural};
use crate::ui;

pub mod findings;
mod mend;
mod server;
mod sessions;
mod several;
mod shapes;

use findings::{Evidence, Findings, Id, Severity, Spec};
use sessions::Examining;

/// Browsers keep no cookie longer than this (RFC 6265bis): a session that lives longer serves nobody.
pub const LONGEST: Duration = Duration::from_secs(400 * 86_400);

/// Find what is wrong with sessions, their indexes and the server
///
/// Nothing is changed without --fix. The exit code is 7 if anything at or above --fail-on was found.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl doctor
  In a nightly job that should fail only on errors:
    sessctl doctor --fail-on error -o json
  See what fixing a finding would do, then do it:
    sessctl doctor --fix no-ttl --dry-run
    sessctl doctor --fix no-ttl
  Remove index entries whose session is gone, and take that back:
    sessctl doctor --fix index-orphans
    sessctl undo")]
pub struct Args {
    /// Fix a finding, with the same steps, question and undo file as any other change
    #[arg(long, value_name = "FINDING", help_heading = "Findings")]
    pub fix: Option<Id>,

    /// With --fix no-ttl: when those sessions should end
    #[arg(long = "in", value_name = "SPAN", value_parser = duration, default_value = "14d",
        help_heading = "Findings", requires = "fix")]
    pub within: Duration,

    /// Exit with code 7 from this severity on
    #[arg(long, value_name = "SEVERITY", default_value = "warning", help_heading = "Findings")]
    pub fail_on: Severity,

    /// Look for these findings only
    #[arg(long, value_name = "FINDING", value_delimiter = ',', help_heading = "Findings")]
    pub only: Vec<Id>,

    /// Do not look for these
    #[arg(long, value_name = "FINDING", value_delimiter = ',', help_heading = "Findings")]
    pub skip: Vec<Id>,

    /// The longest time a session may have left; what ends later is `ttl-too-long`
    #[arg(long, value_name = "SPAN", value_parser = duration, help_heading = "Findings")]
    pub max_ttl: Option<Duration>,

    #[command(flatten)]
    pub safety: Safety,
}

/// All that was found.
pub struct Examined {
    /// In ms since 1970, by the store's clock.
    pub at: i64,
    pub complete: bool,
    /// Sessions that were looked at.
    pub checked: u64,
    pub findings: Vec<(&'static Spec, Evidence)>,
}

impl Examined {
    /// With what was found in another store.
    pub fn join(&mut self, other: Examined) {
        self.complete &= other.complete;
        self.checked += other.checked;
        for (spec, evidence) in other.findings {
            match self.findings.iter_mut().find(|(of, _)| of.id == spec.id) {
                Some((_, all)) => {
                    all.count += evidence.count;
                    all.examples.extend(evidence.examples);
                }
                None => self.findings.push((spec, evidence)),
            }
        }
        self.findings.sort_by_key(|(spec, _)| std::cmp::Reverse(spec.severity));
    }
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if let Some(id) = args.fix {
        return fix(context, args, id);
    }
    if let Some(run) = &args.safety.resume {
        return mend::resume(context, &args.safety, run);
    }
    if matches!(context.format, Format::Csv | Format::Ids | Format::Template) {
        return Err(Usage::new("findings cannot be printed as csv or ids, or with --format")
            .hint("use table, json, ndjson or yaml")
            .into());
    }
    if context.is_one_of_several() {
        return several::run(context, args);
    }
    let (examined, broken) = examine(context, args)?;
    let mut out = context.pages();
    match context.format {
        Format::Table => out.write_all(screen(context, &examined).as_bytes())?,
        format => out.write_all(&render::json::value(format, &json_of(&examined, &context.store.place())))?,
    }
    out.flush()?;
    drop(out);
    let bad = examined.findings.iter().any(|(spec, _)| spec.severity >= args.fail_on);
    if let Some(error) = broken {
        crate::error::report(&error, context.ui.color_err);
        return Ok(if bad { Exit::Found } else { Exit::Partial });
    }
    Ok(match (examined.complete, bad) {
        (false, _) => Exit::Interrupted,
        (true, true) => Exit::Found,
        (true, false) => Exit::Done,
    })
}

/// Mends what one command mends, as if that was typed.
fn fix(context: &Context, args: &Args, id: Id) -> anyhow::Result<Exit> {
    let safety = args.safety.clone();
    let when = expire::When::default;
    let longest = args.max_ttl.or(context.max_ttl).unwrap_or(LONGEST);
    match id {
        Id::NoTtl => {
            let select = SelectArgs::typed(["--no-ttl"])?;
            let when = expire::When { within: Some(args.within), ..when() };
            expire::run(context, &expire::Args { ids: Vec::new(), when, safety, select })
        }
        Id::TtlTooLong => {
            let select = SelectArgs::typed([format!("--ttl=>{}s", longest.as_secs())])?;
            let when = expire::When { cap: Some(longest), ..when() };
            expire::run(context, &expire::Args { ids: Vec::new(), when, safety, select })
        }
        Id::DeadSessions => {
            let select = SelectArgs::typed(["--expired"])?;
            purge::run(context, &purge::Args { ids: Vec::new(), safety, select })
        }
        Id::AnonymousFlood => {
            let select = SelectArgs::typed(["--anonymous", "--idle=>1d"])?;
            purge::run(context, &purge::Args { ids: Vec::new(), safety, select })
        }
        Id::IndexOrphans | Id::Leftovers => mend::run(context, &safety, id),
        other => {
            let mended: Vec<&str> =
                findings::ALL.iter().filter(|spec| spec.fix.is_some()).map(|spec| spec.name).collect();
            Err(Usage::new(format!("{} cannot be fixed by changing the store", other.spec().name))
                .hint(format!("--fix can fix {}", and(&mended)))
                .into())
        }
    }
}

/// Looks for what was asked for, and tells what the scan has to say besides.
fn examine(context: &Context, args: &Args) -> anyhow::Result<(Examined, Option<anyhow::Error>)> {
    let filter = Filter::default();
    context.permit_scan()?;
    let (mut examined, broken) =
        examine_those(context, &filter, args.max_ttl.or(context.max_ttl).unwrap_or(LONGEST), true)?;
    let asked = |id: Id| (args.only.is_empty() || args.only.contains(&id)) && !args.skip.contains(&id);
    examined.findings.retain(|(spec, _)| asked(spec.id));
    Ok((examined, broken))
}

/// Scans the store, follows what the scan taught, and asks the server about itself. What breaks on the way
/// leaves what was found. `aloud` tells what the scan has to say besides.
pub fn examine_those(
    context: &Context,
    filter: &Filter,
    longest: Duration,
    aloud: bool,
) -> anyhow::Result<(Examined, Option<anyhow::Error>)> {
    let mut reader = Reader::open(context, filter)?;
    let mut need = Need::ALL;
    need.memory &= reader.scanner.offers().memory;
    let near = Near::new(filter);
    let keeps = |session: &Session<'_>| near.keeps(session) || session.remains().is_some();
    let first = if filter.is_empty() { need } else { filter.need().and(Need::VALUE) };
    let wanted = Wanted { first, then: need, keeps: &keeps };
    let mut examining =
        Examining::new(longest.as_millis() as u64, context.ui.progress("examining", reader.total));
    let (tally, end) = reader.scan(&wanted, &mut examining)?;
    let Reader { mut scanner, mut aside, .. } = reader;
    examining.conclude();
    let mut broken: Option<Error> = match end {
        End::Broken(error) if tally.scanned == 0 => return Err(error.into()),
        End::Broken(error) => Some(error),
        End::Complete | End::Stopped => None,
    };
    let Examining { mut findings, shapes, sessions, mut interrupted, needs_events, .. } = examining;
    if broken.is_none() && !interrupted {
        match shapes.look_up(&mut *scanner, &mut *aside, &mut findings) {
            Ok(unjudged) => {
                if let Some(told) = unjudged.told().filter(|_| aloud) {
                    context.ui.warn(told);
                }
            }
            Err(error) => broken = Some(error),
        }
        interrupted = ui::interrupted();
    }
    if aloud {
        setting(context, &mut *aside, &mut findings);
    }
    match aside.health() {
        Ok(Some(health)) => {
            server::examine(&health, sessions, needs_events, &mut findings);
            if let Some(unasked) = server::unasked(&health).filter(|_| aloud) {
                context.ui.status(unasked);
            }
        }
        Ok(None) => {}
        Err(error) => {
            broken.get_or_insert(error);
        }
    }
    let at = aside.now().unwrap_or_else(|_| scan::now_ms());
    if aloud {
        scans::report_scan(context, &tally, &*scanner);
    }
    let examined = Examined {
        at,
        complete: broken.is_none() && !interrupted,
        checked: sessions,
        findings: findings.sorted(|_| true),
    };
    let broken = broken.map(|error| {
        anyhow::Error::from(error).context("not everything could be checked; there may be more findings")
    });
    Ok((examined, broken))
}

/// What is wrong with how sessctl itself is set up here.
fn setting(context: &Context, aside: &mut dyn Lookup, findings: &mut Findings) {
    if context.exposed {
        findings.add(Id::ConfigReadable, || {
            context.file.as_ref().map_or_else(String::new, |file| safe(&file.to_string_lossy()).into_owned())
        });
    }
    match rights::lacking(aside) {
        Ok(Some([reading, changing])) => {
            for (what, lacks) in [("reading", reading), ("changes", changing)] {
                if !lacks.is_empty() {
                    findings.add(Id::Rights, || format!("{what}: {lacks}"));
                }
            }
        }
        Ok(None) if context.store.medium() == Medium::Redis && aside.offers().change => {
            context
                .ui
                .detail("no permission to ask the server for this user's rights (ACL WHOAMI, ACL DRYRUN)");
        }
        // The rights that are asked for here are those that the scan took already.
        Ok(None) | Err(_) => {}
    }
    let file = context.file.as_ref().map_or_else(
        || "no configuration file".to_string(),
        |file| format!("configuration file {}", file.display()),
    );
    let profile = match &context.profile {
        Some(profile) => format!("profile {profile}"),
        None => "no profile".to_string(),
    };
    let login = match context.store.login() {
        "" => String::new(),
        login => format!(", as user {login}"),
    };
    context.ui.status(format!("{file}, {profile}; {}{login}", context.store.place()));
}

fn json_of(examined: &Examined, place: &str) -> serde_json::Value {
    let one = |(spec, found): &(&'static Spec, Evidence)| {
        json!({
            "id": spec.name,
            "severity": spec.severity.name(),
            "count": found.count,
            "examples": found.examples,
            "why": spec.why,
            "fix": spec.fix,
        })
    };
    json!({
        "at": clock::rfc3339(examined.at),
        "store": place,
        "complete": examined.complete,
        "checked": examined.checked,
        "findings": examined.findings.iter().map(one).collect::<Vec<_>>(),
    })
}

fn screen(context: &Context, examined: &Examined) -> String {
    use std::fmt::Write as _;
    let width = context.look().width().clamp(40, 100);
    let mut out = String::new();
    let sessions = plural(examined.checked, "session");
    if examined.findings.is_empty() {
        let _ = writeln!(out, "Nothing wrong found; {sessions} checked.");
        return out;
    }
    let (red, yellow, bold, off) = if context.look().color {
        ("\x1b[1;31m", "\x1b[1;33m", "\x1b[1m", "\x1b[0m")
    } else {
        ("", "", "", "")
    };
    for (spec, found) in &examined.findings {
        let on = match spec.severity {
            Severity::Error => red,
            Severity::Warning => yellow,
            Severity::Info => bold,
        };
        let _ = writeln!(out, "{on}{}{off} {}: {}", spec.severity.name(), spec.name, found.count);
        let _ = writeln!(out, "{}", ui::wrap(&format!("  {}", spec.why), width, 2));
        for example in &found.examples {
            let _ = writeln!(out, "  e.g. {example}");
        }
        if let Some(fix) = spec.fix {
            let _ = writeln!(out, "  fix: {fix}");
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{} in {sessions}.", plural(examined.findings.len() as u64, "finding"));
    out
}
