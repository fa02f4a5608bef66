//! Small tables whose rows are all known: `discover`, `layouts`. Cells wrap.

use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::safe::safe;

/// Draws a table without borders; `right` are the columns of numbers. It fits the width if there is
/// one. The cells are made safe here.
pub fn draw(head: &[&str], rows: &[Vec<String>], right: &[usize], width: Option<usize>) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    match width {
        Some(width) => table.set_width(width.min(u16::MAX.into()) as u16),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row.iter().map(|cell| safe(cell).into_owned()));
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text: String = table.lines().map(|line| line.trim_end().to_string() + "\n").collect();
    if rows.is_empty() {
        text.push_str("(nothing)\n");
    }
    text
}
