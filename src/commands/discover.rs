//! `sessctl discover`: what is on this server?

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write as _;
use std::ops::ControlFlow;

use crate::commands::others::Others;
use crate::commands::scans::{self, Reader, Wanted};
use crate::context::Context;
use crate::exit::Exit;
use crate::layout::session::{Certainty, Login, Session};
use crate::layout::{Layout, Setting, Setup};
use crate::render::{self, Cell, Column, Columns, Datum, Format, Member, Rows, Tone, safe, words};
use crate::scan::{End, Said, Sink, Tally};
use crate::select::Filter;
use crate::store::{Key, Kind, Lookup, Medium, Need, Record, Ttl};
use crate::ui;

/// Show what is on a server: sessions by layout and prefix, and everything else
///
/// Reads all keys once. Sessions are recognised by their values, so undocumented prefixes are found,
/// too. Prints matching profiles, ready for the configuration file.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl discover
  sessctl discover --store redis://db1:6379/3 -o json")]
pub struct Args {}

/// Families that are told apart; further ones are counted together.
const MAX_FAMILIES: usize = 2_000;
/// Users and keys remembered of each family.
const MAX_USERS: usize = 100_000;
const SAMPLE: usize = 100;

/// Keys that look alike and are the same thing.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Clone)]
struct Name {
    shape: String,
    kind: &'static str,
    layout: Option<&'static str>,
    certain: bool,
}

#[derive(Debug, Default)]
struct Family {
    count: u64,
    users: HashSet<u64>,
    logged_in: u64,
    /// Sessions of which it is not known whether someone is logged in.
    unknown: u64,
    undecodable: u64,
    sample: Vec<Key>,
    prefix: Vec<u8>,
    setup: Option<usize>,
    /// Of keys that are no known session: what their values look like.
    others: Others,
    ttl: Option<(u64, u64)>,
    without_ttl: usize,
    mean_bytes: Option<u64>,
}

struct Found<'a, 'u> {
    medium: Medium,
    setups: &'a [Setup],
    families: HashMap<Name, Family>,
    progress: ui::Progress<'u>,
    interrupted: bool,
    /// A cheap, repeatable choice of which keys are sampled.
    dice: u64,
}

/// What a scan came across, the sessions and the largest families first.
struct Seen {
    families: Vec<(Name, Family)>,
    tally: Tally,
    end: End,
    interrupted: bool,
    total: Option<u64>,
    scanner: Box<dyn Lookup>,
}

fn look(context: &Context) -> anyhow::Result<Seen> {
    context.permit_scan()?;
    let mut reader = Reader::open(context, &Filter::default())?;
    let mut found = Found {
        medium: context.store.medium(),
        setups: &context.setups,
        families: HashMap::new(),
        progress: context.ui.progress("looking", reader.total),
        interrupted: false,
        dice: 0x9e37_79b9_7f4a_7c15,
    };
    let keeps = |session: &Session<'_>| session.remains().is_none();
    let wanted = Wanted { first: Need::VALUE, then: Need::NOTHING, keeps: &keeps };
    let (tally, end) = reader.scan(&wanted, &mut found)?;
    let interrupted = found.interrupted;
    let mut families: Vec<(Name, Family)> = found.families.drain().collect();
    drop(found);
    measure(&mut *reader.aside, &mut families)?;
    families.sort_by(|a, b| {
        (b.0.layout.is_some(), b.1.count, &a.0).cmp(&(a.0.layout.is_some(), a.1.count, &b.0))
    });
    let Reader { total, scanner, .. } = reader;
    Ok(Seen { families, tally, end, interrupted, total, scanner })
}

/// Profiles of what is found, as they go into the configuration file, with the name of the first; and
/// whether the user asked to stop.
pub(super) fn for_file(
    context: &Context,
    writable: bool,
) -> anyhow::Result<(Option<(String, String)>, bool)> {
    let seen = look(context)?;
    if let End::Broken(error) = seen.end {
        let what = format!("scan incomplete after {} keys; nothing was written", seen.tally.scanned);
        return Err(anyhow::Error::from(error).context(what));
    }
    let text = profiles(context, &seen.families, writable, &mut BTreeMap::new());
    let name = text.strip_prefix("[profiles.").and_then(|rest| rest.split(']').next());
    let found = name.map(|name| (name.to_string(), text.clone()));
    Ok((found, seen.interrupted))
}

