//! Who watches: the screen, and what the keys do.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use clap::Parser as _;

use super::sampler::{Shared, Watched};
use super::screen::{self, Pane, View};
use super::{Args, view};
use crate::cli::rewrite_not;
use crate::commands::{inspect, purge, rights};
use crate::context::Context;
use crate::error::{self, Usage};
use crate::exit::Exit;
use crate::select::SelectArgs;
use crate::text::safe::safe;
use crate::text::{glob, mask, safe};
use crate::ui;
use crate::ui::full::{Full, Key};

/// How often the screen is drawn where no key is pressed.
const DRAW: Duration = Duration::from_millis(200);
/// Characters of a filter.
const LONGEST: usize = 1_000;

/// Why the loop ended.
enum Left {
    Quit(Exit),
    /// Other sessions are to be watched.
    Filter(Box<SelectArgs>),
}

pub(super) fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut select = args.select.clone();
    let mut full = None;
    let mut pane = Pane::default();
    loop {
        let shared = Arc::new(Shared::default());
        let watched = Watched::new(context, select.filter()?, args.rescan, args.budget(context));
        // What cannot be reached is told before the screen is taken.
        let threads = watched.start(&shared)?;
        if full.is_none() {
            full = Some(Full::enter(context.ui.color)?);
        }
        let Some(screen) = &mut full else { return Ok(Exit::Failed) };
        let mut view = View { pane, ..view(context, &select) };
        let left = look(context, screen, &mut view, &select, &shared, threads);
        shared.stop();
        match left? {
            Left::Quit(exit) => return Ok(exit),
            Left::Filter(other) => select = *other,
        }
        pane = view.pane;
    }
}

fn look(
    context: &Context,
    full: &mut Full,
    view: &mut View,
    select: &SelectArgs,
    shared: &Shared,
    threads: Vec<JoinHandle<()>>,
) -> anyhow::Result<Left> {
    let mut threads = threads;
    loop {
        {
            let state = shared.state();
            view.chosen = view.chosen.min(view.rows(&state).saturating_sub(1));
            full.draw(|width, height| screen::lines(view, &state, width, height))?;
        }
        if ui::interrupted() {
            return Ok(Left::Quit(Exit::Interrupted));
        }
        if let Some(at) = threads.iter().position(JoinHandle::is_finished) {
            // They end where they are told to, and by a panic.
            threads.swap_remove(at).join().unwrap_or_else(|panic| resume_unwind(panic));
            return Ok(Left::Quit(Exit::Failed));
        }
        let Some(key) = full.key(DRAW)? else { continue };
        if key == Key::Interrupt {
            return Ok(Left::Quit(Exit::Interrupted));
        }
        if key == Key::Suspend {
            full.suspend()?;
            continue;
        }
        if key == Key::Resized {
            continue;
        }
        view.message = None;
        if view.typed.is_some() {
            match typed(view, key) {
                Ok(Some(other)) => return Ok(Left::Filter(other)),
                Ok(None) => {}
                Err(error) => view.message = Some(error::tell(&error).lines.join(": ")),
            }
            continue;
        }
        if std::mem::take(&mut view.help) && key != Key::Char('q') {
            continue;
        }
        match key {
            Key::Char('q') => return Ok(Left::Quit(Exit::Done)),
            Key::Char('?' | 'h') => view.help = true,
            Key::Char('/') => view.typed = Some(String::new()),
            Key::Char('r') => shared.rescan(),
            Key::Escape if view.only.is_some() => return Ok(Left::Filter(Box::default())),
            Key::Tab => (view.pane, view.chosen) = (view.pane.beside(1), 0),
            Key::BackTab => (view.pane, view.chosen) = (view.pane.beside(Pane::ALL.len() - 1), 0),
            Key::Up | Key::Char('k') => view.chosen = view.chosen.saturating_sub(1),
            Key::Down | Key::Char('j') => view.chosen += 1,
            Key::PageUp => view.chosen = view.chosen.saturating_sub(10),
            Key::PageDown => view.chosen += 10,
            Key::Enter => {
                if let Some(left) = enter(context, full, view, select, shared)? {
                    return Ok(left);
                }
            }
            Key::Char('p') => end(context, full, view, select, shared)?,
            _ => {}
        }
    }
}

/// A key of a filter that is being typed; what it means once that is done.
fn typed(view: &mut View, key: Key) -> anyhow::Result<Option<Box<SelectArgs>>> {
    let Some(text) = &mut view.typed else { return Ok(None) };
    match key {
        Key::Char(char) if text.len() < LONGEST => text.push(char),
        Key::Backspace => {
            text.pop();
        }
        Key::Escape => view.typed = None,
        Key::Enter => {
            let text = view.typed.take().unwrap_or_default();
            return parse(&text).map(|select| Some(Box::new(select)));
        }
        _ => {}
    }
    Ok(None)
}

