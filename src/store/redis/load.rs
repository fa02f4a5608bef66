//! How the server is: how long it takes to answer, and what it says of itself.

use std::time::{Duration, Instant};

use super::Refusal;
use super::patience::Patience;
use super::{RedisStore, bulk};
use crate::store::{Error, Health, Lag};
use ::redis::Value as Answer;

/// How long the server takes to answer.
pub(super) fn ping(store: &mut RedisStore) -> Result<Duration, Error> {
    let sent = Instant::now();
    store.ask(&[b"PING"])?;
    Ok(sent.elapsed())
}

/// A section of INFO.
pub(super) fn info(store: &mut RedisStore, section: &str) -> Result<String, Error> {
    let answer = match store.ask(&[b"INFO", section.as_bytes()])? {
        ::redis::Value::VerbatimString { text, .. } => Some(text),
        answer => bulk(answer).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    };
    answer.ok_or_else(|| store.senseless("INFO"))
}

/// What a server is to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) primary: bool,
    /// It is not a primary, and connected to its own.
    pub(super) linked: bool,
    /// How far it is, in bytes of the replication stream.
    pub(super) offset: u64,
    /// The replicas that are connected.
    pub(super) replicas: Vec<Replica>,
}

/// A replica, and how far it says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replica {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) offset: u64,
}

