//! Exit codes: the one table that scripts rely on and `sessctl help exit-codes` prints.

use std::fmt::Write as _;
use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Partial = 3,
    Denied = 4,
    Refused = 5,
    Cancelled = 6,
    Found = 7,
    Interrupted = 130,
}

/// Every exit code with its name and meaning, in the order of the codes.
pub const TABLE: &[(Exit, &str, &str)] = &[
    (Exit::Done, "done", "Done, or nothing to do. Also when a filter matches nothing"),
    (Exit::Failed, "failed", "An error; also when a named session does not exist"),
    (Exit::Usage, "usage", "The command line or the configuration file is wrong; nothing was done"),
    (Exit::Partial, "partial", "Partly done: some keys failed, or not all keys could be read"),
    (Exit::Denied, "denied", "The server refused the login or a command"),
    (Exit::Refused, "refused", "Refused by a safety limit before the first change"),
    (Exit::Cancelled, "cancelled", "Cancelled at the question"),
    (Exit::Found, "found", "A check found something, such as a cookie with a wrong signature"),
    (Exit::Interrupted, "interrupted", "Interrupted with Ctrl-C; the current batch was completed"),
];

impl Exit {
    /// From a number, as another run of this program ended with.
    pub fn from_code(code: i32) -> Exit {
        TABLE
            .iter()
            .map(|(exit, ..)| *exit)
            .find(|exit| i32::from(exit.code()) == code)
            .unwrap_or(Exit::Failed)
    }

    /// How it went with several stores: as in all of them, or partly, unless the user stopped it.
    pub fn of_several(exits: impl IntoIterator<Item = Exit>) -> Exit {
        exits
            .into_iter()
            .reduce(|all, one| match (all, one) {
                (all, one) if all == one => all,
                (Exit::Interrupted, _) | (_, Exit::Interrupted) => Exit::Interrupted,
                // A finding is one wherever it is; what went wrong elsewhere says more.
                (Exit::Done, Exit::Found) | (Exit::Found, Exit::Done) => Exit::Found,
                _ => Exit::Partial,
            })
            .unwrap_or(Exit::Done)
    }

    /// The word for it, as the table has it.
    pub fn name(self) -> &'static str {
        TABLE.iter().find(|(exit, ..)| *exit == self).map_or("failed", |(_, name, _)| name)
    }

    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// What an error means for anyone who ran the command. It is said beside the error's definition; anyone who shows
/// errors only asks.
pub trait Advice {
    fn exit(&self) -> Exit;

    /// What to do about it, where that is known.
    fn hint(&self) -> Option<String>;
}

/// The table as text, a code a line.
pub fn table() -> String {
    let mut text = String::new();
    for (exit, name, meaning) in TABLE {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:>4}  {name:<12} {meaning}", exit.code());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_its_numbers_are_the_contract() {
        let codes: Vec<u8> = TABLE.iter().map(|(exit, ..)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 130]);
        assert_eq!(table().lines().count(), TABLE.len());
    }
}
