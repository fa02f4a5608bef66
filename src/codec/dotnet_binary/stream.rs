//! The records of a stream, collected without recursion: an object is referred to by its id, often
//! before it comes, so what contains what is known only at the end.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{AT_ONCE, CODEC, Known, Limits, MULTIPLIED, Meta, Node, Thing, Type, What};
use crate::codec::Parsed;
use crate::codec::bytes::Cursor;
use crate::codec::dotnet;
use crate::value::Value;

/// Where the next value that is read belongs.
struct Open {
    thing: u32,
    left: usize,
    of: Of,
}

enum Of {
    /// The values of a class; its position in `metas`.
    Class(u32),
    Array,
}

/// Reads the records one after the other.
pub(super) struct Parser<'a> {
    pub(super) reader: Cursor<'a>,
    pub(super) limits: Limits,
    /// Values that may still be read, and how many of those may be nulls in a run.
    values: usize,
    pub(super) spare: usize,
    pub(super) things: Vec<Thing<'a>>,
    pub(super) metas: Vec<Meta<'a>>,
    pub(super) ids: HashMap<i32, u32>,
    open: Vec<Open>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8], limits: Limits, spare: usize) -> Self {
        Parser {
            reader: Cursor::new(CODEC.name, bytes),
            limits,
            values: limits.values,
            spare,
            things: Vec::new(),
            metas: Vec::new(),
            ids: HashMap::new(),
            open: Vec::new(),
        }
    }

    fn count(&mut self, values: usize) -> Parsed<()> {
        match self.values.checked_sub(values) {
            Some(left) => {
                self.values = left;
                Ok(())
            }
            None => self.reader.fault(format!("more than {} values", self.limits.values)),
        }
    }

    /// Reads all records; the id of the root.
    pub(super) fn document(&mut self) -> Parsed<i32> {
        if self.reader.byte()? != 0 {
            return self.reader.fault_at(0, "there is no header record");
        }
        let root = self.reader.i32()?;
        self.reader.i32()?;
        if (self.reader.i32()?, self.reader.i32()?) != (1, 0) {
            return self.reader.fault_at(9, "another version than 1.0");
        }
        loop {
            match self.open.last() {
                None => {
                    if self.record(None)? {
                        break;
                    }
                }
                Some(open) if open.left == 0 => {
                    self.open.pop();
                }
                Some(_) => self.slot()?,
            }
        }
        if self.reader.left() > 0 {
            return self.reader.fault("something follows the end of the message");
        }
        Ok(root)
    }

    /// Reads the next value of the innermost open object.
    fn slot(&mut self) -> Parsed<()> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let thing = open.thing;
        if let Of::Class(meta) = open.of {
            let meta = &self.metas[meta as usize];
            let next = meta.names.len() - open.left;
            if let Some(Type::Primitive(kind)) = meta.types.get(next).copied() {
                open.left -= 1;
                let value = primitive(&mut self.reader, kind)?;
                self.put(thing, Node::Value(value));
                return Ok(());
            }
        }
        self.record(Some(thing)).map(|_| ())
    }

    /// Puts a value into an object.
    fn put(&mut self, thing: u32, node: Node<'a>) {
        if let What::Array(nodes, _) | What::Class(_, nodes) = &mut self.things[thing as usize].what {
            nodes.push(node);
        }
    }

    /// Puts a value into the object that awaits it, and counts it there.
    fn fill(&mut self, into: Option<u32>, node: Node<'a>) {
        if let Some(thing) = into {
            if let Some(open) = self.open.last_mut() {
                open.left -= 1;
            }
            self.put(thing, node);
        }
    }

    /// Reads one record, of the top level or into the object that awaits it; true for the last one.
    fn record(&mut self, into: Option<u32>) -> Parsed<bool> {
        let at = self.reader.at;
        let tag = self.reader.byte()?;
        match tag {
            1..=5 => self.class(tag, at, into)?,
            6 => {
                let id = self.reader.i32()?;
                let text = self.reader.text()?;
                let thing = self.thing(id, at, What::Text(text))?;
                self.fill(into, Node::Thing(thing));
            }
            7 | 15..=17 => self.array(tag, at, into)?,
            8 => {
                let kind = self.reader.byte()?;
                let value = primitive(&mut self.reader, kind)?;
                self.fill(into, Node::Value(value));
            }
            9 => {
                let id = self.reader.i32()?;
                self.fill(into, Node::Reference(id));
            }
            10 => self.fill(into, Node::Value(Value::Null)),
            11 if into.is_none() => return Ok(true),
            12 => {
                self.reader.i32()?;
                self.reader.text()?;
            }
            13 | 14 => self.nulls(tag, at, into)?,
            21 | 22 => return self.reader.fault_at(at, "a call of a method"),
            other => return self.reader.fault_at(at, format!("no record is of kind {other}")),
        }
        Ok(false)
    }

    fn nulls(&mut self, tag: u8, at: usize, into: Option<u32>) -> Parsed<()> {
        let count = if tag == 13 { usize::from(self.reader.byte()?) } else { self.reader.count(0)? };
        let left = self.open.last().filter(|open| matches!(open.of, Of::Array)).map_or(0, |open| open.left);
        if count == 0 || count > left {
            return self.reader.fault_at(at, format!("{count} nulls where {left} values are awaited"));
        }
        self.count(count)?;
        let Some(spare) = self.spare.checked_sub(count) else { return self.reader.fault_at(at, MULTIPLIED) };
        self.spare = spare;
        for _ in 0..count {
            self.fill(into, Node::Value(Value::Null));
        }
        Ok(())
    }

    /// Remembers an object under its id.
    fn thing(&mut self, id: i32, at: usize, what: What<'a>) -> Parsed<u32> {
        self.count(1)?;
        let position = self.things.len() as u32;
        self.things.push(Thing { at: at as u32, what });
        self.ids.entry(id).or_insert(position);
        Ok(position)
    }

    fn class(&mut self, tag: u8, at: usize, into: Option<u32>) -> Parsed<()> {
        let id = self.reader.i32()?;
        let meta = if tag == 1 {
            let of = self.reader.i32()?;
            match self.ids.get(&of).map(|thing| &self.things[*thing as usize].what) {
                Some(What::Class(meta, _)) => *meta,
                _ => return self.reader.fault_at(at, "the class of an object was not described before it"),
            }
        } else {
            let meta = self.meta(tag)?;
            self.metas.push(meta);
            self.metas.len() as u32 - 1
        };
        let count = self.metas[meta as usize].names.len();
        let thing = self.thing(id, at, What::Class(meta, Vec::with_capacity(count.min(AT_ONCE))))?;
        self.fill(into, Node::Thing(thing));
        self.open.push(Open { thing, left: count, of: Of::Class(meta) });
        Ok(())
    }

    /// A class's name, the names of its members and, from record 4 on, their types.
    fn meta(&mut self, tag: u8) -> Parsed<Meta<'a>> {
        let name = self.reader.text()?;
        let count = self.reader.count(1)?;
        let mut names = Vec::with_capacity(count.min(AT_ONCE));
        for _ in 0..count {
            names.push(member_name(self.reader.text()?));
        }
        let mut types = Vec::new();
        if tag >= 4 {
            for kind in self.reader.take(count)? {
                types.push(*kind);
            }
        }
        let types = types.into_iter().map(|kind| self.type_info(kind)).collect::<Parsed<Vec<_>>>()?;
        // Classes of the core library have none.
        if tag == 3 || tag == 5 {
            self.reader.i32()?;
        }
        let known = Known::of(&name);
        Ok(Meta { class: without_assemblies(name), known, names, types })
    }

    /// What follows in addition for a member's or element's type.
    fn type_info(&mut self, kind: u8) -> Parsed<Type> {
        match kind {
            0 => return Ok(Type::Primitive(self.reader.byte()?)),
            1 | 2 | 5 | 6 => {}
            3 => drop(self.reader.text()?),
            4 => {
                self.reader.text()?;
                self.reader.i32()?;
            }
            7 => {
                self.reader.byte()?;
            }
            other => return self.reader.fault(format!("no type is of kind {other}")),
        }
        Ok(Type::Record)
    }

    fn array(&mut self, tag: u8, at: usize, into: Option<u32>) -> Parsed<()> {
        let id = self.reader.i32()?;
        let (count, of, lengths) = if tag == 7 {
            self.shape()?
        } else {
            let count = self.reader.count(0)?;
            let of = if tag == 15 { Type::Primitive(self.reader.byte()?) } else { Type::Record };
            (count, of, Vec::new())
        };
        if let Type::Primitive(kind) = of {
            let what = self.primitives(kind, count, lengths)?;
            let thing = self.thing(id, at, what)?;
            self.fill(into, Node::Thing(thing));
            return Ok(());
        }
        // Whatever follows, no more than that is made of it.
        if count > self.reader.left().saturating_add(self.spare) {
            return self.reader.fault_at(at, format!("an array of {count} values"));
        }
        let nodes = Vec::with_capacity(count.min(AT_ONCE));
        let thing = self.thing(id, at, What::Array(nodes, lengths))?;
        self.fill(into, Node::Thing(thing));
        self.open.push(Open { thing, left: count, of: Of::Array });
        Ok(())
    }

    /// The size of an array in all, what it is of, and its lengths where there are several.
    fn shape(&mut self) -> Parsed<(usize, Type, Vec<u32>)> {
        let start = self.reader.at;
        let kind = self.reader.byte()?;
        let rank = self.reader.count(4)?;
        // .NET has no arrays of more dimensions.
        if kind > 5 || !(1..=32).contains(&rank) {
            return self.reader.fault_at(start, "no array has such a shape");
        }
        let mut lengths = Vec::with_capacity(rank);
        let mut count: usize = 1;
        for _ in 0..rank {
            let length = self.reader.count(0)?;
            lengths.push(length as u32);
            count = count.saturating_mul(length);
        }
        if kind >= 3 {
            self.reader.take(4 * rank)?;
        }
        let element = self.reader.byte()?;
        let of = self.type_info(element)?;
        if rank == 1 {
            lengths.clear();
        }
        Ok((count, of, lengths))
    }

    fn primitives(&mut self, kind: u8, count: usize, lengths: Vec<u32>) -> Parsed<What<'a>> {
        // Every value takes a byte at least, except for null, of which there is no array.
        if count > self.reader.left() || kind == 17 {
            return self.reader.fault(format!("{count} values announced, but fewer bytes are left"));
        }
        if kind == 2 && lengths.is_empty() {
            return Ok(What::Bytes(self.reader.take(count)?));
        }
        self.count(count)?;
        if lengths.is_empty() {
            let start = self.reader.at;
            for _ in 0..count {
                skip(&mut self.reader, kind)?;
            }
            return Ok(What::Primitives(kind, count, &self.reader.bytes[start..self.reader.at]));
        }
        let mut nodes = Vec::with_capacity(count.min(AT_ONCE));
        for _ in 0..count {
            nodes.push(Node::Value(primitive(&mut self.reader, kind)?));
        }
        Ok(What::Array(nodes, lengths))
    }
}