/// Options as they are typed elsewhere, or a part of a user's name.
fn parse(text: &str) -> anyhow::Result<SelectArgs> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(SelectArgs::default());
    }
    if !text.starts_with('-') {
        let name = String::from_utf8_lossy(&glob::escape(text.as_bytes())).into_owned();
        return Ok(SelectArgs::default().with("user-match", &format!("*{name}*")));
    }
    let words = shlex::split(text).ok_or_else(|| Usage::new("a quotation mark is not closed"))?;
    let words = rewrite_not(words.into_iter().map(Into::into))?;
    let words = words.into_iter().map(|word| word.to_string_lossy().into_owned());
    let select = SelectArgs::typed(words).map_err(|error| {
        let said = error.to_string();
        let line = said.lines().next().unwrap_or_default();
        Usage::new(line.strip_prefix("error: ").unwrap_or(line))
    })?;
    if select.has("ids-from", "-") {
        return Err(Usage::new("--ids-from - takes the keyboard").into());
    }
    // What is wrong with a value is better known now.
    select.filter()?;
    Ok(select)
}

/// A session is inspected, of a user or address the sessions are watched.
fn enter(
    context: &Context,
    full: &mut Full,
    view: &mut View,
    select: &SelectArgs,
    shared: &Shared,
) -> anyhow::Result<Option<Left>> {
    let (session, name) = {
        let state = shared.state();
        (view.session(&state), view.name(&state))
    };
    if let Some(row) = session {
        let args = inspect::Args {
            ids: vec![safe::text(&row.key).into_owned()],
            user: Vec::new(),
            cookie: None,
            path: None,
            raw: false,
            diff: false,
            explain: false,
        };
        full.aside(|| {
            if let Err(error) = inspect::run(context, &args) {
                error::report(&rights::named(error, false), context.ui.color_err);
            }
        })?;
        return Ok(None);
    }
    let Some(name) = name else { return Ok(None) };
    let select = match view.pane {
        Pane::Users => select.with("user", &name),
        Pane::Addresses => select.with("ip", &name),
        Pane::Sessions | Pane::Agents => {
            view.message = Some("type a filter such as --agent Firefox: / and Enter".to_string());
            return Ok(None);
        }
    };
    view.pane = Pane::Sessions;
    Ok(Some(Left::Filter(Box::new(select))))
}

/// Ends what is chosen, as `sessctl purge` does.
fn end(
    context: &Context,
    full: &mut Full,
    view: &mut View,
    select: &SelectArgs,
    shared: &Shared,
) -> anyhow::Result<()> {
    #[derive(Debug, clap::Parser)]
    #[command(no_binary_name = true)]
    struct Typed {
        #[command(flatten)]
        purge: purge::Args,
    }
    let (session, name) = {
        let state = shared.state();
        (view.session(&state), view.name(&state))
    };
    // As it is without any option.
    let mut args = Typed::try_parse_from([""; 0])?.purge;
    let what = match (session, name, view.pane) {
        (Some(row), ..) => {
            args.ids = vec![safe::text(&row.key).into_owned()];
            mask::key(&row.key, &row.id, mask::length(&row.id))
        }
        (None, Some(name), Pane::Users) => {
            args.select = select.with("user", &name);
            format!("--user {name}")
        }
        (None, Some(name), Pane::Addresses) => {
            args.select = select.with("ip", &name);
            format!("--ip {name}")
        }
        _ => {
            view.message = Some("choose a session, a user or an address to end".to_string());
            return Ok(());
        }
    };
    let only = if args.ids.is_empty() { view.only.as_deref() } else { None };
    full.aside(|| {
        let only = only.map_or_else(String::new, |only| format!(" (and {only})"));
        context.ui.tell(&safe(&format!("sessctl purge {what}{only}")), 2);
        if let Err(error) = purge::run(context, &args) {
            error::report(&rights::named(error, true), context.ui.color_err);
        }
    })?;
    shared.rescan();
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_typed_as_options_or_as_a_part_of_a_name() {
        assert!(parse("al*ce").unwrap().has("user-match", r"*al\*ce*"));
        assert!(parse("  ").unwrap().filter().unwrap().is_empty());
        let select = parse("--anonymous --idle '>1h' --not --ip 192.0.2.1").unwrap();
        assert!(select.has("idle", ">1h") && select.has("ip", "192.0.2.1"));
        let described = select.filter().unwrap().describe();
        assert!(described.contains("not (") && described.contains(" and "), "{described}");
        for (text, part) in [
            ("--usr x", "--usr"),
            ("--idle soon", "--idle"),
            ("--user 'x", "not closed"),
            ("--ids-from -", "keyboard"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_typed_can_be_taken_back() {
        let mut view = View { typed: Some(String::new()), ..View::default() };
        for key in [Key::Char('a'), Key::Char('b'), Key::Backspace, Key::Tab] {
            assert!(typed(&mut view, key).unwrap().is_none());
        }
        assert_eq!(view.typed.as_deref(), Some("a"));
        let select = typed(&mut view, Key::Enter).unwrap().unwrap();
        assert!(select.has("user-match", "*a*"));
        view.typed = Some("x".to_string());
        assert!(typed(&mut view, Key::Escape).unwrap().is_none() && view.typed.is_none());
    }
}