pub fn run(context: &Context, _: &Args) -> anyhow::Result<Exit> {
    // What cannot be printed is refused before anything is asked of a server.
    Columns::permitted(COLUMNS, context.format, &context.look())?;
    let mut exits = Vec::new();
    let mut each = Vec::new();
    for context in context.each() {
        match look(context) {
            Ok(seen) => each.push((context, seen)),
            Err(error) => exits.push(scans::told(context, error)?),
        }
    }
    print(context, &each)?;
    for (context, Seen { tally, end, interrupted, total, scanner, .. }) in each {
        scans::report_hidden(context, &*scanner);
        if interrupted {
            scans::report_interrupted(context, tally.scanned, total);
        }
        exits.push(match end {
            End::Broken(error) => {
                let told = format!("scan incomplete after {} keys; there may be more", tally.scanned);
                let error = anyhow::Error::from(error).context(told);
                let exit = crate::error::report(&error, context.ui.color_err);
                if tally.scanned > 0 { Exit::Partial } else { exit }
            }
            _ if interrupted => Exit::Interrupted,
            _ => Exit::Done,
        });
    }
    Ok(Exit::of_several(exits))
}

impl Found<'_, '_> {
    fn family(&mut self, name: Name) -> &mut Family {
        let full = self.families.len() >= MAX_FAMILIES && !self.families.contains_key(&name);
        let name = if full { Name { shape: "(others)".to_string(), ..name } } else { name };
        self.families.entry(name).or_default()
    }

    /// Reservoir sampling: each key of a family is kept with the same chance.
    fn sample(dice: &mut u64, family: &mut Family, key: &[u8]) {
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        if family.sample.len() < SAMPLE {
            family.sample.push(Key(key.to_vec()));
        } else {
            let at = (*dice % family.count) as usize;
            if at < SAMPLE {
                family.sample[at] = Key(key.to_vec());
            }
        }
    }
}

