//! What stands in the page, and in which order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::html::Html;
use super::plot::{Bar, bars};
use crate::commands::doctor::Examined;
use crate::commands::measured::Measured;
use crate::measure::spread::Spreading;
use crate::measure::{Top, TopPath};
use crate::text::clock::{self, size, span};
use crate::text::words::plural;

const STYLE: &str = include_str!("style.css");
const SORT: &str = include_str!("sort.js");

/// What every page begins with, and nothing else is likely to.
const BEGIN: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"generator\" content=\"sessctl ";

/// Whether a file that begins so is one of these pages, of any version.
pub(super) fn is_one(beginning: &[u8]) -> bool {
    beginning.starts_with(BEGIN.as_bytes())
}

/// A part of the page: its name in links, its heading and what is in it.
struct Section {
    id: &'static str,
    head: &'static str,
    body: Html,
}

/// The page as a whole.
pub(super) fn page(measured: &Measured, examined: Option<&Examined>, title: &str, top: usize) -> String {
    let sections = sections(measured, examined, top);
    let mut html = Html::default();
    html.markup(BEGIN).markup(env!("CARGO_PKG_VERSION")).markup("\">\n");
    // Of what a page may do this one may show its own style and run its own script, and nothing else.
    html.markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    html.text(&hash(STYLE)).markup("'; script-src '").text(&hash(SORT));
    html.markup("'; base-uri 'none'; form-action 'none'\">\n");
    html.markup(
        "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n",
    );
    html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        .text(title);
    html.markup("</title>\n<style>").markup(STYLE).markup("</style>\n</head>\n<body>\n");
    html.markup("<a class=\"skip\" href=\"#main\">Skip to the figures</a>\n<header>\n<h1>").name(title);
    html.markup("</h1>\n<p>").name(&measured.store);
    if let Some(at) = clock::time(measured.at) {
        html.markup(", as of ").text(&at);
    }
    html.markup("</p>\n<nav aria-label=\"Parts of this page\">\n<ul>\n");
    for section in &sections {
        html.markup("<li><a href=\"#").markup(section.id).markup("\">").markup(section.head);
        html.markup("</a></li>\n");
    }
    html.markup("</ul>\n</nav>\n</header>\n<main id=\"main\">\n");
    if !measured.complete {
        html.markup(
            "<p class=\"warn\" role=\"note\"><strong>Incomplete:</strong> the store was not read to its ",
        );
        html.markup("end. There may be more sessions than counted here.</p>\n");
    }
    if let Some(error) = measured.error() {
        let (share, keys) = measured.sampled.unwrap_or_default();
        html.markup("<p class=\"warn\" role=\"note\"><strong>Estimated</strong> from a sample: ");
        html.text(&format!("{:.4} % of ", share * 100.0))
            .number(keys)
            .markup(" keys, chosen at random. The ");
        html.markup("number of sessions is right within ").number(error).markup(" in 19 of 20 cases.</p>\n");
    }
    for section in &sections {
        html.markup("<section aria-labelledby=\"").markup(section.id).markup("\">\n<h2 id=\"");
        html.markup(section.id).markup("\">").markup(section.head).markup("</h2>\n");
        html.html(&section.body).markup("</section>\n");
    }
    html.markup("</main>\n<footer>\n<p>Written by sessctl ").markup(env!("CARGO_PKG_VERSION"));
    html.markup(
        ". This page contains users and addresses: protect it as you protect the store itself.</p>\n",
    );
    html.markup("</footer>\n<script>").markup(SORT).markup("</script>\n</body>\n</html>\n");
    html.into_string()
}

