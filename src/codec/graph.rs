//! What the readers of forms that write graphs share: pickle, Marshal, Storable, Sereal.
//!
//! In these forms a value is written once and then by its number. A reader makes a flat table of nodes of
//! it, whatever refers to what; [`Graph::show`] makes a tree of that. A [`Value`] is written out at each
//! place; what would never end (a container inside itself) becomes [`Value::Ref`]; what would end too
//! late (references to references to …) is an error. Nothing here recurses.

use std::borrow::Cow;

use super::{DecodeError, Limits, Parsed, last_wins};
use crate::value::{Object, Value};

/// Values that references may add by being written out.
const REPEATED_VALUES: usize = 256 << 10;
/// Bytes of text that they may add, in what is written out and in pointers.
const REPEATED_BYTES: usize = 32 << 20;

/// Values from which on a list is not copied to be of the right size.
const LONG: usize = 1 << 12;

/// Marks the range of a node as the place of a list of its own.
const OWN: u32 = u32::MAX;

/// One value, or where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Item<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    /// A value that holds no others, by its place.
    Leaf(u32),
    Node(u32),
}

/// What a node is shown as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    List,
    /// As `List`, and can have no more items.
    Tuple,
    Set,
    /// Keys and values in turns.
    Map,
    /// Names and values in turns, of the class at that place.
    Object(u32),
    /// As `Object`, with a payload before the first name.
    Valued(u32),
    /// As the one item that it has.
    Same,
    /// As Python's reference to the class at that place.
    Reference(u32),
    /// What its reader has not made anything of yet.
    Pending(u32),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) kind: Kind,
    begin: u32,
    end: u32,
    /// Where it was written.
    pub(super) at: u32,
}

/// The name of a class.
#[derive(Debug, Clone)]
pub(super) enum Class<'a> {
    Plain(Cow<'a, str>),
    /// A module and a name in it.
    Joined(&'a str, &'a str),
}

impl<'a> Class<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Class::Plain(name) => name.len(),
            Class::Joined(module, name) => module.len() + 1 + name.len(),
        }
    }

    pub(super) fn name(&self) -> Cow<'a, str> {
        match self {
            Class::Plain(name) => name.clone(),
            Class::Joined(module, name) => Cow::Owned([module, ".", name].concat()),
        }
    }
}

#[derive(Debug)]
pub(super) struct Graph<'a> {
    codec: &'static str,
    pub(super) nodes: Vec<Node>,
    /// What the nodes hold, each a row of them.
    pool: Vec<Item<'a>>,
    /// Of those that grew again when others stood after their row.
    own: Vec<Vec<Item<'a>>>,
    leaves: Vec<Value<'a>>,
    pub(super) classes: Vec<Class<'a>>,
    length: usize,
    limits: Limits,
    /// How many nodes there may be.
    most: usize,
}

impl<'a> Graph<'a> {
    /// For an input of that length. The leaf at place 0 is an empty list.
    pub(super) fn new(codec: &'static str, length: usize, limits: &Limits) -> Self {
        let expected = (length / 64).clamp(4, 64);
        let mut leaves = Vec::with_capacity(4);
        leaves.push(Value::List(Vec::new()));
        Graph {
            codec,
            nodes: Vec::with_capacity(expected),
            pool: Vec::with_capacity(4 * expected),
            own: Vec::new(),
            leaves,
            classes: Vec::new(),
            length,
            limits: *limits,
            // A container that is written and referred to takes two bytes at least.
            most: limits.values.min(4096 + length / 2),
        }
    }

    #[cold]
    fn fault<T>(&self, at: usize, reason: impl Into<String>) -> Parsed<T> {
        Err(Box::new(DecodeError::new(self.codec, at, reason)))
    }

