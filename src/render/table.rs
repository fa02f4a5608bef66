//! The table for people: columns without borders that fit the terminal.
//!
//! Widths are settled on the first screenful and kept, so that rows can be shown while the scan goes
//! on. What does not fit is cut with `…`, and when even that is not enough, the least important columns
//! are left out, unless the user chose them.
//!
//! comfy-table draws what stands on a terminal, and every table that is known whole. A long list into a
//! pipe is written line by line: through the library it took twice the time (bench/README.md).

use std::borrow::Cow;
use std::time::{Duration, Instant};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::column::{Cell, Column, Datum, Fault, Rows, Tone};
use super::columns::Columns;
use super::mask::{self, Shown};
use super::{Look, Options, glyph, safe};

/// Between two columns.
const GAP: usize = 2;

/// A number or an address is never cut: half of one says something else. What is longer than this is
/// neither.
const WHOLE: usize = 45;

/// What each column gets before one gets more.
const COMFORT: usize = 24;

/// A flush within this time does not settle the widths: a few more rows make them better.
const PATIENCE: Duration = Duration::from_millis(300);

/// A row before its columns are settled.
#[derive(Debug)]
pub(super) struct Row {
    id: Vec<u8>,
    /// How much of the id is shown.
    shown: Shown,
    /// Only where the column is shown.
    key: Option<Vec<u8>>,
    cells: Vec<Cell>,
    fault: Fault,
}

/// What is settled once.
#[derive(Debug)]
struct Fit {
    /// The columns that are shown, as places in the list, and how wide each is.
    columns: Vec<(usize, usize)>,
}

#[derive(Debug)]
pub(super) struct Table<R: Rows> {
    columns: Columns<R>,
    look: Look,
    width: usize,
    /// The rows that settle the widths.
    screen: usize,
    terminal: bool,
    began: Instant,
    waiting: Vec<Row>,
    fit: Option<Fit>,
}

impl<R: Rows> Table<R> {
    pub(super) fn new(mut columns: Columns<R>, look: Look, width: usize, height: Option<usize>) -> Table<R> {
        columns.list.retain(|column| column.is_drawn());
        // Nobody waits at a pipe, so there more rows can be looked at.
        let screen = if look.terminal { height.unwrap_or(24).clamp(5, 50) } else { 200 };
        Table {
            columns,
            look,
            width,
            screen,
            terminal: look.terminal,
            began: Instant::now(),
            waiting: Vec::new(),
            fit: None,
        }
    }

    /// Draws nothing before all rows are there.
    pub(super) fn wait(&mut self) {
        self.screen = usize::MAX;
    }

    /// What is kept of a row until it is drawn.
    pub(super) fn row(&self, row: &R::Row<'_>) -> Row {
        let list = &self.columns.list;
        let id = list.iter().find_map(|column| column.members.first().filter(|_| column.name == "id"));
        let id = match (id.map(|member| (member.get)(row)), R::ID) {
            (Some(Datum::Id(id)), _) => id,
            (_, Some(id)) => id(row),
            _ => &[],
        };
        let key = list.iter().find_map(|column| column.members.first().filter(|_| column.name == "key"));
        Row {
            id: id.to_vec(),
            shown: if self.look.reveal { Shown::whole() } else { Shown::alone(id) },
            key: match key.map(|member| (member.get)(row)) {
                Some(Datum::Key { key, .. }) => Some(key.to_vec()),
                _ => None,
            },
            cells: list.iter().map(|column| (column.cell)(row)).collect(),
            fault: R::fault(row),
        }
    }

    /// Draws the row, or lets it wait for the rest of the first screenful.
    pub(super) fn add(&mut self, out: &mut Vec<u8>, row: Row) {
        if let Some(fit) = &self.fit {
            self.draw(out, fit, &row);
            return;
        }
        self.waiting.push(row);
        if self.waiting.len() >= self.screen {
            self.settle(out, true);
        }
    }

