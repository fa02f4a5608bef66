//! Python's pickle, protocols 0 to 5.
//!
//! A pickle is a program for a machine with a stack and a memo (CPython's Lib/pickletools.py describes each
//! opcode, Lib/pickle.py what it does). It is run here on a table of nodes and has no way out of it: a name
//! of a class or function stays a name, a call stays a name with its arguments. What of that is a date, a
//! set or a number is said by its module `objects`, after the machine has stopped.

use std::borrow::Cow;
use std::collections::HashMap;

use super::bytes::Cursor;
use super::graph::{Graph, Item, Kind};
use super::integer::{self, Integers};
use super::{Codec, DecodeError, Limits, Parsed};
use crate::value::{Object, Value};

mod objects;
mod time;

const NAME: &str = "pickle";

/// Python's pickle.
pub const CODEC: Codec = Codec { name: NAME, about: "pickle, of Python", sniff, decode };

/// Whether it begins as what sessions are: any value after a header, and of the protocols that have none a
/// map, a list or an object.
fn sniff(bytes: &[u8]) -> bool {
    match bytes {
        [0x80, version, opcode, ..] => *version <= 5 && name_of(*opcode).is_some() && *opcode != b'.',
        [b'(', b'd' | b'l', b'p' | b'.' | b'q' | b'r', ..] | [b'}' | b']', b'q' | b'.' | b'(', ..] => true,
        [b'(', b'c' | b'i', rest @ ..] | [b'c', rest @ ..] => is_name(rest),
        _ => false,
    }
}

/// Whether it begins with the line of a module's name.
fn is_name(bytes: &[u8]) -> bool {
    let end = bytes.iter().take(128).position(|byte| *byte == b'\n');
    end.is_some_and(|end| {
        end > 0
            && !bytes[0].is_ascii_digit()
            && bytes[..end].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    })
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    decode_at(bytes, "", limits)
}

/// As [`decode`], for a value that will stand where a JSON pointer says: references to outer
/// containers count from the root of the session's data.
pub fn decode_at<'a>(bytes: &'a [u8], base: &str, limits: &Limits) -> Result<Value<'a>, DecodeError> {
    let mut machine = Machine {
        bytes: Cursor::new(NAME, bytes),
        graph: Graph::new(NAME, bytes.len(), limits),
        stack: Vec::with_capacity(32),
        marks: Vec::with_capacity(8),
        memo: Memo { row: Vec::with_capacity((bytes.len() / 16).clamp(8, 128)), others: HashMap::new() },
        things: Vec::new(),
        integers: Integers::new(),
        most: limits.values,
        at: 0,
        opcode: 0,
    };
    let root = machine.run().map_err(|error| *error)?;
    let Machine { mut graph, things, .. } = machine;
    if !things.is_empty() {
        objects::settle(&mut graph, things).map_err(|error| *error)?;
    }
    graph.show(root, base)
}

/// What the machine knows by name only.
#[derive(Debug, Clone, Copy)]
enum Thing<'a> {
    /// A class or a function.
    Global { module: &'a str, name: &'a str },
    /// A class or a function whose names were not plain strings.
    Owned { place: u32 },
    /// A call.
    Call(Call<'a>),
}

/// What was to be called with what, and what was to be done with the result. Nodes, by their places.
#[derive(Debug, Clone, Copy)]
struct Call<'a> {
    callable: u32,
    args: Option<u32>,
    named: Option<u32>,
    state: Option<Item<'a>>,
    /// What was appended to it.
    items: Option<u32>,
    /// What was set in it.
    pairs: Option<u32>,
}

/// What the memo holds, most often in a row.
struct Memo<'a> {
    row: Vec<Option<Item<'a>>>,
    others: HashMap<u64, Item<'a>>,
}

/// Places that may be left free in the row.
const GAP: u64 = 16;

impl<'a> Memo<'a> {
    #[inline]
    fn put(&mut self, number: u64, item: Item<'a>) {
        let length = self.row.len() as u64;
        if number == length {
            self.row.push(Some(item));
        } else if number < length {
            self.row[number as usize] = Some(item);
        } else if number < length + GAP {
            self.row.resize(number as usize, None);
            self.row.push(Some(item));
        } else {
            self.others.insert(number, item);
        }
    }

    #[inline]
    fn get(&self, number: u64) -> Option<Item<'a>> {
        match self.row.get(usize::try_from(number).ok()?) {
            Some(Some(item)) => Some(*item),
            _ => self.others.get(&number).copied(),
        }
    }
}

/// The opcodes by their names in pickletools.
fn name_of(opcode: u8) -> Option<&'static str> {
    Some(match opcode {
        b'(' => "MARK",
        b'.' => "STOP",
        b'0' => "POP",
        b'1' => "POP_MARK",
        b'2' => "DUP",
        b'F' => "FLOAT",
        b'I' => "INT",
        b'J' => "BININT",
        b'K' => "BININT1",
        b'L' => "LONG",
        b'M' => "BININT2",
        b'N' => "NONE",
        b'P' => "PERSID",
        b'Q' => "BINPERSID",
        b'R' => "REDUCE",
        b'S' => "STRING",
        b'T' => "BINSTRING",
        b'U' => "SHORT_BINSTRING",
        b'V' => "UNICODE",
        b'X' => "BINUNICODE",
        b'a' => "APPEND",
        b'b' => "BUILD",
        b'c' => "GLOBAL",
        b'd' => "DICT",
        b'}' => "EMPTY_DICT",
        b'e' => "APPENDS",
        b'g' => "GET",
        b'h' => "BINGET",
        b'i' => "INST",
        b'j' => "LONG_BINGET",
        b'l' => "LIST",
        b']' => "EMPTY_LIST",
        b'o' => "OBJ",
        b'p' => "PUT",
        b'q' => "BINPUT",
        b'r' => "LONG_BINPUT",
        b's' => "SETITEM",
        b't' => "TUPLE",
        b')' => "EMPTY_TUPLE",
        b'u' => "SETITEMS",
        b'G' => "BINFLOAT",
        b'B' => "BINBYTES",
        b'C' => "SHORT_BINBYTES",
        0x80 => "PROTO",
        0x81 => "NEWOBJ",
        0x82 => "EXT1",
        0x83 => "EXT2",
        0x84 => "EXT4",
        0x85 => "TUPLE1",
        0x86 => "TUPLE2",
        0x87 => "TUPLE3",
        0x88 => "NEWTRUE",
        0x89 => "NEWFALSE",
        0x8a => "LONG1",
        0x8b => "LONG4",
        0x8c => "SHORT_BINUNICODE",
        0x8d => "BINUNICODE8",
        0x8e => "BINBYTES8",
        0x8f => "EMPTY_SET",
        0x90 => "ADDITEMS",
        0x91 => "FROZENSET",
        0x92 => "NEWOBJ_EX",
        0x93 => "STACK_GLOBAL",
        0x94 => "MEMOIZE",
        0x95 => "FRAME",
        0x96 => "BYTEARRAY8",
        0x97 => "NEXT_BUFFER",
        0x98 => "READONLY_BUFFER",
        _ => return None,
    })
}

