//! What the readers of PHP's serializers share: building values, and the numbers by which data refer
//! to what came before.
//!
//! All of these formats write a graph: an object or a reference that occurs again is written as the
//! number of its first occurrence. A [`Value`] is a tree, so an occurrence is written out each time.
//! It is not copied but read again from the place where it began, which needs no record of what was
//! read but one offset a number. What would never end (a container inside itself) becomes
//! [`Value::Ref`]; what would end too late (references to references to …) is an error.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::codec::{DecodeError, FEW_MEMBERS, Limits, Parsed, last_wins};
use crate::value::{Object, Value};

/// Values that references may add by being written out.
const REPEATED_VALUES: usize = 1 << 19;
/// Bytes of text that they may add, in what is written out and in pointers.
const REPEATED_BYTES: usize = 32 << 20;

/// Items from which on a list is not copied to be of the right size.
const LONG: usize = 1 << 12;

/// What the reader has to know to read the value of a number again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    /// Where the value begins.
    pub(crate) at: u32,
    /// How many strings were known there (igbinary).
    pub(crate) strings: u32,
    /// Its own number; another one where this is the same object again, 0 where that was not to be
    /// found.
    pub(crate) number: u32,
    /// The place of its frame, from 1 on, as long as it is open.
    frame: u32,
}

/// What a number stands for.
pub(crate) enum Found {
    /// A container around this place: the place of its frame.
    Around(usize),
    /// A value read before.
    Before(Slot),
    /// Nothing that could be known.
    Unknown,
    /// No value has this number.
    Nothing,
}

/// What is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An array, as long as its keys are 0, 1, 2, ….
    List,
    /// An array of other keys, or the members of an object.
    Members,
    /// What a class wrote by itself.
    Payload,
}

#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// The number of the container, 0 if it has none.
    number: u32,
    /// The place of the frame of the same container around this one, from 1 on: where one is read again,
    /// what it is in itself may be met inside it, not by its number but as it was first written.
    outer: u32,
    /// How much there was on the stacks when it was opened.
    items: usize,
    members: usize,
}