impl Sink for Found<'_, '_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let name = Name {
            shape: format!("{}<id>", shape(session.before())),
            kind: match self.medium {
                Medium::Redis if session.hash => Kind::Hash.name(),
                Medium::Redis => Kind::String.name(),
                other => other.name(),
            },
            layout: Some(session.layout()),
            certain: session.certainty > Certainty::Weak,
        };
        let mut dice = self.dice;
        let position = self.setups.iter().position(|setup| setup.layout.name == session.layout());
        let family = self.family(name);
        family.count += 1;
        if family.count == 1 {
            family.prefix = session.before().to_vec();
            family.setup = position;
        }
        if let Some(user) = &session.facts.user {
            family.logged_in += 1;
            if family.users.len() < MAX_USERS {
                let mut hash = DefaultHasher::new();
                user.hash(&mut hash);
                family.users.insert(hash.finish());
            }
        }
        family.unknown += u64::from(session.login() == Login::Unknown);
        family.undecodable += u64::from(session.error().is_some());
        Self::sample(&mut dice, family, session.key);
        self.dice = dice;
        Ok(ControlFlow::Continue(()))
    }

    fn other(&mut self, record: &Record) {
        let Some(kind) = record.raw.kind() else { return };
        let name = Name {
            shape: shape(&record.key.0),
            kind: if self.medium == Medium::Redis { kind.name() } else { self.medium.name() },
            layout: None,
            certain: true,
        };
        let mut dice = self.dice;
        let family = self.family(name);
        family.count += 1;
        family.others.add(record);
        Self::sample(&mut dice, family, &record.key.0);
        self.dice = dice;
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.progress.reach(tally.scanned);
        self.interrupted = ui::interrupted();
        Ok(if self.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// A key with what varies replaced by `*`: numbers, hashes, ids. Parts are what colons, slashes and
/// the like separate.
fn shape(key: &[u8]) -> String {
    let text = safe::text(key);
    let mut shape = String::new();
    let mut part = String::new();
    let flush = |part: &mut String, shape: &mut String| {
        let star = varies(part);
        if star && shape.ends_with("*.") {
            // An address or a version is one thing.
            shape.pop();
        } else if star && !shape.ends_with('*') {
            shape.push('*');
        } else if !star {
            shape.push_str(part);
        }
        part.clear();
    };
    // The name before an `@` varies, whatever it looks like: an address of mail.
    let mail = |at: usize| {
        let rest = &text[at..];
        let end = rest.find([':', '/', '{', '}', '|', '#']).unwrap_or(rest.len());
        rest[..end].find('@').is_some_and(|at| at > 0 && rest[at..end].contains('.')).then_some(at + end)
    };
    let mut skip = 0;
    for (at, c) in text.char_indices() {
        if at < skip {
            continue;
        }
        if part.is_empty()
            && let Some(end) = mail(at)
        {
            shape.push('*');
            skip = end;
            continue;
        }
        if matches!(c, ':' | '/' | '.' | '{' | '}' | '|' | '#' | '@') {
            flush(&mut part, &mut shape);
            shape.push(c);
        } else {
            part.push(c);
        }
    }
    flush(&mut part, &mut shape);
    if shape.chars().count() > 60 {
        shape = shape.chars().take(59).collect::<String>() + render::glyph::cut();
    }
    shape
}

/// Numbers, hashes and ids vary; words, also those in camel case, do not.
fn varies(part: &str) -> bool {
    let count = |is: fn(&u8) -> bool| part.bytes().filter(&is).count();
    let (digits, upper) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase));
    let letters = count(u8::is_ascii_alphabetic);
    digits >= 4 || (digits > 0 && (letters == 0 || part.len() >= 12)) || (part.len() >= 20 && upper >= 4)
}

/// TTL and size of the sampled keys.
fn measure(source: &mut dyn Lookup, families: &mut [(Name, Family)]) -> anyhow::Result<()> {
    let need = Need::TTL.and(Need::MEMORY);
    for (_, family) in families {
        let records = source.read(&family.sample, need)?;
        let mut sizes = Vec::new();
        for record in records {
            match record.ttl {
                Ttl::In(ms) => {
                    let (low, high) = family.ttl.unwrap_or((ms, ms));
                    family.ttl = Some((low.min(ms), high.max(ms)));
                }
                Ttl::Never => family.without_ttl += 1,
                Ttl::Gone | Ttl::Unasked => {}
            }
            sizes.extend(record.memory);
        }
        if !sizes.is_empty() {
            family.mean_bytes = Some(sizes.iter().sum::<u64>() / sizes.len() as u64);
        }
    }
    Ok(())
}

fn ttl_text(family: &Family) -> String {
    let never = family.without_ttl > 0;
    match family.ttl {
        None if never => "never".to_string(),
        None => String::new(),
        Some((low, high)) => {
            let span = if low / 1000 == high / 1000 {
                render::span(high)
            } else {
                format!("{} to {}", render::span(low), render::span(high))
            };
            if never { span + ", some never" } else { span }
        }
    }
}

/// A family of keys next to all the others.
#[derive(Debug, Clone, Copy)]
struct Line<'f> {
    /// Where it is, where several stores are named.
    store: Option<&'f str>,
    name: &'f Name,
    family: &'f Family,
    /// The memory of all families.
    all: u64,
}

impl Line<'_> {
    fn bytes(&self) -> Option<u64> {
        self.family.mean_bytes.map(|mean| mean * self.family.count)
    }

    fn share(&self) -> Option<f64> {
        self.bytes().map(|bytes| bytes as f64 / self.all.max(1) as f64)
    }

    /// What only families of sessions have.
    fn of_sessions(&self, count: u64) -> Datum<'static> {
        Datum::number(self.name.layout.map(|_| count))
    }

    fn cell(&self, text: impl Into<String>) -> Cell {
        Cell::new(text, if self.name.layout.is_some() { Tone::Plain } else { Tone::Dim })
    }
}

