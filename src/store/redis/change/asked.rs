//! What is read again while it is watched, and how it compares with what was seen.

use std::collections::HashSet;

use super::commands::{new_end, simple_key};
use super::{Found, Share, by_fields};
use crate::store::redis::{RedisStore, Refusal, bulk, fields, instant, int, pairs};
use crate::store::{Ends, Error, Fit, Key, Op, Own, Raw, Rewrite, Step, fingerprint};
use ::redis::Value as Answer;

/// When the keys of steps end that were written down: in ms since 1970, -1 for never.
pub(super) struct Written(pub(super) Vec<(usize, i64)>);

impl Written {
    /// What was written down of the step at this place, if anything was.
    pub(super) fn of(&self, at: usize) -> Option<i64> {
        let found = self.0.binary_search_by_key(&at, |(at, _)| *at).ok()?;
        Some(self.0[found].1)
    }
}

/// What a session's key holds now; `None` where it is of another type.
pub(super) fn read_again(lane: &mut RedisStore, step: &Step) -> Result<Option<Raw>, Error> {
    let command: &[u8] = if step.hash { b"HGETALL" } else { b"GET" };
    Ok(match lane.take_one(&[command, &step.key.0])? {
        None => None,
        Some(Answer::Nil) => Some(Raw::Gone),
        Some(answer) if step.hash => {
            pairs(answer).map(|fields| if fields.is_empty() { Raw::Gone } else { Raw::Hash(fields) })
        }
        Some(answer) => bulk(answer).map(Raw::Text),
    })
}

/// Watches the keys and asks what they hold. Where backups are kept, so are the keys that go with the
/// sessions' watched: what is written to one behind its backup would be lost to undo.
pub(super) fn ask(lane: &mut RedisStore, share: &Share<'_>, keeps: bool) -> Result<(), Error> {
    let mut watch: Vec<&[u8]> = vec![b"WATCH"];
    watch.extend(share.steps.iter().map(|step| &step.key.0[..]));
    watch.extend(conditions(share.steps).map(|(_, key)| &key.0[..]));
    if keeps {
        watch.extend(share.steps.iter().flat_map(|step| &step.then).filter_map(|op| match op {
            Op::Unlink(key) => Some(&key.0[..]),
            _ => None,
        }));
    }
    lane.push(&watch);
    // Whatever a command does, most of what it takes is that it is one.
    let texts = texts(share.steps);
    if !texts.is_empty() && !lane.no_mget {
        lane.push(&[&[&b"MGET"[..]], &texts[..]].concat());
    }
    for step in share.steps.iter().filter(|step| step.hash) {
        lane.push(&[b"HGETALL", &step.key.0]);
    }
    // While the server has the keys at hand.
    if (keeps || share.written.is_some()) && !lane.no_instant {
        for step in share.steps {
            lane.push(&[b"PEXPIRETIME", &step.key.0]);
        }
    }
    // Most indexes that could be there are not (a twin's, a guest's): one question sorts them out.
    let indexes = indexes(share.steps);
    if !indexes.is_empty() {
        let mut exists: Vec<&[u8]> = vec![b"EXISTS"];
        exists.extend(indexes.iter().map(|key| &key.0[..]));
        lane.push(&exists);
    }
    for (_, key) in conditions(share.steps) {
        lane.push(&[b"EXISTS", &key.0]);
    }
    for step in bounded(share.steps) {
        lane.push(&[b"PTTL", &step.key.0]);
    }
    if timed(share.steps) {
        lane.push(&[b"TIME"]);
    }
    if lane.some_fields_end.is_none() && share.steps.iter().any(by_fields) {
        fields::ask(lane);
    }
    lane.flush("WATCH")
}

/// The keys that have to be there for steps to be done, with the steps' places.
pub(super) fn conditions(steps: &[Step]) -> impl Iterator<Item = (usize, &Key)> {
    steps.iter().enumerate().flat_map(|(at, step)| {
        step.then.iter().filter_map(move |op| match op {
            Op::OnlyWhile(key) => Some((at, key)),
            _ => None,
        })
    })
}

/// Whether any of them gets an end, which has to lie ahead, or was chosen by the one that it has.
pub(super) fn timed(steps: &[Step]) -> bool {
    steps.iter().any(|step| new_end(step).is_some() || step.ends.is_some())
}

/// The steps whose key's end has to be within bounds. A change of it drops the transaction as any other.
pub(super) fn bounded(steps: &[Step]) -> impl Iterator<Item = &Step> {
    steps.iter().filter(|step| step.ends.is_some())
}

pub(super) fn indexes(steps: &[Step]) -> HashSet<&Key> {
    steps.iter().flat_map(|step| &step.then).filter_map(simple_key).collect()
}

/// The keys of the steps whose sessions are strings.
pub(super) fn texts(steps: &[Step]) -> Vec<&[u8]> {
    steps.iter().filter(|step| !step.hash).map(|step| &step.key.0[..]).collect()
}

