//! Telegraf bots with telegraf-session-redis.

use crate::layout::key::Alphabet;
use crate::layout::session::Facts;
use crate::layout::{Blob, Ends, Keys, Layout, Mark, Place, Rank, Setup, Verdict};
use crate::value::Value;
use std::borrow::Cow;

/// Of @telegraf/session 2.
const BETA: &[u8] = b"telegraf:";

pub const LAYOUT: Layout = Layout {
    name: "telegraf-session-redis",
    about: "Telegraf bots with telegraf-session-redis, or @telegraf/session 2 (prefix `telegraf:`)",
    family: "Node.js",
    page: "\
key      <from id>:<chat id>, a string; the id of a chat may be negative; no prefix
         (telegraf-session- redis 5.1.0), or `telegraf:` (@telegraf/session 2)
value    the JSON object that the bot keeps
expiry   none, unless the bot sets ttl
user     the from id in the key; there is no login
cookie   none
index    none
end      the one key
alike    any JSON object under such a key: changed only when the layout is named
",
    rank: Rank::Keyed,
    keys: Keys { locate, ..Keys::PLAIN },
    marks: &[Mark::AnyObject],
    recognize: |_, blob| match blob.object() {
        Some([]) => Verdict::Kin,
        Some(_) => Verdict::Weak,
        None => Verdict::no("the value is not a JSON object"),
    },
    describe,
    ends: Ends {
        caveats: &["These are conversations with a bot, not logins: the bot forgets where the user stood."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let start = match setup.known_lead() {
        Some(lead) => key.starts_with(lead).then_some(lead.len())?,
        None if key.starts_with(BETA) => BETA.len(),
        None => 0,
    };
    from(&key[start..])?;
    Some(Place::after(key, start, true))
}

/// The first part of `<digits>:<-?digits>`.
fn from(id: &[u8]) -> Option<&str> {
    let at = memchr::memchr(b':', id)?;
    let (from, chat) = (&id[..at], &id[at + 1..]);
    let chat = chat.strip_prefix(b"-").unwrap_or(chat);
    let digits = |text: &[u8]| !text.is_empty() && text.len() <= 20 && Alphabet::Digit.all(text);
    if digits(from) && digits(chat) { std::str::from_utf8(from).ok() } else { None }
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, _: &'b Value<'b>) -> Facts<'b> {
    let user = locate(setup, blob.key).and_then(|place| from(&blob.key[place.id]));
    Facts { user: user.map(Cow::Borrowed), ..Facts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_numbers_make_a_key() {
        let free = Setup::free(&LAYOUT);
        for key in ["1001:-100123", "1:1", "telegraf:1:-2"] {
            assert!(locate(&free, key.as_bytes()).is_some(), "{key}");
        }
        for key in ["1001", "1001:", ":1", "a:1", "1:a", "1:--2", "1:2:3", "x:1:2", "-1:2"] {
            assert!(locate(&free, key.as_bytes()).is_none(), "{key}");
        }
    }
}
