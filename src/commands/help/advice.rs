//! What is said of a mistake in the command line: what people mean who come from other tools.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Commands of other tools, and which of ours does that.
const COMMANDS: &[(&str, &str)] = &[
    ("find", "list"),
    ("search", "list"),
    ("grep", "list"),
    ("sessions", "list"),
    ("who", "list"),
    ("users", "count"),
    ("info", "discover"),
    ("scan", "discover"),
    ("detect", "discover"),
    ("ping", "doctor"),
    ("health", "doctor"),
    ("check", "doctor"),
    ("lint", "doctor"),
    ("top", "watch"),
    ("monitor", "watch"),
    ("summary", "stats"),
    ("frameworks", "layouts"),
    ("ttl", "expire"),
    ("touch", "expire"),
    ("flush", "clear"),
    ("truncate", "clear"),
    ("restore", "undo"),
    ("rollback", "undo"),
    ("revert", "undo"),
    ("history", "runs"),
    ("log", "runs"),
    ("audit", "runs"),
    ("unserialize", "decode"),
    ("decrypt", "decode"),
];

/// Options of other tools, and what does that here.
const OPTIONS: &[(&str, &str)] = &[
    ("--created", "--age"),
    ("--since", "--age"),
    ("--older", "--age"),
    ("--newer", "--age"),
    ("--last-seen", "--idle"),
    ("--expires", "--ttl"),
    ("--user-agent", "--agent"),
    ("--browser", "--agent"),
    ("--noheaders", "--no-headers"),
    ("--no-heading", "--no-headers"),
    ("--utc", "--times"),
    ("--local", "--times"),
    ("--filter", "--where"),
    ("--data", "--where"),
    ("--force", "--yes"),
    ("--no-input", "--yes"),
    ("--check", "--dry-run"),
    ("--host", "--store"),
    ("--url", "--store"),
    ("--uri", "--store"),
    ("--port", "--store"),
    ("--tls", "--store"),
    ("--json", "--output"),
    ("--csv", "--output"),
    ("--framework", "--layout"),
    ("--username", "--user"),
    ("--order", "--sort"),
    ("--head", "--limit"),
    ("--fields", "--columns"),
    ("--group-by", "--by"),
];

/// Options that there is nothing like, and what to do instead.
const INSTEAD: &[(&str, &str)] = &[
    ("--watch", "list shows one moment; `sessctl watch` shows sessions come and go"),
    ("--follow", "list shows one moment; `sessctl watch` shows sessions come and go"),
    ("--wide", "`sessctl list --wide` shows more columns"),
    ("--desc", "a `-` before the column sorts descending: --sort -ttl"),
];

/// Forms of output of other tools.
const FORMS: &[(&str, &str)] = &[
    ("yml", "use -o yaml"),
    ("name", "-o ids prints the ids only"),
    ("text", "-o table is meant for people"),
    ("jsonl", "for one JSON object a line, use -o ndjson"),
];

/// Says what was meant in place of what merely is spelt alike.
pub fn improve(mut error: clap::Error) -> clap::Error {
    let text = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    let known = |table: &[(&str, &'static str)], name: &str| {
        table.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours)
    };
    let instead = |error: &mut clap::Error, kind, advice: &str| {
        error.remove(kind);
        let advice = ContextValue::StyledStrs(vec![advice.to_string().into()]);
        error.insert(ContextKind::Suggested, advice);
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            if let Some(ours) = known(COMMANDS, &text(&error, ContextKind::InvalidSubcommand)) {
                error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![ours.to_string()]));
            }
        }
        ErrorKind::UnknownArgument => {
            let name = text(&error, ContextKind::InvalidArg);
            if let Some(advice) = known(INSTEAD, &name) {
                instead(&mut error, ContextKind::SuggestedArg, advice);
            } else if let Some(ours) = known(OPTIONS, &name) {
                error.insert(ContextKind::SuggestedArg, ContextValue::String(ours.to_string()));
            }
        }
        ErrorKind::InvalidValue if text(&error, ContextKind::InvalidArg).starts_with("--output") => {
            if let Some(advice) = known(FORMS, &text(&error, ContextKind::InvalidValue)) {
                instead(&mut error, ContextKind::SuggestedValue, advice);
            }
        }
        _ => {}
    }
    error
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use crate::commands::Cli;
    use crate::commands::help::shown;

    fn said(args: &[&str]) -> String {
        let args = std::iter::once("sessctl").chain(args.iter().copied());
        let error = shown::command().try_get_matches_from(args).expect_err("a mistake");
        super::improve(error).to_string()
    }

    #[test]
    fn what_was_meant_is_said() {
        for (args, advice) in [
            (&["search", "alice"][..], "'list'"),
            (&["history"], "'runs'"),
            (&["list", "--created", "1h"], "'--age'"),
            (&["purge", "--force"], "'--yes'"),
            (&["list", "--watch"], "sessctl watch"),
            (&["ping"], "'doctor'"),
            (&["list", "-o", "yml"], "-o yaml"),
            (&["lsit"], "'list'"),
        ] {
            let said = said(args);
            assert!(said.contains(advice), "{args:?}: {said}");
        }
    }

    #[test]
    fn a_tip_names_what_there_is() {
        let command = Cli::command();
        for (_, ours) in super::COMMANDS {
            assert!(command.find_subcommand(ours).is_some(), "{ours}");
        }
        let options: Vec<String> = std::iter::once(&command)
            .chain(command.get_subcommands())
            .flat_map(clap::Command::get_arguments)
            .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
            .collect();
        for (theirs, ours) in super::OPTIONS {
            assert!(options.iter().any(|option| option == ours), "{ours}");
            assert!(!options.iter().any(|option| option == theirs), "{theirs} is one of ours");
        }
    }

    #[test]
    fn usage_lines_are_short_and_name_no_environment() {
        for (args, usage) in [
            (&["purge", "--nothing"][..], "Usage: sessctl purge [OPTIONS] [ID]...\n"),
            (&["completions"], "Usage: sessctl completions [OPTIONS] <SHELL>\n"),
            (&["apply"], "Usage: sessctl apply [OPTIONS] <FILE>\n"),
        ] {
            assert!(said(args).contains(usage), "{}", said(args));
        }
    }
}
