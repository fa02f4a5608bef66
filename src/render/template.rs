//! `--format`: rows in the user's own words, such as `{id} {user} {ttl}`.
//!
//! A placeholder names a member of the row's JSON, which stands there as in CSV, or a column, which stands
//! there as in the table. What came from a store is escaped wherever it is written to, so that a value neither
//! steers a terminal nor makes a line of its own.

use clap::ValueEnum as _;

use super::column::{Column, Datum, Member, Rows};
use super::{Format, Look, csv, safe};
use crate::fault::{Usage, did_you_mean};

/// A piece of a template whose names were not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Name(String),
}

/// Takes a template apart: `{name}`, `{{` and `}}` for braces, and `\t`, `\n`, `\\`.
pub(super) fn pieces(template: &str) -> Result<Vec<Piece>, Usage> {
    let wrong = |what: String| {
        let form = Format::value_variants().iter().find(|form| form.name() == template);
        Usage::new(format!("--format: {what}")).hint(match form {
            Some(form) => format!("it takes a template; the form is -o {}", form.name()),
            None => "for example, --format '{id} {user}'".to_string(),
        })
    };
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = template.chars();
    while let Some(char) = chars.next() {
        match (char, chars.as_str().chars().next()) {
            ('{', Some('{')) | ('}', Some('}')) | ('\\', Some('\\')) => {
                text.push(char);
                chars.next();
            }
            ('\\', Some(escaped @ ('t' | 'n'))) => {
                text.push(if escaped == 't' { '\t' } else { '\n' });
                chars.next();
            }
            ('\\', _) => {
                return Err(wrong("a backslash must be followed by t, n or another backslash".to_string()));
            }
            ('}', _) => return Err(wrong("a `}` has no `{` before it; `}}` is a brace".to_string())),
            ('{', _) => {
                let rest = chars.as_str();
                let Some(end) = rest.find('}') else {
                    return Err(wrong("a `{` has no `}` after it; `{{` is a brace".to_string()));
                };
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Name(rest[..end].trim().to_string()));
                chars = rest[end + 1..].chars();
            }
            _ => text.push(char),
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    if !pieces.iter().any(|piece| matches!(piece, Piece::Name(_))) {
        return Err(wrong("there is no `{name}` in it".to_string()));
    }
    Ok(pieces)
}

/// That a template names what is not there.
pub(super) fn unknown<'n>(name: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> Usage {
    let name = safe::safe(name);
    Usage::new(format!("--format: no `{{{name}}}` here")).hint(did_you_mean(&name, known))
}

/// A template for rows of one kind.
#[derive(Debug, Clone)]
pub(super) struct Template<R: Rows>(Vec<Part<R>>);

#[derive(Debug, Clone)]
enum Part<R: Rows> {
    Text(String),
    /// A fact as data.
    Member(&'static Member<R>),
    /// What the table would show.
    Cell(&'static Column<R>),
}

impl<R: Rows> Template<R> {
    /// Looks up the names, and says of which columns they are.
    pub(super) fn of(
        template: &str,
        columns: &'static [Column<R>],
    ) -> Result<(Template<R>, Vec<&'static Column<R>>), Usage> {
        let mut used: Vec<&'static Column<R>> = Vec::new();
        let mut parts = Vec::new();
        for piece in pieces(template)? {
            parts.push(match piece {
                Piece::Text(text) => Part::Text(text),
                Piece::Name(name) => {
                    let (column, part) =
                        look_up(&name, columns).ok_or_else(|| unknown(&name, known(columns)))?;
                    if !used.iter().any(|other| other.name == column.name) {
                        used.push(column);
                    }
                    part
                }
            });
        }
        Ok((Template(parts), used))
    }

    /// Appends a row with what ends it.
    pub(super) fn row(&self, out: &mut Vec<u8>, row: &R::Row<'_>, look: Look) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Member(member) => datum(out, (member.get)(row), look),
                Part::Cell(column) => out.extend_from_slice((column.cell)(row).text.as_bytes()),
            }
        }
        end(out, look);
    }
}

/// Appends a fact, escaped.
pub(super) fn datum(out: &mut Vec<u8>, datum: Datum<'_>, look: Look) {
    csv::datum(out, datum, look, |out, own| out.extend_from_slice(safe::safe(own).as_bytes()));
}

/// Appends what ends a row.
pub(super) fn end(out: &mut Vec<u8>, look: Look) {
    out.push(if look.nul { 0 } else { b'\n' });
}

/// The member or column of that name, in capitals or not.
fn look_up<R: Rows>(name: &str, columns: &'static [Column<R>]) -> Option<(&'static Column<R>, Part<R>)> {
    let members =
        || columns.iter().flat_map(|column| column.members.iter().map(move |member| (column, member)));
    if let Some((column, member)) =
        members().find(|(_, member)| !member.nested && member.name.eq_ignore_ascii_case(name))
    {
        return Some((column, Part::Member(member)));
    }
    let column = columns.iter().find(|column| is_shown(column) && column.answers_to(name))?;
    Some((column, Part::Cell(column)))
}

/// Whether a placeholder can mean what the table shows of a column.
fn is_shown<R: Rows>(column: &Column<R>) -> bool {
    column.is_drawn() && !column.members.is_empty()
}

/// The names that placeholders can have, in the order of the columns.
fn known<R: Rows>(columns: &'static [Column<R>]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for column in columns {
        let members = column.members.iter().filter(|member| !member.nested).map(|member| member.name);
        let own = is_shown(column).then_some(column.name);
        for name in own.into_iter().chain(members) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::columns::COLUMNS;
    use super::*;

    #[test]
    fn a_template_is_taken_apart() {
        let name = |name: &str| Piece::Name(name.to_string());
        let text = |text: &str| Piece::Text(text.to_string());
        let cases = [
            ("{id}", vec![name("id")]),
            ("{id} {user}", vec![name("id"), text(" "), name("user")]),
            (r"{ id }\t{ttl}\n", vec![name("id"), text("\t"), name("ttl"), text("\n")]),
            (r#"{{"id": "{id}"}} \\"#, vec![text("{\"id\": \""), name("id"), text("\"} \\")]),
            ("»{id}«", vec![text("»"), name("id"), text("«")]),
        ];
        for (template, expected) in cases {
            assert_eq!(pieces(template).unwrap(), expected, "{template}");
        }
        for template in ["", "id", "{{id}}", "{id", "{id}}", "id}", r"{id}\x", r"{id}\"] {
            assert!(pieces(template).is_err(), "{template}");
        }
    }

    #[test]
    fn names_are_those_of_members_and_columns() {
        for name in known(COLUMNS) {
            assert!(look_up(name, COLUMNS).is_some(), "{name}");
        }
        let part = |name: &str| look_up(name, COLUMNS).unwrap().1;
        assert!(matches!(part("USER"), Part::Member(member) if member.name == "user"));
        assert!(matches!(part("ttl"), Part::Cell(column) if column.name == "ttl"));
        assert!(matches!(part("ttl_ms"), Part::Member(member) if member.name == "ttl_ms"));
        assert!(matches!(part("login"), Part::Cell(column) if column.name == "authenticated"));
        let error = Template::of("{id} {usr}", COLUMNS).unwrap_err();
        assert_eq!(error.what, "--format: no `{usr}` here");
        assert_eq!(error.hint.unwrap(), "did you mean `user`?");
        let (_, used) = Template::of("{expires_at} {id} {expires_at}", COLUMNS).unwrap();
        assert_eq!(used.iter().map(|column| column.name).collect::<Vec<_>>(), ["ttl", "id"]);
    }
}
