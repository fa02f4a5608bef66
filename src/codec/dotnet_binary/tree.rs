//! The tree that a stream's records make, built with a stack of its own.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use super::stream::{Parser, primitive};
use super::{AT_ONCE, CODEC, Known, Limits, MULTIPLIED, Meta, Node, TEXT_UNIT, Thing, What};
use crate::codec::Parsed;
use crate::codec::bytes::Cursor;
use crate::codec::dotnet;
use crate::codec::last_wins;
use crate::value::{Object, Value};

/// In no path.
const OUTSIDE: u32 = u32::MAX;

/// A pair of a map: the object that holds it, its key and its value.
type Pair<'p, 'a> = (u32, &'p Node<'a>, &'p Node<'a>);

/// A container that is being made.
struct Frame<'p, 'a> {
    thing: u32,
    making: Making<'p, 'a>,
}

enum Making<'p, 'a> {
    /// An array, a list or a set; an array of several dimensions has their lengths.
    Items {
        nodes: &'p [Node<'a>],
        done: Vec<Value<'a>>,
        lengths: &'p [u32],
        set: bool,
    },
    Fields {
        meta: &'p Meta<'a>,
        nodes: &'p [Node<'a>],
        done: Vec<(Cow<'a, str>, Value<'a>)>,
    },
    /// First all keys, because it depends on them what the values' places are called.
    Pairs {
        pairs: Vec<Pair<'p, 'a>>,
        keys: Vec<Value<'a>>,
        text: bool,
        done: Vec<Value<'a>>,
    },
}

impl<'p, 'a> Making<'p, 'a> {
    fn items(nodes: &'p [Node<'a>]) -> Self {
        Making::Items { nodes, done: Vec::with_capacity(nodes.len().min(AT_ONCE)), lengths: &[], set: false }
    }

    fn pairs(pairs: Vec<Pair<'p, 'a>>) -> Self {
        let keys = Vec::with_capacity(pairs.len());
        Making::Pairs { pairs, keys, text: true, done: Vec::new() }
    }

    /// The next value that is needed, with the object that holds it.
    fn next(&self, thing: u32) -> Option<(u32, &'p Node<'a>)> {
        match self {
            Making::Items { nodes, done, .. } => Some((thing, nodes.get(done.len())?)),
            Making::Fields { nodes, done, .. } => Some((thing, nodes.get(done.len())?)),
            Making::Pairs { pairs, keys, done, .. } => match pairs.get(keys.len()) {
                Some((of, key, _)) => Some((*of, key)),
                None => pairs.get(done.len()).map(|(of, _, value)| (*of, *value)),
            },
        }
    }

    fn put(&mut self, value: Value<'a>) {
        match self {
            Making::Items { done, .. } => done.push(value),
            Making::Fields { meta, done, .. } => done.push((meta.names[done.len()].clone(), value)),
            Making::Pairs { pairs, keys, text, done } => {
                if keys.len() < pairs.len() {
                    *text &= matches!(value, Value::Text(_));
                    keys.push(value);
                } else {
                    done.push(value);
                }
            }
        }
    }

    /// Appends the place of the next value.
    fn point(&self, pointer: &mut String) {
        match self {
            Making::Items { done, lengths: [], set, .. } => {
                pointer.push_str(if *set { "/$set" } else { "" });
                let _ = write!(pointer, "/{}", done.len());
            }
            Making::Items { done, lengths, .. } => {
                let mut size: usize = lengths.iter().map(|length| *length as usize).product();
                let mut rest = done.len();
                for length in *lengths {
                    size /= (*length as usize).max(1);
                    let _ = write!(pointer, "/{}", rest / size.max(1));
                    rest %= size.max(1);
                }
            }
            Making::Fields { meta, done, .. } => dotnet::pointer_part(&meta.names[done.len()], pointer),
            Making::Pairs { pairs, keys, text, done } => {
                if keys.len() < pairs.len() {
                    let _ = write!(pointer, "/$map/{}/0", keys.len());
                } else if let (true, Some(Value::Text(key))) = (text, keys.get(done.len())) {
                    dotnet::pointer_part(key, pointer);
                } else {
                    let _ = write!(pointer, "/$map/{}/1", done.len());
                }
            }
        }
    }
}

