//! Who has which slot, as the nodes tell it.

use std::collections::{BTreeMap, HashMap};

use crate::store::Error;
use crate::store::redis::slots::SLOTS;
use crate::store::redis::{RedisStore, bulk, int};
use ::redis::Value as Answer;

/// A primary of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: String,
    /// Where it says that it is; an empty host is the one that was asked.
    pub(super) host: String,
    pub(super) port: u16,
    /// Those that could take its place, each with its id, host and port.
    pub(super) replicas: Vec<(String, String, u16)>,
}

/// A slot that nobody has.
const NOBODY: u16 = u16::MAX;

/// The primaries and their slots.
#[derive(Debug, Clone, Default)]
pub(super) struct Map {
    pub(super) nodes: Vec<Node>,
    owners: Vec<u16>,
}

impl Map {
    /// As a node sees it. CLUSTER SLOTS is known to every version and names primaries only;
    /// CLUSTER SHARDS (7.0) says no more that is of use here.
    pub(super) fn ask(store: &mut RedisStore) -> Result<Map, Error> {
        let answer = store.ask(&[b"CLUSTER", b"SLOTS"])?;
        Map::of(answer).ok_or_else(|| store.senseless("CLUSTER SLOTS"))
    }

    /// `[[first, last, [host, port, id, metadata], [a replica's], …], …]`
    fn of(answer: Answer) -> Option<Map> {
        let Answer::Array(ranges) = answer else { return None };
        let mut map = Map { nodes: Vec::new(), owners: vec![NOBODY; usize::from(SLOTS)] };
        for range in ranges {
            let Answer::Array(parts) = range else { return None };
            let mut parts = parts.into_iter();
            let first = u16::try_from(int(&parts.next()?)?).ok()?;
            let last = u16::try_from(int(&parts.next()?)?).ok().filter(|last| *last < SLOTS)?;
            let mut node = node(parts.next()?)?;
            let replicas = parts.filter_map(self::node);
            node.replicas = replicas.map(|replica| (replica.id, replica.host, replica.port)).collect();
            let place = map.nodes.iter().position(|known| known.id == node.id).unwrap_or(map.nodes.len());
            if place == map.nodes.len() {
                map.nodes.push(node);
            }
            map.owners.get_mut(usize::from(first)..=usize::from(last))?.fill(place as u16);
        }
        Some(map)
    }

    /// Which of the nodes has this slot.
    pub(super) fn owner(&self, slot: u16) -> Option<usize> {
        let owner = *self.owners.get(usize::from(slot))?;
        (owner != NOBODY).then_some(usize::from(owner))
    }
}

/// `[host, port, id, metadata]`; before 7.0 without metadata.
fn node(answer: Answer) -> Option<Node> {
    let Answer::Array(parts) = answer else { return None };
    let mut parts = parts.into_iter();
    let text = |answer: Answer| bulk(answer).and_then(|bytes| String::from_utf8(bytes).ok());
    // Nil is the host that was asked; a `?` a node that has no name and should.
    let mut host = match parts.next()? {
        Answer::Nil => String::new(),
        answer => text(answer)?,
    };
    let port = u16::try_from(int(&parts.next()?)?).ok()?;
    let id = text(parts.next()?)?;
    if host == "?" {
        host = parts.next().and_then(|more| named(more, "ip")).unwrap_or_default();
    }
    Some(Node { id, host, port, replicas: Vec::new() })
}

/// What follows a name in a list of names and values.
fn named(answer: Answer, name: &str) -> Option<String> {
    let Answer::Array(parts) = answer else { return None };
    let mut texts = parts.into_iter().map(|part| String::from_utf8(bulk(part)?).ok());
    while let (Some(key), Some(value)) = (texts.next(), texts.next()) {
        if key.as_deref() == Some(name) {
            return value;
        }
    }
    None
}

/// What a node says of itself and its slots at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own {
    /// Another number whenever it got a slot from another node, or took the place of one.
    epoch: u64,
    primary: bool,
    ranges: Vec<(u16, u16)>,
    /// Slots that are on their way to another node, by its id.
    leaving: BTreeMap<u16, String>,
    coming: Vec<u16>,
    /// Where the nodes that it knows are.
    places: HashMap<String, (String, u16)>,
}

impl Own {
    pub(super) fn ask(store: &mut RedisStore) -> Result<Own, Error> {
        let text = store.ask(&[b"CLUSTER", b"NODES"])?;
        let text = bulk(text).and_then(|bytes| String::from_utf8(bytes).ok());
        text.and_then(|text| Own::of(&text)).ok_or_else(|| store.senseless("CLUSTER NODES"))
    }

