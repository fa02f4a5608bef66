//! Indexes that are JSON lists in a string: taking an item out and giving it back, while no other byte
//! changes. Pure; who writes the text back watches its key.

use std::ops::Range;

use super::op::JsonItem;
use crate::codec::{self, Limits};
use crate::value::Value;

/// Where in a JSON list that member of that item is.
pub(super) fn in_list(text: &[u8], item: &JsonItem, member: &str) -> Option<Range<usize>> {
    let span =
        |text: &[u8]| codec::json::item_span(text, &|value| names(value, item), member, &Limits::default());
    let Some(inner) = quoted(text) else { return span(text) };
    let within = span(inner.as_bytes())?;
    // What is escaped has other bytes outside than within; a number has the same.
    let plain = |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    let outer = outside(text, &within)?;
    (plain(&text[outer.clone()]) && text[outer.clone()] == inner.as_bytes()[within]).then_some(outer)
}

/// The text in a JSON text: clients that serialize once more what is JSON already.
fn quoted(text: &[u8]) -> Option<String> {
    if text.trim_ascii_start().first() != Some(&b'"') {
        return None;
    }
    serde_json::from_slice(text).ok()
}

/// The same once more, as `JSON.stringify` writes it.
fn quote(text: &[u8]) -> Option<Vec<u8>> {
    serde_json::to_vec(std::str::from_utf8(text).ok()?).ok()
}

/// Where in the quoted text that part of the text within it is.
fn outside(text: &[u8], within: &Range<usize>) -> Option<Range<usize>> {
    let mut at = text.iter().position(|byte| *byte == b'"')? + 1;
    let (mut inner, mut start) = (0, None);
    loop {
        if inner == within.start {
            start.get_or_insert(at);
        }
        if inner >= within.end {
            return Some(start?..at);
        }
        let (outer, bytes) = match text.get(at..)? {
            [b'\\', b'u', ..] => {
                let unit =
                    u32::from_str_radix(std::str::from_utf8(text.get(at + 2..at + 6)?).ok()?, 16).ok()?;
                match char::from_u32(unit) {
                    Some(char) => (6, char.len_utf8()),
                    // Two units make one of four bytes.
                    None => (12, 4),
                }
            }
            [b'\\', ..] => (2, 1),
            [_, ..] => (1, 1),
            [] => return None,
        };
        at += outer;
        inner += bytes;
    }
}

/// `None` where the present text is not a list or lacks nothing.
pub(super) fn merged(present: &[u8], old: &[u8]) -> Option<Vec<u8>> {
    let limits = Limits::default();
    if let Some(inner) = quoted(present) {
        let old = quoted(old).map_or_else(|| old.to_vec(), String::into_bytes);
        return quote(&merged(inner.as_bytes(), &old)?);
    }
    if present.trim_ascii().first() == Some(&b'{') {
        return merged_within(present, old);
    }
    let list = |text| match (codec::json::CODEC.decode)(text, &limits) {
        Ok(Value::List(items)) => Some(items),
        _ => None,
    };
    let (now, before) = (list(present)?, list(old)?);
    if now.iter().all(|item| before.contains(item)) {
        // Nothing was added meanwhile: what was taken out comes back in its place.
        return (now.len() < before.len()).then(|| old.to_vec());
    }
    let missing = codec::json::drop_items(old, &|item| !now.contains(item), &limits).ok()?;
    let missing = missing.unwrap_or_else(|| old.to_vec());
    let inner = |text: &[u8]| {
        let text = text.trim_ascii();
        text.get(1..text.len().saturating_sub(1)).unwrap_or_default().to_vec()
    };
    let (kept, added) = (inner(present), inner(&missing));
    if added.trim_ascii().is_empty() {
        return None;
    }
    Some([b"[", &kept[..], b",", &added, b"]"].concat())
}

/// The same for lists of objects that are members of an object; what else changed in it stays.
fn merged_within(present: &[u8], old: &[u8]) -> Option<Vec<u8>> {
    let limits = Limits::default();
    let before = codec::json::member_lists(old, &limits).ok()?;
    let mut rewritten = present.to_vec();
    for (name, span) in codec::json::member_lists(present, &limits).ok()?.into_iter().rev() {
        let Some((_, old_span)) = before.iter().find(|(other, _)| *other == name) else { continue };
        let old_list = &old[old_span.clone()];
        if old_list[1..].trim_ascii_start().first() == Some(&b'{')
            && let Some(list) = merged(&present[span.clone()], old_list)
        {
            rewritten.splice(span, list);
        }
    }
    (rewritten != present).then_some(rewritten)
}

/// An object without the item in one of its lists; empty once none of the lists holds anything.
fn without_within(text: &[u8], item: &JsonItem, lists: &[String]) -> Option<(Vec<u8>, u64, bool)> {
    let limits = Limits::default();
    let mut spans = codec::json::member_lists(text, &limits).ok()?;
    spans.retain(|(name, _)| lists.contains(name));
    let mut rewritten = text.to_vec();
    let (mut removed, mut empty) = (0, true);
    // From the last one on, so that the places before it stay right.
    for (_, span) in spans.into_iter().rev() {
        let list = &text[span.clone()];
        if let Some((shorter, gone, none)) = without_items(list, item) {
            rewritten.splice(span, shorter);
            removed += gone;
            empty &= none;
        } else {
            empty &= list[1..list.len() - 1].trim_ascii().is_empty();
        }
    }
    (removed > 0).then_some((rewritten, removed, empty))
}

