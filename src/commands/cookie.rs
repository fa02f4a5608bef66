//! `sessctl cookie`: from what a browser sends to the session's id, and whether it is genuine.

use std::io::{Read as _, Write as _};

use crate::context::Context;
use crate::cookie::{CookieError, Given, Opened};
use crate::error::{Failure, Usage};
use crate::exit::Exit;
use crate::layout::setup::{Setting, Setup};
use crate::render::safe::{safe, text as shown};
use crate::render::{self, Column, Columns, Datum, Format, Member, Rows, mask};
use anyhow::Context as _;

/// Find the session that a cookie belongs to, and check its signature
///
/// The value may be bare, `name=value`, or a whole Cookie header, percent-encoded or not. The signature is
/// checked with the profile's secrets; without a secret the id is shown unchecked. A wrong signature
/// exits with code 7. No server is contacted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Check a cookie without leaving it in the shell's history; end the input with Ctrl-D:
    sessctl --profile shop cookie -
  Say which framework set it:
    sessctl --layout connect-redis cookie 's%3A3xyuXKIB...'
  Find the key from a copied header:
    sessctl cookie 'connect.sid=s%3A3xyuXKIB...; theme=dark' --reveal")]
pub struct Args {
    /// The cookie; `-` reads it from standard input, which keeps it out of process lists
    #[arg(allow_hyphen_values = true)]
    pub value: String,

    /// The cookie's name, if the application renamed it
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// Browsers send some 8 KiB of cookies at most, servers take little more.
const LONGEST: u64 = 1 << 20;

/// What one layout makes of the cookie.
#[derive(Debug)]
struct Answer<'s> {
    setup: &'s Setup,
    opened: Opened,
    key: Vec<u8>,
}

impl Answer<'_> {
    /// Whether the id has the shape that the framework itself makes.
    fn is_usual(&self) -> bool {
        (self.setup.layout.keys.locate)(self.setup, &self.key).is_some_and(|place| place.usual)
    }

    /// Whether it says the same, so that one line is enough for both.
    fn says(&self, other: &Answer<'_>) -> bool {
        self.opened == other.opened && self.key == other.key
    }
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let text = if args.value == "-" {
        let mut text = String::new();
        let stdin = std::io::stdin().lock();
        stdin.take(LONGEST + 1).read_to_string(&mut text).context("reading the cookie from stdin")?;
        if text.len() as u64 > LONGEST {
            return Err(Failure::new("standard input holds too much for a cookie").into());
        }
        text
    } else {
        args.value.clone()
    };
    if text.trim().is_empty() {
        return Err(Usage::new("the cookie is empty").into());
    }
    let given = Given::parse(&text);
    let mut setups: Vec<Setup> = context.setups.clone();
    if let Some(name) = &args.name {
        for setup in &mut setups {
            setup.set("cookie_name", Setting::Text(name.clone()))?;
        }
    }
    let mut answers = Vec::new();
    let mut failures = Vec::new();
    for setup in &setups {
        match setup.layout.cookie.open.map(|open| open(setup, &given)) {
            Some(Ok(opened)) => {
                let key = (setup.layout.keys.key_of)(setup, &opened.id);
                answers.push(Answer { setup, opened, key });
            }
            Some(Err(error)) => failures.push((setup.layout.name, error)),
            None if context.named => {
                return Err(Failure::new(format!(
                    "the layout {} sets no cookie that sessctl can read",
                    setup.layout.name
                ))
                .into());
            }
            None => {}
        }
    }
    // A signature that fits settles it; without one, all that it could be is shown.
    if answers.iter().any(|answer| answer.opened.verified == Some(true)) {
        answers.retain(|answer| answer.opened.verified == Some(true));
    }
    // Of all that read something, those whose framework makes such ids.
    if !context.named && answers.iter().any(Answer::is_usual) {
        answers.retain(Answer::is_usual);
    }
    if answers.is_empty() {
        return Err(unopened(context, failures));
    }
    print(context, &answers)?;
    if answers.iter().any(|answer| !answer.says(&answers[0])) {
        context.ui.status("Several frameworks could have set this cookie; --layout names the right one.");
    }
    let wrong = answers.iter().any(|answer| answer.opened.verified == Some(false));
    Ok(if wrong { Exit::Found } else { Exit::Done })
}

