//! The scan that measures, and what it tells: for figures on a screen, as data and on a page.

use std::hash::{BuildHasher as _, RandomState};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use crate::commands::kept;
use crate::commands::scans::{Readers, Wanted};
use crate::context::Context;
use crate::error::{Failure, Usage};
use crate::exit::Exit;
use crate::layout::session::Session;
use crate::measure::since::{Sample, Saved, Since};
use crate::measure::spread::Spreading;
use crate::measure::{self, Figures, Measure, Top, TopPath};
use crate::scan::{self, Said, Sink, Tally, share};
use crate::select::near::Near;
use crate::select::{Filter, SelectArgs};
use crate::store::Health;
use crate::text::clock;
use crate::text::words::unnumbered;
use crate::ui;

pub mod whatif;

use whatif::Change;

/// What is to be measured, of which sessions, and with what it is compared.
#[derive(Debug, clap::Args)]
pub struct MeasureArgs {
    /// How many users, addresses, agents and paths to show
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Figures")]
    pub top: usize,

    /// Say what a change would do, such as 'purge --anonymous'; repeat for several
    ///
    /// `purge` with filters, `clear`, and `expire` with --cap or --in and filters. Nothing is changed.
    #[arg(long = "if", value_name = "CHANGE", help_heading = "Figures")]
    pub changes: Vec<String>,

    /// Save the figures to a file, for --baseline
    #[arg(long, value_name = "FILE", help_heading = "Figures")]
    pub save: Option<PathBuf>,

    /// Say what has changed since these figures were saved
    #[arg(long, value_name = "FILE", help_heading = "Figures")]
    pub baseline: Option<PathBuf>,

    /// Read only a random part of the keys and estimate the whole: 1%
    #[arg(long, value_name = "PERCENT", value_parser = share::percent, help_heading = "Figures",
        conflicts_with_all = ["save", "baseline"])]
    pub sample: Option<f64>,

    #[command(flatten)]
    pub select: SelectArgs,
}

/// What a scan of all sessions tells.
pub struct Measured {
    /// When, in ms since 1970, by the store's clock.
    pub at: i64,
    pub store: String,
    /// Which sessions, where it is not all of them: each holds.
    pub only: Vec<String>,
    pub complete: bool,
    /// Whether the store said what memory each session takes; else bytes are those of keys and values.
    pub weighed: bool,
    /// The share that was read, of 1, and the keys that were gone over.
    pub sampled: Option<(f64, u64)>,
    pub figures: Figures,
    pub health: Option<Health>,
    pub changes: Vec<Change>,
    pub since: Option<Since>,
}

struct Measuring<'u> {
    measure: Measure,
    changes: Vec<Change>,
    progress: ui::Progress<'u>,
    interrupted: bool,
}

/// Reads what was saved for comparison.
fn baseline(path: &Path, place: &str) -> anyhow::Result<Saved> {
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| {
        Failure::new(format!("cannot read the figures in {shown}: {}", unnumbered(&error.to_string())))
            .hint("name a file that `sessctl stats --save FILE` wrote")
    })?;
    let saved = Saved::read(&text).map_err(|why| {
        Failure::new(format!("cannot compare with {shown}: {why}"))
            .hint("save the figures to compare with: `sessctl stats --save FILE`")
    })?;
    if saved.store != place {
        return Err(Usage::new(format!("{shown} has the figures of {}, not of {place}", saved.store))
            .hint("compare a store with itself, or save this one's figures first")
            .into());
    }
    Ok(saved)
}

/// What makes the hashes of one file differ from those of another.
fn salt() -> [u8; 16] {
    let mut salt = [0; 16];
    for half in salt.chunks_mut(8) {
        half.copy_from_slice(&RandomState::new().hash_one(std::process::id()).to_le_bytes());
    }
    salt
}