    /// Someone wants to see what there is.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) {
        if self.fit.is_none() && self.terminal && !self.waiting.is_empty() && self.began.elapsed() >= PATIENCE
        {
            self.settle(out, true);
        }
    }

    /// Draws what is left.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.fit.is_none() && !self.waiting.is_empty() {
            self.settle(out, false);
        }
    }

    fn settle(&mut self, out: &mut Vec<u8>, more: bool) {
        let mut rows = std::mem::take(&mut self.waiting);
        if !self.look.reveal {
            let apart = mask::apart(&rows.iter().map(|row| &row.id[..]).collect::<Vec<_>>());
            rows.iter_mut().zip(apart).for_each(|(row, shown)| row.shown = shown);
        }
        let list = &self.columns.list;
        let mut fit = Fit { columns: (0..list.len()).map(|at| (at, 0)).collect() };
        let natural: Vec<usize> = (0..list.len())
            .map(|at| {
                let cells = rows.iter().map(|row| self.cell(&fit, row, at).text.width());
                cells.max().unwrap_or(0).max(list[at].head.width())
            })
            .collect();
        let asks: Vec<Ask> =
            list.iter().zip(&natural).map(|(column, natural)| Ask::of(column, *natural)).collect();
        fit.columns = arrange(&asks, self.width, self.columns.chosen, self.columns.wide, more);
        let head = (!self.look.bare).then(|| self.head(&fit));
        let drawn = head.into_iter().chain(rows.iter().map(|row| self.placed(&fit, row)));
        if self.terminal {
            sheet(out, drawn, self.look.color);
        } else {
            drawn.for_each(|row| line(out, row, self.look.color));
        }
        self.fit = Some(fit);
    }

    fn head(&self, fit: &Fit) -> Vec<Placed<'_>> {
        let placed = fit.columns.iter().map(|(at, width)| {
            let column = self.columns.list[*at];
            Placed {
                cell: Cow::Owned(Cell::new(column.head, Tone::Strong)),
                width: *width,
                right: column.right,
            }
        });
        placed.collect()
    }

    fn draw(&self, out: &mut Vec<u8>, fit: &Fit, row: &Row) {
        let row = self.placed(fit, row);
        if self.terminal {
            sheet(out, std::iter::once(row), self.look.color);
        } else {
            line(out, row, self.look.color);
        }
    }

    fn placed<'r>(&self, fit: &Fit, row: &'r Row) -> Vec<Placed<'r>> {
        let placed = fit.columns.iter().map(|(at, width)| {
            let (cell, column) = (self.cell(fit, row, *at), self.columns.list[*at]);
            let own = cell.text.width();
            let grows = self.columns.wide || (column.whole && own <= WHOLE);
            Placed { width: if grows { own.max(*width) } else { *width }, cell, right: column.right }
        });
        placed.collect()
    }

    fn cell<'r>(&self, fit: &Fit, row: &'r Row, at: usize) -> Cow<'r, Cell> {
        let tone = if row.fault.bad { Tone::Bad } else { Tone::Plain };
        let shown = |name: &str| fit.columns.iter().any(|(other, _)| self.columns.list[*other].name == name);
        let made = match (self.columns.list[at].name, &row.fault.error) {
            ("id", _) => Cell::new(safe::safe(&row.shown.id(&row.id)), tone),
            ("key", _) => {
                let key = row.key.as_deref().unwrap_or_default();
                Cell::new(safe::safe(&row.shown.key(key, &row.id)), tone)
            }
            // Where the error has no column, it stands where nothing else is known.
            ("agent", Some(error)) if !shown("error") => Cell::new(error.clone(), Tone::Bad),
            ("user", Some(error)) if !shown("error") && !shown("agent") => {
                Cell::new(format!("? {error}"), Tone::Bad)
            }
            _ => return Cow::Borrowed(&row.cells[at]),
        };
        Cow::Owned(made)
    }
}

/// What a column would like.
#[derive(Debug, Clone, Copy)]
struct Ask {
    natural: usize,
    /// It is not made narrower than that, nor at all with `usize::MAX`.
    floor: usize,
    /// What it takes as a rule, for rows that are still to come.
    usual: usize,
    rank: u8,
}

impl Ask {
    fn of<R: Rows>(column: &Column<R>, natural: usize) -> Ask {
        let floor = if column.whole { column.floor.max(WHOLE) } else { column.floor };
        let usual = if column.floor == usize::MAX { natural } else { natural.max(column.floor) };
        Ask { natural, floor, usual, rank: column.rank }
    }

    fn least(self) -> usize {
        self.natural.min(self.floor)
    }
}

/// Which columns are shown and how wide. With `more` rows to come, room that is left is given to
/// columns that have not yet seen their usual width.
fn arrange(asks: &[Ask], width: usize, chosen: bool, wide: bool, more: bool) -> Vec<(usize, usize)> {
    if wide {
        return asks.iter().map(|ask| ask.natural).enumerate().collect();
    }
    let mut shown: Vec<usize> = (0..asks.len()).collect();
    let least = |shown: &[usize]| {
        shown.iter().map(|at| asks[*at].least()).sum::<usize>() + GAP * shown.len().saturating_sub(1)
    };
    while !chosen && shown.len() > 1 && least(&shown) > width {
        if let Some(worst) = (0..shown.len()).max_by_key(|place| asks[shown[*place]].rank) {
            shown.remove(worst);
        }
    }
    let mut spare = width.saturating_sub(least(&shown));
    let mut widths: Vec<(usize, usize)> = shown.iter().map(|at| (*at, asks[*at].least())).collect();
    let mut by_rank: Vec<usize> = (0..widths.len()).collect();
    by_rank.sort_by_key(|place| asks[widths[*place].0].rank);
    let wishes: [fn(Ask) -> usize; 3] = [
        // One long name is no reason to cut all the others.
        |ask| ask.natural.min(COMFORT),
        |ask| ask.natural,
        |ask| ask.usual,
    ];
    for wish in &wishes[..if more { 3 } else { 2 }] {
        for place in &by_rank {
            let (at, now) = &mut widths[*place];
            let given = wish(asks[*at]).saturating_sub(*now).min(spare);
            *now += given;
            spare -= given;
        }
    }
    widths
}

