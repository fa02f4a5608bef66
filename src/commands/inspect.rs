//! `sessctl inspect`: one session, whole.

use std::io::{Read as _, Write as _};
use std::ops::ControlFlow;

use anyhow::Context as _;

use super::scans;
use crate::context::Context;
use crate::cookie::{CookieError, Given, Opened};
use crate::error::{Interrupted, Usage};
use crate::exit::Exit;
use crate::layout::session::{Login, Session};
use crate::layout::{Setting, Setup};
use crate::render::Format;
use crate::render::{self, mask, safe, secret};
use crate::resolve::NotFound;
use crate::scan::{self, End, Request, Said, Sink, Tally};
use crate::select::SelectArgs;
use crate::select::near::Near;
use crate::store::{self, Key, Lookup, Need, Raw, Record};
use crate::text::clock::{self, Times};
use crate::ui::{self, Pages};
use crate::value::Value;

mod diff;

/// Show one session: who, when, what it holds, what ends with it
///
/// ID is an id, a whole key, or an unambiguous beginning of either, such as `list` shows. Members whose
/// names mark them as secrets are blanked unless --reveal is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sessctl inspect 3xyuXKIB
  Several, or all of one user's:
    sessctl inspect 3xyuXKIB 9GkLmQpW
    sessctl inspect --user alice
  How two sessions differ:
    sessctl inspect 3xyuXKIB 9GkLmQpW --diff
  The session behind a cookie from a user or a log; `-` reads it from standard input:
    sessctl inspect --cookie 's%3A3xyuXKIBRbJl…'
    sessctl inspect --cookie 'koa.sid=…; koa.sid.sig=…' --layout koa-generic-session
  One member of the data, for scripts:
    sessctl inspect 3xyuXKIB --path passport.user
  The stored bytes:
    sessctl inspect 3xyuXKIB --raw | xxd")]
pub struct Args {
    /// Ids, keys or unambiguous beginnings of them
    #[arg(value_name = "ID", conflicts_with = "cookie")]
    pub ids: Vec<String>,

    /// Show the sessions of exactly this user; repeat for several
    #[arg(short, long, value_name = "USER", conflicts_with_all = ["ids", "cookie"])]
    pub user: Vec<String>,

    /// Find the session behind this cookie; `-` reads it from standard input
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub cookie: Option<String>,

    /// Print only one part of the data, such as `passport.user` or `cart.0.sku`
    #[arg(long, value_name = "PATH", conflicts_with = "raw")]
    pub path: Option<String>,

    /// Print the stored bytes unchanged
    #[arg(long)]
    pub raw: bool,

    /// Show only how two sessions differ
    #[arg(long, conflicts_with_all = ["raw", "path", "user", "cookie"])]
    pub diff: bool,

    /// For a key that is not a session, show what every layout says about it, not just the closest three
    #[arg(long)]
    pub explain: bool,
}

/// Whether more than one session may be meant, so that data are a list.
fn is_several(context: &Context, args: &Args) -> bool {
    args.ids.len() > 1 || !args.user.is_empty() || context.is_one_of_several()
}

/// Sessions of users that are shown at a time.
const MOST: usize = 100;
/// Layouts that say why a key is not a session of theirs.
const NEAREST: usize = 3;

