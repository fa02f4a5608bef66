//! `--where 'path OP value'`: a condition on the decoded data.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::expr::Relation;
use crate::text::glob::Glob;
use crate::text::safe::safe;
use crate::value::Value;
use crate::value::secret::is_secret;

/// A condition as it was typed.
#[derive(Debug, Clone)]
pub struct Condition {
    path: String,
    test: Test,
    /// Sign and value for reports; the value is blanked where the member's name says secret.
    shown: String,
}

#[derive(Debug, Clone)]
enum Test {
    Compare(Relation, Literal),
    /// `~`, or `!~` when negated.
    Like {
        pattern: Pattern,
        negated: bool,
    },
}

#[derive(Debug, Clone)]
enum Pattern {
    Part(String),
    Glob(Glob),
}

/// The value on the right side, as everything that it can be read as.
#[derive(Debug, Clone)]
struct Literal {
    text: String,
    /// Quoted text is nothing but text.
    quoted: bool,
    number: Option<Number>,
    /// In milliseconds since 1970.
    time: Option<i64>,
}

/// A number that was not rounded where it is whole.
#[derive(Debug, Clone, Copy)]
enum Number {
    Whole(i128),
    Real(f64),
}

impl Number {
    fn parse(text: &str) -> Option<Number> {
        // "inf" and "nan" are numbers for Rust and words for everybody else.
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match text.parse() {
            Ok(whole) => Some(Number::Whole(whole)),
            Err(_) => text.parse().ok().map(Number::Real),
        }
    }

    fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.real().partial_cmp(&b.real()),
        }
    }

    fn real(self) -> f64 {
        match self {
            Number::Whole(whole) => whole as f64,
            Number::Real(real) => real,
        }
    }

    /// A point in time, by its size: seconds, milliseconds or microseconds since 1970.
    fn as_time(self) -> i64 {
        let number = self.real();
        (if number.abs() >= 1e14 {
            number / 1e3
        } else if number.abs() >= 1e11 {
            number
        } else {
            number * 1e3
        }) as i64
    }
}

/// Why a string is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    #[error("no operator in it; use = != < <= > >= ~ or !~")]
    Operator,
    #[error("no path before the operator")]
    Path,
    #[error("unterminated quoted string")]
    Quote,
    #[error(
        "its unquoted value contains `{0}`; to combine conditions give --where twice, and to search for \
         it literally put the value in quotes"
    )]
    Joined(String),
    #[error("the path has more than {MAX_PARTS} parts")]
    Deep,
}

/// Nothing is nested so deep in a session that was written to be read.
const MAX_PARTS: usize = 200;

impl Condition {
    pub fn parse(text: &str) -> Result<Condition, ConditionError> {
        let text = text.trim();
        let (path, rest) = if let Some(quoted) = text.strip_prefix('"') {
            let (path, length) = unquote(quoted, '"').ok_or(ConditionError::Quote)?;
            (path, quoted[length..].trim_start())
        } else {
            let end = text.find(['=', '!', '<', '>', '~']).ok_or(ConditionError::Operator)?;
            (text[..end].trim_end().to_string(), &text[end..])
        };
        if path.is_empty() {
            return Err(ConditionError::Path);
        }
        if path.split('.').nth(MAX_PARTS).is_some() {
            return Err(ConditionError::Deep);
        }
        let signs = [
            ("<=", Some(Relation::LessOrEqual)),
            (">=", Some(Relation::GreaterOrEqual)),
            ("!=", Some(Relation::Unequal)),
            ("==", Some(Relation::Equal)),
            ("!~", None),
            ("<", Some(Relation::Less)),
            (">", Some(Relation::Greater)),
            ("=", Some(Relation::Equal)),
            ("~", None),
        ];
        let (sign, relation, right) = signs
            .iter()
            .find_map(|(sign, relation)| Some((*sign, *relation, rest.strip_prefix(sign)?.trim())))
            .ok_or(ConditionError::Operator)?;
        if let Some(second) = joined(right) {
            return Err(ConditionError::Joined(second.to_string()));
        }
        let literal = Literal::parse(right)?;
        let value = if path.split('.').any(is_secret) { "…" } else { right };
        let shown = format!("{} {sign} {}", safe(&path), safe(value));
        let test = match relation {
            Some(relation) => Test::Compare(relation, literal),
            None => Test::Like { pattern: Pattern::new(literal.text), negated: sign == "!~" },
        };
        Ok(Condition { path, test, shown })
    }