/// The key of a member.
#[derive(Debug)]
pub(crate) enum Key<'a> {
    Int(i64),
    /// An integer with its text.
    Literal(i64, &'a str),
    Name(Cow<'a, str>),
}

/// A state to return to when an attempt fails.
pub(crate) struct Mark {
    frames: usize,
    items: usize,
    members: usize,
    slots: usize,
    given: usize,
    repeating: bool,
}

pub(crate) struct Tree<'a> {
    codec: &'static str,
    /// The pointer to the root, where the value is a part of something greater.
    base: Cow<'a, str>,
    depth: usize,
    values: usize,
    /// How many values there may be in all at this moment.
    allowed: usize,
    limit: usize,
    /// Whether something is being read again.
    pub(crate) repeating: bool,
    /// How many values there were when that began.
    since: usize,
    /// How many values were read again, and bytes of text.
    repeated: usize,
    spent: usize,
    /// What the open containers hold so far, the innermost last. A finished one takes its share in
    /// one allocation of the right size instead of growing its own.
    items: Vec<Value<'a>>,
    members: Vec<(Cow<'a, str>, Value<'a>)>,
    frames: Vec<Frame>,
    slots: Vec<Slot>,
    /// How many numbers were given up to this place; less than there are where it is read again.
    pub(crate) given: usize,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(codec: &'static str, limits: &Limits, base: Cow<'a, str>) -> Self {
        Tree {
            codec,
            base,
            depth: limits.depth,
            values: 0,
            allowed: limits.values,
            limit: limits.values,
            repeating: false,
            since: 0,
            repeated: 0,
            spent: 0,
            // What a session usually takes, instead of growing there step by step.
            items: Vec::with_capacity(4),
            members: Vec::with_capacity(16),
            frames: Vec::with_capacity(8),
            slots: Vec::with_capacity(32),
            given: 0,
        }
    }

    #[cold]
    pub(crate) fn fault<T>(&self, at: usize, reason: impl Into<String>) -> Parsed<T> {
        Err(Box::new(DecodeError::new(self.codec, at, reason)))
    }

    /// Counts one more value.
    #[inline]
    pub(crate) fn count(&mut self, at: usize) -> Parsed<()> {
        self.values += 1;
        if self.values > self.allowed { self.too_many(at) } else { Ok(()) }
    }

    #[cold]
    fn too_many(&self, at: usize) -> Parsed<()> {
        if self.repeating && self.values <= self.limit {
            self.fault(at, format!("references repeat more than {REPEATED_VALUES} values"))
        } else {
            self.fault(at, format!("more than {} values", self.limit))
        }
    }

    /// Counts text that references repeat.
    #[inline]
    pub(crate) fn spend(&mut self, at: usize, length: usize) -> Parsed<()> {
        self.spent = self.spent.saturating_add(length);
        if self.spent > REPEATED_BYTES {
            return self.fault(at, format!("references repeat more than {REPEATED_BYTES} bytes"));
        }
        Ok(())
    }

    // Numbers.

    /// Gives the next number to the value that begins there.
    #[inline]
    pub(crate) fn number(&mut self, at: usize, strings: usize) -> u32 {
        self.given += 1;
        let number = self.given as u32;
        if self.given > self.slots.len() {
            self.slots.push(Slot { at: at as u32, strings: strings as u32, number, frame: 0 });
        }
        number
    }

    /// Gives the next number to another occurrence of what has that one already.
    pub(crate) fn number_again(&mut self, number: u32) {
        self.given += 1;
        if self.given > self.slots.len() {
            self.slots.push(Slot { at: 0, strings: 0, number, frame: 0 });
        }
    }

    /// What a number (from 1 on) stands for.
    pub(crate) fn find(&self, number: usize) -> Found {
        if number == 0 || number > self.given {
            return Found::Nothing;
        }
        let mut slot = self.slots[number - 1];
        if slot.number == 0 {
            return Found::Unknown;
        }
        if slot.number as usize != number {
            // The number of a repetition is that of the first occurrence, so one step is enough.
            slot = self.slots[slot.number as usize - 1];
        }
        match slot.frame {
            0 => Found::Before(slot),
            frame => Found::Around(frame as usize - 1),
        }
    }

    /// The number that a frame's container has.
    pub(crate) fn number_of(&self, frame: usize) -> u32 {
        self.frames[frame].number
    }

    /// Begins to read again what has that number; give the result to [`Tree::repeated`].
    pub(crate) fn repeat(&mut self, number: u32) -> (usize, bool) {
        let before = (self.given, self.repeating);
        self.given = number as usize - 1;
        if !self.repeating {
            self.repeating = true;
            self.since = self.values;
            let more = REPEATED_VALUES.saturating_sub(self.repeated);
            self.allowed = self.limit.min(self.values.saturating_add(more));
        }
        before
    }

    pub(crate) fn repeated(&mut self, (given, repeating): (usize, bool)) {
        self.given = given;
        if !repeating {
            self.settle();
        }
    }

    /// Ends the outermost repetition.
    fn settle(&mut self) {
        self.repeated += self.values - self.since;
        self.repeating = false;
        self.allowed = self.limit;
    }

    /// The reference to a container around this place, as the pointer to it.
    pub(crate) fn pointer(&mut self, at: usize, frame: usize) -> Parsed<Value<'a>> {
        Ok(Value::Ref(Cow::Owned(self.path(at, frame)?)))
    }

    /// The pointer to this place.
    pub(crate) fn here(&mut self, at: usize) -> Parsed<String> {
        self.path(at, self.frames.len())
    }

    /// The pointer to what is in this many containers.
    fn path(&mut self, at: usize, depth: usize) -> Parsed<String> {
        let mut pointer = self.base.clone().into_owned();
        for (place, outer) in self.frames[..depth].iter().enumerate() {
            let (items, members) = match self.frames.get(place + 1) {
                Some(inner) => (inner.items, inner.members),
                None => (self.items.len(), self.members.len()),
            };
            pointer.push('/');
            match outer.kind {
                Kind::List => pointer.push_str(&decimal((items - outer.items) as i64)),
                Kind::Payload => pointer.push_str("$value"),
                Kind::Members => {
                    let name = members.checked_sub(1).map_or("", |last| self.members[last].0.as_ref());
                    let name = bare(name);
                    if name.contains(['~', '/']) {
                        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                    } else {
                        pointer.push_str(name);
                    }
                }
            }
        }
        self.spend(at, pointer.len())?;
        Ok(pointer)
    }

    // Containers.

    /// Steps into a container; `number` is 0 if it has none.
    pub(crate) fn open(&mut self, at: usize, kind: Kind, number: u32) -> Parsed<()> {
        if self.frames.len() >= self.depth {
            return self.fault(at, format!("nested deeper than {}", self.depth));
        }
        let place = self.frames.len() as u32 + 1;
        let outer = match number {
            0 => 0,
            _ => std::mem::replace(&mut self.slots[number as usize - 1].frame, place),
        };
        self.frames.push(Frame { kind, number, outer, items: self.items.len(), members: self.members.len() });
        Ok(())
    }

    /// Begins the member that is `index` places after the first.
    #[inline]
    pub(crate) fn key(&mut self, index: usize, key: Key<'a>) {
        let Some(frame) = self.frames.last() else { return };
        if frame.kind == Kind::List {
            let (Key::Int(number) | Key::Literal(number, _)) = key else { return self.other_key(key) };
            if number == index as i64 {
                return;
            }
            return self.other_key(key);
        }
        self.member(key);
    }

    #[inline]
    fn member(&mut self, key: Key<'a>) {
        let name = match key {
            Key::Int(number) => decimal(number),
            Key::Literal(_, text) => Cow::Borrowed(text),
            Key::Name(name) => name,
        };
        self.members.push((name, Value::Null));
    }

    /// What began like a list is none.
    #[cold]
    fn other_key(&mut self, key: Key<'a>) {
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = Kind::Members;
            let begin = frame.items;
            let items = self.items.drain(begin..).enumerate();
            self.members.extend(items.map(|(index, item)| (decimal(index as i64), item)));
        }
        self.member(key);
    }

    /// Ends the member.
    #[inline]
    pub(crate) fn put(&mut self, value: Value<'a>) {
        if self.frames.last().is_some_and(|frame| frame.kind == Kind::List) {
            self.items.push(value);
        } else if let Some(member) = self.members.last_mut() {
            member.1 = value;
        }
    }

    fn close(&mut self) -> Option<Frame> {
        let frame = self.frames.pop()?;
        if frame.number != 0 {
            self.slots[frame.number as usize - 1].frame = frame.outer;
        }
        Some(frame)
    }

    /// The container just closed: itself, or the reference to the same one around it.
    #[inline]
    fn closed(&mut self, number: u32, outer: u32, value: Value<'a>) -> Parsed<Value<'a>> {
        match outer {
            0 => Ok(value),
            outer => self.pointer(self.slots[number as usize - 1].at as usize, outer as usize - 1),
        }
    }

    /// The array just read: a list, or a map where its keys are not 0, 1, 2, ….
    pub(crate) fn array(&mut self) -> Parsed<Value<'a>> {
        let Some(frame) = self.close() else { return Ok(Value::Null) };
        let value = match frame.kind {
            // The outermost list of a long blob would be copied for nothing.
            Kind::List if frame.items == 0 && self.items.len() > LONG => {
                Value::List(std::mem::take(&mut self.items))
            }
            Kind::List => Value::List(self.items.split_off(frame.items)),
            _ => Value::Map(last_wins(self.members.split_off(frame.members))),
        };
        self.closed(frame.number, frame.outer, value)
    }

    /// An array of nothing, which would be opened only to be closed.
    #[inline]
    pub(crate) fn empty(&mut self, at: usize) -> Parsed<Value<'a>> {
        if self.frames.len() >= self.depth {
            return self.fault(at, format!("nested deeper than {}", self.depth));
        }
        Ok(Value::List(Vec::new()))
    }

    /// The array just read, as a map in any case.
    pub(crate) fn map(&mut self) -> Parsed<Value<'a>> {
        Ok(match self.array()? {
            Value::List(items) => numbered(items),
            other => other,
        })
    }

    /// The object just read.
    pub(crate) fn object(&mut self, class: Cow<'a, str>) -> Parsed<Value<'a>> {
        let Some(frame) = self.close() else { return Ok(object(class, Vec::new())) };
        let members = self.members.split_off(frame.members);
        self.closed(frame.number, frame.outer, object(class, members))
    }

    /// The object whose payload was just read.
    pub(crate) fn custom(&mut self, class: Cow<'a, str>, payload: Value<'a>) -> Parsed<Value<'a>> {
        let value = Value::Object(Box::new(Object { class, fields: Vec::new(), payload: Some(payload) }));
        match self.close() {
            Some(frame) => self.closed(frame.number, frame.outer, value),
            None => Ok(value),
        }
    }

    /// What is left of the limits, for a string of another form within this one.
    pub(crate) fn left(&self, limits: &Limits) -> Limits {
        Limits {
            depth: self.depth.saturating_sub(self.frames.len()),
            values: self.allowed.saturating_sub(self.values),
            expanded: limits.expanded,
        }
    }

    // Attempts.

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            frames: self.frames.len(),
            items: self.items.len(),
            members: self.members.len(),
            slots: self.slots.len(),
            given: self.given,
            repeating: self.repeating,
        }
    }

    /// Forgets what was read since; what it has cost stays counted.
    pub(crate) fn reset(&mut self, mark: &Mark) {
        while self.frames.len() > mark.frames {
            self.close();
        }
        self.items.truncate(mark.items);
        self.members.truncate(mark.members);
        self.slots.truncate(mark.slots);
        self.given = mark.given;
        if self.repeating && !mark.repeating {
            self.settle();
        }
    }
}

