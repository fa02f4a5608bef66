//! The stream itself: from bytes to a flat table of what was written, without a meaning yet.
//!
//! Objects refer to each other by their place in the table, so cycles are nothing special here, and
//! what nests is kept on a stack of its own: a list of a hundred thousand links costs memory in
//! proportion to its bytes and no stack.

use std::borrow::Cow;

use super::NAME;
use crate::codec::{DecodeError, Limits, Parsed};

/// `AC ED 00 05`: magic number and version of every stream since JDK 1.2.
pub const HEADER: &[u8] = b"\xac\xed\x00\x05";

/// Values in a row at most: a manager writes a few for each attribute, and each byte can be one.
const MOST_ROOTS: usize = 100_000;

/// The first handle that a stream gives (`ObjectStreamConstants.baseWireHandle`).
const FIRST_HANDLE: u32 = 0x7e_0000;

/// Class levels of one object at most; real hierarchies have fewer than twenty.
const MAX_LEVELS: usize = 512;

/// How often a stream may be read once more because a class in it may have left its fields out.
const MAX_READINGS: usize = 12;

/// Room that is made at once for the fields of an object.
const MOST_AT_ONCE: usize = 16;

const WRITE_METHOD: u8 = 1;
const SERIALIZABLE: u8 = 2;
const EXTERNALIZABLE: u8 = 4;
const BLOCK_DATA: u8 = 8;

/// A class as the stream describes it.
#[derive(Debug)]
pub struct Class<'a> {
    pub name: Cow<'a, str>,
    /// The interfaces of a proxy class, which has no name.
    pub interfaces: Vec<Cow<'a, str>>,
    flags: u8,
    pub fields: Vec<Field<'a>>,
    parent: Option<u32>,
    /// Where it is described.
    place: u32,
    /// The bytes that its fields of primitive types take, which come first.
    scalars: usize,
    /// Whether its `writeObject` leaves the fields out, where it may as well have written them.
    leaves_out: bool,
    /// Whether an object of it can only be read with its fields.
    writes: bool,
    /// The last object of it that may be read with its fields and without; 0 where there is none.
    doubt: u32,
}

#[derive(Debug)]
pub struct Field<'a> {
    kind: u8,
    pub name: Cow<'a, str>,
}

/// One value where it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Char(u16),
    /// A piece of block data, with no meaning of its own.
    Block(&'a [u8]),
    /// An entry of the table.
    Node(u32),
    /// A class descriptor written as a value.
    Class(u32),
}

/// What a handle can stand for, and what nests.
#[derive(Debug)]
pub enum Node<'a> {
    Text(Cow<'a, str>),
    /// From the topmost superclass down.
    Object {
        class: u32,
        levels: Vec<Level<'a>>,
    },
    Array {
        class: u32,
        items: Vec<Item<'a>>,
    },
    /// An array of a primitive type, as its bytes.
    Primitives {
        kind: u8,
        bytes: &'a [u8],
    },
    Constant(Item<'a>),
    Class(u32),
}

/// What one class of an object's hierarchy wrote.
#[derive(Debug)]
pub struct Level<'a> {
    pub class: u32,
    /// As many as the class has fields.
    pub fields: Vec<Item<'a>>,
    /// What its `writeObject` or `writeExternal` added.
    pub extra: Vec<Item<'a>>,
}

/// A value at the top of the stream, and the bytes that it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Root<'a> {
    pub item: Item<'a>,
    pub bytes: &'a [u8],
}

/// All that was read.
#[derive(Debug)]
pub struct Stream<'a> {
    pub roots: Vec<Root<'a>>,
    pub nodes: Vec<Node<'a>>,
    /// Where each node began.
    pub places: Vec<u32>,
    pub classes: Vec<Class<'a>>,
    /// Why reading ended before the bytes did, and what was not read.
    pub failed: Option<(DecodeError, &'a [u8])>,
    pub length: usize,
    /// How many values it has as it stands, at the most.
    pub values: usize,
}