/// Goes over a primitive value of an array.
fn skip(reader: &mut Cursor<'_>, kind: u8) -> Parsed<()> {
    let size = match kind {
        1 | 2 | 10 => 1,
        7 | 14 => 2,
        8 | 11 | 15 => 4,
        6 | 9 | 12 | 13 | 16 => 8,
        _ => return primitive(reader, kind).map(drop),
    };
    reader.take(size).map(drop)
}

pub(super) fn primitive<'a>(reader: &mut Cursor<'a>, kind: u8) -> Parsed<Value<'a>> {
    let at = reader.at;
    Ok(match kind {
        1 => Value::Bool(reader.byte()? != 0),
        2 => Value::Int(reader.byte()?.into()),
        3 => Value::Text(char(reader)?.to_string().into()),
        5 => {
            let text = reader.text()?;
            let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
            if plain { Value::Decimal(text) } else { Value::Text(text) }
        }
        6 => Value::Float(f64::from_le_bytes(reader.array()?)),
        7 => Value::Int(i16::from_le_bytes(reader.array()?).into()),
        8 => Value::Int(reader.i32()?.into()),
        9 => Value::Int(reader.i64()?),
        10 => Value::Int(i8::from_le_bytes(reader.array()?).into()),
        11 => Value::Float(f32::from_le_bytes(reader.array()?).into()),
        12 => dotnet::time_span(reader.i64()?),
        13 => {
            let bits = reader.i64()?;
            dotnet::date_of_bits(bits as u64)
                .unwrap_or_else(|| dotnet::opaque("System.DateTime".into(), Value::Int(bits)))
        }
        14 => Value::Int(u16::from_le_bytes(reader.array()?).into()),
        15 => Value::Int(u32::from_le_bytes(reader.array()?).into()),
        16 => unsigned(u64::from_le_bytes(reader.array()?)),
        17 => Value::Null,
        18 => Value::Text(reader.text()?),
        other => return reader.fault_at(at, format!("no primitive type is {other}")),
    })
}