/// What begins to be made of an object.
enum Begun<'p, 'a> {
    Value(Value<'a>),
    Making(Making<'p, 'a>),
}

/// Makes values of the records, with a stack of its own.
struct Builder<'p, 'a> {
    reader: &'p Cursor<'a>,
    things: &'p [Thing<'a>],
    metas: &'p [Meta<'a>],
    ids: &'p HashMap<i32, u32>,
    limits: &'p Limits,
    pointer: &'p str,
    spare: usize,
    frames: Vec<Frame<'p, 'a>>,
    /// For each object that is being made its position among the frames.
    inside: Vec<u32>,
    /// Objects that were made before; to write one again has to be paid for by its strings.
    made: Vec<bool>,
}

impl<'p, 'a> Builder<'p, 'a> {
    #[cold]
    fn fault<T>(&self, thing: u32, reason: impl Into<String>) -> Parsed<T> {
        self.reader.fault_at(self.things[thing as usize].at as usize, reason)
    }

    /// Pays for what the stream did not pay for with its bytes.
    fn charge(&mut self, thing: u32, values: usize) -> Parsed<()> {
        match self.spare.checked_sub(values) {
            Some(left) => {
                self.spare = left;
                Ok(())
            }
            None => self.fault(thing, MULTIPLIED),
        }
    }

    /// Pays for values of an object that was written out before, and for their strings.
    fn charge_again(&mut self, thing: u32, values: usize, text: usize) -> Parsed<()> {
        if self.made[thing as usize] { self.charge(thing, values + text / TEXT_UNIT) } else { Ok(()) }
    }