/// What is known of the cookie that the session was found by.
struct Opening {
    verified: Option<bool>,
    id: Vec<u8>,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if args.cookie.is_none() && args.ids.is_empty() && args.user.is_empty() {
        let hint = "`sessctl list` shows the sessions; --cookie finds the one behind a browser's cookie";
        return Err(Usage::new("inspect needs an ID, --user or --cookie").hint(hint).into());
    }
    let several = is_several(context, args);
    if several && args.raw {
        return Err(Usage::new("--raw prints the bytes of one session")
            .hint("name one; to show several, use -o ndjson")
            .into());
    }
    if args.diff {
        if args.ids.len() != 2 {
            return Err(Usage::new("--diff compares two sessions").hint("name both of them").into());
        }
        diff::permit(context)?;
    } else if !args.raw {
        let hint = "`sessctl list` with a filter prints rows and ids";
        context.format.among(Format::OBJECTS, "inspect prints a session", hint)?;
    }
    let cookie = match &args.cookie {
        Some(cookie) if cookie == "-" => Some(Given::parse(&from_stdin()?)),
        Some(cookie) => Some(Given::parse(cookie)),
        None => None,
    };
    let mut exit = Exit::Done;
    let mut all = Vec::new();
    let mut nowhere = None;
    for context in context.each() {
        match Chosen::of(context, args, cookie.as_ref()) {
            Ok(chosen) => all.push(chosen),
            Err(error) if error.is::<store::Error>() => {
                exit = scans::told(context, error)?;
            }
            // Another store may have it.
            Err(error) if context.is_one_of_several() && !error.is::<Interrupted>() => {
                nowhere.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(error) = nowhere.filter(|_| all.is_empty()) {
        return Err(error);
    }
    // What one store does not know, another may.
    let names = |chosen: &Chosen<'_>| -> Vec<String> {
        chosen.missing.iter().map(|missing| missing.name().to_string()).collect()
    };
    let unknown: Vec<Vec<String>> = all.iter().map(names).collect();
    let nowhere =
        |missing: &NotFound| unknown.iter().all(|names| names.iter().any(|name| name == missing.name()));
    let missing = all.first_mut().map(|first| std::mem::take(&mut first.missing)).unwrap_or_default();
    for missing in missing.into_iter().filter(nowhere) {
        explain(context, &missing, args.explain);
        if !several {
            return Err(missing.into());
        }
        exit = Exit::Failed;
        crate::error::report(&missing.into(), context.ui.color_err);
    }
    let listed = several && context.format == Format::Json && !args.diff;
    let mut out = if args.raw { Pages::plain(&context.ui) } else { context.pages() };
    if listed {
        out.write_all(b"[")?;
    }
    let mut shown = 0;
    let mut sides = Vec::new();
    for Chosen { context, mut store, setups, keys, opening, .. } in all {
        scan::lookup(&mut *store, &setups, &keys, Need::ALL, &mut |record, session| {
            let Some(session) = session else {
                let error = unreadable(record);
                if !several {
                    return Err(error);
                }
                exit = Exit::Failed;
                crate::error::report(&error, context.ui.color_err);
                return Ok(());
            };
            if args.diff {
                sides.push(diff::Side::of(context, session, visible(context, session).as_ref()));
                return Ok(());
            }
            match context.format {
                _ if shown == 0 => {}
                Format::Json => out.write_all(b",")?,
                Format::Table if args.path.is_none() => out.write_all(b"\n")?,
                _ => {}
            }
            shown += 1;
            // Companions are looked up on a connection of their own: this one is being read from.
            let companions = companions(context, session)?;
            let said = show(context, args, session, &companions, opening.as_ref(), &mut out)?;
            if said != Exit::Done {
                exit = said;
            }
            Ok(())
        })?;
    }
    if listed {
        out.write_all(b"]\n")?;
    }
    out.flush()?;
    if args.diff && exit == Exit::Done {
        let mut sides = sides.into_iter();
        match (sides.next(), sides.next()) {
            (Some(first), Some(second)) => diff::print(context, first, second, &mut out)?,
            _ => return Err(Usage::new("both names mean the same session").into()),
        }
    }
    Ok(exit)
}

/// Why a key that was a session a moment ago is shown as none.
fn unreadable(record: &Record) -> anyhow::Error {
    let why = match record.raw.too_large() {
        Some(reason) => format!("{reason}, so only the keys around it show that it is a session"),
        None => "the session has ended meanwhile, or only the keys around it show that it is one".to_string(),
    };
    anyhow::anyhow!("{why}; name its layout with --layout")
}

/// What is to be shown of one store.
struct Chosen<'c> {
    context: &'c Context,
    store: Box<dyn Lookup>,
    setups: Vec<Setup>,
    keys: Vec<Key>,
    opening: Option<Opening>,
    missing: Vec<NotFound>,
}

impl<'c> Chosen<'c> {
    fn of(context: &'c Context, args: &Args, cookie: Option<&Given>) -> anyhow::Result<Chosen<'c>> {
        let mut store = context.reader()?;
        let mut setups = context.setups.clone();
        let (mut opening, mut missing) = (None, Vec::new());
        let keys = if let Some(given) = cookie {
            let (key, found) = behind_cookie(context, &mut *store, given)?;
            opening = Some(found);
            unlock(&mut setups, given);
            vec![key]
        } else if args.ids.is_empty() {
            of_users(context, &mut *store, &args.user)?
        } else {
            let mut scanner = context.reader()?;
            let mut found = scans::search(context, &mut *scanner, &mut *store, &args.ids)?;
            found.keys.dedup();
            missing = found.missing;
            found.keys
        };
        Ok(Chosen { context, store, setups, keys, opening, missing })
    }
}

/// The keys of the sessions of these users.
fn of_users(context: &Context, store: &mut dyn Lookup, users: &[String]) -> anyhow::Result<Vec<Key>> {
    let filter = SelectArgs::of_users(users)?.filter()?;
    let near = Near::new(&filter);
    let mut scanner = context.reader()?;
    let total = scanner.size().ok().flatten();
    let request = Request {
        setups: &context.setups,
        pattern: context.matching.as_ref().map(|glob| glob.as_bytes().to_vec()),
        first: filter.need(),
        then: Need::NOTHING,
        keeps: &|session| near.keeps(session),
        copies: false,
    };
    let mut found = Found { keys: Vec::new(), progress: context.ui.progress("searching", total) };
    let (tally, end) = scan::sessions(&mut *scanner, store, &request, &mut found)?;
    let Found { keys, progress, .. } = found;
    drop(progress);
    match end {
        End::Broken(error) => return Err(anyhow::Error::from(error).context("the scan is incomplete")),
        End::Stopped if ui::interrupted() => return Err(Interrupted.into()),
        End::Stopped => context.ui.warn(format!(
            "there are more than {MOST} sessions; these are the first ones found, `sessctl list` shows \
             all"
        )),
        End::Complete if keys.is_empty() && tally.sessions > 0 => {
            anyhow::bail!("{}", near.missed().join("; "));
        }
        End::Complete => scans::report_nothing(context, &tally, &near, store),
    }
    anyhow::ensure!(!keys.is_empty(), "no session was found");
    Ok(keys)
}

struct Found<'u> {
    keys: Vec<Key>,
    progress: ui::Progress<'u>,
}

impl Sink for Found<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        if self.keys.len() == MOST {
            return Ok(ControlFlow::Break(()));
        }
        self.keys.push(Key(session.key.to_vec()));
        Ok(ControlFlow::Continue(()))
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.progress.reach(tally.scanned);
        Ok(if ui::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// What the layouts say of a key that is not a session; the nearest come first.
fn explain(context: &Context, missing: &NotFound, all: bool) {
    let NotFound::NoSession { reasons, .. } = missing else { return };
    let count = if all { reasons.len() } else { NEAREST.min(reasons.len()) };
    let lines: Vec<String> =
        reasons[..count].iter().map(|(layout, why)| format!("  {layout}: {}", safe::safe(why))).collect();
    let head = if count < reasons.len() {
        format!("What the {count} closest of {} layouts say (--explain shows all):", reasons.len())
    } else {
        "What each layout says:".to_string()
    };
    context.ui.tell(&format!("{head}\n{}", lines.join("\n")), 4);
}

fn from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(1 << 20)
        .read_to_string(&mut text)
        .context("reading the cookie from standard input")?;
    Ok(text.trim_end_matches(['\n', '\r']).to_string())
}

/// The key of the session that a name means.
fn named(context: &Context, store: &mut dyn Lookup, id: &str) -> anyhow::Result<Key> {
    let mut scanner = context.reader()?;
    let mut found = scans::search(context, &mut *scanner, store, &[id.to_string()])?;
    match found.missing.pop() {
        Some(missing) => Err(missing.into()),
        None => found.keys.pop().context("no session was found"),
    }
}

/// The key of the session that a cookie points at. Without a layout named every layout that knows
/// how to read such a cookie is tried; a session must be there for it to count.
fn behind_cookie(context: &Context, store: &mut dyn Lookup, given: &Given) -> anyhow::Result<(Key, Opening)> {
    let mut opened: Vec<(Key, &Setup, Opened)> = Vec::new();
    let mut failed: Option<CookieError> = None;
    for setup in &context.setups {
        for open in [setup.layout.cookie.open, setup.layout.cookie.older].into_iter().flatten() {
            match open(setup, given) {
                Ok(cookie) => {
                    opened.push((Key((setup.layout.keys.key_of)(setup, &cookie.id)), setup, cookie));
                }
                Err(error) if setup.named => {
                    failed.get_or_insert(error);
                }
                Err(_) => {}
            }
        }
    }
    if opened.is_empty() {
        return Err(match failed {
            Some(error) => error.into(),
            None if context.named => anyhow::anyhow!("the named layout sets no cookie"),
            None => anyhow::anyhow!("no layout knows a cookie of this form"),
        });
    }
    let keys: Vec<Key> = opened.iter().map(|(key, ..)| key.clone()).collect();
    let mut hits: Vec<(Key, &'static str, Key)> = Vec::new();
    let mut asked = keys.iter();
    scan::lookup(store, &context.setups, &keys, Need::VALUE, &mut |record, session| {
        let key = asked.next().unwrap_or(&record.key);
        if let Some(session) = session {
            hits.push((key.clone(), session.layout(), record.key.clone()));
        }
        Ok(())
    })?;
    // The cookie's own layout first; a twin reads the same cookie.
    let best = opened
        .iter()
        .find_map(|(key, setup, cookie)| {
            let own = hits.iter().find(|(hit, layout, _)| hit == key && *layout == setup.layout.name);
            own.map(|hit| (hit, cookie))
        })
        .or_else(|| {
            let any = |key: &Key| hits.iter().find(|(hit, ..)| hit == key);
            opened.iter().find_map(|(key, _, cookie)| Some((any(key)?, cookie)))
        });
    if let Some(((.., key), cookie)) = best {
        return Ok((key.clone(), Opening { verified: cookie.verified, id: cookie.id.clone() }));
    }
    // Under a prefix that is not the default one only a search finds it.
    let (_, _, cookie) = &opened[0];
    let opening = Opening { verified: cookie.verified, id: cookie.id.clone() };
    let name = safe::bytes(&cookie.id).into_owned();
    match named(context, store, &name) {
        Ok(key) => Ok((key, opening)),
        Err(error) => match error.downcast_ref::<NotFound>() {
            Some(NotFound::Nothing { .. }) => Err(error.context("the cookie's session is not in this store")),
            _ => Err(error),
        },
    }
}

/// Gives the layouts what only the cookies open.
fn unlock(setups: &mut [Setup], given: &Given) {
    for setup in setups {
        if let Some((option, value)) = setup.layout.cookie.unlock.and_then(|unlock| unlock(setup, given)) {
            // One that the profile names goes before.
            if setup.text(option).is_none() {
                let _ = setup.set(option, Setting::Text(value));
            }
        }
    }
}

/// The keys, next to its own, that are deleted or changed when this session is purged.
fn companions(context: &Context, session: &Session<'_>) -> anyhow::Result<Vec<Key>> {
    let ops = session.companions();
    if ops.is_empty() {
        return Ok(Vec::new());
    }
    let mut keys: Vec<Key> = Vec::new();
    for (op, found) in ops.iter().zip(context.reader()?.probe(&ops)?) {
        if let Some(key) = op.key().filter(|_| found)
            && !keys.contains(key)
        {
            keys.push(key.clone());
        }
    }
    Ok(keys)
}

fn show(
    context: &Context,
    args: &Args,
    session: &Session<'_>,
    companions: &[Key],
    opening: Option<&Opening>,
    mut out: &mut impl std::io::Write,
) -> anyhow::Result<Exit> {
    let forged = opening.is_some_and(|opening| opening.verified == Some(false));
    if args.raw {
        match session.raw {
            // Nothing of it may steer a terminal; anyone who wants the bytes sends them elsewhere.
            Raw::Text(text) | Raw::Head(text, _) if context.ui.stdout_terminal => {
                writeln!(out, "{}", safe::bytes(text))?;
            }
            Raw::Text(text) | Raw::Head(text, _) => out.write_all(text)?,
            Raw::Hash(fields) => {
                for (field, value) in fields {
                    writeln!(out, "{}\t{}", safe::bytes(field), safe::bytes(value))?;
                }
            }
            _ => anyhow::bail!("there are no bytes to print"),
        }
        out.flush()?;
        return Ok(Exit::Done);
    }
    let shown = visible(context, session);
    if let Some(path) = &args.path {
        let value = shown.as_ref().and_then(|data| data.at(path));
        let Some(value) = value else {
            if let Some(error) = session.error() {
                anyhow::bail!("the session could not be decoded: {error}");
            }
            anyhow::bail!("the session has nothing at `{path}`");
        };
        match (context.format, value) {
            (Format::Table, Value::Text(text)) => writeln!(out, "{}", safe::safe(text))?,
            (Format::Yaml, value) => {
                let mut text = Vec::new();
                render::yaml::document(&mut text, value.to_json().as_bytes());
                out.write_all(&text)?;
            }
            _ => writeln!(out, "{}", value.to_json_pretty())?,
        }
        out.flush()?;
        return Ok(Exit::Done);
    }
    match context.format {
        Format::Table => card(context, session, shown.as_ref(), companions, opening, &mut out)?,
        _ => object(
            context,
            session,
            shown.as_ref(),
            companions,
            opening,
            is_several(context, args),
            &mut out,
        )?,
    }
    out.flush()?;
    if forged {
        let what = "it was made with a secret other than the one given, or for a cookie of another name";
        context.ui.warn(format!("the cookie's signature is wrong: {what}"));
        return Ok(Exit::Found);
    }
    Ok(Exit::Done)
}

/// The data with its secrets blanked, unless they are to be seen.
fn visible(context: &Context, session: &Session<'_>) -> Option<Value<'static>> {
    let data = session.data.and_then(|data| data.value())?;
    if context.reveal {
        return Some(data.clone().into_owned());
    }
    let described = session.setup.layout.described;
    Some(secret::blanked(data, described.map_or(&[], |described| &described.secrets)))
}

/// The row as JSON with `data`, `field_ends`, `companions` and, where a cookie was given, `cookie` added.
fn object(
    context: &Context,
    session: &Session<'_>,
    data: Option<&Value<'_>>,
    companions: &[Key],
    opening: Option<&Opening>,
    several: bool,
    out: &mut impl std::io::Write,
) -> anyhow::Result<()> {
    let mut row = vec![b'{'];
    render::members(session, &context.look(), &mut row);
    row.extend_from_slice(b",\"data\":");
    match data {
        Some(data) => data.write_json(&mut row),
        None => row.extend_from_slice(b"null"),
    }
    row.extend_from_slice(b",\"field_ends\":{");
    for (nth, (field, ms)) in session.ends.iter().enumerate() {
        if nth > 0 {
            row.push(b',');
        }
        crate::value::write_json_text(&mut row, &safe::text(field));
        row.push(b':');
        match clock::rfc3339(session.now.saturating_add_unsigned(*ms)) {
            Some(at) => crate::value::write_json_text(&mut row, &at),
            None => row.extend_from_slice(b"null"),
        }
    }
    row.extend_from_slice(b"},\"companions\":[");
    for (at, key) in companions.iter().enumerate() {
        if at > 0 {
            row.push(b',');
        }
        let key = safe::text(&key.0);
        let id = safe::text(session.id);
        if context.mask && !id.is_empty() {
            crate::value::write_json_text(&mut row, &key.replace(&*id, &mask::short(session.id)));
        } else {
            crate::value::write_json_text(&mut row, &key);
        }
    }
    row.push(b']');
    if let Some(opening) = opening {
        row.extend_from_slice(b",\"cookie\":{\"verified\":");
        row.extend_from_slice(match opening.verified {
            Some(true) => b"true",
            Some(false) => b"false",
            None => b"null",
        });
        row.extend_from_slice(b",\"id\":");
        let id = if context.mask { mask::short(&opening.id) } else { safe::text(&opening.id).into_owned() };
        crate::value::write_json_text(&mut row, &id);
        row.push(b'}');
    }
    row.push(b'}');
    if context.format == Format::Yaml {
        let json = std::mem::take(&mut row);
        if several { render::yaml::item(&mut row, &json) } else { render::yaml::document(&mut row, &json) }
    } else {
        row.push(b'\n');
    }
    out.write_all(&row)?;
    Ok(())
}

/// Where what is said begins on a card's lines.
const HANG: usize = 11;

/// A short card, then the data as a readable tree.
fn card(
    context: &Context,
    session: &Session<'_>,
    data: Option<&Value<'_>>,
    companions: &[Key],
    opening: Option<&Opening>,
    out: &mut impl std::io::Write,
) -> anyhow::Result<()> {
    let bold = |text: &str| if context.ui.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_string() };
    let masked = |bytes: &[u8]| {
        if context.reveal {
            return safe::bytes(bytes).into_owned();
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        let id = String::from_utf8_lossy(session.id).into_owned();
        safe::safe(&text.replace(&id, &mask::short(session.id))).into_owned()
    };
    let (on, off) = if context.ui.color { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
    let width = context.look().width.unwrap_or(usize::MAX);
    let mut line = |name: &str, text: &str| {
        let text = ui::wrap(text, width.saturating_sub(HANG), 0).replace('\n', &format!("\n{:HANG$}", ""));
        writeln!(out, "{on}{name:<HANG$}{off}{text}")
    };
    line("session", &bold(&masked(session.id)))?;
    line("key", &masked(session.key))?;
    if let Some(store) = &session.setup.store {
        line("store", &safe::safe(store))?;
    }
    let sure =
        if session.certainty < crate::layout::session::Certainty::Sure { " (not certain)" } else { "" };
    line("layout", &format!("{}{sure}", session.layout()))?;
    if let Some(why) = session.remains() {
        line("state", &format!("no longer a session: {why}"))?;
    }
    match session.login() {
        Login::User(user) => line("user", &bold(&safe::safe(user)))?,
        Login::Nobody => line("user", "nobody is logged in")?,
        Login::Unknown => line("user", "not known")?,
    }
    let when =
        |at: i64| clock::shown(session.now, at, Times::Utc).unwrap_or_else(|| "out of range".to_string());
    // What is told as a span already needs none beside it.
    let beside = |at: i64| match clock::chosen(Times::Utc) {
        Times::Relative => String::new(),
        Times::Utc | Times::Local => format!(" ({})", clock::ago(session.now, at)),
    };
    let expires = match session.expires_at() {
        Some(at) if at <= session.now => format!("{} (past its own expiry)", when(at)),
        Some(at) => format!("{}{}", when(at), beside(at)),
        None => "never".to_string(),
    };
    line("expires", &expires)?;
    for (nth, (field, ms)) in session.ends.iter().enumerate() {
        let at = session.now.saturating_add_unsigned(*ms);
        let text = format!("{} ends {}{}", masked(field), when(at), beside(at));
        line(if nth == 0 { "fields" } else { "" }, &text)?;
    }
    for (name, at) in [("created", session.facts.created), ("last seen", session.facts.seen)] {
        if let Some(at) = at {
            line(name, &format!("{}{}", when(at), beside(at)))?;
        }
    }
    if let Some(ip) = &session.facts.ip {
        line("ip", &safe::safe(ip))?;
    }
    if let Some(agent) = &session.facts.agent {
        line("agent", &safe::safe(agent))?;
    }
    if let Some(bytes) = session.memory {
        line("memory", &render::size(bytes))?;
    }
    if let Some(decoded) = session.data {
        line("codec", &decoded.via.join(" > "))?;
    }
    if let Some(opening) = opening {
        line(
            "cookie",
            match opening.verified {
                Some(true) => "signature verified",
                Some(false) => "SIGNATURE IS FALSE",
                None => "signature not checked (no secret given, or none is used)",
            },
        )?;
    }
    for (at, key) in companions.iter().enumerate() {
        line(if at == 0 { "companions" } else { "" }, &masked(&key.0))?;
    }
    writeln!(out)?;
    if let Some(error) = session.error() {
        let what = if data.is_some() { "a part of it cannot be decoded" } else { "cannot be decoded" };
        writeln!(out, "{what}: {}", safe::safe(&error))?;
    }
    if let Some(data) = data {
        let mut text = Vec::new();
        crate::render::tree::write(data, context.ui.color, &mut text);
        out.write_all(&text)?;
    }
    Ok(())
}