impl<'a> Stream<'a> {
    /// Reads as far as it goes.
    ///
    /// Whether the `writeObject` of a class wrote the fields of the class is not in the stream. Where
    /// both is possible it is taken to have written them, as nearly all do. A stream that cannot be
    /// read so is read again with one class more that left them out, as long as that leads further.
    pub fn read(bytes: &'a [u8], limits: &Limits) -> Stream<'a> {
        let (first, spent) = Self::reading(bytes, limits, &[]);
        if spent || first.failed.is_none() {
            return first;
        }
        let mut leave_out = Vec::new();
        let mut readings = 0;
        let mut further = None;
        loop {
            let best = further.as_ref().unwrap_or(&first);
            let reached = best.reached();
            let mut next = None;
            for class in best.doubts() {
                if readings == MAX_READINGS {
                    return first;
                }
                readings += 1;
                leave_out.push(class);
                let (again, _) = Self::reading(bytes, limits, &leave_out);
                if again.failed.is_none() {
                    return again;
                }
                if again.reached() > reached {
                    next = Some(again);
                    break;
                }
                leave_out.pop();
            }
            if next.is_none() {
                return first;
            }
            further = next;
        }
    }

    /// How far it was read.
    fn reached(&self) -> usize {
        self.failed.as_ref().map_or(self.length, |(error, _)| error.offset)
    }

    /// The classes that may have left their fields out, by their places; that of the last object
    /// first, since reading rarely gets far after the one that was misread.
    fn doubts(&self) -> Vec<u32> {
        let mut doubts: Vec<&Class> =
            self.classes.iter().filter(|class| class.doubt > 0 && !class.writes).collect();
        doubts.sort_unstable_by_key(|class| std::cmp::Reverse(class.doubt));
        doubts.truncate(MAX_READINGS);
        doubts.into_iter().map(|class| class.place).collect()
    }

    /// Reads with these classes taken to leave their fields out; and whether there were too many
    /// values.
    fn reading(bytes: &'a [u8], limits: &Limits, leave_out: &[u32]) -> (Stream<'a>, bool) {
        // Every value takes a byte at least, only the classes of an object may be written once for many.
        let values = limits.values.min(4096 + bytes.len().saturating_mul(8));
        // One in two dozen bytes or fewer is the beginning of something.
        let expected = (bytes.len() / 24).clamp(8, 256);
        let mut reader = Reader {
            bytes,
            at: 0,
            left: values,
            values,
            leave_out,
            handles: Vec::with_capacity(2 * expected),
            open: Vec::with_capacity(8),
            stream: Stream {
                roots: Vec::with_capacity(1),
                nodes: Vec::with_capacity(expected),
                places: Vec::with_capacity(expected),
                classes: Vec::with_capacity(8),
                failed: None,
                length: bytes.len(),
                values: 0,
            },
        };
        let mut start = 0;
        if let Err(error) = reader.all(&mut start) {
            reader.stream.failed = Some((*error, &bytes[start.min(bytes.len())..]));
        }
        reader.stream.values += values - reader.left;
        (reader.stream, reader.left == 0)
    }

    /// The name of a class, or the interfaces of a proxy.
    pub fn class(&self, at: u32) -> &Class<'a> {
        &self.classes[at as usize]
    }
}

/// Where a handle leads.
#[derive(Clone, Copy)]
enum Handle {
    Node(u32),
    Class(u32),
}

/// Something that was begun and whose parts still follow.
#[derive(Clone, Copy)]
enum Open {
    /// An object: which level, which of its fields; all fields read means its extra part.
    Object {
        node: u32,
        level: u32,
        field: u32,
    },
    Array {
        node: u32,
        left: u32,
    },
}

struct Reader<'a, 'r> {
    bytes: &'a [u8],
    at: usize,
    /// Values that may still be read.
    left: usize,
    values: usize,
    /// Where the classes are described that leave their fields out.
    leave_out: &'r [u32],
    handles: Vec<Handle>,
    open: Vec<Open>,
    stream: Stream<'a>,
}

