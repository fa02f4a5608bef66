//! From what a person names to sessions: an id, a whole key, or an unambiguous beginning of either.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use crate::detect::Detector;
use crate::exit::{Advice, Exit};
use crate::fault::Interrupted;
use crate::layout::session::Session;
use crate::layout::{Blob, Setup};
use crate::scan::{self, End, Request, Said, Sink};
use crate::store::{Key, Lookup, Need, Raw, Record, Source};
use crate::text::safe::safe;
use crate::text::{glyph, mask};

/// Shorter beginnings are not looked for: they would name half of the store.
const MIN_BEGINNING: usize = 4;
/// Names and keys that are asked for in one go.
const TOGETHER: usize = 100;
const KEYS: usize = 1000;
/// Keys within which the candidates of an ambiguity are counted to the last.
const COUNTED: u64 = 50_000;
/// Candidates that an ambiguity names.
const MAX_NAMED: usize = 5;

/// Why a name leads to no session.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    #[error("no session has an id or key that is, or begins with, `{name}`")]
    Nothing { name: String },
    #[error(
        "`{name}` is not an id, and too short to be the beginning of one; give at least {MIN_BEGINNING} characters"
    )]
    Short { name: String },
    #[error("`{name}` is the beginning of several sessions: {}{more}", .which.join(", "))]
    Several {
        name: String,
        which: Vec<String>,
        /// What follows on those that are named: that there are more of them.
        more: String,
    },
    #[error("the key `{name}` is not a session")]
    NoSession { name: String, reasons: Vec<(&'static str, String)> },
}

impl NotFound {
    /// What was given.
    pub fn name(&self) -> &str {
        match self {
            NotFound::Nothing { name }
            | NotFound::Short { name }
            | NotFound::Several { name, .. }
            | NotFound::NoSession { name, .. } => name,
        }
    }

    /// A name that means the sessions of these ids, each in a store of its own.
    pub fn of_several<'i>(name: &[u8], ids: impl Iterator<Item = &'i [u8]>) -> NotFound {
        let which: BTreeSet<String> = ids.map(mask::short).collect();
        NotFound::Several {
            name: masked(name),
            which: which.into_iter().take(MAX_NAMED).collect(),
            more: ", each in another store".to_string(),
        }
    }
}

impl Advice for NotFound {
    fn exit(&self) -> Exit {
        Exit::Failed
    }

    fn hint(&self) -> Option<String> {
        match self {
            NotFound::Nothing { .. } => Some(
                "it may have ended meanwhile; `sessctl list` shows the current sessions, and --store \
                 selects another server"
                    .to_string(),
            ),
            NotFound::Several { which, .. } if which.iter().any(|name| name.contains('#')) => Some(
                "give more of it; some are alike for more than half their length, and `sessctl list --reveal` shows them whole"
                    .to_string(),
            ),
            NotFound::Several { .. } => Some("give more characters; each of these is unambiguous".to_string()),
            NotFound::Short { .. } | NotFound::NoSession { .. } => None,
        }
    }
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
    let name = glyph::uncut(name);
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
    if short.len() < text.len() { format!("{short}{}", glyph::cut()) } else { short }
}

/// Finds the session of each name. Exact ids and keys are looked up at once; only what is left over
/// costs a scan, one for all. `pause` hears how many keys it went over so far.
pub fn sessions(
    scanner: &mut dyn Source,
    aside: &mut dyn Lookup,
    setups: &[Setup],
    names: &[String],
    pause: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let mut open: Vec<Wanted> = Vec::new();
    for names in names.chunks(TOGETHER) {
        look_up(aside, setups, names, &mut found, &mut open)?;
        if pause(0).is_break() {
            return Err(Interrupted.into());
        }
    }
    if !open.is_empty() {
        search(scanner, aside, setups, open, &mut found, pause)?;
    }
    Ok(found)
}

