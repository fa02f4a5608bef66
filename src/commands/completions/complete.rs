//! Completions: which values an option takes, for the scripts that are printed once and for those that
//! ask the program each time.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use crate::change::plan::run;
use crate::commands::Cli;
use crate::commands::help::shown::TOPICS;
use crate::frameworks::{BUILT_IN, Catalog};
use crate::render::columns::COLUMNS;
use crate::select::FILTERS;
use crate::text::safe::safe;
use crate::{codec, config};

/// The variable that makes the program complete a command line instead of running it.
pub const VARIABLE: &str = "SESSCTL_COMPLETE";

/// What the value of an argument is, where the program knows more of it than its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Layout,
    Family,
    /// Columns, separated by commas.
    Columns,
    /// What counts are sorted by.
    Counted,
    Codec,
    Filter,
    Topic,
    Profile,
    Run,
}

/// By the command that an argument belongs to and its name.
fn takes(command: &str, arg: &str) -> Option<Takes> {
    Some(match (command, arg) {
        ("layouts", "name") | (_, "layout") => Takes::Layout,
        ("layouts", "family") => Takes::Family,
        ("count", "sort") => Takes::Counted,
        (_, "columns" | "sort" | "by") => Takes::Columns,
        ("decode", "codec") => Takes::Codec,
        (_, "not") => Takes::Filter,
        ("help" | "man", "topic") => Takes::Topic,
        (_, "profile") => Takes::Profile,
        ("undo" | "show", "run") | (_, "resume") => Takes::Run,
        _ => return None,
    })
}

impl Takes {
    /// The values that are the same on every machine.
    fn values(self) -> Vec<String> {
        let texts = |names: Vec<&str>| names.into_iter().map(str::to_string).collect();
        match self {
            Takes::Layout => BUILT_IN.all().map(|layout| layout.name.to_string()).collect(),
            Takes::Family => {
                let mut families: Vec<&str> = BUILT_IN.all().map(|layout| layout.family).collect();
                families.sort_unstable();
                families.dedup();
                texts(families)
            }
            Takes::Columns => texts(COLUMNS.iter().map(|column| column.name).collect()),
            Takes::Counted => ["count", "-count"]
                .into_iter()
                .chain(COLUMNS.iter().map(|column| column.name))
                .map(str::to_string)
                .collect(),
            Takes::Codec => texts(codec::ALL.iter().map(|codec| codec.name).collect()),
            Takes::Filter => FILTERS.iter().map(|spec| format!("--{}", spec.name)).collect(),
            Takes::Topic => {
                let command = Cli::command();
                let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set());
                let names = shown.map(clap::Command::get_name).chain(TOPICS.iter().map(|topic| topic.name));
                texts(names.collect())
            }
            Takes::Profile | Takes::Run => Vec::new(),
        }
    }

    /// The values as they are on this machine now.
    fn candidates(self) -> Vec<CompletionCandidate> {
        let about = |name: &str, about: String| {
            CompletionCandidate::new(name).help(Some(safe(&about).into_owned().into()))
        };
        match self {
            Takes::Layout => {
                catalog().all().map(|layout| about(layout.name, layout.about.to_string())).collect()
            }
            Takes::Profile => {
                let names = config::show::names(file().as_deref()).unwrap_or_default();
                names.into_iter().map(CompletionCandidate::new).collect()
            }
            Takes::Run => {
                let runs = run::directory().map(|directory| run::list(&directory)).unwrap_or_default();
                // The newest is the likeliest.
                let runs = runs.into_iter().rev().filter_map(Result::ok);
                let what = |start: &run::Start| format!("{}: {}", start.command, start.filter);
                runs.map(|summary| about(&summary.start.run, what(&summary.start))).collect()
            }
            _ => self.values().into_iter().map(CompletionCandidate::new).collect(),
        }
    }
}

fn file() -> Option<PathBuf> {
    std::env::var_os("SESSCTL_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The layouts, with those that the configuration file describes.
fn catalog() -> Catalog {
    // A file that cannot be read describes none; completing is not a place to complain.
    let profile = config::load(file().as_deref(), None).unwrap_or_default();
    Catalog::new(profile.layouts)
}

/// The columns that may follow on those that are written already: `id,us` goes on with `id,user`.
fn columns(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let begun = current.rsplit([',', '-']).next().unwrap_or_default();
    let written = &current[..current.len() - begun.len()];
    COLUMNS
        .iter()
        .filter(|column| column.name.starts_with(begun))
        .map(|column| CompletionCandidate::new(format!("{written}{}", column.name)))
        .collect()
}

/// The command line with the values that its options take on every machine: for scripts that are
/// printed once.
pub fn fixed() -> Command {
    each(Cli::command(), &|takes, arg| {
        let values = takes.values();
        if values.is_empty() { arg } else { arg.value_parser(PossibleValuesParser::new(values)) }
    })
}

/// The command line that asks for the values each time.
pub fn live() -> Command {
    each(Cli::command(), &|takes, arg| match takes {
        Takes::Columns => arg.add(ArgValueCompleter::new(columns)),
        takes => arg.add(ArgValueCandidates::new(move || takes.candidates())),
    })
}

fn each(command: Command, change: &dyn Fn(Takes, Arg) -> Arg) -> Command {
    let name = command.get_name().to_string();
    // `mut_arg` would put each after the others, and what has no name goes by its place.
    command
        .mut_args(|arg| match takes(&name, arg.get_id().as_str()) {
            Some(takes) => change(takes, arg),
            None => arg,
        })
        .mut_subcommands(|sub| each(sub, change))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_on_behind_a_comma() {
        let texts = |current: &str| -> Vec<String> {
            let all = columns(OsStr::new(current));
            all.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(texts("us"), ["user"]);
        assert_eq!(texts("id,us"), ["id,user"]);
        assert_eq!(texts("user,-tt"), ["user,-ttl"]);
        assert!(texts("nothing").is_empty());
    }

    #[test]
    fn the_values_of_every_option_are_known() {
        fixed().debug_assert();
        live().debug_assert();
        for (takes, one) in [
            (Takes::Layout, "connect-redis"),
            (Takes::Columns, "user"),
            (Takes::Counted, "count"),
            (Takes::Counted, "user"),
            (Takes::Codec, "msgpack"),
            (Takes::Filter, "--ttl"),
            (Takes::Topic, "filters"),
        ] {
            assert!(takes.values().iter().any(|value| value == one), "{one}");
        }
    }
}