/// Takes what the keys hold and compares it with what was seen.
pub(super) fn hear(lane: &mut RedisStore, share: &mut Share<'_>, keeps: bool) -> Result<(), Error> {
    lane.expect("WATCH")?;
    let many = texts(share.steps).len();
    let texts = match many {
        0 => Some(Vec::new()),
        _ if lane.no_mget => None,
        many => hear_texts(lane, many)?,
    };
    let mut hashes = Vec::new();
    for _ in share.steps.iter().filter(|step| step.hash) {
        hashes.push(match lane.take("HGETALL")? {
            Ok(answer) => match pairs(answer) {
                Some(fields) if fields.is_empty() => Ok(Raw::Gone),
                Some(fields) => Ok(Raw::Hash(fields)),
                None => return Err(lane.senseless("HGETALL")),
            },
            Err(refusal) => Err(found_by(refusal)?),
        });
    }
    if (keeps || share.written.is_some()) && !lane.no_instant {
        hear_key_ends(lane, share)?;
    }
    if !indexes(share.steps).is_empty() {
        share.no_index = match lane.take("EXISTS")? {
            Ok(answer) => int(&answer) == Some(0),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => false,
        };
    }
    let mut lacking = Vec::new();
    for (at, _) in conditions(share.steps) {
        let there = match lane.take("EXISTS")? {
            Ok(answer) => int(&answer) == Some(1),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => false,
        };
        lacking.extend((!there).then_some(at));
    }
    let mut spans = Vec::new();
    for _ in bounded(share.steps) {
        spans.push(match lane.take("PTTL")? {
            Ok(answer) => int(&answer),
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => None,
        });
    }
    let now = if timed(share.steps) {
        instant(lane.expect("TIME")?).ok_or_else(|| lane.senseless("TIME"))?
    } else {
        0
    };
    if lane.some_fields_end.is_none() && share.steps.iter().any(by_fields) {
        fields::hear(lane)?;
    }
    let (mut texts, mut hashes) = (sure(lane, share.steps, texts)?.into_iter(), hashes.into_iter());
    let mut with_fields: Vec<(usize, Vec<Vec<u8>>)> = Vec::new();
    for (at, step) in share.steps.iter().enumerate() {
        let raw = if step.hash { hashes.next() } else { texts.next() };
        let (found, content) = match raw {
            Some(Ok(Raw::Gone)) => (Found::Gone, Raw::Gone),
            Some(Ok(raw)) => (compare(&raw, step, share.fit), raw),
            Some(Err(found)) => (found, Raw::Gone),
            None => return Err(lane.senseless("MGET")),
        };
        if let (Some(true), Found::Same, Raw::Hash(fields)) = (lane.some_fields_end, &found, &content)
            && by_fields(step)
        {
            with_fields.push((at, fields.iter().map(|(field, _)| field.clone()).collect()));
        }
        share.found.push(found);
        if keeps {
            share.contents.push(content);
        }
    }
    hear_field_ends(lane, share, with_fields)?;
    if let Some(written) = share.written {
        hold_against(share, written);
    }
    for at in lacking {
        if matches!(share.found[at], Found::Same) {
            share.found[at] = Found::Gone;
        }
    }
    if timed(share.steps) {
        let mut spans = spans.into_iter();
        for (at, step) in share.steps.iter().enumerate() {
            let Some(ends) = step.ends else { continue };
            let end = match spans.next().flatten() {
                Some(-1) => None,
                Some(span) if span >= 0 => Some(now.saturating_add(span)),
                // It is over in this moment.
                _ => continue,
            };
            let fits = match share.with_fields(at, end) {
                None => ends.fits(None),
                Some(end) => {
                    // The run that died may have moved it.
                    let done =
                        share.fit == Fit::SeenOrDone && new_end(step).is_some_and(|new| Ends::same(new, end));
                    done || ends.fits(Some(end))
                }
            };
            if matches!(share.found[at], Found::Same) && !fits {
                share.found[at] = Found::Changed;
            }
        }
        for (found, step) in share.found.iter_mut().zip(share.steps) {
            // It has passed while the question was open: that would remove the key and nothing else.
            if matches!(found, Found::Same) && new_end(step).is_some_and(|end| end <= now) {
                *found = Found::Failed("its new expiry has already passed".to_string());
            }
        }
    }
    Ok(())
}

/// Leaves alone what ends at another time than was written down, and what an index names by now.
fn hold_against(share: &mut Share<'_>, written: &Written) {
    for (at, step) in share.steps.iter().enumerate() {
        let now = share.key_ends.get(at).copied().flatten();
        let as_written = now.is_some() && written.of(share.start + at) == now;
        let listed = !share.no_index && step.then.iter().any(|op| simple_key(op).is_some());
        if matches!(share.found[at], Found::Same) && (!as_written || listed) {
            share.found[at] = Found::Otherwise;
        }
    }
}

