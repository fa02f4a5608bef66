//! What one sentinel says.

use std::time::Duration;

use ::redis::{RedisError, Value as Answer};

use crate::store::redis::connect::dialled;
use crate::store::redis::encode;
use crate::store::redis::failure::{classify, detail};
use crate::store::redis::target::{Address, Target, joined};
use crate::store::redis::wire::Wire;
use crate::store::{Error, Reason};

/// A server as a sentinel names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) host: String,
    pub(super) port: u16,
    /// By which its process is told from others; of one that the sentinel has not met yet there is none.
    pub(super) run_id: Option<String>,
}

impl Named {
    pub(super) fn is_at(&self, other: &Named) -> bool {
        (&self.host, self.port) == (&other.host, other.port)
    }

    pub(super) fn place(&self) -> String {
        joined(&self.host, self.port)
    }
}

/// What a sentinel thinks of the service (`SENTINEL MASTER`; Redis 2.8 to 8, `sentinel.c`:
/// `addReplySentinelRedisInstance`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub(super) named: Named,
    /// It grows with every failover.
    pub(super) epoch: u64,
    /// It is neither thought to be down nor being replaced.
    pub(super) well: bool,
    /// Sentinels that watch over it besides.
    pub(super) others: usize,
    /// How long it has to be silent to be thought down.
    pub(super) patience: Duration,
}

impl View {
    /// A list of names and values.
    fn of(answer: Answer) -> Option<View> {
        let pairs = super::texts(answer)?;
        let text = |name: &str| {
            let at = pairs.iter().step_by(2).position(|known| known == name)?;
            pairs.get(at * 2 + 1).map(String::as_str)
        };
        let flags = text("flags")?;
        Some(View {
            named: Named {
                host: text("ip")?.to_string(),
                port: text("port")?.parse().ok()?,
                run_id: text("runid").filter(|id| !id.is_empty()).map(str::to_string),
            },
            epoch: text("config-epoch")?.parse().ok()?,
            well: !flags
                .split(',')
                .any(|flag| matches!(flag, "s_down" | "o_down" | "failover_in_progress" | "disconnected")),
            others: text("num-other-sentinels")?.parse().ok()?,
            patience: Duration::from_millis(text("down-after-milliseconds")?.parse().ok()?),
        })
    }
}

/// A connection to a sentinel.
pub(super) struct Sentinel {
    wire: Wire,
    place: String,
    user: String,
    /// By which it is told from others, whatever its address.
    pub(super) id: String,
}

impl Sentinel {
    /// Connects and logs in; one that wants a login and was given none of its own gets that of `servers`.
    pub(super) fn open(target: &Target, servers: &Target) -> Result<Sentinel, Error> {
        let own = target.password.is_some() || target.password_file.is_some();
        match Sentinel::open_as(target, target) {
            Err(Error::Authentication { .. }) if !own && servers.login(&target.place())?.is_some() => {
                Sentinel::open_as(target, servers)
            }
            opened => opened,
        }
    }