impl<'a> Reader<'a, '_> {
    fn all(&mut self, start: &mut usize) -> Parsed<()> {
        if !self.bytes.starts_with(HEADER) {
            return self.fault("not a stream of Java objects");
        }
        self.at = HEADER.len();
        while self.at < self.bytes.len() {
            *start = self.at;
            if self.bytes[self.at] == 0x79 {
                self.at += 1;
                self.handles.clear();
                continue;
            }
            if self.stream.roots.len() == MOST_ROOTS {
                return self.fault(format!("more than {MOST_ROOTS} values in a row"));
            }
            let item = match self.tag()? {
                0x77 | 0x7a => self.block()?,
                _ => self.content()?,
            };
            while let Some(open) = self.open.pop() {
                self.go_on(open)?;
            }
            let bytes = &self.bytes[*start..self.at];
            self.stream.roots.push(Root { item, bytes });
        }
        if self.stream.roots.is_empty() { self.fault("no value") } else { Ok(()) }
    }

    /// The error of this place.
    #[cold]
    fn fault<T>(&self, reason: impl Into<String>) -> Parsed<T> {
        let reason = if self.at < self.bytes.len() { reason.into() } else { "unexpected end".to_string() };
        Err(Box::new(DecodeError::new(NAME, self.at, reason)))
    }

    fn take(&mut self, length: usize) -> Parsed<&'a [u8]> {
        let Some(taken) = self.bytes[self.at..].get(..length) else {
            let error = format!("{length} bytes announced, but fewer are left");
            return Err(Box::new(DecodeError::new(NAME, self.at, error)));
        };
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Parsed<[u8; N]> {
        let Some(taken) = self.bytes[self.at..].first_chunk::<N>() else {
            self.at = self.bytes.len();
            return self.fault("");
        };
        self.at += N;
        Ok(*taken)
    }

    fn u8(&mut self) -> Parsed<u8> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn u16(&mut self) -> Parsed<u16> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// A count, which Java keeps in a signed integer.
    fn count(&mut self) -> Parsed<usize> {
        let count = i32::from_be_bytes(self.array()?);
        if count < 0 {
            self.at -= 4;
            return self.fault("a negative count");
        }
        Ok(count as usize)
    }

    /// The tag that stands here, without passing it.
    fn tag(&mut self) -> Parsed<u8> {
        match self.bytes.get(self.at) {
            Some(tag) => Ok(*tag),
            None => self.fault(""),
        }
    }

    fn spend(&mut self) -> Parsed<()> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                Err(Box::new(DecodeError::new(NAME, self.at, format!("more than {} values", self.values))))
            }
        }
    }

    fn utf(&mut self, length: usize) -> Parsed<Cow<'a, str>> {
        Ok(modified_utf8(self.take(length)?))
    }

    /// A name with its length in front.
    fn name(&mut self) -> Parsed<Cow<'a, str>> {
        let length = usize::from(self.u16()?);
        self.utf(length)
    }

    fn node(&mut self, place: usize, node: Node<'a>) -> u32 {
        let at = self.stream.nodes.len() as u32;
        self.stream.nodes.push(node);
        self.stream.places.push(place as u32);
        at
    }

    fn block(&mut self) -> Parsed<Item<'a>> {
        self.spend()?;
        let length = match self.u8()? {
            0x77 => usize::from(self.u8()?),
            _ => self.count()?,
        };
        Ok(Item::Block(self.take(length)?))
    }

    /// One value. What nests is begun and put on the stack; its place is known at once.
    fn content(&mut self) -> Parsed<Item<'a>> {
        self.spend()?;
        let place = self.at;
        let tag = self.u8()?;
        match tag {
            0x70 => Ok(Item::Null),
            0x71 => match self.handle()? {
                Handle::Node(node) => Ok(Item::Node(node)),
                Handle::Class(class) => Ok(Item::Class(class)),
            },
            0x72 | 0x7d => {
                self.at = place;
                match self.class()? {
                    Some(class) => Ok(Item::Class(class)),
                    None => Ok(Item::Null),
                }
            }
            0x73 => self.object(place),
            0x74 | 0x7c => self.text(tag, place),
            0x75 => self.list(place),
            0x76 => {
                let class = self.known_class()?;
                let node = self.node(place, Node::Class(class));
                self.handles.push(Handle::Node(node));
                Ok(Item::Node(node))
            }
            0x7e => {
                self.known_class()?;
                let node = self.node(place, Node::Constant(Item::Null));
                self.handles.push(Handle::Node(node));
                let name = self.string()?;
                self.stream.nodes[node as usize] = Node::Constant(name);
                Ok(Item::Node(node))
            }
            0x7b => {
                self.at = place;
                self.fault("the writer gave up here with an exception")
            }
            _ => {
                self.at = place;
                self.fault(format!("no value begins with {tag:#04x}"))
            }
        }
    }

    fn handle(&mut self) -> Parsed<Handle> {
        let number = u32::from_be_bytes(self.array()?);
        let known = number.checked_sub(FIRST_HANDLE).and_then(|at| self.handles.get(at as usize));
        let Some(handle) = known.copied() else {
            self.at -= 4;
            return self.fault("a reference to an object that was not written");
        };
        Ok(handle)
    }

    fn text(&mut self, tag: u8, place: usize) -> Parsed<Item<'a>> {
        let length = if tag == 0x74 {
            usize::from(self.u16()?)
        } else {
            usize::try_from(u64::from_be_bytes(self.array()?)).unwrap_or(usize::MAX)
        };
        let text = self.utf(length)?;
        let node = self.node(place, Node::Text(text));
        self.handles.push(Handle::Node(node));
        Ok(Item::Node(node))
    }

    /// A string where nothing else can stand.
    fn string(&mut self) -> Parsed<Item<'a>> {
        let place = self.at;
        match self.u8()? {
            tag @ (0x74 | 0x7c) => self.text(tag, place),
            0x71 => match self.handle()? {
                Handle::Node(node) if matches!(self.stream.nodes[node as usize], Node::Text(_)) => {
                    Ok(Item::Node(node))
                }
                _ => {
                    self.at = place;
                    self.fault("expected a string")
                }
            },
            _ => {
                self.at = place;
                self.fault("expected a string")
            }
        }
    }

    /// A class descriptor that must be there.
    fn known_class(&mut self) -> Parsed<u32> {
        let place = self.at;
        let Some(class) = self.class()? else {
            self.at = place;
            return self.fault("a value without a class");
        };
        Ok(class)
    }

    /// A class descriptor with its superclasses.
    fn class(&mut self) -> Parsed<Option<u32>> {
        let mut first = None;
        let mut child: Option<u32> = None;
        loop {
            let place = self.at;
            let class = match self.u8()? {
                0x70 => return Ok(first),
                0x71 => match self.handle()? {
                    Handle::Class(class) => {
                        self.adopt(child, class, place)?;
                        return Ok(first.or(Some(class)));
                    }
                    Handle::Node(_) => {
                        self.at = place;
                        return self.fault("a reference to something other than a class");
                    }
                },
                0x72 => self.described()?,
                0x7d => self.proxy()?,
                tag => {
                    self.at = place;
                    return self.fault(format!("no class begins with {tag:#04x}"));
                }
            };
            self.annotation()?;
            self.adopt(child, class, place)?;
            first = first.or(Some(class));
            child = Some(class);
        }
    }

    /// Makes a class the parent of another, unless it descends from it itself.
    fn adopt(&mut self, child: Option<u32>, class: u32, place: usize) -> Parsed<()> {
        let Some(child) = child else { return Ok(()) };
        let mut above = Some(class);
        let mut levels = 0;
        while let Some(at) = above {
            levels += 1;
            if at == child || levels > MAX_LEVELS {
                self.at = place;
                return self.fault("a class that is its own superclass");
            }
            above = self.stream.classes[at as usize].parent;
        }
        self.stream.classes[child as usize].parent = Some(class);
        Ok(())
    }

    /// A class of which only the name is known yet.
    fn begin_class(&mut self, place: usize, name: Cow<'a, str>, flags: u8) -> u32 {
        let class = self.stream.classes.len() as u32;
        let place = place as u32;
        self.stream.classes.push(Class {
            name,
            interfaces: Vec::new(),
            flags,
            fields: Vec::new(),
            parent: None,
            place,
            scalars: 0,
            leaves_out: self.leave_out.contains(&place),
            writes: false,
            doubt: 0,
        });
        self.handles.push(Handle::Class(class));
        class
    }

    fn described(&mut self) -> Parsed<u32> {
        self.spend()?;
        let place = self.at;
        let name = self.name()?;
        self.take(8)?;
        let class = self.begin_class(place, name, 0);
        let flags = self.u8()?;
        let count = usize::from(self.u16()?);
        let mut fields = Vec::with_capacity(count.min((self.bytes.len() - self.at) / 3));
        for _ in 0..count {
            let kind = self.u8()?;
            let name = self.name()?;
            match kind {
                b'B' | b'C' | b'D' | b'F' | b'I' | b'J' | b'S' | b'Z' => {}
                b'L' | b'[' => {
                    self.string()?;
                }
                _ => return self.fault("a field of unknown type"),
            }
            fields.push(Field { kind, name });
        }
        let described = &mut self.stream.classes[class as usize];
        described.flags = flags;
        let scalars = fields.iter().map(|field| size_of_kind(field.kind)).take_while(|size| *size > 0);
        described.scalars = scalars.sum();
        described.fields = fields;
        Ok(class)
    }

    fn proxy(&mut self) -> Parsed<u32> {
        self.spend()?;
        let class = self.begin_class(self.at, Cow::Borrowed("java.lang.reflect.Proxy"), SERIALIZABLE);
        let count = self.count()?;
        if count > (self.bytes.len() - self.at) / 2 {
            return self.fault("more interfaces than bytes");
        }
        for _ in 0..count {
            let name = self.name()?;
            self.stream.classes[class as usize].interfaces.push(name);
        }
        Ok(class)
    }

    /// What `annotateClass` added to a class: nothing nearly everywhere, a string or block data where
    /// the writer is RMI's or a class loader's.
    fn annotation(&mut self) -> Parsed<()> {
        loop {
            let place = self.at;
            match self.tag()? {
                0x78 => {
                    self.at += 1;
                    return Ok(());
                }
                0x77 | 0x7a => {
                    self.block()?;
                }
                0x70 | 0x71 | 0x74 | 0x7c => {
                    self.content()?;
                }
                _ => {
                    self.at = place;
                    return self.fault("a class with an annotation of an unknown form");
                }
            }
        }
    }

    fn object(&mut self, place: usize) -> Parsed<Item<'a>> {
        let class = self.known_class()?;
        let mut chain = Vec::with_capacity(2);
        let mut next = Some(class);
        while let Some(at) = next {
            self.spend()?;
            let described = &self.stream.classes[at as usize];
            let method = described.flags & (SERIALIZABLE | EXTERNALIZABLE);
            if described.flags & EXTERNALIZABLE != 0 && described.flags & BLOCK_DATA == 0 {
                // Protocol 1 wrote these without an end.
                return self.fault("an object whose end only its own class knows");
            }
            if method != 0 || !described.fields.is_empty() {
                // Fields are announced once for many objects, which may leave them out.
                let fields = Vec::with_capacity(described.fields.len().min(MOST_AT_ONCE));
                chain.push(Level { class: at, fields, extra: Vec::new() });
            }
            next = described.parent;
            if chain.len() > MAX_LEVELS {
                return self.fault("too many superclasses");
            }
        }
        chain.reverse();
        let node = self.node(place, Node::Object { class, levels: chain });
        self.handles.push(Handle::Node(node));
        self.open.push(Open::Object { node, level: 0, field: 0 });
        Ok(Item::Node(node))
    }

    fn list(&mut self, place: usize) -> Parsed<Item<'a>> {
        let class = self.known_class()?;
        let kind = self.stream.classes[class as usize].name.as_bytes().get(1).copied().unwrap_or(b'L');
        let node = self.node(place, Node::Class(class));
        self.handles.push(Handle::Node(node));
        let count = self.count()?;
        let size = size_of_kind(kind);
        if size > 0 {
            let bytes = self.take(count.saturating_mul(size))?;
            self.stream.values += bytes.len();
            self.stream.nodes[node as usize] = Node::Primitives { kind, bytes };
        } else {
            if count > self.bytes.len() - self.at {
                return self.fault(format!("{count} values announced, but fewer bytes are left"));
            }
            self.stream.nodes[node as usize] = Node::Array { class, items: Vec::new() };
            self.open.push(Open::Array { node, left: count as u32 });
        }
        Ok(Item::Node(node))
    }

    /// Reads on in something open until it ends or something nests in it.
    fn go_on(&mut self, open: Open) -> Parsed<()> {
        match open {
            Open::Array { node, mut left } => {
                let depth = self.open.len();
                while left > 0 {
                    left -= 1;
                    let nested = self.content()?;
                    if let Node::Array { items, .. } = &mut self.stream.nodes[node as usize] {
                        items.push(nested);
                    }
                    if self.open.len() > depth {
                        self.open.insert(depth, Open::Array { node, left });
                        return Ok(());
                    }
                }
                Ok(())
            }
            Open::Object { node, level, field } => self.go_on_in(node, level, field),
        }
    }

    fn go_on_in(&mut self, node: u32, mut level: u32, mut field: u32) -> Parsed<()> {
        let depth = self.open.len();
        loop {
            let Some(class) = self.level(node, level).map(|level| level.class) else { return Ok(()) };
            let described = &self.stream.classes[class as usize];
            let flags = described.flags;
            let externalizable = flags & EXTERNALIZABLE != 0;
            let fields = described.fields.len() as u32;
            if field == 0 && flags & WRITE_METHOD != 0 && self.is_unwritten(class) {
                field = fields;
            }
            let described = &self.stream.classes[class as usize];
            if !externalizable && field < fields {
                let kind = described.fields[field as usize].kind;
                let item = match kind {
                    b'L' | b'[' => self.content()?,
                    primitive => {
                        self.spend()?;
                        let bytes = self.take(size_of_kind(primitive))?;
                        scalar(primitive, bytes)
                    }
                };
                field += 1;
                if let Some(level) = self.level(node, level) {
                    level.fields.push(item);
                }
            } else if externalizable || flags & WRITE_METHOD != 0 {
                let item = match self.tag()? {
                    0x78 => {
                        self.at += 1;
                        level += 1;
                        field = 0;
                        continue;
                    }
                    0x77 | 0x7a => self.block()?,
                    _ => self.content()?,
                };
                if let Some(level) = self.level(node, level) {
                    level.extra.push(item);
                }
            } else {
                level += 1;
                field = 0;
                continue;
            }
            if self.open.len() > depth {
                self.open.insert(depth, Open::Object { node, level, field });
                return Ok(());
            }
        }
    }

    /// Whether a class with a `writeObject` of its own left its fields out, and began with what it
    /// wrote instead: block data, an object, or the end.
    ///
    /// Fields of primitive types come first and look like anything, so what is after them has to
    /// tell. Where that leaves it open the class is one to be doubted.
    fn is_unwritten(&mut self, class: u32) -> bool {
        const MAY_BEGIN: fn(&u8) -> bool = |tag| matches!(tag, 0x70..=0x78 | 0x7a | 0x7c..=0x7e);
        let class = &mut self.stream.classes[class as usize];
        let Some(first) = class.fields.first() else { return false };
        let here = self.bytes.get(self.at);
        if !here.is_some_and(MAY_BEGIN) {
            class.writes = true;
            return false;
        }
        if class.leaves_out {
            return true;
        }
        let after = self.bytes.get(self.at.saturating_add(class.scalars));
        let sure = match first.kind {
            // A byte of its own, 0 or 1.
            b'Z' => true,
            _ if class.scalars > 0 && !after.is_some_and(MAY_BEGIN) => true,
            // Where a field that is an object would have to begin.
            _ => {
                let last = class.fields.last().map_or(0, |field| field.kind);
                size_of_kind(last) == 0 && matches!(after, Some(0x77 | 0x78 | 0x7a))
            }
        };
        if sure {
            class.leaves_out = true;
        } else {
            class.doubt = self.at as u32;
        }
        sure
    }

    fn level(&mut self, node: u32, level: u32) -> Option<&mut Level<'a>> {
        match &mut self.stream.nodes[node as usize] {
            Node::Object { levels, .. } => levels.get_mut(level as usize),
            _ => None,
        }
    }
}

