//! From what was written to what it means: the classes of the JDK that session data are made of are
//! shown as the list, set, map, number or date that they are, everything else as an object.

use std::borrow::Cow;
use std::collections::HashSet;
use std::collections::hash_map::{Entry, HashMap};

use super::stream::{Item, Level, Node, Stream, modified_utf8, scalar, size_of_kind};
use super::{NAME, number, time};
use crate::codec::{DecodeError, Limits, last_wins};
use crate::value::{Object, Value};

/// Boxed to keep each recursion frame small.
type Shown<T> = Result<T, Box<DecodeError>>;

/// What an object of a known class is.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// Its field of that name and nothing else.
    Is(&'static str),
    /// As `Is`, as a set whatever it is.
    IsSetOf(&'static str),
    /// The objects after its fields.
    List,
    /// As `List`, with a null after the last one.
    ListToNull,
    /// Its `items` in a ring, from `takeIndex` on.
    Ring,
    Set,
    /// As `Set`, after a comparator.
    SortedSet,
    /// Keys and values in turns after its fields.
    Map,
    /// As `Map`, with nulls after the last pair.
    MapToNull,
    Vector,
    /// The keys of the map in its field of that name, as a set.
    Keys(&'static str),
    Nothing,
    NoSet,
    NoMap,
    One,
    OneInSet,
    OnePair,
    Copies,
    /// `java.util.CollSer`: List.of, Set.of, Map.of.
    Collected,
    Millis,
    Timestamp,
    Calendar,
    Time,
    Uuid,
    BigInteger,
    BigDecimal,
    /// Characters, as many as a count says.
    Builder,
    /// The numbers of the bits that are set in 64-bit words.
    Bits,
}

/// The classes that are shown as something else than themselves (JDK 17, `writeObject`,
/// `writeReplace` and `writeExternal` of each).
fn shape(class: &str) -> Option<Shape> {
    use Shape::{
        BigDecimal, BigInteger, Bits, Builder, Calendar, Collected, Copies, Is, IsSetOf, Keys, List,
        ListToNull, Map, MapToNull, Millis, NoMap, NoSet, Nothing, One, OneInSet, OnePair, Ring, Set,
        SortedSet, Time, Timestamp, Uuid, Vector,
    };
    if let Some(name) = class.strip_prefix("java.util.Collections$") {
        return Some(match name {
            "UnmodifiableCollection"
            | "SynchronizedCollection"
            | "CheckedCollection"
            | "SynchronizedSet"
            | "SynchronizedSortedSet"
            | "SynchronizedNavigableSet"
            | "CheckedSet"
            | "CheckedSortedSet"
            | "CheckedNavigableSet"
            | "CheckedQueue"
            | "UnmodifiableSequencedCollection" => Is("c"),
            "UnmodifiableList"
            | "UnmodifiableRandomAccessList"
            | "SynchronizedList"
            | "SynchronizedRandomAccessList"
            | "CheckedList"
            | "CheckedRandomAccessList" => Is("list"),
            "UnmodifiableSet"
            | "UnmodifiableSortedSet"
            | "UnmodifiableNavigableSet"
            | "UnmodifiableSequencedSet" => IsSetOf("c"),
            "UnmodifiableMap"
            | "UnmodifiableSortedMap"
            | "UnmodifiableNavigableMap"
            | "UnmodifiableSequencedMap"
            | "SynchronizedMap"
            | "SynchronizedSortedMap"
            | "SynchronizedNavigableMap"
            | "CheckedMap"
            | "CheckedSortedMap"
            | "CheckedNavigableMap" => Is("m"),
            "EmptyList" => Nothing,
            "EmptySet" => NoSet,
            "EmptyMap" => NoMap,
            "SingletonList" => One,
            "SingletonSet" => OneInSet,
            "SingletonMap" => OnePair,
            "CopiesList" => Copies,
            "SetFromMap" => Keys("m"),
            _ => return None,
        });
    }
    Some(match class {
        "java.lang.Integer"
        | "java.lang.Long"
        | "java.lang.Short"
        | "java.lang.Byte"
        | "java.lang.Float"
        | "java.lang.Double"
        | "java.lang.Boolean"
        | "java.lang.Character" => Is("value"),
        "java.util.HashMap"
        | "java.util.LinkedHashMap"
        | "java.util.Hashtable"
        | "java.util.Properties"
        | "java.util.TreeMap"
        | "java.util.IdentityHashMap"
        | "java.util.EnumMap" => Map,
        "java.util.concurrent.ConcurrentHashMap" | "java.util.concurrent.ConcurrentSkipListMap" => MapToNull,
        "java.util.ArrayList"
        | "java.util.LinkedList"
        | "java.util.ArrayDeque"
        | "java.util.PriorityQueue"
        | "java.util.concurrent.CopyOnWriteArrayList" => List,
        "java.util.concurrent.ConcurrentLinkedQueue"
        | "java.util.concurrent.ConcurrentLinkedDeque"
        | "java.util.concurrent.LinkedBlockingQueue"
        | "java.util.concurrent.LinkedBlockingDeque"
        | "java.util.concurrent.LinkedTransferQueue" => ListToNull,
        "java.util.concurrent.ArrayBlockingQueue" => Ring,
        "java.util.concurrent.PriorityBlockingQueue" => Is("q"),
        "java.util.Vector" | "java.util.Stack" => Vector,
        "java.util.HashSet" | "java.util.LinkedHashSet" => Set,
        "java.util.TreeSet" => SortedSet,
        "java.util.concurrent.CopyOnWriteArraySet" => IsSetOf("al"),
        "java.util.concurrent.ConcurrentSkipListSet" => Keys("m"),
        "java.util.concurrent.ConcurrentHashMap$KeySetView" => Keys("map"),
        "java.util.EnumSet$SerializationProxy" => IsSetOf("elements"),
        "java.util.Arrays$ArrayList" => Is("a"),
        "java.util.CollSer" => Collected,
        "java.util.Date" | "java.sql.Date" | "java.sql.Time" => Millis,
        "java.sql.Timestamp" => Timestamp,
        "java.util.Calendar" | "java.util.GregorianCalendar" => Calendar,
        "java.time.Ser" => Time,
        "java.util.UUID" => Uuid,
        "java.math.BigInteger" => BigInteger,
        "java.math.BigDecimal" => BigDecimal,
        "java.lang.StringBuilder" | "java.lang.StringBuffer" => Builder,
        "java.util.BitSet" => Bits,
        _ => return None,
    })
}

/// The classes of Apache Shiro whose payload is more than a list of things (Shiro 1.3.2).
const SHIRO_SESSION: &str = "org.apache.shiro.session.mgt.SimpleSession";
const SHIRO_PRINCIPALS: &str = "org.apache.shiro.subject.SimplePrincipalCollection";

/// Bits that are shown one by one; where more are set, their words are shown.
const MOST_BITS: usize = 10_000;

/// Values that a short stream may become by what is shared in it. What is shared more often is not
/// lost, but pointed at.
const SHARED_VALUES: usize = 256 << 10;

/// One step of the way from the root to a value in its JSON form.
#[derive(Clone, Copy)]
enum Step<'s, 'a> {
    Field(&'s Cow<'a, str>),
    Fixed(&'static str),
    /// The member that this key names.
    Key(Item<'a>),
    Index(usize),
}

/// The node around another, and the way from there.
type Way<'s, 'a> = (Option<u32>, Vec<Step<'s, 'a>>);

/// What a member of an object is made of.
enum Part<'a> {
    Item(Item<'a>),
    Ready(Value<'a>),
}

/// Makes values of what a stream holds.
///
/// What is finished waits in `out` for the container around it. So no value is ever on the stack,
/// and a level of nesting costs little of it.
pub struct Show<'s, 'a> {
    stream: &'s Stream<'a>,
    /// What the objects of each class are.
    shapes: Vec<Option<Shape>>,
    /// The JSON pointer to where the value will be.
    base: String,
    path: Vec<Step<'s, 'a>>,
    out: Vec<Value<'a>>,
    /// How long the path was where each node was entered; 0 for those that are not open.
    open: Vec<u32>,
    /// The open nodes, the innermost last.
    within: Vec<u32>,
    /// Where each node was written first, as the node around it and the way from there; only where
    /// writing out all that is shared would take too much.
    firsts: Option<HashMap<u32, Way<'s, 'a>>>,
    exhausted: bool,
    max_depth: usize,
    /// Values and bytes of text that may still be written: what is shared is written out each time.
    values: usize,
    bytes: usize,
}

impl<'s, 'a> Show<'s, 'a> {
    pub fn new(stream: &'s Stream<'a>, limits: &Limits) -> Self {
        Show {
            stream,
            shapes: stream.classes.iter().map(|class| shape(&class.name)).collect(),
            base: String::new(),
            path: Vec::with_capacity(16),
            out: Vec::with_capacity(32),
            open: vec![0; stream.nodes.len()],
            within: Vec::with_capacity(8),
            firsts: None,
            exhausted: false,
            max_depth: limits.depth,
            // What stands there unshared, and what is shared. Some of what is written once is shown as
            // two: an array of bytes in an array.
            values: limits.values.min(SHARED_VALUES + stream.length.min(stream.values.saturating_mul(2))),
            bytes: limits.expanded.min((16 << 20) + stream.length.saturating_mul(32)),
        }
    }

    /// A value of the stream, to stand where a JSON pointer says: references to outer containers
    /// count from the root of the session's data.
    pub fn value(&mut self, item: Item<'a>, base: &str) -> Result<Value<'a>, DecodeError> {
        if !matches!(item, Item::Node(_)) {
            // It holds nothing, so it needs no place.
            self.simple(item).map_err(|error| *error)?;
            return Ok(self.out.pop().unwrap_or(Value::Null));
        }
        self.base.clear();
        self.base.push_str(base);
        if let Some(firsts) = &mut self.firsts {
            firsts.clear();
        }
        let budget = (self.values, self.bytes);
        match self.afresh(item) {
            // What is shared too often is written out once, and pointed at from everywhere else.
            Err(_) if self.exhausted && self.firsts.is_none() => {
                (self.values, self.bytes) = budget;
                self.firsts = Some(HashMap::new());
                self.afresh(item)
            }
            other => other,
        }
        .map_err(|error| *error)
    }

    fn afresh(&mut self, item: Item<'a>) -> Shown<Value<'a>> {
        // An error left them as they were.
        for node in self.within.drain(..) {
            self.open[node as usize] = 0;
        }
        self.path.clear();
        self.out.clear();
        self.item(item)?;
        Ok(self.out.pop().unwrap_or(Value::Null))
    }

    #[cold]
    fn fault<T>(&self, node: u32, reason: String) -> Shown<T> {
        let place = self.stream.places.get(node as usize).copied().unwrap_or(0);
        Err(Box::new(DecodeError::new(NAME, place as usize, reason)))
    }

    /// Pays for a value, and for text that may be written more often than it stands in the stream.
    fn spend(&mut self, values: usize, bytes: usize, node: u32) -> Shown<()> {
        let (values, bytes) = (self.values.checked_sub(values), self.bytes.checked_sub(bytes));
        let (Some(values), Some(bytes)) = (values, bytes) else {
            self.exhausted = true;
            return self.fault(node, "shared objects would take too much room when written out".to_string());
        };
        self.values = values;
        self.bytes = bytes;
        Ok(())
    }

    /// Only dispatches: it is on the stack once a level, so its frame has to stay small.
    fn item(&mut self, item: Item<'a>) -> Shown<()> {
        match item {
            Item::Node(node) => match &self.stream.nodes[node as usize] {
                Node::Text(_) => self.text(node),
                Node::Constant(name) => self.item(*name),
                _ => self.container(node),
            },
            other => self.simple(other),
        }
    }

    /// An item one step further on the way.
    fn at(&mut self, step: Step<'s, 'a>, item: Item<'a>) -> Shown<()> {
        self.path.push(step);
        self.item(item)?;
        self.path.pop();
        Ok(())
    }

    #[inline(never)]
    fn text(&mut self, node: u32) -> Shown<()> {
        if let Node::Text(text) = &self.stream.nodes[node as usize] {
            self.spend(1, text.len(), node)?;
            self.out.push(Value::Text(text.clone()));
        }
        Ok(())
    }

    #[inline(never)]
    fn simple(&mut self, item: Item<'a>) -> Shown<()> {
        self.spend(1, 0, 0)?;
        let value = match item {
            Item::Bool(truth) => Value::Bool(truth),
            Item::Int(number) => Value::Int(number),
            Item::Float(number) => Value::Float(number),
            Item::Char(unit) => Value::Text(Cow::Owned(character(unit).to_string())),
            Item::Block(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
            Item::Class(class) => self.named("java.io.ObjectStreamClass", class),
            Item::Null | Item::Node(_) => Value::Null,
        };
        self.out.push(value);
        Ok(())
    }

    fn named(&self, class: &'static str, named: u32) -> Value<'a> {
        let name = Value::Text(self.stream.class(named).name.clone());
        object(Cow::Borrowed(class), Vec::new(), Some(name))
    }

    fn container(&mut self, node: u32) -> Shown<()> {
        if self.enter(node)? {
            match &self.stream.nodes[node as usize] {
                Node::Object { levels, .. } => self.object(node, levels)?,
                Node::Array { items, .. } => self.list(items)?,
                _ => self.flat(node)?,
            }
            self.open[node as usize] = 0;
            self.within.pop();
        }
        Ok(())
    }

    /// Begins a container; false where a reference was written instead.
    #[inline(never)]
    fn enter(&mut self, node: u32) -> Shown<bool> {
        self.spend(1, 0, node)?;
        let mut reference = None;
        if self.open[node as usize] > 0 {
            reference = Some(self.pointer(&self.path[..self.open[node as usize] as usize - 1]));
        } else if self.within.len() == self.max_depth {
            return self.fault(node, format!("nested deeper than {}", self.max_depth));
        } else if self.firsts.is_some() {
            reference = self.again(node);
        }
        if let Some(text) = reference {
            // A pointer is as long as the names on its way, for five bytes in the stream.
            self.spend(0, text.len(), node)?;
            self.out.push(Value::Ref(Cow::Owned(text)));
            return Ok(false);
        }
        self.within.push(node);
        self.open[node as usize] = self.path.len() as u32 + 1;
        Ok(true)
    }

    /// The reference to what was written before, where each is written but once.
    fn again(&mut self, node: u32) -> Option<String> {
        let around = self.within.last().copied();
        let begin = around.map_or(0, |around| self.open[around as usize] as usize - 1);
        let firsts = self.firsts.as_mut()?;
        if let Entry::Vacant(first) = firsts.entry(node) {
            first.insert((around, self.path[begin..].to_vec()));
            return None;
        }
        let mut ways = Vec::new();
        let mut next = Some(node);
        while let Some((around, way)) = next.and_then(|node| firsts.get(&node)) {
            ways.push(&way[..]);
            next = *around;
        }
        ways.reverse();
        let way = ways.concat();
        Some(self.pointer(&way))
    }

    /// A way as a JSON pointer.
    fn pointer(&self, way: &[Step<'s, 'a>]) -> String {
        let mut pointer = self.base.clone();
        let mut part = |text: &str| {
            pointer.push('/');
            for character in text.chars() {
                match character {
                    '~' => pointer.push_str("~0"),
                    '/' => pointer.push_str("~1"),
                    other => pointer.push(other),
                }
            }
        };
        for step in way {
            match step {
                Step::Field(name) => part(name),
                Step::Fixed(name) => part(name),
                Step::Key(key) => part(&self.key_text(*key).unwrap_or_default()),
                Step::Index(index) => part(&index.to_string()),
            }
        }
        pointer
    }

    /// The text of a key that is one: a string, a constant of an enum, a character.
    fn key_text(&self, key: Item<'a>) -> Option<Cow<'a, str>> {
        match key {
            Item::Node(node) => match &self.stream.nodes[node as usize] {
                Node::Text(text) => Some(text.clone()),
                Node::Constant(name) => self.key_text(*name),
                Node::Object { class, levels } if self.stream.class(*class).name == "java.lang.Character" => {
                    match self.field(levels, "value") {
                        Some(Item::Char(unit)) => Some(Cow::Owned(character(unit).to_string())),
                        _ => None,
                    }
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The values that came last, from this many on.
    fn take(&mut self, begin: usize) -> Vec<Value<'a>> {
        self.out.split_off(begin)
    }

    fn list(&mut self, items: &[Item<'a>]) -> Shown<()> {
        let begin = self.out.len();
        self.each(items)?;
        self.end_list(begin);
        Ok(())
    }

    #[inline(never)]
    fn end_list(&mut self, begin: usize) {
        let list = Value::List(self.take(begin));
        self.out.push(list);
    }

    fn set(&mut self, items: &[Item<'a>]) -> Shown<()> {
        let begin = self.out.len();
        self.path.push(Step::Fixed("$set"));
        self.each(items)?;
        self.path.pop();
        self.end_set(begin);
        Ok(())
    }

    #[inline(never)]
    fn end_set(&mut self, begin: usize) {
        let set = Value::Set(self.take(begin));
        self.out.push(set);
    }

    fn each(&mut self, items: &[Item<'a>]) -> Shown<()> {
        let mut index = 0;
        while index < items.len() {
            self.at(Step::Index(index), items[index])?;
            index += 1;
        }
        Ok(())
    }

    /// What holds nothing but itself.
    #[inline(never)]
    fn flat(&mut self, node: u32) -> Shown<()> {
        match &self.stream.nodes[node as usize] {
            Node::Class(class) => {
                let class = self.named("java.lang.Class", *class);
                self.out.push(class);
            }
            Node::Primitives { kind: b'B', bytes } => {
                self.spend(1, bytes.len(), node)?;
                self.out.push(Value::Bytes(Cow::Borrowed(bytes)));
            }
            Node::Primitives { kind, bytes } => {
                let begin = self.out.len();
                for chunk in bytes.chunks_exact(size_of_kind(*kind).max(1)) {
                    self.simple(scalar(*kind, chunk))?;
                }
                self.end_list(begin);
            }
            _ => self.out.push(Value::Null),
        }
        Ok(())
    }

    /// A field by its name; that of the lowest class where it repeats.
    fn field(&self, levels: &[Level<'a>], name: &str) -> Option<Item<'a>> {
        levels.iter().rev().find_map(|level| {
            let fields = &self.stream.class(level.class).fields;
            let at = fields.iter().position(|field| field.name == name)?;
            level.fields.get(at).copied()
        })
    }

    /// An object of a class that is known, or as it stands.
    fn object(&mut self, node: u32, levels: &'s [Level<'a>]) -> Shown<()> {
        match self.shape_of(node) {
            Some(shape) => {
                if !self.shaped(node, shape, levels)? {
                    self.plain(node, levels, false)?;
                }
                Ok(())
            }
            None => self.plain(node, levels, true),
        }
    }

    #[inline(never)]
    fn shape_of(&self, node: u32) -> Option<Shape> {
        match &self.stream.nodes[node as usize] {
            Node::Object { class, .. } => self.shapes[*class as usize],
            _ => None,
        }
    }

    /// False where the object does not hold what its class should.
    fn shaped(&mut self, node: u32, shape: Shape, levels: &'s [Level<'a>]) -> Shown<bool> {
        match shape {
            Shape::Is(name) => match self.field(levels, name) {
                Some(inner) => self.item(inner)?,
                None => return Ok(false),
            },
            Shape::IsSetOf(name) => match self.field(levels, name) {
                Some(inner) => self.set_of(inner)?,
                None => return Ok(false),
            },
            Shape::Keys(name) => match self.field(levels, name) {
                Some(inner) => {
                    self.item(inner)?;
                    self.keys_only();
                }
                None => return Ok(false),
            },
            Shape::Map | Shape::MapToNull => self.map(&pairs_of(levels, shape))?,
            _ => return self.sequence(node, shape, levels),
        }
        Ok(true)
    }

    fn sequence(&mut self, node: u32, shape: Shape, levels: &'s [Level<'a>]) -> Shown<bool> {
        let items = self.elements(shape, levels);
        match shape {
            Shape::List
            | Shape::ListToNull
            | Shape::Ring
            | Shape::Vector
            | Shape::One
            | Shape::Copies
            | Shape::Collected => match items {
                Some((Shape::List, items)) => self.list(&items)?,
                Some((Shape::Set, items)) => self.set(&items)?,
                Some((_, items)) => self.map(&paired(&items))?,
                None => return Ok(false),
            },
            Shape::Set | Shape::SortedSet | Shape::OneInSet | Shape::OnePair => match items {
                Some((Shape::Set, items)) => self.set(&items)?,
                Some((_, items)) => self.map(&paired(&items))?,
                None => return Ok(false),
            },
            _ => return self.leaf(node, shape, levels),
        }
        Ok(true)
    }

    /// What a list or set consists of, and which of both (or a map) it is.
    #[inline(never)]
    fn elements(&self, shape: Shape, levels: &[Level<'a>]) -> Option<(Shape, Vec<Item<'a>>)> {
        const MOST_COPIES: i64 = 10_000;
        let field = |name| self.field(levels, name);
        Some(match shape {
            Shape::List => (Shape::List, extras(levels)),
            Shape::ListToNull => {
                let mut items = extras(levels);
                if items.pop() != Some(Item::Null) {
                    return None;
                }
                (Shape::List, items)
            }
            Shape::Set => (Shape::Set, extras(levels)),
            Shape::SortedSet => (Shape::Set, extras(levels).get(1..).unwrap_or_default().to_vec()),
            Shape::Vector => {
                let (Item::Int(count), Item::Node(data)) = (field("elementCount")?, field("elementData")?)
                else {
                    return None;
                };
                let Node::Array { items, .. } = &self.stream.nodes[data as usize] else { return None };
                let count = usize::try_from(count).unwrap_or(0).min(items.len());
                (Shape::List, items[..count].to_vec())
            }
            Shape::Ring => {
                let (Item::Int(begin), Item::Int(count), Item::Node(data)) =
                    (field("takeIndex")?, field("count")?, field("items")?)
                else {
                    return None;
                };
                let Node::Array { items, .. } = &self.stream.nodes[data as usize] else { return None };
                let (after, before) = items.split_at_checked(usize::try_from(begin).ok()?)?;
                let count = usize::try_from(count).ok().filter(|count| *count <= items.len())?;
                (Shape::List, before.iter().chain(after).take(count).copied().collect())
            }
            Shape::One => (Shape::List, vec![field("element")?]),
            Shape::OneInSet => (Shape::Set, vec![field("element")?]),
            Shape::OnePair => (Shape::Map, vec![field("k")?, field("v")?]),
            Shape::Copies => match field("n")? {
                Item::Int(count @ 0..=MOST_COPIES) => (Shape::List, vec![field("element")?; count as usize]),
                _ => return None,
            },
            Shape::Collected => match field("tag")? {
                Item::Int(tag) => match tag & 0xff {
                    1 | 4 => (Shape::List, extras(levels)),
                    2 => (Shape::Set, extras(levels)),
                    3 => (Shape::Map, extras(levels)),
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        })
    }

    /// A value as a set, whatever it is.
    fn set_of(&mut self, inner: Item<'a>) -> Shown<()> {
        // What is inside stands one step deeper only if it becomes a set here.
        let becomes = !matches!(inner, Item::Node(node) if matches!(
            self.shape_of(node),
            Some(Shape::Set | Shape::SortedSet | Shape::IsSetOf(_) | Shape::Keys(_) | Shape::NoSet | Shape::OneInSet)
        ));
        if becomes {
            self.at(Step::Fixed("$set"), inner)?;
        } else {
            self.item(inner)?;
        }
        self.become_set();
        Ok(())
    }

    #[inline(never)]
    fn become_set(&mut self) {
        match self.out.pop() {
            Some(Value::List(items)) => self.out.push(Value::Set(items)),
            Some(other) => self.out.push(other),
            None => {}
        }
    }

    #[inline(never)]
    fn keys_only(&mut self) {
        let keys = match self.out.pop() {
            Some(Value::Map(members)) => members.into_iter().map(|(name, _)| Value::Text(name)).collect(),
            Some(Value::Pairs(pairs)) => pairs.into_iter().map(|(key, _)| key).collect(),
            Some(other) => return self.out.push(other),
            None => return,
        };
        self.out.push(Value::Set(keys));
    }

    fn map(&mut self, pairs: &[(Item<'a>, Item<'a>)]) -> Shown<()> {
        let begin = self.out.len();
        if !self.are_names(pairs) {
            return self.pairs(pairs, begin);
        }
        let mut index = 0;
        while index < pairs.len() {
            self.key(pairs[index].0)?;
            self.at(Step::Key(pairs[index].0), pairs[index].1)?;
            index += 1;
        }
        self.end_map(begin);
        Ok(())
    }

    /// Whether all keys are strings, and different ones.
    #[inline(never)]
    fn are_names(&self, pairs: &[(Item<'a>, Item<'a>)]) -> bool {
        let is_text = |key: &Item<'a>| match key {
            Item::Node(node) => matches!(self.stream.nodes[*node as usize], Node::Text(_)),
            _ => false,
        };
        if pairs.iter().all(|(key, _)| is_text(key)) {
            return true;
        }
        // A constant or a character may read like a string that is a key as well.
        let mut seen = HashSet::with_capacity(pairs.len());
        pairs.iter().all(|(key, _)| self.key_text(*key).is_some_and(|name| seen.insert(name)))
    }

    #[inline(never)]
    fn key(&mut self, key: Item<'a>) -> Shown<()> {
        let name = self.key_text(key).unwrap_or_default();
        self.spend(1, name.len(), 0)?;
        self.out.push(Value::Text(name));
        Ok(())
    }

    #[inline(never)]
    fn end_map(&mut self, begin: usize) {
        let members = self.end_members(begin);
        self.out.push(Value::Map(last_wins(members)));
    }

    /// Names and values in turns, as members.
    fn end_members(&mut self, begin: usize) -> Vec<(Cow<'a, str>, Value<'a>)> {
        let mut members = Vec::with_capacity((self.out.len() - begin) / 2);
        let mut name = None;
        for value in self.out.drain(begin..) {
            match (name.take(), value) {
                (None, Value::Text(text)) => name = Some(text),
                (Some(name), value) => members.push((name, value)),
                (None, _) => {}
            }
        }
        members
    }

    fn pairs(&mut self, pairs: &[(Item<'a>, Item<'a>)], begin: usize) -> Shown<()> {
        self.path.push(Step::Fixed("$map"));
        let mut index = 0;
        while index < pairs.len() {
            self.path.push(Step::Index(index));
            self.at(Step::Index(0), pairs[index].0)?;
            self.at(Step::Index(1), pairs[index].1)?;
            self.path.pop();
            index += 1;
        }
        self.path.pop();
        self.end_pairs(begin);
        Ok(())
    }

    #[inline(never)]
    fn end_pairs(&mut self, begin: usize) {
        let mut values = self.out.drain(begin..);
        let mut pairs = Vec::with_capacity(values.len() / 2);
        while let (Some(key), Some(value)) = (values.next(), values.next()) {
            pairs.push((key, value));
        }
        drop(values);
        self.out.push(Value::Pairs(pairs));
    }

    /// An object whose class is not known: its fields, and what its class added to them.
    ///
    /// Where one of its superclasses is known, what that one wrote is the payload (`with_base`).
    fn plain(&mut self, node: u32, levels: &'s [Level<'a>], with_base: bool) -> Shown<()> {
        let begin = self.out.len();
        let known = self.base(levels, with_base);
        let mut parts = self.parts(node, &levels[known.map_or(0, |known| known + 1)..])?;
        while let Some((name, part)) = parts.pop() {
            self.part_name(name);
            match part {
                Part::Ready(value) => self.out.push(value),
                Part::Item(item) => self.at(name, item)?,
            }
        }
        drop(parts);
        let members = self.out.len();
        self.path.push(Step::Fixed("$value"));
        match known {
            Some(known) => {
                if let Some(shape) = self.level_shape(&levels[known]) {
                    self.shaped(node, shape, &levels[..=known])?;
                }
            }
            None => self.payload(levels)?,
        }
        self.path.pop();
        self.end_object(node, begin, members);
        Ok(())
    }

    /// The lowest class of a hierarchy that is shown as something else than an object.
    #[inline(never)]
    fn base(&self, levels: &[Level<'a>], with_base: bool) -> Option<usize> {
        levels.iter().rposition(|level| with_base && self.level_shape(level).is_some())
    }

    #[inline(never)]
    fn level_shape(&self, level: &Level<'a>) -> Option<Shape> {
        self.shapes[level.class as usize]
    }

    #[inline(never)]
    fn part_name(&mut self, name: Step<'s, 'a>) {
        self.out.push(Value::Text(match name {
            Step::Field(name) => name.clone(),
            Step::Fixed(name) => Cow::Borrowed(name),
            Step::Key(_) | Step::Index(_) => Cow::Borrowed(""),
        }));
    }

    #[inline(never)]
    fn end_object(&mut self, node: u32, begin: usize, members: usize) {
        let payload = if self.out.len() > members { self.out.pop() } else { None };
        let fields = self.end_members(begin);
        let class = match &self.stream.nodes[node as usize] {
            Node::Object { class, .. } => self.stream.class(*class).name.clone(),
            _ => Cow::Borrowed(""),
        };
        self.out.push(object(class, fields, payload));
    }

    /// The members of an object, the last one first. A field that a class below has as well is left
    /// out.
    #[inline(never)]
    fn parts(&mut self, node: u32, levels: &'s [Level<'a>]) -> Shown<Vec<(Step<'s, 'a>, Part<'a>)>> {
        let stream = self.stream;
        let mut parts = Vec::with_capacity(levels.iter().map(|level| level.fields.len()).sum());
        if let Node::Object { class, .. } = &stream.nodes[node as usize] {
            let class = stream.class(*class);
            self.spend(0, class.name.len(), node)?;
            if !class.interfaces.is_empty() {
                let bytes = class.interfaces.iter().map(|name| name.len()).sum();
                self.spend(class.interfaces.len(), bytes, node)?;
                let names = class.interfaces.iter().cloned().map(Value::Text).collect();
                parts.push((Step::Fixed("interfaces"), Part::Ready(Value::List(names))));
            }
        }
        for (at, level) in levels.iter().enumerate() {
            let class = stream.class(level.class);
            for (field, item) in class.fields.iter().zip(&level.fields) {
                let below = &levels[at + 1..];
                if below.is_empty() || self.field(below, &field.name).is_none() {
                    self.spend(0, field.name.len(), node)?;
                    parts.push((Step::Field(&field.name), Part::Item(*item)));
                }
            }
            match &*class.name {
                SHIRO_SESSION => shiro_session(level, &mut parts),
                SHIRO_PRINCIPALS => {
                    let realms = level.extra.iter().find(|item| !matches!(item, Item::Block(_)));
                    parts.extend(realms.map(|realms| (Step::Fixed("realmPrincipals"), Part::Item(*realms))));
                }
                _ => {}
            }
        }
        parts.reverse();
        Ok(parts)
    }

    /// What unknown classes added to their fields, each run of block data as one: where the writer
    /// cut it (every 1024 bytes) means nothing.
    fn payload(&mut self, levels: &'s [Level<'a>]) -> Shown<()> {
        let extra = self.unread(levels);
        if extra.is_empty() {
            return Ok(());
        }
        let begin = self.out.len();
        let mut at = 0;
        while at < extra.len() {
            let run = blocks_from(&extra[at..]);
            if run > 1 {
                self.blocks(&extra[at..at + run]);
            } else {
                self.at(Step::Index(self.out.len() - begin), extra[at])?;
            }
            at += run.max(1);
        }
        self.end_list(begin);
        Ok(())
    }

    #[inline(never)]
    fn unread(&self, levels: &[Level<'a>]) -> Vec<Item<'a>> {
        let is_read = |level: &&Level<'a>| {
            [SHIRO_SESSION, SHIRO_PRINCIPALS].contains(&&*self.stream.class(level.class).name)
        };
        levels.iter().filter(|level| !is_read(level)).flat_map(|level| &level.extra).copied().collect()
    }

    #[inline(never)]
    fn blocks(&mut self, run: &[Item<'a>]) {
        self.out.push(Value::Bytes(block_bytes(run)));
    }

    /// What holds nothing else.
    #[inline(never)]
    fn leaf(&mut self, node: u32, shape: Shape, levels: &'s [Level<'a>]) -> Shown<bool> {
        let field = |name| self.field(levels, name);
        let int = |name| match field(name) {
            Some(Item::Int(number)) => Some(number),
            _ => None,
        };
        let date = |text: Option<String>| text.map(|text| Value::Date(Cow::Owned(text)));
        let extra = levels.iter().map(|level| &level.extra[..]).find(|extra| !extra.is_empty());
        let bytes = || block_bytes(extra.unwrap_or_default());
        let millis = || Some(i64::from_be_bytes(*bytes().first_chunk()?));
        let value = match shape {
            Shape::Nothing => Some(Value::List(Vec::new())),
            Shape::NoSet => Some(Value::Set(Vec::new())),
            Shape::NoMap => Some(Value::Map(Vec::new())),
            Shape::Millis => date(millis().and_then(time::millis)),
            Shape::Timestamp => {
                date(millis().zip(int("nanos")).and_then(|(millis, nanos)| time::timestamp(millis, nanos)))
            }
            Shape::Calendar => date(int("time").and_then(time::millis)),
            Shape::Time => time::ser(&bytes()),
            Shape::Uuid => int("mostSigBits").zip(int("leastSigBits")).map(|(most, least)| uuid(most, least)),
            Shape::BigInteger => {
                let digits = self.big_integer(levels);
                self.pay(node, digits.as_deref())?;
                digits.map(number::integer)
            }
            Shape::BigDecimal => {
                let inner = match field("intVal") {
                    Some(Item::Node(inner)) => Some(&self.stream.nodes[inner as usize]),
                    _ => None,
                };
                let digits = match inner {
                    Some(Node::Object { levels, .. }) => self.big_integer(levels),
                    _ => None,
                };
                let text =
                    digits.zip(int("scale")).and_then(|(digits, scale)| number::decimal(&digits, scale));
                self.pay(node, text.as_deref())?;
                text.map(|text| Value::Decimal(Cow::Owned(text)))
            }
            Shape::Builder => {
                let units = self.characters(levels);
                self.spend(0, units.map_or(0, <[u8]>::len), node)?;
                units.map(|units| Value::Text(Cow::Owned(utf16(units))))
            }
            Shape::Bits => {
                let words = match field("bits") {
                    Some(Item::Node(words)) => Some(&self.stream.nodes[words as usize]),
                    _ => None,
                };
                let words: &[u8] = match words {
                    Some(Node::Primitives { kind: b'J', bytes }) => bytes,
                    _ => return Ok(false),
                };
                let count = words.iter().map(|byte| byte.count_ones() as usize).sum();
                if count > MOST_BITS {
                    return Ok(false);
                }
                self.spend(count, 0, node)?;
                Some(Value::Set(bits(words).map(Value::Int).collect()))
            }
            _ => None,
        };
        let found = value.is_some();
        self.out.extend(value);
        Ok(found)
    }

    /// The UTF-16 units of a StringBuilder, which writes its count and all its array after its fields,
    /// or of a StringBuffer, which writes them as fields. What the array has after the text is left
    /// from before.
    fn characters(&self, levels: &[Level<'a>]) -> Option<&'s [u8]> {
        let extra = &levels.last()?.extra;
        let (count, array) = match self.field(levels, "count").zip(self.field(levels, "value")) {
            Some((Item::Int(count), array)) => (usize::try_from(count).ok()?, array),
            Some(_) => return None,
            None => {
                let count = u32::from_be_bytes(*block_bytes(extra).first_chunk()?);
                (count as usize, *extra.iter().find(|item| matches!(item, Item::Node(_)))?)
            }
        };
        let Item::Node(array) = array else { return None };
        let stream = self.stream;
        match &stream.nodes[array as usize] {
            Node::Primitives { kind: b'C', bytes } => bytes.get(..count.checked_mul(2)?),
            _ => None,
        }
    }

    /// Long numbers take long to convert, each time.
    fn pay(&mut self, node: u32, digits: Option<&str>) -> Shown<()> {
        let length = digits.map_or(0, str::len);
        self.spend(length * length / 4096, length, node)
    }

    fn big_integer(&self, levels: &[Level<'a>]) -> Option<String> {
        let (Item::Int(sign), Item::Node(magnitude)) =
            (self.field(levels, "signum")?, self.field(levels, "magnitude")?)
        else {
            return None;
        };
        match &self.stream.nodes[magnitude as usize] {
            Node::Primitives { kind: b'B', bytes } => number::digits(sign, bytes),
            _ => None,
        }
    }
}

fn uuid<'a>(most: i64, least: i64) -> Value<'a> {
    let (most, least) = (most as u64, least as u64);
    Value::Uuid(Cow::Owned(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        most >> 32,
        most >> 16 & 0xffff,
        most & 0xffff,
        least >> 48,
        least & 0xffff_ffff_ffff
    )))
}

/// The members of a Shiro session: sixteen bits say which ones follow (`SimpleSession.writeObject`,
/// Shiro 1.3.2). What is missing or cut short ends them.
fn shiro_session<'a>(level: &Level<'a>, parts: &mut Vec<(Step<'_, 'a>, Part<'a>)>) {
    let bytes = block_bytes(&level.extra);
    let Some((mask, mut rest)) = bytes.split_first_chunk::<2>() else { return };
    let mask = u16::from_be_bytes(*mask);
    let mut objects = level.extra.iter().filter(|item| !matches!(item, Item::Block(_)));
    for (bit, name) in [
        (1, "id"),
        (2, "startTimestamp"),
        (4, "stopTimestamp"),
        (8, "lastAccessTime"),
        (16, "timeout"),
        (32, "expired"),
        (64, "host"),
        (128, "attributes"),
    ] {
        if mask & bit == 0 {
            continue;
        }
        let part = match bit {
            16 => {
                let Some((timeout, more)) = rest.split_first_chunk::<8>() else { return };
                rest = more;
                Part::Item(Item::Int(i64::from_be_bytes(*timeout)))
            }
            32 => {
                let Some((expired, more)) = rest.split_first() else { return };
                rest = more;
                Part::Item(Item::Bool(*expired != 0))
            }
            64 => {
                let host = rest.split_first_chunk::<2>().and_then(|(length, more)| {
                    more.split_at_checked(usize::from(u16::from_be_bytes(*length)))
                });
                let Some((host, more)) = host else { return };
                rest = more;
                Part::Ready(Value::Text(Cow::Owned(modified_utf8(host).into_owned())))
            }
            _ => {
                let Some(object) = objects.next() else { return };
                Part::Item(*object)
            }
        };
        parts.push((Step::Fixed(name), part));
    }
}

/// The eight bytes of the timeout of a session at the top of the stream: they follow the bits that say
/// what is there, since all before them are objects.
pub(super) fn shiro_timeout<'a>(stream: &Stream<'a>) -> Option<&'a [u8]> {
    const MEMBER: u16 = 16;
    let [root] = stream.roots[..] else { return None };
    let Item::Node(node) = root.item else { return None };
    let Node::Object { levels, .. } = stream.nodes.get(node as usize)? else { return None };
    let session = levels
        .iter()
        .find(|level| stream.class(level.class).name == "org.apache.shiro.session.mgt.SimpleSession")?;
    let mut blocks = session.extra.iter().filter_map(|item| match item {
        Item::Block(bytes) => Some(*bytes),
        _ => None,
    });
    let (mask, rest) = blocks.next()?.split_first_chunk::<2>()?;
    let timeout = if rest.is_empty() { blocks.next()? } else { rest };
    (u16::from_be_bytes(*mask) & MEMBER != 0).then(|| timeout.get(..8))?
}

fn utf16(units: &[u8]) -> String {
    let units: Vec<u16> = units.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// The numbers of the bits that are set in big-endian words of 64, the lowest first.
fn bits(words: &[u8]) -> impl Iterator<Item = i64> + '_ {
    words.chunks_exact(8).zip(0_i64..).flat_map(|(word, at)| {
        let set = word.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        (0..64).filter(move |bit| set >> bit & 1 == 1).map(move |bit| at * 64 + bit)
    })
}

fn object<'a>(
    class: Cow<'a, str>,
    fields: Vec<(Cow<'a, str>, Value<'a>)>,
    payload: Option<Value<'a>>,
) -> Value<'a> {
    Value::Object(Box::new(Object { class, fields, payload }))
}

/// A UTF-16 unit by itself; half of a pair is not a character.
fn character(unit: u16) -> char {
    char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The objects that the classes of a hierarchy wrote after their fields.
///
/// The counts in the block data between them say nothing that the end of the data does not.
fn extras<'a>(levels: &[Level<'a>]) -> Vec<Item<'a>> {
    let mut objects = Vec::with_capacity(levels.iter().map(|level| level.extra.len()).sum());
    for level in levels {
        objects.extend(level.extra.iter().filter(|item| !matches!(item, Item::Block(_))));
    }
    objects
}

fn paired<'a>(items: &[Item<'a>]) -> Vec<(Item<'a>, Item<'a>)> {
    items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

#[inline(never)]
fn pairs_of<'a>(levels: &[Level<'a>], shape: Shape) -> Vec<(Item<'a>, Item<'a>)> {
    let mut pairs = paired(&extras(levels));
    if shape == Shape::MapToNull {
        // Two nulls end a ConcurrentHashMap and one a ConcurrentSkipListMap; neither has null keys.
        let full = pairs.iter().take_while(|(key, _)| *key != Item::Null).count();
        pairs.truncate(full);
    }
    pairs
}

/// How many pieces of block data these begin with.
fn blocks_from(extra: &[Item<'_>]) -> usize {
    extra.iter().take_while(|item| matches!(item, Item::Block(_))).count()
}

/// All block data of a class in a row; where it was cut means nothing.
fn block_bytes<'a>(extra: &[Item<'a>]) -> Cow<'a, [u8]> {
    let mut blocks = extra.iter().filter_map(|item| match item {
        Item::Block(bytes) => Some(*bytes),
        _ => None,
    });
    let first = blocks.next().unwrap_or_default();
    let mut all = Cow::Borrowed(first);
    for more in blocks {
        all.to_mut().extend_from_slice(more);
    }
    all
}