/// What a policy says of an inline style or script (Content Security Policy Level 3, section 2.3.1).
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn sections(measured: &Measured, examined: Option<&Examined>, top: usize) -> Vec<Section> {
    let figures = &measured.figures;
    let mut sections = vec![Section { id: "all", head: "Sessions", body: overview(measured) }];
    let mut add = |id, head, body: Option<Html>| {
        sections.extend(body.map(|body| Section { id, head, body }));
    };
    add("findings", "Findings", examined.map(findings));
    if figures.sessions > 0 {
        add("layouts", "Layouts", tops(measured, "layouts", "Layouts", "Layout", &figures.layouts));
        add("spread", "Sizes and times", Some(spreads(measured)));
        add("users", "Users", users(measured));
        let networks = both(
            tops(measured, "top_networks", "Networks with the most sessions", "Network", &figures.networks),
            tops(measured, "top_ips", "Addresses with the most sessions", "Address", &figures.ips),
        );
        add("networks", "Networks", networks);
        let agents = tops(measured, "top_agents", "Browsers by family", "Browser", &figures.agents);
        add("agents", "Browsers", agents);
        add("paths", "Data", data(measured));
    }
    add("server", "Server", server(measured));
    add("if", "What a change would do", changes(measured));
    add("since", "What has changed", since(measured, top));
    add("how", "How this was measured", Some(how(measured)));
    sections
}

fn both(one: Option<Html>, other: Option<Html>) -> Option<Html> {
    match (one, other) {
        (Some(mut one), Some(other)) => {
            one.html(&other);
            Some(one)
        }
        (one, other) => one.or(other),
    }
}

/// A number with what it is called; `name` is that of the data.
fn tile(html: &mut Html, head: &'static str, name: &'static str, value: u64, shown: &str) {
    html.markup("<div><dt>").markup(head).markup("</dt><dd data-f=\"").markup(name).markup("\" data-v=\"");
    html.digits(value).markup("\">").text(shown).markup("</dd></div>\n");
}

fn about(measured: &Measured, name: &str) -> &'static str {
    if measured.estimated().iter().any(|estimated| estimated == name) { "about " } else { "" }
}

fn overview(measured: &Measured) -> Html {
    let figures = &measured.figures;
    let mut html = Html::default();
    if figures.sessions == 0 {
        html.markup("<p>There is no session").markup(if measured.only.is_empty() {
            ".</p>\n"
        } else {
            " that matches.</p>\n"
        });
    }
    html.markup("<dl class=\"tiles\">\n");
    for (head, name, count, always) in [
        ("Sessions", "sessions", measured.scaled(figures.sessions), true),
        // Anyone who has many sessions is seen in nearly any share: users are told as they were seen.
        ("Users", "users", figures.users, true),
        ("Of a user", "authenticated", measured.scaled(figures.authenticated), true),
        ("Of nobody", "anonymous", measured.scaled(figures.anonymous), true),
        ("User unknown", "unknown", measured.scaled(figures.unknown), true),
        ("Without a TTL", "without_ttl", measured.scaled(figures.without_ttl), false),
        ("Cannot be decoded", "undecodable", measured.scaled(figures.undecodable), false),
        ("Expired but still there", "expired", measured.scaled(figures.expired), false),
    ] {
        if always || count > 0 {
            let shown = format!("{}{}", about(measured, name), super::html::grouped(count));
            tile(&mut html, head, name, count, &shown);
        }
    }
    let bytes = measured.scaled(figures.bytes.total);
    let shown = format!("{}{}", about(measured, "bytes"), size(bytes));
    let head = if measured.weighed { "Memory" } else { "Size of keys and values" };
    tile(&mut html, head, "bytes", bytes, &shown);
    html.markup("</dl>\n");
    if figures.sessions > 0 {
        let whose = [
            ("with a user", figures.authenticated),
            ("anonymous", figures.anonymous),
            ("unknown", figures.unknown),
        ];
        let whose =
            whose.map(|(label, count)| Bar { label: label.to_string(), count: measured.scaled(count) });
        html.markup("<figure>\n<figcaption>Who the sessions belong to</figcaption>\n");
        bars(&mut html, "whose", "Who the sessions belong to", "sessions", &whose);
        html.markup("</figure>\n");
    }
    html
}

