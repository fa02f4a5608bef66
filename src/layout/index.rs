//! Which layouts to ask about a key: an index over their marks, built once, so that a hundred
//! layouts cost no more than the few that could fit.

use std::collections::HashMap;

use super::{Blob, Mark, Setup};
use crate::store::{Kind, Raw};
use crate::value::Value;

/// From marks to positions in the list of setups.
#[derive(Debug)]
pub struct Index {
    members: HashMap<&'static [u8], Vec<u16>>,
    fields: HashMap<&'static [u8], Vec<u16>>,
    variables: HashMap<&'static [u8], Vec<u16>>,
    php: Vec<u16>,
    objects: Vec<u16>,
    lists: Vec<u16>,
    magic: Vec<(&'static [u8], u16)>,
    words: Vec<(memchr::memmem::Finder<'static>, u16)>,
    /// Named layouts are asked about every key that begins as theirs do.
    named: Vec<(Vec<u8>, u16)>,
    strings: bool,
    hashes: bool,
}

impl Index {
    pub fn new(setups: &[Setup]) -> Index {
        let mut index = Index {
            members: HashMap::new(),
            fields: HashMap::new(),
            variables: HashMap::new(),
            php: Vec::new(),
            objects: Vec::new(),
            lists: Vec::new(),
            magic: Vec::new(),
            words: Vec::new(),
            named: Vec::new(),
            strings: setups.iter().any(|setup| setup.layout.keeps(Kind::String)),
            hashes: setups.iter().any(|setup| setup.layout.keeps(Kind::Hash)),
        };
        for (at, setup) in setups.iter().enumerate() {
            let at = at as u16;
            if setup.named {
                index.named.push(((setup.layout.lead)(setup), at));
                continue;
            }
            for mark in setup.layout.marks {
                match mark {
                    Mark::Member(name) => index.members.entry(name.as_bytes()).or_default().push(at),
                    Mark::Field(name) => index.fields.entry(name.as_bytes()).or_default().push(at),
                    Mark::Variable(name) => index.variables.entry(name.as_bytes()).or_default().push(at),
                    Mark::AnyPhp => index.php.push(at),
                    Mark::AnyObject => index.objects.push(at),
                    Mark::AnyList => index.lists.push(at),
                    Mark::Magic(bytes) => index.magic.push((bytes, at)),
                    Mark::Word(word) => index.words.push((memchr::memmem::Finder::new(word.as_bytes()), at)),
                }
            }
        }
        index
    }

    /// Whether any layout keeps sessions in keys of this kind.
    pub fn wants(&self, kind: Kind) -> bool {
        match kind {
            Kind::String => self.strings,
            Kind::Hash => self.hashes,
            _ => false,
        }
    }

    /// Positions of the setups to ask about a blob, in their order, each once.
    pub fn candidates(&self, blob: &Blob<'_>, into: &mut Vec<u16>) {
        into.clear();
        for (lead, at) in &self.named {
            if blob.key.starts_with(lead) {
                into.push(*at);
            }
        }
        match blob.raw {
            Raw::Text(text) | Raw::Head(text, _) => {
                match blob.json() {
                    Some(Value::Map(members)) => {
                        into.extend(&self.objects);
                        for (name, _) in members {
                            into.extend(self.members.get(name.as_bytes()).into_iter().flatten());
                        }
                    }
                    Some(Value::List(_)) => into.extend(&self.lists),
                    _ => {}
                }
                if blob.php().is_some() {
                    into.extend(&self.php);
                    for (name, _) in blob.variables().and_then(Value::members).into_iter().flatten() {
                        into.extend(self.variables.get(name.as_bytes()).into_iter().flatten());
                    }
                }
                into.extend(self.magic.iter().filter(|(magic, _)| text.starts_with(magic)).map(|(_, at)| at));
            }
            Raw::Hash(fields) => {
                for (name, _) in fields {
                    into.extend(self.fields.get(&name[..]).into_iter().flatten());
                }
            }
            _ => {}
        }
        into.extend(self.words.iter().filter(|(word, _)| word.find(blob.key).is_some()).map(|(_, at)| at));
        into.sort_unstable();
        into.dedup();
    }
}