struct Machine<'a> {
    bytes: Cursor<'a>,
    graph: Graph<'a>,
    stack: Vec<Item<'a>>,
    /// How much of the stack there was at each mark.
    marks: Vec<usize>,
    memo: Memo<'a>,
    things: Vec<Thing<'a>>,
    integers: Integers,
    most: usize,
    /// The opcode that is being executed, and its place.
    at: usize,
    opcode: u8,
}

impl<'a> Machine<'a> {
    /// The error of this opcode.
    #[cold]
    fn fault<T>(&self, reason: &str) -> Parsed<T> {
        let name = name_of(self.opcode).unwrap_or_default();
        self.bytes.fault_at(self.at, format!("{name} {reason}"))
    }

    fn run(&mut self) -> Parsed<Item<'a>> {
        loop {
            self.at = self.bytes.at;
            let Some(opcode) = self.bytes.peek() else {
                return self.bytes.fault("the end without STOP");
            };
            self.bytes.at += 1;
            self.opcode = opcode;
            if opcode == b'.' {
                return self.stop();
            }
            self.step(opcode)?;
            if self.stack.len() > self.most || self.memo.row.len() > self.most {
                return self.bytes.fault_at(self.at, format!("more than {} values", self.most));
            }
        }
    }

    fn stop(&mut self) -> Parsed<Item<'a>> {
        if self.bytes.left() > 0 {
            return self.bytes.fault("something follows STOP");
        }
        if !self.marks.is_empty() || self.stack.len() > 1 {
            return self.fault("leaves more than one value");
        }
        self.pop()
    }

    #[inline]
    fn step(&mut self, opcode: u8) -> Parsed<()> {
        match opcode {
            0x8c => {
                let length = usize::from(self.bytes.byte()?);
                self.text(length)?;
            }
            0x94 => {
                let number = (self.memo.row.len() + self.memo.others.len()) as u64;
                self.memoize(number)?;
            }
            b'X' => {
                let length = self.length4()?;
                self.text(length)?;
            }
            b'q' => {
                let number = u64::from(self.bytes.byte()?);
                self.memoize(number)?;
            }
            b'h' => {
                let number = u64::from(self.bytes.byte()?);
                self.fetch(number)?;
            }
            b'K' => {
                let number = i64::from(self.bytes.byte()?);
                self.stack.push(Item::Int(number));
            }
            b'M' => {
                let number = i64::from(u16::from_le_bytes(self.bytes.array()?));
                self.stack.push(Item::Int(number));
            }
            b'J' => {
                let number = i64::from(i32::from_le_bytes(self.bytes.array()?));
                self.stack.push(Item::Int(number));
            }
            b'N' => self.stack.push(Item::Null),
            0x88 => self.stack.push(Item::Bool(true)),
            0x89 => self.stack.push(Item::Bool(false)),
            b'G' => {
                let number = f64::from_be_bytes(self.bytes.array()?);
                self.stack.push(Item::Float(number));
            }
            b'(' => self.marks.push(self.stack.len()),
            b'}' => self.empty(Kind::Map)?,
            b']' => self.empty(Kind::List)?,
            0x8f => self.empty(Kind::Set)?,
            b')' => self.stack.push(Item::Leaf(0)),
            b'u' => self.add(Kind::Map)?,
            b'e' => self.add(Kind::List)?,
            0x90 => self.add(Kind::Set)?,
            b's' => self.set_one()?,
            b'a' => self.append_one()?,
            0x85..=0x87 => self.short_tuple(usize::from(opcode - 0x84))?,
            b't' => self.marked(Kind::Tuple)?,
            b'l' => self.marked(Kind::List)?,
            b'd' => self.marked(Kind::Map)?,
            0x91 => self.marked(Kind::Set)?,
            _ => return self.other(opcode),
        }
        Ok(())
    }

    #[inline(never)]
    fn other(&mut self, opcode: u8) -> Parsed<()> {
        match opcode {
            0x80 => {
                let version = self.bytes.byte()?;
                if version > 5 {
                    return self.fault(&format!("of version {version}, expected 0 to 5"));
                }
            }
            0x95 => {
                let length = u64::from_le_bytes(self.bytes.array()?);
                if length > self.bytes.left() as u64 {
                    return self.fault(&format!("of {length} bytes, fewer are left"));
                }
            }
            b'0' => {
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                } else {
                    self.pop()?;
                }
            }
            b'1' => {
                let begin = self.mark()?;
                self.stack.truncate(begin);
            }
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'I' => self.line_integer(false)?,
            b'L' => self.line_integer(true)?,
            b'F' => {
                let line = self.line()?;
                match line.trim().parse::<f64>() {
                    Ok(number) => self.stack.push(Item::Float(number)),
                    Err(_) => return self.fault("expects a decimal"),
                }
            }
            0x8a => {
                let length = usize::from(self.bytes.byte()?);
                self.long(length)?;
            }
            0x8b => {
                let length = self.signed_length()?;
                self.long(length)?;
            }
            b'S' => {
                let line = self.raw_line()?;
                self.quoted(line)?;
            }
            b'T' => {
                let length = self.signed_length()?;
                self.old_string(length)?;
            }
            b'U' => {
                let length = usize::from(self.bytes.byte()?);
                self.old_string(length)?;
            }
            b'B' => {
                let length = self.length4()?;
                self.blob(length)?;
            }
            b'C' => {
                let length = usize::from(self.bytes.byte()?);
                self.blob(length)?;
            }
            0x8e | 0x96 => {
                let length = self.length8()?;
                self.blob(length)?;
            }
            b'V' => {
                let line = self.raw_line()?;
                let text = unicode_line(line);
                let item = self.graph.leaf(Value::Text(text));
                self.stack.push(item);
            }
            0x8d => {
                let length = self.length8()?;
                self.text(length)?;
            }
            b'p' => {
                let number = self.line_number()?;
                self.memoize(number)?;
            }
            b'r' => {
                let number = u64::from(u32::from_le_bytes(self.bytes.array()?));
                self.memoize(number)?;
            }
            b'g' => {
                let number = self.line_number()?;
                self.fetch(number)?;
            }
            b'j' => {
                let number = u64::from(u32::from_le_bytes(self.bytes.array()?));
                self.fetch(number)?;
            }
            _ => return self.named(opcode),
        }
        Ok(())
    }

    /// What has to do with classes and calls.
    fn named(&mut self, opcode: u8) -> Parsed<()> {
        match opcode {
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.thing(Thing::Global { module, name })?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (module, name) {
                    (Item::Text(module), Item::Text(name)) => self.thing(Thing::Global { module, name })?,
                    (module, name) => match (self.graph.text(module), self.graph.text(name)) {
                        (Some(module), Some(name)) => {
                            let place = self.graph.class(format!("{module}.{name}"));
                            self.thing(Thing::Owned { place })?;
                        }
                        _ => return self.fault("expects a module and a name, both text"),
                    },
                }
            }
            b'i' => {
                let (module, name) = (self.line()?, self.line()?);
                let begin = self.mark()?;
                let args = self.tuple_from(begin)?;
                let callable = self.new_thing(Thing::Global { module, name })?;
                self.call(callable, args, None)?;
            }
            b'o' => {
                let begin = self.mark()?;
                if begin == self.stack.len() {
                    return self.fault("expects a class after the mark");
                }
                let args = self.tuple_from(begin + 1)?;
                let callable = self.pop()?;
                self.call_item(callable, args, None)?;
            }
            b'R' | 0x81 => {
                let (args, callable) = (self.pop()?, self.pop()?);
                let args = self.args(args)?;
                self.call_item(callable, args, None)?;
            }
            0x92 => {
                let (named, args, callable) = (self.pop()?, self.pop()?, self.pop()?);
                let args = self.args(args)?;
                let named = match named {
                    Item::Node(number) if self.graph.kind(number) == Kind::Map => number,
                    _ => return self.fault("expects a dict of arguments"),
                };
                self.call_item(callable, args, Some(named))?;
            }
            b'b' => {
                let (state, object) = (self.pop()?, self.top()?);
                let Some(call) = self.call_of(object) else {
                    return self.fault("expects an object");
                };
                call.state = Some(state);
            }
            b'P' => {
                let line = self.line()?;
                self.persistent(Item::Text(line))?;
            }
            b'Q' => {
                let id = self.pop()?;
                self.persistent(id)?;
            }
            0x82 => {
                let code = i64::from(self.bytes.byte()?);
                self.extension(code)?;
            }
            0x83 => {
                let code = i64::from(u16::from_le_bytes(self.bytes.array()?));
                self.extension(code)?;
            }
            0x84 => {
                let code = i64::from(i32::from_le_bytes(self.bytes.array()?));
                self.extension(code)?;
            }
            0x97 => {
                let item = self.graph.leaf(Value::Object(Box::new(Object {
                    class: Cow::Borrowed("pickle.buffer"),
                    fields: Vec::new(),
                    payload: None,
                })));
                self.stack.push(item);
            }
            0x98 => {
                self.top()?;
            }
            _ => {
                self.bytes.at = self.at;
                return self.bytes.fault(format!("no opcode is {opcode:#04x}"));
            }
        }
        Ok(())
    }

    // The stack.

    #[inline]
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    #[inline]
    fn pop(&mut self) -> Parsed<Item<'a>> {
        if self.stack.len() > self.floor()
            && let Some(item) = self.stack.pop()
        {
            return Ok(item);
        }
        self.fault("finds nothing on the stack")
    }

    #[inline]
    fn top(&self) -> Parsed<Item<'a>> {
        match self.stack.last() {
            Some(item) if self.stack.len() > self.floor() => Ok(*item),
            _ => self.fault("finds nothing on the stack"),
        }
    }

    /// Takes the last mark away and gives what stood before it.
    #[inline]
    fn mark(&mut self) -> Parsed<usize> {
        match self.marks.pop() {
            Some(begin) => Ok(begin),
            None => self.fault("finds no mark"),
        }
    }

    #[inline]
    fn memoize(&mut self, number: u64) -> Parsed<()> {
        let top = self.top()?;
        self.memo.put(number, top);
        Ok(())
    }

    #[inline]
    fn fetch(&mut self, number: u64) -> Parsed<()> {
        match self.memo.get(number) {
            Some(item) => {
                self.stack.push(item);
                Ok(())
            }
            None => self.fault(&format!("of {number}, which is not in the memo")),
        }
    }

    // Lengths.

    #[inline]
    fn length4(&mut self) -> Parsed<usize> {
        Ok(u32::from_le_bytes(self.bytes.array()?) as usize)
    }

    fn length8(&mut self) -> Parsed<usize> {
        // Where it does not fit, it is more than any blob has.
        Ok(usize::try_from(u64::from_le_bytes(self.bytes.array()?)).unwrap_or(usize::MAX))
    }

    fn signed_length(&mut self) -> Parsed<usize> {
        match usize::try_from(i32::from_le_bytes(self.bytes.array()?)) {
            Ok(length) => Ok(length),
            Err(_) => self.fault("of a negative length"),
        }
    }

    // Lines.

    fn raw_line(&mut self) -> Parsed<&'a [u8]> {
        let rest = self.bytes.rest();
        match memchr::memchr(b'\n', rest) {
            Some(end) => {
                self.bytes.at += end + 1;
                Ok(&rest[..end])
            }
            None => self.fault("expects a line, which does not end"),
        }
    }

    fn line(&mut self) -> Parsed<&'a str> {
        let line = self.raw_line()?;
        match std::str::from_utf8(line) {
            Ok(line) => Ok(line),
            Err(_) => self.fault("expects a line of text"),
        }
    }

    fn line_number(&mut self) -> Parsed<u64> {
        match self.line()?.trim().parse() {
            Ok(number) => Ok(number),
            Err(_) => self.fault("expects a number"),
        }
    }

    fn line_integer(&mut self, long: bool) -> Parsed<()> {
        let line = self.line()?;
        let item = match line {
            "00" if !long => Item::Bool(false),
            "01" if !long => Item::Bool(true),
            _ => {
                let digits = line.trim();
                let digits = if long { digits.strip_suffix('L').unwrap_or(digits) } else { digits };
                match integer::decimal(digits) {
                    Some(value) => self.graph.leaf(value),
                    None => return self.fault("expects a whole number"),
                }
            }
        };
        self.stack.push(item);
        Ok(())
    }

    // Scalars.

    fn long(&mut self, length: usize) -> Parsed<()> {
        let bytes = self.bytes.take(length)?;
        let value = self.integers.signed(bytes);
        let item = self.graph.leaf(value);
        self.stack.push(item);
        Ok(())
    }

    #[inline]
    fn text(&mut self, length: usize) -> Parsed<()> {
        let bytes = self.bytes.take(length)?;
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.stack.push(Item::Text(text));
            return Ok(());
        }
        self.odd_text(bytes)
    }

    #[cold]
    fn odd_text(&mut self, bytes: &[u8]) -> Parsed<()> {
        let Some(text) = without_surrogates(bytes) else {
            return self.fault("expects text in UTF-8");
        };
        let item = self.graph.leaf(Value::Text(Cow::Owned(text)));
        self.stack.push(item);
        Ok(())
    }

    fn blob(&mut self, length: usize) -> Parsed<()> {
        let bytes = self.bytes.take(length)?;
        self.stack.push(Item::Bytes(bytes));
        Ok(())
    }

    /// Python 2's `str`: bytes that most often are text.
    fn old_string(&mut self, length: usize) -> Parsed<()> {
        let bytes = self.bytes.take(length)?;
        self.stack.push(std::str::from_utf8(bytes).map_or(Item::Bytes(bytes), Item::Text));
        Ok(())
    }

    /// The same as a line of its source form.
    fn quoted(&mut self, line: &'a [u8]) -> Parsed<()> {
        let line = line.trim_ascii();
        let ([b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"']) = line else {
            return self.fault("expects a string in quotes");
        };
        if !inner.contains(&b'\\') {
            self.stack.push(std::str::from_utf8(inner).map_or(Item::Bytes(inner), Item::Text));
            return Ok(());
        }
        let Some(bytes) = unescaped(inner) else {
            return self.fault("expects a string in quotes with valid escapes");
        };
        let value = match String::from_utf8(bytes) {
            Ok(text) => Value::Text(Cow::Owned(text)),
            Err(error) => Value::Bytes(Cow::Owned(error.into_bytes())),
        };
        let item = self.graph.leaf(value);
        self.stack.push(item);
        Ok(())
    }

    // Containers.

    #[inline]
    fn empty(&mut self, kind: Kind) -> Parsed<()> {
        let node = self.graph.node(kind, self.at, &[])?;
        self.stack.push(Item::Node(node));
        Ok(())
    }

    fn marked(&mut self, kind: Kind) -> Parsed<()> {
        let begin = self.mark()?;
        let item = match kind {
            Kind::Tuple if begin == self.stack.len() => Item::Leaf(0),
            Kind::Map if (self.stack.len() - begin) % 2 == 1 => {
                return self.fault("expects a value for each key");
            }
            _ => Item::Node(self.graph.node(kind, self.at, &self.stack[begin..])?),
        };
        self.stack.truncate(begin);
        self.stack.push(item);
        Ok(())
    }

    #[inline]
    fn short_tuple(&mut self, length: usize) -> Parsed<()> {
        let begin = self.stack.len().wrapping_sub(length);
        if self.stack.len() < self.floor() + length {
            return self.fault("finds too little on the stack");
        }
        let node = self.graph.node(Kind::Tuple, self.at, &self.stack[begin..])?;
        self.stack.truncate(begin);
        self.stack.push(Item::Node(node));
        Ok(())
    }

    /// Adds what follows the mark to the container before it.
    #[inline]
    fn add(&mut self, kind: Kind) -> Parsed<()> {
        let begin = self.mark()?;
        if kind == Kind::Map && (self.stack.len() - begin) % 2 == 1 {
            return self.fault("expects a value for each key");
        }
        if begin <= self.floor() {
            return self.fault("finds nothing before the mark");
        }
        let into = self.stack[begin - 1];
        let node = self.target(into, kind)?;
        self.graph.extend(node, &self.stack[begin..])?;
        self.stack.truncate(begin);
        Ok(())
    }

    #[inline]
    fn set_one(&mut self) -> Parsed<()> {
        if self.stack.len() < self.floor() + 3 {
            return self.fault("finds too little on the stack");
        }
        let begin = self.stack.len() - 2;
        let node = self.target(self.stack[begin - 1], Kind::Map)?;
        self.graph.extend(node, &self.stack[begin..])?;
        self.stack.truncate(begin);
        Ok(())
    }

    #[inline]
    fn append_one(&mut self) -> Parsed<()> {
        if self.stack.len() < self.floor() + 2 {
            return self.fault("finds too little on the stack");
        }
        let begin = self.stack.len() - 1;
        let node = self.target(self.stack[begin - 1], Kind::List)?;
        self.graph.extend(node, &self.stack[begin..])?;
        self.stack.truncate(begin);
        Ok(())
    }

    /// The node that takes what is added: the container itself, or what an object collects.
    #[inline]
    fn target(&mut self, into: Item<'a>, kind: Kind) -> Parsed<u32> {
        match into {
            Item::Node(number) if self.graph.kind(number) == kind => Ok(number),
            other => self.collection(other, kind),
        }
    }

    #[inline(never)]
    fn collection(&mut self, into: Item<'a>, kind: Kind) -> Parsed<u32> {
        let at = self.at;
        let Some(call) = self.call_of(into) else {
            return self.fault(if kind == Kind::Map { "expects a dict" } else { "expects a list or a set" });
        };
        let slot = if kind == Kind::Map { call.pairs } else { call.items };
        if let Some(number) = slot {
            return Ok(number);
        }
        // Sets that are objects collect like lists.
        let number = self.graph.node(if kind == Kind::Map { Kind::Map } else { Kind::List }, at, &[])?;
        if let Some(call) = self.call_of(into) {
            *(if kind == Kind::Map { &mut call.pairs } else { &mut call.items }) = Some(number);
        }
        Ok(number)
    }

    // Names and calls.

    fn new_thing(&mut self, thing: Thing<'a>) -> Parsed<u32> {
        self.things.push(thing);
        self.graph.node(Kind::Pending(self.things.len() as u32 - 1), self.at, &[])
    }

    fn thing(&mut self, thing: Thing<'a>) -> Parsed<()> {
        let node = self.new_thing(thing)?;
        self.stack.push(Item::Node(node));
        Ok(())
    }

    fn tuple_from(&mut self, begin: usize) -> Parsed<Option<u32>> {
        if begin == self.stack.len() {
            return Ok(None);
        }
        let node = self.graph.node(Kind::Tuple, self.at, &self.stack[begin..])?;
        self.stack.truncate(begin);
        Ok(Some(node))
    }

    fn args(&self, args: Item<'a>) -> Parsed<Option<u32>> {
        match args {
            Item::Leaf(0) => Ok(None),
            Item::Node(number) if self.graph.kind(number) == Kind::Tuple => Ok(Some(number)),
            _ => self.fault("expects a tuple of arguments"),
        }
    }

    fn call_item(&mut self, callable: Item<'a>, args: Option<u32>, named: Option<u32>) -> Parsed<()> {
        match callable {
            Item::Node(number) if matches!(self.graph.kind(number), Kind::Pending(_)) => {
                self.call(number, args, named)
            }
            _ => self.fault("expects a class or a function"),
        }
    }

    fn call(&mut self, callable: u32, args: Option<u32>, named: Option<u32>) -> Parsed<()> {
        self.thing(Thing::Call(Call { callable, args, named, state: None, items: None, pairs: None }))
    }

    fn call_of(&mut self, item: Item<'a>) -> Option<&mut Call<'a>> {
        let Item::Node(number) = item else { return None };
        let Kind::Pending(place) = self.graph.kind(number) else { return None };
        match &mut self.things[place as usize] {
            Thing::Call(call) => Some(call),
            _ => None,
        }
    }

    fn persistent(&mut self, id: Item<'a>) -> Parsed<()> {
        let list = self.graph.node(Kind::List, self.at, &[id])?;
        let class = self.graph.class("pickle.persid");
        let node = self.graph.node(Kind::Valued(class), self.at, &[Item::Node(list)])?;
        self.stack.push(Item::Node(node));
        Ok(())
    }

    /// A class or function that the application gave a number.
    fn extension(&mut self, code: i64) -> Parsed<()> {
        if code <= 0 {
            return self.fault(&format!("of {code}, expected a positive code"));
        }
        let place = self.graph.class(format!("pickle.ext.{code}"));
        self.thing(Thing::Owned { place })
    }
}

/// UTF-8 in which surrogates were encoded as if they were characters; `None` for anything else.
fn without_surrogates(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return Some(text);
            }
            Err(error) => {
                let (valid, after) = rest.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(valid).ok()?);
                rest = match after {
                    [0xed, 0xa0..=0xbf, 0x80..=0xbf, after @ ..] => after,
                    _ => return None,
                };
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
}