    /// Lines `id host:port@bus[,name] flags primary ping pong epoch link slot…`, where a slot is `1`,
    /// `1-5`, `[7->-id]` or `[7-<-id]`.
    fn of(text: &str) -> Option<Own> {
        let mut own = None;
        let mut places = HashMap::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [id, place, flags, _, _, _, epoch, _, slots @ ..] = &words[..] else { continue };
            let address = place.split(['@', ',']).next().unwrap_or_default();
            if let Some((host, port)) = address.rsplit_once(':')
                && let Ok(port) = port.parse::<u16>()
            {
                places.insert((*id).to_string(), (host.to_string(), port));
            }
            let mut flags = flags.split(',');
            if !flags.clone().any(|flag| flag == "myself") {
                continue;
            }
            let mut mine = Own {
                epoch: epoch.parse().ok()?,
                primary: flags.any(|flag| flag == "master"),
                ranges: Vec::new(),
                leaving: BTreeMap::new(),
                coming: Vec::new(),
                places: HashMap::new(),
            };
            for slot in slots {
                if let Some(moving) = slot.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                    if let Some((slot, to)) = moving.split_once("->-") {
                        mine.leaving.insert(slot.parse().ok()?, to.to_string());
                    } else if let Some((slot, _)) = moving.split_once("-<-") {
                        mine.coming.push(slot.parse().ok()?);
                    }
                    continue;
                }
                let (first, last) = slot.split_once('-').unwrap_or((slot, slot));
                mine.ranges.push((first.parse().ok()?, last.parse().ok()?));
            }
            own = Some(mine);
        }
        own.map(|own| Own { places, ..own })
    }

    /// The slots of the node that is asked, or of the primary whose replica it is, and whether it is one.
    pub(super) fn served(store: &mut RedisStore) -> Result<(Vec<(u16, u16)>, bool), Error> {
        let text = store.ask(&[b"CLUSTER", b"NODES"])?;
        let text = bulk(text).and_then(|bytes| String::from_utf8(bytes).ok());
        let lines: Vec<Vec<&str>> = text
            .as_deref()
            .unwrap_or_default()
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let flag =
            |line: &[&str], flag: &str| line.get(2).is_some_and(|all| all.split(',').any(|one| one == flag));
        let Some(own) = lines.iter().find(|line| flag(line, "myself")) else {
            return Err(store.senseless("CLUSTER NODES"));
        };
        let replica = flag(own, "slave");
        let of = if replica { own.get(3) } else { own.first() };
        let slots =
            lines.iter().find(|line| line.first() == of).into_iter().flat_map(|line| line.iter().skip(8));
        let span = |text: &&str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            Some((first.parse().ok()?, last.parse().ok()?))
        };
        Ok((slots.filter_map(span).collect(), replica))
    }

    fn has(&self, slot: u16) -> bool {
        self.primary && self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&slot))
    }

    /// Whether all keys of a slot were here, and only here, from this moment to the `later` one.
    pub(super) fn stayed(&self, slot: u16, later: &Own) -> bool {
        let still =
            |own: &Own| own.has(slot) && !own.leaving.contains_key(&slot) && !own.coming.contains(&slot);
        self.epoch == later.epoch && still(self) && still(later)
    }

    /// Where the keys of a slot were going to all the time until the `later` moment.
    pub(super) fn went(&self, slot: u16, later: &Own) -> Option<&(String, u16)> {
        let to = self.leaving.get(&slot)?;
        let same = self.epoch == later.epoch && self.has(slot) && later.has(slot);
        (same && later.leaving.get(&slot) == Some(to)).then(|| self.places.get(to)).flatten()
    }

    /// Where the keys of a slot are going to.
    pub(super) fn goes(&self, slot: u16) -> Option<&(String, u16)> {
        self.places.get(self.leaving.get(&slot)?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NODES: &str = "aa 127.0.0.1:7000@17000,a.test myself,master - 0 1 3 connected 0-10 12 [11-<-bb] [12->-bb]\n\
        bb 127.0.0.1:7001@17001 master - 0 1 2 connected 11 13-16383\n\
        cc 127.0.0.1:7002@17002 slave bb 0 1 2 connected\n";

    #[test]
    fn a_slot_counts_as_seen_only_where_it_stayed() {
        let before = Own::of(NODES).unwrap();
        let later = Own::of(&NODES.replace(" 3 connected", " 4 connected")).unwrap();
        assert!(before.stayed(3, &before) && before.stayed(10, &before));
        for slot in [11, 12, 13] {
            assert!(!before.stayed(slot, &before), "{slot}");
        }
        assert!(!before.stayed(3, &later), "it may have been away meanwhile");
        assert_eq!(before.went(12, &before), Some(&("127.0.0.1".to_string(), 7001)));
        assert_eq!(before.went(12, &later), None);
        assert_eq!(before.went(3, &before), None);
        let replica = Own::of(&NODES.replace("myself,master", "myself,slave")).unwrap();
        assert!(!replica.stayed(3, &replica));
    }

    #[test]
    fn a_map_names_the_primaries() {
        let text = |text: &str| Answer::BulkString(text.into());
        let node = |host: Answer, port: i64, id: &str| Answer::Array(vec![host, Answer::Int(port), text(id)]);
        let range = |first: i64, last: i64, nodes: Vec<Answer>| {
            Answer::Array([vec![Answer::Int(first), Answer::Int(last)], nodes].concat())
        };
        let answer = Answer::Array(vec![
            range(0, 9, vec![node(text("h1"), 7000, "a"), node(text("h1"), 7003, "d")]),
            range(20, 16_383, vec![node(Answer::Nil, 7001, "b")]),
            range(10, 10, vec![node(text("h1"), 7000, "a")]),
        ]);
        let map = Map::of(answer).unwrap();
        assert_eq!(map.nodes.len(), 2);
        assert_eq!(map.nodes[0].replicas, [("d".to_string(), "h1".to_string(), 7003)]);
        assert_eq!(map.nodes[1].host, "");
        assert_eq!(
            [map.owner(9), map.owner(10), map.owner(11), map.owner(16_383)],
            [Some(0), Some(0), None, Some(1)]
        );
        for senseless in
            [range(5, 16_384, vec![node(text("h"), 1, "a")]), range(9, 3, vec![node(text("h"), 1, "a")])]
        {
            assert!(Map::of(Answer::Array(vec![senseless])).is_none());
        }
    }
}
