//! What a full server takes in place of a transaction: a script, conditional as that is.
//!
//! A server at its `maxmemory` refuses whatever is queued in MULTI, as it would have to keep it, even
//! what would free memory. A script it carries out, up to a command that needs memory; and those as
//! well after one that has written (Redis 6.2 and 7.0, `script.c`: `scriptVerifyOOM`).

use std::borrow::Cow;

use super::{RedisStore, Refusal};
use crate::store::{Error, Key, Raw};
use ::redis::Value as Answer;

/// Does its commands while the key holds what it did: 0 where it does not, -1 where it is gone.
const IF_SAME: &[u8] = br"
local at = 2
if ARGV[1] == 'gone' then
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
elseif redis.call('EXISTS', KEYS[1]) == 0 then
  return -1
elseif ARGV[1] == 'text' then
  if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
  at = 3
else
  local many = tonumber(ARGV[2])
  if redis.call('HLEN', KEYS[1]) ~= many then return 0 end
  for n = 1, many do
    if redis.call('HGET', KEYS[1], ARGV[2 * n + 1]) ~= ARGV[2 * n + 2] then return 0 end
  end
  at = 3 + 2 * many
end
local answers = {}
while ARGV[at] do
  local command = {}
  for n = 1, tonumber(ARGV[at]) do command[n] = ARGV[at + n] end
  answers[#answers + 1] = redis.pcall(unpack(command))
  at = at + 1 + #command
end
return answers
";

/// What a key has to hold.
pub(super) enum Held<'h> {
    Text(&'h Key, &'h [u8]),
    Nothing(&'h Key),
    /// It is a matter of time, which no script is asked.
    Unasked,
}

/// How a script went.
pub(super) enum Ran {
    /// An answer a command.
    Done(Vec<Answer>),
    Gone,
    Changed,
}

/// Carries out commands while this key holds just this.
pub(super) fn run(
    store: &mut RedisStore,
    key: &Key,
    held: &Raw,
    commands: &[Vec<Cow<'_, [u8]>>],
) -> Result<Ran, Error> {
    let mut args: Vec<Cow<'_, [u8]>> =
        vec![b"EVAL"[..].into(), IF_SAME.into(), b"1"[..].into(), (&key.0[..]).into()];
    let number = |n: usize| Cow::Owned(n.to_string().into_bytes());
    match held {
        Raw::Text(text) => args.extend([b"text"[..].into(), (&text[..]).into()]),
        Raw::Hash(fields) => {
            args.extend([b"hash"[..].into(), number(fields.len())]);
            for (field, value) in fields {
                args.extend([(&field[..]).into(), (&value[..]).into()]);
            }
        }
        _ => args.push(b"gone"[..].into()),
    }
    for command in commands {
        args.push(number(command.len()));
        args.extend(command.iter().cloned());
    }
    store.push_owned(&args);
    store.flush("EVAL")?;
    match store.take("EVAL")? {
        Ok(Answer::Int(-1)) => Ok(Ran::Gone),
        Ok(Answer::Int(_)) => Ok(Ran::Changed),
        Ok(Answer::Array(answers)) => Ok(Ran::Done(answers)),
        Ok(_) => Err(store.senseless("EVAL")),
        Err(Refusal::WrongType) => Ok(Ran::Changed),
        Err(Refusal::Fatal(Error::Denied { place, user, .. })) => {
            Err(Error::Full { place, user: Some(user) })
        }
        Err(Refusal::Fatal(Error::Refused { reason, .. })) if reason.contains("WRONGTYPE") => {
            Ok(Ran::Changed)
        }
        Err(Refusal::Fatal(Error::Refused { place, .. })) => Err(Error::Full { place, user: None }),
        Err(Refusal::Fatal(error)) => Err(error),
        Err(Refusal::HiddenKey) => Err(Error::Full { place: store.place.clone(), user: None }),
    }
}

/// Carries out one command while that is held; `None` where it is not any more.
pub(super) fn one(
    store: &mut RedisStore,
    held: &Held<'_>,
    command: &[&[u8]],
) -> Result<Option<Answer>, Error> {
    let (key, raw) = match held {
        Held::Text(key, text) => (key, Raw::Text(text.to_vec())),
        Held::Nothing(key) => (key, Raw::Gone),
        Held::Unasked => return Err(store.senseless("EXEC")),
    };
    // A write that needs no memory and changes nothing goes first.
    let mut commands = vec![vec![Cow::Borrowed(&b"GETEX"[..]), Cow::Borrowed(&key.0[..])]];
    commands.push(command.iter().map(|part| Cow::Borrowed(*part)).collect());
    let Ran::Done(mut answers) = run(store, key, &raw, &commands)? else { return Ok(None) };
    match answers.pop() {
        Some(Answer::ServerError(error)) => {
            let name = String::from_utf8_lossy(command[0]).into_owned();
            let error = store.classify(&error.into(), &name);
            Err(if error.is_full() { Error::Full { place: store.place.clone(), user: None } } else { error })
        }
        answer => Ok(answer),
    }
}