/// A name that is not a whole id or key.
struct Wanted {
    bytes: Vec<u8>,
    /// There is a key of this name, and it is not a session.
    no_session: Option<NotFound>,
}

/// What one name was found to be, as a whole.
#[derive(Default)]
struct Exact {
    keys: Vec<Key>,
    no_session: Option<Record>,
}

/// Asks at once for all keys that these names can stand for.
fn look_up(
    source: &mut dyn Lookup,
    setups: &[Setup],
    names: &[String],
    found: &mut Found,
    open: &mut Vec<Wanted>,
) -> anyhow::Result<()> {
    let wanted: Vec<Vec<u8>> = names.iter().map(|name| bytes_of(name)).collect();
    let mut keys: Vec<Key> = Vec::new();
    let mut named: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    for (at, wanted) in wanted.iter().enumerate() {
        let made = setups.iter().map(|setup| (setup.layout.keys.key_of)(setup, wanted));
        for key in std::iter::once(wanted.clone()).chain(made) {
            let named = named.entry(key.clone()).or_default();
            if named.is_empty() {
                keys.push(Key(key));
            }
            if named.last() != Some(&at) {
                named.push(at);
            }
        }
    }
    let mut exact: Vec<Exact> = wanted.iter().map(|_| Exact::default()).collect();
    for keys in keys.chunks(KEYS) {
        // A store may know the same session by a longer key than the one that was asked for.
        let mut asked = keys.iter();
        scan::lookup(source, setups, keys, Need::VALUE, &mut |record, session| {
            let name = asked.next().map_or(&record.key.0, |key| &key.0);
            for at in named.get(name).into_iter().flatten() {
                let (wanted, exact) = (&wanted[*at], &mut exact[*at]);
                match session {
                    Some(session)
                        if (session.key == wanted || session.id == wanted)
                            && !exact.keys.contains(&record.key) =>
                    {
                        exact.keys.push(record.key.clone());
                    }
                    Some(_) => {}
                    None if record.key.0 == *wanted && record.raw != Raw::Gone => {
                        exact.no_session = Some(record.clone());
                    }
                    None => {}
                }
            }
            Ok(())
        })?;
    }
    for (wanted, Exact { mut keys, no_session }) in wanted.into_iter().zip(exact) {
        match keys.len() {
            1 => found.keys.append(&mut keys),
            0 => {
                let no_session = no_session.map(|record| {
                    let detector = Detector::new(setups);
                    let blob = Blob::new(&record.key.0, &record.raw, crate::codec::Limits::default());
                    NotFound::NoSession { name: masked(&wanted), reasons: detector.explain(&blob) }
                });
                open.push(Wanted { bytes: wanted, no_session });
            }
            many => found.missing.push(NotFound::Several {
                name: masked(&wanted),
                which: keys
                    .iter()
                    .take(MAX_NAMED)
                    .map(|key| mask::key(&key.0, &wanted, mask::length(&wanted)))
                    .collect(),
                more: and_more(many.saturating_sub(MAX_NAMED), true),
            }),
        }
    }
    Ok(())
}

/// Which of many names something begins with; as fast with a million of them as with one.
struct Beginnings<'a> {
    named: HashMap<&'a [u8], Vec<usize>>,
    /// How long they are.
    lengths: BTreeSet<usize>,
}