#[derive(Debug, Clone, Copy)]
struct Families;

impl Rows for Families {
    type Row<'a> = Line<'a>;

    const WHAT: &'static str = "families of keys";
    const PRETTY: bool = true;
}

/// The type and the share go first where there is no room.
const COLUMNS: &[Column<Families>] = &[
    Column {
        head: "STORE",
        floor: 12,
        rank: 3,
        cell: |line| line.cell(safe::safe(line.store.unwrap_or_default())),
        ..Column::data("store", &[Member::new("store", |line| Datum::text(line.store))])
    },
    Column {
        head: "KEYS",
        floor: 28,
        rank: 0,
        cell: |line| line.cell(safe::safe(&line.name.shape)),
        ..Column::data("keys", &[Member::new("keys", |line| Datum::Text(&line.name.shape))])
    },
    Column {
        head: "TYPE",
        floor: 12,
        rank: 10,
        cell: |line| line.cell(line.name.kind),
        ..Column::data("type", &[Member::new("type", |line| Datum::Text(line.name.kind))])
    },
    Column {
        head: "LAYOUT",
        floor: 20,
        rank: 1,
        cell: |line| match line.name.layout {
            Some(layout) => line.cell(format!("{layout}{}", if line.name.certain { "" } else { "?" })),
            None => line.cell(line.family.others.shown()),
        },
        ..Column::data(
            "layout",
            &[
                Member::new("layout", |line| Datum::text(line.name.layout)),
                Member::new("certain", |line| Datum::Bool(line.name.certain)),
            ],
        )
    },
    Column {
        head: "COUNT",
        floor: usize::MAX,
        right: true,
        rank: 2,
        cell: |line| line.cell(line.family.count.to_string()),
        ..Column::data("count", &[Member::new("count", |line| Datum::Number(line.family.count))])
    },
    Column {
        head: "USERS",
        floor: 12,
        rank: 3,
        cell: |line| line.cell(line.name.layout.map_or_else(String::new, |_| users_text(line.family))),
        ..Column::data(
            "users",
            &[
                Member::new("users", |line| line.of_sessions(line.family.users.len() as u64)),
                Member::new("logged_in", |line| line.of_sessions(line.family.logged_in)),
                Member::new("unknown", |line| line.of_sessions(line.family.unknown)),
                Member::new("undecodable", |line| Datum::Number(line.family.undecodable)),
            ],
        )
    },
    Column {
        head: "TTL",
        floor: usize::MAX,
        rank: 8,
        cell: |line| line.cell(ttl_text(line.family)),
        ..Column::data(
            "ttl",
            &[
                Member::new("ttl_ms_min", |line| Datum::number(line.family.ttl.map(|(low, _)| low))),
                Member::new("ttl_ms_max", |line| Datum::number(line.family.ttl.map(|(_, high)| high))),
                Member::new("without_ttl", |line| Datum::Bool(line.family.without_ttl > 0)),
            ],
        )
    },
    Column {
        head: "MEMORY",
        floor: usize::MAX,
        right: true,
        rank: 4,
        cell: |line| {
            line.cell(line.bytes().map_or(String::new(), |bytes| format!("~{}", render::size(bytes))))
        },
        ..Column::data("bytes", &[Member::new("bytes", |line| Datum::number(line.bytes()))])
    },
    Column {
        head: "SHARE",
        floor: usize::MAX,
        right: true,
        rank: 9,
        cell: |line| line.cell(line.share().map_or(String::new(), |share| format!("{:.0} %", share * 100.0))),
        ..Column::data(
            "share",
            &[Member::new("share", |line| {
                line.share().map_or(Datum::Null, |share| Datum::Json(share.into()))
            })],
        )
    },
    Column::data("sampled", &[Member::new("sampled", |line| Datum::Number(line.family.sample.len() as u64))]),
];

