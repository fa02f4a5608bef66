//! What a change would do, told without doing it.

use std::time::Duration;

use clap::Parser as _;

use crate::error::Usage;
use crate::layout::session::{Login, Session};
use crate::measure;
use crate::select::{Filter, SelectArgs};
use crate::store::Ttl;
use crate::text::units::duration;

/// A change as it would be typed.
#[derive(Debug, clap::Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_help_subcommand = true)]
struct Typed {
    #[command(subcommand)]
    change: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Purge {
        #[command(flatten)]
        select: SelectArgs,
    },
    Clear {
        #[command(flatten)]
        select: SelectArgs,
    },
    Expire {
        /// Sessions that end later would end then.
        #[arg(long, value_parser = duration, conflicts_with = "within", required_unless_present = "within")]
        cap: Option<Duration>,
        #[arg(long = "in", value_parser = duration)]
        within: Option<Duration>,
        #[command(flatten)]
        select: SelectArgs,
    },
}

/// A change, and what it would hit of the sessions that it was shown.
#[derive(Debug)]
pub struct Change {
    /// As it was typed.
    pub text: String,
    filter: Filter,
    /// Only sessions that end later than this, in ms.
    later_than: Option<u64>,
    sessions: u64,
    bytes: u64,
    users: measure::Distinct,
}

impl Change {
    pub fn parse(text: &str) -> anyhow::Result<Change> {
        let wrong = |why: &str| {
            Usage::new(format!("--if '{text}': {why}"))
                .hint("such as --if 'purge --anonymous --idle >2h', or --if 'expire --all --cap 2h'")
        };
        let words = shlex::split(text).ok_or_else(|| wrong("a quotation mark is unclosed"))?;
        let typed = Typed::try_parse_from(words).map_err(|error| {
            let said = error.to_string();
            let line = said.lines().next().unwrap_or_default();
            wrong(line.strip_prefix("error: ").unwrap_or(line))
        })?;
        let needs_filter = matches!(typed.change, Verb::Purge { .. });
        let (select, later_than) = match typed.change {
            Verb::Purge { select } | Verb::Clear { select } => (select, None),
            Verb::Expire { cap, within, select } => (select, cap.or(within)),
        };
        let filter = select.filter().map_err(|error| wrong(&error.to_string()))?;
        // As the command itself has it.
        if filter.is_empty() && needs_filter {
            return Err(wrong("it selects no sessions; give a filter, or --all").into());
        }
        Ok(Change {
            text: text.to_string(),
            filter,
            later_than: later_than.map(|span| span.as_millis() as u64),
            sessions: 0,
            bytes: 0,
            users: measure::Distinct::default(),
        })
    }

    pub fn add(&mut self, session: &Session<'_>) {
        if !self.filter.keeps(session) {
            return;
        }
        if let Some(most) = self.later_than {
            let end = session.expires_at().map(|end| end.saturating_sub(session.now));
            let later = match (end, session.ttl) {
                (Some(left), _) => left > most.cast_signed(),
                (None, ttl) => ttl == Ttl::Never,
            };
            if !later {
                return;
            }
        }
        self.sessions += 1;
        self.bytes += measure::weight(session).0;
        if let Login::User(user) = session.login() {
            self.users.add(user);
        }
    }

    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Users of whom at least one session is hit.
    pub fn users(&self) -> u64 {
        self.users.count()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_as_they_are_typed() {
        assert_eq!(Change::parse("purge --anonymous --idle '>2h'").unwrap().later_than, None);
        assert_eq!(Change::parse("expire --cap 2h").unwrap().later_than, Some(7_200_000));
        for (text, part) in [
            ("purge --idle 'x", "is unclosed"),
            ("destroy", "unrecognized subcommand"),
            ("expire", "required"),
            ("purge", "selects no sessions"),
            ("purge --idle soon", "--idle"),
        ] {
            let error = Change::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
