//! From what a person names to sessions: an id, a whole key, or an unambiguous beginning of either.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::error::Interrupted;
use crate::layout::detect::Detector;
use crate::layout::{Blob, Setup};
use crate::render::mask;
use crate::scan::{self, End, Request, Said, Sink};
use crate::session::Session;
use crate::store::{Key, Need, Raw, Source};

/// Shorter beginnings are not looked for: they would name half of the store.
const MIN_BEGINNING: usize = 4;
/// Candidates that an ambiguity names.
const MAX_NAMED: usize = 5;

/// Why a name leads to no session.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    #[error("no session has an id or key that is or begins with `{name}`")]
    Nothing { name: String },
    #[error(
        "`{name}` is no id, and too short for the beginning of one; give {MIN_BEGINNING} characters or more"
    )]
    Short { name: String },
    #[error("`{name}` is the beginning of several sessions: {}", .which.join(", "))]
    Several { name: String, which: Vec<String> },
    #[error("the key `{name}` is no session")]
    NoSession { name: String, reasons: Vec<(&'static str, String)> },
}

/// What names were found to mean.
#[derive(Debug, Default)]
pub struct Found {
    pub keys: Vec<Key>,
    pub missing: Vec<NotFound>,
}

/// The bytes that a name on the command line stands for: `\xNN` escapes are undone, and the mark of
/// a shortened id is dropped.
pub fn bytes_of(name: &str) -> Vec<u8> {
    let name = name.strip_suffix('…').unwrap_or(name);
    let text = name.as_bytes();
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let escape = (text[at] == b'\\' && text.get(at + 1) == Some(&b'x'))
            .then(|| text.get(at + 2..at + 4))
            .flatten()
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        if let Some(byte) = escape {
            bytes.push(byte);
            at += 4;
        } else {
            bytes.push(text[at]);
            at += 1;
        }
    }
    bytes
}

/// The beginning of a name, for messages: names are ids, and ids are credentials.
pub fn masked(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let short: String = text.chars().take(8).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// Finds the session of each name. Exact ids and keys are looked up at once; only what is left over
/// costs a scan, one for all.
pub fn sessions<S: Source + ?Sized>(
    scanner: &mut S,
    aside: &mut dyn Source,
    setups: &[Setup],
    names: &[String],
    pause: &mut dyn FnMut() -> ControlFlow<()>,
) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let mut open: Vec<(String, Vec<u8>, Option<NotFound>)> = Vec::new();
    for name in names {
        let wanted = bytes_of(name);
        let mut keys: Vec<Key> = vec![Key(wanted.clone())];
        for setup in setups {
            let key = Key((setup.layout.key_of)(setup, &wanted));
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let mut exact = Vec::new();
        let mut no_session = None;
        scan::lookup(aside, setups, &keys, Need::VALUE, &mut |record, session| {
            match session {
                Some(session) if session.key == wanted || session.id == wanted => {
                    exact.push(record.key.clone());
                }
                Some(_) => {}
                None if record.key.0 == wanted && record.raw != Raw::Gone => {
                    no_session = Some(record.clone());
                }
                None => {}
            }
            Ok(())
        })?;
        match exact.len() {
            1 => found.keys.append(&mut exact),
            0 => {
                let reasons = no_session.map(|record| {
                    let detector = Detector::new(setups);
                    let blob = Blob::new(&record.key.0, &record.raw, crate::codec::Limits::default());
                    NotFound::NoSession { name: masked(&wanted), reasons: detector.explain(&blob) }
                });
                open.push((name.clone(), wanted, reasons));
            }
            _ => found.missing.push(NotFound::Several {
                name: masked(&wanted),
                which: exact.iter().take(MAX_NAMED).map(|key| masked(&key.0)).collect(),
            }),
        }
    }
    if open.is_empty() {
        return Ok(found);
    }
    search(scanner, aside, setups, open, &mut found, pause)?;
    Ok(found)
}

struct Search<'a> {
    open: &'a [(String, Vec<u8>, Option<NotFound>)],
    hits: Vec<BTreeSet<Vec<u8>>>,
    pause: &'a mut dyn FnMut() -> ControlFlow<()>,
    interrupted: bool,
}

