//! The findings: what each is called, how bad it is, why it matters, and what mends it.
//!
//! To add one: a constant of [`Id`] with its line in [`ALL`], and the code that finds it.

use std::collections::BTreeMap;

use clap::ValueEnum;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// What can be found, in the order in which equals are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Id {
    IndexOrphans,
    IndexMissing,
    Leftovers,
    NoTtl,
    TtlTooLong,
    DeadSessions,
    Undecodable,
    MixedPrefix,
    WeakIds,
    PlainSecrets,
    AnonymousFlood,
    ManyPerUser,
    Oversized,
    Eviction,
    Durability,
    ReplicaLag,
    Memory,
    Notifications,
    Rights,
    ConfigReadable,
}

/// What is known of a kind of finding.
pub struct Spec {
    pub id: Id,
    pub name: &'static str,
    pub severity: Severity,
    /// Why it matters, as a sentence.
    pub why: &'static str,
    /// The command that mends it; none where that takes more than sessctl.
    pub fix: Option<&'static str>,
}

pub const ALL: &[Spec] = &[
    Spec {
        id: Id::Eviction,
        name: "eviction",
        severity: Severity::Error,
        why: "When memory runs out, the server evicts sessions of its own choosing: users are logged out at random.",
        fix: None,
    },
    Spec {
        id: Id::Memory,
        name: "memory",
        severity: Severity::Error,
        why: "Close to maxmemory, logins start to fail or sessions start to be evicted.",
        fix: None,
    },
    Spec {
        id: Id::Notifications,
        name: "notifications",
        severity: Severity::Error,
        why: "The framework cleans its indexes on the server's expiry events; without these the indexes only grow.",
        fix: None,
    },
    Spec {
        id: Id::NoTtl,
        name: "no-ttl",
        severity: Severity::Warning,
        why: "Neither the server nor the framework ever ends these sessions: they stay, and so do their logins.",
        fix: Some("sessctl expire --no-ttl --in 14d"),
    },
    Spec {
        id: Id::TtlTooLong,
        name: "ttl-too-long",
        severity: Severity::Warning,
        why: "A stolen cookie works for as long as its session lives.",
        fix: Some("sessctl doctor --fix ttl-too-long"),
    },
    Spec {
        id: Id::DeadSessions,
        name: "dead-sessions",
        severity: Severity::Warning,
        why: "No request can use them any more, yet they still take up space.",
        fix: Some("sessctl purge --expired"),
    },
    Spec {
        id: Id::IndexOrphans,
        name: "index-orphans",
        severity: Severity::Warning,
        why: "The framework looks up each of these entries and finds nothing: logins get slower as the index grows.",
        fix: Some("sessctl doctor --fix index-orphans"),
    },
    Spec {
        id: Id::IndexMissing,
        name: "index-missing",
        severity: Severity::Warning,
        why: "Logging a user out through the index misses these sessions.",
        fix: None,
    },
    Spec {
        id: Id::Leftovers,
        name: "leftovers",
        severity: Severity::Warning,
        why: "Keys that belong to a session outlive it and use memory.",
        fix: Some("sessctl doctor --fix leftovers"),
    },
    Spec {
        id: Id::Undecodable,
        name: "undecodable",
        severity: Severity::Warning,
        why: "Nobody can tell whose they are, so logging a user out may miss one of them.",
        fix: None,
    },
    Spec {
        id: Id::MixedPrefix,
        name: "mixed-prefix",
        severity: Severity::Warning,
        why: "Sessions of several frameworks share a prefix: a pattern meant for one of them hits the others.",
        fix: None,
    },
    Spec {
        id: Id::WeakIds,
        name: "weak-ids",
        severity: Severity::Error,
        why: "An id of fewer than 64 bits, or a sequential one, can be guessed, and whoever guesses it is logged in.",
        fix: None,
    },
    Spec {
        id: Id::PlainSecrets,
        name: "plain-secrets",
        severity: Severity::Warning,
        why: "Anyone who can read the store, a backup or a dump can read users' passwords or card numbers.",
        fix: None,
    },
    Spec {
        id: Id::AnonymousFlood,
        name: "anonymous-flood",
        severity: Severity::Warning,
        why: "Bots or failed logins create more sessions than users do and crowd out the ones that matter.",
        fix: Some("sessctl purge --anonymous --idle '>1d'"),
    },
    Spec {
        id: Id::ManyPerUser,
        name: "many-per-user",
        severity: Severity::Warning,
        why: "An account with this many sessions is shared, scripted or stolen.",
        fix: None,
    },
    Spec {
        id: Id::Oversized,
        name: "oversized",
        severity: Severity::Warning,
        why: "Every request reads and writes the whole session: one this size slows down every page for its user.",
        fix: None,
    },
    Spec {
        id: Id::Durability,
        name: "durability",
        severity: Severity::Info,
        why: "A crash or restart of the server logs out everyone whose session was not on disk yet.",
        fix: None,
    },
    Spec {
        id: Id::Rights,
        name: "rights",
        severity: Severity::Info,
        why: "This server user lacks rights that sessctl needs; commands that need them exit with code 4.",
        fix: None,
    },
    Spec {
        id: Id::ConfigReadable,
        name: "config-readable",
        severity: Severity::Warning,
        why: "The configuration file contains a secret that other users of this machine can read.",
        fix: None,
    },
    Spec {
        id: Id::ReplicaLag,
        name: "replica-lag",
        severity: Severity::Warning,
        why: "A failover brings back what the replica had not heard about: sessions that were ended are valid again.",
        fix: None,
    },
];

impl Id {
    pub fn spec(self) -> &'static Spec {
        // A test holds that each has its line.
        ALL.iter().find(|spec| spec.id == self).unwrap_or(&ALL[0])
    }
}

/// Examples that are kept of a finding.
const EXAMPLES: usize = 3;

/// How often something was found, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    pub count: u64,
    /// Masked.
    pub examples: Vec<String>,
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Findings(BTreeMap<Id, Evidence>);

impl Findings {
    pub fn add(&mut self, id: Id, example: impl FnOnce() -> String) {
        self.add_many(id, 1, example);
    }

    pub fn add_many(&mut self, id: Id, count: u64, example: impl FnOnce() -> String) {
        let evidence = self.0.entry(id).or_default();
        evidence.count += count;
        if evidence.examples.len() < EXAMPLES {
            let example = example();
            if !evidence.examples.contains(&example) {
                evidence.examples.push(example);
            }
        }
    }

    /// Only those that are asked for, the worst first.
    pub fn sorted(self, asked: impl Fn(Id) -> bool) -> Vec<(&'static Spec, Evidence)> {
        let mut all: Vec<_> =
            self.0.into_iter().filter(|(id, _)| asked(*id)).map(|(id, found)| (id.spec(), found)).collect();
        all.sort_by_key(|(spec, _)| (std::cmp::Reverse(spec.severity), spec.id));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_has_one_line_under_the_name_that_is_typed() {
        for id in Id::value_variants() {
            let name = id.to_possible_value().map(|value| value.get_name().to_string());
            assert_eq!(ALL.iter().filter(|spec| spec.id == *id).count(), 1, "{name:?}");
            assert_eq!(name.as_deref(), Some(id.spec().name));
            assert!(id.spec().why.ends_with('.'));
        }
    }
}