    /// Whether it holds for a session's data.
    pub fn holds(&self, data: &Value<'_>) -> bool {
        let found = data.at(&self.path);
        match &self.test {
            Test::Compare(Relation::Equal, literal) => literal.equals(found),
            Test::Compare(Relation::Unequal, literal) => !literal.equals(found),
            Test::Compare(relation, literal) => {
                found.and_then(|value| literal.order(value)).is_some_and(|order| relation.holds(order))
            }
            Test::Like { pattern, negated } => found.is_some_and(|value| pattern.is_in(value)) != *negated,
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Where an unquoted value looks like the end of one condition and the beginning of another, such as
/// `1 and b > 2`: what joins them, or the second operator.
fn joined(right: &str) -> Option<&str> {
    if right.starts_with(['"', '\'', '[', '{']) {
        // A quoted value ends where its quote does; `[` and `{` begin JSON.
        return None;
    }
    let words: Vec<&str> = right.split_whitespace().collect();
    let operators = ["=", "==", "!=", "<", ">", "<=", ">=", "~", "!~"];
    let joins = |word: &str| ["and", "or", "&&", "||"].iter().any(|join| word.eq_ignore_ascii_case(join));
    let inner = words.iter().enumerate().skip(1);
    // An operator among words, as in `2 < 5`; or a word that joins, with one after it.
    let mut inner = inner.filter(|(at, word)| {
        let rest = &words[at + 1..];
        (operators.contains(word) && !rest.is_empty())
            || (joins(word) && rest.iter().any(|word| word.contains(['=', '<', '>', '~'])))
    });
    inner.next().map(|(_, word)| *word)
}

/// Text up to an unescaped quote, and how long it was with the quote.
fn unquote(text: &str, quote: char) -> Option<(String, usize)> {
    let mut plain = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((plain, at + c.len_utf8())),
            '\\' => match chars.next()?.1 {
                'n' => plain.push('\n'),
                't' => plain.push('\t'),
                'r' => plain.push('\r'),
                other => plain.push(other),
            },
            c => plain.push(c),
        }
    }
    None
}

impl Literal {
    fn parse(text: &str) -> Result<Literal, ConditionError> {
        for quote in ['"', '\''] {
            if let Some(quoted) = text.strip_prefix(quote) {
                let (plain, length) = unquote(quoted, quote).ok_or(ConditionError::Quote)?;
                if length != quoted.len() {
                    return Err(ConditionError::Quote);
                }
                return Ok(Literal { text: plain, quoted: true, number: None, time: None });
            }
        }
        Ok(Literal {
            number: Number::parse(text),
            time: parse_time(text),
            text: text.to_string(),
            quoted: false,
        })
    }

    fn equals(&self, found: Option<&Value<'_>>) -> bool {
        let null = !self.quoted && self.text == "null";
        match found {
            None | Some(Value::Null) => null,
            Some(Value::Bool(truth)) => !self.quoted && self.text == if *truth { "true" } else { "false" },
            // A list is asked for one of its items, or as a whole in JSON.
            Some(value @ (Value::List(items) | Value::Set(items))) => {
                items
                    .iter()
                    .any(|item| !matches!(item, Value::List(_) | Value::Set(_)) && self.equals(Some(item)))
                    || self.is_json_of(value)
            }
            Some(value @ (Value::Map(_) | Value::Pairs(_) | Value::Object(_) | Value::Ref(_))) => {
                self.is_json_of(value)
            }
            Some(value) => {
                self.order(value) == Some(Ordering::Equal)
                    || scalar(value).is_some_and(|text| text == self.text.as_str())
            }
        }
    }

    fn is_json_of(&self, value: &Value<'_>) -> bool {
        !self.quoted && self.text.starts_with(['[', '{']) && value.to_json() == self.text
    }

    /// How the value stands to this one: as numbers or times where both are, otherwise as text.
    fn order(&self, value: &Value<'_>) -> Option<Ordering> {
        match value {
            Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::BigInt(_) | Value::Decimal(_) => {
                let number = number(value)?;
                match (self.number, self.time) {
                    (Some(own), _) => number.compare(own),
                    (None, Some(time)) => Some(number.as_time().cmp(&time)),
                    (None, None) => None,
                }
            }
            Value::Date(text) => match self.time {
                Some(time) => Some(parse_time(text)?.cmp(&time)),
                None => Some(text.as_ref().cmp(self.text.as_str())),
            },
            Value::Text(text) => {
                if let Some(own) = self.number {
                    return Number::parse(text)?.compare(own);
                }
                if let (Some(time), Some(own)) = (parse_time(text), self.time) {
                    return Some(time.cmp(&own));
                }
                Some(text.as_ref().cmp(self.text.as_str()))
            }
            Value::Uuid(_) | Value::Bytes(_) => Some(scalar(value)?.as_ref().cmp(self.text.as_str())),
            _ => None,
        }
    }
}

impl Pattern {
    fn new(text: String) -> Pattern {
        if text.contains(['*', '?']) {
            Pattern::Glob(Glob::new(text.as_bytes()))
        } else {
            Pattern::Part(text)
        }
    }