/// Scans and measures. What the scan has to say besides is told on the way.
///
/// `filter` is that of the arguments, whose files may not be there to be read a second time.
pub fn measure(context: &Context, args: &MeasureArgs, filter: &Filter) -> anyhow::Result<(Measured, Exit)> {
    let changes: Vec<Change> =
        args.changes.iter().map(|text| Change::parse(text)).collect::<Result<_, _>>()?;
    let place = context.places();
    if let Some(path) = &args.save {
        // Before a long scan, and not behind it.
        kept::permit(path).map_err(|error| {
            let (shown, why) = (path.display(), unnumbered(&error.to_string()));
            Failure::new(format!("cannot save the figures in {shown}: {why}"))
                .hint("name a file in an existing, writable directory")
        })?;
    }
    let before = args.baseline.as_deref().map(|path| baseline(path, &place)).transpose()?;
    let readers = Readers::open(context, filter)?;
    let total = readers.total();
    let mut need = measure::NEED;
    need.memory &= readers.weigh();
    let only = only(context, filter);
    let near = Near::new(filter);
    let sample = match &before {
        Some(saved) => Some(saved.sample.alike()),
        None => args.save.as_ref().map(|_| Sample::new(salt())),
    };
    let fresh = Measure::default();
    let mut measuring = Measuring {
        measure: match sample {
            Some(sample) => fresh.sampling(sample),
            None => fresh,
        },
        changes,
        progress: context.ui.progress("measuring", total),
        interrupted: false,
    };
    let share = args.sample.filter(|share| *share < 1.0);
    let mut scans = readers.scan_share(
        &Wanted::of(filter, need, &|session| near.keeps(session)),
        share,
        &mut measuring,
    )?;
    let Measuring { measure, changes, progress, interrupted, .. } = measuring;
    drop(progress);
    let complete = scans.is_whole() && !interrupted;
    let alone = !context.is_one_of_several();
    let (at, health) = match scans.asides().next() {
        // Figures without what the server says are better than none.
        Some((_, aside)) => (aside.now().ok(), aside.health().unwrap_or_default().filter(|_| alone)),
        None => (None, None),
    };
    let at = at.unwrap_or_else(scan::now_ms);
    let (figures, sample) = measure.finish(args.top);
    let since = match (&before, &sample) {
        (Some(saved), Some(sample)) => Some(saved.since(&figures, sample)),
        _ => None,
    };
    if let (Some(path), Some(sample)) = (&args.save, sample) {
        let saved = Saved::new(at, place.clone(), complete, figures.clone(), sample);
        kept::write(path, true, &serde_json::to_vec(&saved)?)
            .with_context(|| format!("saving the figures in {}", path.display()))?;
    }
    let sampled = share.map(|share| (share, scans.tally.scanned));
    // Of a share it is not known what there is not.
    let exit = scans.report(context, share.is_none().then_some(&near), interrupted, total);
    let weighed = need.memory;
    let measured =
        Measured { at, store: place, only, complete, weighed, sampled, figures, health, changes, since };
    let exit = match exit {
        Exit::Done | Exit::Interrupted => exit,
        _ => Exit::Partial,
    };
    Ok((measured, exit))
}

/// What was said of the sessions that are to be measured.
fn only(context: &Context, filter: &Filter) -> Vec<String> {
    let mut only = Vec::new();
    if context.named {
        let names: Vec<&str> = context.setups.iter().map(|setup| setup.layout.name).collect();
        only.push(format!("layout {}", names.join(" or ")));
    }
    if let Some(glob) = &context.matching {
        only.push(format!("keys matching {glob}"));
    }
    if !filter.is_empty() {
        only.push(filter.describe());
    }
    only
}

