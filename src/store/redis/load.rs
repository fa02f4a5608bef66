//! How the server is: how long it takes to answer, and what it says of itself.

use std::time::{Duration, Instant};

use super::{RedisStore, bulk};
use crate::store::{Error, Lag};

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
    fn lag_is_that_of_the_slowest_replica() {
        let lag = lag_of(INFO);
        let expected = Lag { bytes: 1100, silent: Duration::from_secs(7), filling: false, replicas: 2 };
        assert_eq!(lag, expected);
        assert!(lag_of(&INFO.replace("state=online,offset=400", "state=wait_bgsave,offset=0")).filling);
        assert_eq!(lag_of("role:master\r\nconnected_slaves:0\r\nmaster_repl_offset:9\r\n"), Lag::default());
    }
}
