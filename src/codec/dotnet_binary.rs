//! .NET BinaryFormatter streams ([MS-NRBF], the remoting binary format), as data.
//!
//! A stream is a list of records; an object is referred to by its id, often before it comes. So all
//! records are collected first, without recursion, and the tree is made from them afterwards. No type
//! that is named in a stream is looked up anywhere.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use super::dotnet::{self, Parsed, Reader};
use super::{Codec, DecodeError, Limits, last_wins};
use crate::value::{Object, Value};

/// Streams of .NET Framework, .NET and Mono.
pub const CODEC: Codec = Codec { name: "dotnet-binary", about: ".NET BinaryFormatter", sniff, decode };

/// Values that may be made of what costs a stream next to nothing: runs of nulls, and objects that are
/// referred to repeatedly.
const SHARED: usize = 250_000;

/// So many bytes of a name or text that is written out again count as one value.
const TEXT_UNIT: usize = 64;

const MULTIPLIED: &str = "it writes out much more than the stream holds";

/// Room that is made at once for values that were only announced.
const AT_ONCE: usize = 32;

/// The header record with version 1.0.
fn sniff(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0) && bytes.get(9..17) == Some(&[1, 0, 0, 0, 0, 0, 0, 0])
}

/// What all the streams of one session together may make of nearly nothing, in values.
#[derive(Debug)]
pub struct Spare(usize);

impl Default for Spare {
    fn default() -> Self {
        Spare(SHARED)
    }
}

/// Decodes the whole of the bytes.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, DecodeError> {
    decode_part(bytes, limits, "", &mut Spare::default()).map_err(|(error, _)| *error)
}

/// The same for a value that stands at a JSON pointer of something larger: an object that contains
/// itself is shown as a reference from the root of that. What cannot be decoded is shown as its class
/// with all of its bytes, so that the rest of a session is readable.
pub fn decode_or_bytes<'a>(bytes: &'a [u8], limits: &Limits, pointer: &str, spare: &mut Spare) -> Value<'a> {
    decode_part(bytes, limits, pointer, spare).unwrap_or_else(|(_, class)| {
        dotnet::opaque(class.unwrap_or("System.Object".into()), Value::Bytes(Cow::Borrowed(bytes)))
    })
}

/// With an error comes the first class that the stream names.
type Failed<'a> = (Box<DecodeError>, Option<Cow<'a, str>>);

fn decode_part<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    pointer: &str,
    spare: &mut Spare,
) -> Result<Value<'a>, Failed<'a>> {
    let mut parser = Parser::new(bytes, *limits, spare.0);
    let made = parser.document().and_then(|root| parser.build(root, pointer, &mut spare.0));
    // Nulls are met twice, when they are read and when they are shown.
    spare.0 = spare.0.min(parser.spare);
    made.map_err(|error| (error, parser.metas.into_iter().next().map(|meta| meta.class)))
}

/// What a slot of an object or array holds.
enum Node<'a> {
    Value(Value<'a>),
    /// The record at this position.
    Thing(u32),
    /// The object of this id, wherever it comes.
    Reference(i32),
}

/// An object of a stream.
struct Thing<'a> {
    /// Where its record begins.
    at: u32,
    what: What<'a>,
}

enum What<'a> {
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
    /// An array of so many primitives of a kind.
    Primitives(u8, usize, &'a [u8]),
    Array(Vec<Node<'a>>, Vec<u32>),
    Class(u32, Vec<Node<'a>>),
}

/// A class as its first record describes it.
struct Meta<'a> {
    /// Its name without the assemblies of type arguments.
    class: Cow<'a, str>,
    known: Known,
    names: Vec<Cow<'a, str>>,
    /// Empty where the record has no types.
    types: Vec<Type>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Primitive(u8),
    Record,
}

/// Classes of the framework that are shown as what they mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Boxed,
    Guid,
    Date,
    DateWithOffset,
    Span,
    Decimal,
    List,
    Dictionary,
    Hashtable,
    HashSet,
    Null,
    Other,
}

