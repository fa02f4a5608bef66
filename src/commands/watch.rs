//! `sessctl watch`: the sessions while they come and go.

use std::io::Write as _;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::change::pace::{Budget, Choice, PaceArgs};
use crate::commands::measured::{self, Measured};
use crate::commands::scans;
use crate::context::Context;
use crate::error::Usage;
use crate::exit::Exit;
use crate::measure::live::Cliff;
use crate::render::{self, Format};
use crate::select::SelectArgs;
use crate::store::{Error, Medium};
use crate::text::units::duration;
use crate::ui;
use crate::ui::full::Line;

mod keys;
mod metrics;
mod sampler;
mod screen;
mod serve;

use metrics::{Form, Of};
use sampler::{Shared, State, Watched};
use screen::View;
use serve::Served;

/// Watch sessions come and go: logins and ends per second, and who has the most
///
/// All sessions are measured from time to time (--rescan). What happens in between comes from the
/// server's keyspace notifications, if they are on; otherwise from the differences between scans. The
/// screen says which. No server setting is changed. Select a row to inspect it (Enter) or end it (p),
/// with the same question and undo file as `sessctl purge`; `?` shows all keys.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl watch
  Only anonymous ones, every minute:
    sessctl watch --anonymous --rescan 1m
  For a log or another program:
    sessctl watch --once
    sessctl watch -o ndjson
  For Prometheus, over HTTP or by a file for node_exporter:
    sessctl watch --metrics 127.0.0.1:9464
    sessctl watch --metrics - >sessions.prom
  Turn notifications on yourself, so that each second is told:
    redis-cli config set notify-keyspace-events AKE")]
pub struct Args {
    /// How often to measure all sessions; each scan is followed by at least nine times its length without one
    #[arg(long, value_name = "SPAN", value_parser = duration, default_value = "10s",
        help_heading = "Watching")]
    pub rescan: Duration,

    /// Print once what the screen would show after the first scan, then exit
    #[arg(long, help_heading = "Watching")]
    pub once: bool,

    /// Read in such small portions that others wait no longer than a part of this, or `none`
    /// [default: none, or the profile's]
    #[arg(long, value_name = "TIME", help_heading = "Watching")]
    pub latency_budget: Option<Choice<Budget>>,

    /// Serve the figures at this address for Prometheus (text or OpenMetrics), or print them once with -
    ///
    /// HOST:PORT, PORT for this machine only, or :PORT for all of its addresses; the figures are at
    /// /metrics, for anyone who can reach it. A request never causes a scan: it gets what the last one
    /// found. The exit code is 0 when stopped by a signal. With -, counters are left out, since they
    /// would start over each time.
    #[arg(
        long,
        value_name = "ADDR",
        help_heading = "Watching",
        allow_hyphen_values = true,
        conflicts_with = "once"
    )]
    pub metrics: Option<String>,

    /// With --metrics: include the names of users and addresses
    #[arg(long, help_heading = "Watching", requires = "metrics")]
    pub metrics_users: bool,

    #[command(flatten)]
    pub select: SelectArgs,
}

impl Args {
    /// How gentle it is to be.
    fn budget(&self, context: &Context) -> Option<Duration> {
        let pace = PaceArgs { latency_budget: self.latency_budget, ..PaceArgs::default() };
        pace.limits(&context.limits).reading().latency.map(|Budget(budget)| budget)
    }
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    permit(context, args)?;
    let filter = args.select.filter()?;
    let once_only = args.once || args.metrics.as_deref() == Some("-");
    let mut stores: Vec<&Context> = Vec::new();
    let mut exits = Vec::new();
    for context in context.each() {
        context.permit_scan()?;
        // Also makes Ctrl-C a request to stop.
        let reader = match context.reader() {
            Ok(reader) => reader,
            Err(error) => {
                exits.push(scans::told(context, error.into())?);
                continue;
            }
        };
        context.permit_filter(&filter, &*reader)?;
        if !once_only && !reader.offers().change {
            return Err(Error::Unsupported {
                place: context.store.place(),
                why: "does not change, so there is nothing to watch".to_string(),
                hint: "`sessctl stats` measures it, and `sessctl report` draws it".to_string(),
            }
            .into());
        }
        stores.push(context);
    }
    if stores.is_empty() {
        return Ok(Exit::of_several(exits));
    }
    let shown = if once_only {
        once(context, &stores, args)?
    } else if let Some(address) = &args.metrics {
        serve(&stores, args, address)?
    } else if context.format == Format::Ndjson {
        stream(&stores, args)?
    } else {
        keys::run(context, args)?
    };
    Ok(if once_only { Exit::of_several(exits.into_iter().chain([shown])) } else { shown })
}