/// A list as the map that it is in PHP.
pub(crate) fn numbered(items: Vec<Value<'_>>) -> Value<'_> {
    Value::Map(items.into_iter().enumerate().map(|(index, item)| (decimal(index as i64), item)).collect())
}

/// An integer key as text.
fn decimal(number: i64) -> Cow<'static, str> {
    const DIGITS: &str = "0123456789101112131415161718192021222324252627282930313233343536373839\
        4041424344454647484950515253545556575859606162636465666768697071727374757677787980818283848586\
        87888990919293949596979899";
    match usize::try_from(number) {
        Ok(number @ 0..=9) => Cow::Borrowed(&DIGITS[number..=number]),
        Ok(number @ 10..=99) => Cow::Borrowed(&DIGITS[number * 2 - 10..number * 2 - 8]),
        _ => Cow::Owned(number.to_string()),
    }
}

/// A member's name without the mark of its visibility: `\0*\0name` is protected, `\0Class\0name`
/// private (Zend/zend_compile.c `zend_mangle_property_name`, PHP 8.2).
fn bare(name: &str) -> &str {
    split(name).1
}

/// What is between the zero bytes of a member's name, and the name.
fn split(name: &str) -> (Option<&str>, &str) {
    match name.strip_prefix('\0').and_then(|rest| rest.split_once('\0')) {
        Some((class, bare)) => (Some(class), bare),
        None => (None, name),
    }
}

