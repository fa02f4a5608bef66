//! The one value type that every codec decodes to.
//!
//! A value borrows its text from the bytes it was decoded from wherever it can; what has to be
//! unescaped or converted is owned. Order, repeated and odd keys, classes and cycles survive.
//! `to_json` writes the one JSON form that every output uses.

use std::borrow::Cow;

use crate::text::safe::is_visible;

pub mod secret;

/// Decoded session data. Strings borrow from the blob (`'a`) unless they had to be rewritten.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// null, nil, None, undefined.
    Null,
    Bool(bool),
    Int(i64),
    /// An integer above `i64::MAX`; smaller ones are always `Int`.
    UInt(u64),
    /// An integer outside `i64` and `u64`, in decimal: `{"$int": "…"}`.
    BigInt(Cow<'a, str>),
    /// A double; NaN and the infinities become `{"$float": "…"}`.
    Float(f64),
    /// A fixed-point decimal, in its own digits: `{"$decimal": "19.90"}`.
    Decimal(Cow<'a, str>),
    Text(Cow<'a, str>),
    /// Bytes by nature, or text that is not UTF-8: `{"$bytes": "<base64>"}`.
    Bytes(Cow<'a, [u8]>),
    List(Vec<Value<'a>>),
    /// `{"$set": […]}`, in stored order.
    Set(Vec<Value<'a>>),
    /// A map whose keys are all text, in stored order.
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
    /// A map with any other key: `{"$map": [[key, value], …]}`.
    Pairs(Vec<(Value<'a>, Value<'a>)>),
    /// An instance of a class.
    Object(Box<Object<'a>>),
    /// A date or time as ISO 8601 / RFC 3339 text: `{"$date": "…"}`.
    Date(Cow<'a, str>),
    /// `{"$uuid": "…"}`.
    Uuid(Cow<'a, str>),
    /// A container that contains itself, as the JSON pointer to the outer place: `{"$ref": "…"}`.
    Ref(Cow<'a, str>),
}

/// An object of a class: `{"$class": "<name>", …fields}`, or with `$value` where the class writes
/// a payload of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'a> {
    pub class: Cow<'a, str>,
    pub fields: Vec<(Cow<'a, str>, Value<'a>)>,
    pub payload: Option<Value<'a>>,
}

/// Lookups that one dotted path may cost before it counts as absent.
const PATH_BUDGET: usize = 4096;

impl<'a> Value<'a> {
    /// The member of that name of a map, or the field of an object; the last one where it repeats.
    ///
    /// The payload of an object is its member `$value`, as in the JSON form.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        match self {
            Value::Map(members) => last_named(members, name),
            Value::Object(object) => last_named(&object.fields, name)
                .or_else(|| object.payload.as_ref().filter(|_| name == "$value")),
            Value::Pairs(pairs) => {
                pairs.iter().rev().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// What the first of the members of these names gives that gives anything, in the names' order.
    pub fn find_named<'v, T>(
        &'v self,
        names: &[&str],
        give: impl Fn(&'v Value<'a>) -> Option<T>,
    ) -> Option<T> {
        // Most names that are asked for are not there: what lengths there are tells it of nearly all.
        let bit = |name: &str| 1_u64 << name.len().min(63);
        let lengths = match self {
            Value::Map(members) => members.iter().fold(0, |bits, (name, _)| bits | bit(name)),
            Value::Object(_) | Value::Pairs(_) => u64::MAX,
            _ => return None,
        };
        names.iter().filter(|name| lengths & bit(name) != 0).find_map(|name| give(self.get(name)?))
    }

    /// The value at a dotted path such as `passport.user.id` or `items.0`.
    ///
    /// Names may hold dots themselves, so the longest name that exists is tried first, then shorter
    /// ones. The number of tries is bounded.
    pub fn at(&self, path: &str) -> Option<&Value<'a>> {
        self.walk(path, &mut PATH_BUDGET.clone())
    }

    fn walk(&self, path: &str, budget: &mut usize) -> Option<&Value<'a>> {
        if let Value::List(items) | Value::Set(items) = self {
            let (index, rest) =
                path.split_once('.').map_or((path, None), |(index, rest)| (index, Some(rest)));
            // `parse` alone would take "+1".
            if !index.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let item = items.get(index.parse::<usize>().ok()?)?;
            return rest.map_or(Some(item), |rest| item.walk(rest, budget));
        }
        if !matches!(self, Value::Map(_) | Value::Object(_) | Value::Pairs(_)) {
            return None;
        }
        let mut end = path.len();
        loop {
            *budget = budget.checked_sub(1)?;
            if let Some(member) = self.get(&path[..end]) {
                let found = match path.get(end + 1..) {
                    Some(rest) => member.walk(rest, budget),
                    None => Some(member),
                };
                if found.is_some() {
                    return found;
                }
            }
            end = path[..end].rfind('.')?;
        }
    }

    /// The text, if it is one (the empty one too).
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number without a sign; `UInt` only where `Int` is too small.
    pub fn whole(number: u64) -> Value<'static> {
        i64::try_from(number).map_or(Value::UInt(number), Value::Int)
    }

    /// The integer; a double without a fraction counts where it is exact.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            Value::Float(number) if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 => {
                Some(*number as i64)
            }
            _ => None,
        }
    }

    /// The number as a double, for clocks that have fractions.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(*number as f64),
            Value::UInt(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The items of a list or a set.
    pub fn as_list(&self) -> Option<&[Value<'a>]> {
        match self {
            Value::List(items) | Value::Set(items) => Some(items),
            _ => None,
        }
    }

    /// The members of a map whose keys are all text.
    pub fn as_map(&self) -> Option<&[(Cow<'a, str>, Value<'a>)]> {
        match self {
            Value::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The members of a map, or the fields of an object.
    pub fn members(&self) -> Option<&[(Cow<'a, str>, Value<'a>)]> {
        match self {
            Value::Map(members) => Some(members),
            Value::Object(object) => Some(&object.fields),
            _ => None,
        }
    }

    /// What can name a user: text that is not empty, or a number in decimal.
    pub fn scalar_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::Text(text) | Value::BigInt(text) | Value::Decimal(text) | Value::Uuid(text) => {
                (!text.is_empty()).then(|| Cow::Borrowed(text.as_ref()))
            }
            Value::Int(number) => Some(Cow::Owned(number.to_string())),
            Value::UInt(number) => Some(Cow::Owned(number.to_string())),
            // Adding a positive zero turns -0.0 into 0.0.
            Value::Float(number) if number.is_finite() => Some(Cow::Owned((number + 0.0).to_string())),
            _ => None,
        }
    }

    /// What sort of value this is, in a word for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) | Value::UInt(_) | Value::BigInt(_) => "integer",
            Value::Float(_) => "float",
            Value::Decimal(_) => "decimal",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Set(_) => "set",
            Value::Map(_) | Value::Pairs(_) => "map",
            Value::Object(_) => "object",
            Value::Date(_) => "date",
            Value::Uuid(_) => "uuid",
            Value::Ref(_) => "reference",
        }
    }

    /// The same value, borrowing from nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(truth) => Value::Bool(truth),
            Value::Int(number) => Value::Int(number),
            Value::UInt(number) => Value::UInt(number),
            Value::BigInt(text) => Value::BigInt(own(text)),
            Value::Float(number) => Value::Float(number),
            Value::Decimal(text) => Value::Decimal(own(text)),
            Value::Text(text) => Value::Text(own(text)),
            Value::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
            Value::List(items) => Value::List(own_items(items)),
            Value::Set(items) => Value::Set(own_items(items)),
            Value::Map(members) => Value::Map(own_members(members)),
            Value::Pairs(pairs) => Value::Pairs(own_pairs(pairs)),
            Value::Object(object) => own_object(*object),
            Value::Date(text) => Value::Date(own(text)),
            Value::Uuid(text) => Value::Uuid(own(text)),
            Value::Ref(text) => Value::Ref(own(text)),
        }
    }

    /// Appends the JSON form without any white space.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        Writer::<false> { out, indent: 0, level: 0 }.value(self);
    }

    /// Appends the JSON form over several lines, `indent` spaces a level and no line break at the end.
    pub fn write_json_pretty(&self, out: &mut Vec<u8>, indent: usize) {
        self.write_json_pretty_at(out, indent, 0);
    }

    /// As [`Value::write_json_pretty`], for a value that stands `level` levels deep in other JSON.
    pub fn write_json_pretty_at(&self, out: &mut Vec<u8>, indent: usize, level: usize) {
        Writer::<true> { out, indent, level }.value(self);
    }

    /// The JSON form as text.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write_json(&mut out);
        into_text(out)
    }

    /// The JSON form over several lines, two spaces a level.
    pub fn to_json_pretty(&self) -> String {
        let mut out = Vec::new();
        self.write_json_pretty(&mut out, 2);
        into_text(out)
    }
}