/// Python's `raw-unicode-escape`: characters of Latin-1, and others by their number.
fn unicode_line(line: &[u8]) -> Cow<'_, str> {
    if line.is_ascii()
        && !line.contains(&b'\\')
        && let Ok(text) = std::str::from_utf8(line)
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    let mut backslashes = 0;
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'\\' && backslashes % 2 == 0 {
            let length = match after.first() {
                Some(b'u') => 4,
                Some(b'U') => 8,
                _ => 0,
            };
            if length > 0
                && let Some(digits) = after.get(1..=length)
                && digits.iter().all(u8::is_ascii_hexdigit)
                && let Some(number) =
                    std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok())
            {
                rest = &after[length + 1..];
                push_unit(&mut text, number, &mut rest);
                continue;
            }
        }
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
        text.push(char::from(*byte));
        rest = after;
    }
    Cow::Owned(text)
}

/// A character by its number; the first half of a pair together with the second (Python 2 of narrow builds).
fn push_unit(text: &mut String, number: u32, rest: &mut &[u8]) {
    if (0xd800..0xdc00).contains(&number)
        && let Some(digits) = rest.strip_prefix(b"\\u").and_then(|after| after.get(..4))
        && let Some(low) =
            std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok())
        && (0xdc00..0xe000).contains(&low)
    {
        *rest = &rest[6..];
        let both = 0x1_0000 + ((number - 0xd800) << 10) + (low - 0xdc00);
        text.push(char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER));
        return;
    }
    text.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
}