fn bare_cow(name: Cow<'_, str>) -> Cow<'_, str> {
    if !name.starts_with('\0') {
        return name;
    }
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(bare(name)),
        Cow::Owned(name) => Cow::Owned(bare(&name).to_owned()),
    }
}

/// An object of a class from its members with their marks.
pub(crate) fn object<'a>(class: Cow<'a, str>, members: Vec<(Cow<'a, str>, Value<'a>)>) -> Value<'a> {
    let mut fields = fields(&class, members);
    let mut class = class;
    match class.as_ref() {
        "DateTime" | "DateTimeImmutable" => {
            if let Some(date) = date(&fields) {
                return Value::Date(Cow::Owned(date));
            }
        }
        // What PHP makes of a class that it did not know. It writes the class's own name, but other
        // writers of these formats may not.
        "__PHP_Incomplete_Class" => {
            const NAME: &str = "__PHP_Incomplete_Class_Name";
            let place = fields.iter().position(|(name, value)| name == NAME && value.as_str().is_some());
            if let Some((_, Value::Text(name))) = place.map(|place| fields.remove(place)) {
                class = name;
            }
        }
        _ => {}
    }
    Value::Object(Box::new(Object { class, fields, payload: None }))
}

fn fields<'a>(class: &str, members: Vec<(Cow<'a, str>, Value<'a>)>) -> Vec<(Cow<'a, str>, Value<'a>)> {
    let repeated = if members.len() <= FEW_MEMBERS {
        members
            .iter()
            .enumerate()
            .any(|(index, (name, _))| members[..index].iter().any(|(other, _)| bare(other) == bare(name)))
    } else {
        let mut seen = HashSet::with_capacity(members.len());
        !members.iter().all(|(name, _)| seen.insert(bare(name)))
    };
    let mut members = members;
    if repeated {
        // A class and its parent may each have a private member of one name; both are kept.
        members = last_wins(members);
        let mut taken: HashSet<String> = HashSet::with_capacity(members.len());
        for (name, _) in &mut members {
            let (owner, bare) = split(name);
            if !taken.insert(bare.to_owned()) {
                let owner = owner.filter(|owner| *owner != "*").unwrap_or(class);
                *name = Cow::Owned(format!("{owner}::{bare}"));
            }
        }
        return last_wins(members.into_iter().map(|(name, value)| (bare_cow(name), value)).collect());
    }
    for (name, _) in &mut members {
        if name.starts_with('\0') {
            *name = bare_cow(std::mem::take(name));
        }
    }
    members
}

