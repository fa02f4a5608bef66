//! Which commands the user of this connection may run, asked without running any (ACL DRYRUN, since Redis 7.0
//! and Valkey 7.2).

use ::redis::Value as Answer;

use super::{RedisStore, Refusal, bulk};
use crate::store::Error;

/// Arguments that a command may need before the server looks at who asks; it counts them first.
const MOST: usize = 6;

/// Those of these commands, named as in ACL rules (`memory|usage`), that the user may not run; `None` where
/// that cannot be asked.
pub(super) fn lacks(store: &mut RedisStore, commands: &[&str]) -> Result<Option<Vec<String>>, Error> {
    let user = match ask(store, &[b"ACL", b"WHOAMI"])? {
        Some(Ok(Answer::BulkString(user))) => user,
        Some(Ok(Answer::SimpleString(user))) => user.into_bytes(),
        _ => return Ok(None),
    };
    let mut lacking = Vec::new();
    for command in commands {
        let words: Vec<&[u8]> = command.split('|').map(str::as_bytes).collect();
        for more in 0..=MOST {
            let mut args: Vec<&[u8]> = vec![b"ACL", b"DRYRUN", &user];
            args.extend(&words);
            args.extend(std::iter::repeat_n(&b"sessctl:no-such-key"[..], more));
            match ask(store, &args)? {
                Some(Ok(Answer::Okay)) => {}
                // The server says in the answer what is not permitted: the command, or this key.
                Some(Ok(answer)) => {
                    let said = bulk(answer).unwrap_or_default();
                    if said.ends_with(b" command") {
                        lacking.push((*command).to_string());
                    }
                }
                Some(Err(why)) if why.contains("wrong number") => continue,
                // An older server does not know the command; nobody lacks it then.
                Some(Err(why)) if why.contains("not found") => {}
                Some(Err(_)) | None => return Ok(None),
            }
            break;
        }
    }
    Ok(Some(lacking))
}

/// What the server answers, or why it refuses; `None` where the user may not ask.
fn ask(store: &mut RedisStore, args: &[&[u8]]) -> Result<Option<Result<Answer, String>>, Error> {
    store.push(args);
    store.flush("ACL")?;
    Ok(match store.take("ACL")? {
        Ok(answer) => Some(Ok(answer)),
        Err(Refusal::Fatal(Error::Refused { reason, .. })) => Some(Err(reason)),
        Err(Refusal::Fatal(Error::Denied { .. }) | Refusal::HiddenKey | Refusal::WrongType) => None,
        Err(Refusal::Fatal(error)) => return Err(error),
    })
}