fn print(context: &Context, each: &[(&Context, Seen)]) -> anyhow::Result<()> {
    let mut out = context.pages();
    let several = context.is_one_of_several();
    let places: Vec<String> = each.iter().map(|(context, _)| context.store.place()).collect();
    let lines = || {
        each.iter().zip(&places).flat_map(|((_, seen), place)| {
            let store = several.then_some(&place[..]);
            seen.families.iter().map(move |(name, family)| Line { store, name, family, all: 0 })
        })
    };
    let all: u64 = lines().filter_map(|line| line.bytes()).sum();
    let table = context.format == Format::Table;
    if table && lines().next().is_none() {
        out.write_all(b"There are no keys.\n")?;
    } else {
        let mut columns = Columns::permitted(COLUMNS, context.format, &context.look())?;
        columns.list.retain(|column| several || column.name != "store");
        let lines = lines().map(|line| Line { all, ..line });
        render::rows(context.format, columns, &context.look(), lines, &mut out)?;
    }
    if table {
        let mut bodies = BTreeMap::new();
        let of = |(context, seen): &(&Context, Seen)| profiles(context, &seen.families, false, &mut bodies);
        let profiles = each.iter().map(of).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        if !profiles.is_empty() {
            let head = "Profiles for the configuration file (`sessctl config init` writes them):";
            writeln!(out, "\n{}\n\n{profiles}", ui::wrap(head, table_width(context), 0))?;
        }
    }
    out.flush()?;
    drop(out);
    let families = || each.iter().flat_map(|(_, seen)| &seen.families);
    let sessions: u64 =
        families().filter(|(name, _)| name.layout.is_some()).map(|(_, family)| family.count).sum();
    let scanned = each.iter().map(|(_, seen)| seen.tally.scanned).sum();
    context.ui.status(format!(
        "{}, {}; TTL and memory are sampled from up to {SAMPLE} keys per line",
        words::plural(scanned, "key"),
        words::plural(sessions, "session"),
    ));
    let mut others = Others::default();
    for (_, family) in families() {
        others.join(&family.others);
    }
    others.report(context, None);
    Ok(())
}

/// A terminal's own width; what goes elsewhere is not cut.
fn table_width(context: &Context) -> usize {
    if context.ui.stdout_terminal { context.look().width() } else { usize::MAX }
}

/// Profiles that name what was found: one a layout and prefix, the largest first; none changes anything
/// unless they are to be writable.
fn profiles(
    context: &Context,
    families: &[(Name, Family)],
    writable: bool,
    bodies: &mut BTreeMap<&'static str, Vec<String>>,
) -> String {
    let mut text = String::new();
    for (name, family) in families.iter().filter(|(name, _)| name.layout.is_some()) {
        let Some(setup) = family.setup.map(|at| &context.setups[at]) else { continue };
        let layout = setup.layout;
        let mut body = format!("store = {}\n", quoted(&context.store.address()));
        body.push_str(&format!("layout = {}\n", quoted(layout.name)));
        let prefix = std::str::from_utf8(&family.prefix).ok().filter(|_| !name.shape.contains('*'));
        if let Some((option, value)) = prefix.and_then(|prefix| prefix_setting(layout, prefix)) {
            body.push_str(&format!("options = {{ {option} = {} }}\n", quoted(value)));
        }
        if !writable {
            body.push_str("read_only = true   # remove this to let sessctl change anything\n");
        }
        let known = bodies.entry(layout.name).or_default();
        // A handful of prefixes is a profile each; hundreds are tenants of one application.
        if known.len() >= 5 || known.contains(&body) {
            continue;
        }
        let suffix = if known.is_empty() { String::new() } else { format!("-{}", known.len() + 1) };
        text.push_str(&format!("[profiles.{}{suffix}]\n{body}\n", layout.name));
        known.push(body);
    }
    text.trim_end().to_string() + if text.is_empty() { "" } else { "\n" }
}

