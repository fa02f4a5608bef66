//! What a server publishes of its keys (Redis, docs/latest/develop/pubsub/keyspace-notifications: channels
//! `__keyevent@DB__:EVENT` with the key as message, `__keyspace@DB__:KEY` with the event).
//!
//! Nothing is set on the server: where it publishes too little there is nobody to listen to.

use std::time::Duration;

use ::redis::Value as Answer;

use super::target::Target;
use super::{RedisStore, Refusal, bulk, load};
use crate::store::{Error, Event, Events, Happened, Key};

/// The events that say something of a string or hash, which sessions are. SET with an expiry is `set` and
/// `expire`; UNLINK is `del` (notify.c and t_string.c of Redis 7.2).
const NAMES: &[(&str, Happened)] = &[
    ("set", Happened::Written),
    ("hset", Happened::Written),
    ("expire", Happened::Written),
    ("persist", Happened::Written),
    ("append", Happened::Written),
    ("setrange", Happened::Written),
    ("hdel", Happened::Written),
    ("restore", Happened::Written),
    ("rename_to", Happened::Written),
    ("copy_to", Happened::Written),
    ("json.set", Happened::Written),
    ("del", Happened::Removed),
    ("rename_from", Happened::Removed),
    ("expired", Happened::Expired),
    ("evicted", Happened::Evicted),
];

/// Whether a server with this `notify-keyspace-events` tells when keys are written, expire and go: the
/// classes `g` (DEL, EXPIRE, RENAME), `x`, and those of strings and hashes; `A` is all of them.
fn tells_enough(flags: &str) -> bool {
    let has = |class: char| flags.contains(class);
    (has('E') || has('K')) && (has('A') || (has('g') && has('x') && has('$') && has('h')))
}

/// A connection that only listens.
struct Listening {
    store: RedisStore,
    /// What stands in a channel before the key; `None` where the message is the key.
    before: Option<Vec<u8>>,
}

/// Listens to a server that publishes what is needed to this user.
pub(super) fn listen(target: &Target) -> Result<Option<Box<dyn Events>>, Error> {
    let mut store = RedisStore::open(target)?;
    let Some(flags) = load::setting(&mut store, "notify-keyspace-events")? else { return Ok(None) };
    if !tells_enough(&flags) {
        return Ok(None);
    }
    let db = target.db;
    // Channels of their own cost the server less than a pattern that it compares with every one.
    let by_event = flags.contains('E');
    let channels: Vec<Vec<u8>> = if by_event {
        NAMES.iter().map(|(name, _)| format!("__keyevent@{db}__:{name}").into_bytes()).collect()
    } else {
        vec![format!("__keyspace@{db}__:*").into_bytes()]
    };
    let command: &[u8] = if by_event { b"SUBSCRIBE" } else { b"PSUBSCRIBE" };
    let args: Vec<&[u8]> = std::iter::once(command).chain(channels.iter().map(Vec::as_slice)).collect();
    store.push(&args);
    store.flush("SUBSCRIBE")?;
    for _ in &channels {
        match store.take("SUBSCRIBE")? {
            Ok(Answer::Array(_)) => {}
            Ok(_) => return Err(store.senseless("SUBSCRIBE")),
            // A user whose channels are not among those that he may hear (ACL, resetchannels).
            Err(Refusal::Fatal(Error::Denied { .. } | Error::Refused { .. }) | Refusal::HiddenKey) => {
                return Ok(None);
            }
            Err(Refusal::Fatal(error)) => return Err(error),
            Err(Refusal::WrongType) => return Err(store.senseless("SUBSCRIBE")),
        }
    }
    let before = (!by_event).then(|| format!("__keyspace@{db}__:").into_bytes());
    Ok(Some(Box::new(Listening { store, before })))
}

impl Events for Listening {
    fn next(&mut self, wait: Duration) -> Result<Option<Event>, Error> {
        let there = self.store.connection.ready(wait);
        if !there.map_err(|error| self.store.classify(&error, "SUBSCRIBE"))? {
            return Ok(None);
        }
        let Answer::Array(parts) = self.store.expect("SUBSCRIBE")? else {
            return Err(self.store.senseless("SUBSCRIBE"));
        };
        let parts: Vec<Vec<u8>> = parts.into_iter().filter_map(bulk).collect();
        Ok(event(parts, self.before.as_deref()))
    }
}

/// What a message says; nothing where it is none of those that were asked for.
fn event(mut parts: Vec<Vec<u8>>, before: Option<&[u8]>) -> Option<Event> {
    let message = parts.pop()?;
    let channel = parts.pop()?;
    let (name, Key(key)) = match before {
        Some(before) => (message, Key(channel.strip_prefix(before)?.to_vec())),
        None => (channel.splitn(2, |byte| *byte == b':').nth(1)?.to_vec(), Key(message)),
    };
    let (_, happened) = NAMES.iter().find(|(known, _)| known.as_bytes() == name)?;
    Some(Event { key, happened: *happened })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_to_tell_of_all_that_becomes_of_keys() {
        for enough in ["AKE", "AE", "KA", "g$hxE", "Kg$xhe"] {
            assert!(tells_enough(enough), "{enough}");
        }
        for little in ["", "A", "Egx", "Ex", "E$gh", "KE"] {
            assert!(!tells_enough(little), "{little}");
        }
    }

    #[test]
    fn messages_are_read_in_either_form() {
        let parts = |parts: &[&[u8]]| parts.iter().map(|part| part.to_vec()).collect::<Vec<_>>();
        let expected = |key: &[u8], happened| Some(Event { key: key.to_vec(), happened });
        let by_event = parts(&[b"message", b"__keyevent@0__:expired", b"sess:a:b\xff"]);
        assert_eq!(event(by_event, None), expected(b"sess:a:b\xff", Happened::Expired));
        let by_key = parts(&[b"pmessage", b"__keyspace@3__:*", b"__keyspace@3__:sess:a", b"set"]);
        assert_eq!(event(by_key, Some(b"__keyspace@3__:")), expected(b"sess:a", Happened::Written));
        assert_eq!(event(parts(&[b"message", b"__keyevent@0__:lpush", b"x"]), None), None);
        assert_eq!(event(parts(&[b"message", b"other"]), Some(b"__keyspace@3__:")), None);
        assert_eq!(event(Vec::new(), None), None);
    }
}
