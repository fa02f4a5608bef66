//! Decoded data as a readable tree: a line a member, indented, nothing quoted that need not be.

use base16ct::lower::encode_string as hex;

use super::safe::safe;
use crate::value::Value;

/// Text longer than this is cut in the tree; `--path` or JSON shows it whole.
const MAX_TEXT: usize = 400;

/// Writes the tree, each line ended; with `color` the names stand back after the values.
pub fn write(value: &Value<'_>, color: bool, out: &mut Vec<u8>) {
    let mut tree = Tree { out, color };
    if !tree.within(value, 0, false) {
        tree.line(&leaf(value));
    }
}

struct Tree<'o> {
    out: &'o mut Vec<u8>,
    color: bool,
}

impl Tree<'_> {
    /// Writes what is in a value, a line each; `begun` when the first stands after the mark of an
    /// item. False where nothing is in it, or it is not a container.
    fn within(&mut self, value: &Value<'_>, depth: usize, begun: bool) -> bool {
        let mut begun = begun;
        let mut first = || std::mem::take(&mut begun);
        match value {
            Value::Map(members) if !members.is_empty() => {
                for (name, value) in members {
                    self.member(name, value, depth, first());
                }
            }
            Value::Pairs(pairs) if !pairs.is_empty() => {
                for (key, value) in pairs {
                    self.member(&leaf(key), value, depth, first());
                }
            }
            Value::Object(object) if !object.fields.is_empty() || object.payload.is_some() => {
                for (name, value) in &object.fields {
                    self.member(name, value, depth, first());
                }
                if let Some(payload) = &object.payload {
                    self.member("$value", payload, depth, first());
                }
            }
            Value::List(items) | Value::Set(items) if !items.is_empty() => {
                for item in items {
                    self.item(item, depth, first());
                }
            }
            _ => return false,
        }
        true
    }

    fn member(&mut self, name: &str, value: &Value<'_>, depth: usize, begun: bool) {
        self.indent(depth, begun);
        let name = safe(name);
        self.dim(if name.is_empty() { "\"\"" } else { &name }, ":");
        if let Value::Object(object) = value {
            self.text(&safe(&object.class));
            self.within(value, depth + 1, false);
        } else if is_open(value) {
            self.text("");
            self.within(value, depth + 1, false);
        } else {
            self.text(&leaf(value));
        }
    }

    /// What is in an item stands next to its mark.
    fn item(&mut self, value: &Value<'_>, depth: usize, begun: bool) {
        self.indent(depth, begun);
        self.dim("-", "");
        if let Value::Object(object) = value {
            self.text(&safe(&object.class));
            self.within(value, depth + 1, false);
        } else if is_open(value) {
            self.out.push(b' ');
            self.within(value, depth + 1, true);
        } else {
            self.text(&leaf(value));
        }
    }

    fn indent(&mut self, depth: usize, begun: bool) {
        if !begun {
            self.out.resize(self.out.len() + 2 * depth, b' ');
        }
    }

    fn dim(&mut self, name: &str, end: &str) {
        let (on, off) = if self.color { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
        for part in [on, name, end, off] {
            self.out.extend_from_slice(part.as_bytes());
        }
    }

    /// What follows a name or a mark, to the end of its line.
    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.out.push(b' ');
        }
        self.line(text);
    }

    fn line(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'\n');
    }
}

/// Whether something is in it, on lines of its own.
fn is_open(value: &Value<'_>) -> bool {
    match value {
        Value::Map(members) => !members.is_empty(),
        Value::Pairs(pairs) => !pairs.is_empty(),
        Value::List(items) | Value::Set(items) => !items.is_empty(),
        _ => false,
    }
}

/// A value on one line.
fn leaf(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => {
            let mut shown = safe(text).into_owned();
            if shown.chars().count() > MAX_TEXT {
                shown = shown.chars().take(MAX_TEXT).collect();
                shown.push_str(&format!("{} ({} bytes)", super::glyph::cut(), text.len()));
            }
            // What would read as something else is quoted.
            let other = shown.is_empty()
                || shown.trim() != shown
                || ["null", "true", "false"].contains(&&*shown)
                || shown.parse::<f64>().is_ok();
            if other { format!("\"{shown}\"") } else { shown }
        }
        Value::Bytes(bytes) => format!("{} bytes {}", bytes.len(), hex(&bytes[..bytes.len().min(32)])),
        Value::Date(text) | Value::Uuid(text) | Value::Decimal(text) | Value::BigInt(text) => {
            safe(text).into_owned()
        }
        Value::Ref(place) => format!("-> {}", safe(place)),
        Value::Map(_) | Value::Pairs(_) => "{}".to_string(),
        Value::List(_) | Value::Set(_) => "[]".to_string(),
        other => safe(&other.to_json()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_reads_like_an_outline() {
        let json = br#"{"user":{"id":7,"name":"7","tags":[]},"list":["a",null,{"b":1,"c":[2]},[[3],4]],"":"\u001b[31m"}"#;
        let value = (crate::codec::json::CODEC.decode)(json, &crate::codec::Limits::default()).expect("JSON");
        let mut out = Vec::new();
        write(&value, false, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "user:\n  id: 7\n  name: \"7\"\n  tags: []\n\
             list:\n  - a\n  - null\n  - b: 1\n    c:\n      - 2\n  - - - 3\n    - 4\n\"\": \\x1b[31m\n"
        );
        let mut colored = Vec::new();
        write(&value, true, &mut colored);
        assert!(colored.starts_with(b"\x1b[2muser:\x1b[0m\n"));
    }
}
