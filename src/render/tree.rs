//! Decoded data as a readable tree: a line a member, indented, nothing quoted that need not be.

use base16ct::lower::encode_string as hex;

use super::safe::safe;
use crate::value::Value;

/// Text longer than this is cut in the tree; `--path` or JSON shows it whole.
const MAX_TEXT: usize = 400;

/// Writes the tree, each line ended.
pub fn write(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Map(members) if !members.is_empty() => {
            for (name, value) in members {
                member(name, value, 0, out);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (at, value) in items.iter().enumerate() {
                member(&at.to_string(), value, 0, out);
            }
        }
        other => {
            out.extend_from_slice(leaf(other).as_bytes());
            out.push(b'\n');
        }
    }
}

fn member(name: &str, value: &Value<'_>, depth: usize, out: &mut Vec<u8>) {
    for _ in 0..depth {
        out.extend_from_slice(b"  ");
    }
    let name = safe(name);
    out.extend_from_slice(if name.is_empty() { b"\"\"" } else { name.as_bytes() });
    out.push(b':');
    let line = |text: &str, out: &mut Vec<u8>| {
        if !text.is_empty() {
            out.push(b' ');
            out.extend_from_slice(text.as_bytes());
        }
        out.push(b'\n');
    };
    match value {
        Value::Map(members) if !members.is_empty() => {
            line("", out);
            for (name, value) in members {
                member(name, value, depth + 1, out);
            }
        }
        Value::Object(object) => {
            line(&safe(&object.class), out);
            for (name, value) in &object.fields {
                member(name, value, depth + 1, out);
            }
            if let Some(payload) = &object.payload {
                member("$value", payload, depth + 1, out);
            }
        }
        Value::List(items) | Value::Set(items) if !items.is_empty() => {
            line("", out);
            for (at, value) in items.iter().enumerate() {
                member(&at.to_string(), value, depth + 1, out);
            }
        }
        Value::Pairs(pairs) if !pairs.is_empty() => {
            line("", out);
            for (key, value) in pairs {
                member(&leaf(key), value, depth + 1, out);
            }
        }
        other => line(&leaf(other), out),
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
        let json = br#"{"user":{"id":7,"name":"7","tags":[]},"list":["a",null],"":"\u001b[31m"}"#;
        let value = (crate::codec::json::CODEC.decode)(json, &crate::codec::Limits::default()).expect("JSON");
        let mut out = Vec::new();
        write(&value, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "user:\n  id: 7\n  name: \"7\"\n  tags: []\nlist:\n  0: a\n  1: null\n\"\": \\x1b[31m\n"
        );
    }
}