/// Takes when the keys end. Older servers do not know it, and some users may not ask: it is found out in
/// another way then.
fn hear_key_ends(lane: &mut RedisStore, share: &mut Share<'_>) -> Result<(), Error> {
    for _ in share.steps {
        share.key_ends.push(match lane.take("PEXPIRETIME")? {
            Ok(answer) => int(&answer),
            Err(Refusal::Fatal(Error::Refused { .. } | Error::Denied { .. })) => {
                lane.no_instant = true;
                None
            }
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(_) => None,
        });
    }
    Ok(())
}

/// Asks when these fields of the steps' hashes end.
pub(super) fn hear_field_ends(
    lane: &mut RedisStore,
    share: &mut Share<'_>,
    of: Vec<(usize, Vec<Vec<u8>>)>,
) -> Result<(), Error> {
    for (at, names) in &of {
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        fields::ask_ends(lane, b"HPEXPIRETIME", &share.steps[*at].key.0, &names);
    }
    lane.flush("HPEXPIRETIME")?;
    let mut failed = None;
    for (at, names) in of {
        match lane.take("HPEXPIRETIME")? {
            Ok(answer) => {
                let many = names.len();
                let ends = names.into_iter().zip(fields::ends_in(&answer));
                let ends = ends.filter_map(|(name, end)| Some((name, end?))).collect();
                share.field_ends.insert(at, (many, ends));
            }
            Err(Refusal::Fatal(error)) => drop(failed.get_or_insert(error)),
            Err(_) => {}
        }
    }
    failed.map_or(Ok(()), Err)
}

/// What a refusal to read a session's key says of it.
pub(super) fn found_by(refusal: Refusal) -> Result<Found, Error> {
    match refusal {
        Refusal::WrongType => Ok(Found::Changed),
        Refusal::HiddenKey => Ok(Found::Failed("an ACL hides this key".to_string())),
        Refusal::Fatal(error) => Err(error),
    }
}

/// Takes what this many strings hold; `None` where one that an ACL hides has hidden them all, or where
/// they may only be asked for one by one.
pub(super) fn hear_texts(lane: &mut RedisStore, many: usize) -> Result<Option<Vec<Option<Vec<u8>>>>, Error> {
    match lane.take("MGET")? {
        Ok(Answer::Array(answers)) if answers.len() == many => {
            Ok(Some(answers.into_iter().map(bulk).collect()))
        }
        Ok(_) => Err(lane.senseless("MGET")),
        Err(Refusal::Fatal(error)) if matches!(error, Error::Denied { .. }) || error.is_unknown() => {
            lane.no_mget = true;
            Ok(None)
        }
        Err(Refusal::Fatal(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Asks once more where one answer for many strings does not tell: whether a key is gone or holds
/// something else now, and which of them an ACL hides.
pub(super) fn sure(
    lane: &mut RedisStore,
    steps: &[Step],
    texts: Option<Vec<Option<Vec<u8>>>>,
) -> Result<Vec<Result<Raw, Found>>, Error> {
    let keys = self::texts(steps);
    let known = texts.unwrap_or_else(|| vec![None; keys.len()]);
    let open = || known.iter().zip(&keys).filter(|(text, _)| text.is_none());
    for (_, key) in open() {
        lane.push(&[b"GET", key]);
    }
    lane.flush("GET")?;
    let mut told = Vec::new();
    for _ in open() {
        told.push(match lane.take("GET")? {
            Ok(answer) => Ok(bulk(answer).map_or(Raw::Gone, Raw::Text)),
            Err(refusal) => Err(found_by(refusal)?),
        });
    }
    let mut told = told.into_iter();
    let raw = |text: Option<Vec<u8>>| text.map(|text| Ok(Raw::Text(text))).or_else(|| told.next());
    Ok(known.into_iter().filter_map(raw).collect())
}

pub(super) fn compare(raw: &Raw, step: &Step, fit: Fit) -> Found {
    let same = fingerprint(raw) == Some(step.seen) || (fit == Fit::SeenOrDone && rewritten(raw, step));
    if same { Found::Same } else { Found::Changed }
}

/// Whether it is what the step makes of it: a run that died in this batch may have done so, and what
/// follows from it is left to do.
pub(super) fn rewritten(raw: &Raw, step: &Step) -> bool {
    let Own::Expire { rewrite: Some(rewrite), .. } = &step.own else { return false };
    match (raw, rewrite) {
        (Raw::Text(there), Rewrite::Text(made)) => there == made,
        (Raw::Hash(there), Rewrite::Fields(made)) => made
            .iter()
            .all(|(name, value)| there.iter().any(|(field, now)| *field == name.0 && now == &value.0)),
        _ => false,
    }
}
