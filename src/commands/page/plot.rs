//! Horizontal bars in SVG. A plotting library draws in colours of its own, with neither a dark mode nor
//! a title and description for those who do not see them; bars need nothing else of it.

use super::html::{Html, grouped};

/// What a bar stands for, and how long it is.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) count: u64,
}

// In units of the drawing, which is as wide as a small telephone and only grows from there.
const WIDE: f64 = 340.0;
const ROW: f64 = 22.0;
/// Where bars begin, after their labels.
const START: f64 = 92.0;
/// For the number after a bar.
const NUMBER: f64 = 76.0;

/// One bar below the other. `id` is the drawing's own in its page.
pub(super) fn bars(html: &mut Html, id: &'static str, title: &str, unit: &str, bars: &[Bar]) {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1) as f64;
    let high = bars.len() as f64 * ROW;
    html.markup("<svg role=\"img\" viewBox=\"0 0 ").length(WIDE).markup(" ").length(high);
    html.markup("\" aria-labelledby=\"")
        .markup(id)
        .markup("-title ")
        .markup(id)
        .markup("-desc\">\n<title id=\"");
    html.markup(id).markup("-title\">").text(title).markup("</title>\n<desc id=\"").markup(id);
    html.markup("-desc\">");
    let told: Vec<String> =
        bars.iter().map(|bar| format!("{}: {} {unit}", bar.label, grouped(bar.count))).collect();
    html.text(&told.join("; ")).markup(".</desc>\n");
    for (at, bar) in bars.iter().enumerate() {
        let top = at as f64 * ROW;
        let length = match bar.count {
            0 => 0.0,
            // However few they are, they are to be seen.
            count => (count as f64 / most * (WIDE - START - NUMBER)).max(1.0),
        };
        html.markup("<text class=\"label\" x=\"").length(START - 8.0);
        html.markup("\" y=\"").length(top + 15.0).markup("\">").text(&bar.label).markup("</text>");
        if length > 0.0 {
            html.markup("<rect x=\"").length(START).markup("\" y=\"").length(top + 3.0);
            html.markup("\" width=\"").length(length).markup("\" height=\"").length(ROW - 6.0);
            html.markup("\"></rect>");
        }
        html.markup("<text x=\"").length(START + length + 6.0).markup("\" y=\"").length(top + 15.0);
        html.markup("\">").number(bar.count).markup("</text>\n");
    }
    html.markup("</svg>\n");
}
