//! What ids look like.

use crate::layout::key::{self, Alphabet};

/// What an id looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Uuid,
    Letters { of: Alphabet, least: usize, most: usize },
}

impl Shape {
    const ALPHABETS: &[(&str, Alphabet)] = &[
        ("hex", Alphabet::Hex),
        ("digits", Alphabet::Digit),
        ("lower", Alphabet::Lower),
        ("alnum", Alphabet::Alnum),
        ("base64url", Alphabet::Base64Url),
        ("native", Alphabet::Native),
    ];

    /// Reads `uuid`, `40 hex`, `22-256 native`.
    pub fn parse(text: &str) -> Option<Shape> {
        if text == "uuid" {
            return Some(Shape::Uuid);
        }
        let (lengths, letters) = text.split_once(' ')?;
        let (_, of) = Shape::ALPHABETS.iter().find(|(name, _)| *name == letters.trim())?;
        let (least, most) = lengths.split_once('-').unwrap_or((lengths, lengths));
        let (least, most) = (least.parse().ok()?, most.parse().ok()?);
        (0 < least && least <= most).then_some(Shape::Letters { of: *of, least, most })
    }

    pub(super) fn fits(self, id: &[u8]) -> bool {
        match self {
            Shape::Uuid => key::is_uuid(id),
            Shape::Letters { of, least, most } => (least..=most).contains(&id.len()) && of.all(id),
        }
    }

    pub(super) fn shown(self) -> String {
        match self {
            Shape::Uuid => "a UUID".to_string(),
            Shape::Letters { of, least, most } => {
                let letters = Shape::ALPHABETS.iter().find(|(_, alphabet)| *alphabet == of);
                let letters = letters.map_or("", |(name, _)| name);
                if least == most { format!("{least} {letters}") } else { format!("{least}-{most} {letters}") }
            }
        }
    }
}
