//! Which attributes of the sessions take the room: bytes by the path of the data they are at.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::tops::{Held, Tops};
use crate::value::Value;

/// How deep paths go: what is further down counts for the path above it.
const DEPTH: usize = 3;
/// Paths that are kept at a time.
const MOST: usize = 4_000;
/// Members of one map that are looked at; after them counts what they are together.
const MEMBERS: usize = 256;

/// Takes the data of each session.
#[derive(Debug)]
pub struct Paths {
    tops: Tops,
    path: String,
    json: Vec<u8>,
}

impl Default for Paths {
    fn default() -> Self {
        Paths { tops: Tops::keeping(MOST), path: String::new(), json: Vec::new() }
    }
}

/// Between a layout's name and a path of its data; in no name.
const BETWEEN: char = '\u{0}';

impl Paths {
    /// Bytes are those of the value at a path as compact JSON, whatever it is serialized as: what is
    /// compared is how much is in it.
    pub fn add(&mut self, layout: &str, data: &Value<'_>) {
        self.path.clear();
        let _ = write!(self.path, "{layout}{BETWEEN}");
        let start = self.path.len();
        self.walk(data, start, 0);
    }

    fn walk(&mut self, data: &Value<'_>, start: usize, depth: usize) {
        let Some(members) = data.members() else { return };
        let end = self.path.len();
        // Many names of one shape are one path, which the session has once.
        let mut alike: Vec<Cow<'_, str>> = Vec::new();
        for (name, value) in members.iter().take(MEMBERS) {
            if end > start {
                self.path.push('.');
            }
            let shape = shape(name);
            self.path.push_str(&shape);
            let first = shape == *name || !alike.contains(&shape);
            if first && shape != *name {
                alike.push(shape);
            }
            self.json.clear();
            value.write_json(&mut self.json);
            let bytes = self.json.len() as u64;
            self.tops.add(&self.path, u64::from(first), bytes);
            if depth + 1 < DEPTH {
                self.walk(value, start, depth + 1);
            }
            self.path.truncate(end);
        }
    }

    pub fn is_estimated(&self) -> bool {
        self.tops.is_estimated()
    }

    /// The paths that hold most bytes: layout, path, how much.
    pub fn first<'p>(&'p self, many: usize) -> Vec<(&'p str, &'p str, Held)> {
        let named = |(name, held): (&'p str, Held)| {
            name.split_once(BETWEEN).map(|(layout, path)| (layout, path, held))
        };
        self.tops.first(many, true).into_iter().filter_map(named).collect()
    }
}

/// A name as a part of a path. One that is a number or a long token names one of many things alike: a
/// path for each would tell nothing, and could tell a secret.
fn shape(name: &str) -> Cow<'_, str> {
    let long = name.len() >= 20;
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    if !name.is_empty() && digits == name.len() {
        return Cow::Borrowed("*");
    }
    if !long || digits < 4 {
        return Cow::Borrowed(name);
    }
    // What precedes the token may tell what it is: `login_web_` and a hash.
    let cut = name.rfind(['_', '-', '.', ':', '/']).map_or(0, |at| at + 1);
    Cow::Owned(format!("{}*", &name[..cut]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{self, Limits};

    #[test]
    fn bytes_are_told_by_path() {
        let mut paths = Paths::default();
        let json = br#"{"cart":{"items":[1,2,3],"total":9},"login_web_59ba36addc2b2f9401580f014c7f58ea4e30989d":7,"by":{"1":"a","2":"bb"}}"#;
        let data = (codec::json::CODEC.decode)(json, &Limits::default());
        let data = data.as_ref().map_or(&Value::Null, |data| data);
        paths.add("connect-redis", data);
        paths.add("connect-redis", data);
        let found = paths.first(20);
        let of = |path: &str| found.iter().find(|(_, p, _)| *p == path).map(|(_, _, held)| *held);
        assert_eq!(of("cart"), Some(Held { sessions: 2, bytes: 2 * 27 }));
        assert_eq!(of("cart.items"), Some(Held { sessions: 2, bytes: 2 * 7 }));
        assert_eq!(of("login_web_*"), Some(Held { sessions: 2, bytes: 2 }));
        assert_eq!(of("by.*"), Some(Held { sessions: 2, bytes: 2 * 7 }));
        assert!(found.iter().all(|(layout, ..)| *layout == "connect-redis"));
    }
}