/// What is wrong, the worst first, and what mends it.
fn findings(examined: &Examined) -> Html {
    let mut html = Html::default();
    if !examined.complete {
        html.markup("<p class=\"warn\" role=\"note\">Not everything could be checked; there may be more findings.</p>\n");
    }
    if examined.findings.is_empty() {
        html.markup("<p>Nothing wrong found.</p>\n");
        return html;
    }
    html.markup("<dl class=\"findings\">\n");
    for (spec, found) in &examined.findings {
        html.markup("<div class=\"")
            .markup(spec.severity.name())
            .markup("\"><dt>")
            .markup(spec.severity.name());
        html.markup(": <strong>").markup(spec.name).markup("</strong>, ").number(found.count);
        html.markup("</dt>\n<dd data-f=\"finding.")
            .markup(spec.name)
            .markup("\" data-v=\"")
            .digits(found.count);
        html.markup("\">").text(spec.why).markup("</dd>\n");
        for example in &found.examples {
            html.markup("<dd class=\"soft\">For example ").name(example).markup("</dd>\n");
        }
        if let Some(fix) = spec.fix {
            html.markup("<dd>How to fix it: <code>").text(fix).markup("</code></dd>\n");
        }
        html.markup("</div>\n");
    }
    html.markup("</dl>\n");
    html
}

/// Opens a table with a caption; the head's row and its body follow. Where it is too wide for a screen it
/// is scrolled, with the keyboard too.
fn table(html: &mut Html, id: &'static str, class: &'static str, caption: &'static str) {
    html.markup("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"t-").markup(id);
    html.markup("\">\n<table class=\"").markup(class).markup("\" data-t=\"").markup(id);
    html.markup("\">\n<caption id=\"t-").markup(id).markup("\">").markup(caption);
    html.markup("</caption>\n<thead>\n<tr>");
}

fn end(html: &mut Html) {
    html.markup("</tbody>\n</table>\n</div>\n");
}

/// A cell that is sorted by its value.
fn cell(html: &mut Html, value: u64, shown: &str) {
    html.markup("<td class=\"number\" data-v=\"").digits(value).markup("\">").text(shown).markup("</td>");
}

const COUNTS: &str = "<th scope=\"col\" class=\"number\" aria-sort=\"descending\">Sessions</th>\
    <th scope=\"col\" class=\"number\">Size</th><th scope=\"col\" class=\"number\">Share</th></tr>\n\
    </thead>\n<tbody>\n";

fn tops(
    measured: &Measured,
    id: &'static str,
    caption: &'static str,
    head: &'static str,
    tops: &[Top],
) -> Option<Html> {
    if tops.is_empty() {
        return None;
    }
    let whole = measured.figures.bytes.total.max(1) as f64;
    let mut html = Html::default();
    table(&mut html, id, "sorted", caption);
    html.markup("<th scope=\"col\">").markup(head).markup("</th>").markup(COUNTS);
    for top in tops {
        let (sessions, bytes) = (measured.scaled(top.held.sessions), measured.scaled(top.held.bytes));
        html.markup("<tr><th scope=\"row\">").name(&top.name).markup("</th>");
        cell(&mut html, sessions, &super::html::grouped(sessions));
        cell(&mut html, bytes, &size(bytes));
        let share = top.held.bytes as f64 / whole * 100.0;
        cell(&mut html, bytes, &format!("{share:.1} %"));
        html.markup("</tr>\n");
    }
    end(&mut html);
    Some(html)
}

fn users(measured: &Measured) -> Option<Html> {
    let figures = &measured.figures;
    let mut html = Html::default();
    if figures.sessions_per_user.known > 0 {
        let count = |count: u64| super::html::grouped(count);
        plot(&mut html, "each", "Sessions per user", "users", &figures.sessions_per_user, &count, None);
    }
    let users =
        tops(measured, "top_users", "Users with the most sessions", "User", &figures.users_by_sessions)?;
    html.html(&users);
    Some(html)
}

fn data(measured: &Measured) -> Option<Html> {
    let mut html = Html::default();
    html.markup("<p class=\"soft\">The space that attributes take, as compact JSON. What is nested deeper ");
    html.markup("counts towards the path above it, too.</p>\n");
    html.html(&paths(measured, "top_paths", "Paths that hold the most", &measured.figures.paths)?);
    Some(html)
}

fn paths(measured: &Measured, id: &'static str, caption: &'static str, paths: &[TopPath]) -> Option<Html> {
    if paths.is_empty() {
        return None;
    }
    let mut html = Html::default();
    table(&mut html, id, "sorted", caption);
    html.markup(
        "<th scope=\"col\">Path</th><th scope=\"col\">Layout</th><th scope=\"col\" class=\"number\">",
    );
    html.markup("Sessions</th><th scope=\"col\" class=\"number\" aria-sort=\"descending\">Bytes</th></tr>\n");
    html.markup("</thead>\n<tbody>\n");
    for top in paths {
        let (sessions, bytes) = (measured.scaled(top.held.sessions), measured.scaled(top.held.bytes));
        html.markup("<tr><th scope=\"row\">").name(&top.path).markup("</th><td>").name(&top.layout);
        html.markup("</td>");
        cell(&mut html, sessions, &super::html::grouped(sessions));
        cell(&mut html, bytes, &size(bytes));
        html.markup("</tr>\n");
    }
    end(&mut html);
    Some(html)
}

/// What a quantity is called, in the data and to people, and how its values are written.
type Quantity<'m> = (&'static str, &'static str, &'m Spreading, fn(u64) -> String);