fn last_named<'v, 'a>(members: &'v [(Cow<'a, str>, Value<'a>)], name: &str) -> Option<&'v Value<'a>> {
    members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn own(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

// Loops of their own, because iterator adapters would multiply the stack that every level costs.

fn own_items(items: Vec<Value<'_>>) -> Vec<Value<'static>> {
    let mut owned = Vec::with_capacity(items.len());
    for item in items {
        owned.push(item.into_owned());
    }
    owned
}

fn own_members(members: Vec<(Cow<'_, str>, Value<'_>)>) -> Vec<(Cow<'static, str>, Value<'static>)> {
    let mut owned = Vec::with_capacity(members.len());
    for (name, value) in members {
        owned.push((own(name), value.into_owned()));
    }
    owned
}

fn own_pairs(pairs: Vec<(Value<'_>, Value<'_>)>) -> Vec<(Value<'static>, Value<'static>)> {
    let mut owned = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        owned.push((key.into_owned(), value.into_owned()));
    }
    owned
}

fn own_object(object: Object<'_>) -> Value<'static> {
    let payload = object.payload.map(Value::into_owned);
    Value::Object(Box::new(Object { class: own(object.class), fields: own_members(object.fields), payload }))
}

fn into_text(out: Vec<u8>) -> String {
    // The writer appends whole strings and ASCII only, so nothing is ever replaced.
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Writes values; compact and pretty share the code so that they cannot differ in anything else.
struct Writer<'o, const PRETTY: bool> {
    out: &'o mut Vec<u8>,
    indent: usize,
    level: usize,
}

impl<const PRETTY: bool> Writer<'_, PRETTY> {
    /// Only dispatches: this function is on the stack once a level, so its frame has to stay small.
    fn value(&mut self, value: &Value<'_>) {
        match value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Int(number) => write_integer(self.out, number.unsigned_abs(), *number < 0),
            Value::UInt(number) => write_integer(self.out, *number, false),
            Value::Float(number) => self.float(*number),
            Value::Text(text) => write_json_text(self.out, text),
            Value::BigInt(text) => self.tagged("$int", text),
            Value::Decimal(text) => self.tagged("$decimal", text),
            Value::Date(text) => self.tagged("$date", text),
            Value::Uuid(text) => self.tagged("$uuid", text),
            Value::Ref(text) => self.tagged("$ref", text),
            Value::Bytes(bytes) => {
                use base64::Engine as _;
                self.tagged("$bytes", &base64::engine::general_purpose::STANDARD.encode(bytes));
            }
            Value::List(items) => self.list(items),
            Value::Map(members) => self.map(members),
            Value::Set(items) => {
                self.open(b'{');
                self.name("$set", true);
                self.list(items);
                self.close(b'}');
            }
            Value::Pairs(pairs) => self.pairs(pairs),
            Value::Object(object) => self.object(object),
        }
    }

    fn list(&mut self, items: &[Value<'_>]) {
        if items.is_empty() {
            self.out.extend_from_slice(b"[]");
            return;
        }
        self.open(b'[');
        for (index, item) in items.iter().enumerate() {
            self.next(index == 0);
            self.value(item);
        }
        self.close(b']');
    }

    fn map(&mut self, members: &[(Cow<'_, str>, Value<'_>)]) {
        if members.is_empty() {
            self.out.extend_from_slice(b"{}");
            return;
        }
        self.open(b'{');
        for (index, (name, value)) in members.iter().enumerate() {
            self.name(name, index == 0);
            self.value(value);
        }
        self.close(b'}');
    }

    fn pairs(&mut self, pairs: &[(Value<'_>, Value<'_>)]) {
        self.open(b'{');
        self.name("$map", true);
        if pairs.is_empty() {
            self.out.extend_from_slice(b"[]");
        } else {
            self.open(b'[');
            for (index, (key, value)) in pairs.iter().enumerate() {
                self.next(index == 0);
                self.open(b'[');
                self.next(true);
                self.value(key);
                self.next(false);
                self.value(value);
                self.close(b']');
            }
            self.close(b']');
        }
        self.close(b'}');
    }

    fn object(&mut self, object: &Object<'_>) {
        self.open(b'{');
        self.name("$class", true);
        write_json_text(self.out, &object.class);
        for (name, value) in &object.fields {
            self.name(name, false);
            self.value(value);
        }
        if let Some(payload) = &object.payload {
            self.name("$value", false);
            self.value(payload);
        }
        self.close(b'}');
    }

    /// `{"$tag":"text"}`, on one line in pretty output too.
    fn tagged(&mut self, tag: &str, text: &str) {
        self.out.extend_from_slice(b"{\"");
        self.out.extend_from_slice(tag.as_bytes());
        self.out.extend_from_slice(if PRETTY { b"\": " } else { b"\":" });
        write_json_text(self.out, text);
        self.out.push(b'}');
    }

    fn float(&mut self, number: f64) {
        if number.is_nan() {
            self.tagged("$float", "NaN");
        } else if number.is_infinite() {
            self.tagged("$float", if number > 0.0 { "Infinity" } else { "-Infinity" });
        } else {
            use std::io::Write as _;
            // `{:?}` is the shortest text that reads back equal and always has a point or an
            // exponent, so a double stays one. Writing to a Vec cannot fail.
            let _ = write!(self.out, "{number:?}");
        }
    }

    fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.level += 1;
    }

    fn close(&mut self, bracket: u8) {
        self.level -= 1;
        if PRETTY {
            self.line();
        }
        self.out.push(bracket);
    }

    fn next(&mut self, first: bool) {
        if !first {
            self.out.push(b',');
        }
        if PRETTY {
            self.line();
        }
    }

    fn name(&mut self, name: &str, first: bool) {
        self.next(first);
        write_json_text(self.out, name);
        self.out.push(b':');
        if PRETTY {
            self.out.push(b' ');
        }
    }

    fn line(&mut self) {
        self.out.push(b'\n');
        let width = self.out.len() + self.indent * self.level;
        self.out.resize(width, b' ');
    }
}

/// Appends an integer in decimal.
fn write_integer(out: &mut Vec<u8>, mut number: u64, negative: bool) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if negative {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..]);
}

