//! What calls in a pickle mean: the classes of Python that session data are made of are shown as the set,
//! map, number or date that they are, everything else as a class with its arguments and its state.

use std::borrow::Cow;
use std::collections::HashMap;

use super::time::{self, Zone};
use super::{Call, NAME, Thing};
use crate::codec::graph::{Class, Graph, Item, Kind};
use crate::codec::{DecodeError, Parsed, integer};
use crate::value::Value;

/// Marks a node that is not a thing.
const NONE: u32 = u32::MAX;

/// Names in names that are followed.
const NESTED: usize = 8;

/// The longest name that is put together of others.
const LONGEST: usize = 256;

/// Values that may be copied to be shown otherwise, beyond as many as there are.
const COPIED: usize = 64 << 10;

/// Says of each thing in the graph what it is shown as.
pub(super) fn settle<'a>(graph: &mut Graph<'a>, things: Vec<Thing<'a>>) -> Parsed<()> {
    let mut of = vec![NONE; graph.nodes.len()];
    let mut nodes = vec![0; things.len()];
    for (number, node) in graph.nodes.iter().enumerate() {
        if let Kind::Pending(thing) = node.kind {
            of[number] = thing;
            nodes[thing as usize] = number as u32;
        }
    }
    let copies = graph.held() + COPIED;
    let mut settle = Settle { graph, things, of, classes: HashMap::new(), copies };
    for (thing, node) in nodes.into_iter().enumerate() {
        settle.one(thing, node)?;
    }
    Ok(())
}

