//! What is wrong with the server that the sessions are in, by what it says of itself.

use super::findings::{Findings, Id};
use crate::store::Health;
use crate::text::clock;
use crate::text::safe::safe;
use crate::text::words::plural;

/// From this part of maxmemory on there is little left.
const FULL: f64 = 0.9;
/// A replica that was silent for so long, or lacks so much, is behind.
const SILENT_SECONDS: u64 = 10;
const BEHIND: u64 = 16 << 20;

pub(super) fn examine(
    health: &Health,
    sessions: u64,
    needs_events: Option<(&'static str, &'static str)>,
    findings: &mut Findings,
) {
    if sessions == 0 {
        return;
    }
    let limit = health.maxmemory.filter(|most| *most > 0);
    let policy = health.policy.as_deref().unwrap_or("noeviction");
    let evicted = health.evicted_keys.unwrap_or(0);
    if evicted > 0 {
        findings.add_many(Id::Eviction, evicted, || {
            format!("{} evicted since the server started", plural(evicted, "key"))
        });
    } else if limit.is_some() && policy != "noeviction" {
        findings.add(Id::Eviction, || format!("maxmemory-policy is {}", safe(policy)));
    }
    if let (Some(most), Some(used)) = (limit, health.used_memory)
        && used as f64 >= most as f64 * FULL
    {
        findings.add(Id::Memory, || format!("{} of {} used", clock::size(used), clock::size(most)));
    }
    if let (Some((layout, needed)), Some(events)) = (needs_events, &health.notifications) {
        // `A` stands for all classes of events, and not for where they are published.
        let has =
            |class: char| events.contains(class) || (class != 'E' && class != 'K' && events.contains('A'));
        if !needed.chars().all(has) {
            findings.add(Id::Notifications, || {
                format!("{layout} needs {needed}, and notify-keyspace-events is `{}`", safe(events))
            });
        }
    }
    let appended = health.append_only == Some(true);
    let saved = health.save.as_deref().map(|save| !save.is_empty());
    if health.append_only == Some(false) && saved == Some(false) {
        findings.add(Id::Durability, || "neither appendonly nor save is on".to_string());
    } else if appended && health.append_fsync.as_deref() == Some("no") {
        findings.add(Id::Durability, || "appendfsync is no".to_string());
    }
    let lag = health.lag;
    if lag.replicas > 0 && (lag.silent.as_secs() >= SILENT_SECONDS || lag.bytes >= BEHIND || lag.filling) {
        findings.add(Id::ReplicaLag, || {
            if lag.filling {
                return "a replica is doing a full resync".to_string();
            }
            let silent = lag.silent.as_secs();
            format!(
                "the slowest replica is {} behind and was last heard from {silent} s ago",
                clock::size(lag.bytes)
            )
        });
    }
}

/// What could not be looked at, as this user may not ask the server for it.
pub(super) fn unasked(health: &Health) -> Option<&'static str> {
    if health.version.is_none() {
        Some(
            "no permission to ask the server about itself (INFO, CONFIG GET): eviction, memory, \
             durability, replicas and notifications were not checked",
        )
    } else if health.save.is_none() {
        Some(
            "no permission to read the server's settings (CONFIG GET): durability and notifications were \
             not checked",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Option<(&str, &str)> = Some(("spring-session-indexed", "Egx"));

    fn found(health: &Health, needs_events: Option<(&'static str, &'static str)>) -> Vec<&'static str> {
        let mut findings = Findings::default();
        examine(health, 1, needs_events, &mut findings);
        findings.sorted(|_| true).into_iter().map(|(spec, _)| spec.name).collect()
    }

    #[test]
    fn a_server_is_judged_by_what_it_says() {
        let text = |text: &str| Some(text.to_string());
        let fine = Health {
            maxmemory: Some(100),
            used_memory: Some(50),
            policy: text("noeviction"),
            append_only: Some(true),
            append_fsync: text("everysec"),
            notifications: text("gxE"),
            ..Health::default()
        };
        assert!(found(&fine, NEEDS).is_empty());
        assert_eq!(found(&Health { policy: text("allkeys-lru"), ..fine.clone() }, None), ["eviction"]);
        assert_eq!(found(&Health { evicted_keys: Some(7), ..fine.clone() }, None), ["eviction"]);
        assert_eq!(found(&Health { used_memory: Some(95), ..fine.clone() }, None), ["memory"]);
        let silent = Health { notifications: text("K$"), ..fine.clone() };
        assert_eq!(found(&silent, NEEDS), ["notifications"]);
        assert!(found(&silent, None).is_empty());
        let volatile = Health { append_only: Some(false), save: text(""), ..fine };
        assert_eq!(found(&volatile, None), ["durability"]);
        assert!(found(&Health::default(), NEEDS).is_empty(), "who says nothing is not blamed");
    }
}