/// Which bytes of a string are written as they are: printable ASCII that JSON has no other use for.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b' ';
    while byte < 0x7f {
        table[byte as usize] = true;
        byte += 1;
    }
    table[b'"' as usize] = false;
    table[b'\\' as usize] = false;
    table
};

/// Appends text as a JSON string.
///
/// Whatever is not shown as something is escaped, also where JSON would let it through: DEL, U+0080 to
/// U+009F, what turns the direction of writing, zero-width characters and tags. Session data is
/// written by strangers, and a terminal, or a pager that shows the file later, may obey them.
pub fn write_json_text(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut copied = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if PLAIN[usize::from(byte)] {
            at += 1;
            continue;
        }
        let start = at;
        // Every character before it was taken whole.
        let Some(char) = text[at..].chars().next() else { break };
        at += char.len_utf8();
        if !matches!(char, '"' | '\\') && is_visible(char) {
            continue;
        }
        out.extend_from_slice(&bytes[copied..start]);
        copied = at;
        write_escape(out, char);
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

/// Appends a character as JSON escapes it.
fn write_escape(out: &mut Vec<u8>, char: char) {
    let short = match char {
        '"' => b'"',
        '\\' => b'\\',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let mut units = [0; 2];
            for unit in char.encode_utf16(&mut units) {
                out.extend_from_slice(b"\\u");
                for shift in [12, 8, 4, 0] {
                    out.push(HEX[usize::from(*unit >> shift & 15)]);
                }
            }
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// JSON that another writer made, with everything in its strings escaped that
/// [`write_json_text`] escapes.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    // Beside its line breaks there is nothing of the kind outside of a string.
    let odd = |char: char| char != '\n' && !is_visible(char);
    if !json.contains(odd) {
        return Cow::Borrowed(json);
    }
    let mut out = Vec::with_capacity(json.len() + 64);
    let mut utf8 = [0; 4];
    for char in json.chars() {
        if odd(char) {
            write_escape(&mut out, char);
        } else {
            out.extend_from_slice(char.encode_utf8(&mut utf8).as_bytes());
        }
    }
    Cow::Owned(into_text(out))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value<'_> {
        Value::Text(Cow::Borrowed(text))
    }

    fn map<'a>(members: Vec<(&'a str, Value<'a>)>) -> Value<'a> {
        Value::Map(members.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect())
    }

    #[test]
    fn json_forms() {
        let cow = Cow::Borrowed;
        let object =
            |fields, payload| Value::Object(Box::new(Object { class: cow("A\\B"), fields, payload }));
        let table: Vec<(Value<'_>, &str)> = vec![
            (Value::Null, "null"),
            (Value::Bool(true), "true"),
            (Value::Int(i64::MIN), "-9223372036854775808"),
            (Value::Int(0), "0"),
            (Value::UInt(u64::MAX), "18446744073709551615"),
            (Value::BigInt(cow("100000000000000000000")), r#"{"$int":"100000000000000000000"}"#),
            (Value::Float(f64::NAN), r#"{"$float":"NaN"}"#),
            (Value::Float(f64::INFINITY), r#"{"$float":"Infinity"}"#),
            (Value::Float(f64::NEG_INFINITY), r#"{"$float":"-Infinity"}"#),
            (Value::Float(2.0), "2.0"),
            (Value::Float(-0.0), "-0.0"),
            (Value::Float(1e21), "1e21"),
            (Value::Decimal(cow("19.90")), r#"{"$decimal":"19.90"}"#),
            (text("a\"\\\n\u{1}/é\u{2028}"), "\"a\\\"\\\\\\n\\u0001/é\\u2028\""),
            (text("\u{7f}\u{9b}31m¢\u{80}"), r#""\u007f\u009b31m¢\u0080""#),
            (Value::Bytes(Cow::Borrowed(&[0xff, 0])), r#"{"$bytes":"/wA="}"#),
            (Value::List(vec![]), "[]"),
            (Value::List(vec![Value::Int(1), Value::List(vec![])]), "[1,[]]"),
            (Value::Set(vec![Value::Int(2), Value::Int(1)]), r#"{"$set":[2,1]}"#),
            (Value::Set(vec![]), r#"{"$set":[]}"#),
            (map(vec![]), "{}"),
            (map(vec![("", Value::Int(1)), ("__proto__", Value::Null)]), r#"{"":1,"__proto__":null}"#),
            (Value::Pairs(vec![(Value::Int(1), text("x"))]), r#"{"$map":[[1,"x"]]}"#),
            (Value::Pairs(vec![]), r#"{"$map":[]}"#),
            (object(vec![], None), r#"{"$class":"A\\B"}"#),
            (
                object(vec![(cow("id"), Value::Int(1))], Some(text("p"))),
                r#"{"$class":"A\\B","id":1,"$value":"p"}"#,
            ),
            (Value::Date(cow("2024-01-02")), r#"{"$date":"2024-01-02"}"#),
            (Value::Uuid(cow("u")), r#"{"$uuid":"u"}"#),
            (Value::Ref(cow("/a/0")), r#"{"$ref":"/a/0"}"#),
        ];
        for (value, json) in table {
            assert_eq!(value.to_json(), json);
            // Pretty output may differ in white space only.
            let pretty: serde_json::Value = serde_json::from_str(&value.to_json_pretty()).unwrap();
            assert_eq!(pretty, serde_json::from_str::<serde_json::Value>(json).unwrap());
            assert_eq!(value.clone().into_owned().to_json(), json);
        }
    }

    #[test]
    fn doubles_read_back_equal() {
        for number in [5e-324, f64::MAX, f64::MIN_POSITIVE, 1e16, 123_456_789.125, 0.1, 1e-7, 1e300, -1e21] {
            let json = Value::Float(number).to_json();
            assert_eq!(json.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{json}");
            assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap().is_f64(), "{json}");
        }
    }

    #[test]
    fn pretty() {
        let value = map(vec![
            ("a", Value::List(vec![Value::Int(1), Value::List(vec![])])),
            ("b", Value::Uuid(Cow::Borrowed("u"))),
            ("c", map(vec![])),
        ]);
        let expected = "{\n  \"a\": [\n    1,\n    []\n  ],\n  \"b\": {\"$uuid\": \"u\"},\n  \"c\": {}\n}";
        assert_eq!(value.to_json_pretty(), expected);
    }

    #[test]
    fn names_and_paths() {
        let value = map(vec![
            ("a", Value::Int(0)),
            ("a", map(vec![("b.c", Value::Int(1)), ("b", map(vec![("d", Value::Int(2))]))])),
            ("x.y", Value::Int(3)),
            ("x", map(vec![("y", Value::Int(4)), ("z", Value::Int(5))])),
            ("", Value::Int(6)),
            ("l", Value::List(vec![Value::Int(7), map(vec![("k", Value::Int(8))])])),
            ("v.", Value::Int(9)),
        ]);
        let table = [
            ("a.b.c", Some(1)),
            ("a.b.d", Some(2)),
            ("x.y", Some(3)),
            ("x.z", Some(5)),
            ("", Some(6)),
            ("l.0", Some(7)),
            ("l.1.k", Some(8)),
            ("v.", Some(9)),
            ("l.2", None),
            ("l.+1", None),
            ("l.", None),
            ("l.0.k", None),
            ("a.b.e", None),
            ("a.é", None),
        ];
        for (path, expected) in table {
            assert_eq!(value.at(path).and_then(Value::as_i64), expected, "{path}");
        }
        assert!(matches!(value.get("a"), Some(Value::Map(_))), "the last of a repeated name wins");
        assert!(value.at(&".".repeat(100_000)).is_none());
        let object = Value::Object(Box::new(Object {
            class: Cow::Borrowed("C"),
            fields: vec![(Cow::Borrowed("id"), Value::Int(1))],
            payload: Some(Value::Int(2)),
        }));
        assert_eq!(object.get("id"), Some(&Value::Int(1)));
        assert_eq!(object.at("$value"), Some(&Value::Int(2)));
        let pairs = Value::Pairs(vec![(Value::Null, Value::Int(1)), (text("k"), Value::Int(2))]);
        assert_eq!(pairs.get("k"), Some(&Value::Int(2)));
    }

    #[test]
    fn users() {
        let table = [
            (text("u1"), Some("u1")),
            (text(""), None),
            (Value::Null, None),
            (Value::Bool(true), None),
            (Value::Int(0), Some("0")),
            (Value::UInt(u64::MAX), Some("18446744073709551615")),
            (Value::Float(42.0), Some("42")),
            (Value::Float(-0.0), Some("0")),
            (Value::Float(1e21), Some("1000000000000000000000")),
            (Value::Float(1.5), Some("1.5")),
            (Value::Float(f64::NAN), None),
            (Value::BigInt(Cow::Borrowed("99999999999999999999")), Some("99999999999999999999")),
            (Value::List(vec![]), None),
        ];
        for (value, expected) in table {
            assert_eq!(value.scalar_text().as_deref(), expected, "{value:?}");
        }
    }

    /// Writing, comparing, copying and dropping recurse; the stack of a thread has to be enough.
    #[test]
    fn depth_fits_the_stack() {
        let run = || {
            let mut value = Value::Int(1);
            for level in 0..900 {
                value = match level % 4 {
                    0 => Value::List(vec![value]),
                    1 => map(vec![("k", value)]),
                    2 => Value::Pairs(vec![(Value::Int(1), value)]),
                    _ => Value::Object(Box::new(Object {
                        class: Cow::Borrowed("C"),
                        fields: vec![],
                        payload: Some(value),
                    })),
                };
            }
            let copy = value.clone().into_owned();
            assert_eq!(copy, value);
            assert_eq!(copy.to_json().len(), value.to_json().len());
            assert!(!value.to_json_pretty().is_empty());
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
    }
}