/// By ROLE, or by INFO where only that may be asked.
pub(super) fn role(store: &mut RedisStore) -> Result<Role, Error> {
    match store.ask(&[b"ROLE"]) {
        Ok(answer) => role_of(answer).ok_or_else(|| store.senseless("ROLE")),
        Err(denied @ (Error::Denied { .. } | Error::Refused { .. })) => match info(store, "replication") {
            Ok(info) => Ok(role_in(&info)),
            Err(Error::Denied { .. } | Error::Refused { .. }) => Err(denied),
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// `["master", offset, [[host, port, offset], …]]`, where a replica's numbers are strings; a replica says
/// `["slave", host, port, state, offset]`, and a sentinel `["sentinel", …]`.
fn role_of(answer: Answer) -> Option<Role> {
    let Answer::Array(parts) = answer else { return None };
    let text = |answer: Answer| String::from_utf8(bulk(answer)?).ok();
    let mut parts = parts.into_iter();
    let name = parts.next().and_then(text)?;
    if name != "master" {
        let mut rest = parts.skip(2);
        let linked = rest.next().and_then(text).is_some_and(|state| state == "connected");
        let offset = rest.next().as_ref().and_then(super::int).and_then(|offset| u64::try_from(offset).ok());
        return Some(Role { primary: false, linked, offset: offset.unwrap_or(0), replicas: Vec::new() });
    }
    let offset = u64::try_from(super::int(&parts.next()?)?).ok()?;
    let Some(Answer::Array(replicas)) = parts.next() else { return None };
    let replica = |replica: Answer| {
        let Answer::Array(replica) = replica else { return None };
        let mut texts = replica.into_iter().map(text);
        Some(Replica {
            host: texts.next()??,
            port: texts.next()??.parse().ok()?,
            offset: texts.next()??.parse().ok()?,
        })
    };
    let replicas = replicas.into_iter().map(replica).collect::<Option<_>>()?;
    Some(Role { primary: true, linked: false, offset, replicas })
}

/// The same in INFO replication.
fn role_in(info: &str) -> Role {
    let text =
        |name: &str| info.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()));
    let online = info.lines().filter(|line| line.starts_with("slave") && line.contains("state=online"));
    let replica = |line: &str| {
        let (_, rest) = line.split_once(':')?;
        let part = |name: &str| {
            rest.split(',').find_map(|part| Some(part.strip_prefix(name)?.strip_prefix('=')?.trim()))
        };
        Some(Replica {
            host: part("ip")?.to_string(),
            port: part("port")?.parse().ok()?,
            offset: part("offset")?.parse().ok()?,
        })
    };
    let primary = text("role") == Some("master");
    let offset = text(if primary { "master_repl_offset" } else { "slave_repl_offset" });
    Role {
        primary,
        linked: text("master_link_status") == Some("up"),
        offset: offset.and_then(|offset| offset.parse().ok()).unwrap_or(0),
        replicas: online.filter_map(replica).collect(),
    }
}

/// Waits until a replica has all that its primary had at this moment; false where that takes too long.
pub(super) fn caught_up(
    primary: &mut RedisStore,
    replica: &mut RedisStore,
    limit: Duration,
) -> Result<bool, Error> {
    let at = role(primary)?.offset;
    let mut patience = Patience::new(limit);
    loop {
        let role = role(replica)?;
        if role.linked && role.offset >= at {
            return Ok(true);
        }
        if !patience.wait(true) {
            return Ok(false);
        }
    }
}

/// By what a server's process is told from every other; `None` where that may not be asked.
pub(super) fn run_id(store: &mut RedisStore) -> Result<Option<String>, Error> {
    match info(store, "server") {
        Ok(info) => Ok(info.lines().find_map(|line| Some(line.strip_prefix("run_id:")?.trim().to_string()))),
        Err(Error::Denied { .. } | Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the server says of itself; of what it may not say, nothing.
pub(super) fn health(store: &mut RedisStore) -> Result<Health, Error> {
    let info = match info(store, "default") {
        Ok(info) => info,
        Err(Error::Denied { .. } | Error::Refused { .. }) => String::new(),
        Err(error) => return Err(error),
    };
    let text = |name: &str| {
        info.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_string()))
    };
    let number = |name: &str| text(name)?.parse().ok();
    let mut health = Health {
        version: text("valkey_version").or_else(|| text("redis_version")),
        is_replica: text("role").is_some_and(|role| role == "slave"),
        used_memory: number("used_memory"),
        maxmemory: number("maxmemory"),
        policy: text("maxmemory_policy"),
        keys: None,
        evicted_keys: number("evicted_keys"),
        expired_keys: number("expired_keys"),
        uptime_seconds: number("uptime_in_seconds"),
        append_only: text("aof_enabled").map(|on| on == "1"),
        append_fsync: None,
        save: None,
        notifications: None,
        lag: lag_of(&info),
    };
    health.append_fsync = setting(store, "appendfsync")?;
    health.save = setting(store, "save")?;
    health.notifications = setting(store, "notify-keyspace-events")?;
    store.push(&[b"DBSIZE"]);
    store.flush("DBSIZE")?;
    health.keys = match store.take("DBSIZE")? {
        Ok(Answer::Int(keys)) => u64::try_from(keys).ok(),
        _ => None,
    };
    Ok(health)
}

/// A setting of the server; `None` where it is not known or may not be asked, as on managed servers.
pub(super) fn setting(store: &mut RedisStore, name: &str) -> Result<Option<String>, Error> {
    store.push(&[b"CONFIG", b"GET", name.as_bytes()]);
    store.flush("CONFIG")?;
    let value = match store.take("CONFIG")? {
        Ok(Answer::Array(pair)) => pair.into_iter().nth(1).and_then(bulk),
        Ok(Answer::Map(pairs)) => pairs.into_iter().next().and_then(|(_, value)| bulk(value)),
        Ok(_) | Err(Refusal::WrongType | Refusal::HiddenKey) => None,
        Err(Refusal::Fatal(Error::Denied { .. } | Error::Refused { .. })) => None,
        Err(Refusal::Fatal(error)) => return Err(error),
    };
    Ok(value.and_then(|value| String::from_utf8(value).ok()))
}

/// What INFO replication says of the slowest replica.
pub(super) fn lag_of(info: &str) -> Lag {
    let number = |line: &str, name: &str| -> Option<u64> {
        line.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')?.trim().parse().ok())
    };
    let offset = info
        .lines()
        .find_map(|line| line.strip_prefix("master_repl_offset:")?.trim().parse::<u64>().ok())
        .unwrap_or(0);
    let mut lag = Lag::default();
    for line in info.lines() {
        let replica = line.strip_prefix("slave").and_then(|rest| {
            let (digits, rest) = rest.split_once(':')?;
            (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(rest)
        });
        let Some(replica) = replica else { continue };
        lag.replicas += 1;
        if !replica.contains("state=online") {
            lag.filling = true;
            continue;
        }
        lag.bytes = lag.bytes.max(offset.saturating_sub(number(replica, "offset").unwrap_or(0)));
        lag.silent = lag.silent.max(Duration::from_secs(number(replica, "lag").unwrap_or(0)));
    }
    lag
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# Replication\r\nrole:master\r\nconnected_slaves:2\r\n\
        slave0:ip=10.0.0.2,port=6379,state=online,offset=1000,lag=0\r\n\
        slave1:ip=10.0.0.3,port=6379,state=online,offset=400,lag=7,type=replica\r\n\
        master_failover_state:no-failover\r\nmaster_repl_offset:1500\r\nslave_expires_tracked_keys:0\r\n";

    #[test]
    fn the_role_is_read_from_either() {
        let replica = |host: &str, offset: u64| Replica { host: host.to_string(), port: 6379, offset };
        let replicas = vec![replica("10.0.0.2", 1000), replica("10.0.0.3", 400)];
        let role = Role { primary: true, linked: false, offset: 1500, replicas };
        assert_eq!(role_in(INFO), role);
        let there = Role { primary: false, linked: true, offset: 5, replicas: Vec::new() };
        assert_eq!(role_in("role:slave\r\nmaster_link_status:up\r\nslave_repl_offset:5\r\n"), there);
        let bulk = |text: &str| Answer::BulkString(text.as_bytes().to_vec());
        let replica = |host: &str, offset: &str| Answer::Array(vec![bulk(host), bulk("6379"), bulk(offset)]);
        let replicas = Answer::Array(vec![replica("10.0.0.2", "1000"), replica("10.0.0.3", "400")]);
        assert_eq!(role_of(Answer::Array(vec![bulk("master"), Answer::Int(1500), replicas])), Some(role));
        let slave = [bulk("slave"), bulk("h"), Answer::Int(1), bulk("connected"), Answer::Int(5)];
        assert_eq!(role_of(Answer::Array(slave.to_vec())), Some(there));
        assert_eq!(role_of(Answer::Array(vec![bulk("master"), bulk("x")])), None);
    }

    #[test]
    fn lag_is_that_of_the_slowest_replica() {
        let lag = lag_of(INFO);
        let expected = Lag { bytes: 1100, silent: Duration::from_secs(7), filling: false, replicas: 2 };
        assert_eq!(lag, expected);
        assert!(lag_of(&INFO.replace("state=online,offset=400", "state=wait_bgsave,offset=0")).filling);
        assert_eq!(lag_of("role:master\r\nconnected_slaves:0\r\nmaster_repl_offset:9\r\n"), Lag::default());
    }
}