/// The bytes of a Python string in its source form.
fn unescaped(line: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            bytes.push(*byte);
            continue;
        }
        let (escape, after) = rest.split_first()?;
        rest = after;
        match escape {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => bytes.push(*escape),
            b'a' => bytes.push(7),
            b'b' => bytes.push(8),
            b't' => bytes.push(b'\t'),
            b'n' => bytes.push(b'\n'),
            b'v' => bytes.push(11),
            b'f' => bytes.push(12),
            b'r' => bytes.push(b'\r'),
            b'x' => {
                let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[2..];
            }
            b'0'..=b'7' => {
                let mut number = u32::from(escape - b'0');
                for _ in 0..2 {
                    let Some((digit @ b'0'..=b'7', after)) = rest.split_first() else { break };
                    number = number * 8 + u32::from(digit - b'0');
                    rest = after;
                }
                bytes.push(number as u8);
            }
            other => bytes.extend_from_slice(&[b'\\', *other]),
        }
    }
    Some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::tests::{generated, on_a_small_stack, read_samples, same};

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    fn json(bytes: &[u8]) -> String {
        read(bytes).unwrap_or_else(|error| panic!("{}: {error}", bytes.escape_ascii())).to_json()
    }

    #[test]
    fn what_python_wrote() {
        read_samples(&CODEC, include_str!("../../tests/fixtures/codec/pickle.txt"));
    }

    #[test]
    fn every_opcode() {
        let table: &[(&[u8], &str)] = &[
            (b"I01\n.", "true"),
            (b"I00\n.", "false"),
            (b"I-5\n.", "-5"),
            (b"L-18446744073709551616L\n.", r#"{"$int":"-18446744073709551616"}"#),
            (b"F1e400\n.", r#"{"$float":"Infinity"}"#),
            (b"Fnan\n.", r#"{"$float":"NaN"}"#),
            (b"\x80\x02\x8a\x00.", "0"),
            (b"\x80\x02\x8a\x09\0\0\0\0\0\0\0\x80\xff.", "-9223372036854775808"),
            (b"\x80\x02\x8b\x01\0\0\0\xfe.", "-2"),
            (b"S'a\\xe9\\'b'\n.", r#"{"$bytes":"YeknYg=="}"#),
            (b"S'caf\\xc3\\xa9'\n.", r#""café""#),
            (b"S\"\\101\\n\\q\"\n.", r#""A\n\\q""#),
            (b"Vb\\u005cs \\U0001f680\\q\n.", r#""b\\s 🚀\\q""#),
            (b"V\\\\u0041\xe9\r\n.", r#""\\\\u0041é\r""#),
            (b"V\\ud83d\\ude80\\ud83d\n.", "\"🚀\u{fffd}\""),
            (b"T\x01\0\0\0\xe9.", r#"{"$bytes":"6Q=="}"#),
            (b"U\x02\xc3\xa9.", r#""é""#),
            (b"\x80\x05\x96\x01\0\0\0\0\0\0\0a.", r#"{"$bytes":"YQ=="}"#),
            (b"\x80\x04\x8d\x01\0\0\0\0\0\0\0a.", r#""a""#),
            (b"\x80\x04\x8c\x03\xed\xa0\xbd\x94.", "\"\u{fffd}\""),
            (b"\x80\x05\x97\x98.", r#"{"$class":"pickle.buffer"}"#),
            (b"(lp0\nI1\naI2\na.", "[1,2]"),
            (b"(dp1\nS'a'\np2\nI1\nsg2\n0.", r#"{"a":1}"#),
            (b"(I1\nI2\nl.", "[1,2]"),
            (b"(S'a'\nI1\nd.", r#"{"a":1}"#),
            (b"(I1\n0I2\n1(I3\nt.", "[3]"),
            (b"NN200.", "null"),
            (b"}q\x00(U\x01aK\x01U\x01aK\x02u.", r#"{"a":2}"#),
            (b"]q\xffh\xff0.", "[]"),
            (b"Np4294967295\n0g4294967295\n.", "null"),
            (b"Nr\xff\xff\xff\xff0j\xff\xff\xff\xff.", "null"),
            // Lists that grow by turns.
            (b"]q\x00K\x01a]q\x01K\x02ah\x00K\x03a0h\x01K\x04a000h\x00h\x01\x86.", "[[1,3],[2,4]]"),
            // Bytes by the way that protocol 2 has for them.
            (
                b"\x80\x02c_codecs\nencode\nq\x00X\x03\0\0\0\x00\xc3\xbfq\x01X\x06\0\0\0latin1q\x02\x86q\x03Rq\x04.",
                r#"{"$bytes":"AP8="}"#,
            ),
            (b"\x80\x04]\x94h\x00a.", r#"[{"$ref":""}]"#),
            (b"\x80\x04]\x94h\x00\x85\x94a0h\x01.", r#"[[{"$ref":""}]]"#),
            (b"\x80\x04}\x94(\x8c\x01a\x94K\x01K\x02\x8c\x01b\x94u.", r#"{"$map":[["a",1],[2,"b"]]}"#),
            (b"cos\nsystem\n(S'id'\ntR.", r#"{"$class":"os.system","$value":["id"]}"#),
            (b"(S'id'\nios\nsystem\n.", r#"{"$class":"os.system","$value":["id"]}"#),
            (b"(cos\nsystem\nS'id'\no.", r#"{"$class":"os.system","$value":["id"]}"#),
            (b"\x80\x04\x82\x01.", r#"{"$class":"builtins.type","$value":"pickle.ext.1"}"#),
            (b"\x83\x00\x01.", r#"{"$class":"builtins.type","$value":"pickle.ext.256"}"#),
            (b"Pabc\n.", r#"{"$class":"pickle.persid","$value":["abc"]}"#),
            (b"K\x05Q.", r#"{"$class":"pickle.persid","$value":[5]}"#),
            (b"c__builtin__\nxrange\n.", r#"{"$class":"builtins.type","$value":"builtins.range"}"#),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
    }

    /// What older versions, other libraries and hostile hands write.
    #[test]
    fn objects() {
        let table: &[(&[u8], &str)] = &[
            // A date of Python 2: bytes of its own, and text where a tool took them for Latin-1.
            (b"cdatetime\ndate\n(U\x04\x07\xe8\x05\x11tR.", r#"{"$date":"2024-05-17"}"#),
            (b"cdatetime\ndate\n(X\x05\0\0\0\x07\xc3\xa8\x05\x11tR.", r#"{"$date":"2024-05-17"}"#),
            (b"cdatetime\ndatetime\n(M\xe8\x07K\x05K\x11K\x08tR.", r#"{"$date":"2024-05-17T08:00:00"}"#),
            (b"cdatetime\ndate\n(C\x04\x07\xe8\x0d\x11tR.", r#"{"$class":"datetime.date","$value":[{"$bytes":"B+gNEQ=="}]}"#),
            (
                b"cdatetime\ndatetime\n(C\x0a\x07\xe8\x05\x11\x08\x1e\0\0\0\0cpytz\n_UTC\n)RtR.",
                r#"{"$date":"2024-05-17T08:30:00Z"}"#,
            ),
            (
                b"cdatetime\ndatetime\n(C\x0a\x07\xe8\x05\x11\x08\x1e\0\0\0\0cpytz\n_p\n(U\x0dEurope/WarsawM\x20\x1cM\x10\x0eU\x04CESTtRtR.",
                r#"{"$date":"2024-05-17T08:30:00+02:00"}"#,
            ),
            (
                b"cdatetime\ndatetime\n(C\x0a\x07\xe8\x05\x11\x08\x1e\0\0\0\0cpsycopg2.tz\nFixedOffsetTimezone\n(K\x3cNtRtR.",
                r#"{"$date":"2024-05-17T08:30:00+01:00"}"#,
            ),
            (
                b"cdatetime\ndatetime\n(C\x0a\x07\xe8\x05\x11\x08\x1e\0\0\0\0cshop.tz\nMars\n)RtR.",
                r#"{"$date":"2024-05-17T08:30:00"}"#,
            ),
            (b"ccollections\nOrderedDict\n((l(lI1\naI2\naatR.", r#"{"$map":[[1,2]]}"#),
            (b"c__builtin__\nset\n((lI1\natR.", r#"{"$set":[1]}"#),
            (b"c__builtin__\nbytearray\n(X\x02\0\0\0\xc3\xa9X\x07\0\0\0latin-1tR.", r#"{"$bytes":"6Q=="}"#),
            (
                b"cdjango.db.models.base\nmodel_unpickle\n((U\x04authU\x04UserttR}(U\x02idK\x07ub.",
                r#"{"$class":"django.db.models.base.model_unpickle","id":7,"$value":[["auth","User"]]}"#,
            ),
            // State of both kinds, then another.
            (b"(ia\nB\n(S'x'\nI1\nd(S'y'\nI2\nd\x86b.", r#"{"$class":"a.B","x":1,"y":2}"#),
            (b"(ia\nB\nI5\nb(S'y'\nI2\ndb.", r#"{"$class":"a.B","y":2}"#),
            (b"(I1\nia\nB\nI5\nb.", r#"{"$class":"a.B","$state":5,"$value":[1]}"#),
            (
                b"\x80\x04ca\nB\nK\x01\x85}(U\x01kK\x02u\x92.",
                r#"{"$class":"a.B","k":2,"$value":[1]}"#,
            ),
            (b"ccopy_reg\n__newobj__\n(ca\nB\nI1\ntR.", r#"{"$class":"a.B","$value":[1]}"#),
            // The result of a call is called.
            (b"ca\nB\n)R)R.", r#"{"$class":"a.B()"}"#),
            (b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(U\x02f8tRC\x01\x01tR.", r#"{"$class":"numpy.core.multiarray.scalar","$value":[{"$class":"numpy.dtype","$value":["f8"]},{"$bytes":"AQ=="}]}"#),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(bytes), *expected, "{}", bytes.escape_ascii());
        }
        // An object in its own state, and in its own arguments.
        assert_eq!(json(b"(ia\nB\nq\x00}(U\x01sh\x00ub."), r#"{"$class":"a.B","s":{"$ref":""}}"#);
        assert_eq!(json(b"]q\x00ca\nB\nh\x00\x85Ra."), r#"[{"$class":"a.B","$value":[{"$ref":""}]}]"#);
    }

    #[test]
    fn refused() {
        let table: &[(&[u8], usize, &str)] = &[
            (b"", 0, "the end without STOP"),
            (b"\x80\x06N.", 0, "PROTO of version 6, expected 0 to 5"),
            (
                b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
                11,
                "18446744073709551615 bytes announced, but fewer are left",
            ),
            (b"\x80\x04h\x2a.", 2, "BINGET of 42, which is not in the memo"),
            (b"\x80\x04a.", 2, "APPEND finds too little on the stack"),
            (b"\x80\x04]..", 4, "something follows STOP"),
            (b"\x80\x04]", 3, "the end without STOP"),
            (b"p4294967295", 0, "PUT expects a line, which does not end"),
            (b"N(.", 2, "STOP leaves more than one value"),
            (b"NN.", 2, "STOP leaves more than one value"),
            (b".", 0, "STOP finds nothing on the stack"),
            (b"NNa.", 2, "APPEND expects a list or a set"),
            (b"]NNs.", 3, "SETITEM expects a dict"),
            (b"}(Nu.", 3, "SETITEMS expects a value for each key"),
            (b"(u.", 1, "SETITEMS finds nothing before the mark"),
            (b"u.", 0, "SETITEMS finds no mark"),
            (b"\x80\x04\x95\xff\0\0\0\0\0\0\0N.", 2, "FRAME of 255 bytes, fewer are left"),
            (b"T\xff\xff\xff\xff.", 0, "BINSTRING of a negative length"),
            (b"\x8b\xff\xff\xff\xff.", 0, "LONG4 of a negative length"),
            (b"\x82\x00.", 0, "EXT1 of 0, expected a positive code"),
            (b"N)R.", 2, "REDUCE expects a class or a function"),
            (b"ca\nb\nNR.", 6, "REDUCE expects a tuple of arguments"),
            (b"]Nb.", 2, "BUILD expects an object"),
            (b"Iabc\n.", 0, "INT expects a whole number"),
            (b"\xff.", 0, "no opcode is 0xff"),
            (b"X\x01\0\0\0\xff.", 0, "BINUNICODE expects text in UTF-8"),
            (b"S'a\n.", 0, "STRING expects a string in quotes"),
        ];
        for (bytes, offset, reason) in table {
            let error = read(bytes).unwrap_err();
            assert_eq!((error.offset, &*error.reason), (*offset, *reason), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn sniffing() {
        let no: &[&[u8]] = &[
            b"",
            b"\x80",
            b"\x80\x04",
            b"\x80\x06N.",
            b"\x80\xa1a",
            b"{}",
            b"[]",
            b"(",
            b"a:0:{}",
            b"c",
            b"cart|a:0:{}",
            b"count\n",
            b"\x81\xa1a\x01",
            b"c5\n",
        ];
        for bytes in no.iter().take(11) {
            assert!(!sniff(bytes), "{}", bytes.escape_ascii());
        }
        for bytes in [
            &b"\x80\x02}q\x00."[..],
            b"(dp0\n.",
            b"(dp1\n.",
            b"}q\x00.",
            b"(lp0\n.",
            b"ccopy_reg\n_reconstructor\n",
            b"(iclass_\nName\n",
        ] {
            assert!(sniff(bytes), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bounds() {
        on_a_small_stack(|| {
            let nested = |depth: usize| [b"]".repeat(depth), b"a".repeat(depth - 1), b".".to_vec()].concat();
            assert!(read(&nested(900)).is_ok());
            assert_eq!(read(&nested(901)).unwrap_err().reason, "nested deeper than 900");
            assert!(read(&nested(500_000)).is_err());
            let tuples = [b"N".to_vec(), b"\x85".repeat(500_000), b".".to_vec()].concat();
            assert!(read(&tuples).is_err());
            // Each list twice in the next.
            let mut laughs = b"]q\x00".to_vec();
            for number in 0..60_u8 {
                laughs.extend_from_slice(&[b']', b'q', number + 1, b'h', number, b'a', b'h', number, b'a']);
            }
            laughs.extend_from_slice(b".");
            assert!(read(&laughs).is_err());
            let laughs = [b"]\x94N".to_vec(), b"a(h\x00h\x00t\x94".repeat(10), b".".to_vec()].concat();
            assert!(read(&laughs).is_err());
            let calls = [b"ca\nB\n".to_vec(), b")R".repeat(200_000), b".".to_vec()].concat();
            assert!(read(&calls).is_ok());
        });
        let limits = Limits { values: 4, ..Limits::default() };
        assert!(decode(b"(NNNt.", &limits).is_ok());
        assert!(decode(b"(NNNNt.", &limits).is_err());
    }

    /// What Python would write for a JSON document, by protocol 4.
    fn written(document: &serde_json::Value, out: &mut Vec<u8>) {
        use serde_json::Value as Json;
        let text = |text: &str, out: &mut Vec<u8>| {
            out.push(b'X');
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
            out.push(0x94);
        };
        match document {
            Json::Null => out.push(b'N'),
            Json::Bool(truth) => out.push(if *truth { 0x88 } else { 0x89 }),
            Json::Number(number) => {
                if let Some(number) = number.as_i64() {
                    out.extend_from_slice(&[0x8a, 8]);
                    out.extend_from_slice(&number.to_le_bytes());
                } else if let Some(number) = number.as_u64() {
                    out.extend_from_slice(&[0x8a, 9]);
                    out.extend_from_slice(&number.to_le_bytes());
                    out.push(0);
                } else {
                    out.push(b'G');
                    out.extend_from_slice(&number.as_f64().unwrap().to_be_bytes());
                }
            }
            Json::String(string) => text(string, out),
            Json::Array(items) => {
                out.extend_from_slice(b"]\x94(");
                for item in items {
                    written(item, out);
                }
                out.push(b'e');
            }
            Json::Object(members) => {
                out.extend_from_slice(b"}\x94(");
                for (name, value) in members {
                    text(name, out);
                    written(value, out);
                }
                out.push(b'u');
            }
        }
    }

    proptest! {
        #[test]
        fn reads_what_was_written(document in generated()) {
            let mut bytes = b"\x80\x04".to_vec();
            written(&document, &mut bytes);
            bytes.push(b'.');
            let value = read(&bytes).unwrap();
            prop_assert!(same(&value, &document), "{value:?}");
            for end in 0..bytes.len() {
                prop_assert!(read(&bytes[..end]).is_err());
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), near in prop::collection::vec(prop::sample::select(&b"(.0123FIJKLMNPQRSTUVXabcd}eghijl]opqrst)uGBC\n\x80\x81\x85\x86\x8c\x8f\x90\x91\x92\x93\x94\x01"[..]), 0..64)) {
            for bytes in [bytes, near] {
                if let Ok(value) = read(&bytes) {
                    let _ = value.to_json();
                }
            }
        }
    }
}