impl Known {
    fn of(class: &str) -> Known {
        match class {
            "System.Boolean" | "System.Byte" | "System.SByte" | "System.Char" | "System.Int16"
            | "System.UInt16" | "System.Int32" | "System.UInt32" | "System.Int64" | "System.UInt64"
            | "System.Single" | "System.Double" | "System.IntPtr" | "System.UIntPtr" => Known::Boxed,
            "System.Guid" => Known::Guid,
            "System.DateTime" => Known::Date,
            "System.DateTimeOffset" => Known::DateWithOffset,
            "System.TimeSpan" => Known::Span,
            "System.Decimal" => Known::Decimal,
            "System.Collections.ArrayList" => Known::List,
            "System.Collections.Hashtable" => Known::Hashtable,
            // The provider's word for null, which BinaryFormatter cannot write by itself
            // (aspnet-redis-providers 4.x, RedisNull.cs).
            "Microsoft.Web.Redis.RedisNull" => Known::Null,
            _ => {
                let is = |name: &str| class.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
                if is("System.Collections.Generic.List`1") {
                    Known::List
                } else if is("System.Collections.Generic.Dictionary`2") {
                    Known::Dictionary
                } else if is("System.Collections.Generic.HashSet`1") {
                    Known::HashSet
                } else {
                    Known::Other
                }
            }
        }
    }
}

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

struct Parser<'a> {
    reader: Reader<'a>,
    limits: Limits,
    /// Values that may still be read, and how many of those may be nulls in a run.
    values: usize,
    spare: usize,
    things: Vec<Thing<'a>>,
    metas: Vec<Meta<'a>>,
    ids: HashMap<i32, u32>,
    open: Vec<Open>,
}

impl<'a> Parser<'a> {
    fn new(bytes: &'a [u8], limits: Limits, spare: usize) -> Self {
        Parser {
            reader: Reader { codec: CODEC.name, bytes, at: 0 },
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
    fn document(&mut self) -> Parsed<i32> {
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
            return self.reader.fault(format!("{count} values are announced, fewer bytes are left"));
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

    /// Makes the tree of the object with this id.
    fn build(&self, root: i32, pointer: &str, spare: &mut usize) -> Parsed<Value<'a>> {
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

/// Goes over a primitive value of an array.
fn skip(reader: &mut Reader<'_>, kind: u8) -> Parsed<()> {
    let size = match kind {
        1 | 2 | 10 => 1,
        7 | 14 => 2,
        8 | 11 | 15 => 4,
        6 | 9 | 12 | 13 | 16 => 8,
        _ => return primitive(reader, kind).map(drop),
    };
    reader.take(size).map(drop)
}

fn primitive<'a>(reader: &mut Reader<'a>, kind: u8) -> Parsed<Value<'a>> {
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
        6 => Value::Float(f64::from_le_bytes(reader.take_array()?)),
        7 => Value::Int(i16::from_le_bytes(reader.take_array()?).into()),
        8 => Value::Int(reader.i32()?.into()),
        9 => Value::Int(reader.i64()?),
        10 => Value::Int(i8::from_le_bytes(reader.take_array()?).into()),
        11 => Value::Float(f32::from_le_bytes(reader.take_array()?).into()),
        12 => dotnet::time_span(reader.i64()?),
        13 => {
            let bits = reader.i64()?;
            dotnet::date_of_bits(bits as u64)
                .unwrap_or_else(|| dotnet::opaque("System.DateTime".into(), Value::Int(bits)))
        }
        14 => Value::Int(u16::from_le_bytes(reader.take_array()?).into()),
        15 => Value::Int(u32::from_le_bytes(reader.take_array()?).into()),
        16 => unsigned(u64::from_le_bytes(reader.take_array()?)),
        17 => Value::Null,
        18 => Value::Text(reader.text()?),
        other => return reader.fault_at(at, format!("no primitive type is {other}")),
    })
}