fn spreads(measured: &Measured) -> Html {
    let figures = &measured.figures;
    let all: [Quantity<'_>; 5] = [
        ("bytes", "Size", &figures.bytes, size),
        ("ttl_ms", "Time left", &figures.ttl_ms, span),
        ("idle_ms", "Time since last seen", &figures.idle_ms, span),
        ("age_ms", "Age", &figures.age_ms, span),
        ("sessions_per_user", "Sessions per user", &figures.sessions_per_user, super::html::grouped),
    ];
    let mut html = Html::default();
    html.markup(
        "<p class=\"soft\">Half of the sessions are at or below the value under <em>half</em>. Not every ",
    );
    html.markup(
        "framework records when a session was created or seen; <em>known</em> says for how many it is known.</p>\n",
    );
    table(&mut html, "spread", "plain", "Distribution of sizes and times");
    html.markup("<th scope=\"col\">Quantity</th>");
    for head in ["Known", "Least", "Half", "90 %", "99 %", "Most"] {
        html.markup("<th scope=\"col\" class=\"number\">").markup(head).markup("</th>");
    }
    html.markup("</tr>\n</thead>\n<tbody>\n");
    for (name, head, spread, shown) in &all {
        html.markup("<tr data-f=\"")
            .markup(name)
            .markup("\"><th scope=\"row\">")
            .markup(head)
            .markup("</th>");
        let known = match *name {
            "sessions_per_user" => spread.known,
            _ => measured.scaled(spread.known),
        };
        cell(&mut html, known, &super::html::grouped(known));
        for value in [spread.min, spread.p50, spread.p90, spread.p99, spread.max] {
            match value {
                Some(value) => cell(&mut html, value, &shown(value)),
                None => drop(html.markup("<td class=\"number\">not known</td>")),
            }
        }
        html.markup("</tr>\n");
    }
    end(&mut html);
    html.markup("<div class=\"plots\">\n");
    for (name, head, spread, shown) in &all[..4] {
        plot(&mut html, name, head, "sessions", spread, shown, Some(measured));
    }
    html.markup("</div>\n");
    html
}

