//! The figures as Prometheus and OpenMetrics read them.
//!
//! Prometheus text format 0.0.4 (prometheus.io, Exposition formats) names a counter as its sample is named;
//! OpenMetrics 1.0 leaves `_total` out of the name, has units, and ends with `# EOF`.

use std::fmt::Write as _;

use super::sampler::{Sample, State};
use crate::measure::live::{Cliff, Counts};
use crate::measure::{Figures, Top};
use crate::store::Health;
use crate::text::safe::safe;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Prometheus,
    OpenMetrics,
}

impl Form {
    /// By what the client accepts.
    pub(super) fn of(accept: &str) -> Form {
        let open = accept.to_ascii_lowercase().contains("application/openmetrics-text");
        if open { Form::OpenMetrics } else { Form::Prometheus }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Form::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Form::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What is known of one store.
pub(super) struct Of<'s> {
    pub(super) place: &'s str,
    pub(super) state: &'s State,
}

/// Writes one family after the other, each with the samples of all stores.
struct Writer<'s> {
    form: Form,
    all: &'s [Of<'s>],
    out: String,
}

/// Values with a label each.
type Labelled<'s> = Vec<(&'s str, u64)>;

impl<'s> Writer<'s> {
    fn gauge(&mut self, name: &str, help: &str, value: impl Fn(&State) -> Option<f64>) {
        self.alone(name, name, "gauge", help, value);
    }

    /// The name is without `_total`.
    fn counter(&mut self, name: &str, help: &str, value: impl Fn(&State) -> Option<u64>) {
        let value = |state: &State| value(state).map(|count| count as f64);
        self.alone(name, &format!("{name}_total"), "counter", help, value);
    }

    fn alone(
        &mut self,
        family: &str,
        name: &str,
        kind: &str,
        help: &str,
        value: impl Fn(&State) -> Option<f64>,
    ) {
        let mut begun = false;
        for Of { place, state } in self.all {
            let Some(value) = value(state) else { continue };
            if !std::mem::replace(&mut begun, true) {
                self.family(family, kind, help);
            }
            self.sample(name, place, None, value);
        }
    }