/// What a call is shown as.
enum Shown<'a> {
    Value(Value<'a>),
    /// As that item.
    Same(Item<'a>),
    /// As what another node holds but the first few.
    Share(Kind, u32, u32),
    Row(Kind, Vec<Item<'a>>),
}

struct Settle<'g, 'a> {
    graph: &'g mut Graph<'a>,
    things: Vec<Thing<'a>>,
    /// The thing that each node is.
    of: Vec<u32>,
    /// The places of the classes' names, by node.
    classes: HashMap<u32, u32>,
    copies: usize,
}

impl<'a> Settle<'_, 'a> {
    fn one(&mut self, thing: usize, node: u32) -> Parsed<()> {
        let call = match self.things[thing] {
            Thing::Call(call) => call,
            Thing::Global { .. } | Thing::Owned { .. } => {
                let class = self.class(node, NESTED);
                self.graph.set_kind(node, Kind::Reference(class));
                return Ok(());
            }
        };
        let shown = match self.known(&call)? {
            Some(shown) => shown,
            None => self.plain(&call)?,
        };
        match shown {
            Shown::Value(value) => {
                let item = self.graph.leaf(value);
                self.graph.become_row(node, Kind::Same, &[item])
            }
            Shown::Same(item) => self.graph.become_row(node, Kind::Same, &[item]),
            Shown::Share(kind, of, skip) => {
                self.graph.share(node, kind, of, skip);
                Ok(())
            }
            Shown::Row(kind, items) => self.graph.become_row(node, kind, &items),
        }
    }

    fn copied(&mut self, node: u32, count: usize) -> Parsed<()> {
        let Some(left) = self.copies.checked_sub(count) else {
            let at = self.graph.nodes[node as usize].at as usize;
            return Err(Box::new(DecodeError::new(NAME, at, "objects share too much")));
        };
        self.copies = left;
        Ok(())
    }

    // Names.

    fn thing(&self, node: u32) -> Option<&Thing<'a>> {
        let place = *self.of.get(node as usize)?;
        self.things.get(place as usize)
    }

    /// The call that an item is.
    fn call(&self, item: Item<'a>) -> Option<&Call<'a>> {
        match item {
            Item::Node(node) => match self.thing(node)? {
                Thing::Call(call) => Some(call),
                _ => None,
            },
            _ => None,
        }
    }

    /// The module and the name of a class or function, as Python 3 has them.
    fn global(&self, node: u32) -> Option<(&'a str, &'a str)> {
        match self.thing(node)? {
            Thing::Global { module, name } => Some(modern(module, name)),
            _ => None,
        }
    }

    fn args(&self, call: &Call<'a>) -> &[Item<'a>] {
        call.args.map_or(&[], |args| self.graph.items(args))
    }

    /// The place of the name of what is called.
    fn class(&mut self, node: u32, depth: usize) -> u32 {
        if let Some(class) = self.classes.get(&node) {
            return *class;
        }
        let class = match self.thing(node) {
            Some(Thing::Global { module, name }) => {
                let (module, name) = modern(module, name);
                self.graph.new_class(Class::Joined(module, name))
            }
            Some(Thing::Owned { place }) => *place,
            Some(Thing::Call(call)) if depth > 0 => {
                let call = *call;
                let (of, end) = match self.attribute(&call) {
                    Some((outer, name)) => (outer, format!(".{name}")),
                    None => (call.callable, "()".to_string()),
                };
                let of = self.class(of, depth - 1);
                let name = &self.graph.classes[of as usize];
                // Names that grow from one to the next would be longer than the input in the end.
                if name.len() + end.len() > LONGEST {
                    of
                } else {
                    let name = format!("{}{end}", name.name());
                    self.graph.class(name)
                }
            }
            _ => self.graph.class("object"),
        };
        self.classes.insert(node, class);
        class
    }

    /// What `getattr` is called with.
    fn attribute(&self, call: &Call<'a>) -> Option<(u32, Cow<'a, str>)> {
        if self.global(call.callable)? != ("builtins", "getattr") {
            return None;
        }
        match self.args(call) {
            [Item::Node(outer), name] if self.thing(*outer).is_some() => {
                Some((*outer, self.graph.text(*name)?))
            }
            _ => None,
        }
    }

    /// The module and name of a class, or of a class in a class.
    fn path(&self, node: u32) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
        if let Some((module, name)) = self.global(node) {
            return Some((Cow::Borrowed(module), Cow::Borrowed(name)));
        }
        let (outer, name) = self.attribute(self.call(Item::Node(node))?)?;
        let (module, outer) = self.global(outer)?;
        Some((Cow::Borrowed(module), Cow::Owned(format!("{outer}.{name}"))))
    }

    // Classes that are known.

    fn known(&mut self, call: &Call<'a>) -> Parsed<Option<Shown<'a>>> {
        if let Some((_, name)) = self.attribute(call) {
            return Ok(Some(Shown::Value(Value::Text(name))));
        }
        let Some((module, name)) = self.global(call.callable) else { return Ok(None) };
        Ok(match (module, name) {
            ("datetime", _) => self.of_datetime(call, name).map(Shown::Value),
            ("decimal" | "_decimal" | "cdecimal", "Decimal") => self.of_decimal(call).map(Shown::Value),
            ("uuid", "UUID") => self.of_uuid(call).map(Shown::Value),
            ("_codecs", "encode") => {
                let bytes = self.bytes(Item::Node(NONE), Some(call), 0);
                bytes.map(|bytes| Shown::Value(Value::Bytes(bytes)))
            }
            ("builtins", _) => return self.of_builtins(call, name),
            ("collections", _) => return self.of_collections(call, name),
            ("copyreg" | "_reconstructor", _) => return self.of_copyreg(call, name),
            _ if is_text_class(module, name) && call.items.is_none() && call.pairs.is_none() => {
                match self.args(call) {
                    [text] if self.graph.is_text(*text) => Some(Shown::Same(*text)),
                    [] => Some(Shown::Value(Value::Text(Cow::Borrowed("")))),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    fn of_decimal(&self, call: &Call<'a>) -> Option<Value<'a>> {
        let [text] = self.args(call) else { return None };
        let text = self.graph.text(*text)?;
        let numeric = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        (!text.is_empty() && text.bytes().all(numeric)).then_some(Value::Decimal(text))
    }

    fn of_uuid(&self, call: &Call<'a>) -> Option<Value<'a>> {
        let Some(Item::Node(state)) = call.state else { return None };
        if self.graph.kind(state) != Kind::Map {
            return None;
        }
        let pairs = self.graph.items(state).chunks_exact(2);
        let number = pairs.rev().find(|pair| self.graph.text(pair[0]).as_deref() == Some("int"))?[1];
        let number = match number {
            Item::Int(number) => u128::try_from(number).ok()?,
            Item::Leaf(place) => match self.graph.leaf_at(place) {
                Value::UInt(number) => u128::from(*number),
                Value::BigInt(digits) => digits.parse().ok()?,
                _ => return None,
            },
            _ => return None,
        };
        let hex = format!("{number:032x}");
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        Some(Value::Uuid(Cow::Owned(parts.join("-"))))
    }

    /// The bytes that an item is, or a call; text stands for the bytes of its own encoding where it is so
    /// long, else for its characters in Latin-1.
    fn bytes(&self, item: Item<'a>, call: Option<&Call<'a>>, length: usize) -> Option<Cow<'a, [u8]>> {
        let latin = |text: &str| -> Option<Cow<'a, [u8]>> {
            let bytes: Option<Vec<u8>> =
                text.chars().map(|unit| u8::try_from(u32::from(unit)).ok()).collect();
            bytes.map(Cow::Owned)
        };
        if let Some(call) = call.or_else(|| self.call(item)) {
            let (module, name) = self.global(call.callable)?;
            return match (module, name, self.args(call)) {
                ("_codecs", "encode", [text, encoding, ..]) => {
                    let encoding = self.graph.text(*encoding)?;
                    let text = self.graph.text(*text)?;
                    match &*encoding {
                        "latin1" | "latin-1" | "iso-8859-1" => latin(&text),
                        _ => Some(match text {
                            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                        }),
                    }
                }
                ("builtins", "bytes", []) => Some(Cow::Borrowed(&[])),
                ("builtins", "bytes", [Item::Bytes(bytes)]) => Some(Cow::Borrowed(bytes)),
                _ => None,
            };
        }
        match item {
            Item::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
            Item::Leaf(place) => match self.graph.leaf_at(place) {
                Value::Bytes(bytes) => Some(bytes.clone()),
                Value::Text(text) if text.len() == length => Some(Cow::Owned(text.as_bytes().to_vec())),
                Value::Text(text) => latin(text),
                _ => None,
            },
            Item::Text(text) if text.len() == length => Some(Cow::Borrowed(text.as_bytes())),
            Item::Text(text) => latin(text),
            _ => None,
        }
    }

    fn exactly<const N: usize>(&self, item: Item<'a>) -> Option<[u8; N]> {
        self.bytes(item, None, N)?.as_ref().try_into().ok()
    }

    fn of_datetime(&self, call: &Call<'a>, name: &str) -> Option<Value<'a>> {
        let args = self.args(call);
        let numbers = || -> Option<Vec<i64>> {
            args.iter()
                .take(7)
                .map_while(|item| match item {
                    Item::Int(number) => Some(Some(*number)),
                    _ => None,
                })
                .collect()
        };
        let zone = |place: usize| args.get(place).map_or(Zone::Local, |item| self.zone(*item));
        let text = match name {
            "date" => match args {
                [bytes] => time::date(self.exactly(*bytes)?)?,
                [Item::Int(year), Item::Int(month), Item::Int(day)] => time::day_of(*year, *month, *day)?,
                _ => return None,
            },
            "datetime" => match args {
                [Item::Int(year), Item::Int(month), Item::Int(day), ..] => {
                    let numbers = numbers()?;
                    let part = |place: usize| numbers.get(place).copied().unwrap_or(0);
                    let clock = time::clock(part(3), part(4), part(5), part(6))?;
                    time::zoned(format!("{}T{clock}", time::day_of(*year, *month, *day)?), &zone(7))
                }
                [bytes] | [bytes, _] => time::zoned(time::datetime(self.exactly(*bytes)?)?, &zone(1)),
                _ => return None,
            },
            "time" => match args {
                [Item::Int(_), ..] => {
                    let numbers = numbers()?;
                    let part = |place: usize| numbers.get(place).copied().unwrap_or(0);
                    time::zoned(time::clock(part(0), part(1), part(2), part(3))?, &zone(4))
                }
                [bytes] | [bytes, _] => time::zoned(time::time(self.exactly(*bytes)?)?, &zone(1)),
                _ => return None,
            },
            _ => return None,
        };
        Some(Value::Date(Cow::Owned(text)))
    }

    /// The seconds of a `timedelta`.
    fn seconds(&self, item: Item<'a>) -> Option<i64> {
        let call = self.call(item)?;
        if self.global(call.callable)? != ("datetime", "timedelta") {
            return None;
        }
        let mut parts = [0; 2];
        for (part, item) in parts.iter_mut().zip(self.args(call)) {
            let Item::Int(number) = item else { return None };
            *part = *number;
        }
        parts[0].checked_mul(86_400)?.checked_add(parts[1])
    }

    /// The zone that an item stands for (`datetime`, `zoneinfo`, pytz, dateutil, Django, psycopg2).
    fn zone(&self, item: Item<'a>) -> Zone {
        self.known_zone(item)
            .filter(|zone| !matches!(zone, Zone::Offset(seconds) if seconds.abs() > 172_800))
            .unwrap_or(Zone::Local)
    }

    fn known_zone(&self, item: Item<'a>) -> Option<Zone> {
        let call = self.call(item)?;
        let (module, name) = self.path(call.callable)?;
        let args = self.args(call);
        let number = |place: usize| match args.get(place) {
            Some(Item::Int(number)) => Some(*number),
            _ => None,
        };
        Some(match (&*module, &*name) {
            ("datetime", "timezone") => Zone::Offset(self.seconds(*args.first()?)?),
            ("zoneinfo", "ZoneInfo._unpickle" | "ZoneInfo") => {
                let name = self.graph.text(*args.first()?)?;
                if name.len() > 64 {
                    return None;
                }
                match &*name {
                    "UTC" | "Etc/UTC" => Zone::Offset(0),
                    name => Zone::Named(name.to_string()),
                }
            }
            ("pytz", "_UTC") => Zone::Offset(0),
            ("pytz", "_p") => Zone::Offset(number(1)?),
            ("pytz", "FixedOffset" | "_FixedOffset") => Zone::Offset(number(0)?.checked_mul(60)?),
            (_, "tzutc" | "UTC" | "Utc") => Zone::Offset(0),
            (_, name) if name.contains("FixedOffset") || name.contains("tzoffset") => {
                let offset = args.iter().find_map(|item| match item {
                    Item::Int(minutes) => minutes.checked_mul(60),
                    item => self.seconds(*item),
                });
                Zone::Offset(offset.or_else(|| self.offset_in(call.state?))?)
            }
            _ => return None,
        })
    }

    /// The offset in the state of a zone.
    fn offset_in(&self, state: Item<'a>) -> Option<i64> {
        let Item::Node(state) = state else { return None };
        if self.graph.kind(state) != Kind::Map {
            return None;
        }
        self.graph.items(state).chunks_exact(2).take(16).find_map(|pair| {
            if !self.graph.text(pair[0])?.ends_with("offset") {
                return None;
            }
            match pair[1] {
                Item::Int(minutes) => minutes.checked_mul(60),
                item => self.seconds(item),
            }
        })
    }

    fn of_builtins(&mut self, call: &Call<'a>, name: &str) -> Parsed<Option<Shown<'a>>> {
        let first = self.args(call).first().copied();
        let count = self.args(call).len();
        Ok(match (name, first) {
            ("set" | "frozenset", None) => Some(
                call.items
                    .map_or(Shown::Row(Kind::Set, Vec::new()), |items| Shown::Share(Kind::Set, items, 0)),
            ),
            ("set" | "frozenset", Some(of)) if count == 1 => self.collected(of, Kind::Set),
            ("list", None) => Some(
                call.items
                    .map_or(Shown::Row(Kind::List, Vec::new()), |items| Shown::Share(Kind::List, items, 0)),
            ),
            ("list" | "tuple", Some(of)) if count == 1 && call.items.is_none() => {
                self.collected(of, Kind::List)
            }
            ("tuple", None) => Some(Shown::Row(Kind::List, Vec::new())),
            ("dict", None) => Some(
                call.pairs
                    .map_or(Shown::Row(Kind::Map, Vec::new()), |pairs| Shown::Share(Kind::Map, pairs, 0)),
            ),
            ("dict", Some(of)) if count == 1 && call.pairs.is_none() => self.paired(of)?,
            ("bytes" | "bytearray", None) => Some(Shown::Value(Value::Bytes(Cow::Borrowed(&[])))),
            ("bytes" | "bytearray", Some(of)) => match self.call(of) {
                Some(_) => self.bytes(of, None, 0).map(|bytes| Shown::Value(Value::Bytes(bytes))),
                None if count == 1 && matches!(of, Item::Bytes(_)) => Some(Shown::Same(of)),
                // Python 2 names the encoding of its text.
                None if count == 2 => {
                    self.bytes(of, None, usize::MAX).map(|bytes| Shown::Value(Value::Bytes(bytes)))
                }
                None => None,
            },
            ("str", Some(of)) if count == 1 && self.graph.is_text(of) => Some(Shown::Same(of)),
            ("str", None) => Some(Shown::Value(Value::Text(Cow::Borrowed("")))),
            ("int" | "float" | "bool", Some(of)) if count == 1 => match of {
                Item::Int(_) | Item::Float(_) | Item::Bool(_) => Some(Shown::Same(of)),
                Item::Text(text) if name == "int" => integer::decimal(text).map(Shown::Value),
                _ => None,
            },
            _ => None,
        })
    }

    fn of_collections(&mut self, call: &Call<'a>, name: &str) -> Parsed<Option<Shown<'a>>> {
        let first = self.args(call).first().copied();
        Ok(match (name, first) {
            ("OrderedDict", Some(of)) if call.pairs.is_none() => self.paired(of)?,
            ("Counter", Some(of)) if call.pairs.is_none() => self.paired(of)?,
            ("OrderedDict" | "Counter", None) | ("defaultdict", _) => Some(
                call.pairs
                    .map_or(Shown::Row(Kind::Map, Vec::new()), |pairs| Shown::Share(Kind::Map, pairs, 0)),
            ),
            ("deque", first) => match (call.items, first) {
                (Some(items), None) => Some(Shown::Share(Kind::List, items, 0)),
                (None, None) => Some(Shown::Row(Kind::List, Vec::new())),
                (None, Some(of)) => self.collected(of, Kind::List),
                // Made of a list and then filled: of both, which is an empty list and what was appended.
                (Some(items), Some(Item::Leaf(0))) => Some(Shown::Share(Kind::List, items, 0)),
                (Some(items), Some(Item::Node(of))) if self.graph.items(of).is_empty() => {
                    Some(Shown::Share(Kind::List, items, 0))
                }
                _ => None,
            },
            _ => None,
        })
    }

    /// The items of a list, tuple or set as another kind.
    fn collected(&self, of: Item<'a>, kind: Kind) -> Option<Shown<'a>> {
        match of {
            Item::Leaf(0) => Some(Shown::Row(kind, Vec::new())),
            Item::Node(node) if matches!(self.graph.kind(node), Kind::List | Kind::Tuple | Kind::Set) => {
                Some(Shown::Share(kind, node, 0))
            }
            _ => None,
        }
    }

    /// A dict, or a list of pairs, as a map.
    fn paired(&mut self, of: Item<'a>) -> Parsed<Option<Shown<'a>>> {
        let node = match of {
            Item::Leaf(0) => return Ok(Some(Shown::Row(Kind::Map, Vec::new()))),
            Item::Node(node) => node,
            _ => return Ok(None),
        };
        match self.graph.kind(node) {
            Kind::Map => return Ok(Some(Shown::Share(Kind::Map, node, 0))),
            Kind::List | Kind::Tuple => {}
            _ => return Ok(None),
        }
        self.copied(node, 2 * self.graph.items(node).len())?;
        let mut row = Vec::new();
        for pair in self.graph.items(node) {
            let Item::Node(pair) = pair else { return Ok(None) };
            match (self.graph.kind(*pair), self.graph.items(*pair)) {
                (Kind::List | Kind::Tuple, [key, value]) => row.extend([*key, *value]),
                _ => return Ok(None),
            }
        }
        Ok(Some(Shown::Row(Kind::Map, row)))
    }

    fn of_copyreg(&mut self, call: &Call<'a>, name: &str) -> Parsed<Option<Shown<'a>>> {
        let args = self.args(call);
        let Some(Item::Node(class)) = args.first().copied() else { return Ok(None) };
        if self.thing(class).is_none() {
            return Ok(None);
        }
        let args_node = call.args;
        let mut inner = Call { callable: class, args: None, ..*call };
        match (name, args) {
            ("_reconstructor", [_, Item::Node(base), state]) => {
                let base = self.global(*base);
                let state = *state;
                if base != Some(("builtins", "object")) {
                    // The value of the class that it is a subclass of.
                    let at = self.graph.nodes[class as usize].at as usize;
                    let known = self.global(class).is_some_and(|(module, name)| is_text_class(module, name));
                    if known && self.graph.is_text(state) {
                        return Ok(Some(Shown::Same(state)));
                    }
                    let class = self.class(class, NESTED);
                    let row = self.row(class, Some(state), call, at)?;
                    return Ok(Some(row));
                }
            }
            ("__newobj__", _) => {
                if let Some(args) = args_node {
                    let at = self.graph.nodes[args as usize].at as usize;
                    let rest = self.graph.node(Kind::Tuple, at, &[])?;
                    self.graph.share(rest, Kind::Tuple, args, 1);
                    inner.args = (!self.graph.items(rest).is_empty()).then_some(rest);
                }
            }
            ("__newobj_ex__", [_, args, named]) => {
                let (args, named) = (*args, *named);
                inner.args = match args {
                    Item::Node(node) if self.graph.kind(node) == Kind::Tuple => Some(node),
                    _ => None,
                };
                inner.named = match named {
                    Item::Node(node) if self.graph.kind(node) == Kind::Map => Some(node),
                    _ => None,
                };
            }
            _ => return Ok(None),
        }
        match self.known(&inner)? {
            Some(shown) => Ok(Some(shown)),
            None => self.plain(&inner).map(Some),
        }
    }

    // Everything else.

    /// A class with its arguments, or what it collected, and the fields of its state.
    fn plain(&mut self, call: &Call<'a>) -> Parsed<Shown<'a>> {
        let class = self.class(call.callable, NESTED);
        let at = self.graph.nodes[call.callable as usize].at as usize;
        let payload = call.args.map(Item::Node);
        self.row(class, payload, call, at)
    }

    fn row(
        &mut self,
        class: u32,
        payload: Option<Item<'a>>,
        call: &Call<'a>,
        at: usize,
    ) -> Parsed<Shown<'a>> {
        let state = call.state.and_then(|state| self.state(state));
        let (mut fields, mut other) = (Vec::new(), None);
        match state {
            Some(State::Fields(node)) => {
                if payload.is_none() && call.items.is_none() && call.pairs.is_none() && call.named.is_none() {
                    return Ok(Shown::Share(Kind::Object(class), node, 0));
                }
                fields.push(node);
            }
            Some(State::Both(first, second)) => {
                fields.extend(first);
                fields.push(second);
            }
            Some(State::Other(item)) => other = Some(item),
            None => {}
        }
        let mut candidates = [payload, call.items.map(Item::Node), call.pairs.map(Item::Node), other]
            .into_iter()
            .zip(["$args", "$items", "$pairs", "$state"]);
        let value = candidates.by_ref().find_map(|(item, _)| item);
        let mut row: Vec<Item<'a>> = value.into_iter().collect();
        for node in call.named.into_iter().chain(fields) {
            let count = self.graph.items(node).len();
            self.copied(node, count)?;
            if self.all_text(node) {
                row.extend_from_slice(self.graph.items(node));
            }
        }
        for (item, name) in candidates {
            if let Some(item) = item {
                row.extend([Item::Text(name), item]);
            }
        }
        let _ = at;
        Ok(Shown::Row(if value.is_some() { Kind::Valued(class) } else { Kind::Object(class) }, row))
    }

    fn all_text(&self, node: u32) -> bool {
        self.graph.items(node).iter().step_by(2).all(|name| self.graph.is_text(*name))
    }

    fn fields(&self, item: Item<'a>) -> Option<u32> {
        match item {
            Item::Node(node) if self.graph.kind(node) == Kind::Map && self.all_text(node) => Some(node),
            _ => None,
        }
    }

    /// What a state is: a dict of fields, the same with that of `__slots__`, or what the class wanted.
    fn state(&self, state: Item<'a>) -> Option<State<'a>> {
        match state {
            Item::Null | Item::Bool(false) | Item::Leaf(0) => return None,
            Item::Node(node) => {
                if let Some(node) = self.fields(state) {
                    return Some(State::Fields(node));
                }
                if self.graph.kind(node) == Kind::Tuple
                    && let [first, second] = self.graph.items(node)
                    && let Some(second) = self.fields(*second)
                {
                    match first {
                        Item::Null => return Some(State::Both(None, second)),
                        first => {
                            if let Some(first) = self.fields(*first) {
                                return Some(State::Both(Some(first), second));
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        Some(State::Other(state))
    }
}

enum State<'a> {
    Fields(u32),
    Both(Option<u32>, u32),
    Other(Item<'a>),
}

/// The classes whose instances are text that was marked as safe.
fn is_text_class(module: &str, name: &str) -> bool {
    matches!(
        (module, name),
        ("django.utils.safestring", "SafeString" | "SafeText" | "SafeUnicode" | "SafeBytes")
            | ("markupsafe" | "markupsafe._native" | "jinja2._markupsafe", "Markup")
            | ("django.utils.encoding", "StrAndUnicode")
    )
}

/// The names of Python 2 as Python 3 has them (Lib/_compat_pickle.py).
fn modern<'a>(module: &'a str, name: &'a str) -> (&'a str, &'a str) {
    match module {
        "__builtin__" => (
            "builtins",
            match name {
                "unicode" | "basestring" => "str",
                "long" => "int",
                "xrange" => "range",
                name => name,
            },
        ),
        "copy_reg" => ("copyreg", name),
        "exceptions" => ("builtins", name),
        "UserDict" | "UserList" | "UserString" => ("collections", name),
        module => (module, name),
    }
}