    fn tree(&mut self, root: u32) -> Parsed<Value<'a>> {
        let mut ready = self.thing(root)?;
        loop {
            let Some(frame) = self.frames.last_mut() else {
                // Without a frame a value is ready.
                return Ok(ready.unwrap_or(Value::Null));
            };
            if let Some(value) = ready.take() {
                frame.making.put(value);
            }
            ready = match frame.making.next(frame.thing) {
                Some((of, node)) => self.node(of, node)?,
                None => Some(self.finish()?),
            };
        }
    }

    /// The value of a slot; `None` where a frame was opened that will make it.
    fn node(&mut self, of: u32, node: &'p Node<'a>) -> Parsed<Option<Value<'a>>> {
        match node {
            Node::Value(value) => self.scalar(of, value).map(Some),
            _ => match self.target(node) {
                Some(thing) => self.thing(thing),
                None => self.fault(of, "it refers to an object that is missing"),
            },
        }
    }

    fn scalar(&mut self, of: u32, value: &Value<'a>) -> Parsed<Value<'a>> {
        let text = match value {
            Value::Text(text) | Value::Decimal(text) => text.len(),
            _ => 0,
        };
        self.charge_again(of, 1, text)?;
        Ok(value.clone())
    }

    fn thing(&mut self, thing: u32) -> Parsed<Option<Value<'a>>> {
        let position = thing as usize;
        let things = self.things;
        let (value, size) = match &things[position].what {
            What::Text(text) => (Value::Text(text.clone()), text.len()),
            What::Bytes(bytes) => (Value::Bytes(Cow::Borrowed(bytes)), bytes.len()),
            _ => return self.container(thing),
        };
        self.charge_again(thing, 1, size)?;
        self.made[position] = true;
        Ok(Some(value))
    }

    fn container(&mut self, thing: u32) -> Parsed<Option<Value<'a>>> {
        if self.inside[thing as usize] != OUTSIDE {
            return self.reference(thing).map(Some);
        }
        if self.frames.len() == self.limits.depth {
            return self.fault(thing, format!("nested deeper than {}", self.limits.depth));
        }
        self.charge_again(thing, 1, 0)?;
        match self.begin(thing)? {
            Begun::Value(value) => {
                self.made[thing as usize] = true;
                Ok(Some(value))
            }
            Begun::Making(making) => {
                self.inside[thing as usize] = self.frames.len() as u32;
                self.frames.push(Frame { thing, making });
                Ok(None)
            }
        }
    }

    /// An object inside itself, as the pointer to the outer place.
    fn reference(&mut self, thing: u32) -> Parsed<Value<'a>> {
        let mut pointer = self.pointer.to_string();
        for frame in &self.frames[..self.inside[thing as usize] as usize] {
            frame.making.point(&mut pointer);
        }
        self.charge(thing, pointer.len() / TEXT_UNIT)?;
        Ok(Value::Ref(Cow::Owned(pointer)))
    }

    /// Closes the innermost frame.
    fn finish(&mut self) -> Parsed<Value<'a>> {
        let Some(Frame { thing, making }) = self.frames.pop() else { return Ok(Value::Null) };
        self.inside[thing as usize] = OUTSIDE;
        self.made[thing as usize] = true;
        Ok(match making {
            Making::Items { done, set: true, .. } => Value::Set(done),
            Making::Items { done, lengths: [], .. } => Value::List(done),
            Making::Items { done, lengths, .. } => self.dimension(thing, lengths, &mut done.into_iter())?,
            Making::Fields { meta, done, .. } => Value::Object(Box::new(Object {
                class: meta.class.clone(),
                fields: last_wins(done),
                payload: None,
            })),
            Making::Pairs { keys, text, done, .. } => {
                let pairs = keys.into_iter().zip(done);
                if text {
                    let named = pairs.filter_map(|(key, value)| match key {
                        Value::Text(name) => Some((name, value)),
                        _ => None,
                    });
                    Value::Map(last_wins(named.collect()))
                } else {
                    Value::Pairs(pairs.collect())
                }
            }
        })
    }

    /// The values of an array of several dimensions as lists of lists.
    fn dimension(
        &mut self,
        thing: u32,
        lengths: &[u32],
        flat: &mut std::vec::IntoIter<Value<'a>>,
    ) -> Parsed<Value<'a>> {
        let Some((length, inner)) = lengths.split_first() else {
            return Ok(flat.next().unwrap_or(Value::Null));
        };
        let mut items = Vec::new();
        for _ in 0..*length {
            // A value has paid for itself and its row, but rows may be empty or be within rows.
            let paid = inner.is_empty() || matches!(inner, [row] if *row > 0);
            self.charge(thing, usize::from(!paid))?;
            items.push(self.dimension(thing, inner, flat)?);
        }
        Ok(Value::List(items))
    }

    fn begin(&mut self, thing: u32) -> Parsed<Begun<'p, 'a>> {
        let (things, metas) = (self.things, self.metas);
        let (meta, nodes) = match &things[thing as usize].what {
            What::Class(meta, nodes) => (&metas[*meta as usize], nodes),
            What::Array(nodes, lengths) => {
                let mut making = Making::items(nodes);
                if let Making::Items { lengths: of, .. } = &mut making {
                    *of = lengths;
                }
                return Ok(Begun::Making(making));
            }
            _ => return self.first(thing, usize::MAX),
        };
        let known = match meta.known {
            Known::Other => None,
            Known::List => self.list(thing)?,
            Known::HashSet => self.hash_set(thing)?,
            Known::Dictionary => self.dictionary(thing),
            Known::Hashtable => self.hashtable(thing),
            _ => self.simple(thing, meta.known).map(Begun::Value),
        };
        if let Some(known) = known {
            return Ok(known);
        }
        // Every instance writes the names of its class out.
        let names = meta.names.iter().map(|name| name.len() / TEXT_UNIT).sum::<usize>();
        self.charge(thing, meta.class.len() / TEXT_UNIT + names)?;
        let done = Vec::with_capacity(nodes.len());
        Ok(Begun::Making(Making::Fields { meta, nodes, done }))
    }

    /// That many items of an array of one dimension.
    fn first(&mut self, array: u32, most: usize) -> Parsed<Begun<'p, 'a>> {
        let things = self.things;
        let items = match &things[array as usize].what {
            What::Array(nodes, _) => {
                return Ok(Begun::Making(Making::items(&nodes[..most.min(nodes.len())])));
            }
            What::Primitives(kind, count, bytes) => {
                self.charge_again(array, *count, bytes.len())?;
                let mut reader = Cursor::new(CODEC.name, bytes);
                let mut items = Vec::with_capacity(most.min(*count));
                for _ in 0..most.min(*count) {
                    items.push(primitive(&mut reader, *kind)?);
                }
                items
            }
            What::Bytes(bytes) => {
                self.charge_again(array, bytes.len(), 0)?;
                bytes[..most.min(bytes.len())].iter().map(|byte| Value::Int((*byte).into())).collect()
            }
            What::Text(_) | What::Class(..) => Vec::new(),
        };
        self.made[array as usize] = true;
        Ok(Begun::Value(Value::List(items)))
    }

    /// The object that a slot leads to, if it is one.
    fn target(&self, node: &Node<'a>) -> Option<u32> {
        match node {
            Node::Thing(thing) => Some(*thing),
            Node::Reference(id) => self.ids.get(id).copied(),
            Node::Value(_) => None,
        }
    }

    fn member(&self, thing: u32, name: &str) -> Option<&'p Node<'a>> {
        let (things, metas) = (self.things, self.metas);
        let What::Class(meta, nodes) = &things[thing as usize].what else { return None };
        let at = metas[*meta as usize].names.iter().position(|member| member == name)?;
        nodes.get(at)
    }

    fn value(&self, thing: u32, name: &str) -> Option<&'p Value<'a>> {
        match self.member(thing, name)? {
            Node::Value(value) => Some(value),
            _ => None,
        }
    }

    fn int(&self, thing: u32, name: &str) -> Option<i64> {
        self.value(thing, name)?.as_i64()
    }

    /// The array of one dimension that a member leads to.
    fn array_of(&self, thing: u32, name: &str) -> Option<u32> {
        let array = self.target(self.member(thing, name)?)?;
        let flat = match &self.things[array as usize].what {
            What::Array(_, lengths) => lengths.is_empty(),
            What::Primitives(..) | What::Bytes(_) => true,
            What::Text(_) | What::Class(..) => false,
        };
        // One that is being made already would be shown as a reference.
        (flat && self.inside[array as usize] == OUTSIDE).then_some(array)
    }

    fn simple(&self, thing: u32, known: Known) -> Option<Value<'a>> {
        let int = |name: &str| self.int(thing, name);
        match known {
            Known::Null => Some(Value::Null),
            Known::Boxed => ["m_value", "value"].iter().find_map(|name| self.value(thing, name)).cloned(),
            Known::Span => int("_ticks").map(dotnet::time_span),
            Known::Date => match self.value(thing, "dateData")? {
                Value::Int(bits) => dotnet::date_of_bits(*bits as u64),
                Value::UInt(bits) => dotnet::date_of_bits(*bits),
                _ => None,
            },
            Known::DateWithOffset => {
                let Value::Date(text) = self.value(thing, "DateTime")? else { return None };
                dotnet::date_with_offset(text, int("OffsetMinutes")?)
            }
            Known::Decimal => {
                let word = |name| Some(i32::try_from(int(name)?).ok()? as u32);
                dotnet::decimal(word("lo")?, word("mid")?, word("hi")?, word("flags")?)
            }
            Known::Guid => {
                let mut bytes = [0; 16];
                bytes[..4].copy_from_slice(&i32::try_from(int("_a")?).ok()?.to_le_bytes());
                bytes[4..6].copy_from_slice(&i16::try_from(int("_b")?).ok()?.to_le_bytes());
                bytes[6..8].copy_from_slice(&i16::try_from(int("_c")?).ok()?.to_le_bytes());
                for (at, name) in ["_d", "_e", "_f", "_g", "_h", "_i", "_j", "_k"].iter().enumerate() {
                    bytes[8 + at] = u8::try_from(int(name)?).ok()?;
                }
                Some(Value::Uuid(Cow::Owned(dotnet::guid(bytes))))
            }
            _ => None,
        }
    }

    /// `List<T>` and `ArrayList` have an array with room to spare.
    fn list(&mut self, thing: u32) -> Parsed<Option<Begun<'p, 'a>>> {
        let size = self.int(thing, "_size").and_then(|size| usize::try_from(size).ok());
        match self.array_of(thing, "_items").zip(size) {
            Some((array, size)) => self.first(array, size).map(Some),
            None => Ok(None),
        }
    }

    /// `HashSet<T>`; without `Elements` when it has none.
    fn hash_set(&mut self, thing: u32) -> Parsed<Option<Begun<'p, 'a>>> {
        if self.member(thing, "Elements").is_none() {
            return Ok(Some(Begun::Value(Value::Set(Vec::new()))));
        }
        let Some(array) = self.array_of(thing, "Elements") else { return Ok(None) };
        Ok(Some(match self.first(array, usize::MAX)? {
            Begun::Making(mut making) => {
                if let Making::Items { set, .. } = &mut making {
                    *set = true;
                }
                Begun::Making(making)
            }
            Begun::Value(Value::List(items)) => Begun::Value(Value::Set(items)),
            begun @ Begun::Value(_) => begun,
        }))
    }

    /// `Dictionary<K, V>` as the pairs that it writes; without `KeyValuePairs` when it has none.
    fn dictionary(&self, thing: u32) -> Option<Begun<'p, 'a>> {
        if self.member(thing, "KeyValuePairs").is_none() {
            return Some(Begun::Value(Value::Map(Vec::new())));
        }
        let things = self.things;
        let What::Array(nodes, _) = &things[self.array_of(thing, "KeyValuePairs")? as usize].what else {
            return None;
        };
        let mut pairs = Vec::with_capacity(nodes.len());
        for node in nodes {
            let pair = self.target(node)?;
            pairs.push((pair, self.member(pair, "key")?, self.member(pair, "value")?));
        }
        Some(Begun::Making(Making::pairs(pairs)))
    }

    /// `Hashtable`: its keys and its values.
    fn hashtable(&self, thing: u32) -> Option<Begun<'p, 'a>> {
        let things = self.things;
        let (keys, values) = (self.array_of(thing, "Keys")?, self.array_of(thing, "Values")?);
        let (What::Array(keys, _), What::Array(slots, _)) =
            (&things[keys as usize].what, &things[values as usize].what)
        else {
            return None;
        };
        let pairs = keys.iter().zip(slots).map(|(key, value)| (values, key, value)).collect();
        Some(Begun::Making(Making::pairs(pairs)))
    }
}

impl<'a> Parser<'a> {
    /// Makes the tree of the object with this id.
    pub(super) fn build(&self, root: i32, pointer: &str, spare: &mut usize) -> Parsed<Value<'a>> {
        let Some(root) = self.ids.get(&root).copied() else {
            return self.reader.fault_at(1, "the root object is missing");
        };
        let mut builder = Builder {
            reader: &self.reader,
            things: &self.things,
            metas: &self.metas,
            ids: &self.ids,
            limits: &self.limits,
            pointer,
            spare: *spare,
            frames: Vec::new(),
            inside: vec![OUTSIDE; self.things.len()],
            made: vec![false; self.things.len()],
        };
        let value = builder.tree(root);
        *spare = builder.spare;
        value
    }
}