    fn gauges(&mut self, name: &str, help: &str, label: &str, values: impl Fn(&'s State) -> Labelled<'s>) {
        let mut begun = false;
        for Of { place, state } in self.all {
            for (of, value) in values(state) {
                if !std::mem::replace(&mut begun, true) {
                    self.family(name, "gauge", help);
                }
                self.sample(name, place, Some((label, of)), value as f64);
            }
        }
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let (total, unit) = match self.form {
            Form::Prometheus if kind == "counter" => ("_total", None),
            Form::Prometheus => ("", None),
            Form::OpenMetrics => ("", ["bytes", "seconds"].into_iter().find(|unit| name.ends_with(unit))),
        };
        let _ = writeln!(self.out, "# HELP {name}{total} {help}");
        let _ = writeln!(self.out, "# TYPE {name}{total} {kind}");
        if let Some(unit) = unit {
            let _ = writeln!(self.out, "# UNIT {name} {unit}");
        }
    }

    fn sample(&mut self, name: &str, place: &str, label: Option<(&str, &str)>, value: f64) {
        let _ = write!(self.out, "{name}{{store=\"{}\"", escaped(place));
        if let Some((label, of)) = label {
            let _ = write!(self.out, ",{label}=\"{}\"", escaped(of));
        }
        let _ = writeln!(self.out, "}} {value}");
    }
}

/// A label's value: what is invisible is written as elsewhere, and then what the format itself escapes.
fn escaped(text: &str) -> String {
    safe(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// What the last scan of a store came to.
fn figures(state: &State) -> Option<&Figures> {
    state.sample.as_ref().map(|sample| &sample.figures)
}

/// All that is known. Users and addresses are in it only where they were asked for.
pub(super) fn text(all: &[Of<'_>], form: Form, users: bool) -> String {
    let mut out = Writer { form, all, out: String::new() };
    out.gauge("sessctl_up", "Whether the last scan of the store completed.", |state| {
        let up = state.sample.is_some() && state.failure.is_none();
        Some(f64::from(u8::from(up)))
    });
    scanned(&mut out);
    if users {
        let help = "Sessions of the users with the most.";
        out.gauges("sessctl_user_sessions", help, "user", |state| {
            named(state, |figures| &figures.users_by_sessions)
        });
        let help = "Sessions from the addresses with the most.";
        out.gauges("sessctl_address_sessions", help, "address", |state| named(state, |figures| &figures.ips));
    }
    counted(&mut out);
    let of_server = |of: fn(&Health) -> Option<u64>| move |state: &State| state.health.as_ref().and_then(of);
    let gauge = |of: fn(&Health) -> Option<u64>| {
        move |state: &State| state.health.as_ref().and_then(of).map(|count| count as f64)
    };
    out.gauge(
        "sessctl_server_memory_bytes",
        "Memory used by the server.",
        gauge(|health| health.used_memory),
    );
    let help = "The server's maxmemory; 0 is no limit.";
    out.gauge("sessctl_server_memory_limit_bytes", help, gauge(|health| health.maxmemory));
    let help = "Keys of the database, sessions and others.";
    out.gauge("sessctl_server_keys", help, gauge(|health| health.keys));
    let help = "Keys the server has evicted since it started.";
    out.counter("sessctl_server_evicted_keys", help, of_server(|health| health.evicted_keys));
    let help = "Keys that have expired since the server started.";
    out.counter("sessctl_server_expired_keys", help, of_server(|health| health.expired_keys));
    let help = "How long the server takes to answer.";
    out.gauge("sessctl_server_latency_seconds", help, |state| {
        state.latency.map(|latency| latency.as_secs_f64())
    });
    if form == Form::OpenMetrics {
        out.out.push_str("# EOF\n");
    }
    out.out
}

/// The names of those that a scan found the most sessions of, and how many.
fn named(state: &State, tops: fn(&Figures) -> &Vec<Top>) -> Labelled<'_> {
    let tops = figures(state).map(tops).into_iter().flatten();
    tops.map(|top| (top.name.as_str(), top.held.sessions)).collect()
}

/// What scans found.
fn scanned(out: &mut Writer<'_>) {
    let gauge = |of: fn(&Figures) -> u64| move |state: &State| figures(state).map(|found| of(found) as f64);
    out.gauge("sessctl_sessions", "Sessions in the store.", gauge(|figures| figures.sessions));
    let help = "Sessions with a user, without one, and whose user is unknown.";
    out.gauges("sessctl_sessions_by_login", help, "login", |state| {
        let Some(figures) = figures(state) else { return Vec::new() };
        vec![("user", figures.authenticated), ("nobody", figures.anonymous), ("unknown", figures.unknown)]
    });
    out.gauges("sessctl_sessions_by_layout", "Sessions by layout.", "layout", |state| {
        named(state, |figures| &figures.layouts)
    });
    out.gauges("sessctl_sessions_by_agent", "Sessions by browser family.", "agent", |state| {
        named(state, |figures| &figures.agents)
    });
    out.gauge("sessctl_users", "Users who have a session.", gauge(|figures| figures.users));
    let help = "Sessions whose value cannot be decoded.";
    out.gauge("sessctl_sessions_undecodable", help, gauge(|figures| figures.undecodable));
    out.gauge(
        "sessctl_sessions_without_ttl",
        "Sessions without a TTL.",
        gauge(|figures| figures.without_ttl),
    );
    let help = "Sessions that have expired but still exist.";
    out.gauge("sessctl_sessions_expired", help, gauge(|figures| figures.expired));
    let help = "Sessions that end within this time unless renewed.";
    out.gauges("sessctl_sessions_ending", help, "within", |state| {
        let Some(sample) = &state.sample else { return Vec::new() };
        let within = |minutes| sample.cliff.within(minutes);
        vec![("1m", within(1)), ("5m", within(5)), ("15m", within(15)), ("1h", within(Cliff::MINUTES))]
    });
    let weighed = out.all.iter().filter_map(|of| of.state.sample.as_ref()).all(|sample| sample.weighed);
    let help = if weighed {
        "Memory taken by session keys, as reported by the server."
    } else {
        "Bytes of the keys and values of sessions."
    };
    out.gauge("sessctl_session_memory_bytes", help, gauge(|figures| figures.bytes.total));
    let of_sample = |of: fn(&Sample) -> f64| move |state: &State| state.sample.as_deref().map(of);
    let help = "How long the last scan took.";
    out.gauge("sessctl_scan_duration_seconds", help, of_sample(|sample| sample.took.as_secs_f64()));
    let help = "When the last scan ended, in seconds since 1970.";
    out.gauge("sessctl_scan_timestamp_seconds", help, of_sample(|sample| sample.at as f64 / 1000.0));
}

/// What happened since it began to watch.
fn counted(out: &mut Writer<'_>) {
    let count = |of: fn(&Counts) -> u64| move |state: &State| state.counts.as_ref().map(of);
    let help = "Sessions that appeared with a user, or gained one.";
    out.counter("sessctl_logins", help, count(|counts| counts.logins));
    let help = "Sessions that appeared without a user.";
    out.counter("sessctl_guests", help, count(|counts| counts.guests));
    let help = "Sessions that were written or whose expiry moved.";
    out.counter("sessctl_renewals", help, count(|counts| counts.renewals));
    let mut begun = false;
    for Of { place, state } in out.all {
        let Some(counts) = &state.counts else { continue };
        if !std::mem::replace(&mut begun, true) {
            let help = "Sessions that ended, and how; unseen is between two scans.";
            out.family("sessctl_ends", "counter", help);
        }
        for (how, count) in [
            ("expired", counts.expired),
            ("evicted", counts.evicted),
            ("removed", counts.removed),
            ("unseen", counts.gone),
        ] {
            out.sample("sessctl_ends_total", place, Some(("how", how)), count as f64);
        }
    }
    let help = "Whether counters come from keyspace notifications (1) or from differences between scans (0).";
    out.gauge("sessctl_notified", help, |state| {
        state.counts.as_ref().map(|_| f64::from(u8::from(state.told)))
    });
    let looked = |state: &State| state.scans + state.failures > 0;
    out.counter("sessctl_scans", "Completed scans.", |state| looked(state).then_some(state.scans));
    out.counter("sessctl_scan_failures", "Failed scans.", |state| looked(state).then_some(state.failures));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_forms_differ_in_counters_units_and_their_end() {
        let state =
            State { scans: 2, latency: Some(std::time::Duration::from_millis(3)), ..State::default() };
        let of = [Of { place: "redis://db1/\"0\"", state: &state }];
        let text = |form| text(&of, form, false);
        let plain = text(Form::Prometheus);
        assert!(plain.contains("# TYPE sessctl_scans_total counter\n"), "{plain}");
        assert!(!plain.contains("# UNIT") && !plain.contains("EOF"), "{plain}");
        let open = text(Form::OpenMetrics);
        assert!(open.contains("# TYPE sessctl_scans counter\n"), "{open}");
        assert!(open.contains("sessctl_scans_total{store=\"redis://db1/\\\"0\\\"\"} 2\n"), "{open}");
        assert!(open.contains("# UNIT sessctl_server_latency_seconds seconds\n"), "{open}");
        assert!(open.contains("_seconds{store=\"redis://db1/\\\"0\\\"\"} 0.003\n"), "{open}");
        assert!(open.ends_with("# EOF\n"), "{open}");
    }

    #[test]
    fn a_family_stands_once_with_the_samples_of_all_stores() {
        let (one, other) =
            (State { scans: 2, ..State::default() }, State { failures: 1, ..State::default() });
        let all = [Of { place: "a", state: &one }, Of { place: "b", state: &other }];
        let text = text(&all, Form::Prometheus, false);
        let scans = "# TYPE sessctl_scans_total counter\nsessctl_scans_total{store=\"a\"} 2\n\
                     sessctl_scans_total{store=\"b\"} 0\n";
        assert!(text.contains(scans), "{text}");
        assert_eq!(text.matches("# TYPE sessctl_up gauge\n").count(), 1, "{text}");
    }

    #[test]
    fn the_form_is_what_the_client_accepts() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
        assert_eq!(Form::of(prometheus), Form::OpenMetrics);
        assert_eq!(Form::of("*/*"), Form::Prometheus);
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd\u{1b}"), "a\\\"b\\\\c\\\\nd\\\\x1b");
    }
}
