//! From an error to lines on stderr and an exit code: the only place that looks through the chain.
//!
//! What went wrong stands on a line `error:`, each cause on a line `because:`, and what to do about
//! it on the last line, `hint:`. Nothing of it holds a password or a session id, and what came from
//! elsewhere is made safe for the terminal.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::change::plan::run::Damage;
use crate::cookie::CookieError;
use crate::exit::Exit;
use crate::layout::setup::OptionError;
use crate::resolve::NotFound;
use crate::select::SelectError;
use crate::store;
use crate::text::safe::safe;
use crate::ui::wrapped;

pub use crate::fault::{Failure, Interrupted, Refusal, Usage, did_you_mean, nearest};

/// An error as it is told.
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
    judge_store(error).1.map(|hint| safe(&hint).into_owned())
}

/// Whoever reads our output had enough.
fn is_broken_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The exit code and the advice, if this link of the chain decides.
fn judge(cause: &(dyn std::error::Error + 'static)) -> Option<(Exit, Option<String>)> {
    if cause.downcast_ref::<Interrupted>().is_some() {
        return Some((Exit::Interrupted, None));
    }
    if let Some(error) = cause.downcast_ref::<Refusal>() {
        return Some((Exit::Refused, error.hint.clone()));
    }
    if let Some(error) = cause.downcast_ref::<Usage>() {
        return Some((Exit::Usage, error.hint.clone()));
    }
    if let Some(error) = cause.downcast_ref::<Failure>() {
        return Some((Exit::Failed, error.hint.clone()));
    }
    if let Some(error) = cause.downcast_ref::<store::Error>() {
        return Some(judge_store(error));
    }
    if let Some(error) = cause.downcast_ref::<OptionError>() {
        return Some((Exit::Usage, Some(advise_option(error))));
    }
    if let Some(error) = cause.downcast_ref::<SelectError>() {
        // A file that cannot be read is no mistake in the command line.
        let exit = if matches!(error, SelectError::Ids { .. }) { Exit::Failed } else { Exit::Usage };
        return Some((exit, None));
    }
    if let Some(error) = cause.downcast_ref::<CookieError>() {
        return Some((Exit::Failed, advise_cookie(error)));
    }
    if let Some(error) = cause.downcast_ref::<NotFound>() {
        return Some((Exit::Failed, advise_name(error)));
    }
    if let Some(Damage::Absent(_)) = cause.downcast_ref::<Damage>() {
        return Some((Exit::Failed, Some("`sessctl runs` lists those that are kept".to_string())));
    }
    if let Some(damage) = cause.downcast_ref::<Damage>().filter(|damage| damage.is_forgery()) {
        return Some((Exit::Refused, Some(advise_forgery(damage))));
    }
    None
}

fn advise_forgery(damage: &Damage) -> String {
    let place = match damage {
        Damage::Forged { path, .. } | Damage::Keyless { path } => crate::change::plan::bound::place_of(path),
        _ => return String::new(),
    };
    format!(
        "nothing was changed; what is in it was not written by sessctl, or {} is not the key that was there \
         when it was",
        place.display()
    )
}

fn advise_name(error: &NotFound) -> Option<String> {
    match error {
        NotFound::Nothing { .. } => Some(
            "it may have ended meanwhile; `sessctl list` shows those that are there, and --store names another \
             server"
                .to_string(),
        ),
        NotFound::Several { which, .. } if which.iter().any(|name| name.contains('#')) => Some(
            "give more of it; some begin alike over half of their length, and `sessctl list --reveal` shows them whole"
                .to_string(),
        ),
        NotFound::Several { .. } => Some("give more of it; each of these names one".to_string()),
        NotFound::Short { .. } | NotFound::NoSession { .. } => None,
    }
}

fn advise_cookie(error: &CookieError) -> Option<String> {
    match error {
        CookieError::NeedsKeyOf { option: "key_ring", .. } => Some(
            "put the XML of each key into the profile's options as key_ring: the files key-*.xml, or where \
             the ring is in Redis the items of a list: redis-cli LRANGE DataProtection-Keys 0 -1"
                .to_string(),
        ),
        CookieError::WrongName { .. } => Some(
            "it is what SetApplicationName was given, else the path of the application's content root"
                .to_string(),
        ),
        _ => None,
    }
}

fn judge_store(error: &store::Error) -> (Exit, Option<String>) {
    use store::Error::{
        Answer, Authentication, Backup, Cluster, Connect, Denied, Full, Loading, Lost, Refused, Replica,
        Stuck, Target, Timeout,
    };
    match error {
        // Other reasons, such as a certificate, say themselves what to do.
        Connect { reason, .. } => (
            Exit::Failed,
            store::failure::ABSENT.contains(&reason.as_str()).then(|| {
                "is the server running, and is this its address? Name another with --store, \
                 SESSCTL_STORE or a profile"
                    .to_string()
            }),
        ),
        Authentication { reason, .. } if reason == store::failure::NO_PASSWORD => (Exit::Denied, None),
        Authentication { .. } => (
            Exit::Denied,
            Some(
                "give the password with --password-file FILE or in the environment variable \
                 REDISCLI_AUTH, and an ACL user in the URL: redis://USER@HOST"
                    .to_string(),
            ),
        ),
        Denied { user, command, .. } => (Exit::Denied, Some(advise_acl(user, command))),
        Lost { .. } => (Exit::Failed, Some("run the command again; what was done is done".to_string())),
        Timeout { .. } => (Exit::Failed, Some("--timeout gives the server longer".to_string())),
        Loading { .. } => (Exit::Failed, Some("try again when the server has loaded its data".to_string())),
        Cluster { .. } => (
            Exit::Failed,
            Some(
                "a Redis Cluster is not supported yet: sessions and their indexes lie on several nodes, \
                 one of which neither shows all of them nor can end them together"
                    .to_string(),
            ),
        ),
        Replica { .. } => (
            Exit::Failed,
            Some(
                "a replica can be read; name its primary with --store to change something (INFO \
                 replication says which it is)"
                    .to_string(),
            ),
        ),
        Stuck { .. } => (
            Exit::Failed,
            Some("go on when the server is better, or with a wider limit; what was done is done".to_string()),
        ),
        Backup(_) => (
            Exit::Failed,
            Some("nothing is changed that cannot be undone; make room, or say --no-undo".to_string()),
        ),
        Target(_) => (
            Exit::Usage,
            Some("a store is redis://HOST:PORT/DB, rediss://HOST:PORT/DB or unix:///PATH?db=N".to_string()),
        ),
        Full { user: Some(user), .. } => (Exit::Denied, Some(advise_acl(user, "EVAL"))),
        Full { .. } => (Exit::Failed, Some(ROOM.to_string())),
        Refused { .. } if error.is_full() => (Exit::Failed, Some(ROOM.to_string())),
        Refused { .. } | Answer { .. } => (Exit::Failed, None),
    }
}

/// What helps a server that is full.
const ROOM: &str = "the server has no memory left: give it some (CONFIG SET maxmemory) or make room, and run \
                    the command again; what was done is done";

/// The rule that permits a command, as an administrator would type it.
fn advise_acl(user: &str, command: &str) -> String {
    // A subcommand is permitted as `+client|setname`.
    let rule = command.trim().to_ascii_lowercase().replace(' ', "|");
    format!("an administrator permits it with: ACL SETUSER {user} +{rule}")
}

fn advise_option(error: &OptionError) -> String {
    match error {
        OptionError::Unknown { near: Some(near), .. } | OptionError::Nowhere { near: Some(near), .. } => {
            format!("did you mean `{near}`?")
        }
        OptionError::Unknown { known, .. } => format!("known are: {}", known.join(", ")),
        OptionError::Form { layout, .. } => format!("`sessctl layouts {layout}` explains its options"),
        OptionError::Layout { near, .. } if !near.is_empty() => {
            format!("did you mean `{}`?", near.join("` or `"))
        }
        OptionError::Nowhere { .. } => {
            "name the profile's `layout`; `sessctl layouts NAME` lists its options".to_string()
        }
        OptionError::Layout { .. } => "`sessctl layouts` lists all of them".to_string(),
    }
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
            (store::Error::Connect { place: place(), reason: reason() }.into(), Exit::Failed),
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
            ["reading the sessions", "ops may not run CLIENT SETNAME on redis://db1:6379/0"]
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
        assert_eq!(did_you_mean("zzz", ["store", "layout"]), "known are: store, layout");
    }
}