/// Refuses what cannot be shown, before anything is asked of a server.
fn permit(context: &Context, args: &Args) -> anyhow::Result<()> {
    let hint = "use --once with json or yaml; `sessctl list -o ids` prints the ids of sessions";
    context.format.among(Format::OBJECTS, "watch prints its figures", hint)?;
    if args.metrics.is_some() && context.format != Format::Table {
        return Err(Usage::new("--metrics has a format of its own")
            .hint("leave out -o; `sessctl watch --once -o json` has the figures as JSON")
            .into());
    }
    if args.once || args.metrics.is_some() || context.format == Format::Ndjson {
        return Ok(());
    }
    if context.is_one_of_several() {
        return Err(Usage::new("the screen of watch shows one store, but several are named")
            .hint("name one with --store; --once, -o ndjson and --metrics tell of all of them")
            .into());
    }
    if context.format != Format::Table {
        return Err(Usage::new("a single object cannot be updated")
            .hint("use --once for one, or -o ndjson for one after each scan")
            .into());
    }
    let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    if !context.ui.stdin_terminal || !context.ui.stdout_terminal || dumb {
        return Err(Usage::new("watch needs a terminal")
            .hint("--once prints the figures once, -o ndjson after each scan")
            .into());
    }
    if args.select.has("ids-from", "-") {
        return Err(Usage::new("--ids-from - reads standard input, but watch needs the keyboard")
            .hint("write the ids to a file and name that")
            .into());
    }
    Ok(())
}

/// Measures each store once and prints it. One that is down is told of, and the others are measured.
fn once(context: &Context, stores: &[&Context], args: &Args) -> anyhow::Result<Exit> {
    let mut measured: Vec<(&Context, State)> = Vec::new();
    let mut exits = Vec::new();
    for context in stores {
        let shared = Shared::default();
        let watched = Watched::new(context, args.select.filter()?, args.rescan, args.budget(context));
        if let Err(error) = watched.once(&shared) {
            exits.push(scans::told(context, error)?);
            continue;
        }
        let state = shared.state().clone();
        let complete = state.sample.as_ref().is_some_and(|sample| sample.complete);
        exits.push(if complete { Exit::Done } else { Exit::Interrupted });
        measured.push((context, state));
    }
    let mut out = context.ui.out();
    if args.metrics.is_some() {
        let places: Vec<String> = measured.iter().map(|(context, _)| context.store.place()).collect();
        let all = places.iter().zip(&measured).map(|(place, (_, state))| Of { place, state });
        let all: Vec<Of<'_>> = all.collect();
        out.write_all(metrics::text(&all, Form::Prometheus, args.metrics_users).as_bytes())?;
    } else if context.format == Format::Table {
        for (nth, (context, state)) in measured.iter().enumerate() {
            if nth > 0 {
                writeln!(out)?;
            }
            let view = view(context, &args.select);
            let width = context.look().width().clamp(40, 100);
            out.write_all(plain(&screen::once(&view, state, width)).as_bytes())?;
        }
    } else if context.format == Format::Ndjson || !context.is_one_of_several() {
        for (context, state) in &measured {
            out.write_all(&render::json::value(context.format, &json_of(context, state)))?;
        }
    } else {
        let all = measured.iter().map(|(context, state)| json_of(context, state)).collect();
        out.write_all(&render::json::value(context.format, &Json::Array(all)))?;
    }
    out.flush()?;
    Ok(Exit::of_several(exits))
}

/// Stores that are watched in threads.
struct Running<'c> {
    stores: Vec<(&'c Context, Arc<Shared>)>,
    threads: Vec<JoinHandle<()>>,
}

