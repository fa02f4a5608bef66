//! The figures as Prometheus and OpenMetrics read them.
//!
//! Prometheus text format 0.0.4 (prometheus.io, Exposition formats) names a counter as its sample is named;
//! OpenMetrics 1.0 leaves `_total` out of the name, has units, and ends with `# EOF`.

use std::fmt::Write as _;

use super::sampler::State;
use crate::measure::live::Cliff;
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

/// Writes one family after the other.
struct Writer<'p> {
    form: Form,
    place: &'p str,
    out: String,
}

impl Writer<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.family(name, "gauge", help);
            self.sample(name, None, value);
        }
    }

    fn gauges<'l>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'l str, u64)>,
    ) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_some() {
            self.family(name, "gauge", help);
        }
        for (of, value) in values {
            self.sample(name, Some((label, of)), value as f64);
        }
    }

    /// The name is without `_total`.
    fn counter(&mut self, name: &str, help: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.family(name, "counter", help);
            self.sample(&format!("{name}_total"), None, value as f64);
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

    fn sample(&mut self, name: &str, label: Option<(&str, &str)>, value: f64) {
        let _ = write!(self.out, "{name}{{store=\"{}\"", escaped(self.place));
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

/// All that is known. Users and addresses are in it only where they were asked for.
pub(super) fn text(state: &State, place: &str, form: Form, users: bool) -> String {
    let mut out = Writer { form, place, out: String::new() };
    let up = state.sample.is_some() && state.failure.is_none();
    out.gauge("sessctl_up", "Whether the last scan of the store completed.", Some(f64::from(u8::from(up))));
    if let Some(sample) = &state.sample {
        let figures = &sample.figures;
        let gauge = |count: u64| Some(count as f64);
        out.gauge("sessctl_sessions", "Sessions in the store.", gauge(figures.sessions));
        out.gauges(
            "sessctl_sessions_by_login",
            "Sessions with a user, without one, and whose user is unknown.",
            "login",
            [("user", figures.authenticated), ("nobody", figures.anonymous), ("unknown", figures.unknown)],
        );
        let layouts = figures.layouts.iter().map(|top| (top.name.as_str(), top.held.sessions));
        out.gauges("sessctl_sessions_by_layout", "Sessions by layout.", "layout", layouts);
        let agents = figures.agents.iter().map(|top| (top.name.as_str(), top.held.sessions));
        out.gauges("sessctl_sessions_by_agent", "Sessions by browser family.", "agent", agents);
        out.gauge("sessctl_users", "Users who have a session.", gauge(figures.users));
        for (name, help, count) in [
            ("undecodable", "Sessions whose value cannot be decoded.", figures.undecodable),
            ("without_ttl", "Sessions without a TTL.", figures.without_ttl),
            ("expired", "Sessions that have expired but still exist.", figures.expired),
        ] {
            out.gauge(&format!("sessctl_sessions_{name}"), help, gauge(count));
        }
        let within = |minutes| sample.cliff.within(minutes);
        out.gauges(
            "sessctl_sessions_ending",
            "Sessions that end within this time unless renewed.",
            "within",
            [("1m", within(1)), ("5m", within(5)), ("15m", within(15)), ("1h", within(Cliff::MINUTES))],
        );
        let help = if sample.weighed {
            "Memory taken by session keys, as reported by the server."
        } else {
            "Bytes of the keys and values of sessions."
        };
        out.gauge("sessctl_session_memory_bytes", help, gauge(figures.bytes.total));
        out.gauge(
            "sessctl_scan_duration_seconds",
            "How long the last scan took.",
            Some(sample.took.as_secs_f64()),
        );
        out.gauge(
            "sessctl_scan_timestamp_seconds",
            "When the last scan ended, in seconds since 1970.",
            Some(sample.at as f64 / 1000.0),
        );
        if users {
            let top = figures.users_by_sessions.iter().map(|top| (top.name.as_str(), top.held.sessions));
            out.gauges("sessctl_user_sessions", "Sessions of the users with the most.", "user", top);
            let top = figures.ips.iter().map(|top| (top.name.as_str(), top.held.sessions));
            out.gauges(
                "sessctl_address_sessions",
                "Sessions from the addresses with the most.",
                "address",
                top,
            );
        }
    }
    if let Some(counts) = &state.counts {
        out.counter(
            "sessctl_logins",
            "Sessions that appeared with a user, or gained one.",
            Some(counts.logins),
        );
        out.counter("sessctl_guests", "Sessions that appeared without a user.", Some(counts.guests));
        out.counter(
            "sessctl_renewals",
            "Sessions that were written or whose expiry moved.",
            Some(counts.renewals),
        );
        out.family("sessctl_ends", "counter", "Sessions that ended, and how; unseen is between two scans.");
        for (how, count) in [
            ("expired", counts.expired),
            ("evicted", counts.evicted),
            ("removed", counts.removed),
            ("unseen", counts.gone),
        ] {
            out.sample("sessctl_ends_total", Some(("how", how)), count as f64);
        }
        let help =
            "Whether counters come from keyspace notifications (1) or from differences between scans (0).";
        out.gauge("sessctl_notified", help, Some(f64::from(u8::from(state.told))));
    }
    if state.scans + state.failures > 0 {
        out.counter("sessctl_scans", "Completed scans.", Some(state.scans));
        out.counter("sessctl_scan_failures", "Failed scans.", Some(state.failures));
    }
    if let Some(health) = &state.health {
        let gauge = |count: Option<u64>| count.map(|count| count as f64);
        out.gauge("sessctl_server_memory_bytes", "Memory used by the server.", gauge(health.used_memory));
        out.gauge(
            "sessctl_server_memory_limit_bytes",
            "The server's maxmemory; 0 is no limit.",
            gauge(health.maxmemory),
        );
        out.gauge("sessctl_server_keys", "Keys of the database, sessions and others.", gauge(health.keys));
        let help = "Keys the server has evicted since it started.";
        out.counter("sessctl_server_evicted_keys", help, health.evicted_keys);
        let help = "Keys that have expired since the server started.";
        out.counter("sessctl_server_expired_keys", help, health.expired_keys);
    }
    let latency = state.latency.map(|latency| latency.as_secs_f64());
    out.gauge("sessctl_server_latency_seconds", "How long the server takes to answer.", latency);
    if form == Form::OpenMetrics {
        out.out.push_str("# EOF\n");
    }
    out.out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_forms_differ_in_counters_units_and_their_end() {
        let state =
            State { scans: 2, latency: Some(std::time::Duration::from_millis(3)), ..State::default() };
        let text = |form| text(&state, "redis://db1/\"0\"", form, false);
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