/// One character in UTF-8.
fn char(reader: &mut Cursor<'_>) -> Parsed<char> {
    let length = match reader.bytes.get(reader.at) {
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..) => 4,
        _ => 1,
    };
    let char = std::str::from_utf8(reader.take(length)?).ok().and_then(|text| text.chars().next());
    Ok(char.unwrap_or(char::REPLACEMENT_CHARACTER))
}

fn unsigned(number: u64) -> Value<'static> {
    i64::try_from(number).map_or(Value::UInt(number), Value::Int)
}

/// `<Name>k__BackingField` is how the compiler calls the field after the property `Name`.
fn member_name(name: Cow<'_, str>) -> Cow<'_, str> {
    const MARK: &str = ">k__BackingField";
    match name {
        Cow::Borrowed(text) => {
            let inner = text.strip_prefix('<').and_then(|text| text.strip_suffix(MARK));
            Cow::Borrowed(inner.unwrap_or(text))
        }
        owned @ Cow::Owned(_) => owned,
    }
}

/// A class's name without the assemblies of its type arguments, `[[System.Int32, mscorlib, …]]`: a
/// comma with a space after it stands before nothing else.
pub(super) fn without_assemblies(name: Cow<'_, str>) -> Cow<'_, str> {
    if !name.contains(", ") {
        return name;
    }
    let mut plain = String::with_capacity(name.len());
    let mut rest = &*name;
    while let Some(comma) = rest.find(", ") {
        plain.push_str(&rest[..comma]);
        rest = &rest[comma..];
        rest = rest.find(']').map_or("", |end| &rest[end..]);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}
