//! `sessctl layouts`: what is known about frameworks.

use std::io::Write;

use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use crate::commands::Command;
use crate::context::Context;
use crate::error::{Failure, Usage, did_you_mean};
use crate::exit::Exit;
use crate::frameworks::Catalog;
use crate::layout::setup::{COMMON, OptionError, OptionKind, OptionSpec};
use crate::layout::{Layout, Rank};
use crate::render::{self, Cell, Column, Columns, Datum, Format, Member, Rows, Tone};
use crate::store::Kind;
use crate::text::glyph;
use crate::ui;

pub(crate) mod toml;

/// Show how frameworks keep their sessions
///
/// Without a name, lists every layout, one per line. With a name, shows its page: its keys, its value,
/// its settings for a profile, its cookie, and what ending a session in the store does not end. Any other
/// word is searched for in all pages.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  List the known frameworks:
    sessctl layouts
  Read about one of them:
    sessctl layouts connect-redis
  Those of PHP, or those whose pages mention Keycloak:
    sessctl layouts --family PHP
    sessctl layouts keycloak
  Just their names, or everything about them:
    sessctl layouts -o ids
    sessctl layouts -o json
  Start a description of your own store:
    sessctl layouts connect-redis -o toml")]
pub struct Args {
    /// The layout, or a word to search for
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// Only layouts of this family, such as PHP
    #[arg(long, value_name = "FAMILY")]
    pub family: Option<String>,
}

/// Whether this is a command that can print a description.
pub(crate) fn describes(command: &Command) -> bool {
    matches!(command, Command::Layouts(Args { name: Some(_), .. }))
}