    fn open_as(target: &Target, login: &Target) -> Result<Sentinel, Error> {
        let place = match &target.address {
            Address::Tcp { host, port, .. } => format!("the sentinel {}", joined(host, *port)),
            Address::Unix(_) => target.place(),
        };
        let named = |error: Error| match error {
            Error::Connect { reason, .. } => Error::Connect { place: place.clone(), reason },
            other => other,
        };
        let wire = dialled(target).map_err(named)?;
        let user = login.user_name().to_string();
        let mut sentinel = Sentinel { wire, place, user, id: target.place() };
        if let Some((password, _)) = login.login(&sentinel.place)? {
            let auth = match &login.user {
                Some(user) => sentinel.tell(&[b"AUTH", user.as_bytes(), password.reveal().as_bytes()]),
                None => sentinel.tell(&[b"AUTH", password.reveal().as_bytes()]),
            };
            match auth {
                Ok(_) => {}
                // One without a password is asked without.
                Err(Error::Refused { reason, .. }) if reason.contains("without any password") => {}
                Err(error) => return Err(error),
            }
        }
        match sentinel.tell(&[b"SENTINEL", b"MYID"]) {
            Ok(answer) => sentinel.id = super::text(answer).unwrap_or(sentinel.id),
            // Before 6.2 it was known by its address alone.
            Err(Error::Refused { reason, .. }) if is_unknown(&reason) => sentinel.look_like_one()?,
            Err(Error::Denied { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(sentinel)
    }

    /// A Redis server knows no SENTINEL.
    fn look_like_one(&mut self) -> Result<(), Error> {
        match self.tell(&[b"SENTINEL", b"MASTERS"]) {
            Err(Error::Refused { reason, .. }) if is_unknown(&reason) => Err(Error::Connect {
                place: self.place.clone(),
                reason: Reason::Unfit(
                    "it is not a Sentinel; name a server directly as redis://HOST:PORT/DB".to_string(),
                ),
            }),
            _ => Ok(()),
        }
    }

    /// One command, one answer.
    fn tell(&mut self, args: &[&[u8]]) -> Result<Answer, Error> {
        let mut out = Vec::new();
        encode(&mut out, args);
        let command = match args {
            [b"SENTINEL", sub, ..] => format!("SENTINEL {}", String::from_utf8_lossy(sub)),
            _ => String::from_utf8_lossy(args[0]).into_owned(),
        };
        let answered = self.wire.send(&out).and_then(|()| self.wire.answer());
        let error = match answered {
            Ok(Answer::ServerError(error)) => RedisError::from(error),
            Ok(answer) => return Ok(answer),
            Err(error) if error.is_timeout() => {
                let reason = Reason::Absent("no answer in time (--connect-timeout)".to_string());
                return Err(Error::Connect { place: self.place.clone(), reason });
            }
            Err(error) => error,
        };
        if error.code() == Some("DENIED") {
            let reason = "it is in protected mode: it has no password and answers its own machine only";
            let reason = Reason::Unfit(reason.to_string());
            return Err(Error::Connect { place: self.place.clone(), reason });
        }
        if detail(&error).contains("No such master") {
            return Err(self.unknown(args[2]));
        }
        Err(classify(&error, &self.place, &self.user, &command))
    }

    /// It does not know the service; which ones it does.
    fn unknown(&mut self, service: &[u8]) -> Error {
        let mut known = Vec::new();
        if let Ok(Answer::Array(services)) = self.tell(&[b"SENTINEL", b"MASTERS"]) {
            let name = |service: Answer| super::texts(service)?.into_iter().nth(1);
            known.extend(services.into_iter().filter_map(name));
        }
        known.sort();
        Error::Service {
            place: self.place.clone(),
            service: String::from_utf8_lossy(service).into_owned(),
            known,
        }
    }

    pub(super) fn view(&mut self, service: &str) -> Result<View, Error> {
        let answer = self.tell(&[b"SENTINEL", b"MASTER", service.as_bytes()])?;
        View::of(answer).ok_or_else(|| Error::Answer {
            place: self.place.clone(),
            command: "SENTINEL MASTER".to_string(),
        })
    }

    /// Where the other sentinels are, each with its id.
    pub(super) fn others(&mut self, service: &str) -> Result<Vec<(String, u16, String)>, Error> {
        let Answer::Array(others) = self.tell(&[b"SENTINEL", b"SENTINELS", service.as_bytes()])? else {
            return Ok(Vec::new());
        };
        let other = |answer: Answer| {
            let pairs = super::texts(answer)?;
            let text = |name: &str| {
                let at = pairs.iter().step_by(2).position(|known| known == name)?;
                pairs.get(at * 2 + 1).cloned()
            };
            Some((text("ip")?, text("port")?.parse().ok()?, text("runid")?))
        };
        Ok(others.into_iter().filter_map(other).collect())
    }
}

fn is_unknown(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("unknown command")
        || reason.contains("unknown sentinel subcommand")
        || reason.contains("unknown subcommand")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_read_by_the_names_of_its_parts() {
        let list = |flags: &str| {
            let text = format!(
                "name shop ip 10.0.0.2 port 6379 runid abc flags {flags} config-epoch 3 num-slaves 2 \
                 num-other-sentinels 2 quorum 2 down-after-milliseconds 30000 failover-timeout 180000"
            );
            let parts = text.split(' ').map(|part| Answer::BulkString(part.as_bytes().to_vec()));
            View::of(Answer::Array(parts.collect()))
        };
        let view = list("master").expect("a view");
        let named = Named { host: "10.0.0.2".to_string(), port: 6379, run_id: Some("abc".to_string()) };
        let expected = View { named, epoch: 3, well: true, others: 2, patience: Duration::from_secs(30) };
        assert_eq!(view, expected);
        for flags in ["s_down,master", "master,o_down", "master,failover_in_progress"] {
            assert!(list(flags).is_some_and(|view| !view.well), "{flags}");
        }
        assert_eq!(View::of(Answer::Int(1)), None);
        assert_eq!(View::of(Answer::Array(Vec::new())), None);
    }
}
