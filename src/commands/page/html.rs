//! HTML as it grows. Markup comes from this program's own text alone, as the types have it; everything
//! else is text and escaped.

use std::fmt::Write as _;

use crate::text::safe::safe;

#[derive(Debug, Default)]
pub(super) struct Html {
    out: String,
}

impl Html {
    pub(super) fn markup(&mut self, markup: &'static str) -> &mut Html {
        self.out.push_str(markup);
        self
    }

    /// Text from anywhere, for between tags and for quoted attributes: what is not a visible character is
    /// shown escaped, and nothing in it is markup.
    pub(super) fn text(&mut self, text: &str) -> &mut Html {
        for char in safe(text).chars() {
            match char {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                char => self.out.push(char),
            }
        }
        self
    }

    /// A name out of the store: whichever way its letters run, what stands next to it stays where it is.
    pub(super) fn name(&mut self, name: &str) -> &mut Html {
        self.markup("<bdi>").text(name).markup("</bdi>")
    }

    /// Digits alone, for attributes.
    pub(super) fn digits(&mut self, number: u64) -> &mut Html {
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{number}");
        self
    }

    /// A number for people.
    pub(super) fn number(&mut self, number: u64) -> &mut Html {
        self.out.push_str(&grouped(number));
        self
    }

    /// A length in a drawing.
    pub(super) fn length(&mut self, length: f64) -> &mut Html {
        let _ = write!(self.out, "{length:.1}");
        self
    }

    pub(super) fn html(&mut self, other: &Html) -> &mut Html {
        self.out.push_str(&other.out);
        self
    }

    pub(super) fn into_string(self) -> String {
        self.out
    }
}

/// `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let mut html = Html::default();
        html.text("<b title=\"a\" class='b'>&amp;</b>\u{202e}\0\n");
        assert_eq!(
            html.into_string(),
            "&lt;b title=&quot;a&quot; class=&#39;b&#39;&gt;&amp;amp;&lt;/b&gt;\\u{202e}\\x00\\n"
        );
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (u64::MAX, "18,446,744,073,709,551,615")]
        {
            assert_eq!(grouped(number), expected);
        }
    }
}