/// How many bytes a primitive takes; 0 for objects and arrays.
pub(super) fn size_of_kind(kind: u8) -> usize {
    match kind {
        b'B' | b'Z' => 1,
        b'C' | b'S' => 2,
        b'F' | b'I' => 4,
        b'D' | b'J' => 8,
        _ => 0,
    }
}

/// A primitive from its bytes.
pub(super) fn scalar<'a>(kind: u8, bytes: &[u8]) -> Item<'a> {
    let raw = bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    match kind {
        b'Z' => Item::Bool(raw != 0),
        b'B' => Item::Int(i64::from(raw as i8)),
        b'S' => Item::Int(i64::from(raw as i16)),
        b'I' => Item::Int(i64::from(raw as i32)),
        b'C' => Item::Char(raw as u16),
        b'F' => Item::Float(f64::from(f32::from_bits(raw as u32))),
        b'D' => Item::Float(f64::from_bits(raw)),
        _ => Item::Int(raw as i64),
    }
}

/// Java's own UTF-8: U+0000 in two bytes, and characters beyond U+FFFF as two surrogates of three
/// bytes each (`DataInput.readUTF`). What is not a character becomes U+FFFD.
pub(super) fn modified_utf8(bytes: &[u8]) -> Cow<'_, str> {
    // Surrogates and the long zero are no UTF-8, so whatever is UTF-8 means the same in both.
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let low = |byte: u8| u16::from(byte & 0x3f);
        let (unit, after) = match (*first, after) {
            (0x00..=0x7f, after) => (u16::from(*first), after),
            (0xc0..=0xdf, [second @ 0x80..=0xbf, after @ ..]) => {
                (u16::from(first & 0x1f) << 6 | low(*second), after)
            }
            (0xe0..=0xef, [second @ 0x80..=0xbf, third @ 0x80..=0xbf, after @ ..]) => {
                (u16::from(first & 0x0f) << 12 | low(*second) << 6 | low(*third), after)
            }
            (_, after) => (0xfffd, after),
        };
        units.push(unit);
        rest = after;
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}