impl<'c> Running<'c> {
    fn start(stores: &[&'c Context], args: &Args) -> anyhow::Result<Running<'c>> {
        let mut running = Running { stores: Vec::new(), threads: Vec::new() };
        for context in stores {
            let shared = Arc::new(Shared::default());
            let watched = Watched::new(context, args.select.filter()?, args.rescan, args.budget(context));
            running.threads.extend(watched.start(&shared)?);
            running.stores.push((context, shared));
        }
        Ok(running)
    }

    fn stop(&self) {
        for (_, shared) in &self.stores {
            shared.stop();
        }
    }
}

/// Serves the figures until it is told to stop.
fn serve(stores: &[&Context], args: &Args, address: &str) -> anyhow::Result<Exit> {
    // What cannot be listened at is better known before the stores are asked anything.
    let listener = serve::listen(address)?;
    let running = Running::start(stores, args)?;
    let at = listener.local_addr()?;
    if let Some((context, _)) = running.stores.first() {
        context.ui.status(format!("the figures are at http://{at}/metrics; Ctrl-C stops it"));
    }
    let of = |(context, shared): &(&Context, Arc<Shared>)| (context.store.place(), Arc::clone(shared));
    let served = Served { stores: running.stores.iter().map(of).collect(), users: args.metrics_users };
    serve::serve(&listener, served, &running.threads);
    running.stop();
    Ok(if ui::interrupted() { Exit::Done } else { Exit::Failed })
}

/// Prints a line after each scan of a store, until it is told to stop.
fn stream(stores: &[&Context], args: &Args) -> anyhow::Result<Exit> {
    let running = Running::start(stores, args)?;
    let mut told = vec![(0, 0); running.stores.len()];
    while !ui::interrupted() && running.threads.iter().all(|thread| !thread.is_finished()) {
        for ((context, shared), (scans, failures)) in running.stores.iter().zip(&mut told) {
            let (line, failure) = {
                let state = shared.state();
                let line = (state.scans > *scans).then(|| json_of(context, &state));
                let failure = (state.failures > *failures).then(|| state.failure.clone()).flatten();
                (*scans, *failures) = (state.scans, state.failures);
                (line, failure)
            };
            if let Some(failure) = failure {
                context.ui.warn(failure);
            }
            if let Some(line) = line {
                let mut out = context.ui.out();
                out.write_all(&render::json::value(Format::Ndjson, &line))?;
                out.flush()?;
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    running.stop();
    Ok(Exit::Interrupted)
}

fn view(context: &Context, select: &SelectArgs) -> View {
    let filter = select.filter().unwrap_or_default();
    View {
        place: context.store.place(),
        only: (!filter.is_empty() && !filter.wants_all()).then(|| filter.describe()),
        reveal: context.reveal,
        ..View::default()
    }
}

/// Lines without any looks.
fn plain(lines: &[Line]) -> String {
    let mut out = String::new();
    for line in lines {
        let line: String = line.iter().map(|(text, _)| text.as_str()).collect();
        out.push_str(crate::text::glyph::own(&line).trim_end());
        out.push('\n');
    }
    out
}

/// The figures of `stats`, and what only who watches knows.
fn json_of(context: &Context, state: &State) -> Json {
    let Some(sample) = &state.sample else { return Json::Null };
    let health = (context.store.medium() == Medium::Redis).then(|| state.health.clone()).flatten();
    let mut told = measured::json(&Measured {
        at: sample.at,
        store: context.store.place(),
        only: Vec::new(),
        complete: sample.complete,
        weighed: sample.weighed,
        sampled: None,
        figures: sample.figures.clone(),
        health,
        changes: Vec::new(),
        since: None,
    });
    if let Json::Object(members) = &mut told {
        members.shift_remove("if");
        members.shift_remove("since");
        let within = |minutes| sample.cliff.within(minutes);
        members.insert(
            "ending".to_string(),
            json!({
                "1m": within(1),
                "5m": within(5),
                "15m": within(15),
                "1h": within(Cliff::MINUTES),
                "minutes": sample.cliff.minutes.to_vec(),
            }),
        );
        let rates = state.lately().map(|(counts, seconds)| {
            let rate = |count: u64| (count as f64 / seconds * 100.0).round() / 100.0;
            json!({
                "by": if state.told { "notifications" } else { "scans" },
                "seconds": (seconds * 100.0).round() / 100.0,
                "logins": rate(counts.logins),
                "guests": rate(counts.guests),
                "renewals": rate(counts.renewals),
                "ends": rate(counts.ends()),
            })
        });
        members.insert("rates".to_string(), rates.unwrap_or(Json::Null));
        let latency = state.latency.map(|latency| (latency.as_secs_f64() * 1e6).round() / 1000.0);
        members.insert("latency_ms".to_string(), latency.into());
        members.insert("scan_ms".to_string(), (sample.took.as_millis() as u64).into());
    }
    told
}
