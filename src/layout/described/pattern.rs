//! Keys and members as strings with places in them.

use std::ops::Range;

use crate::value::Value;

/// A string with places in it. `{{` and `}}` stand for braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(pub(super) Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Id,
    User,
    /// The session's key as the application knows it: without the prefix of its Redis client.
    Key,
    /// What is at that path of the session's data.
    Data(String),
}

/// What stands in the places of a pattern.
pub(super) struct Filling<'f> {
    pub(super) id: &'f [u8],
    pub(super) key: &'f [u8],
    pub(super) user: Option<&'f str>,
    pub(super) data: Option<&'f Value<'f>>,
}

/// A place's word.
pub(super) const PLACES: &[(&str, Part)] = &[("id", Part::Id), ("user", Part::User), ("key", Part::Key)];

pub(super) fn literal(part: Option<&Part>) -> &str {
    match part {
        Some(Part::Text(text)) => text,
        _ => "",
    }
}

impl Pattern {
    /// Reads a pattern in which these words may stand between braces, and paths into the data where that
    /// is at hand.
    pub fn parse(text: &str, words: &[&str], paths: bool) -> Result<Pattern, String> {
        let known = || {
            let words = words.iter().map(|word| format!("{{{word}}}")).collect::<Vec<_>>().join(", ");
            if paths { format!("{words} and a path such as {{meta.csrf}}") } else { words }
        };
        let is_path = |word: &str| {
            let fine = |char: char| char.is_alphanumeric() || "._-$@:/".contains(char);
            paths
                && !word.is_empty()
                && word.chars().all(fine)
                && word.split('.').all(|name| !name.is_empty())
        };
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
                continue;
            }
            let word = rest.split_once('}').filter(|_| brace == "{");
            let place = word.and_then(|(word, after)| {
                let place = PLACES.iter().find(|(name, _)| *name == word && words.contains(&word));
                let part = place.map(|(_, part)| part.clone());
                Some((part.or_else(|| is_path(word).then(|| Part::Data(word.to_string())))?, after))
            });
            let Some((part, after)) = place else {
                return Err(format!("may hold {}; other braces are written {{{{ and }}}}", known()));
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(part);
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Pattern(parts))
    }

    pub(super) fn count(&self, which: &Part) -> usize {
        self.0.iter().filter(|part| *part == which).count()
    }

    /// Whether it names one session and no other.
    pub(super) fn is_of_one(&self) -> bool {
        self.count(&Part::Id) + self.count(&Part::Key) > 0
    }

    /// The paths into the data that it holds.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Data(path) => Some(path.as_str()),
            _ => None,
        })
    }

    pub fn has_text(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Text(_)))
    }

    /// The text that it begins with, and the text that it ends with.
    pub(super) fn ends(&self) -> (&str, &str) {
        (literal(self.0.first()), literal(self.0.last().filter(|_| self.0.len() > 1)))
    }

    /// Where in what stands between those strings of a session's key the id is and, where the user is in
    /// the key as well, the user. The text between the two may be a part of the user and not of the id.
    pub(super) fn split(&self, middle: &[u8]) -> Option<(Range<usize>, Option<Range<usize>>)> {
        let position = |which: &Part| self.0.iter().position(|part| part == which);
        let whole = 0..middle.len();
        let (id, user) = match (position(&Part::Id)?, position(&Part::User)) {
            (_, None) => (whole, None),
            (id, Some(user)) => {
                let between = literal(self.0.get(id.min(user) + 1)).as_bytes();
                let found = if user < id {
                    memchr::memmem::rfind(middle, between)?
                } else {
                    memchr::memmem::find(middle, between)?
                };
                let (first, second) = (0..found, found + between.len()..middle.len());
                if user < id { (second, Some(first)) } else { (first, Some(second)) }
            }
        };
        let there = !id.is_empty() && user.as_ref().is_none_or(|user| !user.is_empty());
        there.then_some((id, user))
    }

    /// With everything in its place; `None` where something is to be named that the session has not: a
    /// user, a member of its data.
    pub(super) fn fill(&self, with: &Filling<'_>) -> Option<Vec<u8>> {
        let mut filled = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.extend_from_slice(text.as_bytes()),
                Part::Id => filled.extend_from_slice(with.id),
                Part::Key => filled.extend_from_slice(with.key),
                Part::User => filled.extend_from_slice(with.user.filter(|user| !user.is_empty())?.as_bytes()),
                Part::Data(path) => filled.extend_from_slice(with.data?.at(path)?.scalar_text()?.as_bytes()),
            }
        }
        Some(filled)
    }

    /// Whether the text is of this form, with something in every place.
    pub(super) fn fits(&self, text: &[u8], session: &Pattern) -> bool {
        let mut pieces: Vec<Option<&[u8]>> = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => pieces.push(Some(text.as_bytes())),
                Part::Id | Part::User | Part::Data(_) => pieces.push(None),
                Part::Key => pieces.extend(session.0.iter().map(|part| match part {
                    Part::Text(text) => Some(text.as_bytes()),
                    _ => None,
                })),
            }
        }
        let mut at = 0;
        let mut open = false;
        for (index, piece) in pieces.iter().enumerate() {
            let Some(piece) = piece else {
                open = true;
                continue;
            };
            let from = at + usize::from(open);
            let Some(rest) = text.get(from..) else { return false };
            at = if !open {
                if !rest.starts_with(piece) {
                    return false;
                }
                from + piece.len()
            } else if index + 1 == pieces.len() {
                return rest.ends_with(piece);
            } else {
                let Some(found) = memchr::memmem::find(rest, piece) else { return false };
                from + found + piece.len()
            };
            open = false;
        }
        if open { at < text.len() } else { at == text.len() }
    }
}

impl Pattern {
    /// As people write it on a page.
    pub(super) fn shown(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Id => "<id>".to_string(),
            Part::User => "<user>".to_string(),
            Part::Key => "<key>".to_string(),
            Part::Data(path) => format!("<{path}>"),
        };
        self.0.iter().map(part).collect()
    }
}