    /// A new node that holds these.
    #[inline]
    pub(super) fn node(&mut self, kind: Kind, at: usize, items: &[Item<'a>]) -> Parsed<u32> {
        if self.nodes.len() >= self.most {
            return self.fault(at, format!("more than {} containers", self.most));
        }
        let begin = self.pool.len() as u32;
        self.pool.extend_from_slice(items);
        if self.pool.len() > self.limits.values {
            return self.fault(at, format!("more than {} values", self.limits.values));
        }
        let number = self.nodes.len() as u32;
        self.nodes.push(Node { kind, begin, end: self.pool.len() as u32, at: at as u32 });
        Ok(number)
    }

    /// Fills a node that was made empty.
    #[inline]
    pub(super) fn fill(&mut self, number: u32, items: &[Item<'a>]) -> Parsed<()> {
        let begin = self.pool.len() as u32;
        self.pool.extend_from_slice(items);
        let end = self.pool.len();
        let node = &mut self.nodes[number as usize];
        (node.begin, node.end) = (begin, end as u32);
        if end > self.limits.values {
            let at = node.at as usize;
            return self.fault(at, format!("more than {} values", self.limits.values));
        }
        Ok(())
    }

    /// Shows a node as that, with these in it.
    pub(super) fn become_row(&mut self, number: u32, kind: Kind, items: &[Item<'a>]) -> Parsed<()> {
        self.set_kind(number, kind);
        self.fill(number, items)
    }

    /// How much the nodes hold.
    pub(super) fn held(&self) -> usize {
        self.pool.len()
    }

    /// Adds to what a node holds.
    #[inline]
    pub(super) fn extend(&mut self, number: u32, items: &[Item<'a>]) -> Parsed<()> {
        let node = self.nodes[number as usize];
        if node.begin == node.end {
            return self.fill(number, items);
        }
        if node.end != OWN && node.end as usize != self.pool.len() {
            let begin = node.begin as usize;
            self.own.push(self.pool[begin..node.end as usize].to_vec());
            let node = &mut self.nodes[number as usize];
            (node.begin, node.end) = (self.own.len() as u32 - 1, OWN);
        }
        let node = &mut self.nodes[number as usize];
        if node.end == OWN {
            self.own[node.begin as usize].extend_from_slice(items);
        } else {
            self.pool.extend_from_slice(items);
            node.end = self.pool.len() as u32;
        }
        Ok(())
    }

    pub(super) fn items(&self, number: u32) -> &[Item<'a>] {
        let node = self.nodes[number as usize];
        if node.end == OWN {
            &self.own[node.begin as usize]
        } else {
            &self.pool[node.begin as usize..node.end as usize]
        }
    }

    pub(super) fn kind(&self, number: u32) -> Kind {
        self.nodes[number as usize].kind
    }

    pub(super) fn set_kind(&mut self, number: u32, kind: Kind) {
        self.nodes[number as usize].kind = kind;
    }

    /// Shows a node as that kind of what another one holds, but the first few.
    pub(super) fn share(&mut self, number: u32, kind: Kind, of: u32, skip: u32) {
        let other = self.nodes[of as usize];
        let node = &mut self.nodes[number as usize];
        node.kind = kind;
        (node.begin, node.end) = match other.end {
            OWN => (other.begin, OWN),
            end => ((other.begin + skip).min(end), end),
        };
    }

    pub(super) fn leaf(&mut self, value: Value<'a>) -> Item<'a> {
        match value {
            Value::Null => Item::Null,
            Value::Bool(truth) => Item::Bool(truth),
            Value::Int(number) => Item::Int(number),
            Value::Float(number) => Item::Float(number),
            Value::Text(Cow::Borrowed(text)) => Item::Text(text),
            Value::Bytes(Cow::Borrowed(bytes)) => Item::Bytes(bytes),
            value => {
                self.leaves.push(value);
                Item::Leaf(self.leaves.len() as u32 - 1)
            }
        }
    }

    pub(super) fn leaf_at(&self, place: u32) -> &Value<'a> {
        &self.leaves[place as usize]
    }

    pub(super) fn class(&mut self, name: impl Into<Cow<'a, str>>) -> u32 {
        self.new_class(Class::Plain(name.into()))
    }

    pub(super) fn new_class(&mut self, class: Class<'a>) -> u32 {
        self.classes.push(class);
        self.classes.len() as u32 - 1
    }

    /// What an item is shown as in the end; it may be so over several steps, but not over many.
    pub(super) fn resolve(&self, mut item: Item<'a>) -> Item<'a> {
        for _ in 0..8 {
            match item {
                Item::Node(number) if self.kind(number) == Kind::Same => match self.items(number).first() {
                    Some(inner) => item = *inner,
                    None => return item,
                },
                _ => break,
            }
        }
        item
    }

    /// The text that an item is, if it is one.
    pub(super) fn text(&self, item: Item<'a>) -> Option<Cow<'a, str>> {
        match self.resolve(item) {
            Item::Text(text) => Some(Cow::Borrowed(text)),
            Item::Leaf(place) => match &self.leaves[place as usize] {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn is_text(&self, item: Item<'a>) -> bool {
        match self.resolve(item) {
            Item::Text(_) => true,
            Item::Leaf(place) => matches!(self.leaves[place as usize], Value::Text(_)),
            _ => false,
        }
    }

    /// The tree, to stand where a JSON pointer says: references to outer containers count from there.
    pub(super) fn show(&self, root: Item<'a>, base: &str) -> Result<Value<'a>, DecodeError> {
        let held: usize = self.pool.len() + self.own.iter().map(Vec::len).sum::<usize>();
        Show {
            graph: self,
            base,
            open: vec![0; self.nodes.len()],
            frames: Vec::with_capacity(8),
            out: Vec::with_capacity(32),
            values: self.limits.values.min(held + 1 + REPEATED_VALUES),
            bytes: self.limits.expanded.min(REPEATED_BYTES + self.length),
        }
        .tree(root)
        .map_err(|error| *error)
    }
}

/// A node that is being shown.
#[derive(Debug)]
struct Frame {
    node: u32,
    kind: Kind,
    /// Which of its items is next.
    next: u32,
    /// How much there was when it began.
    out: u32,
    /// Whether it is a map whose keys are names.
    named: bool,
}

struct Show<'g, 'a> {
    graph: &'g Graph<'a>,
    base: &'g str,
    /// The frame of each open node, from 1 on.
    open: Vec<u32>,
    frames: Vec<Frame>,
    /// What is finished and waits for the container around it.
    out: Vec<Value<'a>>,
    /// What may still be written.
    values: usize,
    bytes: usize,
}

impl<'a> Show<'_, 'a> {
    fn tree(mut self, root: Item<'a>) -> Parsed<Value<'a>> {
        self.item(root)?;
        while let Some(frame) = self.frames.last_mut() {
            let items = self.graph.items(frame.node);
            let step = match frame.kind {
                Kind::Map => 1 + u32::from(frame.named),
                Kind::Object(_) => 2,
                Kind::Valued(_) if frame.next > 0 => 2,
                Kind::Valued(_) => {
                    // The payload; the names after it are passed with their values.
                    1
                }
                _ => 1,
            };
            // Of pairs, the value.
            let place = match frame.kind {
                Kind::Map if frame.named => frame.next + 1,
                Kind::Object(_) => frame.next + 1,
                Kind::Valued(_) if frame.next > 0 => frame.next + 1,
                _ => frame.next,
            };
            match items.get(place as usize) {
                Some(item) => {
                    frame.next += step;
                    let item = *item;
                    self.item(item)?;
                }
                None => self.close()?,
            }
        }
        Ok(self.out.pop().unwrap_or(Value::Null))
    }

    #[cold]
    fn fault<T>(&self, node: u32, reason: String) -> Parsed<T> {
        let at = self.graph.nodes.get(node as usize).map_or(0, |node| node.at as usize);
        Err(Box::new(DecodeError::new(self.graph.codec, at, reason)))
    }

    /// The innermost open node, which a fault is laid to.
    fn here(&self) -> u32 {
        self.frames.last().map_or(0, |frame| frame.node)
    }

    #[inline]
    fn spend(&mut self, bytes: usize) -> Parsed<()> {
        match (self.values.checked_sub(1), self.bytes.checked_sub(bytes)) {
            (Some(values), Some(bytes)) => {
                (self.values, self.bytes) = (values, bytes);
                Ok(())
            }
            (None, _) => self.fault(self.here(), "references repeat too many values".to_string()),
            (_, None) => self.fault(self.here(), "references repeat too many bytes".to_string()),
        }
    }

    #[inline]
    fn item(&mut self, item: Item<'a>) -> Parsed<()> {
        let (value, bytes) = match item {
            Item::Null => (Value::Null, 0),
            Item::Bool(truth) => (Value::Bool(truth), 0),
            Item::Int(number) => (Value::Int(number), 0),
            Item::Float(number) => (Value::Float(number), 0),
            Item::Text(text) => (Value::Text(Cow::Borrowed(text)), text.len()),
            Item::Bytes(bytes) => (Value::Bytes(Cow::Borrowed(bytes)), bytes.len()),
            Item::Leaf(place) => return self.leaf(place),
            Item::Node(node) => return self.enter(node),
        };
        self.spend(bytes)?;
        self.out.push(value);
        Ok(())
    }

    fn leaf(&mut self, place: u32) -> Parsed<()> {
        let value = &self.graph.leaves[place as usize];
        let bytes = match value {
            Value::Text(text)
            | Value::BigInt(text)
            | Value::Decimal(text)
            | Value::Date(text)
            | Value::Uuid(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        self.spend(bytes)?;
        self.out.push(value.clone());
        Ok(())
    }

    fn enter(&mut self, number: u32) -> Parsed<()> {
        let node = &self.graph.nodes[number as usize];
        let class = match node.kind {
            Kind::Object(class) | Kind::Valued(class) | Kind::Reference(class) => {
                self.graph.classes[class as usize].len()
            }
            _ => 0,
        };
        self.spend(class)?;
        if self.frames.len() >= self.graph.limits.depth {
            return self.fault(number, format!("nested deeper than {}", self.graph.limits.depth));
        }
        if node.begin == node.end {
            let value = self.empty(node.kind);
            self.out.push(value);
            return Ok(());
        }
        let open = self.open[number as usize];
        if open > 0 {
            let pointer = self.pointer(open as usize - 1);
            self.spend(pointer.len())?;
            self.out.push(Value::Ref(Cow::Owned(pointer)));
            return Ok(());
        }
        let named = node.kind == Kind::Map
            && self.graph.items(number).iter().step_by(2).all(|key| match key {
                Item::Text(_) => true,
                other => self.graph.is_text(*other),
            });
        self.frames.push(Frame { node: number, kind: node.kind, next: 0, out: self.out.len() as u32, named });
        self.open[number as usize] = self.frames.len() as u32;
        Ok(())
    }

    fn empty(&self, kind: Kind) -> Value<'a> {
        match kind {
            Kind::List | Kind::Tuple => Value::List(Vec::new()),
            Kind::Set => Value::Set(Vec::new()),
            Kind::Map => Value::Map(Vec::new()),
            Kind::Object(class) | Kind::Valued(class) => self.object(class, Vec::new(), None),
            Kind::Reference(class) => Value::Object(Box::new(Object {
                class: Cow::Borrowed("builtins.type"),
                fields: Vec::new(),
                payload: Some(Value::Text(self.graph.classes[class as usize].name())),
            })),
            Kind::Same | Kind::Pending(_) => Value::Null,
        }
    }

    fn close(&mut self) -> Parsed<()> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.open[frame.node as usize] = 0;
        let begin = frame.out as usize;
        let items = self.graph.items(frame.node);
        let value = match frame.kind {
            Kind::List | Kind::Tuple => Value::List(self.take(begin)),
            Kind::Set => Value::Set(self.take(begin)),
            Kind::Map if frame.named => Value::Map(last_wins(self.members(items, begin)?)),
            Kind::Map => {
                let mut shown = self.out.drain(begin..);
                let mut pairs = Vec::with_capacity(items.len() / 2);
                while let (Some(key), Some(value)) = (shown.next(), shown.next()) {
                    pairs.push((key, value));
                }
                Value::Pairs(pairs)
            }
            Kind::Object(class) => {
                let fields = self.members(items, begin)?;
                self.object(class, fields, None)
            }
            Kind::Valued(class) => {
                let fields = self.members(&items[1..], begin + 1)?;
                let payload = self.out.pop();
                self.object(class, fields, payload)
            }
            // What it is shown as is there already.
            Kind::Same | Kind::Reference(_) | Kind::Pending(_) => return Ok(()),
        };
        self.out.push(value);
        Ok(())
    }

    /// The values that came last, from this many on.
    fn take(&mut self, begin: usize) -> Vec<Value<'a>> {
        // The outermost list of a long input would be copied for nothing.
        if begin == 0 && self.out.len() > LONG {
            return std::mem::take(&mut self.out);
        }
        self.out.split_off(begin)
    }

    fn members(&mut self, items: &[Item<'a>], begin: usize) -> Parsed<Vec<(Cow<'a, str>, Value<'a>)>> {
        let mut members = Vec::with_capacity(self.out.len() - begin);
        let mut left = self.bytes;
        for (name, value) in items.iter().step_by(2).zip(self.out.drain(begin..)) {
            let name = match name {
                Item::Text(text) => Cow::Borrowed(*text),
                other => {
                    let text = self.graph.text(*other).unwrap_or_default();
                    left = left.saturating_sub(text.len() + 1);
                    if left == 0 {
                        break;
                    }
                    text
                }
            };
            members.push((name, value));
        }
        self.bytes = left;
        if left == 0 {
            return self.fault(self.here(), "references repeat too many bytes".to_string());
        }
        Ok(members)
    }

    fn object(
        &self,
        class: u32,
        fields: Vec<(Cow<'a, str>, Value<'a>)>,
        payload: Option<Value<'a>>,
    ) -> Value<'a> {
        Value::Object(Box::new(Object { class: self.graph.classes[class as usize].name(), fields, payload }))
    }

    /// The JSON pointer to what is in this many of the open nodes.
    fn pointer(&self, depth: usize) -> String {
        let mut pointer = self.base.to_string();
        for frame in &self.frames[..depth] {
            // Longer than may be paid for.
            if pointer.len() > self.bytes {
                break;
            }
            let items = self.graph.items(frame.node);
            let name = |at: u32| {
                let text = items.get(at as usize).and_then(|item| self.graph.text(*item)).unwrap_or_default();
                if text.contains(['~', '/']) {
                    Cow::Owned(text.replace('~', "~0").replace('/', "~1"))
                } else {
                    text
                }
            };
            match frame.kind {
                Kind::List | Kind::Tuple => pointer.push_str(&format!("/{}", frame.next - 1)),
                Kind::Set => pointer.push_str(&format!("/$set/{}", frame.next - 1)),
                Kind::Map if !frame.named => {
                    let place = frame.next - 1;
                    pointer.push_str(&format!("/$map/{}/{}", place / 2, place % 2));
                }
                Kind::Valued(_) if frame.next == 1 => pointer.push_str("/$value"),
                Kind::Map | Kind::Object(_) | Kind::Valued(_) => {
                    pointer.push('/');
                    pointer.push_str(&name(frame.next - 2));
                }
                Kind::Same | Kind::Reference(_) | Kind::Pending(_) => {}
            }
        }
        pointer
    }
}