/// A histogram, and the same as a table for those who do not see it. What was counted in a share is scaled
/// by `measured`.
fn plot(
    html: &mut Html,
    id: &'static str,
    head: &'static str,
    unit: &'static str,
    spread: &Spreading,
    shown: &dyn Fn(u64) -> String,
    measured: Option<&Measured>,
) {
    let steps = &spread.histogram;
    let Some(first) = steps.iter().position(|step| step.count > 0) else { return };
    let last = steps.iter().rposition(|step| step.count > 0).unwrap_or(first);
    let bar = |at: usize| {
        let label = match (steps[at].le, at.checked_sub(1).and_then(|at| steps[at].le)) {
            (Some(edge), _) => format!("≤ {}", shown(edge)),
            (None, Some(edge)) => format!("> {}", shown(edge)),
            (None, None) => "any".to_string(),
        };
        let count = steps[at].count;
        Bar { label, count: measured.map_or(count, |measured| measured.scaled(count)) }
    };
    let all: Vec<Bar> = (first..=last).map(bar).collect();
    html.markup("<figure>\n<figcaption>").markup(head).markup("</figcaption>\n");
    bars(html, id, head, unit, &all);
    html.markup("<details>\n<summary>As a table</summary>\n");
    html.markup("<table data-t=\"h-").markup(id).markup("\">\n<caption>").markup(head);
    html.markup("</caption>\n<thead>\n<tr><th scope=\"col\">Up to</th><th scope=\"col\" class=\"number\">");
    html.markup(if unit == "users" { "Users" } else { "Sessions" });
    html.markup("</th></tr>\n</thead>\n<tbody>\n");
    for bar in &all {
        html.markup("<tr><th scope=\"row\">").text(&bar.label).markup("</th>");
        cell(html, bar.count, &super::html::grouped(bar.count));
        html.markup("</tr>\n");
    }
    html.markup("</tbody>\n</table>\n</details>\n</figure>\n");
}

fn server(measured: &Measured) -> Option<Html> {
    let health = measured.health.as_ref()?;
    let mut html = Html::default();
    html.markup("<dl class=\"tiles\">\n");
    if let Some(used) = health.used_memory {
        tile(&mut html, "Memory in use", "server.used_memory", used, &size(used));
        let share = measured.scaled(measured.figures.bytes.total) as f64 / used.max(1) as f64 * 100.0;
        html.markup("<div><dt>Used by sessions</dt><dd>")
            .text(&format!("{share:.1} %"))
            .markup("</dd></div>\n");
    }
    if let Some(most) = health.maxmemory {
        let shown = if most == 0 { "none".to_string() } else { size(most) };
        tile(&mut html, "Limit (maxmemory)", "server.maxmemory", most, &shown);
    }
    if let Some(policy) = &health.policy {
        html.markup("<div><dt>When it is full</dt><dd data-f=\"server.policy\">").text(policy);
        html.markup("</dd></div>\n");
    }
    for (head, name, count) in [
        ("Keys", "server.keys", health.keys),
        ("Keys evicted", "server.evicted_keys", health.evicted_keys),
        ("Keys expired", "server.expired_keys", health.expired_keys),
    ] {
        if let Some(count) = count {
            tile(&mut html, head, name, count, &super::html::grouped(count));
        }
    }
    html.markup("</dl>\n<p class=\"soft\">Evicted and expired since the server started.</p>\n");
    Some(html)
}

fn changes(measured: &Measured) -> Option<Html> {
    if measured.changes.is_empty() {
        return None;
    }
    let mut html = Html::default();
    html.markup("<p class=\"soft\">Nothing was changed.</p>\n");
    table(&mut html, "if", "plain", "What each change would do");
    html.markup("<th scope=\"col\">Change</th>");
    for head in ["Sessions", "Users logged out", "Size"] {
        html.markup("<th scope=\"col\" class=\"number\">").markup(head).markup("</th>");
    }
    html.markup("</tr>\n</thead>\n<tbody>\n");
    for change in &measured.changes {
        let (sessions, bytes) = (measured.scaled(change.sessions()), measured.scaled(change.bytes()));
        html.markup("<tr><th scope=\"row\">").name(&change.text).markup("</th>");
        cell(&mut html, sessions, &super::html::grouped(sessions));
        cell(&mut html, change.users(), &super::html::grouped(change.users()));
        cell(&mut html, bytes, &size(bytes));
        html.markup("</tr>\n");
    }
    end(&mut html);
    Some(html)
}