    fn is_in(&self, value: &Value<'_>) -> bool {
        match value {
            Value::List(items) | Value::Set(items) => items.iter().any(|item| self.is_in(item)),
            Value::Map(_) | Value::Pairs(_) | Value::Object(_) => self.fits(&value.to_json()),
            _ => scalar(value).is_some_and(|text| self.fits(&text)),
        }
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Pattern::Part(part) => text.contains(part.as_str()),
            Pattern::Glob(glob) => glob.matches(text.as_bytes()),
        }
    }
}

/// The text of a value that is one.
fn scalar<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Text(text) | Value::Date(text) => Some(Cow::Borrowed(text)),
        Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        other => other.scalar_text(),
    }
}

fn number(value: &Value<'_>) -> Option<Number> {
    match value {
        Value::Int(number) => Some(Number::Whole(i128::from(*number))),
        Value::UInt(number) => Some(Number::Whole(i128::from(*number))),
        Value::Float(number) => Some(Number::Real(*number)),
        Value::BigInt(text) | Value::Decimal(text) => Number::parse(text),
        _ => None,
    }
}

/// RFC 3339, also without a zone (then UTC) and as a date alone, in milliseconds since 1970.
fn parse_time(text: &str) -> Option<i64> {
    // Most strings are not dates; that is seen at the fifth byte.
    if text.len() < 10 || text.as_bytes()[4] != b'-' || !text.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Some(stamp.as_millisecond());
    }
    let plain: jiff::civil::DateTime = text.parse().ok()?;
    Some(format!("{plain}Z").parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const DATA: &str = r#"{"passport":{"user":"alice"},"n":5,"big":18446744073709551615,"f":1.5,"t":"10",
        "on":true,"off":false,"nil":null,"roles":["admin","ops"],"cart":{"items":[{"sku":"A1","qty":2}]},
        "at":"2026-11-24T20:04:13.671Z","ms":1795550653671,"s":1795550653,"a=b":1,"word":"true","empty":[]}"#;

    #[test]
    fn conditions() {
        let limits = crate::codec::Limits::default();
        let data = (crate::codec::json::CODEC.decode)(DATA.as_bytes(), &limits).unwrap();
        let table = [
            ("passport.user = alice", true),
            ("passport.user=alice", true),
            ("passport.user == 'alice'", true),
            ("passport.user = \"alice\"", true),
            ("passport.user != alice", false),
            ("passport.user = Alice", false),
            ("passport.user ~ lic", true),
            ("passport.user ~ a*e", true),
            ("passport.user ~ l*c", false),
            ("passport.user !~ bob", true),
            ("passport.user > alf", true),
            ("n = 5", true),
            ("n = 5.0", true),
            ("n = '5'", true),
            ("n < 10", true),
            ("n >= 6", false),
            ("n ~ 5", true),
            ("big = 18446744073709551615", true),
            ("big > 18446744073709551614", true),
            ("f > 1.4", true),
            ("t < 9", false),
            ("t < '9'", true),
            ("t = 10.0", true),
            ("on = true", true),
            ("on != true", false),
            ("off = false", true),
            ("word = true", true),
            ("on > 0", false),
            ("nil = null", true),
            ("missing = null", true),
            ("missing != null", false),
            ("n != null", true),
            ("missing = 1", false),
            ("missing != 1", true),
            ("missing < 1", false),
            ("missing ~ a", false),
            ("roles = admin", true),
            ("roles.1 = ops", true),
            ("roles.2 = null", true),
            ("roles != admin", false),
            ("roles ~ adm", true),
            (r#"roles = ["admin","ops"]"#, true),
            ("empty = []", true),
            ("cart.items.0.qty >= 2", true),
            ("cart ~ A1", true),
            ("at > 2026-11-24", true),
            ("at < 2026-11-24T22:04:14+02:00", true),
            ("at = 2026-11-24T20:04:13.671Z", true),
            ("ms > 2026-11-24T20:04:13.670Z", true),
            ("s < 2026-11-24T20:04:14Z", true),
            (r#""a=b" = 1"#, true),
        ];
        for (text, expected) in table {
            assert_eq!(Condition::parse(text).unwrap().holds(&data), expected, "{text}");
        }
    }

    #[test]
    fn errors() {
        let of = |text| Condition::parse(text).unwrap_err();
        assert_eq!(of("passport.user"), ConditionError::Operator);
        assert_eq!(of("a ! b"), ConditionError::Operator);
        assert_eq!(of("= alice"), ConditionError::Path);
        assert_eq!(of("a = 'x"), ConditionError::Quote);
        assert_eq!(of("a = 'x' y"), ConditionError::Quote);
        assert_eq!(of("\"a = x"), ConditionError::Quote);
    }

    #[test]
    fn shown_without_secrets() {
        assert_eq!(Condition::parse(" a.b=1 ").unwrap().to_string(), "a.b = 1");
        assert_eq!(Condition::parse("x.csrfToken = abc").unwrap().to_string(), "x.csrfToken = …");
        assert_eq!(Condition::parse("a = '\u{1b}'").unwrap().to_string(), "a = '\\x1b'");
    }
}
