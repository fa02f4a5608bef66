//! From an error to lines on stderr and an exit code: the only place that looks through the chain.
//!
//! What went wrong stands on a line `error:`, each cause on a line `because:`, and what to do about
//! it on the last line, `hint:`. Nothing of it holds a password or a session id, and what came from
//! elsewhere is made safe for the terminal.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::change::plan::run::Damage;
use crate::cookie::CookieError;
use crate::exit::{Advice, Exit};
use crate::layout::setup::OptionError;
use crate::resolve::NotFound;
use crate::select::SelectError;
use crate::store;
use crate::text::safe::safe;
use crate::ui::wrapped;

pub use crate::fault::{Failure, Interrupted, Lacking, Refusal, Usage, did_you_mean, nearest};

/// An error as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub exit: Exit,
    /// What went wrong and its causes; empty when there is nothing to say.
    pub lines: Vec<String>,
    pub hint: Option<String>,
}

/// Writes the error on stderr and gives the exit code.
pub fn report(error: &anyhow::Error, color: bool) -> Exit {
    let told = tell(error);
    let (red, cyan, off) = if color { ("\x1b[1;31m", "\x1b[1;36m", "\x1b[0m") } else { ("", "", "") };
    let mut text = String::new();
    // Broken into lines before it is coloured: escape sequences have no width.
    let mut say = |on: &str, head: &str, line: &str| {
        let line = format!("{head} {line}");
        let line = wrapped(&line, 0);
        let line = if on.is_empty() {
            line.into_owned()
        } else {
            line.replacen(head, &format!("{on}{head}{off}"), 1)
        };
        let _ = writeln!(text, "{line}");
    };
    for (at, line) in told.lines.iter().enumerate() {
        if at == 0 {
            say(red, "error:", line);
        } else {
            say("", "  because:", line);
        }
    }
    if let Some(hint) = &told.hint {
        say(cyan, "hint:", hint);
    }
    // Nothing useful can be done when stderr is closed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
    told.exit
}

/// The lines, the hint and the exit code of an error.
pub fn tell(error: &anyhow::Error) -> Told {
    if error.chain().any(is_broken_pipe) {
        return Told { exit: Exit::Done, lines: Vec::new(), hint: None };
    }
    let mut lines: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = safe(cause.to_string().trim()).into_owned();
        // Errors that quote their cause have said it already.
        if !lines.last().is_some_and(|last| last.contains(&text)) {
            lines.push(text);
        }
    }
    let (exit, hint) = error.chain().find_map(judge).unwrap_or((Exit::Failed, None));
    let hint = hint.map(|hint| safe(&hint).into_owned());
    Told { exit, lines, hint }
}

/// The advice that goes with what a store says.
pub fn hint_of(error: &store::Error) -> Option<String> {
    error.hint().map(|hint| safe(&hint).into_owned())
}

/// The exit code and the advice, if this link of the chain has any.
fn judge(cause: &(dyn std::error::Error + 'static)) -> Option<(Exit, Option<String>)> {
    macro_rules! first {
        ($($type:ty)*) => {
            None$(.or_else(|| cause.downcast_ref::<$type>().map(|error| error as &dyn Advice)))*
        };
    }
    let advised: Option<&dyn Advice> = first!(
        Interrupted Lacking Refusal Usage Failure store::Error OptionError SelectError CookieError NotFound Damage
    );
    advised.map(|error| (error.exit(), error.hint()))
}

/// The reader closed the pipe.
fn is_broken_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn denied(command: &str) -> store::Error {
        let place = "redis://db1:6379/0".to_string();
        store::Error::Denied { place, user: "ops".to_string(), command: command.to_string() }
    }

    #[test]
    fn every_kind_of_error_has_its_exit_code() {
        let place = || "redis://db1:6379/0".to_string();
        let reason = || "so".to_string();
        let option = OptionError::Layout { name: "x".to_string(), near: vec!["express"] };
        let cases: Vec<(anyhow::Error, Exit)> = vec![
            (anyhow!("anything"), Exit::Failed),
            (Interrupted.into(), Exit::Interrupted),
            (Refusal::new("too many").into(), Exit::Refused),
            (Usage::new("no").into(), Exit::Usage),
            (Failure::new("no").into(), Exit::Failed),
            (option.into(), Exit::Usage),
            (
                store::Error::Connect { place: place(), reason: store::Reason::Unfit(reason()) }.into(),
                Exit::Failed,
            ),
            (store::Error::Authentication { place: place(), reason: reason() }.into(), Exit::Denied),
            (denied("GET").into(), Exit::Denied),
            (store::Error::Lost { place: place(), reason: reason() }.into(), Exit::Failed),
            (store::Error::Timeout { place: place(), seconds: 3 }.into(), Exit::Failed),
            (store::Error::Cluster { place: place() }.into(), Exit::Failed),
            (store::Error::Replica { place: place() }.into(), Exit::Failed),
            (store::Error::Loading { place: place() }.into(), Exit::Failed),
            (store::Error::Stuck { minutes: 10, why: reason() }.into(), Exit::Failed),
            (store::Error::Target("no".to_string()).into(), Exit::Usage),
            (io::Error::from(io::ErrorKind::BrokenPipe).into(), Exit::Done),
        ];
        for (error, exit) in cases {
            assert_eq!(tell(&error).exit, exit, "{error}");
            // A context in front changes nothing.
            assert_eq!(tell(&error.context("reading")).exit, exit);
        }
    }

    #[test]
    fn causes_stand_on_their_own_lines_and_the_hint_comes_last() {
        let error = anyhow::Error::from(denied("CLIENT SETNAME")).context("reading the sessions");
        let told = tell(&error);
        assert_eq!(
            told.lines,
            ["reading the sessions", "ops has no permission to run CLIENT SETNAME on redis://db1:6379/0"]
        );
        assert!(told.hint.is_some_and(|hint| hint.contains("ACL SETUSER ops +client|setname")));
    }

    #[test]
    fn messages_are_safe_and_not_said_twice() {
        let error = anyhow!("a\x1b[2J").context("outer: a\x1b[2J");
        assert_eq!(tell(&error).lines, ["outer: a\\x1b[2J"]);
        let pipe = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
        assert!(tell(&pipe).lines.is_empty());
    }

    #[test]
    fn misspelt_names_are_guessed() {
        assert_eq!(nearest("stroe", ["store", "layout"]), Some("store"));
        assert_eq!(nearest("zzz", ["store", "layout"]), None);
        assert_eq!(did_you_mean("zzz", ["store", "layout"]), "available: store, layout");
    }
}