/// A cell in its column.
#[derive(Debug)]
struct Placed<'c> {
    cell: Cow<'c, Cell>,
    width: usize,
    right: bool,
}

impl<'c> Placed<'c> {
    fn under(head: &Head, cell: Cow<'c, Cell>, width: usize) -> Placed<'c> {
        Placed { cell, width, right: head.right }
    }
}

/// What no cell holds: the library would break lines there.
const NOWHERE: char = '\u{1}';

/// Appends rows as comfy-table draws them. Those that follow on each other at the same widths are one
/// table.
fn sheet<'c>(out: &mut Vec<u8>, rows: impl Iterator<Item = Vec<Placed<'c>>>, color: bool) {
    let widths = |row: &[Placed<'_>]| row.iter().map(|placed| placed.width).collect::<Vec<_>>();
    let mut begun: Option<(Vec<usize>, comfy_table::Table)> = None;
    for row in rows {
        let here = widths(&row);
        if let Some((_, table)) = begun.take_if(|(there, _)| *there != here) {
            write(out, &table);
        }
        let (_, table) = begun.get_or_insert_with(|| (here, comfy_table::Table::new()));
        let mut cells =
            comfy_table::Row::from(row.iter().map(|placed| styled(&placed.cell, color)).collect::<Vec<_>>());
        cells.max_height(1);
        table.add_row(cells);
        if table.row_count() == 1 {
            lay_out(table, &row, color);
        }
    }
    if let Some((_, table)) = begun {
        write(out, &table);
    }
}

fn lay_out(table: &mut comfy_table::Table, row: &[Placed<'_>], color: bool) {
    use comfy_table::{CellAlignment, ColumnConstraint, Width};
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_delimiter(NOWHERE)
        .set_truncation_indicator(glyph::cut())
        .force_no_tty()
        .style_text_only();
    if color {
        table.enforce_styling();
    }
    let last = row.len().saturating_sub(1);
    for ((at, placed), column) in row.iter().enumerate().zip(table.column_iter_mut()) {
        let gap = if at < last { GAP } else { 0 };
        let width = u16::try_from(placed.width + gap).unwrap_or(u16::MAX);
        column.set_padding((0, gap as u16)).set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        column.set_cell_alignment(if placed.right { CellAlignment::Right } else { CellAlignment::Left });
    }
}

fn styled(cell: &Cell, color: bool) -> comfy_table::Cell {
    use comfy_table::{Attribute, Color};
    let drawn = comfy_table::Cell::new(&cell.text);
    match if color { cell.tone } else { Tone::Plain } {
        Tone::Plain => drawn,
        Tone::Strong => drawn.add_attribute(Attribute::Bold),
        Tone::Dim => drawn.add_attribute(Attribute::Dim),
        Tone::Warning => drawn.fg(Color::DarkYellow),
        Tone::Bad => drawn.fg(Color::DarkRed),
    }
}

fn write(out: &mut Vec<u8>, table: &comfy_table::Table) {
    for line in table.lines() {
        out.extend_from_slice(line.trim_end().as_bytes());
        out.push(b'\n');
    }
}

/// Appends one line for a pipe. Nothing is padded after the last cell.
fn line(out: &mut Vec<u8>, row: Vec<Placed<'_>>, color: bool) {
    let last = row.len().saturating_sub(1);
    for (at, Placed { cell, width, right }) in row.into_iter().enumerate() {
        let (text, taken) = cut(&cell.text, width);
        let text = text.as_deref().unwrap_or(&cell.text);
        let pad = width.saturating_sub(taken);
        if right {
            blank(out, pad);
        }
        let on = if color { style(cell.tone) } else { "" };
        out.extend_from_slice(on.as_bytes());
        out.extend_from_slice(text.as_bytes());
        if !on.is_empty() {
            out.extend_from_slice(b"\x1b[0m");
        }
        if at < last {
            blank(out, GAP + if right { 0 } else { pad });
        }
    }
    // An empty last cell would leave the gap before it.
    while out.last() == Some(&b' ') {
        out.pop();
    }
    out.push(b'\n');
}

fn blank(out: &mut Vec<u8>, count: usize) {
    out.resize(out.len() + count, b' ');
}

fn style(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Strong => "\x1b[1m",
        Tone::Dim => "\x1b[2m",
        Tone::Warning => "\x1b[33m",
        Tone::Bad => "\x1b[31m",
    }
}

/// The text cut to a width, where it must be, and the width that it then takes.
fn cut(text: &str, width: usize) -> (Option<String>, usize) {
    let natural = text.width();
    if natural <= width {
        return (None, natural);
    }
    let mut short = String::with_capacity(text.len().min(width * 4));
    let mark = if width < glyph::cut().width() { &glyph::cut()[..0] } else { glyph::cut() };
    let mut taken = 0;
    for c in text.chars() {
        let own = c.width().unwrap_or(0);
        if taken + own + mark.width() > width {
            break;
        }
        taken += own;
        short.push(c);
    }
    short.push_str(mark);
    (Some(short), taken + mark.width())
}

/// A column of a small table.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    pub name: &'static str,
    /// It is of numbers.
    pub right: bool,
    /// It is not made narrower than that, nor at all with `usize::MAX`.
    pub floor: usize,
    /// How early it gives way, or goes where even that is not enough; 0 goes last.
    pub rank: u8,
}