fn since(measured: &Measured, top: usize) -> Option<Html> {
    let since = measured.since.as_ref()?;
    let mut html = Html::default();
    html.markup("<p>Since ").text(&clock::time(since.at).unwrap_or_default()).markup(":</p>\n");
    html.markup("<dl class=\"tiles\">\n");
    let sign = |number: i64| if number < 0 { "−" } else { "+" };
    let signed = |number: i64| format!("{}{}", sign(number), super::html::grouped(number.unsigned_abs()));
    let about = if since.estimated { "about " } else { "" };
    for (head, shown) in [
        ("Sessions", signed(since.sessions)),
        ("New", format!("{about}{}", super::html::grouped(since.new))),
        ("Ended", format!("{about}{}", super::html::grouped(since.ended))),
        ("Users", signed(since.users)),
        ("Size", format!("{}{}", sign(since.bytes), size(since.bytes.unsigned_abs()))),
    ] {
        html.markup("<div><dt>").markup(head).markup("</dt><dd>").text(&shown).markup("</dd></div>\n");
    }
    html.markup("</dl>\n");
    if let Some(reach) = measured.reach() {
        html.markup("<p>").text(&reach).markup("</p>\n");
    }
    let grown = &since.grown[..since.grown.len().min(top)];
    if let Some(grown) = paths(measured, "grown", "Paths that grew most, and by how much", grown) {
        html.html(&grown);
    }
    Some(html)
}

/// What a member of the figures is called in the page.
fn called(name: &str) -> &str {
    match name {
        "without_ttl" => "sessions without a TTL",
        "undecodable" => "sessions that cannot be decoded",
        "expired" => "sessions that have expired",
        "authenticated" => "sessions with a user",
        "anonymous" => "anonymous sessions",
        "unknown" => "sessions whose user is unknown",
        "bytes" => "memory",
        "ttl_ms" => "time left",
        "idle_ms" => "time since last seen",
        "age_ms" => "ages",
        "sessions_per_user" => "sessions per user",
        "top_users" => "users with the most sessions",
        "top_ips" => "addresses",
        "top_networks" => "networks",
        "top_agents" => "browsers",
        "top_paths" => "paths of the data",
        "if" => "what a change would do",
        other => other,
    }
}

fn how(measured: &Measured) -> Html {
    let mut html = Html::default();
    html.markup("<ul>\n<li>").markup(if measured.complete {
        "The store was read to its end."
    } else {
        "The store was not read to its end."
    });
    html.markup("</li>\n<li>").markup(if measured.only.is_empty() {
        "All sessions were measured."
    } else {
        "Only some sessions were measured: "
    });
    if !measured.only.is_empty() {
        html.name(&measured.only.join("; ")).markup(".");
    }
    let estimated = measured.estimated();
    html.markup("</li>\n<li>").markup(match estimated.len() {
        0 => "No number is an estimate.",
        _ => "These are estimates: ",
    });
    if !estimated.is_empty() {
        let names: Vec<&str> = estimated.iter().map(|name| called(name)).collect();
        html.text(&names.join(", ")).markup(".");
    }
    html.markup("</li>\n");
    if measured.sampled.is_some() {
        html.markup("<li>Users are counted as seen in the sample.</li>\n");
    }
    if measured.figures.undecodable > 0 {
        let undecodable = measured.scaled(measured.figures.undecodable);
        html.markup("<li>Of ").text(&plural(undecodable, "session"));
        html.markup(" nothing is known but size and end, as they cannot be decoded.</li>\n");
    }
    html.markup("</ul>\n");
    html
}