/// One character in UTF-8.
fn char(reader: &mut Reader<'_>) -> Parsed<char> {
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

/// `<Name>k__BackingField` is how the compiler calls the field behind the property `Name`.
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
/// comma with a space behind it stands before nothing else.
fn without_assemblies(name: Cow<'_, str>) -> Cow<'_, str> {
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
    reader: &'p Reader<'a>,
    things: &'p [Thing<'a>],
    metas: &'p [Meta<'a>],
    ids: &'p HashMap<i32, u32>,
    limits: &'p Limits,
    pointer: &'p str,
    spare: usize,
    frames: Vec<Frame<'p, 'a>>,
    /// For each object that is being made its position among the frames.
    inside: Vec<u32>,
    /// Objects that were made before; to write one again has to be paid for by its texts.
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

    /// Pays for values of an object that was written out before, and for their texts.
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

    /// The first so many items of an array of one dimension.
    fn first(&mut self, array: u32, most: usize) -> Parsed<Begun<'p, 'a>> {
        let things = self.things;
        let items = match &things[array as usize].what {
            What::Array(nodes, _) => {
                return Ok(Begun::Making(Making::items(&nodes[..most.min(nodes.len())])));
            }
            What::Primitives(kind, count, bytes) => {
                self.charge_again(array, *count, bytes.len())?;
                let mut reader = Reader { codec: CODEC.name, bytes, at: 0 };
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use base64::Engine as _;
    use proptest::prelude::*;

    /// Writes streams record by record.
    #[derive(Clone)]
    pub(crate) struct Stream(pub(crate) Vec<u8>);

    impl Stream {
        pub(crate) fn new() -> Stream {
            Stream(b"\0\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0".to_vec())
        }

        fn raw(mut self, bytes: &[u8]) -> Stream {
            self.0.extend_from_slice(bytes);
            self
        }

        fn int(self, number: i32) -> Stream {
            self.raw(&number.to_le_bytes())
        }

        fn text(self, text: &str) -> Stream {
            let mut length = text.len();
            let mut bytes = Vec::new();
            while length > 0x7f {
                bytes.push(length as u8 | 0x80);
                length >>= 7;
            }
            bytes.push(length as u8);
            self.raw(&bytes).raw(text.as_bytes())
        }

        /// A class of the core library: members as (name, type byte), then the additional infos.
        fn class(self, id: i32, name: &str, members: &[(&str, u8)], info: &[u8]) -> Stream {
            let mut stream = self.raw(&[4]).int(id).text(name).int(members.len() as i32);
            for (name, _) in members {
                stream = stream.text(name);
            }
            for (_, kind) in members {
                stream = stream.raw(&[*kind]);
            }
            stream.raw(info)
        }

        fn string(self, id: i32, text: &str) -> Stream {
            self.raw(&[6]).int(id).text(text)
        }

        fn reference(self, id: i32) -> Stream {
            self.raw(&[9]).int(id)
        }

        pub(crate) fn end(self) -> Vec<u8> {
            self.raw(&[11]).0
        }
    }

    /// A class with one member that leads to itself.
    pub(crate) fn ring() -> Vec<u8> {
        Stream::new().class(1, "App.Node", &[("<Next>k__BackingField", 2)], &[]).reference(1).end()
    }

    fn read(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
        decode(bytes, &Limits::default())
    }

    fn json(bytes: &[u8]) -> String {
        read(bytes).unwrap().to_json()
    }

    fn base64(text: &str) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    }

    const LIST: &str = "System.Collections.Generic.List`1[[System.String, mscorlib, Version=4.0.0.0]]";
    const PAIR: &str =
        "System.Collections.Generic.KeyValuePair`2[[System.String, mscorlib],[System.Int32, mscorlib]]";
    const DICTIONARY: &str =
        "System.Collections.Generic.Dictionary`2[[System.String, mscorlib],[System.Int32, mscorlib]]";

    /// Pairs of a dictionary or, in the first one, only its class.
    fn dictionary(keys: &[&str]) -> Vec<u8> {
        let mut stream = Stream::new()
            .class(1, DICTIONARY, &[("Version", 0), ("HashSize", 0), ("KeyValuePairs", 3)], &[8, 8])
            .text(PAIR)
            .int(0)
            .int(3)
            .reference(2)
            .raw(&[7])
            .int(2)
            .raw(&[0])
            .int(1)
            .int(keys.len() as i32)
            .raw(&[3])
            .text(PAIR);
        for (at, key) in keys.iter().enumerate() {
            let at = at as i32;
            stream = if at == 0 {
                stream.class(-3, PAIR, &[("key", 1), ("value", 0)], &[8])
            } else {
                stream.raw(&[1]).int(-3 - at).int(-3)
            };
            stream = stream.string(10 + at, key).int(at);
        }
        stream.end()
    }

    #[test]
    fn streams_of_a_real_formatter() {
        // Made by Mono's BinaryFormatter.
        let table = [
            ("AAEAAAD/////AQAAAAAAAAAGAQAAAAVhbGljZQs=", r#""alice""#),
            ("AAEAAAD/////AQAAAAAAAAAEAQAAAAxTeXN0ZW0uSW50MzIBAAAAB21fdmFsdWUACAMAAAAL", "3"),
            ("AAEAAAD/////AQAAAAAAAAAEAQAAAA5TeXN0ZW0uQm9vbGVhbgEAAAAHbV92YWx1ZQABAQs=", "true"),
            (
                "AAEAAAD/////AQAAAAAAAAAEAQAAAH9TeXN0ZW0uQ29sbGVjdGlvbnMuR2VuZXJpYy5MaXN0YDFbW1N5c3RlbS5TdHJpbmcsIG1zY29ybGliLCBWZXJzaW9uPTQuMC4wLjAsIEN1bHR1cmU9bmV1dHJhbCwgUHVibGljS2V5VG9rZW49Yjc3YTVjNTYxOTM0ZTA4OV1dAwAAAAZfaXRlbXMFX3NpemUIX3ZlcnNpb24GAAAICAkCAAAAAQAAAAEAAAARAgAAAAQAAAAGAwAAAAVBLTEwMA0DCw==",
                r#"["A-100"]"#,
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(&base64(bytes)), expected);
        }
    }

    #[test]
    fn every_record() {
        let new = Stream::new;
        let member = |kind, info: &[u8]| new().class(1, "A", &[("m", kind)], info);
        let table: Vec<(&str, Vec<u8>, &str)> = vec![
            ("no members", new().class(1, "A", &[], &[]).end(), r#"{"$class":"A"}"#),
            ("typed", member(2, &[]).raw(&[8, 8]).int(-5).end(), r#"{"$class":"A","m":-5}"#),
            ("null", member(1, &[]).raw(&[10]).end(), r#"{"$class":"A","m":null}"#),
            (
                "a library and an inner class",
                member(4, &[])
                    .text("B")
                    .int(7)
                    .raw(&[12])
                    .int(7)
                    .text("Lib, Version=1")
                    .raw(&[5])
                    .int(2)
                    .text("B")
                    .int(1)
                    .text("<N>k__BackingField")
                    .raw(&[0, 8])
                    .int(7)
                    .int(9)
                    .end(),
                r#"{"$class":"A","m":{"$class":"B","N":9}}"#,
            ),
            (
                "untyped classes",
                new().raw(&[2]).int(1).text("A").int(1).text("m").string(2, "x").end(),
                r#"{"$class":"A","m":"x"}"#,
            ),
            (
                "untyped with a library",
                new().raw(&[3]).int(1).text("A").int(1).text("m").int(2).raw(&[10]).end(),
                r#"{"$class":"A","m":null}"#,
            ),
            (
                "a class by its id",
                new()
                    .raw(&[16])
                    .int(1)
                    .int(2)
                    .class(2, "A", &[("m", 0)], &[1])
                    .raw(&[1])
                    .raw(&[1])
                    .int(3)
                    .int(2)
                    .raw(&[0])
                    .end(),
                r#"[{"$class":"A","m":true},{"$class":"A","m":false}]"#,
            ),
            (
                "nulls",
                new().raw(&[16]).int(1).int(6).raw(&[13, 2, 10, 14]).int(3).end(),
                "[null,null,null,null,null,null]",
            ),
            (
                "strings, forward and twice",
                new().raw(&[17]).int(1).int(3).reference(9).string(2, "a").reference(2).string(9, "z").end(),
                r#"["z","a","a"]"#,
            ),
            ("bytes", new().raw(&[15]).int(1).int(2).raw(&[2, 0xff, 0]).end(), r#"{"$bytes":"/wA="}"#),
            ("chars", new().raw(&[15]).int(1).int(2).raw(&[3, b'a', 0xc3, 0xa9]).end(), r#"["a","é"]"#),
            (
                "two dimensions",
                new().raw(&[7]).int(1).raw(&[2]).int(2).int(2).int(1).raw(&[0, 8]).int(1).int(2).end(),
                "[[1],[2]]",
            ),
            (
                "jagged, from index 5",
                new()
                    .raw(&[7])
                    .int(1)
                    .raw(&[4])
                    .int(1)
                    .int(1)
                    .int(5)
                    .raw(&[7, 8])
                    .reference(2)
                    .raw(&[15])
                    .int(2)
                    .int(1)
                    .raw(&[8])
                    .int(7)
                    .end(),
                "[[7]]",
            ),
        ];
        for (what, bytes, expected) in table {
            assert_eq!(json(&bytes), expected, "{what}");
        }
    }

    #[test]
    fn every_primitive() {
        let table: &[(&[u8], &str)] = &[
            (b"\x01\x01", "true"),
            (b"\x02\xff", "255"),
            (b"\x03\xe2\x82\xac", "\"€\""),
            (b"\x05\x0519.90", r#"{"$decimal":"19.90"}"#),
            (b"\x05\x03x.0", "\"x.0\""),
            (b"\x06\0\0\0\0\0\0\xf8\x3f", "1.5"),
            (b"\x07\xff\xff", "-1"),
            (b"\x08\xff\xff\xff\xff", "-1"),
            (b"\x09\xff\xff\xff\xff\xff\xff\xff\xff", "-1"),
            (b"\x0a\xff", "-1"),
            (b"\x0b\0\0\xc0\x3f", "1.5"),
            (b"\x0c\x00\x9c\xa6\x92\x0c\0\0\0", r#"{"$class":"System.TimeSpan","$value":"01:30:00"}"#),
            (b"\x0d\0\xf4\x9d\x8a\x4b\x76\xdc\x48", r#"{"$date":"2024-05-17T08:30:00Z"}"#),
            (b"\x0d\0\xf4\x9d\x8a\x4b\x76\xdc\x88", r#"{"$date":"2024-05-17T08:30:00"}"#),
            (
                b"\x0d\xff\xff\xff\xff\xff\xff\xff\x7f",
                r#"{"$class":"System.DateTime","$value":9223372036854775807}"#,
            ),
            (b"\x0e\xff\xff", "65535"),
            (b"\x0f\xff\xff\xff\xff", "4294967295"),
            (b"\x10\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
            (b"\x11", "null"),
            (b"\x12\x01a", "\"a\""),
        ];
        for (bytes, expected) in table {
            let stream = Stream::new().class(1, "A", &[("m", 0)], &bytes[..1]).raw(&bytes[1..]).end();
            assert_eq!(json(&stream), format!(r#"{{"$class":"A","m":{expected}}}"#), "{bytes:?}");
        }
    }

    #[test]
    fn classes_of_the_framework() {
        let guid = {
            let names = ["_a", "_b", "_c", "_d", "_e", "_f", "_g", "_h", "_i", "_j", "_k"];
            let members: Vec<(&str, u8)> = names.iter().map(|name| (*name, 0)).collect();
            Stream::new()
                .class(1, "System.Guid", &members, &[8, 7, 7, 2, 2, 2, 2, 2, 2, 2, 2])
                .int(0x8073_2141_u32 as i32)
                .raw(&[0x8f, 0xec, 0x80, 0x4b, 0xaf, 0x9c, 0xc4, 0xd2, 0xd1, 0xff, 0x89, 1])
                .end()
        };
        let table: Vec<(Vec<u8>, &str)> = vec![
            (guid, r#"{"$uuid":"80732141-ec8f-4b80-af9c-c4d2d1ff8901"}"#),
            (
                Stream::new()
                    .class(1, "System.Decimal", &[("flags", 0), ("hi", 0), ("lo", 0), ("mid", 0)], &[8; 4])
                    .int(0x2_0000)
                    .int(0)
                    .int(1990)
                    .int(0)
                    .end(),
                r#"{"$decimal":"19.90"}"#,
            ),
            (
                Stream::new()
                    .class(1, "System.DateTime", &[("ticks", 0), ("dateData", 0)], &[9, 16])
                    .raw(b"\0\xf4\x9d\x8a\x4b\x76\xdc\x08")
                    .raw(b"\0\xf4\x9d\x8a\x4b\x76\xdc\x48")
                    .end(),
                r#"{"$date":"2024-05-17T08:30:00Z"}"#,
            ),
            (
                Stream::new()
                    .class(1, "System.DateTimeOffset", &[("DateTime", 0), ("OffsetMinutes", 0)], &[13, 7])
                    .raw(b"\0\xf4\x9d\x8a\x4b\x76\xdc\x08\x78\0")
                    .end(),
                r#"{"$date":"2024-05-17T10:30:00+02:00"}"#,
            ),
            (
                Stream::new()
                    .class(1, "System.TimeSpan", &[("_ticks", 0)], &[9])
                    .raw(b"\x00\x9c\xa6\x92\x0c\0\0\0")
                    .end(),
                r#"{"$class":"System.TimeSpan","$value":"01:30:00"}"#,
            ),
            (Stream::new().class(1, "Microsoft.Web.Redis.RedisNull", &[], &[]).end(), "null"),
            (
                Stream::new()
                    .class(1, "System.Collections.ArrayList", &[("_items", 5), ("_size", 0)], &[8])
                    .reference(2)
                    .int(1)
                    .raw(&[16])
                    .int(2)
                    .int(4)
                    .raw(&[8, 8])
                    .int(5)
                    .raw(&[13, 3])
                    .end(),
                "[5]",
            ),
            (
                Stream::new()
                    .class(1, "System.Collections.Hashtable", &[("Keys", 5), ("Values", 5)], &[])
                    .reference(2)
                    .reference(3)
                    .raw(&[16])
                    .int(2)
                    .int(1)
                    .raw(&[8, 8])
                    .int(5)
                    .raw(&[16])
                    .int(3)
                    .int(1)
                    .string(4, "five")
                    .end(),
                r#"{"$map":[[5,"five"]]}"#,
            ),
            (
                Stream::new()
                    .class(1, "System.Collections.Generic.HashSet`1[[X]]", &[("Elements", 6)], &[])
                    .reference(2)
                    .raw(&[17])
                    .int(2)
                    .int(1)
                    .string(3, "a")
                    .end(),
                r#"{"$set":["a"]}"#,
            ),
            (Stream::new().class(1, DICTIONARY, &[("Version", 0)], &[8]).int(0).end(), "{}"),
            (dictionary(&["a", "b/c"]), r#"{"a":0,"b/c":1}"#),
            // A list whose members are not those of the framework is shown as it is.
            (
                Stream::new().class(1, LIST, &[("_size", 0)], &[8]).int(1).end(),
                r#"{"$class":"System.Collections.Generic.List`1[[System.String]]","_size":1}"#,
            ),
            (
                Stream::new().class(1, "System.Int32", &[("other", 0)], &[8]).int(1).end(),
                r#"{"$class":"System.Int32","other":1}"#,
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(json(&bytes), expected);
        }
    }

    #[test]
    fn an_object_inside_itself_is_a_reference() {
        assert_eq!(json(&ring()), r#"{"$class":"App.Node","Next":{"$ref":""}}"#);
        let at = decode_or_bytes(&ring(), &Limits::default(), "/loop", &mut Spare::default()).to_json();
        assert_eq!(at, r#"{"$class":"App.Node","Next":{"$ref":"/loop"}}"#);
        let list = Stream::new()
            .class(1, "A", &[("a/b", 2)], &[])
            .reference(2)
            .class(2, LIST, &[("_items", 5), ("_size", 0)], &[8])
            .reference(3)
            .int(2)
            .raw(&[16])
            .int(3)
            .int(2)
            .reference(2)
            .reference(1)
            .end();
        assert_eq!(json(&list), r#"{"$class":"A","a/b":[{"$ref":"/a~1b"},{"$ref":""}]}"#);
        // An array as its own element, behind a list that is not its only owner.
        let array = Stream::new()
            .class(1, LIST, &[("_items", 5), ("_size", 0)], &[8])
            .reference(2)
            .int(1)
            .raw(&[16])
            .int(2)
            .int(1)
            .reference(2)
            .end();
        assert_eq!(json(&array), r#"[[{"$ref":"/0"}]]"#);
    }

    #[test]
    fn refused() {
        let new = Stream::new;
        let table: Vec<(&str, Vec<u8>, usize)> = vec![
            ("empty", vec![], 0),
            ("no header", vec![1], 0),
            ("version 2", b"\0\x01\0\0\0\xff\xff\xff\xff\x02\0\0\0\0\0\0\0\x0b".to_vec(), 9),
            ("no end", new().string(1, "a").0, 24),
            ("no root", new().string(2, "a").end(), 1),
            ("two ends", new().string(1, "a").end().into_iter().chain([11]).collect(), 25),
            ("a call", new().raw(&[21]).end(), 17),
            ("an unknown record", new().raw(&[99]).end(), 17),
            ("an unknown class", new().raw(&[1]).int(1).int(5).end(), 17),
            ("its own class", new().raw(&[1]).int(1).int(1).end(), 17),
            ("a missing object", new().raw(&[16]).int(1).int(1).reference(7).end(), 17),
            ("nulls at the top", new().raw(&[13, 1]).end(), 17),
            ("too many nulls", new().raw(&[16]).int(1).int(1).raw(&[13, 2]).end(), 26),
            ("no nulls", new().raw(&[16]).int(1).int(1).raw(&[13, 0]).end(), 26),
            ("an end inside", new().raw(&[16]).int(1).int(1).end(), 26),
            ("negative length", new().raw(&[16]).int(1).int(-1).end(), 22),
            ("longest array", new().raw(&[16]).int(1).int(i32::MAX).end(), 17),
            ("longest primitives", new().raw(&[15]).int(1).int(i32::MAX).raw(&[1]).end(), 27),
            ("an array of null", new().raw(&[15]).int(1).int(1).raw(&[17, 10]).end(), 27),
            ("many members", new().raw(&[4]).int(1).text("A").int(i32::MAX).end(), 28),
            ("long text", new().raw(&[6]).int(1).raw(b"\xff\xff\xff\xff\x07").end(), 27),
            ("longer text", new().raw(&[6]).int(1).raw(b"\xff\xff\xff\xff\xff\x01").end(), 22),
            ("rank 33", new().raw(&[7]).int(1).raw(&[2]).int(33).raw(&[0; 200]).end(), 22),
            (
                "empty in many rows",
                new().raw(&[7]).int(1).raw(&[2]).int(2).int(i32::MAX).int(0).raw(&[2]).end(),
                17,
            ),
        ];
        for (what, bytes, offset) in table {
            let error = read(&bytes).unwrap_err();
            assert_eq!(error.offset, offset, "{what}: {error}");
        }
    }

    #[test]
    fn what_is_broken_is_shown_as_its_class_with_its_bytes() {
        let shown =
            |bytes: &[u8]| decode_or_bytes(bytes, &Limits::default(), "", &mut Spare::default()).to_json();
        let broken = Stream::new().class(1, "App.\u{1b}[2J", &[("m", 2)], &[]).0;
        assert!(shown(&broken).starts_with(r#"{"$class":"App.\u001b[2J","$value":{"$bytes":"AAEA"#));
        assert_eq!(shown(b"\0"), r#"{"$class":"System.Object","$value":{"$bytes":"AA=="}}"#);
    }

    #[test]
    fn names_lose_their_assemblies() {
        let table = [
            ("App.Node", "App.Node"),
            (
                "List`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral]]",
                "List`1[[System.String]]",
            ),
            ("D`2[[A, m],[L`1[[B[,], n, V=1]], o]]", "D`2[[A],[L`1[[B[,]]]]]"),
            ("Open, x", "Open"),
        ];
        for (name, plain) in table {
            assert_eq!(without_assemblies(name.into()), plain);
        }
    }

    /// Classes one within the other.
    fn nested(depth: usize) -> Vec<u8> {
        let mut stream = Stream::new().class(1, "A", &[("m", 2)], &[]);
        for id in 2..=depth as i32 {
            stream = stream.raw(&[1]).int(id).int(1);
        }
        stream.raw(&[10]).end()
    }

    /// Dictionaries one within the other: what needs most stack.
    fn nested_dictionaries(depth: i32) -> Vec<u8> {
        let mut stream = Stream::new();
        for id in 1..=depth {
            stream = stream
                .class(id, DICTIONARY, &[("KeyValuePairs", 5)], &[])
                .reference(1_000_000 + id)
                .raw(&[16])
                .int(1_000_000 + id)
                .int(1)
                .class(2_000_000 + id, PAIR, &[("key", 1), ("value", 2)], &[])
                .string(3_000_000 + id, "k");
            stream = if id < depth { stream.reference(id + 1) } else { stream.raw(&[10]) };
        }
        stream.end()
    }

    #[test]
    fn bounds() {
        let decoding = || {
            assert!(read(&nested(900)).is_ok());
            assert_eq!(read(&nested(901)).unwrap_err().reason, "nested deeper than 900");
            assert!(read(&nested(200_000)).is_err());
            assert!(read(&nested_dictionaries(900)).is_ok());
            assert!(read(&nested_dictionaries(901)).is_err());
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(decoding).unwrap().join().unwrap();
        let limits = Limits { values: 3, ..Limits::default() };
        assert!(decode(&nested(2), &limits).is_ok());
        assert!(decode(&nested(4), &limits).is_err());
    }

    #[test]
    fn what_is_shared_is_not_multiplied() {
        // Each of thirty arrays holds the next one twice.
        let mut stream = Stream::new();
        for id in 1..=30 {
            stream = stream.raw(&[16]).int(id).int(2).reference(id + 1).reference(id + 1);
        }
        let bytes = stream.string(31, "x").end();
        assert_eq!(read(&bytes).unwrap_err().reason, MULTIPLIED);
        // One long text a hundred thousand times.
        let mut stream = Stream::new().raw(&[17]).int(1).int(100_000).string(2, &"x".repeat(500_000));
        for _ in 1..100_000 {
            stream = stream.reference(2);
        }
        assert!(read(&stream.end()).is_err());
        // A few times is usual.
        let mut stream = Stream::new().raw(&[17]).int(1).int(1_000).string(2, "usual");
        for _ in 1..1_000 {
            stream = stream.reference(2);
        }
        assert!(read(&stream.end()).is_ok());
        // All the streams of a session have one allowance.
        let nulls = Stream::new().raw(&[16]).int(1).int(200_000).raw(&[14]).int(200_000).end();
        let mut spare = Spare::default();
        let mut shown = || decode_or_bytes(&nulls, &Limits::default(), "", &mut spare);
        assert!(matches!(shown(), Value::List(items) if items.len() == 200_000));
        assert!(matches!(shown(), Value::Object(_)));
    }

    #[test]
    fn every_truncation_and_every_changed_byte_is_an_error_or_a_value() {
        for bytes in [dictionary(&["a", "b"]), ring(), nested(3)] {
            for end in 0..bytes.len() {
                assert!(read(&bytes[..end]).is_err(), "{end}");
            }
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut changed = bytes.clone();
                    changed[at] ^= 1 << bit;
                    let _ = read(&changed);
                }
                let mut changed = bytes.clone();
                changed[at] = 0xff;
                let _ = read(&changed);
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(records in prop::collection::vec((0..18_u8, prop::collection::vec(0..6_u8, 0..12)), 0..12)) {
            let mut stream = Stream::new();
            for (tag, bytes) in records {
                stream = stream.raw(&[tag]).raw(&bytes);
            }
            let _ = read(&stream.end());
        }
    }
}