fn unopened(context: &Context, failures: Vec<(&'static str, CookieError)>) -> anyhow::Error {
    let (mut absent, mut others) = (Vec::new(), Vec::new());
    for (layout, error) in failures {
        if matches!(error, CookieError::Absent { .. }) {
            absent.push((layout, error));
        } else {
            others.push((layout, error));
        }
    }
    if (context.named || others.len() == 1)
        && let Some((layout, error)) = others.into_iter().chain(absent).next()
    {
        return anyhow::Error::from(error).context(format!("layout {layout} cannot open the cookie"));
    }
    Failure::new("no layout can open the cookie")
        .hint("name the framework with --layout, and the cookie with --name if your application renamed it")
        .into()
}

/// The beginning of an id, unless it is to be seen whole.
fn shortened(bytes: &[u8], whole: bool) -> String {
    if whole { shown(bytes).into_owned() } else { mask::short(bytes) }
}

/// The key, with the id in it shortened in the same way.
fn shown_key(answer: &Answer<'_>, whole: bool) -> String {
    let id = &answer.opened.id;
    match memchr::memmem::rfind(&answer.key, id).filter(|_| !id.is_empty()) {
        Some(at) => {
            let (before, after) = (&answer.key[..at], &answer.key[at + id.len()..]);
            [shown(before).as_ref(), &shortened(id, whole), &shown(after)].concat()
        }
        None => shortened(&answer.key, whole),
    }
}

#[derive(Debug, Clone, Copy)]
struct Answers;

impl Rows for Answers {
    type Row<'a> = &'a Answer<'a>;

    const WHAT: &'static str = "cookies";
    const ID: Option<for<'a, 's> fn(&'s &'a Answer<'a>) -> &'s [u8]> = Some(|answer| &answer.opened.id);
}

const COLUMNS: &[Column<Answers>] = &[
    Column::data("layout", &[Member::new("layout", |answer| Datum::Text(answer.setup.layout.name))]),
    Column::data("name", &[Member::new("name", |answer| Datum::Text(answer.setup.cookie_name()))]),
    Column::data("id", &[Member::new("id", |answer| Datum::Id(&answer.opened.id))]),
    Column::data(
        "key",
        &[Member::new("key", |answer| Datum::Key { key: &answer.key, id: &answer.opened.id })],
    ),
    Column::data("verified", &[Member::new("verified", |answer| Datum::truth(answer.opened.verified))]),
];

fn print(context: &Context, answers: &[Answer<'_>]) -> anyhow::Result<()> {
    let mut out = context.ui.out();
    if context.format != Format::Table {
        // Of an id that several layouts read there is one.
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut rows: Vec<&Answer<'_>> = answers.iter().collect();
        if context.format == Format::Ids {
            rows.retain(|answer| {
                let new = !seen.contains(&&answer.opened.id[..]);
                seen.push(&answer.opened.id);
                new
            });
        }
        let look = context.look();
        let columns = Columns::permitted(COLUMNS, context.format, &look)?;
        render::rows(context.format, columns, &look, rows, &mut out)?;
        return Ok(());
    }
    for (at, answer) in answers.iter().enumerate() {
        if answers[..at].iter().any(|earlier| earlier.says(answer)) {
            continue;
        }
        let same = answers[at..].iter().filter(|other| other.says(answer));
        let layouts: Vec<&str> = same.map(|other| other.setup.layout.name).collect();
        if at > 0 {
            writeln!(out)?;
        }
        let verified = match answer.opened.verified {
            Some(true) => "yes",
            Some(false) => "no: the signature is wrong",
            None => "not checked: no secret was given, or the cookie has no signature",
        };
        writeln!(out, "layout    {}", layouts.join(" or "))?;
        writeln!(out, "id        {}", safe(&shortened(&answer.opened.id, context.reveal)))?;
        writeln!(out, "key       {}", safe(&shown_key(answer, context.reveal)))?;
        writeln!(out, "verified  {verified}")?;
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_to_their_beginning() {
        assert_eq!(shortened(b"3xyuXKIBabcdef", false), "3xyuXKI…");
        assert_eq!(shortened(b"3xyuXKIBabcdef", true), "3xyuXKIBabcdef");
        assert_eq!(shortened(b"short", false), "sho…");
    }

    #[test]
    fn a_key_hides_the_id_in_it() {
        let setup = Setup::free(crate::frameworks::BUILT_IN.by_name("connect-redis").expect("a layout"));
        let opened = Opened { id: b"3xyuXKIBabcdef".to_vec(), verified: None };
        let answer = Answer { setup: &setup, opened, key: b"sess:3xyuXKIBabcdef".to_vec() };
        assert_eq!(shown_key(&answer, false), "sess:3xyuXKI…");
        assert_eq!(shown_key(&answer, true), "sess:3xyuXKIBabcdef");
    }
}