impl Sink for Search<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        for ((_, wanted, _), hits) in self.open.iter().zip(&mut self.hits) {
            let fits = session.id.starts_with(wanted) || session.key.starts_with(wanted);
            if fits && hits.len() <= MAX_NAMED {
                hits.insert(session.key.to_vec());
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn pause(&mut self, _: &scan::Tally) -> Said {
        // Once all are known to be ambiguous there is nothing left to find out.
        if self.hits.iter().all(|hits| hits.len() > 1) {
            return Ok(ControlFlow::Break(()));
        }
        let go_on = (self.pause)();
        self.interrupted = go_on.is_break();
        Ok(go_on)
    }
}

fn search<S: Source + ?Sized>(
    scanner: &mut S,
    aside: &mut dyn Source,
    setups: &[Setup],
    open: Vec<(String, Vec<u8>, Option<NotFound>)>,
    found: &mut Found,
    pause: &mut dyn FnMut() -> ControlFlow<()>,
) -> anyhow::Result<()> {
    let wanted: Vec<&[u8]> = open.iter().map(|(_, wanted, _)| &wanted[..]).collect();
    let long_enough = open.iter().any(|(_, wanted, _)| wanted.len() >= MIN_BEGINNING);
    let mut search =
        Search { open: &open, hits: vec![BTreeSet::new(); open.len()], pause, interrupted: false };
    let mut end = End::Complete;
    if long_enough {
        let keeps = |session: &Session<'_>| {
            wanted.iter().any(|wanted| {
                wanted.len() >= MIN_BEGINNING
                    && (session.id.starts_with(wanted) || session.key.starts_with(wanted))
            })
        };
        let request =
            Request { setups, pattern: None, first: Need::VALUE, then: Need::NOTHING, keeps: &keeps };
        (_, end) = scan::sessions(scanner, aside, &request, &mut search)?;
    }
    let Search { hits, interrupted, .. } = search;
    if interrupted {
        return Err(Interrupted.into());
    }
    if let End::Broken(error) = end {
        // One hit of half a scan may have a namesake in the other half.
        return Err(anyhow::Error::from(error).context("the scan is incomplete"));
    }
    for ((_, wanted, no_session), hits) in open.into_iter().zip(hits) {
        let name = masked(&wanted);
        if hits.len() > 1 {
            // As much of each as tells it from the others, and no more.
            let few: Vec<&[u8]> = hits.iter().take(MAX_NAMED).map(|key| &key[..]).collect();
            let length = mask::unambiguous(few.iter().copied());
            let which = few.iter().map(|key| mask::id(key, length)).collect();
            found.missing.push(NotFound::Several { name, which });
        } else if let Some(key) = hits.into_iter().next() {
            found.keys.push(Key(key));
        } else if let Some(no_session) = no_session {
            found.missing.push(no_session);
        } else if wanted.len() < MIN_BEGINNING {
            found.missing.push(NotFound::Short { name });
        } else {
            found.missing.push(NotFound::Nothing { name });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bytes_with_escapes() {
        assert_eq!(bytes_of("abc"), b"abc");
        assert_eq!(bytes_of("abc…"), b"abc");
        assert_eq!(bytes_of(r"a\xffb\x0"), b"a\xffb\\x0");
        assert_eq!(bytes_of("ä"), "ä".as_bytes());
    }

    #[test]
    fn messages_show_the_beginning_only() {
        assert_eq!(masked(b"3xyuXKIBRbJl-ToSsqA9"), "3xyuXKIB…");
        assert_eq!(masked(b"short"), "short");
    }
}
