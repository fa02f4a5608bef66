//! What a profile forbids: guards that refuse a change as a whole before anything of it is done.

use crate::change::plan::Entry;
use crate::fault::Refusal;
use crate::text::glob::Glob;
use crate::text::mask::short;

/// The guards of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guards {
    /// The profile's name, for messages.
    pub profile: String,
    /// Users, or globs of them.
    pub users: Vec<String>,
    pub layouts: Vec<String>,
    /// What keys begin with.
    pub prefixes: Vec<String>,
    /// The number of sessions must be said before they are changed.
    pub production: bool,
}

impl Guards {
    /// What others protect is protected, too.
    pub fn join(&mut self, others: &Guards) {
        for (own, more) in [
            (&mut self.users, &others.users),
            (&mut self.layouts, &others.layouts),
            (&mut self.prefixes, &others.prefixes),
        ] {
            own.extend(more.iter().cloned());
        }
        self.production |= others.production;
    }

    /// Whether it takes all of the matched sessions to know that a change is permitted.
    pub fn protects(&self) -> bool {
        !(self.users.is_empty() && self.layouts.is_empty() && self.prefixes.is_empty())
    }

    /// Refuses what is protected.
    pub fn check(&self, entry: &Entry) -> Result<(), Refusal> {
        let key = &entry.step.key.0;
        let user = entry.user.as_deref().and_then(|user| {
            let named = |one: &&String| *one == user || Glob::new(one.as_bytes()).matches(user.as_bytes());
            self.users.iter().find(named)
        });
        let layout = self.layouts.iter().find(|layout| **layout == entry.layout);
        let prefix = self.prefixes.iter().find(|prefix| key.starts_with(prefix.as_bytes()));
        let (guard, protected, whose) = match (user, layout, prefix) {
            (Some(user), ..) => ("protected_users", user, "sessions of the user"),
            (_, Some(layout), _) => ("protected_layouts", layout, "sessions of the layout"),
            (.., Some(prefix)) => ("protected_prefixes", prefix, "keys that begin with"),
            _ => return Ok(()),
        };
        Err(Refusal::new(format!(
            "`{guard}` of the profile `{}` protects {whose} `{protected}`, and {} is one of them; nothing was changed",
            self.profile,
            short(&entry.id)
        ))
        .hint("leave them out with --not, or use a profile that does not protect them"))
    }

    /// Refuses what could be a protected user's, because its user is unknown.
    pub fn check_unknown(&self, entry: &Entry) -> Result<(), Refusal> {
        if self.users.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(format!(
            "`protected_users` of the profile `{}` protects users, and the owner of {} is unknown; \
             nothing was changed",
            self.profile,
            short(&entry.id)
        ))
        .hint("select by --user, --authenticated, --anonymous or --not --undecodable, say where the user is with --user-path, or use a profile that protects no users"))
    }

    /// Refuses a blind yes where the number has to be said.
    pub fn permit(&self, yes: bool, expect: Option<u64>) -> Result<(), Refusal> {
        if !self.production || !yes || expect.is_some() {
            return Ok(());
        }
        Err(Refusal::new(format!(
            "the profile `{}` is marked `production`: --yes needs --expect N, the number of sessions",
            self.profile
        ))
        .hint("count them first, or preview with --dry-run"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Fingerprint, Key, Own, Step};

    fn entry(key: &str, layout: &str, user: Option<&str>) -> Entry {
        Entry {
            step: Step {
                key: Key(key.as_bytes().to_vec()),
                hash: false,
                seen: Fingerprint([0; 16]),

                bytes: 1,
                own: Own::End,
                then: Vec::new(),
                ends: None,
                held: None,
            },
            id: b"0123456789abcdef".to_vec(),
            layout: layout.to_string(),
            user: user.map(str::to_string),
            nobody: user.is_none(),
            ends: None,
            memory: None,
        }
    }

    #[test]
    fn each_guard_is_named_and_ids_are_masked() {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let guards = Guards {
            profile: "shop".to_string(),
            users: texts(&["admin", "svc-*", "a[b"]),
            layouts: texts(&["nodebb"]),
            prefixes: texts(&["root:"]),
            production: false,
        };
        let refused = |key: &str, layout: &str, user: Option<&str>| {
            guards.check(&entry(key, layout, user)).err().map(|refusal| refusal.what)
        };
        for (user, glob) in [("admin", "admin"), ("svc-mail", "svc-*"), ("a[b", "a[b")] {
            let what = refused("s:1", "express", Some(user)).expect("refused");
            assert!(
                what.contains("`protected_users` of the profile `shop`") && what.contains(glob),
                "{what}"
            );
            assert!(what.contains("01234567…") && !what.contains("0123456789"), "{what}");
        }
        assert!(refused("s:1", "nodebb", None).is_some_and(|what| what.contains("`protected_layouts`")));
        assert!(refused("root:1", "express", None).is_some_and(|what| what.contains("`protected_prefixes`")));
        for user in [None, Some("Admin"), Some("administrator"), Some("svc")] {
            assert_eq!(refused("s:root:", "express", user), None);
        }
        assert!(guards.protects() && !Guards::default().protects());
    }

    #[test]
    fn production_wants_a_number_with_every_yes() {
        let guards = Guards { production: true, ..Guards::default() };
        assert!(guards.permit(true, None).is_err());
        assert!(guards.permit(true, Some(0)).is_ok() && guards.permit(false, None).is_ok());
        assert!(Guards::default().permit(true, None).is_ok());
    }
}