impl Sink for Measuring<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        self.measure.add(session);
        for change in &mut self.changes {
            change.add(session);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.progress.reach(tally.scanned);
        self.progress.say(format_args!("{} measured", self.measure.sessions()));
        self.interrupted = ui::interrupted();
        Ok(if self.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

impl Measured {
    /// How many there are of what was counted: of a share, the whole.
    pub fn scaled(&self, count: u64) -> u64 {
        self.sampled.map_or(count, |(share, _)| share::whole(count, share))
    }

    /// The members that are estimates, by the names that they have in JSON.
    pub fn estimated(&self) -> Vec<String> {
        if self.sampled.is_none() {
            return self.figures.estimated.clone();
        }
        // Anyone who has many sessions is seen in nearly any share: users are told as they were seen.
        let all = [
            "sessions",
            "authenticated",
            "anonymous",
            "unknown",
            "users",
            "undecodable",
            "without_ttl",
            "expired",
            "bytes",
            "ttl_ms",
            "idle_ms",
            "age_ms",
            "sessions_per_user",
            "layouts",
            "top_users",
            "top_ips",
            "top_networks",
            "top_agents",
            "top_paths",
            "if",
        ];
        all.map(String::from).to_vec()
    }

    /// How far off the number of sessions may be that a share tells, at 95 of 100.
    pub fn error(&self) -> Option<u64> {
        self.sampled.map(|(share, _)| share::error(self.figures.sessions, share))
    }

    /// When the server's limit is reached, at the rate since the figures were saved.
    pub fn reach(&self) -> Option<String> {
        let (since, health) = (self.since.as_ref()?, self.health.as_ref()?);
        let (used, most) = (health.used_memory?, health.maxmemory.filter(|most| *most > 0)?);
        let span = self.at.saturating_sub(since.at);
        if since.bytes <= 0 || span <= 0 {
            return None;
        }
        let left = most.saturating_sub(used) as f64;
        let rate = since.bytes as f64 / span as f64;
        Some(format!("At this rate maxmemory will be reached in {}.", clock::span((left / rate) as u64)))
    }
}

/// The figures as data.
pub fn json(measured: &Measured) -> Json {
    let figures = &measured.figures;
    let sampled = measured.sampled;
    let scale = |count| measured.scaled(count);
    let spread = |spread: &Spreading| {
        let spread = spread.clone();
        match sampled {
            Some((share, _)) => spread.scaled(share),
            None => spread,
        }
    };
    let named = |member: &str, tops: &[Top]| -> Json {
        let one = |top: &Top| {
            let mut one = serde_json::Map::new();
            one.insert(member.to_string(), top.name.as_str().into());
            one.insert("sessions".to_string(), scale(top.held.sessions).into());
            one.insert("bytes".to_string(), scale(top.held.bytes).into());
            Json::Object(one)
        };
        tops.iter().map(one).collect()
    };
    let paths = |paths: &[TopPath]| -> Json {
        let one = |top: &TopPath| {
            json!({
                "layout": top.layout,
                "path": top.path,
                "sessions": scale(top.held.sessions),
                "bytes": scale(top.held.bytes),
            })
        };
        paths.iter().map(one).collect()
    };
    json!({
        "at": clock::rfc3339(measured.at),
        "store": measured.store,
        "complete": measured.complete,
        "sampled": sampled.map(|(share, keys)| json!({ "share": share, "keys": keys })),
        "sessions": scale(figures.sessions),
        "authenticated": scale(figures.authenticated),
        "anonymous": scale(figures.anonymous),
        "unknown": scale(figures.unknown),
        "users": figures.users,
        "undecodable": scale(figures.undecodable),
        "without_ttl": scale(figures.without_ttl),
        "expired": scale(figures.expired),
        "bytes": spread(&figures.bytes),
        "ttl_ms": spread(&figures.ttl_ms),
        "idle_ms": spread(&figures.idle_ms),
        "age_ms": spread(&figures.age_ms),
        "sessions_per_user": figures.sessions_per_user,
        "layouts": named("layout", &figures.layouts),
        "top_users": named("user", &figures.users_by_sessions),
        "top_ips": named("ip", &figures.ips),
        "top_networks": named("network", &figures.networks),
        "top_agents": named("agent", &figures.agents),
        "top_paths": paths(&figures.paths),
        "estimated": measured.estimated(),
        "server": measured.health.as_ref().map(|health| json!({
            "used_memory": health.used_memory,
            "maxmemory": health.maxmemory,
            "policy": health.policy,
            "keys": health.keys,
            "evicted_keys": health.evicted_keys,
            "expired_keys": health.expired_keys,
        })),
        "if": measured.changes.iter().map(|change| json!({
            "change": change.text,
            "sessions": scale(change.sessions()),
            "users_logged_out": change.users(),
            "bytes": scale(change.bytes()),
        })).collect::<Vec<_>>(),
        "since": measured.since.as_ref().map(|since| json!({
            "at": clock::rfc3339(since.at),
            "sessions": since.sessions,
            "users": since.users,
            "bytes": since.bytes,
            "new": since.new,
            "ended": since.ended,
            "estimated": since.estimated,
            "grown": paths(&since.grown),
        })),
    })
}