/// The option, with its value, that makes a layout's keys begin so; none where they do by default.
fn prefix_setting<'p>(layout: &'static Layout, prefix: &'p str) -> Option<(&'static str, &'p str)> {
    if layout.medium == Medium::Table {
        // What precedes the id is the table, and perhaps more that the layout itself tells apart.
        let table = prefix.split(':').next().filter(|table| *table != layout.keys.prefix)?;
        return Some((layout.keys.prefix_option, table));
    }
    let default = (layout.keys.lead)(&Setup::free(layout));
    let more = prefix.as_bytes().strip_prefix(default.as_slice());
    let option = layout.keys.prefix_option;
    // Behind a namespace may follow what the layout itself tells apart, such as an application's name.
    if more.is_some_and(|more| more.is_empty() || (option != "prefix" && !default.is_empty())) {
        return None;
    }
    let leads = |value: &str| {
        let mut setup = Setup::free(layout);
        setup.set(option, Setting::Text(value.to_string())).is_ok()
            && (layout.keys.lead)(&setup) == prefix.as_bytes()
    };
    let cuts: Vec<usize> = (0..=prefix.len()).filter(|at| prefix.is_char_boundary(*at)).collect();
    let values = cuts.iter().flat_map(|from| {
        cuts.iter().rev().take_while(move |to| *to >= from).map(move |to| &prefix[*from..*to])
    });
    let value = values.take(PREFIX_GUESSES).find(|value| leads(value));
    value.map(|value| (option, value)).or(Some(("prefix", prefix)))
}

/// How many parts of a prefix are tried as an option's value; enough for each part of one of 90 bytes.
const PREFIX_GUESSES: usize = 4096;

/// A TOML string; JSON's escapes are TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// How many users in how many sessions, and in how many more it is not known.
fn users_text(family: &Family) -> String {
    let more = if family.users.len() >= MAX_USERS { "+" } else { "" };
    let known = format!("{}{more} in {}", family.users.len(), family.logged_in);
    match (family.logged_in, family.unknown) {
        (0, 0) => "none".to_string(),
        (0, unknown) => format!("{unknown} unknown"),
        (_, 0) => known,
        (_, unknown) => format!("{known}, {unknown} unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_says_where_the_keys_are() {
        for (layout, prefix, expected) in [
            ("connect-redis", "sess:", None),
            ("connect-redis", "shop:sess:", Some(("prefix", "shop:sess:"))),
            ("redis-sessions", "rs:forum:", None),
            ("aspnetcore", "Shop_", Some(("instance_name", "Shop_"))),
            ("spring-session", "spring:session:sessions:", None),
            ("spring-session", "shop:sessions:", Some(("namespace", "shop"))),
            ("micronaut-session", "app:sessions:", Some(("namespace", "app:"))),
        ] {
            let layout = crate::frameworks::BUILT_IN.by_name(layout).expect("a layout");
            assert_eq!(prefix_setting(layout, prefix), expected, "{} {prefix}", layout.name);
        }
    }

    #[test]
    fn shapes_keep_words_and_replace_what_varies() {
        for (key, expected) in [
            ("sess:", "sess:"),
            ("cache:user:123", "cache:user:*"),
            ("active-sessions-FrPkt5eB1096gCiEZZ82djWkRfjVltFS", "*"),
            ("uid:3:sessions", "uid:*:sessions"),
            ("UserSessions:{5f0c1d2e3f4a5b6c7d8e9f01}", "UserSessions:{*}"),
            ("globalAuthor:a.U71qavdH2myFPHf6", "globalAuthor:a.*"),
            ("pad:Welcome", "pad:Welcome"),
            ("924af950-a9f6-4918-b4c2-2f82afc77820", "*"),
            ("user:email:alice.b@example.com", "user:email:*"),
            ("mail/alice@example.com:inbox", "mail/*:inbox"),
            ("ratelimit:192.0.2.10", "ratelimit:*"),
        ] {
            assert_eq!(shape(key.as_bytes()), expected, "{key}");
        }
    }
}