impl Head {
    /// A column of text that may be cut.
    pub fn text(name: &'static str, rank: u8) -> Head {
        Head { name, right: false, floor: 12, rank }
    }

    /// A column of numbers, which are never cut.
    pub fn number(name: &'static str, rank: u8) -> Head {
        Head { name, right: true, floor: usize::MAX, rank }
    }
}

/// A small table that is known whole. Where the width is not enough, columns are cut, and those with
/// a rank of [`MAY_GO`] or more are left out.
pub fn draw(out: &mut Vec<u8>, heads: &[Head], rows: &[Vec<Cell>], width: usize, options: &Options) {
    let color = options.color;
    let asks: Vec<Ask> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width());
            let natural = cells.max().unwrap_or(0).max(head.name.width());
            let usual = if head.floor == usize::MAX { natural } else { natural.max(head.floor) };
            Ask { natural, floor: head.floor, usual, rank: head.rank }
        })
        .collect();
    let chosen = heads.iter().all(|head| head.rank < MAY_GO);
    let widths = arrange(&asks, width, chosen, false, false);
    let name = |head: &Head| Cow::Owned(Cell::new(head.name, Tone::Strong));
    let head =
        || widths.iter().map(|(at, width)| Placed::under(&heads[*at], name(&heads[*at]), *width)).collect();
    let head = (!options.bare).then(head);
    let rows = rows.iter().map(|row| {
        widths
            .iter()
            .map(|(at, width)| Placed::under(&heads[*at], Cow::Borrowed(&row[*at]), *width))
            .collect()
    });
    sheet(out, head.into_iter().chain(rows), color);
}

/// The rank from which on a column of a small table may be left out.
pub const MAY_GO: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting() {
        assert_eq!(cut("abc", 3), (None, 3));
        assert_eq!(cut("abcd", 3), (Some("ab…".to_string()), 3));
        assert_eq!(cut("名前名前", 6), (Some("名前…".to_string()), 5));
        assert_eq!(cut("abc", 1), (Some("…".to_string()), 1));
        assert_eq!(cut("abc", 0), (Some(String::new()), 0));
    }

    #[test]
    fn arranging() {
        let ask = |natural: usize, floor: usize, rank| {
            let usual = if floor == usize::MAX { natural } else { natural.max(floor) };
            Ask { natural, floor, usual, rank }
        };
        let asks = [ask(9, usize::MAX, 0), ask(20, 10, 1), ask(100, 16, 7)];
        // Everything fits, with the last one cut.
        assert_eq!(arrange(&asks, 80, false, false, false), [(0, 9), (1, 20), (2, 47)]);
        assert_eq!(arrange(&asks, 45, false, false, false), [(0, 9), (1, 16), (2, 16)]);
        // The least important goes.
        assert_eq!(arrange(&asks, 30, false, false, false), [(0, 9), (1, 19)]);
        // Chosen ones never do.
        assert_eq!(arrange(&asks, 30, true, false, false), [(0, 9), (1, 10), (2, 16)]);
        assert_eq!(arrange(&asks, 5, false, false, false), [(0, 9)]);
        assert_eq!(arrange(&asks, 30, false, true, false), [(0, 9), (1, 20), (2, 100)]);
        // Room is left for longer names to come.
        assert_eq!(
            arrange(&[ask(9, usize::MAX, 0), ask(4, 12, 1)], 80, false, false, true),
            [(0, 9), (1, 12)]
        );
        assert_eq!(
            arrange(&[ask(9, usize::MAX, 0), ask(4, 12, 1)], 80, false, false, false),
            [(0, 9), (1, 4)]
        );
    }
}