/// The text without the item: the new text, how many were taken out, whether it is empty now. `None`
/// where there is nothing to take out or the text is not a list.
pub(super) fn without(text: &[u8], item: &JsonItem) -> Option<(Vec<u8>, u64, bool)> {
    if let Some(inner) = quoted(text) {
        let (rewritten, removed, empty) = without_items(inner.as_bytes(), item)?;
        return Some((quote(&rewritten)?, removed, empty));
    }
    match item {
        JsonItem::Within { lists, .. } => without_within(text, item, lists),
        _ => without_items(text, item),
    }
}

fn without_items(text: &[u8], item: &JsonItem) -> Option<(Vec<u8>, u64, bool)> {
    let mut removed = 0;
    let mut kept = 0;
    let counted = std::cell::RefCell::new((&mut removed, &mut kept));
    let keep = |value: &Value<'_>| {
        let goes = names(value, item);
        let mut counts = counted.borrow_mut();
        if goes {
            *counts.0 += 1;
        } else {
            *counts.1 += 1;
        }
        !goes
    };
    let rewritten = codec::json::drop_items(text, &keep, &Limits::default()).ok()??;
    Some((rewritten, removed, kept == 0))
}

fn names(value: &Value<'_>, item: &JsonItem) -> bool {
    match item {
        JsonItem::Text(text) => value.as_str() == Some(text),
        JsonItem::Member(name, text) => value.get(name).and_then(Value::as_str) == Some(text),
        JsonItem::Within { members, text, .. } => {
            members.iter().any(|name| value.get(name).and_then(Value::as_str) == Some(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_loses_its_item_and_nothing_else() {
        let text = br#"[{"token":"a","expiresAt":1}, {"token":"b","x":1.50}]"#;
        let (rewritten, removed, empty) =
            without(text, &JsonItem::Member("token".into(), "a".into())).expect("found");
        assert_eq!((removed, empty), (1, false));
        assert_eq!(String::from_utf8_lossy(&rewritten).replace(' ', ""), r#"[{"token":"b","x":1.50}]"#);
        assert_eq!(without(text, &JsonItem::Member("token".into(), "c".into())), None);
        assert_eq!(without(b"{}", &JsonItem::Text("a".into())), None);
    }

    #[test]
    fn a_list_in_a_json_text_stays_in_one() {
        let list = r#"[{"token":"a","expiresAt":17},{"token":"b","n":"\"\u00e9","expiresAt":4}]"#;
        let text = serde_json::to_vec(list).expect("JSON");
        let item = |token: &str| JsonItem::Member("token".into(), token.into());
        let (rewritten, removed, empty) = without(&text, &item("a")).expect("found");
        assert_eq!((removed, empty), (1, false));
        let inner: String = serde_json::from_slice(&rewritten).expect("a text");
        assert_eq!(inner, r#"[{"token":"b","n":"\"\u00e9","expiresAt":4}]"#);
        assert_eq!(merged(&rewritten, &text).expect("one is missing"), text);
        for (token, end) in [("a", "17"), ("b", "4")] {
            let span = in_list(&text, &item(token), "expiresAt").expect("found");
            assert_eq!(&text[span], end.as_bytes());
        }
        assert_eq!(in_list(&text, &item("b"), "n"), None);
        let escaped = br#""[{\u0022token\":\"\u00e9\ud83d\ude00\",\"expiresAt\":17}]""#;
        let span = in_list(escaped, &item("\u{e9}\u{1f600}"), "expiresAt").expect("found");
        assert_eq!(&escaped[span], b"17");
    }

    #[test]
    fn a_list_within_an_object_loses_its_item_and_gets_it_back() {
        let text = br#"{"id":"s","terminalList":["java.util.Vector",[{"tokenValue":"a"},{"tokenValue":"b"}]],"x":[1]}"#;
        let item = |token: &str| JsonItem::Within {
            lists: vec!["terminalList".into(), "tokenSignList".into()],
            members: vec!["tokenValue".into(), "value".into()],
            text: token.into(),
        };
        let (one, removed, empty) = without(text, &item("a")).expect("found");
        assert_eq!((removed, empty), (1, false));
        let expected = br#"{"id":"s","terminalList":["java.util.Vector",[{"tokenValue":"b"}]],"x":[1]}"#;
        assert_eq!(one.escape_ascii().to_string(), expected.escape_ascii().to_string());
        let (none, removed, empty) = without(&one, &item("b")).expect("found");
        assert_eq!((removed, empty), (1, true));
        assert!(without(&none, &item("b")).is_none() && without(b"[]", &item("a")).is_none());
        assert_eq!(merged(&one, text).expect("one is missing"), text);
        assert_eq!(merged(text, &one), None);
    }
}
