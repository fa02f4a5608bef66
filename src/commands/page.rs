//! `sessctl report`: the figures as a page that is one file.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde_json::json;

use super::measured::{self, MeasureArgs};
use super::{doctor, kept};
use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::render::{self, Format};
use crate::text::clock;
use crate::text::words::plural;

mod document;
mod html;
mod plot;

/// Write figures and findings as one self-contained HTML page
///
/// The figures are those of `stats`, the findings those of `doctor`. The page loads nothing from the
/// network or from other files. It contains users and addresses, so only you can read it; of ids it shows
/// only beginnings, with the findings. An existing file is replaced if it is such a page, or with
/// --replace.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl report
  From a dump file, then open it:
    sessctl --store dump.rdb report --out dump.html --open
  For one layout, with the effect of a shorter lifetime:
    sessctl --layout laravel report --if 'expire --all --cap 2h'
  Each week, with what has changed since:
    sessctl report --save week2.json --baseline week1.json --title 'Week 2'
  To another program:
    sessctl report --out - | gzip >report.html.gz")]
pub struct Args {
    /// Write the page to this file, or to standard output with -
    #[arg(long, value_name = "FILE", default_value = "sessctl-report.html", allow_hyphen_values = true)]
    pub out: PathBuf,

    /// The page's heading [default: Sessions in STORE]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,

    /// Show the page in a browser
    #[arg(long)]
    pub open: bool,

    /// Replace the file even if it is not such a page
    #[arg(long)]
    pub replace: bool,

    /// Leave out the findings of `doctor`, which take a second pass over all keys
    #[arg(long)]
    pub no_findings: bool,

    #[command(flatten)]
    pub measure: MeasureArgs,
}

/// Where the page goes.
enum Target<'a> {
    Stdout,
    /// Whether there was a file that it takes the place of.
    File(&'a Path, bool),
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let hint = "the page itself is always HTML; --out names its file";
    context.format.among(Format::OBJECTS, "report prints where the page is", hint)?;
    // What cannot be written is better known before the store is read.
    let target = target(args)?;
    let filter = args.measure.select.filter()?;
    let (measured, mut exit) = measured::measure(context, &args.measure, &filter)?;
    let mut examined = None;
    // A share of the keys says little of faults, and anyone who asks for one does not want all to be read.
    if !args.no_findings && measured.complete && measured.sampled.is_none() {
        for context in context.each() {
            let longest = context.max_ttl.unwrap_or(doctor::LONGEST);
            match doctor::examine_those(context, &filter, longest, false) {
                Ok((found, broken)) => {
                    if let Some(error) = broken {
                        // The figures are there, and worth more than nothing.
                        crate::error::report(&error, context.ui.color_err);
                        exit = Exit::Partial;
                    } else if !found.complete {
                        exit = Exit::Interrupted;
                    }
                    match &mut examined {
                        Some(all) => doctor::Examined::join(all, found),
                        none => *none = Some(found),
                    }
                }
                Err(error) => {
                    crate::error::report(&error, context.ui.color_err);
                    exit = Exit::Partial;
                }
            }
        }
    }
    let title = args.title.clone().unwrap_or_else(|| format!("Sessions in {}", measured.store));
    let page = document::page(&measured, examined.as_ref(), &title, args.measure.top);
    let Target::File(path, replaces) = target else {
        let mut out = context.ui.out();
        out.write_all(page.as_bytes())?;
        out.flush()?;
        return Ok(exit);
    };
    kept::write(path, replaces, page.as_bytes()).with_context(|| format!("writing {}", path.display()))?;
    let sessions = measured.scaled(measured.figures.sessions);
    if context.format == Format::Table {
        context.ui.status(format!(
            "the page about {} was written to {} ({})",
            plural(sessions, "session"),
            path.display(),
            clock::size(page.len() as u64)
        ));
    } else {
        let told = json!({
            "file": path.display().to_string(),
            "bytes": page.len(),
            "sessions": sessions,
            "complete": measured.complete && examined.is_none_or(|examined| examined.complete),
        });
        let mut out = context.ui.out();
        out.write_all(&render::json::value(context.format, &told))?;
        out.flush()?;
    }
    if args.open
        && let Err(error) = open(path)
    {
        context.ui.warn(format!("cannot open {} in a browser: {error}", path.display()));
    }
    Ok(exit)
}

fn target(args: &Args) -> anyhow::Result<Target<'_>> {
    let path = args.out.as_path();
    let shown = path.display();
    if path == Path::new("-") {
        if args.open {
            let what = "standard output cannot be opened in a browser";
            return Err(crate::error::Usage::new(what)
                .hint("name a file with --out, or leave out --open")
                .into());
        }
        return Ok(Target::Stdout);
    }
    let there = match path.symlink_metadata() {
        Ok(found) if !found.is_file() => {
            return Err(Failure::new(format!("{shown} exists and is not a regular file"))
                .hint("choose another name for the page with --out; `--out -` is standard output")
                .into());
        }
        Ok(_) if args.replace => true,
        Ok(_) if document::is_one(&beginning(path).with_context(|| format!("reading {shown}"))?) => true,
        Ok(_) => {
            return Err(Failure::new(format!("{shown} already exists and is not a sessctl report"))
                .hint("choose another name with --out, or replace it with --replace")
                .into());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(|| format!("writing {shown}")),
    };
    kept::permit_beside(path).with_context(|| format!("writing {shown}"))?;
    Ok(Target::File(path, there))
}

fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    File::open(path)?.take(1024).read_to_end(&mut read)?;
    Ok(read)
}

/// Shows a file in the browser that the desktop has chosen, and says why it cannot.
fn open(path: &Path) -> io::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    // From the root on: a name that begins with `-` would be an option.
    let path = fs::canonicalize(path)?;
    let status = Command::new(opener)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| io::Error::new(error.kind(), format!("{opener}: {error}")))?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{opener} failed ({status})"))) }
}