/// The date of a `DateTime`: local time, sort of zone and zone (ext/date/php_date.c
/// `date_object_to_hash`, PHP 8.2).
///
/// Only an offset (sort 1) and UTC say which moment that is; for the offset of any other zone one
/// would have to ask a database of zones, so its name is given as it stands.
fn date(fields: &[(Cow<'_, str>, Value<'_>)]) -> Option<String> {
    let [(date, Value::Text(local)), (sort, Value::Int(kind)), (zone, Value::Text(name))] = fields else {
        return None;
    };
    if date != "date" || sort != "timezone_type" || zone != "timezone" || name.len() > 64 {
        return None;
    }
    let (day, time) = local.split_once(' ')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let form = |text: &str, mark: char, counts: &[std::ops::RangeInclusive<usize>]| {
        let parts: Vec<&str> = text.split(mark).collect();
        parts.len() == counts.len()
            && parts.iter().zip(counts).all(|(part, count)| digits(part) && count.contains(&part.len()))
    };
    let year = day.strip_prefix(['-', '+']).unwrap_or(day);
    if !form(year, '-', &[4..=12, 2..=2, 2..=2])
        || !form(time, ':', &[2..=2, 2..=2, 2..=2])
        || !digits(fraction)
        || fraction.len() > 9
    {
        return None;
    }
    let fraction = if fraction.bytes().all(|byte| byte == b'0') { "" } else { fraction };
    let point = if fraction.is_empty() { "" } else { "." };
    let printable = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    let zone = match kind {
        1 if form(name.strip_prefix(['+', '-'])?, ':', &[2..=2, 2..=2]) => name.to_string(),
        2 | 3 if name == "UTC" || name == "Z" => "Z".to_owned(),
        1..=3 if printable => format!("[{name}]"),
        _ => return None,
    };
    Some(format!("{day}T{time}{point}{fraction}{zone}"))
}

/// A string: text, or bytes where it is not UTF-8.
pub(crate) fn text(bytes: &[u8]) -> Value<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(Cow::Borrowed(text)),
        Err(_) => Value::Bytes(Cow::Borrowed(bytes)),
    }
}

/// A name: text, read as Latin-1 where it is not UTF-8.
pub(crate) fn name(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// What a class wrote by itself, where that has no part in the numbers around it: a value of its own
/// if it is one, otherwise text or bytes.
pub(crate) fn payload<'a>(base: String, bytes: &'a [u8], limits: &Limits) -> Value<'a> {
    if let Ok(value) = super::decode_under(base, bytes, limits) { value } else { text(bytes) }
}

/// Whether a class can have this name. PHP refuses more; control characters are what would be
/// dangerous to show and never are in one.
pub(crate) fn is_class(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !bytes.iter().any(|byte| *byte < 0x20)
}