/// With `toml` the layout is printed as the configuration file would describe it.
pub fn run(context: &Context, args: &Args, toml: bool) -> anyhow::Result<Exit> {
    let mut out = context.pages();
    let options = context.look();
    let family = || of_family(&context.catalog, args.family.as_deref());
    match (&args.name, args.name.as_deref().and_then(|name| context.catalog.by_name(name))) {
        (None, _) => list(context, &family()?, &mut out)?,
        (Some(name), None) => {
            let mut found = family()?;
            found.retain(|layout| speaks_of(layout, name));
            if found.is_empty() || toml {
                return Err(
                    OptionError::Layout { name: name.clone(), near: context.catalog.close_to(name) }.into()
                );
            }
            list(context, &found, &mut out)?;
        }
        (Some(_), Some(layout)) if toml => out.write_all(description(layout)?.as_bytes())?,
        (Some(_), Some(layout)) if context.format == Format::Table => {
            let page = page(layout, options.width);
            let page = glyph::own(&page);
            let home = layout.home.filter(|_| options.terminal && options.color);
            let page = home.map_or_else(|| page.to_string(), |home| linked(&page, home));
            out.write_all(page.as_bytes())?;
        }
        (Some(_), Some(layout)) => {
            let columns = Columns::permitted(COLUMNS, context.format, &options)?;
            render::one(context.format, columns, &options, layout, &mut out)?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The layout in the words of the configuration file.
fn description(layout: &Layout) -> anyhow::Result<&'static str> {
    toml::of(layout.name).ok_or_else(|| {
        let known: Vec<&str> = toml::SAID.iter().map(|(name, _)| *name).collect();
        let what = if layout.described.is_some() {
            format!("`{}` is already described in the configuration file", layout.name)
        } else {
            format!("`{}` does more than the configuration file can describe", layout.name)
        };
        Failure::new(what).hint(format!("those it can describe: {}", known.join(", "))).into()
    })
}

/// All layouts, or those of one family, in the order in which they are asked.
fn of_family(catalog: &Catalog, family: Option<&str>) -> anyhow::Result<Vec<&'static Layout>> {
    let all: Vec<_> = catalog.all().collect();
    let Some(family) = family else { return Ok(all) };
    let found: Vec<_> =
        all.iter().copied().filter(|layout| layout.family.eq_ignore_ascii_case(family)).collect();
    if found.is_empty() {
        let mut known: Vec<&str> = all.iter().map(|layout| layout.family).collect();
        known.sort_unstable();
        known.dedup();
        return Err(Usage::new(format!("unknown family `{family}`"))
            .hint(did_you_mean(family, known))
            .into());
    }
    Ok(found)
}

/// Whether the word is in what is known of the layout.
fn speaks_of(layout: &Layout, word: &str) -> bool {
    let word = word.to_lowercase();
    let texts = [layout.name, layout.family, layout.about, layout.page, layout.keys.prefix];
    let names = layout.cookie.name.into_iter().chain(layout.same_as.iter().copied());
    let mut all = texts.into_iter().chain(names).chain(layout.ends.caveats.iter().copied());
    all.any(|text| text.to_lowercase().contains(&word))
}

fn list(context: &Context, layouts: &[&'static Layout], out: &mut impl Write) -> anyhow::Result<()> {
    let mut layouts = layouts.to_vec();
    if context.format == Format::Table {
        // By family, and within it in the order in which layouts are asked.
        layouts.sort_by_key(|layout| layout.family);
    }
    let look = context.look();
    let columns = Columns::permitted(COLUMNS, context.format, &look)?;
    Ok(render::rows(context.format, columns, &look, layouts, out).map(drop)?)
}

#[derive(Debug, Clone, Copy)]
struct Layouts;

impl Rows for Layouts {
    type Row<'a> = &'a Layout;

    const WHAT: &'static str = "layouts";
    const ID: Option<for<'a, 's> fn(&'s &'a Layout) -> &'s [u8]> = Some(|layout| layout.name.as_bytes());
    const PRETTY: bool = true;
}

/// A column of the table.
const fn said(
    head: &'static str,
    floor: usize,
    rank: u8,
    cell: for<'a, 's> fn(&'s &'a Layout) -> Cell,
    column: Column<Layouts>,
) -> Column<Layouts> {
    Column { head, rank, floor, cell, ..column }
}

fn cell(text: &str) -> Cell {
    Cell::new(glyph::own(if text.is_empty() { "-" } else { text }), Tone::Plain)
}

const COLUMNS: &[Column<Layouts>] = &[
    said(
        "LAYOUT",
        usize::MAX,
        0,
        |layout| cell(layout.name),
        Column::data("layout", &[Member::new("layout", |layout| Datum::Text(layout.name))]),
    ),
    said(
        "FAMILY",
        12,
        11,
        |layout| cell(layout.family),
        Column::data("family", &[Member::new("family", |layout| Datum::Text(layout.family))]),
    ),
    said("PREFIX", 12, 9, |layout| cell(layout.keys.prefix), Column::data("leads", &[])),
    said("COOKIE", 12, 10, |layout| cell(layout.cookie.name.unwrap_or("")), Column::data("sets", &[])),
    said(
        "ABOUT",
        40,
        1,
        |layout| cell(layout.about),
        Column::data("about", &[Member::new("about", |layout| Datum::Text(layout.about))]),
    ),
    Column::data("prefix", &[Member::new("prefix", |layout| Datum::Text(layout.keys.prefix))]),
    Column::data("type", &[Member::new("type", |layout| Datum::Text(Kind::name(layout.keys.kind)))]),
    Column::data(
        "cookie",
        &[
            Member::new("cookie", |layout| Datum::text(layout.cookie.name)),
            Member::new("opens_cookie", |layout| Datum::Bool(layout.cookie.open.is_some())),
        ],
    ),
    Column::data("options", &[Member::nested("options", |layout| Datum::Json(options(layout)))]),
    Column::data(
        "others",
        &[
            Member::new("twin_of", |layout| Datum::text(layout.twin().map(|twin| twin.of))),
            Member::nested("same_as", |layout| Datum::Json(json!(layout.same_as))),
        ],
    ),
    Column::data(
        "ends",
        &[
            Member::nested("caveats", |layout| Datum::Json(json!(layout.ends.caveats))),
            Member::nested("end_refused", |layout| Datum::text(layout.ends.refused)),
        ],
    ),
    Column::data("visible", &[Member::new("visible", |layout| Datum::Bool(layout.is_seen()))]),
    Column::data(
        "only_named",
        &[Member::new("only_named", |layout| Datum::Bool(layout.rank == Rank::OnlyNamed))],
    ),
    Column::data("page", &[Member::nested("page", |layout| Datum::Text(layout.page))]),
];

fn options(layout: &Layout) -> serde_json::Value {
    let options = COMMON.iter().chain(layout.options);
    options
        .map(|spec| json!({"name": spec.name, "kind": kind(spec.kind), "secret": spec.secret, "about": spec.about}))
        .collect()
}

/// A page is not made wider than this: long lines are hard to read.
const WIDEST: usize = 100;

/// Lines that are broken between words where the terminal's width is known.
struct Page {
    text: String,
    width: Option<usize>,
}

impl Page {
    /// Appends a line; what does not fit goes on with `hang` blanks before it.
    fn line(&mut self, line: &str, hang: usize) {
        match self.width {
            Some(width) => self.text.push_str(&ui::wrap(line, width.min(WIDEST), hang)),
            None => self.text.push_str(line),
        }
        self.text.push('\n');
    }

    /// Appends lines that are broken for a width of 100 already: a word and, from the tenth column on,
    /// what is said about it.
    fn table(&mut self, lines: &str) {
        const HANG: usize = 9;
        if self.width.is_none() {
            return self.line(lines.trim_end(), 0);
        }
        let mut whole = String::new();
        for line in lines.trim_end().lines() {
            let text = line.trim_start();
            let indent = line.len() - text.len();
            // What stands further in, or in columns, is meant to stay on a line of its own.
            let alone = indent > HANG || indent == HANG && text.contains("  ");
            if indent == HANG && !alone && !whole.is_empty() {
                whole.push(' ');
                whole.push_str(text);
                continue;
            }
            if !whole.is_empty() {
                self.line(&whole, HANG);
                whole.clear();
            }
            if alone {
                self.line(line, indent + 2);
            } else {
                whole.push_str(line);
            }
        }
        if whole.is_empty() {
            return;
        }
        self.line(&whole, HANG);
    }
}

/// The page with its address as a link (OSC 8), which terminals show as the text alone.
fn linked(page: &str, home: &str) -> String {
    page.replacen(home, &format!("\x1b]8;;{home}\x1b\\{home}\x1b]8;;\x1b\\"), 1)
}

/// The page of one layout, for a terminal of that width.
fn page(layout: &Layout, width: Option<usize>) -> String {
    let mut page = Page { text: String::new(), width };
    page.line(layout.name, 0);
    page.line(layout.about, 0);
    if let Some(home) = layout.home {
        page.line(home, 0);
    }
    if !layout.is_seen() {
        page.line("\nIts sessions cannot be seen from outside; it is listed only to say so.", 0);
    }
    if layout.rank == Rank::OnlyNamed {
        page.line(&format!("\nIt is used only when named: --layout {}.", layout.name), 0);
    }
    if let Some(why) = layout.ends.refused {
        page.line("\nsessctl shows its sessions but does not end them:", 0);
        for part in why.split_inclusive("; ") {
            page.line(&format!("  {}", part.trim_end()), 4);
        }
    }
    if !layout.page.is_empty() {
        page.line("", 0);
        page.table(layout.page);
    }
    page.line("\nSettings for a profile's `options`:", 0);
    let specs: Vec<&OptionSpec> = COMMON.iter().chain(layout.options).collect();
    let widest = specs.iter().map(|spec| spec.name.width()).max().unwrap_or(0);
    for spec in specs {
        let secret = if spec.secret { "; secret" } else { "" };
        let line = format!("  {:widest$}  {} ({}{secret})", spec.name, spec.about, kind(spec.kind));
        page.line(&line, if width.is_some_and(|width| width < widest + 40) { 4 } else { widest + 4 });
    }
    match layout.cookie.name {
        Some(name) if layout.cookie.open.is_some() => {
            page.line(&format!("\nCookie: {name}; `sessctl cookie` opens it."), 0);
        }
        Some(name) => page.line(&format!("\nCookie: {name}"), 0),
        None => {}
    }
    if let Some(twin) = layout.twin() {
        let (of, kind) = (twin.of, twin.kind.name());
        page.line("", 0);
        page.line(
            &format!(
                "Its sessions look like those of {of}; the index next to them ({kind}) tells them apart."
            ),
            0,
        );
    }
    if !layout.same_as.is_empty() {
        let same = layout.same_as.join(", ");
        page.line("", 0);
        page.line(&format!("Nothing in the data tells it from {same}, whose sessions end the same way."), 0);
    }
    if !layout.ends.caveats.is_empty() {
        page.line("\nWhat a purge cannot end:", 0);
        for caveat in layout.ends.caveats {
            page.line(&format!("  {caveat}"), 4);
        }
    }
    page.text
}

fn kind(kind: OptionKind) -> &'static str {
    match kind {
        OptionKind::Text => "string",
        OptionKind::Texts => "string or list of strings",
        OptionKind::Flag => "true or false",
        OptionKind::Number => "number",
        OptionKind::Table => "table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frameworks::BUILT_IN;

    #[test]
    fn every_layout_is_in_the_list_and_has_a_page() {
        let mut table = Vec::new();
        let options = render::Options::default();
        render::rows(Format::Table, Columns::every(COLUMNS), &options, BUILT_IN.all(), &mut table)
            .expect("written");
        let table = String::from_utf8(table).expect("UTF-8");
        assert_eq!(table.lines().count(), BUILT_IN.all().count() + 1);
        for layout in BUILT_IN.all() {
            assert!(table.lines().any(|line| line.split_whitespace().next() == Some(layout.name)));
            let page = page(layout, None);
            assert!(page.contains(layout.about) && page.contains("key_prefix"), "{}", layout.name);
            assert!(page.lines().all(|line| line.width() <= 140), "{}: a long line", layout.name);
            let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
            for width in [40, 80] {
                let narrow = super::page(layout, Some(width));
                assert_eq!(words(&narrow), words(&page), "{}", layout.name);
                // A word that is wider than its column is left whole.
                let room = width - 12;
                let over =
                    |line: &&str| line.width() > width && line.split(' ').all(|word| word.width() <= room);
                assert_eq!(narrow.lines().find(over), None, "{} at {width}", layout.name);
            }
        }
    }

    #[test]
    fn a_secret_option_is_marked() {
        let page = page(BUILT_IN.by_name("connect-redis").expect("a layout"), None);
        assert!(page.contains(
            "cookie_secret  the secret or secrets that sign the cookie (string or list of strings; secret)"
        ));
        assert!(page.contains("What a purge cannot end:"));
    }
}
