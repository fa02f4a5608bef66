//! Keys that are not sessions of any layout asked: what their values look like.
//!
//! That a key is not recognised does not mean that it is not a session. Where the value is of a form that
//! frameworks use and no layout here reads, anyone who counts is told.

use std::collections::BTreeMap;

use crate::codec::{
    self,
    foreign::{self, Foreign},
};
use crate::context::Context;
use crate::store::{Kind, Raw, Record};

/// How many there are, and of which forms.
#[derive(Debug, Default)]
pub(super) struct Others {
    count: u64,
    /// Of the kinds that sessions are: strings and hashes.
    may_be: u64,
    forms: BTreeMap<Foreign, u64>,
}

impl Others {
    pub(super) fn add(&mut self, record: &Record) {
        self.count += 1;
        self.may_be += u64::from(matches!(record.raw.kind(), Some(Kind::String | Kind::Hash)));
        let form = match &record.raw {
            Raw::Text(text) | Raw::Head(text, _) => foreign::of(text),
            // One field tells it for all of them.
            Raw::Hash(fields) => fields.iter().take(32).find_map(|(_, value)| foreign::of(value)),
            _ => None,
        };
        if let Some(form) = form {
            *self.forms.entry(form).or_default() += 1;
        }
    }

    pub(super) fn join(&mut self, other: &Others) {
        self.count += other.count;
        self.may_be += other.may_be;
        for (form, count) in &other.forms {
            *self.forms.entry(*form).or_default() += count;
        }
    }

    /// What such keys are, for the line of a table. Only of a set or a list it is known that it is none.
    pub(super) fn shown(&self) -> String {
        match self.forms.iter().max_by_key(|(_, count)| **count) {
            Some((form, _)) => format!("unknown: {}", form.name),
            None if self.may_be > 0 => "unknown".to_string(),
            None => "no session".to_string(),
        }
    }

    /// Says what was found next to the sessions: of all keys where it is said how many sessions there are,
    /// otherwise of those that look like sessions of someone else.
    pub(super) fn report(&self, context: &Context, sessions: Option<u64>) {
        if let Some(line) = self.line(sessions) {
            context.ui.status(line);
        }
    }

    fn line(&self, sessions: Option<u64>) -> Option<String> {
        let keys = |count: u64| if count == 1 { "1 key".to_string() } else { format!("{count} keys") };
        let hold = |count: u64| if count == 1 { "holds" } else { "hold" };
        let form = |(form, count): (&Foreign, &u64)| {
            let known = codec::ALL.iter().any(|codec| codec.name.eq_ignore_ascii_case(form.name));
            let why = if known { " that fits no known layout" } else { ", which sessctl cannot read" };
            format!("{count} {} {}{why}", hold(*count), form.name)
        };
        let forms: Vec<String> = self.forms.iter().map(form).collect();
        let listed = forms.join("; ");
        match (sessions, self.forms.is_empty()) {
            (Some(_), _) if self.count == 0 => None,
            (None, true) => None,
            (None, false) => Some(format!("of the unknown keys {listed}: they may still be sessions")),
            (Some(sessions), _) => {
                let all = self.count + sessions;
                let are = match sessions {
                    0 => "none of them is a session known to sessctl".to_string(),
                    1 => "1 is a session".to_string(),
                    more => format!("{more} are sessions"),
                };
                let matched = if all == 1 { "matches" } else { "match" };
                let rest = if self.forms.is_empty() { String::new() } else { format!("; {listed}") };
                Some(format!("{} {matched}; {are}{rest}", keys(all)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Key, Need, Ttl};

    #[test]
    fn what_is_not_known_is_not_called_no_session() {
        let mut others = Others::default();
        assert_eq!((others.line(Some(3)), others.line(None)), (None, None));
        let mut add = |raw| {
            let key = Key(b"k".to_vec());
            others.add(&Record {
                key,
                raw,
                ttl: Ttl::Never,
                ends: Vec::new(),
                memory: None,
                exact_end: None,
                asked: Need::VALUE,
            });
        };
        for _ in 0..4 {
            add(Raw::Text(b"\x80\x04\x95\x0b\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s.".to_vec()));
        }
        add(Raw::Text(b"x".to_vec()));
        add(Raw::Other(Kind::Set));
        let line = "6 keys match; none of them is a session known to sessctl; 4 hold pickle";
        assert!(others.line(Some(0)).is_some_and(|said| said.starts_with(line)));
        assert!(others.line(None).is_some_and(|line| line.contains("4 hold pickle")));
        assert_eq!(others.shown(), "unknown: pickle");
        assert_eq!(Others::default().shown(), "no session");
    }
}