impl<'a> Beginnings<'a> {
    fn new(wanted: &'a [Wanted]) -> Beginnings<'a> {
        let mut beginnings = Beginnings { named: HashMap::new(), lengths: BTreeSet::new() };
        for (at, Wanted { bytes, .. }) in wanted.iter().enumerate() {
            if bytes.len() >= MIN_BEGINNING {
                beginnings.named.entry(bytes).or_default().push(at);
                beginnings.lengths.insert(bytes.len());
            }
        }
        beginnings
    }

    /// The places of those names that the session's id or key begins with.
    fn of(&self, session: &Session<'_>) -> impl Iterator<Item = usize> {
        [session.id, session.key].into_iter().flat_map(move |whole| {
            let begun =
                self.lengths.range(..=whole.len()).filter_map(|length| self.named.get(&whole[..*length]));
            begun.flatten().copied()
        })
    }
}

/// The sessions that one name is a beginning of.
#[derive(Debug, Default, Clone)]
struct Hits {
    /// The first of them by their keys, each with its id and whose it is.
    keys: BTreeMap<Vec<u8>, (Vec<u8>, String)>,
    count: usize,
}

/// Whose a session is and how old, so that a person can choose.
fn whose(session: &Session<'_>) -> String {
    let user = session.facts.user.as_deref().map_or_else(|| "?".to_string(), |user| safe(user).into_owned());
    let age = session.facts.created.and_then(|created| u64::try_from(session.now - created).ok());
    match age {
        Some(age) => format!("{user}, {} old", crate::text::span(age)),
        None => user,
    }
}

fn and_more(count: usize, all_seen: bool) -> String {
    match count {
        0 if all_seen => String::new(),
        0 => ", and perhaps more".to_string(),
        count if all_seen => format!(", and {count} more"),
        count => format!(", and at least {count} more"),
    }
}

struct Search<'a> {
    wanted: &'a Beginnings<'a>,
    hits: Vec<Hits>,
    pause: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
    interrupted: bool,
}

impl Sink for Search<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        // Both its id and its key may begin with the same name.
        for at in self.wanted.of(session).collect::<BTreeSet<usize>>() {
            let hits = &mut self.hits[at];
            hits.count += 1;
            hits.keys.insert(session.key.to_vec(), (session.id.to_vec(), whose(session)));
            if hits.keys.len() > MAX_NAMED {
                hits.keys.pop_last();
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn pause(&mut self, tally: &scan::Tally) -> Said {
        // Once all are known to be ambiguous there is little left to find out: how many there are.
        if tally.scanned > COUNTED && self.hits.iter().all(|hits| hits.count > 1) {
            return Ok(ControlFlow::Break(()));
        }
        let go_on = (self.pause)(tally.scanned);
        self.interrupted = go_on.is_break();
        Ok(go_on)
    }
}

fn search(
    scanner: &mut dyn Source,
    aside: &mut dyn Lookup,
    setups: &[Setup],
    open: Vec<Wanted>,
    found: &mut Found,
    pause: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> anyhow::Result<()> {
    let wanted = Beginnings::new(&open);
    let mut search =
        Search { wanted: &wanted, hits: vec![Hits::default(); open.len()], pause, interrupted: false };
    let mut end = End::Complete;
    if !wanted.named.is_empty() {
        let keeps = |session: &Session<'_>| wanted.of(session).next().is_some();
        let request = Request {
            setups,
            pattern: None,
            first: Need::VALUE,
            then: Need::NOTHING,
            keeps: &keeps,
            copies: false,
        };
        (_, end) = scan::sessions(scanner, aside, &request, &mut search)?;
    }
    let Search { hits, interrupted, .. } = search;
    if interrupted {
        return Err(Interrupted.into());
    }
    let whole = matches!(end, End::Complete);
    if let End::Broken(error) = end {
        // One hit of half a scan may have a namesake in the other half.
        return Err(anyhow::Error::from(error).context("the scan is incomplete"));
    }
    for (Wanted { bytes: wanted, no_session }, hits) in open.into_iter().zip(hits) {
        let name = masked(&wanted);
        if hits.count > 1 {
            // As much of each as tells it from the others, and never more than half of its id.
            let ids: Vec<&[u8]> = hits.keys.values().map(|(id, _)| &id[..]).collect();
            let which = hits.keys.iter().zip(mask::apart(&ids));
            let which = which.map(|((key, (id, whose)), shown)| format!("{} ({whose})", shown.key(key, id)));
            let more = and_more(hits.count - ids.len(), whole);
            found.missing.push(NotFound::Several { name, which: which.collect(), more });
        } else if let Some(key) = hits.keys.into_keys().next() {
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
